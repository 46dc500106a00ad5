"""An ICS body's outline: which calendars it has and where in the bytes their components are.

Decides whether a body is a whole calendar at all, and cuts it into components without decoding or copying it:
an export of 20 MB would be 80 MB of text. Folded lines are put together where they are read (`properties`);
only a body that is laid out in an unusual way is normalised as a whole. Knows nothing of what is in a
component.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from calsync.feeds.answers import NotACalendar

Stretch = tuple[int, int]


@dataclass(slots=True)
class Calendar:
    """One VCALENDAR; components as the stretches of bytes between their BEGIN and END lines."""

    zone: bytes = b""  # X-WR-TIMEZONE
    events: list[Stretch] = field(default_factory=list)
    free_busy: list[Stretch] = field(default_factory=list)
    timezones: list[Stretch] = field(default_factory=list)


_OUTLINE = re.compile(
    rb"\n(?:(BEGIN:VEVENT)|(END:VEVENT)|(BEGIN|END):(VCALENDAR|VFREEBUSY|VTIMEZONE)|"
    rb"X-WR-TIMEZONE[^:\n]*:([^\r\n]*))[ \t]*(?=\r?\n|\r?\Z)",
    re.IGNORECASE,
)
# What reading the raw bytes line by line would get wrong: a name that is folded, a component's begin or end
# that is folded, blank lines before a continuation, garbage without a colon (which may be both).
_UNUSUAL = re.compile(rb"\n(?![ \t]|[^:;\r\n]{1,60}[:;]|\Z)|\n(?:BEGIN|END)[^\n]*\n[ \t]", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"BEGIN:VCALENDAR[ \t]*\r?\n(?![ \t])", re.IGNORECASE)
_BLANK_LINES = re.compile(rb"\n[\n]+")


def unfolded(text: bytes) -> bytes:
    """RFC 5545, 3.1, in octets: a fold may be in the middle of a character."""
    return text.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")


def normalised(body: bytes) -> bytes:
    """The body as UTF-8, in which every name and every BEGIN and END is on one line.

    Raises NotACalendar if it does not look like one.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or body[:12:2] == b"BEGIN:" or body[1:12:2] == b"BEGIN:":
        body = _from_utf16(body)
    body = body.removeprefix(b"\xef\xbb\xbf")
    head = body[:2000].lstrip()
    if head[:1] == b"<" or b"BEGIN:VCALENDAR" not in unfolded(head).upper():
        raise NotACalendar(_what_it_is(head))
    if b"\n" not in body:
        body = body.replace(b"\r", b"\n")  # as on old Macs
    if not _FIRST_LINE.match(body):
        body = b"\n" + body
    if _UNUSUAL.search(body):
        body = unfolded(_BLANK_LINES.sub(b"\n", body.replace(b"\r\n", b"\n")))
    return body


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


def calendars(text: bytes) -> list[Calendar]:
    """The calendars in a normalised body.

    An event without an end of its own ends where the next one begins.

    Raises NotACalendar if one begins and does not end, as in a cut-off download.
    """
    current = Calendar()
    # Every other line has a line break before it, by which it is found.
    is_open = bool(_FIRST_LINE.match(text))
    found = [current] if is_open else []
    event = other = -1
    for match in _OUTLINE.finditer(text):
        kind = match.lastindex
        if kind == 2:
            if event >= 0:
                current.events.append((event, match.start() + 1))
                event = -1
        elif kind == 1:
            if event >= 0:
                current.events.append((event, match.start() + 1))
            event = match.end()
        elif kind == 5:
            current.zone = current.zone or match[5].strip()
        elif match[4].upper() == b"VCALENDAR":
            if event >= 0:
                current.events.append((event, match.start() + 1))
                event = -1
            begins = match[3].upper() == b"BEGIN"
            if begins and is_open:
                raise NotACalendar("a calendar in it has no END:VCALENDAR: it was cut off on its way")
            if begins:
                current = Calendar()
                found.append(current)
            is_open = begins
        elif match[3].upper() == b"BEGIN":
            other = match.end()
        elif other >= 0:
            kinds = current.free_busy if match[4].upper() == b"VFREEBUSY" else current.timezones
            kinds.append((other, match.start() + 1))
            other = -1
    if is_open or not found:
        raise NotACalendar("it ends before END:VCALENDAR: it was cut off on its way")
    return found


def texts(text: bytes, stretches: list[Stretch]) -> Iterator[bytes]:
    """The components' own texts, unfolded."""
    return (unfolded(text[start:end]) for start, end in stretches)
