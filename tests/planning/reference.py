"""The placement model written down a second time, as plainly as possible.

Everything is tried: every grid start of every day, every length, every load, every combination. It shares no
code with the product and is only there to be compared with it. Slow on purpose; keep the cases small.

All instants are UTC inside (two datetimes of one zone would be subtracted by the wall clock, not by the
time that passes). A wall time becomes an instant with ``fold=0``: the first occurrence of a time that occurs
twice, and the offset before the gap for a time that is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

GRID = 15
DAY_MINUTES = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOADS = ("light", "moderate", "heavy")
EFFORTS = {
    "intervals": "hard",
    "tempo": "hard",
    "threshold": "hard",
    "hills": "hard",
    "fartlek": "hard",
    "time-trial": "hard",
    "race": "race",
    "long": "long",
    "easy": "easy",
    "recovery": "easy",
}
LATEST = datetime.max.replace(tzinfo=UTC)

Range = tuple[int, int]  # minutes of the day, 1440 is 24:00; what is beyond that is on the next day


# What goes in


@dataclass(frozen=True)
class Run:
    """A run of a template. It has a start, or ranges, or neither."""

    day: int  # 0 is Monday
    kind: str
    minutes: int
    start: int | None = None
    between: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Cross:
    """Cross training of a template. It has a start, or ranges, or neither."""

    day: int
    sport: str
    effort: str
    minutes: int
    start: int | None = None
    between: tuple[Range, ...] = ()


# Sports that ask nothing of the legs.
NO_LEGS = ("swim", "paddle")


@dataclass(frozen=True)
class Session:
    """A strength session that a week wants. `number` is its place in the template if that is another one.

    It may only be on certain days and at certain times. A class has a day and a minute (`at`).
    """

    load: str
    minutes: int
    shortest: int
    days: tuple[int, ...] = ()
    between: tuple[Range, ...] = ()
    travel: int = 0
    at: tuple[int, int] | None = None
    number: int = 0


@dataclass(frozen=True)
class Template:
    runs: tuple[Run, ...] = ()
    sessions: tuple[Session, ...] = ()
    rest_days: frozenset[int] = frozenset()
    rest_allows_light: bool = False
    strength_days: frozenset[int] = frozenset()
    cross: tuple[Cross, ...] = ()


@dataclass(frozen=True)
class Race:
    """A race of the plan: a run of its date, and days around it without strength."""

    day: date
    start: int | None = None
    minutes: int = 120
    priority: str = "A"


# The days before a race without strength, and the days after it with light work only.
REST_BEFORE = {"A": 4, "B": 2, "C": 1}
LIGHT_AFTER = {"A": 7, "B": 1, "C": 0}


@dataclass(frozen=True)
class Published:
    """What the calendar already has, by key.

    ``2026-W48/run/tue-1``, ``2026-W48/run/race-sun``, ``2026-W48/strength/1``; also ``2026-W48/cross/tue-1``,
    which is on no calendar, but can be moved by the runner. The kind of a run is asked for only where no week
    has it any more.
    """

    key: str
    start: datetime
    end: datetime
    load: str | None = None
    pinned: bool = False
    kind: str | None = None
    done: bool = False  # the runner says so, maybe before its time


@dataclass(frozen=True)
class Case:
    zone: str  # maybe with trips, as trips_of() reads them
    now: datetime
    first_monday: date
    templates: tuple[Template, ...]  # one a week of the horizon, and one for the week after it
    usual: tuple[int | tuple[Range, ...], ...]  # a weekday's usual time of running, or ranges to look in
    availability: tuple[tuple[Range, ...], ...]  # by weekday
    prefer_times: tuple[Range, ...] = ()
    buffer_minutes: int = 0
    notice_hours: int = 0
    after_run_minutes: int = 0
    hours_apart: int = 3
    fresh_legs: tuple[int, int, int] = (6, 24, 48)  # hours, by load
    min_days_apart: tuple[int, ...] = (2,)  # one a week of the horizon; the last one goes on
    busy: tuple[tuple[datetime, datetime], ...] = ()
    pauses: tuple[tuple[date, date], ...] = ()  # first and last day
    published: tuple[Published, ...] = ()
    skipped: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()  # what is published, and has begun, and shall be placed again
    booked: tuple[tuple[datetime, datetime, str], ...] = ()  # sessions in busy calendars, with their loads
    races: tuple[Race, ...] = ()  # no two of one day
    # What the weeks' templates list before the progressions, and what the progressions go by. The model looks
    # at none of it: `templates` and `min_days_apart` above are what the weeks want.
    listed: tuple[Template, ...] = ()
    listed_days_apart: int = 2
    checkins: tuple[tuple[date, int], ...] = ()  # when, and the number of signs

    @property
    def horizon(self) -> int:
        return len(self.templates) - 1


# What comes out


@dataclass(frozen=True)
class SettledRun:
    start: datetime
    end: datetime
    effort: str
    day: date  # the local date on which it starts


@dataclass(frozen=True)
class Lift:
    """A strength session at a time: a candidate, or one that stands."""

    start: datetime
    end: datetime
    load: str
    day: date
    cost: int = 0
    fixed: bool = False
    asks: Session | None = None

    @property
    def minutes(self) -> int:
        return whole_minutes(self.end - self.start)

    @property
    def travel(self) -> timedelta:
        return timedelta(minutes=self.asks.travel if self.asks else 0)


@dataclass(frozen=True)
class Solution:
    runs: dict[str, tuple[datetime, datetime]]
    fixed: dict[str, tuple[datetime, datetime]]
    chosen: dict[str, tuple[datetime, int, str] | None]  # start, minutes, load; None is unplaced
    cost: int
    moved: int  # published sessions that are not left where they are


# Time


@lru_cache(maxsize=200_000)
def instant(zone: str, day: date, minute: int) -> datetime:
    """A wall time of a day as UTC, by the clock of that day; not before the day's zone counts."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    at = wall.replace(tzinfo=ZoneInfo(zone_of_day(zone, day)), fold=0).astimezone(UTC)
    before = zone_of_day(zone, day - timedelta(days=1))
    if before != zone_of_day(zone, day):
        midnight_there = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(before)).astimezone(UTC)
        return max(at, midnight_there)
    return at


