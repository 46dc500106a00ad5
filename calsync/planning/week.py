"""What each week asks for: the runs and sessions of its template on their dates.

Where a training platform says what to run, its workouts take the place of the template's runs. What the
progressions leave of the sessions is in progression.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from msgspec import structs

from calsync.event import Booked, cross_key, race_key, run_key, session_key
from calsync.planning import why
from calsync.planning.progression import Adjusted, adjust, eases_a_run, min_days_apart, numbers_left
from calsync.program import CrossEffort, CrossTraining, Program, Run, Session, WeekTemplate
from calsync.training import (
    WEEKDAYS,
    CheckIn,
    Cross,
    Effort,
    Kind,
    Load,
    Sort,
    Sport,
    TimeRange,
    Week,
    Weekday,
    Workout,
    acting_on,
)
from calsync.words import date_name

# In a platform's feed an easy run, or ride, of this many minutes is a long one, whatever it is called.
LONG_FROM = 90
# For a run of which neither the feed nor the week's template says how long it is.
_USUAL_SESSION = 30
_USUAL_MINUTES = {Effort.EASY: 45, Effort.HARD: 60, Effort.LONG: 90, Effort.RACE: 120}


_OfDay = TypeVar("_OfDay", Run, CrossTraining)


@dataclass(frozen=True, slots=True)
class FeedWeek:
    """What a feed says of a week. Where one of the lists is empty, the template's stays.

    A feed that ends within the week knows nothing of the days after `until`. `eased_by` is the title of the
    entry that makes the whole week one to recover in, or a taper.
    """

    runs: tuple[Run, ...] = ()
    cross: tuple[CrossTraining, ...] = ()
    strength: tuple[Session, ...] = ()
    rest: tuple[Weekday, ...] = ()
    """What it calls rest days, beside those of the template."""
    until: Weekday | None = None
    eased_by: str = ""
    done: tuple[Run | CrossTraining, ...] = ()
    """Those of `runs` and `cross` that the platform says were done."""

    def on(self, template: WeekTemplate) -> WeekTemplate:
        """`template` with what the feed says instead.

        A day with a run, or with a ride that the next run would feel, is no rest day, whoever says so.
        """
        runs, cross = template.runs, template.cross
        if self.runs:
            # One long run is enough.
            has_long = any(run.kind is Kind.LONG for run in self.runs)
            others = (run for run in runs if not (has_long and run.kind is Kind.LONG))
            runs = (*self.runs, *self._afterwards(others))
        if self.cross:
            cross = (*self.cross, *self._afterwards(cross))
        training = {run.day for run in runs}
        training |= {one.day for one in cross if one.kind.on_legs.wants_fresh_legs}
        rest = {*template.rest, *self.rest} - training
        return structs.replace(
            template,
            runs=runs,
            cross=cross,
            strength=self.strength or template.strength,
            rest=tuple(day for day in WEEKDAYS if day in rest),
            recovery=template.recovery or bool(self.eased_by),
        )

    def _afterwards(self, training: Iterable[_OfDay]) -> Iterator[_OfDay]:
        """What of a template is on the days of which the feed knows nothing."""
        return (one for one in training if self.until and one.day.number > self.until.number)


NO_FEED: Mapping[Week, FeedWeek] = {}


def feed_weeks(
    workouts: Iterable[Workout],
    program: Program,
    templates: Mapping[str, WeekTemplate],
    last: date,
    *,
    takes_strength: bool,
    takes_cross: bool,
) -> dict[Week, FeedWeek]:
    """The weeks of which a feed says something. `templates` holds every template that `program` names.

    `last` is the last day that the feed was read for: it may go on after it.
    """
    takes = {Sort.STRENGTH: takes_strength, Sort.CROSS: takes_cross}
    by_week: dict[Week, list[Workout]] = {}
    for workout in workouts:
        if (week := Week.of(workout.day)) >= Week.of(program.start):
            by_week.setdefault(week, []).append(workout)
    weeks = {}
    for week, found in by_week.items():
        template = templates[program.template_of(week)]
        goes_on = week >= Week.of(last) or any(map(_is_training, by_week.get(week.plus(1), ())))
        until = None if goes_on else _end_of(found)
        taken = [workout for workout in found if takes.get(workout.sort, True)]
        weeks[week] = replace(_feed_week(taken, template), until=until)
    return weeks


def _is_training(workout: Workout) -> bool:
    """Whether a feed that has it knows what that day is for. Of notes and the like that can't be told."""
    return workout.sort is not Sort.OTHER


