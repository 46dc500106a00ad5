"""The secret part of the addresses: who knows it sees the training, so it is a password."""

import base64
import hmac
import re
import secrets
from collections.abc import Callable

from calsync.errors import Unavailable
from calsync.state import State

# 256 bits, which nobody guesses; of letters that stay as they are in an address.
_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


class Secret:
    """One plan's secret, in a file of its state folder. A new one counts at once in a running server."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._read: str | None = None

    def value(self) -> str:
        """The secret as it is now, or was when it could last be read. Raises Unavailable."""
        try:
            text = self._state.secret()
        except Unavailable:
            # A folder that is away for a moment is no reason to make every subscription a dead one.
            if self._read is None:
                raise
            return self._read
        if not _FORM.fullmatch(text.strip()):
            message = "is damaged; restore it, or run `calsync serve --rotate-secret` and subscribe anew"
            raise Unavailable(f"{self._state.secret_file}: {message}")
        self._read = text.strip()
        return self._read

    def ensure(self) -> str:
        """The secret; made when there is none yet. Raises Unavailable."""
        if not self._state.has_secret():
            # Of two processes that start together, one makes it, and both use it.
            self._state.save_secret(secrets.token_urlsafe(_BYTES), anew=False)
        return self.value()

    def rotate(self) -> str:
        """A new secret: every address from before is dead. Raises Unavailable."""
        self._state.save_secret(secrets.token_urlsafe(_BYTES), anew=True)
        return self.value()

    def of_feed(self, name: str, *, is_for_others: bool) -> str:
        """The secret of a feed's address.

        A feed that says no more than when the runner is busy is made to be passed on, so what is in its
        address must not open the others.
        """
        return self._derived(f"feed {name}") if is_for_others else self.value()

    def of_session(self, plan: str, key: str) -> str:
        """The token of the page of one run or session: it opens that page, and nothing else of the plan."""
        return self.of_sessions(plan)(key)

    def of_sessions(self, plan: str) -> Callable[[str], str]:
        """of_session() for many keys, with the secret read once, as it is now. Raises Unavailable."""
        value = self.value()
        return lambda key: _token(value, f"session {plan} {key}")

    def to_share(self) -> str:
        """The token of the page that the runner may show to others."""
        return self._derived("share")

    def of_form(self, *fields: str) -> str:
        """The token of a form, by which it is known that one of our pages had it, with these fields."""
        # Each with its length: what is moved from one field to the next is another form.
        return self._derived("form " + " ".join(f"{len(field)}:{field}" for field in fields))

    def _derived(self, purpose: str) -> str:
        """Another secret for each purpose: none of them leads to the secret itself, or to another one."""
        return _token(self.value(), purpose)


def _token(secret: str, purpose: str) -> str:
    """HMAC-SHA256 in base64url without padding (RFC 2104; RFC 4648, 5)."""
    digest = hmac.digest(secret.encode(), purpose.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_same(given: str, secret: str) -> bool:
    """Compares in a time that says nothing of where the two differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())
