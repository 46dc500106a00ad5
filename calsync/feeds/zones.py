"""The time zone that a TZID names: one of IANA, by whatever name a producer has for it, or a VTIMEZONE."""

import bisect
import re
import sys
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from calsync.feeds.recurrence import Budget, Rule, TooCostly, parse_rule, starts

FIRST, LAST = datetime(1970, 1, 1), datetime(2060, 1, 1)  # noqa: DTZ001
_EARLIEST, _LATEST = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001
"""Some write 00010101 for "always"; an offset must not lead from there to a date that does not exist."""
_LINE = re.compile(
    rb"^(BEGIN|END|TZID|DTSTART|RRULE|RDATE|TZOFFSETFROM|TZOFFSETTO)([^:\r\n]*+):([^\r\n]*+)",
    re.IGNORECASE | re.MULTILINE,
)
_TZID = re.compile(rb"^TZID(?:;[^:\r\n]*+)?:([^\r\n]*+)", re.IGNORECASE | re.MULTILINE)
_OFFSET = re.compile(r"([+-]?)(\d\d)(?::?(\d\d)(?::?(\d\d))?)?")


@dataclass(frozen=True, slots=True)
class Observance:
    """One STANDARD or DAYLIGHT: from `start` and on the further onsets on, clocks show UTC + `offset`."""

    daylight: bool
    start: datetime  # wall clock, as are the next two
    rule: Rule | None
    dates: tuple[datetime, ...]
    before: timedelta
    offset: timedelta

    def onsets(self, budget: Budget | None = None) -> list[datetime]:
        """Raises TooCostly."""
        found = [self.start, *self.dates]
        if self.rule:
            until = LAST
            if self.rule.until:
                until = min(_wall(self.rule.until), LAST) + (
                    self.before if self.rule.until.endswith("Z") else timedelta(0)
                )
            found += starts(self.rule, self.start, FIRST, min(until, LAST), budget)
        return [min(max(onset, _EARLIEST), _LATEST) for onset in found]


class Observances(tzinfo):
    """A zone made of observances."""

    def __init__(self, tzid: str, observances: Sequence[tuple[Observance, Sequence[datetime]]]) -> None:
        """`observances` have their onsets."""
        self.tzid = tzid
        self.observances = tuple(observance for observance, _ in observances)
        # At a tie the first one counts, as in dateutil.
        begins = {onset: observance for observance, onsets in reversed(observances) for onset in onsets}
        self._onsets = sorted(begins)  # on the clock before them
        self._changes = [(begins[onset].before, begins[onset].offset) for onset in self._onsets]
        self._instants = [
            onset - before for onset, (before, _) in zip(self._onsets, self._changes, strict=True)
        ]

    def utcoffset(self, moment: datetime | None) -> timedelta:
        if moment is None:
            return self._changes[0][0]
        clock = moment.replace(tzinfo=None)
        place = bisect.bisect_right(self._onsets, clock)
        if not place:
            offset = self._changes[0][0]
        else:
            before, offset = self._changes[place - 1]
            # RFC 5545, 3.3.5: a time that clocks skip has the offset before.
            if clock < self._onsets[place - 1] + (offset - before) and not moment.fold:
                return before
        if moment.fold and place < len(self._onsets):
            before, after = self._changes[place]
            if clock >= self._onsets[place] + (after - before):
                return after
        return offset

    def fromutc(self, moment: datetime) -> datetime:
        instant = moment.replace(tzinfo=None)
        place = bisect.bisect_right(self._instants, instant)
        offset = self._changes[place - 1][1] if place else self._changes[0][0]
        clock = moment + offset
        return clock if clock.utcoffset() == offset else clock.replace(fold=1)

    def __str__(self) -> str:
        """For people."""
        return self.tzid[:60]

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return self.tzid


