"""Addresses and keys that somebody wrote into the wrong place: no message shows more of one than its host."""

import pytest

from calsync.addresses import hidden
from tests.cli.box import FEED, Box, config

KEY = "pr1vate0123456789abcdef"
ADDRESSES = [
    f"https://calendar.example/ical/{KEY}/basic.ics",
    f"webcal://calendar.example/{KEY}",
    f"webcal:/calendar.example/{KEY}",
    f"https:calendar.example/{KEY}",
    f"//calendar.example/{KEY}",
    f"calendar.example/{KEY}/basic.ics",
    f"calendar.example:8443/{KEY}",
    f"calendar.example?key={KEY}",
    "calendar.example/12/SECRET",
    "xn--e1afmkfd.xn--p1ai/SECRET",
    "localhost:8080/SECRET",
    "192.168.1.20/SECRET",
    "192.168.1.20:8080/SECRET",
    "[fd00::1]:8080/SECRET",
    f"https://user:{KEY}@calendar.example/",
    f"https://calendar.example/a b {KEY}",
    f"see https://calendar.example/a {KEY}",
    KEY,
    "SECRETSECRETSECRET",
    "a1b2-c3d4-e5f6-a7b8",
]
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'
PLAN_FEED = '[plan.feed]\npath = "runs.ics"\n'
# Each is a whole config with "@" where the address goes.
PLACES = {
    "path": config(more=BUSY.replace("work.ics", "@")),
    "url": config(more=BUSY.replace('path = "work.ics"', 'url = "@"')),
    "url_env": config(more=BUSY.replace('path = "work.ics"', 'url_env = "@"')),
    "name": config(more=BUSY.replace('"work"', '"@"')),
    "type": config(more=BUSY.replace('"ics"', '"@"')),
    "on_error": config(more=BUSY + 'on_error = "@"\n'),
    "ignore": config(more=BUSY + 'ignore = "@"\n'),
    "ignored": config(more=BUSY + 'ignore = [["@"]]\n'),
    "max_age": config(more=BUSY + 'max_age = "@"\n'),
    "key": config(more=BUSY + '"@" = true\n'),
    "key of a table": config(more='["@"]\nx = 1\n'),
    "no key": config(more=BUSY + "@\n"),
    "no quotes": config(more=BUSY + "url = @\n"),
    "twice": config(more=BUSY + '"@" = 1\n"@" = 2\n'),
    "kind": config(more=PLAN_FEED + '[plan.feed.kind]\n"Club" = "@"\n'),
    "title": config(more=PLAN_FEED + '[plan.feed.kind]\n"@" = "nonsense"\n'),
    "feed": config(more=PLAN_FEED.replace("runs.ics", "@")),
    "zone": config(zone="@"),
    "week": config(weeks='["@"]'),
    "override": config(plan='override = { "@" = "balanced" }'),
    "templates": config(plan='templates = "@"'),
    "target": config(targets=FEED.replace("public", "config.toml/@")),
    "included": config(targets=FEED + 'include = ["@"]\n'),
    "credentials": config(
        more='[google]\ncredentials = "@"\n[[busy]]\nname = "g"\ntype = "google"\ncalendars = ["primary"]\n'
    ),
    "duration": config(targets=FEED + 'alarm = "@"\n'),
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_nothing_is_left_of_a_key(text: str) -> None:
    for secret in (KEY, "SECRET", "c3d4"):
        assert secret not in hidden(text)
    assert "calendar.example" not in text or "calendar.example" in hidden(text)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_in_the_wrong_place_is_never_shown(box: Box, place: str) -> None:
    # A name is shown, whatever it is, but for an address.
    for address in (ADDRESSES[0], ADDRESSES[5], ADDRESSES[9], *([KEY] if place != "name" else [])):
        box.write("config.toml", PLACES[place].replace("@", address))
        for command in ("push", "doctor"):
            result = box.run(command, "--verbose")
            shown = [line for line in (result.out + result.err).splitlines() if KEY in line]
            assert not shown, address


@pytest.mark.parametrize(
    "words",
    [
        "plan --now @",
        "plan --week=@",
        "busy --from @",
        "push --target @",
        "push --format @",
        "checkin --sign @",
        "skip @",
        "move 2026-W48/strength/1 @",
        "release @",
        "serve --host @",
        "templates show @",
        "@",
    ],
)
def test_nor_what_was_given_to_the_wrong_option(box: Box, words: str) -> None:
    for address in (ADDRESSES[0], KEY):
        result = box.run(*words.replace("@", address).split(), now=None)
        assert result.code in (2, 3, 5)
        assert KEY not in result.out + result.err
        assert result.err


def test_a_path_that_is_there_is_shown_as_it_is(box: Box) -> None:
    box.write(f"{KEY}/new.toml", "")
    assert f"{KEY}/new.toml is there already" in box.run("init", f"{KEY}/new.toml", now=None).error


@pytest.mark.parametrize(
    "text",
    [
        "half-marathon-build",
        "w49-tue-strength",
        "MY_CALENDAR_ADDRESS_2",
        "Tuesday evening, 6 x 800 m / 90 s",
        "06:00-08:30",
        "2026-11-23",
        "Europe/London",
        "me@example.org",
        "my-calendar-2026-11-23",
        "../calendars/work.ics",
        "Geschwindigkeit",
        "Training am Nachmittag/Abend",
        "C:/Users/anna/work.ics",
        "192.168.0.0/16",
        "fd00::/8",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert hidden(text) == text
