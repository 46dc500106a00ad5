"""A real `calsync serve` in a process of its own: its addresses, its log, and the signals that it gets.

What it says goes to a file, so that it can be read at any time. The secret must never be in there; every test
that runs a server checks that. Nothing here sleeps: what takes its time is asked for again.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli.box import NOW, Box
from tests.web.asking import PATIENCE, ask

_SERVING = "Serving on "
# A server that is asked again and again has less time for what it is asked for.
_PAUSE = 0.03


@dataclass
class Server:
    """`url` is without a slash at its end."""

    box: Box
    process: subprocess.Popen[bytes]
    output: Path
    url: str = ""

    @property
    def log(self) -> str:
        """All that it has said so far, on either stream."""
        return self.output.read_text("utf-8")

    @property
    def secret(self) -> str:
        """As it is now: another one counts at once."""
        (file,) = self.box.state.glob("*/serve-secret")
        return file.read_text("ascii").strip()

    @property
    def page(self) -> str:
        """The address of the page of the present week."""
        return f"{self.url}/{self.secret}/"

    def week(self, week: str) -> str:
        """The address of the page of a week, such as 2026-W48."""
        return f"{self.page}week/{week}"

    def feed(self, target: str = "feed") -> str:
        """The address of that target's feed, found where people find it."""
        lines = self.box.ok("serve", "--show-links", "--url", self.url).out.splitlines()
        return lines[lines.index(target) + 2].strip()

    def shown(self) -> str:
        """The page of the present week, or what stands in for it."""
        return ask(self.page).body.decode()

    def until(self, condition: Callable[[], bool]) -> None:
        """Asks again and again, until it is true or the server is gone."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"it never came true; the server said:\n{self.log}"
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert self.process.wait(_PAUSE) is None, f"the server ended and said:\n{self.log}"

    def replan(self, until: Callable[[], bool] | None = None) -> None:
        """SIGHUP, then wait until `until` holds; without it until another page is shown."""
        before = self.shown()
        self.process.send_signal(signal.SIGHUP)
        self.until(until or (lambda: self.shown() != before))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """The exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def running(
    box: Box, *args: str, now: str | None = NOW, waits: bool = True, **options: Any
) -> Iterator[Server]:
    """A server that has planned once, or, if it is not waited for, that has just begun to listen.

    Its end has to be a clean one, unless the test ends it.
    """
    number = len(list(box.folder.glob("serve-*.log")))
    output = box.folder / f"serve-{number}.log"
    with output.open("wb") as file:
        out = {"stdout": file, "stderr": subprocess.STDOUT}
        process = box.start("serve", "--port", "0", *args, now=now, **out, **options)
    server = Server(box, process, output)
    try:
        server.until(lambda: _SERVING in server.log and server.log.endswith("\n"))
        server.url = server.log.split(_SERVING)[1].split(",")[0]
        secrets = {server.secret}
        if waits:
            server.until(lambda: ask(server.page).status == 200)
        yield server
        if process.poll() is None:
            assert server.stop() == 0, server.log
        secrets.add(server.secret)
        assert not any(secret in server.log for secret in secrets)
        assert "Traceback" not in server.log
    finally:
        process.kill()
        process.wait(PATIENCE)
