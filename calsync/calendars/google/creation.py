"""The secondary calendar that calsync keeps: making it, once.

Decides that an interrupted creation never ends in two calendars unnoticed: Google has no way to say "only if
it isn't there yet", and calsync may not list calendars. So it is written down before that one is about to be
made, and taken back only when it is certain whether it was. Whoever wants one looks there first (connect.py).
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calsync.calendars.google.calendar import SETTLING
from calsync.calendars.google.client import Client, Refused
from calsync.calendars.google.records import Records
from calsync.errors import CalsyncError, Unavailable

# "Sage" of the 24 colours that calendars can have (colors.get; those of events are others).
_COLOUR = "8"


def marker(plan: str) -> str:
    """The description of the calendar: who finds it later can tell what it is."""
    return f"Kept by calsync: runs and strength sessions of the plan “{plan}”. [calsync:{plan}]"


def maybe_created(title: str, since: datetime) -> str:
    return (
        f'the creation of "{title}" was interrupted on {since:%Y-%m-%d %H:%M} UTC, and the calendar may be '
        "there. Look for it in Google Calendar. If it is, copy its id from its settings into the config, as "
        "calendar_id; if not, run `calsync push --create-calendar`"
    )


def create_calendar(
    client: Client,
    records: Records,
    *,
    target: str,
    title: str,
    plan: str,
    zone: ZoneInfo,
    now: datetime,
) -> str:
    """The id of a new calendar for `target`. Raises AuthorisationNeeded or Unavailable."""
    client.prepare()
    records.begin_creation(target, now)
    body = {"summary": title, "description": marker(plan), "timeZone": zone.key}
    try:
        created = client.call_once(client.service.calendars().insert(body=body))
    except Refused as problem:
        failure = problem.failure
        if failure.is_certain:
            records.end_creation(target, None)
            raise failure.error(f'the calendar "{title}" could not be created') from problem
        records.tell_of_creation(target)
        raise Unavailable(f"{target}: {maybe_created(title, now)} ({failure})") from problem
    except CalsyncError:
        # There is no access any more, so Google has said no.
        records.end_creation(target, None)
        raise
    calendar_id = str(created["id"])
    records.end_creation(target, calendar_id)
    _colour(client, calendar_id)
    return calendar_id


def _colour(client: Client, calendar_id: str) -> None:
    """The colour belongs to the owner's list of calendars. Nothing is lost without it."""
    body: dict[str, Any] = {"colorId": _COLOUR}
    try:
        client.call(client.service.calendarList().patch(calendarId=calendar_id, body=body), also=SETTLING)
    except Refused:
        return
