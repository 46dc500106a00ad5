"""Calendars that somebody made to keep us busy for ever: they cost a warning, and no more than a moment."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from re import _parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

import pytest

from calsync.errors import NotACalendar
from calsync.feeds import MOST_WARNINGS, download, event, glance, ics, place, recurrence, series, zones
from calsync.feeds import busy as reading
from calsync.feeds.busy import MOST_KINDS, Notes, read_busy
from calsync.feeds.ics import MOST_EVENTS
from calsync.feeds.recurrence import Budget, TooCostly, parse_rule, starts
from calsync.feeds.workouts import read_workouts
from calsync.timespan import Timespan
from tests.feeds.test_busy_shapes import LONDON, WINDOW, calendar
from tests.feeds.test_practice import at, days, ours
from tests.feeds.test_rules import at_most

HOURS, SIXTY = (",".join(map(str, range(number))) for number in (24, 60))
LONG = 200_000
LONGEST_REPEAT = 100
"""Times: what is bounded so is no danger."""
SERIES = "UID:1\nDTSTART:20260101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"


def override(number: int, *more: str) -> str:
    named = f"RECURRENCE-ID:202611{number % 28 + 1:02}T10{number // 28:02}00Z"
    return "\n".join(("UID:1", named, f"DTSTART:20261124T{number % 24:02}0000Z", *more))


STANDARD = "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY\nEND:STANDARD\n"
ZONE = f"BEGIN:VTIMEZONE\nTZID:Zone\n{STANDARD}END:VTIMEZONE"


GROWING: dict[str, Callable[[int], bytes]] = {
    "events": lambda n: calendar(*(at(24, uid=str(i)) for i in range(n))),
    "one uid": lambda n: calendar(
        *(f"UID:none\nDTSTART:20261124T10{i // 60:02}{i % 60:02}Z" for i in range(n))
    ),
    "overrides": lambda n: calendar(SERIES, *(override(i) for i in range(n))),
    "overrides that reach": lambda n: calendar(
        SERIES, *(override(i).replace("-ID:", "-ID;RANGE=THISANDFUTURE:") for i in range(n))
    ),
    "outdated overrides": lambda n: calendar(
        SERIES + "\nSEQUENCE:1", *(override(i, "RDATE:20261124T100000Z") for i in range(n))
    ),
    "exdates": lambda n: calendar(SERIES + "\nEXDATE:20261124T100000Z" * n),
    "rules": lambda n: calendar(SERIES + "".join(f"\nRRULE:FREQ=DAILY;INTERVAL={i}" for i in range(n))),
    "exrules": lambda n: calendar(SERIES + "".join(f"\nEXRULE:FREQ=DAILY;INTERVAL={i}" for i in range(n))),
    "rdates": lambda n: calendar("UID:1\nDTSTART:20261124T100000Z" + "\nRDATE:20261125T100000Z" * n),
    "attendees": lambda n: calendar(at(24) + "\nATTENDEE;PARTSTAT=DECLINED:mailto:a@b.c" * n),
    "alarms": lambda n: calendar(at(24) + "\nBEGIN:VALARM\nTRIGGER:-PT1H\nEND:VALARM" * n),
    "zones": lambda n: calendar(
        *(f"UID:{i}\nDTSTART;TZID=Z{i}:20261124T100000\nDURATION:PT1H" for i in range(n)),
        head="\n".join(ZONE.replace("Zone", f"Z{i}") for i in range(n)),
    ),
    "observances": lambda n: calendar(
        "UID:1\nDTSTART;TZID=Zone:20261124T100000\nDURATION:PT1H",
        head=ZONE.replace(STANDARD, STANDARD * n),
    ),
    "calendars": lambda n: calendar(at(24)) * n,
    "busy times": lambda n: calendar(
        head="BEGIN:VFREEBUSY\n" + "FREEBUSY:20261124T100000Z/PT1H\n" * n + "END:VFREEBUSY"
    ),
}


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
        f'DTSTART:20261124T100000Z\nEXDATE;X="{"a;" * LONG}";TZID=UTC:20250101{",20250101" * 8000}',
        f"DTSTART:20261124T100000Z\nRDATE;TZID={'a' * LONG}:20250101T100000Z{',20250101T100000Z' * 8000}",
        "DTSTART:20261124T100000Z\nUID:" + "\\," * 20 * LONG,
    ],
    ids=lambda line: line[-60:][:30] + line[:30],
)
def test_every_line_is_read_in_one_go(line: str) -> None:
    with at_most(3):
        assert days(ours(calendar(f"UID:1\n{line}\nDURATION:PT1H"))) == [24]


def test_marks_are_passed_over_in_one_go() -> None:
    with at_most(3):
        assert days(ours(b"\xef\xbb\xbf" * 10 * LONG + calendar(at(24)))) == [24]


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


@pytest.mark.parametrize("line", ["FREEBUSY:{},", "FREEBUSY:{}\n"])
def test_who_has_too_many_periods_is_busy_all_the_time(line: str) -> None:
    periods = line.format("20261124T100000Z/PT1H") * LONG
    busy = ours(calendar(at(24), head=f"BEGIN:VFREEBUSY\n{periods}\nEND:VFREEBUSY"))
    assert busy.spans == (WINDOW,)
    (warning,) = busy.warnings
    assert "too long" in warning


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
            head=f"X-WR-TIMEZONE:{name}\n{ZONE.replace('Zone', name)}",
        )
    )
    assert busy.warnings
    assert all(len(warning) < 250 and "x" * 81 not in warning for warning in busy.warnings)


@pytest.mark.parametrize(
    "lines",
    [
        "RRULE:FREQ=DAILY\n" + "EXDATE:20261126T100000Z\n" * LONG,
        "RRULE:FREQ=DAILY\nEXDATE:" + "20261126T100000Z," * LONG,
        "RDATE:" + "20261126T100000Z," * LONG,
        "RDATE:" + "," * LONG,
        "RDATE;X=" + "a" * LONG + ":" + "20261126T100000Z," * 1000,
        "\n".join(f"RRULE:FREQ=DAILY;INTERVAL={number}" for number in range(20_000)),
        "RRULE:FREQ=DAILY;BYHOUR=" + "1," * LONG,
        "RRULE:FREQ=DAILY;EXDATE=" + "1," * LONG,
        "ATTENDEE:mailto:a@b.c\n" * LONG,
        "BEGIN:VALARM\n" * LONG,
        "DTSTART: 20261124\n" * LONG,
        'ATTENDEE;A="' + ';"' * LONG * 10,
    ],
    ids=lambda lines: lines[:20],
)
def test_an_event_with_too_much_in_it_is_busy_from_its_start(lines: str) -> None:
    with at_most(10):
        busy = ours(calendar(f"UID:1\nDTSTART:20261124T100000Z\nDURATION:PT1H\n{lines}", at(23, uid="2")))
    assert days(busy) == [23, 24]
    assert busy.spans[-1] == Timespan(datetime(2026, 11, 24, 10, tzinfo=UTC), WINDOW.end)
    assert busy.warnings == ("event 1 takes too long to read; taken as busy from its start on",)


def test_busy_times_that_take_too_long_to_read_are_busy_from_their_start() -> None:
    lines = "FREEBUSY:20261126T100000Z/PT1H\n" * LONG
    busy = ours(calendar(head=f"BEGIN:VFREEBUSY\nDTSTART:20261125T100000Z\n{lines}END:VFREEBUSY"))
    assert busy.spans == (Timespan(datetime(2026, 11, 25, 10, tzinfo=UTC), WINDOW.end),)
    many = "BEGIN:VFREEBUSY\nFREEBUSY:20261124T100000Z/PT1H\nEND:VFREEBUSY\n" * 50_000
    assert ours(calendar(head=many)).spans == (WINDOW,)


def test_more_events_than_can_be_read_are_busy_from_the_first_of_the_rest() -> None:
    number = 60_000
    events = (
        f"UID:{i}\nDTSTART:202611{23 + i * 7 // number}T{i % 24:02}0000Z\nDURATION:PT1H"
        for i in range(number)
    )
    with at_most(20):
        busy = ours(calendar(*events))
    assert busy.spans[-1].end == WINDOW.end
    (warning,) = busy.warnings
    assert "takes too long to read; taken as busy from its start on (and " in warning
    assert busy.events == number


def test_events_without_anything_are_told_once() -> None:
    body = b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * LONG + b"END:VCALENDAR\n"
    busy = read_busy(body, WINDOW, LONDON)
    assert not busy.spans
    assert busy.events == LONG
    assert busy.warnings == (f"event without UID has no start and is left out (and {LONG - 1} more like it)",)


def test_more_than_a_million_events_or_components_are_an_error() -> None:
    for component in (b"VEVENT", b"VTIMEZONE", b"VFREEBUSY"):
        begins = b"BEGIN:%b\n" % component * (MOST_EVENTS + 1)
        with pytest.raises(NotACalendar, match="more than 1,000,000 events"):
            read_busy(b"BEGIN:VCALENDAR\n" + begins + b"END:VCALENDAR\n", WINDOW, LONDON)


def test_a_body_of_very_many_calendars_is_an_error() -> None:
    with pytest.raises(NotACalendar, match="more than 100,000 calendars"):
        read_busy(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n" * 100_001, WINDOW, LONDON)


def test_a_training_feed_is_bounded_too() -> None:
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    dates = "UID:2\nDTSTART:20261124T100000Z\n" + "EXDATE:20261126T100000Z\n" * LONG
    feed = read_workouts(calendar(at(24), dates), monday, tuesday, LONDON)
    assert len(feed.workouts) == 1
    assert feed.warnings == ("event 2 takes too long to read and is left out",)
    exrule = f"EXRULE:FREQ=DAILY;BYMINUTE={SIXTY};BYHOUR={HOURS};INTERVAL="
    series = "UID:1\nDTSTART:20000124T100000Z\nRRULE:FREQ=DAILY\n" + "\n".join(
        f"{exrule}{i}" for i in range(1, 200)
    )
    feed = read_workouts(calendar(series), monday, monday, LONDON)
    assert feed.warnings == ("event 1 has too many occurrences; taken once only",)
    empty = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n"
    feed = read_workouts(empty, monday, monday, LONDON)
    assert feed.warnings == ("event without UID has no start and is left out",)
    with pytest.raises(NotACalendar, match="takes too long to read"):
        read_workouts(calendar(*(at(24, uid=str(i)) for i in range(30_000))), monday, monday, LONDON)


def test_a_training_feed_with_long_texts_is_bounded_too() -> None:
    """What takes long is to read a text, each time that it is another."""
    monday, sunday = date(2026, 11, 23), date(2026, 11, 29)
    daily = "UID:1\nDTSTART:20261101\nRRULE:FREQ=DAILY\nSUMMARY:Run\nDESCRIPTION:"
    with at_most(3):
        feed = read_workouts(calendar(daily + "\\," * 20 * LONG), monday, sunday, LONDON)
    assert [len(workout.notes) for workout in feed.workouts] == [4000] * 7
    words = ("easy run", "3x10'", "45 min", "km", "@ 4:30", "(", ")", "- 10", "tempo")
    texts = (" ".join(words[number // 9**place % 9] for place in range(900)) for number in range(1500))
    workouts = (f"UID:{number}\nDTSTART:20261124\nDESCRIPTION:{text}" for number, text in enumerate(texts))
    with pytest.raises(NotACalendar, match="takes too long to read"), at_most(20):
        read_workouts(calendar(*workouts), monday, sunday, LONDON)


def test_what_is_told_takes_little_memory() -> None:
    notes = Notes()
    for number in range(MOST_KINDS + 100):
        notes(f"problem {number}", "x" * 5000)
    for number in range(100):
        notes("problem 0", str(number))
        notes("problem 0", str(number))
    assert notes.lines()[0] == f"event {'x' * 80} problem 0 (and 100 more like it)"
    assert notes.lines()[-1] == f"and {MOST_KINDS - MOST_WARNINGS} more problems"


MODULES = (reading, download, event, glance, ics, place, recurrence, series, zones)
PATTERNS = {
    pattern.pattern: pattern
    for module in MODULES
    for value in vars(module).values()
    for pattern in (value.values() if isinstance(value, dict) else [value])
    if isinstance(pattern, re.Pattern)
}
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=map(str, range(len(PATTERNS))))
def test_no_pattern_looks_twice_at_what_may_be_long(pattern: "re.Pattern[str] | re.Pattern[bytes]") -> None:
    """So the steps of a search are as many as the characters, or a few times as many.

    What repeats without end must be possessive: it gives nothing back to be read in another way. And where
    something may fail behind it, what it took must hold no place at which the search could begin anew.
    """
    items = _parser.parse(pattern.pattern, pattern.flags)
    endless = list(endless_repeats(items))
    assert {name for name, _ in endless} <= {"POSSESSIVE_REPEAT"}
    if endless and can_fail_behind_a_repeat(items):
        name, value = str(items[0][0]), items[0][1]
        assert name in ("LITERAL", "AT")
        begin = "\n" if name == "AT" else chr(value)
        assert not any(can_take(body, begin) for _, body in endless)


def inner(name: str, value: Any) -> list[Any]:
    """The sequences within a part of a pattern."""
    if name == "BRANCH":
        return list(value[1])
    return [value[-1]] if name in (*REPEATS, "SUBPATTERN", "ASSERT", "ASSERT_NOT") else []


def endless_repeats(items: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for op, value in items:
        if str(op) in REPEATS and value[1] > LONGEST_REPEAT:
            yield str(op), value[2]
        for sequence in inner(str(op), value):
            yield from endless_repeats(sequence)


def can_fail_behind_a_repeat(items: Iterable[Any]) -> bool:
    seen = False
    for op, value in items:
        name = str(op)
        optional = name in REPEATS and value[0] == 0
        if (seen and not optional) or any(
            can_fail_behind_a_repeat(sequence) for sequence in inner(name, value) if not optional
        ):
            return True
        seen = seen or any(True for _ in endless_repeats([(op, value)]))
    return False


def can_take(items: Iterable[Any], character: str) -> bool:
    for op, value in items:
        name = str(op)
        if name in ("LITERAL", "NOT_LITERAL"):
            found = (chr(value).lower() == character.lower()) is (name == "LITERAL")
        elif name == "RANGE":
            found = value[0] <= ord(character) <= value[1]
        elif name == "IN":
            is_negated = str(value[0][0]) == "NEGATE"
            found = can_take(value[1:] if is_negated else value, character) is not is_negated
        elif name == "CATEGORY":
            found = {"CATEGORY_DIGIT": character.isdigit(), "CATEGORY_SPACE": character.isspace()}[str(value)]
        elif name == "ANY":
            found = character != "\n"
        else:
            found = any(can_take(sequence, character) for sequence in inner(name, value))
        if found:
            return True
    return False


@pytest.mark.parametrize(
    ("pattern", "is_bad"),
    [
        (r"a\s*", True),
        (r"a(?:b*c)*+", True),
        (r"a[ab]*+c", True),
        (r"[ab]*+c", True),
        (r"\n[^\n]*+\n", False),
        (r"\n(?:a[^\n]*+(?:\n[^\n]*+)*+)", False),
    ],
)
def test_patterns_that_look_twice_are_found(pattern: str, is_bad: bool) -> None:
    with pytest.raises(AssertionError) if is_bad else contextlib.nullcontext():
        test_no_pattern_looks_twice_at_what_may_be_long(re.compile(pattern))


def lines_run(body: bytes) -> int:
    """How many lines of calsync run while a body is read."""
    number = 0

    def trace(frame: FrameType, kind: str, _: object) -> Any:
        nonlocal number
        if "calsync" not in frame.f_code.co_filename:
            return None
        number += kind == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read_busy(body, WINDOW, LONDON)
    finally:
        sys.settrace(before)
    return number


@pytest.mark.parametrize("name", GROWING)
def test_twice_as_much_takes_at_most_twice_the_steps(name: str) -> None:
    make = GROWING[name]
    read_busy(make(10), WINDOW, LONDON)  # what is looked up once
    once, twice = lines_run(make(200)), lines_run(make(400))
    assert twice < 2.2 * once
