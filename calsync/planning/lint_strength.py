"""Whether strength can go where, and as, a week template wants it.

Decides what is beyond every calendar, which is an error, and what costs the runner something that the
template doesn't say, such as a lighter load: a warning.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from calsync.planning.finding import Finding, Severity
from calsync.planning.room import DAYS_APART, Room, day_after, efforts_on
from calsync.planning.rules import FRESH_LEGS_HOURS, Rule
from calsync.training import WEEKDAYS, Effort, Load, Session, Weekday, WeekTemplate

# Rule `twice-a-week`: the loader of templates says that a fourth is too many.
_MOST_SESSIONS = 3
_USUAL_HOURS_APART = 3


def strength_days(template: WeekTemplate) -> Iterator[Finding]:
    """Days named for strength that are no days for it."""
    for number, day in enumerate(template.strength_days):
        if found := _wrong_day(template, day):
            rule, text, suggestion = found
            yield Finding(rule, Severity.WARNING, ("strength_days", number), text, suggestion)


def _wrong_day(template: WeekTemplate, day: Weekday) -> tuple[Rule, str, str] | None:
    """Rule, text and suggestion."""
    name, efforts = day.long_name, efforts_on(template, day)
    if Effort.RACE in efforts:
        return Rule.RACE_DAY, f"{name} is the day of a race: nothing is ever placed there", "name another day"
    if Effort.RACE in efforts_on(template, day_after(day)):
        text = f"{name} is the day before a race: nothing is ever placed there"
        if day is WEEKDAYS[-1]:
            text = f"when the week follows itself, {name} is the day before a race: nothing is placed there"
        return Rule.RACE_DAY, text, "name another day"
    if day in template.rest and not template.rest_allows_light:
        text = f"{name} is a rest day: nothing is ever placed there"
        return Rule.REST_DAY, text, "name another day, or set rest_allows_light = true"
    if Effort.LONG in efforts:
        text = f"{name} has the long run: only light work is ever placed there"
        return Rule.LONG_RUN_DAY, text, "name another day"
    for room, when in zip(_usual(template), ("", " when the week follows itself"), strict=True):
        rules = [room.obstacle(day, session.shortest, session.load) for session in _wanted(template)]
        if rules and (rule := rules[0]) and None not in rules:
            text = f"no session of this week can be on {name} at its load{when}"
            return rule, text, "name another day, or ask for less"
    return None


def _usual(template: WeekTemplate) -> tuple[Room, Room]:
    """What is left at the usual `hours_apart`: in the week by itself, and in one that follows itself."""
    minutes = _USUAL_HOURS_APART * 60
    return Room(template, minutes, repeated=False), Room(template, minutes, repeated=True)


# --- is there room at all? --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """What may be left for strength, how grave it is if that is too little, and `given` which condition."""

    room: Room
    severity: Severity
    given: str = ""


def room(template: WeekTemplate) -> Iterator[Finding]:
    """Sessions without a day, at any load or at their own; then what they can't have together."""
    usual, repeated = _usual(template)
    # The first is what no config can change; the others are what is usual.
    cases: tuple[_Case, ...] = (
        _Case(Room(template, 0, repeated=False), Severity.ERROR),
        _Case(usual, Severity.WARNING, f"with {_USUAL_HOURS_APART} h after hard and long runs, "),
        _Case(repeated, Severity.WARNING, "when the week follows itself, "),
    )
    together: list[tuple[int, Session]] = []
    shared = cases
    for number, session in enumerate(_wanted(template)):
        lightest = replace(session, load=Load.LIGHT)
        if case := _too_narrow(cases, [lightest]):
            yield _nowhere(case, number, session)
            if case.severity is Severity.ERROR:
                continue
            # With the others it is looked at only where it has a day of its own.
            shared = min(shared, cases[: cases.index(case)], key=len)
            session = lightest
        elif case := _too_narrow(cases, [session]):
            yield _only_lighter(case, number, session)
            session = lightest
        together.append((number, session))
    yield from _together(shared, together)


def _too_narrow(cases: Iterable[_Case], sessions: Iterable[Session]) -> _Case | None:
    """The first case in which the sessions don't all find a day, each at its shortest."""
    wanted = [(session.shortest, session.load) for session in sessions]
    return next((case for case in cases if not case.room.holds(wanted)), None)


