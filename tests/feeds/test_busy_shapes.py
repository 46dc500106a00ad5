"""What real producers write, one shape at a time. Times are in Europe/London unless said otherwise."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calsync.errors import NotACalendar
from calsync.feeds import DEFAULT_READING, BusyTime, Reading
from calsync.feeds.busy import read_busy
from calsync.timespan import Timespan
from tests.feeds import oracle

LONDON = ZoneInfo("Europe/London")
WINDOW = Timespan(datetime(2026, 11, 23, tzinfo=LONDON), datetime(2026, 12, 21, tzinfo=LONDON))


def calendar(*events: str, head: str = "") -> bytes:
    """Events given as their lines, separated by blanks in the source for reading."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *head.split("\n")]
    for event in events:
        inner = [line.strip() for line in event.strip().split("\n")]
        lines += inner if inner[0].startswith("BEGIN:") else ["BEGIN:VEVENT", *inner, "END:VEVENT"]
    return "\r\n".join([line for line in lines if line] + ["END:VCALENDAR", ""]).encode()


def read(body: bytes, reading: Reading = DEFAULT_READING, window: Timespan = WINDOW) -> BusyTime:
    """What we read; the oracle has to agree."""
    ours = read_busy(body, window, LONDON, reading)
    assert ours == oracle.read_busy(body, window, LONDON, reading)
    return ours


def shown(busy: BusyTime, zone: ZoneInfo = LONDON) -> list[str]:
    """Spans as "24 10:00-11:00" (day of the month, clock times)."""

    def span(start: datetime, end: datetime) -> str:
        last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%d %H:%M}"
        return f"{start:%d %H:%M}-{last}"

    return [span(item.start.astimezone(zone), item.end.astimezone(zone)) for item in busy.spans]


def days(busy: BusyTime) -> list[int]:
    return [span.start.astimezone(LONDON).day for span in busy.spans]


# --- Zones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DTSTART:20261124T100000Z", "24 10:00-11:00"),
        ("DTSTART;TZID=Europe/Berlin:20261124T100000", "24 09:00-10:00"),
        ("DTSTART;TZID=W. Europe Standard Time:20261124T100000", "24 09:00-10:00"),
        ('DTSTART;TZID="W. Europe Standard Time":20261124T100000', "24 09:00-10:00"),
        (
            'DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna":20261124T100000',
            "24 09:00-10:00",
        ),
        ('DTSTART;TZID="(UTC-05:00) Eastern Time (US & Canada)":20261124T100000', "24 15:00-16:00"),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261124T100000", "24 09:00-10:00"),
        (
            "DTSTART;TZID=/softwarestudio.org/Olson_20011030_5/America/New_York:20261124T100000",
            "24 15:00-16:00",
        ),
        ("DTSTART;TZID=tzone://Microsoft/Utc:20261124T100000", "24 10:00-11:00"),
        ("DTSTART;TZID=UTC:20261124T100000", "24 10:00-11:00"),
        ("DTSTART;X-FOO=a;TZID=Asia/Tokyo;VALUE=DATE-TIME:20261124T100000", "24 01:00-02:00"),
        ("DTSTART:20261124T100000", "24 10:00-11:00"),
        ("dtstart;tzid=Asia/Tokyo:20261124T100000", "24 01:00-02:00"),
    ],
)
def test_the_zone_of_a_time(line: str, expected: str) -> None:
    assert shown(read(calendar(f"UID:1\n{line}\nDURATION:PT1H"))) == [expected]


def test_floating_times_are_in_the_calendars_zone_and_dates_in_the_plans() -> None:
    body = calendar(
        "UID:1\nDTSTART:20261124T100000\nDTEND:20261124T110000",
        "UID:2\nDTSTART;VALUE=DATE:20261126",
        head="X-WR-TIMEZONE:America/New_York",
    )
    assert shown(read(body)) == ["24 15:00-16:00", "26 00:00-27 00:00"]


def test_an_invalid_calendar_zone_is_left_aside_with_a_warning() -> None:
    busy = read(
        calendar("UID:1\nDTSTART:20261124T100000\nDTEND:20261124T110000", head="X-WR-TIMEZONE:Mars/Crater")
    )
    assert shown(busy) == ["24 10:00-11:00"]
    assert len(busy.warnings) == 1
    assert "Mars/Crater" in busy.warnings[0]
    assert "event" not in busy.warnings[0]


EXCHANGE_ZONE = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


