"""`calsync plan --format svg` and `--format html`."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tests.cli.box import Box

SVG = "{http://www.w3.org/2000/svg}"
BUSY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20261101T000000Z
DTSTART:20261124T090000Z
DTEND:20261124T170000Z
SUMMARY:Secret merger talks
END:VEVENT
END:VCALENDAR
"""
SOURCE = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'
OWN = """title = 'A week with <b>"quotes"</b> & more'
[[runs]]
day = "tue"
kind = "intervals"
title = '"><script>alert(1)</script>'
duration = "60m"
start = "06:30"
notes = "one\\ntwo"
[[runs]]
day = "sat"
kind = "long"
duration = "3h"
start = "22:30"
[[strength]]
routine = "lower-body"
load = "light"
"""


class Texts(HTMLParser):
    """All text of a page, and the addresses in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def svg(box: Box, *args: str) -> ElementTree.Element:
    return ElementTree.fromstring(box.ok("plan", "--format", "svg", *args).out)


def html(box: Box, *args: str) -> Texts:
    return Texts(box.ok("plan", "--format", "html", *args).out)


def words(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_the_picture_shows_every_run_and_session(box: Box) -> None:
    plan = box.plan()
    titles = [title.text or "" for title in svg(box).iter(f"{SVG}title")]
    expected = [run["title"] for week in plan["weeks"] for run in week["runs"]]
    assert len(titles) == len(expected) + sum(len(week["strength"]) for week in plan["weeks"])
    for title in expected:
        assert any(title in found for found in titles)
    why = plan["weeks"][0]["strength"][0]["reasons"][0]["text"]
    assert any(why in found for found in titles)


def test_one_week_is_one_picture(box: Box) -> None:
    assert any("30 Nov - 6 Dec 2026" in text for text in words(svg(box)))
    picture = svg(box, "--week", "2026-W48")
    assert not any("30 Nov - 6 Dec 2026" in text for text in words(picture))
    assert "23 - 29 Nov 2026" in words(picture)
    _, _, width, height = map(int, picture.attrib["viewBox"].split())
    for rect in picture.iter(f"{SVG}rect"):
        assert float(rect.attrib["width"]) <= width
        assert float(rect.attrib["height"]) <= height


def test_the_page_says_what_the_plan_says(box: Box) -> None:
    box.config(availability='default = ["06:00-06:20"]\nsat = []\nsun = []')
    plan = box.plan()
    page = html(box)
    week = plan["weeks"][0]
    assert week["unplaced"]
    for session in week["unplaced"]:
        assert session["fix"]["text"] in page.text
        for day in session["days"]:
            assert day["text"] in page.text
    for warning in plan["warnings"]:
        assert warning["text"] in page.text
    assert page.tags.count("h1") == 1
    assert page.tags.count("h2") == len(plan["weeks"])


def test_the_page_needs_nothing_else(box: Box) -> None:
    page = box.ok("plan", "--format", "html").out
    parsed = Texts(page)
    assert all(address.startswith("#") for address in parsed.addresses)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {address[1:] for address in parsed.addresses} <= set(ids)
    assert not {"link", "img", "iframe"} & set(parsed.tags)
    assert "url(" not in page
    assert "@import" not in page


def test_a_title_is_text_whatever_it_holds(box: Box) -> None:
    box.write("odd.toml", OWN)
    box.config(weeks='["odd.toml"]')
    page = html(box)
    assert page.tags.count("script") == 1
    assert '"><script>alert(1)</script>' in page.text
    assert 'A week with <b>"quotes"</b> & more' in page.text
    titles = [title.text or "" for title in svg(box).iter(f"{SVG}title")]
    assert any('"><script>alert(1)</script>' in title for title in titles)


def test_a_run_over_midnight_is_on_both_days(box: Box) -> None:
    box.write("odd.toml", OWN)
    box.config(weeks='["odd.toml"]', horizon=1)
    page = box.ok("plan", "--format", "html").out
    assert "t1350-1440" in page
    assert "t0-90" in page


@pytest.mark.parametrize("form", ["svg", "html"])
def test_busy_time_is_drawn_but_never_named(box: Box, form: str) -> None:
    before = box.ok("plan", "--format", form).out
    box.write("work.ics", BUSY.replace("\n", "\r\n"))
    box.config(more=SOURCE)
    shown = box.ok("plan", "--format", form)
    assert "merger" not in shown.out + shown.err
    marker = "t540-1020" if form == "html" else 'fill="url(#busy)"'
    assert shown.out.count(marker) > before.count(marker)


def test_how_somebody_feels_is_not_shown(box: Box) -> None:
    box.ok("checkin", "--sign", "low-motivation")
    plan = box.plan()
    notes = [note for week in plan["weeks"] for note in week["notes"]]
    assert any(note["private"] for note in notes)
    page = html(box).text
    for note in notes:
        assert note["text"] in page
        assert not note["private"] or note["private"] not in page
    assert "motivation" not in page


@pytest.mark.parametrize("form", ["svg", "html"])
def test_weeks_without_anything(box: Box, form: str) -> None:
    box.write("empty.toml", 'title = "Nothing"\n')
    box.config(weeks='["empty.toml"]', availability="default = []\nsat = []\nsun = []")
    shown = box.ok("plan", "--format", form)
    assert "Nothing" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize("form", ["svg", "html"])
def test_the_same_input_gives_the_same_file(box: Box, form: str) -> None:
    assert box.ok("plan", "--format", form).out == box.ok("plan", "--format", form).out
