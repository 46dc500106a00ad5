"""`calsync push --quiet`: the mail that cron sends. What moved, from when to when, and because of what.

Each test pushes, changes one thing, pushes again, and reads.
"""

from pathlib import Path

import pytest

from tests.cli.box import FEED, Box, balanced_with_times, config, target
from tests.cli.test_push import WORK, busy_calendar, busy_event

FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
LATER = "2026-11-23T07:00:00+00:00"
LUNCH = 'default = ["12:00-13:00"]'


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """One week of the template `balanced`, which may be edited, and nothing busy. The sessions are on
    Tuesday and on Thursday, at 12:00.
    """
    box = Box(tmp_path)
    box.write("busy.ics", busy_calendar())
    box.write("mine.toml", balanced_with_times())
    configure(box)
    box.push()
    return box


def configure(box: Box, **parts: str) -> None:
    parts = {"more": "", "weeks": '["mine.toml"]', **parts}
    box.write("config.toml", config(horizon=1, **{**parts, "more": WORK + parts["more"]}))


def edit(box: Box, *replaced: tuple[str, str]) -> None:
    text = (box.folder / "mine.toml").read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    box.write("mine.toml", text)


def mail(box: Box, *args: str, now: str = LATER) -> dict[str, str]:
    """What is said of each event: its line, and below it the reason."""
    lines = box.ok("push", "--quiet", *args, now=now).out.splitlines()
    changes: dict[str, str] = {}
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line[:2] in ("+ ", "~ ", "- "):
            changes[line] = below.strip() if below.startswith("    ") else ""
    return changes


def cause(box: Box, what: str, *, now: str = LATER) -> str:
    """The reason of the only change whose line has `what`."""
    found = [(line, reason) for line, reason in mail(box, now=now).items() if what in line]
    assert len(found) == 1, found
    return found[0][1]


# --- a rule forbids the old place -------------------------------------------------------------------------


def test_a_mail_says_what_moved_from_when_to_when_and_because_of_what(box: Box) -> None:
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1100", "1300")))
    assert box.ok("push", "--quiet", now=LATER).out.splitlines() == [
        "~ Tue 24 Nov 13:15-13:45  Strength: Lower body (moderate) (was Tue 24 Nov 12:00-12:30)",
        "    work is busy 11:00-13:00; now 5 h 45 min after Tuesday's intervals",
        "",
        f"feed ({box.feed}): 1 changed, 6 kept",
    ]


def test_titles_of_what_is_busy_are_told_to_nobody(box: Box) -> None:
    event = busy_event("2026-11-24", "1100", "1300").replace("SUMMARY:Busy", "SUMMARY:Secret meeting")
    box.write("busy.ics", busy_calendar(event))
    result = box.ok("push", "--quiet", now=LATER)
    assert "work is busy" in result.out
    assert "Secret" not in result.out + result.err


def test_the_source_that_is_in_the_way_is_named_and_no_other(box: Box) -> None:
    box.write("home.ics", busy_calendar())
    configure(box, more=WORK.replace("work", "home").replace("busy.ics", "home.ics"))
    box.push()
    box.write("home.ics", busy_calendar(busy_event("2026-11-24", "1100", "1300")))
    box.write("busy.ics", busy_calendar(busy_event("2026-11-25", "1100", "1300")))
    assert cause(box, "Lower body").startswith("home is busy 11:00-13:00; ")


def test_busy_time_that_only_comes_near_says_what_is_kept_free(box: Box) -> None:
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1235", "1700")))
    assert cause(box, "Lower body").startswith("work is busy 12:35-17:00, and 15 min are kept free; ")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("20261124", "20261125", "all day"),
        ("20261124", "20261127", "from Tue 24 Nov 00:00 to Fri 27 Nov 00:00"),
    ],
)
def test_long_busy_time_is_said_in_days(box: Box, start: str, end: str, text: str) -> None:
    event = (
        f"BEGIN:VEVENT\r\nUID:d@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{start}\r\n"
        f"DTEND;VALUE=DATE:{end}\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\n"
    )
    box.write("busy.ics", busy_calendar(event))
    assert cause(box, "Lower body").startswith(f"on Tuesday, work is busy {text}; ")


@pytest.mark.parametrize(
    ("availability", "text"),
    [
        (
            'default = ["17:00-21:00"]',
            "you allow strength on Tuesdays 17:00-21:00 only; now 9 h 30 min after",
        ),
        ("tue = []", "you allow no strength on Tuesdays; now "),
    ],
)
def test_availability_that_no_longer_covers_it(box: Box, availability: str, text: str) -> None:
    configure(box, availability=availability)
    assert cause(box, "Lower body").startswith(text)


