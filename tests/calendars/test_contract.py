"""What every calendar promises, tried on each kind: in memory, and as an ICS feed."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.calendars.base import EventCalendar
from calsync.calendars.ics import IcsCalendar
from calsync.calendars.memory import MemoryCalendar
from calsync.event import Event, one_line, plain_lines, run_key, session_key
from calsync.sync.changes import Change
from calsync.sync.diff import diff
from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind, Load, Week

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
Make = Callable[..., Callable[[], EventCalendar]]


@pytest.fixture(params=["memory", "ics"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes an empty calendar: a function that opens it, afresh where it outlives the process."""

    def make(zone: ZoneInfo = LONDON) -> Callable[[], EventCalendar]:
        if request.param == "memory":
            calendar = MemoryCalendar()
            return lambda: calendar
        path = tmp_path / f"{uuid.uuid4()}.ics"
        return lambda: IcsCalendar("feed", path, "training", zone)

    return make


def event(day: int, hour: int, **more: object) -> Event:
    start = datetime(2026, 11, day, hour, tzinfo=UTC)
    week = Week.of(start.date())
    key = run_key(week, WEEKDAYS[start.weekday()], 1)
    return replace(Event(key, Timespan(start, start + timedelta(hours=1)), "Run"), **more)  # type: ignore[arg-type]


def sync(open_: Callable[[], EventCalendar], wanted: list[Event], now: datetime = NOW) -> tuple[Change, ...]:
    calendar = open_()
    changes = diff(wanted, calendar.load(), now=now)
    calendar.apply(changes, now)
    return changes


def held(open_: Callable[[], EventCalendar]) -> list[Event]:
    return [stored.event for stored in open_().load()]


def test_an_empty_one_holds_nothing(make: Make) -> None:
    assert make()().load() == ()


def test_what_was_applied_is_there_in_the_order_of_time(make: Make) -> None:
    feed = make()
    sync(feed, [event(26, 7), event(24, 7), event(25, 7)])
    assert held(feed) == [event(24, 7), event(25, 7), event(26, 7)]
    assert all(not stored.was_moved for stored in feed().load())


def test_a_second_time_nothing_changes(make: Make) -> None:
    feed = make()
    wanted = [event(24, 7), event(25, 7, description="Two\nlines", categories=("Running", "Easy"))]
    sync(feed, wanted)
    before = feed().load()
    for _ in range(2):
        assert not [change for change in sync(feed, wanted) if change.writes]
        assert feed().load() == before


def test_an_update_keeps_the_key(make: Make) -> None:
    feed = make()
    sync(feed, [event(24, 7), event(25, 7)])
    (stays, changed) = (event(24, 7), event(25, 18, summary="Longer run", kind=Kind.LONG))
    sync(feed, [stays, changed])
    assert held(feed) == [stays, changed]


def test_a_withdrawal_removes_one_and_no_other(make: Make) -> None:
    feed = make()
    sync(feed, [event(24, 7), event(25, 7), event(26, 7)])
    sync(feed, [event(24, 7), event(26, 7)])
    assert held(feed) == [event(24, 7), event(26, 7)]
    sync(feed, [])
    assert held(feed) == []


def test_it_may_come_back(make: Make) -> None:
    feed = make()
    for wanted in ([event(24, 7)], [], [event(24, 9)]):
        sync(feed, wanted)
        assert held(feed) == wanted


def test_the_past_stays(make: Make) -> None:
    feed = make()
    sync(feed, [event(24, 7), event(25, 7)])
    now = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    sync(feed, [event(24, 9, summary="Other"), event(25, 9)], now)
    assert held(feed) == [event(24, 7), event(25, 9)]


def test_applying_nothing_is_harmless(make: Make) -> None:
    feed = make()
    feed().apply((), NOW)
    calendar = feed()
    calendar.load()
    calendar.apply((), NOW)
    assert held(feed) == []
    sync(feed, [event(24, 7)])
    calendar = feed()
    calendar.load()
    calendar.apply((), NOW)
    assert held(feed) == [event(24, 7)]


def test_every_detail_comes_back(make: Make) -> None:
    feed = make()
    lift = Event(
        key=session_key(Week(2026, 48), 2),
        span=Timespan(datetime(2026, 11, 26, 12, 15, tzinfo=UTC), datetime(2026, 11, 26, 12, 45, tzinfo=UTC)),
        summary="Strength: Hips, core; and more (light)",
        description="30 min.\n\n- Squat, 3 x 10\n  Slowly: down\\up.\n\nWhy: 4 h after",
        categories=("Strength", "Light"),
        load=Load.LIGHT,
        routine="hips-and-core",
        alarm=timedelta(minutes=30),
    )
    run = event(24, 7, kind=Kind.TIME_TRIAL, alarm=timedelta(0), description="Easy")
    busy = event(25, 7).busy_only()
    sync(feed, [lift, run, busy])
    assert held(feed) == [run, busy, lift]


# Instants to the second, as plans and moves have them; many of them in the months when clocks change.
MONTHS = [3, 4, 9, 10, 11]
instants = st.datetimes(datetime(2026, 11, 24), datetime(2060, 1, 1), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=0)
) | st.builds(
    lambda year, month, hours, minute: (
        datetime(year, month, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=minute)
    ),
    st.integers(2027, 2035),
    st.sampled_from(MONTHS),
    st.integers(0, 31 * 24),
    st.sampled_from([0, 15, 30, 45]),
)
ZONES = """
    Europe/London America/New_York America/St_Johns Asia/Kathmandu Australia/Lord_Howe Antarctica/Troll
    Africa/Casablanca Pacific/Apia Pacific/Chatham America/Sao_Paulo UTC Etc/GMT+5
""".split()  # noqa: SIM905
zones = st.sampled_from(ZONES).map(ZoneInfo)
characters = st.characters(exclude_categories=["Cs"])
words = st.text(characters | st.sampled_from("\\;,:\"'nN\n\t^ "), max_size=120)


@st.composite
def events(draw: st.DrawFn) -> Event:
    start = draw(instants)
    week = Week.of(start.date())
    is_run = draw(st.booleans())
    slot = draw(st.integers(1, 9))
    key = run_key(week, draw(st.sampled_from(WEEKDAYS)), slot) if is_run else session_key(week, slot)
    return Event(
        key=key,
        span=Timespan(start, start + timedelta(minutes=draw(st.integers(1, 3000)))),
        summary=one_line(draw(words)),
        description=plain_lines(draw(words)),
        categories=draw(st.sampled_from([(), ("Running", "Easy"), ("Strength", "Light")])),
        kind=draw(st.none() | st.sampled_from(Kind)) if is_run else None,
        load=None if is_run else draw(st.none() | st.sampled_from(Load)),
        routine=None if is_run else draw(st.none() | st.sampled_from(["x", "hips-and-core", "Ⅱ b"])),
        alarm=draw(st.none() | st.integers(0, 20000).map(lambda minutes: timedelta(minutes=minutes))),
    )


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(events(), max_size=4, unique_by=lambda found: found.key), zone=zones)
def test_any_event_comes_back_as_it_was(make: Make, wanted: list[Event], zone: ZoneInfo) -> None:
    feed = make(zone)
    sync(feed, wanted)
    assert sorted(held(feed), key=lambda found: found.key) == sorted(wanted, key=lambda found: found.key)
    assert not [change for change in sync(feed, wanted) if change.writes]
