"""Requests to Google: sent, tried again where that makes sense, and their failures put into our words.

Every request may be repeated: reads, patches with If-Match, and inserts that bring their id. The one that may
not, the creation of a calendar, has a method of its own. All that Google's libraries raise ends here.
"""

import http.client
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import google.auth.exceptions
import httplib2
import msgspec
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import BatchError, HttpError

from calsync.errors import AuthorisationNeeded, CalsyncError, SourceUnavailable, Unavailable
from calsync.timespan import Timespan, merge
from calsync.waits import retry_after, tried

# --- one connection ---------------------------------------------------------------------------------------


class _Once:
    """A connection on which no request goes out twice."""

    def getresponse(self: Any) -> http.client.HTTPResponse:
        try:
            return super().getresponse()  # type: ignore[misc,no-any-return]
        except http.client.BadStatusLine as problem:
            # httplib2 repeats after a BadStatusLine, which RemoteDisconnected is one of, and after no other.
            raise ConnectionResetError("the connection was closed without an answer") from problem


class _Plain(_Once, httplib2.HTTPConnectionWithTimeout):  # type: ignore[misc]
    pass


class _Secure(_Once, httplib2.HTTPSConnectionWithTimeout):  # type: ignore[misc]
    pass


class Http(httplib2.Http):  # type: ignore[misc]
    """An httplib2.Http whose requests go out once. Follows no redirects: they would take the token along."""

    def __init__(self, *, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self.follow_redirects = False

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Any = None,
        redirections: int = 0,
        connection_type: Any = None,
    ) -> Any:
        kind = _Secure if uri.startswith("https:") else _Plain
        return super().request(uri, method, body, headers, redirections, kind)


# --- what can go wrong ------------------------------------------------------------------------------------

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
    return Failure(
        problem.status_code,
        _reason(problem.content),
        message,
        retry_after(str(problem.resp.get("retry-after", ""))),
    )


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


# --- requests ---------------------------------------------------------------------------------------------

T = TypeVar("T")
Request = Any
Answer = Mapping[str, Any] | Failure

# Google's own page says 50 for Calendar, another copy of it 1000, the library 1000.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for one answer, for all of them together, before another try."""

    answer: float = 20
    total: float = 180
    first_wait: float = 0.5
    longest_wait: float = 32
    tries: int = 8


def _understood(body: Any) -> Answer:
    """What Google says in a success, which names its kind; a failure where a success says something else.

    The library hands on a page, half an answer and nothing at all as they are.
    """
    kind = body.get("kind") if isinstance(body, dict) else None
    if isinstance(kind, str) and kind.startswith("calendar#"):
        return body  # type: ignore[no-any-return]
    return Failure(200, message="the answer can't be understood")


class Refused(Exception):
    """Google has answered with an error, or not at all, as often as it was worth trying."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Client:
    """Calendar v3 at the root `endpoint`. `authorise` gives credentials for a transport.

    `service` builds requests, as googleapiclient names them. One connection serves them all.
    """

    def __init__(
        self, endpoint: str, authorise: Callable[[Http], Any], patience: Patience | None = None
    ) -> None:
        self._patience = patience or Patience()
        self._left = self._patience.total
        self._connection = Http(timeout=self._patience.answer)
        self._credentials = authorise(self._connection)
        self._http = AuthorizedHttp(self._credentials, http=self._connection)
        document = msgspec.json.decode(get_static_doc("calendar", "v3"))
        # The root, not client_options' api_endpoint: that one leaves batches with the real Google.
        document["rootUrl"] = f"{endpoint}/"
        self.service = build_from_document(document, http=self._http)

    @cached_property
    def events(self) -> Any:
        """The methods of Events: googleapiclient makes them anew each time that `service` is asked for them,
        which takes longer than what is then asked of a server nearby."""
        return self.service.events()

    def close(self) -> None:
        self._connection.close()

    def call(self, request: Request, *, also: frozenset[str] = frozenset()) -> Mapping[str, Any]:
        """The answer. `also` names reasons that pass in this case. Raises Refused or a CalsyncError."""
        return self._tried(lambda: self.call_once(request), also)

    def prepare(self) -> None:
        """See to all that could fail before a request that must not be repeated. Raises as call() does."""
        self._guarded(self._refresh_if_needed)
        # A connection that has been idle may be closed already, and then nobody knows what came of it.
        self._connection.close()

    def call_once(self, request: Request) -> Mapping[str, Any]:
        """The answer to what must not be repeated. Raises as call() does."""
        answer = _understood(self._guarded(lambda: request.execute(num_retries=0)))
        if isinstance(answer, Failure):
            raise Refused(answer)
        return answer

    def send(
        self, requests: Mapping[str, Request], *, also: frozenset[str] = frozenset()
    ) -> dict[str, Answer]:
        """The answer to each request, by its name; they may run in any order.

        After a failure that would meet all the others, too, the rest gets that failure and isn't sent.
        Raises a CalsyncError only where there is no authorisation.
        """
        answers: dict[str, Answer] = {}
        for names in _chunks(list(requests), BATCH):
            found = self._send_chunk({name: requests[name] for name in names}, also)
            answers |= found
            final = [a for a in found.values() if isinstance(a, Failure) and a.is_final]
            if final:
                return dict.fromkeys(requests, replace(final[0], of_all=True)) | answers
        return answers

    def _send_chunk(self, waiting: dict[str, Request], also: frozenset[str]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}

        def send_what_waits() -> None:
            passing = None
            for name, answer in self._batch(waiting).items():
                if isinstance(answer, Failure) and (answer.is_passing or answer.reason in also):
                    passing = answer
                else:
                    answers[name] = answer
                    del waiting[name]
            if passing is not None:
                raise Refused(passing)

        try:
            self._tried(send_what_waits, also)
        except Refused as problem:
            # Where others of the same batch have got through, it is this part that can't.
            failure = replace(problem.failure, of_all=not answers and len(waiting) > 1)
            answers |= dict.fromkeys(waiting, failure)
        return answers

    def _batch(self, requests: Mapping[str, Request]) -> dict[str, Answer]:
        if len(requests) == 1:
            ((name, request),) = requests.items()
            try:
                return {name: self.call_once(request)}
            except Refused as problem:
                return {name: problem.failure}
        answers: dict[str, Answer] = {}

        def take(name: str, body: Any, problem: HttpError | None) -> None:
            answers[name] = of_http_error(problem) if problem else _understood(body)

        batch = self.service.new_batch_http_request(callback=take)
        for name, request in requests.items():
            batch.add(request, request_id=name)
        # Sooner than the library would: it refreshes through a connection that has no time-out.
        self._guarded(self._refresh_if_needed)
        self._guarded(lambda: batch.execute(http=self._http))
        return answers

    def _refresh_if_needed(self) -> None:
        if not self._credentials.valid:
            self._credentials.refresh(None)

    def _guarded(self, action: Callable[[], Any]) -> Any:
        """Errors of Google's libraries end here, as ours."""
        try:
            return action()
        except HttpError as problem:
            raise Refused(of_http_error(problem)) from problem
        except google.auth.exceptions.RefreshError as problem:
            raise of_refresh_error(problem) from problem
        except NO_ANSWER as problem:
            # What is left in the connection may be the rest of an answer that came too late.
            self._connection.close()
            raise Refused(of_no_answer(problem)) from problem

    def _tried(self, action: Callable[[], T], also: frozenset[str]) -> T:
        """Do it until it works, another try makes no sense, or time is up."""
        if self._left <= 0:
            raise Refused(Failure(0, message="it takes too long"))

        def passes(problem: BaseException) -> bool:
            return isinstance(problem, Refused) and (
                problem.failure.is_passing or problem.failure.reason in also
            )

        def asked(problem: BaseException) -> float | None:
            wanted = problem.failure.retry_after if isinstance(problem, Refused) else None
            return wanted.total_seconds() if wanted is not None else None

        # Only time that is spent here counts: a busy feed elsewhere may have been slow.
        start = time.monotonic()
        try:
            return tried(
                action,
                passes,
                asked,
                attempts=self._patience.tries,
                first=self._patience.first_wait,
                longest=self._patience.longest_wait,
                total=self._left,
            )
        finally:
            self._left -= time.monotonic() - start


