"""`calsync templates`: list, show and copy week templates and routines."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calsync.cli import completion
from calsync.cli.options import common_options, on_one_line

if TYPE_CHECKING:
    from calsync.editors import SchemaKind


@click.group(short_help="List, show and copy templates.")
@common_options
def templates() -> None:
    """List, show and copy week templates and routines."""


@templates.command("list")
@common_options
def list_templates() -> None:
    """List every template and routine that can be used by name."""
    from calsync.cli.gather import library_or_shipped

    library, _ = library_or_shipped()
    click.echo(click.style("Week templates", bold=True))
    weeks = [library.template(name) for name in library.template_names()]
    width = max((len(week.name) for week in weeks), default=0)
    for week in weeks:
        what = f"{len(week.runs)} runs, {len(week.strength)} strength"
        click.echo(f"  {week.name:{width}}  {what:18}  {on_one_line(week.title)}")
    click.echo(click.style("\nRoutines", bold=True))
    routines = [library.routine(name) for name in library.routine_names()]
    width = max((len(routine.name) for routine in routines), default=0)
    for routine in routines:
        minutes = sum(exercise.minutes for exercise in routine.exercises)
        click.echo(f"  {routine.name:{width}}  {minutes:3} min             {on_one_line(routine.title)}")


@templates.command()
@click.argument("name", shell_complete=completion.templates_and_routines)
@common_options
def show(name: str) -> None:
    """Show a week template or a routine, by name or path."""
    from calsync.cli.gather import library_or_shipped
    from calsync.library import is_routine_file
    from calsync.templates import load_routine
    from calsync.training import Load

    library = replace(library_or_shipped()[0], base=Path.cwd())
    path = library.file(name)
    if is_routine_file(path):
        routine = load_routine(path, path.stem)
        click.echo(click.style(on_one_line(routine.title), bold=True))
        click.echo(routine.about)
        for exercise in routine.exercises:
            prescription = exercise.prescription(Load.MODERATE)
            click.echo(f"  {exercise.minutes:2} min  {exercise.name}, {prescription or ''}".rstrip(", "))
            click.echo(click.style(f"          {exercise.cue}", dim=True))
        return
    week = library.template(name)
    click.echo(click.style(week.title, bold=True))
    click.echo(week.about)
    from calsync.cli.template_text import template_lines
    from calsync.cli.week_picture import terminal_width, week_header, week_picture

    width = terminal_width()
    for line in (week_header(width), *week_picture(week, week.name, width), ""):
        click.echo(line)
    for line in template_lines(week):
        click.echo(f"  {line}")


@templates.command()
@click.argument("name", shell_complete=completion.templates_and_routines)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace PATH if it is there.")
@common_options
def copy(name: str, path: Path, force: bool) -> None:
    """Copy the template or routine NAME to PATH, to edit it."""
    from calsync.cli.gather import library_or_shipped
    from calsync.editors import with_schema_line
    from calsync.errors import TargetUnavailable
    from calsync.files import write_atomically
    from calsync.library import is_routine_file

    library = replace(library_or_shipped()[0], base=Path.cwd())
    source = library.file(name)
    if path.is_dir():
        path = path / source.name
    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already; --force replaces it")
    try:
        # What the original says of its schema is true of where it lies only.
        kind: SchemaKind = "routine" if is_routine_file(source) else "week"
        write_atomically(path, with_schema_line(source.read_bytes(), kind))
    except OSError as problem:
        raise TargetUnavailable(f"{path} can't be written: {problem.strerror}") from problem
    click.echo(f"{source.name} copied to {path}", err=True)
