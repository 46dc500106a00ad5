"""Who calsync is to Google: the credentials file of the Cloud console, and the token that a consent gave.

Decides which scopes are asked for, which servers a credentials file may name, and how the token is kept. How
a consent is had is decided in consent.py.

https://developers.google.com/identity/protocols/oauth2/native-app
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import google.auth.exceptions
import google.oauth2.credentials
import msgspec
from google.oauth2 import service_account
from google_auth_httplib2 import Request

from calsync.addresses import secure_address
from calsync.calendars.google.transport import Http
from calsync.errors import AuthorisationNeeded, ConfigError, Unavailable
from calsync.files import make_private_folder, write_atomically

_SCOPE = "https://www.googleapis.com/auth/"
OWN_CALENDARS = f"{_SCOPE}calendar.app.created"
FREE_BUSY = f"{_SCOPE}calendar.freebusy"
EVENTS = f"{_SCOPE}calendar.events"
# No more than this: what calsync can't see it can't harm, nor lose.
SCOPES = (OWN_CALENDARS, FREE_BUSY)
# A service account can't be given a calendar of its own that anybody sees, so it writes to one of its user's.
SERVICE_ACCOUNT_SCOPES = (EVENTS, FREE_BUSY)


class _InstalledApp(msgspec.Struct):
    client_id: str
    auth_uri: str
    token_uri: str
    client_secret: str = ""


class _CredentialsFile(msgspec.Struct):
    installed: _InstalledApp | None = None
    web: object = None
    type: str = ""
    client_email: str = ""
    token_uri: str = ""


class _TokenFile(msgspec.Struct):
    client_id: str
    refresh_token: str
    scopes: list[str]
    token: str = ""
    expiry: datetime | None = None
    granted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What a consent gave. `expiry` is when the access token `token` ends, in UTC, `granted`
    when a person gave it, if that was kept."""

    refresh_token: str
    scopes: tuple[str, ...]
    token: str = ""
    expiry: datetime | None = None
    granted: datetime | None = None


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A client of the type "Desktop app", and where the token of its user is kept."""

    client_id: str
    client_secret: str
    auth_uri: str
    token_uri: str
    token_file: Path

    def authorise(self, transport: Http) -> google.oauth2.credentials.Credentials:
        """Raises AuthorisationNeeded if there is no token."""
        token = self._load()
        # Credentials.from_authorized_user_file() would put Google's own token server in place of ours.
        return _Credentials(
            transport,
            self._keep,
            token=token.token or None,
            refresh_token=token.refresh_token,
            token_uri=self.token_uri,
            client_id=self.client_id,
            client_secret=self.client_secret,
            scopes=list(token.scopes),
            # google-auth counts in naive UTC.
            expiry=token.expiry and token.expiry.astimezone(UTC).replace(tzinfo=None),
        )

    def save(self, token: Token) -> None:
        """Raises Unavailable if the token can't be written: the next run would need it."""
        scopes = list(token.scopes)
        file = _TokenFile(
            self.client_id, token.refresh_token, scopes, token.token, token.expiry, token.granted
        )
        try:
            make_private_folder(self.token_file.parent)
            write_atomically(self.token_file, msgspec.json.encode(file), mode=0o600)
        except OSError as problem:
            raise Unavailable(f"{self.token_file}: can't be written: {problem.strerror}") from problem

    def _keep(self, before: str, token: Token) -> None:
        """Save what a refresh of `before` gave, unless somebody has authorised anew meanwhile."""
        if (known := self._load()).refresh_token == before:
            self.save(replace(token, granted=known.granted))

    def _load(self) -> Token:
        try:
            file = msgspec.json.decode(self.token_file.read_bytes(), type=_TokenFile)
        except FileNotFoundError as problem:
            message = "calsync has no access to Google Calendar yet: run `calsync auth google`"
            raise AuthorisationNeeded(message) from problem
        except OSError as problem:
            raise Unavailable(f"{self.token_file}: can't be read: {problem.strerror}") from problem
        except (msgspec.DecodeError, ValueError) as problem:
            message = f"{self.token_file}: is damaged; run `calsync auth google`"
            raise AuthorisationNeeded(message) from problem
        if file.client_id != self.client_id:
            message = "the token belongs to another OAuth client than google.credentials names; run"
            raise AuthorisationNeeded(f"{self.token_file}: {message} `calsync auth google`")
        return Token(file.refresh_token, tuple(file.scopes), file.token, file.expiry, file.granted)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A robot's key. It sees what was shared with its address `email`."""

    email: str
    key: dict[str, Any]
    path: Path

    def authorise(self, transport: Http) -> google.oauth2.credentials.Credentials:
        """Raises ConfigError if the key can't be used."""
        try:
            robot = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                self.key, scopes=list(SERVICE_ACCOUNT_SCOPES)
            )
        except (ValueError, TypeError, google.auth.exceptions.GoogleAuthError) as problem:
            raise ConfigError(f"{self.path}: no usable service account key: {problem}") from problem

        # Its credentials are not used as they are: before a request they look up "regional access boundaries"
        # on a thread of their own, at another server, through a connection that isn't made for that.
        def mint(request: Any, scopes: Any) -> tuple[str, datetime]:
            try:
                robot.refresh(request)
            except google.auth.exceptions.RefreshError as problem:
                if problem.retryable:
                    raise
                message = (
                    f"Google does not accept the service account {self.email} ({problem.args[0]!s:.200})"
                )
                raise AuthorisationNeeded(
                    f"{message}; make a new key for it, or look whether it is there"
                ) from problem
            except (ValueError, TypeError, AttributeError) as problem:
                raise ConfigError(f"{self.path}: the key can't sign: {problem}") from problem
            return robot.token, robot.expiry

        return _Credentials(
            transport, None, token=None, scopes=list(SERVICE_ACCOUNT_SCOPES), refresh_handler=mint
        )


