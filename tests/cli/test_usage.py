"""What everybody meets first: help, versions, typing mistakes, and where the config is looked for."""

import re
import sys

import pytest

from calsync import __version__
from calsync.cli.main import COMMANDS
from tests.cli.box import NOW, Box

BELOW = [
    "auth google",
    "config edit",
    "config show",
    "templates copy",
    "templates list",
    "templates show",
]
ALL = [*COMMANDS, *BELOW]


@pytest.mark.parametrize("command", ALL)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_explains_itself_without_a_config(box: Box, command: str, flag: str) -> None:
    (box.folder / "config.toml").unlink()
    result = box.run(*command.split(), flag)
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith(f"Usage: calsync {command} ")
    # Complete: each option is shown with words that say what it does.
    options = result.out.partition("Options:")[2].partition("Commands:")[0]
    for option in re.split(r"\n  (?=-)", options)[1:]:
        words = re.sub(r"\s+", " ", option)
        assert re.search(r" [A-Z][a-z]* .+\.", words), f"{command}: no help for {words}"
    for common in ("--config", "--verbose", "--help"):
        assert common in options


def test_the_overview_names_every_command_and_exit_code(box: Box) -> None:
    out = box.run("--help").out
    for command in COMMANDS:
        assert re.search(rf"^  {command}  +[A-Z]", out, re.MULTILINE)
    codes = " ".join(out.partition("Exit codes:")[2].split())
    for code in ("0", "2", "3", "4", "5", "6", "130"):
        assert re.search(rf"\b{code} [a-z]", codes)


def test_no_command_shows_the_overview_and_is_wrong_usage(box: Box) -> None:
    result = box.run()
    assert result.code == 2
    assert "Usage: calsync" in result.err


@pytest.mark.parametrize("args", [["--version"], ["-v", "--version"]])
def test_version(box: Box, args: list[str]) -> None:
    result = box.process(*args)
    assert (result.code, result.out, result.err) == (0, f"calsync {__version__}\n", "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("plann", "plan"),
        ("psuh", "push"),
        ("template", "templates"),
        ("realease", "release"),
        ("push --dry-rum", "--dry-run"),
        ("push --allow-mass-deletes", "--allow-mass-delete"),
        ("busy --sorce work", "--source"),
        ("plan --confg x", "--config"),
        ("templates lst", "list"),
        ("skip 2026-W48/strenght/1", "2026-W48/strength/1"),
        ("skip 2026-w48/runs/tue-1", "2026-W48/run/tue-1"),
        ("move 2026-W48/runs/tue-1 2026-11-24T18:00", "2026-W48/run/tue-1"),
    ],
)
def test_a_slip_of_the_finger_is_wrong_usage_and_a_hint(box: Box, typed: str, meant: str) -> None:
    result = box.run(*typed.split())
    assert result.code == 2
    assert result.out == ""
    assert re.search(rf"[Dd]id you mean ['\"]{re.escape(meant)}['\"]\?", result.error)


@pytest.mark.parametrize(
    "typed",
    [
        "xyzzy",
        "plan extra",
        "plan --weeks 0",
        "plan --weeks 54",
        "plan --weeks two",
        "plan --week 2026-W60",
        "plan --week last",
        "plan --week soon",
        "plan --format xml",
        "plan --now tomorrow",
        "plan --now 2026-11-23T06:00:00",
        "plan --now 1066-10-14T09:00:00+00:00",
        "push --target nowhere",
        "push --format table",
        "busy --source nowhere",
        "busy --from soon",
        "busy --days 0",
        "skip",
        "move 2026-W48/strength/1",
        "move 2026-W48/strength/1 later",
        "move 2026-W48/strength/1 2026-11-20T18:00",
        "move 2026-W48/strength/1 9999-11-20T18:00",
        "release",
        "release 2026-W48/strength/1",
        "release --all 2026-W48/strength/1",
        "skip 2026-W48/strength/9",
        "skip 2026-W47/run/tue-1",
        "skip nonsense",
        "templates copy balanced",
        "templates copy balanced config.toml",
    ],
)
def test_what_makes_no_sense_is_wrong_usage_and_changes_nothing(box: Box, typed: str) -> None:
    before = (box.folder / "config.toml").read_bytes()
    result = box.run(*typed.split())
    assert result.code == 2
    assert result.out == ""
    assert "bug" not in result.error
    assert result.error
    assert (box.folder / "config.toml").read_bytes() == before
    assert not box.feed.exists()
    assert not (box.state / "training" / "wishes.json").exists()


