"""calsync as a process of its own at the speed of a fork, so that it can be killed for real.

A zygote is a process with one thread that has imported calsync and Google's libraries and then waits for
commands; each command runs in a fork of it. The fork has its own memory, sockets and lock, writes to files,
and dies of a signal like any other process; only the half second of imports is not paid again.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds for one command


class Forked:
    """A command that has been started. `pid` waits until it is known: a server may ask before the starter."""

    def __init__(self, out: Path, err: Path) -> None:
        self._out, self._err = out, err
        self._pid = 0
        self._known = threading.Event()

    @property
    def pid(self) -> int:
        assert self._known.wait(PATIENCE)
        return self._pid

    @pid.setter
    def pid(self, pid: int) -> None:
        self._pid = pid
        self._known.set()

    def kill(self) -> None:
        """What no process can do anything about. Only while it runs: it is not waited for before wait()."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def stdout(self) -> bytes:
        return self._out.read_bytes()

    @property
    def err(self) -> str:
        return self._err.read_text()


class Zygote:
    """`with Zygote() as zygote:`; one command at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(PATIENCE)

    def start(
        self, args: Sequence[str], cwd: Path, env: Mapping[str, str], forked: Forked, *, dies_at: int = 0
    ) -> None:
        """Returns when the process is there; `forked` has its number then.

        With `dies_at` it is killed right before it changes something on the disk for the n-th time.
        """
        command = {
            "args": list(args),
            "cwd": str(cwd),
            "env": dict(env),
            "out": str(forked._out),
            "err": str(forked._err),
            "dies_at": dies_at,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        forked.pid = self._read()

    def wait(self, forked: Forked) -> int:
        """The exit code; the negative number of the signal that ended it."""
        try:
            return self._read()
        except TimeoutError:
            forked.kill()
            raise AssertionError(f"no end after {PATIENCE} s: {forked.err}") from None

    def _read(self) -> int:
        stdout = self._process.stdout
        assert stdout is not None
        # Answers are one line each, and never two at a time, so nothing waits in the buffer unseen.
        if not select.select([stdout], [], [], PATIENCE)[0]:
            raise TimeoutError
        line = stdout.readline()
        assert line, "the zygote has died"
        return int(line)


# --- in the zygote ----------------------------------------------------------------------------------------


def _main() -> None:
    _import_everything()
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever prints in here does not answer
    for line in sys.stdin:
        command = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.close(answers)
            _run(command)
        os.write(answers, f"{pid}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.write(answers, f"{code}\n".encode())


def _import_everything() -> None:
    import gc

    import calsync.app.push
    import calsync.app.wishes
    import calsync.calendars.caldav.calendar  # noqa: F401

    gc.collect()
    gc.freeze()  # what is shared with the forks stays shared


def _run(command: dict[str, Any]) -> None:
    code = 70
    try:
        os.environ.clear()
        os.environ.update(command["env"])
        os.chdir(command["cwd"])
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for path, number in ((command["out"], 1), (command["err"], 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = ["calsync", *command["args"]]
        if command["dies_at"]:
            _die_at(command["dies_at"])

        from calsync.cli.main import run

        code = run()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _die_at(number: int) -> None:
    """Be killed before the n-th change of something on the disk; to take a lock is one, too."""
    left = number

    def look(event: str, details: tuple[Any, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.link", "os.truncate", "fcntl.flock"):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


if __name__ == "__main__":
    _main()
