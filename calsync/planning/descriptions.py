"""A plan as people read it: the events with their titles and texts, and why each session is where it is."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from calsync.event import BUSY, Event, Published
from calsync.planning import wall, why
from calsync.planning.days import Days, race_against
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, State
from calsync.planning.problem import Problem
from calsync.planning.rules import Rule
from calsync.planning.runs import called, of_run
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.why import Reason
from calsync.program import Routine
from calsync.training import Cross, Effort, Kind, Load
from calsync.words import elapsed, kind_name, one_line, plain_lines


def agenda(plan: Plan, routines: Mapping[str, Routine]) -> tuple[Event, ...]:
    """The runs and sessions of `plan` as events, in the order of time. `routines` by name.

    What a busy calendar has is in that calendar, and is none.
    """
    events = [_run_event(run) for run in plan.runs]
    events += [
        _session_event(session, routines, lasting_reasons(plan, session))
        for session in plan.sessions
        if not session.calendar
    ]
    done = plan.problem.given.standing.done
    marked = (replace(event, done=True) if event.key in done else event for event in events)
    return tuple(sorted(marked, key=lambda event: (event.span, event.key)))


def run_title(run: PlannedRun) -> str:
    return one_line(run.run.title) or kind_name(run.run.kind).capitalize()


def session_title(session: PlannedSession, routines: Mapping[str, Routine]) -> str:
    """ "Strength: Lower body (moderate)"."""
    title = one_line(session.title) or routine_title(session.routine, routines)
    return f"Strength: {title} ({session.load})" if title else f"Strength ({session.load})"


def routine_title(name: str, routines: Mapping[str, Routine]) -> str:
    """ "Lower body"; what is made of its name if there is no such routine."""
    routine = routines.get(name)
    return one_line(routine.title) if routine else name.replace("-", " ").capitalize()


def _run_event(planned: PlannedRun) -> Event:
    run = planned.run
    assert isinstance(run.kind, Kind)  # cross training is no event
    if run.unwanted:
        summary = run_title(planned)
        return _as_it_is(run.key, run.unwanted, summary, ("Running", str(run.effort).capitalize()))
    minutes = (run.end - run.start) // 60
    about = f"{kind_name(run.kind).capitalize()}, {minutes} min."
    return Event(
        key=run.key,
        span=run.span,
        summary=run_title(planned),
        description=plain_lines(f"{about}\n\n{run.notes}"),
        categories=("Running", str(run.effort).capitalize()),
        kind=run.kind,
    )


def _session_event(
    session: PlannedSession, routines: Mapping[str, Routine], because: tuple[Reason, ...]
) -> Event:
    categories = ("Strength", str(session.load).capitalize())
    if session.wanted is None and session.published:
        return _as_it_is(session.key, session.published, session_title(session, routines), categories)
    lines = [f"{session.minutes} min, {session.load}."]
    if routine := routines.get(session.routine):
        # A platform's own workout comes as a text.
        lines += ["", *(_exercise_lines(routine, session.minutes, session.load) or [routine.about])]
    if because:
        lines += ["", "Why here: " + "; ".join(reason.text for reason in because) + "."]
    return Event(
        key=session.key,
        span=session.span,
        summary=session_title(session, routines),
        description=plain_lines("\n".join(lines)),
        categories=categories,
        load=session.load,
        routine=session.routine or None,
        location=one_line(session.location),
    )


def _as_it_is(key: str, published: Published, summary: str, categories: tuple[str, ...]) -> Event:
    """What stands on a calendar although no template asks for it any more: it keeps saying what it said."""
    return Event(
        key=key,
        span=published.span,
        summary=published.title if published.title not in ("", BUSY) else summary,
        description=published.description,
        categories=categories,
        kind=published.kind,
        load=published.load,
        routine=published.routine,
        location=published.location,
    )


def exercises(routine: Routine, minutes: int, load: Load) -> tuple[tuple[str, str], ...]:
    """What to do in a session of that length: exercises with their numbers, each with a cue, maybe empty."""
    found = []
    for exercise in routine.within(minutes):
        prescription = exercise.prescription(load)
        name = f"{exercise.name}, {prescription}" if prescription else exercise.name
        found.append((name, exercise.cue or ""))
    return tuple(found)


def _exercise_lines(routine: Routine, minutes: int, load: Load) -> list[str]:
    lines = []
    for name, cue in exercises(routine, minutes, load):
        lines += [f"- {name}", f"  {cue}"] if cue else [f"- {name}"]
    return lines


def reasons(plan: Plan, session: PlannedSession) -> tuple[Reason, ...]:
    """Why `session` is where it is, the most telling reason first."""
    return (*_about_standing(plan, session), *_about_order(plan, session), *lasting_reasons(plan, session))


def lasting_reasons(plan: Plan, session: PlannedSession) -> tuple[Reason, ...]:
    """The reasons that stay true as time goes by, fit for a description that shall not change by itself."""
    return (*_about_day(plan, session), *_about_size(plan, session), *session.week.adjusted.notes)


def _about_standing(plan: Plan, session: PlannedSession) -> Iterator[Reason]:
    if session.state is State.PINNED:
        yield why.PINNED
    elif session.state is State.FIXED:
        yield why.in_calendar(session.calendar) if session.calendar else why.CLASS
    elif session.state is State.PUBLISHED and session.place is None:
        yield why.starts_soon(plan.problem.given.program.availability.notice)
    if session.missed:
        yield why.NOT_AGAIN
    elif missed := plan.problem.missed.get(session.key):
        yield why.missed(plan.problem.days.clock.day_of(wall.seconds(missed.span.start)))


def _about_order(plan: Plan, session: PlannedSession) -> Iterator[Reason]:
    """That a session comes before that day's easy run, and why it doesn't come after it.

    No lasting reason: it is one today, with what is busy now.
    """
    days, place, wanted = plan.problem.days, session.place, session.wanted
    easy = [run for run in days.runs_on(session.day) if run.effort is Effort.EASY]
    last = max(easy, key=lambda run: run.start, default=None)
    if last is None or last.start < wall.seconds(session.span.end):
        return
    if session.state is State.FIXED:
        because = "your calendar has it then" if session.calendar else "that is when the class is"
        yield why.before_easy_run(of_run(last), because)
        return
    if place is None or wanted is None:
        return
    later = [one for one in days.candidates(session.week, wanted, session.day) if one.start >= last.end]
    if later:
        best = min(later, key=lambda one: one.rank)
        terms = days.terms(session.week, wanted, best)
        more = {name: points - session.cost.get(name, 0) for name, points in terms.items()}
        because = _WHY_BEFORE.get(max(more, key=lambda name: more[name], default=""), "")
    else:
        rule = _main_obstacle(session.day, plan.problem, session.week, wanted, since=last.end)
        because = (
            _WHY_NOT_AFTER.get(rule) or _said(rule, session.day, session.week, wanted, plan.problem).text
        )
    yield why.before_easy_run(of_run(last), because)


# Why a session is before an easy run, by what would cost more after it, and by what is in the way there.
_WHY_BEFORE = {
    "gap": "it is better timed after the hard run there",
    "lighter": "only a lighter one fits after it",
    "shorter": "only a shorter one fits after it",
    "time": "it is nearer to the times that you prefer there",
    "moved": "your calendar has it there",
}
_WHY_NOT_AFTER = {
    Rule.AVAILABILITY: "you allow no time after it",
    Rule.BUSY: "you are busy after it",
    Rule.RUN: "the time after it is taken",
    Rule.AFTER_RUN: "no time is left after it",
}


def _about_day(plan: Plan, session: PlannedSession) -> Iterator[Reason]:
    days = plan.problem.days
    start, end = wall.seconds(session.span.start), wall.seconds(session.span.end)
    hard = [run for run in days.runs_on(session.day) if run.effort in (Effort.HARD, Effort.LONG)]
    if before := [run for run in hard if run.end <= start]:
        last = max(before, key=lambda run: run.end)
        yield why.hours_after(start - last.end, of_run(last))
    effort = days.effort(session.day)
    # Where the runner put it is their own choice, not for want of a better place.
    is_pinned = session.published is not None and session.published.pinned
    if effort in (Effort.EASY, Effort.NONE) and not is_pinned:
        kept = session.week.is_strength_day(session.day)
        yield why.strength_day(session.day) if kept else why.second_best_day(effort)
    if (after := days.next_fresh_run(end)) is not None and after.start - end < 72 * 3600:
        yield why.hours_before(after.start - end, of_run(after))


def _about_size(plan: Plan, session: PlannedSession) -> Iterator[Reason]:
    wanted = session.wanted
    if wanted is None or session.state is State.PINNED:
        return
    if session.minutes < wanted.minutes:
        yield why.shorter(session.minutes, wanted.minutes)
    if session.load.rank < wanted.load.rank:
        days, start = plan.problem.days, wall.seconds(session.span.start)
        bans = days.bans_at(session.week, session.day, start, session.minutes, wanted.load, wanted.where)
        long = f"long {called(days.last_of(session.day, Effort.LONG))}"
        after = days.next_fresh_run(wall.seconds(session.span.end))
        next_one = kind_name(after.kind) if after and isinstance(after.kind, Cross) else "quality run"
        yield why.lighter(session.load, wanted.load, (ban.rule for ban in bans), long, next_one)


def kind_of_day(days: Days, day: date, *, is_rest: bool) -> str:
    """ "the day of the long ride"; empty for a day with a hard run or a race."""
    long = f"long {called(days.last_of(day, Effort.LONG))}"
    return why.kind_of_day(days.effort(day), is_rest=is_rest, long=long)


def term_text(name: str, plan: Plan, session: PlannedSession) -> str:
    """What a term of `session.cost` says of it; the names are those of docs/placement.md."""
    wanted, days = session.wanted, plan.problem.days
    match name:
        case "day":
            is_rest = session.week.is_rest(session.day)
            better = "; hard days are for strength, so that easy days stay easy"
            is_easy = days.effort(session.day) is Effort.EASY and not is_rest
            return f"on {kind_of_day(days, session.day, is_rest=is_rest)}{better if is_easy else ''}"
        case "gap":
            gap = days.since_hard_run(session.day, wall.seconds(session.span.start))
            what = called(days.last_of(session.day, Effort.HARD))
            return f"{elapsed(gap or 0)} after the {what}; 4 to 8 h are ideal"
        case "order":
            what = called(days.last_of(session.day, Effort.EASY))
            return f"before the easy {what} of that day; after it would be better"
        case "recover":
            start = wall.seconds(session.span.start)
            run = days.recovering_from(start)
            return why.recovering(start - run.end, of_run(run), session.load) if run else name
        case "lighter":
            return f"{session.load} instead of {wanted.load}" if wanted else "lighter than wanted"
        case "shorter":
            return f"{session.minutes} min instead of {wanted.minutes}" if wanted else "shorter than wanted"
        case "time":
            return "away from the times that you prefer"
        case "unplaced":
            return "couldn't fit in again"
        case "moved":
            return "your calendar has it at another time"
        case "spacing":
            return f"{_days_before(plan, session)} days after the session before it; 3 or 4 are ideal"
        case _:
            return name


def _days_before(plan: Plan, session: PlannedSession) -> int:
    """Calendar days since the session before it, those of other weeks included."""
    earlier = [other.day for other in plan.problem.fixed if other.start < wall.seconds(session.span.start)]
    earlier += [other.day for other in plan.sessions if other.span.start < session.span.start]
    return (session.day - max(earlier, default=session.day)).days


def no_place(plan: Plan, week: WantedWeek, session: WantedSession) -> tuple[tuple[date, Reason], ...]:
    """For each day of the week what is most in the way of a session that has no place in `plan`.

    Looked at for the session at its shortest and lightest, which is what has most places.
    """
    return tuple((day, _no_place_on(day, plan, week, session)) for day in week.week.days)


def _no_place_on(day: date, plan: Plan, week: WantedWeek, session: WantedSession) -> Reason:
    rule = _main_obstacle(day, plan.problem, week, session)
    return (rule is Rule.PAIR and _out_of_order(day, plan, week, session)) or _said(
        rule, day, week, session, plan.problem
    )


def _out_of_order(day: date, plan: Plan, week: WantedWeek, session: WantedSession) -> Reason | None:
    """Where no other session is near: the one of its week that it would have to change places with."""
    if any(abs((other.day - day).days) < week.min_days_apart for other in plan.sessions):
        return None
    fixed = {other.key for other in plan.problem.fixed}
    placed = {other.key: other.day for other in plan.sessions if other.key not in fixed}
    keys = [one.key for one in week.sessions]
    at = keys.index(session.key)
    earlier = [placed[key] for key in keys[:at] if placed.get(key, day) > day]
    later = [placed[key] for key in keys[at + 1 :] if placed.get(key, day) < day]
    if earlier:
        return why.out_of_order(max(earlier), is_later=False)
    return why.out_of_order(min(later), is_later=True) if later else None


def _main_obstacle(
    day: date, problem: Problem, week: WantedWeek, session: WantedSession, since: int = 0
) -> Rule:
    """The rule against most of the starts that availability has on a day, from the instant `since` on.

    Ties go in the order A1 to A6. Where no rule is against one of the starts, other sessions are too near, or
    the order of the week is against it.
    """
    days = problem.days
    ranges = days.ranges(day, session.shortest, session.where)
    starts = {s for _, s in days.clock.grid(day) if s >= since and any(a <= s <= b for a, b in ranges)}
    ruled_out: dict[Rule, set[int]] = {}
    # Pauses belong to A1, busy time is A2, runs are A3, and so on: bans() gives them in that order.
    for ban in days.bans(week, day, session.shortest, Load.LIGHT, session.where.travel):
        ruled_out.setdefault(ban.rule, set()).update(s for s in starts if ban.first <= s <= ban.last)
    if not starts and Rule.PAUSE not in ruled_out:
        return Rule.AVAILABILITY
    if starts.difference(*ruled_out.values()):
        return Rule.PAIR
    return max(ruled_out, key=lambda rule: len(ruled_out[rule]))


def _said(rule: Rule, day: date, week: WantedWeek, session: WantedSession, problem: Problem) -> Reason:
    program, days = problem.given.program, problem.days
    match rule:
        case Rule.AVAILABILITY:
            ranges, where = program.availability.on(day), session.where
            wish = why.not_wished(where.days, where.between, day) if ranges else None
            return wish or why.not_available(ranges)
        case Rule.NOTICE:
            return why.within_notice(program.availability.notice)
        case Rule.HOURS_APART:
            hard, long = days.last_of(day, Effort.HARD), days.last_of(day, Effort.LONG)
            what = f"long {called(long)}" if long and not hard else f"hard {called(hard)}"
            return why.no_room_after(program.rules.hours_apart, what)
        case Rule.RUN:
            longest = max(days.runs_on(day), key=lambda run: run.end - run.start, default=None)
            return why.time_taken(called(longest))
        case Rule.AFTER_RUN:
            last = max(days.runs_on(day), key=lambda run: run.end, default=None)
            return why.soon_after(program.availability.after_run, f"the {called(last)}")
        case Rule.FRESH_LEGS:
            after = days.next_fresh_run(days.clock.at(day, 0))
            is_near = after is not None and after.day - day <= timedelta(days=3)
            return why.too_close_before(of_run(after) if after and is_near else "the next quality run")
        case Rule.PAIR:
            return why.too_near(week.min_days_apart)
        case Rule.TAPER if race := race_against(program, rule, day, Load.LIGHT):
            return why.tapering(race)
        case _:
            # Long runs and hard runs rule out no light session, so none of their rules comes here.
            return Reason(rule, why.IN_GENERAL[rule])
