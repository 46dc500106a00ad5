"""What befalls a push on its way: a server that fails, an owner who is at work, a signal that kills.

Decides what is possible, and whether a push can have known what became of its requests.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

from tests.cli.google_acts import Act, do, sudden_acts
from tests.cli.google_model import Model, is_live
from tests.googleserver import faults
from tests.googleserver.exchange import Logged
from tests.googleserver.faults import Effect, Fault, Stale, Where
from tests.googleserver.traffic import Phase

# Answers that ask for no wait, or say that none is needed: nobody waits for them.
QUICK: dict[str, Callable[[], Effect]] = {
    "403 slow down": lambda: faults.rate_limited(403, retry_after=0),
    "429": lambda: faults.rate_limited(429, retry_after=0),
    "503": lambda: faults.backend_error(503, retry_after=0),
    "503 after the write": lambda: faults.backend_error(503, commits=True, retry_after=0),
    "quota": faults.quota_exceeded,
    "401": faults.invalid_token,
    "400": lambda: faults.backend_error(400),
    "403 forbidden": lambda: faults.refusal(403, "forbidden", "Forbidden", "global"),
}
# Here a client waits for up to half a second before it tries again: once in a push is enough.
SLOW: dict[str, Callable[[], Effect]] = {
    "lost request": lambda: faults.dropped(commits=False),
    "lost answer": lambda: faults.dropped(commits=True),
    "reset": lambda: faults.dropped(commits=True, reset=True),
    "half an answer": faults.cut_off,
    "502 of a proxy": lambda: faults.no_json(502),
    "conflict": faults.conflict,
}
# With these it is certain that nothing was done.
CLEAR = {"403 slow down", "429", "quota", "401", "400", "403 forbidden", "conflict"}


@dataclass(frozen=True)
class Failing:
    """A fault of the server's, by name."""

    name: str
    where: Where
    skip: int = 0
    times: int | None = 1

    def set_up(self, model: Model) -> None:
        effect = (QUICK | SLOW)[self.name]()
        times = self.times if self.name in QUICK else 1
        # The creation of tokens and calendars is nobody's business here.
        model.google.faults.add(Fault(effect, where=(self.where,), skip=self.skip, times=times))

    @property
    def is_clear(self) -> bool:
        return self.name in CLEAR


@dataclass(frozen=True)
class Behind:
    """A list as of some writes ago; with None one of nothing at all."""

    writes: int | None

    def set_up(self, model: Model) -> frozenset[str]:
        """The keys of events that are dead, and that the list shows alive."""
        since = len(model.calendar.changes) - model.purged_at  # no list is behind by a month
        stale = Stale(empty=True) if self.writes is None else Stale(min(self.writes, since))
        model.google.faults.add(Fault(stale))
        shown = stale.events(model.calendar)
        events = model.calendar.events
        return frozenset(
            own.key
            for own in model.own.values()
            if is_live(shown.get(own.id)) and not is_live(events.get(own.id))
        )


@dataclass(frozen=True)
class Kill:
    """At the n-th request, before it takes effect or after; or after the n-th part of a batch."""

    phase: Phase
    number: int


@dataclass(frozen=True)
class Sudden:
    """The owner acts right before the n-th request."""

    act: Act
    number: int


Trouble = Failing | Behind | Kill | Sudden | Literal["expired tokens", "no free/busy"]

_where: st.SearchStrategy[Where] = st.sampled_from(("api", "batch", "part"))
failing = st.builds(
    Failing,
    st.sampled_from((*QUICK, *QUICK, *SLOW)),
    _where,
    st.integers(0, 4),
    st.sampled_from((1, 1, 2, 3, None)),
)
behind = st.builds(Behind, st.none() | st.integers(1, 12))
kills = st.builds(Kill, st.sampled_from(("before", "part", "after")), st.integers(1, 6))
suddens = st.builds(Sudden, sudden_acts, st.integers(1, 4))


@dataclass
class Watch:
    """The server's only hook: shows the model each write, and lets happen what is to happen at a request."""

    model: Model
    kill: Kill | None = None
    sudden: Sudden | None = None
    victim: Callable[[], None] | None = None
    """Kills the process that pushes."""
    requests: int = 0
    parts: int = 0
    _open: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, logged: Logged, phase: Phase) -> None:
        if phase == "before":
            with self._changed:
                self._open += 1
            self.requests += 1
        try:
            self._look(logged, phase)
        finally:
            if phase == "after":
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

    def _look(self, logged: Logged, phase: Phase) -> None:
        if phase == "before":
            if self.sudden and self.sudden.number == self.requests:
                do(self.model, self.sudden.act)
        else:
            self.model.answered(logged)
            self.parts += phase == "part"
        if self.kill and self.kill.phase == phase and self.kill.number == self._count(phase):
            assert self.victim is not None
            self.victim()
            if phase != "after":
                self._lose_the_rest(phase)

    def _lose_the_rest(self, phase: Phase) -> None:
        """Whoever is dead gets no answer, and here the rest of what was sent gets lost on its way."""
        lost: tuple[Where, ...] = ("part",) if phase == "part" else ("api", "batch")
        self.model.google.faults.clear()
        self.model.google.faults.add(Fault(faults.dropped(commits=False), where=lost))

    def _count(self, phase: Phase) -> int:
        return self.parts if phase == "part" else self.requests

    def wait(self) -> None:
        """Until the server is done with what a process that was killed has asked of it."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, 30)