def test_an_unknown_target_or_source_comes_with_those_there_are(box: Box) -> None:
    assert "feed" in box.run("push", "--target", "fed").error
    assert "2026-W48 to 2026-W49" in box.run("plan", "--week", "2027-W01").error


# --- where the config is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["--config", "elsewhere.toml", "plan"],
        ["plan", "--config", "elsewhere.toml"],
        ["plan", "-c", "elsewhere.toml"],
        ["--config", "config.toml", "plan", "--config", "elsewhere.toml"],  # the last one counts
    ],
)
def test_config_may_be_named_before_and_after_the_command(box: Box, args: list[str]) -> None:
    box.write("elsewhere.toml", box.config(name="elsewhere").read_text())
    box.config(name="here")
    assert box.run(*args, "--format", "json").json["name"] == "elsewhere"


def test_config_may_be_named_anywhere_in_a_command_of_two_words(box: Box) -> None:
    box.write("own/mine.toml", 'title = "Mine"\n')
    box.write("elsewhere.toml", box.config(plan='templates = "own"').read_text())
    box.config()
    for args in (
        ("-c", "elsewhere.toml", "templates", "list"),
        ("templates", "-c", "elsewhere.toml", "list"),
        ("templates", "list", "-c", "elsewhere.toml"),
    ):
        assert "mine" in box.ok(*args).out
    assert "mine" not in box.ok("templates", "list").out


@pytest.mark.parametrize("args", ["--verbose plan", "plan --verbose", "-v plan", "plan -v"])
def test_verbose_speaks_on_standard_error_only(box: Box, args: str) -> None:
    loud, quiet = box.run(*args.split(), "--format", "json"), box.run("plan", "--format", "json")
    assert loud.stdout == quiet.stdout
    assert "config.toml" in loud.err
    assert quiet.err == ""


