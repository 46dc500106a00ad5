"""What is tried again, how often, and when it has taken long enough; seen from the server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calsync.calendars.google.auth import load_credentials
from calsync.calendars.google.client import Client, Failure, Patience, Refused
from calsync.errors import AuthorisationNeeded, Unavailable
from calsync.records import Token
from tests.calendars.google.box import QUICK, Google
from tests.googleserver import faults
from tests.googleserver.exchange import Answer
from tests.googleserver.faults import Fault, Refuse
from tests.googleserver.server import GoogleServer


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def google(server: GoogleServer, tmp_path: Path) -> Iterator[Google]:
    google = Google(server, tmp_path)
    yield google
    google.close()


def listing(google: Google) -> Any:
    return google.client.service.events().list(calendarId=google.calendar_id)


def inserts(google: Google, count: int) -> dict[str, Any]:
    times = {"start": {"dateTime": "2026-11-24T12:00:00Z"}, "end": {"dateTime": "2026-11-24T13:00:00Z"}}
    events = google.client.service.events()
    return {
        f"e{number}": events.insert(calendarId=google.calendar_id, body={"id": f"event{number}", **times})
        for number in range(count)
    }


def with_patience(google: Google, **more: float) -> Client:
    """In place of the usual client; the fixture closes it."""
    google.close()
    patience = Patience(**{"answer": 10, "total": 60, "first_wait": 0.01, "longest_wait": 0.02, **more})  # type: ignore[arg-type]
    google.client = Client(google.server.url, google.account.authorise, patience)
    return google.client


PASSING = {
    "429": faults.rate_limited(429, retry_after=0),
    "403 rate": faults.rate_limited(403, per_user=False),
    "403 user rate": faults.rate_limited(403),
    "403 with details": faults.metric_exceeded(403),
    "500": faults.backend_error(500),
    "503": faults.backend_error(503),
    "504, retry at once": faults.backend_error(504, retry_after="Thu, 01 Jan 2026 00:00:00 GMT"),
    "no JSON": faults.no_json(502),
    "closed": faults.dropped(commits=False),
    "reset": faults.dropped(commits=False, reset=True),
    "cut off": faults.cut_off(),
}
FINAL = {
    "quota": faults.quota_exceeded(),
    "not configured": faults.not_configured(),
    "400": faults.refusal(400, "badRequest", "Bad Request", "global"),
    "403 forbidden": faults.refusal(403, "forbidden", "Forbidden", "global"),
    "404": faults.refusal(404, "notFound", "Not Found", "global"),
    "412": faults.refusal(412, "conditionNotMet", "Precondition Failed", "global"),
}


@pytest.mark.parametrize("effect", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again_until_it_works(google: Google, effect: Any) -> None:
    fault = google.server.faults.add(Fault(effect, times=3))
    assert google.client.call(listing(google))["kind"] == "calendar#events"
    assert (fault.hits, len(google.server.api_log)) == (3, 4)


@pytest.mark.parametrize("effect", PASSING.values(), ids=PASSING)
def test_what_does_not_pass_after_all_ends(google: Google, effect: Any) -> None:
    """Eight tries: none more by a library underneath."""
    google.server.faults.add(Fault(effect, times=None))
    with pytest.raises(Refused):
        google.client.call(listing(google))
    assert len(google.server.api_log) == QUICK.tries


@pytest.mark.parametrize("effect", FINAL.values(), ids=FINAL)
def test_what_cannot_pass_is_tried_once(google: Google, effect: Any) -> None:
    google.server.faults.add(Fault(effect, times=None))
    with pytest.raises(Refused):
        google.client.call(listing(google))
    assert len(google.server.api_log) == 1


def test_an_answer_that_does_not_come_is_not_waited_for_longer(google: Google) -> None:
    client = with_patience(google, answer=0.2)
    google.server.faults.add(Fault(faults.held()))
    assert client.call(listing(google))["kind"] == "calendar#events"
    # The rest of the late answer is not taken for the next one.
    assert len({logged.connection for logged in google.server.api_log}) == 2


def test_the_deadline_is_for_all_requests_together(google: Google) -> None:
    client = with_patience(google, total=0.5, first_wait=0.2, longest_wait=0.4, tries=1000)
    google.server.faults.add(Fault(faults.backend_error(), times=None))
    for _ in range(2):
        with pytest.raises(Refused):
            client.call(listing(google))
    assert len(google.server.api_log) < 100


def test_a_wait_that_is_longer_than_what_is_left_is_not_begun(google: Google) -> None:
    google.server.faults.add(Fault(faults.rate_limited(429, retry_after=600), times=None))
    with pytest.raises(Refused):
        google.client.call(listing(google))
    assert len(google.server.api_log) == 1


def test_one_connection_serves_all(google: Google) -> None:
    for _ in range(3):
        google.client.call(listing(google))
    assert len({logged.connection for logged in google.server.api_log}) == 1


def test_a_token_that_ends_in_the_middle_is_refreshed_once(google: Google) -> None:
    google.client.call(listing(google))
    google.server.expire()
    google.client.call(listing(google))
    assert [logged.path for logged in google.server.log].count("/token") == 1


def test_a_token_that_ends_in_the_middle_of_a_batch(google: Google) -> None:
    google.server.faults.add(Fault(faults.invalid_token(), where=("part",), times=2))
    answers = google.client.send(inserts(google, 4))
    assert not [one for one in answers.values() if isinstance(one, Failure)]


def test_a_revoked_token_is_not_tried_again(google: Google) -> None:
    google.server.revoke()
    with pytest.raises(AuthorisationNeeded):
        google.client.call(listing(google))
    with pytest.raises(AuthorisationNeeded):
        google.client.send(inserts(google, 3))


def test_a_token_server_out_of_order_is_tried_again_later(google: Google) -> None:
    google.server.expire()
    google.server.faults.add(Fault(faults.token_error(500, "internal_failure"), where=("token",), times=None))
    with pytest.raises(Unavailable):
        google.client.call(listing(google))


def test_a_proxys_page_in_place_of_a_token_is_no_reason_to_authorise_again(google: Google) -> None:
    google.server.expire()
    google.server.faults.add(Fault(faults.no_json(502), where=("token",), times=None))
    with pytest.raises(Unavailable):
        google.client.call(listing(google))


# What is no token, whatever its status says.
NO_TOKENS = {
    "a page": faults.no_json(200),
    "nothing": faults.says(b""),
    "cut body": faults.says(b'{"access_token": "ya29.x", "expi'),
    "a list": faults.says(b"[1, 2]"),
    "a text": faults.says(b'"abc"'),
    "an empty object": faults.says(b"{}"),
    "an error": faults.says(b'{"error": {"code": 500}}'),
    "another type": faults.says(b'{"access_token": 1, "expires_in": 3599}'),
    "no lifetime": faults.says(b'{"access_token": "ya29.x", "expires_in": "soon"}'),
    "an endless lifetime": faults.says(b'{"access_token": "ya29.x", "expires_in": 1e300}'),
    "scopes of another type": faults.says(b'{"access_token": "ya29.x", "expires_in": 3599, "scope": 1}'),
    "bytes": faults.says(b"\xff\xfe\x00"),
    "bytes with 502": faults.says(b"\xff\xfe\x00", 502),
    "a list with 400": faults.says(b"[1, 2]", 400),
    "an error with 502": faults.token_error(502, "bad_gateway"),
    "endlessly deep": faults.says(b"[" * 200_000),
}


@pytest.mark.parametrize("who", ["a person", "a service account"])
@pytest.mark.parametrize("effect", NO_TOKENS.values(), ids=NO_TOKENS)
def test_what_is_no_token_is_tried_again_later(google: Google, who: str, effect: Any) -> None:
    """Whatever the status says: it is no verdict on the token, nor on the service account's key."""
    if who == "a service account":
        key = google.server.write_service_account(google.folder / "key.json")
        account = load_credentials(key, google.account.token_file)
        google.close()
        google.client = Client(google.server.url, account.authorise, QUICK)
    google.server.expire()
    google.server.faults.add(Fault(effect, where=("token",), times=None))
    with pytest.raises(Unavailable, match="try again later"):
        google.client.call(listing(google))


