"""What tells when its owner is busy: can it be read, and what does it say?

Decides when a calendar that can be read is still suspicious. No titles are said.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from calsync.cli.checks.check import Check
from calsync.cli.checks.place import read, refuse_unset, warned, with_more
from calsync.cli.checks.words import busy_next, counted, day, next_of
from calsync.config import Config
from calsync.config_calendars import GoogleBusy, IcsBusy
from calsync.planning.problem import busy_window
from calsync.state import State
from calsync.timespan import Timespan

if TYPE_CHECKING:
    from calsync.cli.connect import Connection


def ics_check(config: Config, state: State, source: IcsBusy, now: datetime, unset: dict[str, str]) -> Check:
    """Raises SourceUnavailable or ConfigError."""
    from calsync.feeds.answers import Reading
    from calsync.feeds.busy import read_busy
    from calsync.feeds.place import Place
    from calsync.feeds.source import IcsSource

    refuse_unset(source.url, unset)
    place = Place(source.name, source.path, source.url, source.use_cache_on_error, source.max_age)
    reading = Reading(source.all_day_busy, source.tentative_busy, source.email, source.ignore)
    window = busy_window(config.program, now, config.zone)
    busy, check = read(
        Check(name="busy", subject=source.name, text=""),
        place,
        state,
        now,
        config.zone,
        lambda: IcsSource(place, reading).busy(window, config.zone, now, None),
        lambda body: read_busy(body, window, config.zone, reading),
    )
    check = with_more(check, counted(busy.events, "event"))
    check = msgspec.structs.replace(_with_spans(check, busy.spans, window, now, config), events=busy.events)
    if busy.warnings:
        trouble = counted(len(busy.warnings), "warning")
        return warned(check, trouble, f"`calsync busy --source {source.name}` says which")
    if not busy.events:
        return warned(check, "it is empty", "look whether it is the calendar that you mean")
    return check


def google_check(config: Config, connection: "Connection", source: GoogleBusy, now: datetime) -> Check:
    """Raises SourceUnavailable, AuthorisationNeeded, Unavailable or ConfigError."""
    window = busy_window(config.program, now, config.zone)
    spans = connection.free_busy([source], window)[source.name]
    check = Check(name="busy", subject=source.name, text=f"Google answers for {', '.join(source.calendars)}")
    return _with_spans(check, spans, window, now, config)


def _with_spans(
    check: Check, spans: Sequence[Timespan], window: Timespan, now: datetime, config: Config
) -> Check:
    ahead = [span for span in spans if span.end > now]
    following = next_of(spans, now)
    stretches = f"{counted(len(ahead), 'busy stretch', 'busy stretches')} to {day(window.end, config.zone)}"
    return msgspec.structs.replace(
        with_more(
            check, f"{stretches}, {busy_next(spans, now, config.zone)}" if ahead else f"no {stretches[2:]}"
        ),
        busy=len(ahead),
        next_busy=following.start.astimezone(config.zone).isoformat() if following else None,
    )
