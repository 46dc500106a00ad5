"""VEVENTs: what one of them says of its times, and when the events of one UID are.

What an event says wrong or not at all is read as well as it can be, and the rest is noted: nobody is free by
accident. Whether an event makes busy is the caller's question (`Reader.is_free`), and so is the plan's zone:
dates stay dates.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from calsync.feeds.ics import (
    TEXT,
    Calendar,
    FindZone,
    Length,
    Moment,
    Properties,
    between,
    duration,
    last_of,
    moment,
    parameter,
    period,
    text_of,
    texts,
)
from calsync.feeds.recurrence import Budget, Rule, TooCostly, parse_rule
from calsync.feeds.zones import Zones
from calsync.training import Load

LONGEST = timedelta(days=366_000)
"""A thousand years: what is more is somebody's "for ever", and beyond what datetime can calculate with."""
_NO_OCCURRENCE = datetime(1601, 1, 1, tzinfo=UTC)
"""What an override names if that can't be read: it stays an override, and takes no occurrence's place."""
_LENGTHS = frozenset((8, 15, 16))
"""Characters of a date, a time, and a time in UTC, as RFC 5545 writes them."""
_MIDNIGHTS = (time(), time(23, 59, 59))
_ONCE = ("DTSTART", "DTEND", "DURATION", "STATUS", "TRANSP", "RECURRENCE-ID")
_OURS = ".calsync"


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A VEVENT that could be read. It does not end before it starts."""

    uid: str
    sequence: int
    """0 if it says none (RFC 5545, 3.8.7.4)."""
    start: Moment
    """A date, or a time with a zone."""
    lasts: Length
    free: bool
    rules: tuple[tuple[Rule, datetime | None], ...] = ()
    """Each with its UNTIL as an instant; of an event on dates, as midnight UTC of the last date."""
    rdates: tuple[Moment, ...] = ()
    periods: tuple[tuple[datetime, Length], ...] = ()
    exdates: tuple[Moment, ...] = ()
    exrules: tuple[tuple[Rule, datetime | None], ...] = ()
    recurrence_id: Moment | None = None
    recurrence_day: date | None = None
    """The date that `recurrence_id` has if the series is on dates."""
    recurrence_id_floats: bool = False
    """Whether `recurrence_id` has no zone of its own: then it is on the clock of the series."""
    this_and_future: bool = False
    stamp: tuple[bytes, ...] = ()
    """LAST-MODIFIED and DTSTAMP as written, for comparing: one of them alone counts for both."""
    cancels: bool = False
    """Whether it calls off other events of its UID (METHOD:CANCEL)."""
    session: tuple[Load, str] | None = None
    """Load and title of a strength session."""

    @property
    def changed(self) -> bytes:
        """When it was changed last, to the minute; empty if it doesn't say."""
        return self.stamp[0][:13] if self.stamp else b""

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
    def end(self) -> Moment:
        return self.lasts.after(self.start)

    @property
    def length(self) -> timedelta:
        """More or less an hour, where the clocks change in between."""
        return self.lasts.total


def wall(instant: Moment) -> datetime:
    """The clock time of a moment where it is; midnight for a date."""
    if isinstance(instant, datetime):
        return instant.replace(tzinfo=None)
    return datetime.combine(instant, time())


def is_ours(fields: Properties) -> bool:
    """True for an event that calsync wrote itself, by its UID."""
    _, at, host = last_of(fields, "UID").rpartition("@") if "UID" in fields else ("", "", "")
    return bool(at) and host.endswith(_OURS) and host != _OURS


