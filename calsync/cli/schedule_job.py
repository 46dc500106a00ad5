"""What a schedule runs: this very calsync with this very config, in an environment that has nothing.

Decides how calsync is called by an absolute path, and which variables of today's environment it needs. Knows
nothing of when it runs, or of what runs it.
"""

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import calsync
from calsync.cli.gather import config_path
from calsync.config import load_config
from calsync.state import state_folder


@dataclass(frozen=True, slots=True)
class Job:
    """A plan's name, a command as a list of words, variables with their values, the names of secret ones."""

    plan: str
    program: tuple[str, ...]
    config: Path
    variables: Mapping[str, str]
    secrets: tuple[str, ...]

    def push(self) -> tuple[str, ...]:
        return (*self.program, "push", "--quiet", "--config", str(self.config))

    def serve(self, every: str) -> tuple[str, ...]:
        return (*self.program, "serve", "--every", every, "--config", str(self.config))


def job() -> Job:
    """Raises ConfigError: what doesn't work by hand won't work at night."""
    path = config_path().absolute()
    plan = load_config(path, os.environ).name
    program = _program()
    variables = {}
    # The user's own state folder is found again by cron; one that a variable names is not.
    if os.environ.get("CALSYNC_STATE") or os.environ.get("XDG_STATE_HOME"):
        variables["CALSYNC_STATE"] = str(state_folder(os.environ).absolute())
    root = Path(calsync.__file__).absolute().parents[1]
    if program[0] == sys.executable and root.name not in ("site-packages", "dist-packages"):
        variables["PYTHONPATH"] = str(root)
    return Job(plan, program, path, variables, tuple(dict.fromkeys(_secrets(path))))


def _program() -> tuple[str, ...]:
    """How this calsync was called, by an absolute path; symbolic links stay, as installers renew them."""
    called = sys.argv[0]
    if Path(called).name != "__main__.py" and (found := shutil.which(called)):
        return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "calsync")


def _secrets(path: Path) -> Iterator[str]:
    """The variables that the config names as `*_env`."""

    def named(value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for one in value:
                yield from named(one)
        elif isinstance(value, dict):
            for key, one in value.items():
                if key.endswith("_env") and isinstance(one, str):
                    yield one
                else:
                    yield from named(one)

    yield from named(tomllib.loads(path.read_text("utf-8")))
