"""A feed's file as it is served: what it holds now, and whether a client has that already."""

import contextlib
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from calsync.files import read_file

# --- a feed's file ----------------------------------------------------------------------------------------


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
        # Better yesterday's training than none; the page and `calsync doctor` say what is wrong.
        with contextlib.suppress(OSError):
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            if stamp != self._stamp:
                self._take(read_file(self.path, _LARGEST_FEED), int(status.st_mtime))
                self._stamp = stamp
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


# In bytes. More would be packed while nobody else is answered.
_LARGEST_FEED = 16_000_000


# --- 200 or 304 -------------------------------------------------------------------------------------------


def answer(request: Request, version: Version, headers: Mapping[str, str]) -> Response:
    """200 with the body, compressed if the client takes that, or 304. `headers` go with either."""
    compresses = takes_gzip(request)
    # Compressed, these are other bytes, and a strong validator says that all bytes are the same (8.8.3.3).
    etag = f'"{version.etag}-gzip"' if compresses else f'"{version.etag}"'
    modified = datetime.fromtimestamp(version.modified, UTC)
    all_headers = {
        **headers,
        "etag": etag,
        "last-modified": format_datetime(modified, usegmt=True),
        "vary": "Accept-Encoding",
    }
    if _has_it(request, version.etag, modified):
        return Response(status_code=304, headers=all_headers)
    if compresses:
        return Response(version.compressed, headers={**all_headers, "content-encoding": "gzip"})
    return Response(version.body, headers=all_headers)


def _has_it(request: Request, etag: str, modified: datetime) -> bool:
    """If-None-Match counts if it is there (13.1.2), and is compared weakly; else If-Modified-Since."""
    if tags := request.headers.getlist("if-none-match"):
        known = {tag.strip().removeprefix("W/") for tag in ",".join(tags).split(",")}
        return bool(known & {"*", f'"{etag}"', f'"{etag}-gzip"'})
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):
        return False  # a date that is none is ignored (13.1.3)
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def takes_gzip(request: Request) -> bool:
    """Whether Accept-Encoding allows it: by its name, or else by the star (12.5.3)."""
    weights = {}
    for entry in ",".join(request.headers.getlist("accept-encoding")).lower().split(","):
        coding, _, parameter = entry.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "").removeprefix("q=") or "1"
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "0")))
    return weight.strip("0.") != ""
