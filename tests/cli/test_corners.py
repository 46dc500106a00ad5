"""Corners that were wrong once: each test says what a user would expect there."""

import re
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.cli.box import ROOT, Box, by_key, config, target
from tests.soak import usually

FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
HUSH = "https://calendar.example/hush-hush/basic.ics"
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{}END:VCALENDAR\r\n"
EVENT = (
    "BEGIN:VEVENT\r\nUID:a@b\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20261124T060000Z\r\n"
    "SUMMARY:Mine\r\nEND:VEVENT\r\n"
)


def is_no_bug(result: object) -> None:
    assert "this is a bug" not in result.err  # type: ignore[attr-defined]


# --- secrets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "busy",
    [
        f'[busy]\nname = "x"\ntype = "ics"\nurl = "{HUSH}"\n',  # one bracket too few
        f'[[busy]]\nname = "x"\ntype = "ics"\nurl = ["{HUSH}"]\n',
        f'[[busy]]\nname = "x"\ntype = "ics"\nurl_env = "{HUSH}"\n',  # the address itself in place of a name
        f'[[busy]]\nname = "x"\ntype = "ics"\npath = "{HUSH}"\n',  # an address is no path
        f'[[busy]]\nname = "x"\ntype = "ics"\nurl = {{ work = "{HUSH}" }}\n',
    ],
)
def test_a_slip_around_a_secret_address_does_not_print_it(box: Box, busy: str) -> None:
    box.config(more=busy)
    result = box.run("plan")
    assert result.code == 3
    assert "hush" not in result.err


# --- files of others --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        CALENDAR.format("BEGIN:VTODO\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:x\r\nEND:VTODO\r\n"),
        CALENDAR.format(EVENT.replace("UID:a@b\r\n", "")),  # old exports have no UID
        CALENDAR.format(EVENT.replace("20261124T060000Z", "2026-11-24")),
        CALENDAR.format(EVENT.replace("BEGIN:VEVENT", "BEGIN:VEVENT ")),
        CALENDAR.format(""),
        "My notes of the last ten years\n",
        CALENDAR.format(EVENT).encode("utf-16").decode("latin-1"),
    ],
    ids=["tasks", "no UID", "bad date", "space", "empty calendar", "notes", "UTF-16"],
)
def test_a_file_that_calsync_did_not_write_is_never_overwritten(box: Box, content: str) -> None:
    path = box.write("public/training.ics", content.encode("latin-1"))
    before = path.read_bytes()
    assert box.run("push").code == 6
    assert path.read_bytes() == before


def test_the_config_itself_is_not_overwritten(box: Box) -> None:
    before = box.config(targets=target("x", "config.toml")).read_bytes()
    assert box.run("push").code in (3, 6)
    assert (box.folder / "config.toml").read_bytes() == before


# --- the feed ---------------------------------------------------------------------------------------------


def test_the_zone_of_every_event_stays_defined_when_the_plans_zone_changes(box: Box) -> None:
    box.push()
    box.config(zone="Europe/Lisbon")
    box.push()
    content = box.feed.read_bytes()
    for zone in (b"Europe/London", b"Europe/Lisbon"):
        assert (b";TZID=" + zone in content) <= (b"\r\nTZID:" + zone + b"\r\n" in content)


def test_the_zone_of_another_plan_in_the_same_feed_stays_defined(box: Box) -> None:
    box.push()
    box.write("other.toml", config(name="other", zone="America/New_York"))
    box.push("--config", "other.toml")
    content = box.feed.read_bytes()
    assert b"\r\nTZID:Europe/London\r\n" in content
    assert b"\r\nTZID:America/New_York\r\n" in content


