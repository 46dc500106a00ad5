"""Ranges of times that go on after midnight."""

from tests.cli.box import Box

# Friday evening is taken, 22:00 to 24:00.
TAKEN = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//somebody//EN
BEGIN:VEVENT
UID:party
DTSTART;TZID=Europe/London:20261127T213000
DTEND;TZID=Europe/London:20261128T000000
SUMMARY:Party
END:VEVENT
END:VCALENDAR
"""
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\npath = "busy.ics"\n'
NIGHT = 'default = []\nfri = ["22:00-02:00"]\nsat = []\nsun = []\nbuffer = "0m"'
RUN = '[[runs]]\nday = "fri"\nkind = "easy"\nduration = "1h"\nbetween = ["22:00-02:00"]\n'
LIFT = '[[strength]]\nroutine = "mobility"\nload = "light"\nduration = "20m"\n'


def night(box: Box, template: str, *, busy: bool) -> None:
    box.write("week.toml", f'title = "Nights"\n{template}')
    box.write("busy.ics", TAKEN)
    box.config(weeks='["week.toml"]', horizon=1, availability=NIGHT, more=BUSY if busy else "")


def lift(box: Box) -> list[str]:
    return [session["start"][:16] for session in box.plan()["weeks"][0]["strength"]]


def run(box: Box) -> list[str]:
    return [run["start"][:16] for run in box.plan()["weeks"][0]["runs"]]


def test_strength_may_be_before_midnight_and_on_the_day_after_it(box: Box) -> None:
    night(box, LIFT, busy=False)
    assert lift(box) == ["2026-11-27T22:00"]
    night(box, LIFT, busy=True)
    assert lift(box) == ["2026-11-28T00:00"]  # although Saturday has no line of its own
    # Sunday's night reaches into Monday, also that of the week before the plan.
    box.config(
        weeks='["week.toml"]',
        horizon=1,
        availability=NIGHT.replace("fri", "mon").replace("sun = []", 'sun = ["23:00-00:30"]'),
    )
    assert lift(box) == ["2026-11-23T22:00"]


def test_a_run_is_before_midnight_or_else_after_it(box: Box) -> None:
    night(box, RUN, busy=False)
    assert run(box) == ["2026-11-27T22:00"]
    night(box, RUN, busy=True)
    assert run(box) == ["2026-11-28T00:00"]
    assert box.plan()["weeks"][0]["runs"][0]["key"] == "2026-W48/run/fri-1"


def test_usual_and_preferred_times_may_go_on_after_midnight(box: Box) -> None:
    night(box, RUN.replace('between = ["22:00-02:00"]\n', "") + LIFT, busy=True)
    box.config(
        weeks='["week.toml"]',
        horizon=1,
        plan='usual_start = { default = "22:00-02:00" }',
        availability='default = ["00:00-24:00"]\nprefer_times = ["23:00-01:00"]\nbuffer = "0m"',
        more=BUSY,
    )
    assert run(box) == ["2026-11-28T00:00"]
    (session,) = box.plan()["weeks"][0]["strength"]
    assert session["cost"].get("time", 0) == 0
    assert session["start"][11:16] >= "23:00" or session["start"][11:16] <= "01:00"


def test_lint_knows_that_no_run_goes_over_midnight_within_a_range(box: Box) -> None:
    box.write("week.toml", f'title = "Nights"\n{RUN.replace("1h", "2h30m")}')
    assert "no range is 150 min long" in box.run("lint", "week.toml").out
    box.write("week.toml", f'title = "Nights"\nrest = ["mon"]\n{RUN}')
    assert "no range" not in box.run("lint", "week.toml").out


def test_a_range_that_is_more_likely_the_wrong_way_round_is_refused(box: Box) -> None:
    box.config(availability='mon = ["20:00-08:15"]')
    assert "lasts 12h at most" in box.run("plan").err
    box.config(availability='mon = ["20:00-08:00"]')
    assert box.run("plan").code == 0