@lru_cache(maxsize=20_000)
def grid_starts(zone: str, day: date) -> tuple[tuple[int, datetime], ...]:
    """Minute of the day and instant of every grid time that the day really has."""
    starts = []
    for minute in range(0, DAY_MINUTES, GRID):
        at = instant(zone, day, minute)
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        if local(zone, at) == wall:
            starts.append((minute, at))
    return tuple(starts)


@lru_cache(maxsize=200_000)
def local(zone: str, at: datetime) -> datetime:
    """What the clock shows: that of the last day whose zone counts already, looked for among those near."""
    home, trips = trips_of(zone)
    if not trips:
        return at.astimezone(ZoneInfo(home)).replace(tzinfo=None)
    clock = home
    day = min(first for first, _, _ in trips) - timedelta(days=1)
    while day <= max(last for _, last, _ in trips) + timedelta(days=1):
        before = zone_of_day(zone, day - timedelta(days=1))
        if datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(before)).astimezone(UTC) <= at:
            clock = zone_of_day(zone, day)
        day += timedelta(days=1)
    return at.astimezone(ZoneInfo(clock)).replace(tzinfo=None)


def trips_of(zone: str) -> tuple[str, list[tuple[date, date, str]]]:
    """ "Europe/London 2026-11-24 2026-11-26 Asia/Tokyo": a home zone, and trips with both their dates."""
    home, *words = zone.split(" ")
    trips = []
    while words:
        first, last, there, *words = words
        trips.append((date.fromisoformat(first), date.fromisoformat(last), there))
    return home, trips


def zone_of_day(zone: str, day: date) -> str:
    home, trips = trips_of(zone)
    for first, last, there in trips:
        if first <= day <= last:
            return there
    return home


def whole_minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)


