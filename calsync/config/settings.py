"""The calendars of config.toml: [[busy]], [[targets]] and [google].

Decides what a config may say of them, and that a busy source is not one of the targets. Knows nothing of how
sources are read or targets written.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Protocol

import msgspec

from calsync.addresses import secure_address, web_address
from calsync.config.toml import (
    PACE,
    VARIABLE,
    Address,
    ClockTime,
    Document,
    Duration,
    IsoWeek,
    NotBlank,
    NotEmpty,
    Pace,
    PathText,
    PlanDate,
    PlanName,
    RangeOfTimes,
    TimeOrRange,
    Variable,
    clock_time,
    duration,
)
from calsync.config.toml import path as parse_path
from calsync.program import Race
from calsync.training import FIRST_YEAR, LAST_YEAR, Experience, Kind, Meant, Sort, Week
from calsync.words import Keys, did_you_mean, one_line

# --- config file ------------------------------------------------------------------------------------------


# What a title of a training feed can mean, beside a kind of run.
NO_RUNS = ("strength", "rest", "ignore")
_Meaning = Annotated[str, msgspec.Meta(extra_json_schema={"enum": [*Kind, *NO_RUNS]})]
_Templates = Annotated[list[str], msgspec.Meta(min_length=1)]


class RaceTable(msgspec.Struct, frozen=True):
    """A race: it takes the place of that day's runs, and strength shrinks in the two weeks before it."""

    date: PlanDate
    """The day of the race."""
    title: NotBlank = "Race"
    """What the race is called."""
    start: ClockTime | None = None
    """When it starts; otherwise at your usual time of that weekday."""
    duration: Duration = "2h"
    """How long it takes, 24h at most."""
    weeks: list[str] = []
    """Templates of the last weeks up to the race's, in place of those of the plan."""


class FeedTable(msgspec.Struct, frozen=True):
    """Runs from Runna, TrainingPeaks or any other calendar of workouts, in place of the templates'.

    Name one of url, url_env and path.
    """

    url: Address | None = None
    """The feed's address. Who has it can read the calendar: url_env keeps it out of this file."""
    url_env: Variable | None = None
    """The environment variable that holds the feed's address."""
    path: PathText | None = None
    """A calendar file, or a folder of them; relative to the config."""
    kind: dict[NotBlank, _Meaning] = {}
    """Titles that calsync does not understand (* stands for anything), and what they are."""
    strength: Literal["ignore", "feed"] = "ignore"
    """Whose strength workouts are placed: the templates' ("ignore") or the feed's."""
    pace: Pace = "6:00/km"
    """For runs that say how far but not how long."""
    on_error: Literal["cache", "fail"] = "cache"
    """When the feed can't be read: use the last good copy, or stop."""
    max_age: Duration = "7d"
    """How old the last good copy may be."""


class UsualStartTable(msgspec.Struct, frozen=True):
    """When you set out for runs whose template names no time: a time, or a range to find a free start in."""

    default: TimeOrRange | None = None
    """On days that have no line of their own; otherwise 07:00."""
    mon: TimeOrRange | None = None
    """On Mondays."""
    tue: TimeOrRange | None = None
    """On Tuesdays."""
    wed: TimeOrRange | None = None
    """On Wednesdays."""
    thu: TimeOrRange | None = None
    """On Thursdays."""
    fri: TimeOrRange | None = None
    """On Fridays."""
    sat: TimeOrRange | None = None
    """On Saturdays."""
    sun: TimeOrRange | None = None
    """On Sundays."""


class PlanTable(msgspec.Struct, frozen=True):
    """Your training."""

    start: PlanDate
    """Any day of the plan's first week. Weeks run from Monday to Sunday."""
    weeks: _Templates
    """One template for each week, by name or path, repeated in this order."""
    horizon: Annotated[int, msgspec.Meta(ge=1, le=53)] = 4
    """How many weeks are planned at a time, the current one included."""
    experience: Experience = Experience.REGULAR
    """With strength training: "new" builds up over eight weeks, "experienced" may have three a week."""
    templates: PathText | None = None
    """A folder with your own templates, and a folder `routines` in it."""
    usual_start: UsualStartTable = UsualStartTable()
    override: dict[IsoWeek, str] = {}
    """Another template for single weeks: 2026-W53 = "short-on-time"."""
    race: RaceTable | None = None
    feed: FeedTable | None = None


