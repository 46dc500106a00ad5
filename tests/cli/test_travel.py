"""A trip to another time zone: clock times on its days are of that zone, wherever they are read."""

import re
from datetime import datetime

import icalendar
import pytest
import recurring_ical_events

from tests.cli.box import FEED, Box, as_said, blocks, by_key
from tests.cli.google import TARGET, GoogleBox
from tests.googleserver.server import GoogleServer

# Wednesday to Saturday of the plan's first week.
TOKYO = '[[travel]]\nfrom = 2026-11-25\nto = 2026-11-28\ntimezone = "Asia/Tokyo"\n'
RUNS = "".join(
    f'[[runs]]\nday = "{day}"\nkind = "easy"\nduration = "30m"\nstart = "10:00"\n'
    for day in ("tue", "wed", "thu", "sat", "sun")
)
LIFT = '[[strength]]\nroutine = "mobility"\nload = "light"\nduration = "20m"\n'


@pytest.fixture
def traveller(box: Box) -> Box:
    box.write("week.toml", f'title = "Week"\n{RUNS}{LIFT}')
    box.config(
        weeks='["week.toml"]', horizon=1, availability='default = []\nthu = ["18:00-19:00"]', more=TOKYO
    )
    return box


def starts(box: Box) -> dict[str, str]:
    (week,) = box.plan()["weeks"]
    return {one["key"].partition("/")[2]: one["start"] for one in (*week["runs"], *week["strength"])}


def test_clock_times_are_of_the_zone_of_their_day(traveller: Box) -> None:
    assert starts(traveller) == {
        "run/tue-1": "2026-11-24T10:00:00+00:00",
        "run/wed-1": "2026-11-25T10:00:00+09:00",
        "run/thu-1": "2026-11-26T10:00:00+09:00",
        "strength/1": "2026-11-26T18:00:00+09:00",
        "run/sat-1": "2026-11-28T10:00:00+09:00",
        "run/sun-1": "2026-11-29T10:00:00+00:00",
    }
    plan = traveller.plan()
    assert plan["timezone"] == "Europe/London"
    assert plan["weeks"][0]["travel"] == [
        {"from": "2026-11-25", "to": "2026-11-28", "timezone": "Asia/Tokyo"}
    ]
    assert "Wed 25 Nov to Sat 28 Nov: times of Asia/Tokyo" in traveller.ok("plan").out
    assert "Wed 25 Nov to Sat 28 Nov: times of Asia/Tokyo" in traveller.ok("plan", "--format", "html").out
    assert "10:00-10:30" in traveller.ok("plan").out
    assert "01:00" not in traveller.ok("plan").out


