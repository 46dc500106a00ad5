"""What a runner wants done with single runs and sessions: leave it out, move it, let it go again.

Only keys that exist can be named, and only as long as their time hasn't come.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from calsync import waits
from calsync.app.gather import Target, load_targets, what_stands
from calsync.app.setup import Setup
from calsync.app.training_feed import Training, read_training
from calsync.errors import TargetUnavailable, UsageError
from calsync.event import Action, Change, Published, StoredEvent, Wishes, is_strength, week_of_key
from calsync.planning import wall, why
from calsync.planning.plan import Given, pose
from calsync.planning.rules import Rule
from calsync.planning.runs import of_run
from calsync.planning.week import WantedRun, WantedSession, wanted_week
from calsync.timespan import Timespan
from calsync.training import Kind, Week
from calsync.words import did_you_mean


@dataclass(frozen=True, slots=True)
class Known:
    """Every key that can be named: what the weeks want, and what the calendars hold.

    `deleted` are those that the runner deleted in a calendar, and the target's name. `training` is what the
    weeks follow beside their templates.
    """

    wanted: dict[str, WantedRun | WantedSession]
    stored: dict[str, StoredEvent]
    deleted: dict[str, str]
    training: Training

    def check(self, keys: Sequence[str], now: datetime, zone: ZoneInfo) -> None:
        """Raises UsageError for a key that is unknown, has begun, or was made to repeat by the runner."""
        known = sorted({*self.wanted, *self.stored})
        for key in keys:
            if key not in known:
                hint = did_you_mean(key, known).replace(key.lower(), key)
                examples = ", ".join(known[:4]) if known else "none"
                raise UsageError(
                    f"there is no run or session {key!r} in the plan{hint or f' (keys are like {examples})'}"
                )
        for key in keys:
            stored, wanted = self.stored.get(key), self.wanted.get(key)
            is_over = isinstance(wanted, WantedRun) and wanted.day < now.astimezone(zone).date()
            if stored.span.start <= now if stored else is_over:
                raise _begun(key)
        for key in keys:
            if (stored := self.stored.get(key)) and stored.is_held:
                raise UsageError(f"{key} was made to repeat in its calendar, and is yours: change it there")

    def check_not_deleted(self, key: str) -> None:
        """Raises UsageError: what was deleted can't be moved before it is released."""
        if key in self.deleted:
            where = self.deleted[key]
            raise UsageError(f"{key} was deleted in the calendar {where}; run `calsync release {key}` first")


def _begun(key: str) -> UsageError:
    return UsageError(f"{key} has already begun; the past is never changed")


def known_keys(setup: Setup, now: datetime) -> Known:
    program, zone = setup.config.program, setup.config.zone
    training = read_training(setup, now)
    weeks = [
        wanted_week(week, program, setup.templates, training.checkins, training.feed.get(week))
        for week in program.horizon_weeks(now.astimezone(zone).date())
    ]
    wanted: dict[str, WantedRun | WantedSession] = {}
    for week in weeks:
        wanted |= {run.key: run for run in week.training}
        wanted |= {session.key: session for session in week.sessions}
    stored: dict[str, StoredEvent] = {}
    deleted: dict[str, str] = {}
    for target in sorted(load_targets(setup), key=lambda target: not target.is_editable):
        for event in target.contents.events:
            stored.setdefault(event.key, event)
        deleted |= dict.fromkeys(target.contents.deleted, target.settings.name)
    return Known(wanted, stored, deleted, training)


def skip(setup: Setup, keys: Sequence[str], now: datetime) -> None:
    """Raises UsageError for what would not be remembered, and Unavailable."""
    for key in keys:
        if week_of_key(key) < setup.state.oldest_week(now):
            # It is there because it was moved, far from its week.
            raise UsageError(f"the week of {key} is long over: delete it in its calendar, or release it")
    with setup.state.lock(waits.WISH):
        wishes = setup.state.wishes()
        skips, carried_out = wishes.skips | set(keys), wishes.carried_out - set(keys)
        setup.state.save_wishes(replace(wishes, skips=skips, carried_out=carried_out), now)


def move(setup: Setup, known: Known, key: str, start: datetime, now: datetime) -> Published:
    """Put `key` at `start`. Raises Unavailable."""
    place = _moved(known, key, start)
    with setup.state.lock(waits.WISH):
        wishes = setup.state.wishes()
        moves = {**wishes.moves, key: place}
        stored = known.stored.get(key)
        moved_from = {**wishes.moved_from, key: stored.span} if stored else wishes.moved_from
        skips = wishes.skips - {key}
        setup.state.save_wishes(Wishes(moves, skips, moved_from, wishes.carried_out), now)
    return place


