"""One thing that the runner does with a run, a session or a week: do it, say what happened, how to undo it.

What is asked for on a page waits in the state folder until somebody catches up: the server at once, or else
the next push or command. So nothing that was asked is lost while a push runs or a calendar hangs, and a form
that is sent twice acts once.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from calsync.app import wishes
from calsync.app.gather import Others
from calsync.app.news import once, title_of
from calsync.app.push import Pushed
from calsync.app.setup import Setup
from calsync.app.training_feed import check_in, forget_check_in
from calsync.app.wishes import Known, planned_keys
from calsync.errors import CalsyncError, Unavailable, UsageError
from calsync.event import (
    BUSY,
    SEEN_NOWHERE,
    SEEN_SKIPPED,
    Act,
    Action,
    Answered,
    Asked,
    Change,
    Do,
    in_words,
    is_strength,
    seen,
    seen_check_in,
)
from calsync.planning.plan import PlannedRun, PlannedSession, State
from calsync.planning.progression import effect, signs_text
from calsync.spoken import when
from calsync.timespan import Timespan
from calsync.training import FIRST_YEAR, LAST_YEAR, CheckIn
from calsync.words import counted, date_name, moment, week_name

CHANGED = "This has changed meanwhile, so nothing was done. Here is what is true now."


@dataclass(frozen=True, slots=True)
class Done:
    """What happened, in a sentence, and the act that undoes it; None where there is nothing to undo."""

    text: str
    undo: Act | None = None


def perform(setup: Setup, act: Act, now: datetime, others: Others | None = None) -> Done:
    """Do it, by the functions that the commands call. `others` is what other calendars have just said.

    Raises UsageError for what can't be done, and what reading and writing raise.
    """
    if act.do in (Do.CHECK_IN, Do.FORGET_CHECK_IN):
        return _check_in(setup, act)
    return _with(setup, planned_keys(setup, now, others), act, now, others)


def catch_up(setup: Setup, now: datetime, others: Others | None = None) -> tuple[Answered, ...]:
    """Do what was asked for on pages, in that order, and remember the answers.

    What can't be done now (the lock is held, a disk is full) stays, with all that was asked after it, until
    somebody catches up again.
    """
    answers = []
    for asked in setup.state.acts().asked:
        try:
            answer = _answer(setup, asked, now, others)
            setup.state.answer(answer)
        except Unavailable:
            break
        answers.append(answer)
    return tuple(answers)


def tell_what_gave_way(setup: Setup, answers: Sequence[Answered], pushed: Pushed) -> None:
    """Add to the last of `answers` what became of other sessions by the push that followed them."""
    done = [one for one in answers if one.is_done]
    # What a check-in does to the weeks to come it says itself.
    if not done or not done[-1].key:
        return
    mine = {one.key for one in done}
    given = [
        change for change, _ in once(pushed.changes) if is_strength(change.key) and change.key not in mine
    ]
    if given:
        said = [_gave_way(change, setup.config.zone) for change in given[:_TOLD]]
        more = [f"And {counted(len(given) - _TOLD, 'more change')}."] if len(given) > _TOLD else []
        text = " ".join((done[-1].text, *said, *more))
        with contextlib.suppress(Unavailable):  # it is done, and said but for this
            setup.state.answer(replace(done[-1], text=text))


# So many other sessions are named after an act.
_TOLD = 3


def _gave_way(change: Change, zone: ZoneInfo) -> str:
    """ "Removed: Hips and core (light), Sat 28 Nov 12:30 (no longer fits in this week)."."""
    match change.action:
        case Action.INSERT:
            return f"Added: {_name_of(change)}, {_start_of(change.after, zone)}."
        case Action.WITHDRAW:
            what = f"Removed: {_name_of(change)}, {_start_of(change.before, zone)}"
        case _ if change.before != change.after:
            what = f"Moved: {_name_of(change)}, now {_start_of(change.after, zone)}"
        case _:
            what = f"Changed: {_name_of(change)}, {_start_of(change.after, zone)}"
    return f"{what} ({change.reason})." if change.reason else f"{what}."


def _name_of(change: Change) -> str:
    return title_of(change).removeprefix("Strength: ").replace(BUSY, "") or in_words(change.key)


def _start_of(span: Timespan | None, zone: ZoneInfo) -> str:
    return moment(span, zone) if span else ""


def _answer(setup: Setup, asked: Asked, now: datetime, others: Others | None) -> Answered:
    """Raises Unavailable where another try may help."""
    act, zone = asked.act, setup.config.zone
    try:
        if act.do in (Do.CHECK_IN, Do.FORGET_CHECK_IN):
            checkins = setup.state.checkins()
            if asked.seen not in ("", seen_check_in(checkins, act.day)):
                if text := _has_checked_in(checkins, act):
                    return Answered(asked.id, act.key, now, text)
                return Answered(asked.id, act.key, now, CHANGED, is_done=False, has_changed=True)
            done = _check_in(setup, act)
        else:
            known = planned_keys(setup, now, others)
            if asked.seen not in ("", _seen(known, act.key, zone) or asked.seen):
                if text := _is_so(setup, known, act, now):
                    return Answered(asked.id, act.key, now, text)
                return Answered(asked.id, act.key, now, CHANGED, is_done=False, has_changed=True)
            done = _with(setup, known, act, now, others)
    except UsageError as problem:
        return Answered(asked.id, act.key, now, _for_a_page(str(problem), act), is_done=False)
    except (CalsyncError, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001 - what stays would meet the bug at every plan and push
        text = f"This may not have been done, because of a bug in calsync: {problem!r}."
        return Answered(asked.id, act.key, now, text, is_done=False)
    return Answered(asked.id, act.key, now, done.text, done.undo)


def _seen(known: Known, key: str, zone: ZoneInfo) -> str:
    """What a page says of `key` now; "" if that can't be told, as a calendar is out of reach."""
    if known.gathered is None:
        return ""
    plan, standing = known.gathered.plan, known.gathered.standing
    if key in standing.skipped:
        return SEEN_SKIPPED
    span, is_moved = None, False
    planned: tuple[PlannedRun | PlannedSession, ...] = (*plan.runs, *plan.cross, *plan.sessions)
    for one in planned:
        if one.key == key:
            span, is_moved = one.span, one.state is State.PINNED
    if span is None and key in standing.published and key not in known.wanted:
        span = standing.published[key].span
    if span is None:
        return SEEN_NOWHERE
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    times, is_done = f"{start:%H:%M}-{end:%H:%M}", key in standing.done
    return seen(start.date(), times, is_moved=is_moved, is_done=is_done)


