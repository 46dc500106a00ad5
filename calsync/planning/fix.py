"""The smallest single change that would make room for a session without a place.

Decides by trying: a change is made, the plan is solved again, and only what really gives the session a place
counts. Which changes there are to try is decided kind by kind in modules of their own, and which of them
can't help in chance.py. Knows nothing of why there was no place (explain.py). The order of the kinds is that
of docs/placement.md.
"""

from collections.abc import Callable, Iterator

from calsync.planning.attempt import Attempt
from calsync.planning.chance import Chance
from calsync.planning.change import EarlierRun, FewerHoursApart, Fix, ShorterBusy, WiderRange
from calsync.planning.earlier_runs import earlier_runs
from calsync.planning.fewer_hours import fewer_hours
from calsync.planning.nearby import Nearby
from calsync.planning.plan import Given, Problem, pose
from calsync.planning.shorter_busy import shorter_busy
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.whole import Whole, missing
from calsync.planning.wider_ranges import wider_ranges
from calsync.training import Week

__all__ = ["EarlierRun", "FewerHoursApart", "Fix", "Fixes", "ShorterBusy", "WiderRange"]

# The attempts of each kind; True asks for all that differ in a cost, too.
_KINDS: tuple[Callable[[Chance, bool], Iterator[Attempt]], ...] = (
    wider_ranges,
    shorter_busy,
    earlier_runs,
    fewer_hours,
)
# A change is tried on so many weeks around the session's before it is tried on all of them. A horizon of as
# many weeks is looked at as a whole, and the answer exact; what is missed in a longer one is a change that
# makes room only by way of sessions more than two weeks away.
_WEEKS_NEARBY = 5


class Fixes:
    """Looks for changes to one problem; remembers what it tried, as weeks are often alike."""

    def __init__(self, problem: Problem) -> None:
        self._whole = Whole(problem)
        self._nearby: dict[tuple[Week, ...], Nearby] = {}
        self._left: dict[tuple[Fix, tuple[Week, ...]], frozenset[str]] = {}
        self._smallest: dict[str, Fix | None] = {}

    def smallest(self, week: WantedWeek, session: WantedSession) -> Fix | None:
        """The first kind of change that works, and of it the fewest minutes; None if no single one does.

        `session` has no place in the problem's optimum. What works gives it one and leaves fewer sessions
        without; among changes of as many minutes the one that touches the earlier day comes first.
        """
        if session.key not in self._smallest:
            self._smallest[session.key] = self._find(Chance(self._around(week.week), session))
        return self._smallest[session.key]

    def _find(self, chance: Chance) -> Fix | None:
        # A session may be without a place only since another choice costs less in all. Then it's not only
        # places where there were none that count, but each cheaper one.
        only_finely = chance.helped_by(frozenset())
        for kind in _KINDS:
            for finely in (True,) if only_finely else (False, True):
                attempts = sorted(kind(chance, finely), key=lambda attempt: attempt.order)
                promising = (
                    attempt
                    for attempt in attempts
                    if chance.helped_by(attempt.opens)
                    and (attempt.offers is None or chance.taken_with(attempt.offers))
                )
                for attempt in promising:
                    if self._works(chance, attempt.fix):
                        return attempt.fix
                    if not finely:
                        # There is room for one more, but another session has it. What each place costs
                        # decides that, so now every change counts that gives a session a cheaper one.
                        break
                else:
                    break
        return None

    def _works(self, chance: Chance, fix: Fix) -> bool:
        """Tried on the weeks around first: that is cheap, and all weeks hardly ever disagree."""
        nearby, session = chance.nearby, chance.session
        for given, before in (
            (nearby.problem.given, nearby.missing),
            (self._whole.problem.given, self._whole.missing),
        ):
            left = self._left_after(fix, given)
            if session.key in left or len(left) >= len(before):
                return False
        return True

    def _left_after(self, fix: Fix, given: Given) -> frozenset[str]:
        key = fix, given.horizon
        if key not in self._left:
            self._left[key] = missing(pose(fix.apply(given)).solve())
        return self._left[key]

    def _around(self, week: Week) -> Nearby:
        horizon = self._whole.problem.given.horizon
        last = len(horizon) - _WEEKS_NEARBY
        first = max(0, min(horizon.index(week) - _WEEKS_NEARBY // 2, last))
        weeks = horizon[first : first + _WEEKS_NEARBY]
        if weeks not in self._nearby:
            self._nearby[weeks] = Nearby(self._whole, weeks)
        return self._nearby[weeks]
