"""`calsync plan`: compute the weeks and show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync.cli import completion
from calsync.cli.options import common_options, format_option, now_option

if TYPE_CHECKING:
    from calsync.planning.plan import PlannedWeek


@click.command(short_help="Show the coming weeks.")
@click.option("--weeks", type=click.IntRange(1, 53), help="Weeks to plan.  [default: the config's horizon]")
@click.option(
    "--week",
    metavar="WEEK",
    shell_complete=completion.weeks,
    help="Show one week of the plan only, such as 2026-W48.",
)
@click.option("--explain", is_flag=True, help="Say why each session is where it is, and what else there was.")
@format_option("table", "json", "svg", "html")
@now_option
@common_options
def plan(weeks: int | None, week: str | None, *, explain: bool, output: str, now: datetime) -> None:
    """Compute and show the coming weeks: runs, strength, busy time, warnings.

    Changes nothing. What the calendars already hold is respected, as `calsync push` would. JSON always holds
    what --explain says. SVG is a picture of the weeks, HTML a page that needs no other file.
    """
    from calsync.cli.gather import gather_plan, load_setup

    gathered = gather_plan(load_setup(weeks), now)
    shown = _one_week(gathered.plan.weeks, week)
    if output == "json":
        from calsync.cli.plan_json import plan_json

        click.echo(plan_json(gathered, shown))
    elif output in ("svg", "html"):
        from calsync.cli.drawing import draw

        click.echo(draw(gathered, shown, output), nl=False)
    else:
        from calsync.cli.render import print_plan

        print_plan(gathered, shown, explains=explain)


def _one_week(weeks: "Sequence[PlannedWeek]", week: str | None) -> "Sequence[PlannedWeek]":
    if week is None:
        return weeks
    chosen = tuple(planned for planned in weeks if str(planned.week) == week)
    if not chosen:
        known = f"{weeks[0].week} to {weeks[-1].week}"
        raise click.BadParameter(f"{week!r} is not in the plan, which covers {known}", param_hint="--week")
    return chosen
