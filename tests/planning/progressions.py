"""The progressions written down a second time: the tables of the training rules, and loops that read them.

It shares no code with the product and is only there to be compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.planning.reference import EFFORTS, LOADS, Session

# By the weeks of the plan up to which a row holds, for `new`: sessions, minutes and load at most.
EASE_IN = (
    (2, 1, 20, "light"),
    (4, 2, 20, "light"),
    (6, 2, 25, "moderate"),
    (8, 2, 30, "moderate"),
)
THURSDAY = 4
SESSIONS_AT_MOST = {"new": 2, "regular": 2, "experienced": 3}
SHORT_ON_TIME = 2
# By the weeks between a week and the one that holds the day before the race: sessions, minutes, load at most.
TAPER = {
    0: (1, 20, "light"),
    1: (2, 20, "moderate"),
}
# What a number of signs changes.
LIGHTER_AND_SHORT = (1, 2, 3, 4)
ONE_FEWER = (2, 3, 4)
WIDER_APART = (2, 3, 4)
A_SINGLE_LIGHT_ONE = (3, 4)
LAST_HARD_RUN_EASY = (3, 4)
DAYS_APART_WHEN_WIDER = 3
# By the days of a week that are no pause: sessions at most.
SESSIONS_BY_DAYS_LEFT = (0, 0, 1, 1, 1, 2, 2, 99)
CHECKIN_LOOKS_AHEAD = timedelta(days=4)


@dataclass(frozen=True)
class Given:
    """All that the progressions of a week go by, besides what its template lists."""

    plan_start: date
    experience: str = "regular"
    short_on_time: bool = False
    recovery: bool = False
    races: tuple[date, ...] = ()  # those that matter most
    checkins: tuple[tuple[date, int], ...] = ()  # when, and the number of signs; no two of one date
    pauses: tuple[tuple[date, date], ...] = ()  # first and last day


def first_day(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def checkin_of(monday: date, checkins: Iterable[tuple[date, int]]) -> tuple[date, int] | None:
    """The latest check-in that acts on the week of `monday`."""
    latest = None
    for day, signs in sorted(checkins):
        if first_day(day + CHECKIN_LOOKS_AHEAD) == monday:
            latest = (day, signs)
    return latest


def signs_of(monday: date, checkins: Iterable[tuple[date, int]]) -> int:
    checkin = checkin_of(monday, checkins)
    return 0 if checkin is None else checkin[1]


def sessions_wanted(listed: Sequence[Session], monday: date, given: Given) -> tuple[Session, ...]:
    """What the week of `monday` wants of the sessions that its template lists."""
    left = list(listed)
    number = (monday - first_day(given.plan_start)).days // 7 + 1
    if given.plan_start.isoweekday() > THURSDAY:  # fewer than four days are left of that week
        number = max(1, number - 1)

    if given.experience == "new":
        for until, most, minutes, load in EASE_IN:
            if number <= until:
                left = capped(first(left, most), minutes, load)
                break

    left = first(left, SESSIONS_AT_MOST[given.experience])

    if given.short_on_time:
        left = at_their_shortest(first(left, SHORT_ON_TIME))

    if given.recovery:
        # Fewer than the template lists, which may be more than are left.
        left = capped(first(left, max(1, len(listed) - 1)), load="moderate")

    for race in given.races:
        weeks_before = (first_day(race - timedelta(days=1)) - monday).days // 7
        if weeks_before in TAPER:
            most, minutes, load = TAPER[weeks_before]
            left = capped(first(left, most), minutes, load)

    signs = signs_of(monday, given.checkins)
    if signs in LIGHTER_AND_SHORT:
        left = at_their_shortest(one_step_lighter(left))
    if signs in ONE_FEWER:
        left = first(left, max(1, len(left) - 1))
    if signs in A_SINGLE_LIGHT_ONE:
        left = capped(first(left, 1), load="light")

    days = [monday + timedelta(days=offset) for offset in range(7)]
    days = [day for day in days if not any(start <= day <= end for start, end in given.pauses)]
    return tuple(first(left, SESSIONS_BY_DAYS_LEFT[len(days)]))


def first(sessions: list[Session], most: int) -> list[Session]:
    """All classes, whatever is wanted, and as many of the others as there is room for beside them."""
    others = max(0, most - sum(session.at is not None for session in sessions))
    numbers = [n for n, session in enumerate(sessions) if session.at is None][:others]
    return [session for n, session in enumerate(sessions) if session.at is not None or n in numbers]


def without_booked(
    sessions: Sequence[Session], classes: Sequence[Session], booked: int
) -> tuple[Session, ...]:
    """What is left of a week's sessions if busy calendars have so many, `classes` among them."""
    left = [session for session in sessions if session not in classes]
    for _ in range(booked - len(classes)):
        others = [session for session in left if session.at is None]
        if others:
            left.remove(others[-1])
    return tuple(left)


def capped(sessions: list[Session], minutes: int | None = None, load: str = "heavy") -> list[Session]:
    """Nothing longer than `minutes`, nothing above `load`."""
    found = []
    for session in sessions:
        length = session.minutes if minutes is None else min(session.minutes, minutes)
        lowered = LOADS[min(LOADS.index(session.load), LOADS.index(load))]
        shortest = min(session.shortest, length)
        changed = replace(session, load=lowered, minutes=length, shortest=shortest)
        found.append(session if session.at else changed)
    return found


def at_their_shortest(sessions: list[Session]) -> list[Session]:
    return [replace(session, minutes=session.shortest) for session in sessions]


def one_step_lighter(sessions: list[Session]) -> list[Session]:
    return [
        session if session.at else replace(session, load=LOADS[max(0, LOADS.index(session.load) - 1)])
        for session in sessions
    ]


def days_apart(configured: int, monday: date, checkins: Iterable[tuple[date, int]]) -> int:
    """How far apart sessions are whose later one is in the week of `monday`."""
    if signs_of(monday, checkins) in WIDER_APART:
        return max(DAYS_APART_WHEN_WIDER, configured)
    return configured


def made_easy(
    runs: Sequence[tuple[date, str]], monday: date, checkins: Iterable[tuple[date, int]]
) -> int | None:
    """Which of a week's runs, as the template lists them, becomes an easy one; None if none."""
    checkin = checkin_of(monday, checkins)
    if checkin is None or checkin[1] not in LAST_HARD_RUN_EASY:
        return None
    last = None
    for number, (day, kind) in enumerate(runs):
        if EFFORTS[kind] == "hard" and (last is None or day >= runs[last][0]):
            last = number
    # One before the check-in has been run.
    if last is not None and runs[last][0] < checkin[0]:
        return None
    return last
