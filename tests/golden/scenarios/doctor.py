"""What `calsync doctor` says of machines and setups, sick and healthy ones."""

import fcntl

from tests.cli.box import FEED, config, target
from tests.golden.recorder import Recorder, scenario

TIMER = "calsync-training.timer loaded active waiting Training plan"


def _program(recorder: Recorder, name: str, script: str) -> None:
    """A program that is found before the machine's own."""
    path = recorder.box.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _systemctl(recorder: Recorder, units: str, files: str = "") -> None:
    recorder.box.write("units.txt", f"{units}\n")
    recorder.box.write("files.txt", f"{files}\n")
    script = f"""case " $* " in *" --user "*) ;; *) exit 1;; esac
case " $* " in
  *" list-units "*) cat "{recorder.box.folder}/units.txt";;
  *" list-unit-files "*) cat "{recorder.box.folder}/files.txt";;
esac"""
    _program(recorder, "systemctl", script)


@scenario
def doctor_of_schedules(recorder: Recorder) -> None:
    """What runs calsync by itself, as far as cron and systemd say."""
    recorder.box.config()
    recorder.run("push")
    for line in (
        "17 * * * * calsync push --quiet",
        "@hourly PRIVATE_ICS=https://example.com/key calsync push",
        "# 17 * * * * calsync push",
        "5 5 * * * backup",
    ):
        recorder.say(line)
        _program(recorder, "crontab", f"echo '{line}'")
        recorder.run("doctor")
    _program(recorder, "crontab", "exit 1")
    for units, files in (
        (TIMER, ""),
        ("calsync-serve.service loaded active running calsync: feed and week page", ""),
        ("calsync.timer loaded inactive dead Training plan", "calsync.timer disabled enabled"),
        ("● calsync.timer loaded failed failed Training plan", ""),
        ("logrotate.timer loaded active waiting Daily rotation", ""),
    ):
        recorder.say(units)
        _systemctl(recorder, units, files)
        recorder.run("doctor")
    recorder.say("Unit files alone")
    _program(recorder, "systemctl", "exit 1")
    recorder.write("home/.config/systemd/user/calsync.timer", "[Timer]\nOnCalendar=hourly\n")
    recorder.run("doctor")
    recorder.run("doctor", "--format", "json")


@scenario
def doctor_of_setups(recorder: Recorder) -> None:
    """Configs, templates, feeds and folders with something wrong in them."""
    run = recorder.run
    work = '[[busy]]\nname = "work"\ntype = "ics"\n'
    recorder.say("An address that only cron's environment has, or only the shell's")
    recorder.write("config.toml", config(more=f'{work}url_env = "NOWHERE_SET"\n'))
    run("doctor")
    run("doctor", "--format", "json")
    run("plan")
    recorder.say("Templates")
    recorder.box.config(plan='templates = "mine"', weeks='["balanced", "spring", "./own.toml"]')
    run("doctor")
    recorder.write("own.toml", 'title = "Own"\n[[runs]]\nday = "mo"\n')
    recorder.write("mine/spring.toml", 'title = "Spring"\n[[strength]]\nroutine = "rops"\nload = "light"\n')
    run("doctor")
    run("doctor", "--verbose")
    recorder.say("A config that is no TOML, and one with a wrong value")
    recorder.write("config.toml", config().replace("horizon = 2", "horizon = = 2"))
    run("doctor")
    recorder.write("config.toml", config().replace("horizon = 2", 'horizon = "2"'))
    run("doctor")
    run("doctor", "--config", "nowhere.toml")
    recorder.say("A state folder that is a file")
    recorder.box.config()
    recorder.write("elsewhere", "a file")
    for command in (("doctor",), ("push",), ("plan",), ("skip", "2026-W48/strength/1")):
        run(*command, env={"CALSYNC_STATE": str(recorder.box.folder / "elsewhere")})
    recorder.say("Targets")
    recorder.write("public/other.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n")
    recorder.write("blocked", "a file")
    others = target("other", "public/other.ics") + target("blocked", "blocked/x.ics")
    recorder.box.config(targets=FEED + others + target("deep", "a/b/c/d.ics"))
    run("doctor")
    run("push")
    run("doctor")
    recorder.say("Days later")
    recorder.box.config(more="[[pause]]\nfrom = 2026-11-30\nto = 2026-12-31\n")
    run("push", "--allow-mass-delete")
    for now in ("2026-11-26T08:00:00+00:00", "2026-12-20T08:00:00+00:00"):
        recorder.now = now
        run("doctor")
        run("doctor", "--format", "json")


@scenario
def doctor_of_the_rest(recorder: Recorder) -> None:
    """A push that runs, the secret of the server, a training feed that is over."""
    run = recorder.run
    recorder.box.config()
    run("push")
    with (recorder.box.state / "training" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("doctor")
        run("push")
    secret = recorder.write("state/training/serve-secret", "a-long-one")
    secret.chmod(0o600)
    run("doctor")
    secret.chmod(0o640)
    run("doctor")
    (recorder.box.state / "training" / "feeds.json").chmod(0o644)
    run("doctor")
    recorder.say("A training feed")
    recorder.copy("examples/runna.ics", "runs.ics")
    recorder.box.config(plan='[plan.feed]\npath = "runs.ics"')
    run("doctor")
    recorder.now = "2027-11-23T06:00:00+00:00"
    run("doctor")
    recorder.now = "2026-11-23T06:00:00+00:00"
    recorder.write("runs.ics", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n")
    run("doctor")
    recorder.write("runs.ics", "no calendar")
    for command in ("doctor", "plan", "push"):
        run(command)
    (recorder.box.folder / "runs.ics").unlink()
    for command in ("doctor", "plan", "push"):
        run(command)
