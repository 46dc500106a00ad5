"""The servers, for tests that run on each."""

import pytest

from tests.calendars.caldav.servers import SERVERS, Server, running


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    return running(request.param)


@pytest.fixture
def radicale() -> Server:
    """The one that asks for a password."""
    return running("radicale")
