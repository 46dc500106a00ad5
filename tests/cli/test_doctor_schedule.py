"""`calsync doctor` on whether anything runs calsync: cron and systemd, as far as they can be asked."""

from typing import Any

import pytest

from tests.cli.box import Box, config
from tests.cli.doctor import checks, doctor, program, without_schedule

TIMER = "calsync.timer loaded active waiting Training plan"
SERVICE = "calsync.service loaded inactive dead Training plan"
OTHER = "logrotate.timer loaded active waiting Daily rotation of log files"


@pytest.fixture
def box(box: Box) -> Box:
    without_schedule(box)
    return box


def schedule(box: Box) -> Any:
    return checks(box, code=0)["schedule"]


def crontab(box: Box, *lines: str) -> None:
    box.write("crontab.txt", "\n".join(lines) + "\n")
    program(box, "crontab", f'[ "$*" = "-l" ] && cat "{box.folder}/crontab.txt"')


def systemctl(box: Box, *, units: str = "", files: str = "", scope: str = "--user") -> None:
    """What systemctl lists for the user, or with another `scope` for the system."""
    box.write("units.txt", units + "\n")
    box.write("files.txt", files + "\n")
    is_users = '*" --user "*'
    mine = is_users if scope == "--user" else '*" list-"*'
    script = f"""
case " $* " in {"" if scope == "--user" else is_users + ") exit 1;;"}
  {mine}) ;;
  *) exit 1;;
esac
case " $* " in
  *" list-units "*) cat "{box.folder}/units.txt";;
  *" list-unit-files "*) cat "{box.folder}/files.txt";;
esac
"""
    program(box, "systemctl", script)


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("17 * * * * calsync push --quiet", "17 * * * *"),
        ("3,33 6-22 * * mon-fri /opt/bin/calsync push -q -c {config}", "3,33 6-22 * * mon-fri"),
        ("7 * * * * cd '{folder}' && calsync push -c ./config.toml", "7 * * * *"),
        ("*/20\t*\t*\t*\t*\tcd ~/plan && uvx calsync push", "*/20 * * * *"),
        ("@hourly calsync push --quiet", "@hourly"),
        ("@hourly PRIVATE_ICS=https://example.com/key calsync push", "@hourly"),
    ],
)
def test_a_line_of_the_crontab_is_found_and_no_more_of_it_shown_than_when(
    box: Box, line: str, when: str
) -> None:
    line = line.replace("{config}", str(box.folder / "config.toml")).replace("{folder}", str(box.folder))
    crontab(box, "MAILTO=me@example.com", "0 5 * * * backup", line)
    check = schedule(box)
    assert (check["status"], check["text"], check["fix"]) == ("ok", f"cron: {when}", None)


@pytest.mark.parametrize(
    "line",
    ["# 17 * * * * calsync push", "#17 * * * * calsync push", "CALSYNC=calsync", "", "5 5 * * * backup"],
)
def test_what_is_no_line_for_calsync_is_none(box: Box, line: str) -> None:
    crontab(box, line)
    check = schedule(box)
    assert (check["status"], check["text"]) == ("warning", "nothing runs this plan by itself yet")
    assert check["fix"] == "leave `calsync serve` running, or let `calsync schedule` print a line for cron"


@pytest.mark.parametrize(
    "line",
    [
        "17 * * * * calsync push --quiet --config /srv/ada/other.toml",
        "17 * * * * /opt/bin/calsync push -q -c /etc/c.toml",
        "17 * * * * CALSYNC_CONFIG=/etc/c.toml calsync push",
    ],
)
def test_what_runs_another_config_does_not_run_this_one(box: Box, line: str) -> None:
    crontab(box, line)
    assert schedule(box)["status"] == "warning"


def test_the_units_that_schedule_writes_are_found_for_their_plan_alone(box: Box) -> None:
    listed = "calsync-{}.timer loaded active waiting calsync: when the calendars are brought up to date"
    for name in ("training", "spring"):
        file = box.write(f"it's {name} 100%.toml", config(name=name))
        box.ok("schedule", "--systemd", "--write", "--config", str(file))
    systemctl(box, units="\n".join(map(listed.format, ("training", "spring", "elsewhere"))))
    for name in ("training", "spring"):
        found = checks(box, "--config", f"it's {name} 100%.toml", code=0)["schedule"]
        assert found["text"] == f"systemd: calsync-{name}.timer"


def test_an_active_timer_of_the_user_or_the_system_is_found(box: Box) -> None:
    for scope in ("--user", "system"):
        systemctl(box, units="\n".join((OTHER, SERVICE, TIMER)), scope=scope)
        assert schedule(box)["text"] == "systemd: calsync.timer"


def test_a_service_that_runs_is_found(box: Box) -> None:
    systemctl(box, units="calsync-serve.service loaded active running calsync: feed and week page")
    assert schedule(box)["text"] == "systemd: calsync-serve.service"


def test_a_timer_by_another_name_is_found_by_what_its_service_runs(box: Box) -> None:
    unit = "home/.config/systemd/user/training.{}"
    box.write(unit.format("timer"), "[Timer]\nOnCalendar=hourly\n")
    box.write(unit.format("service"), "[Service]\nExecStart=/opt/bin/calsync push --quiet\n")
    systemctl(box, units=f"{OTHER}\ntraining.timer loaded active waiting training.timer")
    assert schedule(box)["text"] == "systemd: training.timer"


def test_a_timer_that_nobody_started_is_said_with_the_command_that_does(box: Box) -> None:
    systemctl(
        box,
        units="calsync.timer loaded inactive dead Training plan",
        files="calsync.timer disabled enabled\nlogrotate.timer enabled enabled",
    )
    check = schedule(box)
    assert check["status"] == "warning"
    assert check["fix"] == "`systemctl --user enable --now calsync.timer`"


def test_unit_files_are_seen_where_systemd_can_not_be_asked(box: Box) -> None:
    box.write("home/.config/systemd/user/calsync.timer", "[Timer]\nOnCalendar=hourly\n")
    check = schedule(box)
    assert (check["status"], "calsync.timer" in check["fix"]) == ("warning", True)


def test_a_failed_unit_is_no_schedule(box: Box) -> None:
    systemctl(box, units="● calsync.timer loaded failed failed Training plan")
    assert schedule(box)["status"] == "warning"


def test_machines_without_cron_and_systemd_are_fine(box: Box) -> None:
    box.environment["PATH"] = str(box.folder / "nothing-here")
    assert schedule(box)["status"] == "warning"


def test_a_command_that_hangs_is_not_waited_for(box: Box) -> None:
    # Not the shell alone: what it has started keeps its output open.
    program(box, "crontab", "sleep 60; echo '7 * * * * calsync push'")
    systemctl(box, units=TIMER)
    assert schedule(box)["text"] == "systemd: calsync.timer"


def test_output_that_is_no_text_is_no_reason_to_break(box: Box) -> None:
    program(box, "crontab", r"printf '\377\376 calsync\n7 * * * * calsync push \303\n'")
    assert schedule(box)["text"] == "cron: 7 * * * *"
    program(box, "crontab", "#!/no/such/interpreter\n")
    assert doctor(box).code == 0