def test_a_refresh_that_brings_fewer_scopes_needs_a_person(google: Google) -> None:
    google.server.expire()
    google.server.faults.add(Fault(faults.Grant(("https://www.googleapis.com/auth/calendar.freebusy",))))
    with pytest.raises(Refused) as refused:
        google.client.call(listing(google))
    assert isinstance(refused.value.failure.error("it can't be read"), AuthorisationNeeded)


def test_a_refresh_does_not_bring_back_a_token_that_was_replaced_meanwhile(google: Google) -> None:
    """A consent for another account ends while the first one's token is still in use."""
    google.client.call(listing(google))
    other = google.server.authorise()
    google.account.token_file.save(
        Token(google.account.app.client_id, other["refresh_token"], tuple(other["scopes"]), other["token"])
    )
    google.server.expire()
    google.client.call(listing(google))
    assert other["refresh_token"] in google.account.token_file.path.read_text()


def test_a_list_without_end_is_given_up(google: Google, tmp_path: Path) -> None:
    body = b'{"kind": "calendar#events", "items": [], "nextPageToken": "again"}'
    endless = Refuse(Answer(200, body, {"Content-Type": "application/json"}))
    google.server.faults.add(Fault(endless, method="GET", times=None))
    with pytest.raises(Unavailable):
        google.calendar(ZoneInfo("Europe/London")).load()


