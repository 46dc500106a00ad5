"""Any sequence of pushes, edits, wishes, failures and kills, and a calendar that is right in the end.

The state machine drives the real command line and Google's own client library against the server of the
tests. What calsync may do to an event is judged at each write, by google_model.py; what has to be true after
a push is checked by google_checks.py, whenever nothing gets in its way and at the end of each run.

CALSYNC_SOAK=20 in the environment makes everything last twenty times as long.
"""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cli import google_acts, google_trouble
from tests.cli.forks import Zygote
from tests.cli.google_acts import Act
from tests.cli.google_model import Deletion, is_live
from tests.cli.google_program import AVAILABILITY, WEEKS, Program
from tests.cli.google_runner import Runner
from tests.cli.google_trouble import Behind, Failing, Kill, Sudden
from tests.googleserver.switches import ALL_POSITIONS
from tests.soak import SOAK, usually

POSITIONS = {str(position): position for position in ALL_POSITIONS}
assert len(POSITIONS) == len(ALL_POSITIONS)

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


class GoogleMachine(RuleBasedStateMachine):
    zygote: Zygote
    position: str | None = None
    """Of the server; None: any."""

    runner: Runner

    @initialize(position=st.sampled_from([*POSITIONS]), program=programs)
    def begin(self, position: str, program: Program) -> None:
        self.runner = Runner(POSITIONS[self.position or position], self.zygote)
        self.model = self.runner.model
        self.runner.follow(program)

    # --- what the plan is made of -------------------------------------------------------------------------

    @rule(program=programs)
    def configure(self, program: Program) -> None:
        self.runner.follow(program)

    @rule()
    def rewrite_the_templates(self) -> None:
        self.runner.follow(self.runner.program.rewritten())

    @rule(which=st.integers(0, 9), day=google_acts.days, quarter=quarters, hours=st.integers(1, 30))
    def be_busy_or_free_again(self, which: int, day: int, quarter: int, hours: int) -> None:
        person = self.runner.google.person("primary")
        meetings = person.events()
        if which % 3 == 0 and meetings:
            person.delete(meetings[which % len(meetings)]["id"])
        else:
            start = google_acts.at(self.model.now, day, quarter)
            person.create("Meeting", start, start + timedelta(hours=hours))

    @rule(minutes=st.integers(1, 40).map(lambda n: n * 20) | st.integers(1, 5).map(lambda n: n * 24 * 60))
    def time_goes_by(self, minutes: int) -> None:
        self.model.now += timedelta(minutes=minutes)
        self.runner.google.now = self.model.now

    @precondition(lambda self: not all(map(is_live, self.model.calendar.events.values())))
    @rule()
    def a_month_goes_by_for_the_bin(self) -> None:
        self.model.month_goes_by()

    @precondition(lambda self: self.model.own)
    @rule()
    def lose_the_state_folder(self) -> None:
        shutil.rmtree(self.runner.box.state)
        self.runner.box.authorise()
        self.model.lose_state()

    # --- what the owner says and does ---------------------------------------------------------------------

    @rule(act=google_acts.acts)
    def act(self, act: Act) -> None:
        google_acts.do(self.model, act)

    @precondition(lambda self: self.model.own)
    @rule(acts=st.lists(google_acts.acts, min_size=1, max_size=4))
    def act_several_times(self, acts: list[Act]) -> None:
        for act in acts:
            google_acts.do(self.model, act)

    @precondition(lambda self: self.model.own)
    @rule(which=st.integers(0, 99), day=st.integers(0, 16), quarter=quarters, word=st.integers(0, 3))
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
        if not model.hides_marks:
            # What was deleted weeks ago is over.
            year, week, _ = (model.now - timedelta(days=7)).isocalendar()
            deleted = {key for key, what in model.deletions.items() if what is Deletion.OWNER}
            held |= {key for key in deleted if key >= f"{year}-W{week:02}"}
        held |= model.skips | model.moves.keys()
        over = {own.key for own, _ in model.live()} - upcoming
        return held - over - {key for key, move in model.moves.items() if move.to <= model.now}

    @precondition(held)
    @rule()
    def release_all(self) -> None:
        assert self.held() <= self.runner.release("--all")

    @precondition(held)
    @rule(kill=google_trouble.kills)
    def release_all_and_be_killed(self, kill: Kill) -> None:
        self.runner.release("--all", kill)

    @precondition(held)
    @rule(failing=google_trouble.failing)
    def release_all_through_failures(self, failing: Failing) -> None:
        failing.set_up(self.model)
        self.runner.release("--all", allowed=(0, 4, 5))

    # --- pushes -------------------------------------------------------------------------------------------

    @rule()
    def push(self) -> None:
        self.runner.push()

    @rule()
    def push_with_an_expired_token(self) -> None:
        self.runner.google.expire()
        self.runner.push()

    @rule()
    def push_without_free_busy(self) -> None:
        self.runner.push_without_free_busy()

    @rule(failures=st.lists(google_trouble.failing, min_size=1, max_size=2))
    def push_through_failures(self, failures: list[Failing]) -> None:
        for one in failures:
            one.set_up(self.model)
        clear = all(one.is_clear for one in failures)
        # A token that is refused even when it is new needs a person.
        needs_person = any(one.name == "401" for one in failures)
        self.runner.troubled_push(clear=clear, allowed=(0, 4, 5) if needs_person else (0, 5))

    @rule(behind=google_trouble.behind)
    def push_with_a_list_that_is_behind(self, behind: Behind) -> None:
        self.runner.troubled_push(clear=True, behind=behind.set_up(self.model))

    @rule(kill=google_trouble.kills)
    def push_and_be_killed(self, kill: Kill) -> None:
        self.runner.troubled_push(clear=False, kill=kill)

    @precondition(lambda self: self.model.own)
    @rule(program=programs, kill=google_trouble.kills)
    def push_something_new_and_be_killed(self, program: Program, kill: Kill) -> None:
        self.runner.follow(program)
        self.runner.troubled_push(clear=False, kill=kill)

    @precondition(lambda self: self.model.own)
    @rule(sudden=google_trouble.suddens)
    def push_while_the_owner_acts(self, sudden: Sudden) -> None:
        self.runner.troubled_push(clear=True, sudden=sudden)

    @precondition(lambda self: self.model.own)
    @rule(program=programs, sudden=google_trouble.suddens)
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


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


def run(zygote: Zygote, position: str | None, usual: int, steps: int) -> None:
    def machine() -> GoogleMachine:
        made = GoogleMachine()
        made.zygote, made.position = zygote, position
        return made

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=usually(usual),
            stateful_step_count=steps,
            deadline=None,
            # The same runs each time, so that a failure is one of the change at hand; a soak finds new ones.
            derandomize=SOAK <= 1,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_happens_the_calendar_is_right_in_the_end(zygote: Zygote) -> None:
    run(zygote, None, 12, 20)


@pytest.mark.parametrize("position", POSITIONS)
def test_in_each_position_of_the_server(zygote: Zygote, position: str) -> None:
    run(zygote, position, 2, 16)
