"""What commands print: plans as JSON; changes, check-ins and the checks of doctor as text and as JSON."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
import msgspec

from calsync.app import news
from calsync.app.doctor.report import Check, Status
from calsync.app.gather import Gathered, Target
from calsync.app.push import Decided, Pushed
from calsync.app.training_feed import WholeFeed, is_unclear
from calsync.errors import CalsyncError
from calsync.event import Action, Change
from calsync.planning.descriptions import no_place, run_title
from calsync.planning.lint import Finding
from calsync.planning.plan import Plan, PlannedRun, PlannedSession, PlannedWeek
from calsync.planning.week import WantedSession, kind_of_cross, kind_of_run
from calsync.program import FeedSettings
from calsync.timespan import Timespan
from calsync.training import CheckIn, Cross, Effort, Sign, Sort, Workout, acting_on, clock
from calsync.travel import Trip, trips_in
from calsync.web.week import WeekCount
from calsync.words import counted, on_one_line

if TYPE_CHECKING:
    from calsync.notices import Notice
    from calsync.planning.room import Fix
    from calsync.planning.what_if import Explained, Explainer


def as_json(data: object) -> str:
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def checkins_json(checkins: Sequence[CheckIn]) -> str:
    data = [
        {
            "date": checkin.day,
            "signs": [sign for sign in Sign if sign in checkin.signs],
            "week": str(checkin.week),
            "acts": acting_on(checkin.week, checkins) is checkin,
        }
        for checkin in checkins
    ]
    return as_json(data)


def history_json(counts: Sequence[WeekCount]) -> str:
    """`done` is null in a week of which nothing is marked, `signs` where there was no check-in."""
    data = [
        {
            "week": str(one.week),
            "planned": one.planned,
            "done": one.done,
            "skipped": one.skipped,
            "moved": one.moved,
            "signs": None if one.signs is None else [sign for sign in Sign if sign in one.signs],
            "runs": {"planned": one.runs, "done": one.runs_done},
            "strength": {"planned": one.strength, "done": one.strength_done},
        }
        for one in counts
    ]
    return as_json(data)


def plan_json(gathered: Gathered, weeks: Sequence[PlannedWeek], explainer: "Explainer | None" = None) -> str:
    """One JSON object. Instants are ISO 8601 with offset in the plan's zone. `explainer` is the plan's, if
    there is one already."""
    # Imported here, so that a push doesn't wait for what looks for other places.
    from calsync.planning.what_if import Explainer

    plan, config = gathered.plan, gathered.setup.config
    explainer = explainer or Explainer(plan)
    data = {
        "name": config.name,
        "timezone": config.zone.key,
        "now": _instant(plan.now, plan.zone),
        "cost": plan.cost,
        "weeks": [_week(plan, week, explainer) for week in weeks],
        "busy": [span_json(span, plan.zone) for span in plan.busy],
        "warnings": [{"code": code, "text": text} for code, text in gathered.warnings],
        "notices": [{"code": code, "text": text} for code, text in gathered.notices],
    }
    return as_json(data)


def _week(plan: Plan, week: PlannedWeek, explainer: "Explainer") -> dict[str, Any]:
    template, days = week.wanted.template, week.week.days
    return {
        "week": str(week.week),
        "template": template.name,
        "recovery": template.recovery,
        "runs_from": "feed" if week.wanted.follows_feed else "template",
        **({"feed_until": week.wanted.feed_until} if week.wanted.feed_until else {}),
        **({"travel": [*map(_trip, trips)]} if (trips := trips_in(plan.zone, days[0], days[-1])) else {}),
        "notes": week.wanted.adjusted.notes,
        "rest": template.rest,
        "strength_days": template.strength_days,
        "runs": [_run(plan, run) for run in week.runs],
        "cross": [_cross(plan, one) for one in week.cross],
        "wanted": [
            {
                "key": session.key,
                "routine": session.routine,
                "load": session.load,
                "minutes": session.minutes,
                "shortest": session.shortest,
                **_if_said(title=session.title, place=session.location),
            }
            for session in week.wanted.sessions
        ],
        "strength": [_session(plan, session, explainer.explained(session)) for session in week.strength],
        "unplaced": [
            *(_unplaced(plan, week, session, explainer) for session in week.unplaced),
            *(_unplaced(plan, week, session, explainer) | {"too_late": True} for session in week.too_late),
        ],
        "skipped": week.skipped,
        "days": [{"date": day, "effort": plan.problem.days.effort(day)} for day in week.week.days],
    }


def _trip(trip: Trip) -> dict[str, Any]:
    return {"from": trip.first, "to": trip.last, "timezone": trip.zone.key}


def _run(plan: Plan, planned: PlannedRun) -> dict[str, Any]:
    return {
        "key": planned.key,
        "kind": planned.run.kind,
        "effort": planned.run.effort,
        "title": run_title(planned),
        **span_json(planned.span, plan.zone),
        "state": planned.state,
        **_if_done(planned),
        "clashes": planned.clashes,
    }


def _if_done(planned: PlannedRun | PlannedSession) -> dict[str, bool]:
    """Without a mark nobody knows, so there is no false."""
    return {"done": True} if planned.done else {}


def _cross(plan: Plan, planned: PlannedRun) -> dict[str, Any]:
    kind = planned.run.kind
    assert isinstance(kind, Cross)
    return {
        "key": planned.key,
        "sport": kind.sport,
        "effort": kind.effort,
        "legs": kind.sport.uses_legs,
        "title": run_title(planned),
        **span_json(planned.span, plan.zone),
        "state": planned.state,
        **_if_done(planned),
        "clashes": planned.clashes,
    }


def _session(plan: Plan, session: PlannedSession, explained: "Explained") -> dict[str, Any]:
    """`more` is what the plan would cost more with the session in another place."""
    return {
        "key": session.key,
        "routine": session.routine,
        "load": session.load,
        "minutes": session.minutes,
        **span_json(session.span, plan.zone),
        "state": session.state,
        **_if_done(session),
        **({"missed": True} if session.missed else {}),
        **_if_said(title=session.title, place=session.location, calendar=session.calendar),
        "cost": session.cost,
        "terms": explained.terms,
        "reasons": [{"rule": reason.rule, "text": reason.text} for reason in explained.reasons],
        "alternatives": [
            {
                **span_json(other.place.span, plan.zone),
                "load": other.place.load,
                "minutes": other.place.minutes,
                "more": other.more,
                "unplaced": other.unplaced,
                "text": other.text(plan.zone),
            }
            for other in explained.others
        ],
    }


def _if_said(**texts: str) -> dict[str, str]:
    """Those that are not empty."""
    return {name: text for name, text in texts.items() if text}


def _unplaced(
    plan: Plan, week: PlannedWeek, session: WantedSession, explainer: "Explainer"
) -> dict[str, Any]:
    fix = explainer.fix(week, session)
    return {
        "key": session.key,
        "cost": plan.cost_of_missing(session.key),
        "days": [
            {"day": day, "rule": reason.rule, "text": reason.text}
            for day, reason in no_place(plan, week.wanted, session)
        ],
        "fix": _fix(plan, fix) if fix else None,
    }


def _fix(plan: Plan, fix: "Fix") -> dict[str, Any]:
    """The change in a form that a program can apply, `text` for people."""
    from calsync.planning.room import EarlierRun, FewerHoursApart, ShorterBusy, WiderRange

    data: dict[str, Any]
    match fix:
        case WiderRange():
            instead = str(fix.instead_of) if fix.instead_of else None
            data = {"kind": "availability", "day": fix.day, "range": str(fix.range), "instead_of": instead}
        case ShorterBusy():
            before, after = span_json(fix.block, plan.zone), span_json(fix.left, plan.zone)
            data = {"kind": "busy", "from": before, "to": after}
        case EarlierRun():
            data = {"kind": "run", "key": fix.run.key, **span_json(fix.span, plan.zone)}
        case FewerHoursApart():
            minutes = int(fix.hours_apart.total_seconds()) // 60
            data = {"kind": "hours-apart", "hours_apart": f"{minutes}m"}
    return {**data, "text": fix.text(plan.zone)}


def lint_json(templates: Iterable[tuple[str, Sequence[CalsyncError], Sequence[tuple[str, Finding]]]]) -> str:
    """Of each template what can't be read, and what the rules say of the rest, with file and line."""
    data = [
        {
            "template": name,
            "problems": list(map(str, problems)),
            "findings": [
                {"severity": found.severity, "at": where, "key": found.place, **_said(found)}
                for where, found in findings
            ],
        }
        for name, problems, findings in templates
    ]
    return as_json({"templates": data})


