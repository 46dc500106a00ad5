"""Smaller values of `hours_apart`.

Decides which ones a start lies at, down to two hours. Knows nothing of what else a start there would cost.
"""

from collections.abc import Iterator
from datetime import timedelta

from calsync.planning import wall
from calsync.planning.attempt import Attempt
from calsync.planning.chance import Chance
from calsync.planning.change import FewerHoursApart
from calsync.planning.whole import Cell
from calsync.training import Effort, Load

_SHORTEST = timedelta(hours=2)
_MINUTE = timedelta(minutes=1)


def fewer_hours(chance: Chance, finely: bool) -> Iterator[Attempt]:
    """All that there are: there is only one number to change."""
    nearby = chance.nearby
    given, days = nearby.problem.given, nearby.problem.days
    now = given.program.rules.hours_apart
    if now <= _SHORTEST:
        return
    nearer = nearby.days(given.program.with_hours_apart(_SHORTEST))
    gaps: set[timedelta] = set()
    reached: dict[Cell, timedelta] = {}
    for week, day, sessions in nearby.dates:
        ends = [run.end for run in days.runs_on(day) if run.effort in (Effort.HARD, Effort.LONG)]
        if not ends:
            continue
        soon = [wall.seconds(span.start) for _, on, span in nearby.soon if on == day]
        for other in sessions:
            starts = [start for _, start in nearer.starts(week, day, other.shortest, Load.LIGHT)]
            of_cell = [_whole_minutes(start - max(ends)) for start in (*starts, *soon)]
            gaps.update(of_cell)
            if of_cell and (other.key, day) not in nearby.cells:
                reached[other.key, day] = max(of_cell)
    for gap in gaps:
        if _SHORTEST <= gap < now:
            opens = frozenset(cell for cell, most in reached.items() if most >= gap)
            yield Attempt(now - gap, nearby.problem.weeks[0].week.monday, FewerHoursApart(gap), opens)


def _whole_minutes(seconds: int) -> timedelta:
    return seconds // 60 * _MINUTE