def test_a_pause(box: Box) -> None:
    configure(box, more="[[pause]]\nfrom = 2026-11-26\nto = 2026-11-27\n")
    said = mail(box)
    pause = "a pause from Thu 26 Nov to Fri 27 Nov"
    assert said["- Thu 26 Nov 06:30-07:20  25 min tempo"] == f"no longer planned: {pause}"
    (moved,) = [reason for line, reason in said.items() if "Hips and core" in line]
    assert moved.startswith(f"{pause}; ")


def test_a_run_that_its_owner_moved_there(box: Box) -> None:
    box.ok("move", "2026-W48/run/tue-1", "2026-11-24T11:30")
    said = mail(box)
    assert said["~ Tue 24 Nov 11:30-12:30  6 x 800 m (was Tue 24 Nov 06:30-07:30)"] == "you moved it"
    (moved,) = [reason for line, reason in said.items() if "Lower body" in line]
    assert moved.startswith(
        "the time is taken by Tuesday's intervals, which you moved to 11:30 (was 06:30); now "
    )


def test_a_run_that_ends_too_late_before_it(box: Box) -> None:
    edit(box, ('start = "06:30"', 'start = "09:00"'))
    said = mail(box)
    moved = "~ Tue 24 Nov 09:00-10:00  6 x 800 m (was Tue 24 Nov 06:30-07:30)"
    assert said[moved] == 'the template "mine" has it at 09:00'
    (lift,) = [reason for line, reason in said.items() if "Lower body" in line]
    assert lift.startswith("less than 3 h after Tuesday's intervals, now at 09:00 (was 06:30); now ")


def test_a_run_that_wants_fresh_legs(box: Box) -> None:
    edit(box, ('day = "wed"\nkind = "easy"', 'day = "wed"\nkind = "hills"\nstart = "07:15"'))
    assert cause(box, "Lower body").startswith(
        "18 h 45 min before Wednesday's hills at 07:15; moderate needs 24 h; "
    )


def test_more_hours_apart(box: Box) -> None:
    configure(box, more='[strength]\nhours_apart = "8h"\n')
    assert cause(box, "Lower body").startswith("less than 8 h after Tuesday's intervals at 06:30; now ")


def test_another_session_that_its_owner_moved_near(box: Box) -> None:
    box.ok("move", SECOND, "2026-11-25T11:30")
    assert cause(box, "Lower body").startswith(
        "less than 2 days from the session of Wed 25 Nov 11:30, where you put it; now "
    )


# --- the week asks for less -------------------------------------------------------------------------------


def test_a_checkin(box: Box) -> None:
    box.ok("checkin", "--sign", "heavy-legs", "--sign", "sore")
    said = mail(box)
    check = "check-in of Mon 23 Nov: one session fewer, lighter and shorter ones, 3 days apart"
    assert (
        said["- Thu 26 Nov 12:00-12:30  Strength: Hips and core (moderate)"] == f"no longer planned: {check}"
    )
    was = "Tue 24 Nov 12:00-12:30  Strength: Lower body (moderate)"
    line = f"~ Tue 24 Nov 12:00-12:20  Strength: Lower body (light) (was {was})"
    assert said[line].startswith(f"{check}; ")
    # Which signs they were is for no mail.
    assert "heavy" not in "".join(said.values())


def test_a_template_that_asks_for_less(box: Box) -> None:
    edit(box, ('load = "moderate"\nduration = "30m"', 'load = "light"\nduration = "20m"'))
    assert cause(box, "Lower body").startswith('the template "mine" asks for 20 min, light; now ')


def test_a_template_with_fewer_sessions(box: Box) -> None:
    text = (box.folder / "mine.toml").read_text()
    box.write("mine.toml", text[: text.rindex("[[strength]]")])
    assert cause(box, "Hips and core") == 'no longer planned: the template "mine" asks for 1 strength session'


def test_a_week_that_follows_another_template(box: Box) -> None:
    configure(box, weeks='["recovery"]')
    said = mail(box)
    gone = said["- Wed 25 Nov 07:00-07:40  Easy run"]
    assert gone == 'no longer planned: the template "recovery" has no such run on Wednesday'
    gone = said["- Thu 26 Nov 12:00-12:30  Strength: Hips and core (moderate)"]
    assert gone == "no longer planned: recovery week: one session, nothing heavy"
    (moved,) = [reason for line, reason in said.items() if "Full body" in line]
    assert moved.startswith("Tuesday's intervals became easy run; now ")


# --- something better -------------------------------------------------------------------------------------


