"""`calsync done`: what was trained gets a mark, and the plan and the calendars show it."""

import msgspec
import pytest

from tests.cli.box import Box, by_key, target

TUE, SAT = "2026-W48/run/tue-1", "2026-W48/run/sat-1"
FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
THURSDAY = "2026-11-26T06:00:00+00:00"
TUESDAY_NOON = "2026-11-24T11:00:00+00:00"


def changed(box: Box, now: str = THURSDAY) -> dict[str, list[str]]:
    """The keys of what a push writes, by target."""
    writing = ("insert", "update", "withdraw")
    return {
        name: [change["key"] for change in changes if change["action"] in writing]
        for name, changes in box.push(now=now).items()
    }


def titles(box: Box, key: str) -> tuple[str, bool]:
    event = by_key(box.feed.read_bytes())[key]
    assert ("X-CALSYNC-DONE" in event) == ("Done" in event["CATEGORIES"].split(","))
    return event["SUMMARY"], "X-CALSYNC-DONE" in event


def in_plan(box: Box, key: str, now: str = THURSDAY) -> dict[str, object]:
    week = box.plan(now=now)["weeks"][0]
    (found,) = [one for one in (*week["runs"], *week["strength"]) if one["key"] == key]
    return dict(found)


def test_what_is_over_is_marked_in_plan_and_feed_and_can_be_undone(box: Box) -> None:
    box.push()
    before = by_key(box.feed.read_bytes())[FIRST]
    assert box.ok("done", FIRST, now=THURSDAY).out == f"{FIRST}: done\n"
    assert changed(box) == {"feed": [FIRST]}
    assert titles(box, FIRST) == (f"✓ {before['SUMMARY']}", True)
    assert (in_plan(box, FIRST)["state"], in_plan(box, FIRST)["done"]) == ("past", True)
    assert "done" not in in_plan(box, TUE)
    assert "w48-tue-strength, done" in box.ok("plan", now=THURSDAY).out
    assert "✓ " in box.ok("plan", "--format", "svg", now=THURSDAY).out
    assert "Done: " in box.ok("plan", "--format", "html", now=THURSDAY).out
    feed = box.feed.read_bytes()
    assert changed(box) == {"feed": []}
    assert box.feed.read_bytes() == feed

    box.ok("done", "--undo", FIRST, now=THURSDAY)
    assert changed(box) == {"feed": [FIRST]}
    assert titles(box, FIRST) == (before["SUMMARY"], False)
    assert "done" not in in_plan(box, FIRST)


def test_a_mark_outlives_the_state_folder_and_an_undo_outlives_the_feed(box: Box) -> None:
    box.push()
    box.ok("done", FIRST, TUE, now=THURSDAY)
    box.push(now=THURSDAY)
    marked = box.feed.read_bytes()
    marks = box.state / "training" / "marks.json"
    kept = marks.read_bytes()
    marks.unlink()
    assert in_plan(box, FIRST)["done"] is True
    assert changed(box) == {"feed": []}
    # An older copy of the feed brings no mark back.
    marks.write_bytes(kept)
    box.ok("done", "--undo", FIRST, now=THURSDAY)
    box.push(now=THURSDAY)
    box.feed.write_bytes(marked)
    assert "done" not in in_plan(box, FIRST)
    assert changed(box) == {"feed": [FIRST]}


def test_a_feed_that_shows_only_busy_time_shows_no_mark(box: Box) -> None:
    box.config(targets=target("a", "a.ics") + target("b", "b.ics", 'detail = "busy"'))
    box.push()
    busy = (box.folder / "b.ics").read_bytes()
    box.ok("done", FIRST, now=THURSDAY)
    assert changed(box) == {"a": [FIRST], "b": []}
    assert (box.folder / "b.ics").read_bytes() == busy
    assert in_plan(box, FIRST)["done"] is True


