"""Requests to Google: the one place where something is tried again.

Decides when a request is repeated and when a command has waited long enough. Knows nothing of events. Every
request that goes through here may be repeated: reads, patches with If-Match, and inserts that bring their id.
The one that may not, the creation of a calendar, has a method of its own.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import google.auth.exceptions
import msgspec
import tenacity
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import HttpError

from calsync.calendars.google.failures import (
    NO_ANSWER,
    Failure,
    of_http_error,
    of_no_answer,
    of_refresh_error,
)
from calsync.calendars.google.transport import Http

T = TypeVar("T")
Request = Any
Answer = Mapping[str, Any] | Failure

# Google's own page says 50 for Calendar, another copy of it 1000, the library 1000.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for one answer, for all of them together, before a second try.

    The waits grow twofold from `first_wait` to `longest_wait`, with full jitter: any time from none to that
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """

    answer: float = 20
    total: float = 180
    first_wait: float = 0.5
    longest_wait: float = 32
    tries: int = 8


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

    def close(self) -> None:
        self._connection.close()

    def call(self, request: Request, *, also: frozenset[str] = frozenset()) -> Mapping[str, Any]:
        """The answer. `also` names reasons that pass in this case. Raises Refused or a CalsyncError."""
        return self._tried(lambda: self._execute(request), also)

    def prepare(self) -> None:
        """Whatever has to be right before something that must not be repeated. Raises as call() does."""
        self._guarded(self._refresh_if_needed)
        # A connection that has been idle may be closed already, and then nobody knows what came of it.
        self._connection.close()

    def call_once(self, request: Request) -> Mapping[str, Any]:
        """The answer to what must not be repeated. Raises as call() does."""
        return self._execute(request)

    def send(
        self, requests: Mapping[str, Request], *, also: frozenset[str] = frozenset()
    ) -> dict[str, Answer]:
        """Each request's own fate, by its name; they may run in any order.

        After a failure that would meet all the others, too, the rest gets that failure and isn't sent.
        Raises a CalsyncError only where there is no authorisation.
        """
        answers: dict[str, Answer] = {}
        for chunk in _chunks(requests, BATCH):
            found = self._send_chunk(chunk, also)
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
                return {name: self._execute(request)}
            except Refused as problem:
                return {name: problem.failure}
        answers: dict[str, Answer] = {}

        def take(name: str, body: Any, problem: HttpError | None) -> None:
            answers[name] = of_http_error(problem) if problem else body

        batch = self.service.new_batch_http_request(callback=take)
        for name, request in requests.items():
            batch.add(request, request_id=name)
        # Sooner than the library would: it refreshes through a connection that has no time-out.
        self._guarded(self._refresh_if_needed)
        self._guarded(lambda: batch.execute(http=self._http))
        return answers

    def _execute(self, request: Request) -> Mapping[str, Any]:
        answer = self._guarded(lambda: request.execute(num_retries=0))
        if answer is not None and not isinstance(answer, dict):
            raise Refused(Failure(200, message="the answer can't be understood"))
        return answer or {}

    def _refresh_if_needed(self) -> None:
        if not self._credentials.valid:
            self._credentials.refresh(None)

    def _guarded(self, action: Callable[[], Any]) -> Any:
        """Foreign errors end here."""
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
        """Do it until it works, makes no sense any more, or time is up."""
        patience = self._patience
        backoff = tenacity.wait_random_exponential(multiplier=patience.first_wait, max=patience.longest_wait)

        def passes(problem: BaseException) -> bool:
            return isinstance(problem, Refused) and (
                problem.failure.is_passing or problem.failure.reason in also
            )

        def wait(state: tenacity.RetryCallState) -> float:
            problem = state.outcome.exception() if state.outcome else None
            wanted = problem.failure.retry_after if isinstance(problem, Refused) else None
            return backoff(state) if wanted is None else wanted.total_seconds()

        def is_enough(state: tenacity.RetryCallState) -> bool:
            waited = time.monotonic() - start + state.upcoming_sleep
            return state.attempt_number >= patience.tries or waited >= self._left

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(passes),
            wait=wait,
            stop=is_enough,
            reraise=True,
        )
        if self._left <= 0:
            raise Refused(Failure(0, message="it takes too long"))
        # Only time that is spent here counts: a busy feed elsewhere may have been slow.
        start = time.monotonic()
        try:
            return retrying(action)
        finally:
            self._left -= time.monotonic() - start


def _chunks(requests: Mapping[str, Request], size: int) -> Iterator[dict[str, Request]]:
    names = list(requests)
    for start in range(0, len(names), size):
        yield {name: requests[name] for name in names[start : start + size]}
