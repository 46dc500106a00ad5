"""Events as iCalendar text (RFC 5545, RFC 7986) and back.

Decides which properties a feed carries. Knows nothing of files. icalendar does the escaping and the folding.
"""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar
from icalendar import Event as VEvent
from icalendar.prop import vDuration, vText

from calsync.calendars.vtimezone import vtimezone
from calsync.event import Event, is_of_another_plan, key_of_uid, uid
from calsync.timespan import Timespan
from calsync.training import Kind, Load

# Without a version, so that an upgrade alone changes no feed.
PRODID = "-//calsync//calsync//EN"
REFRESH = timedelta(hours=1)
# Times in these zones are written in UTC form, which needs no VTIMEZONE.
_UTC = ("UTC", "Etc/UTC")
_TZID = re.compile(rb"^DT(?:START|END);TZID=([^:;\r\n]+)", re.MULTILINE)
_SEQUENCE_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an event was last changed, and how often: DTSTAMP, LAST-MODIFIED and SEQUENCE."""

    changed: datetime
    sequence: int

    @classmethod
    def after(cls, before: "Stamp | None", now: datetime) -> "Stamp":
        """The stamp of a change at `now`.

        SEQUENCE counts seconds, not changes: a feed that was lost is written anew with numbers that are
        higher than those which clients remember. It fits the 32 bits of RFC 5545 (3.3.8) until 2088.
        """
        sequence = max(int((now - _SEQUENCE_EPOCH).total_seconds()), 0)
        if before is not None:
            sequence = max(sequence, before.sequence + 1)
        return cls(now.astimezone(UTC).replace(microsecond=0), sequence)


@dataclass(frozen=True, slots=True)
class Parsed:
    """An event of a file: `event`, `stamp` and the zone of its times only if it is one of the plan's own.

    `zone` is None for times in UTC.
    """

    uid: str
    event: Event | None = None
    stamp: Stamp | None = None
    zone: ZoneInfo | None = None


def event_bytes(event: Event, plan: str, zone: ZoneInfo, stamp: Stamp) -> bytes:
    """`event` as a VEVENT, CRLF at the end of each line."""
    component = VEvent()
    component.add("UID", uid(event.key, plan))
    component.add("DTSTAMP", stamp.changed)
    component.add("LAST-MODIFIED", stamp.changed)
    component.add("SEQUENCE", stamp.sequence)
    start, end = _in_zone(event.span, zone)
    component.add("DTSTART", start)
    component.add("DTEND", end)
    component.add("SUMMARY", event.summary)
    if event.description:
        component.add("DESCRIPTION", event.description)
    if event.categories:
        component.add("CATEGORIES", list(event.categories))
    component.add("TRANSP", "OPAQUE")
    for name, value in (("KIND", event.kind), ("LOAD", event.load), ("ROUTINE", event.routine)):
        if value:
            # Readers disagree on the escaping of properties that they don't know: there is nothing to escape.
            component.add(f"X-CALSYNC-{name}", vText(quote(value, safe="")))
    if event.alarm is not None:
        component.add_component(_alarm(event.summary, event.alarm))
    return bytes(component.to_ical())


def _alarm(summary: str, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", summary)
    alarm["TRIGGER"] = vDuration(-before)
    return alarm


def _in_zone(span: Timespan, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    # A wall time that occurs twice means its first occurrence (RFC 5545, 3.3.5), but ical.js, node-ical and
    # khal take the second. In UTC everybody reads it alike.
    if zone.key in _UTC or _occurs_twice(start) or _occurs_twice(end):
        return span.start, span.end
    return start, end


def _occurs_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def calendar_bytes(events: Sequence[bytes], plan: str, zone: ZoneInfo, first_year: int) -> bytes:
    """A VCALENDAR around events that are bytes already, with a VTIMEZONE for each zone that they name.

    That is `zone`, and maybe others in which events were written earlier or by another plan.
    """
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODID)
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", plan)
    calendar.add("X-WR-CALNAME", plan)
    # No X-WR-TIMEZONE: every time has its zone, and some readers move times in UTC into it.
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    named = {match[1].decode() for event in events for match in _TZID.finditer(event)}
    for key in sorted({*named, zone.key} - set(_UTC)):
        # What is no zone here was written by somebody else, who has to describe it.
        with contextlib.suppress(KeyError, ValueError, OSError):
            calendar.add_component(vtimezone(ZoneInfo(key), first_year))
    head, end = calendar.to_ical().rsplit(b"END:VCALENDAR", 1)
    return bytes(head + b"".join(events) + b"END:VCALENDAR" + end)


def parse_event(content: bytes, plan: str) -> Parsed | None:
    """What a VEVENT's bytes say; None if they are damaged."""
    try:
        # Its values are unions of two dozen types; what is not as expected ends in the except below.
        component: Any = VEvent.from_ical(content)
        if component.errors:
            return None
        name = str(component["UID"])
        key = key_of_uid(name, plan)
        if key is None:
            return (
                Parsed(name)
                if is_of_another_plan(name, plan) or not _is_marked(name, plan, component)
                else None
            )
        event = Event(
            key=key,
            span=Timespan(component["DTSTART"].dt, component["DTEND"].dt),
            summary=str(component.get("SUMMARY", "")),
            description=str(component.get("DESCRIPTION", "")),
            categories=_categories(component),
            kind=Kind(kind) if (kind := _own(component, "KIND")) else None,
            load=Load(load) if (load := _own(component, "LOAD")) else None,
            routine=_own(component, "ROUTINE"),
            alarm=_alarm_of(component),
        )
        stamp = Stamp(component["DTSTAMP"].dt, int(component["SEQUENCE"]))
        if stamp.sequence < Stamp.after(None, stamp.changed).sequence:
            return None  # never written so: one of the two is damaged, and must not come out lower
        zone = component["DTSTART"].dt.tzinfo
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError):
        # icalendar has no error of its own for text that is no iCalendar; OSError is zoneinfo's for the name
        # of a folder of zones, such as "Europe".
        return None
    return Parsed(name, event, stamp, zone if isinstance(zone, ZoneInfo) and zone.key not in _UTC else None)


def _is_marked(name: str, plan: str, component: Any) -> bool:
    """Whether an event was written by calsync, even if its UID is damaged."""
    return name.endswith(f"@{plan}.calsync") or any(key.startswith("X-CALSYNC-") for key in component)


def _own(component: Any, name: str) -> str | None:
    value = component.get(f"X-CALSYNC-{name}")
    return None if value is None else unquote(str(value))


def _categories(component: Any) -> tuple[str, ...]:
    categories = component.get("CATEGORIES")
    return tuple(str(category) for category in categories.cats) if categories else ()


def _alarm_of(component: Any) -> timedelta | None:
    for alarm in component.walk("VALARM"):
        trigger: timedelta = alarm["TRIGGER"].dt
        return -trigger
    return None
