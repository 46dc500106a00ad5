"""What the standard leaves open or forbids, and people's calendars have: what docs/busy.md says of each.

The window is four weeks from Monday, 23 November 2026; times are in Europe/London unless said otherwise.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calsync.feeds import BusyTime, Reading
from calsync.feeds.busy import read_busy
from calsync.timespan import Timespan
from tests.feeds.test_busy_shapes import LONDON, WINDOW, calendar, days, read, shown

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


def ours(body: bytes, zone: ZoneInfo = LONDON, window: Timespan = WINDOW) -> BusyTime:
    """For what the libraries of the oracle can't judge."""
    return read_busy(body, window, zone)


def at(day: int, hour: int = 10, *more: str, uid: str = "1") -> str:
    """An hour on a day of November."""
    return "\n".join((f"UID:{uid}", f"DTSTART:202611{day:02}T{hour:02}0000Z", "DURATION:PT1H", *more))


# --- Several events with one UID ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((at(24), at(25), at(26)), [24, 25, 26]),
        ((at(24, 10, "SEQUENCE:0"), at(25)), [24, 25]),
        ((at(24, 10, "SEQUENCE:2"), at(25, 10, "SEQUENCE:2"), at(26, 10, "SEQUENCE:1")), [24, 25]),
        ((at(24, 10, "DTSTAMP:20261101T000000Z"), at(25, 10, "DTSTAMP:20261102T000000Z")), [24, 25]),
        (("UID:1\nDTSTART:20200101T100000Z\nDURATION:PT1H", at(26)), [26]),
        (("UID:1\nDTSTART;VALUE=DATE:20261124", at(26)), [24, 26]),
        ((at(24), "UID:1\nDTSTART:20261125T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"), [24, 25, 2]),
        # Those who count versions count all of them.
        (
            (
                at(24, 10, "SEQUENCE:3", "LAST-MODIFIED:20261101T000000Z"),
                at(25, 10, "SEQUENCE:3", "LAST-MODIFIED:20261102T000000Z"),
            ),
            [25],
        ),
        # An export that stamps each event as it writes it has changed none.
        (
            (
                at(24, 10, "SEQUENCE:3", "DTSTAMP:20261101T000001Z"),
                at(25, 10, "SEQUENCE:3", "DTSTAMP:20261101T000002Z"),
            ),
            [24, 25],
        ),
    ],
)
def test_events_with_one_uid(events: tuple[str, ...], expected: list[int]) -> None:
    assert days(read(calendar(*events))) == expected
    assert sorted(days(read(calendar(*reversed(events))))) == sorted(expected)


@pytest.mark.parametrize("stamp", ["DTSTAMP", "LAST-MODIFIED"])
def test_of_two_with_one_start_the_later_one_counts(stamp: str) -> None:
    old = f"UID:1\nDTSTART:20261124T100000Z\nDTEND:20261124T150000Z\n{stamp}:20261101T000000Z"
    new = f"UID:1\nDTSTART;TZID=Europe/Berlin:20261124T110000\nDURATION:PT1H\n{stamp}:20261102T000000Z"
    for events in ((old, new), (new, old)):
        busy = read(calendar(*events))
        assert shown(busy) == ["24 10:00-11:00"]
        assert busy.guesses == (
            "event 1 is there several times with one start; what was changed last counts",
        )


def test_an_override_finds_its_series_among_events_with_one_uid() -> None:
    single, series = at(24), "UID:1\nDTSTART:20261125T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = "UID:1\nRECURRENCE-ID:20261202T100000Z\nDTSTART:20261203T100000Z\nDURATION:PT1H"
    for events in ((single, series, moved), (moved, series, single)):
        assert days(read(calendar(*events))) == [24, 25, 3, 9]


# --- UTC in series on dates --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "head", "midnight"),
    [
        (BERLIN, "", "20261201T230000Z"),
        (NEW_YORK, "", "20261202T050000Z"),
        (ZoneInfo("Asia/Tokyo"), "", "20261201T150000Z"),
        (LONDON, "X-WR-TIMEZONE:Europe/Berlin", "20261201T230000Z"),
        (LONDON, "X-WR-TIMEZONE:America/New_York", "20261202T050000Z"),
        (NEW_YORK, "", "20261202T000000Z"),  # UTC's own midnight is meant as a date
    ],
)
def test_times_in_utc_of_a_series_on_dates(zone: ZoneInfo, head: str, midnight: str) -> None:
    event = "UID:1\nDTSTART;VALUE=DATE:20261130\nRRULE:FREQ=DAILY;"

    def found(*events: str) -> list[int]:
        spans = ours(calendar(*events, head=head), zone).spans
        hours = sum(int(span.duration / timedelta(hours=24)) for span in spans)
        return [spans[0].start.astimezone(zone).day, hours]

    assert found(f"{event}UNTIL={midnight}") == [30, 3]
    assert found(f"{event}COUNT=4\nEXDATE:{midnight}") == [30, 3]
    moved = f"UID:1\nRECURRENCE-ID:{midnight}\nDTSTART;VALUE=DATE:20261210"
    spans = ours(calendar(f"{event}COUNT=4", moved, head=head), zone).spans
    assert [span.start.astimezone(zone).day for span in spans] == [30, 3, 10]


