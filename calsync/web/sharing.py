"""The page that the runner may show to family, coach and friends: when they train, and what.

No busy time, no reasons, no notes, no places, and nothing that leads to another page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from calsync.planning.plan import State
from calsync.web.planner import Snapshot
from calsync.web.week import Block, Look, WeekPicture
from calsync.words import counted, date_name, elapsed


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands above the week; each may be empty."""

    following: str
    race: str
    totals: tuple[str, ...]
    streak: str


def shared(week: WeekPicture) -> WeekPicture:
    """A week without all that is the runner's own business."""
    days = tuple(
        replace(
            day,
            # A pause may be an illness.
            label=day.label if day.label == "rest" else "",
            blocks=tuple(map(_shared, day.blocks)),
            busy=(),
            free=(),
        )
        for day in week.days
    )
    return WeekPicture(week.week, "", days, week.hours)


def _shared(block: Block) -> Block:
    return Block(
        block.id,
        block.span,
        block.times,
        block.look,
        # How heavy a session is matters to the runner alone.
        block.title.partition(" (")[0] if block.look is Look.STRENGTH else block.title,
        block.short,
        State.PAST if block.state is State.PAST else State.PLANNED,
        block.lane,
        block.lanes,
        about=block.look.label,
        done=block.done,
    )


def summary(snapshot: Snapshot, week: WeekPicture, now: datetime) -> Summary:
    """Of the plan, and of `week`, the one that is shown. `now` in the plan's zone."""
    race = ""
    if snapshot.race:
        title, day = snapshot.race
        days = (day - now.date()).days
        race = f"{title} {_in_days(days)}"
    number = _streak(snapshot.weeks, now.date())
    streak = f"{counted(number, 'week')} in a row with every session done" if number > 1 else ""
    return Summary(_following(snapshot.weeks, now), race, tuple(_totals(week)), streak)


def _streak(weeks: Sequence[WeekPicture], today: date) -> int:
    """How many weeks before this one have strength, all of it marked as done; as far back as the calendar."""
    number = 0
    for week in reversed([week for week in weeks if week.days[-1].date < today]):
        sessions = [block for day in week.days for block in day.blocks if block.look is Look.STRENGTH]
        if not sessions or not all(block.done for block in sessions):
            break
        number += 1
    return number


def _in_days(days: int) -> str:
    if days < 2:
        return "tomorrow" if days else "today"
    weeks, rest = divmod(days, 7)
    return f"in {counted(weeks, 'week')}" if weeks > 1 and not rest else f"in {days} days"


def _following(weeks: Sequence[WeekPicture], now: datetime) -> str:
    """ "Today 12:15, lower body"."""
    minute = now.hour * 60 + now.minute
    to_come = (
        (day.date, block.span.start, block.title)
        for week in weeks
        for day in week.days
        for block in day.blocks
        if not block.is_continued and (day.date, block.span.start) > (now.date(), minute)
    )
    found = min(to_come, default=None)
    if found is None:
        return ""
    day, start, title = found
    return f"{_day(day, now.date())} {start // 60:02}:{start % 60:02}, {_in_a_sentence(title)}"


def _day(day: date, today: date) -> str:
    names = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    return names.get(day) or date_name(day)


def _in_a_sentence(title: str) -> str:
    """ "Lower body (moderate)" as "lower body"."""
    title = title.partition(" (")[0]
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"


def _totals(week: WeekPicture) -> Iterator[str]:
    """ "4 runs, 3 h 20 min"; what goes on after midnight counts with the day before it."""
    blocks = [block for day in week.days for block in day.blocks]
    runs = tuple(look for look in Look if look not in (Look.STRENGTH, Look.CROSS))
    for name, looks in (
        ("run", runs),
        ("strength session", (Look.STRENGTH,)),
        ("cross training session", (Look.CROSS,)),
    ):
        if these := [block for block in blocks if block.look in looks]:
            minutes = sum(block.span.minutes for block in these)
            number = sum(not block.is_continued for block in these)
            yield f"{counted(number, name)}, {elapsed(minutes * 60)}"
