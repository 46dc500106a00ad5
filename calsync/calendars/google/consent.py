"""The consent: a person allows calsync in a browser, and Google sends the browser back here.

Decides how the answer gets here: on a port of this machine (which `ssh -L` can bring from another one), or
as the address of the page that could not be opened, pasted by hand. Knows nothing of calendars.

https://developers.google.com/identity/protocols/oauth2/native-app (the loopback flow, with PKCE)
"""

import os
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error

from calsync.addresses import is_loopback
from calsync.calendars.google.credentials import FREE_BUSY, OWN_CALENDARS, SCOPES, OAuthClient, Token
from calsync.errors import AuthorisationNeeded, CalsyncError, Unavailable, UsageError

_WAIT = 300.0  # seconds for a person to read and decide

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
    wait: float = _WAIT,
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
        flow = _flow(client, f"http://127.0.0.1:{actual}/")
        # prompt=consent: without it there is no refresh token the second time.
        with _environment_for(client.auth_uri):
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


def _flow(client: OAuthClient, redirect_uri: str) -> Flow:
    app = {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "auth_uri": client.auth_uri,
        "token_uri": client.token_uri,
    }
    return Flow.from_client_config(
        {"installed": app}, scopes=list(SCOPES), redirect_uri=redirect_uri, autogenerate_code_verifier=True
    )


def _fetch_token(client: OAuthClient, flow: Flow, code: str) -> Token:
    import requests

    with _environment_for(client.token_uri):
        try:
            flow.fetch_token(code=code, timeout=20)
        except OAuth2Error as problem:
            if not problem.error or problem.error == "missing_token":
                raise Unavailable(
                    "Google's token server gave no answer of its own; try again later"
                ) from problem
            message = f"Google did not accept the consent ({problem}); run `calsync auth google` again"
            raise AuthorisationNeeded(message) from problem
        except (requests.RequestException, ValueError) as problem:
            raise Unavailable(f"Google's token server can't be reached: {problem}") from problem
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
    return Token(given.refresh_token, SCOPES, given.token, expiry)


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


# --- how the answer gets here -----------------------------------------------------------------------------


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
