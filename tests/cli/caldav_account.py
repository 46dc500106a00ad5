"""Calendars of a person on a CalDAV server, and a box with a config that reads them."""

import uuid
from pathlib import Path
from urllib.parse import urlsplit

from calsync.calendars.caldav.client import Request
from calsync.calendars.caldav.discovery import create_calendar
from calsync.calendars.caldav.messages import document, element
from tests.calendars.caldav.servers import PASSWORD, USER, Server
from tests.cli.box import Box

ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19810329T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
END:VTIMEZONE
"""
# What people have in their calendars, one object each.
OBJECTS = {
    "once": "DTSTART:20261124T100000Z\nDTEND:20261124T110000Z\nSUMMARY:Dentist",
    "weekly": (
        "DTSTART;TZID=Europe/London:20250106T090000\nDURATION:PT45M\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE\n"
        "EXDATE;TZID=Europe/London:20261202T090000\nSUMMARY:Stand-up"
    ),
    "floating": "DTSTART:20261126T180000\nDTEND:20261126T190000\nSUMMARY:Choir",
    "day off": "DTSTART;VALUE=DATE:20261127\nSUMMARY:Off\nTRANSP:TRANSPARENT",
    "two days": "DTSTART;VALUE=DATE:20261205\nDTEND;VALUE=DATE:20261207\nSUMMARY:Visit",
    "maybe": "DTSTART:20261128T100000Z\nDTEND:20261128T120000Z\nSTATUS:TENTATIVE\nSUMMARY:Maybe",
    "called off": "DTSTART:20261129T100000Z\nDTEND:20261129T120000Z\nSTATUS:CANCELLED\nSUMMARY:No",
    "lunch": "DTSTART:20261130T120000Z\nDTEND:20261130T130000Z\nSUMMARY:Lunch with Bob",
    "long ago": "DTSTART:20200101T100000Z\nDTEND:20200101T120000Z\nSUMMARY:Past",
}
MOVED = (
    "RECURRENCE-ID;TZID=Europe/London:20261130T090000\nDTSTART;TZID=Europe/London:20261130T150000\n"
    "DURATION:PT1H\nSUMMARY:Stand-up"
)


def vevent(uid: str, lines: str) -> str:
    return f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20261101T000000Z\n{lines}\nEND:VEVENT\n"


def calendar_object(uid: str, *events: str) -> bytes:
    inside = "".join(vevent(uid, one) for one in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\n{ZONE}{inside}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def objects() -> dict[str, bytes]:
    found = {
        name: calendar_object(f"{name.replace(' ', '-')}@example.org", one) for name, one in OBJECTS.items()
    }
    found["weekly"] = calendar_object("weekly@example.org", OBJECTS["weekly"], MOVED)
    # What calsync wrote itself, in another plan's calendar or by a copy of this one.
    ours = "DTSTART:20261201T060000Z\nDTEND:20261201T070000Z\nSUMMARY:Run"
    found["ours"] = calendar_object("2026-W49-run-tue-1@other.calsync", ours)
    return found


class Account:
    """A person's calendars on a server, in a box with a config that reads them."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.client = server.client()
        self.box = Box(folder, {"DAV_PASSWORD": PASSWORD})

    def calendar(self, name: str, about: str = "", **texts: bytes) -> str:
        """A new one with these objects: its address."""
        home = self.client.address(self.server.home)
        url = create_calendar(self.client, home, self.server.new_path(), name, about, "")
        self.put(url, **texts)
        return url

    def tasks(self, name: str) -> None:
        """A new calendar for tasks alone."""
        url = self.client.address(f"{self.server.home}{self.server.new_path()}/")
        kinds = element("C:supported-calendar-component-set", element("C:comp", name="VTODO"))
        about = element("D:set", element("D:prop", element("D:displayname", text=name), kinds))
        headers = (("Content-Type", "application/xml"),)
        self.client.call(Request("MKCALENDAR", url, document("C:mkcalendar", about), headers))

    def put(self, url: str, **texts: bytes) -> None:
        for name, text in texts.items():
            self.client.call(Request.put(f"{url}{name.replace(' ', '-')}.ics", text, None))

    def config(self, calendars: list[str] | None = None, url: str = "", more: str = "") -> None:
        named = "" if calendars is None else f"calendars = {calendars}\n"
        address = f"{url or self.server.url}{urlsplit(self.server.home).path}"
        self.box.config(
            more='[[busy]]\nname = "dav"\ntype = "caldav"\n'
            f'url = "{address}"\nusername = "{USER}"\n{self.password(more)}{named}{more}\n'
        )

    def password(self, more: str) -> str:
        return "" if "password" in more else 'password_env = "DAV_PASSWORD"\n'

    def busy(self, *args: str) -> list[tuple[str, str]]:
        found = self.box.ok("busy", "--format", "json", *args).json
        return [(one["start"], one["end"]) for one in found]


def a_name() -> str:
    return f"Cal {uuid.uuid4().hex[:8]}"
