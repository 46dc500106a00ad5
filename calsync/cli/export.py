"""`calsync export`: the plan as ICS, touching no target."""

import sys
from datetime import datetime
from pathlib import Path

import click

from calsync.cli.options import common_options, now_option


@click.command(short_help="Write the plan as ICS.")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), required=False)
@now_option
@common_options
def export(path: Path | None, now: datetime) -> None:
    """Write the plan as ICS to standard output or into the file PATH, touching no target."""
    from calsync.calendars.ics_format import Stamp, calendar_bytes, event_bytes
    from calsync.cli.gather import gather_plan, load_setup
    from calsync.errors import TargetUnavailable
    from calsync.files import write_atomically

    gathered = gather_plan(load_setup(), now)
    name, zone = gathered.setup.config.name, gathered.setup.config.zone
    stamp = Stamp.after(None, now)
    events = [event_bytes(event, name, zone, stamp) for event in gathered.events]
    first_year = (gathered.events[0].span.start if events else now).year - 1
    content = calendar_bytes(events, name, zone, first_year)
    if path is None or str(path) == "-":
        sys.stdout.buffer.write(content)
    else:
        try:
            write_atomically(path, content)
        except OSError as problem:
            raise TargetUnavailable(f"{path} can't be written: {problem.strerror}") from problem
        click.echo(f"{len(events)} events written to {path}", err=True)
