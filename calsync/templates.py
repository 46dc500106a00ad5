"""Week templates and routines: TOML files -> WeekTemplate, Routine; and where they are found.

Decides what a template may say. Whether it is good training is for lint to say: refused is only what has no
meaning.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from calsync.errors import TemplateError
from calsync.toml import Document, clock_time, did_you_mean, duration, read, time_range
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

MOST_SESSIONS = 3
_DAY = 24 * 60
_HOLD = re.compile(r"[1-9]\d*s")

# --- what the files may hold ------------------------------------------------------------------------------


class RunTable(msgspec.Struct, frozen=True):
    day: Weekday
    kind: Kind
    duration: str
    title: str = ""
    start: str | None = None
    between: list[str] = []
    notes: str = ""


class SessionTable(msgspec.Struct, frozen=True):
    routine: str
    load: Load
    duration: str = "30m"
    shortest: str | None = None


class TemplateFile(msgspec.Struct, frozen=True):
    title: str
    about: str = ""
    recovery: bool = False
    rest: list[Weekday] = []
    rest_allows_light: bool = False
    strength_days: list[Weekday] = []
    runs: list[RunTable] = []
    strength: list[SessionTable] = []


_Count = Annotated[int, msgspec.Meta(ge=1, le=100)]


class PrescriptionTable(msgspec.Struct, frozen=True):
    sets: _Count | None = None
    reps: _Count | str | None = None


class ExerciseTable(msgspec.Struct, frozen=True):
    name: str
    minutes: Annotated[int, msgspec.Meta(ge=1, le=120)]
    trains: list[Region]
    sets: _Count | None = None
    reps: _Count | str | None = None
    cue: str = ""
    heavy: PrescriptionTable | None = None
    light: PrescriptionTable | None = None


class RoutineFile(msgspec.Struct, frozen=True):
    title: str
    exercises: list[ExerciseTable]
    about: str = ""


# --- templates --------------------------------------------------------------------------------------------


def _template(table: TemplateFile, document: Document, name: str) -> WeekTemplate:
    runs = tuple(_run(document, number, run) for number, run in enumerate(table.runs))
    template = WeekTemplate(
        name=name,
        title=table.title,
        about=table.about,
        recovery=table.recovery,
        rest=tuple(table.rest),
        rest_allows_light=table.rest_allows_light,
        strength_days=tuple(table.strength_days),
        runs=runs,
        strength=tuple(_session(document, number, session) for number, session in enumerate(table.strength)),
    )
    _refuse_what_has_no_meaning(document, template)
    return template


def _run(document: Document, number: int, table: RunTable) -> Run:
    keys = ("runs", number)
    if table.start is not None and table.between:
        raise document.fail((*keys, "between"), "a run has a start or ranges to look in, not both")
    minutes = _minutes(document, (*keys, "duration"), table.duration)
    start = None if table.start is None else document.parse((*keys, "start"), clock_time, table.start)
    between = (
        document.parse((*keys, "between", place), time_range, text)
        for place, text in enumerate(table.between)
    )
    return Run(table.day, table.kind, minutes, table.title, start, tuple(between), table.notes)


def _session(document: Document, number: int, table: SessionTable) -> Session:
    keys = ("strength", number)
    minutes = _minutes(document, (*keys, "duration"), table.duration)
    shortest = min(20, minutes)
    if table.shortest is not None:
        shortest = _minutes(document, (*keys, "shortest"), table.shortest)
        if shortest > minutes:
            raise document.fail(
                (*keys, "shortest"), f"longer than the session: {table.shortest} of {minutes} min"
            )
    return Session(table.routine, table.load, minutes, shortest)


def _minutes(document: Document, keys: tuple[str | int, ...], text: str) -> int:
    minutes = int(document.parse(keys, duration, text).total_seconds()) // 60
    if not 0 < minutes <= _DAY:
        raise document.fail(keys, f'expected more than nothing and at most "24h", found "{text}"')
    return minutes


def _refuse_what_has_no_meaning(document: Document, template: WeekTemplate) -> None:
    if (count := len(template.strength)) > MOST_SESSIONS:
        message = (
            f"{count} strength sessions in a week; two are the rule and three the most, as the legs "
            "need the days between to recover for the runs (twice-a-week)"
        )
        raise document.fail(("strength", MOST_SESSIONS), message)
    for number, run in enumerate(template.runs):
        if run.day in template.rest:
            message = f"{run.day.long_name} is a rest day in `rest`, so no run can be on it (rest-day)"
            raise document.fail(("runs", number, "day"), message)
    timed = [
        (run.day.number * _DAY + run.start, run.minutes, number)
        for number, run in enumerate(template.runs)
        if run.start is not None
    ]
    for (start, minutes, _), (next_start, _, number) in _neighbours(sorted(timed)):
        if next_start < start + minutes:
            other = template.runs[number]
            message = f"overlaps the run before it, on {other.day.long_name}"
            raise document.fail(("runs", number, "start"), message)


def _neighbours(
    timed: list[tuple[int, int, int]],
) -> Iterable[tuple[tuple[int, int, int], tuple[int, int, int]]]:
    # A long run may reach over a short one into a third, so neighbours are not enough: all pairs.
    return ((one, other) for place, one in enumerate(timed) for other in timed[place + 1 :])


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
        load: _prescription(document, (*keys, load), variant.sets or table.sets, variant.reps or table.reps)
        for load, variant in (("heavy", table.heavy), ("light", table.light))
        if variant is not None
    }
    return Exercise(
        name=table.name,
        minutes=table.minutes,
        trains=tuple(table.trains),
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
    if isinstance(reps, str) and not _HOLD.fullmatch(reps):
        raise document.fail((*keys, "reps"), f'expected a number or a hold such as "30s", found "{reps}"')
    return Prescription(sets, reps)


# --- finding them -----------------------------------------------------------------------------------------


def shipped_folder() -> Path:
    """The templates that come with calsync: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
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
        path = self.template_path(name)
        table, document = read(path, TemplateFile, TemplateError)
        template = _template(table, document, Path(name).stem)
        for number, session in enumerate(template.strength):
            try:
                self.routine_path(session.routine, path.parent)
            except TemplateError as problem:
                raise document.fail(("strength", number, "routine"), str(problem)) from problem
        return template

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
