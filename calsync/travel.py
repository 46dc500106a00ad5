"""The clock of somebody who travels: at home one zone's, on the days of a trip that of another.

A zone like any other for whoever has an instant or a clock time to turn into the other, so nothing else needs
to know of trips, but for what names a zone: calendars, and texts that say where a time is read.

A trip begins and ends at midnight. The day before goes on to its own midnight, and only then do clocks jump.
So of a first day further east the hours are missing that nobody has there, and further west the last hours of
the day before come twice; as on a day when clocks change, the first of them are meant.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Trip:
    """Days in another zone, both dates included."""

    first: date
    last: date
    zone: ZoneInfo

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class _Change:
    """The clocks jump from one zone to another at `at`, an instant in UTC, as `day` begins."""

    day: date
    at: datetime
    before: ZoneInfo
    after: ZoneInfo

    @property
    def walls(self) -> tuple[datetime, datetime]:
        """The clock times that are skipped or come twice, from the first to before the last."""
        one, other = (self.at.astimezone(zone).replace(tzinfo=None) for zone in (self.before, self.after))
        return min(one, other), max(one, other)


class TravelZone(ZoneInfo):
    """A home zone with trips; `key` is that of home. Made by with_trips()."""

    home: ZoneInfo
    trips: tuple[Trip, ...]
    _changes: tuple[_Change, ...]
    _instants: tuple[datetime, ...]
    _walls: tuple[tuple[datetime, datetime], ...]

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else self._there(dt).utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else self._there(dt).dst()

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else self._there(dt).tzname()

    def fromutc(self, dt: datetime) -> datetime:
        there = dt.replace(tzinfo=UTC).astimezone(self.at(dt.replace(tzinfo=UTC)))
        # PEP 495: 1 for the second time that a clock shows this.
        fold = int(self._there(there.replace(tzinfo=self, fold=0)).utcoffset() != there.utcoffset())
        return there.replace(tzinfo=self, fold=fold)

    def at(self, instant: datetime) -> ZoneInfo:
        number = bisect_right(self._instants, instant)
        return self._changes[number - 1].after if number else self.home

    def _there(self, wall: datetime) -> datetime:
        """A clock time, in the zone where it is read."""
        naive, zone = wall.replace(tzinfo=None, fold=0), self.home
        for change, (low, high) in zip(self._changes, self._walls, strict=True):
            if naive >= high:
                zone = change.after
                continue
            if naive >= low:
                zone = change.after if wall.fold else change.before
            break
        return wall.replace(tzinfo=zone)

    def __str__(self) -> str:
        trips = (f"{trip.first} to {trip.last} {trip.zone.key}" for trip in self.trips)
        return f"{self.key}, {', '.join(trips)}"

    __repr__ = __str__


def with_trips(home: ZoneInfo, trips: Iterable[Trip]) -> ZoneInfo:
    """`home` with these trips, no two of which share a day."""
    ordered = tuple(sorted(trips, key=lambda trip: trip.first))
    if not ordered:
        return home
    zone = TravelZone.no_cache(home.key)
    zone.home, zone.trips = home, ordered
    changes: list[_Change] = []
    for day in sorted({day for trip in ordered for day in (trip.first, trip.last + timedelta(days=1))}):
        before, after = zone_on(zone, day - timedelta(days=1)), zone_on(zone, day)
        at = datetime(day.year, day.month, day.day, tzinfo=before).astimezone(UTC)
        if before.key != after.key and not (changes and at <= changes[-1].at):
            changes.append(_Change(day, at, changes[-1].after if changes else home, after))
    zone._changes = tuple(changes)
    zone._instants = tuple(change.at for change in changes)
    zone._walls = tuple(change.walls for change in changes)
    return zone


def home_of(zone: ZoneInfo) -> ZoneInfo:
    """The zone without its trips."""
    return zone.home if isinstance(zone, TravelZone) else zone


def zone_on(zone: ZoneInfo, day: date) -> ZoneInfo:
    """The zone whose clock counts on a day."""
    if not isinstance(zone, TravelZone):
        return zone
    return next((trip.zone for trip in zone.trips if day in trip), zone.home)


def zone_at(zone: tzinfo, instant: datetime) -> ZoneInfo:
    """The zone whose clock is read at an instant: one that has a name for calendars."""
    assert isinstance(zone, ZoneInfo)
    return zone.at(instant) if isinstance(zone, TravelZone) else zone


def arrival(zone: ZoneInfo, day: date) -> datetime | None:
    """When the clocks jump as `day` begins; None if they don't."""
    changes = zone._changes if isinstance(zone, TravelZone) else ()
    return next((change.at for change in changes if change.day == day), None)


def trips_in(zone: ZoneInfo, first: date, last: date) -> tuple[Trip, ...]:
    """The trips of which some day is from `first` to `last`, with those days only."""
    trips = zone.trips if isinstance(zone, TravelZone) else ()
    return tuple(
        Trip(max(first, trip.first), min(last, trip.last), trip.zone)
        for trip in trips
        if trip.first <= last and first <= trip.last
    )
