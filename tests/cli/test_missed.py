"""`calsync missed`: a session that was missed is placed again later in its week, or stays where it was."""

import pytest

from tests.cli.box import Box, by_key, target

TUE = "2026-W48/run/tue-1"
FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
TUESDAY_EVENING = "2026-11-24T18:00:00+00:00"
SUNDAY_EVENING = "2026-11-29T20:00:00+00:00"


def starts(box: Box, now: str, key: str = FIRST) -> str:
    """Where the plan and the feed have it, after a push."""
    box.push(now=now)
    week = box.plan(now=now)["weeks"][0]
    (start,) = [one["start"] for one in week["strength"] if one["key"] == key]
    written = by_key(box.feed.read_bytes())[key]["DTSTART"]
    assert str(start).replace("-", "").replace(":", "").startswith(written)
    return str(start)


def test_it_is_placed_again_later_in_the_week_and_the_calendar_follows(box: Box) -> None:
    before = starts(box, "2026-11-23T06:00:00+00:00")
    result = box.ok("missed", "tue strength", now=TUESDAY_EVENING)
    assert ": missed, now " in result.out
    changes = {change["key"]: change for change in box.push("--dry-run", now=TUESDAY_EVENING)["feed"]}
    assert (changes[FIRST]["action"], changes[FIRST]["reason"]) == ("update", "you missed it")
    (session,) = [one for one in box.plan(now=TUESDAY_EVENING)["weeks"][0]["strength"] if one["key"] == FIRST]
    assert "you missed it on Tue 24 Nov" in [reason["text"] for reason in session["reasons"]]
    after = starts(box, TUESDAY_EVENING)
    assert before < TUESDAY_EVENING < after < "2026-11-30"
    feed = box.feed.read_bytes()
    assert starts(box, TUESDAY_EVENING) == after
    assert box.feed.read_bytes() == feed
    # Once its new time is over it is as any other: it stays, or is missed once more.
    assert starts(box, SUNDAY_EVENING) == after


def test_what_can_not_be_placed_again_stays_where_it_was_and_that_is_said(box: Box) -> None:
    before = starts(box, "2026-11-23T06:00:00+00:00")
    result = box.ok("missed", FIRST, now=SUNDAY_EVENING)
    assert result.out == f"{FIRST}: missed; it couldn't fit in later this week, so it stays where it was\n"
    feed = box.feed.read_bytes()
    assert starts(box, SUNDAY_EVENING) == before
    assert box.feed.read_bytes() == feed
    plan = box.plan(now=SUNDAY_EVENING)
    assert "missed" in [notice["code"] for notice in plan["notices"]]
    assert plan["weeks"][0]["unplaced"] == []
    assert len(plan["weeks"][1]["strength"]) == 2, "never piled onto the next week"
    assert "missed" in box.ok("plan", now=SUNDAY_EVENING).out
    # It is not spoken of in the week after.
    assert box.plan(now="2026-11-30T06:00:00+00:00")["notices"] == []


@pytest.mark.parametrize("is_pushed", [True, False], ids=["pushed", "not pushed yet"])
def test_release_puts_it_back_where_it_was(box: Box, is_pushed: bool) -> None:
    before = starts(box, "2026-11-23T06:00:00+00:00")
    box.ok("missed", FIRST, now=TUESDAY_EVENING)
    if is_pushed:
        assert starts(box, TUESDAY_EVENING) != before
    box.ok("release", FIRST, now=TUESDAY_EVENING)
    for _ in range(2):
        assert starts(box, TUESDAY_EVENING) == before
    assert starts(box, "2026-11-27T06:00:00+00:00") == before


def test_what_was_made_up_for_is_not_taken_back_by_releasing_everything(box: Box) -> None:
    starts(box, "2026-11-23T06:00:00+00:00")
    box.ok("missed", FIRST, now=TUESDAY_EVENING)
    after = starts(box, TUESDAY_EVENING)
    box.ok("release", "--all", now=SUNDAY_EVENING)
    assert starts(box, SUNDAY_EVENING) == after


def test_what_was_marked_as_done_and_missed_is_not_done_and_the_other_way_round(box: Box) -> None:
    before = starts(box, "2026-11-23T06:00:00+00:00")
    box.ok("done", FIRST, now=TUESDAY_EVENING)
    box.ok("missed", FIRST, now=TUESDAY_EVENING)
    assert starts(box, TUESDAY_EVENING) != before
    assert "X-CALSYNC-DONE" not in by_key(box.feed.read_bytes())[FIRST]

    box.ok("release", FIRST, now=TUESDAY_EVENING)
    assert starts(box, TUESDAY_EVENING) == before
    box.ok("missed", FIRST, now=TUESDAY_EVENING)
    box.ok("done", FIRST, now=TUESDAY_EVENING)
    assert starts(box, TUESDAY_EVENING) == before
    assert "X-CALSYNC-DONE" in by_key(box.feed.read_bytes())[FIRST]


def test_every_target_follows_also_one_that_is_written_later(box: Box) -> None:
    box.config(targets=target("a", "public/training.ics") + target("b", "b.ics", 'detail = "busy"'))
    starts(box, "2026-11-23T06:00:00+00:00")
    box.ok("missed", FIRST, now=TUESDAY_EVENING)
    box.push("--target", "a", now=TUESDAY_EVENING)
    after = starts(box, TUESDAY_EVENING)
    assert after > TUESDAY_EVENING
    written = by_key((box.folder / "b.ics").read_bytes())[FIRST]["DTSTART"]
    assert after.replace("-", "").replace(":", "").startswith(written)


@pytest.mark.parametrize(
    ("what", "now", "says"),
    [
        (TUE, TUESDAY_EVENING, "calsync places no runs"),
        ("tue-run", TUESDAY_EVENING, "calsync places no runs"),
        (SECOND, TUESDAY_EVENING, "hasn't started yet"),
        (FIRST, "2026-11-30T06:00:00+00:00", "was in a week that is over"),
        ("2026-W48/strength/9", TUESDAY_EVENING, "there is no run or session"),
    ],
)
def test_what_can_not_be_missed_is_told(box: Box, what: str, now: str, says: str) -> None:
    box.push()
    result = box.run("missed", what, now=now)
    assert result.code == 2
    assert says in result.err
    assert not (box.state / "training" / "wishes.json").exists()
