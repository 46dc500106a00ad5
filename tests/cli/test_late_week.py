"""A plan that is made when its week is nearly over: what can't be done any more is no trouble."""

from pathlib import Path

import pytest

from tests.cli.box import Box, config

SATURDAY_NIGHT = "2026-11-28T21:30:00+00:00"
SUNDAY_NIGHT = "2026-11-29T21:30:00+00:00"
TEXT = "too late for this week; strength starts on Mon 30 Nov"
EVENINGS = 'default = ["17:00-21:00"]\nsat = []\nsun = []'


def busy(*blocks: str) -> str:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\n"
        for number, (start, end) in enumerate(block.split("/") for block in blocks)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"


@pytest.fixture
def new(tmp_path: Path) -> Box:
    """Somebody who starts on a Saturday night."""
    box = Box(tmp_path)
    box.config(availability=EVENINGS)
    return box


@pytest.mark.parametrize("now", [SATURDAY_NIGHT, SUNDAY_NIGHT])
def test_a_push_says_nothing_of_it(new: Box, now: str) -> None:
    first = new.ok("push", now=now)
    assert "place" not in first.out + first.err
    assert first.err == ""
    later = new.ok("push", "--quiet", now=now)
    assert (later.out, later.err) == ("", "")
    assert new.ok("push", "--format", "json", now=now).json["warnings"] == []


def test_the_plan_says_it_once_and_looks_for_no_fix(new: Box) -> None:
    shown = new.ok("plan", now=SATURDAY_NIGHT)
    assert shown.err == f"Note: {TEXT}\n"
    assert "couldn't fit in" not in shown.out
    explained = new.ok("plan", "--explain", now=SATURDAY_NIGHT)
    assert "to fit it in" not in explained.out
    plan = new.plan(now=SATURDAY_NIGHT)
    assert plan["warnings"] == []
    assert plan["notices"] == [{"code": "too-late", "text": TEXT}]
    assert [(one["fix"], one["too_late"]) for one in plan["weeks"][0]["unplaced"]] == [(None, True)] * 2
    assert [session["key"] for session in plan["weeks"][1]["strength"]] == [
        "2026-W49/strength/1",
        "2026-W49/strength/2",
    ]


def test_the_page_says_it_once(new: Box) -> None:
    page = new.ok("plan", "--format", "html", now=SATURDAY_NIGHT).out
    assert page.count(TEXT) == 1
    assert "Couldn't fit in this week" not in page


def test_with_a_session_done_it_speaks_of_more(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(availability=EVENINGS)
    wednesday = "2026-11-25T12:00:00+00:00"
    assert len(box.plan(now=wednesday)["weeks"][0]["strength"]) == 1
    box.push(now=wednesday)
    plan = box.plan(now=SATURDAY_NIGHT)
    assert [session["state"] for session in plan["weeks"][0]["strength"]] == ["past"]
    assert [notice["text"] for notice in plan["notices"]] == [
        "too late for more strength this week; it goes on from Mon 30 Nov"
    ]


def test_what_found_no_place_on_any_day_of_the_week_is_trouble_still(new: Box) -> None:
    new.write("busy.ics", busy("20261123T000000Z/20261130T000000Z"))
    source = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
    new.config(availability=EVENINGS, more=source)
    plan = new.plan(now=SATURDAY_NIGHT)
    assert ["too_late" in one for one in plan["weeks"][0]["unplaced"]] == [False, False]
    assert "too-late" not in {notice["code"] for notice in plan["notices"]}
    assert "couldn't fit in" in new.ok("push", now=SATURDAY_NIGHT).err


def test_what_was_published_and_lost_its_place_is_trouble_still(new: Box) -> None:
    source = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
    new.write("busy.ics", busy("20261123T000000Z/20261128T000000Z"))
    new.config(availability='default = ["18:00-21:00"]', more=source)
    wednesday = "2026-11-25T12:00:00+00:00"
    (lost,) = new.plan(now=wednesday)["weeks"][0]["strength"]
    new.push(now=wednesday)
    # What was busy until Friday is free now, and what was free is busy.
    new.write("busy.ics", busy("20261127T000000Z/20261130T000000Z"))
    friday = "2026-11-27T20:00:00+00:00"
    assert "no longer fits in this week" in new.ok("push", now=friday).out
    for _ in range(2):
        plan = new.plan(now=SATURDAY_NIGHT)
        trouble = [one["key"] for one in plan["weeks"][0]["unplaced"] if "too_late" not in one]
        assert trouble == [lost["key"]]
        assert "couldn't fit in" in new.ok("push", now=SATURDAY_NIGHT).err


def test_a_long_notice_makes_more_days_too_late(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(availability='notice = "5d"\n' + EVENINGS)
    plan = box.plan(now="2026-11-23T06:00:00+00:00")
    assert plan["weeks"][0]["strength"] == []
    assert [notice["text"] for notice in plan["notices"]] == [TEXT]


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-26", "2026-11-27", "2026-11-29"])
def test_a_beginner_s_first_days_are_no_week_one(tmp_path: Path, day: str) -> None:
    """Weeks 1 and 2 have one session: the plan's first three weeks, if it starts on a Friday or later."""
    box = Box(tmp_path)
    text = config(plan='experience = "new"', horizon=4).replace("start = 2026-11-23", f"start = {day}")
    box.write("config.toml", text)
    weeks = box.plan(now="2026-11-23T06:00:00+00:00")["weeks"]
    starts_late = day >= "2026-11-27"
    assert [len(week["wanted"]) for week in weeks] == ([1, 1, 1, 2] if starts_late else [1, 1, 2, 2])
    numbers = [week["notes"][0]["text"].split()[1] for week in weeks]
    assert numbers == (["1", "1", "2", "3"] if starts_late else ["1", "2", "3", "4"])