def test_a_zone_that_the_calendar_brings_along() -> None:
    event = """UID:1\nDTSTART;TZID=Customized Time Zone:20260701T100000
        DTEND;TZID=Customized Time Zone:20260701T110000\nRRULE:FREQ=WEEKLY"""
    body = calendar(event, head=EXCHANGE_ZONE)
    assert shown(read(body))[0] == "25 09:00-10:00"
    july = Timespan(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 3, tzinfo=UTC))
    assert july.start + timedelta(hours=8) == read(body, window=july).spans[0].start


def test_two_calendars_may_give_one_name_to_different_zones() -> None:
    fixed = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{0}\n" + (
        "TZOFFSETTO:{0}\nEND:STANDARD\nEND:VTIMEZONE"
    )
    event = "UID:1\nDTSTART;TZID=Ours:20261124T100000\nDURATION:PT1H"
    for offset, expected in (("+0500", "24 05:00-06:00"), ("-0200", "24 12:00-13:00")):
        assert shown(read(calendar(event, head=fixed.format(offset)))) == [expected]


def test_an_unknown_zone_is_read_in_the_plans_with_a_warning() -> None:
    busy = read(calendar("UID:abc\nSUMMARY:Secret\nDTSTART;TZID=Nowhere/Land:20261124T100000\nDURATION:PT1H"))
    assert shown(busy) == ["24 10:00-11:00"]
    assert len(busy.warnings) == 1
    assert "abc" in busy.warnings[0]
    assert "Nowhere/Land" in busy.warnings[0]
    assert "Secret" not in busy.warnings[0]


@pytest.mark.parametrize(
    "name", ["Europe", "../../etc/passwd", "x" * 300, "a/" * 5000 + "b", "\x00", "tzdata.zi"]
)
def test_names_that_are_no_zones_but_files_or_worse(name: str) -> None:
    assert shown(read(calendar(f"UID:1\nDTSTART;TZID={name}:20261124T100000\nDURATION:PT1H"))) == [
        "24 10:00-11:00"
    ]


# --- Start and end -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART;VALUE=DATE:20261124", ["24 00:00-25 00:00"]),
        ("DTSTART:20261124", ["24 00:00-25 00:00"]),
        ("DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261126", ["24 00:00-26 00:00"]),
        ("DTSTART;VALUE=DATE:20261124\nDURATION:P2D", ["24 00:00-26 00:00"]),
        ("DTSTART;VALUE=DATE:20261124\nDURATION:PT90M", ["24 00:00-01:30"]),
        ("DTSTART:20261124T100000Z", []),
        ("DTSTART:20261124T100000Z\nDTEND:20261124T100000Z", []),
        ("DTSTART:20261124T100000Z\nDURATION:PT1H30M", ["24 10:00-11:30"]),
        ("DTSTART:20261124T100000Z\nDURATION:P1W", ["24 10:00-01 10:00"]),
        (
            "DTSTART;TZID=Europe/Berlin:20261124T230000\nDTEND;TZID=America/New_York:20261124T190000",
            ["24 22:00-25 00:00"],
        ),
        ("DTSTART:20261120T100000Z\nDTEND:20261124T100000Z", ["23 00:00-24 10:00"]),
        ("DTSTART:20260101T100000Z\nDTEND:20270101T100000Z", ["23 00:00-21 00:00"]),
        ("DTSTART:00010101T000000Z\nDTEND:99991231T235959Z", ["23 00:00-21 00:00"]),
        ("DTSTART:20261124T235960Z\nDURATION:PT1H", ["24 23:59-25 00:59"]),
    ],
)
def test_start_and_end(lines: str, expected: list[str]) -> None:
    assert shown(read(calendar(f"UID:1\n{lines}"))) == expected


def test_a_time_that_ends_before_it_starts_has_no_length_and_a_warning() -> None:
    for end in ("DTEND:20261124T100000Z", "DTEND:20261110T100000Z", "DURATION:-PT1H", "DURATION:-P1D"):
        busy = read(calendar(f"UID:1\nDTSTART:20261124T110000Z\n{end}", "UID:2\nDTSTART;VALUE=DATE:20261126"))
        assert days(busy) == [26]
        assert len(busy.warnings) == 1


# --- Busy or free --------------------------------------------------------------------------------

AT_TEN = "UID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T110000Z"
ALL_DAY = "UID:1\nDTSTART;VALUE=DATE:20261124"


