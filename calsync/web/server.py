"""The server: which address shows what, and with which headers.

Every address but /healthz begins with the secret; for somebody who doesn't know it, there is nothing.
"""

import gzip
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from ipaddress import ip_address
from urllib.parse import quote

import segno
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from calsync.addresses import HOST, is_loopback
from calsync.errors import CalsyncError, Unavailable
from calsync.travel import zone_at
from calsync.waits import LONGEST_PLAN
from calsync.web.acting import Acting, Refused, is_from_here
from calsync.web.connections import BODY, is_among
from calsync.web.drawing import (
    Actions,
    FeedLinks,
    Links,
    Notice,
    Page,
    render_history,
    render_message,
    render_page,
    render_session,
)
from calsync.web.entries import Entry, entries
from calsync.web.feed_file import FeedFile, answer, takes_gzip
from calsync.web.home_screen import Part, part
from calsync.web.planner import Latest, Snapshot
from calsync.web.secret import Secret, is_same
from calsync.web.sharing import shared, summary
from calsync.words import ago

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
    """All that the server shows. `url` is its address as others see it; empty: as they asked for it.

    Without `acting` the pages only show.
    """

    name: str
    secret: Secret
    feeds: Callable[[], tuple[Feed, ...]]
    latest: Callable[[], Latest]
    clock: Callable[[], datetime]
    every: timedelta
    url: str = ""
    names: Names = Names()
    acting: Acting | None = None


