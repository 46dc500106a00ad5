"""What a week wants of its template is what the tables of the training rules say, read a second time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.planning.week import WantedWeek, wanted_week
from calsync.program import Availability, Pause, Program, Rules, Run, WeekTemplate
from calsync.program import Session as Listed
from calsync.race import Race
from calsync.training import WEEKDAYS, CheckIn, Experience, Kind, Load, Priority, Sign, Week
from tests.planning.progressions import Given, days_apart, first_day, made_easy, sessions_wanted
from tests.planning.reference import LOADS, Session, week_name
from tests.soak import usually

SIGNS = tuple(Sign)
# All kinds, and some twice: what a week mostly has, and what stands beside a hard run without being one.
KINDS = (*map(str, Kind), "easy", "easy", "intervals", "tempo", "long", "race")

WantedSession = tuple[str, str, int, int]  # routine, load, minutes, shortest
WantedRun = tuple[date, str, int]  # day, kind, minutes


@dataclass(frozen=True)
class Example:
    """A week of a plan, and what its progressions go by. The first template is the one of `plan.weeks`."""

    monday: date
    templates: tuple[WeekTemplate, ...]
    plan_start: date
    experience: Experience
    short_on_time: bool
    min_days_apart: int
    races: tuple[Race, ...]  # no two of one day
    override: str | None
    pauses: tuple[tuple[date, date], ...]
    checkins: tuple[tuple[date, frozenset[Sign]], ...]

    @property
    def counted(self) -> tuple[tuple[date, int], ...]:
        return tuple((day, len(signs)) for day, signs in self.checkins)


# --- the product's side -------------------------------------------------------------------------------------


def product(example: Example) -> WantedWeek:
    week = Week.of(example.monday)
    program = Program(
        start=example.plan_start,
        weeks=(example.templates[0].name,),
        experience=example.experience,
        availability=Availability(default=()),
        rules=Rules(min_days_apart=example.min_days_apart, short_on_time=example.short_on_time),
        overrides={str(week): example.override} if example.override else {},
        pauses=tuple(Pause(first, last) for first, last in example.pauses),
        races=example.races,
    )
    templates = {template.name: template for template in example.templates}
    checkins = tuple(CheckIn(day, signs) for day, signs in example.checkins)
    return wanted_week(week, program, templates, checkins)


def sessions_of(week: WantedWeek) -> list[WantedSession]:
    return [
        (session.routine, str(session.load), session.minutes, session.shortest) for session in week.sessions
    ]


def runs_of(week: WantedWeek) -> dict[str, WantedRun]:
    assert len({run.key for run in week.runs}) == len(week.runs)
    return {run.key: (run.day, str(run.run.kind), run.run.minutes) for run in week.runs}


# --- the second side ----------------------------------------------------------------------------------------


def template_expected(example: Example) -> WeekTemplate:
    name = example.templates[0].name
    if brought := templates_of_races(example):
        _, _, _, name = brought[0]
    if example.override is not None:
        name = example.override
    return next(template for template in example.templates if template.name == name)


def templates_of_races(example: Example) -> list[tuple[int, str, date, str]]:
    """Weeks before the race, its priority, its day, and the template that it brings; what counts first."""
    found = []
    for race in example.races:
        weeks_before = (first_day(race.day) - example.monday).days // 7
        named: tuple[str, ...] = ()
        if race.weeks is not None:
            named = race.weeks
        elif race.distance is not None and race.priority == "A":
            named = ("taper", "race-week") if race.distance >= 21_000 else ("race-week",)
        if 0 <= weeks_before < len(named):
            found.append((weeks_before, str(race.priority), race.day, named[len(named) - 1 - weeks_before]))
    return sorted(found)


def sessions_expected(example: Example) -> list[WantedSession]:
    template = template_expected(example)
    found = sessions_wanted(
        [Session(str(session.load), session.minutes, session.shortest) for session in template.strength],
        example.monday,
        Given(
            plan_start=example.plan_start,
            experience=str(example.experience),
            short_on_time=example.short_on_time,
            recovery=template.recovery,
            races=tuple(race.day for race in example.races if race.priority == "A"),
            checkins=example.counted,
            pauses=example.pauses,
        ),
    )
    # The first ones stay.
    return [
        (template.strength[number].routine, session.load, session.minutes, session.shortest)
        for number, session in enumerate(found)
    ]


def runs_expected(example: Example) -> dict[str, WantedRun]:
    week = week_name(example.monday)
    race_days = {race.day for race in example.races}
    # The race of a template that a race brings for its own week is that race.
    brought = templates_of_races(example)
    is_race_week = example.override is None and bool(brought) and brought[0][0] == 0
    keys: list[str] = []
    found: list[WantedRun] = []
    numbers = dict.fromkeys(range(7), 0)
    for run in template_expected(example).runs:
        weekday = WEEKDAYS.index(run.day)
        numbers[weekday] += 1  # also of what the race takes the place of: the others keep their keys
        day = example.monday + timedelta(days=weekday)
        if is_race_week and run.kind == "race":
            continue
        if day not in race_days and not paused(example, day):
            keys.append(f"{week}/run/{run.day}-{numbers[weekday]}")
            found.append((day, str(run.kind), run.minutes))
    easy = made_easy([(day, kind) for day, kind, _ in found], example.monday, example.counted)
    if easy is not None:
        day, _, minutes = found[easy]
        found[easy] = (day, "easy", minutes)
    for race in example.races:
        if first_day(race.day) == example.monday and not paused(example, race.day):
            keys.append(f"{week}/run/race-{WEEKDAYS[race.day.weekday()]}")
            found.append((race.day, "race", race_minutes(race)))
    return dict(zip(keys, found, strict=True))


def race_minutes(race: Race) -> int:
    """At 6:00 a kilometre, if it has a distance and no length."""
    if race.minutes is None and race.distance is not None:
        return round(race.distance * 6 / 1000)
    return race.minutes or 120


def paused(example: Example, day: date) -> bool:
    return any(first <= day <= last for first, last in example.pauses)


# --- random weeks -------------------------------------------------------------------------------------------


@st.composite
def listed_sessions(draw: st.DrawFn, number: int) -> Listed:
    minutes = draw(st.one_of(st.sampled_from((20, 25, 30, 45)), st.integers(10, 60)))
    shortest = draw(st.one_of(st.just(minutes), st.integers(10, minutes)))
    load = Load(draw(st.sampled_from(LOADS)))
    return Listed(routine=f"routine-{number}", load=load, minutes=minutes, least=shortest)


@st.composite
def week_templates(draw: st.DrawFn, name: str) -> WeekTemplate:
    days = draw(st.lists(st.integers(0, 6), max_size=9))
    if draw(st.booleans()):
        days.sort()
    runs = tuple(
        Run(WEEKDAYS[day], Kind(draw(st.sampled_from(KINDS))), draw(st.integers(20, 150))) for day in days
    )
    return WeekTemplate(
        name=name,
        title=name,
        recovery=draw(st.sampled_from((False, False, True))),
        runs=runs,
        strength=tuple(
            draw(listed_sessions(number)) for number in range(draw(st.sampled_from((0, 1, 2, 2, 3, 3))))
        ),
    )


@st.composite
def races(draw: st.DrawFn, monday: date, names: Sequence[str]) -> Race:
    """In the weeks that matter for the week of `monday`, or anywhere."""
    ahead = draw(
        st.one_of(st.integers(0, 6), st.integers(-9, 23), st.integers(-9, 23), st.integers(-200, 200))
    )
    return Race(
        day=monday + timedelta(days=ahead),
        start=draw(st.one_of(st.none(), st.integers(0, 1439))),
        minutes=draw(st.one_of(st.none(), st.integers(20, 400))),
        distance=draw(st.sampled_from((None, 5_000, 20_999, 21_098, 42_195))),
        priority=draw(st.sampled_from((Priority.A, Priority.A, Priority.B, Priority.C))),
        weeks=draw(st.one_of(st.none(), st.lists(st.sampled_from(names), max_size=4).map(tuple))),
    )


@st.composite
def checkins(draw: st.DrawFn, monday: date) -> tuple[tuple[date, frozenset[Sign]], ...]:
    """Those that point at the week of `monday`, and its neighbours; in any order."""
    days = st.one_of(st.integers(-4, 2), st.integers(-4, 2), st.integers(-12, 9))
    offsets = draw(st.lists(days, max_size=4, unique=True))
    return tuple(
        (monday + timedelta(days=offset), frozenset(draw(st.permutations(SIGNS))[: draw(st.integers(0, 4))]))
        for offset in offsets
    )


@st.composite
def examples(draw: st.DrawFn) -> Example:
    # Around the turn of the year, too, where ISO weeks are of another year than their days.
    first = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 800)))
    monday = first_day(first) + timedelta(weeks=draw(st.integers(0, 30)))
    names = ("usual", "taper", "race-week")
    pauses = []
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        begins = monday + timedelta(days=draw(st.integers(-2, 6)))
        pauses.append((begins, begins + timedelta(days=draw(st.integers(0, 3)))))
    return Example(
        monday=monday,
        templates=tuple(draw(week_templates(name)) for name in names),
        plan_start=first,
        experience=draw(st.sampled_from(tuple(Experience))),
        short_on_time=draw(st.sampled_from((False, False, True))),
        min_days_apart=draw(st.sampled_from((2, 2, 3, 4))),
        races=tuple({race.day: race for race in draw(st.lists(races(monday, names), max_size=3))}.values()),
        override=draw(st.sampled_from((None, None, None, *names))),
        pauses=tuple(pauses),
        checkins=draw(checkins(monday)),
    )


@settings(max_examples=usually(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(examples())
def test_a_week_wants_the_sessions_that_the_tables_leave(example: Example) -> None:
    week = product(example)
    assert sessions_of(week) == sessions_expected(example)
    assert week.min_days_apart == days_apart(example.min_days_apart, example.monday, example.counted)


@settings(max_examples=usually(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(examples())
def test_a_week_has_its_runs_the_race_and_at_most_one_made_easy(example: Example) -> None:
    assert runs_of(product(example)) == runs_expected(example)


@settings(max_examples=usually(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(examples())
def test_progressions_only_lower(example: Example) -> None:
    listed = template_expected(example).strength
    wanted = sessions_of(product(example))
    assert len(wanted) <= len(listed)
    assert not listed or wanted  # strength shrinks, but no progression takes the last session away
    for (routine, load, minutes, shortest), was in zip(wanted, listed, strict=False):
        assert routine == was.routine
        assert LOADS.index(load) <= LOADS.index(was.load)
        assert minutes <= was.minutes
        assert shortest <= min(was.shortest, minutes)


@settings(max_examples=usually(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(examples())
def test_another_order_of_the_check_ins_changes_nothing(example: Example) -> None:
    week = product(example)
    other = product(replace(example, checkins=example.checkins[::-1]))
    assert sessions_of(week) == sessions_of(other)
    assert runs_of(week) == runs_of(other)
    assert week.min_days_apart == other.min_days_apart


# --- examples to read ---------------------------------------------------------------------------------------

MONDAY = date(2026, 11, 23)  # W48
THREE = ("heavy 40/25", "moderate 30/20", "light 30/30")


def session(number: int, text: str) -> Listed:
    load, _, lengths = text.partition(" ")
    minutes, shortest = lengths.split("/")
    return Listed(routine=f"routine-{number}", load=Load(load), minutes=int(minutes), least=int(shortest))


def week_of(
    *listed: str,
    runs: tuple[Run, ...] = (),
    recovery: bool = False,
    monday: date = MONDAY,
    plan_start: date = date(2026, 1, 1),
    experience: str = "experienced",
    short_on_time: bool = False,
    min_days_apart: int = 2,
    race: Race | None = None,
    pauses: tuple[tuple[date, date], ...] = (),
    checkins: tuple[tuple[date, int], ...] = (),
) -> WantedWeek:
    strength = tuple(session(number, text) for number, text in enumerate(listed))
    template = WeekTemplate(name="a", title="a", recovery=recovery, runs=runs, strength=strength)
    return product(
        Example(
            monday,
            (template,),
            plan_start,
            Experience(experience),
            short_on_time,
            min_days_apart,
            (race,) if race else (),
            None,
            pauses,
            tuple((day, frozenset(SIGNS[:signs])) for day, signs in checkins),
        )
    )


def shown(week: WantedWeek) -> list[str]:
    """As in the tables, each session of which is the one that the template lists at this place."""
    found = sessions_of(week)
    assert [routine for routine, *_ in found] == [f"routine-{number}" for number in range(len(found))]
    return [f"{load} {minutes}/{shortest}" for _, load, minutes, shortest in found]


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (1, ["light 20/20"]),
        (2, ["light 20/20"]),
        (3, ["light 20/20", "light 20/20"]),
        (4, ["light 20/20", "light 20/20"]),
        (5, ["moderate 25/25", "moderate 25/20"]),
        (6, ["moderate 25/25", "moderate 25/20"]),
        (7, ["moderate 30/25", "moderate 30/20"]),
        (8, ["moderate 30/25", "moderate 30/20"]),
        (9, ["heavy 40/25", "moderate 30/20"]),
        (10, ["heavy 40/25", "moderate 30/20"]),
        (31, ["heavy 40/25", "moderate 30/20"]),
    ],
)
def test_ease_in(number: int, wanted: list[str]) -> None:
    # A first week of which a Friday, Saturday and Sunday are left is not week 1: the one after it is.
    first = MONDAY - timedelta(weeks=number - 1)
    for days in (0, 3, -3, -1):
        start = first + timedelta(days=days)
        assert shown(week_of(*THREE, experience="new", plan_start=start)) == wanted


@pytest.mark.parametrize(
    ("experience", "short_on_time", "wanted"),
    [
        ("regular", False, ["heavy 40/25", "moderate 30/20"]),
        ("experienced", False, ["heavy 40/25", "moderate 30/20", "light 30/30"]),
        ("regular", True, ["heavy 25/25", "moderate 20/20"]),
        ("experienced", True, ["heavy 25/25", "moderate 20/20"]),
    ],
)
def test_twice_a_week(experience: str, short_on_time: bool, wanted: list[str]) -> None:
    assert shown(week_of(*THREE, experience=experience, short_on_time=short_on_time)) == wanted


@pytest.mark.parametrize(
    ("listed", "experience", "wanted"),
    [
        (THREE, "experienced", ["moderate 40/25", "moderate 30/20"]),
        # One fewer than the three of the template are the two that a regular has in any week.
        (THREE, "regular", ["moderate 40/25", "moderate 30/20"]),
        (THREE[:2], "regular", ["moderate 40/25"]),
        (THREE[:1], "regular", ["moderate 40/25"]),
        ((), "regular", []),
    ],
)
def test_ease_off(listed: tuple[str, ...], experience: str, wanted: list[str]) -> None:
    assert shown(week_of(*listed, experience=experience, recovery=True)) == wanted


@pytest.mark.parametrize(
    ("race", "wanted"),
    [
        # A race on Sunday 20 December, W51: its own week is the last one, W50 the one before.
        (
            date(2026, 12, 20),
            {
                "W49": ["heavy 40/25", "moderate 30/20", "light 30/30"],
                "W50": ["moderate 20/20", "moderate 20/20"],
                "W51": ["light 20/20"],
                "W52": ["heavy 40/25", "moderate 30/20", "light 30/30"],
            },
        ),
        # A race on Monday 21 December, W52: the day before is the Sunday of W51, so nothing shifts; only
        # placement, not the progression, sees what the week of the race is.
        (
            date(2026, 12, 21),
            {
                "W49": ["heavy 40/25", "moderate 30/20", "light 30/30"],
                "W50": ["moderate 20/20", "moderate 20/20"],
                "W51": ["light 20/20"],
                "W52": ["heavy 40/25", "moderate 30/20", "light 30/30"],
            },
        ),
        # A race on Tuesday 22 December: the Monday before it is in its own week.
        (
            date(2026, 12, 22),
            {
                "W50": ["heavy 40/25", "moderate 30/20", "light 30/30"],
                "W51": ["moderate 20/20", "moderate 20/20"],
                "W52": ["light 20/20"],
                "W53": ["heavy 40/25", "moderate 30/20", "light 30/30"],
            },
        ),
    ],
)
def test_taper(race: date, wanted: dict[str, list[str]]) -> None:
    weeks = [Week.parse(f"2026-{week}") for week in wanted]
    found = [shown(week_of(*THREE, monday=week.monday, race=Race(race))) for week in weeks]
    assert found == list(wanted.values())


@pytest.mark.parametrize(
    ("signs", "wanted", "apart"),
    [
        (0, ["heavy 40/25", "moderate 30/20", "light 30/30"], 2),
        (1, ["moderate 25/25", "light 20/20", "light 30/30"], 2),
        (2, ["moderate 25/25", "light 20/20"], 3),
        (3, ["light 25/25"], 3),
        (4, ["light 25/25"], 3),
    ],
)
def test_out_of_balance(signs: int, wanted: list[str], apart: int) -> None:
    week = week_of(*THREE, checkins=((MONDAY, signs),))
    assert shown(week) == wanted
    assert week.min_days_apart == apart
    assert week_of(*THREE, checkins=((MONDAY, signs),), min_days_apart=4).min_days_apart == 4


def test_a_check_in_acts_on_the_week_four_days_after_it() -> None:
    thursday, wednesday = MONDAY - timedelta(days=4), MONDAY + timedelta(days=2)
    for day in (thursday, wednesday):
        assert shown(week_of(THREE[0], checkins=((day, 1),))) == ["moderate 25/25"]
    for day in (thursday - timedelta(days=1), wednesday + timedelta(days=1)):
        assert shown(week_of(THREE[0], checkins=((day, 1),))) == ["heavy 40/25"]
    # The latest counts, also if it says that all is well.
    assert shown(week_of(THREE[0], checkins=((wednesday, 0), (thursday, 4)))) == ["heavy 40/25"]


def test_progressions_apply_one_after_the_other() -> None:
    # A recovery week ends with one of two sessions, moderate; a sign makes it light and short; one stays.
    both = week_of(*THREE[:2], recovery=True, checkins=((MONDAY, 2),))
    assert shown(both) == ["light 25/25"]
    # Three listed, two for a regular, one fewer with two signs.
    assert shown(week_of(*THREE, experience="regular", checkins=((MONDAY, 2),))) == ["moderate 25/25"]
    # Eased in to 25 minutes, tapered to 20, and no shorter length is left for the sign.
    new = week_of(
        "heavy 40/30",
        experience="new",
        plan_start=MONDAY - timedelta(weeks=5),
        race=Race(MONDAY + timedelta(days=13)),
        checkins=((MONDAY, 1),),
    )
    assert shown(new) == ["light 20/20"]


RUNS = (
    Run(WEEKDAYS[3], Kind.TEMPO, 50),
    Run(WEEKDAYS[1], Kind.INTERVALS, 60),
    Run(WEEKDAYS[3], Kind.HILLS, 40),
    Run(WEEKDAYS[3], Kind.EASY, 30),
    Run(WEEKDAYS[5], Kind.LONG, 120),
    Run(WEEKDAYS[6], Kind.RACE, 45),
)


@pytest.mark.parametrize(
    ("checkin", "signs", "easy"),
    [
        (0, 2, None),
        (0, 3, "thu-2"),  # the last of its day as the template lists them; neither long run nor race
        (-4, 4, "thu-2"),
        (2, 3, "thu-2"),
    ],
)
def test_the_last_hard_run_becomes_easy(checkin: int, signs: int, easy: str | None) -> None:
    plain = runs_of(week_of(runs=RUNS))
    assert sorted(plain.values()) == sorted(
        (MONDAY + timedelta(days=run.day.number), str(run.kind), run.minutes) for run in RUNS
    )
    changed = runs_of(week_of(runs=RUNS, checkins=((MONDAY + timedelta(days=checkin), signs),)))
    if easy is not None:
        key = f"2026-W48/run/{easy}"
        day, _, minutes = plain[key]
        plain[key] = (day, "easy", minutes)
    assert changed == plain


@pytest.mark.parametrize(
    ("first", "last", "two", "three"),
    [
        (-3, -1, 2, 3),  # the week before
        (7, 9, 2, 3),  # the week after
        (6, 6, 2, 2),
        (5, 6, 2, 2),
        (-2, 2, 1, 1),  # Monday to Wednesday: four days are left
        (3, 9, 1, 1),  # Thursday to Sunday: three
        (2, 6, 1, 1),
        (1, 6, 0, 0),
        (0, 6, 0, 0),
        (-9, 20, 0, 0),
    ],
)
def test_a_pause_in_a_part_of_the_week(first: int, last: int, two: int, three: int) -> None:
    pauses = ((MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)),)
    listed = ["moderate 30/20"] * 3
    assert shown(week_of(*listed[:2], pauses=pauses)) == listed[:two]
    assert shown(week_of(*listed, pauses=pauses)) == listed[:three]
    assert [note.rule for note in week_of(*listed[:2], pauses=pauses).adjusted.notes] == (
        ["pause"] if two < 2 else []
    )
    # Days count once, in however many pauses, and a check-in takes away no more.
    assert shown(week_of(*listed, pauses=pauses * 2, checkins=((MONDAY, 1),))) == ["light 20/20"] * three


def test_a_hard_run_before_the_check_in_stays() -> None:
    tuesday = RUNS[1:2]
    wednesday = ((MONDAY + timedelta(days=2), 3),)
    assert runs_of(week_of(runs=tuesday, checkins=wednesday)) == runs_of(week_of(runs=tuesday))
    on_the_day = runs_of(week_of(runs=tuesday, checkins=((MONDAY + timedelta(days=1), 3),)))
    assert on_the_day["2026-W48/run/tue-1"] == (MONDAY + timedelta(days=1), "easy", 60)


def test_the_race_takes_the_place_of_the_runs_of_its_date() -> None:
    thursday = MONDAY + timedelta(days=3)
    race = Race(thursday, minutes=95)
    found = runs_of(week_of(runs=RUNS, race=race))
    expected = runs_of(week_of(runs=RUNS))
    expected = {key: run for key, run in expected.items() if "/thu-" not in key}
    expected["2026-W48/run/race-thu"] = (thursday, "race", 95)
    assert found == expected
    # Neither the race nor what it took the place of is in a pause.
    paused_race = runs_of(week_of(runs=RUNS, race=race, pauses=((thursday, thursday),)))
    del expected["2026-W48/run/race-thu"]
    assert paused_race == expected
    # With the race on Thursday the intervals of Tuesday are the last hard run.
    easier = runs_of(week_of(runs=RUNS, race=race, checkins=((MONDAY, 3),)))
    assert easier["2026-W48/run/tue-1"] == (MONDAY + timedelta(days=1), "easy", 60)
    assert easier["2026-W48/run/race-thu"] == (thursday, "race", 95)
