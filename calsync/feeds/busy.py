"""One ICS body, and when the runner is busy.

The zone of a time that has none is the calendar's own (X-WR-TIMEZONE) or else the plan's. That of a date is
always the plan's: a day off is a day off wherever the server stands.
"""

import bisect
import fnmatch
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from calsync.feeds import DEFAULT_READING, BusyTime, Reading, ics
from calsync.feeds.event import Reader, is_ours
from calsync.feeds.ics import (
    Glance,
    Moment,
    Properties,
    Stretch,
    last_of,
    parameter,
    period,
    read_properties,
)
from calsync.feeds.recurrence import Steps, TooManySteps
from calsync.feeds.series import Occurrence, Related, occurrences, related, without_dense_rules
from calsync.timespan import Timespan, merge

MOST_WARNINGS = 30
_STEPS = 2_000_000
"""How many days and times all rules of a body may look at, in some seconds. Usual ones need a few hundred."""
_STEPS_OF_A_SERIES = 400_000


def read_busy(body: bytes, window: Timespan, zone: ZoneInfo, reading: Reading = DEFAULT_READING) -> BusyTime:
    """When the owner of the calendar in `body` is busy within `window`.

    `zone` is the plan's. A bad event never raises; it becomes a warning.

    Raises NotACalendar if the body is no whole calendar.
    """
    return BodyReader(body, window, zone, reading).busy()


class Notes:
    """Warnings, gathered so that a thousand events with one problem are one line; `mute` takes none in."""

    def __init__(self) -> None:
        self._problems: dict[str, dict[str | None, None]] = {}
        self._guesses: dict[str, dict[str | None, None]] = {}
        self.mute = False

    def __call__(self, problem: str, uid: str | None) -> None:
        """`problem` is what is said of the event, or all of it if there is no event to name."""
        if not self.mute:
            self._problems.setdefault(problem, {})[uid] = None

    def guess(self, guess: str, uid: str | None) -> None:
        """What was guessed, and is told to those who ask."""
        if not self.mute:
            self._guesses.setdefault(guess, {})[uid] = None

    def lines(self) -> tuple[str, ...]:
        """The problems."""
        return _lines(self._problems, "problems")

    def guesses(self) -> tuple[str, ...]:
        return _lines(self._guesses, "guesses")


def _lines(told: Mapping[str, Mapping[str | None, None]], what: str) -> tuple[str, ...]:
    lines = tuple(_line(problem, list(uids)) for problem, uids in told.items())
    more = len(lines) - MOST_WARNINGS
    return lines if more <= 0 else (*lines[:MOST_WARNINGS], f"and {more} more {what}")


def _line(problem: str, uids: list[str | None]) -> str:
    more = f" (and {len(uids) - 1} more like it)" if len(uids) > 1 else ""
    line = problem if uids[0] is None else f"event {uids[0].strip()[:80] or 'without UID'} {problem}{more}"
    return "".join(character if character.isprintable() else "?" for character in line)


