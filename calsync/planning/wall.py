"""Wall-clock times of a date in a zone, as instants.

Here is which starts a day offers, and what a time means on the days when clocks change:

- a fixed time or the bound of a range that a change skips uses the offset before the gap (RFC 5545, 3.3.5);
- a time that occurs twice means its first occurrence;
- a grid time that is skipped is no start;
- a time that a journey skips means the moment of arrival, at which the day begins.

Instants are whole seconds since the epoch: planning compares many of them, and integers are cheap.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from calsync.timespan import Timespan
from calsync.training import TimeRange
from calsync.travel import arrival, zone_on

GRID_MINUTES = 15
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SECOND = timedelta(seconds=1)
_GRID = range(0, 24 * 60, GRID_MINUTES)


def seconds(instant: datetime) -> int:
    """Whole seconds since the epoch, rounded down."""
    return (instant - _EPOCH) // _SECOND


def seconds_up(instant: datetime) -> int:
    """Whole seconds since the epoch, rounded up."""
    return -((_EPOCH - instant) // _SECOND)


def instant(second: int) -> datetime:
    return _EPOCH + timedelta(seconds=second)


def span(start: int, end: int) -> Timespan:
    return Timespan(instant(start), instant(end))


def whole_day(day: date, zone: ZoneInfo) -> Timespan | None:
    """A day from midnight to midnight; None of one that a trip over the date line leaves nothing of."""
    start, end = (datetime(on.year, on.month, on.day, tzinfo=zone) for on in (day, day + timedelta(days=1)))
    return Timespan(start, end) if start.astimezone(UTC) < end.astimezone(UTC) else None


class Wall:
    """A zone's wall clock; remembers the days it was asked about."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, int | None] = {}
        self._grids: dict[int, list[tuple[int, int]]] = {}

    def at(self, day: date, minute: int) -> int:
        """The instant of a minute of the day (0 to 1440, the next midnight)."""
        offset = self._offset(day)
        if offset is None:
            # fold=0 means the first of two occurrences, and the offset before a gap.
            zone = zone_on(self.zone, day)
            wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
            begin = arrival(self.zone, day)
            found = wall.astimezone(UTC)
            return seconds(max(found, begin) if begin else found)
        return (day.toordinal() - _EPOCH_DAY) * 86400 + minute * 60 - offset

    def grid(self, day: date) -> list[tuple[int, int]]:
        """The starts that a day offers: (minute of the day, instant), every quarter of an hour."""
        ordinal = day.toordinal()
        if ordinal not in self._grids:
            midnight = self.at(day, 0)
            if self._offset(day) is not None:
                starts = [(minute, midnight + minute * 60) for minute in _GRID]
            else:
                starts = [(minute, self.at(day, minute)) for minute in _GRID]
                starts = [
                    (minute, start) for minute, start in starts if self.minute_of(start) == (day, minute)
                ]
            self._grids[ordinal] = starts
        return self._grids[ordinal]

    def skipped(self, day: date) -> list[tuple[int, int]]:
        """What of the grid no clock shows, as when clocks go forward: stretches, in minutes of the day."""
        there = [minute for minute, _ in self.grid(day)]
        gaps = pairwise((-GRID_MINUTES, *there, 24 * 60))
        return [(one + GRID_MINUTES, other) for one, other in gaps if other - one > GRID_MINUTES]

    def range(self, day: date, times: TimeRange) -> tuple[int, int]:
        """The instants of a range's bounds; the end may lie before the start when clocks change."""
        return self.at(day, times.start), self.at(day, times.end)

    def day_of(self, second: int) -> date:
        """The date on which an instant falls."""
        return instant(second).astimezone(self.zone).date()

    def more_days(self, span: Timespan) -> int:
        """On how many dates after its first one it goes on; none if it takes a day at most."""
        if span.duration <= timedelta(days=1):
            return 0
        return (self.day_of(seconds_up(span.end) - 1) - self.day_of(seconds(span.start))).days

    def minute_of(self, second: int) -> tuple[date, int]:
        """The date and the minute of the day that a clock shows at an instant."""
        wall = instant(second).astimezone(self.zone)
        return wall.date(), wall.hour * 60 + wall.minute

    def _offset(self, day: date) -> int | None:
        """The day's offset from UTC in seconds; None if it changes during the day or at its ends."""
        ordinal = day.toordinal()
        if ordinal not in self._offsets:
            midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
            # One hour more on both sides: a change at midnight itself belongs to this day, too.
            around = {
                (midnight + timedelta(hours=hours)).replace(fold=fold).utcoffset()
                for hours in (-1, 0, 12, 23, 24, 25)
                for fold in (0, 1)
            }
            only = around.pop()
            steady = not around and only is not None
            self._offsets[ordinal] = int(only.total_seconds()) if steady and only is not None else None
        return self._offsets[ordinal]
