"""What goes over a connection: a request, the answer to it, and how that answer is to be delivered.

Knows HTTP's words only: nothing of sockets, nothing of calendars.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
Query = dict[str, list[str]]

JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Send:
    """The answer goes out whole."""


@dataclass(frozen=True)
class Drop:
    """No answer: the connection ends, orderly (FIN) or with a reset (RST)."""

    reset: bool = False


@dataclass(frozen=True)
class CutOff:
    """The head announces the whole length, and the connection ends in the middle of the body."""


class Hold:
    """The answer waits until `release()`, until the client hangs up, or until the server closes."""

    def __init__(self) -> None:
        self.holding = threading.Event()
        """Set as soon as an answer is held, so that a test can wait for that moment."""
        self._released = False
        self._waiting: set[threading.Event] = set()
        self._lock = threading.Lock()

    def release(self) -> None:
        with self._lock:
            self._released = True
            for let_go in self._waiting:
                let_go.set()

    def wait(self, let_go: threading.Event) -> None:
        """Blocks until released, or until `let_go` is set by whoever watches the connection."""
        with self._lock:
            if self._released:
                return
            self._waiting.add(let_go)
        self.holding.set()
        let_go.wait()
        with self._lock:
            self._waiting.discard(let_go)


Delivery = Send | Drop | CutOff | Hold
SEND = Send()


@dataclass(frozen=True)
class Request:
    """One HTTP request, from a connection or from a part of a batch."""

    method: str
    target: str
    """As it stands in the request line, percent-encoded."""
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes = b""
    connection: int = 0
    """The number of its connection, counted from 1."""

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, decoded one by one: an id may hold a slash."""
        return tuple(unquote(part) for part in urlsplit(self.target).path.split("/")[1:])

    @cached_property
    def path(self) -> str:
        return "/" + "/".join(self.segments)

    @cached_property
    def query(self) -> Query:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @cached_property
    def form(self) -> Query:
        return parse_qs(self.content.decode(), keep_blank_values=True)

    def unwrapped(self) -> "Request":
        """The GET that the client library sends as a POST when its address is longer than 2048 characters."""
        method = self.headers.get("x-http-method-override")
        if self.method != "POST" or not method:
            return self
        target = f"{self.target.partition('?')[0]}?{self.content.decode()}"
        return replace(self, method=method.upper(), target=target, content=b"")


@dataclass(frozen=True)
class Answer:
    """One HTTP response."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = SEND

    @classmethod
    def json(cls, body: object, status: int = 200, **headers: str) -> "Answer":
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, content, {"Content-Type": JSON_TYPE} | headers)

    @property
    def phrase(self) -> str:
        return HTTPStatus(self.status).phrase

    @property
    def head(self) -> bytes:
        """Status line and headers, with the blank line behind them."""
        lines = [f"HTTP/1.1 {self.status} {self.phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        # Neither may have a body, nor say how long one is (RFC 9110, sections 8.6, 15.3.5 and 15.4.5).
        if self.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            lines.append(f"Content-Length: {len(self.content)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Logged:
    """What the server remembers of a request; the status comes when it is known."""

    method: str
    """The one that counts: GET for a GET that came as a POST."""
    path: str
    """Decoded, without the query."""
    query: Query
    headers: Mapping[str, str]
    body: Any
    """The parsed JSON; for the token endpoint the form; None where there is neither."""
    connection: int
    status: int | None = None
    """What was answered, or would have been if a fault had not kept the answer back."""
    parts: tuple["Logged", ...] = ()
    """A batch's parts, in the order in which they were carried out."""

    @classmethod
    def of(cls, request: Request) -> "Logged":
        body: Any = None
        kind = request.headers.get("content-type", "") if request.content else ""
        if kind.startswith("application/x-www-form-urlencoded"):
            body = {name: values[0] for name, values in request.form.items()}
        elif kind.startswith("application/json"):
            try:
                body = json.loads(request.content)
            except ValueError:
                body = None
        return cls(
            request.method, request.path, request.query, request.headers, body, connection=request.connection
        )
