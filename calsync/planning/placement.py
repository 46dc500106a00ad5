"""Stage 2 of placement: the exact optimum over days.

All cost terms but `unplaced` and `spacing` are a matter of one candidate, and sessions are at least two days
apart, so the cheapest candidate of each day and session is all that is needed here. A dynamic programme goes
through the sessions in the order of time; what the future may know of the past is the day of the last session
and whether that one is fixed. Sessions that stand (fixed ones) forbid days around them and take part in
`spacing`, nothing more.

Why this is exact: free sessions keep their order, so on the way from one to the next only the fixed ones in
between matter. The pair rule between a free and a fixed session concerns that one free session alone, and
between two free ones it is enough to look at neighbours, as others are further apart.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from calsync.planning.candidates import Candidate

UNPLACED_POINTS = 1000
# `spacing` says the same for all distances from here on.
_FAR_APART = 10
_LATEST = 1 << 62


def spacing(days: int) -> int:
    """Points for a session that comes `days` calendar days after the one before it."""
    if days == 2:
        return 15
    return min(max(days - 4, 0) * 5, 30)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A session that stands. `min_days_apart` is that of its week."""

    key: str
    day: date
    start: int
    min_days_apart: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A session to place: its cheapest candidate of each day, days in order."""

    key: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class SlotWeek:
    """The sessions of a week that are not fixed, in their order. `monday` begins the week."""

    monday: date
    slots: tuple[Slot, ...]
    min_days_apart: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The optimum: a candidate for each key, or None where there is no place; `spacing` by key.

    `cost` is the sum of all terms, `unplaced` and `spacing` included.
    """

    chosen: Mapping[str, Candidate | None]
    spacing: Mapping[str, int]
    cost: int


class _Last(NamedTuple):
    """What the future knows of the past: the day (ordinal) of the last session, 0 if there was none."""

    day: int
    fixed: bool


class _Path(NamedTuple):
    """The cheapest way to a state.

    `rank` orders ways of equal cost: the way with the earlier starts has the lower one. `start` is that of
    the last choice, not yet part of `rank`; `chosen` and `before` are that choice and what came before it.
    """

    cost: int
    rank: int
    start: int = 0
    chosen: Candidate | None = None
    before: "_Path | None" = None


_States = dict[_Last, _Path]


def place(weeks: Sequence[SlotWeek], fixed: Sequence[Fixed]) -> Placement:
    """Place the sessions of all weeks, in order, at the least cost.

    Among equals the earlier start wins, compared in the order of weeks and sessions.
    """
    standing = _FixedDays(fixed)
    states: _States = {_Last(0, fixed=False): _Path(0, 0)}
    for week in weeks:
        monday = week.monday.toordinal()
        # Days so far back that nothing depends on them any more become one state: this keeps the number of
        # states, and with it the time for each week, constant.
        oldest = monday - max(_FAR_APART, week.min_days_apart)
        states = _cheapest(
            (_Last(max(last.day, oldest), last.fixed) if last.day else last, path)
            for last, path in standing.passed(monday, states)
        )
        for slot in week.slots:
            states = _ranked(_cheapest(_choices(slot, week.min_days_apart, states, standing)))
    ends = _cheapest(standing.passed(date.max.toordinal(), states))
    return _placement(weeks, min(ends.values(), key=_preference), standing)


def _choices(
    slot: Slot, apart: int, states: _States, standing: "_FixedDays"
) -> Iterator[tuple[_Last, _Path]]:
    places = [(candidate.day.toordinal(), candidate) for candidate in slot.candidates]
    places = [(day, candidate) for day, candidate in places if standing.allow(day, apart)]
    for last, path in states.items():
        yield last, _Path(path.cost + UNPLACED_POINTS, path.rank, _LATEST, None, path)
        # After a fixed session `allow` has said all there is to say.
        first = 0 if last.fixed or not last.day else last.day + apart
        for day, candidate in places:
            if day >= first:
                cost = path.cost + candidate.cost + standing.spacing_between(last, day)
                yield _Last(day, fixed=False), _Path(cost, path.rank, candidate.start, candidate, path)


def _preference(path: _Path) -> tuple[int, int, int]:
    return path.cost, path.rank, path.start


def _cheapest(ways: Iterable[tuple[_Last, _Path]]) -> _States:
    best: _States = {}
    for last, path in ways:
        if last not in best or _preference(path) < _preference(best[last]):
            best[last] = path
    return best


def _ranked(states: _States) -> _States:
    """Fold the last choice into the rank."""
    order = sorted({(path.rank, path.start) for path in states.values()})
    ranks = {pair: rank for rank, pair in enumerate(order)}
    return {last: path._replace(rank=ranks[path.rank, path.start], start=0) for last, path in states.items()}


class _FixedDays:
    """The sessions that stand, in the order of time."""

    def __init__(self, fixed: Sequence[Fixed]) -> None:
        self.in_time = sorted(fixed, key=lambda session: (session.start, session.key))
        self._days = [session.day.toordinal() for session in self.in_time]
        self._min_days_apart = [session.min_days_apart for session in self.in_time]

    def allow(self, day: int, apart: int) -> bool:
        """The pair rule between a free session on `day` and every fixed one; the later one's week decides."""
        return all(
            day - other >= apart if other <= day else other - day >= least
            for other, least in zip(self._days, self._min_days_apart, strict=True)
        )

    def spacing_between(self, last: _Last, day: int) -> int:
        """`spacing` on the way from `last` to a free session on `day`, of the fixed ones in between too."""
        first, end = bisect_right(self._days, last.day), bisect_left(self._days, day)
        if first < end:
            return self._spacing_to_first(last, first) + spacing(day - self._days[end - 1])
        return spacing(day - last.day) if last.day else 0

    def passed(self, until: int, states: _States) -> Iterator[tuple[_Last, _Path]]:
        """The states after all fixed sessions before the day `until`."""
        end = bisect_left(self._days, until)
        for last, path in states.items():
            first = bisect_right(self._days, last.day)
            if first < end:
                cost = path.cost + self._spacing_to_first(last, first)
                yield _Last(self._days[end - 1], fixed=True), path._replace(cost=cost)
            else:
                yield last, path

    def _spacing_to_first(self, last: _Last, first: int) -> int:
        return spacing(self._days[first] - last.day) if last.day and not last.fixed else 0


def _placement(weeks: Sequence[SlotWeek], path: _Path, standing: _FixedDays) -> Placement:
    chosen: dict[str, Candidate | None] = {}
    step: _Path = path
    for slot in reversed([slot for week in weeks for slot in week.slots]):
        # _replace() keeps the choice and what came before it, so each link is one slot.
        chosen[slot.key] = step.chosen
        assert step.before is not None
        step = step.before
    return Placement(chosen, _spacing_by_key(chosen, standing.in_time), path.cost)


def _spacing_by_key(chosen: Mapping[str, Candidate | None], fixed: Sequence[Fixed]) -> dict[str, int]:
    """Each session's `spacing` to the one before it in time; two fixed ones cost nothing."""
    placed = [(place.start, place.day, key, False) for key, place in chosen.items() if place]
    sessions = sorted([*placed, *((other.start, other.day, other.key, True) for other in fixed)])
    points = {}
    for (_, day, _, was_fixed), (_, next_day, key, is_fixed) in pairwise(sessions):
        if not (was_fixed and is_fixed):
            points[key] = spacing((next_day - day).days)
    return {key: value for key, value in points.items() if value}
