"""Which starts a strength session may have, and what each costs, term by term.

A1 to A6, and every cost term that one candidate has by itself: `unplaced` and `spacing` are in placement.py,
and there is `moved` of a session without a place.
Each rule becomes the stretches of starts that it forbids, so that a whole day is looked at at once. The rule
ids and the numbers are those of docs/rules.md and docs/placement.md.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import takewhile
from operator import attrgetter, itemgetter
from typing import NamedTuple

from calsync.planning import wall, why
from calsync.planning.rules import LIGHT_AFTER_RACE, REST_BEFORE_RACE, Rule
from calsync.planning.runs import SettledRun, of_run
from calsync.planning.wall import Wall
from calsync.planning.week import ANYWHERE, WantedSession, WantedWeek, Where
from calsync.planning.why import Reason
from calsync.program import FreshLegs, Program, WeekTemplate
from calsync.race import Race
from calsync.timespan import Timespan
from calsync.training import Effort, Load, Weekday

DAY_POINTS = {Effort.HARD: 0, Effort.EASY: 60, Effort.NONE: 80, Effort.LONG: 120}
REST_DAY_POINTS = 150
ORDER_POINTS = 40
RECOVER_POINTS = {Load.LIGHT: 0, Load.MODERATE: 25, Load.HEAVY: 50}
LIGHTER_POINTS = 45
SHORTER_POINTS = 30
MOVED_POINTS = 35
MOST_TIME_POINTS = 20

_DAY = 24 * 3600


# Seconds: what a template may say.
LONGEST_TRAVEL = 6 * 3600


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place for a session, in seconds since the epoch; `minute` is what the clock shows at its start.

    `moves`: the session is published at another start.
    """

    day: date
    minute: int
    start: int
    minutes: int
    load: Load
    cost: int
    moves: bool = False

    @property
    def end(self) -> int:
        return self.start + self.minutes * 60

    @property
    def span(self) -> Timespan:
        return wall.span(self.start, self.end)

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Less is better: the cost, then what is published stays where it is, then the earlier start."""
        return self.cost, self.moves, self.start


# --- what a rule forbids ----------------------------------------------------------------------------------


class Ban(NamedTuple):
    """Starts from `first` to `last`, both included, that a rule forbids; `run` is the one that it is for.

    A tuple, as placing a plan makes thousands of them.
    """

    rule: Rule
    first: int
    last: int
    run: SettledRun | None = None


_EVER = 1 << 62


def during_run(start: int, end: int, length: int, run: SettledRun | None = None) -> Ban:
    """A3: the starts of a session of that many seconds that meet the run from `start` to `end`."""
    return Ban(Rule.RUN, start - length + 1, end - 1, run)


def soon_after_run(end: int, after: int, run: SettledRun | None = None) -> Ban:
    """A3: the starts less than `after` seconds after the run that ends at `end`."""
    return Ban(Rule.AFTER_RUN, end, end + after - 1, run)


def within_hours_apart(end: int, apart: int, run: SettledRun | None = None) -> Ban:
    """A5: the starts before a hard or long run, or less than `apart` seconds after its `end`."""
    return Ban(Rule.HOURS_APART, -_EVER, end + apart - 1, run)


def without_fresh_legs(start: int, length: int, fresh: int, run: SettledRun | None = None) -> Ban:
    """A6: the starts that leave less than `fresh` seconds to a run that wants fresh legs at `start`."""
    return Ban(Rule.FRESH_LEGS, start - length - fresh + 1, start - length, run)


def seconds_of_fresh_legs(legs: FreshLegs) -> Mapping[Load, int]:
    """How long before a run that wants fresh legs a session of each load must end."""
    return {load: int(legs.before(load).total_seconds()) for load in Load}


def against_race(race: Race, day: date, load: Load) -> Rule | None:
    """A5: the rule by which a race of the plan, on its date or near it, leaves no session of that load."""
    ahead = (race.day - day).days
    if ahead in (0, 1) or (-LIGHT_AFTER_RACE[race.priority] <= ahead < 0 and load is not Load.LIGHT):
        return Rule.RACE_DAY
    return Rule.TAPER if 1 < ahead <= REST_BEFORE_RACE[race.priority] else None


def race_against(program: Program, rule: Rule, day: date, load: Load) -> Race | None:
    """The plan's race that brings `rule` to `day`; None if a run of the week does."""
    return next((race for race in program.races if against_race(race, day, load) is rule), None)


