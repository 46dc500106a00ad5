"""Acts while others act, plan or hold the lock, and where nothing can be kept: done or told, never half."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest

from calsync.event import Act, Asked, Do
from calsync.files import Folder
from calsync.state import State
from tests.cli.box import FEED, NOW, Box, by_key, target
from tests.cli.google import GoogleBox
from tests.googleserver.server import GoogleServer
from tests.web.asking import ask
from tests.web.forms import follow, forms, links, send
from tests.web.running import running
from tests.web.test_acts import SERVE, on, page_of, start
from tests.web.test_serve import BUSY, silent_feed


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.config(more=SERVE)
    box.push()
    return box


def state(box: Box) -> State:
    return State(Folder(box.state / "training"))


def left_waiting(box: Box, run: str) -> None:
    """Ask a server to skip it that is ended before it can."""
    with running(box) as site:
        address = page_of(site, run)
        with state(box).lock():
            send(address, on(address)["Skip it"])
            site.stop()


def test_two_people_at_once(box: Box) -> None:
    """Different sessions: both are done. The same one: the first is, and the other is told."""
    one, other, third = "2026-W48/run/tue-1", "2026-W48/run/thu-1", "2026-W49/run/tue-1"
    with running(box) as site, ThreadPoolExecutor(2) as pool:
        skips = {key: (page_of(site, key), on(page_of(site, key))["Skip it"]) for key in (one, other)}
        for done in [pool.submit(follow, site, *skip) for skip in skips.values()]:
            assert "Skipped: " in done.result()
        assert start(site, one) == start(site, other) == ""
        address = page_of(site, third)
        found = on(address)
        acts = (found["Skip it"], {}), (found["Move"], {"start": "2026-12-02T18:00"})
        said = [done.result() for done in [pool.submit(follow, site, address, *act) for act in acts]]
        assert sorted("This has changed meanwhile" in text for text in said) == [False, True]
        assert start(site, third) in ("", "20261202T180000")


def test_a_lock_that_is_held_keeps_what_was_asked_for(box: Box) -> None:
    run, other = "2026-W48/run/tue-1", "2026-W48/run/thu-1"
    with running(box) as site:
        address = page_of(site, run)
        with state(box).lock():
            answer = send(address, on(address)["Skip it"])
            assert answer.status == 303
            kept = ask(urljoin(address, answer["Location"]))
            assert "Kept: " in kept.body.decode()
            assert kept["Refresh"]
            assert start(site, run)
        send(page_of(site, other), on(page_of(site, other))["Skip it"])
        site.until(lambda: start(site, run) == start(site, other) == "")
        assert "Skipped: " in ask(urljoin(address, answer["Location"])).body.decode()


def test_what_a_server_could_not_do_any_more_is_done_by_the_next_push(box: Box) -> None:
    run = "2026-W48/run/tue-1"
    left_waiting(box, run)
    assert run in by_key(box.feed.read_bytes())
    result = box.ok("push")
    assert "From the page: Skipped: " in result.err
    assert run not in by_key(box.feed.read_bytes())
    assert "From the page" not in box.ok("push").err
    box.ok("release", run)


def test_what_was_done_and_its_answer_lost_is_not_said_to_have_been_refused(box: Box) -> None:
    """A process that was killed, or found the disk full, between the two."""
    run = "2026-W48/run/tue-1"
    left_waiting(box, run)
    wishes = state(box).wishes()
    state(box).save_wishes(replace(wishes, skips=wishes.skips | {run}), datetime.fromisoformat(NOW))
    result = box.ok("push")
    assert "From the page: Skipped: " in result.err
    assert run not in by_key(box.feed.read_bytes())


def test_a_bug_in_one_act_keeps_nobody_from_planning(box: Box) -> None:
    """What meets a bug is told, and is not met again by every plan and push."""
    run, now = "2026-W48/run/tue-1", datetime.fromisoformat(NOW)
    state(box).ask(Asked("made by hand", Act(Do.BACK, run, "no instants"), now))
    state(box).ask(Asked("after it", Act(Do.SKIP, run), now))
    result = box.ok("push")
    assert "From the page: This may not have been done, because of a bug in calsync: " in result.err
    assert "From the page: Skipped: " in result.err
    assert run not in by_key(box.feed.read_bytes())
    assert "From the page" not in box.ok("push").err


def test_a_warning_that_stays_is_in_the_log_once(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(more=SERVE, availability="default = []")
    box.push()
    run = "2026-W48/run/tue-1"
    with running(box) as site:
        address = page_of(site, run)
        said = follow(site, address, on(address)["Skip it"])
        follow(site, address, forms(said)["Undo"])
    log = site.output.read_text("utf-8")
    assert log.count("Warning: the 1st strength session of week 48 (lower body) couldn't fit in") == 1


def test_what_can_not_be_planned_yet_is_told_and_not_waited_for(box: Box) -> None:
    """A calendar that is away for days: it is done, and no page loads itself all that time."""
    run = "2026-W48/run/tue-1"
    box.write("busy.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    box.config(more=SERVE + BUSY.format("path", "busy.ics"))
    with running(box) as site:
        address = page_of(site, run)
        form = on(address)["Skip it"]
        (box.folder / "busy.ics").unlink()
        said = follow(site, address, form)
        assert "Skipped: " in said
        assert "as soon as calsync can plan again" in said
        assert "busy.ics" not in said
        assert "busy.ics" in ask(site.page).body.decode()
    box.write("busy.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    box.push()
    assert run not in by_key(box.feed.read_bytes())


def test_a_calendar_that_hangs_keeps_nobody_from_acting(box: Box) -> None:
    """The round waits for it; what the runner does is kept, and told, at once."""
    run = "2026-W48/run/tue-1"
    with running(box) as site, silent_feed() as (address, _):
        page, form = page_of(site, run), on(page_of(site, run))["Skip it"]
        box.config(more=SERVE + BUSY.format("url", address))
        answer = send(page, form)
        assert answer.status == 303
        assert "Kept: " in ask(urljoin(page, answer["Location"])).body.decode()
        assert [one.id for one in state(box).acts().asked] == [form.value("id")]
        box.config(more=SERVE)
        box.push()
        assert run not in by_key(box.feed.read_bytes())
        box.config(more=SERVE)


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_where_nothing_can_be_kept_nothing_is_done_and_that_is_told(box: Box) -> None:
    run = "2026-W48/run/tue-1"
    with running(box) as site:
        address, before = page_of(site, run), box.feed.read_bytes()
        form = on(address)["Skip it"]
        # As on a full disk, a document can't be replaced; not even root can put one in the place of a folder.
        (box.state / "training" / "acts.json").mkdir()
        answer = send(address, form)
        assert answer.status == 503
        assert "Nothing was done" in answer.body.decode()
        (box.state / "training" / "acts.json").rmdir()
        assert box.feed.read_bytes() == before
        assert "Skipped: " in follow(site, address, form)


def test_a_form_that_is_sent_twice_at_once_acts_once(box: Box) -> None:
    """As two taps in a row do, or a browser that tries again."""
    run = "2026-W48/run/tue-1"
    with running(box) as site, ThreadPoolExecutor(2) as pool:
        address = page_of(site, run)
        form = on(address)["Skip it"]
        answers = [done.result() for done in [pool.submit(send, address, form) for _ in range(2)]]
        assert {(one.status, one["Location"]) for one in answers} == {(303, answers[0]["Location"])}
        site.until(lambda: start(site, run) == "")
        acts = state(box).acts()
        assert [one.id for one in acts.answered] == [form.value("id")]
        assert not acts.asked


def test_a_scanner_that_follows_every_link_changes_nothing(tmp_path: Path) -> None:
    """From every event in the feed and in Google, and from every page, of all three kinds of address."""
    with GoogleServer() as google:
        box = GoogleBox(tmp_path, google=google)
        box.with_calendar(more=SERVE)
        run = "2026-W48/run/tue-1"
        with running(box) as site:
            follow(site, page_of(site, run), on(page_of(site, run))["Skip it"])
            site.until(lambda: run not in box.events() and not state(box).acts().owed)
            before, written = _kept(box), len(google.calendars[box.calendar_id].changes)
            texts = [str(one.get("description")) for one in box.events().values()]
            texts += [event["URL"] for event in by_key(box.feed.read_bytes()).values()]
            to_open = {url for text in texts for url in re.findall(r"https://\S+", text)} | {site.page}
            seen: set[str] = set()
            while to_open:
                link = to_open.pop().replace("https://training.example.org", site.url)
                if link in seen or not link.startswith(site.url):
                    continue
                seen.add(link)
                answer = ask(link)
                assert answer.status in (200, 308), link
                if answer.status == 308:
                    to_open.add(urljoin(link, answer["Location"]))
                elif answer["Content-Type"].startswith("text/html"):
                    to_open |= {urljoin(link, one).partition("#")[0] for one in links(answer.body.decode())}
            assert len(seen) > 15
            for kind in ("/s/", "/w/", site.secret):
                assert any(kind in link for link in seen), kind
            assert _kept(box) == before
            assert len(google.calendars[box.calendar_id].changes) == written


def _kept(box: Box) -> dict[Path, bytes]:
    """The feed, and all that the state folder has but for copies of calendars."""
    files = (path for path in box.state.rglob("*") if path.is_file() and "cache" not in path.parts)
    return {path: path.read_bytes() for path in (*files, box.feed)}


def test_the_page_to_share_says_when_and_what_and_nothing_else(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.write("work.ics", _OFFICE)
    box.config(
        more=SERVE + BUSY.format("path", "work.ics") + "[[pause]]\nfrom = 2026-11-27\nto = 2026-11-27\n",
        plan='[plan.race]\ndate = 2026-12-06\ntitle = "City run"\ndistance = "10k"\n',
        targets=FEED + target("partner", "public/partner.ics", 'detail = "busy"'),
    )
    with running(box) as site:
        own = site.shown()
        address = next(link for link in links(own) if "/w/" in link).replace(
            "https://training.example.org", site.url
        )
        page = ask(address).body.decode()
        assert "Tomorrow 06:30, 6 x 800 m" in page
        assert "City run in 13 days" in page
        assert "runs, " in page
        for private in (
            ".ics",
            "webcal",
            "Busy",
            "Why here",
            "Where else",
            "pause",
            site.secret,
            "<form",
            "/s/",
        ):
            assert private not in page, private
            assert private in own or private == "/s/"
        assert ask(f"{address}week/2026-W49").status == 200
        assert ask(f"{address}week/2026-W30").status == 404
        assert ask(f"{address}plan.json").status == 404
        assert ask(address[:-2] + "x/").status == 404
        assert "form-action 'none'" in ask(address)["Content-Security-Policy"]
        assert "form-action 'self'" in ask(site.page)["Content-Security-Policy"]


_OFFICE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20261124T070000Z\r\nDTEND:20261124T160000Z\r\nSUMMARY:Office\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
