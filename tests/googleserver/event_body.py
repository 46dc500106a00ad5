"""What becomes of a body that a client sends: checked as Google checks it, and brought into its stored form.

https://developers.google.com/workspace/calendar/api/v3/reference/events and
https://developers.google.com/workspace/calendar/api/guides/extended-properties
"""

import re
import unicodedata

from tests.googleserver import times
from tests.googleserver.discovery import document
from tests.googleserver.errors import Problem, bad_request, invalid, required
from tests.googleserver.exchange import Json
from tests.googleserver.recurrence import Rule
from tests.googleserver.store import Calendar, Event
from tests.googleserver.switches import Switches

EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")
# What Google sets itself; a client may send it back with the rest of an event, and it is ignored.
SET_BY_SERVER = frozenset(
    (
        "attendeesOmitted",
        "created",
        "creator",
        "endTimeUnspecified",
        "etag",
        "hangoutLink",
        "htmlLink",
        "kind",
        "locked",
        "organizer",
        "originalStartTime",
        "privateCopy",
        "recurringEventId",
        "updated",
    )
)
IDENTITY = frozenset({"id", "iCalUID"})
WRITABLE = frozenset(document()["schemas"]["Event"]["properties"]) - SET_BY_SERVER - IDENTITY
# Left out of what comes back while they have the value that they have anyway.
DEFAULTS: Json = {
    "transparency": "opaque",
    "visibility": "default",
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
    "anyoneCanAddSelf": False,
}
WORDS = {
    "status": ("confirmed", "tentative", "cancelled"),
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
}
LONGEST_KEY, LONGEST_VALUE, MOST_PROPERTIES, MOST_BYTES = 44, 1024, 300, 32 * 1024
MOST_REMINDERS, LONGEST_REMINDER = 5, 40320


def writable(event: Event) -> Json:
    return {name: value for name, value in event.items() if name in WRITABLE}


def without_nulls(value: object) -> object:
    """A body for insert or update: null is the same as nothing there."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return value


def merged(old: Json, patch: Json) -> Json:
    """Patch semantics: objects are merged, lists replaced, null takes away."""
    result = dict(old)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result


def normalised(fields: Json, calendar: Calendar, switches: Switches) -> Json:
    """The writable fields of an event as they will come back; raises what Google answers to a wrong one."""
    result = {name: value for name, value in fields.items() if value not in ({}, [])}
    for name, words in WORDS.items():
        if name in result and result[name] not in words:
            raise invalid(f"Invalid value for: {name}: {result[name]!r}")
    result.setdefault("status", "confirmed")
    result["reminders"] = _reminders(result.get("reminders", {"useDefault": True}), switches)
    for name in ("summary", "description", "location"):
        if name in result:
            result[name] = _text(result[name], switches)
            if not result[name]:
                del result[name]
    for name, value in DEFAULTS.items():
        if result.get(name) == value:
            del result[name]
    _check_colour(result)
    _check_kind(result, calendar)
    if "extendedProperties" in result:
        result["extendedProperties"] = _properties(result["extendedProperties"])
        if not result["extendedProperties"]:
            del result["extendedProperties"]
    if "attendees" in result:
        result["attendees"] = [_attendee(one, calendar) for one in result["attendees"]]
    if not re.match("https?://", result.get("source", {}).get("url", "https://")):
        raise invalid("Invalid value for: source.url")
    if "recurrence" in result:
        Rule.parse(result["recurrence"])
    span = times.read_span(
        result.get("start"), result.get("end"), calendar.time_zone, repeats="recurrence" in result
    )
    return result | {"start": span.start, "end": span.end}


def _text(value: str, switches: Switches) -> str:
    if not switches.tidies_text:
        return value
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()


def _reminders(value: Json, switches: Switches) -> Json:
    overrides = value.get("overrides", [])
    by_default = value.get("useDefault", False)
    if by_default and overrides:
        raise Problem(
            400,
            "cannotUseDefaultRemindersAndSpecifyOverride",
            "Cannot specify both default reminders and overrides at the same time.",
            "calendar",
        )
    if len(overrides) > MOST_REMINDERS:
        raise invalid("Too many override reminders.")
    for one in overrides:
        if "method" not in one or "minutes" not in one:
            raise required("Required")
        if one["method"] not in ("email", "popup") or not 0 <= one["minutes"] <= LONGEST_REMINDER:
            raise invalid("Invalid value for: reminders.overrides")
    if not overrides:
        return {"useDefault": by_default}
    if switches.sorts_reminders:
        overrides = sorted(overrides, key=lambda one: (-one["minutes"], one["method"]))
    return {"useDefault": False, "overrides": overrides}


def _check_colour(fields: Json) -> None:
    if "colorId" in fields and fields["colorId"] not in {str(number) for number in range(1, 12)}:
        raise invalid(f"Invalid value for: colorId: {fields['colorId']!r}")


def _check_kind(fields: Json, calendar: Calendar) -> None:
    fields.setdefault("eventType", "default")
    kinds = {"default"}
    if calendar.id == calendar.owner:  # a person's own calendar has the others, too
        kinds |= {"birthday", "focusTime", "outOfOffice", "workingLocation"}
    if fields["eventType"] not in kinds:
        raise Problem(400, "eventTypeRestriction", "Invalid event type for this calendar.", "calendar")


def _properties(value: Json) -> Json:
    """Too long a key is dropped, too long a value cut, and nothing said; too many of them are an error."""
    kept = {
        kind: {key: text[:LONGEST_VALUE] for key, text in properties.items() if 0 < len(key) <= LONGEST_KEY}
        for kind, properties in value.items()
    }
    pairs = [pair for properties in kept.values() for pair in properties.items()]
    if len(pairs) > MOST_PROPERTIES or sum(len((k + v).encode()) for k, v in pairs) > MOST_BYTES:
        raise invalid("Too many extended properties.")
    return {kind: properties for kind, properties in kept.items() if properties}


def _attendee(value: Json, calendar: Calendar) -> Json:
    if "@" not in value.get("email", ""):
        raise invalid("Invalid attendee email.")
    own = {"self": True} if value["email"] == calendar.owner else {}
    return {"responseStatus": "needsAction", **value, **own}


def check_identity(body: Json, event: Event) -> None:
    """A body for patch or update may repeat the ids, not change them."""
    for name in IDENTITY:
        if body.get(name) not in (None, event[name]):
            raise invalid("Invalid resource id value.")


def check_sequence(sent: int, event: Event) -> None:
    if sent < event["sequence"]:
        raise invalid(
            "Invalid sequence value. The specified sequence number is below the current sequence number of "
            "the resource. Re-fetch the resource and use its sequence number on the following request."
        )


def check_new_id(body: Json) -> None:
    """Of `id` and `iCalUID` "only one of them should be supplied at event creation time"; both get this."""
    if "id" in body and (not EVENT_ID.fullmatch(body["id"]) or "iCalUID" in body):
        raise invalid("Invalid resource id value.")


def same_kind(fields: Json, event: Event) -> None:
    if fields.get("eventType", "default") != event.get("eventType", "default"):
        raise bad_request("Event type cannot be changed.")
