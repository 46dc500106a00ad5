"""The events of one UID (RFC 5545, 3.8.4.4 and 3.8.7.4): which of them count, and when they are.

Dates stay dates: the plan's zone is the caller's question.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from calsync.feeds.event import Component, wall
from calsync.feeds.ics import Moment
from calsync.feeds.recurrence import SECONDS, Budget, Freq, Rule, starts
from calsync.timespan import Timespan

Occurrence = tuple[Moment, Moment]
"""Start and end."""

Guess = Callable[[str, str | None], None]
"""Takes what was guessed, and the UID it concerns."""

ZONE_MARGIN = timedelta(days=2)
"""No clock on earth is further from UTC."""
_STEPS_OF_A_START, _STEPS_OF_AN_OVERRIDE = 4, 8
_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901


class Related(NamedTuple):
    """The events of one UID that count."""

    masters: tuple[Component, ...]
    """Mostly one; what has its UID by mistake is an event of its own."""
    overrides: tuple[Component, ...]


def related(components: Sequence[Component], guess: Guess) -> Related:
    """The events of one UID without those of older versions (RFC 5545, 3.8.7.4).

    Many producers give one UID to events that have nothing to do with each other. Two that no SEQUENCE tells
    apart are one event only if they start at the same time; else both count.
    """
    overrides = tuple(component for component in components if component.recurrence_id is not None)
    masters = [component for component in components if component.recurrence_id is None]
    if not masters:
        # A series that was copied from some other: what it names is in that one.
        masters = [replace(item, recurrence_id=None) for item in overrides if item.rules]
        if masters:
            guess(
                "replaces an occurrence of a series that is not there, and repeats; taken as a series",
                masters[0].uid,
            )
        overrides = tuple(item for item in overrides if not item.rules)
    if len(masters) > 1:
        masters = _newest(masters, guess)
    if any(item.rules for item in overrides):
        guess("replaces an occurrence and brings a rule along, which is passed over", overrides[0].uid)
    if any(master.cancels for master in masters):
        called_off = masters[0].sequence
        overrides = tuple(item for item in overrides if item.sequence > called_off)
    return Related(tuple(masters), overrides)


def _newest(masters: Sequence[Component], guess: Guess) -> list[Component]:
    uid = masters[0].uid
    highest = max(master.sequence for master in masters)
    newest = [master for master in masters if master.sequence == highest]
    called_off = [master for master in newest if master.cancels]
    if called_off:
        return called_off[:1]
    if len(newest) < len(masters):
        guess("is there several times; the one with the highest SEQUENCE counts", uid)
    if highest and len(newest) > 1 and all(master.stamp for master in newest):
        # Who counts versions and changed the time without counting on has changed the one event. Minutes are
        # compared: an export that stamps each event as it writes it changes none.
        last = max(master.changed for master in newest)
        if any(master.changed != last for master in newest):
            guess("is there several times with one SEQUENCE; what was changed last counts", uid)
            newest = [master for master in newest if master.changed == last]
    found: dict[datetime | date, Component] = {}
    for master in newest:
        key = master.start.astimezone(UTC) if isinstance(master.start, datetime) else master.start
        other = found.get(key)
        if other is None or _rank(master) > _rank(other):
            found[key] = master
    if len(found) < len(newest):
        guess("is there several times with one start; what was changed last counts", uid)
    if len(found) > 1:
        guess("is there several times, with different starts; each counts", uid)
    return list(found.values())


def _version(component: Component) -> tuple[int, bool, tuple[bytes, ...]]:
    return component.sequence, component.cancels, component.stamp


def _rank(master: Component) -> tuple[tuple[bytes, ...], bool, timedelta]:
    """What was changed last, or else what keeps busy for longer."""
    return master.stamp, not master.free, master.length


def occurrences(
    events: Related, window: Timespan, budget: Budget | None = None, guess: Guess = lambda *_: None
) -> Iterator[Occurrence]:
    """When the events of one UID are busy in the window, and some times shortly before and after it.

    Raises TooCostly.
    """
    return (occurrence for _, occurrence in ruled_occurrences(events, window, budget, guess))


def ruled_occurrences(
    events: Related, window: Timespan, budget: Budget | None = None, guess: Guess = lambda *_: None
) -> Iterator[tuple[Component, Occurrence]]:
    """The same, each with the event that says how it is: a master, or an override. Raises TooCostly."""
    return _Series(events, budget or Budget(sys.maxsize), guess).occurrences(window)


def instant_of(instant: Moment) -> datetime:
    """What an occurrence is known by: the time in UTC, without a zone; of a date, its midnight."""
    return instant.astimezone(UTC).replace(tzinfo=None) if isinstance(instant, datetime) else wall(instant)


class _Series:
    """The events of one UID (RFC 5545, 3.8.4.4): masters, and overrides of what their rules make.

    An override takes the place of the occurrence that it names, wherever it moved to, and counts without a
    master too. With RANGE=THISANDFUTURE (3.2.13) it also says how the later ones are, up to the next such.
    """

    def __init__(self, events: Related, budget: Budget, guess: Guess) -> None:
        self.masters = events.masters
        self.budget = budget
        self.guess = guess
        # The one whose clock says what a RECURRENCE-ID without a zone means.
        self.series = next((master for master in self.masters if master.repeats), None) or next(
            iter(self.masters), None
        )
        self.overrides: dict[datetime, Component] = {}
        """By the instant that they name, or the midnight of the day if the series is on dates."""
        budget.take(_STEPS_OF_AN_OVERRIDE * len(events.overrides))
        self.days: dict[date, Component] = {}
        """Those that name all of a day, of a series at a time."""
        for component in events.overrides:
            named = named_by(component, self.series)
            key = instant_of(named)
            if key in self.overrides:
                guess("replaces one occurrence several times; the newest version counts", component.uid)
            if key not in self.overrides or _version(component) > _version(self.overrides[key]):
                self.overrides[key] = component
            if not isinstance(named, datetime):
                if self.series and not self.series.all_day:
                    guess("names an occurrence by its date alone; it replaces all of that day", component.uid)
                self.days[named] = self.overrides[key]

    def occurrences(self, window: Timespan) -> Iterator[tuple[Component, Occurrence]]:
        for master in self.masters:
            exceptions = _Exceptions(master, self.budget)
            for ruler, after, until in self._rulers(master, exceptions):
                if not ruler.free:
                    for found in self._ruled_by(ruler, master, exceptions, after, until, window):
                        yield ruler, found
        gone = _Exceptions(self.series, self.budget) if self.series else None
        for override in self.overrides.values():
            if not override.free and not (gone is not None and self._is_gone(override, gone)):
                yield override, (override.start, override.end)

    def _rulers(
        self, master: Component, exceptions: "_Exceptions"
    ) -> Iterator[tuple[Component, datetime, datetime]]:
        """The events that say how occurrences are, each with the ids after which and up to which it does."""
        reaching = [(key, override) for key, override in self.overrides.items() if override.this_and_future]
        ruler, after = master, _FIRST
        for key, override in sorted(reaching, key=lambda item: item[0]) if master is self.series else ():
            if not self._is_outdated(override, exceptions):
                yield ruler, after, key
                ruler, after = override, key
        yield ruler, after, _LAST

    def _ruled_by(
        self,
        ruler: Component,
        master: Component,
        exceptions: "_Exceptions",
        after: datetime,
        until: datetime,
        window: Timespan,
    ) -> Iterator[Occurrence]:
        """The occurrences with ids after `after` and up to `until`, as `ruler` says."""
        shift = _shift(ruler, master)
        margin = ZONE_MARGIN + max([ruler.length, *(length.total for _, length in master.periods)])
        low = max(_plus(window.start.replace(tzinfo=None), -margin - shift), _plus(after, -ZONE_MARGIN))
        high = min(_plus(window.end.replace(tzinfo=None), ZONE_MARGIN - shift), _plus(until, ZONE_MARGIN))
        is_whole = ruler is master and until == _LAST
        is_plain = is_whole and not (exceptions or self.overrides or master.periods)
        lengths = {instant_of(start): length for start, length in master.periods}
        for start in _starts(master, low, high, self.budget):
            length = ruler.lasts
            self.budget.take(_STEPS_OF_A_START)
            if not is_plain:
                key = instant_of(start)
                if key in self.overrides or exceptions.have(start, key, low, high):
                    continue
                if isinstance(start, datetime) and start.date() in self.days:
                    continue
                if not is_whole and not (after < key <= until and low <= wall(start) <= high):
                    continue
                length = lengths.get(key, length)
            begin = start if ruler is master else _shifted(start, shift, ruler)
            yield begin, length.after(begin)

    def _is_gone(self, override: Component, exceptions: "_Exceptions") -> bool:
        if exceptions.named(instant_of(named_by(override, self.series))):
            self.guess("replaces an occurrence that its series has as an exception; left out", override.uid)
            return True
        if self._is_outdated(override, exceptions):
            self.guess("replaces an occurrence of an older version of its series; left out", override.uid)
            return True
        return False

    def _is_outdated(self, override: Component, exceptions: "_Exceptions") -> bool:
        """True if it is left over from an older rule: the master is newer, and has no such occurrence.

        Only those that bring rules or dates along: what some producers copy into every override says which
        version of the series it belonged to.
        """
        named, master = named_by(override, self.series), self.series
        if not master or not override.repeats or override.sequence >= master.sequence:
            return False
        wanted = instant_of(named)
        low, high = _plus(wall(named), -ZONE_MARGIN), _plus(wall(named), ZONE_MARGIN)
        for start in _starts(master, low, high, self.budget):
            key = instant_of(start)
            is_named = key == wanted or (not isinstance(named, datetime) and wall(start).date() == named)
            if is_named and not exceptions.have(start, key, low, high):
                return False
        return True


class _Exceptions:
    """What EXDATE and EXRULE take out of a series."""

    def __init__(self, master: Component, budget: Budget) -> None:
        self._master = master
        self._budget = budget
        self._instants = {instant_of(exdate) for exdate in master.exdates}
        # A date takes out the whole day, also where the event is at a time.
        self._days = {day for day in master.exdates if not isinstance(day, datetime)}
        self._by_rule: dict[tuple[datetime, datetime], set[datetime]] = {}

    def __bool__(self) -> bool:
        return bool(self._instants or self._master.exrules)

    def named(self, key: datetime) -> bool:
        return key in self._instants

    def have(self, start: Moment, key: datetime, low: datetime, high: datetime) -> bool:
        """Whether this occurrence, between `low` and `high` on the clock, is taken out."""
        if key in self._instants or wall(start).date() in self._days:
            return True
        if not self._master.exrules:
            return False
        if (low, high) not in self._by_rule:
            found = {
                instant_of(excluded)
                for rule, until in self._master.exrules
                for excluded in _starts_of(rule, until, self._master, low, high, self._budget)
            }
            self._by_rule[low, high] = found
        return key in self._by_rule[low, high]


def named_by(override: Component, series: Component | None) -> Moment:
    """The occurrence that an override names, as the series would: by its date, or by a time with a zone.

    A date, where the series is at a time, names all of that day.
    """
    named = override.recurrence_id
    assert named is not None
    if series is not None and series.all_day:
        return override.recurrence_day or named
    if override.recurrence_id_floats and series is not None and isinstance(named, datetime):
        return named.replace(tzinfo=_zone(series))
    return named


def _zone(series: Component) -> tzinfo | None:
    return series.start.tzinfo if isinstance(series.start, datetime) else None


def _shift(ruler: Component, master: Component) -> timedelta:
    """By how much an override moves its occurrence and, if it reaches further, the later ones."""
    if ruler is master:
        return timedelta(0)
    named = named_by(ruler, master)
    if isinstance(master.start, datetime) and not isinstance(named, datetime):
        named = datetime.combine(named, master.start.timetz())
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


def _starts(master: Component, low: datetime, high: datetime, budget: Budget) -> Iterator[Moment]:
    """All starts from `low` to `high` on the master's clock, and some others."""
    budget.take(1 + len(master.rules) + len(master.rdates) + len(master.periods))
    untils = [until for _, until in master.rules if until]
    if not untils or _instant(master.start) <= max(untils):
        yield master.start
    yield from master.rdates
    yield from (start for start, _ in master.periods)
    for rule, until in master.rules:
        yield from _starts_of(rule, until, master, low, high, budget)


