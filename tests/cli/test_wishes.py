"""`skip`, `move` and `release`: what the runner says, and what becomes of the rest of the plan."""

import itertools
import re
import sys
from datetime import datetime
from typing import Any

import msgspec
import pytest

from tests.cli.box import NOW, Box, by_key, target

if sys.platform != "win32":
    from tests.cli.terminal import CTRL_C, Terminal

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")

TUE, THU, SAT = (f"2026-W48/run/{day}-1" for day in ("tue", "thu", "sat"))
FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
WEDNESDAY = "2026-11-25T06:00:00+00:00"


def sessions(plan: Any) -> dict[str, dict[str, Any]]:
    return {session["key"]: session for week in plan["weeks"] for session in week["strength"]}


def runs(plan: Any) -> dict[str, dict[str, Any]]:
    return {run["key"]: run for week in plan["weeks"] for run in week["runs"]}


def wishes(box: Box) -> Any:
    return msgspec.json.decode((box.state / "training" / "wishes.json").read_bytes())


# --- skip -------------------------------------------------------------------------------------------------


def test_a_skipped_session_leaves_and_does_not_come_back(box: Box) -> None:
    box.push()
    box.ok("skip", FIRST)
    changes = {change["key"]: change for change in box.push()["feed"]}
    assert (changes[FIRST]["action"], changes[FIRST]["to"]) == ("withdraw", None)
    for now in ("2026-11-23T06:00:00+00:00", "2026-11-23T18:00:00+00:00", "2026-11-24T06:00:00+00:00"):
        changes = {change["key"]: change for change in box.push(now=now)["feed"]}
        assert changes[FIRST]["action"] == "skip"
        assert FIRST not in by_key(box.feed.read_bytes())
    plan = box.plan(now=now)
    assert plan["weeks"][0]["skipped"] == [FIRST]
    assert FIRST not in sessions(plan)
    assert plan["weeks"][0]["unplaced"] == []
    assert plan["warnings"] == []


def test_a_session_may_be_skipped_before_the_first_push(box: Box) -> None:
    box.ok("skip", FIRST)
    box.push()
    assert FIRST not in by_key(box.feed.read_bytes())
    assert SECOND in by_key(box.feed.read_bytes())


def test_a_skipped_run_is_none_to_the_rest(box: Box) -> None:
    """Without Thursday's tempo run, its day is no better for strength than any other."""
    before = sessions(box.plan())[SECOND]
    assert (before["start"][:10], "day" in before["cost"]) == ("2026-11-26", False)
    box.ok("skip", THU)
    plan = box.plan()
    assert THU not in runs(plan)
    assert [day["effort"] for day in plan["weeks"][0]["days"]][3] == "none"
    assert sessions(plan)[SECOND]["cost"]["day"] > 0
    assert "hours-apart" not in {reason["rule"] for reason in sessions(plan)[SECOND]["reasons"]}
    box.push()
    assert THU not in by_key(box.feed.read_bytes())


def test_several_at_once_and_all_or_none(box: Box) -> None:
    result = box.run("skip", FIRST, "2026-W48/strength/9", TUE)
    assert result.code == 2
    assert box.plan()["weeks"][0]["skipped"] == []
    result = box.ok("skip", FIRST, TUE)
    assert f"{FIRST}: skipped" in result.out
    assert "calsync push" in result.err
    assert box.plan()["weeks"][0]["skipped"] == sorted([TUE, FIRST])


def test_skipping_twice_is_harmless(box: Box) -> None:
    box.ok("skip", FIRST)
    box.ok("skip", FIRST)
    assert wishes(box)["skips"] == [FIRST]


def test_all_of_a_week_may_be_skipped(box: Box) -> None:
    """What the runner asks for is no mass delete, however much it is."""
    box.push()
    keys = list(by_key(box.feed.read_bytes()))
    box.ok("skip", *(key for key in keys if key != "2026-W49/run/sun-1"))
    assert {c["action"] for c in box.push()["feed"] if c["key"] in keys[:-1]} == {"withdraw"}
    assert list(by_key(box.feed.read_bytes())) == ["2026-W49/run/sun-1"]


def test_every_target_loses_it(box: Box) -> None:
    box.config(targets=target("a", "a.ics") + target("b", "b.ics", 'detail = "busy"'))
    box.push()
    box.ok("skip", FIRST)
    box.push("--target", "a")
    for changes in box.push().values():
        assert all(change["action"] in ("keep", "skip", "withdraw") for change in changes)
    for name in ("a.ics", "b.ics"):
        assert FIRST not in by_key((box.folder / name).read_bytes())


