"""A week as it is drawn, in HTML and SVG alike: days, hours, blocks, shades, and the words beside them.

All times are minutes of the wall clock. Of busy time it shows when it is, and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import dropwhile
from zoneinfo import ZoneInfo

from calsync.event import BUSY, Standing, in_words, is_strength
from calsync.planning.descriptions import exercises, no_place, routine_title, run_title, session_title
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, PlannedWeek, State
from calsync.planning.progression import signs_text
from calsync.planning.wall import whole_day
from calsync.planning.what_if import Explainer
from calsync.planning.why import away
from calsync.program import Away, Program, Routine
from calsync.timespan import Timespan
from calsync.training import Cross, Effort, Kind, Sign, Sport, Week, clock
from calsync.travel import trips_in
from calsync.words import counted, date_name, day_name, kind_name, on_trip, one_line, week_name

# --- blocks beside one another ----------------------------------------------------------------------------


def lanes(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span its lane, and how many lanes there are beside it; spans that only touch don't overlap.

    Each takes the first lane that is free. All that hang together by overlaps are as wide as one another.
    """
    found = [(0, 1)] * len(spans)
    group: list[int] = []
    ends: list[int] = []  # of each lane

    def close() -> None:
        for number in group:
            found[number] = (found[number][0], len(ends))

    for number in sorted(range(len(spans)), key=lambda number: spans[number]):
        start, end = spans[number]
        if all(start >= last for last in ends):
            close()
            group, ends = [], []
        lane = next((lane for lane, last in enumerate(ends) if start >= last), len(ends))
        ends[lane : lane + 1] = [end]
        found[number] = (lane, 1)
        group.append(number)
    close()
    return found


# --- the week ---------------------------------------------------------------------------------------------

MIDNIGHT = 24 * 60
_CONTINUED = "-after-midnight"
# The hours that are always shown, also of a day in which nothing happens.
_USUAL_HOURS = (7, 20)


# What a block says on a phone, where a day is seven letters wide; a soft hyphen says where it may break.
SHORT: dict[Kind | Sport, str] = {
    Kind.INTERVALS: "Reps",
    Kind.TEMPO: "Tempo",
    Kind.THRESHOLD: "Thresh\u00adold",
    Kind.HILLS: "Hills",
    Kind.FARTLEK: "Fart\u00adlek",
    Kind.TIME_TRIAL: "Trial",
    Kind.RACE: "Race",
    Kind.LONG: "Long",
    Kind.EASY: "Easy",
    Kind.RECOVERY: "Easy",
    Sport.RIDE: "Ride",
    Sport.SWIM: "Swim",
    Sport.SKI: "Ski",
    Sport.ROW: "Row",
    Sport.PADDLE: "Pad\u00addle",
    Sport.SKATE: "Skate",
    Sport.HIKE: "Hike",
    Sport.OTHER: "Cross",
}


