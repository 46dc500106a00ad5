"""freeBusy.query: when calendars are busy, and nothing else about them.

https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.googleserver import recurrence, times
from tests.googleserver.call import Call
from tests.googleserver.discovery import is_instant
from tests.googleserver.errors import Problem, empty_range, invalid, required
from tests.googleserver.exchange import Answer, Json
from tests.googleserver.store import Calendar, Event
from tests.googleserver.switches import Switches

MOST_CALENDARS = 50
# Not in the reference; people have run into it.
LONGEST_RANGE = timedelta(days=90)

Stretch = tuple[datetime, datetime]


def query(call: Call) -> Answer:
    body = call.body
    lower, upper = _bound(body, "timeMin"), _bound(body, "timeMax")
    if upper <= lower:
        raise empty_range()
    if upper - lower > LONGEST_RANGE:
        raise Problem(
            400,
            "timeRangeTooLong",
            "The requested time range is too long.",
            "calendar",
            "timeMax",
            "parameter",
        )
    most = body.get("calendarExpansionMax", MOST_CALENDARS)
    if not 0 < most <= MOST_CALENDARS:
        raise invalid("Invalid value for: calendarExpansionMax", "calendarExpansionMax")
    where = times.known_zone(body.get("timeZone") or "UTC")
    asked = [item.get("id", "") for item in body.get("items") or []]
    if not all(asked):
        raise required("Required")
    calendars: Json = {}
    for calendar_id in asked:
        calendar = call.store.resolve(calendar_id, call.token.account)
        problem = call.store.freebusy_errors.get(calendar_id)
        if len(asked) > most:
            problem = "tooManyCalendarsRequested"
        elif calendar is None or call.role(calendar) is None:
            problem = problem or "notFound"
        if problem or calendar is None:
            calendars[calendar_id] = {"errors": [{"domain": "global", "reason": problem}], "busy": []}
            continue
        calendars[calendar_id] = {
            "busy": [
                {"start": times.written(begins, where), "end": times.written(ends, where)}
                for begins, ends in merged(busy(calendar, lower, upper, call.store.switches))
            ]
        }
    return Answer.json(
        {
            "kind": "calendar#freeBusy",
            "timeMin": times.written(lower, where),
            "timeMax": times.written(upper, where),
            "calendars": calendars,
        }
    )


def _bound(body: Json, name: str) -> datetime:
    text = body.get(name)
    if text is None:
        raise required(f"Missing {name}.")
    if not is_instant(text):
        raise invalid(f"Invalid value for: {name}", name)
    return times.instant(text)


def busy(calendar: Calendar, lower: datetime, upper: datetime, switches: Switches) -> Iterator[Stretch]:
    """The parts of opaque events that lie between the bounds."""
    for event in calendar.events.values():
        if not counts(event, calendar, switches):
            continue
        found: tuple[Event, ...] = (event,)
        if "recurrence" in event:
            found = tuple(
                instance
                for instance in recurrence.instances(event, calendar.time_zone, upper)
                if instance["id"] not in calendar.events
            )
        for one in found:
            begins, ends = times.span_of(one, calendar.time_zone)
            if begins < upper and ends > lower:
                yield max(begins, lower), min(ends, upper)


def counts(event: Event, calendar: Calendar, switches: Switches) -> bool:
    """Whether an event takes its owner's time."""
    if event["status"] == "cancelled" or event.get("transparency") == "transparent":
        return False
    if event.get("eventType") == "workingLocation":
        return False
    unwelcome = ("declined",) if switches.invitations_are_busy else ("declined", "needsAction")
    return not any(
        one["email"] == calendar.owner and one["responseStatus"] in unwelcome
        for one in event.get("attendees", [])
    )


def merged(stretches: Iterator[Stretch]) -> list[Stretch]:
    result: list[Stretch] = []
    for begins, ends in sorted(stretches):
        if result and begins <= result[-1][1]:
            result[-1] = (result[-1][0], max(ends, result[-1][1]))
        else:
            result.append((begins, ends))
    return result
