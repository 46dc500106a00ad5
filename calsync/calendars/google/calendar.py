"""From a list of changes to requests, and from their answers to what came about.

Decides what becomes of each change when Google is not as it was when the calendar was read. What an event
looks like is decided in resource.py, what is tried again in client.py.

An event's owner may be at work at the same time: every patch carries the ETag that was seen (If-Match), and
where something is not as it was loaded, nothing is done but to say so (Applied.look_again). An insert can't
be made conditional; but its id is the key's, so that it never makes a second event.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calsync.calendars.google import resource
from calsync.calendars.google.client import Answer, Client, Failure, Refused, Request
from calsync.calendars.google.records import Records, Tombstones
from calsync.calendars.google.resource import Item, NotReadable, event_id
from calsync.errors import CalsyncError, TargetUnavailable, Unavailable
from calsync.event import Action, Applied, Change, Contents

# --- listing ----------------------------------------------------------------------------------------------


# The most that events.list gives at once.
_PAGE = 2500


class CalendarGone(TargetUnavailable):
    """There is no calendar with this id any more, or it was never shared with this account."""


def is_own(tombstone: Item, records: Tombstones) -> bool:
    """Whether calsync cancelled it. With neither mark nor record, its owner has deleted it."""
    if tombstone.is_withdrawn or tombstone.key in records.released:
        return True
    # Where a tombstone shows its properties and no mark is among them, the withdrawal that the record speaks
    # of was cut off before it came about.
    return tombstone.is_bare and tombstone.key in records.cancelled


@dataclass(frozen=True, slots=True)
class Held:
    """The item of each key, dead or alive; `surplus` are live ones of a generation that is over."""

    items: Mapping[str, Item] = field(default_factory=dict)
    surplus: tuple[Item, ...] = ()

    def deleted(self, records: Tombstones) -> frozenset[str]:
        """The keys that their owner deleted, as tombstones say or, where they have vanished, `records`."""
        dead = {key for key, item in self.items.items() if not item.stored and not is_own(item, records)}
        return frozenset(dead | (records.deleted.keys() - self.items.keys()))


def listed(
    client: Client,
    calendar_id: str,
    target: str,
    plan: str,
    zone: ZoneInfo,
    records: Tombstones,
    *,
    also: frozenset[str],
) -> Held:
    """All of the plan, without bounds in time: what its owner moved far away is found as well.

    `also` names reasons that may pass. Raises CalendarGone, AuthorisationNeeded, Unavailable.
    """
    # One property filter: what several would mean is told in two ways. And it is checked again here.
    events = client.service.events()
    request = events.list(
        calendarId=calendar_id,
        privateExtendedProperty=f"{resource.PLAN}={plan}",
        showDeleted=True,
        maxResults=_PAGE,
    )
    known = _known_ids(plan, records)
    by_key: dict[str, list[Item]] = {}
    tokens = set()
    while request is not None:
        page = _page(client, request, calendar_id, target, also)
        if (token := page.get("nextPageToken")) in tokens:
            raise TargetUnavailable(f"{target}: Google's list of events has no end; nothing was changed")
        tokens.add(token)
        for item in _items(page, plan, _zone_of(page, zone), target, known):
            by_key.setdefault(item.key, []).append(item)
        # A page may be short, or empty, and not the last.
        request = events.list_next(request, page)
    # A new generation begins where an id is dead. If the old one has come back all the same, it is one event
    # too many.
    ranked = [sorted(items, key=lambda item: item.generation) for items in by_key.values()]
    return Held(
        {items[-1].key: items[-1] for items in ranked},
        tuple(item for items in ranked for item in items[:-1] if item.stored),
    )


def _page(
    client: Client, request: Request, calendar_id: str, target: str, also: frozenset[str]
) -> Mapping[str, Any]:
    try:
        page = client.call(request, also=also)
    except Refused as problem:
        if problem.failure.is_missing:
            raise CalendarGone(
                f"{target}: the calendar {calendar_id} is not in Google any more, or closed to this account. "
                "If you deleted it, `calsync push --create-calendar` makes a new one (without a calendar_id "
                "in the config)"
            ) from problem
        raise problem.failure.error(f"the calendar of {target} can't be read") from problem
    if page.get("kind") != "calendar#events":
        # An error inside a success, or a proxy's idea of an answer: it says nothing of what is there.
        raise TargetUnavailable(f"{target}: Google's answer is no list of events; nothing was changed")
    if page.get("accessRole") in ("none", "freeBusyReader", "reader"):
        raise TargetUnavailable(
            f"{target}: calsync may read the calendar {calendar_id}, but not write to it; share it with "
            '"Make changes to events"'
        )
    return page


def _items(
    page: Mapping[str, Any],
    plan: str,
    zone: ZoneInfo,
    target: str,
    known: Mapping[str, tuple[str, int]],
) -> Iterator[Item]:
    for entry in page.get("items", ()):
        try:
            item = resource.parse_item(entry, plan, zone)
        except NotReadable as problem:
            raise TargetUnavailable(f"{target}: {problem}") from problem
        if item is None and entry.get("status") == "cancelled" and entry.get("id") in known:
            item = resource.bare_tombstone(entry, *known[entry["id"]])
        if item is not None:
            yield item


def _known_ids(plan: str, records: Tombstones) -> dict[str, tuple[str, int]]:
    found = {}
    for key in records.keys:
        generation = records.generation(key) or 0
        found[event_id(plan, key, generation)] = (key, generation)
    return found


def _zone_of(page: Mapping[str, Any], plans_zone: ZoneInfo) -> ZoneInfo:
    """The calendar's zone, which events of all day are in."""
    try:
        return ZoneInfo(page["timeZone"])
    except (KeyError, ValueError, OSError):
        return plans_zone