@pytest.mark.parametrize(
    ("lines", "reading", "is_busy"),
    [
        (f"{AT_TEN}", Reading(), True),
        (f"{AT_TEN}\nTRANSP:TRANSPARENT", Reading(), False),
        (f"{AT_TEN}\nSTATUS:CANCELLED", Reading(), False),
        (f"{AT_TEN}\nSTATUS:CANCELLED\nTRANSP:OPAQUE", Reading(), False),
        (f"{AT_TEN}\nSTATUS:TENTATIVE", Reading(), True),
        (f"{AT_TEN}\nSTATUS:TENTATIVE\nTRANSP:OPAQUE", Reading(tentative_busy=False), False),
        (
            f"{AT_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nTRANSP:OPAQUE",
            Reading(tentative_busy=False),
            False,
        ),
        (f"{AT_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", Reading(), False),
        (f"{AT_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", Reading(), False),
        (f"{AT_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", Reading(), True),
        (f"{AT_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\nTRANSP:TRANSPARENT", Reading(), False),
        (f"{AT_TEN}\nX-MICROSOFT-CDO-BUSYSTATUS:FREE\nTRANSP:OPAQUE", Reading(), True),
        (f"{ALL_DAY}", Reading(), True),
        (f"{ALL_DAY}", Reading(all_day_busy=False), False),
        (f"{ALL_DAY}\nTRANSP:OPAQUE", Reading(all_day_busy=False), True),
        (f"{ALL_DAY}\nTRANSP:TRANSPARENT", Reading(), False),
        (f"{ALL_DAY}\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", Reading(all_day_busy=False), True),
        (f"{AT_TEN}\nSUMMARY:Lunch with Ada", Reading(ignore=("lunch*",)), False),
        (f"{AT_TEN}\nSUMMARY;LANGUAGE=en:Team\\, LUNCH", Reading(ignore=("Team, lunch",)), False),
        (f"{AT_TEN}\nSUMMARY:Late lunch", Reading(ignore=("Lunch*",)), True),
        (
            f'{AT_TEN}\nATTENDEE;CN="Me: myself";PARTSTAT=DECLINED:MAILTO:Me@Example.org',
            Reading(email="me@example.ORG"),
            False,
        ),
        (
            f"{AT_TEN}\nATTENDEE;PARTSTAT=DECLINED:mailto:you@example.org",
            Reading(email="me@example.org"),
            True,
        ),
        (
            f"{AT_TEN}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.org",
            Reading(email="me@example.org"),
            True,
        ),
        (f"{AT_TEN}\nATTENDEE;PARTSTAT=DECLINED:mailto:me@example.org", Reading(), True),
        (
            "UID:2026-W48-strength-1@training.calsync\nDTSTART:20261124T100000Z\nDURATION:PT1H",
            Reading(),
            False,
        ),
        ("UID:1.calsync@example.org\nDTSTART:20261124T100000Z\nDURATION:PT1H", Reading(), True),
    ],
)
def test_busy_or_free(lines: str, reading: Reading, is_busy: bool) -> None:
    assert bool(read(calendar(lines), reading).spans) is is_busy


def test_vfreebusy() -> None:
    body = calendar(
        """BEGIN:VFREEBUSY
        UID:1
        DTSTART:20261123T000000Z
        DTEND:20261221T000000Z
        FREEBUSY;FBTYPE=BUSY:20261124T100000Z/20261124T110000Z,20261124T130000Z/PT30M
        FREEBUSY:20261125T100000Z/PT1H
        FREEBUSY;FBTYPE=FREE:20261126T100000Z/PT1H
        FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261127T100000Z/PT1H
        FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261128T100000Z/PT1H
        FREEBUSY:nonsense,20261129T100000Z/PT1H
        END:VFREEBUSY"""
    )
    busy = read(body)
    assert shown(busy) == [
        "24 10:00-11:00",
        "24 13:00-13:30",
        "25 10:00-11:00",
        "27 10:00-11:00",
        "28 10:00-11:00",
        "29 10:00-11:00",
    ]
    assert busy.events == 1
    assert len(busy.warnings) == 1
    assert 28 not in days(read(body, Reading(tentative_busy=False)))


# --- Series --------------------------------------------------------------------------------------

