"""Weeks with shifts: which runs clash with them, what is in the way of strength, and what is suggested."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.cli.box import Box

WORK = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'
WEEK = 'title = "Own"\n{runs}\n{sessions}'
SESSION = '[[strength]]\nroutine = "lower-body"\nload = "moderate"\nduration = "30m"\nshortest = "30m"\n'
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def run(day: str, kind: str, when: str) -> str:
    return f'[[runs]]\nday = "{day}"\nkind = "{kind}"\ntitle = "{kind} on {day}"\nduration = "1h"\n{when}\n'


def at_work(box: Box, *shifts: str) -> None:
    """Each shift like "tue 06:00-20:00"."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for shift in shifts:
        day, times = shift.split()
        start, end = (f"202611{23 + DAYS.index(day)}T{time.replace(':', '')}00Z" for time in times.split("-"))
        event = ("BEGIN:VEVENT", f"UID:{day}{start}", f"DTSTART:{start}", f"DTEND:{end}", "END:VEVENT")
        lines += event
    box.write("work.ics", "\r\n".join([*lines, "END:VCALENDAR", ""]))


def week_of(
    box: Box, runs: Sequence[str], availability: str, sessions: int = 1, strength_days: str = ""
) -> None:
    text = WEEK.format(runs="".join(runs), sessions=SESSION * sessions)
    box.write("own.toml", text.replace("\n", f"\nstrength_days = [{strength_days}]\n", 1))
    box.config(horizon=1, weeks='["./own.toml"]', availability=availability, more=WORK)


def clash_warnings(plan: Any) -> list[str]:
    return [one["text"] for one in plan["warnings"] if one["code"].endswith(("-clashes", "-without-room"))]


# --- runs that clash --------------------------------------------------------------------------------------


def test_runs_that_clash_are_marked_and_told_in_one_line(box: Box) -> None:
    at_work(box, "tue 06:00-20:00", "thu 06:00-20:00")
    runs = (
        run("tue", "easy", 'start = "07:00"'),
        run("thu", "tempo", 'between = ["07:00-09:00", "17:00-19:00"]'),
        run("sat", "long", 'start = "09:00"'),
    )
    week_of(box, runs, 'default = ["20:30-21:30"]')
    plan = box.plan()
    clashes = {run["key"].split("/")[-1]: run["clashes"] for run in plan["weeks"][0]["runs"]}
    assert clashes == {"tue-1": ["work"], "thu-1": ["work"], "sat-1": []}
    text = "easy on tue (Tue 24 Nov 07:00) and tempo on thu (Thu 26 Nov 07:00) clash with work"
    assert clash_warnings(plan) == [text]
    result = box.ok("plan")
    assert result.out.count("clashes with work") == 2
    assert result.err.count(text) == 1
    for form in ("html", "svg"):
        assert "clashes with work" in box.ok("plan", "--format", form).out
    # What has begun can't be helped any more.
    later = box.plan(now="2026-11-24T12:00:00+00:00")
    assert clash_warnings(later) == ["tempo on thu is kept at Thu 26 Nov 07:00, which clashes with work"]


def test_a_run_that_clashes_everywhere_stays_where_it_is(box: Box) -> None:
    week_of(box, [run("tue", "easy", 'between = ["17:00-20:00"]')], 'default = ["12:00-13:00"]')
    at_work(box, "tue 15:00-17:20")
    box.push()
    (before,) = box.plan()["weeks"][0]["runs"]
    assert before["start"] == "2026-11-24T17:30:00+00:00"
    at_work(box, "tue 15:00-23:00")
    plan = box.plan()
    assert plan["weeks"][0]["runs"] == [before | {"clashes": ["work"]}]
    assert clash_warnings(plan) == ["easy on tue is kept at Tue 24 Nov 17:30, which clashes with work"]


# --- what is in the way, and what would make room ---------------------------------------------------------


def unplaced(box: Box) -> Any:
    (found,) = box.plan()["weeks"][0]["unplaced"]
    return found


def test_a_shift_is_named_and_not_the_session_beside_it(box: Box) -> None:
    at_work(box, *(f"{day} 05:00-22:00" for day in ("mon", "wed", "thu", "fri", "sat", "sun")))
    week_of(box, [], 'default = ["06:00-08:00", "17:00-21:00"]', sessions=2)
    rules = [day["rule"] for day in unplaced(box)["days"]]
    # On Tuesday there is room for one, and there it is.
    assert rules == ["busy", "pair", "busy", "busy", "busy", "busy", "busy"]


