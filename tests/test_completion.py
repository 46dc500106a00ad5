"""What the Tab key answers, asked as shells ask it: of the installed program, and in a real bash."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.box import NOW, ROOT, Box, config, target
from tests.programs import missing, need_program

BIN = Path(sys.executable).parent
CONFIG = config(
    weeks='["my-week.toml"]',
    plan='templates = "own"',
    more='[[busy]]\nname = "office"\ntype = "ics"\nurl_env = "NOWHERE_SET"\n'
    '[[busy]]\nname = "home"\ntype = "ics"\npath = "home.ics"',
    targets=target("phone", "public/phone.ics") + target("family", "public/family.ics"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Box:
    """Somebody with a config whose busy feed is known to cron only, and a template of their own."""
    box = Box(tmp_path)
    box.write("config.toml", CONFIG)
    own = (ROOT / "templates" / "balanced.toml").read_bytes()
    box.write("my-week.toml", own)
    box.write("own/spring.toml", own)
    return box


def offered(box: Box, *words: str, program: Path | None = None) -> list[str]:
    """What the program offers for the last of the words, names alone."""
    env = {
        "_CALSYNC_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("calsync", *words)),
        "COMP_CWORD": str(len(words)),
    }
    options = {"program": [str(program)]} if program else {}
    result = box.process(env=env, **options)
    assert (result.code, result.err) == (0, "")
    lines = [line.split(",", 1) for line in result.out.splitlines() if line]
    return [name for kind, name in lines if kind == "plain"]


def test_commands_and_options() -> None:
    assert offered(Box(ROOT), "pl") == ["plan"]
    assert offered(Box(ROOT), "templates", "") == ["copy", "list", "show"]
    assert "--dry-run" in offered(Box(ROOT), "push", "--d")


def test_the_installed_program_answers(desk: Box) -> None:
    program = BIN / "calsync"
    if not program.exists():
        missing("calsync beside the Python that runs the tests", "run: pip install -e .")
    assert offered(desk, "push", "--target", "", program=program) == ["phone", "family"]


def test_names_of_the_config(desk: Box) -> None:
    assert offered(desk, "push", "--target", "") == ["phone", "family"]
    assert offered(desk, "push", "--target", "f") == ["family"]
    assert offered(desk, "busy", "--source", "") == ["office", "home"]
    assert offered(desk, "checkin", "--sign", "s") == ["sore"]


def test_weeks_of_the_plan(desk: Box) -> None:
    assert offered(desk, "plan", "--now", NOW, "--week", "") == ["2026-W48", "2026-W49"]
    assert offered(desk, "plan", "--now", NOW, "--weeks", "3", "--week", "2026-W5") == ["2026-W50"]
    later = "2026-12-09T06:00:00+00:00"
    assert offered(desk, "plan", "--now", later, "--week", "") == ["2026-W50", "2026-W51"]


def test_templates_shipped_and_own_and_each_once(desk: Box) -> None:
    names = offered(desk, "lint", "")
    assert {"balanced", "spring", "taper"} <= set(names)
    assert "lower-body" not in names
    assert "balanced" not in offered(desk, "lint", "balanced", "")
    assert offered(desk, "templates", "show", "s") == ["short-on-time", "spring", "single-leg"]
    assert offered(desk, "templates", "copy", "lower") == ["lower-body"]


def test_without_a_config_there_are_the_shipped_templates(tmp_path: Path) -> None:
    box = Box(tmp_path)
    assert "balanced" in offered(box, "lint", "")
    assert offered(box, "push", "--target", "") == []


def test_short_names_and_keys_of_what_is_published_and_of_what_is_held(desk: Box) -> None:
    feed = '[[targets]]\nname = "feed"\ntype = "ics"\npath = "feed.ics"\n'
    desk.write("config.toml", config(targets=feed))
    assert offered(desk, "skip", "--now", NOW, "") == []
    desk.push()
    first, second = "2026-W48/strength/1", "2026-W48/strength/2"
    names = offered(desk, "skip", "--now", NOW, "")
    assert names[:5] == ["tue-run", "tue-strength", "wed", "thu-run", "thu-strength"]
    assert not [name for name in names if "/" in name]
    assert offered(desk, "skip", "--now", NOW, "TUE") == ["tue-run", "tue-strength"]
    assert offered(desk, "move", "--now", NOW, "w49-tue-s") == ["w49-tue-strength"]
    assert offered(desk, "skip", "--now", NOW, "2026-W48/s") == [first, second]
    assert offered(desk, "skip", "--now", NOW, first, "2026-W48/s") == [second]
    assert offered(desk, "move", "--now", NOW, "2026-W49/run/s") == [
        "2026-W49/run/sat-1",
        "2026-W49/run/sun-1",
    ]
    assert offered(desk, "skip", "--now", "2026-12-01T06:00:00+00:00", "2026-W48") == []
    assert offered(desk, "release", "--now", NOW, "") == []
    desk.ok("skip", first)
    assert offered(desk, "release", "--now", NOW, "") == ["tue-strength"]
    assert offered(desk, "release", "2026") == [first]


@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
def test_another_config_counts_wherever_it_is_named(desk: Box, before: bool) -> None:
    desk.write("other/config.toml", CONFIG.replace('"phone"', '"watch"'))
    named = ("--config", "other/config.toml")
    words = (*named, "push") if before else ("push", *named)
    assert offered(desk, *words, "--target", "w") == ["watch"]


@pytest.mark.parametrize(
    "text", ["targets = 3", "= [", "", "\ufffd\x00", CONFIG.replace("horizon = 2", 'horizon = "x"')]
)
def test_a_broken_config_completes_nothing_and_says_nothing(desk: Box, text: str) -> None:
    desk.write("config.toml", text)
    assert offered(desk, "push", "--target", "") == []
    assert offered(desk, "busy", "--source", "") == []
    assert offered(desk, "plan", "--week", "") == []
    assert offered(desk, "lint", "") == []
    assert offered(desk, "skip", "") == []
    assert offered(desk, "--config", "nowhere.toml", "--verbose", "release", "") == []


def in_shell(desk: Box, shell: str, script: str) -> list[str]:
    """The lines that a script prints in a real shell, with `calsync` on its path."""
    program = desk.write("bin/calsync", f'#!/bin/sh\nexec "{sys.executable}" -m calsync "$@"\n')
    program.chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(desk.folder),
        "CALSYNC_STATE": str(desk.state),
    }
    need_program(shell, f"install Debian's package {shell}")
    plain = {"bash": "--norc", "zsh": "-f", "fish": "--no-config"}[shell]
    command = [shell, plain, "-c", script]
    done = subprocess.run(
        command, cwd=desk.folder, env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


BASH = """
eval "$(_CALSYNC_COMPLETE=bash_source calsync)"
# `complete -p` says which function the Tab key calls; outside of a Tab key there is no compopt.
compopt() { :; }
complete -p calsync | grep -q -- '-F _calsync_completion' || exit 1
press_tab() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _calsync_completion calsync
  echo "${COMPREPLY[*]}"
}
press_tab calsync pl
press_tab calsync push --target ""
press_tab calsync lint spr
press_tab calsync lint ./my
press_tab calsync busy --source h
"""


def test_bash(desk: Box) -> None:
    assert in_shell(desk, "bash", BASH) == ["plan", "phone family", "spring", "", "home"]


FISH = """
_CALSYNC_COMPLETE=fish_source calsync | source
complete -C 'calsync pl' | cut -f1
complete -C 'calsync push --target f' | cut -f1
"""


def test_fish(desk: Box) -> None:
    assert in_shell(desk, "fish", FISH) == ["plan", "family"]


# zsh completes only where somebody types: what it would show is printed instead.
ZSH = """
compdef() { :; }
eval "$(_CALSYNC_COMPLETE=zsh_source calsync)"
_describe() { for entry in $completions_with_descriptions; do print -r -- ${entry%%:*}; done }
compadd() { print -rl -- $completions; }
words=(calsync pl) CURRENT=2; _calsync_completion
words=(calsync push --target f) CURRENT=4; _calsync_completion
"""


def test_zsh(desk: Box) -> None:
    assert in_shell(desk, "zsh", ZSH) == ["plan", "family"]
