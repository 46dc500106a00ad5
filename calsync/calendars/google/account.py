"""Google for one run of a command: the connection, which calendar is which target's, and busy time.

Imports inside functions: Google's libraries take 0.2 s, and are needed only where something of Google's is.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from calsync.config.load import OWN_CALENDAR, Config
from calsync.config.settings import GoogleAccess, GoogleBusy, GoogleTarget
from calsync.errors import AuthorisationNeeded, RefusedToProtectData, TargetUnavailable
from calsync.records import Creation, TokenFile
from calsync.state import State
from calsync.timespan import Timespan, merge

if TYPE_CHECKING:
    from calsync.calendars.google.auth import OAuthClient, ServiceAccount
    from calsync.calendars.google.calendar import GoogleCalendar, Records
    from calsync.calendars.google.client import Client


class Connection:
    """Google as the config names it; opened when it is first needed, and then kept."""

    def __init__(self, config: Config, state: State) -> None:
        self._config = config
        self._state = state
        self._opened: Client | None = None
        self._new: set[str] = set()

    @cached_property
    def records(self) -> "Records":
        from calsync.calendars.google.calendar import Records

        return Records(self._state)

    @property
    def access(self) -> GoogleAccess:
        """Raises ConfigError."""
        if self._config.google is None:
            raise self._config.document.fail(("google",), "is missing (see docs/google.md)")
        return self._config.google

    @property
    def account(self) -> "OAuthClient | ServiceAccount":
        """Who the credentials file says that calsync is. Raises ConfigError."""
        from calsync.calendars.google.auth import load_credentials

        # Not by way of the records: they are read when the lock is held, and a consent comes before that.
        token = TokenFile(self.access.token) if self.access.token else self._state.token_file()
        return load_credentials(self.access.credentials, token)

    @property
    def client(self) -> "Client":
        """Raises AuthorisationNeeded, ConfigError or Unavailable."""
        from calsync.calendars.google.client import Client

        if self._opened is None:
            self._opened = Client(self.access.endpoint, self.account.authorise)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def free_busy(self, sources: Sequence[GoogleBusy], window: Timespan) -> dict[str, tuple[Timespan, ...]]:
        """Each source's busy time, by its name. Raises ConfigError if one of them is a target."""
        from calsync.calendars.google.client import free_busy

        own = {self.calendar_id(target) for target in self._targets}
        for source in sources:
            if own.intersection(source.calendars):
                number = self._config.sources.index(source)
                raise self._config.document.fail(("busy", number, "calendars"), OWN_CALENDAR)
        calendars = tuple(dict.fromkeys(one for source in sources for one in source.calendars))
        found = free_busy(self.client, calendars, window)
        return {
            source.name: merge(span for one in source.calendars for span in found[one]) for source in sources
        }

    @property
    def _targets(self) -> tuple[GoogleTarget, ...]:
        return tuple(target for target in self._config.targets if isinstance(target, GoogleTarget))

    def calendar_id(self, target: GoogleTarget) -> str | None:
        """The config's word, or what was kept when the calendar was created."""
        return target.calendar_id or self.records.known.calendars.get(target.name)

    def calendar(self, target: GoogleTarget) -> "GoogleCalendar":
        """Raises AuthorisationNeeded if the target has no calendar yet."""
        from calsync.calendars.google.calendar import GoogleCalendar

        client = self.client
        calendar_id = self.calendar_id(target)
        self._refuse_interrupted(target)
        if calendar_id is None:
            self._refuse_robots(target)
            self._refuse_renamed(target)
            message = f'{target.name}: its calendar "{target.calendar}" has not been created yet'
            raise AuthorisationNeeded(
                f"{message}; run `calsync auth google` (if calsync already keeps "
                "one, write its id into the target as calendar_id first)"
            )
        self._refuse_shared(target, calendar_id)
        return GoogleCalendar(
            target.name,
            client,
            calendar_id,
            self._config.name,
            self._config.zone,
            self.records,
            is_new=target.name in self._new,
        )

    @property
    def without_calendar(self) -> tuple[GoogleTarget, ...]:
        """The targets that have no calendar yet, as far as is known here. Raises Unavailable."""
        # Not by way of the records, as for the account.
        known = self._state.google()
        return tuple(
            target
            for target in self._targets
            if not target.calendar_id and target.name not in known.calendars | known.creating
        )

    def create_missing(self, now: datetime, *, anew: bool, only: str | None = None) -> dict[str, str]:
        """Create the calendars of the targets that have none, and say which, by the targets' names.

        `anew`: also where the calendar is not in Google any more, or where an earlier creation was
        interrupted and the runner has been told. `only` names one target.

        Raises RefusedToProtectData, TargetUnavailable, AuthorisationNeeded or Unavailable.
        """
        from calsync.calendars.google.calendar import create_calendar

        created = {}
        for target in [target for target in self._targets if only in (None, target.name)]:
            begun = self._interrupted(target)
            if begun and not (anew and begun.told):
                self.records.tell_of_creation(target.name)
                self._refuse_interrupted(target)
            if self.calendar_id(target) and not begun and not (anew and self._is_gone(target)):
                continue
            self._refuse_robots(target)
            if not anew:
                self._refuse_renamed(target)
            config = self._config
            created[target.name] = create_calendar(
                self.client, self.records, target, config.name, config.zone, now
            )
            self._new.add(target.name)
        return created

    def _is_gone(self, target: GoogleTarget) -> bool:
        """Whether the target's calendar was deleted. Raises TargetUnavailable if the config names it."""
        from calsync.calendars.google.calendar import CalendarGone

        try:
            self.calendar(target).load()
        except CalendarGone as problem:
            if target.calendar_id:
                message = "is not in Google any more, but the config names it; take calendar_id out first"
                raise TargetUnavailable(f"{target.name}: the calendar {message}") from problem
            return True
        return False

    def _refuse_robots(self, target: GoogleTarget) -> None:
        from calsync.calendars.google.auth import ServiceAccount

        account = self.account
        if isinstance(account, ServiceAccount):
            raise AuthorisationNeeded(
                f"{target.name}: a service account has no calendars that you can see. Create one yourself, "
                f"share it with {account.email}, and put its id into the config as calendar_id"
            )

    def _interrupted(self, target: GoogleTarget) -> Creation | None:
        """A creation whose end is not known, unless the config says which calendar it is."""
        return None if target.calendar_id else self.records.known.creating.get(target.name)

    def _refuse_interrupted(self, target: GoogleTarget) -> None:
        from calsync.calendars.google.calendar import maybe_created

        if begun := self._interrupted(target):
            raise RefusedToProtectData(f"{target.name}: {maybe_created(target.calendar, begun.since)}")

    def _refuse_renamed(self, target: GoogleTarget) -> None:
        """A target that has got another name is the same calendar, more often than a second one."""
        names = {target.name for target in self._config.targets}
        for name, calendar_id in self.records.known.calendars.items():
            if name not in names:
                raise RefusedToProtectData(
                    f'{target.name}: it has no calendar yet, but there is the one of the target "{name}", '
                    "which the config no longer has. If it is the same, write "
                    f'calendar_id = "{calendar_id}" into the target; if not, run '
                    "`calsync push --create-calendar`"
                )

    def _refuse_shared(self, target: GoogleTarget, calendar_id: str) -> None:
        for other in self._targets:
            if other is not target and self.calendar_id(other) == calendar_id:
                number = self._config.targets.index(target)
                message = f'writes the same calendar as the target "{other.name}"'
                raise self._config.document.fail(("targets", number, "name"), message)
