"""Placement against OR-Tools CP-SAT, and against the time of a bare import.

Both sides of the comparison with CP-SAT get the same table, the cheapest candidate of each day and session,
and must find the same cost. CP-SAT's model is a shortest path as a flow: a node for each candidate, an arc
where one session may follow another, its price the candidate's cost, the spacing and 1000 points for each
session that the arc leaves out.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from calsync.config.templates import Library
from calsync.event import Standing
from calsync.planning.placement import UNPLACED_POINTS, SlotWeek, place, spacing
from calsync.planning.plan import Given, Problem, pose
from calsync.program import Availability, Program
from calsync.timespan import Timespan, merge
from calsync.training import TimeRange

ZONE = ZoneInfo("Europe/London")
START = date(2026, 11, 23)
# An arc may leave out so many sessions; more never pays in a year that has room for most of them.
MOST_LEFT_OUT = 4


def problem(weeks: int) -> Problem:
    """A working year: four templates in turn, office hours, evenings that are sometimes taken."""
    library = Library(Path.cwd())
    names = ("balanced", "half-marathon-build", "ten-k-build", "recovery")
    ranges = (TimeRange(6 * 60, 8 * 60 + 30), TimeRange(12 * 60, 14 * 60), TimeRange(17 * 60, 21 * 60))
    availability = Availability(ranges, sat=(TimeRange(8 * 60, 20 * 60),), sun=())
    program = Program(START, names, horizon=weeks, availability=availability)
    templates = {name: library.template(name) for name in names}
    now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    return pose(Given(program, templates, _busy(weeks), Standing(), now, ZONE))


def _busy(weeks: int) -> tuple[Timespan, ...]:
    random = Random(26)
    spans = []
    for number in range((weeks + 2) * 7):
        midnight = datetime(START.year, START.month, START.day, tzinfo=ZONE) + timedelta(days=number)
        blocks = [(9.0, 12.0), (13.0, 17.5)] if midnight.weekday() < 5 else [(11.0, 13.0)]
        if random.random() < 0.4:
            blocks.append((18.0, 20.5))
        if random.random() < 0.2:
            blocks.append((12.0, 13.0))
        spans += [
            Timespan(midnight + timedelta(hours=start), midnight + timedelta(hours=end))
            for start, end in blocks
        ]
    return merge(spans)


def calsync_cost(weeks: Sequence[SlotWeek]) -> int:
    return place(weeks, ()).cost


def cp_sat_cost(weeks: Sequence[SlotWeek]) -> int:
    """Build and solve the flow model."""
    from ortools.sat.python import cp_model

    slots = [(slot, week.min_days_apart) for week in weeks for slot in week.slots]
    model = cp_model.CpModel()
    into: dict[tuple[int, int], list[object]] = {}
    out: dict[tuple[int, int], list[object]] = {}
    source, sink = (-1, 0), (len(slots), 0)
    terms = []

    def arc(begin: tuple[int, int], end: tuple[int, int], price: int) -> None:
        used = model.new_bool_var("")
        out.setdefault(begin, []).append(used)
        into.setdefault(end, []).append(used)
        terms.append(price * used)

    nodes = [(-1, None)] + [(n, c) for n, (slot, _) in enumerate(slots) for c in slot.candidates]
    for number, candidate in nodes:
        begin = source if candidate is None else (number, candidate.day.toordinal())
        for following in range(number + 1, min(number + 2 + MOST_LEFT_OUT, len(slots))):
            slot, apart = slots[following]
            left_out = (following - number - 1) * UNPLACED_POINTS
            for other in slot.candidates:
                days = (other.day - candidate.day).days if candidate else None
                if days is None or days >= apart:
                    price = other.cost + left_out + (spacing(days) if days is not None else 0)
                    arc(begin, (following, other.day.toordinal()), price)
        if (left_out := len(slots) - number - 1) <= MOST_LEFT_OUT:
            arc(begin, sink, left_out * UNPLACED_POINTS)
    model.add_exactly_one(out[source])
    model.add_exactly_one(into[sink])
    for node in into.keys() | out.keys():
        if node not in (source, sink):
            model.add(sum(into.get(node, [])) == sum(out.get(node, [])))
    model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    return round(solver.objective_value)
