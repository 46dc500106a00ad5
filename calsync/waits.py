"""How long anything waits for anything, in seconds; and how something is tried again.

The times of what is tried again over a network belong together: `feeds.download.Limits` has them for
calendars that are read, `calendars.google.client.Patience` for Google, `calendars.caldav.client.Patience` for
CalDAV.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import tenacity

T = TypeVar("T")

# Nobody waits for cron, and a mail that a server was just planning would help nobody. A push by hand asks for
# no wait: who is there can try again.
QUIET_PUSH = 10.0
# Somebody waits at a terminal.
WISH = 10.0
# A push has ended before that.
SERVER = 60.0
# Somebody has sent a form. Their client's patience is REQUEST_PART; what takes longer is done all the same.
ACT = 6.0
# Longer than a push takes at most: somebody has just gone through all of Google's pages.
NEW_CONSENT = 240.0

# A person who reads Google's pages and decides.
CONSENT = 300.0
# Google, with the token that follows.
TOKEN = 20.0
# Each command that is asked what runs calsync.
SCHEDULERS = 3.0
# A program that prints a password, and may have to ask for another one.
PASSWORD = 30.0
# All notifications for one table of the config. They are the last that a push does, and tried again.
NOTIFY = 15.0
# Who changes what is known of them does no more than that.
NOTIFY_LOCK = 10.0
# The server of this machine, that is asked whether it runs.
SERVER_ANSWER = 2.0
# A client of the server: with the head of its request, with the body, with taking the answer; with all of it.
REQUEST_PART = 10.0
REQUEST = 30.0
# And with the next request, if it keeps the connection.
IDLE = 5.0
# What went wrong between clients and the server is said once in that time.
REPORT = 60.0
# A plan that the server makes, with all calendars that are read for it.
LONGEST_PLAN = 120.0
# Requests, and a plan in the making, when the server is to end.
SERVER_END = 3


_STACK = 1 << 20
# Nobody who interrupts a command notices that it took so long.
_PIECE = 0.1


def ended(works: Sequence[Callable[[], None]], seconds: float = math.inf) -> bool:
    """Do all of them, each on a thread of its own, for at most so long; True if all have ended.

    None of them may raise. Somebody who interrupts a command does not wait for them.
    """
    import socket

    # Not a pipe: on Windows nobody can wait for one.
    waits, told = socket.socketpair()
    left = iter(range(len(works) - 1))

    def run(work: Callable[[], None]) -> None:
        work()
        if next(left, None) is None:
            told.close()

    # In short pieces: Python looks for signals before it waits, and an interrupt that comes between the two
    # (a thread that hands over to another is there for as long as a busy machine likes), or that the system
    # gives to another thread, ends no wait. And not with `Thread.join`: under the clock of a test it never
    # gives up, as libfaketime knows nothing of sem_clockwait.
    end = time.monotonic() + seconds
    with waits:
        for work in works:
            _start(partial(run, work))
        while (pause := min(_PIECE, end - time.monotonic())) > 0:
            waits.settimeout(pause)
            with suppress(TimeoutError):
                waits.recv(1)  # nothing but the end ever comes
                return True
    return False


def _start(work: Callable[[], None]) -> None:
    # One MB, not the usual eight: a limit of a process's memory counts all of each stack, used or not.
    before = threading.stack_size(_STACK)
    try:
        threading.Thread(target=work, daemon=True, name="calsync").start()
    finally:
        threading.stack_size(before)


def at_once(works: Sequence[Callable[[], None]]) -> None:
    """Do all of them, each on a thread of its own, so that it takes as long as the slowest alone.

    Raises the error of the first, in their order, that failed; once all have ended.
    """
    if len(works) < 2:
        for work in works:
            work()
        return
    errors: dict[int, BaseException] = {}

    def run(number: int) -> None:
        try:
            works[number]()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the caller's thread
            errors[number] = error

    ended([partial(run, number) for number in range(len(works))])
    if errors:
        raise errors[min(errors)]


def retry_after(text: str) -> timedelta | None:
    """How long a server wants to be left alone, by its header: seconds or a date (RFC 9110, 10.2.3)."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**6))
    # Here, as hardly any server is ever that busy.
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(text) - datetime.now(UTC), timedelta(0))
    except (TypeError, ValueError, OverflowError):
        return None


def tried(
    action: Callable[[], T],
    may_help: Callable[[BaseException], bool],
    asked: Callable[[BaseException], float | None],
    *,
    attempts: int,
    first: float,
    longest: float,
    total: float = math.inf,
) -> T:
    """What `action` gives, after at most so many attempts and no more waiting than `total` allows.

    `may_help` says after an error whether another try makes sense, `asked` how long the server wants to be
    left alone. Where it doesn't say, waits grow twofold from `first` to `longest`, with full jitter: any time
    from none to that (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Raises the error of the last attempt.
    """
    start = time.monotonic()
    try:
        return action()
    except Exception as problem:
        if attempts < 2 or not may_help(problem):
            raise
        failed: Exception | None = problem
    # It takes 70 ms to import, and most commands never need it: so the first attempt is made without it.
    import tenacity

    def again() -> T:
        nonlocal failed
        if failed is not None:
            problem, failed = failed, None
            raise problem
        return action()

    backoff = tenacity.wait_random_exponential(multiplier=first, max=longest)

    def wait(state: "tenacity.RetryCallState") -> float:
        problem = state.outcome.exception() if state.outcome else None
        wanted = asked(problem) if problem else None
        return backoff(state) if wanted is None else wanted

    def is_enough(state: "tenacity.RetryCallState") -> bool:
        waited = time.monotonic() - start + state.upcoming_sleep
        return state.attempt_number >= attempts or waited >= total

    retry = tenacity.retry_if_exception(may_help)
    return tenacity.Retrying(retry=retry, wait=wait, stop=is_enough, reraise=True)(again)
