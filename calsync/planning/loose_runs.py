"""The runs whose template leaves their time open, and where they could be.

Decides which runs move when something else does. Knows nothing of sessions, and not whether a move helps.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from calsync.planning import wall
from calsync.planning.nearby import Nearby
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedRun
from calsync.timespan import Timespan
from calsync.training import TimeRange


def runs_with_ranges(nearby: Nearby) -> Iterator[tuple[SettledRun, WantedRun, list[Timespan]]]:
    """The runs that look for a place in their ranges, with all places there, the one they like best first."""
    problem = nearby.problem
    settled = {run.key: run for run in problem.settled.runs}
    for wanted in nearby.runs:
        run, usual = settled.get(wanted.key), problem.given.program.usual_start.on(wanted.day)
        ranges = wanted.run.between or ((usual,) if isinstance(usual, TimeRange) else ())
        if run and ranges and not run.fixed and wanted.run.start is None:
            length = wanted.run.minutes * 60
            places = []
            for first, last in (problem.days.clock.range(wanted.day, times) for times in ranges):
                starts = (start for _, start in problem.days.clock.grid(wanted.day))
                places += [wall.span(s, s + length) for s in starts if first <= s <= last - length]
            yield run, wanted, places


def without_loose(nearby: Nearby, dates: Iterable[date]) -> list[SettledRun]:
    """All runs but those of these dates that might move when another one does."""
    on = set(dates)
    loose = {run.key for run in nearby.runs if run.run.start is None}
    runs = nearby.problem.settled.runs
    return [run for run in runs if run.fixed or run.day not in on or run.key not in loose]