class _Credentials(google.oauth2.credentials.Credentials):
    """Credentials that are refreshed through one connection, with its time-out, and kept after it."""

    def __init__(self, transport: Http, keep: Callable[[str, Token], None] | None, **more: Any) -> None:
        super().__init__(**more)  # type: ignore[no-untyped-call]
        self._transport = Request(transport)
        self._keep = keep

    def refresh(self, request: Any) -> None:
        before = self.refresh_token
        super().refresh(self._transport)  # type: ignore[no-untyped-call]
        if self._keep and before and self.refresh_token:
            expiry = self.expiry and self.expiry.replace(tzinfo=UTC)
            token = Token(self.refresh_token, tuple(self.scopes or ()), self.token or "", expiry)
            self._keep(before, token)


def load_credentials(path: Path, token_file: Path) -> OAuthClient | ServiceAccount:
    """What the file of the Cloud console says. Raises ConfigError."""
    try:
        content = path.read_bytes()
        file = msgspec.json.decode(content, type=_CredentialsFile)
    except FileNotFoundError as problem:
        raise ConfigError(f"{path}: no such file (google.credentials; see docs/google.md)") from problem
    except OSError as problem:
        raise ConfigError(f"{path}: can't be read: {problem.strerror}") from problem
    except (msgspec.DecodeError, ValueError) as problem:
        raise ConfigError(f"{path}: no credentials file of the Cloud console: {problem}") from problem
    if file.type == "service_account":
        _check_uri(path, "token_uri", file.token_uri)
        return ServiceAccount(file.client_email, msgspec.json.decode(content), path)
    if app := file.installed:
        _check_uri(path, "auth_uri", app.auth_uri)
        _check_uri(path, "token_uri", app.token_uri)
        return OAuthClient(app.client_id, app.client_secret, app.auth_uri, app.token_uri, token_file)
    found = "a client of the type Web application" if file.web else "something else"
    wanted = 'an OAuth client of the type "Desktop app" or a service account\'s key'
    raise ConfigError(f"{path}: expected {wanted}, found {found}")


def _check_uri(path: Path, name: str, uri: str) -> None:
    try:
        secure_address(uri)
    except ValueError as problem:
        raise ConfigError(f"{path}: {name} {problem}") from problem
