"""Recurrence rules (RFC 5545, 3.3.10): what a rule's text means.

Decides which texts are rules, and writes out what their DTSTART implies. Where a text is ambiguous,
dateutil's reading counts, which recurring-ical-events builds on. When a rule falls is decided in `starts`;
UNTIL stays as it is written, for only the event knows its zone.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Freq(IntEnum):
    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5
    SECONDLY = 6


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SECONDS = {Freq.HOURLY: 3600, Freq.MINUTELY: 60, Freq.SECONDLY: 1}


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE with everything that its DTSTART implies written out. Empty tuples restrict nothing."""

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: str | None = None  # as it is written; the caller knows the zone
    week_start: int = 0
    months: tuple[int, ...] = ()
    week_numbers: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    nth_weekdays: tuple[tuple[int, int], ...] = ()  # (weekday, n): the n-th of the month or year
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()

    @property
    def restricts_days(self) -> bool:
        """True if some days have no start though the frequency alone would give them one."""
        dates = self.months or self.week_numbers or self.year_days or self.month_days
        return bool(dates or self.weekdays or self.nth_weekdays or self.positions)


_LIMITS = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (-53, 53),
    "BYYEARDAY": (-366, 366),
    "BYMONTHDAY": (-31, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
    "BYSETPOS": (-366, 366),
}


def parse_rule(text: str, first: datetime) -> Rule:
    """The rule in `text`, completed from its first occurrence `first` (wall clock).

    Raises ValueError, saying what is wrong.
    """
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, _, value = part.strip().partition("=")
        if name.startswith("X-") or not name:
            continue
        if name in parts:
            raise ValueError(f"{name} twice")
        parts[name] = value
    # RFC 7529: these two say what holds anyway.
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":
        raise ValueError("another calendar scale")
    try:
        freq = Freq[parts.pop("FREQ", "")]
    except KeyError:
        raise ValueError("no known FREQ") from None
    interval = _number(parts.pop("INTERVAL", "1"), "INTERVAL")
    if interval < 1:
        raise ValueError("INTERVAL below 1")
    count = _number(parts.pop("COUNT"), "COUNT") if "COUNT" in parts else None
    if count is not None and count < 0:
        count = None  # written by some producers for "without end"
    until = parts.pop("UNTIL", None)
    week_start = parts.pop("WKST", "MO")
    if week_start not in WEEKDAYS:
        raise ValueError(f"WKST={week_start}")
    weekdays, nth = _weekdays(parts.pop("BYDAY", ""), freq, "BYMONTH" in parts)
    numbers = {name: _numbers(name, parts.pop(name)) for name in tuple(parts) if name in _LIMITS}
    if parts:
        raise ValueError(f"unknown part {min(parts)[:20]}")
    months, month_days = numbers.get("BYMONTH", ()), numbers.get("BYMONTHDAY", ())
    if not (month_days or weekdays or nth or numbers.get("BYYEARDAY") or numbers.get("BYWEEKNO")):
        if freq is Freq.YEARLY:
            months, month_days = months or (first.month,), (first.day,)
        elif freq is Freq.MONTHLY:
            month_days = (first.day,)
        elif freq is Freq.WEEKLY:
            weekdays = (first.weekday(),)
    return Rule(
        freq,
        interval,
        count,
        until,
        WEEKDAYS.index(week_start),
        months,
        numbers.get("BYWEEKNO", ()),
        numbers.get("BYYEARDAY", ()),
        month_days,
        weekdays,
        nth,
        numbers.get("BYHOUR") or ((first.hour,) if freq < Freq.HOURLY else ()),
        numbers.get("BYMINUTE") or ((first.minute,) if freq < Freq.MINUTELY else ()),
        tuple(min(n, 59) for n in numbers.get("BYSECOND", ()))
        or ((first.second,) if freq < Freq.SECONDLY else ()),
        numbers.get("BYSETPOS", ()),
    )


def _number(text: str, name: str) -> int:
    if len(text) > 12:
        raise ValueError(f"{name} has no meaning")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name}={text}") from None


def _numbers(name: str, text: str) -> tuple[int, ...]:
    low, high = _LIMITS[name]
    numbers = tuple(sorted({_number(item, name) for item in text.split(",")}))
    if numbers[0] < low or numbers[-1] > high or (low != 0 and 0 in numbers):
        raise ValueError(f"{name}={text[:20]}")
    return numbers


def _weekdays(
    text: str, freq: Freq, with_months: bool
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    plain: set[int] = set()
    nth: set[tuple[int, int]] = set()
    for item in text.split(",") if text else ():
        day = item.strip()[-2:]
        if day not in WEEKDAYS:
            raise ValueError(f"BYDAY={text[:20]}")
        number = _number(item.strip()[:-2] or "0", "BYDAY")
        if number and freq <= Freq.MONTHLY:  # in a week or a day there is one of each only
            nth.add((WEEKDAYS.index(day), number))
        else:
            plain.add(WEEKDAYS.index(day))
    if plain and nth:
        # "MO,1FR" is every Monday and the first Friday. dateutil wants days that are both at once.
        every = range(1, 54 if freq is Freq.YEARLY and not with_months else 6)
        nth |= set(itertools.product(plain, every))
        plain = set()
    return tuple(sorted(plain)), tuple(sorted(nth))
