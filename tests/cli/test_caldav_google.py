"""One plan in Google, on a CalDAV server and in a feed: what the runner does in one of them, all show."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.calendars.caldav.servers import PASSWORD, running
from tests.cli.box import FEED, by_key
from tests.cli.caldav import DavBox
from tests.cli.google import TARGET, GoogleBox

KEY = "2026-W48/strength/1"
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 18, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def starts(runner: GoogleBox, dav: DavBox) -> set[datetime]:
    feed = by_key(runner.feed.read_bytes())[KEY]["DTSTART"]
    in_feed = datetime.strptime(feed, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return {runner.starts()[KEY].astimezone(UTC), dav.events()[KEY]["DTSTART"].dt.astimezone(UTC), in_feed}


def drag_in_google(runner: GoogleBox, to: datetime) -> None:
    runner.person.move(runner.events()[KEY]["id"], to, to + HALF_AN_HOUR)


@pytest.mark.parametrize(("kind", "first"), [("radicale", "google"), ("xandikos", "caldav")])
def test_a_dragged_session_is_in_all_of_them_and_the_first_wins(
    runner: GoogleBox, kind: str, first: str
) -> None:
    dav = DavBox(runner.folder, runner.environment, server=running(kind))
    dav.environment["DAV_PASSWORD"] = PASSWORD
    both = TARGET + dav.target() if first == "google" else dav.target() + TARGET
    runner.with_calendar(targets=FEED + both)
    assert len(starts(runner, dav)) == 1
    dav.drag(KEY, FRIDAY, FRIDAY + HALF_AN_HOUR)
    runner.push()
    assert starts(runner, dav) == {FRIDAY}
    # Between two pushes in two places: the first in the config has it.
    drag_in_google(runner, SATURDAY)
    dav.drag(KEY, SATURDAY + HALF_AN_HOUR, SATURDAY + 2 * HALF_AN_HOUR)
    runner.push()
    assert starts(runner, dav) == {SATURDAY if first == "google" else SATURDAY + HALF_AN_HOUR}
    # And what is deleted in one is gone from all.
    dav.delete(KEY)
    runner.push()
    assert KEY not in runner.events()
    assert KEY not in by_key(runner.feed.read_bytes())
    runner.push()
    assert KEY not in dav.events()
