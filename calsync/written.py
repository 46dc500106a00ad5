"""How TOML files write what TOML has no type for: durations, times of day, paces, paths and the like.

Each type carries a pattern, for editors, and most carry the function that reads them. config/toml.py calls
that function, so that a struct holds the value and nobody else sees the text.
"""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from calsync.addresses import has_address
from calsync.training import TimeRange, clock
from calsync.words import is_plain, printable_lines

DURATION = r"[0-9]{1,9}d|[0-9]{1,9}h(?:[0-9]{1,9}m)?|[0-9]{1,9}m"
_CLOCK_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
_TIME_RANGE = rf"\s*{_CLOCK_TIME}\s*-\s*(?:{_CLOCK_TIME}|24:00)\s*"
HOLD = r"[1-9][0-9]*s"
_PACE = r"\s*[0-9]{1,2}:[0-5][0-9]\s*/\s*(?:km|mi)\s*"
# A plan's name is part of every UID, so it must be safe there and in file names.
PLAN_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
# Plain http is for this machine only. Nearly: addresses.py reads them exactly.
_HTTPS = r"(?:[Hh][Tt][Tt][Pp][Ss]|[Ww][Ee][Bb][Cc][Aa][Ll][Ss]?)://[^/?#\s]"
_HTTP = r"[Hh][Tt][Tt][Pp]://(?:127\.|\[|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt])"


class Said(ValueError):
    """Of a reading function, where its message is whole: what was found is not added, but put for {found}."""


Read = Callable[[str], object]
"""What a text means. Raises ValueError that says what is allowed."""


def written(pattern: str, *examples: str) -> Meta:
    """For schemas only: msgspec itself would say "matching regex" where a reader says what to write."""
    shown = {"examples": list(examples)} if examples else {}
    return Meta(extra_json_schema={"pattern": f"^(?:{pattern})$", **shown})


def read_by(read: Read) -> Meta:
    return Meta(extra={"read": read}, extra_json_schema={"is-text": True})


def or_list(pattern: str, read: Read) -> Meta:
    """A list of such texts will do as well; it is kept as a tuple of what `read` makes of each."""
    return Meta(extra={"read-each": read}, extra_json_schema={"or-list": f"^(?:{pattern})$"})


# Of a tuple: a table [x] is read as a list of one.
ONE_OR_MORE = Meta(extra={"one-or-more": True}, extra_json_schema={"one-or-more": True})


def missing(text: str) -> Meta:
    """What an error says of a key beside "is missing"."""
    return Meta(extra={"missing": text})


def duration(text: str) -> timedelta:
    """ "90m", "3h", "1h30m" or "7d"."""
    if not re.fullmatch(DURATION, text):
        meant = re.sub(r"\s*(d|h|m)(?:ays?|ours?|rs?|inutes?|ins?)?\b\.?\s*", r"\1", text.lower())
        if re.fullmatch(DURATION, meant):
            raise ValueError(f'write "{meant}"')
        raise ValueError('expected a duration such as "90m", "3h" or "1h30m"')
    # At most what a timedelta can add up.
    amount = {unit: min(int(digits), 100_000) for digits, unit in re.findall(r"([0-9]+)([dhm])", text)}
    return timedelta(days=amount.get("d", 0), hours=amount.get("h", 0), minutes=amount.get("m", 0))


def duration_text(length: timedelta) -> str:
    """What duration() reads: "7d", "12h" or "90m"."""
    minutes = length // timedelta(minutes=1)
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if minutes > size and not minutes % size:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def quoted(text: str) -> str:
    """A TOML string. JSON's is one as well, of text without control characters."""
    return json.dumps(text, ensure_ascii=False)


def at_most(longest: str, words: str = "at most") -> Callable[[str], timedelta]:
    """Reads a duration up to `longest`."""

    def read(text: str) -> timedelta:
        length = duration(text)
        if length > duration(longest):
            raise ValueError(f'{words} "{longest}"')
        return length

    return read


def at_least(shortest: str, why: str, longest: str) -> Callable[[str], timedelta]:
    """Reads a duration from `shortest`, of which `why` says why it is no less, up to `longest`."""
    up_to = at_most(longest)

    def read(text: str) -> timedelta:
        length = up_to(text)
        if length < duration(shortest):
            raise ValueError(f'at least "{shortest}", {why}')
        return length

    return read


def minutes(text: str) -> int:
    """Minutes, more than none, of a duration of a day at most."""
    length = duration(text) // timedelta(minutes=1)
    if not 0 < length <= 24 * 60:
        raise ValueError('expected more than nothing and at most "24h"')
    return length


DURATIONS = ("30m", "1h30m", "7d")
Duration = Annotated[timedelta, written(DURATION, *DURATIONS), read_by(duration)]
UpToADay = Annotated[timedelta, written(DURATION, *DURATIONS), read_by(at_most("24h"))]
WayThere = Annotated[timedelta, written(DURATION, "20m"), read_by(at_most("6h"))]
UpToAYear = Annotated[timedelta, written(DURATION, *DURATIONS), read_by(at_most("366d"))]
Minutes = Annotated[int, written(DURATION, *DURATIONS), read_by(minutes)]
Hold = Annotated[str, written(HOLD, "30s")]