def _end_of(workouts: Iterable[Workout]) -> Weekday | None:
    """The day of the last entry of a week that has nothing after it; None where the week is whole.

    That it is by its Sunday, and with a race: after that nobody trains as in any other week.
    """
    training = [workout for workout in workouts if _is_training(workout)]
    if any(workout.is_race for workout in training):
        return None
    last = max((workout.day for workout in training), default=None)
    return None if last is None or Weekday.of(last) is WEEKDAYS[-1] else Weekday.of(last)


def with_what_is_over(
    feed: Iterable[Workout], before: Iterable[Workout], now: datetime, program: Program
) -> tuple[Workout, ...]:
    """`feed`, and what it no longer has of what was over by `now`, a time of the plan's zone.

    `before` is what it said of these days the last time. Some feeds drop what is done; then the second run
    of a day would become its first, and a week that is nearly over would seem to have none.
    """
    found = list(feed)
    for sort in (Sort.RUN, Sort.CROSS, Sort.STRENGTH):
        known = [w for w in before if w.sort is sort]
        over = [w for w in known if _has_begun(w, now, program)]
        for day in dict.fromkeys(w.day for w in over):
            here = {w.title for w in found if w.sort is sort and w.day == day}
            to_come = {w.title for w in known if w.day == day and w not in over}
            done = [w for w in over if w.day == day]
            # What is new there may be one that was done: platforms give it another title.
            instead = len(here - to_come)
            found += [w for w in done if w.title not in here][: max(0, len(done) - instead)]
    # A note that eases the whole week off does so to its end.
    eases = (w for w in before if w.eases_off and w.sort is Sort.OTHER and _has_begun(w, now, program))
    found += [workout for workout in eases if workout not in found]
    return tuple(sorted(found, key=attrgetter("order")))


def _has_begun(workout: Workout, now: datetime, program: Program) -> bool:
    if workout.start is not None:
        minute = workout.start
    else:
        usual = program.usual_start.on(workout.day)
        minute = usual if isinstance(usual, int) else min(times.start for times in usual)
    return (workout.day, minute) <= (now.date(), now.hour * 60 + now.minute)


def _feed_week(workouts: Sequence[Workout], template: WeekTemplate) -> FeedWeek:
    # The order decides the runs' keys. UIDs have no part in it: Runna's change when a workout is done.
    ordered = sorted(workouts, key=attrgetter("order"))
    runs = [(w, _run(w, template)) for w in ordered if w.sort is Sort.RUN]
    cross = [(w, _cross(w, template)) for w in ordered if w.sort is Sort.CROSS]
    return FeedWeek(
        runs=tuple(run for _, run in runs),
        cross=tuple(one for _, one in cross),
        done=(*(run for w, run in runs if w.done), *(one for w, one in cross if w.done)),
        strength=tuple(_session(w) for w in ordered if w.sort is Sort.STRENGTH),
        rest=tuple(dict.fromkeys(Weekday.of(w.day) for w in ordered if w.sort is Sort.REST)),
        eased_by=next((w.title for w in ordered if w.eases_off), ""),
    )


def kind_of_run(workout: Workout) -> Kind:
    """What a run of a feed is planned as. What was not understood is never guessed to be hard."""
    kind = workout.kind or Kind.EASY
    return Kind.LONG if kind.effort is Effort.EASY and _is_long(workout) else kind


