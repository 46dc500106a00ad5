"""The resources calendars, calendarList and colors.

https://developers.google.com/workspace/calendar/api/v3/reference/calendars and .../calendarList
"""

import re

from tests.googleserver import times
from tests.googleserver.call import Call
from tests.googleserver.errors import Problem, invalid, required
from tests.googleserver.event_body import merged, without_nulls
from tests.googleserver.exchange import Answer, Json
from tests.googleserver.store import ROLES, Calendar

EVENT_COLOURS = re.findall(
    r"\w+", "a4bdfc 7ae7bf dbadff ff887c fbd75b ffb878 46d6db e1e1e1 5484ed 51b749 dc2127"
)
CALENDAR_COLOURS = re.findall(
    r"\w+",
    "ac725e d06b64 f83a22 fa573c ff7537 ffad46 42d692 16a765 7bd148 b3dc6c fbe983 fad165 "
    "92e1c0 9fe1e7 9fc6e7 4986e7 9a9cff b99aff c2c2c2 cabdbf cca6ac f691b2 cd74e6 a47ae2",
)
FOREGROUND = "#1d1d1d"
LIST_FIELDS = frozenset(
    (
        "autoAcceptInvitations",
        "backgroundColor",
        "colorId",
        "defaultReminders",
        "foregroundColor",
        "hidden",
        "notificationSettings",
        "selected",
        "summaryOverride",
    )
)


def insert(call: Call) -> Answer:
    body = without_nulls(call.body)
    assert isinstance(body, dict)
    if not body.get("summary"):
        raise required("Missing summary.")
    zone = body.get("timeZone", call.store.switches.default_time_zone)
    times.known_zone(zone)
    calendar = Calendar(
        id=f"c_{call.store.new_id(length=64)}@group.calendar.google.com",
        owner=call.token.account,
        clock=call.store.clock,
        summary=body["summary"],
        description=body.get("description", ""),
        location=body.get("location", ""),
        time_zone=zone,
        created_by=call.token.client_id,
        settles=call.store.switches.calendar_insert_settles,
    )
    return _answer(call.store.add(calendar))


def get(call: Call) -> Answer:
    return _answer(call.need("freeBusyReader"))


def patch(call: Call) -> Answer:
    calendar = call.need("owner")
    return _changed(call, merged(_own(calendar), call.body))


def update(call: Call) -> Answer:
    call.need("owner")
    body = without_nulls(call.body)
    assert isinstance(body, dict)
    return _changed(call, body)


def delete(call: Call) -> Answer:
    calendar = call.need("owner")
    if calendar.id == calendar.owner:
        raise Problem(403, "forbidden", "Forbidden")
    call.check_match({"etag": calendar.etag})
    del call.store.calendars[calendar.id]
    return Answer(204)


def _own(calendar: Calendar) -> Json:
    fields = {
        "summary": calendar.summary,
        "description": calendar.description,
        "location": calendar.location,
        "timeZone": calendar.time_zone,
    }
    return {name: value for name, value in fields.items() if value}


def _changed(call: Call, fields: Json) -> Answer:
    calendar = call.calendar
    call.check_match({"etag": calendar.etag})
    if not fields.get("summary"):
        raise required("Missing summary.")
    zone = fields.get("timeZone", calendar.time_zone)
    times.known_zone(zone)
    calendar.summary = fields["summary"]
    calendar.description = fields.get("description", "")
    calendar.location = fields.get("location", "")
    if zone != calendar.time_zone:
        calendar.rezone(zone)
    calendar.touch()
    return _answer(calendar)


def _answer(calendar: Calendar) -> Answer:
    body = {
        "kind": "calendar#calendar",
        "etag": calendar.etag,
        "id": calendar.id,
        **_own(calendar),
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        "dataOwner": calendar.owner,
    }
    return Answer.json(body, ETag=calendar.etag)


def list_calendars(call: Call) -> Answer:
    """All on one page: nobody here has more than a handful."""
    least = call.text("minAccessRole") or "freeBusyReader"
    items = [
        _entry(call, calendar)
        for calendar in call.store.calendars.values()
        if (role := call.role(calendar)) is not None and ROLES.index(role) >= ROLES.index(least)
        if call.flag("showHidden") or not calendar.list_entry.get("hidden")
    ]
    body = {"kind": "calendar#calendarList", "etag": '"0"', "nextSyncToken": "0", "items": items}
    return Answer.json(body)


def get_entry(call: Call) -> Answer:
    return _entry_answer(call)


def patch_entry(call: Call) -> Answer:
    return _set_entry(call, merged(call.calendar.list_entry, _listed(call.body)))


def update_entry(call: Call) -> Answer:
    body = without_nulls(call.body)
    assert isinstance(body, dict)
    return _set_entry(call, _listed(body))


def _listed(body: Json) -> Json:
    return {name: value for name, value in body.items() if name in LIST_FIELDS}


def _set_entry(call: Call, entry: Json) -> Answer:
    calendar = call.calendar
    call.check_match({"etag": calendar.etag})
    colour = entry.get("colorId", "1")
    if colour not in {str(number + 1) for number in range(len(CALENDAR_COLOURS))}:
        raise invalid(f"Invalid value for: colorId: {colour!r}")
    if {"backgroundColor", "foregroundColor"} & entry.keys() and not call.flag("colorRgbFormat"):
        raise invalid("Colors in RGB need colorRgbFormat=true.", "colorRgbFormat")
    calendar.default_reminders = entry.get("defaultReminders", calendar.default_reminders)
    calendar.list_entry = entry
    calendar.touch()
    return _entry_answer(call)


def _entry_answer(call: Call) -> Answer:
    return Answer.json(_entry(call, call.calendar), ETag=call.calendar.etag)


def _entry(call: Call, calendar: Calendar) -> Json:
    colour = calendar.list_entry.get("colorId", "14")
    own = {"primary": True} if calendar.id == call.token.account else {}
    return {
        "kind": "calendar#calendarListEntry",
        "etag": calendar.etag,
        "id": calendar.id,
        **_own(calendar),
        "colorId": colour,
        "backgroundColor": f"#{CALENDAR_COLOURS[int(colour) - 1]}",
        "foregroundColor": FOREGROUND,
        "accessRole": call.role(calendar),
        "defaultReminders": calendar.default_reminders,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
        "dataOwner": calendar.owner,
        **own,
        **calendar.list_entry,
    }


def colours(call: Call) -> Answer:
    def palette(colours: list[str]) -> Json:
        return {
            str(number): {"background": f"#{colour}", "foreground": FOREGROUND}
            for number, colour in enumerate(colours, 1)
        }

    body = {
        "kind": "calendar#colors",
        "updated": "2012-02-14T00:00:00.000Z",
        "calendar": palette(CALENDAR_COLOURS),
        "event": palette(EVENT_COLOURS),
    }
    return Answer.json(body)
