"""RRULEs (RFC 5545, 3.3.10): at which wall-clock times a rule falls within a stretch of time.

Only the periods (days, weeks, months, years) that lie there are looked at: a daily rule from ten years ago
costs what one from last week costs, and no rule can keep us busy for ever. Only a COUNT may have to be
followed from the first occurrence. Zones, exceptions and UNTIL, which is an instant, are the caller's job.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
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
    exdates: tuple[str, ...] = ()  # as they are written: no part of a rule by the RFC, but there all the same
    exdates_zone: str = ""  # the TZID of these
    guesses: tuple[str, ...] = ()  # what is written in another way than the RFC's, for people

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


_EMPTY_IS_NONE = ("INTERVAL", "COUNT", "UNTIL", "WKST")


def parse_rule(text: str, first: datetime) -> Rule:
    """The rule in `text`, completed from its first occurrence `first` (wall clock).

    Raises ValueError, saying what is wrong.
    """
    parts: dict[str, str] = {}
    guesses: list[str] = []
    exdates_zone = ""
    text = text.upper()
    if '"' in text or "'" in text:
        text = text.replace('"', "").replace("'", "")
        guesses.append("quotation marks in a rule are passed over")
    for part in text.removeprefix("RRULE:").split(";"):
        name, _, value = part.strip().partition("=")
        name, value = name.strip(), value.strip()
        if name.startswith("X-") or not name:
            continue
        if name[:4] == "WKST" and len(name) == 5 and not value:
            name, value = "WKST", name[4:]
        elif name.startswith("EXDATE:"):
            name, value = "EXDATE", part.strip()[7:]
        elif name == "TZID" and parts.get("EXDATE") == "":  # EXDATE;TZID=Europe/Berlin:20261129T100000
            exdates_zone, _, parts["EXDATE"] = value.rpartition(":")
            continue
        if name in _EMPTY_IS_NONE and not value:
            continue
        if name in parts:
            raise ValueError(f"{name[:20]} twice")
        parts[name] = value
    exdates = tuple(parts.pop("EXDATE").split(",")) if "EXDATE" in parts else ()
    if exdates:
        guesses.append("an EXDATE within a rule counts like one of its own")
    # RFC 7529: these two say what holds anyway.
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN" or parts.pop("SKIP", "OMIT") != "OMIT":
        raise ValueError("another calendar scale")
    try:
        freq = Freq[parts.pop("FREQ", "")]
    except KeyError:
        raise ValueError("no known FREQ") from None
    interval = _number(parts.pop("INTERVAL", "1"), "INTERVAL")
    if interval < 0:
        raise ValueError("INTERVAL below 1")
    if interval == 0:
        interval = 1
        guesses.append("INTERVAL=0 counts as 1")
    # What is more than ten thousand years never comes again.
    interval = min(interval, 400_000_000_000 // SECONDS.get(freq, 86_400))
    count = _number(parts.pop("COUNT"), "COUNT") if "COUNT" in parts else None
    if count is not None and count <= 0:
        if count == 0:
            guesses.append("COUNT=0 means without end")
        count = None  # written by some producers for "without end"
    until = parts.pop("UNTIL", None)
    week_start = parts.pop("WKST", "MO")
    if week_start not in WEEKDAYS:
        if len(week_start) != 1 or week_start not in "01234567":
            raise ValueError(f"WKST={week_start[:20]}")
        guesses.append(f"WKST={week_start} is a day by its number")
        week_start = WEEKDAYS[(int(week_start) - 1) % 7]
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
        exdates,
        exdates_zone,
        tuple(guesses),
    )


def _number(text: str, name: str) -> int:
    if len(text) > 12:
        raise ValueError(f"{name} has no meaning")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{name}={text[:20]}") from None


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
    for item in filter(str.strip, text.split(",")):
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


COUNTED_PERIODS = 100_000
"""A COUNT is followed through at most so many periods, 11 years of hours; what lasts longer is endless."""


class TooCostly(Exception):
    """A rule, a zone or an event takes more than its share of what a reading may cost."""


SHARE = 200_000
"""Steps that one series, one zone or one event may take: ten years of hours, or 40,000 dates."""


class Budget:
    """What a reading may cost, in steps of some microseconds: a date, a line, a day that a rule looks at.

    A calendar that is made to keep us busy for ever spends it, and then costs a warning. A part of the
    reading has a share, so that one series that takes too long leaves enough for the others.
    """

    def __init__(self, left: int, whole: "Budget | None" = None) -> None:
        self.left = left
        self._whole = whole

    @classmethod
    def of_bytes(cls, number: int) -> "Budget":
        """For all of a body that is so large."""
        return cls(1_000_000 + number // 20)

    def share(self, most: int = SHARE) -> "Budget":
        """A part of it, to be used in a `with` statement, at whose end the whole is charged."""
        return Budget(min(most, max(self.left, 0)), self)

    def take(self, number: int) -> None:
        """Raises TooCostly if there is not so much left."""
        self.left -= number
        if self.left < 0:
            raise TooCostly

    def __enter__(self) -> "Budget":
        self._before = self.left
        return self

    def __exit__(self, *_: object) -> None:
        if self._whole is not None:
            self._whole.left -= self._before - max(self.left, 0)


def starts(
    rule: Rule, first: datetime, low: datetime, high: datetime, budget: Budget | None = None
) -> Iterator[datetime]:
    """The rule's starts from `low` to `high`, both included, in order; all are naive wall-clock times.

    `first` itself is among them only if the rule falls on it. UNTIL is left to the caller.

    Raises TooCostly.
    """
    periods = _Periods(rule, first, budget or Budget(sys.maxsize))
    left = rule.count
    index = max(0, _period_of(rule, first, low) - 1)
    if left is not None:
        if left > (_period_of(rule, first, high) + 2) * _most_in_a_period(rule):
            left = None  # can't run out
        elif index and (steady := _in_every_period(rule)):
            left -= sum(start >= first for start in periods.starts(0)) + steady * (index - 1)
            if left <= 0:
                return
        else:
            index = 0
    last = _period_of(rule, first, high)
    while index <= last:
        for start in periods.starts(index):
            if start < first:
                continue
            if start > high:
                return
            if left is not None:
                left -= 1
                if left < 0:
                    return
            if start >= low:
                yield start
        index += 1
        if left is not None and index > COUNTED_PERIODS:
            left = None
            index = max(index, _period_of(rule, first, low) - 1)


def _period_of(rule: Rule, first: datetime, moment: datetime) -> int:
    """How many intervals after the first occurrence's period the one that holds `moment` is."""
    if rule.freq is Freq.YEARLY:
        return (moment.year - first.year) // rule.interval
    if rule.freq is Freq.MONTHLY:
        return ((moment.year - first.year) * 12 + moment.month - first.month) // rule.interval
    if rule.freq is Freq.WEEKLY:
        return (moment.toordinal() - _week_of(rule, first)) // (7 * rule.interval)
    if rule.freq is Freq.DAILY:
        return (moment.toordinal() - first.toordinal()) // rule.interval
    return (moment - first) // timedelta(seconds=SECONDS[rule.freq] * rule.interval)


