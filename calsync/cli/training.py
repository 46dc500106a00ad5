"""How training goes: `calsync checkin` and `history`."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from calsync.cli.options import (
    Common,
    as_wrong_usage,
    caught_up,
    common_options,
    format_option,
    now_option,
    say_what_next,
)
from calsync.training import Sign

if TYPE_CHECKING:
    from calsync.app.setup import Setup


@click.command(short_help="Record how training feels.")
@click.option(
    "--sign",
    "signs",
    type=click.Choice([sign.value for sign in Sign]),
    multiple=True,
    help="A sign; repeatable.",
)
@click.option("--none", "all_well", is_flag=True, help="No signs: all is well.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day that the signs are of.  [default: today]",
)
@click.option("--list", "shows", is_flag=True, help="Show the check-ins so far, and the trend.")
@click.option("--remove", is_flag=True, help="Forget the check-in of that date.")
@format_option("table", "json")
@now_option
@common_options
def checkin(
    common: Common,
    signs: Sequence[str],
    *,
    all_well: bool,
    day: datetime | None,
    shows: bool,
    remove: bool,
    output: str,
    now: datetime,
) -> None:
    """Record the signs of the last seven days that training is out of balance.

    \b
      heavy-legs       runs feel heavy or flat
      sore             soreness that lasts
      easy-feels-hard  easy runs feel hard
      low-motivation   no motivation to train

    One sign makes the sessions of a week lighter and shorter, two leave one out, three or four leave a single
    light one and turn the last hard run into an easy one. It acts on the week of the date four days later: up
    to Wednesday this week, from Thursday the next. Another check-in of the same date replaces the first.
    Without options, calsync asks.
    """
    chosen = [bool(signs), all_well, shows, remove]
    if sum(chosen) > 1:
        raise click.UsageError("give only one of --sign, --none, --list and --remove")
    if shows and day:
        raise click.UsageError("--list shows all check-ins; leave out --date")
    if output == "json" and not shows:
        raise click.UsageError("--format goes with --list only")
    setup = caught_up(common, now)
    today = now.astimezone(setup.config.zone).date()
    date_given = day.date() if day else today
    if shows:
        checkins = setup.state.checkins()
        if output == "json":
            from calsync.cli.reports import checkins_json

            click.echo(checkins_json(checkins))
        else:
            from calsync.cli.tables import print_checkins

            print_checkins(checkins, today)
    elif remove:
        _remove(setup, date_given)
    else:
        _record(setup, date_given, today, frozenset(map(Sign, signs)) if signs or all_well else _ask())


_QUESTIONS = {
    Sign.HEAVY_LEGS: "Did runs feel heavy or flat?",
    Sign.SORE: "Were you sore for more than two days?",
    Sign.EASY_FEELS_HARD: "Did easy runs feel hard?",
    Sign.LOW_MOTIVATION: "Did you have to drag yourself out?",
}


def _ask() -> frozenset[Sign]:
    """A short dialogue; without a terminal there is nobody to ask."""
    if not sys.stdin.isatty():
        raise click.UsageError("not a terminal: pass --sign or --none")
    click.echo("How were the last seven days?")
    return frozenset(sign for sign, question in _QUESTIONS.items() if click.confirm(f"  {question}", False))


def _record(setup: "Setup", day: date, today: date, signs: frozenset[Sign]) -> None:
    from calsync.app.training_feed import check_in
    from calsync.planning.progression import effect, signs_text
    from calsync.training import FIRST_YEAR, LAST_YEAR, CheckIn, Week
    from calsync.words import date_name, week_name

    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        message = f"{day} is not between {FIRST_YEAR} and {LAST_YEAR}"
        raise click.BadParameter(message, param_hint="--date")
    new = CheckIn(day, signs)
    replaced = " (in place of the one before)" if check_in(setup, new) else ""
    acts = f"{week_name(new.week).capitalize()}: {effect(new)}."
    click.echo(f"{date_name(day)} {day.year}: {signs_text(new.signs)}{replaced}. {acts}")
    if new.week < Week.of(today):
        click.echo(f"Note: {week_name(new.week)} is over; this is for the record.", err=True)
        return
    if day > today:
        click.echo(f"Note: {day} is in the future.", err=True)
    say_what_next()


def _remove(setup: "Setup", day: date) -> None:
    from calsync.app.training_feed import forget_check_in

    with as_wrong_usage():
        forget_check_in(setup, day)
    click.echo(f"Removed the check-in of {day}.")


@click.command(short_help="Show what became of the last weeks.")
@format_option("table", "json", "svg")
@now_option
@common_options
def history(common: Common, output: str, now: datetime) -> None:
    """Show the last twelve weeks: what was planned, done, skipped and moved, and how it felt.

    Done is what you marked (`calsync done`), or your training platform says so. What is not marked counts as
    unknown, never as missed. SVG is a small chart.
    """
    from calsync.app.history import history as counted

    setup = common.setup()
    counts = counted(setup, now)
    if output == "json":
        from calsync.cli.reports import history_json

        click.echo(history_json(counts))
    elif output == "svg":
        from calsync.web.drawing import render_chart

        click.echo(render_chart(counts, name=setup.config.title), nl=False)
    else:
        from calsync.cli.tables import print_history

        print_history(counts)
