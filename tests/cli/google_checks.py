"""What has to be true after a push that nothing got in the way of: calendar, plan and feed are equal.

Each check names what differs. The plan is asked for what it says (`calsync plan --format json`); whether it
may say so is checked against the weeks' templates and against what the calendar's owner has done.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.cli.box import by_key
from tests.cli.google_model import TEXTS, Deletion, Model, Own, Span
from tests.cli.google_program import Program
from tests.googleserver.store import Event

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Planned:
    """What `calsync plan --format json` says."""

    spans: Mapping[str, Span]
    unplaced: frozenset[str]
    skipped: frozenset[str]

    @property
    def known(self) -> frozenset[str]:
        """All keys that it has something to say about."""
        return self.spans.keys() | self.unplaced | self.skipped

    @classmethod
    def of(cls, data: Any) -> "Planned":
        entries = [one for week in data["weeks"] for one in (*week["runs"], *week["strength"])]
        spans = {one["key"]: (_instant(one["start"]), _instant(one["end"])) for one in entries}
        assert len(spans) == len(entries), "a key stands twice in the plan"
        return cls(
            spans,
            frozenset(one["key"] for week in data["weeks"] for one in week["unplaced"]),
            frozenset(key for week in data["weeks"] for key in week["skipped"]),
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def feed_spans(feed: bytes, zone: ZoneInfo = LONDON) -> dict[str, Span]:
    return {
        key: (_feed_instant(said["DTSTART"], zone), _feed_instant(said["DTEND"], zone))
        for key, said in by_key(feed).items()
    }


def _feed_instant(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text.removesuffix("Z"))
    return moment.replace(tzinfo=UTC if text.endswith("Z") else zone).astimezone(UTC)


def differences(model: Model, program: Program, planned: Planned, feed: bytes) -> list[str]:
    """All that is wrong, in words."""
    model.expect_nothing_new()
    upcoming = {own.key: (own, event) for own, event in model.upcoming()}
    return [
        *unkept(model),
        *_plan(model, program, planned),
        *_calendar(model, planned, upcoming),
        *unfollowed(model, feed_spans(feed), planned.spans.keys()),
        *_texts(model, program, planned, upcoming, feed),
    ]


def unkept(model: Model) -> list[str]:
    """What the contract promises whatever the plan: nothing twice, nothing of others, the owner's word."""
    return [*model.wrong, *_doubles(model), *_foreign(model), *_owners_word(model)]


def _doubles(model: Model) -> list[str]:
    keys = [own.key for own, _ in model.upcoming()]
    return [f"{key} stands twice" for key in set(keys) if keys.count(key) > 1]


def _foreign(model: Model) -> list[str]:
    now = {key: event for key, event in model.calendar.events.items() if key not in model.own}
    return [] if now == model.foreign else [f"somebody else's events differ: {now} {model.foreign}"]


def _owners_word(model: Model) -> list[str]:
    """Her pins, deletions, skips and moves."""
    wrong = []
    for event_id, place in model.pins.items():
        own, event = model.own[event_id], model.calendar.events[event_id]
        if event["status"] == "cancelled" or model.span(event) != place:
            wrong.append(f"{own.key} was dragged to {place[0]}, and is not there: {event}")
    for own, event in model.upcoming():
        if model.deletion(own.key) is Deletion.OWNER:
            wrong.append(f"{own.key} was deleted by the runner, and is there")
        is_hers = "recurrence" in event  # what she made to repeat stays, whatever was said before
        if own.key in model.skips and not is_hers:
            wrong.append(f"{own.key} is skipped, and there")
        move = model.open_move(own, event)
        if move is not None and move > model.now and model.span(event)[0] != move:
            wrong.append(f"{own.key} is moved to {move} by her word, and not there")
    return wrong


def _plan(model: Model, program: Program, planned: Planned) -> list[str]:
    wanted = program.keys(model.now.astimezone(LONDON).date())
    by_nobody = [k for k in planned.skipped if model.deletion(k) is Deletion.NONE and k not in model.skips]
    return [
        *(f"{key} is wanted, and the plan says nothing of it" for key in wanted - planned.known),
        *(f"{key} counts as skipped, and nobody has said so" for key in by_nobody),
    ]


