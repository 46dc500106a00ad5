"""The consent page: checks what an application asks for, and sends the browser back with what the person did.

https://developers.google.com/identity/protocols/oauth2/native-app
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from tests.googleserver.exchange import Answer, Query, Request
from tests.googleserver.tokens import Code, Tokens

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Consent:
    """What the person at the page does: grants everything, if nothing else is said."""

    scopes: tuple[str, ...] | None = None
    """The scopes that are ticked, of those asked for; None ticks all."""
    denies: bool = False
    leaves: bool = False
    """Closes the window: nothing comes back to the application."""


class ConsentPage:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.consent = Consent()
        self.requests: list[Query] = []
        """What applications came with."""

    def answer(self, request: Request) -> Answer:
        self.requests.append(request.query)
        asked = {name: values[0] for name, values in request.query.items()}
        problem = self._problem(asked)
        if problem:
            return _page(401 if "invalid_client" in problem else 400, problem)
        if self.consent.leaves:
            return _page(200, "Choose an account")
        back = {"state": asked["state"]} if "state" in asked else {}
        if self.consent.denies:
            return _redirect(asked["redirect_uri"], back | {"error": "access_denied"})
        ticked = self.consent.scopes
        granted = [scope for scope in asked["scope"].split() if ticked is None or scope in ticked]
        back |= {"code": self._code(asked, tuple(granted)), "scope": " ".join(granted)}
        return _redirect(asked["redirect_uri"], back)

    def _problem(self, asked: dict[str, str]) -> str:
        if asked.get("client_id") not in self._tokens.clients:
            return "Error 401: invalid_client. The OAuth client was not found."
        redirect = urlsplit(asked.get("redirect_uri", ""))
        if redirect.scheme != "http" or redirect.hostname not in LOOPBACK:
            return "Error 400: redirect_uri_mismatch"
        if asked.get("response_type") != "code":
            return "Error 400: invalid_request. Required parameter is missing: response_type"
        if not asked.get("scope"):
            return "Error 400: invalid_request. Missing required parameter: scope"
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            return "Error 400: invalid_request. Only S256 is known here."
        return ""

    def _code(self, asked: dict[str, str], granted: tuple[str, ...]) -> str:
        client_id = asked["client_id"]
        # A refresh token comes with the first consent only, unless the application has the page shown again.
        first = client_id not in self._tokens.consented or "consent" in asked.get("prompt", "").split()
        self._tokens.consented.add(client_id)
        value = self._tokens.secret("4/0A")
        self._tokens.codes[value] = Code(
            client_id,
            asked["redirect_uri"],
            granted,
            asked.get("code_challenge", ""),
            offline=asked.get("access_type") == "offline" and first,
        )
        return value


def _page(status: int, text: str) -> Answer:
    page = f"<!DOCTYPE html><html><title>Sign in - Google Accounts</title><p>{text}</html>".encode()
    return Answer(status, page, {"Content-Type": "text/html; charset=utf-8"})


def _redirect(uri: str, query: dict[str, str]) -> Answer:
    joined = f"{uri}{'&' if '?' in uri else '?'}{urlencode(query)}"
    return Answer(302, headers={"Location": joined})
