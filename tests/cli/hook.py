"""A server on loopback that is told things: a webhook, an ntfy server, or what Apprise posts to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.loopback import Handler, serving


@dataclass
class Heard:
    path: str
    headers: dict[str, str]
    body: Any
    """What the JSON says."""


@dataclass
class Hook:
    """`status` is what it answers; while `answers` is not set, it keeps everybody waiting."""

    url: str = ""
    status: int = 200
    location: str = ""
    all: list[Heard] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)

    def heard(self) -> list[Any]:
        """The bodies of what has come since this was last asked for."""
        bodies = [one.body for one in self.all]
        self.all.clear()
        return bodies

    def events(self) -> list[str]:
        return [body["event"] for body in self.heard()]


@contextmanager
def listening() -> Iterator[Hook]:
    hook = Hook()
    hook.answers.set()

    class Listens(Handler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.all.append(Heard(self.path, dict(self.headers), msgspec.json.decode(body)))
            hook.arrived.set()
            hook.answers.wait()
            self.say(hook.status, headers={"Location": hook.location} if hook.location else None)

    with serving(Listens) as hook.url:
        try:
            yield hook
        finally:
            hook.answers.set()
