"""Who calsync is to Google: the credentials file of the Cloud console, and the consent that gives a token.

https://developers.google.com/identity/protocols/oauth2/native-app
https://developers.google.com/identity/protocols/oauth2/service-account
"""

import os
import queue
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import google.auth.exceptions
import google.oauth2.credentials
import msgspec
from google.auth.transport import DEFAULT_RETRYABLE_STATUS_CODES
from google.oauth2 import service_account
from google_auth_httplib2 import Request
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error

from calsync import waits
from calsync.addresses import hidden_path, is_loopback, secure_address
from calsync.calendars.google.client import Http
from calsync.errors import AuthorisationNeeded, CalsyncError, ConfigError, Unavailable, UsageError
from calsync.files import LARGEST_TEXT, read_file
from calsync.records import Token, TokenFile

_SCOPE = "https://www.googleapis.com/auth/"
OWN_CALENDARS = f"{_SCOPE}calendar.app.created"
FREE_BUSY = f"{_SCOPE}calendar.freebusy"
EVENTS = f"{_SCOPE}calendar.events"
# No more than this: what calsync can't see it can't harm, nor lose.
SCOPES = (OWN_CALENDARS, FREE_BUSY)
# A service account can't be given a calendar of its own that anybody sees, so it writes to one of its user's.
SERVICE_ACCOUNT_SCOPES = (EVENTS, FREE_BUSY)


class InstalledApp(msgspec.Struct, frozen=True):
    """A client of the type "Desktop app", as the Cloud console describes it."""

    client_id: str
    auth_uri: str
    token_uri: str
    client_secret: str = ""


