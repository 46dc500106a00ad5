"""A runner's machine in a folder: a config, a state folder, a home, and the command line on top of it.

`Box.run` calls the command line in this process, which is fast; `Box.process` starts a real one.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from calsync.cli import main as command_line
from calsync.event import key_of_uid

ROOT = Path(__file__).parents[2]
NOW = "2026-11-23T06:00:00+00:00"  # the Monday of 2026-W48
_TAKE_NOW = (
    "plan",
    "push",
    "busy",
    "export",
    "skip",
    "move",
    "release",
    "done",
    "missed",
    "history",
    "checkin",
    "serve",
    "doctor",
    "init",
    "lint",
)
_OURS = (
    "CALSYNC_CONFIG",
    "CALSYNC_STATE",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "TZ",
    "NO_COLOR",
    "FORCE_COLOR",
)


def without(module: str) -> list[str]:
    """The program where a module is not installed: what Box.process() takes as `program`."""
    return [sys.executable, "-c", _WITHOUT.format(module)]


_WITHOUT = """
import sys
class Without:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "{}":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Without)
from calsync.__main__ import main
main()
"""


@dataclass(frozen=True)
class Result:
    code: int
    stdout: bytes
    err: str

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.stdout)

    @property
    def error(self) -> str:
        """The message of a command that failed: one line on standard error, after "Error: "."""
        lines = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("Error: ")


@dataclass
class Box:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def feed(self) -> Path:
        return self.folder / "public" / "training.ics"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def config(self, **parts: str) -> Path:
        return self.write("config.toml", config(**parts))

    def run(self, *args: str, now: str | None = NOW, env: Mapping[str, str] | None = None) -> Result:
        """The command line in this process, in the box's folder."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with (
            _in_folder(self.folder),
            _in_environment(self._environment(env)),
            _with_arguments(_full(args, now)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = command_line.run()
            out.flush()
            err.flush()
        return Result(code, _bytes(out), _bytes(err).decode())

    def start(self, *args: str, now: str | None = NOW, **options: Any) -> subprocess.Popen[bytes]:
        """A process of its own; standard output and error are pipes unless given."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        env = self._environment(options.pop("env", None))
        program = options.pop("program", [sys.executable, "-m", "calsync"])
        return subprocess.Popen([*program, *_full(args, now)], cwd=self.folder, env=env, **options)

    def process(self, *args: str, now: str | None = NOW, **options: Any) -> Result:
        process = self.start(*args, now=now, **options)
        out, err = process.communicate(timeout=60)
        return Result(process.returncode, out or b"", (err or b"").decode())

    def ok(self, *args: str, now: str | None = NOW) -> Result:
        result = self.run(*args, now=now)
        assert result.code == 0, result.err
        return result

    def push(self, *args: str, now: str = NOW) -> dict[str, list[dict[str, Any]]]:
        """Push, and what changed in each target, by its name."""
        targets = self.ok("push", "--format", "json", *args, now=now).json["targets"]
        return {target["name"]: target["changes"] for target in targets}

    def plan(self, *args: str, now: str = NOW) -> Any:
        return self.ok("plan", "--format", "json", *args, now=now).json

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        env = {key: value for key, value in os.environ.items() if key not in _OURS}
        here = {"CALSYNC_STATE": str(self.state), "HOME": str(self.folder / "home")}
        path = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))
        return {**env, **here, "PYTHONPATH": path, **self.environment, **(more or {})}


def _full(args: tuple[str, ...], now: str | None) -> list[str]:
    takes_now = any(arg in _TAKE_NOW for arg in args) and "--help" not in args
    return [*args, "--now", now] if now and takes_now and "--now" not in args else list(args)


def _bytes(stream: io.TextIOWrapper) -> bytes:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _in_environment(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    _set_environment(environment)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(wanted: Mapping[str, str]) -> None:
    """Only what differs: threads of test servers may look into it at the same time, through the C library."""
    for key in os.environ.keys() - wanted.keys():
        del os.environ[key]
    for key, value in wanted.items():
        if os.environ.get(key) != value:
            os.environ[key] = value
    # tzlocal remembers the zone for as long as a process lives; a command in a process of its own asks anew.
    if unix := sys.modules.get("tzlocal.unix"):
        unix._cache_tz_name = None


@contextlib.contextmanager
def _with_arguments(args: list[str]) -> Iterator[None]:
    before = sys.argv
    sys.argv = ["calsync", *args]
    try:
        yield
    finally:
        sys.argv = before


# --- configs ----------------------------------------------------------------------------------------------

# The shipped weeks name no times. These differ from day to day, so that a mix-up shows.
USUAL = 'usual_start = { default = "07:00", tue = "06:30", thu = "06:30-08:30", sat = "08:00-11:00" }'
FEED = '[[targets]]\nname = "feed"\ntype = "ics"\npath = "public/training.ics"\n'


def config(
    *,
    name: str = "training",
    zone: str = "Europe/London",
    start: str = "2026-11-23",
    weeks: str = '["balanced"]',
    horizon: int | str = 2,
    plan: str = "",
    availability: str = "",
    targets: str = FEED,
    more: str = "",
) -> str:
    if not plan:
        plan = USUAL
    elif "usual_start" not in plan and "[plan.feed]" not in plan:
        plan = f"{USUAL}\n{plan}"
    return (
        f'name = "{name}"\ntimezone = "{zone}"\n'
        f"[plan]\nstart = {start}\nweeks = {weeks}\nhorizon = {horizon}\n{plan}\n"
        f"[availability]\n{availability}\n{more}\n{targets}"
    )


def balanced_with_times() -> str:
    """The shipped week, with times of its own for three of its runs."""
    text = (ROOT / "templates" / "balanced.toml").read_text()
    for length, time in (
        ("60m", 'start = "06:30"'),
        ("50m", 'between = ["06:30-08:30"]'),
        ("1h30m", 'between = ["08:00-11:00"]'),
    ):
        line = f'duration = "{length}"\n'
        assert text.count(line) == 1
        text = text.replace(line, f"{line}{time}\n")
    return text


def target(name: str, path: str, more: str = "") -> str:
    return f'[[targets]]\nname = "{name}"\ntype = "ics"\npath = "{path}"\n{more}\n'


# --- reading a feed, without the code that wrote it -------------------------------------------------------

_BLOCK = re.compile(rb"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", re.DOTALL)


def blocks(content: bytes) -> dict[str, bytes]:
    """The events of a feed by UID, byte for byte."""
    found = [block.group() for block in _BLOCK.finditer(content)]
    by_uid = {properties(block)["UID"]: block for block in found}
    assert len(by_uid) == len(found), "a UID stands twice"
    return by_uid


def properties(block: bytes) -> dict[str, str]:
    """The properties of one event by name; parameters are dropped, values stay escaped."""
    lines = block.replace(b"\r\n ", b"").decode().split("\r\n")
    return {line.partition(":")[0].partition(";")[0]: line.partition(":")[2] for line in lines if line}


def by_key(content: bytes, name: str = "training") -> dict[str, dict[str, str]]:
    """The properties of the plan's own events, by key."""
    found = {}
    for uid, block in blocks(content).items():
        if match := re.fullmatch(rf"(\d{{4}}-W\d\d)-([a-z]+)-([a-z0-9-]+)@{name}\.calsync", uid):
            found["/".join(match.groups())] = properties(block)
        elif uid.endswith("@busy.calsync") and (key := key_of_uid(uid, name)):
            # Made so that nothing but the code that wrote it can tell.
            found[key] = properties(block)
    return found


# --- places in TOML files ---------------------------------------------------------------------------------

ENTRIES = {
    "runs": "run",
    "strength": "strength session",
    "targets": "target",
    "busy": "busy calendar",
    "race": "race",
    "pause": "pause",
    "exercises": "exercise",
    "cross": "cross training",
    "travel": "trip",
}


def as_said(key: str) -> str:
    """ "targets[0].path" as errors say it: "the 1st target: path"."""
    parts = []
    while found := re.match(r"(.*?)\[(\d)\]\.?", key):
        name = found[1].rpartition(".")[2]
        which = ("1st", "2nd", "3rd", "4th")[int(found[2])]
        parts.append(f"the {which} {ENTRIES.get(name, f'of {found[1]}')}")
        key = key[found.end() :]
    return ": ".join([*parts, *filter(None, [key])])


def as_missing(text: str) -> str:
    """`text` with "the 1st target needs a path" as "the 1st target: path: is missing"."""
    return re.sub(r'(the \d+\w\w [\w ]+?) needs (?:an? )?"?(\w+)"?', r"\1: \2: is missing", text)


def as_written(text: str) -> str:
    """`text` with each "the 1st target: path" as "targets[0].path" again."""
    text = as_missing(text)
    names = {said: name for name, said in ENTRIES.items()}
    of_tables = rf"the (\d+)\w\w ({'|'.join(names)})(?:: (\w+)(?=:))?"

    def table(found: re.Match[str]) -> str:
        return f"{names[found[2]]}[{int(found[1]) - 1}]{'.' + found[3] if found[3] else ''}"

    text = re.sub(of_tables, table, text)
    return re.sub(r"the (\d+)\w\w of ([\w.]+)", lambda found: f"{found[2]}[{int(found[1]) - 1}]", text)
