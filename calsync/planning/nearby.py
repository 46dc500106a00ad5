"""The weeks around a session without a place, and what they offer as things are.

Decides nothing: says what is there, and remembers it, since the search for changes asks for it again and
again. Knows nothing of what changes there are, and not which of them could help (chance.py).
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property

from calsync.event import is_strength
from calsync.planning import wall
from calsync.planning.days import Candidate, Days
from calsync.planning.placement import Fixed, SlotWeek, place
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedRun, WantedSession, WantedWeek
from calsync.planning.whole import Cell, FreeDay, Rank, Whole, days, missing, opened
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Week


class Nearby:
    """A few weeks in a row of a whole plan."""

    def __init__(self, whole: Whole, weeks: tuple[Week, ...]) -> None:
        self.whole = whole
        self.problem = whole.problem if weeks == whole.problem.given.horizon else whole.part(weeks)
        self._minutes: dict[date, list[int] | None] = {}

    # --- sessions -----------------------------------------------------------------------------------------

    @cached_property
    def dates(self) -> tuple[FreeDay, ...]:
        return tuple((week, day, free) for week, free in self.problem.free for day in week.week.days)

    @cached_property
    def slot_weeks(self) -> tuple[SlotWeek, ...]:
        return tuple(self.whole.slot_weeks[week.week] for week, _ in self.problem.free)

    @cached_property
    def ranks(self) -> dict[Cell, Rank]:
        """The best that a cell has as things are."""
        slots = [slot for week in self.slot_weeks for slot in week.slots]
        return {
            (slot.key, found.day): (found.cost, found.start) for slot in slots for found in slot.candidates
        }

    @cached_property
    def cells(self) -> frozenset[Cell]:
        """Where there is a start as things are."""
        return frozenset(self.ranks)

    def rank(self, week: WantedWeek, session: WantedSession, place: Candidate) -> Rank:
        problem = self.problem
        terms = problem.days.terms(week, session, place, problem.published_start(session.key))
        return sum(terms.values()), place.start

    @cached_property
    def missing(self) -> frozenset[str]:
        """The sessions that have no place as things are."""
        return missing(place(self.slot_weeks, self.problem.fixed))

    @cached_property
    def lasting(self) -> tuple[Fixed, ...]:
        """The sessions that stand whatever is allowed: begun, or put there by their owner."""
        given = self.problem.given
        published = given.standing.published
        return tuple(
            session
            for session in self.problem.fixed
            if published[session.key].pinned or published[session.key].span.start <= given.now
        )

    @cached_property
    def soon(self) -> tuple[tuple[str, date, Timespan], ...]:
        """Published sessions that would stand, since they start soon, if they were allowed where they are."""
        given, fixed = self.problem.given, {session.key for session in self.problem.fixed}
        until = given.now + given.program.availability.notice
        free = {session.key for _, sessions in self.problem.free for session in sessions}
        return tuple(
            (key, self.problem.days.clock.day_of(wall.seconds(entry.span.start)), entry.span)
            for key, entry in given.standing.published.items()
            if is_strength(key) and key in free - fixed and entry.span.start < until
        )

    # --- runs, busy time and clocks -----------------------------------------------------------------------

    @cached_property
    def runs(self) -> tuple[WantedRun, ...]:
        """What the weeks want to run, and the week after them, whose runs count as well."""
        problem = self.problem
        after = problem.given.wanted_week(problem.weeks[-1].week.plus(1))
        return tuple(run for week in (*problem.weeks, after) for run in week.runs)

    def blocks(self, needed: Timespan) -> list[Timespan]:
        """The busy blocks that overlap `needed`, in order."""
        busy = self.problem.given.busy
        index = bisect_right(self._busy_ends, needed.start)
        found = []
        while index < len(busy) and busy[index].start < needed.end:
            found.append(busy[index])
            index += 1
        return found

    @cached_property
    def _busy_ends(self) -> list[datetime]:
        return [block.end for block in self.problem.given.busy]

    def minutes(self, day: date) -> list[int] | None:
        """The instants of the day's minutes, 0 to 1440, where clocks change; None where they go on evenly."""
        if day not in self._minutes:
            clock = self.problem.days.clock
            midnight = clock.at(day, 0)
            is_even = clock.at(day, 1440) - midnight == 86400 and all(
                start == midnight + number * wall.GRID_MINUTES * 60
                for number, (_, start) in enumerate(clock.grid(day))
            )
            self._minutes[day] = None if is_even else [clock.at(day, minute) for minute in range(1441)]
        return self._minutes[day]

    # --- what if ------------------------------------------------------------------------------------------

    def days(
        self,
        program: Program | None = None,
        runs: Iterable[SettledRun] | None = None,
        busy: Iterable[Timespan] | None = None,
    ) -> Days:
        """What the days would offer with another program, other runs or other busy time."""
        return days(self.problem, program, runs, busy)

    @cached_property
    def open_cells(self) -> frozenset[Cell]:
        """The cells that are new without limits of availability."""
        return frozenset().union(*(self.whole.open_cells(week.week) for week in self.problem.weeks))

    @cached_property
    def quiet_cells(self) -> frozenset[Cell]:
        """The cells that are new with nothing busy, if runs stay where they are."""
        return frozenset().union(*(self.whole.quiet_cells(week.week) for week in self.problem.weeks))

    def opened(self, offering: Days, on: Iterable[date]) -> frozenset[Cell]:
        """The cells on these dates that have a start with `offering` and have none as things are."""
        dates = set(on)
        return opened(offering, (each for each in self.dates if each[1] in dates), self.cells)


def around(day: date, days: int = 1) -> tuple[date, ...]:
    return tuple(day + timedelta(days=n) for n in range(-days, days + 1))
