"""events.list: what is on it, page by page, and since the last time."""

from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.samples import all_day, private, refused, timed
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import Switches

Service = Any


def ids(answer: Any) -> list[str]:
    return [event["id"] for event in answer["items"]]


def everything(calendar: Service, calendar_id: str, **how: Any) -> list[list[str]]:
    """The ids on all pages, read the way the library's documentation shows."""
    request = calendar.events().list(calendarId=calendar_id, **how)
    pages = []
    while request is not None:
        answer = request.execute()
        pages.append(ids(answer))
        assert ("nextPageToken" in answer) != ("nextSyncToken" in answer) or "orderBy" in how
        request = calendar.events().list_next(request, answer)
    return pages


@pytest.fixture
def filled(calendar: Service, training: str) -> str:
    """Six events in the order of their names, an hour each, the third deleted."""
    for number in range(6):
        body = timed(f"2026-11-24T{20 - number:02}:00:00Z", id=f"event{number}", **private(plan="a"))
        calendar.events().insert(calendarId=training, body=body).execute()
    calendar.events().delete(calendarId=training, eventId="event2").execute()
    return training


def test_the_envelope(calendar: Service, training: str) -> None:
    empty = calendar.events().list(calendarId=training).execute()
    assert empty.pop("nextSyncToken")
    assert empty.pop("etag").startswith('"')
    assert empty == {
        "kind": "calendar#events",
        "summary": "Training",
        "updated": "2026-11-23T06:00:00.000Z",
        "timeZone": "Europe/London",
        "accessRole": "owner",
        "defaultReminders": [],
        "items": [],
    }


def test_pages_cover_everything_once(calendar: Service, filled: str) -> None:
    live = ["event0", "event1", "event3", "event4", "event5"]
    assert everything(calendar, filled) == [live]
    assert everything(calendar, filled, maxResults=2) == [live[:2], live[2:4], live[4:]]
    assert everything(calendar, filled, maxResults=9999) == [live]
    assert everything(calendar, filled, showDeleted=True) == [[f"event{number}" for number in range(6)]]
    refused(calendar.events().list(calendarId=filled, maxResults=0), 400, "invalid")


def test_a_page_holds_250_if_nothing_is_said_and_2500_at_most(
    google: GoogleServer, calendar: Service, training: str
) -> None:
    person = google.person(training)
    for _ in range(2501):
        person.create("x", google.now, google.now.replace(hour=7))
    assert [len(page) for page in everything(calendar, training)] == [250] * 10 + [1]
    assert [len(page) for page in everything(calendar, training, maxResults=9999)] == [2500, 1]


def test_a_page_token_belongs_to_its_question(calendar: Service, filled: str) -> None:
    events = calendar.events()
    token = events.list(calendarId=filled, maxResults=2).execute()["nextPageToken"]
    refused(events.list(calendarId=filled, showDeleted=True, pageToken=token), 400, "invalid")
    refused(events.list(calendarId=filled, pageToken="nonsense"), 400, "invalid")


def test_what_others_do_between_two_pages_neither_doubles_nor_loses(
    google: GoogleServer, calendar: Service, filled: str
) -> None:
    request = calendar.events().list(calendarId=filled, maxResults=2)
    first = request.execute()
    google.person(filled).delete("event0")
    google.person(filled).edit("event1", summary="New")
    rest = calendar.events().list_next(request, first).execute()
    assert ids(first) + ids(rest) == ["event0", "event1", "event3", "event4"]
    last = calendar.events().list_next(request, rest).execute()
    assert ids(last) == ["event5"]
    again = calendar.events().list(calendarId=filled, syncToken=last["nextSyncToken"]).execute()
    assert set(ids(again)) == {"event0", "event1"}


def test_short_pages_begin_with_an_empty_one() -> None:
    with GoogleServer(Switches(pages="short")) as google:
        person = google.person("primary")
        made = [person.create("x", google.now, google.now.replace(hour=7)) for _ in range(7)]
        with service(google, ["calendar.events"]) as calendar:
            pages = everything(calendar, "primary", maxResults=2500)
            assert [len(page) for page in pages] == [0, 3, 3, 1]
            assert [event_id for page in pages for event_id in page] == made
            assert everything(calendar, "primary", q="nothing") == [[], []]


def test_order(calendar: Service, filled: str) -> None:
    events = calendar.events()
    by_time = events.list(calendarId=filled, singleEvents=True, orderBy="startTime").execute()
    assert ids(by_time) == ["event5", "event4", "event3", "event1", "event0"]
    assert "nextSyncToken" not in by_time
    events.patch(calendarId=filled, eventId="event0", body={"summary": "New"}).execute()
    assert ids(events.list(calendarId=filled, orderBy="updated").execute())[-1] == "event0"
    refused(events.list(calendarId=filled, orderBy="startTime"), 400, "badRequest")
    assert everything(calendar, filled, singleEvents=True, orderBy="startTime", maxResults=2) == [
        ["event5", "event4"],
        ["event3", "event1"],
        ["event0"],
    ]


