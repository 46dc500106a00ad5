"""One call of the API: whose token it carries, what it asks for, and whether it may.

Scopes are those of the discovery document; which calendars a scope reaches is in Google's description of it:
https://developers.google.com/workspace/calendar/api/auth
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.googleserver import times
from tests.googleserver.discovery import SCOPE_PREFIX, Method, check_body
from tests.googleserver.errors import (
    access_level,
    condition_not_met,
    insufficient_scopes,
    not_found,
    parse_error,
)
from tests.googleserver.exchange import Json, Request
from tests.googleserver.faults import Stale
from tests.googleserver.store import ROLES, Calendar, Event, Store

# All that somebody may see who may see no more than when a calendar is busy.
BUSY_FIELDS = ("kind", "etag", "id", "status", "start", "end", "transparency", "eventType", "updated")
# What Google promises of a deleted event, and what makes it a resource.
BARE_FIELDS = ("kind", "etag", "id", "status")


@dataclass(frozen=True)
class Token:
    """An access token that is valid."""

    account: str
    client_id: str
    """The OAuth client; for a service account its address."""
    scopes: frozenset[str]


@dataclass
class Call:
    store: Store
    token: Token
    method: Method
    values: dict[str, str]
    """What stands in the path."""
    request: Request
    stale: Stale | None = None

    def __post_init__(self) -> None:
        self.scopes = self.method.scopes & self.token.scopes
        if not self.scopes:
            raise insufficient_scopes(self.method.id)

    def text(self, name: str) -> str | None:
        return self.request.query.get(name, [None])[0]

    def texts(self, name: str) -> list[str]:
        return self.request.query.get(name, [])

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        return None if value is None else value == "true"

    @cached_property
    def body(self) -> Json:
        """The body, checked against the schema of the method; nulls mean something in a PATCH only."""
        parsed: Any = None
        if self.request.content:
            if not self.request.headers.get("content-type", "").startswith("application/json"):
                raise parse_error()
            try:
                parsed = json.loads(self.request.content)
            except ValueError:
                raise parse_error() from None
        return check_body(self.method.takes, parsed, nulls=True)

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar in the path, when the account and one of the scopes reach it."""
        calendar = self.store.resolve(self.values["calendarId"], self.token.account)
        if calendar is None or self.role(calendar) is None or not self._covers(calendar):
            raise not_found()
        if calendar.settles:
            calendar.settles -= 1
            raise access_level("owner")
        return calendar

    def role(self, calendar: Calendar) -> str | None:
        return calendar.accessible_to.get(self.token.account)

    def _covers(self, calendar: Calendar) -> bool:
        return any(self._reaches(scope.removeprefix(SCOPE_PREFIX), calendar) for scope in self.scopes)

    def _reaches(self, scope: str, calendar: Calendar) -> bool:
        if scope == "calendar.app.created":
            return calendar.created_by == self.token.client_id
        if scope.startswith("calendar.events.owned"):
            return self.role(calendar) == "owner"
        return scope != "calendar.events.public.readonly"

    def need(self, role: str) -> Calendar:
        found = self.role(self.calendar)
        assert found is not None
        if ROLES.index(found) < ROLES.index(role):
            raise access_level(role)
        return self.calendar

    @property
    def sees_busy_only(self) -> bool:
        by_scope = {SCOPE_PREFIX + "calendar.events.freebusy"}
        return self.role(self.calendar) == "freeBusyReader" or self.scopes <= by_scope

    def check_match(self, event: Event) -> None:
        """https://developers.google.com/workspace/calendar/api/guides/version-resources"""
        wanted = self.request.headers.get("if-match")
        if wanted is not None and wanted != "*" and event["etag"] not in wanted.split(", "):
            raise condition_not_met()

    def shown(self, event: Event) -> Event:
        """A stored event as this caller gets it."""
        switches = self.store.switches
        if (
            event["status"] == "cancelled"
            and switches.tombstones != "full"
            and "recurringEventId" not in event
        ):
            return {name: event[name] for name in BARE_FIELDS}
        if self.sees_busy_only:
            event = {name: event[name] for name in BUSY_FIELDS if name in event}
        name = self.text("timeZone")
        where = times.known_zone(name) if name else None
        if where is None and not switches.zone_alias:
            return event
        return event | {
            which: times.shown(event[which], where, alias=switches.zone_alias)
            for which in ("start", "end", "originalStartTime")
            if which in event
        }
