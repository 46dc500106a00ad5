"""What the runner does on a page, and Google Calendar, which follows after the answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calsync.files import Folder
from calsync.state import State
from tests.cli.google import GoogleBox
from tests.googleserver.faults import Fault, quota_exceeded
from tests.googleserver.server import GoogleServer
from tests.web.forms import follow, send
from tests.web.running import running
from tests.web.test_acts import SERVE, on, page_of


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[GoogleBox]:
    with GoogleServer() as server:
        runner = GoogleBox(tmp_path, google=server)
        runner.with_calendar(more=SERVE)
        yield runner


def test_google_follows_and_where_it_fails_that_is_shown_until_it_has_followed(runner: GoogleBox) -> None:
    run, other = "2026-W48/run/wed-1", "2026-W48/run/sat-1"
    assert {run, other} <= runner.events().keys()
    with running(runner) as site:
        assert "Skipped: " in follow(site, page_of(site, run), on(page_of(site, run))["Skip it"])
        site.until(lambda: run not in runner.events())
        runner.google.faults.add(Fault(quota_exceeded(), where=("part",), times=None))
        assert "Skipped: " in follow(site, page_of(site, other), on(page_of(site, other))["Skip it"])
        site.until(lambda: "google: " in site.shown())
        assert other in runner.events()
        runner.google.faults.clear()
        # The next round of the server, whatever it is made for.
        site.replan(lambda: other not in runner.events())
        site.until(lambda: "google: " not in site.shown())
    assert [c for c in runner.push()["google"] if c["action"] not in ("keep", "skip")] == []


def test_what_a_server_that_was_killed_owes_google_is_written_by_the_next(runner: GoogleBox) -> None:
    run = "2026-W48/run/wed-1"
    runner.google.faults.add(Fault(quota_exceeded(), where=("api", "part"), method="PATCH", times=None))
    with running(runner) as site:
        assert "Skipped: " in follow(site, page_of(site, run), on(page_of(site, run))["Skip it"])
        site.until(lambda: "google: " in site.shown())
        site.process.kill()
        site.process.wait()
    runner.google.faults.clear()
    assert run in runner.events()
    with running(runner) as site:
        site.until(lambda: run not in runner.events())
        runner.google.clear_log()
        # It owes nothing any more: the next rounds leave Google to `calsync push`, as always.
        site.replan(lambda: "google: " not in site.shown())
    assert not [path for method, path in runner.requests() if method != "GET" and "freeBusy" not in path]


def test_what_a_server_could_not_plan_any_more_reaches_google_with_the_next(runner: GoogleBox) -> None:
    """The lock was held until it ended; a command did what was asked for, and wrote nothing."""
    run = "2026-W48/run/wed-1"
    with running(runner) as site:
        address = page_of(site, run)
        with State(Folder(runner.state / "training")).lock():
            send(address, on(address)["Skip it"])
            site.stop()
    assert "From the page: Skipped: " in runner.ok("checkin", "--none").err
    assert run in runner.events()
    with running(runner) as site:
        site.until(lambda: run not in runner.events())
