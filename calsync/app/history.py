"""What became of the last weeks: what was planned, done, skipped and moved, and how it felt.

Calendars forget what was weeks ago, and some never hold the runs; so each push keeps what the week of its day
has, as keys. What is done, and the check-ins, have documents of their own.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from calsync.app.gather import Gathered, load_targets, what_stands
from calsync.app.setup import Setup
from calsync.event import Mark, Standing, is_strength, week_of_key
from calsync.files import Json
from calsync.state import WEEKS_OF_MARKS, State
from calsync.training import CheckIn, Week
from calsync.web.week import WeekCount

WEEKS_SHOWN = 12


class WeekRecord(msgspec.Struct, frozen=True):
    """What a week had when the last push was in it, as keys. `done` are those of which a platform says so."""

    planned: list[str] = []
    skipped: list[str] = []
    moved: list[str] = []
    done: list[str] = []


_WEEKS = Json("weeks.json", dict[str, WeekRecord])


def _records(state: State) -> dict[Week, WeekRecord]:
    """Of the weeks in which there was a push; nothing if that can't be told."""
    try:
        return {Week.parse(week): record for week, record in (_WEEKS.recall(state.store) or {}).items()}
    except ValueError:
        return {}


def remember_week(gathered: Gathered) -> None:
    """Keep what the week of now has, after a push. Costs nothing if it is known, or can't be written."""
    plan, standing = gathered.plan, gathered.standing
    first = plan.weeks[0]
    if first.week != Week.of(plan.now.astimezone(plan.zone).date()):
        return  # the plan begins later
    keys = [*(one.key for one in (*first.runs, *first.cross)), *(one.key for one in first.strength)]
    planned = {key for key in keys if not _is_booked(key)}
    planned = {key for key in planned | {*first.skipped} if week_of_key(key) == first.week}
    pinned = {key for key in planned if key in standing.published and standing.published[key].pinned}
    by_platform = {key for key in planned & plan.problem.done if key not in standing.done}
    record = WeekRecord(sorted(planned), sorted(first.skipped), sorted(pinned), sorted(by_platform))
    state = gathered.setup.state
    known = _records(state)
    if known.get(first.week) != record:
        oldest = first.week.plus(-WEEKS_OF_MARKS)
        kept = {**known, first.week: record}
        _WEEKS.remember(state.store, {str(week): kept[week] for week in sorted(kept) if week >= oldest})


def _is_booked(key: str) -> bool:
    """Whether a session is in a busy calendar, and not calsync's."""
    return key.rpartition("/")[2].startswith("calendar-")


def history(setup: Setup, now: datetime, weeks: int = WEEKS_SHOWN) -> tuple[WeekCount, ...]:
    """The last weeks, the current one included, the earliest first; asks no busy calendar.

    Raises AuthorisationNeeded, Unavailable or RefusedToProtectData.
    """
    this = Week.of(now.astimezone(setup.config.zone).date())
    return last_weeks(what_stands(setup, load_targets(setup).targets, now), setup.state, this, weeks)


def last_weeks(
    standing: Standing, state: State, this: Week, weeks: int = WEEKS_SHOWN
) -> tuple[WeekCount, ...]:
    """The same for somebody who has read the calendars already."""
    records, marks, checkins = _records(state), state.marks(), state.checkins()
    return tuple(
        _count(week, records.get(week), standing, marks, checkins, is_now=week == this)
        for week in map(this.plus, range(1 - weeks, 1))
    )


def _count(
    week: Week,
    record: WeekRecord | None,
    standing: Standing,
    marks: Mapping[str, Mark],
    checkins: Collection[CheckIn],
    *,
    is_now: bool,
) -> WeekCount:
    # Where no push has kept the week, the calendars may still have it.
    there = {key: one.pinned for key, one in standing.published.items() if week_of_key(key) == week}
    skipped = {key for key in standing.skipped if week_of_key(key) == week}
    moved = {key for key, pinned in there.items() if pinned}
    planned, by_platform = {*there}, set[str]()
    if record is not None:
        planned, by_platform = {*record.planned}, {*record.done}
        if not is_now:
            skipped, moved = {*record.skipped}, {*record.moved}
    # What was said since the last push.
    done = {key for key in standing.done if week_of_key(key) == week}
    done |= {key for key in by_platform if key not in marks}
    planned |= skipped | done
    days = {*week.days}
    said = [checkin for checkin in checkins if checkin.day in days]
    return WeekCount(
        week=week,
        runs=sum(not is_strength(key) for key in planned),
        runs_done=sum(not is_strength(key) for key in done),
        strength=sum(map(is_strength, planned)),
        strength_done=sum(map(is_strength, done)),
        skipped=len(skipped),
        moved=len(moved & planned),
        signs=max(said, key=lambda checkin: checkin.day).signs if said else None,
    )
