"""Days away: all-day events that are a pause, and days that look like it."""

import re
from typing import Any

import pytest

from tests.cli.box import Box

AWAY = 'away = ["Holiday*", "Urlaub*"]\n'
SOURCE = '[[busy]]\nname = "home"\ntype = "ics"\npath = "home.ics"\n'


def event(title: str, first: str, last: str, *more: str) -> str:
    """Of all day; `last` is excluded."""
    lines = (
        f"UID:{title}{first}",
        f"DTSTART;VALUE=DATE:{first}",
        f"DTEND;VALUE=DATE:{last}",
        f"SUMMARY:{title}",
    )
    return "\n".join(("BEGIN:VEVENT", *lines, *more, "END:VEVENT"))


HOLIDAY = event("Holiday in Spain", "20261125", "20261129")  # Wednesday to Saturday


# The same, but from midnight to midnight by the clock.
AT_TIMES = re.sub(r";VALUE=DATE:(\d+)", r":\1T000000", HOLIDAY)


def calendar(box: Box, *events: str, source: str = "") -> Any:
    body = "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *events, "END:VCALENDAR", ""))
    box.write("home.ics", body)
    box.config(more=SOURCE + source)
    return box.plan()


def trained(plan: Any) -> list[str]:
    """The days of the first week on which anything is planned."""
    week = plan["weeks"][0]
    return sorted({one["start"][:10] for one in (*week["runs"], *week["strength"])})


def notices(plan: Any) -> list[str]:
    return [notice["text"] for notice in plan["notices"] if notice["code"] == "busy-all-day"]


def test_an_all_day_event_with_such_a_title_is_a_pause(box: Box) -> None:
    plan = calendar(box, HOLIDAY, source=AWAY)
    assert trained(plan) == ["2026-11-24", "2026-11-29"]
    assert plan["busy"] == []
    assert notices(plan) == []
    assert {warning["code"] for warning in plan["warnings"]} <= {"unplaced"}  # no run clashes with it
    out = box.ok("plan").out
    assert out.count('pause: away in calendar "home"') == 4
    page = box.ok("plan", "--format", "html").out
    assert "You are away from Wed 25 Nov to Sat 28 Nov, says your calendar" in page
    assert "Holiday" not in out
    shown = box.ok("busy").out
    assert re.search(r"Wed 25 Nov 2026-W48 +away until Sat 28 Nov +a pause", shown)
    assert "nothing" not in shown
    # As a pause of the config would have it.
    box.config(more="[[pause]]\nfrom = 2026-11-25\nto = 2026-11-28")
    assert box.plan()["weeks"] == plan["weeks"]


@pytest.mark.parametrize(
    ("entry", "is_pause"),
    [
        (event("urlaub", "20261125", "20261129"), True),
        (event("Holiday", "20261125", "20261129", "TRANSP:TRANSPARENT"), True),
        (event("Holiday", "20261125", "20261129", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), True),
        (event("Holiday", "20261125", "20261129", "STATUS:CANCELLED"), False),
        (event("Mum's Holiday", "20261125", "20261129"), False),
        (AT_TIMES, False),
    ],
)  # fmt: skip
def test_which_events_are_days_away(box: Box, entry: str, is_pause: bool) -> None:
    plan = calendar(box, entry, source=AWAY)
    assert ("2026-11-26" not in trained(plan)) is is_pause


def test_what_repeats_and_what_is_ignored(box: Box) -> None:
    weekly = event("Holiday home", "20261121", "20261123", "RRULE:FREQ=WEEKLY")  # each weekend
    assert trained(calendar(box, weekly, source=AWAY))[-1] < "2026-11-28"
    assert trained(calendar(box, weekly, source=AWAY + 'ignore = ["*home"]\n'))[-1] >= "2026-11-28"


def test_a_second_push_reads_it_from_what_was_kept(box: Box) -> None:
    calendar(box, HOLIDAY, source=AWAY)
    box.push()
    assert "up to date" in box.ok("push").out
    assert trained(box.plan()) == ["2026-11-24", "2026-11-29"]
    # The title is a pause only as long as the config says so.
    box.config(more=SOURCE)
    assert len(trained(box.plan())) > 2


def test_days_that_are_busy_all_day_long_come_with_the_pause_to_paste(box: Box) -> None:
    (text,) = notices(
        calendar(box, event("Trip", "20261125", "20261127"), event("Fair", "20261127", "20261129"))
    )
    assert text == (
        "busy all day long from Wed 25 Nov to Sat 28 Nov; if you are away then, run `calsync config edit` "
        "and add at the end (a line break for each /): [[pause]] / from = 2026-11-25 / to = 2026-11-28"
    )
    assert box.ok("plan").err.count("[[pause]]") + box.ok("plan").out.count("[[pause]]") == 1
    table = text.partition("): ")[2].replace(" / ", "\n")
    box.config(more=f"{SOURCE}{table}\n")
    assert notices(box.plan()) == []
    assert trained(box.plan()) == ["2026-11-24", "2026-11-29"]


def test_one_such_day_and_days_that_are_over_are_no_matter(box: Box) -> None:
    one = calendar(box, event("Fair", "20261125", "20261126"), event("Fair", "20261127", "20261128"))
    assert notices(one) == []
    calendar(box, event("Trip", "20261123", "20261126"))
    assert notices(box.plan(now="2026-11-25T12:00:00+00:00")) == []
    assert "from Tue 24 Nov to Wed 25 Nov" in notices(box.plan(now="2026-11-24T12:00:00+00:00"))[0]


def test_days_away_are_those_of_the_zone_there(box: Box) -> None:
    plan = calendar(
        box,
        HOLIDAY,
        source=AWAY + '[[travel]]\nfrom = 2026-11-25\nto = 2026-11-28\ntimezone = "Asia/Tokyo"\n',
    )
    assert trained(plan) == ["2026-11-24", "2026-11-29"]
