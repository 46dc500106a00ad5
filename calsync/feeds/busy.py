"""One ICS body, and when the runner is busy.

The zone of a time that has none is the calendar's own (X-WR-TIMEZONE) or else the plan's. That of a date is
always the plan's: a day off is a day off wherever the server stands.
"""

import bisect
import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from calsync.feeds import DEFAULT_READING, BusyTime, Reading, first_of_many, ics
from calsync.feeds.event import Component, Reader, is_ours
from calsync.feeds.glance import Glance
from calsync.feeds.ics import (
    Moment,
    Properties,
    Stretch,
    first_of,
    is_cancelled,
    last_of,
    parameter,
    period,
    read_properties,
)
from calsync.feeds.recurrence import Budget, TooCostly
from calsync.feeds.series import (
    Occurrence,
    Related,
    occurrences,
    related,
    ruled_occurrences,
    without_dense_rules,
)
from calsync.timespan import Timespan, merge
from calsync.training import Load
from calsync.words import one_line

TOO_COSTLY = "takes too long to read; taken as busy from its start on"
MOST_KINDS = 1000
"""Of problems that are told apart, for counting those beyond the first ones."""
LONGEST_NAME = 80
_MOST_SPANS = 20_000
"""Unmerged ones in memory, beside twice as many as there are after merging."""
_LONGEST_SESSION = timedelta(hours=12)
_OFF = timedelta(days=1)
"""No zone is further from UTC."""
_LONGEST_PARAMETERS = 1000
_DAY = re.compile(rb"\d{4}-?\d\d-?\d\d")


def read_busy(body: bytes, window: Timespan, zone: ZoneInfo, reading: Reading = DEFAULT_READING) -> BusyTime:
    """When the owner of the calendar in `body` is busy within `window`.

    `zone` is the plan's. A bad event never raises; it becomes a warning.

    Raises NotACalendar if the body is no whole calendar.
    """
    return BodyReader(body, window, zone, reading).busy()


class _Told:
    """Of one kind of problem: the first event that has it, and how many others do."""

    __slots__ = ("first", "last", "more")

    def __init__(self, uid: str | None) -> None:
        self.first = self.last = uid
        self.more = -1

    def add(self, uid: str | None, events: int) -> None:
        # What is said of one event comes in one go.
        if uid != self.last or self.more < 0:
            self.last = uid
            self.more += events


class Notes:
    """Warnings, gathered so that a thousand events with one problem are one line; `mute` takes none in.

    However many there are, they take little memory.
    """

    def __init__(self) -> None:
        self._problems: dict[str, _Told] = {}
        self._guesses: dict[str, _Told] = {}
        self.mute = False

    def __call__(self, problem: str, uid: str | None, events: int = 1) -> None:
        """`problem` is what is said of the event, or all of it if there is no event to name.

        `uid` is that of the first of so many events.
        """
        if not self.mute:
            _tell(self._problems, problem, uid, events)

    def guess(self, guess: str, uid: str | None) -> None:
        """What was guessed, and is told to those who ask."""
        if not self.mute:
            _tell(self._guesses, guess, uid)

    def lines(self) -> tuple[str, ...]:
        """The problems."""
        return _lines(self._problems, "problems")

    def guesses(self) -> tuple[str, ...]:
        return _lines(self._guesses, "guesses")


def _tell(told: dict[str, _Told], problem: str, uid: str | None, events: int = 1) -> None:
    name = None if uid is None else uid[: 2 * LONGEST_NAME]
    if problem in told or len(told) < MOST_KINDS:
        told.setdefault(problem, _Told(name)).add(name, events)


def _lines(told: Mapping[str, _Told], what: str) -> tuple[str, ...]:
    return first_of_many(tuple(_line(problem, events) for problem, events in told.items()), what)


