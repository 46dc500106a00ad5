"""A runner whose calendar is on a CalDAV server: a box whose config names it, and the runner's own app."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from icalendar import Calendar
from icalendar import Event as VEvent

from calsync.calendars.caldav.client import Client, Request
from calsync.calendars.caldav.discovery import calendars_of, find_account
from calsync.calendars.caldav.messages import document, props
from tests.calendars.caldav.servers import PASSWORD, USER, Server
from tests.cli.box import FEED, Box, config

_ALL = '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>'


@dataclass
class DavBox(Box):
    """Its target and its calendar have names of their own, as all tests share an account."""

    server: Server = field(default_factory=lambda: Server("", "", ""))
    name: str = field(default_factory=lambda: f"dav-{uuid.uuid4().hex[:8]}")

    @property
    def title(self) -> str:
        return f"Training {self.name}"

    def target(self, more: str = "") -> str:
        return (
            f'[[targets]]\nname = "{self.name}"\ntype = "caldav"\nurl = "{self.server.url}"\n'
            f'username = "{USER}"\npassword_env = "DAV_PASSWORD"\ncalendar = "{self.title}"\n{more}\n'
        )

    def dav_config(self, more: str = "", **parts: Any) -> None:
        self.write("config.toml", config(targets=self.target(more) + FEED, **parts))
        self.environment["DAV_PASSWORD"] = PASSWORD

    @contextmanager
    def client(self) -> Iterator[Client]:
        client = self.server.client()
        try:
            yield client
        finally:
            client.close()

    @property
    def url(self) -> str:
        with self.client() as client:
            (found,) = [one for one in calendars_of(client, find_account(client)) if one.name == self.title]
        return found.url

    def objects(self) -> dict[str, tuple[str, str]]:
        """Address and text of each of the plan's events, by key."""
        body = document("C:calendar-query", props("C:calendar-data"), _ALL)
        with self.client() as client:
            answer = client.call(Request.report(self.url, body, expects="events"))
        found = {}
        for one in answer.found:
            text = one.text("C:calendar-data")
            uid = str(Calendar.from_ical(text).walk("VEVENT")[0]["UID"])
            if match := re.fullmatch(r"(\d{4}-W\d\d)-([a-z]+)-([a-z0-9-]+)@training\.calsync", uid):
                found["/".join(match.groups())] = (one.href, text)
        return found

    def events(self) -> dict[str, VEvent]:
        return {key: Calendar.from_ical(text).walk("VEVENT")[0] for key, (_, text) in self.objects().items()}

    def edit(self, key: str, edit: Callable[[VEvent], None]) -> None:
        href, text = self.objects()[key]
        calendar = Calendar.from_ical(text)
        edit(calendar.walk("VEVENT")[0])
        headers = (("Content-Type", "text/calendar; charset=utf-8"),)
        with self.client() as client:
            client.call(Request("PUT", href, calendar.to_ical(), headers))

    def drag(self, key: str, start: datetime, end: datetime) -> None:
        def move(event: VEvent) -> None:
            for name, instant in (("DTSTART", start), ("DTEND", end)):
                event.pop(name)
                event.add(name, instant)

        self.edit(key, move)

    def delete(self, *keys: str) -> None:
        found = self.objects()
        with self.client() as client:
            for key in keys:
                client.call(Request("DELETE", found[key][0]))
