"""A server, a service with the scopes that calsync asks for, and a calendar that the service has created."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.googleserver.client import service
from tests.googleserver.server import GoogleServer


@pytest.fixture
def google() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def calendar(google: GoogleServer) -> Iterator[Any]:
    with service(google) as built:
        yield built


@pytest.fixture
def training(calendar: Any) -> str:
    made = calendar.calendars().insert(body={"summary": "Training", "timeZone": "Europe/London"}).execute()
    return str(made["id"])
