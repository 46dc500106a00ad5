"""A calendar on a CalDAV server, as the model, the acts and the checks of the state machines see Google's.

Events are dictionaries as in Google's API, by UID. What was deleted stays among them as cancelled, though the
server knows nothing of it any more: an app's bin has it, and the runner may take it out of there. What the
runner called off (STATUS) is cancelled as well, and there.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

from icalendar import Alarm, Calendar
from icalendar import Event as VEvent

from calsync.calendars.caldav.client import Client, Refused, Request
from calsync.calendars.caldav.discovery import create_calendar
from calsync.calendars.caldav.lines import content_lines, uid_of
from calsync.calendars.caldav.messages import document, props
from tests.calendars.caldav.servers import Server
from tests.davproxy.proxy import Asked, Phase, Proxy, Said
from tests.davproxy.quirks import Quirks
from tests.googleserver.store import Event

# What is calsync's to write, or the server's. All else of an event is nobody's but the runner's.
_KNOWN = (
    *("UID", "SUMMARY", "DESCRIPTION", "DTSTART", "DTEND", "DURATION", "DTSTAMP", "CREATED", "LAST-MODIFIED"),
    *("SEQUENCE", "CATEGORIES", "TRANSP", "LOCATION", "RRULE", "ATTENDEE", "COLOR", "URL", "CLASS", "STATUS"),
)
_ALL = '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>'


@dataclass
class DavCalendar:
    id: str
    time_zone: str = "Europe/London"
    events: dict[str, Event] = field(default_factory=dict)
    changes: list[tuple[str, Event | None]] = field(default_factory=list)


class DavServer:
    """A proxy before a real server, with one calendar of calsync's."""

    def __init__(self, real: Server, quirks: Quirks) -> None:
        self.proxy = Proxy(real, quirks)
        self.client: Client = real.client()
        home = self.client.address(real.home)
        self.url = create_calendar(self.client, home, f"machine-{uuid.uuid4().hex}", "Training", "", "")
        self.path = self.url.removeprefix(real.url)
        self.calendar = DavCalendar(self.url)
        self.calendars = {self.url: self.calendar}
        # Nothing tells who has deleted an event.
        self.switches = SimpleNamespace(tombstones="bare")
        self.traffic = SimpleNamespace(failures=self.proxy.failures)
        self.faults = self.proxy.faults
        self.hooks: list[Callable[[Any, Phase], None]] = []
        self.log: list[tuple[Asked, Said]] = []
        self.texts: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._marks: dict[str, dict[str, str]] = {}
        self._written: dict[str, str] = {}
        self.own_app: DavPerson | None = None
        """What the runner uses, if it isn't the app below."""
        self.proxy.hook = self._hook

    def close(self) -> None:
        self.proxy.close()
        self.client.call(Request("DELETE", self.url))
        self.client.close()

    def clear_log(self) -> None:
        self.log.clear()

    def person(self, calendar_id: str) -> "DavPerson":
        assert calendar_id == self.url
        return self.own_app or DavPerson(self)

    # --- what calsync does --------------------------------------------------------------------------------

    def _hook(self, asked: Asked, phase: Phase, said: Said | None) -> None:
        body: dict[str, Any] = {}
        if phase == "after" and said is not None:
            self.log.append((asked, said))
            if said.is_success and asked.method in ("PUT", "DELETE"):
                body = self._took_effect(asked)
        logged = SimpleNamespace(method=asked.method, path=asked.path, query={}, body=body, status=0)
        for hook in self.hooks:
            hook(logged, phase)

    def _took_effect(self, asked: Asked) -> dict[str, Any]:
        """What the write has changed of an event, by the names that Google has for that."""
        path = self.proxy.real_path
        if asked.method == "DELETE":
            for name in [name for name, where in self._paths.items() if unquote(where) == unquote(path)]:
                # As the record of the state folder: it was calsync. (What was called off was deleted before.)
                if self.calendar.events[name]["status"] != "cancelled":
                    self._marks[name] = {"withdrawn": str(len(self.calendar.changes))}
                self.gone(name)
            return {}
        before = dict(self.calendar.events)
        name = self.came(path, is_new="if-none-match" in asked.headers)
        after, old = self.calendar.events[name], before.get(name) or {}
        body = {key: after.get(key) for key in ("summary", "description", "reminders")}
        body = {key: value for key, value in body.items() if value != old.get(key)}
        said = _times_written(asked.body.decode())
        if (after["start"], after["end"]) != (old.get("start"), old.get("end")):
            body["start"] = after["start"]
        elif said != self._written.get(name):
            body["restamped"] = True
        self._written[name] = said
        return body

    # --- what is there ------------------------------------------------------------------------------------

    def came(self, path: str, *, is_new: bool = False) -> str:
        """What is at `path` was written just now; its UID."""
        text = self.client.call(Request("GET", path)).body.decode()
        event = as_event(text)
        name: str = event["id"]
        before = self.calendar.events.get(name)
        is_dead = before is None or before["status"] == "cancelled"
        if is_new and is_dead:
            self._marks.pop(name, None)
            before = None
        self.calendar.changes.append((name, before))
        self.texts[name], self._paths[name] = text, path
        self._set(name, event)
        return name

    def gone(self, name: str) -> None:
        before = self.calendar.events[name]
        self.calendar.changes.append((name, before))
        self._paths.pop(name)
        self._set(name, before | {"status": "cancelled"})

    def look(self) -> None:
        """What has come, changed or gone without a word: vdirsyncer has none."""
        body = document("C:calendar-query", props("C:calendar-data"), _ALL)
        there: dict[str, list[tuple[str, str]]] = {}
        for one in self.client.call(Request.report(self.url, body, expects="events")).found:
            text = one.text("C:calendar-data")
            there.setdefault(uid_of(text), []).append((urlsplit(one.href).path, text))
        for name in [name for name in self._paths if name not in there]:
            self.gone(name)
        for name, found in there.items():
            if not any(self._is_known(name, *one) for one in found):
                self.came(found[0][0])
                self._written[name] = _times_written(self.texts[name])

    def _is_known(self, name: str, path: str, text: str) -> bool:
        is_there = name in self._paths and unquote(self._paths[name]) == unquote(path)
        return is_there and content_lines(self.texts[name]) == content_lines(text)

    def _set(self, name: str, event: Event) -> None:
        private = {**event["extendedProperties"]["private"], **self._marks.get(name, {})}
        self.calendar.events[name] = event | {"extendedProperties": {"private": private}}

    def has_seen(self) -> None:
        """A push has seen what there is: what it withdrew and is there was brought back by the runner."""
        for name in [name for name in self._paths if self._marks.pop(name, None)]:
            self._set(name, as_event(self.texts[name]))

    def path_of(self, name: str) -> str:
        """Where it is; or, for what is in the bin, may be."""
        return self._paths.get(name) or f"{self.path}bin-{uuid.uuid4().hex}.ics"


