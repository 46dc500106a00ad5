"""What there is to say of a plan's sessions: why they are where they are, what else there was, at what cost.

To know the cost the plan is solved again: a session is put elsewhere and all others find their best places
around it, so the difference is exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from operator import attrgetter
from zoneinfo import ZoneInfo

from calsync.planning.days import Candidate, Days
from calsync.planning.descriptions import reasons, term_text
from calsync.planning.placement import SlotWeek, place, solve_with, with_candidates
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek
from calsync.planning.room import Fix, Fixes
from calsync.planning.rules import Rule
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.why import Reason
from calsync.timespan import Timespan
from calsync.words import day_name, moment


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another place for a session. The plan would cost `more` points; `unplaced` are the keys that would lose
    their place by it.
    """

    place: Candidate
    more: int
    unplaced: tuple[str, ...] = ()
    is_later: bool = False
    moves: bool = False
    """Whether more of what is published would not stay where it is."""

    def text(self, zone: ZoneInfo) -> str:
        where = f"{moment(self.place.span, zone)}, {self.place.minutes} min, {self.place.load}"
        as_good = "as good"
        if self.moves:
            as_good += ", but what your calendar has would move"
        elif self.is_later:
            as_good += "; the earlier start wins"
        cost = "" if self.more else f": {as_good}"
        count = len(self.unplaced)
        lost = "another session" if count == 1 else f"{count} other sessions"
        return f"{where}{cost}" + (f"; then {lost} couldn't fit in" if count else "")


@dataclass(frozen=True, slots=True)
class Dodged:
    """Where a session would be if it had no busy time to mind: the plan would cost `less` points.

    `blocks` are what is in the way there.
    """

    place: Candidate
    less: int
    blocks: tuple[Timespan, ...]

    def text(self, zone: ZoneInfo) -> str:
        blocks = " and ".join(_block(block, self.place.day, zone) for block in self.blocks)
        return f"would be on {moment(self.place.span, zone)} if you weren't busy {blocks}"


def _block(block: Timespan, day: date, zone: ZoneInfo) -> str:
    start, end = block.start.astimezone(zone), block.end.astimezone(zone)
    if start.date() == day and end - start <= timedelta(days=1):
        return f"{start:%H:%M}-{end:%H:%M}"
    return f"from {day_name(start.date())} {start:%H:%M} to {day_name(end.date())} {end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a session's cost."""

    term: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Explained:
    """All there is to say of a session with a place; `everywhere` is where else it could be, the best first,
    one for each day.
    """

    reasons: tuple[Reason, ...]
    terms: tuple[Term, ...]
    everywhere: tuple[Alternative, ...] = ()

    @property
    def others(self) -> tuple[Alternative, ...]:
        """The best of them: more than two nobody reads."""
        return self.everywhere[:2]


