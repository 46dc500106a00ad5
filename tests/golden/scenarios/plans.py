"""Plans of all sorts: races, check-ins, pauses, experience, time zones, targets."""

from tests.cli.box import FEED, target
from tests.golden.recorder import Recorder, plan_and_push, scenario

WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "examples/busy.ics"\n'


def _signs(*names: str) -> list[str]:
    return [part for name in names for part in ("--sign", name)]


@scenario
def race(recorder: Recorder) -> None:
    """A race in the middle of a week and a taper, and weeks of its own for it."""
    recorder.copy("examples")
    own = '[plan.race]\ndate = 2026-12-13\ntitle = "Winter 10 km"\nstart = "10:15"\nduration = "1h15m"\n'
    recorder.box.config(horizon=4, plan=own, more=WORK)
    plan_and_push(recorder, page=True)
    recorder.now = "2026-12-10T06:00:00+00:00"
    recorder.run("plan", "--explain")
    recorder.run("push")
    recorder.now = "2026-12-14T06:00:00+00:00"
    recorder.run("plan", "--explain")
    recorder.run("push")
    recorder.say("Its last weeks follow their own templates, and it starts at the usual time.")
    own = '[plan.race]\ndate = 2026-12-12\nweeks = ["taper", "race-week"]\n'
    recorder.box.config(name="other", horizon=4, plan=own, more=WORK)
    recorder.now = "2026-11-23T06:00:00+00:00"
    recorder.run("plan", "--explain")
    recorder.run("plan", "--format", "json")


@scenario
def check_ins(recorder: Recorder) -> None:
    recorder.box.config(weeks='["experienced-three"]', plan='experience = "experienced"')
    recorder.run("push")
    recorder.run("checkin", "--list")
    recorder.run("checkin", "--none", "--date", "2026-11-22")
    recorder.run("checkin", *_signs("sore"), "--date", "2026-11-23")
    recorder.run("plan", "--explain")
    recorder.run("push")
    recorder.run("checkin", *_signs("sore", "heavy-legs"), "--date", "2026-11-23")
    recorder.run("plan")
    recorder.run("push")
    recorder.run("checkin", *_signs("sore", "heavy-legs", "low-motivation"), "--date", "2026-11-26")
    recorder.run("checkin", "--list")
    recorder.run("checkin", "--list", "--format", "json")
    plan_and_push(recorder)
    recorder.run("checkin", "--remove", "--date", "2026-11-26")
    recorder.run("push")
    recorder.run("checkin", *_signs("sore", "heavy-legs", "low-motivation", "easy-feels-hard"))
    recorder.run("checkin", "--list")
    recorder.run("push")
    recorder.feeds()
    recorder.say("Over months")
    for number in range(14):
        day = f"2026-{10 + number // 7:02}-{1 + 4 * (number % 7):02}"
        signs = _signs(*("sore", "heavy-legs", "low-motivation")[: (number * 2) % 4])
        recorder.run("checkin", *(signs or ["--none"]), "--date", day)
    recorder.run("checkin", "--list")
    recorder.now = "2026-12-20T06:00:00+00:00"
    recorder.run("checkin", "--list")
    recorder.now = "2027-01-20T06:00:00+00:00"
    recorder.run("checkin", "--list")
    recorder.now = "2026-11-23T06:00:00+00:00"
    recorder.say("What is refused")
    recorder.run("checkin", "--none", "--sign", "sore")
    recorder.run("checkin", "--list", "--date", "2026-11-23")
    recorder.run("checkin", "--none", "--format", "json")
    recorder.run("checkin", "--none", "--date", "1066-10-14")
    recorder.run("checkin", "--sign", "tired")
    recorder.run("checkin", "--none", "--date", "2026-12-24")
    recorder.run("checkin", "--none", "--date", "yesterday")
    recorder.run("checkin", "--remove", "--date", "2026-11-01")
    recorder.answer("y\nn\ny\nn\n", "checkin")


@scenario
def new_to_strength(recorder: Recorder) -> None:
    """Eight weeks in which it builds up, and who starts late in a week."""
    recorder.copy("examples")
    recorder.box.config(
        weeks='["balanced", "balanced", "balanced", "recovery"]',
        horizon=3,
        plan='experience = "new"',
        more=WORK,
    )
    plan_and_push(recorder)
    recorder.run("plan", "--weeks", "9", "--explain")
    recorder.say("Late in the first week")
    recorder.box.config(name="late", plan='experience = "new"')
    recorder.now = "2026-11-26T20:00:00+00:00"
    recorder.run("plan", "--explain")


