"""The weeks as one HTML page, and as one SVG for documents and wall displays.

The page needs nothing else: no file beside it, no network. The SVG has no style sheet: colours are plain
attributes, as not every program that shows SVG knows CSS variables.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from calsync.event import TICK
from calsync.web.acting import CheckInForm, Form
from calsync.web.colours import DARK, LIGHT, SCREEN, Scheme
from calsync.web.entries import Entry
from calsync.web.sharing import Summary
from calsync.web.week import (
    Block,
    Day,
    Look,
    Stretch,
    WeekCount,
    WeekPicture,
    without_early,
)
from calsync.words import one_line

# --- html -------------------------------------------------------------------------------------------------

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
class Notice:
    """What there is to say of a form that was sent, and the form that undoes it; `status` is the page's."""

    text: str
    undo: Form | None = None
    status: int = 200
    is_waiting: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Actions:
    """What the runner can do on the page: `forms` by the keys of runs and sessions. They are sent `to` that
    address, which leads back to `week`. `share` is the address of the page for others, `qr` the picture of
    the address of this page, as SVG.
    """

    to: str
    week: str
    forms: Mapping[str, tuple[Form, ...]]
    check_in: CheckInForm
    share: str
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
    notice: Notice | None = None,
    actions: Actions | None = None,
    summary: Summary | None = None,
    home: str = "",
) -> Page:
    """`now` in the plan's zone. Without `links` the weeks are below one another, for a file.

    With `summary` it is the page for others. `home` is where an app's manifest is, as seen from this page, if
    it can be one.
    """
    style = Markup(_style(weeks, now) + (_asset("drag.css") if actions else ""))
    names = ("page.js", "home.js") if home else ("page.js",)
    script = Markup("".join(map(_asset, names)) + (_without_comments("drag.js") if actions else ""))
    html = (
        _environment()
        .get_template("page.html")
        .render(
            weeks=weeks,
            name=name,
            title=f"{weeks[0].dates} - {name}" if weeks else name,
            now=now,
            minute_now=_minute(now),
            links=links,
            problem=problem,
            warnings=warnings,
            feeds=feeds,
            footer=footer,
            notice=notice,
            actions=actions,
            summary=summary,
            home=home,
            style=style,
            script=script,
        )
    )
    return Page(html, _policy(style, script, has_forms=actions is not None, is_app=bool(home)))


def render_session(
    entry: Entry,
    *,
    name: str,
    now: datetime,
    forms: Sequence[Form],
    check_in: CheckInForm | None = None,
    notice: Notice | None = None,
) -> Page:
    """The page of one run or session. `now` in the plan's zone."""
    style = Markup(_style((), now))
    values = {"entry": entry, "name": name, "forms": forms, "check_in": check_in, "notice": notice}
    html = (
        _environment()
        .get_template("session.html")
        .render(values, title=f"{entry.title} - {name}", style=style)
    )
    return Page(html, _policy(style, "", has_forms=True))


def render_history(counts: Sequence[WeekCount], *, name: str) -> Page:
    """What became of the last weeks, the latest first; empty ones at the beginning are left out."""
    style = Markup(_sheet("0"))
    shown = without_early(counts)
    html = (
        _environment()
        .get_template("history.html")
        .render(
            title=f"The last {len(counts)} weeks - {name}",
            name=name,
            number=len(counts),
            counts=shown[::-1],
            earlier=len(shown) < len(counts),
            chart=_chart_of_page(counts),
            style=style,
        )
    )
    return Page(html, _policy(style, "", has_forms=False))


@lru_cache(32)
def render_message(title: str, text: str) -> Page:
    """A page that only says something: that there is nothing, or why something can't be done."""
    style = Markup(_sheet("0"))
    html = _environment().get_template("message.html").render(title=title, text=text, style=style)
    return Page(html, _policy(style, "", has_forms=False))


def _policy(style: str, script: str, *, has_forms: bool, is_app: bool = False) -> str:
    """Allows this style and this script only: a title that got past the escaping could still do nothing.

    Forms can be sent to this server alone; manifest, icons and worker of an app can come from nowhere else.
    """
    allowed = (
        "default-src 'none'",
        f"style-src '{_digest(style)}'",
        *([f"script-src '{_digest(script)}'"] if script else []),
        "img-src 'self' data:" if is_app else "img-src data:",
        *(["manifest-src 'self'", "worker-src 'self'"] if is_app else []),
        "base-uri 'none'",
        f"form-action '{'self' if has_forms else 'none'}'",
        "frame-ancestors 'none'",
    )
    return "; ".join(allowed)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


