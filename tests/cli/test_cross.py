"""Other sports: cross training in templates and feeds, as a runner meets it on the command line."""

from typing import Any

import pytest

from tests.cli.box import Box, by_key
from tests.cli.test_platform import event, feed, texts

ALL_DAY = 'default = []\nthu = ["{}"]'

RUNS = """
title = "Runs and rides"
rest = ["mon"]

[[runs]]
day = "tue"
kind = "intervals"
duration = "60m"
start = "06:30"

[[runs]]
day = "sun"
kind = "long"
duration = "90m"
start = "07:00"
"""
STRENGTH = """
[[strength]]
routine = "lower-body"
load = "heavy"
"""


def cross(day: str, effort: str, sport: str = "ride", more: str = 'start = "06:30"') -> str:
    return f'[[cross]]\nday = "{day}"\nsport = "{sport}"\neffort = "{effort}"\nduration = "60m"\n{more}\n'


def template(box: Box, *training: str, plan: str = "", availability: str = "") -> None:
    """A plan of a single week."""
    box.write("own.toml", "\n".join((RUNS, *training, STRENGTH)))
    box.config(weeks='["./own.toml"]', horizon=1, plan=plan, availability=availability)


def shown(plan: Any, week: int = 0) -> dict[str, tuple[str, str, str, str]]:
    """Key -> sport, effort, start and end of a week's cross training."""
    return {
        one["key"]: (one["sport"], one["effort"], one["start"][5:16], one["end"][11:16])
        for one in plan["weeks"][week]["cross"]
    }


def lift(plan: Any) -> tuple[str, str]:
    """Load and start of the only session."""
    (session,) = plan["weeks"][0]["strength"]
    return session["load"], session["start"][5:16]


# --- what it does to a week -------------------------------------------------------------------------------


def test_a_hard_ride_makes_a_hard_day_and_is_named_as_what_it_is(box: Box) -> None:
    template(box, cross("thu", "hard"), availability='default = []\nthu = ["06:00-21:00"]')
    plan = box.plan()
    assert shown(plan) == {"2026-W48/cross/thu-1": ("ride", "hard", "11-26T06:30", "07:30")}
    assert [day["effort"] for day in plan["weeks"][0]["days"]][3] == "hard"
    # Nothing heavy, and 4 h after its end.
    assert lift(plan) == ("moderate", "11-26T11:30")
    (session,) = plan["weeks"][0]["strength"]
    assert session["reasons"][0] == {"rule": "hours-apart", "text": "4 h after Thursday's hard ride"}
    assert {"rule": "controlled"}.items() <= session["reasons"][2].items()
    # It is the ride that leaves no room.
    template(box, cross("thu", "hard", more='start = "17:00"'), availability=ALL_DAY.format("07:00-20:50"))
    (missing,) = box.plan()["weeks"][0]["unplaced"]
    thursday = missing["days"][3]
    assert (thursday["rule"], thursday["text"]) == (
        "hours-apart",
        "no free time 3 h or more after the hard ride",
    )


def test_a_long_ride_wants_fresh_legs_before_it_and_light_work_after_it(box: Box) -> None:
    template(box, cross("thu", "long"), availability='default = []\nwed = ["17:00-21:00"]')
    plan = box.plan()
    (session,) = plan["weeks"][0]["strength"]
    assert session["load"] == "light"
    assert "before Thursday's long ride" in session["reasons"][1]["text"]
    template(box, cross("thu", "long"), availability='default = []\nthu = ["06:00-21:00"]')
    plan = box.plan()
    assert lift(plan)[0] == "light"
    (session,) = plan["weeks"][0]["strength"]
    assert "on the day of the long ride" in {term["text"] for term in session["terms"]}
    assert "light instead of heavy: nothing more on the day of the long ride" in {
        reason["text"] for reason in session["reasons"]
    }


