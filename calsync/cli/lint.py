"""`calsync lint`: what the training rules say of templates."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from calsync.cli import completion
from calsync.cli.options import common_options

if TYPE_CHECKING:
    from calsync.errors import TemplateError
    from calsync.library import Library
    from calsync.planning.finding import Finding
    from calsync.templates import Draft


@click.command(short_help="Check week templates.")
@click.argument("templates", metavar="[TEMPLATE]...", nargs=-1, shell_complete=completion.templates)
@common_options
def lint(templates: tuple[str, ...]) -> None:
    """Check week templates, by name or path, against the training rules.

    Without a TEMPLATE: those of the config, or the shipped ones if there is no config. Ends with exit code 3
    if a template can't be read, or asks for what no calendar could ever hold.
    """
    from dataclasses import replace

    from calsync.cli.gather import library_or_shipped
    from calsync.errors import TemplateError
    from calsync.planning.finding import Severity

    library, names = library_or_shipped()
    # What is named here is looked for from here; the config's names start from the config's folder.
    if templates:
        library = replace(library, base=Path.cwd())
    errors = 0
    for name in templates or names:
        try:
            problems, findings = _look_at(library, name)
        except TemplateError as problem:
            problems, findings = (problem,), ()
        for unreadable in problems:
            click.echo(click.style("error  ", fg="red", bold=True) + str(unreadable))
        for where, finding in findings:
            _show(where, finding)
        if not problems and not findings:
            click.echo(click.style("ok  ", fg="green", bold=True) + name)
        errors += len(problems) + sum(finding.severity is Severity.ERROR for _, finding in findings)
    if errors:
        raise TemplateError(f"{errors} error{'s' if errors > 1 else ''} in the templates")


def _look_at(
    library: "Library", name: str
) -> "tuple[tuple[TemplateError, ...], tuple[tuple[str, Finding], ...]]":
    """What of the files can't be read; what the rules say of the rest, and where. Raises TemplateError."""
    from calsync.errors import TemplateError
    from calsync.library import is_path, is_routine_file
    from calsync.planning.lint import lint as find
    from calsync.templates import load_routine

    path = library.template_path(name)
    if is_path(name) and is_routine_file(path):
        load_routine(path, name)
        return (), ()
    draft = library.draft(name)
    problems, routines = list(draft.missing.values()), {}
    for routine in dict.fromkeys(session.routine for session in draft.template.strength):
        if routine not in draft.missing:
            try:
                routines[routine] = library.routine(routine, path.parent)
            except TemplateError as problem:
                problems.append(problem)
    findings = (*_refused(draft), *find(draft.template, routines))
    return tuple(problems), tuple((draft.document.where(finding.keys), finding) for finding in findings)


def _refused(draft: "Draft") -> "tuple[Finding, ...]":
    """What plans refuse, as findings, so that one fault doesn't hide the others."""
    from calsync.planning.finding import Finding, Severity
    from calsync.planning.rules import Rule

    return tuple(
        Finding(Rule(found.rule), Severity.ERROR, found.keys, found.text, found.suggestion)
        for found in draft.refusals
    )


def _show(where: str, finding: "Finding") -> None:
    from calsync.planning.finding import Severity

    colour = "red" if finding.severity is Severity.ERROR else "yellow"
    label = click.style(f"{finding.severity}  ", fg=colour, bold=True)
    click.echo(f"{label}{where}: {finding.place}: {finding.text} ({finding.rule})")
    click.echo(click.style(f"       {finding.suggestion}", dim=True))
