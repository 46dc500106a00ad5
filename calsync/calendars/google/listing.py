"""What a Google calendar holds of a plan.

Decides which of the entries are the plan's own, which of several is the one that counts, and who made a
tombstone. Changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from calsync.calendars.google import resource
from calsync.calendars.google.client import Client, Refused, Request
from calsync.calendars.google.records import Tombstones
from calsync.calendars.google.resource import Item, NotReadable, event_id
from calsync.errors import TargetUnavailable

# The most that events.list gives at once.
_PAGE = 2500


class CalendarGone(TargetUnavailable):
    """There is no calendar with this id any more, or it was never shared with this account."""


def is_own(tombstone: Item, records: Tombstones) -> bool:
    """Whether calsync cancelled it. With neither mark nor record, its owner has deleted it."""
    if tombstone.is_withdrawn or tombstone.key in records.released:
        return True
    # Where a tombstone shows its properties and no mark is among them, the withdrawal that the record speaks
    # of was cut off before it came about.
    return tombstone.is_bare and tombstone.key in records.cancelled


@dataclass(frozen=True, slots=True)
class Held:
    """The item of each key, dead or alive; `surplus` are live ones of a generation that is over."""

    items: Mapping[str, Item] = field(default_factory=dict)
    surplus: tuple[Item, ...] = ()

    def deleted(self, records: Tombstones) -> frozenset[str]:
        """The keys that their owner deleted, as tombstones say or, where they have vanished, `records`."""
        dead = {key for key, item in self.items.items() if not item.stored and not is_own(item, records)}
        return frozenset(dead | (records.deleted.keys() - self.items.keys()))


def listed(
    client: Client,
    calendar_id: str,
    target: str,
    plan: str,
    zone: ZoneInfo,
    records: Tombstones,
    *,
    also: frozenset[str],
) -> Held:
    """All of the plan, without bounds in time: what its owner moved far away is found as well.

    `also` names reasons that may pass. Raises CalendarGone, AuthorisationNeeded, Unavailable.
    """
    # One property filter: what several would mean is told in two ways. And it is checked again here.
    events = client.service.events()
    request = events.list(
        calendarId=calendar_id,
        privateExtendedProperty=f"{resource.PLAN}={plan}",
        showDeleted=True,
        maxResults=_PAGE,
    )
    known = _known_ids(plan, records)
    by_key: dict[str, list[Item]] = {}
    tokens = set()
    while request is not None:
        page = _page(client, request, calendar_id, target, also)
        if (token := page.get("nextPageToken")) in tokens:
            raise TargetUnavailable(f"{target}: Google's list of events has no end; nothing was changed")
        tokens.add(token)
        for item in _items(page, plan, _zone_of(page, zone), target, known):
            by_key.setdefault(item.key, []).append(item)
        # A page may be short, or empty, and not the last.
        request = events.list_next(request, page)
    # A new generation begins where an id is dead. If the old one has come back all the same, it is one event
    # too many.
    ranked = [sorted(items, key=lambda item: item.generation) for items in by_key.values()]
    return Held(
        {items[-1].key: items[-1] for items in ranked},
        tuple(item for items in ranked for item in items[:-1] if item.stored),
    )


def _page(
    client: Client, request: Request, calendar_id: str, target: str, also: frozenset[str]
) -> Mapping[str, Any]:
    try:
        page = client.call(request, also=also)
    except Refused as problem:
        if problem.failure.is_missing:
            raise CalendarGone(
                f"{target}: the calendar {calendar_id} is not in Google any more, or closed to this account. "
                "If you deleted it, `calsync push --create-calendar` makes a new one (without a calendar_id "
                "in the config)"
            ) from problem
        raise problem.failure.error(f"the calendar of {target} can't be read") from problem
    if page.get("kind") != "calendar#events":
        # An error inside a success, or a proxy's idea of an answer: it says nothing of what is there.
        raise TargetUnavailable(f"{target}: Google's answer is no list of events; nothing was changed")
    if page.get("accessRole") in ("none", "freeBusyReader", "reader"):
        raise TargetUnavailable(
            f"{target}: calsync may read the calendar {calendar_id}, but not write to it; share it with "
            '"Make changes to events"'
        )
    return page


def _items(
    page: Mapping[str, Any],
    plan: str,
    zone: ZoneInfo,
    target: str,
    known: Mapping[str, tuple[str, int]],
) -> Iterator[Item]:
    for entry in page.get("items", ()):
        try:
            item = resource.parse_item(entry, plan, zone)
        except NotReadable as problem:
            raise TargetUnavailable(f"{target}: {problem}") from problem
        if item is None and entry.get("status") == "cancelled" and entry.get("id") in known:
            item = resource.bare_tombstone(entry, *known[entry["id"]])
        if item is not None:
            yield item


def _known_ids(plan: str, records: Tombstones) -> dict[str, tuple[str, int]]:
    found = {}
    for key in records.keys:
        generation = records.generation(key) or 0
        found[event_id(plan, key, generation)] = (key, generation)
    return found


def _zone_of(page: Mapping[str, Any], plans_zone: ZoneInfo) -> ZoneInfo:
    """The calendar's zone, which events of all day are in."""
    try:
        return ZoneInfo(page["timeZone"])
    except (KeyError, ValueError, OSError):
        return plans_zone
