"""Each page in each state that it can be in, held against what is asked of all: in light and dark, on a phone
and on a desk.

The weeks themselves, usual and seldom ones, are looked at in test_browser_looks.py.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest

from calsync.web.drawing import render_history, render_message
from tests.cli.box import Box, by_key
from tests.web import weeks
from tests.web.asking import ask
from tests.web.browser import Browser, View
from tests.web.forms import follow, forms, links, send
from tests.web.running import Server, running

URL = "https://training.example.org"
PHONE = View(360)
RUN, OVER, TO_COME = "2026-W48/run/tue-1", "2026-W48/strength/1", "2026-W48/strength/2"
SKIPPED, MOVED, CHANGED = "2026-W49/strength/1", "2026-W49/strength/2", "2026-W49/run/sat-1"


class Site:
    """Pages of one server, on a Wednesday afternoon."""

    def __init__(self, server: Server) -> None:
        self.server = server
        events = by_key(server.box.feed.read_bytes())
        self._of = {key: event["URL"].replace(URL, server.url) for key, event in events.items()}

    def of(self, key: str) -> str:
        """The page of a run or session, by the address that its event has."""
        return self._of[key]

    def after(self, address: str, button: str, filled: dict[str, str] | None = None) -> str:
        """The address to which a browser is led once that form was sent, when all is done."""
        form = forms(ask(address).body.decode())[button]
        there = urljoin(address, send(address, form, filled)["Location"])
        self.server.until(lambda: "Refresh" not in ask(there).headers)
        return there


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    box = Box(tmp_path_factory.mktemp("states"))
    weeks.usual(box, more=f'[serve]\nurl = "{URL}"\n')
    with running(box, now=weeks.WEDNESDAY) as server:
        yield Site(server)


def test_a_session_that_is_over_is_marked_and_that_is_undone(browser: Browser, site: Site) -> None:
    browser.show(site.of(OVER), PHONE)
    browser.is_fine()
    browser.show(site.after(site.of(OVER), "Done"), PHONE)
    assert "Undo" in browser.texts("button")
    browser.is_fine()
    browser.show(site.after(site.of(OVER), "Not done after all"), PHONE)
    assert "Done" in browser.texts("button")


@pytest.mark.parametrize(
    ("key", "buttons"), [(RUN, ["Done"]), (OVER, ["Done", "Missed it"]), (TO_COME, ["Skip it", "Move to "])]
)
def test_what_can_be_done_is_two_taps_away(
    browser: Browser, site: Site, key: str, buttons: list[str]
) -> None:
    """From the event in the calendar: its link, and a button that is there without scrolling."""
    browser.show(site.of(key), PHONE)
    for wanted, label in zip(buttons, browser.texts(".acts button"), strict=False):
        assert label.startswith(wanted)
    for button in browser.rects(".acts button"):
        assert button.is_within(browser.window)
    browser.is_fine()


def test_a_session_that_is_skipped(browser: Browser, site: Site) -> None:
    browser.show(site.after(site.of(SKIPPED), "Skip it"), PHONE)
    assert "Undo" in browser.texts(".notice button")
    browser.is_fine()
    browser.show(site.server.week("2026-W49"), PHONE)
    assert "Put it back" in browser.texts(".absent button")
    browser.is_fine()


def test_a_session_that_was_moved_against_the_rules(browser: Browser, site: Site) -> None:
    browser.show(site.after(site.of(MOVED), "Move", {"start": "2026-12-05T08:15"}), PHONE)
    assert "Note: " in browser.texts(".notice")[0]
    browser.is_fine()


def test_a_form_that_is_out_of_date(browser: Browser, site: Site) -> None:
    browser.show(site.of(CHANGED), PHONE)
    site.server.box.ok("move", CHANGED, "2026-12-05T09:30", now=weeks.WEDNESDAY)
    browser.driver.find_element("xpath", "//button[text()='Skip it']").click()
    browser.await_shown(".notice.refused")  # on a busy machine it is said first that it will be done
    assert "This has changed meanwhile" in browser.texts(".notice.refused")[0]
    assert "Sat 5 Dec 09:30" in browser.texts(".what")[0]
    browser.is_fine()
    browser.log()  # says that it was refused


def test_the_check_in_is_one_tap_from_its_link(browser: Browser, site: Site) -> None:
    page = site.server.page
    browser.show(f"{page}#check-in", PHONE)
    for shown in (".check-in button", "#check-in h3", ".check-in label:first-of-type"):
        assert browser.rect(shown).is_within(browser.window), "the link shows all of the form"
    browser.is_fine()
    browser.show(site.after(page, "Save", {"sign": "sore"}), PHONE)
    assert "sore" in browser.texts(".notice")[0]
    assert "You have checked in today" in browser.texts("#check-in")[0]
    browser.is_fine()
    follow(site.server, page, forms(ask(browser.url).body.decode())["Undo"])


def test_the_page_for_others(browser: Browser, site: Site) -> None:
    (share,) = {link for link in links(ask(site.server.page).body.decode()) if "/w/" in link}
    browser.show(share.replace(URL, site.server.url), PHONE)
    assert browser.texts("button") == []
    browser.is_fine()


def test_the_history(browser: Browser, site: Site, tmp_path: Path) -> None:
    browser.show(site.server.page, PHONE)
    browser.tap(".pages a[href$=history]")
    browser.await_shown("figure svg")
    assert browser.url == f"{site.server.page}history"
    browser.is_fine()
    empty = tmp_path / "empty.html"
    empty.write_text(render_history((), name="Strength & runs").html, "utf-8")
    browser.show(empty.as_uri(), PHONE)
    assert "There is nothing yet" in browser.texts("main")[0]
    browser.is_fine()


def test_what_is_no_page(browser: Browser, site: Site, tmp_path: Path) -> None:
    browser.show(f"{site.server.url}/s/{'x' * 43}", PHONE)
    assert browser.texts("h1") == ["Not found"]
    browser.is_fine()
    browser.log()  # says so, too
    planning = tmp_path / "planning.html"
    planning.write_text(render_message("Planning, one moment…", "The page comes by itself.").html, "utf-8")
    browser.show(planning.as_uri(), PHONE)
    browser.is_fine()