# --- move -------------------------------------------------------------------------------------------------


def test_a_moved_session_stays_and_the_rest_is_planned_around_it(box: Box) -> None:
    box.push()
    result = box.ok("move", FIRST, "2026-11-26T12:00")
    assert f"{FIRST}: moved to Thu 26 Nov 12:00" in result.out
    box.push()
    plan = box.plan()
    moved = sessions(plan)[FIRST]
    assert (moved["start"], moved["end"]) == ("2026-11-26T12:00:00+00:00", "2026-11-26T12:30:00+00:00")
    assert moved["state"] == "pinned"
    # The second session was on Thursday: two days are between any two.
    other = datetime.fromisoformat(sessions(plan)[SECOND]["start"])
    assert abs((other.date() - datetime.fromisoformat(moved["start"]).date()).days) >= 2
    feed = by_key(box.feed.read_bytes())
    assert feed[FIRST]["DTSTART"] == "20261126T120000"
    assert feed[SECOND]["DTSTART"][:8] == other.strftime("%Y%m%d")
    assert {c["action"] for c in box.push()["feed"]} == {"keep", "pin"}


def test_a_moved_run_takes_the_rules_with_it(box: Box) -> None:
    box.push()
    box.ok("move", THU, "2026-11-26T19:00")
    box.push()
    plan = box.plan()
    run = runs(plan)[THU]
    assert (run["start"], run["end"], run["state"]) == (
        "2026-11-26T19:00:00+00:00",
        "2026-11-26T19:50:00+00:00",
        "pinned",
    )
    for session in sessions(plan).values():
        start, end = (datetime.fromisoformat(session[name]) for name in ("start", "end"))
        hard = datetime.fromisoformat("2026-11-26T19:00:00+00:00")
        if start.date() == hard.date():
            pytest.fail("no time of Thursday is three hours after the run")
        if end <= hard and session["load"] == "moderate":
            assert (hard - end).total_seconds() >= 24 * 3600
    assert {c["action"] for c in box.push()["feed"]} == {"keep", "pin"}


def test_a_run_moved_to_another_day_changes_the_efforts_of_both(box: Box) -> None:
    box.ok("move", SAT, "2026-11-27T08:00")
    efforts = [day["effort"] for day in box.plan()["weeks"][0]["days"]]
    assert efforts == ["none", "hard", "easy", "hard", "long", "none", "easy"]


def test_a_move_is_obeyed_even_against_the_rules_and_they_are_named(box: Box) -> None:
    result = box.ok("move", FIRST, "2026-11-24T06:30")
    assert "Note: the time is taken by Tuesday's intervals at 06:30" in result.err
    assert "hours-apart" not in result.err
    box.push()
    assert by_key(box.feed.read_bytes())[FIRST]["DTSTART"] == "20261124T063000"


@pytest.mark.parametrize(
    ("start", "utc"),
    [
        ("2026-11-25T18:00", "2026-11-25T17:00:00+00:00"),
        ("2026-11-25 18:00", "2026-11-25T17:00:00+00:00"),
        ("2026-11-25T18:00:00+00:00", "2026-11-25T18:00:00+00:00"),
        ("2026-11-25T18:00Z", "2026-11-25T18:00:00+00:00"),
        ("2026-11-25T06:00-12:00", "2026-11-25T18:00:00+00:00"),
    ],
)
def test_a_start_is_in_the_plans_zone_unless_it_says_otherwise(box: Box, start: str, utc: str) -> None:
    box.config(zone="Europe/Berlin")
    box.ok("move", FIRST, start)
    found = datetime.fromisoformat(sessions(box.plan())[FIRST]["start"])
    assert found == datetime.fromisoformat(utc)
    assert found.utcoffset() == datetime.fromisoformat("2026-11-25T18:00+01:00").utcoffset()


@pytest.mark.parametrize("key", [FIRST, SAT])
def test_what_was_moved_out_of_its_week_stays_to_the_end(box: Box, key: str) -> None:
    box.push()
    box.ok("move", key, "2026-12-17T18:00")
    box.push()
    for now in ("2026-11-29T06:00:00+00:00", "2026-12-01T06:00:00+00:00", "2026-12-17T17:59:00+00:00"):
        box.push(now=now)
        assert by_key(box.feed.read_bytes())[key]["DTSTART"] == "20261217T180000"
    box.push(now="2026-12-18T06:00:00+00:00")
    assert key in by_key(box.feed.read_bytes())


