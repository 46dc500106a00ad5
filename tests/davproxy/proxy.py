"""Passes requests on to a real server, and its answers back: both as the quirks want them."""

import hashlib
import http.client
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from icalendar import Calendar

from calsync.calendars.caldav.lines import uid_of
from tests.calendars.caldav.servers import Server
from tests.davproxy.faults import Fault, Faults
from tests.davproxy.quirks import Quirks

_DAV, _CALDAV, _CS = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://calendarserver.org/ns/}"
_HREF = f"{_DAV}href"
_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server")
Phase = Literal["before", "after"]


@dataclass(frozen=True)
class Asked:
    """`path` as it is in the request; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def report(self) -> str:
        """Which of the REPORTs it is."""
        return ElementTree.fromstring(self.body).tag.rpartition("}")[2] if self.method == "REPORT" else ""


@dataclass
class Said:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


Hook = Callable[[Asked, Phase, Said | None], None]


class Proxy:
    """`with Proxy(server, quirks) as proxy:`; `proxy.as_server` is what a client is given."""

    def __init__(self, server: Server, quirks: Quirks | None = None) -> None:
        self.upstream = server
        self.quirks = quirks or Quirks()
        self.faults = Faults()
        self.hook: Hook | None = None
        """Hears of each request before and after; while there is one, only one request is done at a time."""
        self.asked: list[Asked] = []
        self.frozen: _Frozen | None = None
        self.failures: list[str] = []
        """What went wrong in the proxy itself."""
        self._moved: dict[str, str] = {}
        self._taken: set[str] = set()
        self._places: dict[str, str] = {}
        """Where each UID was written last."""
        self._turn = threading.Lock()
        self._working = 0
        self._idle = threading.Condition()
        self.connections = 0
        """How many there have been."""
        self.generation = 0
        """Of connections: what comes over one from before the last cut_off() is not heard."""
        self.real_path = ""
        """Where the last request went."""
        proxy = self

        class Handler(_Handler):
            def __init__(self, *given: Any) -> None:
                self.proxy = proxy
                super().__init__(*given)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        assert not self.failures, self.failures

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def as_server(self) -> Server:
        return replace(self.upstream, url=self.url)

    def cut_off(self) -> None:
        """Whoever is connected now is not heard any more."""
        self.generation += 1

    def wait(self) -> None:
        """Until no request is being answered."""
        with self._idle:
            assert self._idle.wait_for(lambda: not self._working, 30)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with self._idle:
            self._working += 1
        try:
            yield
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()

    def turn(self) -> Any:
        return self._turn if self.hook else nullcontext()

    # --- an index that lags behind ------------------------------------------------------------------------

    def freeze(self, url: str) -> None:
        """From now on, lists of the calendar at `url` are those of this moment; its objects are true."""
        with self._direct() as ask:
            path = urlsplit(url).path
            self.frozen = _Frozen(
                unquote(path),
                tokens=ask("PROPFIND", path, _TOKENS, "0"),
                members=ask("PROPFIND", path, _MEMBERS, "1"),
                objects=ask("REPORT", path, _OBJECTS, "1"),
            )

    def thaw(self) -> None:
        self.frozen = None

    @contextmanager
    def _direct(self) -> Iterator[Callable[[str, str, str, str], Element]]:
        client = self.upstream.client()

        def ask(method: str, path: str, body: str, depth: str) -> Element:
            from calsync.calendars.caldav.client import Request

            headers = (("Content-Type", "application/xml"), ("Depth", depth))
            return ElementTree.fromstring(client.call(Request(method, path, body.encode(), headers)).body)

        try:
            yield ask
        finally:
            client.close()

    # --- one request --------------------------------------------------------------------------------------

    def answer(self, asked: Asked, send: Callable[[Asked], Said]) -> Said:
        """What the server that this proxy plays would say."""
        if self.frozen and (said := self.frozen.answer(asked)):
            return self._changed(asked, said)
        match asked.method:
            case "PUT":
                return self._put(asked, send)
            case "MKCALENDAR":
                return self._mkcalendar(asked, send)
            case "REPORT" if asked.report == "sync-collection" and self.quirks.sync == "no":
                return Said(403, body=b"<error xmlns='DAV:'><supported-report/></error>")
            case "REPORT" if asked.report == "calendar-multiget" and self.quirks.asked_by == "path":
                if any("://" in (one.text or "") for one in ElementTree.fromstring(asked.body).iter(_HREF)):
                    return Said(400)
        passed = self._to_place(asked)
        if passed is None:
            return Said(404)
        said = send(passed)
        if self.quirks.sync == "forgets" and asked.report == "sync-collection" and not said.is_success:
            token = next(iter(self._token_of(asked.path)), "")
            said = Said(207, {"content-type": "text/xml"}, _EMPTY.format(token=token).encode())
        if self.quirks.gone == "412" and said.status == 404 and "if-match" in asked.headers:
            said = Said(412)
        if asked.method == "DELETE" and said.is_success:
            gone = unquote(asked.path)
            self._places = {
                uid: place for uid, place in self._places.items() if not unquote(place).startswith(gone)
            }
            if self.quirks.mkcalendar == "bin":
                self._taken.add(asked.path.rstrip("/"))
        return self._changed(asked, said)

    def _token_of(self, path: str) -> list[str]:
        with self._direct() as ask:
            found = ask("PROPFIND", path, _TOKENS, "0")
        return [one.text or "" for one in found.iter(f"{_DAV}sync-token")]

    def _to_place(self, asked: Asked) -> Asked | None:
        """Where a calendar has moved, there is nothing but itself at its first address."""
        for before, after in self._moved.items():
            if asked.path.rstrip("/") == before:
                return replace(asked, path=f"{after}/")
            if asked.path.startswith(f"{before}/"):
                return None
        return self._starred(asked)

    def _starred(self, asked: Asked) -> Asked | None:
        """With the stars as these servers understand them."""
        headers = dict(asked.headers)
        stars = self.quirks.stars
        if stars != "hold" and headers.get("if-match") == "*":
            headers.pop("if-match")
            if stars == "never":
                headers["if-match"] = '"*"'
            elif stars == "backwards":
                headers["if-none-match"] = "*"
        elif stars in ("ignored", "never") and headers.get("if-none-match") == "*":
            headers.pop("if-none-match")
        return replace(asked, headers=headers)

    def _put(self, asked: Asked, send: Callable[[Asked], Said]) -> Said:
        quirks = self.quirks
        uid = uid_of(asked.body.decode())
        place = self._places.get(uid, asked.path)
        if quirks.uids == "account" and _folder(place) != _folder(asked.path):
            return Said(403, {"content-type": "text/xml"}, _TAKEN.format(href=place).encode())
        if quirks.strict and (trouble := _trouble_with(asked.body)):
            return Said(403, body=trouble.encode())
        if quirks.renames and asked.headers.get("if-none-match") == "*":
            folder, _, name = asked.path.rpartition("/")
            name = f"SRV-{hashlib.sha256(name.encode()).hexdigest()[:20].upper()}.ics"
            asked = replace(asked, path=f"{folder}/{name}")
        if quirks.drops_unknown:
            asked = replace(asked, body=_without_unknown(asked.body))
        if quirks.rewrites:
            asked = replace(asked, body=_rewritten(asked.body))
        passed = self._to_place(asked)
        said = Said(404) if passed is None else self._changed(asked, send(passed))
        if said.is_success:
            self._places[uid] = asked.path
        return said

    def _mkcalendar(self, asked: Asked, send: Callable[[Asked], Said]) -> Said:
        match self.quirks.mkcalendar:
            case "no":
                return Said(405)
            case "bare" if b"supported-calendar-component-set" in asked.body:
                return Said(403)
            case "bin" if asked.path.rstrip("/") in self._taken:
                return Said(405)
            case "moves":
                before = asked.path.rstrip("/")
                after = f"{before.rpartition('/')[0]}/{uuid.uuid4().hex}"
                said = send(replace(asked, path=f"{after}/"))
                if said.is_success:
                    self._moved[before] = after
                return said
        return send(asked)

    # --- what is said -------------------------------------------------------------------------------------

    def _changed(self, asked: Asked, said: Said) -> Said:
        etags = self.quirks.etags
        has_written = asked.method in ("PUT", "DELETE")
        if etags == "none" or (etags == "none after a write" and has_written):
            said.headers.pop("etag", None)
        elif said.headers.get("etag") and (
            etags == "weak" or (etags == "weak after a write" and has_written)
        ):
            said.headers["etag"] = f"W/{said.headers['etag']}"
        if said.status == 207:
            root = ElementTree.fromstring(said.body)
            self._change(asked, root)
            said.body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return said

    def _change(self, asked: Asked, root: Element) -> None:
        quirks = self.quirks
        gone = []
        if quirks.sync == "no":
            gone += [f"{_DAV}sync-token", f"{_DAV}supported-report-set"]
        if not quirks.ctag:
            gone.append(f"{_CS}getctag")
        if quirks.etags == "none":
            gone.append(f"{_DAV}getetag")
        if not quirks.lists_data and asked.report == "calendar-query":
            gone.append(f"{_CALDAV}calendar-data")
        for inside in root.iter(f"{_DAV}prop"):
            for one in [one for one in inside if one.tag in gone]:
                inside.remove(one)
        for etag in root.iter(f"{_DAV}getetag"):
            if quirks.etags == "weak" and etag.text:
                etag.text = f"W/{etag.text}"
        if quirks.lists_itself and asked.report == "sync-collection":
            root.insert(0, ElementTree.fromstring(_ITSELF.format(path=asked.path)))
        for href in root.iter(_HREF):
            href.text = self._href(href.text or "")

    def _href(self, href: str) -> str:
        if self.quirks.hrefs == "addresses" and href.startswith("/"):
            return f"{self.url}{href}"
        if self.quirks.hrefs == "other escapes":
            # RFC 3986, 6.2.2.1 and 6.2.2.2: all of these are the same address.
            escaped = re.sub("%..", lambda found: found[0].lower(), href)
            return escaped.replace("-", "%2D") if href.endswith(".ics") else escaped
        return href


# --- what is asked of the server beside -------------------------------------------------------------------

_TOKENS = (
    '<propfind xmlns="DAV:"><prop><sync-token/><c:getctag xmlns:c="http://calendarserver.org/ns/"/></prop>'
    "</propfind>"
)
_MEMBERS = '<propfind xmlns="DAV:"><prop><getetag/><resourcetype/></prop></propfind>'
_OBJECTS = (
    '<c:calendar-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
    "<prop><getetag/><c:calendar-data/></prop>"
    '<c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>'
)
_TAKEN = (
    '<error xmlns="DAV:"><no-uid-conflict xmlns="urn:ietf:params:xml:ns:caldav">'
    '<href xmlns="DAV:">{href}</href></no-uid-conflict></error>'
)
_EMPTY = '<multistatus xmlns="DAV:"><sync-token>{token}</sync-token></multistatus>'
_ITSELF = (
    '<response xmlns="DAV:"><href>{path}</href><propstat><prop><getetag>"0"</getetag></prop>'
    "<status>HTTP/1.1 200 OK</status></propstat></response>"
)


def _folder(path: str) -> str:
    return unquote(path).rpartition("/")[0]


@dataclass(frozen=True)
class _Frozen:
    """The lists of a calendar as they were."""

    path: str
    tokens: Element
    members: Element
    objects: Element

    def answer(self, asked: Asked) -> Said | None:
        """None for what no list is needed for."""
        if unquote(asked.path).rstrip("/") != self.path.rstrip("/"):
            return None
        if asked.method == "PROPFIND" and asked.headers.get("depth") == "1":
            return self._said(self.members)
        if asked.report == "calendar-query":
            return self._said(self.objects)
        if asked.report == "sync-collection":
            # Nothing has changed since, whenever that was.
            token = ElementTree.fromstring(asked.body).findtext(f"{_DAV}sync-token") or ""
            return Said(207, {"content-type": "text/xml"}, _EMPTY.format(token=token).encode())
        return None

    @staticmethod
    def _said(root: Element) -> Said:
        return Said(207, {"content-type": "text/xml; charset=utf-8"}, ElementTree.tostring(root))

    def backdate(self, said: Said) -> None:
        """The tokens that belong to these lists."""
        root = ElementTree.fromstring(said.body)
        for name in (f"{_DAV}sync-token", f"{_CS}getctag"):
            before = next(self.tokens.iter(name), None)
            for one in root.iter(name):
                one.text = before.text if before is not None else ""
        said.body = ElementTree.tostring(root)


# --- calendar objects -------------------------------------------------------------------------------------


def _trouble_with(body: bytes) -> str:
    """RFC 5545, 3.6 and 3.6.1, as far as servers look."""
    calendar = Calendar.from_ical(body)
    wrong = [name for name in ("PRODID", "VERSION") if name not in calendar]
    for event in calendar.walk("VEVENT"):
        wrong += [name for name in ("UID", "DTSTAMP", "DTSTART") if name not in event]
        wrong += [] if "DTEND" in event or "DURATION" in event else ["DTEND"]
        zone = getattr(event.get("DTSTART"), "params", {}).get("TZID")
        if zone and zone not in {str(one["TZID"]) for one in calendar.walk("VTIMEZONE")}:
            wrong.append(f"VTIMEZONE of {zone}")
    return f"it lacks {', '.join(wrong)}" if wrong else ""


def _without_unknown(body: bytes) -> bytes:
    calendar = Calendar.from_ical(body)
    for component in calendar.walk():
        for name in [name for name in component if name.startswith("X-")]:
            del component[name]
    return bytes(calendar.to_ical())


def _rewritten(body: bytes) -> bytes:
    calendar = Calendar.from_ical(body)
    calendar["PRODID"] = "-//Example//Server 1.0//EN"
    for event in calendar.walk("VEVENT"):
        event.pop("CATEGORIES", None)
        if "SUMMARY" in event:
            text = str(event.pop("SUMMARY"))
            event.add("SUMMARY", text.strip().replace("u", "ü"))
        for name in ("DTSTART", "DTEND"):
            value = getattr(event.get(name), "dt", None)
            if hasattr(value, "astimezone") and value.tzinfo is not None and "RRULE" not in event:
                event.pop(name)
                event.add(name, value.astimezone(UTC))
        event.add("X-SERVER-SEEN", "TRUE")
    return bytes(calendar.to_ical())


# --- HTTP -------------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy
    _upstream: http.client.HTTPConnection | None = None

    def setup(self) -> None:
        super().setup()
        self.proxy.connections += 1
        self._generation = self.proxy.generation

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that was killed
            super().handle()

    def _handle(self) -> None:
        proxy = self.proxy
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, self.rfile.read(length))
        try:
            with proxy.at_work(), proxy.turn():
                if self._generation != proxy.generation:
                    self.close_connection = True
                    return
                proxy.asked.append(asked)
                said, fault = self._said(asked)
                if self._generation != proxy.generation:
                    self.close_connection = True
                    return
        except Exception as problem:  # noqa: BLE001 - a thread's error would be lost
            proxy.failures.append(f"{asked.method} {asked.path}: {problem!r}")
            self.close_connection = True
            return
        self._deliver(said, fault)

    def _said(self, asked: Asked) -> tuple[Said, Fault | None]:
        proxy = self.proxy
        if proxy.hook:
            proxy.hook(asked, "before", None)
            if self._generation != proxy.generation:
                return Said(503), None
        fault = proxy.faults.meeting(asked.method)
        said = Said(503)
        if fault is None or fault.commits or fault.how in ("cut off", "part"):
            said = proxy.answer(asked, self._send)
            if proxy.frozen and said.status == 207 and asked.method == "PROPFIND":
                proxy.frozen.backdate(said)
        else:
            said = Said(fault.status, dict(fault.headers), fault.body)
        if proxy.hook:
            proxy.hook(asked, "after", said)
        if fault and fault.how == "answer":
            said = Said(fault.status, dict(fault.headers), fault.body)
        elif fault and fault.how == "part" and said.status == 207:
            said.body = _with_failed_part(said.body, fault.status)
        return said, fault

    def _send(self, asked: Asked) -> Said:
        """Over a connection of its own for each of the client's, opened anew if the server has closed it."""
        self.proxy.real_path = asked.path
        for is_last in (False, True):
            if self._upstream is None:
                self._upstream = http.client.HTTPConnection(urlsplit(self.proxy.upstream.url).netloc)
            headers = {name: value for name, value in asked.headers.items() if name not in _HOP}
            try:
                self._upstream.request(asked.method, asked.path, asked.body, headers)
                answer = self._upstream.getresponse()
                body = answer.read()
            except (http.client.HTTPException, OSError):
                self._upstream.close()
                self._upstream = None
                if is_last:
                    raise
                continue
            return Said(answer.status, _plain(answer.headers), body)
        raise AssertionError

    def _deliver(self, said: Said, fault: Fault | None) -> None:
        if fault and fault.how in ("drop", "hold"):
            if fault.how == "hold":
                # Until the client hangs up, or all ends.
                self.connection.settimeout(0.05)
                while not self.proxy._closing.is_set():
                    try:
                        if not self.connection.recv(1):
                            break
                    except TimeoutError:
                        continue
                    except OSError:
                        break
            self.close_connection = True
            return
        try:
            self.send_response_only(said.status)
            for name, value in said.headers.items():
                if name not in _HOP:
                    self.send_header(name, value)
            if said.status not in (204, 304):
                self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            body = said.body
            if fault and fault.how == "cut off":
                body = body[: len(body) // 2]
                self.close_connection = True
            if said.status not in (204, 304):
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client is gone

    def finish(self) -> None:
        super().finish()
        if self._upstream is not None:
            self._upstream.close()

    do_GET = do_PUT = do_DELETE = do_PROPFIND = do_REPORT = do_MKCALENDAR = do_OPTIONS = _handle  # noqa: N815
    do_HEAD = do_PROPPATCH = do_POST = do_MKCOL = do_MOVE = _handle  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def _plain(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _with_failed_part(body: bytes, status: int) -> bytes:
    """Of the last resource nothing is said but that it failed."""
    root = ElementTree.fromstring(body)
    responses = root.findall(f"{_DAV}response")
    if responses:
        last = responses[-1]
        for part in [one for one in last if one.tag != _HREF]:
            last.remove(part)
        ElementTree.SubElement(last, f"{_DAV}status").text = f"HTTP/1.1 {status} Failed"
    return ElementTree.tostring(root)
