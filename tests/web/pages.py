"""The pages of a box without a server: forms, and what a server does with one, in the process of the test.

As there are many acts in a property test. A real server is what test_acts.py has.
"""

import io
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

import msgspec
import pytest

from calsync.app.setup import load_setup
from calsync.app.worker import Told, plan_for_server, zone_of
from calsync.event import Answered
from calsync.files import Folder
from calsync.state import State
from calsync.web.acting import Acting, Form
from calsync.web.entries import entries
from calsync.web.planner import Snapshot
from calsync.web.secret import Secret
from tests.cli.box import Box

# What the buttons do, as commands.
COMMANDS = {
    "Skip it": ("skip",),
    "Put it back": ("release",),
    "Done": ("done",),
    "Missed it": ("missed",),
    "Not done after all": ("done", "--undo"),
}


class _Words:
    def changes(self, pushed: object) -> str:
        return ""

    def as_json(self, gathered: object, explainer: object) -> str:
        return ""


class Page:
    """The pages of a box, and what a server does with a form. `now` may be set to a later time."""

    snapshot: Snapshot

    def __init__(self, box: Box, now: datetime) -> None:
        self.now = now
        self._box = box
        self._state = State(Folder(box.state / "training"))
        secret = Secret(self._state)
        secret.ensure()
        self._acting = Acting("training", secret, self._state, self.plan)
        self.plan()

    def offered(self, key: str) -> dict[str, Form]:
        """By their buttons, the forms of a run or session."""
        entry = entries(self.snapshot.weeks).get(key)
        now = self.now.astimezone(self.snapshot.zone)
        return (
            {form.label: form for form in self._acting.of_entry(entry, now, self.snapshot.turn)}
            if entry
            else {}
        )

    def check_in(self) -> Form:
        now = self.now.astimezone(self.snapshot.zone)
        return self._acting.check_in(self.snapshot.checkins, now, self.snapshot.turn).form

    def send(self, form: Form, filled: Mapping[str, str] | None = None) -> Answered:
        body = urlencode([*form.fields, *(filled or {}).items()]).encode()
        answered = self._acting.take(self._acting.read(body, self.now))
        assert answered
        return answered

    def undo(self, answered: Answered) -> Form | None:
        entry = entries(self.snapshot.weeks).get(answered.key)
        now = self.now.astimezone(self.snapshot.zone)
        return self._acting.undo(answered, entry, self.snapshot.checkins, now, self.snapshot.turn)

    def plan(self) -> None:
        """Do what is asked for, plan, write the feeds, then the other targets."""
        out = io.BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CALSYNC_STATE", str(self._box.state))
            plan_for_server(
                lambda: load_setup(self._box.folder / "config.toml"),
                lambda: self.now,
                _Words(),
                io.BytesIO(b"plan\n"),
                out,
            )
        _, planned, *followed = (
            msgspec.json.decode(line, type=Told, dec_hook=zone_of) for line in out.getvalue().splitlines()
        )
        assert planned.snapshot, planned.problem
        assert not any(one.trouble for one in followed), followed
        self.snapshot = planned.snapshot
