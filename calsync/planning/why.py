"""Why a session can't be where it stands: the rule that forbids that start now.

Decides what to say of each rule, with what is behind it: the stretch that is busy, the run that came too
near. Knows nothing of where else the session could be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from calsync.event import Event
from calsync.planning import wall
from calsync.planning.days import Forbidden
from calsync.planning.placement import Fixed
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek, Problem, State
from calsync.planning.rules import FRESH_LEGS_HOURS, LIGHT_AFTER_RACE, REST_BEFORE_RACE, Rule
from calsync.planning.runs import SettledRun, of_run
from calsync.planning.week import WantedSession, WantedWeek
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Effort, Load
from calsync.words import date_name, day_name, elapsed, moment

# --- explain ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reason:
    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class NoPlace:
    """The rule that leaves a day without a place for a session."""

    day: date
    rule: Rule
    text: str


def reasons(plan: Plan, week: PlannedWeek, session: PlannedSession) -> tuple[Reason, ...]:
    """Why `session` is where it is, the most telling reason first."""
    return (*_about_standing(session), *lasting_reasons(plan, week, session))


def lasting_reasons(plan: Plan, week: PlannedWeek, session: PlannedSession) -> tuple[Reason, ...]:
    """The reasons that stay true as time goes by, fit for a description that shall not change by itself."""
    found = [*_about_day(plan, week.wanted, session), *_about_size(plan, week.wanted, session)]
    found += [Reason(note.rule, note.text) for note in week.wanted.adjusted.notes]
    return tuple(found)


def _about_standing(session: PlannedSession) -> Iterator[Reason]:
    if session.state is State.PINNED:
        yield Reason(Rule.SUPPORT_NOT_COMPETE, "stays where its owner put it")
    elif session.state is State.PUBLISHED and session.place is None:
        yield Reason(Rule.NOTICE, "starts too soon to be moved")


def _about_day(plan: Plan, week: WantedWeek, session: PlannedSession) -> Iterator[Reason]:
    days = plan.problem.days
    start, end = wall.seconds(session.span.start), wall.seconds(session.span.end)
    hard = [run for run in days.runs_on(session.day) if run.effort in (Effort.HARD, Effort.LONG)]
    if before := [run for run in hard if run.end <= start]:
        last = max(before, key=lambda run: run.end)
        yield Reason(Rule.HOURS_APART, f"{elapsed(start - last.end)} after {of_run(last)}")
    # Where its owner put it is their own choice, not for want of a better place.
    effort = None if session.published and session.published.pinned else days.effort(session.day)
    match effort:
        case Effort.EASY if not week.is_strength_day(session.day):
            yield Reason(Rule.EASY_DAYS_EASY, "on an easy day, as nothing better is free")
        case Effort.NONE if not week.is_strength_day(session.day):
            yield Reason(Rule.HARD_DAYS_HARD, "on a day without a run, as nothing better is free")
        case Effort.EASY | Effort.NONE:
            yield Reason(Rule.EASY_DAYS_EASY, f"the template keeps {day_name(session.day)} for strength")
        case _:
            pass
    if (after := days.next_fresh_run(end)) is not None and after.start - end < 72 * 3600:
        yield Reason(Rule.FRESH_LEGS, f"{elapsed(after.start - end)} before {of_run(after)}")


def _about_size(plan: Plan, week: WantedWeek, session: PlannedSession) -> Iterator[Reason]:
    wanted = session.wanted
    if wanted is None or session.state is State.PINNED:
        return
    if session.minutes < wanted.minutes:
        text = f"{session.minutes} min instead of {wanted.minutes}: a shorter session beats a skipped one"
        yield Reason(Rule.SHORT_AND_REGULAR, text)
    if session.load.rank < wanted.load.rank:
        yield _about_load(plan, week, session, wanted)


def _about_load(plan: Plan, week: WantedWeek, session: PlannedSession, wanted: WantedSession) -> Reason:
    """The rule that allows no more at this time; without one, the rest of the plan does."""
    start = wall.seconds(session.span.start)
    text = f"{session.load} instead of {wanted.load}"
    for ban in plan.problem.days.forbidden(week, session.day, session.minutes, wanted.load):
        if ban.first <= start <= ban.last and ban.rule in _WHY_LIGHTER:
            return Reason(ban.rule, f"{text}: {_WHY_LIGHTER[ban.rule]}")
    return Reason(Rule.SUPPORT_NOT_COMPETE, f"{text}, to make room")


_WHY_LIGHTER = {
    Rule.RACE_DAY: f"only light work in the {LIGHT_AFTER_RACE} days after the race",
    Rule.REST_DAY: "nothing more on a rest day",
    Rule.LONG_RUN_DAY: "nothing more on the day of the long run",
    Rule.CONTROLLED: "a lift on a hard day is controlled, not maximal",
    Rule.FRESH_LEGS: "so that the legs are fresh for the next quality run",
}


# --- no place ---------------------------------------------------------------------------------------------


def no_place(plan: Plan, week: PlannedWeek, session: WantedSession) -> tuple[NoPlace, ...]:
    """For each day of the week the rule that rules out most of its starts; ties in the order A1 to A6.

    Looked at for the session at its shortest and lightest, which is what has most places.
    """
    return tuple(_no_place_on(day, plan, week, session) for day in week.week.days)


def _no_place_on(day: date, plan: Plan, week: PlannedWeek, session: WantedSession) -> NoPlace:
    problem = plan.problem
    starts = [start for _, start in problem.days.clock.grid(day)]
    ranges = problem.days.ranges(day, session.shortest)
    ruled_out = {Rule.AVAILABILITY: {s for s in starts if not any(a <= s <= b for a, b in ranges)}}
    bans = problem.days.forbidden(week.wanted, day, session.shortest, Load.LIGHT)
    # Pauses belong to A1, busy time is A2, runs are A3, and so on: forbidden() gives them in that order.
    for ban in bans:
        ruled_out.setdefault(ban.rule, set()).update(s for s in starts if ban.first <= s <= ban.last)
    if _breaks_pair_rule(day, plan, week, session):
        ruled_out[Rule.PAIR] = set(starts)
    rule = max(ruled_out, key=lambda rule: len(ruled_out[rule]))
    return NoPlace(day, rule, _no_place_text(rule, day, week.wanted, problem))


def _breaks_pair_rule(day: date, plan: Plan, week: PlannedWeek, session: WantedSession) -> bool:
    """Too near another session, or out of the order of the week."""
    for other_week in plan.weeks:
        for other in other_week.strength:
            if abs((day - other.day).days) < plan.problem.given.min_days_apart(max(day, other.day)):
                return True
            if other.place and other.wanted and other_week is week:
                before = other.wanted.number < session.number
                if (before and day <= other.day) or (not before and day >= other.day):
                    return True
    return False


def _no_place_text(rule: Rule, day: date, week: WantedWeek, problem: Problem) -> str:
    match rule:
        case Rule.AVAILABILITY:
            ranges = ", ".join(str(times) for times in problem.given.program.availability.on(day))
            return f"strength may only be at {ranges}" if ranges else "no time for strength is given"
        case Rule.PAUSE:
            return "a pause"
        case Rule.BUSY:
            return "busy"
        case Rule.RUN:
            return "the run takes the time"
        case Rule.NOTICE:
            notice = elapsed(int(problem.given.program.availability.notice.total_seconds()))
            return f"past, or less than {notice} away"
        case Rule.RACE_DAY:
            return "nothing on the day of a race or the day before it"
        case Rule.TAPER:
            return f"no strength in the {REST_BEFORE_RACE} days before the race"
        case Rule.REST_DAY:
            return "a rest day stays free"
        case Rule.HOURS_APART:
            return f"no room {_hours_apart_text(problem)} or more after the {_runs_of(problem, day)}"
        case Rule.FRESH_LEGS:
            return f"too close to {_next_run(problem, day)}"
        case Rule.PAIR:
            return f"less than {week.min_days_apart} days from another strength session"
        case _:
            return str(rule)


def _hours_apart_text(problem: Problem) -> str:
    return elapsed(int(problem.given.program.rules.hours_apart.total_seconds()))


def _runs_of(problem: Problem, day: date) -> str:
    efforts: Iterable[Effort] = {run.effort for run in problem.days.runs_on(day)}
    return "long run" if Effort.LONG in efforts and Effort.HARD not in efforts else "hard run"


def _next_run(problem: Problem, day: date) -> str:
    after = problem.days.next_fresh_run(problem.days.clock.at(day, 0))
    return of_run(after) if after and after.day - day <= timedelta(days=3) else "the next quality run"


# --- terms ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a session's cost."""

    name: str
    points: int
    text: str


