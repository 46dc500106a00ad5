"""Clients that say half of something, read nothing, or are too many: bare sockets, short deadlines."""

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from calsync.web.connections import Limits, Server, counted_as
from tests.web.asking import PATIENCE, read_one

Address = tuple[str, int]
HOST = "127.0.0.1"
NEVER = 1e6
# One deadline is short in each test: long enough for a client on a busy machine to do what it does in time.
SHORT = 1.0
PATIENT = Limits(NEVER, NEVER, NEVER, NEVER, NEVER, exempt=("192.0.2.0/24",))
HELLO = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BIG = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


async def hello(request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def big(request: object) -> PlainTextResponse:
    return PlainTextResponse("x" * 100_000)


async def broken(request: object) -> PlainTextResponse:
    raise KeyError("/the-secret/training.ics")


@dataclass
class Serving:
    address: Address
    said: list[str] = field(default_factory=list)
    turned: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(limits: Limits) -> Iterator[Serving]:
    app = Starlette(routes=[Route("/", hello), Route("/big", big), Route("/broken", broken)])
    with socket.create_server((HOST, 0)) as listener:
        # Small, so that little is on its way when a client stops reading.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        site = Serving(listener.getsockname())
        server = Server(app, limits, site.said.append, site.turned.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield site
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()


def client(site: Serving, source: str = HOST) -> AbstractContextManager[socket.socket]:
    return socket.create_connection(site.address, timeout=PATIENCE, source_address=(source, 0))


def read_all(link: socket.socket) -> bytes:
    """All that comes until the server hangs up, which it has to do."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := link.recv(65536):
            found += part
    return found


def send_until_hung_up_on(link: socket.socket, part: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            link.sendall(part)


def is_served(link: socket.socket) -> bool:
    with link.makefile("rb") as stream, contextlib.suppress(OSError, AssertionError):
        link.sendall(HELLO)
        return read_one(stream).body == b"hello"
    return False


# --- deadlines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [b"", b"G", HELLO[:-2]])
def test_a_head_that_comes_to_no_end(head: bytes) -> None:
    with serving(replace(PATIENT, head=SHORT)) as site, client(site) as link:
        link.sendall(head)
        assert read_all(link) == b""


def test_a_second_head_has_no_longer() -> None:
    with serving(replace(PATIENT, head=SHORT)) as site, client(site) as link:
        assert is_served(link)
        link.sendall(b"GET / HT")
        assert read_all(link) == b""


@pytest.mark.parametrize("part", [b"", b"x"])
def test_a_body_that_comes_to_no_end(part: bytes) -> None:
    with serving(replace(PATIENT, body=SHORT)) as site, client(site) as link:
        link.sendall(POST + part)
        assert read_all(link).startswith(b"HTTP/1.1 405 ")
    assert site.said == []


def test_answers_that_nobody_reads() -> None:
    with serving(replace(PATIENT, answer=SHORT)) as site, client(site) as link:
        # More than both ends and the way between them hold.
        with contextlib.suppress(OSError):
            link.sendall(BIG * 400)
        # Hung up on: without that it would wait for somebody to read.
        send_until_hung_up_on(link, BIG)


def test_the_last_answer_that_nobody_reads() -> None:
    """The server has written all of it, as far as it can tell; the network has not taken it."""
    with serving(replace(PATIENT, answer=SHORT)) as site, ExitStack() as stack:
        link = stack.enter_context(socket.socket())
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(PATIENCE)
        link.connect(site.address)
        link.sendall(BIG)
        send_until_hung_up_on(link, b"x" * 1000)


@pytest.mark.parametrize("beginning", [b"G", POST])
def test_a_request_may_not_take_long_in_all(beginning: bytes) -> None:
    """However its parts share that time."""
    with serving(replace(PATIENT, request=SHORT)) as site, client(site) as link:
        link.sendall(beginning)
        read_all(link)


def test_a_connection_without_a_request_is_not_kept() -> None:
    with serving(replace(PATIENT, idle=SHORT)) as site, client(site) as link:
        assert is_served(link)
        assert read_all(link) == b""


def test_who_asks_again_and_again_stays() -> None:
    short = replace(PATIENT, head=SHORT, body=SHORT, answer=SHORT, request=SHORT, idle=SHORT)
    with serving(short) as site, client(site) as link, client(site) as silent:
        silent.setblocking(False)
        with contextlib.suppress(ConnectionResetError):
            while True:
                assert is_served(link)
                with contextlib.suppress(BlockingIOError):
                    assert silent.recv(1) == b""
                    break
        assert is_served(link)


# --- how much ---------------------------------------------------------------------------------------------


def test_a_body_without_an_end_is_not_read() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(PATIENT) as site, client(site) as link:
        link.sendall(head)
        send_until_hung_up_on(link, b"400\r\n" + b"x" * 1024 + b"\r\n")


@pytest.mark.parametrize("taken_by", ["half", "silent", "body", "kept"])
def test_when_there_are_too_many_the_oldest_idle_one_goes(taken_by: str) -> None:
    beginning = {"half": b"GET /", "silent": b"", "body": POST, "kept": HELLO}[taken_by]
    with serving(replace(PATIENT, connections=10)) as site, ExitStack() as stack:
        links = [stack.enter_context(client(site)) for _ in range(10)]
        for link in links:
            link.sendall(beginning)
        with client(site) as one_more:
            assert is_served(one_more)
            read_all(links[0])
        assert site.said == []


def test_of_those_that_became_idle_at_one_time_the_first_goes() -> None:
    with serving(replace(PATIENT, connections=10)) as site, ExitStack() as stack:
        links = [stack.enter_context(client(site)) for _ in range(10)]
        assert all(map(is_served, links))
        for _ in range(2):  # until all of them have been looked at
            site.turned.clear()
            assert site.turned.wait(PATIENCE)
        with client(site) as one_more:
            assert is_served(one_more)
            assert read_all(links[0]) == b""
        assert all(map(is_served, links[1:]))


def test_a_hundred_that_hold_on_keep_nobody_out() -> None:
    with serving(replace(PATIENT, connections=10)) as site, ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(client(site)).sendall(POST)
            with client(site) as link:
                assert is_served(link)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_one_address_has_not_all_connections_to_itself() -> None:
    with serving(replace(PATIENT, connections=100, of_one_address=5)) as site, ExitStack() as stack:
        other = stack.enter_context(client(site, "127.0.0.3"))
        links = [stack.enter_context(client(site, "127.0.0.2")) for _ in range(6)]
        read_all(links[0])
        assert is_served(links[1])
        assert is_served(other)
        # What a proxy passes on comes from its address.
    with serving(replace(PATIENT, of_one_address=5, exempt=("127.0.0.2",))) as site, ExitStack() as stack:
        links = [stack.enter_context(client(site, "127.0.0.2")) for _ in range(20)]
        assert all(map(is_served, links))


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:0:0:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_what_one_client_has_of_ipv6_is_one_address(one: str, other: str, is_one: bool) -> None:
    assert (counted_as(one) == counted_as(other)) is is_one


# --- what is said of it -----------------------------------------------------------------------------------


NONSENSE = (
    b"\x16\x03\x01\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    # The answer is on its way when the rest turns out to be nonsense.
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
)


def test_bad_requests_are_counted_and_not_listed(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(replace(PATIENT, report=SHORT)) as site:
        for _ in range(10):
            for nonsense in NONSENSE:
                with client(site) as link, contextlib.suppress(OSError):
                    link.sendall(nonsense)
                    read_all(link)
        with client(site) as link:
            while not site.said:
                assert is_served(link)
    assert "bad requests" in site.said[0]
    assert len(site.said) <= 3
    assert capfd.readouterr() == ("", "")


def test_a_bug_is_said_once_and_without_the_address(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(replace(PATIENT, report=SHORT)) as site:
        for _ in range(3):
            with client(site) as link:
                link.sendall(b"GET /broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert read_all(link).startswith(b"HTTP/1.1 500 ")
        with client(site) as link:
            while not site.said:
                assert is_served(link)
    assert "KeyError" in site.said[0]
    assert "test_connections.py" in site.said[0]
    assert "the-secret" not in site.said[0]
    assert capfd.readouterr() == ("", "")


def test_it_ends_while_bodies_and_answers_are_under_way() -> None:
    with serving(PATIENT) as site, client(site) as body, client(site) as unread:
        body.sendall(POST)
        assert body.recv(1) == b"H"
        unread.sendall(BIG * 50)
        assert unread.recv(1) == b"H"
