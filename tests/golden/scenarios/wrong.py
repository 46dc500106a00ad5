"""Wrong configs: where it is, what was found, what is allowed; and files that can't be read."""

from tests.cli.box import FEED, USUAL, config, target
from tests.golden.recorder import Recorder, scenario

GOOD = config()
A = "[availability]"
FILE = 'type = "ics"\npath = "public/training.ics"'
RACE = "[plan.race]\ndate = 2027-04-18\n"
RUNS = "[plan.feed]\npath = 'runs.ics'\n"
G = '[google]\ncredentials = "client_secret.json"\n'
B = '[[busy]]\nname = "private"\ntype = "google"\n'
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\n'
REPLACED = (
    ("horizon = 2", "horizn = 2"),
    ("horizon = 2", "Horizon = 2"),
    ('timezone = "Europe/London"', 'time_zone = "UTC"'),
    ("[availability]", "[availabilty]"),
    (A, "[availability]\nmonday = []"),
    ("[availability]", "[weather]\nsun = true\n[availability]"),
    ("horizon = 2", 'horizon = "2"'),
    ("horizon = 2", "horizon = 2.5"),
    ("horizon = 2", "horizon = 0"),
    ("horizon = 2", "horizon = 54"),
    ('["balanced"]', '"balanced"'),
    ('["balanced"]', "[]"),
    ('["balanced"]', '["balanced", 7]'),
    ("start = 2026-11-23", "start = 7"),
    ("start = 2026-11-23", "start = 1900-01-01"),
    (A, "[availability]\nmon = '06:00-08:00'"),
    (A, f"[strength]\nshort_on_time = 1\n{A}"),
    (A, '[availability]\nbuffer = "15"'),
    (A, '[availability]\nbuffer = "-5m"'),
    (A, '[availability]\nbuffer = "25h"'),
    (A, '[availability]\nnotice = "soon"'),
    (A, '[availability]\nmon = ["6-8"]'),
    (A, '[availability]\nmon = ["08:00-06:00"]'),
    (A, '[availability]\nmon = ["08:00-24:15"]'),
    (A, '[availability]\nprefer_times = ["noon"]'),
    (A, f'[strength]\nhours_apart = "2d"\n{A}'),
    (A, f"[strength]\nmin_days_apart = 1\n{A}"),
    ("horizon = 2", 'experience = "expert"'),
    ("horizon = 2", 'experience = "experiencd"'),
    (USUAL, 'usual_start = { tue = "7" }'),
    (USUAL, 'usual_start = { tue = "24:00" }'),
    (USUAL, 'usual_start = { tues = "07:00" }'),
    ("horizon = 2", 'override = { "2026-W54" = "balanced" }'),
    ("horizon = 2", 'override = { "w50" = "balanced" }'),
    ('"Europe/London"', '"Europe/Lodnon"'),
    ('"Europe/London"', '"europe/london"'),
    ('"Europe/London"', '"../etc/passwd"'),
    ('"Europe/London"', '""'),
    ('name = "training"', 'name = "my plan"'),
    ('name = "training"', 'name = "../x"'),
    ('name = "training"', 'name = ""'),
    ("[availability]", "[plan.race]\n[availability]"),
    ("[availability]", RACE + "start = '9'\n[availability]"),
    ("[availability]", RACE + "duration = '25h'\n[availability]"),
    ("[availability]", RACE + "title = ' '\n[availability]"),
    ("[availability]", RACE + "weeks = ['tapper']\n[availability]"),
    ("[availability]", "[plan.race]\ndate = 2026-11-01\n[availability]"),
    ("[availability]", "[plan.race]\ndate = 2727-04-18\n[availability]"),
    ("[availability]", "[plan.feed]\n[availability]"),
    ("[availability]", "[plan.feed]\nurl = 'http://x.org/a'\n[availability]"),
    ("[availability]", "[plan.feed]\nurl_env = 'NO_SUCH'\n[availability]"),
    ("[availability]", RUNS + "pace = '6 min'\n[availability]"),
    ("[availability]", RUNS + "pace = '0:40/km'\n[availability]"),
    ("[availability]", RUNS + "strength = 'yes'\n[availability]"),
    ("[availability]", RUNS + "kind = {'a' = 'hils'}\n[availability]"),
    ("[availability]", RUNS + "kind = {'' = 'easy'}\n[availability]"),
    ("[availability]", "[plan.feed]\npath = 'public/training.ics'\n[availability]"),
    ("[availability]", RUNS + "[[busy]]\nname = 'a'\ntype = 'ics'\npath = './runs.ics'\n[availability]"),
    ("[availability]", "[google]\n[availability]"),
    ("[availability]", G + "endpoint = 'x'\n[availability]"),
    ("[availability]", G + "endpoint = 'http://x.org'\n[availability]"),
    ('type = "ics"', 'type = "google"'),
    (FILE, 'type = "google"'),
    (FILE, 'type = "google"\ncalendar = " "'),
    (FILE, 'type = "google"\ncalendar = "T"'),
    (FILE, 'type = "google"\ncalendar = "T"\nalarm = "1h"'),
    (FILE, 'type = "google"\ncalendar = "T"\nreminder = "29d"'),
    (FILE, 'type = "google"\ncalendar = "T"\ncalendar_id = ""'),
    ('type = "ics"', 'type = "ics"\nremind = "1h"'),
    ("[availability]", B + "[availability]"),
    ("[availability]", B + "calendars = []\n[availability]"),
    ("[availability]", B + "calendars = ['']\n[availability]"),
    ("[availability]", B + "calendars = ['a']\n[availability]"),
    ("[availability]", B + "calendars = ['a']\nurl = 'x'\n[availability]"),
    ("[availability]", B + "calendars = ['a']\nmax_age = '1d'\n[availability]"),
    ('type = "ics"', 'type = "outlook"'),
    ('type = "ics"', 'type = "icss"'),
    ('type = "ics"', 'type = "ics"\ncalendar = "T"'),
    ('type = "ics"', 'type = "ics"\ndetail = "ful"'),
    ('type = "ics"', 'type = "ics"\ninclude = ["run"]'),
    ('type = "ics"', 'type = "ics"\ninclude = []'),
    ('type = "ics"', 'type = "ics"\nalarm = "early"'),
    ('path = "public/training.ics"', 'path = "."'),
)
LEFT_OUT = (
    'name = "training"\n',
    "start = 2026-11-23\n",
    'weeks = ["balanced"]\n',
    'name = "feed"\n',
    'type = "ics"\n',
    'path = "public/training.ics"\n',
    FEED,
)
SOURCES = (
    'path = "a.ics"\nurl = "https://x.example/a"\n',
    "",
    'url_env = "NO_SUCH_VARIABLE"\n',
    'path = "a.ics"\ncalendars = ["primary"]\n',
    'path = "a.ics"\nall_day = "maybe"\n',
    'path = "a.ics"\non_error = "ignore"\n',
    'path = "a.ics"\nmax_age = "long"\n',
    'path = "a.ics"\nignore = "Lunch*"\n',
    'path = "a.ics"\nemal = "me@example.org"\n',
    f'path = "a.ics"\n{BUSY}path = "b.ics"\n',
    f'path = "a.ics"\n{BUSY}pth = "b.ics"\n',
)
TARGETS = (
    FEED + FEED.replace("training.ics", "b.ics"),
    FEED + target("b", "public/training.ics"),
    FEED + target("b", "x/../public/training.ics"),
    target("", "a.ics"),
)
PAUSES = (
    "from = 2026-12-02\nto = 2026-12-01\n",
    "to = 2026-12-01\n",
    "from = 2026-12-01\nuntil = 2026-12-02\n",
    "from = 5\nto = 2026-12-01\n",
)
NO_TOML = (
    'name = "x\n',
    "a = 1\nb = = 2\n",
    "a = 1\na = 2\n",
    "[plan]\n[plan]\n",
    "start = 2026-11-32\n",
    "= 3\n",
    "a = [1,\n",
)


