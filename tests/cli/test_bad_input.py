"""Wrong configs and templates: one line that says where, what was found, what is allowed; exit code 3."""

import re
from pathlib import Path

import pytest

from tests.cli.box import FEED, USUAL, Box, as_missing, as_said, config, target

GOOD = config()
A = "[availability]"
FILE = 'type = "ics"\npath = "public/training.ics"'
RACE = "[plan.race]\ndate = 2027-04-18\n"
RACES = "[[plan.race]]\ndate = 2027-04-18\npriority = 'A'\n[[plan.race]]\ndate = 2027-05-02\n"
SAME_DAY = RACES.replace("05-02", "04-18") + "priority = 'B'\n"
RUNS = "[plan.feed]\npath = 'runs.ics'\n"
G = '[google]\ncredentials = "client_secret.json"\n'
B = '[[busy]]\nname = "private"\ntype = "google"\n'
TEMPLATE = """title = "Mine"
rest = ["mon"]

[[runs]]
day = "tue"
kind = "intervals"
duration = "60m"
start = "06:30"

[[runs]]
day = "thu"
kind = "easy"
duration = "40m"

[[strength]]
routine = "lower-body"
load = "moderate"
"""
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\n'


def files(box: Box) -> dict[Path, bytes]:
    found = (path for path in box.folder.rglob("*") if path.is_file() and path.name != "lock")
    return {path: path.read_bytes() for path in found}


def refused(box: Box, *args: str) -> str:
    """The message of a command that ends with exit code 3, having written nothing."""
    before = files(box)
    result = box.run(*(args or ("push",)))
    assert result.code == 3, result.err
    assert result.out == ""
    assert len(result.err.splitlines()) == 1, "one line"
    assert files(box) == before
    return result.error


