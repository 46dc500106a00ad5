"""Planning in a thread: events instead of clocks, so nothing here waits for time to pass."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from queue import Queue
from zoneinfo import ZoneInfo

import pytest

from calsync.errors import SourceUnavailable
from calsync.web.planner import Planner, Snapshot

SNAPSHOT = Snapshot((), datetime(2026, 11, 23, 6, tzinfo=UTC), ZoneInfo("UTC"))
NEVER = 1e6
PATIENCE = 30.0


class Script:
    """What planning does, one outcome after the other; `asked` says that it was asked for."""

    def __init__(self) -> None:
        self.outcomes: Queue[Snapshot | Exception] = Queue()
        self.said: Queue[str] = Queue()

    def __call__(self) -> Snapshot:
        outcome = self.outcomes.get(timeout=PATIENCE)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def script() -> Script:
    return Script()


def test_the_last_good_plan_stays_and_trouble_is_said_once(script: Script) -> None:
    planner = Planner(script, NEVER, script.said.put)
    for outcome in (SNAPSHOT, SourceUnavailable("work: gone"), SourceUnavailable("work: gone"), SNAPSHOT):
        script.outcomes.put(outcome)
    planner.start()
    planner.wake()
    assert script.said.get(timeout=PATIENCE) == "work: gone"
    assert planner.latest.snapshot is SNAPSHOT
    assert planner.latest.problem == "work: gone"
    while script.said.empty():
        planner.wake()
    assert script.said.get() == "planning works again"
    assert planner.latest.problem == ""
    script.outcomes.put(SNAPSHOT)
    planner.stop(PATIENCE)


def test_a_bug_ends_nothing(script: Script) -> None:
    planner = Planner(script, NEVER, script.said.put)
    script.outcomes.put(KeyError("oh"))
    planner.start()
    assert "KeyError" in script.said.get(timeout=PATIENCE)
    script.outcomes.put(SNAPSHOT)
    planner.wake()
    assert script.said.get(timeout=PATIENCE) == "planning works again"
    planner.stop(PATIENCE)


def test_it_plans_again_after_its_interval(script: Script) -> None:
    planner = Planner(script, 0.0, script.said.put)
    for _ in range(3):
        script.outcomes.put(SNAPSHOT)
    script.outcomes.put(SourceUnavailable("done"))
    planner.start()
    assert script.said.get(timeout=PATIENCE) == "done"
    script.outcomes.put(SNAPSHOT)
    planner.stop(PATIENCE)


def test_it_ends_without_waiting_for_what_hangs() -> None:
    begun, released = threading.Event(), threading.Event()

    def hangs() -> Snapshot:
        begun.set()
        released.wait(PATIENCE)
        return SNAPSHOT

    planner = Planner(hangs, NEVER, lambda _: None)
    planner.start()
    assert begun.wait(PATIENCE)
    planner.stop(0.0)
    assert not released.is_set()
    released.set()


def test_trouble_that_a_plan_has_is_said_once(script: Script) -> None:
    planner = Planner(script, NEVER, script.said.put)
    script.outcomes.put(replace(SNAPSHOT, trouble=("feed: no space left",)))
    planner.start()
    assert script.said.get(timeout=PATIENCE) == "feed: no space left"
    script.outcomes.put(SNAPSHOT)
    planner.wake()
    assert script.said.get(timeout=PATIENCE) == "planning works again"
    planner.stop(PATIENCE)
