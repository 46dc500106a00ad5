"""Calendars, and who may see and change what."""

from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.samples import error, refused, timed
from tests.googleserver.server import CLIENT_ID, LEAST_SCOPES, GoogleServer
from tests.googleserver.switches import Switches

Service = Any
RANGE = {"timeMin": "2026-11-23T00:00:00Z", "timeMax": "2026-11-30T00:00:00Z"}


def test_a_calendar_of_one_s_own(google: GoogleServer, calendar: Service) -> None:
    calendars = calendar.calendars()
    made = calendars.insert(
        body={"summary": "Training", "description": "by calsync", "timeZone": "Europe/London"}
    ).execute()
    assert made["kind"] == "calendar#calendar"
    assert made["id"].endswith("@group.calendar.google.com")
    assert made["dataOwner"] == google.email
    assert calendars.get(calendarId=made["id"]).execute() == made
    assert google.calendars[made["id"]].created_by == CLIENT_ID
    patched = calendars.patch(calendarId=made["id"], body={"summary": "Runs", "description": None}).execute()
    assert patched["summary"] == "Runs"
    assert "description" not in patched
    assert patched["etag"] != made["etag"]
    assert calendars.delete(calendarId=made["id"]).execute() == ""
    refused(calendars.get(calendarId=made["id"]), 404, "notFound")
    refused(calendars.delete(calendarId=made["id"]), 404, "notFound")


def test_two_inserts_make_two_calendars(calendar: Service) -> None:
    request = calendar.calendars().insert(body={"summary": "Training", "timeZone": "UTC"})
    assert request.execute()["id"] != request.execute()["id"]


def test_bodies_that_are_refused(calendar: Service) -> None:
    calendars = calendar.calendars()
    refused(calendars.insert(body={}), 400, "required")
    refused(calendars.insert(body={"summary": ""}), 400, "required")
    refused(calendars.insert(body={"summary": "T", "timeZone": "Mars/Base"}), 400, "invalid")
    refused(calendars.insert(body={"summary": "T", "timezone": "UTC"}), 400, "badRequest")


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_the_zone_if_none_is_given(zone: str) -> None:
    with GoogleServer(Switches(default_time_zone=zone)) as google, service(google) as calendar:
        assert calendar.calendars().insert(body={"summary": "T"}).execute()["timeZone"] == zone


def test_another_zone_for_a_calendar_shows_in_its_events(calendar: Service, training: str) -> None:
    calendar.events().insert(calendarId=training, body=timed(id="abcde")).execute()
    calendar.calendars().patch(calendarId=training, body={"timeZone": "Asia/Tokyo"}).execute()
    found = calendar.events().get(calendarId=training, eventId="abcde").execute()
    assert found["start"]["dateTime"] == "2026-11-24T16:00:00+09:00"


def test_a_new_calendar_takes_its_time() -> None:
    with GoogleServer(Switches(calendar_insert_settles=2)) as google, service(google) as calendar:
        training = calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]
        request = calendar.events().list(calendarId=training)
        refused(request, 403, "requiredAccessLevel")
        refused(request, 403, "requiredAccessLevel")
        assert request.execute()["items"] == []


def test_the_entry_in_the_list(calendar: Service, training: str) -> None:
    entries = calendar.calendarList()
    entry = entries.get(calendarId=training).execute()
    assert (entry["accessRole"], entry["summary"]) == ("owner", "Training")
    popup = [{"method": "popup", "minutes": 30}]
    patched = entries.patch(
        calendarId=training, body={"colorId": "7", "defaultReminders": popup, "selected": True}
    ).execute()
    assert (patched["colorId"], patched["backgroundColor"]) == ("7", "#42d692")
    listed = calendar.events().list(calendarId=training).execute()
    assert listed["defaultReminders"] == popup
    refused(entries.patch(calendarId=training, body={"colorId": "99"}), 400, "invalid")


def test_colours(calendar: Service) -> None:
    colours = calendar.colors().get().execute()
    assert list(colours["event"]) == [str(number) for number in range(1, 12)]
    assert len(colours["calendar"]) == 24
    assert colours["event"]["11"] == {"background": "#dc2127", "foreground": "#1d1d1d"}


def test_with_its_own_calendars_alone_an_app_sees_nothing_else(google: GoogleServer) -> None:
    google.person("primary").create("Secret", google.now, google.now.replace(hour=7))
    google.add_calendar("mine@group.calendar.google.com", created_by_app=True)
    google.add_calendar("other@group.calendar.google.com")
    with service(google, LEAST_SCOPES[:1]) as calendar:
        calendar.events().list(calendarId="mine@group.calendar.google.com").execute()
        for hidden in ("primary", google.email, "other@group.calendar.google.com"):
            refused(calendar.events().list(calendarId=hidden), 404, "notFound")
            refused(calendar.events().insert(calendarId=hidden, body=timed()), 404, "notFound")
            refused(calendar.calendars().get(calendarId=hidden), 404, "notFound")
            refused(calendar.calendars().delete(calendarId=hidden), 404, "notFound")
        refused(calendar.calendarList().list(), 403, "insufficientPermissions")
        refused(calendar.freebusy().query(body={**RANGE, "items": []}), 403, "insufficientPermissions")


