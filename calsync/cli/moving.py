"""What a move means: how long the moved event is, and which rules its new place breaks."""

from datetime import datetime, timedelta

from calsync.cli.gather import Setup, load_targets, what_stands
from calsync.cli.wishes import Known
from calsync.event import Published, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.problem import Given, pose
from calsync.planning.rules import Rule
from calsync.planning.week import WantedRun
from calsync.planning.words import elapsed, of_run
from calsync.timespan import Timespan
from calsync.training import Week


def moved(setup: Setup, known: Known, key: str, start: datetime) -> Published:
    """The run or session `key` at `start`: as long as it stands on a calendar, or as it is wanted."""
    stored, wanted = known.stored.get(key), known.wanted.get(key)
    if stored:
        length = stored.span.duration
    elif isinstance(wanted, WantedRun):
        length = timedelta(minutes=wanted.run.minutes)
    else:
        length = timedelta(minutes=wanted.minutes if wanted else 30)
    span = Timespan(start, start + length)
    event = stored.event if stored else None
    # All that is needed to keep it on the calendar if one day the plan no longer asks for it.
    title, description = (event.summary, event.description) if event else ("", "")
    if isinstance(wanted, WantedRun):
        return Published(span, True, title or wanted.run.title, description, kind=wanted.kind)
    load = event.load if event else None
    routine = event.routine if event else None
    if wanted is not None:
        load, routine = load or wanted.load, wanted.routine
    return Published(span, True, title, description, event.kind if event else None, load, routine)


def broken_rules(setup: Setup, known: Known, key: str, place: Published, now: datetime) -> list[str]:
    """What the training rules say of a session there. Busy time is the owner's own business."""
    if not is_strength(key):
        return []
    standing = what_stands(setup, load_targets(setup))
    config, training = setup.config, known.training
    given = Given(
        config.program,
        setup.templates,
        (),
        standing,
        now,
        config.zone,
        checkins=training.checkins,
        feed=training.feed,
    )
    problem = pose(given)
    days, span = problem.days, place.span
    start = wall.seconds(span.start)
    day = days.clock.day_of(start)
    week = next((week for week in problem.weeks if week.week == Week.of(day)), None)
    if week is None or place.load is None:
        return []
    texts = []
    minutes = round(span.duration / timedelta(minutes=1))
    for ban in days.forbidden(week, day, minutes, place.load):
        if ban.first <= start <= ban.last and ban.rule not in (Rule.BUSY, Rule.NOTICE):
            after = days.next_fresh_run(wall.seconds(span.end))
            text = f"the rule {ban.rule} is against it"
            if ban.rule is Rule.FRESH_LEGS and after:
                gap = elapsed(after.start - wall.seconds(span.end))
                text = f"only {gap} before {of_run(after)} ({ban.rule})"
            texts.append(text)
    texts += [
        f"less than {apart} days from {other.key} ({Rule.PAIR})"
        for other in problem.fixed
        if other.key != key
        and abs((other.day - day).days) < (apart := given.min_days_apart(max(day, other.day)))
    ]
    if week_of_key(key) != week.week:
        texts.append(f"it leaves its week, {week_of_key(key)}")
    return texts