def _calendar(model: Model, planned: Planned, upcoming: Mapping[str, tuple[Own, Event]]) -> list[str]:
    # An event that has begun stays as it is, whatever the plan makes of it.
    begun = {own.key for own, _ in model.live()} - upcoming.keys()
    wanted = {key: span for key, span in planned.spans.items() if span[0] > model.now and key not in begun}
    wrong = [f"{key} is planned, and not in the calendar" for key in wanted.keys() - upcoming.keys()]
    for key, (own, event) in upcoming.items():
        if key in wanted and model.span(event) != wanted[key]:
            wrong.append(f"{key} is planned at {wanted[key]}, and stands at {model.span(event)}")
        is_hers = model.is_moved(own, event) or own.id in model.restored
        if key not in wanted and not is_hers and key not in model.moves:
            wrong.append(f"{key} is not planned, and in the calendar")
    return wrong


def unfollowed(model: Model, feed: Mapping[str, Span], planned: Collection[str]) -> list[str]:
    """Where the feed is not as the calendar; `planned` are the keys that the plan has a place for."""
    upcoming = {own.key: (own, event) for own, event in model.upcoming()}
    spans = {key: model.span(event) for key, (_, event) in upcoming.items()}
    begun = {own.key: (own, event) for own, event in model.live() if own.key not in upcoming}
    # What has begun in the one is not changed there, whatever becomes of it in the other ...
    over = begun.keys() | {key for key, span in feed.items() if span[0] <= model.now}
    # ... unless the runner has put it elsewhere: that is where it is, also if its old time is over.
    moved = {key: event for key, (own, event) in (begun | upcoming).items() if model.is_moved(own, event)}
    # Though not weeks back, where the plan knows nothing of it and the feed has it no more.
    followed = {
        key: event
        for key, event in moved.items()
        if key in feed or (key in planned and model.span(event)[0] > model.now - timedelta(days=7))
        if key not in model.skips
    }
    spans |= {key: model.span(event) for key, event in followed.items()}
    over -= followed.keys()
    # `calsync skip` was said before she made it repeat: it is skipped, and hers all the same.
    over |= {key for key, (_, event) in upcoming.items() if "recurrence" in event and key in model.skips}
    return [
        f"{key} stands at {spans.get(key)}, and the feed says {feed.get(key)}"
        for key in (spans.keys() | feed.keys()) - over
        if spans.get(key) != feed.get(key)
    ]


def _texts(
    model: Model,
    program: Program,
    planned: Planned,
    upcoming: Mapping[str, tuple[Own, Event]],
    feed: bytes,
) -> list[str]:
    """What the owner did not edit is the plan's, which is what the feed says."""
    wrong = []
    said, fed = by_key(feed), feed_spans(feed)
    for key, (own, event) in upcoming.items():
        if key not in planned.spans or key not in said or "recurrence" in event:
            continue
        if fed[key][0] <= model.now:
            continue  # it has begun in the feed, which says what it said then
        reminders: dict[str, Any] = {"useDefault": True}
        if program.reminder is not None:
            overrides = [{"method": "popup", "minutes": program.reminder}]
            reminders = {"useDefault": False, "overrides": overrides}
        expected = {
            "summary": _plain(_unescaped(said[key]["SUMMARY"])),
            "description": _plain(_unescaped(said[key].get("DESCRIPTION", ""))),
            "reminders": reminders,
        }
        for name in set(TEXTS) - model.edited(own, event):
            value = event.get(name) or ""
            if (_plain(value) if isinstance(value, str) else value) != expected[name]:
                wrong.append(f"{key}: {name} is {value!r}, and should be {expected[name]!r}")
    return wrong


def _plain(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.strip() for line in lines).strip()


def _unescaped(text: str) -> str:
    """RFC 5545, 3.3.11."""
    found, rest = "", iter(text)
    for character in rest:
        if character == "\\":
            character = next(rest)
            character = "\n" if character in "nN" else character
        found += character
    return found
