"""Many lives, one after the other or side by side.

A module of its own, as processes that are started for it can't import a program's `__main__`.
"""

import multiprocessing
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from tests.cli.forks import Zygote
from tests.year.google import GoogleLife
from tests.year.life import Life, Tally
from tests.year.speed import remembering
from tests.year.world import random_runner

# One runner in four has a calendar in Google.
GOOGLE_EACH = 4


def is_on_google(number: int) -> bool:
    return number % GOOGLE_EACH == GOOGLE_EACH - 1


def live(
    seed: int, number: int, days: int, zygote: Zygote, folder: Path, *, is_loud: bool = False
) -> Iterator[Tally]:
    """The days of one runner: what happened so far, each day, and at the end."""
    random = Random(f"{seed}/{number}")
    runner = random_runner(random, on_google=is_on_google(number), days=days)
    kind = GoogleLife if runner.on_google else Life
    with tempfile.TemporaryDirectory(dir=folder) as place:
        life = kind(random, runner, Path(place), days, zygote, is_loud=is_loud)
        try:
            for _ in life.live():
                yield life.tally
        finally:
            life.close()
    life.tally.problems = [f"seed {seed}, runner {number}, {problem}" for problem in life.tally.problems]
    yield life.tally


# --- several processes --------------------------------------------------------------------------------------

Task = tuple[int, int, int]  # seed, number, days
_zygote: Zygote | None = None


def _whole_life(task: Task) -> Tally:
    global _zygote
    with remembering():
        _zygote = _zygote or Zygote()
        *_, tally = live(*task, _zygote, memory())
        return tally


def memory() -> Path:
    """A place for many small files that are gone soon."""
    shm = Path("/dev/shm")
    return shm if shm.is_dir() else Path(tempfile.gettempdir())


def in_processes(tasks: list[Task], jobs: int) -> Iterator[tuple[Tally, bool]]:
    """What happened to each runner when their life is over."""
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for tally in pool.imap_unordered(_whole_life, tasks):
            yield tally, True


def in_this_process(tasks: Iterable[Task], *, is_loud: bool) -> Iterator[tuple[Tally, bool]]:
    """What happened to each runner so far, and whether that is all."""
    with Zygote() as zygote, remembering():
        for task in tasks:
            tally = Tally()
            for tally in live(*task, zygote, memory(), is_loud=is_loud):
                yield tally, False
            yield tally, True