@pytest.mark.parametrize(
    ("lower", "upper", "found"),
    [
        ("2026-11-24T07:00:00Z", None, ["timed"]),
        ("2026-11-24T08:00:00Z", None, []),
        ("2026-11-24T07:59:59Z", "2026-11-24T09:00:00Z", ["timed"]),
        (None, "2026-11-24T07:00:00Z", ["date0"]),
        (None, "2026-11-24T07:00:01Z", ["timed", "date0"]),
        ("2026-11-24T02:30:00-05:00", "2026-11-24T02:40:00-05:00", ["timed"]),
        ("2026-06-30T22:59:59Z", "2026-06-30T23:00:01Z", ["date0"]),
        ("2026-06-30T22:00:00Z", "2026-06-30T23:00:00Z", []),
        ("2026-07-01T23:00:00Z", "2026-07-02T00:00:00Z", []),
    ],
)
def test_bounds_are_exclusive_and_days_lie_in_the_calendar_s_zone(
    calendar: Service, training: str, lower: str | None, upper: str | None, found: list[str]
) -> None:
    for body in (timed(id="timed"), all_day("2026-07-01", id="date0")):
        calendar.events().insert(calendarId=training, body=body).execute()
    listed = calendar.events().list(calendarId=training, timeMin=lower, timeMax=upper).execute()
    assert ids(listed) == found


def test_bounds_that_are_refused(calendar: Service, training: str) -> None:
    events = calendar.events()
    same = {"timeMin": "2026-11-24T07:00:00Z", "timeMax": "2026-11-24T07:00:00Z"}
    refused(events.list(calendarId=training, **same), 400, "timeRangeEmpty")
    refused(events.list(calendarId=training, timeMin="2026-11-24T07:00:00"), 400, "badRequest")
    refused(events.list(calendarId=training, timeMin="2026-11-24"), 400, "badRequest")
    refused(events.list(calendarId=training, timeMin="2026-11-31T07:00:00Z"), 400, "badRequest")


def test_by_property(calendar: Service, training: str) -> None:
    events = calendar.events()
    for name, properties in {"ab": {"a": "1", "b": "2"}, "ac": {"a": "1"}, "none": {}}.items():
        body = timed(id=f"000{name}", **private(**properties))
        body["extendedProperties"]["shared"] = {"s": name}
        events.insert(calendarId=training, body=body).execute()
    one = events.list(calendarId=training, privateExtendedProperty="a=1").execute()
    assert ids(one) == ["000ab", "000ac"]
    two = events.list(calendarId=training, privateExtendedProperty=["a=1", "b=2"]).execute()
    assert ids(two) == ["000ab"]
    mixed = events.list(
        calendarId=training, privateExtendedProperty="a=1", sharedExtendedProperty="s=ac"
    ).execute()
    assert ids(mixed) == ["000ac"]
    refused(events.list(calendarId=training, privateExtendedProperty="a"), 400, "invalid")


def test_repeated_properties_may_be_alternatives() -> None:
    with GoogleServer(Switches(property_filters="or")) as google:
        person = google.person("primary")
        made = [
            person.create("x", google.now, google.now.replace(hour=7), **private(**{name: "1"}))
            for name in ("a", "b", "c")
        ]
        with service(google, ["calendar.events"]) as calendar:
            both = ["a=1", "b=1"]
            listed = calendar.events().list(calendarId="primary", privateExtendedProperty=both).execute()
            assert ids(listed) == made[:2]


def test_a_sync_token_brings_what_has_changed_since(calendar: Service, filled: str) -> None:
    events = calendar.events()
    token = events.list(calendarId=filled).execute()["nextSyncToken"]
    events.delete(calendarId=filled, eventId="event0").execute()
    events.patch(calendarId=filled, eventId="event1", body={"summary": "New"}).execute()
    changed = events.list(calendarId=filled, syncToken=token).execute()
    assert {event["id"]: event["status"] for event in changed["items"]} == {
        "event0": "cancelled",
        "event1": "confirmed",
    }
    assert ids(events.list(calendarId=filled, syncToken=changed["nextSyncToken"]).execute()) == []


@pytest.mark.parametrize(
    "restriction",
    [
        {"timeMin": "2026-11-24T07:00:00Z"},
        {"timeMax": "2026-11-24T07:00:00Z"},
        {"privateExtendedProperty": "a=1"},
        {"q": "x"},
        {"orderBy": "updated"},
        {"iCalUID": "x"},
        {"updatedMin": "2026-11-24T07:00:00Z"},
        {"showDeleted": False},
    ],
)
def test_a_sync_token_bears_no_restriction(calendar: Service, training: str, restriction: Any) -> None:
    events = calendar.events()
    token = events.list(calendarId=training).execute()["nextSyncToken"]
    request = events.list(calendarId=training, syncToken=token, **restriction)
    refused(request, 400, "syncTokenWithRequestRestrictions")


