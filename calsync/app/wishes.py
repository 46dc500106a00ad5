"""What a runner says of runs and sessions: leave it out, move it, let it go; it is done, or was missed.

Only what the plan or a calendar has can be named. What has begun can't be left out any more, but it can be
moved to a time that is still to come, as one makes up for what one missed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync import waits
from calsync.app.gather import Gathered, Others, Target, gather_plan, load_targets
from calsync.app.setup import Setup
from calsync.app.training_feed import read_training
from calsync.errors import CalsyncError, SourceUnavailable, UsageError
from calsync.event import (
    BUSY,
    Action,
    Change,
    Mark,
    Published,
    StoredEvent,
    Wishes,
    in_words,
    is_strength,
    week_of_key,
)
from calsync.planning.descriptions import routine_title, run_title, session_title
from calsync.planning.plan import PlannedRun, PlannedSession
from calsync.planning.rules import Rule
from calsync.planning.week import WantedRun, WantedSession, wanted_week
from calsync.program import Routine
from calsync.spoken import Item, Items, day_of_key
from calsync.sync import done_by
from calsync.timespan import Timespan
from calsync.training import Kind, Week
from calsync.words import did_you_mean, kind_name, noun, week_name

# For so many weeks what was done can still be marked: those that `calsync history` shows.
WEEKS_TO_MARK = 12


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that can be named: what the weeks want, and what the calendars hold.

    `moves` is where the runner put things with `calsync move`, `moved_from` where they were before; `deleted`
    are those that the runner deleted in a calendar, and the target's name; `done` what they said is done.
    `gathered` has the plan, unless it was not asked for or could not be made: then `trouble` says why.
    """

    wanted: Mapping[str, WantedRun | WantedSession]
    stored: Mapping[str, StoredEvent]
    deleted: Mapping[str, str]
    skipped: frozenset[str]
    moves: Mapping[str, Published]
    moved_from: Mapping[str, Timespan]
    done: frozenset[str] = frozenset()
    gathered: Gathered | None = None
    trouble: str = ""

    def key(self, text: str) -> str:
        """The key that `text` is but for upper and lower case; `text` itself if there is none."""
        return next((key for key in (*self.wanted, *self.stored) if key.lower() == text.lower()), text)

    def check(self, keys: Sequence[str], now: datetime, zone: ZoneInfo, *, begun: bool = False) -> None:
        """Raises UsageError for a key that is unknown, done, or was made to repeat by the runner.

        Also for one that has begun, unless `begun`.
        """
        self._check_known(keys)
        for key in keys:
            if key in self.done:
                undo = f"calsync done --undo {key}"
                raise UsageError(f"you marked {key} as done; if it isn't, run `{undo}` first")
        for key in keys:
            stored, wanted = self.stored.get(key), self.wanted.get(key)
            is_over = isinstance(wanted, WantedRun) and wanted.day < now.astimezone(zone).date()
            if not begun and (stored.span.start <= now if stored else is_over):
                raise _begun(key)
        for key in keys:
            if (stored := self.stored.get(key)) and stored.is_held:
                raise UsageError(f"you made {key} repeat in its calendar: change it there")

    def _check_known(self, keys: Sequence[str]) -> None:
        known = sorted({*self.wanted, *self.stored})
        for key in keys:
            if key not in known:
                hint = did_you_mean(key, known).replace(key.lower(), key)
                examples = ", ".join(known[:4]) if known else "none"
                raise UsageError(
                    f"there is no run or session {key!r} in the plan{hint or f' (keys are like {examples})'}"
                )

    def check_may_be_done(self, keys: Sequence[str], items: Items) -> None:
        """Raises UsageError for what can't be done yet, is skipped, or was too long ago."""
        self._check_known(keys)
        may_be = {item.key for item in self.may_be_done(items).items} | self.done
        for key in keys:
            item = items.exactly(key)
            if key in may_be or item is None:
                continue
            if key in self.skipped or key in self.deleted:
                raise UsageError(f"you skipped {key}; if you did it after all, `calsync release {key}` first")
            if item.day is not None and item.day <= items.today:
                raise UsageError(f"{key} is more than {WEEKS_TO_MARK} weeks ago")
            if item.day is None:
                raise UsageError(f"{in_words(key)} has no place in the plan, so it can't be marked as done")
            what = item.text(items.zone)
            raise UsageError(f"{what}, is still to come: it can be marked as done from that day on")

    def check_done(self, keys: Sequence[str]) -> None:
        """Raises UsageError for what is not marked as done."""
        self._check_known(keys)
        for key in keys:
            if key not in self.done:
                raise UsageError(f"{key} is not marked as done")

    def check_missed(self, keys: Sequence[str], items: Items) -> None:
        """Raises UsageError for what can't be placed again."""
        self._check_known(keys)
        may_be = {item.key for item in self.may_be_missed(items).items}
        for key in keys:
            item, stored = items.exactly(key), self.stored.get(key)
            if key in may_be or item is None:
                continue
            if not is_strength(key):
                move = f"calsync move {items.names[key]}"
                raise UsageError(f"calsync places no runs: choose another time, such as `{move} 18:00`")
            if key in self.skipped or key in self.deleted:
                raise UsageError(f"you skipped {key}; `calsync release {key}` places it again")
            if stored and stored.is_held:
                raise UsageError(f"you made {key} repeat in its calendar: change it there")
            if item.span is None or item.span.start > items.now:
                raise UsageError(f"{item.text(items.zone)}, hasn't started yet: skip it, or move it")
            raise UsageError(
                f"{in_words(key)} was in a week that is over; what is missed is never added to the next"
            )

    def may_be_missed(self, items: Items) -> Items:
        """Sessions of this week that have begun."""
        this = Week.of(items.today)
        return items.only(
            {
                item.key
                for item in items.items
                if is_strength(item.key)
                and week_of_key(item.key) == this
                and item.span
                and item.span.start <= items.now
                and (stored := self.stored.get(item.key))
                and not stored.is_held
                and item.key not in self.skipped | self.deleted.keys()
            }
        )

    def may_be_done(self, items: Items) -> Items:
        """What can be marked as done: it has begun, or is today's, and is not marked already."""
        oldest = Week.of(items.today).plus(-WEEKS_TO_MARK)
        # What was missed, and no calendar has elsewhere yet, may have been done after all.
        was_missed = self.gathered.standing.is_missed if self.gathered else lambda _: False
        return items.only(
            {
                item.key
                for item in items.items
                if item.day is not None
                and (item.day <= items.today or was_missed(item.key))
                and item.week >= oldest
                and item.key not in self.skipped | self.deleted.keys() | self.done
            }
        )

    def check_not_deleted(self, key: str) -> None:
        """Raises UsageError: what was deleted can't be moved before it is released."""
        if key in self.deleted:
            where = self.deleted[key]
            raise UsageError(f"you deleted {key} in the calendar {where}; run `calsync release {key}` first")

    def items(self, setup: Setup, now: datetime) -> Items:
        """All of it, as it can be named; also what is skipped."""
        zone = setup.config.zone
        items = nameable(self.gathered) if self.gathered else _items({}, self, setup.routines, now, zone)
        return Items(tuple(self._with_day_before(item, zone) for item in items.items), now, zone)

    def planned(self, key: str) -> Timespan | None:
        """Where the plan has it."""
        plan = self.gathered.plan if self.gathered else None
        things: tuple[PlannedRun | PlannedSession, ...] = ()
        if plan:
            things = (*plan.runs, *plan.cross, *plan.sessions)
        return next((one.span for one in things if one.key == key), None)

    def _with_day_before(self, item: Item, zone: ZoneInfo) -> Item:
        """Runs say in their key what their day is; of a session it is known where it was."""
        stored, before = self.stored.get(item.key), self.moved_from.get(item.key)
        if stored and stored.was_moved and before is None:
            before = stored.written
        was_on = before.start.astimezone(zone).date() if before else day_of_key(item.key)
        return replace(item, was_on=was_on) if was_on != item.day else item

    def wanted_now(self, items: Items) -> Items:
        """What is not skipped."""
        return items.only({item.key for item in items.items} - self.skipped)


