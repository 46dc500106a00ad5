"""Who a runner is, and what their calendars say: all of it random, and known without asking calsync.

A runner follows week templates of the project, which are read here from their TOML. What the config says and
what the rules go by is one and the same `Runner`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.planning.progressions import Given, days_apart, made_easy, sessions_wanted
from tests.planning.reference import EFFORTS, WEEKDAYS, Session

ROOT = Path(__file__).parents[2]
Span = tuple[datetime, datetime]  # UTC
Range = tuple[int, int]  # minutes of the day

# Changes of half an hour, of two hours, at midnight, for Ramadan, and none.
ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Santiago",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "UTC",
)
BY_EXPERIENCE = {
    "new": ("first-5k", "short-on-time", "recovery"),
    "regular": ("balanced", "ten-k-build", "half-marathon-build", "marathon-build", "short-on-time"),
    "experienced": ("experienced-three", "marathon-build", "balanced"),
}
AVAILABILITY = (
    {},
    {"default": ["12:00-14:00", "17:00-21:00"], "sun": ["09:00-12:00"]},
    {"default": ["05:30-08:30", "18:00-22:00"], "sat": [], "sun": ["07:00-20:00"]},
    {"default": ["06:00-21:00"], "wed": []},
    {"default": ["17:30-19:00"], "sat": ["08:00-20:00"], "sun": ["08:00-20:00"]},
)
USUAL_AVAILABILITY = {
    "default": ["06:00-08:30", "12:00-14:00", "17:00-21:00"],
    "sat": ["08:00-20:00"],
    "sun": [],
}


def minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def minutes_range(text: str) -> Range:
    low, high = text.split("-")
    return minute(low), minute(high)


def length(text: str) -> int:
    """Minutes of a duration such as 1h30m."""
    hours, _, rest = text.rpartition("h")
    return int(hours or 0) * 60 + int(rest.removesuffix("m") or 0)


def instant(zone: ZoneInfo, day: date, at: int) -> datetime:
    """A wall time of a day: its first occurrence, or the offset before the gap where clocks skip it."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=at)
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def monday_of(day: date) -> date:
    return day - timedelta(day.weekday())


def week_name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


@dataclass(frozen=True)
class Run:
    """A run that a week asks for. Ranges are those of its template, or of the runner's usual start."""

    key: str
    day: date
    effort: str
    minutes: int
    start: int | None = None
    ranges: tuple[Range, ...] = ()
    usual: int | None = None