# --- config.toml ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad", "key", "says"),
    [
        # unknown keys, with the nearest name
        ("horizon = 2", "horizn = 2", "plan.horizn", 'unknown key; did you mean "horizon"?'),
        ("horizon = 2", "Horizon = 2", "plan.Horizon", 'did you mean "horizon"?'),
        ('timezone = "Europe/London"', 'time_zone = "UTC"', "time_zone", 'did you mean "timezone"?'),
        ("[availability]", "[availabilty]", "availabilty", 'did you mean "availability"?'),
        (A, "[availability]\nmonday = []", "availability.monday", 'did you mean "mon"?'),
        ("[availability]", "[weather]\nsun = true\n[availability]", "weather", "known here: name, plan"),
        # slips that people make
        ("horizon = 2", "start_date = 2026-11-23", "plan.start_date", 'did you mean "start"?'),
        (A, "[availability]\nbuffer = 15", "availability.buffer", 'found 15; write "15m"'),
        (A, "[availability]\nnotice = true", "availability.notice", "expected a string, found true"),
        ("horizon = 2", 'experience = "beginner"', "plan.experience", 'did you mean "new"?'),
        ('type = "ics"', 'type = "ics"\nremind = "1h"', "targets[0].remind", 'did you mean "alarm"'),
        # wrong types
        ("horizon = 2", 'horizon = "2"', "plan.horizon", 'expected a whole number, found "2"'),
        ("horizon = 2", "horizon = 2.5", "plan.horizon", "expected a whole number, found 2.5"),
        ("horizon = 2", "horizon = 0", "plan.horizon", "at least 1, found 0"),
        ("horizon = 2", "horizon = 54", "plan.horizon", "at most 53, found 54"),
        ('["balanced"]', '"balanced"', "plan.weeks", 'a list, found "balanced"; write ["balanced"]'),
        ('["balanced"]', "[]", "plan.weeks", "a list with something in it, found []"),
        ('["balanced"]', '["balanced", 7]', "plan.weeks[1]", "expected a string, found 7"),
        ("start = 2026-11-23", "start = 7", "plan.start", "expected a date such as 2026-11-23, found 7"),
        ("start = 2026-11-23", "start = 1900-01-01", "plan.start", ", found 1900-01-01"),
        (A, "[availability]\nmon = '06:00-08:00'", "availability.mon", '; write ["06:00-08:00"]'),
        (USUAL, 'usual_start = "7:00"', "plan.usual_start", '; write { default = "7:00" }'),
        (A, f"[strength]\nshort_on_time = 1\n{A}", "strength.short_on_time", "true or"),
        # values
        (A, '[availability]\nbuffer = "15"', "availability.buffer", '"1h30m", found "15"'),
        (A, '[availability]\nbuffer = "-5m"', "availability.buffer", 'found "-5m"'),
        (A, '[availability]\nbuffer = "25h"', "availability.buffer", 'at most "24h", found "25h"'),
        (A, '[availability]\nnotice = "soon"', "availability.notice", 'found "soon"'),
        (A, '[availability]\nmon = ["6-8"]', "availability.mon[0]", 'found "6-8"'),
        (A, '[availability]\nmon = ["08:00-06:00"]', "availability.mon[0]", "ends after it starts"),
        (A, '[availability]\nmon = ["9:00-5:00"]', "availability.mon[0]", '"09:00-17:00", or "05:00-09:00"'),
        (A, '[availability]\nmon = ["8:00-0:30"]', "availability.mon[0]", '"08:00-24:00" and "00:00-00:30"'),
        (A, '[availability]\nmon = ["8am-12:30"]', "availability.mon[0]", '"; write "08:00-12:30"'),
        (A, '[availability]\nmon = ["8am-0:30"]', "availability.mon[0]", '"08:00-24:00" and "00:00-00:30"'),
        (USUAL, 'usual_start = { tue = "6pm" }', "plan.usual_start.tue", 'write "18:00"'),
        (A, '[availability]\nmon = ["08:00-24:15"]', "availability.mon[0]", '24:15"'),
        (A, '[availability]\nprefer_times = ["noon"]', "availability.prefer_times[0]", '"noon"'),
        (A, f'[strength]\nhours_apart = "2d"\n{A}', "strength.hours_apart", '"24h"'),
        (A, f"[strength]\nmin_days_apart = 1\n{A}", "strength.min_days_apart", "at least 2"),
        ("horizon = 2", 'experience = "expert"', "plan.experience", "one of new, regular, experienced"),
        ("horizon = 2", 'experience = "experiencd"', "plan.experience", 'did you mean "experienced"?'),
        (USUAL, 'usual_start = { tue = "7" }', "plan.usual_start.tue", '"06:30", found "7"'),
        (USUAL, 'usual_start = { tue = "24:00" }', "plan.usual_start.tue", 'found "24:00"'),
        (USUAL, 'usual_start = { tue = ["7-9"] }', "plan.usual_start.tue[0]", '; write "07:00-09:00"'),
        (USUAL, 'usual_start = { tue = [] }', "plan.usual_start.tue", "something in it"),
        (USUAL, 'usual_start = { tues = "07:00" }', "plan.usual_start.tues", 'did you mean "tue"?'),
        ("horizon = 2", 'override = { "2026-W54" = "balanced" }', "plan.override.2026-W54", "ISO week"),
        ("horizon = 2", 'override = { "w50" = "balanced" }', "plan.override.w50", "2026-W52"),
        ('"Europe/London"', '"Europe/Lodnon"', "timezone", 'did you mean "Europe/London"?'),
        ('"Europe/London"', '"New York"', "timezone", 'did you mean "America/New_York"?'),
        ('"Europe/London"', '"europe/london"', "timezone", 'did you mean "Europe/London"?'),
        ('"Europe/London"', '"../etc/passwd"', "timezone", "IANA zone"),
        ('"Europe/London"', '""', "timezone", 'found ""'),
        ('name = "training"', 'name = "my plan"', "name", 'found "my plan"'),
        ('name = "training"', 'name = "../x"', "name", 'found "../x"'),
        ('name = "training"', 'name = ""', "name", 'found ""'),
        # a race
        ("[availability]", "[plan.race]\n[availability]", "plan.race.date", "is missing"),
        ("[availability]", RACE + "start = '9'\n[availability]", "plan.race.start", "time of day"),
        ("[availability]", RACE + "duration = '25h'\n[availability]", "plan.race.duration", '"24h"'),
        ("[availability]", RACE + "title = ' '\n[availability]", "plan.race.title", "must not be empty"),
        ("[availability]", RACE + "weeks = ['tapper']\n[availability]", "plan.race.weeks[0]", '"taper"'),
        ("[availability]", "[plan.race]\ndate = 2026-11-01\n[availability]", "plan.race.date", "before"),
        ("[availability]", "[plan.race]\ndate = 2727-04-18\n[availability]", "plan.race.date", "2727-04-18"),
        ("[availability]", RACE + "distance = 'far'\n[availability]", "plan.race.distance", '"10k"'),
        ("[availability]", RACE + "priority = 'a'\n[availability]", "plan.race.priority", "A, B, C"),
        ("[availability]", RACES + "priority = 'b'\n[availability]", "plan.race[1].priority", "A, B, C"),
        ("[availability]", SAME_DAY + "[availability]", "plan.race[1].date", "is on 2027-04-18 already"),
        # a training platform's feed
        ("[availability]", "[plan.feed]\n[availability]", "plan.feed", "none of them"),
        ("[availability]", "[plan.feed]\nurl = 'http://x.org/a'\n[availability]", "plan.feed.url", "plain"),
        ("[availability]", "[plan.feed]\nurl_env = 'NO_SUCH'\n[availability]", "plan.feed.url_env", "NO_"),
        ("[availability]", RUNS + "pace = '6 min'\n[availability]", "plan.feed.pace", '"6:00/km"'),
        ("[availability]", RUNS + "pace = '0:40/km'\n[availability]", "plan.feed.pace", '"6:00/km"'),
        ("[availability]", RUNS + "strength = 'yes'\n[availability]", "plan.feed.strength", 'found "yes"'),
        ("[availability]", RUNS + "kind = {'a' = 'hils'}\n[availability]", "plan.feed.kind.a", '"hills"'),
        ("[availability]", RUNS + "kind = {'' = 'easy'}\n[availability]", "plan.feed.kind.", "be empty"),
        (
            "[availability]",
            "[plan.feed]\npath = 'public/training.ics'\n[availability]",
            "plan.feed.path",
            'the target "feed" writes',
        ),
        (
            "[availability]",
            RUNS + "[[busy]]\nname = 'a'\ntype = 'ics'\npath = './runs.ics'\n[availability]",
            "plan.feed",
            'also the busy source "a"',
        ),
        # Google's calendars
        ("[availability]", "[google]\n[availability]", "google.credentials", "is missing"),
        ("[availability]", G + "endpoint = 'x'\n[availability]", "google.endpoint", "https://"),
        ("[availability]", G + "endpoint = 'http://x.org'\n[availability]", "google.endpoint", "plain http"),
        ('type = "ics"', 'type = "google"', "targets[0].path", 'belongs to type = "ics"'),
        (FILE, 'type = "google"', "targets[0].calendar", "is missing"),
        (FILE, 'type = "google"\ncalendar = " "', "targets[0].calendar", "is empty; write the title"),
        (FILE, 'type = "google"\ncalendar = "T"', "targets[0].type", "needs a [google] table"),
        (FILE, 'type = "google"\ncalendar = "T"\nalarm = "29d"', "targets[0].alarm", '"28d"'),
        (FILE, 'type = "google"\ncalendar = "T"\nreminder = "29d"', "targets[0].reminder", '"28d"'),
        (FILE, 'type = "google"\ncalendar = "T"\ncalendar_id = ""', "targets[0].calendar_id", "empty"),
        (FILE, f'{FILE}\nreminder = "1h"\nalarm = "2h"', "targets[0].reminder", "another word for alarm"),
        ("[availability]", "[serve]\nport = 70000\n[availability]", "serve.port", "at most 65535"),
        ("[availability]", "[serve]\nurl = 'here'\n[availability]", "serve.url", "https://training"),
        ("[availability]", "[serve]\nevery = '30s'\n[availability]", "serve.every", '"90m"'),
        ("[availability]", "[serve]\nevery = '2d'\n[availability]", "serve.every", '"1m" to "24h"'),
        ("[availability]", B + "[availability]", "busy[0].calendars", "is missing"),
        ("[availability]", B + "calendars = []\n[availability]", "busy[0].calendars", "primary"),
        ("[availability]", B + "calendars = ['']\n[availability]", "busy[0].calendars[0]", "empty"),
        ("[availability]", B + "calendars = ['a']\n[availability]", "busy[0].type", "needs a [google] table"),
        ("[availability]", B + "calendars = ['a']\nurl = 'x'\n[availability]", "busy[0].url", 'type = "ics"'),
        ("[availability]", B + "calendars = ['a']\nmax_age = '1d'\n[availability]", "busy[0].max_age", "ics"),
        ('type = "ics"', 'type = "outlook"', "targets[0].type", "one of ics, google, caldav, found"),
        ('type = "ics"', 'type = "icss"', "targets[0].type", 'did you mean "ics"?'),
        ('type = "ics"', 'type = "ics"\ncalendar = "T"', "targets[0].calendar", 'belongs to type = "google"'),
        ('type = "ics"', 'type = "ics"\ndetail = "ful"', "targets[0].detail", 'did you mean "full"?'),
        ('type = "ics"', 'type = "ics"\ninclude = ["run"]', "targets[0].include[0]", 'did you mean "runs"?'),
        ('type = "ics"', 'type = "ics"\ninclude = []', "targets[0].include", "something in it"),
        ('type = "ics"', 'type = "ics"\nalarm = "early"', "targets[0].alarm", 'found "early"'),
        ('path = "public/training.ics"', 'path = "."', "targets[0].path", "is a folder"),
    ],
)  # fmt: skip
def test_a_wrong_config(box: Box, good: str, bad: str, key: str, says: str) -> None:
    assert good in GOOD
    text = GOOD.replace(good, bad, 1)
    box.write("config.toml", text)
    message = refused(box)
    place, _, rest = as_missing(message).partition(f": {as_said(key)}: ")
    assert says in rest
    name = re.split(r"[.\[\]]+", key.rstrip("]"))
    last = next(part for part in reversed(name) if not part.isdigit() and part in text)
    line = place.removeprefix("config.toml:")
    assert last in text.splitlines()[int(line) - 1], place


