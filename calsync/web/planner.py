"""Plans beside the server: the last one as it is shown, and the threads that have the next ones made."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from calsync.errors import CalsyncError
from calsync.training import CheckIn
from calsync.web.week import WeekCount, WeekPicture


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A plan as it is shown. `made` in the plan's zone; `trouble` is what somebody has to put right.

    `is_written` is false if there is a feed that doesn't have it: a full disk, a file that is not ours.
    `race` is the next one, its title and date; `as_json` what `calsync plan --format json` prints. `turn`
    grows from plan to plan in the order in which they held the lock, and `answers` are the ids of all that
    had been done before. `history` has the last weeks, the present one included, the earliest first.
    """

    weeks: tuple[WeekPicture, ...]
    made: datetime
    zone: ZoneInfo
    warnings: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    is_written: bool = True
    checkins: tuple[CheckIn, ...] = ()
    race: tuple[str, date] | None = None
    as_json: str = ""
    turn: int = 0
    answers: frozenset[str] = frozenset()
    history: tuple[WeekCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Latest:
    """The last good plan, None at first, and why there is none newer; empty if there is.

    `in_feeds` is when the plan was made that all feeds have, `others` what is wrong with other targets.
    """

    snapshot: Snapshot | None = None
    problem: str = ""
    in_feeds: datetime | None = None
    others: str = ""

    def followed_by(self, snapshot: Snapshot) -> "Latest":
        """With `snapshot`, unless it is older: of two that are planned at once either may end first."""
        if self.snapshot and snapshot.turn < self.snapshot.turn:
            return self
        return Latest(snapshot, "", snapshot.made if snapshot.is_written else self.in_feeds, self.others)


class Planner:
    """Calls `plan` at once when it is started, then after every `every` seconds, and whenever it is woken.

    What the runner does is planned beside that, on a thread of its own, as a round may wait for a calendar
    that hangs; it is one plan for all that was asked for while the one before it was made.

    `plan` raises CalsyncError if there can be no new plan; `plan_now` is the same for somebody who waits.
    `say` is told when there can be none any more, and when there can be again.
    """

    def __init__(
        self,
        plan: Callable[[], Snapshot],
        every: float,
        say: Callable[[str], None],
        plan_now: Callable[[], Snapshot] | None = None,
    ) -> None:
        self.latest = Latest()
        self._plan, self._plan_now = plan, plan_now or plan
        self._every = every
        self._say = say
        self._is_woken = threading.Event()
        self._ends = False
        self._turn = threading.Condition()
        self._asked = self._acted = 0
        # Daemons: a download that hangs must not keep the process from ending. Everything that is written is
        # written in one step, so it may be broken off anywhere.
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for run, name in ((self._run, "planner"), (self._act, "acts"))
        ]
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Plan now, or once more when the plan that is being made is done."""
        self._is_woken.set()

    def act(self, patience: float) -> None:
        """Plan for what was just asked for, and wait so many seconds for that plan."""
        with self._turn:
            self._asked += 1
            mine = self._asked
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._acted >= mine, patience)

    def stop(self, patience: float) -> None:
        """Make no further plan; wait that many seconds for those that are being made."""
        self._ends = True
        self.wake()
        with self._turn:
            self._turn.notify_all()
        end = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0))

    def followed(self, trouble: str) -> None:
        """Other targets than the feeds were written, or `trouble` says why not."""
        with self._one_at_a_time:
            self._take(replace(self.latest, others=trouble))

    def _run(self) -> None:
        while not self._ends:
            self._once(self._plan)
            self._is_woken.wait(self._every)
            self._is_woken.clear()

    def _act(self) -> None:
        while not self._ends:
            with self._turn:
                self._turn.wait_for(lambda: self._ends or self._asked > self._acted)
                asked = self._asked
            if not self._ends:
                self._once(self._plan_now)
            with self._turn:
                self._acted = asked
                self._turn.notify_all()

    def _once(self, plan: Callable[[], Snapshot]) -> None:
        snapshot, problem = None, ""
        try:
            snapshot = plan()
        except CalsyncError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - a bug must not end the feeds that people live by
            problem = f"a bug in calsync: {error!r}"
        with self._one_at_a_time:
            self._take(
                self.latest.followed_by(snapshot) if snapshot else replace(self.latest, problem=problem)
            )

    def _take(self, latest: Latest) -> None:
        before = self._trouble()
        self.latest = latest
        if (now := self._trouble()) != before and not self._ends:
            self._say(now or "planning works again")

    def _trouble(self) -> str:
        """Why there is no newer plan; else what of the last one somebody has to put right."""
        snapshot = self.latest.snapshot
        return self.latest.problem or "; ".join(
            filter(None, (*(snapshot.trouble if snapshot else ()), self.latest.others))
        )
