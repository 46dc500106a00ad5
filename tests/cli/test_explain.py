"""`plan --explain`, and the same in JSON: why here, what else there was, and what would make room."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.cli.box import Box
from tests.cli.terminal import Terminal

WORK = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\nBEGIN:VEVENT\nUID:lunch\n"
    "DTSTART:20261124T110000Z\nDTEND:20261124T150000Z\nEND:VEVENT\nEND:VCALENDAR\n"
)
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'


def sessions(plan: Any) -> list[dict[str, Any]]:
    return [session for week in plan["weeks"] for session in week["strength"]]


def test_every_cost_has_a_sentence(box: Box) -> None:
    times = 'default = ["06:00-07:00", "20:00-20:20"]\nprefer_times = ["12:00-13:00"]'
    box.config(availability=f"{times}\nsat = []\nsun = []")
    plan = box.plan()
    assert sessions(plan)
    for session in sessions(plan):
        assert {term["term"]: term["points"] for term in session["terms"]} == session["cost"]
        assert all(term["text"] for term in session["terms"])
    out = box.ok("plan", "--explain").out
    assert "second choice" in out
    assert "All weeks" not in out
    for session in sessions(plan):
        for term in session["terms"]:
            points = "1 point" if term["points"] == 1 else f"{term['points']} points"
            assert re.search(rf"    {term['term']} +{re.escape(term['text'])} \({points}\)", out)


def test_each_session_has_its_reasons_and_the_two_best_alternatives(box: Box) -> None:
    plan = box.plan()
    out = box.ok("plan", "--explain").out
    for session in sessions(plan):
        assert session["reasons"]
        one, two = session["alternatives"]
        assert 0 <= one["more"] <= two["more"]
        # One for each day, and neither is where the session is.
        assert len({other["start"][:10] for other in (one, two)}) == 2
        assert session["start"] not in {one["start"], two["start"]}
        for text in (*(reason["text"] for reason in session["reasons"]), one["text"], two["text"]):
            assert text in out


def test_an_alternative_costs_what_it_says(box: Box) -> None:
    """Forced by availability: with nothing else on offer the plan costs that much more."""
    box.config(horizon=1)
    plan = box.plan()
    (first, second) = sessions(plan)
    other = next(one for one in second["alternatives"] if one["start"][:10] != second["start"][:10])
    day = f"{datetime.fromisoformat(other['start']):%a}".lower()
    start, end = other["start"][11:16], other["end"][11:16]
    tue = f'tue = ["{first["start"][11:16]}-{first["end"][11:16]}"]'
    box.config(horizon=1, availability=f'default = []\n{tue}\n{day} = ["{start}-{end}"]')
    assert box.plan()["cost"] == plan["cost"] + other["more"]


def test_the_busy_time_that_a_session_dodges_is_named(box: Box) -> None:
    box.write("work.ics", WORK)
    box.config(more=BUSY)
    plan = box.plan()
    (first, _, *_) = sessions(plan)
    assert first["start"][:10] == "2026-11-24"
    (dodged,) = [reason["text"] for reason in first["reasons"] if reason["rule"] == "busy"]
    assert dodged.startswith("would be on Tue 24 Nov 12:00 if you weren't busy 11:00-15:00")
    assert dodged in box.ok("plan", "--explain").out
    # With that time free the plan is better indeed.
    box.config()
    assert box.plan()["cost"] < plan["cost"]


def test_an_unplaced_session_names_the_rule_of_each_day_and_a_way_out(box: Box) -> None:
    box.config(horizon=1, availability='default = []\nsat = []\ntue = ["12:00-13:00"]')
    (week,) = box.plan()["weeks"]
    (unplaced,) = week["unplaced"]
    out = box.ok("plan", "--explain").out
    assert "Hips and core (moderate, 30 min or less) couldn't fit in this week" in out
    assert len(unplaced["days"]) == 7
    for day in unplaced["days"]:
        assert f"{day['text']} ({day['rule']})" in out
    assert unplaced["fix"]["text"] in out


def test_of_changes_that_are_as_small_the_one_with_the_better_place_is_named(box: Box) -> None:
    """Any 20 minutes of Thursday would do: not the last ones before bedtime."""
    hours = 'default = []\ntue = ["12:00-12:40"]\nwed = ["06:00-22:00"]\nfri = ["06:00-22:00"]'
    box.config(availability=hours, horizon=1)
    (unplaced,) = box.plan()["weeks"][0]["unplaced"]
    assert unplaced["fix"]["text"] == "allow strength on Thursday 11:30-11:50"


def test_a_week_that_is_busy_throughout_is_told_in_one_line(box: Box) -> None:
    days = "DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261130"
    box.write("leave.ics", f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{days}\nEND:VEVENT\nEND:VCALENDAR\n")
    box.config(
        horizon=1,
        availability='default = ["06:00-22:00"]',
        more='[[busy]]\nname = "roster"\ntype = "ics"\npath = "leave.ics"\n',
    )
    out = box.ok("plan", "--explain", now="2026-11-23T00:00:00+00:00").out
    assert re.search(r"^    (Mon 23|Tue 24) - Sun 29 +busy$", out, re.MULTILINE), out


def test_a_terminal_breaks_explanations_between_words(box: Box) -> None:
    """Below their beginning, so that what a line is about stays on the left."""
    box.config(horizon=1)
    shell = Terminal.of(box, "plan", "--explain", columns=70)
    assert shell.finish() == 0
    lines = [line.rstrip() for line in shell.plain.splitlines()]
    explained = [line for line in lines if line.startswith(" " * 4)]
    assert max(map(len, explained)) <= 70
    piped = box.ok("plan", "--explain").out.splitlines()
    whole = next(line for line in piped if len(line) > 70 and re.match(r" {4}\S", line))
    below = explained[next(at for at, line in enumerate(explained) if line == whole[: len(line)]) + 1]
    assert below.startswith(" " * 20)
    assert below.strip() in whole


def test_where_nothing_would_help_it_says_so(box: Box) -> None:
    """A race on every day: no time of the week may carry strength."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    runs = "".join(f'[[runs]]\nday = "{day}"\nkind = "race"\nduration = "1h"\n' for day in days)
    box.write("races.toml", f'title = "Races"\n{runs}[[strength]]\nroutine = "mobility"\nload = "light"\n')
    box.config(horizon=1, weeks='["./races.toml"]')
    assert box.plan()["weeks"][0]["unplaced"][0]["fix"] is None
    assert "nothing you could change would fit it in" in box.ok("plan", "--explain").out


def test_explain_leaves_the_tables_as_they_are(box: Box) -> None:
    plain = [line for line in box.ok("plan").out.splitlines() if line.strip()]
    explained = box.ok("plan", "--explain").out.splitlines()
    rest = iter(explained)
    assert all(line in rest for line in plain), "the same lines, in the same order"


@pytest.mark.parametrize("pinned", [True, False])
def test_what_stands_has_reasons_and_no_alternatives(box: Box, *, pinned: bool) -> None:
    box.push()
    if pinned:
        box.ok("move", "2026-W48/strength/1", "2026-11-25T18:00")
    now = "2026-11-23T06:00:00+00:00" if pinned else "2026-11-24T13:00:00+00:00"
    first = sessions(box.plan(now=now))[0]
    assert first["state"] == ("pinned" if pinned else "past")
    assert first["alternatives"] == []
    assert box.ok("plan", "--explain", now=now).code == 0
