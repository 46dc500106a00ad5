"""Let random runners live for a year with calsync, and look each day whether all is as it was promised.

Ends with 1 if anything is wrong. A problem is found again with the seed and the runner that it is told with:
`--seed N --runner K`, and the same number of days.
"""

import argparse
import signal
import sys
import threading
import time

from tests.year.crowd import in_processes, in_this_process
from tests.year.life import Tally


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
