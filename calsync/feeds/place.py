"""A calendar of the config: where it is, what is used when it can't be had, and what it says.

Nothing is ever made of a calendar that can't be read: that is an error, unless the last good copy is allowed
to take its place. Parsing the bytes is the job of busy.py and workouts.py.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from calsync.addresses import hidden_path, shown, web_address
from calsync.cache import Cache, CachedCalendar, Copy
from calsync.errors import AuthorisationNeeded, ConfigError, NotACalendar, SourceUnavailable
from calsync.feeds import BusyTime, Reading, first_of_many
from calsync.feeds.download import DEFAULT_LIMITS, Limits, Response, download
from calsync.files import content_hash, read_file
from calsync.state import CLOCK_SLACK
from calsync.timespan import Timespan, merge
from calsync.words import Show, ago

if TYPE_CHECKING:
    from calsync.feeds.workouts import PlatformFeed
    from calsync.program import FeedSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What was read of a calendar, and where it is from."""

    result: T
    age: timedelta | None = None
    """Since the newest file was changed, or since the last good copy was fetched; None without a copy."""
    problem: str = ""
    """Why the result is the copy's; empty if it is not."""
    notes: tuple[str, ...] = ()
    """What was read, in words, for those who ask."""

    @property
    def trouble(self) -> tuple[str, ...]:
        """The problem in one line for people; nothing if there is none."""
        if not self.problem or self.age is None:
            return ()
        return (f"{self.problem}; its copy of {ago(self.age)} is used",)


class File(NamedTuple):
    """One body of a calendar. `name` is for warnings, and `path` is None for one that was fetched."""

    name: str
    body: bytes
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a calendar, which are not even loaded where the hash says that they are known."""

    hash: str
    load: Callable[[], Sequence[File]]
    """Raises SourceUnavailable for a copy that is damaged."""

    def each(self, read: Callable[[bytes], T]) -> list[tuple[str, T]]:
        """What `read` makes of each file, with the file's name. Raises NotACalendar or SourceUnavailable."""
        found = []
        for file in self.load():
            try:
                found.append((file.name, read(file.body)))
            except NotACalendar as error:
                where = str(file.path or file.name)
                raise NotACalendar(f"{where}: {error}" if where else str(error)) from error
        return found


