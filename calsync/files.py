"""Files that are there whole or not at all, their hashes, and the named documents that State keeps."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from calsync.errors import Unavailable

F = TypeVar("F")
R = TypeVar("R")
_SUFFIX = ".tmp"


def content_hash(*parts: bytes) -> str:
    """A hash of these bytes, to compare contents and to name what is cached."""
    whole = hashlib.blake2b(digest_size=20)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


def temporary_files(path: Path) -> Iterable[Path]:
    """What write_atomically() has left beside `path` when it was killed, or is just writing."""
    path = path.resolve()
    return path.parent.glob(f".{escape(path.name)}.*{_SUFFIX}")


def make_private_folder(path: Path) -> None:
    """Create the folder `path`, for this user alone, if it isn't there. Raises OSError."""
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(exist_ok=True, mode=0o700)  # with parents=True, those would be open to all


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content`, so that at any moment the old file or the new one is there, whole.

    The bytes go to a temporary file in the same folder, reach the disk, and take the name's place in one
    step (POSIX rename). Parent folders are created. `mode` is the new file's permission bits.

    Raises OSError; nothing is left behind then.
    """
    import tempfile

    path = path.resolve()  # a link stays a link: what it points to is replaced
    if mode & 0o077:
        path.parent.mkdir(parents=True, exist_ok=True)
    else:
        make_private_folder(path.parent)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    # Without this the rename itself can be lost by a power cut. Folders can't be opened everywhere.
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def unavailable_if_not(place: Path, done: str) -> Iterator[None]:
    """Raises Unavailable for an OSError: "PLACE: can't be DONE: reason"."""
    try:
        yield
    except OSError as problem:
        raise Unavailable(f"{place}: can't be {done}: {problem.strerror}") from problem


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

    def create(self, name: str, content: bytes) -> None:
        """Write a document unless it is there: of two that do so at once, the first wins."""

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

    def create(self, name: str, content: bytes) -> None:
        import secrets

        path = self.where(name)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        write_atomically(draft, content, mode=0o600)
        try:
            # The name is given to a whole file, and only if nobody has it: replacing would not ask.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()

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
class Json(Generic[F]):
    """The document `name` of a store: JSON in the form `form`.

    It is on several lines where a person may want to read it.
    """

    name: str
    form: type[F]
    on_lines: bool = False

    def read(self, store: Store, parse: Callable[[F], R], advice: str) -> R | None:
        """None if there is none. Raises Unavailable if it can't be read, or `parse` finds it damaged.

        To go on without it would be worse; `advice` says what deleting it means.
        """
        try:
            return parse(self._decoded(store))
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ValueError) as problem:
            place = store.where(self.name)
            message = f"{place}: can't be read ({problem}); restore it, or delete it {advice}"
            raise Unavailable(message) from problem

    def write(self, store: Store, value: F) -> None:
        """Raises Unavailable."""
        with unavailable_if_not(store.where(self.name), "written"):
            store.replace(self.name, self._encoded(value))

    def recall(self, store: Store) -> F | None:
        """Of a document that only saves time: None if there is none, or none that is whole."""
        try:
            return self._decoded(store)
        except (OSError, msgspec.MsgspecError, ValueError):
            return None

    def remember(self, store: Store, value: F) -> None:
        """Of a document that only saves time: that it can't be written costs no more than that."""
        with contextlib.suppress(OSError):
            store.replace(self.name, self._encoded(value))

    def _decoded(self, store: Store) -> F:
        return msgspec.json.decode(store.read(self.name), type=self.form)

    def _encoded(self, value: F) -> bytes:
        content = msgspec.json.encode(value)
        return msgspec.json.format(content, indent=2) + b"\n" if self.on_lines else content