# --- batches ----------------------------------------------------------------------------------------------


def test_a_batch_has_fifty_parts_at_most(google: Google) -> None:
    answers = google.client.send(inserts(google, 101))
    assert [len(one.parts) for one in google.server.api_log] == [50, 50, 0]
    assert {name: answer["id"] for name, answer in answers.items() if not isinstance(answer, Failure)} == {
        f"e{number}": f"event{number}" for number in range(101)
    }


def test_only_the_parts_that_failed_are_sent_again(google: Google) -> None:
    google.server.faults.add(Fault(faults.rate_limited(), where=("part",), skip=2, times=3))
    answers = google.client.send(inserts(google, 10))
    assert [len(one.parts) for one in google.server.api_log] == [10, 3]
    assert not [one for one in answers.values() if isinstance(one, Failure)]


def test_a_part_that_cannot_pass_leaves_the_others_alone(google: Google) -> None:
    google.server.faults.add(
        Fault(faults.refusal(400, "invalid", "Invalid", "global"), where=("part",), skip=2)
    )
    answers = google.client.send(inserts(google, 10))
    failed = {name: answer for name, answer in answers.items() if isinstance(answer, Failure)}
    assert {name: (one.status, one.reason) for name, one in failed.items()} == {"e2": (400, "invalid")}
    assert len(google.server.api_log) == 1


def test_a_part_that_never_gets_through_does_not_hold_up_the_rest(google: Google) -> None:
    google.server.faults.add(Fault(faults.backend_error(500), path="event7$", method="PATCH", times=None))
    google.client.send(inserts(google, 60))
    events = google.client.service.events()
    patches = {
        str(number): events.patch(
            calendarId=google.calendar_id, eventId=f"event{number}", body={"summary": "x"}
        )
        for number in range(60)
    }
    answers = google.client.send(patches)
    assert [name for name, answer in answers.items() if isinstance(answer, Failure)] == ["7"]


# A success that says nothing of the event that was asked for.
NO_EVENTS = {
    "a page": faults.no_json(200),
    "nothing": faults.says(b""),
    "cut": faults.says(b'{"kind": "calendar#event", "id"'),
    "null": faults.says(b"null"),
    "a list": faults.says(b"[1]"),
    "a text": faults.says(b'"x"'),
    "an empty object": faults.says(b"{}"),
    "an error": faults.says(b'{"error": {"code": 500}}'),
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("effect", NO_EVENTS.values(), ids=NO_EVENTS)
def test_a_part_that_can_not_be_understood_has_failed(google: Google, effect: Any, count: int) -> None:
    faulty = Fault(effect, where=("api", "part"), times=2)
    google.server.faults.add(faulty)
    answers = google.client.send(inserts(google, count))
    assert [name for name, answer in answers.items() if isinstance(answer, Failure)] == ["e0", "e1"][:count]
    assert len(google.server.calendars[google.calendar_id].events) == max(count - 2, 0)


def test_parts_whose_answer_was_lost_are_found_done(google: Google) -> None:
    google.server.faults.add(Fault(faults.dropped(), where=("batch",)))
    answers = google.client.send(inserts(google, 3))
    assert {answer.reason for answer in answers.values() if isinstance(answer, Failure)} == {"duplicate"}
    assert len(google.server.calendars[google.calendar_id].events) == 3


def test_after_a_failure_that_all_would_meet_nothing_more_is_sent(google: Google) -> None:
    google.server.faults.add(Fault(faults.quota_exceeded(), where=("part",), skip=20, times=None))
    answers = google.client.send(inserts(google, 120))
    assert len(google.server.api_log) == 1
    assert len(answers) == 120
    assert len([one for one in answers.values() if not isinstance(one, Failure)]) == 20


@pytest.mark.parametrize("effect", PASSING.values(), ids=PASSING)
def test_a_whole_batch_is_tried_again(google: Google, effect: Any) -> None:
    google.server.faults.add(Fault(effect, where=("batch",), times=2))
    answers = google.client.send(inserts(google, 3))
    failed = {answer.reason for answer in answers.values() if isinstance(answer, Failure)}
    assert failed <= {"duplicate"}  # where an answer was cut off, it had been done
    assert len(google.server.calendars[google.calendar_id].events) == 3
