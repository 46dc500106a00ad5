"""What `calsync serve` does: plan again and again, write the feeds, and answer requests until it is ended.

Output is the caller's job.
"""

import contextlib
import http.client
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self
from urllib.parse import urlsplit

from calsync import waits
from calsync.addresses import hidden, is_loopback, server_address
from calsync.app.setup import Setup
from calsync.config.settings import Serve
from calsync.errors import CalsyncError, Unavailable, UsageError
from calsync.state import State

try:
    from calsync.app.worker import Worker, feeds_of
    from calsync.web.acting import Acting
    from calsync.web.connections import CONNECTIONS, FILES_BETWEEN, Limits, Server
    from calsync.web.planner import Planner, Snapshot
    from calsync.web.secret import Secret
    from calsync.web.server import Addresses, Names, Site, application
except ModuleNotFoundError as problem:
    if (problem.name or "").startswith("calsync"):
        raise
    message = f"the server needs {problem.name}: install calsync with its extra `serve`"
    raise UsageError(f"{message}; in a checkout: pip install '.[serve]'") from problem


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server listens. `url` is its address as others see it; empty: as they asked for it."""

    host: str
    port: int
    url: str

    @classmethod
    def of(
        cls, settings: Serve, host: str | None = None, port: int | None = None, url: str | None = None
    ) -> Self:
        """The config's, but for what an option says. Raises UsageError."""
        if url and not server_address(url):
            example = '"https://training.example.org"'
            raise UsageError(f'--url: expected an address such as {example}, found "{url}"')
        return cls(
            (settings.host if host is None else host).strip("[]"),
            settings.port if port is None else port,
            ((settings.url or "") if url is None else url).rstrip("/"),
        )

    @property
    def is_everywhere(self) -> bool:
        return self.host in ("0.0.0.0", "::", "")

    def names(self, settings: Serve) -> Names:
        """Those that requests may use."""
        own = {self.host, urlsplit(self.url).hostname or "", *settings.allowed_hosts}
        if self.is_everywhere:
            # As they find one another in a network at home.
            own |= {name := socket.gethostname(), f"{name}.local"}
        allowed = frozenset(name.strip("[]").lower() for name in own if name)
        return Names(allowed, self.is_everywhere, settings.proxies)

    @property
    def base(self) -> str:
        """What links begin with as long as no browser has named the host."""
        host = _own_address() if self.is_everywhere else self.host
        return self.url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def place(self) -> str:
        """For people: where it listens."""
        return f"{'this machine' if self.is_everywhere else self.host}, port {self.port}"

    def answers(self, state: State) -> bool:
        """Whether a server with this plan's addresses runs there."""
        host = "localhost" if self.is_everywhere else self.host
        connection = http.client.HTTPConnection(host, self.port, timeout=waits.SERVER_ANSWER)
        try:
            connection.request("GET", f"/{Secret(state).value()}/")
            # 503 while it makes its first plan. Another program, or another plan's server, has no such page.
            return connection.getresponse().status in (200, 503)
        except (OSError, http.client.HTTPException, UnicodeError, CalsyncError):
            return False
        finally:
            connection.close()


def _own_address() -> str:
    """This machine's address in its network; its name where that can't be told."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Sends nothing: connecting such a socket only chooses the way (192.0.2.0/24 is nobody's, RFC 5737).
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What can be subscribed to, by the names of the targets, and the address of the week page."""

    feeds: tuple[tuple[str, Addresses], ...]
    page: str
    only_here: bool
    """Whether these addresses work on this machine only."""


def subscriptions(setup: Setup, address: ServerAddress, *, rotates: bool) -> Subscriptions:
    """`rotates` makes new addresses; all old ones are dead then. Raises Unavailable."""
    secret = Secret(setup.state)
    if rotates:
        secret.rotate()
    else:
        secret.ensure()
    feeds = tuple((feed.name, feed.addresses(address.base, secret)) for feed in feeds_of(setup, {}))
    only_here = is_loopback(urlsplit(address.base).hostname or "")
    return Subscriptions(feeds, f"{address.base}/{secret.value()}/", only_here)


# --- the server -------------------------------------------------------------------------------------------


