"""What the program puts out is what was recorded, byte for byte.

If a change of output is meant: `python -m tests.golden` records everything anew, with names some scenarios.
What has changed is to be read in `git diff` before it is committed.
"""

from pathlib import Path

import pytest

from tests.golden.differences import differences
from tests.golden.recorder import RECORDINGS, record, recorded
from tests.golden.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_output_is_as_recorded(name: str, tmp_path: Path) -> None:
    found = differences(recorded(name), record(name, tmp_path))
    if found:
        pytest.fail(f"{name}: the output is another than the recorded one\n{found}", pytrace=False)


def test_each_recording_has_a_scenario() -> None:
    assert {path.name for path in RECORDINGS.iterdir()} == set(SCENARIOS)
