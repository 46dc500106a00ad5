"""What a plan follows from, and the problem that this poses.

First the runs settle (runs.py). What is left of each day (days.py) is where sessions can be, and the best of
all choices is found in placement.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from calsync.event import Booked, Published, Standing, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.appointments import Appointment, appointments, with_appointments
from calsync.planning.days import Candidate, Days
from calsync.planning.placement import Fixed, Placement, Slot, SlotWeek, place
from calsync.planning.progression import min_days_apart
from calsync.planning.runs import SettledRun, SettledRuns, settle
from calsync.planning.wall import Wall
from calsync.planning.week import (
    FeedWeek,
    WantedSession,
    WantedWeek,
    wanted_week,
    with_booked,
)
from calsync.program import Program, WeekTemplate
from calsync.timespan import Timespan, overlapping
from calsync.training import CheckIn, Load, Week, acting_on

NO_SOURCES: Mapping[str, tuple[Timespan, ...]] = {}
BUSY_TIME = "busy time"


def busy_window(
    program: Program, now: datetime, zone: ZoneInfo, before: timedelta = timedelta(days=1)
) -> Timespan:
    """The time whose busy blocks a plan needs: its horizon, and a week more for the runs to be respected.

    A day on both sides, for buffers and for runs around midnight; `before` its first Monday it may be more.
    The same all week long, so that what was
    read once serves until Sunday.
    """
    weeks = program.horizon_weeks(now.astimezone(zone).date())
    clock = Wall(zone)
    first, last = weeks[0].monday - before, weeks[-1].plus(2).monday + timedelta(days=1)
    return wall.span(clock.at(first, 0), clock.at(last, 0))


@dataclass(frozen=True, slots=True)
class Given:
    """All that a plan follows from.

    `templates` holds every template that `program` names, by that name; `busy` is merged, in order, and
    covers busy_window(); `sources` has what each busy calendar says of it, merged, by name. `feed` has the
    weeks in which a training platform says what to run.
    """

    program: Program
    templates: Mapping[str, WeekTemplate]
    busy: tuple[Timespan, ...]
    standing: Standing
    now: datetime
    zone: ZoneInfo
    weeks: tuple[Week, ...] = ()
    checkins: tuple[CheckIn, ...] = ()
    feed: Mapping[Week, FeedWeek] = field(default_factory=dict)
    booked: tuple[Booked, ...] = ()
    sources: Mapping[str, tuple[Timespan, ...]] = field(default_factory=dict)

    @property
    def horizon(self) -> tuple[Week, ...]:
        """The weeks to plan: `weeks`, or if that is empty those of the program's horizon."""
        return self.weeks or self.program.horizon_weeks(self.now.astimezone(self.zone).date())

    def wanted_week(self, week: Week) -> WantedWeek:
        """What `week` asks for."""
        wanted = wanted_week(week, self.program, self.templates, self.checkins, self.feed.get(week))
        return with_booked(wanted, self.booked, self.program, self.zone) if self.booked else wanted

    def min_days_apart(self, day: date) -> int:
        """How far a session on `day` is from the one before it: its date's week says so, whatever its key."""
        return min_days_apart(self.program, acting_on(Week.of(day), self.checkins))

    def busy_at(self, span: Timespan) -> tuple[str, ...]:
        """The names of the calendars that are busy then; "busy time" where nobody knows whose it is."""
        if not overlapping(self.busy, span):
            return ()
        return tuple(name for name, spans in self.sources.items() if overlapping(spans, span)) or (BUSY_TIME,)

    def are_too_near(self, one: date, other: date) -> bool:
        """The pair rule between two sessions on these days."""
        return abs((one - other).days) < self.min_days_apart(max(one, other))


@dataclass(frozen=True, slots=True)
class Problem:
    """Stage 2 before it is solved: what each day offers, what stands, what is to be placed.

    `appointments` are those of the sessions that stand, by key; `given` has them among what is published.
    `missed` are sessions that are to be placed again, where they were: they are published nowhere. `done` are
    the keys of all that is done, as the runner or their platform says.
    """

    given: Given
    weeks: tuple[WantedWeek, ...]
    settled: SettledRuns
    days: Days
    fixed: tuple[Fixed, ...]
    free: tuple[tuple[WantedWeek, tuple[WantedSession, ...]], ...]
    appointments: Mapping[str, Appointment] = field(default_factory=dict)
    missed: Mapping[str, Published] = field(default_factory=dict)
    done: frozenset[str] = frozenset()

    def solve(self) -> Placement:
        return place(self.slot_weeks(), self.fixed)

    def days_if(
        self,
        program: Program | None = None,
        runs: Sequence[SettledRun] | None = None,
        busy: Iterable[Timespan] | None = None,
        now: datetime | None = None,
    ) -> Days:
        """What the days would offer with another program, other runs, other busy time, at another time."""
        given = self.given
        return Days(
            given.program if program is None else program,
            self.settled.runs if runs is None else runs,
            given.busy if busy is None else busy,
            given.now if now is None else now,
            self.days.clock,
            self.days.published,
        )

    def slot_weeks(self) -> tuple[SlotWeek, ...]:
        """The best candidate of each day and session to be placed."""
        return tuple(
            SlotWeek(week.week.monday, tuple(self._slot(week, s) for s in sessions), week.min_days_apart)
            for week, sessions in self.free
        )

    def _slot(self, week: WantedWeek, wanted: WantedSession) -> Slot:
        places = (self.days.cheapest(week, wanted, day) for day in week.week.days)
        found = tuple(found for found in places if found)
        if wanted.key in self.given.standing.put_back:
            found = self._where_it_was(week, wanted) or found
        return Slot(wanted.key, found, wanted.key in self.days.published)

    def _where_it_was(self, week: WantedWeek, wanted: WantedSession) -> tuple[Candidate, ...]:
        """The place of a session that is put back there; empty if the rules allow it there no more."""
        if (before := self.given.standing.published.get(wanted.key)) is None:
            return ()
        start, minutes = wall.seconds(before.span.start), before.span.minutes
        day = self.days.clock.day_of(start)
        places = self.days.candidates(week, wanted, day) if day in week.week.days else ()
        same = [one for one in places if (one.start, one.minutes) == (start, minutes)]
        return tuple(sorted(same, key=attrgetter("rank"))[:1])


