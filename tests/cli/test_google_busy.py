"""Busy time from Google: nobody is free by accident, and few questions are asked."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.google import BUSY, GoogleBox
from tests.googleserver.faults import Fault, backend_error, refusal
from tests.googleserver.server import GoogleServer

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def source(name: str, *calendars: str) -> str:
    listed = ", ".join(f'"{calendar}"' for calendar in calendars)
    return f'[[busy]]\nname = "{name}"\ntype = "google"\ncalendars = [{listed}]\n'


def busy(runner: GoogleBox, *args: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for one in runner.ok("busy", "--format", "json", *args).json:
        found.setdefault(one["source"], []).append((one["start"], one["end"]))
    return found


def test_a_session_makes_way_for_a_meeting_in_google(runner: GoogleBox) -> None:
    runner.with_calendar(more=BUSY)
    assert runner.starts()["2026-W48/strength/1"] == NOON
    me = runner.google.person(runner.google.email)
    me.create("Lunch with the board", NOON, NOON + timedelta(hours=3))
    runner.push()
    assert runner.starts()["2026-W48/strength/1"] != NOON
    assert busy(runner) == {"private": [("2026-11-24T12:00:00+00:00", "2026-11-24T15:00:00+00:00")]}


def test_titles_are_never_asked_for(runner: GoogleBox) -> None:
    runner.with_calendar(more=BUSY)
    runner.google.person(runner.google.email).create("Secret", NOON, NOON + timedelta(hours=1))
    runner.push()
    assert not [path for _, path in runner.requests() if f"/calendars/{runner.google.email}" in path]


def test_each_source_gets_its_own_merged_time_from_one_question(runner: GoogleBox) -> None:
    runner.google.add_calendar("team@example.com")
    runner.google_config(more=BUSY + source("team", "team@example.com", "primary"))
    runner.authorise()
    hour = timedelta(hours=1)
    runner.google.person(runner.google.email).create("a", NOON, NOON + hour)
    runner.google.person("team@example.com").create("b", NOON + hour / 2, NOON + 2 * hour)
    assert busy(runner) == {
        "private": [("2026-11-24T12:00:00+00:00", "2026-11-24T13:00:00+00:00")],
        "team": [("2026-11-24T12:00:00+00:00", "2026-11-24T14:00:00+00:00")],
    }
    assert runner.requests() == [("POST", "/calendar/v3/freeBusy")]


@pytest.mark.parametrize(
    ("calendars", "days", "queries"), [(50, 60, 1), (51, 60, 2), (120, 61, 6), (1, 200, 4)]
)
def test_fifty_calendars_and_sixty_days_to_a_question(
    runner: GoogleBox, calendars: int, days: int, queries: int
) -> None:
    names = [f"c{number}@example.com" for number in range(calendars)]
    for name in names:
        runner.google.add_calendar(name)
    # Across the seam between two slices, and in the last calendar.
    seam = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=60)
    runner.google.person(names[-1]).create("x", seam - timedelta(hours=2), seam + timedelta(hours=2))
    runner.google_config(more=source("all", *names))
    runner.authorise()
    found = busy(runner, "--days", str(days))
    end = "2027-01-22T00:00:00+00:00" if days == 60 else "2027-01-22T02:00:00+00:00"
    assert found == {"all": [("2027-01-21T22:00:00+00:00", end)]}
    asked = [one.body for one in runner.google.api_log]
    assert len(asked) == queries
    for body in asked:
        assert body is not None
        first, last = (datetime.fromisoformat(body[name]) for name in ("timeMin", "timeMax"))
        assert last - first <= timedelta(days=60)
        assert len(body["items"]) <= 50


@pytest.mark.parametrize("reason", ["notFound", "internalError", "somethingNew"])
def test_an_error_inside_a_success_stops_the_push(runner: GoogleBox, reason: str) -> None:
    runner.with_calendar(more=BUSY)
    runner.google_config(more=BUSY, weeks='["recovery"]')
    before, feed = runner.person.events(), runner.feed.read_bytes()
    runner.google.freebusy_errors["primary"] = reason
    result = runner.run("push")
    assert (result.code, reason in result.error, "primary" in result.error) == (5, True, True)
    assert (runner.person.events(), runner.feed.read_bytes()) == (before, feed)


def test_a_calendar_that_is_not_shared_is_not_free(runner: GoogleBox) -> None:
    runner.google.add_calendar("boss@example.com", owner="boss@example.com")
    runner.google_config(more=source("boss", "boss@example.com"))
    runner.authorise()
    result = runner.run("busy")
    assert result.code == 5
    assert "boss@example.com" in result.error
    assert "share" in result.error


def test_google_out_of_order_stops_the_push(runner: GoogleBox, google: GoogleServer) -> None:
    runner.with_calendar(more=BUSY)
    runner.google_config(more=BUSY, weeks='["recovery"]')
    before = runner.person.events()
    google.faults.add(Fault(backend_error(503, retry_after=3600), path="freeBusy", times=None))
    google.clear_log()
    result = runner.run("push")
    assert result.code == 5
    # An hour is longer than a push waits, so it does not wait at all.
    assert len(google.api_log) == 1
    assert runner.person.events() == before


def test_a_scope_that_was_taken_back_is_explained(runner: GoogleBox, google: GoogleServer) -> None:
    runner.google_config(more=BUSY)
    runner.authorise("calendar.app.created")
    result = runner.run("busy")
    assert (result.code, "tick every box" in result.error) == (4, True)
    google.faults.add(Fault(refusal(403, "accessNotConfigured", "It is disabled."), path="freeBusy"))
    assert "Enable the Google Calendar API" in runner.run("busy").error
