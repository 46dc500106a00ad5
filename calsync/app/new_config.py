"""A new config.toml for `calsync init`: its text, and a look at the calendars that it will name.

config.example.toml is made from the same text by docs/generate.py.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from calsync.addresses import hidden, web_address
from calsync.app import NOBODY, Listener
from calsync.config.settings import ConfigFile, Notify, Travel
from calsync.config.toml import texts_of
from calsync.errors import CalsyncError
from calsync.program import Availability, FeedSettings, Pause, Plan, UsualStart
from calsync.race import Race
from calsync.spoken import day_meant
from calsync.timespan import Timespan
from calsync.training import Experience, TimeRange, Week, Workout, clock
from calsync.words import counted, warning_line
from calsync.written import duration_text, quoted, time_range

if TYPE_CHECKING:
    from calsync.feeds.place import Place


FEED_FILE = "public/training.ics"


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
        return f"{self.key} = {quoted(self.value)}"

    @property
    def shown(self) -> str:
        """For screens and logs. A path was found, so it is no address that was taken for one."""
        return hidden(self.value) if self.is_secret else self.value


@dataclass(frozen=True, slots=True)
class NewRace:
    """A race. The distance is as the config says it, empty if unknown; so are `minutes` if None."""

    day: date
    distance: str
    called: str = ""
    minutes: int | None = None

    @property
    def title(self) -> str:
        names = {"marathon": "Marathon", "half": "Half marathon", "10k": "10 km", "5k": "5 km"}
        return self.called or names.get(self.distance, self.distance)


def race_day(text: str, today: date) -> date:
    """The day of a race as people say it; without a year the next such day. Raises ValueError."""
    found = day_meant(text, today)
    if found < today:
        with suppress(ValueError):  # a year was said
            found = day_meant(f"{text} {found.year + 1}", today)
    if found < today:
        raise ValueError(f"{found:%a} {found.day} {found:%b %Y} is over")
    return found


def distance_in(title: str) -> str:
    """The distance in a race's title, in the words of the config; empty if there is none."""
    lower = title.lower()
    if "half" in lower:
        return "half"
    if found := re.search(r"(\d+(?:[.,]\d+)?)\s?(km|k|miles|mi)\b", lower):
        return f"{found[1]}{found[2] if found[2] == 'k' else f' {found[2]}'}"
    return "marathon" if "marathon" in lower else ""


# When people run: before work, and at weekends after sleeping in. With some room to dodge what is on.
USUAL_RUNS = UsualStart(
    (time_range("06:30-08:30"),), sat=(time_range("08:00-11:00"),), sun=(time_range("08:00-11:00"),)
)


@dataclass(frozen=True, slots=True)
class Answers:
    zone: str
    start: date
    """The first day of the plan."""
    weeks: tuple[str, ...]
    times: Availability
    """With a default; with a Saturday and a Sunday where they differ from it."""
    experience: Experience
    running: UsualStart = USUAL_RUNS
    """With a default; with a Saturday and a Sunday where they differ from it."""
    feed: PlaceText | None = None
    takes_strength: bool | None = None
    """Whether the feed's own strength workouts are placed; None if that was not asked."""
    race: NewRace | None = None
    busy: PlaceText | None = None

    @property
    def is_secret(self) -> bool:
        return any(place.is_secret for place in (self.feed, self.busy) if place)


IGNORE = """\
#ignore = ["Lunch*"] # titles that don't keep you from training
#away = ["Holiday*", "Urlaub*"] # titles of all-day events that are a pause: no runs, no strength
#strength = ["Bodypump*"] # titles that are strength sessions; with loads { "Yoga*" = "light" }
"""


