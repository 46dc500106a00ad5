"""Events as Google's resources and back. Pure.

What calsync wrote travels with the event, in private extended properties; so it can be told from what the
runner made of it.

https://developers.google.com/workspace/calendar/api/v3/reference/events
https://developers.google.com/workspace/calendar/api/guides/extended-properties
"""

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from calsync.calendars.properties import (
    fingerprint,
    is_key,
    prints_of,
    prints_text,
    tidied,
    within_years,
    word,
    written_span,
)
from calsync.event import TICK, Event, StoredEvent
from calsync.timespan import Timespan
from calsync.training import Kind, Load
from calsync.travel import zone_at

Resource = Mapping[str, Any]

# Names of private properties: at most 44 characters, values at most 1024 (longer ones are dropped and cut
# without a word).
PLAN = "calsync"
_KEY = "calsyncKey"
_GENERATION = "calsyncGeneration"
_START, _END = "calsyncStart", "calsyncEnd"
_PRINTS = "calsyncPrints"
_KIND, _LOAD, _ROUTINE, _CATEGORIES = "calsyncKind", "calsyncLoad", "calsyncRoutine", "calsyncCategories"
WITHDRAWN = "calsyncWithdrawn"
_DONE = "calsyncDone"
# The plan after which the id was made, if the plan has got another name since.
_FORMER = "calsyncFormer"
# The runner took it out of the bin after that.
_RESTORED = "calsyncRestored"

# The attributes of Event that a person can edit, and the fields that they are in Google.
_FIELDS = {
    "summary": "summary",
    "description": "description",
    "alarm": "reminders",
    "location": "location",
}


def event_id(plan: str, key: str, generation: int) -> str:
    """The id of a key: base32hex in lower case, as Google wants it, and the same whenever it is asked for.

    An id can die: some servers don't let a deleted event come back. The next generation is a new one.
    """
    digest = sha256(f"{plan}\n{key}\n{generation}".encode()).digest()
    return base64.b32hexencode(digest).decode().lower().rstrip("=")


@dataclass(frozen=True, slots=True)
class Item:
    """One of the plan's own events as Google lists it, dead or alive.

    `stored` is None for a tombstone. `is_withdrawn`: it says that calsync cancelled it. `is_bare`: a
    tombstone that has lost its properties, and with them the mark, if there was one. `was_at` is what a
    tombstone shows of its time.
    """

    id: str
    etag: str
    key: str
    generation: int
    stored: StoredEvent | None
    is_withdrawn: bool = False
    is_bare: bool = False
    prints: str = ""
    was_at: Timespan | None = None


class NotReadable(ValueError):
    """A resource without what every live event has."""


def parse_item(resource: Resource, plan: str, calendar_zone: ZoneInfo) -> Item | None:
    """The plan's own event; None for anybody else's, and for copies that a person made of one.

    A copy may carry all the properties of the original, but never its id. Raises NotReadable.
    """
    private = _private(resource)
    key = private.get(_KEY, "")
    generation = _number(private.get(_GENERATION, ""))
    if private.get(PLAN) != plan or generation is None or not is_key(key):
        return None
    if resource.get("id") != event_id(private.get(_FORMER, plan), key, generation):
        return None
    is_dead = resource.get("status") == "cancelled"
    was_at = written_span(private.get(_START), private.get(_END))
    with suppress(NotReadable):
        was_at = _span(resource, calendar_zone) if is_dead else None
    return Item(
        id=resource["id"],
        etag=str(resource.get("etag", "")),
        key=key,
        generation=generation,
        stored=None if is_dead else _stored(resource, key, calendar_zone),
        was_at=was_at if is_dead else None,
        is_withdrawn=WITHDRAWN in private,
        prints=private.get(_PRINTS, ""),
    )


def plan_of(resource: Resource) -> str | None:
    """The plan that wrote an event, whichever it is; None for anybody's else, and for copies."""
    private = _private(resource)
    plan, generation = private.get(PLAN), _number(private.get(_GENERATION, ""))
    if plan is None or generation is None:
        return None
    made_for = private.get(_FORMER, plan)
    return plan if resource.get("id") == event_id(made_for, private.get(_KEY, ""), generation) else None


def adoption(entry: Resource, plan: str) -> dict[str, Any]:
    """The body of the patch that makes another plan's event this one's. Its id can't change."""
    private = _private(entry)
    former = private.get(_FORMER, private[PLAN])
    return {"extendedProperties": {"private": {PLAN: plan, _FORMER: former}}}


