"""Fetching a feed over HTTP, in bounded time and size, and never over an address that others can read.

Every answer that is no complete 200, 203 or 304 is an error with a reason that a person can act on. Of an
earlier copy only the two headers matter here that ask whether anything changed.
"""

import contextlib
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from calsync.addresses import is_loopback, is_private, shown
from calsync.errors import SourceUnavailable
from calsync.waits import ended, tried

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    connect: float = 10.0
    """Seconds to reach the server."""
    read: float = 30.0
    """Seconds between two pieces of an answer."""
    deadline: float = 90.0
    """Seconds for all of it, with redirects and repetitions. Less than a server waits for a plan
    (`waits.LONGEST_PLAN`): it could not say which calendar hangs."""
    deadline_with_copy: float = 30.0
    """The same where there is a copy to go on with."""
    max_bytes: int = 64_000_000
    """Of the body, decompressed."""
    redirects: int = 5
    attempts: int = 3
    pause: float = 1.0
    """Seconds that the first wait between attempts is at most; then twice that, and so on."""
    longest_pause: float = 10.0
    """A server that asks for a longer one is not waited for."""


DEFAULT_LIMITS = Limits()
# What a body is compressed with, of all that is registered. Any other name (none, identity, UTF-8) is that of
# a body that is not compressed.
_UNKNOWN = frozenset(
    ("br", "compress", "x-compress", "zstd", "dcb", "dcz", "exi", "pack200-gzip", "aes128gcm")
)
_KNOWN = frozenset(("gzip", "x-gzip", "deflate"))
_LONGEST_VALIDATOR = 1000
"""Servers refuse headers of some kilobytes."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent."""

    body: bytes | None
    """None if nothing changed."""
    etag: str = ""
    last_modified: str = ""


