"""What a push says when something has changed since the last one: each cause, in the plan and in the mail."""

from tests.cli.box import balanced_with_times, config
from tests.golden.recorder import Recorder, scenario

WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
RACE = '[plan.race]\ndate = 2026-11-29\ntitle = "Parkrun"\nstart = "09:30"\nduration = "1h"\n'
FIRST, SECOND = "2026-W48/strength/1", "2026-W48/strength/2"
INTERVALS = 'day = "tue"\nkind = "intervals"\ntitle = "6 x 800 m"\nduration = "60m"'
LUNCH = 'default = ["12:00-13:00"]'


def _event(day: str, start: str, end: str) -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:{day}{start}@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:202611{day}T{start}00Z\r\n"
        f"DTEND:202611{day}T{end}00Z\r\nSUMMARY:Busy\r\nEND:VEVENT\r\n"
    )


def _all_day(first: str, after: str) -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:d@x\r\nDTSTART;VALUE=DATE:202611{first}\r\n"
        f"DTEND;VALUE=DATE:202611{after}\r\nTRANSP:OPAQUE\r\nEND:VEVENT\r\n"
    )


_Edits = tuple[tuple[str, str], ...]


def _edited(text: str, edits: _Edits) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


class _Changing:
    """A runner with one week of a template that can be edited, which is pushed before each change."""

    def __init__(self, recorder: Recorder, edits: _Edits = (), **parts: str) -> None:
        self._recorder = recorder
        self._parts = parts
        self._template = _edited(balanced_with_times(), edits)

    def reset(self) -> None:
        """As at the beginning, and pushed; only a check-in or a wish may be left."""
        self._write(self._template, {}, ())
        self._recorder.box.run("release", "--all", now=self._recorder.now)
        self._recorder.box.feed.unlink(missing_ok=True)
        assert self._recorder.box.run("push", now=self._recorder.now).code == 0

    def change(
        self,
        what: str,
        *edits: tuple[str, str],
        busy: tuple[str, ...] = (),
        commands: tuple[tuple[str, ...], ...] = (),
        and_back: bool = True,
        for_programs: bool = False,
        **parts: str,
    ) -> None:
        """Says what a push and its mail make of the change, and a push of taking it back."""
        recorder = self._recorder
        self.reset()
        recorder.say(what)
        self._write(_edited(self._template, edits), parts, busy)
        for command in commands:
            recorder.run(*command)
        if for_programs:
            recorder.run("push", "--dry-run", "--format", "json")
        recorder.run("push", "--quiet")
        recorder.run("plan", "--explain")
        if and_back:
            self._write(self._template, {}, ())
            if commands:
                recorder.run("release", "--all")
            recorder.run("push")

    def _write(self, template: str, parts: dict[str, str], busy: tuple[str, ...]) -> None:
        self._recorder.write("mine.toml", template)
        body = "".join(busy)
        calendar = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{body}END:VCALENDAR\r\n"
        self._recorder.write("busy.ics", calendar)
        given = {"weeks": '["mine.toml"]', "more": "", **self._parts, **parts}
        self._recorder.write("config.toml", config(horizon=1, **{**given, "more": WORK + given["more"]}))


@scenario
def causes_busy_and_config(recorder: Recorder) -> None:
    """Busy time, availability, pauses, the config."""
    change = _Changing(recorder).change
    change("Busy over the session", busy=(_event("24", "1100", "1300"),), for_programs=True)
    change("Busy within the buffer", busy=(_event("24", "1235", "1700"),))
    change("Busy twice", busy=(_event("24", "1100", "1215"), _event("24", "1220", "1700")))
    change("Busy all day", busy=(_all_day("24", "25"),))
    change("Busy for days", busy=(_all_day("24", "27"),))
    change("Busy on both days", busy=(_event("24", "0800", "2200"), _event("26", "0800", "2200")))
    change("Busy where a run is", busy=(_event("26", "0630", "0700"),))
    change("Other hours", availability='default = ["17:00-21:00"]')
    change("No hours on a day", availability="tue = []")
    change("Other hours that are liked better", availability='prefer_times = ["17:00-20:00"]')
    change("A pause", more="[[pause]]\nfrom = 2026-11-26\nto = 2026-11-27\n")
    change("A pause of a day", more="[[pause]]\nfrom = 2026-11-24\nto = 2026-11-24\n")
    change("More hours apart", more='[strength]\nhours_apart = "8h"\n')
    change("More days apart", more="[strength]\nmin_days_apart = 4\n")
    change("Short on time", more="[strength]\nshort_on_time = true\n")
    change("New to strength", plan='experience = "new"')
    change("A race", plan=RACE, for_programs=True)
    change("A race far ahead", plan=RACE.replace("2026-11-29", "2026-12-09"))
    change("Another zone", zone="Europe/Berlin")
    change("Other usual starts", plan='usual_start = { default = "18:00", sun = "09:00-12:00" }')