def test_a_sync_token_dies(google: GoogleServer, calendar: Service, training: str) -> None:
    events = calendar.events()
    token = events.list(calendarId=training).execute()["nextSyncToken"]
    google.expire_sync_tokens()
    refused(events.list(calendarId=training, syncToken=token), 410, "fullSyncRequired")
    refused(events.list(calendarId=training, syncToken="nonsense"), 410, "fullSyncRequired")


def test_since_a_moment_deletions_are_always_there(
    google: GoogleServer, calendar: Service, filled: str
) -> None:
    google.now = google.now.replace(day=25)
    google.person(filled).delete("event0")
    listed = calendar.events().list(calendarId=filled, updatedMin="2026-11-24T00:00:00Z").execute()
    assert [(event["id"], event["status"]) for event in listed["items"]] == [("event0", "cancelled")]


def test_words_and_kinds(google: GoogleServer, calendar: Service, training: str) -> None:
    person = google.person(training)
    squats = person.create("Squats", google.now, google.now.replace(hour=7), description="five by five")
    person.create("Run", google.now, google.now.replace(hour=7))
    assert ids(calendar.events().list(calendarId=training, q="five SQUATS").execute()) == [squats]
    assert ids(calendar.events().list(calendarId=training, eventTypes=["focusTime"]).execute()) == []


def test_a_series_and_its_instances(google: GoogleServer, calendar: Service, training: str) -> None:
    events = calendar.events()
    # From Sunday on, when the clocks go back: 07:00 in London is another instant on Monday than on Saturday.
    body = timed("2026-10-24T07:00:00+01:00", id="series", recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    events.insert(calendarId=training, body=body).execute()
    assert ids(events.list(calendarId=training).execute()) == ["series"]
    instances = events.list(calendarId=training, singleEvents=True).execute()["items"]
    assert [one["id"] for one in instances] == [
        "series_20261024T060000Z",
        "series_20261025T070000Z",
        "series_20261026T070000Z",
    ]
    assert [one["start"]["dateTime"] for one in instances] == [
        "2026-10-24T07:00:00+01:00",
        "2026-10-25T07:00:00Z",
        "2026-10-26T07:00:00Z",
    ]
    assert all(one["recurringEventId"] == "series" and "recurrence" not in one for one in instances)
    late = events.list(calendarId=training, timeMin="2026-10-26T00:00:00Z").execute()
    assert ids(late) == ["series"]
    assert ids(events.list(calendarId=training, timeMin="2026-10-27T00:00:00Z").execute()) == []

    events.delete(calendarId=training, eventId="series_20261025T070000Z").execute()
    events.patch(calendarId=training, eventId="series_20261026T070000Z", body={"summary": "Other"}).execute()
    single = events.list(calendarId=training, singleEvents=True).execute()["items"]
    assert [(one["id"][-16:], one["summary"]) for one in single] == [
        ("20261024T060000Z", "Strength"),
        ("20261026T070000Z", "Other"),
    ]
    as_series = events.list(calendarId=training).execute()
    assert ids(as_series) == ["series", "series_20261025T070000Z", "series_20261026T070000Z"]
    refused(events.get(calendarId=training, eventId="series_20261124T070000Z"), 404, "notFound")


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", ["24", "26", "01", "03"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=2", ["24", "08"]),
        ("FREQ=MONTHLY;COUNT=2", ["24", "24"]),
        ("FREQ=DAILY;UNTIL=20261126", ["24", "25", "26"]),
    ],
)
def test_rules(calendar: Service, training: str, rule: str, days: list[str]) -> None:
    body = all_day("2026-11-24", recurrence=[f"RRULE:{rule}"])
    calendar.events().insert(calendarId=training, body=body).execute()
    listed = calendar.events().list(calendarId=training, singleEvents=True).execute()["items"]
    assert [one["start"]["date"][-2:] for one in listed] == days


def test_a_long_question_comes_as_a_post(google: GoogleServer, calendar: Service, training: str) -> None:
    long = "a=" + "x" * 2100
    calendar.events().list(calendarId=training, privateExtendedProperty=long).execute()
    logged = google.log[-1]
    assert logged.method == "GET"
    assert logged.query["privateExtendedProperty"] == [long]
    assert logged.headers["x-http-method-override"] == "GET"
    assert logged.path == f"/calendar/v3/calendars/{training}/events"


def test_only_some_fields(calendar: Service, filled: str) -> None:
    listed = calendar.events().list(
        calendarId=filled, maxResults=1, fields="nextPageToken,items(id,start/dateTime)"
    )
    answer = listed.execute()
    assert answer["items"] == [{"id": "event0", "start": {"dateTime": "2026-11-24T20:00:00Z"}}]
    assert answer.keys() == {"nextPageToken", "items"}
    refused(calendar.events().list(calendarId=filled, fields="items(id"), 400, "invalid")
