"""Rules that repeat more often than hourly.

Decides what such a rule says about a person: one that ends soon is followed like any other; the rest would be
hundreds of thousands of starts, and nobody is free between them, so the event is busy from its first start to
its end, or the window's.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from calsync.feeds.component import Component
from calsync.feeds.rules import SECONDS, Freq, Rule
from calsync.timespan import Timespan

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
