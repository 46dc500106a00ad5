"""Why a push changed something.

Of a session that moved: if a rule forbids its old place now, that is why. Else undo one change at a time and
solve again: if the session stays put, that change was the cause. Else the plan gains something by the move.
What was busy or available before is not known, so what changed by these alone has no cause here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

from calsync.event import Event, is_strength, week_of_key
from calsync.planning import wall, why
from calsync.planning.days import Candidate
from calsync.planning.descriptions import kind_of_day
from calsync.planning.placement import Fixed, Placement, solve_with
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek
from calsync.planning.problem import Problem, standing_load
from calsync.planning.progression import min_days_apart
from calsync.planning.rules import Rule
from calsync.planning.runs import SettledRun, are, bounds_of, called, of_run, ranges_of
from calsync.planning.week import ANYWHERE, WantedRun, WantedSession, WantedWeek, Where
from calsync.planning.why import Reason
from calsync.timespan import Timespan
from calsync.training import Effort, Kind, Load, Week, clock
from calsync.words import counted, date_name, day_name, elapsed, kind_name, moment

# A run as it was and as it is now; None where it is not there.
_ChangedRun = tuple[SettledRun | None, SettledRun | None]


class Causes:
    """The causes of one plan's changes.

    `busy` is what each source says, by its name; `was` holds the events as calendars had them before the
    push, by key, without those that the runner moved by hand.
    """

    def __init__(self, plan: Plan, busy: Mapping[str, Sequence[Timespan]], was: Mapping[str, Event]) -> None:
        self._plan = plan
        self._problem = plan.problem
        self._program = plan.problem.given.program
        self._zone = plan.zone
        self._busy = busy
        self._was = was
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
        published = self._problem.given.standing.published.get(key)
        minutes = before.minutes if before.minutes in wanted.lengths else wanted.minutes
        load = standing_load(published, wanted) if published else wanted.load
        return tuple(self._against(key, week, before, minutes, load, wanted.where))

    def against_session(self, key: str, span: Timespan, load: Load) -> tuple[Reason, ...]:
        """What rules, runs and busy time have against the session `key` at `span`, wherever it is now."""
        week = self._weeks.get(Week.of(self._day(span)))
        wanted = week.wanted.session(key) if week else None
        where = wanted.where if wanted else ANYWHERE
        return tuple(self._against(key, week.wanted, span, span.minutes, load, where)) if week else ()

    def against_run(self, key: str, span: Timespan) -> tuple[Reason, ...]:
        """What other runs, busy time, a pause or a rest day have against the run `key` at `span`."""
        day, start = self._day(span), wall.seconds(span.start)
        week = self._weeks.get(Week.of(day))
        length = wall.seconds_up(span.end) - start
        bans = self._problem.days.run_bans(week.wanted if week else None, day, length, key)
        against = [ban for ban in bans if ban.first <= start <= ban.last]
        found = []
        for rule in dict.fromkeys(ban.rule for ban in against):
            match rule:
                case Rule.PAUSE:
                    found.append(why.paused(self._program.pauses, day))
                case Rule.BUSY:
                    found.append(self._busy_there(span))
                case Rule.RUN:
                    found.append(why.run_there(self._run_now(ban.run) for ban in against if ban.run))
                case _:
                    found.append(why.rest_day(day))
        return tuple(found)

    def _run(self, week: WantedWeek, key: str, before: Timespan | None, after: Timespan | None) -> str:
        if before is None:
            return ""
        if after is None:
            return self._why_run_went(week, key, before)
        run = next((one.run for one in self._plan.runs if one.key == key), None)
        return self._why_run_moved(week, run, before) if run else ""

    def _gone(self, week: PlannedWeek, key: str, before: Timespan) -> str:
        wanted = next((one for one in week.unplaced if one.key == key), None)
        if wanted is None:
            return _fewer(week.wanted, key)
        reasons = self._against(key, week.wanted, before, wanted.shortest, Load.LIGHT, wanted.where)
        return next((reason.text for reason in reasons), "")

    def _moved(self, week: PlannedWeek, key: str, before: Timespan) -> str:
        session = next((one for one in self._plan.sessions if one.key == key), None)
        if session is None or session.place is None or session.wanted is None:
            return ""
        reason = next(iter(self.against_old_place(key, before)), None)
        if session.span.start == before.start:
            # It is shorter or lighter now, or says something else.
            was = self._was.get(key)
            asked = _as_asked(week.wanted, session.wanted, was) if was else ""
            return asked or (reason.text if reason else "")
        if reason:
            old_day = self._day(before)
            # What is busy is told by its hours alone.
            names_day = reason.rule is not Rule.BUSY or session.day == old_day
            return reason.text if names_day else f"on {day_name(old_day)}, {reason.text}"
        return self._undone(key, before) or _gain(self._plan, session, session.wanted, before)

    def _undone(self, key: str, before: Timespan | None) -> str:
        """The one change without which the session would be at `before` (None: without a place)."""
        start = wall.seconds(before.start) if before else None
        # What is most likely to matter first.
        changes = chain(self._runs_back(key), self._week_back(key), self._sessions_back())
        for text, problem in changes:
            place = problem.solve().chosen.get(key)
            if (place.start if place else None) == start:
                return text
        return ""

    # --- a rule against the old place ---------------------------------------------------------------------

    def _against(
        self, key: str, week: WantedWeek, before: Timespan, minutes: int, load: Load, where: Where
    ) -> Iterator[Reason]:
        """Every rule that forbids a session of that size where it was: A1 to A6 in order, then the pair rule.

        Of what was in another week there is nothing to say.
        """
        given, days = self._problem.given, self._problem.days
        start = wall.seconds(before.start)
        day, minute = days.clock.minute_of(start)
        if Week.of(day) != week.week:
            return
        place = Candidate(day, minute, start, minutes, load, 0)
        for ban in days.bans_at(week, day, start, minutes, load, where):
            yield days.said(ban, place, where, self._run_now, self._busy_there)
        for fixed in self._problem.fixed:
            if fixed.key != key and any(given.are_too_near(on, day) for on in fixed.days):
                published = given.standing.published[fixed.key]
                mover = ", where you put it" if published.pinned else ""
                least = given.min_days_apart(max(day, fixed.day))
                yield why.too_near(least, f"the session of {self._moment(published.span)}{mover}")

    # --- one change taken back ----------------------------------------------------------------------------

    # Each of these yields what changed, with the problem as if it hadn't.

    def _runs_back(self, key: str) -> Iterator[tuple[str, Problem]]:
        """Each run that is new, gone, at another time or of another kind; then all of them together."""
        changed = list(self._changed_runs())
        for before, now in changed:
            yield self._run_text(before, now), _with_runs(self._problem, [(before, now)])
        if len(changed) > 1:
            near = [
                self._run_text(before, now)
                for before, now in changed
                if week_of_key(key) in {Week.of(run.day) for run in (before, now) if run}
            ]
            if near:
                yield "; ".join(near[:3]), _with_runs(self._problem, changed)

    def _changed_runs(self) -> Iterator[_ChangedRun]:
        """Runs before and after, of weeks of which the calendars know some run."""
        problem = self._problem
        was = {key: event for key, event in self._was.items() if not is_strength(key)}
        known_weeks = {week_of_key(key) for key in was}
        for run in problem.settled.runs:
            if not isinstance(run.kind, Kind):
                continue  # cross training is on no calendar that could say how it was
            if event := was.get(run.key):
                before = self._run_then(event, event.kind or run.kind)
                if (before.start, before.end, before.kind) != (run.start, run.end, run.kind):
                    yield before, run
            elif week_of_key(run.key) in known_weeks and run.start > wall.seconds(problem.given.now):
                yield None, run
        there = {run.key for run in problem.settled.runs}
        for key, event in was.items():
            if key not in there and week_of_key(key) >= problem.weeks[0].week and event.kind:
                yield self._run_then(event, event.kind), None

    def _run_text(self, before: SettledRun | None, now: SettledRun | None) -> str:
        if now is None:
            assert before is not None
            return f"{of_run(before)} at {self._time(before.span)} {are(before)} gone"
        if before is None:
            return f"{of_run(now)} at {self._time(now.span)} {are(now)} new"
        if before.kind != now.kind:
            return f"{of_run(before)} became {kind_name(now.kind)}"
        if before.day != now.day:
            moved = f"you moved {of_run(before)}" if now.pinned else f"{of_run(before)} moved"
            return f"{moved} to {self._moment(now.span)}"
        return self._run_now(now)

    def _week_back(self, key: str) -> Iterator[tuple[str, Problem]]:
        """The week's sessions as large as they were, then as few days apart as without a check-in."""
        problem = self._problem
        for week, sessions in problem.free:
            if week.week != week_of_key(key):
                continue
            wanted = week.session(key)
            before = tuple(self._as_large_as_it_was(session) for session in sessions)
            if wanted in sessions and before != sessions and (text := _who_asks(week, wanted)):
                yield text, _with_week(problem, week, before)
            least = min_days_apart(problem.given.program, None)
            if week.min_days_apart > least:
                # Nothing but a check-in sets sessions further apart.
                notes = (note.text for note in week.adjusted.notes if note.rule is Rule.OUT_OF_BALANCE)
                yield "; ".join(notes), _with_week(problem, replace(week, min_days_apart=least), sessions)

    def _as_large_as_it_was(self, session: WantedSession) -> WantedSession:
        was = self._was.get(session.key)
        if was is None:
            return session
        load = was.load if was.load and was.load.rank > session.load.rank else session.load
        return replace(session, minutes=max(was.span.minutes, session.minutes), load=load)

    def _sessions_back(self) -> Iterator[tuple[str, Problem]]:
        """A session that is gone, or that the runner moved, where it was."""
        problem = self._problem
        given = problem.given
        free = {session.key for _, sessions in problem.free for session in sessions}
        fixed = {session.key: session for session in problem.fixed}
        for key, event in self._was.items():
            start, day = wall.seconds(event.span.start), self._day(event.span)
            stands = fixed.get(key)
            if not is_strength(key) or key in free or event.span.start <= given.now:
                continue
            if stands and stands.start == start:
                continue
            before = Fixed(key, day, start, given.min_days_apart(day))
            others = tuple(one for one in problem.fixed if one.key != key)
            text = f"the session of {self._moment(event.span)} is gone"
            if stands:
                now = self._moment(given.standing.published[key].span)
                text = f"you moved the session of {self._moment(event.span)} to {now}"
            yield text, replace(problem, fixed=(*others, before))

    # --- runs ---------------------------------------------------------------------------------------------

    def _why_run_went(self, week: WantedWeek, key: str, before: Timespan) -> str:
        program, day = self._program, self._day(before)
        if any(run.key == key for run in week.runs) or Week.of(day) != week.week:
            return ""
        if program.is_paused(day):
            return why.paused(program.pauses, day).text
        if race := program.race_on(day):
            return f"{race.title} takes its place"
        who = "the training feed" if week.takes_runs_of_feed(day) else _template(week)
        return f"{who} has no such run on {day_name(day)}"

    def _why_run_moved(self, week: WantedWeek, run: SettledRun, before: Timespan) -> str:
        """Empty where only its words changed, or where it can't be told."""
        wanted = next((one for one in week.runs if one.key == run.key), None)
        if wanted is None or run.fixed or before == run.span:
            return ""
        was = self._was.get(run.key)
        if was is not None and was.kind is not run.kind:
            # Runs go by their day. Which of them this one was can't be told.
            has = f"{_asker(week, wanted)} has {kind_name(run.kind)} on {day_name(wanted.day)} now"
            return has if was.kind and not week.adjusted.notes else ""
        if wanted.run.start is not None and before.start != run.span.start:
            return f"{_asker(week, wanted)} has it at {clock(wanted.run.start)}"
        if before.start == run.span.start:
            return f"{_asker(week, wanted)} makes it {wanted.run.minutes} min"
        return self._why_not_there(wanted, before, run)

    def _why_not_there(self, wanted: WantedRun, before: Timespan, run: SettledRun) -> str:
        """Of a run whose time is looked for: in ranges, or from its usual start on."""
        days, blocks = self._problem.days, self._problem.given.busy
        start, length = wall.seconds(before.start), wanted.run.minutes * 60
        there = wall.span(start, start + length)
        others = (
            one for one in self._problem.settled.runs if one.key != run.key and one.span.overlaps(there)
        )
        taken = next((why.run_there([self._run_now(other)]).text for other in others), "")
        usual = self._program.usual_start.on(wanted.day)
        ranges = ranges_of(wanted, self._program)
        if not ranges and isinstance(usual, int):
            is_usual = run.start == days.clock.at(wanted.day, usual)
            return f"{day_name(wanted.day)}'s usual start is {clock(usual)}" if is_usual else taken
        bounds = bounds_of(ranges, wanted.day, days.clock)
        if not any(first <= start <= last - length for _, first, last in bounds):
            return f"its time is {' or '.join(map(str, ranges))}, for {wanted.run.minutes} min"
        if any(block.overlaps(there) for block in blocks):
            return self._busy_there(there).text
        if not taken and run.start < start and not any(block.overlaps(run.span) for block in blocks):
            return "an earlier time is free"
        return taken

    # --- in words -----------------------------------------------------------------------------------------

    def _moment(self, span: Timespan) -> str:
        return moment(span, self._zone)

    def _time(self, span: Timespan) -> str:
        return f"{span.start.astimezone(self._zone):%H:%M}"

    def _day(self, span: Timespan) -> date:
        return span.start.astimezone(self._zone).date()

    def _run_now(self, run: SettledRun) -> str:
        """ "Tuesday's intervals, now at 12:00 (was 06:30)"."""
        before, time = self._was.get(run.key), self._time(run.span)
        # Runs go by their day: another kind there is another run, which has moved from somewhere else.
        if before is None or before.kind is not run.kind or before.span.start == run.span.start:
            return f"{of_run(run)} at {time}{', where you put it' if run.pinned else ''}"
        was = self._time(before.span) if self._day(before.span) == run.day else self._moment(before.span)
        return f"{of_run(run)}, {'which you moved to' if run.pinned else 'now at'} {time} (was {was})"

    def _run_then(self, event: Event, kind: Kind) -> SettledRun:
        """A run as it stood on its calendar."""
        start, end = wall.seconds(event.span.start), wall.seconds_up(event.span.end)
        return SettledRun(event.key, kind, event.summary, self._day(event.span), start, end)

    def _busy_there(
        self, span: Timespan, buffer: timedelta = timedelta(0), travel: timedelta = timedelta(0)
    ) -> Reason:
        """What is busy in the way of `span`, by source; strength keeps a buffer, and time to get there."""
        day = self._day(span)
        # What overlaps the session itself says more than what only comes near it.
        kept = buffer + travel
        for reach, kept_free in ((span, timedelta(0)), (span.padded(kept), kept)):
            blocks = [
                f"{name} is busy {self._stretch(block, day)}"
                for name, blocks in self._busy.items()
                for block in blocks
                if block.overlaps(reach)
            ]
            if blocks:
                return why.busy(blocks, kept_free)
        return why.busy()

    def _stretch(self, span: Timespan, day: date) -> str:
        """ "12:00-13:00" on `day` itself, "all day", or "from Mon 23 Nov 18:00 to Wed 25 Nov 09:00"."""
        start, end = span.start.astimezone(self._zone), span.end.astimezone(self._zone)
        if f"{start:%H:%M}{end:%H:%M}" == "00:0000:00" and (end.date() - start.date()).days == 1:
            return "all day"
        if start.date() == day and (end.date() == day or span.duration <= timedelta(days=1)):
            return f"{start:%H:%M}-{end:%H:%M}"
        return f"from {date_name(start.date())} {start:%H:%M} to {date_name(end.date())} {end:%H:%M}"


