"""Twenty weeks to a marathon, from somebody's first lift to the race, as `calsync plan` prints them.

The page was read by eye, week by week, against docs/rules.md. If it is to change, read it anew:
CALSYNC_GOLDEN=write pytest tests/cli/test_marathon.py
"""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.box import ROOT, Box

GOLDEN = Path(__file__).parent / "golden" / "marathon.txt"
START = "2026-11-30T05:00:00+00:00"
CONFIG = """
name = "marathon"
timezone = "Europe/London"

[plan]
start = 2026-11-30
weeks = ["marathon-build", "marathon-build", "marathon-build", "recovery"]
horizon = 20
experience = "new"
usual_start = { default = "07:00", tue = "06:15", thu = "06:00", sun = "08:00-12:00" }

[plan.race]
date = 2027-04-18
title = "Spring marathon"
start = "09:30"
duration = "4h15m"
weeks = ["race-week"]

[[pause]]
from = 2026-12-24
to = 2026-12-27

[[busy]]
name = "work"
type = "ics"
path = "busy.ics"

[[targets]]
name = "feed"
type = "ics"
path = "training.ics"
"""


@pytest.fixture
def runner(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.write("config.toml", CONFIG)
    box.write("busy.ics", (ROOT / "examples" / "busy.ics").read_bytes())
    # Heavy legs after the third long run, and a bad week in February.
    box.ok("checkin", "--sign", "heavy-legs", "--sign", "sore", "--date", "2027-01-10", now=START)
    signs = ("--sign", "sore", "--sign", "easy-feels-hard", "--sign", "low-motivation")
    box.ok("checkin", *signs, "--date", "2027-02-21", now=START)
    return box


def test_the_plan_reads_as_it_was_read_by_eye(runner: Box) -> None:
    lines = [line.rstrip() for line in runner.ok("plan", now=START).out.splitlines()]
    text = "\n".join(line for line in lines if line) + "\n"
    if os.environ.get("CALSYNC_GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_the_tables_of_the_rules_week_by_week(runner: Box) -> None:
    """Sessions, longest, heaviest, by which rules: worked by hand from docs/rules.md."""
    plan = runner.plan(now=START)
    found = [_row(week) for week in plan["weeks"]]
    light, moderate = "light", "moderate"
    usual = (2, 30, moderate, [])
    recovery = (1, 25, moderate, ["ease-off"])
    assert found == [
        (1, 20, light, ["ease-in"]),
        (1, 20, light, ["ease-in"]),
        (2, 20, light, ["ease-in"]),
        (1, 20, light, ["ease-in", "ease-off"]),
        (2, 25, moderate, ["ease-in"]),
        (2, 25, moderate, ["ease-in"]),
        (1, 20, light, ["out-of-balance"]),  # two signs
        recovery,
        *(usual, usual, usual, recovery),
        (1, 20, light, ["out-of-balance"]),  # three signs
        *(usual, usual, recovery, usual, usual),
        (2, 20, moderate, ["taper"]),
        (1, 20, light, []),  # the race week asks for no more than the taper allows
    ]
    eased = plan["weeks"][12]["runs"][2]
    assert (eased["kind"], eased["title"]) == ("easy", "Easy run (instead of 40 min at marathon effort)")
    race = plan["weeks"][-1]["runs"][-1]
    assert (race["title"], race["start"]) == ("Spring marathon", "2027-04-18T09:30:00+01:00")
    assert max(session["start"] for session in plan["weeks"][-1]["strength"]) < "2027-04-14"


def _row(week: Any) -> tuple[int, int, str, list[str]]:
    wanted = week["wanted"]
    order = ("light", "moderate", "heavy")
    heaviest = max((session["load"] for session in wanted), key=order.index)
    longest = max(session["minutes"] for session in wanted)
    return len(wanted), longest, heaviest, [note["rule"] for note in week["notes"]]
