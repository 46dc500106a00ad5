"""A calendar in memory: complete, for tests and dry runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from calsync.event import Event, StoredEvent
from calsync.sync.changes import Action, Change


class MemoryCalendar:
    def __init__(self, name: str = "memory", events: Iterable[StoredEvent] = ()) -> None:
        self.name = name
        self._events = {event.key: event for event in events}

    def load(self) -> tuple[StoredEvent, ...]:
        return tuple(sorted(self._events.values(), key=lambda event: (event.span, event.key)))

    def apply(self, changes: Sequence[Change], now: datetime) -> None:
        for change in changes:
            if change.action in (Action.INSERT, Action.UPDATE) and change.wanted:
                self._events[change.key] = StoredEvent(change.wanted, change.wanted.span)
            elif change.action is Action.WITHDRAW:
                del self._events[change.key]

    def edit(self, event: Event) -> None:
        """What a person does in a calendar's own app: the event changes, what calsync wrote doesn't."""
        self._events[event.key] = StoredEvent(event, self._events[event.key].written)
