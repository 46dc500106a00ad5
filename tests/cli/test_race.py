"""The plan's race: its day, its weeks, the taper before it and the week after it."""

import pytest

from tests.cli.box import Box, by_key

RACE = '[plan.race]\ndate = {}\ntitle = "City half"\nstart = "09:30"\nduration = "1h45m"\n{}'
HALF = "2026-12-13"  # the Sunday of 2026-W50


def race(box: Box, day: str = HALF, more: str = "", **parts: str) -> None:
    box.config(**{"horizon": "5", "plan": RACE.format(day, more), **parts})


def test_the_race_takes_the_place_of_that_days_runs(box: Box) -> None:
    race(box)
    (sunday,) = [run for run in box.plan()["weeks"][2]["runs"] if run["start"].startswith(HALF)]
    assert sunday["key"] == "2026-W50/run/race-sun"
    assert (sunday["kind"], sunday["effort"], sunday["title"]) == ("race", "race", "City half")
    assert (sunday["start"][11:16], sunday["end"][11:16]) == ("09:30", "11:15")
    # The other runs keep their keys, and so their places on the calendar.
    assert [run["key"][-5:] for run in box.plan()["weeks"][2]["runs"]] == [
        "tue-1",
        "wed-1",
        "thu-1",
        "sat-1",
        "e-sun",
    ]


def test_the_race_names_the_last_weeks(box: Box) -> None:
    race(box, more='weeks = ["taper", "race-week"]\n[plan.override]\n2026-W49 = "recovery"\n')
    names = [week["template"] for week in box.plan()["weeks"]]
    assert names == ["balanced", "recovery", "race-week", "balanced", "balanced"]
    race(box, more='weeks = ["taper", "race-week"]')
    assert box.plan()["weeks"][1]["template"] == "taper"


def test_strength_shrinks_before_the_race_and_stops_four_days_ahead(box: Box) -> None:
    race(box)
    weeks = box.plan()["weeks"]
    assert [len(week["wanted"]) for week in weeks] == [2, 2, 1, 2, 2]
    assert [week["wanted"][0]["minutes"] for week in weeks] == [30, 20, 20, 30, 30]
    assert [week["wanted"][0]["load"] for week in weeks] == [
        "moderate",
        "moderate",
        "light",
        "moderate",
        "moderate",
    ]
    assert {note["rule"] for note in weeks[1]["notes"] + weeks[2]["notes"]} == {"taper"}
    (last,) = weeks[2]["strength"]
    assert last["start"] < "2026-12-09"
    assert "City half" in "".join(reason["text"] for reason in last["reasons"])


def test_a_race_on_monday_tapers_in_the_week_before_it(box: Box) -> None:
    race(box, "2026-12-14")
    assert [len(week["wanted"]) for week in box.plan()["weeks"]] == [2, 2, 1, 2, 2]


def test_only_light_work_in_the_week_after(box: Box) -> None:
    race(box)
    after, then = box.plan()["weeks"][3:]
    assert [session["load"] for session in after["strength"]] == ["light", "light"]
    reasons = after["strength"][0]["reasons"]
    assert [r["text"] for r in reasons if r["rule"] == "race-day"] == [
        "light instead of moderate: only light strength so soon after the race"
    ]
    assert [session["load"] for session in then["strength"]] == ["moderate", "moderate"]


def test_a_race_in_a_pause_is_not_planned_and_said(box: Box) -> None:
    race(box, more=f"[[pause]]\nfrom = {HALF}\nto = {HALF}")
    plan = box.plan()
    assert "race" not in {run["kind"] for run in plan["weeks"][2]["runs"]}
    assert "race-paused" in {warning["code"] for warning in plan["warnings"]}


def test_without_a_start_the_race_goes_by_the_usual_start(box: Box) -> None:
    box.config(horizon="3", plan=f'usual_start = {{sun = "08:15"}}\n[plan.race]\ndate = {HALF}\n')
    (run,) = [run for run in box.plan()["weeks"][2]["runs"] if run["kind"] == "race"]
    assert (run["title"], run["start"][11:16], run["end"][11:16]) == ("Race", "08:15", "10:15")


@pytest.mark.parametrize(
    ("day", "loads"), [("2026-11-17", ["light", "moderate"]), ("2026-11-22", ["light", "light"])]
)
def test_a_race_just_before_the_plan_still_asks_for_light_work(box: Box, day: str, loads: list[str]) -> None:
    race(box, day)
    assert [session["load"] for session in box.plan()["weeks"][0]["strength"]] == loads


def test_the_race_is_on_the_calendar_once(box: Box) -> None:
    race(box)
    box.push()
    box.push()
    stored = by_key(box.feed.read_bytes())
    assert stored["2026-W50/run/race-sun"]["SUMMARY"] == "City half"
    assert "2026-W50/run/sun-1" not in stored
    assert "up to date" in box.ok("push").out
    # Another date is another week's race, and the run of that Sunday comes back.
    race(box, "2026-12-20")
    changes = {change["key"]: change["action"] for change in box.push()["feed"]}
    assert changes["2026-W50/run/race-sun"] == "withdraw"
    assert changes["2026-W51/run/race-sun"] == "insert"
    assert changes["2026-W50/run/sun-1"] == "insert"