def test_the_feed_names_the_zone_of_each_event_and_describes_it(traveller: Box) -> None:
    traveller.push()
    content = traveller.feed.read_bytes()
    found = {uid.partition("@")[0]: block for uid, block in blocks(content).items()}
    assert b"DTSTART;TZID=Asia/Tokyo:20261126T100000" in found["2026-W48-run-thu-1"]
    assert b"DTEND;TZID=Asia/Tokyo:20261126T182000" in found["2026-W48-strength-1"]
    assert b"DTSTART;TZID=Europe/London:20261129T100000" in found["2026-W48-run-sun-1"]
    calendar = icalendar.Calendar.from_ical(content)
    assert {str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")} == {"Asia/Tokyo", "Europe/London"}
    read = recurring_ical_events.of(calendar).between((2026, 11, 23), (2026, 11, 30))
    instants = {str(event["UID"]).partition("@")[0]: event["DTSTART"].dt for event in read}
    for key, start in starts(traveller).items():
        assert instants[f"2026-W48-{key.replace('/', '-')}"] == datetime.fromisoformat(start)
    assert "up to date" in traveller.ok("push").out
    assert b"TZID=Asia/Tokyo" in traveller.ok("export").stdout


def test_a_trip_that_is_new_says_why_times_change(traveller: Box) -> None:
    with_trip = (traveller.folder / "config.toml").read_text()
    traveller.write("config.toml", with_trip.replace(TOKYO, ""))
    traveller.push()
    traveller.write("config.toml", with_trip)
    changes = {change["key"]: change for change in traveller.push()["feed"] if change["action"] == "update"}
    assert set(changes) == {
        f"2026-W48/{key}" for key in ("run/wed-1", "run/thu-1", "strength/1", "run/sat-1")
    }
    assert changes["2026-W48/run/thu-1"]["reason"] == "clock times are those of Asia/Tokyo on that day"
    traveller.ok("move", "2026-W48/run/sat-1", "2026-11-28T07:30")
    assert starts(traveller)["run/sat-1"] == "2026-11-28T07:30:00+09:00"


def test_busy_dates_and_times_without_a_zone_are_of_the_zone_there(traveller: Box) -> None:
    event = "BEGIN:VEVENT\nUID:{0}\nDTSTART{1}\nDTEND{2}\nSUMMARY:{0}\nEND:VEVENT\n"
    body = event.format("fair", ";VALUE=DATE:20261127", ";VALUE=DATE:20261128")
    body += event.format("talk", ":20261126T180000", ":20261126T183000")
    traveller.write("busy.ics", f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{body}END:VCALENDAR\n")
    config = (traveller.folder / "config.toml").read_text()
    source = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
    traveller.write("config.toml", config.replace(FEED, source + FEED))
    assert [(one["start"], one["end"]) for one in traveller.plan()["busy"]] == [
        ("2026-11-26T18:00:00+09:00", "2026-11-26T18:30:00+09:00"),
        ("2026-11-27T00:00:00+09:00", "2026-11-28T00:00:00+09:00"),
    ]
    # Nothing but the trip changes: what was read of the same bytes before is not used again.
    traveller.write("config.toml", config.replace(FEED, source + FEED).replace(TOKYO, ""))
    assert traveller.plan()["busy"][0]["start"] == "2026-11-26T18:00:00+00:00"


def test_hours_that_nobody_has_are_no_time_to_train(box: Box) -> None:
    """Of the first day further east the morning is missing; further west the afternoon comes twice."""
    early = RUNS.replace("10:00", "06:00")
    box.write("week.toml", f'title = "Week"\n{early}{LIFT}')
    hours = 'default = []\nwed = ["06:00-10:30"]'
    box.config(weeks='["week.toml"]', horizon=1, availability=hours, more=TOKYO)
    found = starts(box)
    assert found["run/wed-1"] == "2026-11-25T09:00:00+09:00"  # which is midnight in London
    assert found["strength/1"] == "2026-11-25T09:45:00+09:00"
    assert found["run/sat-1"] == "2026-11-28T06:00:00+09:00"
    assert found["run/sun-1"] == "2026-11-29T06:00:00+00:00"


def test_a_day_that_the_date_line_takes_is_none(box: Box) -> None:
    """Home from Pago Pago, whose Sunday ends when Monday in Apia is over."""
    trip = '[[travel]]\nfrom = 2026-11-28\nto = 2026-11-29\ntimezone = "Pacific/Pago_Pago"\n'
    path = box.config(weeks='["balanced"]', horizon="2", more=trip)
    path.write_text(path.read_text().replace("Europe/London", "Pacific/Apia"))
    for form in ("table", "json", "html", "svg"):
        box.ok("plan", "--format", form)
    box.push()
    assert {one["action"] for one in box.push()["feed"]} == {"keep"}
    assert "20261130T" not in re.sub(r"(DTSTAMP|MODIFIED).*", "", box.feed.read_text("utf-8"))


@pytest.mark.parametrize(
    ("travel", "key", "says"),
    [
        (TOKYO.replace("Asia/Tokyo", "Asia/Tokio"), "travel[0].timezone", 'did you mean "Asia/Tokyo"'),
        (TOKYO.replace("28", "20"), "travel[0].to", "before it begins on 2026-11-25"),
        (
            TOKYO + TOKYO.replace("25", "28").replace("to = 2026-11-28", "to = 2026-11-30"),
            "travel[1].from",
            "one zone",
        ),
        (TOKYO.replace("timezone", "zone"), "travel[0].zone", "unknown key"),
        (TOKYO.replace("2026-11-28", "9999-11-28"), "travel[0].to", "from 1971 to 2085"),
    ],
)
def test_a_wrong_trip(box: Box, travel: str, key: str, says: str) -> None:
    box.config(more=travel)
    result = box.run("plan")
    assert result.code == 3
    assert f": {as_said(key)}: " in result.err
    assert says in result.err


def test_google_gets_the_zone_of_each_event(box: Box) -> None:
    with GoogleServer() as google:
        runner = GoogleBox(box.folder, google=google)
        runner.write("week.toml", f'title = "Week"\n{RUNS}')
        runner.with_calendar(targets=TARGET, more=TOKYO, weeks='["week.toml"]', horizon=1)
        events = runner.events()
        thursday = events["2026-W48/run/thu-1"]["start"]
        assert thursday["timeZone"] == "Asia/Tokyo"
        assert datetime.fromisoformat(thursday["dateTime"]) == datetime.fromisoformat(
            "2026-11-26T10:00+09:00"
        )
        assert events["2026-W48/run/sun-1"]["start"]["timeZone"] == "Europe/London"
        assert "up to date" in runner.ok("push").out


def test_the_feed_is_for_everybody_the_same_feed(traveller: Box) -> None:
    traveller.push()
    before = by_key(traveller.feed.read_bytes())
    later = "2026-11-26T12:00:00+00:00"  # during the trip
    assert "up to date" in traveller.ok("push", now=later).out
    assert by_key(traveller.feed.read_bytes()) == before
