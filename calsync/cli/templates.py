"""`calsync templates` and `calsync lint`: list, show, draw, copy and check week templates and routines."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calsync.cli import options
from calsync.cli.options import Common, common_options, format_option, now_option
from calsync.errors import TargetUnavailable, TemplateError
from calsync.training import WEEKDAYS, Effort, Kind, Load, clock

if TYPE_CHECKING:
    from calsync.app.setup import Setup
    from calsync.app.training_feed import WholeFeed
    from calsync.config.templates import Library
    from calsync.config.toml import SchemaKind
    from calsync.planning.lint import Finding
    from calsync.program import CrossTraining, FeedSettings, Run, Session, WeekTemplate

    # Findings with their places, and templates by name with what can't be read of them and what is found.
    _Found = Sequence[tuple[str, Finding]]
    _LookedAt = tuple[str, Sequence[TemplateError], _Found]


_OK = click.style("ok  ", fg="green", bold=True)
_WARNING = click.style("warning  ", fg="yellow", bold=True)
_ERROR = click.style("error  ", fg="red", bold=True)


def template_lines(week: "WeekTemplate") -> Iterator[str]:
    for day in WEEKDAYS:
        runs = [_run(run) for run in week.training if run.day is day]
        marks = ["rest"] * (day in week.rest) + ["may carry strength"] * (day in week.strength_days)
        yield f"{day}  {'; '.join(runs + marks) or '-'}"
    for session in week.strength:
        length = f"{session.minutes} min"
        if session.shortest < session.minutes:
            length += f", at least {session.shortest}"
        yield f"+    {session.title or session.routine}, {session.load}, {length}{_when(session)}"


def _when(session: "Session") -> str:
    """Where a template wants a session."""
    if session.day is not None and session.start is not None:
        return f", {session.day} at {clock(session.start)}"
    days = f", on {' or '.join(session.days)}" if session.days else ""
    return days + (f", between {' or '.join(map(str, session.between))}" if session.between else "")


def _run(run: "Run | CrossTraining") -> str:
    from calsync.words import kind_name

    when, kind = "", run.kind.value if isinstance(run.kind, Kind) else kind_name(run.kind)
    if run.start is not None:
        when = f" at {clock(run.start)}"
    elif run.between:
        when = " between " + " or ".join(str(times) for times in run.between)
    return f"{run.title or kind} ({kind}, {run.minutes} min{when})"


@click.group(short_help="List, show and copy templates.")
@common_options
def templates(_common: Common) -> None:
    """List, show and copy week templates and routines."""


@templates.command("list")
@common_options
def list_templates(common: Common) -> None:
    """List every template and routine that can be used by name."""
    from calsync.app.setup import library_or_shipped
    from calsync.words import on_one_line

    library, _ = library_or_shipped(common.config)
    click.echo(click.style("Week templates", bold=True))
    weeks = [library.template(name) for name in library.template_names()]
    width = max((len(week.name) for week in weeks), default=0)
    for week in weeks:
        what = f"{len(week.runs)} runs, {len(week.strength)} strength"
        click.echo(f"  {week.name:{width}}  {what:18}  {on_one_line(week.title)}")
    click.echo(click.style("\nRoutines", bold=True))
    names = library.routine_names()
    width = max(map(len, names), default=0)
    for name in names:
        routine = library.routine(name)
        minutes = sum(exercise.minutes for exercise in routine.exercises)
        click.echo(f"  {name:{width}}  {minutes:3} min             {on_one_line(routine.title)}")


@templates.command()
@click.argument("name", shell_complete=options.templates_and_routines)
@common_options
def show(common: Common, name: str) -> None:
    """Show a week template or a routine, by name or path."""
    from calsync.app.setup import library_or_shipped
    from calsync.config.templates import is_routine_file, load_routine
    from calsync.words import on_one_line, plain_lines

    library = replace(library_or_shipped(common.config)[0], base=Path.cwd())
    path = library.file(name)
    if is_routine_file(path):
        routine = load_routine(path)
        click.echo(click.style(on_one_line(routine.title), bold=True))
        click.echo(plain_lines(routine.about))
        for exercise in routine.exercises:
            prescription = exercise.prescription(Load.MODERATE)
            name = on_one_line(exercise.name)
            click.echo(f"  {exercise.minutes:2} min  {name}, {prescription or ''}".rstrip(", "))
            click.echo(click.style(f"          {on_one_line(exercise.cue)}", dim=True))
        return
    week = library.template(name)
    click.echo(click.style(on_one_line(week.title), bold=True))
    click.echo(plain_lines(week.about))
    width = terminal_width()
    for line in (week_header(width), *week_picture(week, week.name, width), ""):
        click.echo(line)
    for line in template_lines(week):
        click.echo(f"  {line}")


@templates.command()
@click.argument("name", shell_complete=options.templates_and_routines)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace PATH if it exists.")
@common_options
def copy(common: Common, name: str, path: Path, force: bool) -> None:
    """Copy the template or routine NAME to PATH, to edit it."""
    from calsync.app.setup import library_or_shipped
    from calsync.config.templates import is_routine_file
    from calsync.config.toml import with_schema_line
    from calsync.files import read_file, write_atomically

    library = replace(library_or_shipped(common.config)[0], base=Path.cwd())
    source = library.file(name)
    if path.is_dir():
        path = path / source.name
    if path.exists() and not force:
        raise click.UsageError(f"{path} already exists; --force replaces it")
    try:
        # The path to the schema in the original is right only where the original lies.
        kind: SchemaKind = "routine" if is_routine_file(source) else "week"
        write_atomically(path, with_schema_line(read_file(source), kind))
    except OSError as problem:
        raise TargetUnavailable(f"{path} can't be written: {problem.strerror}") from problem
    click.echo(f"{source.stem} is copied to {path}.", err=True)
    if kind == "week":
        click.echo("To use it, name it in weeks of [plan]: `calsync config edit` opens the config.", err=True)


@click.command(short_help="Check week templates.")
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1, shell_complete=options.templates)
@click.option("--feed", is_flag=True, help="Check the weeks of your training feed instead, to its end.")
@format_option("text", "json")
@now_option
@common_options
def lint(common: Common, templates: tuple[str, ...], *, feed: bool, output: str, now: datetime) -> None:
    """Check week templates, by name or path, against the training rules.

    Without a TEMPLATE: those of the config, or the shipped ones if there is no config. Ends with exit code 3
    if a template can't be read, or asks for what no calendar could ever hold.

    With --feed: every entry of the training feed from this week on, what calsync takes it for and by which
    words, and what the training rules say of its weeks.
    """
    if feed:
        if templates:
            raise click.UsageError("--feed checks the training feed, so it takes no TEMPLATE")
        _lint_feed(common.setup(), now, output)
        return
    from calsync.app.setup import library_or_shipped
    from calsync.planning.lint import Severity
    from calsync.words import counted

    library, names = library_or_shipped(common.config)
    # Names given here start from the current folder, those in the config from the config's folder.
    if templates:
        library = replace(library, base=Path.cwd())
    looked_at: list[_LookedAt] = []
    errors = 0
    for name in templates or names:
        try:
            problems, findings = _look_at(library, name)
        except TemplateError as problem:
            problems, findings = (problem,), ()
        looked_at.append((name, problems, findings))
        errors += len(problems) + sum(finding.severity is Severity.ERROR for _, finding in findings)
    if output == "json":
        from calsync.cli.reports import lint_json

        click.echo(lint_json(looked_at))
    else:
        for one in looked_at:
            _show_template(*one)
    if errors:
        raise TemplateError(f"{counted(errors, 'error')} in the templates")


def _show_template(name: str, problems: "Sequence[TemplateError]", findings: "_Found") -> None:
    for unreadable in problems:
        click.echo(_ERROR + str(unreadable))
    for where, finding in findings:
        _show(where, finding)
    if not problems and not findings:
        click.echo(_OK + name)


def _lint_feed(setup: "Setup", now: datetime, output: str) -> None:
    """Raises SourceUnavailable."""
    from calsync.app.training_feed import read_whole_feed
    from calsync.cli.reports import feed_json
    from calsync.cli.tables import print_feed, print_warnings

    settings = setup.config.program.feed
    if settings is None:
        raise click.UsageError("the config has no training feed: [plan.feed] is missing")
    feed = read_whole_feed(setup, settings, now)
    if output == "json":
        click.echo(feed_json(feed, settings))
        return
    print_feed(feed, settings)
    # What is said of several weeks is said once.
    weeks: dict[Finding, list[Finding]] = {}
    for finding in feed.findings:
        weeks.setdefault(replace(finding, week=None), []).append(finding)
    for first, *others in weeks.values():
        _show(", ".join(str(finding.week) for finding in (first, *others)), first)
    if feed.unclear:
        _ask_what_they_are(feed, settings)
    elif not feed.findings:
        click.echo(_OK + "training feed")
    print_warnings(f"training feed: {text}" for text in feed.warnings)


def _ask_what_they_are(feed: "WholeFeed", settings: "FeedSettings") -> None:
    """The line for the config that names what was not understood."""
    from calsync.planning.week import LONG_FROM
    from calsync.program import MEANINGS
    from calsync.words import on_one_line

    click.echo(f"{_WARNING}what is not understood is taken for easy (from {LONG_FROM} min: long)")
    if line := feed.line_of_kinds(settings):
        where = "in place of kind in [plan.feed]" if settings.kind else "below [plan.feed]"
        click.echo(click.style(f"       say what it is, with a better word than here, {where}:", dim=True))
        click.echo(f"       {on_one_line(line)}")
        click.echo(click.style(f"       the words are {', '.join(MEANINGS)}", dim=True))
    for title, other in feed.within_others.items():
        text = f'"{title}" is in "{other}", too, so give it a title of its own at the platform'
        click.echo(click.style(f"       {on_one_line(text)}", dim=True))


def _look_at(
    library: "Library", name: str
) -> "tuple[tuple[TemplateError, ...], tuple[tuple[str, Finding], ...]]":
    """What can't be read, and what the rules find in the rest, with its place. Raises TemplateError."""
    from calsync.config.templates import is_path, is_routine_file, load_routine
    from calsync.planning.lint import Finding, Severity
    from calsync.planning.lint import lint as find
    from calsync.planning.rules import Rule
    from calsync.planning.why import Reason

    path = library.template_path(name)
    if is_path(name) and is_routine_file(path):
        load_routine(path)
        return (), ()
    draft = library.draft(name)
    problems, routines = list(draft.missing.values()), {}
    for routine in draft.template.routines:
        if routine not in draft.missing:
            try:
                routines[routine] = library.routine(routine, path.parent)
            except TemplateError as problem:
                problems.append(problem)
    # What plans refuse is also a finding here, so that one fault doesn't hide the others.
    refused = [
        Finding(Reason(Rule(found.rule), found.text), Severity.ERROR, found.keys, found.suggestion)
        for found in draft.refusals
    ]
    findings = (*refused, *find(draft.template, routines))
    return tuple(problems), tuple((draft.document.where(finding.keys), finding) for finding in findings)


