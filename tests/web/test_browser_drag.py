"""Runs and sessions moved on the grid, by mouse, finger and keyboard: what is shown, and what comes of it.

All on one server, so each test moves another run or session.
"""

from collections.abc import Iterator

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.cli.box import Box, by_key
from tests.web.asking import PATIENCE, ask
from tests.web.browser import Browser, Hand, Rect, View
from tests.web.forms import links
from tests.web.running import Server, running

NOW = "2027-03-23T14:20:00+00:00"  # the Tuesday of 2027-W12; on Sunday 01:00-02:00 is skipped
DESK, PHONE = View(1280), View(360, "dark")
BY_HAND = pytest.mark.parametrize(("view", "finger"), [(DESK, False), (PHONE, True)], ids=["mouse", "finger"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    box = Box(tmp_path_factory.mktemp("drag"))
    serve = '[serve]\nurl = "https://training.example.org"\n'
    box.config(start="2027-03-22", availability='default = ["00:00-20:00"]', more=serve)
    box.push(now="2027-03-22T06:00:00+00:00")
    with running(box, now=NOW) as site:
        yield site


def start(site: Server, key: str) -> str:
    return by_key(site.box.feed.read_bytes())[key]["DTSTART"]


def block(key: str) -> str:
    return f"[id='{key.replace('/', '-')}'] > a"


def column(day: str) -> str:
    return f"section:has(> h3#day-{day}) .column"


def point(browser: Browser, day: str, hour: float) -> tuple[float, float]:
    """Where a time is in the window; the hours begin at midnight."""
    there = browser.rect(column(day))
    end = browser.ask(
        f"Number(getComputedStyle(document.querySelector({column(day)!r})).getPropertyValue('--last'))"
    )
    return (there.left + there.right) / 2, there.top + (there.bottom - there.top) * hour * 60 / end


def taken(browser: Browser, key: str, *, finger: bool = False) -> tuple[Hand, float]:
    """A hand that is about to drag a run or session, and how far below its start it is."""
    browser.ask(f"document.querySelector({block(key)!r}).scrollIntoView({{block: 'center'}})")
    there = browser.rect(block(key))
    x, y = (there.left + there.right) / 2, (there.top + there.bottom) / 2
    hand = browser.hand(is_finger=finger)
    hand.down(x, y)
    if finger:
        browser.await_shown(".ghost")
    else:
        hand.move(x + 10, y)
    return hand, y - there.top


def carried(
    browser: Browser, key: str, day: str, hour: float, *, finger: bool = False
) -> tuple[Hand, float, float]:
    """A hand that holds a run or session over a time, and where that is."""
    hand, grip = taken(browser, key, finger=finger)
    x, y = point(browser, day, hour)
    hand.move(x, y + grip)
    return hand, x, y + grip


def focus(browser: Browser, key: str) -> None:
    browser.ask(f"document.querySelector({block(key)!r}).focus()")


def label(browser: Browser) -> list[str]:
    return browser.texts(".ghost b")


def says(browser: Browser, text: str) -> None:
    """Waits for the page that follows, and for what it says of the move."""
    waiting = WebDriverWait(browser.driver, PATIENCE, ignored_exceptions=[WebDriverException])
    waiting.until(lambda _: text in " ".join(browser.texts(".notice p")), f"the page never said {text!r}")
    browser.await_shown(".notice button")  # the plan is there, too
    assert not browser.is_shown(".ghost")


# --- by hand ----------------------------------------------------------------------------------------------


@BY_HAND
def test_a_run_is_dragged_to_where_nothing_is_against_it(
    browser: Browser, site: Server, view: View, *, finger: bool
) -> None:
    key, day, hour = (
        ("2027-W13/run/wed-1", "2027-04-01", 13.7) if finger else ("2027-W13/run/thu-1", "2027-03-31", 12.3)
    )
    browser.show(site.week("2027-W13"), view)
    assert not browser.is_shown(".open")
    hand, x, y = carried(browser, key, day, hour, finger=finger)
    at = {"2027-04-01": "Thu 13:45", "2027-03-31": "Wed 12:15"}[day]
    assert label(browser) == [at]
    (ghost,) = browser.rects(".ghost")
    lights = [light for light in browser.rects(".open") if light.bottom > light.top]
    assert any(_is_over(light, ghost) for light in lights)
    assert browser.rect(".ghost b").is_within(browser.window)
    assert not browser.is_shown(".why")
    hand.up(x, y)
    says(browser, f"Moved to {at[:4]}")
    assert start(site, key) == f"{day.replace('-', '')}T{at[4:].replace(':', '')}00"
    assert browser.texts(".notice button") == ["Undo"]
    assert browser.url.startswith(site.week("2027-W13"))


def _is_over(light: Rect, ghost: Rect) -> bool:
    return light.left < ghost.right and ghost.left < light.right and light.top <= ghost.top < light.bottom


def test_what_is_against_a_place_is_said_and_it_is_obeyed(browser: Browser, site: Server) -> None:
    key = "2027-W13/run/sat-1"
    before = start(site, key)
    browser.show(site.week("2027-W13"))
    hand, x, y = carried(browser, key, "2027-04-02", 9)
    assert label(browser) == ["Fri 09:00\nnot recommended"]
    hand.up(x, y)
    says(browser, "Note: Friday is a rest day")
    assert start(site, key) == "20270402T090000"
    browser.click(".notice button")
    site.until(lambda: start(site, key) == before)
    says(browser, "Put back")


@BY_HAND
def test_what_is_not_meant_moves_nothing(browser: Browser, site: Server, view: View, *, finger: bool) -> None:
    key = "2027-W12/run/thu-1"
    browser.show(site.page, view)
    before, page = start(site, key), browser.url

    hand, x, y = carried(browser, key, "2027-03-26", 9, finger=finger)
    browser.press(Keys.ESCAPE)
    assert not browser.is_shown(".ghost, .open")
    hand.up(x, y)

    hand, x, y = carried(browser, key, "2027-03-26", 9, finger=finger)
    hand.move(3, y)
    assert not browser.is_shown(".ghost")
    hand.up(3, y)
    assert not browser.is_shown(".open")

    hand, x, y = carried(browser, key, "2027-03-25", 6.5, finger=finger)
    assert label(browser) == ["Thu 06:30"]
    hand.up(x, y)
    assert not browser.is_shown(".ghost, .open")

    hand, x, y = carried(browser, key, "2027-03-26", 9, finger=finger)
    if finger:
        hand.cancel()
    else:
        browser.ask(f"document.querySelector({block(key)!r}).releasePointerCapture(1)")
        hand.move(x, y)
        hand.up(x, y)
    WebDriverWait(browser.driver, PATIENCE).until(lambda _: not browser.is_shown(".ghost, .open"))
    assert not browser.is_shown(".why"), "nor is it a click"
    assert (start(site, key), browser.url) == (before, page)


def test_a_finger_that_moves_at_once_scrolls(browser: Browser, site: Server) -> None:
    browser.show(site.page, PHONE)
    top = browser.rect(block("2027-W12/strength/2")).top
    x, y = 200.0, 600.0
    browser.ask(f"scrollBy(0, {top - y + 5})")
    hand = browser.hand(is_finger=True)
    (there,) = browser.rects(block("2027-W12/strength/2"))
    hand.down((there.left + there.right) / 2, there.top + 5)
    before = browser.ask("scrollY")
    for step in range(1, 12):
        hand.move(x, there.top + 5 - 20 * step)
    WebDriverWait(browser.driver, PATIENCE).until(lambda _: browser.ask("scrollY") > before)
    assert not browser.is_shown(".ghost, .open")
    hand.up(x, 300)
    assert not browser.is_shown(".ghost, .open")


def test_at_the_edge_of_the_window_the_page_scrolls(browser: Browser, site: Server) -> None:
    browser.show(site.page, PHONE)
    hand, _ = taken(browser, "2027-W12/strength/2", finger=True)
    x, y, day = browser.window.right / 2, 20, column("2027-03-25")
    assert browser.rect(day).top < 0
    hand.move(x, y)
    WebDriverWait(browser.driver, PATIENCE).until(lambda _: browser.rect(day).top >= 0)
    assert "00:00" in label(browser)[0], "the first hour can be reached"
    browser.press(Keys.ESCAPE)
    hand.up(x, y)


def test_a_place_that_clocks_skip_is_none(browser: Browser, site: Server) -> None:
    key = "2027-W12/run/sun-1"
    browser.show(site.page)
    hand, x, y = carried(browser, key, "2027-03-28", 5)
    for hour, expected in ((2.6, "Sun 02:30"), (1.4, "Sun 02:00"), (0.9, "Sun 02:00"), (0.7, "Sun 00:45")):
        grip = y - point(browser, "2027-03-28", 5)[1]
        hand.move(x, point(browser, "2027-03-28", hour)[1] + grip)
        assert label(browser) == [expected]
    browser.press(Keys.ESCAPE)
    hand.up(x, y)
    focus(browser, key)
    browser.press_with_shift(*[Keys.ARROW_UP] * 20)
    assert label(browser) == ["Sun 02:00"]
    browser.press_with_shift(Keys.ARROW_UP)
    assert label(browser) == ["Sun 00:45"]
    browser.press_with_shift(Keys.ARROW_DOWN)
    browser.press(Keys.ENTER)
    says(browser, "Moved to Sun 28 Mar 02:00")
    assert start(site, key) == "20270328T020000"


# --- by keyboard ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [DESK, PHONE], ids=str)
def test_a_session_is_moved_by_keyboard(browser: Browser, site: Server, view: View) -> None:
    key = "2027-W12/run/sat-1"
    browser.show(site.page, view)
    before, page = start(site, key), browser.url
    focus(browser, key)
    was = browser.ask(f"document.querySelector({block(key)!r}).textContent.trim().slice(0, 5)")
    browser.press_with_shift(Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_LEFT)
    hour, minute = divmod(int(was[:2]) * 60 + int(was[3:]) + 30, 60)
    at = f"{hour:02}:{minute:02}"
    assert label(browser) == [f"Sat {at}"]
    assert browser.ask("document.getElementById('moving').textContent") == f"Saturday {at}"
    assert browser.rect(".ghost").is_within(browser.window)
    assert browser.complaints() == []
    browser.press(Keys.ESCAPE)
    assert not browser.is_shown(".ghost, .open")
    assert "Cancelled" in browser.ask("document.getElementById('moving').textContent")
    assert (start(site, key), browser.url) == (before, page)

    browser.press_with_shift(Keys.ARROW_UP, Keys.ARROW_DOWN)
    browser.press(Keys.ENTER)
    assert not browser.is_shown(".ghost"), "it is where it was"
    browser.press_with_shift(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    browser.press(Keys.ENTER)
    says(browser, f"Moved to Sat 27 Mar {at}")
    assert start(site, key) == f"20270327T{hour:02}{minute:02}00"


def test_what_goes_on_after_midnight_is_moved_by_its_first_part(browser: Browser, site: Server) -> None:
    key = "2027-W13/run/tue-1"
    site.box.ok("move", key, "2027-03-30T23:30", now=NOW)
    site.replan(lambda: start(site, key) == "20270330T233000")
    site.until(lambda: b"2027-W13-run-tue-1-after-midnight" in ask(site.week("2027-W13")).body)
    browser.show(site.week("2027-W13"))
    assert browser.ask("document.querySelector(\"[id$='-after-midnight'] > a\").className") == ""
    focus(browser, key)
    browser.press_with_shift(Keys.ARROW_RIGHT, Keys.ARROW_UP)
    assert label(browser) == ["Wed 23:15"]
    assert browser.rect(".ghost").bottom <= browser.rect(column("2027-03-31")).bottom + 1
    browser.press(Keys.ENTER)
    says(browser, "Moved to Wed 31 Mar 23:15")
    assert start(site, key) == "20270331T231500"


# --- where it is ------------------------------------------------------------------------------------------


def test_without_scripts_the_form_does_it(browser: Browser, site: Server) -> None:
    key = "2027-W12/run/wed-1"
    browser.show(site.page, View(360, scripts=False))
    assert not browser.is_shown("#how-to-move")
    browser.tap(block(key))
    form = f"#why-{key.replace('/', '-')} form:has(input[name=start])"
    browser.ask(f"document.querySelector('{form} input[name=start]').value = '2027-03-24T18:10'")
    browser.click(f"{form} button")
    says(browser, "Moved to Wed 24 Mar 18:10")
    assert start(site, key) == "20270324T181000"


def test_it_is_said_on_the_page_and_only_the_owner_has_it(browser: Browser, site: Server) -> None:
    browser.show(site.page)
    assert "Shift" in browser.texts("#how-to-move")[0]
    assert browser.ask(f"document.querySelector({block('2027-W12/strength/2')!r}).ariaKeyShortcuts")
    (share,) = [link for link in links(ask(site.page).body.decode()) if "/w/" in link]
    session = by_key(site.box.feed.read_bytes())["2027-W12/strength/2"]["URL"]
    for other in (share, session):
        body = ask(other.replace("https://training.example.org", site.url)).body
        assert b"<h1>" in body
        assert b"data-open" not in body
        assert b"movable" not in body
