"""A plan in a calendar on a CalDAV server, with a feed beside it, from the command line."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calsync.calendars.caldav.client import Request
from calsync.calendars.caldav.discovery import create_calendar
from tests.calendars.caldav.servers import PASSWORD, Server, running
from tests.cli.box import NOW, by_key, config
from tests.cli.caldav import DavBox
from tests.test_project import GOOGLE, modules_after

KEY = "2026-W48/strength/1"
FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC), datetime(2026, 11, 27, 18, 30, tzinfo=UTC)


@pytest.fixture
def radicale() -> Server:
    return running("radicale")


@pytest.fixture
def runner(tmp_path: Path, radicale: Server) -> DavBox:
    """Their calendar is there, and holds the plan."""
    runner = DavBox(tmp_path, server=radicale)
    runner.dav_config()
    runner.ok("push", "--create-calendar")
    return runner


def test_the_plan_is_in_both_and_a_second_push_changes_nothing(runner: DavBox) -> None:
    assert runner.events().keys() == by_key(runner.feed.read_bytes()).keys()
    before = runner.objects()
    assert all(not [one for one in changes if one["action"] != "keep"] for changes in runner.push().values())
    assert runner.objects() == before


def test_what_is_dragged_there_is_followed_in_the_feed(runner: DavBox) -> None:
    runner.drag(KEY, *FRIDAY)
    for _ in range(2):
        runner.push()
        assert runner.events()[KEY]["DTSTART"].dt == FRIDAY[0]
        assert by_key(runner.feed.read_bytes())[KEY]["DTSTART"] == "20261127T180000"
    (change,) = [one for one in runner.push()[runner.name] if one["key"] == KEY]
    assert change["action"] == "pin"


def test_what_is_deleted_there_is_skipped_until_it_is_released(runner: DavBox) -> None:
    runner.delete(KEY)
    for _ in range(2):
        assert [one["action"] for one in runner.push()["feed"] if one["key"] == KEY] in (
            ["withdraw"],
            ["skip"],
        )
        assert KEY not in runner.events()
    runner.ok("release", KEY)
    runner.ok("push")
    assert KEY in runner.events()
    assert KEY in by_key(runner.feed.read_bytes())


def test_what_is_called_off_there_counts_as_deleted_and_stays_as_it_is(runner: DavBox) -> None:
    """Other than Google, which shows what is cancelled to nobody."""
    runner.edit(KEY, lambda event: event.add("STATUS", "CANCELLED"))
    shutil.rmtree(runner.state)  # the event says so itself
    for _ in range(2):
        actions = [one["action"] for one in runner.push()["feed"] if one["key"] == KEY]
        assert actions in (["withdraw"], ["skip"])
        assert runner.events()[KEY]["STATUS"] == "CANCELLED"
    assert KEY not in by_key(runner.feed.read_bytes())
    runner.ok("release", KEY)
    runner.ok("push")
    assert "STATUS" not in runner.events()[KEY]
    assert KEY in by_key(runner.feed.read_bytes())


def test_what_the_runner_brings_back_and_lets_repeat_is_in_the_feed_beyond_the_plan(runner: DavBox) -> None:
    later = "2026-W49/run/tue-1"
    href, text = runner.objects()[later]
    runner.dav_config(horizon=1)
    runner.ok("push")
    assert later not in runner.events()
    repeats = text.replace("END:VEVENT", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT")
    with runner.client() as client:
        client.call(Request.put(href, repeats.encode(), None))
    for _ in range(2):
        runner.push()
        assert "RRULE" in runner.events()[later]
        assert later in by_key(runner.feed.read_bytes())


def test_a_deleted_session_may_get_another_time(runner: DavBox) -> None:
    runner.dav_config('on_delete = "another-time"')
    before = runner.events()[KEY]["DTSTART"].dt
    called_off = next(key for key in runner.events() if "strength" in key and key != KEY)
    there = runner.events()[called_off]["DTSTART"].dt
    runner.delete(KEY)
    runner.edit(called_off, lambda event: event.add("STATUS", "CANCELLED"))
    runner.ok("push")
    assert runner.events()[KEY]["DTSTART"].dt != before
    assert "STATUS" not in runner.events()[called_off]
    assert runner.events()[called_off]["DTSTART"].dt != there


def test_a_calendar_that_was_emptied_is_no_wish_of_its_runner(runner: DavBox) -> None:
    keys = [*runner.events()]
    runner.delete(*keys)
    feed = runner.feed.read_bytes()
    result = runner.run("push")
    assert result.code == 6
    assert f"{len(keys)} of {len(keys)} upcoming events are no longer in the calendar" in result.error
    assert runner.feed.read_bytes() == feed
    assert "no longer in the calendar" in runner.ok("plan").err
    assert runner.run("doctor").code == 6
    assert "no longer in the calendar" not in runner.ok("push", "--allow-mass-delete").err
    assert runner.events() == {}
    runner.ok("push")


def test_without_the_state_folder_it_goes_on(runner: DavBox) -> None:
    runner.drag(KEY, *FRIDAY)
    shutil.rmtree(runner.state)
    runner.ok("push")
    assert runner.events()[KEY]["DTSTART"].dt == FRIDAY[0]
    runner.ok("push", "--create-calendar")


def test_a_calendar_is_not_created_by_itself(tmp_path: Path, radicale: Server) -> None:
    runner = DavBox(tmp_path, server=radicale)
    runner.dav_config()
    result = runner.run("push")
    assert result.code == 4
    assert f'its calendar "{runner.title}" has not been created yet' in result.error
    # The feed need not wait for that.
    assert by_key(runner.feed.read_bytes())
    assert "go on without it" in runner.ok("plan").err
    runner.write("config.toml", config(targets=runner.target()))
    said = runner.ok("plan").err
    assert "has not been created yet" in said
    assert "go on without it" not in said


def test_a_calendar_of_the_runners_own_is_not_taken(runner: DavBox) -> None:
    other = DavBox(runner.folder / "other", runner.environment, server=runner.server, name=runner.name)
    other.dav_config()
    text = (other.folder / "config.toml").read_text()
    other.write("config.toml", text.replace('name = "training"', 'name = "marathon"'))
    result = other.run("push", "--create-calendar")
    assert result.code == 6
    assert (
        f'there is a calendar "{runner.title}" already, which is that of the plan "training"' in result.error
    )
    assert "Give the target another title" in result.error
    with runner.client() as client:
        home = client.address(runner.server.home)
        title = f"Mine {runner.name}"
        url = create_calendar(client, home, runner.server.new_path(), title, "", "")
    other.write("config.toml", text.replace(runner.title, title))
    result = other.run("push", "--create-calendar")
    assert result.code == 6
    assert f'there is a calendar "{title}" already, which calsync did not make' in result.error
    assert f'write calendar_url = "{url}"' in result.error


def test_a_wrong_password_and_no_password(runner: DavBox) -> None:
    runner.environment["DAV_PASSWORD"] = "wrong"
    result = runner.run("push")
    assert result.code == 4
    assert "refuses the username or the password" in result.error
    runner.environment["DAV_PASSWORD"] = ""
    result = runner.run("push")
    assert result.code == 3
    assert "the environment variable DAV_PASSWORD is not set" in result.error


def test_a_password_from_a_program(runner: DavBox) -> None:
    text = (runner.folder / "config.toml").read_text()

    def with_command(command: str) -> None:
        runner.write(
            "config.toml", text.replace('password_env = "DAV_PASSWORD"', f"password_command = {command}")
        )

    runner.write("secret", f"{PASSWORD}\nanother line\n")
    with_command('["cat", "secret"]')
    runner.ok("push")
    for command, said in (
        ('["cat", "missing"]', "cat failed (exit code 1)"),
        ('["no-such-program"]', "no-such-program can't be run"),
    ):
        with_command(command)
        result = runner.run("push")
        assert result.code == 4
        assert said in result.error


def test_the_password_is_written_nowhere(runner: DavBox) -> None:
    files = [*runner.state.rglob("*"), runner.folder / "config.toml", runner.feed]
    assert all(PASSWORD.encode() not in path.read_bytes() for path in files if path.is_file())


def test_a_push_that_changes_nothing_imports_little(runner: DavBox) -> None:
    environment = {**runner.environment, "CALSYNC_STATE": str(runner.state)}
    runner.write("config.toml", config(targets=runner.target()))
    found = modules_after("push", "--quiet", "--now", NOW, cwd=runner.folder, **environment)
    assert "calsync.calendars.caldav.client" in found
    assert found & {"icalendar", "rich", "tenacity", *GOOGLE} == set()


def test_doctor_looks_at_it(runner: DavBox) -> None:
    found = runner.run("doctor").out
    assert f'the calendar "{runner.title}" is at {runner.server.url}' in found
