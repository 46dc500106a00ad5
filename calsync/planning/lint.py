"""What is wrong with a week template, by the training rules.

What no calendar and no config can put right is an error. A warning is for what costs the runner something
that the template doesn't say, such as a lighter load: training is the runner's own affair.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import permutations

from msgspec import structs

from calsync.planning import why
from calsync.planning.bare_week import BareWeek, efforts_on, starts_of
from calsync.planning.progression import Adjusted, ease_off
from calsync.planning.rules import LATEST, LEAST_DAYS_APART, LONGEST_SESSION, Rule
from calsync.planning.week import WantedRun, WantedWeek
from calsync.planning.why import Reason
from calsync.program import (
    MOST_SESSIONS,
    Availability,
    CrossTraining,
    Program,
    Routine,
    Run,
    Session,
    WeekTemplate,
)
from calsync.race import USUAL_RACE, Race
from calsync.training import WEEKDAYS, Effort, Load, Priority, Region, Sort, Week, Weekday, Workout, clock
from calsync.words import Keys, date_name, dotted, elapsed, kind_name, noun, one_line, place_in_file


def minutes_of(length: timedelta) -> int:
    return length // timedelta(minutes=1)


_USUAL_HOURS_APART = 3
_USUAL_AFTER_RUN = minutes_of(Availability().after_run)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """`keys` is where in the template, such as ("strength", 0); `suggestion` says what to do.

    `week` is set where it is said of a week of a training platform's feed. `line` is to be pasted into the
    config.
    """

    reason: Reason
    severity: Severity
    keys: Keys
    suggestion: str
    week: Week | None = None
    line: str = ""

    @property
    def advice(self) -> str:
        """What to do, on one line."""
        return f"{self.suggestion}: {self.line}" if self.line else self.suggestion

    @property
    def place(self) -> str:
        """The keys as programs write them: "strength[0]"; in a week of a feed "session 1"."""
        match self.keys:
            case "strength", int(number), *_ if self.week:
                return f"session {number + 1}"
            case _:
                return dotted(self.keys)

    @property
    def said_place(self) -> str:
        """As people say it: "the 1st strength session"."""
        return self.place if self.week else place_in_file(self.keys)


def lint(template: WeekTemplate, routines: Mapping[str, Routine]) -> tuple[Finding, ...]:
    """All findings of a template; `routines` holds those it asks for, by name."""
    return (
        *_side_by_side(template),
        *_ranges(template),
        *_rest(template),
        *_strength_days(template),
        *_late_easy_runs(template),
        *_before_easy_runs(template),
        *_lengths(template, routines),
        *_recovery(template),
        *_classes(template),
        *_room(template),
        *_regions(template, routines),
    )


def _warning(reason: Reason, keys: Keys, suggestion: str) -> Finding:
    return Finding(reason, Severity.WARNING, keys, suggestion)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A run or cross training, and where in the template it is."""

    keys: Keys
    what: Run | CrossTraining

    @property
    def effort(self) -> Effort:
        return self.what.kind.on_legs

    def __str__(self) -> str:
        return f"{self.what.day.long_name}'s {kind_name(self.what.kind)} ({place_in_file(self.keys)})"


def _listed(template: WeekTemplate) -> Iterator[_Listed]:
    yield from (_Listed(("runs", number), run) for number, run in enumerate(template.runs))
    yield from (_Listed(("cross", number), one) for number, one in enumerate(template.cross))


def _day_after(day: Weekday) -> Weekday:
    """The next day; after Sunday comes Monday, as weeks follow one another."""
    return WEEKDAYS[(day.number + 1) % len(WEEKDAYS)]


def _day_before(day: Weekday) -> Weekday:
    return WEEKDAYS[day.number - 1]


# --- the runs ---------------------------------------------------------------------------------------------


def _side_by_side(template: WeekTemplate) -> Iterator[Finding]:
    for day in WEEKDAYS:
        one, other = _hardest(template, day), _hardest(template, _day_after(day))
        if one is None or other is None:
            continue
        yield _warning(
            why.side_by_side(f"{one} and {other}", next_week=day is WEEKDAYS[-1]),
            (*other.keys, "day"),
            "put an easy day or a rest day between them",
        )