def _with_runs(problem: Problem, changed: Iterable[_ChangedRun]) -> Problem:
    taken_back = list(changed)
    gone = {now.key for _, now in taken_back if now}
    runs = [run for run in problem.settled.runs if run.key not in gone]
    runs += [before for before, _ in taken_back if before]
    return replace(problem, days=problem.days_if(runs=runs))


def _with_week(problem: Problem, week: WantedWeek, sessions: tuple[WantedSession, ...]) -> Problem:
    free = ((week, sessions) if other.week == week.week else (other, here) for other, here in problem.free)
    return replace(problem, free=tuple(free))


# --- what the plan gains by a move ------------------------------------------------------------------------


def _gain(plan: Plan, session: PlannedSession, wanted: WantedSession, before: Timespan) -> str:
    """What is better than in the best plan in which the session stays; empty if nothing is.

    First the sessions that would have no place then, next the term of its own cost that falls most, last
    another session that can be where it is only so.
    """
    days, week, start = plan.problem.days, session.week, wall.seconds(before.start)
    candidates = days.candidates(week, wanted, days.clock.day_of(start))
    there = min((one for one in candidates if one.start == start), key=lambda one: one.cost, default=None)
    if there is None:
        return ""
    staying = solve_with(plan.problem.slot_weeks(), plan.problem.fixed, session.key, there)
    if staying is None or staying.cost <= plan.cost:
        return ""
    if helped := _helped(plan, session, staying):
        return helped
    costs = {**days.terms(week, wanted, there), "spacing": staying.spacing.get(session.key, 0)}
    gains = {name: costs.get(name, 0) - session.cost.get(name, 0) for name in (*costs, *session.cost)}
    name = max(gains, key=lambda name: gains[name])
    return _better(name, plan, session, there) if gains[name] > 0 else _others(plan, session, staying)


