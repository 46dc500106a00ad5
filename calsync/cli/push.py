"""`calsync push`: plan, compare with every target, apply."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync import waits
from calsync.cli import completion
from calsync.cli.options import Common, common_options, format_option, now_option
from calsync.errors import all_of

if TYPE_CHECKING:
    from calsync.app.gather import Setup


@click.command(short_help="Bring the calendars up to date.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--target",
    metavar="NAME",
    shell_complete=completion.targets,
    help="Write this target of the config only.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print only changes and trouble: made for cron.")
@click.option(
    "--allow-mass-delete",
    is_flag=True,
    help="Go on even if more than half of what is still to come would be withdrawn.",
)
@click.option(
    "--create-calendar",
    is_flag=True,
    help="Create a target's Google calendar anew if it is not there any more.",
)
@format_option("text", "json")
@now_option
@common_options
def push(
    common: Common,
    *,
    dry_run: bool,
    target: str | None,
    quiet: bool,
    allow_mass_delete: bool,
    create_calendar: bool,
    output: str,
    now: datetime,
) -> None:
    """Plan, compare with every target, and bring the targets up to date.

    A target that is up to date is not touched. What has begun is never changed. One push runs at a
    time; another one ends with exit code 5, and cron may simply try again.
    """
    from contextlib import nullcontext

    from calsync.app.push import rounds
    from calsync.cli.reports import changes_json, print_changes

    setup = common.setup()
    names = [settings.name for settings in setup.config.targets]
    if target is not None and target not in names:
        message = f"{target!r} is no target of the config; there is {', '.join(names)}"
        raise click.BadParameter(message, param_hint="--target")
    if create_calendar and dry_run:
        raise click.UsageError("--create-calendar can't be tried dry")
    with nullcontext() if dry_run else setup.state.lock(waits.QUIET_PUSH if quiet else 0):
        if create_calendar:
            _create_calendars(setup, now, target)
        only = None if target is None else (target,)
        pushed = rounds(setup, now, only, allow_mass_delete=allow_mass_delete, dry_run=dry_run)
        if not dry_run and not pushed.failures:
            setup.state.remember_push(now, setup.config.zone)
    if output == "json":
        click.echo(changes_json(pushed, quiet=quiet))
    else:
        print_changes(pushed, quiet=quiet, dry_run=dry_run)
    if pushed.failures:
        raise all_of(pushed.failures)


def _create_calendars(setup: "Setup", now: datetime, only: str | None) -> None:
    created = setup.connection.create_missing(now, anew=True, only=only)
    for name, calendar_id in created.items():
        click.echo(f"{name}: created the calendar {calendar_id}", err=True)
    if not created:
        click.echo("No calendar had to be created.", err=True)
