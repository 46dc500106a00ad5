"""`calsync templates` and `calsync lint`."""

import re

import pytest

from calsync.config.toml import shipped_folder
from tests.cli.box import ROOT, Box, as_said

SHIPPED = sorted(path.stem for path in shipped_folder("templates").glob("*.toml"))
ROUTINES = sorted(path.stem for path in (shipped_folder("templates") / "routines").glob("*.toml"))
DOUBTFUL = """title = "Hard on hard"
strength_days = ["sat"]
[[runs]]
day = "fri"
kind = "tempo"
duration = "50m"
[[runs]]
day = "sat"
kind = "long"
duration = "90m"
[[strength]]
routine = "mobility"
load = "light"
duration = "60m"
"""


@pytest.fixture
def bare(box: Box) -> Box:
    """No config: as somebody who has just installed calsync."""
    (box.folder / "config.toml").unlink()
    return box


def test_list_names_all(bare: Box) -> None:
    out = bare.ok("templates", "list").out
    for name in (*SHIPPED, *ROUTINES):
        assert re.search(rf"^  {name} ", out, re.MULTILINE)
    assert re.search(r"balanced +5 runs, 2 strength +Balanced week", out)


@pytest.mark.parametrize("name", SHIPPED)
def test_show_a_template(bare: Box, name: str) -> None:
    out = bare.ok("templates", "show", name).out
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        assert re.search(rf"^  {day} ", out, re.MULTILINE)
    assert re.search(r"^  \+ ", out, re.MULTILINE), "its strength sessions"


@pytest.mark.parametrize("name", ROUTINES)
def test_show_a_routine(bare: Box, name: str) -> None:
    out = bare.ok("templates", "show", name).out
    assert re.search(r"^ +\d+ min  .+, \d+ x \d+s?$", out, re.MULTILINE)


def test_show_by_path(bare: Box) -> None:
    bare.write("mine.toml", DOUBTFUL)
    assert "Hard on hard" in bare.ok("templates", "show", "./mine.toml").out
    assert "Hard on hard" in bare.ok("templates", "show", "mine.toml").out


@pytest.mark.parametrize(
    "command", ["show balancd", "copy balancd x.toml", "show lower-bodi", "show ./missing.toml"]
)
def test_what_is_not_there(bare: Box, command: str) -> None:
    result = bare.run("templates", *command.split())
    assert (result.code, result.out) == (3, "")
    assert command.split()[1].removeprefix("./") in result.error
    assert not (bare.folder / "x.toml").exists()


@pytest.mark.parametrize("name", [*SHIPPED, *ROUTINES])
def test_a_copy_is_the_file_itself_and_names_its_schema_from_where_it_is(bare: Box, name: str) -> None:
    bare.ok("templates", "copy", name, "new/mine.toml")
    kind, folder = ("week", "") if name in SHIPPED else ("routine", "routines")
    first, rest = (bare.folder / "new" / "mine.toml").read_text("utf-8").split("\n", 1)
    of_original, original = (
        (shipped_folder("templates") / folder / f"{name}.toml").read_text("utf-8").split("\n", 1)
    )
    assert rest == original
    assert of_original.endswith(f"../schemas/{kind}.schema.json")
    assert first == f"#:schema {(ROOT / 'schemas' / f'{kind}.schema.json').as_uri()}"


def test_a_copy_of_a_file_of_ones_own_gets_the_line_that_it_lacks(bare: Box) -> None:
    bare.write("mine.toml", DOUBTFUL)
    bare.ok("templates", "copy", "mine.toml", "new/mine.toml")
    first, rest = (bare.folder / "new" / "mine.toml").read_text("utf-8").split("\n", 1)
    assert (first[:8], rest) == ("#:schema", DOUBTFUL)


def test_a_copy_can_be_edited_and_used(box: Box) -> None:
    box.ok("templates", "copy", "balanced", "mine/balanced.toml")
    path = box.folder / "mine" / "balanced.toml"
    path.write_text(path.read_text().replace("6 x 800 m", "5 x 1 km"))
    box.config(plan='templates = "mine"')
    assert box.plan()["weeks"][0]["runs"][0]["title"] == "5 x 1 km"
    assert "5 x 1 km" in box.ok("templates", "show", "balanced").out


