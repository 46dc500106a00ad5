"""A week template on its dates: the runs and the strength sessions that a week wants.

Decides keys, dates and order. Knows nothing of when a run starts (runs.py) or where a session goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from calsync.checkin import CheckIn, acting_on
from calsync.event import race_key, run_key, session_key
from calsync.planning.platform import FeedWeek
from calsync.planning.progression import Adjusted, adjust, eases_a_run, min_days_apart
from calsync.planning.words import date_name
from calsync.program import Program, Race
from calsync.training import WEEKDAYS, Effort, Kind, Load, Run, Session, Week, Weekday, WeekTemplate


@dataclass(frozen=True, slots=True)
class WantedRun:
    """A run on its date; `run` is the template's, or a training platform's if it is `from_feed`."""

    key: str
    day: date
    run: Run
    from_feed: bool = False

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
    """A week with what it asks for.

    Where `follows_feed`, the runs are a training platform's, and `template` is the week's own with them.
    """

    week: Week
    template: WeekTemplate
    runs: tuple[WantedRun, ...]
    sessions: tuple[WantedSession, ...]
    min_days_apart: int
    adjusted: Adjusted
    follows_feed: bool = False

    def is_rest(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.template.rest

    def is_strength_day(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.template.strength_days


def wanted_week(
    week: Week,
    program: Program,
    templates: Mapping[str, WeekTemplate],
    checkins: Sequence[CheckIn] = (),
    feed: FeedWeek | None = None,
) -> WantedWeek:
    """What `week` asks for.

    `templates` holds every template that `program` names, by that name; `feed` is what a training platform
    says of this week.
    """
    template = templates[program.template_of(week)]
    if feed is not None:
        template = feed.on(template)
    checkin = acting_on(week, checkins)
    lists = "the training feed" if feed and feed.strength else template.name
    adjusted = adjust(template, week, program, checkin, lists)
    follows_feed = feed is not None and bool(feed.runs)
    runs = _runs_on_dates(week, template, program, from_feed=follows_feed)
    return WantedWeek(
        week=week,
        template=template,
        runs=tuple(_eased(runs, checkin) if checkin and eases_a_run(checkin) else runs),
        sessions=tuple(_number(week, adjusted.sessions)),
        min_days_apart=min_days_apart(program, checkin),
        adjusted=adjusted,
        follows_feed=follows_feed,
    )


def _runs_on_dates(
    week: Week, template: WeekTemplate, program: Program, *, from_feed: bool
) -> list[WantedRun]:
    runs: list[WantedRun] = []
    race = program.race
    seen: dict[Weekday, int] = {}
    for run in template.runs:
        seen[run.day] = seen.get(run.day, 0) + 1
        day = week.days[run.day.number]
        if not program.is_paused(day) and not (race and race.day == day):
            runs.append(WantedRun(run_key(week, run.day, seen[run.day]), day, run, from_feed))
    if race and Week.of(race.day) == week and not program.is_paused(race.day):
        run = _race_run(race)
        runs.append(WantedRun(race_key(week, run.day), race.day, run))
    return runs


def _race_run(race: Race) -> Run:
    return Run(WEEKDAYS[race.day.weekday()], Kind.RACE, race.minutes, race.title, race.start)


def _eased(runs: Sequence[WantedRun], checkin: CheckIn) -> list[WantedRun]:
    """The last hard run becomes easy, unless it was run before anybody said how it felt."""
    hard = [run for run in runs if run.effort is Effort.HARD]
    last = max(hard, key=lambda run: (run.day, runs.index(run)), default=None)
    if last is None or last.day < checkin.day:
        return list(runs)
    was = last.run.title or last.kind
    easy = replace(
        last.run,
        kind=Kind.EASY,
        title=f"Easy run (instead of {was})",
        # The calendar may be shared: what the signs were is nobody else's business.
        notes=f"Easy all the way, after the check-in of {date_name(checkin.day)}.",
    )
    return [replace(run, run=easy) if run is last else run for run in runs]


def _number(week: Week, sessions: tuple[Session, ...]) -> list[WantedSession]:
    return [
        WantedSession(session_key(week, n), n, s.routine, s.load, s.minutes, s.shortest)
        for n, s in enumerate(sessions, start=1)
    ]
