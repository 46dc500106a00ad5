"""The smallest single change that would make room for a session without a place.

Decides by trying: each change is made, the plan is solved again, and only what really gives the session a
place counts. Knows nothing of why there was none (explain.py). The order of the kinds is that of
docs/placement.md.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from calsync.event import Published, Standing, is_strength
from calsync.planning import wall
from calsync.planning.candidates import Days
from calsync.planning.problem import Given, Problem, pose
from calsync.planning.rules import Rule
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.words import elapsed, of_run
from calsync.timespan import Timespan, merge
from calsync.training import WEEKDAYS, Effort, Load, TimeRange, Weekday

_SHORTEST_GAP = timedelta(hours=2)
# Who is away for days can't be asked to come back earlier for a lift.
_MOST_LESS_BUSY = timedelta(hours=12)


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
        availability = replace(given.program.availability, ranges=tuple(ranges))
        return replace(given, program=replace(given.program, availability=availability))

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
        less = elapsed(int((self.block.duration - self.left.duration).total_seconds()))
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
        return replace(given, standing=Standing(published, given.standing.skipped))

    def text(self, zone: ZoneInfo) -> str:
        earlier = self.run.start - wall.seconds(self.span.start)
        return f"start {of_run(self.run)} {elapsed(earlier)} earlier"


@dataclass(frozen=True, slots=True)
class FewerHoursApart:
    """A smaller `hours_apart`."""

    hours_apart: timedelta

    def apply(self, given: Given) -> Given:
        rules = replace(given.program.rules, hours_apart=self.hours_apart)
        return replace(given, program=replace(given.program, rules=rules))

    def text(self, zone: ZoneInfo) -> str:
        return f"lift {elapsed(int(self.hours_apart.total_seconds()))} after a hard run ({Rule.HOURS_APART})"


Fix = WiderRange | ShorterBusy | EarlierRun | FewerHoursApart

# Whether a session fits on a day hardly depends on more than the day: if the smallest changes there don't
# help, larger ones don't either.
_TRIES_A_DAY = 3


class Fixes:
    """Looks for changes to one problem; remembers what it tried, as weeks are often alike."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._left: dict[object, set[str]] = {}

    def smallest(self, week: WantedWeek, session: WantedSession) -> Fix | None:
        """The first kind of change that works, and of it the fewest minutes; None if no single one does.

        `session` has no place in the problem's optimum. What works gives it one and takes none from another.
        """
        for kind, most in (
            (_wider_ranges, _any_time),
            (_shorter_busy, _never_busy),
            (_earlier_runs, None),
            (_fewer_hours, _shortest_gap),
        ):
            # If not even the most of a kind helps, no single change of it does.
            if most is not None and not self._works(session, most, most):
                continue
            tries = sorted(kind(self._problem, week, session), key=lambda attempt: attempt[:2])
            counts: dict[date, int] = {}
            seen: set[Fix] = set()
            for _, day, fix in tries:
                if fix not in seen and counts.get(day, 0) < _TRIES_A_DAY:
                    seen.add(fix)
                    counts[day] = counts.get(day, 0) + 1
                    # A year has many weeks, and nearly all is decided by three: look at those first.
                    if self._works(session, fix, fix.apply, week) and self._works(session, fix, fix.apply):
                        return fix
        return None

    def _works(
        self,
        session: WantedSession,
        name: object,
        change: Callable[[Given], Given],
        around: WantedWeek | None = None,
    ) -> bool:
        given = self._problem.given
        if around is not None:
            near = (around.week.plus(-1), around.week, around.week.plus(1))
            given = replace(given, weeks=tuple(week for week in given.horizon if week in near))
        before = self._unplaced_in((None, given.weeks), given)
        key = (name, given.weeks)
        left = self._left[key] if key in self._left else self._unplaced_in(key, change(given))
        return session.key not in left and len(left) < len(before)

    def _unplaced_in(self, key: object, given: Given) -> set[str]:
        if key not in self._left:
            solved = pose(given).solve()
            self._left[key] = {session for session, chosen in solved.chosen.items() if chosen is None}
        return self._left[key]


def _any_time(given: Given) -> Given:
    availability = replace(given.program.availability, ranges=((TimeRange(0, 1440),),) * 7)
    return replace(given, program=replace(given.program, availability=availability))


def _never_busy(given: Given) -> Given:
    return replace(given, busy=())


def _shortest_gap(given: Given) -> Given:
    return FewerHoursApart(min(_SHORTEST_GAP, given.program.rules.hours_apart)).apply(given)


_Tries = Iterator[tuple[timedelta, date, Fix]]


def _sizes(session: WantedSession) -> Iterator[tuple[int, Load]]:
    return ((minutes, load) for minutes in session.lengths for load in session.load.and_lighter)


