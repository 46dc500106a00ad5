"""`calsync move`: this session or run happens at another time."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync.cli import completion
from calsync.cli.options import common_options, now_option

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@click.command(short_help="Put a run or session at another time.")
@click.argument("key", shell_complete=completion.published)
@click.argument("start")
@now_option
@common_options
def move(key: str, start: str, now: datetime) -> None:
    """Put a run or a session at another START, as dragging it in a calendar would.

    KEY is as `calsync plan --format json` prints it, such as 2026-W48/strength/1. START is a date and a time,
    such as 2026-11-24T18:00, in the plan's zone unless it has an offset. It stays there, and the rest is
    planned around it. Undone by `calsync release`.
    """
    from dataclasses import replace

    from calsync.cli.gather import load_setup
    from calsync.cli.moving import broken_rules, moved
    from calsync.cli.wishes import known_keys, say_what_next

    setup = load_setup()
    known = known_keys(setup, now)
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
    say_what_next()


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
