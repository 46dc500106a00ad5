"""The single changes that can make room for a session without a place.

Decides what each does to what a plan follows from, and how it reads. Knows nothing of which one is the
smallest (fix.py).
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from calsync.event import Published, Standing
from calsync.planning import wall
from calsync.planning.plan import Given
from calsync.planning.rules import Rule
from calsync.planning.runs import SettledRun, of_run
from calsync.timespan import Timespan, merge
from calsync.training import TimeRange, Weekday
from calsync.words import elapsed


@dataclass(frozen=True, slots=True)
class WiderRange:
    """`range` in place of `instead_of` on every `day`; of nothing if the day had no range."""

    day: Weekday
    range: TimeRange
    instead_of: TimeRange | None

    def apply(self, given: Given) -> Given:
        ranges = list(given.program.availability.ranges)
        kept = [times for times in ranges[self.day.number] if times != self.instead_of]
        ranges[self.day.number] = tuple(sorted([*kept, self.range]))
        return replace(given, program=given.program.with_ranges(ranges))

    def text(self, zone: ZoneInfo) -> str:
        if self.instead_of is None:
            return f"allow strength on {self.day.long_name} {self.range}"
        return f"allow strength on {self.day.long_name} {self.range} (now {self.instead_of})"


@dataclass(frozen=True, slots=True)
class ShorterBusy:
    """The busy block `block` begins later or ends earlier, so that it is `left`."""

    block: Timespan
    left: Timespan

    def apply(self, given: Given) -> Given:
        others = [span for span in given.busy if span != self.block]
        return replace(given, busy=merge([*others, self.left]))

    def text(self, zone: ZoneInfo) -> str:
        less = elapsed(int((self.block.duration - self.left.duration).total_seconds()))
        how = f"begin {less} later" if self.left.start > self.block.start else f"end {less} earlier"
        start, end = self.block.start.astimezone(zone), self.block.end.astimezone(zone)
        until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %d %b %H:%M}"
        return f"let what is busy on {start:%a %d %b %H:%M}-{until} {how}"


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """`run` takes the time `span`, which is inside its ranges."""

    run: SettledRun
    span: Timespan

    def apply(self, given: Given) -> Given:
        published = {**given.standing.published, self.run.key: Published(self.span, pinned=True)}
        return replace(given, standing=Standing(published, given.standing.skipped))

    def text(self, zone: ZoneInfo) -> str:
        earlier = self.run.start - wall.seconds(self.span.start)
        return f"start {of_run(self.run)} {elapsed(earlier)} earlier"


@dataclass(frozen=True, slots=True)
class FewerHoursApart:
    """A smaller `hours_apart`."""

    hours_apart: timedelta

    def apply(self, given: Given) -> Given:
        return replace(given, program=given.program.with_hours_apart(self.hours_apart))

    def text(self, zone: ZoneInfo) -> str:
        return f"lift {elapsed(int(self.hours_apart.total_seconds()))} after a hard run ({Rule.HOURS_APART})"


Fix = WiderRange | ShorterBusy | EarlierRun | FewerHoursApart
