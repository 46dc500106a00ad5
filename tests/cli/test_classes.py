"""Classes, and sessions that may only be on some days, at some times, or take a way to get there."""

from typing import Any

import pytest

from tests.cli.box import Box, as_written

RUNS = """
title = "A week with a class"
rest = ["mon"]

[[runs]]
day = "tue"
kind = "intervals"
duration = "60m"
start = "06:30"

[[runs]]
day = "sat"
kind = "long"
duration = "90m"
start = "08:00"
"""
CLASS = """
[[strength]]
title = "Bodypump"
load = "moderate"
day = "wed"
start = "18:00"
duration = "1h"
place = "The gym"
"""
LIFT = """
[[strength]]
routine = "lower-body"
load = "moderate"
"""
EVERY_DAY = 'default = ["06:00-22:00"]\nsat = ["06:00-22:00"]\nsun = ["06:00-22:00"]'


def week(box: Box, *sessions: str, runs: str = RUNS, availability: str = EVERY_DAY, **more: str) -> None:
    box.write("own.toml", "\n".join((runs, *sessions)))
    box.config(weeks='["./own.toml"]', horizon=1, availability=availability, **more)


BUSY = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'


def busy(start: str, end: str, title: str = "Meeting", more: str = "") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", f"UID:{start}", f"SUMMARY:{title}"]
    zone = "Europe/London"
    lines += [f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}", *more.split("\n")]
    return "\r\n".join([*filter(None, lines), "END:VEVENT", "END:VCALENDAR", ""])


def starts(plan: Any, number: int = 0) -> dict[str, str]:
    """Key -> start of a week's sessions."""
    return {one["key"]: one["start"][5:16] for one in plan["weeks"][number]["strength"]}


def against(plan: Any) -> list[str]:
    return [one["text"] for one in plan["warnings"] if one["code"] == "class-against-rule"]


# --- classes ----------------------------------------------------------------------------------------------


def test_a_class_is_when_it_is_and_the_rest_is_placed_around_it(box: Box) -> None:
    week(box, LIFT, CLASS, availability='default = ["06:00-22:00"]\ntue = []')
    plan = box.plan()
    found = starts(plan)
    assert found["2026-W48/strength/2"] == "11-25T18:00"
    # Two days from Wednesday; without the class it would be elsewhere.
    assert found["2026-W48/strength/1"][:5] in ("11-23", "11-27", "11-29")
    (pump,) = [one for one in plan["weeks"][0]["strength"] if one["key"].endswith("/2")]
    assert (pump["state"], pump["title"], pump["place"], pump["minutes"]) == (
        "fixed",
        "Bodypump",
        "The gym",
        60,
    )
    assert against(plan) == []
    table = box.ok("plan").out
    assert "18:00-19:00  Bodypump (moderate)" in table
    assert "class" in table


def test_what_the_rules_have_against_a_class_is_told_and_it_stays(box: Box) -> None:
    thursday = RUNS.replace('day = "tue"', 'day = "thu"')
    week(box, CLASS, runs=thursday)
    plan = box.plan()
    assert starts(plan) == {"2026-W48/strength/1": "11-25T18:00"}
    (said,) = against(plan)
    near = "11 h 30 min before Thursday's intervals; moderate needs 24 h (fresh-legs)"
    assert said == f"Bodypump (Wed 25 Nov 18:00): {near}"
    found = box.run("lint", "./own.toml").out
    assert "Bodypump leaves tired legs to the next hard or long run" in found
    # Busy time is against it, too.
    box.write("busy.ics", busy("20261125T183000", "20261125T193000"))
    week(box, CLASS, runs=thursday, more=BUSY)
    assert against(box.plan()) == [f"Bodypump (Wed 25 Nov 18:00): busy 18:30-19:30 (busy); {near}"]


def test_what_comes_again_is_said_once(box: Box) -> None:
    week(box, CLASS, runs=RUNS.replace('day = "tue"', 'day = "thu"'))
    box.config(weeks='["own.toml"]', horizon=3, availability=EVERY_DAY)
    (text,) = against(box.plan())
    assert text.startswith("Bodypump (Wednesdays 18:00, 3 weeks): ")


def test_the_feed_has_the_place_of_a_class_and_not_the_way_there(box: Box) -> None:
    week(box, CLASS + 'travel = "20m"\n')
    box.push()
    feed = box.feed.read_text("utf-8")
    assert "LOCATION:The gym\r\n".replace("\r\n", "\n") in feed.replace("\r\n", "\n")
    assert "SUMMARY:Strength: Bodypump (moderate)" in feed
    assert "DTSTART;TZID=Europe/London:20261125T180000" in feed
    assert box.push()["feed"] == [] or all(change["action"] == "keep" for change in box.push()["feed"])


def test_a_class_can_be_skipped_and_moved(box: Box) -> None:
    week(box, CLASS)
    key = "2026-W48/strength/1"
    box.ok("move", key, "2026-11-26T12:00")
    plan = box.plan()
    assert starts(plan) == {key: "11-26T12:00"}
    assert plan["weeks"][0]["strength"][0]["state"] == "pinned"
    box.ok("release", key)
    box.ok("skip", key)
    assert starts(box.plan()) == {}
    box.ok("release", key)
    assert starts(box.plan()) == {key: "11-25T18:00"}


