"""A runner with real apps: vdirsyncer brings the calendar to a folder and back, khal edits what is there."""

import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.calendars.caldav.servers import MEMORY, PASSWORD, USER
from tests.cli.caldav_server import DavPerson, DavServer

ROOT = Path(__file__).parents[2]
Wins = Literal["here", "there"]
"""Which side vdirsyncer believes where both have changed: the folder, or the server."""


class Apps:
    """`with Apps() as apps:`; for any number of folders, one command at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        # Both programs wait for the disk at each file.
        self._folder = tempfile.TemporaryDirectory(prefix="calsync-vdirs-", dir=MEMORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.communicate()
        self._folder.cleanup()

    def new_folder(self) -> Path:
        folder = Path(self._folder.name) / uuid.uuid4().hex
        folder.mkdir()
        return folder

    def ask(self, folder: Path, *commands: Sequence[object]) -> None:
        """Raises AssertionError, with what has gone wrong."""
        if self._process is None:  # who needs none doesn't pay for it
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.vdir_acts"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=ROOT,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([str(folder), *commands]).encode() + b"\n")
        stdin.flush()
        answer = stdout.readline()
        assert answer, "the process has died"
        wrong = json.loads(answer)
        assert not wrong, wrong


class Vdir:
    """A person's folder, which vdirsyncer keeps equal to the calendar at `url`."""

    def __init__(self, apps: Apps, url: str, wins: Wins = "here") -> None:
        self._apps, self._folder = apps, apps.new_folder()
        self.path = self._folder / "vdir"
        self.path.mkdir()
        said = [
            *("[general]", f"status_path = {json.dumps(str(self._folder / 'status'))}"),
            *("[pair plan]", 'a = "here"', 'b = "there"', "collections = null"),
            f'conflict_resolution = "{"a" if wins == "here" else "b"} wins"',
            *("[storage there]", 'type = "caldav"', f"url = {json.dumps(url)}"),
            f"username = {json.dumps(USER, ensure_ascii=False)}",
            f"password = {json.dumps(PASSWORD, ensure_ascii=False)}",
            *("[storage here]", 'type = "filesystem"', 'fileext = ".ics"'),
            f"path = {json.dumps(str(self.path))}",
        ]
        (self._folder / "vdirsyncer.conf").write_text("\n".join(said) + "\n", "utf-8")
        self.ask(("vdirsyncer", "discover", "--no-list"))
        self.sync()

    def ask(self, *commands: Sequence[object]) -> None:
        self._apps.ask(self._folder, *commands)

    def sync(self) -> None:
        self.ask(("sync",))


class VdirPerson(DavPerson):
    """The runner with vdirsyncer, khal, vdirsyncer; and at the phone for what khal has no word for."""

    def __init__(self, server: DavServer, vdir: Vdir) -> None:
        super().__init__(server)
        self._vdir = vdir
        self.is_offline = False
        """What is done stays in the folder for now."""

    def sync(self) -> None:
        self._vdir.sync()
        self._server.look()

    def _khal(self, act: str, *more: object) -> None:
        if self.is_offline:
            self._vdir.ask((act, *more))
        else:
            self._vdir.ask(("sync",), (act, *more), ("sync",))
            self._server.look()

    def move(self, name: str, start: datetime, end: datetime) -> None:
        self._khal("move", name, start.isoformat(), (end - start).total_seconds() / 60)

    def move_all_day(self, name: str, day: date, days: int = 1) -> None:
        self._khal("all_day", name, day.isoformat(), days)

    def delete(self, name: str) -> None:
        self._khal("delete", name)

    def restore(self, name: str) -> None:
        self._khal("import", self._server.texts[name])

    def copy(self, name: str, start: datetime | None = None) -> None:
        self._khal("copy", name, start and start.isoformat())

    def edit(self, name: str, **texts: str) -> None:
        for which, value in texts.items():
            self._khal("text", name, which, value)

    def invite(self, name: str, email: str) -> None:
        self._khal("invite", name, email)

    def repeat(self, name: str, rule: str) -> None:
        self._khal("repeat", name, {"FREQ": "WEEKLY", "COUNT": 3})

    def set_reminders(self, name: str, overrides: list[dict[str, Any]] | None) -> None:
        self._khal("remind", name, *(one["minutes"] for one in overrides or ()))
