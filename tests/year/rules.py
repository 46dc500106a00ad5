"""What has to be true of a calendar after a push, from docs/placement.md and docs/rules.md.

Written for what is found in a calendar, not for finding a plan, and without the code that plans. Of the runs
and sessions nothing is known but what their events say; what they should be comes from the runner.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from tests.planning.progressions import days_apart
from tests.planning.reference import LIGHT_AFTER, LOADS, REST_BEFORE, Session
from tests.year.world import Range, Run, Runner, Span, WeekOf, instant, monday_of, week_name

DAY = timedelta(days=1)
FRESH_LEGS = {"light": timedelta(hours=6), "moderate": timedelta(hours=24), "heavy": timedelta(hours=48)}
WANT_FRESH_LEGS = ("hard", "long", "race")


@dataclass(frozen=True)
class Entry:
    """An event of the plan on a calendar; `pinned` by the runner, there or by a command."""

    key: str
    start: datetime
    end: datetime
    load: str = ""
    effort: str = ""
    pinned: bool = False

    @property
    def is_session(self) -> bool:
        return "/strength/" in self.key

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)


@dataclass(frozen=True)
class Situation:
    """A calendar after a push at `now`, when those meetings were known.

    `skipped` are the keys that the owner doesn't want, `unclear` those of which nobody can tell.
    """

    runner: Runner
    now: datetime
    entries: Mapping[str, Entry]
    busy: tuple[Span, ...]
    skipped: frozenset[str]
    unclear: frozenset[str] = frozenset()

    @cached_property
    def weeks(self) -> dict[str, WeekOf]:
        return {week.name: week for week in map(self.runner.week, self.runner.mondays(self.now))}

    @cached_property
    def wanted_runs(self) -> dict[str, Run]:
        return {run.key: run for week in self.weeks.values() for run in week.runs}

    @cached_property
    def runs(self) -> list[tuple[Entry, str, date]]:
        """The runs of the calendar, what each asks of the legs, and its date."""
        found = []
        for entry in self.entries.values():
            if not entry.is_session:
                run = self.wanted_runs.get(entry.key)
                found.append((entry, run.effort if run else entry.effort, self.runner.day_of(entry.start)))
        return found

    @cached_property
    def sessions(self) -> list[Entry]:
        return sorted((one for one in self.entries.values() if one.is_session), key=lambda one: one.start)

    @property
    def soon(self) -> datetime:
        return self.now + timedelta(hours=self.runner.notice)

    def is_fixed(self, entry: Entry) -> bool:
        return entry.pinned or entry.start < self.soon or entry.start <= self.now

    def days_apart(self, day: date) -> int:
        return days_apart(self.runner.days_apart, monday_of(day), tuple(sorted(self.runner.checkins.items())))

    def clashes(self, start: datetime, end: datetime, buffer: int = 0) -> bool:
        around = timedelta(minutes=buffer)
        return any(start - around < last and first < end + around for first, last in self.busy)


# --- single sessions ----------------------------------------------------------------------------------------


def against(at: Situation, week: WeekOf, entry: Entry) -> Iterator[str]:
    """What A1, A2, A3, A5 and A6 have against a session."""
    runner = at.runner
    day = runner.day_of(entry.start)
    if monday_of(day) != week.monday:
        yield "outside its week"
    if runner.is_paused(day):
        yield "A1: in a pause"
    if not any(
        instant(runner.zone, day, low) <= entry.start and entry.end <= instant(runner.zone, day, high)
        for low, high in runner.ranges_on(day)
    ):
        yield "A1: outside availability"
    if at.clashes(entry.start, entry.end, runner.buffer):
        yield "A2: clashes with a meeting"
    yield from _against_race(runner, day, entry.load)
    if day.weekday() in week.rest and not (entry.load == "light" and week.rest_allows_light):
        yield "A5: on a rest day"
    for run, effort, on in at.runs:
        if entry.start < run.end + timedelta(minutes=runner.after_run) and run.start < entry.end:
            yield f"A3: overlaps {run.key}, or not {runner.after_run} min after it"
        if effort == "race" and on in (day, day + DAY):
            yield "A5: on the day of a race or the day before"
        if on == day and effort in ("hard", "long"):
            if entry.start < run.end + timedelta(hours=runner.hours_apart):
                yield f"A5: not {runner.hours_apart} h after {run.key}"
            if entry.load == "heavy" or (effort == "long" and entry.load != "light"):
                yield f"A5: {entry.load} on the day of {run.key}"
        if effort in WANT_FRESH_LEGS and entry.end <= run.start < entry.end + FRESH_LEGS[entry.load]:
            yield f"A6: no fresh legs for {run.key}"


def _against_race(runner: Runner, day: date, load: str) -> Iterator[str]:
    if runner.race is None:
        return
    ahead = (runner.race - day).days
    if 0 <= ahead <= REST_BEFORE[runner.race_priority]:
        yield "A5: in the days before the race"
    if -LIGHT_AFTER[runner.race_priority] <= ahead < 0 and load != "light":
        yield "A5: more than light after the race"


def too_near(at: Situation, entry: Entry) -> Iterator[str]:
    """Other sessions that are fewer days away than they may be; both standing is nobody's fault."""
    day = at.runner.day_of(entry.start)
    for other in at.sessions:
        if other.key == entry.key or (at.is_fixed(other) and at.is_fixed(entry)):
            continue
        on = at.runner.day_of(other.start)
        # What began before the week before this one is no business of a plan any more.
        is_over = other.start <= at.now and monday_of(on) < monday_of(at.runner.day_of(at.now)) - 7 * DAY
        if not is_over and abs((on - day).days) < at.days_apart(max(day, on)):
            yield f"too near to {other.key}"


