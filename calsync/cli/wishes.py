"""What `skip` and `move` have in common: keys that exist, and time that has not come.

Decides which keys may be named. What a wish does to the plan is decided in planning.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from calsync.cli.gather import Setup, Target, gather_training, load_targets
from calsync.cli.training import Training
from calsync.event import StoredEvent
from calsync.planning.week import WantedRun, WantedSession, wanted_week
from calsync.toml import did_you_mean


@dataclass(frozen=True, slots=True)
class Known:
    """Every key that can be named: what the weeks want, and what the calendars hold.

    `deleted` are those that their owner deleted in a calendar, and the target's name. `training` is what the
    weeks follow beside their templates.
    """

    wanted: dict[str, WantedRun | WantedSession]
    stored: dict[str, StoredEvent]
    deleted: dict[str, str]
    training: Training

    def check(self, keys: Iterable[str]) -> None:
        """Raises click.UsageError for the first key that is unknown."""
        known = sorted({*self.wanted, *self.stored})
        for key in keys:
            if key not in known:
                hint = did_you_mean(key, known).replace(key.lower(), key)
                examples = ", ".join(known[:4]) if known else "none"
                raise click.UsageError(
                    f"there is no run or session {key!r} in the plan{hint or f' (keys are like {examples})'}"
                )

    def refuse_held(self, keys: Iterable[str]) -> None:
        """Raises click.UsageError for the first key that its owner has made something else of."""
        for key in keys:
            if (stored := self.stored.get(key)) and stored.is_held:
                raise click.UsageError(
                    f"{key} was made to repeat in its calendar, and is yours: change it there"
                )

    def refuse_begun(self, keys: Iterable[str], now: datetime, zone: ZoneInfo) -> None:
        """Raises click.UsageError for the first key whose time has come."""
        for key in keys:
            stored, wanted = self.stored.get(key), self.wanted.get(key)
            is_over = isinstance(wanted, WantedRun) and wanted.day < now.astimezone(zone).date()
            if stored.span.start <= now if stored else is_over:
                raise click.UsageError(f"{key} has already begun; the past is never changed")


def known_keys(setup: Setup, now: datetime) -> Known:
    program, zone = setup.config.program, setup.config.zone
    training = gather_training(setup, now)
    weeks = [
        wanted_week(week, program, setup.templates, training.checkins, training.feed.get(week))
        for week in program.horizon_weeks(now.astimezone(zone).date())
    ]
    wanted: dict[str, WantedRun | WantedSession] = {}
    for week in weeks:
        wanted |= {run.key: run for run in week.runs}
        wanted |= {session.key: session for session in week.sessions}
    targets: tuple[Target, ...] = load_targets(setup)
    stored: dict[str, StoredEvent] = {}
    deleted: dict[str, str] = {}
    for target in sorted(targets, key=lambda target: not target.is_editable):
        for event in target.contents.events:
            stored.setdefault(event.key, event)
        deleted |= dict.fromkeys(target.contents.deleted, target.settings.name)
    return Known(wanted, stored, deleted, training)


def say_what_next() -> None:
    click.echo("The next `calsync push` brings the calendars up to date.", err=True)
