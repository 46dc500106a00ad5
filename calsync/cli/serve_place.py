"""Where `calsync serve` listens, and what its addresses begin with.

Decides what a link says when nobody has asked for a page yet.
"""

import contextlib
import socket
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from calsync.errors import UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server listens. `url` is its address as others see it; empty: as they asked for it."""

    host: str
    port: int
    url: str

    @classmethod
    def of(cls, host: str, port: int, url: str | None) -> Self:
        """Raises UsageError."""
        if url and not _is_address(url):
            example = '"https://training.example.org"'
            raise UsageError(f'--url: expected an address such as {example}, found "{url}"')
        return cls(host.strip("[]"), port, (url or "").rstrip("/"))

    @property
    def base(self) -> str:
        """What links begin with where nobody has asked yet."""
        host = _own_address() if self.host in ("0.0.0.0", "::", "") else self.host
        return self.url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)


def _own_address() -> str:
    """This machine's address in its network; its name where that can't be told."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Sends nothing: connecting such a socket only chooses the way (192.0.2.0/24 is nobody's, RFC 5737).
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()
