"""One busy source of the config: when its owner is busy.

Decides how the answers of several files become one, and when an earlier answer serves again. Where the
calendar is and what stands in for it is `place`'s; what the bytes mean is `busy`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.feeds import parsed
from calsync.feeds.answers import DEFAULT_READING, BusyTime, NotACalendar, Reading
from calsync.feeds.copies import digest
from calsync.feeds.place import Place, Progress
from calsync.timespan import Timespan, merge

__all__ = ["IcsSource"]


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
        cache: Path | None,
        progress: Progress | None = None,
    ) -> BusyTime:
        """When this source says its owner is busy within `window`.

        `cache` is a folder for copies and results; without one nothing is remembered.

        Raises SourceUnavailable.
        """
        results = cache / f"{self.place.cache_name}.json" if cache else None

        def read(content: str, load: Callable[[], bytes]) -> BusyTime:
            key = parsed.key(content, window, zone, self.reading)
            if known := parsed.load(results, key):
                return known
            busy = self._read(load(), window, zone)
            parsed.store(results, key, busy)
            return busy

        if self.place.url is not None:
            fetched = self.place.fetch(now, cache, read, progress)
            if not fetched.stands_in:
                return fetched.result
            warnings = (fetched.stands_in, *fetched.result.warnings)
            return replace(fetched.result, warnings=warnings, stands_in=True)
        return self._of_path(window, zone, results)

    def _of_path(self, window: Timespan, zone: ZoneInfo, results: Path | None) -> BusyTime:
        files = self.place.files()
        content = digest(*(name.encode() for name, _ in files), *(body for _, body in files))
        key = parsed.key(content, window, zone, self.reading)
        if known := parsed.load(results, key):
            return known
        parts: list[BusyTime] = []
        for name, body in files:
            try:
                parts.append(self._read(body, window, zone))
            except NotACalendar as error:
                raise self.place.unavailable(f"{self.place.file(name)}: {error}") from error
        busy = parts[0] if len(parts) == 1 else _joined([name for name, _ in files], parts)
        parsed.store(results, key, busy)
        return busy

    def _read(self, body: bytes, window: Timespan, zone: ZoneInfo) -> BusyTime:
        from calsync.feeds.busy import read_busy

        return read_busy(body, window, zone, self.reading)


def _joined(names: list[str], parts: list[BusyTime]) -> BusyTime:
    return BusyTime(
        merge(span for part in parts for span in part.spans),
        tuple(
            f"{name}: {warning}" for name, part in zip(names, parts, strict=True) for warning in part.warnings
        ),
        sum(part.events for part in parts),
    )
