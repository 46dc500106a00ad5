"""`calsync release`: calsync places this session again."""

from datetime import datetime

import click

from calsync.cli.options import common_options, now_option


@click.command(short_help="Undo a skip or a move.")
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Release all that was moved or skipped.")
@now_option
@common_options
def release(keys: tuple[str, ...], everything: bool, now: datetime) -> None:
    """Forget a move or a skip, so that calsync places that run or session again."""
    from calsync.cli.gather import load_setup
    from calsync.cli.wishes import say_what_next
    from calsync.state import Wishes
    from calsync.toml import did_you_mean

    if everything == bool(keys):
        raise click.UsageError("name the keys to release, or give --all")
    setup = load_setup()
    with setup.state.lock():
        wishes = setup.state.wishes()
        held = {*wishes.moves, *wishes.skips}
        for key in keys:
            if key not in held:
                hint = did_you_mean(key, held) or f"; held are: {', '.join(sorted(held)) or 'none'}"
                raise click.UsageError(f"{key!r} is neither moved nor skipped{hint}")
        begun = {key for key, place in wishes.moves.items() if place.span.start <= now}
        for key in keys:
            if key in begun:
                raise click.UsageError(f"{key} has already begun; the past is never changed")
        released = held - begun if everything else set(keys)
        moves = {key: place for key, place in wishes.moves.items() if key not in released}
        setup.state.save_wishes(Wishes(moves, wishes.skips - released), now)
    for key in sorted(released):
        click.echo(f"{key}: released")
    if not released:
        click.echo("Nothing is moved or skipped.", err=True)
    else:
        say_what_next()
