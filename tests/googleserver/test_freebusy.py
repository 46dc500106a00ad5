"""freeBusy.query: what is busy, and what cannot be said."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.exchange import Json
from tests.googleserver.samples import refused
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import Switches

Service = Any
START = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: float, day: int = 23) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour)


def query(calendar: Service, *ids: str, days: int = 7, **more: Any) -> Any:
    body = {
        "timeMin": "2026-11-23T00:00:00Z",
        "timeMax": (START + timedelta(days)).isoformat(),
        "items": [{"id": one} for one in ids],
        **more,
    }
    return calendar.freebusy().query(body=body)


def hours(answer: Json, calendar_id: str = "primary") -> list[tuple[str, str]]:
    busy = answer["calendars"][calendar_id]["busy"]
    return [(one["start"][8:16], one["end"][8:16]) for one in busy]


def test_busy_times_are_merged_and_cut_to_the_range(google: GoogleServer, calendar: Service) -> None:
    person = google.person("primary")
    person.create("over the start", at(-2), at(2))
    person.create("a", at(10), at(12))
    person.create("b", at(11), at(13))
    person.create("touches", at(13), at(14))
    person.create("within", at(10.5), at(11))
    person.create("over the end", at(23, 29), at(5, 30))
    person.create("outside", at(5, 30), at(6, 30))
    answer = query(calendar, "primary").execute()
    assert answer["kind"] == "calendar#freeBusy"
    assert hours(answer) == [("23T00:00", "23T02:00"), ("23T10:00", "23T14:00"), ("29T23:00", "30T00:00")]


@pytest.mark.parametrize(
    ("fields", "busy"),
    [
        ({}, True),
        ({"status": "tentative"}, True),
        ({"status": "cancelled"}, False),
        ({"transparency": "transparent"}, False),
        ({"transparency": "opaque"}, True),
        ({"eventType": "workingLocation"}, False),
        ({"eventType": "outOfOffice"}, True),
        ({"eventType": "focusTime"}, True),
        ({"attendees": [{"email": "runner@example.com", "responseStatus": "declined"}]}, False),
        ({"attendees": [{"email": "runner@example.com", "responseStatus": "tentative"}]}, True),
        ({"attendees": [{"email": "runner@example.com"}]}, True),
        ({"attendees": [{"email": "guest@example.com", "responseStatus": "declined"}]}, True),
    ],
)
def test_what_counts(google: GoogleServer, calendar: Service, fields: Json, busy: bool) -> None:
    google.person("primary").create("x", at(10), at(11), **fields)
    assert bool(hours(query(calendar, "primary").execute())) == busy


def test_whether_an_unanswered_invitation_counts() -> None:
    with GoogleServer(Switches(invitations_are_busy=False)) as google, service(google) as calendar:
        google.person("primary").create("x", at(10), at(11), attendees=[{"email": google.email}])
        assert hours(query(calendar, "primary").execute()) == []
        (event,) = google.person("primary").events()
        google.person("primary").answer(event["id"], "accepted")
        assert hours(query(calendar, "primary").execute()) == [("23T10:00", "23T11:00")]


def test_a_whole_day_lies_in_the_calendar_s_zone_and_the_answer_in_that_asked_for(
    google: GoogleServer, calendar: Service
) -> None:
    google.add_calendar("ny", time_zone="America/New_York")
    google.person("ny").create("x", date(2026, 11, 25), date(2026, 11, 26))
    assert hours(query(calendar, "ny").execute(), "ny") == [("25T05:00", "26T05:00")]
    local = query(calendar, "ny", timeZone="America/New_York").execute()
    assert local["calendars"]["ny"]["busy"][0]["start"] == "2026-11-25T00:00:00-05:00"


def test_a_series_is_busy_at_each_of_its_times(google: GoogleServer, calendar: Service) -> None:
    person = google.person("primary")
    event = person.create("x", at(10), at(11))
    person.repeat(event, "FREQ=DAILY;COUNT=3")
    assert [start for start, _ in hours(query(calendar, "primary").execute())] == [
        "23T10:00",
        "24T10:00",
        "25T10:00",
    ]


def test_calendars_that_cannot_be_seen_are_errors_inside_the_success(
    google: GoogleServer, calendar: Service
) -> None:
    google.add_calendar("boss@example.com", owner="boss@example.com")
    google.add_calendar(
        "colleague@example.com", owner="colleague@example.com", shared_with={google.email: "freeBusyReader"}
    )
    google.freebusy_errors["colleague@example.com"] = "backendError"
    answer = query(
        calendar, "primary", google.email, "boss@example.com", "colleague@example.com", "x"
    ).execute()
    reasons = {
        name: [error["reason"] for error in found.get("errors", [])]
        for name, found in answer["calendars"].items()
    }
    assert reasons == {
        "primary": [],
        google.email: [],
        "boss@example.com": ["notFound"],
        "colleague@example.com": ["backendError"],
        "x": ["notFound"],
    }
    assert answer["calendars"]["x"]["busy"] == []


def test_at_most_fifty_calendars_and_ninety_days(calendar: Service) -> None:
    names = [f"c{number}@example.com" for number in range(51)]
    full = query(calendar, *names[:50]).execute()["calendars"]
    assert {found["errors"][0]["reason"] for found in full.values()} == {"notFound"}
    over = query(calendar, *names).execute()["calendars"]
    assert {found["errors"][0]["reason"] for found in over.values()} == {"tooManyCalendarsRequested"}
    query(calendar, "primary", days=90).execute()
    refused(query(calendar, "primary", days=91), 400, "timeRangeTooLong")
    refused(query(calendar, "primary", days=0), 400, "timeRangeEmpty")
    refused(query(calendar, "primary", calendarExpansionMax=51), 400, "invalid")


def test_bodies_that_are_refused(calendar: Service) -> None:
    refused(query(calendar, "primary", timeMin=None), 400, "required")
    refused(query(calendar, "primary", timeMin="2026-11-23T00:00:00"), 400, "invalid")
    refused(query(calendar, "primary", timeZone="Mars/Base"), 400, "invalid")
    refused(query(calendar, "primary", items=["primary"]), 400, "invalid")
    refused(query(calendar, "primary", item=[]), 400, "badRequest")
