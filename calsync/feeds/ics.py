"""The text of iCalendar (RFC 5545, 3.1 to 3.3): lines, components, properties, and the values that they hold.

Files of some twenty megabytes are usual, so nothing here makes an object for each line: components are
stretches of the bytes, read when they matter; `glance` says of most that they do not.
"""

import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from calsync.errors import NotACalendar
from calsync.feeds.recurrence import Budget

MOST_BYTES = 64_000_000
MOST_EVENTS = 1_000_000
MOST_CALENDARS = 100_000
"""What is more is no calendar of a person, and would take minutes and all memory."""
_SHORTEST_EVENT = len("\nDTSTART:20261124\n")

Stretch = tuple[int, int]
"""Where a component's lines begin and end."""


class Stretches:
    """Those of a calendar's events, in 16 bytes each: tuples in a list take 120, 2.4 MB for 20,000 events."""

    def __init__(self) -> None:
        self._places = array("Q")
        self.too_short = 0
        """How many are so short that they can't have a start; they are not kept."""

    def add(self, begin: int, end: int) -> None:
        if end - begin < _SHORTEST_EVENT:
            self.too_short += 1
            return
        self._places.append(begin)
        self._places.append(end)

    def __iter__(self) -> Iterator[Stretch]:
        places = iter(self._places)
        return zip(places, places, strict=True)

    def __len__(self) -> int:
        return len(self._places) // 2


@dataclass(slots=True)
class Calendar:
    """One VCALENDAR; components as the stretches of bytes between their BEGIN and END lines."""

    begin: int = 0  # where its own lines begin
    zone: bytes = b""  # X-WR-TIMEZONE
    cancels: bool = False  # METHOD:CANCEL: what it holds is called off
    events: Stretches = field(default_factory=Stretches)
    free_busy: list[Stretch] = field(default_factory=list)
    timezones: list[Stretch] = field(default_factory=list)


# Every line of a body is looked at by this one pattern. Most are left after their first letters: a line that
# goes on, and a name in capitals that begins with none of the letters that matter.
_OUTLINE = re.compile(
    rb"\n(?! |[ACDF-LN-WYZ][A-Z-]{0,59}[:;])(?:"
    # What reading the raw bytes line by line would get wrong has no name: a component's begin or end that is
    # folded; and below a name that is folded, blank lines before a continuation, garbage without a colon
    # (which may be both), a byte order mark of a file that was joined with others.
    rb"(?i:BEGIN|END|METHOD|X-WR-TIMEZONE)[^\n]*+\n[ \t]|"
    rb"(?P<next>(?i:END:VEVENT\r?\nBEGIN:VEVENT))(?=\r?\n[^ \t])|"  # in one step, as there are so many
    rb"(?:(?P<begin>(?i:BEGIN:VEVENT))|(?P<end>(?i:END:VEVENT))|"
    rb"(?P<edge>(?i:BEGIN|END)):(?P<other>(?i:VCALENDAR|VFREEBUSY|VTIMEZONE))|"
    rb"(?i:X-WR-TIMEZONE)[^:\n]*+:(?P<zone>[^\r\n]*+)|"
    rb"(?i:METHOD)(?:;[^:\n]*+)?:(?P<cancel>(?i:CANCEL(?:L?ED)?)))"
    rb"[ \t\x00\x0b\x0c\x1a]*+(?=\r?\n|\r?\Z|<)|"  # a web page may follow
    rb"(?![ \t]|[^:;\r\n\xef][^:;\r\n]{0,59}[:;]|\Z))"
)
_FIRST_LINE = re.compile(rb"BEGIN:VCALENDAR[ \t]*+\r?\n(?![ \t])", re.IGNORECASE)
_LONE_CR = re.compile(rb"\r[^\n]")
_BOM = b"\xef\xbb\xbf"
# Byte order marks, also those that were encoded twice, and blanks that are not seen.
_FIRST_MARKS = re.compile(
    rb"(?:\xef\xbb\xbf|\xc3\xaf\xc2\xbb\xc2\xbf|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xc2\xa0|\s)*+"
)


