"""VEVENTs: what one of them says of its times, and when the events of one UID are.

What an event says wrong or not at all is read as well as it can be, and the rest is noted: nobody is free by
accident. Whether an event makes busy is the caller's question (`Reader.is_free`), and so is the plan's zone:
dates stay dates.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from calsync.feeds.ics import (
    Calendar,
    FindZone,
    Moment,
    Properties,
    duration,
    moment,
    parameter,
    period,
    text_of,
    texts,
)
from calsync.feeds.recurrence import Rule, parse_rule, starts
from calsync.feeds.zones import Zones
from calsync.timespan import Timespan

LONGEST = timedelta(days=366_000)
"""A thousand years: what is more is somebody's "for ever", and beyond what datetime can calculate with."""
_NO_OCCURRENCE = datetime(1601, 1, 1, tzinfo=UTC)
"""What an override names if that can't be read: it stays an override, and takes no occurrence's place."""
_OURS = re.compile(r"@[^@]+\.calsync$")


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A VEVENT that could be read. `start` <= `end`; both are dates or both are times with a zone."""

    uid: str
    sequence: int
    start: Moment
    end: Moment
    free: bool
    rules: tuple[tuple[Rule, datetime | None], ...] = ()
    """Each with its UNTIL as an instant; of an event on dates, as midnight UTC of the last date."""
    rdates: tuple[Moment, ...] = ()
    periods: tuple[tuple[datetime, timedelta], ...] = ()
    exdates: tuple[Moment, ...] = ()
    recurrence_id: Moment | None = None
    this_and_future: bool = False

    @property
    def repeats(self) -> bool:
        return bool(self.rules or self.rdates or self.periods or self.exdates)

    @property
    def all_day(self) -> bool:
        return not isinstance(self.start, datetime)

    @property
    def first(self) -> datetime:
        """The start on the clock, without a zone; midnight for a date."""
        return wall(self.start)

    @property
    def length(self) -> timedelta:
        """On the clock: an event from 22:00 to 06:00 is that in the night of the change of clocks too."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end - self.start
        return wall(self.end) - wall(self.start)


def wall(instant: Moment) -> datetime:
    """The clock time of a moment where it is; midnight for a date."""
    if isinstance(instant, datetime):
        return instant.replace(tzinfo=None)
    return datetime.combine(instant, time())


