"""config.toml -> Config.

Decides what a config may say of a plan, and fills in what it doesn't. What it says of calendars is read in
config_calendars.py, of races and training platforms in config_training.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.config.settings import (
    AvailabilityTable,
    Calendars,
    ConfigFile,
    FeedSettings,
    GoogleAccess,
    IcsBusy,
    IcsTarget,
    PauseTable,
    SourceSettings,
    TargetSettings,
    UsualStartTable,
    read_calendars,
    read_feed,
    read_race,
)
from calsync.config.toml import (
    PLAN_NAME,
    Document,
    clock_time,
    duration,
    read,
    time_range,
)
from calsync.config.toml import path as parse_path
from calsync.program import Availability, Pause, Program, Rules, UsualStart
from calsync.training import FIRST_YEAR, LAST_YEAR, WEEKDAYS, TimeRange, Week, Weekday
from calsync.words import Keys, did_you_mean

# For a config that names no `default`: a working week, and a weekend that belongs to running.
_USUAL_RANGES = ("06:00-08:30", "12:00-14:00", "17:00-21:00")
_USUAL_WEEKEND = {Weekday.SAT: ("08:00-20:00",), Weekday.SUN: ()}


@dataclass(frozen=True, slots=True)
class Config:
    path: Path
    name: str
    zone: ZoneInfo
    program: Program
    templates: Path | None
    sources: tuple[SourceSettings, ...]
    targets: tuple[TargetSettings, ...]
    google: GoogleAccess | None
    feed: FeedSettings | None
    document: Document

    @property
    def template_places(self) -> dict[str, Keys]:
        """Each template that the plan names, and the first key path that names it."""
        places: dict[str, Keys] = {}
        for number, name in enumerate(self.program.weeks):
            places.setdefault(name, ("plan", "weeks", number))
        for number, name in enumerate(self.program.race.weeks if self.program.race else ()):
            places.setdefault(name, ("plan", "race", "weeks", number))
        for week, name in self.program.overrides.items():
            places.setdefault(name, ("plan", "override", str(week)))
        return places


def load_config(path: Path, environment: Mapping[str, str]) -> Config:
    """The config at `path`; `environment` supplies what it names as `*_env`. Raises ConfigError."""
    table, document = read(path, ConfigFile)
    base = path.resolve().parent
    own = table.plan.templates
    document.parse(("name",), _plan_name, table.name)
    calendars = read_calendars(document, table, base, environment)
    feed = None
    if table.plan.feed is not None:
        feed = read_feed(document, table.plan.feed, base, environment)
        _check_feed(document, feed, calendars)
    return Config(
        path=path,
        name=table.name,
        zone=_zone(document, table.timezone),
        program=_program(document, table),
        templates=None if own is None else parse_path(document, ("plan", "templates"), own, base),
        sources=calendars.sources,
        targets=calendars.targets,
        google=calendars.google,
        feed=feed,
        document=document,
    )


def _check_feed(document: Document, feed: FeedSettings, calendars: Calendars) -> None:
    """Refuse what would go round in circles."""
    path = feed.path.resolve() if feed.path else None
    for source in calendars.sources:
        if isinstance(source, IcsBusy) and (
            (feed.url and source.url == feed.url) or (path and source.path and source.path.resolve() == path)
        ):
            message = f'is also the busy source "{source.name}"; the runs themselves must not keep you busy'
            raise document.fail(("plan", "feed"), message)
    for target in calendars.targets:
        if isinstance(target, IcsTarget) and path and target.path.resolve() == path:
            message = f'is the file that the target "{target.name}" writes'
            raise document.fail(("plan", "feed", "path"), message)


def _plan_name(text: str) -> str:
    if not re.fullmatch(PLAN_NAME, text):
        raise ValueError("expected up to 40 letters, digits, - or _, beginning with a letter or digit")
    return text


def _zone(document: Document, name: str | None) -> ZoneInfo:
    if name is None:
        # Only here: it looks into a dozen places, and most configs name their zone.
        from tzlocal import get_localzone_name

        try:
            name = get_localzone_name()
        except (KeyError, ValueError):  # its files contradict each other, or say what is no zone
            name = None
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
        race=None if plan.race is None else read_race(document, plan.race, plan.start),
    )


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as problem:
        raise ValueError("expected an ISO week such as 2026-W52 that exists") from problem


def _usual_start(document: Document, table: UsualStartTable) -> UsualStart:
    usual = {
        key: document.parse(("plan", "usual_start", key), _time_or_range, text)
        for key in ("default", *WEEKDAYS)
        if (text := getattr(table, key)) is not None
    }
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
