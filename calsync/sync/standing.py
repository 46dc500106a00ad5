"""From what the calendars hold and what the owner said to what a new plan must respect.

Decides whose word counts when several calendars hold the same key. Knows nothing of files or services.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from calsync.event import BUSY, Contents, Published, Standing, StoredEvent
from calsync.timespan import Timespan


def standing(
    calendars: Iterable[Contents],
    moves: Mapping[str, Published],
    skips: frozenset[str],
    stood: Mapping[str, Timespan] | None = None,
) -> Standing:
    """What stands, by key. `calendars` in the order in which they are believed.

    A place that the owner chose comes before one that calsync chose; apart from that the first calendar wins.
    `moves` and `skips` are what the owner said with `calsync move` and `calsync skip`: they come before all
    but an event that was moved by hand since. It is one if calsync had already brought it where the move
    said, or if it is no longer where it `stood` when that was said.
    A detail that one calendar can't say (its titles are "Busy") is taken from the next that can.
    """
    published: dict[str, Published] = {}
    deleted: set[str] = set()
    outdated = set()
    for contents in calendars:
        deleted |= contents.deleted
        for stored in contents.events:
            said = _published(stored)
            if stored.key in moves and stored.was_moved:
                place = (stood or {}).get(stored.key, stored.span)
                if stored.written == moves[stored.key].span or stored.span != place:
                    outdated.add(stored.key)
            known = published.get(stored.key)
            if known is None or (said.pinned and not known.pinned):
                published[stored.key] = said if known is None else _completed(said, known)
            else:
                published[stored.key] = _completed(known, said)
    for key, move in moves.items():
        known = published.get(key)
        if key not in outdated:
            published[key] = move if known is None else _completed(move, known)
    return Standing(published, skips | deleted)


def _published(stored: StoredEvent) -> Published:
    event = stored.event
    return Published(
        stored.span,
        stored.was_moved,
        event.summary,
        event.description,
        event.kind,
        event.load,
        event.routine,
    )


def _completed(first: Published, other: Published) -> Published:
    says_what = first.title not in ("", BUSY)
    return replace(
        first,
        title=first.title if says_what else other.title,
        description=first.description if says_what else other.description,
        kind=first.kind or other.kind,
        load=first.load or other.load,
        routine=first.routine or other.routine,
    )
