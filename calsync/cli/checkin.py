"""`calsync checkin`: how training feels, recorded and listed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from calsync import waits
from calsync.cli.options import Common, common_options, format_option, now_option
from calsync.training import Sign

if TYPE_CHECKING:
    from calsync.app.gather import Setup


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
@click.option("--list", "shows", is_flag=True, help="Show the check-ins so far, and how they develop.")
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
      easy-feels-hard  easy runs don't feel easy
      low-motivation   no wish to train

    One sign makes the sessions of a week lighter and shorter, two leave one out, three or four leave a single
    light one and turn the last hard run into an easy one. It acts on the week of the date four days later: up
    to Wednesday this week, from Thursday the next. Another check-in of the same date replaces the first.
    Without options, calsync asks.
    """
    chosen = [bool(signs), all_well, shows, remove]
    if sum(chosen) > 1:
        raise click.UsageError("--sign, --none, --list and --remove exclude one another")
    if shows and day:
        raise click.UsageError("--list shows all check-ins; leave out --date")
    if output == "json" and not shows:
        raise click.UsageError("--format belongs to --list")
    setup = common.setup()
    today = now.astimezone(setup.config.zone).date()
    date_given = day.date() if day else today
    if shows:
        from calsync.cli.reports import checkins_json, print_checkins

        checkins = setup.state.checkins()
        click.echo(checkins_json(checkins)) if output == "json" else print_checkins(checkins, today)
    elif remove:
        _remove(setup, date_given)
    else:
        _record(setup, date_given, today, frozenset(map(Sign, signs)) if signs or all_well else _ask())


def _ask() -> frozenset[Sign]:
    """A short dialogue; without a terminal there is nobody to ask."""
    import sys

    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: name --sign (repeatable) or --none")
    from calsync.cli.reports import QUESTIONS

    click.echo("How were the last seven days?")
    return frozenset(sign for sign, question in QUESTIONS.items() if click.confirm(f"  {question}", False))


def _record(setup: "Setup", day: date, today: date, signs: frozenset[Sign]) -> None:
    from calsync.planning.progression import effect, signs_text
    from calsync.training import FIRST_YEAR, LAST_YEAR, CheckIn, Week
    from calsync.words import date_name

    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        message = f"{day} is not between {FIRST_YEAR} and {LAST_YEAR}"
        raise click.BadParameter(message, param_hint="--date")
    new = CheckIn(day, signs)
    with setup.state.lock(waits.WISH):
        before: Sequence[CheckIn] = setup.state.checkins()
        setup.state.save_checkins([*(known for known in before if known.day != day), new])
    replaced = " (in place of the one before)" if any(known.day == day for known in before) else ""
    click.echo(f"{date_name(day)} {day.year}: {signs_text(new)}{replaced}. {new.week}: {effect(new)}.")
    if new.week < Week.of(today):
        click.echo(f"Note: {new.week} is over; this is for the record.", err=True)
        return
    if day > today:
        click.echo(f"Note: {day} has not come yet.", err=True)
    click.echo("The next `calsync push` brings the calendars up to date.", err=True)


def _remove(setup: "Setup", day: date) -> None:
    with setup.state.lock(waits.WISH):
        before = setup.state.checkins()
        left = [known for known in before if known.day != day]
        if len(left) == len(before):
            days = ", ".join(str(known.day) for known in before[-5:]) or "none"
            raise click.UsageError(f"there is no check-in of {day} (the last ones: {days})")
        setup.state.save_checkins(left)
    click.echo(f"The check-in of {day} is forgotten.")
