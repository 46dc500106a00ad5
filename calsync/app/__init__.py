"""What calsync does, without a command line: whoever calls it says which config, and hears what happens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from calsync.words import Show


@contextmanager
def _no_progress() -> Iterator[Show]:
    yield lambda message: None


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears what is done meanwhile; by default nobody.

    `tell` is for details that only somebody who looks for a fault wants. `progress` is entered around what
    may take a while.
    """

    tell: Callable[[str], None] = lambda message: None
    progress: Callable[[], AbstractContextManager[Show]] = _no_progress


NOBODY = Listener()
