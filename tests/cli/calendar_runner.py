"""A runner with a calendar, the model of it, and the command line: what the state machines drive.

Decides how a command is run (in this process, or as one that can be killed), what its end means for the
model, and what is looked at when nothing was in its way.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import note

from calsync.files import Folder
from calsync.state import State
from tests.cli.box import Box, Result
from tests.cli.forks import Forked, Zygote
from tests.cli.google_checks import Planned, differences, feed_spans
from tests.cli.google_model import Deletion, Model
from tests.cli.google_program import Program
from tests.cli.google_trouble import Kill, Sudden, Watch

KILLED = -9
# "More than half of the upcoming events withdrawn in one push (and at least four)".
FEW = 4


def is_mass(gone: set[str], held: set[str]) -> bool:
    return len(gone) >= FEW and 2 * len(gone) > len(held)


class CalendarRunner:
    """`server` is the one of the calendar, or what makes another look like Google's (caldav_server)."""

    box: Box
    model: Model
    server: Any
    may_lose_state = True
    """Whether all that is needed is then still in the calendar."""

    def __init__(self, zygote: Zygote, say: Callable[[str], object] = note) -> None:
        """`say` hears of each command; by default Hypothesis does."""
        self.folder = Path(tempfile.mkdtemp(prefix="calsync-"))
        self.program = Program()
        self._zygote = zygote
        self._say = say

    def close(self) -> None:
        self.server.close()
        shutil.rmtree(self.folder)
        assert not self.server.traffic.failures

    def follow(self, program: Program) -> None:
        self.program = program
        program.write(self.box)

    def time_goes_by(self, minutes: int) -> None:
        self.model.now += timedelta(minutes=minutes)
        self.server.now = self.model.now

    def lose_state(self) -> None:
        shutil.rmtree(self.box.state, ignore_errors=True)  # which may not be there yet
        self.model.lose_state()

    def meet(self, which: int, start: datetime, end: datetime) -> None:
        """The runner is busy then; or, with every third `which`, no longer busy with something else."""
        raise NotImplementedError

    def watch(self, kill: Kill | None, sudden: Sudden | None) -> Watch:
        return Watch(self.model, kill, sudden)

    # --- commands -----------------------------------------------------------------------------------------

    def calsync(
        self,
        *args: str,
        allowed: Iterable[int] = (0,),
        kill: Kill | None = None,
        sudden: Sudden | None = None,
    ) -> Result:
        """A command, and a first look at what it has done on the way."""
        now = self.model.now.isoformat()
        watch = self.watch(kill, sudden)
        self.server.hooks.append(watch)
        self.server.clear_log()
        try:
            result = self._forked(watch, args, now) if kill else self.box.run(*args, now=now)
        finally:
            watch.wait()
            self.server.hooks.clear()
            self.server.faults.clear()
        self._say(f"calsync {' '.join(args)} at {now}: {result.code} {result.err.strip()}")
        self.model.expect_nothing_new()
        assert not self.model.wrong, "\n".join(self.model.wrong)
        assert result.code in allowed, result.err
        assert "Traceback" not in result.err
        return result

    def _forked(self, watch: Watch, args: tuple[str, ...], now: str) -> Result:
        forked = Forked(self.folder / "out", self.folder / "err")
        watch.victim = forked.kill
        environment = self.box._environment(None)
        self._zygote.start([*args, "--now", now], self.folder, environment, forked)
        code = self._zygote.wait(forked)
        return Result(code, forked.stdout, forked.err)

    def troubled_push(
        self,
        *,
        clear: bool,
        kill: Kill | None = None,
        sudden: Sudden | None = None,
        behind: frozenset[str] = frozenset(),
        allowed: Iterable[int] = (0, 5, KILLED),
    ) -> None:
        """A push that may fail, but do no harm. The guard would stop many before they get interesting."""
        args = ("push", "--allow-mass-delete")
        code = self.calsync(*args, allowed=allowed, kill=kill, sudden=sudden).code
        self.model.ended(code, clear=clear and code != KILLED, behind=behind)

    def release(
        self, what: str, kill: Kill | None = None, allowed: Iterable[int] = (0, 2, KILLED)
    ) -> set[str]:
        self.model.releasing = True
        result = self.calsync("release", what, "--format", "json", allowed=allowed, kill=kill)
        self.model.releasing = False
        released = {one["key"] for one in result.json} if result.out else set()
        if result.code == 0:
            self.model.released(released)
        elif result.code in (4, 5, KILLED):
            # Killed after that was written down, it may have released all.
            wishes = State(Folder(self.box.state / "training")).wishes()
            self.model.maybe_released(wishes.moves.keys() | wishes.skips)
        return released

    def plan(self) -> Planned:
        return Planned.of(self.calsync("plan", "--format", "json").json)

    @property
    def feed(self) -> bytes:
        return self.box.feed.read_bytes() if self.box.feed.exists() else b""

    # --- what is to be true when nothing gets in the way --------------------------------------------------

    def push(self) -> None:
        before = {own.key for own, _ in self.model.upcoming()}
        fed = {key for key, span in feed_spans(self.feed).items() if span[0] > self.model.now}
        has_lost_many = self._has_lost_many(before)
        refused = self.push_once()
        looks = self._looks()
        planned = self.plan()
        self._check_guard(before, fed, planned, refused=refused, looks=looks, has_lost_many=has_lost_many)
        wrong = differences(self.model, self.program, planned, self.feed)
        assert not wrong, "\n".join(wrong)

    def push_once(self) -> bool:
        """A push without --allow-mass-delete, as long as that goes well; whether it was refused."""
        changes, feed = len(self.model.calendar.changes), self.feed
        refused = self.calsync("push", allowed=(0, 6)).code == 6
        if refused:
            # Only one that has looked again may have written before it saw reason to refuse.
            found = (len(self.model.calendar.changes), self.feed)
            assert found == (changes, feed) or self._looks() > 1, "refused, and written all the same"
            self.calsync("push", "--allow-mass-delete")
        self.model.ended(0, clear=True)
        return refused

    def _looks(self) -> int:
        """How often the last command has read the calendar."""
        raise NotImplementedError

    def _has_lost_many(self, held: set[str]) -> bool:
        """Whether so much of what the calendar held was deleted there that nobody may have meant it."""
        return False

    def _check_guard(
        self,
        before: set[str],
        fed: set[str],
        planned: Planned,
        *,
        refused: bool,
        looks: int,
        has_lost_many: bool,
    ) -> None:
        model = self.model
        # What she wished does not count. The feed follows her deletions; where nobody can tell whose one was,
        # or calsync had no reason to look for a tombstone that is in no list, both numbers are right.
        unclear = {
            key
            for key, what in model.deletions.items()
            if what is Deletion.UNCLEAR or (not model.lists_deletions and key not in model.seen)
        }
        gone = before - {own.key for own, _ in model.upcoming()} - model.skips
        unfed = fed - feed_spans(self.feed).keys() - model.skips - (model.deletions.keys() - unclear)
        empty = all(span[0] <= model.now for span in planned.spans.values())
        sure = is_mass(gone, before) or is_mass(unfed - unclear, fed)
        sure |= empty and bool(gone or unfed - unclear)
        # And when it looked again, it may have found out only then what is not to be withdrawn.
        possible = sure or is_mass(unfed, fed) or (empty and bool(before or fed)) or looks > 1
        possible |= has_lost_many
        assert sure <= refused <= possible, f"{gone} of {before}, {unfed} of {fed}; refused: {refused}"

    def push_in_vain(self) -> None:
        """One more push, which has nothing to do."""
        events, feed = dict(self.model.calendar.events), self.feed
        self.calsync("push")
        self._check_idle()
        assert self.model.calendar.events == events
        assert self.feed == feed

    def _check_idle(self) -> None:
        """The last push asked for as little as it can."""
        raise NotImplementedError

    def push_without_free_busy(self) -> None:
        """ "No change at all when a busy source fails"."""
        changes, feed = len(self.model.calendar.changes), self.feed
        self._break_busy()
        self.calsync("push", allowed=(5,))
        self._mend_busy()
        assert (len(self.model.calendar.changes), self.feed) == (changes, feed)

    def _break_busy(self) -> None:
        raise NotImplementedError

    def _mend_busy(self) -> None:
        raise NotImplementedError
