"""What a training platform's feed asks of the weeks: its workouts in the place of a template's runs.

Decides which workouts are a week's runs, how long one is of which the feed doesn't say it, and what a feed
week keeps of its template. Knows nothing of feeds: how a workout is read is feeds/platform's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter

from calsync.planning.words import date_name
from calsync.program import Program
from calsync.training import WEEKDAYS, Effort, Kind, Load, Run, Session, Week, Weekday, WeekTemplate
from calsync.workout import Sort, Workout

# In a platform's feed an easy run of this many minutes is the week's long run, whatever it is called.
LONG_FROM = 90
# For a run of which neither the feed nor the week's template says how long it is.
_USUAL_SESSION = 30
_USUAL_MINUTES = {Effort.EASY: 45, Effort.HARD: 60, Effort.LONG: 90, Effort.RACE: 120}


@dataclass(frozen=True, slots=True)
class FeedWeek:
    """What a feed says of a week. Without `runs` the template's stay, and without `strength` its sessions."""

    runs: tuple[Run, ...] = ()
    strength: tuple[Session, ...] = ()
    rest: tuple[Weekday, ...] = ()

    def on(self, template: WeekTemplate) -> WeekTemplate:
        """`template` with what the feed says instead. A day with a run is no rest day, whoever says so."""
        runs = self.runs or template.runs
        running = {run.day for run in runs}
        rest = {*template.rest, *self.rest} - running
        return replace(
            template,
            runs=runs,
            strength=self.strength or template.strength,
            rest=tuple(day for day in WEEKDAYS if day in rest),
        )


NO_FEED: Mapping[Week, FeedWeek] = {}


def feed_weeks(
    workouts: Iterable[Workout],
    program: Program,
    templates: Mapping[str, WeekTemplate],
    *,
    takes_strength: bool,
) -> dict[Week, FeedWeek]:
    """The weeks of which a feed says something. `templates` holds every template that `program` names."""
    by_week: dict[Week, list[Workout]] = {}
    for workout in workouts:
        if (week := Week.of(workout.day)) >= Week.of(program.start):
            by_week.setdefault(week, []).append(workout)
    return {
        week: _feed_week(found, templates[program.template_of(week)], takes_strength=takes_strength)
        for week, found in by_week.items()
    }


def with_what_is_over(
    feed: Iterable[Workout], before: Iterable[Workout], now: datetime, program: Program
) -> tuple[Workout, ...]:
    """`feed`, and what it no longer has of what was over by `now`, a time of the plan's zone.

    `before` is what it said of these days the last time. Some feeds drop what is done; then the second run
    of a day would become its first, and a week that is nearly over would seem to have none.
    """
    found = list(feed)
    for sort in (Sort.RUN, Sort.STRENGTH):
        known = [w for w in before if w.sort is sort]
        over = [w for w in known if _has_begun(w, now, program)]
        for day in dict.fromkeys(w.day for w in over):
            here = {w.title for w in found if w.sort is sort and w.day == day}
            to_come = {w.title for w in known if w.day == day and w not in over}
            done = [w for w in over if w.day == day]
            # What is new there may be one that was done: platforms give it another title.
            instead = len(here - to_come)
            found += [w for w in done if w.title not in here][: max(0, len(done) - instead)]
    return tuple(sorted(found, key=attrgetter("order")))


def _has_begun(workout: Workout, now: datetime, program: Program) -> bool:
    if workout.start is not None:
        minute = workout.start
    else:
        usual = program.usual_start.on(workout.day)
        minute = usual if isinstance(usual, int) else usual.start
    return (workout.day, minute) <= (now.date(), now.hour * 60 + now.minute)


def _feed_week(workouts: Sequence[Workout], template: WeekTemplate, *, takes_strength: bool) -> FeedWeek:
    # The order decides the runs' keys. UIDs have no part in it: Runna's change when a workout is done.
    ordered = sorted(workouts, key=attrgetter("order"))
    strength = [w for w in ordered if w.sort is Sort.STRENGTH] if takes_strength else []
    return FeedWeek(
        runs=tuple(_run(w, template) for w in ordered if w.sort is Sort.RUN),
        strength=tuple(_session(w) for w in strength),
        rest=tuple(dict.fromkeys(_weekday(w.day) for w in ordered if w.sort is Sort.REST)),
    )


def _run(workout: Workout, template: WeekTemplate) -> Run:
    # What was not understood is never guessed to be hard.
    kind = workout.kind or Kind.EASY
    if kind.effort is Effort.EASY and (workout.minutes or 0) >= LONG_FROM:
        kind = Kind.LONG
    minutes = workout.minutes or _usual_minutes(kind, template)
    return Run(_weekday(workout.day), kind, minutes, workout.title, workout.start, notes=workout.notes)


def _usual_minutes(kind: Kind, template: WeekTemplate) -> int:
    """As long as the template's run of that kind, or else of that effort."""
    same_kind = (run.minutes for run in template.runs if run.kind is kind)
    same_effort = (run.minutes for run in template.runs if run.kind.effort is kind.effort)
    return next(same_kind, None) or next(same_effort, None) or _USUAL_MINUTES[kind.effort]


def _session(workout: Workout) -> Session:
    minutes = workout.minutes or _USUAL_SESSION
    return Session(routine_name(workout), workout.load or Load.MODERATE, minutes, min(20, minutes))


def routine_name(workout: Workout) -> str:
    """What a platform's strength workout is called among the routines: titles come again with other texts."""
    return f"{workout.title} ({date_name(workout.day)})"


def _weekday(day: date) -> Weekday:
    return WEEKDAYS[day.weekday()]
