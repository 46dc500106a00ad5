"""A process that reads bodies and says what each took: python -m tests.fuzz.worker.

Time is that of the processor, as other programs run beside it. Memory is the most that the process had, with
all that Python and calsync need.
"""

import contextlib
import gc
import json
import os
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fuzz.promises import BrokenPromise, check

SECONDS = 5.0
"""For reading a body once, of 10 MB or less."""
MEGABYTES = 300
_MOST_ADDRESSES = 1_500_000_000
_HOPELESS = 60.0
"""Seconds after which a process is stopped that does not stop itself, as some calls hear no signal."""
_SMALL = 300_000
"""Bytes up to which a body is also read in another way."""
_ROOT = Path(__file__).parents[2]


@dataclass
class Verdict:
    seconds: float = 0
    """The slowest reading."""
    megabytes: float = 0
    met: list[str] = field(default_factory=list)
    finding: str = ""
    """What kind of finding it is; empty if all is well."""
    details: str = ""
    at_rest: float = 0
    """Megabytes when all is done."""


class Worker:
    """The process, as the one sees it who gives it bodies; it is started anew when it died or has grown."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._first_rest = 0.0

    def judge(self, body: bytes) -> Verdict:
        process = self._process or self._started()
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(struct.pack(">Q", len(body)) + body)
            process.stdin.flush()
            answer = self._answer(process)
        except BrokenPipeError:
            answer = b""
        if not answer:
            number = process.wait()
            self.stop()
            return Verdict(finding="died", details=f"the process ended with {number}")
        verdict = Verdict(**json.loads(answer))
        self._first_rest = self._first_rest or verdict.at_rest
        if verdict.finding or verdict.at_rest > self._first_rest + 30:
            self.stop()
        return verdict

    def _answer(self, process: subprocess.Popen[bytes]) -> bytes:
        """The line that it writes; empty if it died, or does not even hear its own signal."""
        assert process.stdout
        first = _used(process.pid)
        while not select.select([process.stdout], [], [], 1)[0]:
            if _used(process.pid) - first > _HOPELESS:
                process.kill()
        return process.stdout.readline()

    def judge_surely(self, body: bytes) -> Verdict:
        """What a new process says; of time the better of two, as the machine is not ours alone."""
        verdicts = []
        for _ in range(2):
            self.stop()
            verdicts.append(self.judge(body))
        return min(verdicts, key=lambda verdict: (bool(verdict.finding), verdict.seconds))

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process, self._first_rest = None, 0.0

    def _started(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        return self._process


def _used(pid: int) -> float:
    """The processor time of another process, in seconds."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0


# --- in the process ----------------------------------------------------------------------------------------


class OutOfTime(BaseException):
    """What no `except Exception` catches, raised where the reading is when its time is over."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises OutOfTime after that much processor time."""
    end = time.process_time() + seconds

    def look(number: int, frame: FrameType | None) -> None:
        # The timer counts ticks, in which others may have had a share.
        if time.process_time() >= end:
            raise OutOfTime

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def memory(name: str) -> float:
    """Megabytes of this process: VmRSS now, VmHWM at most."""
    status = Path("/proc/self/status").read_text()
    match = re.search(rf"^{name}:\s*(\d+) kB", status, re.MULTILINE)
    return int(match[1]) / 1000 if match else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def judge(body: bytes) -> Verdict:
    verdict = Verdict()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM from now on

    def run(what: str, function: Callable[[], Any]) -> Any:
        before = time.process_time()
        try:
            with at_most(SECONDS):
                return function()
        finally:
            verdict.seconds = max(verdict.seconds, time.process_time() - before)

    try:
        verdict.met = sorted(check(body, run, ways=1 if len(body) <= _SMALL else 0))
    except BrokenPromise as error:
        verdict.finding, verdict.details = "promise", str(error)
    except OutOfTime:
        verdict.finding, verdict.details = "time", traceback.format_exc()
    except MemoryError:
        verdict.finding, verdict.details = "memory", traceback.format_exc()
    except Exception as error:  # noqa: BLE001
        verdict.finding, verdict.details = type(error).__name__, traceback.format_exc()
    verdict.megabytes = memory("VmHWM")
    if not verdict.finding and verdict.megabytes > MEGABYTES:
        verdict.finding, verdict.details = "memory", f"{verdict.megabytes:.0f} MB"
    if len(body) > _SMALL:
        gc.collect()
    verdict.at_rest = memory("VmRSS")
    return verdict


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, resource.RLIM_INFINITY))
    judge(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    while head := sys.stdin.buffer.read(8):
        body = sys.stdin.buffer.read(struct.unpack(">Q", head)[0])
        sys.stdout.write(json.dumps(vars(judge(body))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
