"""The state folder: what can't travel with a calendar.

Every document in it has its name and its form here and nowhere else; callers get typed values. Documents are
read from and written to a `Store`: a folder today, and a database could take its place.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from calsync.errors import Locked, Unavailable
from calsync.event import Published, week_of_key
from calsync.files import make_private_folder, write_atomically
from calsync.timespan import Timespan
from calsync.training import FIRST_YEAR, LAST_YEAR, CheckIn, Kind, Load, Sign, Week, Workout

F = TypeVar("F")
R = TypeVar("R")

# What was skipped, moved or deleted longer ago than this can't matter any more.
WEEKS_KEPT = 8
# How many results are kept for one busy calendar: `plan`, `push` and `busy` may look at different times.
_RESULTS_KEPT = 6


def state_folder(environment: Mapping[str, str]) -> Path:
    """$CALSYNC_STATE, or the user's state folder as the platform has it. Each plan has a folder in it."""
    if given := environment.get("CALSYNC_STATE"):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("calsync", appauthor=False))


# --- where documents are kept -----------------------------------------------------------------------------


class Held(Exception):
    """Somebody else holds the lock."""


class Store(Protocol):
    """Keeps named documents, readable by the runner alone; each is there whole or not at all.

    Names are paths with slashes, such as "cache/workouts.json". What can't be read or written raises OSError,
    a document that is not there FileNotFoundError.
    """

    def read(self, name: str) -> bytes: ...

    def size(self, name: str) -> int | None:
        """In bytes; None if there is no such document."""

    def replace(self, name: str, content: bytes, *, lasting: bool = True) -> None:
        """Write a document, whether or not it is there.

        It returns when the document can't be lost any more. With lasting=False it doesn't wait for that; only
        who holds the lock may ask for it.
        """

    def acquire(self, name: str, wait: float) -> AbstractContextManager[object]:
        """The lock `name`, held until the end of the `with`. Raises Held after `wait` seconds."""

    def where(self, name: str = "") -> Path:
        """Where people find a document, or all of them: for messages."""

    def files(self) -> Iterable[Path]:
        """All that has been written, locks included, for `calsync doctor`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A store that is a folder of files. It is made when something is written."""

    path: Path

    def read(self, name: str) -> bytes:
        return self.where(name).read_bytes()

    def size(self, name: str) -> int | None:
        try:
            return self.where(name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def replace(self, name: str, content: bytes, *, lasting: bool = True) -> None:
        path = self.where(name)
        if lasting:
            write_atomically(path, content, mode=0o600)
            return
        # One fixed name is enough, as the caller holds the lock.
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.touch(mode=0o600)
        temporary.write_bytes(content)
        temporary.replace(path)

    def acquire(self, name: str, wait: float) -> AbstractContextManager[object]:
        from filelock import FileLock, Timeout

        make_private_folder(self.path)
        try:
            return FileLock(self.where(name)).acquire(timeout=wait)
        except Timeout as problem:
            raise Held from problem

    def where(self, name: str = "") -> Path:
        return self.path / name

    def files(self) -> Iterable[Path]:
        return sorted(path for path in self.path.rglob("*") if path.is_file())


@dataclass(frozen=True, slots=True)
class _Json(Generic[F]):
    """A document of JSON in the form `form`; on several lines where a person may want to read it."""

    store: Store
    name: str
    form: type[F]
    on_lines: bool = False

    def read(self, parse: Callable[[F], R], advice: str) -> R | None:
        """None if there is none. Raises Unavailable if it can't be read, or `parse` finds it damaged.

        To go on without it would be worse; `advice` says what deleting it means.
        """
        try:
            return parse(self._decoded())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ValueError) as problem:
            place = self.store.where(self.name)
            message = f"{place}: can't be read ({problem}); restore it, or delete it {advice}"
            raise Unavailable(message) from problem

    def write(self, value: F) -> None:
        """Raises Unavailable."""
        try:
            self.store.replace(self.name, self._encoded(value))
        except OSError as problem:
            place = self.store.where(self.name)
            raise Unavailable(f"{place}: can't be written: {problem.strerror}") from problem

    def recall(self) -> F | None:
        """Of a document that only saves time: None if there is none, or none that is whole."""
        try:
            return self._decoded()
        except (OSError, msgspec.MsgspecError, ValueError):
            return None

    def remember(self, value: F) -> None:
        """Of a document that only saves time: that it can't be written costs no more than that."""
        with suppress(OSError):
            self.store.replace(self.name, self._encoded(value))

    def _decoded(self) -> F:
        return msgspec.json.decode(self.store.read(self.name), type=self.form)

    def _encoded(self, value: F) -> bytes:
        content = msgspec.json.encode(value)
        return msgspec.json.format(content, indent=2) + b"\n" if self.on_lines else content


