"""Runs from a training platform's feed, as the runner meets them on the command line."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests import loopback
from tests.cli.box import FEED, ROOT, Box, by_key
from tests.cli.doctor import checks

RUNNA = (ROOT / "examples" / "runna.ics").read_bytes()


def event(day: str, title: str, *more: str, uid: str = "") -> str:
    """An all-day entry; `more` are further lines."""
    lines = (f"UID:{uid or title + day}", f"DTSTART;VALUE=DATE:{day}", f"SUMMARY:{title}", *more)
    return "\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))


def feed(*events: str) -> str:
    return "\n".join(
        ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a platform//EN", *events, "END:VCALENDAR", "")
    )


# With it the feed goes on after the week of the test, so that this week is all the feed's.
NEXT_WEEK = event("20261201", "Easy 30 min")


FEED_OF_RUNS = '[plan.feed]\npath = "runs.ics"'
# What a target had in it before its default became strength only.
BOTH = FEED + 'include = ["runs", "strength"]\n'


@pytest.fixture
def runner(box: Box) -> Box:
    """Somebody whose runs come from the file runs.ics."""
    box.config(plan='[plan.feed]\npath = "runs.ics"')
    return box


def runs(plan: Any, week: int = 0) -> dict[str, tuple[str, str, str]]:
    """Key -> kind, start and end of a week's runs."""
    return {
        run["key"]: (run["kind"], run["start"][5:16], run["end"][11:16])
        for run in plan["weeks"][week]["runs"]
    }


def texts(plan: Any, what: str, code: str) -> str:
    return " ".join(entry["text"] for entry in plan[what] if entry["code"] == code)


# --- what a week becomes ----------------------------------------------------------------------------------


def test_the_runs_of_a_feed_take_the_place_of_the_templates(runner: Box) -> None:
    runner.write("runs.ics", RUNNA)
    plan = runner.plan()
    assert runs(plan) == {
        "2026-W48/run/tue-1": ("intervals", "11-24T07:00", "07:50"),
        "2026-W48/run/thu-1": ("easy", "11-26T07:00", "07:45"),
        "2026-W48/run/sat-1": ("long", "11-28T07:00", "08:30"),
    }
    assert [week["runs_from"] for week in plan["weeks"]] == ["feed", "feed"]
    # What is placed is still the template's.
    wanted = [session["routine"] for session in plan["weeks"][0]["wanted"]]
    assert wanted == ["lower-body", "hips-and-core"]
    assert texts(plan, "notices", "feed-strength").count("Legs & Core Strength") == 1
    assert plan["warnings"] == []


def test_an_export_has_what_a_target_would_have(runner: Box) -> None:
    """The runs are in the platform's own calendar: imported beside it, they would be there twice."""
    runner.write("runs.ics", RUNNA)

    def exported(*options: str) -> set[str]:
        return {key.split("/")[1] for key in by_key(runner.ok("export", *options).stdout)}

    assert exported() == {"strength"}
    assert exported("--include", "runs", "--include", "strength") == {"run", "strength"}


def test_a_push_from_a_feed_is_quiet_the_second_time_and_when_a_run_is_done(runner: Box) -> None:
    runner.config(plan=FEED_OF_RUNS, targets=BOTH)
    runner.write("runs.ics", RUNNA)
    runner.push()
    before = runner.feed.read_bytes()
    assert "conversational pace" in by_key(before)["2026-W48/run/thu-1"]["DESCRIPTION"]
    assert "up to date" in runner.ok("push").out
    # Runna gives a run that is done another UID, and says other things of it.
    unfolded = RUNNA.replace(b"\n ", b"")
    done = re.sub(rb"UID:UPCOMING\S*_week_2_INTERVALS_0", b"UID:COMPLETED_PLAN_WORKOUT-x", unfolded)
    assert done != unfolded
    runner.write("runs.ics", done)
    changes = runner.push(now="2026-11-24T09:00:00+00:00")["feed"]
    assert {change["action"] for change in changes} == {"keep"}
    # It is shown as done; the tick in the feed is for what the runner marks.
    plan = runner.plan(now="2026-11-24T09:00:00+00:00")
    done = [run["key"] for week in plan["weeks"] for run in week["runs"] if run.get("done")]
    assert done == ["2026-W48/run/tue-1"]


def test_a_target_has_strength_only_unless_it_says_otherwise(runner: Box) -> None:
    runner.write("runs.ics", RUNNA)
    runner.push()
    assert {key.split("/")[1] for key in by_key(runner.feed.read_bytes())} == {"strength"}
    assert len(runs(runner.plan())) == 3
    runner.config(plan=FEED_OF_RUNS, targets=BOTH)
    runner.push()
    assert {key.split("/")[1] for key in by_key(runner.feed.read_bytes())} == {"run", "strength"}


