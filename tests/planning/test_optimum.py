"""The placement is the exact optimum: compared with a brute-force search that shares no code with it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from calsync.event import Booked, Published, Standing
from calsync.planning import wall
from calsync.planning.plan import Plan, make_plan
from calsync.program import (
    Availability,
    CrossEffort,
    CrossTraining,
    FreshLegs,
    Pause,
    Program,
    Rules,
    Run,
    Session,
    UsualStart,
    WeekTemplate,
)
from calsync.race import Race
from calsync.timespan import Timespan, merge
from calsync.training import WEEKDAYS, CheckIn, Experience, Kind, Load, Priority, Sign, Sport, TimeRange
from calsync.travel import Trip, with_trips
from tests.planning import reference
from tests.planning.cases import cases, progressed
from tests.planning.progressions import first_day
from tests.soak import usually


def plan_of(case: reference.Case) -> Plan:
    """The product's plan of a case."""
    names = [f"week-{number}" for number in range(len(case.listed))]
    usual = {day: _usual(case.usual[day.number]) for day in WEEKDAYS}
    program = Program(
        start=case.first_monday,
        weeks=tuple(names),
        horizon=case.horizon,
        availability=Availability(
            None,
            *(_ranges(ranges) for ranges in case.availability),
            prefer_times=_ranges(case.prefer_times),
            buffer=timedelta(minutes=case.buffer_minutes),
            notice=timedelta(hours=case.notice_hours),
            after_run=timedelta(minutes=case.after_run_minutes),
        ),
        experience=Experience.EXPERIENCED,
        rules=Rules(
            timedelta(hours=case.hours_apart),
            case.listed_days_apart,
            FreshLegs(*(timedelta(hours=hours) for hours in case.fresh_legs)),
        ),
        usual_start=UsualStart(**usual),
        pauses=tuple(Pause(first, last) for first, last in case.pauses),
        races=tuple(
            Race(race.day, start=race.start, minutes=race.minutes, priority=Priority(race.priority))
            for race in case.races
        ),
    )
    templates = {
        name: WeekTemplate(
            name=name,
            title=name,
            rest=tuple(WEEKDAYS[day] for day in sorted(template.rest_days)),
            rest_allows_light=template.rest_allows_light,
            strength_days=tuple(WEEKDAYS[day] for day in sorted(template.strength_days)),
            runs=tuple(
                Run(WEEKDAYS[run.day], Kind(run.kind), run.minutes, "", run.start, _ranges(run.between))
                for run in template.runs
            ),
            cross=tuple(
                CrossTraining(
                    WEEKDAYS[one.day],
                    Sport(one.sport),
                    cast("CrossEffort", one.effort),
                    one.minutes,
                    "",
                    one.start,
                    _ranges(one.between),
                )
                for one in template.cross
            ),
            strength=tuple(
                Session(
                    routine="any",
                    load=Load(session.load),
                    minutes=session.minutes,
                    least=None if session.at else session.shortest,
                    days=tuple(WEEKDAYS[day] for day in session.days),
                    between=_ranges(session.between),
                    travel=timedelta(minutes=session.travel),
                    day=WEEKDAYS[session.at[0]] if session.at else None,
                    start=session.at[1] if session.at else None,
                )
                for session in template.sessions
            ),
        )
        for name, template in zip(names, case.listed, strict=True)
    }
    published = {
        entry.key: Published(
            Timespan(entry.start, entry.end),
            entry.pinned,
            kind=Kind(entry.kind) if entry.kind else None,
            load=Load(entry.load) if entry.load else None,
        )
        for entry in case.published
    }
    busy = merge(Timespan(start, end) for start, end in case.busy)
    done = frozenset(entry.key for entry in case.published if entry.done)
    missed = {key: published[key].span for key in case.missed if published[key].span.start <= case.now}
    standing = Standing(published, case.skipped, done=done, missed=missed)
    checkins = tuple(CheckIn(day, frozenset(tuple(Sign)[:signs])) for day, signs in case.checkins)
    booked = [Booked(Timespan(start, end), Load(load), "", "gym") for start, end, load in case.booked]
    return make_plan(
        program, templates, busy, standing, case.now, zone_of(case), checkins=checkins, booked=booked
    )


def zone_of(case: reference.Case) -> ZoneInfo:
    home, trips = reference.trips_of(case.zone)
    return with_trips(ZoneInfo(home), (Trip(first, last, ZoneInfo(there)) for first, last, there in trips))


def _usual(usual: int | tuple[tuple[int, int], ...]) -> int | tuple[TimeRange, ...]:
    return usual if isinstance(usual, int) else _ranges(usual)


