"""The server: which address shows what, and with which headers.

Every address but the root begins with the secret; for somebody who doesn't know it, there is nothing.
Planning goes on in a thread of its own, so that no request waits for it.
"""

import asyncio
import contextlib
import gzip
import hashlib
import io
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import h11
import segno
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from calsync.errors import CalsyncError
from calsync.waits import REQUEST_HEAD
from calsync.web.drawing import FeedLinks, Links, render_page
from calsync.web.secret import Secret, is_same
from calsync.web.week import WeekPicture

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
                self._take(self.path.read_bytes(), int(status.st_mtime))
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


# --- clients that never say it all ------------------------------------------------------------------------


class HttpProtocol(H11Protocol):
    """uvicorn's, with a limit for the time until a head is whole."""

    seconds_for_a_head = REQUEST_HEAD
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_watch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Between requests uvicorn has a limit of its own, which ends with the first byte of the next."""
        if self.conn.their_state is not h11.IDLE:
            self._end_watch()
        elif self._limit is None:
            self._limit = self.loop.call_later(self.seconds_for_a_head, self._give_up)

    def _end_watch(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self) -> None:
        self._limit = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


# --- addresses --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Addresses:
    """One feed's. `webcal` opens a calendar app where there is one; `https` is for all that ask for a URL."""

    https: str
    webcal: str


@lru_cache(64)  # a browser names the host as it likes
def qr_svg(text: str) -> str:
    """An SVG element, dark on light in any colour scheme."""
    # To try all masks takes three times as long, while nobody else is answered.
    code = segno.make_qr(text, error="m", mask=4)
    return str(code.svg_inline(border=2, light="#ffffff", dark="#000000", omitsize=True))


def qr_lines(text: str) -> list[str]:
    """Lines of half blocks, drawn for a dark terminal."""
    out = io.StringIO()
    segno.make(text, error="l").terminal(out, compact=True)
    return out.getvalue().splitlines()


# --- planning beside it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A plan as it is shown. `made` in the plan's zone; `trouble` is what somebody has to put right."""

    weeks: tuple[WeekPicture, ...]
    made: datetime
    zone: ZoneInfo
    warnings: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Latest:
    """The last good plan, None at first, and why there is none newer; empty if there is."""

    snapshot: Snapshot | None = None
    problem: str = ""


class Planner:
    """Calls `plan` at once when it is started, then after every `every` seconds, and whenever it is woken.

    `plan` raises CalsyncError if there can be no new plan. `say` is told when that begins and when it ends.
    """

    def __init__(self, plan: Callable[[], Snapshot], every: float, say: Callable[[str], None]) -> None:
        self.latest = Latest()
        self._plan = plan
        self._every = every
        self._say = say
        self._is_woken = threading.Event()
        self._ends = False
        # A daemon: a download that hangs must not keep the process from ending. Everything that is written is
        # written in one step, so it may be broken off anywhere.
        self._thread = threading.Thread(target=self._run, name="planner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Plan now, or once more when the plan that is being made is done."""
        self._is_woken.set()

    def stop(self, patience: float) -> None:
        """Make no further plan; wait that many seconds for the one that is being made."""
        self._ends = True
        self.wake()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._ends:
            self._once()
            self._is_woken.wait(self._every)
            self._is_woken.clear()

    def _once(self) -> None:
        before = self._trouble()
        try:
            self.latest = Latest(self._plan())
        except CalsyncError as problem:
            self.latest = replace(self.latest, problem=str(problem))
        except Exception as problem:  # noqa: BLE001 - a bug must not end the feeds that people live by
            self.latest = replace(self.latest, problem=f"a bug in calsync: {problem!r}")
        if (now := self._trouble()) != before:
            self._say(now or "planning works again")

    def _trouble(self) -> str:
        """Why there is no newer plan; else what of the last one somebody has to put right."""
        snapshot = self.latest.snapshot
        return self.latest.problem or "; ".join(snapshot.trouble if snapshot else ())


# --- what is where ----------------------------------------------------------------------------------------

# For everything; pages add their own policy. The secret is in the address, which must not travel in Referer.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Kept by the client's own cache at most, and asked for anew each time; that costs a 304.
_CACHING = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that is served: its target's name, the last part of its address, and its file."""

    name: str
    file_name: str
    file: FeedFile
    is_for_others: bool

    def secret(self, secret: Secret) -> str:
        """The part of its address that nobody guesses."""
        return secret.of_feed(self.name, is_for_others=self.is_for_others)

    def addresses(self, base: str, secret: Secret) -> Addresses:
        """`base` is the server's address, with http or https."""
        https = f"{base.rstrip('/')}/{self.secret(secret)}/{quote(self.file_name, safe='')}"
        return Addresses(https, "webcal://" + https.partition("://")[2])


@dataclass(frozen=True, slots=True)
class Site:
    """All that the server shows. `url` is its address as others see it; empty: as they asked for it."""

    name: str
    secret: Secret
    feeds: Callable[[], tuple[Feed, ...]]
    latest: Callable[[], Latest]
    clock: Callable[[], datetime]
    every: timedelta
    url: str = ""


def application(site: Site) -> Starlette:
    async def root(request: Request) -> Response:
        text = "calsync is running. `calsync serve --show-links` prints the addresses that show something.\n"
        return PlainTextResponse(text, headers=_HEADERS)

    # Coroutines, as nothing here waits: a thread for each request would cost more than the request.
    async def inside(request: Request) -> Response:
        response = _inside(site, request)
        return response or PlainTextResponse("Not found\n", 404, headers=_HEADERS)

    async def nothing(request: Request, error: Exception) -> Response:
        # Also for addresses that no route fits, and methods that none takes.
        status = getattr(error, "status_code", 404)
        more = dict(getattr(error, "headers", None) or {})
        text = {404: "Not found", 405: "Method not allowed"}.get(status, "Error")
        return PlainTextResponse(f"{text}\n", status, headers={**_HEADERS, **more})

    async def unavailable(request: Request, error: Exception) -> Response:
        # No details: whoever asks may not even know the secret.
        return PlainTextResponse("Unavailable\n", 503, headers=_HEADERS)

    return Starlette(
        routes=[Route("/", root), Route("/{secret}", inside), Route("/{secret}/{path:path}", inside)],
        exception_handlers={404: nothing, 405: nothing, CalsyncError: unavailable},
    )


def _inside(site: Site, request: Request) -> Response | None:
    """What an address with a secret shows; None if there is nothing, or the secret is wrong."""
    given, path = request.path_params["secret"], request.path_params.get("path")
    for feed in site.feeds():
        # Both are always compared, so that the time it takes tells nothing.
        fits = is_same(given, feed.secret(site.secret))
        if fits & (path == feed.file_name):
            return _feed(feed, request)
    if not is_same(given, site.secret.value()):
        return None
    if path is None:
        return RedirectResponse(f"{given}/", 308, headers=_HEADERS)
    latest = site.latest()
    if path == "":
        return _page(site, request, latest, None)
    folder, _, week = path.partition("/")
    return _page(site, request, latest, week) if folder == "week" else None


def _feed(feed: Feed, request: Request) -> Response | None:
    version = feed.file.version()
    if version is None:
        return PlainTextResponse("Not planned yet\n", 503, headers={**_HEADERS, "Retry-After": "10"})
    headers = {
        **_HEADERS,
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(feed.file_name)}",
        "Cache-Control": _CACHING,
    }
    return answer(request, version, headers)


