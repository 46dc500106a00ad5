"""A scheduled push, or the server, as a line of a crontab and as units of systemd."""

import os
import re
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import calsync
from calsync.config.load import load_config, variables_of
from calsync.errors import ConfigError, RefusedToProtectData, Unavailable
from calsync.files import read_file, write_atomically
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

    def serve(self, every: str | None) -> tuple[str, ...]:
        """All that `every` doesn't say is for the config to say."""
        often = ("--every", every) if every else ()
        return (*self.program, "serve", *often, "--config", str(self.config))


def job(config: Path) -> Job:
    """The job for the config at that path, which must be right: it would fail at night as well.

    Raises ConfigError.
    """
    path = config.absolute()
    plan = load_config(path, os.environ).name
    program = _program()
    variables = {}
    # cron finds the usual state folder by itself, but not one that a variable names.
    if os.environ.get("CALSYNC_STATE") or os.environ.get("XDG_STATE_HOME"):
        variables["CALSYNC_STATE"] = str(state_folder(os.environ).absolute())
    root = Path(calsync.__file__).absolute().parents[1]
    if program[0] == sys.executable and root.name not in ("site-packages", "dist-packages"):
        variables["PYTHONPATH"] = str(root)
    return Job(plan, program, path, variables, variables_of(path))


def _program() -> tuple[str, ...]:
    """How this calsync was called, by an absolute path; symbolic links stay, as installers renew them."""
    called = sys.argv[0]
    if Path(called).name != "__main__.py" and (found := shutil.which(called)):
        return (str(Path(found).absolute()),)
    return (sys.executable, "-m", "calsync")


_CROWDED = (0, 30)


@dataclass(frozen=True, slots=True)
class Times:
    """Every `minutes`, the first of the day at `hour`:`minute`."""

    minutes: int
    hour: int
    minute: int

    @classmethod
    def random(cls, every: str) -> "Times":
        """`every` is "15m", "30m", or whole hours that divide a day, up to "24h"."""
        minutes = int(every[:-1]) * (60 if every.endswith("h") else 1)
        within = [minute for minute in range(min(minutes, 60)) if minute not in _CROWDED]
        hours = minutes // 60
        # Once a day is best done before people get up.
        first = secrets.choice(range(3, 6)) if hours == 24 else secrets.randbelow(max(hours, 1))
        return cls(minutes, first, secrets.choice(within))

    @property
    def cron(self) -> str:
        """The five fields of crontab(5)."""
        hours, minutes = self._marks("{}")
        return f"{minutes} {hours} * * *"

    @property
    def on_calendar(self) -> str:
        """A calendar event of systemd.time(7)."""
        hours, minutes = self._marks("{:02}")
        return f"*-*-* {hours}:{minutes}:00"

    def _marks(self, form: str) -> tuple[str, str]:
        """The hours and the minutes in which it begins, as lists of numbers; "*" is every hour."""
        every = max(self.minutes // 60, 1)
        hours = "*" if every == 1 else ",".join(form.format(one) for one in range(self.hour, 24, every))
        minutes = ",".join(form.format(one) for one in range(self.minute, 60, self.minutes))
        return hours, minutes


_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
MARK = "# Written by calsync schedule."


def cron_line(job: Job, times: Times) -> str:
    """A line for crontab -e. Raises ConfigError for a path that it can't hold."""
    words = [f"{name}={shlex.quote(value)}" for name, value in job.variables.items()]
    words += [shlex.quote(word) for word in job.push()]
    command = " ".join(words)
    if "\\" in command or not command.isprintable():
        # Crons disagree about a backslash, and none takes a line break.
        raise ConfigError(f"a crontab can't hold a path with a backslash or a line break: {command!r}")
    # crontab(5): a % ends the command, and what follows is its standard input, unless it is escaped.
    return f"{times.cron} {command}".replace("%", r"\%")


def service(job: Job) -> str:
    return f"""{MARK}
[Unit]
Description=calsync: bring the training calendars up to date

[Service]
Type=oneshot
ExecStart={_command(job.push())}
TimeoutStartSec=10min
Nice=10
{_environment(job)}{_HARDENING}"""


def timer(times: Times) -> str:
    return f"""{MARK}
[Unit]
Description=calsync: when the training calendars are brought up to date

[Timer]
OnCalendar={times.on_calendar}
RandomizedDelaySec=2min
Persistent=true

[Install]
WantedBy=timers.target
"""


def server(job: Job, every: str | None) -> str:
    return f"""{MARK}
[Unit]
Description=calsync: the training feeds and the week page

[Service]
Type=notify
WatchdogSec=60s
ExecStart={_command(job.serve(every))}
ExecReload=kill -HUP $MAINPID
Restart=on-failure
RestartSec=30s
TimeoutStopSec=30s
{_environment(job)}{_HARDENING}
[Install]
WantedBy=default.target
"""


# What holds for every user's systemd. The sandboxes of files (ProtectSystem= and the like) are left out: they
# need user namespaces, which many systems forbid to users, and targets may be anywhere. So is UMask=: a web
# server may have to read the feed.
_HARDENING = """NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""


def _command(words: tuple[str, ...]) -> str:
    # systemd.service(5): $ begins a variable, except in the program's own path.
    first, *rest = words
    return " ".join([_quoted(first), *(_quoted(word).replace("$", "$$") for word in rest)])


def _environment(job: Job) -> str:
    lines = [f"Environment={_quoted(f'{name}={value}')}\n" for name, value in job.variables.items()]
    if job.secrets:
        lines.append("EnvironmentFile=%E/calsync/environment\n")
    return "".join(lines)


def _quoted(word: str) -> str:
    """systemd.syntax(7): C-like escapes in quotes; % begins a specifier."""
    if not word.isprintable():
        raise ConfigError(f"a unit can't hold a path with a line break: {word!r}")
    text = word.replace("%", "%%")
    if _PLAIN.fullmatch(word):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def units_folder() -> Path:
    """systemd.unit(5): $XDG_CONFIG_HOME/systemd/user, or ~/.config/systemd/user."""
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "systemd" / "user"


def write_units(folder: Path, units: Mapping[str, str]) -> None:
    """Raises RefusedToProtectData, or Unavailable."""
    try:
        for name in units:
            file = folder / name
            if file.exists() and MARK not in read_file(file).decode("utf-8", "replace"):
                raise RefusedToProtectData(f"{file} was not written by calsync schedule; nothing was changed")
        for name, text in units.items():
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, text.encode(), mode=0o644)
    except OSError as problem:
        raise Unavailable(f"{folder}: the units can't be written: {problem.strerror}") from problem
