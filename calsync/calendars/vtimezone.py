"""A zone's VTIMEZONE for the years that a calendar covers (RFC 5545, 3.6.5).

icalendar can generate one, too, but its onsets are in the time after the change, where the RFC wants the time
before it (release 7.3.0: London's clocks would go forward at 02:00), and it adds a comment that it works for
some years only.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

# So many years of changes decide whether a zone follows a yearly rule; where none does, they are listed.
_YEARS = 12
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Change:
    """`wall` is what clocks show just before: naive, in the offset that ends."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str


def vtimezone(zone: ZoneInfo, first_year: int) -> Timezone:
    """The VTIMEZONE of `zone`, right from the first day of `first_year` on."""
    component = Timezone()
    component.add("TZID", zone.key)
    begin = datetime(first_year, 1, 1, tzinfo=UTC)
    changes = list(_changes(zone, begin, datetime(first_year + _YEARS, 1, 1, tzinfo=UTC)))
    local = begin.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    standard = min([offset, *(change.after for change in changes)])
    first = _Change(begin.replace(tzinfo=None), offset, offset, local.tzname() or zone.key)
    # What holds until the first change; without it the first weeks of the first year have no offset.
    component.add_component(_observance([first], standard))
    for before, after, name in dict.fromkeys((c.before, c.after, c.name) for c in changes):
        alike = [c for c in changes if (c.before, c.after, c.name) == (before, after, name)]
        component.add_component(_observance(alike, standard))
    return component


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[_Change]:
    # A week is short enough to see both ends of the shortest summer time there is (Morocco's Ramadan).
    step = timedelta(days=7)
    at = begin
    while at < end:
        until = min(at + step, end)
        before, after = at.astimezone(zone).utcoffset(), until.astimezone(zone).utcoffset()
        if before != after and before is not None:
            low, high = at, until
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                middle = middle.replace(microsecond=0)
                if middle.astimezone(zone).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            local = high.astimezone(zone)
            wall = (high + before).replace(tzinfo=None)
            yield _Change(wall, before, local.utcoffset() or timedelta(), local.tzname() or "")
        at = until


def _observance(changes: list[_Change], standard: timedelta) -> TimezoneStandard | TimezoneDaylight:
    first = changes[0]
    observance = TimezoneDaylight() if first.after > standard else TimezoneStandard()
    observance.add("DTSTART", first.wall)
    observance.add("TZOFFSETFROM", first.before)
    observance.add("TZOFFSETTO", first.after)
    observance.add("TZNAME", first.name)
    if rule := _yearly_rule(changes):
        observance.add("RRULE", rule)
    else:
        for change in changes[1:]:
            observance.add("RDATE", [change.wall])
    return observance


def _yearly_rule(changes: list[_Change]) -> vRecur | None:
    """The yearly rule that gives just these changes, one in each year; None if there is none."""
    walls = [change.wall for change in changes]
    first = walls[0]
    every_year = [wall.year for wall in walls] == list(range(first.year, first.year + len(walls)))
    if len(walls) < _YEARS - 1 or not every_year:
        return None
    if len({(wall.month, wall.weekday(), wall.time()) for wall in walls}) != 1:
        return None
    ordinals = {(wall.day - 1) // 7 + 1 for wall in walls}
    if all(wall.day + 7 > monthrange(wall.year, wall.month)[1] for wall in walls):
        ordinal = -1
    elif len(ordinals) == 1:
        ordinal = ordinals.pop()
    else:
        return None
    return vRecur({"FREQ": "YEARLY", "BYMONTH": first.month, "BYDAY": f"{ordinal}{_DAYS[first.weekday()]}"})