def nameable(gathered: Gathered) -> Items:
    """All that can be named, each where the plan has it."""
    plan, routines = gathered.plan, gathered.routines
    planned: dict[str, Item] = {}
    for one in (*plan.runs, *plan.cross):
        kind = one.run.kind
        planned[one.key] = Item(
            one.key, noun(kind), run_title(one), one.run.day, one.span, (kind_name(kind), str(kind))
        )
    for session in (one for one in plan.sessions if not one.calendar):
        title = session_title(session, routines).removeprefix("Strength: ")
        planned[session.key] = Item(
            session.key, "strength", title, session.day, session.span, tuple(filter(None, (session.routine,)))
        )
    weeks = [week.wanted for week in plan.weeks]
    wanted: dict[str, WantedRun | WantedSession] = {}
    for week in weeks:
        wanted |= {run.key: run for run in week.training}
        wanted |= {one.key: one for one in week.sessions}
    known = _known(wanted, gathered.targets, gathered.standing.skipped, Wishes(), {})
    return _items(planned, known, routines, plan.now, plan.zone)


def _items(
    planned: Mapping[str, Item],
    known: Known,
    routines: Mapping[str, Routine],
    now: datetime,
    zone: ZoneInfo,
) -> Items:
    found = dict(planned)
    for key, stored in known.stored.items():
        what = "strength" if is_strength(key) else "run"
        title = stored.event.summary.removeprefix("Strength: ").replace(BUSY, "")
        also = tuple(filter(None, (stored.event.routine, stored.event.kind)))
        span = known.moves[key].span if key in known.moves else stored.span
        day = span.start.astimezone(zone).date()
        found.setdefault(key, Item(key, what, title, day, span, also))
    for key, wanted in known.wanted.items():
        moved = known.moves[key].span if key in known.moves else None
        its_day = moved.start.astimezone(zone).date() if moved else None
        if isinstance(wanted, WantedRun):
            title = wanted.run.title or kind_name(wanted.kind).capitalize()
            item = Item(
                key, noun(wanted.kind), title, its_day or wanted.day, moved, (kind_name(wanted.kind),)
            )
        else:
            title = wanted.title or routine_title(wanted.routine, routines)
            item = Item(key, "strength", title, its_day, moved, tuple(filter(None, (wanted.routine,))))
        found.setdefault(key, item)
    for key in known.skipped:
        found.setdefault(key, Item(key, "strength" if is_strength(key) else "run", "", day_of_key(key)))
    return Items(tuple(found.values()), now, zone)


