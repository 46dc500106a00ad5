"""Week templates and routines: reading them, and finding them.

Only what has no meaning is refused here. Whether a week is good training is for lint to say.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from calsync.addresses import hidden, hidden_path
from calsync.config.toml import Document, read, shipped_folder
from calsync.errors import TemplateError
from calsync.files import LARGEST_TEXT, read_file
from calsync.program import (
    MOST_SESSIONS,
    CrossTraining,
    Prescription,
    Routine,
    Run,
    Session,
    TemplateFile,
    WeekTemplate,
)
from calsync.training import WEEKDAYS, Load, Region
from calsync.words import Keys, did_you_mean, is_plain, kind_name
from calsync.written import HOLD

_DAY = 24 * 60
# What takes its time before strength, by the key of its list.
_Lists = tuple[tuple[str, Sequence[Run | CrossTraining]], ...]


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
    for number, cross in enumerate(template.cross):
        if cross.day in template.rest and cross.kind.on_legs.wants_fresh_legs:
            yield Refusal(
                ("cross", number, "day"),
                "rest-day",
                f"{cross.day.long_name} is a rest day in `rest`, so a {kind_name(cross.kind)} can't be on it",
                "put it on another day, make it easy, or take the day out of `rest`",
            )
    lists: _Lists = (("runs", template.runs), ("cross", template.cross))
    timed = sorted(
        (one.day.number * _DAY + one.start, one.minutes, number, key)
        for key, training in lists
        for number, one in enumerate(training)
        if one.start is not None
    )
    reached, before = 0, "run"
    for start, length, number, key in timed:
        # A long run may reach over a short one into a third, so what counts is how far any has reached.
        if start < reached:
            yield Refusal(
                (key, number, "start"),
                "run",
                f"overlaps the {before} before it, on {WEEKDAYS[start // _DAY].long_name}",
                f"let it start later, or make the {before} before it shorter",
            )
        if start + length > reached:
            reached, before = start + length, "run" if key == "runs" else "cross training"


def load_routine(path: Path) -> Routine:
    """The routine at `path`. Raises TemplateError."""
    routine, document = read(path, Routine, TemplateError)
    if not routine.exercises:
        raise document.fail(("exercises",), "a routine needs at least one exercise")
    for number, exercise in enumerate(routine.exercises):
        keys = ("exercises", number)
        if not exercise.trains:
            regions = ", ".join(Region)
            raise document.fail((*keys, "trains"), f"expected at least one of {regions}, found []")
        _check(document, keys, exercise.prescription(Load.MODERATE))
        for load in (Load.HEAVY, Load.LIGHT):
            _check(document, (*keys, load.value), exercise.prescription(load))
    return routine


def _check(document: Document, keys: Keys, prescription: Prescription | None) -> None:
    if prescription is None:
        return
    if prescription.sets is None or prescription.reps is None:
        raise document.fail(keys, "sets and reps go together; one of them is missing")
    reps = prescription.reps
    if isinstance(reps, str) and not re.fullmatch(HOLD, reps):
        raise document.fail(
            (*keys, "reps"), f'expected a number or a hold such as "30s", found "{hidden(reps)}"'
        )


def _check_session(document: Document, number: int, session: Session) -> None:
    """Raises TemplateError for keys of a session that don't go together."""

    def fail(key: str, text: str) -> Exception:
        return document.fail(("strength", number, key), text)

    if session.day is None and session.start is not None:
        raise fail("start", 'needs the day of the class, such as day = "wed"; for any day write between')
    if session.day is not None and session.start is None:
        raise fail("day", 'needs the start of the class, such as start = "18:00"; for any time write days')
    if not session.is_class and not session.routine:
        text = "only a class, which has day, start and title, goes without"
        raise document.lacks(("strength", number, "routine"), text)
    if session.is_class:
        if not session.called:
            raise document.lacks(("strength", number, "title"), "what the class is called")
        for key, given in (("days", session.days), ("between", session.between)):
            if given:
                raise fail(key, "a class has its day and its start, so there is nothing to choose from")
        if session.least is not None:
            raise fail("shortest", "a class has its length, and can't be shorter")