def kind_of_cross(workout: Workout) -> Cross:
    """The same of another sport."""
    effort = workout.effort or Effort.EASY
    if effort is Effort.EASY and _is_long(workout):
        effort = Effort.LONG
    return Cross(workout.sport or Sport.OTHER, effort)


def _is_long(workout: Workout) -> bool:
    return (workout.minutes or 0) >= LONG_FROM


def _run(workout: Workout, template: WeekTemplate) -> Run:
    kind = kind_of_run(workout)
    minutes = workout.minutes or _usual_minutes(kind, template)
    return Run(Weekday.of(workout.day), kind, minutes, workout.title, workout.start, notes=workout.notes)


def _cross(workout: Workout, template: WeekTemplate) -> CrossTraining:
    kind = kind_of_cross(workout)
    minutes = workout.minutes or _usual_minutes(kind, template)
    return CrossTraining(
        Weekday.of(workout.day),
        kind.sport,
        cast("CrossEffort", kind.effort.value),
        minutes,
        workout.title,
        workout.start,
        notes=workout.notes,
    )


def _usual_minutes(kind: Kind | Cross, template: WeekTemplate) -> int:
    """As long as the template's run of that kind (or ride, or swim), or else of that effort."""
    training = template.runs if isinstance(kind, Kind) else template.cross
    same_kind = (run.minutes for run in training if run.kind == kind)
    same_effort = (run.minutes for run in training if run.kind.effort is kind.effort)
    return next(same_kind, None) or next(same_effort, None) or _USUAL_MINUTES[kind.effort]


def _session(workout: Workout) -> Session:
    minutes = workout.minutes or _USUAL_SESSION
    return Session(routine=routine_name(workout), load=workout.load or Load.MODERATE, minutes=minutes)


def routine_name(workout: Workout) -> str:
    """What a platform's strength workout is called among the routines: titles come again with other texts."""
    return f"{workout.title} ({date_name(workout.day)})"


@dataclass(frozen=True, slots=True)
class WantedRun:
    """A run, or cross training, on its date, of the template or, if `from_feed`, of a training platform.

    `done`: that platform says so.
    """

    key: str
    day: date
    run: Run | CrossTraining
    from_feed: bool = False
    done: bool = False

    @property
    def kind(self) -> Kind | Cross:
        return self.run.kind


class Where(NamedTuple):
    """What a session asks of its place: only these days and times of day, if there are any.

    `travel` is how many seconds before and after it are kept clear of busy time and runs.
    """

    days: tuple[Weekday, ...] = ()
    between: tuple[TimeRange, ...] = ()
    travel: int = 0

    @classmethod
    def of(cls, session: Session) -> "Where":
        between = tuple(part for times in session.between for part in times.parts)
        return cls(session.days, between, int(session.travel.total_seconds()))


ANYWHERE = Where()


@dataclass(frozen=True, slots=True)
class WantedSession:
    """A strength session that a week wants, after the progressions. Lengths in minutes.

    `number` counts from 1 in the order of the template. `class_at` is the date and the minute of the day at
    which a class starts; None of a session that is placed.
    """

    key: str
    number: int
    routine: str
    load: Load
    minutes: int
    shortest: int
    title: str = ""
    location: str = ""
    where: Where = ANYWHERE
    class_at: tuple[date, int] | None = None

    @classmethod
    def of(cls, session: Session, week: Week, number: int) -> "WantedSession":
        class_at = None
        if session.day is not None and session.start is not None:
            class_at = week.days[session.day.number], session.start
        return cls(
            session_key(week, number),
            number,
            session.routine,
            session.load,
            session.minutes,
            session.shortest,
            session.title,
            session.location,
            Where.of(session),
            class_at,
        )

    @property
    def called(self) -> str:
        """What it is, in sentences."""
        return self.title or self.routine.replace("-", " ")

    def is_at(self, times: Iterable[tuple[datetime, datetime]]) -> bool:
        """Whether it is a class that overlaps one of these, on the clock."""
        if self.class_at is None:
            return False
        day, minute = self.class_at
        start = datetime.combine(day, time()) + timedelta(minutes=minute)
        end = start + timedelta(minutes=self.minutes)
        return any(first < end and start < last for first, last in times)

    @property
    def lengths(self) -> tuple[int, ...]:
        """The wanted length, then the shortest if that differs."""
        return (self.minutes,) if self.minutes == self.shortest else (self.minutes, self.shortest)


