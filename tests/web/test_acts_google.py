"""What the runner does on a page, and Google Calendar, which follows after the answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.google import GoogleBox
from tests.googleserver.faults import Fault, quota_exceeded
from tests.googleserver.server import GoogleServer
from tests.web.forms import follow
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