@pytest.mark.parametrize(
    ("without", "key"),
    [
        ('name = "training"\n', "name"),
        ("start = 2026-11-23\n", "plan.start"),
        ('weeks = ["balanced"]\n', "plan.weeks"),
        ('name = "feed"\n', "targets[0].name"),
        ('type = "ics"\n', "targets[0].type"),
        ('path = "public/training.ics"\n', "targets[0].path"),
        (FEED, "targets"),
    ],
)
def test_what_is_required(box: Box, without: str, key: str) -> None:
    assert without in GOOD
    box.write("config.toml", GOOD.replace(without, ""))
    message = refused(box)
    assert message.startswith("config.toml")
    assert f" {as_said(key)}: is missing" in as_missing(message)


def test_an_empty_config_names_what_is_missing_first(box: Box) -> None:
    box.write("config.toml", "")
    assert refused(box) == "config.toml: name: is missing"


@pytest.mark.parametrize(
    ("busy", "key", "says"),
    [
        ('path = "a.ics"\nurl = "https://x.example/a"\n', "busy[0]", "found url and path"),
        ("", "busy[0]", "found none of them"),
        ('url_env = "NO_SUCH_VARIABLE"\n', "busy[0].url_env", "NO_SUCH_VARIABLE is not set"),
        ('path = "a.ics"\ncalendars = ["primary"]\n', "busy[0].calendars", 'belongs to type = "google"'),
        ('path = "a.ics"\nall_day = "maybe"\n', "busy[0].all_day", "one of busy, free"),
        ('path = "a.ics"\non_error = "ignore"\n', "busy[0].on_error", "one of cache, fail"),
        ('path = "a.ics"\nmax_age = "long"\n', "busy[0].max_age", 'found "long"'),
        ('path = "a.ics"\nignore = "Lunch*"\n', "busy[0].ignore", "expected a list"),
        ('path = "a.ics"\nemal = "me@example.org"\n', "busy[0].emal", 'did you mean "email"?'),
        (f'path = "a.ics"\n{BUSY}path = "b.ics"\n', "busy[1].name", '"work" is taken'),
        (f'path = "a.ics"\n{BUSY}pth = "b.ics"\n', "busy[1].pth", 'did you mean "path"?'),
    ],
)
def test_a_wrong_busy_source(box: Box, busy: str, key: str, says: str) -> None:
    box.write("a.ics", "x")
    box.config(more=BUSY + busy)
    message = refused(box)
    assert re.match(rf"config\.toml:\d+: {re.escape(as_said(key))}: ", message)
    assert says in message