WEEKLY = """UID:1
DTSTART;TZID=Europe/London:20260105T100000
DTEND;TZID=Europe/London:20260105T110000
RRULE:FREQ=WEEKLY"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", [23, 30, 7, 14]),
        ("EXDATE;TZID=Europe/London:20261130T100000", [23, 7, 14]),
        ("EXDATE:20261130T100000Z,20261207T100000Z", [23, 14]),
        ("EXDATE;TZID=Europe/Berlin:20261130T110000", [23, 7, 14]),
        ("EXDATE;VALUE=DATE:20261130", [23, 7, 14]),
        ("EXDATE:nonsense", [23, 30, 7, 14]),
        ("RDATE;TZID=Europe/London:20261202T100000", [23, 30, 2, 7, 14]),
        ("RDATE;VALUE=PERIOD:20261202T100000Z/PT2H,20261203T100000Z/20261203T103000Z", [23, 30, 2, 3, 7, 14]),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=3", [23, 30, 3, 7, 14]),
    ],
)
def test_exceptions_and_additions(lines: str, expected: list[int]) -> None:
    assert days(read(calendar(f"{WEEKLY}\n{lines}"))) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;UNTIL=20261207T100000Z", [23, 30, 7]),
        ("FREQ=WEEKLY;UNTIL=20261207T095959Z", [23, 30]),
        ("FREQ=WEEKLY;UNTIL=20261207", [23, 30, 7]),
        ("FREQ=WEEKLY;UNTIL=20261207T100000", [23, 30, 7]),
        ("FREQ=WEEKLY;COUNT=48", [23, 30]),
        ("FREQ=WEEKLY;COUNT=20", []),
        ("FREQ=WEEKLY;COUNT=1000000000", [23, 30, 7, 14]),
        ("FREQ=WEEKLY;COUNT=-1", [23, 30, 7, 14]),
        ("FREQ=WEEKLY;INTERVAL=2", [23, 7]),
        ("FREQ=MONTHLY;BYDAY=-1MO,MO;BYSETPOS=1", [7]),
        ("FREQ=MONTHLY;BYDAY=TU,1FR", [24, 1, 4, 8, 15]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", []),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", [30]),
        ("FREQ=YEARLY;BYWEEKNO=49;BYDAY=WE", [2]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", []),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", []),
        ("FREQ=WEEKLY;RSCALE=GREGORIAN;SKIP=OMIT", [23, 30, 7, 14]),
        ("FREQ=WEEKLY;", [23, 30, 7, 14]),
        ("freq=weekly;byday=tu", [24, 1, 8, 15]),
    ],
)
def test_rules(rule: str, expected: list[int]) -> None:
    busy = read(calendar(WEEKLY.replace("FREQ=WEEKLY", rule)))
    assert days(busy) == expected
    assert not busy.warnings


@pytest.mark.parametrize("more", ["", ";INTERVAL=1;COUNT=60", ";WKST=SU;UNTIL=20290101"])
@pytest.mark.parametrize(
    ("day", "weeks", "expected"),
    [
        ("1115", 4, []),
        ("1122", 4, []),
        ("1123", 4, ["23 Nov 26"]),
        ("1220", 4, ["20 Dec 26"]),
        ("1221", 4, []),
        ("0101", 4, []),
        ("0101", 10, ["01 Jan 27"]),
        ("0301", 10, []),
        ("0229", 70, ["29 Feb 28"]),
        ("1101", 100, ["01 Nov 27"]),
        ("0601", 100, ["01 Jun 27", "01 Jun 28"]),
    ],
)
def test_birthdays(more: str, day: str, weeks: int, expected: list[str]) -> None:
    event = f"UID:1\nDTSTART:1988{day}T100000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY{more}"
    window = Timespan(WINDOW.start, WINDOW.start + timedelta(weeks=weeks))
    busy = read(calendar(event), window=window)
    assert [f"{span.start:%d %b %y}" for span in busy.spans] == expected


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;INTERVAL=-1", "FREQ=SOMETIMES", "", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;UNTIL=no"]
)
def test_a_rule_that_can_not_be_read_is_taken_once(rule: str) -> None:
    event = f"UID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T110000Z\nRRULE:{rule}"
    busy = read(calendar(event))
    assert shown(busy) == ["24 10:00-11:00"]
    assert len(busy.warnings) == 1


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=MINUTELY;INTERVAL=59",
        "FREQ=HOURLY;BYMINUTE=0,30",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1,2,3,4,5,6,7,8",
        "FREQ=SECONDLY;COUNT=1000000000",
        "FREQ=SECONDLY;UNTIL=20300101T000000Z",
        "FREQ=MINUTELY;COUNT=99999999;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_more_often_than_hourly_without_end_is_busy_from_its_start(rule: str) -> None:
    busy = read(calendar(f"UID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T100500Z\nRRULE:{rule}"))
    assert shown(busy) == ["24 10:00-21 00:00"]
    assert len(busy.warnings) == 1
    ancient = read(calendar(f"UID:1\nDTSTART:19800101T100000Z\nDTEND:19800101T100500Z\nRRULE:{rule}"))
    assert ancient.spans in ((WINDOW,), ())  # a COUNT of a thousand million seconds may be over


def test_often_but_not_for_long() -> None:
    busy = read(
        calendar(
            "UID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T100500Z\nRRULE:FREQ=MINUTELY;INTERVAL=20;COUNT=3"
        )
    )
    assert shown(busy) == ["24 10:00-10:05", "24 10:20-10:25", "24 10:40-10:45"]
    assert not busy.warnings


def test_hourly_rules_are_followed() -> None:
    busy = read(
        calendar("UID:1\nDTSTART:20101124T100000Z\nDURATION:PT5M\nRRULE:FREQ=HOURLY;INTERVAL=12;BYDAY=TU")
    )
    assert shown(busy)[:3] == ["24 10:00-10:05", "24 22:00-22:05", "01 10:00-10:05"]


def override(original: str, start: str, *more: str) -> str:
    lines = [f"UID:1\nRECURRENCE-ID{original}", f"DTSTART:{start}", f"DTEND:{start[:11]}3000Z", *more]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([override(":20261130T100000Z", "20261201T100000Z")], [23, 1, 7, 14]),
        ([override(";TZID=Europe/London:20261130T100000", "20261201T100000Z")], [23, 1, 7, 14]),
        ([override(";TZID=Europe/Berlin:20261130T110000", "20261201T100000Z")], [23, 1, 7, 14]),
        ([override(":20261130T100000Z", "20270601T100000Z")], [23, 7, 14]),
        ([override(":20260601T090000Z", "20261201T100000Z")], [23, 30, 1, 7, 14]),
        ([override(":20261130T100000Z", "20261130T100000Z", "STATUS:CANCELLED")], [23, 7, 14]),
        ([override(":nonsense", "20261201T100000Z")], [23, 30, 1, 7, 14]),
        ([override(";RANGE=THISANDFUTURE:20261130T100000Z", "20261201T100000Z")], [23, 1, 8, 15]),
    ],
)
def test_moved_occurrences(events: list[str], expected: list[int]) -> None:
    assert days(read(calendar(WEEKLY, *events))) == expected
    assert days(read(calendar(*events, WEEKLY))) == expected


def reaching(original: str, start: str, *more: str) -> str:
    """An override of the series WEEKLY that says how the later ones are, too; half an hour long."""
    return override(f";RANGE=THISANDFUTURE{original}", start, *more)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # Moved by a day, and half as long.
        (
            [reaching(":20261130T100000Z", "20261201T100000Z")],
            ["23 10:00-11:00", "01 10:00-10:30", "08 10:00-10:30", "15 10:00-10:30"],
        ),
        # From the one that is named on, not from where that is moved to.
        (
            [reaching(":20261130T100000Z", "20261215T100000Z")],
            ["23 10:00-11:00", "15 10:00-10:30"],
        ),
        # Cancelled from there on.
        ([reaching(":20261130T100000Z", "20261130T100000Z", "STATUS:CANCELLED")], ["23 10:00-11:00"]),
        # Each up to the next; by the occurrences' own times, not by the order of the events.
        (
            [
                reaching(":20261207T100000Z", "20261207T140000Z"),
                reaching(":20261123T100000Z", "20261124T100000Z"),
            ],
            ["24 10:00-10:30", "01 10:00-10:30", "07 14:00-14:30", "14 14:00-14:30"],
        ),
        # One of the later ones is moved by itself.
        (
            [
                reaching(":20261123T100000Z", "20261124T100000Z"),
                override(":20261207T100000Z", "20261210T180000Z"),
            ],
            ["24 10:00-10:30", "01 10:00-10:30", "10 18:00-18:30", "15 10:00-10:30"],
        ),
        # Far away, but what it moves is not.
        (
            [reaching(":20260112T100000Z", "20260113T100000Z")],
            ["24 10:00-10:30", "01 10:00-10:30", "08 10:00-10:30", "15 10:00-10:30"],
        ),
        # On the clock of the series: an hour later in winter as in summer.
        (
            [reaching(":20260601T090000Z", "20260601T100000Z")],
            ["23 11:00-11:30", "30 11:00-11:30", "07 11:00-11:30", "14 11:00-11:30"],
        ),
        # It names what is no occurrence, and counts as one more.
        (
            [reaching(":20261125T100000Z", "20261125T120000Z")],
            [
                "23 10:00-11:00",
                "25 12:00-12:30",
                "30 12:00-12:30",
                "07 12:00-12:30",
                "14 12:00-12:30",
            ],
        ),
    ],
)
def test_this_and_all_later_occurrences(events: list[str], expected: list[str]) -> None:
    assert shown(read(calendar(WEEKLY, *events))) == expected
    assert shown(read(calendar(*events, WEEKLY))) == expected


def test_a_series_that_is_over_may_be_moved_into_the_window() -> None:
    """Neither the series nor the override is near; one line that is folded says that both matter."""
    over = WEEKLY + ";UNTIL=20260901T000000Z"
    event = """UID:1
        RECURRENCE-ID;RANGE=THISANDFUTURE:20260601T090000Z
        DTSTART:20260901T090000Z
        DURATION:PT1H"""
    body = calendar(over, event).replace(b"THISANDFUTURE", b"THISAND\r\n FUTURE")
    # 1 June is moved by 92 days; the last of August is 31.
    assert days(read(body))[0] == 24


def test_of_two_overrides_of_one_occurrence_far_away_the_newer_one_counts() -> None:
    into = override(":20260601T090000Z", "20261124T100000Z", "SEQUENCE:1")
    away = override(":20260601T090000Z", "20270601T100000Z", "SEQUENCE:2")
    over = WEEKLY + ";UNTIL=20260901T000000Z"
    assert days(read(calendar(over, into))) == [24]
    assert days(read(calendar(over, into, away))) == []
    assert days(read(calendar(over, into.replace("SEQUENCE:1", "SEQUENCE:3"), away))) == [24]
    assert days(read(calendar(WEEKLY, away))) == [23, 30, 7, 14]


def test_of_two_overrides_of_one_occurrence_the_newer_one_says_whether_it_reaches() -> None:
    """The oracle is no judge here: see what it says of itself."""
    old = reaching(":20261130T100000Z", "20261201T100000Z", "SEQUENCE:1")
    new = override(":20261130T100000Z", "20261202T100000Z", "SEQUENCE:2")
    assert days(read_busy(calendar(WEEKLY, old, new), WINDOW, LONDON)) == [23, 2, 7, 14]
    old = override(":20261130T100000Z", "20261202T100000Z", "SEQUENCE:1")
    new = reaching(":20261130T100000Z", "20261201T100000Z", "SEQUENCE:2")
    assert days(read_busy(calendar(WEEKLY, old, new), WINDOW, LONDON)) == [23, 1, 8, 15]


def test_a_series_may_turn_from_dates_into_times_and_back() -> None:
    on_dates = "UID:1\nDTSTART;VALUE=DATE:20261123\nRRULE:FREQ=WEEKLY"
    at_ten = (
        "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261130\n"
        "DTSTART;TZID=Europe/Berlin:20261201T100000\nDURATION:PT2H"
    )
    assert shown(read_busy(calendar(on_dates, at_ten), WINDOW, LONDON)) == [
        "23 00:00-24 00:00",
        "01 09:00-11:00",
        "08 09:00-11:00",
        "15 09:00-11:00",
    ]
    whole_day = "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261130T100000Z\nDTSTART;VALUE=DATE:20261202"
    assert shown(read_busy(calendar(WEEKLY, whole_day), WINDOW, LONDON)) == [
        "23 10:00-11:00",
        "02 00:00-03 00:00",
        "09 00:00-10 00:00",
        "16 00:00-17 00:00",
    ]


COPIED_RULE = "RRULE:FREQ=WEEKLY"


@pytest.mark.parametrize(
    ("original", "more", "expected"),
    [
        # The series was on Tuesdays when this was written.
        ("20261201", ("SEQUENCE:1", COPIED_RULE), [23, 30, 7, 14]),
        # It names an occurrence that there is, ...
        ("20261207", ("SEQUENCE:1", COPIED_RULE), [23, 30, 10, 14]),
        # ... or is of this version, or brings no sign of an older one.
        ("20261201", ("SEQUENCE:2", COPIED_RULE), [23, 30, 7, 10, 14]),
        ("20261201", ("SEQUENCE:1",), [23, 30, 7, 10, 14]),
    ],
)
def test_overrides_of_an_older_version(original: str, more: tuple[str, ...], expected: list[int]) -> None:
    event = override(f":{original}T100000Z", "20261210T100000Z", *more)
    assert days(read(calendar(f"{WEEKLY}\nSEQUENCE:2", event))) == expected


def test_a_rule_in_an_override_that_is_over_does_not_hide_it() -> None:
    event = override(":20260601T090000Z", "20261127T100000Z", f"{COPIED_RULE};UNTIL=20260901T000000Z")
    assert 27 in days(read(calendar(f"{WEEKLY};UNTIL=20260901T000000Z", event)))


def test_an_outdated_override_says_nothing_of_later_occurrences() -> None:
    """The oracle is no judge here: see what it says of itself."""
    event = reaching(":20261201T100000Z", "20261210T100000Z", "SEQUENCE:1", COPIED_RULE)
    assert days(read_busy(calendar(f"{WEEKLY}\nSEQUENCE:2", event), WINDOW, LONDON)) == [23, 30, 7, 14]


def test_an_override_of_an_older_version_is_known_by_the_day_in_its_own_zone() -> None:
    """Early on Tuesday in Tokyo is Monday in UTC; the oracle is no judge here."""
    event = "UID:1\nDTSTART;TZID=Asia/Tokyo:20260106T020000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nSEQUENCE:2"
    moved = (
        "UID:1\nRECURRENCE-ID;TZID=Asia/Tokyo:20260602T020000\n"
        f"DTSTART;TZID=Asia/Tokyo:20261127T200000\nDURATION:PT1H\n{COPIED_RULE}\nSEQUENCE:1"
    )
    busy = read_busy(calendar(event, moved), WINDOW, LONDON)
    assert "27 11:00-12:00" in shown(busy)


def test_an_occurrence_without_its_series_counts() -> None:
    assert days(read(calendar(override(":20261130T100000Z", "20261201T100000Z")))) == [1]


def test_of_two_versions_the_one_with_the_higher_sequence_counts() -> None:
    old, new = (
        f"UID:1\nDTSTART:202611{day}T100000Z\nDURATION:PT1H\nSEQUENCE:{n}" for day, n in ((24, 1), (26, 2))
    )
    assert days(read(calendar(old, new))) == days(read(calendar(new, old))) == [26]
    far = "UID:1\nDTSTART:20200101T100000Z\nDURATION:PT1H\nSEQUENCE:3"
    assert days(read(calendar(old, far, new))) == []


def test_a_series_keeps_its_clock_time_when_the_clocks_change() -> None:
    window = Timespan(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    event = "UID:1\nDTSTART;TZID={0}:20200101T083000\nDTEND;TZID={0}:20200101T093000\nRRULE:FREQ=DAILY"
    spans = read(calendar(event.format("Europe/London")), window=window).spans
    assert {(span.start.hour, span.duration) for span in spans} == {
        (7, timedelta(hours=1)),
        (8, timedelta(hours=1)),
    }


def test_a_series_in_utc_stays_there_whatever_the_calendars_zone() -> None:
    event = "UID:1\nDTSTART:20260701T080000Z\nDTEND:20260701T090000Z\nRRULE:FREQ=WEEKLY"
    assert shown(read(calendar(event)))[0] == "25 08:00-09:00"
    assert shown(read(calendar(event, head="X-WR-TIMEZONE:Europe/London")))[0] == "25 08:00-09:00"


# --- Layout --------------------------------------------------------------------------------------

WHOLE = calendar(
    "UID:1\nSUMMARY:Größe 🙂 und mehr\nDTSTART;TZID=Europe/Berlin:20261124T100000\n"
    "DTEND;TZID=Europe/Berlin:20261124T110000",
    "UID:2\nDTSTART;VALUE=DATE:20261126",
)


def refolded(body: bytes, width: int) -> bytes:
    lines = [
        b"\r\n ".join(line[place : place + width] for place in range(0, max(1, len(line)), width))
        for line in body.split(b"\r\n")
    ]
    return b"\r\n".join(lines)


@pytest.mark.parametrize(
    "body",
    [
        WHOLE,
        WHOLE.replace(b"\r\n", b"\n"),
        WHOLE.replace(b"\r\n", b"\r"),
        WHOLE.replace(b"\r\n", b"\r\n\r\n"),
        b"\xef\xbb\xbf" + WHOLE,
        b"\r\n\r\n" + WHOLE,
        WHOLE.decode().encode("utf-16"),
        WHOLE.decode().encode("utf-16-le"),
        WHOLE.removesuffix(b"\r\n"),
        WHOLE.replace(b"SUMMARY", b"what is this\r\nSUMMARY"),
        WHOLE.replace(b"SUMMARY:Gr", b"DESCRIPTION:one\r\n\r\n two\r\nSUMMARY:Gr"),
        WHOLE.replace(b"BEGIN:VEVENT", b"begin:vevent").replace(b"DTEND", b"dtend"),
        WHOLE.replace(b"BEGIN:VEVENT", b"begin:vev\r\n ent"),
        WHOLE.replace(b"END:VEVENT", b"END:VEVENT\r\n "),
        *(refolded(WHOLE, width) for width in (1, 2, 3, 5, 10, 30)),
        refolded(WHOLE, 7).replace(b"\r\n ", b"\n\t"),
    ],
)
def test_layouts(body: bytes) -> None:
    assert shown(read(body)) == ["24 09:00-10:00", "26 00:00-27 00:00"]


def test_several_calendars_in_one_file_with_a_zone_each() -> None:
    event = "UID:1\nDTSTART:20261124T{0}0000\nDURATION:PT1H"
    body = calendar(event.format("10"), head="X-WR-TIMEZONE:Asia/Tokyo") + calendar(event.format("12"))
    busy = read(body)
    assert shown(busy) == ["24 01:00-02:00", "24 12:00-13:00"]
    assert busy.events == 2


def test_the_zone_of_a_calendar_may_be_folded() -> None:
    body = calendar("UID:1\nDTSTART:20261124T100000\nDURATION:PT1H", head="X-WR-TIMEZONE:Asia/Tokyo")
    assert shown(read(body.replace(b"Asia/Tokyo", b"Asia\r\n /Tokyo"))) == ["24 01:00-02:00"]


def test_what_an_alarm_says_is_not_the_events() -> None:
    alarm = "BEGIN:VALARM\nUID:2@x.calsync\nDURATION:PT5H\nSTATUS:CANCELLED\nTRANSP:TRANSPARENT\nEND:VALARM"
    for event in (f"{AT_TEN}\n{alarm}", f"{alarm}\n{AT_TEN}"):
        body = calendar(
            event.replace("BEGIN:VALARM", "X-A:b\nBEGIN:VALARM") if event.startswith("BEGIN") else event
        )
        assert shown(read(body)) == ["24 10:00-11:00"]


def test_one_bad_event_does_not_hide_the_others() -> None:
    bad = [
        "UID:2\nSUMMARY:Secret\nDTSTART:tomorrow",
        "UID:3\nSUMMARY:Secret",
        "UID:4\nDTSTART;VALUE=DATE:20261332",
    ]
    busy = read(calendar(*bad, AT_TEN))
    assert shown(busy) == ["24 10:00-11:00"]
    assert busy.events == 4
    assert len(busy.warnings) == 2
    assert not any("Secret" in warning for warning in busy.warnings)


def test_an_event_whose_end_was_lost() -> None:
    body = WHOLE.replace(b"END:VEVENT\r\n", b"", 1)
    assert shown(read(body)) == ["24 09:00-10:00", "26 00:00-27 00:00"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \r\n", "empty"),
        (b"<!DOCTYPE html><html>BEGIN:VCALENDAR", "web page"),
        (b'{"error": "unauthorised"}', "JSON"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "BEGIN:VCALENDAR"),
        (WHOLE[:-20], "cut off"),
        (WHOLE[: len(WHOLE) // 2], "cut off"),
        (WHOLE[:100] + b"\r\n" + WHOLE, "cut off"),
        (b"BEGIN:VCALENDAR", "cut off"),
        (WHOLE.decode().encode("utf-16")[:-1], "cut-off"),
    ],
)
def test_what_is_no_whole_calendar_is_an_error(body: bytes, reason: str) -> None:
    with pytest.raises(NotACalendar, match=reason):
        read_busy(body, WINDOW, LONDON)


def test_an_empty_calendar_is_free() -> None:
    assert read(calendar()) == BusyTime((), (), 0)


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY;COUNT=30;BYDAY=TU", "FREQ=DAILY;BYMONTHDAY=24;COUNT=7", "FREQ=WEEKLY;BYMONTHDAY=24;COUNT=7"],
)
def test_a_count_lasts_longer_where_not_every_period_has_an_occurrence(rule: str) -> None:
    event = "UID:1\nDTSTART:20260505T100000Z\nDTEND:20260505T110000Z"
    assert days(read(calendar(f"{event}\nRRULE:{rule}"))) == [24]
