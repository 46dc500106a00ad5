"""A glance at an event: may it matter to the window at all?

Decides by a few digits of a few lines, without reading any value: most of a calendar's thousands of events
are years away from the window and need no more. "No" is certain; whatever is unusual is "perhaps", so that
only `component` ever has to know what is right.
"""

import re
from datetime import date, timedelta

from calsync.feeds.content import unfolded
from calsync.timespan import Timespan

MARGIN = timedelta(days=7)
"""More than any zone together with any length that is accepted below without reading it."""

_NAMES = frozenset((b"UID", b"DTSTART", b"DTEND", b"DURATION", b"RRULE", b"RDATE"))
_LINE = re.compile(
    rb"\n(UID|DTSTART|DTEND|DURATION|RRULE|RDATE|BEGIN|END)([;:][^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE
)
_SHORT = re.compile(rb":PT(?:\d{1,2}H(?:\d{1,2}M(?:\d{1,2}S)?)?|\d{1,3}M(?:\d{1,2}S)?)\s*\Z")
_UNTIL = re.compile(rb"[;:]UNTIL=(\d{8})", re.IGNORECASE)
_COUNT = re.compile(rb";COUNT=(\d{1,6})(?![^;])")
_INTERVAL = re.compile(rb";INTERVAL=(\d{1,3})(?![^;])")
# Rules that have an occurrence in each of their periods, whatever the year.
_STEADY = re.compile(
    rb":FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(?:;COUNT=\d{1,6}|;INTERVAL=\d{1,3}|;WKST=[A-Z]{2})*"
    rb"(?:(?<!DAILY);BYDAY=-?[1-4]?[A-Z,]+|;BYMONTHDAY=(?:[1-9]|1\d|2[0-8]))?"
    rb"(?:;COUNT=\d{1,6}|;INTERVAL=\d{1,3}|;WKST=[A-Z]{2})*"
)
_DAYS = {b"DAILY": 1, b"WEEKLY": 7, b"MONTHLY": 31, b"YEARLY": 366}


class Glance:
    """Looks at the events of one body, for one window."""

    def __init__(self, text: bytes, window: Timespan) -> None:
        self._text = text
        self._first_day = (window.start - MARGIN).date()
        self._low = f"{window.start - MARGIN:%Y%m%d}".encode()
        self._high = f"{window.end + MARGIN:%Y%m%d}".encode()

    def __call__(self, start: int, end: int) -> tuple[bytes | None, bool]:
        """The UID of the event between these places, and False if it is surely not in the window."""
        lines = _LINE.findall(self._text, start, end)
        fields = dict(lines)
        once = len(fields) == len(lines)
        if not once or not _NAMES.issuperset(fields):
            fields, once = _outermost(lines)
        uid = fields.get(b"UID")
        if uid is not None:
            uid = (unfolded(uid) if b"\n" in uid else uid).partition(b":")[2].strip()
        return uid, not once or self._may_matter(fields)

    def _may_matter(self, fields: dict[bytes, bytes]) -> bool:
        if b"RDATE" in fields:
            return True
        start = _day(fields.get(b"DTSTART"))
        end = _day(fields[b"DTEND"]) if b"DTEND" in fields else start
        if not start or not end:
            return True
        low, high = self._low, self._high
        if start > high and end > high:
            return False
        if b"DTEND" not in fields and b"DURATION" in fields and not _SHORT.match(fields[b"DURATION"]):
            return True
        if b"RRULE" not in fields:
            return start >= low or end >= low
        if not 0 <= int(end) - int(start) <= 2:  # the turn of a month is looked at more closely, too
            return True
        rule = fields[b"RRULE"].rstrip()
        until = _UNTIL.search(rule)
        return until[1] >= low if until else not self._runs_out(rule, start)

    def _runs_out(self, rule: bytes, start: bytes) -> bool:
        """True if a COUNT surely ends before the window."""
        count = _COUNT.search(rule)
        steady = _STEADY.fullmatch(rule) if count else None
        if not count or not steady or (start[6:] > b"28" and steady[1] in (b"MONTHLY", b"YEARLY")):
            return False
        interval = _INTERVAL.search(rule)
        days = (int(count[1]) + 1) * _DAYS[steady[1]] * (int(interval[1]) if interval else 1)
        try:
            first = date(int(start[:4]), int(start[4:6]), int(start[6:]))
            return first + timedelta(days) < self._first_day
        except (ValueError, OverflowError):
            return False


def _outermost(lines: list[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], bool]:
    """The lines that are not in an alarm within the event; and False if one of them is there twice."""
    fields: dict[bytes, bytes] = {}
    inside, once = 0, True
    for name, rest in lines:
        key = name.upper()
        if key == b"BEGIN":
            inside += 1
        elif key == b"END":
            inside = max(0, inside - 1)
        elif not inside:
            once = once and key not in fields
            fields.setdefault(key, rest)
    return fields, once


def _day(rest: bytes | None) -> bytes:
    """The day in a line of DTSTART or DTEND, as eight digits; empty if it can't be told at a glance."""
    if rest is None:
        return b""
    value = rest.rpartition(b":")[2]
    digits = value[:8]
    return digits if digits.isdigit() and len(digits) == 8 and b"\n" not in value else b""