@dataclass(frozen=True)
class WeekOf:
    """A week of the plan: what it asks for, and what its days allow."""

    monday: date
    runs: tuple[Run, ...]
    sessions: tuple[Session, ...]
    rest: frozenset[int]
    rest_allows_light: bool
    days_apart: int

    @property
    def name(self) -> str:
        return week_name(self.monday)

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the sessions, in their order."""
        return tuple(f"{self.name}/strength/{number}" for number in range(1, len(self.sessions) + 1))


@cache
def template(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "templates" / f"{name}.toml").read_text())


@dataclass
class Runner:
    zone_name: str
    start: date
    weeks: tuple[str, ...]
    horizon: int
    experience: str
    availability: dict[str, list[str]]
    prefers: tuple[str, ...]
    buffer: int
    after_run: int
    notice: int
    hours_apart: int
    days_apart: int
    short_on_time: bool
    usual: dict[str, str]
    race: date | None
    race_priority: str
    race_weeks: tuple[str, ...]
    overrides: dict[str, str]
    pauses: list[tuple[date, date]]
    alarm: bool
    on_google: bool
    checkins: dict[date, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def day_of(self, at: datetime) -> date:
        return self.local(at).date()

    # --- the config -----------------------------------------------------------------------------------

    def config_parts(self) -> dict[str, str]:
        """What `tests.cli.box.config` needs, but for targets and sources."""
        plan = [f'experience = "{self.experience}"', f"usual_start = {_inline(self.usual)}"]
        if self.race:
            weeks = ", ".join(f'"{name}"' for name in self.race_weeks)
            how = f'start = "09:30", priority = "{self.race_priority}", weeks = [{weeks}]'
            plan.append(f"race = {{ date = {self.race}, {how} }}")
        if self.overrides:
            plan.append(f"override = {_inline(self.overrides)}")
        times = [f"{day} = {_list(ranges)}" for day, ranges in self.availability.items()]
        times += [f"prefer_times = {_list(self.prefers)}"] if self.prefers else []
        times += [f'buffer = "{self.buffer}m"', f'after_run = "{self.after_run}m"']
        times += [f'notice = "{self.notice}h"']
        more = [f"[[pause]]\nfrom = {first}\nto = {last}" for first, last in self.pauses]
        short = "true" if self.short_on_time else "false"
        more.append(
            f'[strength]\nhours_apart = "{self.hours_apart}h"\nmin_days_apart = {self.days_apart}\n'
            f"short_on_time = {short}"
        )
        return {
            "name": "training",
            "zone": self.zone_name,
            "weeks": _list(self.weeks),
            "horizon": str(self.horizon),
            "plan": "\n".join(plan),
            "availability": "\n".join(times),
            "more": "\n".join(more),
        }

    # --- what the plan asks for -----------------------------------------------------------------------

    def is_paused(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.pauses)

    def ranges_on(self, day: date) -> list[Range]:
        own = self.availability or USUAL_AVAILABILITY
        found = own.get(WEEKDAYS[day.weekday()])
        if found is None:
            found = own["default"] if "default" in own else USUAL_AVAILABILITY["default"]
        return [minutes_range(text) for text in found]

    def mondays(self, now: datetime) -> list[date]:
        first = max(monday_of(self.day_of(now)), monday_of(self.start))
        return [first + timedelta(7 * number) for number in range(self.horizon)]

    def template_of(self, monday: date) -> str:
        if over := self.overrides.get(week_name(monday)):
            return over
        if self.race and self.race_weeks:
            ahead = (monday_of(self.race) - monday).days // 7
            if 0 <= ahead < len(self.race_weeks):
                return self.race_weeks[-1 - ahead]
        return self.weeks[(monday - monday_of(self.start)).days // 7 % len(self.weeks)]

    def week(self, monday: date) -> WeekOf:
        found = template(self.template_of(monday))
        given = Given(
            self.start,
            self.experience,
            self.short_on_time,
            found.get("recovery", False),
            (self.race,) if self.race and self.race_priority == "A" else (),
            tuple(sorted(self.checkins.items())),
            tuple(self.pauses),
        )
        listed = [_session(table) for table in found.get("strength", ())]
        return WeekOf(
            monday,
            tuple(run for run in self._runs(monday, found) if not self.is_paused(run.day)),
            sessions_wanted(listed, monday, given),
            frozenset(WEEKDAYS.index(day) for day in found.get("rest", ())),
            found.get("rest_allows_light", False),
            days_apart(self.days_apart, monday, given.checkins),
        )

    def _runs(self, monday: date, found: dict[str, Any]) -> Iterator[Run]:
        name = week_name(monday)
        seen: dict[str, int] = {}
        entries = []
        for table in found.get("runs", ()):
            day = monday + timedelta(WEEKDAYS.index(table["day"]))
            seen[table["day"]] = seen.get(table["day"], 0) + 1
            if day != self.race:
                entries.append((f"{name}/run/{table['day']}-{seen[table['day']]}", day, table))
        kinds = [(day, table["kind"]) for _, day, table in entries]
        eased = made_easy(kinds, monday, tuple(sorted(self.checkins.items())))
        for number, (key, day, table) in enumerate(entries):
            effort = "easy" if number == eased else EFFORTS[table["kind"]]
            start = minute(table["start"]) if "start" in table else None
            ranges = tuple(map(minutes_range, table.get("between", ())))
            usual = self.usual.get(WEEKDAYS[day.weekday()], self.usual.get("default", "07:00"))
            if start is None and not ranges and "-" in usual:
                ranges = (minutes_range(usual),)
            at = None if "-" in usual else minute(usual)
            yield Run(key, day, effort, length(table["duration"]), start, ranges, at)
        if self.race and monday_of(self.race) == monday:
            key = f"{name}/run/race-{WEEKDAYS[self.race.weekday()]}"
            yield Run(key, self.race, "race", 120, minute("09:30"))


def _session(table: dict[str, Any]) -> Session:
    minutes = length(table.get("duration", "30m"))
    return Session(table["load"], minutes, min(minutes, length(table.get("shortest", "20m"))))


def _list(texts: Any) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def _inline(table: dict[str, str]) -> str:
    return "{ " + ", ".join(f'{key} = "{text}"' for key, text in table.items()) + " }"


def random_runner(random: Random, *, on_google: bool, days: int) -> Runner:
    experience = random.choice(("new", "regular", "regular", "experienced"))
    start = date(2026, 1, 1) + timedelta(random.randrange(365))
    weeks = [random.choice(BY_EXPERIENCE[experience]) for _ in range(random.randint(1, 3))]
    if random.random() < 0.4:
        weeks.append("recovery")
    race = None
    if random.random() < 0.5:
        race = monday_of(start + timedelta(random.randint(20, max(days, 60)))) + timedelta(
            random.choice((5, 6))
        )
    pauses = []
    for _ in range(random.randint(0, 2)):
        first = start + timedelta(random.randrange(max(days, 14)))
        pauses.append((first, first + timedelta(random.randint(0, 9))))
    overrides = {}
    if random.random() < 0.3:
        monday = monday_of(start) + timedelta(7 * random.randint(1, max(days // 7, 2)))
        overrides[week_name(monday)] = random.choice(("recovery", "short-on-time", "balanced"))
    usual = random.choice(
        ({"default": "07:00"}, {"default": "18:00", "sat": "08:00-11:00"}, {"sun": "09:00-13:00"})
    )
    zone = random.choice(("Europe/London", "Europe/Berlin", "America/New_York") if on_google else ZONES)
    return Runner(
        zone,
        start,
        tuple(weeks),
        random.choice((2, 2, 2, 2, 2, 2, 1, 3)),
        experience,
        random.choice(AVAILABILITY),
        random.choice(((), (), ("12:00-14:00",), ("18:00-20:00",))),
        random.choice((0, 15, 15, 30)),
        random.choice((0, 15, 15, 45)),
        random.choice((1, 4, 12, 12, 24)),
        random.choice((2, 3, 3, 3, 4)),
        random.choice((2, 2, 2, 3)),
        random.random() < 0.1,
        usual,
        race,
        random.choice("AABC"),
        ("taper", "race-week") if random.random() < 0.7 else (),
        overrides,
        pauses,
        random.random() < 0.5,
        on_google,
    )


# --- busy calendars -----------------------------------------------------------------------------------------


@dataclass
class Meeting:
    """`day` and `at` are on the runner's clock; without `at` it is a whole day. Weekly: from then on."""

    uid: str
    day: date
    at: int | None
    minutes: int
    is_weekly: bool = False
    free_by: str = ""
    """A line that makes it free."""
    except_on: set[date] = field(default_factory=set)