def test_no_progression_changes_a_class(box: Box) -> None:
    week(box, LIFT, CLASS, runs="recovery = true\n" + RUNS)
    plan = box.plan()
    # One session is left, and that is the class.
    assert starts(plan) == {"2026-W48/strength/2": "11-25T18:00"}
    box.ok("checkin", "--sign", "sore", "--date", "2026-11-22")
    plan = box.plan()
    assert starts(plan) == {"2026-W48/strength/2": "11-25T18:00"}
    (said,) = [one["text"] for one in plan["warnings"] if one["code"] == "out-of-balance"]
    assert said.endswith("Bodypump stays as planned, as a class can't be changed")


def test_a_pause_has_no_class(box: Box) -> None:
    week(box, CLASS)
    (box.folder / "config.toml").write_text(
        (box.folder / "config.toml").read_text("utf-8") + "\n[[pause]]\nfrom = 2026-11-25\nto = 2026-11-25\n"
    )
    plan = box.plan()
    assert starts(plan) == {}
    assert plan["weeks"][0]["unplaced"] == []


# --- wishes for one session -------------------------------------------------------------------------------


def test_a_session_is_only_where_it_may_be(box: Box) -> None:
    week(box, LIFT + 'days = ["sun", "thu"]\nbetween = ["19:00-20:00"]\n')
    assert starts(box.plan()) == {"2026-W48/strength/1": "11-26T19:00"}
    week(box, LIFT + 'days = ["sun"]\nbetween = ["05:00-06:15"]\n')
    plan = box.plan()
    (missing,) = plan["weeks"][0]["unplaced"]
    texts_of_days = {day["text"] for day in missing["days"]}
    assert "your week has this session on Sunday" in texts_of_days
    assert "your week has this session at 05:00-06:15" in texts_of_days


def test_the_way_there_and_back_is_kept_clear(box: Box) -> None:
    friday = 'default = []\nfri = ["16:00-22:00"]'
    box.write("busy.ics", busy("20261127T160000", "20261127T170000"))
    week(box, LIFT, availability=friday, more=BUSY)
    assert starts(box.plan()) == {"2026-W48/strength/1": "11-27T17:15"}
    week(box, LIFT + 'travel = "25m"\n', availability=friday, more=BUSY)
    assert starts(box.plan()) == {"2026-W48/strength/1": "11-27T17:45"}
    # After a run, on top of the quarter of an hour that is always free.
    run = RUNS + '\n[[runs]]\nday = "fri"\nkind = "easy"\nduration = "45m"\nstart = "17:00"\n'
    week(box, LIFT + 'travel = "30m"\n', runs=run, availability=friday)
    assert starts(box.plan()) == {"2026-W48/strength/1": "11-27T18:30"}


# --- what can't be meant ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ('day = "wed"\nrouting = "x"', "routing: unknown key"),
        ('routine = "lower-body"\nday = "wed"', "strength[0].day: needs the start of the class"),
        ('routine = "lower-body"\nstart = "18:00"', "strength[0].start: needs the day of the class"),
        (
            'title = "Pump"',
            "strength[0].routine: is missing: only a class, which has day, start and title, goes without",
        ),
        ('day = "wed"\nstart = "18:00"', "strength[0].title: is missing: what the class is called"),
        (
            'title = "Pump"\nday = "wed"\nstart = "18:00"\ndays = ["thu"]',
            "strength[0].days: a class has its day and its start",
        ),
        (
            'title = "Pump"\nday = "wed"\nstart = "18:00"\nshortest = "20m"',
            "strength[0].shortest: a class has its length",
        ),
        ('routine = "lower-body"\ntravel = "7h"', 'strength[0].travel: at most "6h", found "7h"'),
    ],
)
def test_what_does_not_go_together(box: Box, session: str, said: str) -> None:
    week(box, f'[[strength]]\nload = "light"\n{session}\n')
    result = box.run("plan")
    assert result.code == 3
    assert said in as_written(result.error)


# --- strength in a busy calendar --------------------------------------------------------------------------

GYM = '[[busy]]\nname = "gym"\ntype = "ics"\npath = "busy.ics"\nstrength = {}\n'
PUMP = '["Bodypump*"]'
EVENT = "2026-W48/strength/calendar-1"