def _page(site: Site, request: Request, latest: Latest, week: str | None) -> Response | None:
    """The page of `week`, of the present one if that is None; None if there is no such week."""
    snapshot = latest.snapshot
    if snapshot is None:
        text = f"There is no plan yet: {latest.problem}\n" if latest.problem else "Planning, one moment…\n"
        return PlainTextResponse(text, 503, headers={**_HEADERS, "Retry-After": "5", "Refresh": "5"})
    now = site.clock().astimezone(snapshot.zone)
    weeks = snapshot.weeks
    if week is None:
        number = next((n for n, one in enumerate(weeks) if now.date() <= one.days[-1].date), len(weeks) - 1)
        to_week, this = "week/", None
    else:
        found = [n for n, one in enumerate(weeks) if str(one.week) == week]
        if not found:
            return None
        number, to_week, this = found[0], "", "../"
    made = snapshot.made
    page = render_page(
        [weeks[number]],
        name=site.name,
        now=now,
        links=Links(
            previous=f"{to_week}{weeks[number - 1].week}" if number > 0 else None,
            this=this,
            next=f"{to_week}{weeks[number + 1].week}" if number + 1 < len(weeks) else None,
        ),
        problem=_problem(latest),
        warnings=snapshot.warnings,
        feeds=_feed_links(site, request),
        footer=f"Planned {made:%a} {made.day} {made:%b at %H:%M} ({snapshot.zone.key}), "
        f"and again every {_minutes(site.every)}.",
    )
    headers = {
        **_HEADERS,
        "Content-Security-Policy": page.policy,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": _CACHING,
        "Vary": "Accept-Encoding",
        "X-Robots-Tag": "noindex",
    }
    body = page.html.encode()
    if takes_gzip(request):
        return Response(gzip.compress(body, 5), headers={**headers, "Content-Encoding": "gzip"})
    return Response(body, headers=headers)


def _minutes(every: timedelta) -> str:
    return f"{every // timedelta(minutes=1)} min"


def _problem(latest: Latest) -> str:
    if latest.problem:
        return f"This is the last plan that could be made. {latest.problem}"
    return " ".join(latest.snapshot.trouble) if latest.snapshot else ""


def _feed_links(site: Site, request: Request) -> tuple[FeedLinks, ...]:
    base = site.url or f"{request.url.scheme}://{_host(request.headers)}"
    found = []
    for feed in site.feeds():
        addresses = feed.addresses(base, site.secret)
        code = Markup(qr_svg(addresses.webcal))
        found.append(FeedLinks(feed.name, addresses.https, addresses.webcal, code))
    return tuple(found)


_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


def _host(headers: Mapping[str, str]) -> str:
    """As the browser wrote it: it is shown to that browser alone."""
    host = headers.get("host", "")
    return host if _HOST.fullmatch(host) else "localhost"