def _begun(key: str) -> UsageError:
    return UsageError(f"{key} has already started, so it stays as it is")


def known_keys(setup: Setup, now: datetime) -> Known:
    """What can be named, without making a plan: no busy calendar is asked."""
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
    wishes = setup.state.wishes()
    return _known(wanted, load_targets(setup).targets, wishes.skips, wishes, setup.state.marks())


def planned_keys(setup: Setup, now: datetime, others: Others | None = None) -> Known:
    """What can be named, with its plan; without one if a calendar that it needs can't be read.

    `others` is what other calendars have just said, if they have been asked.
    """
    try:
        gathered = gather_plan(setup, now, others)
    except SourceUnavailable as problem:
        return replace(known_keys(setup, now), trouble=str(problem))
    wanted: dict[str, WantedRun | WantedSession] = {}
    for week in gathered.plan.weeks:
        wanted |= {run.key: run for run in week.wanted.training}
        wanted |= {session.key: session for session in week.wanted.sessions}
    wishes = replace(setup.state.wishes(), moves={})
    known = _known(wanted, gathered.targets, gathered.standing.skipped, wishes, setup.state.marks())
    return replace(known, gathered=gathered)


def _known(
    wanted: Mapping[str, WantedRun | WantedSession],
    targets: Sequence[Target],
    skipped: frozenset[str],
    wishes: Wishes,
    marks: Mapping[str, Mark],
) -> Known:
    stored: dict[str, StoredEvent] = {}
    deleted: dict[str, str] = {}
    for target in sorted(targets, key=lambda target: not target.is_editable):
        for event in target.contents.events:
            stored.setdefault(event.key, event)
        deleted |= dict.fromkeys(target.contents.deleted, target.settings.name)
    done = done_by((target.contents for target in targets), marks)
    return Known(wanted, stored, deleted, skipped, wishes.moves, wishes.moved_from, done)