def test_it_is_no_news_for_a_mail(box: Box) -> None:
    box.push()
    box.ok("done", FIRST, now=THURSDAY)
    assert "(done)" in box.ok("push", "--dry-run", now=THURSDAY).out
    assert box.ok("push", "--quiet", now=THURSDAY).out == ""
    assert titles(box, FIRST)[1]


@pytest.mark.parametrize(
    ("what", "key"),
    [
        (["tue", "strength"], FIRST),
        (["w48-tue-strength"], FIRST),
        (["lower body"], FIRST),
        (["strength"], FIRST),
        (["tue-run"], TUE),
        (["24 nov run"], TUE),
        (["yesterday"], "2026-W48/run/wed-1"),
        (["today", "strength"], SECOND),
    ],
)
def test_it_is_named_as_people_speak_of_what_they_have_done(box: Box, what: list[str], key: str) -> None:
    """Also with names that mean next week's for other commands."""
    box.push()
    box.ok("done", *what, now=THURSDAY)
    marks = msgspec.json.decode((box.state / "training" / "marks.json").read_bytes())
    assert {name: one["done"] for name, one in marks.items()} == {key: True}


def test_what_was_in_the_last_weeks_can_be_marked_too(box: Box) -> None:
    box.push()
    later = "2026-12-18T06:00:00+00:00"
    box.ok("done", "24 nov strength", now=later)
    assert FIRST in changed(box, later)["feed"]
    assert titles(box, FIRST)[1]
    assert ": not done" in box.ok("done", "--undo", "24 nov strength", now=later).out


def test_what_is_done_before_its_time_stays_where_it_is(box: Box) -> None:
    """Also if that time is no longer free, and whether or not a calendar has it."""
    for is_published in (True, False):
        if is_published:
            box.push()
        box.ok("done", "today strength", now=TUESDAY_NOON)
        start = in_plan(box, FIRST, TUESDAY_NOON)["start"]
        box.push(now=TUESDAY_NOON)
        assert in_plan(box, FIRST, THURSDAY)["start"] == start
        assert in_plan(box, FIRST, THURSDAY)["done"] is True
        box.ok("done", "--undo", FIRST, now=TUESDAY_NOON)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([SAT], "Sat 28 Nov 08:00, is still to come: it can be marked as done from that day on"),
        (["sat"], "Sat 28 Nov 08:00, is still to come: it can be marked as done from that day on"),
        (["fri"], "nothing is planned on any Friday"),
        (["2026-W48/strength/9"], "there is no run or session"),
        (["swim"], 'there is no run or session "swim"'),
        (["--undo", FIRST], f"{FIRST} is not marked as done"),
        (["--undo", "tue-run"], '"tue-run" is not marked as done; nothing is'),
        ([TUE], f"you skipped {TUE}"),
    ],
)
def test_what_can_not_be_marked_is_told_and_nothing_is_kept(box: Box, args: list[str], says: str) -> None:
    box.ok("skip", TUE)
    box.push()
    result = box.run("done", *args, now=THURSDAY)
    assert result.code == 2
    assert says in result.err
    assert not (box.state / "training" / "marks.json").exists()


@pytest.mark.parametrize("command", [["skip", FIRST], ["move", FIRST, "sat 10:00"]])
def test_what_is_done_is_not_skipped_or_moved(box: Box, command: list[str]) -> None:
    box.push()
    box.ok("done", FIRST, now=TUESDAY_NOON)
    assert "you marked" in box.run(*command, now=TUESDAY_NOON).err
    box.ok("done", "--undo", FIRST, now=TUESDAY_NOON)
    box.ok(*command, now=TUESDAY_NOON)


def test_marking_twice_is_harmless(box: Box) -> None:
    box.push()
    for _ in range(2):
        box.ok("done", FIRST, now=THURSDAY)
    assert titles(box, FIRST) == ("Strength: Lower body (moderate)", False)
    assert changed(box) == {"feed": [FIRST]}
