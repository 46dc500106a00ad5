"""A finished plan: the solution of its problem (problem.py), in the runner's words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calsync.event import Booked, Published, Standing, in_words, is_cross, week_of_key
from calsync.planning import wall, why
from calsync.planning.appointments import against, too_near
from calsync.planning.days import MOVED_POINTS, Candidate
from calsync.planning.placement import UNPLACED_POINTS, Fixed, Placement
from calsync.planning.problem import NO_SOURCES, Given, Problem, pose, standing_load
from calsync.planning.runs import SettledRun, clash_of
from calsync.planning.week import (
    NO_FEED,
    FeedWeek,
    WantedSession,
    WantedWeek,
)
from calsync.planning.why import Remark
from calsync.program import Pause, Program, WeekTemplate
from calsync.race import Race
from calsync.timespan import Timespan, merge
from calsync.training import CheckIn, Effort, Load, Priority, Week
from calsync.words import date_name, kind_name, week_name


class State(StrEnum):
    PLANNED = "planned"
    PLACED = "placed"
    PUBLISHED = "published"
    PINNED = "pinned"
    FIXED = "fixed"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """`clashes` are the names of the calendars that are busy at its time, of a run that is still to come."""

    run: SettledRun
    state: State
    clashes: tuple[str, ...] = ()
    done: bool = False

    @property
    def key(self) -> str:
        return self.run.key

    @property
    def span(self) -> Timespan:
        return self.run.span

    @property
    def clash_text(self) -> str:
        """ "clashes with work"; empty if it doesn't."""
        return f"clashes with {' and '.join(self.clashes)}" if self.clashes else ""


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A strength session with its time, in the week under which it is shown. `cost` holds the non-zero terms.

    One that was placed anew has a `place`; of one that stands, `published` is what its calendar says.
    `wanted` is None where the week no longer asks for it. `calendar` names the busy calendar that has it.
    """

    key: str
    week: WantedWeek
    routine: str
    load: Load
    span: Timespan
    day: date
    state: State
    cost: Mapping[str, int]
    wanted: WantedSession | None = None
    place: Candidate | None = None
    published: Published | None = None
    calendar: str = ""
    own_title: str = ""
    """Of one in a busy calendar."""
    done: bool = False
    missed: bool = False
    """It is still where the runner missed it, as it couldn't fit in again."""

    @property
    def title(self) -> str:
        """Empty where it is called as its routine."""
        return self.own_title or (self.wanted.title if self.wanted else "")

    @property
    def location(self) -> str:
        return self.wanted.location if self.wanted else ""

    @property
    def called(self) -> str:
        """What it is, in sentences."""
        return self.title or self.routine.replace("-", " ") or "strength"

    @property
    def minutes(self) -> int:
        return self.span.minutes


@dataclass(frozen=True, slots=True)
class PlannedWeek:
    """`cross` is planned like runs, and is no event. `too_late` are the sessions that have no place only
    because the week is nearly over, `unplaced` the others without one. `skipped` holds keys.
    """

    wanted: WantedWeek
    runs: tuple[PlannedRun, ...]
    cross: tuple[PlannedRun, ...]
    strength: tuple[PlannedSession, ...]
    unplaced: tuple[WantedSession, ...]
    too_late: tuple[WantedSession, ...]
    skipped: tuple[str, ...]

    @property
    def week(self) -> Week:
        return self.wanted.week

    @property
    def too_late_text(self) -> str:
        """What there is to say of `too_late`, if there are any."""
        monday = date_name(self.week.plus(1).monday)
        if self.strength:
            return f"too late for more strength this week; it goes on from {monday}"
        return f"too late for this week; strength starts on {monday}"


