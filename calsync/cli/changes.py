"""What a push changed, in text for people and in JSON for programs."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
import msgspec

from calsync.cli.gather import Gathered, Target
from calsync.cli.options import on_one_line
from calsync.event import BUSY
from calsync.sync.changes import Action, Change
from calsync.timespan import Timespan

Changes = Sequence[tuple[Target, tuple[Change, ...]]]

_SIGNS = {Action.INSERT: ("+", "green"), Action.UPDATE: ("~", "yellow"), Action.WITHDRAW: ("-", "red")}
_DRY = "dry run, nothing is written"
_COUNTED = (
    (Action.INSERT, "new"),
    (Action.UPDATE, "changed"),
    (Action.WITHDRAW, "withdrawn"),
    (Action.KEEP, "kept"),
    (Action.PIN, "kept where you put them"),
    (Action.SKIP, "skipped"),
)


def changes_json(gathered: Gathered, changes: Changes, *, quiet: bool) -> str:
    """`from` and `to` are the starts before and after, null where there is none.

    `quiet` leaves out what stays as it is.
    """
    zone = gathered.plan.zone
    data = {
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
            for target, its_changes in changes
        ],
        "warnings": [{"code": code, "text": text} for code, text in gathered.warnings],
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _start(span: Timespan | None, zone: ZoneInfo) -> str | None:
    return span.start.astimezone(zone).isoformat() if span else None


def print_changes(gathered: Gathered, changes: Changes, *, quiet: bool, dry_run: bool) -> None:
    """The changes of each target on standard output, warnings on standard error.

    `quiet` is for cron, which mails what is printed: nothing where no more than an event's notes changed, and
    each change once, in however many targets. What stays wrong for weeks (a run that clashes, an event that
    can't be read) is then said only when something changes, as a mail for each run of cron would teach people
    to ignore it; trouble that somebody has to end is said each time.
    """
    told = _is_news if quiet else _writes
    something = any(told(change) for _, its_changes in changes for change in its_changes)
    if not quiet:
        _print_by_target(gathered, changes, dry_run=dry_run)
    elif something:
        _print_mail(gathered, changes, dry_run=dry_run)
    everything = tuple(text for _, text in gathered.warnings)
    for text in everything if something or not quiet else gathered.trouble:
        click.echo(click.style("Warning: ", fg="yellow", bold=True) + on_one_line(text), err=True)


def _print_by_target(gathered: Gathered, changes: Changes, *, dry_run: bool) -> None:
    for target, its_changes in changes:
        click.echo(_head(target) + (f" - {_DRY}" if dry_run else ""))
        for change in its_changes:
            if change.writes:
                line = _line(change, gathered.plan.zone)
                reason = click.style(f"  {change.reason}", dim=True) if change.reason else ""
                click.echo(f"  {line}{reason}")
        click.echo(f"  {_summary(its_changes)}")


def _print_mail(gathered: Gathered, changes: Changes, *, dry_run: bool) -> None:
    """What moved, from when to when, and because of what; then which targets say so now."""
    written = [(target, its) for target, its in changes if any(map(_is_news, its))]
    for change, names in _once(written):
        only = "" if len(names) == len(written) else f"  [{', '.join(names)}]"
        click.echo(_line(change, gathered.plan.zone) + only)
        if change.reason:
            click.echo(f"    {change.reason}")
    click.echo()
    if dry_run:
        click.echo(_DRY)
    for target, its_changes in written:
        click.echo(f"{_head(target)}: {_summary(its_changes)}")


def _once(changes: Changes) -> list[tuple[Change, list[str]]]:
    """Each change with the names of the targets that it was made in, in the order of time."""
    found: dict[tuple[Action, str, Timespan | None, Timespan | None], tuple[Change, list[str]]] = {}
    for target, its_changes in changes:
        for change in its_changes:
            if _is_news(change):
                what = (change.action, change.key, change.before, change.after)
                known, names = found.get(what, (change, []))
                # The one that says more: a target may show no more than "Busy".
                told = change if _summary_of(known) == BUSY else known
                found[what] = (told, [*names, target.settings.name])
    return sorted(found.values(), key=lambda entry: (_time(entry[0]), entry[0].key))


def _time(change: Change) -> float:
    span = change.after or change.before
    return span.start.timestamp() if span else 0


def _head(target: Target) -> str:
    return click.style(f"{target.settings.name} ({target.settings.place})", bold=True)


def _summary_of(change: Change) -> str:
    event = change.wanted or (change.stored.event if change.stored else None)
    return event.summary if event else ""


def _line(change: Change, zone: ZoneInfo) -> str:
    sign, colour = _SIGNS[change.action]
    when, title = change.after or change.before, _summary_of(change)
    text = f"{_when(when, zone)}  {title}" if title and when else change.key
    if change.action is Action.UPDATE and change.before and change.after:
        text += _what_changed(change, change.before, change.after, zone)
    return f"{click.style(sign, fg=colour, bold=True)} {text}"


def _what_changed(change: Change, before: Timespan, after: Timespan, zone: ZoneInfo) -> str:
    was = [_when(before, zone)] if before != after else []
    if _is_renamed(change) and change.stored:
        was.append(change.stored.event.summary)
    return f" (was {'  '.join(was)})" if was else " (text)"


def _is_renamed(change: Change) -> bool:
    """Whether it has another title, which also says the load of a session; a kind of run may not show."""
    if change.wanted is None or change.stored is None:
        return False
    now, before = change.wanted.summary, change.stored.event.summary
    return now != before and BUSY not in (now, before)


def _writes(change: Change) -> bool:
    return change.writes


def _is_news(change: Change) -> bool:
    """Whether it is worth a mail: not if only the notes or the reminder are other ones."""
    moves = change.action is not Action.UPDATE or change.before != change.after
    return change.writes and (moves or _is_renamed(change) or change.wish)


def _when(span: Timespan, zone: ZoneInfo) -> str:
    start: datetime = span.start.astimezone(zone)
    return f"{start:%a %d %b %H:%M}-{span.end.astimezone(zone):%H:%M}"


def _summary(changes: Sequence[Change]) -> str:
    counts = {action: sum(change.action is action for change in changes) for action in Action}
    if not any(change.writes for change in changes):
        kept = counts[Action.KEEP] + counts[Action.PIN]
        return f"up to date, {kept} events"
    return ", ".join(f"{counts[action]} {word}" for action, word in _COUNTED if counts[action])
