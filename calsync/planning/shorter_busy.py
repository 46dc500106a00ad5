"""Busy blocks that begin later or end earlier.

Decides where a block could be cut: where a session begins to fit, or a run that would rather be there. Knows
nothing of what else is in the way, and not whether a cut makes room (fix.py).
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby, product
from operator import itemgetter

from calsync.planning import wall
from calsync.planning.attempt import Attempt
from calsync.planning.chance import Chance
from calsync.planning.change import ShorterBusy
from calsync.planning.days import Candidate
from calsync.planning.loose_runs import runs_with_ranges, without_loose
from calsync.planning.nearby import Nearby, around
from calsync.planning.whole import Cell, Rank
from calsync.timespan import Timespan
from calsync.training import Load

# What is left of a block, and what may be there then.
_Cut = tuple[Timespan, Cell, Rank]


def shorter_busy(chance: Chance, finely: bool) -> Iterator[Attempt]:
    """Cuts that make room for a session, and those that let a run move."""
    if chance.helped_by(chance.nearby.quiet_cells):
        yield from _with_sessions(chance, finely)
    yield from _with_runs(chance)


def _with_sessions(chance: Chance, finely: bool) -> Iterator[Attempt]:
    nearby = chance.nearby
    found: dict[tuple[Timespan, bool], list[_Cut]] = {}
    for span, cell, rank in _places(nearby, finely):
        for block, left in _cuts(nearby, span.padded(nearby.problem.given.program.availability.buffer)):
            found.setdefault((block, left.end == block.end), []).append((left, cell, rank))
    for (block, _), cuts in found.items():
        if not chance.helped_by(frozenset(cell for _, cell, _ in cuts) - nearby.cells):
            continue
        offers: dict[Cell, Rank] = {}
        for left, of_cut in groupby(sorted(cuts, key=_least), key=itemgetter(0)):
            before = dict(offers)
            for _, cell, rank in of_cut:
                offers[cell] = min(rank, offers.get(cell, rank))
            if offers != before:
                opens = frozenset(offers) - nearby.cells
                exact = dict(offers) if finely and not nearby.soon else None
                yield _shorter(nearby, block, left, opens, exact)


def _places(nearby: Nearby, finely: bool) -> Iterator[tuple[Timespan, Cell, Rank]]:
    """Where a session could be if nothing were busy: coarsely, on days on which it can't be now."""
    quiet = nearby.whole.quiet_days
    for week, day, sessions in nearby.dates:
        for other in sessions:
            cell = other.key, day
            if finely:
                for minutes, load in product(other.lengths, other.load.and_lighter):
                    for minute, start in quiet.starts(week, day, minutes, load):
                        place = Candidate(day, minute, start, minutes, load, 0)
                        yield place.span, cell, nearby.rank(week, other, place)
            elif cell in nearby.quiet_cells:
                for _, start in quiet.starts(week, day, other.shortest, Load.LIGHT):
                    yield wall.span(start, start + other.shortest * 60), cell, (0, 0)
    for key, day, span in nearby.soon:
        yield span, (f"{key} stands", day), (0, 0)


def _least(cut: _Cut) -> tuple[timedelta, Timespan]:
    return -cut[0].duration, cut[0]


def _shorter(
    nearby: Nearby,
    block: Timespan,
    left: Timespan,
    opens: frozenset[Cell],
    offers: Mapping[Cell, Rank] | None = None,
) -> Attempt:
    day = nearby.problem.days.clock.day_of(wall.seconds(block.start))
    return Attempt(block.duration - left.duration, day, ShorterBusy(block, left), opens, offers)


def _cuts(nearby: Nearby, needed: Timespan) -> Iterator[tuple[Timespan, Timespan]]:
    """The one block in the way of `needed`, and what is left of it if it ends earlier or begins later."""
    given = nearby.problem.given
    in_the_way = nearby.blocks(needed)
    if len(in_the_way) == 1:
        (block,) = in_the_way
        if block.start < needed.start and needed.start >= given.now:
            yield block, Timespan(block.start, needed.start)
        if needed.end < block.end and block.start > given.now:
            yield block, Timespan(needed.end, block.end)


def _with_runs(chance: Chance) -> Iterator[Attempt]:
    """Cuts of blocks that keep a run from a better place: when it moves, others may, and make room."""
    nearby = chance.nearby
    given, clock = nearby.problem.given, nearby.problem.days.clock
    buffer = given.program.availability.buffer
    for block, cuts in _cuts_for_runs(nearby).items():
        first, last = clock.day_of(wall.seconds(block.start)), clock.day_of(wall.seconds(block.end))
        dates = [
            day for _, day, _ in nearby.dates if first - timedelta(days=2) <= day <= last + timedelta(days=1)
        ]
        runs = without_loose(nearby, {*dates, *around(first), *around(last)})
        loose = nearby.days(runs=runs, busy=[other for other in given.busy if other != block])
        opens = nearby.opened(loose, dates)
        if not chance.helped_by(opens):
            continue
        quiet = nearby.days(runs=runs, busy=())
        for week, day, sessions in nearby.dates:
            if day in dates:
                for minutes in {minutes for other in sessions for minutes in other.lengths}:
                    for _, start in quiet.starts(week, day, minutes, Load.LIGHT):
                        needed = wall.span(start, start + minutes * 60).padded(buffer)
                        cuts |= {left for other, left in _cuts(nearby, needed) if other == block}
        for left in cuts:
            yield _shorter(nearby, block, left, opens)


def _cuts_for_runs(nearby: Nearby) -> dict[Timespan, set[Timespan]]:
    """What is left of each block, cut for a place that a run likes better than where it is."""
    found: dict[Timespan, set[Timespan]] = {}
    for run, _, places in runs_with_ranges(nearby):
        for place in places:
            if place.start == run.span.start:
                break
            for block, left in _cuts(nearby, place):
                found.setdefault(block, set()).add(left)
    return found
