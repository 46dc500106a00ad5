"""Week templates and routines: TOML files -> WeekTemplate, Routine.

Decides what a template may say. Whether it is good training is for lint to say: refused is only what has no
meaning.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from calsync.errors import TemplateError
from calsync.template_file import (
    MOST_SESSIONS,
    ExerciseTable,
    RoutineFile,
    RunTable,
    SessionTable,
    TemplateFile,
)
from calsync.toml import Document, clock_time, duration, read, time_range
from calsync.toml_lines import Keys
from calsync.training import (
    Exercise,
    Prescription,
    Region,
    Routine,
    Run,
    Session,
    WeekTemplate,
)
from calsync.written import HOLD

_DAY = 24 * 60

# --- templates --------------------------------------------------------------------------------------------


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
        rest=tuple(table.rest),
        rest_allows_light=table.rest_allows_light,
        strength_days=tuple(table.strength_days),
        runs=tuple(_run(document, number, run) for number, run in enumerate(table.runs)),
        strength=tuple(_session(document, number, session) for number, session in enumerate(table.strength)),
    )


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
    for start, minutes, number in timed:
        # A long run may reach over a short one into a third, so what counts is how far any has reached.
        if start < reached:
            yield Refusal(
                ("runs", number, "start"),
                "run",
                f"overlaps the run before it, on {template.runs[number].day.long_name}",
                "let it start later, or make the run before it shorter",
            )
        reached = max(reached, start + minutes)


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
    if isinstance(reps, str) and not re.fullmatch(HOLD, reps):
        raise document.fail((*keys, "reps"), f'expected a number or a hold such as "30s", found "{reps}"')
    return Prescription(sets, reps)