@pytest.mark.parametrize("name", ["legs, core", "legs; core", "legs\\\\core"])
def test_a_routine_with_punctuation_in_its_name_is_not_written_anew_each_time(box: Box, name: str) -> None:
    routine = 'title = "R"\n[[exercises]]\nname = "A"\nminutes = 5\ntrains = ["core"]\n'
    box.write(f"own/routines/{name.replace(chr(92) * 2, chr(92))}.toml", routine)
    week = f'title = "W"\n[[strength]]\nroutine = "{name}"\nload = "light"\n'
    box.write("own/week.toml", week)
    box.config(weeks='["week"]', plan='templates = "own"')
    box.push()
    before = box.feed.read_bytes()
    box.push()
    assert box.feed.read_bytes() == before


def test_a_distant_year_is_no_bug(box: Box) -> None:
    """SEQUENCE counts seconds and leaves its 32 bits in 2088."""
    result = box.run("push", now="2150-01-01T00:00:00+00:00")
    is_no_bug(result)
    assert result.code in (0, 2)


def damaged(box: Box, begin: int, end: int, filling: bytes) -> None:
    """Push over a feed with a hole from `begin` to `end`: it must come out as good as new."""
    whole = box.feed.read_bytes()
    box.feed.write_bytes(whole[:begin] + filling + whole[end:])
    box.push()
    content = box.feed.read_bytes()
    content.decode()
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    assert content.count(b"BEGIN:VEVENT\r\n") == whole.count(b"BEGIN:VEVENT\r\n")
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", content)
    before, after = by_key(whole), by_key(content)
    assert set(before) == set(after)
    for key, event in before.items():
        assert {name: after[key][name] for name in STABLE} == {name: event[name] for name in STABLE}
        assert int(after[key]["SEQUENCE"]) >= int(event["SEQUENCE"])
    box.feed.write_bytes(whole)


STABLE = ("UID", "DTSTART", "DTEND", "SUMMARY", "CATEGORIES", "TRANSP")


@pytest.mark.parametrize("filling", [b"\0", b"\r", b"\x0b", b"\x1b", b"\xff", "\u2028".encode()])
@pytest.mark.parametrize("place", [b"TRANSP:", b"LAST-MODIFIED:", b"SUMMARY:", b"END:VEVENT"])
def test_a_damaged_byte_is_not_kept_because_the_event_still_reads_the_same(
    box: Box, filling: bytes, place: bytes
) -> None:
    """An event is kept byte for byte if it says what it should: also one that is no iCalendar any more."""
    box.push()
    at = box.feed.read_bytes().index(place)
    damaged(box, at - 1, at - 1, filling)  # within the line end before it
    damaged(box, at, at, filling)
    damaged(box, at + len(place), at + len(place), filling)


def test_an_event_of_ours_with_a_damaged_uid_is_not_kept_for_ever(box: Box) -> None:
    """It ends in @training.calsync, so it is no other plan's; now it stays beside the new one as a double."""
    box.push()
    at = box.feed.read_bytes().index(b"2026-W48-run-tue-1@")
    for filling in (b"x", b" ", b"", b"\xff"):
        damaged(box, at + 8, at + 9, filling)