class Explainer:
    """Explains the sessions of one plan. For most of them that takes solving it again a few times."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._problem = plan.problem
        self._optimum = plan.placement
        self._fixes = Fixes(plan.problem)
        self._explained: dict[str, Explained] = {}

    @cached_property
    def _weeks(self) -> tuple[SlotWeek, ...]:
        return self._problem.slot_weeks()

    @cached_property
    def _free(self) -> Days:
        """The days without any busy time."""
        return self._problem.days_if(busy=())

    def explained(self, session: PlannedSession) -> Explained:
        """Found once, and remembered."""
        if session.key not in self._explained:
            self._explained[session.key] = self._found(session)
        return self._explained[session.key]

    def _found(self, session: PlannedSession) -> Explained:
        why = reasons(self._plan, session)
        terms = tuple(
            Term(name, points, term_text(name, self._plan, session)) for name, points in session.cost.items()
        )
        if not (session.wanted and session.place):
            return Explained(why, terms)
        if dodged := self.dodged(session.week, session.wanted):
            why = (*why, Reason(Rule.BUSY, dodged.text(self._plan.zone)))
        return Explained(why, terms, self.best(session.week, session.wanted, 7))

    def choices(self, session: PlannedSession, count: int = 3) -> tuple[tuple[Alternative, str], ...]:
        """The best other places for it as it is, as long and as heavy, each in words."""
        alike = [
            one
            for one in self.explained(session).everywhere
            if (one.place.minutes, one.place.load) == (session.minutes, session.load)
        ]
        ranks = ("second best", "third best", "fourth best")
        return tuple(
            (one, f"{moment(one.place.span, self._plan.zone)}, {self._drawback(session, one, rank)}")
            for one, rank in zip(alike[:count], ranks, strict=False)
        )

    def _drawback(self, session: PlannedSession, other: Alternative, rank: str) -> str:
        if count := len(other.unplaced):
            return (
                f"but then {'another session' if count == 1 else f'{count} other sessions'} couldn't fit in"
            )
        if not other.more or session.wanted is None:
            return "as good"
        terms = self._problem.days.terms(session.week, session.wanted, other.place)
        more = {name: points - session.cost.get(name, 0) for name, points in terms.items()}
        # That it would move is no drawback for somebody who wants to move it.
        moving = more.pop("moved", 0)
        worst = max(more, key=lambda name: more[name], default="")
        if not worst or more[worst] <= 0:
            return f"{rank}: less evenly spread" if other.more > moving else "as good"
        there = replace(session, span=other.place.span, day=other.place.day, place=other.place, cost=terms)
        return f"{rank}: {term_text(worst, self._plan, there)}"

    def fix(self, week: PlannedWeek, session: WantedSession) -> Fix | None:
        """What would give it a place; None if no single change does, or if only time did not allow it."""
        return None if session in week.too_late else self._fixes.smallest(week.wanted, session)

    def best(self, week: WantedWeek, session: WantedSession, count: int = 2) -> tuple[Alternative, ...]:
        """The cheapest other places in the week, one for each day, the earliest of equals first.

        One for each day, or the same hour a quarter later would be all there is to say.
        """
        places = (self._cheapest_elsewhere(week, session, day) for day in week.week.days)
        found = self._tried(session, (place for place in places if place))
        return tuple(sorted(found, key=lambda one: (one.more, one.moves, one.place.start))[:count])

    def dodged(self, week: WantedWeek, session: WantedSession) -> Dodged | None:
        """The better place that busy time keeps `session` from; None if it keeps it from none."""
        chosen = self._optimum.chosen.get(session.key)
        places = (self._free.cheapest(week, session, day) for day in week.week.days)
        candidates = tuple(found for found in places if found)
        solved = place(with_candidates(self._weeks, session.key, candidates), self._problem.fixed)
        better = solved.chosen[session.key]
        less = self._optimum.cost - solved.cost
        if better is None or less <= 0 or (chosen and better.start == chosen.start):
            return None
        travel = timedelta(seconds=session.where.travel)
        needed = better.span.padded(self._problem.given.program.availability.buffer + travel)
        blocks = tuple(block for block in self._problem.given.busy if block.overlaps(needed))
        return Dodged(better, less, blocks) if blocks else None

    def _tried(self, session: WantedSession, places: Iterable[Candidate]) -> Iterator[Alternative]:
        for candidate in places:
            if solved := solve_with(self._weeks, self._problem.fixed, session.key, candidate):
                lost = solved.missing - self._optimum.missing
                now = self._optimum.chosen[session.key]
                is_later = now is not None and candidate.start > now.start
                unplaced = tuple(key for key in solved.chosen if key in lost)
                more, moves = solved.cost - self._optimum.cost, solved.moved > self._optimum.moved
                yield Alternative(candidate, more, unplaced, is_later, moves)

    def _cheapest_elsewhere(self, week: WantedWeek, session: WantedSession, day: date) -> Candidate | None:
        """The cheapest place on a day that is not where the session is."""
        chosen = self._optimum.chosen.get(session.key)
        candidates = self._problem.days.candidates(week, session, day)
        others = (one for one in candidates if chosen is None or one.start != chosen.start)
        return min(others, key=attrgetter("rank"), default=None)
