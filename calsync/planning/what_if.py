"""What there is to say of a plan's sessions: why they are where they are, what else there was, at what cost,
and where they, and runs, could be moved with nothing against it.

To know the cost the plan is solved again: a session is put elsewhere and all others find their best places
around it, so the difference is exact.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from operator import attrgetter
from zoneinfo import ZoneInfo

from calsync.event import week_of_key
from calsync.planning.days import Candidate, Days
from calsync.planning.descriptions import reasons, term_text
from calsync.planning.placement import Placement, SlotWeek, place, solve_with, with_candidates
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, PlannedWeek, State
from calsync.planning.problem import pose
from calsync.planning.room import Fix, Fixes
from calsync.planning.rules import Rule
from calsync.planning.wall import seconds
from calsync.planning.week import ANYWHERE, WantedSession, WantedWeek
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
    others_move: bool = False
    """The same, of other sessions than this one."""

    def text(self, zone: ZoneInfo) -> str:
        where = f"{moment(self.place.span, zone)}, {self.place.minutes} min, {self.place.load}"
        as_good = "as good"
        if self.moves:
            as_good += ", but what your calendar has would move"
        elif self.is_later:
            as_good += "; the earlier start wins"
        cost = "" if self.more else f": {as_good}"
        count = len(self.unplaced)
        return f"{where}{cost}" + (f"; then {_others(count)} couldn't fit in" if count else "")


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


def _others(count: int) -> str:
    return "another session" if count == 1 else f"{count} other sessions"


# Stretches of the grid, in minutes of a day: from a start to where the last one's quarter of an hour ends.
Starts = tuple[tuple[int, int], ...]


def _by_price(one: Alternative) -> tuple[int, bool, int]:
    return one.more, one.moves, one.place.start


# So far apart are two times that a runner may choose between.
_APART = timedelta(hours=3)


def are_apart(one: Timespan, other: Timespan) -> bool:
    """Whether they are two times to a runner, and not one that is a little later."""
    return abs(one.start - other.start) >= _APART


# So many of the places that are cheapest by themselves are tried for the three choices, and so many of a day.
_CHOICES_TRIED, _ON_ONE_DAY = 6, 2


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
        """The best other places for it as it is, as long and as heavy, each in words; none if it has begun.

        Each on another day, or hours away: what is a quarter of an hour later is no other time to a runner.
        """
        wanted = session.wanted
        if wanted is None or wanted.class_at or session.state in (State.PAST, State.FIXED):
            return ()
        here = self._as_candidate(session)
        costs = self._problem.days.terms(session.week, wanted, here)
        if session.place:
            free, now, is_fine = self, self._optimum, True
        else:
            # It stands, as it starts soon or was moved: it could be elsewhere if no calendar had it yet.
            free = self._without(session.key)
            costs = {name: points for name, points in costs.items() if name != "moved"}
            now = replace(self._optimum, cost=self._optimum.cost + sum(costs.values()))
            is_fine = self._is_open(session, here)
        tried = sorted(free._tried(wanted, free._elsewhere(session, wanted), now), key=_by_price)
        found = []
        for one, rank in zip(tried[:count], ("second best", "third best", "fourth best"), strict=False):
            drawback = free._drawback(session, wanted, one, costs, rank if is_fine else "")
            found.append((one, f"{moment(one.place.span, self._plan.zone)}, {drawback}"))
        return tuple(found)

    def _as_candidate(self, session: PlannedSession) -> Candidate:
        start = seconds(session.span.start)
        day, minute = self._problem.days.clock.minute_of(start)
        return Candidate(day, minute, start, session.minutes, session.load, cost=0)

    def _is_open(self, session: PlannedSession, here: Candidate) -> bool:
        """Whether nothing is against where it is."""
        starts = dict(zip(session.week.week.days, self.open_starts(session, session.week), strict=True))
        return any(first <= here.minute < end for first, end in starts.get(here.day, ()))

    def _without(self, key: str) -> "Explainer":
        """Of the plan that would be made if nobody had said yet where that session is."""
        given, standing = self._problem.given, self._problem.given.standing
        published = {other: one for other, one in standing.published.items() if other != key}
        standing = replace(standing, published=published, put_back=standing.put_back - {key})
        problem = pose(replace(given, standing=standing))
        return Explainer(replace(self._plan, problem=problem, placement=problem.solve()))

    def _elsewhere(self, session: PlannedSession, wanted: WantedSession) -> Sequence[Candidate]:
        """The cheapest places for a session as it is, far enough from where it is and from one another."""
        week, days = session.week, self._problem.days
        everywhere = (one for day in week.week.days for one in days.candidates(week, wanted, day))
        alike = [one for one in everywhere if (one.minutes, one.load) == (session.minutes, session.load)]
        found: list[Candidate] = []
        for one in sorted(alike, key=attrgetter("rank")):
            taken = (session.span, *(other.span for other in found))
            is_apart = all(are_apart(one.span, span) for span in taken)
            if is_apart and sum(other.day == one.day for other in found) < _ON_ONE_DAY:
                found.append(one)
            if len(found) == _CHOICES_TRIED:
                break
        return found

    def _drawback(
        self,
        session: PlannedSession,
        wanted: WantedSession,
        other: Alternative,
        costs: Mapping[str, int],
        rank: str,
    ) -> str:
        """What is worse about it than where the session is, which `costs` so much there.

        Without a `rank` something is against where it is, and no cost says how bad that is.
        """
        if count := len(other.unplaced):
            return f"but then {_others(count)} couldn't fit in"
        there = self._problem.days.terms(session.week, wanted, other.place)
        if not rank:
            return "nothing is against it"
        # That it would move is no drawback for somebody who wants to move it.
        more_by_itself = other.more - there.get("moved", 0) + costs.get("moved", 0)
        if more_by_itself <= 0:
            return "better" if more_by_itself < 0 else "as good"
        if other.others_move:
            return f"{rank}: another session would move"
        more = {name: points - costs.get(name, 0) for name, points in there.items() if name != "moved"}
        worst = max(more, key=lambda name: more[name], default="")
        if not worst or more[worst] <= 0:
            return f"{rank}: less evenly spread"
        moved = replace(session, span=other.place.span, day=other.place.day, place=other.place, cost=there)
        return f"{rank}: {term_text(worst, self._plan, moved)}"

    def open_starts(self, planned: PlannedRun | PlannedSession, week: WantedWeek) -> tuple[Starts, ...]:
        """Where on each day of `week` the runner could move it with nothing against it.

        These are the starts of which `calsync move` has nothing to note. In another week than its own there
        are none.
        """
        days, key = week.week.days, planned.key
        if week_of_key(key) != week.week:
            return tuple(() for _ in days)
        offered = self._problem.days
        if isinstance(planned, PlannedRun):
            length = planned.run.end - planned.run.start
            return tuple(tuple(offered.open_to_run(week, day, length, key)) for day in days)
        given, wanted = self._problem.given, week.session(key)
        stand = [on for fixed in self._problem.fixed if fixed.key != key for on in fixed.days]
        where = wanted.where if wanted else ANYWHERE
        return tuple(
            ()
            if any(given.are_too_near(on, day) for on in stand)
            else tuple(offered.open_to_session(week, day, planned.minutes, planned.load, where))
            for day in days
        )

    def fix(self, week: PlannedWeek, session: WantedSession) -> Fix | None:
        """What would give it a place; None if no single change does, or if only time did not allow it."""
        return None if session in week.too_late else self._fixes.smallest(week.wanted, session)

    def best(self, week: WantedWeek, session: WantedSession, count: int = 2) -> tuple[Alternative, ...]:
        """The cheapest other places in the week, one for each day, the earliest of equals first.

        One for each day, or the same hour a quarter later would be all there is to say.
        """
        places = (self._cheapest_elsewhere(week, session, day) for day in week.week.days)
        found = self._tried(session, (place for place in places if place))
        return tuple(sorted(found, key=_by_price)[:count])

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

    def _tried(
        self, session: WantedSession, places: Iterable[Candidate], before: Placement | None = None
    ) -> Iterator[Alternative]:
        """What each would cost more than `before`, or else than this plan."""
        before = before or self._optimum
        for candidate in places:
            if solved := solve_with(self._weeks, self._problem.fixed, session.key, candidate):
                lost = solved.missing - before.missing
                now = before.chosen.get(session.key)
                is_later = now is not None and candidate.start > now.start
                unplaced = tuple(key for key in solved.chosen if key in lost)
                more, moved = solved.cost - before.cost, solved.moved - before.moved
                yield Alternative(
                    candidate, more, unplaced, is_later, moved > 0, others_move=moved > candidate.moves
                )

    def _cheapest_elsewhere(self, week: WantedWeek, session: WantedSession, day: date) -> Candidate | None:
        """The cheapest place on a day that is not where the session is."""
        chosen = self._optimum.chosen.get(session.key)
        candidates = self._problem.days.candidates(week, session, day)
        others = (one for one in candidates if chosen is None or one.start != chosen.start)
        return min(others, key=attrgetter("rank"), default=None)
