"""A new config.toml: its text, filled with what its owner answered.

Decides what a new config holds: all settings of config.example.toml, those that were asked about switched on,
the others switched off, with what they are for. Knows nothing of how anybody is asked.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calsync.addresses import web_address
from calsync.app import NOBODY, Listener
from calsync.errors import CalsyncError
from calsync.timespan import Timespan
from calsync.training import Experience, TimeRange, Week
from calsync.words import counted

if TYPE_CHECKING:
    from calsync.feeds.place import Place


# --- init text --------------------------------------------------------------------------------------------


FEED_FILE = "public/training.ics"


@dataclass(frozen=True, slots=True)
class Times:
    """When strength may be placed. `sat` and `sun` are None where they are like every other day."""

    default: tuple[TimeRange, ...]
    sat: tuple[TimeRange, ...] | None = None
    sun: tuple[TimeRange, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlaceText:
    """Where a calendar is, as the config says it: `key` is "path" or "url"."""

    key: str
    value: str

    @property
    def is_secret(self) -> bool:
        """Who has an address can read the calendar."""
        return self.key == "url"

    @property
    def line(self) -> str:
        return f"{self.key} = {_quoted(self.value)}"


@dataclass(frozen=True, slots=True)
class Answers:
    zone: str
    monday: date
    """The first day of the plan."""
    weeks: tuple[str, ...]
    times: Times
    experience: Experience
    feed: PlaceText | None = None
    busy: PlaceText | None = None

    @property
    def is_secret(self) -> bool:
        return any(place.is_secret for place in (self.feed, self.busy) if place)


def config_text(answers: Answers, schema_line: str, name: str = "training") -> str:
    """The whole file. `schema_line` is for editors, with its line break; `name` is the plan's."""
    return schema_line + "\n\n".join(
        [
            _head(answers, name),
            _plan(answers),
            _availability(answers.times),
            _busy(answers.busy),
            _TARGETS,
        ]
    )


def _head(answers: Answers, name: str) -> str:
    return f"""\
# calsync's settings, as `calsync init` has written them. Change what you like; `calsync doctor` checks it.
#
# Lines without a space after the "#" are settings that are switched off: take the "#" away to use them.
# Relative paths start from the folder of this file.

# Names every event that calsync writes. Keep it; a second plan takes another name.
name = {_quoted(name)}

timezone = {_quoted(answers.zone)}
"""


def _plan(answers: Answers) -> str:
    monday = answers.monday
    race, holiday = monday + timedelta(weeks=16, days=6), monday + timedelta(weeks=5)
    return f"""\
# --- Your training -----------------------------------------------------------------------------------

[plan]
# Any day of the plan's first week. Weeks run from Monday to Sunday.
start = {monday}

# One template for each week, repeated in this order: `calsync templates list` shows them all. With three
# weeks of work and one to recover it is ["balanced", "balanced", "balanced", "recovery"].
weeks = {_list(answers.weeks)}

# How many weeks are planned at a time, the current one included.
horizon = 4

# With strength training: "new" (builds up over eight weeks), "regular" (two sessions a week) or "experienced"
# (up to three).
experience = {_quoted(answers.experience.value)}

# When you set out for runs whose template names no time: a time, or a range to find a free start in.
usual_start = {{ default = "07:00", sat = "08:00-11:00", sun = "08:00-11:00" }}

# A race: it takes the place of that day's runs, and strength shrinks in the two weeks before it.
#[plan.race]
#date = {race}
#title = "My race"
#start = "09:30" # otherwise your usual time
#duration = "4h"
#weeks = ["taper", "race-week"] # the last weeks up to the race's, in place of those of the plan

{_feed(answers.feed)}
# Another template for single weeks.
#[plan.override]
#{Week.of(monday).plus(5)} = "short-on-time"

# Days without any training, such as holidays or illness. Both dates are included.
#[[pause]]
#from = {holiday}
#to = {holiday + timedelta(days=6)}
"""


def _feed(place: PlaceText | None) -> str:
    off = "" if place else "#"
    where = place.line if place else 'path = "runs.ics" # or url = "https://...", or url_env = "RUNNA_ICS"'
    return f"""\
# Runs from Runna, TrainingPeaks, Final Surge, Garmin or any other calendar of workouts, instead of the
# templates'. A week in which it has no run uses the template's.
{off}[plan.feed]
{off}{where}
#strength = "ignore" # "feed": its strength workouts are placed instead of the templates'
#pace = "6:00/km" # for runs that say how far but not how long
#kind = {{ "Club night" = "intervals", "Coach call" = "ignore" }} # titles that calsync does not understand
"""


