"""`calsync skip`: this session or run won't happen."""

from datetime import datetime

import click

from calsync.cli import completion
from calsync.cli.options import common_options, now_option


@click.command(short_help="Leave out a run or session.")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=completion.published)
@now_option
@common_options
def skip(keys: tuple[str, ...], now: datetime) -> None:
    """Leave out runs or sessions, as deleting them in a calendar would.

    KEY is as `calsync plan --format json` prints it, such as 2026-W48/strength/1. Undone by
    `calsync release`.
    """
    from dataclasses import replace

    from calsync.cli.gather import load_setup
    from calsync.cli.wishes import known_keys, say_what_next

    setup = load_setup()
    known = known_keys(setup, now)
    known.check(keys)
    known.refuse_begun(keys, now, setup.config.zone)
    known.refuse_held(keys)
    with setup.state.lock(wait=10):
        wishes = setup.state.wishes()
        setup.state.save_wishes(replace(wishes, skips=wishes.skips | set(keys)), now)
    for key in keys:
        click.echo(f"{key}: skipped")
    say_what_next()
