"""`calsync init`: a config for somebody who has none, from a person, a pipe or nobody."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from calsync.app.new_config import race_day
from calsync.config.load import Config, load_config
from calsync.config.toml import schema_line, shipped_folder
from calsync.written import time_range
from tests import loopback
from tests.cli.box import NOW, ROOT, Box, Result
from tests.cli.terminal import CTRL_C, CTRL_D, Terminal

HOME = {"TZ": "Europe/London"}
NO_ZONE = {"TZ": "NST3:30NDT"}  # rules of a zone, but no name
WEEKS, RUNS, WEEKEND, BUSY, TIMES, STRENGTH = (
    "Which week is most like yours?",
    "When do you usually run?",
    "And at weekends?",
    "Where is the calendar that says when you are busy?",
    "When can you do strength training?",
    "How much strength training have you done?",
)


@pytest.fixture
def bare(tmp_path: Path) -> Box:
    """Somebody who has just installed calsync, with two calendars at hand."""
    box = Box(tmp_path, dict(HOME))
    for name in ("busy.ics", "runna.ics"):
        box.write(name, (ROOT / "examples" / name).read_bytes())
    return box


def answer(box: Box, lines: str, *args: str, now: str = NOW, **env: str) -> Result:
    """`calsync init` with its answers in a pipe."""
    process = box.start("init", *args, now=now, stdin=-1, env=env)
    out, err = process.communicate(lines.encode(), timeout=60)
    return Result(process.returncode, out, err.decode())


def written(box: Box, name: str = "config.toml") -> Config:
    return load_config(box.folder / name, {})


def switched_on(text: str) -> str:
    """With every setting that is switched off; `#:` begins a line for editors."""
    return re.sub(r"^#(?=[^\s:])", "", text, flags=re.MULTILINE)


def keys(table: Any, place: str = "") -> set[str]:
    """The key paths of a TOML document."""
    if isinstance(table, dict):
        return {path for key, value in table.items() for path in keys(value, f"{place}.{key}")}
    if isinstance(table, list) and table and isinstance(table[0], dict):
        return {path for entry in table for path in keys(entry, place)}
    return {place}


# --- nobody is asked --------------------------------------------------------------------------------------


def test_defaults_make_a_config_that_plans_and_pushes(bare: Box) -> None:
    result = bare.process("init", "--defaults")
    assert (result.code, result.err) == (0, "")
    assert "?" not in result.out
    weeks = bare.plan()["weeks"]
    assert [len(week["strength"]) for week in weeks] == [2, 2, 2, 2]
    assert not any(week["unplaced"] for week in weeks)
    assert len(bare.push()["feed"]) == 28
    assert bare.feed.is_file()
    assert {change["action"] for change in bare.push()["feed"]} == {"keep"}


@pytest.mark.parametrize("lines", ["", "runna.ics\n\n\n\nbusy.ics\n1\nnew\n"])
def test_doctor_finds_nothing_that_fails(bare: Box, lines: str) -> None:
    answer(bare, lines)
    result = bare.process("doctor")
    assert result.code == 0, result.out + result.err


def test_the_next_commands_are_named(bare: Box) -> None:
    out = bare.process("init", "--defaults").out
    assert re.findall(r"^  calsync (\w+)(?: --host 0\.0\.0\.0)?  +\w", out, re.MULTILINE) == [
        "plan",
        "push",
        "serve",
    ]
    assert "--config" not in out
    assert "\x1b" not in out, "no colours in a pipe"
    elsewhere = bare.process("init", "--defaults", "my plans/x.toml").out
    assert "calsync push --config 'my plans/x.toml'" in elsewhere
    assert "my plans/public/training.ics" in elsewhere


@pytest.mark.parametrize(
    ("zone", "now", "monday"),
    [
        ("America/St_Johns", "2026-11-23T03:00:00+00:00", "2026-11-16"),
        ("Asia/Kathmandu", "2026-11-22T18:30:00+00:00", "2026-11-23"),
        ("/usr/share/zoneinfo/Pacific/Chatham", "2027-01-01T12:00:00+00:00", "2026-12-28"),
    ],
)
def test_the_plan_begins_on_the_monday_of_this_week_in_the_own_zone(
    bare: Box, zone: str, now: str, monday: str
) -> None:
    out = answer(bare, "", "--defaults", now=now, TZ=zone).out
    config = written(bare)
    assert str(config.program.start) == monday
    assert zone.endswith(config.zone.key)
    assert f"Time zone: {config.zone.key}" in out


def test_a_server_says_utc_and_is_doubted(bare: Box) -> None:
    assert "Is yours another?" in answer(bare, "", "--defaults", TZ="UTC").out
    assert "Is yours another?" not in answer(bare, "", "--defaults", "--force").out


@pytest.mark.parametrize("times", ["1", "2", "3", "4", "1,2", "lunch, evening"])
def test_each_choice_of_times_has_room_for_the_usual_week(bare: Box, times: str) -> None:
    assert answer(bare, f"\n\n\n\n{times}\n").code == 0
    assert [len(week["strength"]) for week in bare.plan()["weeks"]] == [2, 2, 2, 2]


def test_a_person_at_a_server_is_asked_for_the_zone(bare: Box) -> None:
    assert answer(bare, "london\n", TZ="UTC").code == 0
    assert written(bare).zone.key == "Europe/London"
    result = answer(bare, "\n", "--force", TZ="UTC")
    assert "What is your time zone?" in result.out
    assert written(bare).zone.key == "UTC"


def test_without_a_zone_defaults_ask_for_one_by_name(bare: Box) -> None:
    result = answer(bare, "", "--defaults", **NO_ZONE)
    assert result.code == 2
    assert "TZ=Europe/London" in result.error
    assert not (bare.folder / "config.toml").exists()


# --- the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines", ["", "1,1,1,8\n\n\n./busy.ics\n1,3\nnew\n", "runna.ics\n\n\nown\nbusy.ics\n2\n3\n"]
)
@pytest.mark.parametrize("now", [NOW, "2031-12-31T12:00:00+00:00"])
def test_the_file_loads_with_all_that_is_switched_off_in_it(bare: Box, lines: str, now: str) -> None:
    assert answer(bare, lines, now=now).code == 0
    path = bare.folder / "config.toml"
    everything = switched_on(text := path.read_text())
    assert everything != text
    path.write_text(everything)
    load_config(path, {"PRIVATE_ICS": "https://example.org/x.ics"})


def test_the_file_has_every_setting_of_the_example(bare: Box) -> None:
    """It is shorter, and no other: a setting that is new in one of them must come into the other."""
    answer(bare, "")
    example = tomllib.loads(switched_on((ROOT / "config.example.toml").read_text()))
    ours = tomllib.loads(switched_on((bare.folder / "config.toml").read_text()))
    assert {re.sub(r"\d{4}-W\d\d", "week", key) for key in keys(ours)} == {
        re.sub(r"\d{4}-W\d\d", "week", key) for key in keys(example)
    }


def test_the_file_is_for_people_and_their_editors(bare: Box) -> None:
    answer(bare, "")
    first, *lines = (bare.folder / "config.toml").read_text().splitlines()
    assert first == schema_line("config").rstrip("\n")
    assert max(map(len, lines)) <= 110
    example = (ROOT / "config.example.toml").read_text().splitlines()
    assert len(lines) < len(example), "shorter than the example"


# --- answers in a pipe ------------------------------------------------------------------------------------


def test_the_summary_has_the_whole_path_of_a_busy_calendar(bare: Box) -> None:
    """Unbroken, and with a folder whose name looks like a part of a secret address."""
    path = bare.write("exports_of_calendar_2026b/busy.ics", (bare.folder / "busy.ics").read_bytes())
    out = answer(bare, f"balanced\nevening\n9am\n{path}\n1\n3\n").out
    assert f"  Busy        {path}\n" in out


def test_answers_come_line_by_line(bare: Box) -> None:
    result = answer(bare, "1, Balanced, 1,8\nevening\n9am\nbusy.ics\n1, 18.30–20\n3\n")
    assert (result.code, result.err) == (0, "")
    config = written(bare)
    assert config.program.weeks == ("balanced", "balanced", "balanced", "recovery")
    assert config.sources[0].path == bare.folder / "busy.ics"  # type: ignore[union-attr]
    ranges = [[str(times) for times in day] for day in config.program.availability.ranges]
    assert ranges == [["06:00-08:30", "18:30-20:00"]] * 5 + [["08:00-12:00", "18:30-20:00"]] * 2
    assert config.program.experience == "experienced"
    usual = config.program.usual_start
    assert [usual.default, usual.sat, usual.sun] == [(time_range("17:30-21:00"),), 9 * 60, 9 * 60]
    assert bare.process("plan").code == 0


def test_a_beginner_who_starts_on_a_saturday_has_week_one_before_them(bare: Box) -> None:
    """Rule `ease-in`: of that week less than four days are left. For all others the plan starts on Monday."""
    saturday = "2026-11-28T21:30:00+00:00"
    assert answer(bare, "\n\n\n\n\nnew\n", now=saturday, TZ="Europe/London").code == 0
    assert str(written(bare).program.start) == "2026-11-28"
    weeks = bare.plan(now=saturday)["weeks"]
    assert [week["notes"][0]["text"].split()[1] for week in weeks] == ["1", "1", "2", "3"]
    assert bare.ok("push", now=saturday).err == ""


def test_the_end_of_the_answers_takes_the_defaults(bare: Box) -> None:
    answer(bare, "", "--defaults")
    defaults = (bare.folder / "config.toml").read_bytes()
    for lines in ("", "\n", "\n" * 9, "balanced"):
        assert answer(bare, lines, "--force").code == 0
        assert (bare.folder / "config.toml").read_bytes() == defaults


def test_what_was_found_in_the_calendars_is_said(bare: Box) -> None:
    out = answer(bare, "runna.ics\n\n\n\nbusy.ics\n").out
    assert re.search(r"^   \d+ runs in the 4 weeks from 23 Nov\.", out, re.MULTILINE)
    assert re.search(r"^   \d+ events, \d+ busy stretches in the 4 weeks from 23 Nov\.", out, re.MULTILINE)
    assert written(bare).program.feed is not None
    assert bare.plan()["weeks"][0]["runs"]


def test_what_calendars_say_reaches_no_terminal_raw(bare: Box) -> None:
    event = "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Meet\u202e\x1b[31m\r\nDTSTART:2026\x1b[5m\r\nEND:VEVENT\r\n"
    bare.write("odd.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n")
    result = answer(bare, "\n\n\nodd.ics\n")
    assert result.code == 0
    assert not {"\x1b", "\u202e"} & set(result.out + result.err)


@pytest.mark.parametrize("wrong", ["calendar.example/pr1vate0123456789", "webcal:/calendar.example/pr1vate"])
def test_an_address_without_its_scheme_is_kept_from_logs(bare: Box, wrong: str) -> None:
    result = answer(bare, f"\n\n\n{wrong}\nbusy.ics\n")
    assert result.code == 0
    assert "pr1vate" not in result.out + result.err


@pytest.mark.parametrize(
    ("before", "wrong", "says", "right"),
    [
        ("", "11", "The numbers are 1 to 10.", "10"),
        ("", "balancd", 'did you mean "balanced"?', "balanced"),
        ("", ", ,", "nothing but commas", "2"),
        ("", "busy.ics", "reads like a run's", "runna.ics"),
        ("\n", "4", "The numbers are 1 to 3; a time is written as 4:00 or 4pm.", "4pm"),
        ("\n", "6-8, 18:30", 'hours such as "06:00-08:30" or "7-9pm"', "18-20"),
        ("\n", "26:00", "such as", "18:00"),
        ("\n", "13pm", "from 1 to 12", "1pm"),
        ("ten-k-build\n", "18/4/27", "such as tomorrow, fri, 4 dec or 2026-12-04", "18 april 2027"),
        ("ten-k-build\n", "2026-02-01", "Sun 1 Feb 2026 is over", "2027-02-01"),
        ("ten-k-build\n2027-04-18\n", "far", "xpected a distance", "15 km"),
        ("runna.ics\n\n\n", "whose", "Expected own or", "own"),
        ("\n\n\n", "nope.ics", 'There is no file or folder "nope.ics"', "busy.ics"),
        ("\n\n\n", "/dev/null", "neither a file nor a folder", "none"),
        ("\n\n\n", "~nobody-of-that-name/x.ics", "can be no path", "'busy.ics'"),
        ("\n\n\n", "config.txt", "config.txt", "."),
        ("\n\n\n", "public/training.ics", "the file that the plan will be written to", ""),
        ("runna.ics\n\n\n\n", "runna.ics", "must not keep you busy", "busy.ics"),
        ("\n\n\n", "http://example.org/secret.ics", "The address is plain http", ""),
        ("\n\n\n", "https:///x", "The address has no host", ""),
        ("\n\n\n", "a\tb", "can't be printed", ""),
        ("\n\n\n\n", "5", "The numbers are 1 to 4.", "4"),
        ("\n\n\n\n", "20:00-18:00", "ends after it starts", "18:00-20:00"),
        ("\n\n\n\n", "8am-0:30", '"08:00-24:00" and "00:00-00:30"', "8am-midnight"),
        ("\n\n\n\n", "mornings", 'such as "06:00-08:30"', "early"),
        ("\n\n\n\n\n", "lots", "new, regular, experienced", "regular"),
    ],
)
def test_a_wrong_answer_is_asked_for_again(bare: Box, before: str, wrong: str, says: str, right: str) -> None:
    bare.write("config.txt", "no calendar")
    bare.write("public/training.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    result = answer(bare, f"{before}{wrong}\n{right}\n")
    assert result.code == 0, result.err
    assert says in result.out
    assert written(bare)


def test_nothing_stands_in_for_a_wrong_answer(bare: Box) -> None:
    """The end of a pipe means defaults; a default in place of a mistyped address would go unnoticed."""
    result = answer(bare, "\n\n\nnope.ics\n")
    assert result.code == 2
    assert "nope.ics" in result.error
    assert not (bare.folder / "config.toml").exists()


def test_what_answers_wrong_for_ever_is_not_asked_for_ever(bare: Box) -> None:
    result = answer(bare, "y\n" * 1000)
    assert result.code == 2
    assert result.out.count('No week is called "y"') == 10


def test_bytes_that_are_no_text(bare: Box) -> None:
    process = bare.start("init", stdin=-1, env={"PYTHONUTF8": "1"})
    out, err = process.communicate(b"\xff\xfe\n1\n", timeout=60)
    assert process.returncode == 0, err
    assert b"can't be printed" in out


@pytest.mark.parametrize(
    ("typed", "days", "weekend"),
    [
        ("evening\nsame", "17:30-21:00", None),
        ("lunch\nevening", "11:30-14:00", "17:30-21:00"),
        ("18:30\n9-11", "18:30", "09:00-11:00"),
        ("7pm-9pm\n10am-1pm", "19:00-21:00", "10:00-13:00"),
        ("7-9pm\n11-1pm", "19:00-21:00", "11:00-13:00"),
        ("12-2pm\n12am-1am", "12:00-14:00", "00:00-01:00"),
        # A morning at weekends is no early one.
        ("19:30\nmornings", "19:30", "08:00-11:00"),
        ("6:15am–8:30am\n9h-11h30", "06:15-08:30", "09:00-11:30"),
    ],
)
def test_the_hours_of_runs_as_people_write_them(
    bare: Box, typed: str, days: str, weekend: str | None
) -> None:
    result = answer(bare, f"\n{typed}\n")
    text = (bare.folder / "config.toml").read_text()
    if weekend is None and "8" in typed.split("\n")[1]:
        assert "a time is written as 8:00 or 8pm" in result.out + result.err
        return
    assert result.code == 0, result.err
    same = f'usual_start = {{ default = "{days}" }}'
    assert (same if weekend is None else f'{same[:-2]}, sat = "{weekend}", sun = "{weekend}" }}') in text


def test_hours_of_strength_as_people_write_them(bare: Box) -> None:
    assert answer(bare, "\n\n\n\n6-8am, 7pm-9pm\n").code == 0
    assert [str(times) for times in written(bare).program.availability.on(written(bare).program.start)] == [
        "06:00-08:00",
        "19:00-21:00",
    ]


def test_a_nurse_names_several_hours_the_best_first(bare: Box) -> None:
    """On shifts no hour is free every day, and the weekend is like any other day."""
    assert answer(bare, "\n3-8pm, 9 to 12, 22:00-0:30\n\n").code == 0
    text = (bare.folder / "config.toml").read_text()
    assert 'usual_start = { default = ["15:00-20:00", "09:00-12:00", "22:00-00:30"] }' in text
    shifts = [("20261124T133000", "20261124T214500"), ("20261126T060000", "20261127T060000")]
    events = "".join(f"BEGIN:VEVENT\nUID:{a}\nDTSTART:{a}\nDTEND:{b}\nEND:VEVENT\n" for a, b in shifts)
    (bare.folder / "busy.ics").write_text(f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")
    assert answer(bare, "\n3-8pm, 9-12, 22:00-0:30\n\nbusy.ics\n", "--force").code == 0
    starts = [run["start"][11:16] for run in bare.plan()["weeks"][0]["runs"][:2]]
    assert starts == ["09:00", "15:00"], "a late shift on Tuesday, nothing on Wednesday"


def test_an_evening_runner_gets_an_evening_calendar(bare: Box) -> None:
    assert answer(bare, "\nevening\n").code == 0
    for week in bare.plan()["weeks"]:
        assert {run["start"][11:16] for run in week["runs"][:3]} == {"17:30"}


def test_one_can_go_back_as_far_as_one_likes(bare: Box) -> None:
    typed = "b\nmarathon-build\n2027-04-18\n\nevening\nb\nb\nb\nb\nb\nbalanced\nlunch\n"
    result = answer(bare, typed)
    assert result.code == 0, result.err
    assert result.out.count("This is the first question.") == 2
    config = written(bare)
    assert (config.program.weeks, config.program.races) == (("balanced",), ()), (
        "and what no longer fits is gone"
    )
    assert config.program.usual_start.default == (time_range("11:30-14:00"),)


def test_every_question_can_be_explained(bare: Box) -> None:
    typed = "?\nten-k-build\n?\n2027-04-18\n" + "?\n\n" * 6
    result = answer(bare, typed)
    assert result.code == 0, result.err
    for text in ("not when", "Publish a calendar", "one light session"):
        assert text in " ".join(result.out.split())


@pytest.mark.parametrize(("answered", "strength"), [("own", "feed"), ("calsync's", "ignore"), ("", "ignore")])
def test_a_platform_user_is_asked_whose_strength_it_shall_be(bare: Box, answered: str, strength: str) -> None:
    result = answer(bare, f"runna.ics\n\n\n{answered}\n")
    assert re.search(r"has \d+ strength workouts? in the coming weeks", result.out)
    feed = written(bare).program.feed
    assert feed is not None
    assert feed.strength == strength
    # What was chosen is not told at every plan.
    assert "strength workouts" not in bare.run("plan").err


def test_a_race_of_the_platform_is_asked_about(bare: Box) -> None:
    """Else it would have no taper until somebody reads the note about it, weeks later."""
    result = answer(bare, "runna.ics\n\n\n\nbusy.ics\n4\nregular\n?\n\n")
    assert "Your training calendar has Reindeer 10k" in result.out
    (race,) = written(bare).program.races
    assert (race.day.isoformat(), race.title, race.distance) == ("2026-12-20", "Reindeer 10k", 10_000)
    assert race.minutes == 52, "the platform knows it better than a usual pace"
    answer(bare, "runna.ics\n\n\n\nbusy.ics\n4\nregular\nno\n", "--force")
    assert written(bare).program.races == ()


def test_hours_that_overlap_are_one(bare: Box) -> None:
    assert "Sat 08:00-15:00; Sun 08:00-12:00" in answer(bare, "\n\n\n\n1,2\n").out


def test_what_was_understood_is_said(bare: Box) -> None:
    out = answer(bare, "1,1,8\n18:00\n\nnone\n3\nnew\n").out
    for text in (
        "In turn: balanced, balanced, recovery.",
        "Your runs start at 18:00.",
        "None yet: you count as free all day, so leave working hours out of the next answer.",
        "Strength 17:00-21:00; Sat 16:00-20:00; Sun never.",
        "It builds up over eight weeks",
    ):
        assert f"   {text}" in out


# --- addresses --------------------------------------------------------------------------------------------


@contextmanager
def served(body: bytes, status: int = 200) -> Iterator[str]:
    with loopback.feed(body, status) as feed:
        yield f"{feed.url}/secret-b7f2/busy.ics"


def test_a_secret_address_is_kept_from_others(bare: Box) -> None:
    with served((bare.folder / "busy.ics").read_bytes()) as address:
        result = answer(bare, f"\n\n\n{address}\n")
    assert result.code == 0, result.err
    assert "busy stretches" in result.out
    assert "secret-b7f2" not in result.out + result.err
    assert "Only you can read it, as it holds a secret address." in result.out
    path = bare.folder / "config.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert written(bare).sources[0].url == address  # type: ignore[union-attr]
    assert not bare.state.exists(), "nothing is kept of a calendar that was only looked at"


def test_without_a_secret_the_file_is_as_others_are(bare: Box) -> None:
    result = answer(bare, "\n\n\nbusy.ics\n")
    assert "secret" not in result.out.split("config.toml is written")[1]
    assert (bare.folder / "config.toml").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(("body", "status"), [(b"<html>Please log in</html>", 200), (b"gone", 404)])
def test_an_address_without_a_calendar_is_asked_for_again(bare: Box, body: bytes, status: int) -> None:
    with served(body, status) as address:
        result = answer(bare, f"\n\n\n{address}\nbusy.ics\n")
    assert result.code == 0
    assert "Your calendar: " in result.out
    assert written(bare).sources[0].path == bare.folder / "busy.ics"  # type: ignore[union-attr]


# --- where the file goes ----------------------------------------------------------------------------------


def test_a_config_that_is_there_is_kept(bare: Box) -> None:
    path = bare.write("config.toml", "# precious")
    result = answer(bare, "", "--defaults")
    assert result.code == 2
    assert "--force" in result.error
    assert result.out == "", "refused before anything is asked"
    assert path.read_text() == "# precious"
    assert answer(bare, "", "--defaults", "--force").code == 0
    assert written(bare)


def test_into_a_folder_and_as_the_common_option_says(bare: Box) -> None:
    (bare.folder / "deep").mkdir()
    answer(bare, "\n\n\nbusy.ics\n", "deep")
    assert written(bare, "deep/config.toml").sources[0].path == bare.folder / "busy.ics"  # type: ignore[union-attr]
    assert answer(bare, "", "-c", "other.toml").code == 0
    assert written(bare, "other.toml")


def test_a_path_below_the_config_stays_relative_and_a_home_stays_a_home(bare: Box) -> None:
    bare.write("plans/cal/busy.ics", (bare.folder / "busy.ics").read_bytes())
    answer(bare, "\n\n\nplans/cal/busy.ics\n", "plans/config.toml")
    assert 'path = "cal/busy.ics"' in (bare.folder / "plans" / "config.toml").read_text()
    bare.write("home/busy.ics", (bare.folder / "busy.ics").read_bytes())
    answer(bare, "\n\n\n~/busy.ics\n")
    assert 'path = "~/busy.ics"' in (bare.folder / "config.toml").read_text()


@pytest.mark.parametrize("path", ["busy.ics/config.toml", "/proc/calsync/config.toml"])
def test_a_file_that_can_not_be_written(bare: Box, path: str) -> None:
    result = answer(bare, "", path)
    assert result.code == 5
    assert path in result.error


# --- a person at a terminal -------------------------------------------------------------------------------


def files(box: Box) -> set[str]:
    return {path.name for path in box.folder.iterdir()}


def test_a_person_who_knows_nothing(bare: Box) -> None:
    terminal = Terminal.of(bare, "init", **NO_ZONE)
    assert "A few questions" in terminal.wait_for("What is your time zone?")
    for typed, says in (
        ("", "An answer is needed here."),
        ("Lodnon", 'did you mean "Europe/London"?'),
        ("indianapolis", "There are several: "),
    ):
        terminal.wait_for("> ")
        terminal.type(f"{typed}\n")
        terminal.wait_for(says)
    terminal.wait_for("> ")
    terminal.type("st johns\n")
    pictures = terminal.wait_for("> [balanced] ")
    assert all(path.stem in pictures for path in shipped_folder("templates").glob("*.toml"))
    terminal.type("ten-k-build\n")
    terminal.wait_for("When is your race?")
    terminal.wait_for("> [none] ")
    terminal.type("?\n")
    terminal.wait_for("templates of their own")
    terminal.wait_for("> [none] ")
    terminal.type("1 nov 2026\n")
    terminal.wait_for("Sun 1 Nov 2026 is over")
    terminal.wait_for("> [none] ")
    terminal.type("18 apr\n")
    terminal.wait_for("Sun 18 Apr 2027, in 20 weeks.")
    terminal.wait_for("> [10k] ")
    terminal.type("\n")
    terminal.wait_for(RUNS)
    terminal.wait_for("> [1] ")
    terminal.type("2\n")
    terminal.wait_for("within 11:30-14:00")
    terminal.wait_for(WEEKEND)
    terminal.wait_for("] ")
    terminal.type("b\n")
    terminal.wait_for(RUNS)
    terminal.wait_for("> [1] ")
    terminal.type("6-9pm\n")
    terminal.wait_for("within 18:00-21:00")
    terminal.wait_for("] ")
    terminal.type("\n")
    terminal.wait_for(BUSY)
    terminal.wait_for("> [none] ")
    terminal.type("bus\t\n")
    terminal.wait_for("busy stretches in the 4 weeks")
    terminal.wait_for("> [4] ")
    terminal.type("at night\n")
    terminal.wait_for('night".')
    terminal.wait_for("> [4] ")
    terminal.type("3\n")
    terminal.wait_for("> [regular] ")
    terminal.type("\n")
    shown = terminal.wait_for("config.toml is written.")
    for text in (
        "10 km on Sun 18 Apr 2027",
        "18:00-21:00, at weekends 08:00-11:00",
        "bus",
        "America/St_Johns",
    ):
        assert text in shown, "the summary"
    assert terminal.finish() == 0
    assert [line.split()[:2] for line in terminal.plain.splitlines() if line.startswith("  calsync ")] == [
        ["calsync", "plan"],
        ["calsync", "push"],
        ["calsync", "serve"],
    ]
    assert b"\x1b[1m" in terminal.raw, "colours"
    assert [line for line in re.split(r"[\r\n]+", terminal.plain) if len(line) > 80] == []
    config = written(bare)
    assert config.zone.key == "America/St_Johns"
    assert config.program.weeks == ("ten-k-build",)
    (race,) = config.program.races
    assert (str(race.day), race.title, race.distance) == ("2027-04-18", "10 km", 10_000)
    assert config.program.usual_start.default == (time_range("18:00-21:00"),)
    assert [bare.process(command).code for command in ("plan", "push")] == [0, 0]


@pytest.mark.parametrize("text", ["1 jun", "June 1st", "2027-06-01", "tue, 1 june 2027"])
def test_a_race_is_on_the_next_such_day(text: str) -> None:
    # The first of June that is past is nearer.
    assert race_day(text, date(2026, 11, 23)) == date(2027, 6, 1)


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("question", [WEEKS, RUNS, WEEKEND, BUSY, TIMES, STRENGTH])
def test_who_stops_leaves_nothing(bare: Box, key: str, question: str) -> None:
    before = files(bare)
    terminal = Terminal.of(bare, "init")
    for title in (WEEKS, RUNS, WEEKEND, BUSY, TIMES, STRENGTH):
        terminal.wait_for(title)
        terminal.wait_for("] ")
        if title == question:
            break
        terminal.type("\n")
    terminal.press(key)
    terminal.wait_for("Interrupted.")
    assert terminal.finish() == 130
    assert files(bare) == before


def test_a_second_plan_has_a_name_of_its_own(bare: Box) -> None:
    """Two of one name would share skips and moves."""
    bare.ok("init", "--defaults")
    bare.ok("push")
    bare.ok("init", "--defaults", "second/config.toml")
    assert 'name = "training-2"' in (bare.folder / "second" / "config.toml").read_text()
    bare.ok("init", "--defaults", "--force")
    assert 'name = "training"' in (bare.folder / "config.toml").read_text()
