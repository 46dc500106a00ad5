"""Texts that are easily spoilt on their way into a feed and back."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calsync.calendars.ics import IcsCalendar
from calsync.sync import diff
from calsync.words import one_line, plain_lines
from tests.clients.comparing import assert_alike
from tests.clients.feeds import FIRST, text_events, written_feed
from tests.clients.readers import read_with_icalendar


def test_a_backslash_before_a_capital_n_makes_no_line_break(tmp_path: Path) -> None:
    """icalendar writes both of these characters as a line break."""
    feed = written_feed(tmp_path, "plan", "Europe/London", text_events(["C:\\Notes"], ["D:\\New\\\\N"]))
    assert_alike("icalendar", read_with_icalendar([feed.path], tmp_path)[0], feed.wanted)
    assert not any("\n" in text for event in feed.events for text in (event.summary, event.description))
    stored = IcsCalendar("plan", feed.path, feed.plan, ZoneInfo(feed.zone)).load().contents.events
    assert not [change for change in diff(feed.events, stored, now=FIRST) if change.writes]


@pytest.mark.parametrize("text", ["🏃\u200d♀️ Easy run", "👩🏽\u200d🦽 Push", "می\u200cدوم"])
def test_characters_that_are_joined_stay_joined(text: str, tmp_path: Path) -> None:
    assert one_line(text) == plain_lines(text) == text
    feed = written_feed(tmp_path, "plan", "Europe/London", text_events([text], [text]))
    assert_alike("icalendar", read_with_icalendar([feed.path], tmp_path)[0], feed.wanted)