def unfolded(text: bytes) -> bytes:
    """RFC 5545, 3.1, in octets: a fold may be in the middle of a character."""
    return text.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")


def outline(body: bytes) -> tuple[bytes, list[Calendar]]:
    """The text of a body, as UTF-8 with every name and every BEGIN and END on one line, and its calendars.

    An event without an end of its own ends where the next one begins.

    Raises NotACalendar if it does not look like one, is too large, or a calendar begins and does not end, as
    in a cut-off download.
    """
    text = _cleaned(body)
    found = _calendars(text)
    if found is None:
        text = _without_blank_lines(text.replace(b"\r\n", b"\n").replace(b"\n" + _BOM, b"\n"))
        text = unfolded(text)
        found = _calendars(text, is_unfolded=True) or []
    return text, found


def _cleaned(body: bytes) -> bytes:
    """The body as UTF-8, with line ends that end in a line feed."""
    if len(body) > MOST_BYTES:
        raise NotACalendar(f"it is larger than {MOST_BYTES / 1e6:g} MB")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or body[:12:2] == b"BEGIN:" or body[1:12:2] == b"BEGIN:":
        body = _from_utf16(body)
    if (marks := _FIRST_MARKS.match(body)) and marks.end():
        body = body[marks.end() :]
    head = body[:2000]
    if head[:1] == b"<" or b"BEGIN:VCALENDAR" not in unfolded(head).upper():
        raise NotACalendar(_what_it_is(head))
    if _LONE_CR.search(body) or body.endswith(b"\r"):  # of old Macs, or as Windows writes text, or mixed
        body = _without_blank_lines(body.replace(b"\r", b"\n"))
    return body if _FIRST_LINE.match(body) else b"\n" + body


def _without_blank_lines(text: bytes) -> bytes:
    while b"\n\n" in text:  # each time half as many
        text = text.replace(b"\n\n", b"\n")
    return text


def _from_utf16(body: bytes) -> bytes:
    encoding = "utf-16" if body[:1] in b"\xff\xfe" else "utf-16-le" if body[:1] == b"B" else "utf-16-be"
    try:
        return body.decode(encoding).encode()
    except UnicodeError:
        raise NotACalendar("its text ends in the middle of a character: a cut-off download?") from None


def _what_it_is(head: bytes) -> str:
    if not head:
        return "it is empty"
    if head[:1] == b"<":
        return "it is a web page, not a calendar: perhaps the address asks for a login"
    if head[:1] in (b"{", b"["):
        return "it is JSON, not a calendar"
    return "it is not a calendar: BEGIN:VCALENDAR is missing"


def _calendars(text: bytes, *, is_unfolded: bool = False) -> list[Calendar] | None:
    """The calendars in a text; None if it has to be unfolded first."""
    # Every other line has a line break before it, by which it is found.
    first = _FIRST_LINE.match(text)
    is_open = first is not None
    current = Calendar(first.end() - 1 if first else 0)
    found = [current] if is_open else []
    add = current.events.add
    event = other = -1
    number = 0
    for match in _OUTLINE.finditer(text):
        kind = match.lastgroup
        if kind == "next" or kind == "begin" or kind == "end":
            if event >= 0:
                add(event, match.start() + 1)
            event = -1 if kind == "end" else match.end()
            number += event >= 0
        elif kind is None:
            if not is_unfolded:
                return None
        elif kind == "zone":
            current.zone = current.zone or match["zone"].strip()
        elif kind == "cancel":
            current.cancels = current.cancels or event < 0 > other
        elif match["other"].upper() == b"VCALENDAR":
            if event >= 0:
                add(event, match.start() + 1)
                event = -1
            begins = match["edge"].upper() == b"BEGIN"
            if begins and is_open:
                raise NotACalendar("a calendar in it has no END:VCALENDAR: it was cut off on its way")
            if begins:
                current = Calendar(match.end())
                add = current.events.add
                found.append(current)
                if len(found) > MOST_CALENDARS:
                    raise NotACalendar(f"it holds more than {MOST_CALENDARS:,} calendars")
            is_open = begins
        elif match["edge"].upper() == b"BEGIN":
            other = match.end()
            number += 1
        elif other >= 0:
            kinds = current.free_busy if match["other"].upper() == b"VFREEBUSY" else current.timezones
            kinds.append((other, match.start() + 1))
            other = -1
        if number > MOST_EVENTS:
            raise NotACalendar(f"it has more than {MOST_EVENTS:,} events")
    if is_open or not found:
        raise NotACalendar("it ends before END:VCALENDAR: it was cut off on its way")
    return found