@scenario
def three_sessions(recorder: Recorder) -> None:
    recorder.copy("examples")
    recorder.box.config(
        weeks='["experienced-three", "marathon-build"]',
        horizon=3,
        plan='experience = "experienced"',
        availability='prefer_times = ["12:00-14:00", "18:00-20:00"]',
        more=WORK,
    )
    plan_and_push(recorder)
    recorder.say("For who has done less")
    recorder.box.config(name="regular", weeks='["experienced-three"]', more=WORK)
    recorder.run("plan", "--explain")
    recorder.run("lint")


@scenario
def short_on_time(recorder: Recorder) -> None:
    recorder.copy("examples")
    recorder.box.config(
        weeks='["balanced", "short-on-time"]',
        availability='default = ["06:00-08:30", "17:00-21:00"]\nbuffer = "0m"\nnotice = "0m"',
        more=f"[strength]\nshort_on_time = true\nhours_apart = '4h'\nmin_days_apart = 3\n{WORK}",
    )
    plan_and_push(recorder)


@scenario
def pauses_and_overrides(recorder: Recorder) -> None:
    recorder.box.config(
        horizon=7,
        plan='[plan.override]\n2026-W49 = "recovery"\n2026-W53 = "short-on-time"',
        more="[[pause]]\nfrom = 2026-12-09\nto = 2026-12-11\n[[pause]]\nfrom = 2026-12-21\nto = 2026-12-27\n"
        "[[pause]]\nfrom = 2027-01-02\nto = 2027-01-02\n",
    )
    plan_and_push(recorder)


@scenario
def clocks_in_autumn(recorder: Recorder) -> None:
    """Clocks go back in London on 25 October 2026; runs and busy time lie in the hour that comes twice."""
    recorder.write("night.toml", NIGHT)
    recorder.write("busy.ics", _night("20261025T003000Z", "20261025T013000Z"))
    config = {"weeks": '["night.toml"]', "availability": 'default = ["00:00-24:00"]\nsun = ["00:00-24:00"]'}
    recorder.box.config(**config, more=BUSY)
    text = (recorder.box.folder / "config.toml").read_text()
    recorder.write("config.toml", text.replace("2026-11-23", "2026-10-19"))
    recorder.now = "2026-10-19T05:00:00+00:00"
    plan_and_push(recorder, page=True)
    recorder.run("move", "2026-W43/strength/2", "2026-10-25T01:30")
    recorder.run("move", "2026-W43/strength/1", "2026-10-25T01:30:00+00:00")
    recorder.run("push")
    recorder.run("busy")
    recorder.feeds()


@scenario
def clocks_in_spring(recorder: Recorder) -> None:
    """Clocks go forward in London on 28 March 2027; runs and busy time lie in the hour that is left out."""
    recorder.write("night.toml", NIGHT)
    recorder.write("busy.ics", _night("20270328T003000Z", "20270328T020000Z"))
    config = {"weeks": '["night.toml"]', "availability": 'default = ["00:00-24:00"]\nsun = ["00:00-24:00"]'}
    recorder.box.config(**config, more=BUSY)
    recorder.now = "2027-03-22T05:00:00+00:00"
    plan_and_push(recorder)
    recorder.run("move", "2027-W12/strength/2", "2027-03-28T02:15")
    recorder.run("push")
    recorder.run("busy")
    recorder.feeds()


@scenario
def no_room_when_clocks_change(recorder: Recorder) -> None:
    """What would make room on a day of 25 or of 23 hours."""
    for start, now, day in (("2026-10-19", "2026-10-19", "1025"), ("2027-03-22", "2027-03-22", "0328")):
        recorder.now = f"{now}T05:00:00+00:00"
        for hours in ('["00:45-01:00"]', '["01:50-02:05"]', "[]"):
            recorder.say(f"{start}: {hours}")
            recorder.write("night.toml", ONLY_SUNDAY)
            recorder.write("busy.ics", _night(f"{start[:4]}{day}T040000Z", f"{start[:4]}{day}T235900Z"))
            hours = f"default = []\nsat = []\nsun = {hours}"
            recorder.box.config(weeks='["night.toml"]', horizon=1, availability=hours, more=BUSY)
            text = (recorder.box.folder / "config.toml").read_text()
            recorder.write("config.toml", text.replace("2026-11-23", start))
            recorder.run("plan", "--explain")


