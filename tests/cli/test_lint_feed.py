"""`calsync lint --feed`: every entry with what it was read as, and what the rules say of the feed's weeks."""

import re

import pytest

from tests.cli.box import ROOT, Box
from tests.cli.terminal import Terminal
from tests.cli.test_platform import event, feed, timed

FEED = '[plan.feed]\npath = "runs.ics"\n'


@pytest.fixture
def runner(box: Box) -> Box:
    """Somebody whose runs come from the file runs.ics."""
    box.config(plan=FEED)
    return box


def said(out: str) -> list[str]:
    """What is below the tables: a line for each finding, with its advice behind it."""
    first = re.search(r"^(?:warning|ok)  ", out, re.MULTILINE)
    assert first
    return re.sub(r"\n {7}", " | ", out[first.start() :]).splitlines()


def rows(out: str) -> list[list[str]]:
    """Headings, and the cells of the rows below them."""
    lines = [line.rstrip() for line in out.splitlines()]
    kept = (line for line in lines if re.match(r" ?(\d{4}-W\d\d|[A-Z][a-z]{2} \d|  +nothing)", line))
    return [re.split(r"  +", line.strip()) for line in kept]


# --- the entries ------------------------------------------------------------------------------------------


def test_every_entry_to_the_end_of_the_feed_is_there_with_what_it_was_read_as(runner: Box) -> None:
    runner.write(
        "runs.ics",
        feed(
            event("20261116", "Tempo of last week"),
            timed("20261124", "1830", "1915", "Hills with the club"),
            event("20261126", "Club night"),
            event("20261127", "Rest"),
            event("20261128", "Bike: Intervals 60 min"),
            event("20261129", "Run: 95 min E"),
            event("20261129", "Strength: heavy legs 40 min"),
            event("20270105", "Note: call the coach"),
            event("20270106", "Easy 30 min"),
        ),
    )
    found = [cells[:3] for cells in rows(runner.ok("lint", "--feed").out)]
    empty = [["nothing", "the template's runs"]]
    assert [found[0][0], *found[1:8]] == [
        "2026-W48",
        ["Tue 24", "18:30", "Hills with the club"],
        ["Thu 26", "Club night", "not understood: easy run"],
        ["Fri 27", "Rest", "rest day"],
        ["Sat 28", "Bike: Intervals 60 min", "hard ride, 60 min"],
        ["Sun 29", "95 min E", "long run, 95 min"],
        ["Sun 29", "heavy legs 40 min", "heavy strength, 40 min, left out"],
        ["2026-W49", "30 Nov - 6 Dec 2026", "Balanced week"],
    ]
    assert [cells[0] for cells in found[7:] if cells[0].startswith("20")] == [
        *("2026-W49", "2026-W50", "2026-W51", "2026-W52", "2026-W53", "2027-W01"),
    ]
    assert [cells for cells in found if "nothing" in cells] == empty * 5
    assert found[-2:] == [
        ["Tue 5", "Note: call the coach", "left out"],
        ["Wed 6", "Easy 30 min", "easy run, 30 min"],
    ]


def test_each_entry_says_by_which_words_it_was_read(runner: Box) -> None:
    runner.config(plan=f'{FEED}kind = {{ "Club night" = "hills" }}')
    runner.write("runs.ics", feed(event("20261124", "Club night"), event("20261126", "Rest")))
    (_, club, rest) = rows(runner.ok("lint", "--feed").out)
    assert club[1:3] == ["Club night", "hills"]
    assert "Club night" in club[3]
    assert rest[3]