class Remote(Protocol):
    """Calendars that are asked for over the net.

    What fetch() gives is kept, with its ETag and Last-Modified, as the last good copy.
    """

    @property
    def address(self) -> str:
        """What tells it from all others in the cache."""

    @property
    def shown(self) -> str:
        """As much of it as may be printed."""

    def fetch(self, etag: str, last_modified: str, limits: Limits) -> Response:
        """What is there now, or that it is still what came with these two.

        Raises SourceUnavailable or AuthorisationNeeded.
        """

    def files(self, body: bytes) -> list[File]:
        """The calendars in a body that fetch() gave."""

    def is_enough(self, etag: str) -> bool:
        """Whether what came with this ETag has all that is needed now."""

    def notes(self, etag: str) -> tuple[str, ...]:
        """What it was that came with this ETag, in words."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """One calendar at one address."""

    url: str

    @property
    def address(self) -> str:
        return f"url {self.url}"

    @property
    def shown(self) -> str:
        return shown(web_address(self.url))

    def fetch(self, etag: str, last_modified: str, limits: Limits) -> Response:
        return download(web_address(self.url), etag, last_modified, limits)

    def files(self, body: bytes) -> list[File]:
        return [File("", body)]

    def is_enough(self, etag: str) -> bool:
        return True

    def notes(self, etag: str) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Place:
    """A calendar at a URL or in a file, calendars in a folder or of an account. `what` names it in messages.

    Raises ConfigError for a URL that may not be used.
    """

    what: str
    path: Path | None = None
    """A file, or a folder: every .ics in it and in its subfolders."""
    url: str | None = None
    """https or webcal; plain http on loopback."""
    use_cache_on_error: bool = True
    """Whether the last good copy of a URL may take its place, up to `max_age` old."""
    max_age: timedelta = timedelta(days=7)
    limits: Limits = DEFAULT_LIMITS
    account: Remote | None = None
    """Calendars that are more than one address."""

    def __post_init__(self) -> None:
        if [self.path, self.url, self.account].count(None) != 2:
            raise ConfigError(f"{self.what} needs a path or a url")
        if self.url is not None:
            try:
                web_address(self.url)
            except ValueError as error:
                raise ConfigError(f"{self.what}: its url {error}") from None

    def kept_in(self, cache: Cache) -> CachedCalendar:
        """What was kept of it."""
        return cache.of(f"path {self.path}" if self.path is not None else self._remote.address)

    @property
    def _remote(self) -> Remote:
        return self.account or _Feed(self.url or "")

    def ask(
        self,
        read: Callable[[Content], T],
        now: datetime,
        cache: Cache | None,
        show: Show | None = None,
        *,
        remember: bool = True,
        is_suspicious: Callable[[T], bool] = lambda result: False,
    ) -> Answer[T]:
        """What `read` makes of the calendar as it is now, or of its last good copy: the one way to its bytes.

        A copy takes the place of a URL that can't be read, and of one whose content `is_suspicious` while the
        copy's is not. `cache` has the copies; with `remember` what was fetched becomes the next one.

        Raises SourceUnavailable, or AuthorisationNeeded where a password is wrong.
        """
        if self.path is not None:
            return self._ask_path(self.path, read, now)
        remote = self._remote
        kept = self.kept_in(cache) if cache else None
        copy = kept.copy() if kept else None
        if copy and copy.origin.fetched > now + CLOCK_SLACK:
            # Its age can't be told, so it counts as too old; only its server can say that it is not.
            unknown = f"; its copy is of {copy.origin.fetched:%Y-%m-%d}, when the clock was wrong"
        else:
            unknown = ""
        age = now - copy.origin.fetched if copy and not unknown else None
        if show:
            show(f"{self.what}: asking {remote.shown}")
        try:
            result, fetched = self._fetch(remote, copy, read, self._limits(copy, now))
        except (SourceUnavailable, AuthorisationNeeded) as error:
            if copy is None or (old := self._of_usable(copy, now, read)) is None:
                raise self._unavailable(f"{error}{unknown}", error) from error
            return Answer(old[0], age, str(error), remote.notes(copy.origin.etag))
        if is_suspicious(result):
            old = self._of_usable(copy, now, read)
            if old is not None and not is_suspicious(old[0]):
                return Answer(old[0], age, f"{remote.shown} is suddenly empty")
        etag = fetched.etag if fetched else copy.origin.etag if copy else ""
        if kept and remember:
            if fetched:
                kept.keep(fetched.body or b"", now, fetched.etag, fetched.last_modified)
            elif copy:
                kept.confirm(copy, now)
        return Answer(result, age, notes=remote.notes(etag))

    def _ask_path(self, path: Path, read: Callable[[Content], T], now: datetime) -> Answer[T]:
        try:
            paths = _ics_files(path) if path.is_dir() else [path]
            bodies = _bodies(paths, self.limits.max_bytes)
            changed = [file.stat().st_mtime for file in paths]
        except OSError as error:
            reason = error.strerror or type(error).__name__
            where = hidden_path(Path(error.filename or path))
            raise self._unavailable(f"{where} can't be read: {reason}") from error
        if not paths:
            raise self._unavailable(f"the folder {path} has no .ics file")
        names = [str(file.relative_to(path)) if file != path else file.name for file in paths]
        files = [File(*file) for file in zip(names, bodies, paths, strict=True)]
        content = Content(content_hash(*(name.encode() for name in names), *bodies), lambda: files)
        try:
            result = read(content)
        except NotACalendar as error:
            raise self._unavailable(str(error)) from error
        return Answer(result, now - datetime.fromtimestamp(max(changed), UTC))

    def _of_usable(self, copy: Copy | None, now: datetime, read: Callable[[Content], T]) -> tuple[T] | None:
        """What the copy says, if there is one, it may be used and it is not damaged."""
        if copy is None or not self._may_be_used(copy, now):
            return None
        try:
            return (read(self._content_of(copy)),)
        except SourceUnavailable:
            return None

    def _may_be_used(self, copy: Copy, now: datetime) -> bool:
        age = now - copy.origin.fetched
        is_young = self.use_cache_on_error and -CLOCK_SLACK <= age <= self.max_age
        return is_young and self._remote.is_enough(copy.origin.etag)

    def _limits(self, copy: Copy | None, now: datetime) -> Limits:
        if copy is None or not self._may_be_used(copy, now):
            return self.limits
        return replace(self.limits, deadline=min(self.limits.deadline, self.limits.deadline_with_copy))

    def _fetch(
        self, remote: Remote, copy: Copy | None, read: Callable[[Content], T], limits: Limits
    ) -> tuple[T, Response | None]:
        """What was read, and of what; None if nothing changed since the copy."""
        start = time.monotonic()
        response = remote.fetch(
            copy.origin.etag if copy else "", copy.origin.last_modified if copy else "", limits
        )
        if response.body is None:
            if copy is None:
                raise SourceUnavailable(f"{remote.shown} says that nothing changed, but was not asked")
            try:
                return read(self._content_of(copy)), None
            except SourceUnavailable:
                left = max(limits.deadline - (time.monotonic() - start), 0)
                response = remote.fetch("", "", replace(limits, deadline=left))
        body = response.body or b""
        try:
            return read(Content(content_hash(body), lambda: remote.files(body))), response
        except NotACalendar as error:
            raise SourceUnavailable(f"what {remote.shown} sent can't be used: {error}") from error

    def _content_of(self, copy: Copy) -> Content:
        def load() -> list[File]:
            body = copy.body()
            if body is None:
                raise SourceUnavailable("the copy is damaged")
            return self._remote.files(body)

        return Content(copy.origin.digest, load)

    def _unavailable(
        self, message: str, error: Exception | None = None
    ) -> SourceUnavailable | AuthorisationNeeded:
        needs_person = isinstance(error, AuthorisationNeeded)
        kind = AuthorisationNeeded if needs_person else SourceUnavailable
        return kind(f"{self.what}: {message}").of(self.what)


def _bodies(paths: Sequence[Path], most: int) -> list[bytes]:
    """What the files hold, `most` bytes together. Raises OSError."""
    bodies: list[bytes] = []
    for path in paths:
        bodies.append(read_file(path, most))
        most -= len(bodies[-1])
    return bodies


def _ics_files(folder: Path) -> list[Path]:
    """Hidden ones are other programs' half-written files."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() == ".ics" and not file.name.startswith(".") and file.is_file()
    )


