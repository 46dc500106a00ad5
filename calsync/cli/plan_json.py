"""A plan as JSON: the names are a contract with the scripts of others."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from calsync.cli.gather import Gathered
from calsync.planning.agenda import run_title
from calsync.planning.alternatives import Alternative, Alternatives, alternative_text, dodged_text
from calsync.planning.explain import no_place, reasons
from calsync.planning.fix import EarlierRun, FewerHoursApart, Fix, Fixes, ShorterBusy, WiderRange
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, PlannedWeek
from calsync.planning.rules import Rule
from calsync.planning.terms import terms
from calsync.timespan import Timespan


def plan_json(gathered: Gathered, weeks: Sequence[PlannedWeek]) -> str:
    """One JSON object. Instants are ISO 8601 with offset in the plan's zone."""
    plan, config = gathered.plan, gathered.setup.config
    fixes = Fixes(plan.problem)
    alternatives = Alternatives(plan.problem, plan.placement)
    data = {
        "name": config.name,
        "timezone": config.zone.key,
        "now": _instant(plan, plan.now),
        "cost": plan.cost,
        "weeks": [_week(plan, week, fixes, alternatives) for week in weeks],
        "busy": [_span(plan, span) for span in plan.busy],
        "warnings": [{"code": code, "text": text} for code, text in gathered.warnings],
        "notices": [{"code": code, "text": text} for code, text in gathered.training.notices],
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _week(plan: Plan, week: PlannedWeek, fixes: Fixes, alternatives: Alternatives) -> dict[str, Any]:
    template = week.wanted.template
    return {
        "week": str(week.week),
        "template": template.name,
        "recovery": template.recovery,
        "runs_from": "feed" if week.wanted.follows_feed else "template",
        "notes": [
            {"rule": note.rule, "text": note.text, "private": note.private}
            for note in week.wanted.adjusted.notes
        ],
        "rest": list(template.rest),
        "strength_days": list(template.strength_days),
        "runs": [_run(plan, run) for run in week.runs],
        "wanted": [
            {
                "key": session.key,
                "routine": session.routine,
                "load": session.load,
                "minutes": session.minutes,
                "shortest": session.shortest,
            }
            for session in week.wanted.sessions
        ],
        "strength": [_session(plan, week, session, alternatives) for session in week.strength],
        "unplaced": [
            {
                "key": session.key,
                "days": [
                    {"day": day.day.isoformat(), "rule": day.rule, "text": day.text}
                    for day in no_place(plan, week, session)
                ],
                "fix": _fix(plan, fixes.smallest(week.wanted, session)),
            }
            for session in week.unplaced
        ],
        "skipped": list(week.skipped),
        "days": [
            {"date": day.isoformat(), "effort": effort}
            for day, effort in zip(week.week.days, week.efforts, strict=True)
        ],
    }


def _run(plan: Plan, planned: PlannedRun) -> dict[str, Any]:
    return {
        "key": planned.key,
        "kind": planned.run.kind,
        "effort": planned.run.effort,
        "title": run_title(planned),
        **_span(plan, planned.run.span),
        "state": planned.state,
    }


def _session(
    plan: Plan, week: PlannedWeek, session: PlannedSession, alternatives: Alternatives
) -> dict[str, Any]:
    why = [{"rule": str(reason.rule), "text": reason.text} for reason in reasons(plan, week, session)]
    others: tuple[Alternative, ...] = ()
    if session.wanted and session.place:
        others = alternatives.best(week.wanted, session.wanted)
        if dodged := alternatives.dodged(week.wanted, session.wanted):
            why.append({"rule": Rule.BUSY, "text": dodged_text(dodged, plan.zone)})
    return {
        "key": session.key,
        "routine": session.routine,
        "load": session.load,
        "minutes": session.minutes,
        **_span(plan, session.span),
        "state": session.state,
        "cost": dict(session.cost),
        "terms": [
            {"term": term.name, "points": term.points, "text": term.text}
            for term in terms(plan, week.wanted, session)
        ],
        "reasons": why,
        "alternatives": [_alternative(plan, alternative) for alternative in others],
    }


def _alternative(plan: Plan, alternative: Alternative) -> dict[str, Any]:
    """`more` is what the plan would cost more with the session there."""
    place = alternative.place
    return {
        **_span(plan, place.span),
        "load": place.load,
        "minutes": place.minutes,
        "more": alternative.more,
        "unplaced": list(alternative.unplaced),
        "text": alternative_text(alternative, plan.zone),
    }


def _fix(plan: Plan, fix: Fix | None) -> dict[str, Any] | None:
    """The change in a form that a program can apply, `text` for people."""
    match fix:
        case WiderRange():
            instead = str(fix.instead_of) if fix.instead_of else None
            data: dict[str, Any] = {
                "kind": "availability",
                "day": fix.day,
                "range": str(fix.range),
                "instead_of": instead,
            }
        case ShorterBusy():
            data = {"kind": "busy", "from": _span(plan, fix.block), "to": _span(plan, fix.left)}
        case EarlierRun():
            data = {"kind": "run", "key": fix.run.key, **_span(plan, fix.span)}
        case FewerHoursApart():
            minutes = int(fix.hours_apart.total_seconds()) // 60
            data = {"kind": "hours-apart", "hours_apart": f"{minutes}m"}
        case None:
            return None
    return {**data, "text": fix.text(plan.zone)}


def _span(plan: Plan, span: Timespan) -> dict[str, str]:
    return {"start": _instant(plan, span.start), "end": _instant(plan, span.end)}


def _instant(plan: Plan, instant: datetime) -> str:
    return instant.astimezone(plan.zone).isoformat()
