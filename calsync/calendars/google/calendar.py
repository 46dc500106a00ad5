"""A Google calendar that calsync writes to: reading it, writing a list of changes to it, creating it.

The runner may be at work in it at the same time. So every patch carries the ETag that was seen (If-Match),
and where something is not as it was loaded, nothing is done but to say so (Applied.look_again). An insert
can't be made conditional; but its id is the key's, so that it never makes a second event.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from calsync.calendars import by_reason, mark_of, marker
from calsync.calendars.google import resource
from calsync.calendars.google.client import Answer, Client, Failure, Refused, Request
from calsync.calendars.google.resource import Item, NotReadable, event_id
from calsync.config.settings import GoogleTarget
from calsync.errors import CalsyncError, TargetUnavailable, Unavailable
from calsync.event import Action, Applied, Change, Contents, week_of_key
from calsync.records import Creation, Tombstones
from calsync.state import WEEKS_KEPT, State
from calsync.training import Week
from calsync.words import counted

# The most that events.list gives at once.
_PAGE = 2500
# How many dead ids are passed over for one key.
_GENERATIONS = 20
# What a calendar that was created a moment ago may say while it is not everywhere yet.
_SETTLING = frozenset({"requiredAccessLevel", "notFound"})


class CalendarGone(TargetUnavailable):
    """There is no calendar with this id any more, or it was never shared with this account."""


# --- what is remembered -----------------------------------------------------------------------------------


class Records:
    """What Google's calendars can't keep for calsync: read from the state folder once, kept when it changes.

    That is which calendar is a target's, whether one is just being created, and a copy of what tombstones
    say, because they vanish after about a month.
    """

    def __init__(self, state: State) -> None:
        """Raises Unavailable."""
        self._state = state
        self.known = state.google()
        self._saved = msgspec.json.encode(self.known)

    def begin_creation(self, target: str, now: datetime) -> None:
        self.known.creating[target] = Creation(now.astimezone(UTC))
        self.save()

    def tell_of_creation(self, target: str) -> None:
        self.known.creating[target].told = True
        self.save()

    def end_creation(self, target: str, calendar_id: str | None) -> None:
        """`calendar_id` is None if it is certain that none was created.

        What the runner deleted in the calendar that was there before stays deleted.
        """
        self.known.creating.pop(target, None)
        if calendar_id is not None:
            before = self.known.calendars.get(target, "")
            if before in self.known.tombstones:
                deleted = self.known.tombstones[before].deleted
                self.known.tombstones[calendar_id] = Tombstones(deleted=dict(deleted))
            self.known.calendars[target] = calendar_id
        self.save()

    def tombstones(self, calendar_id: str) -> Tombstones:
        """To be changed in place; save() keeps it."""
        return self.known.tombstones.setdefault(calendar_id, Tombstones())

    def prune(self, now: datetime) -> None:
        """Forget what was long ago."""
        oldest = Week.of(now.date()).plus(-WEEKS_KEPT)
        for tombstones in self.known.tombstones.values():
            for key in tombstones.keys:
                if week_of_key(key) < oldest:
                    tombstones.forget(key)

    def save(self) -> None:
        """Costs nothing if nothing changed. Raises Unavailable."""
        # Without the calendars of which nothing is left to say.
        tombstones = {name: known for name, known in self.known.tombstones.items() if known.keys}
        kept = msgspec.structs.replace(self.known, tombstones=tombstones)
        if (content := msgspec.json.encode(kept)) != self._saved:
            self._state.save_google(kept)
            self._saved = content


# --- reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoogleCalendar:
    """The calendar `calendar_id` for the plan `plan`, with times in `zone`.

    `name` is the target's, for messages. `is_new`: it was created a moment ago.
    """

    name: str
    client: Client
    calendar_id: str
    plan: str
    zone: ZoneInfo
    records: Records
    is_new: bool = field(default=False, kw_only=True)

    @property
    def passing(self) -> frozenset[str]:
        """Reasons for an error that may pass with this calendar."""
        return _SETTLING if self.is_new else frozenset()

    @property
    def tombstones(self) -> Tombstones:
        """What is remembered of deletions, to be changed in place."""
        return self.records.tombstones(self.calendar_id)

    def load(self) -> "LoadedCalendar":
        """All of the plan, without bounds in time: what the runner moved far away is found as well.

        Raises CalendarGone, AuthorisationNeeded, Unavailable.
        """
        known = self._known_ids()
        by_key: dict[str, list[Item]] = {}
        description = ""
        # One property filter: what several would mean is told in two ways. And it is checked again here.
        for page in self.pages_of(self.plan):
            description = str(page.get("description", ""))
            for item in self._items(page, known):
                by_key.setdefault(item.key, []).append(item)
        # A new generation begins where an id is dead. If the old one has come back all the same, it is one
        # event too many.
        ranked = [sorted(items, key=lambda item: item.generation) for items in by_key.values()]
        items = {items[-1].key: _counting(items) for items in ranked}
        surplus = tuple(
            item for found in ranked for item in found if item.stored and item is not items[item.key]
        )
        live = [item.stored for item in items.values() if item.stored]
        live.sort(key=lambda event: (event.span, event.key))
        restored = frozenset(key for key, item in items.items() if item.stored and item.is_withdrawn)
        # In a calendar that was not made for this plan; in its own there is nothing to look for.
        others = self._others() if not items and mark_of(self.plan) not in description else ()
        deleted = _deleted(items, self.tombstones)
        deleted_at = {key: items[key].was_at for key in deleted if key in items}
        known_at = {key: span for key, span in deleted_at.items() if span is not None}
        contents = Contents(tuple(live), deleted, restored, others, known_at)
        return LoadedCalendar(self, contents, items, surplus, self.client.events)

    def pages_of(self, plan: str) -> Iterator[Mapping[str, Any]]:
        """A plan's events, dead and alive, as Google lists them. Raises as load() does."""
        return self._pages(privateExtendedProperty=f"{resource.PLAN}={plan}", showDeleted=True)

    def _others(self) -> tuple[tuple[str, int], ...]:
        """How many events of other plans there are, by the plan's name."""
        plans = (resource.plan_of(entry) for page in self._pages() for entry in page.get("items", ()))
        return tuple(sorted(Counter(plan for plan in plans if plan is not None).items()))

    def _pages(self, **which: Any) -> Iterator[Mapping[str, Any]]:
        """Events as Google lists them. Raises CalendarGone, AuthorisationNeeded, Unavailable."""
        events = self.client.events
        request = events.list(calendarId=self.calendar_id, maxResults=_PAGE, **which)
        tokens = set()
        while request is not None:
            page = self._page(request)
            if (token := page.get("nextPageToken")) in tokens:
                raise TargetUnavailable(
                    f"{self.name}: Google's list of events has no end; nothing was changed"
                )
            tokens.add(token)
            yield page
            # A page may be short, or empty, and not the last.
            request = events.list_next(request, page)

    def _page(self, request: Request) -> Mapping[str, Any]:
        try:
            page = self.client.call(request, also=self.passing)
        except Refused as problem:
            if problem.failure.is_missing:
                raise CalendarGone(
                    f"{self.name}: the calendar {self.calendar_id} is not in Google any more, or closed to "
                    "this account. If you deleted it, `calsync push --create-calendar` makes a new one "
                    "(without a calendar_id in the config)"
                ) from problem
            raise problem.failure.error(f"the calendar of {self.name} can't be read") from problem
        if page.get("kind") != "calendar#events":
            # An error inside a success, or a proxy's idea of an answer: it says nothing of what is there.
            raise TargetUnavailable(f"{self.name}: Google's answer is no list of events; nothing was changed")
        if page.get("accessRole") in ("none", "freeBusyReader", "reader"):
            raise TargetUnavailable(
                f"{self.name}: calsync may read the calendar {self.calendar_id}, but not write to it; share "
                'it with "Make changes to events"'
            )
        return page

    def _items(self, page: Mapping[str, Any], known: Mapping[str, tuple[str, int]]) -> Iterator[Item]:
        zone = self._zone_of(page)
        for entry in page.get("items", ()):
            try:
                item = resource.parse_item(entry, self.plan, zone)
            except NotReadable as problem:
                raise TargetUnavailable(f"{self.name}: {problem}") from problem
            if item is None and entry.get("status") == "cancelled" and entry.get("id") in known:
                item = resource.bare_tombstone(entry, *known[entry["id"]])
            if item is not None:
                yield item

    def _known_ids(self) -> dict[str, tuple[str, int]]:
        """Of the tombstones that are remembered: key and generation, by the id."""
        found = {}
        for key in self.tombstones.keys:
            generation = self.tombstones.generation(key) or 0
            found[event_id(self.plan, key, generation)] = (key, generation)
        return found

    def _zone_of(self, page: Mapping[str, Any]) -> ZoneInfo:
        """The calendar's zone, which events of all day are in."""
        try:
            return ZoneInfo(page["timeZone"])
        except (KeyError, ValueError, OSError):
            return self.zone


