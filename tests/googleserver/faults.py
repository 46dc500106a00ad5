"""What goes wrong on purpose: which request it meets, how often, and what happens to it.

    google.faults.add(Fault(backend_error(), method="POST", path="/events$", times=2))

Faults are looked at in the order in which they were added; the first that matches and is not used up is used.
"""

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

from tests.googleserver.errors import Problem, unauthorised
from tests.googleserver.exchange import Answer, CutOff, Delivery, Drop, Hold
from tests.googleserver.store import Calendar, Event

Where = Literal["api", "batch", "part", "token", "auth"]


@dataclass(frozen=True)
class Refuse:
    """An answer in place of the right one; with `commits` the request takes effect all the same."""

    answer: Answer
    commits: bool = False


@dataclass(frozen=True)
class Lose:
    """No answer, not all of it, or a late one. With `commits` (the default) the request has taken effect."""

    delivery: Delivery
    commits: bool = True


@dataclass(frozen=True)
class Stale:
    """events.list as of the state before the calendar's last `writes` writes, or with nothing in it."""

    writes: int = 0
    empty: bool = False

    def events(self, calendar: Calendar) -> dict[str, Event]:
        return {} if self.empty else calendar.before(self.writes)


@dataclass(frozen=True)
class Grant:
    """The token endpoint answers 200, with fewer scopes than were asked for."""

    scopes: tuple[str, ...]


Effect = Refuse | Lose | Stale | Grant


def refusal(
    status: int,
    reason: str,
    message: str,
    domain: str = "usageLimits",
    *,
    retry_after: int | str | None = None,
    commits: bool = False,
) -> Refuse:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Refuse(Problem(status, reason, message, domain, headers=headers).answer, commits)


def rate_limited(
    status: Literal[403, 429] = 403, *, per_user: bool = True, retry_after: int | str | None = None
) -> Refuse:
    """Slow down: the same words come with 403 and with 429."""
    reason = "userRateLimitExceeded" if per_user and status == 403 else "rateLimitExceeded"
    message = "User Rate Limit Exceeded" if per_user and status == 403 else "Rate Limit Exceeded"
    return refusal(status, reason, message, retry_after=retry_after)


def metric_exceeded(status: Literal[403, 429] = 403) -> Refuse:
    """The same from Google's common front end, whose `details` give another `reason` than its `errors`."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"service": "calendar-json.googleapis.com", "quota_limit": "defaultPerMinutePerUser"},
    }
    message = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'"
    return Refuse(Problem(status, "rateLimitExceeded", message, "usageLimits", details=(detail,)).answer)


def quota_exceeded() -> Refuse:
    """Gone for hours."""
    return refusal(403, "quotaExceeded", "Calendar usage limits exceeded.")


def not_configured() -> Refuse:
    """The project has not switched the API on."""
    message = "Google Calendar API has not been used in project 1 before or it is disabled."
    return refusal(403, "accessNotConfigured", message)


def backend_error(
    status: int = 503, *, commits: bool = False, retry_after: int | str | None = None
) -> Refuse:
    return refusal(
        status, "backendError", "Backend Error", "global", retry_after=retry_after, commits=commits
    )


def no_json(status: int = 502) -> Refuse:
    """What a proxy says, or the page at which a hotel's network asks for a name."""
    page = b"<!DOCTYPE html><html><title>Error</title><p>The server encountered a temporary error.</html>"
    return Refuse(Answer(status, page, {"Content-Type": "text/html; charset=UTF-8"}))


def says(body: bytes, status: int = 200) -> Refuse:
    """A body that claims to be JSON, and need not be."""
    return Refuse(Answer(status, body, {"Content-Type": "application/json; charset=UTF-8"}))


def conflict() -> Refuse:
    return refusal(409, "conflict", "Conflict", "global")


def invalid_token() -> Refuse:
    return Refuse(unauthorised().answer)


def token_error(status: int = 400, error: str = "invalid_grant", description: str = "Bad Request") -> Refuse:
    return Refuse(Answer.json({"error": error, "error_description": description}, status))


def dropped(*, commits: bool = True, reset: bool = False) -> Lose:
    return Lose(Drop(reset), commits)


def cut_off() -> Lose:
    return Lose(CutOff())


def held(hold: Hold | None = None) -> Lose:
    return Lose(hold or Hold())


EVERYWHERE: tuple[Where, ...] = ("api", "batch", "part", "token", "auth")


@dataclass
class Fault:
    effect: Effect
    method: str = ""
    """A regular expression for the whole of it; "" fits any."""
    path: str = ""
    """A regular expression that is searched in the decoded path; "" fits any."""
    where: tuple[Where, ...] = ("api", "batch", "part")
    """A batch is looked at as a whole first, then part by part."""
    skip: int = 0
    """Matches to let pass before."""
    times: int | None = 1
    """How often it is still to happen; None: always."""
    hits: int = field(default=0, init=False)
    """How often it has happened."""

    def __post_init__(self) -> None:
        if isinstance(self.effect, Grant):
            self.where = ("token",)

    @classmethod
    def outage(cls) -> "Fault":
        """Nobody answers, not even for tokens."""
        return cls(dropped(commits=False), where=EVERYWHERE, times=None)

    def meets(self, where: Where, method: str, path: str) -> bool:
        """Whether this request is one of those, and its turn has come."""
        if self.times == 0 or where not in self.where:
            return False
        if isinstance(self.effect, Stale) and not (method == "GET" and path.endswith("/events")):
            return False
        if (self.method and not re.fullmatch(self.method, method)) or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The faults that are set up."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> Fault:
        """The last of them, for a look at its hits."""
        with self._lock:
            self._faults += faults
        return faults[-1]

    def clear(self) -> None:
        """Takes all of them away, and lets go what is held."""
        with self._lock:
            faults, self._faults = self._faults, []
        for fault in faults:
            if isinstance(fault.effect, Lose) and isinstance(fault.effect.delivery, Hold):
                fault.effect.delivery.release()

    def take(self, where: Where, method: str, path: str) -> Effect | None:
        with self._lock:
            for fault in self._faults:
                if fault.meets(where, method, path):
                    return fault.effect
        return None
