"""A plan as events, with the titles and descriptions that a runner reads in any calendar."""

from collections.abc import Mapping

from calsync.event import BUSY, Event, Published
from calsync.planning.explain import lasting_reasons
from calsync.planning.plan import Plan, PlannedRun, PlannedSession
from calsync.planning.why import Reason
from calsync.training import Load, Routine
from calsync.words import kind_name, one_line, plain_lines


def agenda(plan: Plan, routines: Mapping[str, Routine]) -> tuple[Event, ...]:
    """The runs and sessions of `plan` as events, in the order of time. `routines` by name."""
    events = [_run_event(run) for run in plan.runs]
    for week in plan.weeks:
        events += [
            _session_event(session, routines, lasting_reasons(plan, week, session))
            for session in week.strength
        ]
    return tuple(sorted(events, key=lambda event: (event.span, event.key)))


def run_title(run: PlannedRun) -> str:
    return one_line(run.run.title) or kind_name(run.run.kind).capitalize()


def session_title(session: PlannedSession, routines: Mapping[str, Routine]) -> str:
    """ "Strength: Lower body (moderate)"."""
    routine = routines.get(session.routine)
    title = one_line(routine.title) if routine else session.routine.replace("-", " ").capitalize()
    return f"Strength: {title} ({session.load})" if title else f"Strength ({session.load})"


def _run_event(planned: PlannedRun) -> Event:
    run = planned.run
    if run.unwanted:
        summary = run_title(planned)
        return _as_it_is(run.key, run.unwanted, summary, ("Running", str(run.effort).capitalize()))
    minutes = (run.end - run.start) // 60
    about = f"{kind_name(run.kind).capitalize()}, {minutes} min."
    return Event(
        key=run.key,
        span=run.span,
        summary=run_title(planned),
        description=plain_lines(f"{about}\n\n{run.notes}"),
        categories=("Running", str(run.effort).capitalize()),
        kind=run.kind,
    )


def _session_event(
    session: PlannedSession,
    routines: Mapping[str, Routine],
    why: tuple[Reason, ...],
) -> Event:
    categories = ("Strength", str(session.load).capitalize())
    if session.wanted is None and session.published:
        return _as_it_is(session.key, session.published, session_title(session, routines), categories)
    lines = [f"{session.minutes} min, {session.load}."]
    if routine := routines.get(session.routine):
        # A platform's own workout comes as a text.
        lines += ["", *(_exercise_lines(routine, session.minutes, session.load) or [routine.about])]
    if why:
        lines += ["", "Why here: " + "; ".join(reason.text for reason in why) + "."]
    return Event(
        key=session.key,
        span=session.span,
        summary=session_title(session, routines),
        description=plain_lines("\n".join(lines)),
        categories=categories,
        load=session.load,
        routine=session.routine or None,
    )


def _as_it_is(key: str, published: Published, summary: str, categories: tuple[str, ...]) -> Event:
    """What stands on a calendar although no template asks for it any more: it keeps saying what it said."""
    return Event(
        key=key,
        span=published.span,
        summary=published.title if published.title not in ("", BUSY) else summary,
        description=published.description,
        categories=categories,
        kind=published.kind,
        load=published.load,
        routine=published.routine,
    )


def exercises(routine: Routine, minutes: int, load: Load) -> tuple[tuple[str, str], ...]:
    """What to do in a session of that length: exercises with their numbers, each with a cue, maybe empty."""
    found = []
    for exercise in routine.within(minutes):
        prescription = exercise.prescription(load)
        name = f"{exercise.name}, {prescription}" if prescription else exercise.name
        found.append((name, exercise.cue or ""))
    return tuple(found)


def _exercise_lines(routine: Routine, minutes: int, load: Load) -> list[str]:
    lines = []
    for name, cue in exercises(routine, minutes, load):
        lines += [f"- {name}", f"  {cue}"] if cue else [f"- {name}"]
    return lines
