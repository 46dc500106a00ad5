"""The suggested change is the smallest: compared with a search that tries every change there is.

Which changes there are is written down here a second time, day by day and minute by minute; whether one makes
room is judged by solving the changed problem. A change that offers every session of every day the same
cheapest candidate as another one gives the same plan, so one of the two is solved.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property, partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.event import Published, is_strength
from calsync.planning import wall
from calsync.planning.days import Candidate
from calsync.planning.placement import SlotWeek, place
from calsync.planning.problem import Given, Problem, pose
from calsync.planning.room import EarlierRun, FewerHoursApart, Fix, Fixes, ShorterBusy, WiderRange
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedWeek
from calsync.timespan import Timespan, merge
from calsync.training import Effort, Load, TimeRange
from tests.planning import reference
from tests.planning.cases import PLACES, busy_spans, pauses, published_runs, ranges, templates, times
from tests.planning.test_optimum import plan_of
from tests.soak import usually

MINUTE = timedelta(minutes=1)
HALF_PAST_FIVE, TEN = 330, 1320
# Of a place: its cost, whether a published session moves by it, its start.
Rank = tuple[int, bool, int]


# --- every change -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A change of `minutes`, which touches `day`. Those with the same `outcome` lead to the same plan.

    `far` comes before the minutes: how far the times of other days are away. `adds` says which places, by
    session and day, it adds, and their ranks. None if it does more than that.
    """

    minutes: int
    day: date
    make: Callable[[], Given]
    outcome: Hashable
    adds: tuple[tuple[Hashable, date, Rank], ...] | None = None
    far: int = 0


