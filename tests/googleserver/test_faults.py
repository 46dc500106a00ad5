"""What goes wrong on purpose, and what Google's client and httplib2 make of it by themselves."""

import http.client
import socket
from typing import Any

import pytest
from google.auth.exceptions import TransportError
from googleapiclient.errors import HttpError

from tests.googleserver.client import credentials, service
from tests.googleserver.exchange import Hold
from tests.googleserver.faults import (
    Fault,
    Stale,
    backend_error,
    cut_off,
    dropped,
    held,
    invalid_token,
    metric_exceeded,
    no_json,
    not_configured,
    quota_exceeded,
    rate_limited,
)
from tests.googleserver.samples import error, refused, timed
from tests.googleserver.server import GoogleServer

Service = Any


def insert(calendar: Service, training: str, name: str = "abcde") -> Any:
    return calendar.events().insert(calendarId=training, body=timed(id=name))


def statuses(google: GoogleServer) -> list[int | None]:
    return [logged.status for logged in google.log]


@pytest.mark.parametrize(
    ("effect", "status", "reason"),
    [
        (rate_limited(), 403, "userRateLimitExceeded"),
        (rate_limited(per_user=False), 403, "rateLimitExceeded"),
        (rate_limited(429), 429, "rateLimitExceeded"),
        (metric_exceeded(), 403, "rateLimitExceeded"),
        (quota_exceeded(), 403, "quotaExceeded"),
        (not_configured(), 403, "accessNotConfigured"),
        (backend_error(500), 500, "backendError"),
        (backend_error(503), 503, "backendError"),
    ],
)
def test_a_refusal(
    google: GoogleServer, calendar: Service, training: str, effect: Any, status: int, reason: str
) -> None:
    fault = google.faults.add(Fault(effect, times=2))
    request = insert(calendar, training)
    refused(request, status, reason)
    assert (fault.times, fault.hits) == (1, 1)
    refused(request, status, reason)
    assert google.calendars[training].events == {}
    assert request.execute()["id"] == "abcde"
    assert (fault.times, fault.hits) == (0, 2)


def test_a_refusal_may_come_after_the_deed(google: GoogleServer, calendar: Service, training: str) -> None:
    google.faults.add(Fault(backend_error(commits=True)))
    refused(insert(calendar, training), 503, "backendError")
    refused(insert(calendar, training), 409, "duplicate")


def test_retry_after_is_there_to_be_read(google: GoogleServer, calendar: Service, training: str) -> None:
    google.faults.add(Fault(rate_limited(429, retry_after=7)))
    assert refused(insert(calendar, training), 429, "rateLimitExceeded").resp["retry-after"] == "7"


