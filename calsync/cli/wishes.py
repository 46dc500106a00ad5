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
    from dataclasses import replace

    from calsync.app.wishes import known_keys

    setup = common.setup()
    known = known_keys(setup, now)
    with as_wrong_usage():
        known.check(keys)
        known.refuse_begun(keys, now, setup.config.zone)
        known.refuse_held(keys)
    with setup.state.lock(wait=10):
        wishes = setup.state.wishes()
        setup.state.save_wishes(replace(wishes, skips=wishes.skips | set(keys)), now)
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
    from dataclasses import replace

    from calsync.app.wishes import broken_rules, known_keys, moved

    setup = common.setup()
    known = known_keys(setup, now)
    with as_wrong_usage():
        known.check([key])
        known.refuse_begun([key], now, setup.config.zone)
        known.refuse_held([key])
    if key in known.deleted:
        raise click.UsageError(
            f"{key} was deleted in the calendar {known.deleted[key]}; run `calsync release {key}` first"
        )
    place = moved(setup, known, key, _instant(start, setup.config.zone, now))
    with setup.state.lock(wait=10):
        wishes = setup.state.wishes()
        moves = {**wishes.moves, key: place}
        stored = known.stored.get(key)
        stood = {**wishes.stood, key: stored.span} if stored else wishes.stood
        setup.state.save_wishes(replace(wishes, moves=moves, skips=wishes.skips - {key}, stood=stood), now)
    click.echo(f"{key}: moved to {place.span.start.astimezone(setup.config.zone):%a %d %b %H:%M}")
    for text in broken_rules(setup, known, key, place, now):
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
    from calsync.app.wishes import held, let_go
    from calsync.words import did_you_mean

    if everything == bool(keys):
        raise click.UsageError("name the keys to release, or give --all")
    setup = common.setup()
    with setup.state.lock(wait=10):
        owners = held(setup, now)
        for key in keys:
            if key in owners.begun:
                raise click.UsageError(f"{key} has already begun; the past is never changed")
            if key not in owners.keys:
                hint = did_you_mean(key, owners.keys)
                hint = hint or f"; held are: {', '.join(sorted(owners.keys)) or 'none'}"
                raise click.UsageError(f"{key!r} is neither moved nor skipped{hint}")
        released = owners.keys if everything else frozenset(keys)
        let_go(setup, owners, released, now)
    for key in sorted(released):
        click.echo(f"{key}: released")
    if not released:
        click.echo("Nothing is moved or skipped.", err=True)
    else:
        _say_what_next()


def _say_what_next() -> None:
    click.echo("The next `calsync push` brings the calendars up to date.", err=True)