@dataclass(frozen=True, slots=True)
class WantedWeek:
    """A week with what it asks for.

    Where `follows_feed`, the runs are a training platform's, and `template` is the week's own with them.
    `cross` is planned like runs, but is no event. After `feed_until` both are the template's, as the feed
    ends there. `eased_by` is the feed's title that makes it a week to recover in.
    """

    week: Week
    template: WeekTemplate
    runs: tuple[WantedRun, ...]
    sessions: tuple[WantedSession, ...]
    min_days_apart: int
    adjusted: Adjusted
    follows_feed: bool = False
    cross: tuple[WantedRun, ...] = ()
    feed_until: date | None = None
    eased_by: str = ""

    @property
    def training(self) -> tuple[WantedRun, ...]:
        """All but strength: the runs, then the cross training."""
        return (*self.runs, *self.cross)

    @property
    def has_training_of_feed(self) -> bool:
        return any(one.from_feed for one in self.training)

    def takes_runs_of_feed(self, day: date) -> bool:
        """Whether the feed says what is run on `day` of this week."""
        return self.follows_feed and (self.feed_until is None or day <= self.feed_until)

    @property
    def of_feed(self) -> str:
        """What a heading says of a feed's part in the week, after the template's title; "" of none."""
        parts = []
        if self.follows_feed:
            until = f" to {date_name(self.feed_until)}" if self.feed_until else ""
            parts.append(f"runs from the training feed{until}")
        if self.eased_by:
            parts.append(f'recovery week ("{self.eased_by}")')
        return "".join(f", {part}" for part in parts)

    def session(self, key: str) -> WantedSession | None:
        return next((session for session in self.sessions if session.key == key), None)

    def is_rest(self, day: date) -> bool:
        return Weekday.of(day) in self.template.rest

    def is_strength_day(self, day: date) -> bool:
        return Weekday.of(day) in self.template.strength_days


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
    lists = "the training feed" if feed and feed.strength else f'the template "{template.name}"'
    eased_by = feed.eased_by if feed else ""
    adjusted = adjust(template, week, program, checkin, lists, eased_by)
    follows_feed = feed is not None and bool(feed.runs)
    feed_until = week.days[feed.until.number] if feed and feed.until else None
    last = feed_until or week.days[-1]
    runs = _marked(_runs_on_dates(week, template, program, last if follows_feed else None), feed)
    cross = _cross_on_dates(week, template, program, last if feed and feed.cross else None)
    return WantedWeek(
        week=week,
        template=template,
        runs=tuple(_eased(runs, checkin) if checkin and eases_a_run(checkin) else runs),
        sessions=tuple(_sessions_on_dates(week, template, adjusted, program)),
        min_days_apart=min_days_apart(program, checkin),
        adjusted=adjusted,
        follows_feed=follows_feed,
        cross=tuple(_marked(cross, feed)),
        feed_until=feed_until if follows_feed else None,
        eased_by=eased_by,
    )


def _marked(training: Iterable[WantedRun], feed: FeedWeek | None) -> list[WantedRun]:
    done = feed.done if feed else ()
    return [replace(one, done=one.from_feed and one.run in done) for one in training]