@pytest.mark.parametrize(
    ("targets", "key", "says"),
    [
        (FEED + FEED.replace("training.ics", "b.ics"), "targets[1].name", '"feed" is taken'),
        (FEED + target("b", "public/training.ics"), "targets[1].path", "another target writes this file"),
        (
            FEED + target("b", "x/../public/training.ics"),
            "targets[1].path",
            "another target writes this file",
        ),
        (target("", "a.ics"), "targets[0].name", "must not be empty"),
    ],
)
def test_targets_in_each_others_way(box: Box, targets: str, key: str, says: str) -> None:
    box.config(targets=targets)
    message = refused(box)
    assert f": {as_said(key)}: " in message
    assert says in message


@pytest.mark.parametrize(
    ("pause", "key", "says"),
    [
        ("from = 2026-12-02\nto = 2026-12-01\n", "pause[0].to", "before it begins on 2026-12-02"),
        ("to = 2026-12-01\n", "pause[0].from", "is missing"),
        ("from = 2026-12-01\nuntil = 2026-12-02\n", "pause[0].until", "unknown key"),
        ("from = 5\nto = 2026-12-01\n", "pause[0].from", "expected a date such as 2026-11-23, found 5"),
    ],
)
def test_a_wrong_pause(box: Box, pause: str, key: str, says: str) -> None:
    box.config(more=f"[[pause]]\n{pause}")
    message = as_missing(refused(box))
    assert f": {as_said(key)}: " in message
    assert says in message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('name = "x\n', "config.toml:1:"),
        ("a = 1\nb = = 2\n", "config.toml:2:5"),
        ("a = 1\na = 2\n", "config.toml:2:"),
        ("[plan]\n[plan]\n", "config.toml:2:"),
        ("start = 2026-11-32\n", "config.toml:1:"),
        ("= 3\n", "config.toml:1:1"),
        ("a = [1,\n", "config.toml"),
    ],
)
def test_what_is_no_toml_says_where(box: Box, text: str, where: str) -> None:
    box.write("config.toml", text)
    message = refused(box)
    assert message.startswith(where)
    assert "not valid TOML" in message


