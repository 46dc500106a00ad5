"""What docs/security.md tells people to write: a unit that systemd takes, a config that calsync takes."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.cli.box import ROOT, Box
from tests.programs import need_program

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def part(language: str, holds: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    (one,) = [text for text in found if holds in text]
    return str(one)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    need_program("systemd-analyze", "install Debian's package systemd")
    # It looks for the program and the user.
    unit = part("ini", "[Service]").replace("/opt/calsync/bin/calsync", sys.executable)
    file = tmp_path / "calsync.service"
    file.write_text(unit.replace("User=calsync", "User=root"))
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_config_for_a_proxy_is_right(tmp_path: Path) -> None:
    text = part("toml", "[serve]")
    assert tomllib.loads(text)["serve"]["allowed_hosts"] == ["training.example.org"]
    box = Box(tmp_path)
    box.config(more=text)
    box.ok("plan")
