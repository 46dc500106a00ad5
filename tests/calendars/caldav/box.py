"""A calendar of calsync's own on a CalDAV server, without a command line around it."""

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as VEvent

from calsync.calendars.caldav import resource
from calsync.calendars.caldav.calendar import CaldavCalendar
from calsync.calendars.caldav.client import Client, Refused, Request
from calsync.calendars.caldav.discovery import create_calendar
from calsync.calendars.caldav.lines import uid_of
from calsync.calendars.caldav.messages import document, props
from calsync.calendars.caldav.remembered import Records
from calsync.event import key_of_uid
from calsync.files import Folder
from calsync.state import State
from tests.calendars.caldav.servers import Server

PLAN = "training"
LONDON = ZoneInfo("Europe/London")


class Caldav:
    """One runner's access to a server, and a new calendar there."""

    def __init__(
        self, server: Server, folder: Path, client: Client | None = None, real: Server | None = None
    ) -> None:
        """`real` is what the runner's own app speaks to, where calsync goes through a proxy."""
        self.server = server
        self.folder = folder
        self.client = client or server.client()
        self._app = real.client() if real else self.client
        self._real = real or server
        zone = resource.zone_object(LONDON)
        home = self.client.address(server.home)
        path = server.new_path()
        # With a title of its own, as all tests share an account.
        self.url = create_calendar(self.client, home, path, f"Training {path}", "Kept by calsync", zone)

    def calendar(self, zone: ZoneInfo = LONDON, *, is_neutral: bool = False) -> CaldavCalendar:
        """As another process would open it."""
        records = Records(State(Folder(self.folder)))
        return CaldavCalendar("dav", self.client, self.url, PLAN, zone, records, is_neutral=is_neutral)

    def close(self) -> None:
        self.client.close()
        self._app.close()
        # Whoever asks what an account has waits for each calendar that is left there.
        with closing(self._real.client()) as client, suppress(Refused):
            client.call(Request("DELETE", urlsplit(self.url).path))

    # --- what a person's app does -------------------------------------------------------------------------

    def objects(self) -> dict[str, str]:
        """All events, as the server has them now, by their addresses."""
        body = document(
            "C:calendar-query",
            props("C:calendar-data"),
            '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>',
        )
        found = self._app.call(Request.report(self.url, body, expects="events")).found
        return {one.href: one.text("C:calendar-data") for one in found}

    def where(self, key: str) -> str:
        (href,) = [href for href, text in self.objects().items() if key_of_uid(uid_of(text), PLAN) == key]
        return href

    def edit(self, key: str, edit: Callable[[VEvent], None]) -> None:
        href = self.where(key)
        calendar = Calendar.from_ical(self.objects()[href])
        (event,) = calendar.walk("VEVENT")
        edit(event)
        self.put(href, calendar.to_ical())

    def put(self, href: str, text: bytes) -> None:
        headers = (("Content-Type", "text/calendar; charset=utf-8"),)
        self._app.call(Request("PUT", href, text, headers))

    def delete(self, key: str) -> None:
        self._app.call(Request("DELETE", self.where(key)))
