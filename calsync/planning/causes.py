"""Why a push changed something.

Of a session that moved: if a rule forbids its old place now, that is why. Else undo one change at a time and
solve again: if the session stays put, that change was the cause. Else the plan gains something by the move.
What was busy or available before is not known, so what changed by these alone has no cause here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from calsync.event import Event, is_strength, week_of_key
from calsync.planning import wall, why
from calsync.planning.days import Ban, Candidate
from calsync.planning.placement import Fixed, Placement
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek, Problem, solve_with, standing_load
from calsync.planning.progression import min_days_apart
from calsync.planning.rules import Rule
from calsync.planning.runs import SettledRun, of_run, ranges_of
from calsync.planning.week import WantedRun, WantedSession, WantedWeek
from calsync.planning.why import Reason
from calsync.program import Program
from calsync.timespan import Timespan
from calsync.training import Effort, Kind, Load, Week, clock
from calsync.words import counted, date_name, day_name, elapsed, kind_name, moment


class Causes:
    """The causes of one plan's changes.

    `busy` is what each source says, by its name; `was` holds the events as calendars had them before the
    push, by key, without those that their owner moved by hand.
    """

    def __init__(self, plan: Plan, busy: Mapping[str, Sequence[Timespan]], was: Mapping[str, Event]) -> None:
        self._plan = plan
        self._known = _Known(plan.problem, busy, was)
        self._weeks = {week.week: week for week in plan.weeks}

    def of(self, key: str, before: Timespan | None, after: Timespan | None) -> str:
        """Why the event that was at `before` is at `after` now; empty where that can't be told.

        None is where it is not there.
        """
        week = self._weeks.get(week_of_key(key))
        if week is None:
            return ""
        if not is_strength(key):
            return self._run(week.wanted, key, before, after)
        if before is None:
            return self._undone(key, None)
        if after is None:
            return self._gone(week, key, before)
        return self._moved(week, key, before)

    def against_old_place(self, key: str, before: Timespan) -> tuple[Reason, ...]:
        """The rules by which a session that the week still wants can't stay at `before`.

        It is looked at as it stood, and where the week asks for less, at that.
        """
        week = self._weeks[week_of_key(key)].wanted
        wanted = week.session(key)
        if wanted is None:
            return ()
        published = self._plan.problem.given.standing.published.get(key)
        minutes = before.minutes if before.minutes in wanted.lengths else wanted.minutes
        load = standing_load(published, wanted) if published else wanted.load
        return tuple(_against(key, week, before, minutes, load, self._known))

    def _run(self, week: WantedWeek, key: str, before: Timespan | None, after: Timespan | None) -> str:
        if before is None:
            return ""
        if after is None:
            return _why_run_went(week, key, before, self._known)
        run = next((one.run for one in self._plan.runs if one.key == key), None)
        return _why_run_moved(week, run, before, self._known) if run else ""

    def _gone(self, week: PlannedWeek, key: str, before: Timespan) -> str:
        wanted = next((one for one in week.unplaced if one.key == key), None)
        if wanted is None:
            return _fewer(week.wanted, key)
        reasons = _against(key, week.wanted, before, wanted.shortest, Load.LIGHT, self._known)
        return next((reason.text for reason in reasons), "")

    def _moved(self, week: PlannedWeek, key: str, before: Timespan) -> str:
        session = next((one for one in self._plan.sessions if one.key == key), None)
        if session is None or session.place is None or session.wanted is None:
            return ""
        reason = next(iter(self.against_old_place(key, before)), None)
        if session.span.start == before.start:
            # It is shorter or lighter now, or says something else.
            was = self._known.was.get(key)
            asked = _as_asked(week.wanted, session.wanted, was) if was else ""
            return asked or (reason.text if reason else "")
        if reason:
            old_day = self._plan.problem.days.clock.day_of(wall.seconds(before.start))
            # What is busy is told by its hours alone.
            names_day = reason.rule is not Rule.BUSY or session.day == old_day
            return reason.text if names_day else f"on {day_name(old_day)}, {reason.text}"
        return self._undone(key, before) or _gain(self._plan, session, session.wanted, before)

    def _undone(self, key: str, before: Timespan | None) -> str:
        """The one change without which the session would be at `before` (None: without a place)."""
        start = wall.seconds(before.start) if before else None
        for text, problem in _taken_back(self._known, key):
            place = problem.solve().chosen.get(key)
            if (place.start if place else None) == start:
                return text
        return ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What causes are told from: the problem, what each source calls busy, and what stood where before."""

    problem: Problem
    busy: Mapping[str, Sequence[Timespan]]
    was: Mapping[str, Event]

    @property
    def program(self) -> Program:
        return self.problem.given.program

    def moment(self, span: Timespan) -> str:
        return moment(span, self.problem.days.clock.zone)

    def time(self, span: Timespan) -> str:
        return f"{span.start.astimezone(self.problem.days.clock.zone):%H:%M}"

    def run_now(self, run: SettledRun) -> str:
        """ "Tuesday's intervals, now at 12:00 (was 06:30)"."""
        before, time = self.was.get(run.key), self.time(run.span)
        # Runs go by their day: another kind there is another run, which has moved from somewhere else.
        if before is None or before.kind is not run.kind or before.span.start == run.span.start:
            return f"{of_run(run)} at {time}{', where its owner put it' if run.pinned else ''}"
        is_same_day = self.problem.days.clock.day_of(wall.seconds(before.span.start)) == run.day
        was = self.time(before.span) if is_same_day else self.moment(before.span)
        return f"{of_run(run)}, {'moved by its owner to' if run.pinned else 'now at'} {time} (was {was})"

    def run_then(self, event: Event, kind: Kind) -> SettledRun:
        """A run as it stood on its calendar."""
        start, end = wall.seconds(event.span.start), wall.seconds_up(event.span.end)
        day = self.problem.days.clock.day_of(start)
        return SettledRun(event.key, kind, event.summary, day, start, end)

    def busy_there(self, span: Timespan, buffer: timedelta = timedelta(0)) -> Reason:
        """What is busy in the way of `span`, by source; strength keeps a buffer."""
        zone = self.problem.days.clock.zone
        day = span.start.astimezone(zone).date()
        # What overlaps the session itself says more than what only comes near it.
        for reach, kept_free in ((span, timedelta(0)), (span.padded(buffer), buffer)):
            blocks = [
                f"{name} is busy {self._stretch(block, day)}"
                for name, blocks in self.busy.items()
                for block in blocks
                if block.overlaps(reach)
            ]
            if blocks:
                return why.busy(blocks, kept_free)
        return why.busy()

    def _stretch(self, span: Timespan, day: date) -> str:
        """ "12:00-13:00" on `day` itself, "all day", or "from Mon 23 Nov 18:00 to Wed 25 Nov 09:00"."""
        zone = self.problem.days.clock.zone
        start, end = span.start.astimezone(zone), span.end.astimezone(zone)
        if f"{start:%H:%M}{end:%H:%M}" == "00:0000:00" and (end.date() - start.date()).days == 1:
            return "all day"
        if start.date() == day and (end.date() == day or span.duration <= timedelta(days=1)):
            return f"{start:%H:%M}-{end:%H:%M}"
        return f"from {date_name(start.date())} {start:%H:%M} to {date_name(end.date())} {end:%H:%M}"