def test_an_easy_ride_and_a_hard_swim_are_no_obstacle(box: Box) -> None:
    thursday = 'default = []\nthu = ["06:00-21:00"]'
    template(box, availability=thursday)
    without = lift(box.plan())
    assert without == ("heavy", "11-26T06:00")
    # They only take their time, of the easy ride's day the lift comes last.
    template(box, cross("thu", "easy"), availability=thursday)
    assert lift(box.plan()) == ("heavy", "11-26T07:45")
    template(box, cross("thu", "hard", "swim", 'start = "06:15"'), availability=thursday)
    plan = box.plan()
    assert lift(plan) == ("heavy", "11-26T07:30")
    (swim,) = plan["weeks"][0]["cross"]
    assert (swim["legs"], plan["weeks"][0]["days"][3]["effort"]) == (False, "none")


def test_no_run_makes_way_for_it_unless_it_has_a_time(box: Box) -> None:
    easy = '[[runs]]\nday = "thu"\nkind = "easy"\nduration = "45m"\n'
    seven = 'usual_start = { default = "07:00" }'
    template(box, cross("thu", "easy", more=""), easy, plan=seven)
    plan = box.plan()
    assert plan["weeks"][0]["runs"][1]["start"][11:16] == "07:00"
    assert shown(plan)["2026-W48/cross/thu-1"][2:] == ("11-26T07:45", "08:45")
    template(box, cross("thu", "easy", more='start = "06:30"'), easy, plan=seven)
    plan = box.plan()
    assert plan["weeks"][0]["runs"][1]["start"][11:16] == "07:30"
    assert plan["warnings"] == []


def test_a_race_and_a_pause_take_its_place(box: Box) -> None:
    race = '[plan.race]\ndate = 2026-11-26\ntitle = "Cross country"\nduration = "40m"'
    template(box, cross("thu", "hard"), plan=race)
    assert shown(box.plan()) == {}
    box.config(weeks='["./own.toml"]', more="[[pause]]\nfrom = 2026-11-26\nto = 2026-11-26")
    assert [set(shown(box.plan(), week)) for week in (0, 1)] == [set(), {"2026-W49/cross/thu-1"}]


# --- where it is seen, and where not ----------------------------------------------------------------------


def test_it_is_on_no_calendar_and_changes_no_key(box: Box) -> None:
    template(box)
    box.push()
    before = set(by_key(box.feed.read_bytes()))
    template(box, cross("thu", "easy"), cross("tue", "easy", "swim", 'start = "18:00"'))
    assert len(box.plan()["weeks"][0]["cross"]) == 2
    box.push()
    assert set(by_key(box.feed.read_bytes())) == before
    assert "up to date" in box.ok("push").out
    assert b"cross" not in box.ok("export").stdout


def test_tables_pages_and_pictures_show_it(box: Box) -> None:
    template(box, cross("thu", "hard", more='start = "18:00"\ntitle = "Spin class"\nnotes = "4 x 4 min"'))
    assert "18:00-19:00  Spin class (hard ride)" in box.ok("plan").out
    html = box.ok("plan", "--format", "html").out
    assert 'class="entry cross ' in html
    assert "Hard ride, 60 min" in html
    assert "4 x 4 min" in html
    svg = box.ok("plan", "--format", "svg").out
    assert svg.count("Spin class") == 2
    # The block and the legend; a sign that needs no colours.
    assert svg.count("stroke-dasharray") == 2
    template(box)
    for page in (box.ok("plan", "--format", "html").out, box.ok("plan", "--format", "svg").out):
        assert "Cross training" not in page


def test_it_can_be_skipped_moved_and_released(box: Box) -> None:
    template(box, cross("thu", "hard"))
    key = "2026-W48/cross/thu-1"
    box.ok("move", key, "2026-11-27T18:00")
    assert shown(box.plan())[key] == ("ride", "hard", "11-27T18:00", "19:00")
    assert box.plan()["weeks"][0]["cross"][0]["state"] == "pinned"
    box.ok("skip", key)
    plan = box.plan()
    assert (shown(plan), plan["weeks"][0]["skipped"]) == ({}, [key])
    # Nothing that a target could have anything to do with.
    assert key not in {change["key"] for change in box.push()["feed"]}
    box.ok("release", key)
    assert shown(box.plan())[key][2] == "11-26T06:30"
    # What the week no longer asks for is gone, wherever it was moved.
    box.ok("move", key, "2026-11-27T18:00")
    template(box)
    assert shown(box.plan()) == {}


