"""From what the calendars hold and what the owner said to what a new plan must respect.

Decides whose word counts when several calendars hold the same key. Knows nothing of files or services.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from calsync.event import BUSY, Published, Standing, StoredEvent


def standing(
    calendars: Iterable[Sequence[StoredEvent]],
    moves: Mapping[str, Published],
    skips: frozenset[str],
) -> Standing:
    """What stands, by key. `calendars` in the order in which they are believed, the first wins.

    `moves` and `skips` are what the owner said with `calsync move` and `calsync skip`; they come before all.
    A detail that one calendar can't say (its titles are "Busy") is taken from the next that can.
    """
    published: dict[str, Published] = {}
    for events in calendars:
        for stored in events:
            said = _published(stored)
            known = published.get(stored.key)
            published[stored.key] = said if known is None else _completed(known, said)
    for key, move in moves.items():
        known = published.get(key)
        published[key] = move if known is None else _completed(move, known)
    return Standing(published, skips)


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