def test_verbose_says_what_was_guessed_of_a_busy_calendar_and_why(box: Box) -> None:
    day = ";VALUE=DATE:20261124\n"
    event = f"BEGIN:VEVENT\nUID:bins\nSUMMARY:Secret\nDTSTART{day}DTEND{day}END:VEVENT\n"
    box.write("work.ics", f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VCALENDAR\n")
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n')
    said = "work: event bins ends on the day that it starts on, or before; taken as that one day"
    for _ in range(2):  # the second time it is not read again
        busy = box.run("busy", "--verbose")
        assert said in busy.err
        assert "Secret" not in busy.err
    assert said not in box.run("busy").err


def test_the_environment_names_the_config(box: Box) -> None:
    box.write("elsewhere.toml", box.config(name="elsewhere").read_text())
    box.config(name="here")
    env = {"CALSYNC_CONFIG": "elsewhere.toml"}
    plan = ("plan", "--format", "json")
    assert box.run(*plan, env=env).json["name"] == "elsewhere"
    assert box.run(*plan, "-c", "config.toml", env=env).json["name"] == "here"
    assert box.run(*plan, env={"CALSYNC_CONFIG": ""}).json["name"] == "here"


def test_the_users_config_folder_comes_last(box: Box) -> None:
    box.write("xdg/calsync/config.toml", box.config(name="users").read_text())
    box.config(name="here")
    env = {"XDG_CONFIG_HOME": str(box.folder / "xdg")}
    assert box.run("plan", "--format", "json", env=env).json["name"] == "here"
    (box.folder / "config.toml").unlink()
    assert box.run("plan", "--format", "json", env=env).json["name"] == "users"


@pytest.mark.parametrize("command", ["plan", "push", "busy", "export", "skip x", "move x y", "release --all"])
def test_without_a_config_people_are_told_where_to_put_one(box: Box, command: str) -> None:
    (box.folder / "config.toml").unlink()
    result = box.run(*command.split())
    assert result.code == 3
    assert result.out == ""
    assert "./config.toml" in result.error
    assert "`calsync init`" in result.error
    assert str(box.folder / "home" / ".config" / "calsync" / "config.toml") in result.error


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_named_config_that_is_missing_is_not_replaced_by_another(box: Box, how: str) -> None:
    if how == "option":
        result = box.run("plan", "--config", "missing.toml")
    else:
        result = box.run("plan", env={"CALSYNC_CONFIG": "missing.toml"})
    assert result.code == 3
    assert "missing.toml: no such file" in result.error


def test_paths_in_the_config_start_from_its_folder(box: Box) -> None:
    box.write("deep/config.toml", box.config().read_text())
    (box.folder / "config.toml").unlink()
    assert box.run("push", "-c", "deep/config.toml").code == 0
    assert (box.folder / "deep" / "public" / "training.ics").is_file()
    assert not box.feed.exists()


def test_a_config_without_a_zone_takes_the_machines(box: Box) -> None:
    text = (box.folder / "config.toml").read_text()
    box.write("config.toml", text.replace('timezone = "Europe/London"\n', ""))
    for zone, offset in (("Asia/Kathmandu", "+05:45"), ("America/New_York", "-05:00")):
        result = box.process("plan", "--format", "json", env={"TZ": zone})
        assert result.json["timezone"] == zone
        assert result.json["weeks"][0]["runs"][0]["start"] == f"2026-11-24T06:30:00{offset}"


# --- as a program -----------------------------------------------------------------------------------------


def test_it_runs_as_a_module_and_with_the_clock_of_the_machine(box: Box) -> None:
    result = box.process("push", now=None)
    assert result.code == 0, result.err
    assert box.feed.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_reader_that_closes_early_is_no_error(box: Box) -> None:
    box.config(horizon=53)
    process = box.start("plan", "--format", "json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert (process.wait(30), err) == (0, "")


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_titles_in_any_script_are_shown_in_every_locale_of_cron(box: Box, locale: str) -> None:
    box.write(
        "week.toml",
        'title = "W"\n[[runs]]\nday = "sat"\nkind = "easy"\ntitle = "Läufe 走る"\nduration = "1h"\n',
    )
    box.config(weeks='["week.toml"]')
    for command in ("plan", "push"):
        result = box.process(command, env={"LC_ALL": locale, "LANG": locale})
        assert result.code == 0, result.err
        assert "Läufe 走る" in result.out


def test_the_table_has_no_colour_in_a_pipe(box: Box) -> None:
    for command in ("plan", "push", "templates list", "lint"):
        result = box.process(*command.split(), now=NOW)
        assert result.code == 0
        assert "\x1b" not in result.out + result.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
@pytest.mark.parametrize("command", ["plan", "doctor", "serve --show-links", "push --nonsense"])
def test_a_terminal_has_colours_unless_its_owner_wants_none(box: Box, command: str) -> None:
    """no-color.org: any value that is not empty."""
    from tests.cli.terminal import Terminal

    def colours(**environment: str) -> list[bytes]:
        terminal = Terminal.of(box, *command.split(), columns=120, **environment)
        terminal.finish()
        return re.findall(rb"\x1b\[(?:[0-9]+;)*(?:3[0-7]|4[0-7]|9[0-7])m", terminal.raw)

    assert colours(NO_COLOR="1") == []
    assert colours(NO_COLOR="") or command.startswith("push")
