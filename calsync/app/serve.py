"""What `calsync serve` does: plan again and again, write the feeds, and answer requests until it is ended.

Output is the caller's job.
"""

import contextlib
import http.client
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import BinaryIO, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

import calsync
from calsync import waits
from calsync.addresses import hidden, is_loopback, server_address
from calsync.app.gather import Others, ask_others
from calsync.app.push import Pushed, failure_remembered, remember_failure, rounds
from calsync.app.setup import Setup
from calsync.config.settings import IcsTarget, Serve
from calsync.errors import CalsyncError, RefusedToProtectData, Unavailable, UsageError
from calsync.state import State
from calsync.travel import zone_at

try:
    from calsync.web.connections import CONNECTIONS, FILES_BETWEEN, Limits, Server
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


# --- a plan, in a process of its own ----------------------------------------------------------------------


class _FeedPlace(msgspec.Struct):
    """Where a feed is, as one process tells another."""

    name: str
    file_name: str
    path: str
    is_for_others: bool


class _Feeds(msgspec.Struct, tag=True):
    places: list[_FeedPlace]


class _Planned(msgspec.Struct, tag=True):
    """What became of a plan: how it is to be shown, or why there is none; and what is to be said of it."""

    snapshot: Snapshot | None = None
    problem: str = ""
    said: str = ""


def plan_for_server(
    load: Callable[[], Setup], clock: Callable[[], datetime], changes: Callable[[Pushed], str], out: BinaryIO
) -> None:
    """Plan and write the feeds, as the process that a server starts for it. `changes` puts them in words.

    A line goes to `out` that says where the feeds are, as soon as that is known, and one with what became of
    the plan.
    """

    def tell(what: object) -> None:
        out.write(msgspec.json.encode(what, enc_hook=_zone_key) + b"\n")
        out.flush()

    try:
        setup = load()
        try:
            places = [
                _FeedPlace(feed.name, feed.file_name, str(feed.file.path), feed.is_for_others)
                for feed in _feeds(setup, {})
            ]
            tell(_Feeds(places))
            with failure_remembered(setup, clock()):
                pushed, now = _pushed(setup, clock)
        finally:
            setup.close()
        planned = _Planned(_snapshot(setup, pushed, now), said=changes(pushed))
    except CalsyncError as problem:
        planned = _Planned(problem=str(problem))
    except MemoryError:
        raise  # there may be none to say so
    except Exception as problem:  # noqa: BLE001 - a bug must not end the feeds that people live by
        planned = _Planned(problem=f"a bug in calsync: {problem!r}")
    tell(planned)


def _pushed(setup: Setup, clock: Callable[[], datetime]) -> tuple[Pushed, datetime]:
    names = [target.name for target in _ics_targets(setup)]
    others = ask_others(setup, clock())
    with setup.state.lock(waits.SERVER):
        now = clock()
        pushed = _write(setup, now, names, others)
        for failure in pushed.failures[:1]:
            remember_failure(setup, failure, now)
        if not pushed.failures and len(names) == len(setup.config.targets):
            setup.state.remember_push(now, setup.config.zone)
    return pushed, now


def _snapshot(setup: Setup, pushed: Pushed, now: datetime) -> Snapshot:
    gathered, zone = pushed.gathered, pushed.gathered.plan.zone
    return Snapshot(
        (
            *past_pictures(gathered.standing.published, gathered.plan.weeks[0].week, zone),
            *week_pictures(gathered.plan, gathered.plan.weeks, gathered.plan.program, gathered.routines),
        ),
        now.astimezone(zone),
        # Without its trips, as the server that reads this needs only the time of now.
        zone_at(zone, now),
        tuple(text for _, text in gathered.warnings),
        (*gathered.trouble, *(str(failure) for failure in pushed.failures)),
        not pushed.failures,
    )


def _zone_key(value: object) -> str:
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(type(value))