def terms(plan: Plan, week: WantedWeek, session: PlannedSession) -> tuple[Term, ...]:
    """The non-zero terms of `session`, in the order of docs/placement.md."""
    return tuple(
        Term(name, points, _term_text(name, plan, week, session)) for name, points in session.cost.items()
    )


def _term_text(name: str, plan: Plan, week: WantedWeek, session: PlannedSession) -> str:
    wanted = session.wanted
    match name:
        case "day":
            return _day(plan, week, session.day)
        case "gap":
            return _gap(plan, session)
        case "order":
            return "before the easy run of that day; after it would be better"
        case "lighter":
            return f"{session.load} instead of {wanted.load}" if wanted else "lighter than wanted"
        case "shorter":
            return f"{session.minutes} min instead of {wanted.minutes}" if wanted else "shorter than wanted"
        case "time":
            return "away from the times that you prefer"
        case "moved":
            return "stands on the calendar at another time"
        case "spacing":
            return f"{_days_before(plan, session)} days after the session before it; 3 or 4 are ideal"
        case _:
            return name


def _day(plan: Plan, week: WantedWeek, day: date) -> str:
    if week.is_rest(day):
        return "on a rest day"
    match plan.problem.days.effort(day):
        case Effort.EASY:
            return "on an easy day; hard days are for strength, so that easy days stay easy"
        case Effort.LONG:
            return "on the day of the long run"
        case _:
            return "on a day without a run"


def _gap(plan: Plan, session: PlannedSession) -> str:
    start = wall.seconds(session.span.start)
    hard = [run.end for run in plan.problem.days.runs_on(session.day) if run.effort is Effort.HARD]
    after = elapsed(start - max(hard, default=start))
    return f"{after} after the run; 4 to 8 h are ideal"


def _days_before(plan: Plan, session: PlannedSession) -> int:
    """Calendar days since the session before it, those of other weeks included."""
    earlier = [other.day for other in plan.problem.fixed if other.start < wall.seconds(session.span.start)]
    earlier += [other.day for other in plan.sessions if other.span.start < session.span.start]
    return (session.day - max(earlier, default=session.day)).days


# --- cause place ------------------------------------------------------------------------------------------


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
            yield Ban(ban.rule, _ban_text(ban, day, place, around))
    for fixed in problem.fixed:
        if fixed.key != place.key and _too_near(fixed, day, problem):
            yield Ban(Rule.PAIR, _pair(fixed, day, around))


def _ban_text(ban: Forbidden, day: date, place: OldPlace, around: Surroundings) -> str:
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