@dataclass(frozen=True, slots=True)
class Wording:
    """What config.example.toml says in other words. The defaults are those of a file that init writes."""

    head: str = """\
# calsync's settings, as `calsync init` has written them. Change what you like; `calsync doctor` checks it.
#
# Lines without a space after the "#" are settings that are switched off: take the "#" away to use them.
"""
    zone: str = ""
    weeks: str = """\
# One template for each week, repeated in this order: `calsync templates list` shows them all. With three
# weeks of work and one to recover it is ["balanced", "balanced", "balanced", "recovery"].
# `calsync templates copy balanced my-week.toml` makes a week of your own: other days, or a class at the gym.
"""
    experience: str = """\
# With strength training: "new" (builds up over eight weeks), "regular" (two sessions a week) or "experienced"
# (up to three).
"""
    race: str = "My race"
    days_to_race: int = 16 * 7 + 6
    feed: str = "templates'."
    feed_place: str = 'path = "runs.ics" # or url = "https://...", or url_env = "RUNNA_ICS"'
    days_to_pause: tuple[int, int] = (5 * 7, 5 * 7 + 6)
    """To its first and its last day."""
    times: str = " A day that is [] has none."
    busy_name: str = "calendar"
    busy_place: str = 'path = "calendar.ics" # a file, or a folder of .ics files'
    busy_note: str = ""
    """What is said of the answer."""
    busy_more: str = IGNORE
    web: str = """\
# A calendar on the web. Its secret address can stay out of this file: here it is read from the environment
# variable PRIVATE_ICS.
"""
    web_more: str = ""
    google: str = """\

# The file of your OAuth client, or of a service account, for all that is Google's.
"""


_OF_INIT = Wording()


