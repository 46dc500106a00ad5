"""`python -m benchmarks`: every performance goal, measured and printed side by side.

Needs calsync and its test extra in this environment (`pip install '.[test]'`). `--quick` takes fewer rounds.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import acting, busy, placement, serving, titles
from benchmarks.commands import beside_python, medians
from benchmarks.small_calendar import write_config

ROUNDS = 5 if "--quick" in sys.argv else 15


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python, calsync = sys.executable, beside_python("calsync")
        environment = {**os.environ, "CALSYNC_STATE": str(folder / "state")}
        write_config(folder)
        push = [calsync, "push", "--now", "2026-11-23T06:00:00+00:00"]
        commands = {
            "python -c pass": [python, "-c", "pass"],
            "import click": [python, "-c", "import click"],
            "import icalendar": [python, "-c", "import icalendar"],
            "khal --version": [beside_python("khal"), "--version"],
            "calsync --version": [calsync, "--version"],
            "calsync --help": [calsync, "--help"],
            "push, no change": push,
        }
        took = medians(commands, rounds=ROUNDS, environment=environment, folder=folder)
    for command, seconds in took.items():
        print(f"{command:20} {seconds * 1000:8.1f} ms")
    print()
    ratio(
        "calsync --version / python -c pass", took["calsync --version"] / took["python -c pass"], "at most 2"
    )
    ratio("calsync --help / import click", took["calsync --help"] / took["import click"], "at most 2")
    ratio("calsync --help / khal --version", took["calsync --help"] / took["khal --version"], "below 0.5")
    what = "push without changes, 4 weeks, 500 busy events / import icalendar"
    ratio(what, took["push, no change"] / took["import icalendar"], "at most 4")

    acting.print_figures(3 if "--quick" in sys.argv else 10, took["import icalendar"])

    solve = {weeks: solving(weeks) for weeks in (13, 26, 52)}
    ratio("place 52 weeks / import icalendar", solve[52] / took["import icalendar"], "at most 1.5")
    ratio("place 52 weeks / place 26 weeks", solve[52] / solve[26], "about 2")
    weeks = placement.problem(26).slot_weeks()
    for asked in (weeks, placement.published(26).slot_weeks()):
        ours, theirs = placement.calsync_optimum(asked), placement.cp_sat_optimum(asked)
        if ours != theirs:
            raise SystemExit(f"calsync's cost and moved sessions are {ours}, CP-SAT's {theirs}")
        print(f"  26 weeks, cost and moved sessions {ours}: the same as CP-SAT's")
    fast = median_of(lambda: placement.calsync_optimum(weeks))
    slow = median_of(lambda: placement.cp_sat_optimum(weeks), rounds=5)
    print(f"  26 weeks: CP-SAT {slow * 1000:.1f} ms, calsync {fast * 1000:.2f} ms")
    ratio("CP-SAT / calsync, 26 weeks", slow / fast, "at least 100")
    print()
    busy.print_figures(rounds=1 if "--quick" in sys.argv else busy.ROUNDS)
    what = "entries of training feeds, µs a character of title and description"
    ratio(what, titles.microseconds_a_character(), "at most 5")
    serving.print_figures(rounds=100 if "--quick" in sys.argv else 600)


def ratio(what: str, value: float, goal: str) -> None:
    print(f"{what:68} {value:8.2f}   ({goal})")


def solving(weeks: int) -> float:
    """Median seconds of placing so many weeks; a new problem each time, as a solved one remembers days."""
    problems = [placement.problem(weeks) for _ in range(ROUNDS + 1)]
    return median_of(lambda: problems.pop().solve())


def median_of(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median seconds of `work`, the first time left out."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


if __name__ == "__main__":
    main()
