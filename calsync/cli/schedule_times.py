"""When a scheduled push runs, in the words of cron and of systemd.

Decides on a random minute: never the full or the half hour, when everybody's machine asks for something.
"""

import secrets
from dataclasses import dataclass

_CROWDED = (0, 30)


@dataclass(frozen=True, slots=True)
class Times:
    """Every `minutes`, the first of the day at `hour`:`minute`."""

    minutes: int
    hour: int
    minute: int

    @classmethod
    def random(cls, every: str) -> "Times":
        """`every` is "15m", "30m", or whole hours that divide a day, up to "24h"."""
        minutes = int(every[:-1]) * (60 if every.endswith("h") else 1)
        within = [minute for minute in range(min(minutes, 60)) if minute not in _CROWDED]
        hours = minutes // 60
        # Once a day is best done before people get up.
        first = secrets.choice(range(3, 6)) if hours == 24 else secrets.randbelow(max(hours, 1))
        return cls(minutes, first, secrets.choice(within))

    @property
    def cron(self) -> str:
        """The five fields of crontab(5)."""
        hours = self.minutes // 60
        if hours < 1:
            minutes = ",".join(map(str, range(self.minute, 60, self.minutes)))
            return f"{minutes} * * * *"
        if hours == 1:
            return f"{self.minute} * * * *"
        return f"{self.minute} {','.join(map(str, range(self.hour, 24, hours)))} * * *"

    @property
    def on_calendar(self) -> str:
        """A calendar event of systemd.time(7)."""
        hours = self.minutes // 60
        if hours < 1:
            return f"*-*-* *:{','.join(f'{one:02}' for one in range(self.minute, 60, self.minutes))}:00"
        if hours == 1:
            return f"*-*-* *:{self.minute:02}:00"
        times = ",".join(f"{one:02}" for one in range(self.hour, 24, hours))
        return f"*-*-* {times}:{self.minute:02}:00"
