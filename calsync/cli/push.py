"""`calsync push`: plan, compare with every target, apply."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from calsync.cli.options import common_options, format_option, now_option

if TYPE_CHECKING:
    from calsync.cli.gather import Gathered, Target
    from calsync.state import State
    from calsync.sync.changes import Change


@click.command(short_help="Bring the calendars up to date.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--target", metavar="NAME", help="Write this target of the config only.")
@click.option("--quiet", "-q", is_flag=True, help="Print only changes and trouble: made for cron.")
@click.option(
    "--allow-mass-delete",
    is_flag=True,
    help="Go on even if more than half of what is still to come would be withdrawn.",
)
@format_option("text", "json")
@now_option
@common_options
def push(
    dry_run: bool, target: str | None, quiet: bool, allow_mass_delete: bool, output: str, now: datetime
) -> None:
    """Plan, compare with every target, and bring the targets up to date.

    A target that is up to date is not touched. What has begun is never changed. One push runs at a
    time; another one ends with exit code 5, and cron may simply try again.
    """
    from contextlib import nullcontext

    from calsync.cli.gather import gather_plan, load_setup

    setup = load_setup()
    names = [settings.name for settings in setup.config.targets]
    if target is not None and target not in names:
        message = f"{target!r} is no target of the config; there is {', '.join(names)}"
        raise click.BadParameter(message, param_hint="--target")
    with nullcontext() if dry_run else setup.state.lock():
        gathered = gather_plan(setup, now)
        chosen = [t for t in gathered.targets if target in (None, t.settings.name)]
        # All is decided before anything is written: a refusal leaves every target as it is.
        changes = [(one, _decide(gathered, one, now, allow_mass_delete)) for one in chosen]
        failures = [] if dry_run else _apply(setup.state, changes, now)
    _show(gathered, changes, output=output, quiet=quiet, dry_run=dry_run)
    if failures:
        raise failures[0] if len(failures) == 1 else _all_of(failures)


def _decide(
    gathered: "Gathered", target: "Target", now: datetime, allow_mass_delete: bool
) -> "tuple[Change, ...]":
    from calsync.planning.explain import lasting_reasons
    from calsync.sync.diff import diff, refuse_mass_delete

    plan = gathered.plan
    why = {
        session.key: "; ".join(reason.text for reason in lasting_reasons(plan, week, session)[:2])
        for week in plan.weeks
        for session in week.strength
    }
    why |= {session.key: "found no place any more" for week in plan.weeks for session in week.unplaced}
    changes = diff(
        target.wanted(gathered.events),
        target.stored,
        now=now,
        pinned=frozenset(key for key, p in gathered.standing.published.items() if p.pinned),
        skipped=frozenset(filter(target.takes, gathered.standing.skipped)),
        reasons=why,
    )
    if not allow_mass_delete:
        refuse_mass_delete(
            changes, target.stored, now=now, target=target.settings.name, plan_is_empty=plan.is_empty
        )
    return changes


def _apply(
    state: "State", changes: "list[tuple[Target, tuple[Change, ...]]]", now: datetime
) -> list[Exception]:
    """Write every target, also if one of them fails. Leaves in `changes` what was written; the failures."""
    from calsync.errors import CalsyncError

    failures: list[Exception] = []
    for target, its_changes in list(changes):
        try:
            target.calendar.apply(its_changes, now)
            state.add_feed(target.settings.path)
        except CalsyncError as problem:
            failures.append(problem)
            changes.remove((target, its_changes))
    return failures


def _all_of(failures: Sequence[Exception]) -> Exception:
    from calsync.errors import TargetUnavailable

    return TargetUnavailable("; ".join(str(failure) for failure in failures))


def _show(
    gathered: "Gathered",
    changes: "list[tuple[Target, tuple[Change, ...]]]",
    *,
    output: str,
    quiet: bool,
    dry_run: bool,
) -> None:
    from calsync.cli.changes import changes_json, print_changes

    if output == "json":
        click.echo(changes_json(gathered, changes, quiet=quiet))
    else:
        print_changes(gathered, changes, quiet=quiet, dry_run=dry_run)
