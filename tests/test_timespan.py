"""Stretches of time: what their algebra promises."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.timespan import Timespan, merge

EPOCH = datetime(2026, 11, 23, tzinfo=UTC)


def span(start: int, end: int) -> Timespan:
    return Timespan(EPOCH + timedelta(minutes=start), EPOCH + timedelta(minutes=end))


def minutes(spans: tuple[Timespan, ...] | list[Timespan]) -> set[int]:
    """Every minute that is in one of the spans."""
    numbers: set[int] = set()
    for one in spans:
        first, last = ((edge - EPOCH) // timedelta(minutes=1) for edge in (one.start, one.end))
        numbers |= set(range(first, last))
    return numbers


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 15)).map(lambda pair: span(pair[0], sum(pair))), max_size=10
)


def test_any_aware_time_is_taken_and_kept_in_utc() -> None:
    london = ZoneInfo("Europe/London")
    summer = Timespan(
        datetime(2026, 7, 1, 9, tzinfo=london), datetime(2026, 7, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    )
    assert summer == Timespan(datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 9, tzinfo=UTC))
    assert summer.start.tzinfo is UTC
    assert summer.duration == timedelta(hours=1)


def test_elapsed_time_counts_across_a_change_of_clocks() -> None:
    london = ZoneInfo("Europe/London")
    night = Timespan(datetime(2026, 10, 25, 0, tzinfo=london), datetime(2026, 10, 25, 6, tzinfo=london))
    assert night.duration == timedelta(hours=7)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 1, 1), EPOCH),
        (EPOCH, datetime(2027, 1, 1)),
        (EPOCH, EPOCH),
        (EPOCH, EPOCH - timedelta(microseconds=1)),
        # the same instant, as clocks in two places show it
        (EPOCH, EPOCH.astimezone(ZoneInfo("Asia/Tokyo"))),
    ],
)
def test_what_is_no_stretch_of_time(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match=r"no UTC offset|not after its start"):
        Timespan(start, end)


def test_touching_is_not_overlapping() -> None:
    assert not span(0, 10).overlaps(span(10, 20))
    assert span(0, 11).overlaps(span(10, 20))
    assert span(0, 10).clipped(span(10, 20)) is None
    assert span(0, 15).clipped(span(10, 20)) == span(10, 15)
    assert span(10, 20).padded(timedelta(minutes=5)) == span(5, 25)


@given(spans)
def test_merged_is_the_same_time_in_fewest_pieces(found: list[Timespan]) -> None:
    merged = merge(found)
    assert minutes(merged) == minutes(found)
    assert all(one.end < other.start for one, other in pairwise(merged))
    assert merge(merged) == merged
    assert merge(reversed(found)) == merged


@given(spans, spans)
def test_overlap_and_clip_agree(found: list[Timespan], others: list[Timespan]) -> None:
    for one in found:
        for other in others:
            part = one.clipped(other)
            assert one.overlaps(other) == other.overlaps(one) == (part is not None)
            if part:
                assert minutes([part]) == minutes([one]) & minutes([other])
