"""One event at a time: what is accepted, what comes back, and what a change changes."""

from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.exchange import Json
from tests.googleserver.samples import all_day, private, refused, timed
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import Switches

Service = Any


def test_an_event_comes_back_with_what_google_adds(
    google: GoogleServer, calendar: Service, training: str
) -> None:
    made = calendar.events().insert(calendarId=training, body=timed(id="abcde")).execute()
    assert made["kind"] == "calendar#event"
    assert made["status"] == "confirmed"
    assert made["iCalUID"] == "abcde@google.com"
    assert made["sequence"] == 0
    assert made["reminders"] == {"useDefault": True}
    assert made["created"] == "2026-11-23T06:00:00.000Z"
    assert made["updated"].startswith("2026-11-23T06:00:00.")
    assert made["start"] == {"dateTime": "2026-11-24T07:00:00Z", "timeZone": "Europe/London"}
    assert made["etag"].startswith('"')
    assert made["etag"].endswith('"')
    assert calendar.events().get(calendarId=training, eventId="abcde").execute() == made
    assert google.calendars[training].events["abcde"] == made


def test_an_event_without_an_id_gets_one(calendar: Service, training: str) -> None:
    events = calendar.events()
    first, second = (events.insert(calendarId=training, body=timed()).execute() for _ in range(2))
    assert first["id"] != second["id"]
    assert first["iCalUID"] == first["id"] + "@google.com"


@pytest.mark.parametrize("bad", ["abcd", "ABCDE", "abcdw", "abc-de", "a" * 1025, "abc_de"])
def test_an_id_outside_of_base32hex_is_refused(calendar: Service, training: str, bad: str) -> None:
    refused(calendar.events().insert(calendarId=training, body=timed(id=bad)), 400, "invalid")


def test_the_longest_id_is_accepted_and_found(calendar: Service, training: str) -> None:
    calendar.events().insert(calendarId=training, body=timed(id="v" * 1024)).execute()
    assert calendar.events().get(calendarId=training, eventId="v" * 1024).execute()["id"] == "v" * 1024


def test_an_id_together_with_a_uid_is_refused(calendar: Service, training: str) -> None:
    body = timed(id="abcde", iCalUID="x@example.org")
    refused(calendar.events().insert(calendarId=training, body=body), 400, "invalid")