def bare_tombstone(resource: Resource, key: str, generation: int) -> Item:
    """What is known of an event that is cancelled and shows nothing but its id."""
    return Item(resource["id"], str(resource.get("etag", "")), key, generation, None, is_bare=True)


def _stored(resource: Resource, key: str, calendar_zone: ZoneInfo) -> StoredEvent:
    private = _private(resource)
    span = _span(resource, calendar_zone)
    if is_done := _DONE in private:
        resource = {**resource, "summary": tidied(resource.get("summary")).removeprefix(TICK.strip())}
    prints = prints_of(private.get(_PRINTS, ""))
    edited = frozenset(
        name for name in _FIELDS if prints.get(name, _print(name, {})) != _print(name, resource)
    )
    event = Event(
        key=key,
        span=span,
        summary=tidied(resource.get("summary")),
        description=tidied(resource.get("description")),
        categories=tuple(filter(None, private.get(_CATEGORIES, "").split(","))),
        kind=word(Kind, private.get(_KIND)),
        load=word(Load, private.get(_LOAD)),
        routine=private.get(_ROUTINE),
        alarm=_alarm(resource),
        location=tidied(resource.get("location")),
        done=is_done,
    )
    written = written_span(private.get(_START), private.get(_END))
    # Whoever made it repeat has made it theirs: to withdraw it would take the whole series.
    is_held = written is None or bool(resource.get("recurrence"))
    # Live with the mark: nobody but the runner can have brought it back.
    is_restored = bool(private.keys() & {WITHDRAWN, _RESTORED})
    return StoredEvent(event, written or span, edited, is_held, is_restored)


# --- what is written --------------------------------------------------------------------------------------


def new_event(event: Event, plan: str, generation: int, zone: ZoneInfo) -> dict[str, Any]:
    """The body of an insert, with times in `zone`. Also brings a tombstone back, as a patch."""
    return {
        "id": event_id(plan, event.key, generation),
        "status": "confirmed",
        **_fields(event),
        "summary": event.shown_summary,
        **_times(event.span, zone),
        "extendedProperties": {
            "private": {
                PLAN: plan,
                _KEY: event.key,
                _GENERATION: str(generation),
                _PRINTS: prints_text({name: _print(name, _fields(event)) for name in _FIELDS}),
                **_written_as(event.span),
                **{name: value for name, value in _meaning(event).items() if value is not None},
            }
        },
    }


def revival(event: Event, plan: str, generation: int, zone: ZoneInfo) -> dict[str, Any]:
    """The body of the patch that brings a tombstone back."""
    body = new_event(event, plan, generation, zone)
    del body["id"]
    # It comes back as one event, whatever the runner had made of it.
    body |= {"recurrence": None}
    body["extendedProperties"]["private"] |= {
        **{name: value for name, value in _meaning(event).items() if value is None},
        WITHDRAWN: None,
        _RESTORED: None,
    }
    return _replacing(body)


def change(item: Item, wanted: Event, zone: ZoneInfo) -> dict[str, Any]:
    """The body of the patch that makes the live `item` say what `wanted` says, and nothing but that.

    Fields that don't change are left out, so that what the runner wrote in them, and the record that it is
    theirs, stay as they are; the same holds for a time that the runner chose.
    """
    assert item.stored is not None
    before = item.stored.event
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(wanted, name)]
    fields = _fields(wanted)
    body: dict[str, Any] = {_FIELDS[name]: fields[_FIELDS[name]] for name in changed}
    if "summary" in changed or before.done != wanted.done:
        body["summary"] = wanted.shown_summary
    old_meaning, new_meaning = _meaning(before), _meaning(wanted)
    private: dict[str, str | None] = {
        name: value for name, value in new_meaning.items() if value != old_meaning[name]
    }
    if changed:
        prints = prints_of(item.prints) | {name: _print(name, fields) for name in changed}
        private[_PRINTS] = prints_text(prints)
    if wanted.span != before.span:
        body |= _times(wanted.span, zone)
        private |= _written_as(wanted.span)
    if item.is_withdrawn:
        private |= _BROUGHT_BACK
    return _replacing(body | {"extendedProperties": {"private": private}})


def withdrawal() -> dict[str, Any]:
    """Cancelled, and a mark that calsync did it: without it, it would be the runner who had deleted it."""
    return {"status": "cancelled", "extendedProperties": {"private": {WITHDRAWN: "1", _RESTORED: None}}}


