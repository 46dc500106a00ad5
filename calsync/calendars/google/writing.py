"""From a list of changes to requests, and from their answers to what came about.

Decides what becomes of each change when Google is not as it was when the calendar was read. What an event
looks like is decided in resource.py, what is tried again in client.py.

An event's owner may be at work at the same time: every patch carries the ETag that was seen (If-Match), and
where something is not as it was loaded, nothing is done but to say so (Applied.look_again). An insert can't
be made conditional; but its id is the key's, so that it never makes a second event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calsync.calendars.google import resource
from calsync.calendars.google.client import Answer, Client, Request
from calsync.calendars.google.failures import Failure
from calsync.calendars.google.listing import Held, is_own
from calsync.calendars.google.records import Records
from calsync.calendars.google.resource import Item, event_id
from calsync.errors import CalsyncError
from calsync.sync.changes import Action, Applied, Change

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
