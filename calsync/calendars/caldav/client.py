"""Requests to a CalDAV server: sent, tried again where that makes sense, and their failures in our words.

Every request may be repeated: reads, and writes that say what they expect to find (If-Match, If-None-Match).
One that took effect although no answer came is told by the 412 of its repetition: the calendar has changed,
so whoever asked looks again. All that httpx and the XML reader raise ends here.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from urllib.parse import urljoin, urlsplit

from calsync.addresses import hidden, origin, shown
from calsync.calendars.caldav.messages import (
    NOTHING_SAID,
    Found,
    Multistatus,
    document,
    multistatus,
    props,
    tidied_href,
    trouble_in,
)
from calsync.errors import AuthorisationNeeded, CalsyncError, SourceUnavailable, TargetUnavailable
from calsync.feeds.download import decompressed
from calsync.files import LARGEST
from calsync.http import httpx, trusted
from calsync.waits import at_once, retry_after, tried
from calsync.words import one_line

# --- what can go wrong ------------------------------------------------------------------------------------


# Our own word: what answers is no CalDAV, or its answer was changed on the way.
NO_DAV = "no-dav"


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error, or no answer at all (`status` 0).

    `reason` is the precondition that a server names in its answer, such as "no-uid-conflict", and `href` what
    that is about. `retry_after` is how long it wants to be left alone. `of_all`: it would be said of every
    request. `is_repeated`: of an earlier try of the same request nobody knows what came of it.
    """

    status: int
    message: str
    retry_after: timedelta | None = None
    reason: str = ""
    of_all: bool = False
    href: str = ""
    is_repeated: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed in a moment."""
        # 507, no room, doesn't pass by itself; and 423 is a lock that some other client holds for a moment.
        return not self.of_all and (
            self.status in (0, 408, 423, 425, 429) or (self.status >= 500 and self.status not in (501, 507))
        )

    @property
    def is_final(self) -> bool:
        """Whether no other request can succeed either."""
        return self.of_all or self.status in (401, 507)

    @property
    def is_certain(self) -> bool:
        """Whether it is certain that nothing was done."""
        return not self.is_repeated and 400 <= self.status < 500 and self.status != 408

    @property
    def is_missing(self) -> bool:
        return not self.of_all and self.status in (404, 410)

    @property
    def has_changed(self) -> bool:
        """Whether it is no longer as it was seen."""
        return self.status in (409, 412) or self.is_uid_taken

    @property
    def is_uid_taken(self) -> bool:
        """Whether another event has the UID (RFC 4791, 5.3.2.1). Xandikos says 412 and no reason."""
        return self.reason in _UID_TAKEN

    def __str__(self) -> str:
        if self.status in (0, 401) or self.reason == NO_DAV:
            return self.message  # which has all that there is to say
        return f"{self.message} ({' '.join(filter(None, (str(self.status), self.reason)))})"

    def error(self, what: str, *, of_source: bool = False) -> CalsyncError:
        """As an error for the user; `what` is what was tried, such as "the calendar can't be read".

        `of_source`: where somebody else's calendars are read.
        """
        if self.status == 401:
            return AuthorisationNeeded(f"{what}: {self}")
        return (SourceUnavailable if of_source else TargetUnavailable)(f"{what}: {self}")


# The second where it counts in all calendars of an account (RFC 6638, 3.2.4.1): Cyrus, and so Fastmail.
_UID_TAKEN = ("no-uid-conflict", "unique-scheduling-object-resource")
# Nextcloud said it so until 2026, with 400: also of an event that was only in its bin.
_UID_TAKEN_WORDS = "with uid already exists"
_NO_ADDRESS = Failure(0, "the server names an address that can't be read", of_all=True)


class Refused(Exception):
    """The server has answered with an error, or not at all, as often as it was worth trying."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