@pytest.mark.parametrize(
    ("until", "zone", "last"),
    [
        ("20261202T225959Z", BERLIN, 2),  # the last second of a day there
        ("20261202T235959Z", BERLIN, 2),  # of a day in UTC, and of none there: the date is meant
        ("20261202T235959Z", NEW_YORK, 2),
        ("20261203T045959Z", NEW_YORK, 2),
        ("20261202T023000Z", ZoneInfo("America/St_Johns"), 1),
        ("20261202T033000Z", ZoneInfo("America/St_Johns"), 2),
        ("20261201T130000Z", ZoneInfo("Australia/Lord_Howe"), 2),
    ],
)
def test_the_last_date_by_a_time_in_utc(until: str, zone: ZoneInfo, last: int) -> None:
    busy = ours(calendar(f"UID:1\nDTSTART;VALUE=DATE:20261130\nRRULE:FREQ=DAILY;UNTIL={until}"), zone)
    assert (busy.spans[-1].end.astimezone(zone) - timedelta(hours=1)).day == last


def test_what_a_time_in_utc_means_among_dates_is_said_if_it_is_another_date() -> None:
    event = "UID:1\nDTSTART;VALUE=DATE:20261130\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:{}"
    busy = ours(calendar(event.format("20261201T230000Z")), BERLIN)
    assert busy.guesses == ("event 1 is on dates and has a time in UTC; taken as its date in Europe/Berlin",)
    busy = ours(calendar(event.format("20261202T000000Z")), NEW_YORK)
    assert busy.guesses == ("event 1 is on dates and has a time in UTC; taken as its date in UTC",)
    assert not ours(calendar(event.format("20261202T050000Z")), NEW_YORK).guesses


# --- Zones -------------------------------------------------------------------------------------------------

FIXED = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0500
TZOFFSETTO:+0500
END:STANDARD
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GMT", "24 05:00-06:00"),
        ("EST", "24 05:00-06:00"),
        ("MST", "24 05:00-06:00"),
        ("UTC", "24 05:00-06:00"),
        ("GMT+0200", "24 05:00-06:00"),
        ("W. Europe Standard Time", "24 05:00-06:00"),
        ("GMT Standard Time", "24 05:00-06:00"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern", "24 05:00-06:00"),
        ("/example.org/1/Europe/Berlin", "24 05:00-06:00"),
        ("Europe/Berlin", "24 09:00-10:00"),
        ("America/Argentina/Buenos_Aires", "24 13:00-14:00"),
        ("Nowhere/Land", "24 05:00-06:00"),
    ],
)
def test_a_zone_means_what_the_calendar_says(name: str, expected: str) -> None:
    quoted = f'"{name}"' if "," in name or ":" in name else name
    event = f"UID:1\nDTSTART;TZID={quoted}:20261124T100000\nDURATION:PT1H"
    assert shown(read(calendar(event, head=FIXED.format(name=name)))) == [expected]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+0500", "+05"),
        ("+0500", "+05:00"),
        ("DTSTART:19700101T000000", "DTSTART:1970-01-01T00:00:00"),
        ("DTSTART:19700101T000000", "DTSTART;VALUE=DATE:19700101"),
        ("DTSTART:19700101T000000\n", ""),
        ("TZOFFSETFROM:+0500\n", ""),
        ("TZID:", "TZID;X-A=B:"),
        ("TZOFFSETTO", "RDATE:20200101T000000,\nTZOFFSETTO"),
    ],
)
def test_zones_as_they_are_written(old: str, new: str) -> None:
    event = "UID:1\nDTSTART;TZID=Ours:20261124T100000\nDURATION:PT1H"
    zone = FIXED.format(name="Ours").replace(old, new)
    busy = read(calendar(event, head=zone))
    assert shown(busy) == ["24 05:00-06:00"]
    assert not busy.warnings


@pytest.mark.parametrize(
    ("name", "offset", "told"),
    [
        ("GMT", "+0000", False),
        ("UTC", "+0000", False),
        ("GMT", "+0500", True),
        ("EST", "-0500", False),
        ("Tokyo Standard Time", "+0900", False),
        ("Tokyo Standard Time", "+0500", True),
        ("GMT+0200", "+0200", False),
        ("Ours", "+0500", False),
    ],
)
def test_a_zone_that_means_what_it_means_anyway_is_no_guess(name: str, offset: str, told: bool) -> None:
    event = f"UID:1\nDTSTART;TZID={name}:20261124T100000\nDURATION:PT1H"
    zone = FIXED.format(name=name).replace("+0500", offset)
    assert bool(read(calendar(event, head=zone)).guesses) == told


