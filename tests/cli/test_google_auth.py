"""`calsync auth google` and the token that it leaves: what is asked for, how it is kept, how it ends."""

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.box import ROOT
from tests.cli.google import BUSY, TARGET, GoogleBox
from tests.googleserver import browser
from tests.googleserver.consent import Consent
from tests.googleserver.faults import Fault, Refuse, no_json, says, token_error
from tests.googleserver.server import GoogleServer

BROWSER = {"BROWSER": f"{sys.executable} {ROOT / 'tests' / 'googleserver' / 'browser.py'} %s"}
# Google's own, without those that anybody would need to read a title.
SCOPES = {
    "https://www.googleapis.com/auth/calendar.app.created",
    "https://www.googleapis.com/auth/calendar.freebusy",
}


def token_file(runner: GoogleBox) -> Path:
    return runner.state / "training" / "google-token.json"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


def answer_of(url: str) -> str:
    """Where Google sends the browser: the address that a person copies when the page can't be opened."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    with pytest.raises(HTTPError) as redirect, opener.open(url):
        pass
    with redirect.value as answer:
        return str(answer.headers["Location"])


def start_without_browser(
    runner: GoogleBox, *args: str, before: list[str] | None = None
) -> tuple["subprocess.Popen[bytes]", str]:
    """The command, and the address that it has printed; `before` gets the lines that come first."""
    process = runner.start(
        "auth", "google", "--no-browser", *args, stdin=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    for line in process.stdout:
        if (text := line.decode().strip()).startswith("http"):
            return process, text
        if before is not None:
            before.append(text)
    raise AssertionError(f"no address was printed: {finished(process)}")


def finished(process: "subprocess.Popen[bytes]", pasted: str = "") -> tuple[int, str]:
    out, _ = process.communicate(pasted.encode(), timeout=60)
    return process.returncode, out.decode()


def test_as_a_new_user_from_the_consent_to_a_push_that_changes_nothing(runner: GoogleBox) -> None:
    """A Google busy source, a Google target and a feed; nothing but the command line."""
    runner.google_config(more=BUSY)
    first = runner.process("push")
    assert (first.code, "calsync auth google" in first.err) == (4, True)

    consent = runner.process("auth", "google", env=BROWSER)
    assert consent.code == 0, consent.err
    assert f'calendar_id = "{runner.calendar_id}"' in consent.out
    assert "free/busy of primary can be read" in consent.out
    (asked,) = runner.google.consent_requests
    assert set(asked["scope"][0].split()) == SCOPES
    assert (asked["access_type"], asked["prompt"]) == (["offline"], ["consent"])
    assert asked["code_challenge_method"] == ["S256"]

    pushed = runner.process("push")
    assert pushed.code == 0, pushed.err
    assert len(runner.events()) == 14
    assert runner.feed.exists()
    runner.google.clear_log()
    again = runner.process("push", "--quiet")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert [method for method, _ in runner.requests()] == ["POST", "GET"]


def test_the_calendar_has_the_plans_zone_a_colour_and_says_what_it_is(runner: GoogleBox) -> None:
    runner.google_config(targets=TARGET, zone="America/New_York")
    assert runner.process("auth", "google", env=BROWSER).code == 0
    calendar = runner.google.calendars[runner.calendar_id]
    assert (calendar.summary, calendar.time_zone) == ("Training", "America/New_York")
    assert "[calsync:training]" in calendar.description
    assert [path for method, path in runner.requests() if method == "PATCH"] == [
        f"/calendar/v3/users/me/calendarList/{runner.calendar_id}"
    ]
    # A second consent, such as after the first one died, finds the calendar that is there.
    assert runner.process("auth", "google", env=BROWSER).code == 0
    assert runner.calendar_id


def test_before_a_calendar_is_made_it_says_that_there_may_be_one(runner: GoogleBox) -> None:
    """With the scopes that calsync asks for, Google tells nobody which calendars an app has made."""
    runner.with_calendar(targets=TARGET)
    for file in (runner.state / "training").iterdir():
        file.unlink()
    runner.authorise()
    told = runner.run("push")
    assert (told.code, "calendar_id" in told.error) == (4, True)
    process, url = start_without_browser(runner, before=(said := []))
    assert any("already keeps one" in line and "calendar_id" in line for line in said)
    assert runner.calendar_id
    code, out = finished(process, f"{answer_of(url)}\n")
    assert code == 0, out
    # Where it is known, there is nothing to say.
    process, url = start_without_browser(runner, before=(said := []))
    assert not [line for line in said if "calendar_id" in line]
    finished(process, f"{answer_of(url)}\n")
    assert not [logged for logged in runner.google.api_log if logged.path.endswith("/users/me/calendarList")]


def test_the_token_is_for_its_owner_alone(runner: GoogleBox) -> None:
    runner.google_config()
    assert runner.process("auth", "google", env=BROWSER).code == 0
    assert token_file(runner).stat().st_mode & 0o777 == 0o600
    assert (runner.state / "training" / "google.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", sorted(SCOPES))
def test_a_box_that_was_not_ticked_is_explained(runner: GoogleBox, missing: str) -> None:
    runner.google_config()
    runner.google.consent = Consent(scopes=tuple(SCOPES - {missing}))
    result = runner.process("auth", "google", env=BROWSER)
    assert result.code == 4
    assert "tick every box" in result.error
    assert ("calendar of its own" if "created" in missing else "when you are busy") in result.error
    assert not token_file(runner).exists()
    assert not runner.google.api_log


def test_a_no_is_a_no(runner: GoogleBox) -> None:
    runner.google_config()
    runner.google.consent = Consent(denies=True)
    result = runner.process("auth", "google", env=BROWSER)
    assert (result.code, "you did not allow it" in result.error) == (4, True)
    assert not token_file(runner).exists()


def test_without_a_browser_the_address_of_the_page_that_failed_is_pasted(runner: GoogleBox) -> None:
    runner.google_config()
    process, url = start_without_browser(runner)
    code, out = finished(process, f"\n{answer_of(url)}\n")
    assert code == 0, out
    assert runner.calendar_id in out


def test_without_a_browser_the_port_can_be_brought_to_another_machine(runner: GoogleBox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    runner.google_config()
    process, url = start_without_browser(runner, "--port", str(port))
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == [f"http://127.0.0.1:{port}/"]
    # What a browser asks for besides, and what somebody else sends, is not the answer.
    assert browser.visit(f"http://127.0.0.1:{port}/favicon.ico") == 404
    assert browser.visit(f"http://127.0.0.1:{port}/?state=guessed&code=theirs") == 404
    assert browser.visit(url) == 200
    code, out = finished(process)
    assert code == 0, out


def test_what_a_push_learns_during_the_consent_is_not_forgotten(runner: GoogleBox) -> None:
    runner.with_calendar()
    process, url = start_without_browser(runner)
    runner.person.delete(runner.events()["2026-W48/run/wed-1"]["id"])
    runner.push()
    runner.google.purge_tombstones()
    code, out = finished(process, f"{answer_of(url)}\n")
    assert code == 0, out
    runner.push()
    assert "2026-W48/run/wed-1" not in runner.events()


@pytest.mark.parametrize(
    "pasted", ["https://example.org/?code=1", "http://[::1", "//[", "http://ex℀mple.com/"]
)
def test_something_else_pasted_is_refused(runner: GoogleBox, pasted: str) -> None:
    runner.google_config()
    process, _ = start_without_browser(runner)
    code, out = finished(process, f"{pasted}\n")
    assert (code, "not the address" in out) == (2, True)
    assert not token_file(runner).exists()


def test_a_port_that_is_taken_is_said(runner: GoogleBox) -> None:
    runner.google_config()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = runner.run("auth", "google", "--port", str(taken.getsockname()[1]))
    assert (result.code, "can't be listened on" in result.error) == (2, True)


# --- the life of a token ----------------------------------------------------------------------------------


def test_a_refreshed_token_is_kept_at_once(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.google.rotate_refresh_tokens = True
    before = json.loads(token_file(runner).read_bytes())
    runner.google.expire()
    runner.push()
    after = json.loads(token_file(runner).read_bytes())
    assert after["refresh_token"] != before["refresh_token"]
    assert after["token"] != before["token"]
    assert token_file(runner).stat().st_mode & 0o777 == 0o600
    runner.google.expire()
    runner.push()
    runner.google.clear_log()
    runner.push()
    assert [logged.path for logged in runner.google.log if "token" in logged.path] == []


def test_a_dead_token_names_the_trap_of_seven_days_and_the_cure(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.google.revoke()
    result = runner.run("push", "--quiet")
    assert result.code == 4
    for words in ("calsync auth google", "seven days", "Testing", "In production"):
        assert words in result.error
    assert runner.process("auth", "google", env=BROWSER).code == 0
    assert not [c for c in runner.push()["google"] if c["action"] != "keep"]


def test_a_token_server_that_is_down_is_no_reason_to_authorise_again(
    runner: GoogleBox, google: GoogleServer
) -> None:
    runner.with_calendar()
    google.expire()
    google.faults.add(Fault(token_error(503, "backend_error"), where=("token",), times=None))
    result = runner.run("push")
    assert result.code == 5
    # google-auth's own three tries, and no more around them.
    assert len([logged for logged in google.log if logged.path == "/token"]) == 3


@pytest.mark.parametrize(
    "command", ["push", "plan", "busy", "export", "skip {key}", "release --all", "doctor"]
)
def test_a_page_in_place_of_a_token_is_tried_again_later(
    runner: GoogleBox, google: GoogleServer, command: str
) -> None:
    """A hotel's network asks for a name: no bug of calsync's, and no reason to authorise again."""
    runner.with_calendar(more=BUSY)
    google.expire()
    google.faults.add(Fault(no_json(200), where=("token",), times=None))
    result = runner.run(*command.format(key="2026-W48/run/wed-1").split())
    assert "try again later" in result.out + result.err
    assert "bug" not in result.out + result.err
    if command != "doctor":
        assert result.code == 5
    google.faults.clear()
    assert not [c for c in runner.push()["google"] if c["action"] != "keep"]


@pytest.mark.parametrize(
    "effect",
    [
        no_json(200),
        says(b'{"access_token": 1}'),
        token_error(503, "temporarily_unavailable"),
        token_error(429),
    ],
    ids=["a page", "no token", "503", "429"],
)
def test_a_consent_that_the_token_server_can_not_answer_is_tried_again_later(
    runner: GoogleBox, google: GoogleServer, effect: Refuse
) -> None:
    runner.google_config()
    google.faults.add(Fault(effect, where=("token",), times=None))
    result = runner.process("auth", "google", env=BROWSER)
    assert (result.code, "try again later" in result.error) == (5, True), result.err
    assert not token_file(runner).exists()


def test_a_token_of_another_client_is_not_used(runner: GoogleBox) -> None:
    runner.with_calendar()
    runner.google.write_client_secret(runner.folder / "client_secret.json", client_id="other")
    result = runner.run("push")
    assert (result.code, "another OAuth client" in result.error) == (4, True)


def test_a_damaged_token_is_said(runner: GoogleBox) -> None:
    runner.with_calendar()
    token_file(runner).write_text('{"client_id"')
    result = runner.run("push")
    assert (result.code, "calsync auth google" in result.error) == (4, True)


def test_the_token_can_be_kept_elsewhere(runner: GoogleBox) -> None:
    runner.google_config(access='token = "secret/token.json"\n')
    assert runner.process("auth", "google", env=BROWSER).code == 0
    assert (runner.folder / "secret" / "token.json").stat().st_mode & 0o777 == 0o600
    runner.push()


# --- the credentials file ---------------------------------------------------------------------------------


def write_credentials(runner: GoogleBox, **changes: object) -> None:
    path = runner.folder / "client_secret.json"
    installed = json.loads(path.read_bytes())["installed"]
    path.write_text(json.dumps({"installed": installed | changes}))


def test_a_web_client_is_not_what_is_needed(runner: GoogleBox) -> None:
    runner.google_config()
    runner.google.write_client_secret(runner.folder / "client_secret.json", kind="web")
    result = runner.run("auth", "google")
    assert (result.code, "Desktop app" in result.error) == (3, True)


@pytest.mark.parametrize("name", ["auth_uri", "token_uri"])
def test_plain_http_is_for_this_machine_only(runner: GoogleBox, name: str) -> None:
    runner.google_config()
    write_credentials(runner, **{name: "http://accounts.example.com/x"})
    result = runner.run("auth", "google")
    assert (result.code, f"{name} is plain http" in result.error) == (3, True)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"installed": {"client_id": "x"}}', "not json"])
def test_a_file_that_is_something_else_is_said(runner: GoogleBox, content: str) -> None:
    runner.google_config()
    runner.write("client_secret.json", content)
    result = runner.run("push")
    assert (result.code, "client_secret.json" in result.error) == (3, True)


def test_a_file_that_is_not_there_is_said(runner: GoogleBox) -> None:
    runner.google_config()
    (runner.folder / "client_secret.json").unlink()
    result = runner.run("push")
    assert (result.code, "no such file" in result.error) == (3, True)


# --- a service account ------------------------------------------------------------------------------------

SHARED = "shared@group.calendar.google.com"


def robots(runner: GoogleBox, *, shared: str = "writer") -> None:
    runner.google.write_service_account(
        runner.folder / "client_secret.json", "robot@p.iam.gserviceaccount.com"
    )
    runner.google.add_calendar(SHARED, shared_with={"robot@p.iam.gserviceaccount.com": shared})
    runner.google.add_calendar("primary", shared_with={"robot@p.iam.gserviceaccount.com": "freeBusyReader"})


def test_a_service_account_keeps_a_calendar_that_was_shared_with_it(runner: GoogleBox) -> None:
    busy = BUSY.replace("primary", runner.google.email)
    runner.google_config(more=busy, targets=TARGET + f'calendar_id = "{SHARED}"\n')
    robots(runner)
    tried = runner.run("auth", "google")
    assert tried.code == 0, tried.err
    assert "robot@p.iam.gserviceaccount.com" in tried.out
    runner.push()
    assert len(runner.google.person(SHARED).find(calsync="training")) == 14
    assert not [c for c in runner.push()["google"] if c["action"] != "keep"]
    assert not token_file(runner).exists()
    assert runner.google.consent_requests == []


def test_a_service_account_is_told_that_it_needs_a_calendar(runner: GoogleBox) -> None:
    runner.google_config(targets=TARGET)
    robots(runner)
    for command in (("auth", "google"), ("push",), ("push", "--create-calendar")):
        result = runner.run(*command)
        assert result.code == 4
        assert "share it with robot@p.iam.gserviceaccount.com" in result.error
    assert not [path for method, path in runner.requests() if method == "POST"]


def test_a_calendar_that_may_only_be_read_is_said(runner: GoogleBox) -> None:
    runner.google_config(targets=TARGET + f'calendar_id = "{SHARED}"\n')
    robots(runner, shared="reader")
    result = runner.run("push")
    assert (result.code, "Make changes to events" in result.error) == (5, True)


def test_a_key_that_is_none_is_said(runner: GoogleBox) -> None:
    runner.google_config(targets=TARGET + f'calendar_id = "{SHARED}"\n')
    robots(runner)
    path = runner.folder / "client_secret.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"private_key": "-----BEGIN"}))
    result = runner.run("push")
    assert (result.code, "no usable service account key" in result.error) == (3, True)