# --- a rule against the old place -------------------------------------------------------------------------


def _against(
    key: str, week: WantedWeek, before: Timespan, minutes: int, load: Load, known: _Known
) -> Iterator[Reason]:
    """Every rule that forbids a session of that size where it was: A1 to A6 in order, then the pair rule.

    Of what was in another week there is nothing to say.
    """
    given, days = known.problem.given, known.problem.days
    start = wall.seconds(before.start)
    day, minute = days.clock.minute_of(start)
    if Week.of(day) != week.week:
        return
    place = Candidate(day, minute, start, minutes, load, 0)
    for ban in days.bans_at(week, day, start, minutes, load):
        yield _said(ban, place, known)
    for fixed in known.problem.fixed:
        if fixed.key != key and given.are_too_near(fixed.day, day):
            published = given.standing.published[fixed.key]
            mover = ", where its owner put it" if published.pinned else ""
            least = given.min_days_apart(max(day, fixed.day))
            yield why.too_near(least, f"the session of {known.moment(published.span)}{mover}")


def _said(ban: Ban, place: Candidate, known: _Known) -> Reason:
    program, run = known.program, ban.run
    match ban.rule:
        case Rule.AVAILABILITY:
            return why.not_available(program.availability.on(place.day), place.day)
        case Rule.PAUSE:
            return why.paused(program.pauses, place.day)
        case Rule.BUSY:
            return known.busy_there(place.span, program.availability.buffer)
        case Rule.RUN:
            runs = (run for run in known.problem.settled.runs if run.span.overlaps(place.span))
            return why.run_there(map(known.run_now, runs))
        case Rule.RACE_DAY:
            return why.race_on(program.race, place.day)
        case Rule.TAPER if program.race:
            return why.tapering(f"{program.race.title} on {date_name(program.race.day)}")
        case Rule.REST_DAY:
            return why.rest_day(place.day)
        case Rule.LONG_RUN_DAY:
            return why.long_run_day(_run_of(Effort.LONG, place.day, known))
        case Rule.CONTROLLED:
            return why.controlled(_run_of(Effort.HARD, place.day, known))
        case Rule.HOURS_APART if run and place.end <= run.start:
            return why.strength_after_run(known.run_now(run))
        case Rule.HOURS_APART if run:
            return why.too_soon_after(program.rules.hours_apart, known.run_now(run))
        case Rule.FRESH_LEGS if run:
            return why.hours_before(run.start - place.end, known.run_now(run), place.load)
        case _:
            return Reason(ban.rule, str(ban.rule))


