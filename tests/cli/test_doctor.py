"""`calsync doctor`: each line is ok or says what to do, and looking changes nothing."""

import os
import shutil
from pathlib import Path

import pytest

from calsync.app.doctor.report import Check, checked
from calsync.errors import ConfigError
from calsync.files import Folder
from calsync.state import State
from tests.cli.box import FEED, ROOT, Box, target
from tests.cli.doctor import bad, checks, doctor, program, tree, without_schedule
from tests.cli.test_feed_down import BUSY as FEED_OF
from tests.cli.test_feed_down import served

LATER = "2026-11-23T11:00:00+00:00"
MEETINGS = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
SUMMARY:Layoffs
DTSTART:20261123T050000Z
DTEND:20261123T055500Z
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Board
DTSTART:20261124T090000Z
DTEND:20261124T100000Z
END:VEVENT
END:VCALENDAR
"""
OF_FILE = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'
# What is to be said of a machine where calsync has just been installed.
FRESH = {"last push": "warning", "schedule": "warning"}


@pytest.fixture
def box(box: Box) -> Box:
    without_schedule(box)
    return box


def test_the_example_config_has_nothing_but_a_schedule_and_a_push_to_come(box: Box) -> None:
    shutil.copytree(ROOT / "examples", box.folder / "examples")
    shutil.copy(ROOT / "config.example.toml", box.folder / "config.toml")
    before = tree(box.folder)
    found = checks(box, code=0)
    assert bad(found) == FRESH
    assert found["last push"]["text"] == "never pushed yet"
    assert "calsync schedule" in found["schedule"]["fix"]
    assert tree(box.folder) == before
    program(box, "crontab", "echo '7 * * * * calsync push --quiet'")
    box.ok("push")
    assert bad(checks(box, code=0)) == {}
    assert doctor(box).out.splitlines()[-1].startswith("All good.")


def test_the_checks_come_in_one_order_and_each_on_a_line_with_what_to_do_below(box: Box) -> None:
    box.write("work.ics", MEETINGS)
    box.config(more=OF_FILE)
    names = ["config", "time zone", "template balanced", "busy work", "target feed"]
    names += ["state folder", "lock", "last push", "schedule"]
    assert list(checks(box)) == names
    lines = doctor(box).out.splitlines()
    assert [line.split()[0] for line in lines[:-1] if "→" not in line] == ["ok"] * 7 + ["warning"] * 2
    assert ["→" in line for line in lines[-5:-1]] == [False, True, False, True]
    assert lines[-1] == "All good, 2 things to look at."


def test_in_a_pipe_there_is_no_colour_and_a_check_is_never_broken(box: Box) -> None:
    result = box.process("doctor", env={"COLUMNS": "40"})
    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert len(result.out.splitlines()) == 8 + 2 + 1


@pytest.mark.parametrize("pushed", [False, True])
def test_it_changes_nothing(box: Box, pushed: bool) -> None:
    with served() as port:
        box.write("plan.ics", (ROOT / "examples" / "runna.ics").read_bytes())
        box.config(more=FEED_OF.format(port), plan='[plan.feed]\npath = "plan.ics"')
        if pushed:
            box.ok("push")
        before = tree(box.folder)
        for form in ("text", "json"):
            assert doctor(box, "--format", form, now=LATER).code == 0
    doctor(box, now=LATER)
    assert tree(box.folder) == before


def test_what_breaks_is_a_failed_check_that_quotes_nothing() -> None:
    def broken() -> Check:
        raise ZeroDivisionError("https://example.com/secret")

    check = checked("busy", "work", broken)
    assert (check.status, check.exit_code) == ("failed", 1)
    assert "ZeroDivisionError" in check.text
    assert "secret" not in check.text
    assert "--verbose" in (check.fix or "")


def test_an_error_keeps_its_exit_code() -> None:
    def wrong() -> Check:
        raise ConfigError("work: no\nsuch thing")

    check = checked("busy", "work", wrong)
    assert (check.status, check.exit_code, check.text) == ("failed", 3, "no\\nsuch thing")


def test_the_exit_code_is_that_of_what_needs_a_person_most(box: Box) -> None:
    gone = OF_FILE.replace("work.ics", "gone.ics")
    box.config(more=gone)
    assert bad(checks(box, code=5)) == {"busy work": "failed", **FRESH}
    box.write("mine.ics", MEETINGS)
    box.config(more=gone, targets=FEED + target("mine", "mine.ics"))
    assert bad(checks(box, code=6)) == {"busy work": "failed", "target mine": "failed", **FRESH}
    box.config(more=gone, targets=FEED + target("mine", "mine.ics"), weeks='["balanced", "balancd"]')
    found = checks(box, code=3)
    assert 'did you mean "balanced"' in found["template balancd"]["text"]
    assert list(bad(found)) == ["template balancd", "busy work", "target mine", *FRESH]
    summary = doctor(box).out.splitlines()[-1]
    assert summary == "Wrong: template balancd, busy work, target mine; 2 things to look at."


# --- the config -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "line"), [('horizon = "2"', ":6: plan.horizon:"), ("horizon = = 2", ":6:11: ")]
)
def test_a_wrong_config_is_said_with_its_line_and_the_rest_is_checked(
    box: Box, wrong: str, line: str
) -> None:
    box.ok("push")
    config = box.folder / "config.toml"
    config.write_text(config.read_text().replace("horizon = 2", wrong))
    found = checks(box, code=3)
    assert line in found["config"]["text"]
    assert list(found) == ["config", "state folder", "lock", "last push", "schedule"]
    assert bad(found) == {"config": "failed", "schedule": "warning"}


def test_a_variable_that_is_not_set_costs_its_own_source_alone(box: Box) -> None:
    box.write("work.ics", MEETINGS)
    private = '[[busy]]\nname = "private"\ntype = "ics"\nurl_env = "PRIVATE_ICS"\n'
    box.config(more=OF_FILE + private)
    found = checks(box, code=3)
    assert bad(found) == {"config": "failed", "busy private": "failed", **FRESH}
    assert "the 2nd busy calendar: url_env" in found["config"]["text"]
    assert "cron" in found["config"]["fix"]
    assert "PRIVATE_ICS is not set" in found["busy private"]["text"]
    with served() as port:
        box.environment["PRIVATE_ICS"] = f"http://127.0.0.1:{port}/secret"
        assert bad(checks(box, code=0)) == FRESH


def test_without_a_config_it_says_where_one_is_looked_for(box: Box) -> None:
    (box.folder / "config.toml").unlink()
    found = checks(box, code=3)
    assert "./config.toml" in found["config"]["text"]
    assert list(found) == ["config", "schedule"]
    assert "missing.toml: no such file" in checks(box, "-c", "missing.toml")["config"]["text"]


def test_the_zone_is_said_with_what_its_clocks_show(box: Box) -> None:
    box.config(zone="Asia/Kathmandu")
    text = "Asia/Kathmandu, where it is Mon 23 Nov 11:45 (UTC+05:45)"
    assert checks(box)["time zone"]["text"] == text


def test_a_template_that_the_rules_dislike_is_a_warning(box: Box) -> None:
    run = '[[runs]]\nday = "{}"\nkind = "intervals"\nduration = "1h"\n'
    box.write("week.toml", 'title = "W"\n' + run.format("tue") + run.format("wed"))
    box.config(weeks='["balanced", "week.toml"]')
    found = checks(box, code=0)
    assert bad(found) == {"template week.toml": "warning", **FRESH}
    assert found["template week.toml"]["findings"] > 0
    assert "calsync lint week.toml" in found["template week.toml"]["fix"]
    (box.folder / "week.toml").write_text('title = "W"\n[[runs]]\nday = "tues"\n')
    found = checks(box, code=3)
    assert bad(found) == {"template week.toml": "failed", **FRESH}
    assert "week.toml:3: the 1st run: day" in found["template week.toml"]["text"]


# --- what is read -----------------------------------------------------------------------------------------


def test_a_file_that_says_when_its_owner_is_busy(box: Box) -> None:
    path = box.write("work.ics", MEETINGS)
    os.utime(path, (1795327200, 1795327200))  # 2026-11-22 06:00, a day before
    box.config(more=OF_FILE)
    result = doctor(box)
    assert "Board" not in result.out
    check = checks(box)["busy work"]
    assert (check["events"], check["busy"], check["age_seconds"]) == (2, 1, 86400)
    assert check["next_busy"] == "2026-11-24T09:00:00+00:00"
    assert "work.ics, changed 24 hours ago; 2 events; 1 busy stretch to" in check["text"]
    assert "next Tue 24 Nov 09:00" in check["text"]
    check = checks(box, now="2026-11-24T09:30:00+00:00")["busy work"]
    assert "busy now, until Tue 24 Nov 10:00" in check["text"]
    check = checks(box, now="2026-11-25T09:30:00+00:00")["busy work"]
    assert (check["status"], check["busy"], check["next_busy"]) == ("ok", 0, None)


def test_a_calendar_without_any_event_is_suspicious(box: Box) -> None:
    box.write("work.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    box.config(more=OF_FILE)
    check = checks(box, code=0)["busy work"]
    assert (check["status"], check["events"]) == ("warning", 0)
    assert "it is empty" in check["text"]


def test_a_calendar_with_warnings_says_where_to_read_them(box: Box) -> None:
    box.write(
        "work.ics", MEETINGS.replace("DTSTART:20261124T090000Z", "DTSTART;TZID=Nowhere:20261124T090000")
    )
    box.config(more=OF_FILE)
    check = checks(box, code=0)["busy work"]
    assert (check["status"], check["fix"]) == ("warning", "`calsync busy --source work` says which")
    assert "Warning" in box.ok("busy", "--source", "work").err


def test_a_feed_that_fails_has_a_copy_for_a_while_and_its_address_stays_secret(box: Box) -> None:
    with served() as port:
        box.config(more=FEED_OF.format(port))
        assert "age_seconds" not in checks(box, code=0)["busy work"]
        box.ok("push")
        check = checks(box, now=LATER, code=0)["busy work"]
        assert (check["status"], check["age_seconds"], check["events"]) == ("ok", 5 * 3600, 8)
        assert f"http://127.0.0.1:{port} answers, copy of 5 hours ago" in check["text"]
    check = checks(box, now=LATER, code=0)["busy work"]
    assert (check["status"], check["age_seconds"], check["events"]) == ("warning", 5 * 3600, 8)
    assert "its copy of 5 hours ago serves until Mon 30 Nov" in check["text"]
    check = checks(box, now="2026-12-02T06:00:00+00:00", code=5)["busy work"]
    assert check["status"] == "failed"
    box.config(more=FEED_OF.format(port) + 'on_error = "fail"\n')
    assert checks(box, now=LATER, code=5)["busy work"]["status"] == "failed"
    for form in ("text", "json"):
        assert "secret" not in doctor(box, "--format", form).out


def test_the_training_feed(box: Box) -> None:
    shutil.copy(ROOT / "examples" / "runna.ics", box.folder / "plan.ics")
    box.config(plan='[plan.feed]\npath = "plan.ics"')
    check = checks(box, code=0)["training feed"]
    assert check["status"] == "ok"
    assert check["events"] > 10
    assert "next Tue 24 Nov" in check["text"]
    check = checks(box, now="2027-11-23T06:00:00+00:00", code=0)["training feed"]
    assert check["status"] == "warning"
    assert "the templates' are used" in check["text"]
    (box.folder / "plan.ics").unlink()
    assert checks(box, code=5)["training feed"]["status"] == "failed"


# --- what is written --------------------------------------------------------------------------------------


def test_a_feed_says_what_is_to_come_and_who_can_read_it(box: Box) -> None:
    assert checks(box)["target feed"]["events"] == 0
    box.ok("push")
    closed = [str(folder) for folder in box.feed.parents if folder.stat().st_mode & 0o001 == 0]
    check = checks(box, code=0)["target feed"]
    assert (check["status"], check["events"]) == ("ok", 14)
    assert check["readable_by_others"] is (not closed)
    assert not closed or f"can't get into {closed[-1]}" in check["text"]
    assert checks(box, now="2026-12-20T06:00:00+00:00")["target feed"]["events"] == 0
    box.feed.chmod(0o600)
    check = checks(box, code=0)["target feed"]
    assert (check["status"], check["fix"]) == ("warning", "chmod 644 public/training.ics")
    assert check["readable_by_others"] is False


def test_a_path_that_can_not_be_written_is_said(box: Box) -> None:
    box.write("public", "a file where a folder should be")
    check = checks(box, code=5)["target feed"]
    assert check["status"] == "failed"
    assert f"{box.folder / 'public'} is no folder" in check["text"]
    assert not (box.folder / "state").exists()


def test_somebody_elses_calendar_is_refused(box: Box) -> None:
    box.write("public/training.ics", MEETINGS)
    assert "did not write" in checks(box, code=6)["target feed"]["text"]


# --- the state folder -------------------------------------------------------------------------------------


def test_the_state_folder_is_for_its_owner_alone(box: Box) -> None:
    box.ok("push")
    folder = box.state / "training"
    assert bad(checks(box)) == {"schedule": "warning"}
    folder.chmod(0o755)
    check = checks(box, code=0)["state folder"]
    assert (check["status"], check["fix"]) == ("warning", f"chmod 700 {folder}")
    folder.chmod(0o700)
    (folder / "feeds.json").chmod(0o644)
    check = checks(box, code=0)["state folder"]
    assert (check["status"], check["fix"]) == ("warning", f"chmod 600 {folder / 'feeds.json'}")


def test_a_folder_around_it_that_everybody_can_write_to_is_said(box: Box) -> None:
    """Whoever can rename the state folder can put one of their own in its place."""
    box.ok("push")
    box.state.chmod(0o777)
    check = checks(box, code=0)["state folder"]
    assert (check["status"], check["fix"]) == ("warning", f"chmod o-w {box.state}")
    box.state.chmod(0o1777)
    assert checks(box)["state folder"]["status"] == "ok"


@pytest.mark.parametrize(
    "secret",
    [
        '[[busy]]\nname = "work"\ntype = "ics"\nurl = "http://127.0.0.1:9/a.ics"\non_error = "fail"\n',
        '[plan.feed]\nurl = "http://user:word@127.0.0.1:9/"\n',
    ],
    ids=["address", "password"],
)
def test_a_config_with_addresses_is_for_its_owner_alone(box: Box, secret: str) -> None:
    path = box.config(more=secret)
    path.chmod(0o644)
    check = checks(box)["config"]
    assert check["status"] == "warning"
    assert check["fix"].startswith("chmod 600 config.toml")
    assert "word" not in check["text"]
    path.chmod(0o600)
    assert checks(box)["config"]["status"] == "ok"


def test_a_config_without_secrets_may_be_read(box: Box) -> None:
    box.environment["WORK"] = "http://127.0.0.1:9/a.ics"
    path = box.config(more='[[busy]]\nname = "work"\ntype = "ics"\nurl_env = "WORK"\n')
    path.chmod(0o644)
    assert checks(box)["config"]["status"] == "ok"


def test_a_state_folder_that_can_not_be_is_said(box: Box) -> None:
    box.write("state", "a file")
    check = checks(box, code=5)["state folder"]
    assert f"{box.state} is no folder" in check["text"]
    assert "CALSYNC_STATE" in check["text"]


def test_a_damaged_file_in_it_is_said(box: Box) -> None:
    box.ok("push")
    path = box.write("state/training/wishes.json", "{")
    path.chmod(0o600)
    found = checks(box, code=5)
    assert "wishes.json" in found["state folder"]["text"]
    assert found["lock"]["status"] == "ok"


def test_a_push_that_runs_is_seen_and_not_disturbed(box: Box) -> None:
    box.ok("push")
    with State(Folder(box.state / "training")).lock():
        check = checks(box, code=0)["lock"]
        assert check["status"] == "warning"
        assert box.run("push").code == 5
    assert checks(box)["lock"]["status"] == "ok"
    box.ok("push")


def test_the_last_push_that_went_well_is_remembered(box: Box) -> None:
    box.ok("push", "--dry-run")
    assert checks(box)["last push"]["text"] == "never pushed yet"
    box.ok("push")
    # One that changes nothing is one, too; one that fails is not, and is said first.
    box.ok("push", "--quiet", now="2026-11-23T08:00:00+00:00")
    check = checks(box, now=LATER)["last push"]
    assert (check["status"], check["age_seconds"], check["text"]) == ("ok", 3 * 3600, "went well 3 hours ago")
    public, away = box.folder / "public", box.folder / "away"
    public.rename(away)
    public.write_text("in the way")
    assert box.run("push", now=LATER).code == 5
    check = checks(box, now=LATER)["last push"]
    assert (check["status"], check["age_seconds"]) == ("warning", 0)
    assert check["text"].startswith("the last one failed just now: ")
    assert check["text"].endswith("; the one before that went well was 3 hours ago")
    public.unlink()
    away.rename(public)
    box.ok("push", now="2026-11-23T08:00:00+00:00")
    check = checks(box, now="2026-11-26T08:00:00+00:00")["last push"]
    assert (check["status"], check["age_seconds"]) == ("warning", 3 * 86400)
    assert "3 days ago" in check["text"]
    assert (box.state / "training" / "last-push").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "yesterday", "\xff", "0001-01-01T00:00:00+14:00"])
def test_a_damaged_record_of_it_counts_as_none_and_the_next_push_mends_it(box: Box, content: str) -> None:
    box.ok("push")
    record = box.state / "training" / "last-push"
    record.write_text(content, "latin-1")
    assert checks(box, code=0)["last push"]["text"] == "never pushed yet"
    box.ok("push")
    assert checks(box)["last push"]["status"] == "ok"


def test_a_push_that_can_not_remember_is_a_push_all_the_same(box: Box) -> None:
    (box.state / "training" / "last-push").mkdir(parents=True)
    box.ok("push")
    assert box.feed.exists()
    assert checks(box, code=0)["last push"]["text"] == "never pushed yet"


def test_the_secret_of_serve_is_for_its_owner_alone(box: Box) -> None:
    box.ok("push")
    assert "serve" not in checks(box)
    secret: Path = box.write("state/training/serve-secret", "a-long-one")
    secret.chmod(0o600)
    check = checks(box)["serve"]
    assert check["status"] == "warning"
    assert "no server runs at 127.0.0.1, port" in check["text"]
    assert "--show-links" in check["text"]
    secret.chmod(0o640)
    found = checks(box, code=0)
    assert bad(found) == {"schedule": "warning", "serve": "warning"}
    assert "--rotate-secret" in found["serve"]["fix"]
    assert "a-long-one" not in doctor(box).out
