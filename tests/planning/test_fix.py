"""Every suggested change, once made, really makes room."""

from hypothesis import HealthCheck, given, settings

from calsync.planning.plan import pose
from calsync.planning.room import Fixes
from tests.planning import reference
from tests.planning.test_fix_exact import tight
from tests.planning.test_optimum import plan_of
from tests.soak import usually

# So many sessions with a suggested change must be seen, not only so many weeks made up.
AT_LEAST = 30


def test_a_fix_gives_the_session_a_place_and_leaves_fewer_without() -> None:
    suggested: set[object] = set()

    @settings(max_examples=usually(60), derandomize=True, suppress_health_check=list(HealthCheck))
    @given(tight())
    def check(case: reference.Case) -> None:
        plan = plan_of(case)
        fixes = Fixes(plan.problem)
        before = {session.key for week in plan.weeks for session in (*week.unplaced, *week.too_late)}
        for week in plan.weeks:
            for session in week.unplaced:
                if fix := fixes.smallest(week.wanted, session):
                    suggested.add((case, session.key))
                    solved = pose(fix.apply(plan.problem.given)).solve()
                    after = {key for key, chosen in solved.chosen.items() if chosen is None}
                    assert session.key not in after
                    assert len(after) < len(before)
                    assert fix.text(plan.zone)

    check()
    assert len(suggested) >= AT_LEAST
