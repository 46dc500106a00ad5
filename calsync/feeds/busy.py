"""One ICS body, and when the runner is busy.

The zone of a time that has none is the calendar's own (X-WR-TIMEZONE) or else the plan's. That of a date is
always the plan's: a day off is a day off wherever the server stands.
"""

import fnmatch
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync.feeds import DEFAULT_READING, BusyTime, Reading, ics
from calsync.feeds.event import Component, Occurrence, Reader, is_ours, master_of, occurrences
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
from calsync.feeds.recurrence import SECONDS, Freq, Rule
from calsync.timespan import Timespan, merge

MOST_WARNINGS = 30


def read_busy(body: bytes, window: Timespan, zone: ZoneInfo, reading: Reading = DEFAULT_READING) -> BusyTime:
    """When the owner of the calendar in `body` is busy within `window`.

    `zone` is the plan's. A bad event never raises; it becomes a warning.

    Raises NotACalendar if the body is no whole calendar.
    """
    text = ics.normalised(body)
    notes = Notes()
    spans: list[Timespan] = []
    events = 0
    for calendar in ics.calendars(text):
        events += len(calendar.events) + len(calendar.free_busy)
        spans += CalendarReader(text, calendar, window, zone, reading, notes).spans()
    return BusyTime(merge(spans), notes.lines(), events)


class Notes:
    """Warnings, gathered so that a thousand events with one problem are one line; `mute` takes none in."""

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


class CalendarReader:
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
        self.reading = reading
        self.notes = notes
        self.reader = Reader.of(text, calendar, zone, self._is_free, notes)

    def _is_free(self, fields: Properties, all_day: bool) -> bool:
        return is_free(fields, self.reading, all_day=all_day)

    def spans(self) -> Iterator[Timespan]:
        """Busy time within the window, unmerged."""
        for stretches, may_matter in self.groups():
            if may_matter:
                yield from self.group(stretches)
        for start, end in self.calendar.free_busy:
            fields = read_properties(self.text, start, end)
            for span in periods(fields, self.reading, self.reader.find_zone(""), self.notes):
                yield from self._within(span.start, span.end)

    def groups(self) -> Iterator[tuple[list[Stretch], bool]]:
        """The events of each UID, and False if they are surely not in the window.

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
        for uid, stretch in first.items():
            if uid not in more:
                yield [stretch], uid in near
                continue
            stretches = [stretch, *more[uid]]
            # Occurrences that an override moves may come from far away, and so may all that it reaches.
            yield stretches, uid in near or ics.any_reaches(self.text, stretches)

    def group(self, stretches: list[Stretch]) -> Iterator[Timespan]:
        """When the events of one UID make busy."""
        fields = [read_properties(self.text, start, end) for start, end in stretches]
        if is_ours(fields[0]):
            return
        components = [component for item in fields if (component := self.reader.component(item))]
        if (master := master_of(components)) is not None:
            followed, solid = without_dense_rules(master, self.window)
            components = [followed if component is master else component for component in components]
            if solid and not master.free:
                self.notes("repeats more often than hourly; taken as busy from its start on", master.uid)
                for span in solid:
                    yield from self._within(span.start, span.end)
        for start, end in self.occurrences(components):
            yield from self._within(start, end)

    def occurrences(self, components: Sequence[Component]) -> Iterator[Occurrence]:
        """When the events of one UID are."""
        return occurrences(components, self.window)

    def _within(self, start: Moment, end: Moment) -> Iterator[Timespan]:
        first, last = self._instant(start), self._instant(end)
        if first < last and first < self.window.end and self.window.start < last:
            yield Timespan(max(first, self.window.start), min(last, self.window.end))

    def _instant(self, moment: Moment) -> datetime:
        if isinstance(moment, datetime):
            return moment.astimezone(UTC)
        return datetime(moment.year, moment.month, moment.day, tzinfo=self.zone).astimezone(UTC)


def is_free(fields: Properties, reading: Reading, *, all_day: bool) -> bool:
    """True if the event takes nobody's time; docs/busy.md has the order in which that is asked."""

    def said(name: str) -> str:
        return fields[name][0][1].decode("utf-8", "replace").strip().upper() if name in fields else ""

    status, transparency, microsoft = said("STATUS"), said("TRANSP"), said("X-MICROSOFT-CDO-BUSYSTATUS")
    if status == "CANCELLED":
        return True
    if reading.email and _declined(fields, reading.email):
        return True
    if reading.ignore and "SUMMARY" in fields:
        title = text_of(fields["SUMMARY"][0][1]).casefold()
        if any(fnmatch.fnmatchcase(title, pattern.casefold()) for pattern in reading.ignore):
            return True
    if not reading.tentative_busy and "TENTATIVE" in (status, microsoft):
        return True
    if transparency in ("TRANSPARENT", "OPAQUE"):
        return transparency == "TRANSPARENT"
    if microsoft in ("FREE", "WORKINGELSEWHERE"):
        return True
    return all_day and not microsoft and not reading.all_day_busy