def test_a_session_that_found_no_place_may_be_given_one(box: Box) -> None:
    box.config(availability="default = []\nsat = []", horizon=1)
    assert sessions(box.plan()) == {}
    box.ok("move", FIRST, "2026-11-25T18:00")
    assert sessions(box.plan())[FIRST]["start"] == "2026-11-25T18:00:00+00:00"


def test_a_moved_session_is_moved_again(box: Box) -> None:
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.push()
    box.ok("move", FIRST, "2026-11-25T19:00")
    box.push()
    assert by_key(box.feed.read_bytes())[FIRST]["DTSTART"] == "20261125T190000"


def test_it_moves_in_every_target(box: Box) -> None:
    box.config(targets=target("a", "a.ics") + target("b", "b.ics", 'detail = "busy"'))
    box.push()
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.push()
    for name in ("a.ics", "b.ics"):
        assert by_key((box.folder / name).read_bytes())[FIRST]["DTSTART"] == "20261125T180000"


def test_what_was_moved_beyond_the_plan_is_in_every_target(box: Box) -> None:
    box.config(targets=target("a", "a.ics"))
    box.push()
    key = "2026-W49/strength/2"
    box.ok("move", key, "2026-12-05T18:00")
    box.config(targets=target("a", "a.ics") + target("b", "b.ics"), horizon=1)
    box.push("--allow-mass-delete")
    for name in ("a.ics", "b.ics"):
        assert by_key((box.folder / name).read_bytes())[key]["DTSTART"] == "20261205T180000"


def test_a_moved_event_stays_what_it_is(box: Box) -> None:
    box.push()
    before = by_key(box.feed.read_bytes())
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.ok("move", SAT, "2026-11-28T10:00")
    box.push()
    after = by_key(box.feed.read_bytes())
    for key in (FIRST, SAT):
        for name in ("UID", "SUMMARY", "CATEGORIES"):
            assert after[key][name] == before[key][name]
        assert int(after[key]["SEQUENCE"]) > int(before[key]["SEQUENCE"])
    assert after[SAT]["DESCRIPTION"] == before[SAT]["DESCRIPTION"]
    assert "Goblet squat" in after[FIRST]["DESCRIPTION"]


# --- the past ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [TUE, FIRST])
def test_the_past_is_neither_skipped_nor_moved_into(box: Box, key: str) -> None:
    box.push()
    for command in (["skip", key], ["move", key, "2026-11-24T18:00"], ["skip", SAT, key]):
        result = box.run(*command, now=WEDNESDAY)
        assert (result.code, result.out) == (2, "")
        assert "already started" in result.error or "in the past" in result.error
    assert not (box.state / "training" / "wishes.json").exists()


@pytest.mark.parametrize(("key", "minutes"), [(TUE, 60), (FIRST, 30)])
def test_what_was_missed_is_made_up_for_at_a_time_to_come(box: Box, key: str, minutes: int) -> None:
    box.config(targets=target("a", "a.ics") + target("b", "b.ics", 'detail = "busy"'))
    box.push()
    before = by_key((box.folder / "a.ics").read_bytes())[key]
    box.ok("move", key, "2026-11-25T18:00", now=WEDNESDAY)
    changes = {change["key"]: change for change in box.push(now=WEDNESDAY)["a"]}
    assert changes[key]["action"] == "update"
    for name in ("a.ics", "b.ics"):
        assert by_key((box.folder / name).read_bytes())[key]["DTSTART"] == "20261125T180000"
    after = by_key((box.folder / "a.ics").read_bytes())[key]
    assert (after["UID"], after["SUMMARY"]) == (before["UID"], before["SUMMARY"])
    assert {c["action"] for c in box.push(now=WEDNESDAY)["a"]} <= {"keep", "pin"}
    planned = {**runs(box.plan(now=WEDNESDAY)), **sessions(box.plan(now=WEDNESDAY))}[key]
    start, end = (datetime.fromisoformat(planned[name]) for name in ("start", "end"))
    assert (planned["state"], (end - start).total_seconds()) == ("pinned", minutes * 60)
    # The other session keeps its distance.
    days = sorted(
        datetime.fromisoformat(one["start"]).date() for one in sessions(box.plan(now=WEDNESDAY)).values()
    )
    assert all((later - earlier).days >= 2 for earlier, later in itertools.pairwise(days))


