"""Radicale and Xandikos as real servers on this machine: each once for all tests of a process.

A server ends when the process that started it does, however that ends: it reads a pipe from there. Then its
folder goes with it.
"""

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calsync.calendars.caldav.client import Client, Patience

SERVERS = ("radicale", "xandikos")
USER, PASSWORD = "änn", "pass: wört/1"
# Long enough for a slow machine, and without long waits before another try.
QUICK = Patience(connect=10, answer=30, total=120, first_wait=0.01, longest_wait=0.02)
# Where files are kept for programs that wait for the disk at each write: in memory, if that can be.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
_ENOUGH = 60.0

_PROGRAM = """\
import os, runpy, shutil, sys, threading
folder, *sys.argv = sys.argv[1:]
def end():
    os.read(0, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""

_RADICALE = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 40
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/storage
[web]
type = none
[logging]
level = error
"""


@dataclass(frozen=True)
class Server:
    """`home` is where its user's calendars are."""

    kind: str
    url: str
    home: str

    def client(self, **more: object) -> Client:
        given = {"patience": QUICK, **more}
        return Client(self.url, USER, PASSWORD, **given)  # type: ignore[arg-type]

    def new_path(self) -> str:
        """What no calendar in its home is called yet."""
        return uuid.uuid4().hex


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _start(folder: Path, command: Sequence[str], port: int) -> subprocess.Popen[bytes] | None:
    """None if somebody else has taken the port meanwhile: neither server takes any free one by itself."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    end = time.monotonic() + _ENOUGH
    while not _answers(port):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            _end(process)
            return None
        assert time.monotonic() < end, (folder / "log").read_text("utf-8", "replace")
    if process.poll() is None:
        return process
    _end(process)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


@cache
def running(kind: str) -> Server:
    """The server, started if it doesn't run yet."""
    opened = ExitStack()
    atexit.register(opened.close)
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="calsync-dav-", dir=MEMORY)))
    for _ in range(5):
        port = _free_port()
        if kind == "radicale":
            (folder / "users").write_text(f"{USER}:{PASSWORD}\n", "utf-8")
            (folder / "config").write_text(_RADICALE.format(port=port, folder=folder), "utf-8")
            command = ["radicale", "-C", str(folder / "config")]
            home = "/%C3%A4nn/"
        else:
            # It takes a password over TLS only: whoever asks is the owner.
            command = ["xandikos", "serve", "-d", str(folder / "storage"), "--defaults"]
            command += ["--current-user-principal", "/ann/", "--state-dir", str(folder / "state")]
            command += ["-l", "127.0.0.1", "-p", str(port), "--no-detect-systemd"]
            home = "/ann/calendars/"
        process = _start(folder, command, port)
        if process is not None:
            opened.callback(_end, process)
            return Server(kind, f"http://127.0.0.1:{port}", home)
    raise AssertionError((folder / "log").read_text("utf-8", "replace"))
