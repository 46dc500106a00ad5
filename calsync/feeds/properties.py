"""A component's properties, and what their values are.

Decides how a line of ICS is taken apart and which dates, times, durations and periods its value means
(RFC 5545, 3.1 to 3.3). Knows nothing of events: what DTSTART and DTEND have to do with one another is said in
`component`.
"""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo

Moment = date | datetime
"""A date, or a datetime with a zone; there are no floating times after reading."""

Properties = dict[str, list[tuple[bytes, bytes]]]
"""Name in capitals -> the lines, each as its parameters (with the leading semicolon) and its value."""


def line_pattern(*more: str) -> re.Pattern[bytes]:
    """The lines that are read, and those called `more`."""
    names = (
        "BEGIN|END|UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|SEQUENCE|STATUS|TRANSP|"
        "X-MICROSOFT-CDO-BUSYSTATUS|SUMMARY|ATTENDEE|FREEBUSY"
    )
    all_names = "|".join((names, *more))
    return re.compile(rf"\n({all_names})([;:][^\n]*(?:\n[ \t][^\n]*)*)".encode(), re.IGNORECASE)


_LINE = line_pattern()
_PARAMETERS = re.compile(rb'((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';\s*([^=;]+?)\s*=\s*("[^"]*"|[^;]*)')
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})S)?)?"
)
_TIME = re.compile(r"(\d{8})T(\d{2})(\d{2})(\d{2})(Z?)")
_DATES = (b"DTSTART", b"DTEND", b"RECURRENCE-ID", b"RDATE", b"EXDATE", b"FREEBUSY")

# A year more or less lets every later calculation with zones and durations stay within what datetime can
# hold.
_FIRST_YEAR, _LAST_YEAR = 1600, 8000


def read_properties(text: bytes, start: int, end: int, lines: re.Pattern[bytes] = _LINE) -> Properties:
    """The properties of the component between `start` and `end`, without those of components inside it.

    `lines` is a line_pattern().
    """
    found: Properties = {}
    inside = 0
    for raw_name, rest in lines.findall(text, start - 1 if text[start - 1 : start] == b"\n" else start, end):
        name = raw_name.upper()
        if name == b"BEGIN":
            inside += 1
            continue
        if name == b"END":
            inside = max(0, inside - 1)
            continue
        if inside:
            continue
        if b"\n" in rest:
            rest = rest.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")
        rest = rest.rstrip()
        if name in _DATES:
            # The last colon, not the first: an unquoted TZID may have one (tzone://Microsoft/Utc), these
            # values none.
            parameters, _, value = rest.rpartition(b":")
        elif match := _PARAMETERS.fullmatch(rest):
            parameters, value = match[1], match[2]
        else:
            parameters, _, value = rest.partition(b":")
        found.setdefault(name.decode(), []).append((parameters, value.strip()))
    return found


def text_of(value: bytes) -> str:
    """A TEXT value without its escapes."""
    text = value.decode("utf-8", "replace")
    return (
        re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], text) if "\\" in text else text
    )


def parameter(parameters: bytes, name: str) -> str:
    """The value of one parameter; empty without it."""
    if name.encode() not in parameters.upper():
        return ""
    for key, value in _PARAMETER.findall(parameters.decode("utf-8", "replace")):
        if key.upper() == name:
            return str(value).strip('"').replace("\\,", ",").replace("\\;", ";")
    return ""


FindZone = Callable[[str], tzinfo]
"""TZID -> zone; of an empty one the zone of floating times."""


def moment(value: str, tzid: str, find_zone: FindZone) -> Moment:
    """DATE or DATE-TIME, as the value itself says: VALUE is wrong or missing often enough.

    Raises ValueError.
    """
    if len(value) == 15 and value[8] == "T" and value[:8].isdigit() and value[9:].isdigit():
        with contextlib.suppress(ValueError):  # most values, and faster
            read = datetime.fromisoformat(value)
            if _FIRST_YEAR <= read.year <= _LAST_YEAR:
                return read.replace(tzinfo=find_zone(tzid))
    value = value.strip().upper()
    if len(value) == 8:
        return _date(value)
    match = _TIME.fullmatch(value)
    if not match or not value.isascii():
        raise ValueError("a date that can't be read")
    day, hour, minute, second, utc = match.groups()
    zone = UTC if utc else find_zone(tzid)
    on = _date(day)
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError("a time that does not exist")
    # A leap second is RFC 5545 and no datetime.
    return datetime(on.year, on.month, on.day, int(hour), int(minute), min(int(second), 59), tzinfo=zone)


def _date(digits: str) -> date:
    if not digits.isascii() or not digits.isdigit():
        raise ValueError("a date that can't be read")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    try:
        date(2000, month, day)
        if year < _FIRST_YEAR:
            return date(_FIRST_YEAR, month, day)
        if year > _LAST_YEAR:
            return date(_LAST_YEAR, month, min(day, 28))
        return date(year, month, day)
    except ValueError:
        raise ValueError("a date that does not exist") from None


def duration(value: str) -> timedelta:
    """Raises ValueError."""
    match = _DURATION.fullmatch(value.strip().upper())
    if not match or len(value.strip("+-Pp ")) < 2:
        raise ValueError("a duration that can't be read")
    sign, weeks, days, hours, minutes, seconds = match.groups(default="0")
    length = timedelta(int(days) + 7 * int(weeks), int(seconds), 0, 0, int(minutes), int(hours))
    if length > timedelta(days=366_000):
        raise ValueError("a duration that has no meaning")
    return -length if sign == "-" else length


def period(value: str, tzid: str, find_zone: FindZone) -> tuple[datetime, timedelta]:
    """PERIOD as start and length.

    Raises ValueError.
    """
    first, _, second = value.partition("/")
    start = moment(first, tzid, find_zone)
    if not isinstance(start, datetime):
        raise ValueError("a period between dates")
    if second.strip().upper().startswith(("P", "+P")):
        return start, duration(second)
    end = moment(second, tzid, find_zone)
    if not isinstance(end, datetime) or end < start:
        raise ValueError("a period that ends before it starts")
    return start, end - start