@dataclass(frozen=True, slots=True)
class Plan:
    """`busy` is merged, in order, before the buffer, and clipped to the horizon."""

    weeks: tuple[PlannedWeek, ...]
    busy: tuple[Timespan, ...]
    warnings: tuple[Remark, ...]
    cost: int
    now: datetime
    zone: ZoneInfo
    problem: Problem
    placement: Placement

    @property
    def sessions(self) -> tuple[PlannedSession, ...]:
        return tuple(session for week in self.weeks for session in week.strength)

    @property
    def runs(self) -> tuple[PlannedRun, ...]:
        return tuple(run for week in self.weeks for run in week.runs)

    @property
    def cross(self) -> tuple[PlannedRun, ...]:
        return tuple(one for week in self.weeks for one in week.cross)

    def cost_of_missing(self, key: str) -> Mapping[str, int]:
        """The cost terms of a session without a place."""
        is_published = key in self.problem.days.published
        return {"unplaced": UNPLACED_POINTS, **({"moved": MOVED_POINTS} if is_published else {})}

    @property
    def notices(self) -> tuple[Remark, ...]:
        """What is good to know when looking at the plan, and asks for nothing."""
        too_late = (Remark("too-late", week.too_late_text) for week in self.weeks if week.too_late)
        missed = (
            Remark("missed", why.missed_for_good(in_words(one.key), one.called))
            for one in self.sessions
            if one.missed
        )
        return (
            *too_late,
            *missed,
            *(Remark("busy-all-day", why.maybe_away(days)) for days in self._full_days()),
        )

    def _full_days(self) -> Iterator[Pause]:
        """Two days or more in a row that are still to come, no pause, and busy all day long."""
        clock, program = self.problem.days.clock, self.problem.given.program
        today = self.now.astimezone(self.zone).date()
        stretches: list[list[date]] = []
        for day in (day for week in self.weeks for day in week.week.days if day >= today):
            start, end = (wall.instant(clock.at(day, minute)) for minute in (0, 1440))
            is_full = any(span.start <= start and end <= span.end for span in self.busy)
            if not is_full or program.is_paused(day):
                continue
            if stretches and day - stretches[-1][-1] == timedelta(days=1):
                stretches[-1].append(day)
            else:
                stretches.append([day])
        return (Pause(days[0], days[-1]) for days in stretches if len(days) > 1)

    @property
    def program(self) -> Program:
        """What the config says, with the pauses that calendars know of."""
        return self.problem.given.program

    @property
    def is_empty(self) -> bool:
        """Whether nothing is still to come."""
        own = (session for session in self.sessions if not session.calendar)
        spans = (*(run.span for run in self.runs), *(session.span for session in own))
        return not any(span.start > self.now for span in spans)


def make_plan(
    program: Program,
    templates: Mapping[str, WeekTemplate],
    busy: Sequence[Timespan],
    standing: Standing,
    now: datetime,
    zone: ZoneInfo,
    checkins: Sequence[CheckIn] = (),
    feed: Mapping[Week, FeedWeek] = NO_FEED,
    booked: Sequence[Booked] = (),
    sources: Mapping[str, tuple[Timespan, ...]] = NO_SOURCES,
) -> Plan:
    """Where everything goes, from the week of `now` on (or the plan's first, if that is later).

    `busy` must cover busy_window(), in any order; `sources` has the same by the names of calendars, merged.
    `templates` holds every template that `program` names; `feed` the weeks in which a training platform says
    what to run; `booked` the strength sessions that are in busy calendars.
    """
    return plan_of(
        Given(
            program,
            templates,
            merge(busy),
            standing,
            now,
            zone,
            checkins=tuple(checkins),
            feed=feed,
            booked=tuple(booked),
            sources=sources,
        )
    )


def plan_of(given: Given) -> Plan:
    """The plan that follows from all that is `given`."""
    problem = pose(given)
    placement = problem.solve()
    too_late = _too_late(problem, placement)
    weeks = tuple(_planned_week(week, problem, placement, too_late) for week in problem.weeks)
    clock = problem.days.clock
    horizon = wall.span(clock.at(weeks[0].week.monday, 0), clock.at(weeks[-1].week.plus(1).monday, 0))
    return Plan(
        weeks=weeks,
        busy=tuple(part for block in problem.given.busy if (part := block.clipped(horizon))),
        warnings=tuple(_warnings(problem, weeks)),
        cost=placement.cost,
        now=given.now,
        zone=given.zone,
        problem=problem,
        placement=placement,
    )


