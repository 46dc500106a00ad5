from pathlib import Path

import pytest

from tests.cli.box import Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A machine with a small config: two weeks of the shipped template `balanced`, nothing busy, one feed."""
    box = Box(tmp_path)
    box.config()
    return box