def test_last_weeks_session_is_made_up_for_too(box: Box) -> None:
    box.push()
    monday = "2026-11-30T06:00:00+00:00"
    box.ok("move", SECOND, "2026-11-30T18:00", now=monday)
    box.push(now=monday)
    assert by_key(box.feed.read_bytes())[SECOND]["DTSTART"] == "20261130T180000"
    box.ok("release", SECOND, now=monday)


def test_what_was_skipped_stays_away_when_its_time_has_come(box: Box) -> None:
    box.ok("skip", TUE, FIRST)
    box.push(now=WEDNESDAY)
    assert not {TUE, FIRST} & set(by_key(box.feed.read_bytes()))


def test_nothing_moves_into_the_past(box: Box) -> None:
    for start in ("2026-11-25T05:59", "2026-11-25T06:00", "2020-01-01T10:00"):
        result = box.run("move", SAT, start, now=WEDNESDAY)
        assert result.code == 2
        assert "in the past" in result.error
    for start in ("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"):
        result = box.run("move", SAT, start, now=WEDNESDAY)
        assert result.code == 2
        assert "is too far away" in result.error


def test_a_move_whose_time_came_before_any_push_is_not_written_where_the_run_is_gone(box: Box) -> None:
    """Not by the first push, and so not by the second, which sees where the first has brought the other."""
    box.config(targets=target("a", "a.ics"))
    box.push()
    box.ok("move", THU, "2026-11-25T18:00")
    box.config(targets=target("a", "a.ics") + target("b", "b.ics"))
    saturday = "2026-11-28T06:00:00+00:00"
    box.push(now=saturday)
    feeds = [(box.folder / name).read_bytes() for name in ("a.ics", "b.ics")]
    assert [by_key(feed).get(THU, {}).get("DTSTART") for feed in feeds] == ["20261125T180000", None]
    box.push(now=saturday)
    assert [(box.folder / name).read_bytes() for name in ("a.ics", "b.ics")] == feeds


# --- release ----------------------------------------------------------------------------------------------


def test_a_released_skip_comes_back(box: Box) -> None:
    box.push()
    before = by_key(box.feed.read_bytes())[FIRST]
    box.ok("skip", FIRST)
    box.push(now="2026-11-23T07:00:00+00:00")
    box.ok("release", FIRST)
    box.push(now="2026-11-23T08:00:00+00:00")
    after = by_key(box.feed.read_bytes())[FIRST]
    assert (after["UID"], after["DTSTART"]) == (before["UID"], before["DTSTART"])
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])


def test_a_released_move_is_placed_again(box: Box) -> None:
    box.push()
    before = by_key(box.feed.read_bytes())
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.ok("move", SAT, "2026-11-28T10:00")
    box.push()
    box.ok("release", FIRST, SAT)
    box.push()
    after = by_key(box.feed.read_bytes())
    for key in (FIRST, SAT):
        assert after[key]["DTSTART"] == before[key]["DTSTART"]
    assert {c["action"] for c in box.push()["feed"]} == {"keep"}


def test_release_all(box: Box) -> None:
    box.ok("skip", TUE, THU)
    box.ok("move", FIRST, "2026-11-25T18:00")
    result = box.ok("release", "--all")
    assert result.out.splitlines() == [
        "25 min tempo, Thu 26 Nov: released, now Thu 26 Nov 06:30",
        "6 x 800 m, Tue 24 Nov: released, now Tue 24 Nov 06:30",
        "Lower body, Wed 25 Nov 18:00: released, now Tue 24 Nov 12:00",
    ]
    assert wishes(box)["moves"] == {}
    assert wishes(box)["skips"] == []
    assert box.ok("release", "--all").out == ""


def test_a_release_says_where_it_is_now_also_if_it_stays_as_it_starts_soon(box: Box) -> None:
    box.push()
    box.ok("move", THU, "fri 7:00")
    box.ok("move", TUE, "mon 17:00")
    box.push()
    assert "now Thu 26 Nov 06:30" in box.ok("release", THU).out
    assert "now Mon 23 Nov 17:00" in box.ok("release", TUE).out


def test_the_next_push_says_that_it_was_released_and_later_ones_do_not(box: Box) -> None:
    box.config(targets=target("a", "a.ics") + target("b", "b.ics", 'detail = "busy"'))
    box.push()
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.ok("skip", THU)
    box.push()
    box.ok("release", FIRST, THU)
    box.push("--target", "b")
    changes = {change["key"]: change for change in box.push()["a"]}
    assert changes[FIRST]["action"] == "update"
    assert changes[FIRST]["reason"].startswith("you released it; now 4 h 30 min after Tuesday's intervals")
    assert (changes[THU]["action"], changes[THU]["reason"]) == ("insert", "you released it")
    assert wishes(box) == {"moves": {}, "skips": []}
    box.config(availability='default = ["18:00-21:30"]')
    reason = next(change["reason"] for change in box.push()["feed"] if change["key"] == FIRST)
    assert "released" not in reason


