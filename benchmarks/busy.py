"""Busy time of 28 days from a big export: calsync beside icalendar with recurring-ical-events.

Decides that the comparison is fair: the same file, window, zone and rules of busy and free, a fresh process
for every measurement, imports included, and no figure at all unless both sides find the same intervals.

    python benchmarks/busy.py
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RUNS = {"calsync": 7, "libraries": 3}

Interval = tuple[str, str]


def run(baseline: bool = True, runs: dict[str, int] = RUNS) -> list[tuple[str, float, str]]:
    """Figures as (name, value, unit); without `baseline` only calsync's own.

    Raises AssertionError if the two sides disagree.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.ics"
        _measured("write", file)
        size = file.stat().st_size
        ours = [_measured("calsync", file) for _ in range(runs["calsync"])]
        theirs = [_measured("libraries", file) for _ in range(runs["libraries"] if baseline else 0)]
    intervals = {json.dumps(result["spans"]) for result in (*ours, *theirs)}
    assert len(intervals) == 1, "calsync and the libraries find different busy time"
    assert len(ours[0]["spans"]) > 20, "hardly any busy time: this proves nothing"

    def median(results: list[dict[str, Any]], name: str) -> float:
        return statistics.median(float(result[name]) for result in results)

    figures = [
        ("size of the export", size / 1e6, "MB"),
        ("busy intervals found", float(len(ours[0]["spans"])), ""),
        ("calsync, time", median(ours, "seconds"), "s"),
        ("calsync, peak memory", median(ours, "megabytes"), "MB"),
    ]
    if theirs:
        figures += [
            ("icalendar and recurring-ical-events, time", median(theirs, "seconds"), "s"),
            ("icalendar and recurring-ical-events, peak memory", median(theirs, "megabytes"), "MB"),
            ("times as fast", median(theirs, "seconds") / median(ours, "seconds"), ""),
            ("part of the memory", median(ours, "megabytes") / median(theirs, "megabytes"), ""),
        ]
    return figures


def _measured(side: str, file: Path) -> dict[str, Any]:
    """One measurement, in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), side, str(file)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def calsync(file: Path) -> list[Interval]:
    from benchmarks.busy_calendar import WINDOW, ZONE
    from calsync.feeds.busy import read_busy

    busy = read_busy(file.read_bytes(), WINDOW, ZONE)
    assert not busy.warnings
    return [(span.start.isoformat(), span.end.isoformat()) for span in busy.spans]


def write(file: Path) -> list[Interval]:
    from benchmarks.busy_calendar import export

    file.write_bytes(export())
    return []


def libraries(file: Path) -> list[Interval]:
    """What one would write with the libraries alone."""
    from datetime import UTC, date, datetime, timedelta

    import icalendar
    import recurring_ical_events

    from benchmarks.busy_calendar import WINDOW, ZONE

    calendar = icalendar.Calendar.from_ical(file.read_bytes())
    # A day more on both sides, for dates, which are in no zone yet.
    day = timedelta(days=1)
    events = recurring_ical_events.of(calendar, skip_bad_series=True).between(
        WINDOW.start - day, WINDOW.end + day
    )

    def instant(moment: date) -> datetime:
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=ZONE)
        return moment.astimezone(UTC)

    spans: list[tuple[datetime, datetime]] = []
    for event in events:
        if event.get("STATUS") == "CANCELLED" or event.get("TRANSP") == "TRANSPARENT":
            continue
        start = max(instant(event["DTSTART"].dt), WINDOW.start)
        end = min(instant(event["DTEND"].dt), WINDOW.end)
        if start < end:
            spans.append((start, end))
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return [(start.isoformat(), end.isoformat()) for start, end in merged]


def _worker(side: str, file: Path) -> None:
    work: Callable[[Path], list[Interval]] = {
        "calsync": calsync,
        "libraries": libraries,
        "write": write,
    }[side]
    started = time.perf_counter()
    spans = work(file)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "megabytes": _peak_megabytes(), "spans": spans}))


def _peak_megabytes() -> float:
    """This process's peak memory; on Linux not that of the one it came from, which ru_maxrss begins with."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / (1e6 / 1024)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if len(sys.argv) == 3:
        _worker(sys.argv[1], Path(sys.argv[2]))
    else:
        for name, value, unit in run():
            print(f"{name:50} {value:10.2f} {unit}")
