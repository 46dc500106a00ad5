"""Why a run moved or went.

Decides what to say of stage 1: who asks for another time, or what is in the way of the old one. Knows nothing
of strength.
"""

from datetime import date

from calsync.planning.cause_place import Surroundings, busy_text, pause_text
from calsync.planning.runs import SettledRun
from calsync.planning.wall import instant, seconds, span
from calsync.planning.week import WantedRun, WantedWeek
from calsync.planning.words import day_name, kind_name
from calsync.timespan import Timespan
from calsync.training import Kind, TimeRange, Week, clock


def why_run_moved(week: WantedWeek, run: SettledRun, before: Timespan, around: Surroundings) -> str:
    """Empty where only its words changed, or where it can't be told."""
    wanted = next((one for one in week.runs if one.key == run.key), None)
    if wanted is None or run.fixed or before == run.span:
        return ""
    was = around.was.get(run.key)
    if was is not None and was.kind is not run.kind:
        # Runs go by their day. Which of them this one was, nobody knows.
        has = f"{_asker(week, wanted)} has {kind_name(run.kind)} on {day_name(wanted.day)} now"
        return has if was.kind and not week.adjusted.notes else ""
    if wanted.run.start is not None and before.start != run.span.start:
        return f"{_asker(week, wanted)} has it at {clock(wanted.run.start)}"
    if before.start == run.span.start:
        return f"{_asker(week, wanted)} makes it {wanted.run.minutes} min"
    return _why_not_there(wanted, before, run, around)


def why_run_went(week: WantedWeek, key: str, before: Timespan, around: Surroundings) -> str:
    problem = around.problem
    program, day = problem.given.program, _day(before, around)
    if any(run.key == key for run in week.runs) or Week.of(day) != week.week:
        return ""
    if program.is_paused(day):
        return pause_text(program, day)
    if program.race and program.race.day == day:
        return f"{program.race.title} takes its place"
    if week.follows_feed:
        return f"the training feed has no such run on {day_name(day)}"
    return f'the template "{week.template.name}" has no such run on {day_name(day)}'


def _asker(week: WantedWeek, wanted: WantedRun) -> str:
    if wanted.kind is Kind.RACE and wanted.key.split("/")[-1].startswith("race-"):
        return "the config"
    return "the training feed" if wanted.from_feed else f'the template "{week.template.name}"'


def _why_not_there(wanted: WantedRun, before: Timespan, run: SettledRun, around: Surroundings) -> str:
    """Of a run whose time is looked for: in ranges, or from its usual start on."""
    problem = around.problem
    usual = problem.given.program.usual_start.on(wanted.day)
    start = seconds(before.start)
    there = span(start, start + wanted.run.minutes * 60)
    others = [other for other in problem.settled.runs if other.key != run.key and other.span.overlaps(there)]
    ranges = wanted.run.between or ((usual,) if isinstance(usual, TimeRange) else ())
    if not ranges and not isinstance(usual, TimeRange):
        if run.start == problem.days.clock.at(wanted.day, usual):
            return f"{day_name(wanted.day)}'s usual start is {clock(usual)}"
        return f"the time is taken by {around.run_now(others[0])}" if others else ""
    bounds = (problem.days.clock.range(wanted.day, times) for times in ranges)
    if not any(first <= start <= last - wanted.run.minutes * 60 for first, last in bounds):
        return f"its time is {' or '.join(map(str, ranges))}, for {wanted.run.minutes} min"
    if any(block.overlaps(there) for block in problem.given.busy):
        return busy_text(there, around)
    if others:
        return f"the time is taken by {around.run_now(others[0])}"
    if run.start < start and not any(block.overlaps(run.span) for block in problem.given.busy):
        return "an earlier time is free"
    return ""


def _day(before: Timespan, around: Surroundings) -> date:
    return instant(seconds(before.start)).astimezone(around.problem.days.clock.zone).date()
