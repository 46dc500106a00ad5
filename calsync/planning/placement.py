"""Stage 2 of placement: the exact optimum over days.

All cost terms but `unplaced` and `spacing` are a matter of one candidate, and sessions are at least two days
apart, so the best candidate of each day and session (Candidate.rank) is all that is needed here. A dynamic
programme goes through the sessions in the order of time; what the future may know of the past is the day of
the last session and whether that one is fixed. Sessions that stand (fixed ones) forbid days around them and
take part in `spacing`, nothing more.

Why this is exact: free sessions keep their order, so on the way from one to the next only the fixed ones in
between matter. The pair rule between a free and a fixed session concerns that one free session alone, and
between two free ones it is enough to look at neighbours, as others are further apart.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from calsync.planning.days import MOVED_POINTS, Candidate

UNPLACED_POINTS = 1000
# `spacing` says the same for all distances from here on.
_FAR_APART = 10
_LATEST = 1 << 62


def spacing(days: int) -> int:
    """Points for a session that comes `days` calendar days after the one before it."""
    if days == 2:
        return 15
    return min(max(days - 4, 0) * 5, 30)


def unplaced(*, is_published: bool) -> int:
    """Points for a session without a place."""
    return UNPLACED_POINTS + (MOVED_POINTS if is_published else 0)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A session that stands. `min_days_apart` is that of its week.

    `more_days` are those on which it goes on, after `day`: the pair rule holds for each of them.
    """

    key: str
    day: date
    start: int
    min_days_apart: int
    more_days: int = 0

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.day + timedelta(days=number) for number in range(self.more_days + 1))


@dataclass(frozen=True, slots=True)
class Slot:
    """A session to place: its best candidate of each day, days in order.

    One that is published and gets no place is withdrawn, which costs as much as moving it.
    """

    key: str
    candidates: tuple[Candidate, ...]
    is_published: bool = False