def test_runs_that_a_target_had_before_go_once_and_past_ones_stay(runner: Box) -> None:
    """They are most of what the feed holds, and no guard keeps them there; the sessions are still guarded."""
    runner.config(plan=FEED_OF_RUNS, targets=BOTH, horizon=4)
    runner.write("runs.ics", RUNNA)
    runner.push()
    moved = "2026-W48/run/thu-1"
    runner.ok("move", moved, "2026-11-27T18:00")
    runner.push()
    had = by_key(runner.feed.read_bytes())
    assert sum("/run/" in key for key in had) > len(had) / 2
    runner.config(plan=FEED_OF_RUNS, horizon=4)
    later = "2026-11-24T12:00:00+00:00"
    changes = runner.push(now=later)["feed"]
    gone = {change["key"]: change["reason"] for change in changes if change["action"] == "withdraw"}
    assert set(gone.values()) == {"only strength goes here (include)"}
    assert moved in gone
    assert [key for key in by_key(runner.feed.read_bytes()) if "/run/" in key] == ["2026-W48/run/tue-1"]
    assert "up to date" in runner.ok("push", now=later).out
    # The move is still what the plan goes by.
    assert runs(runner.plan(now=later))[moved][1] == "11-27T18:00"
    runner.write("bare.toml", 'title = "Bare"')
    runner.config(plan=FEED_OF_RUNS, horizon=4, weeks='["bare.toml"]')
    result = runner.run("push", now=later)
    assert result.code == 6
    assert "7 of 7 upcoming events" in result.error


