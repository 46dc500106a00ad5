"""Events as the calendar objects of CalDAV (RFC 4791, 4.1) and back. Pure.

What calsync wrote travels with the event, in X-CALSYNC properties; so it can be told from what the runner
made of it. An object is changed line by line: what this module doesn't know stays as it is, whoever wrote it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from calsync.calendars.caldav.lines import (
    alarm_blocks,
    content_lines,
    is_edge,
    joined,
    master,
    number_in,
    property_name,
    uid_of,
    with_depth,
)
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
from calsync.errors import NotACalendar
from calsync.event import DONE, TICK, Event, StoredEvent, key_of_uid, neutral_uid, uid
from calsync.feeds.event import Reader
from calsync.feeds.ics import (
    Moment,
    duration,
    is_cancelled,
    last_of,
    line_pattern,
    outline,
    read_properties,
    text_of,
)
from calsync.feeds.recurrence import Budget, TooCostly
from calsync.timespan import Timespan
from calsync.training import Kind, Load

PREFIX = "X-CALSYNC-"
_START, _END, _PRINTS = "START", "END", "PRINTS"
_KIND, _LOAD, _ROUTINE, _DONE = "KIND", "LOAD", "ROUTINE", "DONE"
_PLAN, _KEY = "PLAN", "KEY"
_ALL = (_PLAN, _KEY, _START, _END, _PRINTS, _KIND, _LOAD, _ROUTINE, _DONE)

# The attributes of Event that a person can edit, and the properties that they are.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "summary": ("SUMMARY",),
    # Some apps keep the text a second time, as HTML, and show that.
    "description": ("DESCRIPTION", "X-ALT-DESC"),
    "location": ("LOCATION", "X-APPLE-STRUCTURED-LOCATION"),
    "categories": ("CATEGORIES",),
    "url": ("URL",),
    "alarm": (),
}
_LINES = line_pattern(
    *(f"{PREFIX}{name}" for name in _ALL),
    *("DESCRIPTION", "LOCATION", "CATEGORIES", "URL", "SUMMARY", "STATUS"),
)


@dataclass(frozen=True, slots=True)
class AsWritten:
    """What calsync wrote of an event, as the state folder keeps it beside the calendar.

    `properties` are the X-CALSYNC ones: some servers drop them; `coming` those that were about to be written,
    when nobody knows whether they were. `rewritten` has the fields of which a server made something else: the
    fingerprint of that, and the value that was written.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    coming: Mapping[str, str] = field(default_factory=dict)
    rewritten: Mapping[str, tuple[str, str]] = field(default_factory=dict)


NOTHING = AsWritten()


@dataclass(frozen=True, slots=True)
class Item:
    """One of the plan's own events as the server has it.

    `text` is the whole object with line feeds; `written` what calsync wrote, as the event says or else the
    state folder. `is_cancelled`: the runner called it off, and it is there all the same (STATUS).
    """

    href: str
    etag: str
    text: str
    uid: str
    key: str
    stored: StoredEvent
    written: AsWritten
    is_cancelled: bool = False


class NotReadable(ValueError):
    """An object of ours without what every event has."""


def is_same(text: str, other: str) -> bool:
    """Whether two texts are of the same object, however their lines are folded."""
    return content_lines(text) == content_lines(other)


