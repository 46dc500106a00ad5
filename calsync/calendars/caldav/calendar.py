"""A CalDAV calendar that calsync writes to: reading it, and writing a list of changes to it.

The runner may be at work in it at the same time. So every write says what it expects to find (If-Match, or
If-None-Match for what is new), and where something is not as it was read, nothing is done but to say so
(Applied.look_again). What is deleted leaves no trace here: that the runner did it follows from the record of
what calsync has written, which the state folder keeps.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from calsync.calendars import by_reason
from calsync.calendars.caldav import listing, resource
from calsync.calendars.caldav.client import Answer, Client, Failure, Refused, Request, strong
from calsync.calendars.caldav.discovery import calendar_at
from calsync.calendars.caldav.lines import uid_of
from calsync.calendars.caldav.messages import path_of
from calsync.calendars.caldav.remembered import Records
from calsync.calendars.caldav.resource import AsWritten, Item, NotReadable
from calsync.errors import CalsyncError, TargetUnavailable
from calsync.event import (
    Action,
    Applied,
    Change,
    Contents,
    in_words,
    key_of_uid,
    plan_of_uid,
)
from calsync.records import CaldavCopy, CaldavEvent, CaldavObject
from calsync.timespan import Timespan
from calsync.words import counted, one_line


class CalendarGone(TargetUnavailable):
    """There is no calendar at this address any more."""


# --- reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaldavCalendar:
    """The calendar at the address `url` for the plan `plan`, with times in `zone`.

    `name` is the target's, for messages. `is_neutral`: the UIDs in it don't say what their events are.
    """

    name: str
    client: Client
    url: str
    plan: str
    zone: ZoneInfo
    records: Records
    is_neutral: bool = field(default=False, kw_only=True)

    @property
    def remembered(self) -> dict[str, CaldavEvent]:
        return self.records.events(self.url)

    def load(self) -> "LoadedCalendar":
        """All of the plan, without bounds in time: what the runner moved far away is found as well.

        Raises CalendarGone, AuthorisationNeeded, Unavailable.
        """
        before = self.records.state.caldav_copy(self.url)
        copy = self._read(before)
        known = self.remembered
        candidates = list(self._items(copy))
        items = {item.key: item for item in sorted(candidates, key=self._rank, reverse=True)}
        # The copy stays what the list said: with its token, and so with what is said to have changed since.
        items = self._looked_at(items)
        if copy != before:
            self.records.state.save_caldav_copy(self.url, copy)
        cancelled = {key: item for key, item in items.items() if item.is_cancelled}
        items = {key: item for key, item in items.items() if not item.is_cancelled}
        restored = frozenset(key for key in items if key in known and known[key].state == "withdrawn")
        live = sorted((item.stored for item in items.values()), key=lambda event: (event.span, event.key))
        gone = {key: one for key, one in known.items() if key not in items and key not in cancelled}
        vanished = frozenset(key for key, one in gone.items() if one.is_there)
        deleted = vanished | cancelled.keys() | {key for key, one in gone.items() if one.state == "deleted"}
        deleted_at = {key: Timespan(*known[key].at) for key in deleted - cancelled.keys()}
        deleted_at |= {key: item.stored.span for key, item in cancelled.items()}
        others = () if items or known or cancelled else self._others(copy)
        surplus = tuple(
            one
            for one in candidates
            if one is not items.get(one.key) and one.uid != self._uid(one.key) and not one.is_cancelled
        )
        contents = Contents(tuple(live), deleted, restored, others, deleted_at, vanished)
        return LoadedCalendar(self, contents, items, cancelled, surplus, copy)

    def _read(self, copy: CaldavCopy | None) -> CaldavCopy:
        try:
            return listing.read(self.client, self.url, copy)
        except listing.NotOurs as problem:
            raise TargetUnavailable(f"{self.name}: its calendar can't be used: {problem}") from problem
        except Refused as problem:
            if problem.failure.is_missing:
                raise CalendarGone(
                    f"{self.name}: the calendar is not at its address any more, or closed to this account. "
                    "If you deleted it, `calsync push --create-calendar` makes a new one; a calendar_url in "
                    "the config has to be taken out first"
                ) from problem
            raise self._unreadable(problem) from problem

    def _unreadable(self, problem: Refused) -> CalsyncError:
        return problem.failure.error(f"{self.name}: its calendar can't be read")

    def _items(self, copy: CaldavCopy) -> Iterator[Item]:
        for _, one in listing.of_calsync(copy.objects):
            if item := self._item(one):
                yield item

    def _item(self, one: CaldavObject, plan: str = "") -> Item | None:
        """Raises TargetUnavailable."""
        plan = plan or self.plan
        key = key_of_uid(uid_of(one.text), plan) or ""
        known = self.remembered.get(key)
        written = AsWritten(known.properties, known.coming, known.rewritten) if known else resource.NOTHING
        try:
            # Its host is that of the calendar, which is not always the one that people sign in to (iCloud).
            href = self.client.address(one.href, self.url)
            item = resource.parse_item(href, one.etag, one.text, plan, self.zone, written)
        except Refused as problem:
            raise self._unreadable(problem) from problem
        except NotReadable as problem:
            message = f"{self.name}: {in_words(key)} can't be read: {problem}. Delete it in the calendar"
            raise TargetUnavailable(message) from problem
        if item and known and known.state in ("withdrawn", "restored"):
            return replace(item, stored=replace(item.stored, is_restored=True))
        return item

    def _uid(self, key: str) -> str:
        return resource.plan_uid(key, self.plan, is_neutral=self.is_neutral)

    def _rank(self, item: Item) -> tuple[bool, bool, str]:
        """Of several with one key, which servers should not allow: the one that is known comes first."""
        known = self.remembered.get(item.key)
        is_known = known is not None and path_of(known.href) == path_of(item.href)
        return (item.uid != self._uid(item.key), not is_known, item.href)

    def _looked_at(self, items: dict[str, Item]) -> dict[str, Item]:
        """What a list says of events that came or went without calsync is looked at in their own places.

        Some servers list from an index that is minutes behind: what was just written would be missing, and
        nobody would have deleted it; what was just withdrawn would be there, and nobody would have brought
        it back. And what a push has created that was killed then would be created again, over what the
        runner has made of it: some ignore If-None-Match. Raises AuthorisationNeeded, Unavailable.
        """
        known = self.remembered
        doubtful = {
            key: one.href
            for key, one in known.items()
            if (one.is_there or one.state == "coming") and key not in items
        }
        doubtful |= {
            key: item.href
            for key, item in items.items()
            if key in known and known[key].state in ("leaving", "withdrawn")
        }
        doubtful = {key: href for key, href in doubtful.items() if href}
        if not doubtful:
            return items
        try:
            found = listing.each_at(self.client, self.url, tuple(doubtful.values()))
        except Refused as problem:
            raise self._unreadable(problem) from problem
        items = dict(items)
        for key, href in doubtful.items():
            one = found.get(href)
            if one is None:
                items.pop(key, None)
            elif key not in items and (item := self._item(one)) and item.key == key:
                items[key] = item
        return items

    def _others(self, copy: CaldavCopy) -> tuple[tuple[str, int], ...]:
        """How many events of other plans there are, by the plan's name."""
        plans = (plan_of_uid(uid_of(one.text)) for _, one in listing.of_calsync(copy.objects))
        return tuple(sorted(Counter(plan for plan in plans if plan is not None).items()))