def test_only_what_is_held_can_be_released(box: Box) -> None:
    box.ok("skip", TUE)
    result = box.run("release", THU)
    assert result.code == 2
    assert TUE in result.error
    result = box.run("release", TUE, THU)
    assert result.code == 2
    assert wishes(box)["skips"] == [TUE]


# --- one after another ------------------------------------------------------------------------------------


def test_the_last_word_counts(box: Box) -> None:
    at = "2026-11-25T18:00"
    for steps, expected in (
        (["skip", "move"], "moved"),
        (["move", "skip"], "skipped"),
        (["skip", "move", "skip"], "skipped"),
        (["move", "skip", "move"], "moved"),
        (["skip", "release"], "placed"),
        (["move", "release"], "placed"),
        (["move", "skip", "release"], "placed"),
        (["skip", "move", "release"], "placed"),
        (["skip", "release", "move"], "moved"),
        (["move", "release", "skip"], "skipped"),
    ):
        for pushing in (False, True):
            box.feed.unlink(missing_ok=True)
            (box.state / "training" / "wishes.json").unlink(missing_ok=True)
            for step in steps:
                box.ok(step, FIRST, *([at] if step == "move" else []))
                if pushing:
                    box.push()
            plan = box.plan()
            if expected == "skipped":
                assert plan["weeks"][0]["skipped"] == [FIRST], steps
                assert FIRST not in sessions(plan)
            else:
                assert plan["weeks"][0]["skipped"] == [], steps
                is_moved = sessions(plan)[FIRST]["start"] == f"{at}:00+00:00"
                assert is_moved == (expected == "moved"), steps


def test_plans_keep_their_wishes_apart(box: Box) -> None:
    box.ok("skip", FIRST)
    box.config(name="other")
    assert FIRST in sessions(box.plan())


# --- the state folder -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'{"skips": 3}', b"\xff\xfe", b'{"moves": {"a": 1}}']
)
@pytest.mark.parametrize("command", ["push", "plan", "export", f"skip {FIRST}", "release --all"])
def test_damaged_wishes_are_an_error_and_nothing_is_forgotten(box: Box, content: bytes, command: str) -> None:
    path = box.write("state/training/wishes.json", content)
    result = box.run(*command.split())
    assert (result.code, result.out) == (5, "")
    assert str(path) in result.error
    assert "restore it, or delete it" in result.error
    assert path.read_bytes() == content
    assert not box.feed.exists()


def test_wishes_are_for_their_owners_eyes(box: Box) -> None:
    box.ok("skip", FIRST)
    assert (box.state / "training" / "wishes.json").stat().st_mode & 0o077 == 0
    assert (box.state / "training").stat().st_mode & 0o077 == 0


def test_wishes_of_weeks_long_past_are_dropped(box: Box) -> None:
    box.ok("skip", TUE)
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.ok("skip", "2027-W02/run/tue-1", now="2027-01-11T06:00:00+00:00")
    assert wishes(box)["skips"] == [TUE, "2027-W02/run/tue-1"]
    box.ok("skip", "2027-W05/run/tue-1", now="2027-02-01T06:00:00+00:00")
    assert wishes(box) == {"moves": {}, "skips": ["2027-W02/run/tue-1", "2027-W05/run/tue-1"]}


@pytest.mark.parametrize(
    ("start", "is_at"),
    [("2027-03-28T01:30", "Sun 28 Mar 02:30"), ("2027-03-28T00:45", "Sun 28 Mar 00:45")],
)
def test_a_move_to_the_night_when_clocks_change(box: Box, start: str, is_at: str) -> None:
    """01:30 is skipped that night in London, and a session from 00:45 ends after the change."""
    now = "2027-03-22T06:00:00+00:00"
    moved = box.ok("move", "2027-W12/strength/2", start, now=now)
    assert f"moved to {is_at}" in moved.out
    box.push(now=now)
    assert by_key(box.feed.read_bytes())["2027-W12/strength/2"]["DTSTART"]


# --- as people say it -------------------------------------------------------------------------------------


