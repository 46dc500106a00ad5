"""Stage 1 of placement: when the runs are.

Runs choose first (`support-not-compete`), so strength has no part in it: a run goes by what its template
says, by busy time, and by what already stands on the calendars.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync.event import Published, Standing, is_cross, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.wall import Wall
from calsync.planning.week import WantedRun, WantedWeek
from calsync.planning.why import Remark
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Cross, Effort, Kind, TimeRange
from calsync.words import day_name, kind_name, moment, noun


@dataclass(frozen=True, slots=True)
class SettledRun:
    """A run, or cross training, with its time in seconds since the epoch, and the date on which it starts.

    `fixed`: it stays where a calendar has it, since the runner moved it (`pinned`) or it is too close to now.
    `unwanted` is what its calendar says of one that the template no longer asks for.
    """

    key: str
    kind: Kind | Cross
    title: str
    day: date
    start: int
    end: int
    notes: str = ""
    fixed: bool = False
    pinned: bool = False
    unwanted: Published | None = None

    @property
    def effort(self) -> Effort:
        """What it asks of the legs."""
        return self.kind.on_legs

    @property
    def span(self) -> Timespan:
        return wall.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class SettledRuns:
    """All runs in the order of their starts; `warnings` say what is wrong with those of which they have the
    keys.

    `without_room` are the keys of those that found no free time in their ranges.
    """

    runs: tuple[SettledRun, ...]
    warnings: tuple[tuple[frozenset[str], Remark], ...]
    without_room: frozenset[str] = frozenset()


def settle(
    weeks: Sequence[WantedWeek],
    program: Program,
    standing: Standing,
    busy: Iterable[Timespan],
    now: datetime,
    clock: Wall,
) -> SettledRuns:
    """Settle the runs of all `weeks` together. `busy` is merged and in order."""
    taken = _Taken(_Blocks(busy), clock, standing)
    wanted = {run.key: run for week in weeks for run in week.training if run.key not in standing.skipped}
    soon = now + program.availability.notice
    planned, near = {week.week for week in weeks}, _near(weeks, clock)
    before = weeks[0].week.plus(-1)
    for key, published in standing.published.items():
        if is_strength(key) or key in standing.skipped:
            continue
        run = wanted.get(key)
        if run is None and is_cross(key):
            continue  # moved once, and no longer wanted: no calendar has it
        has_begun, week = published.span.start <= now, week_of_key(key)
        is_near = published.span.overlaps(near)
        if (
            # One that the runner moved here counts whatever week it belongs to, and Monday's legs still
            # feel what was run on Sunday.
            (published.pinned and (week in planned or is_near))
            or (has_begun and week == before and is_near)
            or (run and (has_begun or (published.span.start < soon and _is_ours(run))))
        ):
            taken.take(_standing_run(key, run, published, clock))
            wanted.pop(key, None)

    # Those with a start of their own, then runs before what may not move them, then by day, then as written
    # (sorted() is stable).
    for run in sorted(
        wanted.values(), key=lambda run: (run.run.start is None, isinstance(run.kind, Cross), run.day)
    ):
        taken.settle(run, program)
    return SettledRuns(taken.in_order(), tuple(taken.overlaps()), frozenset(taken.without_room))


def _near(weeks: Sequence[WantedWeek], clock: Wall) -> Timespan:
    """The time whose runs count for these weeks: with the two days before, as legs recover for a day, and
    `after_run` may be as long.
    """
    first, last = weeks[0].week.monday - timedelta(days=2), weeks[-1].week.plus(1).monday
    return wall.span(clock.at(first, 0), clock.at(last, 0))


def ranges_of(wanted: WantedRun, program: Program) -> tuple[TimeRange, ...]:
    """The ranges in which a run without a start of its own looks for a time.

    Without any, it starts at the usual minute, or as soon after it as no other run is on.
    """
    usual = program.usual_start.on(wanted.day)
    return wanted.run.between or (() if isinstance(usual, int) else usual)


def starts_within(ranges: Iterable[TimeRange], day: date, length: int, clock: Wall) -> Iterator[int]:
    """The starts of a run of `length` seconds in its ranges, the one that it likes best first."""
    for on, first, last in bounds_of(ranges, day, clock):
        yield from (start for _, start in clock.grid(on) if first <= start <= last - length)


def bounds_of(ranges: Iterable[TimeRange], day: date, clock: Wall) -> Iterator[tuple[date, int, int]]:
    """The ranges of a day as instants; what goes on after midnight is on the next date."""
    for times in ranges:
        for later, part in enumerate(times.parts):
            on = day + timedelta(days=later)
            yield on, *clock.range(on, part)


def _is_ours(run: WantedRun) -> bool:
    """Whether its time is ours to keep. `notice` spares the runner our changes, not those of their coach."""
    return not run.from_feed or run.run.start is None


def _standing_run(key: str, run: WantedRun | None, published: Published, clock: Wall) -> SettledRun:
    start, end = wall.seconds(published.span.start), wall.seconds_up(published.span.end)
    # A run that the runner moved stays even if the template no longer asks for it. What a calendar that
    # shows only "Busy" can't say is taken for easy: it occupies its time, and asks nothing of the legs.
    kind = run.kind if run else published.kind or Kind.EASY
    title = run.run.title if run else published.title
    notes = run.run.notes if run else ""
    day = clock.day_of(start)
    return SettledRun(
        key,
        kind,
        title,
        day,
        start,
        end,
        notes,
        fixed=True,
        pinned=published.pinned,
        unwanted=None if run else published,
    )


class _Blocks:
    """Disjoint stretches in order, for the question whether a stretch is free of them."""

    def __init__(self, spans: Iterable[Timespan]) -> None:
        self.spans = [(wall.seconds(span.start), wall.seconds_up(span.end)) for span in spans]
        self._starts = [start for start, _ in self.spans]

    def clash(self, start: int, end: int) -> tuple[int, int] | None:
        """The last block that begins before `end`, if it reaches beyond `start`."""
        index = bisect_right(self._starts, end - 1) - 1
        if index >= 0 and self.spans[index][1] > start:
            return self.spans[index]
        return None


@dataclass
class _Taken:
    """The time that busy blocks and the runs settled so far take."""

    busy: _Blocks
    clock: Wall
    standing: Standing
    runs: list[SettledRun] = field(default_factory=list)
    without_room: set[str] = field(default_factory=set)
    _by_day: dict[int, list[SettledRun]] = field(default_factory=dict)

    def take(self, run: SettledRun) -> None:
        self.runs.append(run)
        for day in range(run.start // 86400, run.end // 86400 + 1):
            self._by_day.setdefault(day, []).append(run)

    def settle(self, wanted: WantedRun, program: Program) -> None:
        run, length = wanted.run, wanted.run.minutes * 60
        usual = program.usual_start.on(wanted.day)
        if run.start is not None:
            start = self.clock.at(wanted.day, run.start)
        elif isinstance(usual, int) and not run.between:
            start = self._from(wanted, usual, length)
        else:
            start = self._within(wanted, ranges_of(wanted, program), length)
        # A bound that a change of clocks skips can put the start on the next date.
        day = self.clock.day_of(start)
        self.take(SettledRun(wanted.key, run.kind, run.title, day, start, start + length, run.notes))

    def _within(self, wanted: WantedRun, ranges: tuple[TimeRange, ...], length: int) -> int:
        for start in starts_within(ranges, wanted.day, length, self.clock):
            if not self.busy.clash(start, start + length) and not self._taken(start, start + length):
                return start
        self.without_room.add(wanted.key)
        stays = self._published_in(ranges, wanted, length)
        return self.clock.at(wanted.day, ranges[0].start) if stays is None else stays

    def _published_in(self, ranges: tuple[TimeRange, ...], wanted: WantedRun, length: int) -> int | None:
        """Where a calendar has the run, if that is in its ranges: no other time is better."""
        published = self.standing.published.get(wanted.key)
        if published is None:
            return None
        start = wall.seconds(published.span.start)
        bounds = bounds_of(ranges, wanted.day, self.clock)
        return start if any(first <= start <= last - length for _, first, last in bounds) else None

    def _from(self, wanted: WantedRun, usual: int, length: int) -> int:
        """The usual time, or the next grid start of the day that no other run has taken."""
        start = self.clock.at(wanted.day, usual)
        if not self._taken(start, start + length):
            return start
        for _, later in self.clock.grid(wanted.day):
            if later > start and not self._taken(later, later + length):
                return later
        return start

    def _taken(self, start: int, end: int) -> bool:
        days = range(start // 86400, end // 86400 + 1)
        return any(run.start < end and start < run.end for day in days for run in self._by_day.get(day, ()))

    def in_order(self) -> tuple[SettledRun, ...]:
        return tuple(sorted(self.runs, key=lambda run: (run.start, run.key)))

    def overlaps(self) -> Iterator[tuple[frozenset[str], Remark]]:
        """What is wrong with the runs among themselves; that busy time is in the way is told by the plan."""
        runs = self.in_order()
        for number, run in enumerate(runs):
            what = "cross" if isinstance(run.kind, Cross) else "run"
            title = title_of(run)
            when = moment(run.span, self.clock.zone)
            if run.key in self.without_room and not self.busy.clash(run.start, run.end):
                text = f"{title} ({when}) has no free time in its ranges, so it stays there"
                yield frozenset({run.key}), Remark(f"{what}-without-room", text)
            for other in runs[number + 1 :]:
                if other.start >= run.end:
                    break
                text = f"{title} ({when}) and {title_of(other)} overlap"
                yield frozenset({run.key, other.key}), Remark("runs-overlap", text)


def title_of(run: SettledRun) -> str:
    return run.title or kind_name(run.kind)


def clash_of(runs: Sequence[SettledRun], names: Iterable[str], zone: ZoneInfo, *, is_kept: bool) -> str:
    """What there is to say of runs at busy times; `is_kept`: they looked for another time, and found none."""
    whose = " and ".join(names)
    if is_kept and len(runs) == 1:
        (run,) = runs
        title = f"{run.title} is" if run.title else f"{title_of(run)} {are(run)}"
        return f"{title} kept at {moment(run.span, zone)}, which clashes with {whose}"
    *others, last = (f"{title_of(run)} ({moment(run.span, zone)})" for run in runs)
    if others:
        return f"{', '.join(others)} and {last} clash with {whose}"
    verb = "clash" if not runs[0].title and are(runs[0]) == "are" else "clashes"
    return f"{last} {verb} with {whose}"


def called(run: SettledRun | None) -> str:
    """What a run is called where its effort is known: "run", "ride"."""
    return noun(run.kind) if run else "run"


def of_run(run: SettledRun) -> str:
    """ "Tuesday's intervals"."""
    return f"{day_name(run.day)}'s {kind_name(run.kind)}"


def are(run: SettledRun) -> str:
    """What follows its kind in a sentence: "intervals are", "tempo run is"."""
    return "are" if run.kind in (Kind.INTERVALS, Kind.HILLS) else "is"
