"""`calsync plan`: the JSON is a contract, the table is for people."""

import re
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.planning.rules import Rule
from calsync.training import Kind
from tests.cli.box import Box
from tests.soak import usually

if sys.platform != "win32":
    from tests.cli.terminal import Terminal

# --- a checker for the contract of interface.md -----------------------------------------------------------


def instant(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None


def day(value: object) -> bool:
    return isinstance(value, str) and date.fromisoformat(value).isoformat() == value


def number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: value in words


def like(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def or_null(what: Any) -> Callable[[object], bool]:
    return lambda value: value is None or (check(value, what) or True)


text = like(r"\S(.*\S)?")
weekday = one_of("mon", "tue", "wed", "thu", "fri", "sat", "sun")
load = one_of("heavy", "moderate", "light")
effort = one_of("race", "hard", "long", "easy", "none")
rule = one_of(*Rule)
TERMS = ("unplaced", "day", "gap", "order", "recover", "lighter", "shorter", "time", "moved", "spacing")

PLAN = {
    "name": text,
    "timezone": text,
    "now": instant,
    "cost": number,
    "weeks": [
        {
            "week": like(r"\d{4}-W\d\d"),
            "template": text,
            "recovery": lambda value: isinstance(value, bool),
            "rest": [weekday],
            "strength_days": [weekday],
            "runs": [
                {
                    "key": like(r"\d{4}-W\d\d/run/[a-z]{3}-\d+"),
                    "kind": one_of(*Kind),
                    "effort": effort,
                    "title": text,
                    "start": instant,
                    "end": instant,
                    "state": one_of("planned", "published", "pinned", "past"),
                    "clashes": [text],
                }
            ],
            "wanted": [
                {
                    "key": like(r"\d{4}-W\d\d/strength/\d"),
                    "routine": text,
                    "load": load,
                    "minutes": number,
                    "shortest": number,
                }
            ],
            "strength": [
                {
                    "key": like(r"\d{4}-W\d\d/strength/\d"),
                    "routine": text,
                    "load": load,
                    "minutes": number,
                    "start": instant,
                    "end": instant,
                    "state": one_of("placed", "published", "pinned", "past"),
                    "cost": lambda value: all(term in TERMS and n > 0 for term, n in value.items()),
                    "reasons": [{"rule": rule, "text": text}],
                }
            ],
            "unplaced": [
                {
                    "key": like(r"\d{4}-W\d\d/strength/\d"),
                    "cost": lambda value: {"unplaced"} <= value.keys() <= {"unplaced", "moved"},
                    "days": [{"day": day, "rule": rule, "text": text}],
                    "fix": or_null({"kind": text, "text": text}),
                }
            ],
            "skipped": [like(r"\d{4}-W\d\d/(run|strength)/[a-z0-9-]+")],
            "days": [{"date": day, "effort": effort}],
        }
    ],
    "busy": [{"start": instant, "end": instant}],
    "warnings": [{"code": text, "text": text}],
}


def check(value: Any, contract: Any, where: str = "$") -> None:
    """Every field of the contract is there, as it should be; more fields may be added."""
    if isinstance(contract, dict):
        assert isinstance(value, dict), where
        assert set(contract) <= set(value), f"{where}: {set(contract) - set(value)} missing"
        for key, inner in contract.items():
            check(value[key], inner, f"{where}.{key}")
    elif isinstance(contract, list):
        assert isinstance(value, list), where
        for place, item in enumerate(value):
            check(item, contract[0], f"{where}[{place}]")
    else:
        assert contract(value), f"{where}: {value!r}"


def check_plan(plan: Any) -> None:
    """The contract, and what its fields have to do with one another."""
    check(plan, PLAN)
    total = 0
    for week in plan["weeks"]:
        dates = [date.fromisoformat(day["date"]) for day in week["days"]]
        year, number_, _ = dates[0].isocalendar()
        assert week["week"] == f"{year:04}-W{number_:02}"
        assert dates == [dates[0] + timedelta(days=n) for n in range(7)]
        for event in (*week["runs"], *week["strength"]):
            assert event["start"] < event["end"]
        for session in week["strength"]:
            length = datetime.fromisoformat(session["end"]) - datetime.fromisoformat(session["start"])
            assert length == timedelta(minutes=session["minutes"])
            total += sum(session["cost"].values())
        total += sum(sum(session["cost"].values()) for session in week["unplaced"])
        assert [run["start"] for run in week["runs"]] == sorted(run["start"] for run in week["runs"])
        placed = {session["key"] for session in week["strength"]}
        missing = {session["key"] for session in week["unplaced"]}
        wanted = {session["key"] for session in week["wanted"]}
        assert not placed & missing
        assert wanted <= placed | missing | set(week["skipped"])
        for session in week["unplaced"]:
            assert [day["day"] for day in session["days"]] == [day.isoformat() for day in dates]
    assert plan["cost"] == total
    spans = [(datetime.fromisoformat(s["start"]), datetime.fromisoformat(s["end"])) for s in plan["busy"]]
    assert all(start < end for start, end in spans)
    assert all(one[1] < two[0] for one, two in pairwise(spans)), "busy is merged, in order"


BUSY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20261124T110000Z\r\nDTEND:20261124T200000Z\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"
    "BEGIN:VEVENT\r\nUID:b\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20261124T060000Z\r\nDTEND:20261124T070000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_json_is_the_contract(box: Box) -> None:
    plan = box.plan()
    check_plan(plan)
    assert (plan["name"], plan["timezone"], plan["now"]) == (
        "training",
        "Europe/London",
        "2026-11-23T06:00:00+00:00",
    )
    (first, _) = plan["weeks"]
    assert first["week"] == "2026-W48"
    assert (first["template"], first["recovery"], first["rest"]) == ("balanced", False, ["mon", "fri"])
    assert first["runs"][0] == {
        "key": "2026-W48/run/tue-1",
        "kind": "intervals",
        "effort": "hard",
        "title": "6 x 800 m",
        "start": "2026-11-24T06:30:00+00:00",
        "end": "2026-11-24T07:30:00+00:00",
        "state": "planned",
        "clashes": [],
    }
    assert first["wanted"][0] == {
        "key": "2026-W48/strength/1",
        "routine": "lower-body",
        "load": "moderate",
        "minutes": 30,
        "shortest": 20,
    }
    assert first["strength"][0]["reasons"][0]["rule"] == "hours-apart"
    efforts = ["none", "hard", "easy", "hard", "none", "long", "easy"]
    assert [day["effort"] for day in first["days"]] == efforts


def test_json_is_one_object_and_no_other_output(box: Box) -> None:
    result = box.ok("plan", "--format", "json")
    assert result.err == ""
    assert result.out.startswith("{")
    assert result.out.rstrip("\n").endswith("}")
    assert isinstance(result.json, dict)


def test_json_of_a_week_with_trouble(box: Box) -> None:
    box.write("busy.ics", BUSY)
    box.config(
        more='[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n',
        availability='default = ["12:00-14:00"]',
    )
    box.ok("skip", "2026-W49/strength/1")
    box.ok("move", "2026-W49/run/sat-1", "2026-12-05T10:00")
    plan = box.plan()
    check_plan(plan)
    assert plan["weeks"][0]["unplaced"]
    assert {"run-clashes", "unplaced"} <= {warning["code"] for warning in plan["warnings"]}
    assert plan["weeks"][1]["skipped"] == ["2026-W49/strength/1"]
    states = {run["key"]: run["state"] for run in plan["weeks"][1]["runs"]}
    assert states["2026-W49/run/sat-1"] == "pinned"
    assert plan["busy"][0] == {"start": "2026-11-24T06:00:00+00:00", "end": "2026-11-24T07:00:00+00:00"}


def test_states_follow_the_calendar_and_the_clock(box: Box) -> None:
    box.push()
    plan = box.plan(now="2026-11-24T12:10:00+00:00")
    check_plan(plan)
    runs = {run["key"]: run["state"] for run in plan["weeks"][0]["runs"]}
    sessions = {session["key"]: session["state"] for session in plan["weeks"][0]["strength"]}
    assert runs["2026-W48/run/tue-1"] == "past"
    assert runs["2026-W48/run/wed-1"] == "published"
    assert sessions == {"2026-W48/strength/1": "past", "2026-W48/strength/2": "published"}


def test_past_runs_of_the_current_week_are_shown(box: Box) -> None:
    plan = box.plan(now="2026-11-26T12:00:00+00:00")
    check_plan(plan)
    states = [run["state"] for run in plan["weeks"][0]["runs"]]
    assert states == ["past", "past", "past", "planned", "planned"]


@settings(max_examples=usually(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    template=st.sampled_from(
        [
            "balanced",
            "experienced-three",
            "first-5k",
            "marathon-build",
            "recovery",
            "race-week",
            "short-on-time",
        ]
    ),
    zone=st.sampled_from(["Europe/London", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC"]),
    now=st.datetimes(datetime(2026, 10, 1), datetime(2027, 12, 31)),
    experience=st.sampled_from(["new", "regular", "experienced"]),
    notice=st.sampled_from(["0m", "12h", "3d"]),
)
def test_json_is_the_contract_at_any_time_and_place(
    box: Box, template: str, zone: str, now: datetime, experience: str, notice: str
) -> None:
    box.feed.unlink(missing_ok=True)
    box.config(
        weeks=f'["{template}"]',
        zone=zone,
        plan=f'experience = "{experience}"',
        availability=f'notice = "{notice}"',
    )
    at = now.isoformat(timespec="seconds") + "+00:00"
    plan = box.plan(now=at)
    check_plan(plan)
    box.push(now=at)
    again = box.plan(now=at)
    check_plan(again)
    times = [
        {e["key"]: e["start"] for week in p["weeks"] for e in (*week["runs"], *week["strength"])}
        for p in (plan, again)
    ]
    assert times[0] == times[1]


# --- choosing weeks ---------------------------------------------------------------------------------------


def test_one_week_is_the_same_week_of_the_same_plan(box: Box) -> None:
    box.config(horizon=4)
    whole, one = box.plan(), box.plan("--week", "2026-W50")
    assert [week["week"] for week in one["weeks"]] == ["2026-W50"]
    assert one["weeks"][0] == whole["weeks"][2]
    assert {key: one[key] for key in one if key != "weeks"} == {
        key: whole[key] for key in whole if key != "weeks"
    }


def test_the_number_of_weeks(box: Box) -> None:
    assert [week["week"] for week in box.plan("--weeks", "7")["weeks"]] == [
        "2026-W48", "2026-W49", "2026-W50", "2026-W51", "2026-W52", "2026-W53", "2027-W01",
    ]  # fmt: skip
    assert len(box.plan("--weeks", "53")["weeks"]) == 53
    assert len(box.plan()["weeks"]) == 2


def test_the_plan_waits_for_its_start(box: Box) -> None:
    plan = box.plan(now="2026-10-01T06:00:00+00:00")
    check_plan(plan)
    assert [week["week"] for week in plan["weeks"]] == ["2026-W48", "2026-W49"]


def test_templates_repeat_and_single_weeks_are_overridden(box: Box) -> None:
    box.config(
        weeks='["balanced", "recovery"]', horizon=5, plan='[plan.override]\n2026-W50 = "short-on-time"\n'
    )
    names = [week["template"] for week in box.plan()["weeks"]]
    assert names == ["balanced", "recovery", "short-on-time", "recovery", "balanced"]


def test_looking_changes_no_calendar(box: Box) -> None:
    for args in (("plan",), ("plan", "--format", "json"), ("plan", "--weeks", "3"), ("export",), ("busy",)):
        box.ok(*args)
    assert not box.feed.exists()
    assert not (box.state / "training" / "wishes.json").exists()
    assert not (box.state / "training" / "lock").exists()


# --- the table --------------------------------------------------------------------------------------------


def test_the_table_shows_the_week_at_a_glance(box: Box) -> None:
    box.write("busy.ics", BUSY)
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n')
    result = box.ok("plan", "--week", "2026-W48")
    assert "2026-W48  23 Nov - 29 Nov 2026  Balanced week" in result.out
    lines = {line[1:7].strip(): line for line in result.out.splitlines() if line[1:4].isalpha()}
    assert "rest" in lines["Mon 23"]
    assert "06:30-07:30  6 x 800 m" in lines["Tue 24"]
    assert "06:00-07:00, 11:00-20:00" in lines["Tue 24"]
    assert "Long run" in lines["Sat 28"]
    assert "2026-W49" not in result.out
    assert "Warning: 6 x 800 m" in result.err
    assert all(len(line) <= 121 for line in result.out.splitlines())


def test_the_table_names_what_found_no_place_and_what_was_skipped(box: Box) -> None:
    box.config(availability="default = []\nsat = []", horizon=1)
    box.ok("skip", "2026-W48/run/wed-1")
    result = box.ok("plan")
    assert re.search(r"Lower body \(moderate.*\) couldn't fit in", result.out)
    assert re.search(r"Wed 25 +Easy run: skipped *\n +wed *\n", result.out)
    assert {"w48-strength-1", "w48-strength-2"} <= {line.strip() for line in result.out.splitlines()}
    assert "the 1st strength session of week 48 (lower body) couldn't fit in" in result.err
    assert "/strength/" not in result.out + result.err


def test_every_session_has_its_short_name_and_says_what_became_of_it(box: Box) -> None:
    """Without any colour."""
    assert "tue-run, new" in box.ok("plan").out
    box.push()
    box.ok("move", "thu-strength", "18:00")
    box.ok("skip", "sat")
    out = box.ok("plan", now="2026-11-25T06:00:00+00:00").out
    told = {found[0]: found[1] for found in re.findall(r"(?<!\S)([a-z0-9-]+), ([a-z ]+?)(?:  |$)", out, re.M)}
    assert told["w48-tue-run"] == "past"
    assert told["wed"] == "in your calendar"
    assert told["thu-strength"] == "moved by you"
    assert told["tue-strength"] == "in your calendar"
    explained = box.ok("plan", "--explain", now="2026-11-25T06:00:00+00:00").out
    assert "Thu 26 Nov 18:00  Strength: Hips and core (moderate)  thu-strength, moved by you" in explained
    # What the plan would move is told from what is new.
    box.config(availability='default = ["20:00-21:30"]')
    assert "new time" in box.ok("plan").out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120])
def test_at_any_width_words_and_times_are_whole(box: Box, columns: int) -> None:
    box.push()
    terminal = Terminal.of(box, "plan", columns=columns)
    assert terminal.finish() == 0
    lines = terminal.plain.replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= columns + 1
    assert "…" not in terminal.plain.replace("reading work …", "")
    text = " ".join(terminal.plain.split())
    for word in ("06:30-07:30", "08:00-09:30", "tue-strength,", "calendar", "intervals", "(moderate)"):
        assert re.search(rf"(?<!\S){re.escape(word)}(?!\S)", text), word


def test_a_pipe_gets_no_blanks_at_the_ends_of_lines(box: Box) -> None:
    for command in (["plan"], ["plan", "--explain"], ["busy"], ["checkin", "--list"]):
        assert not re.search(r"[ \t]+$", box.ok(*command).out, re.M)


@pytest.mark.parametrize("week", ["next", "next week", "w49", "W49", "49", "2026-w49", "tue next week"])
def test_one_week_is_named_as_people_say_it(box: Box, week: str) -> None:
    assert [one["week"] for one in box.plan("--week", week)["weeks"]] == ["2026-W49"]


def test_a_session_without_a_place_is_no_error(box: Box) -> None:
    box.config(availability="default = []\nsat = []", horizon=1)
    assert box.run("plan").code == 0
    assert box.run("push").code == 0
    assert not [key for key in box.feed.read_text().splitlines() if "strength" in key]