def test_what_repeats_for_ever_is_shown_for_a_year(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Easy 30 min", "RRULE:FREQ=WEEKLY")))
    found = rows(runner.ok("lint", "--feed").out)
    assert len(found) == 2 * 53
    assert found[-2][0] == "2027-W47"


def test_nothing_is_remembered(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Club night")))
    runner.ok("lint", "--feed")
    assert not runner.state.exists()


def test_a_terminal_has_colours_and_a_pipe_has_none(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Club night"), event("20261125", "Tempo\x1b[31m")))
    assert "\x1b" not in runner.ok("lint", "--feed").out
    terminal = Terminal.of(runner, "lint", "--feed", columns=100)
    assert terminal.finish() == 0
    shown = terminal.raw.decode()
    assert "\x1b[1;33mClub night" in shown
    assert "\x1b[1;31mTempo" in shown


def test_a_narrow_terminal_has_the_same_columns_in_every_week(runner: Box) -> None:
    long = "Easy run with everybody who wants to come along to the lake and back"
    runner.write("runs.ics", feed(event("20261124", long), event("20261206", "Tempo")))
    terminal = Terminal.of(runner, "lint", "--feed", columns=60)
    assert terminal.finish() == 0
    lines = terminal.plain.replace("\r", "").splitlines()
    tables = [line for line in lines if line.startswith(" ")]
    assert max(map(len, tables)) <= 60
    heads = [line for line in lines if line.startswith(" Day ")]
    assert len(heads) == 2
    assert len(set(heads)) == 1


# --- what is not understood -------------------------------------------------------------------------------


def line_of(out: str, key: str) -> str:
    """The line to paste."""
    (line,) = [line.strip() for line in out.splitlines() if line.strip().startswith(f"{key} = ")]
    return line


def test_the_line_for_what_is_not_understood_can_be_pasted(runner: Box) -> None:
    runner.write(
        "runs.ics",
        feed(
            event("20261124", "Club night"),
            event("20261126", 'The "usual" \\\\ loop'),
            event("20261201", "Club night"),
        ),
    )
    out = runner.ok("lint", "--feed").out
    assert out.count("not understood: easy run") == 3
    line = line_of(out, "kind")
    assert '"Club night" = "easy", "The \\"usual\\" \\\\ loop" = "easy"' in line
    before = runner.plan()["weeks"]
    runner.config(plan=f"{FEED}{line}")
    assert runner.plan()["weeks"] == before
    assert said(runner.ok("lint", "--feed").out)[-1] == "ok  training feed"
    assert runner.ok("plan").err.count("not understood") == 0
    # A line that is there already has to go.
    runner.write("runs.ics", feed(event("20261124", "Club night"), event("20261126", "Porridge")))
    out = runner.ok("lint", "--feed").out
    assert "in place of kind in [plan.feed]" in out
    assert line_of(out, "kind") == f'{line[:-2]}, "Porridge" = "easy" }}'


def test_a_title_that_is_part_of_others_is_in_no_line(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Run"), event("20261126", "Long run 20 km")))
    out = runner.ok("lint", "--feed").out
    assert "kind = " not in out
    assert '"Run" is in "Long run 20 km", too' in out


# --- what the rules say -----------------------------------------------------------------------------------


def test_hard_days_side_by_side_are_found_across_weeks_and_sports(runner: Box) -> None:
    runner.write(
        "runs.ics",
        feed(
            event("20261123", "Tempo"),
            event("20261124", "Hills"),
            event("20261126", "Easy 30 min"),
            event("20261127", "Swim: Intervals"),
            event("20261129", "Bike: Intervals"),
            event("20261130", "Long run 20 km"),
            event("20261206", "Easy 30 min"),
        ),
    )
    first, second = (line for line in said(runner.ok("lint", "--feed").out) if "no-back-to-back" in line)
    assert first.startswith('warning  2026-W48: "Tempo" on Mon 23 Nov and "Hills" on Tue 24 Nov have no day')
    assert second.startswith("warning  2026-W49: ")
    assert "Sun 29 Nov" in second
    # What is over can't be changed any more.
    out = runner.ok("lint", "--feed", now="2026-11-25T06:00:00+00:00").out
    assert out.count("no-back-to-back") == 1


def test_what_is_said_of_several_weeks_is_said_once(runner: Box) -> None:
    days = [f"202611{day}" for day in range(23, 30)] + [f"202612{day:02}" for day in range(7, 14)]
    runner.write("runs.ics", feed(*(event(day, "Easy 30 min") for day in days)))
    (finding,) = (line for line in said(runner.ok("lint", "--feed").out) if "rest-day" in line)
    assert finding.startswith("warning  2026-W48, 2026-W50: a run on every day")


def test_sessions_that_a_week_of_the_feed_leaves_no_day_for(runner: Box) -> None:
    races = [event(f"202611{day}", "Race: stage") for day in (24, 26, 28)]
    runner.write("runs.ics", feed(*races, event("20261206", "Easy 30 min")))
    found = [line for line in said(runner.ok("lint", "--feed").out) if "session" in line]
    assert any(line.startswith("warning  2026-W48: ") and "[plan.override]" in line for line in found), found
    assert runner.plan()["weeks"][0]["unplaced"]


def test_a_race_without_a_taper_has_the_line_to_paste(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20270411", "Race: City marathon"), event("20270404", "Easy 30 min")))
    out = runner.ok("lint", "--feed").out
    assert "2027-W14: " in out
    line = line_of(out, "race")
    runner.config(plan=f"{line}\n{FEED}")
    assert "taper" not in "".join(said(runner.ok("lint", "--feed").out))


def test_an_example_of_runna_is_all_understood(box: Box) -> None:
    box.write("runs.ics", (ROOT / "examples" / "runna.ics").read_bytes())
    box.config(plan=f'race = {{ date = 2026-12-20 }}\n{FEED}strength = "feed"')
    assert said(box.ok("lint", "--feed").out) == ["ok  training feed"]


def test_the_same_for_programs(runner: Box) -> None:
    runner.write(
        "runs.ics",
        feed(
            event("20261123", "Tempo 40 min"),
            timed("20261124", "0700", "0840", "Club run"),
            event("20261126", "Deload week"),
            event("20261129", "Race: City 10 km"),
        ),
    )
    found = runner.ok("lint", "--feed", "--format", "json").json
    (week,) = found["weeks"]
    assert week == {"week": "2026-W48", "template": "balanced", "recovery": True, "runs_from": "feed"}
    tempo, club, _, race = found["entries"]
    assert (tempo["kind"], tempo["effort"], tempo["minutes"], tempo["start"]) == ("tempo", "hard", 40, None)
    assert (club["date"], club["start"], club["kind"], club["effort"]) == (
        "2026-11-24",
        "07:00",
        None,
        "long",
    )
    assert (club["understood"], tempo["understood"], race["understood"]) == (False, True, True)
    assert '"Club run" = "long"' in found["kind"]
    taper, side_by_side = found["findings"]
    assert (side_by_side["rule"], side_by_side["week"]) == ("no-back-to-back", "2026-W48")
    assert taper["line"].startswith("race = { date = 2026-11-29, ")
    assert found["warnings"] == []


# --- how it ends ------------------------------------------------------------------------------------------


def test_wrong_usage(box: Box) -> None:
    result = box.run("lint", "--feed")
    assert (result.code, result.out) == (2, "")
    assert "[plan.feed]" in result.error
    box.config(plan=FEED)
    result = box.run("lint", "--feed", "balanced")
    assert result.code == 2
    assert "TEMPLATE" in result.error


def test_a_feed_that_can_not_be_read(runner: Box) -> None:
    result = runner.run("lint", "--feed")
    assert (result.code, result.out) == (5, "")
    assert "runs.ics" in result.error
    runner.write("runs.ics", feed(event("20261124", "Easy"), event("2026112x", "Broken")))
    assert "Broken" in runner.ok("lint", "--feed").err or "2026112x" in runner.ok("lint", "--feed").err
