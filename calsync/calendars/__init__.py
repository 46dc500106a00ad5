"""Calendars that calsync writes to: what all of them can do, and a module or a folder for each kind."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from calsync.event import Applied, Change, Contents, in_words


def _in_words(keys: Sequence[str]) -> str:
    """What has these keys, in sentences; the first few of many."""
    shown = ", ".join(map(in_words, keys[:3]))
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"


F = TypeVar("F", bound=Hashable)


def by_reason(failures: Mapping[str, F]) -> Iterator[tuple[F, str]]:
    """Each reason why events could not be written, with those events in words, from what failed by key."""
    keys: dict[F, list[str]] = {}
    for key, failure in failures.items():
        keys.setdefault(failure, []).append(key)
    return ((failure, _in_words(some)) for failure, some in keys.items())


def marker(plan: str) -> str:
    """The description of a calendar of its own: who finds it later can tell what it is."""
    return f"Kept by calsync: runs and strength sessions of the plan “{plan}”. {mark_of(plan)}"


def mark_of(plan: str) -> str:
    """What tells in its description whose calendar it is."""
    return f"[calsync:{plan}]"


def plans_in(description: str) -> tuple[str, ...]:
    """The plans whose mark is in a calendar's description: calsync made it for them."""
    return tuple(dict.fromkeys(re.findall(r"\[calsync:([^\]]+)\]", description)))


class Loaded(Protocol):
    """A calendar as it was when it was read. Only what was read can be written to."""

    @property
    def contents(self) -> Contents:
        """The plan's own events that it held, and what the runner has deleted there."""

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Make the changes: all that diff() gave for the contents, or releases of what is in them.

        Called once, for every push, also when nothing changes. What is no longer as it was read is left
        alone, and the answer says that it has to be looked at again.

        Raises AuthorisationNeeded or Unavailable if nothing came about.
        """

    def of_plan(self, plan: str) -> int:
        """How many events of another plan it holds. Raises AuthorisationNeeded or Unavailable."""

    def adopt(self, plan: str, now: datetime) -> int:
        """Make all events of another plan this one's, as they are; how many. Load it again after that.

        Raises AuthorisationNeeded or Unavailable; asked again, it goes on with the rest.
        """


class EventCalendar(Protocol):
    """A calendar that holds the plan's events; it never touches anybody else's."""

    def load(self) -> Loaded:
        """Read it. Raises AuthorisationNeeded, Unavailable or RefusedToProtectData."""