def texts(text: bytes, stretches: Iterable[Stretch]) -> Iterator[bytes]:
    """The components' own texts, unfolded."""
    return (unfolded(text[start:end]) for start, end in stretches)


Moment = date | datetime
"""A date, or a datetime with a zone; there are no floating times after reading."""

Properties = dict[str, list[tuple[bytes, bytes]]]
"""Name in capitals -> the lines, each as its parameters (with the leading semicolon) and its value.

Where there may be one only, the last that can be read counts. Under TEXT are the names of lines that only
look like properties: lines of a description that was not folded, such as "Status: cancelled".
"""
TEXT = ""


def line_pattern(*more: str) -> re.Pattern[bytes]:
    """The lines that are read, and those called `more`."""
    names = (
        "BEGIN|END|UID|DTSTART|DTEND|DURATION|RRULE|EXRULE|RDATE|EXDATE|RECURRENCE-ID|SEQUENCE|STATUS|TRANSP|"
        "X-MICROSOFT-CDO-BUSYSTATUS|SUMMARY|ATTENDEE|FREEBUSY|FBTYPE|DTSTAMP|LAST-MODIFIED"
    )
    all_names = "|".join((names, *more))
    # A line that goes on is left at its first letter, as most are.
    return re.compile(rf"\n(?! )((?i:{all_names}))([;:][^\n]*+(?:\n[ \t][^\n]*+)*+)".encode())


