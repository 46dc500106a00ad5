"""Counts, lengths of time and ages as people read them."""

from datetime import timedelta

import pytest

from calsync.words import ago, counted, elapsed


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "just now"),
        (1, "1 minute ago"),
        (59, "59 minutes ago"),
        (60, "1 hour ago"),
        (47 * 60 + 59, "47 hours ago"),
        (48 * 60, "2 days ago"),
    ],
)
def test_an_age_says_as_much_as_matters(minutes: int, text: str) -> None:
    assert ago(timedelta(minutes=minutes, seconds=59)) == text


def test_an_age_that_is_none() -> None:
    assert ago(timedelta(minutes=-59)) == "just now"
    assert ago(timedelta(days=-1)) == "in the future"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (45, "45 min"), (180, "3 h"), (330, "5 h 30 min"), (-5, "0 min")]
)
def test_a_length_of_time_is_in_hours_and_minutes(minutes: int, text: str) -> None:
    assert elapsed(timedelta(minutes=minutes)) == elapsed(minutes * 60) == text


def test_a_count_has_the_right_number() -> None:
    assert (counted(0, "event"), counted(1, "event"), counted(2, "entry", "entries")) == (
        "0 events",
        "1 event",
        "2 entries",
    )
    assert counted(0, "event", zero="no") == "no events"
