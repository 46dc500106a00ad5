"""The state folder: its rights, the lock, the last push, what `calsync serve` keeps there.

Decides what must be for its owner alone. Creates nothing, not even to try whether it could.
"""

import importlib.util
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from calsync.cli.checks.check import Check, Status, seconds
from calsync.cli.checks.targets import why_not_writable
from calsync.cli.checks.words import ago, counted
from calsync.errors import Unavailable
from calsync.state import State

# Twice what the slowest of schedules that make sense would take.
_STALE = timedelta(days=2)
_SECRET = "serve-secret"
_SERVE_NEEDS = ("segno", "starlette", "uvicorn")


def folder_check(state: State) -> Check:
    """Raises Unavailable if it can't be written or read."""
    folder = state.folder
    if (obstacle := why_not_writable(folder)) is not None:
        advice = "correct that, or name another folder with CALSYNC_STATE"
        raise Unavailable(f"{folder} can't be written: {obstacle}; {advice}")
    if not folder.is_dir():
        return Check(name="state folder", text=f"{folder} can be made; the first push does it")
    # Damaged files stop a push. To read them is to know.
    state.wishes()
    state.checkins()
    files = list(_files(folder))
    if _is_open(folder):
        return _warning(f"other users of this machine can look into {folder}", f"chmod 700 {folder}")
    if open_ones := [file for file in files if _is_open(file)]:
        listed = " ".join(str(file) for file in open_ones)
        text = f"{folder}: {counted(len(open_ones), 'file')} would be readable by others"
        return _warning(text, f"chmod 600 {listed}")
    return Check(name="state folder", text=f"{folder}, {counted(len(files), 'file')}, for you alone")


def _warning(text: str, fix: str) -> Check:
    return Check(name="state folder", status=Status.WARNING, text=text, fix=fix)


def _files(folder: Path) -> Iterator[Path]:
    """All but the lock, which holds nothing, and the secret, which has a check of its own."""
    others = (folder / "lock", folder / _SECRET)
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path not in others)


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def lock_check(state: State) -> Check:
    """Raises Unavailable if that can't be told."""
    if not state.is_locked():
        return Check(name="lock", text="no push runs now")
    return Check(
        name="lock",
        status=Status.WARNING,
        text=f"another process holds {state.folder / 'lock'}: a push, most likely",
        fix="if it is still so in ten minutes, look for a push that hangs, and end it",
    )


def push_check(state: State, now: datetime) -> Check:
    last = state.last_push()
    if last is None:
        fix = "`calsync push` brings the calendars up to date"
        return Check(name="last push", status=Status.WARNING, text="never pushed yet", fix=fix)
    age = now - last
    if age < _STALE:
        return Check(name="last push", text=f"went well {ago(age)}", age_seconds=seconds(age))
    return Check(
        name="last push",
        status=Status.WARNING,
        text=f"the last one that went well was {ago(age)}",
        fix="run `calsync push` and see; what cron's runs said is in its mail, systemd's in journalctl",
        age_seconds=seconds(age),
    )


def serve_check(state: State) -> Check | None:
    """None for who does not serve."""
    secret = state.folder / _SECRET
    if not secret.is_file():
        return None
    if missing := [name for name in _SERVE_NEEDS if importlib.util.find_spec(name) is None]:
        return Check(
            name="serve",
            status=Status.WARNING,
            text=f"`calsync serve` can't run: {', '.join(missing)} not installed",
            fix="install calsync with its extra `serve`; in a checkout: pip install '.[serve]'",
        )
    if _is_open(secret):
        return Check(
            name="serve",
            status=Status.WARNING,
            text=f"other users of this machine may read the secret in {secret}",
            fix=f"chmod 600 {secret}; then `calsync serve --rotate-secret`",
        )
    return Check(name="serve", text="its secret is for you alone, and all that it needs is installed")
