"""A plan's problem as it is, with what its weeks offer: now, at any time of the day, with nothing busy.

Decides nothing, and says it week by week, since the search for changes looks at the same weeks again and
again. Knows nothing of what changes there are.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import cached_property

from calsync.planning import wall
from calsync.planning.days import Days
from calsync.planning.placement import Placement, SlotWeek, place
from calsync.planning.plan import Problem
from calsync.planning.runs import SettledRun, SettledRuns
from calsync.planning.week import WantedSession, WantedWeek
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Load, TimeRange, Week

# A session, by its key, and a day on which it has a start.
Cell = tuple[str, date]
# What a start costs, and the start: less is better.
Rank = tuple[int, int]

# A day with its week and the sessions that may be placed on it.
FreeDay = tuple[WantedWeek, date, tuple[WantedSession, ...]]


class Whole:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._open_cells: dict[Week, frozenset[Cell]] = {}
        self._quiet_cells: dict[Week, frozenset[Cell]] = {}

    @cached_property
    def slot_weeks(self) -> dict[Week, SlotWeek]:
        weeks = (week.week for week, _ in self.problem.free)
        return dict(zip(weeks, self.problem.slot_weeks(), strict=True))

    @cached_property
    def missing(self) -> frozenset[str]:
        """The sessions that have no place as things are."""
        return missing(place(tuple(self.slot_weeks.values()), self.problem.fixed))

    @cached_property
    def open_days(self) -> Days:
        """The days without limits of availability."""
        always = ((TimeRange(0, 1440),),) * 7
        return days(self.problem, program=self.problem.given.program.with_ranges(always))

    def open_cells(self, week: Week) -> frozenset[Cell]:
        """The cells that are new on open days."""
        return self._new_in(week, self._open_cells, lambda: self.open_days)

    @cached_property
    def quiet_days(self) -> Days:
        """The days with nothing busy; runs stay where they are."""
        return days(self.problem, busy=())

    def quiet_cells(self, week: Week) -> frozenset[Cell]:
        """The cells that are new on quiet days."""
        return self._new_in(week, self._quiet_cells, lambda: self.quiet_days)

    def _new_in(
        self, week: Week, known: dict[Week, frozenset[Cell]], offering: Callable[[], Days]
    ) -> frozenset[Cell]:
        if week not in known:
            slots = self.slot_weeks[week].slots
            cells = {(slot.key, found.day) for slot in slots for found in slot.candidates}
            of_week = (each for each in self.problem.free if each[0].week == week)
            free_days = ((wanted, day, free) for wanted, free in of_week for day in week.days)
            known[week] = opened(offering(), free_days, cells)
        return known[week]

    def part(self, weeks: tuple[Week, ...]) -> Problem:
        """The problem of some of the weeks, in a row; runs and what stands are those of the whole."""
        problem = self.problem
        at = problem.days.clock.at
        # Runs count until the end of the week after the last one; a week more is for buffers.
        first, last = at(weeks[0].plus(-1).monday, 0), at(weeks[-1].plus(3).monday, 0)
        window = wall.span(first, last)
        return replace(
            problem,
            given=replace(
                problem.given,
                weeks=weeks,
                busy=tuple(block for block in problem.given.busy if block.overlaps(window)),
            ),
            weeks=tuple(week for week in problem.weeks if week.week in weeks),
            settled=SettledRuns(
                tuple(run for run in problem.settled.runs if run.start < last and run.end > first), ()
            ),
            free=tuple(each for each in problem.free if each[0].week in weeks),
        )


def days(
    problem: Problem,
    program: Program | None = None,
    runs: Iterable[SettledRun] | None = None,
    busy: Iterable[Timespan] | None = None,
) -> Days:
    """What the days would offer with another program, other runs or other busy time."""
    return Days(
        program or problem.given.program,
        problem.settled.runs if runs is None else tuple(runs),
        problem.given.busy if busy is None else busy,
        problem.given.now,
        problem.days.clock,
    )


def opened(offering: Days, free_days: Iterable[FreeDay], cells: Iterable[Cell]) -> frozenset[Cell]:
    """The cells of these days that have a start with `offering`, and are none of `cells`."""
    there = frozenset(cells)
    return frozenset(
        (session.key, day)
        for week, day, sessions in free_days
        for session in sessions
        # What is short and light is allowed wherever anything is.
        if (session.key, day) not in there and offering.starts(week, day, session.shortest, Load.LIGHT)
    )


def missing(placement: Placement) -> frozenset[str]:
    """The keys of the sessions without a place."""
    return frozenset(key for key, found in placement.chosen.items() if found is None)