def _starts_without(
    days: Days, rules: Container[Rule], week: WantedWeek, day: date, minutes: int, load: Load
) -> Iterator[int]:
    """The day's grid starts that no rule forbids but maybe `rules` (and availability)."""
    bans = [ban for ban in days.forbidden(week, day, minutes, load) if ban.rule not in rules]
    for _, start in days.clock.grid(day):
        if not any(ban.first <= start <= ban.last for ban in bans):
            yield start


def _has_room_without(
    problem: Problem, week: WantedWeek, session: WantedSession, rules: Container[Rule]
) -> bool:
    """True if a start of the week is within availability and forbidden by nothing but `rules`."""
    days = problem.days
    return any(
        first <= start <= last
        for day in week.week.days
        for first, last in days.ranges(day, session.shortest)
        for start in _starts_without(days, rules, week, day, session.shortest, Load.LIGHT)
    )


def _wider_ranges(problem: Problem, week: WantedWeek, session: WantedSession) -> _Tries:
    days = problem.days
    for day in week.week.days:
        weekday = WEEKDAYS[day.weekday()]
        for minutes, load in _sizes(session):
            for start in _starts_without(days, (), week, day, minutes, load):
                first, last = _clock_minutes(days, day, start, start + minutes * 60)
                if not first < last <= 1440:
                    continue
                for times in problem.given.program.availability.on(day):
                    wider = TimeRange(min(times.start, first), max(times.end, last))
                    more = (wider.end - wider.start) - (times.end - times.start)
                    if more:
                        yield timedelta(minutes=more), day, WiderRange(weekday, wider, times)
                if not problem.given.program.availability.on(day):
                    whole = TimeRange(first, last)
                    yield timedelta(minutes=last - first), day, WiderRange(weekday, whole, None)


def _clock_minutes(days: Days, day: date, start: int, end: int) -> tuple[int, int]:
    _, first = days.clock.minute_of(start)
    last_day, last = days.clock.minute_of(end)
    return first, last if last_day == day else last + 1440


def _shorter_busy(problem: Problem, week: WantedWeek, session: WantedSession) -> _Tries:
    buffer = problem.given.program.availability.buffer
    for day in week.week.days:
        for minutes, load in _sizes(session):
            ranges = problem.days.ranges(day, minutes)
            for start in _starts_without(problem.days, (Rule.BUSY,), week, day, minutes, load):
                if any(first <= start <= last for first, last in ranges):
                    needed = wall.span(start, start + minutes * 60).padded(buffer)
                    for less, fix in _make_way(problem.given.busy, needed):
                        yield less, day, fix


def _make_way(busy: Iterable[Timespan], needed: Timespan) -> Iterator[tuple[timedelta, Fix]]:
    """The one block that is in the way of `needed`, cut at its end or at its start."""
    in_the_way = [block for block in busy if block.overlaps(needed)]
    if len(in_the_way) == 1:
        block = in_the_way[0]
        if needed.start > block.start and (less := block.end - needed.start) <= _MOST_LESS_BUSY:
            yield less, ShorterBusy(block, Timespan(block.start, needed.start))
        if needed.end < block.end and (less := needed.end - block.start) <= _MOST_LESS_BUSY:
            yield less, ShorterBusy(block, Timespan(needed.end, block.end))


def _earlier_runs(problem: Problem, week: WantedWeek, session: WantedSession) -> _Tries:
    if not _has_room_without(problem, week, session, {Rule.RUN, Rule.HOURS_APART}):
        return
    settled = {run.key: run for run in problem.settled.runs}
    busy, clock = problem.given.busy, problem.days.clock
    for wanted in week.runs:
        run = settled.get(wanted.key)
        usual = problem.given.program.usual_start.on(wanted.day)
        ranges = wanted.run.between or ((usual,) if isinstance(usual, TimeRange) else ())
        if run is None or run.fixed or wanted.run.start is not None or is_strength(run.key):
            continue
        bounds = [clock.range(wanted.day, times) for times in ranges]
        length = run.end - run.start
        for _, start in clock.grid(wanted.day):
            span = wall.span(start, start + length)
            is_inside = any(first <= start <= last - length for first, last in bounds)
            others = (other.span for other in settled.values() if other is not run)
            if start < run.start and is_inside and not any(span.overlaps(x) for x in (*busy, *others)):
                yield timedelta(seconds=run.start - start), wanted.day, EarlierRun(run, span)


def _fewer_hours(problem: Problem, week: WantedWeek, session: WantedSession) -> _Tries:
    now = problem.given.program.rules.hours_apart
    for day in week.week.days:
        ends = [run.end for run in problem.days.runs_on(day) if run.effort in (Effort.HARD, Effort.LONG)]
        for _, start in problem.days.clock.grid(day):
            if ends and _SHORTEST_GAP <= (gap := timedelta(seconds=start - max(ends))) < now:
                yield now - gap, day, FewerHoursApart(gap)