def _too_late(problem: Problem, placement: Placement) -> frozenset[str]:
    """The keys of sessions that would have a place if the plan had been made when its first week began.

    So nothing is wrong but the hour: the days that could have held them are over, or too near by `notice`. A
    session that was on a calendar before and lost its place is none of them: the runner counts on it.
    """
    given = problem.given
    known = given.standing.published.keys() | given.standing.lost | problem.missed.keys()
    missing = placement.missing - known
    monday = wall.instant(problem.days.clock.at(problem.weeks[0].week.monday, 0))
    notice = given.program.availability.notice
    if not missing or given.now + notice <= monday:
        return frozenset()
    solved = replace(problem, days=problem.days_if(now=monday - notice)).solve()
    return frozenset(key for key in missing if solved.chosen[key] is not None)


def _planned_week(
    week: WantedWeek, problem: Problem, placement: Placement, too_late: frozenset[str]
) -> PlannedWeek:
    horizon = {other.week for other in problem.weeks}

    def is_shown_here(key: str, day: date) -> bool:
        # Under the week that it belongs to, or if the horizon lacks that, where the runner moved it.
        belongs_to = week_of_key(key)
        return (belongs_to if belongs_to in horizon else Week.of(day)) == week.week

    strength = [
        _standing_session(session, week, problem, placement)
        for session in problem.fixed
        if is_shown_here(session.key, session.day)
    ]
    missing = []
    for session in week.sessions:
        if session.key in placement.chosen:
            if chosen := placement.chosen[session.key]:
                strength.append(_placed_session(session, chosen, week, problem, placement))
            elif session.key in problem.missed:
                strength.append(_missed_session(session, week, problem))
            else:
                missing.append(session)
    training = [run for run in problem.settled.runs if is_shown_here(run.key, run.day)]
    return PlannedWeek(
        wanted=week,
        runs=tuple(_planned_run(run, problem) for run in training if not is_cross(run.key)),
        cross=tuple(_planned_run(run, problem) for run in training if is_cross(run.key)),
        strength=tuple(sorted(strength, key=lambda session: (session.span, session.key))),
        unplaced=tuple(session for session in missing if session.key not in too_late),
        too_late=tuple(session for session in missing if session.key in too_late),
        skipped=tuple(sorted(key for key in problem.given.standing.skipped if week_of_key(key) == week.week)),
    )


def _standing_session(
    session: Fixed, week: WantedWeek, problem: Problem, placement: Placement
) -> PlannedSession:
    published, wanted = problem.given.standing.published[session.key], week.session(session.key)
    appointment = problem.appointments.get(session.key)
    state = State.PINNED if published.pinned else State.PUBLISHED
    if appointment:
        state = State.FIXED
    calendar = appointment.calendar if appointment else ""
    points = placement.spacing.get(session.key, 0)
    return PlannedSession(
        key=session.key,
        week=week,
        routine=wanted.routine if wanted else published.routine or "",
        load=standing_load(published, wanted),
        span=published.span,
        day=session.day,
        state=State.PAST if published.span.start <= problem.given.now else state,
        cost={"spacing": points} if points else {},
        wanted=wanted,
        published=published,
        calendar=calendar,
        own_title=appointment.called if appointment and calendar else "",
        done=session.key in problem.done,
    )


def _missed_session(session: WantedSession, week: WantedWeek, problem: Problem) -> PlannedSession:
    published = problem.missed[session.key]
    return PlannedSession(
        key=session.key,
        week=week,
        routine=session.routine,
        load=standing_load(published, session),
        span=published.span,
        day=problem.days.clock.day_of(wall.seconds(published.span.start)),
        state=State.PAST,
        cost={"unplaced": UNPLACED_POINTS},
        wanted=session,
        published=published,
        missed=True,
    )


def _placed_session(
    session: WantedSession, chosen: Candidate, week: WantedWeek, problem: Problem, placement: Placement
) -> PlannedSession:
    terms = dict(problem.days.terms(week, session, chosen))
    if points := placement.spacing.get(session.key, 0):
        terms["spacing"] = points
    return PlannedSession(
        key=session.key,
        week=week,
        routine=session.routine,
        load=chosen.load,
        span=chosen.span,
        day=chosen.day,
        state=State.PUBLISHED if problem.days.published.get(session.key) == chosen.start else State.PLACED,
        cost=terms,
        wanted=session,
        place=chosen,
    )


