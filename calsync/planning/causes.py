"""The problem with one thing as it was before: what would have come of it tells the cause.

Decides which things can be taken back. What was busy or available before is not known, so a plan that changed
by these alone is not told from here. Knows nothing of how a cause is looked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from calsync.event import Event, Published, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.days import Candidate, Days
from calsync.planning.placement import Fixed, Placement, Slot, place
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek, Problem
from calsync.planning.progression import min_days_apart
from calsync.planning.rules import Rule
from calsync.planning.runs import SettledRun, of_run
from calsync.planning.wall import instant, seconds, span
from calsync.planning.week import WantedRun, WantedSession, WantedWeek
from calsync.planning.why import Ban, OldPlace, Surroundings, bans, busy_text, pause_text
from calsync.timespan import Timespan
from calsync.training import Effort, Kind, Load, Session, TimeRange, Week, clock
from calsync.words import day_name, elapsed, kind_name, moment

# --- cause size -------------------------------------------------------------------------------------------


def asked_for_before(
    wanted: WantedSession, before: Timespan, published: Mapping[str, Published]
) -> tuple[int, Load]:
    """Minutes and load that a session which stood at `before` would have there: never more than it had."""
    minutes = round(before.duration / timedelta(minutes=1))
    known = published.get(wanted.key)
    loads = [load for load in (known.load if known else None, wanted.load) if load]
    return (
        minutes if minutes in wanted.lengths else wanted.minutes,
        min(loads, key=lambda load: load.rank),
    )


def as_asked(week: WantedWeek, wanted: WantedSession, was: Event) -> str:
    """Why a session that was `was` is another one at the same start; empty where the week has not asked.

    Lighter or shorter than the week asks for is a matter of its place.
    """
    minutes = round(was.span.duration / timedelta(minutes=1))
    is_lighter = was.load is not None and wanted.load.rank < was.load.rank
    is_longer = wanted.minutes > minutes and minutes not in wanted.lengths
    if is_lighter or is_longer or wanted.minutes < minutes:
        return who_asks(week, wanted)
    return ""


def who_asks(week: WantedWeek, wanted: WantedSession) -> str:
    """Who wants the session as it is wanted."""
    listed = _listed(week, wanted.number)
    if listed is not None and (listed.minutes, listed.load) == (wanted.minutes, wanted.load):
        return f"{_lister(week)} asks for {wanted.minutes} min, {wanted.load}"
    return _notes(week)


def fewer(week: WantedWeek, key: str) -> str:
    """Why the week asks for fewer sessions than the one with `key` would need; empty if it doesn't."""
    number = int(key.rpartition("/")[2])
    if number <= len(week.sessions):
        return ""
    if _listed(week, number) is not None:
        return _notes(week)
    if not week.template.strength:
        return f"{_lister(week)} asks for no strength"
    count = len(week.template.strength)
    return f"{_lister(week)} asks for {count} strength session{'s' * (count > 1)}"


def _listed(week: WantedWeek, number: int) -> Session | None:
    return week.template.strength[number - 1] if number <= len(week.template.strength) else None


def _lister(week: WantedWeek) -> str:
    return f'the template "{week.template.name}"'


def _notes(week: WantedWeek) -> str:
    """What the progressions say; all of them, as they act together."""
    return "; ".join(note.text for note in week.adjusted.notes)


# --- cause run --------------------------------------------------------------------------------------------


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


# --- cause better -----------------------------------------------------------------------------------------


# More than a plan can cost: a session that is worth it is placed if that is possible at all.
_WISHED = 10_000_000


@dataclass(frozen=True, slots=True)
class Staying:
    """The best plan in which the session stays: its place there, and how many points `more` it costs."""

    place: Candidate
    placement: Placement
    more: int

    @classmethod
    def of(cls, plan: Plan, week: WantedWeek, wanted: WantedSession, start: int) -> "Staying | None":
        """None if it can't stay in any plan."""
        problem = plan.problem
        candidate = _cheapest_at(plan, week, wanted, start)
        if candidate is None:
            return None
        wished = (replace(candidate, cost=candidate.cost - _WISHED),)
        weeks = tuple(
            replace(
                one,
                slots=tuple(Slot(s.key, wished) if s.key == wanted.key else s for s in one.slots),
            )
            for one in problem.slot_weeks()
        )
        solved = place(weeks, problem.fixed)
        if solved.chosen[wanted.key] is None:
            return None
        return cls(candidate, solved, solved.cost + _WISHED - plan.cost)


