"""A real `calsync serve` on a box: started on a free port, asked over HTTP, ended with SIGTERM.

    with serving(box) as site:
        answer = ask(site.feed())

Nothing here sleeps: what takes its time is asked for again, for a minute at most.
"""

import contextlib
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import IO

from tests.cli.box import NOW, Box
from tests.web.asking import PATIENCE, ask

_ADDRESS = re.compile(r"^Serving on (http://\S+?),")
# A server that is asked again and again has less time for what it is asked for.
_PAUSE = 0.05


@dataclass
class Output:
    """What the server wrote so far, both of its streams, line by line."""

    lines: list[str] = field(default_factory=list)
    has_ended: bool = False
    news: threading.Condition = field(default_factory=threading.Condition)

    def read(self, stream: IO[bytes]) -> None:
        for line in stream:
            with self.news:
                self.lines.append(line.decode().rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.has_ended = True
            self.news.notify_all()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Site:
    """`url` is without a slash at its end."""

    box: Box
    url: str
    process: subprocess.Popen[bytes]
    output: Output

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

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Until `condition` holds; `what` says that to who reads that it never did."""
        end = monotonic() + PATIENCE
        while not condition():
            assert not self.output.has_ended, f"the server has ended:\n{self.output.text}"
            assert monotonic() < end, f"waited in vain until {what}:\n{self.output.text}"
            with self.output.news:
                self.output.news.wait(_PAUSE)

    def replan(self, until: Callable[[], bool] | None = None) -> None:
        """SIGHUP, then wait until `until` holds; without it until another page is shown."""
        before = ask(self.page)
        self.process.send_signal(signal.SIGHUP)
        self.wait(until or (lambda: ask(self.page).body != before.body), "there is another plan")


@contextlib.contextmanager
def serving(box: Box, *args: str, now: str | None = NOW, waits: bool = True) -> Iterator[Site]:
    """The server, with its first plan made if it `waits`. Its end has to be a clean one."""
    process = box.start("serve", "--port", "0", *args, now=now, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = Output()
    reader = threading.Thread(target=output.read, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        site = Site(box, _address(output), process, output)
        if waits:
            site.wait(lambda: ask(site.page).status == 200, "there is a plan")
        yield site
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, output.text
        reader.join(PATIENCE)
        assert site.secret not in output.text
    finally:
        process.kill()
        process.wait()
        reader.join(PATIENCE)
        process.stdout.close()


def _address(output: Output) -> str:
    with output.news:
        output.news.wait_for(lambda: bool(output.lines) or output.has_ended, PATIENCE)
        match = _ADDRESS.match(output.lines[0] if output.lines else "")
    assert match, f"the server did not start:\n{output.text}"
    return match[1]
