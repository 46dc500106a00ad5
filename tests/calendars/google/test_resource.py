"""Events as Google's resources: what is written, and what of it is found again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.calendars.google.resource import (
    NotReadable,
    change,
    event_id,
    new_event,
    parse_item,
    revival,
    withdrawal,
)
from calsync.event import Event
from calsync.timespan import Timespan
from calsync.training import Load

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIFT = Event(
    "2026-W48/strength/1",
    Timespan(START, START + timedelta(minutes=30)),
    "Strength",
    "30 min.\n\n- Squat",
    ("Strength", "Light"),
    load=Load.LIGHT,
    routine="core",
)


def written(event: Event = LIFT, zone: ZoneInfo = LONDON) -> dict[str, Any]:
    return new_event(event, "training", 0, zone) | {"etag": '"1"'}


def read(resource: dict[str, Any]) -> Any:
    item = parse_item(resource, "training", LONDON)
    assert item is not None
    return item


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=60), st.integers(0, 999))
def test_an_id_is_what_google_allows_and_always_the_same(plan: str, key: str, generation: int) -> None:
    """https://developers.google.com/workspace/calendar/api/v3/reference/events/insert: a-v and 0-9."""
    plan, key = (text.encode("utf-8", "replace").decode() for text in (plan, key))
    found = event_id(plan, key, generation)
    assert set(found) <= set("0123456789abcdefghijklmnopqrstuv")
    assert 5 <= len(found) <= 1024
    assert found == event_id(plan, key, generation)
    assert found != event_id(plan, key, generation + 1)


def test_an_id_never_changes_between_versions() -> None:
    """Another one would leave every event that is out there to itself."""
    assert (
        event_id("training", "2026-W48/strength/1", 0)
        == "vvma8ukjjlv6gb2togku9po8a3rprh077uls6ahfveqa1inr9bt0"
    )


def test_private_properties_are_short_enough_to_survive() -> None:
    """Longer names are dropped and longer values are cut, without a word."""
    long = replace(LIFT, routine="r" * 255, summary="s" * 3000, description="d" * 8000)
    private = written(long)["extendedProperties"]["private"]
    assert max(map(len, private)) <= 44
    assert max(map(len, private.values())) <= 1024


@pytest.mark.parametrize(
    ("zone", "start", "text"),
    [
        ("Europe/London", datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "2027-03-28T00:30:00+00:00"),
        ("Europe/London", datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "2027-03-28T02:00:00+01:00"),
        ("Europe/London", datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "2027-10-31T01:30:00+01:00"),
        ("Europe/London", datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "2027-10-31T01:30:00+00:00"),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "2026-11-01T01:30:00-05:00"),
        ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, 0, tzinfo=UTC), "2027-04-04T01:30:00+10:30"),
        ("Asia/Kathmandu", datetime(2027, 4, 3, 15, 0, tzinfo=UTC), "2027-04-03T20:45:00+05:45"),
    ],
)
def test_times_have_the_offset_of_their_own_date(zone: str, start: datetime, text: str) -> None:
    event = replace(LIFT, span=Timespan(start, start + timedelta(hours=1)))
    resource = written(event, ZoneInfo(zone))
    assert resource["start"] == {"dateTime": text, "timeZone": zone}
    assert read(resource).stored.event == event


@pytest.mark.parametrize(
    "shown", ["2026-11-24T12:00:00Z", "2026-11-24T17:45:00+05:45", "2026-11-24T12:00:00.000Z"]
)
def test_the_same_instant_in_other_words_is_not_a_move(shown: str) -> None:
    resource = written()
    resource["start"] = {"dateTime": shown, "timeZone": "Asia/Katmandu"}
    assert not read(resource).stored.was_moved


def test_a_copy_a_foreign_event_and_another_plans_are_not_ours() -> None:
    assert parse_item(written() | {"id": "copy0"}, "training", LONDON) is None
    assert parse_item(written(), "other", LONDON) is None
    assert parse_item({"id": "x", "start": {}, "summary": "Dentist"}, "training", LONDON) is None
    instance = written() | {"id": event_id("training", LIFT.key, 0) + "_20261124T120000Z"}
    assert parse_item(instance, "training", LONDON) is None


@pytest.mark.parametrize("damage", ["", "x", "2026-W60/strength/1", "2026-W48", "2026-W48/strength/1/2"])
def test_a_damaged_key_is_not_ours(damage: str) -> None:
    resource = written()
    resource["extendedProperties"]["private"]["calsyncKey"] = damage
    assert parse_item(resource, "training", LONDON) is None


def test_an_event_whose_record_is_damaged_is_not_moved_by_us() -> None:
    resource = written()
    resource["extendedProperties"]["private"]["calsyncStart"] = "yesterday"
    assert read(resource).stored.was_moved


@pytest.mark.parametrize(
    "times", [{}, {"start": None}, {"start": {"dateTime": "soon"}}, {"end": {"date": "x"}}]
)
def test_a_live_event_without_a_time_is_an_error_not_a_guess(times: dict[str, Any]) -> None:
    resource = written()
    del resource["start"]
    with pytest.raises(NotReadable):
        read(resource | times)


def test_a_place_beyond_the_years_that_plans_know_is_far_away() -> None:
    for year in ("0001", "2300", "9999"):
        moved = {"dateTime": f"{year}-01-01T00:00:00Z"}
        stored = read(written() | {"start": moved, "end": moved}).stored
        assert stored.was_moved
        assert 1971 <= stored.span.start.year <= 2085


def test_a_change_writes_what_changes_and_nothing_else() -> None:
    item = read(written())
    assert change(item, replace(LIFT, summary="New"), LONDON).keys() == {"summary", "extendedProperties"}
    later = replace(LIFT, span=Timespan(START + timedelta(hours=1), START + timedelta(hours=2)))
    body = change(item, later, LONDON)
    assert body.keys() == {"start", "end", "extendedProperties"}
    assert body["extendedProperties"]["private"].keys() == {"calsyncStart", "calsyncEnd"}


def test_a_tombstone_says_whose_it_is() -> None:
    assert withdrawal()["status"] == "cancelled"
    tombstone = written() | {"status": "cancelled"}
    assert (read(tombstone).stored, read(tombstone).is_withdrawn) == (None, False)
    tombstone["extendedProperties"]["private"] |= withdrawal()["extendedProperties"]["private"]
    assert read(tombstone).is_withdrawn
    back = revival(LIFT, "training", 0, LONDON)
    assert back["extendedProperties"]["private"]["calsyncWithdrawn"] is None
    assert "id" not in back


spaces = st.sampled_from([" ", "\n", "\r\n", "\t", "e\u0301", "é", "x", ""])


@given(st.lists(spaces, max_size=8).map("".join), st.lists(spaces, max_size=8).map("".join))
def test_what_google_tidies_is_not_an_edit(before: str, after: str) -> None:
    """Blanks around a text, line ends and composed letters may change on the way."""
    from unicodedata import normalize

    text = f"{before}Squat{after}"
    resource = written(replace(LIFT, description=text))
    tidied = normalize("NFC", text.replace("\r\n", "\n")).strip()
    assert read(resource | {"description": tidied}).stored.edited == set()
    assert read(resource | {"description": tidied + "!"}).stored.edited == {"description"}
