"""What a TZID means.

Decides which zone a calendar's time zone identifier stands for: an IANA name, one with a vendor's prefix, a
name of Microsoft's, a VTIMEZONE of the calendar itself, a display name with cities; in this order. Known
names come first because they hold the whole history of a zone, where many VTIMEZONEs hold the present rule
only. Knows nothing of events; a name that means nothing gives None.
"""

import re
import zoneinfo
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from calsync.feeds.observances import Observances, read_observances

_ALSO_UTC = {"Z", "UTC", "GMT", "ETC/UTC", "COORDINATED UNIVERSAL TIME"}
_IANA_NAME = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")
_DISPLAY_NAME = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d\d):(\d\d))?\)\s*(.+)")
_DISPLAY_NAMES_WITHOUT_CITY = {
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Atlantic Time (Canada)": "America/Halifax",
    "Arizona": "America/Phoenix",
    "Alaska": "America/Anchorage",
    "Hawaii": "Pacific/Honolulu",
    "Newfoundland": "America/St_Johns",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "West Central Africa": "Africa/Lagos",
    "Coordinated Universal Time": "Etc/UTC",
}


class Zones:
    """The zones of one calendar, looked up once each."""

    def __init__(self, timezones: Iterable[bytes] = ()) -> None:
        """`timezones` holds the VTIMEZONEs, unfolded, one text each."""
        self._timezones = tuple(timezones)
        self._own: dict[str, Observances] | None = None
        self._found: dict[str, tzinfo | None] = {}

    def find(self, tzid: str) -> tzinfo | None:
        """The zone called `tzid`, or None."""
        if tzid not in self._found:
            self._found[tzid] = self._look_up(tzid)
        return self._found[tzid]

    def _look_up(self, tzid: str) -> tzinfo | None:
        name = tzid.strip().strip("/")
        # Outlook on the web: tzone://Microsoft/Utc
        if name.upper() in _ALSO_UTC or name.lower() == "tzone://microsoft/utc":
            return UTC
        if found := iana_zone(name):
            return found
        # RFC 5545, 3.2.19: /vendor/…/Europe/London. One bare word at the end could be anything.
        parts = name.split("/")
        for place in range(max(1, len(parts) - 3), len(parts) - 1):
            if found := iana_zone("/".join(parts[place:])):
                return found
        if found := _windows_zone(name):
            return found
        return self._own_zone(tzid) or _zone_of_display_name(name)

    def _own_zone(self, tzid: str) -> Observances | None:
        if self._own is None:
            self._own = {}
            for text in self._timezones:
                if zone := read_observances(text):
                    self._own.setdefault(zone.tzid, zone)
        return self._own.get(tzid)


def iana_zone(name: str) -> ZoneInfo | None:
    """The zone of this IANA name; None if there is none, whatever the name contains."""
    if not _IANA_NAME.fullmatch(name):  # ZoneInfo would look for files and packages of any depth
        return None
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a name too long
        return None


def _windows_zone(name: str) -> ZoneInfo | None:
    from calsync.feeds.windows_zones import IANA_OF_WINDOWS

    iana = IANA_OF_WINDOWS.get(name)
    return iana_zone(iana) if iana else None


def _zone_of_display_name(name: str) -> ZoneInfo | None:
    """The zone of "(UTC+01:00) Amsterdam, Berlin, Rome": that of a city in it, if its offset is this one."""
    match = _DISPLAY_NAME.fullmatch(name)
    if not match:
        return None
    sign, hours, minutes, places = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    if places in _DISPLAY_NAMES_WITHOUT_CITY:
        return iana_zone(_DISPLAY_NAMES_WITHOUT_CITY[places])
    cities = {city.strip().replace(" ", "_").casefold() for city in places.split(",")}
    for iana in sorted(zoneinfo.available_timezones()):
        if "/" in iana and iana.rpartition("/")[2].casefold() in cities:
            zone = ZoneInfo(iana)
            # Either half of the year: it is winter in Sydney in July.
            if offset in {datetime(2025, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}:
                return zone
    return None
