"""config.toml as interface.md describes it: every key, every default, and no file that ends in a bug."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calsync.addresses import is_loopback
from calsync.config.load import Config, load_config
from calsync.config.settings import CaldavTarget
from calsync.errors import ConfigError
from calsync.program import FreshLegs, Pause
from calsync.training import Experience, TimeRange, Weekday
from tests.soak import usually

MINIMAL = """
name = "training"
[plan]
start = 2026-11-23
weeks = ["balanced"]
[[targets]]
name = "feed"
type = "ics"
path = "training.ics"
"""
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\n'


def load(folder: Path, text: str | bytes, **environment: str) -> Config:
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path, environment)


def ranges(*texts: str) -> tuple[TimeRange, ...]:
    minutes = ([int(part[:2]) * 60 + int(part[3:]) for part in text.split("-")] for text in texts)
    return tuple(TimeRange(*pair) for pair in minutes)


def test_the_defaults_are_those_of_the_interface(tmp_path: Path) -> None:
    config = load(tmp_path, f'timezone = "Europe/London"\n{MINIMAL}{BUSY}path = "busy.ics"\n')
    program = config.program
    assert program.horizon == 4
    assert program.experience is Experience.REGULAR
    assert program.rules.hours_apart == timedelta(hours=3)
    assert program.rules.min_days_apart == 2
    assert program.rules.short_on_time is False
    working_day = ranges("06:00-08:30", "12:00-14:00", "17:00-21:00")
    assert program.availability.ranges == (*[working_day] * 5, ranges("08:00-20:00"), ())
    assert program.availability.prefer_times == ()
    assert program.availability.buffer == timedelta(minutes=15)
    assert program.availability.notice == timedelta(hours=12)
    assert program.pauses == ()
    assert program.overrides == {}
    assert config.program.templates is None
    (source,) = config.sources
    assert (source.all_day, source.tentative, source.on_error) == ("busy", "busy", "cache")
    assert (source.email, source.ignore, source.max_age) == (None, (), timedelta(days=7))
    (target,) = config.targets
    assert (target.include, target.detail, target.alarm) == (("runs", "strength"), "full", None)


def test_every_key_is_heard(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        name = "Spring_2027-a"
        timezone = "America/New_York"
        pause = [{ from = 2026-12-24, to = 2026-12-27 }]
        [plan]
        start = 2026-11-25
        weeks = ["balanced", "x/own.toml"]
        horizon = 53
        experience = "experienced"
        templates = "my"
        usual_start = { default = "18:15", sat = "08:00-11:00", sun = ["10:00-12:00", "08:00-09:30"] }
        [plan.override]
        2026-W52 = "recovery"
        [availability]
        default = ["05:00-24:00"]
        wed = []
        sun = ["09:00-10:00", "20:00-21:30"]
        prefer_times = ["12:00-14:00"]
        buffer = "0m"
        notice = "1h30m"
        after_run = "30m"
        [strength]
        hours_apart = "4h"
        fresh_legs = { moderate = "36h" }
        min_days_apart = 3
        short_on_time = true
        [[busy]]
        name = "work"
        type = "ics"
        url = "webcal://calendar.example/a.ics"
        all_day = "free"
        tentative = "free"
        email = "me@example.org"
        ignore = ["Lunch*"]
        on_error = "fail"
        max_age = "36h"
        [[busy]]
        name = "home"
        type = "ics"
        url_env = "HOME_ICS"
        [[targets]]
        name = "a"
        type = "ics"
        path = "a.ics"
        include = ["runs"]
        detail = "busy"
        alarm = "45m"
        """,
        HOME_ICS=" https://calendar.example/b.ics\n",
    )
    assert config.name == "Spring_2027-a"
    assert config.zone.key == "America/New_York"
    program = config.program
    assert program.start == date(2026, 11, 25)
    assert program.weeks == ("balanced", "x/own.toml")
    assert program.horizon == 53
    assert program.experience is Experience.EXPERIENCED
    assert config.program.templates == tmp_path / "my"
    assert program.usual_start.on(date(2026, 11, 27)) == 18 * 60 + 15
    assert program.usual_start.on(date(2026, 11, 28)) == ranges("08:00-11:00")
    assert program.usual_start.on(date(2026, 11, 29)) == ranges("10:00-12:00", "08:00-09:30")
    assert program.overrides == {"2026-W52": "recovery"}
    assert program.pauses == (Pause(date(2026, 12, 24), date(2026, 12, 27)),)
    availability = program.availability
    assert availability.ranges[Weekday.MON.number] == ranges("05:00-24:00")
    assert availability.ranges[Weekday.WED.number] == ()
    assert availability.ranges[Weekday.SAT.number] == ranges("05:00-24:00"), (
        "a given default is for every day"
    )
    assert availability.ranges[Weekday.SUN.number] == ranges("09:00-10:00", "20:00-21:30")
    assert availability.prefer_times == ranges("12:00-14:00")
    assert (availability.buffer, availability.notice) == (timedelta(0), timedelta(minutes=90))
    assert availability.after_run == timedelta(minutes=30)
    rules = program.rules
    assert rules.fresh_legs == FreshLegs(moderate=timedelta(hours=36))
    assert (rules.hours_apart, rules.min_days_apart, rules.short_on_time) == (timedelta(hours=4), 3, True)
    work, home = config.sources
    assert work.url == "webcal://calendar.example/a.ics"
    assert (work.all_day, work.tentative, work.on_error) == ("free", "free", "fail")
    assert (work.email, work.ignore, work.max_age) == ("me@example.org", ("Lunch*",), timedelta(hours=36))
    assert home.url == "https://calendar.example/b.ics"
    (target,) = config.targets
    assert target.path == tmp_path / "a.ics"
    assert (target.include, target.detail) == (("runs",), "busy")
    assert target.alarm == timedelta(minutes=45)


