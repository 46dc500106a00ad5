"""Why a session is where it is, and why another has no place.

Decides what to say, rule by rule. Knows nothing of how it is shown. The rule ids are those of docs/rules.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from calsync.planning import wall
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek, State
from calsync.planning.problem import Problem
from calsync.planning.rules import LIGHT_AFTER_RACE, REST_BEFORE_RACE, Rule
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.words import day_name, elapsed, of_run
from calsync.training import Effort, Load


@dataclass(frozen=True, slots=True)
class Reason:
    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class NoPlace:
    """The rule that leaves a day without a place for a session."""

    day: date
    rule: Rule
    text: str


def reasons(plan: Plan, week: PlannedWeek, session: PlannedSession) -> tuple[Reason, ...]:
    """Why `session` is where it is, the most telling reason first."""
    return (*_about_standing(session), *lasting_reasons(plan, week, session))


def lasting_reasons(plan: Plan, week: PlannedWeek, session: PlannedSession) -> tuple[Reason, ...]:
    """The reasons that stay true as time goes by, fit for a description that shall not change by itself."""
    found = [*_about_day(plan, week.wanted, session), *_about_size(plan, week.wanted, session)]
    found += [Reason(note.rule, note.text) for note in week.wanted.adjusted.notes]
    return tuple(found)


def _about_standing(session: PlannedSession) -> Iterator[Reason]:
    if session.state is State.PINNED:
        yield Reason(Rule.SUPPORT_NOT_COMPETE, "stays where its owner put it")
    elif session.state is State.PUBLISHED and session.place is None:
        yield Reason(Rule.NOTICE, "starts too soon to be moved")


def _about_day(plan: Plan, week: WantedWeek, session: PlannedSession) -> Iterator[Reason]:
    days = plan.problem.days
    start, end = wall.seconds(session.span.start), wall.seconds(session.span.end)
    hard = [run for run in days.runs_on(session.day) if run.effort in (Effort.HARD, Effort.LONG)]
    if before := [run for run in hard if run.end <= start]:
        last = max(before, key=lambda run: run.end)
        yield Reason(Rule.HOURS_APART, f"{elapsed(start - last.end)} after {of_run(last)}")
    # Where its owner put it is their own choice, not for want of a better place.
    effort = None if session.published and session.published.pinned else days.effort(session.day)
    match effort:
        case Effort.EASY if not week.is_strength_day(session.day):
            yield Reason(Rule.EASY_DAYS_EASY, "on an easy day, as nothing better is free")
        case Effort.NONE if not week.is_strength_day(session.day):
            yield Reason(Rule.HARD_DAYS_HARD, "on a day without a run, as nothing better is free")
        case Effort.EASY | Effort.NONE:
            yield Reason(Rule.EASY_DAYS_EASY, f"the template keeps {day_name(session.day)} for strength")
        case _:
            pass
    if (after := days.next_fresh_run(end)) is not None and after.start - end < 72 * 3600:
        yield Reason(Rule.FRESH_LEGS, f"{elapsed(after.start - end)} before {of_run(after)}")


def _about_size(plan: Plan, week: WantedWeek, session: PlannedSession) -> Iterator[Reason]:
    wanted = session.wanted
    if wanted is None or session.state is State.PINNED:
        return
    if session.minutes < wanted.minutes:
        text = f"{session.minutes} min instead of {wanted.minutes}: a shorter session beats a skipped one"
        yield Reason(Rule.SHORT_AND_REGULAR, text)
    if session.load.rank < wanted.load.rank:
        yield _about_load(plan, week, session, wanted)


def _about_load(plan: Plan, week: WantedWeek, session: PlannedSession, wanted: WantedSession) -> Reason:
    """The rule that allows no more at this time; without one, the rest of the plan does."""
    start = wall.seconds(session.span.start)
    text = f"{session.load} instead of {wanted.load}"
    for ban in plan.problem.days.forbidden(week, session.day, session.minutes, wanted.load):
        if ban.first <= start <= ban.last and ban.rule in _WHY_LIGHTER:
            return Reason(ban.rule, f"{text}: {_WHY_LIGHTER[ban.rule]}")
    return Reason(Rule.SUPPORT_NOT_COMPETE, f"{text}, to make room")


_WHY_LIGHTER = {
    Rule.RACE_DAY: f"only light work in the {LIGHT_AFTER_RACE} days after the race",
    Rule.REST_DAY: "nothing more on a rest day",
    Rule.LONG_RUN_DAY: "nothing more on the day of the long run",
    Rule.CONTROLLED: "a lift on a hard day is controlled, not maximal",
    Rule.FRESH_LEGS: "so that the legs are fresh for the next quality run",
}


# --- no place ---------------------------------------------------------------------------------------------


def no_place(plan: Plan, week: PlannedWeek, session: WantedSession) -> tuple[NoPlace, ...]:
    """For each day of the week the rule that rules out most of its starts; ties in the order A1 to A6.

    Looked at for the session at its shortest and lightest, which is what has most places.
    """
    return tuple(_no_place_on(day, plan, week, session) for day in week.week.days)


def _no_place_on(day: date, plan: Plan, week: PlannedWeek, session: WantedSession) -> NoPlace:
    problem = plan.problem
    starts = [start for _, start in problem.days.clock.grid(day)]
    ranges = problem.days.ranges(day, session.shortest)
    ruled_out = {Rule.AVAILABILITY: {s for s in starts if not any(a <= s <= b for a, b in ranges)}}
    bans = problem.days.forbidden(week.wanted, day, session.shortest, Load.LIGHT)
    # Pauses belong to A1, busy time is A2, runs are A3, and so on: forbidden() gives them in that order.
    for ban in bans:
        ruled_out.setdefault(ban.rule, set()).update(s for s in starts if ban.first <= s <= ban.last)
    if _breaks_pair_rule(day, plan, week, session):
        ruled_out[Rule.PAIR] = set(starts)
    rule = max(ruled_out, key=lambda rule: len(ruled_out[rule]))
    return NoPlace(day, rule, _no_place_text(rule, day, week.wanted, problem))


def _breaks_pair_rule(day: date, plan: Plan, week: PlannedWeek, session: WantedSession) -> bool:
    """Too near another session, or out of the order of the week."""
    for other_week in plan.weeks:
        for other in other_week.strength:
            if abs((day - other.day).days) < plan.problem.given.min_days_apart(max(day, other.day)):
                return True
            if other.place and other.wanted and other_week is week:
                before = other.wanted.number < session.number
                if (before and day <= other.day) or (not before and day >= other.day):
                    return True
    return False


def _no_place_text(rule: Rule, day: date, week: WantedWeek, problem: Problem) -> str:
    match rule:
        case Rule.AVAILABILITY:
            ranges = ", ".join(str(times) for times in problem.given.program.availability.on(day))
            return f"strength may only be at {ranges}" if ranges else "no time for strength is given"
        case Rule.PAUSE:
            return "a pause"
        case Rule.BUSY:
            return "busy"
        case Rule.RUN:
            return "the run takes the time"
        case Rule.NOTICE:
            notice = elapsed(int(problem.given.program.availability.notice.total_seconds()))
            return f"past, or less than {notice} away"
        case Rule.RACE_DAY:
            return "nothing on the day of a race or the day before it"
        case Rule.TAPER:
            return f"no strength in the {REST_BEFORE_RACE} days before the race"
        case Rule.REST_DAY:
            return "a rest day stays free"
        case Rule.HOURS_APART:
            return f"no room {_hours_apart(problem)} or more after the {_runs_of(problem, day)}"
        case Rule.FRESH_LEGS:
            return f"too close to {_next_run(problem, day)}"
        case Rule.PAIR:
            return f"less than {week.min_days_apart} days from another strength session"
        case _:
            return str(rule)


def _hours_apart(problem: Problem) -> str:
    return elapsed(int(problem.given.program.rules.hours_apart.total_seconds()))


def _runs_of(problem: Problem, day: date) -> str:
    efforts: Iterable[Effort] = {run.effort for run in problem.days.runs_on(day)}
    return "long run" if Effort.LONG in efforts and Effort.HARD not in efforts else "hard run"


def _next_run(problem: Problem, day: date) -> str:
    after = problem.days.next_fresh_run(problem.days.clock.at(day, 0))
    return of_run(after) if after and after.day - day <= timedelta(days=3) else "the next quality run"
