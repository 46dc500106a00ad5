"""Help, templates, lint, init, schedule, completion: commands that need no plan."""

from tests.cli.box import config, target
from tests.golden.recorder import Recorder, scenario

COMMANDS = (
    "init",
    "plan",
    "push",
    "busy",
    "export",
    "skip",
    "move",
    "release",
    "checkin",
    "lint",
    "templates",
    "serve",
    "auth",
    "schedule",
    "doctor",
)


@scenario
def help_of_all(recorder: Recorder) -> None:
    run = recorder.run
    run("--version")
    run("--help")
    run("-h")
    run()
    for command in COMMANDS:
        run(command, "--help")
    for command in (("templates", "list"), ("templates", "show"), ("templates", "copy"), ("auth", "google")):
        run(*command, "--help")
    recorder.say("Wrong usage")
    run("templates")
    run("auth")
    run("plann")
    run("plan", "--wek", "2026-W48")
    run("plan", "x")
    run("plan", "--now", "yesterday")
    run("plan", "--now", "2026-11-23T06:00:00")
    run("plan", "--now", "1066-11-23T06:00:00Z")
    run("plan", "--format", "pdf")
    run("plan", "--weeks", "0")
    run("push", "--format", "html")
    run("schedule", "--serve")
    run("schedule", "--every", "5h")
    run("serve", "--port", "70000")
    run("plan")
    run("plan", "--config", "nowhere.toml")
    run("doctor")
    recorder.box.config()
    run("plan", "--week", "2026-W60")
    run("plan", "--week", "2027-W40")
    run("busy", "--days", "0")
    run("busy", "--from", "yesterday")
    run("export", "no/such/folder/x.ics")
    run("export", "plan.ics", "--verbose")
    recorder.show("plan.ics")


@scenario
def templates(recorder: Recorder) -> None:
    run = recorder.run
    run("templates", "list")
    run("templates", "show", "balanced")
    run("templates", "show", "lower-body")
    run("templates", "show", "race-week")
    run("templates", "show", "balancd")
    run("templates", "copy", "balanced", "mine.toml")
    run("templates", "copy", "balanced", "mine.toml")
    run("templates", "copy", "recovery", "mine.toml", "--force")
    run("templates", "copy", "mobility", "own/routines/mobility.toml")
    run("templates", "copy", "nothing", "x.toml")
    run("templates", "show", "mine.toml")
    recorder.show("mine.toml")
    recorder.box.config(weeks='["mine.toml", "spring"]', plan='templates = "own"')
    recorder.copy("templates/balanced.toml", "own/spring.toml")
    run("templates", "list")
    run("templates", "show", "spring")
    run("templates", "show", "mobility")
    run("lint")
    run("plan")


SESSION = '[[strength]]\nroutine = "full-body-short"\nload = "light"\n'
RUN = '[[runs]]\nday = "{}"\nkind = "{}"\nduration = "60m"\nstart = "{}"\n'
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _runs(*runs: tuple[str, str, str]) -> str:
    return "".join(RUN.format(*run) for run in runs)


