"""The training platform's feed of the config: its workouts.

Decides how several files become one feed. Where the feed is and what stands in for it is `place`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.feeds.answers import NotACalendar
from calsync.feeds.limits import DEFAULT_LIMITS, Limits
from calsync.feeds.place import Place, Progress
from calsync.feeds.platform.reading import PlatformFeed, PlatformReading, read_workouts


@dataclass(frozen=True, slots=True)
class PlatformSource:
    """A feed at a URL or in a file, or feeds in a folder (see Place).

    Raises ConfigError for a URL that may not be used.
    """

    path: Path | None = None
    url: str | None = None
    reading: PlatformReading = field(default_factory=PlatformReading)
    use_cache_on_error: bool = True
    max_age: timedelta = timedelta(days=7)
    limits: Limits = DEFAULT_LIMITS
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        place = Place(
            "training feed", self.path, self.url, self.use_cache_on_error, self.max_age, self.limits
        )
        object.__setattr__(self, "place", place)

    def workouts(
        self,
        first: date,
        last: date,
        zone: ZoneInfo,
        now: datetime,
        cache: Path | None,
        progress: Progress | None = None,
    ) -> PlatformFeed:
        """The workouts from `first` to `last`, both included.

        `cache` is a folder for the last good copy; without one nothing is remembered.

        Raises SourceUnavailable.
        """

        def read(content: str, load: Callable[[], bytes]) -> PlatformFeed:
            return read_workouts(load(), first, last, zone, self.reading)

        if self.url is not None:
            fetched = self.place.fetch(now, cache, read, progress)
            if not fetched.stands_in:
                return fetched.result
            warnings = (fetched.stands_in, *fetched.result.warnings)
            return replace(fetched.result, warnings=warnings, stands_in=True)
        feeds = []
        for name, body in self.place.files():
            try:
                feeds.append(read_workouts(body, first, last, zone, self.reading))
            except NotACalendar as error:
                raise self.place.unavailable(f"{name}: {error}") from error
        workouts = [workout for feed in feeds for workout in feed.workouts]
        warnings = tuple(warning for feed in feeds for warning in feed.warnings)
        return PlatformFeed(tuple(sorted(workouts, key=lambda workout: workout.day)), warnings)
