"""What TOML files say about training: week templates, routines, and the config's tables about the plan.

The structs are the tables: config/toml.py reads them, docs/schemas.py makes the schemas from them, and
planning works with them. The text below a field is for whoever writes such a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from calsync.race import USUAL_RACE, Race
from calsync.training import (
    WEEKDAYS,
    Cross,
    Effort,
    Experience,
    Kind,
    Load,
    Meant,
    Region,
    Sort,
    Sport,
    TimeRange,
    Week,
    Weekday,
)
from calsync.written import (
    DURATION,
    ONE_OR_MORE,
    Address,
    ClockTime,
    Duration,
    FilePath,
    Hold,
    IsoWeek,
    Minutes,
    NotBlank,
    Pace,
    PlanDate,
    RangeOfTimes,
    Text,
    TimeOrRanges,
    UpToADay,
    UpToAYear,
    Variable,
    WayThere,
    at_least,
    duration,
    minutes,
    pace,
    quoted,
    read_by,
    time_range,
    written,
)

_USUAL_START = 7 * 60
# Seconds for a kilometre.
USUAL_PACE = pace("6:00/km")


class Availability(msgspec.Struct, frozen=True):
    """When strength may be.

    A range may go on after midnight: "22:00-02:00" on Fridays is Friday 22:00-24:00 and Saturday 00:00-02:00.
    """

    default: tuple[RangeOfTimes, ...] | None = None
    """On any day that has no line of its own. An empty list: never."""
    mon: tuple[RangeOfTimes, ...] | None = None
    """On Mondays. An empty list: never."""
    tue: tuple[RangeOfTimes, ...] | None = None
    """On Tuesdays. An empty list: never."""
    wed: tuple[RangeOfTimes, ...] | None = None
    """On Wednesdays. An empty list: never."""
    thu: tuple[RangeOfTimes, ...] | None = None
    """On Thursdays. An empty list: never."""
    fri: tuple[RangeOfTimes, ...] | None = None
    """On Fridays. An empty list: never."""
    sat: tuple[RangeOfTimes, ...] | None = None
    """On Saturdays. An empty list: never."""
    sun: tuple[RangeOfTimes, ...] | None = None
    """On Sundays. An empty list: never."""
    prefer_times: tuple[RangeOfTimes, ...] = ()
    """Times of day that you like best. Other times stay possible."""
    buffer: UpToADay = duration("15m")
    """Kept free before and after everything in your calendars, 24h at most."""
    after_run: UpToADay = duration("15m")
    """Kept free between any run and strength after it, 24h at most."""
    notice: UpToAYear = duration("12h")
    """Nothing is placed or moved closer to now than this, 366d at most."""

    def on(self, day: date) -> tuple[TimeRange, ...]:
        return self.ranges[day.weekday()]

    @property
    def ranges(self) -> tuple[tuple[TimeRange, ...], ...]:
        """Of each weekday, Monday first; what goes on after midnight is split, and first on the next day."""
        written = self._written
        rests = [tuple(rest for times in day if (rest := times.on_the_next)) for day in written]
        return tuple(
            (*before, *(times.on_its_day for times in day))
            for before, day in zip(rests[-1:] + rests[:-1], written, strict=True)
        )

    @property
    def _written(self) -> tuple[tuple[TimeRange, ...], ...]:
        of_days = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        others = USUAL_TIMES._written if self.default is None else (self.default,) * 7
        return tuple(other if own is None else own for own, other in zip(of_days, others, strict=True))


# For a config that names no `default`: a working week, and a weekend that belongs to running.
USUAL_TIMES = Availability(
    default=tuple(map(time_range, ("06:00-08:30", "12:00-14:00", "17:00-21:00"))),
    sat=(time_range("08:00-20:00"),),
    sun=(),
)


def _fresh_legs(least: str) -> Meta:
    """Reads how long before a quality run: no less than the rule `fresh-legs` asks."""
    return read_by(at_least(least, "as the rule fresh-legs asks (docs/rules.md)", "7d"))


class FreshLegs(msgspec.Struct, frozen=True):
    """How long before a hard run, a long run or a race a session ends, by its load; 7d at most."""

    light: Annotated[timedelta, written(DURATION, "12h"), _fresh_legs("6h")] = duration("6h")
    """A light session, 6h at least."""
    moderate: Annotated[timedelta, written(DURATION, "36h"), _fresh_legs("24h")] = duration("24h")
    """A moderate session, 24h at least."""
    heavy: Annotated[timedelta, written(DURATION, "60h"), _fresh_legs("48h")] = duration("48h")
    """A heavy session, 48h at least."""

    def before(self, load: Load) -> timedelta:
        match load:
            case Load.LIGHT:
                return self.light
            case Load.MODERATE:
                return self.moderate
            case Load.HEAVY:
                return self.heavy


class Rules(msgspec.Struct, frozen=True):
    """The numbers of the training rules that you may change."""

    hours_apart: UpToADay = duration("3h")
    """At least this long between a hard or long run and strength after it, 24h at most."""
    min_days_apart: Annotated[int, Meta(ge=2, le=14)] = 2
    """Days from one strength session to the next: 2 leaves a day between them."""
    fresh_legs: FreshLegs = FreshLegs()
    short_on_time: bool = False
    """Two sessions a week at most, at their shortest."""


class Pause(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days without any training, such as holidays or illness. Both dates are included."""

    first: date
    """The first day of the pause."""
    last: date
    """The last day of the pause."""

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