@scenario
def southern_clocks(recorder: Recorder) -> None:
    """In Sydney they go back in April and forward in October."""
    for now, start in (
        ("2027-03-29T05:00:00+11:00", "2027-03-29"),
        ("2027-09-27T05:00:00+10:00", "2027-09-27"),
    ):
        recorder.say(start)
        recorder.now = now
        recorder.box.config(
            name=f"from-{start}", zone="Australia/Sydney", targets=target("feed", f"public/{start}.ics")
        )
        plan_and_push(recorder)
    recorder.say("A zone with half an hour, and one that has no rules any more")
    for zone in ("Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"):
        recorder.box.config(
            name="x", zone=zone, targets=target("feed", f"public/{zone.rpartition('/')[2]}.ics")
        )
        recorder.run("push")
        recorder.feeds()


@scenario
def two_targets(recorder: Recorder) -> None:
    """One says all, one says only when; alarms, and what is left out of each."""
    recorder.copy("examples")
    targets = (
        target("phone", "public/phone.ics", 'alarm = "30m"')
        + target("family", "public/family.ics", 'detail = "busy"\nalarm = "1h30m"')
        + target("lifts", "public/deep/lifts.ics", 'include = ["strength"]')
        + target("runs", "public/runs.ics", 'include = ["runs"]\ndetail = "busy"')
    )
    recorder.box.config(targets=targets, more=WORK)
    plan_and_push(recorder)
    recorder.run("push", "--target", "family")
    recorder.run("push", "--target", "famly")
    recorder.run("skip", "2026-W48/strength/1")
    recorder.run("push", "--target", "phone", "--format", "json")
    recorder.run("push")
    recorder.feeds()
    recorder.say("A target that nothing is written into, and one that is somebody else's")
    recorder.write("public/other.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n")
    recorder.write("blocked", "a file")
    recorder.box.config(
        targets=FEED + target("other", "public/other.ics") + target("blocked", "blocked/x.ics")
    )
    recorder.run("push")
    recorder.run("push", "--format", "json")
    recorder.run("doctor")
    recorder.run("plan")


@scenario
def weeks_go_by(recorder: Recorder) -> None:
    """A push each day or so: what is past stays, what is near stays, the horizon moves on."""
    recorder.copy("examples")
    recorder.box.config(weeks='["balanced", "ten-k-build", "recovery"]', horizon=3, more=WORK)
    for now in (
        "2026-11-20T06:00:00+00:00",
        "2026-11-23T06:00:00+00:00",
        "2026-11-24T11:30:00+00:00",
        "2026-11-24T12:10:00+00:00",
        "2026-11-27T22:00:00+00:00",
        "2026-11-29T23:59:00+00:00",
        "2026-11-30T00:01:00+00:00",
    ):
        recorder.say(now)
        recorder.now = now
        recorder.run("plan")
        recorder.run("push")
    recorder.feeds()
    recorder.run("plan", "--format", "json")
    recorder.run("plan", "--format", "html")
    recorder.run("doctor")
    recorder.now = "2027-01-20T06:00:00+00:00"
    recorder.run("doctor")
    recorder.run("push", "--quiet")
    recorder.feeds()
    recorder.say("Another template asks to withdraw more than half")
    recorder.write("nothing.toml", 'title = "Nothing"\n')
    recorder.box.config(weeks='["nothing.toml"]', horizon=3)
    recorder.run("push")
    recorder.run("push", "--quiet", "--format", "json")
    recorder.run("push", "--dry-run")
    recorder.run("push", "--allow-mass-delete")
    recorder.feeds()


BUSY = '[[busy]]\nname = "night"\ntype = "ics"\npath = "busy.ics"\n'
ONLY_SUNDAY = """title = "Only Sunday"
rest = ["mon", "tue", "wed", "thu", "fri", "sat"]
[[runs]]
day = "sun"
kind = "easy"
duration = "40m"
between = ["00:45-03:30"]
[[strength]]
routine = "mobility"
load = "light"
"""
NIGHT = """title = "Night owl"
rest = ["tue"]
[[runs]]
day = "thu"
kind = "hills"
duration = "45m"
start = "01:15"
[[runs]]
day = "sun"
kind = "easy"
duration = "40m"
between = ["00:45-03:30"]
[[strength]]
routine = "mobility"
load = "light"
[[strength]]
routine = "single-leg"
load = "heavy"
"""


def _night(start: str, end: str) -> str:
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:night\r\n"
        f"DTSTART:{start}\r\nDTEND:{end}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
