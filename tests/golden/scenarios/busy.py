"""Busy calendars with all that is awkward in them, and sources that fail."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tests import loopback
from tests.cli.box import ROOT
from tests.golden.recorder import Recorder, plan_and_push, scenario

# Each event has a UID that says what is awkward with it.
AWKWARD = (Path(__file__).parents[1] / "files" / "awkward.ics").read_text()


def _source(name: str, where: str, *more: str) -> str:
    return "\n".join((f'[[busy]]\nname = "{name}"\ntype = "ics"\n{where}', *more, ""))


@scenario
def busy_and_awkward(recorder: Recorder) -> None:
    recorder.write("awkward.ics", AWKWARD)
    mine = ('email = "me@example.org"', 'ignore = ["Lunch*"]', 'tentative = "free"', 'all_day = "free"')
    recorder.box.config(more=_source("plain", 'path = "awkward.ics"'))
    plan_and_push(recorder)
    for args in (
        (),
        ("--format", "json"),
        ("--days", "3", "--from", "2026-11-25"),
        ("--source", "plain"),
        ("--source", "plan"),
    ):
        recorder.run("busy", *args)
    recorder.box.config(
        more=_source("plain", 'path = "awkward.ics"') + _source("mine", 'path = "awkward.ics"', *mine)
    )
    recorder.run("busy")
    recorder.run("plan")
    recorder.run("doctor")
    recorder.say("A folder, other encodings, two calendars in one file")
    recorder.write("folder/a.ics", AWKWARD.replace("\n", "\r\n"))
    recorder.write("folder/b.ics", ("\ufeff" + AWKWARD).encode("utf-16"))
    recorder.write("folder/c.txt", "no calendar")
    recorder.write("folder/d.ics", (ROOT / "examples" / "busy.ics").read_bytes() + AWKWARD.encode())
    recorder.box.config(more=_source("folder", 'path = "folder"'))
    recorder.run("busy")
    recorder.run("busy", "--format", "json")
    recorder.run("doctor")


@scenario
def busy_and_broken(recorder: Recorder) -> None:
    """What can't be read at all."""
    recorder.write("empty.ics", "")
    recorder.write("page.ics", "<!doctype html><title>Sign in</title>")
    recorder.write("half.ics", AWKWARD[: len(AWKWARD) // 2])
    recorder.write("none.ics", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n")
    recorder.write("bytes.ics", b"\xff\xfe\x00\x01")
    (recorder.box.folder / "nothing").mkdir()
    for where in ("empty.ics", "page.ics", "half.ics", "none.ics", "bytes.ics", "nothing", "missing.ics"):
        recorder.say(where)
        recorder.box.config(more=_source("work", f'path = "{where}"'))
        recorder.run("busy")
        recorder.run("plan")
        recorder.run("push", "--quiet")
        recorder.run("doctor")
    recorder.run("doctor", "--format", "json")


class _Feed(loopback.Handler):
    """Answers by path: the example's busy calendar, or what the name says."""

    HEADERS: ClassVar = {
        "/packed": ("Content-Encoding", "gzip"),
        "/strange": ("Content-Encoding", "br"),
        "/status/302": ("Location", "/status/302"),
        "/status/303": ("Location", "http://calendar.example.org/a.ics"),
        "/status/307": ("Location", "nowhere:"),
    }
    is_down = False

    def do_GET(self) -> None:  # noqa: N802
        code, body = 200, (ROOT / "examples" / "busy.ics").read_bytes()
        if self.is_down:
            code, body = 503, b"later"
        elif self.path.startswith("/status/"):
            code, body = int(self.path.rpartition("/")[2]), b"no"
        elif self.path == "/page":
            body = b"<!doctype html><title>Sign in</title>"
        elif self.path == "/packed":
            body = gzip.compress(body, mtime=0)
        headers = dict([self.HEADERS[self.path]]) if self.path in self.HEADERS else {}
        if code == 503:
            headers["Retry-After"] = "0"
        if code == 301:
            headers["Location"] = "/secret/basic.ics"
        self.say(code, body, headers)


@contextmanager
def _served() -> Iterator[int]:
    _Feed.is_down = False
    with loopback.serving(_Feed) as url:
        yield int(url.rpartition(":")[2])


@contextmanager
def _nobody() -> Iterator[int]:
    """A port at which nobody listens, and which no other test gets in the meantime."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


@scenario
def busy_feed_that_fails(recorder: Recorder) -> None:
    """A feed over HTTP: its copy stands in while it is down, and not for ever."""
    with _served() as port:
        url = f'url = "http://127.0.0.1:{port}'
        recorder.box.config(more=_source("work", f'{url}/secret/basic.ics"'))
        plan_and_push(recorder)
        recorder.run("plan", "--verbose")
        for path in (
            "packed",
            "strange",
            "status/302",
            "status/303",
            "status/307",
            "status/308",
            "status/400",
        ):
            recorder.say(path)
            recorder.box.config(more=_source("work", f'{url}/{path}"'))
            recorder.run("busy", "--days", "2")
        for path in ("status/301", "status/404", "status/403", "page"):
            recorder.say(path)
            recorder.box.config(more=_source("work", f'{url}/{path}"'))
            recorder.run("push")
            recorder.run("doctor")
        recorder.box.config(more=_source("work", f'{url}/secret/basic.ics"'))
        recorder.run("push", "--quiet")
        recorder.say("It is down")
        _Feed.is_down = True
        recorder.now = "2026-11-23T11:00:00+00:00"
        for args in (
            ("plan",),
            ("plan", "--format", "json"),
            ("push",),
            ("push", "--format", "json"),
            ("busy",),
            ("doctor",),
            ("doctor", "--format", "json"),
        ):
            recorder.run(*args)
        recorder.say("For longer than a copy serves")
        recorder.now = "2026-12-02T06:00:00+00:00"
        for args in (("plan",), ("push", "--quiet"), ("busy",), ("doctor",)):
            recorder.run(*args)
    recorder.say("Nobody answers, and there is no copy")
    with _nobody() as port:
        where = f'url = "http://127.0.0.1:{port}/secret"'
        recorder.box.config(more=_source("work", where, 'on_error = "fail"'))
        recorder.run("plan")