def _counting(items: Sequence[Item]) -> Item:
    """Of what has a key's ids, by generation, that which counts: an older one if the runner took it back."""
    if items[-1].stored is None:
        return next((item for item in reversed(items) if item.stored and item.stored.is_restored), items[-1])
    return items[-1]


def _is_own(tombstone: Item, remembered: Tombstones) -> bool:
    """Whether calsync cancelled it. With neither mark nor record, the runner has deleted it."""
    if tombstone.is_withdrawn or tombstone.key in remembered.released:
        return True
    # Where a tombstone shows its properties and no mark is among them, the withdrawal that the record speaks
    # of was cut off before it came about. And what is known of an id says nothing of the one after it.
    return tombstone.is_bare and tombstone.generation <= remembered.cancelled.get(tombstone.key, -1)


def _deleted(items: Mapping[str, Item], remembered: Tombstones) -> frozenset[str]:
    """The keys that the runner deleted, as tombstones say or, where they have vanished, the records.

    A deletion counts for the key, also beside a tombstone of calsync's own that an earlier id has left.
    """
    dead = {key for key, item in items.items() if not item.stored and not _is_own(item, remembered)}
    return frozenset(
        dead
        | {
            key
            for key, generation in remembered.deleted.items()
            if (item := items.get(key)) is None or (not item.stored and item.generation < generation)
        }
    )