FAULTY = {
    "many": 'recovery = true\nrest = ["mon"]\nstrength_days = ["sat", "fri"]\n'
    + _runs(
        ("mon", "easy", "07:00"),
        ("tue", "intervals", "06:30"),
        ("tue", "easy", "07:00"),
        ("wed", "tempo", "06:30"),
        ("sat", "long", "08:00"),
        ("mon", "recovery", "18:00"),
    )
    + '[[strength]]\nroutine = "mobility"\nload = "heavy"\nduration = "50m"\n'
    + SESSION * 3,
    "no-rest": _runs(*((day, "easy", "07:00") for day in DAYS)),
    "no-rest-with-strength": 'strength_days = ["sun"]\n'
    + _runs(*((day, "easy", "07:00") for day in DAYS[:6])),
    "range": '[[runs]]\nday = "tue"\nkind = "easy"\nduration = "60m"\nbetween = ["06:00-06:30"]\n',
    "races": 'strength_days = ["fri", "sat", "sun", "mon", "wed"]\n'
    + _runs(("sat", "race", "09:00"), ("mon", "race", "09:00"), ("wed", "hills", "20:00"))
    + SESSION * 2,
    "rest-all": f"rest = {list(DAYS)}\n{SESSION}".replace("'", '"'),
    "rest-light": 'rest = ["mon", "tue", "wed", "thu", "fri", "sat"]\nrest_allows_light = true\n'
    'strength_days = ["mon", "sun"]\n' + '[[strength]]\nroutine = "lower-body"\nload = "heavy"\n',
    "late": _runs(*((day, "tempo", "21:00") for day in DAYS)) + SESSION,
    "heavy": _runs(*((day, "tempo", "12:00") for day in DAYS))
    + '[[strength]]\nroutine = "heavy-lower-body"\nload = "heavy"\n'
    + SESSION,
    "together": 'rest = ["mon", "tue", "fri", "sat", "sun"]\n' + SESSION * 2,
    "order": 'rest = ["mon", "tue", "wed", "fri", "sun"]\n'
    + _runs(("sun", "race", "09:00"), ("fri", "intervals", "18:00")).replace('day = "sun"', 'day = "wed"')
    + SESSION
    + '[[strength]]\nroutine = "heavy-lower-body"\nload = "heavy"\n',
    "three-heavy": _runs(("tue", "intervals", "06:30"), ("fri", "tempo", "06:30"), ("sun", "long", "08:00"))
    + '[[strength]]\nroutine = "heavy-lower-body"\nload = "heavy"\n' * 3,
    "long-day": 'strength_days = ["sun"]\n' + _runs(("sun", "long", "08:00")) + SESSION,
    "too-short": '[[strength]]\nroutine = "lower-body"\nload = "light"\nduration = "5m"\nshortest = "2m"\n',
    "narrow": 'rest = ["tue", "wed", "thu", "fri", "sat", "sun"]\n'
    + _runs(("mon", "long", "05:00"))
    + SESSION,
    "unknown-routine": 'recovery = true\n[[strength]]\nroutine = "mobilty"\nload = "heavy"\n',
    "wrong-day": '[[runs]]\nday = "thue"\nkind = "easy"\nduration = "60m"\n',
    "wrong-kind": '[[runs]]\nday = "tue"\nkind = "esy"\nduration = "60m"\nstrt = "07:00"\n',
    "wrong-values": '[[runs]]\nday = "tue"\nkind = "easy"\nduration = "60"\nstart = "25:00"\n',
    "both": '[[runs]]\nday = "tue"\nkind = "easy"\nduration = "1h"\nstart = "07:00"\n'
    'between = ["06:00-08:00"]\n',
    "shortest": '[[strength]]\nroutine = "mobility"\nload = "light"\nduration = "20m"\nshortest = "30m"\n',
    "missing": "[[runs]]\nday = 'tue'\n[[strength]]\nload = 'light'\n",
}
ROUTINES = {
    "empty": 'title = "Empty"\n',
    "ropes": 'title = "Ropes"\n[[exercises]]\nname = "Skip"\nminutes = 10\ntrains = ["lower-body"]\n',
    "wrong": 'title = "Wrong"\n[[exercises]]\nname = "Skip"\nminutes = 0\ntrains = ["arms"]\nsets = "3"\n',
    "reps": 'title = "Reps"\n[[exercises]]\nname = "X"\nminutes = 5\ntrains = []\nsets = 2\nreps = "many"\n',
}


