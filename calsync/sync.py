"""What has to be written to a calendar, from what is wanted and what is there. Pure: `now` is a parameter.

In the order of a push: standing() is what the plan has to respect, diff() are the changes that make a
calendar equal to the plan, and refuse_mass_delete() stops those that would destroy more than they should.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from calsync.errors import RefusedToProtectData
from calsync.event import (
    BUSY,
    Action,
    Change,
    Contents,
    Event,
    Mark,
    Published,
    Standing,
    StoredEvent,
    Wishes,
    week_of_key,
)
from calsync.timespan import Timespan
from calsync.training import Week

NO_MARKS: Mapping[str, Mark] = {}


def standing(calendars: Iterable[Contents], wishes: Wishes, marks: Mapping[str, Mark] = NO_MARKS) -> Standing:
    """Where each run and session is, which the runner doesn't want, and which are done.

    `calendars`: the most trusted first. `marks` come before what an event says of itself, which counts where
    there is no mark: in a new state folder.

    A time that the runner chose comes before one that calsync chose; apart from that the first calendar wins.
    A detail that one calendar can't say (its titles are "Busy") is taken from the next that can.

    Moves and skips come before all of that, but for an event that was moved by hand since the move was made.
    It was if a push had already brought it where the move said, or if it is no longer where it was then.
    A skip ends where its event was taken out of the bin again, after a push had carried it out.

    A calendar that shows a session where the runner missed it is behind the others, if one has another place.
    """
    published: dict[str, Published] = {}
    deleted: set[str] = set()
    restored: set[str] = set()
    outdated = set()
    calendars = tuple(calendars)
    done = done_by(calendars, marks)
    for contents in calendars:
        deleted |= contents.deleted
        restored |= contents.restored
        for stored in contents.events:
            said = Published.of(stored.event, stored.span, pinned=stored.is_pinned)
            if stored.key in wishes.moves and stored.was_moved:
                before = wishes.moved_from.get(stored.key, stored.span)
                # Moved back to where it was before it was moved by hand, which no push has carried out yet.
                is_back = stored.key in wishes.put_back
                was_there = stored.written == wishes.moves[stored.key].span and not is_back
                if was_there or stored.span != before:
                    outdated.add(stored.key)
            known = published.get(stored.key)
            missed = wishes.missed.get(stored.key)
            is_newer = known is not None and known.span == missed != said.span
            is_chosen = known is not None and said.pinned and not known.pinned and said.span != missed
            if known is None or is_newer or is_chosen:
                published[stored.key] = said if known is None else _completed(said, known)
            else:
                published[stored.key] = _completed(known, said)
    for key, move in wishes.moves.items():
        known = published.get(key)
        if key not in outdated:
            published[key] = move if known is None else _completed(move, known)
    for key in done - published.keys():
        # It was done before any calendar had it, or left it since.
        if span := marks[key].span:
            published[key] = Published(span)
    put_back = {key: span for key, span in wishes.put_back.items() if key not in wishes.moves}
    for key, span in put_back.items():
        # As it was, so not as something that the runner moved, nor as light as elsewhere it had to be.
        published[key] = replace(published.get(key, Published(span)), span=span, pinned=False, load=None)
    skipped = wishes.skips - (restored & wishes.carried_out) | deleted
    return Standing(published, skipped, done=done, missed=wishes.missed, put_back=frozenset(put_back))


def done_by(calendars: Iterable[Contents], marks: Mapping[str, Mark]) -> frozenset[str]:
    """The keys of what is done, as standing() says."""
    marked = {key for key, mark in marks.items() if mark.done}
    there = (stored for contents in calendars for stored in contents.events)
    return frozenset(marked | {one.key for one in there if one.event.done and one.key not in marks})


def _completed(first: Published, other: Published) -> Published:
    says_what = first.title not in ("", BUSY)
    return replace(
        first,
        title=first.title if says_what else other.title,
        description=first.description if says_what else other.description,
        kind=first.kind or other.kind,
        load=first.load or other.load,
        routine=first.routine or other.routine,
        location=first.location or other.location,
    )


def diff(
    wanted: Iterable[Event],
    stored: Iterable[StoredEvent],
    *,
    now: datetime,
    pinned: Mapping[str, Timespan] | None = None,
    arrived: frozenset[str] = frozenset(),
    put_there: frozenset[str] = frozenset(),
    skipped: frozenset[str] = frozenset(),
    reasons: Mapping[str, str] | None = None,
    done: frozenset[str] | None = None,
    missed: Collection[str] = (),
) -> tuple[Change, ...]:
    """The changes that make a calendar equal to the plan, in the order of time.

    `pinned` is where the runner moved events to, by key, here or in another calendar; `arrived` are those of
    them that a calendar shows there, and `put_there` those of these that it shows there by the runner's own
    hand; `skipped` are the keys that the runner doesn't want; `reasons` says for people why an event is where
    it is. `done` are the keys of what is done; None for a calendar that doesn't show that. `missed` are the
    keys of sessions that are placed again.
    """
    pinned = pinned or {}
    there = {event.key: event for event in stored}
    desired = {event.key: event for event in wanted}
    changes = []
    for key in there.keys() | desired.keys() | skipped:
        place = pinned.get(key)
        known = there.get(key)
        marked = known.event if known else None
        if known and done is not None and not known.is_held:
            marked = replace(known.event, done=key in done)
        change = _decide(
            key,
            desired.get(key),
            known,
            marked,
            now,
            place,
            key in skipped,
            has_arrived=key in arrived,
            was_put_there=key in put_there,
            is_missed=key in missed,
        )
        if change is not None:
            why = (reasons or {}).get(key, "")
            if change.writes and why and not change.reason:
                change = replace(change, reason=why)
            elif change.action is Action.WITHDRAW and not change.reason:
                change = replace(change, reason="no longer planned")
            changes.append(change)
    return tuple(sorted(changes, key=_in_time))


def _decide(
    key: str,
    wanted: Event | None,
    stored: StoredEvent | None,
    marked: Event | None,
    now: datetime,
    place: Timespan | None,
    skipped: bool,
    *,
    has_arrived: bool,
    was_put_there: bool,
    is_missed: bool,
) -> Change | None:
    """Whose change wins: the first of these cases that fits. `place` is where the runner moved the event.

    calsync never changes what has begun, but for its place if the runner gave it one, and the sign that it is
    done: `marked` is the stored event with that sign, or without, as it shall be. A place whose time has
    come before any calendar showed the event there (`has_arrived`) is over, as one of the plan's is. Where
    there is no event any more it takes the runner's own hand (`was_put_there`): that a push has brought one
    that had begun to such a place elsewhere is no reason for the next push to write another into the past.
    """
    can_follow = is_missed and stored is not None and not (skipped or stored.is_held)
    if can_follow and stored and wanted and stored.span.start <= now < wanted.span.start:
        return Change(Action.UPDATE, key, stored.with_edits(wanted), stored, "you missed it", wish=True)
    if stored is not None and marked is not None and stored.span.start <= now:
        elsewhere = None if skipped or stored.is_held or place == stored.span else place
        if elsewhere is None or (wanted is not None and wanted.span != elsewhere):
            if marked != stored.event:
                why = "you marked it as done" if marked.done else "you said that it isn't done"
                return Change(Action.UPDATE, key, marked, stored, why, wish=True)
            return Change(Action.KEEP, key, wanted, stored, "already begun or past")
        # The runner moved it in another calendar, and makes up for it there, or was there at that time.
        if elsewhere.start <= now:
            moved = replace(marked, span=elsewhere)
            return Change(Action.UPDATE, key, moved, stored, "you moved it", wish=True)
    if stored is not None and stored.is_held:
        return Change(Action.PIN, key, None, stored, "you made something else of it", wish=True)
    if skipped:
        if stored is None:
            # What was skipped weeks ago is nobody's business any more, though calendars remember it longer.
            is_old = week_of_key(key) < Week.of(now.date()).plus(-1)
            return None if is_old else Change(Action.SKIP, key, reason="you skipped it", wish=True)
        return Change(Action.WITHDRAW, key, None, stored, "you skipped it", wish=True)
    pinned = place is not None
    if wanted is not None and stored is not None:
        wanted = stored.with_edits(wanted)
    if wanted is None:
        if stored is None:
            return None
        if stored.is_pinned and (place in (None, stored.span) or place.start <= now):
            why = "you moved it" if stored.was_moved else "you brought it back"
            return Change(Action.PIN, key, None, stored, why, wish=True)
        if place is None:
            return Change(Action.WITHDRAW, key, None, stored)
        # It was moved elsewhere, and the plan does not reach as far any more: it goes there, here as well.
        wanted = replace(marked or stored.event, span=place)
    is_there = (was_put_there if stored is None else has_arrived) and wanted.span == place
    is_over = wanted.span.start <= now and not is_there
    if stored is None:
        # The past is not written: what has begun before it was ever published is nobody's appointment. And a
        # feed forgets after some weeks what would then be written again and again.
        if is_over or Week.of(wanted.span.start.date()) < Week.of(now.date()).plus(-1):
            return None
        return Change(Action.INSERT, key, wanted, reason="you moved it" if pinned else "", wish=pinned)
    if is_over:
        # Its own time is over (it was released, or its template changed), so nothing is left of it to come.
        return Change(Action.WITHDRAW, key, None, stored, "its time is over")
    if stored.event == wanted:
        return Change(Action.PIN if pinned else Action.KEEP, key, wanted, stored, wish=pinned)
    return Change(Action.UPDATE, key, wanted, stored, "you moved it" if pinned else "", wish=pinned)


def refuse_emptied(contents: Contents, *, now: datetime, target: str) -> None:
    """Raises RefusedToProtectData if a calendar has lost more of what is to come than a person deletes.

    For one that keeps no trace of what was deleted: it may have been emptied by mistake, or be another one.
    """
    if text := emptied(contents, now=now):
        raise RefusedToProtectData(
            f"{target}: {text}; nothing was changed. If you deleted them, run: "
            "calsync push --allow-mass-delete"
        )


def emptied(contents: Contents, *, now: datetime) -> str:
    """That it has lost so much, in words; empty if it hasn't."""
    lost = [key for key in contents.vanished if contents.deleted_at[key].start > now]
    left = [event for event in contents.events if event.span.start > now]
    many = len(lost) >= MASS_DELETE_AT_LEAST and len(lost) > len(left)
    if not lost or (left and not many):
        return ""
    return f"{len(lost)} of {len(lost) + len(left)} upcoming events are no longer in the calendar"