def against_day(
    template: WeekTemplate,
    day: Weekday,
    load: Load,
    efforts: Collection[Effort],
    tomorrow: Collection[Effort],
    of_races: Collection[Rule] = (),
) -> Iterator[Rule]:
    """A5: the rules that leave no session of that load on a whole day.

    `efforts` are those of the day's runs, `tomorrow` those of the next day's; `of_races` are the rules that
    the races of the plan bring, as against_race() has them.
    """
    if Effort.RACE in efforts or Effort.RACE in tomorrow or Rule.RACE_DAY in of_races:
        yield Rule.RACE_DAY
    elif Rule.TAPER in of_races:
        yield Rule.TAPER
    if day in template.rest and not (template.rest_allows_light and load is Load.LIGHT):
        yield Rule.REST_DAY
    if Effort.LONG in efforts and load is not Load.LIGHT:
        yield Rule.LONG_RUN_DAY
    if Effort.HARD in efforts and load is Load.HEAVY:
        yield Rule.CONTROLLED


# --- the days of a plan -----------------------------------------------------------------------------------

_by_start = attrgetter("start")
_by_end = attrgetter("end")
_instant = itemgetter(1)
_cost = itemgetter(2)


class Days:
    """What every day of the horizon offers, given the settled runs and the busy time.

    `busy` is merged and in order; `published` holds the starts of what is on a calendar, by key.
    Remembers what it found, since the sessions of a week often ask the same.
    """

    def __init__(
        self,
        program: Program,
        runs: Sequence[SettledRun],
        busy: Iterable[Timespan],
        now: datetime,
        clock: Wall,
        published: Mapping[str, int],
    ) -> None:
        self.program = program
        self.clock = clock
        self.now = now
        self.published = published
        self._hours_apart = int(program.rules.hours_apart.total_seconds())
        self._buffer = int(program.availability.buffer.total_seconds())
        self._ranges = program.availability.ranges
        self._preferred = [part for times in program.availability.prefer_times for part in times.parts]
        self._after_run = int(program.availability.after_run.total_seconds())
        self._fresh_legs = seconds_of_fresh_legs(program.rules.fresh_legs)
        self._earliest = wall.seconds_up(now + program.availability.notice)
        self._busy = [(wall.seconds(span.start), wall.seconds_up(span.end)) for span in busy]
        self._busy_ends = [end for _, end in self._busy]
        self._runs = sorted(runs, key=_by_start)
        # A run may go on over midnight, and one that the runner stretched over days; so may what is kept free
        # after it.
        longest = max((run.end - run.start for run in runs), default=0) + self._after_run + LONGEST_TRAVEL
        self._days_near = range(-1 - -(-longest // 86400), 2)
        self._fresh = [run for run in self._runs if run.effort.wants_fresh_legs]
        self._fresh_starts = [run.start for run in self._fresh]
        tiring = (run for run in self._runs if run.effort in (Effort.LONG, Effort.RACE))
        self._tiring = sorted(tiring, key=_by_end)
        self._runs_on: dict[date, list[SettledRun]] = {}
        for run in self._runs:
            self._runs_on.setdefault(run.day, []).append(run)
        self._cheapest: dict[tuple[date, Load, int, Where], tuple[int, int, int] | None] = {}

    # --- what a day is ------------------------------------------------------------------------------------

    def runs_on(self, day: date) -> Sequence[SettledRun]:
        return self._runs_on.get(day, ())

    def effort(self, day: date) -> Effort:
        """The effort of the day's hardest run."""
        return max((run.effort for run in self.runs_on(day)), key=lambda x: x.rank, default=Effort.NONE)

    def last_of(self, day: date, effort: Effort) -> SettledRun | None:
        """The day's last run of that effort."""
        return max((run for run in self.runs_on(day) if run.effort is effort), key=_by_end, default=None)

    def next_fresh_run(self, end: int) -> SettledRun | None:
        """The first hard run, long run or race that starts at or after `end`."""
        index = bisect_left(self._fresh_starts, end)
        return self._fresh[index] if index < len(self._fresh) else None

    def since_hard_run(self, day: date, start: int) -> int | None:
        """Seconds from the end of the day's last hard run to `start`; None on a day without one."""
        last = self.last_of(day, Effort.HARD)
        return start - last.end if last else None

    def recovering_from(self, start: int) -> SettledRun | None:
        """The last long run or race that ended less than 24 h before `start`."""
        index = bisect_right(self._tiring, start, key=_by_end) - 1
        return self._tiring[index] if index >= 0 and start < self._tiring[index].end + _DAY else None

    # --- A1 to A6 -----------------------------------------------------------------------------------------

    def bans(self, week: WantedWeek, day: date, minutes: int, load: Load, travel: int = 0) -> Iterator[Ban]:
        """What pauses and A2 to A6 forbid on `day`, in the order of the rules; A1 is in ranges().

        `travel` is how many seconds the way there takes, and the way back.
        """
        length = minutes * 60
        if self.program.is_paused(day):
            yield Ban(Rule.PAUSE, -_EVER, _EVER)
        low, high = self.clock.at(day, 0) - length, self.clock.at(day, 1440) + length
        buffer, after_run = self._buffer + travel, self._after_run + travel
        index = bisect_left(self._busy_ends, low - buffer)
        while index < len(self._busy) and self._busy[index][0] <= high + buffer:
            start, end = self._busy[index]
            yield Ban(Rule.BUSY, start - buffer - length + 1, end + buffer - 1)
            index += 1
        for near in self._days_near:
            for run in self.runs_on(day + timedelta(days=near)):
                yield during_run(run.start - travel, run.end, length, run)
                if after_run:
                    yield soon_after_run(run.end, after_run, run)
        yield Ban(Rule.NOTICE, -_EVER, self._earliest - 1)
        yield from self._bans_by_day(week, day, load)
        fresh = self._fresh_legs[load]
        index = bisect_left(self._fresh_starts, low)
        while index < len(self._fresh_starts) and self._fresh_starts[index] < high + fresh:
            run = self._fresh[index]
            yield without_fresh_legs(run.start, length, fresh, run)
            index += 1

    def _bans_by_day(self, week: WantedWeek, day: date, load: Load) -> Iterator[Ban]:
        """A5."""
        efforts = {run.effort for run in self.runs_on(day)}
        tomorrow = {run.effort for run in self.runs_on(day + timedelta(days=1))}
        of_races = [rule for race in self.program.races if (rule := against_race(race, day, load))]
        for rule in against_day(week.template, Weekday.of(day), load, efforts, tomorrow, of_races):
            yield Ban(rule, -_EVER, _EVER)
        for run in self.runs_on(day):
            if run.effort in (Effort.HARD, Effort.LONG):
                yield within_hours_apart(run.end, self._hours_apart, run)

    def ranges(self, day: date, minutes: int, where: Where = ANYWHERE) -> list[tuple[int, int]]:
        """First and last start, both included, of a session of that length in each range for it."""
        if where.days and Weekday.of(day) not in where.days:
            return []
        bounds = [self.clock.range(day, times) for times in self._ranges[day.weekday()]]
        if where.between:
            own = [self.clock.range(day, times) for times in where.between]
            bounds = [(max(a, c), min(b, d)) for a, b in bounds for c, d in own]
        return [(first, last - minutes * 60) for first, last in bounds]

    def starts(
        self, week: WantedWeek, day: date, minutes: int, load: Load, where: Where = ANYWHERE
    ) -> list[tuple[int, int]]:
        """The allowed starts of a day: (minute of the day, instant), in order."""
        ranges = self.ranges(day, minutes, where)
        if not ranges:
            return []
        bans = [(ban.first, ban.last) for ban in self.bans(week, day, minutes, load, where.travel)]
        return self._on_grid(day, _without(ranges, bans))

    def _on_grid(self, day: date, stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """The grid's starts in stretches that are in order: (minute of the day, instant)."""
        grid = self.clock.grid(day)
        found: list[tuple[int, int]] = []
        for first, last in stretches:
            low = bisect_left(grid, first, key=_instant)
            found += grid[low : bisect_right(grid, last, key=_instant)]
        return found

    def bans_at(
        self,
        week: WantedWeek,
        day: date,
        start: int,
        minutes: int,
        load: Load,
        where: Where = ANYWHERE,
    ) -> Iterator[Ban]:
        """What A1 to A3, A5 and A6 have against a session that already stands, on the grid or off it.

        `notice` has nothing: that is only for what is to be placed.
        """
        if not any(first <= start <= last for first, last in self.ranges(day, minutes, where)):
            yield Ban(Rule.AVAILABILITY, start, start)
        for ban in self.bans(week, day, minutes, load, where.travel):
            if ban.rule is not Rule.NOTICE and ban.first <= start <= ban.last:
                yield ban

    # --- where the runner could move something ------------------------------------------------------------

    def open_to_session(
        self, week: WantedWeek, day: date, minutes: int, load: Load, where: Where = ANYWHERE
    ) -> list[tuple[int, int]]:
        """Where A1 to A3, A5 and A6 let a session start: stretches of the grid, in minutes of the day.

        For one that the runner moves themselves, so `notice` has nothing against it; only what is over has.
        """
        bans = self.bans(week, day, minutes, load, where.travel)
        mine = (ban for ban in bans if ban.rule is not Rule.NOTICE)
        return self._open(day, self.ranges(day, minutes, where), mine)

    def open_to_run(self, week: WantedWeek, day: date, length: int, key: str) -> list[tuple[int, int]]:
        """The same of the run `key`, of `length` seconds, which may be at any time of the day."""
        whole = (self.clock.at(day, 0), self.clock.at(day, 1440) - 1)
        return self._open(day, [whole], self.run_bans(week, day, length, key))

    def _open(self, day: date, ranges: list[tuple[int, int]], bans: Iterable[Ban]) -> list[tuple[int, int]]:
        over = wall.seconds(self.now)
        if not ranges or self.clock.at(day, 1440) <= over:
            return []
        left = _without(ranges, [(-_EVER, over), *((ban.first, ban.last) for ban in bans)])
        found: list[tuple[int, int]] = []
        for bounds in left:
            minutes = [minute for minute, _ in self._on_grid(day, [bounds])]
            while minutes:
                # As many as follow one another: where clocks skip some, the rest is a stretch of its own.
                count = bisect_right(range(len(minutes)), minutes[0], key=partial(_ahead, minutes))
                found.append((minutes[0], minutes[count - 1] + wall.GRID_MINUTES))
                minutes = minutes[count:]
        return found

    def run_bans(self, week: WantedWeek | None, day: date, length: int, key: str) -> Iterator[Ban]:
        """What a pause, busy time, other runs and a rest day of `week` forbid the run `key` on `day`."""
        if self.program.is_paused(day):
            yield Ban(Rule.PAUSE, -_EVER, _EVER)
        low, high = self.clock.at(day, 0), self.clock.at(day, 1440) + length
        for start, end in self._busy[bisect_left(self._busy_ends, low) :]:
            if start > high:
                break
            yield Ban(Rule.BUSY, start - length + 1, end - 1)
        for run in self._runs:
            if run.key != key and run.start < high and low < run.end:
                yield during_run(run.start, run.end, length, run)
        if week and week.is_rest(day):
            yield Ban(Rule.REST_DAY, -_EVER, _EVER)

    # --- what there is to say -----------------------------------------------------------------------------

    def said(
        self,
        ban: Ban,
        place: Candidate,
        where: Where = ANYWHERE,
        tell: Callable[[SettledRun], str] = of_run,
        tell_busy: Callable[[Timespan, timedelta, timedelta], Reason] | None = None,
    ) -> Reason:
        """What there is to say of a ban that is against a session at `place`.

        `tell` says which run it is; `tell_busy` what is busy there, given the buffer and the way there.
        """
        program, run, day = self.program, ban.run, place.day
        buffer, travel = program.availability.buffer, timedelta(seconds=where.travel)
        match ban.rule:
            case Rule.AVAILABILITY:
                ranges = program.availability.on(day)
                wish = why.not_wished(where.days, where.between, day) if ranges else None
                return wish or why.not_available(ranges, day)
            case Rule.PAUSE:
                return why.paused(program.pauses, day)
            case Rule.BUSY:
                return (tell_busy or self._busy_there)(place.span, buffer, travel)
            case Rule.RUN:
                way = place.span.padded(travel)
                return why.run_there(tell(one) for one in self._runs if one.span.overlaps(way))
            case Rule.AFTER_RUN if run:
                return why.soon_after(program.availability.after_run, tell(run), travel)
            case Rule.RACE_DAY:
                return why.race_on(race_against(program, ban.rule, day, place.load), day)
            case Rule.TAPER if race := race_against(program, ban.rule, day, place.load):
                return why.tapering(race)
            case Rule.REST_DAY:
                return why.rest_day(day)
            case Rule.LONG_RUN_DAY:
                return why.long_run_day(self._run_of(Effort.LONG, day))
            case Rule.CONTROLLED:
                return why.controlled(self._run_of(Effort.HARD, day))
            case Rule.HOURS_APART if run and place.end <= run.start:
                return why.strength_after_run(tell(run))
            case Rule.HOURS_APART if run:
                return why.too_soon_after(program.rules.hours_apart, tell(run))
            case Rule.FRESH_LEGS if run:
                least = program.rules.fresh_legs.before(place.load)
                return why.hours_before(run.start - place.end, tell(run), place.load, least)
            case _:
                return Reason(ban.rule, str(ban.rule))

    def _run_of(self, effort: Effort, day: date) -> str:
        return next(of_run(run) for run in self.runs_on(day) if run.effort is effort)

    def _busy_there(self, span: Timespan, buffer: timedelta, travel: timedelta) -> Reason:
        """What is busy in the way of `span`, by the clock."""
        for kept in (timedelta(0), buffer + travel):
            near = span.padded(kept)
            first, last = wall.seconds(near.start), wall.seconds_up(near.end)
            if blocks := [block for block in self._busy if block[0] < last and first < block[1]]:
                times = [f"busy {self._clock(start)}-{self._clock(end)}" for start, end in blocks]
                return why.busy(times, kept)
        return why.busy()

    def _clock(self, second: int) -> str:
        return f"{wall.instant(second).astimezone(self.clock.zone):%H:%M}"

    # --- what a start costs -------------------------------------------------------------------------------

    def terms(self, week: WantedWeek, wanted: WantedSession, place: Candidate) -> Mapping[str, int]:
        """The non-zero cost terms of a candidate; their sum is its cost."""
        day = self._day_terms(week, place.day)
        terms = {
            "day": day.points,
            "gap": day.gap(place.start),
            "order": day.order(place.end),
            "recover": day.recover(place.start, place.load),
            "lighter": LIGHTER_POINTS * (wanted.load.rank - place.load.rank),
            "shorter": SHORTER_POINTS if place.minutes < wanted.minutes else 0,
            "time": self._time(place.minute),
            "moved": self._moved(wanted, place.start),
        }
        return {name: points for name, points in terms.items() if points}

    def cheapest(self, week: WantedWeek, wanted: WantedSession, day: date) -> Candidate | None:
        """The allowed candidate of a session on a day that has the least rank; None if none is allowed."""
        best: tuple[int, bool, int] | None = None
        found: Candidate | None = None
        for minutes, load, extra in _sizes(wanted):
            for minute, start, cost in self._best_starts(week, wanted, day, minutes, load):
                moves = self._moves(wanted, start)
                rank = cost + extra, moves, start
                if best is None or rank < best:
                    best = rank
                    found = Candidate(day, minute, start, minutes, load, cost + extra, moves)
        return found

    def candidates(self, week: WantedWeek, wanted: WantedSession, day: date) -> Iterator[Candidate]:
        """All allowed candidates of a session on a day."""
        for minutes, load, extra in _sizes(wanted):
            for minute, start, cost in self._starts_with_costs(week, day, minutes, load, wanted.where):
                cost += extra + self._moved(wanted, start)
                yield Candidate(day, minute, start, minutes, load, cost, self._moves(wanted, start))

    def _best_starts(
        self, week: WantedWeek, wanted: WantedSession, day: date, minutes: int, load: Load
    ) -> Iterator[tuple[int, int, int]]:
        """The day's cheapest start, or of a session that is published all of them: (minute, start, cost)."""
        key = (day, load, minutes, wanted.where)
        if wanted.key not in self.published:
            if key not in self._cheapest:
                starts = self._starts_with_costs(week, day, minutes, load, wanted.where)
                self._cheapest[key] = min(starts, key=_cost, default=None)
            if (best := self._cheapest[key]) is not None:
                yield best
        else:
            for minute, start, cost in self._starts_with_costs(week, day, minutes, load, wanted.where):
                yield minute, start, cost + self._moved(wanted, start)

    def _moves(self, wanted: WantedSession, start: int) -> bool:
        return self.published.get(wanted.key, start) != start

    def _moved(self, wanted: WantedSession, start: int) -> int:
        return MOVED_POINTS if self._moves(wanted, start) else 0

    def _starts_with_costs(
        self, week: WantedWeek, day: date, minutes: int, load: Load, where: Where
    ) -> list[tuple[int, int, int]]:
        """The allowed starts of a day: (minute of the day, instant, what its time costs), in order."""
        terms = self._day_terms(week, day)
        found = [
            (
                minute,
                start,
                terms.points + terms.gap(start) + terms.order(start + minutes * 60) + self._time(minute),
            )
            for minute, start in self.starts(week, day, minutes, load, where)
        ]
        if terms.tiring_ends:  # on few days
            found = [(minute, start, cost + terms.recover(start, load)) for minute, start, cost in found]
        return found

    def _day_terms(self, week: WantedWeek, day: date) -> "_DayTerms":
        effort = self.effort(day)
        points = REST_DAY_POINTS if week.is_rest(day) else DAY_POINTS.get(effort, 0)
        last_hard = self.last_of(day, Effort.HARD)
        easy = [run.start for run in self.runs_on(day) if run.effort is Effort.EASY]
        first, last = self.clock.at(day, 0), self.clock.at(day, 1440)
        tiring = self._tiring[bisect_right(self._tiring, first - _DAY, key=_by_end) :]
        return _DayTerms(
            points=0 if week.is_strength_day(day) else points,
            last_hard_end=last_hard.end if last_hard and effort is Effort.HARD else None,
            last_easy_start=max(easy, default=None),
            tiring_ends=tuple(takewhile(last.__gt__, (run.end for run in tiring))),
        )

    def _time(self, minute: int) -> int:
        if not self._preferred:
            return 0
        away = min(max(times.start - minute, minute - times.end, 0) for times in self._preferred)
        return min(-(-away // 15), MOST_TIME_POINTS)


def _sizes(wanted: WantedSession) -> Iterator[tuple[int, Load, int]]:
    """Each length and load that the session may have, with what `shorter` and `lighter` cost for it."""
    for minutes in wanted.lengths:
        shorter = SHORTER_POINTS if minutes < wanted.minutes else 0
        for load in wanted.load.and_lighter:
            yield minutes, load, shorter + LIGHTER_POINTS * (wanted.load.rank - load.rank)


@dataclass(frozen=True, slots=True)
class _DayTerms:
    """What a day's runs say of the starts on it."""

    points: int
    last_hard_end: int | None
    last_easy_start: int | None
    tiring_ends: tuple[int, ...]
    """Of long runs and races, as far as they matter to this day."""

    def gap(self, start: int) -> int:
        """`gap`: minutes from the end of the day's last hard run; 4 to 8 hours are ideal."""
        if self.last_hard_end is None:
            return 0
        elapsed = start - self.last_hard_end
        if elapsed < 240 * 60:
            return (240 * 60 - elapsed) // (5 * 60)
        if elapsed > 480 * 60:
            return (elapsed - 480 * 60) // (10 * 60)
        return 0

    def order(self, end: int) -> int:
        """`order`: the easy run comes first."""
        return ORDER_POINTS if self.last_easy_start is not None and self.last_easy_start >= end else 0

    def recover(self, start: int, load: Load) -> int:
        """`recover`: legs need a day after a long run or a race."""
        if any(end <= start < end + _DAY for end in self.tiring_ends):
            return RECOVER_POINTS[load]
        return 0


def _ahead(minutes: Sequence[int], number: int) -> int:
    """Where the first would be if the one with that number came so many quarters of an hour after it."""
    return minutes[number] - number * wall.GRID_MINUTES


def _without(ranges: list[tuple[int, int]], bans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What `bans` leave of `ranges`, in order and disjoint; all bounds are included."""
    bans.sort()
    left: list[tuple[int, int]] = []
    reached = -_EVER
    for first, last in sorted(ranges):
        first = max(first, reached)
        for ban_first, ban_last in bans:
            if ban_last < first:
                continue
            if ban_first > last:
                break
            if ban_first > first:
                left.append((first, ban_first - 1))
            first = ban_last + 1
        if first <= last:
            left.append((first, last))
        reached = max(reached, last + 1)
    return left
