"""Moves, skips and releases from the command line."""

from tests.golden.recorder import Recorder, plan_and_push, scenario

FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
TUE, THU, SAT = (f"2026-W48/run/{day}-1" for day in ("tue", "thu", "sat"))


@scenario
def wishes(recorder: Recorder) -> None:
    run = recorder.run
    recorder.box.config(horizon=3)
    run("push")
    run("move", FIRST, "2026-11-25T18:00")
    run("move", SAT, "2026-11-29 09:15")
    run("skip", THU, "2026-W49/strength/2")
    run("push", "--dry-run")
    plan_and_push(recorder)
    run("plan", "--format", "html")
    run("move", FIRST, "2026-11-24T06:45")
    run("push")
    run("release", SAT, THU)
    run("push")
    run("skip", FIRST)
    run("push")
    run("move", FIRST, "2026-12-01T12:00:00+01:00")
    run("push", "--format", "json")
    recorder.feeds()
    recorder.say("Against the rules, and obeyed")
    run("move", SECOND, "2026-11-24T12:00")
    run("move", SECOND, "2026-11-28T07:45")
    run("move", TUE, "2026-11-23T19:00")
    run("move", "2026-W49/strength/1", "2026-12-06T23:45")
    run("push")
    run("plan", "--explain")
    recorder.now = "2026-11-29T12:00:00+00:00"
    run("plan")
    run("push")
    run("release", "--all")
    run("push")
    run("release", "--all")
    recorder.feeds()


@scenario
def wrong_wishes(recorder: Recorder) -> None:
    run = recorder.run
    recorder.box.config()
    run("push")
    recorder.now = "2026-11-25T06:00:00+00:00"
    for key in (
        "2026-W48/strength/9",
        "2026-W48/strenght/2",
        "2026-W48/run/mon-1",
        "2026-W60/strength/1",
        "",
        "x",
    ):
        run("skip", key)
        run("move", key, "2026-11-27T18:00")
        run("release", key)
    run("skip", SECOND, "2026-W48/strength/3")
    run("skip", TUE)
    run("move", TUE, "2026-11-27T18:00")
    run("move", SECOND, "2026-11-24T18:00")
    run("move", SECOND, "2026-11-27")
    run("move", SECOND, "tomorrow")
    run("move", SECOND, "2026-02-30T18:00")
    run("move", SECOND)
    run("skip")
    run("release")
    run("release", SECOND)
    run("release", "--all", SECOND)
    run("skip", SECOND)
    run("release", FIRST)
    recorder.write("state/training/wishes.json", "{")
    for command in (("plan",), ("push",), ("skip", SECOND), ("release", "--all"), ("doctor",)):
        run(*command)