def application(site: Site) -> ASGIApp:
    # Coroutines, as nothing here waits: a thread for each request would cost more than the request.
    async def health(request: Request) -> Response:
        return _health(site)

    async def inside(request: Request) -> Response:
        if request.method == "POST":
            return await _sent_to_owner(site, request)
        return _inside(site, request) or _plain(404, "Not found")

    async def session(request: Request) -> Response:
        if request.method == "POST":
            return await _sent_to_session(site, request)
        return _session(site, request) or _plain(404, "Not found")

    async def share(request: Request) -> Response:
        return _shared(site, request) or _plain(404, "Not found")

    async def nothing(request: Request, error: Exception) -> Response:
        # Also for addresses that no route fits, and methods that none takes.
        status = getattr(error, "status_code", 404)
        text = {404: "Not found", 405: "Method not allowed"}.get(status, "Error")
        # Whether an address takes forms is for those to know who know the address.
        return _plain(status, text, {"Allow": "GET, HEAD"} if status == 405 else None)

    async def unavailable(request: Request, error: Exception) -> Response:
        # No details: whoever asks may not even know the secret.
        return _plain(503, "Unavailable")

    app = Starlette(
        routes=[
            Route("/healthz", health),
            Route("/s/{token}", session, methods=["GET", "POST"]),
            Route("/w/{token}", share),
            Route("/w/{token}/{path:path}", share),
            Route("/{secret}", inside),
            Route("/{secret}/{path:path}", inside, methods=["GET", "POST"]),
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


class _Told(PlainTextResponse):
    """A line of text; for a browser a page, which also says what to do."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str], title: str, more: str) -> None:
        super().__init__(f"{text}\n", status, headers={**_HEADERS, **headers, "Vary": "Accept"})
        self._page = partial(render_message, title, more)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "text/html" in Headers(scope=scope).get("accept", ""):
            page = self._page()
            self.body = page.html.encode()
            self.headers["Content-Security-Policy"] = page.policy
            self.headers["Content-Type"] = "text/html; charset=utf-8"
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return _Told(status, text, headers or {}, text, _WHAT_TO_DO.get(status, ""))


# Whoever asks may know no secret: nothing of the plan, and the same for every address.
_WHAT_TO_DO = {
    404: "There is nothing at this address. A link in an old event, or on a home screen, may be out of date: "
    "take the one that your calendar has now, or ask for a new one.",
    405: "This address can only be looked at.",
    413: "What was sent is too large.",
    421: "This server doesn't answer to the name in the address. If it is a name of its own, it has to be in "
    "allowed_hosts.",
    503: "Please try again in a moment.",
}


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
    if path == "plan.json":
        return _as_json(latest)
    if path == "history":
        return _history(site, request, latest)
    if found := part(path, site.name):
        return _part(found)
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


def _as_json(latest: Latest) -> Response:
    if latest.snapshot is None:
        return _not_yet(latest.problem)
    headers = {**_HEADERS, "Content-Type": "application/json", "Cache-Control": _CACHING}
    return Response(f"{latest.snapshot.as_json}\n", headers=headers)


def _history(site: Site, request: Request, latest: Latest) -> Response:
    if latest.snapshot is None:
        return _not_yet(latest.problem)
    return _html(request, render_history(latest.snapshot.history, name=site.name))


def _part(part: Part) -> Response:
    headers = {**_HEADERS, "Content-Type": part.media_type, "Cache-Control": part.caching}
    if part.policy:
        headers["Content-Security-Policy"] = part.policy
    return Response(part.body, headers=headers)


def _not_yet(problem: str = "") -> Response:
    title, more = "Planning, one moment…", "The page follows by itself."
    if problem:
        title, more = "There is no plan yet", problem
    headers = {"Retry-After": "5", "Refresh": "5"}
    return _Told(503, f"{title}: {problem}" if problem else title, headers, title, more)


def _chosen(snapshot: Snapshot, now: datetime, week: str | None) -> int | None:
    """The number of `week`, of the present one if that is None; None if there is no such week."""
    weeks = snapshot.weeks
    if week is None:
        return next((n for n, one in enumerate(weeks) if now.date() <= one.days[-1].date), len(weeks) - 1)
    return next((n for n, one in enumerate(weeks) if str(one.week) == week), None)


def _links(snapshot: Snapshot, number: int, week: str | None, first: int = 0) -> Links:
    weeks, to_week = snapshot.weeks, "week/" if week is None else ""
    return Links(
        previous=f"{to_week}{weeks[number - 1].week}" if number > first else None,
        this=None if week is None else "../",
        next=f"{to_week}{weeks[number + 1].week}" if number + 1 < len(weeks) else None,
    )


def _page(
    site: Site, request: Request, latest: Latest, week: str | None, notice: Notice | None = None
) -> Response | None:
    """The page of `week`, of the present one if that is None; None if there is no such week."""
    if (snapshot := latest.snapshot) is None:
        return _not_yet(latest.problem)
    now = site.clock().astimezone(snapshot.zone)
    if (number := _chosen(snapshot, now, week)) is None:
        return None
    made, shown = snapshot.made, snapshot.weeks[number]
    actions = None
    if acting := site.acting:
        known = entries(snapshot.weeks)
        notice = notice or _notice(site, request, snapshot, now, None)
        there = [block.key for day in shown.days for block in day.blocks if block.key]
        there += [absent.key for absent in shown.absent]
        base = site.url or request.scope["base"]
        actions = Actions(
            to="./" if week is None else "../",
            week=week or "",
            forms={
                key: tuple(acting.of_entry(known[key], now, snapshot.turn)) for key in there if key in known
            },
            check_in=acting.check_in(snapshot.checkins, now, snapshot.turn),
            share=f"{base}/w/{site.secret.to_share()}/",
            qr=Markup(qr_svg(f"{base}/{site.secret.value()}/")),
        )
    page = render_page(
        [shown],
        name=site.name,
        now=now,
        links=_links(snapshot, number, week),
        problem=_problem(latest),
        warnings=snapshot.warnings,
        feeds=_feed_links(site, request),
        notice=notice,
        actions=actions,
        home="./" if week is None else "../",
        footer=f"Planned {made:%a} {made.day} {made:%b at %H:%M} ({zone_at(snapshot.zone, made).key}), "
        f"and again every {_minutes(site.every)}.",
    )
    return _html(request, page, notice)


def _html(request: Request, page: Page, notice: Notice | None = None) -> Response:
    headers = {
        **_HEADERS,
        "Content-Security-Policy": page.policy,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": _CACHING,
        "Vary": "Accept-Encoding",
    }
    status = 200
    if notice:
        status = notice.status
        headers |= {"Refresh": "3"} if notice.is_waiting else {}
    body = page.html.encode()
    if takes_gzip(request):
        return Response(gzip.compress(body, 5), status, {**headers, "Content-Encoding": "gzip"})
    return Response(body, status, headers)


# --- one run or session, and what the runner does -----------------------------------------------------------


def _entry(site: Site, token: str) -> tuple[Snapshot, Entry] | None:
    """What the page of that token shows; None if there is no such page."""
    snapshot, acting = site.latest().snapshot, site.acting
    if snapshot is None or acting is None:
        return None
    found, token_of = None, site.secret.of_sessions(acting.plan)
    for key, entry in entries(snapshot.weeks).items():
        # All are always compared, so that the time it takes tells nothing.
        if is_same(token, token_of(key)):
            found = entry
    return (snapshot, found) if found else None


def _session(site: Site, request: Request, notice: Notice | None = None) -> Response | None:
    if site.acting and site.latest().snapshot is None:
        return _not_yet()  # without why: whoever asks may know no token
    if (found := _entry(site, request.path_params["token"])) is None:
        return None
    assert site.acting
    snapshot, entry = found
    now = site.clock().astimezone(snapshot.zone)
    notice = notice or _notice(site, request, snapshot, now, entry)
    forms = tuple(site.acting.of_entry(entry, now, snapshot.turn))
    check_in = site.acting.check_in_of(entry, snapshot.checkins, now, snapshot.turn)
    page = render_session(entry, name=site.name, now=now, forms=forms, check_in=check_in, notice=notice)
    return _html(request, page, notice)


def _notice(
    site: Site, request: Request, snapshot: Snapshot, now: datetime, entry: Entry | None
) -> Notice | None:
    """What there is to say of the form whose id the address has; with `entry` only if it was about that."""
    form = request.query_params.get("done", "")
    if not form or site.acting is None:
        return None
    acts = site.acting.kept.acts()
    if acts.awaits(form):
        return Notice("Kept: calsync does it as soon as it can, and this page will say so.", is_waiting=True)
    answered = acts.answer_to(form)
    if answered is None or (entry and answered.key not in ("", entry.key)):
        return None
    if not answered.is_done:
        return Notice(answered.text, is_refused=True)
    if form not in snapshot.answers and site.latest().problem:
        # What that is, the owner's page says.
        text = "It is shown as soon as calsync can plan again; your week page says what is in the way."
        return Notice(f"{answered.text} {text}")
    if form not in snapshot.answers:
        return Notice(f"{answered.text} The plan follows in a moment.", is_waiting=True)
    of_key = entries(snapshot.weeks).get(answered.undo.key) if answered.undo else None
    return Notice(answered.text, site.acting.undo(answered, of_key, snapshot.checkins, now, snapshot.turn))


async def _sent_to_owner(site: Site, request: Request) -> Response:
    given, path = request.path_params["secret"], request.path_params.get("path")
    if not (is_same(given, site.secret.value()) and path == "") or site.acting is None:
        # As for any address that takes no forms.
        raise HTTPException(405, headers={"Allow": "GET, HEAD"})
    body = await request.body()

    def show(notice: Notice, week: str) -> Response | None:
        return _page(site, request, site.latest(), week or None, notice) or _page(
            site, request, site.latest(), None, notice
        )

    week = next(iter(re.findall(rb"(?:^|&)week=([0-9]{4}-W[0-9]{2})(?:&|$)", body)), b"").decode()
    return await run_in_threadpool(
        _sent, site, request, body, "", f"week/{week}" if week else "./", lambda notice: show(notice, week)
    )


async def _sent_to_session(site: Site, request: Request) -> Response:
    token = request.path_params["token"]
    if (found := _entry(site, token)) is None:
        return _plain(404, "Not found")
    body = await request.body()
    return await run_in_threadpool(
        _sent, site, request, body, found[1].key, token, lambda notice: _session(site, request, notice)
    )


def _sent(
    site: Site,
    request: Request,
    body: bytes,
    only: str,
    back: str,
    show: Callable[[Notice], Response | None],
) -> Response:
    """Do what a form asks for, and lead `back`; what was not done is said on the page that `show` gives."""
    acting, latest = site.acting, site.latest()
    assert acting

    def said(status: int, text: str) -> Response:
        return show(Notice(text, status=status, is_refused=True)) or _plain(status, text)

    if not is_from_here(request.headers, (request.scope["base"], site.url)):
        return _plain(403, "This form was sent from another site, so nothing was done.")
    try:
        asked = acting.read(
            body, site.clock().astimezone(latest.snapshot.zone if latest.snapshot else None), only
        )
        answered = acting.take(asked)
    except Refused as refused:
        return said(refused.status, str(refused))
    except Unavailable as problem:
        return said(503, f"Nothing was done, as it could not be kept: {problem}")
    if answered and not answered.is_done:
        return said(409, answered.text)
    return RedirectResponse(f"{back}?done={quote(asked.id)}", 303, headers=_HEADERS)


# --- the page to share --------------------------------------------------------------------------------------


def _shared(site: Site, request: Request) -> Response | None:
    """The week for family and friends: what, and when, and nothing else."""
    token, path = request.path_params["token"], request.path_params.get("path")
    if not is_same(token, site.secret.to_share()):
        return None
    if path is None:
        return RedirectResponse(f"{token}/", 308, headers=_HEADERS)
    if (snapshot := site.latest().snapshot) is None:
        return _not_yet()
    folder, _, name = path.partition("/")
    week = name if folder == "week" else None
    if path and week is None:
        return None
    now = site.clock().astimezone(snapshot.zone)
    first = _chosen(snapshot, now, None)
    number = _chosen(snapshot, now, week)
    if number is None or first is None or number < first:
        return None
    page = render_page(
        [shared(snapshot.weeks[number])],
        name=site.name,
        now=now,
        links=_links(snapshot, number, week, first),
        summary=summary(snapshot, snapshot.weeks[number], now),
        footer=f"Times are those of {zone_at(snapshot.zone, now).key}.",
    )
    return _html(request, page)


def _minutes(every: timedelta) -> str:
    return f"{every // timedelta(minutes=1)} min"


def _problem(latest: Latest) -> str:
    if latest.problem:
        return f"Showing the last good plan. {latest.problem}"
    return " ".join(filter(None, (*latest.snapshot.trouble, latest.others))) if latest.snapshot else ""


def _feed_links(site: Site, request: Request) -> tuple[FeedLinks, ...]:
    base = site.url or request.scope["base"]
    found = []
    for feed in site.feeds():
        addresses = feed.addresses(base, site.secret)
        code = Markup(qr_svg(addresses.webcal))
        found.append(FeedLinks(feed.name, addresses.https, addresses.webcal, code))
    return tuple(found)
