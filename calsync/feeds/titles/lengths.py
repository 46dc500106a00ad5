"""How long a workout takes: by a platform's own fields, or as a coach adds up the parts of it."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil

from calsync.feeds.ics import duration
from calsync.feeds.titles.lexer import Amount, tokens
from calsync.feeds.titles.meaning import meaning
from calsync.feeds.titles.structure import Is, Part, Structure, structure
from calsync.feeds.titles.tables import Role, Unit
from calsync.training import Effort, Kind

LONGEST_MINUTES = 24 * 60
# What coaches put around repetitions, if they leave it to the runner.
WARM_UP, COOL_DOWN = 15.0, 10.0
SHORTEST_QUALITY = 40
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 3.0
# A part of quality that is shorter than this has a warm-up before it; one as long as this may be all.
_WHOLE_SESSION = 30.0
# "10 km 4:30" would be as many times slower than the pace; so it says how fast.
_SLOWEST = 2.5
# Plans write "3 m run" for miles.
_MOST_MILES = 14
_MILE = 1.609344
# Nobody does repetitions within less.
_SHORTEST_WHOLE = 25.0
# Less is strides, not a run.
_SHORTEST = 5.0


# --- a platform's own fields ------------------------------------------------------------------------------


def from_field(value: str) -> int | None:
    """X-WORKOUT-ESTIMATED-DURATION: seconds, or a duration such as PT1H."""
    text = value.strip()
    if re.fullmatch(r"\d{1,6}(?:\.\d+)?", text):
        return _within(float(text) / 60)
    try:
        return _of(duration(text).total)
    except ValueError:
        return None


# The first that is there counts.
_LABELS = (
    *("actual time", "actual duration", "planned time", "planned duration", "time", "total time"),
    *("total duration", "duration", "dauer", "gesamtdauer", "duree", "durée", "duracion", "duración"),
    *("durata", "duur", "varighet", "varaktighet", "varighed", "duração", "czas"),
)


def from_description(lines: Sequence[str]) -> int | None:
    """What a platform says of the time in a line of its own: actual before planned, h:mm or h:mm:ss.

    Runna's "Time" of a completed run has minutes and seconds.
    """
    found: dict[str, str] = {}
    for line in lines:
        label, colon, value = line.partition(":")
        if colon and len(label) < 40:
            words = "".join(c if c.isalnum() else " " for c in label.casefold()).split()
            found.setdefault(" ".join(words), value.strip()[:40])
    for label in _LABELS:
        if label in found and (minutes := _labelled(found[label], short=label == "time")):
            return minutes
    return None


def _labelled(value: str, *, short: bool) -> int | None:
    match = re.match(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?!\d)", value)
    if match:
        first, second, third = (int(part or 0) for part in match.groups())
        if short and match[3] is None:
            return _within(first + second / 60)
        return _within(first * 60 + second + third / 60)
    parts = structure(value).parts
    if len(parts) == 1 and len(parts[0].work) == 1 and parts[0].work[0].unit is Unit.MINUTES:
        return _within(parts[0].work[0].high)
    return None


def from_span(length: timedelta) -> int | None:
    """An event's own end, if it says anything; a day or more is no workout's."""
    return _of(length) if length < timedelta(days=1) else None


def from_segments(text: str) -> int | None:
    """The upper end of "45m - 50m" between bullets."""
    segments = text.replace("·", "•").replace("|", "•").split("•")
    for segment in segments[1:]:
        parts = structure(segment).parts
        if len(parts) == 1 and parts[0].sort is Is.STEADY:
            minutes = _time(parts[0].work[0], within=False)
            if minutes and (found := _within(minutes)):
                return found
    return None


# --- the parts added up -----------------------------------------------------------------------------------


def from_parts(text: str, kind: Kind | None, seconds_per_km: int, *, lifts: bool = False) -> int | None:
    """The minutes that a text adds up to: "20 min warm up 5x5 min on 1 min jog" is 50.

    Distances take as long as the pace says; sets of lifts say nothing. None if the text has no length.
    """
    is_hard = kind is not None and kind.effort is Effort.HARD
    found = structure(text)
    if lifts:
        found = found._replace(parts=tuple(part for part in found.parts if part.sort is not Is.SET))
    minutes = _total(found, seconds_per_km, meaning(text).apart, is_hard=is_hard)
    if minutes is None or minutes < _SHORTEST:
        return None
    return _within(minutes)


def from_steps(text: str, kind: Kind | None, seconds_per_km: int) -> int | None:
    """The minutes of a description's steps, if more than a warm-up and a cool-down is told."""
    parts = structure(text).parts
    has_set = any(part.sort is Is.SET for part in parts)
    is_told = has_set or (len(parts) > 1 and any(part.sort not in (Is.WARM, Is.COOL) for part in parts))
    # A line of nothing but "30-45 minutes".
    is_told = is_told or (len(parts) == 1 and parts[0].work[:1] == tokens(text))
    return from_parts(text, kind, seconds_per_km) if is_told else None


