"""Deleted events, and what else the switches turn: each of them has to make the difference that it names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.samples import private, refused, timed
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import ALL_POSITIONS, Switches

Service = Any


@contextmanager
def deleted(switches: Switches) -> Iterator[tuple[GoogleServer, Service, str]]:
    """A calendar with one event in it, which is deleted."""
    with GoogleServer(switches) as google, service(google) as calendar:
        made = calendar.calendars().insert(body={"summary": "Training", "timeZone": "Asia/Kolkata"})
        training = made.execute()["id"]
        google.calendars[training].settles = 0
        body = timed(id="abcde", **private(plan="a"))
        calendar.events().insert(calendarId=training, body=body).execute()
        calendar.events().delete(calendarId=training, eventId="abcde").execute()
        yield google, calendar, training


@pytest.mark.parametrize("switches", ALL_POSITIONS, ids=str)
def test_in_every_position_a_deleted_event_is_cancelled_and_its_id_taken(switches: Switches) -> None:
    with deleted(switches) as (_, calendar, training):
        events = calendar.events()
        found = events.get(calendarId=training, eventId="abcde").execute()
        assert (found["id"], found["status"]) == ("abcde", "cancelled")
        refused(events.delete(calendarId=training, eventId="abcde"), 410, "deleted")
        refused(events.insert(calendarId=training, body=timed(id="abcde")), 409, "duplicate")
        refused(events.update(calendarId=training, eventId="abcde", body=timed()), 403, "forbidden")
        assert google_is_quiet(events, training)


def google_is_quiet(events: Service, training: str) -> bool:
    """Whether nothing is on the list, on any of its pages."""
    request = events.list(calendarId=training)
    while request is not None:
        answer = request.execute()
        if answer["items"]:
            return False
        request = events.list_next(request, answer)
    return True


@pytest.mark.parametrize(
    ("tombstones", "keys", "by_property"),
    [
        ("full", {"start", "end", "summary", "extendedProperties", "updated"}, 1),
        ("bare", set(), 0),
        ("listed-bare", set(), 1),
    ],
)
def test_what_a_tombstone_shows(tombstones: Any, keys: set[str], by_property: int) -> None:
    with deleted(Switches(tombstones=tombstones)) as (_, calendar, training):
        events = calendar.events()
        listed = events.list(calendarId=training, showDeleted=True).execute()["items"]
        assert listed == [events.get(calendarId=training, eventId="abcde").execute()]
        assert keys <= listed[0].keys()
        if not keys:
            assert listed[0].keys() == {"kind", "etag", "id", "status"}
        named = events.list(calendarId=training, showDeleted=True, privateExtendedProperty="plan=a").execute()
        assert len(named["items"]) == by_property


def patched(**fields: Any) -> Callable[[Service, str], Any]:
    return lambda events, training: events.patch(calendarId=training, eventId="abcde", body=fields)


def updated(**fields: Any) -> Callable[[Service, str], Any]:
    body = timed(sequence=9, **fields)
    return lambda events, training: events.update(calendarId=training, eventId="abcde", body=body)


MARK, PATCH, PUT = patched(**private(mark="1")), patched(status="confirmed"), updated(status="confirmed")


@pytest.mark.parametrize(
    ("switches", "request_of", "status"),
    [
        (Switches(), MARK, "cancelled"),
        (Switches(), patched(status="cancelled", summary="x"), "cancelled"),
        (Switches(), PATCH, "confirmed"),
        (Switches(), patched(status=None), "confirmed"),
        (Switches(), PUT, "confirmed"),
        (Switches(), updated(status="cancelled"), None),
        (Switches(patch_cancelled="forbidden"), MARK, None),
        (Switches(patch_cancelled="forbidden"), patched(status="cancelled"), None),
        (Switches(patch_cancelled="forbidden"), PATCH, "confirmed"),
        (Switches(revive="patch-forbidden"), MARK, "cancelled"),
        (Switches(revive="patch-forbidden"), PATCH, None),
        (Switches(revive="patch-forbidden"), PUT, "confirmed"),
        (Switches(revive="dead"), PATCH, None),
        (Switches(revive="dead"), PUT, None),
    ],
)
def test_what_can_be_done_with_a_tombstone(
    switches: Switches, request_of: Callable[[Service, str], Any], status: str | None
) -> None:
    with deleted(switches) as (_, calendar, training):
        request = request_of(calendar.events(), training)
        if status is None:
            refused(request, 403, "forbidden")
        else:
            assert request.execute()["status"] == status


def test_a_patch_can_delete_and_a_revived_event_is_what_it_was(calendar: Service, training: str) -> None:
    events = calendar.events()
    made = events.insert(calendarId=training, body=timed(id="abcde", **private(plan="a"))).execute()
    gone = events.patch(
        calendarId=training, eventId="abcde", body={"status": "cancelled", **private(by="calsync")}
    ).execute()
    assert gone["status"] == "cancelled"
    assert gone["extendedProperties"]["private"] == {"plan": "a", "by": "calsync"}
    assert gone["sequence"] == 1
    back = events.patch(calendarId=training, eventId="abcde", body={"status": "confirmed"}).execute()
    assert (back["start"], back["summary"]) == (made["start"], made["summary"])
    assert back["sequence"] == 2


@pytest.mark.parametrize("purge", ["frees", "dead-ids"])
def test_a_tombstone_vanishes(purge: Any) -> None:
    with deleted(Switches(purge=purge)) as (google, calendar, training):
        google.purge_tombstones()
        events = calendar.events()
        refused(events.get(calendarId=training, eventId="abcde"), 404, "notFound")
        refused(events.delete(calendarId=training, eventId="abcde"), 404, "notFound")
        assert events.list(calendarId=training, showDeleted=True).execute()["items"] == []
        insert = events.insert(calendarId=training, body=timed(id="abcde"))
        if purge == "frees":
            assert insert.execute()["status"] == "confirmed"
        else:
            refused(insert, 409, "duplicate")


def test_a_person_takes_it_out_of_the_bin() -> None:
    with deleted(Switches(revive="dead", tombstones="bare")) as (google, calendar, training):
        assert google.person(training).events() == []
        google.person(training).restore("abcde")
        assert calendar.events().get(calendarId=training, eventId="abcde").execute()["summary"] == "Strength"


def test_texts_are_tidied() -> None:
    with GoogleServer(Switches(tidies_text=True)) as google, service(google) as calendar:
        training = calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]
        body = timed(summary="  Cafe\u0301 ", description="one\r\ntwo\n", location="  ")
        made = calendar.events().insert(calendarId=training, body=body).execute()
        assert (made["summary"], made["description"]) == ("Caf\u00e9", "one\ntwo")
        assert "location" not in made


def test_zones_come_back_under_another_name() -> None:
    with GoogleServer(Switches(zone_alias=True)) as google, service(google) as calendar:
        zone = "Asia/Kolkata"
        training = calendar.calendars().insert(body={"summary": "T", "timeZone": zone}).execute()["id"]
        body = {
            "start": {"dateTime": "2026-11-24T07:00:00+05:30", "timeZone": zone},
            "end": {"dateTime": "2026-11-24T08:00:00+05:30", "timeZone": zone},
        }
        made = calendar.events().insert(calendarId=training, body=body).execute()
        assert made["start"] == {"dateTime": "2026-11-24T01:30:00Z", "timeZone": "Asia/Calcutta"}
        # What comes back can be sent again.
        calendar.events().update(calendarId=training, eventId=made["id"], body=made).execute()


def test_reminders_come_back_in_another_order() -> None:
    overrides = [{"method": "popup", "minutes": 5}, {"method": "email", "minutes": 60}]
    with GoogleServer(Switches(sorts_reminders=True)) as google, service(google) as calendar:
        training = calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]
        body = timed(reminders={"useDefault": False, "overrides": overrides})
        made = calendar.events().insert(calendarId=training, body=body).execute()
        assert made["reminders"]["overrides"] == overrides[::-1]
        patch = calendar.events().patch(calendarId=training, eventId=made["id"], body={"summary": "New"})
        assert patch.execute()["reminders"] == made["reminders"]
