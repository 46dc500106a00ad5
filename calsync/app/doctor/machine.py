"""Checks of the config, the templates, the state folder, and of whether anything runs calsync by itself."""

import importlib.util
import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from calsync import waits
from calsync.app.doctor.report import Check, failed, seconds, warned, warning
from calsync.app.schedule import units_folder
from calsync.config.load import Config, find_config, load_config, plan_name_of, variables_of
from calsync.config.settings import Serve
from calsync.config.templates import Library
from calsync.errors import ConfigError, Unavailable
from calsync.files import LARGEST_TEXT, read_file, real_path
from calsync.planning.lint import Severity, lint
from calsync.state import State
from calsync.travel import zone_at
from calsync.words import ago, clock_was_wrong, counted

# Twice the slowest schedule that makes sense, which is once a day.
_STALE = timedelta(days=2)
_SERVE_NEEDS = ("segno", "starlette", "uvicorn")


def why_not_writable(folder: Path) -> str | None:
    """What keeps calsync from making files in `folder`, which may not be there yet."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            return None if os.access(place, os.W_OK | os.X_OK) else f"you may not write to {place}"
        if place.exists() or place.is_symlink():
            return f"{place} is no folder"
    return f"{folder} doesn't exist"


def others_can_read(path: Path) -> bool:
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except OSError:
        return False


def folder_check(state: State) -> Check:
    """Raises Unavailable if it can't be written or read."""
    folder = state.folder
    if (obstacle := why_not_writable(folder)) is not None:
        advice = "correct that, or name another folder with CALSYNC_STATE"
        raise Unavailable(f"{folder} can't be written: {obstacle}; {advice}")
    if not folder.is_dir():
        return Check(text=f"{folder} can be made; the first push does it")
    # Damaged files stop a push, and reading them shows it.
    state.wishes()
    state.checkins()
    files = state.files()
    if others_can_read(folder):
        return warning(f"other users of this machine can look into {folder}", f"chmod 700 {folder}")
    if open_ones := [file for file in files if others_can_read(file)]:
        listed = " ".join(str(file) for file in open_ones)
        text = f"{folder}: {counted(len(open_ones), 'file')} would be readable by others"
        return warning(text, f"chmod 600 {listed}")
    if (parent := _open_parent(folder)) is not None:
        text = f"as {parent} is open, other users can put a folder of their own in the place of {folder}"
        return warning(text, f"chmod o-w {parent}")
    return Check(text=f"{folder}, {counted(len(files), 'file')}, for you alone")


def _open_parent(folder: Path) -> Path | None:
    """The outermost folder around it in which everybody can rename what is others': without a sticky bit."""
    modes = ((parent, parent.stat().st_mode) for parent in reversed(real_path(folder).parents))
    return next((parent for parent, mode in modes if mode & stat.S_IWOTH and not mode & stat.S_ISVTX), None)


def lock_check(state: State) -> Check:
    """Raises Unavailable if that can't be told."""
    if not state.is_locked():
        return Check(text="no push runs now")
    return warning(
        f"another process holds {state.lock_file}: a push, most likely",
        "if it is still so in ten minutes, look for a push that hangs, and end it",
    )


def push_check(state: State, now: datetime, zone: ZoneInfo) -> Check:
    if ahead := state.written_ahead(now):
        fix = "check whether `date` is right; if it is, run `calsync push`, and if that is refused, "
        return warning(clock_was_wrong(ahead, zone), f"{fix}`calsync push --clock-was-wrong`")
    last = state.last_push()
    if failed := state.failed_push():
        age = now - failed.at
        before = f"; the one before that went well was {ago(now - last)}" if last else ""
        text = f"the last one failed {ago(age)}: {failed.text}{before}"
        return warning(text, "run `calsync push` and see", age_seconds=seconds(age))
    if last is None:
        return warning("never pushed yet", "`calsync push` brings the calendars up to date")
    age = now - last
    if age < _STALE:
        return Check(text=f"went well {ago(age)}", age_seconds=seconds(age))
    return warning(
        f"the last one that went well was {ago(age)}",
        "run `calsync push` and see; what cron's runs said is in its mail, systemd's in journalctl",
        age_seconds=seconds(age),
    )


def serves(state: State, settings: Serve | None) -> bool:
    """Whether a server of this plan runs where [serve] says."""
    try:
        if settings is None or _not_installed() or not state.has_secret():
            return False
    except Unavailable:
        return False
    from calsync.app.serve import ServerAddress

    return ServerAddress.of(settings).answers(state)


def _not_installed() -> list[str]:
    return [name for name in _SERVE_NEEDS if importlib.util.find_spec(name) is None]


