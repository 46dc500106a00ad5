"""A calendar in memory: complete, for tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from calsync.event import Action, Applied, Change, Contents, Event, StoredEvent

_EDITABLE = ("summary", "description", "alarm")


class MemoryCalendar:
    def __init__(self, events: Iterable[StoredEvent] = ()) -> None:
        self._contents = Contents()
        self.put({event.key: event for event in events}, set())

    def put(self, events: dict[str, StoredEvent], deleted: set[str]) -> None:
        in_time = sorted(events.values(), key=lambda event: (event.span, event.key))
        self._contents = Contents(tuple(in_time), frozenset(deleted))

    @property
    def events(self) -> dict[str, StoredEvent]:
        return {event.key: event for event in self._contents.events}

    def load(self) -> "LoadedMemory":
        return LoadedMemory(self, self._contents)

    def edit(self, event: Event) -> None:
        """What a person does in a calendar's own app: the event changes, what calsync wrote doesn't."""
        before = self.events[event.key]
        edited = {name for name in _EDITABLE if getattr(event, name) != getattr(before.event, name)}
        new = replace(before, event=event, edited=before.edited | edited)
        self.put(self.events | {event.key: new}, {*self._contents.deleted})

    def delete(self, key: str) -> None:
        """What a person does in a calendar's own app."""
        others = {other: event for other, event in self.events.items() if other != key}
        self.put(others, {*self._contents.deleted, key})


@dataclass(frozen=True)
class LoadedMemory:
    calendar: MemoryCalendar
    contents: Contents

    def of_plan(self, plan: str) -> int:
        return 0

    def adopt(self, plan: str, now: datetime) -> int:
        return 0

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        if any(change.writes for change in changes) and self.calendar.load().contents != self.contents:
            return Applied(tuple(change for change in changes if not change.writes), look_again=True)
        events, deleted = self.calendar.events, {*self.contents.deleted}
        for change in changes:
            stored = change.stored
            if change.action is Action.WITHDRAW:
                del events[change.key]
            elif change.action is Action.INSERT and change.wanted:
                events[change.key] = StoredEvent(change.wanted, change.wanted.span)
            elif change.action is Action.UPDATE and change.wanted and stored:
                # An event that stays where a person put it is still their doing.
                written = stored.written if change.wanted.span == stored.span else change.wanted.span
                events[change.key] = replace(stored, event=change.wanted, written=written)
            elif change.action is Action.RELEASE:
                deleted.discard(change.key)
                if stored:
                    events[change.key] = replace(stored, written=stored.span)
        self.calendar.put(events, deleted)
        return Applied(tuple(changes))