def _said(finding: Finding) -> dict[str, str]:
    reason = finding.reason
    return {"rule": reason.rule, "text": reason.text, "suggestion": finding.suggestion}


def feed_json(feed: WholeFeed, settings: FeedSettings) -> str:
    """All that lint says of a training feed. An entry has the effort that the plan takes it for."""
    data = {
        "weeks": [
            {
                "week": str(week.week),
                "template": week.template.name,
                "recovery": week.template.recovery,
                "runs_from": "feed" if week.follows_feed else "template",
                **({"feed_until": week.feed_until} if week.feed_until else {}),
            }
            for week in feed.weeks
        ],
        "entries": [
            {
                "date": one.day,
                "start": None if one.start is None else clock(one.start),
                "title": one.title,
                "sort": one.sort,
                "kind": one.kind,
                "sport": one.sport,
                "effort": _effort(one),
                "load": one.load,
                "minutes": one.minutes,
                "understood": not is_unclear(one, settings),
                "because": one.because,
            }
            for one in feed.workouts
        ],
        "findings": [
            {"week": str(found.week), **_said(found), "line": found.line or None} for found in feed.findings
        ],
        "kind": feed.line_of_kinds(settings) or None,
        "warnings": feed.warnings,
    }
    return as_json(data)


def _effort(workout: Workout) -> Effort | None:
    match workout.sort:
        case Sort.RUN:
            return kind_of_run(workout).effort
        case Sort.CROSS:
            return kind_of_cross(workout).effort
        case _:
            return None


