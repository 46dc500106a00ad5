"""The events of one UID: at which times they are, overrides and exceptions applied.

Decides as recurring-ical-events does, on purpose to the letter: of several masters the one with the highest
SEQUENCE counts, an override replaces the occurrence it names wherever it moved to, and counts without a
master too. Two things are not decided here: RANGE=THISANDFUTURE and outdated overrides that repeat are
`full`'s. Knows no zone of the plan: dates stay dates.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from calsync.feeds.event import Component, wall
from calsync.feeds.ics import Moment
from calsync.feeds.recurrence import SECONDS, Freq, Rule, starts
from calsync.timespan import Timespan

# --- series -----------------------------------------------------------------------------------------------


Occurrence = tuple[Moment, Moment]

ZONE_MARGIN = timedelta(days=2)
"""No clock on earth is further from UTC."""


@dataclass(frozen=True, slots=True)
class Series:
    """What is left of the events of one UID when outdated ones are gone."""

    master: Component | None
    overrides: dict[datetime, Component]
    """By the ids of the occurrence that each replaces, see `ids`."""

    is_plain: bool
    """False if `occurrences` can't tell the times, see the top."""


def series(components: Iterable[Component]) -> Series:
    master: Component | None = None
    overrides: dict[datetime, Component] = {}
    reaching = False
    for component in components:
        if component.recurrence_id is None:
            if master is None or component.sequence > master.sequence:
                master = component
            continue
        reaching = reaching or component.this_and_future
        for key in ids(component.recurrence_id):
            if key not in overrides or component.sequence > overrides[key].sequence:
                overrides[key] = component
    outdated = any(
        override.sequence < master.sequence and override.repeats for override in overrides.values() if master
    )
    return Series(master, overrides, not (reaching or outdated))


def ids(instant: Moment) -> tuple[datetime, ...]:
    """What an occurrence is known by: its time in UTC and on its own clock; producers write either."""
    if isinstance(instant, datetime) and instant.tzinfo is not UTC:
        return instant.astimezone(UTC).replace(tzinfo=None), instant.replace(tzinfo=None)
    return (wall(instant),)


def occurrences(of: Series, window: Timespan) -> Iterator[Occurrence]:
    """Start and end of what is busy in the window, and of some that end shortly before or begin after it."""
    excluded: set[datetime] = set()
    if of.master:
        excluded = {key for exdate in of.master.exdates for key in ids(exdate)}
        if not of.master.free:
            yield from _of_master(of.master, excluded, of.overrides, window)
    for override in {id(override): override for override in of.overrides.values()}.values():
        if not override.free and override.recurrence_id and excluded.isdisjoint(ids(override.recurrence_id)):
            yield override.start, override.end


def _of_master(
    master: Component, excluded: set[datetime], overrides: dict[datetime, Component], window: Timespan
) -> Iterator[Occurrence]:
    days_off = {day for day in master.exdates if not isinstance(day, datetime)}
    lengths = {key: length for start, length in master.periods for key in ids(start)}
    for start in _starts(master, window, max([master.length, *lengths.values()])):
        length = master.length
        if excluded or overrides or lengths:
            keys = ids(start)
            if not excluded.isdisjoint(keys) or wall(start).date() in days_off:
                continue
            if any(key in overrides for key in keys):
                continue
            for key in keys:
                length = lengths.get(key, length)
        yield start, start + length


def _starts(master: Component, window: Timespan, longest: timedelta) -> Iterator[Moment]:
    low = window.start.replace(tzinfo=None) - ZONE_MARGIN - longest
    high = window.end.replace(tzinfo=None) + ZONE_MARGIN
    untils = [until for _, until in master.rules if until]
    if not untils or _instant(master.start) <= max(untils):
        yield master.start
    yield from master.rdates
    yield from (start for start, _ in master.periods)
    for rule, until in master.rules:
        for time in starts(rule, master.first, low, high):
            start = (
                time.replace(tzinfo=master.start.tzinfo)
                if isinstance(master.start, datetime)
                else time.date()
            )
            if until and _instant(start) > until:
                break
            yield start


def _instant(moment: Moment) -> datetime:
    """For comparing with UNTIL, which of an event on dates is a date too."""
    return moment if isinstance(moment, datetime) else wall(moment).replace(tzinfo=UTC)


# --- dense ------------------------------------------------------------------------------------------------


FEW_STARTS = 20_000


def without_dense_rules(component: Component, window: Timespan) -> tuple[Component, tuple[Timespan, ...]]:
    """The component without the rules that can't be followed, and when it is busy because of them."""
    if not any(_is_dense(rule) for rule, _ in component.rules):
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
    return replace(component, rules=tuple(kept)), tuple(solid)


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
