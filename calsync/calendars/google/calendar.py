"""A secondary Google calendar that holds the plan's events.

Decides what the state folder keeps of it, and when. How it is read is decided in listing.py, how it is
written in writing.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from calsync.calendars.google.client import Client
from calsync.calendars.google.listing import Held, listed
from calsync.calendars.google.records import Records
from calsync.calendars.google.writing import Writing
from calsync.errors import CalsyncError
from calsync.event import Contents
from calsync.sync.changes import Action, Applied, Change

# What a calendar that was created a moment ago may say while it is not everywhere yet.
SETTLING = frozenset({"requiredAccessLevel", "notFound"})


class GoogleCalendar:
    """The calendar `calendar_id` for the plan `plan`, with times in `zone`. `is_new`: just created."""

    def __init__(
        self,
        name: str,
        client: Client,
        calendar_id: str,
        plan: str,
        zone: ZoneInfo,
        records: Records,
        *,
        is_new: bool = False,
    ) -> None:
        self.name = name
        self._client = client
        self._id = calendar_id
        self._plan = plan
        self._zone = zone
        self._records = records
        self._also = SETTLING if is_new else frozenset[str]()
        self._held = Held()

    def load(self) -> Contents:
        """All the plan's events, wherever in time, and what tombstones and records say was deleted.

        Raises CalendarGone, AuthorisationNeeded, Unavailable.
        """
        tombstones = self._records.tombstones(self._id)
        self._held = listed(
            self._client, self._id, self.name, self._plan, self._zone, tombstones, also=self._also
        )
        events = [item.stored for item in self._held.items.values() if item.stored]
        events.sort(key=lambda event: (event.span, event.key))
        return Contents(tuple(events), self._held.deleted(tombstones))

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Send what the changes need, in batches, and no request if they need none.

        Raises Unavailable if the state folder can't be written before anything is sent. What can't be written
        there afterwards is one of the failures.
        """
        self._record(changes)
        writing = Writing(
            self._client, self._id, self.name, self._plan, self._zone, self._held, self._records
        )
        applied = writing.run(changes, now, also=self._also)
        self._records.prune(now)
        try:
            self._records.save()
        except CalsyncError as problem:
            return replace(applied, failures=(*applied.failures, problem))
        return applied

    def _record(self, changes: Sequence[Change]) -> None:
        """Keep in the state folder what tombstones say, and what they may soon have to say."""
        records = self._records.tombstones(self._id)
        deleted = self._held.deleted(records)
        for key, item in self._held.items.items():
            if item.stored or key in deleted:
                records.forget(key)
            if key in deleted:
                records.deleted[key] = item.generation
            elif item.is_withdrawn and not item.stored and key not in records.released:
                # Also where another machine did it: in a month the tombstone is gone, and the mark with it.
                records.cancelled[key] = item.generation
        for change in changes:
            found = self._held.items.get(change.key)
            if change.action is Action.WITHDRAW and found:
                records.cancelled[change.key] = found.generation
            elif change.action is Action.RELEASE and change.key in deleted:
                generation = records.generation(change.key) or 0
                records.forget(change.key)
                records.released[change.key] = generation
        self._records.save()
