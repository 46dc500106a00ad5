"""A runner with a Google calendar, the model of it, and the command line: what the state machine drives.

Decides how a command is run (in this process, or as one that can be killed), what its end means for the
model, and what is looked at when nothing was in its way.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from hypothesis import note

from tests.cli.box import Result
from tests.cli.forks import Forked, Zygote
from tests.cli.google import GoogleBox
from tests.cli.google_checks import Planned, differences, feed_spans
from tests.cli.google_model import Deletion, Model
from tests.cli.google_program import Program
from tests.cli.google_trouble import Kill, Sudden, Watch
from tests.googleserver.server import NOW, GoogleServer
from tests.googleserver.switches import Switches

KILLED = -9
CALENDAR = "c_training@group.calendar.google.com"
# "More than half of the upcoming events withdrawn in one push (and at least four)".
FEW = 4


def is_mass(gone: set[str], held: set[str]) -> bool:
    return len(gone) >= FEW and 2 * len(gone) > len(held)


class Runner:
    def __init__(self, position: Switches, zygote: Zygote, say: Callable[[str], object] = note) -> None:
        """`say` hears of each command; by default Hypothesis does."""
        self.folder = Path(tempfile.mkdtemp(prefix="calsync-"))
        self.google = GoogleServer(position)
        self.box = GoogleBox(self.folder, google=self.google)
        # As if a consent had just made it: the making of calendars is tested elsewhere, and takes seconds
        # where a new calendar has to settle.
        self.google.add_calendar(CALENDAR, created_by_app=True)
        self.box.authorise()
        self.model = Model(self.google, CALENDAR, NOW)
        self.program = Program()
        self._zygote = zygote
        self._say = say

    def close(self) -> None:
        self.google.close()
        shutil.rmtree(self.folder)
        assert not self.google.traffic.failures

    def follow(self, program: Program) -> None:
        self.program = program
        program.write(self.box)

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
        watch = Watch(self.model, kill, sudden)
        self.google.hooks.append(watch)
        self.google.clear_log()
        try:
            result = self._forked(watch, args, now) if kill else self.box.run(*args, now=now)
        finally:
            watch.wait()
            self.google.hooks.clear()
            self.google.faults.clear()
            self.google.freebusy_errors.clear()
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
            self.model.maybe_released()
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
        refused = self.push_once()
        looks = self._looks()
        planned = self.plan()
        self._check_guard(before, fed, planned, refused=refused, looks=looks)
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
        return sum(
            one.method == "GET" and "pageToken" not in one.query and one.path.endswith("/events")
            for one in self.google.api_log
        )

    def _check_guard(
        self, before: set[str], fed: set[str], planned: Planned, *, refused: bool, looks: int
    ) -> None:
        model = self.model
        # What she wished does not count. The feed follows her deletions; where nobody can tell whose one was,
        # or calsync had no reason to look for a tombstone that is in no list, both numbers are right.
        unclear = {
            key
            for key, what in model.deletions.items()
            if what is Deletion.UNCLEAR or (model.hides_marks and key not in model.seen)
        }
        gone = before - {own.key for own, _ in model.upcoming()} - model.skips
        unfed = fed - feed_spans(self.feed).keys() - model.skips - (model.deletions.keys() - unclear)
        empty = all(span[0] <= model.now for span in planned.spans.values())
        sure = is_mass(gone, before) or is_mass(unfed - unclear, fed)
        sure |= empty and bool(gone or unfed - unclear)
        # And when it looked again, it may have found out only then what is not to be withdrawn.
        possible = sure or is_mass(unfed, fed) or (empty and bool(before or fed)) or looks > 1
        assert sure <= refused <= possible, f"{gone} of {before}, {unfed} of {fed}; refused: {refused}"

    def push_in_vain(self) -> None:
        """One more push, which has nothing to do."""
        events, feed = dict(self.model.calendar.events), self.feed
        self.calsync("push")
        path = f"/calendar/v3/calendars/{CALENDAR}/events"
        requests = self.box.requests()
        others = [request for request in requests if request != ("GET", path)]
        assert others == [("POST", "/calendar/v3/freeBusy")]
        # Where nothing is its own, it looks for what a plan of another name may have left.
        looks_twice = self.google.switches.pages == "short" or not any(True for _ in self.model.live())
        assert len(requests) == 2 or looks_twice
        assert self.model.calendar.events == events
        assert self.feed == feed

    def push_without_free_busy(self) -> None:
        """ "No change at all when a busy source fails"."""
        changes, feed = len(self.model.calendar.changes), self.feed
        self.google.freebusy_errors["primary"] = "internalError"
        self.calsync("push", allowed=(5,))
        assert (len(self.model.calendar.changes), self.feed) == (changes, feed)