# --- all of a calendar --------------------------------------------------------------------------------------


def problems(at: Situation, before: Mapping[str, Entry]) -> list[str]:
    """All that is wrong; `before` is what the calendar held before the push."""
    return [
        *_unwanted(at),
        *_runs(at, before),
        *_sessions(at, before),
        *_order(at),
        *_left_out(at),
    ]


def _said(entry: Entry) -> str:
    return f"{entry.key} ({entry.load or entry.effort} {entry.start:%Y-%m-%d %H:%M} {entry.minutes} min)"


def _unwanted(at: Situation) -> Iterator[str]:
    wanted = at.wanted_runs.keys() | {key for week in at.weeks.values() for key in week.keys}
    for entry in at.entries.values():
        if entry.start <= at.now or entry.pinned or entry.key in at.unclear:
            continue
        if entry.key not in wanted:
            yield f"{_said(entry)}: nothing asks for it"
        if entry.key in at.skipped:
            yield f"{_said(entry)}: skipped, and there"


def _runs(at: Situation, before: Mapping[str, Entry]) -> Iterator[str]:
    today = at.runner.day_of(at.now)
    for run in at.wanted_runs.values():
        entry = at.entries.get(run.key)
        if entry is None:
            if run.day > today and run.key not in at.skipped | at.unclear:
                yield f"{run.key} on {run.day}: missing"
            continue
        was = before.get(run.key)
        stays = was is not None and was.start < at.soon
        if entry.pinned or entry.start <= at.now or run.key in at.unclear:
            continue
        if stays and was is not None and not was.pinned:
            if entry.start != was.start:
                yield f"{_said(entry)}: moved, though it was to begin soon"
            continue
        if entry.minutes != run.minutes:
            yield f"{_said(entry)}: takes {run.minutes} min"
        if wrong := _against_run(at, run, entry, was):
            yield f"{_said(entry)}: {wrong}"


