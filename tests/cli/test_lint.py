"""`calsync lint` on templates as people write them: several faults at once, the places, the exit codes."""

import re

import pytest

from tests.cli.box import Box, as_said, as_written

SESSION = '[[strength]]\nroutine = "full-body-short"\nload = "light"\n'
RUN = '[[runs]]\nday = "{}"\nkind = "{}"\nduration = "60m"\nstart = "{}"\n'
# Of all that is wrong with a week, something of each sort.
FAULTS = f"""title = "Too much"
recovery = true
rest = ["mon"]
strength_days = ["sat", "fri"]
{RUN.format("mon", "easy", "07:00")}
{RUN.format("tue", "intervals", "06:30")}
{RUN.format("tue", "easy", "07:00")}
{RUN.format("wed", "tempo", "06:30")}
{RUN.format("sat", "long", "08:00")}
{RUN.format("mon", "recovery", "18:00")}
[[strength]]
routine = "mobility"
load = "heavy"
duration = "50m"
{SESSION * 3}"""
ERRORS = (
    ("strength[3]", "twice-a-week"),
    ("runs[0].day", "rest-day"),
    ("runs[5].day", "rest-day"),
    ("runs[2].start", "run"),
)
WARNINGS = (
    ("runs[3].day", "no-back-to-back"),
    ("strength_days[0]", "long-run-day"),
    ("strength[0].duration", "short-and-regular"),
    ("strength[0].load", "ease-off"),
)


@pytest.fixture
def bare(box: Box) -> Box:
    """No config: as somebody who has just installed calsync."""
    (box.folder / "config.toml").unlink()
    return box


def found(out: str) -> list[tuple[str, str, str]]:
    """Label, place and rule of each finding of mine.toml; each has a line, and a suggestion below it."""
    pattern = r"^(\w+)  /.+/mine\.toml:\d+: ([^:]+): .+ \(([a-z-]+)\)\n {7}\S.+$"
    return re.findall(pattern, as_written(out), re.MULTILINE)


def test_one_fault_hides_no_other(bare: Box) -> None:
    bare.write("mine.toml", FAULTS)
    result = bare.run("lint", "mine.toml", "balanced")
    assert result.code == 3
    assert found(result.out) == [
        *(("error", *place) for place in ERRORS),
        *(("warning", *place) for place in WARNINGS),
    ]
    assert len(result.out.splitlines()) == 2 * (len(ERRORS) + len(WARNINGS)) + 1
    assert result.out.endswith("ok  balanced\n")
    assert result.error == "4 errors in the templates"


@pytest.mark.parametrize(
    ("week", "place", "rule", "almost"),
    [
        (SESSION * 4, "strength[3]", "twice-a-week", SESSION * 3),
        (
            f'rest = ["tue"]\n{RUN.format("tue", "easy", "07:00")}',
            "runs[0].day",
            "rest-day",
            f'rest = ["tue"]\n{RUN.format("wed", "easy", "07:00")}',
        ),
        (
            RUN.format("tue", "easy", "07:00") + RUN.format("tue", "easy", "07:59"),
            "runs[1].start",
            "run",
            RUN.format("tue", "easy", "07:00") + RUN.format("tue", "easy", "08:00"),
        ),
    ],
)
def test_what_plans_refuse_is_an_error_and_they_go_on_refusing_it(
    box: Box, week: str, place: str, rule: str, almost: str
) -> None:
    box.config(weeks='["mine.toml"]')
    path = box.write("mine.toml", f'title = "Mine"\n{week}')
    result = box.run("lint")
    assert result.code == 3
    assert found(result.out) == [("error", place, rule)]
    for command in ("plan", "push"):
        refused = box.run(command)
        assert refused.code == 3
        assert re.match(
            rf"{re.escape(str(path))}:\d+: {re.escape(as_said(place))}: .+ \({rule}\)$", refused.error
        )
    assert not box.feed.exists()
    box.write("mine.toml", f'title = "Mine"\n{almost}')
    assert box.ok("lint").out == "ok  mine.toml\n"
    box.ok("push")