@scenario
def lint(recorder: Recorder) -> None:
    recorder.run("lint")
    for name, text in FAULTY.items():
        recorder.write(f"{name}.toml", f'title = "{name}"\n{text}')
        recorder.run("lint", f"{name}.toml")
        recorder.run("templates", "show", f"{name}.toml")
    for name, text in ROUTINES.items():
        recorder.write(f"routines/{name}.toml", text)
        recorder.write(f"of-{name}.toml", f'title = "Of"\n[[strength]]\nroutine = "{name}"\nload = "light"\n')
        recorder.run("lint", f"of-{name}.toml")
        recorder.run("lint", f"routines/{name}.toml")
        recorder.run("templates", "show", f"routines/{name}.toml")
    recorder.write("bytes.toml", b"title = '\xff'")
    recorder.write("syntax.toml", "title = = 'x'")
    recorder.run("lint", "bytes.toml", "syntax.toml", "balanced", "nothing", "many.toml")
    recorder.say("In a plan")
    for name in ("many", "rest-all", "together", "wrong-day", "unknown-routine", "nothing"):
        recorder.box.config(weeks=f'["balanced", "{name}.toml"]')
        for command in ("lint", "plan", "push", "doctor"):
            recorder.run(command)


@scenario
def init(recorder: Recorder) -> None:
    recorder.copy("examples/busy.ics", "busy.ics")
    recorder.copy("examples/runna.ics", "runna.ics")
    recorder.run("init", "--defaults")
    recorder.show("config.toml")
    recorder.run("init", "--defaults")
    recorder.run("plan")
    recorder.run("push")
    recorder.run("doctor")
    recorder.answer("1, Balanced, 1,8\nevening\n9am\nbusy.ics\n1, 18.30–20\n3\n", "init", "--force")
    recorder.show("config.toml")
    recorder.answer("runna.ics\n\n\nown\nbusy.ics\n2\nnew\n", "init", "my plans/x.toml")
    recorder.show("my plans/x.toml")
    recorder.answer(
        "balancd\n4\n?\n18 Apr 2027\nb\n\n\n7-9pm\nsame\nnope.ics\nbusy.ics\nmornings\n20:00-18:00\n"
        "lunch, evening\nlots\nregular\n",
        "init",
        "--force",
    )
    recorder.show("config.toml")
    recorder.answer("\n\n\nnope.ics\n", "init", "--force")
    recorder.run("init", "--defaults", "--force", env={"TZ": "NST3:30NDT"})
    recorder.run("init", "--defaults", "--force", env={"TZ": "UTC"})
    recorder.run("init", "--defaults", "--force", env={"TZ": "America/St_Johns"})
    recorder.show("config.toml")
    recorder.run("init", "--defaults", "busy.ics/x.toml")


@scenario
def schedule(recorder: Recorder) -> None:
    """The minute is drawn by lot, so it is left out."""
    recorder.box.config(more='[[busy]]\nname = "work"\ntype = "ics"\nurl_env = "WORK_ICS"\n')
    env = {"WORK_ICS": "https://calendar.example.org/s3cret.ics"}
    for args in (
        (),
        ("--every", "6h"),
        ("--every", "15m"),
        ("--systemd",),
        ("--systemd", "--serve"),
        ("--systemd", "--write"),
    ):
        recorder.run("schedule", *args, env=env)
    for path in sorted((recorder.box.folder / "home" / ".config").rglob("*.*")):
        if path.is_file():
            recorder.show(path.relative_to(recorder.box.folder).as_posix())
    recorder.run("schedule")
    recorder.write("config.toml", "name = 3\n")
    recorder.run("schedule")


@scenario
def completion(recorder: Recorder) -> None:
    """What the Tab key answers, as bash asks for it."""
    busy = '[[busy]]\nname = "office"\ntype = "ics"\nurl_env = "NOWHERE_SET"\n'
    text = config(
        weeks='["balanced"]',
        more=busy + busy.replace("office", "home"),
        targets=target("phone", "public/phone.ics") + target("family", "public/family.ics"),
    )
    recorder.write("config.toml", text)
    for words in (
        ("pl",),
        ("templates", ""),
        ("push", "--d"),
        ("push", "--target", ""),
        ("busy", "--source", "h"),
        ("checkin", "--sign", ""),
        ("plan", "--now", recorder.now, "--week", ""),
        ("templates", "show", "s"),
        ("lint", "balanced", ""),
        ("plan", "--format", ""),
        ("skip", ""),
    ):
        recorder.complete(*words)
