"""Busy time of 28 days from a big export: calsync beside icalendar with recurring-ical-events.

Decides that the comparison is fair: the same file, window, zone and rules of busy and free, a fresh process
for every measurement, imports included, and no figure at all unless both sides find the same intervals. All
take turns, so that a slow moment hits them all, and are compiled before, as what pip has installed is.

    python benchmarks/busy.py
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EVENTS = 20_000
ROUNDS = 3
"""Of each the libraries have one turn, and calsync, which needs so much less, has four."""

Interval = tuple[str, str]
Figure = tuple[str, float, str]
Result = dict[str, Any]


def run(*, baseline: bool = True, rounds: int = ROUNDS, events: int = EVENTS) -> list[Figure]:
    """Figures as (name, value, unit); without `baseline` only calsync's own.

    Raises AssertionError if the two sides disagree.
    """
    found: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.ics"
        _measured("write", file, str(events))
        _measured("compile", file)
        size = file.stat().st_size
        for _ in range(rounds):
            for _ in range(4):
                for side in ("bytes", "calsync", "steps"):
                    found.setdefault(side, []).append(_measured(side, file))
            shutil.rmtree(_state(file), ignore_errors=True)
            for side in ("first push", "second push"):
                found.setdefault(side, []).append(_measured("push", file))
            if baseline:
                found.setdefault("libraries", []).append(_measured("libraries", file))
    sides = [results for side, results in found.items() if side not in ("bytes", "steps")]
    intervals = {json.dumps(result["answer"]) for results in sides for result in results}
    assert len(intervals) == 1, "calsync and the libraries find different busy time"
    assert len(found["calsync"][0]["answer"]) > 20, "hardly any busy time: this proves nothing"
    return [("size of the export", size / 1e6, "MB"), *_figures(found)]


def _figures(found: dict[str, list[Result]]) -> Iterator[Figure]:
    def median(side: str, name: str) -> float:
        return statistics.median(float(result[name]) for result in found[side])

    def milliseconds(side: str) -> float:
        return median(side, "seconds") * 1000

    yield "busy intervals found", float(len(found["calsync"][0]["answer"])), ""
    yield "calsync, time", milliseconds("calsync"), "ms"
    yield "calsync, peak memory", median("calsync", "megabytes"), "MB"
    if "libraries" in found:
        yield "icalendar and recurring-ical-events, time", milliseconds("libraries"), "ms"
        yield "icalendar and recurring-ical-events, peak memory", median("libraries", "megabytes"), "MB"
        for name, what in (("seconds", "times as fast"), ("processor", "times as fast, in processor time")):
            yield what, median("libraries", name) / median("calsync", name), "(at least 50)"
        part = median("calsync", "megabytes") / median("libraries", "megabytes")
        yield "part of the memory", part, "(at most 0.12)"
    yield "the bytes of the file alone, time", milliseconds("bytes"), "ms"
    yield (
        "the bytes of the file alone, part of calsync's time",
        milliseconds("bytes") / milliseconds("calsync"),
        "",
    )
    for step in found["steps"][0]["answer"]:
        seconds = statistics.median(float(result["answer"][step]) for result in found["steps"])
        yield f"  of calsync's time: {step}", seconds * 1000, "ms"
    yield "first push, the part that gets the busy time", milliseconds("first push"), "ms"
    yield "second push of the unchanged file, the same part", milliseconds("second push"), "ms"


def _measured(side: str, *arguments: Path | str) -> Result:
    """One measurement, in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), side, *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(Path(arguments[0]).parent / "compiled")
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)
    result: Result = json.loads(done.stdout)
    return result


def _state(file: Path) -> Path:
    return file.parent / "state"


# --- what is measured -------------------------------------------------------------------------------------


def write(file: Path, events: str) -> None:
    from benchmarks.busy_calendar import export

    file.write_bytes(export(int(events)))


def compile_all(file: Path) -> None:
    """Whatever is imported below is compiled on the way."""
    import icalendar  # noqa: F401
    import recurring_ical_events  # noqa: F401

    push(file)
    steps(file)


def read_bytes(file: Path) -> None:
    """What nobody can do without."""
    file.read_bytes()


def calsync(file: Path) -> list[Interval]:
    from benchmarks.busy_calendar import WINDOW, ZONE
    from calsync.feeds.busy import read_busy

    busy = read_busy(file.read_bytes(), WINDOW, ZONE)
    assert not busy.warnings
    return [(span.start.isoformat(), span.end.isoformat()) for span in busy.spans]


def steps(file: Path) -> dict[str, float]:
    """What read_busy() does, step by step, and how many seconds each takes."""
    taken: dict[str, float] = {}
    start = time.perf_counter()

    def end_of(step: str) -> None:
        nonlocal start
        taken[step] = time.perf_counter() - start
        start = time.perf_counter()

    from benchmarks.busy_calendar import WINDOW, ZONE
    from calsync.feeds import DEFAULT_READING
    from calsync.feeds.busy import BodyReader

    end_of("imports")
    body = file.read_bytes()
    end_of("the bytes of the file")
    reader = BodyReader(body, WINDOW, ZONE, DEFAULT_READING)
    end_of("where events begin and end")
    groups = reader.groups()
    end_of("a glance at each event")
    for stretches in groups:
        list(reader.group(stretches))
    end_of("the events that may be in the window")
    return taken


def push(file: Path) -> list[Interval]:
    """How a push gets the busy time of this file, and keeps it for the next one."""
    from benchmarks.busy_calendar import WINDOW, ZONE
    from calsync.cache import Cache
    from calsync.feeds import DEFAULT_READING
    from calsync.feeds.place import Place, busy_time
    from calsync.files import Folder

    cache = Cache(Folder(_state(file)))
    busy = busy_time(Place("work", path=file), DEFAULT_READING, WINDOW, ZONE, WINDOW.start, cache).result
    return [(span.start.isoformat(), span.end.isoformat()) for span in busy.spans]


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


def _worker(side: str, *arguments: str) -> None:
    work: dict[str, Callable[..., object]] = {
        "write": write,
        "compile": compile_all,
        "bytes": read_bytes,
        "calsync": calsync,
        "steps": steps,
        "push": push,
        "libraries": libraries,
    }
    started, processor = time.perf_counter(), time.process_time()
    answer = work[side](Path(arguments[0]), *arguments[1:])
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    result = {"seconds": seconds, "processor": processor, "megabytes": _peak_megabytes(), "answer": answer}
    print(json.dumps(result))


def _peak_megabytes() -> float:
    """This process's peak memory; on Linux not that of the one it came from, which ru_maxrss begins with."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / (1e6 / 1024)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def print_figures(rounds: int) -> None:
    for name, value, unit in run(rounds=rounds):
        print(f"{name:68} {value:9.3f}   {unit}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if len(sys.argv) > 2:
        _worker(*sys.argv[1:])
    else:
        print_figures(ROUNDS)
