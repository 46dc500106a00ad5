"""One round of a push: read and plan, compare with each target, write. And why a push changes something.

When a calendar has changed since it was read, there is another round. Output is the caller's job.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from calsync.app.deletions import another_time, carry_out
from calsync.app.gather import EMPTIED, UNFINISHED, Gathered, Others, Target, gather_plan, load_targets
from calsync.app.history import remember_week
from calsync.app.renaming import adopt, remember, take_over_state
from calsync.app.setup import Setup
from calsync.config.settings import IcsTarget
from calsync.errors import (
    CalsyncError,
    Locked,
    RefusedToProtectData,
    TargetUnavailable,
    UsageError,
)
from calsync.event import Action, Applied, Change, Event
from calsync.planning import why
from calsync.planning.descriptions import lasting_reasons
from calsync.state import FailedPush
from calsync.sync import diff, refuse_emptied, refuse_mass_delete
from calsync.travel import home_of, zone_at
from calsync.web.secret import Secret
from calsync.words import clock_was_wrong as clock_was_wrong_on


def with_causes(gathered: Gathered, target: Target, changes: Sequence[Change]) -> tuple[Change, ...]:
    """`changes`, each with the reason why it is not as it was before.

    Looked for only where something is written, and not in a calendar that is filled for the first time. What
    the runner asked for needs no other cause.
    """
    if not target.contents.events or not any(change.writes and not change.wish for change in changes):
        return tuple(changes)
    # Imported here, so that a push that changes nothing starts as fast as it did.
    from calsync.planning.causes import Causes

    busy = {source.source: source.spans for source in gathered.sources}
    causes = Causes(gathered.plan, busy, _before(gathered, target))
    zone_before, zone = gathered.setup.state.last_zone(), gathered.plan.zone.key
    released = gathered.setup.state.wishes().released

    def cause(change: Change) -> str:
        if change.key in released:
            return why.RELEASED
        if zone_before not in ("", zone) and change.before != change.after:
            # All times move then, and no other cause explains that.
            return f"time zone changed to {zone}"
        if there := _where_the_clock_is(change, gathered.plan.zone):
            return f"clock times are those of {there} on that day"
        return causes.of(change.key, change.before, change.after)

    return tuple(
        replace(change, reason=_reason(change, cause(change)))
        if change.writes and not change.wish and target.takes(change.key)
        else change
        for change in changes
    )


def _where_the_clock_is(change: Change, zone: ZoneInfo) -> str:
    """The zone of a trip that makes the same clock time another instant; "" if it is something else."""
    if not (change.before and change.after) or change.before.start == change.after.start:
        return ""
    home, there = home_of(zone), zone_at(zone, change.after.start)
    was, is_now = change.before.start.astimezone(home), change.after.start.astimezone(there)
    return there.key if was.replace(tzinfo=None) == is_now.replace(tzinfo=None) else ""


def _before(gathered: Gathered, target: Target) -> dict[str, Event]:
    """The events as they were, by key: those of `target`, and of other calendars what is missing there.

    Without what the runner moved there by hand: when they did so is not known.
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
    if change.action is Action.INSERT and cause != why.RELEASED:
        return "; ".join(filter(None, (f"fits in now: {cause}", change.reason)))
    # One reason for the new place is enough beside the one against the old.
    here = next((part for part in change.reason.split("; ") if part not in cause), "")
    if not here:
        return cause
    # "5 h after the run" and "on an easy day" speak of the new place.
    return f"{cause}; now {here}" if here[0].isdigit() else f"{cause}; {here}"


# Somebody is editing the calendar at this moment. After the third time it is left to the next push.
ROUNDS = 3

