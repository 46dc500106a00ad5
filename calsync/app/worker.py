"""Plans for the server, in processes of their own that it limits and ends; and what such a process does.

A plan in a thread would share the interpreter with requests, and nothing could end one that a calendar keeps
busy.
"""

import contextlib
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from zoneinfo import ZoneInfo

import msgspec

import calsync
from calsync import waits
from calsync.app.actions import catch_up, tell_what_gave_way
from calsync.app.gather import Gathered, Others, ask_others
from calsync.app.history import last_weeks
from calsync.app.push import Pushed, failure_remembered, remember_failure, rounds
from calsync.app.setup import Setup
from calsync.config.settings import IcsTarget
from calsync.errors import CalsyncError, RefusedToProtectData, SourceUnavailable, Unavailable
from calsync.planning.what_if import Explainer
from calsync.training import Week
from calsync.travel import zone_at
from calsync.web.feed_file import FeedFile
from calsync.web.planner import Snapshot
from calsync.web.server import Feed
from calsync.web.week import past_pictures, week_pictures
from calsync.words import on_one_line

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from calsync.app.notify import Note


def feeds_of(setup: Setup, known: Mapping[Path, FeedFile]) -> tuple[Feed, ...]:
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


class _Followed(msgspec.Struct, tag=True):
    """The other targets were written, or what is wrong with them; and what is to be said of it."""

    trouble: str = ""
    said: str = ""


# A line of what such a process says; what tells a zone is read by zone_of().
Told = _Feeds | _Planned | _Followed


class Words(Protocol):
    """How a plan is told: texts that the command line has, too."""

    def changes(self, pushed: Pushed) -> str:
        """What a push changed, as `calsync push --quiet` prints it."""

    def as_json(self, gathered: Gathered, explainer: Explainer) -> str:
        """As `calsync plan --format json` prints it."""


def plan_for_server(
    load: Callable[[], Setup], clock: Callable[[], datetime], words: Words, start: BinaryIO, out: BinaryIO
) -> None:
    """Do what was asked for, plan and write the feeds, as the process that a server starts for it.

    It begins once there is a line at `start`: until then it waits, with everything imported, so that nobody
    who taps a button waits for that. If there is none, the server has gone.

    A line goes to `out` that says where the feeds are, as soon as that is known, and one with what became of
    the plan. If other targets may lack something that the runner did on a page, those are written then, and a
    third line says so.
    """
    _import_all()
    if not start.readline():
        return

    def tell(what: object) -> None:
        out.write(msgspec.json.encode(what, enc_hook=_zone_key) + b"\n")
        out.flush()

    setup: Setup | None = None
    owes = False
    try:
        setup = load()
        try:
            places = [
                _FeedPlace(feed.name, feed.file_name, str(feed.file.path), feed.is_for_others)
                for feed in feeds_of(setup, {})
            ]
            tell(_Feeds(places))
            with _telling(setup, clock) as note, failure_remembered(setup, clock()):
                pushed, turn = _pushed(setup, clock, note)
            has_others = len(_ics_targets(setup)) < len(setup.config.targets)
            owes = has_others and bool(setup.state.acts().done_and_owed)
        finally:
            setup.close()
        planned = _Planned(_snapshot(setup, pushed, turn, words), said=words.changes(pushed))
    except CalsyncError as problem:
        planned = _Planned(problem=str(problem))
    except MemoryError:
        raise  # there may be none to say so
    except Exception as problem:  # noqa: BLE001 - a bug must not end the feeds that people live by
        planned = _Planned(problem=f"a bug in calsync: {problem!r}")
    tell(planned)
    if owes and planned.snapshot:
        tell(_follow(load, clock, words, planned.snapshot.trouble))
    if setup is not None and setup.config.notify:
        # When all is written and said, as it may take its time.
        from calsync.app.notify import deliver

        for delivery in deliver(setup, clock()):
            if delivery.is_new or delivery.dropped:
                _complain(delivery.text())


def _follow(
    load: Callable[[], Setup], clock: Callable[[], datetime], words: Words, told: Collection[str]
) -> _Followed:
    """Write all targets, as `calsync push` does. `told` is the trouble that is known already."""
    try:
        setup = load()
        try:
            with _telling(setup, clock) as note, failure_remembered(setup, clock()):
                others = ask_others(setup, clock())
                with setup.state.lock(waits.SERVER):
                    now = clock()
                    pushed = _write(setup, now, [target.name for target in setup.config.targets], others)
                    for failure in pushed.failures[:1]:
                        remember_failure(setup, failure, now)
                    if not pushed.failures:
                        setup.state.remember_push(now, setup.config.zone)
                    note(pushed, None)
        finally:
            setup.close()
    except CalsyncError as problem:
        return _Followed(str(problem))
    except MemoryError:
        raise  # there may be none to say so
    except Exception as problem:  # noqa: BLE001 - nor may it end what else there is to tell
        return _Followed(f"a bug in calsync: {problem!r}")
    trouble = [text for text in map(str, pushed.failures) if text not in told]
    return _Followed("; ".join(trouble), words.changes(pushed))