_SAID = {
    Do.SKIP: "Skipped",
    Do.DONE: "Done",
    Do.NOT_DONE: "Not done after all",
    Do.MISSED: "Missed",
    Do.RELEASE: "Put back",
    Do.BACK: "Put back",
}


def _is_so(setup: Setup, known: Known, act: Act, now: datetime) -> str:
    """What to say of what is as the runner wants it already; "" if it isn't.

    It was done for this very form if the answer could not be kept after that (a full disk, a process that was
    killed), or else for somebody with the same wish: to say that nothing was done would be wrong.
    """
    was = _as_it_was(known, act.key, setup)
    item = known.items(setup, now).exactly(act.key)
    label = item.text(setup.config.zone) if item else in_words(act.key)
    match act.do:
        case Do.DONE | Do.NOT_DONE:
            is_so = (act.key in known.done) == (act.do is Do.DONE)
        case Do.RELEASE | Do.BACK:
            is_so = was is None
        case Do.MOVE:
            if item is None or was is None or was.do is not Do.MOVE:
                return ""
            with contextlib.suppress(ValueError):
                start = when(act.to, now.astimezone(setup.config.zone).date(), setup.config.zone)
                if start.of(item, now, setup.config.zone) == datetime.fromisoformat(was.to):
                    return f"Moved: {label}."
            return ""
        case _:
            is_so = was is not None and was.do is act.do
    return f"{_SAID[act.do]}: {label}." if is_so else ""


def _with(setup: Setup, known: Known, act: Act, now: datetime, others: Others | None) -> Done:
    key, zone = act.key, setup.config.zone
    items = known.items(setup, now)
    item = items.exactly(key)
    label, name = (item.text(zone), item.title or item.noun) if item else (in_words(key), in_words(key))
    back = _back(setup, known, key, now)
    match act.do:
        case Do.SKIP:
            known.check([key], now, zone)
            wishes.skip(setup, [key], now)
            return Done(f"{_SAID[act.do]}: {label}.", back)
        case Do.DONE:
            known.check_may_be_done([key], items)
            wishes.mark(setup, known, [key], now)
            return Done(f"{_SAID[act.do]}: {label}.", Act(Do.NOT_DONE, key))
        case Do.NOT_DONE:
            known.check_done([key])
            wishes.mark(setup, known, [key], now, done=False)
            return Done(f"{_SAID[act.do]}: {label}.", Act(Do.DONE, key))
        case Do.MISSED:
            known.check_missed([key], items)
            wishes.missed(setup, known, [key], now)
            there = wishes.places(setup, [key], now, others).get(key)
            return Done(f"{_SAID[act.do]}: {label}.{_placed_again(there, now, zone)}", Act(Do.RELEASE, key))
        case Do.MOVE:
            known.check([key], now, zone, begun=True)
            known.check_not_deleted(key)
            assert item is not None  # what can be named has been checked
            if not act.to:
                raise UsageError("choose a day and a time first")
            try:
                start = when(act.to, items.today, zone).of(item, now, zone)
            except ValueError as problem:
                raise UsageError(str(problem)) from problem
            place = wishes.moved(known, key, start)
            notes = wishes.objections(known, key, place)
            wishes.move(setup, known, key, place, now)
            local = place.span.start.astimezone(zone)
            said = [f"Moved to {date_name(local.date())} {local:%H:%M}: {name}."]
            return Done(" ".join((*said, *(f"Note: {note}." for note in notes))), back)
        case Do.BACK:
            was = _as_it_was(known, key, setup)
            wishes.release(setup, [key], now, {key: act.before})
            there = wishes.places(setup, [key], now, others).get(key)
            return Done(f"{_SAID[act.do]}: {name}.{_elsewhere(there, act.before, zone)}", was)
        case _:
            was = _as_it_was(known, key, setup)
            wishes.release(setup, [key], now)
            return Done(f"{_SAID[act.do]}: {name}.", was)