def skipped(box: Box, now: str = NOW) -> list[str]:
    return [key for week in box.plan(now=now)["weeks"] for key in week["skipped"]]


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (["wed"], "2026-W48/run/wed-1"),
        (["Wednesday"], "2026-W48/run/wed-1"),
        (["thu-run"], THU),
        (["THU-RUN"], THU),
        (["thu", "run"], THU),
        (["thursday strength"], SECOND),
        (["Thu 26 strength"], SECOND),
        (["thu lift"], SECOND),
        (["tempo"], THU),
        (["lower body"], FIRST),
        (["lower", "body"], FIRST),
        (["lower-body"], FIRST),
        (["Lower body (moderate)"], FIRST),
        (["tomorrow run"], TUE),
        (["6 x 800"], TUE),
        (["2026-11-28"], SAT),
        (["28 Nov"], SAT),
        (["nov 28"], SAT),
        (["28.11."], SAT),
        (["long run"], SAT),
        (["w49-thu-run"], "2026-W49/run/thu-1"),
        (["w49 tempo"], "2026-W49/run/thu-1"),
        (["tempo next week"], "2026-W49/run/thu-1"),
        (["next thu run"], "2026-W49/run/thu-1"),
        (["2026-w48/RUN/thu-1"], THU),
    ],
)
def test_a_thing_is_named_as_people_say_it(box: Box, said: list[str], key: str) -> None:
    box.push()
    box.ok("skip", *said)
    assert skipped(box) == [key]


def test_what_was_named_is_told_with_its_time(box: Box) -> None:
    assert "25 min tempo, Thu 26 Nov 06:30: skipped" in box.ok("skip", "tempo").out
    moved = box.ok("move", "long run", "18:00").out
    assert "Long run, Sat 28 Nov 08:00: moved to Sat 28 Nov 18:00" in moved


def test_several_things_at_once(box: Box) -> None:
    box.ok("skip", "wed", "thu-run", SAT)
    assert skipped(box) == sorted(["2026-W48/run/wed-1", THU, SAT])


def test_before_the_first_push_as_well(box: Box) -> None:
    box.ok("move", "tue-strength", "18:00")
    assert sessions(box.plan())[FIRST]["start"] == "2026-11-24T18:00:00+00:00"


def test_what_is_ambiguous_is_listed_with_numbers_and_nothing_is_done(box: Box) -> None:
    for command in (("skip", "thu"), ("move", "thu", "18:00")):
        result = box.run(*command)
        assert (result.code, result.out) == (2, "")
        listed = [line for line in result.err.splitlines() if line[:2].strip().isdecimal()]
        assert [line.split()[:2] for line in listed] == [["1", "thu-run"], ["2", "thu-strength"]]
        assert "thu-run or thu-strength" in result.error
    assert not (box.state / "training" / "wishes.json").exists()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("fri", "nothing is planned on Fri 27 Nov"),
        ("swimming", "no run or session"),
        ("lwer body", 'did you mean "lower body"'),
        ("31 feb", "no day 31.2."),
        ("2026-02-30", "2026-02-30 doesn't exist"),
        ("thu 27 nov", "27 Nov 2026 is a Friday"),
        ("2026-w60", "no week 60 in 2026"),
    ],
)
def test_what_is_not_there_is_said(box: Box, said: str, found: str) -> None:
    result = box.run("skip", said)
    assert (result.code, result.out) == (2, "")
    assert found in result.error


def test_one_weekday_is_never_taken_for_another_weeks(box: Box) -> None:
    """On Thursday evening "thu" is today, and what has begun today can't be skipped."""
    box.push()
    result = box.run("skip", "thu-strength", now="2026-11-26T20:00:00+00:00")
    assert (result.code, result.out) == (2, "")
    assert "already started" in result.error


@pytest.mark.parametrize(
    ("said", "key", "start"),
    [
        (["thu-run", "18:00"], THU, "2026-11-26T18:00"),
        (["thu-run", "7pm"], THU, "2026-11-26T19:00"),
        (["thu-run", "7:15 PM"], THU, "2026-11-26T19:15"),
        (["thu-run", "noon"], THU, "2026-11-26T12:00"),
        (["tempo", "fri 7:00"], THU, "2026-11-27T07:00"),
        (["tempo", "fri", "7:00"], THU, "2026-11-27T07:00"),
        (["lower", "body", "wed", "at", "18:00"], FIRST, "2026-11-25T18:00"),
        (["tempo", "fri"], THU, "2026-11-27T06:30"),
        (["tempo", "tomorrow 18:00"], THU, "2026-11-24T18:00"),
        (["tempo", "27 nov 18:00"], THU, "2026-11-27T18:00"),
        (["tempo", "2026-11-27 18:00"], THU, "2026-11-27T18:00"),
        (["tempo", "w49 fri 18:00"], "2026-W49/run/thu-1", "2026-12-04T18:00"),
        (["w49-thu-run", "fri 18:00"], "2026-W49/run/thu-1", "2026-12-04T18:00"),
        ([THU, "fri 18:00"], THU, "2026-11-27T18:00"),
        ([THU.lower(), "18:00"], THU, "2026-11-26T18:00"),
    ],
)
def test_a_start_is_said_as_people_say_it(box: Box, said: list[str], key: str, start: str) -> None:
    box.push()
    box.ok("move", *said)
    plan = box.plan()
    assert {**runs(plan), **sessions(plan)}[key]["start"] == f"{start}:00+00:00"


