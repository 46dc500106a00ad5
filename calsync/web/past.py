"""Weeks that are over, from what still stands on the calendars.

Decides what is said of a run or a session that nobody plans any more. When its owner was busy then, nobody
knows.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from calsync.event import BUSY, Published, is_strength, one_line
from calsync.planning.plan import State
from calsync.training import Effort, Week
from calsync.web.week import (
    SHORT,
    Block,
    Look,
    WeekPicture,
    day_picture,
    element_id,
    hours_of,
    stretch_on,
)


def past_pictures(published: Mapping[str, Published], first: Week, zone: ZoneInfo) -> tuple[WeekPicture, ...]:
    """The weeks before `first` that still have something, and those between them, the earliest first.

    `published` by key, as all calendars together have it.
    """
    weeks = [Week.of(one.span.start.astimezone(zone).date()) for one in published.values()]
    earliest = min(weeks, default=first)
    return tuple(_picture(earliest.plus(number), published, zone) for number in range(earliest.until(first)))


def _picture(week: Week, published: Mapping[str, Published], zone: ZoneInfo) -> WeekPicture:
    days = tuple(day_picture(day, tuple(_blocks(day, published, zone))) for day in week.days)
    return WeekPicture(week, "as it was on the calendar", days, hours_of(days))


def _blocks(day: date, published: Mapping[str, Published], zone: ZoneInfo) -> Iterator[Block]:
    for key, one in published.items():
        part = stretch_on(day, one.span, zone)
        if part is None:
            continue
        start, end = one.span.start.astimezone(zone), one.span.end.astimezone(zone)
        lines = [line.strip().removeprefix("- ") for line in one.description.splitlines() if line.strip()]
        is_lift = is_strength(key)
        # A calendar that shows no more than "Busy" says nothing of what it was.
        title = one.title if one.title not in ("", BUSY) else "Strength" if is_lift else "Run"
        yield Block(
            element_id(key, is_continued=start.date() != day),
            Look.STRENGTH if is_lift else Look.of(one.kind.effort if one.kind else Effort.EASY),
            one_line(title).removeprefix("Strength: "),
            "Lift" if is_lift else SHORT[one.kind] if one.kind else "Run",
            part,
            f"{start:%H:%M}-{end:%H:%M}",
            State.PAST,
            about=lines[0] if lines else "",
            steps=tuple((line, "") for line in lines[1:]),
        )
