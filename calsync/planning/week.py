"""A week template on its dates: the runs and the strength sessions that a week wants.

Decides keys, dates and order. Knows nothing of when a run starts (runs.py) or where a session goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from calsync.event import run_key, session_key
from calsync.planning.progression import Adjusted, adjust
from calsync.program import Program
from calsync.training import WEEKDAYS, Effort, Kind, Load, Run, Session, Week, Weekday, WeekTemplate


@dataclass(frozen=True, slots=True)
class WantedRun:
    """A run on its date; `run` is the template's."""

    key: str
    day: date
    run: Run

    @property
    def kind(self) -> Kind:
        return self.run.kind

    @property
    def effort(self) -> Effort:
        return self.run.kind.effort


@dataclass(frozen=True, slots=True)
class WantedSession:
    """A strength session that a week wants, after the progressions. Lengths in minutes.

    `number` counts from 1 in the order of the template.
    """

    key: str
    number: int
    routine: str
    load: Load
    minutes: int
    shortest: int

    @property
    def lengths(self) -> tuple[int, ...]:
        """The wanted length, then the shortest if that differs."""
        return (self.minutes,) if self.minutes == self.shortest else (self.minutes, self.shortest)


@dataclass(frozen=True, slots=True)
class WantedWeek:
    week: Week
    template: WeekTemplate
    runs: tuple[WantedRun, ...]
    sessions: tuple[WantedSession, ...]
    min_days_apart: int
    adjusted: Adjusted

    def is_rest(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.template.rest

    def is_strength_day(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.template.strength_days


def wanted_week(week: Week, program: Program, templates: Mapping[str, WeekTemplate]) -> WantedWeek:
    """What `week` asks for. `templates` holds every template that `program` names, by that name."""
    template = templates[program.template_of(week)]
    adjusted = adjust(template, week, program)
    return WantedWeek(
        week=week,
        template=template,
        runs=tuple(_runs_on_dates(week, template, program)),
        sessions=tuple(_number(week, adjusted.sessions)),
        min_days_apart=max(2, program.rules.min_days_apart),
        adjusted=adjusted,
    )


def _runs_on_dates(week: Week, template: WeekTemplate, program: Program) -> list[WantedRun]:
    runs: list[WantedRun] = []
    seen: dict[Weekday, int] = {}
    for run in template.runs:
        seen[run.day] = seen.get(run.day, 0) + 1
        day = week.days[run.day.number]
        if not program.is_paused(day):
            runs.append(WantedRun(run_key(week, run.day, seen[run.day]), day, run))
    return runs


def _number(week: Week, sessions: tuple[Session, ...]) -> list[WantedSession]:
    return [
        WantedSession(session_key(week, n), n, s.routine, s.load, s.minutes, s.shortest)
        for n, s in enumerate(sessions, start=1)
    ]
