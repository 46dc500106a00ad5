"""A feed: an .ics file that calsync keeps, for people to subscribe to.

First events as iCalendar text (RFC 5545, RFC 7986) and back, for which icalendar does the escaping and the
folding; then the file, in which what doesn't change keeps its bytes.
"""

import contextlib
import re
import stat
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Timezone, TimezoneDaylight, TimezoneStandard, vRecur
from icalendar import Event as VEvent
from icalendar.prop import vDuration, vText

from calsync.addresses import hidden_path
from calsync.errors import RefusedToProtectData, TargetUnavailable
from calsync.event import (
    DONE,
    TICK,
    Action,
    Applied,
    Change,
    Contents,
    Event,
    StoredEvent,
    is_of_another_plan,
    key_of_uid,
    neutral_uid,
    uid,
)
from calsync.files import read_file, sweep_beside, write_atomically
from calsync.timespan import Timespan
from calsync.training import Kind, Load
from calsync.travel import zone_at

# So many years of changes decide whether a zone follows a yearly rule; where none does, they are listed.
_YEARS = 12
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Change:
    """`wall` is what clocks show just before: naive, in the offset that ends."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str


def vtimezone(zone: ZoneInfo, first_year: int) -> Timezone:
    """The VTIMEZONE of `zone`, right from the first day of `first_year` on (RFC 5545, 3.6.5).

    icalendar can generate one, too, but its onsets are in the time after the change, where the RFC wants the
    time before it (release 7.3.0: London's clocks would go forward at 02:00), and it adds a comment that it
    works for some years only.
    """
    component = Timezone()
    component.add("TZID", zone.key)
    begin = datetime(first_year, 1, 1, tzinfo=UTC)
    changes = list(_changes(zone, begin, datetime(first_year + _YEARS, 1, 1, tzinfo=UTC)))
    local = begin.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    standard = min([offset, *(change.after for change in changes)])
    first = _Change(begin.replace(tzinfo=None), offset, offset, local.tzname() or zone.key)
    # What holds until the first change; without it the first weeks of the first year have no offset.
    component.add_component(_observance([first], standard))
    for before, after, name in dict.fromkeys((c.before, c.after, c.name) for c in changes):
        alike = [c for c in changes if (c.before, c.after, c.name) == (before, after, name)]
        component.add_component(_observance(alike, standard))
    return component


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[_Change]:
    # A week is short enough to see both ends of the shortest summer time there is (Morocco's Ramadan).
    step = timedelta(days=7)
    at = begin
    while at < end:
        until = min(at + step, end)
        before, after = at.astimezone(zone).utcoffset(), until.astimezone(zone).utcoffset()
        if before != after and before is not None:
            low, high = at, until
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                middle = middle.replace(microsecond=0)
                if middle.astimezone(zone).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            local = high.astimezone(zone)
            wall = (high + before).replace(tzinfo=None)
            yield _Change(wall, before, local.utcoffset() or timedelta(), local.tzname() or "")
        at = until


def _observance(changes: list[_Change], standard: timedelta) -> TimezoneStandard | TimezoneDaylight:
    first = changes[0]
    observance = TimezoneDaylight() if first.after > standard else TimezoneStandard()
    observance.add("DTSTART", first.wall)
    observance.add("TZOFFSETFROM", first.before)
    observance.add("TZOFFSETTO", first.after)
    observance.add("TZNAME", first.name)
    if rule := _yearly_rule(changes):
        observance.add("RRULE", rule)
    else:
        for change in changes[1:]:
            observance.add("RDATE", [change.wall])
    return observance


def _yearly_rule(changes: list[_Change]) -> vRecur | None:
    """The yearly rule that gives just these changes, one in each year; None if there is none."""
    walls = [change.wall for change in changes]
    first = walls[0]
    every_year = [wall.year for wall in walls] == list(range(first.year, first.year + len(walls)))
    if len(walls) < _YEARS - 1 or not every_year:
        return None
    if len({(wall.month, wall.weekday(), wall.time()) for wall in walls}) != 1:
        return None
    ordinals = {(wall.day - 1) // 7 + 1 for wall in walls}
    if all(wall.day + 7 > monthrange(wall.year, wall.month)[1] for wall in walls):
        ordinal = -1
    elif len(ordinals) == 1:
        ordinal = ordinals.pop()
    else:
        return None
    return vRecur({"FREQ": "YEARLY", "BYMONTH": first.month, "BYDAY": f"{ordinal}{_DAYS[first.weekday()]}"})


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


def event_bytes(event: Event, plan: str, zone: ZoneInfo, stamp: Stamp, *, is_neutral: bool = False) -> bytes:
    """`event` as a VEVENT, CRLF at the end of each line. `is_neutral`: its UID doesn't say what it is."""
    component = VEvent()
    component.add("UID", neutral_uid(event.key, plan) if is_neutral else uid(event.key, plan))
    component.add("DTSTAMP", stamp.changed)
    component.add("LAST-MODIFIED", stamp.changed)
    component.add("SEQUENCE", stamp.sequence)
    start, end = _in_zone(event.span, zone)
    component.add("DTSTART", start)
    component.add("DTEND", end)
    component.add("SUMMARY", event.shown_summary)
    if event.description:
        component.add("DESCRIPTION", event.description)
    if event.location:
        component.add("LOCATION", event.location)
    if event.shown_categories:
        component.add("CATEGORIES", list(event.shown_categories))
    if event.url:
        component.add("URL", event.url)
    component.add("TRANSP", "OPAQUE")
    for name, value in (("KIND", event.kind), ("LOAD", event.load), ("ROUTINE", event.routine)):
        if value:
            # Readers disagree on the escaping of properties that they don't know: there is nothing to escape.
            component.add(f"X-CALSYNC-{name}", vText(quote(value, safe="")))
    if event.done:
        component.add("X-CALSYNC-DONE", "TRUE")
    if event.alarm is not None:
        alarm = Alarm()
        alarm.add("ACTION", "DISPLAY")
        alarm.add("DESCRIPTION", event.summary)
        alarm["TRIGGER"] = vDuration(-event.alarm)
        component.add_component(alarm)
    return bytes(component.to_ical())


def _in_zone(span: Timespan, zone: ZoneInfo) -> tuple[datetime, datetime]:
    zone = zone_at(zone, span.start)
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    # A wall time that occurs twice means its first occurrence (RFC 5545, 3.3.5), but ical.js, node-ical and
    # khal take the second. In UTC everybody reads it alike.
    if zone.key in _UTC or _occurs_twice(start) or _occurs_twice(end):
        return span.start, span.end
    return start, end


def _occurs_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def calendar_bytes(events: Sequence[bytes], title: str, zone: ZoneInfo, first_year: int) -> bytes:
    """A VCALENDAR around events that are bytes already, with a VTIMEZONE for each zone that they name.

    That is `zone`, and maybe others in which events were written earlier or by another plan.
    """
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODID)
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", title)
    calendar.add("X-WR-CALNAME", title)
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
        is_done, summary, categories = _is_done(component)
        event = Event(
            key=key,
            span=Timespan(component["DTSTART"].dt, component["DTEND"].dt),
            summary=summary,
            description=str(component.get("DESCRIPTION", "")),
            categories=categories,
            kind=Kind(kind) if (kind := _own(component, "KIND")) else None,
            load=Load(load) if (load := _own(component, "LOAD")) else None,
            routine=_own(component, "ROUTINE"),
            alarm=_alarm_of(component),
            location=str(component.get("LOCATION", "")),
            url=str(component.get("URL", "")),
            done=is_done,
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


def _is_done(component: Any) -> tuple[bool, str, tuple[str, ...]]:
    """Whether an event is marked as done, and its title and categories without the signs of that."""
    summary, categories = str(component.get("SUMMARY", "")), _categories(component)
    if component.get("X-CALSYNC-DONE") != "TRUE":
        return False, summary, categories
    return True, summary.removeprefix(TICK), tuple(one for one in categories if one != DONE)


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


KEEP_PAST = timedelta(weeks=8)

_EVENT = re.compile(
    rb"^BEGIN:VEVENT\r?\n.*?^END:VEVENT[ \t]*\r?\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_LINE_END = re.compile(rb"\r?\n")
# No line of iCalendar holds these, so an event that does is damaged.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(content) is None


@dataclass(frozen=True, slots=True)
class _Block:
    """An event of the file: its bytes as they are, and what they say if it is one of ours."""

    content: bytes
    uid: str
    event: Event | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class IcsCalendar:
    """The feed at `path` of the plan `plan`, with times in `zone`. `name` is the target's, for messages.

    `title` is what calendar apps call it: by default what the plan is called. `is_ours` says that calsync is
    known to have written a file there, whatever is left of it. `is_neutral`: the UIDs in it don't say what
    their events are, or which plan's.
    """

    name: str
    path: Path
    plan: str
    zone: ZoneInfo
    title: str = field(default="", kw_only=True)
    is_ours: bool = field(default=False, kw_only=True)
    is_neutral: bool = field(default=False, kw_only=True)

    def load(self) -> "LoadedFile":
        """What the file holds. A missing or damaged file holds what is still whole in it, maybe nothing.

        Raises TargetUnavailable if it can't be read, RefusedToProtectData if it is somebody else's calendar.
        """
        try:
            content = _read(self.path)
        except OSError as problem:
            raise TargetUnavailable(
                f"{self.name}: {hidden_path(self.path)} can't be read: {problem.strerror}"
            ) from problem
        blocks = {}
        for match in _EVENT.finditer(content or b""):
            # An editor or a version control system may have changed the line ends.
            block = self._block(_LINE_END.sub(b"\r\n", match[0].rstrip() + b"\r\n"))
            if block is not None:
                # In a damaged file a UID may be there twice: the later one is the one that clients show. An
                # event may have both its UIDs there.
                blocks[block.event.key if block.event else block.uid] = block
        loaded = LoadedFile(self, content, tuple(blocks.values()))
        self._refuse_foreign(loaded)
        return loaded

    def _block(self, content: bytes) -> _Block | None:
        """The event from BEGIN to END; None if it is damaged beyond what can be read."""
        parsed = parse_event(content, self.plan) if _is_text(content) else None
        if parsed is None:
            return None
        if parsed.event is None or parsed.stamp is None:
            return _Block(content, parsed.uid)
        # Nearly always the same bytes. If not, the UID is of the other form, or something was damaged that
        # says nothing, and is healed here.
        content = event_bytes(
            parsed.event, self.plan, parsed.zone or self.zone, parsed.stamp, is_neutral=self.is_neutral
        )
        return _Block(content, parsed.uid, parsed.event, parsed.stamp)

    def _refuse_foreign(self, loaded: "LoadedFile") -> None:
        """A file that calsync did not make is not overwritten, however its path came into the config."""
        content = loaded.content
        # An empty file, or one of zeros, is what a power cut can leave of ours, but of anybody's as well.
        if self.is_ours or content is None or PRODID.encode() in content:
            return
        if any(block.event for block in loaded.blocks):
            return
        raise RefusedToProtectData(
            f"{self.name}: {self.path} is a file that calsync did not write; nothing was changed. Give the "
            "target a path of its own, or delete the file"
        )


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A feed as it was read: all its bytes, None if there was no file, and the events in it."""

    calendar: IcsCalendar
    content: bytes | None
    blocks: tuple[_Block, ...]

    @property
    def contents(self) -> Contents:
        events = (block.event for block in self.blocks if block.event)
        found = (StoredEvent(event, event.span) for event in events)
        return Contents(tuple(sorted(found, key=lambda event: (event.span, event.key))))

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Bring the file up to date; it is left untouched if its content stays the same.

        Raises TargetUnavailable if it can't be written; the old file is there then, whole.
        """
        path = self.calendar.path
        sweep_beside(path)  # the web sees this folder
        content = self._content_after(changes, now)
        if content == self.content:
            return Applied(tuple(changes))
        try:
            # Somebody else's file may have got here since, or another plan's events: none of it may be lost.
            if _read(path) != self.content:
                return Applied(tuple(change for change in changes if not change.writes), look_again=True)
            write_atomically(path, content, mode=_mode(path))
        except OSError as problem:
            message = f"{self.calendar.name}: {hidden_path(path)} can't be written: {problem.strerror}"
            raise TargetUnavailable(message) from problem
        return Applied(tuple(changes))

    def of_plan(self, plan: str) -> int:
        return sum(key_of_uid(block.uid, plan) is not None for block in self.blocks)

    def adopt(self, plan: str, now: datetime) -> int:
        """Under their new UIDs, all else stays as it was."""
        calendar = self.calendar
        kept = {block.event.key: block for block in self.blocks if block.event}
        others, adopted = [], 0
        for block in self.blocks:
            if key_of_uid(block.uid, plan) is None:
                others += [block] if block.event is None else []
            elif (parsed := parse_event(block.content, plan)) and parsed.event and parsed.stamp:
                zone = parsed.zone or calendar.zone
                content = event_bytes(
                    parsed.event, calendar.plan, zone, parsed.stamp, is_neutral=calendar.is_neutral
                )
                new = _Block(content, uid(parsed.event.key, calendar.plan), parsed.event, parsed.stamp)
                kept.setdefault(parsed.event.key, new)
                adopted += 1
        if replace(self, blocks=(*kept.values(), *others)).apply((), now).look_again:
            raise TargetUnavailable(f"{calendar.name}: the file was changed meanwhile; try again")
        return adopted

    def _content_after(self, changes: Sequence[Change], now: datetime) -> bytes:
        plan, zone = self.calendar.plan, self.calendar.zone
        by_key = {block.event.key: block for block in self.blocks if block.event}
        foreign = [block.content for block in self.blocks if block.event is None]
        for change in changes:
            if change.action is Action.WITHDRAW:
                by_key.pop(change.key, None)
            elif change.action in (Action.INSERT, Action.UPDATE) and change.wanted:
                before = by_key.get(change.key)
                stamp = Stamp.after(before.stamp if before else None, now)
                content = event_bytes(change.wanted, plan, zone, stamp, is_neutral=self.calendar.is_neutral)
                by_key[change.key] = _Block(content, "", change.wanted, stamp)
        recent = [
            (block.event.span, key, block.content)
            for key, block in by_key.items()
            if block.event and block.event.span.end > now - KEEP_PAST
        ]
        recent.sort(key=lambda entry: entry[:2])
        first_year = (recent[0][0].start if recent else now).year - 1
        events = [content for _, _, content in recent] + foreign
        return calendar_bytes(events, self.calendar.title or plan, zone, first_year)


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path)
    except FileNotFoundError:
        return None


def _mode(path: Path) -> int:
    """A web server reads the feed, so others may, unless somebody has closed the file to them."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0o644