def release(item: Item) -> dict[str, Any]:
    """The present place becomes the written one; a tombstone becomes calsync's own."""
    if item.stored is None:
        return {"extendedProperties": {"private": {WITHDRAWN: "1"}}}
    private: dict[str, str | None] = dict(_written_as(item.stored.span))
    if item.stored.is_restored:
        private |= {WITHDRAWN: None, _RESTORED: None}
    return {"extendedProperties": {"private": private}}


# Another mark in place of the one of the withdrawal: deleted once more, it is the runner who did it.
_BROUGHT_BACK: Mapping[str, str | None] = {WITHDRAWN: None, _RESTORED: "1"}


def brought_back() -> dict[str, Any]:
    """Keeps that the runner took an event out of the bin."""
    return {"extendedProperties": {"private": dict(_BROUGHT_BACK)}}


def _fields(event: Event) -> dict[str, Any]:
    """As its fingerprints are taken: a title without the sign that it is done, which is no edit."""
    reminders: dict[str, Any] = {"useDefault": True}
    if event.alarm is not None:
        minutes = event.alarm // timedelta(minutes=1)
        reminders = {"useDefault": False, "overrides": [{"method": "popup", "minutes": minutes}]}
    return {
        "summary": event.summary,
        "description": event.description,
        "location": event.location,
        "reminders": reminders,
    }


def _times(span: Timespan, zone: ZoneInfo) -> dict[str, Any]:
    # With the offset of its own date as well as the zone's name: the first says which of two equal wall times
    # is meant, on the night when clocks go back.
    zone = zone_at(zone, span.start)
    return {
        name: {"dateTime": instant.astimezone(zone).isoformat(timespec="seconds"), "timeZone": zone.key}
        for name, instant in (("start", span.start), ("end", span.end))
    }


def _replacing(body: dict[str, Any]) -> dict[str, Any]:
    """A patch whose objects take the place of what is there: Google merges them, part by part.

    The date of an event that was made one of all day would stay beside the time, and reminders that are no
    longer wanted beside the word that the calendar's own apply.
    """
    body = body | {name: {"date": None, **body[name]} for name in ("start", "end") if name in body}
    if "reminders" in body:
        body["reminders"] = {"overrides": None, **body["reminders"]}
    return body


def _written_as(span: Timespan) -> dict[str, str]:
    return {_START: span.start.isoformat(), _END: span.end.isoformat()}


def _meaning(event: Event) -> dict[str, str | None]:
    return {
        _KIND: event.kind and str(event.kind),
        _LOAD: event.load and str(event.load),
        _ROUTINE: event.routine,
        _CATEGORIES: ",".join(event.categories) or None,
        _DONE: "1" if event.done else None,
    }


# --- fingerprints of what was written ---------------------------------------------------------------------


def _print(name: str, resource: Resource) -> str:
    """A fingerprint of one field, the same for all that Google may make of it on the way."""
    if name == "alarm":
        reminders = resource.get("reminders") or {}
        overrides = reminders.get("overrides") or ()
        said = sorted((str(one.get("method")), str(one.get("minutes"))) for one in overrides)
        value = repr(said) if said or reminders.get("useDefault") is False else "default"
    else:
        value = tidied(resource.get(_FIELDS[name]))
    return fingerprint(value)


# --- what is read -----------------------------------------------------------------------------------------


def _private(resource: Resource) -> Mapping[str, str]:
    properties = resource.get("extendedProperties") or {}
    return properties.get("private") or {}


def _alarm(resource: Resource) -> timedelta | None:
    reminders = resource.get("reminders") or {}
    for override in reminders.get("overrides") or ():
        if override.get("method") == "popup":
            return timedelta(minutes=override.get("minutes", 0))
    return None


def _span(resource: Resource, calendar_zone: ZoneInfo) -> Timespan:
    try:
        start, end = (_instant(resource[name], calendar_zone) for name in ("start", "end"))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as problem:
        raise NotReadable(f"event {resource.get('id')} has no start or end that can be read") from problem
    return Timespan(start, max(end, start + timedelta(minutes=1)))


def _instant(value: Resource, calendar_zone: ZoneInfo) -> datetime:
    if text := value.get("dateTime"):
        instant = datetime.fromisoformat(text).replace(microsecond=0)
        if instant.utcoffset() is None:
            instant = instant.replace(tzinfo=ZoneInfo(value["timeZone"]))
    else:
        # An event of all day: from midnight, in the zone of the calendar.
        day = date.fromisoformat(value["date"])
        instant = datetime(day.year, day.month, day.day, tzinfo=calendar_zone)
    return within_years(instant)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