def test_what_was_missed_is_named_as_well(box: Box) -> None:
    box.push()
    result = box.ok("move", "w48-tue-strength", "18:00", now=WEDNESDAY)
    assert "Tue 24 Nov" in result.out
    assert "moved to Wed 25 Nov 18:00" in result.out
    result = box.ok("move", "6 x 800", "today 19:00", now=WEDNESDAY)
    assert "6 x 800 m, Tue 24 Nov 06:30: moved to Wed 25 Nov 19:00" in result.out


def test_missed_or_next_weeks_is_asked(box: Box) -> None:
    box.push()
    result = box.run("move", "lower body", "fri 18:00", now=WEDNESDAY)
    assert (result.code, result.out) == (2, "")
    assert "(past)" in result.err
    assert "w48-tue-strength or tue-strength" in result.error


@pytest.mark.parametrize(
    "start", ["soon", "7", "25:00", "13pm", "thu", "fri 18:00 or so", "fri sat 7:00", "fri 7"]
)
def test_what_is_no_start_is_said_and_nothing_is_done(box: Box, start: str) -> None:
    result = box.run("move", "2026-W48/strength/9" if start == "thu" else FIRST, start)
    assert (result.code, result.out) == (2, "")
    assert not (box.state / "training" / "wishes.json").exists()


def test_a_release_is_named_by_what_was_moved_or_skipped(box: Box) -> None:
    box.push()
    box.ok("skip", "wed")
    box.ok("move", "lower body", "wed 18:00")
    box.ok("move", "w49-tue-run", "fri 7:00")
    assert "4 Dec 07:00: released" in box.ok("release", "fri").out
    assert "Lower body (moderate), Wed 25 Nov 18:00: released" in box.ok("release", "lower body").out
    box.ok("release", "wed")
    assert skipped(box) == []
    assert box.ok("release", "--all").out == ""


def test_the_name_that_the_plan_shows_means_what_is_skipped_too(box: Box) -> None:
    """And not a run of that weekday that is over."""
    late = "2026-11-28T06:00:00+00:00"
    key = "2026-W49/run/thu-1"
    box.push(now=late)
    box.ok("skip", "w49-thu-strength", "thu-run", now=late)
    box.ok("move", "thu-run", "thu 9:30", now=late)
    assert skipped(box) == ["2026-W49/strength/2"]
    assert runs(box.plan(now=late))[key]["start"] == "2026-12-03T09:30:00+00:00"


def test_what_is_not_held_is_told_with_what_is(box: Box) -> None:
    box.push()
    box.ok("move", "tue-strength", "wed 18:00")
    error = box.run("release", "thu-strength").error
    assert '"thu-strength" is neither moved nor skipped' in error
    assert "you moved or skipped wed-strength (Lower body (moderate), Wed 25 Nov 18:00)" in error


@pytest.mark.parametrize("pushed_before", [True, False])
@pytest.mark.parametrize("pushed_after", [True, False])
def test_what_was_moved_is_known_by_the_name_that_it_had(
    box: Box, *, pushed_before: bool, pushed_after: bool
) -> None:
    if pushed_before:
        box.push()
    box.ok("move", "tue-strength", "wed 18:00")
    box.ok("move", "thu-run", "fri 9:00")
    if pushed_after:
        box.push()
    moved = box.ok("move", "tue-strength", "wed 19:00").out
    assert "(moderate), Wed 25 Nov 18:00: moved to Wed 25 Nov 19:00" in moved
    assert (
        "Wed 25 Nov 19:00: released"
        in box.ok("release", "wed-strength" if pushed_after else "tue-strength").out
    )
    assert "Fri 27 Nov 09:00: released" in box.ok("release", "thu-run").out
    assert wishes(box)["moves"] == {}


