"""What a calendar of calsync's may and may not be, written from the contract and from what the runner did.

Every write to the calendar is looked at, the moment it takes effect: who made it, what the event was before,
and whether the contract's table lets calsync do that to it. Knows nothing of calsync's code. What calsync
last wrote is what came in its requests; what the runner did is what differs from it.

Where nobody could know better, the model says UNCLEAR and lets calsync decide either way:

- The owner deletes an event that still carries calsync's mark (calsync withdrew it, she brought it back, and
  no push has seen it since). The tombstone says that it was calsync; only she knows that it was not.
- A tombstone shows nothing but its id, and a push that may have been about to withdraw the event was
  killed, or got no clear answer. It has written down that it was about to ("which events calsync
  cancelled"); whether it came to that, or she deleted the event afterwards, is told by the mark alone, which
  can't be seen.
- The same tombstone, and a list that is behind: it shows the event alive and without mark, as it would if
  the withdrawal had never come about.
- She deleted it, and the tombstone vanished before calsync had a chance to see it, or calsync's copy of what
  it said went with the state folder.
- The state folder is lost, and a tombstone without a mark to be seen was calsync's: "with neither mark nor
  record a tombstone is the owner's".
- A key has several ids (the first is dead), and she brings an old one back: there are two of one key, both
  derived from it, and calsync has to part with one.
- She takes an event out of the bin, and it is not known whether a push has written down before that it
  carried out what `calsync skip` had said of it.
- `calsync release` did not come to its end; or it took back what `calsync skip` had said, and there is a
  deletion as well that no list has shown so far, as a tombstone that shows only its id is in none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from tests.googleserver.exchange import Logged
from tests.googleserver.server import GoogleServer
from tests.googleserver.store import Event

Span = tuple[datetime, datetime]

# What calsync writes and a person can edit. All else of an event is never calsync's to change.
TEXTS = ("summary", "description", "reminders")
_CALSYNCS = {*TEXTS, "start", "end", "status", "extendedProperties", "etag", "updated", "sequence"}
_INSTANT = "%Y-%m-%dT%H:%M"


class Deletion(Enum):
    NONE = "not deleted by the runner"
    OWNER = "deleted by the runner"
    UNCLEAR = "nobody can tell who deleted it"


@dataclass
class Own:
    """An event that calsync inserted. `texts` and `written` are what it last wrote, as the server kept it."""

    id: str
    key: str
    written: Span
    texts: dict[str, Any]
    mark: dict[str, str] = field(default_factory=dict)
    """The private properties that came with its withdrawal."""


@dataclass
class Move:
    """What `calsync move` said: where to; where the event stood then; whether a push has brought it there."""

    to: datetime
    stood: Span | None
    brought: bool = False


def is_live(event: Event | None) -> bool:
    return event is not None and event["status"] != "cancelled"


def private(event: Event) -> dict[str, str]:
    found: dict[str, str] = event.get("extendedProperties", {}).get("private", {})
    return found


class Model:
    def __init__(self, google: GoogleServer, calendar_id: str, now: datetime) -> None:
        self.google = google
        self.calendar = google.calendars[calendar_id]
        self.now = now
        self.own: dict[str, Own] = {}
        self.foreign: dict[str, Event] = {}
        self.deletions: dict[str, Deletion] = {}
        self.skips: set[str] = set()
        self.moves: dict[str, Move] = {}
        """What `calsync skip` and `calsync move` said, and `release` did not take back."""
        self.carried_out: set[str] = set()
        """Skips that a push has brought to the calendar: they end where she takes the event back."""
        self.half_carried: set[str] = set()
        """Skips that a push may have brought there, and may not have written that down."""
        self.pins: dict[str, Span] = {}
        """Where the owner dragged an event, by its id; to its written place is no drag."""
        self.restored: set[str] = set()
        """What calsync withdrew and the runner took out of the bin, by its id: it stays."""
        self.releasing = False
        self.refused: set[str] = set()
        """Keys whose insert was answered with "duplicate" in this push: it has seen their tombstones then."""
        self.purged_at = 0
        """The number of changes when the bin was last emptied."""
        self.wrong: list[str] = []
        self._cursor = len(self.calendar.changes)
        self.seen: set[str] = set()
        """Deletions by the owner that calsync must have seen."""
        self._doubtful: set[str] = set()
        """Events that a push may have been about to withdraw when it was killed."""
        self._vanished: set[str] = set()
        """Keys whose ids are dead for ever."""
        self._unrecorded: set[str] = set()
        """Keys that calsync withdrew, as only their tombstones can tell since its state folder was lost."""
        self._listed: set[str] = set()
        """Keys whose tombstones the last list has shown."""

    @property
    def hides_marks(self) -> bool:
        return self.google.switches.tombstones != "full"

    @property
    def lists_deletions(self) -> bool:
        """Whether a list of the calendar tells what was deleted."""
        return not self.hides_marks

    # --- what there is ------------------------------------------------------------------------------------

    def live(self) -> list[tuple[Own, Event]]:
        events = self.calendar.events
        return [(own, events[own.id]) for own in self.own.values() if is_live(events.get(own.id))]

    def upcoming(self) -> list[tuple[Own, Event]]:
        return [(own, event) for own, event in self.live() if self.span(event)[0] > self.now]

    def deletion(self, key: str) -> Deletion:
        return self.deletions.get(key, Deletion.NONE)

    def span(self, event: Event) -> Span:
        start, end = (self._instant(event[which]) for which in ("start", "end"))
        return start, end

    def _instant(self, value: dict[str, str]) -> datetime:
        if text := value.get("dateTime"):
            return datetime.fromisoformat(text).astimezone(UTC)
        day, zone = date.fromisoformat(value["date"]), ZoneInfo(self.calendar.time_zone)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)

    def is_moved(self, own: Own, event: Event) -> bool:
        """Start or end differs from what was written. One that repeats is no longer what was written, too."""
        return self.span(event) != own.written or "recurrence" in event

    def open_move(self, own: Own, event: Event) -> datetime | None:
        """Where `calsync move` wants an event, unless the runner has dragged it since.

        Back to where it stood is no drag; and one that repeats is no longer calsync's to move.
        """
        move = self.moves.get(own.key)
        if move is None or "recurrence" in event:
            return None
        dragged = self.is_moved(own, event) and (move.brought or self.span(event) != move.stood)
        return None if dragged else move.to

    def edited(self, own: Own, event: Event) -> set[str]:
        return {name for name in TEXTS if event.get(name) != own.texts.get(name)}

    def _may_be_skipped(self, key: str) -> bool:
        return self.deletion(key) is Deletion.UNCLEAR

    def is_surplus(self, own: Own) -> bool:
        """An id of a key that has got another one since."""
        return [other.id for other in self.own.values() if other.key == own.key][-1] != own.id

    # --- what the owner does ------------------------------------------------------------------------------

    def by_person(self, act: Callable[[], object]) -> None:
        self.expect_nothing_new()
        act()
        for event_id, before in self.calendar.changes[self._cursor :]:
            after = self.calendar.events.get(event_id)
            own = self.own.get(event_id)
            if own and before and after:
                self._person_changed(own, before, after)
        self._cursor = len(self.calendar.changes)
        self.foreign = self._all_foreign()

    def _all_foreign(self) -> dict[str, Event]:
        return {key: event for key, event in self.calendar.events.items() if key not in self.own}

    def _person_changed(self, own: Own, before: Event, after: Event) -> None:
        key = own.key
        if is_live(before) != is_live(after):
            self.seen.discard(key)
            sibling_lives = any(other.key == key and other is not own for other, _ in self.live())
            if self.is_surplus(own):
                if not sibling_lives:
                    self.deletions[key] = Deletion.UNCLEAR
            elif is_live(after):
                self.deletions[key] = Deletion.NONE
            else:
                marked = own.mark and own.mark.items() <= private(before).items()
                unclear = marked or key in self._doubtful or sibling_lives
                self.deletions[key] = Deletion.UNCLEAR if unclear else Deletion.OWNER
            self._person_restored(own, before) if is_live(after) else self.restored.discard(own.id)
        if is_live(after) and self.is_moved(own, after):
            self.pins[own.id] = self.span(after)
        else:
            self.pins.pop(own.id, None)

    def _person_restored(self, own: Own, before: Event) -> None:
        """The mark comes back with the event, so a withdrawal by calsync is told from a deletion of hers."""
        if own.mark and own.mark.items() <= private(before).items() and not self.is_surplus(own):
            self.restored.add(own.id)
            if own.key in self.half_carried:
                self.deletions[own.key] = Deletion.UNCLEAR
                self.skips.discard(own.key)
            elif own.key in self.carried_out:
                self.skips.discard(own.key)

    def month_goes_by(self) -> None:
        """The bin is emptied."""
        self.expect_nothing_new()
        self.google.purge_tombstones()
        self.purged_at = len(self.calendar.changes)
        for event_id, _ in self.calendar.changes[self._cursor :]:
            if own := self.own.pop(event_id, None):
                self._vanished.add(own.key)
                unseen = self.deletion(own.key) is Deletion.OWNER and own.key not in self.seen
                if unseen or own.key in self._unrecorded:
                    self.deletions[own.key] = Deletion.UNCLEAR
        self._cursor = len(self.calendar.changes)
        self.foreign = self._all_foreign()

    def said_skip(self, key: str) -> None:
        """`calsync skip` has ended well."""
        self.skips.add(key)
        self.carried_out.discard(key)
        self.half_carried.discard(key)
        self._unpin(key)

    def said_move(self, key: str, to: datetime) -> None:
        """`calsync move` has ended well."""
        self.skips.discard(key)
        self._unpin(key)
        stood = {own.key: self.span(event) for own, event in self.live() if not self.is_surplus(own)}
        self.moves[key] = Move(to, stood.get(key))

    def _unpin(self, key: str) -> None:
        for own in self.own.values():
            if own.key == key:
                self.pins.pop(own.id, None)

    def released(self, keys: Iterable[str]) -> None:
        """`calsync release` has said so."""
        for key in keys:
            unseen = not self.lists_deletions and key in self.deletions and key not in self.seen
            self.deletions.pop(key, None)
            if unseen:
                self.deletions[key] = Deletion.UNCLEAR
            self.seen.discard(key)
            self.skips.discard(key)
            self.moves.pop(key, None)
        for own, event in self.upcoming():
            if own.key in keys and "recurrence" not in event and not self.is_surplus(own):
                self.pins.pop(own.id, None)
                self.restored.discard(own.id)
                if self.is_moved(own, event):
                    self.wrong.append(f"{own.key}: released, and its place is still not the written one")

    def maybe_released(self, wished: Iterable[str]) -> None:
        """`calsync release --all` has not come to its end; `wished` is what still has a wish."""
        left = set(wished)
        self.skips &= left
        self.moves = {key: move for key, move in self.moves.items() if key in left}
        self.deletions = dict.fromkeys(self.deletions, Deletion.UNCLEAR)
        self.restored.clear()

    def lose_state(self) -> None:
        self.skips.clear()
        self.carried_out.clear()
        self.half_carried.clear()
        self.moves.clear()
        self._doubtful.clear()
        for own in self.own.values():
            event = self.calendar.events[own.id]
            marked = own.mark and own.mark.items() <= private(event).items() and not self.hides_marks
            if is_live(event) or self.deletion(own.key) is not Deletion.NONE:
                continue
            if marked:
                self._unrecorded.add(own.key)
            else:
                self.deletions[own.key] = Deletion.UNCLEAR
        self.deletions |= dict.fromkeys(self._vanished, Deletion.UNCLEAR)
        self.seen.clear()

    # --- what a push does ---------------------------------------------------------------------------------

    def ended(self, code: int, *, clear: bool, behind: Iterable[str] = ()) -> None:
        """A push has ended. `clear`: every request got an answer that says whether it took effect.

        `behind` are the keys of dead events that a list has shown alive.
        """
        if code == 0 and not behind:
            self.carried_out |= self.skips
        else:
            self.half_carried |= self.skips - self.carried_out
        if code == 0 and not behind:
            seen = self._listed | self.refused
            self.seen |= {key for key in seen if self.deletion(key) is Deletion.OWNER}
            self._unrecorded -= seen
            self._doubtful.clear()
        elif not clear and self.hides_marks:
            self._doubtful |= {own.key for own, _ in self.live()}
        for key in behind:
            self.seen.discard(key)
            if self.hides_marks and self.deletion(key) is Deletion.NONE:
                self.deletions[key] = Deletion.UNCLEAR
        self.refused.clear()

    def expect_nothing_new(self) -> None:
        if len(self.calendar.changes) != self._cursor:
            self.wrong.append(f"changed by nobody: {self.calendar.changes[self._cursor :]}")
            self._cursor = len(self.calendar.changes)

    def answered(self, logged: Logged) -> None:
        """A request has been carried out, or refused."""
        changes = self.calendar.changes[self._cursor :]
        self._cursor = len(self.calendar.changes)
        body = logged.body or {}
        if logged.method == "GET" and logged.path.endswith("/events") and "pageToken" not in logged.query:
            dead = {own.key for own in self.own.values() if not is_live(self.calendar.events[own.id])}
            self._listed = set() if self.hides_marks else dead
        if not changes and logged.method == "POST" and logged.status == 409 and "extendedProperties" in body:
            self.refused.add(private(body)["calsyncKey"])
        for event_id, before in changes:
            after = self.calendar.events[event_id]
            if before is None:
                self._inserted(after)
            elif own := self.own.get(event_id):
                for problem in self._patched(own, before, after, body):
                    self.wrong.append(f"{own.key}: {problem}; before: {before}; written: {own}")
                self._remember(own, before, after, body)
            else:
                self.wrong.append(f"somebody else's event was changed: {before}")

    def _inserted(self, event: Event) -> None:
        key = private(event)["calsyncKey"]
        self.wrong += [f"{key}: {problem}" for problem in self._appeared(key, event)]
        self.own.pop(event["id"], None)
        texts = {name: event.get(name) for name in TEXTS}
        self.own[event["id"]] = own = Own(event["id"], key, self.span(event), texts)
        self._brought(own)
        self.deletions.pop(key, None)

    def _brought(self, own: Own) -> None:
        move = self.moves.get(own.key)
        if move and move.to == own.written[0]:
            move.brought = True

    def _appeared(self, key: str, event: Event) -> Iterable[str]:
        if self.deletion(key) is Deletion.OWNER:
            yield "put back what the runner had deleted"
        if key in self.skips:
            yield "put back what the runner had skipped"
        if self.span(event)[0] <= self.now:
            yield f"written into the past, at {self.span(event)[0]:{_INSTANT}}"

    def _patched(self, own: Own, before: Event, after: Event, body: dict[str, Any]) -> Iterable[str]:
        others = {*before, *after} - _CALSYNCS
        if not is_live(before):
            others -= {"recurrence"}  # what was withdrawn comes back as one event
        if changed := [name for name in others if before.get(name) != after.get(name)]:
            yield f"not calsync's to change: {changed}"
        if not is_live(before):
            if is_live(after):
                yield from self._appeared(own.key, after)
            return
        moved = self.is_moved(own, before)
        # An id that was over and was brought back is one too many, wherever the runner dragged it.
        mine = moved and not self.is_surplus(own)
        move = self.open_move(own, before)
        if self.span(before)[0] <= self.now and not (is_live(after) and self.span(after)[0] == move):
            yield "had begun, and was changed"
        if not is_live(after):
            # What her own word has moved into the past, and no push has brought there, is over.
            is_over = move is not None and move <= self.now
            is_back = own.id in self.restored and not self.is_surplus(own)
            if is_back and own.key not in self.skips and not is_over and not self._may_be_skipped(own.key):
                yield "the runner had taken it out of the bin, and it was withdrawn"
            if "recurrence" in before or (mine and own.key not in self.skips and not is_over):
                yield "the runner had moved it, and it was withdrawn"
            return
        timed = "start" in body or (after["start"], after["end"]) != (before["start"], before["end"])
        if mine and timed and self.span(after)[0] != move:
            yield "the runner had moved it, and it was moved away"
        for name in self.edited(own, before):
            if after.get(name) != before.get(name):
                yield f"the runner had edited the {name}"

    def _remember(self, own: Own, before: Event, after: Event, body: dict[str, Any]) -> None:
        if not is_live(after):
            # It may have been there already: she brought it back, and it is withdrawn once more.
            own.mark |= dict(private(after).items() - private(before).items())
            if is_live(before):
                self.pins.pop(own.id, None)
                self.restored.discard(own.id)
            return
        if not is_live(before):
            self.deletions.pop(own.key, None)
        if "start" in body or self.releasing:
            own.written = self.span(after)
            self.pins.pop(own.id, None)
            self._brought(own)
        own.texts |= {name: after.get(name) for name in TEXTS if name in body}
