"""Google Calendar, against the server of the tests."""

from datetime import UTC, date, datetime, timedelta

from tests.cli.google import BOTH, BUSY, TARGET, GoogleBox
from tests.golden.recorder import Recorder, plan_and_push, scenario
from tests.googleserver.server import GoogleServer

FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _runner(recorder: Recorder, google: GoogleServer) -> GoogleBox:
    """The box of the recorder with Google; what it runs is recorded no more than the recorder's runs are."""
    box = GoogleBox(recorder.box.folder, recorder.box.environment, google=google)
    recorder.box = box
    return box


def _rights(box: GoogleBox) -> None:
    """As a consent leaves them."""
    (box.folder / "client_secret.json").chmod(0o600)
    (box.state / "training").chmod(0o700)
    (box.state / "training" / "google-token.json").chmod(0o600)


@scenario
def google_before_consent(recorder: Recorder) -> None:
    with GoogleServer() as google:
        box = _runner(recorder, google)
        box.google_config(more=BUSY)
        (box.folder / "client_secret.json").chmod(0o600)
        for args in (("plan",), ("push",), ("busy",), ("doctor",), ("doctor", "--format", "json"), ("lint",)):
            recorder.run(*args)
        recorder.say("Without credentials, and with wrong ones")
        (box.folder / "client_secret.json").unlink()
        recorder.run("push")
        recorder.run("doctor")
        recorder.write("client_secret.json", "{}")
        recorder.run("push")
        recorder.run("auth", "google")
        recorder.run("doctor")


@scenario
def google(recorder: Recorder) -> None:
    """Push, and what the runner does in Google."""
    with GoogleServer() as server:
        box = _runner(recorder, server)
        box.google_config(targets=BOTH, more=BUSY)
        box.authorise()
        _rights(box)
        recorder.run("push")
        recorder.run("push", "--create-calendar")
        plan_and_push(recorder, page=True)
        recorder.say("Moved, deleted, edited")
        events = box.events()
        box.person.move(
            events[FIRST]["id"], NOON + timedelta(days=1, hours=6), NOON + timedelta(days=1, hours=6.5)
        )
        box.person.delete(events["2026-W48/run/wed-1"]["id"])
        box.person.edit(events["2026-W49/strength/1"]["id"], summary="Gym with Ann")
        box.person.move_all_day(events["2026-W49/strength/2"]["id"], date(2026, 12, 4))
        recorder.run("push", "--dry-run")
        recorder.run("push")
        recorder.run("push", "--format", "json")
        recorder.run("move", "2026-W48/run/wed-1", "2026-11-25T18:00")
        recorder.run("plan", "--explain")
        recorder.run("plan", "--format", "json")
        recorder.feeds()
        recorder.say("Busy in Google")
        server.person(server.email).create(
            "Board", NOON + 2 * timedelta(days=1) - HOUR, NOON + 2 * timedelta(days=1) + 4 * HOUR
        )
        recorder.run("busy")
        recorder.run("push")
        recorder.say("Released")
        recorder.run("release", FIRST, "2026-W49/strength/2")
        recorder.run("push")
        recorder.run("release", "--all")
        recorder.run("push")
        recorder.run("doctor")
        recorder.feeds()
        recorder.say("Made to repeat, and copied")
        events = box.events()
        box.person.repeat(events[FIRST]["id"], "FREQ=WEEKLY;COUNT=3")
        box.person.copy(events[SECOND]["id"], NOON + timedelta(days=3))
        recorder.run("push")
        for command in (("skip", FIRST), ("move", FIRST, "2026-11-25T18:00"), ("release", FIRST)):
            recorder.run(*command)
        recorder.run("plan")


@scenario
def google_options(recorder: Recorder) -> None:
    """A target that says only when, reminders, a calendar that is gone, more to withdraw than half."""
    with GoogleServer() as server:
        box = _runner(recorder, server)
        more = 'reminder = "30m"\ndetail = "busy"\ninclude = ["strength"]\n'
        box.google_config(targets=TARGET + more)
        box.authorise()
        _rights(box)
        recorder.run("push", "--create-calendar", "--verbose")
        recorder.run("push", "--quiet")
        box.google_config(targets=TARGET, weeks='["recovery"]')
        recorder.run("push")
        recorder.run("push", "--allow-mass-delete")
        box.person.delete_calendar()
        recorder.run("push")
        recorder.run("doctor")
        recorder.run("push", "--create-calendar")
        recorder.run("doctor")
        recorder.say("A busy calendar that is its own, one that Google doesn't know")
        own = BUSY.replace("primary", box.calendar_id)
        box.google_config(more=own, targets=TARGET + f'calendar_id = "{box.calendar_id}"\n')
        recorder.run("push")
        box.google_config(more=BUSY + BUSY.replace("private", "team").replace("primary", "team@example.com"))
        recorder.run("busy")
        recorder.run("plan")
        recorder.run("doctor")
