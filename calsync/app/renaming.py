"""When a config no longer fits what it once wrote: its plan has another name, or a target is gone.

A plan's name is in the id of each of its events. Under a new one the old events would stay for ever, and
everything would be on the calendars twice. So a push keeps which config it was made for, and where it wrote
(`state.Written`); the next one compares.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from calsync.app.setup import Setup
from calsync.calendars import Loaded
from calsync.config.settings import AnyTarget, CaldavTarget, GoogleTarget, IcsTarget
from calsync.errors import UsageError
from calsync.files import real_path
from calsync.state import Written, former_names, state_of
from calsync.words import counted, shown_path
from calsync.written import PLAN_NAME


@dataclass(frozen=True, slots=True)
class Held:
    """A target with events of this plan under its former name; `events` is None if nobody counted."""

    target: str
    former: str
    events: int | None

    def text(self, name: str) -> str:
        """What happened and what to do; `name` is what the plan is called now."""
        events = "events" if self.events is None else counted(self.events, "event")
        return (
            f'{self.target}: it holds {events} of the plan "{self.former}", which is called "{name}" now. '
            f"`calsync push --adopt {self.former}` takes them over, with all that you moved, skipped and "
            f'checked in. Or write name = "{self.former}" again; or give the target another place, if this '
            "is a new plan"
        )


def held_by_former(setup: Setup, loaded: Sequence[tuple[AnyTarget, Loaded]]) -> tuple[Held, ...]:
    """Which targets hold events of a plan that this config wrote under another name."""
    config = setup.config
    names = former_names(config.path, config.name)
    found = [
        Held(settings.name, name, events)
        for name in names
        for settings, calendar in loaded
        if (events := calendar.of_plan(name))
    ]
    # Which calendar in Google, or by CalDAV, is a target's may be known to the former plan alone.
    known = {settings.name for settings, _ in loaded}
    missing = [one for one in config.targets if not isinstance(one, IcsTarget) and one.name not in known]
    for name in names if missing else ():
        state = state_of(name)
        calendars = {**state.google().calendars, **state.caldav().calendars}
        found += [Held(one.name, name, None) for one in missing if one.name in calendars]
    return tuple(found)


def take_over_state(setup: Setup, former: str) -> None:
    """What was moved, skipped and checked in, addresses, the access to Google: unless this plan has its own.

    Raises UsageError if no plan was ever called that, and Unavailable.
    """
    import re

    if not re.fullmatch(PLAN_NAME, former) or former == setup.config.name:
        raise UsageError(f'--adopt: expected the name that the plan had before, found "{former}"')
    other = state_of(former)
    if other.folder.is_dir():
        with other.lock():
            setup.state.take_over(other)


def adopt(loaded: Sequence[tuple[AnyTarget, Loaded]], former: str, now: datetime) -> dict[str, int]:
    """Make the events of the plan `former` this plan's, as they are: how many in each target.

    Raises what writing raises; asked again, it goes on with the rest.
    """
    return {
        settings.name: calendar.adopt(former, now)
        for settings, calendar in loaded
        if calendar.of_plan(former)
    }


def gone(setup: Setup) -> Iterator[str]:
    """Where the last push wrote and this config doesn't: what it is, and what to do."""
    written = setup.state.written()
    if written is None:
        return
    targets = setup.config.targets
    files = {str(real_path(one.path)): one.name for one in targets if isinstance(one, IcsTarget)}
    for name, file in written.files.items():
        if file in files or not Path(file).exists():
            continue
        where = shown_path(Path(file))
        now = next((one.path for one in targets if isinstance(one, IcsTarget) and one.name == name), None)
        if now is not None:
            yield (
                f"{name}: it goes to {shown_path(now)} now. {where} stays as it is: subscribe to the new one "
                "where you had the old, then delete the old file"
            )
        else:
            yield (
                f'{where}: the target "{name}" is gone from the config, so this file stays as it is. Delete '
                "it, and remove the subscriptions to it, or put the target back"
            )
    for kind, where, known in (
        (GoogleTarget, "in Google", written.calendars),
        (CaldavTarget, "on its server", written.caldav),
    ):
        still = [one for one in targets if isinstance(one, kind)]
        titles, names = {one.calendar for one in still}, {one.name for one in still}
        for name, title in known.items():
            if name not in names and title not in titles:
                yield (
                    f'the calendar "{title}" {where}: the target "{name}" is gone from the config, so the '
                    "calendar stays as it is. Delete it there, or put the target back"
                )


def remember(setup: Setup, unfinished: Collection[str], held: Sequence[Held]) -> None:
    """Keep where a push that went well wrote; `unfinished` are the targets that it could not write."""
    config = setup.config
    files = {one.name: str(real_path(one.path)) for one in config.targets if isinstance(one, IcsTarget)}
    calendars = {
        one.name: one.calendar
        for one in config.targets
        if isinstance(one, GoogleTarget) and one.name not in unfinished
    }
    caldav = {
        one.name: one.calendar or one.place
        for one in config.targets
        if isinstance(one, CaldavTarget) and one.name not in unfinished
    }
    setup.state.remember_written(Written(str(real_path(config.path)), files, calendars, caldav))
    still = {one.former for one in held}
    for name in former_names(config.path, config.name):
        if name not in still:
            # Nothing of it is left where this config writes, so it is another plan's from now on.
            state_of(name).forget_written()
