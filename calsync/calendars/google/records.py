"""What Google's calendars can't keep for calsync, in the state folder.

Decides how it is kept: which calendar is a target's, whether one is just being created, and a copy of what
tombstones say, because they vanish after about a month. What follows from it is decided in calendar.py and
creation.py.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from calsync.errors import Unavailable
from calsync.event import week_of_key
from calsync.files import make_private_folder, write_atomically
from calsync.state import WEEKS_KEPT
from calsync.training import Week


class Tombstones(msgspec.Struct, omit_defaults=True):
    """Of one calendar, by key: the generation of the id that is dead.

    `cancelled` by calsync, or just about to be; `released`: deleted by the owner, who then gave it back;
    `deleted` by the owner.
    """

    cancelled: dict[str, int] = {}
    released: dict[str, int] = {}
    deleted: dict[str, int] = {}

    def generation(self, key: str) -> int | None:
        known = [which[key] for which in (self.cancelled, self.released, self.deleted) if key in which]
        return max(known, default=None)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset((*self.cancelled, *self.released, *self.deleted))

    def forget(self, key: str) -> None:
        for which in (self.cancelled, self.released, self.deleted):
            which.pop(key, None)


class Creation(msgspec.Struct, omit_defaults=True):
    """One that was begun; `told` once its owner has been told to look for the calendar."""

    since: datetime
    told: bool = False


class _File(msgspec.Struct, omit_defaults=True):
    calendars: dict[str, str] = {}
    creating: dict[str, Creation] = {}
    tombstones: dict[str, Tombstones] = {}


class Records:
    """The file `google.json` in a plan's part of the state folder; read once, written when it changes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "google.json"
        self._file = self._load()
        self._saved = msgspec.json.encode(self._file)

    def calendar_id(self, target: str) -> str | None:
        return self._file.calendars.get(target)

    def calendars(self) -> Mapping[str, str]:
        """The ids, by the targets' names."""
        return dict(self._file.calendars)

    def creation(self, target: str) -> Creation | None:
        """The one that was begun for a target and has not ended."""
        return self._file.creating.get(target)

    def begin_creation(self, target: str, now: datetime) -> None:
        self._file.creating[target] = Creation(now.astimezone(UTC))
        self.save()

    def tell_of_creation(self, target: str) -> None:
        self._file.creating[target].told = True
        self.save()

    def end_creation(self, target: str, calendar_id: str | None) -> None:
        """`calendar_id` is None if it is certain that none was created.

        What its owner deleted in the calendar that was there before stays deleted.
        """
        self._file.creating.pop(target, None)
        if calendar_id is not None:
            before = self._file.calendars.get(target, "")
            if before in self._file.tombstones:
                deleted = self._file.tombstones[before].deleted
                self._file.tombstones[calendar_id] = Tombstones(deleted=dict(deleted))
            self._file.calendars[target] = calendar_id
        self.save()

    def tombstones(self, calendar_id: str) -> Tombstones:
        """To be changed in place; save() keeps it."""
        return self._file.tombstones.setdefault(calendar_id, Tombstones())

    def prune(self, now: datetime) -> None:
        """Forget what was long ago, and calendars of which nothing is left to say."""
        oldest = Week.of(now.date()).plus(-WEEKS_KEPT)
        for calendar_id, tombstones in list(self._file.tombstones.items()):
            for key in _before(oldest, tombstones.keys):
                tombstones.forget(key)
            if not tombstones.keys:
                del self._file.tombstones[calendar_id]

    def save(self) -> None:
        """Costs nothing if nothing changed. Raises Unavailable."""
        content = msgspec.json.encode(self._file)
        if content == self._saved:
            return
        try:
            make_private_folder(self._path.parent)
            write_atomically(self._path, msgspec.json.format(content, indent=2) + b"\n", mode=0o600)
        except OSError as problem:
            raise Unavailable(f"{self._path}: can't be written: {problem.strerror}") from problem
        self._saved = content

    def _load(self) -> _File:
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
            for tombstones in file.tombstones.values():
                for key in tombstones.keys:
                    week_of_key(key)
        except FileNotFoundError:
            return _File()
        except (OSError, msgspec.DecodeError, ValueError) as problem:
            # To go on without it could bring back what its owner deleted, or make a second calendar.
            message = (
                f"{self._path}: can't be read ({problem}); restore it, or delete it and name the calendar"
            )
            raise Unavailable(f"{message} in the config with calendar_id") from problem
        return file


def _before(oldest: Week, keys: Iterable[str]) -> list[str]:
    return [key for key in keys if week_of_key(key) < oldest]