def test_before_its_first_onset_a_zone_has_the_offset_that_this_starts_from() -> None:
    zone = FIXED.format(name="Ours").replace("19700101", "20261201").replace("FROM:+0500", "FROM:-0200")
    event = "UID:1\nDTSTART;TZID=Ours:20261124T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"
    assert shown(ours(calendar(event, head=zone))) == ["24 12:00-13:00", "01 05:00-06:00"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("europe/berlin", "24 09:00-10:00"),
        ("AMERICA/PORT-AU-PRINCE", "24 15:00-16:00"),
        ("w. europe standard time", "24 09:00-10:00"),
        ("GMT+0200", "24 08:00-09:00"),
        ("UTC+02:00", "24 08:00-09:00"),
        ("utc-5", "24 15:00-16:00"),
        ("+0530", "24 04:30-05:30"),
        ("GMT +02:00", "24 08:00-09:00"),
        ("(GMT-03:00)", "24 13:00-14:00"),
        ("Etc/GMT+2", "24 12:00-13:00"),
        ("'Europe/Berlin'", "24 09:00-10:00"),
    ],
)
def test_names_of_zones_as_they_are_written(name: str, expected: str) -> None:
    for written in (name, f'"{name}"'):
        busy = read(calendar(f"UID:1\nDTSTART;TZID={written}:20261124T100000\nDURATION:PT1H"))
        assert shown(busy) == [expected]
        assert not busy.warnings


def test_the_calendars_zone_may_be_quoted() -> None:
    for zone in ("Europe/Berlin", '"Europe/Berlin"', "europe/berlin", "W. Europe Standard Time"):
        event = "UID:1\nDTSTART:20261124T100000\nDURATION:PT1H"
        busy = read(calendar(event, head=f"X-WR-TIMEZONE:{zone}"))
        assert shown(busy) == ["24 09:00-10:00"]
        assert not busy.warnings
        is_other = zone == "europe/berlin"
        assert busy.guesses == (
            ('X-WR-TIMEZONE is "europe/berlin", taken as Europe/Berlin',) if is_other else ()
        )


def test_a_series_in_utc_is_in_utc_whatever_the_calendars_zone() -> None:
    """Monday 23:30 is Tuesday in Berlin; days of the month and exceptions are those of UTC, too."""
    for head in ("", "X-WR-TIMEZONE:Europe/Berlin", "X-WR-TIMEZONE:Asia/Tokyo"):
        event = "UID:1\nDTSTART:20261109T233000Z\nDURATION:PT20M\nRRULE:FREQ={}\nEXDATE{}"
        weekly = event.format("WEEKLY;BYDAY=MO", ":20261130T233000Z")
        assert shown(read(calendar(weekly, head=head))) == [
            "23 23:30-23:50",
            "07 23:30-23:50",
            "14 23:30-23:50",
        ]
        monthly = event.format("MONTHLY;BYMONTHDAY=30", ";VALUE=DATE:20261201")
        assert shown(read(calendar(monthly, head=head))) == ["30 23:30-23:50"]


# --- Start and end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261124",
        "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261120",
        "DTSTART:20261124\nDTEND:20261124",
        "DTSTART;VALUE=DATE:20261124\nDURATION:PT0S",
        "DTSTART;VALUE=DATE:20261124\nDURATION:P0D",
        "DTSTART;VALUE=DATE:20261124\nDURATION:-P1D",
        "DTSTART;VALUE=DATE:20261124\nDURATION:PT24H",
        "DTSTART;VALUE=DATE:20261124T000000Z\nDTEND;VALUE=DATE:20261125T000000Z",
        "DTSTART;VALUE=DATE:20261124T090000\nDTEND;VALUE=DATE:20261124T100000",
        "DTSTART;TZID=Asia/Tokyo;VALUE=DATE:20261124",
        "DTSTART;VALUE=DATE:2026-11-24\nDTEND;VALUE=DATE:2026-11-25",
        "DTSTART:20261124T000000\nDTEND:20261124T240000",
    ],
)
def test_one_whole_day(lines: str) -> None:
    assert shown(read(calendar(f"UID:1\n{lines}"))) == ["24 00:00-25 00:00"]


