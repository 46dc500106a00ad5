"""What only a Google calendar can do to a key: several ids, of which tombstones remain or vanish."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calsync.event import Applied, Event
from calsync.sync import diff
from calsync.timespan import Timespan
from tests.calendars.google.box import Google
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import Switches

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
START = datetime(2026, 11, 24, 7, tzinfo=UTC)
RUN = Event("2026-W48/run/tue-1", Timespan(START, START + timedelta(hours=1)), "Run")


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    """Where what was deleted never comes back, so that a key gets another id."""
    with GoogleServer(Switches("dead", revive="dead"), now=NOW) as server:
        google = Google(server, tmp_path)
        yield google
        google.close()


def push(google: Google, wanted: list[Event]) -> Applied:
    """As often as the calendar has to be looked at."""
    for _ in range(3):
        loaded = google.calendar(LONDON).load()
        contents = loaded.contents
        applied = loaded.apply(diff(wanted, contents.events, now=NOW, skipped=contents.deleted), NOW)
        if not applied.look_again:
            break
    return applied


def test_a_deletion_outlasts_its_tombstone_beside_an_older_one_of_calsyncs(google: Google) -> None:
    for wanted in ([RUN], [], [RUN]):
        push(google, wanted)
    calendar = google.server.calendars[google.calendar_id]
    (second,) = [event["id"] for event in google.server.person(google.calendar_id).events()]
    google.server.person(google.calendar_id).delete(second)
    push(google, [RUN])
    calendar.forget(second, frees=True)
    assert len(calendar.events) == 1
    for _ in range(2):
        push(google, [RUN])
        assert google.server.person(google.calendar_id).events() == []
