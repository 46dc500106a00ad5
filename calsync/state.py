"""The state folder: what can't travel with a calendar.

Decides where it is and how it is kept: what the owner skipped and moved for calendars that can't say so,
check-ins, the lock, the last push, the place for caches. Knows nothing of what follows from it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from calsync.errors import Locked, Unavailable
from calsync.event import Published, week_of_key
from calsync.files import make_private_folder, write_atomically
from calsync.timespan import Timespan
from calsync.training import FIRST_YEAR, LAST_YEAR, CheckIn, Kind, Load, Sign, Week, Workout

# What was skipped or moved longer ago than this can't matter any more.
WEEKS_KEPT = 8


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner said: `moves` by key, with all that is needed if the plan no longer asks for it.

    `stood` is where a moved one stood on a calendar when that was said.
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


class _CheckIn(msgspec.Struct):
    day: date
    signs: list[Sign]


class _File(msgspec.Struct):
    moves: dict[str, _Move] = {}
    skips: list[str] = []


def state_folder(environment: Mapping[str, str]) -> Path:
    """$CALSYNC_STATE, or the user's state folder as the platform has it."""
    if given := environment.get("CALSYNC_STATE"):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("calsync", appauthor=False))


@dataclass(frozen=True, slots=True)
class State:
    """One plan's part of the state folder. Folders are created when something is written."""

    folder: Path

    @property
    def cache(self) -> Path:
        """Where copies of busy feeds and what was read from them are kept."""
        return self.folder / "cache"

    @property
    def _file(self) -> Path:
        return self.folder / "wishes.json"

    def wishes(self) -> Wishes:
        """Raises Unavailable if the file can't be read or is damaged: to forget a skip would be worse."""
        try:
            file = msgspec.json.decode(self._file.read_bytes(), type=_File)
            moves = {key: _published(move) for key, move in file.moves.items()}
            stood = {key: Timespan(*move.stood) for key, move in file.moves.items() if move.stood}
            for key in (*moves, *file.skips):
                week_of_key(key)
        except FileNotFoundError:
            return Wishes()
        except (OSError, msgspec.DecodeError, ValueError) as problem:
            message = f"{self._file}: can't be read ({problem}); restore it, or delete it to forget all moves"
            raise Unavailable(f"{message} and skips") from problem
        return Wishes(moves, frozenset(file.skips), stood)

    def save_wishes(self, wishes: Wishes, now: datetime) -> None:
        """Keep `wishes`, except those for weeks long past. Raises Unavailable."""
        oldest = Week.of(now.date()).plus(-WEEKS_KEPT)
        moves = {
            key: _move(p, wishes.stood.get(key))
            for key, p in sorted(wishes.moves.items())
            if max(week_of_key(key), Week.of(p.span.end.date())) >= oldest
        }
        skips = [key for key in sorted(wishes.skips) if week_of_key(key) >= oldest]
        content = msgspec.json.format(msgspec.json.encode(_File(moves, skips)), indent=2)
        try:
            write_atomically(self._file, content + b"\n", mode=0o600)
        except OSError as problem:
            raise Unavailable(f"{self._file}: can't be written: {problem.strerror}") from problem

    @property
    def _checkin_file(self) -> Path:
        return self.folder / "checkins.json"

    def checkins(self) -> tuple[CheckIn, ...]:
        """All check-ins, by date. Raises Unavailable if the file can't be read or is damaged."""
        try:
            entries = msgspec.json.decode(self._checkin_file.read_bytes(), type=list[_CheckIn])
            for entry in entries:
                if not FIRST_YEAR <= entry.day.year <= LAST_YEAR:
                    raise ValueError(f"{entry.day} is not between {FIRST_YEAR} and {LAST_YEAR}")
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError, ValueError) as problem:
            message = f"{self._checkin_file}: can't be read ({problem}); restore it, or delete it to forget"
            raise Unavailable(f"{message} all check-ins") from problem
        checkins = [CheckIn(entry.day, frozenset(entry.signs)) for entry in entries]
        return tuple(sorted(checkins, key=lambda checkin: checkin.day))

    def save_checkins(self, checkins: Iterable[CheckIn]) -> None:
        """Keep `checkins` and no others. Raises Unavailable."""
        entries = [
            _CheckIn(checkin.day, [sign for sign in Sign if sign in checkin.signs])
            for checkin in sorted(checkins, key=lambda checkin: checkin.day)
        ]
        content = msgspec.json.format(msgspec.json.encode(entries), indent=2)
        try:
            write_atomically(self._checkin_file, content + b"\n", mode=0o600)
        except OSError as problem:
            raise Unavailable(f"{self._checkin_file}: can't be written: {problem.strerror}") from problem

    @property
    def _workouts_file(self) -> Path:
        return self.cache / "workouts.json"

    def workouts(self) -> tuple[Workout, ...]:
        """What the training platform's feed said the last time; nothing if that can't be told."""
        try:
            return tuple(msgspec.json.decode(self._workouts_file.read_bytes(), type=list[Workout]))
        except (OSError, msgspec.MsgspecError, ValueError):
            return ()

    def save_workouts(self, workouts: Iterable[Workout]) -> None:
        """Remember them. Costs nothing if they are known, or can't be written."""
        if (new := tuple(workouts)) != self.workouts():
            with suppress(OSError):
                write_atomically(self._workouts_file, msgspec.json.encode(new), mode=0o600)

    def feeds(self) -> frozenset[str]:
        """The files that calsync has written as feeds; nothing if that can't be told."""
        try:
            return frozenset(msgspec.json.decode(self._feeds_file.read_bytes(), type=list[str]))
        except (OSError, msgspec.DecodeError):
            return frozenset()

    def add_feed(self, path: Path) -> None:
        """Remember that the file at `path` is ours. Costs nothing if that is known, or can't be written."""
        known = self.feeds()
        if (name := str(path.resolve())) not in known:
            with suppress(OSError):
                write_atomically(self._feeds_file, msgspec.json.encode(sorted({*known, name})), mode=0o600)

    @property
    def _feeds_file(self) -> Path:
        return self.folder / "feeds.json"

    @property
    def _lost_file(self) -> Path:
        return self.folder / "lost.json"

    def lost_sessions(self) -> frozenset[str]:
        """The keys of sessions that were on a calendar and lost their place; nothing if unknown."""
        try:
            return frozenset(msgspec.json.decode(self._lost_file.read_bytes(), type=list[str]))
        except (OSError, msgspec.MsgspecError, ValueError):
            return frozenset()

    def remember_lost(self, keys: Iterable[str], now: datetime) -> None:
        """Add to lost_sessions(), and drop weeks that are over. Costs nothing if nothing is new."""
        if keys := frozenset(keys):
            known = self.lost_sessions()
            oldest = str(Week.of(now.date()).plus(-1))
            kept = sorted(key for key in known | keys if key >= oldest)
            if not keys <= known:
                with suppress(OSError):
                    write_atomically(self._lost_file, msgspec.json.encode(kept), mode=0o600)

    @property
    def _push_file(self) -> Path:
        return self.folder / "last-push"

    def last_push(self) -> datetime | None:
        """When a push last reached all that it should; None if there was none, or that can't be told."""
        try:
            moment, _, _ = self._push_file.read_text("ascii").partition(" ")
            return datetime.fromisoformat(moment).astimezone(UTC)
        except (OSError, ValueError, OverflowError):
            return None

    def last_zone(self) -> str:
        """The zone of that push's plan; empty if that can't be told."""
        try:
            return self._push_file.read_text("ascii").partition(" ")[2]
        except (OSError, ValueError):
            return ""

    def remember_push(self, now: datetime, zone: ZoneInfo) -> None:
        """Keep when a push succeeded, and the plan's zone. Costs nothing if that can't be written."""
        # Every push does this, so nobody waits for the disk: a power cut may lose it. The lock is held, so
        # nobody else writes the temporary file.
        temporary = self.folder / ".last-push.tmp"
        with suppress(OSError):
            temporary.touch(mode=0o600)
            temporary.write_text(f"{now.astimezone(UTC).isoformat()} {zone.key}", "ascii")
            temporary.replace(self._push_file)

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """Hold the plan's lock. Raises Locked if another process has it, for `wait` seconds and more."""
        from filelock import FileLock, Timeout

        path = self.folder / "lock"
        try:
            make_private_folder(self.folder)
            lock = FileLock(path)
            lock.acquire(timeout=wait)
        except Timeout as problem:
            raise Locked(f"another push still runs (it holds {path}); try again when it is done") from problem
        except OSError as problem:
            raise Unavailable(f"{path}: can't be locked: {problem.strerror}") from problem
        try:
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool:
        """Whether somebody holds the plan's lock now. Creates nothing. Raises Unavailable."""
        from filelock import FileLock, Timeout

        path = self.folder / "lock"
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True
        except OSError as problem:
            raise Unavailable(f"{path}: can't be tried: {problem.strerror}") from problem


def state_of(name: str, environment: Mapping[str, str] | None = None) -> State:
    """The state of the plan `name`."""
    return State(state_folder(os.environ if environment is None else environment) / name)


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


def _published(move: _Move) -> Published:
    return Published(
        Timespan(move.start, move.end),
        True,
        move.title,
        move.description,
        move.kind,
        move.load,
        move.routine,
    )
