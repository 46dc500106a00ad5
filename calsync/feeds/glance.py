"""Which events of a body are surely not in a window, by a few digits of a few lines."""

import re
from datetime import date, timedelta

from calsync.feeds.ics import LARGE, first_of, is_component, unfolded
from calsync.timespan import Timespan

MARGIN = timedelta(days=7)
"""More than any zone together with any length that is accepted below without reading it."""

_NAMES = frozenset((b"UID", b"DTSTART", b"DTEND", b"DURATION", b"RRULE", b"RDATE", b"RECURRENCE-ID"))
_EDGES = frozenset((b"BEGIN", b"END"))
_WHOLE_LINE = re.compile(
    rb"\n(?=[BDERUbderu])((?i:UID|DTSTART|DTEND|DURATION|RRULE|RDATE|RECURRENCE-ID|BEGIN|END))"
    rb"([;:][^\n]*+(?:\n[ \t][^\n]*+)*+)"
)
_SHORT = re.compile(rb":PT(?:\d{1,2}H(?:\d{1,2}M(?:\d{1,2}S)?)?|\d{1,3}M(?:\d{1,2}S)?)\s*+\Z")
_UNTIL = re.compile(rb"[;:]UNTIL=(\d{8})", re.IGNORECASE)
_WEEKDAYS = re.compile(rb"-?[1-4]?[A-Z,]++")
# Those of birthdays: once a year, on the day of the start.
_YEARLY = re.compile(
    rb":FREQ=YEARLY(?:;COUNT=\d{1,6}|;INTERVAL=\d{1,3}|;WKST=[A-Z]{2}|;UNTIL=[0-9TZ]{8,16})*+"
)
_DAYS = {b"DAILY": 1, b"WEEKLY": 7, b"MONTHLY": 31, b"YEARLY": 366}


class Glance:
    """Looks at one event after the other.

    Most of a ten-year export are far away, and reading them would take most of the time.
    """

    def __init__(self, text: bytes, window: Timespan) -> None:
        self._text = text
        first, last = (window.start - MARGIN).date(), (window.end + MARGIN).date()
        self._first_day = first
        self._low, self._high = (f"{day:%Y%m%d}".encode() for day in (first, last))
        days = (first + timedelta(day) for day in range((last - first).days + 1))
        self._of_the_year = frozenset(f"{day:%m%d}".encode() for day in days)

    def __call__(self, start: int, end: int) -> tuple[bytes, bool, bool]:
        """The UID of the event between these places, and what it may matter to.

        First False if it is surely not in the window itself. Second False if it is surely an override of one
        occurrence outside of it.
        """
        if end - start > LARGE:
            return first_of(self._text, start, end, b"UID")[1], True, True
        lines = _WHOLE_LINE.findall(self._text, start, end)
        while lines and lines[-1][0] in _EDGES:  # of alarms, mostly: what matters comes before
            lines.pop()
        fields = dict(lines)
        once = len(fields) == len(lines)
        if not once or not _NAMES.issuperset(fields):
            fields, once = _outermost(lines)
        uid = fields.get(b"UID", b"")
        if b"\n" in uid:
            uid = unfolded(uid)
        uid = uid.partition(b":")[2].strip()
        may_name = not once or b"RECURRENCE-ID" not in fields or self._may_name(fields)
        return uid, not once or self._may_matter(fields), may_name

    def _may_name(self, fields: dict[bytes, bytes]) -> bool:
        """False for an override of an occurrence that is surely not in the window."""
        day = _day(fields[b"RECURRENCE-ID"])
        return not day or self._low <= day <= self._high or b"RRULE" in fields

    def _may_matter(self, fields: dict[bytes, bytes]) -> bool:
        start = _day(fields[b"DTSTART"]) if b"DTSTART" in fields else b""
        end = _day(fields[b"DTEND"]) if b"DTEND" in fields else start
        if not start or not end or b"RDATE" in fields:
            return True
        if b"RECURRENCE-ID" in fields and b"RANGE" in unfolded(fields[b"RECURRENCE-ID"]).upper():
            return True  # an override that reaches beyond its own occurrence (3.2.13)
        low, high = self._low, self._high
        if start > high and end > high:
            return False
        if b"DURATION" in fields and (b"DTEND" in fields or not _SHORT.match(fields[b"DURATION"])):
            return True  # of a duration and an end one may be unreadable
        if start >= low or end >= low:
            return True
        if b"RRULE" not in fields:
            return False
        if not 0 <= int(end) - int(start) <= 2:  # the turn of a month is looked at more closely, too
            return True
        rule = fields[b"RRULE"].rstrip()
        until = _UNTIL.search(rule)
        if until and until[1] < low:
            return False
        if _YEARLY.fullmatch(rule):
            return start[4:] in self._of_the_year
        return bool(until) or not self._runs_out(rule, start)

    def _runs_out(self, rule: bytes, start: bytes) -> bool:
        """True if a COUNT surely ends before the window."""
        parts = [part.partition(b"=") for part in rule[1:].split(b";", 6)]
        said = {name: value for name, _, value in parts}
        if b"COUNT" not in said or len(said) < len(parts):
            return False
        freq, count, interval = said.pop(b"FREQ", b""), said.pop(b"COUNT"), said.pop(b"INTERVAL", b"1")
        said.pop(b"WKST", None)
        if freq not in _DAYS or not (count.isdigit() and interval.isdigit() and len(count + interval) < 9):
            return False
        if not int(count):
            return False
        # What else may be there must fall into each of its periods, whatever the year.
        if (
            (start[6:] > b"28" and freq in (b"MONTHLY", b"YEARLY"))
            or (freq == b"DAILY" and said)
            or len(said) > 1
        ):
            return False
        for name, value in said.items():
            if name == b"BYMONTHDAY" and freq != b"WEEKLY":
                if not value.isdigit() or not 1 <= int(value[:3]) <= 28:
                    return False
            elif name != b"BYDAY" or not _WEEKDAYS.fullmatch(value):
                return False
        days = (int(count) + 1) * (int(interval) or 1) * _DAYS[freq]
        try:
            first = date(int(start[:4]), int(start[4:6]), int(start[6:]))
            return first + timedelta(days) < self._first_day
        except (ValueError, OverflowError):
            return False


def _outermost(lines: list[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], bool]:
    """The lines that are not in an alarm within the event; and False if that leaves doubt."""
    fields: dict[bytes, bytes] = {}
    inside, once = 0, True
    for name, rest in lines:
        key = name.upper()
        if key in (b"BEGIN", b"END"):
            if is_component(rest):
                inside = inside + 1 if key == b"BEGIN" else max(0, inside - 1)
        elif not inside:
            once = once and key not in fields
            if key not in fields or rest[:2] != b": ":
                fields[key] = rest
    return fields, once and not inside


def _day(rest: bytes) -> bytes:
    """The day in a line of DTSTART or DTEND, as eight digits; empty if it can't be told at a glance."""
    value = rest.rpartition(b":")[2]
    digits = value[:8]
    return digits if digits.isdigit() and len(digits) == 8 and b"\n" not in value else b""
