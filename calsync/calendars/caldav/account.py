"""CalDAV for one run of a command: who calsync is to which server, and which calendar is which target's.

Imports inside functions: httpx and what reads XML take 0.2 s, and are needed only where something is asked.
"""

import os
import re
import subprocess
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from calsync.addresses import hidden, place_of
from calsync.calendars import marker, plans_in
from calsync.calendars.caldav.remembered import Records
from calsync.config.load import Config
from calsync.config.settings import PROVIDERS, CaldavBusy, CaldavTarget
from calsync.errors import AuthorisationNeeded, CalsyncError, RefusedToProtectData
from calsync.files import real_path
from calsync.state import State
from calsync.waits import PASSWORD

if TYPE_CHECKING:
    from calsync.calendars.caldav.calendar import CaldavCalendar
    from calsync.calendars.caldav.client import Client, Failure, Patience
    from calsync.calendars.caldav.discovery import Account, Collection

# Whose calendars are on other hosts than the one that is asked first.
_HOSTS = {"icloud": ".icloud.com"}
# What most people who are refused have done wrong.
_HINTS = {
    "icloud": (
        "Apple wants an app-specific password: account.apple.com makes one, under Sign-In and Security"
    ),
    "fastmail": "Fastmail wants an app password: Settings > Privacy & Security > App passwords",
    "nextcloud": (
        "With two-factor authentication it wants an app password: Settings > Security > Devices & sessions"
    ),
}
_USUAL_HINT = "Many providers want a password for apps, which the account's security settings make"


def _provider(settings: CaldavBusy | CaldavTarget) -> str:
    """That of a table, also where it has the provider's address; empty if it is none that is known."""
    if settings.provider is not None:
        return settings.provider
    host = urlsplit(settings.server).hostname or ""
    for name, url in PROVIDERS.items():
        more = _HOSTS.get(name)
        if host == urlsplit(url).hostname or (more and host.endswith(more)):
            return name
    return ""


