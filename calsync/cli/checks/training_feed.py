"""The training platform's feed: can it be read, and are there runs in it?

Decides that a feed without any runs is suspicious, as plans do. Says no titles.
"""

from datetime import datetime

import msgspec

from calsync.cli.checks.check import Check
from calsync.cli.checks.place import read, refuse_unset, warned, with_more
from calsync.cli.checks.words import counted
from calsync.config import Config
from calsync.config_training import FeedSettings
from calsync.planning.words import date_name
from calsync.state import State
from calsync.workout import Sort


def feed_check(
    config: Config, state: State, settings: FeedSettings, now: datetime, unset: dict[str, str]
) -> Check:
    """Raises SourceUnavailable or ConfigError."""
    from calsync.feeds.place import Place
    from calsync.feeds.platform.reading import PlatformReading, read_workouts
    from calsync.feeds.platform.source import PlatformSource

    refuse_unset(settings.url, unset)
    place = Place("training feed", settings.path, settings.url, settings.use_cache_on_error, settings.max_age)
    reading = PlatformReading(settings.kinds, settings.seconds_per_km)
    today = now.astimezone(config.zone).date()
    weeks = config.program.horizon_weeks(today)
    # With the week after the horizon, as plans read it: its runs count for the last sessions.
    first, last = weeks[0].monday, weeks[-1].plus(1).days[-1]
    feed, check = read(
        Check(name="training feed", text=""),
        place,
        state,
        now,
        config.zone,
        lambda: PlatformSource(place, reading).workouts(first, last, config.zone, now, None),
        lambda body: read_workouts(body, first, last, config.zone, reading),
    )
    runs = [workout for workout in feed.workouts if workout.sort is Sort.RUN]
    following = next((f", next {date_name(run.day)}" for run in runs if run.day >= today), "")
    entries = counted(len(feed.workouts), "entry", "entries")
    check = with_more(
        check, f"{entries} to {date_name(last)}, {counted(len(runs), 'run')} among them{following}"
    )
    check = msgspec.structs.replace(check, events=len(feed.workouts))
    if not runs:
        return warned(check, "the templates' are used", "look whether your plan at the platform has ended")
    if feed.warnings:
        return warned(check, counted(len(feed.warnings), "warning"), "`calsync plan` says which")
    return check