@cache
def _without_comments(name: str) -> str:
    """A long script without the comments that have a line to themselves, as each page carries it."""
    return re.sub(r"(?m)^[ \t]*//.*\n", "", _asset(name))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["theme"] = (LIGHT.page, DARK.page)
    return environment


def _style(weeks: Sequence[WeekPicture], now: datetime) -> str:
    """The sheet, and where the blocks of these weeks are.

    A class for each pair of times: style attributes would need a policy that allows any.
    """
    hours = max((week.hours[1] - week.hours[0] for week in weeks), default=1)
    sheet = _sheet(f"{_PRINT_HEIGHT / hours:.2f}mm")
    return sheet + "\n".join(sorted(set(_places(weeks, now)))) + "\n"


@cache
def _sheet(print_hour: str) -> str:
    # The style sheet holds no texts from calendars, so nothing in it has to be escaped for HTML.
    template = _environment().overlay(autoescape=False).get_template("week.css")
    light, dark = (
        " ".join(f"{name}: {value};" for name, value in each.variables()) for each in (LIGHT, DARK)
    )
    return template.render(light=light, dark=dark, looks=tuple(Look), print_hour=print_hour)


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


# --- svg --------------------------------------------------------------------------------------------------

_GUTTER = 54
_DAY = 152
_HOUR = 44
_HEAD = 104  # title and days, above the hours
_FOOT = 20
_LINE = 19  # of what has no place
_PAD = 20
_WIDTH = _GUTTER + 7 * _DAY + 2 * _PAD
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
# The least height in which one line can be read.
_LEAST = 19
_HATCHED = {"patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}


def render_svg(weeks: Sequence[WeekPicture], *, name: str, now: datetime) -> str:
    """The weeks below one another. `now` in the plan's zone."""
    height = sum(_height(week) for week in weeks)
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "role": "img",
            "font-family": _FONT,
            "aria-label": f"{name}: {', '.join(week.dates for week in weeks)}",
        },
    )
    hatch = _draw(SubElement(svg, "defs"), "pattern", id="busy", width=8, height=8, **_HATCHED)
    _rect(hatch, 0, 0, 2, 8, LIGHT.hatch)
    _rect(svg, 0, 0, _WIDTH, height, LIGHT.page)
    top = 0
    for week in weeks:
        group = SubElement(svg, "g", transform=f"translate({_PAD} {top})")
        _Week(group, week, now).draw()
        top += _height(week)
    indent(svg, " ")
    return tostring(svg, encoding="unicode") + "\n"


def _height(week: WeekPicture) -> int:
    below = len(week.missing) * 2 * _LINE
    return _HEAD + (week.hours[1] - week.hours[0]) * _HOUR + _FOOT + 2 * _LINE + below


