"""What is better about the place of a session that could have stayed where it stood.

Decides by solving again with the session where it was, so the difference is exact. Why that place is to be
had now is not known here.
"""

from dataclasses import dataclass, replace

from calsync.planning.candidates import Candidate
from calsync.planning.placement import Placement, Slot, place
from calsync.planning.plan import Plan, PlannedSession
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.words import day_name, elapsed, moment
from calsync.training import Effort

# More than a plan can cost: a session that is worth it is placed if that is possible at all.
_WISHED = 10_000_000


@dataclass(frozen=True, slots=True)
class Staying:
    """The best plan in which the session stays: its place there, and how many points `more` it costs."""

    place: Candidate
    placement: Placement
    more: int

    @classmethod
    def of(cls, plan: Plan, week: WantedWeek, wanted: WantedSession, start: int) -> "Staying | None":
        """None if it can't stay in any plan."""
        problem = plan.problem
        candidate = _cheapest_at(plan, week, wanted, start)
        if candidate is None:
            return None
        wished = (replace(candidate, cost=candidate.cost - _WISHED),)
        weeks = tuple(
            replace(
                one,
                slots=tuple(Slot(s.key, wished) if s.key == wanted.key else s for s in one.slots),
            )
            for one in problem.slot_weeks()
        )
        solved = place(weeks, problem.fixed)
        if solved.chosen[wanted.key] is None:
            return None
        return cls(candidate, solved, solved.cost + _WISHED - plan.cost)


def _cheapest_at(plan: Plan, week: WantedWeek, wanted: WantedSession, start: int) -> Candidate | None:
    days = plan.problem.days
    day, minute = days.clock.minute_of(start)
    published = plan.problem.published_start(wanted.key)
    found = []
    for minutes in wanted.lengths:
        for load in wanted.load.and_lighter:
            if (minute, start) in days.starts(week, day, minutes, load):
                option = Candidate(day, minute, start, minutes, load, 0)
                cost = sum(days.terms(week, wanted, option, published).values())
                found.append(replace(option, cost=cost))
    return min(found, key=lambda option: option.cost, default=None)


def better(plan: Plan, week: WantedWeek, session: PlannedSession, staying: Staying) -> str:
    """What the plan gains by the move; empty if it gains nothing."""
    if staying.more <= 0 or session.wanted is None:
        return ""
    if helped := _helped(plan, session, staying):
        return helped
    days, wanted = plan.problem.days, session.wanted
    before = dict(days.terms(week, wanted, staying.place, plan.problem.published_start(session.key)))
    before["spacing"] = staying.placement.spacing.get(session.key, 0)
    gains = {name: before.get(name, 0) - session.cost.get(name, 0) for name in (*before, *session.cost)}
    name = max(gains, key=lambda name: gains[name])
    if gains[name] <= 0:
        return _others(plan, session, staying)
    return f"{_gain(name, plan, week, session, staying)} ({_points(staying)})"


def _helped(plan: Plan, session: PlannedSession, staying: Staying) -> str:
    """The sessions that would have no place if it stayed."""
    placed = {one.key: one for one in plan.sessions if one.place}
    helped = [
        f"{_routine(placed[key])} on {day_name(placed[key].day)}"
        for key, chosen in staying.placement.chosen.items()
        if chosen is None and key in placed and key != session.key
    ]
    return f"to make room for {' and '.join(helped)}" if helped else ""


def _others(plan: Plan, session: PlannedSession, staying: Staying) -> str:
    """The first other session that the move lets be where it is."""
    for other in plan.sessions:
        elsewhere = staying.placement.chosen.get(other.key)
        if other.place and other.key != session.key and elsewhere and elsewhere.start != other.place.start:
            where = moment(other.span, plan.zone)
            return f"so that {_routine(other)} can be on {where} ({_points(staying)})"
    return ""


def _gain(name: str, plan: Plan, week: WantedWeek, session: PlannedSession, staying: Staying) -> str:
    old = staying.place
    match name:
        case "day":
            return f"{day_name(session.day)} suits strength better than {_kind_of_day(plan, week, old)}"
        case "gap" if new := _after(plan, session.place):
            return f"{new} after the run suits better than {_after(plan, old)}"
        case "gap":
            return f"{_after(plan, old)} after the run is not ideal"
        case "order":
            return "after the easy run of a day is better than before it"
        case "lighter":
            return f"{session.load} is possible there, and only {old.load} where it was"
        case "shorter":
            return f"{session.minutes} min fit there, and only {old.minutes} where it was"
        case "time":
            return "nearer to the times that you prefer"
        case _:
            return "the sessions are better spread"


def _kind_of_day(plan: Plan, week: WantedWeek, old: Candidate) -> str:
    name = day_name(old.day)
    if week.is_rest(old.day):
        return f"{name}, a rest day"
    match plan.problem.days.effort(old.day):
        case Effort.EASY:
            return f"{name}, an easy day"
        case Effort.LONG:
            return f"{name}, the day of the long run"
        case Effort.NONE:
            return f"{name}, a day without a run"
        case _:
            return name


def _after(plan: Plan, place: Candidate | None) -> str:
    """How long after the day's last hard run; empty on a day without one."""
    runs = plan.problem.days.runs_on(place.day) if place else ()
    hard = [run.end for run in runs if run.effort is Effort.HARD]
    return elapsed(place.start - max(hard)) if place and hard else ""


def _points(staying: Staying) -> str:
    return f"the plan costs {staying.more} point{'s' * (staying.more != 1)} less"


def _routine(session: PlannedSession) -> str:
    return session.routine.replace("-", " ") or "strength"
