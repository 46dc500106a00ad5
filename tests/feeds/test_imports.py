"""Start-up time is a goal: what a plain calendar doesn't need isn't imported."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.feeds.place import Place
from calsync.feeds.source import IcsSource
from calsync.timespan import Timespan

start = datetime(2026, 11, 23, tzinfo=UTC)
source = IcsSource(Place("work", path=Path(sys.argv[1])))
busy = source.busy(Timespan(start, start + timedelta(days=28)), ZoneInfo("Europe/London"), start, None)
assert len(busy.spans) == 5, busy
heavy = {"icalendar", "recurring_ical_events", "httpx", "tenacity", "dateutil", "click", "asyncio", "ssl"}
print(sorted(heavy & set(sys.modules)))
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


def test_a_plain_calendar_needs_no_library(tmp_path: Path) -> None:
    (tmp_path / "plain.ics").write_text(PLAIN)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "plain.ics")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
