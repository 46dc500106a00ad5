"""Events: what calsync wants on a calendar, what it finds there, and the changes that follow.

An event has a key, which names the week and the slot in it and never a time; it becomes a UID and back.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256, shake_256
from typing import Self

from calsync.errors import CalsyncError
from calsync.timespan import Timespan
from calsync.training import CheckIn, Kind, Load, Sign, Week, Weekday
from calsync.words import date_name, ordinal, week_name

# RFC 7986 (5.3) wants UIDs that are globally unique; the domain part is also the mark by which calsync knows
# its own events, in whatever calendar they end up. It travels where X- properties are lost.
_UID = re.compile(r"(?P<week>\d{4}-W\d\d)-(?P<what>[a-z]+)-(?P<slot>[a-z0-9-]+)@(?P<name>[^@\s]+)\.calsync")
# The title of events that shall not say what they are.
BUSY = "Busy"
# How a calendar shows what is done: before the title, and among the categories.
TICK, DONE = "✓ ", "Done"


@dataclass(frozen=True, slots=True)
class Event:
    """An event as calsync wants it. `summary` is one line; `description` has lines ending in \\n.

    `kind`, `load` and `routine` say what the event is to the plan; a calendar may not be able to keep them.
    `alarm` is how long before the start a reminder comes; None for no reminder. `url` leads to the session's
    page; calendars that have no field for it (Google's) read it as "". `done`: the runner said that it is
    done; `summary` and `categories` are without the signs by which calendars show that.
    """

    key: str
    span: Timespan
    summary: str
    description: str = ""
    categories: tuple[str, ...] = ()
    kind: Kind | None = None
    load: Load | None = None
    routine: str | None = None
    alarm: timedelta | None = None
    location: str = ""
    url: str = ""
    done: bool = False

    @property
    def is_strength(self) -> bool:
        return is_strength(self.key)

    def linked(self, url: str, *, has_field: bool) -> "Event":
        """With the address of the session's page as the last line of its description, and in its own field
        where the calendar has one."""
        text = without_link(self.description)
        gap = "\n\n" if text else ""
        return replace(self, description=f"{text}{gap}{_LINK}{url}", url=url if has_field else "")

    @property
    def shown_summary(self) -> str:
        """The title as calendars show it."""
        return TICK + self.summary if self.done else self.summary

    @property
    def shown_categories(self) -> tuple[str, ...]:
        return (*self.categories, DONE) if self.done else self.categories

    def busy_only(self) -> "Event":
        """The same time, and nothing of what it is about."""
        return replace(
            self,
            summary=BUSY,
            description="",
            categories=(),
            kind=None,
            load=None,
            routine=None,
            location="",
            url="",
            done=False,
        )


# The last line of a description, before the address of the session's page.
_LINK = "Done, skip or move: "
_LINK_LINE = re.compile(rf"(?:\n\n|^){_LINK}\S+\n?\Z")


def without_link(description: str) -> str:
    """A description without the address of the session's page: that is for its calendar alone."""
    return _LINK_LINE.sub("", description)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as a calendar holds it: what it says now, and the time that calsync last wrote for it.

    `edited` names the attributes of Event that the runner gave another value; `is_held` is true where they
    made more of it than calsync can write (it repeats), or it can't be told any more what calsync wrote.
    `is_restored`: calsync had withdrawn it, and they took it out of the bin.
    """

    event: Event
    written: Timespan
    edited: frozenset[str] = frozenset()
    is_held: bool = False
    is_restored: bool = False

    @property
    def key(self) -> str:
        return self.event.key

    @property
    def span(self) -> Timespan:
        return self.event.span

    @property
    def was_moved(self) -> bool:
        """True if it is where the runner put it."""
        return self.is_held or self.event.span != self.written

    @property
    def is_pinned(self) -> bool:
        """True if the runner wants it where it is."""
        return self.was_moved or self.is_restored

    def with_edits(self, wanted: Event) -> Event:
        """`wanted`, with what the runner has edited."""
        return replace(wanted, **{name: getattr(self.event, name) for name in self.edited})


@dataclass(frozen=True, slots=True)
class Contents:
    """What a calendar holds of a plan: events in the order of time, and the keys that the runner deleted.

    `restored` are the keys that the runner has taken out of the bin since the last push. `others` says how
    many events of other plans there are, by their names, where there is none of this one. `deleted_at` is
    where those that were deleted were, as far as the calendar still shows that. `vanished` are those of the
    deleted that were still there after the last push, in a calendar that keeps no trace of what is deleted.
    """

    events: tuple[StoredEvent, ...] = ()
    deleted: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    others: tuple[tuple[str, int], ...] = ()
    deleted_at: Mapping[str, Timespan] = field(default_factory=dict, compare=False)
    vanished: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Published:
    """A run or a session as it is on a calendar, or as `calsync move` put it.

    `pinned`: the runner moved it there. The rest is what it says there, where the calendar can say so (one
    that shows only "Busy" can't).
    """

    span: Timespan
    pinned: bool = False
    title: str = ""
    description: str = ""
    kind: Kind | None = None
    load: Load | None = None
    routine: str | None = None
    location: str = ""

    @classmethod
    def of(cls, event: Event, span: Timespan, *, pinned: bool) -> Self:
        """What `event` says, at the time `span`."""
        text = without_link(event.description)
        said = (event.summary, text, event.kind, event.load, event.routine, event.location)
        return cls(span, pinned, *said)


@dataclass(frozen=True, slots=True)
class Booked:
    """A strength session that the busy calendar `calendar` has, such as a class at the gym."""

    span: Timespan
    load: Load
    title: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on the calendars, by key, before a new plan is made.

    `skipped` holds the keys of what the runner deleted or skipped; `lost` those of strength sessions that a
    push had to withdraw, as they had no place any more; `done` those of what they said is done. `missed` is
    where they missed sessions, and `put_back` has the keys of those that go back to where they were.
    """

    published: Mapping[str, Published] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    missed: Mapping[str, Timespan] = field(default_factory=dict)
    put_back: frozenset[str] = frozenset()

    def is_missed(self, key: str) -> bool:
        """Whether a session is still where the runner missed it, and shall be placed again."""
        there = self.published.get(key)
        return there is not None and self.missed.get(key) == there.span


@dataclass(frozen=True, slots=True)
class Mark:
    """What the runner said of a run or session at `said`: that it is done, or that it is not done after all.

    `span` is where it was then, if that was known. Without a mark nobody knows whether it was done.
    """

    done: bool
    said: datetime
    span: Timespan | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the runner said with `calsync move`, `calsync skip` and `calsync missed`, by key.

    A move has all that is needed if the plan no longer asks for that session. `moved_from` is where it was on
    a calendar, or else in the plan, when the move was made. `carried_out` are the skips that a push has
    brought to a calendar, `released` what was moved or skipped before, and let go since the last push.
    `missed` is where sessions were that the runner missed; `put_back` where runs and sessions go back to, as
    the runner took back, since the last push, what they had said of them.
    """

    moves: Mapping[str, Published] = field(default_factory=dict)
    skips: frozenset[str] = frozenset()
    moved_from: Mapping[str, Timespan] = field(default_factory=dict)
    carried_out: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()
    missed: Mapping[str, Timespan] = field(default_factory=dict)
    put_back: Mapping[str, Timespan] = field(default_factory=dict)


class Do(StrEnum):
    """What the runner can do with a run or session, or with a week's check-in."""

    SKIP = "skip"
    MOVE = "move"
    RELEASE = "release"
    BACK = "back"
    DONE = "done"
    NOT_DONE = "not-done"
    MISSED = "missed"
    CHECK_IN = "check-in"
    FORGET_CHECK_IN = "forget-check-in"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the runner does: to `key`, or, for a check-in, of the date `day`.

    `to` is the start that something is moved to, in any words that `calsync move` takes; for BACK where it
    was before, as two instants in ISO 8601 with a slash between them.
    """

    do: Do
    key: str = ""
    to: str = ""
    day: date | None = None
    signs: tuple[Sign, ...] = ()

    @classmethod
    def back(cls, key: str, before: Timespan) -> Self:
        return cls(Do.BACK, key, f"{before.start.isoformat()}/{before.end.isoformat()}")

    @property
    def before(self) -> Timespan:
        """Where BACK puts it."""
        start, end = map(datetime.fromisoformat, self.to.split("/"))
        return Timespan(start, end)


@dataclass(frozen=True, slots=True)
class Asked:
    """An act that somebody asked for on a page, under the id of the form that they sent.

    `seen` is what the page said of the run or session, as seen() writes it: if it has changed since, the act
    is not done. Empty: done in any case.
    """

    id: str
    act: Act
    at: datetime
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of it: a sentence, and the act that undoes it, if one does. `is_done` is false if it was
    refused, `has_changed` if that is because the page was out of date.
    """

    id: str
    key: str
    at: datetime
    text: str
    undo: Act | None = None
    is_done: bool = True
    has_changed: bool = False


@dataclass(frozen=True, slots=True)
class Acts:
    """What was asked for on pages: what is still to be done, in that order, and what was answered.

    `owed` are the ids of what some calendar may not have yet.
    """

    asked: tuple[Asked, ...] = ()
    answered: tuple[Answered, ...] = ()
    owed: tuple[str, ...] = ()

    def answer_to(self, form: str) -> Answered | None:
        """What became of the form with that id; None as long as that is open."""
        return next((one for one in self.answered if one.id == form), None)

    def awaits(self, form: str) -> bool:
        return any(one.id == form for one in self.asked)

    @property
    def done_and_owed(self) -> frozenset[str]:
        """The ids of what was answered, and some calendar may not have yet."""
        return frozenset(self.owed) - {one.id for one in self.asked}


def seen(day: date, times: str, *, is_moved: bool, is_done: bool) -> str:
    """What a page says of a run or session that has a time; `times` by the clock, such as "17:45-18:15"."""
    return f"{day} {times}{' moved' if is_moved else ''}{' done' if is_done else ''}"


def seen_check_in(checkins: Iterable[CheckIn], day: date | None) -> str:
    """What a page says of the check-in of a date."""
    signs = next((one.signs for one in checkins if one.day == day), None)
    return "none" if signs is None else " ".join(["checked", *sorted(signs)])


# What a page says of one that was skipped, and of one without a time.
SEEN_SKIPPED, SEEN_NOWHERE = "skipped", "nowhere"


def run_key(week: Week, day: Weekday, number: int) -> str:
    """The key of the n-th run (from 1) that a template lists on `day`."""
    return f"{week}/run/{day}-{number}"


def race_key(week: Week, day: Weekday) -> str:
    """The key of the plan's race: on another day it is another event, also within a week."""
    return f"{week}/run/race-{day}"


def cross_key(week: Week, day: Weekday, number: int) -> str:
    """The key of the n-th cross training (from 1) on `day`: no event has it, as no calendar is written."""
    return f"{week}/cross/{day}-{number}"


def session_key(week: Week, number: int) -> str:
    """The key of the n-th strength session (from 1) of a week."""
    return f"{week}/strength/{number}"


def booked_key(week: Week, number: int) -> str:
    """The key of the n-th session (from 1) that busy calendars have in a week: no event has it."""
    return f"{week}/strength/calendar-{number}"


def week_of_key(key: str) -> Week:
    """Raises ValueError if `key` doesn't begin with an ISO week."""
    return Week.parse(key.partition("/")[0])


def in_words(key: str) -> str:
    """What has that key, in sentences: "the 2nd strength session of week 48", "the run of Tue 24 Nov"."""
    try:
        week, (_, what, slot) = week_of_key(key), key.split("/")
        first, _, last = slot.partition("-")
        if what == "strength":
            return f"the {ordinal(int(first))} strength session of {week_name(week)}"
        is_race = first == "race"
        day = date_name(week.days[Weekday(last if is_race else first).number])
    except ValueError:
        return key  # no key of ours, or the session of a busy calendar
    noun = "race" if is_race else "cross training" if what == "cross" else "run"
    number = f"{ordinal(int(last))} " if last.isdecimal() and last != "1" else ""
    return f"the {number}{noun} of {day}"


def is_strength(key: str) -> bool:
    return key.split("/")[1:2] == ["strength"]


def is_cross(key: str) -> bool:
    return key.split("/")[1:2] == ["cross"]


def uid(key: str, name: str) -> str:
    """The UID of a key in the plan `name`: never of a time, so a moved event stays the same event."""
    return f"{key.replace('/', '-')}@{name}.calsync"


# A UID that doesn't show what its event is: a hash of the key, and the key hidden by a hash of that. It needs
# no secret, or a machine that lost its state folder could not tell its own events any more. So whoever knows
# the plan's name can read it, and a feed that has such UIDs doesn't show the name.
_NEUTRAL = re.compile(r"(?P<text>[a-z2-7]+)@busy\.calsync")
_MARK, _LEAST = 8, 24


def neutral_uid(key: str, name: str) -> str:
    """As uid(), for a calendar that shall not say what its events are."""
    hidden = key.ljust(_LEAST).encode()
    mark = _neutral_mark(hidden, name)
    text = b32encode(mark + _hidden(hidden, mark, name)).decode()
    return f"{text.rstrip('=').lower()}@busy.calsync"


def _neutral_mark(key: bytes, name: str) -> bytes:
    return sha256(b"\0".join((b"calsync uid", name.encode(), key))).digest()[:_MARK]


def _hidden(key: bytes, mark: bytes, name: str) -> bytes:
    """`key` to what hides it, and back."""
    mask = shake_256(b"\0".join((b"calsync key", name.encode(), mark))).digest(len(key))
    return bytes(one ^ other for one, other in zip(key, mask, strict=True))


def key_of_uid(text: str, name: str) -> str | None:
    """The key of one of the plan's own events; None for the UID of anything else."""
    match = _UID.fullmatch(text)
    if match is None:
        return _key_of_neutral_uid(text, name)
    if match["name"] != name:
        return None
    return f"{match['week']}/{match['what']}/{match['slot']}"


def _key_of_neutral_uid(text: str, name: str) -> str | None:
    match = _NEUTRAL.fullmatch(text)
    if match is None:
        return None
    try:
        found = b32decode(match["text"].upper() + "=" * (-len(match["text"]) % 8))
    except ValueError:
        return None
    mark, hidden = found[:_MARK], found[_MARK:]
    key = _hidden(hidden, mark, name)
    return key.decode().rstrip() if _neutral_mark(key, name) == mark else None


def plan_of_uid(text: str) -> str | None:
    """The plan in whose events' UIDs it is; None for that of anything else, and where it doesn't say."""
    match = _UID.fullmatch(text)
    return match["name"] if match else None


def is_of_another_plan(text: str, name: str) -> bool:
    """Whether a UID is that of an event of another plan than `name`."""
    match = _UID.fullmatch(text)
    if match is None:
        return _NEUTRAL.fullmatch(text) is not None and key_of_uid(text, name) is None
    return match["name"] != name


class Action(StrEnum):
    INSERT = "insert"
    UPDATE = "update"
    WITHDRAW = "withdraw"
    KEEP = "keep"
    PIN = "pin"
    SKIP = "skip"
    # Not of a push: where the event is now becomes what calsync wrote, or a deletion calsync's own.
    RELEASE = "release"


WRITING = frozenset({Action.INSERT, Action.UPDATE, Action.WITHDRAW, Action.RELEASE})


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one event. `wanted` is what the calendar shall hold, `stored` what it holds.

    `reason` is for people and may be empty. `wish` is true when the runner asked for it.
    """

    action: Action
    key: str
    wanted: Event | None = None
    stored: StoredEvent | None = None
    reason: str = ""
    wish: bool = False

    @property
    def writes(self) -> bool:
        return self.action in WRITING

    @property
    def before(self) -> Timespan | None:
        return self.stored.span if self.stored else None

    @property
    def after(self) -> Timespan | None:
        match self.action:
            case Action.WITHDRAW | Action.SKIP:
                return None
            case Action.KEEP | Action.PIN:
                return self.before
            case _:
                return self.wanted.span if self.wanted else None


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a list of changes: those that are true of the calendar now, and what went wrong.

    `look_again` says that something there was no longer as it had been loaded: load and decide again.
    """

    changes: tuple[Change, ...]
    look_again: bool = False
    failures: tuple[CalsyncError, ...] = ()
