"""What only a Google calendar can do to a key: several ids, of which tombstones remain or vanish."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calsync.event import Applied, Contents, Event
from calsync.sync import diff
from calsync.timespan import Timespan
from tests.calendars.google.box import Google
from tests.googleserver.person import Person
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import ALL_POSITIONS, Switches

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
START = datetime(2026, 11, 24, 7, tzinfo=UTC)
RUN = Event("2026-W48/run/tue-1", Timespan(START, START + timedelta(hours=1)), "Run")


# Where what was deleted never comes back, a key gets another id.
DEAD = Switches("dead", revive="dead")


@pytest.fixture
def google(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Google]:
    with GoogleServer(getattr(request, "param", DEAD), now=NOW) as server:
        google = Google(server, tmp_path)
        yield google
        google.close()


def person(google: Google) -> Person:
    return google.server.person(google.calendar_id)


def contents(google: Google) -> Contents:
    return google.calendar(LONDON).load().contents


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
    (second,) = [event["id"] for event in person(google).events()]
    person(google).delete(second)
    push(google, [RUN])
    calendar.forget(second, frees=True)
    assert len(calendar.events) == 1
    for _ in range(2):
        push(google, [RUN])
        assert person(google).events() == []


@pytest.mark.parametrize("google", ALL_POSITIONS, indirect=True, ids=str)
def test_what_the_runner_takes_out_of_the_bin_stays_until_they_delete_it(google: Google) -> None:
    for wanted in ([RUN], []):
        push(google, wanted)
    (event_id,) = google.server.calendars[google.calendar_id].events
    person(google).restore(event_id)
    assert contents(google).restored == {RUN.key}
    for _ in range(2):
        push(google, [])
        (stored,) = contents(google).events
        assert (stored.event, stored.is_pinned, contents(google).restored) == (RUN, True, set())
    person(google).delete(event_id)
    for wanted in ([RUN], [], [RUN]):
        push(google, wanted)
        assert contents(google) == Contents(deleted=frozenset({RUN.key}))


def test_an_older_id_that_the_runner_takes_out_of_the_bin_counts_beside_a_dead_one(google: Google) -> None:
    for wanted in ([RUN], [], [RUN]):
        push(google, wanted)
    first, second = google.server.calendars[google.calendar_id].events
    person(google).delete(second)
    push(google, [RUN])
    person(google).restore(first)
    for wanted in ([], [RUN], []):
        push(google, wanted)
        assert [event["id"] for event in person(google).events()] == [first]