@scenario
def wrong_configs(recorder: Recorder) -> None:
    def refused(text: str | bytes, *command: str) -> None:
        recorder.write("config.toml", text)
        recorder.run(*(command or ("plan",)))

    recorder.write("a.ics", "x")
    for good, bad in REPLACED:
        assert good in GOOD
        recorder.say(bad)
        refused(GOOD.replace(good, bad, 1))
    for part in LEFT_OUT:
        recorder.say(f"without {part}")
        refused(GOOD.replace(part, ""))
    for busy in SOURCES:
        refused(config(more=BUSY + busy))
    for targets in TARGETS:
        refused(config(targets=targets))
    for pause in PAUSES:
        refused(config(more=f"[[pause]]\n{pause}"))
    for text in (*NO_TOML, "", b'name = "\xff"', b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()):
        refused(text)
    refused(config(plan='templates = "mine"'))
    refused(config(weeks='["balancd"]'))
    refused(config(targets=FEED.replace("[[targets]]", "[targets]")))
    recorder.run("plan", "--config", ".")
    recorder.run("plan", "--config", "config.toml/x.toml")
    recorder.say("By every command")
    refused(GOOD.replace("horizon = 2", "horizn = 2"), "doctor")
    for command in (
        ("doctor", "--format", "json"),
        ("push",),
        ("push", "--format", "json"),
        ("busy",),
        ("export",),
        ("skip", "2026-W48/strength/1"),
        ("move", "2026-W48/strength/1", "2026-11-25T18:00"),
        ("release", "--all"),
        ("checkin", "--none"),
        ("checkin", "--list"),
        ("lint",),
        ("templates", "list"),
        ("schedule",),
        ("serve",),
        ("auth", "google"),
    ):
        recorder.run(*command)


