"""`calsync doctor` for somebody who uses Google Calendar: the access, its age, and what it opens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.box import NOW
from tests.cli.doctor import bad, checks, doctor, tree, without_schedule
from tests.cli.google import BUSY, TARGET, GoogleBox
from tests.googleserver.faults import Fault, backend_error, refusal, token_error
from tests.googleserver.server import GoogleServer

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SCHEDULE = {"schedule": "warning"}


@pytest.fixture
def runner(runner: GoogleBox) -> GoogleBox:
    without_schedule(runner)
    runner.google_config(more=BUSY)
    (runner.folder / "client_secret.json").chmod(0o600)
    return runner


@pytest.fixture
def ready(runner: GoogleBox) -> GoogleBox:
    """Authorised and pushed."""
    runner.with_calendar(more=BUSY)
    # As a consent leaves them, whatever the machine that runs the tests does with new files.
    (runner.state / "training").chmod(0o700)
    (runner.state / "training" / "google-token.json").chmod(0o600)
    return runner


def allowed(runner: GoogleBox, *, days: float) -> None:
    """The consent was given so long before NOW."""
    path = runner.state / "training" / "google-token.json"
    granted = datetime.fromisoformat(NOW) - timedelta(days=days)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"granted": granted.isoformat()}))


def google(runner: GoogleBox, **more: Any) -> Any:
    return checks(runner, **more)["google"]


def test_all_is_well_and_nothing_is_written_anywhere(ready: GoogleBox) -> None:
    me = ready.google.person(ready.google.email)
    me.create("Lunch with the board", NOON, NOON + timedelta(hours=3))
    ready.google.clear_log()
    before, held = tree(ready.folder), json.dumps(ready.events(), default=str, sort_keys=True)
    found = checks(ready, code=0)
    assert bad(found) == SCHEDULE
    assert list(found)[3:7] == ["google", "busy private", "target google", "target feed"]
    assert (found["busy private"]["busy"], found["busy private"]["next_busy"]) == (1, NOON.isoformat())
    assert found["target google"]["events"] == 14
    assert "board" not in doctor(ready).out
    asked = set(ready.requests())
    assert {method for method, path in asked if not path.endswith("/freeBusy")} == {"GET"}
    assert tree(ready.folder) == before
    assert json.dumps(ready.events(), default=str, sort_keys=True) == held


def test_before_the_consent_all_of_google_fails_and_the_rest_does_not(runner: GoogleBox) -> None:
    before = tree(runner.folder)
    found = checks(runner, code=4)
    assert bad(found) == {
        "google": "failed",
        "busy private": "failed",
        "target google": "failed",
        "last push": "warning",
        **SCHEDULE,
    }
    assert "calsync auth google" in found["google"]["text"]
    assert found["target google"]["fix"] == "fix google first, above"
    assert found["target google"]["exit_code"] == 4
    assert runner.requests() == []
    assert tree(runner.folder) == before


def test_a_dead_token_says_to_authorise_and_names_the_trap(ready: GoogleBox) -> None:
    ready.google.revoke()
    check = google(ready, code=4)
    for words in ("calsync auth google", "seven days", "Testing", "In production"):
        assert words in check["text"]
    assert checks(ready)["target feed"]["status"] == "ok"


@pytest.mark.parametrize(
    ("days", "status", "says"),
    [
        (0, "ok", "allowed just now; if the project is in Testing, Google ends it on Mon 30 Nov"),
        (4.9, "ok", "Google ends it on Wed 25 Nov"),
        (5, "warning", "allowed 5 days ago; if the project is in Testing, Google ends it on Wed 25 Nov"),
        (6.5, "warning", "Google ends it on Mon 23 Nov"),
        (7, "ok", "allowed 7 days ago"),
        (200, "ok", "allowed 200 days ago"),
    ],
)
def test_a_consent_that_may_end_soon_is_said_in_time(
    ready: GoogleBox, days: float, status: str, says: str
) -> None:
    allowed(ready, days=days)
    check = google(ready, code=0)
    assert (check["status"], check["age_seconds"]) == (status, int(days * 86400))
    assert check["text"].endswith(says)
    if status == "warning":
        assert "In production" in check["fix"]
        assert "calsync auth google" in check["fix"]


def test_a_consent_of_unknown_age_is_no_trouble(ready: GoogleBox) -> None:
    check = google(ready, code=0)
    assert (check["status"], "age_seconds" in check) == ("ok", False)


def test_an_access_token_that_has_ended_is_renewed_as_by_any_command(ready: GoogleBox) -> None:
    ready.google.rotate_refresh_tokens = True
    ready.google.expire()
    assert bad(checks(ready, code=0)) == SCHEDULE
    ready.google.expire()
    ready.push()


def test_others_must_not_read_what_gives_access(ready: GoogleBox) -> None:
    secret = ready.folder / "client_secret.json"
    token = ready.state / "training" / "google-token.json"
    assert "private files" not in checks(ready, code=0)
    secret.chmod(0o644)
    check = checks(ready, code=0)["private files"]
    assert (check["status"], check["fix"]) == ("warning", f"chmod 600 {secret}")
    token.chmod(0o640)
    assert checks(ready)["private files"]["fix"] == f"chmod 600 {secret} {token}"


def test_what_others_can_read_is_said_although_google_is_down(ready: GoogleBox, google: GoogleServer) -> None:
    google.faults.add(Fault(backend_error(retry_after=3600), times=None))  # too long to wait for
    (ready.state / "training" / "google-token.json").chmod(0o644)
    found = checks(ready, code=5)
    assert (found["google"]["status"], found["private files"]["status"]) == ("failed", "warning")


def test_a_calendar_that_was_deleted_is_said(ready: GoogleBox) -> None:
    del ready.google.calendars[ready.calendar_id]
    found = checks(ready, code=5)
    assert bad(found) == {"target google": "failed", **SCHEDULE}
    assert "calsync push --create-calendar" in found["target google"]["text"]


def test_a_calendar_that_does_not_say_when_it_is_busy_is_said(ready: GoogleBox) -> None:
    ready.google.freebusy_errors["primary"] = "notFound"
    found = checks(ready, code=5)
    assert bad(found) == {"busy private": "failed", **SCHEDULE}


def test_a_target_without_a_calendar_yet_needs_a_person(runner: GoogleBox) -> None:
    runner.authorise()
    (runner.state / "training").chmod(0o700)
    (runner.state / "training" / "google-token.json").chmod(0o600)
    found = checks(runner, code=4)
    assert bad(found) == {"target google": "failed", "last push": "warning", **SCHEDULE}
    assert "calsync auth google" in found["target google"]["text"]


def test_a_creation_that_was_interrupted_is_said_and_not_taken_as_told(ready: GoogleBox) -> None:
    records = ready.state / "training" / "google.json"
    records.write_text('{"creating": {"google": {"since": "2026-11-23T05:00:00Z"}}}')
    before = tree(ready.state)
    found = checks(ready, code=6)
    assert "may be there" in found["target google"]["text"]
    assert tree(ready.state) == before


def test_the_api_that_nobody_switched_on_is_said(ready: GoogleBox, google: GoogleServer) -> None:
    google.faults.add(Fault(refusal(403, "accessNotConfigured", "usageLimits"), times=None))
    assert "Enable the Google Calendar API" in checks(ready, code=4)["google"]["text"]


def test_a_token_server_that_is_down_is_no_reason_to_authorise_again(
    ready: GoogleBox, google: GoogleServer
) -> None:
    google.expire()
    google.faults.add(Fault(token_error(503, "backend_error"), where=("token",), times=None))
    check = checks(ready, code=5)["google"]
    assert "try again later" in check["text"]


def test_credentials_that_are_missing_are_the_configs_fault(ready: GoogleBox) -> None:
    (ready.folder / "client_secret.json").unlink()
    assert "no such file" in google(ready, code=3)["text"]


def test_a_service_account_has_no_consent_that_could_end(runner: GoogleBox) -> None:
    robot = "robot@p.iam.gserviceaccount.com"
    runner.google_config(targets=TARGET + 'calendar_id = "shared@group.calendar.google.com"\n')
    path = runner.google.write_service_account(runner.folder / "client_secret.json", robot)
    path.chmod(0o600)
    runner.google.add_calendar("shared@group.calendar.google.com", shared_with={robot: "writer"})
    found = checks(runner, code=0)
    assert (found["google"]["status"], robot in found["google"]["text"]) == ("ok", True)
    assert found["target google"]["status"] == "ok"
