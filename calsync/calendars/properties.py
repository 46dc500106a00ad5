"""What calsync wrote, kept with each event where people don't see it: what Google and CalDAV have in common.

With the times and a fingerprint of each field as they were written, it can be told what the runner made of an
event; with the rest, what it is to the plan.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar
from unicodedata import normalize

from calsync.event import week_of_key
from calsync.timespan import Timespan
from calsync.training import FIRST_YEAR, LAST_YEAR, Kind, Load

W = TypeVar("W", Kind, Load)


def tidied(value: object) -> str:
    """Text as calsync writes it, whatever became of spaces, line ends and composed letters on the way."""
    lines = normalize("NFC", str(value or "")).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip()


def fingerprint(value: str) -> str:
    return sha256(value.encode("utf-8", "replace")).hexdigest()[:12]


def prints_text(prints: Mapping[str, str]) -> str:
    """Fingerprints of fields, by their names, as one property."""
    return " ".join(f"{name}={value}" for name, value in sorted(prints.items()))


def prints_of(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split() if "=" in part)


def written_span(start: str | None, end: str | None) -> Timespan | None:
    """The times as they were written; None if they are not there, or damaged."""
    try:
        return Timespan(datetime.fromisoformat(start or ""), datetime.fromisoformat(end or ""))
    except (ValueError, TypeError):
        return None


def within_years(instant: datetime) -> datetime:
    """In UTC. Far away is far away: planning knows the years that a config may name."""
    if instant.year < FIRST_YEAR:
        return datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    if instant.year > LAST_YEAR:
        return datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
    return instant.astimezone(UTC)


def word(kind: type[W], text: str | None) -> W | None:
    """What a property says of an event; None for what this version doesn't know."""
    try:
        return kind(text) if text else None
    except ValueError:
        return None


def is_key(text: str) -> bool:
    try:
        week_of_key(text)
    except ValueError:
        return False
    return text.count("/") == 2
