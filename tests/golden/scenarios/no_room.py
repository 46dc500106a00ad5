"""Sessions that find no place: why not, day by day, and what would make room."""

from tests.cli.box import FEED, balanced_with_times
from tests.golden.recorder import Recorder, plan_and_push, scenario

ALL_DAY = 'default = ["00:00-24:00"]\nsun = ["00:00-24:00"]'
WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
REST = 'rest = ["mon", "wed", "thu", "fri", "sat", "sun"]'
SESSION = '[[strength]]\nroutine = "lower-body"\nload = "moderate"\n'


def _busy(*blocks: tuple[str, str]) -> str:
    """Times as 24T0900, of November 2026."""
    events = "".join(
        f"BEGIN:VEVENT\nUID:{number}\nDTSTART:202611{start}00Z\nDTEND:202611{end}00Z\nEND:VEVENT\n"
        for number, (start, end) in enumerate(blocks)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{events}END:VCALENDAR\n"


class _Weeks:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def show(self, what: str, week: str = "", *blocks: tuple[str, str], more: str = "", **parts: str) -> None:
        recorder = self._recorder
        recorder.say(what)
        balanced = balanced_with_times()
        recorder.write("mine.toml", f'title = "Mine"\n{week}' if week else balanced)
        recorder.write("busy.ics", _busy(*blocks))
        recorder.box.config(weeks='["mine.toml"]', horizon=1, more=WORK + more, **parts)
        recorder.run("plan", "--explain")
        recorder.run("plan", "--format", "json")
        recorder.run("lint")


@scenario
def no_room(recorder: Recorder) -> None:
    show = _Weeks(recorder).show
    show("No hours at all", availability="default = []\nsat = []")
    show("Hours that are too short", availability='default = ["12:00-12:15"]\nsat = []')
    show("Hours on one day", availability='default = []\nsat = []\ntue = ["12:00-13:00"]')
    show("Hours before the hard runs", availability='default = ["05:00-06:20"]\nsat = []')
    show("Busy all the week", "", ("23T0000", "30T0000"))
    show("Busy nearly all the week", "", ("23T0000", "26T1200"), ("26T1225", "30T0000"), availability=ALL_DAY)
    show("Busy until late", "", ("23T0000", "28T2330"), ("29T0030", "30T0000"), availability=ALL_DAY)
    show(
        "Busy in blocks",
        "",
        *((f"{day}T0800", f"{day}T2040") for day in range(23, 30)),
        availability='default = ["08:00-21:00"]\nsat = []',
    )
    only_tuesday = f'{REST}\n[[runs]]\nday = "tue"\nkind = "intervals"\nduration = "60m"\n'
    show(
        "A hard run that is too late",
        f'{only_tuesday}start = "18:00"\n{SESSION}',
        availability='default = ["06:00-21:00"]',
    )
    show(
        "A hard run that is too late for five hours",
        f'{only_tuesday}start = "18:00"\n{SESSION}',
        availability=ALL_DAY,
        more='[strength]\nhours_apart = "6h"\n',
    )
    show(
        "A hard run that could be earlier",
        f'{only_tuesday}between = ["06:00-09:00", "15:00-20:00"]\n{SESSION}',
        ("24T0545", "24T0705"),
        ("24T0730", "24T1745"),
        availability=ALL_DAY,
    )
    show(
        "A run that could be earlier",
        f'{only_tuesday}between = ["15:00-20:00"]\n{SESSION}',
        ("24T1530", "24T1900"),
        availability='default = ["06:00-22:00"]',
        more='[strength]\nhours_apart = "3h"\n',
    )
    show(
        "Nothing but rest",
        f'rest = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n{SESSION}',
        availability=ALL_DAY,
    )
    show(
        "A race each day",
        "".join(
            f'[[runs]]\nday = "{day}"\nkind = "race"\nduration = "30m"\nstart = "09:00"\n'
            for day in ("mon", "wed", "fri", "sun")
        )
        + SESSION,
        availability=ALL_DAY,
    )
    show(
        "Three, and two days",
        f'rest = ["mon", "wed", "fri", "sat", "sun"]\n{SESSION * 3}',
        availability=ALL_DAY,
        plan='experience = "experienced"',
    )
    show("Six days apart", more="[strength]\nmin_days_apart = 6\n")
    show("A pause", more="[[pause]]\nfrom = 2026-11-23\nto = 2026-11-27\n")
    show("A race on Sunday", plan="[plan.race]\ndate = 2026-11-29\n")
    show("A race on Wednesday", plan="[plan.race]\ndate = 2026-11-25\n")
    show(
        "Hard runs day by day",
        "".join(
            f'[[runs]]\nday = "{day}"\nkind = "tempo"\nduration = "60m"\nstart = "12:00"\n'
            for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        )
        + SESSION.replace("moderate", "heavy"),
    )
    recorder.now = "2026-11-27T18:00:00+00:00"
    show("Too late in the week")
    show("Too late in the week, with much notice", availability='notice = "48h"')


@scenario
def no_room_in_some_weeks(recorder: Recorder) -> None:
    """The same in a plan of several weeks, which is pushed, and then gets room."""
    recorder.copy("examples/busy.ics", "busy.ics")
    parts = {
        "horizon": 5,
        "weeks": '["balanced", "ten-k-build", "half-marathon-build"]',
        "plan": 'usual_start = { default = "18:00", sat = "08:00-11:00" }',
        "more": WORK,
    }
    recorder.box.config(**parts, availability='default = ["12:00-13:00"]\nsat = []\nbuffer = "30m"')
    plan_and_push(recorder, page=True)
    recorder.box.config(**parts, availability='default = ["12:00-14:00", "17:00-22:00"]\nsat = []')
    recorder.now = "2026-11-23T07:00:00+00:00"
    recorder.run("push")
    recorder.box.config(**parts, availability='default = ["12:00-12:50"]\nbuffer = "30m"', targets=FEED)
    recorder.run("push", "--quiet")
    recorder.run("push", "--format", "json")
    recorder.feeds()
