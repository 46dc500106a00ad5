"""A runner who has Google Calendar: a box whose config names the test server, and the server.

`GoogleBox.authorise` is what `calsync auth google` leaves behind, where a test is about something else.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from tests.cli.box import FEED, Box, config
from tests.googleserver.person import Person
from tests.googleserver.server import GoogleServer

TARGET = '[[targets]]\nname = "google"\ntype = "google"\ncalendar = "Training"\n'
BUSY = '[[busy]]\nname = "private"\ntype = "google"\ncalendars = ["primary"]\n'
BOTH = TARGET + FEED


@dataclass
class GoogleBox(Box):
    google: GoogleServer = field(default_factory=GoogleServer)

    def google_config(self, *, targets: str = BOTH, more: str = "", access: str = "", **parts: Any) -> None:
        table = f'[google]\ncredentials = "client_secret.json"\nendpoint = "{self.google.url}"\n{access}'
        self.write("config.toml", config(targets=targets, more=f"{more}\n{table}", **parts))
        if not (self.folder / "client_secret.json").exists():
            self.google.write_client_secret(self.folder / "client_secret.json")

    def machine_config(self, reminder: int | None, *, more: str, **parts: Any) -> None:
        """With free/busy from Google and a feed beside the calendar."""
        known = f'calendar_id = "{self.calendar_id}"\n'
        alarm = "" if reminder is None else f'reminder = "{reminder}m"\n'
        self.google_config(targets=f"{TARGET}{known}{alarm}{FEED}", more=BUSY + more, **parts)

    def authorise(self, *scopes: str, name: str = "training") -> None:
        """A token as a consent leaves it."""
        given = self.google.authorise(scopes) if scopes else self.google.authorise()
        keys = ("client_id", "refresh_token", "scopes", "token", "expiry")
        self.write(f"state/{name}/google-token.json", msgspec.json.encode({k: given[k] for k in keys}))

    def with_calendar(self, **parts: Any) -> None:
        """Authorised, and the calendar is there."""
        self.google_config(**parts)
        self.authorise()
        self.ok("push", "--create-calendar")
        self.google.clear_log()

    @property
    def calendar_id(self) -> str:
        (found,) = [c.id for c in self.google.calendars.values() if c.created_by]
        return found

    @property
    def person(self) -> Person:
        """The runner, in Google's own apps."""
        return self.google.person(self.calendar_id)

    def events(self) -> dict[str, dict[str, Any]]:
        """What is to be seen in Google of the plan's own, by key."""
        live = self.person.find(calsync="training")
        by_key = {event["extendedProperties"]["private"]["calsyncKey"]: event for event in live}
        assert len(by_key) == len(live), "a key stands twice"
        return by_key

    def starts(self) -> dict[str, datetime]:
        return {
            key: datetime.fromisoformat(event["start"]["dateTime"]) for key, event in self.events().items()
        }

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of what reached the API since the log was cleared."""
        return [(logged.method, logged.path) for logged in self.google.api_log]
