"""`calsync busy`: what each source says is busy."""

from datetime import datetime

import click

from calsync.cli import completion
from calsync.cli.options import common_options, format_option, now_option


@click.command(short_help="Show when you are busy.")
@click.option(
    "--source",
    metavar="NAME",
    shell_complete=completion.sources,
    help="Ask this source of the config only.",
)
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The first day.  [default: today]",
)
@click.option("--days", type=click.IntRange(1, 3660), default=28, show_default=True, help="How many days.")
@format_option("table", "json")
@now_option
@common_options
def busy(source: str | None, first: datetime | None, days: int, output: str, now: datetime) -> None:
    """Show what each source says is busy: merged stretches, no titles."""
    from datetime import timedelta

    from calsync.cli.gather import load_setup, read_busy
    from calsync.timespan import Timespan
    from calsync.training import FIRST_YEAR, LAST_YEAR

    setup = load_setup()
    sources = [s for s in setup.config.sources if source in (None, s.name)]
    if source is not None and not sources:
        known = ", ".join(s.name for s in setup.config.sources) or "none"
        raise click.BadParameter(
            f"{source!r} is no busy source of the config ({known})", param_hint="--source"
        )
    zone = setup.config.zone
    day = first.date() if first else now.astimezone(zone).date()
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        message = f"{day} is not between {FIRST_YEAR} and {LAST_YEAR}"
        raise click.BadParameter(message, param_hint="--from")
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    found = read_busy(setup, sources, Timespan(midnight, midnight + timedelta(days=days)), now)
    if output == "json":
        import msgspec

        data = [
            {
                "source": one.source,
                "start": span.start.astimezone(zone).isoformat(),
                "end": span.end.astimezone(zone).isoformat(),
            }
            for one in found
            for span in one.spans
        ]
        click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2).decode())
        for one in found:
            for warning in one.warnings:
                click.echo(f"Warning: {one.source}: {warning}", err=True)
    elif not found:
        click.echo("The config names no busy source: add a [[busy]] table to it.", err=True)
    else:
        from calsync.cli.render import print_busy

        print_busy(found, zone)