def test_a_push_says_which_ride_moved_a_session(box: Box) -> None:
    thursday = ALL_DAY.format("06:00-21:00")
    template(box, availability=thursday)
    box.push()
    template(box, cross("thu", "hard"), availability=thursday)
    (change,) = (one for one in box.push()["feed"] if one["action"] == "update")
    assert change["reason"].startswith("no heavy strength on the day of Thursday's hard ride;")
    template(box, cross("thu", "hard", more='start = "10:00"'), availability=thursday)
    (change,) = (one for one in box.push()["feed"] if one["action"] == "update")
    assert change["reason"].startswith("less than 3 h after Thursday's hard ride at 10:00;")


# --- templates that have no meaning -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("training", "message"),
    [
        (cross("mon", "hard"), "own.toml:18: the 1st cross training: day: Monday is a rest day"),
        (
            cross("tue", "easy", more='start = "07:15"'),
            "the 1st cross training: start: overlaps the run before it, on Tuesday",
        ),
        (
            cross("thu", "easy", more='start = "07:15"\nbetween = ["06:00-09:00"]'),
            "a start or ranges to look in",
        ),
        (cross("thu", "moderate"), 'found "moderate"'),
        (cross("thu", "none"), 'found "none"'),
        (cross("thu", "easy", "run"), 'found "run"'),
    ],
)
def test_what_has_no_meaning_is_refused(box: Box, training: str, message: str) -> None:
    template(box, training)
    result = box.run("plan")
    assert result.code == 3
    assert message in result.err


def test_a_rest_day_may_have_an_easy_ride_or_a_swim(box: Box) -> None:
    template(box, cross("mon", "easy"), cross("mon", "hard", "swim", 'start = "18:00"'))
    plan = box.plan()
    assert set(shown(plan)) == {"2026-W48/cross/mon-1", "2026-W48/cross/mon-2"}
    assert plan["weeks"][0]["rest"] == ["mon"]
    assert box.ok("lint", "own.toml").out.startswith("ok")


def test_lint_looks_at_rides_as_at_runs(box: Box) -> None:
    ranges = 'between = ["06:00-06:30"]'
    template(box, cross("wed", "hard"), cross("sat", "easy"), cross("thu", "easy", more=ranges))
    lines = box.ok("lint", "own.toml").out
    assert (
        "the 1st cross training: day: Tuesday's intervals (the 1st run) and "
        "Wednesday's hard ride (the 1st cross training)" in lines
    )
    assert "the 3rd cross training: between: no range is 60 min long, so the ride always starts with" in lines
    assert "sat" not in lines
    box.write("own.toml", (RUNS + cross("wed", "hard", "swim") + STRENGTH))
    assert box.ok("lint", "own.toml").out == "ok  own.toml\n"


def test_showing_a_template_shows_it(box: Box) -> None:
    template(box, cross("thu", "hard"), cross("sat", "long", "hike", 'between = ["06:00-09:00"]'))
    shown = box.ok("templates", "show", "./own.toml").out
    assert "thu  hard ride (hard ride, 60 min at 06:30)" in shown
    assert "sat  long hike (long hike, 60 min between 06:00-09:00)" in shown
    picture = shown.splitlines()[2:5]
    assert picture[1].split()[-5:] == ["-", "ride", "-", "hike", "long"]
    assert picture[2].split()[-6:] == ["hard", "60", "long", "60", "90", "min"]


# --- feeds ------------------------------------------------------------------------------------------------

DAYS = (event("20261124", "Tempo 8 km"), event("20261126", "Bike: Intervals"), event("20261128", "Long run"))


