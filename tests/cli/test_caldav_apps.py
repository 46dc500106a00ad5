"""A runner with real clients: vdirsyncer brings the calendar to a folder and back, khal edits there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calsync.event import uid
from tests.calendars.caldav.servers import running
from tests.cli.box import by_key
from tests.cli.caldav import DavBox
from tests.cli.vdir import Apps, Vdir

KEY, RUN, OTHER = "2026-W48/strength/1", "2026-W48/run/tue-1", "2026-W49/run/tue-1"
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)


@pytest.fixture
def runner(tmp_path: Path) -> DavBox:
    runner = DavBox(tmp_path, server=running("xandikos"))
    runner.dav_config()
    runner.ok("push", "--create-calendar")
    return runner


@pytest.fixture
def vdir(runner: DavBox) -> Iterator[Vdir]:
    with Apps() as apps:
        yield Vdir(apps, runner.url)


def test_what_is_done_in_a_terminal_is_the_runners(runner: DavBox, vdir: Vdir) -> None:
    planned = runner.events().keys()
    key, run, other = (uid(one, "training") for one in (KEY, RUN, OTHER))
    vdir.ask(
        ("move", key, FRIDAY.isoformat(), 30),
        ("text", run, "summary", "With Ann"),
        ("delete", other),
        ("copy", key),
    )
    for _ in range(2):
        vdir.sync()
        runner.ok("push")
        events = runner.events()
        assert events[KEY]["DTSTART"].dt.astimezone(UTC) == FRIDAY
        assert str(events[RUN]["SUMMARY"]) == "With Ann"
        assert events.keys() == planned - {OTHER}
    # The copy is theirs; the feed follows the rest.
    assert len(list(vdir.path.glob("*.ics"))) == len(planned)
    feed = by_key(runner.feed.read_bytes())
    assert feed.keys() == planned - {OTHER}
    assert feed[KEY]["DTSTART"] == "20261127T180000"
    # And given back, all is calsync's again.
    runner.ok("release", KEY)
    runner.ok("release", OTHER)
    runner.ok("push")
    vdir.sync()
    vdir.ask(("find", other))
    assert runner.events().keys() == planned