def skip(setup: Setup, keys: Collection[str], now: datetime) -> None:
    """Raises UsageError for what would not be remembered, and Unavailable."""
    for key in keys:
        if week_of_key(key) < setup.state.oldest_week(now):
            # It is there because it was moved, far from its week.
            raise UsageError(f"the week of {key} is long over: delete it in its calendar, or release it")
    with setup.state.lock(waits.WISH):
        wishes = setup.state.wishes()
        skips, carried_out = wishes.skips | set(keys), wishes.carried_out - set(keys)
        put_back = {key: span for key, span in wishes.put_back.items() if key not in keys}
        said = replace(wishes, skips=skips, carried_out=carried_out, put_back=put_back)
        setup.state.save_wishes(said, now)


def mark(setup: Setup, known: Known, keys: Collection[str], now: datetime, *, done: bool = True) -> None:
    """Keep that `keys` are done, or that they are not after all. Raises Unavailable."""
    with setup.state.lock(waits.WISH):
        marks = setup.state.marks()
        for key in keys:
            stored = known.stored.get(key)
            marks[key] = Mark(done, now.astimezone(UTC), stored.span if stored else known.planned(key))
        wishes = setup.state.wishes()
        # What is done where it was missed is not missed.
        where = {key: known.stored[key].span for key in keys if key in known.stored}
        left = {key: span for key, span in wishes.missed.items() if not done or where.get(key) != span}
        if left != wishes.missed:
            setup.state.save_wishes(replace(wishes, missed=left), now)
        setup.state.save_marks(marks, now)


def missed(setup: Setup, known: Known, keys: Collection[str], now: datetime) -> None:
    """Let `keys` be placed again in what is left of their week. Raises Unavailable."""
    with setup.state.lock(waits.WISH):
        wishes, marks = setup.state.wishes(), setup.state.marks()
        # Taken back and missed once more before every calendar has it back, it is still where it was then.
        spans = {key: wishes.put_back.get(key, known.stored[key].span) for key in keys}
        moves = {
            key: place for key, place in wishes.moves.items() if key not in spans or place.span.start > now
        }
        put_back = {key: span for key, span in wishes.put_back.items() if key not in spans}
        changed = replace(wishes, moves=moves, missed={**wishes.missed, **spans}, put_back=put_back)
        if known.done & spans.keys():
            said = {key: Mark(False, now.astimezone(UTC), spans[key]) for key in known.done & spans.keys()}
            setup.state.save_marks({**marks, **said}, now)
        setup.state.save_wishes(changed, now)


def move(setup: Setup, known: Known, key: str, place: Published, now: datetime) -> None:
    """Put `key` where moved() says. Raises Unavailable."""
    with setup.state.lock(waits.WISH):
        wishes = setup.state.wishes()
        moves = {**wishes.moves, key: place}
        stored = known.stored.get(key)
        before = stored.span if stored else wishes.moved_from.get(key) or known.planned(key)
        moved_from = {**wishes.moved_from, **({key: before} if before else {})}
        put_back = {other: span for other, span in wishes.put_back.items() if other != key}
        if stored and stored.was_moved and stored.written == place.span:
            # Back to where it was before it was dragged: else the drag would look newer than the move.
            put_back[key] = place.span
        skips = wishes.skips - {key}
        said = replace(wishes, moves=moves, skips=skips, moved_from=moved_from, put_back=put_back)
        setup.state.save_wishes(said, now)


def moved(known: Known, key: str, start: datetime) -> Published:
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


