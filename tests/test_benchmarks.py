"""What the performance goals are measured with still measures. What it measures is no test's business."""

import subprocess
import sys

from tests.cli.box import ROOT


def test_the_server_is_measured_beside_a_static_file() -> None:
    command = [sys.executable, "-m", "benchmarks.serving", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for what in ("feed, 200", "feed, 304", "page, 200"):
        assert done.stdout.count(f"{what} / static, median") == 2