def _total(found: Structure, pace: int, apart: frozenset[int], *, is_hard: bool) -> float | None:
    counted = [part for part in found.parts if part.clause not in apart] or found.parts
    parts = [part for part in counted if part.sort is not Is.STRIDES]
    if any(not part.is_within for part in parts):
        parts = [part for part in parts if not part.is_within]
    parts = [part for part in parts if part.sort is not Is.WITHIN]
    if total := [m for part in parts if part.sort is Is.TOTAL and (m := _minutes(part, pace))]:
        return total[0]
    timed = [(part, minutes) for part in parts if (minutes := _minutes(part, pace))]
    if len(timed) == 1 and timed[0][0].sort is Is.STEADY and _are_miles(timed[0][0].work[0]):
        timed = [(timed[0][0], timed[0][0].work[0].high * _MILE * pace / 60)]
    if not timed or (sum(minutes for _, minutes in timed) < _SHORTEST and not _has_set(timed)):
        return None
    if len(timed) == 1 and timed[0][0].work[0].unit is Unit.METRES and timed[0][1] < 2 * _SHORTEST:
        return None  # "1500m" is a race on the track, or a height
    if whole := _told_twice(timed) or _whole(found, timed):
        return whole
    timed = list(_without_alternatives(_told_once(timed)))
    minutes = sum(m for _, m in timed)
    return _with_ends(found, timed, minutes, is_hard=is_hard)


def _are_miles(amount: Amount) -> bool:
    """ "3 m run": a whole run of so few minutes is none."""
    return amount.unit is Unit.METRES and amount.high <= _MOST_MILES and " " in amount.written


def _has_set(timed: Sequence[tuple[Part, float]]) -> bool:
    return any(part.sort is Is.SET for part, _ in timed)


def _with_ends(
    found: Structure, timed: Sequence[tuple[Part, float]], minutes: float, *, is_hard: bool
) -> float:
    """With a warm-up and a cool-down, where a session of quality has none of its own."""
    sets = [n for n, (part, _) in enumerate(timed) if part.sort is Is.SET]
    sorts = [part.sort for part, _ in timed]
    if not is_hard:
        return minutes
    if not sets:
        if _has_ends_untold(found):
            return minutes + WARM_UP + COOL_DOWN
        is_part = len(timed) == 1 and sorts[0] is Is.STEADY and minutes < _WHOLE_SESSION
        if is_part and timed[0][0].work[0].unit is Unit.MINUTES:
            return max(minutes + WARM_UP + COOL_DOWN, SHORTEST_QUALITY)
        is_far = all(part.work[0].unit is not Unit.MINUTES for part, _ in timed)
        return max(minutes, SHORTEST_QUALITY) if is_far else minutes
    if Is.WARM not in sorts and sets[0] == 0:
        minutes += WARM_UP
    if Is.COOL not in sorts and sets[-1] == len(timed) - 1:
        minutes += COOL_DOWN
    return max(minutes, SHORTEST_QUALITY)


def _has_ends_untold(found: Structure) -> bool:
    """ "Tempo 30 min + WU/CD": nobody says how long they are."""
    return any(
        clause.roles & (Role.WARM | Role.COOL)
        and clause.opener in ("+", "&", ",", "/")
        and not clause.has_amount
        and not clause.roles & Role.PART
        for clause in found.clauses
    )


def _told_twice(timed: Sequence[tuple[Part, float]]) -> float | None:
    """The minutes of "110 min, 18 km": one run in two units, of which time is what counts."""
    if len(timed) != 2 or any(part.sort is not Is.STEADY for part, _ in timed):
        return None
    (one, first), (other, second) = timed
    is_time = [part.work[0].unit is Unit.MINUTES for part in (one, other)]
    if is_time[0] == is_time[1]:
        return None
    if is_time[1] and other.work[0].is_clock and second > _SLOWEST * first:
        return first  # "10 km in 4:30": a pace
    if not 0.6 < first / second < 1.7:
        return None
    return first if is_time[0] else second


