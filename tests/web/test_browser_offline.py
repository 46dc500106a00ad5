"""The page where there is no network, in a real browser: what is shown then, and what is not kept."""

from pathlib import Path

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.support.wait import WebDriverWait

from tests.cli.box import Box
from tests.web import weeks
from tests.web.asking import PATIENCE
from tests.web.browser import Browser, View
from tests.web.running import Server, running

# Every address that is kept, in all caches.
_KEPT = (
    "caches.keys().then(names => Promise.all(names.map(async name =>"
    " (await (await caches.open(name)).keys()).map(one => one.url)))).then(all => all.flat())"
)
_WORKS = "navigator.serviceWorker.ready.then(worker => worker.active.scriptURL)"


def opened(browser: Browser, address: str) -> bool:
    """Whether anything answered."""
    try:
        browser.show(address, View(360))
    except WebDriverException as problem:
        if "ERR_CONNECTION_REFUSED" not in str(problem):
            raise
        browser.log()  # complains of that
        return False
    return True


def seen(browser: Browser, site: Server) -> None:
    """Look at the page with a network, until a worker keeps it."""
    browser.show(site.page, View(360))
    assert browser.ask(_WORKS) == f"{site.page}offline.js"
    assert not browser.is_shown("#as-of")


def test_without_a_network_the_last_page_is_shown_with_its_time(browser: Browser, tmp_path: Path) -> None:
    box = Box(tmp_path)
    weeks.usual(box)
    with running(box, now=weeks.WEDNESDAY) as site:
        seen(browser, site)
        assert browser.cdp("Page.getAppManifest")["errors"] == []
        assert browser.cdp("Page.getInstallabilityErrors")["installabilityErrors"] == []
        sessions = browser.texts(".entry .title")
        share = str(browser.ask("document.querySelector('a[href*=\"/w/\"]').href"))
        for other in (share, site.week("2026-W49"), site.page):
            browser.show(other, View(360))
        assert browser.ask(_KEPT) == [site.page], "nothing but the week"
        page, week = site.page, site.week("2026-W49")
    assert sessions
    for address in (page, week):
        assert opened(browser, address)
        assert browser.url == page
        assert browser.texts(".entry .title") == sessions
        (said,) = browser.texts("#as-of")
        assert "as of 14:20 on Wed 25 Nov" in said
        assert not browser.is_shown("#how-to-move"), "nothing can be moved"
        browser.is_fine()
    # A form is never answered but by the server.
    browser.click(".below form button")
    # While it leaves, a page may not answer.
    waiting = WebDriverWait(browser.driver, PATIENCE, ignored_exceptions=[WebDriverException])
    waiting.until(lambda _: not browser.is_shown(".week"))
    browser.log()  # complains that nobody answers
    assert not opened(browser, share), "what is for others is kept nowhere"


def test_a_new_secret_leaves_nothing_of_the_old_address(browser: Browser, tmp_path: Path) -> None:
    box = Box(tmp_path)
    weeks.usual(box)
    with running(box, now=weeks.WEDNESDAY) as site:
        old = site.page
        seen(browser, site)
        box.ok("serve", "--rotate-secret", "--url", site.url)
        # The new address first: what the old one left goes, although nobody opens that any more.
        seen(browser, site)
        assert site.page != old
        site.until(lambda: browser.ask(_KEPT) == [site.page])
        # Then a secret whose page is not opened at all: what is kept goes as soon as the server says so.
        box.ok("serve", "--rotate-secret", "--url", site.url)
        (old,) = browser.ask(_KEPT)
        # From any page below it, such as one that was left open.
        assert opened(browser, f"{old}week/2026-W48")
        assert "Not found" in browser.texts("body")[0]
        site.until(lambda: browser.ask(_KEPT) == [])
        browser.log()  # complains of the 404
    assert not opened(browser, old)