def test_the_order_of_the_week_is_named_where_only_that_is_in_the_way(box: Box) -> None:
    at_work(box)
    week_of(box, [], 'default = ["06:00-08:00"]', sessions=2)
    own = box.folder / "own.toml"
    own.write_text(own.read_text().replace("[[strength]]", '[[strength]]\ndays = ["sun"]', 1))
    found = {day["day"]: day["text"] for day in unplaced(box)["days"]}
    order = "your week lists this session after Sunday's, and they keep their order"
    assert found["2026-11-25"] == order
    assert found["2026-11-28"] == "less than 2 days from another strength session"


def test_nobody_is_asked_to_make_a_shift_shorter_or_to_lift_at_night(box: Box) -> None:
    at_work(box, *(f"{day} 05:00-22:00" for day in DAYS))
    week_of(box, [], 'default = ["06:00-22:00"]')
    assert unplaced(box)["fix"] is None
    # A meeting may end earlier.
    at_work(
        box,
        *(f"{day} 05:00-22:00" for day in DAYS[1:]),
        "mon 06:00-11:55",
        "mon 12:00-17:55",
        "mon 18:00-21:30",
    )
    fix = unplaced(box)["fix"]
    assert fix["kind"] == "busy"
    assert fix["from"]["start"] == "2026-11-23T18:00:00+00:00"


@pytest.mark.parametrize(
    ("times", "range_"),
    [
        ("12:00-13:00", "12:30-13:00"),
        # As near to it as the shift allows, and not when it would cost least.
        ("05:45-06:15", "08:15-08:45"),
    ],
)
def test_a_day_without_availability_is_asked_for_last_and_at_a_usual_time(
    box: Box, times: str, range_: str
) -> None:
    at_work(box, "tue 13:15-23:59", "sat 00:01-08:00")
    rest = '"mon", "wed", "thu", "fri", "sun"'
    week_of(box, [], f'default = []\ntue = ["{times}"]\nprefer_times = ["16:00-18:00"]', sessions=2)
    own = box.folder / "own.toml"
    own.write_text(f"{own.read_text()}".replace("\n", f"\nrest = [{rest}]\n", 1))
    fix = unplaced(box)["fix"]
    assert (fix["kind"], fix["day"], fix["range"], fix["instead_of"]) == ("availability", "sat", range_, None)


# --- a lift before the easy run ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("availability", "shift", "because"),
    [
        ("17:00-18:30", "tue 09:00-10:00", "you allow no time after it"),
        ("17:00-22:00", "wed 20:00-22:00", "you are busy after it"),
        ("17:00-21:45", "tue 09:00-10:00", "only a lighter one fits after it"),
    ],
)
def test_a_lift_before_the_easy_run_says_why(box: Box, availability: str, shift: str, because: str) -> None:
    runs = (run("wed", "easy", 'start = "19:00"'), run("thu", "tempo", 'start = "19:00"'))
    week_of(box, runs, f'default = []\nwed = ["{availability}"]', strength_days='"wed"')
    at_work(box, shift)
    (session,) = box.plan()["weeks"][0]["strength"]
    text = f"before Wednesday's easy run, as {because}"
    assert {"rule": "easy-days-easy", "text": text} in session["reasons"]
    assert text in " ".join(box.ok("plan").out.split())
    assert text.replace("'", "&#39;") in box.ok("plan", "--format", "html").out
    # It is true today, and the calendar's text shall not change with every day.
    box.push()
    assert b"before Wednesday's easy" not in box.feed.read_bytes()


def test_a_class_before_the_easy_run_is_told_by_plan_and_lint(box: Box) -> None:
    def findings() -> list[dict[str, str]]:
        (template,) = box.run("lint", "--format", "json").json["templates"]
        found: list[dict[str, str]] = template["findings"]
        return found

    pump = '[[strength]]\ntitle = "Pump"\nload = "light"\nday = "wed"\nstart = "18:00"\n'
    core = SESSION + 'days = ["fri"]\nbetween = ["12:00-14:00"]\n'
    runs = (run("wed", "easy", 'start = "19:00"'), run("fri", "easy", 'start = "17:30"'))
    week_of(box, (*runs, pump, core), 'default = ["06:00-22:00"]', sessions=0)
    at_work(box)
    text = "before Wednesday's easy run, as that is when the class is"
    assert text in " ".join(box.ok("plan").out.split())
    said = [found["text"] for found in findings()]
    assert said == [
        "Pump comes before Wednesday's easy run (the 1st run), as your week has it at 18:00",
        "lower body comes before Friday's easy run (the 2nd run), as your week has it at 12:00-14:00",
    ]
    # With room after the run, or before it, there is nothing to say.
    week_of(box, (*runs, core.replace("14:00", "22:00")), 'default = ["06:00-22:00"]', sessions=0)
    assert findings() == []