def _planned_run(run: SettledRun, problem: Problem) -> PlannedRun:
    published = problem.given.standing.published.get(run.key)
    if run.span.start <= problem.given.now:
        state = State.PAST
    elif run.pinned:
        state = State.PINNED
    elif published is not None and published.span == run.span:
        state = State.PUBLISHED
    else:
        state = State.PLANNED
    clashes = () if state is State.PAST else problem.given.busy_at(run.span)
    return PlannedRun(run, state, clashes, run.key in problem.done)


def _clashes(week: PlannedWeek, problem: Problem) -> Iterator[Remark]:
    """That runs are at busy times, and stay there: one line for the week."""
    found = {one.key: one for one in (*week.runs, *week.cross) if one.clashes}
    if found:
        code = "cross-clashes" if all(map(is_cross, found)) else "run-clashes"
        names = tuple(dict.fromkeys(name for one in found.values() for name in one.clashes))
        is_kept = found.keys() <= problem.settled.without_room
        runs = [one.run for one in found.values()]
        yield Remark(code, clash_of(runs, names, problem.given.zone, is_kept=is_kept))


def _before_races(problem: Problem, races: Iterable[Race]) -> Iterator[Remark]:
    """That the legs won't be fresh: a hard or long run on the day before one that is more than for fun."""
    for race in races:
        eve = race.day - timedelta(days=1)
        if race.priority is Priority.C or problem.given.program.is_paused(race.day):
            continue
        for run in problem.days.runs_on(eve):
            if run.effort not in (Effort.LONG, Effort.HARD):
                continue
            advice = f"choose another template for that week: [plan.override] {Week.of(eve)}"
            if race.weeks is None and race.distance is None and race.priority is Priority.A:
                advice = 'say how far the race is, such as distance = "half", and it brings its last weeks'
            title = run.title or kind_name(run.kind)
            yield Remark(
                "before-race", f"{title} on {date_name(eve)} is the day before {race.title}; {advice}"
            )


def _warnings(problem: Problem, weeks: Sequence[PlannedWeek]) -> list[Remark]:
    horizon = {week.week for week in weeks}
    notes = [note for week in problem.weeks for note in week.adjusted.warnings]
    # A template that is used in several weeks says it once.
    warnings = [Remark(note.rule, note.text) for note in dict.fromkeys(notes)]
    shown = {run.key for week in weeks for run in (*week.runs, *week.cross)}
    warnings += [remark for keys, remark in problem.settled.warnings if keys & shown]
    warnings += [remark for week in weeks for remark in _clashes(week, problem)]
    program = problem.given.program
    declared = [race for race in program.races if Week.of(race.day) in horizon]
    for race in declared:
        if program.is_paused(race.day):
            stays = "; the taper stays" if race.priority is Priority.A else ""
            text = f"{race.on_its_day} is in a pause, so it is not planned{stays}"
            warnings.append(Remark("race-paused", text))
    warnings += _before_races(problem, declared)
    for week in weeks:
        races = [run.run for run in week.runs if run.run.effort is Effort.RACE]
        of_week = sum(Week.of(race.day) == week.week for race in declared)
        if of_week and len(races) > of_week:
            titles = " and ".join(f"{run.title or run.kind} on {date_name(run.day)}" for run in races)
            text = (
                f"{week_name(week.week)} has more than one race: {titles}; "
                f'is the template "{week.wanted.template.name}" right for it?'
            )
            warnings.append(Remark("two-races", text))
    stands = ((one.day, one.start, one.key, one.min_days_apart) for one in problem.fixed)
    near = too_near(problem.appointments, stands)
    warnings += against(problem.appointments, problem.weeks, problem.days, near)
    for week in weeks:
        for session in week.unplaced:
            text = f"{in_words(session.key)} ({session.called}) couldn't fit in"
            warnings.append(Remark("unplaced", text))
    return warnings
