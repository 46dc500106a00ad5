"""How `calsync doctor` speaks of amounts, ages and instants."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind

# --- words ------------------------------------------------------------------------------------------------


def elapsed(seconds: int) -> str:
    """ "5 h 30 min", "45 min", "3 h"."""
    hours, minutes = divmod(max(seconds, 0) // 60, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours))


def day_name(day: date) -> str:
    return WEEKDAYS[day.weekday()].long_name


def date_name(day: date) -> str:
    """ "Sun 29 Nov"."""
    return f"{day:%a} {day.day} {day:%b}"


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


# --- words ------------------------------------------------------------------------------------------------


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 event", "2 events"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def length(age: timedelta) -> str:
    """ "3 days", "5 hours", "1 minute": as much of it as matters."""
    minutes = max(int(age.total_seconds()), 0) // 60
    if minutes >= 48 * 60:
        return counted(minutes // (24 * 60), "day")
    if minutes >= 60:
        return counted(minutes // 60, "hour")
    return counted(minutes, "minute")


def ago(age: timedelta) -> str:
    return "just now" if age < timedelta(minutes=1) else f"{length(age)} ago"


def shown_path(path: Path) -> str:
    """As short as the shell takes it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def day(instant: datetime, zone: ZoneInfo) -> str:
    """ "Mon 30 Nov"."""
    return date_name(instant.astimezone(zone).date())


def next_of(spans: Sequence[Timespan], now: datetime) -> Timespan | None:
    """The stretch that lasts at `now`, or the first after it."""
    return next((span for span in spans if span.end > now), None)


def busy_next(spans: Sequence[Timespan], now: datetime, zone: ZoneInfo) -> str:
    """ "next Tue 24 Nov 09:00", or that there is nothing to come."""
    found = next_of(spans, now)
    if found is None:
        return "none of them still to come" if spans else "nothing to come"
    if found.start <= now:
        return f"busy now, until {day(found.end, zone)} {found.end.astimezone(zone):%H:%M}"
    return f"next {moment(found, zone)}"


# A place in a TOML file: keys, and numbers of list entries from 0.
Keys = tuple[str | int, ...]


def dotted(keys: Keys) -> str:
    """("busy", 0, "type") as people write it: "busy[0].type"."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
