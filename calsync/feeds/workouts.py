"""One body of a training platform's feed, and the workouts in it.

None is lost: every event of the time asked for is a workout, or a warning. `titles` reads what an entry is,
and how long it takes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from calsync.errors import NotACalendar
from calsync.feeds import ics
from calsync.feeds.busy import Notes
from calsync.feeds.event import Component, Reader, is_ours, wall
from calsync.feeds.ics import (
    Calendar,
    Moment,
    Properties,
    first_of,
    is_cancelled,
    last_of,
    line_pattern,
    read_properties,
    text_of,
)
from calsync.feeds.recurrence import Budget, Freq, Rule, TooCostly
from calsync.feeds.series import Related, ruled_occurrences
from calsync.feeds.titles.reading import LONGEST_NAME, Entry, read, take_apart
from calsync.program import USUAL_PACE, FeedSettings
from calsync.timespan import Timespan
from calsync.training import Kind, Sort, Week, Workout
from calsync.words import one_line, plain_lines

_LINES = line_pattern("DESCRIPTION", "X-WORKOUT-ESTIMATED-DURATION")
_STEPS_OF_AN_ENTRY, _STEPS_OF_A_WORKOUT = 20, 80
# Google keeps some 8,000 characters of a description, and what it cuts off would look like an edit.
_LONGEST_NOTES = 4000
_LONGEST_TEXT = 5 * _LONGEST_NOTES
"""Bytes, of which a character takes four at most."""
# Days. Nobody eases off for longer than two months.
_MOST_OF_A_WEEK, _LONGEST_EASE = 4, 62


@dataclass(frozen=True, slots=True)
class PlatformFeed:
    workouts: tuple[Workout, ...]
    """In the order of days."""
    warnings: tuple[str, ...]
    """Of events that can't be read, one line each, for people."""

    @classmethod
    def of_files(cls, feeds: "Sequence[PlatformFeed]") -> "PlatformFeed":
        """What several files say. What is in two of them counts once: they are exports of the same plan."""
        if len(feeds) == 1:
            return feeds[0]
        count: Counter[Workout] = Counter()
        for feed in feeds:
            count |= Counter(feed.workouts)
        workouts = tuple(sorted(count.elements(), key=attrgetter("order")))
        return cls(workouts, tuple(warning for feed in feeds for warning in feed.warnings))

    @property
    def has_runs(self) -> bool:
        return any(workout.sort is Sort.RUN for workout in self.workouts)


def read_workouts(
    body: bytes, first: date, last: date, zone: ZoneInfo, settings: FeedSettings | None = None
) -> PlatformFeed:
    """The workouts from `first` to `last`, both included, on the dates of `zone`.

    Raises NotACalendar if the body is no whole calendar.
    """
    text, calendars = ics.outline(body)
    notes = Notes()
    budget = Budget.of_bytes(len(text))
    workouts: list[Workout] = []
    for calendar in calendars:
        reader = _FeedReader(text, calendar, zone, settings or FeedSettings(), notes, budget)
        try:
            workouts += reader.workouts(first, last)
        except TooCostly:
            raise NotACalendar(
                "it takes too long to read: it has more than a training plan can hold"
            ) from None
    return PlatformFeed(tuple(sorted(workouts, key=attrgetter("order"))), notes.lines())


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event with its properties.

    `component` knows no end; `length` is to that, if it says anything. `days` counts the days of an event
    that is all day, or goes on past a day.
    """

    fields: Properties
    component: Component
    length: timedelta | None
    days: int = 0

    def text(self, name: str) -> str:
        """Its beginning, which is more than anybody reads: each of its days asks again."""
        return text_of(self.fields[name][-1][1][:_LONGEST_TEXT]) if name in self.fields else ""

    @property
    def steps(self) -> int:
        """What it costs to read a workout's texts."""
        lengths = ((LONGEST_NAME, "SUMMARY"), (_LONGEST_NOTES, "DESCRIPTION"))
        read = (min(len(self.fields[name][-1][1]), most) for most, name in lengths if name in self.fields)
        return _STEPS_OF_A_WORKOUT + sum(read) // 2