@scenario
def causes_template(recorder: Recorder) -> None:
    """Other runs, other sessions, another template."""
    change = _Changing(recorder).change
    change("A hard run later", ('start = "06:30"', 'start = "09:00"'))
    change("A run at the time of the session", ('start = "06:30"', 'start = "11:45"'))
    change("A hard run in the evening", ('start = "06:30"', 'start = "18:00"'))
    change(
        "A hard run the day after",
        ('day = "wed"\nkind = "easy"', 'day = "wed"\nkind = "hills"\nstart = "07:15"'),
    )
    change(
        "A day of rest", (INTERVALS, INTERVALS.replace("tue", "mon")), ('["mon", "fri"]', '["tue", "fri"]')
    )
    change(
        "Hard runs become easy", ('kind = "intervals"', 'kind = "easy"'), ('kind = "tempo"', 'kind = "easy"')
    )
    change(
        "The long run on Thursday",
        ('kind = "tempo"', 'kind = "long"'),
        ('day = "sat"\nkind = "long"', 'day = "sat"\nkind = "easy"'),
    )
    change(
        "A run on another day",
        ('day = "tue"\nkind = "intervals"', 'day = "sun"\nkind = "recovery"'),
        ('day = "wed"\nkind = "easy"', 'day = "wed"\nkind = "intervals"\nstart = "06:30"'),
    )
    change("Another range", ('between = ["06:30-08:30"]', 'between = ["07:15-08:30"]'))
    change("A shorter run", ('duration = "50m"', 'duration = "40m"'))
    change("Other words", ("Recovery run", "Jog"), ("Warm-up: 15 min easy", "On the track."))
    change("Lighter and shorter", ('load = "moderate"\nduration = "30m"', 'load = "light"\nduration = "20m"'))
    change("Heavier", ('load = "moderate"', 'load = "heavy"'))
    change("Longer", ('load = "moderate"\nduration = "30m"', 'load = "moderate"\nduration = "45m"'))
    change("Another routine", ('routine = "lower-body"', 'routine = "single-leg"'))
    change(
        "Strength on Saturday", ('rest = ["mon", "fri"]', 'rest = ["mon", "fri"]\nstrength_days = ["wed"]')
    )
    change("The recovery week", weeks='["recovery"]', for_programs=True)
    change("The race week", weeks='["race-week"]')
    change("Three sessions", weeks='["experienced-three"]', plan='experience = "experienced"')
    template = balanced_with_times()
    second = template[template.rindex("[[strength]]") :]
    change("One session", (second, ""))
    change("No session", (template[template.index("[[strength]]") :], ""))


@scenario
def causes_wishes_and_check_ins(recorder: Recorder) -> None:
    """What the runner moved, skipped and said of the week."""
    change = _Changing(recorder).change
    change("A run is moved onto a session", commands=(("move", "2026-W48/run/tue-1", "2026-11-24T11:30"),))
    change("A run is moved to another day", commands=(("move", "2026-W48/run/tue-1", "2026-11-25T18:00"),))
    change("A run is skipped", commands=(("skip", "2026-W48/run/thu-1"),))
    change("A session is moved near the other", commands=(("move", SECOND, "2026-11-25T11:30"),))
    change("A session is moved far away", commands=(("move", FIRST, "2026-12-03T11:30"),))
    change("A session is skipped", commands=(("skip", FIRST),), for_programs=True)
    for number, signs in enumerate(
        (("sore",), ("sore", "heavy-legs"), ("sore", "heavy-legs", "low-motivation"))
    ):
        command = ("checkin", *(part for sign in signs for part in ("--sign", sign)))
        change(f"A check-in with {number + 1} signs", commands=(command,), and_back=False)
        recorder.run("checkin", "--remove", "--date", "2026-11-23")
        recorder.run("push", "--quiet")


@scenario
def causes_little_room(recorder: Recorder) -> None:
    """One session gives way to another, or finds no place and has one again."""
    change = _Changing(recorder, availability=LUNCH).change
    change("A hard run later", ('start = "06:30"', 'start = "11:30"'))
    change("A run over lunch", ('between = ["06:30-08:30"]', 'start = "11:30"'))
    two = 'default = []\nsat = []\ntue = ["12:00-13:00"]\nthu = ["12:00-13:00"]'
    change = _Changing(recorder, availability=two).change
    change("Busy on the first day", busy=(_event("24", "0800", "2200"),), for_programs=True)
    change("A run on the second", ('between = ["06:30-08:30"]', 'start = "11:30"'))
    change("Half of the time is taken", busy=(_event("24", "1235", "2200"), _event("26", "1100", "1205")))
    change("A race on Thursday", plan=RACE.replace("29", "26"))
    heavy = 'default = []\ntue = ["12:00-12:40"]\nwed = ["06:00-22:00"]\nfri = ["06:00-22:00"]'
    change = _Changing(recorder, availability=heavy).change
    change("Only shorter", busy=(_event("24", "1240", "1800"),))
    change(
        "Before an easy run", ('day = "wed"\nkind = "easy"', 'day = "wed"\nkind = "easy"\nstart = "20:00"')
    )


