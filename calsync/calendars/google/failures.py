"""What Google's errors mean.

Decides which are worth another try and which need a person. Everything that the libraries raise becomes a
Failure here, and every Failure one of calsync's own errors.

https://developers.google.com/workspace/calendar/api/guides/errors
"""

import http.client
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import google.auth.exceptions
import httplib2
import msgspec
from googleapiclient.errors import BatchError, HttpError

from calsync.errors import AuthorisationNeeded, CalsyncError, Unavailable

AUTH_AGAIN = "run `calsync auth google`"

_SLOW_DOWN = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
# Gone for hours: to ask again makes it worse.
_USED_UP = frozenset({"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"})
_SWITCHED_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
# Our own word: there was nobody to send it to.
_NOT_SENT = "notSent"
_NO_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer of Google's that is an error, or no answer at all (`status` 0).

    `reason` is Google's word for it, `retry_after` how long it wants to be left alone. `of_all`: it was said
    of a whole batch, and not of the one request in it.
    """

    status: int
    reason: str = ""
    message: str = ""
    retry_after: timedelta | None = None
    of_all: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed in a moment."""
        if self.status in (403, 409):
            return self.reason in _SLOW_DOWN or (self.status, self.reason) == (409, "conflict")
        return self.status in (0, 408, 429) or self.status >= 500

    @property
    def is_final(self) -> bool:
        """Whether no other request can succeed either."""
        return self.of_all or self.status == 401 or self.reason in _USED_UP | _SWITCHED_OFF | _NO_SCOPE

    @property
    def is_certain(self) -> bool:
        """Whether it is certain that nothing was done."""
        return self.reason == _NOT_SENT or (400 <= self.status < 500 and self.status != 408)

    @property
    def is_missing(self) -> bool:
        return not self.of_all and self.status in (404, 410)

    def __str__(self) -> str:
        if not self.status:
            return self.message
        return f"{self.message or self.reason or 'no reason given'} ({self.status} {self.reason})".rstrip()

    def error(self, what: str) -> CalsyncError:
        """As an error for the user; `what` is what was tried, such as "the calendar can't be read"."""
        text = f"Google: {what}: {self}"
        if self.reason in _SWITCHED_OFF:
            return AuthorisationNeeded(f"{text}. Enable the Google Calendar API in the Cloud console")
        if self.reason in _NO_SCOPE:
            return AuthorisationNeeded(
                f"{text}. calsync was not given all that it asked for: {AUTH_AGAIN} and tick every box"
            )
        if self.status == 401:
            return AuthorisationNeeded(f"{text}; {AUTH_AGAIN}")
        if self.reason in _USED_UP:
            return Unavailable(f"{text}. The quota is used up for some hours; try again later")
        return Unavailable(text)


def of_http_error(problem: HttpError) -> Failure:
    message = str(problem.reason or "").strip()[:300]
    return Failure(problem.status_code, _reason(problem.content), message, _retry_after(problem))


def _reason(content: bytes) -> str:
    # Not HttpError.error_details: where Google adds `details`, it has the reasons of those, and they are
    # other words for the same.
    try:
        return msgspec.json.decode(content, type=_ErrorBody).error.errors[0].reason
    except (msgspec.DecodeError, IndexError, ValueError):
        return ""


class _Detail(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    errors: list[_Detail] = []


class _ErrorBody(msgspec.Struct):
    error: _Error


# What the libraries raise where an answer doesn't come, or isn't one: httplib2, google-auth's transport and
# the socket; and ValueError, KeyError and IndexError for JSON and multipart that were cut off on the way.
NO_ANSWER = (
    OSError,
    http.client.HTTPException,
    httplib2.HttpLib2Error,
    google.auth.exceptions.TransportError,
    BatchError,
    ValueError,
    KeyError,
    IndexError,
)


def of_no_answer(problem: Exception) -> Failure:
    if isinstance(problem, TimeoutError):
        return Failure(0, message="no answer in time")
    if isinstance(problem, (ConnectionRefusedError, httplib2.ServerNotFoundError)):
        return Failure(0, _NOT_SENT, f"it can't be reached ({problem})")
    text = str(problem).strip() or type(problem).__name__
    if isinstance(problem, (ValueError, KeyError, IndexError, BatchError)):
        text = f"the answer can't be understood ({text[:120]})"
    return Failure(0, message=text)


TESTING_TRAP = (
    "If this comes back every seven days, the project's consent screen is in Testing: Google lets tokens die "
    'after a week there. Set it to "In production" in the Cloud console, and authorise once more'
)


def of_refresh_error(problem: google.auth.exceptions.RefreshError) -> CalsyncError:
    """An access token can't be had. google-auth has tried three times where that makes sense."""
    text = str(problem.args[0]) if problem.args else "no reason given"
    if problem.retryable:
        return Unavailable(f"Google's token server can't answer: {text[:200]}; try again later")
    says_no = len(problem.args) > 1 and isinstance(problem.args[1], dict) and "error" in problem.args[1]
    if not says_no and "scopes" not in text:
        # A page of a proxy's, or half an answer: google-auth takes anything but a few statuses for final.
        return Unavailable(f"Google's token server gave no answer of its own: {text[:200]}; try again later")
    if "invalid_grant" in text:
        return AuthorisationNeeded(
            f"Google no longer accepts calsync's token ({text[:200]}): {AUTH_AGAIN}. {TESTING_TRAP}"
        )
    return AuthorisationNeeded(f"Google gives calsync no access: {text[:200]}; {AUTH_AGAIN}")


def _retry_after(problem: HttpError) -> timedelta | None:
    """RFC 9110, 10.2.3: seconds or a date."""
    text = str(problem.resp.get("retry-after", "")).strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**6))
    try:
        return max(parsedate_to_datetime(text) - datetime.now(UTC), timedelta(0))
    except (TypeError, ValueError, OverflowError):
        return None