def _show(where: str, finding: "Finding") -> None:
    from calsync.planning.lint import Severity
    from calsync.words import on_one_line

    label = _ERROR if finding.severity is Severity.ERROR else _WARNING
    place = f"{finding.said_place}: " if finding.keys else ""
    click.echo(f"{label}{where}: {place}{on_one_line(finding.reason.text)} ({finding.reason.rule})")
    click.echo(click.style(f"       {finding.suggestion}{':' if finding.line else ''}", dim=True))
    if finding.line:
        # An escape of TOML's is what it makes of a character that can't be printed.
        click.echo(f"       {on_one_line(finding.line)}")


# Days across, with what is run and for how long; of strength only how much there is, by load. The words say
# all that the colours say, and click leaves colours out of a pipe.
_EFFORTS: dict[Effort, dict[str, Any]] = {
    Effort.RACE: {"fg": "magenta", "bold": True},
    Effort.HARD: {"fg": "red", "bold": True},
    Effort.LONG: {"fg": "blue", "bold": True},
    Effort.EASY: {"fg": "green"},
}
_LOADS: dict[Load, dict[str, Any]] = {
    Load.HEAVY: {"fg": "cyan", "bold": True},
    Load.MODERATE: {"fg": "cyan"},
    Load.LIGHT: {"fg": "cyan", "dim": True},
}
_DIM: dict[str, Any] = {"dim": True}
_SHORT = {
    Kind.INTERVALS: "interv.",
    Kind.THRESHOLD: "thresh.",
    Kind.TIME_TRIAL: "t.trial",
    Kind.RECOVERY: "recov.",
}
# The column of names, and of days with one blank each: 24 + 7 x 8 are the 80 of a usual terminal.
_NAMES = 24
_DAY, _WIDE_DAY = 8, len("time-trial") + 1
_INDENT = 2