def read_observances(text: bytes, budget: Budget | None = None) -> Observances | None:
    """The zone of an unfolded VTIMEZONE, without the observances that can't be read; None without any.

    Raises TooCostly.
    """
    budget = budget or Budget.of_bytes(len(text))
    tzid = ""
    observances: list[tuple[Observance, list[datetime]]] = []
    fields: dict[str, str] = {}
    dates: list[str] = []
    for match in _LINE.finditer(text):
        budget.take(2 + 3 * match[3].count(b",") + len(match[3]) // 10)
        name, value = match[1].decode().upper(), match[3].decode("utf-8", "replace").strip()
        if name == "BEGIN":
            fields, dates = {}, []
        elif name == "END" and value.upper() in ("STANDARD", "DAYLIGHT"):
            budget.take(20)
            try:
                observance = _observance(value.upper() == "DAYLIGHT", fields, dates)
                observances.append((observance, observance.onsets(budget)))
            except (KeyError, ValueError, OverflowError):
                continue
        elif name == "TZID":
            tzid = _name(value)
        elif name == "RDATE":
            dates += filter(None, value.split(","))
        else:
            fields.setdefault(name, value)
    return Observances(tzid, observances) if observances and tzid else None


def _name(value: str) -> str:
    """What a VTIMEZONE is called."""
    return value.replace("\\,", ",").replace("\\;", ";").strip('"')


def _observance(daylight: bool, fields: dict[str, str], dates: list[str]) -> Observance:
    # Without changes of clocks, some leave out since when.
    start = _wall(fields["DTSTART"] if "RRULE" in fields else fields.get("DTSTART", "19700101"))
    rule = parse_rule(fields["RRULE"], start) if "RRULE" in fields else None
    if rule and rule.freq > rule.freq.MONTHLY:
        raise ValueError("no zone changes its clocks that often")
    if rule and rule.until:
        _wall(rule.until)
    onsets = tuple(_wall(item) for item in dates)
    return Observance(
        daylight,
        start,
        rule,
        onsets,
        _offset(fields.get("TZOFFSETFROM", fields["TZOFFSETTO"])),
        _offset(fields["TZOFFSETTO"]),
    )


def _wall(value: str) -> datetime:
    """Raises ValueError."""
    value = value.replace("-", "").replace(":", "")
    digits = value[:8] + value[9:15]
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(value)
    return datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007


def _offset(value: str) -> timedelta:
    match = _OFFSET.fullmatch(value)
    if not match:
        raise ValueError(value)
    sign, hours, minutes, seconds = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    if offset >= timedelta(days=1):
        raise ValueError(value)
    return -offset if sign == "-" else offset


_ALSO_UTC = {"Z", "UTC", "GMT", "ETC/UTC", "COORDINATED UNIVERSAL TIME"}
_IANA_NAME = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")
_REGION_AND_CITY = re.compile(
    r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)"
    r"/[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40})?",
    re.IGNORECASE,
)
_OFFSET_NAME = re.compile(r"\(?(?:UTC|GMT)? ?([+-])(\d{1,2})(?::?(\d\d))?\)?", re.IGNORECASE)
_DISPLAY_NAME = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d\d):(\d\d))?\) {0,5}(.++)")
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


_LONGEST_NAME = 250
_STEPS_OF_A_NAME = 100
"""What has no such name is looked for under many."""
_EVERY_MONTH = tuple(datetime(2025, month, 15) for month in range(1, 13))  # noqa: DTZ001