class AvailabilityTable(msgspec.Struct, frozen=True):
    """When strength may be placed."""

    default: list[RangeOfTimes] | None = None
    """On any day that has no line of its own. An empty list: never."""
    mon: list[RangeOfTimes] | None = None
    """On Mondays. An empty list: never."""
    tue: list[RangeOfTimes] | None = None
    """On Tuesdays. An empty list: never."""
    wed: list[RangeOfTimes] | None = None
    """On Wednesdays. An empty list: never."""
    thu: list[RangeOfTimes] | None = None
    """On Thursdays. An empty list: never."""
    fri: list[RangeOfTimes] | None = None
    """On Fridays. An empty list: never."""
    sat: list[RangeOfTimes] | None = None
    """On Saturdays. An empty list: never."""
    sun: list[RangeOfTimes] | None = None
    """On Sundays. An empty list: never."""
    prefer_times: list[RangeOfTimes] = []
    """Times of day that you like best. Other times stay possible."""
    buffer: Duration = "15m"
    """Kept free before and after everything in your calendars, 24h at most."""
    notice: Duration = "12h"
    """Nothing is placed or moved closer to now than this, 366d at most."""


class StrengthTable(msgspec.Struct, frozen=True):
    """The numbers of the training rules that you may change."""

    hours_apart: Duration = "3h"
    """At least this long between a hard or long run and strength after it, 24h at most."""
    min_days_apart: Annotated[int, msgspec.Meta(ge=2, le=14)] = 2
    """Days from one strength session to the next: 2 leaves a day between them."""
    short_on_time: bool = False
    """Two sessions a week at most, at their shortest."""


