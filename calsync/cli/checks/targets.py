"""The calendars that calsync writes: can they be written, and what do they hold?

Decides what keeps a web server from a feed. Writes nothing to find out.
"""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from calsync.cli.checks.check import Check, Status, seconds
from calsync.cli.checks.words import ago, counted, shown_path
from calsync.config import Config
from calsync.config_calendars import GoogleTarget, IcsTarget
from calsync.errors import TargetUnavailable
from calsync.event import Contents
from calsync.state import State

if TYPE_CHECKING:
    from calsync.cli.connect import Connection


def ics_check(config: Config, state: State, target: IcsTarget, now: datetime) -> Check:
    """Raises TargetUnavailable or RefusedToProtectData."""
    from calsync.calendars.ics import IcsCalendar

    path, name = target.path, shown_path(target.path)
    # A push replaces the file, and whoever does that needs its folder; through a link, that of the real file.
    if (obstacle := why_not_writable(path.resolve().parent)) is not None:
        raise TargetUnavailable(f"{target.name}: {name} can't be written: {obstacle}")
    is_ours = str(path.resolve()) in state.feeds()
    contents = IcsCalendar(target.name, path, config.name, config.zone, is_ours=is_ours).load()
    if not path.exists():
        text = f"{name} can be written; the first push makes it"
        return Check(name="target", subject=target.name, text=text, events=0)
    upcoming, found = _upcoming(contents, now), path.stat()
    age = now - datetime.fromtimestamp(found.st_mtime, UTC)
    is_readable = bool(found.st_mode & stat.S_IROTH)
    text = f"{name}, {counted(upcoming, 'event')} to come, changed {ago(age)}"
    if not is_readable:
        text += "; a web server that is another user can't read it"
    elif closed := _closed_folder(path):
        # Many home folders are, and whoever serves the file by other means has nothing to do.
        text += f"; other users can't get into {closed}"
    return Check(
        name="target",
        subject=target.name,
        status=Status.OK if is_readable else Status.WARNING,
        text=text,
        fix=None if is_readable else f"chmod 644 {name}",
        age_seconds=seconds(age),
        events=upcoming,
        readable_by_others=is_readable and closed is None,
    )


def google_check(connection: "Connection", target: GoogleTarget, now: datetime) -> Check:
    """Raises CalendarGone, AuthorisationNeeded, Unavailable, RefusedToProtectData."""
    upcoming = _upcoming(connection.calendar(target).load(), now)
    text = f'the calendar "{target.calendar}" is in Google, {counted(upcoming, "event")} to come'
    return Check(name="target", subject=target.name, text=text, events=upcoming)


def _upcoming(contents: Contents, now: datetime) -> int:
    return sum(event.span.end > now for event in contents.events)


def why_not_writable(folder: Path) -> str | None:
    """What keeps calsync from making files in `folder`, which may not be there yet."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            return None if os.access(place, os.W_OK | os.X_OK) else f"you may not write to {place}"
        if place.exists() or place.is_symlink():
            return f"{place} is no folder"
    return f"{folder} is nowhere"


def _closed_folder(path: Path) -> Path | None:
    """The outermost folder that lets no other user through."""
    folders = reversed(path.resolve().parents)
    return next((folder for folder in folders if not folder.stat().st_mode & stat.S_IXOTH), None)