class Away(Pause, frozen=True, kw_only=True):
    """Days on which a busy calendar says that its runner is away."""

    calendar: str


class UsualStart(msgspec.Struct, frozen=True):
    """When you run if a template names no time: a time, or a range (or a list) to find a free start in."""

    default: TimeOrRanges | None = None
    """On days that have no line of their own; otherwise 07:00."""
    mon: TimeOrRanges | None = None
    """On Mondays."""
    tue: TimeOrRanges | None = None
    """On Tuesdays."""
    wed: TimeOrRanges | None = None
    """On Wednesdays."""
    thu: TimeOrRanges | None = None
    """On Thursdays."""
    fri: TimeOrRanges | None = None
    """On Fridays."""
    sat: TimeOrRanges | None = None
    """On Saturdays."""
    sun: TimeOrRanges | None = None
    """On Sundays."""

    def on(self, day: date) -> int | tuple[TimeRange, ...]:
        """A minute of the day, or ranges to look in, the one that is liked best first."""
        of_days = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        for usual in (of_days[day.weekday()], self.default):
            if usual is not None:
                return usual
        return _USUAL_START


# What a title of a training feed can mean, beside a kind of run. Of "cross" the effort is read as of a run.
NO_RUNS: dict[str, Meant] = {
    "cross": Sort.CROSS,
    **{f"cross-{effort}": effort for effort in Effort if effort is not Effort.NONE},
    "strength": Sort.STRENGTH,
    "rest": Sort.REST,
    "ignore": None,
}
MEANINGS: dict[str, Meant] = {**{kind.value: kind for kind in Kind}, **NO_RUNS}
_Meaning = Annotated[str, Meta(extra_json_schema={"enum": list(MEANINGS)})]


class FeedSettings(msgspec.Struct, frozen=True, rename={"seconds_per_km": "pace"}):
    """Runs from Runna, TrainingPeaks or any other calendar of workouts, in place of the templates'.

    Name one of url, url_env and path.
    """

    url: Address | None = None
    """The feed's address. Who has it can read the calendar: url_env keeps it out of this file."""
    url_env: Variable | None = None
    """The environment variable that holds the feed's address."""
    path: FilePath | None = None
    """A calendar file, or a folder of them; relative to the config."""
    kind: dict[NotBlank, _Meaning] = {}
    """Titles that calsync does not understand (* stands for anything), and what they are."""
    strength: Literal["ignore", "feed"] | None = None
    """Whose strength workouts are planned: the templates' ("ignore") or the feed's. Without it the
    templates', and `plan` lists those of the feed."""
    cross: Literal["count", "ignore"] = "count"
    """Whether rides, swims and other sports in the feed count, as `[[cross]]` of a template does."""
    seconds_per_km: Pace | None = None
    """For runs that say how far but not how long; otherwise the pace of [plan]."""
    on_error: Literal["cache", "fail"] = "cache"
    """When the feed can't be read: use the last good copy, or stop."""
    max_age: Duration = duration("7d")
    """How old the last good copy may be."""

    @property
    def kinds(self) -> tuple[tuple[str, Meant], ...]:
        """Patterns of titles, and what they are."""
        return tuple((pattern, MEANINGS[word]) for pattern, word in self.kind.items())

    def line_of_kinds(self, more: Mapping[str, str]) -> str:
        """The line below [plan.feed] that has these, too."""
        kinds = (f"{quoted(title)} = {quoted(word)}" for title, word in {**self.kind, **more}.items())
        return f"kind = {{ {', '.join(kinds)} }}"

    @property
    def takes_strength(self) -> bool:
        return self.strength == "feed"

    @property
    def takes_cross(self) -> bool:
        return self.cross == "count"


