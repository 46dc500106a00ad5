"""Files that are there whole or not at all, their hashes, and the named documents that State keeps.

Only regular files are read and replaced. What else a path may lead to does harm: a read from a pipe waits for
ever, one from a device never ends, and a rename by root puts a file in the place of the device.
"""

import contextlib
import errno
import hashlib
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from calsync.errors import Unavailable

if sys.platform != "win32":
    import fcntl

F = TypeVar("F")
R = TypeVar("R")
_SUFFIX = ".tmp"
# Names of temporary files in a folder of ours; the second is one of earlier versions.
_LEFT_BEHIND = re.compile(r"\..+(?:\.tmp|\.[0-9a-f]{16})")


def content_hash(*parts: bytes) -> str:
    """A hash of these bytes, to compare contents and to name what is cached."""
    whole = hashlib.blake2b(digest_size=20)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


LARGEST = 64_000_000
"""In bytes: of a calendar, and of anything that is kept of one."""
LARGEST_TEXT = 1_000_000
"""In bytes: of a file that a person writes, such as a config, and of credentials."""


def read_file(path: Path, most: int = LARGEST) -> bytes:
    """The content of the regular file at `path`, which may be a link to one.

    Raises OSError; also for anything but a file, and for more than `most` bytes, without reading those.
    """
    _refuse_other(path, path.stat().st_mode)  # opening some devices already does something
    # Without O_NONBLOCK, to open a pipe would be to wait for somebody who writes into it.
    with os.fdopen(os.open(path, _flags("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")), "rb") as file:
        found = os.fstat(file.fileno())
        _refuse_other(path, found.st_mode)
        # A file that is written meanwhile can have more than it had.
        if found.st_size > most or len(content := file.read(most + 1)) > most:
            raise OSError(errno.EFBIG, f"it has more than {most / 1e6:g} MB", str(path))
    return content


def _flags(*names: str) -> int:
    """Those of them that this system has."""
    return sum(getattr(os, name, 0) for name in names)


def _refuse_other(path: Path, mode: int, link: str = "a link") -> None:
    """Raises OSError for a mode that is no regular file's; `link` says what that of a link means."""
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    kinds = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISLNK, link))
    what = next((name for is_kind, name in kinds if is_kind(mode)), "a device")
    raise OSError(errno.EINVAL, f"it is {what}, not a file", str(path))


def real_path(path: Path) -> Path:
    """`path` without links; but with those that lead in a circle, for which resolve() is a RuntimeError."""
    return Path(os.path.realpath(path))


def make_private_folder(path: Path) -> None:
    """Create the folder `path`, for this user alone, if it isn't there. Raises OSError."""
    _make_folder(path, 0o700)


def _make_folder(path: Path, mode: int) -> None:
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            # With parents=True, those would be open to all.
            folder.mkdir(exist_ok=True, mode=mode)
            _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make what was named, renamed or removed in `folder` last. Folders can't be opened everywhere."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock_of_writer(descriptor: int, *, wait: bool) -> bool:
    """Whether this process has the lock that who writes a temporary file holds on it; it ends with the file.

    So a file that nobody holds is one of a process that was killed, however short ago.
    """
    if sys.platform == "win32":
        return True  # there, what is open can't be removed
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return wait  # a file system without locks: who writes goes on, and who sweeps leaves it alone
    return True


@contextlib.contextmanager
def _temporary_file(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A file beside `path` with this content, which has reached the disk, for its user to rename or link.

    What is left of it at the end is removed. The folder of `path` is created.
    """
    import tempfile

    # Parents are private, too, where the file is.
    _make_folder(path.parent, 0o700 if not mode & 0o077 else 0o777)
    while True:
        # With O_EXCL and O_NOFOLLOW.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
        if _lock_of_writer(descriptor, wait=True) and os.fstat(descriptor).st_nlink:
            break
        os.close(descriptor)  # swept before it was locked
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            temporary.chmod(mode)
            if sys.platform == "win32":
                file.close()  # or it could not be renamed
            yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content`, so that at any moment the old file or the new one is there, whole.

    The bytes go to a temporary file in the same folder, reach the disk, and take the name's place in one
    step (POSIX rename). Parent folders are created. `mode` is the new file's permission bits.

    Raises OSError, also where `path` leads to anything but a file; nothing is left behind then.
    """
    path = real_path(path)  # a link stays a link: what it points to is replaced
    with contextlib.suppress(FileNotFoundError):
        _refuse_other(path, os.lstat(path).st_mode, "a loop of links")
    with _temporary_file(path, content, mode) as temporary:
        temporary.replace(path)
    # Without this the rename itself can be lost by a power cut.
    _sync_folder(path.parent)


def sweep_beside(path: Path) -> None:
    """Remove what write_atomically() has left beside `path` when it was killed."""
    path = real_path(path)
    _sweep(path.parent.glob(f".{escape(path.name)}.*{_SUFFIX}"))


def _sweep(files: Iterable[Path]) -> None:
    with contextlib.suppress(OSError):
        for file in files:
            with contextlib.suppress(OSError):
                descriptor = os.open(file, _flags("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK"))
                try:
                    if _lock_of_writer(descriptor, wait=False):
                        file.unlink()
                finally:
                    os.close(descriptor)


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

    def sweep(self) -> None:
        """Remove what writers that were killed have left. Only who holds the lock may ask for it."""

    def where(self, name: str = "") -> Path:
        """Where people find a document, or all of them: for messages."""

    def files(self) -> Iterable[Path]:
        """All that has been written, locks included, for `calsync doctor`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A store that is a folder of files. It is made when something is written."""

    path: Path

    def read(self, name: str) -> bytes:
        return read_file(self.where(name))

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
        # One fixed name is enough, as the caller holds the lock; what has it is left from a kill.
        temporary = path.with_name(f".{path.name}{_SUFFIX}")
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        temporary.replace(path)

    def create(self, name: str, content: bytes) -> None:
        path = self.where(name)
        # The name is given to a whole file, and only if nobody has it: replacing would not ask.
        with _temporary_file(path, content, 0o600) as temporary, contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        _sync_folder(path.parent)

    def acquire(self, name: str, wait: float) -> AbstractContextManager[object]:
        from filelock import FileLock, Timeout

        make_private_folder(self.path)
        path = self.where(name)
        with contextlib.suppress(FileNotFoundError):
            _refuse_other(path, os.lstat(path).st_mode)
        try:
            return FileLock(path).acquire(timeout=wait)
        except Timeout as problem:
            raise Held from problem

    def sweep(self) -> None:
        _sweep(path for path in self.path.rglob(".*") if _LEFT_BEHIND.fullmatch(path.name))

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
            reason = getattr(problem, "strerror", None) or problem
            message = f"{place}: can't be read ({reason}); restore it, or delete it {advice}"
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
