"""`calsync auth caldav`: who signs in, which calendars there are, and the one that is made."""

import re
from pathlib import Path

import pytest

from calsync.calendars.caldav.discovery import calendar_at
from tests.calendars.caldav.between import between
from tests.calendars.caldav.servers import PASSWORD, SERVERS, USER, running
from tests.cli.box import FEED, Box, config, without
from tests.cli.caldav import DavBox
from tests.cli.caldav_account import Account, a_name, objects
from tests.davproxy.proxy import Proxy
from tests.davproxy.quirks import Quirks


@pytest.fixture(params=SERVERS)
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> DavBox:
    """Somebody with a target whose calendar is not there yet."""
    box = DavBox(tmp_path, server=running(request.param))
    box.dav_config()
    return box


def test_it_lists_what_there_is_makes_the_calendar_and_prints_its_address(
    runner: DavBox, tmp_path: Path
) -> None:
    account = Account(runner.server, tmp_path)
    name = a_name()
    account.calendar(name, once=objects()["once"])
    account.client.close()
    result = runner.run("push")
    assert result.code == 4
    assert "has not been created yet; run `calsync auth caldav`" in result.err
    result = runner.ok("auth", "caldav")
    assert f"{runner.server.url}: signed in as {USER}. Its calendars:" in result.out
    assert f"  {name}\n" in result.out
    assert f"{runner.name}: the calendar has been created." in result.out
    assert f'{runner.name}: the calendar "{runner.title}" holds 0 events.' in result.out
    (url,) = re.findall(r'calendar_url = "(.*)"', result.out)
    with runner.client() as client:
        made = calendar_at(client, url)
    assert (made.name, made.takes_events) == (runner.title, True)
    assert "[calsync:training]" in made.description
    assert "\x1b" not in result.out
    assert PASSWORD not in result.out + result.err
    # Again, and from a computer that knows nothing but the address: nothing is made twice.
    path = runner.folder / "config.toml"
    path.write_text(path.read_text().replace(f'calendar = "{runner.title}"', 'calendar = "Sport"'))
    again = runner.ok("auth", "caldav").out
    assert "has been created" not in again
    assert f'the calendar "{runner.title}" holds 0 events.' in again
    assert 'The config calls it "Sport"' in again
    assert f"  {runner.title} (calsync's own)\n" in again
    runner.dav_config(f'calendar_url = "{url}"')
    (runner.state / "training" / "caldav.json").unlink()
    third = runner.ok("auth", "caldav").out
    assert "has been created" not in third
    assert "calendar_url" not in third
    runner.ok("push")
    assert runner.objects()


def test_it_says_what_busy_sources_read(runner: DavBox, tmp_path: Path) -> None:
    account = Account(runner.server, tmp_path)
    name = a_name()
    account.calendar(name, once=objects()["once"])
    account.client.close()
    account.config([name])
    assert f'dav: reads 1 calendar: "{name}"' in account.box.ok("auth", "caldav").out
    account.config([name, "Wrok"])
    result = account.box.run("auth", "caldav")
    assert result.code == 5
    assert 'has no calendar "Wrok"; it has' in result.error
    assert name in result.out


def test_without_a_table_there_is_nothing_to_do(box: Box) -> None:
    said = box.ok("auth", "caldav").out
    assert said == 'The config has no target and no busy source of the type "caldav" yet.\n'


def table(url: str, name: str = "dav") -> str:
    return (
        f'[[targets]]\nname = "{name}"\ntype = "caldav"\nurl = "{url}"\nusername = "{USER}"\n'
        f'password_env = "DAV_PASSWORD"\ncalendar = "Training {name}"\n'
    )


def test_where_no_calendar_can_be_made_it_says_what_to_do(tmp_path: Path) -> None:
    box = Box(tmp_path, {"DAV_PASSWORD": PASSWORD})
    with Proxy(running("radicale"), Quirks(mkcalendar="no")) as it:
        box.write("config.toml", config(targets=table(it.url, "none") + FEED))
        result = box.run("auth", "caldav")
    assert result.code == 5
    assert f"could not be created: {it.url} does not" in result.error
    assert "make one there, and write its address as calendar_url into the target" in result.error


def test_what_is_wrong_is_said_of_each_account(tmp_path: Path) -> None:
    box = Box(tmp_path, {"DAV_PASSWORD": "no"})
    server = running("radicale")
    with between(server.url) as page:
        page.answer = lambda method, path, status, body: (200, b"<html>Welcome</html>")
        targets = table(server.url, "one") + table(f"{page.url}/x/", "two") + FEED
        box.write("config.toml", config(targets=targets))
        result = box.run("auth", "caldav")
    assert result.code == 4
    assert "one: its calendars can't be found" in result.error
    assert "refuses the username or the password (401). Many providers want a password" in result.error
    assert f"two: its calendars can't be found: there is no CalDAV at {page.url}" in result.error
    assert not (box.state / "training" / "caldav.json").exists()


@pytest.mark.parametrize("table", ["targets", "busy"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, table: str) -> None:
    box = Box(tmp_path, {"PASSWORD": PASSWORD})
    account = 'type = "caldav"\nurl = "http://127.0.0.1:1"\nusername = "ann"\npassword_env = "PASSWORD"\n'
    box.config(more=f'[[{table}]]\nname = "dav"\n{account}' + ('calendar = "T"\n' * (table == "targets")))
    program = without("defusedxml")
    for command in ("push", "plan", "doctor", "auth caldav"):
        result = box.process(*command.split(), program=program)
        assert result.code != 0, command
        assert "pip install '.[caldav]'" in result.out + result.err, command
        assert "a bug in calsync" not in result.out + result.err, command