class _Failure(SourceUnavailable):
    """An attempt that failed; `again` if another may not, after `pause` seconds if the server said so."""

    def __init__(self, message: str, *, again: bool = False, pause: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.pause = pause


def download(url: str, etag: str, last_modified: str, limits: Limits) -> Response:
    """The feed at `url`, or that it is still the one with this ETag and Last-Modified.

    Raises SourceUnavailable, with a message that begins with the server's name and tells no more of the url.
    """
    end = time.monotonic() + limits.deadline
    headers = {"Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "gzip", "User-Agent": "calsync"}
    if etag := _validator(etag):
        headers["If-None-Match"] = etag
    if last_modified := _validator(last_modified):
        headers["If-Modified-Since"] = last_modified
    clients: list[httpx.Client] = []
    answer = in_time(lambda: _attempts(url, headers, limits, end, clients), limits.deadline)
    if answer is None:
        for client in clients:
            client.close()  # ends the thread too, at the latest when its read times out
        raise SourceUnavailable(f"{shown(url)} did not answer completely within {limits.deadline:g} seconds")
    return answer


def _validator(value: str) -> str:
    """The ETag or Last-Modified, or nothing if it can't be sent: a request with it would fail for ever."""
    return value if value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR else ""


def in_time(work: Callable[[], T], seconds: float) -> T | None:
    """The result of `work`, or None after so many seconds.

    A thread, because a server that sends its headers one byte at a time, or a resolver that never answers, is
    stopped by none of httpx's timeouts.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            errors.append(error)

    ended([run], seconds)
    if errors:
        raise errors[0]
    return results[0] if results else None


def _attempts(
    url: str, headers: dict[str, str], limits: Limits, end: float, clients: "list[httpx.Client]"
) -> Response:
    def may_help(error: BaseException) -> bool:
        return isinstance(error, _Failure) and error.again and (error.pause or 0.0) <= limits.longest_pause

    return tried(
        lambda: _attempt(url, headers, limits, end, clients),
        may_help,
        lambda error: error.pause if isinstance(error, _Failure) else None,
        attempts=limits.attempts,
        first=limits.pause,
        longest=limits.longest_pause,
    )


def _attempt(
    url: str, headers: dict[str, str], limits: Limits, end: float, clients: "list[httpx.Client]"
) -> Response:
    """One attempt, redirects included."""
    import logging

    from calsync.http import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes whole addresses into logs
    timeout = httpx.Timeout(limits.read, connect=limits.connect)
    at = url
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False) as client:
            clients[:] = [client]
            for _ in range(limits.redirects + 1):
                auth = _credentials(url) if _origin(at) == _origin(url) else None
                with client.stream("GET", _without_credentials(at), headers=headers, auth=auth) as response:
                    if response.status_code not in (301, 302, 303, 307, 308):
                        return _answer(response, shown(at), limits, end)
                    at = redirected(url, at, response.headers.get("Location", ""))
    except httpx.TimeoutException as error:
        raise _Failure(f"{shown(at)} did not answer in time", again=True) from error
    except httpx.ConnectError as error:
        raise _Failure(f"{shown(at)} can't be reached ({error})", again=True) from error
    except httpx.RemoteProtocolError as error:
        raise _Failure(f"{shown(at)} broke off in the middle of its answer", again=True) from error
    except httpx.TransportError as error:
        raise _Failure(
            f"the connection to {shown(at)} failed ({type(error).__name__})", again=True
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise _Failure(f"{shown(url)} can't be asked ({type(error).__name__})") from error
    raise _Failure(f"{shown(url)} redirects more than {limits.redirects} times")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _credentials(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def redirected(url: str, at: str, location: str) -> str:
    """Where an answer from `at` sends whoever asked for `url`. Raises SourceUnavailable: not there.

    A server on the net can't make calsync ask machines that only this one reaches, such as a router: nobody
    else sees what they answer to, but an address that does something when it is asked is enough.
    """
    target = urljoin(at, location)
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        raise _Failure(f"{shown(at)} redirects to an address that can't be read") from None
    if not location or parts.scheme not in ("http", "https") or not parts.hostname:
        raise _Failure(f"{shown(at)} redirects to an address that can't be read")
    here = urlsplit(at)
    if parts.scheme == "http" and not (
        here.scheme == "http" and is_loopback(here.hostname or "") and is_loopback(parts.hostname)
    ):
        raise _Failure(f"{shown(at)} redirects to {shown(target)}, which anybody on the way can read")
    named = urlsplit(url).hostname or ""
    if parts.hostname != named and is_private(parts.hostname) and not is_private(named):
        raise _Failure(f"{shown(at)} redirects to {shown(target)}, which is inside your own network")
    return target


def _answer(response: "httpx.Response", server: str, limits: Limits, end: float) -> Response:
    status = response.status_code
    if status == 304:
        return Response(None)
    if status not in (200, 203):  # 203: a proxy on the way has changed something
        raise _refused(status, response.headers.get("Retry-After", ""), server)
    pieces: list[bytes] = []
    size = 0
    for piece in decompressed(response, server, limits.max_bytes):
        size += len(piece)
        if size > limits.max_bytes:
            raise _Failure(f"{server} sends more than {limits.max_bytes / 1e6:g} MB")
        if time.monotonic() > end:
            raise _Failure(f"{server} did not answer completely within {limits.deadline:g} seconds")
        pieces.append(piece)
    etag, last_modified = (_validator(response.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
    return Response(b"".join(pieces), etag, last_modified)


def decompressed(response: "httpx.Response", server: str, most: int) -> Iterator[bytes]:
    """The body in pieces; each is bounded, which httpx's own decompression is not."""
    encodings = response.headers.get("Content-Encoding", "").lower().split(",")
    compressed = [name for item in encodings if (name := item.strip(' "')) in _KNOWN | _UNKNOWN]
    if not compressed:
        yield from response.iter_raw()
        return
    if len(compressed) > 1 or compressed[0] in _UNKNOWN:
        raise _Failure(f"{server} compresses its answer in an unknown way")
    inflater = zlib.decompressobj(47)  # gzip or zlib, whichever it is
    is_whole = False
    try:
        for raw in response.iter_raw():
            left = raw
            while left:
                if inflater.eof:
                    # RFC 1952, 2.2: several members, one behind the other. What else follows is padding.
                    if left[:1] != b"\x1f":
                        break
                    inflater, is_whole = zlib.decompressobj(47), False
                yield inflater.decompress(left, min(most + 1, 1 << 20))
                left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            is_whole = inflater.eof
    except zlib.error as error:
        raise _Failure(f"{server} compresses its answer in a way that can't be undone", again=True) from error
    if not is_whole:
        raise _Failure(f"{server} broke off in the middle of its answer", again=True)


def _refused(status: int, retry_after: str, server: str) -> _Failure:
    if status in (401, 403):
        return _Failure(f"{server} refuses access ({status}): copy its private address again")
    if status in (404, 410):
        return _Failure(f"{server} has no calendar at this address ({status}): copy the address again")
    if status == 429 or status >= 500:
        pause: float | None = None
        with contextlib.suppress(ValueError):
            pause = max(0.0, float(retry_after))
        return _Failure(f"{server} has trouble ({status}): try again later", again=True, pause=pause)
    return _Failure(f"{server} answers {status}")