def test_files_that_are_no_text(box: Box) -> None:
    box.write("config.toml", b'name = "\xff"')
    assert refused(box) == "config.toml: not UTF-8 text (byte 8)"
    assert "is a directory" in refused(box, "plan", "--config", ".").lower()
    assert refused(box, "plan", "--config", "config.toml/x.toml").startswith("config.toml/x.toml: ")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(box: Box) -> None:
    box.write("config.toml", b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    box.push()


def test_a_templates_folder_that_is_not_there(box: Box) -> None:
    box.config(plan='templates = "mine"')
    message = refused(box)
    assert message.startswith("config.toml:8: plan.templates: ")
    assert str(box.folder / "mine") in message


def test_a_table_in_place_of_a_list_of_tables_is_told_how_to_write_it(box: Box) -> None:
    box.config(targets=FEED.replace("[[targets]]", "[targets]"))
    assert "[[targets]]" in box.run("plan").error


# --- secrets ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://calendar.example/hush/basic.ics",
        "HTTP://calendar.example/hush",
        "http://127.0.0.1.example/hush",
        "http://user:hush@calendar.example/",
        "http://localhost@calendar.example/hush",
        "ftp://calendar.example/hush",
        "file:///hush",
        "calendar.example/hush",
        "https:///hush",
        "https://[hush",
        "https://x.example:hush/",
        "javascript:hush",
        "",
    ],
)
@pytest.mark.parametrize("how", ["url", "url_env"])
def test_unsafe_addresses_are_refused_and_never_shown(box: Box, url: str, how: str) -> None:
    box.environment["CALENDAR"] = url
    box.config(more=f'{BUSY}{how} = "{url if how == "url" else "CALENDAR"}"\n')
    for command in ("push", "plan", "busy", "doctor"):
        result = box.run(command, "--verbose")
        assert result.code == 3
        assert f"config.toml:13: the 1st busy calendar: {how}: " in (
            result.out if command == "doctor" else result.error
        )
        assert "hush" not in result.out + result.err


