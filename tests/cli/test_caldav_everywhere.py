"""One plan from `calsync auth` on: busy time by CalDAV, and Google, CalDAV and a feed as its calendars."""

from datetime import UTC, datetime, timedelta

import pytest

from calsync.calendars.caldav.client import Request
from calsync.calendars.caldav.discovery import create_calendar
from tests.calendars.caldav.servers import PASSWORD, SERVERS, USER, running
from tests.cli.box import FEED, by_key
from tests.cli.caldav import DavBox
from tests.cli.caldav_account import a_name, calendar_object
from tests.cli.google import TARGET, GoogleBox

KEY = "2026-W48/strength/1"
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
LENGTH = timedelta(minutes=30)


def starts(runner: GoogleBox, dav: DavBox) -> list[dict[str, datetime]]:
    """When each event is, in Google, by CalDAV and in the feed."""
    feed = {
        key: datetime.strptime(said["DTSTART"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        for key, said in by_key(runner.feed.read_bytes()).items()
    }
    in_google = {key: start.astimezone(UTC) for key, start in runner.starts().items()}
    return [in_google, {key: one["DTSTART"].dt.astimezone(UTC) for key, one in dav.events().items()}, feed]


@pytest.mark.parametrize("kind", SERVERS)
def test_from_the_sign_in_to_a_dragged_session(runner: GoogleBox, kind: str) -> None:
    server = running(kind)
    dav = DavBox(runner.folder, runner.environment, server=server)
    dav.environment["DAV_PASSWORD"] = PASSWORD
    name, work = a_name(), "DTSTART:2026112{0}T060000Z\nDTEND:2026112{0}T170000Z\nSUMMARY:Work"
    with dav.client() as client:
        url = create_calendar(client, client.address(server.home), name, name, "", "")
        for day in range(3, 8):
            text = calendar_object(f"work-{day}@example.org", work.format(day))
            client.call(Request.put(f"{url}{day}.ics", text, None))
    busy = (
        f'[[busy]]\nname = "work"\ntype = "caldav"\nurl = "{server.url}"\nusername = "{USER}"\n'
        f'password_env = "DAV_PASSWORD"\ncalendars = ["{name}"]\n'
    )
    runner.google_config(targets=dav.target() + TARGET + FEED, more=busy)
    runner.authorise()

    # Signed in: what is read and what was made is said, and nothing is planned yet.
    said = runner.ok("auth", "caldav").out
    assert f'work: reads 1 calendar: "{name}"' in said
    assert f"{dav.name}: the calendar has been created." in said
    runner.ok("push", "--create-calendar")
    in_google, by_caldav, in_feed = starts(runner, dav)
    assert in_google == by_caldav == in_feed
    strength = [start for key, start in in_feed.items() if key.startswith("2026-W48/strength/")]
    assert strength
    assert not any(start.weekday() < 5 and 6 <= start.hour < 17 for start in strength)

    # Dragged in the one: it is there in all, and stays.
    dav.drag(KEY, FRIDAY, FRIDAY + LENGTH)
    for _ in range(2):
        runner.ok("push")
        in_google, by_caldav, in_feed = starts(runner, dav)
        assert in_google == by_caldav == in_feed
        assert in_feed[KEY] == FRIDAY
    # And nothing is left to do.
    assert not [one for changes in runner.push().values() for one in changes if one["action"] == "update"]
