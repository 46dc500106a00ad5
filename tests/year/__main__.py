"""Let random runners live for a year with calsync, and look each day whether all is as it was promised.

Ends with 1 if anything is wrong. A problem is found again with the seed and the runner that it is told with:
`--seed N --runner K`, and the same number of days.
"""

import argparse
import multiprocessing
import signal
import sys
import tempfile
import threading
import time
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


# --- what is shown ------------------------------------------------------------------------------------------


class Progress:
    """A line that is written again and again on a terminal; elsewhere one a minute."""

    def __init__(self, runners: int, days: int) -> None:
        self._of, self._begin, self._next = runners * days, time.monotonic(), 0.0
        self._width = 0

    def show(self, total: Tally, *more: Tally) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.3 if sys.stdout.isatty() else 60)
        days = total.days + sum(one.days for one in more)
        pace = days / max(now - self._begin, 0.001)
        left = (self._of - days) / max(pace, 0.001)
        text = (
            f"{days:,} of {self._of:,} runner-days, {pace:.1f} a second, {left / 60:.0f} min left;"
            f" {len(total.problems)} problems, {total.moved['none']} of {total.sessions:,} sessions moved"
            " without a cause"
        )
        self.say(text, ends="" if sys.stdout.isatty() else "\n")

    @staticmethod
    def say(text: str, ends: str = "\n") -> None:
        sys.stdout.write(("\r\x1b[K" if sys.stdout.isatty() else "") + text + ends)
        sys.stdout.flush()


def table(total: Tally, seconds: float) -> str:
    without = total.moved["none"]
    share = 100 * without / total.sessions if total.sessions else 0.0
    causes = ", ".join(
        f"{number:,} {cause}" for cause, number in total.moved.most_common() if cause != "none"
    )
    rows = [
        ("runner-days", f"{total.days:,}"),
        ("pushes", f"{total.pushes:,}"),
        *((what, f"{number:,}") for what, number in sorted(total.counts.items()) if number),
        ("published sessions", f"{total.sessions:,}"),
        ("moved with a cause", causes or "0"),
        ("moved without", f"{without:,} ({share:.2f} %)"),
        ("problems", f"{len(total.problems):,}"),
        ("time", f"{seconds / 60:.1f} min"),
    ]
    return "\n".join(f"{name:<26} {value}" for name, value in rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.year", description=__doc__)
    parser.add_argument("--runners", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--days", type=int, default=30, metavar="N", help="for how long (30)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other runners (1)")
    parser.add_argument(
        "--runner", type=int, metavar="K", help="only this one, with each command that they give"
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many processes (1)")
    given = parser.parse_args()
    numbers = range(given.runners) if given.runner is None else [given.runner]
    tasks = [(given.seed, number, given.days) for number in numbers]
    # Whoever ends a long run wants to know what it has found so far; the command that runs comes first.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    progress, total, begin = Progress(len(tasks), given.days), Tally(), time.monotonic()
    is_alone = given.jobs == 1 or len(tasks) == 1
    lives = (
        in_this_process(tasks, is_loud=given.runner is not None)
        if is_alone
        else in_processes(tasks, given.jobs)
    )
    for tally, is_over in lives:
        if is_over or stop.is_set():
            for problem in tally.problems:
                progress.say(problem)
            total.add(tally)
        if stop.is_set():
            break
        if given.runner is None:
            progress.show(total, *([] if is_over else [tally]))
    progress.say(table(total, time.monotonic() - begin))
    return 1 if total.problems else 0


if __name__ == "__main__":
    sys.exit(main())