def with_booked(week: WantedWeek, booked: Iterable[Booked], program: Program, zone: ZoneInfo) -> WantedWeek:
    """The week without the sessions that busy calendars already have: the last ones make way.

    A class that is in a calendar as well is the same one. Nothing of a pause counts.
    """
    times = [(one.span.start.astimezone(zone), one.span.end.astimezone(zone)) for one in booked]
    here = [
        (start.replace(tzinfo=None), end.replace(tzinfo=None))
        for start, end in times
        if Week.of(start.date()) == week.week and not program.is_paused(start.date())
    ]
    if not here:
        return week
    kept = [session for session in week.sessions if not session.is_at(here)]
    too_many = len(here) - (len(week.sessions) - len(kept))
    for session in reversed(kept.copy()):
        if too_many > 0 and not session.class_at:
            kept.remove(session)
            too_many -= 1
    if len(kept) == len(week.sessions):
        return week
    notes = (*week.adjusted.notes, why.in_calendars(len(here)))
    return replace(week, sessions=tuple(kept), adjusted=replace(week.adjusted, notes=notes))


def _sessions_on_dates(
    week: Week, template: WeekTemplate, adjusted: Adjusted, program: Program
) -> Iterator[WantedSession]:
    """What the progressions have left, with the numbers of the template; no class of a pause."""
    for number, session in zip(numbers_left(template.strength, adjusted), adjusted.sessions, strict=True):
        wanted = WantedSession.of(session, week, number)
        if not (wanted.class_at and program.is_paused(wanted.class_at[0])):
            yield wanted


def _runs_on_dates(
    week: Week, template: WeekTemplate, program: Program, until: date | None
) -> list[WantedRun]:
    """`until` is the last day whose runs are the feed's; None where none are."""
    runs = [
        WantedRun(run_key(week, run.day, number), day, run, until is not None and day <= until)
        for day, number, run in _on_dates(week, template.runs, program)
    ]
    if program.is_race_week(week):
        # The race that such a template has is the one of the config.
        runs = [run for run in runs if run.from_feed or run.kind is not Kind.RACE]
    for race in sorted(program.races, key=lambda race: race.day):
        if Week.of(race.day) == week and not program.is_paused(race.day):
            minutes = program.minutes_of(race)
            run = Run(Weekday.of(race.day), Kind.RACE, minutes, race.title, race.start)
            runs.append(WantedRun(race_key(week, run.day), race.day, run))
    return runs


def _cross_on_dates(
    week: Week, template: WeekTemplate, program: Program, until: date | None
) -> Iterator[WantedRun]:
    """`until` as above."""
    for day, number, one in _on_dates(week, template.cross, program):
        yield WantedRun(cross_key(week, one.day, number), day, one, until is not None and day <= until)


def _on_dates(week: Week, training: Iterable[_OfDay], program: Program) -> Iterator[tuple[date, int, _OfDay]]:
    """What is on no pause and makes way for no race, with its date and its number (from 1) on its day."""
    seen: dict[Weekday, int] = {}
    for one in training:
        seen[one.day] = seen.get(one.day, 0) + 1
        day = week.days[one.day.number]
        if not program.is_paused(day) and not program.race_on(day):
            yield day, seen[one.day], one


def _eased(runs: Sequence[WantedRun], checkin: CheckIn) -> list[WantedRun]:
    """The last hard run becomes easy, unless it was run before anybody said how it felt."""
    hard = [run for run in runs if run.kind.effort is Effort.HARD]
    last = max(hard, key=lambda run: (run.day, runs.index(run)), default=None)
    if last is None or last.day < checkin.day:
        return list(runs)
    was = last.run.title or last.kind
    easy = structs.replace(
        last.run,
        kind=Kind.EASY,
        title=f"Easy run (instead of {was})",
        # The calendar may be shared: what the signs were is nobody else's business.
        notes=f"Easy all the way, after the check-in of {date_name(checkin.day)}.",
    )
    return [replace(run, run=easy) if run is last else run for run in runs]