def test_an_app_does_not_see_what_another_one_created(google: GoogleServer, tmp_path: Any) -> None:
    google.write_client_secret(tmp_path / "other.json", client_id="other")
    with service(google) as first:
        made = first.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]
    with service(google, google.authorise(client_id="other")) as second:
        refused(second.events().list(calendarId=made), 404, "notFound")


def test_missing_scopes_are_named_where_google_names_them(google: GoogleServer) -> None:
    with service(google, ["calendar.freebusy"]) as calendar:
        raised = refused(calendar.calendars().insert(body={"summary": "T"}), 403, "insufficientPermissions")
    # The client library looks into `details` before `errors`, and finds another word there.
    assert raised.error_details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert error(raised)["errors"][0]["reason"] == "insufficientPermissions"


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("calendar", {"list", "insert", "freebusy", "entries", "colors", "calendar"}),
        ("calendar.readonly", {"list", "freebusy", "entries", "colors", "calendar"}),
        ("calendar.events", {"list", "insert"}),
        ("calendar.events.owned", {"list", "insert", "colors"}),
        ("calendar.events.readonly", {"list"}),
        ("calendar.events.freebusy", {"list", "freebusy", "colors"}),
        ("calendar.freebusy", {"freebusy"}),
        ("calendar.calendarlist.readonly", {"entries", "colors"}),
        ("calendar.calendars.readonly", {"calendar"}),
        ("calendar.app.created", {"colors"}),
    ],
)
def test_scopes(google: GoogleServer, scope: str, allowed: set[str]) -> None:
    with service(google, [scope]) as calendar:
        requests = {
            "list": calendar.events().list(calendarId="primary"),
            "insert": calendar.events().insert(calendarId="primary", body=timed()),
            "freebusy": calendar.freebusy().query(body={**RANGE, "items": [{"id": "primary"}]}),
            "entries": calendar.calendarList().list(),
            "colors": calendar.colors().get(),
            "calendar": calendar.calendars().get(calendarId="primary"),
        }
        for name in allowed:
            requests.pop(name).execute()
        own = {"list", "insert", "calendar"} if scope == "calendar.app.created" else set()
        for name, request in requests.items():
            expected = (404, "notFound") if name in own else (403, "insufficientPermissions")
            refused(request, *expected)


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("freeBusyReader", "busy", False), ("reader", "all", False), ("writer", "all", True)],
)
def test_what_a_colleague_shares(google: GoogleServer, role: str, reads: str, writes: bool) -> None:
    colleague = "colleague@example.com"
    google.add_calendar(colleague, owner=colleague, shared_with={google.email: role})
    google.person(colleague).create("Lunch", google.now, google.now.replace(hour=7))
    with service(google, ["calendar"]) as calendar:
        (event,) = calendar.events().list(calendarId=colleague).execute()["items"]
        assert ("summary" in event) == (reads == "all")
        assert event["start"]["dateTime"] == "2026-11-23T06:00:00Z"
        insert = calendar.events().insert(calendarId=colleague, body=timed())
        if writes:
            insert.execute()
        else:
            refused(insert, 403, "requiredAccessLevel")
        refused(calendar.calendars().delete(calendarId=colleague), 403, "requiredAccessLevel")
    with service(google, ["calendar.events.owned"]) as calendar:
        refused(calendar.events().list(calendarId=colleague), 404, "notFound")


def test_primary_is_the_account_s_own_calendar(google: GoogleServer) -> None:
    with service(google, ["calendar"]) as calendar:
        assert calendar.calendars().get(calendarId="primary").execute()["id"] == google.email
        entries = calendar.calendarList().list().execute()["items"]
        assert [(entry["id"], entry.get("primary")) for entry in entries] == [(google.email, True)]
        refused(calendar.calendars().delete(calendarId="primary"), 403, "forbidden")


def test_unknown_questions(google: GoogleServer, calendar: Service, training: str) -> None:
    request = calendar.events().get(calendarId=training, eventId="abcde")
    request.uri += "&colour=red"
    refused(request, 400, "badRequest")
    request.uri = google.url + "/calendar/v3/nothing"
    with pytest.raises(Exception, match="404") as raised:
        request.execute()
    assert b"<!DOCTYPE html>" in raised.value.content  # type: ignore[attr-defined]