def _telling(setup: Setup, clock: Callable[[], datetime]) -> "AbstractContextManager[Note]":
    """For what a plan has to tell; imports nothing if the config has nobody to tell it to."""
    if not setup.config.notify:
        return contextlib.nullcontext(lambda pushed, only: None)
    from calsync.app.notify import telling

    return telling(setup, clock, _complain)


def _complain(text: str) -> None:
    """On standard error, which the server repeats."""
    sys.stderr.write(f"{on_one_line(text)}\n")


def _import_all() -> None:
    """What is imported only where it is used, for the sake of commands that don't."""
    import calsync.calendars.ics
    import calsync.feeds.busy
    import calsync.planning.causes  # noqa: F401


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a plan had the lock: by the clock, in nanoseconds of this machine, and after which answers."""

    now: datetime
    number: int
    answers: frozenset[str]


def _pushed(setup: Setup, clock: Callable[[], datetime], note: "Note") -> tuple[Pushed, _Turn]:
    """Do what was asked for, plan and write the feeds."""
    names = [target.name for target in _ics_targets(setup)]
    try:
        others = ask_others(setup, clock())
    except SourceUnavailable:
        # There can be no plan, but what the runner did counts: they are told so, and the next plan has it.
        catch_up(setup, clock())
        raise
    done = catch_up(setup, clock(), others)
    with setup.state.lock(waits.SERVER):
        now = clock()
        answers = frozenset(one.id for one in setup.state.acts().answered)
        turn = _Turn(now, time.monotonic_ns(), answers)
        pushed = _write(setup, now, names, others)
        tell_what_gave_way(setup, done, pushed)
        for failure in pushed.failures[:1]:
            remember_failure(setup, failure, now)
        if not pushed.failures and len(names) == len(setup.config.targets):
            setup.state.remember_push(now, setup.config.zone)
        note(pushed, names)
    return pushed, turn


def _snapshot(setup: Setup, pushed: Pushed, turn: _Turn, words: Words) -> Snapshot:
    now = turn.now
    gathered, zone = pushed.gathered, pushed.gathered.plan.zone
    explainer, program = Explainer(gathered.plan), gathered.plan.program
    today = now.astimezone(zone).date()
    race = min((race for race in program.races if race.day >= today), key=lambda race: race.day, default=None)
    return Snapshot(
        (
            *past_pictures(gathered.standing, gathered.plan.weeks[0].week, zone),
            *week_pictures(gathered.plan, gathered.plan.weeks, program, gathered.routines, explainer),
        ),
        now.astimezone(zone),
        # Without its trips, as the server that reads this needs only the time of now.
        zone_at(zone, now),
        tuple(text for _, text in gathered.warnings),
        (*gathered.trouble, *(str(failure) for failure in pushed.failures)),
        not pushed.failures,
        tuple(one for one in setup.state.checkins() if one.day >= today - _CHECK_INS_SHOWN),
        (race.title, race.day) if race else None,
        words.as_json(gathered, explainer),
        turn.number,
        turn.answers,
        last_weeks(gathered.standing, setup.state, Week.of(today)),
    )


# So far back the page shows what the runner said of how training feels.
_CHECK_INS_SHOWN = timedelta(weeks=4)


def _zone_key(value: object) -> str:
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(type(value))


def zone_of(kind: type, value: object) -> ZoneInfo:
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
    standard error, `followed` what is wrong with other targets than the feeds, once the runner did something.
    `feeds` are those of the last time.
    """

    command: Sequence[str]
    said: Callable[[str], None]
    complained: Callable[[str], None]
    feeds: tuple[Feed, ...] = ()
    allowance: Allowance = Allowance()
    _waiting: "subprocess.Popen[bytes] | None" = None
    followed: Callable[[str], None] = lambda _: None
    _planning: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    # Those that have told of their plan, and still write other targets and deliver notifications.
    _following: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    # What the plan before complained of: a warning that stays is no news.
    _known_complaints: frozenset[str] = frozenset()
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False

    def prepare(self) -> None:
        """Have a process wait for the next plan, as it takes longer to start one than to plan."""
        with self._changed:
            if not self._ended and (self._waiting is None or self._waiting.poll() is not None):
                self._waiting = self._started()

    def plan(self, *, is_waited_for: bool = False) -> Snapshot:
        """Raises Unavailable.

        It doesn't wait for what the process does after it has told of its plan.
        """
        process = self._taken(is_waited_for=is_waited_for)
        told: queue.SimpleQueue[_Planned | str] = queue.SimpleQueue()
        watch = partial(self._watch, process, self.allowance, told.put)
        threading.Thread(target=watch, name="plan", daemon=True).start()
        planned = told.get()
        if isinstance(planned, str):
            raise Unavailable(planned)
        self.said(planned.said)
        if planned.snapshot is None:
            raise Unavailable(planned.problem)
        return planned.snapshot

    def end(self, patience: float = 0.0) -> None:
        """Kill what runs; what has told of its plan only after so many seconds.

        What a process writes is written in one step, so it may be broken off anywhere.
        """
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._following, patience)
            processes = [*self._planning, *self._following, *filter(None, [self._waiting])]
        for process in processes:
            process.kill()
            process.wait(waits.SERVER_END)

    def _watch(
        self, process: "subprocess.Popen[bytes]", allowance: Allowance, tell: Callable[[_Planned | str], None]
    ) -> None:
        """Have a process plan, and `tell` of its plan, or why there is none; then see it to its end."""
        is_late, has_told, problem = threading.Event(), False, ""
        snapshot: Snapshot | None = None
        errors: list[bytes] = []

        def kill() -> None:
            is_late.set()
            process.kill()

        timer = threading.Timer(allowance.seconds, kill)
        timer.daemon = True
        try:
            with process:
                assert process.stdin
                assert process.stdout
                assert process.stderr
                complaints = threading.Thread(
                    target=lambda stream: errors.append(stream.read()), args=(process.stderr,), daemon=True
                )
                timer.start()
                complaints.start()
                with contextlib.suppress(OSError):  # it has ended: its end says why
                    process.stdin.write(b"plan\n")
                    process.stdin.close()
                for line in process.stdout:
                    try:
                        match msgspec.json.decode(line, type=Told, dec_hook=zone_of):
                            case _Feeds(places):
                                self._take_feeds(places)
                            case _Planned() as planned if not problem:
                                self._tells(process)
                                has_told, snapshot = True, planned.snapshot
                                tell(planned)
                            case _Followed(trouble, said):
                                self.said(said)
                                self.followed(trouble)
                    except msgspec.MsgspecError:
                        problem = "calsync was updated while it runs: restart the server"
                complaints.join()
                process.wait()
            complaint = b"".join(errors).decode("utf-8", "replace").strip()
            if is_late.is_set():
                problem = f"planning took more than {allowance.seconds:.0f} s, and was ended"
            elif not (problem or has_told):
                problem = self._broken_off(process.returncode, complaint, allowance)
            if not has_told:
                tell(problem)
            else:
                self._complain(complaint.splitlines(), problem, snapshot)
        finally:
            timer.cancel()
            with self._changed:
                for processes in (self._planning, self._following):
                    if process in processes:
                        processes.remove(process)
                self._changed.notify_all()
            # Whoever waits must not do so for ever; who has been told already hears no more.
            tell("planning broke off")

    def _complain(self, lines: Sequence[str], problem: str, snapshot: Snapshot | None) -> None:
        with self._changed:
            # Each once, also of a plan that was made again as a calendar had changed meanwhile.
            new = [line for line in dict.fromkeys(lines) if line not in self._known_complaints]
            # A plan that changes nothing repeats none, and without a plan nobody knows which of them stay.
            stays = _warnings_in(snapshot) if snapshot else self._known_complaints
            self._known_complaints = frozenset(lines) | (self._known_complaints & stays)
        if said := "\n".join(filter(None, (*new, problem))):
            self.complained(said)

    def _tells(self, process: "subprocess.Popen[bytes]") -> None:
        with self._changed:
            self._planning.remove(process)
            self._following.append(process)

    def _taken(self, *, is_waited_for: bool) -> "subprocess.Popen[bytes]":
        """The process that waits, or if there is none a new one."""
        with self._changed:
            process, self._waiting = self._waiting, None
            if process is None or process.poll() is not None:
                process = self._started()
            _restrict(process.pid, self.allowance, is_waited_for=is_waited_for)
            self._planning.append(process)
            if self._ended:
                process.kill()
            return process

    def _started(self) -> "subprocess.Popen[bytes]":
        # A session of its own: Ctrl-C ends the server, which then ends the plan.
        return subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )

    def _take_feeds(self, places: Sequence[_FeedPlace]) -> None:
        known = {feed.file.path: feed.file for feed in self.feeds}
        self.feeds = tuple(
            Feed(p.name, p.file_name, known.get(path) or FeedFile(path), p.is_for_others)
            for p in places
            for path in [Path(p.path)]
        )

    def _broken_off(self, code: int, complaint: str, allowance: Allowance) -> str:
        if "MemoryError" in complaint:
            return f"planning took more than {allowance.memory >> 20} MB of memory, and was ended"
        if code == _KILLED:
            return "the plan's process was killed; this machine may have too little memory"
        return f"planning broke off ({complaint[-300:] or f'it ended with {code}'})"


def _warnings_in(snapshot: Snapshot) -> frozenset[str]:
    """As they are complained of."""
    return frozenset(f"Warning: {on_one_line(text)}" for text in (*snapshot.warnings, *snapshot.trouble))


# SIGKILL, as Linux sends it where there is no memory left.
_KILLED = -9


def _restrict(pid: int, allowance: Allowance, *, is_waited_for: bool) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError):  # only Linux can do this from outside
        import resource

        resource.prlimit(pid, resource.RLIMIT_DATA, (allowance.memory, allowance.memory))
        # Should the server be gone when it is to be ended. A little later than the server would: it says why.
        seconds = math.ceil(allowance.seconds) + 2
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
        if not is_waited_for:
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
