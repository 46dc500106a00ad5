"""What the owner does in Google's own apps, seen through the API."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.errors import Problem
from tests.googleserver.exchange import Json
from tests.googleserver.samples import private, refused, timed
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import Switches

Service = Any
START, END = datetime(2026, 11, 25, 17, tzinfo=UTC), datetime(2026, 11, 25, 18, tzinfo=UTC)


@pytest.fixture
def made(calendar: Service, training: str) -> Json:
    body = timed(id="abcde", **private(plan="a", key="1"))
    event: Json = calendar.events().insert(calendarId=training, body=body).execute()
    return event


def get(calendar: Service, training: str, name: str = "abcde") -> Json:
    event: Json = calendar.events().get(calendarId=training, eventId=name).execute()
    return event


def test_moving(google: GoogleServer, calendar: Service, training: str, made: Json) -> None:
    person = google.person(training)
    person.move("abcde", START, END)
    moved = get(calendar, training)
    assert moved["start"]["dateTime"] == "2026-11-25T17:00:00Z"
    assert moved["sequence"] == 1
    assert moved["etag"] != made["etag"]
    assert moved["extendedProperties"] == made["extendedProperties"]
    person.move_all_day("abcde", date(2026, 11, 26))
    assert get(calendar, training)["start"] == {"date": "2026-11-26"}
    assert get(calendar, training)["end"] == {"date": "2026-11-27"}
    person.move("abcde", START, END)
    assert "date" not in get(calendar, training)["start"]


def test_what_a_person_does_breaks_an_old_etag(
    google: GoogleServer, calendar: Service, training: str, made: Json
) -> None:
    google.person(training).edit("abcde", summary="Mine")
    request = calendar.events().patch(calendarId=training, eventId="abcde", body={"summary": "Ours"})
    request.headers["If-Match"] = made["etag"]
    refused(request, 412, "conditionNotMet")


def test_editing(google: GoogleServer, calendar: Service, training: str, made: Json) -> None:
    person = google.person(training)
    person.edit("abcde", summary="Mine", description="text", location="Gym")
    person.recolour("abcde", "11")
    person.invite("abcde", "friend@example.com")
    edited = get(calendar, training)
    assert (edited["summary"], edited["description"], edited["location"]) == ("Mine", "text", "Gym")
    assert edited["colorId"] == "11"
    assert edited["attendees"] == [{"email": "friend@example.com", "responseStatus": "needsAction"}]
    assert edited["sequence"] == 0
    person.set_reminders("abcde", [{"method": "popup", "minutes": 5}])
    reminded = get(calendar, training)
    assert reminded["updated"] == edited["updated"]
    assert reminded["etag"] != edited["etag"]
    person.set_reminders("abcde", None)
    person.edit("abcde", description="")
    person.recolour("abcde", None)
    plain = get(calendar, training)
    assert plain["reminders"] == {"useDefault": True}
    assert {"description", "colorId"} & plain.keys() == set()
    with pytest.raises(TypeError):
        person.edit("abcde", sumary="typo")


def test_deleting_and_restoring(google: GoogleServer, calendar: Service, training: str, made: Json) -> None:
    person = google.person(training)
    assert [event["id"] for event in person.find(plan="a")] == ["abcde"]
    assert person.find(plan="b") == []
    person.delete("abcde")
    assert person.events() == person.find(plan="a") == []
    assert get(calendar, training)["status"] == "cancelled"
    with pytest.raises(Problem):
        person.move("abcde", START, END)
    person.restore("abcde")
    assert get(calendar, training)["status"] == "confirmed"


@pytest.mark.parametrize("keeps", [False, True])
def test_copying(keeps: bool) -> None:
    with GoogleServer(Switches(copies_keep_properties=keeps)) as google, service(google) as calendar:
        training = calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]
        body = timed(id="abcde", **private(plan="a"))
        calendar.events().insert(calendarId=training, body=body).execute()
        copy = get(calendar, training, google.person(training).copy("abcde", START))
        assert copy["id"] != "abcde"
        assert copy["iCalUID"] != "abcde@google.com"
        assert copy["start"]["dateTime"] == "2026-11-25T17:00:00Z"
        assert copy["end"]["dateTime"] == "2026-11-25T18:00:00Z"
        assert ("extendedProperties" in copy) == keeps


def test_repeating(google: GoogleServer, calendar: Service, training: str, made: Json) -> None:
    google.person(training).repeat("abcde", "FREQ=WEEKLY;COUNT=3")
    assert get(calendar, training)["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=3"]
    listed = calendar.events().list(calendarId=training, singleEvents=True).execute()["items"]
    assert len(listed) == 3


def test_events_of_their_own(google: GoogleServer, calendar: Service, training: str) -> None:
    person = google.person(training)
    lunch = person.create("Lunch", START, END, transparency="transparent")
    holiday = person.create("Holiday", date(2026, 12, 24), date(2026, 12, 27))
    assert get(calendar, training, lunch)["transparency"] == "transparent"
    assert get(calendar, training, holiday)["end"] == {"date": "2026-12-27"}
    with pytest.raises(ValueError, match="zone"):
        person.create("Naive", START.replace(tzinfo=None), END)
    person.delete_calendar()
    refused(calendar.events().list(calendarId=training), 404, "notFound")
