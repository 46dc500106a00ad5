"""The owner of a calendar, in Google's own apps: no scopes, and what Google changes together with the change.

https://support.google.com/calendar/answer/37113 and the pages beside it are what such a person does.
"""

from datetime import date, datetime, timedelta
from typing import Any

from tests.googleserver import event_calls
from tests.googleserver.errors import not_found
from tests.googleserver.event_body import SET_BY_SERVER, writable
from tests.googleserver.exchange import Json
from tests.googleserver.store import Calendar, Event, Store


class Person:
    def __init__(self, store: Store, calendar: Calendar) -> None:
        self._store = store
        self._calendar = calendar

    def events(self) -> list[Event]:
        """What is to be seen: everything that is not deleted."""
        with self._store.lock:
            return [event for event in self._calendar.events.values() if event["status"] != "cancelled"]

    def find(self, **private: str) -> list[Event]:
        """Those to be seen that carry these private properties."""
        return [event for event in self.events() if private.items() <= self._private(event).items()]

    @staticmethod
    def _private(event: Event) -> dict[str, str]:
        properties: dict[str, str] = event.get("extendedProperties", {}).get("private", {})
        return properties

    def _live(self, event_id: str) -> Event:
        event = self._calendar.find(event_id)
        if event["status"] == "cancelled":
            raise not_found()
        return event

    def _change(self, event_id: str, **fields: Any) -> Event:
        with self._store.lock:
            return event_calls.change(self._store.switches, self._calendar, self._live(event_id), fields)

    def move(self, event_id: str, start: datetime, end: datetime) -> Event:
        """Drags an event to another time."""
        return self._change(event_id, start=self._time(start), end=self._time(end))

    def move_all_day(self, event_id: str, day: date, days: int = 1) -> Event:
        """Drags an event into the row of whole days."""
        return self._change(event_id, start=_day(day), end=_day(day + timedelta(days)))

    def _time(self, value: datetime | date) -> Json:
        if not isinstance(value, datetime):
            return _day(value)
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        return {"dateTime": value.isoformat(), "timeZone": self._calendar.time_zone, "date": None}

    def delete(self, event_id: str) -> None:
        self._change(event_id, status="cancelled")

    def move_away(self, event_id: str) -> None:
        """Moves an event into another calendar: the tombstone that it leaves doesn't say what it was."""
        with self._store.lock:
            event = self._live(event_id)
            told = {name for name in event if name in ("summary", "description", "extendedProperties")}
            left = {name: value for name, value in event.items() if name not in told}
            self._calendar.put(left | {"status": "cancelled"})

    def restore(self, event_id: str) -> Event:
        """Takes an event out of the bin, which always works while it is in there."""
        with self._store.lock:
            event = self._calendar.events[event_id]
            return event_calls.change(self._store.switches, self._calendar, event, {"status": "confirmed"})

    def copy(self, event_id: str, start: datetime | None = None) -> str:
        """Duplicates an event, and moves the copy if told where; the copy's id."""
        with self._store.lock:
            event = self._live(event_id)
            fields = writable(event)
            fields.pop("sequence", None)
            if not self._store.switches.copies_keep_properties:
                fields.pop("extendedProperties", None)
            made = event_calls.create(self._store, self._calendar, self._store.new_id(), fields)
            if start is not None:
                begins, ends = (datetime.fromisoformat(made[which]["dateTime"]) for which in ("start", "end"))
                self.move(made["id"], start, start + (ends - begins))
            return str(made["id"])

    def edit(self, event_id: str, **texts: str) -> Event:
        """Writes another summary, description or location."""
        unknown = texts.keys() - {"summary", "description", "location"}
        if unknown:
            raise TypeError(f"no texts: {unknown}")
        return self._change(event_id, **texts)

    def recolour(self, event_id: str, color_id: str | None) -> Event:
        return self._change(event_id, colorId=color_id)

    def set_reminders(self, event_id: str, overrides: list[Json] | None) -> Event:
        """Other reminders than those of the calendar; None for the calendar's."""
        reminders = (
            {"useDefault": True, "overrides": None}
            if overrides is None
            else {"useDefault": False, "overrides": overrides}
        )
        return self._change(event_id, reminders=reminders)

    def invite(self, event_id: str, email: str) -> Event:
        guests = self._live(event_id).get("attendees", [])
        return self._change(event_id, attendees=[*guests, {"email": email}])

    def answer(self, event_id: str, response: str) -> Event:
        """Accepts or declines an invitation: accepted, declined, tentative, needsAction."""
        own = {"email": self._calendar.owner, "responseStatus": response}
        guests = [
            guest
            for guest in self._live(event_id).get("attendees", [])
            if guest["email"] != self._calendar.owner
        ]
        return self._change(event_id, attendees=[*guests, own])

    def repeat(self, event_id: str, rrule: str) -> Event:
        """Makes an event repeat, by a rule such as "FREQ=WEEKLY;COUNT=3"."""
        return self._change(event_id, recurrence=[f"RRULE:{rrule.removeprefix('RRULE:')}"])

    def create(self, summary: str, start: datetime | date, end: datetime | date, **more: Any) -> str:
        """An event of one's own; its id."""
        fields = {"summary": summary, "start": self._time(start), "end": self._time(end), **more}
        for which in ("start", "end"):
            fields[which] = {name: value for name, value in fields[which].items() if value is not None}
        wrong = fields.keys() & SET_BY_SERVER
        if wrong:
            raise TypeError(f"not for a person to set: {wrong}")
        with self._store.lock:
            made = event_calls.create(self._store, self._calendar, self._store.new_id(), fields)
            return str(made["id"])

    def delete_calendar(self) -> None:
        with self._store.lock:
            del self._store.calendars[self._calendar.id]


def _day(day: date) -> Json:
    return {"date": day.isoformat(), "dateTime": None, "timeZone": None}
