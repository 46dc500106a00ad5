"""Connections that say nothing, or half of something."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from calsync.web.server import HttpProtocol

HOST = "127.0.0.1"


class Hasty(HttpProtocol):
    # Long enough for a client on a busy machine to send a whole head.
    seconds_for_a_head = 2.0


async def hello(request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    app = Starlette(routes=[Route("/", hello)])
    config = uvicorn.Config(app, http=Hasty, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("head", [b"", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_who_does_not_come_to_an_end_is_hung_up_on(address: tuple[str, int], head: bytes) -> None:
    with socket.create_connection(address, timeout=60) as link:
        link.sendall(head)
        assert link.recv(1) == b""


def test_half_of_a_second_request_is_no_way_to_stay_either(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"hello"):
            part = link.recv(1000)
            assert part, "hung up on too early"
            answer += part
        link.sendall(b"GET / HT")
        assert link.recv(1) == b""
