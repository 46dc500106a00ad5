"""`calsync checkin`: recorded, replaced, listed, and heard by the next plan."""

from datetime import date
from typing import Any

import msgspec
import pytest

from tests.cli.box import NOW, Box, by_key

# It acts on the week of the date four days later.
SUNDAY = "2026-11-29"  # 2026-W49
SIGNS = ("heavy-legs", "sore", "easy-feels-hard", "low-motivation")


def signs(*names: str) -> list[str]:
    return [part for name in names for part in ("--sign", name)]


def week(box: Box, number: int) -> Any:
    return box.plan()["weeks"][number]


def listed(box: Box) -> Any:
    return box.ok("checkin", "--list", "--format", "json").json


def test_a_check_in_is_kept_and_replaced_by_another_of_its_date(box: Box) -> None:
    box.ok("checkin", *signs("sore"), "--date", SUNDAY)
    result = box.ok("checkin", *signs("heavy-legs", "sore"), "--date", SUNDAY)
    assert "Week 49: " in result.out
    assert "in place of the one before" in result.out
    expected = {"date": SUNDAY, "signs": ["heavy-legs", "sore"], "week": "2026-W49", "acts": True}
    assert listed(box) == [expected]
    file = box.state / "training" / "checkins.json"
    assert msgspec.json.decode(file.read_bytes()) == [{"day": SUNDAY, "signs": ["heavy-legs", "sore"]}]
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_date_is_today_in_the_plans_zone(box: Box) -> None:
    box.config(zone="Pacific/Auckland")
    box.ok("checkin", "--none", now="2026-11-23T20:00:00+00:00")
    assert [checkin["date"] for checkin in listed(box)] == ["2026-11-24"]


@pytest.mark.parametrize("day", ["2026-11-25", "2026-11-26"])
def test_up_to_wednesday_this_week_and_from_thursday_the_next(box: Box, day: str) -> None:
    box.ok("checkin", *signs("sore"), "--date", day)
    eased = ["out-of-balance" in {note["rule"] for note in week(box, n)["notes"]} for n in (0, 1)]
    assert eased == [day == "2026-11-25", day == "2026-11-26"]


def test_one_sign_makes_sessions_lighter_and_shorter(box: Box) -> None:
    box.ok("checkin", *signs("sore"), "--date", SUNDAY)
    (_, second) = box.plan()["weeks"]
    assert [(s["load"], s["minutes"]) for s in second["wanted"]] == [("light", 20), ("light", 20)]
    (note,) = second["notes"]
    assert note["rule"] == "out-of-balance"
    assert (note["text"], note["private"]) == (
        "check-in of Sun 29 Nov: lighter and shorter sessions",
        "sore",
    )
    assert "Sun 29 Nov: lighter and shorter sessions (out-of-balance: sore)" in box.ok("plan").out
    assert note["text"] in {reason["text"] for reason in second["strength"][0]["reasons"]}
    # What the signs are is said to the runner alone: calendars are shared.
    box.push()
    assert b"sore" not in box.feed.read_bytes()
    assert b"check-in of Sun 29 Nov" in box.feed.read_bytes().replace(b"\r\n ", b"")


def test_two_signs_leave_one_session_out(box: Box) -> None:
    box.ok("checkin", *signs("sore", "low-motivation"), "--date", SUNDAY)
    assert len(week(box, 1)["wanted"]) == 1


def test_two_signs_keep_sessions_three_days_apart(box: Box) -> None:
    """Of three sessions two are left, and Tuesday and Thursday are too near one another for them."""
    box.config(weeks='["experienced-three"]', plan='experience = "experienced"')
    box.ok("checkin", *signs("sore", "low-motivation"), "--date", SUNDAY)
    (first, second) = (date.fromisoformat(s["start"][:10]) for s in week(box, 1)["strength"])
    assert (second - first).days >= 3


def test_three_signs_make_the_last_hard_run_easy(box: Box) -> None:
    box.push()
    before = week(box, 1)
    box.ok("checkin", *signs(*SIGNS[:3]), "--date", SUNDAY)
    after = week(box, 1)
    kinds = [[run["kind"] for run in planned["runs"]] for planned in (before, after)]
    assert kinds[0] == ["intervals", "easy", "tempo", "long", "recovery"]
    assert kinds[1] == ["intervals", "easy", "easy", "long", "recovery"]
    length = [(run["key"], run["start"], run["end"]) for run in after["runs"]]
    assert length == [(run["key"], run["start"], run["end"]) for run in before["runs"]]
    assert [s["load"] for s in after["wanted"]] == ["light"]
    # The calendar says so, too.
    box.push()
    run = by_key(box.feed.read_bytes())["2026-W49/run/thu-1"]
    assert run["SUMMARY"].startswith("Easy run (instead of 25 min tempo)")
    assert "check-in of Sun 29 Nov" in run["DESCRIPTION"].replace("\\,", ",")
    assert "up to date" in box.ok("push").out


