"""When calendars in Google are busy. No titles are seen, and none are asked for.

Google puts a calendar's error into an answer that is a success, with no busy time beside it; that is an error
here, so that nobody is free by accident.

https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from calsync.calendars.google.client import Client, Refused
from calsync.errors import SourceUnavailable
from calsync.timespan import Timespan, merge

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

    Raises SourceUnavailable if there is no answer for one of them, AuthorisationNeeded, Unavailable.
    """
    found: dict[str, list[Timespan]] = {calendar: [] for calendar in calendars}
    for part in _slices(window):
        for first in range(0, len(calendars), _CALENDARS):
            asked = calendars[first : first + _CALENDARS]
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
