"""What `calsync serve` does: plan again and again, write the feeds, and answer requests until it is ended.

Output is the caller's job.
"""

import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from calsync import waits
from calsync.addresses import is_loopback
from calsync.app.gather import Setup
from calsync.app.push import Pushed, rounds
from calsync.config.settings import IcsTarget, Serve
from calsync.errors import RefusedToProtectData, Unavailable, UsageError

try:
    from calsync.web.connections import CONNECTIONS, Limits, Server
    from calsync.web.secret import Secret
    from calsync.web.server import (
        Addresses,
        Feed,
        FeedFile,
        Names,
        Planner,
        Site,
        Snapshot,
        application,
    )
    from calsync.web.week import past_pictures, week_pictures
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
    def of(cls, host: str, port: int, url: str | None) -> Self:
        """Raises UsageError."""
        if url and not _is_address(url):
            example = '"https://training.example.org"'
            raise UsageError(f'--url: expected an address such as {example}, found "{url}"')
        return cls(host.strip("[]"), port, (url or "").rstrip("/"))

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


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)


def _own_address() -> str:
    """This machine's address in its network; its name where that can't be told."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Sends nothing: connecting such a socket only chooses the way (192.0.2.0/24 is nobody's, RFC 5737).
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()


_BACKLOG = 128


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
    feeds = tuple((feed.name, feed.addresses(address.base, secret)) for feed in _feeds(setup, {}))
    only_here = is_loopback(urlsplit(address.base).hostname or "")
    return Subscriptions(feeds, f"{address.base}/{secret.value()}/", only_here)


def _feeds(setup: Setup, known: Mapping[Path, FeedFile]) -> tuple[Feed, ...]:
    """One for each ICS target. Files that are in `known` are kept: they remember what could be read last."""
    targets = _ics_targets(setup)
    names = _file_names(targets)
    return tuple(
        Feed(target.name, name, known.get(target.path) or FeedFile(target.path), target.detail == "busy")
        for target, name in zip(targets, names, strict=True)
    )


def _file_names(targets: Sequence[IcsTarget]) -> list[str]:
    """Each is named after its file, or if that name is taken, after its target.

    A target that is added changes no name of those before it: people have subscribed to them.
    """
    names: list[str] = []
    for target in targets:
        numbered = (f"{target.name}-{number}.ics" for number in count(2))
        candidates = chain((target.path.name, f"{target.name}.ics"), numbered)
        names.append(next(name for name in candidates if name not in names))
    return names


def _ics_targets(setup: Setup) -> list[IcsTarget]:
    return [target for target in setup.config.targets if isinstance(target, IcsTarget)]


@dataclass(slots=True)
class _Rounds:
    """Plans with the config and the templates as they are each time; `feeds` are those of the last time."""

    load: Callable[[], Setup]
    clock: Callable[[], datetime]
    pushed: Callable[[Pushed], None]
    feeds: tuple[Feed, ...]

    def plan(self) -> Snapshot:
        """Plan and write the feeds. Raises CalsyncError."""
        now = self.clock()
        setup = self.load()
        self.feeds = _feeds(setup, {feed.file.path: feed.file for feed in self.feeds})
        try:
            names = [target.name for target in _ics_targets(setup)]
            with setup.state.lock(waits.SERVER):
                pushed = _write(setup, now, names)
                if not pushed.failures and len(names) == len(setup.config.targets):
                    setup.state.remember_push(now, setup.config.zone)
        finally:
            setup.close()
        self.pushed(pushed)
        gathered, zone = pushed.gathered, pushed.gathered.plan.zone
        return Snapshot(
            (
                *past_pictures(gathered.standing.published, gathered.plan.weeks[0].week, zone),
                *week_pictures(gathered.plan, gathered.plan.weeks, setup.config.program, gathered.routines),
            ),
            now.astimezone(zone),
            zone,
            tuple(text for _, text in gathered.warnings),
            (*gathered.trouble, *(str(failure) for failure in pushed.failures)),
        )


def _write(setup: Setup, now: datetime, names: Sequence[str]) -> Pushed:
    """Plan and write those targets; where one refuses, the others are written all the same."""
    try:
        return rounds(setup, now, names, allow_mass_delete=False, dry_run=False)
    except RefusedToProtectData:
        if not names:
            raise
    pushed = [rounds(setup, now, (), allow_mass_delete=False, dry_run=False)]
    refusals = []
    for name in names:
        try:
            pushed.append(rounds(setup, now, (name,), allow_mass_delete=False, dry_run=False))
        except RefusedToProtectData as refusal:
            refusals.append(refusal)
    return Pushed(
        pushed[-1].gathered,
        tuple(changes for one in pushed for changes in one.changes),
        (*(failure for one in pushed for failure in one.failures), *refusals),
    )


def run_server(
    load: Callable[[], Setup],
    address: ServerAddress,
    every: timedelta,
    now: datetime | None,
    say: Callable[[str], None],
    pushed: Callable[[Pushed], None],
) -> None:
    """Serve until SIGTERM or SIGINT.

    `load` reads the config, anew for each plan. `say` is told what the server does, `pushed` what each plan
    has changed. Raises ConfigError, or Unavailable if the port can't be had.
    """
    setup = load()
    secret = Secret(setup.state)
    secret.ensure()

    def clock() -> datetime:
        return now or datetime.now(UTC)

    its_rounds = _Rounds(load, clock, pushed, _feeds(setup, {}))
    planner = Planner(its_rounds.plan, every.total_seconds(), say)
    site = Site(
        name=setup.config.name,
        secret=secret,
        feeds=lambda: its_rounds.feeds,
        latest=lambda: planner.latest,
        clock=clock,
        every=every,
        url=address.url,
        names=address.names(setup.config.serve),
    )
    limits = Limits(connections=min(CONNECTIONS, _sockets() - _OTHER_FILES), exempt=site.names.proxies)
    # asyncio tries as many at once when there are no more sockets to be had.
    server = Server(application(site), limits, say, backlog=_BACKLOG)
    with _listening(address) as listener, _signals(planner, server):
        at = ServerAddress(address.host, listener.getsockname()[1], "").base
        say(f"Serving on {at}, planning every {_words(every)}.")
        say("`calsync serve --show-links` prints the addresses.")
        planner.start()
        server.run(sockets=[listener])
    planner.stop(waits.SERVER_END)
    say("Stopped.")


def _words(every: timedelta) -> str:
    minutes = every // timedelta(minutes=1)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


# Files, pipes and sockets that are open beside those of clients; rather many.
_OTHER_FILES = 64
_FEWEST_FILES = 2 * _OTHER_FILES


def _sockets() -> int:
    """How many files may be open, once the limit, usually 1024, is as high as the machine allows."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        if most != resource.RLIM_INFINITY:
            return max(most, _FEWEST_FILES)
    return sys.maxsize


@contextlib.contextmanager
def _listening(address: ServerAddress) -> Iterator[socket.socket]:
    """A socket of our own: uvicorn would end the process if the port is taken."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise Unavailable(f"can't listen on {address.host}, port {address.port}: {reason}") from problem
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