class Calendar:
    """Somebody's meetings in one file, which change every day."""

    AHEAD = 26

    def __init__(self, random: Random, runner: Runner, name: str) -> None:
        self.random, self.runner, self.name = random, runner, name
        self.meetings: list[Meeting] = []
        self._made = 0
        for _ in range(random.randint(0, 3)):
            self._add(runner.start - timedelta(random.randint(0, 6)), is_weekly=True)
        for days in range(self.AHEAD):
            if random.random() < 0.4:
                self._add(runner.start + timedelta(days))

    def _add(self, day: date, *, is_weekly: bool = False) -> None:
        random = self.random
        self._made += 1
        at: int | None = 15 * random.randint(28, 78)
        if not is_weekly and random.random() < 0.06:
            at = None
        free_by = random.choice(("STATUS:CANCELLED", "TRANSP:TRANSPARENT")) if random.random() < 0.1 else ""
        minutes = random.choice((30, 60, 60, 90, 120, 240))
        self.meetings.append(Meeting(f"{self.name}-{self._made}", day, at, minutes, is_weekly, free_by))

    def a_day_goes_by(self, today: date) -> None:
        """What people do to their calendars: new meetings, others moved, some called off."""
        random = self.random
        self.meetings = [m for m in self.meetings if m.is_weekly or m.day > today - timedelta(10)]
        if random.random() < 0.4:
            self._add(today + timedelta(self.AHEAD))
        if random.random() < 0.25:
            self._add(today + timedelta(random.randint(0, 12)))
        if random.random() < 0.2 and self.meetings:
            moved = random.choice(self.meetings)
            if moved.is_weekly:
                moved.except_on.add(
                    moved.day + timedelta(7 * ((today - moved.day).days // 7 + random.randint(0, 2)))
                )
            else:
                moved.day += timedelta(random.choice((-1, 0, 0, 1, 2)))
                moved.at = 15 * random.randint(28, 78) if moved.at is not None else None
        if random.random() < 0.15 and self.meetings:
            self.meetings.remove(random.choice(self.meetings))
        if random.random() < 0.02:
            self._add(today, is_weekly=True)

    def busy(self, first: date, last: date) -> list[Span]:
        found = []
        zone = self.runner.zone
        for meeting in self.meetings:
            if meeting.free_by:
                continue
            for day in self._days(meeting, first, last):
                if meeting.at is None:
                    found.append((instant(zone, day, 0), instant(zone, day + timedelta(1), 0)))
                else:
                    start = instant(zone, day, meeting.at)
                    found.append((start, start + timedelta(minutes=meeting.minutes)))
        return found

    @staticmethod
    def _days(meeting: Meeting, first: date, last: date) -> Iterator[date]:
        if not meeting.is_weekly:
            if first <= meeting.day <= last:
                yield meeting.day
            return
        skipped = max(0, -(-(first - meeting.day).days // 7))
        day = meeting.day + timedelta(7 * skipped)
        while day <= last:
            if day not in meeting.except_on:
                yield day
            day += timedelta(7)

    def text(self) -> str:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//EN"]
        for meeting in self.meetings:
            lines += ["BEGIN:VEVENT", f"UID:{meeting.uid}", "DTSTAMP:20260101T000000Z", "SUMMARY:Private"]
            day = meeting.day
            if meeting.at is None:
                lines.append(f"DTSTART;VALUE=DATE:{day:%Y%m%d}")
            elif meeting.is_weekly or self.runner.zone_name == "UTC" or meeting.minutes == 60:
                lines.append(f"DTSTART;TZID={self.runner.zone_name}:{_wall(day, meeting.at)}")
                lines.append(f"DURATION:PT{meeting.minutes}M")
            else:
                start = instant(self.runner.zone, day, meeting.at)
                lines.append(f"DTSTART:{start:%Y%m%dT%H%M%SZ}")
                lines.append(f"DTEND:{start + timedelta(minutes=meeting.minutes):%Y%m%dT%H%M%SZ}")
            if meeting.is_weekly:
                lines.append("RRULE:FREQ=WEEKLY")
                for gone in sorted(meeting.except_on):
                    lines.append(f"EXDATE;TZID={self.runner.zone_name}:{_wall(gone, meeting.at or 0)}")
            if meeting.free_by:
                lines.append(meeting.free_by)
            lines.append("END:VEVENT")
        if self.random.random() < 0.1:  # one that nobody can read, which costs nothing but a warning
            lines += ["BEGIN:VEVENT", "UID:bad", "DTSTART:soon", "END:VEVENT"]
        return "\r\n".join([*lines, "END:VCALENDAR", ""])

    def broken(self) -> bytes | None:
        """What is no calendar; None where there is no file at all."""
        whole = self.text().encode()
        return self.random.choice(
            (None, b"", b"<!DOCTYPE html><title>Sign in</title>", whole[: len(whole) // 2])
        )


def _wall(day: date, at: int) -> str:
    return f"{day:%Y%m%d}T{at // 60:02}{at % 60:02}00"
