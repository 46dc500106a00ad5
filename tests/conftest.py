"""What all tests share: how they are spread over the processors, settings of Hypothesis, and Ctrl-C for the
processes that tests start."""

import os
import signal
import sys
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.soak import usually

# Machines that run tests are slow at times.
settings.register_profile("calsync", deadline=None, max_examples=usually(100))
settings.load_profile("calsync")

# A shell that is not interactive (cron's, CI's, `bash -c 'pytest & wait'`) starts what runs in its background
# with SIGINT ignored. What is ignored stays ignored through exec, so that no process that a test starts would
# ever hear of SIGINT. A handler does not pass through exec: with one here they get the default back. It does
# nothing, as the shell wants the tests themselves to go on ignoring SIGINT.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: None)


# --- side by side -----------------------------------------------------------------------------------------

# What takes longest begins first, so that no processor waits for it at the end. All else follows file by
# file: what the tests of a file share is made once. So it is with files that begin alike in this list, as
# they share a browser, or what another program has read.
LONGEST = (
    "tests/web/test_browser",
    "tests/cli/test_google_machine.py",
    "tests/golden/",
    "tests/web/test_serve.py",
    "tests/web/test_acts_trouble.py",
    "tests/web/test_acts.py",
    "tests/web/test_acts_google.py",
    "tests/clients/test_",
    "tests/planning/test_fix_kinds.py",
    "tests/cli/test_push_trouble.py",
    "tests/cli/test_init.py",
    "tests/planning/test_optimum.py",
)

# Each of its tests is long, and shares nothing with the others.
APART = "tests/test_year.py"


def together(nodeid: str) -> str:
    """Tests with the same answer run in the same process."""
    file = nodeid.partition("::")[0]
    if file == APART:
        return nodeid
    return next((begin for begin in LONGEST if file.startswith(begin)), file)


class SideBySide(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide:
    return SideBySide(config, log)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes run the tests, unless -n says so.

    For the whole suite one more than there are processors, as many tests wait for a server or a browser. A
    part that somebody names runs in this process: it starts at once, and can be debugged.
    """
    if config.args_source is not config.ArgsSource.TESTPATHS:
        return 0
    # Those that this process may use.
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return processors + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        order = {begin: number for number, begin in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(together(item.nodeid), len(LONGEST)))
