"""A scheduled job as a line of a crontab, and as units of systemd.

Decides how words are quoted for each, and what a unit allows. Knows nothing of where they are installed.
"""

import re
import shlex

from calsync.cli.schedule_job import Job
from calsync.cli.schedule_times import Times
from calsync.errors import ConfigError

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
MARK = "# Written by calsync schedule."


def cron_line(job: Job, times: Times) -> str:
    """A line for crontab -e. Raises ConfigError for a path that can't stand in one."""
    words = [f"{name}={shlex.quote(value)}" for name, value in job.variables.items()]
    words += [shlex.quote(word) for word in job.push()]
    command = " ".join(words)
    if "\\" in command or not command.isprintable():
        # The kinds of cron differ in what they make of a backslash, and none takes a line break.
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


def server(job: Job, every: str) -> str:
    return f"""{MARK}
[Unit]
Description=calsync: the training feeds and the week page

[Service]
Type=exec
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
