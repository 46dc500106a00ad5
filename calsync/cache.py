"""What the state folder keeps of the calendars that are read: last good copies, and the busy time in them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from calsync.files import Json, Store, content_hash
from calsync.timespan import Timespan
from calsync.training import Load

# How many results are kept for one busy calendar: `plan`, `push` and `busy` may look at different times.
_RESULTS_KEPT = 6


class Origin(msgspec.Struct, frozen=True):
    """When a copy came, the digest and the size of its body, and what its server said of it."""

    fetched: datetime
    digest: str
    size: int
    etag: str = ""
    last_modified: str = ""


class _Result(msgspec.Struct, frozen=True):
    key: str
    spans: list[tuple[datetime, datetime]]
    warnings: list[str]
    events: int
    guesses: list[str] = []
    sessions: list[tuple[datetime, datetime, Load, str]] = []


class KeptBusy(NamedTuple):
    """What was read of a busy calendar; the fields are those of feeds.BusyTime."""

    spans: tuple[Timespan, ...]
    warnings: tuple[str, ...]
    events: int
    guesses: tuple[str, ...]
    sessions: tuple[tuple[Timespan, Load, str], ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """The last good copy of a feed. Its body is read only when it is needed."""

    origin: Origin
    _read: Callable[[], bytes]

    def body(self) -> bytes | None:
        """None if it is not what was written."""
        try:
            body = self._read()
        except OSError:
            return None
        return body if content_hash(body) == self.origin.digest else None


@dataclass(frozen=True, slots=True)
class Cache:
    """What is kept of the calendars that are read. Losing it costs time, and the copy of a feed that is down.

    The names of its documents begin with `folder`.
    """

    store: Store
    folder: str = ""

    def of(self, address: str) -> "CachedCalendar":
        """What is kept of the calendar at this address, which tells it from all others."""
        return CachedCalendar(self.store, self.folder + content_hash(address.encode())[:24])


@dataclass(frozen=True, slots=True)
class CachedCalendar:
    """What is kept of one calendar: the last good copy, and the busy time that was read from it.

    A copy is two documents, so that "nothing has changed" need not write the body again. The small one has
    the digest of the other: a copy that is not whole is none.
    """

    store: Store
    name: str

    @property
    def _origin(self) -> Json[Origin]:
        return Json(f"{self.name}.feed.json", Origin)

    @property
    def _results(self) -> Json[list[_Result]]:
        return Json(f"{self.name}.json", list[_Result])

    def copy(self) -> Copy | None:
        """None if there is none, or none that is whole."""
        body, origin = f"{self.name}.feed", self._origin.recall(self.store)
        try:
            if origin is None or origin.fetched.tzinfo is None or self.store.size(body) != origin.size:
                return None
        except OSError:
            return None
        return Copy(origin, lambda: self.store.read(body))

    def keep(self, body: bytes, fetched: datetime, etag: str = "", last_modified: str = "") -> None:
        """Make this the copy. That it can't be written costs the next run some time, and no more."""
        with suppress(OSError):
            self.store.replace(f"{self.name}.feed", body)
            origin = Origin(fetched, content_hash(body), len(body), etag, last_modified)
            self._origin.remember(self.store, origin)

    def confirm(self, copy: Copy, now: datetime) -> None:
        """Remember that the copy was still what the feed holds at `now`."""
        self._origin.remember(self.store, msgspec.structs.replace(copy.origin, fetched=now))

    def busy(self, key: str) -> KeptBusy | None:
        """What was kept under `key`, which names all that the busy time depends on."""
        for result in self._results.recall(self.store) or ():
            if result.key == key:
                with suppress(ValueError):  # spans that are none
                    spans = tuple(Timespan(start, end) for start, end in result.spans)
                    found = result.sessions
                    sessions = [(Timespan(start, end), load, title) for start, end, load, title in found]
                    told = tuple(result.warnings), result.events, tuple(result.guesses)
                    return KeptBusy(spans, *told, tuple(sessions))
        return None

    def keep_busy(
        self,
        key: str,
        spans: Iterable[Timespan],
        warnings: Iterable[str],
        events: int,
        guesses: Iterable[str] = (),
        sessions: Iterable[tuple[Timespan, Load, str]] = (),
    ) -> None:
        """Remember what was read: the fields are those of KeptBusy."""
        times = [(span.start, span.end) for span in spans]
        strength = [(span.start, span.end, load, title) for span, load, title in sessions]
        result = _Result(key, times, list(warnings), events, list(guesses), strength)
        others = [old for old in self._results.recall(self.store) or () if old.key != key]
        self._results.remember(self.store, [result, *others][:_RESULTS_KEPT])
