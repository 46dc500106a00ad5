"""A calendar in memory: complete, for tests and dry runs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from calsync.event import Action, Applied, Change, Contents, Event, StoredEvent

_EDITABLE = ("summary", "description", "alarm")


class MemoryCalendar:
    def __init__(self, name: str = "memory", events: Iterable[StoredEvent] = ()) -> None:
        self.name = name
        self._events = {event.key: event for event in events}
        self._deleted: set[str] = set()

    def load(self) -> Contents:
        events = sorted(self._events.values(), key=lambda event: (event.span, event.key))
        return Contents(tuple(events), frozenset(self._deleted))

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        for change in changes:
            stored = change.stored
            if change.action is Action.WITHDRAW:
                del self._events[change.key]
            elif change.action is Action.INSERT and change.wanted:
                self._events[change.key] = StoredEvent(change.wanted, change.wanted.span)
            elif change.action is Action.UPDATE and change.wanted and stored:
                # An event that stays where its owner put it is still their doing.
                written = stored.written if change.wanted.span == stored.span else change.wanted.span
                self._events[change.key] = replace(stored, event=change.wanted, written=written)
            elif change.action is Action.RELEASE:
                self._deleted.discard(change.key)
                if stored:
                    self._events[change.key] = replace(stored, written=stored.span)
        return Applied(tuple(changes))

    def edit(self, event: Event) -> None:
        """What a person does in a calendar's own app: the event changes, what calsync wrote doesn't."""
        before = self._events[event.key]
        edited = {name for name in _EDITABLE if getattr(event, name) != getattr(before.event, name)}
        self._events[event.key] = replace(before, event=event, edited=before.edited | edited)

    def delete(self, key: str) -> None:
        """What a person does in a calendar's own app."""
        del self._events[key]
        self._deleted.add(key)