def test_the_reason_stands_in_two_lists(google: GoogleServer, calendar: Service, training: str) -> None:
    google.faults.add(Fault(metric_exceeded()))
    raised = refused(insert(calendar, training), 403, "rateLimitExceeded")
    assert raised.error_details[0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert error(raised)["errors"][0]["reason"] == "rateLimitExceeded"


def test_an_error_that_is_no_json(google: GoogleServer, calendar: Service, training: str) -> None:
    google.faults.add(Fault(no_json()))
    with pytest.raises(HttpError) as raised:
        insert(calendar, training).execute()
    assert raised.value.status_code == 502
    assert isinstance(raised.value.error_details, str)


def test_which_requests_a_fault_meets(google: GoogleServer, calendar: Service, training: str) -> None:
    events = calendar.events()
    fault = google.faults.add(Fault(backend_error(), method="POST|PUT", path="/events$", skip=1, times=None))
    events.list(calendarId=training).execute()
    insert(calendar, training, "aaaaa").execute()
    for _ in range(3):
        refused(insert(calendar, training, "bbbbb"), 503, "backendError")
    events.list(calendarId=training).execute()
    assert fault.hits == 3
    assert fault.times is None
    google.faults.clear()
    insert(calendar, training, "bbbbb").execute()


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("commits", [False, True])
def test_a_connection_that_ends_without_an_answer(
    google: GoogleServer, calendar: Service, training: str, commits: bool, reset: bool
) -> None:
    google.faults.add(Fault(dropped(commits=commits, reset=reset), times=None))
    google.clear_log()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        insert(calendar, training).execute()
    assert ("abcde" in google.calendars[training].events) == commits
    # httplib2 sends a request again, even a POST, when the connection was ended in an orderly way.
    first = 200 if commits else None
    assert statuses(google) == [first] if reset else [first, 409 if commits else None]


def test_a_request_that_httplib2_repeats_meets_what_it_has_done(
    google: GoogleServer, calendar: Service, training: str
) -> None:
    google.faults.add(Fault(dropped()))
    google.clear_log()
    refused(insert(calendar, training), 409, "duplicate")
    assert statuses(google) == [200, 409]
    assert [logged.connection for logged in google.log] == [1, 2]


def test_a_calendar_can_be_made_twice_that_way(google: GoogleServer, calendar: Service) -> None:
    google.faults.add(Fault(dropped(), path="/calendars$"))
    before = set(google.calendars)
    calendar.calendars().insert(body={"summary": "T", "timeZone": "UTC"}).execute()
    assert len(set(google.calendars) - before) == 2


def test_an_answer_that_is_cut_off(google: GoogleServer, calendar: Service, training: str) -> None:
    google.faults.add(Fault(cut_off(), times=None))
    with pytest.raises(http.client.IncompleteRead):
        insert(calendar, training).execute()
    google.faults.clear()
    # httplib2 keeps the dead connection, so the next request fails on its own, or is sent again.
    with pytest.raises((OSError, HttpError)):
        insert(calendar, training).execute()
    refused(insert(calendar, training), 409, "duplicate")


def test_an_answer_that_comes_too_late(google: GoogleServer) -> None:
    hold = Hold()
    google.faults.add(Fault(held(hold), method="POST", path="/events$"))
    with service(google, ["calendar.events"], timeout=0.2) as calendar:
        with pytest.raises(socket.timeout):
            insert(calendar, "primary").execute()
        assert hold.holding.wait(5)
        refused(insert(calendar, "primary"), 409, "duplicate")


def test_an_answer_that_is_held_until_the_test_lets_go(
    google: GoogleServer, calendar: Service, training: str
) -> None:
    hold = Hold()
    google.faults.add(Fault(held(hold)))

    def let_go(*_: object) -> None:
        hold.release()

    google.hooks.append(let_go)
    assert insert(calendar, training).execute()["id"] == "abcde"
    assert insert(calendar, training, "fffff").execute()["id"] == "fffff"


def test_a_server_that_closes_lets_go_of_everybody() -> None:
    with GoogleServer() as google:
        hold = Hold()
        google.faults.add(Fault(held(hold)))
        waiting = socket.create_connection(("127.0.0.1", int(google.url.rpartition(":")[2])))
        waiting.sendall(b"GET /calendar/v3/colors HTTP/1.1\r\n\r\n")
        assert hold.holding.wait(5)
    assert waiting.recv(1) == b""
    waiting.close()


def test_an_outage(google: GoogleServer) -> None:
    own = credentials(google.authorise())
    with service(google, own) as calendar:
        google.faults.add(Fault.outage())
        with pytest.raises(http.client.RemoteDisconnected):
            calendar.colors().get().execute()
        google.expire()
        own.expiry = google.now.replace(tzinfo=None, year=2000)
        with pytest.raises(TransportError):
            calendar.colors().get().execute()
        google.faults.clear()
        calendar.colors().get().execute()


def test_a_token_that_dies_in_the_middle(google: GoogleServer, calendar: Service) -> None:
    google.faults.add(Fault(invalid_token(), skip=1))
    for _ in range(3):
        calendar.colors().get().execute()
    assert statuses(google) == [200, 401, 200, 200, 200]
    google.clear_log()
    google.faults.add(Fault(invalid_token(), times=None))
    refused(calendar.colors().get(), 401, "authError")
    assert [logged.path for logged in google.log].count("/token") == 2


def test_a_list_that_is_behind(google: GoogleServer, calendar: Service, training: str) -> None:
    events = calendar.events()
    for name in ("aaaaa", "bbbbb"):
        insert(calendar, training, name).execute()
    events.patch(calendarId=training, eventId="aaaaa", body={"summary": "New"}).execute()
    events.delete(calendarId=training, eventId="bbbbb").execute()

    def listed(*faults: Fault) -> list[tuple[str, str]]:
        google.faults.clear()
        google.faults.add(*faults) if faults else None
        items = events.list(calendarId=training).execute()["items"]
        return [(event["id"], event["summary"]) for event in items]

    assert listed() == [("aaaaa", "New")]
    assert listed(Fault(Stale(writes=1))) == [("aaaaa", "New"), ("bbbbb", "Strength")]
    assert listed(Fault(Stale(writes=2))) == [("aaaaa", "Strength"), ("bbbbb", "Strength")]
    assert listed(Fault(Stale(writes=3))) == [("aaaaa", "Strength")]
    assert listed(Fault(Stale(writes=99))) == []
    assert listed(Fault(Stale(empty=True))) == []
    stale = Fault(Stale(empty=True))
    google.faults.add(stale)
    events.get(calendarId=training, eventId="aaaaa").execute()
    assert stale.hits == 0