def _declined(fields: Properties, email: str) -> bool:
    wanted = email.strip().casefold()
    for parameters, value in fields.get("ATTENDEE", ()):
        if parameter(parameters, "PARTSTAT").upper() != "DECLINED":
            continue
        address = value.decode("utf-8", "replace").strip().casefold().removeprefix("mailto:")
        if wanted in (address, parameter(parameters, "EMAIL").casefold()):
            return True
    return False


def periods(
    fields: Properties, reading: Reading, find_zone: FindZone, note: Callable[[str, str | None], None]
) -> Iterator[Timespan]:
    """What a VFREEBUSY makes busy (RFC 5545, 3.6.4)."""
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


FEW_STARTS = 20_000


def without_dense_rules(component: Component, window: Timespan) -> tuple[Component, tuple[Timespan, ...]]:
    """The component without the rules that can't be followed, and when it is busy because of them."""
    if not any(_is_dense(rule) for rule, _ in component.rules):
        return component, ()
    kept: list[tuple[Rule, datetime | None]] = []
    solid: list[Timespan] = []
    first = component.start if isinstance(component.start, datetime) else component.first.replace(tzinfo=UTC)
    for rule, until in component.rules:
        end = _end(rule, until, component, first, window)
        if not _is_dense(rule) or (_has_end(rule, until) and (end - first) // _step(rule) <= FEW_STARTS):
            kept.append((rule, until))
        elif first < end:
            solid.append(Timespan(first, end))
    return replace(component, rules=tuple(kept)), tuple(solid)


def _is_dense(rule: Rule) -> bool:
    return _step(rule) < timedelta(hours=1)


def _step(rule: Rule) -> timedelta:
    """The mean time between two starts, where nothing but the time of day restricts them."""
    if rule.freq >= Freq.MINUTELY:
        return _period(rule)
    if rule.freq is Freq.HOURLY:
        return _period(rule) / (len(rule.minutes) * len(rule.seconds))
    return timedelta(days=1) / (len(rule.hours) * len(rule.minutes) * len(rule.seconds))


def _period(rule: Rule) -> timedelta:
    return timedelta(seconds=SECONDS.get(rule.freq, 86_400) * rule.interval)


def _has_end(rule: Rule, until: datetime | None) -> bool:
    return until is not None or rule.count is not None


def _end(
    rule: Rule, until: datetime | None, component: Component, first: datetime, window: Timespan
) -> datetime:
    """When the rule's last occurrence in the window is over at the latest."""
    end = min(until + component.length, window.end) if until else window.end
    if rule.count is None or rule.restricts_days or rule.freq < Freq.DAILY:
        return end
    if rule.freq > Freq.DAILY and (rule.hours or (rule.freq >= Freq.MINUTELY and rule.minutes)):
        return end
    if rule.count < (window.end - first) // _period(rule):
        return min(end, first + _period(rule) * max(rule.count, 1) + component.length)
    return end
