"""What the training rules say of a week template.

Decides what a coach would object to: here what is asked for, in lint_strength.py where strength can go. What
has no meaning, such as a run on a rest day, is found by the loader of templates.

Some rules no template can break by itself: when a lift is (`run-first`, `hard-days-hard`, `easy-days-easy`)
is for placement to decide, and `ease-in`, `taper`, `out-of-balance` and `support-not-compete` act on what
config, check-ins and calendars say.
"""

from collections.abc import Iterator, Mapping

from calsync.planning.finding import Finding, Severity
from calsync.planning.lint_strength import room, strength_days
from calsync.planning.room import day_after, efforts_on
from calsync.planning.rules import LONGEST_SESSION, Rule
from calsync.planning.words import kind_name
from calsync.training import WEEKDAYS, Load, Region, Routine, Run, Weekday, WeekTemplate


def lint(template: WeekTemplate, routines: Mapping[str, Routine]) -> tuple[Finding, ...]:
    """All findings of a template; `routines` holds those it asks for, by name."""
    return (
        *_side_by_side(template),
        *_ranges(template),
        *_rest(template),
        *strength_days(template),
        *_lengths(template, routines),
        *_recovery(template),
        *room(template),
        *_regions(template, routines),
    )


# --- the runs ---------------------------------------------------------------------------------------------


def _side_by_side(template: WeekTemplate) -> Iterator[Finding]:
    for day in WEEKDAYS:
        one, other = _hardest(template, day), _hardest(template, day_after(day))
        if one is None or other is None:
            continue
        when = " when the week follows itself" if day is WEEKDAYS[-1] else ""
        yield Finding(
            Rule.NO_BACK_TO_BACK,
            Severity.WARNING,
            ("runs", _number(template, other), "day"),
            f"{_named(template, one)} and {_named(template, other)} have no day between them{when}",
            "put an easy day or a rest day between them",
        )


def _hardest(template: WeekTemplate, day: Weekday) -> Run | None:
    """The run that makes a day hard, long or a race day; None if none does."""
    runs = [run for run in template.runs if run.day is day and run.kind.effort.wants_fresh_legs]
    return max(runs, key=lambda run: run.kind.effort.rank, default=None)


def _named(template: WeekTemplate, run: Run) -> str:
    return f"{run.day.long_name}'s {kind_name(run.kind)} (runs[{_number(template, run)}])"


def _number(template: WeekTemplate, run: Run) -> int:
    # By identity: two runs may be alike.
    return next(number for number, other in enumerate(template.runs) if other is run)


def _ranges(template: WeekTemplate) -> Iterator[Finding]:
    for number, run in enumerate(template.runs):
        longest = max((times.end - times.start for times in run.between), default=run.minutes)
        if longest < run.minutes:
            yield Finding(
                Rule.RUN,
                Severity.WARNING,
                ("runs", number, "between"),
                f"no range holds {run.minutes} min, so the run always begins at the start of the first",
                "make a range longer or the run shorter",
            )


def _rest(template: WeekTemplate) -> Iterator[Finding]:
    if template.rest:
        return
    taken = {*template.strength_days, *(day for day in WEEKDAYS if efforts_on(template, day))}
    if len(taken) == len(WEEKDAYS):
        runs = all(efforts_on(template, day) for day in WEEKDAYS)
        yield Finding(
            Rule.REST_DAY,
            Severity.WARNING,
            ("rest",),
            f"a run{'' if runs else ' or strength'} on every day, and no day to rest",
            'name a rest day, such as rest = ["mon"], and keep it free',
        )


# --- the sessions -----------------------------------------------------------------------------------------


def _lengths(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    for number, session in enumerate(template.strength):
        if session.minutes > LONGEST_SESSION:
            yield Finding(
                Rule.SHORT_AND_REGULAR,
                Severity.WARNING,
                ("strength", number, "duration"),
                f"{session.minutes} min are more than {LONGEST_SESSION}",
                "20 to 30 minutes are enough; two short sessions beat a long one",
            )
        if (routine := routines.get(session.routine)) and not routine.within(session.shortest):
            yield Finding(
                Rule.SHORT_AND_REGULAR,
                Severity.WARNING,
                ("strength", number, "shortest"),
                f"no exercise of {session.routine} fits {session.shortest} min",
                "make `shortest` longer, or put a shorter exercise into the routine",
            )


def _recovery(template: WeekTemplate) -> Iterator[Finding]:
    for number, session in enumerate(template.strength):
        if template.recovery and session.load is Load.HEAVY:
            yield Finding(
                Rule.EASE_OFF,
                Severity.WARNING,
                ("strength", number, "load"),
                "a recovery week has nothing heavy; the session becomes moderate",
                "ask for moderate or light work",
            )


def _regions(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    # Of a routine that could not be read nobody knows what it leaves out.
    if not template.strength or any(session.routine not in routines for session in template.strength):
        return
    known = [(routines[session.routine], session.minutes) for session in template.strength]
    listed = {region for routine, _ in known for exercise in routine.exercises for region in exercise.trains}
    done = {region for routine, minutes in known for ex in routine.within(minutes) for region in ex.trains}
    if missing := [region for region in Region if region not in listed]:
        yield Finding(
            Rule.WHAT_TO_TRAIN,
            Severity.WARNING,
            ("strength",),
            f"the routines of this week leave out {', '.join(missing)}",
            "choose another routine, or add an exercise for it",
        )
    if too_short := [region for region in Region if region in listed - done]:
        yield Finding(
            Rule.WHAT_TO_TRAIN,
            Severity.WARNING,
            ("strength",),
            f"the sessions are too short for the exercises that train {', '.join(too_short)}",
            "make a session longer, or put such an exercise further up in its routine",
        )