class Accounts:
    """The servers as the config names them; each is signed in to when it is first needed."""

    def __init__(self, config: Config, state: State) -> None:
        self._config = config
        self._state = state
        self._opened: dict[tuple[object, ...], Client] = {}
        self._lock = threading.Lock()
        self._printed: dict[tuple[str, ...], str] = {}

    @cached_property
    def records(self) -> Records:
        return Records(self._state)

    @property
    def _targets(self) -> tuple[CaldavTarget, ...]:
        return tuple(target for target in self._config.targets if isinstance(target, CaldavTarget))

    def client(self, settings: CaldavTarget) -> "Client":
        """The one for this account. Raises ConfigError, AuthorisationNeeded or UsageError."""
        # The calendar's own address comes first: it may be on another host than where people sign in.
        begin = settings.calendar_url or settings.server
        key = (begin, settings.username, settings.password_env, settings.password_command)
        if key not in self._opened:
            self._opened[key] = self.open(settings, begin)
        return self._opened[key]

    def open(
        self,
        settings: CaldavBusy | CaldavTarget,
        begin: str | None = None,
        patience: "Patience | None" = None,
    ) -> "Client":
        """A new one, which whoever asks for it closes; it begins at the server's address, or at `begin`.

        Raises ConfigError, AuthorisationNeeded or UsageError.
        """
        from calsync.calendars.caldav.client import Client

        provider = _provider(settings)
        return Client(
            begin or settings.server,
            settings.username,
            self._password(settings),
            also=_HOSTS.get(provider, ""),
            hint=_HINTS.get(provider, _USUAL_HINT),
            patience=patience,
        )

    def close(self) -> None:
        for client in self._opened.values():
            client.close()
        self._opened.clear()

    def _password(self, settings: CaldavBusy | CaldavTarget) -> str:
        """Raises ConfigError or AuthorisationNeeded. It is in no message, and is written nowhere."""
        if settings.password_env is not None:
            if password := os.environ.get(settings.password_env, ""):
                return password
            message = f"the environment variable {hidden(settings.password_env)} is not set"
            number, table = (
                (self._config.targets.index(settings), "targets")
                if isinstance(settings, CaldavTarget)
                else (self._config.sources.index(settings), "busy")
            )
            raise self._config.document.fail((table, number, "password_env"), message)
        command = settings.password_command or ()
        # Busy calendars are asked at once, and the owner of a password manager only once.
        with self._lock:
            if command not in self._printed:
                folder = real_path(self._config.path).parent
                self._printed[command] = _printed_by(settings.name, command, folder)
            return self._printed[command]

    def sign_ins(self) -> "dict[tuple[str, str], CaldavBusy | CaldavTarget]":
        """The accounts that the config names, by server and user: the first table of each."""
        found: dict[tuple[str, str], CaldavBusy | CaldavTarget] = {}
        for one in (*self._config.targets, *self._config.sources):
            if isinstance(one, CaldavBusy | CaldavTarget):
                found.setdefault((one.server, one.username), one)
        return found

    def look(self, settings: CaldavBusy | CaldavTarget) -> "tuple[Account, tuple[Collection, ...]]":
        """What an account has. Raises ConfigError, AuthorisationNeeded, UsageError or Unavailable."""
        from contextlib import closing

        with closing(self.open(settings)) as client:
            from calsync.calendars.caldav.client import Refused
            from calsync.calendars.caldav.discovery import calendars_of, find_account

            try:
                account = find_account(client)
                return account, calendars_of(client, account)
            except Refused as problem:
                what = f"{settings.name}: its calendars can't be found"
                raise problem.failure.error(what, of_source=isinstance(settings, CaldavBusy)) from problem

    def is_made(self, url: str) -> bool:
        """Whether calsync has made the calendar at this address, as far as the state folder knows."""
        return place_of(url) in map(place_of, self.records.known.calendars.values())

    def calendar_url(self, target: CaldavTarget) -> str | None:
        """The config's word, or what was kept when the calendar was created or found."""
        return target.calendar_url or self.records.known.calendars.get(target.name)

    def calendar(self, target: CaldavTarget) -> "CaldavCalendar":
        """Raises AuthorisationNeeded if the target has no calendar yet, ConfigError, Unavailable."""
        from calsync.calendars.caldav.calendar import CaldavCalendar

        client = self.client(target)
        url = self.calendar_url(target) or self._found(target, client)
        if url is None:
            raise AuthorisationNeeded(
                f'{target.name}: its calendar "{target.calendar}" has not been created yet; run '
                "`calsync auth caldav`"
            )
        self._refuse_shared(target, url)
        config, is_neutral = self._config, target.detail == "busy"
        return CaldavCalendar(
            target.name, client, url, config.name, config.zone, self.records, is_neutral=is_neutral
        )

    def _found(self, target: CaldavTarget, client: "Client") -> str | None:
        """The calendar of a target whose address is not known here: one that says that it is the plan's.

        Raises RefusedToProtectData if there is one of its title that calsync did not make.
        """
        there = [one for one in self._calendars(target, client) if one.name == target.calendar]
        names = (self._config.name, *self._formers)
        ours = [one for one in there if not set(names).isdisjoint(plans_in(one.description))]
        if ours:
            self.records.known.calendars[target.name] = ours[0].url
            return ours[0].url
        if there:
            if others := [plan for one in there for plan in plans_in(one.description)]:
                whose = f'is that of the plan "{others[0]}"'
                advice = "Give the target another title"
            else:
                whose = "calsync did not make"
                advice = (
                    f'If the plan may go there, write calendar_url = "{there[0].url}" into the target; if '
                    "not, give the target another title"
                )
            raise RefusedToProtectData(
                f'{target.name}: there is a calendar "{target.calendar}" already, which {whose}. {advice}'
            )
        return None

    @property
    def _formers(self) -> tuple[str, ...]:
        from calsync.state import former_names

        return former_names(self._config.path, self._config.name)

    def _calendars(self, target: CaldavTarget, client: "Client") -> "Sequence[Collection]":
        from calsync.calendars.caldav.client import Refused
        from calsync.calendars.caldav.discovery import calendars_of, find_account

        try:
            return calendars_of(client, find_account(client))
        except Refused as problem:
            raise _error(target, problem.failure) from problem

    def create_missing(self, now: datetime, *, anew: bool, only: str | None = None) -> dict[str, str]:
        """Create the calendars of the targets that have none, and say which, by the targets' names.

        `anew`: also where the one that is known is not on its server any more. `only` names one target.

        Raises RefusedToProtectData, ConfigError, AuthorisationNeeded or Unavailable.
        """
        created = {}
        for target in [target for target in self._targets if only in (None, target.name)]:
            client = self.client(target)
            if target.calendar_url is not None:
                continue
            known = self.calendar_url(target)
            if known is not None and not (anew and self._is_gone(target)):
                continue
            if known is None and (found := self._found(target, client)):
                self.records.set_calendar(target.name, found)
                continue
            url = created[target.name] = self._created(target, client)
            self.records.set_new_calendar(target.name, url)
        return created

    def _created(self, target: CaldavTarget, client: "Client") -> str:
        from calsync.calendars.caldav.client import Refused
        from calsync.calendars.caldav.discovery import create_calendar, find_account
        from calsync.calendars.caldav.resource import zone_object

        name = re.sub("[^a-z0-9]+", "-", target.name.lower()).strip("-")
        path = "-".join(filter(None, ("calsync", self._config.name, name)))
        try:
            home = find_account(client).homes[0]
            text = marker(self._config.name)
            zone = zone_object(self._config.zone)
            return create_calendar(client, home, path, target.calendar or "", text, zone)
        except Refused as problem:
            what = f'{target.name}: the calendar "{target.calendar}" could not be created'
            error = problem.failure.error(what)
            if problem.failure.status in (403, 405, 501):
                own = "Some providers let only their own app make calendars: make one there, and write its"
                error = type(error)(f"{error}. {own} address as calendar_url into the target")
            raise error from problem

    def _is_gone(self, target: CaldavTarget) -> bool:
        from calsync.calendars.caldav.calendar import CalendarGone

        try:
            self.calendar(target).load()
        except CalendarGone:
            return True
        return False

    def _refuse_shared(self, target: CaldavTarget, url: str) -> None:
        for other in self._targets:
            known = self.calendar_url(other)
            if other is not target and known and place_of(known) == place_of(url):
                number = self._config.targets.index(target)
                message = f'writes the same calendar as the target "{other.name}"'
                raise self._config.document.fail(("targets", number, "name"), message)


def _error(target: CaldavTarget, failure: "Failure") -> CalsyncError:
    return failure.error(f"{target.name}: its calendars can't be found")


def _printed_by(name: str, command: Sequence[str], folder: Path) -> str:
    """The first line that a program prints, without a shell around it. Raises AuthorisationNeeded.

    What it says on standard error may be more than others should read.
    """
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PASSWORD,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"did not print the password within {PASSWORD:g} seconds"
    except OSError as problem:
        message = f"can't be run: {problem.strerror}"
    except ValueError:
        message = "can't be run: there is a zero byte in it"
    else:
        lines = ended.stdout.decode("utf-8", "replace").splitlines()
        if not ended.returncode and lines and lines[0]:
            return lines[0]
        failed = f"failed (exit code {ended.returncode})" if ended.returncode else "printed no password"
        message = f"{failed}; run it yourself to see why"
    # Not from what was raised: that of a program which takes too long has what it printed.
    raise AuthorisationNeeded(f"{name}: password_command: {hidden(command[0])} {message}") from None