_OF_PLAN = {"overrides": "override", "seconds_per_km": "pace", "races": "race"}


class Plan(msgspec.Struct, frozen=True, rename=_OF_PLAN):
    """Your training."""

    start: PlanDate
    """Any day of the plan's first week. Weeks run from Monday to Sunday."""
    weeks: Annotated[tuple[str, ...], Meta(min_length=1)]
    """One template for each week, by name or path, repeated in this order."""
    horizon: Annotated[int, Meta(ge=1, le=53)] = 4
    """How many weeks are planned at a time, the current one included."""
    experience: Experience = Experience.REGULAR
    """With strength training: "new" builds up over eight weeks, "experienced" may have three a week."""
    templates: FilePath | None = None
    """A folder with your own templates, and a folder `routines` in it."""
    usual_start: UsualStart = UsualStart()
    overrides: dict[IsoWeek, str] = {}
    """Another template for single weeks: 2026-W53 = "short-on-time"."""
    seconds_per_km: Pace = USUAL_PACE
    """How fast you run, for races (and runs of [plan.feed]) that say how far but not how long."""
    races: Annotated[tuple[Race, ...], ONE_OR_MORE] = ()
    """A race, or with [[plan.race]] several."""
    feed: FeedSettings | None = None


class Program(Plan, frozen=True, kw_only=True):
    """The [plan] table, with what the other tables say about planning.

    `weeks` repeats from the week of `start`; the race's last weeks come before that, and `overrides` wins for
    single weeks.
    """

    availability: Availability = Availability()
    rules: Rules = Rules()
    pauses: tuple[Pause, ...] = ()

    def template_of(self, week: Week) -> str:
        """The name of that week's template; `week` must not lie before the plan's first."""
        number = Week.of(self.start).until(week)
        if number < 0:
            raise ValueError(f"{week} lies before the plan's first week")
        race = self._race_with_template(week)
        of_race = race.template_of(week) if race else None
        return self.overrides.get(str(week)) or of_race or self.weeks[number % len(self.weeks)]

    def _race_with_template(self, week: Week) -> Race | None:
        """The race whose last weeks count: of several the next one, then the one that matters most."""
        races = (race for race in self.races if race.template_of(week))
        return min(races, key=lambda race: (Week.of(race.day), race.priority, race.day), default=None)

    def is_race_week(self, week: Week) -> bool:
        """Whether the template of `week` is one that a race brings for its own week."""
        race = self._race_with_template(week)
        return race is not None and Week.of(race.day) == week and str(week) not in self.overrides

    def race_on(self, day: date) -> Race | None:
        return next((race for race in self.races if race.day == day), None)

    def minutes_of(self, race: Race) -> int:
        """How long a race takes."""
        if race.minutes is not None:
            return race.minutes
        if race.distance is None:
            return USUAL_RACE
        return min(max(1, round(race.distance / 1000 * self.seconds_per_km / 60)), 24 * 60)

    def horizon_weeks(self, today: date) -> tuple[Week, ...]:
        """The weeks that a plan covers, the one of `today` or of `start` first."""
        first = max(Week.of(today), Week.of(self.start))
        return tuple(first.plus(n) for n in range(self.horizon))

    def with_ranges(self, ranges: Sequence[tuple[TimeRange, ...]]) -> "Program":
        """The same with other times for strength; seven, Monday first."""
        availability = msgspec.structs.replace(self.availability, **dict(zip(WEEKDAYS, ranges, strict=True)))
        return msgspec.structs.replace(self, availability=availability)

    def with_pauses(self, more: Iterable[Pause]) -> "Program":
        return msgspec.structs.replace(self, pauses=(*self.pauses, *more))

    def with_hours_apart(self, hours_apart: timedelta) -> "Program":
        rules = msgspec.structs.replace(self.rules, hours_apart=hours_apart)
        return msgspec.structs.replace(self, rules=rules)

    def is_paused(self, day: date) -> bool:
        return self.pause_on(day) is not None

    def pause_on(self, day: date) -> Pause | None:
        """One of the config, rather than one of a calendar."""
        return next((pause for pause in self.pauses if day in pause), None)


