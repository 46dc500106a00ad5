"""What the runner wants and feels: `calsync skip`, `move`, `release`, and `checkin`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from calsync import waits
from calsync.cli import options
from calsync.cli.options import Common, as_wrong_usage, common_options, format_option, now_option
from calsync.training import Sign

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from calsync.app.setup import Setup


@click.command(short_help="Leave out a run or session.")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=options.published)
@now_option
@common_options
def skip(common: Common, keys: tuple[str, ...], now: datetime) -> None:
    """Leave out runs or sessions, as deleting them in a calendar would.

    KEY is as `calsync plan --format json` prints it, such as 2026-W48/strength/1. Undone by
    `calsync release`.
    """
    from calsync.app import wishes

    setup = common.setup()
    with as_wrong_usage():
        wishes.known_keys(setup, now).check(keys, now, setup.config.zone)
        wishes.skip(setup, keys, now)
    for key in keys:
        click.echo(f"{key}: skipped")
    _say_what_next()


@click.command(short_help="Put a run or session at another time.")
@click.argument("key", shell_complete=options.published)
@click.argument("start")
@now_option
@common_options
def move(common: Common, key: str, start: str, now: datetime) -> None:
    """Put a run or a session at another START, as dragging it in a calendar would.

    KEY is as `calsync plan --format json` prints it, such as 2026-W48/strength/1. START is a date and a time,
    such as 2026-11-24T18:00, in the plan's zone unless it has an offset. It stays there, and the rest is
    planned around it. Undone by `calsync release`.
    """
    from calsync.app import wishes

    setup = common.setup()
    zone = setup.config.zone
    known = wishes.known_keys(setup, now)
    with as_wrong_usage():
        known.check([key], now, zone)
        known.check_not_deleted(key)
    place = wishes.move(setup, known, key, _instant(start, zone, now), now)
    click.echo(f"{key}: moved to {place.span.start.astimezone(zone):%a %d %b %H:%M}")
    for text in wishes.broken_rules(setup, known, key, place, now):
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
    # In UTC, as sums of wall-clock times go wrong where clocks change. A time that is skipped becomes the one
    # after the gap (RFC 5545, 3.3.5).
    start = (start if start.utcoffset() is not None else start.replace(tzinfo=zone)).astimezone(UTC)
    if start <= now:
        raise click.BadParameter(f"{text} is in the past", param_hint="START")
    if start.year > LAST_YEAR:
        raise click.BadParameter(f"{text} is too far away", param_hint="START")
    return start


@click.command(short_help="Undo a skip or a move.")
@click.argument("keys", metavar="[KEY]...", nargs=-1, shell_complete=options.held)
@click.option("--all", "everything", is_flag=True, help="Release all that was moved or skipped.")
@now_option
@common_options
def release(common: Common, keys: tuple[str, ...], everything: bool, now: datetime) -> None:
    """Forget a move or a skip, so that calsync places that run or session again.

    Also what was moved or deleted in Google Calendar.
    """
    from calsync.app import wishes

    if everything == bool(keys):
        raise click.UsageError("name the keys to release, or give --all")
    with as_wrong_usage():
        released = wishes.release(common.setup(), keys, now)
    for key in sorted(released):
        click.echo(f"{key}: released")
    if not released:
        click.echo("Nothing is moved or skipped.", err=True)
    else:
        _say_what_next()


def _say_what_next() -> None:
    click.echo("The next `calsync push` brings the calendars up to date.", err=True)


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
    Sign.EASY_FEELS_HARD: "Did easy runs not feel easy?",
    Sign.LOW_MOTIVATION: "Did you have to drag yourself out?",
}


def _ask() -> frozenset[Sign]:
    """A short dialogue; without a terminal there is nobody to ask."""
    import sys

    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to ask: name --sign (repeatable) or --none")
    click.echo("How were the last seven days?")
    return frozenset(sign for sign, question in _QUESTIONS.items() if click.confirm(f"  {question}", False))


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
    _say_what_next()


def _remove(setup: "Setup", day: date) -> None:
    with setup.state.lock(waits.WISH):
        before = setup.state.checkins()
        left = [known for known in before if known.day != day]
        if len(left) == len(before):
            days = ", ".join(str(known.day) for known in before[-5:]) or "none"
            raise click.UsageError(f"there is no check-in of {day} (the last ones: {days})")
        setup.state.save_checkins(left)
    click.echo(f"The check-in of {day} is forgotten.")