def objections(known: Known, key: str, place: Published) -> list[str]:
    """What the training rules, other runs and busy time have against `key` at that place, in words.

    When strength may be is not looked at: whoever moves it knows when they have time.
    """
    if known.gathered is None:
        return [f"clashes were not checked: {known.trouble}"] if known.trouble else []
    from calsync.planning.causes import Causes

    plan = known.gathered.plan
    busy = {source.source: source.spans for source in known.gathered.sources}
    causes = Causes(plan, busy, {})
    if is_strength(key):
        found = causes.against_session(key, place.span, place.load) if place.load else ()
    else:
        found = causes.against_run(key, place.span)
    texts = [reason.text for reason in found if reason.rule is not Rule.AVAILABILITY]
    week = week_of_key(key)
    if Week.of(place.span.start.astimezone(plan.zone).date()) != week:
        texts.append(f"this takes it out of its week, {week_name(week)}")
    return texts


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys that can be released, and those whose time has come. `targets` are the editable ones."""

    keys: frozenset[str]
    begun: frozenset[str]
    wishes: Wishes
    targets: tuple[Target, ...]


def release(
    setup: Setup, keys: Collection[str], now: datetime, back: Mapping[str, Timespan] | None = None
) -> frozenset[str]:
    """Forget the wishes about `keys`, or all of them if there are none; returns the keys.

    They are placed again, but for those that go `back` where they were, by key.

    Raises UsageError for a key that can't be released, AuthorisationNeeded or Unavailable.
    """
    with setup.state.lock(waits.WISH):
        held = _held(setup, now)
        for key in keys:
            if key in held.begun:
                raise _begun(key)
            if key not in held.keys:
                hint = did_you_mean(key, held.keys)
                hint = hint or f"; those are: {', '.join(sorted(held.keys)) or 'none'}"
                raise UsageError(f"{key!r} is neither moved nor skipped{hint}")
        released = frozenset(keys) or held.keys
        _let_go(setup, held, released, now, back or {})
    return released


def places(
    setup: Setup, keys: Collection[str], now: datetime, others: Others | None = None
) -> dict[str, Timespan]:
    """Where the next push has each of `keys`; empty if that can't be told, as a calendar is out of reach.

    `others` is what other calendars have just said, if they have been asked.
    """
    try:
        plan = gather_plan(setup, now, others).plan
    except CalsyncError:
        return {}
    places = {run.key: run.span for run in (*plan.runs, *plan.cross)}
    places |= {session.key: session.span for session in plan.sessions}
    return {key: places[key] for key in keys if key in places}


def held_keys(setup: Setup, now: datetime) -> frozenset[str]:
    """What can be released. Raises AuthorisationNeeded or Unavailable."""
    return _held(setup, now).keys


def _held(setup: Setup, now: datetime) -> _Held:
    wishes = setup.state.wishes()
    everywhere = load_targets(setup, only_editable=not wishes.missed).targets
    targets = tuple(target for target in everywhere if target.is_editable)
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
    # Of what was missed and placed again nothing can be taken back once its new time has come.
    over = {
        event.key
        for target in everywhere
        for event in target.contents.events
        if event.span.start <= now and event.span != wishes.missed.get(event.key)
    }
    missed = {key for key in wishes.missed.keys() - over if week_of_key(key) >= oldest}
    begun = frozenset(key for key, start in starts.items() if start <= now) - missed
    return _Held(frozenset(starts.keys() | gone | missed) - begun, begun, wishes, targets)


def _changed_there(target: Target) -> dict[str, StoredEvent | None]:
    """By key, what the runner moved or brought back in a calendar, and None for what they deleted there."""
    events = target.contents.events
    moved = {event.key: event for event in events if event.is_pinned and not event.is_held}
    return {**dict.fromkeys(target.contents.deleted), **moved}


def _let_go(
    setup: Setup, held: _Held, keys: frozenset[str], now: datetime, back: Mapping[str, Timespan]
) -> None:
    """Release `keys`, in the calendars first: if that fails, the wishes are still there to release again.

    Raises AuthorisationNeeded or Unavailable.
    """
    for target in held.targets:
        changed = _changed_there(target)
        changes = [Change(Action.RELEASE, key, stored=changed[key]) for key in sorted(keys & changed.keys())]
        target.release(changes, now, "try again")
    moves = {key: place for key, place in held.wishes.moves.items() if key not in keys}
    skips, released = held.wishes.skips - keys, held.wishes.released | keys
    missed = {key: span for key, span in held.wishes.missed.items() if key not in keys}
    # What was missed goes back, too: where the next push leaves it if no calendar has it anywhere else.
    was_missed = {key: span for key, span in held.wishes.missed.items() if key in keys}
    put_back = {**held.wishes.put_back, **was_missed, **back}
    left = replace(held.wishes, moves=moves, skips=skips, released=released, missed=missed, put_back=put_back)
    setup.state.save_wishes(left, now)
