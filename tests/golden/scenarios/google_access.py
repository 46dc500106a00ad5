"""Access to Google Calendar: consents, their age, what Google refuses."""

import json
import sys
from datetime import datetime, timedelta

from tests.cli.box import ROOT
from tests.cli.google import BUSY, TARGET, GoogleBox
from tests.golden.recorder import Recorder, scenario
from tests.googleserver.consent import Consent
from tests.googleserver.faults import (
    Fault,
    backend_error,
    not_configured,
    quota_exceeded,
    refusal,
    token_error,
)
from tests.googleserver.server import GoogleServer

BROWSER = {"BROWSER": f"{sys.executable} {ROOT / 'tests' / 'googleserver' / 'browser.py'} %s"}
KEY = "2026-W48/strength/1"


def _runner(recorder: Recorder, google: GoogleServer) -> GoogleBox:
    box = GoogleBox(recorder.box.folder, recorder.box.environment, google=google)
    recorder.box = box
    return box


def _rights(box: GoogleBox) -> None:
    (box.folder / "client_secret.json").chmod(0o600)
    (box.state / "training").chmod(0o700)
    (box.state / "training" / "google-token.json").chmod(0o600)


@scenario
def google_consent(recorder: Recorder) -> None:
    """A browser that says yes, no, half of it."""
    with GoogleServer() as google:
        box = _runner(recorder, google)
        box.google_config(more=BUSY)
        (box.folder / "client_secret.json").chmod(0o600)
        for consent in (Consent(denies=True), Consent(scopes=()), Consent()):
            recorder.say(str(consent))
            google.consent = consent
            recorder.answer("", "auth", "google", env=BROWSER)
        recorder.run("push")
        recorder.run("push", "--quiet")
        recorder.answer("", "auth", "google", env=BROWSER)
        recorder.say("Without anything of Google's in the config")
        recorder.box.config()
        recorder.run("auth", "google")


@scenario
def google_service_account(recorder: Recorder) -> None:
    with GoogleServer() as google:
        box = _runner(recorder, google)
        google.write_service_account(box.folder / "client_secret.json").chmod(0o600)
        box.google_config(targets=TARGET)
        recorder.run("auth", "google")
        recorder.run("push")
        recorder.run("push", "--create-calendar")
        recorder.run("push")
        (box.state / "training").chmod(0o700)
        recorder.run("doctor")


@scenario
def google_troubles(recorder: Recorder) -> None:
    """What Google refuses; nothing that is tried again later."""
    with GoogleServer() as google:
        box = _runner(recorder, google)
        box.google_config(more=BUSY)
        box.authorise()
        _rights(box)
        recorder.run("push", "--create-calendar")
        forbidden = refusal(403, "forbidden", "Forbidden", "global")
        gone = refusal(404, "notFound", "Not Found", "global")
        bad = refusal(400, "invalid", "Bad Request", "global")
        for what, effect in (
            ("not switched on", not_configured()),
            ("quota", quota_exceeded()),
            ("forbidden", forbidden),
            ("not found", gone),
            ("bad request", bad),
            ("token", token_error()),
        ):
            where = ("token",) if what == "token" else ("api", "batch", "part")
            for path in ("/events", "freeBusy") if what != "token" else ("",):
                recorder.say(f"{what}: {path}")
                google.faults.add(Fault(effect, path=path, where=where, times=None))
                if what == "token":
                    google.tokens.access.clear() if hasattr(google.tokens, "access") else None
                recorder.run("push")
                recorder.run("doctor")
                google.faults.clear()
        recorder.say("An event that it refuses to write")
        google.faults.add(
            Fault(bad, method="PATCH|PUT|POST", path="/events/.+", where=("part", "api"), times=1)
        )
        recorder.run("move", KEY, "2026-11-25T18:00")
        recorder.run("push")
        google.faults.clear()
        recorder.run("push")
        google.faults.add(Fault(backend_error(retry_after=0), path="/events", times=1))
        recorder.run("push")
        recorder.say("Sync tokens that have expired, and a list of changes")
        google.expire_sync_tokens()
        recorder.run("push")
        recorder.run("push", "--format", "json")
        recorder.say("The age of a consent")
        token = box.state / "training" / "google-token.json"
        for days in (0.1, 3, 6, 30):
            granted = datetime.fromisoformat(recorder.now) - timedelta(days=days)
            token.write_text(json.dumps(json.loads(token.read_bytes()) | {"granted": granted.isoformat()}))
            recorder.run("doctor")
        token.chmod(0o644)
        recorder.run("doctor")
        recorder.run("doctor", "--format", "json")
        token.write_text("{")
        recorder.run("doctor")
        recorder.run("push")
