"""What the performance goals are measured with still measures. What it measures is no test's business."""

import subprocess
import sys

from benchmarks import busy
from tests.cli.box import ROOT


def test_the_server_is_measured_beside_a_static_file() -> None:
    command = [sys.executable, "-m", "benchmarks.serving", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for what in ("feed, 200", "feed, 304", "page, 200"):
        assert done.stdout.count(f"{what} / static, median") == 2


def test_a_small_calendar_is_measured_like_a_big_one() -> None:
    """It raises if calsync, a second push and the libraries do not find the same busy time."""
    figures = {name: value for name, value, _ in busy.run(rounds=1, events=1500)}
    assert figures["busy intervals found"] > 20
    assert figures["times as fast"] > 1
