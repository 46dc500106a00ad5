"""What is to be trained beside the templates: a training platform's feed, and what check-ins say.

Decides what the runner is told of a feed: what was not understood, what was left out, where it says nothing.
Knows nothing of how a feed is read, nor of where sessions go.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from calsync.checkin import CheckIn
from calsync.config_training import FeedSettings
from calsync.planning.platform import LONG_FROM, FeedWeek, feed_weeks, routine_name, with_what_is_over
from calsync.planning.rules import LONGEST_SESSION
from calsync.planning.words import date_name
from calsync.training import Routine, Week
from calsync.workout import Sort, Workout

if TYPE_CHECKING:
    from calsync.cli.gather import Setup
    from calsync.feeds.platform.reading import PlatformFeed

_WHO = "training feed"


@dataclass(frozen=True, slots=True)
class Training:
    """Check-ins, and the weeks of a feed. `routines` are the feed's strength workouts, by name.

    `warnings` and `notices` are pairs of a code and a text: a warning wants somebody to act. `trouble` is the
    part of them that a quiet push repeats.
    """

    checkins: tuple[CheckIn, ...] = ()
    feed: Mapping[Week, FeedWeek] = field(default_factory=dict)
    routines: Mapping[str, Routine] = field(default_factory=dict)
    warnings: tuple[tuple[str, str], ...] = ()
    notices: tuple[tuple[str, str], ...] = ()
    trouble: tuple[str, ...] = ()


def read_training(setup: "Setup", now: datetime, show: Callable[[str], None]) -> Training:
    """Raises SourceUnavailable if the feed has no answer and no usable copy, Unavailable for check-ins."""
    checkins = setup.state.checkins()
    settings = setup.config.feed
    if settings is None:
        return Training(checkins)
    zone, program = setup.config.zone, setup.config.program
    today = now.astimezone(zone).date()
    horizon = program.horizon_weeks(today)
    # The runs of the week after the horizon count for its last sessions.
    feed = _read_feed(setup, settings, horizon[0].monday, horizon[-1].plus(1).days[-1], now, show)
    workouts = with_what_is_over(feed.workouts, setup.state.workouts(), now.astimezone(zone), program)
    setup.state.save_workouts(workout for workout in workouts if Week.of(workout.day) == horizon[0])
    weeks = feed_weeks(workouts, program, setup.templates, takes_strength=settings.takes_strength)
    strength = [w for w in workouts if w.sort is Sort.STRENGTH] if settings.takes_strength else []
    upcoming = [workout for workout in workouts if workout.day >= today]
    without = [week for week in horizon if not _has_runs(weeks.get(week))]
    warnings = list(_warnings(feed, upcoming, settings))
    trouble = [f"{_WHO}: {text}" for text in feed.warnings[:1]] if feed.stands_in else []
    if len(without) == len(horizon):
        # Not a gap, but a feed that has ended or is broken: somebody has to look.
        trouble.append(f"{_WHO}: no runs at all; the templates' are used")
        warnings.append(("feed-empty", trouble[-1]))
        without = []
    race = program.race
    hidden = [w for w in upcoming if w.sort is Sort.RUN and race and w.day == race.day]
    notices = _notices([w for w in upcoming if w not in hidden], hidden, settings, without)
    return Training(
        checkins,
        weeks,
        {routine_name(w): Routine(routine_name(w), w.title, (), w.notes) for w in strength},
        tuple(warnings),
        tuple(notices),
        tuple(trouble),
    )


def _read_feed(
    setup: "Setup",
    settings: FeedSettings,
    first: date,
    last: date,
    now: datetime,
    show: Callable[[str], None],
) -> "PlatformFeed":
    from calsync.feeds.place import Place
    from calsync.feeds.platform.reading import PlatformReading
    from calsync.feeds.platform.source import PlatformSource

    show("reading the training feed …")
    place = Place(_WHO, settings.path, settings.url, settings.use_cache_on_error, settings.max_age)
    source = PlatformSource(place, PlatformReading(settings.kinds, settings.seconds_per_km))
    return source.workouts(first, last, setup.config.zone, now, setup.state.cache, show)


def _has_runs(week: FeedWeek | None) -> bool:
    return week is not None and bool(week.runs)


def _warnings(
    feed: "PlatformFeed", upcoming: Sequence[Workout], settings: FeedSettings
) -> Iterator[tuple[str, str]]:
    for text in feed.warnings:
        yield "training-feed", f"{_WHO}: {text}"
    if unclear := [w for w in upcoming if w.sort is Sort.RUN and w.kind is None]:
        taken = f"taken for easy (from {LONG_FROM} min: long)"
        text = f"{_WHO}: not understood, and {taken}: {_listed(unclear)}; say what they are in "
        yield "feed-not-understood", text + '[plan.feed] kind, such as "Club night" = "intervals"'
    for workout in upcoming if settings.takes_strength else ():
        if workout.sort is Sort.STRENGTH and (workout.minutes or 0) > LONGEST_SESSION:
            text = f"{_WHO}: {workout.title} ({date_name(workout.day)}) takes {workout.minutes} min; "
            yield "short-and-regular", text + "20 to 30 are enough, and it may be shortened to 20"


def _notices(
    upcoming: Sequence[Workout],
    hidden: Sequence[Workout],
    settings: FeedSettings,
    without: Sequence[Week],
) -> Iterator[tuple[str, str]]:
    if hidden:
        yield "feed-race-day", f"{_WHO}: left out, as the race takes their place: {_listed(hidden)}"
    if others := [w for w in upcoming if w.sort is Sort.OTHER]:
        yield "feed-other", f"{_WHO}: left out, as they are no runs: {_listed(others)}"
    strength = [w for w in upcoming if w.sort is Sort.STRENGTH]
    if strength and not settings.takes_strength:
        text = f"{_WHO}: its own strength workouts are left out: {_listed(strength)}; "
        yield "feed-strength", text + '[plan.feed] strength = "feed" places these instead of the template\'s'
    if without:
        weeks = ", ".join(map(str, without))
        yield "feed-no-runs", f"{_WHO}: no runs in {weeks}; the templates' are used"


def _listed(workouts: Iterable[Workout]) -> str:
    """Each title once, with its dates."""
    days: dict[str, list[str]] = {}
    for workout in workouts:
        days.setdefault(workout.title, []).append(date_name(workout.day))
    return ", ".join(f'"{title}" ({", ".join(dates)})' for title, dates in days.items())
