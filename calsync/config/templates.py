"""Week templates and routines: reading them, and finding them.

Only what has no meaning is refused here. Whether a week is good training is for lint to say.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from calsync.config.toml import Document, read
from calsync.errors import TemplateError
from calsync.training import (
    Exercise,
    Kind,
    Load,
    Prescription,
    Region,
    Routine,
    Run,
    Session,
    Weekday,
    WeekTemplate,
)
from calsync.words import Keys, did_you_mean
from calsync.written import HOLD, ClockTime, Hold, Minutes, RangeOfTimes, minutes

# --- the tables -------------------------------------------------------------------------------------------

MOST_SESSIONS = 3


class RunTable(msgspec.Struct, frozen=True, rename={"minutes": "duration"}):
    """A run. It has a start, or ranges to find one in, or neither: then your usual time counts."""

    day: Weekday
    """The day it is on; not one of `rest`."""
    kind: Kind
    """What it asks of the legs: strength goes where this run leaves room for it."""
    minutes: Minutes
    """How long it takes, 24h at most."""
    title: str = ""
    """What it is called in the calendar."""
    start: ClockTime | None = None
    """When it starts."""
    between: tuple[RangeOfTimes, ...] = ()
    """Where a free start is looked for, the best range first."""
    notes: str = ""
    """What to do, for the calendar."""


class SessionTable(msgspec.Struct, frozen=True, rename={"minutes": "duration"}):
    """A strength session; calsync finds its day and its time."""

    routine: str
    """What is done: the name of a routine."""
    load: Load
    """How much it asks of the legs."""
    minutes: Minutes = minutes("30m")
    """How long it takes, 24h at most; 20 to 30 minutes are enough."""
    shortest: Minutes | None = None
    """How short it may become where time is short; otherwise 20m."""


class TemplateFile(msgspec.Struct, frozen=True):
    """A week of training, for calsync."""

    title: str
    """What the week is called."""
    about: str = ""
    """Whom or what it is for."""
    recovery: bool = False
    """A week to recover in: one strength session fewer, and nothing heavy."""
    rest: tuple[Weekday, ...] = ()
    """Days without runs and, unless rest_allows_light is set, without strength."""
    rest_allows_light: bool = False
    """Whether light strength may be on rest days."""
    strength_days: tuple[Weekday, ...] = ()
    """Days to put strength on, if you prefer some."""
    runs: tuple[RunTable, ...] = ()
    """The runs of the week."""
    strength: Annotated[
        tuple[SessionTable, ...], msgspec.Meta(extra_json_schema={"maxItems": MOST_SESSIONS})
    ] = ()
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
    trains: Annotated[tuple[Region, ...], msgspec.Meta(extra_json_schema={"minItems": 1})]
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
    exercises: Annotated[tuple[ExerciseTable, ...], msgspec.Meta(extra_json_schema={"minItems": 1})]
    """In the order in which they are done: a short session takes the first ones that fit."""
    about: str = ""
    """What it is good for."""


# --- templates --------------------------------------------------------------------------------------------

_DAY = 24 * 60
# Of a session whose template doesn't say how short it may become.
_SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something at a key path that has no meaning. `rule` is the id of what says so, as planning has it."""

    keys: Keys
    rule: str
    text: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A template as it is written, with all that keeps it from being used: `missing` are routines by name."""

    template: WeekTemplate
    document: Document
    refusals: tuple[Refusal, ...]
    missing: Mapping[str, TemplateError]

    def usable(self) -> WeekTemplate:
        """The template. Raises TemplateError for the first thing that is wrong."""
        if self.refusals:
            first = self.refusals[0]
            raise self.document.fail(first.keys, f"{first.text} ({first.rule})")
        for problem in self.missing.values():
            raise problem
        return self.template


def load_draft(path: Path, name: str, find_routine: Callable[[str], Path]) -> Draft:
    """The template at `path`. Raises TemplateError if it can't be read at all.

    `find_routine` says where a routine is; it raises TemplateError for one that doesn't exist.
    """
    table, document = read(path, TemplateFile, TemplateError)
    template = _template(table, document, name)
    missing: dict[str, TemplateError] = {}
    for number, session in enumerate(template.strength):
        try:
            find_routine(session.routine)
        except TemplateError as problem:
            error = document.fail(("strength", number, "routine"), str(problem))
            missing.setdefault(session.routine, TemplateError(str(error)))
    return Draft(template, document, tuple(_what_has_no_meaning(template)), missing)


def _template(table: TemplateFile, document: Document, name: str) -> WeekTemplate:
    return WeekTemplate(
        name=name,
        title=table.title,
        about=table.about,
        recovery=table.recovery,
        rest=table.rest,
        rest_allows_light=table.rest_allows_light,
        strength_days=table.strength_days,
        runs=tuple(_run(document, number, run) for number, run in enumerate(table.runs)),
        strength=tuple(_session(document, number, session) for number, session in enumerate(table.strength)),
    )


def _run(document: Document, number: int, table: RunTable) -> Run:
    if table.start is not None and table.between:
        keys = ("runs", number, "between")
        raise document.fail(keys, "a run has a start or ranges to look in, not both")
    return Run(table.day, table.kind, table.minutes, table.title, table.start, table.between, table.notes)


def _session(document: Document, number: int, table: SessionTable) -> Session:
    shortest = min(_SHORTEST, table.minutes) if table.shortest is None else table.shortest
    if shortest > table.minutes:
        keys = ("strength", number, "shortest")
        message = f"longer than the session: {document.value(keys)} of {table.minutes} min"
        raise document.fail(keys, message)
    return Session(table.routine, table.load, table.minutes, shortest)


def _what_has_no_meaning(template: WeekTemplate) -> Iterator[Refusal]:
    if (count := len(template.strength)) > MOST_SESSIONS:
        yield Refusal(
            ("strength", MOST_SESSIONS),
            "twice-a-week",
            f"{count} strength sessions in a week; two are the rule and three the most, as the legs "
            "need the days between to recover for the runs",
            "keep two, or three for somebody with years of strength training",
        )
    for number, run in enumerate(template.runs):
        if run.day in template.rest:
            yield Refusal(
                ("runs", number, "day"),
                "rest-day",
                f"{run.day.long_name} is a rest day in `rest`, so no run can be on it",
                "put the run on another day, or take the day out of `rest`",
            )
    timed = sorted(
        (run.day.number * _DAY + run.start, run.minutes, number)
        for number, run in enumerate(template.runs)
        if run.start is not None
    )
    reached = 0
    for start, length, number in timed:
        # A long run may reach over a short one into a third, so what counts is how far any has reached.
        if start < reached:
            yield Refusal(
                ("runs", number, "start"),
                "run",
                f"overlaps the run before it, on {template.runs[number].day.long_name}",
                "let it start later, or make the run before it shorter",
            )
        reached = max(reached, start + length)


# --- routines ---------------------------------------------------------------------------------------------


def load_routine(path: Path, name: str) -> Routine:
    """The routine at `path`. Raises TemplateError."""
    table, document = read(path, RoutineFile, TemplateError)
    if not table.exercises:
        raise document.fail(("exercises",), "a routine needs at least one exercise")
    exercises = (_exercise(document, number, exercise) for number, exercise in enumerate(table.exercises))
    return Routine(name, table.title, tuple(exercises), table.about)


def _exercise(document: Document, number: int, table: ExerciseTable) -> Exercise:
    keys = ("exercises", number)
    if not table.trains:
        regions = ", ".join(Region)
        raise document.fail((*keys, "trains"), f"expected at least one of {regions}, found []")
    normal = _prescription(document, keys, table.sets, table.reps)
    variants = {
        load: _prescription(
            document,
            (*keys, load),
            table.sets if variant.sets is None else variant.sets,
            table.reps if variant.reps is None else variant.reps,
        )
        for load, variant in (("heavy", table.heavy), ("light", table.light))
        if variant is not None
    }
    return Exercise(
        name=table.name,
        minutes=table.minutes,
        trains=table.trains,
        normal=normal,
        heavy=variants.get("heavy"),
        light=variants.get("light"),
        cue=table.cue,
    )


def _prescription(
    document: Document, keys: tuple[str | int, ...], sets: int | None, reps: int | str | None
) -> Prescription | None:
    if sets is None and reps is None:
        return None
    if sets is None or reps is None:
        raise document.fail(keys, "sets and reps go together; one of them is missing")
    if isinstance(reps, str) and not re.fullmatch(HOLD, reps):
        raise document.fail((*keys, "reps"), f'expected a number or a hold such as "30s", found "{reps}"')
    return Prescription(sets, reps)


# --- finding them -----------------------------------------------------------------------------------------


def shipped_folder() -> Path:
    """The templates that come with calsync: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def is_routine_file(path: Path) -> bool:
    """Whether the file looks like a routine, not like a week. Whether it is a good one is not asked."""
    try:
        return "exercises" in tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return False


