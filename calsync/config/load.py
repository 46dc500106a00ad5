"""config.toml -> Config: what no single table can know is checked and filled in here.

Addresses come from the environment, the zone from the machine; names, files and calendars must not be taken
twice, and dates must lie in the plan.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from calsync.addresses import hidden, hidden_path, place_of, web_address
from calsync.config.settings import (
    AnyTarget,
    AppriseNotify,
    CaldavBusy,
    CaldavTarget,
    ConfigFile,
    GoogleAccess,
    GoogleBusy,
    GoogleTarget,
    IcsBusy,
    IcsTarget,
    NtfyNotify,
    Serve,
    Travel,
    WebhookNotify,
)
from calsync.config.templates import Library
from calsync.config.toml import Document, read
from calsync.errors import ConfigError
from calsync.files import LARGEST_TEXT, read_file, real_path
from calsync.program import MEANINGS, FeedSettings, Plan, Program
from calsync.race import Race
from calsync.training import FIRST_YEAR, LAST_YEAR, Load, Week
from calsync.travel import Trip, with_trips
from calsync.words import Keys, did_you_mean, word_meant
from calsync.written import PLAN_NAME, VARIABLE

# Rule `race-day` looks this far: a race that lies further back changes nothing.
_AFTER_RACE = timedelta(days=7)
_STRENGTH: tuple[Literal["strength"]] = ("strength",)
_ALL: tuple[Literal["runs"], Literal["strength"]] = ("runs", "strength")
OWN_CALENDAR = "names the calendar that calsync writes; the plan itself must not keep you busy"
_NEEDS_GOOGLE = 'needs a [google] table with credentials = "client_secret.json" (see docs/google.md)'


@dataclass(frozen=True, slots=True)
class Config:
    path: Path
    name: str
    title: str
    zone: ZoneInfo
    program: Program
    sources: tuple[IcsBusy | GoogleBusy | CaldavBusy, ...]
    targets: tuple[AnyTarget, ...]
    google: GoogleAccess | None
    serve: Serve
    notify: tuple[NtfyNotify | WebhookNotify | AppriseNotify, ...]
    document: Document

    @property
    def template_places(self) -> dict[str, Keys]:
        """Each template that the plan names, and the first key path that names it."""
        places: dict[str, Keys] = {}
        for number, name in enumerate(self.program.weeks):
            places.setdefault(name, ("plan", "weeks", number))
        for keys, race in zip(_race_keys(self.document), self.program.races, strict=True):
            for number, name in enumerate(race.last_weeks):
                places.setdefault(name, keys if race.weeks is None else (*keys, "weeks", number))
        for week, name in self.program.overrides.items():
            places.setdefault(name, ("plan", "override", week))
        return places

    @property
    def library(self) -> Library:
        return Library(real_path(self.path).parent, self.program.templates)

    @property
    def inline_addresses(self) -> tuple[str, ...]:
        """The sources whose addresses are in the file itself: who can read it can read those calendars."""
        places: list[tuple[str, IcsBusy | FeedSettings]] = [
            (one.name, one) for one in self.sources if isinstance(one, IcsBusy)
        ]
        if self.program.feed:
            places.append(("the training feed", self.program.feed))
        named = [name for name, one in places if one.url is not None and one.url_env is None]
        return (*named, *(f"notify {one.called}" for one in self.notify if one.url is not None))

    @property
    def folder_problem(self) -> ConfigError | None:
        """That the plan's own folder of templates is not there."""
        folder = self.program.templates
        if folder is None or folder.is_dir():
            return None
        return self.document.fail(("plan", "templates"), f"there is no folder {hidden_path(folder)}")


def find_config(given: Path | None) -> Path:
    """`given`, $CALSYNC_CONFIG, ./config.toml, or that in the user's config folder. Raises ConfigError."""
    if named := given or os.environ.get("CALSYNC_CONFIG"):
        return Path(named)
    if (here := Path("config.toml")).is_file():
        return here
    import platformdirs

    users = Path(platformdirs.user_config_dir("calsync", appauthor=False)) / "config.toml"
    if users.is_file():
        return users
    raise ConfigError(
        f"no config found: neither ./config.toml nor {users} is there. `calsync init` writes one; or name "
        "yours with --config"
    )


def plan_name_of(path: Path) -> str | None:
    """The plan's name, also from a config that has errors, or is no TOML at all."""
    try:
        text = read_file(path, LARGEST_TEXT).decode("utf-8-sig", "replace")
    except OSError:
        return None
    found = re.search(rf"""^name\s*=\s*["']({PLAN_NAME})["']""", text, re.MULTILINE)
    return found[1] if found else None