def is_ours(fields: Properties) -> bool:
    """True for an event that calsync wrote itself, by its UID."""
    return "UID" in fields and _OURS.search(text_of(fields["UID"][0][1])) is not None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one calendar."""

    zones: Zones
    floating: tzinfo
    """Of times without a zone: X-WR-TIMEZONE, else the plan's."""
    own_zone: ZoneInfo | None
    """X-WR-TIMEZONE, if it is one of IANA's."""
    is_free: Callable[[Properties, bool], bool]
    """Takes an event's properties, and whether it is on dates."""
    note: Callable[[str, str | None], None]
    """Takes a problem and the UID it concerns."""

    @classmethod
    def of(
        cls,
        text: bytes,
        calendar: Calendar,
        zone: ZoneInfo,
        is_free: Callable[[Properties, bool], bool],
        note: Callable[[str, str | None], None],
    ) -> "Reader":
        """For a calendar of the body `text`; `zone` is the plan's."""
        zones = Zones(texts(text, calendar.timezones))
        name = text_of(calendar.zone)
        found = zones.find(name) if name else None
        if name and found is None:
            note(f'X-WR-TIMEZONE "{name[:60]}" is no time zone', None)
        own = found if isinstance(found, ZoneInfo) else None
        return cls(zones, found or zone, own, is_free, note)

    def component(self, fields: Properties) -> Component | None:
        """The event; None if it has no start that can be read. What is wrong is noted."""
        uid = text_of(fields["UID"][0][1]) if "UID" in fields else ""
        find_zone = self.find_zone(uid)
        try:
            start = self._moments(fields["DTSTART"][0], find_zone)[0]
        except KeyError:
            self.note("has no start and is left out", uid)
            return None
        except (ValueError, IndexError):
            self.note("has a start that can't be read and is left out", uid)
            return None
        start, end = self._end(fields, start, find_zone, uid)
        rdates, periods = self._rdates(fields, start, find_zone, uid)
        recurrence_id, this_and_future = self._recurrence_id(fields, find_zone, uid)
        return Component(
            uid,
            self._sequence(fields),
            start,
            end,
            self.is_free(fields, not isinstance(start, datetime)),
            self._rules(fields, start, uid),
            rdates,
            periods,
            self._exdates(fields, start, find_zone, uid),
            recurrence_id,
            this_and_future,
        )

    def find_zone(self, uid: str) -> FindZone:
        """How zones are found for this event: an unknown one is noted, and its times taken as floating."""

        def find(tzid: str) -> tzinfo:
            if not tzid:
                return self.floating
            zone = self.zones.find(tzid)
            if zone is None:
                self.note(f'is in an unknown time zone "{tzid[:60]}", read as {self.floating}', uid)
                return self.floating
            return zone

        return find

    def _moments(self, line: tuple[bytes, bytes], find_zone: FindZone) -> list[Moment]:
        """The values of a date property.

        Raises ValueError.
        """
        parameters, values = line
        tzid = parameter(parameters, "TZID") if parameters else ""
        found = [moment(value, tzid, find_zone) for value in values.decode("utf-8", "replace").split(",")]
        if self.own_zone:
            # What recurring-ical-events does, and those who write X-WR-TIMEZONE beside times in UTC mean it
            # so: a series in UTC repeats at the same time on the clock of the calendar's zone.
            return [_in_zone(item, self.own_zone) for item in found]
        return found

    def _end(self, fields: Properties, start: Moment, find_zone: FindZone, uid: str) -> tuple[Moment, Moment]:
        """RFC 5545, 3.6.1: without an end, a date is one day and a time has no length at all."""
        end: Moment | None = None
        if "DTEND" in fields:
            try:
                end = self._moments(fields["DTEND"][0], find_zone)[0]
            except (ValueError, IndexError):
                self.note("has an end that can't be read", uid)
        elif "DURATION" in fields:
            try:
                length = duration(fields["DURATION"][0][1].decode("utf-8", "replace"))
            except ValueError:
                self.note("has a duration that can't be read", uid)
            else:
                if not isinstance(start, datetime) and length % timedelta(days=1):
                    start = self._midnight(start)
                end = start + length
        if end is None:
            end = start if isinstance(start, datetime) else start + timedelta(days=1)
        if isinstance(start, datetime) and not isinstance(end, datetime):
            end = datetime.combine(end, time(), start.tzinfo)
        elif isinstance(end, datetime) and not isinstance(start, datetime):
            start = datetime.combine(start, time(), end.tzinfo)
        if wall(end) - wall(start) > LONGEST:
            end = start + LONGEST
        if end < start:  # exchanged, as recurring-ical-events does: busy in between
            self.note("ends before it starts; taken the other way round", uid)
            return end, start
        return start, end

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.floating)

    def _rules(self, fields: Properties, start: Moment, uid: str) -> tuple[tuple[Rule, datetime | None], ...]:
        rules: dict[bytes, tuple[Rule, datetime | None]] = {}
        for _, text in fields.get("RRULE", ()):
            try:
                rule = parse_rule(text.decode("utf-8", "replace"), wall(start))
                rules[text] = rule, until(rule.until, start) if rule.until else None
            except ValueError as error:
                self.note(f"has a rule that can't be read ({error}); taken once only", uid)
        return tuple(rules.values())

    def _rdates(
        self, fields: Properties, start: Moment, find_zone: FindZone, uid: str
    ) -> tuple[tuple[Moment, ...], tuple[tuple[datetime, timedelta], ...]]:
        dates: list[Moment] = []
        periods: list[tuple[datetime, timedelta]] = []
        for parameters, values in fields.get("RDATE", ()):
            for value in values.split(b","):
                try:
                    if b"/" in value:
                        tzid = parameter(parameters, "TZID")
                        begin, length = period(value.decode("utf-8", "replace"), tzid, find_zone)
                        if isinstance(start, datetime):
                            periods.append((begin, length))
                        else:
                            dates.append(begin.date())
                    else:
                        found = self._moments((parameters, value), find_zone)
                        dates += (_alike(item, start) for item in found)
                except ValueError:
                    self.note("has an extra date that can't be read", uid)
        return tuple(dates), tuple(periods)

    def _exdates(
        self, fields: Properties, start: Moment, find_zone: FindZone, uid: str
    ) -> tuple[Moment, ...]:
        dates: list[Moment] = []
        for parameters, values in fields.get("EXDATE", ()):
            for value in values.split(b","):
                try:
                    found = self._moments((parameters, value), find_zone)
                except ValueError:
                    self.note("has an exception that can't be read", uid)
                    continue
                # A date among the exceptions of an event at a time means the whole day.
                dates += found if isinstance(start, datetime) else (_alike(item, start) for item in found)
        return tuple(dates)

    def _recurrence_id(self, fields: Properties, find_zone: FindZone, uid: str) -> tuple[Moment | None, bool]:
        if "RECURRENCE-ID" not in fields:
            return None, False
        line = fields["RECURRENCE-ID"][0]
        try:
            found = self._moments(line, find_zone)[0]
        except ValueError:
            self.note("replaces an occurrence that can't be read; taken as one more", uid)
            return _NO_OCCURRENCE, False
        return found, parameter(line[0], "RANGE").upper() == "THISANDFUTURE"

    def _sequence(self, fields: Properties) -> int:
        digits = fields["SEQUENCE"][0][1] if "SEQUENCE" in fields else b"-1"
        try:
            return int(digits[:12])
        except ValueError:
            return -1


