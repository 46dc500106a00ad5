"""A runner with real clients: vdirsyncer brings the calendar to a folder and back, khal edits there."""

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.calendars.caldav.servers import running
from tests.cli.box import by_key
from tests.cli.caldav import DavBox

KEY, RUN, OTHER = "2026-W48/strength/1", "2026-W48/run/tue-1", "2026-W49/run/tue-1"
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


class Apps:
    """A folder that vdirsyncer keeps equal to the calendar, and khal over it."""

    def __init__(self, box: DavBox) -> None:
        self._vdir, self._folder = box.folder / "vdir", box.folder
        self._vdir.mkdir()
        said = [
            *("[general]", f"status_path = {json.dumps(str(box.folder / 'status'))}"),
            *("[pair plan]", 'a = "here"', 'b = "there"', "collections = null"),
            'conflict_resolution = "a wins"',
            *("[storage there]", 'type = "caldav"', f"url = {json.dumps(box.url)}"),
            *("[storage here]", 'type = "filesystem"', 'fileext = ".ics"'),
            f"path = {json.dumps(str(self._vdir))}",
        ]
        self._config = box.write("vdirsyncer.conf", "\n".join(said) + "\n")
        self._vdirsyncer("discover")
        self.sync()

    def _vdirsyncer(self, command: str) -> None:
        args = [sys.executable, "-m", "vdirsyncer", "--config", str(self._config), command]
        ended = subprocess.run(args, capture_output=True, text=True, check=False, cwd=self._folder)
        assert ended.returncode == 0, ended.stderr

    def sync(self) -> None:
        self._vdirsyncer("sync")

    def khal(self, *acts: Sequence[str]) -> None:
        """What khal's own code makes of the events, in a process of its own."""
        args = [sys.executable, "-m", "tests.cli.khal_acts", str(self._folder), json.dumps(acts)]
        ended = subprocess.run(args, capture_output=True, text=True, check=False, cwd=ROOT)
        assert ended.returncode == 0, ended.stderr


@pytest.fixture
def runner(tmp_path: Path) -> DavBox:
    runner = DavBox(tmp_path, server=running("xandikos"))
    runner.dav_config()
    runner.ok("push", "--create-calendar")
    return runner


def test_what_is_done_in_a_terminal_is_the_runners(runner: DavBox) -> None:
    apps = Apps(runner)
    planned = runner.events().keys()
    apps.khal(
        ("move", KEY, FRIDAY.isoformat(), "30"),
        ("retitle", RUN, "With Ann"),
        ("delete", OTHER),
        ("copy", KEY),
    )
    for _ in range(2):
        apps.sync()
        runner.ok("push")
        events = runner.events()
        assert events[KEY]["DTSTART"].dt.astimezone(UTC) == FRIDAY
        assert str(events[RUN]["SUMMARY"]) == "With Ann"
        assert events.keys() == planned - {OTHER}
    # The copy is theirs; the feed follows the rest.
    assert len(list((runner.folder / "vdir").glob("*.ics"))) == len(planned)
    feed = by_key(runner.feed.read_bytes())
    assert feed.keys() == planned - {OTHER}
    assert feed[KEY]["DTSTART"] == "20261127T180000"
    # And given back, all is calsync's again.
    runner.ok("release", KEY)
    runner.ok("release", OTHER)
    runner.ok("push")
    apps.sync()
    apps.khal(("find", OTHER))
    assert runner.events().keys() == planned
