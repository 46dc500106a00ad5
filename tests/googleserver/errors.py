"""Google's errors, as the Calendar API words them.

https://developers.google.com/workspace/calendar/api/guides/errors, and bodies that stand in bug reports.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.googleserver.exchange import Answer, Json


@dataclass(eq=False)
class Problem(Exception):
    """An error that the API answers with."""

    status: int
    reason: str
    message: str
    domain: str = "global"
    location: str = ""
    location_type: str = ""
    details: tuple[Json, ...] = ()
    """What Google's common front end adds. Whoever looks for `reason` in this list finds another word."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> Json:
        one = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location:
            one |= {"locationType": self.location_type, "location": self.location}
        error: Json = {"errors": [one], "code": self.status, "message": self.message}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}

    @property
    def answer(self) -> Answer:
        return Answer.json(self.body, self.status, **self.headers)


def invalid(message: str, location: str = "") -> Problem:
    return Problem(400, "invalid", message, location=location, location_type="parameter" if location else "")


def required(message: str) -> Problem:
    return Problem(400, "required", message)


def bad_request(message: str = "Bad Request") -> Problem:
    return Problem(400, "badRequest", message)


def parse_error() -> Problem:
    return Problem(400, "parseError", "Parse Error")


def empty_range() -> Problem:
    return Problem(
        400, "timeRangeEmpty", "The specified time range is empty.", "calendar", "timeMax", "parameter"
    )


def unauthorised() -> Problem:
    return Problem(
        401,
        "authError",
        "Invalid Credentials",
        location="Authorization",
        location_type="header",
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
    )


def insufficient_scopes(method: str) -> Problem:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "calendar-json.googleapis.com", "method": method},
    }
    return Problem(
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        details=(detail,),
        headers={
            "WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="insufficient_scope"'
        },
    )


def forbidden() -> Problem:
    return Problem(403, "forbidden", "Forbidden")


def access_level(role: str) -> Problem:
    return Problem(
        403, "requiredAccessLevel", f"You need to have {role} access to this calendar.", "calendar"
    )


def not_found() -> Problem:
    return Problem(404, "notFound", "Not Found")


def duplicate() -> Problem:
    return Problem(409, "duplicate", "The requested identifier already exists.")


def deleted() -> Problem:
    return Problem(410, "deleted", "Resource has been deleted")


def full_sync_required() -> Problem:
    return Problem(
        410,
        "fullSyncRequired",
        "Sync token is no longer valid, a full sync is required.",
        "calendar",
        "syncToken",
        "parameter",
    )


def condition_not_met() -> Problem:
    return Problem(412, "conditionNotMet", "Precondition Failed", location="If-Match", location_type="header")
