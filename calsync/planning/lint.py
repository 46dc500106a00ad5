"""What the training rules say of a week template.

Decides what a coach would object to. A finding is an error if placement can never satisfy what the template
asks for, else a warning: training is the runner's own affair.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from calsync.planning.rules import FRESH_LEGS_HOURS, Rule
from calsync.training import WEEKDAYS, Effort, Load, Region, Routine, Weekday, WeekTemplate

LONGEST_SESSION = 45


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`place` is a key path of the template, such as "strength[0]"; `suggestion` says what to do."""

    rule: Rule
    severity: Severity
    place: str
    text: str
    suggestion: str


def lint(template: WeekTemplate, routines: Mapping[str, Routine]) -> tuple[Finding, ...]:
    """All findings of a template; `routines` holds those it asks for, by name."""
    checks: tuple[Callable[[WeekTemplate, Mapping[str, Routine]], Iterator[Finding]], ...] = (
        _lengths,
        _side_by_side,
        _rest,
        _strength_days,
        _room_for_lifts,
        _regions,
    )
    return tuple(finding for check in checks for finding in check(template, routines))


def _lengths(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    for number, session in enumerate(template.strength):
        if session.minutes > LONGEST_SESSION:
            yield Finding(
                Rule.SHORT_AND_REGULAR,
                Severity.WARNING,
                f"strength[{number}].duration",
                f"{session.minutes} min are more than {LONGEST_SESSION}",
                "20 to 30 minutes are enough; two short sessions beat a long one",
            )
        if (routine := routines.get(session.routine)) and not routine.within(session.shortest):
            yield Finding(
                Rule.SHORT_AND_REGULAR,
                Severity.WARNING,
                f"strength[{number}].shortest",
                f"no exercise of {session.routine} fits {session.shortest} min",
                "make `shortest` longer, or put a shorter exercise into the routine",
            )


def _side_by_side(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    efforts = _efforts(template)
    for day in WEEKDAYS:
        # Weeks follow one another, so Sunday stands beside Monday.
        after = WEEKDAYS[(day.number + 1) % 7]
        if efforts[day].wants_fresh_legs and efforts[after].wants_fresh_legs:
            yield Finding(
                Rule.NO_BACK_TO_BACK,
                Severity.WARNING,
                f"runs on {day} and {after}",
                f"{efforts[day]} on {day.long_name}, {efforts[after]} on {after.long_name}: no day between",
                "put an easy day or a rest day between them",
            )


def _rest(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    efforts = _efforts(template)
    if not template.rest and all(effort is not Effort.NONE for effort in efforts.values()):
        yield Finding(
            Rule.REST_DAY,
            Severity.WARNING,
            "rest",
            "a run on every day, and no day to rest",
            'name a rest day, such as rest = ["mon"], and take its run out',
        )


def _strength_days(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    efforts = _efforts(template)
    for number, day in enumerate(template.strength_days):
        place = f"strength_days[{number}]"
        if efforts[day] is Effort.RACE or efforts[WEEKDAYS[(day.number + 1) % 7]] is Effort.RACE:
            text = f"{day.long_name} is the day of a race or the day before it: nothing is ever placed there"
            yield Finding(Rule.RACE_DAY, Severity.WARNING, place, text, "name another day")
        elif efforts[day] is Effort.LONG:
            text = f"{day.long_name} has the long run: only light work is ever placed there"
            yield Finding(Rule.LONG_RUN_DAY, Severity.WARNING, place, text, "name another day")
        elif day in template.rest and not template.rest_allows_light:
            text = f"{day.long_name} is a rest day: nothing is ever placed there"
            suggestion = "name another day, or set rest_allows_light = true"
            yield Finding(Rule.REST_DAY, Severity.WARNING, place, text, suggestion)


def _room_for_lifts(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    """Sessions that no free calendar at all could hold at the load they ask for, or at any."""
    for number, session in enumerate(template.strength):
        place = f"strength[{number}].load"
        if not any(_can_carry(template, day, Load.LIGHT) for day in WEEKDAYS):
            text = "no day of this week may carry strength at all"
            suggestion = "take out the session, a race or a rest day"
            yield Finding(Rule.SUPPORT_NOT_COMPETE, Severity.ERROR, place, text, suggestion)
        elif not any(_can_carry(template, day, session.load) for day in WEEKDAYS):
            hours = FRESH_LEGS_HOURS[session.load]
            text = f"no day is far enough from quality runs for a {session.load} lift; it will be lighter"
            suggestion = f"leave {hours} h after some day that is free of hard and long runs, or ask for less"
            yield Finding(Rule.FRESH_LEGS, Severity.WARNING, place, text, suggestion)


def _can_carry(template: WeekTemplate, day: Weekday, load: Load) -> bool:
    """Whether the days alone, whatever the hours, leave room for a lift of that load."""
    efforts = _efforts(template)
    if efforts[day] is Effort.RACE or efforts[WEEKDAYS[(day.number + 1) % 7]] is Effort.RACE:
        return False
    if day in template.rest and not (template.rest_allows_light and load is Load.LIGHT):
        return False
    has_long = any(run.day is day and run.kind.effort is Effort.LONG for run in template.runs)
    if has_long and load is not Load.LIGHT:
        return False
    if efforts[day] is Effort.HARD and load is Load.HEAVY:
        return False
    # A lift in the morning and a run late on the n-th day after it are at most n days and a bit apart.
    days_after = FRESH_LEGS_HOURS[load] // 24
    return not any(efforts[WEEKDAYS[(day.number + n) % 7]].wants_fresh_legs for n in range(1, days_after))


def _regions(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    chosen = [routines[s.routine] for s in template.strength if s.routine in routines]
    if not chosen:
        return
    trained = {region for routine in chosen for exercise in routine.exercises for region in exercise.trains}
    if missing := [region for region in Region if region not in trained]:
        yield Finding(
            Rule.WHAT_TO_TRAIN,
            Severity.WARNING,
            "strength",
            f"the routines of this week leave out {', '.join(missing)}",
            "choose another routine, or add an exercise for it",
        )


def _efforts(template: WeekTemplate) -> dict[Weekday, Effort]:
    efforts = dict.fromkeys(WEEKDAYS, Effort.NONE)
    for run in template.runs:
        efforts[run.day] = max(efforts[run.day], run.kind.effort, key=lambda effort: effort.rank)
    return efforts
