"""What config.toml may hold: its tables, their keys, types and defaults, and what each is for.

The defaults written here are the defaults, and the text below a key is what editors show of it (schemas.py).
What the values mean, and what TOML has no type for, is decided in config.py.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec

from calsync.training import Experience, Kind
from calsync.written import (
    Address,
    ClockTime,
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
)

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