def serve_check(state: State, settings: Serve | None) -> Check:
    """Says nothing to somebody who doesn't serve. `settings` is None where the config can't be read."""
    secret = state.secret_file
    if not state.has_secret():
        return Check(text="")
    if missing := _not_installed():
        return warning(
            f"`calsync serve` can't run: {', '.join(missing)} not installed",
            "install calsync with its extra `serve`; in a checkout: pip install '.[serve]'",
        )
    if others_can_read(secret):
        return warning(
            f"other users of this machine may read the secret in {secret}",
            f"chmod 600 {secret}; then `calsync serve --rotate-secret`",
        )
    if settings is not None:
        from calsync.app.serve import ServerAddress

        address = ServerAddress.of(settings)
        if not serves(state, settings):
            return warning(
                f"no server runs at {address.place}, so the addresses of --show-links don't work now",
                "`calsync serve` starts it; if it listens elsewhere, say where in [serve]",
            )
        return Check(text=f"it runs at {address.place}; its secret is for you alone")
    return Check(text="its secret is for you alone, and all that it needs is installed")


# A schedule is a line of a crontab, an active timer or a running service that mentions calsync, and no other
# config or plan than this one. What else it says is never shown: lines for cron may hold addresses. That a
# command is missing, slow or broken is no reason to fail.
_WORD = "calsync"
# The config that it names, if it does.
_NAMED = re.compile(r"calsync\b.*?(?:--config[=\s]|\s-c\s)\s*(\S+)|CALSYNC_CONFIG=(\S+)")
# As `calsync schedule` names units.
_OF_PLAN = re.compile(r"calsync-(?:serve-)?(?P<plan>.+)\.(?:timer|service)")
_UNIT = re.compile(r"\S+\.(?:timer|service)\b")
# When a line of a crontab applies: five fields, or a word such as @hourly.
_WHEN = re.compile(r"\s*(@\w+|(?:[\w*/,~-]+\s+){4}[\w*/,~-]+)\s+\S")
_SYSTEM_CRONTABS = (Path("/etc/crontab"), Path("/etc/cron.d"))
_SYSTEM_UNITS = (Path("/etc/systemd/system"),)


@dataclass(frozen=True, slots=True)
class Plan:
    """Whose schedule is looked for; without a config whoever's."""

    config: Path | None
    name: str | None

    def is_run_by(self, text: str) -> bool:
        """Whether a command that mentions calsync is for this plan, or at least for no other."""
        plain = _plain(text)
        named = [next(filter(None, found)) for found in _NAMED.findall(plain)]
        if self.config is None or not named:
            return True
        paths = {_plain(str(self.config.absolute())), _plain(str(real_path(self.config)))}
        if any(path in plain for path in paths):
            return True
        return any(path.endswith(f"/{one.removeprefix('./')}") for path in paths for one in named)

    def may_have(self, unit: str) -> bool:
        """Whether a unit of that name can be this plan's."""
        found = _OF_PLAN.fullmatch(unit)
        return found is None or self.name in (None, found["plan"]) or unit == "calsync-serve.service"


def _plain(text: str) -> str:
    """Without what a shell, cron or systemd takes for quotes and escapes: enough to find a path in it."""
    return text.translate(dict.fromkeys(map(ord, "\"'\\"))).replace("%%", "%")


def schedule_check(plan: Plan, is_served: Callable[[], bool]) -> Check:
    """`is_served` says whether a server runs, however it was started: it plans again by itself."""
    scopes = _scopes(plan)
    runs = [*_cron(plan), *(found for scope in scopes for found in scope.running())]
    if runs:
        return Check(text="; ".join(runs))
    if is_served():
        return Check(text="`calsync serve` plans again by itself, for as long as it runs")
    idle = next((found for scope in scopes if (found := scope.idle_timer())), None)
    if idle:
        unit, command = idle
        return warning(f"{unit} is there, but it is not active", f"`{command} enable --now {unit}`")
    return warning(
        "nothing runs this plan by itself yet",
        "leave `calsync serve` running, or let `calsync schedule` print a line for cron",
    )


def _cron(plan: Plan) -> Iterator[str]:
    yield from (f"cron: {when}" for when in _lines(_said("crontab", "-l"), plan))
    for place in _SYSTEM_CRONTABS:
        for file in sorted(place.iterdir()) if place.is_dir() else [place]:
            yield from (f"{file}: {when}" for when in _lines(_text(file), plan))


def _lines(crontab: str, plan: Plan) -> Iterator[str]:
    for line in crontab.splitlines():
        if _WORD in line and (match := _WHEN.match(line)) and plan.is_run_by(line):
            yield " ".join(match[1].split())


