"""`calsync schedule`: what it prints runs from nothing but a home."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.box import ROOT, Box, Result, config
from tests.programs import need_program

EVERY = {"15m": 96, "30m": 48, "1h": 24, "2h": 12, "3h": 8, "4h": 6, "6h": 4, "8h": 3, "12h": 2, "24h": 1}


def as_cron_runs(line: str) -> list[str]:
    """What crontab(5) makes of a line: the command for sh, and what it gets on standard input.

    The first % that is not escaped ends the command; an escaped one becomes a plain one.
    """
    command = line.split(maxsplit=5)[5]
    return [part.replace(r"\%", "%") for part in re.split(r"(?<!\\)%", command, maxsplit=1)]


def minutes_of(line: str) -> set[tuple[int, int]]:
    """Hours and minutes of the day at which a line of a crontab runs."""
    minute, hour, *rest = line.split()[:5]
    assert rest == ["*", "*", "*"]
    hours = range(24) if hour == "*" else [int(one) for one in hour.split(",")]
    return {(h, int(m)) for h in hours for m in minute.split(",")}


def scheduled(box: Box, *args: str, **variables: str) -> Result:
    """`calsync schedule` in a process of its own."""
    result = box.process("schedule", *args, env=variables)
    assert result.code == 0, result.err
    return result


@pytest.fixture
def odd(tmp_path: Path) -> Box:
    """A box whose path a shell, cron and systemd each take for something else if it is not quoted."""
    folder = tmp_path / 'it\'s 100% "mine" $HOME'
    folder.mkdir()
    box = Box(folder)
    box.config()
    (folder / "home").mkdir()
    return box


# --- cron -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", EVERY)
def test_a_minute_that_is_not_crowded(box: Box, every: str) -> None:
    lines = {box.ok("schedule", "--every", every).out for _ in range(20)}
    assert len(lines) > 1
    for line in lines:
        (line,) = line.splitlines()
        times = minutes_of(line)
        assert len(times) == EVERY[every]
        assert not {minute for _, minute in times} & {0, 30}
        in_order = sorted(60 * hour + minute for hour, minute in times)
        apart = {b - a for a, b in zip(in_order, [*in_order[1:], in_order[0] + 1440], strict=True)}
        assert apart == {1440 // EVERY[every]}


def test_every_hour_unless_told_otherwise(box: Box) -> None:
    assert len(minutes_of(box.ok("schedule").out)) == 24


@pytest.mark.parametrize("every", ["5h", "7m", "1d", "", "0h", "hourly"])
def test_what_divides_no_day_is_refused(box: Box, every: str) -> None:
    result = box.run("schedule", "--every", every)
    assert (result.code, result.out) == (2, "")


def test_the_line_runs_from_nothing_but_a_home(odd: Box) -> None:
    line = scheduled(odd).out
    command, *given = as_cron_runs(line)
    assert given == []
    for _ in range(2):
        done = subprocess.run(
            ["/usr/bin/env", "-i", f"HOME={odd.folder / 'home'}", "/bin/sh", "-c", command],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert odd.feed.is_file()
    assert done.stdout == ""
    assert (odd.state / "training").is_dir()
    assert not (odd.folder / "home" / ".local").exists()


def test_this_very_calsync_runs_by_its_absolute_path(box: Box, tmp_path: Path) -> None:
    """Also where PATH finds it by a name alone."""
    program = box.write("bin/calsync", f"#!{sys.executable}\nfrom calsync.__main__ import main\nmain()\n")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    result = box.process("schedule", program=["calsync"], env={"PATH": path})
    assert result.code == 0, result.err
    assert f" {program} push --quiet --config {tmp_path / 'config.toml'}\n" in result.out


def test_the_config_that_is_used_now_is_named(box: Box, tmp_path: Path) -> None:
    box.write("other/mine.toml", config())
    for args, variables in (
        (("--config", "other/mine.toml"), {}),
        ((), {"CALSYNC_CONFIG": "other/mine.toml"}),
    ):
        assert f"--config {tmp_path}/other/mine.toml" in scheduled(box, *args, **variables).out


def test_data_on_standard_output_and_what_is_left_to_do_on_standard_error(box: Box) -> None:
    result = box.ok("schedule")
    assert result.out.count("\n") == 1
    assert "crontab -e" in result.err
    assert "variables" not in result.err


@pytest.mark.parametrize("args", [(), ("--systemd",), ("--systemd", "--serve")])
def test_variables_are_named_and_secrets_never_told(box: Box, args: tuple[str, ...]) -> None:
    secret = "https://calendar.example.org/s3cret.ics"
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\nurl_env = "WORK_ICS"\n')
    result = scheduled(box, *args, WORK_ICS=secret)
    assert "  WORK_ICS=...\n" in result.err
    assert "s3cret" not in result.out + result.err
    assert ("EnvironmentFile=%E/calsync/environment" in result.out) == bool(args)


def test_a_config_that_is_wrong_is_not_scheduled(box: Box) -> None:
    box.write("config.toml", "name = 3\n")
    result = box.run("schedule")
    assert (result.code, result.out) == (3, "")


def test_a_path_that_no_crontab_can_hold(tmp_path: Path) -> None:
    folder = tmp_path / "a\\b"
    folder.mkdir()
    box = Box(folder)
    box.config()
    result = box.run("schedule")
    assert (result.code, result.out) == (3, "")
    assert "backslash" in result.error


# --- systemd ----------------------------------------------------------------------------------------------


def units(text: str) -> dict[str, str]:
    """The files that are printed, by the names above them."""
    parts = re.split(r"^# (?=/)(.*)$\n", text, flags=re.MULTILINE)
    assert parts[0] == ""
    return {Path(name).name: body for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_two_units_that_can_be_pasted(box: Box, tmp_path: Path) -> None:
    result = box.ok("schedule", "--systemd", "--every", "6h")
    found = units(result.out)
    assert list(found) == ["calsync-training.service", "calsync-training.timer"]
    assert f"--config {tmp_path}/config.toml\n" in found["calsync-training.service"]
    assert "TimeoutStartSec=" in found["calsync-training.service"]
    assert "Persistent=true" in found["calsync-training.timer"]
    assert "RandomizedDelaySec=" in found["calsync-training.timer"]
    times = re.search(
        r"^OnCalendar=\*-\*-\* ([\d,]+):(\d\d):00$", found["calsync-training.timer"], re.MULTILINE
    )
    assert times is not None
    assert len(times[1].split(",")) == 4
    assert times[2] not in ("00", "30")
    assert "systemctl --user enable --now calsync-training.timer" in result.err


def test_a_service_for_the_server(box: Box) -> None:
    result = box.ok("schedule", "--systemd", "--serve", "--every", "30m")
    (found,) = units(result.out).values()
    assert " serve --every 30m --config " in found
    assert "ExecReload=kill -HUP $MAINPID" in found
    assert "systemctl --user enable --now calsync-serve-training.service" in result.err
    (found,) = units(box.ok("schedule", "--systemd", "--serve").out).values()
    assert " serve --config " in found, "all else is for the config to say"


@pytest.mark.parametrize("option", ["--serve", "--write"])
def test_options_that_are_of_systemd_alone(box: Box, option: str) -> None:
    result = box.run("schedule", option)
    assert (result.code, result.out) == (2, "")


def test_units_are_written_where_systemd_looks_and_none_of_somebody_elses(box: Box) -> None:
    folder = box.folder / "home" / ".config" / "systemd" / "user"
    for _ in range(2):
        result = box.ok("schedule", "--systemd", "--write")
        assert result.out == ""
        assert {file.name for file in folder.iterdir()} == {
            "calsync-training.service",
            "calsync-training.timer",
        }
    (folder / "calsync-training.timer").write_text("[Timer]\n# mine\n")
    before = (folder / "calsync-training.service").read_bytes()
    result = box.run("schedule", "--systemd", "--write", "--every", "2h")
    assert result.code == 6
    assert "calsync-training.timer" in result.error
    assert (folder / "calsync-training.timer").read_text() == "[Timer]\n# mine\n"
    assert (folder / "calsync-training.service").read_bytes() == before


@pytest.mark.parametrize("every", EVERY)
def test_systemd_finds_nothing_wrong(odd: Box, tmp_path: Path, every: str) -> None:
    need_program("systemd-analyze", "install Debian's package systemd")
    scheduled(odd, "--systemd", "--write", "--every", every)
    scheduled(odd, "--systemd", "--write", "--serve", "--every", every)
    files = sorted((odd.folder / "home" / ".config" / "systemd" / "user").iterdir())
    assert len(files) == 3
    runtime = tmp_path / "run"
    runtime.mkdir()
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *map(str, files)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_a_unit_starts_is_what_cron_runs(odd: Box) -> None:
    """systemd's own unquoting, as systemd.syntax(7) says it."""
    service = units(scheduled(odd, "--systemd").out)["calsync-training.service"]
    (start,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    words = [
        (quoted or plain).replace(r"\"", '"').replace("%%", "%").replace("$$", "$")
        for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', start)
    ]
    variables = dict(
        re.sub(r'^"(.*)"$', r"\1", line).replace(r"\"", '"').replace("%%", "%").split("=", 1)
        for line in re.findall(r"^Environment=(.*)$", service, re.MULTILINE)
    )
    done = subprocess.run(words, env=variables, cwd="/", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert odd.feed.is_file()
    assert variables["PYTHONPATH"] == str(ROOT)


def test_a_second_plan_has_units_of_its_own(tmp_path: Path) -> None:
    box = Box(tmp_path)
    for name in ("mine", "yours"):
        box.config(name=name)
        assert box.run("schedule", "--systemd", "--write").code == 0
    folder = tmp_path / "home" / ".config" / "systemd" / "user"
    names = {f"calsync-{name}.{kind}" for name in ("mine", "yours") for kind in ("service", "timer")}
    assert {file.name for file in folder.iterdir()} == names