def parse_item(
    href: str, etag: str, text: str, plan: str, zone: ZoneInfo, known: AsWritten = NOTHING
) -> Item | None:
    """The plan's own event; None for anybody else's, and for copies that a person made of one.

    A copy may carry all the properties of the original, but never its UID. `known` is what the state folder
    has of the event, `zone` that of times without one. Raises NotReadable.
    """
    name = uid_of(text)
    key = key_of_uid(name, plan)
    if key is None or not is_key(key):
        return None
    found = _read(text, zone)
    properties: Mapping[str, str] = found.properties
    if not {_START, _END} <= properties.keys():
        # Of two, those that the event was written with.
        properties = max((known.properties, known.coming), key=lambda one: _likeness(one, found))
    # The state folder knows only of what was written from here.
    rewritten = known.rewritten if properties.get(_PRINTS) == known.properties.get(_PRINTS) else {}
    written = AsWritten(properties, rewritten=rewritten)
    prints = prints_of(properties.get(_PRINTS, ""))
    values = dict(found.values)
    is_done = _DONE in properties
    if is_done:
        values = _without_signs(values)
    for name_, (made, value) in rewritten.items():
        if values.get(name_) is not None and fingerprint(values[name_]) == made:
            values[name_] = value
    edited = frozenset(n for n in _FIELDS if prints.get(n, fingerprint("")) != _print(n, values[n]))
    event = Event(
        key=key,
        span=found.span,
        summary=values["summary"],
        description=values["description"],
        categories=tuple(filter(None, values["categories"].split("\n"))),
        kind=word(Kind, properties.get(_KIND)),
        load=word(Load, properties.get(_LOAD)),
        routine=properties.get(_ROUTINE),
        alarm=_alarm_of(values["alarm"]),
        location=values["location"],
        url=values["url"],
        done=is_done,
    )
    as_written = written_span(properties.get(_START), properties.get(_END))
    # Whoever made it repeat has made it theirs. And where it can't be told any more what was written, it is
    # better to leave it alone.
    is_held = as_written is None or found.repeats
    stored = StoredEvent(event, as_written or found.span, edited, is_held)
    return Item(href, etag, found.text, name, key, stored, written, found.is_cancelled)


def _likeness(properties: Mapping[str, str], found: "_Read") -> int:
    """How much of an event is as these properties say that it was written."""
    prints = prints_of(properties.get(_PRINTS, ""))
    values = _without_signs(found.values) if _DONE in properties else found.values
    same_time = written_span(properties.get(_START), properties.get(_END)) == found.span
    return same_time + sum(prints.get(name) == _print(name, value) for name, value in values.items())


def _without_signs(values: Mapping[str, str]) -> dict[str, str]:
    """Without those by which calendars show that something is done."""
    summary = values["summary"].removeprefix(TICK.strip()).strip()
    categories = "\n".join(one for one in values["categories"].split("\n") if one != DONE)
    return {**values, "summary": summary, "categories": categories}


def plan_uid(key: str, plan: str, *, is_neutral: bool) -> str:
    """As in a feed: a calendar that shows only "Busy" has UIDs that don't say what they are."""
    return neutral_uid(key, plan) if is_neutral else uid(key, plan)


# --- what is written --------------------------------------------------------------------------------------


def new_object(event: Event, plan: str, zone: ZoneInfo, now: datetime, *, is_neutral: bool = False) -> str:
    """A whole calendar object, with times in `zone`."""
    lines = _event_lines(event, plan, zone, now, 0, is_neutral=is_neutral)
    prints = {name: _print(name, value) for name, value in _values(event).items()}
    own = _properties(event, prints)
    if not is_neutral:
        # For whoever looks: the UID says the same.
        own = {_PLAN: plan, _KEY: event.key, **own}
    return joined(["BEGIN:VCALENDAR", *_HEAD, *_with_zones([*_with_own(lines, own), "END:VCALENDAR"], zone)])


def change(item: Item, wanted: Event, plan: str, zone: ZoneInfo, now: datetime) -> str:
    """The object that says what `wanted` says, and is as it was in all else.

    Fields that don't change stay as they are, so that what the runner wrote in them, and the record that it
    is theirs, is kept; the same holds for a time that the runner chose.
    """
    before = item.stored.event
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(wanted, name)]
    properties = dict(item.written.properties)
    prints = prints_of(properties.get(_PRINTS, ""))
    values = _values(wanted)
    prints |= {name: _print(name, values[name]) for name in changed}
    new = _properties(wanted, prints)
    kept = (_PLAN, _KEY) if wanted.span != before.span else (_PLAN, _KEY, _START, _END)
    new |= {name: properties[name] for name in kept if name in properties}
    shown = {name for name in changed if name != "alarm"}
    if before.done != wanted.done:
        shown |= {"summary", "categories"}
    names = [one for name in shown for one in _FIELDS[name]]
    if wanted.span != before.span:
        names += ["DTSTART", "DTEND", "DURATION"]
    return _changed(item, wanted, plan, zone, now, names, new, has_new_alarm="alarm" in changed)