# --- templates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad", "key", "says"),
    [
        ('day = "tue"', 'day = "tues"', "runs[0].day", 'did you mean "tue"?'),
        ('day = "tue"', 'day = "someday"', "runs[0].day", "one of mon, tue, wed, thu, fri, sat, sun"),
        ('day = "tue"', 'day = "mon"', "runs[0].day", "Monday is a rest day"),
        ('kind = "intervals"', 'kind = "interval"', "runs[0].kind", 'did you mean "intervals"?'),
        ('duration = "60m"', 'duration = "0m"', "runs[0].duration", "more than nothing"),
        ('duration = "60m"', 'duration = "25h"', "runs[0].duration", 'at most "24h", found "25h"'),
        ('duration = "60m"', "duration = 60", "runs[0].duration", "expected a string, found 60"),
        ('duration = "60m"', 'duration = "1.5h"', "runs[0].duration", 'found "1.5h"'),
        ('start = "06:30"', 'start = "6.30"', "runs[0].start", 'found "6.30"'),
        ('start = "06:30"', 'start = "06:30"\nbetween = ["06:00-08:00"]', "runs[0].between", "not both"),
        ('start = "06:30"', 'between = ["08:00-06:00"]', "runs[0].between[0]", "ends after it starts"),
        ('day = "thu"\nkind = "easy"', 'day = "tue"\nkind = "easy"\nstart = "07:29"', "runs[1].start", ""),
        ('duration = "60m"', "duration = 60", "runs[0].duration", 'found 60; write "60m"'),
        ('duration = "60m"', 'duration = "45 min"', "runs[0].duration", 'write "45m", found "45 min"'),
        ('start = "06:30"', "start = 630", "runs[0].start", "expected a string, found 630"),
        ('load = "moderate"', 'load = "medium"', "strength[0].load", 'did you mean "moderate"?'),
        ('day = "thu"', 'day = "Thursday"', "runs[1].day", 'did you mean "thu"?'),
        ('rest = ["mon"]', 'rest_days = ["mon"]', "rest_days", 'did you mean "rest"?'),
        ('load = "moderate"', 'load = "moderat"', "strength[0].load", 'did you mean "moderate"?'),
        ('load = "moderate"', 'load = "light"\nshortest = "40m"', "strength[0].shortest", "longer than"),
        ('load = "moderate"', 'load = "light"\nduration = ""', "strength[0].duration", 'found ""'),
        ('rest = ["mon"]', 'rest = "mon"', "rest", 'expected a list, found "mon"'),
        ('rest = ["mon"]', 'rest = ["mo"]', "rest[0]", 'did you mean "mon"?'),
        ('rest = ["mon"]', 'recovery = "yes"', "recovery", 'expected true or false, found "yes"'),
        ('title = "Mine"', 'titel = "Mine"', "titel", 'did you mean "title"?'),
    ],
)  # fmt: skip
def test_a_wrong_template(box: Box, good: str, bad: str, key: str, says: str) -> None:
    assert good in TEMPLATE
    path = box.write("own/mine.toml", TEMPLATE.replace(good, bad, 1))
    box.config(weeks='["mine"]', plan='templates = "own"')
    message = refused(box)
    assert re.match(rf"{re.escape(str(path))}:\d+: {re.escape(as_said(key))}: ", message)
    assert says in message


