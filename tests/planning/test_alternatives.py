"""What an alternative is said to cost is what the plan costs with it; and what there is nothing against."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from calsync.event import Published
from calsync.planning import wall
from calsync.planning.causes import Causes
from calsync.planning.plan import Plan, PlannedRun, PlannedSession
from calsync.planning.plan import plan_of as remade
from calsync.planning.problem import pose
from calsync.planning.week import WantedSession, WantedWeek
from calsync.planning.what_if import Explainer
from tests.planning import reference
from tests.planning.cases import cases
from tests.planning.test_optimum import plan_of
from tests.soak import usually


def placed(plan: Plan) -> list[tuple[WantedWeek, WantedSession, PlannedSession]]:
    return [
        (week.wanted, session.wanted, session)
        for week in plan.weeks
        for session in week.strength
        if session.place and session.wanted
    ]


@settings(max_examples=usually(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_no_alternative_is_better_and_each_is_as_dear_as_it_says(case: reference.Case) -> None:
    plan = plan_of(case)
    assume(placed(plan))
    explainer = Explainer(plan)
    for week, wanted, session in placed(plan):
        found = explainer.best(week, wanted)
        assert [one.more for one in found] == sorted(one.more for one in found)
        assert len({one.place.day for one in found}) == len(found)
        assert all(one.more >= 0 and one.place.start != session.place.start for one in found if session.place)
        for one in found:
            # The same by another way: with the session pinned there, it costs the plan its spacing alone.
            published = {
                **plan.problem.given.standing.published,
                wanted.key: Published(one.place.span, pinned=True),
            }
            standing = replace(plan.problem.given.standing, published=published)
            pinned = pose(replace(plan.problem.given, standing=standing)).solve()
            # A pinned session has no place in the order of its week any more, which may only help the others.
            assert pinned.cost + one.place.cost <= plan.cost + one.more
            # And two sessions that stand have no spacing to pay.
            if len(week.sessions) == 1 and not plan.problem.fixed:
                assert pinned.cost + one.place.cost == plan.cost + one.more


@settings(max_examples=usually(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.booleans())
def test_choices_are_real_ones_the_best_first(case: reference.Case, is_moved: bool) -> None:
    plan = plan_of(case)
    assume(placed(plan))
    if is_moved:  # the first of them stands, and could be elsewhere all the same
        first = placed(plan)[0][2]
        standing = plan.problem.given.standing
        published = {**standing.published, first.key: Published(first.span, pinned=True, load=first.load)}
        plan = remade(replace(plan.problem.given, standing=replace(standing, published=published)))
    explainer = Explainer(plan)
    for session in plan.sessions:
        found = [one for one, _ in explainer.choices(session)]
        assert len(found) <= 3
        if session.span.start <= plan.now:
            assert not found
        starts = [session.span.start, *(one.place.span.start for one in found)]
        assert all(abs(b - a) >= timedelta(hours=3) for a, b in itertools.combinations(starts, 2))
        assert all(sum(other.place.day == one.place.day for other in found) <= 2 for one in found)
        assert [one.more for one in found] == sorted(one.more for one in found)
        for one, text in explainer.choices(session):
            assert (one.place.minutes, one.place.load) == (session.minutes, session.load)
            assert session.wanted
            allowed = plan.problem.days.candidates(session.week, session.wanted, one.place.day)
            assert one.place.start in {place.start for place in allowed}
            assert re.search("as good|better|best: |nothing is against it|couldn't fit in", text)


@settings(max_examples=usually(30), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_what_busy_time_costs_is_what_is_saved_without_it(case: reference.Case) -> None:
    plan = plan_of(case)
    explainer = Explainer(plan)
    for week, wanted, session in placed(plan):
        if dodged := explainer.dodged(week, wanted):
            assert dodged.less > 0
            assert dodged.blocks
            assert session.place
            assert dodged.place.start != session.place.start
            # With nobody busy at all, and the runs where they are, the plan is at least as good.
            free = pose(replace(plan.problem.given, busy=()))
            if free.settled.runs == plan.problem.settled.runs:
                assert free.solve().cost <= plan.cost - dodged.less


@settings(max_examples=usually(8), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_open_is_what_no_rule_is_against(case: reference.Case) -> None:
    """Start by start; also on days with a change of clocks, for which only the grid's starts count."""
    plan = plan_of(case)
    explainer, causes, clock = Explainer(plan), Causes(plan, {}, {}), plan.problem.days.clock
    for week in plan.weeks:
        things: tuple[PlannedRun | PlannedSession, ...] = (*week.runs, *week.cross, *week.strength)
        for planned in (one for one in things if one.key.startswith(str(week.week))):
            found = explainer.open_starts(planned, week.wanted)
            for day, parts in zip(week.week.days, found, strict=True):
                is_open = set(
                    itertools.chain.from_iterable(range(*part, wall.GRID_MINUTES) for part in parts)
                )
                starts = clock.grid(day)
                there = {minute for minute, _ in starts}
                skipped = itertools.chain.from_iterable(
                    range(*part, wall.GRID_MINUTES) for part in clock.skipped(day)
                )
                assert there.isdisjoint(gone := set(skipped))
                assert there | gone == set(range(0, 24 * 60, wall.GRID_MINUTES))
                assert is_open <= there
                for minute, start in starts:
                    span = wall.span(start, start + round(planned.span.duration / timedelta(seconds=1)))
                    against = (
                        causes.against_run(planned.key, span)
                        if isinstance(planned, PlannedRun)
                        else causes.against_session(planned.key, span, planned.load)
                    )
                    assert (minute in is_open) == (not against and span.start > plan.now), (day, minute)