# To be raised whenever the same bytes would give another result.
_VERSION = 5


# Calendars are asked at once, but parsed one after the other: at once it would be no faster, and take the
# memory of all together.
_ONE_PARSER = threading.Lock()


def busy_time(
    place: Place,
    reading: Reading,
    window: Timespan,
    zone: ZoneInfo,
    now: datetime,
    cache: Cache | None,
    show: Show | None = None,
    *,
    remember: bool = True,
) -> Answer[BusyTime]:
    """When somebody is busy within `window`; `zone` is the plan's.

    `cache` has copies and results of earlier times; without `remember` nothing is added to it.

    Raises SourceUnavailable or AuthorisationNeeded.
    """
    kept = place.kept_in(cache) if cache else None

    def read(content: Content) -> BusyTime:
        busy = one(content, reading)
        if not reading.away:
            return busy
        away = one(content, replace(reading, only_away=True))
        warnings = tuple(dict.fromkeys((*busy.warnings, *away.warnings)))
        return busy._replace(away=away.spans, warnings=warnings)

    def one(content: Content, reading: Reading) -> BusyTime:
        told = (_VERSION, content.hash, window.start, window.end, str(zone), astuple(reading))
        key = content_hash(repr(told).encode())
        if kept and (known := kept.busy(key)):
            return BusyTime(*known[:4], sessions=known.sessions)
        # Here and not above: a calendar that is the one of last time is not parsed, and what parses it takes
        # a tenth of the time of a push without changes to import.
        from calsync.feeds.busy import read_busy

        with _ONE_PARSER:
            busy = _joined(content.each(lambda body: read_busy(body, window, zone, reading)))
        if kept and remember:
            kept.keep_busy(key, *busy[:4], busy.sessions)
        return busy

    return place.ask(read, now, cache, show, remember=remember)


def _joined(parts: Sequence[tuple[str, BusyTime]]) -> BusyTime:
    """The busy time of all files of a folder, whose names tell the warnings apart."""
    if len(parts) == 1:
        return parts[0][1]
    return BusyTime(
        merge(span for _, part in parts for span in part.spans),
        first_of_many(
            tuple(f"{name}: {warning}" for name, part in parts for warning in part.warnings), "problems"
        ),
        sum(part.events for _, part in parts),
        first_of_many(tuple(f"{name}: {guess}" for name, part in parts for guess in part.guesses), "guesses"),
        sessions=tuple(sorted({session for _, part in parts for session in part.sessions})),
    )


def feed_workouts(
    place: Place,
    settings: "FeedSettings",
    first: date,
    last: date,
    zone: ZoneInfo,
    now: datetime,
    cache: Cache | None,
    show: Show | None = None,
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
        with _ONE_PARSER:
            parts = content.each(lambda body: read_workouts(body, first, last, zone, settings))
        return PlatformFeed.of_files([part for _, part in parts])

    return place.ask(read, now, cache, show, remember=remember, is_suspicious=lambda feed: not feed.has_runs)
