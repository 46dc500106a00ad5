"""Times and amounts in the words of a runner.

Decides how a plan speaks of days, hours and sessions, so that tables, feeds and warnings say it alike.
"""

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind

if TYPE_CHECKING:
    from calsync.planning.runs import SettledRun


def elapsed(seconds: int) -> str:
    """ "5 h 30 min", "45 min", "3 h"."""
    hours, minutes = divmod(max(seconds, 0) // 60, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours))


def day_name(day: date) -> str:
    return WEEKDAYS[day.weekday()].long_name


def date_name(day: date) -> str:
    """ "Sun 29 Nov"."""
    return f"{day:%a} {day.day} {day:%b}"


def of_run(run: "SettledRun") -> str:
    """ "Tuesday's intervals"."""
    return f"{day_name(run.day)}'s {kind_name(run.kind)}"


def kind_name(kind: Kind) -> str:
    """ "intervals", "long run"."""
    match kind:
        case Kind.LONG | Kind.EASY | Kind.RECOVERY | Kind.TEMPO | Kind.THRESHOLD | Kind.FARTLEK:
            return f"{kind} run"
        case Kind.TIME_TRIAL:
            return "time trial"
        case _:
            return kind.value


def moment(span: Timespan, zone: ZoneInfo) -> str:
    """ "Tue 24 Nov 12:15"."""
    start = span.start.astimezone(zone)
    return f"{date_name(start.date())} {start:%H:%M}"
