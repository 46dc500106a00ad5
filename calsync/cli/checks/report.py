"""What `calsync doctor` shows: a line for each check, what to do below it, and all in one line at the end.

Decides how a report looks to people and to programs. Lines are broken for a terminal only: in a pipe each
check stays on one line.
"""

import shutil
import sys
import textwrap
from collections.abc import Sequence

import click
import msgspec

from calsync.cli.checks.check import Check, Status
from calsync.cli.checks.words import counted
from calsync.cli.options import on_one_line

_COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red"}
_STATUS_WIDTH = max(len(status) for status in Status)
_LEAST_TEXT = 30


class _Report(msgspec.Struct):
    checks: Sequence[Check]


def report_json(checks: Sequence[Check]) -> str:
    return msgspec.json.format(msgspec.json.encode(_Report(checks)), indent=2).decode()


def print_report(checks: Sequence[Check]) -> None:
    titles = [" ".join(filter(None, (check.name, check.subject))) for check in checks]
    width = max(map(len, titles))
    for title, check in zip(titles, checks, strict=True):
        label = click.style(f"{check.status:{_STATUS_WIDTH}}", fg=_COLOURS[check.status], bold=True)
        before = _STATUS_WIDTH + width + 4
        text = _broken(on_one_line(check.text), before)
        click.echo(f"{label}  {on_one_line(title):{width}}  {text}")
        if check.fix:
            fix = _broken(on_one_line(check.fix), before + 2)
            click.echo(f"{' ' * before}{click.style('→', fg=_COLOURS[check.status])} {fix}")
    click.echo(_summary(checks))


def _broken(text: str, indent: int) -> str:
    """The text in the columns after `indent`; in a pipe as it is."""
    if not sys.stdout.isatty():
        return text
    columns = max(shutil.get_terminal_size().columns - indent, _LEAST_TEXT)
    lines = textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def _summary(checks: Sequence[Check]) -> str:
    failures = sum(check.status is Status.FAILED for check in checks)
    warnings = sum(check.status is Status.WARNING for check in checks)
    of_all = f"of {counted(len(checks), 'check')}"
    noted = f", {counted(warnings, 'warning')}" if warnings else ""
    if failures:
        return click.style(f"{failures} {of_all} failed{noted}.", fg="red", bold=True)
    if warnings:
        return click.style(f"None {of_all} failed{noted}.", fg="yellow", bold=True)
    return click.style(f"All is well: {counted(len(checks), 'check')}.", fg="green", bold=True)
