"""A feed's file, ready to be sent: body, compressed body, validators.

Decides what a version of the file is. Asking whether a client has it already is conditional.py's.
"""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Version:
    """The file at one time. `etag` without quotes; `modified` in whole seconds since 1970."""

    body: bytes
    compressed: bytes
    etag: str
    modified: int


class FeedFile:
    """The file at `path`, which a push replaces as a whole at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, ...] | None = None
        self._version: Version | None = None

    def version(self) -> Version | None:
        """What the file holds now, or did when it could last be read; None if it never could."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            if stamp != self._stamp:
                self._take(self.path.read_bytes(), int(status.st_mtime))
                self._stamp = stamp
        except OSError:
            # Better yesterday's training than none; the page and `calsync doctor` say what is wrong.
            return self._version
        return self._version

    def _take(self, body: bytes, modified: int) -> None:
        before = self._version
        etag = hashlib.sha256(body).hexdigest()
        if before is not None:
            if before.etag == etag:
                return
            # Last-Modified counts in seconds: two versions within one, or a file restored from a backup,
            # would be the same version to a client that compares nothing else.
            modified = max(modified, before.modified + 1)
        self._version = Version(body, gzip.compress(body, mtime=0), etag, modified)
