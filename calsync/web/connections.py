"""How long a client may take, how many may be there, and how little is said of those that misbehave.

uvicorn ends connections that are idle between two requests, and waits for all else as long as it takes.
"""

import logging
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from operator import attrgetter
from traceback import extract_tb
from typing import Any, cast

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from calsync import waits
from calsync.words import counted

CONNECTIONS = 500
# asyncio takes as many from the queue in one turn of its loop as the queue is said to be long, and each of
# them is an open file before any limit is looked at. So it is told of a short queue.
_AT_ONCE = 8
_QUEUE = 1024
# Of clients that were accepted and not yet looked at, or hung up on and not yet closed: three turns at most.
FILES_BETWEEN = 4 * _AT_ONCE
# In bytes: nothing that a client could send has a meaning.
BODY = 16 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take: seconds for each part of a request, for the whole, and between two requests.

    `of_one_address` counts a network of 64 bits as one address of IPv6, as each customer has all of it.
    `exempt` are the addresses and networks that it doesn't count for: proxies, as all clients behind one have
    its address. `report` is how often it is said what went wrong, in seconds.
    """

    head: float = waits.REQUEST_PART
    body: float = waits.REQUEST_PART
    answer: float = waits.REQUEST_PART
    request: float = waits.REQUEST
    idle: float = waits.IDLE
    body_bytes: int = BODY
    connections: int = CONNECTIONS
    of_one_address: int = 50
    exempt: tuple[str, ...] = ()
    report: float = waits.REPORT


@lru_cache(1024)
def is_among(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is one of these addresses and networks; what is no address is in none."""
    found = _parsed(address)
    return found is not None and any(found in ip_network(network, strict=False) for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    # Behind a socket that speaks IPv6, IPv4 comes as ::ffff:192.0.2.1.
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(1024)
def counted_as(address: str) -> str:
    """What all addresses that one client can have are counted as."""
    found = _parsed(address)
    return str(IPv6Network((int(found), 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


class _Part(Enum):
    """What a connection is waiting for."""

    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    IDLE = auto()


@dataclass(slots=True)
class Counts:
    """What went wrong since it was last said."""

    bad: int = 0
    slow: int = 0
    crowded: int = 0
    bugs: Counter[str] = field(default_factory=Counter)

    def take(self) -> str:
        """A sentence, "" if there is nothing to say; then the counting begins anew."""
        parts = [
            counted(self.bad, "bad request") if self.bad else "",
            f"{counted(self.slow, 'connection')} closed for taking too long" if self.slow else "",
            f"{counted(self.crowded, 'connection')} closed to make room for others" if self.crowded else "",
            *(f"{counted(number, 'bug')} in calsync: {bug}" for bug, number in self.bugs.most_common(3)),
        ]
        self.bad = self.slow = self.crowded = 0
        self.bugs.clear()
        return "; ".join(filter(None, parts))


class Connection(H11Protocol):
    """uvicorn's, with limits. It is looked at again and again, so that no part of a request needs a timer."""

    def __init__(self, limits: Limits, counts: Counts, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self._limits = limits
        self._counts = counts
        # As look() found it last, and since when it is so.
        self._part, self._answered, self._since = _Part.HEAD, self.cycle, time.monotonic()
        self._opened = self._begun = self._since
        self._body_bytes = 0
        self._counted_as = ""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._counted_as = counted_as(address)
        limits = self._limits
        everybody = [cast(Connection, other) for other in self.connections if other is not self]
        if len(everybody) >= limits.connections:
            self._make_room(everybody)
        elif not is_among(address, limits.exempt):
            mine = [other for other in everybody if other._counted_as == self._counted_as]
            if len(mine) >= limits.of_one_address:
                self._make_room(mine)

    def data_received(self, data: bytes) -> None:
        if self.conn.their_state is h11.SEND_BODY:
            self._body_bytes += len(data)
            if self._body_bytes > self._limits.body_bytes:
                self._counts.bad += 1
                self._hang_up()
                return
        else:
            self._body_bytes = 0
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        self._counts.bad += 1
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:  # it was answered before its body turned out to be nonsense
            self._hang_up()

    def timeout_keep_alive_handler(self) -> None:
        """uvicorn's raises an error where a body is still to come. look() does what is to be done."""

    def shutdown(self) -> None:
        """End after the answer that is being given. uvicorn's raises the same error."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            self.transport.close()

    def look(self, now: float) -> None:
        """Hang up if the client has taken too long with what it is at. `now` as time.monotonic() says."""
        part, answered = self._current(), self.cycle
        is_another = answered is not self._answered
        if part is not self._part or is_another:
            # One whose head had been sent ahead begins with its answer.
            if part in (_Part.HEAD, _Part.IDLE) or (is_another and self._part is not _Part.HEAD):
                self._begun = now
            self._part, self._answered, self._since = part, answered, now
        limits = self._limits
        if part is _Part.IDLE:
            if now - self._since >= limits.idle:
                self.transport.close()
            return
        most = {_Part.HEAD: limits.head, _Part.BODY: limits.body, _Part.ANSWER: limits.answer}[part]
        if now - self._since >= most or now - self._begun >= limits.request:
            self._counts.slow += 1
            self._hang_up()

    def _make_room(self, others: "list[Connection]") -> None:
        """Hang up on the oldest that waits for its client; if there is none, on the oldest of all."""
        # As look() found them: to look at all for each one that comes would take longer than to answer it.
        waiting = [one for one in others if one._part is not _Part.ANSWER]
        self._counts.crowded += 1
        # Those that became idle between two looks have the same time.
        min(waiting or others, key=attrgetter("_since", "_opened"))._hang_up()

    def _current(self) -> _Part:
        if self.conn.their_state is h11.SEND_BODY:
            return _Part.BODY
        if self.conn.their_state is not h11.IDLE or self.transport.get_write_buffer_size():
            return _Part.ANSWER
        # Between two requests, until the first byte of the next one.
        return _Part.IDLE if self.cycle is not None and not self.conn.trailing_data[0] else _Part.HEAD

    def _hang_up(self) -> None:
        # Not at the end of this turn of the loop: whoever comes next has to see the room.
        self.connections.discard(self)
        # close() would wait for the client to take what it has not read.
        self.transport.abort()


class _Bugs(logging.Handler):
    """Counts what uvicorn and asyncio log. Their lines hold addresses, and there is one for each request."""

    def __init__(self, counts: Counts) -> None:
        super().__init__(logging.ERROR)
        self._counts = counts

    def emit(self, record: logging.LogRecord) -> None:
        if problem := record.exc_info and record.exc_info[1]:
            frames = extract_tb(problem.__traceback__)
            where = f", {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
            self._counts.bugs[f"{type(problem).__name__}{where}"] += 1


class Server(uvicorn.Server):
    """uvicorn's, for an ASGI application. `say` hears what went wrong, once in `limits.report` seconds.

    `on_turn` is called about ten times a second, for as long as requests are answered.
    """

    def __init__(
        self,
        app: Any,
        limits: Limits,
        say: Callable[[str], None],
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        counts = self._counts = Counts()

        def connection(**of_uvicorn: Any) -> Connection:
            return Connection(limits, counts, **of_uvicorn)

        as_type: Any = connection
        super().__init__(
            uvicorn.Config(
                app,
                # uvloop, where it is installed, accepts and closes in other ways than those that are tested.
                loop="asyncio",
                http=as_type,
                log_config=None,
                # Its lines would hold the secret.
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=waits.SERVER_END,
                backlog=_AT_ONCE,
            )
        )
        self._limits = limits
        self._say = say
        self._on_turn = on_turn
        self._reported = time.monotonic()
        for name in ("uvicorn.error", "asyncio"):
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [_Bugs(counts)], False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_QUEUE)

    async def on_tick(self, counter: int) -> bool:
        now = time.monotonic()
        for connection in list(self.server_state.connections):
            cast(Connection, connection).look(now)
        if now - self._reported >= self._limits.report:
            self._reported = now
            if text := self._counts.take():
                self._say(f"In the last minute: {text}.")
        self._on_turn()
        return await super().on_tick(counter)
