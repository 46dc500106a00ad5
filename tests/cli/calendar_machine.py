"""What can happen to a plan and its calendar, whatever kind it is: the rules of the state machines.

The state machines drive the real command line against a server of the tests. What calsync may do to an event
is judged at each write, by google_model.py; what has to be true after a push is checked by google_checks.py,
whenever nothing gets in its way and at the end of each run. What a kind of calendar has of its own is with
its machine: test_google_machine.py, test_caldav_machine.py.

CALSYNC_SOAK=20 in the environment makes everything last twenty times as long.
"""

import sys
from collections.abc import Callable
from datetime import UTC, timedelta
from functools import wraps
from typing import Any, ParamSpec

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.cli import google_acts, google_trouble
from tests.cli.calendar_runner import CalendarRunner
from tests.cli.google_acts import Act
from tests.cli.google_model import Deletion, Model
from tests.cli.google_program import AVAILABILITY, WEEKS, Program
from tests.cli.google_trouble import Kill, Sudden
from tests.soak import SOAK, usually

P = ParamSpec("P")
quarters = st.integers(0, 95)
pauses = st.tuples(st.integers(0, 14), st.integers(0, 9)).map(lambda pause: (pause[0], sum(pause)))
programs = st.builds(
    Program,
    st.sampled_from([("full",), ("full", "lean"), ("full", "late")])
    | st.lists(st.sampled_from([*WEEKS]), min_size=1, max_size=2).map(tuple),
    st.integers(1, 3),
    st.integers(0, len(AVAILABILITY) - 1),
    st.sampled_from((None, 10, 30)),
    st.none() | st.none() | pauses,
    st.integers(0, 3),
)


def only_if(holds: Callable[[Any], object]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A rule that pushes where it makes no sense.

    No precondition: several requests are under way at a time, so a kill may leave something else when the
    same steps are taken again, and Hypothesis takes rules that come and go for a fault of the test.
    """

    def decorated(step: Callable[P, None]) -> Callable[P, None]:
        @wraps(step)
        def does(*args: P.args, **kwargs: P.kwargs) -> None:
            machine = args[0]
            if holds(machine):
                step(*args, **kwargs)
            else:
                machine.runner.push()  # type: ignore[attr-defined]

        return does

    return decorated


class CalendarMachine(RuleBasedStateMachine):
    runner: CalendarRunner
    model: Model

    def begin_with(self, runner: CalendarRunner, program: Program) -> None:
        self.runner, self.model = runner, runner.model
        runner.follow(program)

    # --- what the plan is made of -------------------------------------------------------------------------

    @rule(program=programs)
    def configure(self, program: Program) -> None:
        self.runner.follow(program)

    @rule()
    def rewrite_the_templates(self) -> None:
        self.runner.follow(self.runner.program.rewritten())

    @rule(which=st.integers(0, 9), day=google_acts.days, quarter=quarters, hours=st.integers(1, 30))
    def be_busy_or_free_again(self, which: int, day: int, quarter: int, hours: int) -> None:
        start = google_acts.at(self.model.now, day, quarter)
        self.runner.meet(which, start, start + timedelta(hours=hours))

    @rule(minutes=st.integers(1, 40).map(lambda n: n * 20) | st.integers(1, 5).map(lambda n: n * 24 * 60))
    def time_goes_by(self, minutes: int) -> None:
        self.runner.time_goes_by(minutes)

    @rule()
    @only_if(lambda self: self.model.own and self.runner.may_lose_state)
    def lose_the_state_folder(self) -> None:
        self.runner.lose_state()

    # --- what the owner says and does ---------------------------------------------------------------------

    @rule(act=google_acts.acts)
    def act(self, act: Act) -> None:
        google_acts.do(self.model, act)

    @rule(acts=st.lists(google_acts.acts, min_size=1, max_size=4))
    @only_if(lambda self: self.model.own)
    def act_several_times(self, acts: list[Act]) -> None:
        for act in acts:
            google_acts.do(self.model, act)

    @rule(which=st.integers(0, 99), day=st.integers(0, 16), quarter=quarters, word=st.integers(0, 3))
    @only_if(lambda self: self.model.own)
    def say(self, which: int, day: int, quarter: int, word: int) -> None:
        keys = sorted({own.key for own in self.model.own.values()})
        key = keys[which % len(keys)]
        if word == 0:
            if self.runner.calsync("skip", key, allowed=(0, 2)).code == 0:
                self.model.said_skip(key)
        elif word == 1:
            to = google_acts.at(self.model.now, day, quarter)
            if self.runner.calsync("move", key, to.isoformat(), allowed=(0, 2)).code == 0:
                self.model.said_move(key, to.astimezone(UTC))
        else:
            self.runner.release(key)

    def held(self) -> set[str]:
        """What `calsync release --all` has to give back."""
        model = self.model
        upcoming = {own.key for own, _ in model.upcoming()}
        held = {
            own.key
            for own, event in model.upcoming()
            if (model.is_moved(own, event) or own.id in model.restored) and "recurrence" not in event
        }
        if model.lists_deletions:
            # What was deleted weeks ago is over.
            year, week, _ = (model.now - timedelta(days=7)).isocalendar()
            deleted = {key for key, what in model.deletions.items() if what is Deletion.OWNER}
            held |= {key for key in deleted if key >= f"{year}-W{week:02}"}
        held |= model.skips | model.moves.keys()
        over = {own.key for own, _ in model.live()} - upcoming
        return held - over - {key for key, move in model.moves.items() if move.to <= model.now}

    @rule()
    @only_if(held)
    def release_all(self) -> None:
        held = self.held()
        left = held - self.runner.release("--all")
        assert not left, f"still held after calsync release --all: {sorted(left)}"

    @rule(kill=google_trouble.kills)
    @only_if(held)
    def release_all_and_be_killed(self, kill: Kill) -> None:
        self.runner.release("--all", kill)

    # --- pushes -------------------------------------------------------------------------------------------

    @rule()
    def push(self) -> None:
        self.runner.push()

    @rule()
    def push_without_free_busy(self) -> None:
        self.runner.push_without_free_busy()

    @rule(kill=google_trouble.kills)
    def push_and_be_killed(self, kill: Kill) -> None:
        self.runner.troubled_push(clear=False, kill=kill)

    @rule(program=programs, kill=google_trouble.kills)
    @only_if(lambda self: self.model.own)
    def push_something_new_and_be_killed(self, program: Program, kill: Kill) -> None:
        self.runner.follow(program)
        self.runner.troubled_push(clear=False, kill=kill)

    @rule(sudden=google_trouble.suddens)
    @only_if(lambda self: self.model.own)
    def push_while_the_owner_acts(self, sudden: Sudden) -> None:
        self.runner.troubled_push(clear=True, sudden=sudden)

    @rule(program=programs, sudden=google_trouble.suddens)
    @only_if(lambda self: self.model.own)
    def push_something_new_while_the_owner_acts(self, program: Program, sudden: Sudden) -> None:
        self.runner.follow(program)
        self.runner.troubled_push(clear=True, sudden=sudden)

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            if sys.exc_info()[0] is None:  # else a rule has failed, and that is what is to be told
                self.runner.push()
                self.runner.push_in_vain()
        finally:
            self.runner.close()


def run(made: Callable[[], CalendarMachine], usual: int, steps: int) -> None:
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=usually(usual),
            stateful_step_count=steps,
            deadline=None,
            # The same runs each time, so that a failure is one of the change at hand; a soak finds new ones.
            derandomize=SOAK <= 1,
            suppress_health_check=list(HealthCheck),
        ),
    )
