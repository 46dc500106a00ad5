"""The week page in a real browser: walking the weeks, and asking a session why it is there."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.browser import VIEWS, Browser, View
from tests.web.running import Server

WEEKS = ("2026-W48", "2026-W49", "2026-W50")
WIDTHS = (View(360), View(1280))
# The panels that are shown.
_OPEN = "Array.from(document.querySelectorAll('.why')).filter(e => e.checkVisibility()).map(e => e.id)"
BY_TOUCH = [(View(360), True), (View(360, scripts=False), True), (View(1280), False)]
SESSION = "2026-W48-strength-2"  # on Thursday evening


def week(browser: Browser) -> str:
    """The one that is shown."""
    (found,) = browser.ask("Array.from(document.querySelectorAll('section.week'), e => e.id)")
    return str(found)


def entries(browser: Browser) -> list[str]:
    return list(browser.ask("Array.from(document.querySelectorAll('.entry'), e => e.id)"))


def focused(browser: Browser) -> str:
    """The id of the block whose link has the focus, or the link's words."""
    return str(browser.ask("(e => e.closest('.entry')?.id ?? e.innerText)(document.activeElement)"))


def of(block: str) -> str:
    """A selector; ids that begin with a digit are none."""
    return f"[id='{block}']"


def tab_to(browser: Browser, what: str, key: str = Keys.TAB) -> None:
    for _ in range(60):
        browser.press(key)
        if what in focused(browser):
            return
    raise AssertionError(f"no way to {what!r} by keyboard")


# --- from week to week ------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [*VIEWS, View(360, scripts=False)], ids=str)
def test_weeks_are_walked_by_click_to_both_ends(browser: Browser, usual: Server, view: View) -> None:
    browser.show(usual.page, view)
    assert week(browser) == WEEKS[0]
    assert "Previous" not in str(browser.texts(".weeks a")), "there is no week before the first"
    for wanted in WEEKS[1:]:
        browser.click("a[rel=next]")
        assert week(browser) == wanted
    assert "Next" not in str(browser.texts(".weeks a")), "there is no week after the last"
    browser.click("a[rel=prev]")
    assert week(browser) == WEEKS[1]
    (this,) = [number for number, text in enumerate(browser.texts(".weeks a")) if "This" in text]
    browser.click(f".weeks a:nth-of-type({this + 1})")
    assert browser.url == usual.page
    assert week(browser) == WEEKS[0]


@pytest.mark.parametrize("view", WIDTHS, ids=str)
def test_weeks_are_walked_with_tab_and_enter(browser: Browser, usual: Server, view: View) -> None:
    browser.show(usual.page, view)
    for wanted in WEEKS[1:]:
        tab_to(browser, "Next")
        browser.press(Keys.ENTER)
        assert week(browser) == wanted
    tab_to(browser, "Previous")
    browser.press(Keys.ENTER)
    assert week(browser) == WEEKS[1]
    tab_to(browser, "This")
    browser.press(Keys.ENTER)
    assert week(browser) == WEEKS[0]


def test_weeks_are_walked_with_the_arrow_keys(browser: Browser, usual: Server) -> None:
    browser.show(usual.page)
    for key, wanted in (
        (Keys.ARROW_LEFT, WEEKS[0]),
        (Keys.ARROW_RIGHT, WEEKS[1]),
        (Keys.ARROW_RIGHT, WEEKS[2]),
        (Keys.ARROW_RIGHT, WEEKS[2]),
        (Keys.ARROW_LEFT, WEEKS[1]),
    ):
        browser.press(key)
        assert week(browser) == wanted


# --- why a session is there -------------------------------------------------------------------------------


@pytest.mark.parametrize("view", WIDTHS, ids=str)
@pytest.mark.parametrize("which", ["usual", "seldom"])
def test_each_panel_opens_on_focus_within_the_window(
    browser: Browser, which: str, view: View, request: pytest.FixtureRequest
) -> None:
    browser.show(request.getfixturevalue(which).page, view)
    everything = entries(browser)
    for _ in range(60):
        browser.press(Keys.TAB)
        if (one := focused(browser)) in everything:
            everything.remove(one)
            assert browser.ask(_OPEN) == [f"why-{one}"]
            panel, block = browser.rect(f"#why-{one}"), browser.rect(f"{of(one)} > a")
            assert panel.is_within(browser.window)
            assert not block.is_within(panel), "the panel hides what it is about"
        if not everything:
            break
    assert everything == [], "not to be reached by keyboard"


@pytest.mark.parametrize(("view", "taps"), BY_TOUCH, ids=["phone", "phone without scripts", "desk"])
def test_a_panel_opens_by_hand_and_closes_with_its_button(
    browser: Browser, usual: Server, view: View, *, taps: bool
) -> None:
    touch = browser.tap if taps else browser.click
    browser.show(usual.page, view)
    assert browser.ask(_OPEN) == []
    for block in (SESSION, "2026-W48-run-sun-1"):
        touch(f"{of(block)} > a")
        assert browser.ask(_OPEN) == [f"why-{block}"]
        assert browser.rect(f"#why-{block}").is_within(browser.window)
        button = browser.rect(f"#why-{block} .close")
        assert min(button.right - button.left, button.bottom - button.top) >= 24, "WCAG 2.5.8"
        touch(f"#why-{block} .close")
        assert browser.ask(_OPEN) == []


@pytest.mark.parametrize("view", WIDTHS, ids=str)
def test_a_panel_says_why_and_closes_with_escape(browser: Browser, usual: Server, view: View) -> None:
    browser.show(usual.page, view)
    tab_to(browser, SESSION)
    (text,) = browser.texts(f"#why-{SESSION}")
    assert "Why here" in text
    assert "9 h 55 min after Thursday's tempo run" in text
    browser.press(Keys.ESCAPE)
    assert browser.ask(_OPEN) == []
    # Opened with Enter it stays when the focus goes on, until it is closed.
    tab_to(browser, SESSION)
    browser.press(Keys.ENTER)
    assert browser.ask(_OPEN) == [f"why-{SESSION}"]
    browser.press(Keys.ESCAPE)
    assert browser.ask(_OPEN) == []


def test_a_panel_stays_after_enter_and_its_buttons_come_next(browser: Browser, usual: Server) -> None:
    browser.show(usual.page)
    tab_to(browser, SESSION)
    browser.press(Keys.ENTER)
    stops: list[str] = []
    while "close" not in stops:
        browser.press(Keys.TAB)
        assert browser.ask("document.activeElement.closest('.why')?.id") == f"why-{SESSION}"
        stops.append(browser.ask("document.activeElement.className || document.activeElement.textContent"))
    assert "Move" in stops, "what can be done comes before it"
    assert browser.ask(_OPEN) == [f"why-{SESSION}"]
    browser.press(Keys.ENTER)
    assert browser.ask(_OPEN) == []
    browser.press(Keys.TAB)
    assert focused(browser) == SESSION, "the way goes on where it was"


def test_tab_goes_from_block_to_block(browser: Browser, usual: Server) -> None:
    browser.show(usual.page)
    everything = entries(browser)
    tab_to(browser, everything[0])
    for following in everything[1:]:
        browser.press(Keys.TAB)
        assert focused(browser) == following
