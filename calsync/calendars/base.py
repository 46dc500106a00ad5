"""What every calendar can do, whatever it is made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from calsync.event import Applied, Change, Contents


class EventCalendar(Protocol):
    """A calendar that holds the plan's events; it never touches anybody else's."""

    @property
    def name(self) -> str:
        """The target's name in the config."""

    def load(self) -> Contents:
        """The plan's own events that the calendar holds now, and what its owner deleted there.

        Raises AuthorisationNeeded, Unavailable or RefusedToProtectData.
        """

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Make the changes, all that diff() gave for what load() returned, or releases of what is in there.

        Called for every push, also when nothing changes. Raises what load() raises if nothing came about.
        """
