"""What would make room for a session without a place: the smallest single change that gives it one.

Only what a person would accept is tried: nothing at night, no shift that gets shorter, and a day that is kept
free of strength only where nothing else works.

The plan is solved again with the change made, and only what really gives the session a place counts. To pose
the whole plan again for each change would take minutes, so what a change adds is found out first: the places
that it gives each session on each day. It is posed again only if there is room with these. All this takes a
tenth of a second and more, so it is done where the answer is shown, never in a push.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import chain, groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

from calsync.event import Published
from calsync.planning import wall
from calsync.planning.days import Candidate, Days
from calsync.planning.placement import Fixed, Slot, SlotWeek, place
from calsync.planning.problem import Given, Problem, pose, still_allowed
from calsync.planning.rules import EARLIEST, LATEST, Rule
from calsync.planning.runs import SettledRun, of_run, ranges_of, starts_within
from calsync.planning.wall import Wall
from calsync.planning.week import WantedRun, WantedSession, WantedWeek
from calsync.program import USUAL_TIMES
from calsync.timespan import Timespan, merge, overlapping
from calsync.training import WEEKDAYS, Effort, Load, TimeRange, Week, Weekday
from calsync.words import elapsed


@dataclass(frozen=True, slots=True)
class WiderRange:
    """`range` in place of `instead_of` on every `day`; of nothing if the day had no range."""

    day: Weekday
    range: TimeRange
    instead_of: TimeRange | None

    def apply(self, given: Given) -> Given:
        ranges = list(given.program.availability.ranges)
        kept = [times for times in ranges[self.day.number] if times != self.instead_of]
        ranges[self.day.number] = tuple(sorted([*kept, self.range]))
        return replace(given, program=given.program.with_ranges(ranges))

    def text(self, zone: ZoneInfo) -> str:
        if self.instead_of is None:
            return f"allow strength on {self.day.long_name} {self.range}"
        return f"allow strength on {self.day.long_name} {self.range} (now {self.instead_of})"


@dataclass(frozen=True, slots=True)
class ShorterBusy:
    """The busy block `block` begins later or ends earlier, so that it is `left`."""

    block: Timespan
    left: Timespan

    def apply(self, given: Given) -> Given:
        others = [span for span in given.busy if span != self.block]
        return replace(given, busy=merge([*others, self.left]))

    def text(self, zone: ZoneInfo) -> str:
        less = elapsed(self.block.duration - self.left.duration)
        how = f"begin {less} later" if self.left.start > self.block.start else f"end {less} earlier"
        start, end = self.block.start.astimezone(zone), self.block.end.astimezone(zone)
        until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %d %b %H:%M}"
        return f"let what is busy on {start:%a %d %b %H:%M}-{until} {how}"


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """`run` takes the time `span`, which is inside its ranges."""

    run: SettledRun
    span: Timespan

    def apply(self, given: Given) -> Given:
        published = {**given.standing.published, self.run.key: Published(self.span, pinned=True)}
        return replace(given, standing=replace(given.standing, published=published))

    def text(self, zone: ZoneInfo) -> str:
        earlier = self.run.start - wall.seconds(self.span.start)
        return f"start {of_run(self.run)} {elapsed(earlier)} earlier"


@dataclass(frozen=True, slots=True)
class FewerHoursApart:
    """A smaller `hours_apart`; `after` is "run", or "effort" if some hard day is that of a ride."""

    hours_apart: timedelta
    after: str = "run"

    def apply(self, given: Given) -> Given:
        return replace(given, program=given.program.with_hours_apart(self.hours_apart))

    def text(self, zone: ZoneInfo) -> str:
        return f"lift {elapsed(self.hours_apart)} after a hard {self.after} ({Rule.HOURS_APART})"


Fix = WiderRange | ShorterBusy | EarlierRun | FewerHoursApart


# A change is tried on so many weeks around the session's before it is tried on all of them. A horizon of as
# many weeks is looked at as a whole, and the answer exact; what is missed in a longer one is a change that
# makes room only by way of sessions more than two weeks away.
_WEEKS_NEARBY = 5
_FEWEST_HOURS_APART = timedelta(hours=2)
# A busy block of so many hours is a shift, a journey or a whole day: nobody makes it shorter for a session.
_SHIFT = timedelta(hours=6)
# More than a plan of a few weeks can cost: a session that is worth so much is placed if that is possible.
_FIRST = -1_000_000
_DAY = timedelta(days=1)

# A session, by its key, and a day on which it has a start.
_Cell = tuple[str, date]
# Candidate.rank of the best start of a cell.
_Rank = tuple[int, bool, int]
_WORST: _Rank = (1 << 62, False, 0)
# How far a change must go for a place, on one side and on the other; the place's cell and rank.
_Need = tuple[int, int, _Cell, _Rank]


class Fixes:
    """Looks for changes to one problem; remembers what it tried, as weeks are often alike."""

    def __init__(self, problem: Problem) -> None:
        self._whole = _Weeks(problem)
        self._nearby: dict[tuple[Week, ...], _Weeks] = {}
        self._smallest: dict[str, Fix | None] = {}

    def smallest(self, week: WantedWeek, session: WantedSession) -> Fix | None:
        """The first kind of change that works, and of it the fewest minutes; None if no single one does.

        `session` has no place in the problem's optimum. What works gives it one and leaves fewer sessions
        without; among changes of as many minutes the one that touches the earlier day comes first, and on
        a day the one that gives it the better place.
        """
        if session.key not in self._smallest:
            nearby = self._around(week.week).fixes(session.key)
            works = (fix for fix in nearby if self._whole.has_room(session.key, fix))
            self._smallest[session.key] = next(works, None)
        return self._smallest[session.key]

    def _around(self, week: Week) -> "_Weeks":
        given = self._whole.problem.given
        horizon = given.horizon
        if len(horizon) <= _WEEKS_NEARBY:
            return self._whole
        first = max(0, min(horizon.index(week) - _WEEKS_NEARBY // 2, len(horizon) - _WEEKS_NEARBY))
        weeks = horizon[first : first + _WEEKS_NEARBY]
        if weeks not in self._nearby:
            at = self._whole.problem.days.clock.at
            # The runs of the week after count, too; a week more is for buffers.
            window = wall.span(at(weeks[0].plus(-1).monday, 0), at(weeks[-1].plus(3).monday, 0))
            busy = tuple(block for block in given.busy if block.overlaps(window))
            self._nearby[weeks] = _Weeks(pose(replace(given, weeks=weeks, busy=busy)))
        return self._nearby[weeks]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A change that is worth trying. Sizes are compared within a kind; they have its unit.

    `far` comes before that: by how many minutes it is not at the times of other days. `adds` holds the cells
    that the change adds or makes better, with their ranks; for one with which a run may move, that is not
    known, and `may_open` holds the cells that are new by it at most.
    """

    size: int
    day: date
    fix: Fix
    adds: frozenset[tuple[_Cell, _Rank]] = frozenset()
    may_open: frozenset[_Cell] | None = None
    far: int = 0

    def order(self, key: str) -> tuple[int, int, date, _Rank]:
        """What is tried first for a session is least."""
        best = min((rank for (of, _), rank in self.adds if of == key), default=_WORST)
        return self.far, self.size, self.day, best


