"""Every suggested change, once made, really makes room."""

from datetime import UTC, date, datetime

from hypothesis import HealthCheck, given, settings

from calsync.planning.problem import pose
from calsync.planning.room import Fixes, ShorterBusy
from tests.planning import reference
from tests.planning.test_fix_exact import agree, tight
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


def test_a_run_without_room_may_go_to_its_other_range_if_that_becomes_free() -> None:
    run = reference.Run(1, "intervals", 45, between=((510, 555), (360, 405)))
    rest = frozenset({0, 2, 3, 4, 5, 6})
    week = reference.Template(runs=(run,), sessions=(reference.Session("light", 15, 15),), rest_days=rest)
    case = reference.Case(
        zone="Europe/London",
        now=datetime(2026, 3, 18, 20, tzinfo=UTC),
        first_monday=date(2026, 3, 23),
        templates=(week, week),
        listed=(week, week),
        usual=(((510, 630),),) * 7,
        availability=(((0, 1440),),) * 7,
        hours_apart=15,
        busy=((datetime(2026, 3, 24, 5, tzinfo=UTC), datetime(2026, 3, 24, 10, tzinfo=UTC)),),
    )
    assert list(agree(case)) == [ShorterBusy]
