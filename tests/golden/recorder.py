"""Runs the command line as a scenario says, and keeps all that it puts out: text in a transcript, the rest in
files.

What differs from machine to machine and from run to run is replaced by something constant: folders, ports,
and the minute that `calsync schedule` draws.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.cli.box import NOW, ROOT, Box, Result

RECORDINGS = Path(__file__).parent / "recordings"
TRANSCRIPT = "transcript.txt"
# Output that is long or for programs gets a file of its own, by the format that was asked for.
_FORMATS = ("json", "svg", "html")


@dataclass
class Recorder:
    """One scenario on its way: a box, and what was kept so far, by the name of its file.

    `now` is the moment of every command. Files that a command or the scenario writes are given it as the time
    of their last change: `calsync doctor` tells how old they are.
    """

    box: Box
    now: str = NOW
    files: dict[str, bytes] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)
    _stamps: dict[Path, int] = field(default_factory=dict)
    _feeds: dict[Path, bytes] = field(default_factory=dict)
    _steps: int = 0

    def say(self, text: str) -> None:
        """A heading in the transcript."""
        self._lines += [f"# {text}", ""]

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.box.write(name, text)
        self._set_time(path)
        return path

    def copy(self, source: str, name: str = "") -> Path:
        """A file or a folder of the checkout, under the same name unless another is given."""
        origin = ROOT / source
        if origin.is_file():
            return self.write(name or source, origin.read_bytes())
        for path in sorted(origin.rglob("*")):
            if path.is_file() and "public" not in path.parts:
                self.write(f"{name or source}/{path.relative_to(origin).as_posix()}", path.read_bytes())
        return self.box.folder / (name or source)

    def run(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """The command in this process."""
        if "doctor" in args:
            self._stamp()
        return self._keep(args, self.box.run(*args, now=self.now, env=env))

    def answer(self, lines: str, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """The command in a process of its own, with `lines` on its standard input."""
        process = self.box.start(*args, now=self.now, stdin=-1, env=env)
        out, err = process.communicate(lines.encode(), timeout=60)
        return self._keep(args, Result(process.returncode, out, err.decode()), lines)

    def complete(self, *words: str) -> Result:
        """What the Tab key answers for the last word, as a shell asks for it."""
        env = {
            "_CALSYNC_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("calsync", *words)),
            "COMP_CWORD": str(len(words)),
        }
        return self._keep(words, self.box.process(now=None, env=env), tab=True)

    def keep(self, what: str, content: bytes, ending: str) -> None:
        """What came from elsewhere than a command, such as a server's page."""
        self._lines += [f"# {what}", f"--- in {self._file('page', ending, content)}", ""]

    def quote(self, what: str, text: str) -> None:
        """The same in the transcript."""
        self._lines += [f"# {what}", *_shown(self._constant(text.encode()).decode()), ""]

    def show(self, name: str) -> None:
        """A file of the box that a command wrote, in the transcript."""
        text = self._constant((self.box.folder / name).read_bytes()).decode()
        self._lines += [f"$ cat {name}", *_shown(text), ""]

    def feeds(self) -> None:
        """The calendars that the targets wrote, where they have changed."""
        for path in sorted(self.box.folder.glob("**/public/**/*.ics")):
            content = path.read_bytes()
            if self._feeds.get(path) != content:
                self._feeds[path] = content
                name = path.relative_to(self.box.folder).as_posix()
                self._lines += [f"$ cat {name}", f"--- in {self._file(path.stem, '.ics', content)}", ""]

    def result(self) -> dict[str, bytes]:
        return {TRANSCRIPT: "\n".join(self._lines).encode(), **self.files}

    # --- how it is kept -----------------------------------------------------------------------------------

    def _keep(self, args: tuple[str, ...], result: Result, given: str = "", *, tab: bool = False) -> Result:
        self._stamp()
        self._lines += [
            self._constant(" ".join(("$ calsync", *map(_quoted, args), *["[Tab]"] * tab)).encode()).decode()
        ]
        if given:
            self._lines += [f"< {line}" for line in given.splitlines()]
        self._lines += [f"exit code {result.code}"]
        ending = "" if tab else _ending(args)
        if result.stdout and ending:
            self._lines += [f"--- standard output in {self._file(args[0], ending, result.stdout)}"]
        elif result.stdout:
            self._lines += ["--- standard output", *_shown(self._constant(result.stdout).decode())]
        if result.err:
            self._lines += ["--- standard error", *_shown(self._constant(result.err.encode()).decode())]
        self._lines += [""]
        return result

    def _file(self, stem: str, ending: str, content: bytes) -> str:
        self._steps += 1
        name = f"{self._steps:02}-{stem}{ending}"
        self.files[name] = self._constant(content)
        return name

    def _constant(self, content: bytes) -> bytes:
        for path, name in ((self.box.folder, b"/BOX"), (ROOT, b"/ROOT"), (Path(sys.executable), b"/PYTHON")):
            content = content.replace(os.fsencode(path), name)
        for pattern, constant in _VARYING:
            content = pattern.sub(constant, content)
        return content

    def _stamp(self) -> None:
        """Gives what was written since the last command the moment of the scenario."""
        for path in self.box.folder.rglob("*"):
            if path.is_file() and self._stamps.get(path) != path.stat().st_mtime_ns:
                self._set_time(path)

    def _set_time(self, path: Path) -> None:
        moment = int(datetime.fromisoformat(self.now).timestamp()) * 10**9
        os.utime(path, ns=(moment, moment))
        self._stamps[path] = moment


