"""The whole config.toml, and its tables about calendars and the server.

What it says about training is in program.py. What no single table can know, such as that two targets write
one file, is checked in load.py.
"""

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from calsync.addresses import HOST, secure_address, server_address, shown
from calsync.program import Availability, Pause, Plan, Rules
from calsync.training import Load
from calsync.written import (
    DURATION,
    DURATIONS,
    VARIABLE,
    Address,
    ClockTime,
    Duration,
    FilePath,
    Name,
    NotBlank,
    PlanDate,
    PlanName,
    Said,
    Stripped,
    Variable,
    at_most,
    duration,
    missing,
    read_by,
    written,
)

# --- CalDAV: who signs in where ---------------------------------------------------------------------------


_SERVER = rf"(?:{HOST})(?::[0-9]{{1,5}})?"


def _server_name(text: str) -> str:
    if not re.fullmatch(_SERVER, text):
        raise ValueError('expected a name such as "cloud.example.org"; a whole address is written as url')
    return text.lower()


def _dav_address(text: str) -> str:
    address = secure_address(text)
    if urlsplit(address).username is not None:
        raise Said("holds a username; write it as username, and where the password is as password_env")
    return address


def _server(settings: "CaldavBusy | CaldavTarget") -> str:
    """The address that a table names; empty if none."""
    if settings.provider == "nextcloud":
        return f"https://{settings.host}/remote.php/dav/"
    return settings.url or PROVIDERS.get(settings.provider or "", "")


PROVIDERS = {"icloud": "https://caldav.icloud.com/", "fastmail": "https://caldav.fastmail.com/"}
_SIGN_IN = ("provider", "host", "username", "password_env", "password_command")
# Of the two tables that have them: msgspec's structs can't inherit from two others with fields.
DavAddress = Annotated[Address, read_by(_dav_address)]
ServerUrl = Annotated[
    DavAddress, Meta(description="CalDAV: the server's address, as your provider's help pages have it.")
]
Provider = Annotated[
    Literal["icloud", "fastmail", "nextcloud"],
    Meta(description="CalDAV: a provider whose address calsync knows, in place of url."),
]
ServerName = Annotated[
    str,
    written(_SERVER, "cloud.example.org"),
    read_by(_server_name),
    Meta(description="CalDAV: the name of your Nextcloud's server."),
]
Username = Annotated[
    Stripped,
    missing("your user name there, often your mail address"),
    Meta(description="CalDAV: your user name there."),
]
PasswordVariable = Annotated[
    str,
    written(VARIABLE, "ICLOUD_PASSWORD"),
    Meta(description="CalDAV: the environment variable that holds the password, mostly an app password."),
]
PasswordCommand = Annotated[
    tuple[str, ...],
    Meta(
        min_length=1,
        description="CalDAV: a command that prints the password, as a list of words; no shell runs it.",
    ),
]


# --- what is read -----------------------------------------------------------------------------------------


class Busy(msgspec.Struct, frozen=True, tag_field="type"):
    """A calendar that says when you are busy; calsync only reads it.

    With type = "ics" name one of url, url_env and path; with type = "google" its calendars; with type =
    "caldav" the server (url or provider), username, and one of password_env and password_command.
    """

    # Schemas and messages list the keys of all types together, these first.
    first_keys: ClassVar = ("name", "type", "url", "url_env", "path", *_SIGN_IN, "calendars")
    name: Name
    """What it is called in messages."""
    type: ClassVar[Literal["ics", "google", "caldav"]]
    """A calendar file or feed, calendars in Google, or calendars of a CalDAV account."""


_LoadWord = Annotated[str, Meta(extra_json_schema={"enum": list(Load)})]


