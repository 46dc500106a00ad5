"""What every calendar promises, tried on each kind: in memory, as an ICS feed, in Google, and by CalDAV."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calsync.event import Action, Change, Contents, Event, run_key, session_key
from calsync.sync import diff
from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind, Load, Week
from calsync.words import one_line, plain_lines
from tests.calendars import kinds
from tests.calendars.kinds import NOW, Kept
from tests.soak import usually

LONDON = ZoneInfo("Europe/London")
Make = Callable[..., Kept]


def _maker(request: pytest.FixtureRequest, folder: Path) -> Iterator[Make]:
    with ExitStack() as opened:
        yield lambda zone=LONDON: kinds.make(request.param, folder, zone, opened)


@pytest.fixture(params=kinds.ALL)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes an empty calendar."""
    yield from _maker(request, tmp_path)


@pytest.fixture(params=kinds.EDITABLE)
def make_editable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes an empty calendar that a person can change."""
    yield from _maker(request, tmp_path)


def event(day: int, hour: int, **more: object) -> Event:
    start = datetime(2026, 11, day, hour, tzinfo=UTC)
    week = Week.of(start.date())
    key = run_key(week, WEEKDAYS[start.weekday()], 1)
    return replace(Event(key, Timespan(start, start + timedelta(hours=1)), "Run"), **more)  # type: ignore[arg-type]


def sync(
    kept: Kept, wanted: list[Event], now: datetime = NOW, done: frozenset[str] | None = None
) -> tuple[Change, ...]:
    """Brings the calendar to `wanted`, as a push does that looks again where it has to."""
    for _ in range(3):
        loaded = kept.open().load()
        contents = loaded.contents
        changes = diff(wanted, contents.events, now=now, skipped=contents.deleted, done=done)
        applied = loaded.apply(changes, now)
        assert not applied.failures
        if not applied.look_again:
            return changes
    raise AssertionError("it keeps changing")


def contents(kept: Kept) -> Contents:
    return kept.open().load().contents


def held(kept: Kept) -> list[Event]:
    return [stored.event for stored in contents(kept).events]


def test_an_empty_one_holds_nothing(make: Make) -> None:
    assert contents(make()) == Contents()


def test_what_was_applied_is_there_in_the_order_of_time(make: Make) -> None:
    feed = make()
    sync(feed, [event(26, 7), event(24, 7), event(25, 7)])
    assert held(feed) == [event(24, 7), event(25, 7), event(26, 7)]
    assert all(not stored.was_moved for stored in contents(feed).events)


def test_a_second_time_nothing_changes(make: Make) -> None:
    feed = make()
    wanted = [event(24, 7), event(25, 7, description="Two\nlines", categories=("Running", "Easy"))]
    sync(feed, wanted)
    before = contents(feed)
    for _ in range(2):
        assert not [change for change in sync(feed, wanted) if change.writes]
        assert contents(feed) == before


def test_an_update_keeps_the_key(make: Make) -> None:
    feed = make()
    sync(feed, [event(24, 7), event(25, 7)])
    (stays, changed) = (event(24, 7), event(25, 18, summary="Longer run", kind=Kind.LONG))
    sync(feed, [stays, changed])
    assert held(feed) == [stays, changed]


def test_a_withdrawal_removes_one_and_no_other(make: Make) -> None:
    feed = make()
    sync(feed, [event(24, 7), event(25, 7), event(26, 7)])
    sync(feed, [event(24, 7), event(26, 7)])
    assert held(feed) == [event(24, 7), event(26, 7)]
    sync(feed, [])
    assert held(feed) == []


def test_it_may_come_back(make: Make) -> None:
    feed = make()
    for wanted in ([event(24, 7)], [], [event(24, 9)]):
        sync(feed, wanted)
        assert held(feed) == wanted


def test_the_past_stays(make: Make) -> None:
    feed = make()
    sync(feed, [event(24, 7), event(25, 7)])
    now = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    sync(feed, [event(24, 9, summary="Other"), event(25, 9)], now)
    assert held(feed) == [event(24, 7), event(25, 9)]


def test_a_reminder_comes_and_goes(make: Make) -> None:
    feed = make()
    with_one = event(24, 7, alarm=timedelta(minutes=30))
    for wanted in (event(24, 7), with_one, event(24, 7), with_one, event(24, 9)):
        sync(feed, [wanted])
        assert held(feed) == [wanted]
    # The same for one that comes back.
    for wanted_all in ([with_one], [], [event(24, 7)]):
        sync(feed, wanted_all)
        assert held(feed) == wanted_all


EVENING = datetime(2026, 11, 24, 20, tzinfo=UTC)


def test_what_is_done_is_marked_when_it_is_over_and_the_mark_can_go_again(make: Make) -> None:
    kept = make()
    over, to_come = event(24, 7, categories=("Running", "Easy")), event(25, 7)
    sync(kept, [over, to_come])
    # What the plan says of the past by now changes nothing else of it.
    wanted = [replace(over, summary="Other", description="Other"), to_come]
    for is_done in (True, False, True):
        done = frozenset([over.key] if is_done else [])
        assert [one.key for one in sync(kept, wanted, EVENING, done) if one.writes] == [over.key]
        assert held(kept) == [replace(over, done=is_done), to_come]
        assert all(not (stored.edited or stored.was_moved) for stored in contents(kept).events)
        assert not [change for change in sync(kept, wanted, EVENING, done) if change.writes]
    # A calendar that shows no marks leaves alone what is there.
    assert not [change for change in sync(kept, wanted, EVENING) if change.writes]


def test_what_is_done_before_its_time_is_marked_too(make: Make) -> None:
    kept = make()
    for is_done in (True, False):
        wanted = [event(24, 7, summary="✓ as it is called", done=is_done)]
        sync(kept, wanted, done=frozenset(one.key for one in wanted if is_done))
        assert held(kept) == wanted


def test_applying_nothing_is_harmless(make: Make) -> None:
    feed = make()
    feed.open().load().apply((), NOW)
    assert held(feed) == []
    sync(feed, [event(24, 7)])
    feed.open().load().apply((), NOW)
    assert held(feed) == [event(24, 7)]


def test_nothing_can_be_written_without_having_been_read(make: Make) -> None:
    assert not hasattr(make().open(), "apply")


def test_what_was_read_can_be_written_once(make: Make) -> None:
    """Whoever decided on what is no longer true has to look again, and decide again."""
    kept = make()
    sync(kept, [event(24, 7)])
    early, late = (kept.open().load() for _ in range(2))
    for loaded, wanted in ((early, event(24, 9)), (late, event(24, 11))):
        applied = loaded.apply(diff([wanted], loaded.contents.events, now=NOW), NOW)
        assert applied.look_again == (loaded is late)
    assert applied.changes == ()
    assert held(kept) == [event(24, 9)]
    sync(kept, [event(24, 11)])
    assert held(kept) == [event(24, 11)]


def test_every_detail_comes_back(make: Make) -> None:
    feed = make()
    lift = Event(
        key=session_key(Week(2026, 48), 2),
        span=Timespan(datetime(2026, 11, 26, 12, 15, tzinfo=UTC), datetime(2026, 11, 26, 12, 45, tzinfo=UTC)),
        summary="Strength: Hips, core; and more (light)",
        description="30 min.\n\n- Squat, 3 x 10\n  Slowly: down\\up.\n\nWhy: 4 h after",
        categories=("Strength", "Light"),
        load=Load.LIGHT,
        routine="hips-and-core",
        alarm=timedelta(minutes=30),
    )
    run = event(24, 7, kind=Kind.TIME_TRIAL, alarm=timedelta(0), description="Easy")
    busy = event(25, 7).busy_only()
    sync(feed, [lift, run, busy])
    assert held(feed) == [run, busy, lift]


# --- what a person does -----------------------------------------------------------------------------------

LATER = Timespan(datetime(2026, 11, 24, 18, tzinfo=UTC), datetime(2026, 11, 24, 19, 30, tzinfo=UTC))
RUN = event(24, 7)


def release(kept: Kept, key: str) -> None:
    loaded = kept.open().load()
    stored = {found.key: found for found in loaded.contents.events}
    applied = loaded.apply([Change(Action.RELEASE, key, stored=stored.get(key))], NOW)
    assert not applied.failures
    assert not applied.look_again


def test_what_was_moved_by_hand_says_so_until_it_is_released(make_editable: Make) -> None:
    kept = make_editable()
    sync(kept, [RUN])
    kept.person.move(RUN.key, LATER)
    (stored,) = contents(kept).events
    assert (stored.span, stored.written, stored.was_moved) == (LATER, RUN.span, True)
    # Other words come to it where it is, and it stays where it was put.
    sync(kept, [replace(RUN, span=LATER, description="Easy")])
    (stored,) = contents(kept).events
    assert (stored.event.description, stored.span, stored.was_moved) == ("Easy", LATER, True)
    release(kept, RUN.key)
    (stored,) = contents(kept).events
    assert (stored.span, stored.was_moved) == (LATER, False)
    sync(kept, [RUN])
    assert held(kept) == [RUN]


def test_an_edited_title_stays_and_the_rest_is_written(make_editable: Make) -> None:
    kept = make_editable()
    sync(kept, [RUN])
    kept.person.retitle(RUN.key, "With Ann")
    (stored,) = contents(kept).events
    assert (stored.event.summary, stored.edited, stored.was_moved) == ("With Ann", {"summary"}, False)
    moved = replace(RUN, span=LATER, summary="Longer run", description="Easy", alarm=timedelta(minutes=5))
    for _ in range(2):
        sync(kept, [moved])
        assert held(kept) == [replace(moved, summary="With Ann")]
    assert not [change for change in sync(kept, [moved]) if change.writes]


def test_a_mark_is_no_edit_and_an_edited_title_keeps_its_words_with_it(make_editable: Make) -> None:
    kept = make_editable()
    sync(kept, [RUN])
    kept.person.retitle(RUN.key, "With Ann")
    for is_done in (True, False, True):
        sync(kept, [RUN], EVENING, frozenset([RUN.key] if is_done else []))
        (stored,) = contents(kept).events
        assert stored.event == replace(RUN, summary="With Ann", done=is_done)
        assert stored.edited == {"summary"}


def test_what_a_person_does_meanwhile_is_kept(make_editable: Make) -> None:
    kept = make_editable()
    sync(kept, [RUN])
    loaded = kept.open().load()
    changes = diff([replace(RUN, description="Easy")], loaded.contents.events, now=NOW)
    kept.person.move(RUN.key, LATER)
    assert loaded.apply(changes, NOW).look_again
    assert held(kept) == [replace(RUN, span=LATER)]


def test_what_was_deleted_by_hand_stays_away_until_it_is_released(make_editable: Make) -> None:
    kept = make_editable()
    sync(kept, [RUN, event(25, 7)])
    kept.person.delete(RUN.key)
    for _ in range(3):
        sync(kept, [RUN, event(25, 7)])
        assert held(kept) == [event(25, 7)]
        assert contents(kept).deleted == {RUN.key}
    release(kept, RUN.key)
    assert contents(kept).deleted == set()
    sync(kept, [RUN, event(25, 7)])
    assert held(kept) == [RUN, event(25, 7)]


def test_what_was_withdrawn_and_came_back_can_be_deleted_by_hand(make_editable: Make) -> None:
    kept = make_editable()
    for wanted in ([RUN], [], [RUN], [], [RUN]):
        sync(kept, wanted)
        assert held(kept) == wanted
    kept.person.delete(RUN.key)
    for wanted in ([RUN], [], [RUN]):
        sync(kept, wanted)
        assert held(kept) == []


@pytest.mark.parametrize("before", [[], [[]], [[], [RUN], []]], ids=["at once", "back once", "back twice"])
def test_what_was_moved_into_another_calendar_stays_away(
    make_editable: Make, before: list[list[Event]]
) -> None:
    """Also where the event has another id since, as a deleted one can't come back."""
    kept = make_editable()
    for wanted in ([RUN], *before, [RUN]):
        sync(kept, wanted)
    for _ in range(2):
        kept.person.move_away(RUN.key)
        for _ in range(3):
            sync(kept, [RUN])
            assert held(kept) == []
            assert contents(kept).deleted == {RUN.key}
        release(kept, RUN.key)
        sync(kept, [RUN])
        assert held(kept) == [RUN]