def _week_of(rule: Rule, day: date) -> int:
    return day.toordinal() - (day.weekday() - rule.week_start) % 7


def _most_in_a_period(rule: Rule) -> int:
    times = max(1, len(rule.hours)) * max(1, len(rule.minutes)) * max(1, len(rule.seconds))
    if rule.freq is Freq.YEARLY and rule.months:
        return times * 31 * len(rule.months)
    return times * (366, 31, 7, 1, 1, 1, 1)[rule.freq]


def _in_every_period(rule: Rule) -> int:
    """How many starts each whole period has, where that is the same in all of them; else 0."""
    if rule.positions or rule.months or rule.week_numbers or rule.year_days:
        return 0
    days = 0
    if rule.freq is Freq.DAILY and not (rule.weekdays or rule.month_days):
        days = 1
    elif rule.freq is Freq.WEEKLY and not rule.month_days:
        days = len(rule.weekdays)
    elif rule.freq is Freq.MONTHLY and not rule.weekdays:
        # The 31st and the fifth Monday are not in every month, and the last and the 28th may be one day.
        if not rule.nth_weekdays and all(0 < day <= 28 for day in rule.month_days):
            days = len(rule.month_days)
        elif not rule.month_days and all(0 < number <= 4 for _, number in rule.nth_weekdays):
            days = len(rule.nth_weekdays)
    return days * len(rule.hours) * len(rule.minutes) * len(rule.seconds)


class _Periods:
    """The periods of a rule, counted in its intervals from that of its first occurrence."""

    def __init__(self, rule: Rule, first: datetime, budget: Budget) -> None:
        self.rule = rule
        self.first = first
        self.budget = budget
        budget.take(1 + max(1, len(rule.hours)) * max(1, len(rule.minutes)) * max(1, len(rule.seconds)))
        self.clock = (
            [
                timedelta(hours=hour, minutes=minute, seconds=second)
                for hour, minute, second in itertools.product(rule.hours, rule.minutes, rule.seconds)
            ]
            if rule.freq < Freq.HOURLY
            else []
        )
        self.steps_of_a_day = 2 if rule.nth_weekdays or rule.week_numbers else 1

    def starts(self, index: int) -> list[datetime]:
        """All starts in one period. Raises TooCostly."""
        rule = self.rule
        if rule.freq >= Freq.HOURLY:
            self.budget.take(2 + max(1, len(rule.minutes)) * max(1, len(rule.seconds)))
            found = _in_hour(rule, self.first, index)
        else:
            days = _days(rule, self.first, index)
            self.budget.take(2 + self.steps_of_a_day * len(days))
            midnights = [datetime(day.year, day.month, day.day) for day in days if _fits(rule, day)]  # noqa: DTZ001
            self.budget.take(len(midnights) * len(self.clock))
            found = [midnight + time for midnight in midnights for time in self.clock]
        if not rule.positions:
            return found
        chosen = {place - 1 if place > 0 else len(found) + place for place in rule.positions}
        self.budget.take(len(chosen))
        return [start for place, start in enumerate(found) if place in chosen]


