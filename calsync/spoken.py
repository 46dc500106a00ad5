"""What people call a run, a session, a day or a time, and which one they mean by it.

`calsync plan` shows a short name for all that can be skipped or moved, such as thu-run; people may as well
say "thursday", "lower body", "tempo tomorrow". Upper and lower case are the same everywhere. Pure: what day
it is is a parameter.
"""

import re
from calendar import month_name
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calsync.event import week_of_key
from calsync.timespan import Timespan
from calsync.training import FIRST_YEAR, LAST_YEAR, WEEKDAYS, TimeRange, Week, Weekday
from calsync.words import date_name, day_name, did_you_mean, week_name
from calsync.written import clock_time, hours_as_written, time_as_written, time_range


@dataclass(frozen=True, slots=True)
class Item:
    """A run or a session that can be named.

    `noun` is "run", "strength", "ride"; `also` are other words for it, such as its routine or kind. What has
    no place has no `span`, and no `day` either if its key names none. `was_on` is the day that it was on
    before the runner moved it.
    """

    key: str
    noun: str
    title: str = ""
    day: date | None = None
    span: Timespan | None = None
    also: tuple[str, ...] = ()
    was_on: date | None = None

    @property
    def week(self) -> Week:
        """The week in which it is, or would be."""
        return Week.of(self.day) if self.day else week_of_key(self.key)

    @property
    def order(self) -> tuple[bool, date, float, str]:
        """By time; what has none comes last."""
        start = self.span.start.timestamp() if self.span else 0.0
        return self.day is None, self.day or date.min, start, self.key

    def has_begun(self, now: datetime, today: date) -> bool:
        if self.span:
            return self.span.start <= now
        return self.day is not None and self.day < today

    def text(self, zone: ZoneInfo) -> str:
        """ "Lower body (moderate), Thu 26 Nov 17:15"."""
        title = self.title or self.noun
        if self.span:
            local = self.span.start.astimezone(zone)
            return f"{title}, {date_name(local.date())} {local:%H:%M}"
        return f"{title}, {date_name(self.day) if self.day else week_name(self.week)}"


def day_of_key(key: str) -> date | None:
    """The day that a run's key names; None for a strength session."""
    days = [Weekday(part) for part in key.rpartition("/")[2].split("-") if part in WEEKDAYS]
    return week_of_key(key).days[days[0].number] if days else None


# --- short names ------------------------------------------------------------------------------------------


def short_names(items: Iterable[Item], today: date) -> dict[str, str]:
    """A name for each key that says which it is: "thu", "thu-run" where there is more on that day.

    The weekday is enough for the next seven days. Other days take their week along: "w49-thu-run".
    """
    by_day: dict[date | str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.order):
        by_day.setdefault(item.day or item.key, []).append(item)
    names = {}
    for day, there in by_day.items():
        for item in there:
            if not isinstance(day, date):
                name = f"{_week_name(item.week, today)}-{'-'.join(item.key.split('/')[1:])}"
            else:
                name = _day_name(day, today)
                alike = [other.key for other in there if other.noun == item.noun]
                if len(there) > 1:
                    name += f"-{item.noun.replace(' ', '-')}"
                if len(alike) > 1:
                    name += f"-{alike.index(item.key) + 1}"
            names[item.key] = name
    return names


def _former_names(items: Sequence[Item], today: date) -> dict[str, frozenset[str]]:
    """By key, what may have been the names of what was moved: nobody remembers what else was on that day."""
    back = {item.key: replace(item, day=item.was_on, span=None) for item in items if item.was_on}
    together = short_names([back.get(item.key, item) for item in items], today)
    names = {}
    for key, item in back.items():
        alone = short_names([*(other for other in items if other.key != key), item], today)
        with_noun = f"{_day_name(item.was_on, today)}-{item.noun.replace(' ', '-')}" if item.was_on else ""
        names[key] = frozenset({together[key], alone[key], with_noun} - {""})
    return names


