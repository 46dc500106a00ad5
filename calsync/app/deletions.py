"""Sessions that were deleted in a calendar whose target says `on_delete = "another-time"`.

Each gets the next best time of its week, as if its runner had chosen that with `calsync move`: so it stays
there, and does not come back to where it was deleted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from calsync.app.gather import Gathered, Target
from calsync.app.setup import Setup
from calsync.config.settings import IcsTarget
from calsync.event import Action, Change, Published, is_strength, week_of_key
from calsync.timespan import Timespan
from calsync.training import Week

if TYPE_CHECKING:
    from calsync.planning.plan import Plan


def another_time(gathered: Gathered, now: datetime) -> dict[str, Published]:
    """Where each session goes that was deleted since the last push, by key; it reads and writes nothing.

    A session stays deleted if it was skipped as well, or is done, if its time was over, or if it could be
    nowhere else.
    """
    deleted = dict(_deleted(gathered, now))
    if not deleted:
        return {}
    # Imported here, as hardly any push needs it.
    from calsync.planning.plan import plan_of

    given, standing = gathered.plan.problem.given, gathered.plan.problem.given.standing
    published = {key: one for key, one in standing.published.items() if key not in deleted}
    skipped, put_back = standing.skipped - deleted.keys(), standing.put_back - deleted.keys()
    found: dict[str, Published] = {}
    # One after the other, as each has to keep its distance from where those before it go.
    for key in sorted(deleted, key=lambda key: (deleted[key], key)):
        now_there = {**published, **found}
        stands = replace(standing, published=now_there, skipped=skipped, put_back=put_back)
        plan = plan_of(replace(given, standing=stands))
        if place := _elsewhere(plan, key, deleted[key]):
            found[key] = place
    return found


def _elsewhere(plan: "Plan", key: str, before: Timespan) -> Published | None:
    """The best place of that session on another day or hours away; else one that is at another time at all.

    None if there is none, or only one that would cost another session its place.
    """
    from calsync.planning.what_if import Explainer, are_apart

    explainer = Explainer(plan)
    session = next((one for one in plan.sessions if one.key == key and one.place), None)
    if session is None or session.wanted is None or session.wanted.class_at:
        return None
    best = explainer.best(session.week, session.wanted, len(session.week.week.days))
    others = (*(one for one, _ in explainer.choices(session)), *best)
    places = [place for place in (session.place, *(one.place for one in others if not one.unplaced)) if place]
    apart = (place for place in places if are_apart(place.span, before))
    new = next(apart, None) or next((place for place in places if not place.span.overlaps(before)), None)
    if new is None:
        return None
    return Published(new.span, pinned=True, load=new.load, routine=session.routine or None)


def _deleted(gathered: Gathered, now: datetime) -> Iterator[tuple[str, Timespan]]:
    """The sessions, and where they were: as their calendar shows, or else as the others do."""
    left = gathered.setup.state.wishes().skips | gathered.standing.done
    published = gathered.standing.published
    for target in _with_another_time(gathered):
        for key in sorted(target.contents.deleted - left):
            before = target.contents.deleted_at.get(key)
            if before is None and key in published:
                before = published[key].span
            is_ours = is_strength(key) and week_of_key(key) >= Week.of(now.date()).plus(-1)
            if is_ours and before is not None and before.start > now:
                yield key, before


def _with_another_time(gathered: Gathered) -> list[Target]:
    return [
        target
        for target in gathered.targets
        if not isinstance(target.settings, IcsTarget) and target.settings.on_delete == "another-time"
    ]


def carry_out(setup: Setup, gathered: Gathered, places: Mapping[str, Published], now: datetime) -> None:
    """Keep the places, and let go of the deletions. Whoever calls it holds the lock, and gathers again.

    The places first: a deletion that was let go of without them would bring the session back where it was.
    Raises AuthorisationNeeded or Unavailable.
    """
    wishes = setup.state.wishes()
    setup.state.save_wishes(replace(wishes, moves={**wishes.moves, **places}), now)
    for target in gathered.targets:
        changes = [Change(Action.RELEASE, key) for key in sorted(target.contents.deleted & places.keys())]
        target.release(changes, now, "the next push tries again")