class BodyReader:
    """Reads the calendars of a body. Events of one UID belong together, in whichever of them they are."""

    def __init__(self, body: bytes, window: Timespan, zone: ZoneInfo, reading: Reading) -> None:
        self.text, self.calendars = ics.outline(body)
        self.window = window
        self.zone = zone
        self.reading = reading
        self.notes = Notes()
        self._begins = [calendar.begin for calendar in self.calendars]
        self._readers: dict[int, Reader] = {}
        self._steps = Steps(_STEPS)

    def busy(self) -> BusyTime:
        spans = merge(self.spans())
        events = sum(len(calendar.events) + len(calendar.free_busy) for calendar in self.calendars)
        return BusyTime(spans, self.notes.lines(), events, self.notes.guesses())

    def reader(self, place: int) -> Reader:
        """That of the calendar which is at this place of the text."""
        number = max(0, bisect.bisect_right(self._begins, place) - 1)
        if number not in self._readers:
            self._readers[number] = Reader.of(
                self.text, self.calendars[number], self.zone, self._is_free, self.notes, self.notes.guess
            )
        return self._readers[number]

    def _is_free(self, fields: Properties, all_day: bool) -> bool:
        return is_free(fields, self.reading, all_day=all_day)

    def spans(self) -> Iterator[Timespan]:
        """Busy time within the window, unmerged."""
        for calendar in self.calendars:
            self.reader(calendar.begin)  # what is wrong with one is told before what is with its events
        for stretches in self.groups():
            yield from self.group(stretches)
        for start, end in (stretch for calendar in self.calendars for stretch in calendar.free_busy):
            fields, reader = read_properties(self.text, start, end), self.reader(start)
            for span in periods(fields, self.reading, reader, self.zone, self.notes, self.notes.guess):
                yield from self._within(span.start, span.end)

    def groups(self, *, far: bool = False) -> list[list[Stretch]]:
        """The events of each UID that may be in the window; with `far` those of all others instead.

        Events of one UID belong together: an override that is far away may have moved an occurrence that is
        not.
        """
        glance = Glance(self.text, self.window)
        uids: list[bytes] = []
        near: set[bytes] = set()
        for start, end in self._events():
            uid, may_matter = glance(start, end)
            uids.append(uid or b"\n%d" % start)  # one of its own: no UID holds a line break
            if may_matter:
                near.add(uids[-1])
        groups: dict[bytes, list[Stretch]] = {}
        for uid, stretch in zip(uids, self._events(), strict=True):
            if (uid in near) is not far:
                groups.setdefault(uid, []).append(stretch)
        return list(groups.values())

    def _events(self) -> Iterator[Stretch]:
        return chain.from_iterable(calendar.events for calendar in self.calendars)

    def group(self, stretches: list[Stretch]) -> Iterator[Timespan]:
        """When the events of one UID make busy."""
        components = []
        for start, end in stretches:
            fields = read_properties(self.text, start, end)
            if is_ours(fields):
                return
            if component := self.reader(start).component(fields):
                components.append(component)
        events = related(components, self.notes.guess)
        masters = []
        for master in events.masters:
            followed, solid = without_dense_rules(master, self.window)
            masters.append(followed)
            if solid and not master.free:
                self.notes("repeats more often than hourly; taken as busy from its start on", master.uid)
                for span in solid:
                    yield from self._within(span.start, span.end)
            if len(followed.exrules) < len(master.exrules):
                self.notes("has exceptions more often than hourly, which take nothing out", master.uid)
        followed_events = Related(tuple(masters), events.overrides)
        share = Steps(min(_STEPS_OF_A_SERIES, max(self._steps.left, 0)))
        before = share.left
        try:
            found = list(self.occurrences(followed_events, share))
        except TooManySteps:
            found = []
            for master in masters:
                if not master.free:
                    self.notes("has too many occurrences; taken as busy from its start on", master.uid)
                    found.append((master.start, self.window.end))
            found += ((item.start, item.end) for item in events.overrides if not item.free)
        self._steps.left -= before - max(share.left, 0)
        for start_at, end_at in found:
            yield from self._within(start_at, end_at)

    def occurrences(self, events: Related, steps: Steps) -> Iterator[Occurrence]:
        """When the events of one UID are. Raises TooManySteps."""
        return occurrences(events, self.window, steps)

    def _within(self, start: Moment, end: Moment) -> Iterator[Timespan]:
        first, last = instant(start, self.zone), instant(end, self.zone)
        if first < last and first < self.window.end and self.window.start < last:
            yield Timespan(max(first, self.window.start), min(last, self.window.end))


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """In UTC; of a date, its midnight in `zone`."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone).astimezone(UTC)


def is_free(fields: Properties, reading: Reading, *, all_day: bool) -> bool:
    """True if the event takes nobody's time; docs/busy.md has the order in which that is asked."""

    def said(name: str) -> str:
        return last_of(fields, name).strip().upper()

    status, transparency, microsoft = said("STATUS"), said("TRANSP"), said("X-MICROSOFT-CDO-BUSYSTATUS")
    if status in ("CANCELLED", "CANCELED"):
        return True
    if reading.email and _declined(fields, reading.email):
        return True
    if reading.ignore and "SUMMARY" in fields:
        title = last_of(fields, "SUMMARY").casefold()
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
    fields: Properties,
    reading: Reading,
    reader: Reader,
    zone: ZoneInfo,
    note: Callable[[str, str | None], None],
    guess: Callable[[str, str | None], None],
) -> Iterator[Timespan]:
    """What a VFREEBUSY makes busy (RFC 5545, 3.6.4)."""
    find_zone = reader.find_zone("")
    for parameters, values in fields.get("FREEBUSY", ()):
        if _leaves_free(parameter(parameters, "FBTYPE"), reading):
            continue
        tzid = parameter(parameters, "TZID")
        for value in values.decode("utf-8", "replace").split(","):
            try:
                start, length = period(value, tzid, find_zone)
            except ValueError:
                note("a VFREEBUSY has a period that can't be read", None)
                continue
            begin, end = instant(start, zone), instant(length.after(start), zone)
            if begin < end:
                yield Timespan(begin, end)
    if "FREEBUSY" in fields or not {"DTEND", "DURATION"}.intersection(fields):
        return
    if _leaves_free(last_of(fields, "FBTYPE"), reading):
        return
    # As Radicale answers: one for each busy time.
    whole = reader.component(fields)
    if whole is not None:
        guess("a VFREEBUSY without periods is busy from its start to its end", None)
        begin, end = instant(whole.start, zone), instant(whole.end, zone)
        if begin < end:
            yield Timespan(begin, end)


def _leaves_free(kind: str, reading: Reading) -> bool:
    """FBTYPE (RFC 5545, 3.2.9)."""
    kind = kind.strip().upper()
    return kind == "FREE" or (kind == "BUSY-TENTATIVE" and not reading.tentative_busy)