def _line(problem: str, events: _Told) -> str:
    line = problem
    if events.first is not None:
        more = f" (and {events.more} more like it)" if events.more else ""
        line = f"event {events.first.strip()[:LONGEST_NAME] or 'without UID'} {problem}{more}"
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
        self.budget = Budget.of_bytes(len(self.text))
        self.sessions: list[tuple[Timespan, Load, str]] = []

    def busy(self) -> BusyTime:
        spans = _merged(self.spans())
        events = sum(
            len(calendar.events) + calendar.events.too_short + len(calendar.free_busy)
            for calendar in self.calendars
        )
        sessions = tuple(sorted(set(self.sessions)))
        return BusyTime(spans, self.notes.lines(), events, self.notes.guesses(), sessions=sessions)

    def reader(self, place: int) -> Reader:
        """That of the calendar which is at this place of the text."""
        number = max(0, bisect.bisect_right(self._begins, place) - 1)
        calendar = self.calendars[number]
        if not (calendar.zone or calendar.cancels or calendar.timezones):
            number = -1  # one for all that say nothing of their own
        if number not in self._readers:
            self._readers[number] = Reader.of(
                self.text,
                calendar,
                self.zone,
                self._is_free,
                self.notes,
                self.notes.guess,
                self.budget,
                self._session,
            )
        return self._readers[number]

    def _is_free(self, fields: Properties, all_day: bool) -> bool:
        return is_free(fields, self.reading, all_day=all_day)

    def _session(self, fields: Properties) -> tuple[Load, str] | None:
        return session_of(fields, self.reading)

    def spans(self) -> Iterator[Timespan]:
        """Busy time within the window, unmerged."""
        for calendar in self.calendars:
            if calendar.zone or calendar.cancels:
                self.reader(calendar.begin)  # what is wrong with one is told before what is with its events
            if calendar.events.too_short:
                self.notes("has no start and is left out", "", calendar.events.too_short)
        unread: list[Stretch] = []
        for stretches in self.groups():
            if self.budget.left > 0:
                yield from self.group(stretches)
            else:
                unread += stretches
        for stretch in (stretch for calendar in self.calendars for stretch in calendar.free_busy):
            if self.reading.only_away:
                break  # it has no titles
            if self.budget.left > 0:
                yield from self._free_busy(*stretch)
            else:
                unread.append(stretch)
        if unread:
            yield from self._too_costly(unread, len(unread))

    def groups(self, *, far: bool = False) -> list[list[Stretch]]:
        """The events of each UID that may be in the window; with `far` those of all others instead.

        Events of one UID belong together: an override that is far away may have moved an occurrence that is
        not. One that moved an occurrence far away to a place that is far away, too, is left out, unless
        another one moved such an occurrence into the window: they may be two versions of one.
        """
        glance = Glance(self.text, self.window)
        uids: list[bytes] = []
        apart = bytearray()
        near: set[bytes] = set()
        moved: set[bytes] = set()
        for start, end in self._events():
            uid, may_matter, may_name = glance(start, end)
            uid = uid or b"\n%d" % start  # one of its own: no UID holds a line break
            uids.append(uid)
            apart.append(not (may_matter or may_name))
            if may_matter:
                near.add(uid)
                if not may_name:
                    moved.add(uid)
        groups: dict[bytes, list[Stretch]] = {}
        for uid, is_apart, stretch in zip(uids, apart, self._events(), strict=True):
            is_near = uid in near and (not is_apart or uid in moved)
            if is_near is not far:
                groups.setdefault(uid, []).append(stretch)
        return list(groups.values())

    def _events(self) -> Iterator[Stretch]:
        return chain.from_iterable(calendar.events for calendar in self.calendars)

    def group(self, stretches: list[Stretch]) -> Iterator[Timespan]:
        """When the events of one UID make busy."""
        components = []
        try:
            for start, end in stretches:
                fields = self._fields(start, end)
                if is_ours(fields):
                    return
                if component := self.reader(start).component(fields):
                    components.append(component)
        except TooCostly:
            yield from self._too_costly(stretches)
            return
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
        with self.budget.share() as share:
            try:
                found = list(self.occurrences(followed_events, share))
                if any(component.session for component in components):
                    self._note_sessions(ruled_occurrences(followed_events, self.window, share))
            except TooCostly:
                found = []
                for master in masters:
                    if not master.free:
                        self.notes(TOO_COSTLY, master.uid)
                        found.append((master.start, self.window.end))
                found += ((item.start, item.end) for item in events.overrides if not item.free)
        for start_at, end_at in found:
            for span in self._within(start_at, end_at):
                if is_skipped(start_at):
                    self.notes.guess("is at a time that clocks skip; taken as much later", components[0].uid)
                yield span

    def _note_sessions(self, ruled: Iterable[tuple[Component, Occurrence]]) -> None:
        """Keep the strength sessions among what makes busy in the window."""
        for component, (start, end) in ruled:
            if component.session is None:
                continue
            first, last = instant(start, self.zone), instant(end, self.zone)
            if not (first < last and first < self.window.end and self.window.start < last):
                continue
            if not isinstance(start, datetime) or last - first > _LONGEST_SESSION:
                self.notes("is called strength, but lasts too long for it; taken as busy only", component.uid)
            else:
                self.sessions.append((Timespan(first, last), *component.session))

    def _free_busy(self, start: int, end: int) -> Iterator[Timespan]:
        """What a VFREEBUSY makes busy."""
        reader = self.reader(start)
        try:
            fields = self._fields(start, end)
            for span in periods(fields, self.reading, reader, self.zone, self.notes, self.notes.guess):
                yield from self._within(span.start, span.end)
        except TooCostly:
            yield from self._too_costly([(start, end)])

    def _fields(self, start: int, end: int) -> Properties:
        """Raises TooCostly."""
        with self.budget.share() as share:
            return read_properties(self.text, start, end, share)

    def _too_costly(self, stretches: Sequence[Stretch], events: int = 1) -> Iterator[Timespan]:
        """All time from the start of these on, as nothing else is known of them. So many events they are."""
        if self.reading.only_away:
            return  # whether it is a day away is not known; that it is busy, the other reading says
        uid = first_of(self.text, *stretches[0], b"UID")[1].decode("utf-8", "replace")
        self.notes(TOO_COSTLY, uid, events)
        yield from self._within(self._first_start(stretches), self.window.end)

    def _first_start(self, stretches: Iterable[Stretch]) -> datetime:
        """When the first of these events starts, or a day before, found without reading them.

        The window's end if none has a start.
        """
        first, first_digits, place = (b"", b""), b"", 0
        clocks: set[tuple[bytes, bytes]] = set()
        for start, end in stretches:
            parameters, value = first_of(self.text, start, end, b"DTSTART")
            if not value:
                if first_of(self.text, start, end, b"FREEBUSY")[1]:
                    return self.window.start  # its periods may be anywhere
                continue  # without a start it is left out in any case
            digits = value.replace(b"-", b"")[:15]
            if not _DAY.match(value) or len(parameters) > _LONGEST_PARAMETERS:
                return self.window.start
            if not first_digits or digits < first_digits:
                first, first_digits, place = (parameters, value.partition(b",")[0]), digits, start
            if len(clocks) < 2:
                clocks.add((parameters, value[15:]))
        if not clocks:
            return self.window.end
        reader = self.reader(place)
        for find_zone, is_known in ((reader.find_zone(""), True), (lambda tzid: UTC, False)):
            try:
                at = reader.moments(first, find_zone, "")[0]
            except TooCostly:
                continue
            except ValueError:
                break
            return instant(at, self.zone) - (timedelta(0) if is_known and len(clocks) == 1 else _OFF)
        return self.window.start

    def occurrences(self, events: Related, budget: Budget) -> Iterator[Occurrence]:
        """When the events of one UID are. Raises TooCostly."""
        return occurrences(events, self.window, budget, self.notes.guess)

    def _within(self, start: Moment, end: Moment) -> Iterator[Timespan]:
        first, last = instant(start, self.zone), instant(end, self.zone)
        if first < last and first < self.window.end and self.window.start < last:
            yield Timespan(max(first, self.window.start), min(last, self.window.end))


