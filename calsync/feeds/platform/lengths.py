"""How long a workout is, as far as its feed says.

Decides which of a platform's many ways to say it counts, and what a title means by its numbers. All lengths
are whole minutes, rounded up. Knows nothing of kinds and dates.
"""

import re
from datetime import timedelta
from math import ceil

from calsync.feeds.platform.vocabulary import plain
from calsync.feeds.properties import duration

LONGEST = 24 * 60
_KM_PER_MILE = 1.609344

_ONE = r"(?:(\d{1,2})\s*(?:h|hr|hrs|hours?|std)\s*)?(?:(\d{1,3})\s*(?:m|min|mins|minutes|'))?"
_SEGMENT = re.compile(rf"\s*{_ONE}(?:\s*-\s*{_ONE})?\s*")
_CLOCK = r"(\d{1,2}):(\d\d)(?::(\d\d))?"
_PLANNED = re.compile(rf"^\W*planned (?:time|duration):\s*{_CLOCK}", re.IGNORECASE | re.MULTILINE)
_ACTUAL = re.compile(rf"^\W*actual (?:time|duration):\s*{_CLOCK}", re.IGNORECASE | re.MULTILINE)
# Runna's summary of a completed run; two numbers are minutes and seconds.
_SUMMARY = re.compile(rf"^\W*time:\s*{_CLOCK}\s*$", re.IGNORECASE | re.MULTILINE)

# A part of the run that its whole length holds already.
_PART = (
    r"(?:last|final|first|middle|of which|incl\w*|including|letzte\w*|dernier\w*|ultim\w*|siste)"
    r"\s+(?:the\s+)?"
)
_IN_TITLE = re.compile(
    rf"(?P<part>{_PART})?"
    r"(?:(?P<times>\d{1,2})\s*[x*×]\s*\(?\s*)?"
    r"(?:\d{1,3}\s*(?:min\w*|'|h(?:\s*[0-5]\d)?)?\s*(?:-|to)\s*)?"
    r"(?P<length>\d{1,3}(?:[.,]\d)?)\s*-?\s*"
    r"(?:(?P<hours>hours?|hrs?|h|stunden|stunde|std)(?:\s*(?P<more>[0-5]\d)(?!\d)\s*(?:min\w*|m|')?)?"
    r"|(?P<minutes>minutes?|mins?|minuten|minutos|minuti|'(?!'))|(?P<seconds>seconds?|secs?|s|\"|''))"
    r"(?![a-z0-9]|\s*/)"
)
_RECOVERY = re.compile(
    r"[^,;0-9]{0,24}?(?:\b(?:on|off|with|w/|rest|recovery|r|p|jog|float|easy)\b|/|\+|\()\s*(?P<length>\d{1,3}(?:[.,]\d)?)\s*"
    r"(?:minutes?|mins?|'(?!')|(?P<seconds>seconds?|secs?|s|\"|''))(?![a-z0-9]|\s*/)"
)
_DISTANCE = re.compile(
    rf"(?P<part>{_PART})?(?P<times>\d\s*[x*×]\s*\(?\s*)?(?<![\d.,:])(?P<far>\d{{1,3}}(?:[.,]\d{{1,3}})?)\s*"
    r"(?P<unit>kilomet(?:er|re)s?|kms?|k|miles?|mi)(?![a-z0-9/]|\s*/)"
    r"(?!\s*(?:pace|effort|speed|rp|gp|race pace|test pace))"
)
_REPEATED = re.compile(
    r"(?<![\d.,])(?P<times>\d{1,2})\s*[x*×]\s*\(?\s*(?P<far>\d{1,4}(?:[.,]\d{1,3})?)\s*(?P<unit>km|k|miles?|mi|m)(?![a-z0-9/])"
)


def from_field(value: str) -> int | None:
    """X-WORKOUT-ESTIMATED-DURATION: seconds, or a duration such as PT1H."""
    text = value.strip()
    if re.fullmatch(r"\d{1,6}(?:\.\d+)?", text):
        return _within(float(text) / 60)
    try:
        return _of(duration(text))
    except ValueError:
        return None


def from_description(text: str) -> int | None:
    """What a platform says of the time in a line of its own: actual before planned, h:mm or h:mm:ss."""
    for pattern in (_ACTUAL, _PLANNED):
        if match := pattern.search(text):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return _within(hours * 60 + minutes + seconds / 60)
    if match := _SUMMARY.search(text):
        first, second, third = match.groups()
        return _within(
            int(first) * 60 + int(second) + int(third) / 60 if third else int(first) + int(second) / 60
        )
    return None


def from_span(length: timedelta) -> int | None:
    """An event's own end, if it says anything; a day or more is no workout's."""
    return _of(length) if length < timedelta(days=1) else None


def from_segments(text: str) -> int | None:
    """The upper end of "45m - 50m" between bullets."""
    for segment in re.split(r"[•·|]", plain(text))[1:]:
        if segment.strip() and (match := _SEGMENT.fullmatch(segment)):
            hours, minutes, most_hours, most_minutes = (int(part or 0) for part in match.groups())
            if found := _within(max(hours * 60 + minutes, most_hours * 60 + most_minutes)):
                return found
    return None


def from_title(text: str, seconds_per_km: int) -> int | None:
    """The minutes that a title adds up to: "20 min warm up 5x5 min on 1 min jog" is 50.

    Repetitions over a distance count at a pace beside parts in minutes; alone they say too little.
    """
    said, total, at = plain(text), 0.0, 0
    while match := _IN_TITLE.search(said, at):
        at = match.end()
        # "Rolling 400s" are metres, and a single stretch of seconds is no run.
        if match["part"] or (match["seconds"] and not match["times"]):
            continue
        length = float(match["length"].replace(",", "."))
        if match["hours"]:
            length = length * 60 + int(match["more"] or 0)
        elif match["seconds"]:
            length /= 60
        if match["times"] and (recovery := _RECOVERY.match(said, at)):
            rest = float(recovery["length"].replace(",", "."))
            length += rest / 60 if recovery["seconds"] else rest
            at = recovery.end()
        total += int(match["times"] or 1) * length
    # Less is strides, not a run.
    if total < 5:
        return None
    far = sum(int(match["times"]) * _km(match) for match in _REPEATED.finditer(said))
    return _within(total + far * seconds_per_km / 60)


def from_distance(text: str, seconds_per_km: int) -> int | None:
    """A distance in a text, at a pace: of several the first, if the others are its parts, else all."""
    found = _DISTANCE.finditer(plain(text))
    matches = [match for match in found if not match["part"] and not match["times"]]
    if not matches:
        return None
    first, *rest = map(_km, matches)
    is_whole = first >= max(rest, default=0) and first >= sum(rest)
    return _within((first if is_whole else first + sum(rest)) * seconds_per_km / 60)


def _km(match: re.Match[str]) -> float:
    far = float(match["far"].replace(",", "."))
    if match["unit"].startswith("mi"):
        return far * _KM_PER_MILE
    return far / 1000 if match["unit"] == "m" else far


def _of(length: timedelta) -> int | None:
    return _within(length / timedelta(minutes=1))


def _within(minutes: float) -> int | None:
    """Whole minutes, if that is a length that a workout can have."""
    # Less than a hundredth of a minute more is what floats make of a mile.
    rounded = ceil(round(minutes, 2))
    return rounded if 0 < rounded <= LONGEST else None
