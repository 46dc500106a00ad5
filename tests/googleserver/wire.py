"""Sockets: reads requests from connections, writes answers to them, and leaves nothing behind.

Not `http.server`: that one writes head and body apart, looks every half second whether it is to stop, and
cannot be told to break off an answer. Here an answer is one write, and closing takes no time.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

from tests.googleserver.exchange import Answer, CutOff, Drop, Hold, Request, Send

# With this a close() sends a reset in place of an orderly end (SO_LINGER on, for no seconds).
RESET = struct.pack("ii", 1, 0)
HOST = "127.0.0.1"


class Link:
    """One connection of a client."""

    def __init__(self, connected: socket.socket, number: int) -> None:
        # Without it the kernel waits for the client's acknowledgement, which the client delays by 40 ms.
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        self._file = connected.makefile("rb")
        self._number = number
        self._watchers: list[threading.Thread] = []

    def read(self) -> Request | None:
        """The next request, or None when there is no further one."""
        try:
            line = self._file.readline()
            if not line:
                return None
            method, target, _ = line.decode("latin-1").split(" ", 2)
            headers = {}
            while (line := self._file.readline()) not in (b"\r\n", b"\n"):
                if not line:
                    return None
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            length = int(headers.get("content-length", 0))
            content = self._file.read(length)
            if len(content) < length:  # the client died before it had said all
                return None
        except (OSError, ValueError):  # hung up in the middle, or no HTTP
            return None
        return Request(method, target, headers, content, self._number).unwrapped()

    def deliver(self, answer: Answer) -> bool:
        """Whether the connection goes on afterwards."""
        match answer.delivery:
            case Send():
                pass
            case Drop(reset=reset):
                if reset:
                    self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return False
            case CutOff():
                self._write(answer.head + answer.content[: len(answer.content) // 2])
                return False
            case Hold() as hold:
                let_go = threading.Event()
                watcher = threading.Thread(target=self._watch, args=(let_go,), daemon=True)
                self._watchers.append(watcher)
                watcher.start()
                hold.wait(let_go)
        return self._write(answer.head + answer.content)

    def _write(self, content: bytes) -> bool:
        try:
            self._socket.sendall(content)
        except OSError:  # the client has hung up
            return False
        return True

    def _watch(self, let_go: threading.Event) -> None:
        """Lets go when the client hangs up. What it peeks at stays there for the next read."""
        with contextlib.suppress(OSError):
            if self._socket.recv(1, socket.MSG_PEEK):
                return
        let_go.set()

    def shut(self) -> None:
        """Wakes whoever waits for something from this connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self, *, orderly: bool) -> None:
        if orderly:
            self.shut()
        for watcher in self._watchers:
            watcher.join()
        self._file.close()
        self._socket.close()


class Listener:
    """Accepts connections on a free port of this machine; a thread for each."""

    def __init__(self, respond: Callable[[Request], Answer]) -> None:
        self._respond = respond
        self._socket = socket.create_server((HOST, 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._closing = False
        self._lock = threading.Lock()
        self._serving: list[tuple[Link, threading.Thread]] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                connected, _ = self._socket.accept()
            except OSError:
                if self._closing:
                    return
                continue  # a client that hung up before it was accepted
            if self._closing:
                connected.close()
                return
            number += 1
            link = Link(connected, number)
            thread = threading.Thread(target=self._serve, args=(link,), daemon=True)
            thread.start()
            with self._lock:
                # No thread takes itself out: it would still run for a moment, and close() not wait for it.
                self._serving = [served for served in self._serving if served[1].is_alive()]
                self._serving.append((link, thread))

    def _serve(self, link: Link) -> None:
        answer = None
        while (request := link.read()) is not None:
            answer = self._respond(request)
            ends = "close" in (
                request.headers.get("connection", "").lower(),
                answer.headers.get("Connection", ""),
            )
            if not link.deliver(answer) or ends:
                break
        # An orderly end would take the place of the reset.
        reset = answer is not None and answer.delivery == Drop(reset=True)
        link.close(orderly=not reset)

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        with contextlib.suppress(OSError):  # a connection of our own wakes accept() on every system
            socket.create_connection((HOST, self.port)).close()
        self._acceptor.join()
        self._socket.close()
        with self._lock:
            serving = tuple(self._serving)
        for link, _ in serving:
            link.shut()
        for _, thread in serving:
            if thread is not threading.current_thread():
                thread.join()
