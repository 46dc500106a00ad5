"""Week templates and routines: the shipped ones, any valid one, and any broken one."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from calsync.config.templates import Library, load_routine
from calsync.config.toml import shipped_folder
from calsync.errors import TemplateError
from calsync.planning.lint import lint
from calsync.program import CrossEffort, WeekTemplate
from calsync.training import Kind, Load, Region, Sport, Weekday
from calsync.words import printable_lines
from tests.soak import usually

SHIPPED = sorted(path.stem for path in shipped_folder("templates").glob("*.toml"))
ROUTINES = sorted(path.stem for path in (shipped_folder("templates") / "routines").glob("*.toml"))
LIBRARY = Library(Path("/nowhere"))


# --- the shipped ones -------------------------------------------------------------------------------------


def test_all_shipped_ones_are_found_by_name() -> None:
    assert list(LIBRARY.template_names()) == SHIPPED
    assert list(LIBRARY.routine_names()) == ROUTINES
    assert {"balanced", "recovery", "taper", "race-week", "short-on-time", "experienced-three"} <= set(
        SHIPPED
    )


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_is_good_training(name: str) -> None:
    template = LIBRARY.template(name)
    assert template.name == name
    assert template.title
    assert template.about.endswith(".")
    routines = {session.routine: LIBRARY.routine(session.routine) for session in template.strength}
    assert lint(template, routines) == ()
    for run in template.runs:
        assert run.title
        assert run.notes, "a runner wants to know what to do"
    for session in template.strength:
        assert 20 <= session.shortest <= session.minutes <= 30
        assert routines[session.routine].within(session.shortest)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_week_leaves_it_to_the_runner_when_to_run(name: str) -> None:
    """So that `usual_start` decides; only a race has its hour."""
    times = [run for run in LIBRARY.template(name).runs if run.start is not None or run.between]
    assert all(run.kind is Kind.RACE for run in times)


@pytest.mark.parametrize("name", ROUTINES)
def test_a_shipped_routine_can_be_done_as_it_is_written(name: str) -> None:
    routine = LIBRARY.routine(name)
    assert routine.title
    assert routine.about
    for exercise in routine.exercises:
        assert exercise.name
        assert exercise.cue
        assert exercise.trains
        for load in Load:
            assert exercise.prescription(load) is not None
    for minutes in (20, 25, 30):
        assert sum(exercise.minutes for exercise in routine.within(minutes)) <= minutes


# --- any valid one ----------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.sampled_from(ROUTINES)


def lengths(least: int, most: int) -> st.SearchStrategy[tuple[int, str]]:
    """Minutes, and how they may be written."""

    def written(minutes: int) -> st.SearchStrategy[tuple[int, str]]:
        hours, rest = divmod(minutes, 60)
        ways = [f"{minutes}m", f"{hours}h{rest}m", f"{hours}h{rest:02}m"] + (
            [f"{hours}h"] if not rest else []
        )
        return st.tuples(st.just(minutes), st.sampled_from(ways))

    return st.integers(least, most).flatmap(written)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def weeks(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A template's text, and what it means: the fields of WeekTemplate that matter, as plain values."""
    rest = draw(st.lists(st.sampled_from(Weekday), max_size=3, unique=True))
    days = [day for day in Weekday if day not in rest]
    title = draw(texts)
    expected: dict[str, Any] = {
        "title": printable_lines(title),
        "recovery": draw(st.booleans()),
        "rest": tuple(rest),
    }
    lines = [f"title = {toml_string(title)}"]
    lines += [f"recovery = {str(expected['recovery']).lower()}", f"rest = {json.dumps(rest)}"]
    runs, taken = [], set()
    for _ in range(draw(st.integers(0, 6))):
        day, kind = draw(st.sampled_from(days)), draw(st.sampled_from(Kind))
        minutes, duration = draw(lengths(1, 240))
        title = draw(texts)
        lines += ["[[runs]]", f'day = "{day}"', f'kind = "{kind}"', f'duration = "{duration}"']
        lines += [f"title = {toml_string(title)}"]
        start, between = None, ()
        way = draw(st.sampled_from(["none", "start", "between"]))
        if way == "start" and day not in taken:
            taken.add(day)
            start = draw(st.integers(0, 1439 - minutes))
            lines.append(f'start = "{clock(start)}"')
        elif way == "between":
            edges = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
            between = (tuple(edges),)
            lines.append(f'between = ["{clock(edges[0])}-{clock(edges[1])}"]')
        runs.append((day, kind, minutes, printable_lines(title), start, between))
    cross = []
    for _ in range(draw(st.integers(0, 3))):
        sport, effort = draw(st.sampled_from(Sport)), draw(st.sampled_from(get_args(CrossEffort)))
        is_no_strain = effort == "easy" or sport in ("swim", "paddle")
        day = draw(st.sampled_from(Weekday if is_no_strain else days))
        minutes, duration = draw(lengths(1, 240))
        lines += ["[[cross]]", f'day = "{day}"', f'sport = "{sport}"', f'effort = "{effort}"']
        lines += [f'duration = "{duration}"']
        start = None
        if day not in taken and draw(st.booleans()):
            taken.add(day)
            start = draw(st.integers(0, 1439 - minutes))
            lines.append(f'start = "{clock(start)}"')
        cross.append((day, sport, effort, minutes, start))
    sessions = []
    for _ in range(draw(st.integers(0, 3))):
        routine, load = draw(names), draw(st.sampled_from(Load))
        lines += ["[[strength]]", f'routine = "{routine}"', f'load = "{load}"']
        minutes = 30
        if draw(st.booleans()):
            minutes, duration = draw(lengths(1, 90))
            lines.append(f'duration = "{duration}"')
        shortest = min(20, minutes)
        if draw(st.booleans()):
            shortest, duration = draw(lengths(1, minutes))
            lines.append(f'shortest = "{duration}"')
        sessions.append((routine, load, minutes, shortest))
    return "\n".join(lines) + "\n", {**expected, "runs": runs, "cross": cross, "strength": sessions}