_Piece = tuple[str, dict[str, Any]]


def terminal_width() -> int:
    """Of the terminal, or of $COLUMNS; 80 where there is none."""
    return shutil.get_terminal_size().columns


def week_header(width: int) -> str:
    """The names of the days, as the pictures below it have them."""
    room = min(3, _day_width(width) - 1)
    return _line([], [(weekday.long_name[:room], {"bold": True}) for weekday in WEEKDAYS], width)


def week_picture(week: "WeekTemplate", label: str, width: int) -> Iterator[str]:
    """Lines of at most `width` characters; `label` names the week. Below 30 there is no room for a week."""
    name: list[_Piece] = [(label, {"bold": True})]
    # Under the name, not under the number that may stand before it.
    strength = [(" " * (len(label) - len(label.lstrip(" 0123456789"))), {}), *_strength(week)]
    beside = [name, strength]
    if not _has_names_beside(width):
        beside = []
        yield _cut([*name, ("  ", {}), *_strength(week)], width)
    for left, cells in zip_longest(beside, _rows(week, _day_width(width) - 1), fillvalue=list[_Piece]()):
        yield _line(left, cells, width)


def _rows(week: "WeekTemplate", room: int) -> Iterator[list[_Piece]]:
    """For each run of the fullest day two rows: what it is, how long it is."""
    days = [[run for run in week.training if run.day is day] for day in WEEKDAYS]
    for number in range(max(1, *map(len, days))):
        runs = [day[number] if number < len(day) else None for day in days]
        without = ["" if number else "rest" if day in week.rest else "-" for day in WEEKDAYS]
        yield [
            (_kind(run, room), _EFFORTS[run.kind.effort]) if run else (empty, _DIM)
            for run, empty in zip(runs, without, strict=True)
        ]
        yield [(_minutes(run, room) if run else "", _DIM) for run in runs]


