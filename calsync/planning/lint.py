"""Whether strength can go where, and as, a week template wants it.

Decides what is beyond every calendar, which is an error, and what costs the runner something that the
template doesn't say, such as a lighter load: a warning.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import permutations

from calsync.planning.rules import FRESH_LEGS_HOURS, LONGEST_SESSION, Rule
from calsync.planning.wall import GRID_MINUTES
from calsync.training import WEEKDAYS, Effort, Load, Region, Routine, Run, Session, Weekday, WeekTemplate
from calsync.words import Keys, dotted, kind_name

# --- finding ----------------------------------------------------------------------------------------------


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`keys` is where in the template, such as ("strength", 0); `suggestion` says what to do.

    An error is what placement can never satisfy, or what is refused; all else is a warning, as training is
    the runner's own affair.
    """

    rule: Rule
    severity: Severity
    keys: Keys
    text: str
    suggestion: str

    @property
    def place(self) -> str:
        """The key path as people write it: "strength[0]"."""
        return dotted(self.keys)


# --- room -------------------------------------------------------------------------------------------------


# The least that `min_days_apart` can be.
DAYS_APART = 2
_DAY = 24 * 60


def efforts_on(template: WeekTemplate, day: Weekday) -> set[Effort]:
    return {run.kind.effort for run in template.runs if run.day is day}


def day_after(day: Weekday) -> Weekday:
    """The next day; after Sunday comes Monday, as weeks follow one another."""
    return WEEKDAYS[(day.number + 1) % len(WEEKDAYS)]


@dataclass(frozen=True, slots=True)
class Room:
    """What a template leaves for strength.

    `minutes_apart` is `hours_apart`. `repeated`: the same week follows; else what follows asks for nothing.
    """

    template: WeekTemplate
    minutes_apart: int
    repeated: bool

    def obstacle(self, day: Weekday, minutes: int, load: Load) -> Rule | None:
        """The rule that rules out most starts of a day; None if one is left."""
        if rule := self._of_day(day, load):
            return rule
        found: Counter[Rule] = Counter()
        for start in range(0, _DAY - minutes + 1, GRID_MINUTES):
            rule = self._of_start(day, start, start + minutes, load)
            if rule is None:
                return None
            found[rule] += 1
        return found.most_common(1)[0][0]

    def holds(self, wanted: Sequence[tuple[int, Load]]) -> bool:
        """Whether sessions of these minutes and loads, in this order, all find a day."""
        days = [
            [day.number for day in WEEKDAYS if self.obstacle(day, minutes, load) is None]
            for minutes, load in wanted
        ]
        return not days or any(self._holds_from(first, days[1:]) for first in days[0])

    def _holds_from(self, first: int, days: Sequence[Sequence[int]]) -> bool:
        last = first
        for allowed in days:
            # The earliest day is never a worse choice: it leaves most to those that follow.
            after = next((day for day in allowed if day >= last + DAYS_APART), None)
            if after is None:
                return False
            last = after
        # Weeks may differ, but if each of them needs both Monday and Sunday, two in a row clash; and one that
        # doesn't can be repeated as it is.
        return not self.repeated or first + len(WEEKDAYS) - last >= DAYS_APART

    def _of_day(self, day: Weekday, load: Load) -> Rule | None:
        """A5, for the whole day."""
        efforts = efforts_on(self.template, day)
        tomorrow = {run.kind.effort for after, run in self._later(day) if after == 1}
        if Effort.RACE in efforts | tomorrow:
            return Rule.RACE_DAY
        if day in self.template.rest and not (self.template.rest_allows_light and load is Load.LIGHT):
            return Rule.REST_DAY
        if Effort.LONG in efforts and load is not Load.LIGHT:
            return Rule.LONG_RUN_DAY
        if Effort.HARD in efforts and load is Load.HEAVY:
            return Rule.CONTROLLED
        return None

    def _of_start(self, day: Weekday, start: int, end: int, load: Load) -> Rule | None:
        """A3, A5 and A6, for minutes of the day."""
        for run in self.template.runs:
            first, last = starts_of(run)
            if run.day is day and run.kind.effort.wants_fresh_legs:
                if start < first + run.minutes + self.minutes_apart:
                    return Rule.HOURS_APART
            # From its last start to its first end the run is under way whenever it begins; also one that
            # began the day before.
            elif run.day.number in (day.number, day.number - 1):
                offset = (run.day.number - day.number) * _DAY
                if start < offset + first + run.minutes and offset + last < end:
                    return Rule.RUN
        for after, run in self._later(day):
            _, last = starts_of(run)
            if run.kind.effort.wants_fresh_legs and after * _DAY + last - end < FRESH_LEGS_HOURS[load] * 60:
                return Rule.FRESH_LEGS
        return None

    def _later(self, day: Weekday) -> Iterator[tuple[int, Run]]:
        """The runs of the days after `day`, with how many days after."""
        for run in self.template.runs:
            after = run.day.number - day.number
            if after > 0:
                yield after, run
            elif self.repeated:
                yield after + len(WEEKDAYS), run


def starts_of(run: Run) -> tuple[int, int]:
    """The first and the last minute of the day at which a run may start."""
    if run.start is not None:
        return run.start, run.start
    if not run.between:
        return 0, _DAY - 1
    # Where no range has room, the run stands at the start of the first.
    starts = [run.between[0].start]
    for times in run.between:
        if times.end - times.start >= run.minutes:
            starts += [times.start, times.end - run.minutes]
    return min(starts), max(starts)


# --- lint strength ----------------------------------------------------------------------------------------


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


# --- lint -------------------------------------------------------------------------------------------------


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