def variables_of(path: Path) -> tuple[str, ...]:
    """The variables of the environment that a config names, as `url_env`; none if it is no TOML."""

    def named(value: object) -> Iterator[str]:
        if isinstance(value, list):
            for one in value:
                yield from named(one)
        elif isinstance(value, dict):
            for key, one in value.items():
                if key.endswith("_env") and isinstance(one, str):
                    yield one
                else:
                    yield from named(one)

    try:
        return tuple(dict.fromkeys(named(tomllib.loads(read_file(path, LARGEST_TEXT).decode("utf-8-sig")))))
    except (OSError, ValueError):
        return ()


def load_config(path: Path, environment: Mapping[str, str]) -> Config:
    """The config at `path`; `environment` supplies what it names as `*_env`. Raises ConfigError."""
    table, document = read(path, ConfigFile)
    table = _with_calendars(document, table, environment)
    plan = table.plan
    if plan.feed is not None:
        feed = _placed(document, ("plan", "feed"), plan.feed, environment)
        _check_feed(document, feed, table)
        own_pace = feed.seconds_per_km or plan.seconds_per_km
        plan = msgspec.structs.replace(plan, feed=msgspec.structs.replace(feed, seconds_per_km=own_pace))
    # The runs of a feed are in a calendar already: the platform's.
    usual = _ALL if plan.feed is None else _STRENGTH
    targets = tuple(
        target if target.include else msgspec.structs.replace(target, include=usual)
        for target in table.targets
    )
    return Config(
        path=path,
        name=table.name,
        title=table.title,
        zone=with_trips(_zone(document, table.timezone), _trips(document, table.travels)),
        program=_program(document, plan, table),
        sources=table.sources,
        targets=targets,
        google=table.google,
        serve=table.serve,
        notify=table.notify,
        document=document,
    )


_Placed = TypeVar("_Placed", IcsBusy, FeedSettings)


