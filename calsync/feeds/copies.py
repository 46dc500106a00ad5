"""The last good copy of a feed, on disk.

Decides how a body and what its server said of it stay together: in two files, so that "still the same" need
not write the body again; the small one knows the other's digest. A copy that is not whole is none. The files
are the owner's alone, for they hold a private calendar. Knows nothing of HTTP.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from calsync.files import write_atomically

# --- digests ----------------------------------------------------------------------------------------------


def digest(*parts: bytes) -> str:
    """What stands for these bytes."""
    whole = hashlib.blake2b(digest_size=20)
    for part in parts:
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.hexdigest()


# --- copies -----------------------------------------------------------------------------------------------


class Origin(msgspec.Struct, frozen=True):
    """Where and when a copy came from."""

    fetched: datetime
    digest: str
    size: int
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy whose body is read only when it is needed."""

    origin: Origin
    file: Path

    def body(self) -> bytes | None:
        """None if it is not what was written."""
        try:
            body = self.file.read_bytes()
        except OSError:
            return None
        return body if digest(body) == self.origin.digest else None


def load(file: Path | None) -> Copy | None:
    """The copy in `file`; None if there is none, or none that is whole."""
    if file is None:
        return None
    try:
        origin = msgspec.json.decode(_origin_file(file).read_bytes(), type=Origin)
        if origin.fetched.tzinfo is None or file.stat().st_size != origin.size:
            return None
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None
    return Copy(origin, file)


def store(file: Path | None, origin: Origin, body: bytes) -> None:
    if file is not None:
        with contextlib.suppress(OSError):  # a cache that can't be written only costs the next run some time
            write_atomically(file, body, mode=0o600)
            _write_origin(file, origin)


def confirm(copy: Copy, now: datetime) -> None:
    """Remembers that the copy was still the feed at `now`."""
    with contextlib.suppress(OSError):
        _write_origin(copy.file, msgspec.structs.replace(copy.origin, fetched=now))


def _write_origin(file: Path, origin: Origin) -> None:
    write_atomically(_origin_file(file), msgspec.json.encode(origin), mode=0o600)


def _origin_file(file: Path) -> Path:
    return file.with_name(file.name + ".json")