def _cheapest_at(plan: Plan, week: WantedWeek, wanted: WantedSession, start: int) -> Candidate | None:
    days = plan.problem.days
    day, minute = days.clock.minute_of(start)
    published = plan.problem.published_start(wanted.key)
    found = []
    for minutes in wanted.lengths:
        for load in wanted.load.and_lighter:
            if (minute, start) in days.starts(week, day, minutes, load):
                option = Candidate(day, minute, start, minutes, load, 0)
                cost = sum(days.terms(week, wanted, option, published).values())
                found.append(replace(option, cost=cost))
    return min(found, key=lambda option: option.cost, default=None)


def better(plan: Plan, week: WantedWeek, session: PlannedSession, staying: Staying) -> str:
    """What the plan gains by the move; empty if it gains nothing."""
    if staying.more <= 0 or session.wanted is None:
        return ""
    if helped := _helped(plan, session, staying):
        return helped
    days, wanted = plan.problem.days, session.wanted
    before = dict(days.terms(week, wanted, staying.place, plan.problem.published_start(session.key)))
    before["spacing"] = staying.placement.spacing.get(session.key, 0)
    gains = {name: before.get(name, 0) - session.cost.get(name, 0) for name in (*before, *session.cost)}
    name = max(gains, key=lambda name: gains[name])
    if gains[name] <= 0:
        return _others(plan, session, staying)
    return f"{_gain(name, plan, week, session, staying)} ({_points(staying)})"


def _helped(plan: Plan, session: PlannedSession, staying: Staying) -> str:
    """The sessions that would have no place if it stayed."""
    placed = {one.key: one for one in plan.sessions if one.place}
    helped = [
        f"{_routine(placed[key])} on {day_name(placed[key].day)}"
        for key, chosen in staying.placement.chosen.items()
        if chosen is None and key in placed and key != session.key
    ]
    return f"to make room for {' and '.join(helped)}" if helped else ""


def _others(plan: Plan, session: PlannedSession, staying: Staying) -> str:
    """The first other session that the move lets be where it is."""
    for other in plan.sessions:
        elsewhere = staying.placement.chosen.get(other.key)
        if other.place and other.key != session.key and elsewhere and elsewhere.start != other.place.start:
            where = moment(other.span, plan.zone)
            return f"so that {_routine(other)} can be on {where} ({_points(staying)})"
    return ""


def _gain(name: str, plan: Plan, week: WantedWeek, session: PlannedSession, staying: Staying) -> str:
    old = staying.place
    match name:
        case "day":
            return f"{day_name(session.day)} suits strength better than {_kind_of_day(plan, week, old)}"
        case "gap" if new := _after(plan, session.place):
            return f"{new} after the run suits better than {_after(plan, old)}"
        case "gap":
            return f"{_after(plan, old)} after the run is not ideal"
        case "order":
            return "after the easy run of a day is better than before it"
        case "lighter":
            return f"{session.load} is possible there, and only {old.load} where it was"
        case "shorter":
            return f"{session.minutes} min fit there, and only {old.minutes} where it was"
        case "time":
            return "nearer to the times that you prefer"
        case _:
            return "the sessions are better spread"


def _kind_of_day(plan: Plan, week: WantedWeek, old: Candidate) -> str:
    name = day_name(old.day)
    if week.is_rest(old.day):
        return f"{name}, a rest day"
    match plan.problem.days.effort(old.day):
        case Effort.EASY:
            return f"{name}, an easy day"
        case Effort.LONG:
            return f"{name}, the day of the long run"
        case Effort.NONE:
            return f"{name}, a day without a run"
        case _:
            return name


def _after(plan: Plan, place: Candidate | None) -> str:
    """How long after the day's last hard run; empty on a day without one."""
    runs = plan.problem.days.runs_on(place.day) if place else ()
    hard = [run.end for run in runs if run.effort is Effort.HARD]
    return elapsed(place.start - max(hard)) if place and hard else ""


def _points(staying: Staying) -> str:
    return f"the plan costs {staying.more} point{'s' * (staying.more != 1)} less"


def _routine(session: PlannedSession) -> str:
    return session.routine.replace("-", " ") or "strength"


# --- cause undone -----------------------------------------------------------------------------------------


