"""config.toml -> Config.

Decides what a config may say, and fills in what it doesn't. Knows nothing of how sources are read or targets
written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.addresses import web_address
from calsync.config_file import AvailabilityTable, BusyTable, ConfigFile, PauseTable, TargetTable
from calsync.program import Availability, Pause, Program, Rules, UsualStart
from calsync.toml import Document, Keys, clock_time, did_you_mean, duration, read, time_range
from calsync.toml import path as parse_path
from calsync.training import FIRST_YEAR, LAST_YEAR, WEEKDAYS, TimeRange, Week, Weekday

# For a config that names no `default`: a working week, and a weekend that belongs to running.
_USUAL_RANGES = ("06:00-08:30", "12:00-14:00", "17:00-21:00")
_USUAL_WEEKEND = {Weekday.SAT: ("08:00-20:00",), Weekday.SUN: ()}


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
class IcsTarget:
    """An ICS feed that calsync writes."""

    name: str
    path: Path
    runs: bool = True
    strength: bool = True
    busy_only: bool = False
    alarm: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Config:
    path: Path
    name: str
    zone: ZoneInfo
    program: Program
    templates: Path | None
    sources: tuple[IcsBusy, ...]
    targets: tuple[IcsTarget, ...]
    document: Document

    @property
    def template_places(self) -> dict[str, Keys]:
        """Each template that the plan names, and the first key path that names it."""
        places: dict[str, Keys] = {}
        for number, name in enumerate(self.program.weeks):
            places.setdefault(name, ("plan", "weeks", number))
        for week, name in self.program.overrides.items():
            places.setdefault(name, ("plan", "override", str(week)))
        return places


# A name is part of every UID, so it must be safe there and in file names.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def load_config(path: Path, environment: Mapping[str, str]) -> Config:
    """The config at `path`; `environment` supplies what it names as `*_env`. Raises ConfigError."""
    table, document = read(path, ConfigFile)
    base = path.resolve().parent
    own = table.plan.templates
    document.parse(("name",), _plan_name, table.name)
    for keys, later in ((("plan", "race"), table.plan.race), (("plan", "feed"), table.plan.feed)):
        if later is not None:
            raise document.fail(keys, "is not supported by this version of calsync")
    if table.google is not None:
        raise document.fail(("google",), "Google Calendar is not supported by this version of calsync")
    config = Config(
        path=path,
        name=table.name,
        zone=_zone(document, table.timezone),
        program=_program(document, table),
        templates=None if own is None else parse_path(document, ("plan", "templates"), own, base),
        sources=tuple(_source(document, n, busy, base, environment) for n, busy in enumerate(table.busy)),
        targets=tuple(_target(document, n, target, base) for n, target in enumerate(table.targets)),
        document=document,
    )
    _refuse_doubles(document, config)
    return config


def _plan_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("expected up to 40 letters, digits, - or _, beginning with a letter or digit")
    return text


def _zone(document: Document, name: str | None) -> ZoneInfo:
    if name is None:
        # Only here: it looks into a dozen places, and most configs name their zone.
        from tzlocal import get_localzone_name

        name = get_localzone_name()
        if name is None:
            raise document.fail((), 'this machine does not say its zone; add timezone = "Europe/London"')
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:
        from zoneinfo import available_timezones

        known = {zone.lower(): zone for zone in available_timezones()}
        hint = did_you_mean(name, known)
        for lower, zone in known.items():
            hint = hint.replace(f'"{lower}"', f'"{zone}"')
        message = f'expected an IANA zone such as "Europe/London", found "{name}"{hint}'
        raise document.fail(("timezone",), message) from problem


def _program(document: Document, table: ConfigFile) -> Program:
    plan, strength = table.plan, table.strength
    if not FIRST_YEAR <= plan.start.year <= LAST_YEAR:
        raise document.fail(
            ("plan", "start"), f"expected a date from {FIRST_YEAR} to {LAST_YEAR}, found {plan.start}"
        )
    hours_apart = document.parse(("strength", "hours_apart"), duration, strength.hours_apart)
    if hours_apart > timedelta(hours=24):
        raise document.fail(("strength", "hours_apart"), f'at most "24h", found "{strength.hours_apart}"')
    overrides = {}
    for text, template in plan.override.items():
        week = document.parse(("plan", "override", text), _week, text)
        if week < Week.of(plan.start):
            message = f"lies before the plan's first week, {Week.of(plan.start)}"
            raise document.fail(("plan", "override", text), message)
        overrides[week] = template
    return Program(
        start=plan.start,
        weeks=tuple(plan.weeks),
        availability=_availability(document, table.availability),
        rules=Rules(hours_apart, strength.min_days_apart, strength.short_on_time, plan.experience),
        horizon=plan.horizon,
        usual_start=_usual_start(document, plan.usual_start),
        overrides=overrides,
        pauses=tuple(_pause(document, number, pause) for number, pause in enumerate(table.pause)),
    )


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as problem:
        raise ValueError("expected an ISO week such as 2026-W52 that exists") from problem


def _usual_start(document: Document, table: Mapping[str, str]) -> UsualStart:
    usual: dict[str, int | TimeRange] = {}
    for key, text in table.items():
        keys = ("plan", "usual_start", key)
        if key not in ("default", *WEEKDAYS):
            hint = did_you_mean(key, ("default", *WEEKDAYS)) or "; known here: default, mon to sun"
            raise document.fail(keys, f"unknown key{hint}")
        usual[key] = document.parse(keys, _time_or_range, text)
    default = usual.pop("default", UsualStart().default)
    return UsualStart(default, {Weekday(day): start for day, start in usual.items()})


def _time_or_range(text: str) -> int | TimeRange:
    return time_range(text) if "-" in text else clock_time(text)


def _availability(document: Document, table: AvailabilityTable) -> Availability:
    def ranges(key: str, texts: Sequence[str]) -> tuple[TimeRange, ...]:
        return tuple(
            document.parse(("availability", key, number), time_range, text)
            for number, text in enumerate(texts)
        )

    def of_day(day: Weekday) -> tuple[TimeRange, ...]:
        texts: list[str] | None = getattr(table, day)
        if texts is not None:
            return ranges(day, texts)
        if table.default is not None:
            return ranges("default", table.default)
        return ranges(day, _USUAL_WEEKEND.get(day, _USUAL_RANGES))

    buffer = document.parse(("availability", "buffer"), duration, table.buffer)
    if buffer > timedelta(hours=24):
        raise document.fail(("availability", "buffer"), f'at most "24h", found "{table.buffer}"')
    notice = document.parse(("availability", "notice"), duration, table.notice)
    if notice > timedelta(days=366):
        raise document.fail(("availability", "notice"), f'at most "366d", found "{table.notice}"')
    return Availability(
        ranges=tuple(of_day(day) for day in WEEKDAYS),
        prefer_times=ranges("prefer_times", table.prefer_times),
        buffer=buffer,
        notice=notice,
    )


def _pause(document: Document, number: int, table: PauseTable) -> Pause:
    if table.last < table.first:
        message = f"ends on {table.last}, before it begins on {table.first}"
        raise document.fail(("pause", number, "to"), message)
    return Pause(table.first, table.last)


# --- sources and targets ----------------------------------------------------------------------------------


def _source(
    document: Document, number: int, table: BusyTable, base: Path, environment: Mapping[str, str]
) -> IcsBusy:
    keys: Keys = ("busy", number)
    _refuse_google(document, keys, table.type, {"calendars": table.calendars})
    given = [key for key in ("url", "url_env", "path") if getattr(table, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise document.fail(keys, f"expected one of url, url_env and path, found {found}")
    url = table.url
    if table.url_env is not None and not _VARIABLE.fullmatch(table.url_env):
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
    return IcsBusy(
        name=table.name,
        path=None if table.path is None else parse_path(document, (*keys, "path"), table.path, base),
        url=url,
        all_day_busy=table.all_day == "busy",
        tentative_busy=table.tentative == "busy",
        email=table.email,
        ignore=tuple(table.ignore),
        use_cache_on_error=table.on_error == "cache",
        max_age=document.parse((*keys, "max_age"), duration, table.max_age),
    )


def _refuse_google(document: Document, keys: Keys, kind: str, only: Mapping[str, object]) -> None:
    if kind == "google":
        raise document.fail((*keys, "type"), "Google Calendar is not supported by this version of calsync")
    for key, value in only.items():
        if value is not None:
            raise document.fail((*keys, key), f'belongs to type = "google", not to type = "{kind}"')


def _target(document: Document, number: int, table: TargetTable, base: Path) -> IcsTarget:
    keys: Keys = ("targets", number)
    google = {key: getattr(table, key) for key in ("calendar", "reminder", "calendar_id")}
    _refuse_google(document, keys, table.type, google)
    if table.path is None:
        raise document.fail((*keys, "path"), "is missing: the file that the feed is written to")
    alarm = None
    if table.alarm is not None:
        alarm = document.parse((*keys, "alarm"), duration, table.alarm)
    return IcsTarget(
        name=table.name,
        path=parse_path(document, (*keys, "path"), table.path, base),
        runs="runs" in table.include,
        strength="strength" in table.include,
        busy_only=table.detail == "busy",
        alarm=alarm,
    )


def _refuse_doubles(document: Document, config: Config) -> None:
    for table, names in (
        ("busy", [source.name for source in config.sources]),
        ("targets", [target.name for target in config.targets]),
    ):
        for number, name in enumerate(names):
            if not name:
                raise document.fail((table, number, "name"), "must not be empty")
            if name in names[:number]:
                raise document.fail((table, number, "name"), f'"{name}" is taken by another one')
    paths = [target.path.resolve() for target in config.targets]
    for number, path in enumerate(paths):
        if path in paths[:number]:
            raise document.fail(("targets", number, "path"), "another target writes this file")
        if path.is_dir():
            raise document.fail(("targets", number, "path"), "is a folder; name a file in it")