class _FeedReader:
    """Reads one calendar of a body."""

    def __init__(
        self,
        text: bytes,
        calendar: Calendar,
        zone: ZoneInfo,
        settings: FeedSettings,
        notes: Notes,
        budget: Budget,
    ) -> None:
        self.text = text
        self.calendar = calendar
        self.zone = zone
        self.kinds = settings.kinds
        self.seconds_per_km = settings.seconds_per_km or USUAL_PACE
        self.notes = notes
        self.budget = budget
        # Whether it takes time is no question here: platforms mark workouts as free.
        self.reader = Reader.of(
            text, calendar, zone, lambda fields, all_day: False, self._note, self.notes.guess, budget
        )

    def _note(self, problem: str, uid: str | None) -> None:
        # What is wrong with an end is no loss: a workout is as long as its feed says, one way or another. Nor
        # is an unknown zone of the calendar: the plan's is as good.
        if not problem.startswith(("has an end", "has a duration", "ends before", "X-WR-TIMEZONE")):
            self.notes(problem, uid)

    def workouts(self, first: date, last: date) -> Iterator[Workout]:
        midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
        # No zone is further from UTC than a day.
        window = Timespan(midnight - timedelta(days=1), midnight + (last - first) + timedelta(days=2))
        for group in self._groups():
            for entry, start in self._occurrences(group, window):
                # What is of another time is not read.
                day, days = self._when(entry, start)[0], min(max(entry.days, 1), _LONGEST_EASE)
                if first <= day + timedelta(days=days - 1) and day <= last:
                    self.budget.take(entry.steps)
                    found = _in_its_weeks(self._workout(entry, start), entry.days)
                    yield from (workout for workout in found if first <= workout.day <= last)

    def _groups(self) -> Iterable[list[_Entry]]:
        """The events of one UID, in the order written."""
        groups: dict[str, list[_Entry]] = {}
        if self.calendar.events.too_short:
            self.notes("has no start and is left out", "", self.calendar.events.too_short)
        for number, (start, end) in enumerate(self.calendar.events):
            try:
                with self.budget.share() as share:
                    fields = read_properties(self.text, start, end, share, _LINES)
                    share.take(_STEPS_OF_AN_ENTRY)
            except TooCostly:
                if self.budget.left <= 0:
                    raise
                uid = first_of(self.text, start, end, b"UID")[1].decode("utf-8", "replace")
                self.notes("takes too long to read and is left out", uid)
                continue
            if is_ours(fields):
                continue
            uid = last_of(fields, "UID")
            if entry := self._entry(fields):
                groups.setdefault(uid or f"\n{number}", []).append(entry)
        return groups.values()

    def _entry(self, fields: Properties) -> _Entry | None:
        # Ends are read apart from starts: one that is a time makes a time of a start that is a date.
        without_end = {name: lines for name, lines in fields.items() if name not in ("DTEND", "DURATION")}
        component = self.reader.component(without_end)
        if component is None:
            return None
        self.notes.mute = True
        with_end = self.reader.component(fields)
        self.notes.mute = False
        if with_end is None or with_end.all_day:
            return _Entry(fields, component, None, _days(with_end) if with_end else 0)
        # An end at a time makes a time of a start that is a date: midnight.
        is_same = wall(with_end.start) == wall(component.start)
        days = _days(with_end)
        length = None if days or not is_same else with_end.length
        return _Entry(fields, component, length, days)

    def _occurrences(self, group: Sequence[_Entry], window: Timespan) -> Iterator[tuple[_Entry, Moment]]:
        """The entries of one UID with their starts, some of them outside the window."""
        masters: dict[object, _Entry] = {}
        overrides: dict[object, _Entry] = {}
        for entry in group:
            # The same UID on two days is two workouts: some exporters number nothing. On one day it is a
            # revision.
            found = masters if entry.component.recurrence_id is None else overrides
            key = entry.component.recurrence_id or self._when(entry, entry.component.start)
            if key not in found or entry.component.sequence >= found[key].component.sequence:
                found[key] = entry
        # Each takes the place of one occurrence, and is a workout of its own, below; but where it says how
        # the later ones are, too (RFC 5545, 3.2.13), all of them come with the series.
        of = {replace(o.component, free=not o.component.this_and_future): o for o in overrides.values()}
        series: _Entry | None = None
        for entry in masters.values():
            component = self._followed(entry.component)
            if not component.repeats:
                yield entry, component.start
                continue
            # Of two series of one UID they change the first.
            others = tuple(of) if series is None else tuple(replace(o, free=True) for o in of)
            starts = self._starts(Related((component,), others), window)
            # A rule may name its first start again.
            for ruler, start in dict.fromkeys(starts):
                yield of.get(ruler, entry), start
            series = series or entry
        for override, entry in of.items():
            if override.free or series is None:
                yield entry, override.start

    def _starts(self, events: Related, window: Timespan) -> list[tuple[Component, Moment]]:
        """The starts of a series, each with the event that says how it is."""
        with self.budget.share() as share:
            try:
                found = ruled_occurrences(events, window, share)
                return [(ruler, start) for ruler, (start, _) in found]
            except TooCostly:
                (master,) = events.masters
                self.notes("has too many occurrences; taken once only", master.uid)
                return [(master, master.start)]

    def _followed(self, component: Component) -> Component:
        """Without rules that repeat within a day: nobody trains so, and they would be thousands."""
        if not any(_repeats_within_a_day(rule) for rule, _ in component.rules):
            return component
        self.notes("repeats more often than daily; taken once only", component.uid)
        return replace(component, rules=(), rdates=(), periods=(), exdates=())

    def _workout(self, entry: _Entry, start: Moment) -> Workout:
        day, minute = self._when(entry, start)
        title = one_line(entry.text("SUMMARY")[:LONGEST_NAME])
        if is_cancelled(entry.text("STATUS")):
            text = take_apart(title).whole.strip() or "Workout"
            return Workout(day, Sort.OTHER, f"{text} (cancelled)", because="its STATUS")
        description = plain_lines(entry.text("DESCRIPTION")[:_LONGEST_NOTES])
        written = Entry(
            title,
            description,
            entry.text("UID").strip()[:LONGEST_NAME],
            entry.text("X-WORKOUT-ESTIMATED-DURATION"),
            entry.length,
        )
        found = read(written, self.kinds, self.seconds_per_km)
        if entry.days > 1 and found.kind is not Kind.RACE:
            because = f"an entry of {entry.days} days is a note"
            return Workout(
                day, Sort.OTHER, found.title, notes=description, because=because, eases_off=found.eases_off
            )
        return Workout(
            day=day,
            sort=found.sort,
            title=found.title,
            kind=found.kind,
            load=found.load,
            minutes=found.minutes,
            start=minute,
            notes=description,
            sport=found.sport,
            effort=found.effort,
            because=found.because,
            eases_off=found.eases_off,
            done=_is_done(written.uid, description),
        )

    def _when(self, entry: _Entry, start: Moment) -> tuple[date, int | None]:
        """The date and the minute of the day, of which a date has none."""
        if not isinstance(start, datetime):
            return start, None
        if entry.days and wall(start).time() == time():
            # From midnight to midnight is all day, as some exporters write it, on whatever clock.
            return wall(start).date(), None
        local = start.astimezone(self.zone)
        return local.date(), local.hour * 60 + local.minute


