"""What is deleted in Google Calendar: left out, or given another time where its target says so."""

from datetime import datetime, timedelta

import pytest

from tests.cli.box import FEED, by_key
from tests.cli.google import TARGET, GoogleBox
from tests.cli.test_google_push import LIFT, RUN, actions

OTHER = "2026-W48/strength/2"

ANOTHER_TIME = TARGET + 'on_delete = "another-time"\n'


@pytest.mark.parametrize("targets", [ANOTHER_TIME, ANOTHER_TIME + FEED], ids=["alone", "beside a feed"])
def test_what_is_deleted_gets_another_time_where_the_target_says_so(runner: GoogleBox, targets: str) -> None:
    runner.with_calendar(targets=targets)
    before = runner.starts()[LIFT]
    runner.person.delete(runner.events()[LIFT]["id"])
    dry = runner.push("--dry-run")["google"]
    (planned,) = [change["to"] for change in dry if change["key"] == LIFT]
    assert LIFT not in runner.events(), "a dry run changes nothing"
    runner.push()
    after = runner.starts()[LIFT]
    assert after.isoformat() == planned
    assert abs(after - before) >= timedelta(hours=3)
    assert after.date().isocalendar().week == 48
    # There it stays, and never comes back to where it was.
    for _ in range(2):
        assert not {*actions(runner.push()["google"])} & {"insert", "update", "withdraw"}
        assert runner.starts()[LIFT] == after
    assert LIFT not in runner.plan()["weeks"][0]["skipped"]
    # Deleted once more, it goes elsewhere once more; released, it is placed as any other.
    runner.person.delete(runner.events()[LIFT]["id"])
    runner.push()
    assert runner.starts()[LIFT] != after
    runner.ok("release", LIFT)
    runner.push()
    assert runner.starts()[LIFT] == before


def test_a_deleted_run_is_left_out_and_so_is_a_session_that_was_skipped_as_well(runner: GoogleBox) -> None:
    runner.with_calendar(targets=ANOTHER_TIME + FEED)
    runner.ok("skip", LIFT)
    for key in (RUN, LIFT):
        runner.person.delete(runner.events()[key]["id"])
    for _ in range(2):
        runner.push()
        assert not {RUN, LIFT} & runner.events().keys()
        assert not {RUN, LIFT} & by_key(runner.feed.read_bytes()).keys()


def test_two_that_are_deleted_at_once_keep_their_distance(runner: GoogleBox) -> None:
    runner.with_calendar(targets=ANOTHER_TIME + FEED)
    before = runner.starts()
    for key in (LIFT, OTHER):
        runner.person.delete(runner.events()[key]["id"])
    runner.push()
    after = runner.starts()
    for key in (LIFT, OTHER):
        assert abs(after[key] - before[key]) >= timedelta(hours=3)
        assert after[key].isocalendar().week == 48
    assert abs((after[OTHER].date() - after[LIFT].date()).days) >= 2
    assert {key: after[key] for key in after.keys() - {LIFT, OTHER}} == {
        key: before[key] for key in before.keys() - {LIFT, OTHER}
    }
    assert not {*actions(runner.push()["google"])} & {"insert", "update", "withdraw"}


@pytest.mark.parametrize("says", ["", 'on_delete = "another-time"\n'], ids=["skip", "another-time"])
def test_what_is_done_or_over_stays_deleted(runner: GoogleBox, says: str) -> None:
    noon, evening = "2026-11-24T10:00:00+00:00", "2026-11-26T18:00:00+00:00"
    runner.with_calendar(targets=TARGET + says + FEED)
    runner.ok("done", LIFT, now=noon)
    runner.push(now=noon)
    runner.person.delete(runner.events()[LIFT]["id"])
    for _ in range(2):
        runner.push(now=noon)
        assert LIFT not in runner.events(), "done this morning, and still to come by its time"
    assert runner.starts()[OTHER] < datetime.fromisoformat(evening)
    runner.person.delete(runner.events()[OTHER]["id"])
    for _ in range(2):
        runner.push(now=evening)
        assert not {LIFT, OTHER} & runner.events().keys()
    this = runner.ok("history", "--format", "json", now=evening).json[-1]
    assert (this["week"], this["done"]) == ("2026-W48", 1), "a mark is the runner's, and no calendar's"


def test_a_copy_is_left_alone_whether_it_or_the_session_is_deleted(
    runner: GoogleBox,
) -> None:
    runner.with_calendar(targets=ANOTHER_TIME + FEED)
    before = runner.starts()[LIFT]
    original = runner.events()[LIFT]["id"]
    copy = runner.person.copy(original)
    runner.push()
    runner.person.delete(copy)
    assert not {*actions(runner.push()["google"])} & {"insert", "update", "withdraw"}
    assert runner.starts()[LIFT] == before
    copy = runner.person.copy(original)
    runner.push()
    runner.person.delete(original)
    runner.push()
    there = runner.google.calendars[runner.calendar_id].events
    own = [one for one in there.values() if one["status"] != "cancelled" and one["id"] == original]
    assert own, "the session itself has another time"
    assert datetime.fromisoformat(own[0]["start"]["dateTime"]) != before
    assert there[copy]["status"] != "cancelled", "and the copy is theirs"


@pytest.mark.parametrize("says", ["", 'on_delete = "another-time"\n'], ids=["skip", "another-time"])
def test_a_push_that_is_refused_has_let_go_of_no_deletion(runner: GoogleBox, says: str) -> None:
    """More than half would go, as the template is empty now: that may be a mistake, so nothing is changed."""
    runner.with_calendar(targets=TARGET + says + FEED)
    runner.person.delete(runner.events()[LIFT]["id"])
    runner.write("templates/nothing.toml", 'title = "Nothing"\n')
    runner.google_config(targets=TARGET + says + FEED, weeks='["nothing"]', plan='templates = "templates"\n')
    kept = runner.state / "training" / "wishes.json"
    feed, events = runner.feed.read_bytes(), runner.events()
    runner.google.clear_log()
    for _ in range(2):
        assert runner.run("push").code == 6
        assert not kept.exists()
        assert (runner.feed.read_bytes(), runner.events()) == (feed, events)
        assert {method for method, path in runner.requests() if "freeBusy" not in path} == {"GET"}


@pytest.mark.parametrize("says", ["", 'on_delete = "another-time"\n'], ids=["skip", "another-time"])
def test_whoever_deletes_nearly_all_means_it(runner: GoogleBox, says: str) -> None:
    """The guard is for what calsync would remove; what the runner removed stays away."""
    runner.with_calendar(targets=TARGET + says + FEED)
    before = runner.starts()
    stays = "2026-W49/run/sun-1"
    for key in before.keys() - {stays}:
        runner.person.delete(runner.events()[key]["id"])
    for _ in range(2):
        runner.push()
        lifts = {key for key in before if "/strength/" in key} if says else set()
        assert runner.events().keys() == {stays} | lifts
        assert by_key(runner.feed.read_bytes()).keys() == {stays} | lifts
    starts = runner.starts()
    assert all(abs(starts[key] - before[key]) >= timedelta(hours=3) for key in lifts)
