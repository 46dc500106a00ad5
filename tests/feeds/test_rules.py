"""Rules beside dateutil, which follows them one start after the other."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calsync.feeds.recurrence import WEEKDAYS, Freq, parse_rule, starts


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Of processor time: dateutil looks through all years up to 9999 where a rule never falls on anything."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def numbers(low: int, high: int, negative: bool = False, most: int = 4) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    if negative:
        number = number | number.map(lambda n: -n)
    return st.lists(number, min_size=1, max_size=most, unique=True).map(
        lambda items: ",".join(map(str, items))
    )


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(list(Freq)[:5]))
    days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4, unique=True)
    nth = st.tuples(st.sampled_from(["1", "2", "4", "5", "-1", "-2"]), st.sampled_from(WEEKDAYS)).map("".join)
    parts = {
        "INTERVAL": st.integers(1, 5).map(str),
        "WKST": st.sampled_from(WEEKDAYS),
        "COUNT": (st.integers(1, 20) | st.integers(1, 1000)).map(str),
        "BYMONTH": numbers(1, 12),
        "BYMONTHDAY": numbers(1, 31, negative=True),
        "BYDAY": days.map(",".join) | st.lists(nth, min_size=1, max_size=3).map(",".join),
        "BYYEARDAY": numbers(1, 366, negative=True),
        "BYHOUR": numbers(0, 23),
        "BYMINUTE": numbers(0, 59),
        "BYSETPOS": numbers(1, 5, negative=True),
    }
    if freq is Freq.YEARLY:
        parts["BYWEEKNO"] = numbers(1, 51)
    chosen = draw(st.lists(st.sampled_from(sorted(parts)), max_size=3, unique=True))
    return ";".join([f"FREQ={freq.name}", *(f"{name}={draw(parts[name])}" for name in chosen)])


@settings(deadline=None)
@given(
    rule_texts(),
    st.datetimes(datetime(2012, 1, 1), datetime(2027, 6, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    st.integers(-500, 100),
    st.sampled_from([28, 400]),
)
def test_the_starts_are_those_of_dateutil(text: str, first: datetime, place: int, length: int) -> None:
    low = datetime(2026, 11, 1) + timedelta(days=place)
    high = low + timedelta(days=length)
    try:
        with at_most(0.1):
            expected = rrulestr(text, dtstart=first).between(low, high, inc=True)
    except (TimeoutError, ValueError):
        assume(False)
    assert list(starts(parse_rule(text, first), first, low, high)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;INTERVAL=4000;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;COUNT=999999999999",
        "FREQ=DAILY;BYDAY=MO,TU;COUNT=99999999",
        "FREQ=HOURLY;COUNT=99999999;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;INTERVAL=100000",
    ],
)
def test_no_rule_takes_long(text: str) -> None:
    first, low = datetime(1601, 1, 1, 10), datetime(2026, 11, 23)
    with at_most(2):
        assert len(list(starts(parse_rule(text, first), first, low, low + timedelta(days=28)))) <= 28


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=many",
        "FREQ=DAILY;COUNT=1;COUNT=2",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;RSCALE=CHINESE",
        "FREQ=DAILY;WKST=8",
        "FREQ=DAILY;WKST=XX",
        "FREQ=MONTHLY;BYDAY=MONDAY",
        f"FREQ=DAILY;COUNT={'9' * 5000}",
    ],
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rule(text, datetime(2026, 1, 1))