class PauseTable(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days without any training, such as holidays or illness. Both dates are included."""

    first: date
    """The first day of the pause."""
    last: date
    """The last day of the pause."""


class BusyTable(msgspec.Struct, frozen=True):
    """A calendar that says when you are busy; calsync only reads it.

    With type = "ics" name one of url, url_env and path; with type = "google" its calendars.
    """

    name: NotEmpty
    """What it is called in messages."""
    type: Literal["ics", "google"]
    """A calendar file or feed, or calendars in Google."""
    url: Address | None = None
    """The feed's address. Who has it can read the calendar: url_env keeps it out of this file."""
    url_env: Variable | None = None
    """The environment variable that holds the feed's address."""
    path: PathText | None = None
    """A calendar file, or a folder of them; relative to the config."""
    calendars: list[NotBlank] | None = None
    """Google: "primary" is your own; others go by the id that their settings show."""
    all_day: Literal["busy", "free"] = "busy"
    """What an event of a whole day means, where it does not say."""
    tentative: Literal["busy", "free"] = "busy"
    """What a tentative event means."""
    email: str | None = None
    """Your address in this calendar: invitations that it declined don't keep you busy."""
    ignore: list[str] = []
    """Titles that don't keep you from training; * stands for anything."""
    on_error: Literal["cache", "fail"] = "cache"
    """When the feed can't be read: use the last good copy, or stop."""
    max_age: Duration = "7d"
    """How old the last good copy may be."""


class TargetTable(msgspec.Struct, frozen=True):
    """A calendar that the plan goes to."""

    name: NotEmpty
    """What it is called in messages."""
    type: Literal["ics", "google"]
    """A calendar file to subscribe to, or a calendar of its own in Google."""
    path: PathText | None = None
    """ICS: the file to write; relative to the config."""
    include: Annotated[list[Literal["runs", "strength"]], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["runs", "strength"]
    )
    """What goes there."""
    detail: Literal["full", "busy"] = "full"
    """Everything, or ("busy") only when you train, not what you do."""
    alarm: Duration | None = None
    """ICS: a reminder this long before each event."""
    calendar: NotBlank | None = None
    """Google: the title of the calendar."""
    reminder: Duration | None = None
    """Google: a reminder this long before each event, 28d at most; otherwise the calendar's own apply."""
    calendar_id: NotBlank | None = None
    """Google: which calendar it is, if not the one that `calsync auth google` creates."""


class GoogleTable(msgspec.Struct, frozen=True):
    """How Google Calendar is reached: docs/google.md."""

    credentials: PathText
    """The file of your OAuth client, or of a service account."""
    token: PathText | None = None
    """Where the permission is kept; otherwise in the state folder."""
    endpoint: Address = "https://www.googleapis.com"
    """Another server that speaks Google's API."""


class ConfigFile(msgspec.Struct, frozen=True):
    """calsync's settings."""

    name: PlanName
    """Names every event that calsync writes. Keep it; a second plan takes another name."""
    plan: PlanTable
    targets: Annotated[list[TargetTable], msgspec.Meta(min_length=1)]
    """Where the plan goes."""
    timezone: str | None = None
    """Your time zone, by its IANA name, such as "Europe/London"; otherwise your computer's."""
    availability: AvailabilityTable = AvailabilityTable()
    strength: StrengthTable = StrengthTable()
    pause: list[PauseTable] = []
    """Days without any training, such as holidays or illness."""
    busy: list[BusyTable] = []
    """Calendars that say when you are busy; calsync only reads them."""
    google: GoogleTable | None = None


# --- config places ----------------------------------------------------------------------------------------


class PlaceTable(Protocol):
    """A table of the config that names a calendar."""

    @property
    def url(self) -> str | None: ...
    @property
    def url_env(self) -> str | None: ...
    @property
    def path(self) -> str | None: ...


def read_place(
    document: Document, keys: Keys, table: PlaceTable, base: Path, environment: Mapping[str, str]
) -> tuple[Path | None, str | None]:
    """The path or the url, of which exactly one is given. Raises ConfigError."""
    given = [key for key in ("url", "url_env", "path") if getattr(table, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise document.fail(keys, f"expected one of url, url_env and path, found {found}")
    url = table.url
    if table.url_env is not None and not re.fullmatch(VARIABLE, table.url_env):
        raise document.fail((*keys, "url_env"), "expected the name of an environment variable")
    if table.url_env is not None and not (url := environment.get(table.url_env, "").strip()):
        message = f"the environment variable {table.url_env} is not set"
        raise document.fail((*keys, "url_env"), message)
    if url is not None:
        try:
            web_address(url)
        except ValueError as problem:
            # Without what was found: who has the address can read the calendar.
            raise document.fail((*keys, given[0]), str(problem)) from problem
    return None if table.path is None else parse_path(document, (*keys, "path"), table.path, base), url


# --- config calendars -------------------------------------------------------------------------------------


# The most that Google's reminders can be ahead (Events: reminders.overrides[].minutes).
LONGEST_REMINDER = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class IcsBusy:
    """A busy calendar as a file, a folder or a feed: exactly one of `path` and `url` is given."""

    name: str
    path: Path | None = None
    url: str | None = None
    all_day_busy: bool = True
    tentative_busy: bool = True
    email: str | None = None
    ignore: tuple[str, ...] = ()
    use_cache_on_error: bool = True
    max_age: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class GoogleBusy:
    """Calendars that Google is asked the free/busy of: "primary", or ids such as somebody's address."""

    name: str
    calendars: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IcsTarget:
    """An ICS feed that calsync writes."""

    name: str
    path: Path
    runs: bool = True
    strength: bool = True
    busy_only: bool = False
    alarm: timedelta | None = None

    @property
    def place(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class GoogleTarget:
    """A secondary calendar that calsync keeps. `calendar` is the title it is created with.

    `calendar_id` is given if the config is to say which calendar it is, not the state folder.
    """

    name: str
    calendar: str
    calendar_id: str | None = None
    runs: bool = True
    strength: bool = True
    busy_only: bool = False
    alarm: timedelta | None = None

    @property
    def place(self) -> str:
        return f"Google Calendar: {self.calendar}"


@dataclass(frozen=True, slots=True)
class GoogleAccess:
    """How Google is reached. `token` is None for the state folder's."""

    credentials: Path
    token: Path | None
    endpoint: str


SourceSettings = IcsBusy | GoogleBusy
TargetSettings = IcsTarget | GoogleTarget


@dataclass(frozen=True, slots=True)
class Calendars:
    sources: tuple[SourceSettings, ...]
    targets: tuple[TargetSettings, ...]
    google: GoogleAccess | None


def read_calendars(
    document: Document, table: ConfigFile, base: Path, environment: Mapping[str, str]
) -> Calendars:
    """Raises ConfigError."""
    calendars = Calendars(
        tuple(_source(document, number, busy, base, environment) for number, busy in enumerate(table.busy)),
        tuple(_target(document, number, target, base) for number, target in enumerate(table.targets)),
        None if table.google is None else _google(document, table.google, base),
    )
    _refuse_doubles(document, calendars)
    _check_google(document, calendars)
    return calendars


# --- sources ----------------------------------------------------------------------------------------------

ONLY_ICS = ("url", "url_env", "path", "all_day", "tentative", "email", "ignore", "on_error", "max_age")


def _source(
    document: Document, number: int, table: BusyTable, base: Path, environment: Mapping[str, str]
) -> SourceSettings:
    keys: Keys = ("busy", number)
    if table.type == "google":
        defaults = BusyTable(table.name, table.type)
        given = {key: getattr(table, key) for key in ONLY_ICS}
        _refuse(document, keys, "ics", {k: v for k, v in given.items() if v != getattr(defaults, k)})
        return _google_source(document, keys, table)
    _refuse(document, keys, "google", {"calendars": table.calendars})
    return _ics_source(document, keys, table, base, environment)


def _google_source(document: Document, keys: Keys, table: BusyTable) -> GoogleBusy:
    if not table.calendars:
        message = 'name the calendars to ask, such as ["primary"]'
        raise document.fail((*keys, "calendars"), "is missing" if table.calendars is None else message)
    for number, calendar in enumerate(table.calendars):
        if not calendar.strip():
            raise document.fail((*keys, "calendars", number), "must not be empty")
    return GoogleBusy(table.name, tuple(dict.fromkeys(calendar.strip() for calendar in table.calendars)))


def _ics_source(
    document: Document, keys: Keys, table: BusyTable, base: Path, environment: Mapping[str, str]
) -> IcsBusy:
    path, url = read_place(document, keys, table, base, environment)
    return IcsBusy(
        name=table.name,
        path=path,
        url=url,
        all_day_busy=table.all_day == "busy",
        tentative_busy=table.tentative == "busy",
        email=table.email,
        ignore=tuple(table.ignore),
        use_cache_on_error=table.on_error == "cache",
        max_age=document.parse((*keys, "max_age"), duration, table.max_age),
    )


def _refuse(document: Document, keys: Keys, kind: str, only: Mapping[str, object]) -> None:
    """Raises for the first key that was given although it belongs to another type, `kind`."""
    for key, value in only.items():
        if value is not None:
            raise document.fail((*keys, key), f'belongs to type = "{kind}"')


# --- targets ----------------------------------------------------------------------------------------------


def _target(document: Document, number: int, table: TargetTable, base: Path) -> TargetSettings:
    keys: Keys = ("targets", number)
    runs, strength = "runs" in table.include, "strength" in table.include
    busy_only = table.detail == "busy"
    if table.type == "google":
        _refuse(document, keys, "ics", {"path": table.path})
        if table.alarm is not None:
            raise document.fail((*keys, "alarm"), 'belongs to type = "ics"; here it is called reminder')
        if not (title := (table.calendar or "").strip()):
            raise document.fail((*keys, "calendar"), "is missing: the title of the calendar in Google")
        if table.calendar_id is not None and not table.calendar_id.strip():
            raise document.fail((*keys, "calendar_id"), "must not be empty")
        reminder = _length(document, (*keys, "reminder"), table.reminder)
        if reminder is not None and reminder > LONGEST_REMINDER:
            message = f'Google allows at most "28d", found "{table.reminder}"'
            raise document.fail((*keys, "reminder"), message)
        calendar_id = table.calendar_id and table.calendar_id.strip()
        return GoogleTarget(table.name, title, calendar_id, runs, strength, busy_only, reminder)
    google = {key: getattr(table, key) for key in ("calendar", "calendar_id")}
    _refuse(document, keys, "google", google)
    if table.reminder is not None:
        raise document.fail((*keys, "reminder"), 'belongs to type = "google"; here it is called alarm')
    if table.path is None:
        raise document.fail((*keys, "path"), "is missing: the file that the feed is written to")
    path = parse_path(document, (*keys, "path"), table.path, base)
    alarm = _length(document, (*keys, "alarm"), table.alarm)
    return IcsTarget(table.name, path, runs, strength, busy_only, alarm)


def _length(document: Document, keys: Keys, text: str | None) -> timedelta | None:
    return None if text is None else document.parse(keys, duration, text)


def _google(document: Document, table: GoogleTable, base: Path) -> GoogleAccess:
    return GoogleAccess(
        parse_path(document, ("google", "credentials"), table.credentials, base),
        None if table.token is None else parse_path(document, ("google", "token"), table.token, base),
        document.parse(("google", "endpoint"), secure_address, table.endpoint).rstrip("/"),
    )


# --- all of them together ---------------------------------------------------------------------------------


def _refuse_doubles(document: Document, calendars: Calendars) -> None:
    for table, names in (
        ("busy", [source.name for source in calendars.sources]),
        ("targets", [target.name for target in calendars.targets]),
    ):
        for number, name in enumerate(names):
            if not name:
                raise document.fail((table, number, "name"), "must not be empty")
            if name in names[:number]:
                raise document.fail((table, number, "name"), f'"{name}" is taken by another one')
    seen: set[object] = set()
    for number, target in enumerate(calendars.targets):
        if isinstance(target, IcsTarget):
            place: object = target.path.resolve()
            if place in seen:
                raise document.fail(("targets", number, "path"), "another target writes this file")
            if target.path.is_dir():
                raise document.fail(("targets", number, "path"), "is a folder; name a file in it")
        else:
            key = "calendar_id" if target.calendar_id else "calendar"
            place = ("google", target.calendar_id or target.calendar)
            if place in seen:
                raise document.fail(("targets", number, key), "another target writes this calendar")
        seen.add(place)


def _check_google(document: Document, calendars: Calendars) -> None:
    own = {t.calendar_id for t in calendars.targets if isinstance(t, GoogleTarget)}
    for number, source in enumerate(calendars.sources):
        if isinstance(source, GoogleBusy):
            for calendar in source.calendars:
                if calendar in own:
                    raise document.fail(("busy", number, "calendars"), OWN_CALENDAR)
            _need_google(document, calendars, ("busy", number, "type"))
    for number, target in enumerate(calendars.targets):
        if isinstance(target, GoogleTarget):
            _need_google(document, calendars, ("targets", number, "type"))


OWN_CALENDAR = "names the calendar that calsync writes; the plan itself must not keep you busy"


def _need_google(document: Document, calendars: Calendars, keys: Keys) -> None:
    if calendars.google is None:
        message = 'needs a [google] table with credentials = "client_secret.json" (see docs/google.md)'
        raise document.fail(keys, message)


# --- config training --------------------------------------------------------------------------------------


_KM_PER_MILE = 1.609344
_FASTEST, _SLOWEST = 2 * 60, 20 * 60
_NO_RUNS: dict[str, Meant] = dict(zip(NO_RUNS, (Sort.STRENGTH, Sort.REST, None), strict=True))
# Rule `race-day` looks this far: a race that lies further back changes nothing.
_AFTER_RACE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """A training platform's feed: exactly one of `path` and `url` is given.

    `kinds` are patterns of titles and what they are; `takes_strength`: its strength workouts are
    the sessions to place.
    """

    path: Path | None
    url: str | None
    kinds: tuple[tuple[str, Meant], ...]
    seconds_per_km: int
    takes_strength: bool
    use_cache_on_error: bool
    max_age: timedelta


def read_race(document: Document, table: RaceTable, plan_start: date) -> Race:
    """Raises ConfigError."""
    keys = ("plan", "race")
    if not FIRST_YEAR <= table.date.year <= LAST_YEAR:
        message = f"expected a date from {FIRST_YEAR} to {LAST_YEAR}, found {table.date}"
        raise document.fail((*keys, "date"), message)
    if table.date + _AFTER_RACE < (first := Week.of(plan_start).monday):
        raise document.fail((*keys, "date"), f"{table.date} lies before the plan, which begins on {first}")
    length = document.parse((*keys, "duration"), duration, table.duration)
    minutes = int(length.total_seconds()) // 60
    if not 0 < minutes <= 24 * 60:
        message = f'expected more than nothing and at most "24h", found "{table.duration}"'
        raise document.fail((*keys, "duration"), message)
    if not (title := one_line(table.title)):
        raise document.fail((*keys, "title"), "must not be empty")
    start = None if table.start is None else document.parse((*keys, "start"), clock_time, table.start)
    return Race(table.date, title, start, minutes, tuple(table.weeks))


def read_feed(
    document: Document, table: FeedTable, base: Path, environment: Mapping[str, str]
) -> FeedSettings:
    """Raises ConfigError."""
    path, url = read_place(document, ("plan", "feed"), table, base, environment)
    return FeedSettings(
        path,
        url,
        tuple((pattern, _kind(document, pattern, name)) for pattern, name in table.kind.items()),
        document.parse(("plan", "feed", "pace"), _pace, table.pace),
        table.strength == "feed",
        table.on_error == "cache",
        document.parse(("plan", "feed", "max_age"), duration, table.max_age),
    )


def _kind(document: Document, pattern: str, name: str) -> Meant:
    keys = ("plan", "feed", "kind", pattern)
    if not pattern.strip():
        raise document.fail(keys, "the pattern of a title must not be empty")
    if name in _NO_RUNS:
        return _NO_RUNS[name]
    try:
        return Kind(name)
    except ValueError:
        known = (*Kind, *_NO_RUNS)
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
        raise document.fail(keys, f'no kind of run is called "{name}"{hint}') from None


def _pace(text: str) -> int:
    """Seconds for a kilometre."""
    seconds = 0.0
    if re.fullmatch(PACE, text):
        minutes, rest = map(int, re.findall(r"\d+", text))
        seconds = (minutes * 60 + rest) / (_KM_PER_MILE if "mi" in text else 1)
    if not _FASTEST <= seconds <= _SLOWEST:
        raise ValueError('expected a pace such as "6:00/km" or "9:40/mi"')
    return round(seconds)
