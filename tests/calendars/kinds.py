"""Each kind of calendar, empty, and a person who can edit it."""

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from icalendar import Event as VEvent
from icalendar.prop import vText

from calsync.calendars import EventCalendar
from calsync.calendars.google.resource import event_id
from calsync.calendars.ics import IcsCalendar
from calsync.timespan import Timespan
from tests.calendars.caldav.box import Caldav
from tests.calendars.caldav.servers import SERVERS, running
from tests.calendars.google.box import PLAN, Google
from tests.calendars.memory import MemoryCalendar
from tests.davproxy import quirks
from tests.davproxy.proxy import Proxy
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import ALL_POSITIONS
from tests.soak import SOAK

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
# What differs most from the servers themselves; together they have nearly all that quirks can be.
OFTEN = ("icloud", "gmx", "without etags", "all at once")
GOOGLE = tuple(f"google: {position}" for position in ALL_POSITIONS)
POSITIONS = {**quirks.SERVERS, **quirks.WORST}
# A few positions, each before one of the servers; all of them before both in a long run.
CALDAV = (
    *(f"caldav: {server}" for server in SERVERS),
    *(
        f"caldav: {position} before {server}"
        for position in POSITIONS
        for place, server in enumerate(SERVERS)
        if SOAK > 1 or (position in OFTEN and place == OFTEN.index(position) % len(SERVERS))
    ),
)
EDITABLE = ("memory", *GOOGLE, *CALDAV)
ALL = ("memory", "ics", *GOOGLE, *CALDAV)


class Person(Protocol):
    """What somebody does to the plan's events, by key, in the calendar's own app."""

    def move(self, key: str, span: Timespan) -> None: ...

    def retitle(self, key: str, summary: str) -> None: ...

    def delete(self, key: str) -> None: ...

    def move_away(self, key: str) -> None:
        """Into another calendar."""


class InMemory:
    def __init__(self, calendar: MemoryCalendar) -> None:
        self._calendar = calendar

    def _change(self, key: str, **more: object) -> None:
        (event,) = [stored.event for stored in self._calendar.load().contents.events if stored.key == key]
        self._calendar.edit(replace(event, **more))  # type: ignore[arg-type]

    def move(self, key: str, span: Timespan) -> None:
        self._change(key, span=span)

    def retitle(self, key: str, summary: str) -> None:
        self._change(key, summary=summary)

    def delete(self, key: str) -> None:
        self._calendar.delete(key)

    move_away = delete


class InGoogle:
    def __init__(self, google: Google) -> None:
        self._person = google.server.person(google.calendar_id)

    def move(self, key: str, span: Timespan) -> None:
        self._person.move(self._id(key), span.start, span.end)

    def retitle(self, key: str, summary: str) -> None:
        self._person.edit(self._id(key), summary=summary)

    def delete(self, key: str) -> None:
        self._person.delete(self._id(key))

    def move_away(self, key: str) -> None:
        self._person.move_away(self._id(key))

    def _id(self, key: str) -> str:
        ids = [event_id(PLAN, key, generation) for generation in range(9)]
        (found,) = [event["id"] for event in self._person.events() if event["id"] in ids]
        return str(found)


class InCaldav:
    """A person whose app reads an object, changes it and writes it back, as icalendar understands it."""

    def __init__(self, calendar: Caldav) -> None:
        self._calendar = calendar

    def move(self, key: str, span: Timespan) -> None:
        def edit(event: VEvent) -> None:
            for name, instant in (("DTSTART", span.start), ("DTEND", span.end)):
                event.pop(name, None)
                event.add(name, instant)

        self._calendar.edit(key, edit)

    def retitle(self, key: str, summary: str) -> None:
        def edit(event: VEvent) -> None:
            event["SUMMARY"] = vText(summary)

        self._calendar.edit(key, edit)

    def delete(self, key: str) -> None:
        self._calendar.delete(key)

    move_away = delete


class Kept:
    """A calendar that outlives the process: `open()` is what the next one finds."""

    def __init__(self, open_: Callable[[], EventCalendar], person: Person | None = None) -> None:
        self.open = open_
        self._person = person

    @property
    def person(self) -> Person:
        assert self._person is not None, "nobody can edit this kind of calendar"
        return self._person


def make(kind: str, folder: Path, zone: ZoneInfo, opened: ExitStack) -> Kept:
    """A calendar that holds nothing yet; what has to be closed is left to `opened`."""
    if kind == "memory":
        calendar = MemoryCalendar()
        return Kept(lambda: calendar, InMemory(calendar))
    if kind == "ics":
        path = folder / f"{uuid.uuid4()}.ics"
        return Kept(lambda: IcsCalendar("feed", path, PLAN, zone))
    if kind in CALDAV:
        *position, server = kind.partition(" ")[2].split(" before ")
        real = running(server)
        played = real
        if position:
            played = opened.enter_context(Proxy(real, POSITIONS[position[0]])).as_server
        caldav = Caldav(played, folder / str(uuid.uuid4()), real=real)
        opened.callback(caldav.close)
        return Kept(lambda: caldav.calendar(zone), InCaldav(caldav))
    (position,) = [one for one in ALL_POSITIONS if kind == f"google: {one}"]
    # One server at a time, however many examples a property test has.
    opened.close()
    google = Google(opened.enter_context(GoogleServer(position, now=NOW)), folder / str(uuid.uuid4()))
    opened.callback(google.close)
    return Kept(lambda: google.calendar(zone), InGoogle(google))
