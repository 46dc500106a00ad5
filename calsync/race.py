"""A race as the config names it: how long it takes, how much it matters, and which last weeks it brings."""

from datetime import timedelta
from typing import Annotated

import msgspec

from calsync.training import Priority, Week, clock
from calsync.words import date_name, one_line
from calsync.written import (
    ClockTime,
    Distance,
    Minutes,
    NotBlank,
    PlanDate,
    Said,
    duration_text,
    minutes,
    quoted,
    read_by,
)

# Minutes.
USUAL_RACE = minutes("2h")
# Metres: a half marathon, as people round it.
_LONG_RACE = 21_000


def _title(text: str) -> str:
    if not (title := one_line(text)):
        raise Said("must not be empty")
    return title


class Race(msgspec.Struct, frozen=True, rename={"day": "date", "minutes": "duration"}):
    """A race takes the place of that day's runs, and strength makes way. For several write [[plan.race]]."""

    day: PlanDate
    """The day of the race."""
    title: Annotated[NotBlank, read_by(_title)] = "Race"
    """What the race is called."""
    start: ClockTime | None = None
    """When it starts; otherwise at your usual time of that weekday."""
    minutes: Minutes | None = None
    """How long it takes, 24h at most; otherwise what the distance takes at the pace of [plan], or 2h."""
    distance: Distance | None = None
    """How far it is: "marathon", "half", or such as "10k" or "42.2 km"."""
    priority: Priority = Priority.A
    """How much it matters; with several races each has to say. "A": strength shrinks for two weeks, stops 4
    days before the race, and stays light for a week. "B": no strength on the 2 days before it, light strength
    on the day after. "C": no strength on the day before it and on its day."""
    weeks: tuple[str, ...] | None = None
    """Templates of the last weeks up to the race's, in place of those of the plan. Otherwise an A race has
    ["taper", "race-week"] from a half marathon on, ["race-week"] over a shorter distance; [] means none."""

    @property
    def line(self) -> str:
        """The line below [plan] that says all this but `weeks`, without what is as by default."""
        return f"race = {{ {', '.join(self._said)} }}"

    @property
    def block(self) -> str:
        """The same as a table to put beside others, on one line: its line breaks are written as " / "."""
        return " / ".join(("[[plan.race]]", *self._said, f'priority = "{self.priority}"'))

    @property
    def _said(self) -> list[str]:
        said = [f"date = {self.day}", f"title = {quoted(self.title)}"]
        if self.start is not None:
            said.append(f'start = "{clock(self.start)}"')
        if self.minutes not in (None, USUAL_RACE):
            said.append(f'duration = "{duration_text(timedelta(minutes=self.minutes or 0))}"')
        return said

    @property
    def last_weeks(self) -> tuple[str, ...]:
        """`weeks`, or what a race of its kind has."""
        if self.weeks is not None:
            return self.weeks
        if self.distance is None or self.priority is not Priority.A:
            return ()
        return ("taper", "race-week") if self.distance >= _LONG_RACE else ("race-week",)

    def template_of(self, week: Week) -> str | None:
        """The name of that week's template, if `last_weeks` reaches back to it."""
        ahead = week.until(Week.of(self.day))
        return self.last_weeks[-1 - ahead] if 0 <= ahead < len(self.last_weeks) else None

    @property
    def on_its_day(self) -> str:
        return f"{self.title} on {date_name(self.day)}"
