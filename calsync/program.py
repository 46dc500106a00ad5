"""What a config says about a plan: the weeks to follow, when strength may be, which numbers count.

Decides which week follows which template. Knows nothing of files, and nothing of where sessions go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from calsync.training import WEEKDAYS, Experience, TimeRange, Week, Weekday


@dataclass(frozen=True, slots=True)
class Availability:
    """When strength may be placed. `ranges` has seven entries, Monday first."""

    ranges: tuple[tuple[TimeRange, ...], ...]
    prefer_times: tuple[TimeRange, ...] = ()
    buffer: timedelta = timedelta(minutes=15)
    notice: timedelta = timedelta(hours=12)

    def on(self, day: date) -> tuple[TimeRange, ...]:
        return self.ranges[day.weekday()]


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the training rules that a runner may change."""

    hours_apart: timedelta = timedelta(hours=3)
    min_days_apart: int = 2
    short_on_time: bool = False
    experience: Experience = Experience.REGULAR


@dataclass(frozen=True, slots=True)
class Pause:
    """Days without runs and strength, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Race:
    """The race that a plan leads to. `start` is a minute of the day, None for the usual time of that weekday.

    `weeks` names the templates of the last weeks up to the race's.
    """

    day: date
    title: str = "Race"
    start: int | None = None
    minutes: int = 120
    weeks: tuple[str, ...] = ()

    def template_of(self, week: Week) -> str | None:
        """The name of that week's template, if `weeks` reaches back to it."""
        ahead = week.until(Week.of(self.day))
        return self.weeks[-1 - ahead] if 0 <= ahead < len(self.weeks) else None


@dataclass(frozen=True, slots=True)
class UsualStart:
    """When a run starts whose template names no time: a minute of the day, or a range to look in."""

    default: int | TimeRange = 7 * 60
    days: Mapping[Weekday, int | TimeRange] = field(default_factory=dict)

    def on(self, day: date) -> int | TimeRange:
        return self.days.get(WEEKDAYS[day.weekday()], self.default)


@dataclass(frozen=True, slots=True)
class Program:
    """Which template each week follows, and all that the config says about planning.

    `weeks` names templates and repeats from the week of `start`; the race's last weeks come before that, and
    `overrides` wins for single weeks.
    """

    start: date
    weeks: tuple[str, ...]
    availability: Availability
    rules: Rules = Rules()
    horizon: int = 4
    usual_start: UsualStart = UsualStart()
    overrides: Mapping[Week, str] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    race: Race | None = None

    def template_of(self, week: Week) -> str:
        """The name of that week's template; `week` must not lie before the plan's first."""
        number = Week.of(self.start).until(week)
        if number < 0:
            raise ValueError(f"{week} lies before the plan's first week")
        of_race = self.race.template_of(week) if self.race else None
        return self.overrides.get(week) or of_race or self.weeks[number % len(self.weeks)]

    def horizon_weeks(self, today: date) -> tuple[Week, ...]:
        """The weeks that a plan covers, the one of `today` or of `start` first."""
        first = max(Week.of(today), Week.of(self.start))
        return tuple(first.plus(n) for n in range(self.horizon))

    def is_paused(self, day: date) -> bool:
        return any(day in pause for pause in self.pauses)