Decided = tuple[Target, tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: the changes of each target that could be written, and what went wrong."""

    gathered: Gathered
    changes: tuple[Decided, ...]
    failures: tuple[CalsyncError, ...]


def rounds(
    setup: Setup,
    now: datetime,
    only: Collection[str] | None,
    others: Others,
    *,
    allow_mass_delete: bool,
    dry_run: bool,
    clock_was_wrong: bool = False,
) -> Pushed:
    """Plan and write, again if a calendar changed meanwhile. `only` names the targets to be written.

    `clock_was_wrong` says that what lies beyond the plan was written by a clock that ran ahead, and may go.

    Whoever writes holds the lock, and has asked `others` before. Raises what gathering raises,
    RefusedToProtectData, and Unavailable.
    """
    before: dict[str, tuple[Change, ...]] = {}
    of_targets: tuple[tuple[str, str], ...] = ()
    page = _page(setup, writes=not dry_run)
    owed = frozenset() if dry_run else setup.state.acts().done_and_owed
    for number in range(1, ROUNDS + 1):
        gathered = gather_plan(setup, now, others)
        if not allow_mass_delete:
            for target in gathered.targets:
                refuse_emptied(target.contents, now=now, target=target.settings.name)
        if gathered.held:
            raise RefusedToProtectData(gathered.held[0].text(setup.config.name))
        # All changes are computed before anything is written: a refusal leaves every target as it is.
        decide = partial(
            _decided,
            only=only,
            now=now,
            page=page,
            allow_mass_delete=allow_mass_delete,
            clock_was_wrong=clock_was_wrong,
        )
        if places := another_time(gathered, now):
            would_be = gather_plan(setup, now, others, places)
            decided = decide(would_be)
            if not dry_run:
                carry_out(setup, gathered, places, now)
                would_be = gather_plan(setup, now, others)
                decided = decide(would_be)
            gathered = would_be
        else:
            decided = decide(gathered)
        of_targets = gathered.of_targets if number == 1 else of_targets
        if dry_run:
            return Pushed(gathered, decided, ())
        missing = [session.key for week in gathered.plan.weeks for session in week.unplaced]
        setup.state.remember_lost((key for key in missing if key in gathered.standing.published), now)
        _end_skips(gathered, now)
        applied, failures = _apply(setup, decided, now, is_last=number == ROUNDS)
        for name, one in applied.items():
            before[name] = _together(before.get(name, ()), one.changes)
        _note_skips(setup, applied.values(), now)
        if not any(one.look_again for one in applied.values()):
            break
    names = {settings.name for settings in setup.config.targets}
    if (only is None or names <= set(only)) and not failures:
        _forget_released(setup, now)
        with suppress(CalsyncError):
            setup.state.forget_owed(owed)
    remember_week(gathered)
    done = tuple(
        (target, changes)
        for target, decided_changes in decided
        if (changes := before.get(target.settings.name)) is not None
        # Where everything that was to be written failed, the failure says it all.
        and (any(c.writes for c in changes) or not any(c.writes for c in decided_changes))
    )
    unfinished = {
        name: problem for name, problem in gathered.unfinished.items() if only is None or name in only
    }
    failures += tuple(unfinished.values())
    if len(failures) == len(unfinished):
        remember(setup, gathered.unfinished, gathered.held)
    # What this push has written is no part of what its runner should know of the targets, and a failure is
    # told as that. Who said that the events may go need not hear that they have gone.
    untold = {code for code, is_so in ((UNFINISHED, unfinished), (EMPTIED, allow_mass_delete)) if is_so}
    told = tuple(one for one in of_targets if one[0] not in untold)
    return Pushed(replace(gathered, of_targets=told), done, failures)


def adopt_plan(setup: Setup, former: str, now: datetime, only: Collection[str] | None) -> dict[str, int]:
    """Make what the plan had under its former name its own: how many events in each target.

    Whoever calls it holds the lock, and has read nothing before. Raises UsageError, and what reading and
    writing raise.
    """
    take_over_state(setup, former)
    targets = [one for one in load_targets(setup).targets if only is None or one.settings.name in only]
    adopted = adopt([(target.settings, target.loaded) for target in targets], former, now)
    if not adopted:
        raise UsageError(f'--adopt: no target holds events of a plan "{former}"')
    return adopted


def _end_skips(gathered: Gathered, now: datetime) -> None:
    """Forget the skips of what was taken out of the bin. Raises Unavailable.

    Before anything is written: afterwards nobody could tell that the event came back after the skip.
    """
    state = gathered.setup.state
    wishes = state.wishes()
    restored = frozenset(key for target in gathered.targets for key in target.contents.restored)
    if ended := restored & wishes.carried_out:
        state.save_wishes(replace(wishes, skips=wishes.skips - ended), now)


def _forget_released(setup: Setup, now: datetime) -> None:
    """Every calendar has been told now why what was released is where it is."""
    wishes = setup.state.wishes()
    if wishes.released or wishes.put_back:
        with suppress(CalsyncError):
            setup.state.save_wishes(replace(wishes, released=frozenset(), put_back={}), now)


def _note_skips(setup: Setup, applied: Iterable[Applied], now: datetime) -> None:
    """Remember which skips are on a calendar now; one that isn't noted counts as newer than it is."""
    wishes = setup.state.wishes()
    gone = (Action.SKIP, Action.WITHDRAW)
    done = {change.key for one in applied for change in one.changes if change.action in gone} & wishes.skips
    if not done <= wishes.carried_out:
        with suppress(CalsyncError):
            setup.state.save_wishes(replace(wishes, carried_out=wishes.carried_out | done), now)


def _page(setup: Setup, *, writes: bool) -> Callable[[str], str] | None:
    """The address of the page of a run or session, by its key; None if no server is said to have it.

    Raises Unavailable.
    """
    url, name, secret = setup.config.serve.url, setup.config.name, Secret(setup.state)
    if url is None:
        return None
    if writes:
        secret.ensure()
    elif not setup.state.has_secret():
        # A dry run makes none, and has only to know that the addresses will be other ones than before.
        return lambda key: f"{url}/s/{key}"
    token_of = secret.of_sessions(name)
    return lambda key: f"{url}/s/{token_of(key)}"


def _decided(
    gathered: Gathered,
    only: Collection[str] | None,
    now: datetime,
    page: Callable[[str], str] | None,
    allow_mass_delete: bool,
    clock_was_wrong: bool,
) -> tuple[Decided, ...]:
    """The changes of the targets that `only` names. Raises RefusedToProtectData."""
    chosen = (one for one in gathered.targets if only is None or one.settings.name in only)
    return tuple(
        (one, _decide(gathered, one, now, page, allow_mass_delete, clock_was_wrong)) for one in chosen
    )


def _decide(
    gathered: Gathered,
    target: Target,
    now: datetime,
    page: Callable[[str], str] | None,
    allow_mass_delete: bool,
    clock_was_wrong: bool,
) -> tuple[Change, ...]:
    plan = gathered.plan
    reasons = {
        session.key: "; ".join(reason.text for reason in lasting_reasons(plan, session)[:2])
        for session in plan.sessions
    }
    reasons |= {
        session.key: "no longer fits in this week" for week in plan.weeks for session in week.unplaced
    }
    reasons = {key: text for key, text in reasons.items() if target.takes(key)}
    stored = target.contents.events
    # What was written before `include` left it out goes, and the guard doesn't count it: it is no loss.
    takes = " and ".join(target.settings.include or ())
    reasons |= {one.key: f"only {takes} goes here (include)" for one in stored if not target.takes(one.key)}
    # What has begun moves only if the runner moves it, and so does what they put back into the past.
    put_back = gathered.standing.put_back
    pinned = {
        key: place.span
        for key, place in gathered.standing.published.items()
        if (place.pinned or (key in put_back and place.span.start <= now)) and target.takes(key)
    }
    moves = gathered.setup.state.wishes().moves
    arrived = [
        event
        for one in gathered.targets
        for event in one.contents.events
        if event.span == pinned.get(event.key)
    ]
    changes = diff(
        target.wanted((*gathered.events, *_moved_beyond(gathered, target)), page),
        stored,
        now=now,
        pinned=pinned,
        arrived=frozenset(event.key for event in arrived) | put_back,
        put_there=frozenset(
            event.key
            for event in arrived
            if event.was_moved or (event.is_restored and event.key not in moves)
        )
        | put_back,
        skipped=frozenset(filter(target.takes, gathered.standing.skipped)),
        reasons=reasons,
        done=None if target.settings.detail == "busy" else gathered.standing.done,
        missed=gathered.standing.missed,
    )
    changes = with_causes(gathered, target, changes)
    if not allow_mass_delete:
        ahead = gathered.setup.state.written_ahead(now)
        said = f"{clock_was_wrong_on(ahead, plan.zone)}. If it is right now, run: " if ahead else ""
        refuse_mass_delete(
            [change for change in changes if target.takes(change.key)],
            [one for one in stored if target.takes(one.key)],
            now=now,
            target=target.settings.name,
            plan_is_empty=plan.is_empty,
            until=_end_of(gathered) if clock_was_wrong else None,
            advice=f"{said[:1].upper()}{said[1:]}calsync push --clock-was-wrong" if said else "",
        )
    return changes


def _moved_beyond(gathered: Gathered, target: Target) -> Iterator[Event]:
    """What the runner moved that other calendars have, and neither the plan nor this one knows any more.

    A session of months ago that is to be made up for, say, or one that the plan has given up.
    """
    known = {event.key for event in gathered.events} | {event.key for event in target.contents.events}
    known |= gathered.standing.skipped
    for other in gathered.targets:
        for stored in other.contents.events:
            place = gathered.standing.published[stored.key]
            if (stored.is_pinned or place.pinned) and stored.key not in known:
                known.add(stored.key)
                yield replace(stored.event, span=place.span)


def _end_of(gathered: Gathered) -> datetime:
    """When what is planned now ends. Nothing is written for later, if clocks are right."""
    last = gathered.plan.weeks[-1].week.days[-1] + timedelta(days=1)
    return datetime.combine(last, time.min, gathered.plan.zone)


@contextmanager
def failure_remembered(setup: Setup, now: datetime) -> Iterator[None]:
    """Around a push: that it failed is kept for `calsync doctor`, until one goes well."""
    try:
        yield
    except (Locked, UsageError):
        raise  # the push that holds the lock will say how it ended
    except CalsyncError as problem:
        remember_failure(setup, problem, now)
        raise


def remember_failure(setup: Setup, problem: CalsyncError, now: datetime) -> None:
    setup.state.remember_failed_push(FailedPush(now, str(problem), problem.exit_code))


def _apply(
    setup: Setup, decided: Sequence[Decided], now: datetime, *, is_last: bool
) -> tuple[dict[str, Applied], tuple[CalsyncError, ...]]:
    """Write every target, also if one of them fails; but stop at one that has to be read again.

    Those that people can edit come first, so that the others get what is true of them.
    """
    applied: dict[str, Applied] = {}
    failures: list[CalsyncError] = []
    for target, changes in sorted(decided, key=lambda one: not one[0].is_editable):
        name = target.settings.name
        try:
            with setup.listener.progress() as show:
                show(f"writing {name} …")
                found = applied[name] = target.loaded.apply(changes, now)
        except CalsyncError as problem:
            failures.append(problem.of(target.settings.what))
            continue
        if isinstance(target.settings, IcsTarget) and not found.look_again:
            setup.state.add_feed(target.settings.path)
        if found.look_again and not is_last:
            return applied, ()
        failures += (failure.of(target.settings.what) for failure in found.failures)
        if found.look_again:
            if not found.failures:
                message = "the calendar keeps changing while it is written; the next push tries again"
                failures.append(TargetUnavailable(f"{name}: {message}").of(target.settings.what))
            # What was read of it is out of date, so nothing that follows from it goes into the others.
            break
    return applied, tuple(failures)


def _together(first: Sequence[Change], then: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of two rounds: what the first has written, the second found already right."""
    written = {change.key: change for change in first if change.writes}
    later = {change.key: change for change in then}
    kept = [change for change in then if change.writes or change.key not in written]
    return (*(written[key] for key in written if not (key in later and later[key].writes)), *kept)
