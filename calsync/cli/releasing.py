"""What is held where its owner wants it, and how calsync gets it back.

Decides what can be released: wishes of the state folder, and what was moved or deleted in a calendar that
people can edit. Where it goes then is for the next plan.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from calsync.cli.gather import Setup, Target, load_targets
from calsync.errors import TargetUnavailable
from calsync.event import week_of_key
from calsync.state import Wishes
from calsync.sync.changes import Action, Change
from calsync.training import Week


@dataclass(frozen=True, slots=True)
class Held:
    """The keys that can be released, and those whose time has come. `targets` are the editable ones."""

    keys: frozenset[str]
    begun: frozenset[str]
    wishes: Wishes
    targets: tuple[Target, ...]


def held(setup: Setup, now: datetime) -> Held:
    wishes = setup.state.wishes()
    targets = load_targets(setup, only_editable=True)
    starts = {key: place.span.start for key, place in wishes.moves.items()}
    gone = set(wishes.skips)
    oldest = Week.of(now.date()).plus(-1)
    for target in targets:
        events = target.contents.events
        starts |= {event.key: event.span.start for event in events if event.was_moved and not event.is_held}
        # Calendars remember for weeks what was deleted; what is over needs no place any more.
        gone |= {key for key in target.contents.deleted if week_of_key(key) >= oldest}
    begun = frozenset(key for key, start in starts.items() if start <= now)
    return Held(frozenset(starts.keys() | gone) - begun, begun, wishes, targets)


def let_go(setup: Setup, held: Held, keys: frozenset[str], now: datetime) -> None:
    """Release `keys`, in the calendars first: a wish that is left can be released again.

    Raises AuthorisationNeeded or Unavailable.
    """
    for target in held.targets:
        stored = {event.key: event for event in target.contents.events}
        moved = {key for key, event in stored.items() if event.was_moved and not event.is_held}
        changes = [
            Change(Action.RELEASE, key, stored=stored.get(key))
            for key in sorted(keys & (moved | target.contents.deleted))
        ]
        if not changes:
            continue
        applied = target.calendar.apply(changes, now)
        if applied.failures:
            raise applied.failures[0]
        if applied.look_again:
            message = "the calendar has just been changed; release it again"
            raise TargetUnavailable(f"{target.settings.name}: {message}")
    moves = {key: place for key, place in held.wishes.moves.items() if key not in keys}
    setup.state.save_wishes(replace(held.wishes, moves=moves, skips=held.wishes.skips - keys), now)
