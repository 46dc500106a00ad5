"""`calsync release`: calsync places this session again."""

from datetime import datetime

import click

from calsync.cli import completion
from calsync.cli.options import common_options, now_option


@click.command(short_help="Undo a skip or a move.")
@click.argument("keys", metavar="[KEY]...", nargs=-1, shell_complete=completion.held)
@click.option("--all", "everything", is_flag=True, help="Release all that was moved or skipped.")
@now_option
@common_options
def release(keys: tuple[str, ...], everything: bool, now: datetime) -> None:
    """Forget a move or a skip, so that calsync places that run or session again.

    Also what was moved or deleted in Google Calendar.
    """
    from calsync.cli.gather import load_setup
    from calsync.cli.releasing import held, let_go
    from calsync.cli.wishes import say_what_next
    from calsync.toml import did_you_mean

    if everything == bool(keys):
        raise click.UsageError("name the keys to release, or give --all")
    setup = load_setup()
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
        say_what_next()