# --- writing ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """A request that a change needs; `sent` is the object in it, `then` what follows if it succeeds.

    `item` is the event that it changes or deletes.
    """

    change: Change
    request: Request
    item: Item | None = None
    sent: str = ""
    then: "_Step | None" = None

    @property
    def key(self) -> str:
        return self.change.key

    @property
    def uid(self) -> str:
        return uid_of(self.sent)


def _named(uid: str) -> str:
    """The name of a new object, without its ending."""
    # No "@": servers write it in two ways.
    return uid.replace("@", ".")


@dataclass(slots=True)
class _Outcome:
    """What the answers of one apply() add up to."""

    done: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)
    look_again: bool = False
    next: list[_Step] = field(default_factory=list)
    put: list[tuple[_Step, str]] = field(default_factory=list)
    """What was written, each with the ETag that it got."""
    gone: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LoadedCalendar:
    """A CalDAV calendar as it was read: the plan's events by key.

    `cancelled` are those that the runner called off and that are there all the same: they count as deleted.
    `surplus` are events of ours under the other form of their UID, which a change of `detail` has left.
    """

    calendar: CaldavCalendar
    contents: Contents
    items: Mapping[str, Item]
    cancelled: Mapping[str, Item]
    surplus: tuple[Item, ...]
    copy: CaldavCopy

    def apply(self, changes: Sequence[Change], now: datetime) -> Applied:
        """Send what the changes need, several at a time, and no request if they need none.

        Raises Unavailable if the state folder can't be written before anything is sent. What can't be written
        there afterwards is one of the failures.
        """
        records = self.calendar.records
        steps = list(self._steps(changes, now))
        self._record(changes, steps)
        outcome = self._send(steps)
        # What needs no request is true at once.
        outcome.done |= {change.key for change in changes if change.writes} - {step.key for step in steps}
        self._keep(outcome)
        records.prune(now)
        failures = self._errors(outcome.failures)
        try:
            records.save()
        except CalsyncError as problem:
            failures = (*failures, problem)
        true = tuple(change for change in changes if not change.writes or change.key in outcome.done)
        return Applied(true, outcome.look_again, failures)

    def of_plan(self, plan: str) -> int:
        return len(self._objects_of(plan))

    def adopt(self, plan: str, now: datetime) -> int:
        """Under their new UIDs, all else stays as it was."""
        calendar = self.calendar
        found = self._objects_of(plan)
        steps: list[tuple[Request | None, Request]] = []
        taken = set(self.copy.objects)
        # An earlier try was cut off: the new one may be there already, or the old one gone.
        there = {uid_of(one.text) for _, one in listing.of_calsync(self.copy.objects)}
        for one in found:
            item = calendar._item(one, plan)
            if item is None:
                continue
            uid = calendar._uid(item.key)
            text = resource.adoption(item, calendar.plan, calendar.zone, now, is_neutral=calendar.is_neutral)
            put = None if uid in there else Request.put(self._new_href(uid, taken), text.encode(), None)
            steps.append((put, Request.delete(item.href, item.etag)))
        for which in (0, 1):
            requests = {str(number): request for number, step in enumerate(steps) if (request := step[which])}
            answers = calendar.client.send(requests)
            failures = [
                a
                for a in answers.values()
                if isinstance(a, Failure) and not (a.is_missing if which else a.has_changed)
            ]
            if failures:
                what = f'{counted(len(failures), "event")} of the plan "{plan}" could not be taken over'
                raise failures[0].error(f"{calendar.name}: {what}; run it again")
        return len(found)

    def _objects_of(self, plan: str) -> list[CaldavObject]:
        objects = (one for _, one in listing.of_calsync(self.copy.objects))
        return [one for one in objects if key_of_uid(uid_of(one.text), plan) is not None]

    # --- what is remembered -------------------------------------------------------------------------------

    def _record(self, changes: Sequence[Change], steps: Sequence[_Step]) -> None:
        """Keep in the state folder what the calendar can't tell later, and what it may soon have to tell."""
        known, deleted = self.calendar.remembered, self.contents.deleted
        for key, item in self.items.items():
            before = known.get(key)
            is_restored = before is not None and before.state in ("withdrawn", "restored")
            known[key] = CaldavEvent(
                (item.stored.span.start, item.stored.span.end),
                item.href,
                "restored" if is_restored else "there",
                dict(item.written.properties),
                dict(item.written.rewritten),
            )
        for key in [*known]:
            if key in deleted:
                known[key] = msgspec.structs.replace(known[key], href="", state="deleted", coming={})
            elif key not in self.items and known[key].state == "coming":
                del known[key]
            elif key not in self.items:
                known[key] = msgspec.structs.replace(known[key], state="withdrawn", coming={})
        for change in changes:
            if change.action is Action.WITHDRAW and change.key in self.items:
                known[change.key].state = "leaving"
            elif change.action is Action.RELEASE:
                if change.key in deleted:
                    known.pop(change.key, None)
                elif change.key in self.items:
                    known[change.key].state = "there"
        for step in steps:
            if step.sent:
                span = self._span(step)
                one = known.setdefault(step.key, CaldavEvent((span.start, span.end), state="coming"))
                if not one.is_there:
                    one.state, one.href = "coming", step.request.url
                one.coming = resource.properties_in(step.sent)
        self.calendar.records.save()

    def _span(self, step: _Step) -> Timespan:
        """Where the event is that a step writes."""
        wanted = step.change.wanted
        if wanted is None or step.change.action is Action.RELEASE:
            return self.items[step.key].stored.span
        return wanted.span

    def _keep(self, outcome: _Outcome) -> None:
        """Keep what was written, as the server has it now."""
        if not outcome.put and not outcome.gone:
            return
        calendar = self.calendar
        objects = dict(self.copy.objects)
        for href in (*outcome.gone, *(step.request.url for step, _ in outcome.put)):
            objects.pop(path_of(href), None)
        copy = CaldavCopy(self.copy.token, self.copy.can_sync, objects)
        with suppress(Refused, listing.NotOurs, NotReadable):
            # What the server made of it, and the token of that: the one from before the changes may be that
            # of a later state, too (Xandikos: once what was written is deleted again). Without an answer the
            # next push asks.
            copy = listing.read(calendar.client, calendar.url, copy)
            there = {uid_of(one.text): one for _, one in listing.of_calsync(copy.objects)}
            # A list that is behind lacks it, or says of it what it said before.
            missing = [
                step.request.url
                for step, _ in outcome.put
                if (got := there.get(step.uid)) is None or got == self.copy.objects.get(path_of(got.href))
            ]
            if missing:
                # Not into the copy, whose token is of a state without them.
                found = listing.with_read(calendar.client, calendar.url, copy, missing)
                there = {uid_of(one.text): one for _, one in listing.of_calsync(found.objects)}
            # Whether the server calls what is new as it was called here, as far as anything shows.
            keeps_names = any(_named(uid) in path_of(one.href) for uid, one in there.items())
            for step, etag in outcome.put:
                if got := there.get(step.uid):
                    self._compare(step, etag, got)
                elif not keeps_names and (known := calendar.remembered.get(step.key)):
                    # It is called otherwise there, and no list has it yet. (Else the runner has deleted it.)
                    known.href, known.state, known.coming = "", "coming", known.properties
        calendar.records.state.save_caldav_copy(calendar.url, copy)

    def _compare(self, step: _Step, etag: str, got: CaldavObject) -> None:
        """Remember where the server has an event, and what it has made of it. Raises NotReadable."""
        known = self.calendar.remembered.get(step.key)
        if known is None:
            return
        known.href = got.href
        # With another ETag it is somebody else who has changed it since.
        if etag and got.etag and strong(etag) != strong(got.etag):
            return
        known.rewritten = resource.rewritten_by_server(
            step.sent, got.text, self.calendar.zone, known.rewritten
        )

    # --- requests -----------------------------------------------------------------------------------------

    def _steps(self, changes: Sequence[Change], now: datetime) -> Iterator[_Step]:
        taken = set(self.copy.objects)
        for change in changes:
            if step := self._step(change, now, taken):
                yield step
        for item in self.surplus:
            if item.stored.span.start > now:
                yield self._delete(Change(Action.KEEP, item.key), item)

    def _send(self, steps: Sequence[_Step]) -> _Outcome:
        outcome = _Outcome()
        while steps:
            steps = self._checked(steps, outcome)
            answers = self.calendar.client.send(
                {str(number): step.request for number, step in enumerate(steps)}
            )
            for number, step in enumerate(steps):
                self._answered(step, answers[str(number)], outcome)
            steps, outcome.next = outcome.next, []
        return outcome

    def _checked(self, steps: Sequence[_Step], outcome: _Outcome) -> Sequence[_Step]:
        """Those that can be taken. An event of which no list gave an ETag is looked at right before it is
        changed: nothing else keeps what the runner has made of it meanwhile."""
        blind = {str(number): step for number, step in enumerate(steps) if step.item and not step.item.etag}
        if not blind:
            return steps
        answers = self.calendar.client.send(
            {name: Request("GET", step.request.url) for name, step in blind.items()}
        )
        found = [step for step in steps if not (step.item and not step.item.etag)]
        for name, step in blind.items():
            answer = answers[name]
            if isinstance(answer, Failure):
                self._answered(step, answer, outcome)
            elif step.item and not resource.is_same(answer.body.decode("utf-8", "replace"), step.item.text):
                self._answered(step, Failure(412, "it has changed"), outcome)
            else:
                found.append(replace(step, request=step.request.expecting(answer.etag)))
        return found

    def _step(self, change: Change, now: datetime, taken: set[str]) -> _Step | None:
        """The request that a change begins with."""
        calendar, item = self.calendar, self.items.get(change.key)
        wanted = change.wanted
        match change.action:
            case Action.INSERT if wanted:
                return self._insert(change, now, taken)
            case Action.UPDATE if item and wanted:
                if item.uid != calendar._uid(item.key):
                    # A UID can't change: `detail` has, so the event makes way for another.
                    gone = self._delete(Change(Action.KEEP, item.key), item)
                    return replace(self._insert(change, now, taken), then=gone)
                return self._put(
                    change, item, resource.change(item, wanted, calendar.plan, calendar.zone, now)
                )
            case Action.WITHDRAW if item:
                return self._delete(change, item)
            case Action.RELEASE if change.key in self.cancelled:
                # What is called off makes way for what the next round writes.
                return self._delete(change, self.cancelled[change.key])
            case Action.RELEASE if item and item.stored.was_moved:
                return self._put(change, item, resource.release(item, calendar.plan, calendar.zone, now))
        return None

    def _insert(self, change: Change, now: datetime, taken: set[str]) -> _Step:
        calendar = self.calendar
        assert change.wanted is not None
        text = resource.new_object(
            change.wanted, calendar.plan, calendar.zone, now, is_neutral=calendar.is_neutral
        )
        href = self._new_href(calendar._uid(change.key), taken)
        return _Step(change, Request.put(href, text.encode(), None), sent=text)

    @staticmethod
    def _put(change: Change, item: Item, text: str) -> _Step:
        return _Step(change, Request.put(item.href, text.encode(), item.etag), item, text)

    @staticmethod
    def _delete(change: Change, item: Item) -> _Step:
        return _Step(change, Request.delete(item.href, item.etag), item)

    def _new_href(self, uid: str, taken: set[str]) -> str:
        """The same for a UID whenever it is asked for, unless something else is there."""
        name = _named(uid)
        number = 0
        while True:
            href = f"{self.calendar.url.rstrip('/')}/{name}{f'-{number}' if number else ''}.ics"
            if path_of(href) not in taken:
                taken.add(path_of(href))
                return href
            number += 1

    # --- what the answers mean ----------------------------------------------------------------------------

    def _answered(self, step: _Step, answer: Answer | Failure, outcome: _Outcome) -> None:
        if step.request.method == "DELETE":
            self._deleted(step, answer, outcome)
        elif not isinstance(answer, Failure):
            self._written(step, answer, outcome)
        elif answer.has_changed or (answer.is_missing and step.change.action is not Action.INSERT):
            if answer.is_uid_taken:
                outcome.failures[step.key] = answer
            known = self.calendar.remembered.get(step.key)
            if known and known.state == "coming" and known.properties and not answer.is_repeated:
                # It had been withdrawn, and it is the runner who has brought it back meanwhile.
                known.state, known.coming = "withdrawn", {}
            # What another calendar has is seen there by nobody who looks again here.
            outcome.look_again |= not (answer.is_uid_taken and self._is_elsewhere(answer.href))
        else:
            # Also if it was written all the same: the next push finds it, and sees that it is right.
            outcome.failures[step.key] = answer

    def _written(self, step: _Step, answer: Answer, outcome: _Outcome) -> None:
        known = self.calendar.remembered
        before, span = known.get(step.key), self._span(step)
        known[step.key] = CaldavEvent(
            (span.start, span.end),
            step.request.url,
            "restored" if before is not None and before.state == "restored" else "there",
            resource.properties_in(step.sent),
            before.rewritten if before else {},
        )
        outcome.done.add(step.key)
        outcome.put.append((step, answer.etag))
        if step.then:
            outcome.next.append(step.then)

    def _deleted(self, step: _Step, answer: Answer | Failure, outcome: _Outcome) -> None:
        is_withdrawal = step.change.action is Action.WITHDRAW
        known = self.calendar.remembered.get(step.key)
        # What is gone before calsync has tried to delete it was deleted by the runner.
        is_runners = (
            is_withdrawal and isinstance(answer, Failure) and answer.is_missing and not answer.is_repeated
        )
        if not isinstance(answer, Failure) or (answer.is_missing and not is_runners):
            outcome.gone.append(step.request.url)
            outcome.done.add(step.key)
            if is_withdrawal and known:
                # What was written stays known, for what is brought back where a server drops that.
                known.state = "withdrawn"
            return
        if is_withdrawal and known and answer.is_certain:
            # It did not come about, so it is the runner who deletes the event now.
            item = self.items[step.key]
            known.state = "restored" if item.stored.is_restored else "there"
        if answer.has_changed or is_runners:
            outcome.look_again = True
        elif step.change.action is not Action.KEEP:
            outcome.failures[step.key] = answer

    def _is_elsewhere(self, href: str) -> bool:
        """Whether the server has named an event that is in another calendar."""
        try:
            return bool(href) and not path_of(href).startswith(f"{path_of(self.calendar.url).rstrip('/')}/")
        except ValueError:
            return False

    def _taken(self, folder: str) -> str:
        """That the server has it already, in the calendar at `folder`; empty if it doesn't say where."""
        calendar, where = self.calendar, "in another calendar of the account, or in its bin"
        with suppress(Refused):
            if folder and (
                name := calendar_at(calendar.client, calendar.client.address(folder, calendar.url)).name
            ):
                where = f'in your calendar "{one_line(name)}"'
        return (
            f"the same is {where} already, and this server takes an event only once. If you moved it there, "
            "move it back or delete it there; two targets of one plan need an account each"
        )

    def _errors(self, failures: Mapping[str, Failure]) -> tuple[CalsyncError, ...]:
        """One error for each reason, not for each event."""
        name = self.calendar.name
        told: dict[str, Failure] = {}
        taken: dict[str, str] = {}
        for key, one in failures.items():
            message = one.message
            if one.is_uid_taken:
                folder = f"{one.href.rpartition('/')[0]}/" if self._is_elsewhere(one.href) else ""
                message = taken[folder] = taken.get(folder) or self._taken(folder)
            told[key] = Failure(one.status, message, reason=one.reason, of_all=one.of_all)
        return tuple(
            failure.error(f"{name}: {events} could not be written") for failure, events in by_reason(told)
        )
