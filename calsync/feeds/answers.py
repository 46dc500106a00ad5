"""What the reading of a busy calendar is told, and what it answers.

Apart from the reading itself, which is not even imported where a calendar is the one of last time.
"""

from dataclasses import dataclass

from calsync.errors import SourceUnavailable
from calsync.timespan import Timespan


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read one source's events, all from the config."""

    all_day_busy: bool = True
    """All-day events that don't say; TRANSP always wins."""
    tentative_busy: bool = True
    email: str | None = None
    """Invitations that this address declined are free."""
    ignore: tuple[str, ...] = ()
    """Patterns (as in file names) of titles that are free."""


DEFAULT_READING = Reading()


@dataclass(frozen=True, slots=True)
class BusyTime:
    spans: tuple[Timespan, ...]
    """Merged, and clipped to the window."""
    warnings: tuple[str, ...]
    """For people, one line each; without titles."""
    events: int
    """How many VEVENTs and VFREEBUSYs the source has."""
    stands_in: bool = False
    """An older copy, as the source can't be read now; the first warning says why."""


class NotACalendar(SourceUnavailable):
    """The body is something else, or only a part of a calendar; it says nothing about who is free."""