def test_a_hard_run_that_is_over_stays_hard(box: Box) -> None:
    box.ok("checkin", *signs(*SIGNS), "--date", "2026-11-25")
    assert [run["kind"] for run in week(box, 0)["runs"]][2] == "easy"
    box.config(weeks='["./one.toml"]')
    box.write("one.toml", 'title = "One"\n[[runs]]\nday = "mon"\nkind = "hills"\nduration = "1h"\n')
    assert [run["kind"] for run in week(box, 0)["runs"]] == ["hills"]


def test_the_latest_check_in_of_a_week_counts(box: Box) -> None:
    box.ok("checkin", *signs(*SIGNS), "--date", "2026-11-27")
    box.ok("checkin", "--none", "--date", SUNDAY)
    assert week(box, 1)["notes"] == []
    assert [checkin["acts"] for checkin in listed(box)] == [False, True]
    assert "a later one counts" in box.ok("checkin", "--list").out


def test_the_list_shows_a_trend(box: Box) -> None:
    for day, names in (
        ("2026-10-11", SIGNS[:1]),
        ("2026-10-18", ()),
        ("2026-11-01", SIGNS[:2]),
        ("2026-11-08", SIGNS[:3]),
        ("2026-11-22", SIGNS[:1]),
    ):
        box.ok("checkin", *(signs(*names) or ["--none"]), "--date", day)
    out = box.ok("checkin", "--list").out
    assert "Four-week average: 2 warning signs per check-in, more than in the four weeks before (0.5)" in out
    assert "heavy legs (3 of 3)" in out
    assert "■■■·" in out


def test_an_empty_list_says_how_to_begin(box: Box) -> None:
    assert "calsync checkin" in box.ok("checkin", "--list").out
    assert listed(box) == []


def test_a_check_in_can_be_removed(box: Box) -> None:
    box.ok("checkin", *signs("sore"), "--date", SUNDAY)
    box.ok("checkin", "--remove", "--date", SUNDAY)
    assert listed(box) == []
    assert box.run("checkin", "--remove", "--date", SUNDAY).code == 2


def test_without_a_terminal_nobody_is_asked(box: Box) -> None:
    result = box.process("checkin", stdin=-3)  # DEVNULL
    assert result.code == 2
    assert "--none" in result.err
    assert not (box.state / "training").exists()


@pytest.mark.parametrize(
    "args",
    [
        ("--sign", "tired"),
        ("--sign", "sore", "--none"),
        ("--list", "--none"),
        ("--none", "--format", "json"),
        ("--none", "--date", "tomorrow"),
        ("--none", "--date", "1066-10-14"),
    ],
)
def test_wrong_usage(box: Box, args: tuple[str, ...]) -> None:
    assert box.run("checkin", *args).code == 2
    assert not (box.state / "training" / "checkins.json").exists()


def test_a_damaged_file_is_never_taken_for_all_is_well(box: Box) -> None:
    box.ok("checkin", *signs("sore"), "--date", SUNDAY)
    box.write("state/training/checkins.json", '[{"day": "2026-11-29", "signs": ["so')
    for command in (("plan",), ("push",), ("checkin", "--none"), ("checkin", "--list")):
        result = box.run(*command)
        assert result.code == 5, command
        assert "checkins.json" in result.error


def test_a_check_in_of_a_week_that_is_over_is_for_the_record(box: Box) -> None:
    result = box.ok("checkin", "--none", "--date", "2026-10-01")
    assert "week 41 is over" in result.err
    assert "calsync push" not in result.err


def test_a_date_that_no_plan_can_have_is_damage(box: Box) -> None:
    box.write("state/training/checkins.json", '[{"day": "9999-12-31", "signs": []}]')
    result = box.run("plan")
    assert result.code == 5
    assert "9999-12-31" in result.error


def test_a_check_in_of_tomorrow_is_kept_with_a_word(box: Box) -> None:
    result = box.run("checkin", "--none", "--date", "2026-11-24", now=NOW)
    assert result.code == 0
    assert "is in the future" in result.err