@settings(max_examples=usually(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_feed_is_repaired_whatever_the_damage(box: Box, data: st.DataObject) -> None:
    if not box.feed.exists():
        box.config(horizon=1)
        box.push()
    whole = box.feed.read_bytes()
    begin = data.draw(st.integers(whole.index(b"BEGIN:VTIMEZONE"), len(whole)))
    end = data.draw(st.sampled_from([begin, begin + 1, begin + 7, begin + 60, begin + 400]))
    filling = data.draw(
        st.binary(max_size=3) | st.sampled_from([b"\r\n", b"\n", b"BEGIN:VEVENT\r\n", b"\0" * 9])
    )
    # Damage in the plan's own name makes a whole UID of another plan, whose events are not ours to remove.
    plans = re.findall(rb"^UID:.*@(.*)\.calsync\s*$", whole[:begin] + filling + whole[end:], re.MULTILINE)
    assume(set(plans) == {b"training"})
    try:
        damaged(box, begin, end, filling)
    finally:
        box.feed.write_bytes(whole)


# --- wishes -----------------------------------------------------------------------------------------------


def test_skipping_all_there_is_is_what_the_owner_wants(box: Box) -> None:
    box.write("one.toml", 'title = "O"\n[[runs]]\nday = "sat"\nkind = "easy"\nduration = "30m"\n')
    box.config(weeks='["one.toml"]', horizon=1)
    box.push()
    box.ok("skip", "2026-W48/run/sat-1")
    assert box.run("push").code == 0
    assert by_key(box.feed.read_bytes()) == {}


def test_a_move_to_fractions_of_a_second_is_written_once(box: Box) -> None:
    box.push()
    result = box.run("move", FIRST, "2026-11-25T17:45:00.5")
    if result.code == 0:
        box.push()
        assert {c["action"] for c in box.push()["feed"]} <= {"keep", "pin"}
    else:
        assert result.code == 2


def test_a_start_without_a_time_of_day_is_not_midnight(box: Box) -> None:
    """It keeps its time of day; what has none yet needs one."""
    assert "moved to Wed 25 Nov 12:00" in box.ok("move", FIRST, "2026-11-25").out
    box.config(availability="default = []\nsat = []")
    result = box.run("move", SECOND, "2026-11-25")
    assert result.code == 2
    assert "say a time, too" in result.error


def test_a_move_far_ahead_is_not_forgotten_before_its_day(box: Box) -> None:
    """Wishes are dropped by the age of their key's week; what was moved to March is still to come then."""
    box.push()
    box.ok("move", FIRST, "2027-03-10T18:00")
    box.push()
    february = "2027-02-10T06:00:00+00:00"
    box.push(now=february)
    box.ok("skip", "2027-W06/strength/2", now=february)  # any command that saves wishes
    box.push(now=february)
    assert by_key(box.feed.read_bytes())[FIRST]["DTSTART"] == "20270310T180000"


def test_a_run_moved_out_of_its_week_keeps_its_notes(box: Box) -> None:
    box.push()
    box.ok("move", "2026-W48/run/sat-1", "2026-12-10T18:00")
    box.push()
    before = by_key(box.feed.read_bytes())["2026-W48/run/sat-1"]
    box.push(now="2026-12-01T06:00:00+00:00")
    assert by_key(box.feed.read_bytes())["2026-W48/run/sat-1"] == before


@pytest.mark.parametrize(
    "content",
    [
        '{"skips": ["x"]}',
        '{"skips": ["2026-W99/strength/1"]}',
        '{"moves": {"x": {"start": "2026-11-25T17:45:00Z", "end": "2026-11-25T18:15:00Z"}}}',
    ],
)
@pytest.mark.parametrize("command", ["plan", "push", f"skip {SECOND}", "release --all"])
def test_wishes_with_impossible_keys_are_damaged_too(box: Box, content: str, command: str) -> None:
    box.write("state/training/wishes.json", content)
    result = box.run(*command.split())
    is_no_bug(result)
    if result.code:
        assert result.code == 5
        assert "wishes.json" in result.error


# --- dry runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["push --dry-run", "plan"])
def test_a_dry_run_keeps_nothing_but_what_it_read(box: Box, command: str) -> None:
    box.write("busy.ics", (ROOT / "examples" / "busy.ics").read_bytes())
    box.config(more=WORK)
    box.ok(*command.split())
    written = {path.relative_to(box.state).parts[1] for path in box.state.rglob("*") if path.is_file()}
    assert written == {"cache"}


# --- a push that was killed -------------------------------------------------------------------------------


def test_temporary_files_of_a_killed_push_do_not_pile_up(box: Box) -> None:
    """SIGKILL between mkstemp and rename leaves ".training.ics.xxxx.tmp" in a folder that the web sees."""
    box.push()
    litter = box.feed.parent / ".training.ics.abcd1234.tmp"
    litter.write_bytes(b"BEGIN:VCALENDAR\r\n")
    box.ok("skip", FIRST)
    box.push(now="2026-11-25T06:00:00+00:00")
    assert not litter.exists()


# --- messages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"x = {'[' * 3000}\n",
        f"x = {'9' * 5000}\n",
    ],
    ids=["deep", "long number"],
)
def test_toml_that_breaks_the_parser_is_a_config_error(box: Box, text: str) -> None:
    box.write("config.toml", text)
    result = box.run("plan")
    assert result.code == 3, result.err
    assert result.error.startswith("config.toml")