def test_a_better_place_says_what_is_better(box: Box) -> None:
    busy = (busy_event(f"2026-11-{day}", "0800", "2200", str(day)) for day in (24, 26))
    box.write("busy.ics", busy_calendar(*busy))
    box.push()
    box.write("busy.ics", busy_calendar())
    reason = cause(box, "Lower body")
    assert reason.startswith("Tuesday suits strength better than Wednesday, an easy day; now ")


def test_a_day_that_becomes_one_of_rest(box: Box) -> None:
    intervals = 'day = "tue"\nkind = "intervals"\ntitle = "6 x 800 m"\nduration = "60m"'
    edit(
        box, (intervals, intervals.replace("tue", "mon")), ('rest = ["mon", "fri"]', 'rest = ["tue", "fri"]')
    )
    (reason,) = [reason for line, reason in mail(box).items() if "Lower body" in line]
    assert reason.startswith("Tuesday is a rest day; ")


def test_one_that_is_moved_on_by_the_other(box: Box) -> None:
    configure(box, availability=LUNCH)
    box.push()
    edit(box, ('start = "06:30"', 'start = "11:30"'))
    said = mail(box)
    (second,) = [reason for line, reason in said.items() if "Hips and core" in line]
    assert second.startswith("Tuesday's intervals, now at 11:30 (was 06:30); ")


def test_one_that_makes_room_for_another(box: Box) -> None:
    configure(box, availability='default = []\nsat = []\ntue = ["12:00-13:00"]\nthu = ["12:00-13:00"]')
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "0800", "2200")))
    box.feed.unlink()
    box.push()
    box.write("busy.ics", busy_calendar())
    said = mail(box)
    line = "~ Tue 24 Nov 12:00-12:30  Strength: Lower body (moderate) (was Thu 26 Nov 12:00-12:30)"
    assert said[line].startswith("to make room for hips and core on Thursday; now ")
    # Why that one has a place again can't be told: what was busy before is nowhere kept.
    assert said["+ Thu 26 Nov 12:00-12:30  Strength: Hips and core (moderate)"].startswith("4 h 40 min after")


# --- found no place, and has one again --------------------------------------------------------------------


def test_one_that_found_no_place_and_has_one_again(box: Box) -> None:
    tuesday = 'default = []\ntue = ["12:00-13:00"]\nthu = ["12:00-13:00"]'
    configure(box, availability=tuesday)
    box.push()
    edit(box, ('between = ["06:30-08:30"]', 'start = "11:30"'))
    assert cause(box, "Hips and core") == (
        "no longer fits in this week: the time is taken by Thursday's tempo run, now at 11:30 (was 06:30)"
    )
    edit(box, ('start = "11:30"', 'between = ["06:30-08:30"]'))
    assert cause(box, "Hips and core", now="2026-11-23T08:00:00+00:00").startswith(
        "fits in now: Thursday's tempo run, now at 06:30 (was 11:30); "
    )


def test_of_intervals_and_hills_there_are_several(box: Box) -> None:
    configure(box, availability='default = []\ntue = ["12:00-13:00"]\nthu = ["12:00-13:00"]')
    edit(box, ('start = "06:30"', 'start = "11:30"'), ('title = "6 x 800 m"\n', ""))
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1100", "1230")))
    assert "Warning: intervals (Tue 24 Nov 11:30) clash with work\n" in box.ok("push").err
    box.write("busy.ics", busy_calendar())
    box.push()
    edit(box, ('day = "tue"', 'day = "mon"'), ('rest = ["mon", "fri"]', 'rest = ["fri"]'))
    assert cause(box, "Lower body").startswith("fits in now: Tuesday's intervals at 11:30 are gone; ")


# --- runs -------------------------------------------------------------------------------------------------


def test_a_run_whose_range_is_busy_now(box: Box) -> None:
    box.write("busy.ics", busy_calendar(busy_event("2026-11-26", "0630", "0700")))
    line = "~ Thu 26 Nov 07:00-07:50  25 min tempo (was Thu 26 Nov 06:30-07:20)"
    assert mail(box)[line] == "work is busy 06:30-07:00"
    box.write("busy.ics", busy_calendar())
    line = "~ Thu 26 Nov 06:30-07:20  25 min tempo (was Thu 26 Nov 07:00-07:50)"
    assert mail(box)[line] == "an earlier time is free"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('between = ["06:30-08:30"]', 'between = ["07:15-08:30"]', "its time is 07:15-08:30, for 50 min"),
        ('duration = "50m"', 'duration = "40m"', 'the template "mine" makes it 40 min'),
    ],
)
def test_a_run_whose_template_changed(box: Box, old: str, new: str, text: str) -> None:
    edit(box, (old, new))
    assert cause(box, "25 min tempo") == text


