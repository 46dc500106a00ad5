"""A browser, and sites to open in it; both are started once."""

from collections.abc import Iterator

import pytest

from tests.cli.box import Box
from tests.web import weeks
from tests.web.asking import ask
from tests.web.browser import Browser, chromium
from tests.web.running import Server, running


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(started: Browser) -> Iterator[Browser]:
    """Its log must stay empty: no error of a script, and no breach of a page's policy."""
    started.log()
    yield started
    assert started.log() == []


@pytest.fixture(scope="session")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three weeks from 2026-W48 on; it is Wednesday 14:20 in the first one."""
    box = Box(tmp_path_factory.mktemp("usual"))
    weeks.usual(box)
    with running(box, now=weeks.WEDNESDAY) as site:
        yield site


@pytest.fixture(scope="session")
def seldom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same with all that is seldom, and a calendar that can't be read any more."""
    box = Box(tmp_path_factory.mktemp("seldom"))
    weeks.seldom(box)
    with running(box, now=weeks.WEDNESDAY) as site:
        (box.folder / "work.ics").unlink()
        site.replan(lambda: b'class="problem"' in ask(site.page).body)
        yield site
