"""Counts, lengths of time and ages as people read them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.words import ago, counted, elapsed, is_plain, listed, printable_lines, warning_line


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


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_a_template_may_say(text: str) -> None:
    told = printable_lines(text)
    assert all(is_plain(line) for line in told.split("\n"))
    assert printable_lines(told) == told
    assert len(told.split("\n")) == max(len(text.splitlines()), 1)


@pytest.mark.parametrize("text", ["Läufe, 6 × 800 m\nund aus", "ריצה קלה", "🏃‍♀️ می‌دوم", "C:\\neu"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert printable_lines(text) == text


def test_warnings_are_one_line_and_not_too_long_a_one() -> None:
    assert warning_line("a\n\x1bb\u202e") == "a b"
    assert warning_line("x" * 300) == "x" * 300
    assert warning_line("word " * 100).endswith("wor …")
    assert len(warning_line("x" * 301)) == 300


def test_a_list_says_what_it_leaves_out() -> None:
    assert listed(["one", "two"], 8) == "one, two"
    assert listed(["one", "two", "three"], 8) == "one, two, and 1 more"
    assert listed(["much too long", "b"], 8) == "much too long, and 1 more"
    assert listed([]) == ""


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
