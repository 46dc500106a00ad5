"""One busy source of the config: when its owner is busy.

Decides how the answers of several files become one, and when an earlier answer serves again. Where the
calendar is and what stands in for it is `place`'s; what the bytes mean is `busy`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.feeds import parsed
from calsync.feeds.answers import DEFAULT_READING, BusyTime, NotACalendar, Reading
from calsync.feeds.digests import digest
from calsync.feeds.limits import DEFAULT_LIMITS, Limits
from calsync.feeds.place import Place, Progress
from calsync.timespan import Timespan, merge

__all__ = ["IcsSource"]


@dataclass(frozen=True, slots=True)
class IcsSource:
    """A busy calendar at a URL or in a file, or calendars in a folder (see Place).

    Raises ConfigError for a URL that may not be used.
    """

    name: str
    path: Path | None = None
    url: str | None = None
    reading: Reading = DEFAULT_READING
    use_cache_on_error: bool = True
    max_age: timedelta = timedelta(days=7)
    limits: Limits = DEFAULT_LIMITS
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        what = f'busy source "{self.name}"'
        place = Place(what, self.path, self.url, self.use_cache_on_error, self.max_age, self.limits)
        object.__setattr__(self, "place", place)

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

        if self.url is not None:
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
                assert self.path is not None
                file = self.path / name if self.path.is_dir() else self.path
                raise self.place.unavailable(f"{file}: {error}") from error
        busy = parts[0] if len(parts) == 1 else _joined([name for name, _ in files], parts)
        parsed.store(results, key, busy)
        return busy

    def _read(self, body: bytes, window: Timespan, zone: ZoneInfo) -> BusyTime:
        from calsync.feeds.busy import read_busy  # 25 ms that an unchanged calendar does without

        return read_busy(body, window, zone, self.reading)


def _joined(names: list[str], parts: list[BusyTime]) -> BusyTime:
    return BusyTime(
        merge(span for part in parts for span in part.spans),
        tuple(
            f"{name}: {warning}" for name, part in zip(names, parts, strict=True) for warning in part.warnings
        ),
        sum(part.events for part in parts),
    )
