"""A plan: the solved problem, put in the runner's words.

Decides what the plan says of each run and session. What stands and what is to be placed is decided in
problem.py; how runs settle, what a start costs and which choice is best in runs.py, candidates.py and
placement.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calsync.checkin import CheckIn
from calsync.event import Published, Standing, week_of_key
from calsync.planning import wall
from calsync.planning.candidates import Candidate
from calsync.planning.placement import Fixed, Placement
from calsync.planning.platform import NO_FEED, FeedWeek
from calsync.planning.problem import Given, Problem, pose, standing_load
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.words import date_name
from calsync.program import Program
from calsync.timespan import Timespan, merge
from calsync.training import Effort, Load, Week, WeekTemplate


class State(StrEnum):
    PLANNED = "planned"
    PLACED = "placed"
    PUBLISHED = "published"
    PINNED = "pinned"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class PlannedRun:
    run: SettledRun
    state: State

    @property
    def key(self) -> str:
        return self.run.key


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A strength session with its place. `cost` holds the non-zero terms; `wanted` is None for a session
    that stands although the week no longer asks for it. `place` is None for a session that stands, and
    `published` what its calendar says of it.
    """

    key: str
    routine: str
    load: Load
    span: Timespan
    day: date
    state: State
    cost: Mapping[str, int]
    wanted: WantedSession | None = None
    place: Candidate | None = None
    published: Published | None = None

    @property
    def minutes(self) -> int:
        return round(self.span.duration / timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class PlannedWeek:
    """`skipped` holds keys of runs and sessions; `efforts` one entry a day, Monday first."""

    wanted: WantedWeek
    runs: tuple[PlannedRun, ...]
    strength: tuple[PlannedSession, ...]
    unplaced: tuple[WantedSession, ...]
    skipped: tuple[str, ...]
    efforts: tuple[Effort, ...]

    @property
    def week(self) -> Week:
        return self.wanted.week


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something the runner should know: `code` for machines, `text` for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`busy` is merged, in order, before the buffer, and clipped to the horizon."""

    weeks: tuple[PlannedWeek, ...]
    busy: tuple[Timespan, ...]
    warnings: tuple[PlanWarning, ...]
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
    def is_empty(self) -> bool:
        """Whether nothing is still to come."""
        spans = (*(planned.run.span for planned in self.runs), *(session.span for session in self.sessions))
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
) -> Plan:
    """Where everything goes, from the week of `now` on (or the plan's first, if that is later).

    `busy` must cover busy_window(), in any order. `templates` holds every template that `program` names;
    `feed` the weeks in which a training platform says what to run.
    """
    given = Given(program, templates, merge(busy), standing, now, zone, (), tuple(checkins), feed)
    problem = pose(given)
    placement = problem.solve()
    weeks = tuple(_planned_week(week, problem, placement, now) for week in problem.weeks)
    clock = problem.days.clock
    horizon = wall.span(clock.at(weeks[0].week.monday, 0), clock.at(weeks[-1].week.plus(1).monday, 0))
    return Plan(
        weeks=weeks,
        busy=tuple(part for block in problem.given.busy if (part := block.clipped(horizon))),
        warnings=tuple(_warnings(problem, weeks)),
        cost=placement.cost,
        now=now,
        zone=zone,
        problem=problem,
        placement=placement,
    )


def _planned_week(week: WantedWeek, problem: Problem, placement: Placement, now: datetime) -> PlannedWeek:
    horizon = {other.week for other in problem.weeks}

    def is_shown_here(key: str, day: date) -> bool:
        # Under the week that it belongs to, or if the horizon lacks that, where its owner moved it.
        belongs_to = week_of_key(key)
        return (belongs_to if belongs_to in horizon else Week.of(day)) == week.week

    wanted = {session.key: session for session in week.sessions}
    strength = [
        _standing_session(
            session, problem.given.standing.published[session.key], placement, wanted.get(session.key), now
        )
        for session in problem.fixed
        if is_shown_here(session.key, session.day)
    ]
    unplaced = []
    for session in week.sessions:
        if session.key in placement.chosen:
            if chosen := placement.chosen[session.key]:
                strength.append(_placed_session(session, chosen, week, problem, placement))
            else:
                unplaced.append(session)
    return PlannedWeek(
        wanted=week,
        runs=tuple(
            _planned_run(run, problem, now) for run in problem.settled.runs if is_shown_here(run.key, run.day)
        ),
        strength=tuple(sorted(strength, key=lambda session: (session.span, session.key))),
        unplaced=tuple(unplaced),
        skipped=tuple(sorted(key for key in problem.given.standing.skipped if week_of_key(key) == week.week)),
        efforts=tuple(problem.days.effort(day) for day in week.week.days),
    )


def _standing_session(
    session: Fixed, published: Published, placement: Placement, wanted: WantedSession | None, now: datetime
) -> PlannedSession:
    state = State.PINNED if published.pinned else State.PUBLISHED
    points = placement.spacing.get(session.key, 0)
    return PlannedSession(
        key=session.key,
        routine=wanted.routine if wanted else published.routine or "",
        load=standing_load(published, wanted),
        span=published.span,
        day=session.day,
        state=State.PAST if published.span.start <= now else state,
        cost={"spacing": points} if points else {},
        wanted=wanted,
        published=published,
    )


def _placed_session(
    session: WantedSession, chosen: Candidate, week: WantedWeek, problem: Problem, placement: Placement
) -> PlannedSession:
    published = problem.published_start(session.key)
    terms = dict(problem.days.terms(week, session, chosen, published))
    if points := placement.spacing.get(session.key, 0):
        terms["spacing"] = points
    return PlannedSession(
        key=session.key,
        routine=session.routine,
        load=chosen.load,
        span=chosen.span,
        day=chosen.day,
        state=State.PUBLISHED if published == chosen.start else State.PLACED,
        cost=terms,
        wanted=session,
        place=chosen,
    )


def _planned_run(run: SettledRun, problem: Problem, now: datetime) -> PlannedRun:
    published = problem.given.standing.published.get(run.key)
    if run.span.start <= now:
        state = State.PAST
    elif run.pinned:
        state = State.PINNED
    elif published is not None and published.span == run.span:
        state = State.PUBLISHED
    else:
        state = State.PLANNED
    return PlannedRun(run, state)


def _warnings(problem: Problem, weeks: Sequence[PlannedWeek]) -> list[PlanWarning]:
    horizon = {week.week for week in weeks}
    notes = [note for week in problem.weeks for note in week.adjusted.warnings]
    # A template that is used in several weeks says it once.
    warnings = [PlanWarning(note.rule, note.text) for note in dict.fromkeys(notes)]
    warnings += [
        PlanWarning(warning.code, warning.text)
        for warning in problem.settled.warnings
        if week_of_key(warning.key) in horizon
    ]
    race = problem.given.program.race
    if race and Week.of(race.day) in horizon and problem.given.program.is_paused(race.day):
        text = f"{race.title} on {date_name(race.day)} is in a pause, so it is not planned; the taper stays"
        warnings.append(PlanWarning("race-paused", text))
    for week in weeks:
        races = [run.run for run in week.runs if run.run.effort is Effort.RACE]
        if race and len(races) > 1 and Week.of(race.day) == week.week:
            titles = " and ".join(f"{run.title or run.kind} on {date_name(run.day)}" for run in races)
            text = (
                f"{week.week} has more than one race: {titles}; is {week.wanted.template.name} right for it?"
            )
            warnings.append(PlanWarning("two-races", text))
    for week in weeks:
        for session in week.unplaced:
            text = f"{session.routine}, session {session.number} of {week.week}, found no place"
            warnings.append(PlanWarning("unplaced", text))
    return warnings
