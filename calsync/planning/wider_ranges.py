"""Ranges of availability that are wider, as far as it is worth to make them so.

Decides how far a range must reach for each set of places that it could add. Knows nothing of what they do to
a plan: whether one makes room is decided by trying (fix.py).
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby, product
from operator import itemgetter

from calsync.planning import wall
from calsync.planning.attempt import Attempt
from calsync.planning.chance import Chance
from calsync.planning.change import WiderRange
from calsync.planning.days import Candidate
from calsync.planning.nearby import Nearby
from calsync.planning.whole import Cell, Rank
from calsync.training import WEEKDAYS, Load, TimeRange, Weekday

_MINUTE = timedelta(minutes=1)
_WORST = (1 << 62, 0)
# Any place is as good as another.
_ALIKE = (0, 0)

# A start and an end that a session may have on a day, in seconds.
_Place = tuple[int, int]
# How far a range must reach for a place, in minutes of the day, and what the place is worth.
_Need = tuple[int, int, Rank]


def wider_ranges(chance: Chance, finely: bool) -> Iterator[Attempt]:
    nearby = chance.nearby
    ranges = nearby.problem.given.program.availability.ranges
    for weekday in WEEKDAYS:
        opens = frozenset(cell for cell in nearby.open_cells if cell[1].weekday() == weekday.number)
        if chance.helped_by(opens):
            places = _all_places(nearby, weekday) if finely else _new_places(nearby, weekday)
            for now in ranges[weekday.number] or (None,):
                yield from _wider(chance, weekday, now, places, finely)


def _new_places(nearby: Nearby, weekday: Weekday) -> dict[Cell, list[tuple[Rank, _Place]]]:
    """All places on dates where a session has none."""
    found: dict[Cell, list[tuple[Rank, _Place]]] = {}
    for week, day, sessions in nearby.dates:
        if day.weekday() == weekday.number:
            for session in sessions:
                if (session.key, day) in nearby.open_cells:
                    starts = nearby.whole.open_days.starts(week, day, session.shortest, Load.LIGHT)
                    found[session.key, day] = [
                        (_ALIKE, (start, start + session.shortest * 60)) for _, start in starts
                    ]
    return found


def _all_places(nearby: Nearby, weekday: Weekday) -> dict[Cell, list[tuple[Rank, _Place]]]:
    """All places, the best of a cell first."""
    found: dict[Cell, list[tuple[Rank, _Place]]] = {}
    for week, day, sessions in nearby.dates:
        if day.weekday() == weekday.number:
            for session in sessions:
                for minutes, load in product(session.lengths, session.load.and_lighter):
                    for minute, start in nearby.whole.open_days.starts(week, day, minutes, load):
                        place = Candidate(day, minute, start, minutes, load, 0)
                        rank = nearby.rank(week, session, place)
                        found.setdefault((session.key, day), []).append((rank, (start, place.end)))
    for key, day, span in nearby.soon:
        if day.weekday() == weekday.number:
            start = wall.seconds(span.start)
            found[f"{key} stands", day] = [((0, start), (start, wall.seconds_up(span.end)))]
    for places in found.values():
        places.sort()
    return found


def _wider(
    chance: Chance,
    weekday: Weekday,
    now: TimeRange | None,
    places: Mapping[Cell, Sequence[tuple[Rank, _Place]]],
    finely: bool,
) -> Iterator[Attempt]:
    """The smallest range for each outcome: what every cell has at best, or coarsely, which ones have any."""
    nearby = chance.nearby
    bounds = _Bounds(nearby, now)
    # Cells with the same needs always have the same.
    alike: dict[tuple[_Need, ...], list[Cell]] = {}
    for cell, of_cell in places.items():
        if needs := _needs(bounds.around(cell, of_cell)):
            alike.setdefault(needs, []).append(cell)
    if not chance.helped_by(frozenset(cell for cells in alike.values() for cell in cells) - nearby.cells):
        return
    kinds = list(alike.values())
    smallest: dict[frozenset[tuple[int, Rank]], tuple[int, int, int]] = {}
    for low, high, outcome in _outcomes(list(alike), bounds.first):
        more = high - low - bounds.minutes
        if more and (outcome not in smallest or more < smallest[outcome][0]):
            smallest[outcome] = more, low, high
    day = nearby.problem.weeks[0].week.days[weekday.number]
    for outcome, (more, low, high) in smallest.items():
        offers = {cell: rank for kind, rank in outcome for cell in kinds[kind]}
        opens = frozenset(offers) - nearby.cells
        fix = WiderRange(weekday, TimeRange(low, high), now)
        yield Attempt(more * _MINUTE, day, fix, opens, offers if finely and not nearby.soon else None)


def _needs(needs: Iterable[_Need]) -> tuple[_Need, ...]:
    """Those that are the reason for a change: no other need asks for as little and is no worse.

    The best rank comes first.
    """
    kept: list[_Need] = []
    lows: list[int] = []
    highs: list[int] = []
    for low, high, rank in sorted(needs, key=lambda need: (need[2], need[1], -need[0])):
        # `lows` and `highs` go up together: what asks for least, of those kept.
        index = bisect_left(lows, low)
        if index == len(lows) or highs[index] > high:
            kept.append((low, high, rank))
            first = bisect_left(highs, high)
            last = index + 1 if index < len(lows) and lows[index] == low else index
            lows[first:last], highs[first:last] = [low], [high]
    return tuple(kept)


def _outcomes(
    kinds: Sequence[tuple[_Need, ...]], first: Iterable[int]
) -> Iterator[tuple[int, int, frozenset[tuple[int, Rank]]]]:
    """Every range at whose bounds something changes, and what each kind of cell has at best within it."""
    of_low: dict[int, list[tuple[int, Rank, int]]] = {low: [] for low in first}
    for kind, needs in enumerate(kinds):
        for low, high, rank in needs:
            of_low.setdefault(low, []).append((high, rank, kind))
    steps: list[tuple[int, Rank, int]] = []
    # What each kind has at best from `low` to midnight: there is no need to look further.
    most: dict[int, Rank] = {}
    for low in sorted(of_low, reverse=True):
        for step in of_low[low]:
            insort(steps, step)
            most[step[-1]] = min(step[1], most.get(step[-1], _WORST))
        best: dict[int, Rank] = {}
        to_come = len(most)
        for high, of_end in groupby(steps, key=itemgetter(0)):
            is_new = False
            for _, rank, kind in of_end:
                if rank < best.get(kind, _WORST):
                    best[kind], is_new = rank, True
                    if rank == most[kind]:
                        to_come -= 1
            if is_new and low < high:
                yield low, high, frozenset(best.items())
            if not to_come:
                break


class _Bounds:
    """How far a range must reach, in minutes of the day, to hold a place."""

    def __init__(self, nearby: Nearby, now: TimeRange | None) -> None:
        self._nearby = nearby
        self._start, self._end = (now.start, now.end) if now else (1439, 0)
        self._found: dict[_Place, tuple[int, int] | None] = {}
        self.first = {now.start} if now else set()
        self.minutes = now.end - now.start if now else 0

    def around(self, cell: Cell, places: Iterable[tuple[Rank, _Place]]) -> Iterator[_Need]:
        """The latest start and the earliest end for each place that a range of that day can hold."""
        day = cell[1]
        at = self._nearby.minutes(day)
        if at is not None:
            yield from self._when_clocks_change(at, places)
            return
        midnight = self._nearby.problem.days.clock.at(day, 0)
        for rank, (start, end) in places:
            high = -((midnight - end) // 60)
            if high <= 1440:
                yield min((start - midnight) // 60, self._start), max(high, self._end), rank

    def _when_clocks_change(
        self, at: Sequence[int], places: Iterable[tuple[Rank, _Place]]
    ) -> Iterator[_Need]:
        for rank, place in places:
            if place not in self._found:
                # A later minute may be an earlier instant.
                lows = (minute for minute in range(self._start, -1, -1) if at[minute] <= place[0])
                highs = (minute for minute in range(self._end, 1441) if at[minute] >= place[1])
                low, high = next(lows, None), next(highs, None)
                self._found[place] = None if low is None or high is None else (low, high)
            if found := self._found[place]:
                yield *found, rank