# 6.30-8 is 6:30-8:00 to most of the world, and 7-9pm are hours of the evening.
_CLOCK_MEANT = r"\s*(\d{1,2})(?:[:.h](\d\d))?\s*(am|pm|a\.m\.|p\.m\.|h)?\s*"


def hours_as_written(text: str) -> str:
    """Hours as people say them, such as "7-9pm", in the notation of the config: "19:00-21:00"."""
    words = text.lower().replace("midnight", "24:00").replace("noon", "12:00")
    found = re.fullmatch(f"{_CLOCK_MEANT}(?:-|–|to|until){_CLOCK_MEANT}", words)
    if found is None:
        raise ValueError('expected hours such as "06:00-08:30" or "7-9pm"')
    first, last = found.group(1, 2, 3), found.group(4, 5, 6)
    half = (last[2] or "")[:1]
    if half in ("a", "p") and not first[2] and 1 <= int(first[0]) <= 12:
        # 7-9pm begins in the evening, 11-1pm in the morning.
        first = (first[0], first[1], "pm" if half == "p" and int(first[0]) % 12 < int(last[0]) % 12 else "am")
    return f"{_in_24_hours(*first)}-{_in_24_hours(*last)}"


def time_as_written(text: str) -> str:
    """A time of day as people say it, such as "6pm", in the notation of the config: "18:00"."""
    found = re.fullmatch(_CLOCK_MEANT, text.lower())
    if found is None or (found[2] is None and found[3] is None):
        raise ValueError("expected a time such as 18:30, or hours such as 6-9pm")
    return _in_24_hours(*found.groups())


def _in_24_hours(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour)
    if half and half[0] in "ap":
        if not 1 <= number <= 12:
            raise ValueError("expected an hour from 1 to 12 before am or pm")
        number = number % 12 + (12 if half[0] == "p" else 0)
    return f"{number:02}:{minute or '00'}"


def _instead(text: str, as_written: Callable[[str], str], notation: str) -> str:
    """What to write for a text that people would understand."""
    try:
        meant = as_written(text)
    except ValueError:
        return ""
    return f'; write "{meant}"' if re.fullmatch(notation, meant) else ""


def clock_time(text: str) -> int:
    """A minute of the day from "06:30"."""
    if not re.fullmatch(_CLOCK_TIME, text):
        hint = _instead(text, time_as_written, _CLOCK_TIME)
        raise ValueError(f'expected a time of day such as "06:30"{hint}')
    return _minute(text)


_LONGEST_NIGHT = 12 * 60
_LATE_AT_NIGHT = 4 * 60


def time_range(text: str) -> TimeRange:
    """Wall-clock minutes from "06:00-08:30"; one that ends before it starts goes on after midnight."""
    if not re.fullmatch(_TIME_RANGE, text):
        hint = _instead(text, hours_as_written, _TIME_RANGE)
        if hint:
            time_range(hours_as_written(text))  # it may be wrong for another reason, which comes first
        raise ValueError(f'expected a range of times such as "06:00-08:30"{hint}')
    start, end = map(_minute, text.split("-"))
    if start >= end:
        end += 24 * 60
        if end - start > _LONGEST_NIGHT:  # more likely the wrong way round
            wrong = "a range that ends after it starts, or goes on after midnight and lasts 12h at most"
            raise ValueError(f"expected {wrong}{_ranges_meant(start, end - 24 * 60)}")
    return TimeRange(start, end)


def _ranges_meant(start: int, end: int) -> str:
    """What to write for a range that ends before it starts: until the afternoon, or until late at night, or
    the other way round.
    """
    found = []
    if start < end + 12 * 60 < 24 * 60:
        found.append(f'"{clock(start)}-{clock(end + 12 * 60)}"')
    if end > _LATE_AT_NIGHT:
        found += [f'"{clock(end)}-{clock(start)}"'] if end != start else []
    else:
        found.append(f'"{clock(start)}-24:00"' + (f' and "00:00-{clock(end)}"' if end else ""))
    return f"; write {', or '.join(found)}" if found else ""


def time_or_ranges(text: str) -> int | tuple[TimeRange, ...]:
    """A minute of the day from "07:00", a single range from "08:00-11:00"."""
    return (time_range(text),) if "-" in text else clock_time(text)


