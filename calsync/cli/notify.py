"""`calsync notify` says who is told what, and tries it; a push tells them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync.cli import options
from calsync.cli.options import Common, common_options, now_option

if TYPE_CHECKING:
    from calsync.app.push import Pushed
    from calsync.app.setup import Setup
    from calsync.notices import Notice


@click.command(short_help="Say who is told of changes and trouble, and try it.")
@click.option("--test", is_flag=True, help="Send a test now, and say what became of it.")
@click.option(
    "--to",
    metavar="NAME",
    shell_complete=options.notified,
    help="Only this one of the config.  [default: all]",
)
@now_option
@common_options
def notify(common: Common, *, test: bool, to: str | None, now: datetime) -> None:
    """Say whom calsync tells what happens: the tables [[notify]] of the config, and what waits for them.

    `calsync push` and `calsync serve` send what there is to tell; what can't be delivered is tried again by
    the next push, for a day.
    """
    from calsync.errors import Unavailable

    setup = common.setup()
    tables = [table for table in setup.config.notify if to in (None, table.called)]
    if to is not None and not tables:
        known = ", ".join(table.called for table in setup.config.notify) or "none"
        raise click.BadParameter(f"{to!r} is no [[notify]] of the config ({known})", param_hint="--to")
    if not tables:
        click.echo("The config has no [[notify]] table: docs/notify.md says what it can have.", err=True)
        return
    from calsync.app.notifiers import place
    from calsync.app.notify import in_words, send_test

    if not test:
        for table in tables:
            click.echo(click.style(f"{table.called} ({place(table)})", bold=True))
            click.echo(f"  {in_words(setup, table, now)}")
        return
    failed = []
    for delivery in send_test(setup, tables, now):
        click.echo(f"{delivery.name}: {delivery.problem or 'sent'}")
        if delivery.problem:
            failed.append(delivery.name)
    if failed:
        raise Unavailable(f"{', '.join(failed)} could not be told")


Notify = Callable[["Pushed", Collection[str] | None], "Sequence[Notice] | None"]


@contextmanager
def notified(setup: "Setup", now: datetime, *, quiet: bool, dry_run: bool) -> Iterator[Notify]:
    """Around a push: to be called with what it did while it holds the lock. At the end, all is sent.

    A dry run sends nothing, and gets what would be sent. A config without [[notify]] doesn't need this.
    """
    from calsync.app.notify import telling, would_tell
    from calsync.errors import CalsyncError

    if dry_run:
        yield lambda pushed, only: would_tell(setup, now, pushed, only)
        return
    try:
        with telling(setup, lambda: now, _complain) as note:
            yield note
    except CalsyncError:
        _send(setup, now, quiet=quiet)
        raise
    _send(setup, now, quiet=quiet)


def _send(setup: "Setup", now: datetime, *, quiet: bool) -> None:
    from calsync.app.notify import deliver

    for delivery in deliver(setup, now):
        if delivery.dropped or (delivery.problem and not quiet):
            _complain(delivery.text())
        elif not quiet:
            click.echo(delivery.text(), err=True)


def _complain(text: str) -> None:
    from calsync.words import on_one_line

    click.echo(click.style("Warning: ", fg="yellow", bold=True) + on_one_line(text), err=True)
