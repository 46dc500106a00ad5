"""Files that are there whole or not at all."""

import contextlib
import os
from collections.abc import Iterable
from glob import escape
from pathlib import Path

_SUFFIX = ".tmp"


def temporary_files(path: Path) -> Iterable[Path]:
    """What write_atomically() has left beside `path` when it was killed, or is just writing."""
    path = path.resolve()
    return path.parent.glob(f".{escape(path.name)}.*{_SUFFIX}")


def make_private_folder(path: Path) -> None:
    """Create the folder `path`, for its owner alone, if it isn't there. Raises OSError."""
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
