"""A second implementation of `read_busy`, on top of icalendar and recurring-ical-events: slow, and by others.

It reads every event, also those far from the window, and shares no code with calsync's own for what makes
times of a series. The events that have been read are written down for icalendar, which so meets no line it
could stumble over: the only zones are IANA's and those written here, under names of their own because
icalendar remembers a name for as long as the process lives.
"""

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from calsync.feeds import DEFAULT_READING, BusyTime, Reading
from calsync.feeds.busy import BodyReader
from calsync.feeds.event import Component
from calsync.feeds.ics import Moment
from calsync.feeds.recurrence import WEEKDAYS, Budget, Freq, Rule, starts
from calsync.feeds.series import ZONE_MARGIN, Occurrence, Related, named_by
from calsync.feeds.zones import FIRST, Observances
from calsync.timespan import Timespan

_TEN_YEARS = timedelta(days=3653)


class NoOracle(Exception):
    """recurring-ical-events can't follow this series, or is known to be wrong about it."""


def read_busy(body: bytes, window: Timespan, zone: ZoneInfo, reading: Reading = DEFAULT_READING) -> BusyTime:
    """What `calsync.feeds.busy.read_busy` should say.

    Raises NotACalendar, and NoOracle.
    """
    return _Reader(body, window, zone, reading).busy()


class _Reader(BodyReader):
    """Leaves out no event, however far away it seems, and asks the libraries when each is."""

    def spans(self) -> Iterator[Timespan]:
        for calendar in self.calendars:
            if calendar.zone or calendar.cancels:
                self.reader(calendar.begin)  # says what is wrong with the calendar itself, once
        self.notes.mute = True  # what is wrong with these, nobody needs to know
        for stretches in self.groups(far=True):
            yield from self.group(stretches)
        self.notes.mute = False
        yield from super().spans()

    def occurrences(self, events: Related, budget: Budget) -> Iterator[Occurrence]:
        # What takes too long is the same for both: it raises.
        list(super().occurrences(events, budget))
        # Each master with the overrides of all of them: what an override says is the same for each, but which
        # of the masters it belongs to only we ask.
        series = next((master for master in events.masters if master.repeats), None)
        others = [master for master in events.masters if master is not series]
        first = series or (others.pop(0) if others else None)
        groups = [[*([first] if first else []), *events.overrides], *([other] for other in others)]
        if events.overrides and any(other.repeats for other in others):
            raise NoOracle("several series of one UID, and overrides")
        for components in groups:
            if components:
                yield from self._occurrences(components)

    def _occurrences(self, components: Sequence[Component]) -> Iterator[Occurrence]:
        if reason := known_error(components):
            raise NoOracle(reason)
        try:
            return iter(list(found(components, self.window)))
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
            raise NoOracle(f"the libraries fail: {error!r}") from error


def known_error(components: Sequence[Component]) -> str:
    """Why recurring-ical-events 3.8 is no judge of these events of one UID; empty if it is one."""
    master = next((component for component in components if component.recurrence_id is None), None)
    overrides = [component for component in components if component.recurrence_id is not None]
    if any(component.exrules for component in components):
        return "RFC 5545 has no EXRULE any more, and neither has the library"
    for component in components:
        if component.lasts.exact and component.periods:
            return "an exact length, and periods with lengths of their own"
    if (
        master
        and not master.all_day
        and any(not isinstance(named_by(o, master), datetime) for o in overrides)
    ):
        return "a date names an occurrence of a series at a time"
    for override in overrides:
        named = named_by(override, master)
        if override.this_and_future and any(
            other is not override and _instant(named_by(other, master)) == _instant(named)
            for other in overrides
        ):
            # Of two with one RECURRENCE-ID the higher SEQUENCE is the valid one (RFC 5545, 3.8.7.4). The
            # library keeps the RANGE of one, and takes its times and its length from the other.
            return "of two overrides of one occurrence one reaches"
        if override.this_and_future and master and override.all_day != master.all_day:
            # RFC 5545, 3.2.13: all later occurrences are as this one. The library keeps the master's kind,
            # so that an hour on dates becomes nothing, and a day that begins at a time of its own no date.
            return "an override turns times into dates, or dates into times, from there on"
        if master and override.repeats and override.sequence < master.sequence:
            if override.this_and_future:
                # The library still moves the later occurrences by what it has found to be outdated.
                return "an outdated override reaches"
            zone = master.start.tzinfo if isinstance(master.start, datetime) else UTC
            if isinstance(named, datetime) and named.astimezone(zone).date() != named.astimezone(UTC).date():
                # The library looks for the occurrence on the day that it has in UTC, by the clock of the
                # master's zone: it finds none, and thinks that the override is outdated.
                return "an override of an older version is on another day in UTC"
    return ""


def _instant(moment: Moment | None) -> datetime | None:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(), UTC) if moment else None


def found(components: Sequence[Component], window: Timespan) -> Iterator[Occurrence]:
    """Start and end of what the events of one UID make busy in the window.

    Raises ValueError, OverflowError for what the libraries can't do.
    """
    calendar = icalendar.Calendar.from_ical(written(components, window))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # dateutil's, of COUNT with UNTIL
        events = recurring_ical_events.of(calendar).between(
            window.start - ZONE_MARGIN, window.end + ZONE_MARGIN
        )
    for event in events:
        if event.get("TRANSP") != "TRANSPARENT":
            start, end = _moment(event, "DTSTART"), _moment(event, "DTEND")
            if isinstance(start, datetime) and start.tzinfo not in (None, UTC):
                # It may be a time that clocks skip: then it is an hour later, and so is its end.
                real = start.astimezone(UTC).astimezone(start.tzinfo)
                start, end = real, end + (real.replace(tzinfo=None) - start.replace(tzinfo=None))
                if "X-EXACT" in event:
                    nominal, exact = (
                        timedelta(seconds=int(event[name])) for name in ("X-NOMINAL", "X-EXACT")
                    )
                    end = (start + nominal).astimezone(UTC) + exact
            yield start, end


