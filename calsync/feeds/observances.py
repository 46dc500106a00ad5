"""Custom time zones: a VTIMEZONE as tzinfo (RFC 5545, 3.6.5).

Decides which offset a wall-clock time of such a zone has: that of the observance that began last. Reads
the transitions from 1970 to 2060 once, so that asking is cheap and a strange rule can't take for ever. Knows
nothing of events and never looks at the zone's name.
"""

import bisect
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from calsync.feeds.rules import Rule, parse_rule
from calsync.feeds.starts import starts

FIRST, LAST = datetime(1970, 1, 1), datetime(2060, 1, 1)  # noqa: DTZ001
_LINE = re.compile(
    rb"^(BEGIN|END|TZID|DTSTART|RRULE|RDATE|TZOFFSETFROM|TZOFFSETTO)([^:\r\n]*):([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_OFFSET = re.compile(r"([+-]?)(\d\d):?(\d\d):?(\d\d)?")


@dataclass(frozen=True, slots=True)
class Observance:
    """One STANDARD or DAYLIGHT: from `start` and on the further onsets on, clocks show UTC + `offset`."""

    daylight: bool
    start: datetime  # wall clock, as are the next two
    rule: Rule | None
    dates: tuple[datetime, ...]
    before: timedelta
    offset: timedelta

    def onsets(self) -> list[datetime]:
        found = [self.start, *self.dates]
        if self.rule:
            until = LAST
            if self.rule.until:
                until = _wall(self.rule.until) + (
                    self.before if self.rule.until.endswith("Z") else timedelta(0)
                )
            found += starts(self.rule, self.start, FIRST, min(until, LAST))
        return found


class Observances(tzinfo):
    """A zone made of observances."""

    def __init__(self, tzid: str, observances: tuple[Observance, ...]) -> None:
        self.tzid = tzid
        self.observances = observances
        # At a tie the first one counts, as in dateutil.
        begins = {onset: observance for observance in reversed(observances) for onset in observance.onsets()}
        self._onsets = sorted(begins)
        self._offsets = [begins[onset].offset for onset in self._onsets]
        standard = [observance for observance in observances if not observance.daylight]
        self._earliest = (standard or observances)[0].offset

    def utcoffset(self, moment: datetime | None) -> timedelta:
        if moment is None:
            return self._earliest
        place = bisect.bisect_right(self._onsets, moment.replace(tzinfo=None))
        return self._offsets[place - 1] if place else self._earliest

    def __str__(self) -> str:
        return self.tzid

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return self.tzid


def read_observances(text: bytes) -> Observances | None:
    """The zone of an unfolded VTIMEZONE, without the observances that can't be read; None without any."""
    tzid = ""
    observances: list[Observance] = []
    fields: dict[str, str] = {}
    dates: list[str] = []
    for name_bytes, _, value_bytes in _LINE.findall(text):
        name, value = name_bytes.decode().upper(), value_bytes.decode("utf-8", "replace").strip()
        if name == "BEGIN":
            fields, dates = {}, []
        elif name == "END" and value.upper() in ("STANDARD", "DAYLIGHT"):
            try:
                observances.append(_observance(value.upper() == "DAYLIGHT", fields, dates))
            except (KeyError, ValueError, OverflowError):
                continue
        elif name == "TZID":
            tzid = value.replace("\\,", ",").replace("\\;", ";").strip('"')
        elif name == "RDATE":
            dates += value.split(",")
        else:
            fields.setdefault(name, value)
    return Observances(tzid, tuple(observances)) if observances and tzid else None


def _observance(daylight: bool, fields: dict[str, str], dates: list[str]) -> Observance:
    start = _wall(fields["DTSTART"])
    rule = parse_rule(fields["RRULE"], start) if "RRULE" in fields else None
    if rule and rule.freq > rule.freq.MONTHLY:
        raise ValueError("no zone changes its clocks that often")
    if rule and rule.until:
        _wall(rule.until)
    onsets = tuple(_wall(item) for item in dates)
    return Observance(
        daylight, start, rule, onsets, _offset(fields["TZOFFSETFROM"]), _offset(fields["TZOFFSETTO"])
    )


def _wall(value: str) -> datetime:
    """Raises ValueError."""
    digits = value[:8] + value[9:15]
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(value)
    return datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007


def _offset(value: str) -> timedelta:
    match = _OFFSET.fullmatch(value)
    if not match:
        raise ValueError(value)
    sign, hours, minutes, seconds = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    if offset >= timedelta(days=1):
        raise ValueError(value)
    return -offset if sign == "-" else offset
