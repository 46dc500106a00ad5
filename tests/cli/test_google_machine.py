"""Any sequence of pushes, edits, wishes, failures and kills, and Google's calendar is right in the end.

The state machine of calendar_machine.py, with Google's own client library against the server of the tests.
"""

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.cli import calendar_machine, google_trouble
from tests.cli.calendar_machine import CalendarMachine, programs
from tests.cli.forks import Zygote
from tests.cli.google_model import is_live
from tests.cli.google_program import Program
from tests.cli.google_runner import Runner
from tests.cli.google_trouble import Behind, Failing
from tests.googleserver.switches import ALL_POSITIONS

POSITIONS = {str(position): position for position in ALL_POSITIONS}
assert len(POSITIONS) == len(ALL_POSITIONS)


class GoogleMachine(CalendarMachine):
    zygote: Zygote
    position: str | None = None
    """Of the server; None: any."""

    runner: Runner

    @initialize(position=st.sampled_from([*POSITIONS]), program=programs)
    def begin(self, position: str, program: Program) -> None:
        self.begin_with(Runner(POSITIONS[self.position or position], self.zygote), program)

    @precondition(lambda self: not all(map(is_live, self.model.calendar.events.values())))
    @rule()
    def a_month_goes_by_for_the_bin(self) -> None:
        self.model.month_goes_by()

    @precondition(CalendarMachine.held)
    @rule(failing=google_trouble.failing)
    def release_all_through_failures(self, failing: Failing) -> None:
        failing.set_up(self.model)
        self.runner.release("--all", allowed=(0, 4, 5))

    @rule()
    def push_with_an_expired_token(self) -> None:
        self.runner.google.expire()
        self.runner.push()

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


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


def run(zygote: Zygote, position: str | None, usual: int, steps: int) -> None:
    def machine() -> GoogleMachine:
        made = GoogleMachine()
        made.zygote, made.position = zygote, position
        return made

    calendar_machine.run(machine, usual, steps)


def test_whatever_happens_the_calendar_is_right_in_the_end(zygote: Zygote) -> None:
    run(zygote, None, 12, 20)


@pytest.mark.parametrize("position", POSITIONS)
def test_in_each_position_of_the_server(zygote: Zygote, position: str) -> None:
    run(zygote, position, 2, 16)