@dataclass(frozen=True, slots=True)
class SlotWeek:
    """The sessions of a week that are not fixed, in their order. `monday` begins the week."""

    monday: date
    slots: tuple[Slot, ...]
    min_days_apart: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The optimum: a candidate for each key, or None where there is no place; `spacing` by key.

    `cost` is the sum of all terms, `unplaced` and `spacing` included; `moved` is how many published sessions
    are not left where they are.
    """

    chosen: Mapping[str, Candidate | None]
    spacing: Mapping[str, int]
    cost: int
    moved: int = 0

    @property
    def missing(self) -> frozenset[str]:
        """The keys of the sessions without a place."""
        return frozenset(key for key, found in self.chosen.items() if found is None)


class _State(NamedTuple):
    """What the future knows of the past, and the cheapest way there.

    `cost` is the points so far times a number greater than that of all sessions, plus how many published ones
    are not left where they are: so that decides between ways of equal points, and comparing stays cheap.
    `day` is the ordinal of the last session's day, 0 if there was none. States are kept in the order of their
    starts, the earlier first, which decides between ways of equal cost: `rank` is the place of `before` in
    that order, `start` that of the last choice.
    """

    day: int
    fixed: bool
    cost: int
    rank: int = 0
    start: int = 0
    chosen: Candidate | None = None
    before: "_State | None" = None


def place(weeks: Sequence[SlotWeek], fixed: Sequence[Fixed]) -> Placement:
    """Place the sessions of all weeks, in order, at the least cost.

    Among equals the plan that leaves most published sessions where they are wins, then the earlier start,
    compared in the order of weeks and sessions.
    """
    standing = _FixedDays(fixed, scale=1 + sum(len(week.slots) for week in weeks))
    states = [_State(0, fixed=False, cost=0)]
    for week in weeks:
        monday = week.monday.toordinal()
        # Days so far back that nothing depends on them any more become one state: this keeps the number of
        # states, and with it the time for each week, constant.
        oldest = monday - max(_FAR_APART, week.min_days_apart)
        states = _cheapest(
            state._replace(day=oldest) if 0 < state.day < oldest else state
            for state in standing.passed(monday, states)
        )
        for slot in week.slots:
            states = _following(slot, week.min_days_apart, states, standing)
    ends = standing.passed(date.max.toordinal(), states)
    return _placement(weeks, min(ends, key=_cost), standing)


def with_candidates(
    weeks: Iterable[SlotWeek], key: str, candidates: tuple[Candidate, ...]
) -> tuple[SlotWeek, ...]:
    """The weeks, with these candidates for the session `key` and no others."""

    def with_these(slot: Slot) -> Slot:
        return replace(slot, candidates=candidates) if slot.key == key else slot

    return tuple(replace(week, slots=tuple(map(with_these, week.slots))) for week in weeks)


# More than a plan can cost: a session that is worth it is placed if that is possible at all.
_WISHED = 10_000_000


def solve_with(
    weeks: Iterable[SlotWeek], fixed: Sequence[Fixed], key: str, there: Candidate
) -> Placement | None:
    """The best plan in which the session `key` is at `there`; None if it can be there in none."""
    wished = replace(there, cost=there.cost - _WISHED)
    solved = place(with_candidates(weeks, key, (wished,)), fixed)
    return replace(solved, cost=solved.cost + _WISHED) if solved.chosen[key] else None


def _cost(state: _State) -> int:
    return state.cost


def _start_order(state: _State) -> tuple[int, int]:
    return state.rank, state.start


def _cheapest(states: Iterable[_State]) -> list[_State]:
    """One state of each kind, in the order in which they come; of equal cost the first."""
    best: dict[int, _State] = {}
    for state in states:
        key = 2 * state.day + state.fixed
        if key not in best or state.cost < best[key].cost:
            best.pop(key, None)
            best[key] = state
    return list(best.values())


def _following(slot: Slot, apart: int, states: list[_State], standing: "_FixedDays") -> list[_State]:
    """The states after `slot`: left out, or on one of its days, each in the cheapest way."""
    scale, spacing_after = standing.scale, standing.spacing
    nowhere = unplaced(is_published=slot.is_published) * scale + slot.is_published
    found = [
        _State(state.day, state.fixed, state.cost + nowhere, rank, _LATEST, None, state)
        for rank, state in enumerate(states)
    ]
    for candidate in slot.candidates:
        day = candidate.day.toordinal()
        if not standing.allow(day, apart):
            continue
        last_fixed = standing.last_before(day)
        least, best = _LATEST, -1
        for rank, state in enumerate(states):
            if state.day > last_fixed:
                gap = day - state.day
                # After a fixed session `allow` has said all there is to say.
                if gap < apart and not state.fixed:
                    continue
                cost = state.cost + spacing_after[min(gap, _FAR_APART)]
            elif last_fixed:
                gap = day - last_fixed
                cost = state.cost + standing.to_next(state) + spacing_after[min(gap, _FAR_APART)]
            else:
                cost = state.cost
            if cost < least:
                least, best = cost, rank
        if best >= 0:
            cost = least + candidate.cost * scale + candidate.moves
            found.append(_State(day, False, cost, best, candidate.start, candidate, states[best]))
    found.sort(key=_start_order)
    return _cheapest(found)


class _FixedDays:
    """The sessions that stand, in the order of time. `spacing` is by days, times `scale`."""

    def __init__(self, fixed: Sequence[Fixed], scale: int) -> None:
        self.scale = scale
        self.spacing = tuple(spacing(days) * scale for days in range(_FAR_APART + 1))
        self.in_time = sorted(fixed, key=lambda session: (session.start, session.key))
        self._days = [session.day.toordinal() for session in self.in_time]
        self._taken = [
            (day.toordinal(), session.min_days_apart) for session in self.in_time for day in session.days
        ]

    def allow(self, day: int, apart: int) -> bool:
        """The pair rule between a free session on `day` and every fixed one; the later one's week decides."""
        return all(
            day - other >= apart if other <= day else other - day >= least for other, least in self._taken
        )

    def last_before(self, day: int) -> int:
        """The day of the last fixed session before `day`; 0 if there is none."""
        index = bisect_left(self._days, day)
        return self._days[index - 1] if index else 0

    def to_next(self, state: _State) -> int:
        """`spacing` of the first fixed session after a state's last one."""
        index = bisect_right(self._days, state.day)
        if state.fixed or not state.day or index == len(self._days):
            return 0
        return self.spacing[min(self._days[index] - state.day, _FAR_APART)]

    def passed(self, until: int, states: Iterable[_State]) -> Iterator[_State]:
        """The states after all fixed sessions before the day `until`."""
        last = self.last_before(until)
        for state in states:
            if state.day < last:
                yield state._replace(day=last, fixed=True, cost=state.cost + self.to_next(state))
            else:
                yield state


def _placement(weeks: Sequence[SlotWeek], end: _State, standing: _FixedDays) -> Placement:
    chosen: dict[str, Candidate | None] = {}
    step = end
    for slot in reversed([slot for week in weeks for slot in week.slots]):
        # _replace() keeps the choice and what came before it, so each link is one slot.
        chosen[slot.key] = step.chosen
        assert step.before is not None
        step = step.before
    cost, moved = divmod(end.cost, standing.scale)
    return Placement(chosen, _spacing_by_key(chosen, standing.in_time), cost, moved)


def _spacing_by_key(chosen: Mapping[str, Candidate | None], fixed: Sequence[Fixed]) -> dict[str, int]:
    """Each session's `spacing` to the one before it in time; two fixed ones cost nothing."""
    placed = [(place.start, place.day, key, False) for key, place in chosen.items() if place]
    sessions = sorted([*placed, *((other.start, other.day, other.key, True) for other in fixed)])
    points = {}
    for (_, day, _, was_fixed), (_, next_day, key, is_fixed) in pairwise(sessions):
        if not (was_fixed and is_fixed):
            points[key] = spacing((next_day - day).days)
    return {key: value for key, value in points.items() if value}
