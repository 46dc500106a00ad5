"""Weeks as an HTML page that needs nothing else: no file beside it, no script, no network."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from calsync.web.week import DARK, LIGHT, Look, Scheme, WeekPicture

_ASSETS = Path(__file__).parent / "assets"
# The height of A4 in landscape that is left for the hours, in millimetres.
_PRINT_HEIGHT = 132


@dataclass(frozen=True, slots=True)
class Links:
    """Where the buttons lead; None where there is no such week."""

    previous: str | None
    this: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """The addresses of one feed. `qr` is the picture of one of them, as SVG."""

    title: str
    https: str
    webcal: str
    qr: Markup


@dataclass(frozen=True, slots=True)
class Page:
    """`policy` is the value of Content-Security-Policy that the page works with."""

    html: str
    policy: str


def render_page(
    weeks: Sequence[WeekPicture],
    *,
    name: str,
    now: datetime,
    footer: str,
    links: Links | None = None,
    problem: str = "",
    warnings: Sequence[str] = (),
    feeds: Sequence[FeedLinks] = (),
) -> Page:
    """`now` in the plan's zone. Without `links` the weeks stand below one another, for a file."""
    style = Markup(_style(weeks, now))
    script = Markup(_file("page.js"))
    html = (
        _environment()
        .get_template("page.html")
        .render(
            weeks=weeks,
            name=name,
            title=f"{weeks[0].dates} - {name}" if weeks else name,
            now=now,
            minute_now=_minute(now),
            looks=tuple(Look),
            links=links,
            problem=problem,
            warnings=warnings,
            feeds=feeds,
            footer=footer,
            style=style,
            script=script,
        )
    )
    return Page(html, _policy(style, script))


def _policy(style: str, script: str) -> str:
    """Allows this style and this script only: a title that got past the escaping could still do nothing."""
    allowed = (
        "default-src 'none'",
        f"style-src '{_digest(style)}'",
        f"script-src '{_digest(script)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(allowed)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


@cache
def _file(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _style(weeks: Sequence[WeekPicture], now: datetime) -> str:
    """The sheet, and where the blocks of these weeks stand.

    A class for each pair of times: style attributes would need a policy that allows any.
    """
    hours = max((week.hours[1] - week.hours[0] for week in weeks), default=1)
    sheet = _sheet(f"{_PRINT_HEIGHT / hours:.2f}mm")
    return sheet + "\n".join(sorted(set(_places(weeks, now)))) + "\n"


@cache
def _sheet(print_hour: str) -> str:
    # The style sheet holds no texts from calendars, so nothing in it has to be escaped for HTML.
    template = _environment().overlay(autoescape=False).get_template("week.css")
    light, dark = _variables(LIGHT), _variables(DARK)
    return template.render(light=light, dark=dark, looks=tuple(Look), print_hour=print_hour)


def _variables(scheme: Scheme) -> str:
    return " ".join(f"{name}: {value};" for name, value in scheme.variables())


def _places(weeks: Iterable[WeekPicture], now: datetime) -> Iterator[str]:
    yield _place(_minute(now), _minute(now))
    for week in weeks:
        first, last = week.hours
        yield f".h{first}-{last} {{ --first: {first * 60}; --last: {last * 60}; }}"
        for hour in range(first, last + 1):
            yield _place(hour * 60, hour * 60)
        for day in week.days:
            for stretch in (*day.busy, *day.free, *(block.span for block in day.blocks)):
                yield _place(stretch.start, stretch.end)
            for block in day.blocks:
                if block.lanes > 1:
                    beside = f"--lane: {block.lane}; --lanes: {block.lanes};"
                    yield f".l{block.lane}-{block.lanes} {{ {beside} }}"


def _place(start: int, end: int) -> str:
    return f".t{start}-{end} {{ --f: {start}; --t: {end}; }}"


def _minute(now: datetime) -> int:
    return now.hour * 60 + now.minute