def _starts_of(
    rule: Rule,
    until: datetime | None,
    master: Component,
    low: datetime,
    high: datetime,
    budget: Budget,
) -> Iterator[Moment]:
    for clock in starts(rule, master.first, low, high, budget):
        start = (
            clock.replace(tzinfo=master.start.tzinfo) if isinstance(master.start, datetime) else clock.date()
        )
        if until and _instant(start) > until:
            break
        yield start


def _instant(start: Moment) -> datetime:
    """For comparing with UNTIL, which of an event on dates is a date too."""
    return start if isinstance(start, datetime) else wall(start).replace(tzinfo=UTC)


FEW_STARTS = 20_000


def without_dense_rules(component: Component, window: Timespan) -> tuple[Component, tuple[Timespan, ...]]:
    """The component without the rules that can't be followed, and when it is busy because of them."""
    if not any(_is_dense(rule) for rule, _ in (*component.rules, *component.exrules)):
        return component, ()
    kept: list[tuple[Rule, datetime | None]] = []
    solid: list[Timespan] = []
    first = component.start if isinstance(component.start, datetime) else component.first.replace(tzinfo=UTC)
    for rule, until in component.rules:
        end = _end(rule, until, component, first, window)
        if not _is_dense(rule) or (_has_end(rule, until) and (end - first) // _step(rule) <= FEW_STARTS):
            kept.append((rule, until))
        elif first < end:
            solid.append(Timespan(first, end))
    exrules = tuple((rule, until) for rule, until in component.exrules if not _is_dense(rule))
    return replace(component, rules=tuple(kept), exrules=exrules), tuple(solid)


def _is_dense(rule: Rule) -> bool:
    return _step(rule) < timedelta(hours=1)


def _step(rule: Rule) -> timedelta:
    """The mean time between two starts, where nothing but the time of day restricts them."""
    if rule.freq >= Freq.MINUTELY:
        return _period(rule)
    if rule.freq is Freq.HOURLY:
        return _period(rule) / (len(rule.minutes) * len(rule.seconds))
    return timedelta(days=1) / (len(rule.hours) * len(rule.minutes) * len(rule.seconds))


def _period(rule: Rule) -> timedelta:
    return timedelta(seconds=SECONDS.get(rule.freq, 86_400) * rule.interval)


def _has_end(rule: Rule, until: datetime | None) -> bool:
    return until is not None or rule.count is not None


def _end(
    rule: Rule, until: datetime | None, component: Component, first: datetime, window: Timespan
) -> datetime:
    """When the rule's last occurrence in the window is over at the latest."""
    end = min(until + component.length, window.end) if until else window.end
    if rule.count is None or rule.restricts_days or rule.freq < Freq.DAILY:
        return end
    if rule.freq > Freq.DAILY and (rule.hours or (rule.freq >= Freq.MINUTELY and rule.minutes)):
        return end
    if rule.count < (window.end - first) // _period(rule):
        return min(end, first + _period(rule) * max(rule.count, 1) + component.length)
    return end