def test_strength_in_a_busy_calendar_counts_and_is_not_written(box: Box) -> None:
    box.write("busy.ics", busy("20261125T180000", "20261125T190000", "BODYPUMP with Ann"))
    second = LIFT.replace("lower-body", "hips-and-core")
    week(box, LIFT, second, more=GYM.format(PUMP))
    plan = box.plan()
    found = starts(plan)
    assert found.keys() == {"2026-W48/strength/1", EVENT}
    assert found[EVENT] == "11-25T18:00"
    assert found["2026-W48/strength/1"][:5] not in ("11-24", "11-25", "11-26")
    session = plan["weeks"][0]["strength"][-1 if found["2026-W48/strength/1"] < found[EVENT] else 0]
    assert (session["state"], session["calendar"], session["title"], session["load"]) == (
        "fixed",
        "gym",
        "BODYPUMP with Ann",
        "moderate",
    )
    assert {one["start"][5:16] for one in plan["busy"]} == {"11-25T18:00"}
    (note,) = plan["weeks"][0]["notes"]
    assert note["text"] == "one session is in your calendars already, and counts"
    table = box.ok("plan").out
    assert "BODYPUMP with Ann (moderate)" in table
    assert 'from your calendar "gym"' in table
    assert box.run("skip", EVENT).code == 2
    box.push()
    feed = box.feed.read_text("utf-8")
    assert feed.count("BEGIN:VEVENT") == 3
    assert "BODYPUMP" not in feed
    # What was read is remembered with it.
    assert starts(box.plan()) == found


def test_each_title_may_have_a_load_of_its_own(box: Box) -> None:
    box.write("busy.ics", busy("20261125T180000", "20261125T190000", "Yoga flow"))
    week(box, LIFT, more=GYM.format('{ "Pump*" = "heavy", "Yoga*" = "light" }'))
    (session,) = box.plan()["weeks"][0]["strength"]
    assert (session["key"], session["load"]) == (EVENT, "light")
    box.write(
        "busy.ics",
        box.folder.joinpath("busy.ics").read_text() + busy("20261128T120000", "20261128T130000", "Yoga"),
    )
    (note,) = box.plan()["weeks"][0]["notes"]
    assert note["text"] == "2 sessions are in your calendars already, and count"


@pytest.mark.parametrize(
    ("more", "title", "is_strength"),
    [
        ("", "Bodypump", True),
        ("TRANSP:TRANSPARENT", "Bodypump", True),
        ("STATUS:CANCELLED", "Bodypump", False),
        ("", "Not Bodypump", False),
    ],
)
def test_which_events_are_strength(box: Box, more: str, title: str, is_strength: bool) -> None:
    box.write("busy.ics", busy("20261125T180000", "20261125T190000", title, more))
    week(box, more=GYM.format(PUMP))
    assert (EVENT in starts(box.plan())) == is_strength


def test_what_is_ignored_or_lasts_all_day_is_no_session(box: Box) -> None:
    box.write("busy.ics", busy("20261125T180000", "20261125T190000", "Bodypump"))
    week(box, more=GYM.format(PUMP) + 'ignore = ["Bodypump"]\n')
    assert starts(box.plan()) == {}
    box.write("busy.ics", busy("20261125T000000", "20261126T000000", "Bodypump"))
    week(box, more=GYM.format(PUMP))
    plan = box.plan()
    assert starts(plan) == {}
    assert "lasts too long" in " ".join(one["text"] for one in plan["warnings"])


def test_a_series_has_its_moved_and_renamed_occurrences(box: Box) -> None:
    series = busy("20261125T180000", "20261125T190000", "Bodypump", "RRULE:FREQ=WEEKLY")
    moved = busy("20261203T120000", "20261203T130000", "Bodypump").replace("UID:20261203", "UID:20261125")
    moved = moved.replace("T120000\r\nSUMMARY", "T180000\r\nSUMMARY", 1)
    moved = moved.replace("SUMMARY", "RECURRENCE-ID;TZID=Europe/London:20261202T180000\r\nSUMMARY")
    renamed = busy("20261209T180000", "20261209T190000", "Dinner").replace("UID:20261209", "UID:20261125")
    renamed = renamed.replace("SUMMARY", "RECURRENCE-ID;TZID=Europe/London:20261209T180000\r\nSUMMARY")
    box.write("busy.ics", series + moved + renamed)
    week(box, more=GYM.format(PUMP))
    config = (box.folder / "config.toml").read_text("utf-8")
    box.write("config.toml", config.replace("horizon = 1", "horizon = 3"))
    plan = box.plan()
    assert [list(starts(plan, number).values()) for number in range(3)] == [
        ["11-25T18:00"],
        ["12-03T12:00"],
        [],
    ]


def test_a_class_that_is_in_a_calendar_as_well_counts_once(box: Box) -> None:
    box.write("busy.ics", busy("20261125T180000", "20261125T190000", "Bodypump"))
    week(box, LIFT, CLASS, more=GYM.format(PUMP))
    assert starts(box.plan()).keys() == {"2026-W48/strength/1", EVENT}


def test_the_rules_are_told_of_it_but_not_that_it_is_busy(box: Box) -> None:
    box.write("busy.ics", busy("20261125T180000", "20261125T190000", "Bodypump"))
    week(box, runs=RUNS.replace('day = "tue"', 'day = "thu"'), more=GYM.format(PUMP))
    (said,) = against(box.plan())
    assert said.startswith("Bodypump (Wed 25 Nov 18:00): 11 h 30 min before Thursday's intervals")


def test_a_load_that_is_none(box: Box) -> None:
    week(box, LIFT, more=GYM.format('{ "Yoga*" = "medium" }'))
    result = box.run("plan")
    assert result.code == 3
    assert 'no load is called "medium"; did you mean "moderate"?' in result.error
