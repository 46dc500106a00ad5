"""What the drawing of a week shows: days, hours, blocks and shades, and the words that go with them.

Decides where everything stands, in minutes of the wall clock, and what is said of it. Knows nothing of HTML
and SVG, and of busy time nothing but when it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from calsync.event import one_line
from calsync.planning.agenda import exercises, run_title, session_title
from calsync.planning.alternatives import Alternatives, alternative_text, dodged_text
from calsync.planning.explain import no_place, reasons
from calsync.planning.fix import Fixes
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, PlannedWeek, State
from calsync.planning.words import day_name, kind_name
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Effort, Kind, Routine, Week, clock
from calsync.web.lanes import lanes

MIDNIGHT = 24 * 60
_CONTINUED = "-after-midnight"
# What is shown of a day in which nothing happens, and what is always shown.
_USUAL_HOURS = (7, 20)


# What a block says on a phone, where a day is seven letters wide; a soft hyphen says where it may break.
SHORT = {
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
}


class Look(StrEnum):
    """How a block is coloured: a run by its effort, strength as strength."""

    RACE = "race"
    HARD = "hard"
    LONG = "long"
    EASY = "easy"
    STRENGTH = "strength"

    @classmethod
    def of(cls, effort: Effort) -> "Look":
        return cls.EASY if effort is Effort.NONE else cls(effort)

    @property
    def label(self) -> str:
        match self:
            case Look.STRENGTH | Look.RACE:
                return self.capitalize()
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

    `lane` of `lanes` says where it stands beside others at the same time. `about` is what it is, `steps` what
    to do, each with a cue that may be empty, `why` why it is there, `others` where else it could be.
    """

    id: str
    look: Look
    title: str
    short: str
    span: Stretch
    times: str
    state: State
    lane: int = 0
    lanes: int = 1
    about: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    why: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_continued(self) -> bool:
        """Whether it began on the day before."""
        return self.id.endswith(_CONTINUED)


@dataclass(frozen=True, slots=True)
class Day:
    """`free` is when strength may be, `busy` when the runner is."""

    date: date
    label: str
    blocks: tuple[Block, ...]
    busy: tuple[Stretch, ...]
    free: tuple[Stretch, ...]

    @property
    def name(self) -> str:
        return day_name(self.date)


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

    @property
    def dates(self) -> str:
        """ "23 - 29 Nov 2026"."""
        first, last = self.days[0].date, self.days[-1].date
        month = f" {first:%b}" if first.month != last.month else ""
        year = f" {first.year}" if first.year != last.year else ""
        return f"{first.day}{month}{year} - {last.day} {last:%b} {last.year}"


def week_pictures(plan: Plan, program: Program, routines: Mapping[str, Routine]) -> tuple[WeekPicture, ...]:
    """Every week of `plan`; `routines` by name. Takes as long as the search for fixes and alternatives."""
    drawing = _Drawing(plan, program, routines)
    return tuple(drawing.week(week) for week in plan.weeks)


