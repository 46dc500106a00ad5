"""One busy source of the config: where its calendar is, and what to do when it can't be had.

Decides that nobody is free by accident: what can't be read is an error, unless a good copy that is not too
old stands in, with a warning. Knows nothing of what the bytes mean, nor of the other sources.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.addresses import shown, web_address
from calsync.errors import ConfigError, SourceUnavailable
from calsync.feeds import copies, parsed
from calsync.feeds.answers import DEFAULT_READING, BusyTime, NotACalendar, Reading
from calsync.feeds.copies import Copy, Origin
from calsync.feeds.limits import DEFAULT_LIMITS, Limits
from calsync.timespan import Timespan, merge

__all__ = ["IcsSource"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class IcsSource:
    """A calendar at a URL or in a file, or calendars in a folder.

    Raises ConfigError for a URL that may not be used.
    """

    name: str
    path: Path | None = None
    """A file, or a folder: every .ics in it and in its subfolders."""
    url: str | None = None
    """https or webcal; plain http on loopback."""
    reading: Reading = DEFAULT_READING
    use_cache_on_error: bool = True
    max_age: timedelta = timedelta(days=7)
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        if (self.path is None) == (self.url is None):
            raise ConfigError(f'busy source "{self.name}" needs a path or a url')
        if self.url is not None:
            try:
                web_address(self.url)
            except ValueError as error:
                raise ConfigError(f'busy source "{self.name}": its url {error}') from None

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
        place = f"url {self.url}" if self.url is not None else f"path {self.path}"
        name = parsed.digest(place.encode())[:24]
        results = cache / f"{name}.json" if cache else None
        if self.url is not None:
            copy = cache / f"{name}.feed" if cache else None
            return self._of_url(web_address(self.url), window, zone, now, copy, results, progress)
        assert self.path is not None
        return self._of_path(self.path, window, zone, results)

    def _of_path(self, path: Path, window: Timespan, zone: ZoneInfo, results: Path | None) -> BusyTime:
        try:
            files = _ics_files(path) if path.is_dir() else [path]
            bodies = [file.read_bytes() for file in files]
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise self._unavailable(f"{error.filename or path} can't be read: {reason}") from error
        if not files:
            raise self._unavailable(f"the folder {path} has no .ics file")
        names = [str(file.relative_to(path)) if file != path else file.name for file in files]
        key = parsed.key(parsed.digest(*(n.encode() for n in names), *bodies), window, zone, self.reading)
        if known := parsed.load(results, key):
            return known
        parts: list[BusyTime] = []
        for file, body in zip(files, bodies, strict=True):
            try:
                parts.append(self._read(body, window, zone))
            except NotACalendar as error:
                raise self._unavailable(f"{file}: {error}") from error
        busy = parts[0] if len(parts) == 1 else _joined(names, parts)
        parsed.store(results, key, busy)
        return busy

    def _of_url(
        self,
        url: str,
        window: Timespan,
        zone: ZoneInfo,
        now: datetime,
        copy_file: Path | None,
        results: Path | None,
        progress: Progress | None,
    ) -> BusyTime:
        copy = copies.load(copy_file)
        if progress:
            progress(f"{self.name}: asking {shown(url)}")
        try:
            return self._fetched(url, window, zone, now, copy, copy_file, results)
        except SourceUnavailable as error:
            usable = copy if self.use_cache_on_error else None
            if usable is None or (age := max(now - usable.origin.fetched, timedelta(0))) > self.max_age:
                raise self._unavailable(str(error)) from error
            try:
                busy = self._of_copy(usable, window, zone, results)
            except SourceUnavailable:
                raise self._unavailable(str(error)) from error
            warning = f"{error}; its copy of {_ago(age)} is used"
            return BusyTime(busy.spans, (warning, *busy.warnings), busy.events, stands_in=True)

    def _fetched(
        self,
        url: str,
        window: Timespan,
        zone: ZoneInfo,
        now: datetime,
        copy: Copy | None,
        copy_file: Path | None,
        results: Path | None,
    ) -> BusyTime:
        from calsync.feeds.download import download

        answer = download(
            url, copy.origin.etag if copy else "", copy.origin.last_modified if copy else "", self.limits
        )
        body = answer.body
        if body is None:
            if copy is None:
                raise SourceUnavailable(f"{shown(url)} says that nothing changed, but was not asked")
            try:
                busy = self._of_copy(copy, window, zone, results)
            except SourceUnavailable:
                body = download(url, "", "", self.limits).body or b""
            else:
                copies.confirm(copy, now)
                return busy
        content = parsed.digest(body)
        key = parsed.key(content, window, zone, self.reading)
        try:
            busy = parsed.load(results, key) or self._read(body, window, zone)
        except NotACalendar as error:
            raise SourceUnavailable(f"what {shown(url)} sent can't be used: {error}") from error
        copies.store(copy_file, Origin(now, content, len(body), answer.etag, answer.last_modified), body)
        parsed.store(results, key, busy)
        return busy

    def _of_copy(self, copy: Copy, window: Timespan, zone: ZoneInfo, results: Path | None) -> BusyTime:
        """Raises SourceUnavailable if the copy is damaged."""
        key = parsed.key(copy.origin.digest, window, zone, self.reading)
        if known := parsed.load(results, key):
            return known
        body = copy.body()
        if body is None:
            raise SourceUnavailable("the copy is damaged")
        busy = self._read(body, window, zone)
        parsed.store(results, key, busy)
        return busy

    def _read(self, body: bytes, window: Timespan, zone: ZoneInfo) -> BusyTime:
        from calsync.feeds.busy import read_busy  # 25 ms that an unchanged calendar does without

        return read_busy(body, window, zone, self.reading)

    def _unavailable(self, message: str) -> SourceUnavailable:
        return SourceUnavailable(f'busy source "{self.name}": {message}')


def _ics_files(folder: Path) -> list[Path]:
    """Hidden ones are other programs' half-written files."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() == ".ics" and not file.name.startswith(".") and file.is_file()
    )


def _joined(names: list[str], parts: list[BusyTime]) -> BusyTime:
    return BusyTime(
        merge(span for part in parts for span in part.spans),
        tuple(
            f"{name}: {warning}" for name, part in zip(names, parts, strict=True) for warning in part.warnings
        ),
        sum(part.events for part in parts),
    )


def _ago(age: timedelta) -> str:
    hours = age // timedelta(hours=1)
    if hours >= 48:
        return f"{hours // 24} days ago"
    if hours >= 1:
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    return f"{age // timedelta(minutes=1)} minutes ago"