def _nowhere(case: _Case, number: int, session: Session) -> Finding:
    rule, days = _obstacles(case.room, session.shortest, Load.LIGHT)
    text = f"{case.given}no day can carry {session.shortest} min, not even of light work: {days}"
    suggestion = _advice(rule, Load.LIGHT, "take the session out")
    return Finding(rule, case.severity, ("strength", number), text, suggestion)


def _only_lighter(case: _Case, number: int, session: Session) -> Finding:
    rule, days = _obstacles(case.room, session.shortest, session.load)
    text = f"{case.given}no day can carry {session.load} work, so it becomes lighter: {days}"
    suggestion = _advice(rule, session.load, "ask for less")
    return Finding(rule, Severity.WARNING, ("strength", number, "load"), text, suggestion)


def _together(cases: Sequence[_Case], numbered: Sequence[tuple[int, Session]]) -> Iterator[Finding]:
    sessions = [session for _, session in numbered]
    lightest = [replace(session, load=Load.LIGHT) for session in sessions]
    if case := _too_narrow(cases, lightest):
        fit = next(n for n in reversed(range(len(sessions))) if not _too_narrow([case], lightest[:n]))
        shortest = min(session.shortest for session in sessions)
        days = [day for day in WEEKDAYS if case.room.obstacle(day, shortest, Load.LIGHT) is None]
        text = (
            f"{case.given}only {fit} of {len(sessions)} sessions can have a day: they are {DAYS_APART} days "
            f"apart at least, and only {', '.join(days)} can carry strength"
        )
        keys = ("strength", numbered[fit][0])
        suggestion = "list fewer sessions, or free another day of races and rest"
        yield Finding(Rule.NO_BACK_TO_BACK, case.severity, keys, text, suggestion)
    elif case := _too_narrow(cases, sessions):
        text = f"{case.given}each session could have its load, but not all of them: one becomes lighter"
        orders = (order for order in permutations(sessions) if not _too_narrow(cases, order))
        suggestion = "ask for less in one of them, or leave more room before a hard or long run"
        if order := next(orders, None):
            what = ", ".join(f"{session.routine} ({session.load})" for session in order)
            suggestion = f"list them in this order: {what}"
        yield Finding(Rule.NO_BACK_TO_BACK, Severity.WARNING, ("strength",), text, suggestion)


def _obstacles(room: Room, minutes: int, load: Load) -> tuple[Rule, str]:
    """The rule that is most in the way, and what each day says: "rest-day on mon, fri; controlled on tue"."""
    by_rule: dict[Rule, list[Weekday]] = {}
    for day in WEEKDAYS:
        if rule := room.obstacle(day, minutes, load):
            by_rule.setdefault(rule, []).append(day)
    # Rest days are meant to be free, so what else is in the way says more.
    main = max(by_rule, key=lambda rule: (rule is not Rule.REST_DAY, len(by_rule[rule])))
    return main, "; ".join(f"{rule} on {', '.join(days)}" for rule, days in by_rule.items())


def _advice(rule: Rule, load: Load, otherwise: str) -> str:
    advice = {
        Rule.RACE_DAY: "leave a day that is neither a race day nor the one before",
        Rule.REST_DAY: "name fewer rest days, or set rest_allows_light = true for light work",
        Rule.LONG_RUN_DAY: "leave a day without the long run",
        Rule.CONTROLLED: "leave a day without a hard run",
        Rule.HOURS_APART: "let a hard or long run start earlier",
        Rule.FRESH_LEGS: f"leave {FRESH_LEGS_HOURS[load]} h between some day and the next hard or long run",
    }
    return f"{advice.get(rule, 'leave time beside the runs')}, or {otherwise}"


def _wanted(template: WeekTemplate) -> tuple[Session, ...]:
    """What a week of this template asks of placement at most (`twice-a-week`, `ease-off`)."""
    sessions = template.strength[:_MOST_SESSIONS]
    if not template.recovery:
        return sessions
    return tuple(
        replace(session, load=min(session.load, Load.MODERATE, key=lambda load: load.rank))
        for session in sessions[: max(1, len(template.strength) - 1)]
    )
