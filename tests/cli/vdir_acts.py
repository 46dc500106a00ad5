"""vdirsyncer and khal, imported once: what somebody does in folders, as lines of JSON on the standard input.

A line is a folder, and commands: each a word and what more it needs, as the functions "do_" below say. The
answer is a line with what has gone wrong, or an empty text. It is a program of its own as what khal brings
along tells icalendar to read zones with pytz, for the whole process.
"""

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytz
from khal.khalendar import CalendarCollection
from khal.khalendar.vdir import Item
from vdirsyncer.cli import app as vdirsyncer

# khal knows no other kind of zone.
LONDON = pytz.timezone("Europe/London")


def _main() -> None:
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever prints in here does not answer
    people: dict[str, _Person] = {}
    for line in sys.stdin:
        folder, *commands = json.loads(line)
        wrong = ""
        try:
            person = people.setdefault(folder, _Person(Path(folder)))
            for command, *more in commands:
                getattr(person, f"do_{command}")(*more)
        except Exception:  # noqa: BLE001 - whatever it is, the test is told
            wrong = traceback.format_exc()
        os.write(answers, json.dumps(wrong).encode() + b"\n")


class _Person:
    """What somebody with one folder does."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._vdir = folder, folder / "vdir"
        self._opened: CalendarCollection | None = None

    # --- vdirsyncer ---------------------------------------------------------------------------------------

    def _vdirsyncer(self, *args: str) -> str:
        """What is wrong."""
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                config = str(self._folder / "vdirsyncer.conf")
                vdirsyncer(["--config", config, *args], standalone_mode=False)
            except SystemExit:
                return said.getvalue() or "it has failed"
        return ""

    def do_vdirsyncer(self, *args: str) -> None:
        wrong = self._vdirsyncer(*args)
        assert not wrong, wrong

    def do_sync(self) -> None:
        """Where all is gone on one side it asks first; and that is meant."""
        wrong = self._vdirsyncer("sync")
        if "--force-delete" in wrong:
            wrong = self._vdirsyncer("sync", "--force-delete")
        assert not wrong, wrong

    # --- khal ---------------------------------------------------------------------------------------------

    @property
    def _khal(self) -> CalendarCollection:
        if self._opened:
            self._opened.update_db()
            return self._opened
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
        self._opened = CalendarCollection({"plan": plan}, locale=locale, dbpath=database)  # type: ignore[arg-type]
        return self._opened

    def _event(self, uid: str) -> Any:
        """None if it is not in the folder."""
        for path in self._vdir.glob("*.ics"):
            if Item(path.read_text("utf-8")).uid == uid:
                return self._khal.get_event(path.name, "plan")
        return None

    def do_find(self, uid: str) -> None:
        assert self._event(uid), uid

    def do_delete(self, uid: str) -> None:
        if event := self._event(uid):
            self._khal.delete(event.href, event.etag, "plan")

    def do_import(self, text: str) -> None:
        """What was exported once."""
        if self._event(Item(text).uid or "") is None:
            self._khal.insert(Item(text), "plan")

    def do_copy(self, uid: str, start: str | None = None) -> None:
        event = self._event(uid)
        if event is None:
            return
        copy = event.duplicate()
        if start is not None:
            self._set_times(copy, start, event.duration.total_seconds() / 60)
        self._khal.insert(copy, "plan")

    def do_move(self, uid: str, start: str, minutes: float) -> None:
        self._edit(uid, lambda event: self._set_times(event, start, minutes))

    def do_all_day(self, uid: str, day: str, days: int) -> None:
        """khal is told the last day."""
        first = date.fromisoformat(day)
        self._edit(uid, lambda event: event.update_start_end(first, first + timedelta(days - 1)))

    def do_text(self, uid: str, name: str, text: str) -> None:
        self._edit(uid, lambda event: getattr(event, f"update_{name}")(text))

    def do_invite(self, uid: str, email: str) -> None:
        self._edit(uid, lambda event: event.update_attendees([*event.attendees.split(","), email]))

    def do_repeat(self, uid: str, rule: Mapping[str, object]) -> None:
        self._edit(uid, lambda event: event.update_rrule(rule))

    def do_remind(self, uid: str, *minutes: int) -> None:
        alarms = [(timedelta(minutes=-one), "Mine") for one in minutes]
        self._edit(uid, lambda event: event.update_alarms(alarms))

    def _set_times(self, event: Any, start: str, minutes: float) -> None:
        begin = datetime.fromisoformat(start)
        end = begin + timedelta(minutes=minutes)
        event.update_start_end(begin.astimezone(LONDON), end.astimezone(LONDON))

    def _edit(self, uid: str, edit: Callable[[Any], object]) -> None:
        if event := self._event(uid):
            edit(event)
            event.increment_sequence()
            self._khal.update(event)


if __name__ == "__main__":
    _main()