@pytest.mark.parametrize(
    ("good", "bad", "key"),
    [
        ("public/training.ics", "~nobody-of-this-name/x.ics", "the 1st target: path"),
        ("public/training.ics", "a\\u0000b.ics", "the 1st target: path"),
        ('["balanced"]', '["a\\u0000.toml"]', "plan.weeks"),
        ('["balanced"]', f'["{"a" * 300}"]', "plan.weeks"),
        ('["balanced"]', f'["{"a" * 300}.toml"]', "plan.weeks"),
    ],
    ids=["unknown home", "NUL in a path", "NUL in a template", "long name", "long path"],
)
def test_strange_names_are_config_errors(box: Box, good: str, bad: str, key: str) -> None:
    text = box.config().read_text()
    assert good in text
    box.write("config.toml", text.replace(good, bad))
    result = box.run("push")
    is_no_bug(result)
    assert result.code == 3
    assert key.partition("[")[0] in result.error or ".toml" in result.error


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('name = "training"', 'name = "a\\nb"'),
        ("Europe/London", "Europe/\\nLondon"),
        ('["balanced"]', '["balan\\nced"]'),
        ("horizon = 2", '"hori\\nzon" = 2'),
        ('name = "training"', 'name = "\\u001b[31mred"'),
    ],
)
def test_messages_are_one_line_without_control_characters(box: Box, good: str, bad: str) -> None:
    text = box.config().read_text()
    box.write("config.toml", text.replace(good, bad, 1))
    result = box.run("push")
    assert result.code == 3
    assert len(result.err.splitlines()) == 1
    assert "\x1b" not in result.err


def test_a_missing_template_file_says_where_it_is_asked_for(box: Box) -> None:
    box.config(weeks='["missing.toml"]')
    message = box.run("plan").error
    assert "config.toml:" in message
    assert "the 1st of plan.weeks" in message


def test_an_unknown_routine_says_the_line(box: Box) -> None:
    box.write("mine.toml", 'title = "M"\n[[strength]]\nroutine = "lower-bdy"\nload = "light"\n')
    box.config(weeks='["mine.toml"]')
    assert f"{box.folder / 'mine.toml'}:3: the 1st strength session: routine: " in box.run("plan").error


def test_an_unknown_table_says_the_line(box: Box) -> None:
    box.config(more='[[bussy]]\nname = "x"\n')
    message = box.run("plan").error
    assert message.startswith("config.toml:10: bussy: unknown key")


def test_a_date_that_is_a_word_is_told_what_a_date_is(box: Box) -> None:
    box.config(more='[[pause]]\nfrom = "tomorrow"\nto = 2026-12-01\n')
    assert 'expected a date such as 2026-11-23, found "tomorrow"' in box.run("plan").error


def test_an_empty_path_is_not_the_folder_of_the_config(box: Box) -> None:
    """path = "" of a busy source reads every .ics file below the config today."""
    box.config(more=WORK.replace("busy.ics", ""))
    assert box.run("plan").code == 3


