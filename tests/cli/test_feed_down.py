"""A busy feed that stops answering: the last copy stands in, and whoever reads cron's mail learns of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests import loopback
from tests.cli.box import ROOT, Box

BUSY = '[[busy]]\nname = "work"\ntype = "ics"\nurl = "http://127.0.0.1:{}/secret/basic.ics"\n'


@contextmanager
def served() -> Iterator[int]:
    with loopback.feed((ROOT / "examples" / "busy.ics").read_bytes()) as feed:
        yield int(feed.url.rpartition(":")[2])


def test_a_quiet_push_says_that_a_copy_stands_in_and_how_old_it_is(box: Box) -> None:
    with served() as port:
        box.config(more=BUSY.format(port))
        box.ok("push", "--quiet")
    result = box.run("push", "--quiet", now="2026-11-23T11:00:00+00:00")
    assert result.code == 0
    assert result.out == ""
    (line,) = result.err.splitlines()
    assert line.startswith("Warning: work: http://127.0.0.1")
    assert "5 hours ago" in line
    assert "secret" not in line


def test_without_a_usable_copy_nothing_is_changed(box: Box) -> None:
    with served() as port:
        box.config(more=BUSY.format(port))
        box.ok("push")
    before = box.feed.read_bytes()
    result = box.run("push", now="2026-12-02T06:00:00+00:00")
    assert result.code == 5
    assert '"work"' in result.error
    assert "secret" not in result.err
    assert box.feed.read_bytes() == before