# --- writing ----------------------------------------------------------------------------------------------

_Answered = Callable[["_Step", Answer, "_Outcome"], None]


@dataclass(frozen=True, slots=True)
class _Step:
    """A request that a change needs, and what looks at its answer."""

    request: Request
    answered: _Answered
    change: Change
    generation: int

    @property
    def key(self) -> str:
        return self.change.key


@dataclass(slots=True)
class _Outcome:
    """What the answers of one apply() add up to; `next` are the requests that follow from them."""

    done: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)
    look_again: bool = False
    next: list[_Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LoadedCalendar:
    """A Google calendar as it was listed: by key, what has its id, dead or alive.

    `surplus` are live events of a generation that is over; `events` builds requests.
    """

    calendar: GoogleCalendar
    contents: Contents
    items: Mapping[str, Item]
    surplus: tuple[Item, ...]
    events: Any

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Send what the changes need, in batches, and no request if they need none.

        Raises Unavailable if the state folder can't be written before anything is sent. What can't be written
        there afterwards is one of the failures.
        """
        self._record(changes)
        applied = self._send(changes, now)
        records = self.calendar.records
        records.prune(now)
        try:
            records.save()
        except CalsyncError as problem:
            return replace(applied, failures=(*applied.failures, problem))
        return applied

    def of_plan(self, plan: str) -> int:
        return sum(entry.get("status") != "cancelled" for entry in self._entries_of(plan))

    def adopt(self, plan: str, now: datetime) -> int:
        """In place: what the runner moved, edited or deleted stays so."""
        calendar = self.calendar
        requests: dict[str, Request] = {}
        entries = self._entries_of(plan)
        for number, entry in enumerate(entries):
            request = requests[str(number)] = self.events.patch(
                calendarId=calendar.calendar_id,
                eventId=entry["id"],
                body=resource.adoption(entry, calendar.plan),
                sendUpdates="none",
            )
            request.headers["If-Match"] = str(entry.get("etag", "*"))
        answers = calendar.client.send(requests, also=calendar.passing)
        # A tombstone that can't be written to any more is none the worse for it.
        failures = [a for a in answers.values() if isinstance(a, Failure) and not a.is_missing]
        if failures:
            what = f'{counted(len(failures), "event")} of the plan "{plan}" could not be taken over'
            raise failures[0].error(f"{calendar.name}: {what}; run it again")
        return sum(entry.get("status") != "cancelled" for entry in entries)

    def _entries_of(self, plan: str) -> list[Mapping[str, Any]]:
        pages = self.calendar.pages_of(plan)
        entries = (entry for page in pages for entry in page.get("items", ()))
        return [entry for entry in entries if resource.plan_of(entry) == plan]

    def _record(self, changes: Sequence[Change]) -> None:
        """Keep in the state folder what tombstones say, and what they may soon have to say."""
        remembered = self.calendar.tombstones
        deleted = self.contents.deleted
        for key, item in self.items.items():
            if key in deleted:
                remembered.set_deleted(key, max(item.generation, remembered.deleted.get(key, 0)))
            elif item.stored:
                remembered.forget(key)
            elif item.is_withdrawn and key not in remembered.released:
                # Also where another machine did it: in a month the tombstone is gone, and the mark with it.
                remembered.cancelled[key] = max(item.generation, remembered.cancelled.get(key, 0))
        for change in changes:
            found = self.items.get(change.key)
            if change.action is Action.WITHDRAW and found:
                remembered.cancelled[change.key] = found.generation
            elif change.action is Action.RELEASE and change.key in deleted:
                generation = remembered.generation(change.key) or 0
                remembered.forget(change.key)
                remembered.released[change.key] = generation
        self.calendar.records.save()

    def _send(self, changes: Sequence[Change], now: datetime) -> Applied:
        outcome = _Outcome()
        steps = [step for change in changes if (step := self._step(change, now))]
        steps += [
            self._patch(item, resource.withdrawal(), self._tidied, Change(Action.WITHDRAW, item.key))
            for item in self.surplus
            if item.stored and item.stored.span.start > now
        ]
        while steps:
            requests = {str(number): step.request for number, step in enumerate(steps)}
            answers = self.calendar.client.send(requests, also=self.calendar.passing)
            for number, step in enumerate(steps):
                step.answered(step, answers[str(number)], outcome)
            steps, outcome.next = outcome.next, []
        true = tuple(change for change in changes if not change.writes or change.key in outcome.done)
        return Applied(true, outcome.look_again, self._errors(outcome.failures))

    def _step(self, change: Change, now: datetime) -> _Step | None:
        """The request that a change begins with."""
        item = self.items.get(change.key)
        match change.action:
            case Action.INSERT:
                if item is None:
                    return self._insert(change, self.calendar.tombstones.generation(change.key) or 0)
                return self._revive(change, item)
            case Action.UPDATE if item and change.wanted:
                body = resource.change(item, change.wanted, self.calendar.zone)
                return self._patch(item, body, self._patched, change)
            case Action.WITHDRAW if item:
                return self._patch(item, resource.withdrawal(), self._patched, change)
            case Action.RELEASE if item:
                return self._patch(item, resource.release(item), self._released, change)
            case Action.KEEP | Action.PIN if item and item.is_withdrawn and item.stored:
                if item.stored.span.start > now:
                    return self._patch(item, resource.brought_back(), self._tidied, change)
        return None

    def _insert(self, change: Change, generation: int) -> _Step:
        assert change.wanted is not None
        body = resource.new_event(change.wanted, self.calendar.plan, generation, self.calendar.zone)
        request = self.events.insert(calendarId=self.calendar.calendar_id, body=body, sendUpdates="none")
        return _Step(request, self._inserted, change, generation)

    def _revive(self, change: Change, tombstone: Item) -> _Step:
        assert change.wanted is not None
        body = resource.revival(change.wanted, self.calendar.plan, tombstone.generation, self.calendar.zone)
        return self._patch(tombstone, body, self._revived, change)

    def _get(self, change: Change, generation: int) -> _Step:
        request = self.events.get(
            calendarId=self.calendar.calendar_id, eventId=event_id(self.calendar.plan, change.key, generation)
        )
        return _Step(request, self._found, change, generation)

    def _patch(self, item: Item, body: dict[str, Any], answered: _Answered, change: Change) -> _Step:
        request = self.events.patch(
            calendarId=self.calendar.calendar_id, eventId=item.id, body=body, sendUpdates="none"
        )
        if item.etag:
            request.headers["If-Match"] = item.etag
        return _Step(request, answered, change, item.generation)

    # --- what the answers mean ----------------------------------------------------------------------------

    def _is_there(self, step: _Step, outcome: _Outcome) -> None:
        self.calendar.tombstones.forget(step.key)
        outcome.done.add(step.key)

    def _inserted(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        if not isinstance(answer, Failure):
            self._is_there(step, outcome)
        elif answer.status == 409:
            # The id is taken: by the event itself, if the list is behind or the answer to an earlier try was
            # lost; or by its tombstone.
            outcome.next.append(self._get(step.change, step.generation))
        else:
            outcome.failures[step.key] = answer

    def _found(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        """What holds the id of an event that could not be inserted."""
        remembered = self.calendar.tombstones
        if isinstance(answer, Failure):
            if not answer.is_missing:
                outcome.failures[step.key] = answer
            elif step.key in remembered.released or step.generation <= remembered.cancelled.get(step.key, -1):
                self._next_generation(step, outcome)
            else:
                remembered.set_deleted(step.key, step.generation)
                outcome.look_again = True
            return
        item = resource.parse_item(answer, self.calendar.plan, self.calendar.zone)
        if answer.get("status") != "cancelled":
            if item is not None:
                outcome.look_again = True
            else:
                self._next_generation(step, outcome)
            return
        tombstone = item or resource.bare_tombstone(answer, step.key, step.generation)
        if _is_own(tombstone, remembered):
            outcome.next.append(self._revive(step.change, tombstone))
        else:
            remembered.set_deleted(step.key, step.generation)
            outcome.look_again = True

    def _revived(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        if not isinstance(answer, Failure):
            self._is_there(step, outcome)
        elif answer.status == 412:
            outcome.look_again = True
        elif answer.is_final or answer.is_passing:
            outcome.failures[step.key] = answer
        else:
            # This server does not let a deleted event come back.
            self._next_generation(step, outcome)

    def _next_generation(self, step: _Step, outcome: _Outcome) -> None:
        if step.generation >= _GENERATIONS:
            outcome.failures[step.key] = Failure(409, "duplicate", "all of its ids are taken")
        else:
            outcome.next.append(self._insert(step.change, step.generation + 1))

    def _patched(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        is_withdrawal = step.change.action is Action.WITHDRAW
        if is_withdrawal and isinstance(answer, Failure) and answer.is_certain and not answer.is_missing:
            # It did not come about, so it is the runner who deletes the event now.
            self.calendar.tombstones.cancelled.pop(step.key, None)
        if not isinstance(answer, Failure) or (is_withdrawal and answer.is_missing):
            outcome.done.add(step.key)
        elif answer.status == 412 or answer.is_missing:
            outcome.look_again = True
        else:
            # 403 is also what some get for an event that has been deleted meanwhile.
            outcome.look_again |= answer.reason == "forbidden"
            outcome.failures[step.key] = answer

    def _released(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        item = self.items[step.key]
        is_refused = isinstance(answer, Failure) and answer.is_certain and not answer.is_final
        if not isinstance(answer, Failure) or (item.stored is None and is_refused):
            # A tombstone that can't be written to: the record in the state folder says the same.
            outcome.done.add(step.key)
        elif answer.status == 412:
            outcome.look_again = True
        else:
            outcome.failures[step.key] = answer

    def _tidied(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        """Nothing depends on it, and the next push tries again."""

    def _errors(self, failures: Mapping[str, Failure]) -> tuple[CalsyncError, ...]:
        """One error for each reason, not for each event."""
        name = self.calendar.name
        return tuple(
            failure.error(f"{name}: {events} could not be written") for failure, events in by_reason(failures)
        )


# --- creating ---------------------------------------------------------------------------------------------

# "Sage" of the 24 colours that calendars can have (colors.get; those of events are others).
_COLOUR = "8"


def maybe_created(title: str, since: datetime) -> str:
    return (
        f'the creation of "{title}" was interrupted on {since:%Y-%m-%d %H:%M} UTC, and the calendar may be '
        "there. Look for it in Google Calendar. If it is, copy its id from its settings into the config, as "
        "calendar_id; if not, run `calsync push --create-calendar`"
    )


def create_calendar(
    client: Client, records: Records, target: GoogleTarget, plan: str, zone: ZoneInfo, now: datetime
) -> str:
    """The id of a new calendar for `target`. Raises AuthorisationNeeded or Unavailable."""
    client.prepare()
    name, title = target.name, target.calendar
    records.begin_creation(name, now)
    body = {"summary": title, "description": marker(plan), "timeZone": zone.key}
    try:
        created = client.call_once(client.service.calendars().insert(body=body))
    except Refused as problem:
        failure = problem.failure
        if failure.is_certain:
            records.end_creation(name, None)
            raise failure.error(f'the calendar "{title}" could not be created') from problem
        records.tell_of_creation(name)
        raise Unavailable(f"{name}: {maybe_created(title, now)} ({failure})") from problem
    except CalsyncError:
        # There is no access any more, so Google has said no.
        records.end_creation(name, None)
        raise
    calendar_id = str(created["id"])
    records.end_creation(name, calendar_id)
    _colour(client, calendar_id)
    return calendar_id


def _colour(client: Client, calendar_id: str) -> None:
    """The colour belongs to the runner's own list of calendars. Nothing is lost without it."""
    body: dict[str, Any] = {"colorId": _COLOUR}
    try:
        client.call(client.service.calendarList().patch(calendarId=calendar_id, body=body), also=_SETTLING)
    except Refused:
        return
