"""Plans in a process of their own: what ends them, what becomes of them, and that nobody waits for them."""

import os
import queue
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from calsync.app.worker import Allowance, Worker
from calsync.errors import Unavailable
from calsync.feeds.download import DEFAULT_LIMITS
from tests.cli.box import NOW, Box
from tests.web.asking import ask
from tests.web.running import running
from tests.web.test_serve import BUSY, silent_feed

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process's memory")


def worker(program: str, allowance: Allowance | None = None) -> Worker:
    """One whose plans are those of a Python program."""
    said: list[str] = []
    return Worker([sys.executable, "-c", program], said.append, said.append, (), allowance or Allowance())


def problem_of(program: str, allowance: Allowance | None = None) -> str:
    with pytest.raises(Unavailable) as found:
        worker(program, allowance).plan()
    return str(found.value)


@pytest.mark.parametrize("hangs", ["while True: pass", "signal.pause()"])
def test_a_plan_that_takes_too_long_is_ended(tmp_path: Path, hangs: str) -> None:
    pid = tmp_path / "pid"
    program = f"import os, signal\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\n{hangs}"
    assert problem_of(program, Allowance(seconds=2)) == "planning took more than 2 s, and was ended"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_calendar_that_hangs_is_named_before_its_plan_is_ended() -> None:
    time_to_start = 20
    assert time_to_start + DEFAULT_LIMITS.deadline < Allowance().seconds


@LINUX
def test_a_plan_that_takes_too_much_memory_is_ended() -> None:
    program = "all = []\nwhile True: all.append(bytearray(1 << 20))"
    allowance = Allowance(memory=100 << 20)
    assert problem_of(program, allowance) == "planning took more than 100 MB of memory, and was ended"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import os; os.abort()", "it ended with -6"),
        ("import os; os.kill(os.getpid(), 9)", "was killed; this machine may have too little memory"),
        ("import sys; sys.exit('oh no')", "oh no"),
        ("pass", "it ended with 0"),
        ('print(\'{"type": "_Planned", "problem": "work: gone"}\')', "work: gone"),
        ('print(\'{"type": "_Planned", "snapshot": 1}\')', "restart the server"),
        ("print('{')", "restart the server"),
    ],
)
def test_it_says_what_became_of_a_plan(program: str, found: str) -> None:
    assert found in problem_of(program)


PLANNED = """
from datetime import datetime, UTC
from zoneinfo import ZoneInfo
import msgspec
from calsync.app.worker import _Planned, _zone_key
from calsync.web.planner import Snapshot
made = Snapshot((), datetime(2026, 11, 23, 6, tzinfo=UTC), ZoneInfo("UTC"))
print(msgspec.json.encode(_Planned(made), enc_hook=_zone_key).decode(), flush=True)
"""


def test_what_follows_a_plan_is_not_waited_for_and_its_end_is_looked_at() -> None:
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    with socket.create_server(("127.0.0.1", 0)) as gate:
        then = f"import socket, sys\nsocket.create_connection({gate.getsockname()!r}).recv(1)\n"
        program = f"{PLANNED}{then}print('ntfy: refused', file=sys.stderr)"
        one = Worker([sys.executable, "-c", program], lambda _: None, heard.put)
        assert one.plan().made
        assert heard.empty()
        gate.accept()[0].close()
        assert heard.get(timeout=60) == "ntfy: refused"


def test_a_warning_is_told_once_as_long_as_it_stays() -> None:
    """Also over plans that change nothing, which repeat none; it is news again where it comes back."""
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    one = Worker([], lambda _: None, heard.put)

    def told(has_warning: bool, says: Sequence[str], mark: str) -> list[str]:
        warnings = ("no room",) if has_warning else ()
        planned = PLANNED.replace('ZoneInfo("UTC"))', f'ZoneInfo("UTC"), {warnings!r})')
        one.command = [
            sys.executable,
            "-c",
            f"{planned}import sys; sys.stderr.write({chr(10).join([*says, mark])!r})",
        ]
        one.plan()
        return heard.get(timeout=60).splitlines()

    warning = "Warning: no room"
    assert told(True, [warning, warning], "1") == [warning, "1"]
    assert told(True, [], "2") == ["2"]
    assert told(True, [warning], "3") == ["3"]
    assert told(False, [], "4") == ["4"]
    assert told(True, [warning], "5") == [warning, "5"]


def test_what_follows_a_plan_is_ended_when_it_takes_too_long_or_the_server_ends() -> None:
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    command = [sys.executable, "-c", f"{PLANNED}while True: pass"]
    one = Worker(command, lambda _: None, heard.put, (), Allowance(seconds=5))
    assert one.plan().made
    assert heard.get(timeout=60) == "planning took more than 5 s, and was ended"
    one = Worker(command, lambda _: None, heard.put)
    assert one.plan().made
    one.end()
    with pytest.raises(Unavailable):
        one.plan()


# A server whose plans may take that many seconds and bytes, as long as there is no file "patience".
_SERVER = f"""
import contextlib
import sys
from datetime import datetime, timedelta
from pathlib import Path
from calsync.app.setup import load_setup
from calsync.app.serve import ServerAddress, run_server
from calsync.app.worker import Allowance, Worker
from calsync.config.load import find_config
from calsync.config.settings import Serve

def say(text):
    print(text, file=sys.stderr, flush=True)

class Limited(Worker):
    def plan(self, **options):
        self.allowance = Allowance() if Path("patience").exists() else Allowance(%s)
        return super().plan(**options)

plan = [sys.executable, "-P", "-m", "calsync", "serve", "--only-plan", "--now", "{NOW}"]
worker = Limited(plan, say, say)
address = ServerAddress.of(Serve(), "127.0.0.1", 0)
now = datetime.fromisoformat("{NOW}")
with contextlib.suppress(KeyboardInterrupt):
    run_server(load_setup(find_config(None)), address, timedelta(hours=1), now, worker, say)
"""


def server(allowance: str) -> list[str]:
    return [sys.executable, "-c", _SERVER % allowance]


def test_the_page_says_that_a_plan_took_too_long_and_everything_is_answered(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    box.push()
    with silent_feed() as (address, _):
        box.config(more=BUSY.format("url", address))
        with running(box, program=server("seconds=1"), waits=False) as site:
            site.until(lambda: "planning took more than 1 s, and was ended" in site.shown())
            assert ask(site.feed()).body == box.feed.read_bytes()
            assert ask(f"{site.url}/healthz").status == 503
            box.config()
            box.write("patience", "")
            site.replan(lambda: ask(site.page).status == 200)
            site.until(lambda: "planning works again" in site.log)


@LINUX
def test_the_page_says_that_a_plan_took_too_much_memory(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    with running(box, program=server("memory=20 << 20"), waits=False) as site:
        site.until(lambda: "planning took more than 20 MB of memory" in site.shown())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_plan_that_never_ends_does_not_outlive_its_server(tmp_path: Path, number: signal.Signals) -> None:
    box = Box(tmp_path)
    box.config()
    pid = tmp_path / "pid"
    busy = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid()))\nwhile True: pass"
    program = _SERVER.replace('"-P", "-m", "calsync"', f'"-c", {busy!r}') % ""
    with running(box, program=[sys.executable, "-c", program], waits=False) as site:
        site.until(lambda: pid.exists() and bool(pid.read_text()))
        assert site.stop(number) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)
