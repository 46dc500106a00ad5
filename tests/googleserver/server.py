"""The server itself: what a test sets up, and what it looks at afterwards.

    with GoogleServer() as google:
        token = google.authorise()
        ...  # a client that is pointed at google.url
        google.person(calendar_id).move(event_id, start, end)

How a request is carried out is not its business, but that of `traffic`.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.googleserver import keys
from tests.googleserver.call import Token
from tests.googleserver.consent import Consent
from tests.googleserver.discovery import SCOPE_PREFIX
from tests.googleserver.exchange import Json, Logged, Query
from tests.googleserver.faults import Faults
from tests.googleserver.person import Person
from tests.googleserver.store import Calendar, Calendars, Store
from tests.googleserver.switches import Switches
from tests.googleserver.tokens import LIFETIME, Client, Tokens
from tests.googleserver.traffic import Hook, Traffic
from tests.googleserver.wire import HOST, Listener

EMAIL = "runner@example.com"
ROBOT = "robot@project.iam.gserviceaccount.com"
CLIENT_ID = "1234567890-calsync.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-not-a-secret"
LIKELIEST = Switches()
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LEAST_SCOPES = (SCOPE_PREFIX + "calendar.app.created", SCOPE_PREFIX + "calendar.freebusy")


class GoogleServer:
    def __init__(
        self,
        switches: Switches = LIKELIEST,
        now: datetime = NOW,
        *,
        email: str = EMAIL,
    ) -> None:
        self.email = email
        """The account that the person at the consent page has; its own calendar is "primary"."""
        self.store = Store(email, now, switches)
        self.tokens = Tokens(email, switches)
        self.traffic = Traffic(self.store, self.tokens)
        self.add_calendar(email, summary=email)
        self._listener = Listener(self.traffic.respond)
        self.url = f"http://{HOST}:{self._listener.port}"
        self.tokens.token_uri = f"{self.url}/token"
        self.tokens.clients[CLIENT_ID] = Client(CLIENT_ID, CLIENT_SECRET)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        # Mistakes of this server, or calls that it does not know: worth more than what a client made of them.
        if self.traffic.failures:
            raise ExceptionGroup("the Google server of the tests failed", self.traffic.failures)

    def close(self) -> None:
        self._listener.close()

    # What the server holds

    @property
    def switches(self) -> Switches:
        return self.store.switches

    @property
    def calendars(self) -> Calendars:
        return self.store.calendars

    @property
    def freebusy_errors(self) -> dict[str, str]:
        return self.store.freebusy_errors

    @property
    def now(self) -> datetime:
        return self.store.clock.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.store.clock.now = moment

    def add_calendar(
        self,
        calendar_id: str,
        *,
        summary: str = "",
        time_zone: str = "Europe/London",
        owner: str | None = None,
        shared_with: Iterable[str] | Mapping[str, str] = (),
        created_by_app: bool = False,
        default_reminders: Iterable[Json] = (),
    ) -> Calendar:
        """A calendar that is there already; it takes the place of one with that id.

        `shared_with` names accounts, which may write then, or gives each its role: freeBusyReader, reader,
        writer, owner. Without an owner it is the account's own. "primary" is the account's main one.
        """
        calendar_id = self.email if calendar_id == "primary" else calendar_id
        roles = (
            dict(shared_with) if isinstance(shared_with, Mapping) else dict.fromkeys(shared_with, "writer")
        )
        return self.store.add(
            Calendar(
                id=calendar_id,
                owner=owner or self.email,
                clock=self.store.clock,
                summary=summary or calendar_id,
                time_zone=time_zone,
                shared_with=roles,
                created_by=CLIENT_ID if created_by_app else "",
                default_reminders=list(default_reminders),
            )
        )

    def person(self, calendar_id: str) -> Person:
        """The calendar's owner, in Google's own apps."""
        return Person(self.store, self.calendars[calendar_id])

    def purge_tombstones(self) -> None:
        """A month goes by: deleted events are gone from lists, and a get does not find them."""
        with self.store.lock:
            for calendar in self.calendars.values():
                gone = [event for event in calendar.events.values() if event["status"] == "cancelled"]
                for event in gone:
                    calendar.forget(event["id"], frees=self.switches.purge == "frees")

    def expire_sync_tokens(self) -> None:
        """From now on they are answered with 410 fullSyncRequired."""
        self.store.sync_generation += 1

    # Who may come in

    def write_client_secret(
        self,
        path: Path,
        client_id: str = CLIENT_ID,
        kind: Literal["installed", "web"] = "installed",
        client_secret: str = CLIENT_SECRET,
    ) -> Path:
        """The file that the Cloud console gives for an OAuth client."""
        self.tokens.clients[client_id] = Client(client_id, client_secret)
        content = {
            "client_id": client_id,
            "project_id": "calsync-test",
            "auth_uri": f"{self.url}/auth",
            "token_uri": self.tokens.token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_secret": client_secret,
            "redirect_uris": ["http://localhost"],
        }
        path.write_text(json.dumps({kind: content}), encoding="utf-8")
        return path

    def write_service_account(self, path: Path, email: str = ROBOT) -> Path:
        """The key file of a service account."""
        self.tokens.robots.add(email)
        path.write_text(json.dumps(keys.key_file(email, self.tokens.token_uri)), encoding="utf-8")
        return path

    def authorise(self, scopes: Iterable[str] = LEAST_SCOPES, client_id: str = CLIENT_ID) -> Json:
        """What a consent would have given, as it stands in a token file. Scopes may lack Google's prefix."""
        full = [scope if "/" in scope else SCOPE_PREFIX + scope for scope in scopes]
        with self.store.lock:
            granted = self.tokens.grant(Token(self.email, client_id, frozenset(full)), offline=True)
        # By the clock of the machine, as the library that will read it looks at that one.
        expiry = datetime.now(UTC) + timedelta(seconds=LIFETIME)
        return {
            "token": granted["access_token"],
            "refresh_token": granted["refresh_token"],
            "token_uri": self.tokens.token_uri,
            "client_id": client_id,
            "client_secret": self.tokens.clients[client_id].secret,
            "scopes": full,
            "expiry": expiry.replace(tzinfo=None).isoformat(timespec="seconds") + "Z",
        }

    @property
    def consent(self) -> Consent:
        return self.traffic.page.consent

    @consent.setter
    def consent(self, consent: Consent) -> None:
        self.traffic.page.consent = consent

    @property
    def rotate_refresh_tokens(self) -> bool:
        return self.tokens.rotates

    @rotate_refresh_tokens.setter
    def rotate_refresh_tokens(self, rotates: bool) -> None:
        self.tokens.rotates = rotates

    @property
    def consent_requests(self) -> list[Query]:
        """What came to the consent page."""
        return self.traffic.page.requests

    def revoke(self) -> None:
        """The person takes the permission back: access and refresh tokens are dead."""
        with self.store.lock:
            self.tokens.revoke()

    def expire(self) -> None:
        """An hour goes by: access tokens are no longer valid, refresh tokens are."""
        with self.store.lock:
            self.tokens.expire()

    # What the server does, and remembers

    @property
    def faults(self) -> Faults:
        return self.traffic.faults

    @property
    def hooks(self) -> list[Hook]:
        """Called in the server's thread right before and right after an API request takes effect.

        With "before" and "after"; within a batch with "part" after each part. The answer is sent afterwards.
        """
        return self.traffic.hooks

    @property
    def log(self) -> list[Logged]:
        return self.traffic.log

    @property
    def api_log(self) -> list[Logged]:
        """The log without the consent page and the token endpoint."""
        return [one for one in self.log if one.path.startswith(("/calendar/", "/batch/"))]

    def clear_log(self) -> None:
        self.log.clear()

    @property
    def quota_used(self) -> int:
        """A patch costs 3, another request 1, a batch what its parts cost."""
        return self.traffic.quota_used