def _tzid_and_date(parameters: bytes) -> tuple[str, bool]:
    """TZID, and whether VALUE is DATE. Once for each line: it may have thousands of values."""
    if not parameters:
        return "", False
    is_date = b"DATE" in parameters.upper() and parameter(parameters, "VALUE").upper() == "DATE"
    return parameter(parameters, "TZID"), is_date


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one calendar."""

    zones: Zones
    floating: tzinfo
    """Of times without a zone: X-WR-TIMEZONE, else the plan's."""
    is_free: Callable[[Properties, bool], bool]
    """Takes an event's properties, and whether it is on dates."""
    note: Callable[[str, str | None], None]
    """Takes a problem and the UID it concerns."""
    guess: Callable[[str, str | None], None]
    """Takes what was guessed, where the standard leaves it open or something else is written."""
    cancels: bool = False
    """Whether the calendar calls its events off."""
    session: Callable[[Properties], tuple[Load, str] | None] = lambda _: None
    """Takes an event's properties, and says of a strength session what load and title it has."""

    @classmethod
    def of(
        cls,
        text: bytes,
        calendar: Calendar,
        zone: ZoneInfo,
        is_free: Callable[[Properties, bool], bool],
        note: Callable[[str, str | None], None],
        guess: Callable[[str, str | None], None],
        budget: Budget,
        session: Callable[[Properties], tuple[Load, str] | None] = lambda _: None,
    ) -> "Reader":
        """For a calendar of the body `text`; `zone` is the plan's, `budget` pays for zones."""
        zones = Zones(texts(text, calendar.timezones), budget)
        name = text_of(calendar.zone).strip('" ')
        try:
            found = zones.find(name) if name else None
            if name and found is None:
                note(f'X-WR-TIMEZONE "{name[:60]}" is no time zone', None)
            elif name and (taken := zones.guess(name)):
                guess(f'X-WR-TIMEZONE is "{name[:60]}", {taken}', None)
        except TooCostly:
            note(f'X-WR-TIMEZONE "{name[:60]}" takes too long to work out; read as {zone}', None)
            found = None
        if calendar.cancels:
            guess("METHOD:CANCEL: the events of this calendar are called off", None)
        return cls(zones, found or zone, is_free, note, guess, calendar.cancels, session)

    def component(self, fields: Properties) -> Component | None:
        """The event; None if it has no start that can be read. What is wrong is noted.

        Raises TooCostly for a zone that takes too long to work out.
        """
        uid = last_of(fields, "UID")
        find_zone = self.find_zone(uid)
        for name in dict.fromkeys(name.decode().title() for _, name in fields.get(TEXT, ())):
            self.guess(f'has a line "{name}: …" that is text, and no property', uid)
        for name in _ONCE:
            if len(fields.get(name, ())) > 1:
                self.guess(f"has {name} twice; the last one that can be read counts", uid)
        if "DTSTART" not in fields:
            self.note("has no start and is left out", uid)
            return None
        start = self._last_moment(fields, "DTSTART", find_zone, uid)
        if start is None:
            self.note("has a start that can't be read and is left out", uid)
            return None
        start, lasts = self._lasts(fields, start, find_zone, uid)
        rdates, periods = self._rdates(fields, start, find_zone, uid)
        rules = self._rules(fields, "RRULE", start, uid)
        exdates = self._exdates(fields, start, find_zone, uid)
        for rule, _ in rules:
            values = ",".join(rule.exdates).encode()
            zone = f";TZID={rule.exdates_zone}".encode() if rule.exdates_zone else b""
            exdates += tuple(self._exdates_of(values, zone, start, find_zone, uid))
        named, floats = self._recurrence_id(fields, find_zone, uid)
        reach = (
            parameter(fields["RECURRENCE-ID"][-1][0], "RANGE") if named not in (None, _NO_OCCURRENCE) else ""
        )
        return Component(
            uid,
            self._sequence(fields),
            start,
            lasts,
            self.cancels or self.is_free(fields, not isinstance(start, datetime)),
            rules,
            rdates,
            periods,
            exdates,
            self._rules(fields, "EXRULE", start, uid) if "EXRULE" in fields else (),
            named,
            self._day_of(named, None if isinstance(start, datetime) else uid) if named else None,
            floats,
            reach.upper() == "THISANDFUTURE",
            self._stamp(fields),
            self.cancels,
            self.session(fields),
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
            if guess := self.zones.guess(tzid):
                self.guess(f'is in a time zone "{tzid[:60]}", {guess}', uid)
            return zone

        return find

    def moments(self, line: tuple[bytes, bytes], find_zone: FindZone, uid: str) -> list[Moment]:
        """The values of a date property.

        Raises ValueError, and TooCostly for a zone that takes too long to work out.
        """
        parameters, values = line
        return self._values(values, *_tzid_and_date(parameters), find_zone, uid)

    def _values(self, values: bytes, tzid: str, is_date: bool, find_zone: FindZone, uid: str) -> list[Moment]:
        """Those of some of a line's values, whose parameters say this zone, and whether they are dates.

        Raises as `moments` does.
        """
        texts = values.decode("utf-8", "replace").split(",")
        if len(texts) == 2 and len(texts[1]) < 8:  # no second value: a fraction of a second (ISO 8601)
            texts = [",".join(texts)]
        found = [moment(value, tzid, find_zone) for value in texts]
        if tzid and values.endswith(b"Z") and tzid[-3:].upper() not in ("UTC", "GMT"):
            self.guess("has a time in UTC with a time zone beside it, which is passed over", uid)
        if is_date:
            if any(isinstance(item, datetime) for item in found):
                self.guess("has a date with a time behind it, which is passed over", uid)
            return [item.date() if isinstance(item, datetime) else item for item in found]
        if len(values) not in _LENGTHS and any(len(text.strip()) not in _LENGTHS for text in texts):
            self.guess("has times in another form than iCalendar's", uid)
        return found

    def _last_moment(self, fields: Properties, name: str, find_zone: FindZone, uid: str) -> Moment | None:
        """The value of the last such line that can be read."""
        for line in reversed(fields.get(name, ())):
            try:
                return self.moments(line, find_zone, uid)[0]
            except ValueError:
                continue
        return None

    def _lasts(
        self, fields: Properties, start: Moment, find_zone: FindZone, uid: str
    ) -> tuple[Moment, Length]:
        """How long it lasts, and the start, which is a time if the end is one.

        RFC 5545, 3.6.1: without an end, a date is one day and a time has no length at all.
        """
        end = self._last_moment(fields, "DTEND", find_zone, uid)
        lasts: Length | None = None
        if end is None:
            lasts = self._duration(fields)
            if lasts is None and any(value for _, value in fields.get("DTEND", ())):
                self.note("has an end that can't be read", uid)
            elif lasts is None and "DURATION" in fields:
                self.note("has a duration that can't be read", uid)
            elif lasts is not None and "DTEND" in fields:
                self.guess("has an end that can't be read, and lasts as its DURATION says", uid)
        if end is not None:
            if isinstance(start, datetime) and not isinstance(end, datetime):
                end = datetime.combine(end, time(), start.tzinfo)
            elif isinstance(end, datetime) and not isinstance(start, datetime):
                self.guess("starts on a date and ends at a time; taken from midnight on", uid)
                start = datetime.combine(start, time(), end.tzinfo)
            if isinstance(start, datetime) and isinstance(end, datetime):
                lasts = between(start, end)
            else:
                lasts = Length(wall(end) - wall(start))
        if isinstance(start, datetime):
            if lasts is not None and lasts.total < timedelta(0):
                self.note("ends before it starts; taken as without length", uid)
                lasts = None
            lasts = lasts or Length(timedelta(0))
        elif lasts is None or lasts.total <= timedelta(0):
            if lasts is not None:
                self.guess("ends on the day that it starts on, or before; taken as that one day", uid)
            lasts = Length(timedelta(days=1))
        elif lasts.exact % timedelta(days=1):
            start = self._midnight(start)
        else:
            lasts = Length(lasts.total)
        if lasts.total > LONGEST:
            lasts = Length(LONGEST)
        return start, lasts

    def _duration(self, fields: Properties) -> Length | None:
        for _, value in reversed(fields.get("DURATION", ())):
            with contextlib.suppress(ValueError):
                return duration(value.decode("utf-8", "replace"))
        return None

    def _day_of(self, instant: Moment, uid: str | None) -> date:
        """The date that a time means where dates are asked for.

        One in UTC is that of a midnight in the calendar's zone, or else in the plan's; that is told of the
        event `uid`, if there is one.
        """
        if not isinstance(instant, datetime):
            return instant
        if instant.tzinfo is not UTC:
            return instant.date()
        local = instant.astimezone(self.floating)
        # Nobody's midnight but UTC's, or the last second before it: the date was written with a time.
        is_written = instant.time() in _MIDNIGHTS and local.time() not in _MIDNIGHTS
        day = instant.date() if is_written else local.date()
        if uid is not None and instant.date() != local.date():
            where = "UTC" if is_written else self.floating
            self.guess(f"is on dates and has a time in UTC; taken as its date in {where}", uid)
        return day

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.floating)

    def _rules(
        self, fields: Properties, name: str, start: Moment, uid: str
    ) -> tuple[tuple[Rule, datetime | None], ...]:
        rules: dict[bytes, tuple[Rule, datetime | None]] = {}
        for _, text in fields.get(name, ()):
            try:
                rule = parse_rule(text.decode("utf-8", "replace"), wall(start))
                rules[text] = rule, self._until(rule.until, start, uid) if rule.until else None
            except ValueError as error:
                taken = "taken once only" if name == "RRULE" else "takes nothing out"
                self.note(f"has a rule that can't be read ({error}); {taken}", uid)
                continue
            for guess in rule.guesses:
                self.guess(f"has a rule that is not written by the book: {guess}", uid)
        return tuple(rules.values())

    def _until(self, text: str, start: Moment, uid: str) -> datetime:
        """UNTIL (RFC 5545, 3.3.10) as an instant; the last occurrence may begin then.

        It should be of the same kind as the start, or in UTC. A date instead of a time is the whole day, a
        time without a zone is on the start's clock: of the readings in use those that leave nothing out.

        Raises ValueError.
        """
        if not isinstance(start, datetime):
            day = self._day_of(moment(text, "", lambda _: self.floating), uid)
            return datetime.combine(day, time(), UTC)
        zone = start.tzinfo or UTC
        last = moment(text, "", lambda _: zone)
        return last if isinstance(last, datetime) else datetime.combine(last, time(23, 59, 59), zone)

    def _rdates(
        self, fields: Properties, start: Moment, find_zone: FindZone, uid: str
    ) -> tuple[tuple[Moment, ...], tuple[tuple[datetime, Length], ...]]:
        dates: list[Moment] = []
        periods: list[tuple[datetime, Length]] = []
        find_zone = self._on_clock_of(start, "an extra date", find_zone, uid)
        for parameters, values in fields.get("RDATE", ()):
            tzid, is_date = _tzid_and_date(parameters)
            for value in filter(bytes.strip, values.split(b",")):
                try:
                    if b"/" in value:
                        begin, length = period(value.decode("utf-8", "replace"), tzid, find_zone)
                        if isinstance(start, datetime):
                            periods.append((begin, length))
                        else:
                            dates.append(self._day_of(begin, uid))
                        continue
                    found = self._values(value, tzid, is_date, find_zone, uid)
                except ValueError:
                    self.note("has an extra date that can't be read", uid)
                    continue
                if not isinstance(start, datetime):
                    dates += (self._day_of(item, uid) for item in found)
                    continue
                for item in found:
                    if not isinstance(item, datetime):
                        self.guess("has an extra date without a time; taken at the time of its start", uid)
                        item = datetime.combine(item, start.timetz())
                    dates.append(item)
        return tuple(dates), tuple(periods)

    def _exdates(
        self, fields: Properties, start: Moment, find_zone: FindZone, uid: str
    ) -> tuple[Moment, ...]:
        lines = fields.get("EXDATE", ())
        if not lines:
            return ()
        return tuple(
            item
            for parameters, values in lines
            for item in self._exdates_of(values, parameters, start, find_zone, uid)
        )

    def _exdates_of(
        self, values: bytes, parameters: bytes, start: Moment, find_zone: FindZone, uid: str
    ) -> Iterator[Moment]:
        """Of an event on dates, dates. A date among the exceptions of one at a time means the whole day."""

        find = self._on_clock_of(start, "an exception", find_zone, uid)
        tzid, is_date = _tzid_and_date(parameters)
        for value in filter(bytes.strip, values.split(b",")):
            try:
                found = self._values(value, tzid, is_date, find, uid)
            except ValueError:
                self.note("has an exception that can't be read", uid)
                continue
            for item in found:
                if isinstance(start, datetime) and not isinstance(item, datetime):
                    self.guess("has an exception without a time, which takes out all of that day", uid)
                yield item if isinstance(start, datetime) else self._day_of(item, uid)

    def _on_clock_of(self, start: Moment, what: str, find_zone: FindZone, uid: str) -> FindZone:
        """How zones are found where a time without one is on the clock of the series from `start` on."""

        def find(tzid: str) -> tzinfo:
            if tzid or not isinstance(start, datetime) or start.tzinfo is None:
                return find_zone(tzid)
            if start.tzinfo is not self.floating:
                self.guess(f"has {what} without a zone; taken on the clock of the series", uid)
            return start.tzinfo

        return find

    def _recurrence_id(self, fields: Properties, find_zone: FindZone, uid: str) -> tuple[Moment | None, bool]:
        """What it names, and whether that has no zone of its own."""
        if "RECURRENCE-ID" not in fields:
            return None, False
        floats = False

        def find(tzid: str) -> tzinfo:
            nonlocal floats
            floats = not tzid
            return find_zone(tzid)

        found = self._last_moment(fields, "RECURRENCE-ID", find, uid)
        if found is None:
            self.note("replaces an occurrence that can't be read; taken as one more", uid)
        return found or _NO_OCCURRENCE, floats

    def _stamp(self, fields: Properties) -> tuple[bytes, ...]:
        modified = fields["LAST-MODIFIED"][-1][1][:15] if "LAST-MODIFIED" in fields else b""
        stamp = fields["DTSTAMP"][-1][1][:15] if "DTSTAMP" in fields else b""
        return (modified or stamp, stamp or modified) if modified or stamp else ()

    def _sequence(self, fields: Properties) -> int:
        for _, digits in reversed(fields.get("SEQUENCE", ())):
            with contextlib.suppress(ValueError):
                return max(0, int(digits[:12]))
        return 0