def overlap(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    return start < other_end and other_start < end


def week_name(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(case: Case, week: int) -> date:
    return case.first_monday + timedelta(weeks=week)


def strength_key(case: Case, week: int, number: int) -> str:
    return f"{week_name(monday_of(case, week))}/strength/{number}"


def paused(case: Case, day: date) -> bool:
    return any(first <= day <= last for first, last in case.pauses)


def race_on(case: Case, day: date) -> Race | None:
    for race in case.races:
        if race.day == day:
            return race
    return None


def is_placed_again(case: Case, entry: Published) -> bool:
    """The runner missed a session of these weeks: it counts for nothing where it was. No class comes back."""
    name, what, slot = entry.key.split("/")
    if entry.key not in case.missed or what != "strength" or entry.start > case.now:
        return False
    for week in range(case.horizon):
        if week_name(monday_of(case, week)) == name:
            session = by_slot(case, week).get(slot)
            return session is not None and session.at is None
    return False


def published_at(case: Case, key: str) -> Published | None:
    for entry in case.published:
        if entry.key == key and not is_placed_again(case, entry):
            return entry
    return None


def wanted_runs(case: Case, week: int) -> list[tuple[str, date, Run]]:
    """Key, date and run of all that a week has, by day and then as written; also what falls into a pause."""
    monday = monday_of(case, week)
    found = []
    for day in range(7):
        on = monday + timedelta(days=day)
        race = race_on(case, on)
        if race is not None:
            run = Run(day, "race", race.minutes, race.start)
            found.append((f"{week_name(monday)}/run/race-{WEEKDAYS[day]}", on, run))
            continue
        for number, run in enumerate([run for run in case.templates[week].runs if run.day == day], start=1):
            found.append((f"{week_name(monday)}/run/{WEEKDAYS[day]}-{number}", on, run))
    return found


def wanted_cross(case: Case, week: int) -> list[tuple[str, date, Cross]]:
    """The same of cross training, which a race takes the place of, too."""
    monday = monday_of(case, week)
    found = []
    for day in range(7):
        on = monday + timedelta(days=day)
        if race_on(case, on) is not None:
            continue
        of_day = [cross for cross in case.templates[week].cross if cross.day == day]
        for number, cross in enumerate(of_day, start=1):
            found.append((f"{week_name(monday)}/cross/{WEEKDAYS[day]}-{number}", on, cross))
    return found


def effort_of(training: Run | Cross) -> str:
    """What it asks of the legs."""
    if isinstance(training, Run):
        return EFFORTS[training.kind]
    return "none" if training.sport in NO_LEGS else training.effort


def within_notice(case: Case, start: datetime) -> bool:
    now = case.now.astimezone(UTC)
    return start <= now or start < now + timedelta(hours=case.notice_hours)


# Stage 1


def settle(case: Case) -> dict[str, SettledRun]:
    """When every run of the horizon and of the week after it is."""
    settled: dict[str, SettledRun] = {}

    def put(key: str, effort: str, start: datetime, end: datetime) -> None:
        settled[key] = SettledRun(start, end, effort, local(case.zone, start).date())

    own_start: list[tuple[str, Run | Cross, date]] = []
    others: list[tuple[str, Run | Cross, date]] = []
    wanted: dict[str, tuple[Run | Cross, date]] = {}
    for of_week in (wanted_runs, wanted_cross):  # runs choose first
        for week in range(len(case.templates)):
            wanted |= {key: (run, on) for key, on, run in of_week(case, week) if not paused(case, on)}
    # What the runner moved stays, wanted or not, also in a pause; if it is of these weeks or reaches into
    # them or the two days before. So does what has begun of the week before.
    planned = {week_name(monday_of(case, week)) for week in range(len(case.templates))}
    opens = instant(case.zone, case.first_monday - timedelta(days=2), 0)
    closes = instant(case.zone, monday_of(case, len(case.templates)), 0)
    for entry in case.published:
        start, end = entry.start.astimezone(UTC), entry.end.astimezone(UTC)
        of_week, reaches_in = entry.key.split("/")[0], overlap(start, end, opens, closes)
        has_begun = start <= case.now and of_week == week_name(monday_of(case, -1))
        if (
            "/run/" in entry.key
            and entry.key not in wanted
            and entry.key not in case.skipped
            and ((entry.pinned and (of_week in planned or reaches_in)) or (has_begun and reaches_in))
        ):
            put(entry.key, EFFORTS[entry.kind or "easy"], start, end)

    for key, (run, on) in wanted.items():
        if key in case.skipped:
            continue
        published = published_at(case, key)
        if published is not None and (
            published.pinned or within_notice(case, published.start.astimezone(UTC))
        ):
            put(key, effort_of(run), published.start.astimezone(UTC), published.end.astimezone(UTC))
        elif run.start is not None:
            own_start.append((key, run, on))
        else:
            others.append((key, run, on))

    for key, run, on in own_start:
        assert run.start is not None
        start = instant(case.zone, on, run.start)
        put(key, effort_of(run), start, start + timedelta(minutes=run.minutes))

    for key, run, on in others:  # runs by day, then as written; then cross training in the same order
        usual = case.usual[on.weekday()]
        if run.between:
            start = first_free(case, settled, key, run, on, run.between)
        elif isinstance(usual, tuple):
            start = first_free(case, settled, key, run, on, usual)
        else:
            start = usual_or_later(case, settled, run, on, usual)
        put(key, effort_of(run), start, start + timedelta(minutes=run.minutes))
    return settled


def clear_of_runs(settled: dict[str, SettledRun], start: datetime, end: datetime) -> bool:
    return not any(overlap(start, end, run.start, run.end) for run in settled.values())


def clear_of_busy(case: Case, start: datetime, end: datetime, buffer: timedelta) -> bool:
    return not any(overlap(start - buffer, end + buffer, first, last) for first, last in case.busy)


def by_day(day: date, span: Range) -> list[tuple[date, int, int]]:
    """A range of `day` as one of each day that it touches."""
    low, high = span
    parts = [(day, low, min(high, DAY_MINUTES))]
    if high > DAY_MINUTES:
        parts.append((day + timedelta(days=1), 0, high - DAY_MINUTES))
    return parts


def first_free(
    case: Case,
    settled: dict[str, SettledRun],
    key: str,
    run: Run | Cross,
    on: date,
    ranges: tuple[Range, ...],
) -> datetime:
    parts = [part for span in ranges for part in by_day(on, span)]
    for day, low, high in parts:
        for _, start in grid_starts(case.zone, day):
            end = start + timedelta(minutes=run.minutes)
            if (
                instant(case.zone, day, low) <= start
                and end <= instant(case.zone, day, high)
                and clear_of_busy(case, start, end, timedelta(0))
                and clear_of_runs(settled, start, end)
            ):
                return start
    # Nothing is free. Where a calendar has it in one of its ranges, it stays.
    entry = published_at(case, key)
    for day, low, high in parts if entry is not None else ():
        assert entry is not None
        start = entry.start.astimezone(UTC)
        end = start + timedelta(minutes=run.minutes)
        if instant(case.zone, day, low) <= start and end <= instant(case.zone, day, high):
            return start
    return instant(case.zone, on, ranges[0][0])


def usual_or_later(
    case: Case, settled: dict[str, SettledRun], run: Run | Cross, on: date, usual: int
) -> datetime:
    at = instant(case.zone, on, usual)
    length = timedelta(minutes=run.minutes)
    if clear_of_runs(settled, at, at + length):
        return at
    for _, start in grid_starts(case.zone, on):
        if start > at and clear_of_runs(settled, start, start + length):
            return start
    return at


# Stage 2: what is allowed


def inside_availability(case: Case, day: date, start: datetime, end: datetime) -> bool:
    """A1"""
    if paused(case, day):
        return False
    return any(
        part_day == day and instant(case.zone, day, low) <= start and end <= instant(case.zone, day, high)
        for on in (day - timedelta(days=1), day)
        for span in case.availability[on.weekday()]
        for part_day, low, high in by_day(on, span)
    )


def is_where_it_may_be(case: Case, lift: Lift) -> bool:
    """A1: what the session itself asks."""
    asks = lift.asks
    if asks is None:
        return True
    if asks.days and lift.day.weekday() not in asks.days:
        return False
    # One that goes on after midnight is two times of day.
    parts = [(low, min(high, DAY_MINUTES)) for low, high in asks.between]
    parts += [(0, high - DAY_MINUTES) for _, high in asks.between if high > DAY_MINUTES]
    return not parts or any(
        instant(case.zone, lift.day, low) <= lift.start and lift.end <= instant(case.zone, lift.day, high)
        for low, high in parts
    )


def keeps_buffer(case: Case, lift: Lift) -> bool:
    """A2"""
    return clear_of_busy(case, lift.start, lift.end, timedelta(minutes=case.buffer_minutes) + lift.travel)


def clear_of_all_runs(case: Case, runs: list[SettledRun], lift: Lift) -> bool:
    """A3"""
    after = timedelta(minutes=case.after_run_minutes)
    before_run, after_run = lift.travel, lift.travel + after
    return not any(overlap(lift.start - after_run, lift.end + before_run, run.start, run.end) for run in runs)


def keeps_notice(case: Case, lift: Lift) -> bool:
    """A4"""
    return lift.start >= case.now.astimezone(UTC) + timedelta(hours=case.notice_hours)


def suits_day(case: Case, runs: list[SettledRun], week: int, lift: Lift) -> bool:
    """A5"""
    template = case.templates[week]
    apart = timedelta(hours=case.hours_apart)
    for race in case.races:
        # By the date of the config, wherever the run is, and if it is at all.
        days_to_race = (race.day - lift.day).days
        if 0 <= days_to_race <= REST_BEFORE[race.priority]:
            return False
        if -LIGHT_AFTER[race.priority] <= days_to_race < 0 and lift.load != "light":
            return False
    for run in runs:
        if run.effort == "race" and run.day in (lift.day, lift.day + timedelta(days=1)):
            return False
        if run.day != lift.day:
            continue
        if run.effort == "long" and (lift.load != "light" or lift.start < run.end + apart):
            return False
        if run.effort == "hard" and (lift.load == "heavy" or lift.start < run.end + apart):
            return False
    if lift.day.weekday() in template.rest_days:
        return lift.load == "light" and template.rest_allows_light
    return True


def leaves_fresh_legs(case: Case, runs: list[SettledRun], lift: Lift) -> bool:
    """A6"""
    fresh = timedelta(hours=case.fresh_legs[LOADS.index(lift.load)])
    for run in runs:
        if run.effort in ("hard", "long", "race") and run.start >= lift.end and run.start - lift.end < fresh:
            return False
    return True


def allowed_apart_from_notice(case: Case, runs: list[SettledRun], week: int, lift: Lift) -> bool:
    return (
        0 <= (lift.day - monday_of(case, week)).days < 7
        and inside_availability(case, lift.day, lift.start, lift.end)
        and is_where_it_may_be(case, lift)
        and keeps_buffer(case, lift)
        and clear_of_all_runs(case, runs, lift)
        and suits_day(case, runs, week, lift)
        and leaves_fresh_legs(case, runs, lift)
    )


# Stage 2: what stands


def standing(case: Case, runs: list[SettledRun]) -> dict[str, Lift]:
    """The fixed sessions, by key: of the horizon and the week before it, and all that are pinned."""
    now = case.now.astimezone(UTC)
    fixed = {}
    weeks = {week_name(monday_of(case, week)): week for week in range(-1, case.horizon)}
    for entry in case.published:
        name, what, slot = entry.key.split("/")
        if what != "strength" or entry.key in case.skipped or is_placed_again(case, entry):
            continue
        assert entry.load is not None
        start, end = entry.start.astimezone(UTC), entry.end.astimezone(UTC)
        lift = Lift(start, end, entry.load, local(case.zone, start).date(), fixed=True)
        week = weeks.get(name)
        session = by_slot(case, week).get(slot) if week is not None and week >= 0 else None
        lift = replace(lift, asks=session)
        if (
            (start <= now and week is not None)
            or entry.pinned
            or entry.done
            or (
                session is not None
                and session.at is None
                and week is not None
                and within_notice(case, start)
                # At the load that it would have now: progressions may have lowered it.
                and allowed_apart_from_notice(case, runs, week, lighter(lift, session.load))
            )
        ):
            fixed[entry.key] = lift
    return {**appointments(case), **fixed}


def by_slot(case: Case, week: int) -> dict[str, Session]:
    """The sessions that a week wants, by the last part of their keys; no class of a pause."""
    found = {}
    for number, session in enumerate(case.templates[week].sessions, start=1):
        on_a_pause = session.at is not None and paused(
            case, monday_of(case, week) + timedelta(days=session.at[0])
        )
        if not on_a_pause:
            found[str(session.number or number)] = session
    return found


def appointments(case: Case) -> dict[str, Lift]:
    """Classes, of the week after the horizon as well, and what is booked: whatever the rules say."""
    found = {}
    for week in range(len(case.templates)):
        for slot, session in by_slot(case, week).items():
            key = f"{week_name(monday_of(case, week))}/strength/{slot}"
            if session.at is not None and key not in case.skipped:
                day = monday_of(case, week) + timedelta(days=session.at[0])
                start = instant(case.zone, day, session.at[1])
                end = start + timedelta(minutes=session.minutes)
                found[key] = Lift(start, end, session.load, local(case.zone, start).date(), fixed=True)
    numbers: dict[str, int] = {}
    for start, end, load in sorted(case.booked):
        day = local(case.zone, start).date()
        if not paused(case, day):
            week_of_day = week_name(day - timedelta(days=day.weekday()))
            numbers[week_of_day] = numbers.get(week_of_day, 0) + 1
            key = f"{week_of_day}/strength/calendar-{numbers[week_of_day]}"
            found[key] = Lift(start.astimezone(UTC), end.astimezone(UTC), load, day, fixed=True)
    return found


def lighter(lift: Lift, load: str) -> Lift:
    return replace(lift, load=min(lift.load, load, key=LOADS.index))


# Stage 2: what it costs


def day_effort(runs: list[SettledRun], day: date) -> str:
    efforts = [run.effort for run in runs if run.day == day]
    for effort in ("race", "hard", "long", "easy"):
        if effort in efforts:
            return effort
    return "none"


def day_cost(case: Case, runs: list[SettledRun], week: int, lift: Lift) -> int:
    template = case.templates[week]
    if lift.day.weekday() in template.strength_days:
        return 0
    if lift.day.weekday() in template.rest_days:
        return 150
    return {"hard": 0, "easy": 60, "none": 80, "long": 120}[day_effort(runs, lift.day)]


def gap_cost(runs: list[SettledRun], lift: Lift) -> int:
    if day_effort(runs, lift.day) != "hard":
        return 0
    last = max(run.end for run in runs if run.day == lift.day and run.effort == "hard")
    gap = whole_minutes(lift.start - last)
    if gap < 240:
        return (240 - gap) // 5
    if gap > 480:
        return (gap - 480) // 10
    return 0


def order_cost(runs: list[SettledRun], lift: Lift) -> int:
    later = [run for run in runs if run.effort == "easy" and run.day == lift.day and run.start >= lift.end]
    return 40 if later else 0


def recover_cost(runs: list[SettledRun], lift: Lift) -> int:
    """Legs that a long run or a race has tired in the 24 hours before."""
    tiring = [run.end for run in runs if run.effort in ("long", "race")]
    if any(end <= lift.start < end + timedelta(hours=24) for end in tiring):
        return {"light": 0, "moderate": 25, "heavy": 50}[lift.load]
    return 0


def lighter_cost(session: Session, lift: Lift) -> int:
    return 45 * (LOADS.index(session.load) - LOADS.index(lift.load))


def shorter_cost(session: Session, lift: Lift) -> int:
    return 30 if lift.minutes < session.minutes else 0


def time_cost(case: Case, lift: Lift) -> int:
    if not case.prefer_times:
        return 0
    wall = local(case.zone, lift.start)
    minute = wall.hour * 60 + wall.minute
    parts = [part for span in case.prefer_times for part in by_day(lift.day, span)]
    nearest = min(max(low - minute, minute - high, 0) for _, low, high in parts)
    return min(-(-nearest // GRID), 20)


def moves(case: Case, key: str, lift: Lift | None) -> int:
    """1 for a published session that is not left where it is, be it elsewhere or without a place."""
    entry = published_at(case, key)
    if entry is None:
        return 0
    return int(lift is None or entry.start.astimezone(UTC) != lift.start)


def moved_cost(case: Case, key: str, lift: Lift | None) -> int:
    return 35 * moves(case, key, lift)


def candidate_cost(
    case: Case, runs: list[SettledRun], week: int, key: str, session: Session, lift: Lift
) -> int:
    return (
        day_cost(case, runs, week, lift)
        + gap_cost(runs, lift)
        + order_cost(runs, lift)
        + recover_cost(runs, lift)
        + lighter_cost(session, lift)
        + shorter_cost(session, lift)
        + time_cost(case, lift)
        + moved_cost(case, key, lift)
    )


def spacing_cost(lifts: list[Lift]) -> int:
    total = 0
    in_time = sorted(lifts, key=lambda lift: lift.start)
    for before, after in pairwise(in_time):
        if before.fixed and after.fixed:
            continue
        days = (after.day - before.day).days
        if days == 2:
            total += 15
        elif days > 4:
            total += min(5 * (days - 4), 30)
    return total


# Stage 2: every combination


def candidates(case: Case, runs: list[SettledRun], week: int, key: str, session: Session) -> list[Lift]:
    """All that is allowed for one session, whatever the others do."""
    found = []
    lengths = dict.fromkeys((session.minutes, session.shortest))
    loads = LOADS[: LOADS.index(session.load) + 1]
    for offset in range(7):
        day = monday_of(case, week) + timedelta(days=offset)
        for _, start in grid_starts(case.zone, day):
            for minutes in lengths:
                end = start + timedelta(minutes=minutes)
                if not inside_availability(case, day, start, end):
                    continue  # most starts, whatever the load
                for load in loads:
                    lift = Lift(start, end, load, day, asks=session)
                    if allowed_apart_from_notice(case, runs, week, lift) and keeps_notice(case, lift):
                        cost = candidate_cost(case, runs, week, key, session, lift)
                        found.append(Lift(start, end, load, day, cost))
    return found


def far_enough(case: Case, one: Lift, other: Lift) -> bool:
    """The pair rule; the week of the later session says how far."""
    return all(
        abs((a - b).days) >= case.min_days_apart[max(0, min(week, len(case.min_days_apart) - 1))]
        for a in days_of(case, one)
        for b in days_of(case, other)
        for week in [(max(a, b) - case.first_monday).days // 7]
    )


def days_of(case: Case, lift: Lift) -> list[date]:
    """Its day, or if the runner stretched it to more than a day, all that it touches."""
    if lift.end - lift.start <= timedelta(days=1):
        return [lift.day]
    last = local(case.zone, lift.end - timedelta(seconds=1)).date()
    return [lift.day + timedelta(days=number) for number in range((last - lift.day).days + 1)]


def free_sessions(
    case: Case, runs: list[SettledRun], fixed: dict[str, Lift]
) -> list[tuple[str, int, list[Lift]]]:
    """Key, week and candidates of all that has to be placed, in the order of weeks and sessions."""
    free = []
    for week in range(case.horizon):
        for slot, session in by_slot(case, week).items():
            key = f"{week_name(monday_of(case, week))}/strength/{slot}"
            if session.at is None and key not in fixed and key not in case.skipped:
                free.append((key, week, candidates(case, runs, week, key, session)))
    return free


def solve(case: Case) -> Solution:
    """The cheapest of all combinations.

    Among equals the one that leaves most published sessions where they are, then the one whose starts come
    first.
    """
    settled = settle(case)
    runs = list(settled.values())
    fixed = standing(case, runs)
    wanted = free_sessions(case, runs, fixed)
    # Cheap ones are tried first only so that hopeless branches end sooner.
    free = [
        (key, week, sorted(found, key=lambda lift: (lift.cost, moves(case, key, lift), lift.start)))
        for key, week, found in wanted
    ]
    best_cost: int | None = None
    best_rank: tuple[int, tuple[datetime, ...]] = (0, ())
    best: tuple[Lift | None, ...] = ()

    def fits(week: int, lift: Lift, placed: tuple[Lift | None, ...]) -> bool:
        for (_, other_week, _), other in zip(free, placed, strict=False):
            if other is not None and (
                not far_enough(case, other, lift) or (other_week == week and other.start >= lift.start)
            ):
                return False
        return all(far_enough(case, other, lift) for other in fixed.values())

    def search(placed: tuple[Lift | None, ...], cost: int) -> None:
        nonlocal best_cost, best_rank, best
        if best_cost is not None and cost > best_cost:
            return  # the rest can only add to it
        if len(placed) == len(free):
            total = cost + spacing_cost([lift for lift in placed if lift is not None] + [*fixed.values()])
            moved = sum(moves(case, key, lift) for (key, _, _), lift in zip(free, placed, strict=True))
            rank = moved, tuple(LATEST if lift is None else lift.start for lift in placed)
            if best_cost is None or (total, rank) < (best_cost, best_rank):
                best_cost, best_rank, best = total, rank, placed
            return
        key, week, found = free[len(placed)]
        for lift in found:
            if best_cost is not None and cost + lift.cost > best_cost:
                break  # dearer ones follow
            if fits(week, lift, placed):
                search((*placed, lift), cost + lift.cost)
        search((*placed, None), cost + 1000 + moved_cost(case, key, None))

    search((), 0)
    return Solution(
        runs={key: (run.start, run.end) for key, run in settled.items()},
        fixed={key: (lift.start, lift.end) for key, lift in fixed.items()},
        chosen={
            key: None if lift is None else (lift.start, lift.minutes, lift.load)
            for (key, _, _), lift in zip(wanted, best, strict=True)
        },
        cost=best_cost or 0,
        moved=best_rank[0],
    )