def _kind(run: "Run | CrossTraining", room: int) -> str:
    if not isinstance(run.kind, Kind):
        return run.kind.sport.value
    return run.kind.value if len(run.kind) <= room else _SHORT.get(run.kind, run.kind.value)


def _minutes(run: "Run | CrossTraining", room: int) -> str:
    """Of another sport with its effort, which its name doesn't say."""
    texts = [f"{run.minutes} min", str(run.minutes)]
    if not isinstance(run.kind, Kind):
        effort = run.kind.effort.value
        texts = [*(f"{effort} {text}" for text in texts), effort]
    return next((text for text in texts if len(text) <= room), texts[-1])


def _strength(week: "WeekTemplate") -> list[_Piece]:
    """ "light heavy", "2 moderate"; loads in the order of the template."""
    counts = Counter(session.load for session in week.strength)
    if not counts:
        return [("no strength", _DIM)]
    pieces: list[_Piece] = []
    for load, count in counts.items():
        pieces += [(" ", {})] * bool(pieces)
        pieces.append((f"{count} {load}" if count > 1 else load.value, _LOADS[load]))
    return pieces


def _has_names_beside(width: int) -> bool:
    return width >= _NAMES + 7 * _DAY - 1


def _day_width(width: int) -> int:
    if not _has_names_beside(width):
        return max(2, min(_WIDE_DAY, (width - _INDENT + 1) // 7))
    return _WIDE_DAY if width >= _NAMES + 7 * _WIDE_DAY - 1 else _DAY


def _line(left: Sequence[_Piece], cells: Sequence[_Piece], width: int) -> str:
    start = _cut(left, _NAMES - 1, fill=True) + " " if _has_names_beside(width) else " " * _INDENT
    room = _day_width(width) - 1
    return (start + " ".join(_cut([cell], room, fill=True) for cell in cells)).rstrip()


def _cut(pieces: Sequence[_Piece], room: int, *, fill: bool = False) -> str:
    """The pieces in `room` characters. Cut before they are styled: styles take no room."""
    styled = ""
    for text, style in pieces:
        shown = text[: max(0, room)]
        styled += click.style(shown, **style) if shown.strip() else shown
        room -= len(shown)
    return styled + " " * (room if fill else 0)