@dataclass
class Search:
    """Every change to one problem."""

    problem: Problem
    _left: dict[Hashable, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._slot_weeks = self.problem.slot_weeks()

    @property
    def given(self) -> Given:
        return self.problem.given

    def smallest(self, key: str) -> tuple[type[Fix], int, date] | None:
        """Kind, minutes and day of the smallest change that makes room for the session `key`."""
        before = unplaced(self.problem)
        for kind, changes in (
            (WiderRange, self.wider_ranges),
            (ShorterBusy, self.shorter_busy),
            (EarlierRun, self.earlier_runs),
            (FewerHoursApart, self.fewer_hours),
            (WiderRange, self.new_ranges),
        ):
            for change in sorted(changes(), key=lambda change: (change.far, change.minutes, change.day)):
                left = self.left_after(kind, change)
                if key not in left and len(left) < len(before):
                    return kind, change.minutes, change.day
        return None

    def left_after(self, kind: type[Fix], change: Change) -> frozenset[str]:
        name = (kind, change.outcome)
        if name not in self._left:
            self._left[name] = self.with_places(change.adds) if change.adds else unplaced(pose(change.make()))
        return self._left[name]

    def with_places(self, places: tuple[tuple[Hashable, date, Rank], ...]) -> frozenset[str]:
        weeks = []
        for week in self._slot_weeks:
            slots = []
            for slot in week.slots:
                found = {each.day: each for each in slot.candidates}
                for key, day, (cost, moves, start) in places:
                    better = Candidate(day, 0, start, 0, Load.LIGHT, cost, moves)
                    if key == slot.key and (day not in found or better.rank < found[day].rank):
                        found[day] = better
                slots.append(replace(slot, candidates=tuple(found[day] for day in sorted(found))))
            weeks.append(SlotWeek(week.monday, tuple(slots), week.min_days_apart))
        chosen = place(weeks, self.problem.fixed).chosen
        return frozenset(key for key, place in chosen.items() if place is None)

    @property
    def days(self) -> Iterator[tuple[WantedWeek, date]]:
        return ((week, day) for week in self.problem.weeks for day in week.week.days)

    def soon(self) -> Iterator[tuple[str, date, Timespan]]:
        """Published sessions that may not be moved any more, if only they were allowed where they are."""
        given, fixed = self.given, {session.key for session in self.problem.fixed}
        for key, entry in given.standing.published.items():
            begins_soon = entry.span.start < given.now + given.program.availability.notice
            if is_strength(key) and begins_soon and key not in fixed | given.standing.skipped:
                yield key, entry.span.start.astimezone(given.zone).date(), entry.span

    # --- a wider range ------------------------------------------------------------------------------------

    def wider_ranges(self) -> Iterator[Change]:
        for weekday in range(7):
            for times_now in self.ranges[weekday]:
                yield from self.wider(weekday, times_now)

    def new_ranges(self) -> Iterator[Change]:
        for weekday in range(7):
            if not self.ranges[weekday]:
                yield from self.wider(weekday, None)

    @property
    def ranges(self) -> tuple[tuple[TimeRange, ...], ...]:
        return self.given.program.availability.ranges

    @cached_property
    def open_days(self) -> Problem:
        always = ((TimeRange(0, 1440),),) * 7
        return pose(replace(self.given, program=self.given.program.with_ranges(always)))

    def places_on(self, weekday: int, open_days: Problem) -> Iterator[tuple[Hashable, date, int, int, Rank]]:
        """What a weekday could offer: who, date, start, end, rank."""
        days = open_days.days
        for week, day in self.days:
            if day.weekday() != weekday:
                continue
            for session in week.sessions:
                for minutes in session.lengths:
                    for load in session.load.and_lighter:
                        for minute, start in days.starts(week, day, minutes, load, session.where):
                            place = Candidate(day, minute, start, minutes, load, 0)
                            terms = days.terms(week, session, place)
                            rank = sum(terms.values()), "moved" in terms, start
                            yield session.key, day, start, place.end, rank
        for key, day, span in self.soon():
            if day.weekday() == weekday:
                start, end = wall.seconds(span.start), wall.seconds(span.end)
                yield ("stands", key), day, start, end, (0, False, start)

    def wider(
        self,
        weekday: int,
        now: TimeRange | None,
    ) -> Iterator[Change]:
        """Every pair of bounds by day at which some session gets a cheaper place on some date."""
        places = list(self.places_on(weekday, self.open_days))
        at = self.problem.days.clock.at
        first, last = (now.start, now.end) if now else (1440, 0)
        bounds = {day: [at(day, minute) for minute in range(1441)] for day in {day for _, day, *_ in places}}

        @cache
        def latest(day: date, start: int) -> int | None:
            """The last minute, up to the range's own, that lies at or before `start`."""
            minutes = range(min(first, 1439), -1, -1)
            return next((minute for minute in minutes if bounds[day][minute] <= start), None)

        @cache
        def earliest(day: date, end: int) -> int | None:
            return next((minute for minute in range(last, 1441) if bounds[day][minute] >= end), None)

        needs: dict[Hashable, list[tuple[Rank, int, int]]] = {}
        for who, day, start, end, rank in places:
            low, high = latest(day, start), earliest(day, end)
            if low is not None and high is not None:
                needs.setdefault((who, day), []).append((rank, low, high))
        cheaper: dict[Hashable, list[tuple[Rank, int, int]]] = {}
        for cell, found in needs.items():
            kept = cheaper.setdefault(cell, [])
            for rank, low, high in sorted(found):
                if not any(other_low >= low and other_high <= high for _, other_low, other_high in kept):
                    kept.append((rank, low, high))
        lows = {low for kept in cheaper.values() for _, low, _ in kept} | ({first} if now else set())
        highs = {high for kept in cheaper.values() for _, _, high in kept} | ({last} if now else set())
        for low in lows:
            for high in highs:
                if low < high and (now is None or (low, high) != (first, last)):
                    if (low < HALF_PAST_FIVE and low != first) or (high > TEN and high != last):
                        continue
                    minutes = high - low - ((last - first) if now else 0)
                    outcome = tuple(
                        next((rank for rank, a, b in kept if a >= low and b <= high), None)
                        for kept in cheaper.values()
                    )
                    yield Change(
                        minutes,
                        self.problem.weeks[0].week.days[weekday],
                        partial(self.with_range, weekday, now, TimeRange(low, high)),
                        (weekday, now, outcome),
                        None if any(self.soon()) else tuple(places_of(cheaper, outcome)),
                        0 if now else self.from_other_days(low, high),
                    )

    def from_other_days(self, low: int, high: int) -> int:
        """How many of the minutes from the nearest range of another day to the end of this one are new."""
        usual = [TimeRange(360, 510), TimeRange(720, 840), TimeRange(1020, 1260), TimeRange(480, 1200)]
        others = [times for of_day in self.ranges for times in of_day] or usual
        return min(
            max(high, times.end) - min(low, times.start) - (times.end - times.start) for times in others
        )

    def with_range(self, weekday: int, now: TimeRange | None, then: TimeRange) -> Given:
        of_week = list(self.given.program.availability.ranges)
        of_week[weekday] = tuple(sorted({*of_week[weekday], then} - {now}))
        return replace(self.given, program=self.given.program.with_ranges(of_week))

    # --- less busy ----------------------------------------------------------------------------------------

    def shorter_busy(self) -> Iterator[Change]:
        """Every moment of a block at which a session or a run could begin or end, and what is cut there."""
        given = self.given
        travel = {
            session.key: session.where.travel for week in self.problem.weeks for session in week.sessions
        }
        spans = {(span, travel.get(key, 0)) for key, _, span in self.soon()} | set(self.spans_of_sessions())
        buffer = given.program.availability.buffer
        wanted = {span.padded(buffer + timedelta(seconds=seconds)) for span, seconds in spans}
        wanted |= {wall.span(start, end) for _, start, end in self.places_of_runs()}
        for block in given.busy:
            if block.duration >= timedelta(hours=6):
                continue
            for end in {span.start for span in wanted}:
                if block.start < end < block.end and end >= given.now and self.by_day(end, end + MINUTE):
                    yield self.cut(block, Timespan(block.start, end))
            for start in {span.end for span in wanted}:
                if (
                    block.start < start < block.end
                    and block.start > given.now
                    and self.by_day(start - MINUTE, start)
                ):
                    yield self.cut(block, Timespan(start, block.end))

    def by_day(self, start: datetime, end: datetime) -> bool:
        """Nobody is asked to train before 05:30 or after 22:00."""
        first, last = (self.problem.days.clock.minute_of(wall.seconds(at))[1] for at in (start, end))
        return first >= HALF_PAST_FIVE and HALF_PAST_FIVE < last <= TEN

    def spans_of_sessions(self) -> Iterator[tuple[Timespan, int]]:
        """Where availability allows a session, whatever else forbids it, with the time to get there."""
        clock = self.problem.days.clock
        for week, day in self.days:
            sizes = {(minutes, s.where.travel) for s in week.sessions for minutes in s.lengths}
            for minutes, travel in sizes:
                for times_of_day in self.given.program.availability.on(day):
                    first, last = clock.range(day, times_of_day)
                    for _, start in clock.grid(day):
                        if first <= start <= last - minutes * 60:
                            yield wall.span(start, start + minutes * 60), travel

    def places_of_runs(self) -> Iterator[tuple[SettledRun, int, int]]:
        """Every start and end inside its ranges of each run that has ranges."""
        clock, settled = self.problem.days.clock, {run.key: run for run in self.problem.settled.runs}
        horizon = self.problem.weeks
        for week in (*horizon, self.given.wanted_week(horizon[-1].week.plus(1))):
            for wanted in week.training:
                run, usual = settled.get(wanted.key), self.given.program.usual_start.on(wanted.day)
                within = wanted.run.between or (() if isinstance(usual, int) else usual)
                if run is None or run.fixed or wanted.run.start is not None:
                    continue
                for bounds in within:
                    first, last = clock.range(wanted.day, bounds)
                    for _, start in clock.grid(wanted.day):
                        if first <= start <= last - wanted.run.minutes * 60:
                            yield run, start, start + wanted.run.minutes * 60

    def cut(self, block: Timespan, left: Timespan) -> Change:
        def make() -> Given:
            others = [other for other in self.given.busy if other != block]
            return replace(self.given, busy=merge([*others, left]))

        minutes, rest = divmod(block.duration - left.duration, MINUTE)
        assert not rest
        return Change(minutes, self.problem.days.clock.day_of(wall.seconds(block.start)), make, (block, left))

    # --- an earlier run -----------------------------------------------------------------------------------

    def earlier_runs(self) -> Iterator[Change]:
        for run, start, end in self.places_of_runs():
            span = wall.span(start, end)
            others = [other.span for other in self.problem.settled.runs if other.key != run.key]
            if (
                self.given.now < span.start < run.span.start
                and run.day <= self.problem.weeks[-1].week.days[-1]
                and self.by_day(span.start, span.end)
                and not any(span.overlaps(other) for other in (*self.given.busy, *others))
            ):
                minutes = (run.start - start) // 60
                yield Change(minutes, run.day, partial(self.with_run, run.key, span), (run.key, start))

    def with_run(self, key: str, span: Timespan) -> Given:
        standing = self.given.standing
        published = {**standing.published, key: Published(span, pinned=True)}
        return replace(self.given, standing=replace(standing, published=published))

    # --- fewer hours apart --------------------------------------------------------------------------------

    def fewer_hours(self) -> Iterator[Change]:
        now = self.given.program.rules.hours_apart // MINUTE
        ends = {
            day: [r.end for r in self.problem.days.runs_on(day) if r.effort in (Effort.HARD, Effort.LONG)]
            for _, day in self.days
        }
        moments = {
            (start - end) // 60
            for day, found in ends.items()
            for end in found
            for start in [
                *(start for _, start in self.problem.days.clock.grid(day)),
                *(wall.seconds(span.start) for _, _, span in self.soon()),
            ]
        }
        for minutes in range(now - 1, 119, -1):
            if minutes in moments:
                yield Change(
                    now - minutes,
                    self.problem.weeks[0].week.monday,
                    partial(self.with_hours, minutes * MINUTE),
                    minutes,
                )

    def with_hours(self, apart: timedelta) -> Given:
        return replace(self.given, program=self.given.program.with_hours_apart(apart))


def places_of(
    cells: Iterable[tuple[str, date]], ranks: Iterable[Rank | None]
) -> Iterator[tuple[str, date, Rank]]:
    for (key, day), rank in zip(cells, ranks, strict=True):
        if rank is not None:
            yield key, day, rank


def unplaced(problem: Problem) -> frozenset[str]:
    return frozenset(key for key, chosen in problem.solve().chosen.items() if chosen is None)


def kind_minutes_day(fix: Fix | None, problem: Problem) -> tuple[type[Fix], int, date] | None:
    """How large a suggested change is, and which day it touches."""
    monday = problem.weeks[0].week.monday
    match fix:
        case WiderRange(day, times, before):
            minutes = times.end - times.start - (before.end - before.start if before else 0)
            return WiderRange, minutes, monday + timedelta(days=day.number)
        case ShorterBusy(block, left):
            day = problem.days.clock.day_of(wall.seconds(block.start))
            return ShorterBusy, (block.duration - left.duration) // MINUTE, day
        case EarlierRun(run, span):
            return EarlierRun, (run.start - wall.seconds(span.start)) // 60, run.day
        case FewerHoursApart(apart):
            return FewerHoursApart, (problem.given.program.rules.hours_apart - apart) // MINUTE, monday
    return None


# --- weeks without room -----------------------------------------------------------------------------------


@st.composite
def tight(draw: st.DrawFn, of: tuple[int, ...] = (1, 1, 2, 2, 3)) -> reference.Case:
    """Weeks, `of` so many, with hardly any room: short ranges, much busy time, several quality runs."""
    zone, mondays = draw(st.sampled_from(PLACES))
    monday = draw(st.sampled_from(mondays))
    horizon = draw(st.sampled_from(of))
    of_weeks = [draw(templates(most_sessions=3)) for _ in range(draw(st.integers(1, 2)))]
    some = ranges(most=2, longest=90)
    free = draw(st.sampled_from((0, 1, 2, 7)))
    how_many = [draw(st.integers(0, free)) for _ in range(7)]
    usual = st.one_of(times, ranges(most=1, longest=600).map(lambda found: found or 420))
    wanted = tuple(of_weeks[week % len(of_weeks)] for week in range(horizon + 1))
    apart = draw(st.sampled_from((2, 2, 2, 3)))
    case = reference.Case(
        zone=zone,
        now=reference.instant(zone, monday, 0) - timedelta(hours=draw(st.sampled_from((100, 5, -30, -50)))),
        first_monday=monday,
        templates=wanted,
        listed=wanted,
        listed_days_apart=apart,
        usual=tuple(draw(usual) for _ in range(7)),
        availability=tuple(draw(some) if number else () for number in how_many),
        prefer_times=draw(st.one_of(st.just(()), ranges(most=1, longest=180))),
        buffer_minutes=draw(st.sampled_from((0, 5, 15, 30))),
        notice_hours=draw(st.sampled_from((0, 12, 24))),
        after_run_minutes=draw(st.sampled_from((0, 15, 15, 60, 200))),
        hours_apart=draw(st.integers(2, 14)),
        fresh_legs=draw(st.sampled_from(((6, 24, 48), (12, 36, 60)))),
        min_days_apart=(apart,) * horizon,
    )
    busy = [*draw(busy_spans(case))]
    if draw(st.integers(0, 2)):
        # Nothing but evenings, mornings or the middle of the day is free, or not even that.
        low, high = draw(st.sampled_from(((0, 1440), (0, 1080), (480, 1440), (300, 1380), (600, 900))))
        for offset in range(7 * horizon):
            if draw(st.integers(0, 4)):
                day = monday + timedelta(days=offset)
                start, end = draw(st.integers(-40, 40)), draw(st.integers(-40, 40))
                first = reference.instant(zone, day, 0) + timedelta(minutes=max(0, low + start))
                busy.append((first, first + timedelta(minutes=high - low + end)))
    case = replace(case, busy=tuple(busy), pauses=draw(pauses(case)))
    if draw(st.integers(0, 3)) == 0:
        case = replace(case, published=tuple(draw(published_runs(case))))
    return case


def agree(case: reference.Case) -> Iterator[type[Fix] | None]:
    """The kind of each suggested change, which is as small as the smallest of all, and makes room."""
    plan = plan_of(case)
    search, fixes = Search(plan.problem), Fixes(plan.problem)
    before = unplaced(plan.problem)
    for week in plan.weeks:
        for session in week.unplaced:
            fix = fixes.smallest(week.wanted, session)
            suggested = kind_minutes_day(fix, plan.problem)
            assert suggested == search.smallest(session.key)
            if fix is not None:
                after = unplaced(pose(fix.apply(plan.problem.given)))
                assert session.key not in after
                assert len(after) < len(before)
            yield suggested[0] if suggested else None


@settings(max_examples=usually(8), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tight(of=(1, 1, 2, 2)))
def test_the_suggested_change_is_the_smallest_there_is(case: reference.Case) -> None:
    for _ in agree(case):
        pass