def _merged(spans: Iterable[Timespan]) -> tuple[Timespan, ...]:
    """As `merge`, without ever holding many more than are left."""
    kept: list[Timespan] = []
    most = _MOST_SPANS
    for span in spans:
        kept.append(span)
        if len(kept) > most:
            kept = list(merge(kept))
            most = _MOST_SPANS + 2 * len(kept)
    return merge(kept)


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """In UTC; of a date, its midnight in `zone`."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone).astimezone(UTC)


def is_skipped(start: Moment) -> bool:
    """True of 02:30 where clocks go from 02:00 to 03:00."""
    if not isinstance(start, datetime) or start.tzinfo is UTC:
        return False
    return start.astimezone(UTC).astimezone(start.tzinfo).replace(tzinfo=None) != start.replace(tzinfo=None)


def is_free(fields: Properties, reading: Reading, *, all_day: bool) -> bool:
    """True if the event takes nobody's time; docs/busy.md has the order in which that is asked."""

    def said(name: str) -> str:
        return last_of(fields, name).strip().upper()

    status, transparency, microsoft = said("STATUS"), said("TRANSP"), said("X-MICROSOFT-CDO-BUSYSTATUS")
    if is_cancelled(status):
        return True
    if reading.email and _declined(fields, reading.email):
        return True
    if _has_title(fields, reading.ignore):
        return True
    if all_day and _has_title(fields, reading.away):
        return not reading.only_away
    if reading.only_away:
        return True
    if session_of(fields, reading):
        return False  # whoever goes there is not free
    if not reading.tentative_busy and "TENTATIVE" in (status, microsoft):
        return True
    if transparency in ("TRANSPARENT", "OPAQUE"):
        return transparency == "TRANSPARENT"
    if microsoft in ("FREE", "WORKINGELSEWHERE"):
        return True
    return all_day and not microsoft and not reading.all_day_busy


def _has_title(fields: Properties, patterns: Sequence[str]) -> bool:
    return bool(patterns) and "SUMMARY" in fields and _fits(last_of(fields, "SUMMARY"), patterns)


def _fits(title: str, patterns: Iterable[str]) -> bool:
    """Patterns of titles are those of file names, in letters of any case."""
    return any(fnmatch.fnmatchcase(title.casefold(), pattern.casefold()) for pattern in patterns)


def session_of(fields: Properties, reading: Reading) -> tuple[Load, str] | None:
    """Load and title of a strength session; None of anything else."""
    if not reading.strength or "SUMMARY" not in fields:
        return None
    title = last_of(fields, "SUMMARY")
    found = ((load, one_line(title)) for pattern, load in reading.strength if _fits(title, [pattern]))
    return next(found, None)


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
