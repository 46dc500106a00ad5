"""Finding calendars, and making one, on real servers."""

from collections.abc import Iterator

import pytest

from calsync.calendars.caldav.client import Client, Refused
from calsync.calendars.caldav.discovery import (
    Account,
    calendar_at,
    calendars_of,
    create_calendar,
    find_account,
)
from calsync.calendars.caldav.messages import path_of
from calsync.errors import AuthorisationNeeded, TargetUnavailable
from tests.calendars.caldav.scripted import Said, answering, said, scripted
from tests.calendars.caldav.servers import PASSWORD, QUICK, USER, Server

ZONE = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//x//EN\r
BEGIN:VTIMEZONE\r
TZID:Europe/London\r
END:VTIMEZONE\r
END:VCALENDAR\r
"""


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    client = server.client()
    yield client
    client.close()


def test_from_the_servers_name_to_the_home_of_the_account(server: Server, client: Client) -> None:
    account = find_account(client)
    assert [path_of(home) for home in account.homes] == [path_of(server.home)]
    assert account.principal


def test_from_any_address_of_the_account(server: Server) -> None:
    for path in (server.home, "/", "/.well-known/caldav", "/nothing/here/"):
        client = Client(server.url + path, USER, PASSWORD, patience=QUICK)
        assert [path_of(home) for home in find_account(client).homes] == [path_of(server.home)]
        client.close()


def test_a_new_calendar_is_found_with_all_that_it_was_given(server: Server, client: Client) -> None:
    account = find_account(client)
    path = server.new_path()
    text = "Kept by calsync: <Ännchen's & Bob's>. [calsync:training]"
    url = create_calendar(client, account.homes[0], path, 'Läufe & "Kraft"', text, ZONE)
    (found,) = [one for one in calendars_of(client, account) if path in one.url]
    assert found == calendar_at(client, url)
    assert (found.name, found.description) == ('Läufe & "Kraft"', text)
    assert (found.takes_events, found.can_write, found.can_sync) == (True, True, True)
    assert found.colour.upper().startswith("#51B749")
    assert "TZID:Europe/London" in found.timezone
    assert found.ctag
    assert found.sync_token


def test_it_is_not_made_twice(server: Server, client: Client) -> None:
    account, path = find_account(client), server.new_path()
    made = {create_calendar(client, account.homes[0], path, "Training", "", ZONE) for _ in range(2)}
    assert {one.url for one in calendars_of(client, account) if path in one.url} == made


def test_what_is_no_calendar_is_said(server: Server, client: Client) -> None:
    with pytest.raises(Refused, match=r"than a calendar there; `calsync auth caldav` lists the calendars$"):
        calendar_at(client, server.home)
    with pytest.raises(Refused) as problem:
        calendar_at(client, f"{server.home}{server.new_path()}/")
    assert problem.value.failure.is_missing


def test_a_wrong_password_is_said(radicale: Server) -> None:
    client = Client(radicale.url, USER, "no", hint="It wants an app password", patience=QUICK)
    with pytest.raises(Refused) as problem:
        find_account(client)
    client.close()
    error = problem.value.failure.error("feed: it can't be read")
    assert isinstance(error, AuthorisationNeeded)
    assert "refuses the username or the password (401). It wants an app password" in str(error)


# --- what is no CalDAV server, or leads away --------------------------------------------------------------


def refused(url: str) -> Refused:
    client = Client(url, USER, PASSWORD, patience=QUICK)
    with pytest.raises(Refused) as problem:
        find_account(client)
    client.close()
    return problem.value


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>Welcome</html>"), (404, b""), (405, b""), (207, b"<html/>"), (207, b"<a"), (207, b"")],
)
def test_a_server_without_caldav_is_said(status: int, body: bytes) -> None:
    with answering(Said(status, body)) as (url, _):
        problem = refused(url)
    assert f"there is no CalDAV at {url}: " in str(problem)
    assert str(problem).count(url) == 1
    assert isinstance(problem.failure.error("feed"), TargetUnavailable)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_no_password_to_another_server(status: int) -> None:
    with (
        answering(Said(200)) as (other, asked),
        answering(Said(status, headers=(("Location", f"{other}/x"),))) as (url, _),
    ):
        problem = refused(url)
    assert f"redirects to {other}, which is not given the password. If you know that server" in str(problem)
    assert asked == []


def test_a_server_that_takes_no_password_is_said() -> None:
    with answering(Said(401, headers=(("WWW-Authenticate", 'Bearer realm="x"'),))) as (url, _):
        problem = refused(url)
    assert f"{url} lets nobody sign in with a password, only by bearer (401)" in str(problem)
    assert isinstance(problem.failure.error("feed"), AuthorisationNeeded)


def test_a_redirect_without_end_is_said() -> None:
    with answering(Said(302, headers=(("Location", "/again"),))) as (url, _):
        assert "redirects without end" in str(refused(url))


def test_a_home_on_another_server_gets_no_password() -> None:
    with answering(Said(200)) as (other, asked):
        other = other.replace("127.0.0.1", "localhost")
        body = (
            f'<multistatus xmlns="DAV:"><response><href>/</href><propstat><prop><current-user-principal>'
            f"<href>{other}/p/</href></current-user-principal></prop><status>HTTP/1.1 200 OK</status>"
            "</propstat></response></multistatus>"
        )
        with answering(Said(207, body.encode())) as (url, _):
            assert f"has its calendars on {other}, which is not given the password" in str(refused(url))
    assert asked == []


@pytest.mark.parametrize(
    ("url", "is_trusted"),
    [
        ("https://p42-caldav.icloud.com/8/principal/", True),
        ("https://p42-caldav.icloud.com:443/8/calendars/", True),
        ("http://p42-caldav.icloud.com/8/principal/", False),
        ("https://p42-icloud.com/8/principal/", False),
        ("https://p42.icloud.com.example.org/8/principal/", False),
        ("https://p42.icloud.com@example.org/8/principal/", False),
    ],
)
def test_only_the_providers_own_hosts_get_the_password_as_well(url: str, is_trusted: bool) -> None:
    """iCloud has its calendars on hosts that only the server names."""
    client = Client("https://caldav.icloud.com/", USER, PASSWORD, also=".icloud.com")
    said = ""
    try:
        assert client.address(url) == url
    except Refused as problem:
        said = str(problem)
    client.close()
    assert ("is not given the password" in said) != is_trusted


@pytest.mark.parametrize(
    "part",
    [
        "<status>HTTP/1.1 503 Busy</status>",
        "<propstat><prop><resourcetype/></prop><status>HTTP/1.1 500 Broken</status></propstat>",
    ],
)
def test_a_calendar_of_which_the_server_can_say_nothing_is_not_passed_over(part: str) -> None:
    body = f'<multistatus xmlns="DAV:"><response><href>/a/jobs/</href>{part}</response></multistatus>'
    client = scripted("https://dav.example.org/", lambda request: said(207, {}, body.encode()))
    with pytest.raises(Refused, match="can't say what all of its calendars are"):
        calendars_of(client, Account("", ("/a/",)))
    client.close()


_BOMB = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><multistatus xmlns="DAV:">&b;</multistatus>"""
_OUTSIDE = (
    '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><multistatus xmlns="DAV:">&a;</multistatus>'
)


@pytest.mark.parametrize("body", [_BOMB, _OUTSIDE])
def test_entities_are_refused(body: str) -> None:
    with answering(Said(207, body.encode())) as (url, _):
        assert "there is no CalDAV" in str(refused(url))


def test_one_that_asks_to_wait_is_waited_for_and_then_told() -> None:
    with answering(Said(429, headers=(("Retry-After", "0"),))) as (url, asked):
        problem = refused(url)
    assert "is asked too often (429)" in str(problem)
    assert len(asked) == QUICK.tries
    with answering(Said(503, headers=(("Retry-After", "86400"),))) as (url, asked):
        assert "has trouble (503)" in str(refused(url))
    assert len(asked) == 1