class _CredentialsFile(msgspec.Struct):
    installed: InstalledApp | None = None
    web: object = None
    type: str = ""
    client_email: str = ""
    token_uri: str = ""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A client, and where the token of its user is kept."""

    app: InstalledApp
    token_file: TokenFile

    def authorise(self, transport: Http) -> google.oauth2.credentials.Credentials:
        """Raises AuthorisationNeeded if there is no token."""
        token = self._load()
        # Credentials.from_authorized_user_file() would put Google's own token server in place of ours.
        return _Credentials(
            transport,
            self._keep,
            token=token.token or None,
            refresh_token=token.refresh_token,
            token_uri=self.app.token_uri,
            client_id=self.app.client_id,
            client_secret=self.app.client_secret,
            scopes=list(token.scopes),
            # google-auth counts in naive UTC.
            expiry=token.expiry and token.expiry.astimezone(UTC).replace(tzinfo=None),
        )

    def _keep(self, before: str, token: Token) -> None:
        """Save what a refresh of `before` gave, unless somebody has authorised anew meanwhile."""
        if (known := self._load()).refresh_token == before:
            self.token_file.save(replace(token, granted=known.granted))

    def _load(self) -> Token:
        token = self.token_file.load()
        if token is None:
            raise AuthorisationNeeded(
                "calsync has no access to Google Calendar yet: run `calsync auth google`"
            )
        if token.client_id != self.app.client_id:
            message = "the token belongs to another OAuth client than google.credentials names; run"
            raise AuthorisationNeeded(f"{self.token_file.path}: {message} `calsync auth google`")
        return token


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
                    f"{message}; make a new key for it, or check whether it is there"
                ) from problem
            except (ValueError, TypeError, AttributeError) as problem:
                raise ConfigError(f"{self.path}: the key can't sign: {problem}") from problem
            return robot.token, robot.expiry

        return _Credentials(
            transport, None, token=None, scopes=list(SERVICE_ACCOUNT_SCOPES), refresh_handler=mint
        )


class _Given(msgspec.Struct):
    """What the token endpoint has to say in a success (RFC 6749, 5.1), as far as it is used."""

    access_token: Annotated[str, msgspec.Meta(min_length=1)]
    # Some send it as text. No token lives for thirty years.
    expires_in: (
        Annotated[float, msgspec.Meta(ge=0, le=1e9)]
        | Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}$")]
        | None
    ) = None
    refresh_token: str | None = None
    scope: str = ""


def _no_answer_in(status: int, body: bytes) -> str:
    """Why what the token endpoint said is no word of its own on the token; "" if it is one.

    Networks that want a name first, proxies and broken connections answer with any status, 200 as well. What
    Google's libraries make of that is a TypeError.
    """
    if status in (408, 429) or status >= 500:
        return f"status {status}"
    try:
        msgspec.json.decode(body, type=_Given if status == 200 else dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return f"its answer can't be understood (status {status})"
    return ""


class _TokenServer(Request):  # type: ignore[misc]
    """The transport to the token endpoint: what is no answer ends here."""

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        answer = super().__call__(*arguments, **more)
        if not (text := _no_answer_in(answer.status, answer.data)):
            return answer
        if answer.status in DEFAULT_RETRYABLE_STATUS_CODES:
            # google-auth asks again, and can read this.
            return _Said(answer.status, answer.headers, text.encode())
        raise google.auth.exceptions.RefreshError(text, retryable=True)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class _Said:
    status: int
    headers: Mapping[str, str]
    data: bytes


class _Credentials(google.oauth2.credentials.Credentials):
    """Credentials that are refreshed through one connection, with its time-out, and kept after it."""

    def __init__(self, transport: Http, keep: Callable[[str, Token], None] | None, **more: Any) -> None:
        super().__init__(**more)  # type: ignore[no-untyped-call]
        self._transport = _TokenServer(transport)
        self._keep = keep

    def refresh(self, request: Any) -> None:
        before = self.refresh_token
        super().refresh(self._transport)  # type: ignore[no-untyped-call]
        if self._keep and before and self.refresh_token:
            expiry = self.expiry and self.expiry.replace(tzinfo=UTC)
            scopes = tuple(self.scopes or ())
            token = Token(self.client_id or "", self.refresh_token, scopes, self.token or "", expiry)
            self._keep(before, token)


def load_credentials(path: Path, token_file: TokenFile) -> OAuthClient | ServiceAccount:
    """What the file of the Cloud console says. Raises ConfigError."""
    try:
        content = read_file(path, LARGEST_TEXT)
        file = msgspec.json.decode(content, type=_CredentialsFile)
    except FileNotFoundError as problem:
        raise ConfigError(
            f"{hidden_path(path)}: no such file (google.credentials; see docs/google.md)"
        ) from problem
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
        return OAuthClient(app, token_file)
    found = "a client of the type Web application" if file.web else "something else"
    wanted = 'an OAuth client of the type "Desktop app" or a service account\'s key'
    raise ConfigError(f"{path}: expected {wanted}, found {found}")


def _check_uri(path: Path, name: str, uri: str) -> None:
    try:
        secure_address(uri)
    except ValueError as problem:
        raise ConfigError(f"{path}: {name} {problem}") from problem


_WHAT_FOR = {
    OWN_CALENDARS: "make a calendar of its own and write to it",
    FREE_BUSY: "see when you are busy (not why)",
}

_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>calsync</title>
<body style="font-family: sans-serif; margin: 3em"><h1>calsync</h1><p>%s</p></body></html>"""

Answer = dict[str, str]


def ask(
    client: OAuthClient,
    *,
    port: int,
    show: Callable[[str, int], None],
    pasted: Callable[[], str | None],
    wait: float = waits.CONSENT,
) -> Token:
    """A token, once a person has allowed it.

    `show` is called with the address to open and the port that is listened on; `pasted` is called on a
    thread of its own and gives a line that the person pasted, or None if nobody can paste here.

    Raises AuthorisationNeeded if they did not allow it, or not all of it; UsageError if the port is taken;
    Unavailable if Google can't be reached.
    """
    answers: queue.SimpleQueue[Answer | CalsyncError] = queue.SimpleQueue()
    state = secrets.token_urlsafe(24)
    with _listening(port, state, answers) as actual:
        flow = Flow.from_client_config(
            {"installed": msgspec.to_builtins(client.app)},
            scopes=list(SCOPES),
            redirect_uri=f"http://127.0.0.1:{actual}/",
            autogenerate_code_verifier=True,
        )
        # prompt=consent: without it there is no refresh token the second time.
        with _environment_for(client.app.auth_uri):
            url, _ = flow.authorization_url(state=state, access_type="offline", prompt="consent")
        show(url, actual)
        threading.Thread(target=_read_pasted, args=(pasted, state, answers), daemon=True).start()
        try:
            answer = answers.get(timeout=wait)
        except queue.Empty:
            message = f"nobody answered within {wait / 60:.0f} minutes; run `calsync auth google` again"
            raise AuthorisationNeeded(message) from None
    if isinstance(answer, CalsyncError):
        raise answer
    if error := answer.get("error"):
        said = "you did not allow it" if error == "access_denied" else f"Google says {error}"
        raise AuthorisationNeeded(f"calsync has no access to Google Calendar: {said}; nothing was changed")
    return _fetch_token(client, flow, answer["code"])


