"""Where a user's units of systemd are, and how they get there.

Decides that units which somebody else has written are left alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from calsync.cli.schedule_text import MARK
from calsync.errors import RefusedToProtectData, Unavailable
from calsync.files import write_atomically


def units_folder() -> Path:
    """systemd.unit(5): $XDG_CONFIG_HOME/systemd/user, or ~/.config/systemd/user."""
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "systemd" / "user"


def write_units(folder: Path, units: Mapping[str, str]) -> None:
    """Raises RefusedToProtectData, or Unavailable."""
    try:
        for name in units:
            file = folder / name
            if file.exists() and MARK not in file.read_text("utf-8", "replace"):
                raise RefusedToProtectData(f"{file} was not written by calsync schedule; nothing was changed")
        for name, text in units.items():
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, text.encode(), mode=0o644)
    except OSError as problem:
        raise Unavailable(f"{folder}: the units can't be written: {problem.strerror}") from problem