def _against_run(at: Situation, run: Run, entry: Entry, was: Entry | None) -> str:
    zone = at.runner.zone
    others = [other for other, _, _ in at.runs if other.key != run.key]

    def is_free(start: datetime, *, of_busy: bool) -> bool:
        end = start + timedelta(minutes=run.minutes)
        return not any(start < o.end and o.start < end for o in others) and not (
            of_busy and at.clashes(start, end)
        )

    if run.start is not None:
        right = instant(zone, run.day, run.start)
        return "" if entry.start == right else f"its template says {right:%H:%M}"
    if run.ranges:
        for low, high in run.ranges:
            free = [
                start
                for start in grid(at.runner, run.day, low, high, run.minutes)
                if is_free(start, of_busy=True)
            ]
            if free:
                return "" if entry.start in free else f"{free[0]:%H:%M} is free"
        right = instant(zone, run.day, run.ranges[0][0])
        if was is not None and any(
            instant(zone, run.day, low) <= was.start
            and was.start + timedelta(minutes=run.minutes) <= instant(zone, run.day, high)
            for low, high in run.ranges
        ):
            right = was.start
        return "" if entry.start == right else f"nothing is free, so it should be at {right:%H:%M}"
    assert run.usual is not None
    right = instant(zone, run.day, run.usual)
    if is_free(right, of_busy=False):
        return "" if entry.start == right else f"the usual time is {right:%H:%M}"
    return "" if entry.start >= right else f"before the usual time {right:%H:%M}"


def grid(runner: Runner, day: date, low: int, high: int, minutes: int) -> Iterator[datetime]:
    """Each quarter of an hour at which something of that length can begin in a range of a day."""
    first, last = instant(runner.zone, day, low), instant(runner.zone, day, high)
    for at in range(0, 1440, 15):
        start = instant(runner.zone, day, at)
        local = runner.local(start)
        if local.date() != day or local.hour * 60 + local.minute != at:
            continue  # a change of clocks skips it
        if first <= start and start + timedelta(minutes=minutes) <= last:
            yield start


def _sessions(at: Situation, before: Mapping[str, Entry]) -> Iterator[str]:
    for entry in at.sessions:
        if entry.start <= at.now or entry.pinned or entry.key in at.unclear:
            continue
        week, wanted = _wanted(at, entry.key)
        if week is None or wanted is None:
            continue  # said above
        was = before.get(entry.key)
        for wrong in (*against(at, week, entry), *too_near(at, entry)):
            yield f"{_said(entry)}: {wrong}"
        stood = was is not None and was.start == entry.start
        if not stood and entry.start < at.soon:
            yield f"{_said(entry)}: A4: put closer to now than {at.runner.notice} h"
        if LOADS.index(entry.load) > LOADS.index(wanted.load):
            yield f"{_said(entry)}: heavier than {wanted.load}"
        if entry.start >= at.soon and entry.minutes not in (wanted.minutes, wanted.shortest):
            yield f"{_said(entry)}: neither {wanted.minutes} nor {wanted.shortest} min"
    for entry in before.values():
        if not entry.is_session or entry.pinned or not at.now < entry.start < at.soon:
            continue
        week, wanted = _wanted(at, entry.key)
        if week is None or wanted is None or entry.key in at.skipped | at.unclear:
            continue
        now_there = at.entries.get(entry.key)
        if now_there is not None and (now_there.start == entry.start or now_there.pinned):
            continue
        lighter = Entry(entry.key, entry.start, entry.end, min(entry.load, wanted.load, key=LOADS.index))
        if not any(against(at, week, lighter)):
            yield f"{_said(entry)}: begins soon and could stay, and was moved"


def _wanted(at: Situation, key: str) -> tuple[WeekOf | None, Session | None]:
    name, _, number = key.split("/")
    week = at.weeks.get(name)
    if week is None or int(number) > len(week.sessions):
        return week, None
    return week, week.sessions[int(number) - 1]


def _free(at: Situation, week: WeekOf) -> list[Entry]:
    found = (at.entries.get(key) for key in week.keys)
    return [entry for entry in found if entry is not None and not at.is_fixed(entry)]


def _order(at: Situation) -> Iterator[str]:
    for week in at.weeks.values():
        starts = [entry.start for entry in _free(at, week) if entry.key not in at.unclear]
        if starts != sorted(starts):
            yield f"{week.name}: its sessions are not in the order of the week"


def missing(at: Situation) -> frozenset[str]:
    """The sessions that are wanted, and not there."""
    wanted = {key for week in at.weeks.values() for key in week.keys}
    return frozenset(wanted - at.entries.keys() - at.skipped - at.unclear)


