"""What a screen reader makes of the week page: headings, regions, and a name for everything."""

from itertools import pairwise

import pytest

from tests.web import weeks
from tests.web.browser import Browser, Node, View
from tests.web.running import Server


def headings(nodes: list[Node]) -> list[tuple[int, str]]:
    return [(node.level or 0, node.name) for node in nodes if node.role == "heading"]


def test_the_headings_are_the_week_and_its_days(browser: Browser, usual: Server) -> None:
    browser.show(usual.page)
    (top, name), (second, week), *others = headings(browser.accessible())
    assert (top, name) == (1, "Strength & runs")
    assert (second, week) == (2, "23 - 29 Nov 2026")
    days = [name for level, name in others if level == 3][:7]
    for day, expected in zip(days, _DAYS, strict=True):
        assert day.startswith(expected), day
    assert "rest" in days[0]
    assert [("today" in day) for day in days] == [False, False, True, False, False, False, False]


_DAYS = (
    "Monday 23",
    "Tuesday 24",
    "Wednesday 25",
    "Thursday 26",
    "Friday 27",
    "Saturday 28",
    "Sunday 29",
)


def test_the_headings_skip_no_level(browser: Browser, seldom: Server) -> None:
    for address in (seldom.page, seldom.week("2026-W50"), seldom.page + "#why-2026-W48-run-sun-1"):
        browser.show(address)
        levels = [level for level, _ in headings(browser.accessible())]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("view", [View(360), View(1280)], ids=str)
def test_each_block_says_when_it_is_and_what(browser: Browser, usual: Server, view: View) -> None:
    browser.show(usual.page, view)
    names = [node.name for node in browser.accessible() if node.role == "link"]
    for expected in (
        ("06:30", "6 x 800 m", "Hard run"),
        ("07:00", "Easy run"),
        ("17:15", "Hips and core (moderate)", "Strength"),
        ("08:00", "Long run"),
    ):
        assert any(all(part in name for part in expected) for name in names), (expected, names)
    assert "" not in names


def test_a_block_is_described_by_its_reasons(browser: Browser, usual: Server) -> None:
    browser.show(usual.page)
    links = [node for node in browser.accessible() if node.role == "link"]
    (session,) = [node for node in links if "Hips and core" in node.name]
    assert "9 h 55 min after Thursday's tempo run" in session.description


def test_busy_and_free_time_are_said(browser: Browser, usual: Server) -> None:
    browser.show(usual.page)
    text = " ".join(node.name for node in browser.accessible() if node.role == "StaticText")
    assert "Busy 09:00-12:00, 13:00-17:00, 18:00-19:00" in text
    assert "Strength may be 08:00-20:00" in text
    assert "Now 14:20" in text


def test_the_regions_are_named(browser: Browser, seldom: Server) -> None:
    browser.show(seldom.week("2026-W49"))
    nodes = browser.accessible()
    assert "Weeks" in [node.name for node in nodes if node.role == "navigation"]
    assert [node.role for node in nodes].count("main") == 1
    assert "" not in [node.name for node in nodes if node.role == "region"]
    links = [node.name for node in nodes if node.role == "link"]
    for button in ("Previous week", "This week", "Next week"):
        assert any(button in name for name in links), links


def test_a_panel_is_a_note_with_the_name_of_its_session(browser: Browser, seldom: Server) -> None:
    browser.show(seldom.page + "#why-2026-W48-run-mon-1")
    nodes = browser.accessible()
    assert weeks.LONG in [node.name for node in nodes if node.role == "note"]
    assert "Close" in [node.name for node in nodes if node.role == "link"]
