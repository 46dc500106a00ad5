"""The server: which address shows what, and what a browser is told of it.

Decides on routes, links and headers. Every address but the root begins with the secret, and to who doesn't
know it nothing is there. How a page looks is page.py's, when it is planned planner.py's.
"""

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from calsync.errors import CalsyncError
from calsync.web.conditional import answer, takes_gzip
from calsync.web.feed import FeedFile
from calsync.web.links import Addresses, qr_svg
from calsync.web.page import FeedLinks, Links, render_page
from calsync.web.planner import Latest
from calsync.web.secret import Secret, is_same

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
        # What can't be read is on the machine, and whoever asks may not even know the secret.
        return PlainTextResponse("Unavailable\n", 503, headers=_HEADERS)

    return Starlette(
        routes=[Route("/", root), Route("/{secret}", inside), Route("/{secret}/{path:path}", inside)],
        exception_handlers={404: nothing, 405: nothing, CalsyncError: unavailable},
    )


def _inside(site: Site, request: Request) -> Response | None:
    """What is behind a secret; None if there is nothing, or it is not the right one."""
    given, path = request.path_params["secret"], request.path_params.get("path")
    for feed in site.feeds():
        # Both are looked at whatever the first one says, so that the time tells nothing.
        fits = is_same(given, site.secret.of_feed(feed.name, is_for_others=feed.is_for_others))
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
        secret = site.secret.of_feed(feed.name, is_for_others=feed.is_for_others)
        addresses = Addresses.of(base, secret, feed.file_name)
        code = Markup(qr_svg(addresses.webcal))
        found.append(FeedLinks(feed.name, addresses.https, addresses.webcal, code))
    return tuple(found)


_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


def _host(headers: Mapping[str, str]) -> str:
    """As the browser wrote it: it is shown to that browser alone."""
    host = headers.get("host", "")
    return host if _HOST.fullmatch(host) else "localhost"