def _day_name(day: date, today: date) -> str:
    weekday = Weekday.of(day)
    return weekday if 0 <= (day - today).days < 7 else f"{_week_name(Week.of(day), today)}-{weekday}"


_WEEK_BEFORE = re.compile(r"^(?:\d{4}-)?w\d\d-")


def _week_name(week: Week, today: date) -> str:
    name = f"w{week.number:02}"
    return name if _week_numbered(week.number, today) == week else f"{week.year}-{name}"


def _week_numbered(number: int, today: date) -> Week | None:
    """The week with that number that is nearest to today's; None if there is none within half a year."""
    this = Week.of(today)
    near = (this.plus(away * sign) for away in range(27) for sign in (1, -1))
    return next((week for week in near if week.number == number), None)


# --- days and weeks ---------------------------------------------------------------------------------------

_WEEKDAYS: Mapping[str, int] = {
    name: day.number
    for day in WEEKDAYS
    for name in (day, day.long_name.lower(), *{"tue": ("tues",), "thu": ("thur", "thurs")}.get(day, ()))
}
_MONTHS: Mapping[str, int] = {
    name: number
    for number in range(1, 13)
    for name in (month_name[number].lower(), month_name[number][:3].lower())
} | {"sept": 9}
_WEEKDAY, _MONTH = ("|".join(sorted(names, key=len, reverse=True)) for names in (_WEEKDAYS, _MONTHS))
_DAY = re.compile(
    rf"""(?<![\w:])(?:
      (?P<iso>\d{{4}}-\d\d-\d\d)
    | (?:(?P<year>\d{{4}})-)?w(?P<week>\d\d?)(?:[\s-]+(?P<week_day>{_WEEKDAY}))?
    | (?P<which>this|next|last)\s+(?:(?P<which_day>{_WEEKDAY})|(?P<which_week>week))
    | (?P<day_of_which>{_WEEKDAY})\s+(?P<which_of_day>this|next|last)\s+week
    | (?P<near>today|tonight|tomorrow|yesterday)
    | (?:(?P<on>{_WEEKDAY})[,\s]\s*)?(?:
          (?P<day>\d\d?)(?:\.|st|nd|rd|th)?\s*(?P<month>{_MONTH})
        | (?P<month_us>{_MONTH})\s*(?P<day_us>\d\d?)(?:st|nd|rd|th)?
        | (?P<day_dot>\d\d?)\.(?P<month_dot>\d\d?)\.
      )(?:,?\s*(?P<of_year>\d{{4}}))?
    | (?P<weekday>{_WEEKDAY})(?:\s+(?P<of_month>\d\d?))?
    )(?![\w:])""",
    re.VERBOSE,
)
_NEAR = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or a week, as somebody said it. `weekday` where that was all they said: the next such day."""

    days: tuple[date, ...]
    weekday: Weekday | None = None

    @property
    def is_week(self) -> bool:
        return len(self.days) > 1


def _take_day(text: str, today: date) -> tuple[Day | None, str]:
    """The day that `text` names, and the rest of it. Raises ValueError for a day that doesn't exist."""
    match = _DAY.search(text)
    if match is None:
        return None, text
    rest = f"{text[: match.start()]} {text[match.end() :]}".strip()
    return _day(match, today), rest