# Rule `twice-a-week`: a fourth session is refused where templates are read.
MOST_SESSIONS = 3
# Of a session whose template doesn't say how short it may become.
_SHORTEST = 20


class Run(msgspec.Struct, frozen=True, rename={"minutes": "duration"}):
    """A run. It has a start, or ranges to find one in, or neither: then your usual time counts."""

    day: Weekday
    """The day it is on; not one of `rest`."""
    kind: Kind
    """What it asks of the legs: strength goes where this run leaves room for it."""
    minutes: Minutes
    """How long it takes, 24h at most."""
    title: Text = ""
    """What it is called in the calendar."""
    start: ClockTime | None = None
    """When it starts."""
    between: tuple[RangeOfTimes, ...] = ()
    """Where a free start is looked for, the best range first."""
    notes: Text = ""
    """What to do, for the calendar."""


CrossEffort = Literal["easy", "long", "hard", "race"]


class CrossTraining(msgspec.Struct, frozen=True, rename={"minutes": "duration"}):
    """Cross training: another sport than running. It is planned around, and written to no calendar.

    It has a start, or ranges to find one in, or neither: then your usual time counts.
    """

    day: Weekday
    """The day it is on; one of `rest` only if it is easy, or a sport without legs."""
    sport: Sport
    """All but "swim" and "paddle" count for the legs."""
    effort: CrossEffort
    """What it asks of the legs, as of a run of that effort."""
    minutes: Minutes
    """How long it takes, 24h at most."""
    title: Text = ""
    """What it is called in the plan."""
    start: ClockTime | None = None
    """When it starts."""
    between: tuple[RangeOfTimes, ...] = ()
    """Where a free start is looked for, the best range first."""
    notes: Text = ""
    """What to do, for the page of the week."""

    @property
    def kind(self) -> Cross:
        return Cross(self.sport, Effort(self.effort))


_OF_SESSION = {"minutes": "duration", "least": "shortest", "location": "place"}


class Session(msgspec.Struct, frozen=True, kw_only=True, rename=_OF_SESSION):
    """A strength session; calsync finds its day and its time. A class has both: `day` and `start`."""

    routine: str = ""
    """What is done: the name of a routine. A class with a title needs none."""
    load: Load
    """How much it asks of the legs."""
    minutes: Minutes = minutes("30m")
    """How long it takes, 24h at most; 20 to 30 minutes are enough."""
    least: Minutes | None = None
    """How short it may become where time is short; otherwise 20m. A class stays as long as it is."""
    title: Text = ""
    """What it is called in the calendar; otherwise as its routine."""
    days: tuple[Weekday, ...] = ()
    """The days that it may be on; otherwise any."""
    between: tuple[RangeOfTimes, ...] = ()
    """The times of day that it may be at, within those of [availability]."""
    day: Weekday | None = None
    """Of a class: the day that it is on. It is never moved; the rest is placed around it."""
    start: ClockTime | None = None
    """Of a class: when it starts."""
    location: Text = ""
    """Where it is, for the calendar."""
    travel: WayThere = duration("0m")
    """How long it takes to get there, and back: kept clear of busy time and runs, 6h at most."""

    @property
    def is_class(self) -> bool:
        return self.day is not None

    @property
    def called(self) -> str:
        """What it is, in sentences."""
        return self.title or self.routine.replace("-", " ")

    @property
    def shortest(self) -> int:
        """Minutes; never more than it has."""
        if self.is_class:
            return self.minutes
        return min(self.minutes, _SHORTEST if self.least is None else self.least)


