"""The week page as it is seen: nothing sticks out, also on paper, and axe-core has no complaint."""

import re

import pytest

from tests.web import weeks
from tests.web.browser import VIEWS, Browser, Rect, View
from tests.web.running import Server

# What is left of A4 in landscape within margins of 10 mm, at 96 pixels an inch.
PAPER = (277 / 25.4 * 96, 190 / 25.4 * 96)
PAGES = ("usual", "seldom", "file")
MORE_PAGES = ("usual/2026-W50", "seldom/2026-W49", "seldom/2026-W50")
# Each kind of page in all four ways, what differs from them by less in two.
SHOWN = [(name, view) for name in PAGES for view in VIEWS] + [
    (name, view) for name in MORE_PAGES for view in (View(360, "dark"), View(1280, "light"))
]


@pytest.fixture(scope="module")
def addresses(usual: Server, seldom: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By the names above; `file` is a page of several weeks on the disk."""
    file = tmp_path_factory.mktemp("page") / "plan.html"
    file.write_bytes(usual.box.ok("plan", "--format", "html", now=weeks.WEDNESDAY).stdout)
    found = {"usual": usual.page, "seldom": seldom.page, "file": file.as_uri()}
    sites = {"usual": usual, "seldom": seldom}
    for name in MORE_PAGES:
        site, _, week = name.partition("/")
        found[name] = sites[site].week(week)
    return found


@pytest.mark.parametrize(("name", "view"), SHOWN, ids=str)
def test_a_page_is_accessible_and_keeps_to_its_width(
    browser: Browser, addresses: dict[str, str], name: str, view: View
) -> None:
    browser.show(addresses[name], view)
    assert browser.complaints() == []
    assert browser.ask("document.documentElement.scrollWidth") <= browser.window.right <= view.width
    blocks = browser.rects(".entry > a")
    columns = browser.rects(".entry > a", inside=".column")
    assert bool(blocks) == (name != "seldom/2026-W50")
    for block, column in zip(blocks, columns, strict=True):
        assert block.is_within(column)
        assert block.right - block.left >= 18
        assert block.bottom - block.top >= 18


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_an_open_panel_is_accessible(
    browser: Browser, addresses: dict[str, str], name: str, view: View
) -> None:
    browser.show(addresses[name], view)
    last = browser.ask("Array.from(document.querySelectorAll('.entry'), e => e.id).at(-1)")
    browser.show(f"{addresses[name]}#why-{last}", view)
    assert browser.rect(f"#why-{last}").is_within(browser.window)
    assert browser.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_follow_the_device(browser: Browser, usual: Server, scheme: str) -> None:
    browser.show(usual.page, View(1280, scheme))
    rgb = browser.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(rgb) > 600) == (scheme == "light")


def test_two_at_a_time_stand_side_by_side(browser: Browser, seldom: Server) -> None:
    for view in (View(360), View(1280)):
        browser.show(seldom.page, view)
        day = "section:has(> h3#day-2026-11-24)"
        left, right = sorted(browser.rects(f"{day} .entry > a"), key=lambda rect: rect.left)
        assert left.right <= right.left + 0.5
        assert left.bottom > right.top, "they share some time"


def test_a_run_over_midnight_is_on_both_days(browser: Browser, seldom: Server) -> None:
    browser.show(seldom.page)
    for day, times in (("2026-11-25", (22.5, 24.0)), ("2026-11-26", (0.0, 1.5))):
        column = browser.rect(f"section:has(> h3#day-{day}) .column")
        (block,) = browser.rects(f"section:has(> h3#day-{day}) .entry > a")
        hour = (column.bottom - column.top) / 24
        assert [(edge - column.top) / hour for edge in (block.top, block.bottom)] == pytest.approx(
            times, abs=0.1
        )


# --- the present moment -----------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [View(360), View(1280)], ids=str)
def test_the_line_of_now_is_where_it_is_now(browser: Browser, usual: Server, view: View) -> None:
    browser.show(usual.page, view)
    now, wednesday = browser.rect(".now"), browser.rect("section:has(> h3#day-2026-11-25) .column")
    assert now.is_within(wednesday)
    lines = {text[:2]: rect for text, rect in zip(*_hours(browser), strict=True)}
    fourteen, fifteen = ((lines[hour].top + lines[hour].bottom) / 2 for hour in ("14", "15"))
    assert (now.top - fourteen) / (fifteen - fourteen) == pytest.approx(20 / 60, abs=0.07)
    assert browser.texts("[aria-current=date] b") == ["25"]
    browser.show(usual.week("2026-W49"), view)
    assert not browser.is_shown(".now")
    assert not browser.is_shown("[aria-current=date]")


def _hours(browser: Browser) -> tuple[list[str], list[Rect]]:
    return browser.texts(".hours > span"), browser.rects(".hours > span")


# --- on paper ---------------------------------------------------------------------------------------------


def pages(pdf: bytes) -> list[tuple[float, float]]:
    """The size of each page, in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(float(width) / 72 * 25.4, float(height) / 72 * 25.4) for width, height in boxes]


def test_a_week_is_one_sheet_of_paper(browser: Browser, addresses: dict[str, str]) -> None:
    """What there is to say may take a second one."""
    for name, sheets in (("usual", 1), ("usual/2026-W50", 1), ("seldom", 2), ("file", 3)):
        for scheme in ("light", "dark"):
            browser.show(addresses[name], View(1280, scheme))
            found = pages(browser.print())
            assert found == [pytest.approx((297, 210), abs=0.5)] * sheets


def test_what_is_for_the_screen_is_not_on_paper(browser: Browser, addresses: dict[str, str]) -> None:
    for name in ("usual", "seldom"):
        browser.show(addresses[name], View(1280, "dark"))
        browser.show_on_paper(*PAPER)
        for selector in ("nav", ".why", ".now", ".subscribe"):
            assert not browser.is_shown(selector)
        assert browser.rect(".grid").bottom <= PAPER[1], "all hours are on the first sheet"
        assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# --- words of others --------------------------------------------------------------------------------------


def test_busy_time_is_drawn_and_never_named(browser: Browser, addresses: dict[str, str]) -> None:
    for name, address in addresses.items():
        browser.show(address)
        source = browser.ask("document.documentElement.outerHTML")
        for title in weeks.BUSY_TITLES:
            assert title not in source, name
    browser.show(addresses["usual"])
    assert len(browser.rects(".busy")) >= 11
    assert browser.texts(".busy") == [""] * len(browser.texts(".busy"))
    assert "gradient" in browser.ask("getComputedStyle(document.querySelector('.busy')).backgroundImage")


def test_titles_are_shown_as_they_are(browser: Browser, seldom: Server) -> None:
    browser.show(seldom.page)
    titles = " ".join(browser.texts(".entry .title"))
    for title in (weeks.LONG, weeks.RIGHT_TO_LEFT, weeks.EMOJI, weeks.SCRIPT):
        assert title in titles
    assert browser.driver.title.startswith("23 - 29 Nov 2026")


def test_a_calendar_that_cannot_be_read_is_said_on_the_page(browser: Browser, seldom: Server) -> None:
    browser.show(seldom.page)
    (problem,) = browser.texts(".problem")
    assert "Showing the last good plan" in problem
    assert "work" in problem


def test_the_buttons_read_as_words(browser: Browser, usual: Server) -> None:
    """One run of text each: the parts of a flex box are shown without the blanks between them."""
    browser.show(usual.week("2026-W49"))
    assert browser.texts(".weeks a") == ["‹ Previous week", "This week", "Next week ›"]
