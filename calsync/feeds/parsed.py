"""What was already worked out: busy time by the bytes it came from and everything it was read with.

Decides when a result may be used again: same bytes, window, zone, reading and version of this code. Holds a
few results for each source, in one small file. A file that is damaged, missing or can't be written only costs
time.
"""

import contextlib
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from calsync.feeds.answers import BusyTime, Reading
from calsync.feeds.copies import digest
from calsync.files import write_atomically
from calsync.timespan import Timespan

VERSION = 1
"""To be raised whenever the same bytes would give another result."""
KEPT = 6


class _Entry(msgspec.Struct, frozen=True):
    key: str
    spans: list[tuple[datetime, datetime]]
    warnings: list[str]
    events: int


def key(content: str, window: Timespan, zone: ZoneInfo, reading: Reading) -> str:
    """What a result depends on; `content` is the digest of the bytes."""
    told = (VERSION, content, window.start, window.end, zone.key, astuple(reading))
    return digest(repr(told).encode())


def load(file: Path | None, wanted: str) -> BusyTime | None:
    for entry in _entries(file):
        if entry.key == wanted:
            with contextlib.suppress(ValueError):  # spans that are none
                spans = tuple(Timespan(start, end) for start, end in entry.spans)
                return BusyTime(spans, tuple(entry.warnings), entry.events)
    return None


def store(file: Path | None, result_key: str, busy: BusyTime) -> None:
    if file is None:
        return
    entry = _Entry(
        result_key, [(span.start, span.end) for span in busy.spans], list(busy.warnings), busy.events
    )
    entries = [entry, *(old for old in _entries(file) if old.key != result_key)][:KEPT]
    with contextlib.suppress(OSError):
        write_atomically(file, msgspec.json.encode(entries), mode=0o600)


def _entries(file: Path | None) -> list[_Entry]:
    if file is None:
        return []
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[_Entry])
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return []
