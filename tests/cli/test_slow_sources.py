"""Calendars that answer slowly, or never: all are asked at once."""

import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests import loopback
from tests.cli.box import ROOT, Box


@contextmanager
def answering_together(count: int) -> Iterator[str]:
    """A server that answers nobody before `count` have asked."""
    together = threading.Barrier(count)

    class Together(loopback.Handler):
        def do_GET(self) -> None:  # noqa: N802
            together.wait()
            name = "runna.ics" if "runs" in self.path else "busy.ics"
            self.say(200, (ROOT / "examples" / name).read_bytes())

    with loopback.serving(Together) as url:
        yield url
        together.abort()


def sources(url: str) -> str:
    busy = '[[busy]]\nname = "{}"\ntype = "ics"\nurl = "{}/{}"\n'
    feed = f'[plan.feed]\nurl = "{url}/runs"\n'
    return feed + "".join(busy.format(name, url, name) for name in ("work", "home", "club"))


@pytest.mark.parametrize(("command", "asked"), [("push", 4), ("plan", 4), ("busy", 3), ("doctor", 4)])
def test_all_are_asked_at_once(box: Box, command: str, asked: int) -> None:
    with answering_together(asked) as url:
        box.config(more=sources(url))
        box.ok(command)


def test_what_they_say_is_told_in_the_order_of_the_config(box: Box) -> None:
    with answering_together(4) as url:
        box.config(more=sources(url))
        err = box.ok("plan", "--verbose").err
    told = [line.partition(":")[0] for line in err.splitlines() if "busy stretches" in line]
    assert told == ["work", "home", "club"]


def test_the_first_that_fails_is_the_one_that_is_named(box: Box) -> None:
    box.write("club.ics", "nothing")
    gone = '[[busy]]\nname = "{}"\ntype = "ics"\npath = "{}.ics"\n'
    box.config(more="".join(gone.format(name, name) for name in ("work", "home", "club")))
    for _ in range(3):
        result = box.run("push")
        assert result.code == 5
        assert result.error.startswith('busy source "work"')


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts stacks of threads on Linux")
def test_a_dozen_sources_need_little_more_memory_than_one(box: Box) -> None:
    """`calsync serve` and systemd limit what a plan may take, and count the stacks of threads whole."""
    busy = '[[busy]]\nname = "s{0}"\ntype = "ics"\nurl = "{1}/{0}"\n'
    with answering_together(12) as url:
        box.config(more="".join(busy.format(number, url) for number in range(12)))
        most = 200 << 20  # with stacks of 8 MB they would take as much alone
        result = box.process(
            "push", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        )
    assert result.code == 0, result.err
