"""Why a push changes what stands on a calendar: what is no longer right with it, or what is better now.

Decides in which order causes are looked for. Says only what follows from the problem: that a rule forbids the
old place, that the week asks for less, or that with one thing as it was the session would have stayed. Where
none of these is so, it says nothing. Why the new place is a good one is explain.py's to say.
"""

from collections.abc import Mapping, Sequence

from calsync.event import Event, is_strength, week_of_key
from calsync.planning import wall
from calsync.planning.cause_better import Staying, better
from calsync.planning.cause_place import Ban, OldPlace, Surroundings, bans
from calsync.planning.cause_run import why_run_moved, why_run_went
from calsync.planning.cause_size import as_asked, asked_for_before, fewer
from calsync.planning.cause_undone import as_it_was
from calsync.planning.plan import Plan, PlannedSession, PlannedWeek
from calsync.planning.rules import Rule
from calsync.planning.week import WantedSession
from calsync.planning.words import day_name
from calsync.timespan import Timespan
from calsync.training import Load, Week


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
