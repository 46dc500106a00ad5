"""Files that are there whole or not at all."""

import os
import resource
import signal
from pathlib import Path

import pytest

from calsync.files import write_atomically


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
