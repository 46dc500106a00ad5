"""Clocks that were wrong: what a push wrote at a time that is still to come, and pushes that failed."""

from datetime import datetime, timedelta

import pytest

from tests.cli.box import NOW, Box, by_key
from tests.cli.doctor import checks, without_schedule

START = datetime.fromisoformat(NOW)
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'


def at(**later: float) -> str:
    return (START + timedelta(**later)).isoformat()


@pytest.fixture(autouse=True)
def nothing_runs(box: Box) -> None:
    without_schedule(box)


def test_a_push_a_year_ahead_is_noticed_and_one_word_ends_it(box: Box) -> None:
    box.push()
    wanted = by_key(box.feed.read_bytes()).keys()
    box.push(now=at(days=364))
    ahead = box.feed.read_bytes()
    for _ in range(2):
        result = box.run("push", now=at(hours=2))
        assert result.code == 6
        assert "Mon 22 Nov 2027 06:00, which is in the future: the clock was wrong then" in result.error
        assert result.error.endswith("calsync push --clock-was-wrong")
        assert box.feed.read_bytes() == ahead
        check = checks(box, now=at(hours=2), code=0)["last push"]
        assert (check["status"], "the clock was wrong" in check["text"]) == ("warning", True)
        assert "--clock-was-wrong" in check["fix"]
    box.ok("push", "--clock-was-wrong", now=at(hours=2))
    assert by_key(box.feed.read_bytes()).keys() == wanted
    result = box.ok("push", now=at(hours=3))
    assert "clock" not in result.err
    assert checks(box, now=at(hours=3))["last push"]["status"] == "ok"


def test_what_a_wrong_clock_wrote_goes_but_no_more(box: Box) -> None:
    """The word is about the clock: a template that was emptied meanwhile is as suspicious as ever."""
    box.push()
    box.write("empty.toml", 'title = "Nothing"\n')
    box.config(weeks='["empty.toml"]')
    before = box.feed.read_bytes()
    assert box.run("push", "--clock-was-wrong").code == 6
    assert box.feed.read_bytes() == before


def test_a_small_jump_is_said_once_also_to_cron(box: Box) -> None:
    box.push()
    box.push(now=at(days=3))
    said = [box.ok("push", "--quiet", now=at(hours=hour)).err for hour in (1, 2)]
    assert ["the clock was wrong then, or is wrong now" in text for text in said] == [True, False]


def test_plan_says_so_and_changes_nothing_of_it(box: Box) -> None:
    box.push(now=at(days=3))
    for _ in range(2):
        assert [warning["code"] for warning in box.plan()["warnings"]] == ["clock"]


def test_a_clock_that_is_minutes_late_is_no_news(box: Box) -> None:
    box.push(now=at(minutes=30))
    assert box.ok("push").err == ""
    assert checks(box)["last push"]["status"] == "ok"


def test_skips_are_not_forgotten_by_a_clock_that_runs_ahead(box: Box) -> None:
    box.push()
    box.ok("skip", "2026-W48/strength/1")
    key = "2027-W48/strength/1"
    box.ok("skip", key, now=at(days=364))
    box.ok("release", key, now=at(days=364))
    assert box.plan()["weeks"][0]["skipped"] == ["2026-W48/strength/1"]


# --- pushes that failed -----------------------------------------------------------------------------------


def test_doctor_says_that_the_last_push_failed_until_one_goes_well(box: Box) -> None:
    box.write("work.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    box.config(more=BUSY)
    box.push()
    (box.folder / "work.ics").rename(box.folder / "gone.ics")
    assert box.run("push", now=at(hours=1)).code == 5
    (box.folder / "gone.ics").rename(box.folder / "work.ics")
    check = checks(box, now=at(hours=3), code=0)["last push"]
    assert check["status"] == "warning"
    assert "failed 2 hours ago" in check["text"]
    assert "work.ics" in check["text"]
    assert "went well was 3 hours ago" in check["text"]
    box.push(now=at(hours=4))
    assert checks(box, now=at(hours=4))["last push"]["status"] == "ok"


def test_a_push_that_was_refused_has_failed_too(box: Box) -> None:
    box.push()
    box.write("empty.toml", 'title = "Nothing"\n')
    box.config(weeks='["empty.toml"]')
    assert box.run("push").code == 6
    assert "the plan is empty" in checks(box)["last push"]["text"]


def test_a_dry_run_that_fails_is_no_push(box: Box) -> None:
    box.push()
    box.config(more=BUSY)
    assert box.run("push", "--dry-run").code == 5
    assert checks(box)["last push"]["status"] == "ok"


def test_a_failed_push_of_a_wrong_clock_is_noticed(box: Box) -> None:
    box.config(more=BUSY)
    assert box.run("push", now=at(days=364)).code == 5
    assert "the clock was wrong" in checks(box)["last push"]["text"]
