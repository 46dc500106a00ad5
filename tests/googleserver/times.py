"""An event's start and end: reading what a client wrote, writing what Google would return.

A time is a date (all-day) or an instant, and an instant comes back in the calendar's zone, whatever was sent.
https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.googleserver.errors import bad_request, empty_range, invalid, required
from tests.googleserver.exchange import Json

# Older and newer names of the same zones. Google returns one of them, not always the one that was sent.
ALIASES = {
    "Asia/Kolkata": "Asia/Calcutta",
    "Europe/Kyiv": "Europe/Kiev",
    "Europe/London": "GB",
    "America/New_York": "US/Eastern",
    "America/Los_Angeles": "US/Pacific",
    "Asia/Tokyo": "Japan",
    "Australia/Sydney": "Australia/NSW",
    "Europe/Lisbon": "Portugal",
    "UTC": "Etc/UTC",
}
ALIASES |= {other: name for name, other in ALIASES.items()}


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return None


def known_zone(name: str) -> ZoneInfo:
    found = zone(name)
    if found is None:
        raise invalid(f"Invalid time zone: {name!r}", "timeZone")
    return found


@lru_cache(maxsize=4096)
def instant(text: str) -> datetime:
    """An RFC 3339 text as an instant; "milliseconds … are ignored". Naive stays naive."""
    return datetime.fromisoformat(text).replace(microsecond=0)


def written(moment: datetime, where: tzinfo) -> str:
    return moment.astimezone(where).isoformat().replace("+00:00", "Z")


def stamp(milliseconds: int) -> str:
    """`updated` and `created`: UTC, with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Span:
    """An event's two times as they are stored, and the instants between which it lies."""

    start: Json
    end: Json
    begins: datetime
    ends: datetime


def read_span(start: Json | None, end: Json | None, calendar_zone: str, *, repeats: bool) -> Span:
    first, last = (
        _read(value, which, calendar_zone, needs_zone=repeats)
        for value, which in ((start, "start"), (end, "end"))
    )
    if type(first) is not type(last):
        raise invalid("Start and end times must either both be date or both be dateTime.")
    here = known_zone(calendar_zone)
    begins, ends = as_instant(first, here), as_instant(last, here)
    if ends <= begins:
        raise empty_range()
    assert start is not None
    assert end is not None
    return Span(_stored(first, start, calendar_zone), _stored(last, end, calendar_zone), begins, ends)


def _read(value: Json | None, which: str, calendar_zone: str, *, needs_zone: bool) -> date | datetime:
    value = value or {}
    if value.get("date") and value.get("dateTime"):
        raise bad_request()
    name = value.get("timeZone")
    named = None if name is None else zone(name)
    if name is not None and named is None:
        raise invalid(f"Invalid time zone definition for {which} time.")
    try:
        if value.get("date"):
            return date.fromisoformat(value["date"])
        if not value.get("dateTime"):
            raise required(f"Missing {which} time.")
        moment = instant(value["dateTime"])
    except ValueError:
        raise invalid(f"Invalid {which} time.") from None
    if named is None and (needs_zone or moment.tzinfo is None):
        raise required(f"Missing time zone definition for {which} time.")
    return moment if moment.tzinfo else moment.replace(tzinfo=named)


def _stored(value: date | datetime, given: Json, calendar_zone: str) -> Json:
    if not isinstance(value, datetime):
        return {"date": value.isoformat()}
    return {
        "dateTime": written(value, known_zone(calendar_zone)),
        "timeZone": given.get("timeZone") or calendar_zone,
    }


def as_instant(value: date | datetime, here: tzinfo) -> datetime:
    """An all-day event begins at midnight in the calendar's zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.combine(value, time(), here).astimezone(UTC)


def span_of(event: Json, calendar_zone: str) -> tuple[datetime, datetime]:
    """The instants of a stored event."""
    here = known_zone(calendar_zone)
    begins, ends = (
        as_instant(date.fromisoformat(value["date"]) if "date" in value else instant(value["dateTime"]), here)
        for value in (event["start"], event["end"])
    )
    return begins, ends


def shown(value: Json, where: tzinfo | None, *, alias: bool) -> Json:
    """A stored time as the API returns it: in another zone if asked, under another name if need be."""
    if "date" in value or (where is None and not alias):
        return value
    moment = instant(value["dateTime"])
    text = written(moment, UTC if alias else (where or UTC))
    name = value["timeZone"]
    return {"dateTime": text, "timeZone": ALIASES.get(name, name) if alias else name}