def _in_zone(item: Moment, zone: ZoneInfo) -> Moment:
    return item.astimezone(zone) if isinstance(item, datetime) and item.tzinfo is UTC else item


def until(text: str, start: Moment) -> datetime:
    """UNTIL (RFC 5545, 3.3.10) as an instant; the last occurrence may begin then.

    It should be of the same kind as the start, or in UTC. A date instead of a time is the whole day, a time
    without a zone is on the start's clock: of the readings in use those that leave nothing out.

    Raises ValueError.
    """
    floating = moment(text, "", lambda _: UTC)
    if not isinstance(start, datetime):
        return datetime.combine(floating, time(), UTC)
    if not isinstance(floating, datetime):
        return datetime.combine(floating, time(23, 59, 59), start.tzinfo)
    return floating if text.endswith("Z") else floating.replace(tzinfo=start.tzinfo)


def _alike(item: Moment, start: Moment) -> Moment:
    """A date or a time, as the start is."""
    if not isinstance(start, datetime):
        return item.date() if isinstance(item, datetime) else item
    return item if isinstance(item, datetime) else datetime.combine(item, time(), start.tzinfo)


Occurrence = tuple[Moment, Moment]
"""Start and end."""

ZONE_MARGIN = timedelta(days=2)
"""No clock on earth is further from UTC."""
_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901


def master_of(components: Sequence[Component]) -> Component | None:
    """The event that is no override; of several the first with the highest SEQUENCE."""
    masters = [component for component in components if component.recurrence_id is None]
    return max(masters, key=lambda component: component.sequence, default=None)


def occurrences(components: Sequence[Component], window: Timespan) -> Iterator[Occurrence]:
    """When the events of one UID are busy in the window, and some times shortly before and after it."""
    return _Series(components).occurrences(window)


def ids(instant: Moment) -> tuple[datetime, ...]:
    """What an occurrence is known by: its time in UTC and on its own clock; producers write either."""
    if isinstance(instant, datetime) and instant.tzinfo is not UTC:
        return instant.astimezone(UTC).replace(tzinfo=None), instant.replace(tzinfo=None)
    return (wall(instant),)


