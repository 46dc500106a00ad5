"""What time zone identifiers stand for."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from calsync.feeds.zones import Zones, read_observances


@pytest.mark.parametrize(("name", "iana"), WINDOWS_TO_OLSON.items())
def test_microsofts_names_are_those_that_icalendar_knows(name: str, iana: str) -> None:
    assert Zones().find(name) == (UTC if name == "UTC" else ZoneInfo(iana))


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("/Europe/Berlin", "Europe/Berlin"),
        ("GMT Standard Time", "Europe/London"),
        ("/citadel.org/20070227_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("(UTC) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("(UTC+10:00) Canberra, Melbourne, Sydney", "Australia/Canberra"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("(UTC+09:00) Berlin", None),
        ("/example.org/Foo", None),
        ("Foo", None),
        ("", None),
    ],
)
def test_names(name: str, zone: str | None) -> None:
    assert Zones().find(name) == (ZoneInfo(zone) if zone else None)


@cache
def vtimezone(name: str) -> bytes:
    """The zone's changes from 1990 to 2037, one observance each; icalendar 7.3.2 writes them an hour late."""
    zone, at, text = ZoneInfo(name), datetime(1990, 1, 1, tzinfo=UTC), f"TZID:{name}\n"
    before = at.astimezone(zone).utcoffset()
    assert before is not None
    while at.year < 2038:
        after = at.astimezone(zone).utcoffset()
        assert after is not None
        if after != before or "BEGIN" not in text:
            text += f"BEGIN:STANDARD\nDTSTART:{at + before:%Y%m%dT%H%M%S}\n"
            text += f"TZOFFSETFROM:{_written(before)}\nTZOFFSETTO:{_written(after)}\nEND:STANDARD\n"
            before = after
        is_same_tomorrow = (at + timedelta(days=1)).astimezone(zone).utcoffset() == before
        at += timedelta(days=1) if is_same_tomorrow else timedelta(minutes=30)
    return text.encode()


def _written(offset: timedelta) -> str:
    sign, minutes = "-" if offset < timedelta(0) else "+", abs(offset) // timedelta(minutes=1)
    return f"{sign}{minutes // 60:02}{minutes % 60:02}"


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"]
)
@given(moment=st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)))
def test_a_vtimezone_says_what_the_zone_it_was_made_from_says(zone: str, moment: datetime) -> None:
    found = read_observances(vtimezone(zone))
    assert found is not None
    expected = moment.replace(tzinfo=ZoneInfo(zone))
    for fold in (0, 1):
        assert moment.replace(tzinfo=found, fold=fold).utcoffset() == expected.replace(fold=fold).utcoffset()
    there = expected.astimezone(UTC)
    assert there.astimezone(found).replace(tzinfo=None) == there.astimezone(ZoneInfo(zone)).replace(
        tzinfo=None
    )
    assert there.astimezone(found).astimezone(UTC) == there


def test_vtimezones_that_are_broken() -> None:
    standard = (
        b"BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0130\n%sEND:STANDARD\n"
    )
    assert read_observances(b"TZID:A\n") is None
    assert read_observances(standard % b"") is None  # without a name
    assert read_observances(b"TZID:A\n" + (standard % b"").replace(b"+0130", b"+9930")) is None
    assert read_observances(b"TZID:A\n" + standard % b"RRULE:FREQ=SECONDLY\n") is None
    zone = read_observances(b"TZID:A\n" + standard % b"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n")
    assert zone is not None
    assert datetime(2026, 11, 23, tzinfo=zone).utcoffset() == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("start", "until"), [("0001", "9999"), ("1601", "9999"), ("0001", "2060"), ("9999", "9999")]
)
@pytest.mark.parametrize("sign", "+-")
def test_changes_at_the_ends_of_time(start: str, until: str, sign: str) -> None:
    """A zone from the first day of all on, or until the last: offsets lead beyond what there is."""
    text = (
        "BEGIN:VTIMEZONE\nTZID:Own\n"
        f"BEGIN:STANDARD\nDTSTART:{start}0101T000000\nTZOFFSETFROM:{sign}0500\nTZOFFSETTO:{sign}0400\n"
        f"RDATE:00010101T000000,99991231T235959\nEND:STANDARD\n"
        f"BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nTZOFFSETFROM:{sign}0400\nTZOFFSETTO:{sign}0500\n"
        f"RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL={until}1231T235959Z\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
    )
    zone = read_observances(text.encode())
    assert zone is not None
    hour = timedelta(hours=1 if sign == "+" else -1)
    assert zone.utcoffset(datetime(2026, 7, 1)) == 5 * hour
    for year in (1601, 1970, 2026, 8000):
        for moment in (datetime(year, 2, 1, tzinfo=zone), datetime(year, 2, 1, tzinfo=zone, fold=1)):
            assert moment.astimezone(UTC).astimezone(zone) == moment