@pytest.mark.parametrize(
    ("without", "key"),
    [
        ('title = "Mine"\n', "title"),
        ('day = "thu"\n', "runs[1].day"),
        ('kind = "easy"\n', "runs[1].kind"),
        ('duration = "40m"\n', "runs[1].duration"),
        ('routine = "lower-body"\n', "strength[0].routine"),
        ('load = "moderate"\n', "strength[0].load"),
    ],
)
def test_what_a_template_requires(box: Box, without: str, key: str) -> None:
    assert without in TEMPLATE
    box.write("mine.toml", TEMPLATE.replace(without, "", 1))
    box.config(weeks='["mine.toml"]')
    message = refused(box)
    assert "mine.toml" in message
    assert f" {as_said(key)}: is missing" in as_missing(message)


def test_runs_may_touch_and_may_be_without_time(box: Box) -> None:
    box.write("mine.toml", TEMPLATE.replace('day = "thu"', 'day = "tue"\nstart = "07:30"'))
    box.config(weeks='["mine.toml"]')
    box.push()
    box.write("mine.toml", TEMPLATE.replace('day = "thu"', 'day = "tue"'))
    box.push()


def test_a_long_run_that_reaches_over_a_short_one_into_a_third(box: Box) -> None:
    run = '[[runs]]\nday = "sat"\nkind = "easy"\nduration = "{}"\nstart = "{}"\n'
    runs = run.format("5h", "06:00") + run.format("10m", "03:00") + run.format("10m", "10:00")
    box.write("mine.toml", f'title = "T"\n{runs}')
    box.config(weeks='["mine.toml"]')
    assert "the 3rd run: start: overlaps" in refused(box)


def test_four_sessions_are_refused_with_the_reason(box: Box) -> None:
    session = '[[strength]]\nroutine = "lower-body"\nload = "light"\n'
    box.write("mine.toml", f'title = "T"\n{session * 4}')
    box.config(weeks='["mine.toml"]')
    message = refused(box)
    assert message.startswith(f"{box.folder / 'mine.toml'}:11: the 4th strength session: 4 strength sessions")
    assert "recover" in message
    box.write("mine.toml", f'title = "T"\n{session * 3}')
    (warning,) = box.plan()["warnings"]
    assert warning["code"] == "twice-a-week"
    assert {len(week["wanted"]) for week in box.plan()["weeks"]} == {2}


@pytest.mark.parametrize(
    ("weeks", "says"),
    [
        ('["balancd"]', 'no template is called "balancd"; did you mean "balanced"?'),
        ('["balanced", "Recovery"]', 'did you mean "recovery"?'),
        ('["xyzzy"]', "known: balanced, "),
        ('["missing.toml"]', "missing.toml: no such file"),
        ('["own/missing.toml"]', "own/missing.toml: no such file"),
    ],
)
def test_an_unknown_template(box: Box, weeks: str, says: str) -> None:
    box.config(weeks=weeks)
    assert says in refused(box)


def test_an_unknown_template_of_a_single_week(box: Box) -> None:
    box.config(plan='override = { 2027-W50 = "recovry" }')
    assert 'did you mean "recovery"?' in refused(box)


@pytest.mark.parametrize("plan", ["", '[plan.override]\n2026-W50 = "recovry"\n'])
def test_an_unknown_template_says_where_it_is_asked_for(box: Box, plan: str) -> None:
    box.config(weeks='["balanced"]' if plan else '["balancd"]', plan=plan)
    message = box.run("plan").error
    assert message.startswith("config.toml:")
    assert ("plan.override.2026-W50" if plan else "the 1st of plan.weeks") in message