def as_it_was(plan: Plan, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """What changed, each with the problem as if it hadn't; what is most likely to matter for `key` first."""
    problem = plan.problem
    yield from _runs(problem, around, key)
    yield from _sizes(problem, around, key)
    yield from _distances(problem, key)
    yield from _sessions(problem, around, key)


def _runs(problem: Problem, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """Each run that is new, gone, at another time or of another kind."""
    changed = list(_changed_runs(problem, around))
    for before, now in changed:
        yield _run_text(before, now, around), _with_runs(problem, [(before, now)])
    if len(changed) > 1:
        near = [
            _run_text(before, now, around)
            for before, now in changed
            if week_of_key(key) in {Week.of(run.day) for run in (before, now) if run}
        ]
        if near:
            yield "; ".join(near[:3]), _with_runs(problem, changed)


_Changed = tuple[SettledRun | None, SettledRun | None]


def _changed_runs(problem: Problem, around: Surroundings) -> Iterator[_Changed]:
    """Runs before and after, of weeks of which the calendars know some run."""
    was = {key: event for key, event in around.was.items() if not is_strength(key)}
    known_weeks = {week_of_key(key) for key in was}
    there = set()
    for run in problem.settled.runs:
        there.add(run.key)
        event = was.get(run.key)
        if event is None:
            if week_of_key(run.key) in known_weeks and run.start > wall.seconds(problem.given.now):
                yield None, run
            continue
        before = _as_stored(run, event, problem)
        if (before.start, before.end, before.kind) != (run.start, run.end, run.kind):
            yield before, run
    first = problem.weeks[0].week
    for key, event in was.items():
        if key not in there and week_of_key(key) >= first and event.kind:
            run = SettledRun(key, event.kind, event.summary, first.monday, 0, 1)
            yield _as_stored(run, event, problem), None


def _as_stored(run: SettledRun, event: Event, problem: Problem) -> SettledRun:
    start, end = wall.seconds(event.span.start), wall.seconds_up(event.span.end)
    day = problem.days.clock.day_of(start)
    return replace(run, day=day, start=start, end=end, kind=event.kind or run.kind)


def _with_runs(problem: Problem, changed: Iterable[_Changed]) -> Problem:
    taken_back = list(changed)
    gone = {now.key for _, now in taken_back if now}
    runs = [run for run in problem.settled.runs if run.key not in gone]
    runs += [before for before, _ in taken_back if before]
    given = problem.given
    return replace(problem, days=Days(given.program, runs, given.busy, given.now, problem.days.clock))


def _run_text(before: SettledRun | None, now: SettledRun | None, around: Surroundings) -> str:
    zone = around.problem.days.clock.zone
    if now is None:
        assert before is not None
        return f"{of_run(before)} at {before.span.start.astimezone(zone):%H:%M} is gone"
    if before is None:
        return f"{of_run(now)} at {now.span.start.astimezone(zone):%H:%M} is new"
    if before.kind != now.kind:
        return f"{of_run(before)} became {kind_name(now.kind)}"
    if before.day != now.day:
        mover = "was moved by its owner" if now.pinned else "moved"
        return f"{of_run(before)} {mover} to {moment(now.span, zone)}"
    return around.run_now(now)


def _sizes(problem: Problem, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """The sessions of its week as heavy and as long as they were."""
    for week, sessions in problem.free:
        wanted = next((one for one in sessions if one.key == key), None)
        if week.week == week_of_key(key) and wanted:
            text = who_asks(week, wanted)
            before = tuple(_as_large_as(session, around) for session in sessions)
            if text and before != sessions:
                yield text, _with_sessions(problem, week, before)


def _as_large_as(session: WantedSession, around: Surroundings) -> WantedSession:
    was = around.was.get(session.key)
    if was is None:
        return session
    minutes = round(was.span.duration.total_seconds() / 60)
    load = was.load if was.load and was.load.rank > session.load.rank else session.load
    return replace(session, minutes=max(minutes, session.minutes), load=load)


def _with_sessions(problem: Problem, week: WantedWeek, sessions: tuple[WantedSession, ...]) -> Problem:
    return replace(
        problem, free=tuple((one, sessions if one is week else others) for one, others in problem.free)
    )


def _distances(problem: Problem, key: str) -> Iterator[tuple[str, Problem]]:
    """The days between sessions as they are without a check-in."""
    least = min_days_apart(problem.given.program, None)
    for week, _ in problem.free:
        if week.week == week_of_key(key) and week.min_days_apart > least:
            # Nothing but a check-in sets sessions further apart.
            notes = week.adjusted.notes
            text = "; ".join(note.text for note in notes if note.rule is Rule.OUT_OF_BALANCE)
            free = tuple(
                (replace(one, min_days_apart=least) if one is week else one, others)
                for one, others in problem.free
            )
            yield text, replace(problem, free=free)


def _sessions(problem: Problem, around: Surroundings, key: str) -> Iterator[tuple[str, Problem]]:
    """A session that is gone, or that its owner moved, where it was."""
    free = {session.key for _, sessions in problem.free for session in sessions}
    fixed = {session.key: session for session in problem.fixed}
    zone, clock = problem.days.clock.zone, problem.days.clock
    for other, event in around.was.items():
        start = wall.seconds(event.span.start)
        stands = fixed.get(other)
        if not is_strength(other) or other in free or event.span.start <= problem.given.now:
            continue
        if stands and stands.start == start:
            continue
        day = clock.day_of(start)
        before = Fixed(other, day, start, problem.given.min_days_apart(day))
        others = tuple(one for one in problem.fixed if one.key != other)
        where = f"the session of {moment(event.span, zone)}"
        if stands:
            now = problem.given.standing.published[other].span
            text = f"{where} was moved by its owner to {moment(now, zone)}"
        else:
            text = f"{where} is gone"
        yield text, replace(problem, fixed=(*others, before))


# --- cause ------------------------------------------------------------------------------------------------


class Causes:
    """The causes of one plan's changes.

    `busy` is what each source says, by its name; `was` holds the events as calendars had them before the
    push, by key, without those that their owner moved by hand.
    """

    def __init__(self, plan: Plan, busy: Mapping[str, Sequence[Timespan]], was: Mapping[str, Event]) -> None:
        self._plan = plan
        self._around = Surroundings(plan.problem, busy, was)
        self._weeks = {week.week: week for week in plan.weeks}

    def of(self, key: str, before: Timespan | None, after: Timespan | None) -> str:
        """Why the event that was at `before` is at `after` now; empty where that can't be told.

        None is where it is not there.
        """
        week = self._weeks.get(week_of_key(key))
        if week is None:
            return ""
        if not is_strength(key):
            return self._run(week, key, before, after)
        if before is None:
            return self._undone(key, None)
        if after is None:
            return self._gone(week, key, before)
        return self._moved(week, key, before)

    def old_place_bans(self, key: str, before: Timespan) -> tuple[Ban, ...]:
        """The rules by which a session that the week still wants can't stay at `before`.

        It is looked at as it stood, and where the week asks for less, at that.
        """
        week = self._weeks[week_of_key(key)]
        wanted = next((one for one in week.wanted.sessions if one.key == key), None)
        place = self._place(week, wanted, before) if wanted else None
        return tuple(bans(place, self._around)) if place else ()

    # --- runs ---------------------------------------------------------------------------------------------

    def _run(self, week: PlannedWeek, key: str, before: Timespan | None, after: Timespan | None) -> str:
        if before is None:
            return ""
        if after is None:
            return why_run_went(week.wanted, key, before, self._around)
        run = next((one.run for one in self._plan.runs if one.key == key), None)
        return why_run_moved(week.wanted, run, before, self._around) if run else ""

    # --- sessions -----------------------------------------------------------------------------------------

    def _size(self, week: PlannedWeek, session: PlannedSession, before: Timespan) -> str:
        """Why a session that stays at its start is shorter or lighter, or says something else."""
        was = self._around.was.get(session.key)
        asked = as_asked(week.wanted, session.wanted, was) if session.wanted and was else ""
        ban = next(iter(self.old_place_bans(session.key, before)), None)
        return asked or (ban.text if ban else "")

    def _gone(self, week: PlannedWeek, key: str, before: Timespan) -> str:
        wanted = next((one for one in week.unplaced if one.key == key), None)
        if wanted is None:
            return fewer(week.wanted, key)
        place = self._place(week, wanted, before, smallest=True)
        ban = next(bans(place, self._around), None) if place else None
        return ban.text if ban else ""

    def _moved(self, week: PlannedWeek, key: str, before: Timespan) -> str:
        session = self._session(key)
        if session is None or session.place is None or session.wanted is None:
            return ""
        if session.span.start == before.start:
            return self._size(week, session, before)
        if found := next(iter(self.old_place_bans(key, before)), None):
            old_day = self._plan.problem.days.clock.day_of(wall.seconds(before.start))
            # What is busy is told by its hours alone.
            names_day = found.rule is not Rule.BUSY or session.day == old_day
            return found.text if names_day else f"on {day_name(old_day)}, {found.text}"
        if cause := self._undone(key, before):
            return cause
        staying = Staying.of(self._plan, week.wanted, session.wanted, wall.seconds(before.start))
        return better(self._plan, week.wanted, session, staying) if staying else ""

    def _undone(self, key: str, before: Timespan | None) -> str:
        """The one thing without which the session would be at `before` (None: without a place)."""
        start = wall.seconds(before.start) if before else None
        for text, problem in as_it_was(self._plan, self._around, key):
            place = problem.solve().chosen.get(key)
            if (place.start if place else None) == start:
                return text
        return ""

    def _session(self, key: str) -> PlannedSession | None:
        return next((one for one in self._plan.sessions if one.key == key), None)

    def _place(
        self, week: PlannedWeek, wanted: WantedSession, before: Timespan, *, smallest: bool = False
    ) -> OldPlace | None:
        start = wall.seconds(before.start)
        if Week.of(self._plan.problem.days.clock.day_of(start)) != week.week:
            return None
        if smallest:
            return OldPlace(wanted.key, week.wanted, start, wanted.shortest, Load.LIGHT)
        minutes, load = asked_for_before(wanted, before, self._plan.problem.given.standing.published)
        return OldPlace(wanted.key, week.wanted, start, minutes, load)
