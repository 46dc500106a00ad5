"""Sessions that were deleted in a calendar whose target says `on_delete = "another-time"`.

Each gets the next best time of its week, as if its runner had chosen that with `calsync move`: so it stays
there, and does not come back to where it was deleted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from calsync.app.gather import Gathered, Target
from calsync.app.setup import Setup
from calsync.config.settings import IcsTarget
from calsync.errors import TargetUnavailable
from calsync.event import Action, Change, Published, is_strength, week_of_key
from calsync.timespan import Timespan
from calsync.training import Week


def another_time(gathered: Gathered, now: datetime) -> dict[str, Published]:
    """Where each session goes that was deleted since the last push, by key; it reads and writes nothing.

    A session stays deleted if it was skipped as well, if its time was over, or if it could be nowhere else.
    """
    deleted = dict(_deleted(gathered, now))
    if not deleted:
        return {}
    # Imported here, as hardly any push needs it.
    from calsync.planning.plan import plan_of
    from calsync.planning.what_if import Explainer

    given = gathered.plan.problem.given
    published = {key: one for key, one in given.standing.published.items() if key not in deleted}
    skipped = given.standing.skipped - deleted.keys()
    standing = replace(given.standing, published=published, skipped=skipped)
    plan = plan_of(replace(given, standing=standing))
    explainer = Explainer(plan)
    found = {}
    for week in plan.weeks:
        for wanted in week.wanted.sessions:
            if wanted.key not in deleted or wanted.class_at:
                continue
            best = plan.placement.chosen.get(wanted.key)
            others = (one.place for one in explainer.best(week.wanted, wanted, len(week.week.days)))
            places = (place for place in (best, *others) if place)
            before = deleted[wanted.key]
            new = next((place for place in places if not place.span.overlaps(before)), None)
            if new:
                found[wanted.key] = Published(
                    new.span, pinned=True, load=new.load, routine=wanted.routine or None
                )
    return found


def _deleted(gathered: Gathered, now: datetime) -> Iterator[tuple[str, Timespan]]:
    """The sessions, and where they were: as their calendar shows, or else as the others do."""
    skips = gathered.setup.state.wishes().skips
    published = gathered.standing.published
    for target in _with_another_time(gathered):
        for key in sorted(target.contents.deleted - skips):
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
        if not changes:
            continue
        applied = target.loaded.apply(changes, now)
        if applied.failures:
            raise applied.failures[0]
        if applied.look_again:
            message = "the calendar was changed just now; the next push tries again"
            raise TargetUnavailable(f"{target.settings.name}: {message}")