def _zone(kind: type, value: object) -> ZoneInfo:
    return ZoneInfo(str(value))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a plan may take: seconds, and bytes of memory (on Linux)."""

    seconds: float = waits.LONGEST_PLAN
    memory: int = 512 * 1024 * 1024


@dataclass(slots=True)
class Worker:
    """Plans in a process of its own, so that neither a request nor a signal waits for a calendar.

    `command` is one that ends with plan_for_server(). `said` hears its changes, `complained` what it says on
    standard error. `feeds` are those of the last time.
    """

    command: Sequence[str]
    said: Callable[[str], None]
    complained: Callable[[str], None]
    feeds: tuple[Feed, ...] = ()
    allowance: Allowance = Allowance()
    _process: "subprocess.Popen[bytes] | None" = None

    def plan(self) -> Snapshot:
        """Raises Unavailable."""
        # A session of its own: Ctrl-C ends the server, which then ends the plan.
        with subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        ) as process:
            self._process = process
            _restrict(process.pid, self.allowance)
            try:
                out, errors = process.communicate(timeout=self.allowance.seconds)
                problem = ""
            except subprocess.TimeoutExpired:
                process.kill()
                out, errors = process.communicate()
                problem = f"planning took more than {self.allowance.seconds:.0f} s, and was ended"
        complaint = errors.decode("utf-8", "replace").strip()
        planned: _Planned | None = None
        try:
            for line in out.splitlines():
                match msgspec.json.decode(line, type=_Feeds | _Planned, dec_hook=_zone):
                    case _Feeds(places):
                        self._take_feeds(places)
                    case _Planned() as found:
                        planned = found
        except msgspec.MsgspecError:
            problem = "calsync was updated while it runs: restart the server"
        if problem or planned is None:
            raise Unavailable(problem or self._broken_off(process.returncode, complaint))
        if complaint:
            self.complained(complaint)
        self.said(planned.said)
        if planned.snapshot is None:
            raise Unavailable(planned.problem)
        return planned.snapshot

    def end(self) -> None:
        """Kill it if it runs. What it writes is written in one step, so it may be broken off anywhere."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(waits.SERVER_END)

    def _take_feeds(self, places: Sequence[_FeedPlace]) -> None:
        known = {feed.file.path: feed.file for feed in self.feeds}
        self.feeds = tuple(
            Feed(p.name, p.file_name, known.get(path) or FeedFile(path), p.is_for_others)
            for p in places
            for path in [Path(p.path)]
        )

    def _broken_off(self, code: int, complaint: str) -> str:
        if "MemoryError" in complaint:
            return f"planning took more than {self.allowance.memory >> 20} MB of memory, and was ended"
        if code == _KILLED:
            return "the plan's process was killed; this machine may have too little memory"
        return f"planning broke off ({complaint[-300:] or f'it ended with {code}'})"


# SIGKILL, as Linux sends it where there is no memory left.
_KILLED = -9


def _restrict(pid: int, allowance: Allowance) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):  # only Linux can do this from outside
        import resource

        resource.prlimit(pid, resource.RLIMIT_DATA, (allowance.memory, allowance.memory))
        # Should the server be gone when it is to be ended. A little later than the server would: it says why.
        seconds = math.ceil(allowance.seconds) + 2
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
        # Whoever asks for a page goes first.
        os.setpriority(os.PRIO_PROCESS, pid, 10)


def _environment() -> dict[str, str]:
    """Where this calsync is found again: a checkout need not be installed."""
    environment = {name: value for name, value in os.environ.items() if name not in _SYSTEMD}
    root = Path(calsync.__file__).absolute().parents[1]
    if root.name not in ("site-packages", "dist-packages"):
        paths = [str(root), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


_SYSTEMD = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


def _write(setup: Setup, now: datetime, names: Sequence[str], others: Others) -> Pushed:
    """Plan and write those targets; where one refuses, the others are written all the same."""
    try:
        return rounds(setup, now, names, others, allow_mass_delete=False, dry_run=False)
    except RefusedToProtectData:
        if not names:
            raise
    pushed = [rounds(setup, now, (), others, allow_mass_delete=False, dry_run=False)]
    refusals = []
    for name in names:
        try:
            pushed.append(rounds(setup, now, (name,), others, allow_mass_delete=False, dry_run=False))
        except RefusedToProtectData as refusal:
            refusals.append(refusal)
    return Pushed(
        pushed[-1].gathered,
        tuple(changes for one in pushed for changes in one.changes),
        (*(failure for one in pushed for failure in one.failures), *refusals),
    )


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
    worker.feeds = _feeds(setup, {})
    planner = Planner(worker.plan, every.total_seconds(), say)

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
            planner.stop(waits.SERVER_END)
            worker.end()
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
