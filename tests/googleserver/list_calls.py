"""events.list: what it selects, and in which order.

https://developers.google.com/workspace/calendar/api/v3/reference/events/list
"""

from collections.abc import Callable

from tests.googleserver import recurrence, times
from tests.googleserver.call import Call
from tests.googleserver.errors import Problem, bad_request, empty_range, invalid
from tests.googleserver.exchange import Answer, Json
from tests.googleserver.paging import Position, changes_seen, page_of
from tests.googleserver.store import Calendar, Event

NOT_WITH_SYNC_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMax",
    "timeMin",
    "updatedMin",
)


def list_events(call: Call) -> Answer:
    calendar = call.calendar
    _check_combination(call)
    since = changes_seen(call)
    rows = _rows(call, calendar)
    found = [event for event in rows if _selected(call, calendar, event, since)]
    position = _order(call, calendar)
    found.sort(key=position)
    page = page_of(call, found, position)
    # "timeZone … is ignored" together with a sync token, people report.
    zone = calendar.time_zone if since is not None else call.text("timeZone") or calendar.time_zone
    envelope: Json = {
        "kind": "calendar#events",
        "etag": calendar.etag,
        "summary": calendar.summary,
        "description": calendar.description,
        "updated": calendar.updated,
        "timeZone": zone,
        "accessRole": call.role(calendar),
        "defaultReminders": calendar.default_reminders,
        "items": [call.shown(event) for event in page.items],
    }
    if not calendar.description:
        del envelope["description"]
    if page.next_page:
        envelope["nextPageToken"] = page.next_page
    elif call.text("orderBy") is None:  # who asks for an order gets no token
        envelope["nextSyncToken"] = page.next_sync
    return Answer.json(envelope)


def _check_combination(call: Call) -> None:
    if call.text("orderBy") == "startTime" and not call.flag("singleEvents"):
        raise bad_request("The requested ordering is not available for the particular query.")
    lower, upper = call.text("timeMin"), call.text("timeMax")
    if lower and upper and times.instant(upper) <= times.instant(lower):
        raise empty_range()
    if call.text("syncToken") is not None and (
        any(call.text(name) is not None for name in NOT_WITH_SYNC_TOKEN) or call.flag("showDeleted") is False
    ):
        raise Problem(
            400,
            "syncTokenWithRequestRestrictions",
            "Sync token cannot be used with other request restrictions.",
            "calendar",
            "syncToken",
            "parameter",
        )
    for name in ("privateExtendedProperty", "sharedExtendedProperty"):
        if any("=" not in pair for pair in call.texts(name)):
            raise invalid("Invalid extended property constraint.", name)


def _rows(call: Call, calendar: Calendar) -> list[Event]:
    events = calendar.events if call.stale is None else call.stale.events(calendar)
    if not call.flag("singleEvents"):
        return list(events.values())
    upper = call.text("timeMax")
    until = times.instant(upper) if upper else None
    rows = []
    for event in events.values():
        if "recurrence" not in event:
            rows.append(event)
            continue
        # An instance that was changed or deleted by itself is stored, and listed in its own right.
        rows += [
            instance
            for instance in recurrence.instances(event, calendar.time_zone, until)
            if instance["id"] not in events
        ]
    return rows


def _selected(call: Call, calendar: Calendar, event: Event, since: int | None) -> bool:
    stored_as = event["id"] if event["id"] in calendar.changed_at else event.get("recurringEventId", "")
    if since is not None and calendar.changed_at.get(stored_as, 0) <= since:
        return False
    updated_min = call.text("updatedMin")
    if updated_min and times.instant(event["updated"]) < times.instant(updated_min):
        return False
    if event["status"] == "cancelled":
        exception = "recurringEventId" in event and not call.flag("singleEvents")
        if not (call.flag("showDeleted") or since is not None or updated_min or exception):
            return False
    return (
        _within(call, calendar, event)
        and _has_properties(call, event)
        and (call.text("iCalUID") in (None, event["iCalUID"]))
        and (not call.texts("eventTypes") or event["eventType"] in call.texts("eventTypes"))
        and _mentions(event, call.text("q") or "")
    )


def _within(call: Call, calendar: Calendar, event: Event) -> bool:
    """Both bounds are exclusive: `timeMin` for the event's end, `timeMax` for its start."""
    lower, upper = call.text("timeMin"), call.text("timeMax")
    if not lower and not upper:
        return True
    begins, ends = times.span_of(event, calendar.time_zone)
    if "recurrence" in event and lower:  # a series is there as long as one of its instances is
        instances = recurrence.instances(event, calendar.time_zone)
        ends = max([ends, *(times.span_of(instance, calendar.time_zone)[1] for instance in instances)])
    return (not lower or ends > times.instant(lower)) and (not upper or begins < times.instant(upper))


def _has_properties(call: Call, event: Event) -> bool:
    switches = call.store.switches
    for kind in ("private", "shared"):
        pairs = call.texts(f"{kind}ExtendedProperty")
        if not pairs:
            continue
        if event["status"] == "cancelled" and switches.tombstones == "bare":
            return False
        has = event.get("extendedProperties", {}).get(kind, {})
        matches = [has.get(pair.partition("=")[0]) == pair.partition("=")[2] for pair in pairs]
        if not (all(matches) if switches.property_filters == "and" else any(matches)):
            return False
    return True


def _mentions(event: Event, words: str) -> bool:
    searched = [str(event.get(name, "")) for name in ("summary", "description", "location")]
    searched += [guest["email"] for guest in event.get("attendees", [])]
    return all(word in " ".join(searched).lower() for word in words.lower().split())


def _order(call: Call, calendar: Calendar) -> Callable[[Event], Position]:
    match call.text("orderBy"):
        case "startTime":
            return lambda event: [times.span_of(event, calendar.time_zone)[0].timestamp(), event["id"]]
        case "updated":
            return lambda event: [event["updated"], event["id"]]
        case _:  # "an unspecified, stable order"
            ordinals = calendar.ordinals
            return lambda event: [
                ordinals.get(event["id"], ordinals.get(event.get("recurringEventId", ""), 0)),
                event["id"],
            ]