class ReadBusy(Busy, frozen=True):
    """One of which calsync sees whole events, and how it reads them."""

    all_day: Literal["busy", "free"] = "busy"
    """What an event of a whole day means, where it does not say."""
    tentative: Literal["busy", "free"] = "busy"
    """What a tentative event means."""
    email: str | None = None
    """Your address in this calendar: invitations that it declined don't keep you busy."""
    ignore: tuple[str, ...] = ()
    """Titles that don't keep you from training; * stands for anything."""
    away: tuple[str, ...] = ()
    """Titles of all-day events that are a pause, without runs and strength, such as "Holiday*"."""
    strength: tuple[str, ...] | dict[NotBlank, _LoadWord] = ()
    """Titles of strength sessions, of moderate load, or each with its load: { "Yoga*" = "light" }."""
    on_error: Literal["cache", "fail"] = "cache"
    """When the calendar can't be read: use the last good copy, or stop."""
    max_age: Duration = duration("7d")
    """How old the last good copy may be."""

    @property
    def loads(self) -> tuple[tuple[str, Load], ...]:
        """Patterns of the titles of strength sessions, and their loads."""
        if isinstance(self.strength, dict):
            return tuple((pattern, Load(word)) for pattern, word in self.strength.items())
        return tuple((pattern, Load.MODERATE) for pattern in self.strength)


class IcsBusy(ReadBusy, frozen=True, tag="ics"):
    url: Address | None = None
    """The feed's address. Who has it can read the calendar: url_env keeps it out of this file."""
    url_env: Variable | None = None
    """The environment variable that holds the feed's address."""
    path: FilePath | None = None
    """A calendar file, or a folder of them; relative to the config."""


class GoogleBusy(Busy, frozen=True, tag="google"):
    calendars: tuple[Stripped, ...]
    """Google: "primary" is your own; others go by the id that their settings show."""


class CaldavBusy(ReadBusy, frozen=True, kw_only=True, tag="caldav"):
    url: ServerUrl | None = None
    provider: Provider | None = None
    host: ServerName | None = None
    username: Username
    password_env: PasswordVariable | None = None
    password_command: PasswordCommand | None = None
    calendars: tuple[Stripped, ...] = ()
    """CalDAV: their names or addresses; otherwise all that the account has, but calsync's own."""

    @property
    def server(self) -> str:
        """The address to begin at."""
        return _server(self)


# --- what is written --------------------------------------------------------------------------------------


