"""Runs and strength workouts from a training platform's feed."""

from tests import loopback
from tests.cli.box import ROOT
from tests.golden.recorder import Recorder, plan_and_push, scenario

WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "examples/busy.ics"\n'
FILES = ROOT / "tests" / "feeds" / "platform" / "files"


def _event(day: str, title: str, *more: str) -> str:
    """An all-day entry; `more` are further lines."""
    return "\n".join(
        (
            "BEGIN:VEVENT",
            f"UID:{title}{day}",
            f"DTSTART;VALUE=DATE:{day}",
            f"SUMMARY:{title}",
            *more,
            "END:VEVENT",
        )
    )


def _feed(*events: str) -> str:
    return "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *events, "END:VCALENDAR", ""))


TITLES = _feed(
    _event("20261123", "Rest day"),
    _event("20261124", "Track night"),
    _event("20261124", "Easy shake-out", "DESCRIPTION:20 min"),
    _event("20261125", "Strength: legs and core", "DESCRIPTION:40 min\\nSquats"),
    _event("20261125", "Mobility 15 min"),
    _event("20261126", "Hügelläufe 8 x 200m"),
    _event("20261126", "Call with the coach"),
    _event("20261127", "Swim 30 min"),
    _event("20261128", "Long run 21km"),
    _event("20261129", "???"),
    _event("20261130", "5k race", "DESCRIPTION:Parkrun"),
    _event("20261201", "Run 10km"),
    _event("20261202", "Run"),
    _event("20261203", "Strength", "X-WORKOUT-ESTIMATED-DURATION:5400"),
    _event("20261204", "Strength A"),
    _event("20261205", "Strength B"),
    _event("20261206", "Heavy lifting 45m"),
)


@scenario
def platform_feed(recorder: Recorder) -> None:
    recorder.copy("examples")
    recorder.box.config(plan='[plan.feed]\npath = "examples/runna.ics"', horizon=4, more=WORK)
    plan_and_push(recorder)
    recorder.run("lint", "--feed")
    recorder.say("Runs that come another day, change or go")
    text = (ROOT / "examples" / "runna.ics").read_bytes().decode()
    changed = text.replace("DTSTART:20261126", "DTSTART:20261127").replace("DTEND:20261127", "DTEND:20261128")
    recorder.write("examples/runna.ics", changed.replace("Pyramid Intervals", "Easy Run"))
    recorder.now = "2026-11-23T08:00:00+00:00"
    recorder.run("push")
    recorder.feeds()
    recorder.say("An empty feed, and one that is gone")
    recorder.write("examples/runna.ics", _feed())
    recorder.run("plan")
    recorder.run("push", "--quiet")
    (recorder.box.folder / "examples" / "runna.ics").unlink()
    recorder.run("plan")
    recorder.run("push")
    recorder.run("doctor")


@scenario
def platform_strength(recorder: Recorder) -> None:
    recorder.copy("examples")
    feed = '[plan.feed]\npath = "examples/runna.ics"\nstrength = "feed"\npace = "5:45/km"'
    recorder.box.config(plan=feed, horizon=4, more=WORK)
    plan_and_push(recorder, page=True)
    recorder.run("checkin", "--sign", "sore")
    recorder.run("push")
    recorder.feeds()


@scenario
def platform_titles(recorder: Recorder) -> None:
    """Titles that are clear, unclear, explained by the config, and no workouts at all."""
    recorder.write("runs.ics", TITLES)
    recorder.box.config(plan='[plan.feed]\npath = "runs.ics"')
    plan_and_push(recorder)
    recorder.run("lint", "--feed")
    kinds = 'kind = { "Track*" = "intervals", "Call*" = "ignore", "?*" = "easy", "Strength A" = "strength" }'
    recorder.box.config(plan=f'[plan.feed]\npath = "runs.ics"\nstrength = "feed"\n{kinds}')
    recorder.run("plan", "--explain")
    recorder.run("plan", "--format", "json")
    recorder.run("push")
    recorder.run("doctor")
    recorder.feeds()


@scenario
def platform_files(recorder: Recorder) -> None:
    """A feed of each platform."""
    for path in sorted(FILES.glob("*.ics")):
        for strength in ("ignore", "feed"):
            recorder.say(f"{path.stem}, strength = {strength}")
            recorder.write("runs.ics", path.read_bytes())
            recorder.box.config(plan=f'[plan.feed]\npath = "runs.ics"\nstrength = "{strength}"\n', horizon=3)
            recorder.run("plan", "--explain")
            if strength == "feed":
                recorder.run("plan", "--format", "json")
            recorder.run("doctor")


@scenario
def platform_over_http(recorder: Recorder) -> None:
    """A training feed with an address: it is there, it changes, it is empty, it is down."""
    runna = (ROOT / "examples" / "runna.ics").read_bytes()
    with loopback.feed(runna) as platform:
        platform.headers["Retry-After"] = "0"  # where it is down, it is asked again at once
        feed = f'[plan.feed]\nurl = "{platform.url}/secret"\n'
        recorder.box.config(plan=feed)
        recorder.run("doctor")
        recorder.run("push")
        recorder.feeds()
        recorder.run("plan", "--verbose")
        recorder.say("A run is done: the platform calls it otherwise")
        recorder.now = "2026-11-24T09:00:00+00:00"
        platform.body = runna.replace("🏃 Pyramid Intervals • 8km".encode(), b"Done: Pyramid")
        recorder.run("push")
        recorder.run("plan")
        platform.body = runna.replace(b"DTSTART:20261124", b"DTSTART:20261224")
        recorder.run("push")
        recorder.say("Empty, and there are other runs in it again")
        recorder.now = "2026-11-24T15:00:00+00:00"
        platform.body = _feed().encode()
        recorder.run("plan")
        recorder.run("push")
        recorder.say("Down")
        platform.status, platform.body = 503, b"later"
        recorder.now = "2026-11-24T18:00:00+00:00"
        for command in ("plan", "push", "doctor"):
            recorder.run(command)
        recorder.now = "2026-12-04T18:00:00+00:00"
        for command in ("plan", "push", "doctor"):
            recorder.run(command)
        recorder.say("A page in place of a calendar")
        platform.status, platform.body = 200, b"<!doctype html><title>Sign in</title>"
        recorder.run("plan")
        recorder.box.config(plan=f'{feed}on_error = "fail"\n')
        recorder.run("plan")
    recorder.say("Two files that are alike, and workouts every hour")
    recorder.write("runs/a.ics", runna)
    recorder.write("runs/b.ics", runna)
    hourly = "UID:h\nDTSTART:20261124T060000Z\nDURATION:PT30M\nSUMMARY:Run\nRRULE:FREQ=HOURLY"
    recorder.write("runs/c.ics", _feed(f"BEGIN:VEVENT\n{hourly}\nEND:VEVENT"))
    recorder.box.config(plan='[plan.feed]\npath = "runs"')
    recorder.now = "2026-11-23T06:00:00+00:00"
    recorder.run("plan")
    recorder.run("doctor")