def _helped(plan: Plan, session: PlannedSession, staying: Placement) -> str:
    """The sessions that would have no place if it stayed."""
    placed = {one.key: one for one in plan.sessions if one.place}
    helped = [
        f"{placed[key].called} on {day_name(placed[key].day)}"
        for key, chosen in staying.chosen.items()
        if chosen is None and key in placed and key != session.key
    ]
    return f"to make room for {' and '.join(helped)}" if helped else ""


def _others(plan: Plan, session: PlannedSession, staying: Placement) -> str:
    """The first other session that the move lets be where it is."""
    for other in plan.sessions:
        elsewhere = staying.chosen.get(other.key)
        if other.place and other.key != session.key and elsewhere and elsewhere.start != other.place.start:
            return f"so that {other.called} can be on {moment(other.span, plan.zone)}"
    return ""


def _better(name: str, plan: Plan, session: PlannedSession, old: Candidate) -> str:
    """What is better by the cost term `name`."""
    days = plan.problem.days
    match name:
        case "day":
            kind = kind_of_day(days, old.day, is_rest=session.week.is_rest(old.day))
            old_day = f"{day_name(old.day)}, {kind}" if kind else day_name(old.day)
            return f"{day_name(session.day)} suits strength better than {old_day}"
        case "gap":
            before = elapsed(days.since_hard_run(old.day, old.start) or 0)
            now = days.since_hard_run(session.day, wall.seconds(session.span.start))
            if now is None:
                return f"{before} after the {called(days.last_of(old.day, Effort.HARD))} is not ideal"
            what = called(days.last_of(session.day, Effort.HARD))
            return f"{elapsed(now)} after the {what} suits better than {before}"
        case "order":
            what = called(days.last_of(old.day, Effort.EASY))
            return f"after the easy {what} of a day is better than before it"
        case "recover" if run := days.recovering_from(old.start):
            return why.recovering(old.start - run.end, of_run(run), old.load)
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
    if week.session(key):
        return ""
    if number <= listed:
        return _notes(week)
    return f"{_template(week)} asks for {counted(listed, 'strength session') if listed else 'no strength'}"


def _template(week: WantedWeek) -> str:
    return f'the template "{week.template.name}"'


def _notes(week: WantedWeek) -> str:
    """What the progressions say; all of them, as they act together."""
    return "; ".join(note.text for note in week.adjusted.notes)


def _asker(week: WantedWeek, wanted: WantedRun) -> str:
    if wanted.kind is Kind.RACE and wanted.key.split("/")[-1].startswith("race-"):
        return "the config"
    return "the training feed" if wanted.from_feed else _template(week)