_VARYING = (
    (re.compile(rb"(127\.0\.0\.1|localhost):\d+"), rb"\1:PORT"),
    (re.compile(rb"(?m)^[\d,]+ \* (?=\* \* \* .*push --quiet)"), b"MINUTES * "),
    (re.compile(rb"(?m)^[\d,]+ [\d,]+ (?=\* \* \* .*push --quiet)"), b"MINUTES HOURS "),
    (re.compile(rb"(?m)^OnCalendar=.*$"), b"OnCalendar=TIMES"),
    (re.compile(rb'(name="(id|shown)") value="[^"]+"'), rb'\1 value="RANDOM"'),
    (re.compile(rb"can't get into [^\n;\"]+"), b"can't get into /FOLDER"),
)


def _quoted(arg: str) -> str:
    return f"'{arg}'" if " " in arg or not arg else arg


def _ending(args: tuple[str, ...]) -> str:
    if "--format" in args and (form := args[args.index("--format") + 1]) in _FORMATS:
        return f".{form}"
    return ".ics" if args[:1] == ("export",) else ""


def _shown(text: str) -> list[str]:
    """The lines of a text, so that nothing of it is lost: its last line end, too."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines, "(no line end)"]


# --- scenarios --------------------------------------------------------------------------------------------

Scenario = Callable[[Recorder], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """Registers a scenario under the name of its function."""
    name = function.__name__.replace("_", "-")
    assert name not in SCENARIOS
    SCENARIOS[name] = function
    return function


def record(name: str, folder: Path) -> dict[str, bytes]:
    """All that a scenario puts out, by file name; `folder` is empty, and for this scenario alone."""
    folder.chmod(0o700)
    with ExitStack() as stack:
        stack.enter_context(_usual_rights())
        recorder = Recorder(new_box(folder / "box"))
        SCENARIOS[name](recorder)
    return recorder.result()


def new_box(folder: Path) -> Box:
    """A box whose environment is the same everywhere; neither cron nor systemd has anything to say."""
    folder.mkdir(mode=0o755)
    box = Box(folder.resolve())
    for name in ("crontab", "systemctl"):
        box.write(f"bin/{name}", "#!/bin/sh\nexit 1\n").chmod(0o755)
    box.write("bin/calsync", "#!/bin/sh\n").chmod(0o755)
    box.environment |= {
        "PATH": f"{box.folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "TZ": "Europe/London",
        "COLUMNS": "100",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }
    return box


@contextmanager
def _usual_rights() -> Iterator[None]:
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def recorded(name: str) -> dict[str, bytes]:
    """What was recorded of a scenario."""
    folder = RECORDINGS / name
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


# --- what most scenarios do -------------------------------------------------------------------------------


def plan_and_push(recorder: Recorder, *options: str, page: bool = False) -> None:
    """Every way to look at a plan, a first push, and a second one that has nothing to do.

    The page holds the picture, and is long: it is asked for in some scenarios only, as is what programs are
    told after a push.
    """
    run = recorder.run
    run("doctor", *options)
    run("lint", *options)
    run("plan", *options)
    run("plan", "--explain", *options)
    for form in ("json", "svg", "html") if page else ("json", "svg"):
        run("plan", "--format", form, *options)
    run("push", "--dry-run", *options)
    run("push", "--dry-run", "--format", "json", *options)
    run("push", *options)
    recorder.feeds()
    run("push", "--quiet", *options)
    if page:
        run("push", "--format", "json", *options)
        run("plan", "--format", "json", *options)
        run("doctor", "--format", "json", *options)
    run("doctor", *options)
    recorder.feeds()