class _Week:
    def __init__(self, group: Element, week: WeekPicture, now: datetime) -> None:
        self._group = group
        self._week = week
        self._now = now
        self._bottom = self._y(week.hours[1] * 60)

    def draw(self) -> None:
        week = self._week
        _text(self._group, 0, 34, week.dates, LIGHT.ink, font_size=22, font_weight="bold")
        _text(self._group, 0, 55, f"{week.week} · {week.title}", LIGHT.muted, font_size=13)
        for number, day in enumerate(week.days):
            self._day(number, day)
        self._hours()
        for number, day in enumerate(week.days):
            for block in day.blocks:
                self._block(number, block)
            if day.date == self._now.date():
                self._line_of_now(number)
        self._below()

    def _y(self, minute: int) -> float:
        return _HEAD + (minute / 60 - self._week.hours[0]) * _HOUR

    def _x(self, number: int) -> int:
        return _GUTTER + number * _DAY

    def _shown(self, stretch: Stretch) -> tuple[float, float] | None:
        """Top and height of the part that the hours show."""
        first, last = (hour * 60 for hour in self._week.hours)
        start, end = max(stretch.start, first), min(stretch.end, last)
        return (self._y(start), (end - start) / 60 * _HOUR) if start < end else None

    def _day(self, number: int, day: Day) -> None:
        x = self._x(number)
        is_today = day.date == self._now.date()
        label = f"{day.name[:3]} {day.date.day}" + (f" · {day.label}" if day.label else "")
        colour = LIGHT.accent if is_today else LIGHT.ink
        _text(
            self._group,
            x + _DAY / 2,
            _HEAD - 14,
            label,
            colour,
            font_size=14,
            font_weight="bold",
            text_anchor="middle",
        )
        for stretches, fill in ((day.free, LIGHT.free), (day.busy, "url(#busy)")):
            for shown in filter(None, map(self._shown, stretches)):
                _rect(self._group, x, shown[0], _DAY, shown[1], fill)

    def _hours(self) -> None:
        first, last = self._week.hours
        for hour in range(first, last + 1):
            y = self._y(hour * 60)
            _rule(self._group, _GUTTER, y, _GUTTER + 7 * _DAY, y, LIGHT.line)
            _text(self._group, _GUTTER - 8, y + 4, f"{hour:02}:00", LIGHT.muted, text_anchor="end")
        for number in range(8):
            x = self._x(number)
            _rule(self._group, x, self._y(first * 60), x, self._bottom, LIGHT.line)

    def _block(self, number: int, block: Block) -> None:
        shown = self._shown(block.span)
        assert shown  # the hours hold every block
        is_past = block.state == "past"
        paint = LIGHT.looks[block.look]
        fill, ink = (LIGHT.page, LIGHT.muted) if is_past else (paint.fill, paint.ink)
        width = (_DAY - 4) / block.lanes
        x = self._x(number) + 2 + block.lane * width
        y, height = shown[0], max(shown[1], _LEAST)
        group = SubElement(self._group, "g")
        title = TICK + block.title if block.done else block.title
        what = f"{block.times} {block.title}, {block.look.label}{', done' if block.done else ''}"
        about = (what, block.about, *filter(None, (block.clash,)), *block.why)
        SubElement(group, "title").text = "\n".join(map(one_line, about))
        _rect(group, x, y, width, height, fill, stroke=paint.edge, rx=4, **_edge(block.look))
        _rect(group, x, y, 5, height, paint.edge, rx=2)
        room = width - 14
        if height < 2 * _LEAST - 4:
            _text(group, x + 10, y + 14, _fit(f"{block.times[:5]} {title}", room), ink)
        else:
            _text(group, x + 10, y + 15, block.times, ink)
            _text(group, x + 10, y + 30, _fit(title, room, bold=True), ink, font_weight="bold")
        if block.clash and height > 45:
            _text(group, x + 10, y + 45, _fit(f"! {block.clash}", room), ink)

    def _line_of_now(self, number: int) -> None:
        minute = _minute(self._now)
        if self._week.hours[0] * 60 <= minute < self._week.hours[1] * 60:
            x, y = self._x(number), self._y(minute)
            _rule(self._group, x, y, x + _DAY, y, LIGHT.now, width=2)

    def _below(self) -> None:
        y = self._bottom + _FOOT + 8
        x = float(_GUTTER)
        for label, fill, edge, sign in _legend(self._week.looks):
            _rect(self._group, x, y - 10, 18, 12, fill, stroke=edge, **sign)
            _text(self._group, x + 24, y, label, LIGHT.muted)
            x += 36 + len(label) * _ADVANCE
        for one in self._week.missing:
            y += 2 * _LINE
            fix = f"to fit it in: {one.fix}" if one.fix else "nothing you could change would fit it in"
            _text(
                self._group,
                _GUTTER,
                y - 4,
                f"{one.title} couldn't fit in this week",
                LIGHT.ink,
                font_weight="bold",
            )
            _text(self._group, _GUTTER, y + 12, _fit(fix, 7 * _DAY), LIGHT.muted)


_UNIT, _CHART_HEAD, _CHART_FOOT, _BELOW = 14, 64, 92, 40
# How wide a week is: in a file, and on a page, where all of them have to fit on a phone.
_COLUMN, _NARROW = 56, 27


def render_chart(counts: Sequence[WeekCount], *, name: str) -> str:
    """A column for each week: a square for each run and session, filled if it is done; dots for the signs."""
    base = _CHART_HEAD + _most(counts) * _UNIT
    width = 2 * _PAD + len(counts) * _COLUMN
    svg = _chart(width, base + _CHART_FOOT, f"{name}: what became of the last {len(counts)} weeks")
    svg.attrib |= {"width": str(width), "height": str(base + _CHART_FOOT)}
    _rect(svg, 0, 0, width, base + _CHART_FOOT, LIGHT.page)
    _text(svg, _PAD, 34, f"{name}: the last {len(counts)} weeks", LIGHT.ink, font_size=16, font_weight="bold")
    _columns(svg, counts, _PAD, base, _COLUMN, LIGHT)
    run, lift = LIGHT.looks[Look.LONG], LIGHT.looks[Look.STRENGTH]
    x, y = float(_PAD), base + 62.0
    for label, fill, edge, corner in (
        ("run", LIGHT.page, run.edge, _SQUARE),
        ("run, done", run.edge, run.edge, _SQUARE),
        ("strength", LIGHT.page, lift.fill, _ROUND),
        ("strength, done", lift.fill, lift.fill, _ROUND),
        ("warning sign", LIGHT.now, LIGHT.now, _ROUND),
    ):
        _rect(svg, x, y - 10, 14, 10, fill, stroke=edge, rx=corner)
        _text(svg, x + 20, y, label, LIGHT.muted)
        x += 34 + len(label) * _ADVANCE
    indent(svg, " ")
    return tostring(svg, encoding="unicode") + "\n"


