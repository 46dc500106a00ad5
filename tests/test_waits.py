"""What waits for work on other threads hears of an interrupt, whichever thread it reaches."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from calsync import waits


@contextmanager
def interrupts() -> Iterator[None]:
    """SIGINT is what it is in a command, wherever the tests run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def one(work: Callable[[], None]) -> None:
    waits.ended([work])


def several(work: Callable[[], None]) -> None:
    waits.at_once([work, lambda: None])


@pytest.mark.parametrize("wait", [one, several])
def test_an_interrupt_that_does_not_wake_the_wait_ends_it(wait: Callable[[Callable[[], None]], None]) -> None:
    """One that another thread gets does not; nor does one that comes just before the wait, which no test can
    bring about for sure."""
    over = threading.Event()

    def work() -> None:
        over.wait(0.2)  # The main thread waits by then; if it doesn't yet, it hears of it all the same.
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        over.wait(60)

    with interrupts(), pytest.raises(KeyboardInterrupt):
        wait(work)
    over.set()