class _Drawing:
    def __init__(self, plan: Plan, program: Program, routines: Mapping[str, Routine]) -> None:
        self._plan = plan
        self._program = program
        self._routines = routines
        self._fixes = Fixes(plan.problem)
        self._alternatives = Alternatives(plan.problem, plan.placement)
        self._weeks = {key: week for week in plan.weeks for key in _keys(week)}

    def week(self, week: PlannedWeek) -> WeekPicture:
        days = tuple(self._day(week, day) for day in week.week.days)
        template = week.wanted.template
        feed = ", runs from the training feed" if week.wanted.follows_feed else ""
        # What a note keeps private (how somebody feels) is not for a page that others may see.
        notes = [note.text for note in week.wanted.adjusted.notes]
        notes += [f"{key}: skipped" for key in week.skipped]
        return WeekPicture(
            week.week,
            one_line(template.title) + feed,
            days,
            hours_of(days),
            tuple(self._missing(week)),
            tuple(notes),
        )

    def _day(self, week: PlannedWeek, day: date) -> Day:
        zone = self._plan.zone
        everything: tuple[PlannedRun | PlannedSession, ...] = (*self._plan.runs, *self._plan.sessions)
        blocks = [block for planned in everything if (block := self._block(planned, day)) is not None]
        paused = self._program.is_paused(day)
        free = () if paused else self._program.availability.on(day)
        return day_picture(
            day,
            blocks,
            label="pause" if paused else "rest" if week.wanted.is_rest(day) and not blocks else "",
            busy=tuple(part for busy in self._plan.busy if (part := stretch_on(day, busy, zone))),
            free=tuple(Stretch(times.start, times.end) for times in free),
        )

    def _block(self, planned: PlannedRun | PlannedSession, day: date) -> Block | None:
        zone = self._plan.zone
        span = planned.run.span if isinstance(planned, PlannedRun) else planned.span
        part = stretch_on(day, span, zone)
        if part is None:
            return None
        first, last = span.start.astimezone(zone), span.end.astimezone(zone)
        identity = element_id(planned.key, is_continued=first.date() != day)
        times = f"{first:%H:%M}-{last:%H:%M}"
        if isinstance(planned, PlannedRun):
            return self._run(planned, identity, part, times)
        return self._session(planned, identity, part, times)

    def _run(self, planned: PlannedRun, identity: str, part: Stretch, times: str) -> Block:
        run = planned.run
        kind = kind_name(run.kind)
        minutes = (run.end - run.start) // 60
        return Block(
            identity,
            Look.of(run.effort),
            run_title(planned),
            SHORT[run.kind],
            part,
            times,
            planned.state,
            about=f"{kind.capitalize()}, {minutes} min",
            steps=tuple((line, "") for line in run.notes.splitlines() if line.strip()),
            why=("you moved it here",) if planned.state is State.PINNED else (),
        )

    def _session(self, session: PlannedSession, identity: str, part: Stretch, times: str) -> Block:
        week = self._weeks[session.key]
        why = [reason.text for reason in reasons(self._plan, week, session)]
        others: Iterable[str] = ()
        if session.wanted and session.place and session.state is not State.PAST:
            if dodged := self._alternatives.dodged(week.wanted, session.wanted):
                why.append(dodged_text(dodged, self._plan.zone))
            found = self._alternatives.best(week.wanted, session.wanted)
            others = (alternative_text(alternative, self._plan.zone) for alternative in found)
        routine = self._routines.get(session.routine)
        return Block(
            identity,
            Look.STRENGTH,
            session_title(session, self._routines).removeprefix("Strength: "),
            "Lift",
            part,
            times,
            session.state,
            about=f"Strength, {session.minutes} min, {session.load}",
            steps=exercises(routine, session.minutes, session.load) if routine else (),
            why=tuple(why),
            others=tuple(others),
        )

    def _missing(self, week: PlannedWeek) -> Iterator[Missing]:
        for session in week.unplaced:
            routine = self._routines.get(session.routine)
            name = one_line(routine.title) if routine else session.routine
            fix = self._fixes.smallest(week.wanted, session)
            yield Missing(
                f"{name} ({session.load}, {session.minutes} min)",
                tuple((found.day, found.text) for found in no_place(self._plan, week, session)),
                fix.text(self._plan.zone) if fix else "",
            )


def _keys(week: PlannedWeek) -> Iterator[str]:
    return (session.key for session in week.strength)


def element_id(key: str, *, is_continued: bool) -> str:
    """The part after midnight is another element of the page."""
    return key.replace("/", "-") + (_CONTINUED if is_continued else "")


def stretch_on(day: date, span: Timespan, zone: ZoneInfo) -> Stretch | None:
    """The part of `span` on `day`, by the wall clock; where clocks go back, as long as it lasts."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    next_midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
    part = span.clipped(Timespan(midnight, next_midnight))
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
) -> Day:
    """A day with its blocks in the order of time, side by side where they overlap."""
    places = lanes([(block.span.start, block.span.end) for block in blocks])
    placed = (replace(block, lane=lane, lanes=of) for block, (lane, of) in zip(blocks, places, strict=True))
    in_order = sorted(placed, key=lambda block: (block.span.start, block.span.end, block.id))
    return Day(day, label, tuple(in_order), busy, free)


def hours_of(days: Sequence[Day]) -> tuple[int, int]:
    """Whole hours that hold all runs, sessions and availability. Busy time alone widens nothing."""
    shown = [span for day in days for span in (*(block.span for block in day.blocks), *day.free)]
    first = min([_USUAL_HOURS[0], *(span.start // 60 for span in shown)])
    last = max([_USUAL_HOURS[1], *(-(-span.end // 60) for span in shown)])
    return first, last
