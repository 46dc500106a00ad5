"""Files that are there whole or not at all."""

import fcntl
import os
import resource
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from calsync.files import Folder, read_file, write_atomically
from calsync.state import State


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file"
    write_atomically(path, b"one\r\n")
    assert path.read_bytes() == b"one\r\n"
    write_atomically(path, b"")
    assert path.read_bytes() == b""
    assert names_in(path.parent) == ["file"]


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_its_mode_does_not_hang_on_the_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077)
    try:
        write_atomically(tmp_path / "file", b"x", mode=mode)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    link = tmp_path / "link"
    link.symlink_to("here/real")
    write_atomically(link, b"one")
    write_atomically(link, b"two")
    assert link.is_symlink()
    assert (tmp_path / "here" / "real").read_bytes() == b"two"
    assert names_in(tmp_path / "here") == ["real"]


def test_who_reads_the_old_file_still_reads_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old" * 10000)
    with path.open("rb") as reader:
        start = reader.read(5)
        write_atomically(path, b"new" * 10000)
        assert start + reader.read() == b"old" * 10000
    assert path.read_bytes() == b"new" * 10000


@pytest.mark.parametrize("path", ["/proc/x", "/dev/null/x", "/dev/full/x"])
def test_where_nothing_can_be_written(path: str) -> None:
    with pytest.raises(OSError, match=path.rpartition("/")[0]):
        write_atomically(Path(path), b"x")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(tmp_path / "folder", b"x")
    assert names_in(tmp_path) == ["folder"]


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_atomically(path, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


# --- what is no file --------------------------------------------------------------------------------------


def null_device(folder: Path) -> Path:
    """A null device of our own: the machine's stays out of it."""
    path = folder / "null"
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make devices")
    return path


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("other")
    (folder / "other").symlink_to("loop")
    return folder / "loop"


def listening(folder: Path) -> Path:
    os.mknod(folder / "socket", 0o600 | stat.S_IFSOCK)
    return folder / "socket"


NO_FILES = [(null_device, "a device"), (pipe, "a pipe"), (loop, "links"), (listening, "a socket")]


@pytest.mark.parametrize(("make", "what"), NO_FILES, ids=["device", "pipe", "loop", "socket"])
@pytest.mark.parametrize("through_link", [False, True])
def test_what_is_no_file_is_neither_read_nor_replaced(
    tmp_path: Path, make: Callable[[Path], Path], what: str, through_link: bool
) -> None:
    path = place = make(tmp_path)
    if through_link:
        path = tmp_path / "link"
        path.symlink_to(place)
    before = place.lstat()
    with pytest.raises(OSError, match=what):
        read_file(path)
    with pytest.raises(OSError, match=what):
        write_atomically(path, b"x")
    assert place.lstat().st_ino == before.st_ino
    assert place.lstat().st_mode == before.st_mode


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="more than 64 MB"):
        read_file(path)


def test_as_many_bytes_as_are_allowed_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 10)
    assert read_file(tmp_path / "file", 10) == b"x" * 10
    with pytest.raises(OSError, match="more than"):
        read_file(tmp_path / "file", 9)


def test_what_has_no_size_and_does_not_end_is_read_up_to_the_limit() -> None:
    """A file of the kernel says that it has 0 bytes."""
    with pytest.raises(OSError, match="more than"):
        read_file(Path("/proc/self/status"), 10)


@pytest.mark.parametrize("name", ["document", "last-push"])
def test_a_link_in_the_state_folder_is_not_written_through(tmp_path: Path, name: str) -> None:
    """Somebody who could once write to the folder has left it there."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / f".{name}.tmp").symlink_to(victim)
    Folder(folder).replace(name, b"x", lasting=name != "last-push")
    assert victim.read_bytes() == b"mine"
    assert Folder(folder).read(name) == b"x"


@pytest.mark.parametrize(("make", "what"), NO_FILES[:2], ids=["device", "pipe"])
def test_a_lock_that_is_no_file(tmp_path: Path, make: Callable[[Path], Path], what: str) -> None:
    make(tmp_path).rename(tmp_path / "lock")
    with pytest.raises(OSError, match=what):
        Folder(tmp_path).acquire("lock", 0)


# --- what a kill leaves, and what a power cut takes -------------------------------------------------------


def test_only_what_nobody_writes_any_more_is_swept(tmp_path: Path) -> None:
    store = Folder(tmp_path / "state")
    store.replace("cache/a.json", b"kept")
    left = [
        store.where("cache/.a.json.x1y2z3ab.tmp"),
        store.where(".last-push.tmp"),
        store.where(".serve-secret.0123456789abcdef"),
    ]
    for path in left:
        path.write_bytes(b"private")
    written = store.where("cache/.a.json.00000000.tmp")
    with written.open("wb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        store.sweep()
        assert written.exists()
    assert not any(path.exists() for path in left)
    assert store.read("cache/a.json") == b"kept"
    store.sweep()
    assert not written.exists()


def test_who_holds_the_plans_lock_sweeps(tmp_path: Path) -> None:
    state = State(Folder(tmp_path))
    (tmp_path / ".google-token.json.abcd1234.tmp").write_bytes(b"{}")
    with state.lock():
        assert names_in(tmp_path) == ["lock"]


def test_new_folders_and_a_new_secret_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name lasts once its folder has reached the disk, and so does that of a folder."""
    synced = []
    sync = os.fsync

    def spy(descriptor: int) -> None:
        sync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            synced.append((str(path.relative_to(tmp_path)), names_in(path)))

    monkeypatch.setattr(os, "fsync", spy)
    Folder(tmp_path / "a" / "b").create("serve-secret", b"x")
    assert (".", ["a"]) in synced
    assert ("a", ["b"]) in synced
    assert "serve-secret" in next(names for path, names in reversed(synced) if path == "a/b")
    assert names_in(tmp_path / "a" / "b") == ["serve-secret"]
