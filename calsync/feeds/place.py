"""Where a calendar of the config is, and what to do when it can't be had.

Decides that nothing is made of a calendar that can't be read: it is an error, unless a good copy that is not
too old stands in. Knows nothing of what the bytes mean: whoever reads them says whether they are good.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, TypeVar

from calsync.addresses import shown, web_address
from calsync.errors import ConfigError, SourceUnavailable
from calsync.feeds.answers import NotACalendar
from calsync.feeds.download import DEFAULT_LIMITS, Limits
from calsync.state import Cache, CachedCalendar, Copy, digest

T = TypeVar("T")
Progress = Callable[[str], None]
Read = Callable[[str, Callable[[], bytes]], T]
"""Takes the digest of a body and a function that loads it, which an unchanged body may not need."""


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """What was read; `stands_in` says why it is from an older copy, if it is."""

    result: T
    stands_in: str = ""


@dataclass(frozen=True, slots=True)
class _Body:
    body: bytes
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True)
class Place:
    """A calendar at a URL or in a file, or calendars in a folder. `what` names it in messages.

    Raises ConfigError for a URL that may not be used.
    """

    what: str
    path: Path | None = None
    """A file, or a folder: every .ics in it and in its subfolders."""
    url: str | None = None
    """https or webcal; plain http on loopback."""
    use_cache_on_error: bool = True
    max_age: timedelta = timedelta(days=7)
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        if (self.path is None) == (self.url is None):
            raise ConfigError(f"{self.what} needs a path or a url")
        if self.url is not None:
            try:
                web_address(self.url)
            except ValueError as error:
                raise ConfigError(f"{self.what}: its url {error}") from None

    def kept_in(self, cache: Cache) -> CachedCalendar:
        """What was kept of it."""
        return cache.of(f"url {self.url}" if self.url is not None else f"path {self.path}")

    def files(self) -> list[tuple[str, bytes]]:
        """The names and bodies of the files at `path`. Raises SourceUnavailable."""
        assert self.path is not None
        path = self.path
        try:
            files = _ics_files(path) if path.is_dir() else [path]
            bodies = [file.read_bytes() for file in files]
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise self.unavailable(f"{error.filename or path} can't be read: {reason}") from error
        if not files:
            raise self.unavailable(f"the folder {path} has no .ics file")
        names = [str(file.relative_to(path)) if file != path else file.name for file in files]
        return list(zip(names, bodies, strict=True))

    def file(self, name: str) -> Path:
        """Where the file of that name is, which files() gave."""
        assert self.path is not None
        return self.path / name if self.path.is_dir() else self.path

    def fetch(
        self,
        now: datetime,
        cache: Cache | None,
        read: Read[T],
        progress: Progress | None = None,
        is_suspicious: Callable[[T], bool] = lambda result: False,
    ) -> Fetched[T]:
        """What `read` makes of the feed at `url`, or of its copy in `cache`.

        The copy stands in as well for what `is_suspicious`, unless the copy is that, too.

        Raises SourceUnavailable.
        """
        assert self.url is not None
        url = web_address(self.url)
        kept = self.kept_in(cache) if cache else None
        copy = kept.copy() if kept else None
        if progress:
            progress(f"{self.what}: asking {shown(url)}")
        try:
            result, body = self._download(url, copy, read)
        except SourceUnavailable as error:
            if (found := self._stand_in(copy, now, read)) is None:
                raise self.unavailable(str(error)) from error
            return Fetched(found[0], f"{error}; {found[1]}")
        if (
            is_suspicious(result)
            and (found := self._stand_in(copy, now, read))
            and not is_suspicious(found[0])
        ):
            return Fetched(found[0], f"{shown(url)} is suddenly empty; {found[1]}")
        if kept and body:
            kept.keep(body.body, now, body.etag, body.last_modified)
        elif kept and copy:
            kept.confirm(copy, now)
        return Fetched(result)

    def _stand_in(self, copy: Copy | None, now: datetime, read: Read[T]) -> tuple[T, str] | None:
        """What the copy says, and how old it is; None if there is none, or none that may be used."""
        usable = copy if self.use_cache_on_error else None
        if usable is None or (age := max(now - usable.origin.fetched, timedelta(0))) > self.max_age:
            return None
        try:
            return _of_copy(usable, read), f"its copy of {_ago(age)} is used"
        except SourceUnavailable:
            return None

    def _download(self, url: str, copy: Copy | None, read: Read[T]) -> "tuple[T, _Body | None]":
        """What was read, and of what; no body if it is still the copy's."""
        from calsync.feeds.download import download

        answer = download(
            url, copy.origin.etag if copy else "", copy.origin.last_modified if copy else "", self.limits
        )
        if answer.body is None:
            if copy is None:
                raise SourceUnavailable(f"{shown(url)} says that nothing changed, but was not asked")
            try:
                return _of_copy(copy, read), None
            except SourceUnavailable:
                answer = download(url, "", "", self.limits)
        body = _Body(answer.body or b"", answer.etag, answer.last_modified)
        try:
            return read(digest(body.body), lambda: body.body), body
        except NotACalendar as error:
            raise SourceUnavailable(f"what {shown(url)} sent can't be used: {error}") from error

    def unavailable(self, message: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self.what}: {message}")


def _of_copy(copy: Copy, read: Read[T]) -> T:
    """Raises SourceUnavailable if the copy is damaged."""

    def load() -> bytes:
        body = copy.body()
        if body is None:
            raise SourceUnavailable("the copy is damaged")
        return body

    return read(copy.origin.digest, load)


def _ics_files(folder: Path) -> list[Path]:
    """Hidden ones are other programs' half-written files."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() == ".ics" and not file.name.startswith(".") and file.is_file()
    )


def _ago(age: timedelta) -> str:
    hours = age // timedelta(hours=1)
    if hours >= 48:
        return f"{hours // 24} days ago"
    if hours >= 1:
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    return f"{age // timedelta(minutes=1)} minutes ago"