def is_path(name: str) -> bool:
    """Whether a template is named by its path."""
    return "/" in name or "\\" in name or name.endswith(".toml")


@dataclass(frozen=True, slots=True)
class Library:
    """Where templates and routines are looked for: the runner's own folder first, then the shipped ones.

    `base` is the folder that relative paths start from.
    """

    base: Path
    own: Path | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        return (*([self.own] if self.own else []), shipped_folder())

    def template_names(self) -> tuple[str, ...]:
        """Every name that can be used without a path, in order."""
        return _names(self.folders)

    def routine_names(self) -> tuple[str, ...]:
        return _names([folder / "routines" for folder in self.folders])

    def template_path(self, name: str) -> Path:
        """Where the template of that name, or at that path, is. Raises TemplateError."""
        if is_path(name):
            try:
                path = self.base / Path(name).expanduser()
                if path.is_file():
                    return path
            except (RuntimeError, ValueError, OSError) as problem:
                raise TemplateError(f"this can be no path of a template: {problem}") from problem
            raise TemplateError(f"{path}: {'is a directory' if path.is_dir() else 'no such file'}")
        return self._find("template", name, self.folders, self.template_names())

    def template(self, name: str) -> WeekTemplate:
        """The template of that name, or at that path, with routines that exist. Raises TemplateError."""
        return self.draft(name).usable()

    def draft(self, name: str) -> Draft:
        """The same with all that is to be refused, where a file can be read at all. Raises TemplateError."""
        path = self.template_path(name)
        return load_draft(path, Path(name).stem, lambda routine: self.routine_path(routine, path.parent))

    def routine_path(self, name: str, beside: Path | None = None) -> Path:
        """Where the routine of that name is; `beside` is the folder of the template that asks for it."""
        folders = [folder / "routines" for folder in (*([beside] if beside else []), *self.folders)]
        return self._find("routine", name, folders, _names(folders))

    def routine(self, name: str, beside: Path | None = None) -> Routine:
        return load_routine(self.routine_path(name, beside), name)

    def file(self, name: str) -> Path:
        """Where the template or the routine of that name, or at that path, is. Raises TemplateError."""
        templates, routines = self.template_names(), self.routine_names()
        if name in templates or is_path(name):
            return self.template_path(name)
        if name in routines:
            return self.routine_path(name)
        known = (*templates, *routines)
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
        raise TemplateError(f'no template or routine is called "{name}"{hint}')

    def _find(self, what: str, name: str, folders: Iterable[Path], known: tuple[str, ...]) -> Path:
        # A name that no file system would take is no file's name, so only known ones are tried.
        for folder in folders if name in known else ():
            if (path := folder / f"{name}.toml").is_file():
                return path
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
        raise TemplateError(f'no {what} is called "{name}"{hint}')


def _names(folders: Iterable[Path]) -> tuple[str, ...]:
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")}))
