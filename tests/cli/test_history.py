"""`calsync history`: what became of the last weeks, also when calendars and feeds have long forgotten it."""

from typing import Any
from xml.etree.ElementTree import fromstring

from tests.cli.box import Box

TUE = "2026-W48/run/tue-1"
FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
SUNDAY = "2026-11-29T20:00:00+00:00"


def history(box: Box, now: str) -> dict[str, dict[str, Any]]:
    weeks = box.ok("history", "--format", "json", now=now).json
    assert len(weeks) == 12
    return {week["week"]: week for week in weeks}


def test_it_counts_what_was_planned_done_skipped_and_moved_and_how_it_felt(box: Box) -> None:
    box.push()
    planned = len(box.plan()["weeks"][0]["runs"]) + 2
    box.ok("skip", SECOND)
    box.ok("move", TUE, "2026-11-24T19:00")
    box.push()
    box.push(now=SUNDAY)
    box.ok("done", FIRST, TUE, now=SUNDAY)
    box.ok("checkin", "--sign", "sore", now=SUNDAY)
    # What was said since the last push counts at once, and years of nothing later as well.
    for now in (SUNDAY, "2026-12-01T06:00:00+00:00"):
        week = history(box, now)["2026-W48"]
        assert (week["planned"], week["done"], week["skipped"], week["moved"]) == (planned, 2, 1, 1)
        assert week["signs"] == ["sore"]
        assert (week["runs"]["done"], week["strength"]) == (1, {"planned": 2, "done": 1})


def test_what_the_feed_has_forgotten_is_still_there(box: Box) -> None:
    box.push()
    before = history(box, "2026-11-23T06:00:00+00:00")["2026-W48"]
    later = "2027-02-08T06:00:00+00:00"
    box.push(now=later)
    assert b"2026-W48" not in box.feed.read_bytes()
    assert history(box, later)["2026-W48"] == before
    # Where no push has kept it, the calendars tell what they have.
    box.push(now="2027-02-09T06:00:00+00:00")
    (box.state / "training" / "weeks.json").unlink()
    assert history(box, later)["2027-W06"]["planned"] > 0
    assert history(box, later)["2026-W48"]["planned"] == 0


def test_no_mark_is_unknown_and_never_missed(box: Box) -> None:
    box.push()
    week = history(box, SUNDAY)["2026-W48"]
    assert (week["done"], week["signs"]) == (None, None)
    out = box.ok("history", now=SUNDAY).out
    (line,) = [line for line in out.splitlines() if line.startswith(" 2026-W48")]
    assert line.split()[3:] == [str(week["runs"]["planned"]), "-", "2", "-", "-", "-", "-"]
    assert "not missed" in out
    # Weeks from before the first push are no empty lines.
    assert "2026-W47" not in out
    assert "nothing of earlier weeks" in out


def test_the_chart_is_a_picture_with_a_text_for_each_week(box: Box) -> None:
    box.push()
    box.ok("done", FIRST, now=SUNDAY)
    chart = fromstring(box.ok("history", "--format", "svg", now=SUNDAY).out)
    titles = [one.text or "" for one in chart.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 12
    assert "week 48" in titles[-1]
    assert "1 done" in titles[-1]


def test_before_the_first_push_there_is_nothing(box: Box) -> None:
    assert {week["planned"] for week in history(box, SUNDAY).values()} == {0}
    assert "Nothing is known of your weeks yet" in box.ok("history", now=SUNDAY).out
    assert not (box.state / "training" / "weeks.json").exists()