class _Weeks:
    """A few weeks in a row: what they offer, and what they would offer with less in the way."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._missing_after: dict[Fix, frozenset[str]] = {}
        self._missing_with: dict[frozenset[tuple[_Cell, _Rank]], frozenset[str]] = {}
        self._hopes: dict[tuple[str, frozenset[_Cell]], bool] = {}

    def fixes(self, key: str) -> Iterator[Fix]:
        """All changes that make room for a session on these weeks, in their order."""
        for attempts in self._kinds():
            for attempt in sorted(attempts, key=lambda attempt: attempt.order(key)):
                if self._could_help(key, attempt) and self.has_room(key, attempt.fix):
                    yield attempt.fix

    def _kinds(self) -> Iterator[list[_Attempt]]:
        yield self._wider_ranges
        yield self._shorter_busy
        yield self._earlier_runs
        yield self._fewer_hours
        yield self._new_ranges

    # --- what comes of a change -------------------------------------------------------------------------

    def has_room(self, key: str, fix: Fix) -> bool:
        """Whether the plan with the change has a place for the session, and fewer sessions without one."""
        if fix not in self._missing_after:
            self._missing_after[fix] = pose(fix.apply(self.problem.given)).solve().missing
        return self._is_better(key, self._missing_after[fix])

    def _could_help(self, key: str, attempt: _Attempt) -> bool:
        """The same by the places that the change adds, without solving again: False if there is no room."""
        adds, opens = attempt.adds, attempt.may_open
        if opens is None:
            if adds not in self._missing_with:
                cells = self._now | dict(adds)
                standing = [fixed for _, fixed, _ in self._soon if _standing(fixed) in cells]
                self._missing_with[adds] = self._left_out(cells, [*self.problem.fixed, *standing])
            return self._is_better(key, self._missing_with[adds])
        if (key, opens) not in self._hopes:
            # Every place is for nothing, and the session comes first. Sessions that stand since they start
            # soon may do so no longer, and others begin to; with such a one nothing is ruled out.
            cells = {
                (of, day): (_FIRST if of == key else 0, False, day.toordinal())
                for of, day in opens | self._now.keys()
            }
            left = self._left_out(cells, self._lasting)
            self._hopes[key, opens] = bool(self._soon) or self._is_better(key, left)
        return self._hopes[key, opens]

    def _is_better(self, key: str, missing: frozenset[str]) -> bool:
        return key not in missing and len(missing) < len(self._missing)

    def _left_out(self, cells: Mapping[_Cell, _Rank], fixed: Sequence[Fixed]) -> frozenset[str]:
        """The sessions that have no place if these are the cells that there are."""
        standing = {session.key for session in fixed}
        weeks = []
        for week, free in self.problem.free:
            slots = []
            for session in free:
                if session.key not in standing:
                    days = [day for day in week.week.days if (session.key, day) in cells]
                    ranks = [(day, *cells[session.key, day]) for day in days]
                    found = tuple(
                        Candidate(day, 0, start, 0, Load.LIGHT, cost, moves)
                        for day, cost, moves, start in ranks
                    )
                    is_published = session.key in self.problem.days.published
                    slots.append(Slot(session.key, found, is_published))
            weeks.append(SlotWeek(week.week.monday, tuple(slots), week.min_days_apart))
        return place(weeks, fixed).missing

    # --- as things are ----------------------------------------------------------------------------------

    @cached_property
    def _now(self) -> dict[_Cell, _Rank]:
        """The best that each cell has as things are."""
        slots = [slot for week in self.problem.slot_weeks() for slot in week.slots]
        return {(slot.key, one.day): one.rank for slot in slots for one in slot.candidates}

    @cached_property
    def _missing(self) -> frozenset[str]:
        """The sessions that have no place as things are."""
        return self._left_out(self._now, self.problem.fixed)

    @cached_property
    def _lasting(self) -> tuple[Fixed, ...]:
        """The sessions that stand whatever is allowed: begun, or put there by the runner."""
        given, published = self.problem.given, self.problem.given.standing.published
        return tuple(
            fixed
            for fixed in self.problem.fixed
            if published[fixed.key].pinned or published[fixed.key].span.start <= given.now
        )

    @cached_property
    def _soon(self) -> list[tuple[WantedWeek, Fixed, Published]]:
        """Published sessions that would stand, since they start soon, if they were allowed where they are."""
        given, found = self.problem.given, []
        until = given.now + given.program.availability.notice
        for week, free in self.problem.free:
            for key in (session.key for session in free):
                published = given.standing.published.get(key)
                if published and published.span.start < until:
                    day, start = self._day(published.span.start), wall.seconds(published.span.start)
                    fixed = Fixed(key, day, start, given.min_days_apart(day))
                    found.append((week, fixed, published))
        return found

    # --- wider ranges -----------------------------------------------------------------------------------

    @cached_property
    def _wider_ranges(self) -> list[_Attempt]:
        """Every range there is."""
        return [
            attempt
            for weekday in WEEKDAYS
            for now in self._ranges[weekday.number]
            for attempt in self._wider(weekday, now)
        ]

    @cached_property
    def _new_ranges(self) -> list[_Attempt]:
        """A first range for each day that has none, near to the times that other days have."""
        free = [weekday for weekday in WEEKDAYS if not self._ranges[weekday.number]]
        return [attempt for weekday in free for attempt in self._wider(weekday, None)]

    @cached_property
    def _ranges(self) -> tuple[tuple[TimeRange, ...], ...]:
        return self.problem.given.program.availability.ranges

    @cached_property
    def _usual(self) -> list[TimeRange]:
        """The times that any day has; what most people have, if no day has one."""
        return list(set(chain.from_iterable(self._ranges)) or chain.from_iterable(USUAL_TIMES.ranges))

    @cached_property
    def _places_at_any_time(self) -> list[tuple[_Cell, Candidate]]:
        always = self.problem.given.program.with_ranges(((TimeRange(0, 1440),),) * 7)
        return list(self._places(self.problem.days_if(program=always)))

    def _wider(self, weekday: Weekday, now: TimeRange | None) -> Iterator[_Attempt]:
        places = (each for each in self._places_at_any_time if each[1].day.weekday() == weekday.number)
        start, end = (now.start, now.end) if now else (0, 0)
        latest = now.start if now else 1439
        needs = []
        for day, of_date in groupby(places, key=lambda each: each[1].day):
            at = _instants(self.problem.days.clock, day)
            # A later minute may be an earlier instant when clocks change, by as much as this.
            shift = abs(at[1440] - at[0] - 86400) // 60
            for cell, there in of_date:
                lows = range(min(latest, (there.start - at[0]) // 60 + shift), -1, -1)
                highs = range(max(end, -((at[0] - there.end) // 60) - shift), 1441)
                low = next((minute for minute in lows if at[minute] <= there.start), None)
                high = next((minute for minute in highs if at[minute] >= there.end), None)
                if low is None or high is None:
                    continue
                is_early = low < EARLIEST and not (now and low == start)
                is_late = high > LATEST and not (now and high == end)
                if not is_early and not is_late:
                    needs.append((start - low, high - end, cell, there.rank))

        def far(earlier: int, later: int) -> int:
            return 0 if now else self._from_other_days(start - earlier, end + later)

        def change(earlier: int, later: int) -> Fix:
            return WiderRange(weekday, TimeRange(start - earlier, end + later), now)

        return self._attempts(self.problem.weeks[0].week.days[weekday.number], needs, change, far)

    def _from_other_days(self, first: int, last: int) -> int:
        """How many minutes longer a range of another day would have to be to hold this one."""
        return min(max(other.start - first, 0) + max(last - other.end, 0) for other in self._usual)

    # --- shorter busy blocks ----------------------------------------------------------------------------

    @cached_property
    def _shorter_busy(self) -> list[_Attempt]:
        """Every block from its end and from its start, cut where a session or a run begins to fit."""
        needs: dict[tuple[Timespan, bool], list[_Need]] = {}
        for cell, there in self._places(self.problem.days_if(busy=())):
            for block, at_end, less in self._cuts(self._needed(cell, there)):
                need = (less, 0, cell, there.rank)
                needs.setdefault((block, at_end), []).append(need)
        # A run may move to where a block was, if it likes that better, and others may follow.
        liked: dict[Timespan, set[tuple[bool, int]]] = {}
        for run, places in self._loose_runs:
            # One without room stands where it likes it best, and would go anywhere else.
            has_room = run.span in places and run.key not in self.problem.settled.without_room
            for span in places[: places.index(run.span)] if has_room else places:
                for block, at_end, less in self._cuts(span):
                    liked.setdefault(block, set()).add((at_end, less))
        found: list[_Attempt] = []
        for (block, at_end), of_block in needs.items():
            if block not in liked:
                found += self._attempts(self._day(block.start), of_block, partial(_cut, block, at_end))
        if liked:
            anywhere = list(self._places(self.problem.days_if(runs=self._steady_runs, busy=())))
            for cell, there in anywhere:
                for block, at_end, less in self._cuts(self._needed(cell, there)):
                    if block in liked:
                        liked[block].add((at_end, less))
            for block, cuts in liked.items():
                day, last = self._day(block.start), self._day(block.end) + _DAY
                near = self._opened(cell for cell, _ in anywhere if day - 2 * _DAY <= cell[1] <= last)
                for at_end, less in sorted(cuts):
                    found.append(_Attempt(less, day, _cut(block, at_end, less), may_open=near))
        return found

    def _needed(self, cell: _Cell, there: Candidate) -> Timespan:
        """What must be free of busy time for a session at that place."""
        travel = timedelta(seconds=self._travel.get(cell[0], 0))
        return there.span.padded(self.problem.given.program.availability.buffer + travel)

    @cached_property
    def _travel(self) -> dict[str, int]:
        """Seconds, by the keys of cells."""
        sessions = [session for _, free in self.problem.free for session in free if session.where.travel]
        return {
            key: session.where.travel for session in sessions for key in (session.key, _stands(session.key))
        }

    def _cuts(self, needed: Timespan) -> Iterator[tuple[Timespan, bool, int]]:
        """The one block in the way of `needed`: whether its end is cut, and by how many seconds."""
        now = self.problem.given.now
        in_the_way = self._blocks(needed)
        if len(in_the_way) == 1:
            (block,) = in_the_way
            if block.duration >= _SHIFT:
                return
            start, end = wall.seconds(needed.start), wall.seconds_up(needed.end)
            if (
                block.start < needed.start
                and needed.start >= now
                and EARLIEST <= self._minute(start) < LATEST
            ):
                yield block, True, wall.seconds_up(block.end) - start
            if needed.end < block.end and block.start > now and EARLIEST < self._minute(end) <= LATEST:
                yield block, False, end - wall.seconds(block.start)

    def _minute(self, second: int) -> int:
        """What the clock shows, in minutes of the day."""
        return self.problem.days.clock.minute_of(second)[1]

    def _blocks(self, needed: Timespan) -> Sequence[Timespan]:
        """The busy blocks that overlap `needed`."""
        return overlapping(self.problem.given.busy, needed)

    def _day(self, instant: datetime) -> date:
        return self.problem.days.clock.day_of(wall.seconds(instant))

    # --- earlier runs -----------------------------------------------------------------------------------

    @cached_property
    def _earlier_runs(self) -> list[_Attempt]:
        """Every run that could start earlier inside its ranges."""
        problem, found = self.problem, []
        opened = self._opened(cell for cell, _ in self._places(self.problem.days_if(runs=self._steady_runs)))
        for run, places in self._loose_runs:
            others = [other.span for other in problem.settled.runs if other.key != run.key]
            near = frozenset(cell for cell in opened if abs(cell[1] - run.day) <= 2 * _DAY)
            found += [
                _Attempt(run.start - wall.seconds(span.start), run.day, EarlierRun(run, span), may_open=near)
                for span in places
                if problem.given.now < span.start < run.span.start
                and self._minute(wall.seconds(span.start)) >= EARLIEST
                and EARLIEST < self._minute(wall.seconds(span.end)) <= LATEST
                and run.day <= problem.weeks[-1].week.days[-1]
                and not self._blocks(span)
                and not any(span.overlaps(other) for other in others)
            ]
        return found

    @cached_property
    def _loose_runs(self) -> list[tuple[SettledRun, list[Timespan]]]:
        """The runs that look for a place in their ranges; all places there, the one they like best first."""
        problem, clock = self.problem, self.problem.days.clock
        settled = {run.key: run for run in problem.settled.runs}
        found = []
        for wanted in self._wanted_runs:
            run, ranges = settled.get(wanted.key), ranges_of(wanted, problem.given.program)
            if run and ranges and not run.fixed and wanted.run.start is None:
                length = wanted.run.minutes * 60
                starts = starts_within(ranges, wanted.day, length, clock)
                found.append((run, [wall.span(start, start + length) for start in starts]))
        return found

    @cached_property
    def _steady_runs(self) -> list[SettledRun]:
        """The runs that stay where they are, whatever else moves."""
        loose = {run.key for run in self._wanted_runs if run.run.start is None}
        return [run for run in self.problem.settled.runs if run.fixed or run.key not in loose]

    @cached_property
    def _wanted_runs(self) -> list[WantedRun]:
        """Those of the week after are among them: they count for the last sessions."""
        after = self.problem.given.wanted_week(self.problem.weeks[-1].week.plus(1))
        return [run for week in (*self.problem.weeks, after) for run in week.training]

    # --- fewer hours apart ------------------------------------------------------------------------------

    @cached_property
    def _fewer_hours(self) -> list[_Attempt]:
        """There is only one number to change."""
        problem = self.problem
        now = int(problem.given.program.rules.hours_apart.total_seconds())
        nearer = problem.given.program.with_hours_apart(_FEWEST_HOURS_APART)
        needs = []
        for cell, there in self._places(self.problem.days_if(program=nearer)):
            runs = problem.days.runs_on(there.day)
            if ends := [run.end for run in runs if run.effort in (Effort.HARD, Effort.LONG)]:
                apart = (there.start - max(ends)) // 60 * 60
                if apart < now:
                    needs.append((now - apart, 0, cell, there.rank))

        words = {week.template.word for week in problem.weeks}
        word = "effort" if "effort" in words else "run"

        def change(less: int, _: int) -> Fix:
            return FewerHoursApart(timedelta(seconds=now - less), word)

        return list(self._attempts(problem.weeks[0].week.monday, needs, change))

    # --- what there would be ----------------------------------------------------------------------------

    def _places(self, days: Days) -> Iterator[tuple[_Cell, Candidate]]:
        """All places that these days offer."""
        for week, free in self.problem.free:
            for day in week.week.days:
                for session in free:
                    for found in days.candidates(week, session, day):
                        yield (session.key, day), found
        for week, fixed, published in self._soon:
            if still_allowed(week, fixed.key, fixed.day, published, days):
                minutes = round(published.span.duration / timedelta(minutes=1))
                yield _standing(fixed), Candidate(fixed.day, 0, fixed.start, minutes, Load.LIGHT, 0)

    def _opened(self, cells: Iterable[_Cell]) -> frozenset[_Cell]:
        return frozenset(cells).difference(self._now)

    def _attempts(
        self,
        day: date,
        needs: Iterable[_Need],
        change: Callable[[int, int], Fix],
        far: Callable[[int, int], int] = lambda _first, _second: 0,
    ) -> Iterator[_Attempt]:
        """The smallest change for each outcome: what every cell has at best."""
        useful = self._useful(needs)
        smallest: dict[frozenset[tuple[_Cell, _Rank]], tuple[int, int, int, int]] = {}
        for first in sorted({need[0] for need in useful}):
            best: dict[_Cell, _Rank] = {}
            for second, of_second in groupby((n for n in useful if n[0] <= first), key=itemgetter(1)):
                for _, _, cell, rank in of_second:
                    best[cell] = min(rank, best.get(cell, rank))
                size, outcome = first + second, frozenset(best.items())
                found = far(first, second), size, first, second
                if size > 0 and (outcome not in smallest or found[:2] < smallest[outcome][:2]):
                    smallest[outcome] = found
        for outcome, (away, size, first, second) in smallest.items():
            yield _Attempt(size, day, change(first, second), outcome, far=away)

    def _useful(self, needs: Iterable[_Need]) -> list[_Need]:
        """What is better than what there is, and than what needs less; in the order of `second`."""
        kept: dict[_Cell, list[_Need]] = {}
        for need in sorted(needs, key=lambda need: (need[3], need[0] + need[1])):
            first, second, cell, rank = need
            others = kept.setdefault(cell, [])
            if rank < self._now.get(cell, _WORST) and not any(
                a <= first and b <= second for a, b, *_ in others
            ):
                others.append(need)
        return sorted(chain.from_iterable(kept.values()), key=itemgetter(1))


def _instants(clock: Wall, day: date) -> Sequence[int]:
    """The instants of the minutes 0 to 1440 of a day."""
    even = range(clock.at(day, 0), clock.at(day, 1440) + 1, 60)
    return even if len(even) == 1441 else [clock.at(day, minute) for minute in range(1441)]


def _standing(fixed: Fixed) -> _Cell:
    """A cell of its own: a session that stands is no matter of cost."""
    return _stands(fixed.key), fixed.day


def _stands(key: str) -> str:
    return f"{key} stands"


def _cut(block: Timespan, at_end: bool, less: int, _: int = 0) -> Fix:
    """The block without so many seconds at its end or at its start."""
    if at_end:
        return ShorterBusy(block, Timespan(block.start, wall.instant(wall.seconds_up(block.end) - less)))
    return ShorterBusy(block, Timespan(wall.instant(wall.seconds(block.start) + less), block.end))
