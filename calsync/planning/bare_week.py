"""What the week of a template leaves for strength, before there is a calendar: lint asks here."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from calsync.planning.days import (
    Ban,
    against_day,
    during_run,
    seconds_of_fresh_legs,
    soon_after_run,
    within_hours_apart,
    without_fresh_legs,
)
from calsync.planning.rules import LEAST_DAYS_APART, Rule
from calsync.planning.wall import GRID_MINUTES
from calsync.planning.week import ANYWHERE, Where
from calsync.program import CrossTraining, FreshLegs, Run, Session, WeekTemplate
from calsync.training import WEEKDAYS, Effort, Load, Weekday

DAY_MINUTES = 24 * 60


def efforts_on(template: WeekTemplate, day: Weekday) -> set[Effort]:
    """What the runs and other sports of a day ask of the legs."""
    return {one.kind.on_legs for one in template.training if one.day is day}


@dataclass(frozen=True, slots=True)
class BareWeek:
    """A template's week with nothing in it but its runs, each at the time that leaves most.

    `minutes_apart` is `hours_apart`, `after_run` is in minutes, too. `repeated`: the same week follows; else
    what follows asks for nothing.
    """

    template: WeekTemplate
    minutes_apart: int
    repeated: bool
    after_run: int = 0
    fresh_legs: FreshLegs = field(default_factory=FreshLegs)

    def obstacle_of(self, session: Session, day: Weekday) -> Rule | None:
        """The same for a session of the template, at its shortest."""
        return self.obstacle(day, session.shortest, session.load, Where.of(session))

    def obstacle(self, day: Weekday, minutes: int, load: Load, where: Where = ANYWHERE) -> Rule | None:
        """The rule that rules out most starts of a day; None if one is left."""
        if where.days and day not in where.days:
            return Rule.AVAILABILITY
        efforts = efforts_on(self.template, day)
        tomorrow = {run.kind.on_legs for after, run in self._later(day) if after == 1}
        if rule := next(against_day(self.template, day, load, efforts, tomorrow), None):
            return rule
        found: Counter[Rule] = Counter()
        bans = tuple(self._bans(day, minutes * 60, load, where.travel))
        within = [(times.start, times.end) for times in where.between] or [(0, DAY_MINUTES)]
        for minute in range(0, DAY_MINUTES - minutes + 1, GRID_MINUTES):
            if any(first <= minute <= last - minutes for first, last in within):
                rule = next((ban.rule for ban in bans if ban.first <= minute * 60 <= ban.last), None)
                if rule is None:
                    return None
                found[rule] += 1
        return found.most_common(1)[0][0] if found else Rule.AVAILABILITY

    def against(self, day: Weekday, minute: int, session: Session) -> tuple[Rule, ...]:
        """The rules that would leave no session at that minute of the day."""
        efforts = efforts_on(self.template, day)
        tomorrow = {run.kind.on_legs for after, run in self._later(day) if after == 1}
        bans = self._bans(day, session.minutes * 60, session.load, Where.of(session).travel)
        rules = [
            *against_day(self.template, day, session.load, efforts, tomorrow),
            *(ban.rule for ban in bans if ban.first <= minute * 60 <= ban.last),
        ]
        return tuple(dict.fromkeys(rules))

    def holds(self, sessions: Sequence[Session]) -> bool:
        """Whether the sessions, in this order, all find a day. Classes have one, and keep the others away."""
        classes = [session.day.number for session in sessions if session.day is not None]
        days = [
            [
                day.number
                for day in WEEKDAYS
                if self.obstacle_of(session, day) is None
                and all(self._are_apart(day.number, other) for other in classes)
            ]
            for session in sessions
            if not session.is_class
        ]
        return not days or any(self._holds_from(first, days[1:]) for first in days[0])

    def _are_apart(self, day: int, other: int) -> bool:
        apart = abs(day - other)
        return apart >= LEAST_DAYS_APART and (not self.repeated or 7 - apart >= LEAST_DAYS_APART)

    def _holds_from(self, first: int, days: Sequence[Sequence[int]]) -> bool:
        last = first
        for allowed in days:
            # The earliest day is never a worse choice: it leaves most to those that follow.
            after = next((day for day in allowed if day >= last + LEAST_DAYS_APART), None)
            if after is None:
                return False
            last = after
        # Weeks may differ, but if each of them needs both Monday and Sunday, two in a row clash; and one that
        # doesn't can be repeated as it is.
        return not self.repeated or first + len(WEEKDAYS) - last >= LEAST_DAYS_APART

    def _bans(self, day: Weekday, length: int, load: Load, travel: int = 0) -> Iterator[Ban]:
        """A3, and of A5 and A6 what runs do, in seconds of the day."""
        for run in self.template.training:
            first, last = starts_of(run)
            offset = (run.day.number - day.number) * DAY_MINUTES
            first_end = (offset + first + run.minutes) * 60
            if run.day is day and run.kind.on_legs.wants_fresh_legs:
                yield within_hours_apart(first_end, self.minutes_apart * 60)
            # From its last start to its first end the run is under way whenever it begins; also one that
            # began the day before.
            elif run.day.number in (day.number, day.number - 1):
                yield during_run((offset + last) * 60 - travel, first_end, length)
            if run.day.number in (day.number, day.number - 1):
                yield soon_after_run(first_end, self.after_run * 60 + travel)
        fresh = seconds_of_fresh_legs(self.fresh_legs)[load]
        for after, run in self._later(day):
            if run.kind.on_legs.wants_fresh_legs:
                _, last = starts_of(run)
                yield without_fresh_legs((after * DAY_MINUTES + last) * 60, length, fresh)

    def _later(self, day: Weekday) -> Iterator[tuple[int, Run | CrossTraining]]:
        """The runs, and other sports, of the days after `day`, with how many days after."""
        for run in self.template.training:
            after = run.day.number - day.number
            if after > 0:
                yield after, run
            elif self.repeated:
                yield after + len(WEEKDAYS), run


def starts_of(run: Run | CrossTraining) -> tuple[int, int]:
    """The first and the last minute of the day at which it may start."""
    if run.start is not None:
        return run.start, run.start
    if not run.between:
        return 0, DAY_MINUTES - 1
    # Where no range has room, the run stands at the start of the first.
    starts = [run.between[0].start]
    for times in run.between:
        for later, part in enumerate(times.parts):
            if part.end - part.start >= run.minutes:
                starts += [later * DAY_MINUTES + part.start, later * DAY_MINUTES + part.end - run.minutes]
    return min(starts), max(starts)