def _run_of(effort: Effort, day: date, known: _Known) -> str:
    return next(of_run(run) for run in known.problem.days.runs_on(day) if run.effort is effort)


# --- one change taken back --------------------------------------------------------------------------------


def _taken_back(known: _Known, key: str) -> Iterator[tuple[str, Problem]]:
    """What changed, each with the problem as if it hadn't; what is most likely to matter for `key` first."""
    yield from _runs_back(known, key)
    yield from _week_back(known, key)
    yield from _sessions_back(known)


_ChangedRun = tuple[SettledRun | None, SettledRun | None]


def _runs_back(known: _Known, key: str) -> Iterator[tuple[str, Problem]]:
    """Each run that is new, gone, at another time or of another kind; then all of them together."""
    changed = list(_changed_runs(known))
    for before, now in changed:
        yield _run_text(before, now, known), _with_runs(known.problem, [(before, now)])
    if len(changed) > 1:
        near = [
            _run_text(before, now, known)
            for before, now in changed
            if week_of_key(key) in {Week.of(run.day) for run in (before, now) if run}
        ]
        if near:
            yield "; ".join(near[:3]), _with_runs(known.problem, changed)


def _changed_runs(known: _Known) -> Iterator[_ChangedRun]:
    """Runs before and after, of weeks of which the calendars know some run."""
    problem = known.problem
    was = {key: event for key, event in known.was.items() if not is_strength(key)}
    known_weeks = {week_of_key(key) for key in was}
    for run in problem.settled.runs:
        if event := was.get(run.key):
            before = known.run_then(event, event.kind or run.kind)
            if (before.start, before.end, before.kind) != (run.start, run.end, run.kind):
                yield before, run
        elif week_of_key(run.key) in known_weeks and run.start > wall.seconds(problem.given.now):
            yield None, run
    there = {run.key for run in problem.settled.runs}
    for key, event in was.items():
        if key not in there and week_of_key(key) >= problem.weeks[0].week and event.kind:
            yield known.run_then(event, event.kind), None


def _with_runs(problem: Problem, changed: Iterable[_ChangedRun]) -> Problem:
    taken_back = list(changed)
    gone = {now.key for _, now in taken_back if now}
    runs = [run for run in problem.settled.runs if run.key not in gone]
    runs += [before for before, _ in taken_back if before]
    return replace(problem, days=problem.days_if(runs=runs))


def _run_text(before: SettledRun | None, now: SettledRun | None, known: _Known) -> str:
    if now is None:
        assert before is not None
        return f"{of_run(before)} at {known.time(before.span)} is gone"
    if before is None:
        return f"{of_run(now)} at {known.time(now.span)} is new"
    if before.kind != now.kind:
        return f"{of_run(before)} became {kind_name(now.kind)}"
    if before.day != now.day:
        mover = "was moved by its owner" if now.pinned else "moved"
        return f"{of_run(before)} {mover} to {known.moment(now.span)}"
    return known.run_now(now)


def _week_back(known: _Known, key: str) -> Iterator[tuple[str, Problem]]:
    """What the week of `key` asks for: its sessions as large as they were, then the days between them as they
    are without a check-in.
    """
    problem = known.problem
    for week, sessions in problem.free:
        if week.week != week_of_key(key):
            continue
        wanted = week.session(key)
        before = tuple(_as_large_as_it_was(session, known) for session in sessions)
        if wanted in sessions and before != sessions and (text := _who_asks(week, wanted)):
            yield text, _with_week(problem, week, before)
        least = min_days_apart(problem.given.program, None)
        if week.min_days_apart > least:
            # Nothing but a check-in sets sessions further apart.
            notes = (note.text for note in week.adjusted.notes if note.rule is Rule.OUT_OF_BALANCE)
            yield "; ".join(notes), _with_week(problem, replace(week, min_days_apart=least), sessions)


