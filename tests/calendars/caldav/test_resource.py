"""Events as calendar objects and back, and what a person makes of them meanwhile.

A person's app is played by icalendar, which shares no code with what reads and changes objects here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from icalendar import Alarm, Calendar
from icalendar import Event as VEvent

from calsync.calendars.caldav import resource
from calsync.calendars.caldav.resource import AsWritten, Item, new_object, parse_item, properties_in
from calsync.event import Event, run_key
from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind, Week
from calsync.words import one_line, plain_lines
from tests.calendars.test_contract import characters, events, words, zones

PLAN = "training"
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 7, tzinfo=UTC)
RUN = Event(
    run_key(Week(2026, 48), WEEKDAYS[1], 1),
    Timespan(datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)),
    "Easy run",
    description="30 min.\n\nWhy: it is Tuesday",
    categories=("Running", "Easy"),
    kind=Kind.EASY,
    alarm=timedelta(minutes=30),
    location="The park; by the gate",
    url="https://training.example.org/s/abc",
)


def read(text: str, known: AsWritten = resource.NOTHING, zone: ZoneInfo = LONDON) -> Item:
    item = parse_item("/x.ics", '"1"', text, PLAN, zone, known)
    assert item is not None
    return item


def edited(text: str, edit: Callable[[VEvent], None]) -> str:
    """As an app leaves it that reads all of it, changes something and writes all of it."""
    calendar = Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    edit(event)
    return calendar.to_ical().decode()


def put(name: str, value: object) -> Callable[[VEvent], None]:
    def edit(event: VEvent) -> None:
        event.pop(name, None)
        event.add(name, value)

    return edit


@given(wanted=events(), zone=zones, is_neutral=st.booleans())
def test_an_event_comes_back_as_it_was(wanted: Event, zone: ZoneInfo, is_neutral: bool) -> None:
    item = read(new_object(wanted, PLAN, zone, NOW, is_neutral=is_neutral), zone=zone)
    assert item.stored.event == wanted
    assert (item.stored.edited, item.stored.was_moved, item.stored.is_pinned) == (frozenset(), False, False)


@given(wanted=events(), zone=zones)
def test_lines_are_folded_in_no_character(wanted: Event, zone: ZoneInfo) -> None:
    lines = new_object(wanted, PLAN, zone, NOW).split("\r\n")
    assert lines[-1] == ""
    assert max(len(line.encode()) for line in lines) <= 75


@given(before=events(), after=events(), zone=zones)
def test_a_change_makes_it_another_event_with_the_same_key(
    before: Event, after: Event, zone: ZoneInfo
) -> None:
    after = replace(after, key=before.key)
    item = read(new_object(before, PLAN, zone, NOW), zone=zone)
    changed = read(resource.change(item, after, PLAN, zone, LATER), zone=zone)
    assert changed.stored.event == after
    assert (changed.stored.edited, changed.stored.was_moved) == (frozenset(), False)
    assert changed.uid == item.uid
    # And back again nothing is left of it.
    again = read(resource.change(changed, before, PLAN, zone, LATER), zone=zone)
    assert (again.stored.event, again.stored.edited) == (before, frozenset())


_texts = st.text(characters, max_size=60)
_EDITS: dict[str, st.SearchStrategy[Callable[[VEvent], None]]] = {
    "summary": _texts.map(lambda text: put("SUMMARY", one_line(text) + "!")),
    "description": _texts.map(lambda text: put("DESCRIPTION", plain_lines(text) + "!")),
    "location": _texts.map(lambda text: put("LOCATION", one_line(text) + "!")),
    "url": st.just(put("URL", "https://example.org/else")),
    "categories": st.sampled_from([["Mine"], ["Running"], ["Running", "Easy", "Mine"]]).map(
        lambda names: put("CATEGORIES", names)
    ),
}


def _add_alarm(event: VEvent) -> None:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", "Mine")
    alarm.add("TRIGGER", timedelta(hours=-2))
    event.add_component(alarm)


_EDITS["alarm"] = st.sampled_from([_add_alarm, lambda event: event.subcomponents.clear()])
_edits = st.sampled_from(sorted(_EDITS)).flatmap(lambda name: st.tuples(st.just(name), _EDITS[name]))


@given(
    done=st.booleans(),
    edit=_edits,
    alarm=st.sampled_from([None, timedelta(minutes=5)]),
    new_words=words.map(plain_lines),
)
def test_an_edit_is_one_of_that_field_and_is_kept(
    done: bool, edit: tuple[str, Callable[[VEvent], None]], alarm: timedelta | None, new_words: str
) -> None:
    name, change = edit
    wanted = replace(RUN, done=done)
    item = read(edited(new_object(wanted, PLAN, LONDON, NOW), change))
    assert item.stored.edited == {name}
    assert not item.stored.is_pinned
    theirs = getattr(item.stored.event, name)
    assert item.stored.event == replace(wanted, **{name: theirs})
    # Whatever the plan says now, what the runner wrote stays, and stays theirs.
    new = replace(
        wanted,
        span=Timespan(LATER, LATER + timedelta(minutes=40)),
        summary=one_line(f"New {new_words}"),
        description=new_words,
        location="",
        url="",
        categories=("Other",),
        alarm=alarm,
        done=not done,
    )
    new = item.stored.with_edits(new)
    again = read(resource.change(item, new, PLAN, LONDON, LATER))
    assert (again.stored.event, again.stored.edited) == (new, {name})
    assert not again.stored.was_moved


def _unknown(event: VEvent) -> None:
    event.add("X-MOZ-GENERATION", "3")
    event.add("COLOR", "turquoise")
    event.add("ATTENDEE", "mailto:ann@example.org", parameters={"CN": "Ann; or: so", "PARTSTAT": "ACCEPTED"})
    event.add("COMMENT", "A comment, with; all ÄÖ of it " * 9)
    apples = Alarm()
    apples.add("ACTION", "NONE")
    apples.add("TRIGGER", datetime(1976, 4, 1, 0, 55, 45, tzinfo=UTC))
    event.add_component(apples)


@given(before=events(), after=events())
def test_what_is_unknown_survives_a_change(before: Event, after: Event) -> None:
    item = read(edited(new_object(before, PLAN, LONDON, NOW), _unknown))
    assert item.stored.edited == frozenset()
    text = resource.change(item, replace(after, key=before.key), PLAN, LONDON, LATER)
    (was,), (now,) = (Calendar.from_ical(one).walk("VEVENT") for one in (item.text, text))
    for name in ("X-MOZ-GENERATION", "COLOR", "ATTENDEE", "COMMENT"):
        assert was[name] == now[name]
        assert was[name].params == now[name].params
    assert any(alarm["ACTION"] == "NONE" for alarm in now.walk("VALARM"))


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        # Of all day, in the plan's zone; floating; in another zone; in UTC.
        (date(2027, 6, 1), date(2027, 6, 2), ("2027-05-31T23:00", "2027-06-01T23:00")),
        (datetime(2027, 6, 1, 9), datetime(2027, 6, 1, 10), ("2027-06-01T08:00", "2027-06-01T09:00")),
        (
            datetime(2026, 11, 25, 9, tzinfo=ZoneInfo("America/New_York")),
            datetime(2026, 11, 25, 9, 30, tzinfo=ZoneInfo("America/New_York")),
            ("2026-11-25T14:00", "2026-11-25T14:30"),
        ),
        (
            datetime(2026, 11, 24, 7, tzinfo=UTC),
            datetime(2026, 11, 24, 9, tzinfo=UTC),
            ("2026-11-24T07:00", "2026-11-24T09:00"),
        ),
        (
            datetime(2026, 11, 24, 7, tzinfo=UTC),
            datetime(2026, 11, 24, 7, tzinfo=UTC),
            ("2026-11-24T07:00", "2026-11-24T07:01"),
        ),
    ],
)
def test_a_move_is_read_in_whatever_form(start: date, end: date, span: tuple[str, str]) -> None:
    def move(event: VEvent) -> None:
        put("DTSTART", start)(event)
        put("DTEND", end)(event)

    item = read(edited(new_object(RUN, PLAN, LONDON, NOW), move))
    assert item.stored.span == Timespan(*(datetime.fromisoformat(one).replace(tzinfo=UTC) for one in span))
    assert (item.stored.was_moved, item.stored.is_held, item.stored.edited) == (True, False, frozenset())
    # Its place stays the runner's while other words come to it, until it is released.
    text = resource.change(item, replace(item.stored.event, description="New"), PLAN, LONDON, LATER)
    assert (read(text).stored.span, read(text).stored.was_moved) == (item.stored.span, True)
    assert not read(resource.release(read(text), PLAN, LONDON, LATER)).stored.was_moved


def test_a_duration_instead_of_an_end_is_read_and_goes_with_a_new_time() -> None:
    def move(event: VEvent) -> None:
        event.pop("DTEND")
        event.add("DURATION", timedelta(minutes=45))

    item = read(edited(new_object(RUN, PLAN, LONDON, NOW), move))
    assert item.stored.span.end - item.stored.span.start == timedelta(minutes=45)
    text = resource.change(item, RUN, PLAN, LONDON, LATER)
    assert "DURATION" not in text
    assert (read(text).stored.event, read(text).stored.was_moved) == (RUN, False)


def test_one_that_repeats_is_the_runners() -> None:
    item = read(edited(new_object(RUN, PLAN, LONDON, NOW), put("RRULE", {"FREQ": "WEEKLY"})))
    assert item.stored.is_held


def test_a_copy_is_not_the_plans_whatever_it_carries() -> None:
    text = edited(new_object(RUN, PLAN, LONDON, NOW), put("UID", "6c9b1c1e@phone"))
    assert "X-CALSYNC-KEY" in text
    assert parse_item("/x.ics", "", text, PLAN, LONDON) is None
    assert parse_item("/x.ics", "", new_object(RUN, "other", LONDON, NOW), PLAN, LONDON) is None


def drop_own(event: VEvent) -> None:
    for name in [name for name in event if name.startswith("X-CALSYNC")]:
        del event[name]


def test_where_a_server_drops_what_it_does_not_know_the_state_folder_knows_it() -> None:
    sent = new_object(RUN, PLAN, LONDON, NOW)
    text = edited(sent, drop_own)
    assert read(text, AsWritten(properties_in(sent))).stored == read(sent).stored
    # And where that is lost, too, nobody can tell what was written, so it stays as it is.
    assert read(text).stored.is_held


@given(before=events(), after=events(), arrived=st.booleans())
def test_what_was_about_to_be_written_is_known_by_what_is_there(
    before: Event, after: Event, arrived: bool
) -> None:
    """Where a server drops what it does not know, and a push ended before it knew what came of it."""
    after = replace(after, key=before.key)
    # Where nothing that shows is another, it can't be told, and the next push writes it again.
    shown = replace(after, kind=before.kind, load=before.load, routine=before.routine)
    assume(shown != before)
    old, new = (new_object(one, PLAN, LONDON, NOW) for one in (before, after))
    known = AsWritten(properties_in(old), coming=properties_in(new))
    stored = read(edited(new if arrived else old, drop_own), known).stored
    assert stored.event == (after if arrived else before)
    assert (stored.edited, stored.was_moved) == (frozenset(), False)


def test_what_a_server_makes_of_a_field_is_no_edit() -> None:
    sent = new_object(replace(RUN, done=True), PLAN, LONDON, NOW)

    def rewrite(event: VEvent) -> None:
        put("SUMMARY", event["SUMMARY"].upper())(event)
        event.pop("LOCATION")
        event.subcomponents.clear()

    got = edited(sent, rewrite)
    rewritten = resource.rewritten_by_server(sent, got, LONDON)
    assert rewritten.keys() == {"summary", "location", "alarm"}
    stored = read(got, AsWritten(properties_in(sent), rewritten=rewritten)).stored
    assert stored == read(sent).stored
    # What the runner writes after that is one.
    theirs = edited(got, put("SUMMARY", "Mine"))
    assert read(theirs, AsWritten(properties_in(sent), rewritten=rewritten)).stored.edited == {"summary"}


def test_a_uid_of_the_calendar_itself_is_not_that_of_the_event() -> None:
    text = new_object(RUN, PLAN, LONDON, NOW)
    assert read(text.replace("VERSION:2.0", "VERSION:2.0\r\nUID:whole@example.org")).key == RUN.key


def test_a_zone_that_times_come_to_is_described() -> None:
    item = read(new_object(RUN, PLAN, LONDON, NOW))
    text = resource.change(
        item,
        replace(RUN, span=Timespan(LATER, LATER + timedelta(hours=1))),
        PLAN,
        ZoneInfo("Asia/Tokyo"),
        LATER,
    )
    named = {str(zone["TZID"]) for zone in Calendar.from_ical(text).walk("VTIMEZONE")}
    assert named == {"Europe/London", "Asia/Tokyo"}
