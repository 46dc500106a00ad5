"""The training platform's feed of the config: its workouts.

Decides how several files become one feed. Where the feed is and what stands in for it is `place`'s.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from calsync.feeds.answers import NotACalendar
from calsync.feeds.place import Place, Progress
from calsync.feeds.workouts import PlatformFeed, PlatformReading, read_workouts
from calsync.state import Cache
from calsync.training import Workout


@dataclass(frozen=True, slots=True)
class PlatformSource:
    """The feed of the config, and how its entries are read."""

    place: Place
    reading: PlatformReading = field(default_factory=PlatformReading)

    def workouts(
        self,
        first: date,
        last: date,
        zone: ZoneInfo,
        now: datetime,
        cache: Cache | None,
        progress: Progress | None = None,
    ) -> PlatformFeed:
        """The workouts from `first` to `last`, both included.

        `cache` keeps the last good copy; without one nothing is remembered.

        Raises SourceUnavailable.
        """

        def read(content: str, load: Callable[[], bytes]) -> PlatformFeed:
            return read_workouts(load(), first, last, zone, self.reading)

        if self.place.url is not None:
            fetched = self.place.fetch(now, cache, read, progress, lambda feed: not feed.has_runs)
            if not fetched.stands_in:
                return fetched.result
            warnings = (fetched.stands_in, *fetched.result.warnings)
            return replace(fetched.result, warnings=warnings, stands_in=True)
        feeds = []
        for name, body in self.place.files():
            try:
                feeds.append(read_workouts(body, first, last, zone, self.reading))
            except NotACalendar as error:
                raise self.place.unavailable(f"{self.place.file(name)}: {error}") from error
        warnings = tuple(warning for feed in feeds for warning in feed.warnings)
        return PlatformFeed(_all_of(feeds), warnings)


def _all_of(feeds: Sequence[PlatformFeed]) -> tuple[Workout, ...]:
    """The workouts of all files. What stands in two of them is one: they are exports of the same plan."""
    count: Counter[Workout] = Counter()
    for feed in feeds:
        count |= Counter(feed.workouts)
    return tuple(sorted(count.elements(), key=attrgetter("order")))