def _hardest(template: WeekTemplate, day: Weekday) -> _Listed | None:
    """What makes a day hard, long or a race day; None if nothing does."""
    of_day = [one for one in _listed(template) if one.what.day is day and one.effort.wants_fresh_legs]
    return max(of_day, key=lambda one: one.effort.rank, default=None)


def _ranges(template: WeekTemplate) -> Iterator[Finding]:
    for one in _listed(template):
        minutes, what = one.what.minutes, noun(one.what.kind)
        parts = (part for times in one.what.between for part in times.parts)
        longest = max((part.end - part.start for part in parts), default=minutes)
        if longest < minutes:
            suggestion = f"make a range longer or the {what} shorter"
            yield _warning(why.no_range_for(minutes, what), (*one.keys, "between"), suggestion)


def _rest(template: WeekTemplate) -> Iterator[Finding]:
    running = {run.day for run in template.runs}
    # An easy ride, or a swim, leaves a rest day one.
    training = running | {one.what.day for one in _listed(template) if one.effort.wants_fresh_legs}
    if not template.rest and len(training | {*template.strength_days}) == len(WEEKDAYS):
        what = "a run" if training == running else "a run or another hard or long sport"
        if len(training) < len(WEEKDAYS):
            what += " or strength"
        suggestion = 'name a rest day, such as rest = ["mon"], and keep it free'
        yield _warning(why.no_rest(what), ("rest",), suggestion)


# --- a training platform's weeks --------------------------------------------------------------------------


def lint_feed(
    weeks: Sequence[WantedWeek], workouts: Iterable[Workout], program: Program, today: date
) -> tuple[Finding, ...]:
    """All findings of a feed from `today` on; `weeks` are what its `workouts` ask for, one after the other.

    None is an error: what a coach asks for can be had, whatever becomes of the strength.
    """
    findings = (
        *races_without_taper(workouts, program, today),
        *_days_side_by_side(weeks, today),
        *(finding for week in weeks if week.has_training_of_feed for finding in _of_week(week, program)),
    )
    return tuple(sorted(findings, key=lambda finding: str(finding.week)))


def _days_side_by_side(weeks: Iterable[WantedWeek], today: date) -> Iterator[Finding]:
    hardest: dict[date, WantedRun] = {}
    for one in (one for week in weeks for one in week.training if one.kind.on_legs.wants_fresh_legs):
        known = hardest.setdefault(one.day, one)
        hardest[one.day] = max(known, one, key=lambda one: one.kind.on_legs.rank)
    for day, one in sorted(hardest.items()):
        other = hardest.get(day + timedelta(days=1))
        if other and other.day >= today and (one.from_feed or other.from_feed):
            reason = why.side_by_side(f"{_on_date(one)} and {_on_date(other)}", next_week=False)
            suggestion = "move one of them, so that an easy day or a rest day is between them"
            yield replace(_warning(reason, (), suggestion), week=Week.of(other.day))


def _on_date(one: WantedRun) -> str:
    title = f'"{one_line(one.run.title)}"' if one.run.title else f"the {kind_name(one.kind)}"
    return f"{title} on {date_name(one.day)}"


def _of_week(week: WantedWeek, program: Program) -> Iterator[Finding]:
    if any(map(program.is_paused, week.week.days)):
        return
    findings = []
    if len({run.day for run in week.runs}) == len(WEEKDAYS):
        suggestion = "leave out one of the easy runs"
        findings.append(_warning(why.no_rest("a run"), (), suggestion))
    # The sessions are those that the progressions have left, and what makes room for them is not the
    # template but the config and the feed.
    sessions = week.adjusted.sessions
    runs = tuple(one.run for one in week.runs if isinstance(one.run, Run))
    template = structs.replace(week.template, runs=runs, strength=sessions, recovery=False)
    bare = BareWeek(
        template,
        minutes_of(program.rules.hours_apart),
        repeated=False,
        after_run=minutes_of(program.availability.after_run),
        fresh_legs=program.rules.fresh_legs,
    )
    given = f"with {elapsed(program.rules.hours_apart)} after hard and long {template.word}s, "
    advice = "move a run, or ask for less in such a week: [plan.override]"
    findings += (
        replace(one, suggestion=advice)
        for one in _room_for(sessions, (_Case(bare, Severity.WARNING, given),))
    )
    yield from (replace(finding, week=week.week) for finding in findings)


