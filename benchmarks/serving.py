"""How long the server takes for a feed and a page, beside a static file of the same bytes.

So that the comparison is fair, one process serves both, Starlette's StaticFiles mounted beside calsync;
one client asks for all of them in turn, at one rate and over one connection, so that a slow moment hits them
all. Once while nothing else happens, once while the plan is being recomputed all the time.

    python -m benchmarks.serving
"""

import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.small_calendar import write_config

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
A_SECOND = 200
_FEED, _PAGE = "training.ics", "page.html"


def run(rounds: int = 600) -> Iterator[tuple[str, float, str]]:
    """Figures as (name, value, unit), `rounds` requests for each."""
    for plans in (False, True):
        when = "while it plans" if plans else "at rest"
        with tempfile.TemporaryDirectory() as name, _served(Path(name), plans) as (port, secret):
            times = _times(Path(name), port, secret, rounds)
        yield "", 0, f"{A_SECOND} requests a second, {when}: median and 99th percentile"
        for what, seconds in times.items():
            yield f"{what}, median", statistics.median(seconds) * 1000, "ms"
            yield f"{what}, p99", _p99(seconds) * 1000, "ms"
        for what in ("feed, 200", "feed, 304", "page, 200"):
            ours, static = times[what], times[f"static {what}"]
            yield f"{what} / static, median", statistics.median(ours) / statistics.median(static), ""
            yield f"{what} / static, p99", _p99(ours) / _p99(static), ""


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def _times(folder: Path, port: int, secret: str, rounds: int) -> dict[str, list[float]]:
    feed, static, page = f"/{secret}/{_FEED}", f"/static/{_FEED}", f"/static/{_PAGE}"
    link = HTTPConnection("127.0.0.1", port)
    link.connect()
    link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(path: str, headers: Mapping[str, str]) -> tuple[int, str, bytes, float]:
        start = time.perf_counter()
        link.request("GET", path, headers=dict(headers))
        answer = link.getresponse()
        body = answer.read()
        return answer.status, answer.headers["ETag"] or "", body, time.perf_counter() - start

    with contextlib.closing(link):
        for path, file in ((feed, _FEED), (f"/{secret}/", _PAGE)):
            (folder / "static" / file).write_bytes(body := ask(path, {})[2])
            assert ask(f"/static/{file}", {})[2] == body
        tags = {path: ask(path, {})[1] for path in (feed, static)}
        asked = {
            "feed, 200": (feed, {}, 200),
            "static feed, 200": (static, {}, 200),
            "feed, 304": (feed, {"If-None-Match": tags[feed]}, 304),
            "static feed, 304": (static, {"If-None-Match": tags[static]}, 304),
            "page, 200": (f"/{secret}/", {}, 200),
            "static page, 200": (page, {}, 200),
        }
        times: dict[str, list[float]] = {what: [] for what in asked}
        due = time.perf_counter()
        for _ in range(rounds):
            for what, (path, headers, expected) in asked.items():
                due += 1 / A_SECOND
                time.sleep(max(0.0, due - time.perf_counter()))
                status, _, _, seconds = ask(path, headers)
                assert status == expected, f"{what}: {status}"
                times[what].append(seconds)
    return times


# --- the server -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _served(folder: Path, plans: bool) -> Iterator[tuple[int, str]]:
    """Its port, and the secret of its addresses."""
    write_config(folder)
    environment = {**os.environ, "CALSYNC_STATE": str(folder / "state"), "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-m", "benchmarks.serving", "serve", *(["plans"] if plans else [])]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            port, secret = process.stdout.readline().split()
            yield int(port), secret
        finally:
            process.terminate()


def _serve(plans: bool) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    from calsync.app.setup import load_setup
    from calsync.app.worker import Worker
    from calsync.config.load import find_config
    from calsync.errors import Unavailable
    from calsync.web.connections import Limits, Server
    from calsync.web.feed_file import FeedFile
    from calsync.web.planner import Latest
    from calsync.web.secret import Secret
    from calsync.web.server import Feed, Site, application

    setup = load_setup(find_config(None))
    secret = Secret(setup.state)
    # What `calsync serve` runs for each plan.
    command = [sys.executable, "-m", "calsync", "serve", "--only-plan", "--now", NOW.isoformat()]
    worker = Worker(command, lambda _: None, lambda _: None)
    latest = Latest(worker.plan())
    feeds = (Feed("feed", _FEED, FeedFile(Path(_FEED)), False),)
    site = Site(
        name="training",
        secret=secret,
        feeds=lambda: feeds,
        latest=lambda: latest,
        clock=lambda: NOW,
        every=timedelta(minutes=15),
    )
    static = Path("static")
    static.mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        # As in app/serve.py: without it an answer waits 40 ms for the client's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        both = Starlette(
            routes=[Mount("/static", StaticFiles(directory=static)), Mount("/", application(site))]
        )
        ended = threading.Event()

        def plan() -> None:
            while plans and not ended.is_set():
                with contextlib.suppress(Unavailable):  # the one that is being made at the end
                    worker.plan()

        planning = threading.Thread(target=plan)
        planning.start()
        # uvicorn raises it again when it has ended.
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        print(listener.getsockname()[1], secret.ensure(), flush=True)
        Server(both, Limits(), print).run(sockets=[listener])
        ended.set()
        worker.end()
        planning.join()


def print_figures(rounds: int) -> None:
    for name, value, unit in run(rounds):
        print(f"{name:68} {value:8.2f}   {unit}" if name else f"\n{unit}")


if __name__ == "__main__":
    if "serve" in sys.argv:
        _serve("plans" in sys.argv)
    else:
        print_figures(100 if "--quick" in sys.argv else 600)
