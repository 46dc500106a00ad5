"""Why a session can't be where it stands: the rule that forbids that start now.

Decides what to say of each rule, with what is behind it: the stretch that is busy, the run that came too
near. Knows nothing of where else the session could be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from calsync.event import Event
from calsync.planning import wall
from calsync.planning.candidates import Forbidden
from calsync.planning.placement import Fixed
from calsync.planning.problem import Problem
from calsync.planning.rules import FRESH_LEGS_HOURS, LIGHT_AFTER_RACE, REST_BEFORE_RACE, Rule
from calsync.planning.runs import SettledRun
from calsync.planning.week import WantedWeek
from calsync.planning.words import date_name, day_name, elapsed, moment, of_run
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Effort, Load


@dataclass(frozen=True, slots=True)
class Ban:
    """A rule that forbids a place, and what it says of it."""

    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class OldPlace:
    """Where a session of `week` stands on a calendar, at the size that it would have there now."""

    key: str
    week: WantedWeek
    start: int
    minutes: int
    load: Load

    @property
    def end(self) -> int:
        return self.start + self.minutes * 60


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a place is looked at in: the problem, what each source calls busy, and what stood where before."""

    problem: Problem
    busy: Mapping[str, Sequence[Timespan]]
    was: Mapping[str, Event]

    def run_now(self, run: SettledRun) -> str:
        """ "Tuesday's intervals, now at 12:00 (was 06:30)"."""
        zone = self.problem.days.clock.zone
        start = run.span.start.astimezone(zone)
        before = self.was.get(run.key)
        # Runs go by their day: another kind there is another run, which has moved from somewhere else.
        if before is None or before.kind is not run.kind or before.span.start == run.span.start:
            mover = ", where its owner put it" if run.pinned else ""
            return f"{of_run(run)} at {start:%H:%M}{mover}"
        was = before.span.start.astimezone(zone)
        old = f"{was:%H:%M}" if was.date() == start.date() else moment(before.span, zone)
        mover = "moved by its owner to" if run.pinned else "now at"
        return f"{of_run(run)}, {mover} {start:%H:%M} (was {old})"


def bans(place: OldPlace, around: Surroundings) -> Iterator[Ban]:
    """Every rule that forbids `place`, in the order A1 to A6, then the pair rule. `notice` forbids no place
    where a session already stands, so it is none of them.
    """
    problem = around.problem
    days = problem.days
    day = days.clock.day_of(place.start)
    ranges = days.ranges(day, place.minutes)
    if not any(first <= place.start <= last for first, last in ranges):
        yield Ban(Rule.AVAILABILITY, _availability(problem.given.program, day))
    for ban in days.forbidden(place.week, day, place.minutes, place.load):
        if ban.rule is not Rule.NOTICE and ban.first <= place.start <= ban.last:
            yield Ban(ban.rule, _text(ban, day, place, around))
    for fixed in problem.fixed:
        if fixed.key != place.key and _too_near(fixed, day, problem):
            yield Ban(Rule.PAIR, _pair(fixed, day, around))


def _text(ban: Forbidden, day: date, place: OldPlace, around: Surroundings) -> str:
    problem = around.problem
    match ban.rule:
        case Rule.PAUSE:
            return pause_text(problem.given.program, day)
        case Rule.BUSY:
            return busy_text(wall.span(place.start, place.end), around, problem.given.program)
        case Rule.RUN:
            return _runs_there(place, around)
        case Rule.RACE_DAY | Rule.TAPER:
            return _race(ban.rule, day, problem)
        case Rule.REST_DAY:
            return f"{day_name(day)} is a rest day"
        case Rule.LONG_RUN_DAY:
            return f"nothing but light work on the day of {_named(problem, day, Effort.LONG)}"
        case Rule.CONTROLLED:
            return f"nothing heavy on the day of {_named(problem, day, Effort.HARD)}"
        case Rule.HOURS_APART:
            return _hours_apart(ban, place, day, around)
        case Rule.FRESH_LEGS:
            return _fresh_legs(ban, place, around)
        case _:
            return str(ban.rule)


# --- A1 to A3 -----------------------------------------------------------------------------------------


def _availability(program: Program, day: date) -> str:
    ranges = ", ".join(str(times) for times in program.availability.on(day))
    if not ranges:
        return f"there is no time for strength on {day_name(day)}s"
    return f"strength may be at {ranges} on {day_name(day)}s"