def test_a_week_without_runs_in_the_feed_uses_the_templates(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Run: 45 min E"), event("20261201", "Bike: Spin")))
    plan = runner.plan()
    assert set(runs(plan)) == {"2026-W48/run/tue-1"}
    assert len(runs(plan, 1)) == 5
    assert [week["runs_from"] for week in plan["weeks"]] == ["feed", "template"]
    assert "week 49" in texts(plan, "notices", "feed-no-runs")
    assert [one["title"] for one in plan["weeks"][1]["cross"]] == ["Bike: Spin"]


def test_rest_is_where_the_feed_and_the_template_say_so_but_never_on_a_run(runner: Box) -> None:
    # The template rests on Mondays and Fridays.
    runner.write("runs.ics", feed(event("20261123", "Run: 30 min E"), event("20261125", "Day Off")))
    assert runner.plan()["weeks"][0]["rest"] == ["wed", "fri"]


def test_an_easy_run_of_ninety_minutes_is_the_long_run(runner: Box) -> None:
    runner.write(
        "runs.ics", feed(event("20261124", "Run: 89 min E"), event("20261126", "Run: 90 min E"), NEXT_WEEK)
    )
    assert [kind for kind, _, _ in runs(runner.plan()).values()] == ["easy", "long"]
    # A template's kind stands, however long it is.
    runner.write("runs.ics", feed(event("20270105", "Run: 30 min E")))
    week = '[[runs]]\nday = "tue"\nkind = "easy"\nduration = "2h"\n'
    runner.write("own.toml", f'title = "Own"\n{week}')
    runner.config(weeks='["./own.toml"]', plan='[plan.feed]\npath = "runs.ics"')
    assert [kind for kind, _, _ in runs(runner.plan()).values()] == ["easy"]


def test_a_length_that_nobody_says_is_that_of_the_templates_run_of_that_kind(runner: Box) -> None:
    runner.write(
        "runs.ics",
        feed(
            event("20261124", "Intervals"),
            event("20261125", "Recovery"),
            event("20261126", "Hills"),
            NEXT_WEEK,
        ),
    )
    found = {kind: end for kind, _, end in runs(runner.plan()).values()}
    # Intervals 60 min, a recovery run 30 min, and hills as long as the first hard run.
    assert found == {"intervals": "08:00", "recovery": "07:30", "hills": "08:00"}


def test_the_pace_of_the_config_makes_minutes_of_kilometres_and_miles(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Easy 10 km"), event("20261126", "Easy 5 mi"), NEXT_WEEK))
    assert [end for _, _, end in runs(runner.plan()).values()] == ["08:00", "07:49"]
    runner.config(plan='[plan.feed]\npath = "runs.ics"\npace = "8:00/mi"')
    assert [end for _, _, end in runs(runner.plan()).values()] == ["07:50", "07:40"]


def test_a_run_with_a_time_is_then_and_one_without_goes_by_the_usual_start(runner: Box) -> None:
    runner.config(
        zone="America/New_York", plan='usual_start = {wed = "05:45"}\n[plan.feed]\npath = "runs.ics"'
    )
    timed = "BEGIN:VEVENT\nUID:a\nDTSTART:20261124T113000Z\nDTEND:20261124T121500Z\nSUMMARY:Tempo\nEND:VEVENT"
    runner.write("runs.ics", feed(timed, event("20261125", "Easy 30 min"), NEXT_WEEK))
    assert runs(runner.plan()) == {
        "2026-W48/run/tue-1": ("tempo", "11-24T06:30", "07:15"),
        "2026-W48/run/wed-1": ("easy", "11-25T05:45", "06:15"),
    }


# --- a feed that knows only the next days -----------------------------------------------------------------


def heading(box: Box) -> str:
    """The first lines of the table: a heading is as wide as its table."""
    return " ".join(box.ok("plan").out.partition(" Day ")[0].split())


def asked_by(plan: Any, week: int = 0) -> list[str]:
    return [f"{key[-5:]} {kind}" for key, (kind, _, _) in runs(plan, week).items()]


def test_days_after_the_last_entry_take_the_templates_runs(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Hills"), event("20261125", "Easy 30 min")))
    plan = runner.plan()
    # Thursday, Saturday and Sunday are the template's, with the keys that they have without a feed.
    assert asked_by(plan) == ["tue-1 hills", "wed-1 easy", "thu-1 tempo", "sat-1 long", "sun-1 recovery"]
    assert (plan["weeks"][0]["runs_from"], plan["weeks"][0]["feed_until"]) == ("feed", "2026-11-25")
    assert "feed_until" not in plan["weeks"][1]
    assert "Wed 25 Nov" in texts(plan, "notices", "feed-ends")
    assert "Balanced week, runs from the training feed to Wed 25 Nov" in heading(runner)
    # What the feed says later takes the place of the template's run on that day, and so on.
    runner.config(plan=FEED_OF_RUNS, targets=BOTH)
    runner.push()
    more = event("20261126", "Easy 40 min"), event("20261127", "Rest")
    runner.write("runs.ics", feed(event("20261124", "Hills"), event("20261125", "Easy 30 min"), *more))
    assert asked_by(runner.plan())[2:] == ["thu-1 easy", "sat-1 long", "sun-1 recovery"]
    changes = {change["key"]: change["action"] for change in runner.push()["feed"]}
    assert changes["2026-W48/run/thu-1"] == "update"
    assert changes["2026-W48/run/sat-1"] == "keep"


@pytest.mark.parametrize(
    ("last", "after"),
    {
        "a rest day is known, too": ("Rest", ["sun-1 recovery"]),
        "another sport as well": ("Bike: easy spin 60 min", ["sun-1 recovery"]),
        "a note says nothing of the day": ("Note: call the coach", ["sat-1 long", "sun-1 recovery"]),
        "one long run is enough": ("Long run 18 km", ["sun-1 recovery"]),
        "after a race nobody trains as usual": ("Race: City 10 km", []),
    }.values(),
)
def test_which_days_a_feed_that_ends_leaves_to_the_template(runner: Box, last: str, after: list[str]) -> None:
    runner.write("runs.ics", feed(event("20261124", "Hills"), event("20261128", last)))
    found = [run for run in asked_by(runner.plan()) if not run.startswith("tue")]
    assert found[-len(after) :] == after if after else found == ["sat-1 race"]
    assert not any(run.startswith(("wed", "thu")) and "note" not in last.lower() for run in found)


def test_a_week_that_another_one_follows_is_the_feeds_alone(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Hills"), event("20261206", "Rest")))
    assert asked_by(runner.plan()) == ["tue-1 hills"]
    # What follows the last week that is read is not known.
    runner.write("runs.ics", feed(NEXT_WEEK, event("20261208", "Hills")))
    assert asked_by(runner.plan(), 1) == ["tue-1 easy"]


# --- a coach's words of a whole week ----------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Deload week", "Recovery week: Easy 40 min", "Entlastungswoche"])
def test_a_week_that_the_feed_calls_one_to_recover_in_has_less_strength(runner: Box, title: str) -> None:
    strength = '[[strength]]\nroutine = "lower-body"\nload = "heavy"\n'
    runner.write("heavy.toml", f'title = "Heavy"\n{strength * 2}')
    runner.config(weeks='["heavy.toml"]', plan='[plan.feed]\npath = "runs.ics"')
    runner.write("runs.ics", feed(event("20261123", title), event("20261125", "Easy"), NEXT_WEEK))
    eased, usual = runner.plan()["weeks"]
    assert (eased["recovery"], usual["recovery"]) == (True, False)
    assert [session["load"] for session in eased["wanted"]] == ["moderate"]
    assert [session["load"] for session in usual["wanted"]] == ["heavy", "heavy"]
    (note,) = eased["notes"]
    assert (note["rule"], title.partition(":")[0] in note["text"]) == ("ease-off", True)
    assert f'runs from the training feed, recovery week ("{title}' in heading(runner)
    assert "left out" not in runner.ok("plan").err
    # A template that is one already loses no second session.
    runner.write("heavy.toml", f'title = "Heavy"\nrecovery = true\n{strength * 3}')
    assert len(runner.plan()["weeks"][0]["wanted"]) == 2


@pytest.mark.parametrize(
    ("first", "end", "eased"),
    {
        "from Monday to Sunday": ("20261123", "20261130", [True, False, False]),
        "from Sunday to Saturday": ("20261129", "20261206", [False, True, False]),
        "for a fortnight": ("20261123", "20261207", [True, True, False]),
        "begun last week": ("20261120", "20261204", [True, True, False]),
        "on three days": ("20261124", "20261127", [True, False, False]),
    }.values(),
)
def test_an_entry_of_several_days_eases_the_weeks_off_that_it_means(
    runner: Box, first: str, end: str, eased: list[bool]
) -> None:
    runner.config(plan='[plan.feed]\npath = "runs.ics"', horizon=3)
    week = event(first, "Recovery week", f"DTEND;VALUE=DATE:{end}")
    runner.write("runs.ics", feed(week, NEXT_WEEK, event("20261209", "Easy")))
    assert [week["recovery"] for week in runner.plan()["weeks"]] == eased


def test_a_word_of_a_week_counts_to_its_end_even_if_the_feed_drops_it(runner: Box) -> None:
    easy = event("20261125", "Easy"), NEXT_WEEK
    runner.write("runs.ics", feed(event("20261123", "Deload week"), *easy))
    runner.push()
    runner.write("runs.ics", feed(*easy))
    assert not runner.plan(now="2026-11-23T06:30:00+00:00")["weeks"][0]["recovery"]
    runner.write("runs.ics", feed(event("20261123", "Deload week"), *easy))
    runner.push()
    runner.write("runs.ics", feed(*easy))
    for day in ("24", "28"):
        assert runner.plan(now=f"2026-11-{day}T06:00:00+00:00")["weeks"][0]["recovery"]


# --- a race that the config doesn't name ------------------------------------------------------------------


def timed(day: str, start: str, end: str, title: str) -> str:
    times = f"DTSTART:{day}T{start}00", f"DTEND:{day}T{end}00"
    return "\n".join(("BEGIN:VEVENT", f"UID:{day}", *times, f"SUMMARY:{title}", "END:VEVENT"))


def test_a_race_of_the_feed_comes_with_the_line_that_brings_its_taper(runner: Box) -> None:
    race = timed("20261206", "0930", "1315", 'Race: "Harbour \\\\ Bridge" marathon')
    runner.write("runs.ics", feed(event("20261124", "Hills"), NEXT_WEEK, race))
    said = texts(runner.plan(), "notices", "feed-race")
    assert "(Sun 6 Dec)" in said or "on Sun 6 Dec" in said
    line = said[said.index("race = ") :]
    check = checks(runner, code=0)["training feed"]
    assert check["status"] == "warning"
    assert check["fix"].endswith(line)
    runner.config(plan=f'{line}\n[plan.feed]\npath = "runs.ics"')
    plan = runner.plan()
    (planned,) = [run for run in plan["weeks"][1]["runs"] if run["kind"] == "race"]
    assert planned["key"] == "2026-W49/run/race-sun"
    assert (planned["start"][5:16], planned["end"][11:16]) == ("12-06T09:30", "13:15")
    assert planned["title"].endswith('"Harbour \\ Bridge" marathon')
    assert {note["rule"] for note in plan["weeks"][1]["notes"]} == {"taper"}
    assert texts(plan, "notices", "feed-race") == ""
    assert checks(runner, code=0)["training feed"]["status"] == "ok"


def test_a_race_is_named_once_and_only_while_there_is_something_to_do(runner: Box) -> None:
    first, second = event("20261128", "Race: Cross country"), event("20261206", "Race: City half")
    runner.write("runs.ics", feed(first, second, event("20261206", "Race: City half")))
    assert texts(runner.plan(), "notices", "feed-race").count("race = ") == 2
    # What is over needs no taper, and in a pause there is no race.
    runner.config(plan='[plan.feed]\npath = "runs.ics"', more="[[pause]]\nfrom = 2026-12-05\nto = 2026-12-06")
    assert texts(runner.plan(now="2026-11-29T06:00:00+00:00"), "notices", "feed-race") == ""
    # A race on the way to the one that is named gets no taper of its own. When that is over, the next does.
    race = 'race = { date = 2026-11-28, title = "Cross country" }\n'
    runner.config(plan=f'{race}[plan.feed]\npath = "runs.ics"')
    assert texts(runner.plan(), "notices", "feed-race") == ""
    said = texts(runner.plan(now="2026-11-29T06:00:00+00:00"), "notices", "feed-race")
    assert said.endswith(
        'in place of your [plan.race]: race = { date = 2026-12-06, title = "Race: City half" }'
    )


def test_a_race_of_the_feed_beside_one_that_matters_less(runner: Box) -> None:
    """What is to be pasted is a table more, with all that it needs there."""
    runner.write(
        "runs.ics", feed(event("20261128", "Race: Cross country"), event("20261206", "Race: City half"))
    )
    small = 'date = 2026-11-28\ntitle = "Cross country"\npriority = "B"\n'
    runner.config(plan=f"[[plan.race]]\n{small}{FEED_OF_RUNS}")
    said = texts(runner.plan(), "notices", "feed-race")
    assert "Cross country" not in said
    table = said[said.index("[[plan.race]] / ") :].replace(" / ", "\n")
    runner.config(plan=f"[[plan.race]]\n{small}{table}\n{FEED_OF_RUNS}")
    assert texts(runner.plan(), "notices", "feed-race") == ""
    assert "race-week" not in {week["template"] for week in runner.plan()["weeks"]}


# --- what is not understood -------------------------------------------------------------------------------


def test_what_is_not_understood_is_an_easy_run_and_listed(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Club night"), event("20261201", "Club night")))
    result = runner.ok("plan")
    assert '"Club night" (Tue 24 Nov, Tue 1 Dec)' in result.err
    assert "[plan.feed] kind" in result.err
    assert runs(runner.plan())["2026-W48/run/tue-1"][0] == "easy"


def test_the_config_says_what_a_title_is(runner: Box) -> None:
    runner.write(
        "runs.ics",
        feed(
            event("20261124", "Run: Club night (bring lights)"),
            event("20261125", "Coach call"),
            event("20261126", "Tempo"),
            NEXT_WEEK,
        ),
    )
    kinds = '{ "club NIGHT" = "hills", "Coach*" = "ignore", "tempo" = "easy" }'
    runner.config(plan=f'[plan.feed]\npath = "runs.ics"\nkind = {kinds}')
    plan = runner.plan()
    assert {key: kind for key, (kind, _, _) in runs(plan).items()} == {
        "2026-W48/run/tue-1": "hills",
        "2026-W48/run/thu-1": "easy",
    }
    assert plan["warnings"] == []
    assert "Coach call" in texts(plan, "notices", "feed-other")


def test_a_title_may_be_no_run_at_all(runner: Box) -> None:
    kinds = '{ "Circuits" = "strength", "Sofa" = "rest" }'
    runner.config(plan=f'[plan.feed]\npath = "runs.ics"\nstrength = "feed"\nkind = {kinds}')
    days = event("20261124", "Easy"), event("20261125", "Circuits"), event("20261126", "Sofa")
    runner.write("runs.ics", feed(*days, NEXT_WEEK))
    week = runner.plan()["weeks"][0]
    assert (len(week["runs"]), len(week["wanted"]), "thu" in week["rest"]) == (1, 1, True)


def test_what_is_over_is_no_reason_to_warn(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Club night"), event("20261127", "Easy")))
    assert runner.plan(now="2026-11-25T06:00:00+00:00")["warnings"] == []


# --- the platform's own strength --------------------------------------------------------------------------


def test_the_feeds_own_strength_is_placed_if_the_config_says_so(runner: Box) -> None:
    runner.config(plan='[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    runner.write("runs.ics", RUNNA)
    (first, second) = runner.plan()["weeks"]
    (wanted,) = first["wanted"]
    assert (wanted["load"], wanted["minutes"], wanted["shortest"]) == ("moderate", 35, 20)
    assert wanted["routine"].startswith("Legs & Core Strength")
    # Where it goes is calsync's to say: on the hard day, not on the Wednesday of the feed.
    assert first["strength"][0]["start"][:10] == "2026-11-24"
    assert len(second["wanted"]) == 1
    runner.push()
    stored = by_key(runner.feed.read_bytes())["2026-W48/strength/1"]
    assert "goblet squats" in stored["DESCRIPTION"]
    assert "Legs & Core Strength" in stored["SUMMARY"]
    assert "up to date" in runner.ok("push").out


def test_the_progressions_lower_the_feeds_strength_too(runner: Box) -> None:
    runner.config(plan='experience = "new"\n[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    days = ("20261123", "20261124", "20261125", "20261127")
    runner.write(
        "runs.ics", feed(*(event(day, "Strength: Heavy legs") for day in days), event("20261128", "Long run"))
    )
    week = runner.plan()["weeks"][0]
    assert [(s["load"], s["minutes"]) for s in week["wanted"]] == [("light", 20)]
    runner.config(plan='[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    plan = runner.plan()
    assert len(plan["weeks"][0]["wanted"]) == 2
    assert "twice-a-week" in {warning["code"] for warning in plan["warnings"]}


def test_a_week_without_strength_in_the_feed_uses_the_templates_sessions(runner: Box) -> None:
    runner.config(plan='[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    runner.write("runs.ics", feed(event("20261124", "Tempo"), event("20261202", "Gym • 65m")))
    plan = runner.plan()
    assert [len(week["wanted"]) for week in plan["weeks"]] == [2, 1]
    assert "65 min" in texts(plan, "warnings", "short-and-regular")


# --- wishes and weeks -------------------------------------------------------------------------------------


def test_runs_of_a_feed_can_be_moved_and_skipped(runner: Box) -> None:
    runner.write("runs.ics", RUNNA)
    runner.push()
    runner.ok("move", "2026-W48/run/tue-1", "2026-11-25T18:00")
    runner.ok("skip", "2026-W48/run/thu-1")
    runner.push()
    assert runs(runner.plan()) == {
        "2026-W48/run/tue-1": ("intervals", "11-25T18:00", "18:50"),
        "2026-W48/run/sat-1": ("long", "11-28T07:00", "08:30"),
    }
    assert "up to date" in runner.ok("push").out


def test_a_race_and_a_pause_of_the_plan_count_for_a_feed_too(runner: Box) -> None:
    more = "[[pause]]\nfrom = 2026-11-26\nto = 2026-11-26"
    race = '[plan.race]\ndate = 2026-11-28\ntitle = "Cross country"\nduration = "40m"'
    runner.config(plan=f'[plan.feed]\npath = "runs.ics"\n{race}', more=more)
    runner.write("runs.ics", RUNNA)
    assert {key: kind for key, (kind, _, _) in runs(runner.plan()).items()} == {
        "2026-W48/run/tue-1": "intervals",
        "2026-W48/run/race-sat": "race",
    }


# --- a feed on the web ------------------------------------------------------------------------------------


def test_a_feed_that_fails_is_replaced_by_its_copy_and_never_by_nothing(box: Box) -> None:
    with loopback.feed(RUNNA) as server:
        url = f"{server.url}/s3cret/a.ics"
        box.environment["RUNS"] = url
        box.config(plan='[plan.feed]\nurl_env = "RUNS"')
        box.push()
        before = box.feed.read_bytes()
        server.body = b"<html>please log in</html>"
        result = box.run("push", "--quiet", now="2026-11-23T09:00:00+00:00")
        assert (result.code, result.out) == (0, "")
        (line,) = result.err.splitlines()
        assert line.startswith("Warning: training feed: ")
        assert "3 hours ago" in line
        # Longer than max_age, and nothing is known any more.
        late = box.run("push", now="2026-12-01T09:00:00+00:00")
        assert late.code == 5
        assert "training feed" in late.error
        assert box.feed.read_bytes() == before
        assert "s3cret" not in result.err + late.err


def test_without_an_answer_and_a_copy_nothing_is_written(box: Box) -> None:
    with loopback.feed(RUNNA) as server:
        server.body = b"nothing"
        box.config(plan=f'[plan.feed]\nurl = "{server.url}/a.ics"')
        assert box.run("push").code == 5
    assert not box.feed.exists()


def test_a_feed_that_is_suddenly_empty_does_not_empty_the_calendar(runner: Box) -> None:
    runner.write("runs.ics", RUNNA)
    runner.push()
    runner.write("runs.ics", feed())
    plan = runner.plan()
    assert [week["runs_from"] for week in plan["weeks"]] == ["template", "template"]
    assert texts(plan, "warnings", "feed-empty")


def test_a_missing_file_is_exit_code_5(runner: Box) -> None:
    result = runner.run("plan")
    assert result.code == 5
    assert "training feed" in result.error
    assert "runs.ics" in result.error


# --- what the docs promise --------------------------------------------------------------------------------


def test_a_runna_feed_and_a_work_calendar_are_all_that_a_config_needs(tmp_path: Path) -> None:
    """The month that docs/platforms.md shows: every lift is on a day that the rules allow."""
    box = Box(tmp_path, {"TZ": "Europe/London"})
    for name in ("runna.toml", "runna.ics", "busy.ics"):
        box.write(name.replace("runna.toml", "config.toml"), (ROOT / "examples" / name).read_bytes())
    plan = box.plan()
    assert len(plan["weeks"]) == 4
    for week in plan["weeks"]:
        assert week["runs_from"] == "feed"
        assert [session["load"] for session in week["strength"]] == ["moderate", "moderate"]
        assert week["unplaced"] == []
        efforts = {day["date"]: day["effort"] for day in week["days"]}
        lifted = [efforts[session["start"][:10]] for session in week["strength"]]
        assert "hard" in lifted
        assert set(lifted) <= {"hard", "easy"}
    assert plan["weeks"][3]["runs"][-1]["kind"] == "race"


# --- feeds that forget, repeat and stop -------------------------------------------------------------------


def test_a_feed_on_the_web_that_is_suddenly_empty_is_not_believed(box: Box) -> None:
    with loopback.feed(RUNNA) as server:
        box.config(plan=f'[plan.feed]\nurl = "{server.url}/a.ics"')
        box.push()
        before = box.feed.read_bytes()
        server.body = feed(event("20261201", "Bike: Spin")).encode()
        result = box.run("push", "--quiet", now="2026-11-23T09:00:00+00:00")
        assert (result.code, result.out) == (0, "")
        assert "suddenly empty; its copy of 3 hours ago is used" in result.err
        assert box.feed.read_bytes() == before
        # After max_age it is what it is: the templates' runs, and a word at every push.
        late = box.run("push", "--quiet", "--allow-mass-delete", now="2026-12-01T09:00:00+00:00")
        assert late.code == 0
        assert "no runs at all" in late.err
        assert {week["runs_from"] for week in box.plan(now="2026-12-01T09:00:00+00:00")["weeks"]} == {
            "template"
        }
        # And when there are runs again, they count at once.
        server.body = RUNNA
        assert box.plan(now="2026-12-01T10:00:00+00:00")["weeks"][0]["runs_from"] == "feed"


def test_plan_and_doctor_say_the_same_of_a_feed_that_is_suddenly_empty(box: Box) -> None:
    later = "2026-11-23T09:00:00+00:00"
    with loopback.feed(RUNNA) as server:
        address = server.url
        box.config(plan=f'[plan.feed]\nurl = "{address}/a.ics"')
        box.push()
        known = checks(box, now=later, code=0)["training feed"]
        assert known["text"].startswith(f"{address} answers, copy of 3 hours ago; ")
        server.body = feed(event("20261201", "Bike: Spin")).encode()
        empty = f"{address} is suddenly empty; its copy of 3 hours ago"
        for _ in range(2):
            check = checks(box, now=later, code=0)["training feed"]
            assert (check["status"], check["events"]) == ("warning", known["events"])
            assert check["text"].startswith(f"{empty} serves until Mon 30 Nov; ")
            assert "templates" not in check["text"]
            plan = box.plan(now=later)
            assert f"{empty} is used" in texts(plan, "warnings", "training-feed")
            assert {week["runs_from"] for week in plan["weeks"]} == {"feed"}
        # When the copy is too old, both believe it.
        late = checks(box, now="2026-12-01T09:00:00+00:00", code=0)["training feed"]
        assert late["status"] == "warning"
        assert "the templates' are used" in late["text"]
        assert "the templates' are used" in texts(
            box.plan(now="2026-12-01T09:00:00+00:00"), "warnings", "feed-empty"
        )


def test_what_a_feed_drops_when_it_is_done_stays_until_sunday(runner: Box) -> None:
    runner.config(horizon=1, plan='[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    morning = "BEGIN:VEVENT\nUID:a\nDTSTART:20261124T070000\nDTEND:20261124T074500\nSUMMARY:Easy\nEND:VEVENT"
    evening = "BEGIN:VEVENT\nUID:b\nDTSTART:20261124T180000\nDTEND:20261124T190000\nSUMMARY:Track\nEND:VEVENT"
    lifts = event("20261123", "Gym: A"), event("20261127", "Gym: B")
    runner.write("runs.ics", feed(morning, evening, *lifts, NEXT_WEEK))
    runner.push()
    before = runner.feed.read_bytes()
    # At noon the morning's run is done, and Monday's session is gone.
    runner.write("runs.ics", feed(evening, lifts[1], NEXT_WEEK))
    noon = "2026-11-24T12:00:00+00:00"
    assert {key: start for key, (_, start, _) in runs(runner.plan(now=noon)).items()} == {
        "2026-W48/run/tue-1": "11-24T07:00",
        "2026-W48/run/tue-2": "11-24T18:00",
    }
    runner.push(now=noon)
    assert runner.feed.read_bytes() == before
    # On Sunday nothing is left in the feed: the template has no say in this week any more.
    runner.write("runs.ics", feed(event("20261201", "Easy")))
    sunday = "2026-11-29T05:00:00+00:00"
    assert runner.plan(now=sunday)["weeks"][0]["runs_from"] == "feed"
    assert {change["action"] for change in runner.push(now=sunday)["feed"]} == {"keep"}


def test_what_the_coach_takes_out_of_the_days_to_come_is_gone(runner: Box) -> None:
    runner.write("runs.ics", feed(event("20261124", "Easy"), event("20261126", "Tempo"), NEXT_WEEK))
    runner.push()
    runner.write("runs.ics", feed(event("20261124", "Easy"), NEXT_WEEK))
    assert set(runs(runner.plan())) == {"2026-W48/run/tue-1"}


def test_two_exports_of_one_plan_are_one_plan(runner: Box) -> None:
    runner.config(plan='[plan.feed]\npath = "runs"')
    for name in ("october.ics", "november.ics"):
        runner.write(f"runs/{name}", feed(event("20261124", "Tempo"), event("20261126", "Easy"), NEXT_WEEK))
    assert len(runs(runner.plan())) == 2


def test_each_session_keeps_the_text_of_its_own_workout(runner: Box) -> None:
    runner.config(plan='[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    runner.write(
        "runs.ics",
        feed(
            *(event(day, "Easy") for day in ("20261124", "20261201")),
            event("20261125", "Full Body Strength", "DESCRIPTION:the first week"),
            event("20261202", "Full Body Strength", "DESCRIPTION:the second week"),
        ),
    )
    runner.push()
    stored = by_key(runner.feed.read_bytes())
    assert "the first week" in stored["2026-W48/strength/1"]["DESCRIPTION"]
    assert "the second week" in stored["2026-W49/strength/1"]["DESCRIPTION"]


def test_more_than_three_sessions_are_never_wanted(runner: Box) -> None:
    runner.config(plan='experience = "experienced"\n[plan.feed]\npath = "runs.ics"\nstrength = "feed"')
    days = [f"202611{day}" for day in range(23, 29)]
    runner.write("runs.ics", feed(event("20261124", "Easy"), *(event(day, "Gym: Heavy") for day in days)))
    plan = runner.plan()
    assert len(plan["weeks"][0]["wanted"]) == 3
    assert "the training feed lists 6" in texts(plan, "warnings", "twice-a-week")


def test_brackets_belong_to_a_title(runner: Box) -> None:
    runner.config(plan='[plan.feed]\npath = "runs.ics"\nkind = { "[Team] Club*" = "hills" }')
    runner.write("runs.ics", feed(event("20261124", "[Team] Club night"), NEXT_WEEK))
    (run,) = runner.plan()["weeks"][0]["runs"]
    assert (run["title"], run["kind"]) == ("[Team] Club night", "hills")


def test_a_coach_may_change_the_time_of_a_run_at_the_last_moment(runner: Box) -> None:
    def run(start: str, end: str, title: str) -> str:
        times = f"DTSTART:20261124T{start}00", f"DTEND:20261124T{end}00"
        return "\n".join(("BEGIN:VEVENT", "UID:a", *times, f"SUMMARY:{title}", "END:VEVENT"))

    runner.write("runs.ics", feed(run("0700", "0745", "Easy")))
    runner.push()
    runner.write("runs.ics", feed(run("0900", "1100", "Long run")))
    evening = "2026-11-23T20:00:00+00:00"
    runner.push(now=evening)
    assert runs(runner.plan(now=evening))["2026-W48/run/tue-1"] == ("long", "11-24T09:00", "11:00")