def span_json(span: Timespan, zone: ZoneInfo) -> dict[str, str]:
    return {"start": _instant(span.start, zone), "end": _instant(span.end, zone)}


def _instant(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat()


_COLOURS_OF_SIGNS = {Action.INSERT: "green", Action.UPDATE: "yellow", Action.WITHDRAW: "red"}
_DRY = "dry run, nothing is written"
_COUNTED = (
    (Action.INSERT, "new"),
    (Action.UPDATE, "changed"),
    (Action.WITHDRAW, "removed"),
    (Action.KEEP, "kept"),
    (Action.PIN, "kept where you put them"),
    (Action.SKIP, "skipped"),
)


def changes_json(pushed: Pushed, *, quiet: bool, notices: "Sequence[Notice] | None" = None) -> str:
    """`from` and `to` are the starts before and after, null where there is none.

    `quiet` leaves out what stays as it is. `notices` is what would be sent, of a push that sends nothing.
    """
    zone = pushed.gathered.plan.zone
    data: dict[str, Any] = {
        "targets": [
            {
                "name": target.settings.name,
                "changes": [
                    {
                        "action": change.action,
                        "key": change.key,
                        "from": _start(change.before, zone),
                        "to": _start(change.after, zone),
                        "reason": change.reason,
                    }
                    for change in its_changes
                    if change.writes or not quiet
                ],
            }
            for target, its_changes in pushed.changes
        ],
        "warnings": [{"code": code, "text": text} for code, text in pushed.gathered.warnings],
    }
    if notices is not None:
        data["notify"] = [
            {"name": one.to, "event": one.event, "title": one.title, "text": one.text} for one in notices
        ]
    return as_json(data)


def print_notices(notices: "Sequence[Notice] | None") -> None:
    """What a push that sends nothing would send."""
    told: dict[tuple[str, str], list[str]] = {}
    for one in notices or ():
        told.setdefault((one.title, one.text), []).append(one.to)
    for (title, text), names in told.items():
        click.echo(click.style(f"notify {', '.join(names)}", bold=True) + " - dry run, nothing is sent")
        click.echo(textwrap.indent("\n".join(map(on_one_line, (title, *text.split("\n")))), "  "))


def _start(span: Timespan | None, zone: ZoneInfo) -> str | None:
    return _instant(span.start, zone) if span else None


def print_changes(pushed: Pushed, *, quiet: bool, dry_run: bool) -> None:
    """The changes of each target on standard output, warnings on standard error.

    `quiet` is for cron, which mails what is printed: nothing where no more than an event's notes changed, and
    each change once, in however many targets. What stays wrong for weeks (a run that clashes, an event that
    can't be read) is then said only when something changes, as a mail for each run of cron would teach people
    to ignore it; trouble that somebody has to end is said each time.
    """
    gathered, changes = pushed.gathered, pushed.changes
    told = news.is_news if quiet else attrgetter("writes")
    something = any(told(change) for _, its_changes in changes for change in its_changes)
    if not quiet:
        _print_by_target(gathered, changes, dry_run=dry_run)
    elif something:
        _print_mail(gathered, changes, dry_run=dry_run)
    everything = tuple(text for _, text in gathered.warnings)
    for text in everything if something or not quiet else gathered.trouble:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + on_one_line(text), err=True)


