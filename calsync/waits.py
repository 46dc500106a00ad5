"""How long anything waits for anything, in seconds; and how something is tried again.

The times of what is tried again over a network belong together: `feeds.download.Limits` has them for
calendars, `calendars.google.client.Patience` for Google.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
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
# Longer than a push takes at most: somebody has just gone through all of Google's pages.
NEW_CONSENT = 240.0

# A person who reads Google's pages and decides.
CONSENT = 300.0
# Google, with the token that follows.
TOKEN = 20.0
# Each command that is asked what runs calsync.
SCHEDULERS = 3.0
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


def started(work: Callable[[], None]) -> threading.Thread:
    """A thread that does `work`; somebody who interrupts a command does not wait for it.

    Its stack has one MB, not the usual eight: a limit of a process's memory counts all of each, used or not.
    """
    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=work, daemon=True, name="calsync")
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


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

    threads = [started(partial(run, number)) for number in range(len(works))]
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]


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