def run_server(
    setup: Setup,
    address: ServerAddress,
    every: timedelta,
    now: datetime | None,
    worker: Worker,
    say: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT. `worker` plans, `say` is told what the server does.

    Raises Unavailable if the port can't be had, or there can be no secret.
    """
    secret = Secret(setup.state)
    secret.ensure()
    worker.feeds = feeds_of(setup, {})

    def plan(*, is_waited_for: bool = False) -> Snapshot:
        try:
            return worker.plan(is_waited_for=is_waited_for)
        finally:
            worker.prepare()

    planner = Planner(plan, every.total_seconds(), say, partial(plan, is_waited_for=True))

    def followed(trouble: str) -> None:
        planner.followed(trouble)
        with contextlib.suppress(CalsyncError):
            if not trouble and setup.state.acts().asked:
                # Asked for while the lock was held, for longer than its own plan waited.
                planner.wake()

    worker.followed = followed

    def clock() -> datetime:
        return now or datetime.now(UTC)

    site = Site(
        name=setup.config.title,
        secret=secret,
        feeds=lambda: worker.feeds,
        latest=lambda: planner.latest,
        clock=clock,
        every=every,
        url=address.url,
        names=address.names(setup.config.serve),
        acting=Acting(setup.config.name, secret, setup.state, partial(planner.act, waits.ACT)),
    )
    connections = max(_FEWEST, min(CONNECTIONS, _open_files() - _OTHER_FILES))
    limits = Limits(connections=connections, exempt=site.names.proxies)
    systemd = _Systemd.of(os.environ)
    server = Server(application(site), limits, say, systemd.turn)
    with _listening(address) as listener, _signals(planner, server):
        at = ServerAddress(address.host, listener.getsockname()[1], "").base
        say(f"Serving on {at}, planning every {_words(every)}.")
        say("`calsync serve --show-links` prints the addresses.")
        planner.start()
        try:
            server.run(sockets=[listener])
        finally:
            systemd.say("STOPPING=1")
            end = time.monotonic() + waits.SERVER_END
            planner.stop(waits.SERVER_END)
            worker.end(max(end - time.monotonic(), 0))
    say("Stopped.")


@dataclass(slots=True)
class _Systemd:
    """Tells systemd, where it asks for that, that the server is ready, lives and ends: sd_notify(3)."""

    address: str
    every: float
    """In seconds; how often it has to hear that the server lives."""
    _last: float = -math.inf

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        is_meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        interval = environment.get("WATCHDOG_USEC", "") if is_meant else ""
        # Twice as often, as sd_watchdog_enabled(3) recommends.
        every = int(interval) / 1e6 / 2 if interval.isdecimal() else math.inf
        return cls(environment.get("NOTIFY_SOCKET", ""), every)

    def turn(self) -> None:
        """Say what is due; to be called often, by what must not hang."""
        if (now := time.monotonic()) - self._last >= self.every or self._last == -math.inf:
            self.say("READY=1\nWATCHDOG=1" if self._last == -math.inf else "WATCHDOG=1")
            self._last = now

    def say(self, state: str) -> None:
        if self.address:
            # An @ is an address without a file.
            address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.setblocking(False)
                link.sendto(state.encode(), address)


def _words(every: timedelta) -> str:
    minutes = every // timedelta(minutes=1)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


# Files, pipes and sockets that are open beside those of clients; rather many.
_OTHER_FILES = 64 + FILES_BETWEEN
# Connections, where the machine allows hardly any files.
_FEWEST = 10


def _open_files() -> int:
    """How many files may be open, once the limit, usually 1024, is as high as the machine allows."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        if most != resource.RLIM_INFINITY:
            return most
    return sys.maxsize


@contextlib.contextmanager
def _listening(address: ServerAddress) -> Iterator[socket.socket]:
    """A socket of our own: uvicorn would end the process if the port is taken."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family)
    except OSError as problem:
        host, reason = hidden(address.host), problem.strerror or str(problem)
        raise Unavailable(f"can't listen on {host}, port {address.port}: {hidden(reason)}") from problem
    with listener:
        # asyncio sets it only on sockets that name their protocol, which those accepted here don't: each
        # answer would wait 40 ms for the client's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


@contextlib.contextmanager
def _signals(planner: Planner, server: Server) -> Iterator[None]:
    """SIGHUP plans at once, SIGTERM ends.

    uvicorn has a handler of its own for SIGTERM, but only once it runs, and raises the signal again when it
    is done: without one of ours, the first would be lost or the second would kill.
    """

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    handlers: dict[int, Callable[[int, object], None]] = {signal.SIGTERM: end}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = lambda _number, _frame: planner.wake()
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
