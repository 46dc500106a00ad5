"""`calsync skip`, `move` and `release`: what the runner wants done with single runs and sessions."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync.cli import completion
from calsync.cli.options import Common, as_wrong_usage, common_options, now_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


# --- skip -------------------------------------------------------------------------------------------------


@click.command(short_help="Leave out a run or session.")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=completion.published)
@now_option
@common_options
def skip(common: Common, keys: tuple[str, ...], now: datetime) -> None:
    """Leave out runs or sessions, as deleting them in a calendar would.

    KEY is as `calsync plan --format json` prints it, such as 2026-W48/strength/1. Undone by
    `calsync release`.
    """
    from calsync.app import wishes

    setup = common.setup()
    with as_wrong_usage():
        wishes.known_keys(setup, now).check(keys, now, setup.config.zone)
    wishes.skip(setup, keys, now)
    for key in keys:
        click.echo(f"{key}: skipped")
    _say_what_next()


# --- move -------------------------------------------------------------------------------------------------


@click.command(short_help="Put a run or session at another time.")
@click.argument("key", shell_complete=completion.published)
@click.argument("start")
@now_option
@common_options
def move(common: Common, key: str, start: str, now: datetime) -> None:
    """Put a run or a session at another START, as dragging it in a calendar would.

    KEY is as `calsync plan --format json` prints it, such as 2026-W48/strength/1. START is a date and a time,
    such as 2026-11-24T18:00, in the plan's zone unless it has an offset. It stays there, and the rest is
    planned around it. Undone by `calsync release`.
    """
    from calsync.app import wishes

    setup = common.setup()
    zone = setup.config.zone
    known = wishes.known_keys(setup, now)
    with as_wrong_usage():
        known.check([key], now, zone)
        known.check_not_deleted(key)
    place = wishes.move(setup, known, key, _instant(start, zone, now), now)
    click.echo(f"{key}: moved to {place.span.start.astimezone(zone):%a %d %b %H:%M}")
    for text in wishes.broken_rules(setup, known, key, place, now):
        click.echo(f"Note: {text}", err=True)
    _say_what_next()


def _instant(text: str, zone: "ZoneInfo", now: datetime) -> datetime:
    from calsync.training import LAST_YEAR

    try:
        # A date alone would be midnight, which nobody means.
        start = datetime.fromisoformat(text if ":" in text else "").replace(microsecond=0)
    except ValueError as problem:
        message = f"{text!r} is no date and time such as 2026-11-24T18:00"
        raise click.BadParameter(message, param_hint="START") from problem
    start = start if start.utcoffset() is not None else start.replace(tzinfo=zone)
    if start <= now:
        raise click.BadParameter(f"{text} is in the past", param_hint="START")
    if start.year > LAST_YEAR:
        raise click.BadParameter(f"{text} is too far away", param_hint="START")
    return start


# --- release ----------------------------------------------------------------------------------------------


@click.command(short_help="Undo a skip or a move.")
@click.argument("keys", metavar="[KEY]...", nargs=-1, shell_complete=completion.held)
@click.option("--all", "everything", is_flag=True, help="Release all that was moved or skipped.")
@now_option
@common_options
def release(common: Common, keys: tuple[str, ...], everything: bool, now: datetime) -> None:
    """Forget a move or a skip, so that calsync places that run or session again.

    Also what was moved or deleted in Google Calendar.
    """
    from calsync.app import wishes

    if everything == bool(keys):
        raise click.UsageError("name the keys to release, or give --all")
    with as_wrong_usage():
        released = wishes.release(common.setup(), keys, now)
    for key in sorted(released):
        click.echo(f"{key}: released")
    if not released:
        click.echo("Nothing is moved or skipped.", err=True)
    else:
        _say_what_next()


def _say_what_next() -> None:
    click.echo("The next `calsync push` brings the calendars up to date.", err=True)
