"""What can happen to an event of a calendar.

Decides the words (they are those of `push --format json`). Knows nothing of how a calendar does it.
"""

from dataclasses import dataclass
from enum import StrEnum

from calsync.errors import CalsyncError
from calsync.event import Event, StoredEvent
from calsync.timespan import Timespan


class Action(StrEnum):
    INSERT = "insert"
    UPDATE = "update"
    WITHDRAW = "withdraw"
    KEEP = "keep"
    PIN = "pin"
    SKIP = "skip"
    # Not of a push: the present place becomes the written one, or a deletion calsync's own.
    RELEASE = "release"


WRITING = frozenset({Action.INSERT, Action.UPDATE, Action.WITHDRAW, Action.RELEASE})


@dataclass(frozen=True, slots=True)
class Change:
    """One event's fate. `wanted` is what the calendar shall hold, `stored` what it holds.

    `reason` is for people and may be empty. `wish` is true when the owner asked for it.
    """

    action: Action
    key: str
    wanted: Event | None = None
    stored: StoredEvent | None = None
    reason: str = ""
    wish: bool = False

    @property
    def writes(self) -> bool:
        return self.action in WRITING

    @property
    def before(self) -> Timespan | None:
        return self.stored.span if self.stored else None

    @property
    def after(self) -> Timespan | None:
        match self.action:
            case Action.WITHDRAW | Action.SKIP:
                return None
            case Action.KEEP | Action.PIN:
                return self.before
            case _:
                return self.wanted.span if self.wanted else None


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a list of changes: those that are true of the calendar now, and what went wrong.

    `look_again` says that something there was no longer as it had been loaded: whoever decided has to load
    and decide again.
    """

    changes: tuple[Change, ...]
    look_again: bool = False
    failures: tuple[CalsyncError, ...] = ()
