"""Other people's calendars: from a place in the config to busy time, or to workouts.

What follows is all that the application calls. Push, plan, doctor, init and completion ask in the same way,
so that they say the same.
"""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calsync.feeds.place import Answer, BusyTime, Content, Place, Progress, Reading
from calsync.files import content_hash
from calsync.timespan import Timespan, merge

if TYPE_CHECKING:
    from calsync.feeds.workouts import PlatformFeed, PlatformReading
    from calsync.state import Cache

__all__ = ["Answer", "BusyTime", "Place", "Progress", "Reading", "busy_time", "feed_workouts"]

# To be raised whenever the same bytes would give another result.
_VERSION = 2


def busy_time(
    place: Place,
    reading: Reading,
    window: Timespan,
    zone: ZoneInfo,
    now: datetime,
    cache: "Cache | None",
    show: Progress | None = None,
    *,
    remember: bool = True,
) -> Answer[BusyTime]:
    """When a busy calendar says that its owner is busy within `window`; `zone` is the plan's.

    `cache` has copies and results of earlier times; without `remember` nothing is added to it.

    Raises SourceUnavailable.
    """
    kept = place.kept_in(cache) if cache else None

    def read(content: Content) -> BusyTime:
        told = (_VERSION, content.hash, window.start, window.end, zone.key, astuple(reading))
        key = content_hash(repr(told).encode())
        if kept and (known := kept.busy(key)):
            return BusyTime(*known)
        # Here and not above: a calendar that is the one of last time is not parsed, and what parses it takes
        # a tenth of the time of a push without changes to import.
        from calsync.feeds.busy import read_busy

        busy = _joined(content.each(lambda body: read_busy(body, window, zone, reading)))
        if kept and remember:
            kept.keep_busy(key, *busy)
        return busy

    return place.ask(read, now, cache, show, remember=remember)


def _joined(parts: Sequence[tuple[str, BusyTime]]) -> BusyTime:
    """The busy time of all files of a folder, whose names tell the warnings apart."""
    if len(parts) == 1:
        return parts[0][1]
    return BusyTime(
        merge(span for _, part in parts for span in part.spans),
        tuple(f"{name}: {warning}" for name, part in parts for warning in part.warnings),
        sum(part.events for _, part in parts),
    )


def feed_workouts(
    place: Place,
    reading: "PlatformReading",
    first: date,
    last: date,
    zone: ZoneInfo,
    now: datetime,
    cache: "Cache | None",
    show: Progress | None = None,
    *,
    remember: bool = True,
) -> "Answer[PlatformFeed]":
    """The workouts of a training platform's feed from `first` to `last`, both included.

    A feed on the web that suddenly has no run is not believed as long as its copy may be used. `cache` has
    the copy; without `remember` it stays as it is.

    Raises SourceUnavailable.
    """
    from calsync.feeds.workouts import PlatformFeed, read_workouts

    def read(content: Content) -> PlatformFeed:
        parts = content.each(lambda body: read_workouts(body, first, last, zone, reading))
        return PlatformFeed.of_files([part for _, part in parts])

    return place.ask(read, now, cache, show, remember=remember, is_suspicious=lambda feed: not feed.has_runs)