def test_a_feeds_rides_count_and_runs_keep_their_keys(box: Box) -> None:
    box.config(plan='[plan.feed]\npath = "runs.ics"\ncross = "ignore"')
    box.write("runs.ics", feed(*DAYS, event("20261124", "Swim easy 30 min")))
    without = box.plan()
    assert shown(without) == {}
    assert "Bike" in texts(without, "notices", "feed-other")
    box.config(plan='[plan.feed]\npath = "runs.ics"')
    plan = box.plan()
    assert {key: one[:2] for key, one in shown(plan).items()} == {
        "2026-W48/cross/tue-1": ("swim", "easy"),
        "2026-W48/cross/thu-1": ("ride", "hard"),
    }
    assert texts(plan, "notices", "feed-other") == ""
    assert plan["weeks"][0]["runs"] == without["weeks"][0]["runs"]
    assert plan["weeks"][0]["days"][3] == {"date": "2026-11-26", "effort": "hard"}


def test_the_config_says_which_effort_a_title_is(box: Box) -> None:
    kinds = '{ "Spin*" = "cross-hard", "Commute" = "cross-easy", "Audax*" = "cross-long" }'
    box.config(plan=f'[plan.feed]\npath = "runs.ics"\nkind = {kinds}')
    others = (event("20261123", "Commute 2 h"), event("20261125", "Spin"), event("20261127", "Audax ride"))
    box.write("runs.ics", feed(*DAYS[:1], *others))
    efforts = [one["effort"] for one in box.plan()["weeks"][0]["cross"]]
    # As a run, an easy ride of 90 minutes or more is a long one.
    assert efforts == ["long", "hard", "long"]


def test_of_cross_alone_the_effort_is_read(box: Box) -> None:
    box.config(plan='[plan.feed]\npath = "runs.ics"\nkind = { "Club*" = "cross" }')
    others = (
        event("20261123", "Club intervals 8 x 2 min"),
        event("20261125", "Club"),
        event("20261127", "Club ride 2 h"),
    )
    box.write("runs.ics", feed(*DAYS[:1], *others))
    found = [(one["sport"], one["effort"]) for one in box.plan()["weeks"][0]["cross"]]
    assert found == [("other", "hard"), ("other", "easy"), ("ride", "long")]


def test_a_hard_ride_of_the_feed_makes_no_rest_day(box: Box) -> None:
    # The template rests on Mondays and Fridays.
    box.config(plan='[plan.feed]\npath = "runs.ics"')
    box.write("runs.ics", feed(*DAYS, event("20261123", "Bike: Tempo"), event("20261127", "Easy swim")))
    assert box.plan()["weeks"][0]["rest"] == ["fri"]


def test_the_templates_rides_stay_where_the_feed_knows_only_runs(box: Box) -> None:
    template(box, cross("thu", "hard"), plan='[plan.feed]\npath = "runs.ics"')
    box.write("runs.ics", feed(event("20261124", "Tempo 8 km"), event("20261129", "Easy 5 km")))
    plan = box.plan()
    assert [run["kind"] for run in plan["weeks"][0]["runs"]] == ["tempo", "easy"]
    assert set(shown(plan)) == {"2026-W48/cross/thu-1"}


def test_days_after_the_last_entry_take_the_templates_rides_too(box: Box) -> None:
    template(box, cross("mon", "easy"), cross("thu", "hard"), plan='[plan.feed]\npath = "runs.ics"')
    box.write("runs.ics", feed(event("20261124", "Tempo 8 km"), event("20261125", "Bike: easy 40 min")))
    assert list(shown(box.plan())) == ["2026-W48/cross/wed-1", "2026-W48/cross/thu-1"]


def test_a_ride_that_the_feed_drops_when_it_is_done_stays_until_sunday(box: Box) -> None:
    box.config(plan='[plan.feed]\npath = "runs.ics"')
    box.write("runs.ics", feed(*DAYS))
    before = shown(box.plan())
    box.write("runs.ics", feed(DAYS[2]))
    assert shown(box.plan(now="2026-11-26T12:00:00+00:00")) == before
