"""Pages and sync tokens of events.list: what a client gets to carry about, opaque to it.

https://developers.google.com/workspace/calendar/api/guides/sync and .../guides/pagination
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.googleserver.call import Call
from tests.googleserver.errors import full_sync_required, invalid
from tests.googleserver.store import Event

DEFAULT_PAGE, LARGEST_PAGE, SHORT_PAGE = 250, 2500, 3

Position = list[Any]
"""Where an event stands in the order: what the order is by, and then what makes it unique."""


@dataclass(frozen=True)
class Page:
    items: list[Event]
    next_page: str | None
    next_sync: str
    """Of the changes that the first page knew, so that one between two pages is not lost."""


def page_of(call: Call, found: list[Event], position: Callable[[Event], Position]) -> Page:
    """The page that is asked for, of what was found and put in order.

    A page token says after which event to go on: nothing is left out or doubled when others change meanwhile.
    """
    calendar = call.calendar
    same = _fingerprint(call)
    after: Position = []
    seen = len(calendar.changes)
    token = call.text("pageToken")
    if token is not None:
        match _unpack(token):
            case ["page", calendar_id, list(after), said, int(seen)] if (calendar_id, said) == (
                calendar.id,
                same,
            ):
                pass
            case _:
                raise invalid("Invalid page token value.", "pageToken")
    size = min(int(call.text("maxResults") or DEFAULT_PAGE), LARGEST_PAGE)
    empty_first = False
    if call.store.switches.pages == "short":
        empty_first = token is None
        size = 0 if empty_first else min(size, SHORT_PAGE)
    rest = [event for event in found if position(event) > after]
    items = rest[:size]
    next_sync = _pack(["sync", calendar.id, call.store.sync_generation, seen])
    if len(items) == len(rest) and not empty_first:
        return Page(items, None, next_sync)
    last = position(items[-1]) if items else after
    return Page(items, _pack(["page", calendar.id, last, same, seen]), next_sync)


def _fingerprint(call: Call) -> list[list[Any]]:
    """What has to be the same on every page. Its form is one that JSON does not change."""
    free = ("pageToken", "maxResults", "alt", "fields", "prettyPrint", "key", "quotaUser")
    return sorted([name, values] for name, values in call.request.query.items() if name not in free)


def changes_seen(call: Call) -> int | None:
    """The number of the last change that the client knows by its sync token; None when it has none.

    A token knows how far its reader is, and not what was asked for: searches of one calendar share it.
    """
    token = call.text("syncToken")
    if token is None:
        return None
    match _unpack(token):
        case ["sync", calendar_id, generation, int(number)]:
            if (calendar_id, generation) == (call.calendar.id, call.store.sync_generation):
                return number
    raise full_sync_required()


def _pack(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _unpack(token: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        return None
