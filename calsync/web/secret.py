"""The secret part of the addresses: who knows it sees the training, so it is a password."""

import base64
import hmac
import os
import re
import secrets

from calsync.errors import Unavailable
from calsync.files import write_atomically
from calsync.state import State

# 256 bits, which nobody guesses; of letters that stay as they are in an address.
_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


class Secret:
    """One plan's secret, in a file of its state folder. A new one counts at once in a running server."""

    def __init__(self, state: State) -> None:
        self._file = state.folder / "serve-secret"
        self._read: tuple[tuple[int, ...], str] | None = None

    def value(self) -> str:
        """The secret as it is now, or was when it could last be read. Raises Unavailable."""
        try:
            status = self._file.stat()
            version = (status.st_mtime_ns, status.st_ino, status.st_size)
            if self._read is None or self._read[0] != version:
                self._read = (version, self._parsed(self._file.read_text("ascii", "replace")))
        except OSError as problem:
            # A folder that is away for a moment is no reason to make every subscription a dead one.
            if self._read is None:
                raise Unavailable(f"{self._file}: can't be read: {problem.strerror}") from problem
        return self._read[1]

    def ensure(self) -> str:
        """The secret; made when there is none yet. Raises Unavailable."""
        return self.value() if self._file.exists() else self._create()

    def rotate(self) -> str:
        """A new secret: every address from before is dead. Raises Unavailable."""
        try:
            write_atomically(self._file, _new(), mode=0o600)
        except OSError as problem:
            raise self._cannot_write(problem) from problem
        return self.value()

    def of_feed(self, name: str, *, is_for_others: bool) -> str:
        """The secret of a feed's address.

        A feed that says no more than when its owner is busy is made to be passed on, so what is in its
        address must not open the others.
        """
        value = self.value()
        if not is_for_others:
            return value
        digest = hmac.digest(value.encode(), f"feed {name}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _create(self) -> str:
        """Of two processes that start together, one makes it, and both use it."""
        draft = self._file.with_name(f".{self._file.name}.{secrets.token_hex(8)}")
        try:
            write_atomically(draft, _new(), mode=0o600)
            try:
                # The name is given to a whole file, and only if nobody has it: replacing would not ask.
                os.link(draft, self._file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        except OSError as problem:
            raise self._cannot_write(problem) from problem
        return self.value()

    def _parsed(self, text: str) -> str:
        if not _FORM.fullmatch(text.strip()):
            message = "is damaged; restore it, or run `calsync serve --rotate-secret` and subscribe anew"
            raise Unavailable(f"{self._file}: {message}")
        return text.strip()

    def _cannot_write(self, problem: OSError) -> Unavailable:
        return Unavailable(f"{self._file}: can't be written: {problem.strerror}")


def _new() -> bytes:
    return secrets.token_urlsafe(_BYTES).encode() + b"\n"


def is_same(given: str, secret: str) -> bool:
    """Compares in a time that says nothing of where the two differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.encode())