def _fetch_token(client: OAuthClient, flow: Flow, code: str) -> Token:
    import requests

    def understood(answer: requests.Response) -> requests.Response:
        if text := _no_answer_in(answer.status_code, answer.content):
            raise Unavailable(f"Google's token server can't answer: {text}; try again later")
        return answer

    flow.oauth2session.register_compliance_hook("access_token_response", understood)
    with _environment_for(client.app.token_uri):
        try:
            flow.fetch_token(code=code, timeout=waits.TOKEN)
        except OAuth2Error as problem:
            if not problem.error or problem.error == "missing_token":
                raise Unavailable(
                    "Google's token server gave no answer of its own; try again later"
                ) from problem
            message = f"Google did not accept the consent ({problem}); run `calsync auth google` again"
            raise AuthorisationNeeded(message) from problem
        except (requests.RequestException, ValueError) as problem:
            message = f"Google's token server can't be reached: {problem}"
            raise Unavailable(f"{message}; try again later") from problem
    given = flow.credentials
    granted = set(given.granted_scopes or SCOPES)
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        what = " and ".join(_WHAT_FOR[scope] for scope in missing)
        raise AuthorisationNeeded(
            f"calsync was not allowed to {what}; nothing was changed. Run `calsync auth google` again, and "
            "tick every box on Google's page"
        )
    if not given.refresh_token:
        raise AuthorisationNeeded(
            "Google gave no refresh token, so calsync could not go on without you; take its access back at "
            "https://myaccount.google.com/permissions and run `calsync auth google` again"
        )
    expiry = given.expiry and given.expiry.replace(tzinfo=UTC)
    return Token(client.app.client_id, given.refresh_token, SCOPES, given.token, expiry)


@contextmanager
def _environment_for(uri: str) -> Iterator[None]:
    """What oauthlib takes from nowhere else but the environment."""
    # Fewer scopes than were asked for come as an answer with a message of ours, not as a bare Warning.
    settings = {"OAUTHLIB_RELAX_TOKEN_SCOPE": "1"}
    if is_loopback(urlsplit(uri).hostname or ""):
        settings["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _listening(port: int, state: str, answers: "queue.SimpleQueue[Answer | CalsyncError]") -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = _answer_in(self.path, state)
            if answer is None:
                # A browser's /favicon.ico, or somebody else's idea of an answer.
                self.send_error(404)
                return
            said = b"You did not allow it." if "error" in answer else b"Done. You can close this page."
            body = _PAGE % (said + b" calsync says more in your terminal.")
            # Before the page: a browser that has gone meanwhile must not take the answer along.
            answers.put(answer)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Nothing: the address has the code in it."""

    class Server(ThreadingHTTPServer):
        # With threads: browsers open connections on which nothing comes.
        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing: whoever hangs up early has not answered."""

    try:
        server = Server(("127.0.0.1", port), Handler)
    except OSError as problem:
        raise UsageError(f"port {port} can't be listened on: {problem.strerror}") from problem
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _read_pasted(
    pasted: Callable[[], str | None], state: str, answers: "queue.SimpleQueue[Answer | CalsyncError]"
) -> None:
    line = pasted()
    if line is None:
        return
    answer = _answer_in(line.strip(), state)
    message = "that is not the address that Google sent the browser to; copy all of it, and try again"
    answers.put(answer or UsageError(message))


def _answer_in(url: str, state: str) -> Answer | None:
    """What an address says: a code or an error; None without them, or if it answers another question."""
    try:
        found = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    except ValueError:
        return None
    if not secrets.compare_digest(found.get("state", "").encode(), state.encode()):
        return None
    return found if "code" in found or "error" in found else None