def _left_out(at: Situation) -> Iterator[str]:
    """A session without a place for which there is room: at its shortest, and light."""
    gone = missing(at)
    if not gone or at.unclear:
        return
    today = at.runner.day_of(at.now)
    last_monday = max(week.monday for week in at.weeks.values())
    for key in sorted(gone):
        week, wanted = _wanted(at, key)
        assert week is not None
        assert wanted is not None
        free = _free(at, week)
        after = max((e.start for e in free if e.key < key), default=datetime.min.replace(tzinfo=UTC))
        until = min((e.start for e in free if e.key > key), default=datetime.max.replace(tzinfo=UTC))
        for number in range(7):
            day = week.monday + timedelta(number)
            # Runs of today may have been before there was a calendar; those of the week after are in none.
            if day <= today or (week.monday == last_monday and number == 6):
                continue
            place = _room(at, week, key, wanted, day)
            if place is not None and after < place.start < until:
                yield f"{key}: has no place, and could be at {place.start:%Y-%m-%d %H:%M}"
                break


def _room(at: Situation, week: WeekOf, key: str, wanted: Session, day: date) -> Entry | None:
    ranges: list[Range] = at.runner.ranges_on(day)
    noon = instant(at.runner.zone, day, 720)
    if any(too_near(at, Entry(key, noon, noon, "light"))) and noon >= at.soon:
        return None
    for low, high in ranges:
        for start in grid(at.runner, day, low, high, wanted.shortest):
            place = Entry(key, start, start + timedelta(minutes=wanted.shortest), "light")
            if start >= at.soon and not any(against(at, week, place)) and not any(too_near(at, place)):
                return place
    return None


# --- what has moved -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """A session that is elsewhere after a push than before it, or nowhere; and why that may be."""

    key: str
    cause: str


def moved(at: Situation, before: Mapping[str, Entry], *, owner_acted: bool) -> list[Moved]:
    """What was published and moved. The cause is "none" without a clash, a word of the owner, or room made
    for another session.

    That a meeting was called off, and the session has a better place now, is no cause.
    """
    found: dict[str, str] = {}
    for key, was in before.items():
        now_there = at.entries.get(key)
        if not was.is_session or was.pinned or was.start <= at.now or key in at.skipped | at.unclear:
            continue
        if now_there is not None and (now_there.pinned or now_there.start == was.start):
            continue
        week, wanted = _wanted(at, key)
        if week is None or wanted is None:
            found[key] = "not wanted"
            continue
        stood = Entry(key, was.start, was.end, min(was.load, wanted.load, key=LOADS.index))
        clash = any(against(at, week, stood)) or any(too_near(_only_fixed(at), stood))
        found[key] = "clash" if clash else "none"
    if "none" in found.values():
        others = _other_cause(at, before, found, owner_acted=owner_acted)
        found = {key: others if cause == "none" else cause for key, cause in found.items()}
    return [Moved(key, cause) for key, cause in sorted(found.items())]


def _only_fixed(at: Situation) -> Situation:
    kept = {key: e for key, e in at.entries.items() if not e.is_session or at.is_fixed(e)}
    return Situation(at.runner, at.now, kept, at.busy, at.skipped, at.unclear)


def _other_cause(
    at: Situation, before: Mapping[str, Entry], found: Mapping[str, str], *, owner_acted: bool
) -> str:
    if owner_acted:
        return "owner"
    if "clash" in found.values() or "not wanted" in found.values():
        return "another's clash"
    runs = {key: e.start for key, e in before.items() if not e.is_session and e.start > at.now}
    if any(key in at.entries and at.entries[key].start != start for key, start in runs.items()):
        return "a run moved"
    known = {week_name(monday_of(at.runner.day_of(e.start))) for e in before.values()}
    new = {key for key in at.entries.keys() - before.keys() if "/strength/" in key}
    if any(key.split("/")[0] in known and at.weeks.get(key.split("/")[0]) for key in new):
        return "room for another"
    return "none"