def test_a_race_that_moves_within_its_week_is_not_lost(box: Box) -> None:
    race(box, "2026-11-24")
    box.push()
    race(box, "2026-11-28")
    plan = box.plan(now="2026-11-24T10:00:00+00:00")
    races = [run for run in plan["weeks"][0]["runs"] if run["kind"] == "race"]
    assert [run["start"][:10] for run in races][-1] == "2026-11-28"


def test_a_template_with_a_race_of_its_own_is_named(box: Box) -> None:
    race(box, "2026-12-12", weeks='["race-week"]')
    (text,) = [warning["text"] for warning in box.plan()["warnings"] if warning["code"] == "two-races"]
    assert "City half on Sat 12 Dec" in text
    assert "Sun 13 Dec" in text
    assert text.endswith('; is the template "race-week" right for it?')


def test_a_distance_brings_the_last_weeks_and_says_how_long_it_takes(box: Box) -> None:
    half = f'pace = "5:40/km"\n[plan.race]\ndate = {HALF}\nstart = "10:00"\n'

    def planned(more: str) -> tuple[list[str], str]:
        box.config(horizon="4", plan=half + more)
        plan = box.plan()
        (run,) = [run for week in plan["weeks"] for run in week["runs"] if run["kind"] == "race"]
        return [week["template"] for week in plan["weeks"]], run["end"][11:16]

    assert planned('distance = "half"') == (["balanced", "taper", "race-week", "balanced"], "12:00")
    for words in ("Half marathon", "half-marathon", "13.1 miles"):
        assert planned(f'distance = "{words}"')[0] == ["balanced", "taper", "race-week", "balanced"]
    assert planned('distance = "13.1 mi"')[0] == ["balanced", "taper", "race-week", "balanced"]
    assert planned('distance = "10k"') == (["balanced", "balanced", "race-week", "balanced"], "10:57")
    assert planned('distance = "42,2 km"\nweeks = []\nduration = "4h"') == (["balanced"] * 4, "14:00")
    assert planned('distance = "half"\npriority = "C"')[0] == ["balanced"] * 4


def test_the_race_that_a_race_week_has_is_the_one_of_the_config(box: Box) -> None:
    race(box, "2026-12-12", more='distance = "half"')
    week = box.plan()["weeks"][2]
    assert [run["key"] for run in week["runs"] if run["kind"] == "race"] == ["2026-W50/run/race-sat"]
    assert {run["start"][:10] for run in week["runs"]} & {"2026-12-13"} == set()


def test_a_long_run_on_the_day_before_the_race_is_said(box: Box) -> None:
    def warnings() -> list[str]:
        return [warning["text"] for warning in box.plan()["warnings"] if warning["code"] == "before-race"]

    race(box)
    (text,) = warnings()
    assert text == (
        "Long run on Sat 12 Dec is the day before City half; say how far the race is, such as "
        'distance = "half", and it brings its last weeks'
    )
    race(box, more="weeks = []")
    (text,) = warnings()
    assert text.endswith("choose another template for that week: [plan.override] 2026-W50")
    race(box, more='distance = "half"')
    assert warnings() == []
    race(box, more='priority = "C"')
    assert warnings() == []


def test_two_races_share_the_weeks_before_them(box: Box) -> None:
    """The next race decides what a week is; each A race has its taper."""
    both = RACE.format("2026-12-06", 'distance = "half"\npriority = "A"\n')
    both += RACE.format(HALF, 'distance = "half"\npriority = "A"\n').replace("City", "Country")
    box.config(horizon="4", plan=both.replace("[plan.race]", "[[plan.race]]"))
    weeks = box.plan()["weeks"]
    assert [week["template"] for week in weeks] == ["taper", "race-week", "race-week", "balanced"]
    assert [len(week["wanted"]) for week in weeks] == [2, 1, 1, 2]
    loads = {session["load"] for session in weeks[3]["strength"]}
    assert loads == {"light"}


def test_with_several_races_each_says_how_much_it_matters(box: Box) -> None:
    race(box, more='priority = "A"\n[[plan.race]]\ndate = 2026-12-20')
    box.config(plan=f'[[plan.race]]\ndate = {HALF}\npriority = "A"\n[[plan.race]]\ndate = 2026-12-20\n')
    result = box.run("plan")
    assert result.code == 3
    assert "the 2nd race needs a priority: with several races, say how much each matters" in result.err
    line = int(result.err.split(":")[2])
    assert (box.folder / "config.toml").read_text().splitlines()[line - 1] == "[[plan.race]]"
