"""`calsync plan`, `export` and `busy` show what calsync sees and would do; `push` does it."""

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calsync import waits
from calsync.cli import options
from calsync.cli.options import Common, common_options, format_option, now_option
from calsync.errors import all_of

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from calsync.app.gather import Gathered
    from calsync.app.setup import Setup
    from calsync.cli.notify import Notify
    from calsync.planning.plan import PlannedWeek


@click.command(short_help="Show the coming weeks.")
@click.option("--weeks", type=click.IntRange(1, 53), help="Weeks to plan.  [default: the config's horizon]")
@click.option(
    "--week",
    metavar="WEEK",
    shell_complete=options.weeks,
    help="Show one week of the plan only, such as next, w49 or 2026-W49.",
)
@click.option(
    "--explain", is_flag=True, help="Say why each session is where it is, and what the second choice was."
)
@format_option("table", "json", "svg", "html")
@now_option
@common_options
def plan(
    common: Common, weeks: int | None, week: str | None, *, explain: bool, output: str, now: datetime
) -> None:
    """Compute and show the coming weeks: runs, strength, busy time, warnings.

    Changes nothing. What is in your calendars already counts, as for `calsync push`. JSON always has what
    --explain says. SVG is a picture of the weeks, HTML a page that needs no other file.
    """
    from calsync.app.gather import gather_plan

    gathered = gather_plan(common.setup(weeks), now)
    shown = _one_week(gathered, week)
    if output == "json":
        from calsync.cli.reports import plan_json

        click.echo(plan_json(gathered, shown))
    elif output in ("svg", "html"):
        click.echo(_drawn(gathered, shown, output), nl=False)
    else:
        from calsync.cli.tables import print_plan

        print_plan(gathered, shown, explains=explain)


def _one_week(gathered: "Gathered", week: str | None) -> "Sequence[PlannedWeek]":
    from calsync.spoken import week_meant

    weeks, zone = gathered.plan.weeks, gathered.plan.zone
    if week is None:
        return weeks
    try:
        meant = week_meant(week, gathered.plan.now.astimezone(zone).date())
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint="--week") from problem
    chosen = tuple(planned for planned in weeks if planned.week == meant)
    if not chosen:
        known = f"{weeks[0].week} to {weeks[-1].week}"
        raise click.BadParameter(f"{week!r} is not in the plan, which covers {known}", param_hint="--week")
    return chosen


def _drawn(gathered: "Gathered", weeks: "Sequence[PlannedWeek]", form: str) -> str:
    """`form` is "svg" or "html". A picture's warnings go to standard error, a page has them in it."""
    from calsync.cli.tables import print_warnings
    from calsync.travel import zone_at
    from calsync.web.drawing import render_page, render_svg
    from calsync.web.week import week_pictures

    plan, config = gathered.plan, gathered.setup.config
    shown = week_pictures(plan, weeks, plan.program, gathered.routines)
    now = plan.now.astimezone(plan.zone)
    warnings = [text for _, text in gathered.warnings]
    if form == "svg":
        print_warnings(warnings)
        return render_svg(shown, name=config.title, now=now)
    footer = f"Planned on {now:%a} {now.day} {now:%b %Y at %H:%M} ({zone_at(plan.zone, now).key})."
    return render_page(shown, name=config.title, now=now, footer=footer, warnings=warnings).html


@click.command(short_help="Write the plan as ICS.")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), required=False)
@click.option(
    "--include",
    type=click.Choice(["runs", "strength"]),
    multiple=True,
    help="What to write; repeatable.  [default: all; with a training feed strength only]",
)
@now_option
@common_options
def export(common: Common, path: Path | None, include: tuple[str, ...], now: datetime) -> None:
    """Write the plan as ICS to standard output or into the file PATH, without touching any target.

    Runs of a training feed are in your platform's own calendar, so they are left out unless you ask for them.
    """
    from calsync.app.gather import gather_plan
    from calsync.calendars.ics import Stamp, calendar_bytes, event_bytes
    from calsync.errors import TargetUnavailable
    from calsync.event import is_strength
    from calsync.files import write_atomically
    from calsync.words import counted

    gathered = gather_plan(common.setup(), now)
    name, zone = gathered.setup.config.name, gathered.setup.config.zone
    stamp = Stamp.after(None, now)
    # As for targets that don't say what they include.
    usual = ("runs", "strength") if gathered.setup.config.program.feed is None else ("strength",)
    events = [
        event_bytes(event, name, zone, stamp)
        for event in gathered.events
        if ("strength" if is_strength(event.key) else "runs") in (include or usual)
    ]
    first_year = (gathered.events[0].span.start if events else now).year - 1
    content = calendar_bytes(events, gathered.setup.config.title, zone, first_year)
    if path is None or str(path) == "-":
        sys.stdout.buffer.write(content)
    else:
        try:
            write_atomically(path, content)
        except OSError as problem:
            raise TargetUnavailable(f"{path} can't be written: {problem.strerror}") from problem
        click.echo(f"{counted(len(events), 'event')} written to {path}", err=True)


