"""Which call a request is, and what answers it: /calendar/v3/…, alone or as a part of a batch."""

from collections.abc import Callable
from dataclasses import replace

from tests.googleserver import calendar_calls, event_calls, freebusy_calls, list_calls
from tests.googleserver.call import Call, Token
from tests.googleserver.discovery import check_query, find
from tests.googleserver.errors import Problem, unauthorised
from tests.googleserver.exchange import Answer, Request
from tests.googleserver.faults import Stale
from tests.googleserver.fields import only
from tests.googleserver.store import Store

ROOT = ("calendar", "v3")
CALLS: dict[str, Callable[[Call], Answer]] = {
    "calendar.calendars.insert": calendar_calls.insert,
    "calendar.calendars.get": calendar_calls.get,
    "calendar.calendars.patch": calendar_calls.patch,
    "calendar.calendars.update": calendar_calls.update,
    "calendar.calendars.delete": calendar_calls.delete,
    "calendar.calendarList.list": calendar_calls.list_calendars,
    "calendar.calendarList.get": calendar_calls.get_entry,
    "calendar.calendarList.patch": calendar_calls.patch_entry,
    "calendar.calendarList.update": calendar_calls.update_entry,
    "calendar.colors.get": calendar_calls.colours,
    "calendar.events.list": list_calls.list_events,
    "calendar.events.get": event_calls.get,
    "calendar.events.insert": event_calls.insert,
    "calendar.events.import": event_calls.import_,
    "calendar.events.patch": event_calls.patch,
    "calendar.events.update": event_calls.update,
    "calendar.events.delete": event_calls.delete,
    "calendar.freebusy.query": freebusy_calls.query,
}
# "each patch request consumes three quota units": the reference of events.patch.
UNITS = {"PATCH": 3}
# Google sends more of them. One there has to be: in a batch its client trips over an answer without headers.
HEADERS = {"Vary": "Origin"}
# What Google's front end says to an address that it does not know.
NO_SUCH_PAGE = Answer(
    404,
    b"<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>",
    {"Content-Type": "text/html; charset=UTF-8"},
)


def call(
    store: Store, request: Request, token_of: Callable[[str], Token | None], stale: Stale | None
) -> Answer:
    """Carries out a request of the API."""
    found = find(request.method, request.segments[len(ROOT) :])
    if request.segments[: len(ROOT)] != ROOT or found is None:
        return NO_SUCH_PAGE
    method, values = found
    if method.id not in CALLS:
        raise NotImplementedError(f"this server does not know {method.id}")
    with store.lock:
        try:
            token = token_of(request.headers.get("authorization", ""))
            if token is None:
                raise unauthorised()
            check_query(method, request.query)
            answer = CALLS[method.id](Call(store, token, method, values, request, stale))
            answer = only(request.query.get("fields", [""])[0], answer)
        except Problem as problem:
            answer = problem.answer
    return replace(answer, headers=HEADERS | dict(answer.headers))
