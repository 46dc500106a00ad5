"""The events resource, one event at a time: get, insert, import, patch, update, delete.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

import base64

from tests.googleserver import times
from tests.googleserver.call import Call
from tests.googleserver.errors import deleted, duplicate, forbidden, invalid, required
from tests.googleserver.event_body import (
    WRITABLE,
    check_identity,
    check_new_id,
    check_sequence,
    merged,
    normalised,
    same_kind,
    without_nulls,
    writable,
)
from tests.googleserver.exchange import Answer, Json
from tests.googleserver.store import Calendar, Event, Store
from tests.googleserver.switches import Switches

# A change to one of these counts in the iCalendar sense, and raises SEQUENCE.
SIGNIFICANT = ("start", "end", "recurrence")


def get(call: Call) -> Answer:
    event = call.calendar.find(call.values["eventId"])
    if call.request.headers.get("if-none-match") == event["etag"]:
        return Answer(304, headers={"ETag": event["etag"]})
    return _answer(call, event)


def insert(call: Call) -> Answer:
    calendar = call.need("writer")
    body = without_nulls(call.body)
    assert isinstance(body, dict)
    check_new_id(body)
    event_id = body.get("id") or call.store.new_id()
    if event_id in calendar.events or event_id in calendar.dead_ids:
        raise duplicate()
    uid = body.get("iCalUID", f"{event_id}@google.com")
    return _answer(call, calendar.put(_new(call.store, calendar, event_id, uid, writable(body))))


def import_(call: Call) -> Answer:
    """A private copy of somebody's event. What a second import does is disputed: here it replaces."""
    calendar = call.need("writer")
    body = without_nulls(call.body)
    assert isinstance(body, dict)
    if "iCalUID" not in body:
        raise required("Required")
    if "id" in body:
        raise invalid("Invalid resource id value.")
    known = [event for event in calendar.events.values() if event["iCalUID"] == body["iCalUID"]]
    if known:
        check_sequence(body.get("sequence", 0), known[0])
        fields = normalised(writable(body), calendar, call.store.switches)
        return _answer(call, _replace(calendar, known[0], fields))
    return _answer(
        call, calendar.put(_new(call.store, calendar, call.store.new_id(), body["iCalUID"], writable(body)))
    )


def patch(call: Call) -> Answer:
    calendar = call.need("writer")
    event = calendar.find(call.values["eventId"])
    switches = call.store.switches
    body = call.body
    check_identity(body, event)
    call.check_match(event)
    fields = merged(writable(event), writable(body))
    if event["status"] == "cancelled":
        revives = fields.get("status", "confirmed") != "cancelled"
        if (revives and switches.revive != "ok") or (not revives and switches.patch_cancelled == "forbidden"):
            raise forbidden()
    check_sequence(fields.get("sequence", 0), event)
    same_kind(fields, event)
    return _answer(call, _replace(calendar, event, normalised(fields, calendar, switches)))


def update(call: Call) -> Answer:
    calendar = call.need("writer")
    event = calendar.find(call.values["eventId"])
    switches = call.store.switches
    body = without_nulls(call.body)
    assert isinstance(body, dict)
    check_identity(body, event)
    call.check_match(event)
    if event["status"] == "cancelled" and (
        body.get("status", "cancelled") == "cancelled" or switches.revive == "dead"
    ):
        raise forbidden()
    left_out: int = event["sequence"] if switches.update_without_sequence == "keeps" else 0
    check_sequence(body.get("sequence", left_out), event)
    fields = normalised(writable(body), calendar, switches)
    same_kind(fields, event)
    return _answer(call, _replace(calendar, event, fields))


def delete(call: Call) -> Answer:
    calendar = call.need("writer")
    event = calendar.find(call.values["eventId"])
    if event["status"] == "cancelled":
        raise deleted()
    call.check_match(event)
    change(call.store.switches, calendar, event, {"status": "cancelled"})
    return Answer(204)


def _answer(call: Call, event: Event) -> Answer:
    return Answer.json(call.shown(event), ETag=event["etag"])


def _new(store: Store, calendar: Calendar, event_id: str, uid: str, fields: Json) -> Event:
    """A new event with all that Google adds to it."""
    created = times.stamp(int(store.clock.now.timestamp()) * 1000)  # whole seconds
    link = base64.urlsafe_b64encode(f"{event_id} {calendar.id}".encode()).decode().rstrip("=")
    person = {"email": calendar.owner if calendar.id == calendar.owner else calendar.id, "self": True}
    return {
        "kind": "calendar#event",
        "id": event_id,
        "htmlLink": f"https://www.google.com/calendar/event?eid={link}",
        "created": created,
        "creator": {"email": calendar.owner, "self": True},
        "organizer": person,
        "iCalUID": uid,
        "sequence": 0,
        **normalised(fields, calendar, store.switches),
    }


def create(store: Store, calendar: Calendar, event_id: str, fields: Json) -> Event:
    """A new event of a person's own."""
    return calendar.put(_new(store, calendar, event_id, f"{event_id}@google.com", fields))


def change(switches: Switches, calendar: Calendar, event: Event, fields: Json) -> Event:
    """A new state of an event in which some fields are others, and those that are None gone."""
    return _replace(calendar, event, normalised(merged(writable(event), fields), calendar, switches))


def _replace(calendar: Calendar, event: Event, fields: Json) -> Event:
    """Stores an event with these writable fields in place of all that it had."""
    server_set = {name: value for name, value in event.items() if name not in WRITABLE}
    after = server_set | fields
    moved = any(after.get(name) != event.get(name) for name in SIGNIFICANT)
    turned = "cancelled" in (event["status"], after["status"]) and event["status"] != after["status"]
    after["sequence"] = max(after.get("sequence", 0), event["sequence"] + (moved or turned))
    if "recurringEventId" in event:
        after.pop("recurrence", None)
    # "Note that changing reminders does not also change the updated property of the enclosing event."
    quiet = after | {"reminders": 0} == event | {"reminders": 0} and after != event
    return calendar.put(after, quietly=quiet)