@dataclass(frozen=True, slots=True)
class _Scope:
    """The units of the user, or of the system; `command` is how they are asked for."""

    command: str
    folders: tuple[Path, ...]
    plan: Plan

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
        names += [file.name for folder in self.folders for file in sorted(folder.glob("*.timer"))]
        return next(((name, self.command) for name in names if self._is_ours(name, name)), None)

    def _is_ours(self, unit: str, line: str) -> bool:
        """Whether its name or description mentions calsync, or what is written in its files."""
        stem = unit.rpartition(".")[0]
        files = (folder / f"{stem}.{kind}" for folder in self.folders for kind in ("timer", "service"))
        written = "\n".join(map(_text, files))
        if _WORD not in line + written:
            return False
        return self.plan.is_run_by(written) if _NAMED.search(written) else self.plan.may_have(unit)

    def _systemctl(self, *arguments: str) -> str:
        flags = ("--plain", "--no-legend", "--no-pager", "--full")
        return _said(*self.command.split(), *arguments, *flags)


def _scopes(plan: Plan) -> tuple[_Scope, _Scope]:
    return (
        _Scope("systemctl --user", (units_folder(), Path("/etc/systemd/user")), plan),
        _Scope("systemctl", _SYSTEM_UNITS, plan),
    )


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
            out, _ = process.communicate(timeout=waits.SCHEDULERS)
        except subprocess.TimeoutExpired:
            # The whole group: processes that it has started hold the pipe, and we would wait for them.
            os.killpg(process.pid, signal.SIGKILL)
            return ""
    return out.decode("utf-8", "replace") if process.returncode == 0 else ""


def _text(file: Path) -> str:
    try:
        return read_file(file, LARGEST_TEXT).decode("utf-8", "replace")
    except OSError:
        return ""


_NOT_SET = "https://not-set.invalid/"


@dataclass(frozen=True, slots=True)
class Found:
    """The config, as far as it can be used; `name` is the plan's, which can often be read from a broken file.

    `unset` are variables that the config names and the environment lacks.
    """

    check: Check
    config: Config | None = None
    name: str | None = None
    path: Path | None = None
    unset: frozenset[str] = frozenset()


def read_config(given: Path | None) -> Found:
    """The config at `given`, or the one that is used without."""
    try:
        path = find_config(given)
    except ConfigError as problem:
        return Found(failed("config", None, problem))
    try:
        config = load_config(path, os.environ)
    except ConfigError as problem:
        check = failed("config", None, problem, "correct it; the rest of it can be checked then")
        return _without_variables(path, check)
    check = Check(text=str(config.path))
    if (inside := config.inline_addresses) and others_can_read(path):
        trouble = f"other users of this machine can read it, and it has the address of {', '.join(inside)}"
        check = warned(
            check, trouble, f"chmod 600 {path}, and use new addresses if somebody may have read it"
        )
    return Found(check, config, config.name, path)


def _without_variables(path: Path, check: Check) -> Found:
    """The config as it would be if the environment had all that it names."""
    unset = [variable for variable in variables_of(path) if not os.environ.get(variable, "").strip()]
    if unset:
        stand_ins = {variable: _NOT_SET + variable for variable in unset}
        try:
            config = load_config(path, {**os.environ, **stand_ins})
        except ConfigError:
            pass
        else:
            fix = "set it where calsync runs: cron and systemd don't know what your shell knows"
            check = msgspec.structs.replace(check, fix=fix)
            return Found(check, config, config.name, path, frozenset(unset))
    # The name is enough to find the state folder.
    return Found(check, name=plan_name_of(path), path=path)


def zone_check(config: Config, now: datetime) -> Check:
    here = now.astimezone(config.zone)
    offset = f"{here:%z}"
    text = f"{zone_at(config.zone, now).key}, where it is {here:%a} {here.day} {here:%b} {here:%H:%M} "
    return Check(text=f"{text}(UTC{offset[:3]}:{offset[3:5]})")


def template_check(library: Library, name: str) -> Check:
    """Raises TemplateError."""
    template = library.template(name)
    beside = library.template_path(name).parent
    routines = {name: library.routine(name, beside) for name in template.routines}
    findings = lint(template, routines)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    counts = (counted(len(template.runs), "run"), counted(len(template.strength), "strength session"))
    text = ", ".join((*counts, *(["cross training"] if template.cross else [])))
    if not findings:
        return Check(text=text, findings=0)
    said = counted(len(findings), "finding") + (f" ({counted(errors, 'error')})" if errors else "")
    # Not a failure: a template that no calendar can hold still makes a plan, with sessions left out.
    check = Check(text=text, findings=len(findings))
    return warned(check, f"the training rules have {said}", f"`calsync lint {name}` says which")