def is_routine_file(path: Path) -> bool:
    """Whether the file looks like a routine, not like a week. Whether it is a good one is not asked."""
    try:
        return "exercises" in tomllib.loads(read_file(path, LARGEST_TEXT).decode("utf-8-sig"))
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
        return (*([self.own] if self.own else []), shipped_folder("templates"))

    def template_names(self) -> tuple[str, ...]:
        """Every name that can be used without a path, in order."""
        return _names(self.folders)

    def routine_names(self) -> tuple[str, ...]:
        return _names([folder / "routines" for folder in self.folders])

    def template_path(self, name: str) -> Path:
        """Where the template of that name, or at that path, is. Raises TemplateError."""
        if is_path(name):
            if not is_plain(name):
                raise TemplateError(f'a path has no control characters; found "{hidden(name)}"')
            try:
                path = self.base / Path(name).expanduser()
                # Whatever else is there: reading it says what it is.
                is_folder = path.is_dir()
                if os.path.lexists(path) and not is_folder:
                    return path
            except (RuntimeError, ValueError, OSError) as problem:
                raise TemplateError(f"this can be no path of a template: {problem}") from problem
            what = "is a directory" if is_folder else "no such file"
            raise TemplateError(f"{hidden_path(path)}: {what}")
        return self._find("template", name, self.folders, self.template_names())

    def template(self, name: str) -> WeekTemplate:
        """The template of that name, or at that path, with routines that exist. Raises TemplateError."""
        return self.draft(name).usable()

    def draft(self, name: str) -> Draft:
        """The same with all that is to be refused, where a file can be read at all. Raises TemplateError."""
        path = self.template_path(name)
        table, document = read(path, TemplateFile, TemplateError)
        lists: _Lists = (("runs", table.runs), ("cross", table.cross))
        for key, training in lists:
            for number, one in enumerate(training):
                if one.start is not None and one.between:
                    who = "a run" if key == "runs" else "cross training"
                    keys = (key, number, "between")
                    raise document.fail(keys, f"{who} has a start or ranges to look in, not both")
        missing: dict[str, TemplateError] = {}
        for number, session in enumerate(table.strength):
            _check_session(document, number, session)
            if session.least is not None and session.least > session.minutes:
                keys = ("strength", number, "shortest")
                message = f"longer than the session: {document.value(keys)} of {session.minutes} min"
                raise document.fail(keys, message)
            if not session.routine:
                continue
            try:
                self.routine_path(session.routine, path.parent)
            except TemplateError as problem:
                error = document.fail(("strength", number, "routine"), str(problem))
                missing.setdefault(session.routine, TemplateError(str(error)))
        template = WeekTemplate(**msgspec.structs.asdict(table), name=Path(name).stem)
        return Draft(template, document, tuple(_what_has_no_meaning(template)), missing)

    def routine_path(self, name: str, beside: Path | None = None) -> Path:
        """Where the routine of that name is; `beside` is the folder of the template that asks for it."""
        folders = [folder / "routines" for folder in (*([beside] if beside else []), *self.folders)]
        return self._find("routine", name, folders, _names(folders))

    def routine(self, name: str, beside: Path | None = None) -> Routine:
        return load_routine(self.routine_path(name, beside))

    def file(self, name: str) -> Path:
        """Where the template or the routine of that name, or at that path, is. Raises TemplateError."""
        templates, routines = self.template_names(), self.routine_names()
        if name in templates or is_path(name):
            return self.template_path(name)
        if name in routines:
            return self.routine_path(name)
        raise _unknown("template or routine", name, (*templates, *routines))

    def _find(self, what: str, name: str, folders: Iterable[Path], known: tuple[str, ...]) -> Path:
        # A name that no file system would take is no file's name, so only known ones are tried.
        for folder in folders if name in known else ():
            # Also what can't be read: another of that name would take its place without a word.
            if os.path.lexists(path := folder / f"{name}.toml"):
                return path
        raise _unknown(what, name, known)


def _unknown(what: str, name: str, known: Iterable[str]) -> TemplateError:
    hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
    return TemplateError(f'no {what} is called "{hidden(name)}"{hint}')


def _names(folders: Iterable[Path]) -> tuple[str, ...]:
    # What is no plain text is no name for a terminal, a mail or a page.
    found = {path.stem for folder in folders for path in folder.glob("*.toml")}
    return tuple(sorted(filter(is_plain, found)))