class Target(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A calendar that the plan goes to."""

    first_keys: ClassVar = ("name", "type", "path", "url", *_SIGN_IN, "include", "detail", "alarm")
    # What Google's calendars once had it called.
    aliases: ClassVar = {"reminder": "alarm"}
    name: Name
    """What it is called in messages."""
    type: ClassVar[Literal["ics", "google", "caldav"]]
    """A calendar file to subscribe to, or a calendar of its own, in Google or on a CalDAV server."""
    include: Annotated[tuple[Literal["runs", "strength"], ...], Meta(min_length=1)] | None = None
    """What goes there; otherwise both, but with [plan.feed] strength only, as the platform's own calendar has
    the runs."""
    detail: Literal["full", "busy"] = "full"
    """Everything, or ("busy") only when you train, not what you do."""
    alarm: Duration | None = None
    """A reminder this long before each event. In Google 28d at most, and by default what you set there."""

    @property
    def what(self) -> str:
        """What it is called in errors."""
        return f'target "{self.name}"'


class IcsTarget(Target, frozen=True, kw_only=True, tag="ics"):
    path: Annotated[FilePath, missing("the file that the feed is written to")]
    """ICS: the file to write; relative to the config."""

    @property
    def place(self) -> str:
        return str(self.path)


# The most that Google's reminders can be ahead (Events: reminders.overrides[].minutes).
_Reminder = Annotated[
    timedelta, written(DURATION, *DURATIONS), read_by(at_most("28d", "Google allows at most"))
]


_IN_GOOGLE = "the title of the calendar in Google"


def _title(where: str) -> Callable[[str], str]:
    """Reads the title of a calendar; `where` says whose."""

    def read(text: str) -> str:
        if not (title := text.strip()):
            raise Said(f"is empty; write {where}")
        return title

    return read


_OnDelete = Literal["skip", "another-time"]


class GoogleTarget(Target, frozen=True, kw_only=True, tag="google"):
    calendar: Annotated[NotBlank, read_by(_title(_IN_GOOGLE)), missing(_IN_GOOGLE)]
    """Google and CalDAV: the title of the calendar."""
    alarm: _Reminder | None = None
    calendar_id: Stripped | None = None
    """Google: which calendar it is, if not the one that `calsync auth google` creates."""
    on_delete: _OnDelete = "skip"
    """Google and CalDAV: a strength session that you delete there is left out, or ("another-time") gets the
    next best time of its week. Runs are left out."""

    @property
    def place(self) -> str:
        return f"Google Calendar: {self.calendar}"


class CaldavTarget(Target, frozen=True, kw_only=True, tag="caldav"):
    url: ServerUrl | None = None
    provider: Provider | None = None
    host: ServerName | None = None
    username: Username
    password_env: PasswordVariable | None = None
    password_command: PasswordCommand | None = None
    calendar: Annotated[NotBlank, read_by(_title("the title of the calendar"))] | None = None
    """Google and CalDAV: the title of the calendar."""
    calendar_url: DavAddress | None = None
    """CalDAV: the calendar's own address, if it is not one that calsync creates."""
    on_delete: _OnDelete = "skip"
    """Google and CalDAV: a strength session that you delete there is left out, or ("another-time") gets the
    next best time of its week. Runs are left out."""

    @property
    def server(self) -> str:
        """The address to begin at."""
        return _server(self) or self.calendar_url or ""

    @property
    def place(self) -> str:
        return f"CalDAV: {self.calendar or shown(self.server)}"


AnyTarget = IcsTarget | GoogleTarget | CaldavTarget


def _endpoint(text: str) -> str:
    return secure_address(text).rstrip("/")


class GoogleAccess(msgspec.Struct, frozen=True):
    """How Google Calendar is reached: docs/google.md."""

    credentials: FilePath
    """The file of your OAuth client, or of a service account."""
    token: FilePath | None = None
    """Where the permission is kept; otherwise in the state folder."""
    endpoint: Annotated[Address, read_by(_endpoint)] = "https://www.googleapis.com"
    """Another server that speaks Google's API."""


def _host_name(text: str) -> str:
    if not re.fullmatch(HOST, text):
        raise ValueError('expected a name without a port, such as "training.example.org"')
    return text.lower()


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError('expected an address or a network, such as "172.18.0.0/16"') from None
    return text


_HostName = Annotated[str, written(HOST, "training.example.org"), read_by(_host_name)]
_Network = Annotated[str, written(r"[0-9A-Fa-f:.]+(?:/[0-9]+)?", "172.18.0.0/16"), read_by(_network)]


def _url(text: str) -> str:
    if not server_address(text):
        raise ValueError('expected an address such as "https://training.example.org"')
    return text.rstrip("/")


def round_time(text: str) -> timedelta:
    """How long from one round of the server to the next."""
    every = duration(text)
    if not timedelta(minutes=1) <= every <= timedelta(days=1):
        raise ValueError('expected "1m" to "24h"')
    return every


class Serve(msgspec.Struct, frozen=True):
    """What `calsync serve` uses where its options say nothing else, and whom it trusts: docs/security.md."""

    host: Stripped = "127.0.0.1"
    """Where it listens; "0.0.0.0" means every network interface."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8642
    """The port; 0 takes any free one."""
    url: Annotated[str, read_by(_url)] | None = None
    """The server's address as others see it, such as "https://training.example.org" behind a proxy."""
    every: Annotated[timedelta, written(DURATION, "15m", "1h"), read_by(round_time)] = duration("15m")
    """How often it plans again and writes the feeds, from 1m to 24h."""
    allowed_hosts: tuple[_HostName, ...] = ()
    """Names that the server answers to, beside those of its host, of its url, and of this machine."""
    proxies: tuple[_Network, ...] = ("127.0.0.0/8", "::1")
    """The addresses of proxies, whose X-Forwarded-Proto, -Host and -Prefix count."""


Event = Literal["changes", "trouble", "week"]


class Notify(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Where calsync tells you what changed, what is wrong, and what the coming week has: docs/notify.md.

    Name one of url and url_env.
    """

    first_keys: ClassVar = ("type", "name", "url", "url_env", "token_env", "on", "week_at")
    type: ClassVar[Literal["ntfy", "webhook", "apprise"]]
    """An ntfy topic, a web address that takes JSON, or (with the extra notify) whatever Apprise knows."""
    name: Name | None = None
    """What it is called in messages; otherwise its type."""
    url: Stripped | None = None
    """The address of the topic or of the webhook; for apprise one of its URLs. Keep it to yourself."""
    url_env: Variable | None = None
    """The environment variable that holds it."""
    token_env: Variable | None = None
    """Ntfy and webhook: the environment variable that holds an access token."""
    on: Annotated[tuple[Event, ...], Meta(min_length=1)] = ("changes", "trouble", "week")
    """What it is told: changes of the plan, trouble that lasts, on Sundays the coming week."""
    week_at: ClockTime = 18 * 60
    """When on Sunday the coming week is told."""

    @property
    def called(self) -> str:
        return self.name or str(self.__struct_config__.tag)


def topic_address(text: str) -> str:
    """An ntfy topic's address, with which notifications are sent."""
    address = secure_address(text)
    if not re.fullmatch(r"/[-_A-Za-z0-9]{1,64}", urlsplit(address).path):
        raise ValueError('expected the address of a topic, such as "https://ntfy.sh/my-secret-topic"')
    return address


class NtfyNotify(Notify, frozen=True, kw_only=True, tag="ntfy"):
    url: Annotated[Address, read_by(topic_address)] | None = None


class WebhookNotify(Notify, frozen=True, kw_only=True, tag="webhook"):
    url: Annotated[Address, read_by(secure_address)] | None = None


class AppriseNotify(Notify, frozen=True, kw_only=True, tag="apprise"):
    pass


# Of the calendar and of the page: what people read, unlike the plan's name.
TITLE = "Strength & runs"


class Travel(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days in another time zone: clock times on these days are of that zone. Both dates are included."""

    first: PlanDate
    """The first day there."""
    last: PlanDate
    """The last day there."""
    timezone: str
    """The time zone there, by its IANA name, such as "Asia/Tokyo"."""


_OF_FILE = {"rules": "strength", "pauses": "pause", "travels": "travel", "sources": "busy"}


class ConfigFile(msgspec.Struct, frozen=True, rename=_OF_FILE):
    """calsync's settings."""

    name: PlanName
    """Names every event that calsync writes. Keep it; a second plan takes another name."""
    plan: Plan
    targets: Annotated[tuple[AnyTarget, ...], Meta(min_length=1)]
    """Where the plan goes."""
    title: Name = TITLE
    """What the calendar and the page of the week are called."""
    timezone: str | None = None
    """Your time zone, by its IANA name, such as "Europe/London"; otherwise your computer's."""
    availability: Availability = Availability()
    rules: Rules = Rules()
    pauses: tuple[Pause, ...] = ()
    """Days without any training, such as holidays or illness."""
    travels: tuple[Travel, ...] = ()
    """Days in another time zone."""
    sources: tuple[IcsBusy | GoogleBusy | CaldavBusy, ...] = ()
    """Calendars that say when you are busy; calsync only reads them."""
    google: GoogleAccess | None = None
    serve: Serve = Serve()
    notify: tuple[NtfyNotify | WebhookNotify | AppriseNotify, ...] = ()
    """Whom calsync tells what happens."""
