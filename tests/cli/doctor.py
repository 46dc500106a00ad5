"""`calsync doctor` in a box: its checks by name, and programs that stand for cron and systemd."""

import os
from pathlib import Path
from typing import Any

from tests.cli.box import NOW, Box, Result

NOTHING = "#!/bin/sh\nexit 1\n"


def program(box: Box, name: str, script: str) -> None:
    """Put a program first on the path."""
    path = box.write(f"bin/{name}", script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    box.environment["PATH"] = f"{box.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"


def without_schedule(box: Box) -> None:
    """Neither cron nor systemd has anything to say, whatever this machine runs."""
    for name in ("crontab", "systemctl"):
        program(box, name, NOTHING)


def doctor(box: Box, *args: str, now: str = NOW) -> Result:
    return box.run("doctor", *args, "--now", now)


def checks(box: Box, *args: str, now: str = NOW, code: int | None = None) -> dict[str, Any]:
    """The checks as JSON, by "name" or "name subject", in their order."""
    result = doctor(box, "--format", "json", *args, now=now)
    assert result.err == ""
    if code is not None:
        assert result.code == code, result.out
    found = {" ".join(filter(None, (c["name"], c["subject"]))): c for c in result.json["checks"]}
    assert len(found) == len(result.json["checks"])
    for check in found.values():
        assert check["status"] in ("ok", "warning", "failed")
        assert (check["status"] == "failed") == ("exit_code" in check)
        assert check["status"] != "warning" or check["fix"]
    return found


def bad(found: dict[str, Any]) -> dict[str, str]:
    """The status of those that are not ok."""
    return {name: check["status"] for name, check in found.items() if check["status"] != "ok"}


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """All that is in a folder: rights, time of the last change, content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }
