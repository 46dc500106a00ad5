"""Check-ins as people and programs read them.

Decides how signs are asked for, and what a trend is: signs a check-in in four weeks, beside the four before.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from calsync.checkin import CheckIn, Sign, acting_on
from calsync.planning.progression import MANY_SIGNS, effect, signs_text
from calsync.planning.words import date_name

QUESTIONS = {
    Sign.HEAVY_LEGS: "Did runs feel heavy or flat?",
    Sign.SORE: "Were you sore for more than two days?",
    Sign.EASY_FEELS_HARD: "Did easy runs not feel easy?",
    Sign.LOW_MOTIVATION: "Did you have to drag yourself out?",
}
_TREND = timedelta(weeks=4)
_SHOWN = 12


def checkins_json(checkins: Sequence[CheckIn]) -> str:
    data = [
        {
            "date": checkin.day,
            "signs": [sign for sign in Sign if sign in checkin.signs],
            "week": str(checkin.week),
            "acts": acting_on(checkin.week, checkins) is checkin,
        }
        for checkin in checkins
    ]
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def print_checkins(checkins: Sequence[CheckIn], today: date) -> None:
    """A table of the latest ones, and the trend."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from calsync.cli.render import console

    out = console()
    if not checkins:
        out.print("No check-ins yet: `calsync checkin` asks how training feels.", soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("Date", "Signs", "", "Week", "What it changes"):
        table.add_column(title, no_wrap=title in ("Date", "Week"))
    for checkin in checkins[-_SHOWN:]:
        acts = acting_on(checkin.week, checkins) is checkin
        signs = len(checkin.signs)
        style = "dim" if not acts else "green" if not signs else "yellow" if signs < MANY_SIGNS else "red"
        table.add_row(
            f"{date_name(checkin.day)} {checkin.day.year}",
            Text("■" * signs + "·" * (len(Sign) - signs), style=style),
            signs_text(checkin),
            str(checkin.week),
            effect(checkin) if acts else "a later one counts",
        )
    out.print(table)
    if len(checkins) > _SHOWN:
        out.print(f"and {len(checkins) - _SHOWN} earlier ones", style="dim")
    out.print(trend(checkins, today), soft_wrap=True)


def trend(checkins: Sequence[CheckIn], today: date) -> str:
    """How the last four weeks compare with the four before."""
    now = [c for c in checkins if today - _TREND < c.day <= today]
    before = [c for c in checkins if today - 2 * _TREND < c.day <= today - _TREND]
    if not now:
        return "No check-in in the last four weeks."
    mean = _mean(now)
    text = f"Last four weeks: {mean:.1f} signs a check-in"
    if before:
        was = _mean(before)
        how = "as" if abs(mean - was) < 0.05 else "more than" if mean > was else "fewer than"
        text += f", {how} in the four before ({was:.1f})"
    counts = {sign: sum(sign in c.signs for c in now) for sign in Sign}
    most = max(counts, key=lambda sign: counts[sign])
    if counts[most] > 1:
        text += f"; most often {most.replace('-', ' ')} ({counts[most]} of {len(now)})"
    return text + "."


def _mean(checkins: Sequence[CheckIn]) -> float:
    return sum(len(checkin.signs) for checkin in checkins) / len(checkins)
