"""The calendars of config.toml: [[busy]], [[targets]] and [google].

Decides what a config may say of them, and that a busy source is not one of the targets. Knows nothing of how
sources are read or targets written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from calsync.addresses import secure_address
from calsync.config_file import BusyTable, ConfigFile, GoogleTable, TargetTable
from calsync.config_places import read_place
from calsync.toml import Document, duration
from calsync.toml import path as parse_path
from calsync.toml_lines import Keys

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
