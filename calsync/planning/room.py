"""Which days of a week template can carry a strength session, whatever the calendar says.

Decides by A3, A5, A6 and the pair rule of docs/placement.md, with all that a template leaves open at its
best: every hour of the day is available, nothing is busy, and a run without a fixed time is when it suits the
session. So a day that is ruled out here is ruled out in every plan that follows the template as it is
written. Knows nothing of clocks that change, of the plan's race and of check-ins.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calsync.planning.rules import FRESH_LEGS_HOURS, Rule
from calsync.planning.wall import GRID_MINUTES
from calsync.training import WEEKDAYS, Effort, Load, Run, Weekday, WeekTemplate

# The least that `min_days_apart` can be.
DAYS_APART = 2
_DAY = 24 * 60


def efforts_on(template: WeekTemplate, day: Weekday) -> set[Effort]:
    return {run.kind.effort for run in template.runs if run.day is day}


def day_after(day: Weekday) -> Weekday:
    """The next day; after Sunday comes Monday, as weeks follow one another."""
    return WEEKDAYS[(day.number + 1) % len(WEEKDAYS)]


@dataclass(frozen=True, slots=True)
class Room:
    """What a template leaves for strength.

    `minutes_apart` is `hours_apart`. `repeated`: the same week follows; else what follows asks for nothing.
    """

    template: WeekTemplate
    minutes_apart: int
    repeated: bool

    def obstacle(self, day: Weekday, minutes: int, load: Load) -> Rule | None:
        """The rule that rules out most starts of a day; None if one is left."""
        if rule := self._of_day(day, load):
            return rule
        found: Counter[Rule] = Counter()
        for start in range(0, _DAY - minutes + 1, GRID_MINUTES):
            rule = self._of_start(day, start, start + minutes, load)
            if rule is None:
                return None
            found[rule] += 1
        return found.most_common(1)[0][0]

    def holds(self, wanted: Sequence[tuple[int, Load]]) -> bool:
        """Whether sessions of these minutes and loads, in this order, all find a day."""
        days = [
            [day.number for day in WEEKDAYS if self.obstacle(day, minutes, load) is None]
            for minutes, load in wanted
        ]
        return not days or any(self._holds_from(first, days[1:]) for first in days[0])

    def _holds_from(self, first: int, days: Sequence[Sequence[int]]) -> bool:
        last = first
        for allowed in days:
            # The earliest day is never a worse choice: it leaves most to those that follow.
            after = next((day for day in allowed if day >= last + DAYS_APART), None)
            if after is None:
                return False
            last = after
        # Weeks may differ, but if each of them needs both Monday and Sunday, two in a row clash; and one that
        # doesn't can be repeated as it is.
        return not self.repeated or first + len(WEEKDAYS) - last >= DAYS_APART

    def _of_day(self, day: Weekday, load: Load) -> Rule | None:
        """A5, for the whole day."""
        efforts = efforts_on(self.template, day)
        tomorrow = {run.kind.effort for after, run in self._later(day) if after == 1}
        if Effort.RACE in efforts | tomorrow:
            return Rule.RACE_DAY
        if day in self.template.rest and not (self.template.rest_allows_light and load is Load.LIGHT):
            return Rule.REST_DAY
        if Effort.LONG in efforts and load is not Load.LIGHT:
            return Rule.LONG_RUN_DAY
        if Effort.HARD in efforts and load is Load.HEAVY:
            return Rule.CONTROLLED
        return None

    def _of_start(self, day: Weekday, start: int, end: int, load: Load) -> Rule | None:
        """A3, A5 and A6, for minutes of the day."""
        for run in self.template.runs:
            first, last = starts_of(run)
            if run.day is day and run.kind.effort.wants_fresh_legs:
                if start < first + run.minutes + self.minutes_apart:
                    return Rule.HOURS_APART
            # From its last start to its first end the run is under way whenever it begins; also one that
            # began the day before.
            elif run.day.number in (day.number, day.number - 1):
                offset = (run.day.number - day.number) * _DAY
                if start < offset + first + run.minutes and offset + last < end:
                    return Rule.RUN
        for after, run in self._later(day):
            _, last = starts_of(run)
            if run.kind.effort.wants_fresh_legs and after * _DAY + last - end < FRESH_LEGS_HOURS[load] * 60:
                return Rule.FRESH_LEGS
        return None

    def _later(self, day: Weekday) -> Iterator[tuple[int, Run]]:
        """The runs of the days after `day`, with how many days after."""
        for run in self.template.runs:
            after = run.day.number - day.number
            if after > 0:
                yield after, run
            elif self.repeated:
                yield after + len(WEEKDAYS), run


def starts_of(run: Run) -> tuple[int, int]:
    """The first and the last minute of the day at which a run may start."""
    if run.start is not None:
        return run.start, run.start
    if not run.between:
        return 0, _DAY - 1
    # Where no range has room, the run stands at the start of the first.
    starts = [run.between[0].start]
    for times in run.between:
        if times.end - times.start >= run.minutes:
            starts += [times.start, times.end - run.minutes]
    return min(starts), max(starts)