def pose(given: Given) -> Problem:
    """Settle the runs and say what stage 2 has to solve."""
    program, standing, now = given.program, given.standing, given.now
    clock = Wall(given.zone)
    horizon = given.horizon
    # The runs of the week after the horizon count for its last sessions.
    weeks = [given.wanted_week(week) for week in (*horizon, horizon[-1].plus(1))]
    standing, missed = _without_missed(standing, weeks[:-1])
    settled = settle(weeks, program, standing, given.busy, now, clock)
    # Also those of the week after the horizon: its Monday is near.
    found = appointments(weeks, given.booked, program, clock)
    standing, counting = with_appointments(standing, found, now)
    given = replace(given, standing=standing)
    published = {key: wall.seconds(one.span.start) for key, one in standing.published.items()}
    days = Days(program, settled.runs, given.busy, now, clock, published)
    weeks = weeks[:-1]
    fixed = _fixed(weeks, given, days)
    standing_keys = {session.key for session in fixed} | standing.skipped
    free = tuple((week, tuple(s for s in week.sessions if s.key not in standing_keys)) for week in weeks)
    done = standing.done | {run.key for week in weeks for run in week.training if run.done}
    return Problem(given, tuple(weeks), settled, days, tuple(fixed), free, counting, missed, done)


def _without_missed(standing: Standing, weeks: Iterable[WantedWeek]) -> tuple[Standing, dict[str, Published]]:
    """What stands without the sessions of `weeks` that the runner missed, and those.

    So they have any place of their week that is left, and count for nothing where they were. A class comes
    when it comes.
    """
    missed = {
        session.key: standing.published[session.key]
        for week in weeks
        for session in week.sessions
        if standing.is_missed(session.key) and not session.class_at
    }
    published = {key: one for key, one in standing.published.items() if key not in missed}
    return replace(standing, published=published), missed


def fixed_at(key: str, published: Published, given: Given, days: Days) -> Fixed:
    """The session `key` as one that stands where `published` says."""
    start = wall.seconds(published.span.start)
    day = days.clock.day_of(start)
    return Fixed(key, day, start, given.min_days_apart(day), days.clock.more_days(published.span))


def _fixed(weeks: Sequence[WantedWeek], given: Given, days: Days) -> list[Fixed]:
    """The strength sessions that stand: begun, pinned, appointments, or too close to now to be moved."""
    program, standing, now = given.program, given.standing, given.now
    by_week = {week.week: week for week in weeks}
    first = weeks[0].week
    soon = now + program.availability.notice
    fixed = []
    for key, published in standing.published.items():
        if not is_strength(key) or key in standing.skipped:
            continue
        week, start = week_of_key(key), wall.seconds(published.span.start)
        day = days.clock.day_of(start)
        if published.span.start <= now:
            stands = first.plus(-1) in (week, Week.of(day)) or week in by_week or Week.of(day) in by_week
        elif published.pinned or key in standing.done:
            # Whoever did it before its time needs no other one.
            stands = True
        else:
            wanted = by_week.get(week) if published.span.start < soon else None
            stands = wanted is not None and still_allowed(wanted, key, day, published, days)
        if stands:
            fixed.append(fixed_at(key, published, given, days))
    return fixed


def still_allowed(week: WantedWeek, key: str, day: date, published: Published, days: Days) -> bool:
    """A1 to A3, A5 and A6 for a published session, at the load it would have now."""
    session = week.session(key)
    if session is None or Week.of(day) != week.week:
        return False
    start, minutes = wall.seconds(published.span.start), published.span.minutes
    load = standing_load(published, session)
    return not any(days.bans_at(week, day, start, minutes, load, session.where))


def standing_load(published: Published, wanted: WantedSession | None) -> Load:
    """What a standing session asks of the legs: as published, but never more than is wanted now."""
    loads = [load for load in (published.load, wanted.load if wanted else None) if load]
    return min(loads, key=lambda load: load.rank, default=Load.LIGHT)