def _chart_of_page(counts: Sequence[WeekCount]) -> Markup:
    """The same, to be put into a page: in its colours, which are those of the device."""
    base = _most(counts) * _UNIT + 2
    about = f"What became of the last {len(counts)} weeks; the table below says it in numbers"
    svg = _chart(len(counts) * _NARROW, base + _BELOW, about)
    _columns(svg, counts, 0, base, _NARROW, SCREEN)
    return Markup(tostring(svg, encoding="unicode"))


# Runs have square corners and sessions round ones: a sign that needs no colours.
_SQUARE, _ROUND = 1, 5


def _most(counts: Sequence[WeekCount]) -> int:
    return max((one.planned for one in counts), default=0) or 1


def _chart(width: float, height: float, about: str) -> Element:
    size = {"viewBox": f"0 0 {width} {height}", "role": "img", "font-family": _FONT}
    return Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "aria-label": about})


def _columns(
    svg: Element, counts: Sequence[WeekCount], left: float, base: float, column: int, scheme: Scheme
) -> None:
    """`left` and `base` are where the first column begins, and the line on which all stand."""
    _rule(svg, left, base, left + len(counts) * column, base, scheme.line)
    run, lift = scheme.looks[Look.LONG], scheme.looks[Look.STRENGTH]
    gap = column / 5
    for number, one in enumerate(counts):
        x = left + number * column
        group = SubElement(svg, "g")
        SubElement(group, "title").text = one_line(one.text)
        top = base
        for paint, corner, planned, done in (
            (run.edge, _SQUARE, one.runs, one.runs_done),
            (lift.fill, _ROUND, one.strength, one.strength_done),
        ):
            for square in range(planned):
                top -= _UNIT
                fill = paint if square < done else scheme.page
                _rect(group, x + gap, top + 2, column - 2 * gap, _UNIT - 4, fill, stroke=paint, rx=corner)
        label = f"W{one.week.number:02}" if column > _NARROW else f"{one.week.number}"
        _text(group, x + column / 2, base + 18, label, scheme.muted, text_anchor="middle")
        for sign in range(len(one.signs or ())):
            _draw(group, "circle", cx=x + column / 2 - 9 + 6 * sign, cy=base + 30, r=2.5, fill=scheme.now)


def _legend(looks: Iterable[Look]) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Each label with the colours of the area and of its edge, and how that is drawn."""
    for look in looks:
        yield look.label, LIGHT.looks[look].fill, LIGHT.looks[look].edge, _edge(look)
    yield "Strength may be here", LIGHT.free, LIGHT.line, {}
    yield "Busy", "url(#busy)", LIGHT.hatch, {}


def _edge(look: Look) -> Mapping[str, str]:
    """Cross training has a sign that needs no colours."""
    return {"stroke_dasharray": "4 2"} if look is Look.CROSS else {}


def _draw(parent: Element, tag: str, **attributes: str | float) -> Element:
    """A new element; `font_size` becomes `font-size`, and numbers get two decimals at most."""
    return SubElement(
        parent, tag, {name.replace("_", "-"): _written(value) for name, value in attributes.items()}
    )


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def _rect(
    parent: Element, x: float, y: float, width: float, height: float, fill: str, **more: str | float
) -> None:
    _draw(parent, "rect", x=x, y=y, width=width, height=height, fill=fill, **more)


def _rule(parent: Element, x1: float, y1: float, x2: float, y2: float, stroke: str, width: int = 1) -> None:
    _draw(parent, "line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width)


def _text(
    parent: Element, x: float, y: float, text: str, fill: str, font_size: int = 12, **more: str
) -> None:
    element = _draw(parent, "text", x=x, y=y, fill=fill, font_size=font_size, **more)
    # XML has no place for control characters, not even escaped.
    element.text = one_line(text)


# Measured on DejaVu Sans, the widest of the usual fonts: the mean advance at 12 px.
_ADVANCE = 7.1
_BOLD_ADVANCE = 7.9


def _fit(text: str, room: float, *, bold: bool = False) -> str:
    """As much of `text` as fits; what is cut ends with an ellipsis."""
    most = int(room / (_BOLD_ADVANCE if bold else _ADVANCE))
    return text if len(text) <= most else text[: max(most - 1, 1)].rstrip() + "…"
