"""Somebody who edits with khal's own code: `python -m tests.cli.khal_acts FOLDER ACTS`.

ACTS is JSON: lists of an act, the key of an event, and what more the act needs. It is a program of its own as
what khal brings along tells icalendar to read zones with pytz, for the whole process.
"""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytz
from khal.khalendar import CalendarCollection

from calsync.event import key_of_uid

# khal knows no other kind of zone.
LONDON = pytz.timezone("Europe/London")


def opened(folder: Path) -> CalendarCollection:
    """khal over the folder "vdir" in `folder`."""
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
        "path": str(folder / "vdir"),
        "readonly": False,
        "color": "",
        "priority": 10,
        "ctype": "calendar",
        "addresses": "",
    }
    return CalendarCollection({"plan": plan}, locale=locale, dbpath=str(folder / "khal.db"))  # type: ignore[arg-type]


def do(khal: CalendarCollection, folder: Path, act: str, key: str, *more: str) -> None:
    files = (folder / "vdir").glob("*.ics")
    found: list[Any] = [one for path in files if (one := khal.get_event(path.name, "plan"))]
    (event,) = [one for one in found if key_of_uid(str(one.uid), "training") == key]
    match act:
        case "move":
            start = datetime.fromisoformat(more[0])
            end = start + timedelta(minutes=int(more[1]))
            event.update_start_end(start.astimezone(LONDON), end.astimezone(LONDON))
            event.increment_sequence()
            khal.update(event)
        case "retitle":
            event.update_summary(more[0])
            khal.update(event)
        case "delete":
            khal.delete(event.href, event.etag, "plan")
        case "copy":
            khal.insert(event.duplicate(), "plan")
        case _:
            assert act == "find", act


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    khal = opened(folder)
    for act in json.loads(sys.argv[2]):
        do(khal, folder, *act)
