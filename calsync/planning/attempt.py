"""A change that is worth trying, and what is known of it before it is tried.

Decides which of two attempts comes first. Knows nothing of how changes are found (wider_ranges.py,
shorter_busy.py, earlier_runs.py, fewer_hours.py), and not whether one works (fix.py).

A change matters only where a start, of a session or of a run, becomes possible. Coarsely, that is the first
start of a session on a day without any; finely, each start that is cheaper for a session than those it had.
Changes of what has passed are none: what has begun can't start later, and no run can start before now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from calsync.planning.change import Fix
from calsync.planning.whole import Cell, Rank


@dataclass(frozen=True, slots=True)
class Attempt:
    """A change that touches `day`. `opens` is at most what it opens.

    `offers` says exactly what it adds, if that is known: (cost, start) of the best that a cell gets.
    """

    size: timedelta
    day: date
    fix: Fix
    opens: frozenset[Cell]
    offers: Mapping[Cell, Rank] | None = None

    @property
    def order(self) -> tuple[timedelta, date]:
        """The fewest minutes first, then the earlier day."""
        return self.size, self.day
