"""What lint says of a template: each finding, what is almost one, and that errors are beyond every plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from calsync.event import Standing
from calsync.planning.bare_week import BareWeek
from calsync.planning.lint import Finding, Severity, lint
from calsync.planning.problem import Given, Problem, pose
from calsync.program import (
    Availability,
    CrossEffort,
    CrossTraining,
    Exercise,
    Experience,
    Program,
    Routine,
    Rules,
    Run,
    Session,
    UsualStart,
    WeekTemplate,
)
from calsync.training import WEEKDAYS, Kind, Load, Region, Sport, TimeRange, Week, Weekday
from tests.soak import usually

ALL = tuple(WEEKDAYS)
WHOLE = Routine("Whole", (Exercise("Step-up", 10, tuple(Region)),))
NO_CORE = Routine("Legs", (Exercise("Squat", 10, tuple(r for r in Region if r is not Region.CORE)),))
LATE_CORE = Routine("Late", (*NO_CORE.exercises, Exercise("Plank", 15, (Region.CORE,))))
ROUTINES = {"whole": WHOLE, "legs": NO_CORE, "late": LATE_CORE}


def days(text: str) -> tuple[Weekday, ...]:
    return tuple(Weekday(word) for word in text.split())


def run(text: str) -> Run:
    """A run such as "tue tempo 60 06:30" or, between two times, "tue tempo 60 06:30-08:30"."""
    day, kind, minutes, *times = text.split()
    clocks = [int(t[:2]) * 60 + int(t[3:]) for t in times[0].split("-")] if times else []
    start = clocks[0] if len(clocks) == 1 else None
    between = (TimeRange(*clocks),) if len(clocks) == 2 else ()
    return Run(Weekday(day), Kind(kind), int(minutes), start=start, between=between)


def session(text: str) -> Session:
    """A session such as "heavy", "light 45" or "light 45 20"; it trains all there is to train."""
    load, *minutes = text.split()
    longest = int(minutes[0]) if minutes else 30
    shortest = int(minutes[1]) if len(minutes) > 1 else min(20, longest)
    return Session(routine="whole", load=Load(load), minutes=longest, least=shortest)


def week(runs: str = "", strength: str = "", rest: str = "", named: str = "", **more: Any) -> WeekTemplate:
    """A template; runs and sessions are divided by commas, `named` are its strength days."""
    return WeekTemplate(
        name="week",
        title="Week",
        rest=days(rest),
        strength_days=days(named),
        runs=tuple(run(text) for text in runs.split(",") if text),
        strength=tuple(session(text) for text in strength.split(",") if text),
        **more,
    )


def on(what: str, which: str) -> str:
    """The same run on several days."""
    return ",".join(f"{day} {what}" for day in which.split())


EVERY = "mon tue wed thu fri sat sun"
ONE_EARLY_HEAVY = "wed tempo 60 06:30,fri tempo 60 06:30,sun long 60 07:00"

# What is wrong, and the rule, the severity and the place that say so.
FOUND = {
    "hard days side by side": (
        week("tue tempo 60,wed hills 60"),
        "no-back-to-back warning runs[1].day",
    ),
    "a long run after a hard one": (
        week("fri tempo 60,sat long 90"),
        "no-back-to-back warning runs[1].day",
    ),
    "a race after a hard run": (
        week("sat race 60,fri hills 60"),
        "no-back-to-back warning runs[0].day",
    ),
    "from week to week": (week("sun long 90,mon tempo 60"), "no-back-to-back warning runs[1].day"),
    "a run on every day": (week(on("easy 30", EVERY)), "rest-day warning rest"),
    "a run or strength on every day": (
        week(on("easy 30", "mon tue wed thu fri sat"), "light", named="sun"),
        "rest-day warning rest",
    ),
    "a run that its range can't hold": (week("tue easy 60 06:00-06:45"), "run warning runs[0].between"),
    "a session above 45 min": (week(strength="light 46"), "short-and-regular warning strength[0].duration"),
    "a session too short for any exercise": (
        week(strength="light 20 9"),
        "short-and-regular warning strength[0].shortest",
    ),
    "a heavy session in a recovery week": (
        week(strength="heavy", recovery=True),
        "ease-off warning strength[0].load",
    ),
    "a strength day with the long run": (
        week("sat long 90", "moderate", named="sat"),
        "long-run-day warning strength_days[0]",
    ),
    "a strength day with a long and a hard run": (
        week("sat long 90,sat tempo 30", "moderate", named="wed sat"),
        "long-run-day warning strength_days[1]",
    ),
    "a strength day with a race": (
        week("sat race 90", "light", named="sat"),
        "race-day warning strength_days[0]",
    ),
    "a strength day before a race": (
        week("sat race 90", "light", named="fri"),
        "race-day warning strength_days[0]",
    ),
    "a strength day that is a rest day": (
        week(strength="light", rest="fri", named="fri"),
        "rest-day warning strength_days[0]",
    ),
    "a strength day for light work only, and none is listed": (
        week(strength="moderate", rest="fri", named="fri", rest_allows_light=True),
        "rest-day warning strength_days[0]",
    ),
    "a strength day with a hard run, and all is heavy": (
        week("tue tempo 60", "heavy", named="tue"),
        "controlled warning strength_days[0]",
    ),
    "a strength day with an easy run until late": (
        week("wed easy 45 20:41", "moderate", named="wed"),
        "easy-days-easy warning runs[0].start",
    ),
    "a hard day with an easy run until late": (
        week("tue tempo 60 06:30,tue easy 30 21:15", "moderate"),
        "easy-days-easy warning runs[1].start",
    ),
    "a strength day after the long run, and nothing light to do": (
        week("sun long 90 08:00", "moderate,heavy", named="mon"),
        "long-run-day warning strength_days[0]",
    ),
    "a strength day after a race, and nothing light to do": (
        week("sat race 90", "moderate", named="sun"),
        "long-run-day warning strength_days[0]",
    ),
    "a strength day too near to a hard run": (
        week("tue tempo 60,thu tempo 60 00:10", "moderate", named="wed"),
        "fresh-legs warning strength_days[0]",
    ),
    "nothing but races and the days before them": (
        week("tue race 60,thu race 60,sat race 60", "light", rest="sun"),
        "race-day error strength[0]",
    ),
    "nothing but rest days": (week(strength="light", rest=EVERY), "rest-day error strength[0]"),
    "no day with time beside its run": (
        week(on("easy 1411 00:00", EVERY.removesuffix(" sun")), "light", rest="sun"),
        "run error strength[0]",
    ),
    "runs that end late": (
        week(on("tempo 60 19:45", "tue thu"), "light", rest="mon wed fri sat sun"),
        "hours-apart warning strength[0]",
    ),
    "no day for a heavy lift": (
        week(on("tempo 60 00:10", "wed sat"), "heavy", rest="sun"),
        "fresh-legs warning strength[0].load",
    ),
    "only hard days, and a heavy lift": (
        week(on("tempo 60 06:30", "tue fri"), "heavy", rest="mon wed thu sat sun"),
        "controlled warning strength[0].load",
    ),
    "only the day of the long run": (
        week("sat long 60 08:00", "moderate", rest="mon tue wed thu fri sun"),
        "long-run-day warning strength[0].load",
    ),
    "two sessions for two days side by side": (
        week(strength="light,light", rest="mon tue wed thu fri"),
        "no-back-to-back error strength[1]",
    ),
    "three sessions for two days": (
        week(strength="light,light,light", rest="mon tue wed fri sat"),
        "no-back-to-back error strength[2]",
    ),
    "Sunday beside the next Monday": (
        week(strength="light,light", rest="tue wed thu fri sat"),
        "no-back-to-back warning strength[1]",
    ),
    "a heavy lift that would have to come first": (
        week(ONE_EARLY_HEAVY, "moderate,heavy", rest="tue thu sat"),
        "no-back-to-back warning strength",
    ),
    "an exercise that no routine has": (
        week(strength="light", rest="mon"),
        "what-to-train warning strength",
    ),
    "an exercise that no session has time for": (
        week(strength="light 20", rest="mon"),
        "what-to-train warning strength",
    ),
}
ROUTINE_OF = {
    "an exercise that no routine has": "legs",
    "an exercise that no session has time for": "late",
}

# What is almost the same, and good training.
NOT_FOUND = {
    "an easy day between hard ones": week("tue tempo 60,wed easy 30,thu hills 60"),
    "hard runs on one day": week("tue tempo 60 06:30,tue hills 30 18:00"),
    "a day between two weeks": week("sat long 90,mon tempo 60"),
    "no run on one day": week(on("easy 30", "mon tue wed thu fri sat")),
    "strength days that leave one free": week(on("easy 30", "mon tue wed thu fri"), "light", named="sun"),
    "a run that just fits its range": week("tue easy 60 06:00-07:00"),
    "45 min": week(strength="light 45"),
    "time for one exercise": week(strength="light 20 10"),
    "a moderate session in a recovery week": week(strength="moderate", recovery=True),
    "a heavy session in another week": week(strength="heavy"),
    "a strength day after a race": week("sat race 90", "light", named="sun"),
    "an easy run that just leaves time for a lift": week("wed easy 45 20:40", "moderate", named="wed"),
    "an easy run until late on another day": week("wed easy 45 21:00", "moderate", named="thu"),
    "an easy run until late, and no strength": week("wed easy 45 21:00", named="wed"),
    "a hard run until late": week("wed tempo 45 21:00", "moderate"),
    "a strength day after the long run, and something light to do": week(
        "sun long 90 08:00", "light,moderate", named="mon"
    ),
    "a strength day two days after the long run": week("sun long 90 08:00", "moderate", named="tue"),
    "a strength day two days before a race": week("sat race 90", "light", named="thu"),
    "a rest day that allows light work": week(
        strength="moderate,light", rest="fri", named="fri", rest_allows_light=True
    ),
    "a strength day with a hard run": week("tue tempo 60", "heavy,moderate", named="tue"),
    "a strength day a day before a hard run": week("thu tempo 60 00:20", "moderate", named="wed"),
    "a strength day in a week without strength": week("tue tempo 60", named="tue"),
    "races that leave one day": week("tue race 60,thu race 60", "light", rest="sun fri"),
    "rest days that allow light work": week(strength="light,light", rest=EVERY, rest_allows_light=True),
    "time beside a very long run": week("tue easy 1395 00:00", "light", rest="mon wed thu fri sat sun"),
    "runs that end in time": week("tue tempo 60 19:30", "light", rest="mon wed thu fri sat sun"),
    "a heavy lift on an early morning": week("fri tempo 60 07:15", "heavy", rest="mon tue thu sat sun"),
    "light work on the day of the long run": week("sat long 60 08:00", "light", rest="mon tue wed thu fri"),
    "two sessions for two days": week(strength="light,light", rest="mon tue wed fri sat"),
    "a recovery week has one session fewer": week(
        strength="light,light", rest="mon tue wed thu fri", recovery=True
    ),
    "the heavy lift comes first": week(ONE_EARLY_HEAVY, "heavy,moderate", rest="tue thu sat"),
}


def short(finding: Finding) -> str:
    return f"{finding.reason.rule} {finding.severity} {finding.place}"


@pytest.mark.parametrize("name", FOUND)
def test_a_finding(name: str) -> None:
    template, expected = FOUND[name]
    routine = ROUTINE_OF.get(name, "whole")
    template = replace(template, strength=tuple(replace(s, routine=routine) for s in template.strength))
    findings = lint(template, ROUTINES)
    assert [short(finding) for finding in findings] == [expected]
    assert findings[0].reason.text
    assert findings[0].suggestion


@pytest.mark.parametrize("name", NOT_FOUND)
def test_almost_a_finding(name: str) -> None:
    assert lint(NOT_FOUND[name], ROUTINES) == ()


def test_when_a_day_after_the_long_run_is_late_enough() -> None:
    def said(run: str) -> str:
        (finding,) = lint(week(run, "moderate", named="mon"), ROUTINES)
        return finding.reason.text

    assert said("sun long 90 08:00").endswith("is better 24 h after it, so not before 09:30")
    assert said("sun long 90").endswith("is better 24 h after it")
    assert said("sun long 90 22:30").endswith("is better 24 h after it, so not on Monday")


def test_a_routine_that_is_not_known_leaves_nothing_out() -> None:
    template = week(strength="light,light")
    other = replace(template.strength[1], routine="unknown")
    assert (
        lint(replace(template, strength=(replace(template.strength[0], routine="legs"), other)), ROUTINES)
        == ()
    )


def test_the_order_that_would_do_is_named() -> None:
    (finding,) = lint(*(FOUND["a heavy lift that would have to come first"][0], ROUTINES))
    assert finding.suggestion == "list them in this order: whole (heavy), whole (moderate)"


def test_sessions_that_only_fit_in_another_order_are_told_so() -> None:
    late, early = session("moderate"), session("light")
    template = replace(
        week("tue intervals 60"),
        strength=(
            replace(late, title="Gym", days=(Weekday.SAT, Weekday.SUN)),
            replace(early, title="Core", days=(Weekday.WED, Weekday.THU)),
        ),
    )
    finding = next(found for found in lint(template, ROUTINES) if found.severity is Severity.ERROR)
    assert "keep the order in which they are listed" in finding.reason.text
    assert finding.suggestion == "list them in this order: Core (light), Gym (moderate)"


def test_what_stands_in_the_way_is_said_day_by_day() -> None:
    (finding,) = lint(FOUND["no day for a heavy lift"][0], ROUTINES)
    assert "fresh-legs on mon, tue, thu, fri; controlled on wed, sat; rest-day on sun" in finding.reason.text


# --- what lint finds impossible is so, and what it doesn't is possible ------------------------------------

MONDAY = date(2027, 6, 7)
MINUTES_APART = (0, 180)
# In minutes, beside each of these.
AFTER_RUN = {0: 0, 180: 15}
LENGTHS = (20, 60, 400)
STARTS = st.sampled_from((0, 10, 360, 390, 435, 720, 1080, 1200, 1239, 1240, 1380, 1439))


def between(ends: tuple[int, int]) -> tuple[TimeRange, ...]:
    return (TimeRange(min(ends), max(ends) + 1),)


@st.composite
def templates(draw: st.DrawFn, *, fixed: bool) -> WeekTemplate:
    """A template; if `fixed`, all runs have their times, and there is nothing that a plan could do better."""
    kinds = st.sampled_from((Kind.TEMPO, Kind.LONG, Kind.RACE, Kind.EASY))
    lengths = st.sampled_from((30, 90, 400, 1000))
    runs = st.builds(Run, st.sampled_from(ALL), kinds, lengths, start=STARTS)
    if not fixed:
        runs |= st.builds(Run, st.sampled_from(ALL), kinds, lengths)
        ranges = st.tuples(STARTS, STARTS).map(between)
        runs |= st.builds(Run, st.sampled_from(ALL), kinds, lengths, between=ranges)
    size = {
        "routine": st.just("whole"),
        "load": st.sampled_from(Load),
        "minutes": st.sampled_from(LENGTHS),
    }
    wishes = {
        "days": st.lists(st.sampled_from(ALL), max_size=3, unique=True).map(tuple),
        "between": st.just(()) | st.tuples(STARTS, STARTS).map(between),
        "travel": st.sampled_from((timedelta(0), timedelta(minutes=20))),
    }
    sessions = st.builds(Session, **size) | st.builds(Session, **size, **wishes)
    sessions |= st.builds(Session, **size, day=st.sampled_from(ALL), start=STARTS)
    sports, efforts = st.sampled_from((Sport.RIDE, Sport.SWIM)), st.sampled_from(get_args(CrossEffort))
    cross = st.builds(CrossTraining, st.sampled_from(ALL), sports, efforts, lengths, start=STARTS)
    return WeekTemplate(
        name="week",
        title="Week",
        recovery=draw(st.booleans()),
        rest=tuple(draw(st.lists(st.sampled_from(ALL), max_size=6, unique=True))),
        rest_allows_light=draw(st.booleans()),
        runs=tuple(draw(st.lists(runs, max_size=8))),
        cross=tuple(draw(st.lists(cross, max_size=3))),
        strength=tuple(draw(st.lists(sessions, min_size=1, max_size=3))),
    )


def posed(template: WeekTemplate, minutes_apart: int, *, repeated: bool, usual_start: int = 420) -> Problem:
    """The template in a plan of one week, with all the time there is; what follows it, or comes before."""
    empty = WeekTemplate(name="empty", title="Empty")
    after_run = timedelta(minutes=AFTER_RUN[minutes_apart])
    program = Program(
        start=MONDAY,
        weeks=("week", "week" if repeated else "empty"),
        experience=Experience.EXPERIENCED,
        availability=Availability(
            (TimeRange(0, 1440),), buffer=timedelta(0), notice=timedelta(0), after_run=after_run
        ),
        rules=Rules(timedelta(minutes=minutes_apart)),
        horizon=1,
        usual_start=UsualStart(usual_start),
    )
    now = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - timedelta(days=1)
    zone = ZoneInfo("UTC")
    return pose(Given(program, {"week": template, "empty": empty}, (), Standing(), now, zone))


@settings(deadline=None, max_examples=usually(60))
@given(templates(fixed=True), st.sampled_from(MINUTES_APART), st.booleans())
def test_a_day_has_room_if_a_plan_finds_a_start(
    template: WeekTemplate, minutes_apart: int, repeated: bool
) -> None:
    problem = posed(template, minutes_apart, repeated=repeated)
    bare = BareWeek(template, minutes_apart, repeated=repeated, after_run=AFTER_RUN[minutes_apart])
    (week,) = problem.weeks
    for day, weekday in zip(Week.of(MONDAY).days, ALL, strict=True):
        for load in Load:
            for minutes in LENGTHS:
                starts = problem.days.starts(week, day, minutes, load)
                assert (bare.obstacle(weekday, minutes, load) is None) == bool(starts), (
                    weekday,
                    load,
                    minutes,
                )


@settings(deadline=None, max_examples=usually(200))
@given(templates(fixed=True))
def test_an_error_is_what_no_plan_can_place(template: WeekTemplate) -> None:
    # Without a pause between lift and run, and with nothing to come, a plan has all that it can ever have.
    placed = posed(template, 0, repeated=False).solve().chosen.values()
    errors = [f for f in lint(template, ROUTINES) if f.severity is Severity.ERROR]
    assert bool(errors) == (None in placed), errors


@settings(deadline=None, max_examples=usually(100))
@given(templates(fixed=True))
def test_what_has_no_place_in_a_usual_plan_is_always_said(template: WeekTemplate) -> None:
    placed = posed(template, 180, repeated=True).solve().chosen.values()
    findings = [f for f in lint(template, ROUTINES) if f.place.startswith("strength[")]
    assert findings or None not in placed


@settings(deadline=None, max_examples=usually(150))
@given(templates(fixed=False), STARTS)
def test_an_error_stays_one_whenever_the_runs_are(template: WeekTemplate, usual_start: int) -> None:
    placed = posed(template, 0, repeated=False, usual_start=usual_start).solve().chosen.values()
    errors = [f for f in lint(template, ROUTINES) if f.severity is Severity.ERROR]
    assert None in placed or not errors
