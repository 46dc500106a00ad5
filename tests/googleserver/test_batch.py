"""Batches, as Google's client writes and reads them."""

import json
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.googleserver.client import credentials, service
from tests.googleserver.exchange import Json
from tests.googleserver.faults import Fault, backend_error, conflict, dropped, rate_limited
from tests.googleserver.samples import timed
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import Switches

Service = Any


def run(calendar: Service, **requests: Any) -> dict[str, Any]:
    """What came of each request: its result, or its status and reason."""
    outcomes: dict[str, Any] = {}

    def done(name: str, response: Json | None, exception: HttpError | None) -> None:
        if exception is None:
            outcomes[name] = response
        else:
            reason = json.loads(exception.content)["error"]["errors"][0]["reason"]
            outcomes[name] = (exception.status_code, reason)

    batch = calendar.new_batch_http_request(callback=done)
    for name, request in requests.items():
        batch.add(request, request_id=name)
    batch.execute()
    return outcomes


def test_each_part_has_its_own_fate(google: GoogleServer, calendar: Service, training: str) -> None:
    events = calendar.events()
    made = events.insert(calendarId=training, body=timed(id="abcde")).execute()
    stale = events.patch(calendarId=training, eventId="abcde", body={"summary": "Ü ☃ \r\n"})
    stale.headers["If-Match"] = '"0"'
    fresh = events.patch(calendarId=training, eventId="abcde", body={"summary": "Ü ☃ \r\n"})
    fresh.headers["If-Match"] = made["etag"]
    google.clear_log()
    used = google.quota_used
    outcomes = run(
        calendar,
        first=events.insert(calendarId=training, body=timed(id="fffff")),
        again=events.insert(calendarId=training, body=timed(id="fffff")),
        stale=stale,
        fresh=fresh,
        bad=events.insert(calendarId=training, body={"summary": "no times"}),
        gone=events.delete(calendarId=training, eventId="fffff"),
        missing=events.get(calendarId="nowhere", eventId="fffff"),
    )
    assert outcomes["first"]["id"] == "fffff"
    assert outcomes["again"] == (409, "duplicate")
    assert outcomes["stale"] == (412, "conditionNotMet")
    assert outcomes["fresh"]["summary"] == "Ü ☃ \r\n"
    assert outcomes["bad"] == (400, "required")
    assert outcomes["gone"] == ""
    assert outcomes["missing"] == (404, "notFound")
    (logged,) = google.log
    assert logged.path == "/batch/calendar/v3"
    assert [part.status for part in logged.parts] == [200, 409, 412, 200, 400, 204, 404]
    assert [part.method for part in logged.parts[2:4]] == ["PATCH", "PATCH"]
    assert logged.parts[3].headers["if-match"] == made["etag"]
    assert google.quota_used - used == 5 + 2 * 3


@pytest.mark.parametrize("cap", [50, 1000])
def test_the_most_parts(cap: Any) -> None:
    with GoogleServer(Switches(batch_cap=cap)) as google, service(google, ["calendar"]) as calendar:
        insert = calendar.events().insert
        for number in (50, 51):
            requests = {f"n{one}": insert(calendarId="primary", body=timed()) for one in range(number)}
            if number <= cap:
                assert len(run(calendar, **requests)) == number
            else:
                with pytest.raises(HttpError, match="400"):
                    run(calendar, **requests)
        assert len(google.person("primary").events()) == (50 if cap == 50 else 101)


def test_parts_in_another_order() -> None:
    with GoogleServer(Switches(batch_order="shuffled")) as google, service(google, ["calendar"]) as calendar:
        insert = calendar.events().insert
        ids = [f"aaaa{number}" for number in range(5)]
        outcomes = run(calendar, **{one: insert(calendarId="primary", body=timed(id=one)) for one in ids})
        assert {name: event["id"] for name, event in outcomes.items()} == {one: one for one in ids}
        assert [event["id"] for event in google.person("primary").events()] == [
            "aaaa1",
            "aaaa3",
            "aaaa0",
            "aaaa2",
            "aaaa4",
        ]


@pytest.mark.parametrize("checked", [False, True])
def test_parts_with_an_old_token_are_sent_again_once(checked: bool) -> None:
    with GoogleServer(Switches(batch_checks_outer=checked)) as google, service(google) as calendar:
        training = calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()["id"]
        request = calendar.events().insert(calendarId=training, body=timed(id="abcde"))
        google.expire()
        google.clear_log()
        assert run(calendar, one=request)["one"]["id"] == "abcde"
        batches = [logged for logged in google.log if logged.path.startswith("/batch")]
        assert [part.status for logged in batches for part in logged.parts] == [401, 200]
        assert [logged.status for logged in batches] == ([401, 200, 200] if checked else [200, 200])


def test_after_revocation_a_part_stays_unauthorised(google: GoogleServer) -> None:
    from google.auth.exceptions import RefreshError

    with service(google, credentials(google.authorise())) as calendar:
        google.revoke()
        with pytest.raises(RefreshError, match="invalid_grant"):
            run(calendar, one=calendar.events().list(calendarId="primary"))


def test_faults_in_parts_and_in_the_whole(google: GoogleServer, calendar: Service, training: str) -> None:
    events = calendar.events()

    def requests() -> dict[str, Any]:
        return {one: events.insert(calendarId=training, body=timed(id=f"aaaa{one}")) for one in "abc"}

    google.faults.add(Fault(rate_limited(retry_after=7), where=("part",), skip=1))
    outcomes = run(calendar, **requests())
    assert outcomes["a"]["id"] == "aaaaa"
    assert outcomes["b"] == (403, "userRateLimitExceeded")
    assert outcomes["c"]["id"] == "aaaac"
    google.faults.add(Fault(conflict(), method="POST", path="/events$", times=2))
    outcomes = run(calendar, **requests())
    assert [outcomes["a"], outcomes["b"]] == [(409, "conflict")] * 2
    assert outcomes["c"] == (409, "duplicate")
    assert "aaaab" not in google.calendars[training].events
    google.faults.add(Fault(backend_error(), path="^/batch"))
    with pytest.raises(HttpError, match="503"):
        run(calendar, **requests())
    whole = google.faults.add(Fault(backend_error(commits=True)))
    with pytest.raises(HttpError, match="503"):
        run(calendar, **requests())
    assert whole.hits == 1
    assert "aaaab" in google.calendars[training].events


def test_a_connection_that_ends_amid_the_parts(
    google: GoogleServer, calendar: Service, training: str
) -> None:
    insert = calendar.events().insert
    google.faults.add(Fault(dropped(commits=False), where=("part",), skip=2, times=None))
    google.clear_log()
    with pytest.raises(OSError):  # noqa: PT011 (the kind depends on the moment)
        run(calendar, **{one: insert(calendarId=training, body=timed(id=f"aaaa{one}")) for one in "abcd"})
    assert set(google.calendars[training].events) == {"aaaaa", "aaaab"}
    # The client sends a whole batch again by itself when a connection ends without an answer.
    first, second = google.log
    assert [part.status for part in first.parts] == [200, 200, None]
    assert [part.status for part in second.parts] == [None]


def test_bodies_that_are_no_batch(google: GoogleServer, calendar: Service) -> None:
    http = calendar._http
    for content_type, body in (
        ("application/json", "{}"),
        ("multipart/mixed; boundary=x", "nothing"),
        ("multipart/mixed; boundary=x", "--x\nContent-Type: text/plain\n\nGET\n--x--"),
    ):
        response, _ = http.request(
            google.url + "/batch/calendar/v3", "POST", body=body, headers={"content-type": content_type}
        )
        assert response.status == 400