def _with_week(problem: Problem, week: WantedWeek, sessions: tuple[WantedSession, ...]) -> Problem:
    free = ((week, sessions) if other.week == week.week else (other, here) for other, here in problem.free)
    return replace(problem, free=tuple(free))


def _as_large_as_it_was(session: WantedSession, known: _Known) -> WantedSession:
    was = known.was.get(session.key)
    if was is None:
        return session
    load = was.load if was.load and was.load.rank > session.load.rank else session.load
    return replace(session, minutes=max(was.span.minutes, session.minutes), load=load)


def _sessions_back(known: _Known) -> Iterator[tuple[str, Problem]]:
    """A session that is gone, or that its owner moved, where it was."""
    problem = known.problem
    given = problem.given
    free = {session.key for _, sessions in problem.free for session in sessions}
    fixed = {session.key: session for session in problem.fixed}
    for key, event in known.was.items():
        start = wall.seconds(event.span.start)
        stands = fixed.get(key)
        if not is_strength(key) or key in free or event.span.start <= given.now:
            continue
        if stands and stands.start == start:
            continue
        day = problem.days.clock.day_of(start)
        before = Fixed(key, day, start, given.min_days_apart(day))
        others = tuple(one for one in problem.fixed if one.key != key)
        text = f"the session of {known.moment(event.span)} is gone"
        if stands:
            now = known.moment(given.standing.published[key].span)
            text = f"the session of {known.moment(event.span)} was moved by its owner to {now}"
        yield text, replace(problem, fixed=(*others, before))


# --- what the plan gains by a move ------------------------------------------------------------------------


def _gain(plan: Plan, session: PlannedSession, wanted: WantedSession, before: Timespan) -> str:
    """What is better than in the best plan in which the session stays; empty if nothing is.

    First the sessions that would have no place then, next the term of its own cost that falls most, last
    another session that can be where it is only so.
    """
    days, week, start = plan.problem.days, session.week, wall.seconds(before.start)
    published = plan.problem.published_start(session.key)
    candidates = days.candidates(week, wanted, days.clock.day_of(start), published)
    there = min((one for one in candidates if one.start == start), key=lambda one: one.cost, default=None)
    if there is None:
        return ""
    staying = solve_with(plan.problem.slot_weeks(), plan.problem.fixed, session.key, there)
    if staying is None or staying.cost <= plan.cost:
        return ""
    if helped := _helped(plan, session, staying):
        return helped
    costs = {**days.terms(week, wanted, there, published), "spacing": staying.spacing.get(session.key, 0)}
    gains = {name: costs.get(name, 0) - session.cost.get(name, 0) for name in (*costs, *session.cost)}
    name = max(gains, key=lambda name: gains[name])
    text = _better(name, plan, session, there) if gains[name] > 0 else _others(plan, session, staying)
    return f"{text} (the plan costs {counted(staying.cost - plan.cost, 'point')} less)" if text else ""


def _helped(plan: Plan, session: PlannedSession, staying: Placement) -> str:
    """The sessions that would have no place if it stayed."""
    placed = {one.key: one for one in plan.sessions if one.place}
    helped = [
        f"{_routine(placed[key])} on {day_name(placed[key].day)}"
        for key, chosen in staying.chosen.items()
        if chosen is None and key in placed and key != session.key
    ]
    return f"to make room for {' and '.join(helped)}" if helped else ""


def _others(plan: Plan, session: PlannedSession, staying: Placement) -> str:
    """The first other session that the move lets be where it is."""
    for other in plan.sessions:
        elsewhere = staying.chosen.get(other.key)
        if other.place and other.key != session.key and elsewhere and elsewhere.start != other.place.start:
            return f"so that {_routine(other)} can be on {moment(other.span, plan.zone)}"
    return ""


def _routine(session: PlannedSession) -> str:
    return session.routine.replace("-", " ") or "strength"


def _better(name: str, plan: Plan, session: PlannedSession, old: Candidate) -> str:
    """What is better by the cost term `name`."""
    days = plan.problem.days
    match name:
        case "day":
            kind = why.kind_of_day(days.effort(old.day), is_rest=session.week.is_rest(old.day))
            old_day = f"{day_name(old.day)}, {kind}" if kind else day_name(old.day)
            return f"{day_name(session.day)} suits strength better than {old_day}"
        case "gap":
            before = elapsed(days.since_hard_run(old.day, old.start) or 0)
            now = days.since_hard_run(session.day, wall.seconds(session.span.start))
            if now is None:
                return f"{before} after the run is not ideal"
            return f"{elapsed(now)} after the run suits better than {before}"
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


# --- what the week asks for -------------------------------------------------------------------------------