# --- requests ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """`url` may be a part of an address, as servers write them. `expects` says in words what is asked for, if
    the answer must be a multistatus."""

    method: str
    url: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    expects: str = ""

    @classmethod
    def propfind(cls, url: str, *names: str, depth: int = 0, expects: str) -> "Request":
        return cls._xml("PROPFIND", url, document("D:propfind", props(*names)), depth, expects)

    @classmethod
    def report(cls, url: str, body: bytes, *, depth: int = 1, expects: str) -> "Request":
        return cls._xml("REPORT", url, body, depth, expects)

    @classmethod
    def put(cls, url: str, text: bytes, etag: str | None) -> "Request":
        """`etag` is what is to be replaced; None if there must be nothing yet, empty if it has none."""
        condition = (("If-None-Match", "*"),) if etag is None else _if_match(etag)
        return cls("PUT", url, text, (("Content-Type", "text/calendar; charset=utf-8"), *condition))

    @classmethod
    def delete(cls, url: str, etag: str) -> "Request":
        return cls("DELETE", url, headers=_if_match(etag))

    def expecting(self, etag: str) -> "Request":
        """The same, if that is what is there."""
        return replace(self, headers=(*self.headers, *_if_match(etag)))

    @classmethod
    def _xml(cls, method: str, url: str, body: bytes, depth: int, expects: str) -> "Request":
        headers = (("Content-Type", "application/xml; charset=utf-8"), ("Depth", str(depth)))
        return cls(method, url, body, headers, expects)


def _if_match(etag: str) -> tuple[tuple[str, str], ...]:
    # Never "*": some servers compare that as if it were an ETag, some ignore it, and iCloud turns it round.
    return (("If-Match", strong(etag)),) if etag else ()


def strong(etag: str) -> str:
    """An ETag for If-Match, which never finds a weak one (RFC 9110, 13.1.1): without the sign of that.

    It is mostly a proxy on the way that made it weak, and the server knows it without. Nor does it find one
    without quotation marks, as some servers write it in lists.
    """
    etag = etag.removeprefix("W/")
    return etag if etag.startswith('"') or not etag else f'"{etag}"'


@dataclass(frozen=True, slots=True)
class Answer:
    """A success; `url` is where it came from, after redirects, `said` what a multistatus in it says."""

    status: int
    body: bytes
    etag: str = ""
    url: str = ""
    said: Multistatus = NOTHING_SAID

    @property
    def found(self) -> tuple[Found, ...]:
        return self.said.found

    def understood(self, request: Request) -> "Answer":
        """With what it says. Raises Refused if it is not what was asked for, or says that a write failed."""
        if self.status != 207:
            if not request.expects:
                return self
            message = f"the answer is not {request.expects}, but something else"
            raise Refused(Failure(self.status, message, reason=NO_DAV))
        try:
            said = multistatus(self.body)
        except ValueError as problem:
            # Cut off on its way, or changed: another try may help.
            message = f"the answer can't be understood ({str(problem)[:120]})"
            raise Refused(Failure(0, message, reason=NO_DAV)) from problem
        if not request.expects:
            # Of a new calendar it may be said of a property alone, and nothing was made (RFC 4791, 5.3.1).
            said_of = (status for one in said.found for status in (one.status, *one.refused.values()))
            failed = [status for status in said_of if status >= 400]
            if failed:
                raise Refused(Failure(failed[0], f"{shown(self.url)} could not do it"))
        return replace(self, said=said)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for one answer, for all of them together, before another try."""

    connect: float = 10
    read: float = 30
    """Between two pieces of an answer."""
    answer: float = 90
    total: float = 180
    first_wait: float = 0.5
    longest_wait: float = 32
    tries: int = 6


AT_ONCE = 6
"""Requests at a time; providers count them."""
AT_ONCE_WHEN_ASKED = 4
"""After the server has said that there are too many (429)."""
_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_IF_KNOWN = "If you know that server, write its address into the config as url"