@pytest.mark.parametrize("path", ["/srv/www/a.ics", "~/a.ics", "sub/a.ics"])
def test_paths(tmp_path: Path, path: str) -> None:
    config = load(tmp_path, MINIMAL.replace("training.ics", path) + f'{BUSY}path = "{path}"\n')
    expected = {"/": Path("/srv/www/a.ics"), "~": Path.home() / "a.ics", "s": tmp_path / "sub" / "a.ics"}[
        path[0]
    ]
    assert config.targets[0].path == config.sources[0].path == expected


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://calendar.example/a.ics", True),
        ("HTTPS://calendar.example/a.ics", True),
        ("webcal://calendar.example/a.ics", True),
        ("webcals://calendar.example/a.ics", True),
        ("http://127.0.0.1:8080/a.ics", True),
        ("http://127.255.255.254/a.ics", True),
        ("http://localhost/a.ics", True),
        ("http://[::1]:80/a.ics", True),
        ("http://0.0.0.0/a.ics", False),
        ("http://10.0.0.1/a.ics", False),
        ("http://127.0.0.1.evil.example/a.ics", False),
        ("http://localhost.evil.example/a.ics", False),
        ("http://localhost@evil.example/a.ics", False),
        ("http://[::2]/a.ics", False),
        ("ftp://127.0.0.1/a.ics", False),
        ("//calendar.example/a.ics", False),
    ],
)
def test_plain_http_is_for_this_machine(tmp_path: Path, url: str, is_good: bool) -> None:
    text = f'{MINIMAL}{BUSY}url = "{url}"\n'
    if is_good:
        assert load(tmp_path, text).sources[0].url == url
    else:
        with pytest.raises(ConfigError, match=r"the 1st busy calendar: url") as found:
            load(tmp_path, text)
        assert "example" not in str(found.value)


@pytest.mark.parametrize("host", ["127.0.0.1.nip.io", "127.1", "128.0.0.1", "", "127.0.0.1x"])
def test_names_that_only_look_like_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_the_example_is_a_config(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "config.example.toml").read_text()
    plain = load(tmp_path, text)
    assert plain.name == "training"
    # What is switched off in it works, too, once the "#" is taken away.
    lines = [line[1:] if re.match("#[^\\s:]", line) else line for line in text.splitlines()]
    full = load(tmp_path, "\n".join(lines), PRIVATE_ICS="https://calendar.example/x.ics")
    assert len(full.sources) == len(plain.sources) + 3
    assert len(full.targets) == len(plain.targets) + 3
    assert full.google is not None
    assert full.program.pauses
    assert full.program.overrides
    assert full.program.availability.prefer_times