def _day(match: re.Match[str], today: date) -> Day:
    of = match.groupdict()
    this = Week.of(today)
    if of["iso"]:
        return Day((_date(*map(int, of["iso"].split("-"))),))
    if of["week"]:
        number = int(of["week"])
        week = _numbered(int(of["year"]), number) if of["year"] else _week_numbered(number, today)
        if week is None:
            raise ValueError(f"there is no week {number} within half a year")
        return Day((week.days[_WEEKDAYS[of["week_day"]]],)) if of["week_day"] else Day(week.days)
    if which := of["which"] or of["which_of_day"]:
        week = this.plus({"this": 0, "next": 1, "last": -1}[which])
        weekday = of["which_day"] or of["day_of_which"]
        return Day((week.days[_WEEKDAYS[weekday]],)) if weekday else Day(week.days)
    if of["near"]:
        return Day((today + timedelta(days=_NEAR[of["near"]]),))
    if of["weekday"]:
        named = WEEKDAYS[_WEEKDAYS[of["weekday"]]]
        if of["of_month"]:
            return Day((_weekday_of_month(named, int(of["of_month"]), today),))
        return Day((today + timedelta(days=(named.number - today.weekday()) % 7),), named)
    month_text = of["month"] or of["month_us"]
    month = _MONTHS[month_text] if month_text else int(of["month_dot"])
    number = int(of["day"] or of["day_us"] or of["day_dot"])
    day = _date(int(of["of_year"]), month, number) if of["of_year"] else _nearest(month, number, today)
    if of["on"] and day.weekday() != _WEEKDAYS[of["on"]]:
        raise ValueError(f"{day.day} {day:%b %Y} is a {day_name(day)}")
    return Day((day,))


def _nearest(month: int, number: int, today: date) -> date:
    """The day of this year, the last or the next that is nearest to today."""
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        with suppress(ValueError):
            found.append(date(year, month, number))
    if not found:
        raise ValueError(f"there is no day {number}.{month}.")
    return min(found, key=lambda day: abs(day - today))


def _date(year: int, month: int, number: int) -> date:
    try:
        day = date(year, month, number)
    except ValueError as problem:
        raise ValueError(f"{year}-{month:02}-{number:02} doesn't exist") from problem
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{day} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _numbered(year: int, number: int) -> Week:
    try:
        return Week.parse(f"{year:04}-W{number:02}")
    except ValueError as problem:
        raise ValueError(f"there is no week {number} in {year}") from problem


def _weekday_of_month(weekday: Weekday, number: int, today: date) -> date:
    """ "Thu 26", as the table shows it, from last week to eight weeks ahead."""
    days = (today + timedelta(days=away) for away in range(-7, 57))
    found = next((day for day in days if day.day == number and Weekday.of(day) is weekday), None)
    if found is None:
        raise ValueError(f"no {weekday.long_name} near today is the {number}; a time is written {number}:00")
    return found


def _lower(text: str) -> str:
    return " ".join(text.casefold().split())


def day_meant(text: str, today: date) -> date:
    """A day such as "tomorrow", "fri", "4 dec" or "2026-12-04". Raises ValueError."""
    day, rest = _take_day(_lower(text), today)
    if day is None or rest or day.is_week:
        raise ValueError(f'"{text}" is not a day such as tomorrow, fri, 4 dec or 2026-12-04')
    return day.days[0]


def week_meant(text: str, today: date) -> Week:
    """A week such as "next", "this week", "w49", "49", "2026-W49", or the one of a day. Raises ValueError."""
    lower = _lower(text)
    if lower in ("this", "next", "last"):
        lower += " week"
    if re.fullmatch(r"\d\d?", lower):
        lower = f"w{lower}"
    day, rest = _take_day(lower, today)
    if day is None or rest:
        raise ValueError(f'"{text}" is not a week such as next, w49 or 2026-W49')
    return Week.of(day.days[0])


# --- when something shall be ------------------------------------------------------------------------------

_TIME = re.compile(
    r"(?<![\w:.-])(?:(?P<hour>\d\d?)(?:[:.](?P<minute>\d\d))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)"
    r"|(?P<hour24>\d\d?)[:.](?P<minute24>\d\d)|(?P<word>noon|midnight))(?![\w:.])"
)
_FILLERS = frozenset({"at", "on", "to", "the", "a", "my", "of", "in", "session", "o'clock", "uhr"})


