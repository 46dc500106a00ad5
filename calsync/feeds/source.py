"""One busy source of the config: when its owner is busy.

Decides how the answers of several files become one, and when an earlier answer serves again. Where the
calendar is and what stands in for it is `place`'s; what the bytes mean is `busy`'s.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from calsync.feeds.answers import DEFAULT_READING, BusyTime, NotACalendar, Reading
from calsync.feeds.place import Place, Progress
from calsync.state import Cache, CachedCalendar, KnownBusy, digest
from calsync.timespan import Timespan, merge

__all__ = ["IcsSource"]

# To be raised whenever the same bytes would give another result.
_VERSION = 2


@dataclass(frozen=True, slots=True)
class IcsSource:
    """A busy calendar of the config, and how its events are read."""

    place: Place
    reading: Reading = DEFAULT_READING

    def busy(
        self,
        window: Timespan,
        zone: ZoneInfo,
        now: datetime,
        cache: Cache | None,
        progress: Progress | None = None,
    ) -> BusyTime:
        """When this source says its owner is busy within `window`.

        `cache` keeps copies and results; without one nothing is remembered.

        Raises SourceUnavailable.
        """
        kept = self.place.kept_in(cache) if cache else None

        def read(content: str, load: Callable[[], bytes]) -> BusyTime:
            key = self._key(content, window, zone)
            return _known(kept, key) or _remembered(kept, key, self._read(load(), window, zone))

        if self.place.url is not None:
            fetched = self.place.fetch(now, cache, read, progress)
            if not fetched.stands_in:
                return fetched.result
            warnings = (fetched.stands_in, *fetched.result.warnings)
            return replace(fetched.result, warnings=warnings, stands_in=True)
        return self._of_path(window, zone, kept)

    def _of_path(self, window: Timespan, zone: ZoneInfo, kept: CachedCalendar | None) -> BusyTime:
        files = self.place.files()
        content = digest(*(name.encode() for name, _ in files), *(body for _, body in files))
        key = self._key(content, window, zone)
        if known := _known(kept, key):
            return known
        parts: list[BusyTime] = []
        for name, body in files:
            try:
                parts.append(self._read(body, window, zone))
            except NotACalendar as error:
                raise self.place.unavailable(f"{self.place.file(name)}: {error}") from error
        busy = parts[0] if len(parts) == 1 else _joined([name for name, _ in files], parts)
        return _remembered(kept, key, busy)

    def _key(self, content: str, window: Timespan, zone: ZoneInfo) -> str:
        """All that a result depends on; `content` is the digest of the bytes."""
        told = (_VERSION, content, window.start, window.end, zone.key, astuple(self.reading))
        return digest(repr(told).encode())

    def _read(self, body: bytes, window: Timespan, zone: ZoneInfo) -> BusyTime:
        from calsync.feeds.busy import read_busy

        return read_busy(body, window, zone, self.reading)


def _known(kept: CachedCalendar | None, key: str) -> BusyTime | None:
    known = kept.busy(key) if kept else None
    return BusyTime(*known) if known else None


def _remembered(kept: CachedCalendar | None, key: str, busy: BusyTime) -> BusyTime:
    if kept:
        kept.keep_busy(key, KnownBusy(busy.spans, busy.warnings, busy.events))
    return busy


def _joined(names: list[str], parts: list[BusyTime]) -> BusyTime:
    return BusyTime(
        merge(span for part in parts for span in part.spans),
        tuple(
            f"{name}: {warning}" for name, part in zip(names, parts, strict=True) for warning in part.warnings
        ),
        sum(part.events for part in parts),
    )
