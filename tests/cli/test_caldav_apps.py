"""A runner with real clients: vdirsyncer brings the calendar to a folder and back, khal edits there."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytz
from khal.khalendar import CalendarCollection

from calsync.event import key_of_uid
from tests.calendars.caldav.servers import running
from tests.cli.box import by_key
from tests.cli.caldav import DavBox

KEY, RUN, OTHER = "2026-W48/strength/1", "2026-W48/run/tue-1", "2026-W49/run/tue-1"
# khal knows no other kind of zone.
LONDON = pytz.timezone("Europe/London")
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
LENGTH = timedelta(minutes=30)


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

    def khal(self, key: str, act: Callable[[CalendarCollection, Any], object]) -> None:
        """What khal's own code makes of the event."""
        locale = {
            "local_timezone": LONDON,
            "default_timezone": LONDON,
            **dict.fromkeys(("timeformat", "dateformat", "longdateformat", "datetimeformat"), "%H:%M"),
            "longdatetimeformat": "%H:%M",
            "firstweekday": 0,
            "weeknumbers": "off",
            "unicode_symbols": True,
        }
        plan = {
            "name": "plan",
            "path": str(self._vdir),
            "readonly": False,
            "color": "",
            "priority": 10,
            "ctype": "calendar",
            "addresses": "",
        }
        database = str(self._folder / "khal.db")
        khal = CalendarCollection({"plan": plan}, locale=locale, dbpath=database)  # type: ignore[arg-type]
        found = [one for path in self._vdir.glob("*.ics") if (one := khal.get_event(path.name, "plan"))]
        (event,) = [one for one in found if key_of_uid(str(one.uid), "training") == key]
        act(khal, event)

    def move(self, key: str, start: datetime, length: timedelta) -> None:
        def act(khal: CalendarCollection, event: Any) -> None:
            event.update_start_end(start.astimezone(LONDON), (start + length).astimezone(LONDON))
            event.increment_sequence()
            khal.update(event)

        self.khal(key, act)

    def retitle(self, key: str, title: str) -> None:
        def act(khal: CalendarCollection, event: Any) -> None:
            event.update_summary(title)
            khal.update(event)

        self.khal(key, act)

    def delete(self, key: str) -> None:
        self.khal(key, lambda khal, event: khal.delete(event.href, event.etag, "plan"))

    def copy(self, key: str) -> None:
        self.khal(key, lambda khal, event: khal.insert(event.duplicate(), "plan"))


@pytest.fixture
def runner(tmp_path: Path) -> DavBox:
    runner = DavBox(tmp_path, server=running("xandikos"))
    runner.dav_config()
    runner.ok("push", "--create-calendar")
    return runner


def test_what_is_done_in_a_terminal_is_the_runners(runner: DavBox) -> None:
    apps = Apps(runner)
    planned = runner.events().keys()
    apps.move(KEY, FRIDAY, LENGTH)
    apps.retitle(RUN, "With Ann")
    apps.delete(OTHER)
    apps.copy(KEY)
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
    apps.khal(OTHER, lambda khal, event: None)
    assert runner.events().keys() == planned
