"""What every calendar can do, whatever it is made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from calsync.event import StoredEvent
from calsync.sync.changes import Change


class EventCalendar(Protocol):
    """A calendar that holds the plan's events; it never touches anybody else's."""

    @property
    def name(self) -> str:
        """The target's name in the config."""

    def load(self) -> tuple[StoredEvent, ...]:
        """The plan's own events that the calendar holds now, in the order of time.

        Raises TargetUnavailable or RefusedToProtectData.
        """

    def apply(self, changes: Sequence[Change], now: datetime) -> None:
        """Make the changes, all that diff() gave for what load() returned.

        Called for every push, also when nothing changes. Raises TargetUnavailable.
        """