def test_an_unknown_routine(box: Box) -> None:
    box.write("mine.toml", TEMPLATE.replace("lower-body", "lower-bdy"))
    box.config(weeks='["mine.toml"]')
    message = refused(box)
    assert "mine.toml" in message
    assert "the 1st strength session: routine" in message
    assert 'did you mean "lower-body"?' in message


@pytest.mark.parametrize(
    ("exercise", "key", "says"),
    [
        ("", "exercises", "at least one exercise"),
        ('name = "A"\nminutes = 0\ntrains = ["core"]', "exercises[0].minutes", "at least 1"),
        ('name = "A"\nminutes = 5\ntrains = []', "exercises[0].trains", "lower-body, hips-glutes, core"),
        ('name = "A"\nminutes = 5\ntrains = ["cor"]', "exercises[0].trains[0]", 'did you mean "core"?'),
        ('name = "A"\nminutes = 5\ntrains = ["core"]\nsets = 3', "exercises[0]", "sets and reps go together"),
        ('name = "A"\nminutes = 5\ntrains = ["core"]\nsets = 3\nreps = "ten"', "exercises[0].reps", '"30s"'),
        ('name = "A"\nminutes = 5\ntrains = ["core"]\nset = 3', "exercises[0].set", 'did you mean "sets"?'),
        ('minutes = 5\ntrains = ["core"]', "exercises[0].name", "is missing"),
        ('name = "A"\ntrains = ["core"]', "exercises[0].minutes", "is missing"),
        ('name = "A"\nminutes = 5', "exercises[0].trains", "is missing"),
    ],
)
def test_a_wrong_routine(box: Box, exercise: str, key: str, says: str) -> None:
    table = f"[[exercises]]\n{exercise}\n" if exercise else "exercises = []\n"
    path = box.write("own/routines/mine.toml", f'title = "Mine"\n{table}')
    box.write("own/week.toml", TEMPLATE.replace("lower-body", "mine"))
    box.config(weeks='["week"]', plan='templates = "own"')
    message = as_missing(refused(box))
    assert message.startswith(str(path))
    assert f" {as_said(key)}: " in message
    assert says in message


def test_templates_that_are_no_text_or_no_file(box: Box) -> None:
    box.write("bad.toml", b"\xff")
    box.config(weeks='["bad.toml"]')
    assert "bad.toml: not UTF-8 text" in refused(box)
    box.config(weeks='["./"]')
    assert "the 1st of plan.weeks" in refused(box)
    box.write("own/balanced.toml", "title = ")
    box.config(plan='templates = "own"')
    assert f"{box.folder / 'own' / 'balanced.toml'}: " in refused(box)


# --- any command meets the same wall ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "plan",
        "push",
        "push --dry-run",
        "busy",
        "export",
        "export x.ics",
        "skip 2026-W48/run/tue-1",
        "move 2026-W48/run/tue-1 2026-11-25T10:00",
        "release --all",
        "lint",
        "templates list",
        "templates show balanced",
    ],
)
def test_no_command_works_around_a_wrong_config(box: Box, command: str) -> None:
    box.write("config.toml", GOOD.replace("horizon", "horizn"))
    assert 'did you mean "horizon"?' in refused(box, *command.split())
    assert not Path(box.folder / "x.ics").exists()


def test_as_a_program(box: Box) -> None:
    box.write("config.toml", GOOD.replace("horizon", "horizn"))
    result = box.process("push")
    assert (result.code, result.out) == (3, "")
    assert result.err == 'Error: config.toml:6: plan.horizn: unknown key; did you mean "horizon"?\n'


@pytest.mark.parametrize("form", ["table", "svg", "html"])
def test_no_title_steers_a_terminal(box: Box, form: str) -> None:
    """Templates are passed around, and their titles are printed."""
    box.write("odd.toml", 'title = "\\u001b[31mred\\u0007"\nrecovery = true\n')
    box.config(weeks='["odd.toml"]')
    result = box.ok("plan", "--format", form)
    assert "red" in result.out
    assert not {"\x1b", "\x07"} & set(result.out)
