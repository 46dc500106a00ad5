"""What config.toml says of where the training leads and comes from: [plan.race] and [plan.feed].

Decides what these tables may say. Knows nothing of what a feed holds, nor of how a race shapes the weeks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from calsync.config_file import NO_RUNS, FeedTable, RaceTable
from calsync.config_places import read_place
from calsync.event import one_line
from calsync.program import Race
from calsync.toml import Document, clock_time, did_you_mean, duration
from calsync.training import FIRST_YEAR, LAST_YEAR, Kind, Week
from calsync.workout import Meant, Sort
from calsync.written import PACE

_KM_PER_MILE = 1.609344
_FASTEST, _SLOWEST = 2 * 60, 20 * 60
_NO_RUNS: dict[str, Meant] = dict(zip(NO_RUNS, (Sort.STRENGTH, Sort.REST, None), strict=True))
# Rule `race-day` looks this far: a race that lies further back changes nothing.
_AFTER_RACE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """A training platform's feed: exactly one of `path` and `url` is given.

    `kinds` are patterns of titles and what they are; `takes_strength`: its strength workouts are
    the sessions to place.
    """

    path: Path | None
    url: str | None
    kinds: tuple[tuple[str, Meant], ...]
    seconds_per_km: int
    takes_strength: bool
    use_cache_on_error: bool
    max_age: timedelta


def read_race(document: Document, table: RaceTable, plan_start: date) -> Race:
    """Raises ConfigError."""
    keys = ("plan", "race")
    if not FIRST_YEAR <= table.date.year <= LAST_YEAR:
        message = f"expected a date from {FIRST_YEAR} to {LAST_YEAR}, found {table.date}"
        raise document.fail((*keys, "date"), message)
    if table.date + _AFTER_RACE < (first := Week.of(plan_start).monday):
        raise document.fail((*keys, "date"), f"{table.date} lies before the plan, which begins on {first}")
    length = document.parse((*keys, "duration"), duration, table.duration)
    minutes = int(length.total_seconds()) // 60
    if not 0 < minutes <= 24 * 60:
        message = f'expected more than nothing and at most "24h", found "{table.duration}"'
        raise document.fail((*keys, "duration"), message)
    if not (title := one_line(table.title)):
        raise document.fail((*keys, "title"), "must not be empty")
    start = None if table.start is None else document.parse((*keys, "start"), clock_time, table.start)
    return Race(table.date, title, start, minutes, tuple(table.weeks))


def read_feed(
    document: Document, table: FeedTable, base: Path, environment: Mapping[str, str]
) -> FeedSettings:
    """Raises ConfigError."""
    path, url = read_place(document, ("plan", "feed"), table, base, environment)
    return FeedSettings(
        path,
        url,
        tuple((pattern, _kind(document, pattern, name)) for pattern, name in table.kind.items()),
        document.parse(("plan", "feed", "pace"), _pace, table.pace),
        table.strength == "feed",
        table.on_error == "cache",
        document.parse(("plan", "feed", "max_age"), duration, table.max_age),
    )


def _kind(document: Document, pattern: str, name: str) -> Meant:
    keys = ("plan", "feed", "kind", pattern)
    if not pattern.strip():
        raise document.fail(keys, "the pattern of a title must not be empty")
    if name in _NO_RUNS:
        return _NO_RUNS[name]
    try:
        return Kind(name)
    except ValueError:
        known = (*Kind, *_NO_RUNS)
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}"
        raise document.fail(keys, f'no kind of run is called "{name}"{hint}') from None


def _pace(text: str) -> int:
    """Seconds for a kilometre."""
    seconds = 0.0
    if re.fullmatch(PACE, text):
        minutes, rest = map(int, re.findall(r"\d+", text))
        seconds = (minutes * 60 + rest) / (_KM_PER_MILE if "mi" in text else 1)
    if not _FASTEST <= seconds <= _SLOWEST:
        raise ValueError('expected a pace such as "6:00/km" or "9:40/mi"')
    return round(seconds)
