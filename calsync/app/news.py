"""What a push changed, in words: the lines that cron mails and that notifications have."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from calsync.app.push import Decided
from calsync.event import BUSY, Action, Change, in_words
from calsync.timespan import Timespan
from calsync.words import moment

SIGNS = {Action.INSERT: "+", Action.UPDATE: "~", Action.WITHDRAW: "-"}


def is_news(change: Change) -> bool:
    """Whether it is worth a mail: not if only the notes or the reminder are others, or that it is done."""
    moves = change.action is not Action.UPDATE or change.before != change.after
    return change.writes and (moves or is_renamed(change) or (change.wish and not is_marked(change)))


def is_renamed(change: Change) -> bool:
    """Whether it has another title, which also says the load of a session; a kind of run may not show."""
    if change.wanted is None or change.stored is None:
        return False
    now, before = change.wanted.summary, change.stored.event.summary
    return now != before and BUSY not in (now, before)


def is_marked(change: Change) -> bool:
    """Whether it got a mark that it is done, or lost it."""
    now, before = change.wanted, change.stored.event if change.stored else None
    return now is not None and before is not None and now.done != before.done


def once(changes: Sequence[Decided]) -> list[tuple[Change, list[str]]]:
    """Each change with the names of the targets that it was made in, in the order of time."""
    found: dict[tuple[Action, str, Timespan | None, Timespan | None], tuple[Change, list[str]]] = {}
    for target, its_changes in changes:
        for change in its_changes:
            if is_news(change):
                what = (change.action, change.key, change.before, change.after)
                known, names = found.get(what, (change, []))
                # Keep the one with a title: a target may show no more than "Busy".
                told = change if title_of(known) == BUSY else known
                found[what] = (told, [*names, target.settings.name])
    return sorted(found.values(), key=lambda entry: (_time(entry[0]), entry[0].key))


def _time(change: Change) -> float:
    span = change.after or change.before
    return span.start.timestamp() if span else 0


def title_of(change: Change) -> str:
    """The title of its event; empty if that is not known."""
    event = change.wanted or (change.stored.event if change.stored else None)
    return event.summary if event else ""


def line(change: Change, zone: ZoneInfo) -> str:
    """ "Tue 24 Nov 13:15-13:45  Strength: Lower body (moderate) (was Tue 24 Nov 12:00-12:30)"."""
    when, title = change.after or change.before, title_of(change)
    text = f"{_when(when, zone)}  {title}" if title and when else in_words(change.key)
    if change.action is Action.UPDATE and change.before and change.after:
        text += _what_changed(change, change.before, change.after, zone)
    return text


def _what_changed(change: Change, before: Timespan, after: Timespan, zone: ZoneInfo) -> str:
    was = [_when(before, zone)] if before != after else []
    if is_renamed(change) and change.stored:
        was.append(change.stored.event.summary)
    if not was and is_marked(change) and change.wanted:
        return " (done)" if change.wanted.done else " (not done)"
    return f" (was {'  '.join(was)})" if was else " (details)"


def _when(span: Timespan, zone: ZoneInfo) -> str:
    return f"{moment(span, zone)}-{span.end.astimezone(zone):%H:%M}"
