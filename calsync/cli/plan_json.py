"""A plan as JSON: the names are a contract with the scripts of others."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from calsync.cli.gather import Gathered
from calsync.planning.agenda import run_title
from calsync.planning.explain import no_place, reasons
from calsync.planning.fix import EarlierRun, FewerHoursApart, Fix, Fixes, ShorterBusy, WiderRange
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, PlannedWeek
from calsync.timespan import Timespan


def plan_json(gathered: Gathered, weeks: Sequence[PlannedWeek]) -> str:
    """One JSON object. Instants are ISO 8601 with offset in the plan's zone."""
    plan, config = gathered.plan, gathered.setup.config
    fixes = Fixes(plan.problem)
    data = {
        "name": config.name,
        "timezone": config.zone.key,
        "now": _instant(plan, plan.now),
        "cost": plan.cost,
        "weeks": [_week(plan, week, fixes) for week in weeks],
        "busy": [_span(plan, span) for span in plan.busy],
        "warnings": [{"code": code, "text": text} for code, text in gathered.warnings],
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _week(plan: Plan, week: PlannedWeek, fixes: Fixes) -> dict[str, Any]:
    template = week.wanted.template
    return {
        "week": str(week.week),
        "template": template.name,
        "recovery": template.recovery,
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
        "strength": [_session(plan, week, session) for session in week.strength],
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


def _session(plan: Plan, week: PlannedWeek, session: PlannedSession) -> dict[str, Any]:
    return {
        "key": session.key,
        "routine": session.routine,
        "load": session.load,
        "minutes": session.minutes,
        **_span(plan, session.span),
        "state": session.state,
        "cost": dict(session.cost),
        "reasons": [{"rule": reason.rule, "text": reason.text} for reason in reasons(plan, week, session)],
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
