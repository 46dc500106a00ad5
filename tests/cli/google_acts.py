"""What the owner of a calendar does in Google's app: to any event that is there, calsync's or her own.

Decides which act means what for the event that it meets. What calsync may make of it is the model's business.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.cli.google_model import Model, is_live
from tests.googleserver.person import Person
from tests.googleserver.store import Event

LONDON = ZoneInfo("Europe/London")
TITLES = ("Gym with Ann", "", "Läufe", "Sess\u0131on 2")
REMINDERS: tuple[list[dict[str, Any]] | None, ...] = (
    None,
    [],
    [{"method": "popup", "minutes": 5}],
    [{"method": "email", "minutes": 60}, {"method": "popup", "minutes": 10}],
)
KINDS = (
    "move",
    "move",
    "nudge",
    "all day",
    "delete",
    "delete",
    "restore",
    "restore",
    "copy",
    "recolour",
    "retitle",
    "describe",
    "remind",
    "invite",
    "place",
    "repeat",
    "undo",
    "create",
)


@dataclass(frozen=True)
class Act:
    """`which` chooses among the events that there are; `day` is counted from today, `quarter` is 15 min."""

    kind: str
    which: int = 0
    day: int = 0
    quarter: int = 0
    number: int = 0

    def at(self, now: datetime) -> datetime:
        return at(now, self.day, self.quarter)


def at(now: datetime, day: int, quarter: int) -> datetime:
    """A quarter of an hour of a day, by the clocks of London."""
    midnight = now.astimezone(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=day) + timedelta(minutes=15 * quarter)


days = st.integers(-3, 16) | st.just(45)
quarters = st.integers(20, 90)
acts = st.builds(Act, st.sampled_from(KINDS), st.integers(0, 99), days, quarters, st.integers(0, 11))
# In the middle of a push: something that a push can get in the way of.
sudden_acts = st.builds(
    Act,
    st.sampled_from(("move", "delete", "restore", "retitle", "undo", "recolour")),
    st.integers(0, 99),
    days,
    quarters,
    st.integers(0, 11),
)


def do(model: Model, act: Act) -> None:
    """The act, if there is an event for it."""
    person = model.google.person(model.calendar.id)
    if act.kind == "create":
        start = act.at(model.now)
        model.by_person(lambda: person.create("Dentist", start, start + timedelta(hours=1)))
        return
    wants_live = act.kind != "restore"
    there = [event for event in model.calendar.events.values() if is_live(event) == wants_live]
    # What was written at the same time may have come in any order: hers follow, as she made them.
    there.sort(key=lambda event: event["id"] if event["id"] in model.own else "~")
    if there:
        event = there[act.which % len(there)]
        model.by_person(lambda: _do(model, person, act, event))


def _do(model: Model, person: Person, act: Act, event: Event) -> None:
    found: str = event["id"]
    start, end = model.span(event)
    match act.kind:
        case "move":
            length = end - start if act.number % 2 else timedelta(minutes=15 * (act.number + 1))
            person.move(found, act.at(model.now), act.at(model.now) + length)
        case "nudge":
            shift = timedelta(minutes=15 * (act.number - 5) or 5)
            person.move(found, start + shift, end + shift)
        case "all day":
            person.move_all_day(found, act.at(model.now).date(), 1 + act.number % 2)
        case "delete":
            person.delete(found)
        case "restore":
            person.restore(found)
        case "copy":
            is_timed = "dateTime" in event["start"]
            person.copy(found, act.at(model.now) if act.number % 2 and is_timed else None)
        case "recolour":
            person.recolour(found, str(act.number) if act.number else None)
        case "retitle":
            person.edit(found, summary=TITLES[act.number % len(TITLES)])
        case "describe":
            person.edit(found, description=TITLES[act.number % len(TITLES)])
        case "place":
            person.edit(found, location="The track")
        case "remind":
            person.set_reminders(found, REMINDERS[act.number % len(REMINDERS)])
        case "invite":
            person.invite(found, f"ann{act.number}@example.com")
        case "repeat":
            person.repeat(found, "FREQ=WEEKLY;COUNT=3")
        case "undo":
            _undo(model, person, event)


def _undo(model: Model, person: Person, event: Event) -> None:
    """Takes back what she made of an event of calsync's: place, title and description."""
    own = model.own.get(event["id"])
    if own is None:
        person.delete(event["id"])
        return
    if model.span(event) != own.written:
        person.move(own.id, *own.written)
    texts = {name: own.texts.get(name) or "" for name in ("summary", "description")}
    if any((event.get(name) or "") != text for name, text in texts.items()):
        person.edit(own.id, **texts)
