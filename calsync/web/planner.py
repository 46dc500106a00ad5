"""Planning again and again beside the server, in a thread of its own.

Decides when it is time, and keeps what came out last: a plan that can't be made anew stays. Knows nothing of
how a plan is made, nor of who looks at it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from calsync.errors import CalsyncError
from calsync.web.week import WeekPicture


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A plan as it is shown. `made` in the plan's zone; `trouble` is what somebody has to put right."""

    weeks: tuple[WeekPicture, ...]
    made: datetime
    zone: ZoneInfo
    warnings: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Latest:
    """The last good plan, None at first, and why there is none newer; empty if there is."""

    snapshot: Snapshot | None = None
    problem: str = ""


class Planner:
    """Calls `plan` at once when it is started, then after every `every` seconds, and whenever it is woken.

    `plan` raises CalsyncError if there can be no new plan. `say` is told when that begins and when it ends.
    """

    def __init__(self, plan: Callable[[], Snapshot], every: float, say: Callable[[str], None]) -> None:
        self.latest = Latest()
        self._plan = plan
        self._every = every
        self._say = say
        self._is_woken = threading.Event()
        self._ends = False
        # A daemon: a download that hangs must not keep the process from ending. Everything that is written is
        # written in one step, so it may be broken off anywhere.
        self._thread = threading.Thread(target=self._run, name="planner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Plan now, or once more when the plan that is being made is done."""
        self._is_woken.set()

    def stop(self, patience: float) -> None:
        """Make no further plan; wait that many seconds for the one that is being made."""
        self._ends = True
        self.wake()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._ends:
            self._once()
            self._is_woken.wait(self._every)
            self._is_woken.clear()

    def _once(self) -> None:
        before = self._trouble()
        try:
            self.latest = Latest(self._plan())
        except CalsyncError as problem:
            self.latest = replace(self.latest, problem=str(problem))
        except Exception as problem:  # noqa: BLE001 - a bug must not end the feeds that people live by
            self.latest = replace(self.latest, problem=f"a bug in calsync: {problem!r}")
        if (now := self._trouble()) != before:
            self._say(now or "planning works again")

    def _trouble(self) -> str:
        """Why there is no newer plan; else what of the last one somebody has to put right."""
        snapshot = self.latest.snapshot
        return self.latest.problem or "; ".join(snapshot.trouble if snapshot else ())
