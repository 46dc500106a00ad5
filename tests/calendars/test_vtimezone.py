"""A feed's VTIMEZONE gives the offsets of the zone, as somebody who has only the RFC would read it."""

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from calsync.calendars.ics import vtimezone

ODD = (
    "Australia/Lord_Howe",  # half an hour
    "Europe/Dublin",  # its summer time is the standard one
    "Africa/Casablanca",  # back for Ramadan
    "Africa/El_Aaiun",
    "Africa/Cairo",  # on a Friday, and the end of a Thursday
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Antarctica/Troll",  # two hours
    "Asia/Gaza",
    "Asia/Hebron",
    "America/Santiago",  # the first Sunday after the second
    "Pacific/Chatham",  # 02:45
    "UTC",
    "Etc/UTC",
    "Etc/GMT+5",
    "Etc/GMT-14",
)
SAMPLE = (
    "Africa/Abidjan",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Africa/Tripoli",
    "Africa/Windhoek",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Asuncion",
    "America/Bogota",
    "America/Caracas",
    "America/Chicago",
    "America/Ciudad_Juarez",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Miquelon",
    "America/Montevideo",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Port-au-Prince",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "America/Tijuana",
    "America/Toronto",
    "Antarctica/Macquarie",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Damascus",
    "Asia/Dubai",
    "Asia/Famagusta",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Manila",
    "Asia/Pyongyang",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Asia/Yangon",
    "Atlantic/Azores",
    "Atlantic/Reykjavik",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Eucla",
    "Australia/Sydney",
    "CET",
    "EST5EDT",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Paris",
    "GMT",
    "Indian/Maldives",
    "Pacific/Auckland",
    "Pacific/Easter",
    "Pacific/Fiji",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
    "Pacific/Norfolk",
    "Pacific/Pago_Pago",
)
ZONES = (*ODD, *SAMPLE)
LAST_YEAR = 2030


class Description:
    """A VTIMEZONE's text, evaluated as RFC 5545 (3.6.5) says: each observance holds from its onsets on."""

    def __init__(self, text: str) -> None:
        lines = text.replace("\r\n ", "").splitlines()
        assert (lines[0], lines[-1]) == ("BEGIN:VTIMEZONE", "END:VTIMEZONE")
        self.tzid = next(line for line in lines if line.startswith("TZID:")).removeprefix("TZID:")
        self.onsets = sorted(
            (onset, offset)
            for block in re.findall(r"^BEGIN:(?:STANDARD|DAYLIGHT)$.*?^END:", "\n".join(lines), re.M | re.S)
            for onset, offset in self._onsets(dict.fromkeys(block.split("\n")[1:-1]))
        )
        self._instants = [onset for onset, _ in self.onsets]

    @staticmethod
    def _onsets(lines: dict[str, None]) -> list[tuple[datetime, timedelta]]:
        """When the observance begins, in UTC, and the offset that holds from then on."""
        values: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            values.setdefault(name, []).append(value)
        [start], [before], [after] = (values[name] for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"))
        walls = {_wall(value) for value in (start, *values.get("RDATE", []))}
        for rule in values.get("RRULE", []):
            # The rule's DTSTART is one of its own dates; otherwise it would be a matter of opinion.
            dates = rrulestr(rule, dtstart=_wall(start)).between(
                datetime(1900, 1, 1), datetime(LAST_YEAR + 2, 1, 1)
            )
            assert dates[0] == _wall(start)
            walls.update(dates)
        return [((wall - _offset(before)).replace(tzinfo=UTC), _offset(after)) for wall in walls]

    def offset(self, at: datetime) -> timedelta:
        place = bisect_right(self._instants, at)
        assert place, f"{at} is before the first onset"
        return self.onsets[place - 1][1]


def _wall(value: str) -> datetime:
    assert re.fullmatch(r"\d{8}T\d{6}", value)
    return datetime.fromisoformat(value)


def _offset(value: str) -> timedelta:
    sign = -1 if value[0] == "-" else 1
    hours, minutes, seconds = (int(part or 0) for part in (value[1:3], value[3:5], value[5:7]))
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)


def described(name: str, first_year: int) -> Description:
    return Description(vtimezone(ZoneInfo(name), first_year).to_ical().decode())


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The first instant of each new offset from 2025 on: found minute by minute."""
    zone = ZoneInfo(name)
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    days = range((datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - begin).days + 1)
    found = []
    for early, late in pairwise(begin + timedelta(days=day) for day in days):
        if early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            minutes = [early + timedelta(minutes=minute) for minute in range(24 * 60 + 1)]
            offsets = [at.astimezone(zone).utcoffset() for at in minutes]
            found += [at for at, (a, b) in zip(minutes[1:], pairwise(offsets), strict=True) if a != b]
    return tuple(found)


def instants(name: str, first_year: int) -> list[datetime]:
    """From the first moment of the first year in the zone on: now and then, and close to every change."""
    begin = datetime(first_year, 1, 1, tzinfo=ZoneInfo(name)).astimezone(UTC)
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    regular = [
        begin + timedelta(days=5, hours=7) * n for n in range((end - begin) // timedelta(days=5, hours=7))
    ]
    margins = (0, 1, 60, 1799, 1800, 3599, 3600, 7200, 86400)
    close = [
        change + timedelta(seconds=sign * margin)
        for change in changes(name)
        for margin in margins
        for sign in (-1, 1)
    ]
    return [begin, begin + timedelta(seconds=1), *regular, *(at for at in close if begin <= at < end)]


@pytest.mark.parametrize("first_year", [2025, 2026, LAST_YEAR])
@pytest.mark.parametrize("name", ZONES)
def test_offsets_are_those_of_the_zone(name: str, first_year: int) -> None:
    zone, description = ZoneInfo(name), described(name, first_year)
    assert description.tzid == name
    for at in instants(name, first_year):
        assert description.offset(at) == at.astimezone(zone).utcoffset(), at


@pytest.mark.parametrize("name", ZONES)
def test_onsets_are_the_changes_and_nothing_else(name: str) -> None:
    onsets = [onset for onset, _ in described(name, 2025).onsets]
    assert len(set(onsets)) == len(onsets), "two observances begin at once"
    assert [at for at in onsets[1:] if at.year <= LAST_YEAR] == list(changes(name))


def test_the_sample_has_zones_of_all_kinds() -> None:
    texts = {name: vtimezone(ZoneInfo(name), 2025).to_ical().decode() for name in ZONES}
    assert len(texts) == len(ZONES) >= 75
    assert sum("RRULE" in text for text in texts.values()) >= 25
    assert sum("RDATE" in text for text in texts.values()) >= 5
    assert sum("DAYLIGHT" not in text for text in texts.values()) >= 25