def _whole(found: Structure, timed: Sequence[tuple[Part, float]]) -> float | None:
    """The part that holds all others: "60 min with 20 min tempo", "1.5 mi warm-up, 12 x 400m, (9 mi)"."""
    if len(timed) == 1:
        return None
    for n, (part, minutes) in enumerate(timed):
        if n and part.sort is Is.STEADY and _stands_alone(found, part):
            before = sum(m for _, m in timed[:n])
            largest = max(m for _, m in timed[:n])
            if minutes >= largest and minutes >= 0.5 * before:
                return minutes
    (first, minutes), *others = timed
    rest = sum(m for _, m in others)
    if first.sort is not Is.STEADY or minutes < rest:
        return None
    if minutes < _SHORTEST_WHOLE and any(part.sort is Is.SET for part, _ in others):
        return None  # "2 km easy, 3 x 2 min": the first is a warm-up
    holds = ("with", "(", ":", ",", "-", "•", "\n", "[")
    opener = found.clauses[others[0][0].clause].opener
    has_ends = any(part.sort in (Is.WARM, Is.COOL) for part, _ in others)
    is_far = first.work[0].unit is not Unit.MINUTES and not has_ends
    if opener in ("with", "(", ":", "[") or (is_far and opener in holds):
        return minutes if others[0][0].clause != first.clause else None
    return None


def _stands_alone(found: Structure, part: Part) -> bool:
    """True for "(9 mi)" and "• 9 mi": nothing but a length in brackets, or behind a bullet."""
    clause = found.clauses[part.clause]
    return clause.opener in ("(", "[", "•") and len(clause.tokens) == 1


def _told_once(timed: Sequence[tuple[Part, float]]) -> Iterable[tuple[Part, float]]:
    """Of "4-6 mile easy run 6 mi", where the end of a range is told again, only the range."""
    for n, (part, minutes) in enumerate(timed):
        before, same = timed[n - 1] if n else (None, 0.0)
        is_range = (
            before is not None and before.sort is Is.STEADY and before.work[0].low < before.work[0].high
        )
        if not (is_range and part.sort is Is.STEADY and abs(minutes - same) < 0.5):
            yield part, minutes


def _without_alternatives(timed: Iterable[tuple[Part, float]]) -> Iterable[tuple[Part, float]]:
    """Of "4 or 6 miles" the longer."""
    kept: list[tuple[Part, float]] = []
    for part, minutes in timed:
        if part.or_else and kept:
            kept[-1] = max(kept[-1], (part, minutes), key=lambda item: item[1])
        else:
            kept.append((part, minutes))
    return kept


# --- minutes of one part ----------------------------------------------------------------------------------


def _minutes(part: Part, pace: int) -> float | None:
    is_set = part.sort is Is.SET
    if not part.work:
        return None
    work = [_length(amount, pace, within=is_set) for amount in part.work]
    if not any(work):
        return None
    once = sum(minutes or 0 for minutes in work)
    if not is_set:
        return once
    if part.rest is not None:
        pause = sum(_length(amount, pace, within=True) or 0 for amount in part.rest)
    elif part.times > 1:
        pause = min(max(once / 2, _SHORTEST_PAUSE), _LONGEST_PAUSE)
    else:
        pause = 0
    return part.times * (once + pause)


def _length(amount: Amount, pace: int, *, within: bool) -> float | None:
    if minutes := _time(amount, within=within):
        return minutes
    km = _far(amount, within=within)
    return km * pace / 60 if km else None


def _time(amount: Amount, *, within: bool) -> float | None:
    """Minutes, if an amount is a time. `within` a set clocks have minutes and seconds, and "3" is short."""
    high = amount.high
    if amount.is_clock:
        if within:
            return high / 60
        # "1:10" is hours and minutes, "45:00" minutes and seconds; "18:30" says when.
        return high if high < 5 * 60 else high / 60 if high >= 24 * 60 else None
    if amount.unit is Unit.MINUTES:
        return high
    if amount.unit is Unit.METRES and not _is_far(high, within=within):
        return high
    if amount.unit is Unit.NONE:
        if within:
            return high if high < 30 else high / 60 if high < 100 else None
        is_range = amount.low != amount.high
        return high if is_range and amount.low >= 10 and high <= 240 else None
    return None


def _far(amount: Amount, *, within: bool) -> float | None:
    if amount.unit is Unit.KM:
        return amount.high
    if amount.unit is Unit.METRES and _is_far(amount.high, within=within):
        return amount.high / 1000
    return amount.high / 1000 if amount.unit is Unit.NONE and within and amount.high >= 100 else None


def _is_far(high: float, *, within: bool) -> bool:
    """Whether "m" are metres: "170m" are minutes, "200m" and "1500m" are not."""
    if within:
        return high >= 50
    return high > 300 or (high >= 100 and high % 100 == 0)


def _of(length: timedelta) -> int | None:
    return _within(length / timedelta(minutes=1))


def _within(minutes: float) -> int | None:
    """Whole minutes, if that is a length that a workout can have."""
    # Less than a hundredth of a minute more is what floats make of a mile.
    rounded = ceil(round(minutes, 2))
    return rounded if 0 < rounded <= LONGEST_MINUTES else None
