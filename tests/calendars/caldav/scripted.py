"""A server that says what a test tells it to: on this machine, or under any name, where nothing is sent."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from calsync.calendars.caldav.client import Client
from tests.calendars.caldav.servers import PASSWORD, QUICK, USER
from tests.loopback import Handler, serving


@dataclass(frozen=True)
class Said:
    """`length` is what Content-Length says; None for none, so that the connection's end is the answer's."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = -1


@contextmanager
def answering(*answers: Said) -> Iterator[tuple[str, list[str]]]:
    """Gives these answers, the last one from then on: its address, and the requests with their sign-in."""
    seen: list[str] = []
    left = list(answers)

    class Answers(Handler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(f"{self.command} {self.path} {self.headers.get('Authorization', '')}")
            said = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            if said.length is not None:
                self.send_header("Content-Length", str(len(said.body) if said.length < 0 else said.length))
            self.end_headers()
            self.wfile.write(said.body)
            self.close_connection = True

        do_PROPFIND = do_REPORT = do_PUT = do_DELETE = do_GET = _answer  # noqa: N815

    with serving(Answers) as url:
        yield url, seen


def said(status: int, headers: Mapping[str, str], body: bytes = b"") -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def scripted(url: str, answer: Callable[[httpx.Request], httpx.Response], **more: object) -> Client:
    """What calsync has of a server with any name."""
    transport = httpx.MockTransport(answer)
    given = {"patience": QUICK, "transport": transport, **more}
    return Client(url, USER, PASSWORD, **given)  # type: ignore[arg-type]