DAV = 'username = "ann"\npassword_env = "X"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('calendar = "T"\n', "expected one of url and provider, found none of them"),
        ('calendar = "T"\nurl = "https://x.example/"\nprovider = "icloud"\n', "found both"),
        ('url = "https://x.example/"\n', "write calendar, the title of the calendar, or calendar_url"),
        ('calendar = "T"\nprovider = "nextcloud"\n', "the name of your Nextcloud's server"),
        ('calendar = "T"\nprovider = "icloud"\nhost = "x.example"\n', 'belongs to provider = "nextcloud"'),
        ('calendar = "T"\nurl = "http://x.example/"\n', "plain http"),
        ('calendar = "T"\nurl = "https://ann:secret@x.example/"\n', "holds a username; write it as username"),
        ('calendar = "T"\nurl = "https://x.example/"\npath = "a.ics"\n', 'belongs to type = "ics"'),
        (
            'calendar = "T"\nurl = "https://x.example/"\npassword_command = ["pass"]\n',
            "expected one of password_env and password_command, found both",
        ),
    ],
)
def test_a_table_for_caldav_says_which_server_and_who(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as problem:
        load(tmp_path, f'{MINIMAL}[[targets]]\nname = "dav"\ntype = "caldav"\n{DAV}{text}')
    assert said in str(problem.value)
    assert "secret" not in str(problem.value)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ('calendar = "T"\nprovider = "icloud"\n', "https://caldav.icloud.com/"),
        ('calendar = "T"\nprovider = "fastmail"\n', "https://caldav.fastmail.com/"),
        (
            'calendar = "T"\nprovider = "nextcloud"\nhost = "X.example"\n',
            "https://x.example/remote.php/dav/",
        ),
        ('calendar_url = "https://x.example/dav/t/"\n', "https://x.example/dav/t/"),
        ('calendar = "T"\nurl = "http://localhost:5232"\n', "http://localhost:5232"),
    ],
)
def test_a_provider_has_an_address(tmp_path: Path, text: str, server: str) -> None:
    config = load(tmp_path, f'{MINIMAL}[[targets]]\nname = "dav"\ntype = "caldav"\n{DAV}{text}')
    assert [target.server for target in config.targets if isinstance(target, CaldavTarget)] == [server]


# --- any file at all --------------------------------------------------------------------------------------

KEYS = """
    name timezone plan availability strength pause busy targets google start weeks horizon experience x
    templates usual_start override race default mon sun prefer_times buffer notice after_run fresh_legs
    hours_apart min_days_apart short_on_time from to type url url_env path all_day email ignore max_age
    detail alarm calendar include provider host username password_env password_command calendar_url
""".split()  # noqa: SIM905
VALUES = """
    "" "ics" "caldav" "x" "90m" "06:00-08:30" "2026-W50" "Europe/London" "https://x.example/" 0 -1 7 1.5 nan
    inf 1e999 true 2026-11-23 2026-11-23T06:00:00Z 07:00:00
""".split()  # noqa: SIM905
values = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        )
    ),
    max_leaves=6,
)
statements = st.one_of(
    st.tuples(st.sampled_from(KEYS), values).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.sampled_from(KEYS).map(lambda key: f"[{key}]"),
    st.sampled_from(KEYS).map(lambda key: f"[[{key}]]"),
)


def loads_or_says_why(folder: Path, text: str | bytes) -> None:
    why = str(folder / "config.toml")
    try:
        load(folder, text)
    except ConfigError as problem:
        why = str(problem)
    assert why.startswith(str(folder / "config.toml"))


@settings(max_examples=usually(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(statements, max_size=8))
@example(lines=["[[targets]]", "[targets]"])
def test_any_toml_loads_or_says_why(tmp_path: Path, lines: list[str]) -> None:
    loads_or_says_why(tmp_path, "\n".join(lines))


@settings(max_examples=usually(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(KEYS), value=values, place=st.integers(0, 8))
def test_one_strange_line_in_a_good_config(tmp_path: Path, key: str, value: str, place: int) -> None:
    lines = MINIMAL.splitlines()
    loads_or_says_why(tmp_path, "\n".join([*lines[:place], f"{key} = {value}", *lines[place:]]))


@settings(max_examples=usually(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60), place=st.integers(0, len(MINIMAL)))
def test_any_bytes_load_or_say_why(tmp_path: Path, content: bytes, place: int) -> None:
    whole = MINIMAL.encode()
    loads_or_says_why(tmp_path, whole[:place] + content + whole[place:])
