"""Start-up time is a goal: what a calendar doesn't need isn't imported."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.feeds import Reading
from calsync.feeds.place import Place, busy_time
from calsync.files import Folder
from calsync.cache import Cache
from calsync.timespan import Timespan

start = datetime(2026, 11, 23, tzinfo=UTC)
window = Timespan(start, start + timedelta(days=28))
place, cache = Place("work", path=Path(sys.argv[1])), Cache(Folder(Path(sys.argv[2])))
busy = busy_time(place, Reading(), window, ZoneInfo("Europe/London"), start, cache).result
assert len(busy.spans) == 5, busy
heavy = {"icalendar", "httpx", "tenacity", "dateutil", "click", "asyncio", "ssl"}
parsing = {f"calsync.feeds.{name}" for name in ("busy", "event", "ics", "recurrence", "zones", "workouts")}
print(sorted((heavy | parsing) & set(sys.modules)))
"""

PLAIN = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=W. Europe Standard Time:20200106T100000
DTEND;TZID=W. Europe Standard Time:20200106T110000
RRULE:FREQ=WEEKLY
EXDATE;TZID=W. Europe Standard Time:20261130T100000
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=W. Europe Standard Time:20261207T100000
DTSTART;TZID=W. Europe Standard Time:20261208T100000
DTEND;TZID=W. Europe Standard Time:20261208T110000
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261126
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20261127T100000Z
DURATION:PT1H
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_needs_no_library_and_an_unchanged_one_no_parsing(tmp_path: Path) -> None:
    (tmp_path / "plain.ics").write_text(PLAIN)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "plain.ics"), str(tmp_path / "cache")]
    done = [subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2)]
    parsing = [f"calsync.feeds.{name}" for name in ("busy", "event", "ics", "recurrence", "zones")]
    assert [(run.stdout, run.stderr) for run in done] == [(f"{parsing}\n", ""), ("[]\n", "")]
