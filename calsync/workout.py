"""What a training platform's feed says of a day, in the runner's words.

Decides which sorts of entry there are. Knows nothing of how a feed is written (feeds/platform), nor of what a
week makes of it (planning/platform.py).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from calsync.training import Kind, Load


class Sort(StrEnum):
    """What an entry of a feed is."""

    RUN = "run"
    STRENGTH = "strength"
    REST = "rest"
    OTHER = "other"  # another sport, a note, a meal: nothing that a run or a lift has to mind


# What the runner says that a title is: a kind of run, another sort, or None for what is to be left out.
Meant = Kind | Sort | None


@dataclass(frozen=True, slots=True)
class Workout:
    """An entry of a feed on its date, in the plan's zone.

    `kind` is of a run, None if it was not understood; `load` of a strength workout. `minutes` is its length,
    None if the feed doesn't say; `start` a minute of the day, None if the feed names no time.
    """

    day: date
    sort: Sort
    title: str
    kind: Kind | None = None
    load: Load | None = None
    minutes: int | None = None
    start: int | None = None
    notes: str = ""

    @property
    def order(self) -> tuple[date, int, str]:
        """By day and time; without a time first, as nothing else says when."""
        return self.day, -1 if self.start is None else self.start, self.title
