"""What a plan has to respect: several calendars, and what the runner said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from calsync.event import Contents, Event, Mark, Published, StoredEvent, Wishes
from calsync.sync import standing
from calsync.timespan import Timespan
from calsync.training import Load

KEY = "2026-W48/strength/1"


def at(hour: int) -> Timespan:
    start = datetime(2026, 11, 24, hour, tzinfo=UTC)
    return Timespan(start, start + timedelta(minutes=30))


LIFT = Event(KEY, at(12), "Strength: Lower body (moderate)", load=Load.MODERATE, routine="lower-body")


def test_the_first_calendar_is_believed_and_the_others_fill_in_what_it_can_not_say() -> None:
    busy = StoredEvent(LIFT.busy_only(), at(12))
    full = StoredEvent(Event(KEY, at(18), "Strength", load=Load.MODERATE, routine="lower-body"), at(18))
    found = standing([Contents((busy,)), Contents((full,))], Wishes()).published[KEY]
    assert found.span == at(12)
    assert (found.title, found.load, found.routine) == ("Strength", Load.MODERATE, "lower-body")
    assert not found.pinned


def test_a_move_made_in_a_calendar_is_a_pin() -> None:
    found = standing([Contents((StoredEvent(LIFT, at(9)),))], Wishes()).published[KEY]
    assert found.pinned
    assert found.span == at(12)


def test_what_the_runner_said_comes_before_all_calendars() -> None:
    move = Published(at(20), pinned=True)
    wishes = Wishes({KEY: move}, frozenset({"2026-W48/run/tue-1"}))
    stands = standing([Contents((StoredEvent(LIFT, at(12)),))], wishes)
    found = stands.published[KEY]
    assert found.span == at(20)
    assert found.pinned
    assert (found.load, found.routine) == (Load.MODERATE, "lower-body")
    assert stands.skipped == {"2026-W48/run/tue-1"}


def test_a_mark_comes_before_what_an_event_says_which_counts_where_there_is_none() -> None:
    said = LIFT.span.end
    there = [Contents((StoredEvent(replace(LIFT, done=True), LIFT.span),))]
    assert standing(there, Wishes()).done == {KEY}
    assert standing(there, Wishes(), {KEY: Mark(False, said)}).done == frozenset()
    assert standing([Contents()], Wishes(), {KEY: Mark(True, said)}).done == {KEY}


def test_what_was_done_before_any_calendar_had_it_is_where_it_was() -> None:
    stands = standing([Contents()], Wishes(), {KEY: Mark(True, LIFT.span.end, LIFT.span)})
    assert stands.published == {KEY: Published(LIFT.span)}


def test_nothing_stands_on_an_empty_calendar() -> None:
    stands = standing([Contents(), Contents()], Wishes())
    assert stands.published == {}
    assert stands.skipped == frozenset()
