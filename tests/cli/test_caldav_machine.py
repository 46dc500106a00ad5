"""Any sequence of pushes, edits, wishes, failures and kills, and a calendar by CalDAV is right in the end.

The state machine of calendar_machine.py, on real servers, with a proxy before them that fails on command. The
runner's app is one that writes what it is told, or they are vdirsyncer and khal.
"""

from collections.abc import Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.calendars.caldav.servers import SERVERS
from tests.cli import caldav_runner, calendar_machine, google_acts, google_trouble
from tests.cli.caldav_runner import DavFailing, DavRunner
from tests.cli.calendar_machine import CalendarMachine, only_if, programs
from tests.cli.forks import Zygote
from tests.cli.google_acts import Act
from tests.cli.google_program import Program
from tests.cli.google_trouble import Kill
from tests.cli.vdir import Apps, Wins
from tests.davproxy.quirks import SERVERS as POSITIONS
from tests.davproxy.quirks import Quirks

QUIRKS = {
    "plain": Quirks(),
    # Not what rewrites texts: the feed, which the calendar is compared with, has them as they were.
    **{name: quirks for name, quirks in POSITIONS.items() if not quirks.rewrites},
    "forgetful": Quirks(drops_unknown=True, renames=True),
    "without etags": Quirks(etags="none", stars="never", sync="no", ctag=False),
}


class DavMachine(CalendarMachine):
    zygote: Zygote
    kind: str
    runner: DavRunner
    quirks: str | None = None
    """None: any."""

    @initialize(quirks=st.sampled_from([*QUIRKS]), program=programs)
    def begin(self, quirks: str, program: Program) -> None:
        self.begin_with(DavRunner(self.kind, QUIRKS[self.quirks or quirks], self.zygote), program)

    @rule(which=st.integers(0, 99))
    @only_if(lambda self: self.model.live())
    def call_off(self, which: int) -> None:
        """What is called off counts as deleted."""
        live = sorted(own.id for own, _ in self.model.live())
        self.model.by_person(
            lambda: self.runner.server.person(self.model.calendar.id).call_off(live[which % len(live)])
        )

    @rule(failing=caldav_runner.failing)
    @only_if(CalendarMachine.held)
    def release_all_through_failures(self, failing: DavFailing) -> None:
        failing.set_up(self.model)
        self.runner.release("--all", allowed=(0, 4, 5))

    @rule(failures=st.lists(caldav_runner.failing, min_size=1, max_size=2))
    def push_through_failures(self, failures: list[DavFailing]) -> None:
        for one in failures:
            one.set_up(self.model)
        self.runner.troubled_push(clear=all(one.is_clear for one in failures), allowed=(0, 4, 5))

    @rule(acts=st.lists(google_acts.acts, max_size=3))
    @only_if(lambda self: self.model.own)
    def push_with_a_list_that_is_behind(self, acts: list[Act]) -> None:
        def do() -> None:
            for act in acts:
                google_acts.do(self.model, act)

        self.runner.push_behind(do)


class AppsMachine(DavMachine):
    """The same, and the runner acts with vdirsyncer and khal."""

    apps: Apps

    @initialize(quirks=st.sampled_from([*QUIRKS]), program=programs, wins=st.sampled_from(("here", "there")))
    def begin(self, quirks: str, program: Program, wins: Wins) -> None:  # type: ignore[override]
        self.begin_with(DavRunner(self.kind, QUIRKS[self.quirks or quirks], self.zygote), program)
        self.runner.take(self.apps, wins)

    @rule(acts=st.lists(google_acts.acts, min_size=1, max_size=3), kill=st.none() | google_trouble.kills)
    @only_if(lambda self: self.model.own)
    def push_before_she_syncs(self, acts: list[Act], kill: Kill | None) -> None:
        self._unsynced(acts, kill)

    @rule(program=programs, acts=st.lists(google_acts.acts, min_size=1, max_size=3))
    @only_if(lambda self: self.model.own)
    def push_something_new_before_she_syncs(self, program: Program, acts: list[Act]) -> None:
        self.runner.follow(program)
        self._unsynced(acts, None)

    def _unsynced(self, acts: list[Act], kill: Kill | None) -> None:
        def do() -> None:
            for act in acts:
                google_acts.do(self.model, act)

        self.runner.push_before_she_syncs(do, kill)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote:
        yield zygote


@pytest.mark.parametrize("kind", SERVERS)
def test_whatever_happens_the_calendar_is_right_in_the_end(zygote: Zygote, kind: str) -> None:
    def machine() -> DavMachine:
        made = DavMachine()
        made.zygote, made.kind = zygote, kind
        return made

    calendar_machine.run(machine, 3, 16)


@pytest.mark.parametrize("kind", SERVERS)
def test_that_is_so_with_other_apps(zygote: Zygote, kind: str) -> None:
    with Apps() as apps:

        def machine() -> AppsMachine:
            made = AppsMachine()
            made.zygote, made.kind, made.apps = zygote, kind, apps
            return made

        calendar_machine.run(machine, 1, 16)