_ALL_DAYS = tuple(range(7))


def _days(rule: Rule, first: datetime, index: int) -> list[date]:
    """The days of a period, without some of those that do not fit."""
    if rule.freq is Freq.YEARLY:
        year = first.year + index * rule.interval
        return [day for month in rule.months or range(1, 13) for day in _days_of_month(rule, year, month)]
    if rule.freq is Freq.MONTHLY:
        years, month = divmod(first.month - 1 + index * rule.interval, 12)
        return _days_of_month(rule, first.year + years, month + 1)
    if rule.freq is Freq.WEEKLY:
        begin = _week_of(rule, first) + 7 * rule.interval * index
        # The first week begins with the first occurrence: it matters to BYSETPOS, and dateutil does so.
        ordinals = range(first.toordinal() if index == 0 else begin, begin + 7)
    else:
        begin = first.toordinal() + rule.interval * index
        ordinals = range(begin, begin + 1)
    last, weekdays = date.max.toordinal(), rule.weekdays or _ALL_DAYS
    # Day 1 was a Monday. Six days of seven are left out here, before they are made.
    return [date.fromordinal(day) for day in ordinals if (day - 1) % 7 in weekdays and day <= last]


def _days_of_month(rule: Rule, year: int, month: int) -> list[date]:
    if year > MAXYEAR:
        return []
    length = _month_length(year, month)
    if rule.month_days:
        numbers = {day if day > 0 else length + 1 + day for day in rule.month_days}
        return [date(year, month, day) for day in sorted(numbers) if 1 <= day <= length]
    if rule.nth_weekdays and (rule.months or rule.freq is Freq.MONTHLY):
        before = date(year, month, 1).weekday()
        numbers = {1 + (weekday - before) % 7 for weekday, _ in rule.nth_weekdays}
        return [date(year, month, day) for day in range(1, length + 1) if (day - 1) % 7 + 1 in numbers]
    return [date(year, month, day) for day in range(1, length + 1)]


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _in_hour(rule: Rule, first: datetime, index: int) -> list[datetime]:
    """Starts of a rule in hours, minutes or seconds; coarser BY parts restrict, finer ones add."""
    start = first + timedelta(seconds=SECONDS[rule.freq] * rule.interval * index)
    if not _fits(rule, start) or (rule.hours and start.hour not in rule.hours):
        return []
    if rule.freq >= Freq.MINUTELY and rule.minutes and start.minute not in rule.minutes:
        return []
    if rule.freq is Freq.SECONDLY:
        return [start] if not rule.seconds or start.second in rule.seconds else []
    minutes = rule.minutes if rule.freq is Freq.HOURLY else (start.minute,)
    return [start.replace(minute=minute, second=second) for minute in minutes for second in rule.seconds]


def _fits(rule: Rule, day: date) -> bool:
    """True if every BY part about dates allows this day."""
    if rule.months and day.month not in rule.months:
        return False
    if rule.weekdays and day.weekday() not in rule.weekdays:
        return False
    if rule.month_days and day.day not in rule.month_days:
        backwards = day.day - _month_length(day.year, day.month) - 1
        if backwards not in rule.month_days:
            return False
    if rule.nth_weekdays and not _is_nth(rule, day):
        return False
    if rule.year_days:
        year_day = day.toordinal() - date(day.year, 1, 1).toordinal() + 1
        if year_day not in rule.year_days and year_day - _year_length(day.year) - 1 not in rule.year_days:
            return False
    return not rule.week_numbers or _in_week(rule, day)


def _year_length(year: int) -> int:
    return 337 + _month_length(year, 2)


def _is_nth(rule: Rule, day: date) -> bool:
    if rule.freq is Freq.YEARLY and not rule.months:
        place = day.toordinal() - date(day.year, 1, 1).toordinal()
        length = _year_length(day.year)
    else:
        place, length = day.day - 1, _month_length(day.year, day.month)
    numbers = (place // 7 + 1, -((length - 1 - place) // 7 + 1))
    return any((day.weekday(), number) in rule.nth_weekdays for number in numbers)


def _in_week(rule: Rule, day: date) -> bool:
    """ISO 8601, with WKST as a week's first day; a week belongs to the year of its fourth day."""
    fourth = _week_of(rule, day) + 3
    if not 1 <= fourth <= date.max.toordinal():
        return False
    year = date.fromordinal(fourth).year
    number = (fourth - date(year, 1, 1).toordinal()) // 7 + 1
    if number in rule.week_numbers:
        return True
    remaining = (date(year, 12, 31).toordinal() - fourth) // 7
    return -remaining - 1 in rule.week_numbers
