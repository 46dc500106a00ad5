"""What stage 2 has to solve: what each day offers, which sessions stand, which are to be placed.

Decides which sessions are fixed. Knows nothing of how the best choice is found, or of how a plan reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync.checkin import CheckIn, acting_on
from calsync.event import Published, Standing, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.candidates import Days
from calsync.planning.placement import Fixed, Placement, Slot, SlotWeek, place
from calsync.planning.platform import FeedWeek
from calsync.planning.progression import min_days_apart
from calsync.planning.runs import SettledRuns, settle
from calsync.planning.wall import Wall
from calsync.planning.week import WantedSession, WantedWeek, wanted_week
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Load, Week, WeekTemplate


def busy_window(program: Program, now: datetime, zone: ZoneInfo) -> Timespan:
    """The time whose busy blocks a plan needs: its horizon, and a week more for the runs to be respected.

    A day on both sides, for buffers and for runs around midnight. The same all week long, so that what was
    read once serves until Sunday.
    """
    weeks = program.horizon_weeks(now.astimezone(zone).date())
    clock = Wall(zone)
    first, last = weeks[0].monday - timedelta(days=1), weeks[-1].plus(2).monday + timedelta(days=1)
    return wall.span(clock.at(first, 0), clock.at(last, 0))


@dataclass(frozen=True, slots=True)
class Given:
    """All that a plan follows from.

    `templates` holds every template that `program` names, by that name; `busy` is merged, in order, and
    covers busy_window(). `feed` has the weeks in which a training platform says what to run.
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

    @property
    def horizon(self) -> tuple[Week, ...]:
        """The weeks to plan: `weeks`, or if that is empty those of the program's horizon."""
        return self.weeks or self.program.horizon_weeks(self.now.astimezone(self.zone).date())

    def wanted_week(self, week: Week) -> WantedWeek:
        """What `week` asks for."""
        return wanted_week(week, self.program, self.templates, self.checkins, self.feed.get(week))

    def min_days_apart(self, day: date) -> int:
        """How far a session on `day` is from the one before it: its date's week says so, whatever its key."""
        return min_days_apart(self.program, acting_on(Week.of(day), self.checkins))


@dataclass(frozen=True, slots=True)
class Problem:
    """Stage 2 before it is solved: what each day offers, what stands, what is to be placed."""

    given: Given
    weeks: tuple[WantedWeek, ...]
    settled: SettledRuns
    days: Days
    fixed: tuple[Fixed, ...]
    free: tuple[tuple[WantedWeek, tuple[WantedSession, ...]], ...]

    def published_start(self, key: str) -> int | None:
        published = self.given.standing.published.get(key)
        return wall.seconds(published.span.start) if published else None

    def solve(self) -> Placement:
        return place(self.slot_weeks(), self.fixed)

    def slot_weeks(self) -> tuple[SlotWeek, ...]:
        """The cheapest candidate of each day and session to be placed."""
        return tuple(
            SlotWeek(week.week.monday, tuple(self._slot(week, s) for s in sessions), week.min_days_apart)
            for week, sessions in self.free
        )

    def _slot(self, week: WantedWeek, wanted: WantedSession) -> Slot:
        published = self.published_start(wanted.key)
        places = (self.days.cheapest(week, wanted, day, published) for day in week.week.days)
        return Slot(wanted.key, tuple(found for found in places if found))


def pose(given: Given) -> Problem:
    """Settle the runs and say what stage 2 has to solve."""
    program, standing, now = given.program, given.standing, given.now
    clock = Wall(given.zone)
    horizon = given.horizon
    # The runs of the week after the horizon count for its last sessions.
    weeks = [given.wanted_week(week) for week in (*horizon, horizon[-1].plus(1))]
    settled = settle(weeks, program, standing, given.busy, now, clock)
    days = Days(program, settled.runs, given.busy, now, clock)
    weeks = weeks[:-1]
    fixed = _fixed(weeks, given, days)
    standing_keys = {session.key for session in fixed} | standing.skipped
    free = tuple((week, tuple(s for s in week.sessions if s.key not in standing_keys)) for week in weeks)
    return Problem(given, tuple(weeks), settled, days, tuple(fixed), free)


def _fixed(weeks: Sequence[WantedWeek], given: Given, days: Days) -> list[Fixed]:
    """The strength sessions that stand: begun, pinned, or too close to now to be moved."""
    program, standing, now = given.program, given.standing, given.now
    by_week = {week.week: week for week in weeks}
    first = weeks[0].week
    soon = now + program.availability.notice
    fixed = []
    for key, published in standing.published.items():
        if not is_strength(key) or key in standing.skipped:
            continue
        week = week_of_key(key)
        begun = published.span.start <= now
        start = wall.seconds(published.span.start)
        day = days.clock.day_of(start)
        wanted = by_week.get(week)
        if begun:
            stands = first.plus(-1) in (week, Week.of(day)) or week in by_week or Week.of(day) in by_week
        elif published.pinned:
            stands = True
        else:
            stands = (
                published.span.start < soon
                and wanted is not None
                and _still_allowed(wanted, key, day, published, days)
            )
        if stands:
            fixed.append(Fixed(key, day, start, given.min_days_apart(day)))
    return fixed


def _still_allowed(week: WantedWeek, key: str, day: date, published: Published, days: Days) -> bool:
    """A1 to A3, A5 and A6 for a published session, at the load it would have now."""
    session = next((s for s in week.sessions if s.key == key), None)
    if session is None or Week.of(day) != week.week:
        return False
    minutes = round(published.span.duration / timedelta(minutes=1))
    start = wall.seconds(published.span.start)
    return days.is_allowed_apart_from_notice(week, day, start, minutes, standing_load(published, session))


def standing_load(published: Published, wanted: WantedSession | None) -> Load:
    """What a standing session asks of the legs: as published, but never more than is wanted now."""
    loads = [load for load in (published.load, wanted.load if wanted else None) if load]
    return min(loads, key=lambda load: load.rank, default=Load.LIGHT)
