"""What CalDAV's calendars can't keep for calsync, for one run of a command."""

from datetime import datetime

import msgspec

from calsync.addresses import place_of
from calsync.event import week_of_key
from calsync.records import CaldavCopy, CaldavEvent
from calsync.state import WEEKS_KEPT, State
from calsync.training import Week


class Records:
    """Read from the state folder once, and kept there if it changes."""

    def __init__(self, state: State) -> None:
        """Raises Unavailable."""
        self.state = state
        self.known = state.caldav()
        self._saved = msgspec.json.encode(self.known)

    def events(self, url: str) -> dict[str, CaldavEvent]:
        """By key, to be changed in place; save() keeps it."""
        return self.known.events.setdefault(place_of(url), {})

    def set_calendar(self, target: str, url: str) -> None:
        """Raises Unavailable."""
        self.known.calendars[target] = url
        self.save()

    def set_new_calendar(self, target: str, url: str) -> None:
        """One that was made just now. What the runner deleted in that of before stays deleted.

        Raises Unavailable.
        """
        before = self.known.calendars.get(target)
        known = self.known.events.pop(place_of(before), {}) if before else {}
        self.events(url).update({key: one for key, one in known.items() if one.state == "deleted"})
        # At the same address its token may be one that the calendar of before had, too.
        self.state.save_caldav_copy(url, CaldavCopy("", can_sync=False))
        self.set_calendar(target, url)

    def prune(self, now: datetime) -> None:
        """Forget what was long ago."""
        oldest = Week.of(now.date()).plus(-WEEKS_KEPT)
        for events in self.known.events.values():
            for key in [key for key, one in events.items() if not one.is_there and week_of_key(key) < oldest]:
                del events[key]

    def save(self) -> None:
        """Costs nothing if nothing changed. Raises Unavailable."""
        events = {url: dict(sorted(known.items())) for url, known in self.known.events.items() if known}
        kept = msgspec.structs.replace(self.known, events=events)
        if (content := msgspec.json.encode(kept)) != self._saved:
            self.state.save_caldav(kept)
            self._saved = content