def release(item: Item, plan: str, zone: ZoneInfo, now: datetime) -> str:
    """The present place becomes the written one."""
    new = {**item.written.properties, **_written_as(item.stored.span)}
    return _changed(item, item.stored.event, plan, zone, now, (), new, has_new_alarm=False)


def adoption(item: Item, plan: str, zone: ZoneInfo, now: datetime, *, is_neutral: bool) -> str:
    """Another plan's event as this one's: under its new UID, and as it is in all else."""
    new = {name: value for name, value in item.written.properties.items() if name not in (_PLAN, _KEY)}
    if not is_neutral:
        new |= {_PLAN: plan, _KEY: item.key}
    text = _changed(item, item.stored.event, plan, zone, now, (), new, has_new_alarm=False)
    name = plan_uid(item.key, plan, is_neutral=is_neutral)
    return joined([f"UID:{name}" if property_name(line) == "UID" else line for line in content_lines(text)])


def properties_in(text: str) -> dict[str, str]:
    """The X-CALSYNC properties of an object that calsync has just made."""
    found = {}
    for line in content_lines(text):
        name, _, value = line.partition(":")
        if name.startswith(PREFIX):
            found[name.removeprefix(PREFIX)] = unquote(value)
    return found


def rewritten_by_server(
    sent: str, got: str, zone: ZoneInfo, before: Mapping[str, tuple[str, str]] | None = None
) -> dict[str, tuple[str, str]]:
    """Of which fields a server made something else, with the fingerprint of that, and what was sent.

    `before` is what was known of that: a field that did not change was sent as the server had made it.
    Raises NotReadable.
    """
    ours, theirs = (_read(text, zone).values for text in (sent, got))
    if _DONE in properties_in(sent):
        ours, theirs = _without_signs(ours), _without_signs(theirs)
    for name, (made, value) in (before or {}).items():
        if fingerprint(ours[name]) == made:
            ours[name] = value
    return {
        name: (fingerprint(theirs[name]), ours[name])
        for name in _FIELDS
        if _print(name, ours[name]) != _print(name, theirs[name])
    }


_HEAD = ("VERSION:2.0", "PRODID:-//calsync//calsync//EN", "CALSCALE:GREGORIAN")


