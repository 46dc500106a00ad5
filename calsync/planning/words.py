"""Times and amounts in the words of a runner.

Decides how a plan speaks of days, hours and sessions, so that tables, feeds and warnings say it alike.
"""

from datetime import date

from calsync.planning.runs import SettledRun
from calsync.training import WEEKDAYS, Kind


def elapsed(seconds: int) -> str:
    """ "5 h 30 min", "45 min", "3 h"."""
    hours, minutes = divmod(max(seconds, 0) // 60, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours))


def day_name(day: date) -> str:
    return WEEKDAYS[day.weekday()].long_name


def of_run(run: SettledRun) -> str:
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
