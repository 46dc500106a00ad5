"""Strength sessions with a time of their own: classes of the template, and sessions in busy calendars.

They are where they are, whatever the rules say, and everything else is placed around them. What the rules
have against one is a warning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from calsync.event import Booked, Published, Standing, booked_key
from calsync.planning import wall, why
from calsync.planning.days import Candidate, Days
from calsync.planning.rules import Rule
from calsync.planning.wall import Wall
from calsync.planning.week import ANYWHERE, WantedWeek, Where
from calsync.planning.why import Reason, Remark
from calsync.program import Program
from calsync.training import Load, Week
from calsync.words import counted, date_name, day_name


@dataclass(frozen=True, slots=True)
class Appointment:
    """A class, or a session in the busy calendar that `calendar` names."""

    key: str
    published: Published
    load: Load
    called: str
    where: Where = ANYWHERE
    calendar: str = ""


def appointments(
    weeks: Iterable[WantedWeek], booked: Iterable[Booked], program: Program, clock: Wall
) -> Iterator[Appointment]:
    """The classes of these weeks, and what busy calendars have on days without a pause."""
    for week in weeks:
        for session in week.sessions:
            if session.class_at:
                start = clock.at(*session.class_at)
                span = wall.span(start, start + session.minutes * 60)
                published = Published(span, True, load=session.load, routine=session.routine or None)
                yield Appointment(session.key, published, session.load, session.called, session.where)
    numbers: dict[Week, int] = {}
    for one in sorted(booked, key=lambda one: (one.span, one.title, one.calendar)):
        day = clock.day_of(wall.seconds(one.span.start))
        if not program.is_paused(day):
            number = numbers[Week.of(day)] = numbers.get(Week.of(day), 0) + 1
            published = Published(one.span, True, load=one.load)
            key = booked_key(Week.of(day), number)
            yield Appointment(key, published, one.load, one.title or "strength", calendar=one.calendar)


def with_appointments(
    standing: Standing, appointments: Iterable[Appointment], now: datetime
) -> tuple[Standing, dict[str, Appointment]]:
    """`standing` with the appointments as what the runner put there, and those that count, by key.

    One that the runner moved or skipped is as they want it, and what has begun, or is done, at another time
    was then.
    """
    published, counting = dict(standing.published), {}
    for one in appointments:
        before = published.get(one.key, one.published)
        stays = before.pinned or before.span.start <= now or one.key in standing.done
        is_elsewhere = before != one.published and stays
        if one.key not in standing.skipped and not is_elsewhere:
            published[one.key] = one.published
            counting[one.key] = one
    return replace(standing, published=published), counting


def against(
    appointments: Mapping[str, Appointment],
    weeks: Sequence[WantedWeek],
    days: Days,
    too_near: Mapping[str, Reason],
) -> Iterator[Remark]:
    """What the rules have against the appointments of these weeks that are still to come.

    What comes again week after week is said once. `too_near` is what the pair rule says, by key.
    """
    by_week = {week.week: week for week in weeks}
    found: dict[tuple[str, str, tuple[str, ...]], list[date]] = {}
    for one in sorted(appointments.values(), key=lambda one: one.published.span):
        day, minute = days.clock.minute_of(wall.seconds(one.published.span.start))
        week = by_week.get(Week.of(day))
        if week is None or one.published.span.start <= days.now:
            continue
        texts = [f"{reason.text} ({reason.rule})" for reason in _against(one, week, day, minute, days)]
        if reason := too_near.get(one.key):
            texts.append(f"{reason.text} ({reason.rule})")
        if texts:
            at = f"{minute // 60:02}:{minute % 60:02}"
            found.setdefault((one.called, at, tuple(texts)), []).append(day)
    for (called, at, said), dates in found.items():
        when = f"{date_name(dates[0])} {at}"
        if len(dates) > 1:
            when = f"{day_name(dates[0])}s {at}, {counted(len(dates), 'week')}"
        yield Remark("class-against-rule", f"{called} ({when}): {'; '.join(said)}")


def _against(one: Appointment, week: WantedWeek, day: date, minute: int, days: Days) -> Iterator[Reason]:
    """A2, A3, A5 and A6. That it is outside of what is available, the runner knows."""
    start = wall.seconds(one.published.span.start)
    minutes = one.published.span.minutes
    place = Candidate(day, minute, start, minutes, one.load, 0)
    told = set()
    for ban in days.bans_at(week, day, start, minutes, one.load, one.where):
        # An event of a busy calendar is itself busy time.
        if ban.rule is Rule.AVAILABILITY or (one.calendar and ban.rule is Rule.BUSY):
            continue
        if (reason := days.said(ban, place, one.where)) not in told:
            told.add(reason)
            yield reason


def too_near(
    appointments: Mapping[str, Appointment], standing: Iterable[tuple[date, int, str, int]]
) -> dict[str, Reason]:
    """What the pair rule says of the appointments, by key.

    `standing` are all sessions that are where they are: day, start and key, with the days that have to be
    between it and the one before.
    """
    found: dict[str, Reason] = {}
    in_time = sorted(standing)
    for number, (day, _, key, apart) in enumerate(in_time):
        for earlier, _, other, _ in in_time[:number]:
            if (day - earlier).days < apart:
                # The later one is told, if it is one of ours.
                told, near = (key, earlier) if key in appointments else (other, day)
                if told in appointments:
                    found[told] = why.too_near(apart, f"{day_name(near)}'s strength session")
    return found
