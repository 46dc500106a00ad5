"""One VEVENT: when it is and how it repeats.

Decides what happens where an event is wrong or says too little: what can be read is, the rest is noted, and
nobody is free by accident. Knows nothing of windows, nor of the other events of its series.
"""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from calsync.feeds.answers import Reading
from calsync.feeds.ics import FindZone, Moment, Properties, duration, moment, parameter, period, text_of
from calsync.feeds.recurrence import Rule, parse_rule
from calsync.feeds.zones import Zones

# --- transparency -----------------------------------------------------------------------------------------


def is_free(fields: Properties, reading: Reading, *, all_day: bool) -> bool:
    """True if the event takes nobody's time, see the top."""

    def said(name: str) -> str:
        return fields[name][0][1].decode("utf-8", "replace").strip().upper() if name in fields else ""

    status, transparency, microsoft = said("STATUS"), said("TRANSP"), said("X-MICROSOFT-CDO-BUSYSTATUS")
    if status == "CANCELLED":
        return True
    if reading.email and _declined(fields, reading.email):
        return True
    if reading.ignore and "SUMMARY" in fields:
        title = text_of(fields["SUMMARY"][0][1]).casefold()
        if any(fnmatch.fnmatchcase(title, pattern.casefold()) for pattern in reading.ignore):
            return True
    if not reading.tentative_busy and "TENTATIVE" in (status, microsoft):
        return True
    if transparency in ("TRANSPARENT", "OPAQUE"):
        return transparency == "TRANSPARENT"
    if microsoft in ("FREE", "WORKINGELSEWHERE"):
        return True
    return all_day and not microsoft and not reading.all_day_busy


def _declined(fields: Properties, email: str) -> bool:
    wanted = email.strip().casefold()
    for parameters, value in fields.get("ATTENDEE", ()):
        if parameter(parameters, "PARTSTAT").upper() != "DECLINED":
            continue
        address = value.decode("utf-8", "replace").strip().casefold().removeprefix("mailto:")
        if wanted in (address, parameter(parameters, "EMAIL").casefold()):
            return True
    return False


# --- component --------------------------------------------------------------------------------------------


LONGEST = timedelta(days=366_000)
"""A thousand years: what is more is somebody's "for ever", and beyond what datetime can calculate with."""


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


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one calendar."""

    zones: Zones
    floating: tzinfo
    """Of times without a zone: X-WR-TIMEZONE, else the plan's."""
    own_zone: ZoneInfo | None
    """X-WR-TIMEZONE, if it is one of IANA's."""
    reading: Reading
    note: Callable[[str, str | None], None]
    """Takes a problem and the UID it concerns."""

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
            is_free(fields, self.reading, all_day=not isinstance(start, datetime)),
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
            return self.earliest, False
        return found, parameter(line[0], "RANGE").upper() == "THISANDFUTURE"

    @property
    def earliest(self) -> datetime:
        """An id that no occurrence has: it keeps a broken override apart from the series' master."""
        return datetime(1601, 1, 1, tzinfo=UTC)

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