@pytest.mark.parametrize(
    "start",
    [
        ":2026-11-24T10:00:00Z",
        ":20261124T1000Z",
        ":20261124T100000.000Z",
        ":2026-11-24T10:00:00.5Z",
        ":2026-11-24 10:00Z",
        ":20261124T120000+0200",
        ":2026-11-24T05:00:00-05:00",
        ":20261124T110000+01",
        ";TZID=Europe/Berlin:2026-11-24T11:00:00",
        ';TZID="Europe/Berlin":20261124T1100',
        ";TZID=tzone://Microsoft/Utc:2026-11-24T10:00:00",
        ":2026-11-24T10:00:00",
        ": 20261124T100000Z",
        ":20261124T100000,000Z",
        ":2026-11-24T10:00:00,0Z",
        ":20261124T100000UTC",
        ":20261124T100000 GMT",
        ':"20261124T100000Z"',
    ],
)
def test_times_as_they_are_written(start: str) -> None:
    busy = read(calendar(f"UID:1\nDTSTART{start}\nDURATION:PT1H"))
    assert shown(busy) == ["24 10:00-11:00"]
    assert not busy.warnings
    end = start.replace("T10", "T11").replace("T11:00", "T12:00") if "Berlin" not in start else ""
    if ":2026-11-24T10:00:00Z" in end:
        assert shown(read(calendar(f"UID:1\nDTSTART{start}\nDTEND{end}"))) == ["24 10:00-11:00"]


@pytest.mark.parametrize("time", ["T250000", "T240001", "T106000", "T100000+2500", "T10", "Tnoon"])
def test_what_is_no_time(time: str) -> None:
    busy = read(calendar(f"UID:1\nDTSTART:20261124{time}\nDURATION:PT1H"))
    assert not busy.spans
    assert len(busy.warnings) == 1


def test_a_series_from_year_one_keeps_its_days() -> None:
    event = "UID:1\nDTSTART:00010101T100000Z\nDTEND:00010101T110000Z\nRRULE:FREQ=WEEKLY"
    assert days(read(calendar(event))) == [23, 30, 7, 14]


def test_a_date_too_far_away_and_one_too_long_ago() -> None:
    ours(calendar("UID:1\nDTSTART:80000101\nDTEND:16000101", "UID:2\nDTSTART:16000101\nDTEND:80000101"))
    assert ours(calendar("UID:2\nDTSTART:16000101\nDTEND:80000101")).spans == (WINDOW,)


def test_no_end_that_can_be_read_but_a_duration() -> None:
    for end in ("DTEND:", "DTEND:later", "DTEND;TZID=Europe/London:"):
        assert shown(read(calendar(f"UID:1\nDTSTART:20261124T100000Z\n{end}\nDURATION:PT1H"))) == [
            "24 10:00-11:00"
        ]


# --- VFREEBUSY ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTEND:20261124T110000Z\nFBTYPE:BUSY", ["24 10:00-11:00"]),
        ("DTEND:20261124T110000Z", ["24 10:00-11:00"]),
        ("DURATION:PT2H", ["24 10:00-12:00"]),
        ("DTEND:20261124T110000Z\nFBTYPE:FREE", []),
        ("DTEND:20261124T110000Z\nFBTYPE:BUSY-UNAVAILABLE", ["24 10:00-11:00"]),
        ("DTEND:20261124T230000Z\nFREEBUSY:20261124T120000Z/PT1H", ["24 12:00-13:00"]),
        ("FBTYPE:BUSY", []),
    ],
)
def test_free_busy_without_periods(lines: str, expected: list[str]) -> None:
    body = calendar(f"BEGIN:VFREEBUSY\nUID:1\nDTSTART:20261124T100000Z\n{lines}\nEND:VFREEBUSY")
    assert shown(read(body)) == expected
    tentative = body.replace(b"FBTYPE:BUSY\r\n", b"FBTYPE:BUSY-TENTATIVE\r\n")
    if tentative != body:
        assert not read(tentative, Reading(tentative_busy=False)).spans


# --- What names an occurrence ------------------------------------------------------------------------------

TWICE = """UID:1
DTSTART;TZID=Europe/Berlin:20261123T090000
DURATION:PT30M
RRULE:FREQ=WEEKLY;BYDAY=TU,WE;BYHOUR=9,10;UNTIL=20261126"""
ALL_FOUR = ["24 08:00-08:30", "24 09:00-09:30", "25 08:00-08:30", "25 09:00-09:30"]


@pytest.mark.parametrize(
    "named",
    [
        ";TZID=Europe/Berlin:20261124T100000",
        ":20261124T090000Z",
        ";TZID=Europe/London:20261124T090000",
        ";TZID=America/New_York:20261124T040000",
        ":20261124T100000",  # on the clock of the series
        ":2026-11-24T10:00:00+01:00",
    ],
)
def test_one_of_two_occurrences_of_a_day(named: str) -> None:
    first = "23 08:00-08:30"
    assert shown(ours(calendar(f"{TWICE}\nEXDATE{named}"))) == [first, ALL_FOUR[0], *ALL_FOUR[2:]]
    moved = f"UID:1\nRECURRENCE-ID{named}\nDTSTART:20261210T090000Z\nDURATION:PT1H"
    for events in ((TWICE, moved), (moved, TWICE)):
        assert shown(ours(calendar(*events))) == [first, ALL_FOUR[0], *ALL_FOUR[2:], "10 09:00-10:00"]


