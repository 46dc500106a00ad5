"""Weeks that nobody would write, from a die that falls the same way each time: planned, pushed and changed.

They reach what is seldom: sessions that give way to others, all kinds of what would make room, most causes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.cli.box import config, target
from tests.golden.recorder import Recorder, scenario

T = TypeVar("T")

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = ("intervals", "tempo", "hills", "threshold", "long", "easy", "easy", "recovery", "fartlek", "race")
ROUTINES = ("lower-body", "hips-and-core", "single-leg", "mobility", "full-body-short", "heavy-lower-body")
LOADS = ("light", "moderate", "moderate", "heavy")
HOURS = (
    'default = ["06:00-08:30", "12:00-14:00", "17:00-21:00"]\nsat = ["08:00-20:00"]\nsun = []',
    'default = ["12:00-13:00"]',
    'default = ["00:00-24:00"]\nsat = ["00:00-24:00"]\nsun = ["00:00-24:00"]',
    'default = ["06:00-07:30", "19:00-21:00"]\nsat = []\nsun = []',
    'default = []\ntue = ["12:00-12:40"]\nwed = ["06:00-22:00"]\nfri = ["17:00-18:00"]',
    'default = ["05:00-22:00"]\nmon = []\nsun = []',
)
USUAL = (
    "",
    'usual_start = { default = "18:00", sat = "08:00-11:00" }',
    'usual_start = { default = "06:00-09:00", sun = "10:00" }',
)


@dataclass
class _Die:
    """A linear congruential generator (Knuth's MMIX): the same numbers with every version of Python."""

    state: int

    def below(self, number: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % number

    def of(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def minutes(self, first: int, last: int, step: int = 15) -> int:
        return first + step * self.below((last - first) // step + 1)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass
class _Runner:
    """All that a week follows from; each part can be thrown anew."""

    die: _Die
    rest: list[str] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    hours: str = HOURS[0]
    plan: str = ""
    more: str = ""

    def throw(self, *, tight: bool) -> None:
        """`tight`: all hours are free, and few days without rest begin with a hard run."""
        die = self.die
        if tight:
            open_days = die.of(
                [["tue"], ["thu"], ["mon", "sun"], ["tue", "fri"], ["wed", "sat"], ["tue", "wed"]]
            )
            self.rest = [day for day in DAYS if day not in open_days]
            self.hours = HOURS[2]
            self.runs = {day: self._early_run(day) for day in open_days}
        else:
            self.rest = [day for day in DAYS if not die.below(5)]
            self.hours = die.of(HOURS)
            self.runs = {day: self.run(day) for day in DAYS if day not in self.rest and die.below(4)}
        self.sessions = [self.session() for _ in range(1 + die.below(3))]
        self.busy = [self.block() for _ in range(die.below(7))]
        self.rules()

    def run(self, day: str) -> str:
        die = self.die
        length = die.minutes(30, 120)
        text = f'[[runs]]\nday = "{day}"\nkind = "{die.of(KINDS)}"\nduration = "{length}m"\n'
        start = die.minutes(300, 1200)
        match die.below(4):
            case 0:
                return text
            case 1:
                other = die.minutes(300, 1080)
                first = f"{_time(start)}-{_time(min(1439, start + length + die.minutes(0, 120)))}"
                return text + f'between = ["{first}", "{_time(other)}-{_time(other + 180)}"]\n'
            case _:
                return text + f'start = "{_time(start)}"\n'

    def _early_run(self, day: str) -> str:
        die = self.die
        length = die.minutes(45, 90)
        kind = die.of(("intervals", "tempo", "hills", "long"))
        text = f'[[runs]]\nday = "{day}"\nkind = "{kind}"\nduration = "{length}m"\n'
        # What is written first is liked best, and is later.
        late, early = die.minutes(1080, 1260), die.minutes(300, 840)
        if not die.below(4):
            return text + f'start = "{_time(late)}"\n'
        liked = f"{_time(late)}-{_time(min(1439, late + length + 60))}"
        return text + f'between = ["{liked}", "{_time(early)}-{_time(early + length)}"]\n'

    def session(self) -> str:
        die = self.die
        length = die.minutes(20, 45, 5)
        return (
            f'[[strength]]\nroutine = "{die.of(ROUTINES)}"\nload = "{die.of(LOADS)}"\n'
            f'duration = "{length}m"\nshortest = "{min(length, die.minutes(15, 30, 5))}m"\n'
        )

    def block(self) -> str:
        die = self.die
        day, start, length = 23 + die.below(8), die.minutes(0, 1320), die.minutes(30, 900)
        if not die.below(8):
            return f"DTSTART;VALUE=DATE:202611{min(day, 29)}\nDTEND;VALUE=DATE:202611{min(day, 29) + 1}"
        end_day, end = day + (start + length) // 1440, (start + length) % 1440
        return (
            f"DTSTART:202611{min(day, 29)}T{_time(start).replace(':', '')}00Z\n"
            f"DTEND:202611{min(end_day, 30)}T{_time(end if end_day < 31 else 0).replace(':', '')}00Z"
        )

    def rules(self) -> None:
        die = self.die
        self.plan = (
            f'experience = "{die.of(("regular", "regular", "experienced", "new"))}"\n{die.of(USUAL)}\n'
        )
        if not die.below(6):
            day = 24 + die.below(7)
            self.plan += f'[plan.race]\ndate = 2026-11-{day}\nstart = "09:30"\n'
        buffer, notice = die.of(("0m", "15m", "45m")), die.of(("0m", "0m", "12h", "30h"))
        self.hours += f'\nbuffer = "{buffer}"\nnotice = "{notice}"\n'
        if not die.below(3):
            first = die.minutes(360, 1140)
            self.hours += f'prefer_times = ["{_time(first)}-{_time(first + 120)}"]\n'
        apart, days = die.of(("2h", "3h", "3h", "6h")), die.of((2, 2, 2, 3))
        self.more = f'[strength]\nhours_apart = "{apart}"\nmin_days_apart = {days}\n'
        if not die.below(8):
            self.more += f"[[pause]]\nfrom = 2026-11-2{4 + die.below(3)}\nto = 2026-11-2{7 + die.below(3)}\n"

    def change(self) -> list[tuple[str, ...]]:
        """Throws something anew; commands that the runner gives besides."""
        die = self.die
        days = list(self.runs)
        match die.below(9):
            case 0 | 1:
                self.busy = [self.block() for _ in range(die.below(7))]
            case 2 if days:
                day = die.of(days)
                self.runs[day] = self.run(day)
            case 3 if days:
                del self.runs[die.of(days)]
            case 4:
                free = [day for day in DAYS if day not in self.rest and day not in self.runs]
                for day in free[:1]:
                    self.runs[day] = self.run(day)
            case 5:
                self.sessions[0] = self.session()
                if die.below(2):
                    self.sessions = (
                        self.sessions[:2] if len(self.sessions) > 2 else [*self.sessions, self.session()]
                    )
            case 6:
                self.hours = die.of(HOURS)
                self.rules()
            case 7:
                signs = die.of((("sore",), ("sore", "heavy-legs"), ("sore", "heavy-legs", "low-motivation")))
                return [("checkin", *(part for sign in signs for part in ("--sign", sign)))]
            case _:
                key = die.of(("2026-W48/strength/1", *(f"2026-W48/run/{day}-1" for day in days)))
                if not die.below(3):
                    return [("skip", key)]
                return [("move", key, f"2026-11-2{4 + die.below(6)}T{_time(die.minutes(300, 1260))}")]
        return []

    def write(self, recorder: Recorder, number: int) -> None:
        rest = ", ".join(f'"{day}"' for day in self.rest)
        runs = "".join(self.runs[day] for day in DAYS if day in self.runs)
        recorder.write("week.toml", f'title = "Week"\nrest = [{rest}]\n{runs}{"".join(self.sessions)}')
        events = "".join(
            f"BEGIN:VEVENT\nUID:{uid}\n{times}\nEND:VEVENT\n" for uid, times in enumerate(self.busy)
        )
        recorder.write("busy.ics", f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{events}END:VCALENDAR\n")
        text = config(
            name=f"week-{number}",
            weeks='["week.toml"]',
            horizon=1 + number % 2,
            plan=self.plan,
            availability=self.hours,
            more=f'{self.more}[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n',
            targets=target("feed", f"feeds/{number}.ics"),
        )
        recorder.write("config.toml", text)


def _weeks(recorder: Recorder, first: int, count: int, *, tight: bool = False) -> None:
    for number in range(first, first + count):
        recorder.say(f"Week {number}")
        runner = _Runner(_Die(number))
        runner.throw(tight=tight)
        runner.write(recorder, number)
        recorder.run("plan", "--explain")
        if not tight:
            recorder.run("lint")
        recorder.run("push", "--quiet")
        for _ in range(2):
            commands = runner.change()
            runner.write(recorder, number)
            for command in commands:
                recorder.run(*command)
            recorder.run("push", "--quiet")


@scenario
def generated_weeks_1(recorder: Recorder) -> None:
    _weeks(recorder, 100, 25)


@scenario
def generated_weeks_2(recorder: Recorder) -> None:
    _weeks(recorder, 200, 25)


@scenario
def generated_weeks_3(recorder: Recorder) -> None:
    _weeks(recorder, 300, 25)


@scenario
def generated_tight_weeks(recorder: Recorder) -> None:
    _weeks(recorder, 400, 40, tight=True)


@scenario
def generated_changes(recorder: Recorder) -> None:
    """Chosen for what their changes say of a better place, which others seldom do."""
    for number in (1002, 1010, 1011, 1072, 1097, 1139, 1255, 1291, 1343, 1362):
        _weeks(recorder, number, 1)