def _properties(event: Event, prints: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str | None] = {
        **_written_as(event.span),
        _PRINTS: prints_text(prints),
        _KIND: event.kind and str(event.kind),
        _LOAD: event.load and str(event.load),
        _ROUTINE: event.routine,
        _DONE: "TRUE" if event.done else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _written_as(span: Timespan) -> dict[str, str]:
    return {_START: span.start.isoformat(), _END: span.end.isoformat()}


def _event_lines(
    event: Event, plan: str, zone: ZoneInfo, now: datetime, sequence: int, *, is_neutral: bool
) -> list[str]:
    # Here, as icalendar takes 80 ms to import, and a push that changes nothing has no use for it.
    from calsync.calendars.ics import Stamp, event_bytes

    stamp = Stamp.after(Stamp(now.astimezone(UTC), sequence) if sequence else None, now)
    return content_lines(event_bytes(event, plan, zone, stamp, is_neutral=is_neutral).decode())


def _with_own(lines: Iterable[str], own: Mapping[str, str]) -> list[str]:
    """The lines of one event with these X-CALSYNC properties and no others."""
    kept = [line for line in lines if not property_name(line).startswith(PREFIX)]
    end = next(place for place, line in enumerate(kept) if place and is_edge(line))
    # Servers and apps disagree on the escaping of what they don't know: there is nothing to escape.
    said = [f"{PREFIX}{name}:{quote(value, safe=_SAFE)}" for name, value in own.items()]
    return [*kept[:end], *said, *kept[end:]]


_SAFE = "/:+= "


def _changed(
    item: Item,
    wanted: Event,
    plan: str,
    zone: ZoneInfo,
    now: datetime,
    names: Sequence[str],
    own: Mapping[str, str],
    *,
    has_new_alarm: bool,
) -> str:
    """The object of `item` with these properties of `wanted`, in the places where they were."""
    lines = content_lines(item.text)
    begin, end = master(lines)
    event = lines[begin:end]
    sequence = next((number_in(line) for line in event if property_name(line) == "SEQUENCE"), 0)
    new = _event_lines(wanted, plan, zone, now, sequence, is_neutral=False)
    names = [*names, "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"]
    # What is replaced is taken out, and what replaces it comes before the alarms.
    event = [line for line, inside in with_depth(event) if inside > 1 or property_name(line) not in names]
    alarms: list[str] = []
    if has_new_alarm:
        event, alarms = _without_alarms(event), _alarms(new)
    place = next(place for place, line in enumerate(event) if place and is_edge(line))
    told = (line for line, inside in with_depth(new) if inside == 1 and property_name(line) in names)
    event = [*event[:place], *told, *event[place:-1], *alarms, event[-1]]
    whole = [*lines[:begin], *_with_own(event, own), *lines[end:]]
    return joined(_with_zones(whole, zone))


def _alarms(event: Sequence[str]) -> list[str]:
    return [line for start, end in alarm_blocks(event) for line in event[start:end]]


def _without_alarms(event: Sequence[str]) -> list[str]:
    """Without those that count; what apps keep in others for themselves stays."""
    gone = {
        place
        for start, end in alarm_blocks(event)
        if _alarm_text(event[start:end])
        for place in range(start, end)
    }
    return [line for place, line in enumerate(event) if place not in gone]


# --- zones ------------------------------------------------------------------------------------------------

_TZID = re.compile(r"^DT(?:START|END)[^:]*;TZID=\"?([^:;\"]+)", re.IGNORECASE)


def _with_zones(lines: Sequence[str], zone: ZoneInfo) -> list[str]:
    """With a VTIMEZONE for each zone that times are in now and that is not described yet."""
    described = {line.partition(":")[2].strip() for line in lines if property_name(line) == "TZID"}
    named = dict.fromkeys(found[1] for line in lines if (found := _TZID.match(line)))
    missing = [key for key in named if key not in described]
    first = next((place for place, line in enumerate(lines) if line.upper().strip() == "BEGIN:VEVENT"), 0)
    new = [line for key in missing for line in _zone_lines(key)]
    return [*lines[:first], *new, *lines[first:]]


@lru_cache(maxsize=32)
def _zone_lines(key: str) -> tuple[str, ...]:
    from calsync.calendars.ics import vtimezone

    try:
        zone = ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        return ()  # somebody else's, who has to describe it
    # From long before any plan, so that it is the same in all objects.
    return tuple(content_lines(vtimezone(zone, _ZONES_FROM).to_ical().decode()))


_ZONES_FROM = 2020


def zone_object(zone: ZoneInfo) -> str:
    """A calendar that only describes `zone`, as a calendar's own is given to a server."""
    return joined(["BEGIN:VCALENDAR", *_HEAD, *_zone_lines(zone.key), "END:VCALENDAR"])


# --- what is read -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Read:
    text: str
    span: Timespan
    values: dict[str, str]
    properties: dict[str, str]
    repeats: bool
    is_cancelled: bool


def _read(text: str, zone: ZoneInfo) -> _Read:
    """Raises NotReadable."""
    try:
        return _read_or_raise(text, zone)
    except (NotACalendar, TooCostly, ValueError, OverflowError) as problem:
        raise NotReadable(str(problem)) from problem


def _read_or_raise(text: str, zone: ZoneInfo) -> _Read:
    body, calendars = outline(text.encode())
    budget = Budget.of_bytes(len(body))
    masters, others = [], 0
    for calendar in calendars:
        reader = Reader.of(body, calendar, zone, lambda *_: False, _ignore, _ignore, budget)
        for begin, end in calendar.events:
            fields = read_properties(body, begin, end, budget, _LINES)
            component = reader.component(fields)
            if component is None or component.recurrence_id is not None:
                others += 1
            else:
                masters.append((fields, component))
    if not masters:
        raise NotReadable("it has no start that can be read")
    fields, component = masters[0]
    values = {
        name: tidied(last_of(fields, name.upper())) for name in ("summary", "description", "location", "url")
    }
    values["categories"] = "\n".join(
        tidied(text_of(one)) for _, value in fields.get("CATEGORIES", ()) for one in _PARTS.findall(value)
    )
    lines = content_lines(text)
    begin, end = master(lines)
    event = lines[begin:end]
    alarms = {_alarm_text(event[start:stop]) for start, stop in alarm_blocks(event)} - {""}
    values["alarm"] = "\n".join(sorted(alarms))
    start, stop = (_instant(one, zone) for one in (component.start, component.end))
    return _Read(
        "\n".join(lines),
        Timespan(start, max(stop, start + timedelta(minutes=1))),
        values,
        {name: unquote(last_of(fields, f"{PREFIX}{name}")) for name in _ALL if f"{PREFIX}{name}" in fields},
        bool(component.repeats or others or len(masters) > 1),
        is_cancelled(last_of(fields, "STATUS")),
    )


def _instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """A date is its midnight in `zone`."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    return within_years(moment.replace(microsecond=0))


_PARTS = re.compile(rb"(?:\\.|[^\\,])+")


def _ignore(problem: str, uid: str | None) -> None:
    """What is odd in an event's times is the runner's: it is taken as it can be read."""


def _values(event: Event) -> dict[str, str]:
    """What the fields of an event are as text: without the signs that it is done, which are no edit."""
    seconds = None if event.alarm is None else -int(event.alarm.total_seconds())
    return {
        "summary": event.summary,
        "description": event.description,
        "location": event.location,
        "categories": "\n".join(event.categories),
        "url": event.url,
        "alarm": "" if seconds is None else f"DISPLAY {seconds}",
    }


def _print(name: str, value: str) -> str:
    if name == "categories":
        value = "\n".join(sorted(value.split("\n")))
    return fingerprint(tidied(value))


def _alarm_text(block: Sequence[str]) -> str:
    """What an alarm does, and when: seconds from the start. Empty for what is no reminder of anybody's.

    Apple writes one that does nothing, for "none", and others for what is set for all events; what is snoozed
    is an alarm of its own (RFC 9074).
    """
    said = {property_name(line): line for line in block}
    action = said.get("ACTION", ":").rpartition(":")[2].strip().upper()
    if action in ("", "NONE") or "RELATED-TO" in said or "X-APPLE-DEFAULT-ALARM" in said:
        return ""
    trigger = said.get("TRIGGER", "")
    parameters, _, value = trigger.partition(":")
    try:
        length = duration(value)
    except ValueError:
        return f"{action} at {value.strip()}"
    at = " from the end" if "RELATED=END" in parameters.upper() else ""
    return f"{action} {int(length.total.total_seconds())}{at}"


def _alarm_of(text: str) -> timedelta | None:
    for one in text.split("\n"):
        action, _, seconds = one.partition(" ")
        if action in ("DISPLAY", "AUDIO") and seconds.lstrip("-").isdigit():
            return timedelta(seconds=-int(seconds))
    return None