class Look(StrEnum):
    """How a block is coloured: a run by its effort, the others as what they are."""

    RACE = "race"
    HARD = "hard"
    LONG = "long"
    EASY = "easy"
    CROSS = "cross"
    STRENGTH = "strength"

    @classmethod
    def of(cls, effort: Effort) -> "Look":
        return cls.EASY if effort is Effort.NONE else cls(effort)

    @property
    def label(self) -> str:
        match self:
            case Look.STRENGTH | Look.RACE:
                return self.capitalize()
            case Look.CROSS:
                return "Cross training"
            case _:
                return f"{self.capitalize()} run"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Minutes of a day by the wall clock, from 0 to 1440."""

    start: int
    end: int

    @property
    def times(self) -> str:
        return f"{clock(self.start)}-{clock(self.end)}"

    @property
    def minutes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Block:
    """A run or a strength session, or the part of it that falls on one day.

    `lane` of `lanes` says where it is beside others at the same time. `about` is what it is, `steps` what
    to do, each with a cue that may be empty, `why` why it is there, `others` where else it could be. `clash`
    says what it clashes with, `done` that the runner marked it, `missed` that they missed it and it can still
    be put back where it was. What can be skipped and moved has its `key`;
    `choices` are starts that it could be moved to, in ISO 8601 and in words.
    """

    id: str
    span: Stretch
    times: str
    look: Look
    title: str
    short: str
    state: State
    lane: int = 0
    lanes: int = 1
    about: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    why: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    clash: str = ""
    done: bool = False
    missed: bool = False
    key: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minutes: int = 0
    open: tuple[tuple[Stretch, ...], ...] = ()

    @property
    def is_continued(self) -> bool:
        """Whether it began on the day before."""
        return self.id.endswith(_CONTINUED)


@dataclass(frozen=True, slots=True)
class Day:
    """`free` is when strength may be, `busy` when the runner is, `skipped` what no clock shows that day."""

    date: date
    label: str
    blocks: tuple[Block, ...]
    busy: tuple[Stretch, ...]
    free: tuple[Stretch, ...]
    skipped: tuple[Stretch, ...] = ()

    @property
    def name(self) -> str:
        return day_name(self.date)


@dataclass(frozen=True, slots=True)
class Absent:
    """A run or session that has no day in the pictures: it was skipped, couldn't fit in, or was `moved` to a
    day after them. Then `block` is what it is there.
    """

    key: str
    title: str
    is_skipped: bool = False
    moved: date | None = None
    block: Block | None = None

    @property
    def what(self) -> str:
        """What became of it: "skipped", "moved to Sat 26 Dec 10:00-10:30"; "" if it couldn't fit in."""
        if self.moved and self.block:
            return f"moved to {date_name(self.moved)} {self.block.times}"
        return "skipped" if self.is_skipped else ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A session without a place: why not, day by day, and what would make room."""

    title: str
    days: tuple[tuple[date, str], ...]
    fix: str


@dataclass(frozen=True, slots=True)
class WeekPicture:
    """`hours` are the first that is shown and the one at which the drawing ends."""

    week: Week
    title: str
    days: tuple[Day, ...]
    hours: tuple[int, int]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    absent: tuple[Absent, ...] = ()

    @property
    def looks(self) -> tuple[Look, ...]:
        """Those that the legend explains: cross training only where there is some."""
        shown = {block.look for day in self.days for block in day.blocks}
        return tuple(look for look in Look if look is not Look.CROSS or look in shown)

    @property
    def dates(self) -> str:
        """ "23 - 29 Nov 2026"."""
        first, last = self.days[0].date, self.days[-1].date
        month = f" {first:%b}" if first.month != last.month else ""
        year = f" {first.year}" if first.year != last.year else ""
        return f"{first.day}{month}{year} - {last.day} {last:%b} {last.year}"


def week_pictures(
    plan: Plan,
    weeks: Iterable[PlannedWeek],
    program: Program,
    routines: Mapping[str, Routine],
    explainer: Explainer | None = None,
) -> tuple[WeekPicture, ...]:
    """These weeks of `plan`; `routines` by name. Takes as long as the search for fixes and alternatives.

    `explainer` is the plan's, if there is one already.
    """
    drawing = _Drawing(plan, program, routines, explainer or Explainer(plan))
    return tuple(drawing.week(week) for week in weeks)


class _Drawing:
    def __init__(
        self, plan: Plan, program: Program, routines: Mapping[str, Routine], explainer: Explainer
    ) -> None:
        self._plan = plan
        self._program = program
        self._routines = routines
        self._explainer = explainer

    def week(self, week: PlannedWeek) -> WeekPicture:
        days = tuple(self._day(week, day) for day in week.week.days)
        template = week.wanted.template
        # What a note keeps private (how somebody feels) is not for a page that others may see.
        notes = [note.text for note in week.wanted.adjusted.notes]
        notes += map(on_trip, trips_in(self._plan.zone, week.week.days[0], week.week.days[-1]))
        pauses = dict.fromkeys(map(self._program.pause_on, week.week.days))
        notes += [away(pause) for pause in pauses if isinstance(pause, Away)]
        if week.too_late:
            notes.append(week.too_late_text)
        return WeekPicture(
            week.week,
            one_line(template.title) + week.wanted.of_feed,
            days,
            hours_of(days),
            tuple(self._missing(week)),
            tuple(notes),
            tuple(self._absent(week)),
        )

    def _absent(self, week: PlannedWeek) -> Iterator[Absent]:
        for key in week.skipped:
            yield Absent(key, self._called(week, key), is_skipped=True)
        for session in (*week.unplaced, *week.too_late):
            yield Absent(session.key, self._called(week, session.key))
        planned: tuple[PlannedRun | PlannedSession, ...] = (*week.runs, *week.cross, *week.strength)
        for one in planned:
            day = one.span.start.astimezone(self._plan.zone).date()
            if day > self._plan.weeks[-1].week.days[-1] and (block := self._block(week, one, day)):
                yield Absent(one.key, block.title, moved=day, block=block)

    def _called(self, week: PlannedWeek, key: str) -> str:
        """What is skipped, as a person would name it: "25 min tempo, Thu 26 Nov"."""
        for run in week.wanted.training:
            if run.key == key:
                return f"{one_line(run.run.title) or kind_name(run.kind).capitalize()}, {date_name(run.day)}"
        for session in week.wanted.sessions:
            if session.key == key:
                return one_line(session.title) or routine_title(session.routine, self._routines)
        return in_words(key)

    def _day(self, week: PlannedWeek, day: date) -> Day:
        zone = self._plan.zone
        training = (*self._plan.runs, *self._plan.cross)
        everything: tuple[PlannedRun | PlannedSession, ...] = (*training, *self._plan.sessions)
        blocks = [block for one in everything if (block := self._block(week, one, day)) is not None]
        pause = self._program.pause_on(day)
        is_rest = week.wanted.is_rest(day)
        free = () if pause else self._program.availability.on(day)
        return day_picture(
            day,
            blocks,
            # An easy ride, or a swim, leaves a rest day one.
            label="pause"
            if pause
            else "rest"
            if is_rest and all(b.look is Look.CROSS for b in blocks)
            else "",
            busy=tuple(part for busy in self._plan.busy if (part := stretch_on(day, busy, zone))),
            free=tuple(Stretch(times.start, times.end) for times in free),
            skipped=tuple(Stretch(*gap) for gap in self._plan.problem.days.clock.skipped(day)),
        )

    def _block(self, week: PlannedWeek, planned: PlannedRun | PlannedSession, day: date) -> Block | None:
        when = _when(planned.key, planned.span, day, self._plan.zone)
        if when is None:
            return None
        block = self._run(planned, when) if isinstance(planned, PlannedRun) else self._session(planned, when)
        if block.is_continued or not block.key:
            return block
        starts = self._explainer.open_starts(planned, week.wanted)
        return replace(
            block,
            minutes=planned.span.minutes,
            open=tuple(tuple(Stretch(*part) for part in day) for day in starts),
        )

    def _run(self, planned: PlannedRun, when: tuple[str, Stretch, str]) -> Block:
        run = planned.run
        minutes = (run.end - run.start) // 60
        return Block(
            *when,
            Look.CROSS if isinstance(run.kind, Cross) else Look.of(run.effort),
            run_title(planned),
            SHORT[run.kind.sport if isinstance(run.kind, Cross) else run.kind],
            planned.state,
            about=f"{kind_name(run.kind).capitalize()}, {minutes} min",
            steps=tuple((line, "") for line in run.notes.splitlines() if line.strip()),
            why=("you moved it here",) if planned.state is State.PINNED else (),
            clash=planned.clash_text,
            done=planned.done,
            key=planned.key,
        )

    def _session(self, session: PlannedSession, when: tuple[str, Stretch, str]) -> Block:
        explained = self._explainer.explained(session)
        routine = self._routines.get(session.routine)
        about = f"Strength, {session.minutes} min, {session.load}"
        missed_at = self._plan.problem.given.standing.missed.get(session.key)
        return Block(
            *when,
            Look.STRENGTH,
            session_title(session, self._routines).removeprefix("Strength: "),
            "Lift",
            session.state,
            about=", ".join(filter(None, (about, one_line(session.location)))),
            steps=exercises(routine, session.minutes, session.load) if routine else (),
            why=tuple(reason.text for reason in explained.reasons),
            others=tuple(other.text(self._plan.zone) for other in explained.others),
            done=session.done,
            missed=missed_at is not None
            and (session.span.start > self._plan.now or session.span == missed_at),
            # What a busy calendar has is moved there.
            key="" if session.calendar else session.key,
            choices=tuple(
                (other.place.span.start.isoformat(), text) for other, text in self._explainer.choices(session)
            ),
        )

    def _missing(self, week: PlannedWeek) -> Iterator[Missing]:
        for session in week.unplaced:
            routine = self._routines.get(session.routine)
            name = one_line(session.title or (routine.title if routine else session.routine))
            fix = self._explainer.fix(week, session)
            yield Missing(
                f"{name} ({session.load}, {session.minutes} min)",
                tuple((day, reason.text) for day, reason in no_place(self._plan, week.wanted, session)),
                fix.text(self._plan.zone) if fix else "",
            )


def _when(key: str, span: Timespan, day: date, zone: ZoneInfo) -> tuple[str, Stretch, str] | None:
    """The part of an event on `day`: its id on the page, where it is, and the times of the whole event."""
    part = stretch_on(day, span, zone)
    if part is None:
        return None
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    # The part after midnight has an id of its own.
    identity = key.replace("/", "-") + (_CONTINUED if start.date() != day else "")
    return identity, part, f"{start:%H:%M}-{end:%H:%M}"


def stretch_on(day: date, span: Timespan, zone: ZoneInfo) -> Stretch | None:
    """The part of `span` on `day`, by the wall clock; where clocks go back, as long as it lasts."""
    whole = whole_day(day, zone)
    part = span.clipped(whole) if whole else None
    if part is None:
        return None
    start, end = part.start.astimezone(zone), part.end.astimezone(zone)
    first = start.hour * 60 + start.minute
    last = MIDNIGHT if end.date() > day else end.hour * 60 + end.minute
    if last <= first:
        last = min(first + max(1, part.duration // timedelta(minutes=1)), MIDNIGHT)
    return Stretch(first, last)


def day_picture(
    day: date,
    blocks: Sequence[Block],
    *,
    label: str = "",
    busy: tuple[Stretch, ...] = (),
    free: tuple[Stretch, ...] = (),
    skipped: tuple[Stretch, ...] = (),
) -> Day:
    """A day with its blocks in the order of time, side by side where they overlap."""
    places = lanes([(block.span.start, block.span.end) for block in blocks])
    placed = (replace(block, lane=lane, lanes=of) for block, (lane, of) in zip(blocks, places, strict=True))
    in_order = sorted(placed, key=lambda block: (block.span.start, block.span.end, block.id))
    return Day(day, label, tuple(in_order), busy, free, skipped)


def hours_of(days: Sequence[Day]) -> tuple[int, int]:
    """Whole hours that hold all runs, sessions and availability. Busy time alone widens nothing."""
    shown = [span for day in days for span in (*(block.span for block in day.blocks), *day.free)]
    first = min([_USUAL_HOURS[0], *(span.start // 60 for span in shown)])
    last = max([_USUAL_HOURS[1], *(-(-span.end // 60) for span in shown)])
    return first, last


# --- weeks that are over ----------------------------------------------------------------------------------


def past_pictures(standing: Standing, first: Week, zone: ZoneInfo) -> tuple[WeekPicture, ...]:
    """The weeks before `first` that still have something, and those between them, the earliest first.

    `standing` is what all calendars together have.
    """
    weeks = [Week.of(one.span.start.astimezone(zone).date()) for one in standing.published.values()]
    earliest = min(weeks, default=first)
    return tuple(_picture(earliest.plus(number), standing, zone) for number in range(earliest.until(first)))


def _picture(week: Week, standing: Standing, zone: ZoneInfo) -> WeekPicture:
    days = tuple(day_picture(day, tuple(_blocks(day, standing, zone))) for day in week.days)
    return WeekPicture(week, "as it was on the calendar", days, hours_of(days))


def _blocks(day: date, standing: Standing, zone: ZoneInfo) -> Iterator[Block]:
    for key, one in standing.published.items():
        when = _when(key, one.span, day, zone)
        if when is None:
            continue
        lines = [line.strip().removeprefix("- ") for line in one.description.splitlines() if line.strip()]
        is_lift = is_strength(key)
        # A calendar that shows no more than "Busy" says nothing of what it was.
        title = one.title if one.title not in ("", BUSY) else "Strength" if is_lift else "Run"
        yield Block(
            *when,
            Look.STRENGTH if is_lift else Look.of(one.kind.effort if one.kind else Effort.EASY),
            one_line(title).removeprefix("Strength: "),
            "Lift" if is_lift else SHORT[one.kind] if one.kind else "Run",
            State.PAST,
            about=lines[0] if lines else "",
            steps=tuple((line, "") for line in lines[1:]),
            done=key in standing.done,
            key=key,
        )


# --- what became of weeks ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeekCount:
    """How many runs (other sports included) and sessions a week had, and how many of them are marked as done.

    What is not marked may have been done as well: nobody knows. What was skipped counts as planned. `signs`
    are those of its last check-in; None if there was none.
    """

    week: Week
    runs: int
    runs_done: int
    strength: int
    strength_done: int
    skipped: int
    moved: int
    signs: frozenset[Sign] | None = None

    @property
    def planned(self) -> int:
        return self.runs + self.strength

    @property
    def done(self) -> int | None:
        """None if nothing of it is marked, which says nothing."""
        return self.runs_done + self.strength_done or None

    @property
    def felt(self) -> str:
        """ "heavy legs, sore"; empty without a check-in."""
        return "" if self.signs is None else signs_text(self.signs)

    @property
    def text(self) -> str:
        """In words."""
        parts = [f"{week_name(self.week)}: {self.planned} planned"]
        parts += [f"{self.done} done"] if self.done else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        parts += [f"{self.moved} moved"] if self.moved else []
        if self.signs is not None:
            parts.append(counted(len(self.signs), "warning sign"))
        return ", ".join(parts)


def without_early(counts: Sequence[WeekCount]) -> Sequence[WeekCount]:
    """Without the weeks at the beginning of which nothing is known."""
    return tuple(dropwhile(lambda one: not one.planned and one.signs is None, counts))
