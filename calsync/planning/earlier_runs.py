"""Runs that start earlier inside their ranges.

Decides which times a run could have instead. Knows nothing of why it has a later one (runs.py), and not
whether the earlier one makes room (fix.py).
"""

from collections.abc import Iterator

from calsync.planning.attempt import Attempt
from calsync.planning.chance import Chance
from calsync.planning.change import EarlierRun
from calsync.planning.loose_runs import runs_with_ranges, without_loose
from calsync.planning.nearby import around


def earlier_runs(chance: Chance, finely: bool) -> Iterator[Attempt]:
    """All that there are: a run that moves may do more than open cells, so there is none to leave out."""
    nearby = chance.nearby
    problem = nearby.problem
    last = problem.weeks[-1].week.days[-1]
    for run, wanted, places in runs_with_ranges(nearby):
        others = [other.span for other in problem.settled.runs if other.key != run.key]
        earlier = [
            place
            for place in places
            if problem.given.now < place.start < run.span.start
            and not nearby.blocks(place)
            and not any(place.overlaps(other) for other in others)
        ]
        if earlier and wanted.day <= last:
            loose = nearby.days(runs=without_loose(nearby, around(run.day)))
            opens = nearby.opened(loose, around(run.day, 2))
            for span in earlier:
                yield Attempt(run.span.start - span.start, run.day, EarlierRun(run, span), opens)
