"""diff(): whose change wins, and that applying it once is enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.errors import RefusedToProtectData
from calsync.event import Action, Change, Contents, Event, StoredEvent
from calsync.sync import diff, refuse_emptied, refuse_mass_delete
from calsync.timespan import Timespan
from tests.calendars.memory import MemoryCalendar

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(number: int, hours: float, summary: str = "Run") -> Event:
    """Event `number`, beginning so many hours from now."""
    start = NOW + hours * HOUR
    return Event(f"2026-W48/run/tue-{number}", Timespan(start, start + HOUR), summary)


def stored(wanted: Event, *, moved: float = 0) -> StoredEvent:
    """As calsync wrote it; `moved` by the runner so many hours since."""
    here = Timespan(wanted.span.start + moved * HOUR, wanted.span.end + moved * HOUR)
    return StoredEvent(replace(wanted, span=here), wanted.span)


def only(changes: tuple[Change, ...]) -> Change:
    (change,) = changes
    return change


KEY = event(1, 1).key


@pytest.mark.parametrize(
    ("wanted", "there", "pinned", "skipped", "action"),
    [
        (event(1, 24), None, False, False, Action.INSERT),
        (event(1, 24), None, True, False, Action.INSERT),
        (event(1, 24), stored(event(1, 24)), False, False, Action.KEEP),
        (event(1, 24), stored(event(1, 24)), True, False, Action.PIN),
        (event(1, 30), stored(event(1, 24)), False, False, Action.UPDATE),
        (event(1, 24, "New"), stored(event(1, 24)), False, False, Action.UPDATE),
        (None, stored(event(1, 24)), False, False, Action.WITHDRAW),
        # moved by the runner: it stays, wanted or not
        (None, stored(event(1, 24), moved=2), False, False, Action.PIN),
        (None, stored(event(1, 24)), True, False, Action.PIN),
        # skipped by the runner, whatever else
        (event(1, 24), None, False, True, Action.SKIP),
        (event(1, 24), stored(event(1, 24)), False, True, Action.WITHDRAW),
        (event(1, 24), stored(event(1, 24)), True, True, Action.WITHDRAW),
        (None, None, False, True, Action.SKIP),
        # already begun or past: never changed, never removed
        (event(1, 24), stored(event(1, 0)), False, False, Action.KEEP),
        (event(1, -0.5, "New"), stored(event(1, -0.5)), False, False, Action.KEEP),
        (None, stored(event(1, -24)), False, False, Action.KEEP),
        (None, stored(event(1, 0)), False, True, Action.KEEP),
        (event(1, 5), stored(event(1, -24), moved=1), True, True, Action.KEEP),
        # what has begun unpublished is nobody's appointment
        (event(1, -1), None, False, False, None),
        (event(1, 0), None, True, False, None),
        (None, None, False, False, None),
    ],
)
def test_whose_change_wins(
    wanted: Event | None, there: StoredEvent | None, pinned: bool, skipped: bool, action: Action | None
) -> None:
    changes = diff(
        [wanted] if wanted else [],
        [there] if there else [],
        now=NOW,
        pinned={KEY: (there or wanted or event(1, 24)).span} if pinned else {},
        skipped=frozenset([KEY] if skipped else []),
    )
    assert [change.action for change in changes] == ([action] if action else [])
    for change in changes:
        assert change.key == KEY
        if pinned or skipped or (there and there.was_moved):
            assert change.wish or change.action is Action.KEEP


def test_a_change_says_from_when_to_when_and_why() -> None:
    change = only(diff([event(1, 30)], [stored(event(1, 24))], now=NOW, reasons={KEY: "because"}))
    assert (change.before, change.after) == (event(1, 24).span, event(1, 30).span)
    assert change.reason == "because"
    change = only(diff([event(1, 30)], [], now=NOW))
    assert (change.before, change.after) == (None, event(1, 30).span)
    change = only(diff([], [stored(event(1, 24))], now=NOW))
    assert (change.before, change.after) == (event(1, 24).span, None)
    assert change.reason == "no longer planned"


def test_changes_are_in_the_order_of_time() -> None:
    changes = diff([event(3, 3), event(1, 9), event(2, 5)], [stored(event(4, 4))], now=NOW)
    assert [change.key[-1] for change in changes] == ["3", "4", "2", "1"]


@pytest.mark.parametrize("to", [24, -1])
@pytest.mark.parametrize("is_wanted", [True, False])
def test_what_has_begun_follows_where_the_runner_put_it(to: float, is_wanted: bool) -> None:
    """A missed session is caught up on, or was trained at another time: in every calendar."""
    there, place = event(1, -5, "As it was"), event(1, to).span
    wanted = replace(event(1, to), summary="Now")
    (change,) = diff([wanted] if is_wanted else [], [stored(there)], now=NOW, pinned={KEY: place})
    assert (change.action, change.after, change.wish) == (Action.UPDATE, place, True)
    # Where it has begun there, too, calsync has no business with its words.
    assert change.wanted
    assert change.wanted.summary == ("Now" if is_wanted and to > 0 else "As it was")


@pytest.mark.parametrize("known", [event(1, 24), None], ids=["still to come", "withdrawn meanwhile"])
@pytest.mark.parametrize("is_wanted", [True, False])
def test_what_was_trained_before_its_time_is_where_the_runner_put_it(
    known: Event | None, is_wanted: bool
) -> None:
    place = event(1, -1).span
    wanted = [event(1, -1)] if is_wanted else []
    there = [stored(known)] if known else []
    here = frozenset([KEY])
    changes = diff(wanted, there, now=NOW, pinned={KEY: place}, arrived=here, put_there=here)
    assert [change.after for change in changes] == ([place] if known or is_wanted else [])
    assert all(change.wish and change.writes for change in changes)
    # Where a push has brought it there elsewhere, and it is gone here, nothing is written into the past.
    changes = diff(wanted, there, now=NOW, pinned={KEY: place}, arrived=here)
    assert [change.after for change in changes] == ([place] if known else [])
    # A time that has come before any calendar had it is nobody's appointment.
    changes = diff(wanted, there, now=NOW, pinned={KEY: place})
    assert [change.action for change in changes] == ([Action.WITHDRAW] if known else [])


def test_what_was_moved_weeks_back_is_not_written_anew() -> None:
    """A feed forgets it, so that each push would write it again."""
    long_ago = event(1, -24 * 60)
    here = frozenset([KEY])
    pinned = {KEY: long_ago.span}
    assert diff([long_ago], [], now=NOW, pinned=pinned, arrived=here, put_there=here) == ()


def test_what_has_begun_stays_where_it_was_skipped_made_to_repeat_or_never_moved() -> None:
    there, place = stored(event(1, -5)), event(1, 24).span
    for known, skipped, elsewhere in (
        (there, frozenset([KEY]), {KEY: place}),
        (replace(there, is_held=True), frozenset(), {KEY: place}),
        (there, frozenset(), {}),
    ):
        (change,) = diff([event(1, 24)], [known], now=NOW, pinned=elsewhere, skipped=skipped)
        assert change.action is Action.KEEP


@pytest.mark.parametrize("is_done", [True, False])
def test_a_mark_is_all_that_changes_what_is_over(is_done: bool) -> None:
    there = replace(event(1, -5, "As it was"), done=not is_done)
    done = frozenset([KEY] if is_done else [])
    for wanted in ([], [event(1, -5, "New")], [event(1, 24)]):
        change = only(diff(wanted, [stored(there)], now=NOW, done=done))
        assert (change.action, change.wish) == (Action.UPDATE, True)
        assert change.wanted == replace(there, done=is_done)
    # One that the runner made something else of is theirs; and there are calendars that show no marks.
    for known, marks in ((replace(stored(there), is_held=True), done), (stored(there), None)):
        assert only(diff([], [known], now=NOW, done=marks)).action is Action.KEEP
    # It is marked where the runner says that it was.
    place = event(1, -9).span
    change = only(diff([], [stored(there)], now=NOW, done=done, pinned={KEY: place}))
    assert change.wanted == replace(there, done=is_done, span=place)


# --- any plan on any calendar -----------------------------------------------------------------------------

hours = st.integers(-50, 50)
events = st.builds(event, st.integers(1, 8), hours, st.sampled_from(["Run", "Jog"]))
plans = st.lists(events, max_size=8, unique_by=lambda found: found.key)
calendars = st.lists(
    st.builds(lambda found, moved: stored(found, moved=moved), events, st.sampled_from([0, 0, 0, 3, -60])),
    max_size=8,
    unique_by=lambda found: found.key,
)
keys = st.frozensets(st.builds(lambda number: event(number, 0).key, st.integers(1, 8)), max_size=4)
places = st.dictionaries(
    st.builds(lambda number: event(number, 0).key, st.integers(1, 8)),
    hours.map(lambda offset: event(1, offset).span),
    max_size=4,
)
times = st.builds(lambda offset: NOW + offset * HOUR, st.integers(-10, 10))


@given(wanted=plans, there=calendars, pinned=places, arrived=keys, skipped=keys, now=times, done=keys)
def test_applied_once_is_enough(
    wanted: list[Event],
    there: list[StoredEvent],
    pinned: dict[str, Timespan],
    arrived: frozenset[str],
    skipped: frozenset[str],
    now: datetime,
    done: frozenset[str],
) -> None:
    calendar = MemoryCalendar(there)
    before = calendar.events
    loaded = calendar.load()
    wanted = [replace(one, done=one.key in done) for one in wanted]

    def changes_now() -> tuple[Change, ...]:
        found = calendar.load().contents.events
        return diff(
            wanted,
            found,
            now=now,
            pinned=pinned,
            arrived=arrived,
            put_there=arrived,
            skipped=skipped,
            done=done,
        )

    changes = changes_now()
    assert len({change.key for change in changes}) == len(changes)
    assert {change.key for change in changes} >= set(before)
    loaded.apply(changes, now)
    after = calendar.events

    assert [change for change in changes_now() if change.writes] == []

    for key, found in before.items():
        if found.span.start <= now:
            assert after[key].event.done == (key in done), "but for the mark of what is done"
            if key in skipped or after[key].span != pinned.get(key):
                marked = replace(found, event=replace(found.event, done=key in done))
                assert after[key] == marked, "the past never changes, unless the runner moved it"
        elif found.was_moved and key not in skipped and key not in {one.key for one in wanted}:
            place = pinned.get(key)
            if place is None or place.start <= now:
                assert after[key] == found, "what the runner moved stays"
            else:
                assert after[key].span == place, "where it was moved last"
    for key, found in after.items():
        if key not in before:
            follows = key in arrived and found.span == pinned.get(key)
            assert follows or found.span.start > now, "nothing else is written into the past"
        if key in skipped:
            assert found.span.start <= now, "what was skipped never comes back"
    for one in wanted:
        known = before.get(one.key)
        begun = one.span.start <= now or (known is not None and known.span.start <= now)
        if one.key not in skipped and not begun:
            assert after[one.key].event == one


@given(wanted=plans, there=calendars, pinned=places, skipped=keys, now=times)
def test_the_order_of_what_comes_in_does_not_matter(
    wanted: list[Event],
    there: list[StoredEvent],
    pinned: dict[str, Timespan],
    skipped: frozenset[str],
    now: datetime,
) -> None:
    straight = diff(wanted, there, now=now, pinned=pinned, skipped=skipped)
    assert diff(wanted[::-1], there[::-1], now=now, pinned=pinned, skipped=skipped) == straight


# --- the guards -------------------------------------------------------------------------------------------


def withdraw(count: int, of: int, *, wish: bool = False, past: int = 0) -> None:
    there = [stored(event(n, n + 1)) for n in range(of)] + [stored(event(100 + n, -n)) for n in range(past)]
    skipped = frozenset(found.key for found in there[:count]) if wish else frozenset()
    kept = [found.event for found in there[count:]]
    changes = diff(kept, there, now=NOW, skipped=skipped)
    refuse_mass_delete(changes, there, now=NOW, target="feed", plan_is_empty=False)


@pytest.mark.parametrize(("count", "of"), [(0, 10), (3, 3), (3, 4), (4, 8), (5, 10), (10, 20)])
def test_ordinary_withdrawals(count: int, of: int) -> None:
    withdraw(count, of)


@pytest.mark.parametrize(("count", "of"), [(4, 4), (4, 7), (5, 9), (11, 20)])
def test_more_than_half_and_at_least_four_is_refused(count: int, of: int) -> None:
    with pytest.raises(RefusedToProtectData, match=f"{count} of {of} upcoming.*feed.*--allow"):
        withdraw(count, of)
    withdraw(count, of, wish=True)


def test_the_past_does_not_count() -> None:
    with pytest.raises(RefusedToProtectData):
        withdraw(4, 7, past=30)


def test_an_empty_plan_is_refused_if_anything_is_to_come() -> None:
    refuse_mass_delete([], [stored(event(1, -1))], now=NOW, target="feed", plan_is_empty=True)
    refuse_mass_delete([], [], now=NOW, target="feed", plan_is_empty=True)
    there = [stored(event(1, 1))]
    with pytest.raises(RefusedToProtectData, match="the plan is empty"):
        refuse_mass_delete(diff([], there, now=NOW), there, now=NOW, target="feed", plan_is_empty=True)


def test_what_its_owner_made_into_something_else_is_not_touched() -> None:
    held = replace(stored(event(1, 24)), is_held=True)
    for wanted in ([], [event(1, 30, "New")]):
        assert only(diff(wanted, [held], now=NOW)).action is Action.PIN


def test_what_its_owner_edited_is_kept_and_the_rest_is_written() -> None:
    edited = replace(stored(event(1, 24, "Mine")), edited=frozenset({"summary"}))
    assert only(diff([event(1, 24, "Ours")], [edited], now=NOW)).action is Action.KEEP
    assert only(diff([event(1, 30, "Ours")], [edited], now=NOW)).wanted == event(1, 30, "Mine")


def test_what_was_skipped_weeks_ago_is_not_said_any_more() -> None:
    keys = frozenset({"2026-W44/run/tue-1", "2026-W47/run/tue-1", "2026-W50/run/tue-1"})
    changes = diff([], [], now=NOW, skipped=keys)
    assert {change.key for change in changes} == {"2026-W47/run/tue-1", "2026-W50/run/tue-1"}


def test_a_pin_of_another_calendar_holds_beyond_the_plan_too() -> None:
    """A shorter horizon: the plan no longer says where it is, and the runner still does."""
    there = stored(event(1, 24))
    moved = diff([], [there], now=NOW, pinned={KEY: event(1, 30).span})
    assert (only(moved).action, only(moved).wanted) == (Action.UPDATE, event(1, 30))
    assert only(diff([], [there], now=NOW, pinned={KEY: event(1, 24).span})).action is Action.PIN


# --- a calendar that was emptied --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "lost", "past", "is_refused"),
    [
        (5, 0, 0, False),
        (5, 3, 0, False),
        (2, 3, 0, False),
        (3, 4, 0, True),
        (4, 4, 0, False),
        # Nothing at all is left of what is to come.
        (0, 1, 0, True),
        (0, 4, 0, True),
        # What is over is nobody's loss.
        (0, 0, 9, False),
        (1, 0, 9, False),
    ],
)
def test_what_a_person_hardly_deletes_is_not_taken_for_deleted(
    left: int, lost: int, past: int, is_refused: bool
) -> None:
    there = tuple(stored(event(number, 24 + number)) for number in range(left))
    gone = [event(10 + number, 24 + number) for number in range(lost)]
    gone += [event(20 + number, -24 - number) for number in range(past)]
    keys = frozenset(one.key for one in gone)
    contents = Contents(there, keys, deleted_at={one.key: one.span for one in gone}, vanished=keys)
    if is_refused:
        with pytest.raises(RefusedToProtectData, match=f"{lost} of {left + lost} upcoming events"):
            refuse_emptied(contents, now=NOW, target="dav")
    else:
        refuse_emptied(contents, now=NOW, target="dav")
    # A deletion that is known since an earlier push is no loss any more.
    refuse_emptied(replace(contents, vanished=frozenset()), now=NOW, target="dav")
