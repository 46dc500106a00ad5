"""Whether a change could help a session at all.

Decides which changes are not worth solving the plan again, by what they add at most: with those places, and
the ones there are, `session` must have one and fewer sessions must have none. Knows nothing of what changes
there are, or of what one does to runs and busy time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from calsync.planning.days import Candidate
from calsync.planning.nearby import Nearby
from calsync.planning.placement import Slot, SlotWeek, place
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.whole import Cell, Rank, missing
from calsync.training import Load

# More than a plan of a few weeks can cost: who is worth so much is placed if that is possible at all.
_FIRST = -1_000_000


class Chance:
    """What could make room for one session; remembers what it was asked, as changes often add the same."""

    def __init__(self, nearby: Nearby, session: WantedSession) -> None:
        self.nearby = nearby
        self.session = session
        self._first = _before(nearby, session)
        self._helps: dict[frozenset[Cell], bool] = {}

    def helped_by(self, opens: frozenset[Cell]) -> bool:
        """False if even with all these cells, for nothing, there is no room.

        A lower bound: also without the sessions that stand only as they start soon, as a change may unfix
        them. What would stand (`soon`) keeps no order, so nothing is ruled out when there is such a one.
        """
        if self.nearby.soon:
            return True
        if opens not in self._helps:
            weeks = [
                SlotWeek(
                    week.week.monday, tuple(self._slot(week, s, opens) for s in free), week.min_days_apart
                )
                for week, free in self.nearby.problem.free
            ]
            left = missing(place(weeks, self.nearby.lasting))
            self._helps[opens] = not left & self._first and len(left) < len(self.nearby.missing)
        return self._helps[opens]

    def _slot(self, week: WantedWeek, session: WantedSession, opens: frozenset[Cell]) -> Slot:
        cost, cells = (_FIRST if session.key in self._first else 0), self.nearby.cells
        return Slot(
            session.key,
            tuple(
                Candidate(day, 0, day.toordinal(), session.shortest, Load.LIGHT, cost)
                for day in week.week.days
                if (session.key, day) in cells or (session.key, day) in opens
            ),
        )

    def taken_with(self, offers: Mapping[Cell, Rank]) -> bool:
        """True if these places, besides those there are, make room: what each of them costs counts."""
        better: dict[str, list[Candidate]] = {}
        for (key, day), (cost, start) in offers.items():
            now = self.nearby.ranks.get((key, day))
            if now is None or (cost, start) < now:
                better.setdefault(key, []).append(Candidate(day, 0, start, 0, Load.LIGHT, cost))
        weeks = [
            replace(week, slots=tuple(_with(slot, better.get(slot.key, ())) for slot in week.slots))
            for week in self.nearby.slot_weeks
        ]
        left = missing(place(weeks, self.nearby.problem.fixed))
        return self.session.key not in left and len(left) < len(self.nearby.missing)


def _before(nearby: Nearby, session: WantedSession) -> set[str]:
    """`session`, and those that have a place whenever it has one.

    These are the ones right before it in its week that are as long and no heavier: any place that it has
    would be as cheap for them, and among equals the session that comes first has the place.
    """
    published = nearby.problem.given.standing.published
    free = next(free for _, free in nearby.problem.free if session in free)
    first = {session.key}
    for earlier in reversed(free[: free.index(session)]):
        if (
            session.key in published
            or earlier.key in published
            or (earlier.minutes, earlier.shortest) != (session.minutes, session.shortest)
            or earlier.load.rank > session.load.rank
        ):
            break
        first.add(earlier.key)
        session = earlier
    return first


def _with(slot: Slot, better: Sequence[Candidate]) -> Slot:
    if not better:
        return slot
    by_day = {found.day: found for found in (*slot.candidates, *better)}
    return Slot(slot.key, tuple(by_day[day] for day in sorted(by_day)))