def races_without_taper(workouts: Iterable[Workout], program: Program, today: date) -> Iterator[Finding]:
    """Of the races of a feed from `today` on.

    None while [plan.race] has an A race that is still to come: one on the way to it needs no taper.
    """
    if any(race.day >= today and race.priority is Priority.A for race in program.races):
        return
    found: dict[date, Workout] = {}
    takes_cross = program.feed is None or program.feed.takes_cross
    for workout in workouts:
        if workout.sort is Sort.CROSS and not takes_cross:
            continue
        if workout.is_race and workout.day >= today and not _is_known(workout.day, program):
            before = found.get(workout.day, workout)
            found[workout.day] = max(before, workout, key=lambda one: one.minutes or 0)
    # A second table [plan.race] would be an error in the file.
    where = "with this line, below [plan]"
    only_past = len(program.races) == 1 and program.races[0].day < today
    if only_past:
        where = "with this line, in place of your [plan.race]"
    elif program.races:
        where = "with this table (a line break for each /), and write [[plan.race]] for the others as well"
    for day, workout in found.items():
        # Runna adds the distance: "City half • 21.1km".
        title = workout.title.partition(" • ")[0]
        race = Race(day, title, workout.start, workout.minutes or USUAL_RACE)
        reason, suggestion = why.no_taper(title, day), f"set [plan.race] {where}"
        line = race.block if program.races and not only_past else race.line
        yield Finding(reason, Severity.WARNING, (), suggestion, Week.of(day), line)


def _is_known(day: date, program: Program) -> bool:
    """Whether the config says what becomes of a race on that day."""
    return program.is_paused(day) or program.race_on(day) is not None


# --- the sessions -----------------------------------------------------------------------------------------