def _times_written(text: str) -> str:
    return str(
        [one for one in properties_written(text) if one.startswith(("X-CALSYNC-START", "X-CALSYNC-END"))]
    )


def properties_written(text: str) -> tuple[str, ...]:
    """What calsync has written of an event, where nobody sees it."""
    return tuple(sorted(one for one in content_lines(text) if one.startswith("X-CALSYNC-")))


def as_event(text: str) -> Event:
    masters = [one for one in Calendar.from_ical(text).walk("VEVENT") if "RECURRENCE-ID" not in one]
    found = masters[0]
    status = "cancelled" if found.get("STATUS") == "CANCELLED" else "confirmed"
    event: Event = {"id": str(found["UID"]), "status": status}
    for name in ("summary", "description", "location"):
        if name in found:
            event[name] = str(found[name])
    end = found["DTEND"].dt if "DTEND" in found else found["DTSTART"].dt + found["DURATION"].dt
    event["start"], event["end"] = _when(found["DTSTART"].dt), _when(end)
    if "RRULE" in found:
        event["recurrence"] = [found["RRULE"].to_ical().decode()]
    alarms = list(found.walk("VALARM"))
    event["reminders"] = {"useDefault": True}
    if alarms:
        minutes = [-int(one["TRIGGER"].dt.total_seconds()) // 60 for one in alarms]
        popups = [{"method": "popup", "minutes": number} for number in sorted(minutes)]
        event["reminders"] = {"useDefault": False, "overrides": popups}
    event["others"] = sorted(
        f"{name}:{value}"
        for name, value in found.property_items(recursive=False)
        if name not in (*_KNOWN, "BEGIN", "END") and not name.startswith("X-CALSYNC-")
    ) + [str(found.get(name)) for name in ("COLOR", "ATTENDEE")]
    private = {}
    if match := re.fullmatch(r"(\d{4}-W\d\d)-([a-z]+)-([a-z0-9-]+)@training\.calsync", event["id"]):
        private = {"calsync": "training", "calsyncKey": "/".join(match.groups())}
    event["extendedProperties"] = {"private": private}
    return event


def _when(value: date) -> dict[str, str]:
    return {"dateTime": value.isoformat()} if isinstance(value, datetime) else {"date": value.isoformat()}


class DavPerson:
    """The runner's own app: reads an object, changes it, and writes all of it, straight to the server."""

    def __init__(self, server: DavServer) -> None:
        self._server = server

    def _put(self, name: str, calendar: Calendar, *, is_new: bool = False) -> None:
        path = self._server.path_of(name)
        headers = (("Content-Type", "text/calendar; charset=utf-8"),)
        try:
            self._server.client.call(Request("PUT", path, calendar.to_ical(), headers))
        except Refused as problem:
            # Of what is twice there already the server takes no third.
            if problem.failure.status not in (409, 412):
                raise
            return
        self._server.came(path, is_new=is_new)

    def _edit(self, name: str, edit: Callable[[VEvent], object]) -> None:
        calendar = Calendar.from_ical(self._server.texts[name])
        edit(next(one for one in calendar.walk("VEVENT") if "RECURRENCE-ID" not in one))
        self._put(name, calendar)

    def _times(self, name: str, start: date, end: date) -> None:
        def edit(event: VEvent) -> None:
            for which, value in (("DTSTART", start), ("DTEND", end)):
                event.pop(which, None)
                event.add(which, value)
            event.pop("DURATION", None)

        self._edit(name, edit)

    def move(self, name: str, start: datetime, end: datetime) -> None:
        self._times(name, start, end)

    def move_all_day(self, name: str, day: date, days: int = 1) -> None:
        self._times(name, day, day + timedelta(days))

    def delete(self, name: str) -> None:
        self._server.client.call(Request("DELETE", self._server.path_of(name)))
        self._server.gone(name)

    def call_off(self, name: str) -> None:
        self._edit(name, lambda event: event.add("STATUS", "CANCELLED"))

    def restore(self, name: str) -> None:
        self._edit(name, lambda event: event.pop("STATUS", None))

    def copy(self, name: str, start: datetime | None = None) -> None:
        calendar = Calendar.from_ical(self._server.texts[name])
        for event in calendar.walk("VEVENT"):
            length = (
                event.decoded("DTEND") - event.decoded("DTSTART") if "DTEND" in event else timedelta(hours=1)
            )
            event["UID"] = f"{uuid.uuid4()}@phone"
            if start is not None:
                for which, value in (("DTSTART", start), ("DTEND", start + length)):
                    event.pop(which, None)
                    event.add(which, value)
        self._put("", calendar, is_new=True)

    def _text(self, name: str, which: str, value: str | None) -> None:
        def edit(event: VEvent) -> None:
            event.pop(which, None)
            if value:
                event.add(which, value)

        self._edit(name, edit)

    def edit(self, name: str, **texts: str) -> None:
        for which, value in texts.items():
            self._text(name, which.upper(), value)

    def recolour(self, name: str, colour: str | None) -> None:
        self._text(name, "COLOR", colour and "turquoise")

    def invite(self, name: str, email: str) -> None:
        self._edit(name, lambda event: event.add("ATTENDEE", f"mailto:{email}"))

    def repeat(self, name: str, rule: str) -> None:
        def edit(event: VEvent) -> None:
            event.pop("RRULE", None)
            event.add("RRULE", {"FREQ": "WEEKLY", "COUNT": 3})

        self._edit(name, edit)

    def set_reminders(self, name: str, overrides: list[dict[str, Any]] | None) -> None:
        def edit(event: VEvent) -> None:
            event.subcomponents.clear()
            for one in overrides or ():
                alarm = Alarm()
                alarm.add("ACTION", "DISPLAY")
                alarm.add("DESCRIPTION", "Mine")
                alarm.add("TRIGGER", timedelta(minutes=-one["minutes"]))
                event.add_component(alarm)

        self._edit(name, edit)

    def create(self, summary: str, start: datetime, end: datetime) -> None:
        calendar, event = Calendar(), VEvent()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//Phone//EN")
        for name, value in (("SUMMARY", summary), ("DTSTART", start), ("DTEND", end), ("DTSTAMP", start)):
            event.add(name, value)
        event.add("UID", f"{uuid.uuid4()}@phone")
        calendar.add_component(event)
        self._put("", calendar, is_new=True)