# --- what the runner said ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was said with `calsync move` and `calsync skip`, by key.

    A move has all that is needed if the plan no longer asks for that session. `stood` is where it was on a
    calendar when the move was made.
    """

    moves: Mapping[str, Published] = field(default_factory=dict)
    skips: frozenset[str] = frozenset()
    stood: Mapping[str, Timespan] = field(default_factory=dict)


class _Move(msgspec.Struct, omit_defaults=True):
    start: datetime
    end: datetime
    title: str = ""
    description: str = ""
    kind: Kind | None = None
    load: Load | None = None
    routine: str | None = None
    stood: tuple[datetime, datetime] | None = None


class _Wishes(msgspec.Struct):
    moves: dict[str, _Move] = {}
    skips: list[str] = []


class _CheckIn(msgspec.Struct):
    day: date
    signs: list[Sign]


def _parse_wishes(found: _Wishes) -> Wishes:
    """Raises ValueError."""
    for key in (*found.moves, *found.skips):
        week_of_key(key)
    moves = {
        key: Published(
            Timespan(move.start, move.end),
            True,
            move.title,
            move.description,
            move.kind,
            move.load,
            move.routine,
        )
        for key, move in found.moves.items()
    }
    stood = {key: Timespan(*move.stood) for key, move in found.moves.items() if move.stood}
    return Wishes(moves, frozenset(found.skips), stood)


def _move(place: Published, stood: Timespan | None) -> _Move:
    return _Move(
        place.span.start,
        place.span.end,
        place.title,
        place.description,
        place.kind,
        place.load,
        place.routine,
        (stood.start, stood.end) if stood else None,
    )


def _parse_checkins(found: list[_CheckIn]) -> tuple[CheckIn, ...]:
    """Raises ValueError."""
    for entry in found:
        if not FIRST_YEAR <= entry.day.year <= LAST_YEAR:
            raise ValueError(f"{entry.day} is not between {FIRST_YEAR} and {LAST_YEAR}")
    checkins = [CheckIn(entry.day, frozenset(entry.signs)) for entry in found]
    return tuple(sorted(checkins, key=lambda checkin: checkin.day))


# --- what was read of other calendars ---------------------------------------------------------------------


def digest(*parts: bytes) -> str:
    """A hash of these bytes, to compare contents and to name what is cached."""
    whole = hashlib.blake2b(digest_size=20)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


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


class KnownBusy(NamedTuple):
    """Busy time that was read before: merged spans, warnings for people, and the number of events."""

    spans: tuple[Timespan, ...]
    warnings: tuple[str, ...]
    events: int


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
        return body if digest(body) == self.origin.digest else None


@dataclass(frozen=True, slots=True)
class Cache:
    """What is kept of the calendars that are read. Losing it costs time, and the copy of a feed that is down.

    The names of its documents begin with `folder`.
    """

    store: Store
    folder: str = ""

    def of(self, address: str) -> "CachedCalendar":
        """What is kept of the calendar at this address, which tells it from all others."""
        return CachedCalendar(self.store, self.folder + digest(address.encode())[:24])


@dataclass(frozen=True, slots=True)
class CachedCalendar:
    """What is kept of one calendar: the last good copy, and the busy time that was read from it.

    A copy is two documents, so that "nothing has changed" need not write the body again. The small one has
    the digest of the other: a copy that is not whole is none.
    """

    store: Store
    name: str

    @property
    def _origin(self) -> _Json[Origin]:
        return _Json(self.store, f"{self.name}.feed.json", Origin)

    @property
    def _results(self) -> _Json[list[_Result]]:
        return _Json(self.store, f"{self.name}.json", list[_Result])

    def copy(self) -> Copy | None:
        """None if there is none, or none that is whole."""
        body, origin = f"{self.name}.feed", self._origin.recall()
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
            self._origin.remember(Origin(fetched, digest(body), len(body), etag, last_modified))

    def confirm(self, copy: Copy, now: datetime) -> None:
        """Remember that the copy was still what the feed holds at `now`."""
        self._origin.remember(msgspec.structs.replace(copy.origin, fetched=now))

    def busy(self, key: str) -> KnownBusy | None:
        """What was read under `key`, which names all that the result depends on."""
        for result in self._results.recall() or ():
            if result.key == key:
                with suppress(ValueError):  # spans that are none
                    spans = tuple(Timespan(start, end) for start, end in result.spans)
                    return KnownBusy(spans, tuple(result.warnings), result.events)
        return None

    def keep_busy(self, key: str, busy: KnownBusy) -> None:
        spans = [(span.start, span.end) for span in busy.spans]
        result = _Result(key, spans, list(busy.warnings), busy.events)
        others = [old for old in self._results.recall() or () if old.key != key]
        self._results.remember([result, *others][:_RESULTS_KEPT])


# --- one plan's documents ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept of one plan."""

    store: Store

    @property
    def folder(self) -> Path:
        """Where people find it."""
        return self.store.where()

    @property
    def cache(self) -> Cache:
        return Cache(self.store, "cache/")

    # --- what the runner said -----------------------------------------------------------------------------

    @property
    def _wishes(self) -> _Json[_Wishes]:
        return _Json(self.store, "wishes.json", _Wishes, on_lines=True)

    def wishes(self) -> Wishes:
        """Raises Unavailable if it can't be read or is damaged: to forget a skip would be worse."""
        return self._wishes.read(_parse_wishes, "to forget all moves and skips") or Wishes()

    def save_wishes(self, wishes: Wishes, now: datetime) -> None:
        """Keep `wishes`, except those for weeks long past. Raises Unavailable."""
        oldest = Week.of(now.date()).plus(-WEEKS_KEPT)
        moves = {
            key: _move(p, wishes.stood.get(key))
            for key, p in sorted(wishes.moves.items())
            if max(week_of_key(key), Week.of(p.span.end.date())) >= oldest
        }
        skips = [key for key in sorted(wishes.skips) if week_of_key(key) >= oldest]
        self._wishes.write(_Wishes(moves, skips))

    @property
    def _checkins(self) -> _Json[list[_CheckIn]]:
        return _Json(self.store, "checkins.json", list[_CheckIn], on_lines=True)

    def checkins(self) -> tuple[CheckIn, ...]:
        """All check-ins, by date. Raises Unavailable if they can't be read or are damaged."""
        return self._checkins.read(_parse_checkins, "to forget all check-ins") or ()

    def save_checkins(self, checkins: Iterable[CheckIn]) -> None:
        """Keep `checkins` and no others. Raises Unavailable."""
        self._checkins.write(
            [
                _CheckIn(checkin.day, [sign for sign in Sign if sign in checkin.signs])
                for checkin in sorted(checkins, key=lambda checkin: checkin.day)
            ]
        )

    # --- what calsync did ---------------------------------------------------------------------------------

    @property
    def _workouts(self) -> _Json[list[Workout]]:
        return _Json(self.store, "cache/workouts.json", list[Workout])

    def workouts(self) -> tuple[Workout, ...]:
        """What the training platform's feed said the last time; nothing if that can't be told."""
        return tuple(self._workouts.recall() or ())

    def save_workouts(self, workouts: Iterable[Workout]) -> None:
        """Remember them. Costs nothing if they are known, or can't be written."""
        if (new := tuple(workouts)) != self.workouts():
            self._workouts.remember(list(new))

    @property
    def _feeds(self) -> _Json[list[str]]:
        return _Json(self.store, "feeds.json", list[str])

    def feeds(self) -> frozenset[str]:
        """The files that calsync has written as feeds; nothing if that can't be told."""
        return frozenset(self._feeds.recall() or ())

    def add_feed(self, path: Path) -> None:
        """Remember that the file at `path` is ours. Costs nothing if that is known, or can't be written."""
        known = self.feeds()
        if (name := str(path.resolve())) not in known:
            self._feeds.remember(sorted({*known, name}))

    @property
    def _lost(self) -> _Json[list[str]]:
        return _Json(self.store, "lost.json", list[str])

    def lost_sessions(self) -> frozenset[str]:
        """The keys of sessions that were on a calendar and lost their place; nothing if unknown."""
        return frozenset(self._lost.recall() or ())

    def remember_lost(self, keys: Iterable[str], now: datetime) -> None:
        """Add to lost_sessions(), and drop weeks that are over. Costs nothing if nothing is new."""
        if (keys := frozenset(keys)) and not keys <= (known := self.lost_sessions()):
            oldest = str(Week.of(now.date()).plus(-1))
            self._lost.remember(sorted(key for key in known | keys if key >= oldest))

    def last_push(self) -> datetime | None:
        """When a push last reached all that it should; None if there was none, or that can't be told."""
        try:
            return datetime.fromisoformat(self._last_push()[0]).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def last_zone(self) -> str:
        """The zone of that push's plan; empty if that can't be told."""
        return self._last_push()[1]

    def _last_push(self) -> tuple[str, str]:
        try:
            moment, _, zone = self.store.read("last-push").decode("ascii").partition(" ")
        except (OSError, ValueError):
            return "", ""
        return moment, zone

    def remember_push(self, now: datetime, zone: ZoneInfo) -> None:
        """Keep when a push succeeded, and the plan's zone. Costs nothing if that can't be written."""
        # Every push does this, with the lock held, and need not wait for the disk: a power cut may lose it.
        content = f"{now.astimezone(UTC).isoformat()} {zone.key}".encode("ascii")
        with suppress(OSError):
            self.store.replace("last-push", content, lasting=False)

    # --- the lock -----------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """Hold the plan's lock. Raises Locked if another process has it, for `wait` seconds and more."""
        path = self.store.where("lock")
        try:
            held = self.store.acquire("lock", wait)
        except Held as problem:
            raise Locked(f"another push still runs (it holds {path}); try again when it is done") from problem
        except OSError as problem:
            raise Unavailable(f"{path}: can't be locked: {problem.strerror}") from problem
        with held:
            yield

    def is_locked(self) -> bool:
        """Whether somebody holds the plan's lock now. Creates nothing. Raises Unavailable."""
        try:
            if self.store.size("lock") is None:
                return False
            with self.store.acquire("lock", 0):
                return False
        except Held:
            return True
        except OSError as problem:
            raise Unavailable(f"{self.store.where('lock')}: can't be tried: {problem.strerror}") from problem


def state_of(name: str, environment: Mapping[str, str] | None = None) -> State:
    """The state of the plan `name`."""
    return State(Folder(state_folder(os.environ if environment is None else environment) / name))
