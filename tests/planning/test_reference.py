"""Examples of the placement model computed by hand; the reference has to agree with them.

The week is that of 23 November 2026 in London, where the clock says UTC. The plan looks at that one week.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.planning.reference import (
    Case,
    Cross,
    Published,
    Race,
    Run,
    Session,
    Template,
    candidates,
    settle,
    solve,
    standing,
)

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
LIGHT = Session("light", 30, 30)
MODERATE = Session("moderate", 30, 30)
HEAVY = Session("heavy", 30, 30)
S1, S2 = "2026-W48/strength/1", "2026-W48/strength/2"


def minute(clock: str) -> int:
    hour, minutes = clock.split(":")
    return int(hour) * 60 + int(minutes)


def span(text: str) -> tuple[int, int]:
    low, high = text.split("-")
    return minute(low), minute(high)


def at(day: int, clock: str) -> datetime:
    return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=day, minutes=minute(clock))


def run(day: int, kind: str, length: int, start: str | None = None, between: tuple[str, ...] = ()) -> Run:
    return Run(day, kind, length, None if start is None else minute(start), tuple(map(span, between)))


def free_time(**days: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return tuple(tuple(span(text) for text in days.get(name, "").split()) for name in names)


def example(*templates: Template, **changes: Any) -> Case:
    values: dict[str, Any] = {
        "zone": "Europe/London",
        "now": datetime(2026, 11, 16, tzinfo=UTC),
        "first_monday": date(2026, 11, 23),
        "templates": (*templates, Template()) if len(templates) == 1 else templates,
        "usual": (minute("07:00"),) * 7,
        "availability": free_time(),
    }
    return Case(**(values | changes))


def starts(case: Case, session: Session, load: str | None = None) -> list[str]:
    """The starts allowed for a session of the first week, as 'tue 18:00'."""
    found = candidates(case, list(settle(case).values()), 0, S1, session)
    times = {lift.start for lift in found if load in (None, lift.load)}
    return [time.strftime("%a %H:%M").lower() for time in sorted(times)]


def published(key: str, day: int, clock: str, length: int = 30, **more: Any) -> Published:
    start = at(day, clock)
    return Published(key, start, start + timedelta(minutes=length), **more)


# Costs. One session and one place for it.

HARD = run(TUE, "intervals", 60, "12:00")  # until 13:00


@pytest.mark.parametrize(
    ("template", "session", "place", "points"),
    [
        # day
        (Template((HARD,)), LIGHT, "18:00-18:30", 0),
        (Template((run(TUE, "easy", 60, "12:00"),)), LIGHT, "18:00-18:30", 60),
        (Template(), LIGHT, "18:00-18:30", 80),
        (Template((run(TUE, "long", 60, "12:00"),)), LIGHT, "18:00-18:30", 120),
        (Template(rest_days=frozenset({TUE}), rest_allows_light=True), LIGHT, "18:00-18:30", 150),
        (Template(strength_days=frozenset({TUE})), LIGHT, "18:00-18:30", 0),
        (
            Template((run(TUE, "long", 60, "12:00"),), strength_days=frozenset({TUE})),
            LIGHT,
            "18:00-18:30",
            0,
        ),
        # a hard run outranks the long run of its day; the gap counts from the hard one: 300 minutes
        (Template((HARD, run(TUE, "long", 60, "08:00"))), LIGHT, "18:00-18:30", 0),
        # gap: 180, 225, 224 and 240 minutes after the run
        (Template((HARD,)), LIGHT, "16:00-16:30", 12),
        (Template((HARD,)), LIGHT, "16:45-17:15", 3),
        (Template((run(TUE, "tempo", 61, "12:00"),)), LIGHT, "16:45-17:15", 3),
        (Template((run(TUE, "tempo", 66, "12:00"),)), LIGHT, "16:45-17:15", 4),  # 219: 21 // 5
        (Template((HARD,)), LIGHT, "17:00-17:30", 0),
        # gap: 480, 489, 490 and 525 minutes
        (Template((HARD,)), LIGHT, "21:00-21:30", 0),
        (Template((run(TUE, "tempo", 51, "12:00"),)), LIGHT, "21:00-21:30", 0),
        (Template((run(TUE, "tempo", 50, "12:00"),)), LIGHT, "21:00-21:30", 1),
        (Template((HARD,)), LIGHT, "21:45-22:15", 4),
        # gap counts from the last hard run, also where the template names the day
        (
            Template((run(TUE, "hills", 30, "06:00"), HARD), strength_days=frozenset({TUE})),
            LIGHT,
            "16:00-16:30",
            12,
        ),
        # order: an easy run that starts as the lift ends, and one that starts before it
        (Template((run(TUE, "easy", 60, "19:00"),)), LIGHT, "18:30-19:00", 60 + 40),
        (Template((run(TUE, "easy", 60, "17:30"),)), LIGHT, "18:30-19:00", 60),
        (Template((HARD, run(TUE, "recovery", 60, "19:00"))), LIGHT, "18:00-18:30", 40),
        # recover: the day after a long run that ended at 18:15, at 18:01, at 18:00
        (Template((run(MON, "long", 75, "17:00"),)), LIGHT, "18:00-18:30", 80),
        (Template((run(MON, "long", 75, "17:00"),)), MODERATE, "18:00-18:30", 80 + 25),
        (Template((run(MON, "long", 75, "17:00"),)), HEAVY, "18:00-18:30", 80 + 50),
        (Template((run(MON, "long", 61, "17:00"),)), MODERATE, "18:00-18:30", 80 + 25),
        (Template((run(MON, "long", 60, "17:00"),)), MODERATE, "18:00-18:30", 80),
        (Template((run(MON, "race", 75, "17:00"),)), MODERATE, "18:00-18:30", 80 + 25),
        (Template((run(MON, "tempo", 75, "17:00"),)), MODERATE, "18:00-18:30", 80),
        # recover: also on the template's days for strength; two long runs count as one, and a ride counts
        (
            Template((run(MON, "long", 75, "17:00"),), strength_days=frozenset({TUE})),
            MODERATE,
            "18:00-18:30",
            25,
        ),
        (
            Template((run(MON, "long", 60, "18:00"), run(MON, "long", 60, "06:00"))),
            MODERATE,
            "05:00-05:30",
            80 + 25,
        ),
        (
            Template(cross=(Cross(MON, "ride", "long", 75, minute("17:00")),)),
            MODERATE,
            "18:00-18:30",
            80 + 25,
        ),
        (Template(cross=(Cross(MON, "swim", "long", 75, minute("17:00")),)), MODERATE, "18:00-18:30", 80),
        # lighter: a step, two steps
        (Template((HARD,)), HEAVY, "18:00-18:30", 45),
        (Template((run(TUE, "long", 60, "12:00"),)), HEAVY, "18:00-18:30", 120 + 90),
        # shorter
        (Template(), Session("light", 30, 20), "18:00-18:29", 80 + 30),
        (Template(), Session("light", 30, 20), "18:00-18:30", 80),
        # both
        (Template((HARD,)), Session("heavy", 30, 20), "18:00-18:20", 45 + 30),
        # unplaced
        (Template(), LIGHT, "18:00-18:29", 1000),
    ],
)
def test_cost_of_one_session(template: Template, session: Session, place: str, points: int) -> None:
    template = replace(template, sessions=(session,))
    assert solve(example(template, availability=free_time(tue=place))).cost == points


@pytest.mark.parametrize(
    ("place", "points"),
    [
        ("17:00-17:30", 0),
        ("17:45-18:15", 0),
        ("18:00-18:30", 1),  # 10 minutes after 17:50
        ("18:15-18:45", 2),  # 25
        ("16:45-17:15", 1),  # 15 before 17:00
        ("16:30-17:00", 2),
        ("12:15-12:45", 15),  # 3 h 45 after 08:30
        ("23:00-23:30", 20),  # 5 h 10 would be 21
    ],
)
def test_time_cost(place: str, points: int) -> None:
    case = example(
        Template((), (LIGHT,), strength_days=frozenset({TUE})),
        availability=free_time(tue=place),
        prefer_times=(span("17:00-17:50"), span("08:00-08:30")),
    )
    assert solve(case).cost == points


def test_moved_costs_unless_the_start_is_the_published_one() -> None:
    case = example(
        Template((), (LIGHT,), strength_days=frozenset({TUE})),
        availability=free_time(tue="18:00-18:30"),
    )
    there = published(S1, TUE, "18:00", 45, load="heavy")
    assert solve(replace(case, published=(there,))).cost == 0
    other = published(S1, TUE, "18:15", load="light")
    assert solve(replace(case, published=(other,))).cost == 35
    elsewhere = published(S2, TUE, "18:15", load="light")
    assert solve(replace(case, published=(elsewhere,))).cost == 0
    # To take it off the calendar is a change, too.
    gone = replace(case, availability=free_time())
    assert solve(gone).cost == 1000
    assert solve(replace(gone, published=(other,))).cost == 1035


@pytest.mark.parametrize(
    ("first", "second", "points"),
    [("mon", "wed", 15), ("mon", "thu", 0), ("mon", "fri", 0), ("mon", "sat", 5), ("mon", "sun", 10)],
)
def test_spacing(first: str, second: str, points: int) -> None:
    case = example(
        Template((), (LIGHT, LIGHT), strength_days=frozenset(range(7))),
        availability=free_time(**{first: "18:00-18:30", second: "18:00-18:30"}),
    )
    assert solve(case).cost == points


def test_spacing_has_an_end_and_counts_fixed_ones_but_not_two_of_them() -> None:
    everywhere = frozenset(range(7))
    case = example(
        Template((), (LIGHT,), strength_days=everywhere),
        Template((), (LIGHT,), strength_days=everywhere),
        Template(),
        availability=free_time(mon="18:00-18:30", sun="18:00-18:30"),
    )
    # Monday and Sunday a week later would be 13 days: 30. Monday and Monday: 7 days, 15.
    # Sunday and Sunday the same; Sunday and Monday are too close. So Monday and Monday.
    solution = solve(case)
    assert solution.cost == 15
    assert solution.chosen[S1] == (at(MON, "18:00"), 30, "light")
    # With Thursday of the week before pinned and nothing in the second week: 4 days to Monday cost nothing,
    # nor do the 5 days between the two that stand.
    pinned = Published("2026-W47/strength/2", at(-4, "10:00"), at(-4, "10:30"), "light", pinned=True)
    begun = Published("2026-W47/strength/1", at(-9, "10:00"), at(-9, "10:30"), "light")
    alone = replace(case, published=(pinned, begun), skipped=frozenset({"2026-W49/strength/1"}))
    assert solve(alone).cost == 0
    assert set(solve(alone).fixed) == {"2026-W47/strength/1", "2026-W47/strength/2"}
    # From Monday two weeks before to the Sunday: 20 days would be 80 points.
    far = Published("2026-W47/strength/2", at(-14, "10:00"), at(-14, "10:30"), "light", pinned=True)
    late = replace(alone, published=(far,), availability=free_time(sun="18:00-18:30"))
    assert solve(late).cost == 30


# What is allowed


def test_a1_inside_one_range_and_no_pause() -> None:
    case = example(Template(), availability=free_time(tue="18:00-18:30", wed="18:05-18:40 18:40-19:10"))
    assert starts(case, LIGHT) == ["tue 18:00"]  # ranges that touch are not one
    assert starts(case, Session("light", 31, 31)) == []
    assert starts(case, Session("light", 25, 20)) == ["tue 18:00", "wed 18:15", "wed 18:45"]
    paused = replace(case, pauses=((date(2026, 11, 20), date(2026, 11, 24)),))
    assert starts(paused, Session("light", 25, 25)) == ["wed 18:15", "wed 18:45"]


def test_a1_until_midnight() -> None:
    case = example(Template(), availability=free_time(tue="23:00-24:00"))
    assert starts(case, LIGHT) == ["tue 23:00", "tue 23:15", "tue 23:30"]


def test_a2_buffer_on_both_sides() -> None:
    busy = ((at(TUE, "17:00"), at(TUE, "18:00")), (at(TUE, "19:30"), at(TUE, "20:00")))
    case = example(Template(), availability=free_time(tue="17:30-20:00"), busy=busy, buffer_minutes=15)
    assert starts(case, LIGHT) == ["tue 18:15", "tue 18:30", "tue 18:45"]
    tight = replace(case, buffer_minutes=16)
    assert starts(tight, LIGHT) == ["tue 18:30"]
    touching = replace(case, buffer_minutes=0)
    assert starts(touching, LIGHT) == [
        f"tue {clock}" for clock in ("18:00", "18:15", "18:30", "18:45", "19:00")
    ]


def test_a3_overlaps_no_run_and_needs_no_buffer() -> None:
    easy = run(TUE, "easy", 60, "18:00")
    case = example(Template((easy,)), availability=free_time(tue="17:00-20:00"), buffer_minutes=30)
    assert starts(case, LIGHT) == [f"tue {c}" for c in ("17:00", "17:15", "17:30", "19:00", "19:15", "19:30")]


def test_a4_notice() -> None:
    case = example(
        Template(), availability=free_time(tue="18:00-19:00"), now=at(MON, "18:15"), notice_hours=24
    )
    assert starts(case, LIGHT) == ["tue 18:15", "tue 18:30"]
    later = replace(case, now=at(MON, "18:16"))
    assert starts(later, LIGHT) == ["tue 18:30"]


def test_a5_race_and_the_day_before() -> None:
    evening = free_time(thu="22:00-22:30", fri="08:00-08:30", sat="20:00-20:30", sun="06:00-06:30")
    case = example(Template((run(SAT, "race", 60, "10:00"),)), availability=evening)
    assert starts(case, LIGHT) == ["thu 22:00", "sun 06:00"]
    monday = Template((run(MON, "race", 60, "20:00"),))  # of the week after the horizon
    assert starts(example(Template(), monday, availability=evening), LIGHT) == [
        "thu 22:00",
        "fri 08:00",
        "sat 20:00",
    ]


def test_a5_around_the_race_of_the_plan() -> None:
    noon = tuple((span("12:00-12:30"),) for _ in range(7))
    after = Template()
    case = example(
        Template(), after, availability=noon, races=(Race(date(2026, 11, 28), minute("09:00"), 60),)
    )
    assert starts(case, MODERATE, "light") == ["mon 12:00", "sun 12:00"]  # nothing Tuesday to Saturday
    assert starts(case, MODERATE, "moderate") == ["mon 12:00"]
    # By its date, also where the run is not, or not there.
    there = replace(case, pauses=((date(2026, 11, 28), date(2026, 11, 28)),))
    assert starts(there, MODERATE) == starts(case, MODERATE)
    moved = replace(
        case, published=(published("2026-W48/run/race-sat", SUN, "18:00", 60, pinned=True, kind="race"),)
    )
    assert starts(moved, MODERATE) == ["mon 12:00"]
    # Four days before and no more; seven days after and no more.
    before = replace(case, races=(Race(date(2026, 12, 1)),))
    assert starts(before, MODERATE) == [f"{day} 12:00" for day in ("mon", "tue", "wed", "thu")]
    last = replace(case, races=(Race(date(2026, 11, 17)),))
    assert starts(last, MODERATE, "light") == [
        f"{day} 12:00" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    ]
    assert starts(last, MODERATE, "moderate") == [
        f"{day} 12:00" for day in ("wed", "thu", "fri", "sat", "sun")
    ]


def test_a5_rest_day() -> None:
    evening = free_time(tue="18:00-18:30")
    rest = frozenset({TUE})
    assert starts(example(Template(rest_days=rest), availability=evening), HEAVY) == []
    active = example(Template(rest_days=rest, rest_allows_light=True), availability=evening)
    assert starts(active, HEAVY) == starts(active, HEAVY, "light") == ["tue 18:00"]
    assert starts(active, HEAVY, "moderate") == []


def test_a5_hours_apart() -> None:
    day = free_time(tue="05:00-22:00")
    long = example(Template((run(TUE, "long", 120, "08:00"),)), availability=day, hours_apart=4)
    assert starts(long, HEAVY)[0] == "tue 14:00"  # nothing before the run, 4 h after 10:00
    assert starts(long, HEAVY, "moderate") == []
    hard = example(Template((HARD, run(TUE, "hills", 16, "08:00"))), availability=day, hours_apart=2)
    assert starts(hard, HEAVY)[0] == "tue 15:00"  # after each of them
    assert starts(hard, HEAVY, "moderate")[0] == "tue 15:00"
    assert starts(hard, HEAVY, "heavy") == []
    late = example(Template((run(TUE, "hills", 61, "12:00"),)), availability=day, hours_apart=3)
    assert starts(late, LIGHT)[0] == "tue 16:15"


def test_a6_fresh_legs() -> None:
    thursday = run(THU, "tempo", 60, "12:00")
    free = free_time(tue="11:00-13:00", wed="11:00-13:00", thu="05:00-07:00")
    case = example(Template((thursday,)), availability=free)
    assert starts(case, HEAVY, "heavy") == ["tue 11:00", "tue 11:15", "tue 11:30"]
    assert starts(case, HEAVY, "moderate")[-1] == "wed 11:30"
    assert starts(case, HEAVY, "light")[-1] == "wed 12:30"  # run first, on the day itself
    # Six hours before a run early on the next day
    early = example(Template((run(THU, "long", 60, "04:00"),)), availability=free_time(wed="21:00-23:00"))
    assert starts(early, LIGHT) == ["wed 21:00", "wed 21:15", "wed 21:30"]
    midnight = example(Template((run(THU, "long", 60, "00:00"),)), availability=free_time(wed="17:30-24:00"))
    assert starts(midnight, LIGHT) == ["wed 17:30"]
    # The week after the horizon counts.
    after = Template((run(MON, "tempo", 60, "12:00"),))
    sunday = example(Template(), after, availability=free_time(sun="11:00-12:30"))
    assert starts(sunday, MODERATE, "moderate") == ["sun 11:00", "sun 11:15", "sun 11:30"]
    assert starts(sunday, HEAVY, "heavy") == []


# Pairs, order, ties


def test_pair_rule_across_weeks_and_with_fixed_ones() -> None:
    everywhere = frozenset(range(7))
    case = example(
        Template((), (LIGHT,), strength_days=everywhere),
        availability=free_time(mon="18:00-18:30", tue="18:00-18:30"),
        published=(Published("2026-W47/strength/2", at(-1, "08:00"), at(-1, "08:30"), "light", pinned=True),),
    )
    assert solve(case).chosen == {S1: (at(TUE, "18:00"), 30, "light")}
    three = replace(case, min_days_apart=(3,))
    assert solve(three).chosen == {S1: None}
    # The later one may be the fixed one.
    before = published(S2, WED, "08:00", pinned=True, load="light")
    two = example(
        Template((), (LIGHT, LIGHT), strength_days=everywhere),
        availability=free_time(mon="18:00-18:30", tue="18:00-18:30"),
        published=(before,),
    )
    assert solve(two).chosen == {S1: (at(MON, "18:00"), 30, "light")}
    assert solve(two).cost == 15


def test_a_pair_obeys_the_week_of_the_later_session() -> None:
    template = Template((), (LIGHT,), strength_days=frozenset(range(7)))
    case = example(
        template, template, Template(), availability=free_time(mon="18:00-18:30", sat="18:00-18:30")
    )
    skipped = frozenset({"2026-W48/strength/1"})
    saturday = published(S2, SAT, "18:00", pinned=True, load="light")
    case = replace(case, published=(saturday,), skipped=skipped)
    key = "2026-W49/strength/1"
    # Saturday and Monday are two days apart: too near where the second week wants three.
    assert solve(replace(case, min_days_apart=(3, 2))).chosen == {key: (at(MON + 7, "18:00"), 30, "light")}
    assert solve(replace(case, min_days_apart=(2, 3))).chosen == {key: (at(SAT + 7, "18:00"), 30, "light")}


def test_sessions_keep_their_order() -> None:
    # Heavy on Monday only (moderate 24 h, heavy 48 h before Thursday's run); the light one is listed first.
    case = example(
        Template(
            (run(THU, "tempo", 60, "07:00"),),
            (LIGHT, HEAVY),
            strength_days=frozenset({MON, WED}),
        ),
        availability=free_time(mon="18:00-18:30", wed="06:00-06:30"),
    )
    # Monday light and Wednesday moderate (06:30 is 24.5 h before): 45, and 15 for two days.
    assert solve(case).chosen == {S1: (at(MON, "18:00"), 30, "light"), S2: (at(WED, "06:00"), 30, "moderate")}
    assert solve(case).cost == 60


def test_earlier_starts_win_among_equals() -> None:
    case = example(
        Template((), (LIGHT, LIGHT), strength_days=frozenset(range(7))),
        availability=free_time(tue="18:00-19:00", thu="07:00-08:00", fri="07:00-08:00", sat="07:00-08:00"),
    )
    assert solve(case).chosen == {S1: (at(TUE, "18:00"), 30, "light"), S2: (at(FRI, "07:00"), 30, "light")}
    assert solve(case).cost == 0


def test_one_place_goes_to_the_first_of_two_equals() -> None:
    case = example(Template((), (LIGHT, LIGHT)), availability=free_time(tue="18:00-18:30"))
    assert solve(case).chosen == {S1: (at(TUE, "18:00"), 30, "light"), S2: None}
    assert solve(case).cost == 1080


def test_one_place_stays_with_the_one_that_has_it() -> None:
    case = example(
        Template((), (LIGHT, LIGHT)),
        availability=free_time(tue="18:00-19:00"),
        published=(published(S2, TUE, "18:00", load="light"),),
    )
    assert solve(case).chosen == {S1: None, S2: (at(TUE, "18:00"), 30, "light")}
    assert (solve(case).cost, solve(case).moved) == (1080, 0)
    # A better time for the other one is no reason to withdraw it: half an hour is 2 points.
    preferring = replace(case, prefer_times=(span("18:30-19:00"),))
    assert solve(preferring).chosen == {S1: None, S2: (at(TUE, "18:00"), 30, "light")}
    assert (solve(preferring).cost, solve(preferring).moved) == (1082, 0)


def test_a_gain_of_what_a_move_costs_is_no_reason_to_move() -> None:
    # 830 minutes after the run are 35 points, as many as a move to Monday, which has none and is earlier.
    case = example(
        Template((run(TUE, "tempo", 55, "06:00"),), (LIGHT,), strength_days=frozenset({MON})),
        availability=free_time(mon="06:00-06:30", tue="20:45-21:15"),
    )
    assert solve(case).chosen == {S1: (at(MON, "06:00"), 30, "light")}
    stays = replace(case, published=(published(S1, TUE, "20:45", load="light"),))
    assert solve(stays).chosen == {S1: (at(TUE, "20:45"), 30, "light")}
    assert (solve(stays).cost, solve(stays).moved) == (35, 0)


# Runs


def test_runs_take_the_first_free_start_of_the_first_range_with_room() -> None:
    wanted = run(TUE, "easy", 60, between=("06:00-07:00", "17:05-19:00", "12:00-13:00"))
    busy = ((at(TUE, "06:30"), at(TUE, "06:40")), (at(TUE, "17:00"), at(TUE, "17:30")))
    case = example(Template((wanted,)), busy=busy, buffer_minutes=30)
    assert settle(case)["2026-W48/run/tue-1"].start == at(TUE, "17:30")  # no buffer
    allday = replace(case, busy=((at(TUE, "00:00"), at(WED, "00:00")),))
    assert settle(allday)["2026-W48/run/tue-1"].start == at(TUE, "06:00")
    # Where nothing is free, it stays where a calendar has it, if that is in one of its ranges.
    key = "2026-W48/run/tue-1"
    stays = replace(allday, published=(published(key, TUE, "17:50", 45),))
    assert settle(stays)[key].start == at(TUE, "17:50")
    assert settle(stays)[key].end == at(TUE, "18:50")
    for clock in ("18:15", "11:00"):
        elsewhere = replace(allday, published=(published(key, TUE, clock, 45),))
        assert settle(elsewhere)[key].start == at(TUE, "06:00")
    assert settle(replace(stays, busy=busy))[key].start == at(TUE, "17:30")
    by_config = example(Template((run(TUE, "easy", 60),)), usual=((span("06:10-08:00"),),) * 7, busy=busy)
    assert settle(by_config)["2026-W48/run/tue-1"].start == at(TUE, "06:45")


def test_runs_with_a_start_settle_first() -> None:
    template = Template(
        (
            run(TUE, "easy", 30, between=("07:00-09:00",)),
            run(TUE, "tempo", 60, "07:00"),
            run(TUE, "easy", 30),
            run(MON, "easy", 30),
        )
    )
    found = settle(example(template, busy=((at(TUE, "07:00"), at(TUE, "08:00")),)))
    assert found["2026-W48/run/tue-2"].start == at(TUE, "07:00")  # busy or not
    assert found["2026-W48/run/tue-1"].start == at(TUE, "08:00")
    assert found["2026-W48/run/tue-3"].start == at(TUE, "08:30")  # 07:00 and 08:00 are taken
    assert found["2026-W48/run/mon-1"].start == at(MON, "07:00")


def test_runs_that_stay_and_runs_that_are_not() -> None:
    daily = Template(tuple(run(day, "easy", 60) for day in range(7)))
    key = "2026-W48/run/{}-1".format
    case = example(
        daily,
        Template(),
        now=at(MON, "12:00"),
        notice_hours=24,
        published=(
            published(key("mon"), MON, "08:00"),
            published(key("tue"), TUE, "11:45"),
            published(key("wed"), WED, "12:00"),
            published(key("thu"), SAT, "06:10", 50, pinned=True),
        ),
        pauses=((date(2026, 11, 27), date(2026, 11, 27)),),
        skipped=frozenset({key("sun")}),
    )
    found = settle(case)
    assert {name: run.start for name, run in found.items()} == {
        key("mon"): at(MON, "08:00"),
        key("tue"): at(TUE, "11:45"),
        key("wed"): at(WED, "07:00"),
        key("thu"): at(SAT, "06:10"),
        key("sat"): at(SAT, "07:00"),
    }
    assert found[key("thu")].end == at(SAT, "07:00")
    assert found[key("thu")].day == date(2026, 11, 28)


def test_the_race_is_a_run_of_its_date() -> None:
    template = Template((run(SAT, "easy", 60, "08:00"), run(SUN, "long", 90, "08:00"), run(SUN, "easy", 20)))
    sunday, other = "2026-W48/run/race-sun", "2026-W48/run/sat-1"
    case = example(template, races=(Race(date(2026, 11, 29), minute("10:30"), 45),))
    assert {key: found.start for key, found in settle(case).items()} == {
        other: at(SAT, "08:00"),
        sunday: at(SUN, "10:30"),
    }
    assert settle(case)[sunday].end == at(SUN, "11:15")
    assert settle(case)[sunday].effort == "race"
    usual = replace(case, races=(Race(date(2026, 11, 29)),))
    assert settle(usual)[sunday].start == at(SUN, "07:00")
    # In a pause there is no run at all, unless the runner put it there.
    paused = replace(case, pauses=((date(2026, 11, 29), date(2026, 11, 29)),))
    assert set(settle(paused)) == {other}
    moved = published(sunday, SAT, "18:00", 45, pinned=True, kind="race")
    assert settle(replace(paused, published=(moved,)))[sunday].effort == "race"
    assert settle(replace(case, published=(moved,)))[sunday].day == date(2026, 11, 28)
    # What the runner moved before there was a race stays; what calsync planned makes way.
    long = published("2026-W48/run/sun-1", FRI, "18:00", 90, pinned=True, kind="long")
    assert settle(replace(case, published=(long,)))["2026-W48/run/sun-1"].effort == "long"
    assert "2026-W48/run/sun-1" not in settle(replace(case, published=(replace(long, pinned=False),)))
    assert set(settle(replace(case, skipped=frozenset({sunday})))) == {other}


# Fixed sessions


def test_what_stands() -> None:
    case = example(
        Template((), (LIGHT, LIGHT, LIGHT)),
        now=at(TUE, "12:00"),
        notice_hours=24,
        availability=free_time(wed="11:30-12:30", fri="18:00-18:30", sat="18:00-18:30"),
    )

    def fixed(*entries: Published, **changes: Any) -> set[str]:
        changed = replace(case, published=entries, **changes)
        return set(standing(changed, list(settle(changed).values())))

    begun = published(S1, TUE, "12:00", load="light")  # nowhere near the availability, but begun
    assert fixed(begun) == {S1}
    assert fixed(begun, skipped=frozenset({S1})) == set()
    near = published(S1, WED, "11:45", load="light")
    assert fixed(near) == {S1}
    assert fixed(published(S1, WED, "12:00", load="light")) == set()  # free again: 24 h from now
    assert fixed(near, pauses=((date(2026, 11, 25), date(2026, 11, 25)),)) == set()
    assert fixed(near, busy=((at(WED, "12:10"), at(WED, "12:20")),)) == set()
    assert fixed(published("2026-W48/strength/4", WED, "11:45", load="light")) == set()  # not wanted
    assert fixed(published(S1, FRI, "03:33", load="heavy", pinned=True)) == {S1}


# Clocks


def test_clock_goes_forward() -> None:
    # 29 March 2026: 01:00 to 02:00 does not exist.
    case = example(
        Template((run(SUN, "easy", 30, "01:20"),), (LIGHT,)),
        first_monday=date(2026, 3, 23),
        now=datetime(2026, 3, 1, tzinfo=UTC),
        availability=free_time(sun="00:30-03:15"),
    )

    def utc(hour: int, minute: int) -> datetime:
        return datetime(2026, 3, 29, hour, minute, tzinfo=UTC)

    assert settle(case)["2026-W13/run/sun-1"].start == utc(1, 20)  # 02:20 by the clock
    found = candidates(case, list(settle(case).values()), 0, "2026-W13/strength/1", LIGHT)
    assert [lift.start for lift in found] == [
        utc(0, 30),
        utc(0, 45),
    ]  # then the run until 01:50Z, and the range ends at 02:15Z
    gap = replace(case, availability=free_time(sun="00:30-01:30"))
    later = replace(gap, templates=(Template(), Template()))
    found = candidates(later, [], 0, "2026-W13/strength/1", LIGHT)
    # 01:30 is taken for 02:30, so 00:30, 00:45 and 02:00 by the clock.
    assert [lift.start for lift in found] == [utc(0, 30), utc(0, 45), utc(1, 0)]


def test_clock_goes_back() -> None:
    # 25 October 2026: 01:00 to 02:00 occurs twice.
    case = example(
        Template((), (LIGHT,)),
        first_monday=date(2026, 10, 19),
        now=datetime(2026, 10, 1, tzinfo=UTC),
        availability=free_time(sun="00:45-02:15"),
    )
    found = candidates(case, [], 0, "2026-W43/strength/1", LIGHT)

    def utc(day: int, hour: int, minute: int) -> datetime:
        return datetime(2026, 10, day, hour, minute, tzinfo=UTC)

    assert [lift.start for lift in found] == [
        utc(24, 23, 45),
        utc(25, 0, 0),
        utc(25, 0, 15),
        utc(25, 0, 30),
        utc(25, 0, 45),  # 01:45 for the first time
    ]  # 02:00 by the clock is 02:00Z and would end at 02:30