def config_text(answers: Answers, schema_line: str, name: str = "training", words: Wording = _OF_INIT) -> str:
    """The whole file. `schema_line` is for editors, with its line break; `name` is the plan's.

    What was asked about is switched on, the other settings are switched off, each with what it is for.
    """
    times, feed, busy, race = answers.times, answers.feed, answers.busy, answers.race
    monday = Week.of(answers.start).monday
    pause_first, pause_last = (monday + timedelta(days) for days in words.days_to_pause)
    feed_off, busy_off, race_off = ("" if one else "#" for one in (feed, busy, race))
    distance = quoted((race.distance if race else "") or "marathon")
    lasts = f'duration = "{race.minutes}m"' if race and race.minutes else '#duration = "4h"'
    distance_off = "" if race and race.distance else "#"
    defaults = {field.name: field.default for field in msgspec.structs.fields(Notify)}
    events, week_at = defaults["on"], defaults["week_at"]
    days = "".join(
        f"{day} = {_list(map(str, ranges))}\n"
        for day, ranges in (("default", times.default), ("sat", times.sat), ("sun", times.sun))
        if ranges is not None
    )
    return f"""\
{schema_line}{words.head}# Relative paths start from the folder of this file.

{_about(ConfigFile, "name")}
name = {quoted(name)}

{_about(ConfigFile, "title")}
title = {_default(ConfigFile, "title")}

{words.zone}timezone = {quoted(answers.zone)}


# --- Your training -----------------------------------------------------------------------------------

[plan]
{_about(Plan, "start")}
start = {answers.start}

{words.weeks}weeks = {_list(answers.weeks)}

{_about(Plan, "horizon")}
horizon = {_default(Plan, "horizon")}

{words.experience}experience = {quoted(answers.experience.value)}

{_about(UsualStart)}
usual_start = {{ {_usual_start(answers.running)} }}

{_about(Plan, "seconds_per_km")}
#pace = "6:00/km"

{_about(Race)}
{race_off}[plan.race]
{race_off}date = {race.day if race else monday + timedelta(words.days_to_race)}
{race_off}title = {quoted(race.title if race else words.race)}
{distance_off}distance = {distance} # or "half", "10k", "42.2 km"; it brings the last one or two weeks
#start = "09:30" # otherwise your usual time
{lasts} # otherwise what the distance takes at [plan] pace
#priority = "A" # "B": strength makes way for a few days only, "C": for the day itself and the one before it
#weeks = ["taper", "race-week"] # other last weeks than the distance brings, in place of those of the plan

# Runs from Runna, TrainingPeaks, Final Surge, Garmin or any other calendar of workouts, instead of the
# {words.feed} A week in which it has no run uses the template's.
{feed_off}[plan.feed]
{feed_off}{feed.line if feed else words.feed_place}
{_strength_of_feed(answers)}#cross = "count" # "ignore": leave out its rides, swims and other sports
#pace = "6:00/km" # for runs that say how far but not how long; otherwise [plan] pace
#kind = {{ "Club night" = "intervals", "Coach call" = "ignore" }} # titles that calsync does not understand

# Another template for single weeks.
#[plan.override]
#{Week.of(monday).plus(5)} = "short-on-time"

{_about(Pause)}
#[[pause]]
#from = {pause_first}
#to = {pause_last}

{_about(Travel)}
#[[travel]]
#from = {monday + timedelta(14)}
#to = {monday + timedelta(18)}
#timezone = "America/New_York"


# --- When strength may be ----------------------------------------------------------------------------

[availability]
# On any day that has no line of its own (mon, tue, wed, thu, fri, sat, sun).{words.times}
{days}
{_about(Availability, "prefer_times")}
#prefer_times = ["12:00-14:00"]

# Kept free before and after everything in your calendars, to change and to get there.
buffer = {_default(Availability, "buffer")}

# Kept free after every run, to shower and to eat. After hard and long runs it is hours_apart, below.
after_run = {_default(Availability, "after_run")}

# Nothing is placed or moved closer to now than this.
notice = {_default(Availability, "notice")}

# How careful your legs are treated.
#[strength]
#hours_apart = "3h" # after a hard or long run
#min_days_apart = 2 # 2 leaves a day between two sessions
#fresh_legs = {{ moderate = "36h", heavy = "60h" }} # before quality runs; otherwise 24h and 48h


# --- When you are busy -------------------------------------------------------------------------------
# As many calendars as you like. calsync only reads them.

{busy_off}[[busy]]
{busy_off}name = {quoted(_busy_name(busy, words.busy_name))}
{busy_off}type = "ics"
{busy_off}{busy.line + words.busy_note if busy else words.busy_place}
{words.busy_more}
{words.web}#[[busy]]
#name = "private"
#type = "ics"
#url_env = "PRIVATE_ICS"
{words.web_more}
# Your calendars in Google: only when you are busy is read, never why. "primary" is your own; others go by the
# id that their settings show, often an address. Needs the [google] table at the end of this file.
#[[busy]]
#name = "google"
#type = "google"
#calendars = ["primary"]

# Your calendars in iCloud, Fastmail, a Nextcloud, or on any other server that speaks CalDAV, with all that a
# calendar on the web can have, such as ignore. Mostly it has to be an app password: docs/caldav.md.
#[[busy]]
#name = "icloud"
#type = "caldav"
#provider = "icloud" # or "fastmail", or "nextcloud" with its host, or url = "https://..."
#username = "you@example.org"
#password_env = "ICLOUD_PASSWORD" # or password_command = ["pass", "show", "icloud"]
#calendars = ["Home", "Work"] # otherwise all but calsync's own


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
#alarm = "30m" # otherwise the calendar's own notifications apply, which you set in Google

# The same on a CalDAV server, where `calsync auth caldav` creates it.
#[[targets]]
#name = "cloud"
#type = "caldav"
#provider = "nextcloud"
#host = "cloud.example.org"
#username = "ann"
#password_env = "CLOUD_PASSWORD"
#calendar = "Training"
#alarm = "30m"


# --- What you are told -------------------------------------------------------------------------------

# On your phone or elsewhere: what changed, trouble that lasts, and on Sundays the coming week.
# docs/notify.md says how to get it, `calsync notify --test` tries it.
#[[notify]]
#type = "ntfy" # or "webhook", or "apprise" for mail, Telegram, Matrix, Signal and many others
#url_env = "NTFY_TOPIC" # or url = "https://ntfy.sh/..."; who knows the topic can read along
#on = {_list(events)}
#week_at = {quoted(clock(week_at))} # on Sundays


# --- The server --------------------------------------------------------------------------------------

# Where `calsync serve` listens, and how often it plans again. Its options come before this.
#[serve]
#host = "0.0.0.0" # every network interface, so that your phone can reach it; otherwise this machine only
#port = 8642
#url = "https://training.example.org" # its address as others see it, behind a proxy
#every = "15m"
{words.google}#[google]
#credentials = "client_secret.json"
"""


def _busy_name(busy: PlaceText | None, usual: str) -> str:
    """That of its file, as in "clashes with dienstplan"; `usual` where it has none."""
    if busy is None or busy.is_secret or usual != _OF_INIT.busy_name:
        return usual
    name = Path(busy.value).stem
    return name if re.fullmatch(r"[\w-]{1,20}", name) else usual


