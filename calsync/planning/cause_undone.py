"""The problem with one thing as it was before: what would have come of it tells the cause.

Decides which things can be taken back. What was busy or available before is not known, so a plan that changed
by these alone is not told from here. Knows nothing of how a cause is looked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from calsync.event import Event, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.candidates import Days
from calsync.planning.cause_place import Surroundings
from calsync.planning.cause_size import who_asks
from calsync.planning.placement import Fixed
from calsync.planning.plan import Plan
from calsync.planning.problem import Problem
from calsync.planning.progression import min_days_apart
from calsync.planning.rules import Rule
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.words import kind_name, moment, of_run
from calsync.training import Week


def as_it_was(plan: Plan, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """What changed, each with the problem as if it hadn't; what is most likely to matter for `key` first."""
    problem = plan.problem
    yield from _runs(problem, around, key)
    yield from _sizes(problem, around, key)
    yield from _distances(problem, key)
    yield from _sessions(problem, around, key)


def _runs(problem: Problem, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """Each run that is new, gone, at another time or of another kind."""
    changed = list(_changed_runs(problem, around))
    for before, now in changed:
        yield _run_text(before, now, around), _with_runs(problem, [(before, now)])
    if len(changed) > 1:
        near = [
            _run_text(before, now, around)
            for before, now in changed
            if week_of_key(key) in {Week.of(run.day) for run in (before, now) if run}
        ]
        if near:
            yield "; ".join(near[:3]), _with_runs(problem, changed)


_Changed = tuple[SettledRun | None, SettledRun | None]


def _changed_runs(problem: Problem, around: Surroundings) -> Iterator[_Changed]:
    """Runs before and after, of weeks of which the calendars know some run."""
    was = {key: event for key, event in around.was.items() if not is_strength(key)}
    known_weeks = {week_of_key(key) for key in was}
    there = set()
    for run in problem.settled.runs:
        there.add(run.key)
        event = was.get(run.key)
        if event is None:
            if week_of_key(run.key) in known_weeks and run.start > wall.seconds(problem.given.now):
                yield None, run
            continue
        before = _as_stored(run, event, problem)
        if (before.start, before.end, before.kind) != (run.start, run.end, run.kind):
            yield before, run
    first = problem.weeks[0].week
    for key, event in was.items():
        if key not in there and week_of_key(key) >= first and event.kind:
            run = SettledRun(key, event.kind, event.summary, first.monday, 0, 1)
            yield _as_stored(run, event, problem), None


def _as_stored(run: SettledRun, event: Event, problem: Problem) -> SettledRun:
    start, end = wall.seconds(event.span.start), wall.seconds_up(event.span.end)
    day = problem.days.clock.day_of(start)
    return replace(run, day=day, start=start, end=end, kind=event.kind or run.kind)


def _with_runs(problem: Problem, changed: Iterable[_Changed]) -> Problem:
    taken_back = list(changed)
    gone = {now.key for _, now in taken_back if now}
    runs = [run for run in problem.settled.runs if run.key not in gone]
    runs += [before for before, _ in taken_back if before]
    given = problem.given
    return replace(problem, days=Days(given.program, runs, given.busy, given.now, problem.days.clock))


def _run_text(before: SettledRun | None, now: SettledRun | None, around: Surroundings) -> str:
    zone = around.problem.days.clock.zone
    if now is None:
        assert before is not None
        return f"{of_run(before)} at {before.span.start.astimezone(zone):%H:%M} is gone"
    if before is None:
        return f"{of_run(now)} at {now.span.start.astimezone(zone):%H:%M} is new"
    if before.kind != now.kind:
        return f"{of_run(before)} became {kind_name(now.kind)}"
    if before.day != now.day:
        mover = "was moved by its owner" if now.pinned else "moved"
        return f"{of_run(before)} {mover} to {moment(now.span, zone)}"
    return around.run_now(now)


def _sizes(problem: Problem, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """The sessions of its week as heavy and as long as they were."""
    for week, sessions in problem.free:
        wanted = next((one for one in sessions if one.key == key), None)
        if week.week == week_of_key(key) and wanted:
            text = who_asks(week, wanted)
            before = tuple(_as_large_as(session, around) for session in sessions)
            if text and before != sessions:
                yield text, _with_sessions(problem, week, before)


def _as_large_as(session: WantedSession, around: Surroundings) -> WantedSession:
    was = around.was.get(session.key)
    if was is None:
        return session
    minutes = round(was.span.duration.total_seconds() / 60)
    load = was.load if was.load and was.load.rank > session.load.rank else session.load
    return replace(session, minutes=max(minutes, session.minutes), load=load)


def _with_sessions(problem: Problem, week: WantedWeek, sessions: tuple[WantedSession, ...]) -> Problem:
    return replace(
        problem, free=tuple((one, sessions if one is week else others) for one, others in problem.free)
    )


def _distances(problem: Problem, key: str) -> Iterator[tuple[str, Problem]]:
    """The days between sessions as they are without a check-in."""
    least = min_days_apart(problem.given.program, None)
    for week, _ in problem.free:
        if week.week == week_of_key(key) and week.min_days_apart > least:
            # Nothing but a check-in sets sessions further apart.
            notes = week.adjusted.notes
            text = "; ".join(note.text for note in notes if note.rule is Rule.OUT_OF_BALANCE)
            free = tuple(
                (replace(one, min_days_apart=least) if one is week else one, others)
                for one, others in problem.free
            )
            yield text, replace(problem, free=free)


def _sessions(problem: Problem, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """A session that is gone, or that its owner moved, where it was."""
    free = {session.key for _, sessions in problem.free for session in sessions}
    fixed = {session.key: session for session in problem.fixed}
    zone, clock = problem.days.clock.zone, problem.days.clock
    for other, event in around.was.items():
        start = wall.seconds(event.span.start)
        stands = fixed.get(other)
        if not is_strength(other) or other in free or event.span.start <= problem.given.now:
            continue
        if stands and stands.start == start:
            continue
        day = clock.day_of(start)
        before = Fixed(other, day, start, problem.given.min_days_apart(day))
        others = tuple(one for one in problem.fixed if one.key != other)
        where = f"the session of {moment(event.span, zone)}"
        if stands:
            now = problem.given.standing.published[other].span
            text = f"{where} was moved by its owner to {moment(now, zone)}"
        else:
            text = f"{where} is gone"
        yield text, replace(problem, fixed=(*others, before))
