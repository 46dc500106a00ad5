"""Other programs see in calsync's feeds just what calsync put there, and so they agree with one another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calsync.calendars.ics import IcsCalendar
from calsync.sync import diff
from tests.clients.comparing import assert_alike
from tests.clients.conftest import SHOWN, need
from tests.clients.feeds import (
    ALL,
    DOUBLED,
    FIRST,
    IN_OWN_ZONES,
    PUSHED,
    Feed,
    Seen,
    text_events,
    written_feed,
)
from tests.clients.readers import READERS, Khal, run_script, served, vdirsyncer_sync

ReadBy = Callable[[str], dict[str, list[Seen]]]


@pytest.mark.parametrize(
    ("reader", "name"),
    # Wall times that occur twice are in test_doubled_times.py.
    [(reader, name) for reader in READERS for name in ALL if name in SHOWN[reader] and name not in DOUBLED],
)
def test_a_reader_sees_what_calsync_wants(
    reader: str, name: str, feeds: dict[str, Feed], read_by: ReadBy
) -> None:
    assert len(feeds[name].events) >= 20
    assert_alike(reader, read_by(reader)[name], feeds[name].wanted)


@pytest.mark.parametrize("name", sorted(set(ALL) - set(IN_OWN_ZONES)))
def test_calsync_finds_nothing_to_change_in_its_own_feed(name: str, feeds: dict[str, Feed]) -> None:
    feed = feeds[name]
    stored = IcsCalendar(name, feed.path, feed.plan, ZoneInfo(feed.zone)).load().contents.events
    assert {event.event for event in stored} == set(feed.events)
    assert not [change for change in diff(feed.events, stored, now=FIRST) if change.writes]


@pytest.mark.parametrize("name", PUSHED)
def test_reminders_come_when_they_are_asked_for(name: str, feeds: dict[str, Feed]) -> None:
    need("ical.js")
    [events] = run_script("read_ical_js.mjs", [feeds[name].path])
    reminders = [["DISPLAY", -30 * 60]] if name == "push-reminders" else []
    assert [event["alarms"] for event in events] == [reminders] * len(feeds[name].events)


def test_a_subscriber_follows_what_changes(tmp_path: Path) -> None:
    """Moved, renamed, new and withdrawn sessions; those that stay are not even written again."""
    need("vdirsyncer")
    before = text_events(["Lower body", "Hips, core; and more", "Größe 🏋️"], ["One\ntwo", "Three"])
    _withdrawn, moved, renamed, *same = before
    later = replace(moved.span, end=moved.span.end + timedelta(minutes=15))
    new = replace(moved, key="2026-W50/strength/new", summary="Another")
    after = (*same, replace(moved, span=later), replace(renamed, summary="Renamed"), new)
    web = tmp_path / "web"
    web.mkdir()
    khal = Khal({"plan": tmp_path / "vdirs" / "plan"}, tmp_path)
    with served(web) as address:
        url = f"{address}/plan.ics"
        feed = written_feed(web, "plan", "Europe/London", before)
        [vdir] = vdirsyncer_sync({"plan": url}, tmp_path).values()
        assert_alike("vdirsyncer", khal.events()["plan"], feed.wanted)
        first = {path.name: path.stat().st_mtime_ns for path in vdir.glob("*.ics")}
        feed = written_feed(web, "plan", "Europe/London", after, now=FIRST + timedelta(days=1))
        vdirsyncer_sync({"plan": url}, tmp_path)
    assert_alike("vdirsyncer", khal.events()["plan"], feed.wanted)
    second = {path.name: path.stat().st_mtime_ns for path in vdir.glob("*.ics")}
    assert len(first.items() & second.items()) == len(same)
