"""Single runs and sessions as their own pages show them, found in the pictures of the weeks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from calsync.event import SEEN_NOWHERE, SEEN_SKIPPED, is_strength, seen, week_of_key
from calsync.planning.plan import State
from calsync.training import Week
from calsync.web.week import Absent, Block, WeekPicture
from calsync.words import date_name


@dataclass(frozen=True, slots=True)
class Entry:
    """A run or session, its day and its `block` in the week; or `absent`, if it has no time."""

    key: str
    title: str
    day: date | None = None
    block: Block | None = None
    absent: Absent | None = None

    @property
    def when(self) -> str:
        """ "Tue 24 Nov 17:45-18:15"; for one without a time why it has none."""
        if self.day and self.block:
            return f"{date_name(self.day)} {self.block.times}"
        return "skipped" if self.is_skipped else "couldn't fit in this week"

    @property
    def is_skipped(self) -> bool:
        return self.absent is not None and self.absent.is_skipped

    @property
    def is_moved(self) -> bool:
        return self.block is not None and self.block.state == State.PINNED

    @property
    def seen(self) -> str:
        """What a page says of it, so that it is noticed if that is no longer so."""
        if self.day and self.block:
            return seen(self.day, self.block.times, is_moved=self.is_moved, is_done=self.block.done)
        return SEEN_SKIPPED if self.is_skipped else SEEN_NOWHERE

    def has_begun(self, now: datetime) -> bool:
        """`now` in the plan's zone."""
        if self.day is None or self.block is None:
            return False
        return (self.day, self.block.span.start) <= (now.date(), now.hour * 60 + now.minute)

    def may_be_missed(self, now: datetime) -> bool:
        """Whether calsync would place it again in this week, once it has begun. `now` in the plan's zone."""
        is_class = self.block is not None and self.block.state == State.FIXED
        return is_strength(self.key) and week_of_key(self.key) == Week.of(now.date()) and not is_class


def entries(weeks: Iterable[WeekPicture]) -> Mapping[str, Entry]:
    """By key. What a week has as absent, and another one has at a time, was moved there."""
    found: dict[str, Entry] = {}
    for week in weeks:
        for absent in week.absent:
            if absent.moved:
                entry = Entry(absent.key, absent.title, absent.moved, absent.block)
            else:
                entry = Entry(absent.key, absent.title, absent=absent)
            found.setdefault(absent.key, entry)
        for day in week.days:
            for block in day.blocks:
                if block.key and not block.is_continued:
                    found[block.key] = Entry(block.key, block.title, day.date, block)
    return found