class Client:
    """One account on a server: `url` says which server, over connections that are kept.

    `also` ends the names of other hosts that get the password as well, such as ".icloud.com": where the
    provider is known to have its calendars on several.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        also: str = "",
        hint: str = "",
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes addresses into logs
        self.url = url
        self._also, self._hint = also, hint
        self._patience = patience or Patience()
        self._left = self._patience.total
        self._lock = threading.Lock()
        self._at_once = AT_ONCE
        self._sign_in = username, password
        # Bytes, as httpx would send a user or a password with an umlaut in Latin 1 (RFC 7617, 2.1).
        self._auth: httpx.Auth = httpx.BasicAuth(username.encode(), password.encode())
        self._http = httpx.Client(
            timeout=httpx.Timeout(self._patience.read, connect=self._patience.connect),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
            follow_redirects=False,
            transport=transport,
            # Only the hosts in `also` can be asked over TLS where this one isn't.
            verify=trusted(url) if not also else True,
            headers={
                "User-Agent": "calsync",
                # Apache writes "-gzip" into the ETag of what it compresses, and then doesn't know it again.
                "Accept-Encoding": "identity",
            },
        )

    def close(self) -> None:
        self._http.close()

    def address(self, href: str, base: str = "") -> str:
        """The whole address of what a server calls `href`.

        Of an address on the same host only the path counts: behind a proxy servers often don't know the rest.
        Raises Refused where the password must not go.
        """
        base = base or self.url
        try:
            url = urljoin(base, tidied_href(href))
            (scheme, host, _), (_, here, _) = origin(url), origin(base)
        except ValueError:
            raise Refused(_NO_ADDRESS) from None
        if host == here:
            begin = urlsplit(base)
            return urlsplit(url)._replace(scheme=begin.scheme, netloc=begin.netloc).geturl()
        if scheme == "https" and self._is_providers(host):
            return url
        where = f"{shown(self.url)} has its calendars on {shown(url)}"
        message = f"{where}, which is not given the password. {_IF_KNOWN}"
        raise Refused(Failure(0, message, of_all=True))

    def _is_providers(self, host: str) -> bool:
        return bool(self._also) and host.endswith(self._also)

    def call(self, request: Request) -> Answer:
        """The answer to one request. Raises Refused."""
        return self._tried(request)

    def send(self, requests: Mapping[str, Request]) -> dict[str, Answer | Failure]:
        """The answer to each request, by its name; they run in any order, several at a time.

        After a failure that would meet all the others, too, the rest gets that failure and isn't sent.
        """
        waiting = deque(requests.items())
        answers: dict[str, Answer | Failure] = {}
        final: list[Failure] = []

        def work(number: int) -> None:
            # Who is too many when the server asks for less stops after what it has in its hands.
            while not final and number < self._at_once:
                try:
                    name, request = waiting.popleft()
                except IndexError:
                    return
                try:
                    answers[name] = self._tried(request, beside)
                except Refused as problem:
                    answers[name] = problem.failure
                    # Without any answer after several tries, the others would only wait for the same.
                    if problem.failure.is_final or not problem.failure.status:
                        final.append(problem.failure)

        beside = min(self._at_once, len(requests))
        at_once([partial(work, number) for number in range(beside)])
        if final:
            # The same for those who got it and those who would: it is one reason.
            whole = replace(final[0], of_all=True)
            found = {name: answers.get(name, final[0]) for name in requests}
            return {name: whole if answer == final[0] else answer for name, answer in found.items()}
        return answers

    def _tried(self, request: Request, beside: int = 1) -> Answer:
        """Do it until it works, another try makes no sense, or time is up. Raises Refused.

        `beside`: so many are done at the same time.
        """
        with self._lock:
            left = self._left
        if left <= 0:
            message = f"{shown(self.url)} takes too long: more than {self._patience.total:g} seconds in all"
            raise Refused(Failure(0, message, of_all=True))

        def passes(problem: BaseException) -> bool:
            return isinstance(problem, Refused) and problem.failure.is_passing

        def asked(problem: BaseException) -> float | None:
            wanted = problem.failure.retry_after if isinstance(problem, Refused) else None
            return wanted.total_seconds() if wanted is not None else None

        is_repeated = False

        def once() -> Answer:
            nonlocal is_repeated
            try:
                return self._once(request)
            except Refused as problem:
                failure = replace(problem.failure, is_repeated=is_repeated)
                is_repeated = is_repeated or not failure.is_certain
                raise Refused(failure) from problem

        # Only time that is spent here counts; of requests side by side it is counted once for each of them.
        start = time.monotonic()
        try:
            return tried(
                once,
                passes,
                asked,
                attempts=self._patience.tries,
                first=self._patience.first_wait,
                longest=self._patience.longest_wait,
                total=left,
            )
        finally:
            spent = (time.monotonic() - start) / beside
            with self._lock:
                self._left -= spent

    def _once(self, request: Request) -> Answer:
        """One attempt, redirects included. Raises Refused."""
        url = self.address(request.url)
        for _ in range(_REDIRECTS + 1):
            answer, location = self._answered(replace(request, url=url))
            if answer.status not in _MOVED:
                return answer.understood(request)
            if not location:
                break
            url = self._redirected(url, location)
        raise Refused(Failure(0, f"{shown(self.url)} redirects without end", of_all=True))

    def _redirected(self, url: str, location: str) -> str:
        """Where an answer sends on to. Raises Refused where the password must not go."""
        try:
            target = urljoin(url, location)
            here, there = origin(url), origin(target)
        except ValueError:
            raise Refused(_NO_ADDRESS) from None
        if here == there or (there[0] == "https" and self._is_providers(there[1])):
            return target
        message = f"{shown(url)} redirects to {shown(target)}, which is not given the password. {_IF_KNOWN}"
        if here[0] == "https" and there[0] != "https":
            message = f"{shown(url)} redirects to {shown(target)}, where anybody on the way could read it"
        raise Refused(Failure(0, message, of_all=True))

    def _answered(self, request: Request) -> tuple[Answer, str]:
        """An answer that is no error, and where it redirects to. Raises Refused."""
        server = shown(request.url)
        try:
            auth = self._auth
            answer, headers = self._exchanged(request, auth)
            wants_digest = "digest" in headers.get("WWW-Authenticate", "").lower()
            if answer.status == 401 and wants_digest and isinstance(auth, httpx.BasicAuth):
                # Baikal asks for that unless its owner has changed it.
                self._auth = httpx.DigestAuth(*(one.encode() for one in self._sign_in))
                answer, headers = self._exchanged(request, self._auth)
        except httpx.TimeoutException as error:
            raise Refused(Failure(0, f"{server} did not answer in time")) from error
        except httpx.ConnectError as error:
            raise Refused(Failure(0, f"{server} can't be reached ({error})")) from error
        except httpx.RemoteProtocolError as error:
            raise Refused(Failure(0, f"{server} broke off in the middle of its answer")) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            message = f"the connection to {server} failed ({type(error).__name__})"
            raise Refused(Failure(0, message)) from error
        if answer.status < 400:
            return answer, headers.get("Location", "")
        raise Refused(self._failure(answer, headers, server))

    def _exchanged(self, request: Request, auth: httpx.Auth) -> tuple[Answer, httpx.Headers]:
        end = time.monotonic() + self._patience.answer
        url, server = request.url, shown(request.url)
        with self._http.stream(
            request.method, url, content=request.body, headers=list(request.headers), auth=auth
        ) as response:
            pieces, size = [], 0
            try:
                for piece in decompressed(response, server, LARGEST):
                    size += len(piece)
                    if size > LARGEST:
                        message = f"{server} sends more than {LARGEST / 1e6:g} MB"
                        raise Refused(Failure(0, message, of_all=True))
                    if time.monotonic() > end:
                        raise Refused(Failure(0, f"{server} did not answer completely in time"))
                    pieces.append(piece)
            except SourceUnavailable as problem:
                raise Refused(Failure(0, str(problem))) from problem
            etag = response.headers.get("ETag", "")
            return Answer(response.status_code, b"".join(pieces), etag, url), response.headers

    def _failure(self, answer: Answer, headers: httpx.Headers, server: str) -> Failure:
        status = answer.status
        wait = retry_after(headers.get("Retry-After", ""))
        if status == 429:
            self._at_once = min(self._at_once, AT_ONCE_WHEN_ASKED)
        ways = headers.get("WWW-Authenticate", "basic").lower()
        if status == 401 and not ("basic" in ways or "digest" in ways):
            message = f"{server} lets nobody sign in with a password, only by {ways.split()[0]} (401)"
            return Failure(status, message, of_all=True)
        if status == 401:
            hint = f". {self._hint}" if self._hint else ""
            message = f"{server} refuses the username or the password (401){hint}"
            return Failure(status, message, of_all=True)
        said = {
            403: "does not allow that",
            404: "has nothing at this address",
            405: "does not do that at this address",
            409: "says that it does not fit what is there",
            410: "has nothing at this address any more",
            412: "says that it has changed",
            413: "says that it is too large",
            429: "is asked too often",
            507: "has no room left",
        }.get(status)
        text = said or ("has trouble" if status >= 500 else "refuses that")
        trouble = trouble_in(answer.body)
        reason = trouble.reason
        if _UID_TAKEN_WORDS in trouble.words:
            reason = _UID_TAKEN[0]
        elif trouble.words and not reason and status not in (404, 412):
            text += f": “{hidden(one_line(trouble.words))[:_WORDS]}”"
        return Failure(status, f"{server} {text}", wait, reason, href=trouble.href)


# Of a server's own words.
_WORDS = 150