def _about(table: type[msgspec.Struct], key: str | None = None) -> str:
    """A comment: what the schema, too, says of a table or of a key in it."""
    return f"# {texts_of(table)[key] if key else table.__doc__}"


def _default(table: type[msgspec.Struct], key: str) -> str:
    default = next(field.default for field in msgspec.structs.fields(table) if field.encode_name == key)
    if isinstance(default, int):
        return str(default)
    return quoted(duration_text(default) if isinstance(default, timedelta) else default)


def _usual_start(usual: UsualStart) -> str:
    days = (("default", usual.default), ("sat", usual.sat), ("sun", usual.sun))
    return ", ".join(f"{day} = {_usual_time(one)}" for day, one in days if one is not None)


def _usual_time(usual: int | tuple[TimeRange, ...]) -> str:
    if isinstance(usual, int):
        return quoted(clock(usual))
    return quoted(str(usual[0])) if len(usual) == 1 else _list(map(str, usual))


def _strength_of_feed(answers: Answers) -> str:
    if answers.takes_strength:
        return """strength = "feed" # "ignore": the sessions of the templates are planned, not its own\n"""
    off = "#" if answers.takes_strength is None else ""
    return f"""{off}strength = "ignore" # "feed": its strength workouts instead of the templates'\n"""


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"


_WEEKS = 4
_WEEKS_OF_RACES = 53


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
        return f"in the {_WEEKS} weeks from {self.monday.day} {self.monday:%b}"


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
            raise ValueError(f'there is no file or folder "{hidden(text)}"; an address begins with https://')
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
    return "; ".join([f"{events}, {times} {look.weeks}", *map(warning_line, busy.warnings)])


@dataclass(frozen=True, slots=True)
class Seen:
    """What a training platform's feed says, in words, and how many strength workouts it has.

    `races` are those of the coming year, the longest first.
    """

    text: str
    strength: int
    races: tuple[NewRace, ...] = ()


def look_at_runs(where: PlaceText, look: Look) -> Seen:
    """Raises ValueError if it can't be read."""
    from calsync.feeds.place import feed_workouts
    from calsync.training import Kind, Sort

    first = look.monday.date()
    last = first + timedelta(weeks=_WEEKS, days=-1)
    today = look.now.astimezone(look.zone).date()
    try:
        with look.listener.progress() as show:
            show("reading your training calendar …")
            place = _place("your training calendar", where, look)
            year = first + timedelta(weeks=_WEEKS_OF_RACES)
            answer = feed_workouts(place, FeedSettings(), first, year, look.zone, look.now, None, show)
    except CalsyncError as problem:
        raise ValueError(str(problem)) from problem
    feed = answer.result
    workouts = [workout for workout in feed.workouts if workout.day <= last]
    runs = [workout for workout in workouts if workout.sort is Sort.RUN]
    races = [one for one in feed.workouts if one.kind is Kind.RACE and one.day >= today]
    races.sort(key=lambda race: (-(race.minutes or 0), race.day))
    if runs and all(workout.kind is None for workout in runs):
        # Every calendar can be read as one of runs; this is the place to notice that it is another one.
        raise ValueError(f"no title among its {counted(len(runs), 'entry', 'entries')} reads like a run's")
    found = f"{counted(len(runs), 'run', zero='no')} {look.weeks}"
    if not runs:
        found += "; until it has some, the template's are used"
    strength = sum(workout.sort is Sort.STRENGTH for workout in workouts)
    said = "; ".join([found, *map(warning_line, feed.warnings)])
    return Seen(said, strength, tuple(map(_race_of, races)))


def _race_of(workout: Workout) -> NewRace:
    title = workout.title.partition(" • ")[0]  # Runna writes how far it is behind that
    return NewRace(workout.day, distance_in(workout.title), title, workout.minutes)


def _place(what: str, where: PlaceText, look: Look) -> "Place":
    from calsync.feeds.download import Limits
    from calsync.feeds.place import Place

    if where.is_secret:
        # A person is waiting, and can give the same answer again.
        limits = Limits(attempts=1, deadline=30)
        return Place(what, url=where.value, use_cache_on_error=False, limits=limits)
    return Place(what, look.folder / Path(where.value).expanduser())