def _minute(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    return hours * 60 + minutes


_KM_PER_MILE = 1.609344
_FASTEST, _SLOWEST = 2 * 60, 20 * 60


def pace(text: str) -> int:
    """Seconds for a kilometre, from "6:00/km" or "9:40/mi"."""
    seconds = 0.0
    if re.fullmatch(_PACE, text):
        minutes, rest = map(int, re.findall(r"\d+", text))
        seconds = (minutes * 60 + rest) / (_KM_PER_MILE if "mi" in text else 1)
    if not _FASTEST <= seconds <= _SLOWEST:
        raise ValueError('expected a pace such as "6:00/km" or "9:40/mi"')
    return round(seconds)


MARATHON, HALF_MARATHON = 42_195, 21_098
_DISTANCES = {
    "marathon": MARATHON,
    "half": HALF_MARATHON,
    "half marathon": HALF_MARATHON,
    "half-marathon": HALF_MARATHON,
}
_FAR = r"([0-9]{1,4}(?:[.,][0-9]{1,3})?)\s?(km|k|miles|mi)"
_DISTANCE = "|".join((*_DISTANCES, _FAR))


def distance(text: str) -> int:
    """Metres, of "marathon", "half", "10k", "42.2 km" or "26.2 mi"."""
    word = text.strip().lower()
    if word in _DISTANCES:
        return _DISTANCES[word]
    metres = 0.0
    if found := re.fullmatch(_FAR, word):
        metres = float(found[1].replace(",", ".")) * 1000 * (_KM_PER_MILE if found[2].startswith("mi") else 1)
    if metres < 1:
        raise ValueError('expected a distance: "marathon", "half", or such as "10k", "42.2 km" or "13.1 mi"')
    return round(metres)


ClockTime = Annotated[int, written(_CLOCK_TIME, "06:30"), read_by(clock_time)]
RangeOfTimes = Annotated[TimeRange, written(_TIME_RANGE, "06:00-08:30"), read_by(time_range)]
TimeOrRanges = Annotated[
    int | Annotated[tuple[TimeRange, ...], Meta(min_length=1)],
    written(f"{_CLOCK_TIME}|{_TIME_RANGE}", "07:00", "08:00-11:00"),
    read_by(time_or_ranges),
    or_list(_TIME_RANGE, time_range),
]
Distance = Annotated[
    int, written(rf"\s*(?:{_DISTANCE})\s*", "marathon", "half", "10k", "42.2 km"), read_by(distance)
]
Pace = Annotated[int, written(_PACE, "6:00/km", "9:40/mi"), read_by(pace)]
IsoWeek = Annotated[str, written(r"[0-9]{4}-W[0-5][0-9]", "2026-W52")]
# The years of training.py; FIRST_YEAR to LAST_YEAR.
PlanDate = Annotated[date, Meta(extra_json_schema={"pattern": "^(?:197[1-9]|19[89].|20[0-7].|208[0-5])-"})]


def plan_name(text: str) -> str:
    if not re.fullmatch(PLAN_NAME, text):
        raise ValueError("expected up to 40 letters, digits, - or _, beginning with a letter or digit")
    return text


def path(text: str) -> Path:
    """A path; `~` is a home folder. Whoever reads a file puts its folder before a relative one."""
    if not text or "\0" in text:
        raise ValueError("expected a path")
    if not is_plain(text):
        raise Said("a path has no control characters; found {found}")
    # With one slash as well: a file's name with a colon before a slash is rarer than that slip.
    if re.match(r"\s*[A-Za-z][A-Za-z0-9+.-]+:/", text) or "://" in text:
        raise Said("expected a path, found the address {found}; write url")
    try:
        return Path(text).expanduser()
    except RuntimeError as problem:
        raise Said("there is no such home folder: {found}") from problem


LONGEST_NAME = 80


def name(text: str) -> str:
    """What a calendar is called in messages, which go to terminals and mails: one line, and no address."""
    if not text.strip():
        raise Said("must not be empty")
    if len(text) > LONGEST_NAME:
        raise Said(f"expected a name of at most {LONGEST_NAME} letters, found {len(text)}")
    if not is_plain(text):
        raise Said("must be one line, without control characters; found {found}")
    if has_address(text):
        raise Said("expected a name, found the address {found}; write it as url")
    return text


def not_blank(text: str) -> str:
    """Without blanks at its ends."""
    if not (stripped := text.strip()):
        raise Said("must not be empty")
    return stripped


PlanName = Annotated[str, written(PLAN_NAME), read_by(plan_name)]
Variable = Annotated[str, written(VARIABLE, "HOME_ICS")]
Address = Annotated[str, written(rf"\s*(?:{_HTTPS}|{_HTTP}).*", "https://calendar.example/secret.ics")]
Name = Annotated[str, Meta(extra_json_schema={"pattern": r"\S", "maxLength": LONGEST_NAME}), read_by(name)]
# For people only. Control characters would reach their terminals, mails and pages.
Text = Annotated[str, read_by(printable_lines)]
NotBlank = Annotated[str, Meta(extra_json_schema={"pattern": r"\S"})]
Stripped = Annotated[NotBlank, read_by(not_blank)]
_NO_PATH = r"://|[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]"
FilePath = Annotated[
    Path, Meta(extra_json_schema={"minLength": 1, "not": {"pattern": _NO_PATH}}), read_by(path)
]
