"""Where somebody's calendars are, looked at while they answer: a file, a folder, an address.

Decides what is taken for an answer, and says at once what was found there. Nothing is kept: an answer that is
taken back leaves no copy.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calsync.addresses import web_address
from calsync.cli.init_text import FEED_FILE, PlaceText
from calsync.errors import CalsyncError
from calsync.timespan import Timespan
from calsync.training import Week

if TYPE_CHECKING:
    from calsync.feeds.place import Place

_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """What reading a calendar needs: the weeks that matter to a plan that begins now."""

    folder: Path
    """Where the config will be; its relative paths start there."""
    zone: ZoneInfo
    now: datetime

    @property
    def monday(self) -> datetime:
        day = Week.of(self.now.astimezone(self.zone).date()).monday
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    @property
    def window(self) -> Timespan:
        return Timespan(self.monday, (self.monday + timedelta(weeks=_WEEKS)).astimezone(UTC))

    @property
    def weeks(self) -> str:
        return f"in the {_WEEKS} weeks from {self.monday:%-d %b}"


def place(text: str, look: Look) -> PlaceText:
    """Raises ValueError with what is wrong."""
    text = text.strip().strip("'\"")  # as terminals write a file that is dropped on them
    if "://" in text or text.lower().startswith(("webcal:", "https:", "http:")):
        try:
            web_address(text)
        except ValueError as problem:
            raise ValueError(f"the address {problem}") from problem
        return PlaceText("url", text)
    try:
        path = Path(text).expanduser()
        if not path.exists():
            raise ValueError(f'there is no file or folder "{text}"; an address begins with https://')
        if not (path.is_file() or path.is_dir()):
            raise ValueError(f'"{text}" is neither a file nor a folder')
        if path.resolve() == (look.folder / FEED_FILE).resolve():
            raise ValueError(f'"{text}" is the file that the plan will be written to')
    except (RuntimeError, OSError) as problem:
        raise ValueError(f'"{text}" can be no path: {problem}') from problem
    if path.is_absolute():
        return PlaceText("path", text)  # with its ~, so that the config can move to another machine
    return PlaceText("path", _from_folder(path, look.folder))


def _from_folder(path: Path, folder: Path) -> str:
    """A path from here, as a path from the config's folder; whole where that would have to climb."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links, which may change
    base = Path(os.path.abspath(folder))  # noqa: PTH100
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else str(whole)


def look_at_busy(where: PlaceText, look: Look) -> str:
    """What a busy calendar says, in words. Raises ValueError if it can't be read."""
    from calsync.cli.gather import progress
    from calsync.feeds.source import IcsSource

    try:
        with progress() as show:
            show("reading your calendar …")
            source = IcsSource(_place("your calendar", where, look))
            busy = source.busy(look.window, look.zone, look.now, None, show)
    except CalsyncError as problem:
        raise ValueError(str(problem)) from problem
    events = _counted(busy.events, "event", "events")
    times = _counted(len(busy.spans), "busy stretch", "busy stretches")
    return "; ".join([f"{events}, {times} {look.weeks}", *busy.warnings])


def look_at_runs(where: PlaceText, look: Look) -> str:
    """What a training platform's feed says, in words. Raises ValueError if it can't be read."""
    from calsync.cli.gather import progress
    from calsync.feeds.platform.source import PlatformSource
    from calsync.workout import Sort

    first = look.monday.date()
    last = first + timedelta(weeks=_WEEKS, days=-1)
    try:
        with progress() as show:
            show("reading your training calendar …")
            source = PlatformSource(_place("your training calendar", where, look))
            feed = source.workouts(first, last, look.zone, look.now, None, show)
    except CalsyncError as problem:
        raise ValueError(str(problem)) from problem
    runs = [workout for workout in feed.workouts if workout.sort is Sort.RUN]
    if runs and all(workout.kind is None for workout in runs):
        # Every calendar can be read as one of runs; this is the place to notice that it is another one.
        raise ValueError(f"no title among its {_counted(len(runs), 'entry', 'entries')} reads like a run's")
    found = f"{_counted(len(runs), 'run', 'runs')} {look.weeks}"
    if not runs:
        found += "; until it has some, the template's are used"
    return "; ".join([found, *feed.warnings])


def _place(what: str, where: PlaceText, look: Look) -> "Place":
    from calsync.feeds.limits import Limits
    from calsync.feeds.place import Place

    if where.is_secret:
        # Somebody waits, and can say the same once more.
        limits = Limits(attempts=1, deadline=30)
        return Place(what, url=where.value, use_cache_on_error=False, limits=limits)
    return Place(what, look.folder / Path(where.value).expanduser())


def _counted(count: int, one: str, many: str) -> str:
    return f"{count or 'no'} {one if count == 1 else many}"