def _as_asked(week: WantedWeek, wanted: WantedSession, was: Event) -> str:
    """Why a session that was `was` is another one at the same start; empty where the week has not asked.

    Lighter or shorter than the week asks for is a matter of its place.
    """
    minutes = was.span.minutes
    is_lighter = was.load is not None and wanted.load.rank < was.load.rank
    is_longer = wanted.minutes > minutes and minutes not in wanted.lengths
    return _who_asks(week, wanted) if is_lighter or is_longer or wanted.minutes < minutes else ""


def _who_asks(week: WantedWeek, wanted: WantedSession) -> str:
    """Who wants the session as it is wanted."""
    for listed in week.template.strength[wanted.number - 1 : wanted.number]:
        if (listed.minutes, listed.load) == (wanted.minutes, wanted.load):
            return f"{_template(week)} asks for {wanted.minutes} min, {wanted.load}"
    return _notes(week)


def _fewer(week: WantedWeek, key: str) -> str:
    """Why the week asks for fewer sessions than the one with `key` would need; empty if it doesn't."""
    number, listed = int(key.rpartition("/")[2]), len(week.template.strength)
    if number <= len(week.sessions):
        return ""
    if number <= listed:
        return _notes(week)
    return f"{_template(week)} asks for {counted(listed, 'strength session') if listed else 'no strength'}"


def _template(week: WantedWeek) -> str:
    return f'the template "{week.template.name}"'


def _notes(week: WantedWeek) -> str:
    """What the progressions say; all of them, as they act together."""
    return "; ".join(note.text for note in week.adjusted.notes)


# --- runs -------------------------------------------------------------------------------------------------


def _why_run_went(week: WantedWeek, key: str, before: Timespan, known: _Known) -> str:
    program, day = known.program, known.problem.days.clock.day_of(wall.seconds(before.start))
    if any(run.key == key for run in week.runs) or Week.of(day) != week.week:
        return ""
    if program.is_paused(day):
        return why.paused(program.pauses, day).text
    if program.race and program.race.day == day:
        return f"{program.race.title} takes its place"
    who = "the training feed" if week.follows_feed else _template(week)
    return f"{who} has no such run on {day_name(day)}"


def _why_run_moved(week: WantedWeek, run: SettledRun, before: Timespan, known: _Known) -> str:
    """Empty where only its words changed, or where it can't be told."""
    wanted = next((one for one in week.runs if one.key == run.key), None)
    if wanted is None or run.fixed or before == run.span:
        return ""
    was = known.was.get(run.key)
    if was is not None and was.kind is not run.kind:
        # Runs go by their day. Which of them this one was, nobody knows.
        has = f"{_asker(week, wanted)} has {kind_name(run.kind)} on {day_name(wanted.day)} now"
        return has if was.kind and not week.adjusted.notes else ""
    if wanted.run.start is not None and before.start != run.span.start:
        return f"{_asker(week, wanted)} has it at {clock(wanted.run.start)}"
    if before.start == run.span.start:
        return f"{_asker(week, wanted)} makes it {wanted.run.minutes} min"
    return _why_not_there(wanted, before, run, known)


def _asker(week: WantedWeek, wanted: WantedRun) -> str:
    if wanted.kind is Kind.RACE and wanted.key.split("/")[-1].startswith("race-"):
        return "the config"
    return "the training feed" if wanted.from_feed else _template(week)


def _why_not_there(wanted: WantedRun, before: Timespan, run: SettledRun, known: _Known) -> str:
    """Of a run whose time is looked for: in ranges, or from its usual start on."""
    days, blocks = known.problem.days, known.problem.given.busy
    start, length = wall.seconds(before.start), wanted.run.minutes * 60
    there = wall.span(start, start + length)
    others = (one for one in known.problem.settled.runs if one.key != run.key and one.span.overlaps(there))
    taken = next((why.run_there([known.run_now(other)]).text for other in others), "")
    usual = known.program.usual_start.on(wanted.day)
    ranges = ranges_of(wanted, known.program)
    if not ranges and isinstance(usual, int):
        is_usual = run.start == days.clock.at(wanted.day, usual)
        return f"{day_name(wanted.day)}'s usual start is {clock(usual)}" if is_usual else taken
    bounds = (days.clock.range(wanted.day, times) for times in ranges)
    if not any(first <= start <= last - length for first, last in bounds):
        return f"its time is {' or '.join(map(str, ranges))}, for {wanted.run.minutes} min"
    if any(block.overlaps(there) for block in blocks):
        return known.busy_there(there).text
    if not taken and run.start < start and not any(block.overlaps(run.span) for block in blocks):
        return "an earlier time is free"
    return taken