# --- output that can't be written -------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["plan", "export", "push", "templates list"])
def test_a_full_disk_behind_a_pipe_is_no_bug(box: Box, command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        result = box.process(*command.split(), stdout=full)
    is_no_bug(result)
    assert result.code == 5


def test_titles_that_the_terminal_can_not_show_are_no_bug(box: Box) -> None:
    run = 'day = "sat"\nkind = "easy"\ntitle = "Läufe 走る"\nduration = "1h"\n'
    box.write("week.toml", f'title = "W"\n[[runs]]\n{run}')
    box.config(weeks='["week.toml"]')
    for command in ("plan", "push"):
        result = box.process(command, env={"PYTHONIOENCODING": "ascii"})
        is_no_bug(result)
        assert result.code == 0


@pytest.mark.parametrize("first", ["9999-12-31", "9999-01-01", "0001-01-01"])
def test_days_at_the_end_of_time_are_wrong_usage(box: Box, first: str) -> None:
    result = box.run("busy", "--from", first)
    is_no_bug(result)
    assert result.code in (0, 2)


def test_export_to_a_dash_is_standard_output(box: Box) -> None:
    result = box.run("export", "-")
    assert result.stdout.startswith(b"BEGIN:VCALENDAR")
    assert not (box.folder / "-").exists()


def test_a_routine_is_suggested_too(box: Box) -> None:
    assert 'did you mean "lower-body"?' in box.run("templates", "show", "lower-bdy").error


# --- time -------------------------------------------------------------------------------------------------


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (5, 5))


def test_a_plan_without_places_is_shown_at_once(box: Box) -> None:
    """Four weeks without any availability: 9 to 15 s of looking for the smallest change; eight: a minute."""
    box.config(availability="default = []\nsat = []", horizon=8)
    result = box.process("plan", "--format", "json", preexec_fn=limited)
    assert result.code == 0


# --- what was moved ---------------------------------------------------------------------------------------


def test_the_table_shows_what_was_moved_into_another_week_on_its_day(box: Box) -> None:
    box.config(horizon=2)
    box.ok("move", FIRST, "2026-12-02T18:05")
    table = box.ok("plan").out
    row = next(line for line in table.splitlines() if "18:05-18:35" in line)
    assert row.strip().startswith("Wed 2")


def test_a_release_never_writes_an_event_into_the_past(box: Box) -> None:
    key = "2026-W48/run/tue-1"
    box.push()
    box.ok("move", key, "2026-11-28T18:00")
    box.push()
    friday = "2026-11-27T10:00:00+00:00"
    box.ok("release", key, now=friday)
    (change,) = [change for change in box.push(now=friday)["feed"] if change["key"] == key]
    assert change["action"] == "withdraw"
    assert key not in by_key(box.feed.read_bytes())


def test_what_was_moved_and_has_begun_is_not_released(box: Box) -> None:
    box.push()
    box.ok("move", FIRST, "2026-11-25T18:00")
    box.push()
    later = "2026-11-25T18:15:00+00:00"
    assert box.run("release", FIRST, now=later).code == 2
    box.ok("release", "--all", now=later)
    box.push(now=later)
    assert by_key(box.feed.read_bytes())[FIRST]["DTSTART"] == "20261125T180000"


def test_a_quiet_push_in_json_lists_changes_only(box: Box) -> None:
    assert box.push("--quiet")["feed"]
    assert box.push("--quiet")["feed"] == []


def test_a_copied_routine_can_be_shown_and_checked(box: Box) -> None:
    box.ok("templates", "copy", "lower-body", "mine.toml")
    assert "Lower body" in box.ok("templates", "show", "mine.toml").out
    assert box.ok("lint", "mine.toml").out.startswith("ok")


def test_an_override_before_the_plan_begins_is_refused(box: Box) -> None:
    box.config(more='[plan.override]\n2020-W52 = "recovery"\n')
    assert "plan.override.2020-W52: lies before the plan's first week, 2026-W48" in box.run("plan").error


def test_a_pause_is_shown(box: Box) -> None:
    box.config(more="[[pause]]\nfrom = 2026-11-24\nto = 2026-11-24\n")
    row = next(line for line in box.ok("plan").out.splitlines() if "Tue 24" in line)
    assert "pause" in row


def test_a_zone_that_is_a_folder_of_zones_is_damage(box: Box) -> None:
    box.push()
    whole = box.feed.read_bytes()
    box.feed.write_bytes(whole.replace(b"DTSTART;TZID=Europe/London", b"DTSTART;TZID=Europe", 1))
    box.push()
    assert by_key(box.feed.read_bytes()).keys() == by_key(whole).keys()