def _in_time(change: Change) -> tuple[bool, float, str]:
    span = change.after or change.before
    return (span is None, span.start.timestamp() if span else 0, change.key)


# A push that withdraws at least so many, and more than half of what is still to come, is a mistake upstream
# (an emptied template, a wrong date) more often than it is meant.
MASS_DELETE_AT_LEAST = 4


def refuse_mass_delete(
    changes: Sequence[Change],
    stored: Iterable[StoredEvent],
    *,
    now: datetime,
    target: str,
    plan_is_empty: bool,
    until: datetime | None = None,
    advice: str = "",
) -> None:
    """Raises RefusedToProtectData if the changes withdraw more of what is still to come than they should.

    What starts at `until` or later doesn't count; `advice` says what else may help.
    """

    def counts(span: Timespan) -> bool:
        return span.start > now and (until is None or span.start < until)

    upcoming = [event for event in stored if counts(event.span)]
    if not upcoming:
        return
    withdrawn = [
        c
        for c in changes
        if c.action is Action.WITHDRAW and not c.wish and c.stored and counts(c.stored.span)
    ]
    if plan_is_empty and withdrawn:
        what = f"the plan is empty, but {target} holds {len(upcoming)} upcoming events"
    elif len(withdrawn) >= MASS_DELETE_AT_LEAST and 2 * len(withdrawn) > len(upcoming):
        what = f"{len(withdrawn)} of {len(upcoming)} upcoming events would be removed from {target}"
    else:
        return
    advice = advice or "If this is meant, run: calsync push --allow-mass-delete"
    raise RefusedToProtectData(f"{what}; nothing was changed. {advice}")
