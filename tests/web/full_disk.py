"""What the runner does on the page while a disk is really full: done or told, never half.

A program of its own, in a mount namespace of its own, where a small disk of memory is laid over a folder:
`python -m tests.web.full_disk FOLDER`. Nobody else sees that disk, and it is gone with the program.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cli.box import Box, by_key
from tests.web.asking import ask
from tests.web.forms import follow, send
from tests.web.running import Server, running
from tests.web.test_acts import SERVE, on, page_of, start

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SIZE = 256 * _PAGE
RUNS = [f"2026-W{week}/run/{day}-1" for week in (48, 49, 50, 51) for day in ("tue", "thu", "sat")]


def main(folder: Path) -> None:
    for name, scenario in (("state", full_state), ("public", full_feed)):
        box = Box(folder / name)
        disk = box.folder / name
        disk.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(disk)], check=True)
        box.config(more=SERVE, horizon=4)
        box.push()
        with running(box) as site:
            scenario(site, disk)


def full_state(site: Server, disk: Path) -> None:
    """With so many pages of memory left as there are steps of an act, it is kept, or nothing is done."""
    refused = done = 0
    for pages, run in zip((0, 1, 2, 3, 5), RUNS, strict=False):
        address, before = page_of(site, run), start(site, run)
        form = on(address)["Skip it"]
        with full(disk, but_for=pages):
            answer = send(address, form)
            told = answer.body.decode()
        if answer.status == 503:
            refused += 1
            assert "Nothing was done, as it could not be kept" in told
            site.replan(lambda: "No space left" not in site.shown())
            assert start(site, run) == before, "it said that nothing was done"
            assert "Skipped: " in follow(site, address, on(address)["Skip it"])
        else:
            assert answer.status == 303, told
            done += 1
            site.replan(lambda run=run: start(site, run) == "")  # type: ignore[misc]
            assert "Put it back" in on(address)
        site.until(lambda: "No space left" not in site.shown())
        assert start(site, run) == ""
    assert refused
    assert done


def full_feed(site: Server, disk: Path) -> None:
    """What the runner did counts; that the feed lacks it is said until the feed has it."""
    run = RUNS[0]
    address, before = page_of(site, run), site.box.feed.read_bytes()
    with full(disk):
        said = follow(site, address, on(address)["Skip it"])
        assert "Skipped: " in said
        assert site.box.feed.read_bytes() == before, "whole, as it was"
        site.until(lambda: re.search("feed.*No space left", site.shown()) is not None)
        assert ask(f"{site.url}/healthz").status == 503, "whoever watches the server is told"
    site.replan(lambda: "No space left" not in site.shown())
    after = by_key(site.box.feed.read_bytes())
    assert set(by_key(before)) - set(after) == {run}
    assert "Put back: " in follow(site, address, on(address)["Put it back"])
    assert start(site, run)


@contextlib.contextmanager
def full(disk: Path, but_for: int = 0) -> Iterator[None]:
    """No space is left, but for so many pages of memory."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * _PAGE)
    os.truncate(filler, filler.stat().st_size - but_for * _PAGE)
    try:
        yield
    finally:
        filler.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