class _Series:
    """The events of one UID (RFC 5545, 3.8.4.4): a master, and overrides of what its rules make.

    An override takes the place of the occurrence that it names, wherever it moved to, and counts without a
    master too. With RANGE=THISANDFUTURE (3.2.13) it also says how the later ones are, up to the next such.
    """

    def __init__(self, components: Sequence[Component]) -> None:
        self.master = master_of(components)
        self.overrides: dict[datetime, Component] = {}
        for component in components:
            for key in ids(component.recurrence_id) if component.recurrence_id is not None else ():
                if key not in self.overrides or component.sequence > self.overrides[key].sequence:
                    self.overrides[key] = component
        exdates = self.master.exdates if self.master else ()
        self.excluded = {key for exdate in exdates for key in ids(exdate)}
        # A date takes out the whole day, also where the event is at a time.
        self.excluded_days = {day for day in exdates if not isinstance(day, datetime)}
        periods = self.master.periods if self.master else ()
        self.lengths = {key: length for start, length in periods for key in ids(start)}

    def occurrences(self, window: Timespan) -> Iterator[Occurrence]:
        if self.master:
            for ruler, after, until in self._rulers(self.master):
                if not ruler.free:
                    yield from self._ruled_by(ruler, self.master, after, until, window)
        for override in self._each_override():
            if not override.free and not self._is_gone(override):
                yield override.start, override.end

    def _each_override(self) -> Iterator[Component]:
        return iter({id(override): override for override in self.overrides.values()}.values())

    def _rulers(self, master: Component) -> Iterator[tuple[Component, datetime, datetime]]:
        """The events that say how occurrences are, each with the ids after which and up to which it does."""
        reaching = [
            (key, override)
            for key, override in self.overrides.items()
            # Not by its clock time, the second id: the first ones alone can be put in order.
            if override.this_and_future and override.recurrence_id and key == ids(override.recurrence_id)[0]
        ]
        ruler, after = master, _FIRST
        for key, override in sorted(reaching, key=lambda item: item[0]):
            if not self._is_outdated(override):
                yield ruler, after, key
                ruler, after = override, key
        yield ruler, after, _LAST

    def _ruled_by(
        self, ruler: Component, master: Component, after: datetime, until: datetime, window: Timespan
    ) -> Iterator[Occurrence]:
        """The occurrences with ids after `after` and up to `until`, as `ruler` says."""
        shift = _shift(ruler)
        margin = ZONE_MARGIN + max([ruler.length, *self.lengths.values()])
        low = max(_plus(window.start.replace(tzinfo=None), -margin - shift), _plus(after, -ZONE_MARGIN))
        high = min(_plus(window.end.replace(tzinfo=None), ZONE_MARGIN - shift), _plus(until, ZONE_MARGIN))
        is_whole = ruler is master and until == _LAST
        is_plain = is_whole and not (self.excluded or self.overrides or self.lengths)
        for start in _starts(master, low, high):
            length = ruler.length
            if not is_plain:
                keys = ids(start)
                if self._is_excluded(start, keys) or any(key in self.overrides for key in keys):
                    continue
                if not is_whole and not (after < keys[0] <= until and low <= wall(start) <= high):
                    continue
                for key in keys:
                    length = self.lengths.get(key, length)
            begin = start if ruler is master else _shifted(start, shift, ruler)
            yield begin, begin + length

    def _is_excluded(self, start: Moment, keys: tuple[datetime, ...]) -> bool:
        return not self.excluded.isdisjoint(keys) or wall(start).date() in self.excluded_days

    def _is_gone(self, override: Component) -> bool:
        named = override.recurrence_id
        return named is None or not self.excluded.isdisjoint(ids(named)) or self._is_outdated(override)

    def _is_outdated(self, override: Component) -> bool:
        """True if it is left over from an older rule: the master is newer, and has no such occurrence.

        Only those that bring rules or dates along: what some producers copy into every override says which
        version of the series it belonged to.
        """
        named, master = override.recurrence_id, self.master
        if not master or named is None or not override.repeats or override.sequence >= master.sequence:
            return False
        wanted = set(ids(named))
        for start in _starts(master, _plus(wall(named), -ZONE_MARGIN), _plus(wall(named), ZONE_MARGIN)):
            keys = ids(start)
            if wanted.intersection(keys) and not self._is_excluded(start, keys):
                return False
        return True


def _shift(ruler: Component) -> timedelta:
    """By how much an override moves its occurrence and, if it reaches further, the later ones."""
    named = ruler.recurrence_id
    if named is None:
        return timedelta(0)
    if isinstance(ruler.start, datetime) and isinstance(named, datetime):
        return ruler.start - named
    return wall(ruler.start) - wall(named)


def _shifted(start: Moment, shift: timedelta, ruler: Component) -> Moment:
    """A date or a time, as the ruler is."""
    moved = wall(start) + shift
    if not isinstance(ruler.start, datetime):
        return moved.date()
    return moved.replace(tzinfo=start.tzinfo if isinstance(start, datetime) else ruler.start.tzinfo)


def _plus(start: datetime, length: timedelta) -> datetime:
    """The sum, or the first or last moment that there is."""
    try:
        return start + length
    except OverflowError:
        return _LAST if length > timedelta(0) else _FIRST


def _starts(master: Component, low: datetime, high: datetime) -> Iterator[Moment]:
    """All starts from `low` to `high` on the master's clock, and some others."""
    untils = [until for _, until in master.rules if until]
    if not untils or _instant(master.start) <= max(untils):
        yield master.start
    yield from master.rdates
    yield from (start for start, _ in master.periods)
    for rule, until in master.rules:
        for clock in starts(rule, master.first, low, high):
            start = (
                clock.replace(tzinfo=master.start.tzinfo)
                if isinstance(master.start, datetime)
                else clock.date()
            )
            if until and _instant(start) > until:
                break
            yield start


def _instant(start: Moment) -> datetime:
    """For comparing with UNTIL, which of an event on dates is a date too."""
    return start if isinstance(start, datetime) else wall(start).replace(tzinfo=UTC)
