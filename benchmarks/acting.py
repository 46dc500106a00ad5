"""How long an act takes, from the POST to the changed feed, on the example config.

A run is skipped and put back, again and again; when the answer comes, the feed has to be another one.

    python -m benchmarks.acting
"""

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from benchmarks.commands import beside_python

ROOT = Path(__file__).resolve().parent.parent
NOW = "2026-11-23T06:00:00+00:00"


class _Stay(HTTPRedirectHandler):
    """The answer itself is what is measured, not the page that it leads to."""

    def redirect_request(self, *_: object) -> None:
        return None


def seconds(rounds: int) -> float:
    """Median seconds from a POST to its answer, when the feed has been written."""
    with tempfile.TemporaryDirectory() as name, _served(Path(name)) as (folder, page):
        (feed,) = folder.rglob("training.ics")
        times = []
        for _ in range(rounds + 1):
            for label in ("Skip it", "Put it back"):
                body = _form(page, label)
                before = feed.read_bytes()
                start = time.perf_counter()
                _send(page, body)
                times.append(time.perf_counter() - start)
                assert feed.read_bytes() != before, "the feed has to be written before the answer"
                # As long as somebody takes to read the page; the next process has to be ready by then.
                time.sleep(1)
        return statistics.median(times[2:])


def _form(page: str, label: str) -> bytes:
    html = build_opener().open(page).read().decode()
    for form in re.findall(r'<form method="post".*?</form>', html, re.DOTALL):
        if f"<button>{label}</button>" in form and "/run/sun-1" in form:
            fields = re.findall(r'name="([^"]*)" value="([^"]*)"', form)
            return urlencode([(name, unescape(value)) for name, value in fields]).encode()
    raise SystemExit(f'the page has no form "{label}"')


def _send(page: str, body: bytes) -> None:
    request = Request(page, body, {"Origin": "null", "Sec-Fetch-Site": "same-origin"})
    try:
        build_opener(_Stay).open(request)
    except HTTPError as answer:
        if answer.status != 303:
            raise


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folder of its config, and the address of its page."""
    shutil.copy(ROOT / "config.example.toml", folder / "config.toml")
    shutil.copytree(ROOT / "examples", folder / "examples")
    environment = {**os.environ, "CALSYNC_STATE": str(folder / "state"), "PYTHONPATH": str(ROOT)}
    command = [beside_python("calsync"), "serve", "--port", "0", "--now", NOW]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=environment, **streams)
    assert process.stderr
    try:
        url = process.stderr.readline().partition("Serving on ")[2].partition(",")[0]
        (file,) = folder.glob("state/*/serve-secret")
        page = f"{url}/{file.read_text().strip()}/"
        for _ in range(600):
            with contextlib.suppress(OSError):
                build_opener().open(page)
                break
            time.sleep(0.1)
        yield folder, page
    finally:
        process.terminate()
        process.communicate()


def print_figures(rounds: int, importing: float) -> None:
    """`importing` is how long `import icalendar` takes, in seconds."""
    took = seconds(rounds)
    print(f"{'an act, from the POST to the changed feed':68} {took * 1000:8.1f}   ms")
    print(f"{'an act / import icalendar':68} {took / importing:8.2f}   (at most 4)")


if __name__ == "__main__":
    from benchmarks.commands import medians

    number = 3 if "--quick" in sys.argv else 10
    command = {"icalendar": [sys.executable, "-c", "import icalendar"]}
    print_figures(number, medians(command, rounds=number, environment=os.environ, folder=ROOT)["icalendar"])
