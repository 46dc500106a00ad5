"""One ICS body -> when its owner is busy.

Decides which zone a time is in that has none: a floating time the calendar's own (X-WR-TIMEZONE) or else the
plan's, a date the plan's always, because a day off is a day off wherever the server stands. What an event
says is decided in `component`, the times of a series in `series`. Asks no clock and no zone of the machine.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync.feeds import ics
from calsync.feeds.answers import DEFAULT_READING, BusyTime, NotACalendar, Reading
from calsync.feeds.event import Reader
from calsync.feeds.ics import (
    Calendar,
    FindZone,
    Glance,
    Moment,
    Properties,
    Stretch,
    parameter,
    period,
    read_properties,
    text_of,
)
from calsync.feeds.series import occurrences, series, without_dense_rules
from calsync.feeds.zones import Zones
from calsync.timespan import Timespan, merge

# --- freebusy ---------------------------------------------------------------------------------------------


def periods(
    fields: Properties, reading: Reading, find_zone: FindZone, note: Callable[[str, str | None], None]
) -> Iterator[Timespan]:
    for parameters, values in fields.get("FREEBUSY", ()):
        kind = parameter(parameters, "FBTYPE").upper()
        if kind == "FREE" or (kind == "BUSY-TENTATIVE" and not reading.tentative_busy):
            continue
        tzid = parameter(parameters, "TZID")
        for value in values.decode("utf-8", "replace").split(","):
            try:
                start, length = period(value, tzid, find_zone)
            except ValueError:
                note("a VFREEBUSY has a period that can't be read", None)
                continue
            if length > timedelta(0):
                begin = start.astimezone(UTC)
                yield Timespan(begin, begin + length)


# --- busy -------------------------------------------------------------------------------------------------


__all__ = ["BusyTime", "NotACalendar", "Reading", "read_busy"]


MOST_WARNINGS = 30
_OURS = re.compile(r"@[^@]+\.calsync$")


def read_busy(
    body: bytes, window: Timespan, zone: ZoneInfo, reading: Reading = DEFAULT_READING, *, scan: bool = True
) -> BusyTime:
    """When the owner of the calendar in `body` is busy within `window`.

    `zone` is the plan's. Without `scan` every event goes through icalendar and recurring-ical-events, which
    gives the same answer slowly. A bad event never raises; it becomes a warning.

    Raises NotACalendar if the body is no whole calendar.
    """
    text = ics.normalised(body)
    notes = Notes()
    spans: list[Timespan] = []
    events = 0
    for calendar in ics.calendars(text):
        events += len(calendar.events) + len(calendar.free_busy)
        spans += _CalendarReader(text, calendar, window, zone, reading, notes).spans(scan=scan)
    return BusyTime(merge(spans), notes.lines(), events)


class Notes:
    """Warnings, gathered so that a thousand events with one problem are one line."""

    def __init__(self) -> None:
        self._uids: dict[str, dict[str | None, None]] = {}
        self.mute = False

    def __call__(self, problem: str, uid: str | None) -> None:
        """`problem` is what is said of the event, or all of it if there is no event to name."""
        if not self.mute:
            self._uids.setdefault(problem, {})[uid] = None

    def lines(self) -> tuple[str, ...]:
        lines = tuple(_line(problem, list(uids)) for problem, uids in self._uids.items())
        more = len(lines) - MOST_WARNINGS
        return lines if more <= 0 else (*lines[:MOST_WARNINGS], f"and {more} more problems")


def _line(problem: str, uids: list[str | None]) -> str:
    more = f" (and {len(uids) - 1} more like it)" if len(uids) > 1 else ""
    line = problem if uids[0] is None else f"event {uids[0].strip()[:80] or 'without UID'} {problem}{more}"
    return "".join(character if character.isprintable() else "?" for character in line)


class _CalendarReader:
    """Reads one calendar of a body."""

    def __init__(
        self,
        text: bytes,
        calendar: Calendar,
        window: Timespan,
        zone: ZoneInfo,
        reading: Reading,
        notes: Notes,
    ) -> None:
        self.text = text
        self.calendar = calendar
        self.window = window
        self.zone = zone
        self.notes = notes
        zones = Zones(ics.texts(text, calendar.timezones))
        name = text_of(calendar.zone)
        found = zones.find(name) if name else None
        if name and found is None:
            notes(f'X-WR-TIMEZONE "{name[:60]}" is no time zone', None)
        own = found if isinstance(found, ZoneInfo) else None
        self.reader = Reader(zones, found or zone, own, reading, notes)

    def spans(self, *, scan: bool) -> Iterator[Timespan]:
        """Busy time within the window, unmerged."""
        near, first, more = self._groups()
        for uid, stretch in first.items():
            if uid in near:
                yield from self._group([stretch, *more.get(uid, ())], scan=scan)
            elif not scan:
                self.notes.mute = True
                yield from self._group([stretch, *more.get(uid, ())], scan=False)
                self.notes.mute = False
        for start, end in self.calendar.free_busy:
            fields = read_properties(self.text, start, end)
            for span in periods(fields, self.reader.reading, self.reader.find_zone(""), self.notes):
                yield from self._within(span.start, span.end)

    def _groups(self) -> tuple[set[bytes], dict[bytes, Stretch], dict[bytes, list[Stretch]]]:
        """The UIDs with an event that may matter; of every UID the first event, and the others.

        Events of one UID belong together: an override that is far away may have moved an occurrence that is
        not.
        """
        near: set[bytes] = set()
        first: dict[bytes, Stretch] = {}
        more: dict[bytes, list[Stretch]] = {}
        glance = Glance(self.text, self.window)
        for stretch in self.calendar.events:
            uid, may_matter = glance(*stretch)
            if not uid:
                uid = b"\n%d" % stretch[0]  # one of its own: no UID holds a line break
            if may_matter:
                near.add(uid)
            if uid in first:
                more.setdefault(uid, []).append(stretch)
            else:
                first[uid] = stretch
        return near, first, more

    def _group(self, stretches: list[Stretch], *, scan: bool) -> Iterator[Timespan]:
        """The events of one UID."""
        fields = [read_properties(self.text, start, end) for start, end in stretches]
        if "UID" in fields[0] and _OURS.search(text_of(fields[0]["UID"][0][1])):
            return
        components = [component for item in fields if (component := self.reader.component(item))]
        of = series(components)
        for place, component in enumerate(components):
            components[place], solid = without_dense_rules(component, self.window)
            if solid and component is of.master and not component.free:
                self.notes("repeats more often than hourly; taken as busy from its start on", component.uid)
                for span in solid:
                    yield from self._within(span.start, span.end)
        of = series(components)
        if not scan or not of.is_plain:
            from calsync.feeds import full

            try:
                for start, end in full.occurrences(components, self.window):
                    yield from self._within(start, end)
                return
            except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
                self.notes(
                    f"is more than the libraries can follow ({type(error).__name__})", components[0].uid
                )
        for start, end in occurrences(of, self.window):
            yield from self._within(start, end)

    def _within(self, start: Moment, end: Moment) -> Iterator[Timespan]:
        first, last = self._instant(start), self._instant(end)
        if first < last and first < self.window.end and self.window.start < last:
            yield Timespan(max(first, self.window.start), min(last, self.window.end))

    def _instant(self, moment: Moment) -> datetime:
        if isinstance(moment, datetime):
            return moment.astimezone(UTC)
        return datetime(moment.year, moment.month, moment.day, tzinfo=self.zone).astimezone(UTC)
