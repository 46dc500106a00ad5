"""A named rule really forbids the old place: compared with the second writing of the rules."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings

from calsync.event import Event
from calsync.planning.causes import Causes
from calsync.planning.rules import Rule
from calsync.timespan import Timespan
from tests.planning import reference
from tests.planning.cases import cases
from tests.planning.test_optimum import plan_of
from tests.soak import usually

_OF_THE_DAY = (
    Rule.RACE_DAY,
    Rule.TAPER,
    Rule.REST_DAY,
    Rule.LONG_RUN_DAY,
    Rule.CONTROLLED,
    Rule.HOURS_APART,
)


def test_the_rule_that_is_named_forbids_the_old_place() -> None:
    looked_at = []

    @given(cases())
    @settings(max_examples=usually(50), deadline=None, suppress_health_check=list(HealthCheck))
    def compare(case: reference.Case) -> None:
        looked_at.append(_compared(case))

    compare()
    assert sum(looked_at) > 0


def _compared(case: reference.Case) -> int:
    """How many old places are forbidden."""
    plan = plan_of(case)
    runs = list(reference.settle(case).values())
    fixed = reference.standing(case, runs)
    busy = {"work": tuple(Timespan(start, end) for start, end in case.busy)}
    was = {
        entry.key: Event(entry.key, Timespan(entry.start, entry.end), "x")
        for entry in case.published
        if not entry.pinned
    }
    causes = Causes(plan, busy, was)
    now_at = {one.key: one.span for one in plan.sessions} | {run.key: run.run.span for run in plan.runs}
    forbidden = 0
    for entry in case.published:
        before = Timespan(entry.start, entry.end)
        # Whatever happened to it, and to one that is new: a text, maybe empty.
        cause = causes.of(entry.key, before, now_at.get(entry.key))
        assert isinstance(cause, str)
        place = _old_place(case, entry)
        if place is None or entry.key in fixed:
            continue
        week, lift = place
        is_allowed = reference.allowed_apart_from_notice(case, runs, week, lift) and all(
            reference.far_enough(case, other, lift) for other in fixed.values()
        )
        bans = causes.against_old_place(entry.key, before)
        assert bool(bans) == (not is_allowed)
        for ban in bans:
            assert ban.text
            assert _forbids(ban.rule, case, runs, week, lift), ban
        after = now_at.get(entry.key)
        if bans and after is not None and after.start != before.start:
            # What is busy is told by its hours alone: the day comes before it if that is another now.
            assert cause.endswith(bans[0].text)
        forbidden += bool(bans)
    for key, span in now_at.items():
        assert isinstance(causes.of(key, None, span), str)
    return forbidden


def _old_place(case: reference.Case, entry: reference.Published) -> tuple[int, reference.Lift] | None:
    """Week and place of a published session that is to be placed anew, at the size it would have there."""
    if entry.load is None or entry.pinned or entry.key in case.skipped:
        return None
    weeks = {reference.week_name(reference.monday_of(case, week)): week for week in range(case.horizon)}
    name, _, slot = entry.key.split("/")
    week = weeks.get(name)
    day = reference.local(case.zone, entry.start).date()
    if (
        week is None
        or slot not in reference.by_slot(case, week)
        or not 0 <= (day - reference.monday_of(case, week)).days < 7
    ):
        return None
    session = reference.by_slot(case, week)[slot]
    minutes = (entry.end - entry.start) // timedelta(minutes=1)
    if minutes not in (session.minutes, session.shortest):
        minutes = session.minutes
    end = entry.start + timedelta(minutes=minutes)
    lift = reference.Lift(entry.start, end, entry.load, day, asks=session)
    return week, reference.lighter(lift, session.load)


def _forbids(
    rule: Rule, case: reference.Case, runs: list[reference.SettledRun], week: int, lift: reference.Lift
) -> bool:
    """Whether the rule alone, as the reference has it, rules the place out."""
    match rule:
        case Rule.AVAILABILITY:
            without_pauses = replace(case, pauses=())
            return not (
                reference.inside_availability(without_pauses, lift.day, lift.start, lift.end)
                and reference.is_where_it_may_be(case, lift)
            )
        case Rule.PAUSE:
            return reference.paused(case, lift.day)
        case Rule.BUSY:
            return not reference.keeps_buffer(case, lift)
        case Rule.RUN:
            return not reference.clear_of_all_runs(replace(case, after_run_minutes=0), runs, lift)
        case Rule.AFTER_RUN:
            return not reference.clear_of_all_runs(case, runs, lift)
        case Rule.FRESH_LEGS:
            return not reference.leaves_fresh_legs(case, runs, lift)
        case Rule.PAIR:
            fixed = reference.standing(case, runs).values()
            return any(not reference.far_enough(case, other, lift) for other in fixed)
        case _:
            return rule in _OF_THE_DAY and not reference.suits_day(case, runs, week, lift)
