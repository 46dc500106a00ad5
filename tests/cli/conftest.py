from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.box import Box
from tests.cli.google import GoogleBox
from tests.googleserver.server import GoogleServer


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A machine with a small config: two weeks of the shipped template `balanced`, nothing busy, one feed."""
    box = Box(tmp_path)
    box.config()
    return box


@pytest.fixture
def google() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def runner(tmp_path: Path, google: GoogleServer) -> GoogleBox:
    """Somebody who uses Google Calendar: nothing is authorised, and no config is written yet."""
    return GoogleBox(tmp_path, google=google)
