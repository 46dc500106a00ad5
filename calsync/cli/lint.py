"""`calsync lint`: what the training rules say of templates."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from calsync.cli.options import common_options

if TYPE_CHECKING:
    from calsync.templates import Library
    from calsync.training import Routine


@click.command(short_help="Check week templates.")
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1)
@common_options
def lint(templates: tuple[str, ...]) -> None:
    """Check week templates, by name or path, against the training rules.

    Without a TEMPLATE: those of the config, or the shipped ones if there is no config. Ends with exit code 3
    if a template can't be read, or asks for what no calendar could ever hold.
    """
    from dataclasses import replace

    from calsync.cli.gather import library_or_shipped
    from calsync.errors import TemplateError
    from calsync.planning.lint import Severity
    from calsync.planning.lint import lint as find
    from calsync.templates import is_path, is_routine_file, load_routine

    library, names = library_or_shipped()
    # What is named here is looked for from here; the config's names start from the config's folder.
    if templates:
        library = replace(library, base=Path.cwd())
    errors = 0
    for name in templates or names:
        try:
            if is_path(name) and is_routine_file(library.template_path(name)):
                load_routine(library.template_path(name), name)
                click.echo(click.style("ok  ", fg="green", bold=True) + name)
                continue
            template = library.template(name)
            findings = find(template, _routines(library, name))
        except TemplateError as problem:
            click.echo(click.style("error  ", fg="red", bold=True) + str(problem))
            errors += 1
            continue
        for finding in findings:
            is_error = finding.severity is Severity.ERROR
            errors += is_error
            label = click.style(f"{finding.severity}  ", fg="red" if is_error else "yellow", bold=True)
            click.echo(f"{label}{name}: {finding.place}: {finding.text} ({finding.rule})")
            click.echo(click.style(f"       {finding.suggestion}", dim=True))
        if not findings:
            click.echo(click.style("ok  ", fg="green", bold=True) + name)
    if errors:
        raise TemplateError(f"{errors} error{'s' if errors > 1 else ''} in the templates")


def _routines(library: "Library", name: str) -> "dict[str, Routine]":
    beside: Path = library.template_path(name).parent
    return {s.routine: library.routine(s.routine, beside) for s in library.template(name).strength}
