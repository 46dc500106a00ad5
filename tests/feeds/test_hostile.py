"""Calendars that somebody made to keep us busy for ever: they cost a warning, and no more than a moment."""

from datetime import UTC, datetime

import pytest

from calsync.errors import NotACalendar
from calsync.feeds.busy import read_busy
from calsync.feeds.recurrence import Budget, TooCostly, parse_rule, starts
from calsync.timespan import Timespan
from tests.feeds.test_busy_shapes import LONDON, WINDOW, calendar
from tests.feeds.test_practice import at, days, ours
from tests.feeds.test_rules import at_most

HOURS, SIXTY = (",".join(map(str, range(number))) for number in (24, 60))
LONG = 200_000


@pytest.mark.parametrize(
    "line",
    [
        "DTSTART;" + " " * LONG + ";TZID=UTC:20261124T100000",
        "DTSTART;" + "A = " * LONG + ";TZID=UTC:20261124T100000",
        'DTSTART;A="' + '"a"' * LONG + '";TZID=UTC:20261124T100000',
        "DTSTART:20261124T100000Z\nATTENDEE;" + 'X="a";' * LONG + '"b',
        "DTSTART:20261124T100000Z\nDESCRIPTION:" + " \n" * LONG,
        "DTSTART:20261124T100000Z\nDTSTART:2026" + "1" * LONG,
        "DTSTART:20261124T100000Z\nSTATUS:" + " " * LONG,
    ],
)
def test_every_line_is_read_in_one_go(line: str) -> None:
    with at_most(3):
        assert days(ours(calendar(f"UID:1\n{line}\nDURATION:PT1H"))) == [24]


def test_every_line_of_the_outline_is_read_in_one_go() -> None:
    lines = ("X-WR-TIMEZONE:", "X-WR-TIMEZONE;", "BEGIN:VEVENT", "END:VEVENT", "X" * 61, "END")
    for line in lines:
        body = calendar(at(24), head=f"{line}{' ' * LONG}\n x\nX-A:b")
        with at_most(3):
            assert days(ours(body)) == [24]


def test_a_rule_of_many_parts_at_a_glance() -> None:
    event = "UID:1\nDTSTART:20201124T100000Z\nDTEND:20201124T110000Z\nRRULE:FREQ=DAILY" + ";COUNT=1" * LONG
    with at_most(3):
        assert len(ours(calendar(f"{event};")).warnings) == 1


@pytest.mark.parametrize(
    ("event", "is_busy"),
    [
        ("DTSTART:16010101T000000Z\nDURATION:P366000D\nRRULE:FREQ=HOURLY", True),
        ("DTSTART:20200101T000000Z\nDURATION:PT1H\n" + "RRULE:FREQ=HOURLY;BYMINUTE=1,2\n" * 2000, True),
        (
            "DTSTART:20200101T000000Z\nDURATION:PT1H\n"
            + "\n".join(f"RRULE:FREQ=HOURLY;COUNT={number}" for number in range(90_000, 93_000)),
            True,
        ),
        ("DTSTART:80000101\nDTEND:16000101", False),
        (
            "DTSTART:79991231T235959Z\nDURATION:P366000D\nRRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY;COUNT=999999",
            False,
        ),
        (
            f"DTSTART:20261220T235950Z\nRRULE:FREQ=YEARLY;COUNT=5;BYHOUR={HOURS};BYMINUTE={SIXTY};BYSECOND={SIXTY}",
            True,
        ),
    ],
)
def test_series_that_take_too_long_are_busy_from_their_start(event: str, is_busy: bool) -> None:
    with at_most(10):
        busy = ours(calendar(f"UID:1\n{event}"))
    if is_busy and "DURATION" in event:
        assert busy.spans == (WINDOW,)
        assert len(busy.warnings) == 1
    elif not is_busy:
        assert not busy.spans


def test_many_series_share_what_may_be_looked_at() -> None:
    rule = "DTSTART:19900101T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;COUNT=50;BYMONTH=2;BYMONTHDAY=30"
    with at_most(20):
        busy = ours(calendar(*(f"UID:{number}\n{rule}" for number in range(300))))
    assert busy.spans == (WINDOW,)
    (warning,) = busy.warnings
    assert "event 0 takes too long to read" in warning
    assert "299 more" in warning


COSTLY_ZONE = (
    "BEGIN:VTIMEZONE\nTZID:a\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\n"
    f"RRULE:FREQ=YEARLY;BYMONTHDAY={','.join(map(str, range(1, 32)))};BYHOUR={HOURS};BYMINUTE={SIXTY};"
    f"BYSECOND={SIXTY}\nEND:STANDARD\nEND:VTIMEZONE"
)


def test_who_is_in_a_zone_that_changes_every_second_is_busy_from_then_on() -> None:
    """Or from a day before: nobody knows what time it is there."""
    with at_most(3):
        busy = ours(
            calendar(
                "UID:1\nDTSTART;TZID=a:20261124T100000\nDURATION:PT1H",
                "UID:2\nDTSTART:20261125T100000Z\nDURATION:PT1H",
                head=COSTLY_ZONE,
            )
        )
    assert busy.spans == (Timespan(datetime(2026, 11, 23, 10, tzinfo=UTC), WINDOW.end),)
    assert busy.warnings == ("event 1 takes too long to read; taken as busy from its start on",)


def test_a_zone_that_nobody_asks_for_costs_nothing() -> None:
    busy = ours(calendar(at(24), head=COSTLY_ZONE))
    assert days(busy) == [24]
    assert not busy.warnings


def test_many_zones_share_what_may_be_looked_at() -> None:
    zone = COSTLY_ZONE.replace(f";BYMINUTE={SIXTY};BYSECOND={SIXTY}", "")
    zones = "\n".join(zone.replace("TZID:a", f"TZID:{number}") for number in range(300))
    events = (f"UID:{number}\nDTSTART;TZID={number}:20261124T100000\nDURATION:PT1H" for number in range(300))
    with at_most(10):
        busy = ours(calendar(*events, head=zones))
    assert busy.spans == (Timespan(datetime(2026, 11, 23, 10, tzinfo=UTC), WINDOW.end),)
    (warning,) = busy.warnings
    assert "event 0 takes too long" in warning


def test_steps_are_counted() -> None:
    first = datetime(2026, 1, 1, 10)
    rule = parse_rule("FREQ=DAILY", first)
    budget = Budget(1000)
    assert len(list(starts(rule, first, first, datetime(2026, 1, 31), budget))) == 30
    assert 800 < budget.left < 1000
    with pytest.raises(TooCostly):
        list(starts(rule, first, first, datetime(2036, 1, 1), budget))


def test_what_is_too_large_is_an_error() -> None:
    with pytest.raises(NotACalendar, match="larger than 64 MB"):
        read_busy(calendar(at(24)) + bytes(64_000_000), WINDOW, LONDON)


def test_names_in_warnings_are_cut() -> None:
    name = "x" * 5000
    busy = ours(
        calendar(
            at(24, 10, f"RRULE:FREQ=DAILY;BY{name}=1", uid=name),
            f"UID:{name}\nDTSTART;TZID={name}:20261124T100000\nRRULE:FREQ=DAILY;WKST={name}",
            f"UID:{name}\nDTSTART:20261124T100000Z\nRRULE:FREQ=DAILY;{name}=1;{name}=2",
            head=f"X-WR-TIMEZONE:{name}",
        )
    )
    assert busy.warnings
    assert all(len(warning) < 250 and "x" * 81 not in warning for warning in busy.warnings)