def _moment(event: icalendar.Component, name: str) -> Moment:
    moment = getattr(event[name], "dt", None)
    if not isinstance(moment, date):  # datetimes are dates too
        raise TypeError(f"{name} of an occurrence is {moment!r}")
    return moment


def written(components: Sequence[Component], window: Timespan) -> bytes:
    """The events as ICS."""
    writer = _Writer(window)
    master = next((component for component in components if component.recurrence_id is None), None)
    events = [line for component in components for line in writer.event(component, master)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *writer.timezones, *events, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


class _Writer:
    def __init__(self, window: Timespan) -> None:
        self.window = window
        self.timezones: list[str] = []
        self.names: dict[int, str] = {}

    def event(self, component: Component, master: Component | None) -> Iterator[str]:
        yield "BEGIN:VEVENT"
        yield "UID:one"  # those given belong together, whatever their UIDs look like
        if component.sequence:
            yield f"SEQUENCE:{component.sequence}"
        yield "DTSTART" + self.moment(component.start)
        yield "DTEND" + self.moment(component.end)
        if component.lasts.exact:
            # The library takes every length by the clock.
            yield f"X-NOMINAL:{component.lasts.nominal.total_seconds():.0f}"
            yield f"X-EXACT:{component.lasts.exact.total_seconds():.0f}"
        if component.recurrence_id is not None:
            reach = ";RANGE=THISANDFUTURE" if component.this_and_future else ""
            yield f"RECURRENCE-ID{reach}" + self.moment(named_by(component, master))
        for rule, until in component.rules:
            if self.falls_on_anything(rule, component.first):
                yield "RRULE:" + _rule(rule, until, all_day=component.all_day)
        for moment in component.rdates:
            yield "RDATE" + self.moment(moment)
        for start, length in component.periods:
            yield f"RDATE;VALUE=PERIOD{self.moment(start)}/PT{length.total // timedelta(seconds=1)}S"
        for moment in component.exdates:
            yield "EXDATE" + self.moment(moment)
        if component.free:
            yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"

    def falls_on_anything(self, rule: Rule, first: datetime) -> bool:
        """False if dateutil would look through every day up to the year 9999 and find none."""
        if rule.freq >= Freq.HOURLY:
            at_midnight = replace(
                rule, freq=Freq.DAILY, interval=1, count=None, hours=(0,), minutes=(0,), seconds=(0,)
            )
            rule, first = at_midnight, datetime.combine(first, time())
        high = self.window.end.replace(tzinfo=None) + _TEN_YEARS
        return next(starts(rule, first, first, high), None) is not None

    def moment(self, moment: Moment) -> str:
        if not isinstance(moment, datetime):
            return f";VALUE=DATE:{moment:%Y%m%d}"
        if moment.tzinfo is UTC or moment.tzinfo is None:
            return f":{moment:%Y%m%dT%H%M%S}Z"
        return f";TZID={self.zone(moment.tzinfo)}:{moment:%Y%m%dT%H%M%S}"

    def zone(self, zone: tzinfo) -> str:
        if isinstance(zone, ZoneInfo):
            return zone.key
        if id(zone) not in self.names:
            lines = list(_observances(zone) if isinstance(zone, Observances) else _fixed(zone))
            name = "own-" + hashlib.blake2b("\n".join(lines).encode(), digest_size=12).hexdigest()
            self.names[id(zone)] = name
            self.timezones += ["BEGIN:VTIMEZONE", f"TZID:{name}", *lines, "END:VTIMEZONE"]
        return self.names[id(zone)]


def _fixed(zone: tzinfo) -> Iterator[str]:
    offset = _offset(zone.utcoffset(None) or timedelta(0))
    yield from ("BEGIN:STANDARD", "DTSTART:16010101T000000", f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}")
    yield "END:STANDARD"


def _observances(zone: Observances) -> Iterator[str]:
    for observance in zone.observances:
        kind = "DAYLIGHT" if observance.daylight else "STANDARD"
        yield f"BEGIN:{kind}"
        yield f"DTSTART:{max(observance.start, FIRST):%Y%m%dT%H%M%S}"
        yield f"TZOFFSETFROM:{_offset(observance.before)}"
        yield f"TZOFFSETTO:{_offset(observance.offset)}"
        for onset in observance.onsets():
            yield f"RDATE:{onset:%Y%m%dT%H%M%S}"
        yield f"END:{kind}"


def _offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _rule(rule: Rule, until: datetime | None, *, all_day: bool) -> str:
    parts = [f"FREQ={rule.freq.name}", f"INTERVAL={rule.interval}", f"WKST={WEEKDAYS[rule.week_start]}"]
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if until:
        parts.append(f"UNTIL={until:%Y%m%d}" if all_day else f"UNTIL={until.astimezone(UTC):%Y%m%dT%H%M%S}Z")
    days = [WEEKDAYS[day] for day in rule.weekdays] + [f"{n}{WEEKDAYS[day]}" for day, n in rule.nth_weekdays]
    for name, values in (
        ("BYMONTH", rule.months),
        ("BYWEEKNO", rule.week_numbers),
        ("BYYEARDAY", rule.year_days),
        ("BYMONTHDAY", rule.month_days),
        ("BYDAY", days),
        ("BYHOUR", rule.hours),
        ("BYMINUTE", rule.minutes),
        ("BYSECOND", rule.seconds),
        ("BYSETPOS", rule.positions),
    ):
        if values:
            parts.append(f"{name}={','.join(map(str, values))}")
    return ";".join(parts)