class TemplateFile(msgspec.Struct, frozen=True):
    """A week of training, for calsync."""

    title: Text
    """What the week is called."""
    about: Text = ""
    """Whom or what it is for."""
    recovery: bool = False
    """A week to recover in: one strength session fewer, and nothing heavy."""
    rest: tuple[Weekday, ...] = ()
    """Days without runs and, unless rest_allows_light is set, without strength."""
    rest_allows_light: bool = False
    """Whether light strength may be on rest days."""
    strength_days: tuple[Weekday, ...] = ()
    """Days to put strength on, if you prefer some."""
    runs: tuple[Run, ...] = ()
    """The runs of the week."""
    cross: tuple[CrossTraining, ...] = ()
    """Rides, swims and other sports of the week."""
    strength: Annotated[tuple[Session, ...], Meta(extra_json_schema={"maxItems": MOST_SESSIONS})] = ()
    """The strength sessions in the order of the week: two are the rule, three the most. Where a week can have
    fewer, the first ones stay."""


class WeekTemplate(TemplateFile, frozen=True, kw_only=True):
    """A template by the name that the config has for it."""

    name: str

    @property
    def training(self) -> "tuple[Run | CrossTraining, ...]":
        """All but strength: the runs, then the cross training."""
        return (*self.runs, *self.cross)

    @property
    def routines(self) -> tuple[str, ...]:
        """The names of those that the sessions ask for."""
        return tuple(dict.fromkeys(session.routine for session in self.strength if session.routine))

    @property
    def word(self) -> str:
        """What is hard or long, in general: a "run", or with other sports among it an "effort"."""
        return "effort" if any(one.kind.on_legs.wants_fresh_legs for one in self.cross) else "run"


_Count = Annotated[int, Meta(ge=1, le=100)]


class Prescription(msgspec.Struct, frozen=True):
    """Sets and repetitions at this load; what is left out is as above."""

    sets: _Count | None = None
    """How many sets."""
    reps: _Count | Hold | None = None
    """Repetitions in each set, or how long to hold, such as "30s"."""

    def __str__(self) -> str:
        return f"{self.sets} x {self.reps}"


class Exercise(msgspec.Struct, frozen=True):
    """An exercise. Sets and reps go together."""

    name: Text
    """What it is called."""
    minutes: Annotated[int, Meta(ge=1, le=120)]
    """How long all its sets take, with the breaks."""
    trains: Annotated[tuple[Region, ...], Meta(extra_json_schema={"minItems": 1})]
    """What it trains: over a week, all four should be trained."""
    sets: _Count | None = None
    """How many sets."""
    reps: _Count | Hold | None = None
    """Repetitions in each set, or how long to hold, such as "30s"."""
    cue: Text = ""
    """What to think of while doing it."""
    heavy: Prescription | None = None
    light: Prescription | None = None

    def prescription(self, load: Load) -> Prescription | None:
        """What to do at this load: its own sets and reps, or else the usual ones; None if there are none."""
        own = {Load.HEAVY: self.heavy, Load.LIGHT: self.light}.get(load) or Prescription()
        sets = self.sets if own.sets is None else own.sets
        reps = self.reps if own.reps is None else own.reps
        return None if sets is None and reps is None else Prescription(sets, reps)


class Routine(msgspec.Struct, frozen=True):
    """A routine: what is done in a strength session, for calsync."""

    title: Text
    """What the routine is called."""
    exercises: Annotated[tuple[Exercise, ...], Meta(extra_json_schema={"minItems": 1})]
    """In the order in which they are done: a short session takes the first ones that fit."""
    about: Text = ""
    """What it is good for."""

    def within(self, minutes: int) -> tuple[Exercise, ...]:
        """The exercises that fit: in the order written, each that still has room."""
        chosen, left = [], minutes
        for exercise in self.exercises:
            if exercise.minutes <= left:
                chosen.append(exercise)
                left -= exercise.minutes
        return tuple(chosen)
