"""What Google holds: calendars, their events (each state of one a new object), and the order of the changes.

Plain data with a clock. Knows neither requests nor who may see what.
"""

import base64
import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.googleserver import recurrence, times
from tests.googleserver.errors import not_found
from tests.googleserver.exchange import Json
from tests.googleserver.switches import Switches

Event = dict[str, Any]
"""An event resource as the API gives it. Never changed in place: an earlier state stays what it was."""

ROLES = ("freeBusyReader", "reader", "writer", "owner")
INSTANCE = re.compile(r"(?P<series>.+)_(?P<start>\d{8}(T\d{6}Z)?)")


class Clock:
    """The server's time: it stands still until a test moves it, but no two stamps are alike."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._last = 0

    @property
    def now(self) -> datetime:
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("the server's time needs a zone")
        self._now = moment.astimezone(UTC)

    def stamp(self) -> int:
        """Milliseconds since 1970, later than any before."""
        self._last = max(self._last + 1, int(self._now.timestamp() * 1000))
        return self._last


def etag(stamp: int) -> str:
    """Quoted, and of the form that has been seen; a client must not look into it."""
    return f'"{stamp * 2000}"'


@dataclass
class Calendar:
    id: str
    owner: str
    clock: Clock = field(repr=False)
    summary: str = ""
    description: str = ""
    location: str = ""
    time_zone: str = "Europe/London"
    shared_with: dict[str, str] = field(default_factory=dict)
    """Addresses, and the role each has."""
    created_by: str = ""
    """The OAuth client that created it, or "" for a person."""
    default_reminders: list[Json] = field(default_factory=list)
    list_entry: Json = field(default_factory=dict)
    """What calendarList.patch has set: colorId, hidden, selected, …"""
    events: dict[str, Event] = field(default_factory=dict)
    """All of them by id, the cancelled ones too."""
    dead_ids: set[str] = field(default_factory=set)
    """Ids that can never be inserted again."""
    settles: int = 0
    """How many requests will still be refused because the calendar is so new."""
    etag: str = ""
    changes: list[tuple[str, Event | None]] = field(default_factory=list, repr=False)
    """Every write, oldest first: the event's id, and the event before it."""
    changed_at: dict[str, int] = field(default_factory=dict, repr=False)
    """The number of the last write to each event."""
    ordinals: dict[str, int] = field(default_factory=dict, repr=False)
    """The order in which ids came into the calendar: the stable order of lists."""

    def __post_init__(self) -> None:
        self.touch()

    @property
    def accessible_to(self) -> Mapping[str, str]:
        return {**self.shared_with, self.owner: "owner"}

    @property
    def updated(self) -> str:
        newest = max((event["updated"] for event in self.events.values()), default="")
        return newest or times.stamp(int(self.clock.now.timestamp() * 1000))

    def touch(self) -> None:
        self.etag = etag(self.clock.stamp())

    def put(self, event: Event, *, quietly: bool = False) -> Event:
        """Stores a new state of an event, with a new etag; `updated` stays as it is if done quietly."""
        now = self.clock.stamp()
        previous = self.events.get(event["id"])
        stored = event | {"etag": etag(now)}
        if previous is None or not quietly:
            stored["updated"] = times.stamp(now)
        self._record(stored["id"], previous)
        self.events[stored["id"]] = stored
        self.ordinals.setdefault(stored["id"], len(self.ordinals))
        return stored

    def _record(self, event_id: str, previous: Event | None) -> None:
        self.changes.append((event_id, previous))
        self.changed_at[event_id] = len(self.changes)

    def forget(self, event_id: str, *, frees: bool) -> None:
        """Takes a tombstone away, as Google does after about a month."""
        self._record(event_id, self.events.pop(event_id))
        if not frees:
            self.dead_ids.add(event_id)

    def before(self, writes: int) -> dict[str, Event]:
        """The events as they were before the last writes."""
        events = dict(self.events)
        for event_id, previous in reversed(
            self.changes[len(self.changes) - min(writes, len(self.changes)) :]
        ):
            if previous is None:
                events.pop(event_id, None)
            else:
                events[event_id] = previous
        return events

    def find(self, event_id: str) -> Event:
        """A stored event, or an instance of a repeating one; notFound otherwise."""
        event = self.events.get(event_id)
        if event is not None:
            return event
        if (match := INSTANCE.fullmatch(event_id)) and (series := self.events.get(match["series"])):
            for instance in recurrence.instances(series, self.time_zone):
                if instance["id"] == event_id:
                    return instance
        raise not_found()

    def rezone(self, name: str) -> None:
        """Another zone for the calendar: the times of its events come back in that one from now on."""
        here = times.known_zone(name)
        self.time_zone = name
        for event_id, event in self.events.items():
            moved = {
                which: {
                    **event[which],
                    "dateTime": times.written(times.instant(event[which]["dateTime"]), here),
                }
                for which in ("start", "end")
                if "dateTime" in event[which]
            }
            self.events[event_id] = event | moved


class Calendars(dict[str, Calendar]):
    """Calendars by id, where "primary" is the account's own."""

    def __init__(self, account: str) -> None:
        super().__init__()
        self._account = account

    def __missing__(self, calendar_id: str) -> Calendar:
        if calendar_id == "primary":
            return self[self._account]
        raise KeyError(calendar_id)


class Store:
    """Everything that the account's requests can reach."""

    def __init__(self, account: str, now: datetime, switches: Switches) -> None:
        self.account = account
        self.switches = switches
        self.clock = Clock(now)
        self.calendars = Calendars(account)
        self.freebusy_errors: dict[str, str] = {}
        """Calendars that freeBusy cannot answer for, and the reason that it gives."""
        self.sync_generation = 0
        """Sync tokens of an earlier one are no longer valid."""
        self.lock = threading.RLock()
        self._made = 0

    def add(self, calendar: Calendar) -> Calendar:
        self.calendars[calendar.id] = calendar
        return calendar

    def new_id(self, *, length: int = 26) -> str:
        """An id that looks like Google's own, the same in every run."""
        self._made += 1
        digest = hashlib.sha512(f"id {self._made}".encode()).digest()
        return base64.b32hexencode(digest).decode().lower()[:length]

    def resolve(self, calendar_id: str, account: str) -> Calendar | None:
        return self.calendars.get(account if calendar_id == "primary" else calendar_id)