def test_a_copy_replaces_nothing_unasked(bare: Box) -> None:
    bare.write("mine.toml", "# precious")
    result = bare.run("templates", "copy", "balanced", "mine.toml")
    assert result.code == 2
    assert "--force" in result.error
    assert (bare.folder / "mine.toml").read_text() == "# precious"
    bare.ok("templates", "copy", "balanced", "mine.toml", "--force")
    assert 'title = "Balanced week"' in (bare.folder / "mine.toml").read_text()


def test_a_copy_into_a_folder_keeps_its_name(bare: Box) -> None:
    (bare.folder / "mine").mkdir()
    bare.ok("templates", "copy", "balanced", "mine")
    assert (bare.folder / "mine" / "balanced.toml").is_file()
    assert bare.run("templates", "copy", "balanced", "mine").code == 2


def test_a_copy_that_can_not_be_written(box: Box) -> None:
    for path in ("/proc/x.toml", "config.toml/x.toml"):
        result = box.run("templates", "copy", "balanced", path)
        assert result.code == 5
        assert path in result.error


# --- lint -------------------------------------------------------------------------------------------------


def test_all_shipped_ones_pass(bare: Box) -> None:
    result = bare.ok("lint")
    assert result.out.splitlines() == [f"ok  {name}" for name in SHIPPED]
    assert result.err == ""


def test_with_a_config_its_own_are_checked(box: Box) -> None:
    box.config(weeks='["recovery", "balanced", "recovery"]', plan='[plan.override]\n2026-W52 = "taper"\n')
    assert box.ok("lint").out.splitlines() == ["ok  recovery", "ok  balanced", "ok  taper"]
    assert box.ok("lint", "race-week").out.splitlines() == ["ok  race-week"]


def test_doubts_are_warnings_with_rule_place_and_advice(bare: Box) -> None:
    path = bare.write("mine.toml", DOUBTFUL)
    result = bare.ok("lint", "mine.toml", "balanced")
    for line, place, rule in (
        (8, "runs[1].day", "no-back-to-back"),
        (14, "strength[0].duration", "short-and-regular"),
        (2, "strength_days[0]", "long-run-day"),
    ):
        where = re.escape(f"{path}:{line}: {as_said(place)}: ")
        assert re.search(rf"^warning  {where}.+ \({rule}\)\n +\S", result.out, re.MULTILINE)
    assert result.out.endswith("ok  balanced\n")
    assert bare.ok("lint", str(path)).out + "ok  balanced\n" == result.out


def test_what_no_calendar_can_hold_is_an_error(bare: Box) -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    runs = "".join(f'[[runs]]\nday = "{day}"\nkind = "race"\nduration = "30m"\n' for day in days)
    path = bare.write(
        "mine.toml", f'title = "Races"\n{runs}[[strength]]\nroutine = "mobility"\nload = "light"\n'
    )
    result = bare.run("lint", "mine.toml", "balanced")
    assert result.code == 3
    assert f"error  {path}:30: the 1st strength session: " in result.out
    assert "ok  balanced" in result.out
    assert "1 error in the templates" in result.error


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('titel = "X"\n', 'did you mean "title"?'),
        ('title = "X"\n[[strength]]\nroutine = "lower-bdy"\nload = "light"\n', 'did you mean "lower-body"?'),
        ('title = "X\n', "not valid TOML"),
        ('title = "X"\n[[runs]]\nday = "mon"\nkind = "jog"\nduration = "1h"\n', "one of intervals"),
    ],
)
def test_a_template_that_can_not_be_read_is_an_error_and_the_others_are_checked(
    bare: Box, content: str, says: str
) -> None:
    bare.write("mine.toml", content)
    result = bare.run("lint", "mine.toml", "balanced")
    assert result.code == 3
    assert says in result.out
    assert str(bare.folder / "mine.toml") in result.out
    assert "ok  balanced" in result.out


def test_lint_looks_for_files_from_here_and_the_config_from_its_folder(box: Box) -> None:
    box.write("deep/week.toml", 'title = "Deep"\n')
    box.write("deep/config.toml", box.config(weeks='["week.toml"]').read_text())
    assert box.ok("lint", "-c", "deep/config.toml").out == "ok  week.toml\n"
    assert box.run("lint", "-c", "deep/config.toml", "week.toml").code == 3
    assert box.ok("lint", "-c", "deep/config.toml", "deep/week.toml").out == "ok  deep/week.toml\n"