def _back(setup: Setup, known: Known, key: str, now: datetime) -> Act | None:
    """What undoes a skip or a move; None if that would lead into the past.

    What the runner hadn't moved before goes back to the very place where it was: to release it would leave
    that to the next plan, which may like another one by now.
    """
    was = _as_it_was(known, key, setup)
    if was and was.do is Do.MISSED:
        # To release it would put it back where it was missed.
        there = known.planned(key)
        was = Act(Do.MOVE, key, there.start.isoformat()) if there else None
    if was is None:
        stored = known.stored.get(key)
        before = known.planned(key) or (stored.span if stored else None)
        if before is None:  # it had no place
            return Act(Do.RELEASE, key)
        return Act.back(key, before)
    if was.do is Do.MOVE and datetime.fromisoformat(was.to) <= now:
        return None
    return was


def _as_it_was(known: Known, key: str, setup: Setup) -> Act | None:
    """The act that made `key` what it is now; None if the runner neither skipped, moved nor missed it."""
    kept = setup.state.wishes()
    if key in kept.skips or key in known.deleted:
        return Act(Do.SKIP, key)
    stored = known.stored.get(key)
    moved = (
        kept.moves[key].span if key in kept.moves else stored.span if stored and stored.is_pinned else None
    )
    if moved:
        return Act(Do.MOVE, key, moved.start.isoformat())
    return Act(Do.MISSED, key) if key in kept.missed else None


def _elsewhere(there: Timespan | None, before: Timespan, zone: ZoneInfo) -> str:
    """What is said of something that can't be where it was any more; nothing where that can't be told yet."""
    if there is None or there == before:
        return ""
    local, was = there.start.astimezone(zone), before.start.astimezone(zone)
    gone = f"{date_name(was.date())} {was:%H:%M}"
    return f" {gone} is no longer free, so it is now on {date_name(local.date())} {local:%H:%M}."


def _placed_again(there: Timespan | None, now: datetime, zone: ZoneInfo) -> str:
    """What became of a session that was missed; nothing where that can't be told yet."""
    if there is None:
        return ""
    if there.start <= now:
        return " It couldn't fit in later this week, so it stays where it was."
    local = there.start.astimezone(zone)
    return f" It is now on {date_name(local.date())} {local:%H:%M}."


def _check_in(setup: Setup, act: Act) -> Done:
    day = act.day
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(f"a check-in needs a date between {FIRST_YEAR} and {LAST_YEAR}")
    if act.do is Do.FORGET_CHECK_IN:
        gone = forget_check_in(setup, day)
        return Done(f"Removed the check-in of {date_name(day)}.", _again(gone))
    new = CheckIn(day, frozenset(act.signs))
    former = check_in(setup, new)
    return Done(_checked_in(new), _again(former) if former else Act(Do.FORGET_CHECK_IN, day=day))


def _checked_in(new: CheckIn) -> str:
    return (
        f"{date_name(new.day)}: {signs_text(new.signs)}. {week_name(new.week).capitalize()}: {effect(new)}."
    )


def _has_checked_in(there: Sequence[CheckIn], act: Act) -> str:
    """As _is_so() for a check-in."""
    if act.do is Do.CHECK_IN and act.day and (new := CheckIn(act.day, frozenset(act.signs))) in there:
        return _checked_in(new)
    return ""


def _again(former: CheckIn) -> Act:
    return Act(Do.CHECK_IN, day=former.day, signs=tuple(sorted(former.signs)))


def _for_a_page(text: str, act: Act) -> str:
    """A sentence in which what nobody has to read, keys and times as forms have them, is as people say it."""
    if act.key:
        text = text.replace(repr(act.key), in_words(act.key)).replace(act.key, in_words(act.key))
    with contextlib.suppress(ValueError):
        to = datetime.fromisoformat(act.to)
        text = text.replace(act.to, f"{date_name(to.date())} {to.year:04} {to:%H:%M}")
    return f"{text[:1].upper()}{text[1:]}."