def test_a_name_of_last_week_still_releases(box: Box) -> None:
    box.push()
    box.ok("move", "tue-strength", "fri 18:00")
    assert "Fri 27 Nov 18:00: released" in box.ok("release", "tue-strength", now=WEDNESDAY).out


def test_what_is_called_so_now_comes_before_what_was(box: Box) -> None:
    box.push()
    box.ok("move", "tue-strength", "fri 18:00")
    box.ok("move", SECOND, "tue 18:00")
    assert "Tue 24 Nov 18:00: skipped" in box.ok("skip", "tue-strength").out


def test_a_feed_that_is_down_keeps_nobody_from_saying_what_they_want(box: Box) -> None:
    """What the calendar holds can still be named; that nobody looked for clashes is said."""
    box.push()
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "gone.ics"')
    box.ok("skip", "thu-run")
    result = box.ok("move", "lower body", "18:00")
    assert "Note: clashes were not checked" in result.err
    assert "gone.ics" in result.err


BUSY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\n"
    "DTSTART:20261125T120000Z\r\nDTEND:20261125T130000Z\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        (["lower body", "wed 12:15"], ["work is busy 12:00-13:00"]),
        (["lower body", "wed 07:15"], ["the time is taken by Wednesday's easy run at 07:00"]),
        (["lower body", "fri 12:00"], ["Friday is a rest day", "19 h 30 min before Saturday's long run"]),
        (["lower body", "thu 05:00"], ["strength comes after Thursday's tempo run at 06:30, not before it"]),
        (["tempo", "wed 12:15"], ["work is busy 12:00-13:00"]),
        (["tempo", "tue 7:00"], ["the time is taken by Tuesday's intervals at 06:30"]),
        (["tempo", "fri 7:00"], ["Friday is a rest day"]),
        (["lower body", "thu 12:30"], []),
    ],
)
def test_what_is_against_a_move_is_said_in_words_before_it_is_made(
    box: Box, said: list[str], notes: list[str]
) -> None:
    box.write("work.ics", BUSY)
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"')
    box.push()
    result = box.ok("move", *said)
    told = [line.removeprefix("Note: ") for line in result.err.splitlines() if line.startswith("Note: ")]
    for note in notes:
        assert any(line.startswith(note) for line in told), told
    assert bool(told) == bool(notes)
    assert "moved to" in result.out
    assert not [line for line in told if re.search(r"\b(hours-apart|fresh-legs|rest-day|pair)\b", line)]


# --- at a terminal ----------------------------------------------------------------------------------------


@needs_terminal
def test_at_a_terminal_one_picks_from_a_list(box: Box) -> None:
    box.push()
    terminal = Terminal.of(box, "skip")
    shown = terminal.wait_for("Which ones?")
    assert re.search(r"1  tue-run +6 x 800 m, Tue 24 Nov 06:30", shown)
    terminal.type("99\n")
    terminal.wait_for("The numbers are 1 to")
    terminal.type("1, 3\n")
    assert terminal.finish() == 0
    assert skipped(box) == sorted([TUE, "2026-W48/run/wed-1"])


@needs_terminal
def test_at_a_terminal_one_is_asked_which_and_when(box: Box) -> None:
    box.push()
    terminal = Terminal.of(box, "move", "thu", "18:00")
    terminal.wait_for('Which one is "thu"?')
    terminal.type("2\n")
    assert terminal.finish() == 0
    assert sessions(box.plan())[SECOND]["start"] == "2026-11-26T18:00:00+00:00"
    terminal = Terminal.of(box, "move")
    terminal.wait_for("Which one?")
    terminal.type("1\n")
    terminal.wait_for("When?")
    terminal.type("soon\n")
    terminal.wait_for('"soon" is not a time such as 18:00')
    terminal.wait_for("When?")
    terminal.type("9pm\n")
    assert terminal.finish() == 0
    assert runs(box.plan())[TUE]["start"] == "2026-11-24T21:00:00+00:00"
    terminal = Terminal.of(box, "release")
    terminal.wait_for("Which ones?")
    terminal.type("1 2\n")
    assert terminal.finish() == 0
    assert wishes(box)["moves"] == {}


@needs_terminal
def test_ctrl_c_at_the_list_changes_nothing(box: Box) -> None:
    box.push()
    terminal = Terminal.of(box, "skip", "thu")
    terminal.wait_for("Which one")
    terminal.press(CTRL_C)
    assert terminal.finish() == 130
    assert skipped(box) == []
