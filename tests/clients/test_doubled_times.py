"""Starts and ends within the hour that clocks show twice, on the night when they go back.

By RFC 5545 (3.3.5) such a wall time is its first occurrence, but ical.js, node-ical and khal take the second.
Of a time in UTC recurring_ical_events takes the first, too, if the calendar has an X-WR-TIMEZONE.
"""

from collections.abc import Callable

import pytest

from tests.clients.comparing import assert_alike
from tests.clients.feeds import DOUBLED, Feed, Seen
from tests.clients.readers import READERS

ReadBy = Callable[[str], dict[str, list[Seen]]]


@pytest.mark.parametrize("occurrence", ["first", "second"])
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_knows_which_occurrence_is_meant(
    reader: str, occurrence: str, feeds: dict[str, Feed], read_by: ReadBy
) -> None:
    seen = [event for name in DOUBLED for event in read_by(reader)[name]]
    wanted = [event for name in DOUBLED for event in feeds[name].wanted]
    assert len(seen) == len(wanted)
    ours = [event for event in wanted if event.summary.startswith(occurrence)]
    assert len(ours) > 50
    assert_alike(reader, [event for event in seen if event.summary.startswith(occurrence)], ours)