# Runna gives what is done an UID that says so; TrainingPeaks adds what it took, in lines of their own.
_DONE_UID = "COMPLETED_"
_TOOK = re.compile(r"^\s*actual (?:time|duration|distance)\s*:.*[1-9]", re.IGNORECASE | re.MULTILINE)


def _is_done(uid: str, description: str) -> bool:
    """Whether the platform says that a workout was done. Its date alone says nothing."""
    return uid.startswith(_DONE_UID) or _TOOK.search(description) is not None


def _days(component: Component) -> int:
    """How many days an event takes that is all day or goes on past a day; 0 if it does neither."""
    start, end = wall(component.start), wall(component.end)
    is_whole = start.time() == end.time() == time()
    if is_whole or end - start > timedelta(days=1):
        return max((end - start).days + (not is_whole), 0)
    return 0


def _in_its_weeks(workout: Workout, days: int) -> Iterator[Workout]:
    """An entry of several days that eases its week off, once for each week that it means.

    That is each in which it has most of the days, as it may run from Sunday to Saturday, or for a fortnight.
    """
    if not workout.eases_off or workout.sort is not Sort.OTHER or days < 2:
        yield workout
        return
    first: dict[Week, date] = {}
    count: Counter[Week] = Counter()
    for day in (workout.day + timedelta(days=n) for n in range(min(days, _LONGEST_EASE))):
        first.setdefault(Week.of(day), day)
        count[Week.of(day)] += 1
    most = min(_MOST_OF_A_WEEK, max(count.values()))
    yield from (replace(workout, day=first[week]) for week, found in count.items() if found >= most)


def _repeats_within_a_day(rule: Rule) -> bool:
    return rule.freq > Freq.DAILY or any(len(times) > 1 for times in (rule.hours, rule.minutes, rule.seconds))