@scenario
def wrong_addresses(recorder: Recorder) -> None:
    """An address is a secret, even a wrong one."""
    for url in (
        "http://calendar.example/hush/basic.ics",
        "http://user:hush@calendar.example/",
        "ftp://calendar.example/hush",
        "file:///hush",
        "calendar.example/hush",
        "https:///hush",
        "https://[hush",
        "https://x.example:hush/",
        "",
    ):
        for where in (f'url = "{url}"', 'url_env = "CALENDAR"'):
            recorder.box.environment["CALENDAR"] = url
            recorder.box.config(more=f"{BUSY}{where}\n")
            recorder.run("plan")
            recorder.run("doctor", "--verbose")


@scenario
def damaged_state(recorder: Recorder) -> None:
    """Files of the state folder that can't be read, and a target that somebody has edited."""
    recorder.box.config()
    recorder.run("push")
    for name in ("wishes.json", "checkins.json", "feeds.json", "google.json", "last-push"):
        for content in ("{", "[]", '{"moves": {"a": 1}}'):
            recorder.say(f"{name}: {content}")
            recorder.write(f"state/training/{name}", content)
            for command in (("plan",), ("push", "--quiet"), ("doctor",)):
                recorder.run(*command)
        (recorder.box.state / "training" / name).unlink()
    recorder.run("push")
    feed = recorder.box.feed.read_bytes()
    for what, content in (
        ("cut off", feed[:700]),
        ("empty", b""),
        (
            "with an event of one's own",
            feed.replace(
                b"END:VCALENDAR",
                b"BEGIN:VEVENT\r\nUID:own\r\nDTSTART:20261124T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR",
            ),
        ),
        ("with another title", feed.replace(b"SUMMARY:Long run", b"SUMMARY:Short run")),
        ("without its last event", feed[: feed.rindex(b"BEGIN:VEVENT")] + b"END:VCALENDAR\r\n"),
    ):
        recorder.say(f"The feed is {what}")
        recorder.write("public/training.ics", content)
        recorder.run("doctor")
        recorder.run("push")
        recorder.feeds()
    recorder.box.state.joinpath("training").chmod(0o755)
    recorder.box.feed.chmod(0o600)
    recorder.run("doctor")