def toml_string(text: str) -> str:
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in text)
    return f'"{escaped}"'


def plain(template: WeekTemplate) -> dict[str, Any]:
    return {
        "title": template.title,
        "recovery": template.recovery,
        "rest": template.rest,
        "runs": [
            (r.day, r.kind, r.minutes, r.title, r.start, tuple((t.start, t.end) for t in r.between))
            for r in template.runs
        ],
        "cross": [(c.day, c.sport, c.effort, c.minutes, c.start) for c in template.cross],
        "strength": [(s.routine, s.load, s.minutes, s.shortest) for s in template.strength],
    }


@settings(max_examples=usually(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(week=weeks())
def test_any_valid_template_means_what_it_says(tmp_path: Path, week: tuple[str, dict[str, Any]]) -> None:
    text, expected = week
    path = tmp_path / "week.toml"
    path.write_text(text, newline="")
    template = Library(tmp_path).template("week.toml")
    assert plain(template) == expected
    # And lint has something to say to all of them, or nothing; but no trouble of its own.
    lint(template, {s.routine: LIBRARY.routine(s.routine) for s in template.strength})


# --- any broken one ---------------------------------------------------------------------------------------


def load_template(path: Path) -> WeekTemplate:
    return Library(path.parent).template(str(path))


def loads_or_says_why(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for load in (load_template, load_routine):
        why = str(path)
        try:
            load(path)
        except TemplateError as problem:
            why = str(problem)
        assert why.startswith(str(path))


@settings(max_examples=usually(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from([*SHIPPED, *(f"routines/{name}" for name in ROUTINES)]))
def test_a_template_with_a_hole_loads_or_says_why(tmp_path: Path, data: st.DataObject, name: str) -> None:
    whole = (shipped_folder("templates") / f"{name}.toml").read_bytes()
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(len(whole), begin + 80)))
    filling = data.draw(
        st.binary(max_size=4) | st.sampled_from([b'"', b"[", b"]]", b"=", b"#", b"\n", b"'''", b"1"])
    )
    loads_or_says_why(tmp_path / "x.toml", whole[:begin] + filling + whole[end:])


@settings(max_examples=usually(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(SHIPPED))
def test_a_template_with_a_value_of_another_kind_loads_or_says_why(
    tmp_path: Path, data: st.DataObject, name: str
) -> None:
    lines = (shipped_folder("templates") / f"{name}.toml").read_text().splitlines()
    keys = [n for n, line in enumerate(lines) if "=" in line and not line.startswith("#")]
    assume(keys)
    at = data.draw(st.sampled_from(keys))
    value = data.draw(
        st.sampled_from(
            [
                "3",
                "-1",
                "1.5",
                "true",
                '""',
                '"x"',
                "[]",
                "[1]",
                "{}",
                "{a = 1}",
                "2026-11-23",
                "nan",
                "['mon']",
            ]
        )
    )
    lines[at] = f"{lines[at].partition('=')[0]}= {value}"
    loads_or_says_why(tmp_path / "x.toml", "\n".join(lines).encode())


# --- where they are found ---------------------------------------------------------------------------------


def test_the_runners_own_come_first(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "routines").mkdir(parents=True)
    (own / "balanced.toml").write_text(
        'title = "My balance"\n[[strength]]\nroutine = "mobility"\nload = "light"\n'
    )
    (own / "routines" / "mobility.toml").write_text(
        'title = "My mobility"\n[[exercises]]\nname = "A"\nminutes = 5\ntrains = ["core"]\n'
    )
    library = Library(tmp_path, own)
    assert library.template("balanced").title == "My balance"
    assert library.routine("mobility").title == "My mobility"
    assert library.template("recovery").title == LIBRARY.template("recovery").title
    assert set(library.template_names()) == set(SHIPPED)


def test_a_template_by_path_finds_the_routines_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "club"
    (folder / "routines").mkdir(parents=True)
    (folder / "week.toml").write_text('title = "W"\n[[strength]]\nroutine = "ropes"\nload = "light"\n')
    (folder / "routines" / "ropes.toml").write_text(
        'title = "Ropes"\n[[exercises]]\nname = "A"\nminutes = 5\ntrains = ["core"]\n'
    )
    library = Library(tmp_path)
    assert library.template("club/week.toml").strength[0].routine == "ropes"
    assert library.template("club/week.toml").name == "week"
    assert library.routine("ropes", folder).title == "Ropes"
    with pytest.raises(TemplateError, match="ropes"):
        library.routine("ropes")


def test_a_shorter_session_keeps_what_comes_first_and_fits() -> None:
    routine = LIBRARY.routine("lower-body")
    thirty, twenty = routine.within(30), routine.within(20)
    assert [exercise for exercise in thirty if exercise in twenty] == list(twenty)
    assert twenty[0] == routine.exercises[0]
    assert len(twenty) < len(thirty)


def test_the_four_regions_are_covered_by_the_shipped_weeks() -> None:
    for name in ("balanced", "marathon-build", "ten-k-build", "half-marathon-build", "first-5k"):
        sessions = LIBRARY.template(name).strength
        trained = {r for s in sessions for e in LIBRARY.routine(s.routine).exercises for r in e.trains}
        assert trained == set(Region), name
