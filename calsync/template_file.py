"""What templates and routines may hold: their tables, keys, types and defaults, and what each is for.

The text below a key is what editors show of it (schemas.py). What the values mean, and what TOML has no type
for, is decided in templates.py.
"""

from typing import Annotated

import msgspec

from calsync.training import Kind, Load, Region, Weekday
from calsync.written import ClockTime, Duration, Hold, RangeOfTimes

MOST_SESSIONS = 3


class RunTable(msgspec.Struct, frozen=True):
    """A run. It has a start, or ranges to find one in, or neither: then your usual time counts."""

    day: Weekday
    """The day it is on; not one of `rest`."""
    kind: Kind
    """What it asks of the legs: strength goes where this run leaves room for it."""
    duration: Duration
    """How long it takes, 24h at most."""
    title: str = ""
    """What it is called in the calendar."""
    start: ClockTime | None = None
    """When it starts."""
    between: list[RangeOfTimes] = []
    """Where a free start is looked for, the best range first."""
    notes: str = ""
    """What to do, for the calendar."""


class SessionTable(msgspec.Struct, frozen=True):
    """A strength session; calsync finds its day and its time."""

    routine: str
    """What is done: the name of a routine."""
    load: Load
    """How much it asks of the legs."""
    duration: Duration = "30m"
    """How long it takes, 24h at most; 20 to 30 minutes are enough."""
    shortest: Duration | None = None
    """How short it may become where time is short; otherwise 20m."""


class TemplateFile(msgspec.Struct, frozen=True):
    """A week of training, for calsync."""

    title: str
    """What the week is called."""
    about: str = ""
    """Whom or what it is for."""
    recovery: bool = False
    """A week to recover in: one strength session fewer, and nothing heavy."""
    rest: list[Weekday] = []
    """Days without runs and, unless rest_allows_light is set, without strength."""
    rest_allows_light: bool = False
    """Whether light strength may be on rest days."""
    strength_days: list[Weekday] = []
    """Days to put strength on, if you prefer some."""
    runs: list[RunTable] = []
    """The runs of the week."""
    strength: Annotated[list[SessionTable], msgspec.Meta(extra_json_schema={"maxItems": MOST_SESSIONS})] = []
    """The strength sessions, the most important first: two are the rule, three the most."""


_Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class PrescriptionTable(msgspec.Struct, frozen=True):
    """Sets and repetitions at this load; what is left out is as above."""

    sets: _Count | None = None
    """How many sets."""
    reps: _Count | Hold | None = None
    """Repetitions in each set, or how long to hold, such as "30s"."""


class ExerciseTable(msgspec.Struct, frozen=True):
    """An exercise. Sets and reps go together."""

    name: str
    """What it is called."""
    minutes: Annotated[int, msgspec.Meta(ge=1, le=120)]
    """How long all its sets take, with the breaks."""
    trains: Annotated[list[Region], msgspec.Meta(extra_json_schema={"minItems": 1})]
    """What it trains: over a week, all four should be trained."""
    sets: _Count | None = None
    """How many sets."""
    reps: _Count | Hold | None = None
    """Repetitions in each set, or how long to hold, such as "30s"."""
    cue: str = ""
    """What to think of while doing it."""
    heavy: PrescriptionTable | None = None
    light: PrescriptionTable | None = None


class RoutineFile(msgspec.Struct, frozen=True):
    """A routine: what is done in a strength session, for calsync."""

    title: str
    """What the routine is called."""
    exercises: Annotated[list[ExerciseTable], msgspec.Meta(extra_json_schema={"minItems": 1})]
    """In the order in which they are done: a short session takes the first ones that fit."""
    about: str = ""
    """What it is good for."""
