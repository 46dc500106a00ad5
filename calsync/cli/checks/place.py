"""A calendar of the config, read now or, where that fails, from its copy.

Decides what is said of where it is and how old it is. Reads as a push does, but keeps nothing: the copies on
disk are looked at, and stay as they are. Of an address its host alone is said.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from calsync.addresses import shown
from calsync.cli.checks.check import Check, Status, seconds
from calsync.cli.checks.words import ago, day, shown_path
from calsync.errors import ConfigError, SourceUnavailable
from calsync.state import State

if TYPE_CHECKING:
    from calsync.feeds.copies import Copy
    from calsync.feeds.place import Place

T = TypeVar("T")


def refuse_unset(url: str | None, unset: dict[str, str]) -> None:
    """Raises ConfigError for an address that only stands for a variable of the environment."""
    if variable := unset.get(url or ""):
        raise ConfigError(f"the environment variable {variable} is not set; see config, above")


def read(
    check: Check,
    place: "Place",
    state: State,
    now: datetime,
    zone: ZoneInfo,
    live: Callable[[], T],
    of_body: Callable[[bytes], T],
) -> tuple[T, Check]:
    """What the calendar says, and the check with where that is from.

    `live` reads it as it is now, `of_body` reads the body of a copy. Raises SourceUnavailable.
    """
    from calsync.feeds import copies

    if place.path is not None:
        found = live()
        age = now - _last_changed(place)
        text = f"{shown_path(place.path)}, changed {ago(age)}"
        return found, msgspec.structs.replace(check, text=text, age_seconds=seconds(age))
    assert place.url is not None
    copy = copies.load(state.cache / f"{place.cache_name}.feed")
    kept = ""
    if copy is not None:
        age = now - copy.origin.fetched
        check = msgspec.structs.replace(check, age_seconds=seconds(age))
        kept = f", copy of {ago(age)}"
    try:
        found = live()
    except SourceUnavailable as problem:
        if copy is None or (old := _usable(copy, place, now, of_body)) is None:
            raise
        until = day(copy.origin.fetched + place.max_age, zone)
        stands_in = msgspec.structs.replace(
            check,
            status=Status.WARNING,
            text=f"{str(problem).removeprefix(f'{place.what}: ')}; its{kept[1:]} serves until {until}",
            fix="if it does not come back by itself, look whether its address is still right",
        )
        return old, stands_in
    return found, msgspec.structs.replace(check, text=f"{shown(place.url)} answers{kept}")


def _usable(copy: "Copy", place: "Place", now: datetime, of_body: Callable[[bytes], T]) -> T | None:
    """What the copy says, if a push would use it."""
    if not place.use_cache_on_error or now - copy.origin.fetched > place.max_age:
        return None
    body = copy.body()
    try:
        return None if body is None else of_body(body)
    except SourceUnavailable:
        return None


def _last_changed(place: "Place") -> datetime:
    """Of the newest of its files, which have just been read."""
    assert place.path is not None
    files = [place.file(name) for name, _ in place.files()]
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC)


def with_more(check: Check, text: str) -> Check:
    return msgspec.structs.replace(check, text=f"{check.text}; {text}" if check.text else text)


def warned(check: Check, trouble: str, fix: str) -> Check:
    """The check as a warning, unless it is one already: what was wrong first is what to do first."""
    if check.status is not Status.OK:
        return check
    return msgspec.structs.replace(with_more(check, trouble), status=Status.WARNING, fix=fix)