@pytest.mark.parametrize(
    ("week", "place", "rule", "almost"),
    [
        (
            f'rest = ["mon", "tue", "wed", "fri", "sat"]\n{SESSION * 3}',
            "strength[2]",
            "no-back-to-back",
            f'rest = ["mon", "tue", "wed", "fri", "sat"]\n{SESSION * 2}',
        ),
        (
            f'rest = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n{SESSION}',
            "strength[0]",
            "rest-day",
            f'rest = ["mon", "tue", "wed", "thu", "fri", "sat"]\n{SESSION}',
        ),
    ],
)
def test_what_no_plan_can_place_is_an_error(box: Box, week: str, place: str, rule: str, almost: str) -> None:
    config = {
        "weeks": '["mine.toml"]',
        "horizon": "1",
        "availability": 'default = ["00:00-24:00"]\nsun = ["00:00-24:00"]',
    }
    box.config(**config, plan='experience = "experienced"')
    box.write("mine.toml", f'title = "Mine"\n{week}')
    result = box.run("lint")
    assert result.code == 3
    assert found(result.out) == [("error", place, rule)]
    assert box.plan(now="2026-11-22T06:00:00+00:00")["weeks"][0]["unplaced"]
    box.write("mine.toml", f'title = "Mine"\n{almost}')
    assert box.ok("lint").out == "ok  mine.toml\n"


def test_doubts_alone_are_no_failure(bare: Box) -> None:
    bare.write("mine.toml", f'title = "Mine"\nstrength_days = ["tue"]\nrest = ["tue"]\n{SESSION}')
    result = bare.ok("lint", "mine.toml")
    assert found(result.out) == [("warning", "strength_days[0]", "rest-day")]
    assert result.err == ""


def test_a_routine_that_is_missing_or_broken_hides_nothing(bare: Box) -> None:
    broken = bare.write("routines/broken.toml", 'title = "Broken"\n')
    names = ("mobilty", "broken", "mobility")
    sessions = "".join(f'[[strength]]\nroutine = "{name}"\nload = "heavy"\n' for name in names)
    path = bare.write("mine.toml", f'title = "Mine"\nrecovery = true\n{sessions}')
    result = bare.run("lint", "mine.toml")
    assert result.code == 3
    assert (
        f'error  {path}:4: the 1st strength session: routine: no routine is called "mobilty"; did you mean'
        in result.out
    )
    assert f"error  {broken}: exercises: is missing\n" in result.out
    assert found(result.out) == [("warning", f"strength[{number}].load", "ease-off") for number in range(3)]
    assert result.error == "2 errors in the templates"


def test_json_has_every_template_and_the_exit_code_stays(bare: Box) -> None:
    path = bare.write("mine.toml", FAULTS)
    result = bare.run("lint", "mine.toml", "balanced", "nothing", "--format", "json")
    assert result.code == 3
    assert result.error == "5 errors in the templates"
    mine, balanced, nothing = result.json["templates"]
    assert (mine["template"], mine["problems"]) == ("mine.toml", [])
    places = [(one["severity"], one["key"], one["rule"]) for one in mine["findings"]]
    assert places == [*(("error", *place) for place in ERRORS), *(("warning", *place) for place in WARNINGS)]
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+", mine["findings"][0]["at"])
    assert all(one["text"] and one["suggestion"] for one in mine["findings"])
    assert balanced == {"template": "balanced", "problems": [], "findings": []}
    assert len(nothing["problems"]) == 1


def test_a_routine_of_its_own_and_one_that_is_named_by_path(bare: Box) -> None:
    bare.write(
        "routines/ropes.toml",
        'title = "Ropes"\n[[exercises]]\nname = "Skip"\nminutes = 10\ntrains = ["lower-body"]\n',
    )
    bare.write("mine.toml", 'title = "Mine"\n[[strength]]\nroutine = "ropes"\nload = "light"\n')
    result = bare.ok("lint", "mine.toml", "routines/ropes.toml")
    assert found(result.out) == [("warning", "strength", "what-to-train")]
    assert "leave out hips-glutes, core, single-leg" in result.out
    assert result.out.endswith("ok  routines/ropes.toml\n")