def test_a_race_takes_the_place_of_a_run(box: Box) -> None:
    race = '[plan.race]\ndate = 2026-11-29\ntitle = "Parkrun"\nstart = "09:30"\nduration = "1h"\n'
    configure(box, plan=race)
    assert cause(box, "Recovery run") == "no longer planned: Parkrun takes its place"


# --- the mail as a whole ----------------------------------------------------------------------------------


def test_the_same_change_of_many_targets_is_told_once(box: Box) -> None:
    feeds = (
        FEED
        + target("phone", "phone.ics", 'detail = "busy"')
        + target("runs", "runs.ics", 'include = ["runs"]')
    )
    configure(box, targets=feeds)
    box.push()
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1100", "1300")))
    edit(box, ("Recovery run", "Jog"))
    result = box.ok("push", "--quiet", now=LATER)
    lines = result.out.splitlines()
    moved = "~ Tue 24 Nov 13:15-13:45  Strength: Lower body (moderate) (was Tue 24 Nov 12:00-12:30)"
    assert lines[0] == f"{moved}  [feed, phone]"
    assert lines[2] == "~ Sun 29 Nov 07:00-07:30  Jog (was Recovery run)  [feed, runs]"
    assert [line.partition(": ")[2] for line in lines[4:]] == [
        "2 changed, 5 kept",
        "1 changed, 6 kept",
        "1 changed, 4 kept",
    ]
    assert box.ok("push", "--quiet", now=LATER).out == ""


def test_a_first_push_into_one_more_target_invents_no_cause(box: Box) -> None:
    configure(box, targets=FEED + target("phone", "phone.ics"))
    said = mail(box)
    assert len(said) == 7
    assert not any("fits in now" in reason for reason in said.values())


def test_programs_are_told_the_cause_as_well(box: Box) -> None:
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "1100", "1300")))
    (change,) = [one for one in box.push(now=LATER)["feed"] if one["action"] == "update"]
    assert (change["key"], change["reason"]) == (
        FIRST,
        "work is busy 11:00-13:00; now 5 h 45 min after Tuesday's intervals",
    )


# --- what would be false ------------------------------------------------------------------------------------


def test_another_run_on_a_day_is_not_the_one_from_before(box: Box) -> None:
    """Runs go by their day: the intervals were never at 07:00, that was the easy run."""
    edit(
        box,
        ('day = "tue"\nkind = "intervals"', 'day = "sun"\nkind = "recovery"'),
        ('day = "wed"\nkind = "easy"', 'day = "wed"\nkind = "intervals"\nstart = "06:30"'),
    )
    said = mail(box)
    (run,) = [line for line in said if "Wed 25 Nov 06:30" in line]
    assert run.endswith("(was Wed 25 Nov 07:00-07:40)") or "Easy run" in run
    assert said[run] == 'the template "mine" has intervals on Wednesday now'
    assert "was 07:00" not in "".join(said.values())
    gone = next(reason for line, reason in said.items() if line.startswith("- Tue") and "800" in line)
    assert gone == 'no longer planned: the template "mine" has no such run on Tuesday'


def test_busy_time_of_another_day_is_told_with_its_day(box: Box) -> None:
    box.write("busy.ics", busy_calendar(busy_event("2026-11-24", "0800", "2100")))
    reason = cause(box, "Lower body")
    assert reason.startswith(("on Tuesday, work is busy 08:00-21:00; ", "no longer fits in this week"))


def test_another_zone_moves_everything_and_is_the_only_cause(box: Box) -> None:
    configure(box, zone="Europe/Berlin")
    said = mail(box)
    assert len(said) > 4
    cause = "time zone changed to Europe/Berlin"
    for line, reason in said.items():
        assert reason.startswith(cause), line
    assert box.ok("push", "--quiet", now="2026-11-23T08:00:00+00:00").out == ""


def test_other_notes_are_no_mail(box: Box) -> None:
    edit(box, ("Warm-up: 15 min easy", "On the track."))
    result = box.ok("push", "--quiet", now=LATER)
    assert (result.out, result.err) == ("", "")
    assert "On the track." in box.feed.read_text()


def test_a_longer_session_is_the_templates_doing(box: Box) -> None:
    edit(box, ('load = "moderate"\nduration = "30m"', 'load = "moderate"\nduration = "45m"'))
    assert cause(box, "Lower body").startswith('the template "mine" asks for 45 min, moderate')
