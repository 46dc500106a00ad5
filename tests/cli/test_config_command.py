"""`calsync config`: what is in force, and the way through an editor."""

import tomllib
from pathlib import Path

import pytest

from calsync.config.load import load_config
from tests.cli.box import FEED, Box
from tests.cli.terminal import Terminal


def shown(box: Box) -> str:
    return box.ok("config", "show").out


# --- show -------------------------------------------------------------------------------------------------


def test_what_the_config_says_and_what_counts_where_it_says_nothing(box: Box) -> None:
    box.config(plan='usual_start = { default = "18:00", sat = "08:00-11:00" }\nrace = { date = 2027-04-18 }')
    lines = shown(box).splitlines()
    assert 'name = "training"' in lines
    assert 'title = "Strength & runs"  # default' in lines
    assert 'sat = "08:00-11:00"' in lines, "the usual start"
    assert 'default = ["06:00-08:30", "12:00-14:00", "17:00-21:00"]  # default' in lines, "the availability"
    assert 'experience = "regular"  # default' in lines
    assert 'title = "Race"  # default' in lines
    assert 'hours_apart = "3h"  # default' in lines
    assert "port = 8642  # default" in lines


def test_it_is_a_config_that_means_the_same(box: Box) -> None:
    box.config(
        availability='default = ["18:00-20:00"]', more="[[pause]]\nfrom = 2026-12-24\nto = 2026-12-27\n"
    )
    before = load_config(box.folder / "config.toml", {})
    box.write("config.toml", shown(box))
    after = load_config(box.folder / "config.toml", {})
    for part in ("name", "title", "zone", "program", "targets", "serve"):
        assert getattr(after, part) == getattr(before, part), part


def test_a_zone_that_only_this_computer_says(box: Box) -> None:
    path = box.config()
    path.write_text(path.read_text().replace('timezone = "Europe/London"\n', ""))
    box.environment["TZ"] = "Europe/Paris"
    assert 'timezone = "Europe/Paris"  # this computer\'s\n' in shown(box)


@pytest.mark.parametrize("target", ['reminder = "45m"', 'alarm = "45m"'])
def test_one_word_for_reminders(box: Box, target: str) -> None:
    box.config(targets=f"{FEED}{target}\n")
    assert tomllib.loads(shown(box))["targets"][0]["alarm"] == "45m"


def test_addresses_that_open_calendars_are_not_shown(box: Box) -> None:
    address = "https://calendar.example/private-0123456789abcdef/basic.ics"
    box.environment["WORK_ICS"] = f"{address}2"
    busy = '[[busy]]\nname = "{}"\ntype = "ics"\n{}\n'
    urls = busy.format("home", f'url = "{address}"') + busy.format("work", 'url_env = "WORK_ICS"')
    box.config(plan=f'[plan.feed]\nurl = "{address}3"', more=urls)
    out = shown(box)
    assert "0123456789abcdef" not in out
    assert 'url_env = "WORK_ICS"' in out
    assert out.count("calendar.example/") == 2, "whose it is can be seen"


def test_a_config_that_is_wrong_is_not_shown(box: Box) -> None:
    box.config(horizon='"4"')
    result = box.run("config", "show")
    assert (result.code, result.out) == (3, "")


# --- edit -------------------------------------------------------------------------------------------------


def editor(box: Box, *edits: tuple[str, str]) -> None:
    """An editor that makes one of these changes each time it is opened."""
    lines = ["#!/bin/sh", "n=$(cat opened 2>/dev/null || echo 0); echo $((n + 1)) > opened", "case $n in"]
    lines += [f"{number}) sed -i 's/{old}/{new}/' \"$1\";;" for number, (old, new) in enumerate(edits)]
    path = box.write("an editor/edit", "\n".join([*lines, "esac", ""]))
    path.chmod(0o755)
    box.environment |= {"EDITOR": f"'{path}'", "VISUAL": ""}


BREAK, MEND = ("horizon = 2", "horizn = 2"), ("horizn = 2", "horizon = 3")


def test_what_was_edited_is_checked(box: Box) -> None:
    path = box.config()
    path.chmod(0o600)
    editor(box, ("horizon = 2", "horizon = 3"))
    result = box.process("config", "edit")
    assert (result.code, result.err) == (0, "")
    assert "config.toml is fine" in result.out
    assert "horizon = 3" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Nothing has changed." in box.process("config", "edit").out


def test_a_mistake_is_said_and_the_editor_opens_again(box: Box) -> None:
    path = box.config()
    editor(box, BREAK, MEND)
    terminal = Terminal.of(box, "config", "edit")
    said = terminal.wait_for("[e]: ")
    assert "horizn: unknown key" in said
    assert "go back" in said
    terminal.type("\n")
    assert terminal.finish() == 0
    assert "horizon = 3" in path.read_text()


@pytest.mark.parametrize(("key", "code", "left"), [("b", 0, "horizon = 2"), ("k", 3, "horizn = 2")])
def test_one_can_go_back_to_what_it_was_or_keep_it(box: Box, key: str, code: int, left: str) -> None:
    path = box.config()
    editor(box, BREAK)
    terminal = Terminal.of(box, "config", "edit")
    terminal.wait_for("[e]: ")
    terminal.type(f"{key}\n")
    assert terminal.finish() == code
    assert left in path.read_text()


def test_without_a_terminal_a_mistake_ends_it(box: Box) -> None:
    box.config(weeks='["balanced"]')
    editor(box, ("balanced", "balancd"))
    result = box.process("config", "edit", stdin=-3)
    assert result.code == 3
    assert 'did you mean "balanced"' in result.error


def test_an_editor_that_is_not_there_is_said(box: Box) -> None:
    box.config()
    result = box.run("config", "edit", env={"EDITOR": "/no/such/editor", "VISUAL": ""})
    assert result.code != 0
    assert "/no/such/editor" in result.err


def test_without_a_config_there_is_nothing_to_edit(tmp_path: Path) -> None:
    result = Box(tmp_path).run("config", "edit", env={"EDITOR": "true", "XDG_CONFIG_HOME": str(tmp_path)})
    assert result.code == 3
    assert "`calsync init` writes one" in result.error