def _take_time(text: str) -> tuple[time | None, str]:
    """The time of day that `text` names, and the rest of it. Raises ValueError for 25:00."""
    match = _TIME.search(text)
    if match is None:
        return None, text
    rest = f"{text[: match.start()]} {text[match.end() :]}".strip()
    if match["word"]:
        return time(12 if match["word"] == "noon" else 0), rest
    hour, minute = int(match["hour"] or match["hour24"]), int(match["minute"] or match["minute24"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{match[0]} is not a time of day")
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    if hour > 23 or minute > 59:
        raise ValueError(f"{match[0]} is not a time of day")
    return time(hour, minute), rest


def _is_filler(text: str) -> bool:
    return all(word in _FILLERS for word in re.split(r"[\s,-]+", text) if word)


@dataclass(frozen=True, slots=True)
class When:
    """A start as somebody said it, not yet for a certain run or session.

    `instant` if that was all of it; else a day, a time of day, or both.
    """

    text: str
    instant: datetime | None = None
    day: Day | None = None
    hour: time | None = None

    def of(self, item: Item, now: datetime, zone: ZoneInfo) -> datetime:
        """The start that is meant for `item`, in UTC. Raises ValueError where it is past or can't be told.

        A weekday is the one of the item's week, or if that is over the next. A time alone is on the item's
        day, and today for what is over already. A day alone keeps the time of day.
        """
        try:
            start = self.instant or self._start(item, now, zone)
        except OverflowError:
            raise ValueError(_too_far(self.text)) from None
        if start <= now:
            raise ValueError(f"{self.text} is in the past")
        if start.year > LAST_YEAR:
            raise ValueError(_too_far(self.text))
        return start

    def _start(self, item: Item, now: datetime, zone: ZoneInfo) -> datetime:
        today = now.astimezone(zone).date()
        at = self.hour or (item.span.start.astimezone(zone).time() if item.span else None)
        if at is None:
            raise ValueError(f"say a time, too, such as {self.text} 18:00")
        if self.day is None:
            day = item.day
            if day is None:
                raise ValueError(f"say a day, too, such as thu {self.text}")
            return _instant(max(day, today), at, zone)
        if self.day.weekday:
            start = _instant(item.week.days[self.day.weekday.number], at, zone)
            if start > now:
                return start
            day = self.day.days[0]
            # Today's weekday with a time that is over means next week's.
            start = _instant(day, at, zone)
            return start if start > now else _instant(day + timedelta(days=7), at, zone)
        if self.day.is_week:
            weekday = item.day.weekday() if item.day else 0
            return _instant(self.day.days[weekday], at, zone)
        return _instant(self.day.days[0], at, zone)


def _too_far(text: str) -> str:
    return f"{text} is too far away"


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    # In UTC, as sums of wall-clock times go wrong where clocks change. A time that is skipped becomes the one
    # after the gap (RFC 5545, 3.3.5).
    return datetime.combine(day, at, zone).astimezone(UTC)


def when(text: str, today: date, zone: ZoneInfo) -> When:
    """What a start means: "18:00", "fri 7pm", "tomorrow 7:00", "2026-11-24T18:00". Raises ValueError."""
    wrong = f'"{text}" is not a time such as 18:00, "fri 7pm" or 2026-11-24T18:00'
    if re.match(r"\s*\d{4}-\d\d-\d\d[Tt\s]\s*\d\d?:", text):
        try:
            start = datetime.fromisoformat(text.strip().upper()).replace(microsecond=0)
        except ValueError:
            pass
        else:
            if start.utcoffset() is None:
                start = start.replace(tzinfo=zone)
            try:
                return When(text, start.astimezone(UTC))
            except OverflowError:  # a day at either end of the calendar
                raise ValueError(_too_far(text)) from None
    lower = _lower(text)
    day, rest = _take_day(lower, today)
    at, rest = _take_time(rest)
    if (day is None and at is None) or not _is_filler(rest):
        raise ValueError(wrong)
    return When(text, None, day, at)


# --- hours of the day --------------------------------------------------------------------------------------


def hours_meant(text: str) -> TimeRange:
    """Hours as people write them, such as "06:00-08:30" or "7-9pm". Raises ValueError."""
    if text.isdecimal():
        raise ValueError("the numbers are 1 to 4")
    try:
        return time_range(hours_as_written(text))
    except ValueError as problem:
        raise ValueError(f'{problem}, found "{text}"') from problem


def time_meant(text: str) -> int:
    """A minute of the day, of "18:30" or "6pm". Raises ValueError."""
    try:
        return clock_time(time_as_written(text))
    except ValueError as problem:
        raise ValueError(f'{problem}, found "{text}"') from problem


# --- which one is meant -----------------------------------------------------------------------------------

_NOUNS = {"strength": ("strength", "lift", "lifting", "gym", "weights"), "run": ("run",)}


@dataclass(frozen=True, slots=True)
class Items:
    """All that can be named, with their short names; `former` has those from before it was moved."""

    items: tuple[Item, ...]
    now: datetime
    zone: ZoneInfo
    names: Mapping[str, str] = field(init=False)
    former: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", short_names(self.items, self.today))
        object.__setattr__(self, "former", _former_names(self.items, self.today))

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def only(self, keys: Collection[str]) -> "Items":
        """Those with these keys; they keep the names that they have among all."""
        some = Items(tuple(item for item in self.items if item.key in keys), self.now, self.zone)
        object.__setattr__(some, "names", {key: self.names[key] for key in some.names})
        object.__setattr__(some, "former", {key: self.former[key] for key in some.former})
        return some

    def begun(self, item: Item) -> bool:
        return item.has_begun(self.now, self.today)

    @property
    def to_come(self) -> tuple[Item, ...]:
        """In the order of time."""
        return tuple(sorted((item for item in self.items if not self.begun(item)), key=lambda i: i.order))

    @property
    def items_in_order(self) -> tuple[Item, ...]:
        """In the order of time, over or not."""
        return tuple(sorted(self.items, key=lambda item: item.order))

    def exactly(self, text: str) -> Item | None:
        """The one with that key or short name."""
        lower = _lower(text)
        for item in self.items:
            if lower in (item.key.lower(), self.names[item.key]):
                return item
        return None

    def formerly(self, text: str, *, any_week: bool = False) -> tuple[Item, ...]:
        """What was called exactly so before the runner moved it; `any_week`: or so without its week."""
        lower = _lower(text)
        return tuple(
            item
            for item in self.items
            for names in [self.former.get(item.key, frozenset())]
            if lower in names or (any_week and lower in {_WEEK_BEFORE.sub("", name) for name in names})
        )

    def named(self, text: str) -> tuple[Item, ...]:
        """All that `text` may mean of what is to come, in the order of time: one if that is clear.

        Without a day it is in the first week that has such a thing. What is over is only meant where nothing
        else can be. Raises ValueError if nothing is called so, or the day doesn't exist.
        """
        if exact := self.exactly(text):
            return (exact,)
        found, has_day = self._matching(text)
        found = [item for item in found if not self.begun(item)] or found
        first = found[0].week
        return tuple(item for item in found if has_day or item.week == first)

    def anywhere(self, text: str) -> tuple[Item, ...]:
        """All that `text` may mean, whenever it is; a weekday is any such day."""
        if exact := self.exactly(text):
            return (exact,)
        return tuple(self._matching(text, weeks=frozenset(item.week for item in self.items))[0])

    def lately(self, text: str) -> tuple[Item, ...]:
        """All that `text` may mean, of the last day that has such a thing; if none has begun, of the next.

        A weekday is the last such day. Raises ValueError as named() does.
        """
        if exact := self.exactly(text):
            return (exact,)
        found, _ = self._matching(text, weeks=frozenset(item.week for item in self.items))
        begun = [item for item in found if self.begun(item)]
        day = begun[-1].day if begun else found[0].day
        return tuple(item for item in begun or found if item.day == day)

    def to_move(self, text: str, to: When) -> tuple[Item, ...]:
        """All that `text` may mean of what shall be moved. Raises ValueError as named() and When.of() do.

        Where it could be in several weeks, it is that of the week that it is moved to. What is over counts as
        well: one moves what one missed.
        """
        if exact := self.exactly(text):
            return (exact,)
        found, has_day = self._matching(text, weeks=frozenset([Week.of(self.today)]))
        if not has_day and to.day is None and to.instant is None:
            found = [item for item in found if not self.begun(item)] or found
        possible = []
        problem: ValueError | None = None
        for item in found:
            try:
                possible.append(
                    (item, Week.of(to.of(item, self.now, self.zone).astimezone(self.zone).date()))
                )
            except ValueError as wrong:
                problem = problem or wrong
        if not possible and problem:
            raise problem
        near = [item for item, week in possible if item.week == week] or [item for item, _ in possible]
        over = [item for item in near if self.begun(item)]
        to_come = [item for item in near if not self.begun(item)]
        first = min((item.week for item in to_come), default=None)
        return (*over, *(item for item in to_come if item.week == first))

    def _matching(self, text: str, weeks: Collection[Week] = ()) -> tuple[list[Item], bool]:
        """What is called so, in the order of time, and whether `text` names a day.

        A weekday is the next such day, and those of `weeks`. Without a day nothing is meant that was before
        this week, but for `weeks`.
        """
        lower = _lower(text)
        this = Week.of(self.today)
        items = sorted(self.items, key=lambda item: item.order)
        lately = [item for item in items if item.week >= this or item.week in weeks]
        if whole := [item for item in lately if lower in _called(item)]:
            return whole, False
        day, rest = _take_day(lower, self.today)
        if day is None:
            items = lately
        else:
            days = {*day.days, *(week.days[day.weekday.number] for week in weeks if day.weekday)}
            week = Week.of(day.days[0]) if day.is_week else None
            items = [item for item in items if (item.day in days if item.day else item.week == week)]
            if not items:
                dates = " or ".join(map(date_name, sorted(days)))
                when = f"on any {day.weekday.long_name}" if day.weekday and len(weeks) > 1 else f"on {dates}"
                if week:
                    when = f"in {week_name(week)}"
                raise ValueError(f"nothing is planned {when}")
        words = [word for word in re.split(r"[\s,-]+", rest) if word and word not in _FILLERS]
        found = [item for item in items if all(_has_word(item, word) for word in words)]
        if not found or (day is None and not words):
            raise ValueError(self._unknown(text))
        return found, day is not None

    def _unknown(self, text: str) -> str:
        known = {name: name for name in self.names.values()} | {key.lower(): key for key in self.names}
        known |= {called: called for item in self.items for called in _called(item)}
        names = ", ".join(self.names[item.key] for item in self.to_come[:4]) or "none"
        return (
            f'there is no run or session "{text}" in the plan'
            f"{did_you_mean(text, known) or f'; names are like {names}'}"
        )


def _called(item: Item) -> set[str]:
    """Its full names, in lower case."""
    names = {_lower(item.title), *(_lower(word) for word in item.also)} - {""}
    return (
        names | {name.replace("-", " ") for name in names} | {re.sub(r"\s*\([^)]*\)$", "", n) for n in names}
    )


def _has_word(item: Item, word: str) -> bool:
    if word in _NOUNS.get(item.noun, (item.noun,)):
        return True
    words = re.split(r"[\s()-]+", " ".join(_called(item)))
    return any(known.startswith(word) for known in words)


def listed(items: Sequence[Item], names: Mapping[str, str], zone: ZoneInfo, now: datetime) -> list[str]:
    """A line for each, numbered from 1, with its short name: "1  tue-run  6 x 800 m, Tue 24 Nov 06:30"."""
    width = max((len(names[item.key]) for item in items), default=0)
    return [
        f"{number:>2}  {names[item.key]:<{width}}  {item.text(zone)}"
        + (" (past)" if item.span and item.span.start <= now else "")
        for number, item in enumerate(items, 1)
    ]
