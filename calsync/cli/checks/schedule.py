"""Whether anything runs calsync by itself: cron, or timers and services of systemd.

Decides what counts as a schedule: a line of a crontab, an active timer or a running service, that mentions
calsync. What else it says is never shown: lines for cron may hold addresses. Commands that are missing, slow
or broken are no reason to fail.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from calsync.cli.checks.check import Check, Status

_PATIENCE = 3.0  # seconds for each command
_WORD = "calsync"
_UNIT = re.compile(r"\S+\.(?:timer|service)\b")
# When a line of a crontab applies: five fields, or a word such as @hourly.
_WHEN = re.compile(r"\s*(@\w+|(?:[\w*/,~-]+\s+){4}[\w*/,~-]+)\s+\S")
_SYSTEM_CRONTABS = (Path("/etc/crontab"), Path("/etc/cron.d"))
_SYSTEM_UNITS = (Path("/etc/systemd/system"),)


def schedule_check() -> Check:
    runs = [*_cron(), *(found for scope in _scopes() for found in scope.running())]
    if runs:
        return Check(name="schedule", text="; ".join(runs))
    idle = next((found for scope in _scopes() if (found := scope.idle_timer())), None)
    if idle:
        unit, command = idle
        return _warning(f"{unit} is there, but it is not active", f"`{command} enable --now {unit}`")
    return _warning("nothing runs calsync by itself yet", "`calsync schedule` prints a line for cron")


def _warning(text: str, fix: str) -> Check:
    return Check(name="schedule", status=Status.WARNING, text=text, fix=fix)


# --- cron -------------------------------------------------------------------------------------------------


def _cron() -> Iterator[str]:
    yield from (f"cron: {when}" for when in _lines(_said("crontab", "-l")))
    for place in _SYSTEM_CRONTABS:
        for file in sorted(place.iterdir()) if place.is_dir() else [place]:
            yield from (f"{file}: {when}" for when in _lines(_text(file)))


def _lines(crontab: str) -> Iterator[str]:
    for line in crontab.splitlines():
        if _WORD in line and (match := _WHEN.match(line)):
            yield " ".join(match[1].split())


# --- systemd ----------------------------------------------------------------------------------------------


class _Scope:
    """The units of the user, or of the system."""

    def __init__(self, command: str, folders: tuple[Path, ...]) -> None:
        self._command = command
        self._folders = folders

    def running(self) -> Iterator[str]:
        listed = self._systemctl("list-units", "--all", "--type=timer,service")
        for line in listed.splitlines():
            if (match := _UNIT.search(line)) and self._is_ours(match[0], line):
                # UNIT LOAD ACTIVE SUB DESCRIPTION. A service that a timer starts has nothing to do meanwhile.
                fields = line[match.end() :].split()[1:3]
                if fields in (["active", "waiting"], ["active", "running"]):
                    yield f"systemd: {match[0]}"

    def idle_timer(self) -> tuple[str, str] | None:
        """A timer that is installed, which running() has not found, and the command that knows it."""
        listed = self._systemctl("list-unit-files", "--type=timer")
        names = [match[0] for line in listed.splitlines() if (match := _UNIT.search(line))]
        names += [file.name for folder in self._folders for file in sorted(folder.glob("*.timer"))]
        return next(((name, self._command) for name in names if self._is_ours(name, name)), None)

    def _is_ours(self, unit: str, line: str) -> bool:
        """Whether its name or description mentions calsync, or what is written in its files."""
        stem = unit.rpartition(".")[0]
        files = (folder / f"{stem}.{kind}" for folder in self._folders for kind in ("timer", "service"))
        return _WORD in line or any(_WORD in _text(file) for file in files)

    def _systemctl(self, *arguments: str) -> str:
        flags = ("--plain", "--no-legend", "--no-pager", "--full")
        return _said(*self._command.split(), *arguments, *flags)


def _scopes() -> tuple[_Scope, _Scope]:
    users = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    return (
        _Scope("systemctl --user", (users, Path("/etc/systemd/user"))),
        _Scope("systemctl", _SYSTEM_UNITS),
    )


# --- asking -----------------------------------------------------------------------------------------------


def _said(*command: str) -> str:
    """What a command prints; nothing if it is not there, fails, or takes too long."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError:
        return ""
    with process:
        try:
            out, _ = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            # With all that it has started: they would hold the pipe, and we would wait for them.
            os.killpg(process.pid, signal.SIGKILL)
            return ""
    return out.decode("utf-8", "replace") if process.returncode == 0 else ""


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
