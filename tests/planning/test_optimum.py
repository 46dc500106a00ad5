"""The placement is the exact optimum: compared with a brute-force search that shares no code with it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings

from calsync.event import Published, Standing
from calsync.planning import wall
from calsync.planning.plan import Plan, make_plan
from calsync.program import Availability, Pause, Program, Rules, UsualStart
from calsync.timespan import Timespan, merge
from calsync.training import WEEKDAYS, Experience, Kind, Load, Run, Session, TimeRange, WeekTemplate
from tests.planning import reference
from tests.planning.cases import cases, run_keys


def plan_of(case: reference.Case) -> Plan:
    """The product's plan of a case."""
    assert len(set(case.min_days_apart)) == 1
    names = [f"week-{number}" for number in range(len(case.templates))]
    usual = {day: _usual(case.usual[day.number]) for day in WEEKDAYS}
    program = Program(
        start=case.first_monday,
        weeks=tuple(names),
        horizon=case.horizon,
        availability=Availability(
            ranges=tuple(_ranges(ranges) for ranges in case.availability),
            prefer_times=_ranges(case.prefer_times),
            buffer=timedelta(minutes=case.buffer_minutes),
            notice=timedelta(hours=case.notice_hours),
        ),
        rules=Rules(
            timedelta(hours=case.hours_apart), case.min_days_apart[0], experience=Experience.EXPERIENCED
        ),
        usual_start=UsualStart(days=usual),
        pauses=tuple(Pause(first, last) for first, last in case.pauses),
    )
    templates = {
        name: WeekTemplate(
            name=name,
            title=name,
            rest=tuple(WEEKDAYS[day] for day in sorted(template.rest_days)),
            rest_allows_light=template.rest_allows_light,
            strength_days=tuple(WEEKDAYS[day] for day in sorted(template.strength_days)),
            runs=tuple(
                Run(WEEKDAYS[run.day], Kind(run.kind), run.minutes, "", run.start, _ranges(run.between))
                for run in template.runs
            ),
            strength=tuple(
                Session("any", Load(session.load), session.minutes, session.shortest)
                for session in template.sessions
            ),
        )
        for name, template in zip(names, case.templates, strict=True)
    }
    kinds = {key: Kind(run.kind) for key, _, run in run_keys(case)}
    published = {
        entry.key: Published(
            Timespan(entry.start, entry.end),
            entry.pinned,
            kind=kinds.get(entry.key),
            load=Load(entry.load) if entry.load else None,
        )
        for entry in case.published
    }
    busy = merge(Timespan(start, end) for start, end in case.busy)
    standing = Standing(published, case.skipped)
    return make_plan(program, templates, busy, standing, case.now, ZoneInfo(case.zone))


def _usual(usual: int | tuple[int, int]) -> int | TimeRange:
    return usual if isinstance(usual, int) else TimeRange(*usual)


def _ranges(ranges: tuple[tuple[int, int], ...]) -> tuple[TimeRange, ...]:
    return tuple(TimeRange(*each) for each in ranges)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_no_choice_of_allowed_candidates_costs_less(case: reference.Case) -> None:
    expected = reference.solve(case)
    plan = plan_of(case)

    runs = {run.key: (run.span.start, run.span.end) for run in plan.problem.settled.runs}
    assert runs == expected.runs
    fixed = {session.key for session in plan.problem.fixed}
    assert fixed == set(expected.fixed)
    assert plan.cost == expected.cost
    placed = {
        session.key: (session.span.start, session.place.minutes, str(session.load))
        for session in plan.sessions
        if session.place
    }
    unplaced = {session.key: None for week in plan.weeks for session in week.unplaced}
    assert {**placed, **unplaced} == expected.chosen


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_terms_of_the_plan_add_up_to_its_cost(case: reference.Case) -> None:
    plan = plan_of(case)
    terms = sum(sum(session.cost.values()) for session in plan.sessions)
    unplaced = 1000 * sum(len(week.unplaced) for week in plan.weeks)
    in_weeks = {session.key for session in plan.sessions}
    # Sessions that stand outside the horizon take part in `spacing`, but no week shows them.
    outside = sum(points for key, points in plan.problem.solve().spacing.items() if key not in in_weeks)
    assert terms + unplaced + outside == plan.cost
    assert all(
        session.day == wall.instant(wall.seconds(session.span.start)).astimezone(plan.zone).date()
        for session in plan.sessions
    )
