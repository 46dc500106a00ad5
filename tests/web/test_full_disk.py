"""A disk that is really full: full_disk.py has what is looked at."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.box import ROOT

# A mount namespace of its own: what is mounted there nobody else sees, and it ends with its last process.
PRIVATE = ("unshare", "--mount", "--propagation", "private")


def test_on_a_full_disk_an_act_is_done_or_told_never_half(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run([*PRIVATE, "true"], check=False).returncode:
        pytest.skip("only root may mount a small disk, and only on Linux")
    command = [*PRIVATE, sys.executable, "-m", "tests.web.full_disk", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