def _moved(known: Known, key: str, start: datetime) -> Published:
    """The run or session `key` at `start`: as long as it is on a calendar, or as the plan wants it."""
    stored, wanted = known.stored.get(key), known.wanted.get(key)
    if stored:
        length = stored.span.duration
    elif isinstance(wanted, WantedRun):
        length = timedelta(minutes=wanted.run.minutes)
    else:
        length = timedelta(minutes=wanted.minutes if wanted else 30)
    span = Timespan(start, start + length)
    # All that is needed to keep it on the calendar if one day the plan no longer asks for it.
    place = Published.of(stored.event, span, pinned=True) if stored else Published(span, pinned=True)
    if isinstance(wanted, WantedRun):
        kind = wanted.kind if isinstance(wanted.kind, Kind) else None
        return replace(place, title=place.title or wanted.run.title, kind=kind)
    if wanted:
        return replace(place, load=place.load or wanted.load, routine=wanted.routine)
    return place


def broken_rules(setup: Setup, known: Known, key: str, place: Published, now: datetime) -> list[str]:
    """What the training rules say of a session there. Busy time is not looked at: the runner knows it."""
    if not is_strength(key):
        return []
    standing = what_stands(setup, load_targets(setup))
    program, zone, training = setup.config.program, setup.config.zone, known.training
    given = Given(program, setup.templates, (), standing, now, zone, (), training.checkins, training.feed)
    problem = pose(given)
    days, span = problem.days, place.span
    start = wall.seconds(span.start)
    day = days.clock.day_of(start)
    week = next((week for week in problem.weeks if week.week == Week.of(day)), None)
    if week is None or place.load is None:
        return []
    texts = []
    minutes = span.minutes
    for ban in days.bans_at(week, day, start, minutes, place.load):
        if ban.rule not in (Rule.AVAILABILITY, Rule.BUSY):
            after = days.next_fresh_run(wall.seconds(span.end))
            text = f"the rule {ban.rule} is against it"
            if ban.rule is Rule.FRESH_LEGS and after:
                reason = why.hours_before(after.start - wall.seconds(span.end), of_run(after))
                text = f"only {reason.text} ({ban.rule})"
            texts.append(text)
    texts += [
        f"{why.too_near(given.min_days_apart(max(day, other.day)), other.key).text} ({Rule.PAIR})"
        for other in problem.fixed
        if other.key != key and given.are_too_near(day, other.day)
    ]
    if week_of_key(key) != week.week:
        texts.append(f"it leaves its week, {week_of_key(key)}")
    return texts


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys that can be released, and those whose time has come. `targets` are the editable ones."""

    keys: frozenset[str]
    begun: frozenset[str]
    wishes: Wishes
    targets: tuple[Target, ...]


def release(setup: Setup, keys: Collection[str], now: datetime) -> frozenset[str]:
    """Forget the wishes about `keys`, or all of them if there are none; returns the keys.

    Raises UsageError for a key that can't be released, AuthorisationNeeded or Unavailable.
    """
    with setup.state.lock(waits.WISH):
        held = _held(setup, now)
        for key in keys:
            if key in held.begun:
                raise _begun(key)
            if key not in held.keys:
                hint = did_you_mean(key, held.keys)
                hint = hint or f"; held are: {', '.join(sorted(held.keys)) or 'none'}"
                raise UsageError(f"{key!r} is neither moved nor skipped{hint}")
        released = frozenset(keys) or held.keys
        _let_go(setup, held, released, now)
    return released


def _held(setup: Setup, now: datetime) -> _Held:
    wishes = setup.state.wishes()
    targets = load_targets(setup, only_editable=True)
    starts = {key: place.span.start for key, place in wishes.moves.items()}
    gone = set(wishes.skips)
    oldest = Week.of(now.date()).plus(-1)
    for target in targets:
        for key, moved in _changed_there(target).items():
            if moved:
                starts[key] = moved.span.start
            elif week_of_key(key) >= oldest:
                # Calendars remember deleted events for weeks; what is over need not be placed any more.
                gone.add(key)
    begun = frozenset(key for key, start in starts.items() if start <= now)
    return _Held(frozenset(starts.keys() | gone) - begun, begun, wishes, targets)


def _changed_there(target: Target) -> dict[str, StoredEvent | None]:
    """By key, what the runner moved or brought back in a calendar, and None for what they deleted there."""
    events = target.contents.events
    moved = {event.key: event for event in events if event.is_pinned and not event.is_held}
    return {**dict.fromkeys(target.contents.deleted), **moved}


def _let_go(setup: Setup, held: _Held, keys: frozenset[str], now: datetime) -> None:
    """Release `keys`, in the calendars first: if that fails, the wishes are still there to release again.

    Raises AuthorisationNeeded or Unavailable.
    """
    for target in held.targets:
        changed = _changed_there(target)
        changes = [Change(Action.RELEASE, key, stored=changed[key]) for key in sorted(keys & changed.keys())]
        if not changes:
            continue
        applied = target.loaded.apply(changes, now)
        if applied.failures:
            raise applied.failures[0]
        if applied.look_again:
            message = "the calendar has just been changed; release it again"
            raise TargetUnavailable(f"{target.settings.name}: {message}")
    moves = {key: place for key, place in held.wishes.moves.items() if key not in keys}
    setup.state.save_wishes(replace(held.wishes, moves=moves, skips=held.wishes.skips - keys), now)
