"""The server as such: it starts and ends at once, remembers what came, and says what it cannot do."""

import json
import socket
import subprocess
import sys
import threading
from datetime import datetime
from typing import Any

import httplib2
import pytest

from tests.googleserver.client import service
from tests.googleserver.exchange import Logged
from tests.googleserver.samples import timed
from tests.googleserver.server import GoogleServer
from tests.googleserver.switches import ALL_POSITIONS, ALTERNATIVES

Service = Any


def test_it_leaves_no_thread_behind() -> None:
    threads = threading.active_count()
    for _ in range(100):
        with GoogleServer() as google:
            http = httplib2.Http()
            http.request(google.url + "/calendar/v3/colors")
            http.close()
        assert threading.active_count() == threads


def test_requests_share_a_connection(google: GoogleServer) -> None:
    http = httplib2.Http()
    headers = {"authorization": "Bearer " + google.authorise()["token"]}
    for _ in range(20):
        http.request(google.url + "/calendar/v3/colors", headers=headers)
    http.close()
    assert {logged.connection for logged in google.log} == {1}


def test_the_log(google: GoogleServer, calendar: Service) -> None:
    google.add_calendar("a/b#c@example.com", created_by_app=True)
    body = timed(id="abcde")
    calendar.events().insert(calendarId="a/b#c@example.com", body=body, sendUpdates="none").execute()
    (logged,) = google.api_log
    assert logged.method == "POST"
    assert logged.path == "/calendar/v3/calendars/a/b#c@example.com/events"
    assert logged.query == {"sendUpdates": ["none"], "alt": ["json"]}
    assert logged.headers["authorization"].startswith("Bearer ")
    assert logged.body == body
    assert (logged.status, logged.parts, logged.connection) == (200, (), 1)
    google.expire()
    calendar.colors().get().execute()
    assert len(google.log) == 4
    assert len(google.api_log) == 3
    google.clear_log()
    assert google.log == []


def test_a_patch_costs_three(google: GoogleServer, calendar: Service, training: str) -> None:
    used = google.quota_used
    calendar.events().insert(calendarId=training, body=timed(id="abcde")).execute()
    calendar.events().patch(calendarId=training, eventId="abcde", body={}).execute()
    calendar.events().get(calendarId=training, eventId="abcde").execute()
    assert google.quota_used - used == 5


def test_hooks_see_each_step(google: GoogleServer, calendar: Service, training: str) -> None:
    seen = []

    def hook(logged: Any, phase: str) -> None:
        there = "abcde" in google.calendars[training].events
        seen.append((phase, logged.method, logged.path.rpartition("/")[2], logged.status, there))

    google.hooks.append(hook)
    calendar.events().insert(calendarId=training, body=timed(id="abcde")).execute()
    assert seen == [
        ("before", "POST", "events", None, False),
        ("after", "POST", "events", 200, True),
    ]
    seen.clear()
    batch = calendar.new_batch_http_request()
    batch.add(calendar.events().delete(calendarId=training, eventId="abcde"))
    batch.add(calendar.events().delete(calendarId=training, eventId="abcde"))
    batch.execute()
    assert seen == [
        ("before", "POST", "v3", None, True),
        ("part", "DELETE", "abcde", 204, True),
        ("part", "DELETE", "abcde", 410, True),
        ("after", "POST", "v3", 200, True),
    ]


def test_its_clock_is_the_test_s(google: GoogleServer, calendar: Service, training: str) -> None:
    insert = calendar.events().insert
    first, second = (insert(calendarId=training, body=timed()).execute() for _ in range(2))
    assert first["updated"] < second["updated"] < "2026-11-23T06:00:01Z"
    google.now = datetime.fromisoformat("2027-01-01T00:00:00+01:00")
    later = insert(calendarId=training, body=timed()).execute()
    assert later["created"] == "2026-12-31T23:00:00.000Z"
    assert later["updated"] == "2026-12-31T23:00:00.000Z"
    with pytest.raises(ValueError, match="zone"):
        google.now = datetime(2027, 1, 1)


def test_what_it_does_not_know_fails_the_test_that_asks_for_it() -> None:
    with (
        pytest.raises(ExceptionGroup) as raised,
        GoogleServer() as google,
        service(google, ["calendar"]) as calendar,
        pytest.raises(Exception, match="500"),
    ):
        calendar.settings().list().execute()
    assert isinstance(raised.value.exceptions[0], NotImplementedError)


def test_every_alternative_has_a_position() -> None:
    names = {position.name for position in ALL_POSITIONS}
    assert {f"{name}={value}" for name, values in ALTERNATIVES.items() for value in values} <= names
    assert len(names) == len(ALL_POSITIONS)


def test_several_clients_at_once(google: GoogleServer) -> None:
    def work(number: int) -> None:
        with service(google, ["calendar.events"]) as calendar:
            for one in range(5):
                body = timed(id=f"0000{number}{one}")
                calendar.events().insert(calendarId="primary", body=body).execute()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(google.person("primary").events()) == 20


def test_half_a_request_is_none(google: GoogleServer) -> None:
    whole = (
        f"POST /calendar/v3/calendars/primary/events HTTP/1.1\r\n"
        f"Authorization: Bearer {google.authorise(['calendar'])['token']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: 200\r\n\r\n"
        f"{json.dumps(timed())}"
    )
    for length in (10, 60, len(whole)):
        with socket.create_connection(("127.0.0.1", int(google.url.rpartition(":")[2]))) as half:
            half.sendall(whole[:length].encode())
            half.shutdown(socket.SHUT_WR)
            assert half.recv(1) == b""
    assert google.log == []


def test_a_client_may_be_killed_at_any_step(google: GoogleServer) -> None:
    """The request that is under way takes effect, and the server goes on."""
    program = (
        "import sys, urllib.request\n"
        'request = urllib.request.Request(sys.argv[1], b\'{"summary": "T"}\', {\n'
        "    'Authorization': 'Bearer ' + sys.argv[2], 'Content-Type': 'application/json'})\n"
        "urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)\n"
    )
    arguments = [google.url + "/calendar/v3/calendars", google.authorise()["token"]]
    clients: list[subprocess.Popen[bytes]] = []
    started = threading.Event()
    wanted: list[str] = []

    def kill(_: Logged, phase: str) -> None:
        if phase in wanted:
            assert started.wait(10)
            clients[-1].kill()
            clients[-1].wait()

    google.hooks.append(kill)
    for phase in ("before", "after"):
        wanted[:] = [phase]
        started.clear()
        clients.append(subprocess.Popen([sys.executable, "-c", program, *arguments]))
        started.set()
        assert clients[-1].wait(10) != 0
    wanted.clear()
    with service(google) as calendar:
        calendar.colors().get().execute()
    assert [logged.status for logged in google.api_log] == [200, 200, 200]
    assert len(google.calendars) == 3
