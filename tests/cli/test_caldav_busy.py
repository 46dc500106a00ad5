"""Busy time from the calendars of a CalDAV account, on real servers."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.calendars.caldav.between import Between, between
from tests.calendars.caldav.servers import PASSWORD, SERVERS, USER, running
from tests.cli.box import Box
from tests.cli.caldav_account import Account, a_name, calendar_object, objects


@pytest.fixture(params=SERVERS)
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    account = Account(running(request.param), tmp_path)
    yield account
    account.client.close()


@pytest.fixture
def proxied(account: Account) -> Iterator[Between]:
    with between(account.server.url) as it:
        yield it


OPTIONS = ["", 'tentative = "free"\nall_day = "free"\nignore = ["Lunch*"]\naway = ["Visit"]']


@pytest.mark.parametrize("options", OPTIONS)
def test_it_is_read_as_a_folder_with_the_same_events_is(account: Account, options: str) -> None:
    name = a_name()
    account.calendar(name, **objects())
    account.config([name], more=options)
    found = account.busy()
    assert len(found) > 5
    for one, text in objects().items():
        account.box.write(f"folder/{one}.ics", text)
    account.box.config(more=f'[[busy]]\nname = "ics"\ntype = "ics"\npath = "folder"\n{options}\n')
    assert found == account.busy()


def test_all_are_read_but_those_that_calsync_keeps(account: Account) -> None:
    name, own = a_name(), a_name()
    account.calendar(name, once=objects()["once"])
    early = calendar_object("early@example.org", "DTSTART:20261201T031700Z\nDURATION:PT1M")
    account.calendar(own, "Kept by calsync. [calsync:training]", early=early)
    account.config()
    result = account.box.ok("busy", "--verbose", "--format", "json")
    times = [one["start"] for one in result.json]
    assert "2026-11-24T10:00:00+00:00" in times
    assert "2026-12-01T03:17:00+00:00" not in times
    (read,) = re.findall(r"dav: reads \d+ calendars?: .*", result.err)
    (not_read,) = re.findall(r"dav: does not read .*", result.err)
    assert f'"{name}"' in read
    assert f'"{own}" (calsync\'s own)' in not_read
    account.config([own])
    assert "the plan itself must not keep you busy" in account.box.run("busy").error


def test_a_calendar_of_the_runners_that_is_a_target_as_well_is_read(account: Account) -> None:
    name = a_name()
    url = account.calendar(name, once=objects()["once"])
    account.config([name])
    path = account.box.folder / "config.toml"
    target = f'[[targets]]\nname = "dav"\ntype = "caldav"\ncalendar_url = "{url.rstrip("/")}"\n'
    who = f'username = "{USER}"\npassword_env = "DAV_PASSWORD"\n'
    path.write_text(f"{path.read_text()}{target}{who}")
    busy = account.busy()
    assert len(busy) == 1
    account.box.ok("push")
    # What calsync has written there keeps nobody busy.
    assert account.busy() == busy


def test_calendars_are_named_as_people_write_them_or_by_address(account: Account) -> None:
    name = a_name()
    url = account.calendar(name, once=objects()["once"])
    for called in (name, f" {name.upper()}", url, urlsplit(url).path, url.rstrip("/")):
        account.config([called])
        assert account.busy() == [("2026-11-24T10:00:00+00:00", "2026-11-24T11:00:00+00:00")]
    account.config([name, "Wrok"])
    result = account.box.run("busy")
    assert result.code == 5
    assert 'has no calendar "Wrok"; it has' in result.error


def test_a_calendar_for_tasks_says_nothing_of_when_you_are_busy(account: Account) -> None:
    name = a_name()
    account.tasks(name)
    account.config([name])
    result = account.box.run("busy")
    assert result.code == 5
    assert f'"{name}" can only hold tasks' in result.error


def test_what_has_not_changed_is_asked_for_once(account: Account, proxied: Between) -> None:
    name = a_name()
    url = account.calendar(name, once=objects()["once"])
    account.config([name], proxied.url)
    first = account.busy()
    proxied.log.clear()
    assert account.busy() == first
    assert proxied.log == ["PROPFIND"]
    # Another command needs other days, and a push the same as before.
    account.busy("--days", "2")
    account.box.ok("push")
    assert proxied.log == ["PROPFIND"] * 3
    account.put(url, lunch=objects()["lunch"])
    proxied.log.clear()
    assert len(account.busy()) == len(first) + 1
    assert proxied.log == ["PROPFIND", "REPORT"]


def test_without_a_ctag_the_token_of_changes_tells_it(account: Account, proxied: Between) -> None:
    """Fastmail has none."""
    name = a_name()
    url = account.calendar(name, once=objects()["once"])
    account.config([name], proxied.url)
    proxied.answer = lambda method, path, status, body: (status, body.replace(b"getctag", b"nothing"))
    first = account.busy()
    proxied.log.clear()
    assert account.busy() == first
    assert proxied.log == ["PROPFIND"]
    account.put(url, lunch=objects()["lunch"])
    assert len(account.busy()) == len(first) + 1


def without_time_range(method: str, body: bytes) -> bytes:
    return re.sub(rb"<C:time-range[^>]*></C:time-range>", b"", body) if method == "REPORT" else body


def test_a_server_that_sends_all_there_ever_was_changes_nothing(account: Account, proxied: Between) -> None:
    name = a_name()
    account.calendar(name, **objects())
    account.config([name])
    found = account.busy()
    account.config([name], proxied.url)
    proxied.ask = without_time_range
    assert account.busy() == found


def test_events_that_are_only_named_are_fetched(account: Account, proxied: Between) -> None:
    name = a_name()
    account.calendar(name, **objects())
    account.config([name])
    found = account.busy()

    def ask(method: str, body: bytes) -> bytes:
        if b"calendar-query" not in body:
            return body
        return body.replace(b"<C:calendar-data/>", b"<D:getetag/>")

    account.config([name], proxied.url)
    proxied.ask = ask
    assert account.busy() == found
    assert proxied.log.count("REPORT") == 2


Part = str
FAILURES: dict[str, Part] = {
    "of one event": "<D:response><D:href>/x.ics</D:href><D:status>HTTP/1.1 503 Busy</D:status></D:response>",
    "of one event's text": (
        "<D:response><D:href>/x.ics</D:href><D:propstat><D:prop><C:calendar-data/></D:prop>"
        "<D:status>HTTP/1.1 500 Broken</D:status></D:propstat></D:response>"
    ),
    "as it is gone": (
        "<D:response><D:href>{path}</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
    ),
    "as there are too many": (
        "<D:response><D:href>/x/</D:href><D:status>HTTP/1.1 507 Insufficient</D:status></D:response>"
    ),
}
_ENDS = re.compile(rb"</[^<>]*multistatus>\s*$")
_NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'


def with_part(part: str) -> Any:
    inside = part.replace("<D:response>", f"<D:response {_NAMES}>").encode()

    def answer(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if method != "REPORT":
            return status, body
        return status, _ENDS.sub(lambda end: inside + end[0], body)

    return answer


@pytest.mark.parametrize("failure", [*FAILURES, "altogether"])
def test_a_part_that_fails_is_never_free(account: Account, proxied: Between, failure: str) -> None:
    name, other = a_name(), a_name()
    url = account.calendar(name, once=objects()["once"])
    account.calendar(other, lunch=objects()["lunch"])
    account.config([name, other], proxied.url)
    if failure == "altogether":
        proxied.answer = lambda method, path, status, body: (
            (403, b"") if method == "REPORT" and path == urlsplit(url).path else (status, body)
        )
    else:
        proxied.answer = with_part(FAILURES[failure].format(path=urlsplit(url).path))
    result = account.box.run("push")
    assert result.code == 5
    assert f'the calendar "{name}" can\'t be read' in result.error
    assert not account.box.feed.exists()


def test_an_event_that_is_gone_between_two_requests_is_no_failure(account: Account, proxied: Between) -> None:
    name = a_name()
    account.calendar(name, once=objects()["once"])
    account.config([name], proxied.url)
    gone = "<D:response><D:href>/x.ics</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
    proxied.answer = with_part(gone)
    assert len(account.busy()) == 1


def test_the_last_good_copy_serves_for_as_long_as_it_may_and_reaches(
    account: Account, proxied: Between
) -> None:
    name = a_name()
    account.calendar(name, **objects())
    account.config([name], proxied.url)
    found = account.busy()
    proxied.answer = lambda method, path, status, body: (403, b"")
    assert account.busy() == found
    # A week later the plan has another week, which the copy has, too.
    later = (datetime.fromisoformat("2026-11-23T06:00:00+00:00") + timedelta(days=6, hours=23)).isoformat()
    result = account.box.run("push", now=later)
    assert result.code == 0, result.err
    assert "its copy of 6 days ago is used" in result.err
    assert "its copy" not in account.box.run("busy", "--days", "200").err
    assert account.box.run("busy", "--days", "200").code == 5
    assert account.box.run("push", now=later.replace("11-30", "12-01")).code == 5
    account.config([name], proxied.url, 'on_error = "fail"')
    assert account.box.run("push").code == 5


def test_one_that_does_not_count_as_busy_there_is_read_only_by_name(
    account: Account, proxied: Between
) -> None:
    name = a_name()
    account.calendar(name, once=objects()["once"])

    def answer(method: str, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        said = '<C:schedule-calendar-transp xmlns:C="urn:ietf:params:xml:ns:caldav"><C:transparent/>'
        inside = f"{said}</C:schedule-calendar-transp>".encode()
        opaque = rb"<[^<>]*schedule-calendar-transp>.*?</[^<>]*schedule-calendar-transp>"
        found = re.sub(
            rb"(<[^<>]*displayname>" + name.encode() + rb")", inside + rb"\1", re.sub(opaque, b"", body)
        )
        return status, found if method == "PROPFIND" else body

    proxied.answer = answer
    account.config(url=proxied.url)
    assert f'"{name}" (says that it keeps nobody busy)' in account.box.ok("busy", "--verbose").err
    account.config([name], proxied.url)
    assert len(account.busy()) == 1


def test_doctor_asks_as_a_push_does_and_keeps_nothing(account: Account, proxied: Between) -> None:
    name, other = a_name(), a_name()
    account.calendar(name, once=objects()["once"])
    account.config([name], proxied.url)
    result = account.box.run("doctor")
    text = " ".join(result.out.split())
    assert f'{proxied.url} answers; reads 1 calendar: "{name}"; 1 event; 1 busy stretch' in text
    assert not list((account.box.state / "cache").glob("*.feed"))
    account.busy()
    proxied.answer = lambda method, path, status, body: (403, b"")
    text = " ".join(account.box.run("doctor").out.split())
    assert "does not allow that (403); its copy of just now serves until" in text
    assert "check whether its address, username and password are still right" in text
    account.config([other], proxied.url)
    proxied.answer = lambda method, path, status, body: (status, body)
    result = account.box.run("doctor")
    assert result.code == 5
    assert f'has no calendar "{other}"; it has' in " ".join(result.out.split())


# --- who signs in -----------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(tmp_path: Path) -> Iterator[Account]:
    """With the server that asks for a password."""
    account = Account(running("radicale"), tmp_path)
    yield account
    account.client.close()


def test_a_password_that_is_refused_needs_a_person(signed_in: Account) -> None:
    name = a_name()
    signed_in.calendar(name, once=objects()["once"])
    signed_in.config([name])
    result = signed_in.box.run("busy", env={"DAV_PASSWORD": "no"})
    assert result.code == 4
    assert "refuses the username or the password (401). Many providers want a password" in result.error
    # With a copy it is trouble, and pushes go on.
    found = signed_in.busy()
    result = signed_in.box.run("busy", "--format", "json", env={"DAV_PASSWORD": "no"})
    assert (result.code, len(result.json)) == (0, len(found))
    assert "refuses the username or the password" in result.err


def test_a_variable_that_is_not_set_is_named(signed_in: Account) -> None:
    signed_in.config([a_name()])
    signed_in.box.environment.clear()
    result = signed_in.box.run("busy")
    assert result.code == 3
    assert "password_env: the environment variable DAV_PASSWORD is not set" in result.error
    assert signed_in.box.run("lint").code == 0


def test_a_command_prints_the_password(signed_in: Account) -> None:
    name = a_name()
    signed_in.calendar(name, once=objects()["once"])
    signed_in.box.write("secret.txt", f"{PASSWORD}\nuser: ann\n")
    signed_in.config([name], more='password_command = ["cat", "secret.txt"]')
    assert len(signed_in.busy()) == 1


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["false"], "failed (exit code 1); run it yourself to see why"),
        (["true"], "printed no password; run it yourself to see why"),
        (["./no-such-program"], "can't be run: No such file or directory"),
    ],
)
def test_a_command_that_prints_none_is_said(signed_in: Account, command: list[str], says: str) -> None:
    signed_in.config([a_name()], more=f"password_command = {command}")
    result = signed_in.box.run("busy")
    assert (result.code, says in result.error) == (4, True), result.error


def test_a_server_without_caldav_is_said(signed_in: Account) -> None:
    with between(signed_in.server.url) as it:
        it.answer = lambda method, path, status, body: (200, b"<html>Welcome</html>")
        signed_in.config([a_name()], it.url)
        result = signed_in.box.run("busy")
    assert result.code == 5
    assert f"there is no CalDAV at {it.url}" in result.error


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('username = "a"\npassword_env = "P"', "expected one of url and provider, found none of them"),
        (
            'provider = "icloud"\nurl = "https://x.example/"\nusername = "a"\npassword_env = "P"',
            "expected one of url and provider, found both",
        ),
        ('provider = "icloud"\nusername = "a"', "expected one of password_env and password_command"),
        (
            'provider = "icloud"\npassword_env = "P"',
            "the 1st busy calendar needs a username: your user name there, often your mail address",
        ),
        (
            'provider = "icloud"\nusername = "a"\npassword_env = "a-b"',
            "the password itself is never in this file",
        ),
        (
            'provider = "icloud"\nusername = "a"\npassword_command = "pass show x"',
            'write ["pass", "show", "x"]',
        ),
        ('provider = "icloud"\nusername = "a"\npassword_command = [""]', "must not be empty"),
        (
            'provider = "icloud"\nusername = "a"\npassword_command = []',
            "expected a list with something in it",
        ),
        ('provider = "nextcloud"\nusername = "a"\npassword_env = "P"', "the name of your Nextcloud's server"),
        (
            'provider = "icloud"\nhost = "x.example"\nusername = "a"\npassword_env = "P"',
            'belongs to provider = "nextcloud"',
        ),
        ('url = "http://x.example/"\nusername = "a"\npassword_env = "P"', "is plain http"),
        ('url = "https://a@x.example/"\nusername = "a"\npassword_env = "P"', "write it as username"),
        ('provider = "nextcloud"\nhost = "https://x.example"', 'expected a name such as "cloud.example.org"'),
        ('path = "x.ics"\nprovider = "icloud"', 'belongs to type = "ics"'),
    ],
)
def test_a_table_that_says_too_little_or_too_much(box: Box, lines: str, says: str) -> None:
    box.config(more=f'[[busy]]\nname = "dav"\ntype = "caldav"\n{lines}\n')
    result = box.run("plan")
    assert (result.code, says in result.error) == (3, True), result.error