def _print_by_target(gathered: Gathered, changes: Sequence[Decided], *, dry_run: bool) -> None:
    for target, its_changes in changes:
        click.echo(_head(target) + (f" - {_DRY}" if dry_run else ""))
        for change in its_changes:
            if change.writes:
                click.echo(_with_reason(f"  {_line(change, gathered.plan.zone)}", change.reason))
        click.echo(f"  {_summary(its_changes)}")


def _with_reason(line: str, reason: str) -> str:
    """On one line where that has room, and in a pipe; otherwise the reason is below."""
    if not reason:
        return line
    has_room = len(click.unstyle(line)) + 2 + len(reason) <= shutil.get_terminal_size().columns
    if has_room or not sys.stdout.isatty():
        return f"{line}  {click.style(reason, dim=True)}"
    return f"{line}\n{' ' * 6}{click.style(_broken(reason, 6), dim=True)}"


def _print_mail(gathered: Gathered, changes: Sequence[Decided], *, dry_run: bool) -> None:
    """What changed, from when to when and why; then a line for each target that was written."""
    written = [(target, its) for target, its in changes if any(map(news.is_news, its))]
    for change, names in news.once(written):
        only = "" if len(names) == len(written) else f"  [{', '.join(names)}]"
        click.echo(_line(change, gathered.plan.zone) + only)
        if change.reason:
            click.echo(f"    {change.reason}")
    click.echo()
    if dry_run:
        click.echo(_DRY)
    for target, its_changes in written:
        click.echo(f"{_head(target)}: {_summary(its_changes)}")


def _head(target: Target) -> str:
    return click.style(f"{target.settings.name} ({target.settings.place})", bold=True)


def _line(change: Change, zone: ZoneInfo) -> str:
    sign = click.style(news.SIGNS[change.action], fg=_COLOURS_OF_SIGNS[change.action], bold=True)
    return f"{sign} {news.line(change, zone)}"


def _summary(changes: Sequence[Change]) -> str:
    counts = {action: sum(change.action is action for change in changes) for action in Action}
    if not any(change.writes for change in changes):
        kept = counts[Action.KEEP] + counts[Action.PIN]
        return f"up to date, {counted(kept, 'event')}"
    return ", ".join(f"{counts[action]} {word}" for action, word in _COUNTED if counts[action])


_COLOURS = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "red"}
_STATUS_WIDTH = max(len(status) for status in Status)
_LEAST_TEXT = 30


def report_json(checks: Sequence[Check]) -> str:
    return as_json({"checks": checks})


def print_report(checks: Sequence[Check]) -> None:
    titles = [title for _, title in _titled(checks)]
    width = max(map(len, titles))
    for title, check in zip(titles, checks, strict=True):
        label = click.style(f"{check.status:{_STATUS_WIDTH}}", fg=_COLOURS[check.status], bold=True)
        before = _STATUS_WIDTH + width + 4
        text = _broken(on_one_line(check.text), before)
        click.echo(f"{label}  {on_one_line(title):{width}}  {text}")
        if check.fix:
            fix = _broken(on_one_line(check.fix), before + 2)
            click.echo(f"{' ' * before}{click.style('→', fg=_COLOURS[check.status])} {fix}")
    click.echo(_doctor_summary(checks))


def _broken(text: str, indent: int) -> str:
    """The text in the columns after `indent`; in a pipe as it is."""
    if not sys.stdout.isatty():
        return text
    columns = max(shutil.get_terminal_size().columns - indent, _LEAST_TEXT)
    lines = textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def _doctor_summary(checks: Sequence[Check]) -> str:
    failures = sum(check.status is Status.FAILED for check in checks)
    warnings = sum(check.status is Status.WARNING for check in checks)
    noted = f"{counted(warnings, 'thing')} to look at"
    if failures:
        wrong = dict.fromkeys(title for check, title in _titled(checks) if check.status is Status.FAILED)
        text = f"Wrong: {', '.join(wrong)}{f'; {noted}' if warnings else ''}."
        return click.style(on_one_line(text), fg="red", bold=True)
    text = f"All good, {noted}." if warnings else "All good."
    return click.style(text, fg="yellow" if warnings else "green", bold=True)


def _titled(checks: Sequence[Check]) -> Iterator[tuple[Check, str]]:
    return ((check, " ".join(filter(None, (check.name, check.subject)))) for check in checks)