@scenario
def causes_better(recorder: Recorder) -> None:
    """What is better about a place that is free again: look at the second push of each."""
    one = """default = []
sat = []
tue = [%s]
"""
    lunch = _event("24", "1000", "1530")
    template = balanced_with_times()
    alone = ((template[template.rindex("[[strength]]") :], ""),)
    change = _Changing(recorder, alone, availability=one % '"11:30-12:30", "22:30-24:00"').change
    change("Very late", busy=(lunch,))
    change = _Changing(recorder, alone, availability=one % '"11:30-12:30", "19:00-20:00"').change
    change("Late", busy=(lunch,))
    prefers = 'prefer_times = ["11:30-12:30"]\n'
    change = _Changing(recorder, alone, availability=one % '"11:30-12:30", "15:15-15:35"' + prefers).change
    change("Shorter", busy=(_event("24", "1000", "1445"),))
    for start in ("18:15", "19:00"):
        hours = f'"11:30-12:30", "{start}-20:00"'
        change = _Changing(recorder, alone, availability=one % hours + prefers).change
        change(f"Far from the times that are liked, at {start}", busy=(_event("24", "1000", "1530"),))
    wide = 'default = ["11:30-12:30", "17:00-18:00"]\nsat = ["11:30-12:30"]\nsun = ["11:30-12:30"]'
    whole = {day: _event(str(day), "0900", "2200") for day in range(23, 30)}
    light = (
        ('load = "moderate"', 'load = "light"'),
        ('load = "moderate"', 'load = "light"'),
        ('rest = ["mon", "fri"]', 'rest = ["mon", "fri"]\nrest_allows_light = true'),
    )
    for free in (25, 27, 29):
        changing = _Changing(recorder, light, availability=wide)
        changing.change(
            f"Only on the {free}th", busy=tuple(event for day, event in whole.items() if day != free)
        )
    strength_day = (*alone, ('rest = ["mon", "fri"]', 'rest = ["mon", "fri"]\nstrength_days = ["wed"]'))
    changing = _Changing(recorder, strength_day, availability=wide)
    changing.change("Not on the day for strength", busy=(whole[25],))
    easy_late = (*alone, ('day = "wed"\nkind = "easy"', 'day = "wed"\nkind = "easy"\nstart = "15:00"'))
    changing = _Changing(
        recorder, easy_late, availability='default = []\nwed = ["11:30-12:30", "18:00-19:00"]'
    )
    changing.change("Before the easy run", busy=(_event("25", "1700", "2000"),))


@scenario
def causes_of_runs(recorder: Recorder) -> None:
    """Two runs in each other's way, a race that starts at another time."""
    second = '[[runs]]\nday = "thu"\nkind = "easy"\ntitle = "Shake-out"\nduration = "30m"\n'
    strength = "[[strength]]"
    change = _Changing(recorder).change
    change("A second run on Thursday, in its range", (strength, f'{second}start = "06:30"\n\n{strength}'))
    change(
        "A second run on Wednesday, at the usual time",
        (strength, f'{second.replace("thu", "wed")}start = "07:00"\n\n{strength}'),
    )
    change = _Changing(recorder, plan=RACE).change
    change("A race that starts later", plan=RACE.replace("09:30", "11:00"))
    change("A race that takes longer", plan=RACE.replace("1h", "2h"))
    change("A race that is called otherwise", plan=RACE.replace("Parkrun", "Park run"))
    change = _Changing(recorder, plan='usual_start = { default = "07:00" }').change
    change("A usual start that is a range", plan='usual_start = { default = "09:00-12:00" }')
    change("A usual start on one day", plan='usual_start = { default = "07:00", wed = "18:00" }')


@scenario
def what_no_template_asks_for(recorder: Recorder) -> None:
    """Moved by its runner, and then gone from the template: it stays as it was."""
    changing = _Changing(recorder)
    template = balanced_with_times()
    second = template[template.rindex("[[strength]]") :]
    moves = (("move", SECOND, "2026-11-27T12:00"), ("move", "2026-W48/run/sat-1", "2026-11-29T10:00"))
    changing.change("Moved", commands=moves, and_back=False)
    changing.change("Moved, and gone", (second, ""), commands=moves, and_back=False)
    recorder.run("plan", "--format", "json")
    changing.change(
        "Moved, and in a week of another template", commands=moves, and_back=False, weeks='["race-week"]'
    )
    recorder.run("push")
    recorder.run("release", "--all")
    recorder.run("push")
    changing.change("Moved out of its week", commands=(("move", FIRST, "2026-12-17T18:00"),), and_back=False)
    recorder.run("plan", "--weeks", "4")
    recorder.now = "2026-11-30T06:00:00+00:00"
    recorder.run("push")
    recorder.run("plan", "--weeks", "3")
    recorder.run("release", FIRST)
    recorder.run("push")
    recorder.now = "2026-12-18T06:00:00+00:00"
    recorder.run("push")
