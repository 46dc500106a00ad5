"""What has become different since a calendar was last written, for the causes of a push's changes.

Decides what counts as the state before, and how cause and place become one sentence. What a cause is, is
planning's to say.
"""

from collections.abc import Sequence
from dataclasses import replace

from calsync.cli.gather import Gathered, Target
from calsync.event import Event
from calsync.sync.changes import Action, Change


def with_causes(gathered: Gathered, target: Target, changes: Sequence[Change]) -> tuple[Change, ...]:
    """`changes`, saying also why no longer as before.

    Looked for only where something is written, and not in a calendar that is filled for the first time. What
    the owner asked for needs no other cause.
    """
    if not target.contents.events or not any(change.writes and not change.wish for change in changes):
        return tuple(changes)
    # Imported here, so that a push that changes nothing starts as fast as it did.
    from calsync.planning.cause import Causes

    busy = {source.source: source.spans for source in gathered.sources}
    causes = Causes(gathered.plan, busy, _before(gathered, target))
    zone_before, zone = gathered.setup.state.last_zone(), gathered.plan.zone.key

    def cause(change: Change) -> str:
        if zone_before not in ("", zone) and change.before != change.after:
            # Everything moves then, and whatever else may be so is not why.
            return f"the plan's times are those of {zone} now, not of {zone_before}"
        return causes.of(change.key, change.before, change.after)

    return tuple(
        replace(change, reason=_reason(change, cause(change)))
        if change.writes and not change.wish
        else change
        for change in changes
    )


def _before(gathered: Gathered, target: Target) -> dict[str, Event]:
    """What stood where, by key: in `target`, or if that doesn't take it, in another calendar.

    Without what its owner moved there by hand: when they did so, nobody knows.
    """
    was: dict[str, Event] = {}
    for one in (target, *(other for other in gathered.targets if other is not target)):
        for stored in one.contents.events:
            if not stored.was_moved:
                event = stored.event
                known = was.get(event.key, event)
                # A calendar that shows only "Busy" can't say what a run is.
                was[event.key] = replace(known, kind=known.kind or event.kind, load=known.load or event.load)
    return was


def _reason(change: Change, cause: str) -> str:
    if not cause:
        return change.reason
    if change.action is Action.WITHDRAW:
        return f"{change.reason}: {cause}"
    if change.action is Action.INSERT:
        return "; ".join(filter(None, (f"has a place now: {cause}", change.reason)))
    # One reason for the new place is enough beside the one against the old.
    here = next((part for part in change.reason.split("; ") if part not in cause), "")
    if not here:
        return cause
    # "5 h after the run" and "on an easy day" speak of the new place.
    return f"{cause}; now {here}" if here[0].isdigit() or here.startswith("on ") else f"{cause}; {here}"
