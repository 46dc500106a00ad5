"""Placement against OR-Tools CP-SAT, and against the time of a bare import.

Both sides of the comparison with CP-SAT get the same table, the best candidate of each day and session, and
must find the same cost, and as many published sessions that don't stay where they are. CP-SAT's model is a
shortest path as a flow: a node for each candidate, an arc where one session may follow another, its price the
candidate's cost, the spacing and what each session costs that the arc leaves out. A published session that is
elsewhere adds so little that all of them together are less than a point.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from calsync.config.templates import Library
from calsync.event import Published, Standing
from calsync.planning.placement import SlotWeek, place, spacing, unplaced
from calsync.planning.problem import Given, Problem, pose
from calsync.program import Availability, Program
from calsync.timespan import Timespan, merge
from calsync.training import TimeRange

ZONE = ZoneInfo("Europe/London")
START = date(2026, 11, 23)
# An arc may leave out so many sessions; more never pays in a year that has room for most of them.
MOST_LEFT_OUT = 4
# A point, where a published session that is not left where it is counts one.
SCALE = 1000


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


def published(weeks: int) -> Problem:
    """The same year a push later: every third session was dragged along by an hour, or has lost its place."""
    before = problem(weeks)
    stands = {}
    for number, (key, chosen) in enumerate(before.solve().chosen.items()):
        if chosen:
            late = timedelta(hours=1 if number % 3 == 0 else 0)
            stands[key] = Published(
                Timespan(chosen.span.start + late, chosen.span.end + late), load=chosen.load
            )
    return pose(replace(before.given, standing=Standing(stands)))


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


def calsync_optimum(weeks: Sequence[SlotWeek]) -> tuple[int, int]:
    """The cost, and how many published sessions are not left where they are."""
    found = place(weeks, ())
    return found.cost, found.moved


def cp_sat_optimum(weeks: Sequence[SlotWeek]) -> tuple[int, int]:
    """The same, by building and solving the flow model."""
    from ortools.sat.python import cp_model

    slots = [(slot, week.min_days_apart) for week in weeks for slot in week.slots]
    without = [unplaced(is_published=slot.is_published) * SCALE + slot.is_published for slot, _ in slots]
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
            left_out = sum(without[number + 1 : following])
            for other in slot.candidates:
                days = (other.day - candidate.day).days if candidate else None
                if days is None or days >= apart:
                    price = other.cost * SCALE + other.moves + left_out
                    price += spacing(days) * SCALE if days is not None else 0
                    arc(begin, (following, other.day.toordinal()), price)
        if len(slots) - number - 1 <= MOST_LEFT_OUT:
            arc(begin, sink, sum(without[number + 1 :]))
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
    cost, moved = divmod(round(solver.objective_value), SCALE)
    return cost, moved
