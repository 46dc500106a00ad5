"""Bodies of events for the tests of the server, and a look at what it refuses."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.googleserver.exchange import Json


def timed(start: str = "2026-11-24T07:00:00+00:00", minutes: int = 60, **more: Any) -> Json:
    """An event from this moment on."""
    end = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    zone = {"timeZone": "Europe/London"}
    return {
        "summary": "Strength",
        "start": {"dateTime": start, **zone},
        "end": {"dateTime": end.isoformat(), **zone},
        **more,
    }


def all_day(day: str = "2026-11-24", days: int = 1, **more: Any) -> Json:
    end = date.fromisoformat(day) + timedelta(days)
    return {"summary": "Race", "start": {"date": day}, "end": {"date": end.isoformat()}, **more}


def private(**properties: str) -> Json:
    return {"extendedProperties": {"private": properties}}


def error(raised: HttpError) -> Json:
    parsed: Json = json.loads(raised.content)["error"]
    return parsed


def refused(request: Any, status: int, reason: str) -> HttpError:
    """The error of a request that has to fail, with this status and this first reason."""
    with pytest.raises(HttpError) as raised:
        request.execute()
    assert (raised.value.status_code, error(raised.value)["errors"][0]["reason"]) == (status, reason)
    return raised.value
