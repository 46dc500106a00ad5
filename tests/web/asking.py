"""A client on a bare socket: what was sent is what is asked, and what came is what is seen.

It follows no redirect, unpacks nothing and keeps nothing. An answer is read to the end of the connection, so
that a body where none may be does not go unseen.
"""

import socket
from dataclasses import dataclass
from http.client import HTTPMessage, parse_headers
from typing import BinaryIO
from urllib.parse import urlsplit

PATIENCE = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    def __getitem__(self, header: str) -> str:
        values = self.headers.get_all(header) or []
        assert len(values) == 1, f"{header} is there {len(values)} times in:\n{self.headers}"
        return str(values[0])

    @property
    def names(self) -> dict[str, str]:
        """All headers in small letters, but for the time of the answer."""
        return {name.lower(): value for name, value in self.headers.items() if name.lower() != "date"}


def ask(url: str | bytes, method: str = "GET", **headers: str) -> Answer:
    """The answer to one request; `if_none_match=…` becomes If-None-Match, `host=…` is asked for."""
    address = url.encode() if isinstance(url, str) else url
    place = urlsplit(address.decode("latin-1"))
    host = headers.pop("host", place.netloc)
    target = address.split(place.netloc.encode("latin-1"), 1)[1] or b"/"
    head = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: " + host.encode("latin-1")]
    head += [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
    with connected(url) as link, link.makefile("rb") as stream:
        link.sendall(b"\r\n".join([*head, b"Connection: close", b"", b""]))
        return read_to_end(stream)


def connected(url: str | bytes) -> socket.socket:
    """A connection to whom that address belongs."""
    place = urlsplit(url if isinstance(url, str) else url.decode("latin-1"))
    return socket.create_connection((place.hostname or "", place.port or 80), timeout=PATIENCE)


def read_to_end(stream: BinaryIO) -> Answer:
    status, headers = _head(stream)
    return Answer(status, headers, stream.read())


def read_one(stream: BinaryIO) -> Answer:
    """The next answer of a connection that goes on."""
    status, headers = _head(stream)
    return Answer(status, headers, stream.read(int(headers["Content-Length"] or 0) if status != 304 else 0))


def _head(stream: BinaryIO) -> tuple[int, HTTPMessage]:
    version, _, rest = stream.readline().decode("latin-1").partition(" ")
    assert version == "HTTP/1.1", version
    return int(rest[:3]), parse_headers(stream)