def _ranges(ranges: tuple[tuple[int, int], ...]) -> tuple[TimeRange, ...]:
    return tuple(TimeRange(*each) for each in ranges)


@settings(max_examples=usually(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_no_choice_of_allowed_candidates_costs_less(case: reference.Case) -> None:
    agree(case)


def agree(case: reference.Case) -> None:
    """The product's plan is the one that brute force finds."""
    expected = reference.solve(case)
    plan = plan_of(case)

    runs = {run.key: (run.span.start, run.span.end) for run in plan.problem.settled.runs}
    assert runs == expected.runs
    fixed = {session.key for session in plan.problem.fixed}
    assert fixed == set(expected.fixed)
    assert (plan.cost, plan.placement.moved) == (expected.cost, expected.moved)
    placed = {
        session.key: (session.span.start, session.place.minutes, str(session.load))
        for session in plan.sessions
        if session.place
    }
    unplaced = {session.key: None for week in plan.weeks for session in (*week.unplaced, *week.too_late)}
    unplaced |= {session.key: None for session in plan.sessions if session.missed}
    assert {**placed, **unplaced} == expected.chosen


# What random weeks seldom meet: the first and last days of a rule.


def plain_weeks(sessions: int, availability: tuple[tuple[int, int], ...], weeks: int = 1) -> reference.Case:
    """Weeks without runs that want heavy sessions; `availability` has half hours: weekday and minute."""
    ranges: list[tuple[tuple[int, int], ...]] = [()] * 7
    for weekday, minute in availability:
        ranges[weekday] = ((minute, minute + 30),)
    heavy = reference.Template(sessions=(reference.Session("heavy", 30, 20),) * sessions)
    case = reference.Case(
        zone="Europe/London",
        now=datetime(2026, 11, 16, tzinfo=UTC),
        first_monday=date(2026, 11, 23),
        templates=(heavy,) * (weeks + 1),
        listed=(heavy,) * (weeks + 1),
        usual=(420,) * 7,
        availability=tuple(ranges),
    )
    return progressed(case)


@pytest.mark.parametrize("days_to_race", range(-9, 10))
def test_the_days_around_the_race(days_to_race: int) -> None:
    thursday = 3
    case = plain_weeks(1, ((thursday, 12 * 60),))
    day = case.first_monday + timedelta(days=thursday + days_to_race)
    key = f"{reference.week_name(first_day(day))}/run/race-{reference.WEEKDAYS[day.weekday()]}"
    racing = replace(case, races=(reference.Race(day, 9 * 60, 45),))
    agree(progressed(racing))
    # The days count from the date, also where there is no race, or it is elsewhere.
    agree(progressed(replace(racing, pauses=((day, day),))))
    agree(progressed(replace(racing, skipped=frozenset({key}))))
    for moved in (-2, 1):
        start = reference.instant(case.zone, day + timedelta(days=moved), 17 * 60)
        end = start + timedelta(minutes=45)
        entry = reference.Published(key, start, end, pinned=True, kind="race")
        agree(progressed(replace(racing, published=(entry,))))


@pytest.mark.parametrize("week", [0, 1])
@pytest.mark.parametrize("days_apart", [2, 3, 4])
@pytest.mark.parametrize("signs", [0, 1, 2, 3])
def test_the_later_week_says_how_far_apart(week: int, days_apart: int, signs: int) -> None:
    """A check-in for the first or the second week, and sessions at its edge that are placed or stand."""
    noon = 12 * 60
    case = plain_weeks(2, ((5, noon), (6, noon), (0, noon), (1, noon)), weeks=2)
    checkins = ((case.first_monday + timedelta(weeks=week), signs),)
    case = progressed(replace(case, listed_days_apart=days_apart, checkins=checkins))
    agree(case)
    for key, day in (
        ("2026-W48/strength/1", 6),
        ("2026-W49/strength/1", 7),
        ("2026-W49/strength/1", 8),
        ("2026-W49/strength/1", 5),
    ):
        start = reference.instant(case.zone, case.first_monday + timedelta(days=day), 17 * 60)
        entry = reference.Published(key, start, start + timedelta(minutes=30), "light", pinned=True)
        agree(replace(case, published=(entry,)))


@pytest.mark.parametrize("key", ["2026-W48/strength/1", "2026-W49/strength/1"])
def test_the_week_after_the_horizon_says_how_far_apart(key: str) -> None:
    """What stands on its Monday, of that week or the one before, is too near to Saturday for its check-in."""
    case = plain_weeks(2, ((5, 12 * 60),))
    monday = reference.instant(case.zone, case.first_monday + timedelta(days=7), 17 * 60)
    entry = reference.Published(key, monday, monday + timedelta(minutes=30), "light", pinned=True)
    agree(replace(case, published=(entry,)))
    checkins = ((case.first_monday + timedelta(days=7), 2),)
    agree(progressed(replace(case, published=(entry,), checkins=checkins)))


def test_a_run_that_began_two_dates_ago_is_still_in_the_way() -> None:
    """A race that the runner stretched over a day and two nights: strength can't be while it lasts."""
    case = plain_weeks(1, ((3, 60),))
    race = case.first_monday + timedelta(days=1)
    start = reference.instant(case.zone, race, 20 * 60)
    entry = reference.Published(
        "2026-W48/run/race-tue", start, start + timedelta(hours=30), pinned=True, kind="race"
    )
    agree(progressed(replace(case, races=(reference.Race(race, 20 * 60, 60),), published=(entry,))))


@settings(max_examples=usually(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_plan_that_was_pushed_is_the_best_one_from_then_on(case: reference.Case) -> None:
    """Nothing moves, or swaps its place with another session, because of having been published."""
    plan = plan_of(case)
    moved = {entry.key for entry in case.published if entry.pinned}
    known = {entry.key: entry for entry in case.published}
    on_calendars = [
        reference.Published(run.key, run.span.start, run.span.end, None, run.key in moved, run.run.kind)
        for run in plan.runs
        if run.run.unwanted is None
    ]
    on_calendars += [
        reference.Published(one.key, one.span.start, one.span.end, one.load, one.key in moved)
        for one in plan.sessions
        if one.place
    ]
    written = {entry.key for entry in on_calendars}
    stands = {fixed.key for fixed in plan.problem.fixed} | {
        run.key for run in plan.problem.settled.runs if run.fixed
    }
    stands |= plan.problem.missed.keys()
    kept = [known[key] for key in known if key in stands - written]
    again = plan_of(replace(case, published=(*on_calendars, *kept)))
    assert (again.cost, again.placement.moved) == (plan.cost - 35 * plan.placement.moved, 0)
    assert _places(again) == _places(plan)
    assert {run.key: run.span for run in again.runs} == {run.key: run.span for run in plan.runs}


def _places(plan: Plan) -> dict[str, tuple[Timespan, Load]]:
    return {session.key: (session.span, session.load) for session in plan.sessions}


@settings(max_examples=usually(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_terms_of_the_plan_add_up_to_its_cost(case: reference.Case) -> None:
    plan = plan_of(case)
    terms = sum(sum(session.cost.values()) for session in plan.sessions)
    missing = plan.placement.missing - {session.key for session in plan.sessions if session.missed}
    unplaced = 1000 * len(missing) + 35 * len(missing & {entry.key for entry in case.published})
    in_weeks = {session.key for session in plan.sessions}
    # Sessions that stand outside the horizon take part in `spacing`, but no week shows them.
    outside = sum(points for key, points in plan.problem.solve().spacing.items() if key not in in_weeks)
    assert terms + unplaced + outside == plan.cost
    assert all(
        session.day == wall.instant(wall.seconds(session.span.start)).astimezone(plan.zone).date()
        for session in plan.sessions
    )


def test_what_was_missed_is_placed_again_later_in_its_week_and_in_no_other() -> None:
    """On the best day that is left; where none is, it is where it was, and nothing keeps clear of it."""
    noon = 12 * 60
    case = plain_weeks(1, ((1, noon), (4, noon)), weeks=2)
    tuesday, friday = (case.first_monday + timedelta(days=days) for days in (1, 4))
    start = reference.instant(case.zone, tuesday, noon)
    key = "2026-W48/strength/1"
    entry = reference.Published(key, start, start + timedelta(minutes=30), "heavy")
    case = replace(case, published=(entry,), missed=frozenset({key}))
    for now, day in (
        (start - timedelta(hours=1), tuesday),  # it has not begun: nobody has missed it
        (start, friday),
        (start + timedelta(days=2), friday),
        (start + timedelta(days=4), tuesday),
    ):
        agree(replace(case, now=now))
        plan = plan_of(replace(case, now=now))
        (session,) = [one for one in plan.sessions if one.key == key]
        assert session.day == day
        assert session.missed == (now > start + timedelta(days=3))
        assert [week.unplaced + week.too_late for week in plan.weeks] == [(), ()]
        assert any("couldn't fit in later" in notice.text for notice in plan.notices) == session.missed
