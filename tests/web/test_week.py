from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.timespan import Timespan
from calsync.web.week import MIDNIGHT, Stretch, stretch_on

LONDON = ZoneInfo("Europe/London")


def on(day: str, start: str, end: str, zone: ZoneInfo = LONDON) -> Stretch | None:
    span = Timespan(
        datetime.fromisoformat(start).replace(tzinfo=zone), datetime.fromisoformat(end).replace(tzinfo=zone)
    )
    return stretch_on(date.fromisoformat(day), span, zone)


@pytest.mark.parametrize(
    ("day", "start", "end", "shown"),
    [
        ("2026-11-24", "2026-11-24T06:30", "2026-11-24T07:30", Stretch(390, 450)),
        ("2026-11-24", "2026-11-24T22:30", "2026-11-25T00:00", Stretch(1350, MIDNIGHT)),
        ("2026-11-25", "2026-11-24T22:30", "2026-11-25T00:00", None),
        ("2026-11-24", "2026-11-24T22:30", "2026-11-25T01:00", Stretch(1350, MIDNIGHT)),
        ("2026-11-25", "2026-11-24T22:30", "2026-11-25T01:00", Stretch(0, 60)),
        ("2026-11-24", "2026-11-23T22:30", "2026-11-25T01:00", Stretch(0, MIDNIGHT)),
        # Clocks go forward from 01:00 to 02:00, and back from 02:00 to 01:00.
        ("2027-03-28", "2027-03-28T00:30", "2027-03-28T02:30", Stretch(30, 150)),
        ("2026-10-25", "2026-10-25T00:30", "2026-10-25T02:30", Stretch(30, 150)),
    ],
)
def test_a_stretch_is_where_the_clock_on_the_wall_says(
    day: str, start: str, end: str, shown: Stretch | None
) -> None:
    assert on(day, start, end) == shown


def test_an_hour_that_comes_twice_is_as_long_as_it_lasts() -> None:
    """From 01:50 to 01:10 by the clock, twenty minutes later."""
    start = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    span = Timespan(start, start + timedelta(minutes=20))
    assert stretch_on(date(2026, 10, 25), span, LONDON) == Stretch(110, 130)


@given(
    st.sampled_from(["Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.integers(1, 3 * MIDNIGHT),
)
def test_every_part_is_inside_its_day(name: str, start: datetime, minutes: int) -> None:
    zone = ZoneInfo(name)
    first = start.replace(tzinfo=UTC)
    span = Timespan(first, first + timedelta(minutes=minutes))
    day, last = first.astimezone(zone).date(), (span.end - timedelta(seconds=1)).astimezone(zone).date()
    assert stretch_on(day - timedelta(days=1), span, zone) is None
    assert stretch_on(last + timedelta(days=1), span, zone) is None
    while day <= last:
        part = stretch_on(day, span, zone)
        assert part
        assert 0 <= part.start < part.end <= MIDNIGHT
        day += timedelta(days=1)