def pause_text(program: Program, day: date) -> str:
    """The pause that holds `day`."""
    pause = next(pause for pause in program.pauses if day in pause)
    if pause.first == pause.last:
        return f"{date_name(day)} is a pause"
    return f"a pause from {date_name(pause.first)} to {date_name(pause.last)}"


def busy_text(span: Timespan, around: Surroundings, program: Program | None = None) -> str:
    """What is busy in the way of `span`, by source; `program` gives the buffer that strength keeps."""
    zone = around.problem.days.clock.zone
    buffer = program.availability.buffer if program else timedelta(0)
    needed = span.padded(buffer)
    day = span.start.astimezone(zone).date()
    # What overlaps the session itself says more than what only comes near it.
    for reach in (span, needed):
        blocks = [
            f"{name} is busy {_stretch(block, day, zone)}"
            for name, blocks in around.busy.items()
            for block in blocks
            if block.overlaps(reach)
        ]
        if blocks:
            near = f", and {elapsed(round(buffer.total_seconds()))} are kept free" if reach != span else ""
            return " and ".join(blocks[:2]) + near
    return "busy"


def _stretch(span: Timespan, day: date, zone: ZoneInfo) -> str:
    """ "12:00-13:00" on `day` itself, "all day", or "from Mon 23 Nov 18:00 to Wed 25 Nov 09:00"."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    if f"{start:%H:%M}{end:%H:%M}" == "00:0000:00" and (end.date() - start.date()).days == 1:
        return "all day"
    if start.date() == day and (end.date() == day or span.duration <= timedelta(days=1)):
        return f"{start:%H:%M}-{end:%H:%M}"
    return f"from {date_name(start.date())} {start:%H:%M} to {date_name(end.date())} {end:%H:%M}"


def _runs_there(place: OldPlace, around: Surroundings) -> str:
    span = wall.span(place.start, place.end)
    runs = (run for run in around.problem.settled.runs if run.span.overlaps(span))
    return f"the time is taken by {' and '.join(around.run_now(run) for run in runs)}"


# --- A5 and A6 ----------------------------------------------------------------------------------------


def _named(problem: Problem, day: date, effort: Effort) -> str:
    return next(of_run(run) for run in problem.days.runs_on(day) if run.effort is effort)


def _race(rule: Rule, day: date, problem: Problem) -> str:
    race = problem.given.program.race
    ahead = (race.day - day).days if race else 0
    if race and rule is Rule.TAPER:
        return f"no strength in the {REST_BEFORE_RACE} days before {race.title} on {date_name(race.day)}"
    if race and -LIGHT_AFTER_RACE <= ahead < 0:
        return f"nothing but light work in the {LIGHT_AFTER_RACE} days after {race.title}"
    return "no strength on the day of a race or the day before it"


def _hours_apart(ban: Forbidden, place: OldPlace, day: date, around: Surroundings) -> str:
    least = round(around.problem.given.program.rules.hours_apart.total_seconds())
    run = next(run for run in around.problem.days.runs_on(day) if run.end + least - 1 == ban.last)
    if place.end <= run.start:
        return f"strength comes after {around.run_now(run)}, not before it"
    return f"less than {elapsed(least)} after {around.run_now(run)}"


def _fresh_legs(ban: Forbidden, place: OldPlace, around: Surroundings) -> str:
    runs = around.problem.settled.runs
    start = ban.last + place.minutes * 60
    run = next(run for run in runs if run.start == start and run.effort.wants_fresh_legs)
    hours = FRESH_LEGS_HOURS[place.load]
    return f"{elapsed(run.start - place.end)} before {around.run_now(run)}; {place.load} wants {hours} h"


# --- the pair rule --------------------------------------------------------------------------------------


def _too_near(fixed: Fixed, day: date, problem: Problem) -> bool:
    return abs((fixed.day - day).days) < problem.given.min_days_apart(max(day, fixed.day))


def _pair(fixed: Fixed, day: date, around: Surroundings) -> str:
    problem = around.problem
    published = problem.given.standing.published[fixed.key]
    where = f"the session of {moment(published.span, problem.days.clock.zone)}"
    mover = ", where its owner put it" if published.pinned else ""
    least = problem.given.min_days_apart(max(day, fixed.day))
    return f"less than {least} days from {where}{mover}"
