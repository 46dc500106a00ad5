"""What is valid: OAuth clients, service accounts, authorization codes, access and refresh tokens.

Nothing expires by itself: tests say when.
"""

import hashlib
from dataclasses import dataclass, field

from tests.googleserver.call import Token
from tests.googleserver.exchange import Json
from tests.googleserver.switches import Switches

LIFETIME = 3599


@dataclass(frozen=True)
class Client:
    """An OAuth client, as it is set up in the Cloud console."""

    id: str
    secret: str


@dataclass(frozen=True)
class Code:
    """An authorization code that can be exchanged once."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    """The PKCE challenge, or "" if the application made none."""
    offline: bool
    """Whether a refresh token comes with it."""


@dataclass
class Tokens:
    account: str
    """The address of the person at the consent page."""
    switches: Switches
    token_uri: str = ""
    clients: dict[str, Client] = field(default_factory=dict)
    robots: set[str] = field(default_factory=set)
    """Addresses of service accounts."""
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    """Refresh tokens that have been valid once."""
    consented: set[str] = field(default_factory=set)
    """Clients that the account has consented to before."""
    rotates: bool = False
    """Whether a refresh takes the place of its refresh token."""
    _made: int = 0

    def secret(self, prefix: str) -> str:
        """Something nobody could guess, if it were not the same in every run."""
        self._made += 1
        return prefix + hashlib.sha256(f"{prefix} {self._made}".encode()).hexdigest()

    def of(self, authorization: str) -> Token | None:
        """The valid token in an Authorization header."""
        return self.access.get(authorization.removeprefix("Bearer "))

    def grant(self, token: Token, *, offline: bool) -> Json:
        """New tokens, in the words of the token endpoint."""
        answer: Json = {
            "access_token": self.secret("ya29."),
            "expires_in": LIFETIME,
            "scope": " ".join(sorted(token.scopes)),
            "token_type": "Bearer",
        }
        self.access[answer["access_token"]] = token
        if offline:
            answer["refresh_token"] = self.add_refresh(token)
        return answer

    def add_refresh(self, token: Token) -> str:
        value = self.secret("1//")
        self.refresh[value] = token
        return value

    def kill(self, refresh_token: str) -> None:
        del self.refresh[refresh_token]
        self.dead.add(refresh_token)

    def revoke(self) -> None:
        """All that the account has ever granted."""
        for value in list(self.refresh):
            self.kill(value)
        self.access = {value: token for value, token in self.access.items() if token.account != self.account}
        self.consented.clear()

    def expire(self) -> None:
        self.access.clear()
