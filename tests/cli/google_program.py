"""What the runner of the state machine may want: small week templates, and a config that names them.

Decides which keys a week asks for, so that a plan can be checked without asking calsync.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
START = date(2026, 11, 23)
# Runs as (day, kind, minutes, when); sessions as (routine, load). No two weeks have all of their keys in
# common, "full" has those of all others but one, and "none" asks for nothing.
WEEKS = {
    "full": (
        (
            ("tue", "intervals", 60, 'start = "06:30"'),
            ("tue", "easy", 30, 'start = "18:00"'),
            ("thu", "tempo", 45, 'between = ["06:30-08:30", "17:00-20:00"]'),
            ("sat", "long", 90, 'between = ["08:00-11:00"]'),
        ),
        (("lower-body", "moderate"), ("hips-and-core", "light")),
    ),
    "lean": ((("tue", "hills", 50, ""), ("sun", "easy", 40, "")), (("hips-and-core", "moderate"),)),
    "late": ((("sat", "long", 70, ""),), (("full-body-short", "light"), ("hips-and-core", "light"))),
    "none": ((), ()),
}
# What Google may tidy up on the way: an accent of its own, CRLF, spaces at the ends.
NOTES = ("", "Easy a\u0301 la carte.  \n\nSecond <b>paragraph</b> & more.", " Läufe ")
AVAILABILITY = (
    "",
    'default = ["12:00-14:00", "17:00-21:00"]\nnotice = "1h"',
    'default = ["06:00-08:30"]\nsat = []\nsun = ["09:00-10:00"]',
)


class Planning(Protocol):
    """A box that knows which calendars its runner has."""

    def write(self, name: str, text: str | bytes) -> Path: ...

    def machine_config(self, reminder: int | None, *, more: str, **parts: Any) -> None:
        """A config with these parts; `reminder` in minutes."""


@dataclass(frozen=True)
class Program:
    """The config's part of what can change. `reminder` in minutes; `pause` as days from START."""

    weeks: tuple[str, ...] = ("full",)
    horizon: int = 2
    availability: int = 0
    reminder: int | None = None
    pause: tuple[int, int] | None = None
    version: int = 0
    """Of the texts of all templates."""

    def write(self, box: "Planning") -> None:
        for name in WEEKS:
            box.write(f"templates/{name}.toml", self._template(name))
        box.machine_config(
            self.reminder,
            more=self._pause(),
            weeks=str(list(self.weeks)).replace("'", '"'),
            horizon=self.horizon,
            plan='templates = "templates"',
            availability=AVAILABILITY[self.availability],
        )

    def _template(self, name: str) -> str:
        runs, sessions = WEEKS[name]
        notes = NOTES[self.version % len(NOTES)].replace("\n", "\\n")
        text = f'title = "{name}"\nrest = ["mon"]\n'
        for day, kind, minutes, when in runs:
            text += (
                f'[[runs]]\nday = "{day}"\nkind = "{kind}"\ntitle = "{kind} {self.version}"\n'
                f'duration = "{minutes}m"\nnotes = "{notes}"\n{when}\n'
            )
        for routine, load in sessions:
            text += f'[[strength]]\nroutine = "{routine}"\nload = "{load}"\n'
        return text

    def _pause(self) -> str:
        if self.pause is None:
            return ""
        first, last = (START + timedelta(days) for days in self.pause)
        return f"[[pause]]\nfrom = {first}\nto = {last}\n"

    def keys(self, today: date) -> frozenset[str]:
        """All that the weeks of the horizon ask for, with what a pause leaves of it."""
        monday = max(START, today - timedelta(today.weekday()))
        found = set()
        for number in range(self.horizon):
            first = monday + timedelta(7 * number)
            year, week, _ = first.isocalendar()
            runs, sessions = WEEKS[self.weeks[(first - START).days // 7 % len(self.weeks)]]
            seen: dict[str, int] = {}
            for day, *_ in runs:
                seen[day] = seen.get(day, 0) + 1
                on = first + timedelta(DAYS.index(day))
                if not self._is_paused(on):
                    found.add(f"{year}-W{week:02}/run/{day}-{seen[day]}")
            left = sum(not self._is_paused(first + timedelta(day)) for day in range(7))
            most = 0 if left < 2 else 1 if left < 5 else 2
            found |= {f"{year}-W{week:02}/strength/{n + 1}" for n in range(min(len(sessions), most))}
        return frozenset(found)

    def _is_paused(self, day: date) -> bool:
        return self.pause is not None and self.pause[0] <= (day - START).days <= self.pause[1]

    def rewritten(self) -> "Program":
        return replace(self, version=self.version + 1)