def test_an_id_is_unique_in_its_calendar_even_after_deletion(calendar: Service, training: str) -> None:
    events = calendar.events()
    insert = events.insert(calendarId=training, body=timed(id="abcde"))
    insert.execute()
    refused(insert, 409, "duplicate")
    events.delete(calendarId=training, eventId="abcde").execute()
    refused(insert, 409, "duplicate")
    other = calendar.calendars().insert(body={"summary": "Other", "timeZone": "UTC"}).execute()["id"]
    assert events.insert(calendarId=other, body=timed(id="abcde")).execute()["id"] == "abcde"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sumary": "typo"}, "badRequest"),
        ({"summary": 7}, "invalid"),
        ({"summary": ["a"]}, "invalid"),
        ({"extendedProperties": {"private": {"n": 7}}}, "invalid"),
        ({"extendedProperties": {"privat": {"n": "7"}}}, "badRequest"),
        ({"reminders": {"useDefault": "no"}}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "sms", "minutes": 5}]}}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": -1}]}}, "invalid"),
        (
            {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 40321}]}},
            "invalid",
        ),
        (
            {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}] * 6}},
            "invalid",
        ),
        ({"reminders": {"useDefault": False, "overrides": [{"minutes": 5}]}}, "required"),
        (
            {"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 5}]}},
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        ({"colorId": "12"}, "invalid"),
        ({"colorId": "0"}, "invalid"),
        ({"colorId": 5}, "invalid"),
        ({"status": "done"}, "invalid"),
        ({"transparency": "busy"}, "invalid"),
        ({"source": {"title": "t", "url": "ftp://example.org"}}, "invalid"),
        ({"attendees": [{"email": "nobody"}]}, "invalid"),
        ({"eventType": "focusTime"}, "eventTypeRestriction"),
        ({"recurrence": ["FREQ=DAILY"]}, "invalid"),
        ({"start": None}, "required"),
        ({"end": None}, "required"),
        ({"start": {"dateTime": "2026-11-24T08:00:00Z"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-11-24T09:00:00Z"}}, "timeRangeEmpty"),
        ({"start": {"dateTime": "2026-11-24T07:00:00"}}, "required"),
        ({"start": {"dateTime": "2026-11-24 07:00:00Z"}}, "invalid"),
        ({"start": {"dateTime": "2026-11-31T07:00:00Z"}}, "invalid"),
        ({"start": {"dateTime": "2026-11-24T07:00:00Z", "timeZone": "GMT Standard Time"}}, "invalid"),
        ({"start": {"dateTime": "2026-11-24T07:00:00Z", "timeZone": "Europe"}}, "invalid"),
        ({"start": {"date": "2026-11-24"}}, "invalid"),
        ({"start": {"date": "24.11.2026"}}, "invalid"),
        ({"start": {"date": "2026-11-24", "dateTime": "2026-11-24T07:00:00Z"}}, "badRequest"),
        ({"start": {"date": "2026-11-24"}, "end": {"date": "2026-11-24"}}, "timeRangeEmpty"),
    ],
)
def test_a_body_that_google_refuses(calendar: Service, training: str, fields: Json, reason: str) -> None:
    refused(calendar.events().insert(calendarId=training, body=timed() | fields), 400, reason)
    assert calendar.events().list(calendarId=training).execute()["items"] == []


@pytest.mark.parametrize(
    ("sent", "returned"),
    [
        ("2026-07-01T07:00:00+01:00", "2026-07-01T07:00:00+01:00"),
        ("2026-07-01T02:00:00-04:00", "2026-07-01T07:00:00+01:00"),
        ("2026-12-01T07:00:00Z", "2026-12-01T07:00:00Z"),
        ("2026-12-01T07:00:00.987+00:00", "2026-12-01T07:00:00Z"),
        # The hour that comes twice: the offset tells which of the two.
        ("2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+01:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T01:30:00Z"),
    ],
)
def test_times_come_back_in_the_calendar_s_zone(
    calendar: Service, training: str, sent: str, returned: str
) -> None:
    made = calendar.events().insert(calendarId=training, body=timed(sent, 600)).execute()
    assert made["start"]["dateTime"] == returned


def test_a_clock_time_counts_in_the_zone_beside_it(calendar: Service, training: str) -> None:
    body = {
        "start": {"dateTime": "2026-11-24T09:00:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-11-24T10:00:00", "timeZone": "America/New_York"},
    }
    made = calendar.events().insert(calendarId=training, body=body).execute()
    assert made["start"] == {"dateTime": "2026-11-24T14:00:00Z", "timeZone": "America/New_York"}


def test_what_is_empty_or_as_ever_is_left_out(calendar: Service, training: str) -> None:
    body = timed(
        summary="", description="", location="", transparency="opaque", visibility="default", attendees=[]
    )
    made = calendar.events().insert(calendarId=training, body=body).execute()
    absent = {"summary", "description", "location", "transparency", "visibility", "attendees"}
    assert absent & made.keys() == set()


def test_long_properties_are_dropped_or_cut_without_a_word(calendar: Service, training: str) -> None:
    body = timed(**private(**{"k" * 44: "v" * 1024, "l" * 45: "dropped", "m": "v" * 1025}))
    made = calendar.events().insert(calendarId=training, body=body).execute()
    assert made["extendedProperties"]["private"] == {"k" * 44: "v" * 1024, "m": "v" * 1024}
    many = timed(**private(**{f"k{number}": "v" for number in range(301)}))
    refused(calendar.events().insert(calendarId=training, body=many), 400, "invalid")


def test_a_patch_merges_objects_and_replaces_lists(calendar: Service, training: str) -> None:
    events = calendar.events()
    overrides = [{"method": "popup", "minutes": 5}, {"method": "email", "minutes": 60}]
    body = timed(id="abcde", description="text", colorId="3", **private(a="1", b="2"))
    made = events.insert(
        calendarId=training, body=body | {"reminders": {"useDefault": False, "overrides": overrides}}
    ).execute()
    change = {
        "description": None,
        "extendedProperties": {"private": {"b": None, "c": "3"}},
        "reminders": {"overrides": overrides[:1]},
    }
    patched = events.patch(calendarId=training, eventId="abcde", body=change).execute()
    assert "description" not in patched
    assert patched["summary"] == "Strength"
    assert patched["colorId"] == "3"
    assert patched["extendedProperties"]["private"] == {"a": "1", "c": "3"}
    assert patched["reminders"] == {"useDefault": False, "overrides": overrides[:1]}
    assert patched["start"] == made["start"]
    assert patched["etag"] != made["etag"]
    assert patched["updated"] > made["updated"]
    gone = events.patch(
        calendarId=training, eventId="abcde", body={"extendedProperties": None, "colorId": None}
    ).execute()
    assert {"extendedProperties", "colorId"} & gone.keys() == set()


def test_a_patch_from_a_time_to_a_day_has_to_take_the_time_away(calendar: Service, training: str) -> None:
    events = calendar.events()
    events.insert(calendarId=training, body=timed(id="abcde")).execute()
    day = all_day()
    patch = {name: day[name] for name in ("start", "end")}
    refused(events.patch(calendarId=training, eventId="abcde", body=patch), 400, "badRequest")
    cleared = {name: value | {"dateTime": None, "timeZone": None} for name, value in patch.items()}
    patched = events.patch(calendarId=training, eventId="abcde", body=cleared).execute()
    assert patched["start"] == {"date": "2026-11-24"}
    one_sided = {"start": {"dateTime": "2026-11-24T07:00:00Z", "date": None}}
    refused(events.patch(calendarId=training, eventId="abcde", body=one_sided), 400, "invalid")


def test_an_update_replaces_everything(calendar: Service, training: str) -> None:
    events = calendar.events()
    body = timed(id="abcde", description="text", colorId="3", **private(a="1"))
    made = events.insert(calendarId=training, body=body).execute()
    refused(events.update(calendarId=training, eventId="abcde", body={"summary": "x"}), 400, "required")
    updated = events.update(calendarId=training, eventId="abcde", body=timed(summary="New")).execute()
    assert {"description", "colorId", "extendedProperties"} & updated.keys() == set()
    assert updated["summary"] == "New"
    assert (updated["id"], updated["iCalUID"], updated["created"]) == (
        made["id"],
        made["iCalUID"],
        made["created"],
    )
    whole = events.update(calendarId=training, eventId="abcde", body=made).execute()
    ignored = ("etag", "updated")
    assert {k: v for k, v in whole.items() if k not in ignored} == {
        k: v for k, v in made.items() if k not in ignored
    }
    refused(events.update(calendarId=training, eventId="abcde", body=made | {"id": "other"}), 400, "invalid")


def test_the_sequence_rises_with_the_times_and_never_falls(calendar: Service, training: str) -> None:
    events = calendar.events()
    events.insert(calendarId=training, body=timed(id="abcde")).execute()
    texts = events.patch(calendarId=training, eventId="abcde", body={"summary": "New"}).execute()
    assert texts["sequence"] == 0
    later = timed("2026-11-24T09:00:00Z")
    times = {name: later[name] for name in ("start", "end")}
    assert events.patch(calendarId=training, eventId="abcde", body=times).execute()["sequence"] == 1
    refused(events.patch(calendarId=training, eventId="abcde", body={"sequence": 0}), 400, "invalid")
    refused(events.update(calendarId=training, eventId="abcde", body=later), 400, "invalid")
    kept = events.update(calendarId=training, eventId="abcde", body=later | {"sequence": 1}).execute()
    assert kept["sequence"] == 1


def test_an_update_may_leave_the_sequence_out() -> None:
    switches = Switches(update_without_sequence="keeps")
    with GoogleServer(switches) as google, service(google, ["calendar.events"]) as calendar:
        calendar.events().insert(calendarId="primary", body=timed(id="abcde", sequence=4)).execute()
        update = calendar.events().update
        assert update(calendarId="primary", eventId="abcde", body=timed()).execute()["sequence"] == 4
        refused(update(calendarId="primary", eventId="abcde", body=timed(sequence=3)), 400, "invalid")


def test_reminders_leave_updated_alone(calendar: Service, training: str) -> None:
    events = calendar.events()
    made = events.insert(calendarId=training, body=timed(id="abcde")).execute()
    patched = events.patch(
        calendarId=training, eventId="abcde", body={"reminders": {"useDefault": False}}
    ).execute()
    assert patched["updated"] == made["updated"]
    assert patched["etag"] != made["etag"]


@pytest.mark.parametrize("method", ["patch", "update", "delete"])
def test_a_write_with_an_old_etag_is_refused(calendar: Service, training: str, method: str) -> None:
    events = calendar.events()
    made = events.insert(calendarId=training, body=timed(id="abcde")).execute()
    newer = events.patch(calendarId=training, eventId="abcde", body={"summary": "New"}).execute()
    body = {} if method == "delete" else {"body": timed()}
    request = getattr(events, method)(calendarId=training, eventId="abcde", **body)
    request.headers["If-Match"] = made["etag"]
    assert refused(request, 412, "conditionNotMet")
    assert events.get(calendarId=training, eventId="abcde").execute() == newer
    request.headers["If-Match"] = newer["etag"]
    request.execute()


def test_a_get_with_the_present_etag_has_nothing_to_say(calendar: Service, training: str) -> None:
    made = calendar.events().insert(calendarId=training, body=timed(id="abcde")).execute()
    request = calendar.events().get(calendarId=training, eventId="abcde")
    request.headers["If-None-Match"] = made["etag"]
    with pytest.raises(Exception, match="304"):
        request.execute()
    request.headers["If-None-Match"] = '"0"'
    assert request.execute() == made


def test_an_import_keeps_the_uid(calendar: Service, training: str) -> None:
    events = calendar.events()
    refused(events.import_(calendarId=training, body=timed()), 400, "required")
    made = events.import_(calendarId=training, body=timed(iCalUID="x@example.org")).execute()
    assert made["iCalUID"] == "x@example.org"
    found = events.list(calendarId=training, iCalUID="x@example.org").execute()
    assert [event["id"] for event in found["items"]] == [made["id"]]


def test_a_missing_event_and_a_missing_calendar_are_not_found(calendar: Service, training: str) -> None:
    events = calendar.events()
    for name in ("get", "delete"):
        refused(getattr(events, name)(calendarId=training, eventId="zzzzz"), 404, "notFound")
        refused(getattr(events, name)(calendarId="nowhere", eventId="zzzzz"), 404, "notFound")
    refused(events.patch(calendarId=training, eventId="zzzzz", body={}), 404, "notFound")
    refused(events.insert(calendarId="a/b#c@d", body=timed()), 404, "notFound")
