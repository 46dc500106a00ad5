"""Each kind of change is suggested where it is the smallest, also those that seldom are.

More availability helps nearly always, and less busy time most of the rest. So here are weeks in which
strength may be at any time, and hard runs and the hours after them are what is in the way, or full days. The
examples are the same each time, as each kind must have been seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.planning.room import EarlierRun, FewerHoursApart, ShorterBusy, WiderRange
from tests.planning import reference
from tests.planning.cases import PLACES, busy_spans, grid_minutes, published_runs, strength
from tests.planning.test_fix_exact import agree, tight
from tests.soak import usually

WHOLE_DAY = ((0, 1440),)
QUALITY = ("intervals", "tempo", "hills", "long")


@st.composite
def early_runs(draw: st.DrawFn, day: int) -> tuple[reference.Run, ...]:
    """A quality run so early that only the hours after it are left; maybe another run on the same day."""
    minutes = draw(st.one_of(st.sampled_from((45, 60, 90)), st.integers(20, 120)))
    quality = reference.Run(day, draw(st.sampled_from(QUALITY)), minutes)
    how = draw(st.sampled_from(("between", "between", "between", "start", "usual")))
    if how == "start":
        quality = replace(quality, start=draw(st.integers(330, 700)))
    elif how == "between":
        # What is written first is liked best, and is later.
        liked, other = draw(grid_minutes(480, 700)), draw(grid_minutes(330, 435))
        between = (liked, liked + draw(st.integers(minutes, 300)))
        earlier = (other, min(liked, other + minutes + draw(st.integers(-5, 120))))
        quality = replace(quality, between=(between, earlier) if draw(st.integers(0, 4)) else (between,))
    if draw(st.integers(0, 3)):
        return (quality,)
    kind = draw(st.sampled_from(("easy", "recovery", *QUALITY)))
    other_run = reference.Run(day, kind, draw(st.integers(20, 90)), start=draw(st.integers(0, 1300)))
    return (quality, other_run) if draw(st.booleans()) else (other_run, quality)


@st.composite
def early_weeks(draw: st.DrawFn) -> reference.Template:
    """Few days with runs, and rest on all others."""
    days = draw(st.sampled_from(({1}, {3}, {0, 6}, {1, 4}, {2, 5}, {0, 3, 5}, {1, 2, 6})))
    wanted = [draw(strength()) for _ in range(draw(st.integers(1, len(days))))]
    return reference.Template(
        runs=tuple(run for day in sorted(days) for run in draw(early_runs(day))),
        sessions=tuple(
            replace(session, load="light") if draw(st.integers(0, 2)) else session for session in wanted
        ),
        rest_days=frozenset(range(7)) - days,
        rest_allows_light=False,
        strength_days=frozenset(draw(st.sets(st.integers(0, 6), max_size=2))),
    )


@st.composite
def hemmed_in(draw: st.DrawFn, of: tuple[int, ...] = (1, 1, 2)) -> reference.Case:
    """Weeks, `of` so many, in which hard runs, and the hours after them, leave hardly any room."""
    zone, mondays = draw(st.sampled_from(PLACES))
    monday = draw(st.sampled_from(mondays))
    horizon = draw(st.sampled_from(of))
    of_weeks = [draw(early_weeks()) for _ in range(draw(st.integers(1, 2)))]
    wanted = tuple(of_weeks[week % len(of_weeks)] for week in range(horizon + 1))
    runs = [run for week in of_weeks for run in week.runs if run.between and run.kind in QUALITY]
    # Just too many hours after a run where it likes to be most.
    hours = [-((run.between[0][0] + run.minutes - 1420) // 60) for run in runs]
    low, length = draw(grid_minutes(330, 600)), draw(st.integers(120, 400))
    limited = draw(st.sets(st.integers(0, 6), max_size=2)) if draw(st.integers(0, 2)) == 0 else set()
    case = reference.Case(
        zone=zone,
        now=reference.instant(zone, monday, 0) - timedelta(hours=draw(st.sampled_from((100, 100, 5, -30)))),
        first_monday=monday,
        templates=wanted,
        listed=wanted,
        listed_days_apart=2,
        usual=tuple(draw(st.sampled_from((((low, low + length),), low, 400))) for _ in range(7)),
        availability=tuple(((0, 1200),) if day in limited else WHOLE_DAY for day in range(7)),
        prefer_times=draw(st.sampled_from(((), ((720, 840),)))),
        buffer_minutes=draw(st.sampled_from((0, 15))),
        notice_hours=draw(st.sampled_from((0, 12))),
        hours_apart=draw(st.sampled_from([*hours, *hours, *range(9, 20)])),
        min_days_apart=(2,) * horizon,
    )
    if draw(st.integers(0, 2)) == 0:
        case = replace(case, busy=draw(busy_spans(case)))
    if draw(st.integers(0, 3)) == 0:
        case = replace(case, published=tuple(draw(published_runs(case))))
    return case


@st.composite
def too_short(draw: st.DrawFn) -> reference.Case:
    """A week in which strength may be at times that are some minutes too short for a session."""
    case = draw(hemmed_in(of=(1,)))
    needs = min(session.shortest for session in case.templates[0].sessions)
    lows = [draw(grid_minutes(900, 1200)) for _ in range(7)]
    times = tuple(((low, low + max(5, needs - draw(st.integers(1, 15)))),) for low in lows)
    return replace(case, availability=times, hours_apart=2)


def meetings(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Busy all the time but for a minute now and then: each is too short for a shift, so may be shorter."""
    while start < end:
        yield start, min(end, start + timedelta(hours=5))
        start += timedelta(hours=5, minutes=1)


@st.composite
def crowded(draw: st.DrawFn) -> reference.Case:
    """A week in which each day is busy but for some minutes less than a session needs."""
    case = draw(hemmed_in(of=(1,)))
    needs = min(session.shortest for session in case.templates[0].sessions) + 2 * case.buffer_minutes
    busy = []
    for offset in range(7):
        midnight = reference.instant(case.zone, case.first_monday + timedelta(days=offset), 0)
        free_from = draw(st.integers(8 * 60, 20 * 60))
        free_until = free_from + max(0, needs - draw(st.integers(1, 40)))
        busy += meetings(midnight, midnight + timedelta(minutes=free_from))
        busy += meetings(midnight + timedelta(minutes=free_until), midnight + timedelta(days=1))
    return replace(case, busy=tuple(busy), hours_apart=2)


@pytest.mark.parametrize(
    ("weeks", "number", "kinds"),
    [
        pytest.param(hemmed_in(), 20, {EarlierRun, FewerHoursApart}, id="hard runs"),
        pytest.param(too_short(), 10, {WiderRange}, id="short ranges"),
        pytest.param(crowded(), 10, {ShorterBusy}, id="busy days"),
    ],
)
def test_every_kind_is_suggested_where_it_is_the_smallest(
    weeks: st.SearchStrategy[reference.Case], number: int, kinds: set[type]
) -> None:
    seen: set[object] = set()

    @settings(max_examples=usually(number), derandomize=True, suppress_health_check=list(HealthCheck))
    @given(weeks)
    def check(case: reference.Case) -> None:
        seen.update(agree(case))

    check()
    assert kinds <= seen


@settings(max_examples=usually(5), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.one_of(hemmed_in(of=(4,)), tight(of=(4,))))
def test_it_is_the_smallest_also_on_a_horizon_of_four_weeks(case: reference.Case) -> None:
    for _ in agree(case):
        pass