_LINE = line_pattern()
_QUOTE_OR_COLON = re.compile(rb'[":]')
_QUOTE_OR_SEMICOLON = re.compile(rb'[";]')
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})S)?)?"
)
# RFC 5545, 3.3.5, and what is written instead: dashes and colons, no seconds, fractions, an offset.
_TIME = re.compile(
    r"(\d{4}-?\d\d-?\d\d)"
    r"(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
_DATES = frozenset(
    (b"DTSTART", b"DTEND", b"RECURRENCE-ID", b"RDATE", b"EXDATE", b"FREEBUSY", b"DTSTAMP", b"LAST-MODIFIED")
)
_BEFORE_DATE = re.compile(rb":(?=[ \t]*+\d{4}-?\d\d-?\d\d)")
_COMPONENT = re.compile(
    rb":(?:V(?:EVENT|TODO|JOURNAL|FREEBUSY|TIMEZONE|ALARM|AVAILABILITY|LOCATION|RESOURCE|POLL|OTER|OTE)|"
    rb"STANDARD|DAYLIGHT|AVAILABLE|PARTICIPANT|X-[A-Z0-9-]++)\s*+\Z",
    re.IGNORECASE,
)
# The values of these are words of a list: anything else is text.
_WORDS = {
    b"STATUS": frozenset(
        b"TENTATIVE CONFIRMED CANCELLED CANCELED NEEDS-ACTION COMPLETED IN-PROCESS DRAFT FINAL".split()
    ),
    b"TRANSP": frozenset(b"TRANSPARENT OPAQUE".split()),
    b"X-MICROSOFT-CDO-BUSYSTATUS": frozenset(b"FREE TENTATIVE BUSY OOF WORKINGELSEWHERE".split()),
}
_DATE = re.compile(rb"\d{4}-?\d\d-?\d\d")
_RULE = re.compile(rb"[A-Z0-9-]{1,30}=", re.IGNORECASE)
# How the values of these begin, if they are none of text after a blank.
_BEGINNINGS = {
    **dict.fromkeys(_DATES, _DATE),
    b"RRULE": _RULE,
    b"EXRULE": _RULE,
    b"DURATION": re.compile(rb"[+-]?P[\dT]", re.IGNORECASE),
    b"SEQUENCE": re.compile(rb"\d{1,9}\Z"),
}

# A year more or less lets every later calculation with zones and durations stay within what datetime can
# hold.
_FIRST_YEAR, _LAST_YEAR = 1600, 8000


def is_component(rest: bytes) -> bool:
    """True if what follows BEGIN or END is a component's name: "Begin: 18.00" is a line of some text."""
    return _COMPONENT.match(rest) is not None


LARGE = 100_000
"""Bytes of a component, from which on its lines are looked at one by one, in case that they are too many."""
_RULES = frozenset((b"RRULE", b"EXRULE"))
_LONG_PARAMETERS = 200


def read_properties(
    text: bytes,
    start: int,
    end: int,
    budget: Budget | None = None,
    lines: re.Pattern[bytes] = _LINE,
    *,
    inner: bool = True,
) -> Properties:
    """The properties of the component between `start` and `end`, without those of components inside it.

    `budget` pays for reading them, and for what is read of their values later. `lines` is a line_pattern().
    Not `inner`: there are none inside it.

    Raises TooCostly.
    """
    found: Properties = {}
    budget = budget or Budget(sys.maxsize)
    budget.take(_STEPS_OF_A_COMPONENT)
    after_blank: list[tuple[bytes, tuple[bytes, bytes]]] = []
    inside = 0
    for raw_name, rest in _lines(lines, text, start - 1 if text[start - 1 : start] == b"\n" else start, end):
        name = raw_name.upper()
        budget.take(_cost(name, rest))
        if name in (b"BEGIN", b"END"):
            if not inner or not is_component(rest):
                found.setdefault(TEXT, []).append((b"", name))
            elif name == b"BEGIN":
                inside += 1
            else:
                inside = max(0, inside - 1)
            continue
        if inside:
            continue
        if b"\n" in rest:
            rest = unfolded(rest)
        rest = rest.rstrip()
        parameters, value = (b"", rest[1:]) if rest[:1] == b":" else _parted(name, rest)
        if len(parameters) > _LONG_PARAMETERS and name in _DATES:  # they are read for each value
            budget.take((1 + value.count(b",")) * len(parameters) // 20)
        if value[:1] in (b" ", b"\t"):
            after_blank.append((name, (parameters, value.strip())))
        elif name in _WORDS and value.upper() not in _WORDS[name]:
            found.setdefault(TEXT, []).append((b"", name))
        else:
            found.setdefault(name.decode(), []).append((parameters, value))
    if inside and not ("DTSTART" in found and ("DTEND" in found or "DURATION" in found)):
        # What begins and does not end was text: "Begin:Standard".
        return read_properties(text, start, end, budget, lines, inner=False)
    for name, (parameters, value) in after_blank:
        beginning = _BEGINNINGS.get(name)
        # It may be a property all the same, if there is no better one.
        if name.decode() in found or name in _WORDS or (beginning and not beginning.match(value)):
            found.setdefault(TEXT, []).append((b"", name))
        else:
            found[name.decode()] = [(parameters, value)]
    return found


def _lines(lines: re.Pattern[bytes], text: bytes, start: int, end: int) -> Iterable[tuple[bytes, bytes]]:
    if end - start < LARGE:
        return lines.findall(text, start, end)
    return ((match[1], match[2]) for match in lines.finditer(text, start, end))


_STEPS_OF_A_COMPONENT = 40


def _cost(name: bytes, rest: bytes) -> int:
    """The steps that it takes to read this line."""
    size = len(rest)
    if name in _RULES:
        return 30 + size // 8 + 5 * rest.count(b",")
    steps = 5 + 5 * rest.count(b",") if name in _DATES else 2
    return steps if size < 200 else steps + size // 100 + (rest.count(b";") + rest.count(b'"')) // 4


_FIRST_OF = {
    name: re.compile(rb"\n%b([;:][^\n]*+(?:\n[ \t][^\n]*+)*+)" % name, re.IGNORECASE)
    for name in (b"DTSTART", b"FREEBUSY", b"UID")
}


def first_of(text: bytes, start: int, end: int, name: bytes) -> tuple[bytes, bytes]:
    """Parameters and value of a component's first line of this name, without reading the rest; empty without.

    `name` is one of _FIRST_OF.
    """
    match = _FIRST_OF[name].search(text, start - 1 if text[start - 1 : start] == b"\n" else start, end)
    parameters, value = _parted(name, unfolded(match[1])) if match else (b"", b"")
    return parameters, value.strip()


def _parted(name: bytes, rest: bytes) -> tuple[bytes, bytes]:
    """A line behind its name, which has parameters, as these and the value."""
    if name in _DATES:
        # An unquoted TZID may have a colon (tzone://Microsoft/Utc), and so may a time (12:00:00).
        if match := _BEFORE_DATE.search(rest):
            return rest[: match.start()], rest[match.end() :]
        parameters, _, value = rest.rpartition(b":")
        return parameters, value
    quoted = False
    for match in _QUOTE_OR_COLON.finditer(rest):
        if match[0] == b'"':
            quoted = not quoted
        elif not quoted:
            return rest[: match.start()], rest[match.end() :]
    parameters, _, value = rest.partition(b":")
    return parameters, value


def last_of(fields: Properties, name: str) -> str:
    """The value that counts, as text without escapes; empty if there is none."""
    return text_of(fields[name][-1][1]) if name in fields else ""


def is_cancelled(status: str) -> bool:
    """Of a STATUS; some write it as Americans do."""
    return status.strip().upper() in ("CANCELLED", "CANCELED")


def text_of(value: bytes) -> str:
    """A TEXT value without its escapes."""
    text = value.decode("utf-8", "replace")
    if "\\" not in text:
        return text
    parts = (part.replace("\\n", "\n").replace("\\N", "\n") for part in text.split("\\\\"))
    return "\\".join(part.replace("\\", "") for part in parts)


def parameter(parameters: bytes, name: str) -> str:
    """The value of one parameter; empty without it."""
    if name.encode() not in parameters.upper():
        return ""
    for part in _parts(parameters):
        key, _, value = part.partition(b"=")
        if key.strip().upper() == name.encode():
            text = value.decode("utf-8", "replace").strip().strip('"')
            return text.replace("\\,", ",").replace("\\;", ";") if "\\" in text else text
    return ""


def _parts(parameters: bytes) -> list[bytes]:
    if b'"' not in parameters:
        return parameters.split(b";")
    places = []
    quoted = False
    for match in _QUOTE_OR_SEMICOLON.finditer(parameters):
        if match[0] == b'"':
            quoted = not quoted
        elif not quoted:
            places.append(match.start())
    ends = (*places[1:], len(parameters))
    return [parameters[start + 1 : end] for start, end in zip(places, ends, strict=True)]


FindZone = Callable[[str], tzinfo]
"""TZID -> zone; of an empty one the zone of floating times."""


def moment(value: str, tzid: str, find_zone: FindZone) -> Moment:
    """DATE or DATE-TIME, as the value itself says: VALUE is wrong or missing often enough.

    Raises ValueError.
    """
    is_utc = value[15:] == "Z"
    if (len(value) == 15 or is_utc) and value[8] == "T" and value[:8].isdigit() and value[9:15].isdigit():
        try:  # most values, and faster
            read = datetime.fromisoformat(value[:15])
        except ValueError:
            pass
        else:
            if _FIRST_YEAR <= read.year <= _LAST_YEAR:
                return read.replace(tzinfo=UTC if is_utc else find_zone(tzid))
    match = _TIME.fullmatch(value.strip(' \t"').upper())
    if not match or not value.isascii():
        raise ValueError("a date that can't be read")
    day, hour, minute, second, offset = match.groups()
    on = _date(day.replace("-", ""))
    if hour is None:
        return on
    days = 0
    if (hour, minute, second or "00") == ("24", "00", "00"):
        hour, days = "00", 1
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError("a time that does not exist")
    zone = _fixed(offset) if offset else find_zone(tzid)
    # A leap second is RFC 5545 and no datetime.
    at = datetime(on.year, on.month, on.day, int(hour), int(minute), min(int(second or 0), 59), tzinfo=zone)
    return at + timedelta(days)


def _fixed(offset: str) -> tzinfo:
    """The zone of "Z" or "+02:00"."""
    if offset.isalpha():
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    length = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if length >= timedelta(days=1):
        raise ValueError("an offset that does not exist")
    return timezone(-length if offset[0] == "-" else length) if length else UTC


def _date(digits: str) -> date:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    try:
        date(2000, month, day)
        if year < _FIRST_YEAR:
            year += (_FIRST_YEAR + 399 - year) // 400 * 400  # the calendar is the same again, weekdays too
        if year > _LAST_YEAR:
            return date(_LAST_YEAR, month, min(day, 28))
        return date(year, month, day)
    except ValueError:
        raise ValueError("a date that does not exist") from None


class Length(NamedTuple):
    """How long something lasts: first `nominal` on the clock, and then `exact` whatever clocks do."""

    nominal: timedelta
    exact: timedelta = timedelta(0)

    @property
    def total(self) -> timedelta:
        return self.nominal + self.exact

    def after(self, start: Moment) -> Moment:
        """The end of what begins at `start`, which is a date or a time with a zone."""
        if not isinstance(start, datetime) or start.tzinfo is UTC:
            return start + self.total
        end = start + self.nominal
        if self.nominal > timedelta(0) and end.astimezone(UTC) <= start.astimezone(UTC):
            # From 02:30, which clocks skip (RFC 5545, 3.3.5), to 03:00: what begins at 03:30 lasts as long.
            end = start.astimezone(UTC).astimezone(start.tzinfo) + self.nominal
        return (end.astimezone(UTC) + self.exact).astimezone(start.tzinfo) if self.exact else end


def duration(value: str) -> Length:
    """DURATION: days and weeks are by the clock, what is shorter is exact (RFC 5545, 3.3.6).

    Raises ValueError.
    """
    match = _DURATION.fullmatch(value.strip().upper())
    if not match or len(value.strip("+-Pp ")) < 2:
        raise ValueError("a duration that can't be read")
    sign, weeks, days, hours, minutes, seconds = match.groups(default="0")
    nominal = timedelta(int(days) + 7 * int(weeks))
    exact = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    if nominal + exact > timedelta(days=366_000):
        raise ValueError("a duration that has no meaning")
    return Length(-nominal, -exact) if sign == "-" else Length(nominal, exact)


def period(value: str, tzid: str, find_zone: FindZone) -> tuple[datetime, Length]:
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
    return start, between(start, end)


def between(start: datetime, end: datetime) -> Length:
    """From one time to another: on the clock if both are on one, and exact if not."""
    return Length(end - start) if start.tzinfo is end.tzinfo else Length(timedelta(0), end - start)