def test_a_date_names_all_of_the_day() -> None:
    first = "23 08:00-08:30"
    assert shown(read(calendar(f"{TWICE}\nEXDATE;VALUE=DATE:20261124"))) == [first, *ALL_FOUR[2:]]
    for named in (";VALUE=DATE:20261124", ":20261124"):
        moved = f"UID:1\nRECURRENCE-ID{named}\nDTSTART:20261210T090000Z\nDURATION:PT1H"
        assert shown(ours(calendar(TWICE, moved))) == [first, *ALL_FOUR[2:], "10 09:00-10:00"]


def test_lists_of_dates_with_nothing_between_commas() -> None:
    event = at(
        24, 10, "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261125T100000Z,", "RDATE:,20261201T100000Z", "RDATE:"
    )
    busy = read(calendar(event))
    assert days(busy) == [24, 26, 1]
    assert not busy.warnings


def test_an_extra_time_without_a_zone_is_on_the_clock_of_the_series() -> None:
    event = "UID:1\nDTSTART;TZID=Europe/Berlin:20261124T100000\nDURATION:PT1H\nRDATE:20261126T100000"
    busy = ours(calendar(event))
    assert shown(busy) == ["24 09:00-10:00", "26 09:00-10:00"]
    assert busy.guesses == ("event 1 has an extra date without a zone; taken on the clock of the series",)


@pytest.mark.parametrize(
    ("series", "overrides", "guess"),
    [
        (
            ("SEQUENCE:1", "RRULE:FREQ=DAILY;COUNT=3"),
            [("SEQUENCE:2",), ("SEQUENCE:3",)],
            "replaces one occurrence several times; the newest version counts",
        ),
        (
            ("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261125T100000Z"),
            [()],
            "replaces an occurrence that its series has as an exception; left out",
        ),
        (
            ("RRULE:FREQ=DAILY;COUNT=3",),
            [("RRULE:FREQ=DAILY;COUNT=3",)],
            "replaces an occurrence and brings a rule along, which is passed over",
        ),
        (
            ("SEQUENCE:1", "RRULE:FREQ=DAILY;COUNT=1"),
            [("RRULE:FREQ=DAILY;COUNT=3",)],
            "replaces an occurrence of an older version of its series; left out",
        ),
    ],
)
def test_which_override_counts_is_said(
    series: tuple[str, ...], overrides: list[tuple[str, ...]], guess: str
) -> None:
    moved = [at(25, 15, "RECURRENCE-ID:20261125T100000Z", *lines) for lines in overrides]
    assert f"event 1 {guess}" in read(calendar(at(24, 10, *series), *moved)).guesses


def test_from_a_date_on() -> None:
    series = "UID:1\nDTSTART:20261123T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    moved = "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261130\n"
    moved += "DTSTART:20261201T120000Z\nDTEND:20261201T130000Z"
    assert shown(ours(calendar(series, moved))) == [
        "23 10:00-11:00",
        "01 12:00-13:00",
        "08 12:00-13:00",
        "15 12:00-13:00",
    ]


@pytest.mark.parametrize("value", ["RDATE;VALUE=DATE:20261126", "RDATE:20261126", "RDATE:2026-11-26"])
def test_an_extra_date_of_a_time_is_at_that_time(value: str) -> None:
    event = f"UID:1\nDTSTART;TZID=Europe/Berlin:20261124T100000\nDURATION:PT1H\n{value}"
    busy = read(calendar(event))
    assert shown(busy) == ["24 09:00-10:00", "26 09:00-10:00"]
    assert busy.guesses