@click.command(short_help="Show when you are busy.")
@click.option(
    "--source",
    metavar="NAME",
    shell_complete=options.sources,
    help="Ask only this busy calendar of the config.",
)
@click.option(
    "--from",
    "first",
    metavar="DATE",
    help="The first day, such as tomorrow, fri or 2026-12-04.  [default: today]",
)
@click.option("--days", type=click.IntRange(1, 3660), default=28, show_default=True, help="How many days.")
@format_option("table", "json")
@now_option
@common_options
def busy(
    common: Common, source: str | None, first: str | None, days: int, output: str, now: datetime
) -> None:
    """Show when each busy calendar says you are busy, without titles."""
    from calsync.app.gather import read_busy
    from calsync.spoken import day_meant
    from calsync.timespan import Timespan

    setup = common.setup()
    sources = [s for s in setup.config.sources if source in (None, s.name)]
    if source is not None and not sources:
        known = ", ".join(s.name for s in setup.config.sources) or "none"
        raise click.BadParameter(
            f"{source!r} is no busy calendar of the config ({known})", param_hint="--source"
        )
    zone = setup.config.zone
    day = now.astimezone(zone).date()
    if first:
        try:
            day = day_meant(first, day)
        except ValueError as problem:
            raise click.BadParameter(str(problem), param_hint="--from") from problem
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    found = read_busy(setup, sources, Timespan(midnight, midnight + timedelta(days=days)), now)
    if output == "json":
        from calsync.cli.reports import as_json, span_json
        from calsync.words import on_one_line

        data = [{"source": one.source, **span_json(span, zone)} for one in found for span in one.spans]
        click.echo(as_json(data))
        for one in found:
            for warning in one.warnings:
                click.echo(on_one_line(f"Warning: {one.source}: {warning}"), err=True)
    elif not found:
        click.echo("The config has no busy calendar: add a [[busy]] table.", err=True)
    else:
        from calsync.cli.tables import print_busy

        print_busy(found, zone)


@click.command(short_help="Bring the calendars up to date.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--target",
    metavar="NAME",
    shell_complete=options.targets,
    help="Write only this target of the config.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print only changes and problems, for cron.")
@click.option(
    "--allow-mass-delete",
    is_flag=True,
    help="Go on even if more than half of your upcoming events would be removed.",
)
@click.option(
    "--clock-was-wrong",
    is_flag=True,
    help="Remove events beyond the plan, written while the clock was ahead.",
)
@click.option(
    "--create-calendar",
    is_flag=True,
    help="Recreate a target's calendar, in Google or by CalDAV, if it was deleted.",
)
@click.option(
    "--adopt",
    metavar="NAME",
    help="Take over the events, moves and skips of a plan that this config had under another name.",
)
@format_option("text", "json")
@now_option
@common_options
def push(
    common: Common,
    *,
    dry_run: bool,
    target: str | None,
    quiet: bool,
    allow_mass_delete: bool,
    clock_was_wrong: bool,
    create_calendar: bool,
    adopt: str | None,
    output: str,
    now: datetime,
) -> None:
    """Plan, compare with every target, and bring the targets up to date.

    A target that is up to date is not touched. Sessions that have started are never changed, unless you
    moved them. Only one push runs at a time; a second one ends with exit code 5, and cron can simply try
    again.
    """
    from contextlib import nullcontext

    from calsync.app.gather import ask_others
    from calsync.app.push import adopt_plan, failure_remembered, rounds
    from calsync.cli.reports import changes_json, print_changes, print_notices
    from calsync.words import counted

    setup = common.setup()
    names = [settings.name for settings in setup.config.targets]
    if target is not None and target not in names:
        message = f"{target!r} is no target of the config; there are: {', '.join(names)}"
        raise click.BadParameter(message, param_hint="--target")
    if create_calendar and dry_run:
        raise click.UsageError("--create-calendar and --dry-run exclude each other")
    if adopt is not None and dry_run:
        raise click.UsageError("--adopt and --dry-run exclude each other")
    only = None if target is None else (target,)
    notified: AbstractContextManager[Notify] = nullcontext(lambda pushed, only: None)
    if setup.config.notify:
        from calsync.cli import notify as of_notify

        notified = of_notify.notified(setup, now, quiet=quiet, dry_run=dry_run)
    with (
        notified as notify,
        nullcontext() if dry_run else failure_remembered(setup, now),
    ):
        others = ask_others(setup, now)
        if not dry_run and setup.state.acts().asked:
            # Imported only then: most pushes have nothing to catch up with, and start sooner without it.
            from calsync.app.actions import catch_up

            for answer in catch_up(setup, now, others):
                click.echo(f"From the page: {answer.text}", err=True)
        with nullcontext() if dry_run else setup.state.lock(waits.QUIET_PUSH if quiet else 0):
            if adopt is not None:
                with options.as_wrong_usage():
                    adopted = adopt_plan(setup, adopt, now, only)
                for name, count in adopted.items():
                    click.echo(
                        f'{name}: took over {counted(count, "event")} of the plan "{adopt}".', err=True
                    )
            if create_calendar:
                _create_calendars(setup, now, target)
            pushed = rounds(
                setup,
                now,
                only,
                others,
                allow_mass_delete=allow_mass_delete,
                clock_was_wrong=clock_was_wrong,
                dry_run=dry_run,
            )
            if not dry_run and not pushed.failures:
                setup.state.remember_push(now, setup.config.zone)
            notices = notify(pushed, only)
        if output == "json":
            click.echo(changes_json(pushed, quiet=quiet, notices=notices))
        else:
            print_changes(pushed, quiet=quiet, dry_run=dry_run)
            print_notices(notices)
        if pushed.failures:
            raise all_of(pushed.failures)


def _create_calendars(setup: "Setup", now: datetime, only: str | None) -> None:
    created = setup.connection.create_missing(now, anew=True, only=only)
    if setup.caldav:
        created |= setup.caldav.create_missing(now, anew=True, only=only)
    for name, calendar_id in created.items():
        click.echo(f"{name}: created the calendar {calendar_id}", err=True)
    if not created:
        click.echo("All calendars are there; none was created.", err=True)
