"""A config with a busy file of 500 events, for measuring a push."""

from datetime import date, timedelta
from pathlib import Path

_CONFIG = """\
name = "training"
timezone = "Europe/London"

[plan]
start = 2026-11-23
weeks = ["balanced"]

[[busy]]
name = "work"
type = "ics"
path = "busy.ics"

[[targets]]
name = "feed"
type = "ics"
path = "training.ics"
"""


def write_config(folder: Path) -> None:
    """Write config.toml and the calendar that it names."""
    (folder / "config.toml").write_text(_CONFIG)
    events = []
    for number in range(500):
        day = date(2026, 9, 1) + timedelta(days=number // 4)
        hour = (9, 11, 14, 16)[number % 4]
        events += [
            "BEGIN:VEVENT",
            f"UID:{number}@example.org",
            "DTSTAMP:20260901T000000Z",
            f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T{hour:02}0000",
            f"DTEND;TZID=Europe/London:{day:%Y%m%d}T{hour:02}4500",
            f"SUMMARY:Meeting {number}",
            "END:VEVENT",
        ]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", *events, "END:VCALENDAR", ""]
    (folder / "busy.ics").write_text("\r\n".join(lines), newline="")