def test_an_override_with_a_rule_and_no_series_is_the_series() -> None:
    event = at(24, 10, "RECURRENCE-ID:20261117T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
    single = at(26, 12, "RECURRENCE-ID:20261119T100000Z")
    assert days(read(calendar(event))) == [24, 1, 8]
    assert days(read(calendar(event, single))) == [24, 26, 1, 8]


# --- Changes of clocks -------------------------------------------------------------------------------------

SPRING = Timespan(datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("lines", "hours"),
    [
        ("DURATION:PT8H", 8),
        ("DURATION:PT480M", 8),
        ("DURATION:P1D", 23),
        ("DURATION:P1DT1H", 24),
        ("DURATION:PT24H", 24),
        ("DTEND;TZID=America/New_York:20260308T060000", 7),
        ("DTEND:20260308T110000Z", 8),
    ],
)
def test_lengths_over_a_change_of_clocks(lines: str, hours: int) -> None:
    event = f"UID:1\nDTSTART;TZID=America/New_York:20260307T220000\n{lines}"
    (span,) = read(calendar(event), window=SPRING).spans
    assert span == Timespan(span.start, datetime(2026, 3, 8, 3, tzinfo=UTC) + timedelta(hours=hours))
    weekly = event.replace("20260307", "20260228").replace("20260308", "20260301") + "\nRRULE:FREQ=WEEKLY"
    if lines.startswith("DURATION:PT"):
        assert read(calendar(weekly), window=SPRING).spans[0].duration == timedelta(hours=hours)


OWN_NEW_YORK = """BEGIN:VTIMEZONE
TZID:Ours
BEGIN:STANDARD
DTSTART:19701101T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700308T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize("zone", ["America/New_York", "Ours"])
@pytest.mark.parametrize("end", ["DTEND;TZID={}:{}T030000", "DURATION:PT30M"])
def test_a_time_that_clocks_skip_is_an_hour_later(zone: str, end: str) -> None:
    for rule, day in (("\nRRULE:FREQ=DAILY;COUNT=3", "20260307"), ("", "20260308")):
        event = f"UID:1\nDTSTART;TZID={zone}:{day}T023000\n{end.format(zone, day)}{rule}"
        spans = ours(calendar(event, head=OWN_NEW_YORK), window=SPRING).spans
        assert Timespan(datetime(2026, 3, 8, 7, 30, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC)) in spans
        assert len(spans) == (3 if rule else 1)


@pytest.mark.parametrize("zone", ["America/New_York", "Ours"])
@pytest.mark.parametrize(("end", "minutes"), [("024500", 15), ("030000", 30), ("033000", 60), ("040000", 30)])
def test_an_end_behind_the_skipped_hour_is_by_the_clock(zone: str, end: str, minutes: int) -> None:
    """From 02:30 to 04:00 is from 03:30 to 04:00 then; what would end before it starts keeps its length."""
    event = f"UID:1\nDTSTART;TZID={zone}:20260308T023000\nDTEND;TZID={zone}:20260308T{end}"
    busy = ours(calendar(event, head=OWN_NEW_YORK), window=SPRING)
    start = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert busy.spans == (Timespan(start, start + timedelta(minutes=minutes)),)
    assert busy.guesses == ("event 1 is at a time that clocks skip; taken as much later",)


# --- What is called off ------------------------------------------------------------------------------------


def test_exrule() -> None:
    event = "UID:1\nDTSTART;TZID=Europe/Berlin:20261102T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXRULE:{}"
    assert days(ours(calendar(event.format("FREQ=WEEKLY;INTERVAL=2")))) == [23, 7]
    assert days(ours(calendar(event.format("FREQ=MONTHLY;BYDAY=1MO")))) == [23, 30, 14]
    assert days(ours(calendar(event.format("FREQ=WEEKLY;UNTIL=20261130T090000Z")))) == [7, 14]
    busy = ours(calendar(event.format("FREQ=SECONDLY")))
    assert days(busy) == [23, 30, 7, 14]
    assert len(busy.warnings) == 1
    assert len(ours(calendar(event.format("whatever"))).warnings) == 1


@pytest.mark.parametrize("status", ["CANCELLED", "CANCELED", "cancelled", "Canceled"])
def test_cancelled_however_it_is_spelt(status: str) -> None:
    assert not read(calendar(at(24, 10, f"STATUS:{status}"))).spans
    moved = at(24, 10, "RECURRENCE-ID:20261124T100000Z", f"STATUS:{status}")
    assert days(read(calendar(at(23, 10, "RRULE:FREQ=DAILY;COUNT=3"), moved))) == [23, 25]


def test_method_cancel() -> None:
    cancelled = calendar(at(24, 10, "SEQUENCE:1"), head="METHOD:CANCEL")
    assert not read(cancelled).spans
    assert not read(calendar(at(24)) + cancelled).spans
    assert not read(cancelled + calendar(at(24, 10, "SEQUENCE:1"))).spans
    # It was put into the calendar again, for another day.
    assert days(read(cancelled + calendar(at(26, 10, "SEQUENCE:2")))) == [26]
    series = calendar(at(23, 10, "RRULE:FREQ=DAILY;COUNT=3"))
    one = calendar(at(24, 10, "RECURRENCE-ID:20261124T100000Z"), head="METHOD:CANCEL")
    assert days(read(series + one)) == [23, 25]
    assert days(read(calendar(at(24), head="METHOD:PUBLISH"))) == [24]
    assert days(read(calendar(at(24, 10, "DESCRIPTION:See", "METHOD:CANCEL")))) == [24]


@pytest.mark.parametrize(
    "method", ["METHOD:CANCEL", "method:cancel", "METHOD:CAN\r\n CEL", "Method;X=Y:Cancel"]
)
def test_method_cancel_wherever_it_stands(method: str) -> None:
    first, second = calendar(at(24)), calendar(at(25, uid="2"), FIXED.format(name="Ours"))
    for mark in (b"UID:2", b"BEGIN:VTIMEZONE", b"END:VCALENDAR"):
        lines = method.encode() + b"\r\n"
        where = b"BEGIN:VEVENT\r\nUID:2" if mark == b"UID:2" else mark
        cancelled = second.replace(where, lines + where)
        assert cancelled != second
        for body in (first + cancelled, cancelled + first):
            assert days(read(body)) == [24]
            assert days(read(body.replace(b"\r\n", b"\n"))) == [24]


def test_an_override_may_stand_in_another_calendar_of_the_body() -> None:
    series = calendar(at(23, 10, "RRULE:FREQ=DAILY;COUNT=3"), head="X-WR-TIMEZONE:Asia/Tokyo")
    moved = calendar(
        "UID:1\nRECURRENCE-ID:20261124T100000Z\nDTSTART:20261126T120000\nDURATION:PT1H",
        head="X-WR-TIMEZONE:Europe/Berlin",
    )
    for body in (series + moved, moved + series, series + b"\xef\xbb\xbf" + moved):
        assert shown(read(body)) == ["23 10:00-11:00", "25 10:00-11:00", "26 11:00-12:00"]


# --- Lines that are none -----------------------------------------------------------------------------------

PLAIN = calendar(at(24), "UID:2\nDTSTART;VALUE=DATE:20261126")


@pytest.mark.parametrize(
    "body",
    [
        PLAIN.replace(b"\r\n", b"\r\r\n"),
        PLAIN.replace(b"\r\n", b"\n\r"),
        PLAIN.replace(b"\r\n", b"\r"),
        PLAIN.replace(b"\r\n", b"\r") + b"\n",
        PLAIN.replace(b"\r\n", b"\n", 5).replace(b"\r\n", b"\r", 4),
        PLAIN.replace(b"UID:1\r\n", b"UID:1\r\r\n"),
        b"\xef\xbb\xbf\xef\xbb\xbf" + PLAIN,
        "\ufeff\ufeff".encode("utf-16-le") + PLAIN.decode().encode("utf-16-le"),
        b"  \r\n " + PLAIN,
        b"\xef\xbb\xbf\r\n\xef\xbb\xbf" + PLAIN,
        "\xef\xbb\xbf".encode() + PLAIN,  # a mark that was encoded twice
        "\u200b\xa0".encode() + PLAIN,
        PLAIN.rstrip() + b"   \t",
        PLAIN.rstrip() + b"<!-- cached -->",
        PLAIN.rstrip() + b" <!-- cached -->\r\n",
        PLAIN.rstrip() + b"</pre></body></html>",
        PLAIN + b"<!-- cached -->",
        PLAIN + b"\x00\x00",
        PLAIN.rstrip() + b"\x1a",
    ],
)
def test_ends_of_lines_and_of_files(body: bytes) -> None:
    assert shown(read(body)) == ["24 10:00-11:00", "26 00:00-27 00:00"]


TEXT = [
    "Status: cancelled",
    "Status: CANCELLED",
    "STATUS:please see below",
    "Begin: 18.00",
    "BEGIN:18.00",
    "Begin:Standard",
    "BEGIN:X-Mas",
    "Begin: VALARM",
    "End: 20.00",
    "End: VEVENT",
    "Duration: 90 min",
    "DURATION:about an hour",
    "Dtstart: tomorrow",
    "Dtend: 20.00",
    "Transp: transparent",
    "TRANSP:by bus",
    "Uid: 17",
    "Rrule: every week",
    "Summary: Lunch",
    "Sequence: 17 and 4",
    "Recurrence-id: none",
    "Exdate: none",
    "X-Microsoft-Cdo-Busystatus: FREE",
]


@pytest.mark.parametrize("line", TEXT)
def test_lines_of_a_text_that_was_not_folded(line: str) -> None:
    event = ["UID:1", "DTSTART:20261124T100000Z", "DTEND:20261124T110000Z", "SUMMARY:Concert"]
    for place in (1, 2, 3, 4):
        lines = [*event[:place], "DESCRIPTION:Programme", line, "see you", *event[place:]]
        busy = read(calendar("\n".join(lines)), Reading(ignore=("Lunch",)))
        assert shown(busy) == ["24 10:00-11:00"], lines
        assert not busy.warnings


def test_of_two_the_later_one_that_can_be_read_counts() -> None:
    assert not read(calendar(at(24, 10, "STATUS:CONFIRMED", "STATUS:CANCELLED"))).spans
    assert days(read(calendar(at(24, 10, "STATUS:CANCELLED", "STATUS:CONFIRMED")))) == [24]
    assert days(read(calendar(at(24, 10, "STATUS:CANCELLED", "STATUS:CONFIRMED", "STATUS:so what")))) == [24]
    assert days(read(calendar(at(24, 10, "DTSTART:20261126T100000Z", "DTSTART:never")))) == [26]
    assert shown(read(calendar(at(24, 10, "DURATION:PT2H", "DURATION:long")))) == ["24 10:00-12:00"]


def test_what_was_guessed_is_said_and_named_without_titles() -> None:
    event = "UID:1\nSUMMARY:Secret\nDESCRIPTION:a\nStatus: free\n"
    event += "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261124"
    busy = read(calendar(event))
    assert not busy.warnings
    assert busy.guesses == (
        'event 1 has a line "Status: …" that is text, and no property',
        "event 1 ends on the day that it starts on, or before; taken as that one day",
    )


@pytest.mark.parametrize(
    ("lines", "guess"),
    [
        (
            "DTSTART;TZID=europe/berlin:20261124T100000",
            'is in a time zone "europe/berlin", taken as Europe/Berlin',
        ),
        ("DTSTART;TZID=GMT+0200:20261124T100000", 'is in a time zone "GMT+0200", taken as UTC+02:00'),
        ("DTSTART:2026-11-24T10:00:00Z", "has times in another form than iCalendar's"),
        (
            'DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin":20261124T100000',
            'is in a time zone "(UTC+01:00) Amsterdam, Berlin", taken as Europe/Amsterdam',
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20261124T100000Z",
            "has a time in UTC with a time zone beside it, which is passed over",
        ),
        (
            "DTSTART;VALUE=DATE:20261124\nDTEND:20261124T100000",
            "starts on a date and ends at a time; taken from midnight on",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20261124T100000\nRRULE:FREQ=DAILY;INTERVAL=0\nEXDATE:20261125T100000",
            "has an exception without a zone; taken on the clock of the series",
        ),
    ],
)
def test_guesses(lines: str, guess: str) -> None:
    assert f"event 1 {guess}" in read(calendar(f"UID:1\n{lines}\nDURATION:PT1H")).guesses


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("DTSTART:20261123T100000Z\nDTSTART:20261124T100000Z\nDURATION:PT1H", "DTSTART"),
        ("DTSTART:20261124T100000Z\nDURATION:PT1H\nSTATUS:CANCELLED\nSTATUS:CONFIRMED", "STATUS"),
    ],
)
def test_what_stands_twice_is_said(lines: str, name: str) -> None:
    busy = read(calendar(f"UID:1\n{lines}"))
    assert days(busy) == [24]
    assert busy.guesses == (f"event 1 has {name} twice; the last one that can be read counts",)


# --- Rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=3", [23, 30, 7]),
        ("FREQ=DAILY;INTERVAL=0;UNTIL=20261125T235959Z", [23, 24, 25]),
        ('FREQ=WEEKLY;BYDAY="MO,TU";COUNT=3', [23, 24, 30]),
        ('FREQ=WEEKLY;BYDAY="MO","TU";COUNT=3', [23, 24, 30]),
        ("FREQ=WEEKLY;WKST1;COUNT=2", [23, 30]),
        ("FREQ=WEEKLY;WKST=1;COUNT=2", [23, 30]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=0;BYDAY=SU,MO;COUNT=3", [23, 6, 7]),
        ("FREQ=DAILY;COUNT=4;EXDATE=20261124T100000", [23, 25, 26]),
        ("FREQ=DAILY;COUNT=4;EXDATE=20261124T100000Z,20261126T100000Z", [23, 25]),
        ("FREQ=DAILY;COUNT=4;EXDATE=20261124", [23, 25, 26]),
        ("FREQ=DAILY;COUNT=4;EXDATE:20261124T100000Z", [23, 25, 26]),
        ("FREQ=WEEKLY;UNTIL=2026-12-07T10:00:00Z", [23, 30, 7]),
        ("FREQ=DAILY;COUNT=4;EXDATE;TZID=Europe/Berlin:20261124T110000", [23, 25, 26]),
        ("FREQ=DAILY;INTERVAL=;COUNT=2;UNTIL=;WKST=", [23, 24]),
        ("FREQ=DAILY;COUNT=;UNTIL=20261124T100000Z", [23, 24]),
        ("FREQ=DAILY;COUNT=0;UNTIL=20261124T100000Z", [23, 24]),
        ("FREQ=WEEKLY;BYDAY=MO,TU,;COUNT=3", [23, 24, 30]),
        ("FREQ=WEEKLY;BYDAY='MO,TU';COUNT=3", [23, 24, 30]),
        ('"FREQ=DAILY;COUNT=2"', [23, 24]),
        ("RRULE:FREQ=DAILY;COUNT=2", [23, 24]),
        ("FREQ=HOURLY;INTERVAL=999999999999", [23]),
        ("FREQ=DAILY;INTERVAL=999999999999;COUNT=2", [23]),
        ("FREQ=YEARLY;INTERVAL=999999999999", [23]),
    ],
)
def test_rules_as_they_are_written(rule: str, expected: list[int]) -> None:
    busy = read(calendar(at(23, 10, f"RRULE:{rule}")))
    assert days(busy) == expected
    assert not busy.warnings


def test_a_count_of_nothing_has_no_end() -> None:
    """As macOS writes it; a scan must not take it for a series that is over."""
    event = "UID:1\nDTSTART:20200106T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=0"
    busy = read(calendar(event))
    assert days(busy) == [23, 30, 7, 14]
    assert busy.guesses == ("event 1 has a rule that is not written by the book: COUNT=0 means without end",)