def _chunks(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


# --- busy time --------------------------------------------------------------------------------------------

# https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query

# The most calendars that one query may name.
_CALENDARS = 50
# Not documented: users report that about 90 days are the most.
_SLICE = timedelta(days=60)

_MEANING = {
    "notFound": "there is no such calendar, or it does not share its free/busy with this account",
    "forbidden": "it does not share its free/busy with this account",
    "internalError": "Google can't tell right now",
}


def free_busy(client: Client, calendars: Sequence[str], window: Timespan) -> dict[str, tuple[Timespan, ...]]:
    """The busy time of each calendar within `window`, merged, by the id that was asked for.

    Google puts a calendar's error into an answer that is a success, with no busy time beside it. That is an
    error here, so that nobody is free by accident.

    Raises SourceUnavailable if there is no answer for one of them, AuthorisationNeeded, Unavailable.
    """
    found: dict[str, list[Timespan]] = {calendar: [] for calendar in calendars}
    for part in _slices(window):
        for asked in _chunks(calendars, _CALENDARS):
            for calendar, spans in _query(client, asked, part).items():
                found[calendar] += spans
    return {calendar: merge(spans) for calendar, spans in found.items()}


def _slices(window: Timespan) -> Iterator[Timespan]:
    start = window.start
    while start < window.end:
        end = min(start + _SLICE, window.end)
        yield Timespan(start, end)
        start = end


def _query(client: Client, calendars: Sequence[str], window: Timespan) -> dict[str, list[Timespan]]:
    body = {
        "timeMin": _rfc3339(window.start),
        "timeMax": _rfc3339(window.end),
        "timeZone": "UTC",
        "items": [{"id": calendar} for calendar in calendars],
        "calendarExpansionMax": _CALENDARS,
    }
    try:
        answer = client.call(client.service.freebusy().query(body=body))
    except Refused as problem:
        raise problem.failure.error("free/busy can't be read") from problem
    by_id = answer.get("calendars") or {}
    return {calendar: _spans(calendar, by_id.get(calendar), window) for calendar in calendars}


def _spans(calendar: str, said: Mapping[str, Any] | None, window: Timespan) -> list[Timespan]:
    if said is None:
        raise SourceUnavailable(f"Google said nothing about the calendar {calendar}")
    if errors := said.get("errors"):
        reason = str(errors[0].get("reason", "an error without a reason"))
        what = _MEANING.get(reason, reason)
        raise SourceUnavailable(f"Google can't say when the calendar {calendar} is busy: {what} ({reason})")
    try:
        spans = [
            Timespan(datetime.fromisoformat(busy["start"]), datetime.fromisoformat(busy["end"]))
            for busy in said["busy"]
            if busy["start"] != busy["end"]
        ]
    except (KeyError, TypeError, ValueError) as problem:
        message = f"what Google says of the calendar {calendar} can't be understood ({problem})"
        raise SourceUnavailable(message) from problem
    return [inside for span in spans if (inside := span.clipped(window))]


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
