"""What config.toml may hold: its tables, their keys, types and defaults.

The defaults written here are the defaults. What the values mean, and what TOML has no type for, is decided in
config.py.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec

from calsync.training import Experience


class RaceTable(msgspec.Struct, frozen=True):
    date: date
    title: str = "Race"
    start: str | None = None
    duration: str = "2h"
    weeks: list[str] = []


class FeedTable(msgspec.Struct, frozen=True):
    url: str | None = None
    url_env: str | None = None
    path: str | None = None
    kind: dict[str, str] = {}
    strength: Literal["ignore", "feed"] = "ignore"
    pace: str = "6:00/km"
    on_error: Literal["cache", "fail"] = "cache"
    max_age: str = "7d"


class PlanTable(msgspec.Struct, frozen=True):
    start: date
    weeks: Annotated[list[str], msgspec.Meta(min_length=1)]
    horizon: Annotated[int, msgspec.Meta(ge=1, le=53)] = 4
    experience: Experience = Experience.REGULAR
    templates: str | None = None
    usual_start: dict[str, str] = {}
    override: dict[str, str] = {}
    race: RaceTable | None = None
    feed: FeedTable | None = None


class AvailabilityTable(msgspec.Struct, frozen=True):
    default: list[str] | None = None
    mon: list[str] | None = None
    tue: list[str] | None = None
    wed: list[str] | None = None
    thu: list[str] | None = None
    fri: list[str] | None = None
    sat: list[str] | None = None
    sun: list[str] | None = None
    prefer_times: list[str] = []
    buffer: str = "15m"
    notice: str = "12h"


class StrengthTable(msgspec.Struct, frozen=True):
    hours_apart: str = "3h"
    min_days_apart: Annotated[int, msgspec.Meta(ge=2, le=14)] = 2
    short_on_time: bool = False


class PauseTable(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    first: date
    last: date


class BusyTable(msgspec.Struct, frozen=True):
    name: str
    type: Literal["ics", "google"]
    url: str | None = None
    url_env: str | None = None
    path: str | None = None
    calendars: list[str] | None = None
    all_day: Literal["busy", "free"] = "busy"
    tentative: Literal["busy", "free"] = "busy"
    email: str | None = None
    ignore: list[str] = []
    on_error: Literal["cache", "fail"] = "cache"
    max_age: str = "7d"


class TargetTable(msgspec.Struct, frozen=True):
    name: str
    type: Literal["ics", "google"]
    path: str | None = None
    include: Annotated[list[Literal["runs", "strength"]], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["runs", "strength"]
    )
    detail: Literal["full", "busy"] = "full"
    alarm: str | None = None
    calendar: str | None = None
    reminder: str | None = None
    calendar_id: str | None = None


class GoogleTable(msgspec.Struct, frozen=True):
    credentials: str
    token: str | None = None
    endpoint: str = "https://www.googleapis.com"


class ConfigFile(msgspec.Struct, frozen=True):
    name: str
    plan: PlanTable
    targets: Annotated[list[TargetTable], msgspec.Meta(min_length=1)]
    timezone: str | None = None
    availability: AvailabilityTable = AvailabilityTable()
    strength: StrengthTable = StrengthTable()
    pause: list[PauseTable] = []
    busy: list[BusyTable] = []
    google: GoogleTable | None = None