# --- any event --------------------------------------------------------------------------------------------

# Instants to the second, as plans and moves have them; many of them in the months when clocks change.
MONTHS = [3, 4, 9, 10, 11]
instants = st.datetimes(datetime(2026, 11, 24), datetime(2060, 1, 1), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=0)
) | st.builds(
    lambda year, month, hours, minute: (
        datetime(year, month, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=minute)
    ),
    st.integers(2027, 2035),
    st.sampled_from(MONTHS),
    st.integers(0, 31 * 24),
    st.sampled_from([0, 15, 30, 45]),
)
ZONES = """
    Europe/London America/New_York America/St_Johns Asia/Kathmandu Australia/Lord_Howe Antarctica/Troll
    Africa/Casablanca Pacific/Apia Pacific/Chatham America/Sao_Paulo UTC Etc/GMT+5
""".split()  # noqa: SIM905
zones = st.sampled_from(ZONES).map(ZoneInfo)
characters = st.characters(exclude_categories=["Cs"])
words = st.text(characters | st.sampled_from("\\;,:\"'nN\n\t^ "), max_size=120)


@st.composite
def events(draw: st.DrawFn) -> Event:
    start = draw(instants)
    week = Week.of(start.date())
    is_run = draw(st.booleans())
    slot = draw(st.integers(1, 9))
    key = run_key(week, draw(st.sampled_from(WEEKDAYS)), slot) if is_run else session_key(week, slot)
    return Event(
        key=key,
        span=Timespan(start, start + timedelta(minutes=draw(st.integers(1, 3000)))),
        summary=one_line(draw(words)),
        description=plain_lines(draw(words)),
        categories=draw(st.sampled_from([(), ("Running", "Easy"), ("Strength", "Light")])),
        kind=draw(st.none() | st.sampled_from(Kind)) if is_run else None,
        load=None if is_run else draw(st.none() | st.sampled_from(Load)),
        routine=None if is_run else draw(st.none() | st.sampled_from(["x", "hips-and-core", "Ⅱ b"])),
        done=draw(st.booleans()),
        alarm=draw(st.none() | st.integers(0, 20000).map(lambda minutes: timedelta(minutes=minutes))),
    )


def test_any_event_comes_back_as_it_was(make: Make, request: pytest.FixtureRequest) -> None:
    # In Google once for each position of the server, and real servers take their time: so fewer of them.
    usual = 12 if "google" in request.node.name or "caldav" in request.node.name else 80
    if "before" in request.node.name:  # a position of the proxy before one of them
        usual = 3

    @settings(max_examples=usually(usual), deadline=None)
    @given(wanted=st.lists(events(), max_size=4, unique_by=lambda found: found.key), zone=zones)
    def check(wanted: list[Event], zone: ZoneInfo) -> None:
        kept = make(zone)
        sync(kept, wanted)
        assert sorted(held(kept), key=lambda found: found.key) == sorted(wanted, key=lambda found: found.key)
        assert not [change for change in sync(kept, wanted) if change.writes]

    check()
