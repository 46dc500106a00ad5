"""The configs that come with calsync: the example, and those of the cookbook."""

from tests.cli.box import ROOT
from tests.golden.recorder import Recorder, plan_and_push, scenario

COOKBOOK = "examples/cookbook"


@scenario
def example(recorder: Recorder) -> None:
    recorder.copy("examples")
    recorder.copy("config.example.toml", "config.toml")
    plan_and_push(recorder, page=True)
    recorder.run("busy")
    recorder.run("busy", "--format", "json", "--days", "7")
    recorder.run("export")
    recorder.run("plan", "--week", "2026-W49")
    recorder.run("plan", "--week", "2026-W49", "--format", "json")
    recorder.run("plan", "--weeks", "1")
    recorder.now = "2026-11-30T06:00:00+00:00"
    recorder.run("push")
    recorder.run("plan", "--format", "json")
    recorder.feeds()


def _cookbook(recorder: Recorder, name: str, *, page: bool = False) -> None:
    recorder.copy("examples")
    plan_and_push(recorder, "--config", f"{COOKBOOK}/{name}.toml", page=page)


@scenario
def cookbook_early_bird(recorder: Recorder) -> None:
    _cookbook(recorder, "early-bird")


@scenario
def cookbook_lunch_lifter(recorder: Recorder) -> None:
    _cookbook(recorder, "lunch-lifter")


@scenario
def cookbook_marathon(recorder: Recorder) -> None:
    """Up to the race and past it, too."""
    _cookbook(recorder, "marathon", page=True)
    config = ("--config", f"{COOKBOOK}/marathon.toml")
    for now in ("2027-03-29T05:00:00+00:00", "2027-04-12T05:00:00+00:00", "2027-04-19T05:00:00+00:00"):
        recorder.now = now
        recorder.run("plan", "--explain", *config)
        recorder.run("push", *config)
    recorder.feeds()


@scenario
def cookbook_runna_user(recorder: Recorder) -> None:
    _cookbook(recorder, "runna-user")


@scenario
def cookbook_shift_worker(recorder: Recorder) -> None:
    _cookbook(recorder, "shift-worker")


@scenario
def cookbook_triathlete(recorder: Recorder) -> None:
    _cookbook(recorder, "triathlete", page=True)


@scenario
def cookbook_two_feeds(recorder: Recorder) -> None:
    _cookbook(recorder, "two-feeds")
    recorder.run("busy", "--config", f"{COOKBOOK}/two-feeds.toml")


@scenario
def templates_of_the_house(recorder: Recorder) -> None:
    """Each shipped template, planned for a week."""
    names = sorted(path.stem for path in (ROOT / "templates").glob("*.toml"))
    for name in names:
        recorder.say(name)
        recorder.box.config(weeks=f'["{name}"]', horizon=1, plan='experience = "experienced"')
        recorder.run("plan", "--explain")
        recorder.run("lint")
