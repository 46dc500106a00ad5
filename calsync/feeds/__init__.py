"""Other people's calendars: busy ones, and the feeds of training platforms.

`place` is the one way from a setting to what a calendar says: push, plan, doctor, init and completion all ask
there, so that they say the same. Here is what it shares with `busy`, which need not import it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from calsync.timespan import Timespan
from calsync.training import Load


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read one busy calendar's events, all from the config."""

    all_day_busy: bool = True
    """All-day events that don't say; TRANSP always wins."""
    tentative_busy: bool = True
    email: str | None = None
    """Invitations that this address declined are free."""
    ignore: tuple[str, ...] = ()
    """Patterns (as in file names) of titles that are free."""
    away: tuple[str, ...] = ()
    """The same of all-day events that are no busy time, but days away."""
    only_away: bool = False
    """To find just those days: all else is free."""
    strength: tuple[tuple[str, Load], ...] = ()
    """The same of strength sessions, which keep busy whatever else they say, with their loads."""


DEFAULT_READING = Reading()


class BusyTime(NamedTuple):
    """What one calendar says of when the runner is busy."""

    spans: tuple[Timespan, ...]
    """Merged, and clipped to the window."""
    warnings: tuple[str, ...]
    """For people, one line each; without titles."""
    events: int
    """How many VEVENTs and VFREEBUSYs the calendar has."""
    guesses: tuple[str, ...] = ()
    """What was guessed, and why, for those who ask; one line each, without titles."""
    away: tuple[Timespan, ...] = ()
    """Days away, from midnight to midnight; merged and clipped as `spans` are."""

    sessions: tuple[tuple[Timespan, Load, str], ...] = ()
    """The strength sessions among it, whole, with their titles."""


MOST_WARNINGS = 30


def first_of_many(lines: tuple[str, ...], what: str) -> tuple[str, ...]:
    """As many of these lines as a person may read, and how many more there are."""
    more = len(lines) - MOST_WARNINGS
    return lines if more <= 0 else (*lines[:MOST_WARNINGS], f"and {more} more {what}")
