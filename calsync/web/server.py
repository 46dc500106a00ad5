"""The server: which address shows what, and with which headers.

Every address but /healthz begins with the secret; for somebody who doesn't know it, there is nothing.
"""

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
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import segno
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from calsync.addresses import HOST, is_loopback
from calsync.errors import CalsyncError
from calsync.files import read_file
from calsync.travel import zone_at
from calsync.waits import LONGEST_PLAN
from calsync.web.connections import BODY, is_among
from calsync.web.drawing import FeedLinks, Links, render_page
from calsync.web.secret import Secret, is_same
from calsync.web.week import WeekPicture
from calsync.words import ago

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
    """A plan as it is shown. `made` in the plan's zone; `trouble` is what somebody has to put right.

    `is_written` is false if there is a feed that doesn't have it: a full disk, a file that is not ours.
    """

    weeks: tuple[WeekPicture, ...]
    made: datetime
    zone: ZoneInfo
    warnings: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    is_written: bool = True


@dataclass(frozen=True, slots=True)
class Latest:
    """The last good plan, None at first, and why there is none newer; empty if there is.

    `in_feeds` is when the plan was made that all feeds have.
    """

    snapshot: Snapshot | None = None
    problem: str = ""
    in_feeds: datetime | None = None

    def followed_by(self, snapshot: Snapshot) -> "Latest":
        return Latest(snapshot, "", snapshot.made if snapshot.is_written else self.in_feeds)


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
            self.latest = self.latest.followed_by(self._plan())
        except CalsyncError as problem:
            self.latest = replace(self.latest, problem=str(problem))
        except Exception as problem:  # noqa: BLE001 - a bug must not end the feeds that people live by
            self.latest = replace(self.latest, problem=f"a bug in calsync: {problem!r}")
        if (now := self._trouble()) != before and not self._ends:
            self._say(now or "planning works again")

    def _trouble(self) -> str:
        """Why there is no newer plan; else what of the last one somebody has to put right."""
        snapshot = self.latest.snapshot
        return self.latest.problem or "; ".join(snapshot.trouble if snapshot else ())


# --- who is asked -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the server answers to: a page of somebody else's must not reach it under theirs.

    `allowed` in small letters; those that a machine has for itself, such as localhost, always are. With
    `any_address` each IP address is, as no name can be made to look like one. `proxies` are the networks of
    those whose X-Forwarded-Proto, -Host and -Prefix count.
    """

    allowed: frozenset[str] = frozenset()
    any_address: bool = False
    proxies: tuple[str, ...] = ()

    def base(self, headers: Headers, client: str) -> str | None:
        """What addresses begin with for who asks; None if they asked for a name that is not its own."""
        scheme, prefix = "http", ""
        # Before HTTP/1.1 a request may do without it.
        hosts = [headers.get("host", "localhost")]
        if is_among(client, self.proxies):
            hosts += _first(headers, "x-forwarded-host", _HOST)
            scheme = (*_first(headers, "x-forwarded-proto", _SCHEME), scheme)[0]
            prefix = (*_first(headers, "x-forwarded-prefix", _PREFIX), prefix)[0].rstrip("/")
        return f"{scheme}://{hosts[-1]}{prefix}" if all(map(self._knows, hosts)) else None

    def _knows(self, host: str) -> bool:
        if not (found := _HOST.fullmatch(host)):
            return False
        name = found[1].strip("[]").lower().rstrip(".")
        return name in self.allowed or is_loopback(name) or (self.any_address and _is_address(name))


_HOST = re.compile(rf"({HOST})(?::[0-9]{{1,5}})?")
_SCHEME = re.compile("https?")
# Folders, but none of those that mean another one (RFC 3986, 5.2.4).
_PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?")


def _first(headers: Headers, name: str, form: re.Pattern[str]) -> list[str]:
    """What the first of several proxies has written, if it has that form."""
    text = headers.get(name, "").partition(",")[0].strip()
    return [text] if text and form.fullmatch(text) else []


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


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
    "X-Robots-Tag": "noindex",
    # What is not there today may be there tomorrow; feeds and pages say otherwise.
    "Cache-Control": "no-store",
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
    names: Names = Names()


def application(site: Site) -> ASGIApp:
    # Coroutines, as nothing here waits: a thread for each request would cost more than the request.
    async def health(request: Request) -> Response:
        return _health(site)

    async def inside(request: Request) -> Response:
        return _inside(site, request) or _plain(404, "Not found")

    async def nothing(request: Request, error: Exception) -> Response:
        # Also for addresses that no route fits, and methods that none takes.
        status = getattr(error, "status_code", 404)
        text = {404: "Not found", 405: "Method not allowed"}.get(status, "Error")
        return _plain(status, text, dict(getattr(error, "headers", None) or {}))

    async def unavailable(request: Request, error: Exception) -> Response:
        # No details: whoever asks may not even know the secret.
        return _plain(503, "Unavailable")

    app = Starlette(
        routes=[
            Route("/healthz", health),
            Route("/{secret}", inside),
            Route("/{secret}/{path:path}", inside),
        ],
        exception_handlers={404: nothing, 405: nothing, CalsyncError: unavailable},
    )

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        headers, client = Headers(scope=scope), scope.get("client")
        scope["base"] = site.names.base(headers, client[0] if client else "")
        if scope["base"] is None:
            await _plain(421, "Misdirected request")(scope, receive, send)
        elif int(headers.get("content-length", "0")) > BODY:
            await _plain(413, "Too large", {"Connection": "close"})(scope, receive, send)
        else:
            await app(scope, receive, send)

    return guarded


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers={**_HEADERS, **(headers or {})})


def _health(site: Site) -> Response:
    """For monitors, and without details, as anybody may ask."""
    latest = site.latest()
    if latest.in_feeds is None:
        return _plain(503, "no plan yet")
    age = site.clock() - latest.in_feeds
    is_last = not latest.problem and latest.snapshot is not None and latest.snapshot.is_written
    if is_last and age <= 2 * site.every + timedelta(seconds=LONGEST_PLAN):
        return _plain(200, "ok")
    return _plain(503, f"the last plan was made {ago(age)}")


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
        return _plain(503, "Not planned yet", {"Retry-After": "10"})
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
        text = f"There is no plan yet: {latest.problem}" if latest.problem else "Planning, one moment…"
        return _plain(503, text, {"Retry-After": "5", "Refresh": "5"})
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
        footer=f"Planned {made:%a} {made.day} {made:%b at %H:%M} ({zone_at(snapshot.zone, made).key}), "
        f"and again every {_minutes(site.every)}.",
    )
    headers = {
        **_HEADERS,
        "Content-Security-Policy": page.policy,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": _CACHING,
        "Vary": "Accept-Encoding",
    }
    body = page.html.encode()
    if takes_gzip(request):
        return Response(gzip.compress(body, 5), headers={**headers, "Content-Encoding": "gzip"})
    return Response(body, headers=headers)


def _minutes(every: timedelta) -> str:
    return f"{every // timedelta(minutes=1)} min"


def _problem(latest: Latest) -> str:
    if latest.problem:
        return f"Showing the last good plan. {latest.problem}"
    return " ".join(latest.snapshot.trouble) if latest.snapshot else ""


def _feed_links(site: Site, request: Request) -> tuple[FeedLinks, ...]:
    base = site.url or request.scope["base"]
    found = []
    for feed in site.feeds():
        addresses = feed.addresses(base, site.secret)
        code = Markup(qr_svg(addresses.webcal))
        found.append(FeedLinks(feed.name, addresses.https, addresses.webcal, code))
    return tuple(found)