def _placed(document: Document, keys: Keys, table: _Placed, environment: Mapping[str, str]) -> _Placed:
    """The table with its url, also where that is in the environment. Exactly one place must be named."""
    given = [key for key in ("url", "url_env", "path") if getattr(table, key) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        raise document.fail(keys, f"expected one of url, url_env and path, found {found}")
    url = table.url
    if table.url_env is not None and not re.fullmatch(VARIABLE, table.url_env):
        raise document.fail((*keys, "url_env"), "expected the name of an environment variable")
    if table.url_env is not None and not (url := environment.get(table.url_env, "").strip()):
        message = f"the environment variable {hidden(table.url_env)} is not set"
        raise document.fail((*keys, "url_env"), message)
    if url is not None:
        try:
            web_address(url)
        except ValueError as problem:
            # Without what was found: who has the address can read the calendar.
            raise document.fail((*keys, given[0]), str(problem)) from problem
    return msgspec.structs.replace(table, url=url)


def _with_calendars(document: Document, table: ConfigFile, environment: Mapping[str, str]) -> ConfigFile:
    sources: list[IcsBusy | GoogleBusy | CaldavBusy] = []
    for number, source in enumerate(table.sources):
        if not isinstance(source, GoogleBusy):
            _check_strength(document, ("busy", number, "strength"), source.strength)
        if isinstance(source, IcsBusy):
            sources.append(_placed(document, ("busy", number), source, environment))
            continue
        if isinstance(source, CaldavBusy):
            _check_sign_in(document, ("busy", number), source)
        elif not source.calendars:
            message = 'name the calendars to ask, such as ["primary"]'
            raise document.fail(("busy", number, "calendars"), message)
        once = tuple(dict.fromkeys(source.calendars))
        sources.append(msgspec.structs.replace(source, calendars=once))
    for number, target in enumerate(table.targets):
        if isinstance(target, CaldavTarget):
            _check_sign_in(document, ("targets", number), target)
            if target.calendar is None and target.calendar_url is None:
                message = "write calendar, the title of the calendar, or calendar_url"
                raise document.fail(("targets", number), message)
    _refuse_doubles(document, table)
    _check_google(document, table)
    _check_notify(document, table)
    return msgspec.structs.replace(table, sources=tuple(sources))


def _check_sign_in(document: Document, keys: Keys, table: CaldavBusy | CaldavTarget) -> None:
    """Refuse a table that doesn't say where the server is, or where the password.

    That a variable is not set is no reason to stop what needs no calendar.
    """
    has_address = isinstance(table, CaldavTarget) and table.calendar_url is not None
    for names in (("url", "provider"), ("password_env", "password_command")):
        given = [name for name in names if getattr(table, name) is not None]
        if len(given) != 1 and not (has_address and names[0] == "url" and not given):
            found = "both" if given else "none of them"
            raise document.fail(keys, f"expected one of {' and '.join(names)}, found {found}")
    if table.provider == "nextcloud" and table.host is None:
        raise document.lacks((*keys, "host"), "the name of your Nextcloud's server")
    if table.provider != "nextcloud" and table.host is not None:
        raise document.fail((*keys, "host"), 'belongs to provider = "nextcloud"')
    if table.password_env is not None and not re.fullmatch(VARIABLE, table.password_env):
        message = "expected the name of an environment variable; the password itself is never in this file"
        raise document.fail((*keys, "password_env"), message)
    if table.password_command is not None and not table.password_command[0].strip():
        raise document.fail((*keys, "password_command", 0), "must not be empty")


def _check_strength(document: Document, keys: Keys, titles: Sequence[str] | Mapping[str, str]) -> None:
    """Refuse a pattern of titles that is blank, and a word that is no load."""
    for number, pattern in enumerate(titles):
        if not pattern.strip():
            where = pattern if isinstance(titles, Mapping) else number
            raise document.fail((*keys, where), "the pattern of a title must not be empty")
    for pattern, word in titles.items() if isinstance(titles, Mapping) else ():
        if word not in list(Load):
            known = tuple(Load)
            hint = word_meant(word, known) or f"; known: {', '.join(known)}"
            raise document.fail((*keys, pattern), f'no load is called "{hidden(word)}"{hint}')


def _refuse_doubles(document: Document, table: ConfigFile) -> None:
    for key, names in (
        ("busy", [source.name for source in table.sources]),
        ("targets", [target.name for target in table.targets]),
        ("notify", [one.called for one in table.notify]),
    ):
        for number, name in enumerate(names):
            if name in names[:number]:
                raise document.fail((key, number, "name"), f'"{hidden(name)}" is taken by another one')
    seen: set[object] = set()
    for number, target in enumerate(table.targets):
        if isinstance(target, IcsTarget):
            place: object = real_path(target.path)
            if place in seen:
                raise document.fail(("targets", number, "path"), "another target writes this file")
            if target.path.is_dir():
                raise document.fail(("targets", number, "path"), "is a folder; name a file in it")
        else:
            if isinstance(target, GoogleTarget):
                key = "calendar_id" if target.calendar_id else "calendar"
                place = ("google", target.calendar_id or target.calendar)
            else:
                key = "calendar_url" if target.calendar_url else "calendar"
                account = (target.server, target.username)
                url = target.calendar_url
                place = ("caldav", place_of(url) if url else (account, target.calendar))
            if place in seen:
                raise document.fail(("targets", number, key), "another target writes this calendar")
        seen.add(place)


def _check_notify(document: Document, table: ConfigFile) -> None:
    """Refuse tables without one address. What is in the environment is looked at when something is sent:
    that it is missing there is no reason to stop a push.
    """
    for number, one in enumerate(table.notify):
        if (one.url is None) == (one.url_env is None):
            found = "none of them" if one.url is None else "both"
            raise document.fail(("notify", number), f"expected one of url and url_env, found {found}")
        if isinstance(one, AppriseNotify) and one.token_env is not None:
            message = "is for ntfy and webhooks; Apprise's URLs hold their tokens"
            raise document.fail(("notify", number, "token_env"), message)
        for key, variable in (("url_env", one.url_env), ("token_env", one.token_env)):
            if variable is not None and not re.fullmatch(VARIABLE, variable):
                raise document.fail(("notify", number, key), "expected the name of an environment variable")


def _check_google(document: Document, table: ConfigFile) -> None:
    own = {target.calendar_id for target in table.targets if isinstance(target, GoogleTarget)}
    for number, source in enumerate(table.sources):
        if isinstance(source, GoogleBusy) and own.intersection(source.calendars):
            raise document.fail(("busy", number, "calendars"), OWN_CALENDAR)
    for key, calendars in (("busy", table.sources), ("targets", table.targets)):
        for number, calendar in enumerate(calendars):
            if table.google is None and isinstance(calendar, GoogleBusy | GoogleTarget):
                raise document.fail((key, number, "type"), _NEEDS_GOOGLE)


def _check_feed(document: Document, feed: FeedSettings, table: ConfigFile) -> None:
    """Refuse what would go round in circles, and words that mean nothing."""
    for pattern, word in feed.kind.items():
        keys = ("plan", "feed", "kind", pattern)
        if not pattern.strip():
            raise document.fail(keys, "the pattern of a title must not be empty")
        if word not in MEANINGS:
            hint = did_you_mean(word, tuple(MEANINGS)) or f"; known: {', '.join(MEANINGS)}"
            raise document.fail(keys, f'no kind of run is called "{hidden(word)}"{hint}')
    path = real_path(feed.path) if feed.path else None
    for source in table.sources:
        if isinstance(source, IcsBusy) and (
            (feed.url and source.url == feed.url) or (path and source.path and real_path(source.path) == path)
        ):
            message = f'is also the busy source "{source.name}"; the runs themselves must not keep you busy'
            raise document.fail(("plan", "feed"), message)
    for target in table.targets:
        if isinstance(target, IcsTarget) and path and real_path(target.path) == path:
            message = f'is the file that the target "{target.name}" writes'
            raise document.fail(("plan", "feed", "path"), message)


def _program(document: Document, plan: Plan, table: ConfigFile) -> Program:
    _check_year(document, ("plan", "start"), plan.start)
    for text in plan.overrides:
        week = document.parse(("plan", "override", text), _week, text)
        if week < Week.of(plan.start):
            message = f"lies before the plan's first week, {Week.of(plan.start)}"
            raise document.fail(("plan", "override", text), message)
    for number, pause in enumerate(table.pauses):
        if pause.last < pause.first:
            message = f"ends on {pause.last}, before it begins on {pause.first}"
            raise document.fail(("pause", number, "to"), message)
    _check_races(document, plan)
    return Program(
        **msgspec.structs.asdict(plan),
        availability=table.availability,
        rules=table.rules,
        pauses=table.pauses,
    )


def _check_year(document: Document, keys: Keys, day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise document.fail(keys, f"expected a date from {FIRST_YEAR} to {LAST_YEAR}, found {day}")


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as problem:
        raise ValueError("expected an ISO week such as 2026-W52 that exists") from problem


def _race_keys(document: Document) -> list[Keys]:
    """The key paths of the races: one table, or each of several."""
    match document.value(("plan", "race")):
        case list() as races:
            return [("plan", "race", number) for number in range(len(races))]
        case None:
            return []
    return [("plan", "race")]


def _check_races(document: Document, plan: Plan) -> None:
    first = Week.of(plan.start).monday
    seen: dict[date, Race] = {}
    for keys, race in zip(_race_keys(document), plan.races, strict=True):
        _check_year(document, (*keys, "date"), race.day)
        if race.day + _AFTER_RACE < first:
            raise document.fail((*keys, "date"), f"{race.day} lies before the plan, which begins on {first}")
        if other := seen.get(race.day):
            message = f'"{other.title}" is on {race.day} already; one day has one race'
            raise document.fail((*keys, "date"), message)
        seen[race.day] = race
        if len(plan.races) > 1 and document.value((*keys, "priority")) is None:
            message = 'with several races, say how much each matters: "A", "B" or "C"'
            raise document.lacks((*keys, "priority"), message)


def _trips(document: Document, travels: Sequence[Travel]) -> Iterator[Trip]:
    for number, travel in enumerate(travels):
        for key, day in (("from", travel.first), ("to", travel.last)):
            _check_year(document, ("travel", number, key), day)
        if travel.last < travel.first:
            message = f"ends on {travel.last}, before it begins on {travel.first}"
            raise document.fail(("travel", number, "to"), message)
        for other in travels[:number]:
            if other.first <= travel.last and travel.first <= other.last:
                message = f"you are in {hidden(other.timezone)} from {other.first} to {other.last}"
                raise document.fail(("travel", number, "from"), f"{message}; a day has one zone")
        zone = _zone(document, travel.timezone, ("travel", number, "timezone"))
        yield Trip(travel.first, travel.last, zone)


def _zone(document: Document, name: str | None, keys: Keys = ("timezone",)) -> ZoneInfo:
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

        zones = available_timezones()
        cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones, reverse=True)}
        city = cities.get("_".join(name.lower().split()))
        hint = did_you_mean(city or name, {zone.lower(): zone for zone in zones})
        message = f'expected an IANA zone such as "Europe/London", found "{hidden(name)}"{hint}'
        raise document.fail(keys, message) from problem