def _lengths(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    for number, session in enumerate(template.strength):
        if session.minutes > LONGEST_SESSION and not session.is_class:
            suggestion = "20 to 30 minutes are enough; two short sessions beat a long one"
            yield _warning(why.too_long(session.minutes), ("strength", number, "duration"), suggestion)
        if (routine := routines.get(session.routine)) and not routine.within(session.shortest):
            suggestion = "make `shortest` longer, or put a shorter exercise into the routine"
            yield _warning(why.too_short_for(session), ("strength", number, "shortest"), suggestion)


def _recovery(template: WeekTemplate) -> Iterator[Finding]:
    for number, session in enumerate(template.strength):
        if template.recovery and session.load is Load.HEAVY:
            suggestion = "make it moderate or light"
            yield _warning(why.HEAVY_IN_RECOVERY, ("strength", number, "load"), suggestion)


def _regions(template: WeekTemplate, routines: Mapping[str, Routine]) -> Iterator[Finding]:
    # What a routine leaves out can't be told if it could not be read.
    if not template.strength or any(session.routine not in routines for session in template.strength):
        return
    known = [(routines[session.routine], session.minutes) for session in template.strength]
    listed = {region for routine, _ in known for exercise in routine.exercises for region in exercise.trains}
    done = {region for routine, minutes in known for ex in routine.within(minutes) for region in ex.trains}
    if missing := [region for region in Region if region not in listed]:
        suggestion = "choose another routine, or add an exercise for it"
        yield _warning(why.left_out(missing), ("strength",), suggestion)
    if too_short := [region for region in Region if region in listed - done]:
        suggestion = "make a session longer, or put such an exercise further up in its routine"
        yield _warning(why.no_time_for(too_short), ("strength",), suggestion)


# --- the days for strength --------------------------------------------------------------------------------


def _strength_days(template: WeekTemplate) -> Iterator[Finding]:
    """Days named for strength that are no days for it."""
    for number, day in enumerate(template.strength_days):
        if found := _wrong_day(template, day):
            yield _warning(found[0], ("strength_days", number), found[1])


def _late_easy_runs(template: WeekTemplate) -> Iterator[Finding]:
    """Easy runs that leave no time after them on a day that is good for strength."""
    shortest = min((session.shortest for session in _wanted(template)), default=None)
    for one in _listed(template):
        day = one.what.day
        is_for_strength = day in template.strength_days or Effort.HARD in efforts_on(template, day)
        if shortest is None or one.effort is not Effort.EASY or not is_for_strength:
            continue
        if (end := starts_of(one.what)[0] + one.what.minutes) + _USUAL_AFTER_RUN + shortest > LATEST:
            suggestion = f"let it start earlier, or keep {day.long_name} free of strength"
            yield _warning(why.only_before(day, str(one), end % (24 * 60)), (*one.keys, "start"), suggestion)


def _before_easy_runs(template: WeekTemplate) -> Iterator[Finding]:
    """Classes, and sessions with times of their own, that are before the easy run on each of their days."""
    for number, session in enumerate(template.strength):
        days = session.days if session.day is None else (session.day,)
        if session.start is not None:
            latest, at, key = session.start + session.minutes, clock(session.start), "start"
        else:
            latest = max((times.on_its_day.end for times in session.between), default=LATEST)
            at, key = " or ".join(map(str, session.between)), "between"
        runs = [_easy_run_after(template, session, day, latest) for day in days]
        if at and runs and (late := [str(run) for run in runs if run]) and len(late) == len(runs):
            suggestion = "let the run start earlier, or have the session at a later time"
            yield _warning(
                why.comes_before(session.called, late, at=at), ("strength", number, key), suggestion
            )


def _easy_run_after(template: WeekTemplate, session: Session, day: Weekday, latest: int) -> _Listed | None:
    """The easy run of `day` after which the session can't be, if it ends at the minute `latest` at latest."""
    for one in _listed(template):
        first = starts_of(one.what)[0]
        if session.start is not None:
            is_late = first >= latest
        else:
            is_late = first + one.what.minutes + _USUAL_AFTER_RUN + session.shortest > latest
        if one.what.day is day and one.effort is Effort.EASY and is_late:
            return one
    return None


def _wrong_day(template: WeekTemplate, day: Weekday) -> tuple[Reason, str] | None:
    """What is wrong with it, and what to do."""
    efforts = efforts_on(template, day)
    if Effort.RACE in efforts:
        return why.never_there(Rule.RACE_DAY, day, "is the day of a race"), "name another day"
    if Effort.RACE in efforts_on(template, _day_after(day)):
        if day is WEEKDAYS[-1]:
            return why.before_race_of_next_week(day), "name another day"
        return why.never_there(Rule.RACE_DAY, day, "is the day before a race"), "name another day"
    if day in template.rest and not template.rest_allows_light:
        suggestion = "name another day, or set rest_allows_light = true"
        return why.never_there(Rule.REST_DAY, day, "is a rest day"), suggestion
    if Effort.LONG in efforts:
        long = next(one for one in template.training if one.day is day and one.kind.on_legs is Effort.LONG)
        what = f"has the {kind_name(long.kind)}"
        return why.never_there(
            Rule.LONG_RUN_DAY, day, what, allowed="only a light session"
        ), "name another day"
    for week, when in zip(_usual(template), ("", " when this week is repeated"), strict=True):
        sessions = [session for session in _wanted(template) if not session.is_class]
        rules = [week.obstacle_of(session, day) for session in sessions]
        if rules and (rule := rules[0]) and None not in rules:
            text = f"no session of this week can be on {day.long_name} at its load{when}"
            return Reason(rule, text), "name another day, or ask for less"
    return _too_soon_after_the_day_before(template, day)


def _too_soon_after_the_day_before(template: WeekTemplate, day: Weekday) -> tuple[Reason, str] | None:
    """Of a day after a long run or a race, in a week that has nothing light for it."""
    before = _hardest(template, _day_before(day))
    is_tiring = before is not None and before.effort in (Effort.LONG, Effort.RACE)
    sessions = _wanted(template)
    if before is None or not is_tiring or not sessions or any(one.load is Load.LIGHT for one in sessions):
        return None
    end = None if before.what.start is None else before.what.start + before.what.minutes
    return why.day_after(day, str(before), end), "name another day, or make one session light"


# --- classes ----------------------------------------------------------------------------------------------


def _classes(template: WeekTemplate) -> Iterator[Finding]:
    """What the rules have against the time of a class; it stays there all the same."""
    usual, _ = _usual(template)
    classes = [(n, session) for n, session in enumerate(template.strength) if session.day is not None]
    for number, session in classes:
        day, start = session.day, session.start
        assert day is not None
        assert start is not None
        keys = ("strength", number, "day")
        for rule in usual.against(day, start, session):
            reason = Reason(rule, f"{session.called} {why.AGAINST_CLASS[rule]}")
            yield _warning(reason, keys, "it stays there; move the run, or take another class")
        for _, other in classes:
            if other.day is not None and 0 < (day.number - other.day.number) % 7 < LEAST_DAYS_APART:
                text = f"{session.called} is on the day after {other.called}"
                suggestion = "leave a day between two sessions"
                yield _warning(Reason(Rule.NO_BACK_TO_BACK, text), keys, suggestion)


# --- is there room at all? --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """What may be left for strength, how grave it is if that is too little, and `given` which condition."""

    week: BareWeek
    severity: Severity
    given: str = ""


def _room(template: WeekTemplate) -> Iterator[Finding]:
    """Sessions without a day, at any load or at their own; then what they can't have together."""
    usual, repeated = _usual(template)
    # The first is what no config can change; the others are what is usual.
    cases: tuple[_Case, ...] = (
        _Case(BareWeek(template, 0, repeated=False), Severity.ERROR),
        _Case(usual, Severity.WARNING, f"with {_USUAL_HOURS_APART} h after hard and long {template.word}s, "),
        _Case(repeated, Severity.WARNING, "when this week is repeated, "),
    )
    yield from _room_for(_wanted(template), cases)


def _room_for(sessions: Iterable[Session], cases: "tuple[_Case, ...]") -> Iterator[Finding]:
    together: list[tuple[int, Session]] = []
    shared = cases
    for number, session in enumerate(sessions):
        lightest = structs.replace(session, load=Load.LIGHT)
        if session.is_class:
            pass
        elif case := _too_narrow(cases, [lightest]):
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
    wanted = tuple(sessions)
    return next((case for case in cases if not case.week.holds(wanted)), None)


def _nowhere(case: _Case, number: int, session: Session) -> Finding:
    rule, days = _obstacles(case.week, structs.replace(session, load=Load.LIGHT))
    text = f"{case.given}no day has room for {session.shortest} min, not even for a light session: {days}"
    suggestion = _advice(rule, Load.LIGHT, case.week, "take the session out")
    return Finding(Reason(rule, text), case.severity, ("strength", number), suggestion)


def _only_lighter(case: _Case, number: int, session: Session) -> Finding:
    rule, days = _obstacles(case.week, session)
    text = f"{case.given}no day can carry {session.load} work, so it becomes lighter: {days}"
    suggestion = _advice(rule, session.load, case.week, "ask for less")
    return _warning(Reason(rule, text), ("strength", number, "load"), suggestion)


def _together(cases: Sequence[_Case], numbered: Sequence[tuple[int, Session]]) -> Iterator[Finding]:
    sessions = [session for _, session in numbered]
    lightest = [structs.replace(session, load=Load.LIGHT) for session in sessions]
    if case := _too_narrow(cases, lightest):
        fit = next(n for n in reversed(range(len(sessions))) if not _too_narrow([case], lightest[:n]))
        shortest = min(session.shortest for session in sessions)
        days = [day for day in WEEKDAYS if case.week.obstacle(day, shortest, Load.LIGHT) is None]
        text = (
            f"{case.given}only {fit} of {len(sessions)} sessions can have a day: they are "
            f"{LEAST_DAYS_APART} days apart at least, "
        )
        suggestion = _other_order(cases, sessions, Load.LIGHT)
        text += (
            "and keep the order in which they are listed"
            if suggestion
            else f"and only {', '.join(days)} can carry strength"
        )
        suggestion = suggestion or "list fewer sessions, or free another day of races and rest"
        keys = ("strength", numbered[fit][0])
        yield Finding(Reason(Rule.NO_BACK_TO_BACK, text), case.severity, keys, suggestion)
    elif case := _too_narrow(cases, sessions):
        text = f"{case.given}each session could have its load, but not all of them: one becomes lighter"
        word = case.week.template.word
        less = f"ask for less in one of them, or leave more room before a hard or long {word}"
        suggestion = _other_order(cases, sessions) or less
        yield _warning(Reason(Rule.NO_BACK_TO_BACK, text), ("strength",), suggestion)


def _other_order(cases: Sequence[_Case], sessions: Sequence[Session], load: Load | None = None) -> str:
    """The order, if there is one, in which all of them find a day, at their own load or at another."""
    for order in permutations(sessions):
        wanted = order if load is None else [structs.replace(session, load=load) for session in order]
        if not _too_narrow(cases, wanted):
            what = ", ".join(f"{session.title or session.routine} ({session.load})" for session in order)
            return f"list them in this order: {what}"
    return ""


def _obstacles(week: BareWeek, session: Session) -> tuple[Rule, str]:
    """The rule that is most in the way, and what each day says: "rest-day on mon, fri; controlled on tue"."""
    by_rule: dict[Rule, list[Weekday]] = {}
    for day in WEEKDAYS:
        if rule := week.obstacle_of(session, day):
            by_rule.setdefault(rule, []).append(day)
    # Rest days are meant to be free, so what else is in the way says more.
    # So are those that the session itself rules out.
    meant = (Rule.REST_DAY, Rule.AVAILABILITY)
    main = max(by_rule, key=lambda rule: (rule not in meant, len(by_rule[rule])))
    return main, "; ".join(f"{rule} on {', '.join(days)}" for rule, days in by_rule.items())


def _advice(rule: Rule, load: Load, week: BareWeek, otherwise: str) -> str:
    word, fresh = week.template.word, elapsed(week.fresh_legs.before(load))
    advice = {
        Rule.AVAILABILITY: "allow it on more `days`, or in a longer range of `between`",
        Rule.RACE_DAY: "leave a day that is neither a race day nor the one before",
        Rule.REST_DAY: "name fewer rest days, or set rest_allows_light = true for light sessions",
        Rule.LONG_RUN_DAY: f"leave a day without the long {word}",
        Rule.CONTROLLED: f"leave a day without a hard {word}",
        Rule.HOURS_APART: f"let a hard or long {word} start earlier",
        Rule.FRESH_LEGS: f"leave {fresh} between some day and the next hard or long {word}",
    }
    return f"{advice.get(rule, 'leave time beside the runs')}, or {otherwise}"


def _wanted(template: WeekTemplate) -> tuple[Session, ...]:
    """What a week of this template asks of placement at most (`twice-a-week`, `ease-off`)."""
    return ease_off(Adjusted(template.strength[:MOST_SESSIONS]), template).sessions


def _usual(template: WeekTemplate) -> tuple[BareWeek, BareWeek]:
    """The week at the usual `hours_apart`: by itself, and where it follows itself."""
    minutes = _USUAL_HOURS_APART * 60
    usual = BareWeek(template, minutes, repeated=False, after_run=_USUAL_AFTER_RUN)
    return usual, replace(usual, repeated=True)