def _availability(times: Times) -> str:
    days = "".join(
        f"{day} = {_list(map(str, ranges))}\n"
        for day, ranges in (("default", times.default), ("sat", times.sat), ("sun", times.sun))
        if ranges is not None
    )
    return f"""\
# --- When strength may be placed ---------------------------------------------------------------------

[availability]
# On any day that has no line of its own (mon, tue, wed, thu, fri, sat, sun). A day that is [] has none.
{days}
# Times of day that you like best. Other times stay possible.
#prefer_times = ["12:00-14:00"]

# Kept free before and after everything in your calendars, to change and to get there.
buffer = "15m"

# Nothing is placed or moved closer to now than this.
notice = "12h"
"""


def _busy(place: PlaceText | None) -> str:
    off = "" if place else "#"
    where = place.line if place else 'path = "calendar.ics" # a file, or a folder of .ics files'
    return f"""\
# --- When you are busy -------------------------------------------------------------------------------
# As many calendars as you like. calsync only reads them.

{off}[[busy]]
{off}name = "calendar"
{off}type = "ics"
{off}{where}
#ignore = ["Lunch*"] # titles that don't keep you from training

# A calendar on the web. Its secret address can stay out of this file: here it is read from the environment
# variable PRIVATE_ICS.
#[[busy]]
#name = "private"
#type = "ics"
#url_env = "PRIVATE_ICS"

# Your calendars in Google: only when you are busy is read, never why. "primary" is your own; others go by the
# id that their settings show, often an address. Needs the [google] table at the end of this file.
#[[busy]]
#name = "google"
#type = "google"
#calendars = ["primary"]
"""


_TARGETS = f"""\
# --- Where the plan goes -----------------------------------------------------------------------------

# A calendar file to subscribe to from your phone or computer.
[[targets]]
name = "feed"
type = "ics"
path = "{FEED_FILE}"
#alarm = "30m" # a reminder this long before each event

# A second file for family or colleagues: it shows when you train, not what you do.
#[[targets]]
#name = "family"
#type = "ics"
#path = "public/busy.ics"
#detail = "busy"

# A calendar of its own in Google Calendar, which `calsync auth google` creates. What you move or delete there
# stays as you want it, and calsync plans the rest around it.
#[[targets]]
#name = "google"
#type = "google"
#calendar = "Training"
#reminder = "30m" # otherwise the calendar's own notifications apply, which you set in Google

# The file of your OAuth client, or of a service account, for all that is Google's.
#[google]
#credentials = "client_secret.json"
"""


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _quoted(text: str) -> str:
    """A TOML string. JSON's is one as well, where all can be printed, which answers are asked for."""
    return json.dumps(text, ensure_ascii=False)


# --- init places ------------------------------------------------------------------------------------------


_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """What reading a calendar needs: the weeks that matter to a plan that begins now."""

    folder: Path
    """Where the config will be; its relative paths start there."""
    zone: ZoneInfo
    now: datetime
    listener: Listener = NOBODY

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
    from calsync.feeds import Reading
    from calsync.feeds.place import busy_time

    try:
        with look.listener.progress() as show:
            show("reading your calendar …")
            place = _place("your calendar", where, look)
            answer = busy_time(place, Reading(), look.window, look.zone, look.now, None, show)
    except CalsyncError as problem:
        raise ValueError(str(problem)) from problem
    busy = answer.result
    events = counted(busy.events, "event", zero="no")
    times = counted(len(busy.spans), "busy stretch", "busy stretches", zero="no")
    return "; ".join([f"{events}, {times} {look.weeks}", *busy.warnings])


def look_at_runs(where: PlaceText, look: Look) -> str:
    """What a training platform's feed says, in words. Raises ValueError if it can't be read."""
    from calsync.feeds.place import feed_workouts
    from calsync.feeds.workouts import PlatformReading
    from calsync.training import Sort

    first = look.monday.date()
    last = first + timedelta(weeks=_WEEKS, days=-1)
    try:
        with look.listener.progress() as show:
            show("reading your training calendar …")
            place = _place("your training calendar", where, look)
            answer = feed_workouts(place, PlatformReading(), first, last, look.zone, look.now, None, show)
    except CalsyncError as problem:
        raise ValueError(str(problem)) from problem
    feed = answer.result
    runs = [workout for workout in feed.workouts if workout.sort is Sort.RUN]
    if runs and all(workout.kind is None for workout in runs):
        # Every calendar can be read as one of runs; this is the place to notice that it is another one.
        raise ValueError(f"no title among its {counted(len(runs), 'entry', 'entries')} reads like a run's")
    found = f"{counted(len(runs), 'run', zero='no')} {look.weeks}"
    if not runs:
        found += "; until it has some, the template's are used"
    return "; ".join([found, *feed.warnings])


def _place(what: str, where: PlaceText, look: Look) -> "Place":
    from calsync.feeds.download import Limits
    from calsync.feeds.place import Place

    if where.is_secret:
        # Somebody waits, and can say the same once more.
        limits = Limits(attempts=1, deadline=30)
        return Place(what, url=where.value, use_cache_on_error=False, limits=limits)
    return Place(what, look.folder / Path(where.value).expanduser())
