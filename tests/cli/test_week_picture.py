"""The drawing of a week template in a terminal."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.cli.templates import week_header, week_picture
from calsync.config.templates import Library
from calsync.config.toml import shipped_folder
from calsync.program import Run, Session, WeekTemplate
from calsync.training import WEEKDAYS, Kind, Load
from tests.cli.box import Box

SHIPPED = sorted(path.stem for path in shipped_folder("templates").glob("*.toml"))
LIBRARY = Library(shipped_folder("templates"))


def drawn(week: WeekTemplate, width: int, label: str = "") -> list[str]:
    lines = [week_header(width), *week_picture(week, label or week.name, width)]
    return [click.unstyle(line) for line in lines]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_week_fits_into_any_terminal(name: str) -> None:
    week = LIBRARY.template(name)
    for width in range(30, 200):
        lines = drawn(week, width, f"10 {name}")
        assert max(map(len, lines)) <= width
        assert len({line.rstrip() for line in lines}) == len(lines)


@pytest.mark.parametrize("name", SHIPPED)
def test_at_80_columns_every_day_says_what_is_run_and_how_long(name: str) -> None:
    week = LIBRARY.template(name)
    header, kinds, minutes = drawn(week, 80)
    starts = [header.index(day.long_name[:3]) for day in WEEKDAYS]
    for start, day in zip(starts, WEEKDAYS, strict=True):
        kind, length = kinds[start : start + 8].strip(), minutes[start : start + 8].strip()
        runs = [run for run in week.runs if run.day is day]
        if not runs:
            assert (kind, length) == ("rest" if day in week.rest else "-", "")
        else:
            assert runs[0].kind.startswith(kind.rstrip("."))
            assert length == f"{runs[0].minutes} min"
    assert kinds.startswith(name)
    assert sum(int(word) if word.isdigit() else 0 for word in minutes[:24].split()) <= len(week.strength)
    assert {session.load.value for session in week.strength} <= set(minutes[:24].split())


runs = st.builds(
    Run,
    day=st.sampled_from(WEEKDAYS),
    kind=st.sampled_from(Kind),
    minutes=st.integers(1, 24 * 60),
)
weeks = st.builds(
    WeekTemplate,
    name=st.text("abcdefghij-", min_size=1, max_size=60),
    title=st.just("x"),
    rest=st.lists(st.sampled_from(WEEKDAYS), unique=True).map(tuple),
    runs=st.lists(runs, max_size=10).map(tuple),
    strength=st.lists(st.builds(Session, routine=st.just("x"), load=st.sampled_from(Load)), max_size=8).map(
        tuple
    ),
)


@given(week=weeks, width=st.integers(30, 250))
def test_any_week_fits_and_no_run_is_lost(week: WeekTemplate, width: int) -> None:
    lines = drawn(week, width)
    assert max(map(len, lines)) <= width
    shown = sum(str(run.minutes)[:3] in " ".join(lines) for run in week.runs)
    assert shown == len(week.runs)


def test_show_draws_it_without_colours_in_a_pipe(box: Box) -> None:
    out = box.run("templates", "show", "balanced", env={"COLUMNS": "80"}).out
    for line in drawn(LIBRARY.template("balanced"), 80):
        assert line in out
    assert "\x1b" not in out