class Zones:
    """The zones of one calendar, looked up once each."""

    def __init__(self, timezones: Iterable[bytes] = (), budget: Budget | None = None) -> None:
        """`timezones` holds the VTIMEZONEs, unfolded, one text each. None is read before it is asked for."""
        self._budget = budget or Budget(sys.maxsize)
        self._own: dict[str, list[bytes]] = {}
        for text in timezones:
            if match := _TZID.search(text):
                self._own.setdefault(_name(match[1].decode("utf-8", "replace").strip()), []).append(text)
        self._found: dict[str, tzinfo | TooCostly | None] = {}
        self._guesses: dict[str, str] = {}

    def find(self, tzid: str) -> tzinfo | None:
        """The zone called `tzid`, or None.

        Raises TooCostly if the calendar defines it in a way that takes too long to work out.
        """
        if tzid not in self._found:
            try:
                self._found[tzid] = self._look_up(tzid, tzid.strip("' ").strip("/"))
            except TooCostly as error:
                self._found[tzid] = error
        found = self._found[tzid]
        if isinstance(found, TooCostly):
            raise TooCostly
        return found

    def _look_up(self, tzid: str, name: str) -> tzinfo | None:
        if found := _of_region_and_city(name):
            self._budget.take(1)
            return found
        self._budget.take(_STEPS_OF_A_NAME)
        # Whatever else the name means: Outlook's "GMT Standard Time" may be anything, and "GMT" London's.
        for text in self._own.get(tzid) or self._own.get(tzid.strip()) or ():
            with self._budget.share() as share:
                if own := read_observances(text, share):
                    return own
        return _known_as(name)

    def guess(self, tzid: str) -> str:
        """What was guessed of this name, for people; empty if nothing was."""
        if tzid not in self._guesses:
            self._guesses[tzid] = self._guess(tzid)
        return self._guesses[tzid]

    def _guess(self, tzid: str) -> str:
        zone = self.find(tzid)
        if isinstance(zone, ZoneInfo):
            # "(UTC+01:00) Amsterdam, Berlin" only names cities.
            is_other = tzid.startswith("(") or (zone.key != tzid and zone.key.lower() == tzid.lower())
            return f"taken as {zone.key}" if is_other else ""
        name = tzid.strip().strip("/")
        if isinstance(zone, Observances):
            other = _known_as(name)
            is_other = other is not None and any(
                zone.utcoffset(day) != day.replace(tzinfo=other).utcoffset() for day in _EVERY_MONTH
            )
            return "which the calendar defines, whatever else it means" if is_other else ""
        return f"taken as {zone}" if zone not in (None, UTC) else ""


def _of_region_and_city(name: str) -> ZoneInfo | None:
    """The zone of an IANA name that means the same to everybody."""
    return (iana_zone(name) or _in_other_letters(name)) if _REGION_AND_CITY.fullmatch(name) else None


@lru_cache(maxsize=1000)
def _known_as(name: str) -> tzinfo | None:
    """The zone that is called so somewhere; None if there is none."""
    if len(name) > _LONGEST_NAME:
        return None
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
    return _zone_of_display_name(name) or _zone_of_offset(name) or _in_other_letters(name)


def iana_zone(name: str) -> ZoneInfo | None:
    """The zone of this IANA name; None if there is none, whatever the name contains."""
    if not _IANA_NAME.fullmatch(name):  # ZoneInfo would look for files and packages of any depth
        return None
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a name too long
        return None


def _windows_zone(name: str) -> ZoneInfo | None:
    """The zone that Microsoft calls `name`, by Unicode CLDR (windowsZones.xml, territory 001)."""
    # icalendar has this table, too, but not without importing all of icalendar. Most calendars need neither.
    from tzlocal.windows_tz import win_tz

    iana = win_tz.get(name)
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
    for city in places.split(","):
        for iana in _cities().get(city.strip().replace(" ", "_").casefold(), ()):
            # Either half of the year: it is winter in Sydney in July.
            zone = ZoneInfo(iana)
            if offset in {datetime(2025, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}:
                return zone
    return None


@lru_cache(maxsize=1)
def _cities() -> dict[str, list[str]]:
    """The zones of each city."""
    found: dict[str, list[str]] = {}
    for iana in sorted(zoneinfo.available_timezones()):
        if "/" in iana:
            found.setdefault(iana.rpartition("/")[2].casefold(), []).append(iana)
    return found


def _zone_of_offset(name: str) -> tzinfo | None:
    """The zone of "GMT+0200" or "UTC+02:00", which is east of Greenwich; of IANA's Etc/GMT+2 it is west."""
    match = _OFFSET_NAME.fullmatch(name)
    if not match:
        return None
    sign, hours, minutes = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset) if offset < timedelta(days=1) else None


def _in_other_letters(name: str) -> ZoneInfo | None:
    """The zone that is called so but for capitals."""
    if len(name) > 80:
        return None
    iana = _without_capitals().get(name.lower())
    return iana_zone(iana) if iana else None


@lru_cache(maxsize=1)
def _without_capitals() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    found = {name.lower(): iana for name, iana in win_tz.items()}
    return found | {name.lower(): name for name in zoneinfo.available_timezones()}