# --- writing ----------------------------------------------------------------------------------------------


# How many dead ids are passed over for one key.
_GENERATIONS = 20


def _keys(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"


_Answered = Callable[["_Step", Answer, "_Outcome"], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """A request for one key, and who looks at its answer. `change` is None for housekeeping."""

    request: Request
    answered: _Answered
    key: str
    change: Change | None
    generation: int


@dataclass(slots=True)
class _Outcome:
    """What the answers of one apply() add up to; `next` are the requests that follow from them."""

    done: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)
    look_again: bool = False
    next: list[_Step] = field(default_factory=list)


class Writing:
    """The writing of one list of changes to what `held` says is there."""

    def __init__(
        self,
        client: Client,
        calendar_id: str,
        target: str,
        plan: str,
        zone: ZoneInfo,
        held: Held,
        records: Records,
    ) -> None:
        self._client = client
        self._events = client.service.events()
        self._id = calendar_id
        self._target = target
        self._plan = plan
        self._zone = zone
        self._held = held
        self._tombstones = records.tombstones(calendar_id)

    def run(self, changes: Sequence[Change], now: datetime, *, also: frozenset[str]) -> Applied:
        outcome = _Outcome()
        steps = [step for change in changes if (step := self._step(change, now))]
        steps += [
            self._patch(item, resource.withdrawal(), self._tidied)
            for item in self._held.surplus
            if item.stored and item.stored.span.start > now
        ]
        while steps:
            requests = {str(number): step.request for number, step in enumerate(steps)}
            answers = self._client.send(requests, also=also)
            for number, step in enumerate(steps):
                step.answered(step, answers[str(number)], outcome)
            steps, outcome.next = outcome.next, []
        true = tuple(change for change in changes if not change.writes or change.key in outcome.done)
        return Applied(true, outcome.look_again, self._errors(outcome.failures))

    def _step(self, change: Change, now: datetime) -> "_Step | None":
        """The request that a change begins with."""
        item = self._held.items.get(change.key)
        match change.action:
            case Action.INSERT:
                if item is None:
                    return self._insert(change, self._tombstones.generation(change.key) or 0)
                return self._revive(change, item)
            case Action.UPDATE if item and change.wanted:
                body = resource.change(item, change.wanted, self._zone)
                return self._patch(item, body, self._patched, change)
            case Action.WITHDRAW if item:
                return self._patch(item, resource.withdrawal(), self._patched, change)
            case Action.RELEASE if item:
                return self._patch(item, resource.release(item), self._released, change)
            case Action.KEEP | Action.PIN if item and item.is_withdrawn and item.stored:
                if item.stored.span.start > now:
                    return self._patch(item, resource.unmarked(), self._tidied)
        return None

    def _insert(self, change: Change, generation: int) -> "_Step":
        assert change.wanted is not None
        body = resource.new_event(change.wanted, self._plan, generation, self._zone)
        request = self._events.insert(calendarId=self._id, body=body, sendUpdates="none")
        return _Step(request, self._inserted, change.key, change, generation)

    def _revive(self, change: Change, tombstone: Item) -> "_Step":
        assert change.wanted is not None
        body = resource.revival(change.wanted, self._plan, tombstone.generation, self._zone)
        return self._patch(tombstone, body, self._revived, change)

    def _get(self, change: Change, generation: int) -> "_Step":
        request = self._events.get(calendarId=self._id, eventId=event_id(self._plan, change.key, generation))
        return _Step(request, self._found, change.key, change, generation)

    def _patch(
        self, item: Item, body: dict[str, Any], answered: "_Answered", change: Change | None = None
    ) -> "_Step":
        request = self._events.patch(calendarId=self._id, eventId=item.id, body=body, sendUpdates="none")
        if item.etag:
            request.headers["If-Match"] = item.etag
        return _Step(request, answered, item.key, change, item.generation)

    # --- what the answers mean ----------------------------------------------------------------------------

    def _inserted(self, step: "_Step", answer: Answer, outcome: "_Outcome") -> None:
        assert step.change is not None
        if not isinstance(answer, Failure):
            self._tombstones.forget(step.key)
            outcome.done.add(step.key)
        elif answer.status == 409:
            # The id is taken: by the event itself, if the list is behind or the answer to an earlier try was
            # lost; or by its tombstone.
            outcome.next.append(self._get(step.change, step.generation))
        else:
            outcome.failures[step.key] = answer

    def _found(self, step: "_Step", answer: Answer, outcome: "_Outcome") -> None:
        """What holds the id of an event that could not be inserted."""
        assert step.change is not None
        records = self._tombstones
        if isinstance(answer, Failure):
            if not answer.is_missing:
                outcome.failures[step.key] = answer
            elif step.key in records.cancelled or step.key in records.released:
                self._next_generation(step, outcome)
            else:
                records.deleted[step.key] = step.generation
                outcome.look_again = True
            return
        item = resource.parse_item(answer, self._plan, self._zone)
        if answer.get("status") != "cancelled":
            if item is not None:
                outcome.look_again = True
            else:
                self._next_generation(step, outcome)
            return
        tombstone = item or resource.bare_tombstone(answer, step.key, step.generation)
        if is_own(tombstone, records):
            outcome.next.append(self._revive(step.change, tombstone))
        else:
            records.forget(step.key)
            records.deleted[step.key] = step.generation
            outcome.look_again = True

    def _revived(self, step: "_Step", answer: Answer, outcome: "_Outcome") -> None:
        if not isinstance(answer, Failure):
            self._tombstones.forget(step.key)
            outcome.done.add(step.key)
        elif answer.status == 412:
            outcome.look_again = True
        elif answer.is_final or answer.is_passing:
            outcome.failures[step.key] = answer
        else:
            # This server does not let a deleted event come back.
            self._next_generation(step, outcome)

    def _next_generation(self, step: "_Step", outcome: "_Outcome") -> None:
        assert step.change is not None
        if step.generation >= _GENERATIONS:
            outcome.failures[step.key] = Failure(409, "duplicate", "all of its ids are taken")
        else:
            outcome.next.append(self._insert(step.change, step.generation + 1))

    def _patched(self, step: "_Step", answer: Answer, outcome: "_Outcome") -> None:
        is_withdrawal = step.change is not None and step.change.action is Action.WITHDRAW
        if is_withdrawal and isinstance(answer, Failure) and answer.is_certain and not answer.is_missing:
            # It did not come about, so whoever deletes the event now is its owner.
            self._tombstones.cancelled.pop(step.key, None)
        if not isinstance(answer, Failure) or (is_withdrawal and answer.is_missing):
            outcome.done.add(step.key)
        elif answer.status == 412 or answer.is_missing:
            outcome.look_again = True
        else:
            # 403 is also what some get for an event that has been deleted meanwhile.
            outcome.look_again |= answer.reason == "forbidden"
            outcome.failures[step.key] = answer

    def _released(self, step: "_Step", answer: Answer, outcome: "_Outcome") -> None:
        item = self._held.items[step.key]
        is_refused = isinstance(answer, Failure) and answer.is_certain and not answer.is_final
        if not isinstance(answer, Failure) or (item.stored is None and is_refused):
            # A tombstone that can't be written to: the record in the state folder says the same.
            outcome.done.add(step.key)
        elif answer.status == 412:
            outcome.look_again = True
        else:
            outcome.failures[step.key] = answer

    def _tidied(self, step: "_Step", answer: Answer, outcome: "_Outcome") -> None:
        """Nothing depends on it, and the next push tries again."""

    def _errors(self, failures: Mapping[str, Failure]) -> tuple[CalsyncError, ...]:
        """One error for each reason, not for each event."""
        by_failure: dict[Failure, list[str]] = {}
        for key, failure in failures.items():
            by_failure.setdefault(failure, []).append(key)
        return tuple(
            failure.error(f"{self._target}: {_keys(keys)} could not be written")
            for failure, keys in by_failure.items()
        )


# --- calendar ---------------------------------------------------------------------------------------------


# What a calendar that was created a moment ago may say while it is not everywhere yet.
SETTLING = frozenset({"requiredAccessLevel", "notFound"})


class GoogleCalendar:
    """The calendar `calendar_id` for the plan `plan`, with times in `zone`. `is_new`: just created."""

    def __init__(
        self,
        name: str,
        client: Client,
        calendar_id: str,
        plan: str,
        zone: ZoneInfo,
        records: Records,
        *,
        is_new: bool = False,
    ) -> None:
        self.name = name
        self._client = client
        self._id = calendar_id
        self._plan = plan
        self._zone = zone
        self._records = records
        self._also = SETTLING if is_new else frozenset[str]()
        self._held = Held()

    def load(self) -> Contents:
        """All the plan's events, wherever in time, and what tombstones and records say was deleted.

        Raises CalendarGone, AuthorisationNeeded, Unavailable.
        """
        tombstones = self._records.tombstones(self._id)
        self._held = listed(
            self._client, self._id, self.name, self._plan, self._zone, tombstones, also=self._also
        )
        events = [item.stored for item in self._held.items.values() if item.stored]
        events.sort(key=lambda event: (event.span, event.key))
        return Contents(tuple(events), self._held.deleted(tombstones))

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Send what the changes need, in batches, and no request if they need none.

        Raises Unavailable if the state folder can't be written before anything is sent. What can't be written
        there afterwards is one of the failures.
        """
        self._record(changes)
        writing = Writing(
            self._client, self._id, self.name, self._plan, self._zone, self._held, self._records
        )
        applied = writing.run(changes, now, also=self._also)
        self._records.prune(now)
        try:
            self._records.save()
        except CalsyncError as problem:
            return replace(applied, failures=(*applied.failures, problem))
        return applied

    def _record(self, changes: Sequence[Change]) -> None:
        """Keep in the state folder what tombstones say, and what they may soon have to say."""
        records = self._records.tombstones(self._id)
        deleted = self._held.deleted(records)
        for key, item in self._held.items.items():
            if item.stored or key in deleted:
                records.forget(key)
            if key in deleted:
                records.deleted[key] = item.generation
            elif item.is_withdrawn and not item.stored and key not in records.released:
                # Also where another machine did it: in a month the tombstone is gone, and the mark with it.
                records.cancelled[key] = item.generation
        for change in changes:
            found = self._held.items.get(change.key)
            if change.action is Action.WITHDRAW and found:
                records.cancelled[change.key] = found.generation
            elif change.action is Action.RELEASE and change.key in deleted:
                generation = records.generation(change.key) or 0
                records.forget(change.key)
                records.released[change.key] = generation
        self._records.save()


# --- creation ---------------------------------------------------------------------------------------------


# "Sage" of the 24 colours that calendars can have (colors.get; those of events are others).
_COLOUR = "8"


def marker(plan: str) -> str:
    """The description of the calendar: who finds it later can tell what it is."""
    return f"Kept by calsync: runs and strength sessions of the plan “{plan}”. [calsync:{plan}]"


def maybe_created(title: str, since: datetime) -> str:
    return (
        f'the creation of "{title}" was interrupted on {since:%Y-%m-%d %H:%M} UTC, and the calendar may be '
        "there. Look for it in Google Calendar. If it is, copy its id from its settings into the config, as "
        "calendar_id; if not, run `calsync push --create-calendar`"
    )


def create_calendar(
    client: Client,
    records: Records,
    *,
    target: str,
    title: str,
    plan: str,
    zone: ZoneInfo,
    now: datetime,
) -> str:
    """The id of a new calendar for `target`. Raises AuthorisationNeeded or Unavailable."""
    client.prepare()
    records.begin_creation(target, now)
    body = {"summary": title, "description": marker(plan), "timeZone": zone.key}
    try:
        created = client.call_once(client.service.calendars().insert(body=body))
    except Refused as problem:
        failure = problem.failure
        if failure.is_certain:
            records.end_creation(target, None)
            raise failure.error(f'the calendar "{title}" could not be created') from problem
        records.tell_of_creation(target)
        raise Unavailable(f"{target}: {maybe_created(title, now)} ({failure})") from problem
    except CalsyncError:
        # There is no access any more, so Google has said no.
        records.end_creation(target, None)
        raise
    calendar_id = str(created["id"])
    records.end_creation(target, calendar_id)
    _colour(client, calendar_id)
    return calendar_id


def _colour(client: Client, calendar_id: str) -> None:
    """The colour belongs to the owner's list of calendars. Nothing is lost without it."""
    body: dict[str, Any] = {"colorId": _COLOUR}
    try:
        client.call(client.service.calendarList().patch(calendarId=calendar_id, body=body), also=SETTLING)
    except Refused:
        return
