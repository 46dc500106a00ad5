"""Hypothesis strategies for small cases of the placement model, small enough for brute force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from tests.planning.progressions import (
    Given,
    days_apart,
    first_day,
    made_easy,
    sessions_wanted,
    without_booked,
)
from tests.planning.reference import (
    DAY_MINUTES,
    GRID,
    LOADS,
    WEEKDAYS,
    Case,
    Cross,
    Published,
    Race,
    Range,
    Run,
    Session,
    Template,
    by_slot,
    effort_of,
    free_sessions,
    grid_starts,
    instant,
    local,
    monday_of,
    paused,
    settle,
    solve,
    standing,
    strength_key,
    wanted_cross,
    wanted_runs,
    week_name,
)

# Minutes of what the runner made an event of several days.
STRETCHED = 50 * 60

# More starts than this for one session, or combinations for all, and brute force takes too long.
MOST_CANDIDATES = 120
MOST_COMBINATIONS = 5_000_000

# Zones with first weeks whose plan has a clock change near, both ways, or nothing special. What is odd there:
PLACES: tuple[tuple[str, tuple[date, ...]], ...] = (
    ("Europe/London", (date(2026, 3, 23), date(2026, 10, 19), date(2026, 12, 28), date(2026, 6, 1))),
    ("America/New_York", (date(2026, 3, 2), date(2026, 10, 26), date(2026, 3, 9))),
    ("Australia/Lord_Howe", (date(2026, 3, 30), date(2026, 9, 28))),  # by half an hour
    ("Asia/Kathmandu", (date(2026, 11, 23),)),  # +05:45
    ("America/St_Johns", (date(2026, 3, 2), date(2026, 10, 26))),  # -03:30
    ("America/St_Johns", (date(2010, 3, 8), date(2010, 11, 1))),  # at 00:01, back into the day before
    ("Africa/Cairo", (date(2026, 4, 20), date(2026, 10, 26))),  # at midnight
    ("Asia/Beirut", (date(2026, 3, 23), date(2026, 10, 19))),  # at midnight
    ("Pacific/Apia", (date(2011, 9, 19), date(2012, 3, 26))),
    ("Pacific/Apia", (date(2011, 12, 26),)),  # without its Friday
)

KINDS = (
    *("easy", "easy", "easy", "recovery", "recovery", "easy", "easy"),
    *("intervals", "tempo", "hills", "threshold", "time-trial", "long", "long", "race"),
)


# Of both, some without legs; easy ones mostly, as hard ones leave little room.
SPORTS = ("ride", "ride", "hike", "row", "other", "swim", "paddle")
CROSS_EFFORTS = ("easy", "easy", "hard", "hard", "long", "race")


def grid_minutes(first: int, last: int) -> st.SearchStrategy[int]:
    return st.integers(first // GRID, last // GRID).map(lambda step: step * GRID)


# By day mostly, at times around midnight and the clock change.
times = st.one_of(
    grid_minutes(5 * 60, 22 * 60),
    grid_minutes(5 * 60, 22 * 60),
    grid_minutes(0, 4 * 60),
    st.integers(0, DAY_MINUTES - 1),
    grid_minutes(22 * 60, DAY_MINUTES - GRID),
)


def _or_else_at_noon(found: tuple[Range, ...]) -> tuple[Range, ...]:
    """Some have a second range, which is not liked as well."""
    return (*found, (690, 780)) if found[0][0] % 60 else found


@st.composite
def ranges(draw: st.DrawFn, most: int, longest: int, *, nights: bool = False) -> tuple[Range, ...]:
    """Up to `most` ranges of a day, in order; they may touch. With `nights` one may go on after midnight."""
    found: list[Range] = []
    low = draw(times)
    for _ in range(draw(st.integers(1, most))):
        length = draw(st.one_of(grid_minutes(GRID, longest), st.integers(1, longest)))
        high = min(low + length, DAY_MINUTES)
        if high <= low:
            break
        found.append((low, high))
        low = high + draw(st.sampled_from((0, 0, 15, 60, 7, 300)))
    if nights and draw(st.integers(0, 5)) == 0:
        low = draw(grid_minutes(21 * 60, DAY_MINUTES - GRID))
        found[-1:] = [(low, DAY_MINUTES + draw(st.integers(1, 90)))]
    return tuple(found)


@st.composite
def runs(draw: st.DrawFn, day: int) -> Run:
    return Run(day, draw(st.sampled_from(KINDS)), draw(lengths), *draw(whens()))


@st.composite
def cross_training(draw: st.DrawFn, day: int) -> Cross:
    sport, effort = draw(st.sampled_from(SPORTS)), draw(st.sampled_from(CROSS_EFFORTS))
    return Cross(day, sport, effort, draw(lengths), *draw(whens()))


lengths = st.one_of(st.sampled_from((30, 45, 60, 90)), st.integers(20, 200))


@st.composite
def whens(draw: st.DrawFn) -> tuple[int | None, tuple[Range, ...]]:
    """A start, or ranges, or neither."""
    how = draw(st.sampled_from(("start", "start", "between", "usual")))
    if how == "start":
        return draw(times), ()
    if how == "between":
        between = draw(ranges(most=3, longest=240, nights=True))
        return None, tuple(draw(st.permutations(between)))
    return None, ()


@st.composite
def strength(draw: st.DrawFn) -> Session:
    minutes = draw(st.one_of(st.sampled_from((15, 20, 30, 30, 45)), st.integers(10, 45)))
    shortest = draw(st.one_of(st.just(minutes), st.integers(min(10, minutes), minutes)))
    session = Session(draw(st.sampled_from(("light", *LOADS))), minutes, shortest)
    match draw(st.sampled_from(("any", "any", "any", "wish", "class"))):
        case "wish":
            days = draw(st.one_of(st.just(()), st.sets(st.integers(0, 6), min_size=1, max_size=4)))
            between = draw(st.one_of(st.just(()), ranges(most=2, longest=600)))
            travel = draw(st.sampled_from((0, 10, 20, 45, 360)))
            return replace(session, days=tuple(sorted(days)), between=between, travel=travel)
        case "class":
            return replace(session, shortest=minutes, at=(draw(st.integers(0, 6)), draw(times)))
    return session


@st.composite
def templates(draw: st.DrawFn, most_sessions: int) -> Template:
    how_many = [draw(st.sampled_from((0, 0, 0, 1, 1, 1, 2))) for _ in range(7)]
    of_week = [draw(runs(day)) for day in range(7) for _ in range(how_many[day])]
    cross_days = draw(st.lists(st.integers(0, 6), max_size=draw(st.sampled_from((0, 0, 1, 3)))))
    cross = [draw(cross_training(day)) for day in cross_days]
    how_many_sessions = draw(st.sampled_from((0, 1, 2, 2, most_sessions, most_sessions)))
    tiring = {one.day for one in cross if effort_of(one) not in ("easy", "none")}
    free_days = [day for day in range(7) if not how_many[day] and day not in tiring]
    rest_days = draw(st.sets(st.sampled_from(free_days), max_size=2)) if free_days else set()
    return Template(
        runs=tuple(draw(st.permutations(of_week)) if draw(st.booleans()) else of_week),
        sessions=tuple(draw(strength()) for _ in range(how_many_sessions)),
        rest_days=frozenset(rest_days),
        rest_allows_light=draw(st.booleans()),
        strength_days=frozenset(draw(st.sets(st.integers(0, 6), max_size=2))),
        cross=tuple(cross),
    )


def hinges(case: Case) -> dict[int, list[datetime]]:
    """By weekday, starts of a lift at which a rule about runs begins to hold or a cost changes."""
    found: dict[int, list[datetime]] = {weekday: [] for weekday in range(7)}
    sessions = [session for template in case.templates for session in template.sessions]
    for run in settle(case).values():
        starts = [run.end, run.end + timedelta(minutes=case.after_run_minutes)]
        if run.effort in ("hard", "long"):
            starts += [run.end + timedelta(hours=hours) for hours in (case.hours_apart, 4, 8)]
        for session in sessions:
            before = 0 if run.effort in ("easy", "none") else case.fresh_legs[LOADS.index(session.load)]
            starts += [run.start - timedelta(hours=before, minutes=session.minutes)]
        for start in starts:
            found[local(case.zone, start).weekday()].append(start)
    return found


@st.composite
def hinged(draw: st.DrawFn, case: Case) -> tuple[tuple[Range, ...], ...]:
    """The availability, on some days right around one of the hinges."""
    days = list(case.availability)
    for weekday, starts in hinges(case).items():
        if draw(st.booleans()) and starts:
            wall = local(case.zone, draw(st.sampled_from(sorted(set(starts)))))
            minute = wall.hour * 60 + wall.minute
            low = max(0, minute - draw(st.sampled_from((0, 7, 15, 30))))
            high = min(DAY_MINUTES, minute + draw(st.sampled_from((30, 45, 60, 75))))
            days[weekday] = ((low, high),)
    return tuple(days)


@st.composite
def busy_spans(draw: st.DrawFn, case: Case) -> tuple[tuple[datetime, datetime], ...]:
    """Blocks at the edges of the ranges, where it matters, and anywhere else."""
    spans = []
    for _ in range(draw(st.integers(0, 6))):
        offset = draw(st.integers(-1, 7 * len(case.templates)))
        day = case.first_monday + timedelta(days=offset)
        of_day = case.availability[day.weekday()]
        if draw(st.booleans()) and of_day:
            near = draw(st.sampled_from([minute for span in of_day for minute in span]))
            start = instant(case.zone, day, max(0, near + draw(st.integers(-90, 60))))
        else:
            start = instant(case.zone, day, draw(times))
        length = draw(st.one_of(grid_minutes(GRID, 180), st.integers(1, 180), st.just(36 * 60)))
        spans.append((start, start + timedelta(minutes=length)))
    return tuple(spans)


@st.composite
def pauses(draw: st.DrawFn, case: Case) -> tuple[tuple[date, date], ...]:
    found = []
    for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 2)))):
        first = case.first_monday + timedelta(days=draw(st.integers(-2, 7 * len(case.templates) - 1)))
        found.append((first, first + timedelta(days=draw(st.integers(0, 4)))))
    return tuple(found)


def run_keys(case: Case) -> list[tuple[str, date, Run]]:
    return [entry for week in range(len(case.templates)) for entry in wanted_runs(case, week)]


def cross_keys(case: Case) -> list[tuple[str, date, Cross]]:
    return [entry for week in range(len(case.templates)) for entry in wanted_cross(case, week)]


@st.composite
def races(draw: st.DrawFn, case: Case) -> tuple[Race, ...]:
    """Mostly in the horizon, or so near that its taper or the week after it reaches into it."""
    found: dict[date, Race] = {}
    days = 7 * case.horizon
    for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 1, 2, 3)))):
        ahead = draw(
            st.one_of(st.integers(0, days - 1), st.integers(0, days + 6), st.integers(-9, days + 16))
        )
        day, start = case.first_monday + timedelta(days=ahead), draw(st.one_of(st.none(), times))
        minutes, priority = draw(st.sampled_from((25, 60, 120, 240))), draw(st.sampled_from("AABC"))
        found[day] = Race(day, start, minutes, priority)
    return tuple(found.values())


@st.composite
def checkins(draw: st.DrawFn, case: Case) -> tuple[tuple[date, int], ...]:
    """At most one of a date, in any order; mostly two signs, which set what is left further apart."""
    if draw(st.booleans()):
        return ()
    days = st.integers(-5, 7 * case.horizon + 4)
    return tuple(
        (case.first_monday + timedelta(days=offset), draw(st.sampled_from((0, 1, 2, 2, 2, 2, 3, 4))))
        for offset in draw(st.lists(days, min_size=1, max_size=3, unique=True))
    )


def progressed(case: Case) -> Case:
    """The case with what its weeks want of what their templates list."""
    races = {race.day for race in case.races}
    tapers = tuple(race.day for race in case.races if race.priority == "A")
    given = Given(case.first_monday, "experienced", races=tapers, checkins=case.checkins, pauses=case.pauses)
    templates = []
    for week, template in enumerate(case.listed):
        monday = monday_of(case, week)
        # The last hard run is one that the week has: none of a pause, nor one that makes way for the race.
        there = [
            (number, monday + timedelta(days=run.day))
            for number, run in enumerate(template.runs)
            if monday + timedelta(days=run.day) not in races
            and not paused(case, monday + timedelta(days=run.day))
        ]
        days_and_kinds = [(day, template.runs[number].kind) for number, day in there]
        last = made_easy(days_and_kinds, monday, case.checkins)
        easy = None if last is None else there[last][0]
        templates.append(
            replace(
                template,
                runs=tuple(
                    replace(run, kind="easy") if number == easy else run
                    for number, run in enumerate(template.runs)
                ),
                sessions=_left_to_place(case, monday, sessions_wanted(numbered(template), monday, given)),
            )
        )
    apart = tuple(
        days_apart(case.listed_days_apart, monday_of(case, week), case.checkins)
        for week in range(len(case.listed))
    )
    return replace(case, templates=tuple(templates), min_days_apart=apart)


def numbered(template: Template) -> tuple[Session, ...]:
    return tuple(replace(session, number=n) for n, session in enumerate(template.sessions, start=1))


def _left_to_place(case: Case, monday: date, wanted: tuple[Session, ...]) -> tuple[Session, ...]:
    """Without those that busy calendars have. A class that is in one as well is the same."""
    here = [(local(case.zone, start), local(case.zone, end)) for start, end, _ in case.booked]
    here = [
        (start, end)
        for start, end in here
        if first_day(start.date()) == monday and not paused(case, start.date())
    ]
    classes = []
    for session in wanted:
        if session.at is not None:
            day = monday + timedelta(days=session.at[0])
            start = datetime(day.year, day.month, day.day) + timedelta(minutes=session.at[1])
            end = start + timedelta(minutes=session.minutes)
            if any(first < end and start < last for first, last in here) and not paused(case, day):
                classes.append(session)
    return without_booked(wanted, classes, len(here))


@st.composite
def booked(draw: st.DrawFn, case: Case) -> tuple[tuple[datetime, datetime, str], ...]:
    found = []
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        day = case.first_monday + timedelta(days=draw(st.integers(-3, 7 * len(case.templates) - 1)))
        start = instant(case.zone, day, draw(times))
        end = start + timedelta(minutes=draw(st.sampled_from((30, 60))))
        found.append((start, end, draw(st.sampled_from(LOADS))))
    return tuple({one[:2]: one for one in found}.values())


@st.composite
def some_time(draw: st.DrawFn, case: Case, first: date, days: int) -> datetime:
    """A moment of one of these days, on the grid or off it; what a person may have dragged something to."""
    day = first + timedelta(days=draw(st.integers(0, days - 1)))
    return instant(case.zone, day, draw(times))


@st.composite
def published_runs(draw: st.DrawFn, case: Case) -> list[Published]:
    found = []
    settled = settle(case)
    for key, day, run in run_keys(case):
        hows = ("no", "no", "no", "there", "elsewhere", "pinned")
        how = draw(st.sampled_from(hows if run.kind != "race" else (*hows, "pinned", "pinned")))
        if how == "no":
            continue
        if how == "there" and key in settled:
            start = settled[key].start
        elif how == "pinned":
            start = draw(some_time(case, day - timedelta(days=2), 5))
        else:
            start = draw(some_time(case, day, 1))
        minutes = run.minutes if draw(st.booleans()) else draw(st.integers(20, 120))
        end = start + timedelta(minutes=minutes)
        found.append(Published(key, start, end, pinned=how == "pinned", kind=run.kind))
    if case.races and draw(st.booleans()):
        # One of another week, which the runner may have moved into these.
        race = case.races[0]
        key = f"{week_name(first_day(race.day))}/run/race-{WEEKDAYS[race.day.weekday()]}"
        if all(entry.key != key for entry in found) and key not in settled:
            start = draw(some_time(case, case.first_monday - timedelta(days=2), 7 * len(case.templates) + 2))
            end = start + timedelta(minutes=race.minutes)
            found.append(Published(key, start, end, pinned=draw(st.booleans()), kind="race"))
    for number in range(1, draw(st.sampled_from((0, 0, 0, 1, 2))) + 1):  # the week before the horizon
        key = f"{week_name(monday_of(case, -1))}/run/sun-{number}"
        start = draw(some_time(case, case.first_monday - timedelta(days=4), 6))
        end = start + timedelta(minutes=draw(st.sampled_from((60, 60, 180, STRETCHED))))
        found.append(
            Published(key, start, end, pinned=draw(st.booleans()), kind=draw(st.sampled_from(KINDS)))
        )
    return found


@st.composite
def moved_cross(draw: st.DrawFn, case: Case) -> list[Published]:
    """What the runner has moved; some of it is no longer wanted."""
    found = []
    for key, day, cross in cross_keys(case):
        if draw(st.integers(0, 3)) == 0:
            start = draw(some_time(case, day - timedelta(days=2), 5))
            found.append(Published(key, start, start + timedelta(minutes=cross.minutes), pinned=True))
    if draw(st.integers(0, 9)) == 0:
        key = f"{week_name(case.first_monday)}/cross/mon-7"
        start = draw(some_time(case, case.first_monday, 7))
        found.append(Published(key, start, start + timedelta(hours=1), pinned=True))
    return found


@st.composite
def published_strength(draw: st.DrawFn, case: Case) -> list[Published]:
    """Where an earlier plan put it, elsewhere in its week, or where the runner put it."""
    earlier = solve(case).chosen
    found: list[Published] = []
    for week in range(case.horizon):
        monday = monday_of(case, week)
        for slot, session in by_slot(case, week).items():
            key = f"{week_name(monday)}/strength/{slot}"
            how = draw(st.sampled_from(("no", "there", "there", "elsewhere", "pinned")))
            if how == "no":
                continue
            load = draw(st.sampled_from(LOADS[: LOADS.index(session.load) + 1]))
            minutes = draw(st.sampled_from((session.minutes, session.shortest)))
            place = earlier.get(key)
            if how == "there" and place is not None:
                start, minutes, load = place
            elif how == "pinned":
                start = draw(some_time(case, monday - timedelta(days=2), 11))
            else:
                day = monday + timedelta(days=draw(st.integers(0, 6)))
                of_day = grid_starts(case.zone, day) or grid_starts(case.zone, monday)
                start = draw(st.sampled_from(of_day))[1]
            found.append(
                Published(key, start, start + timedelta(minutes=minutes), load, pinned=how == "pinned")
            )
    if (
        draw(st.integers(0, 3)) == 0
    ):  # the week after the horizon, moved there or into the horizon by the runner
        key = strength_key(case, case.horizon, 1)
        start = draw(some_time(case, monday_of(case, case.horizon) - timedelta(days=4), 8))
        end = start + timedelta(minutes=30)
        found.append(Published(key, start, end, draw(st.sampled_from(LOADS)), pinned=True))
    for number in range(1, draw(st.sampled_from((0, 0, 1, 2))) + 1):  # the week before the horizon
        key = strength_key(case, -1, number)
        start = draw(some_time(case, case.first_monday - timedelta(days=4), 4))
        pinned = draw(st.booleans())
        end = start + timedelta(minutes=draw(st.sampled_from((30, 30, 30, STRETCHED))) if pinned else 30)
        found.append(Published(key, start, end, draw(st.sampled_from(LOADS)), pinned=pinned))
    return found


@st.composite
def nows(draw: st.DrawFn, case: Case) -> datetime:
    """From before the horizon to the middle of its first week; often when something just begins to count."""
    midnight = instant(case.zone, case.first_monday, 0)
    lifts = [entry.start for entry in case.published if entry.load is not None and not entry.pinned]
    others = [entry.start for entry in case.published if entry.load is None] + [
        instant(case.zone, case.first_monday + timedelta(days=day), -(-low // GRID) * GRID)
        for day in range(5)
        for low, _ in case.availability[day]
    ]
    notice = case.notice_hours * 60
    before = draw(st.one_of(st.just(notice), st.integers(0, notice), st.integers(0, notice), st.just(0)))
    before += draw(st.sampled_from((0, 0, -1, 1)))
    anywhere = draw(st.one_of(st.integers(-10 * 96, 4 * 96), st.integers(-96, 4 * 96)))
    which = draw(st.sampled_from((lifts, lifts, lifts, others, [])))
    earliest, latest = midnight - timedelta(days=10), midnight + timedelta(days=5)
    moments = [moment - timedelta(minutes=before) for moment in which]
    moments = [moment for moment in moments if earliest <= moment <= latest]
    if moments:
        return draw(st.sampled_from(moments))
    return midnight + timedelta(minutes=anywhere * GRID + draw(st.sampled_from((0, 0, 7))))


def small_enough(case: Case) -> Case:
    """The same case with the longest ranges of availability dropped until brute force can do it."""
    while True:
        settled = list(settle(case).values())
        free = free_sessions(case, settled, standing(case, settled))
        combinations = 1
        for _, _, found in free:
            combinations *= len(found) + 1
        most = max((len(found) for _, _, found in free), default=0)
        if most <= MOST_CANDIDATES and combinations <= MOST_COMBINATIONS:
            return case
        weekday, longest = max(
            ((weekday, span) for weekday in range(7) for span in case.availability[weekday]),
            key=lambda item: item[1][1] - item[1][0],
        )
        middle = (longest[0] + longest[1]) // 2
        kept = tuple(
            (low, middle) if (low, high) == longest else (low, high)
            for low, high in case.availability[weekday]
        )
        case = replace(
            case, availability=(*case.availability[:weekday], kept, *case.availability[weekday + 1 :])
        )


# Far to the east and the west, near by, across the date line, and where clocks change in the same weeks.
THERE = ("Asia/Tokyo", "America/Los_Angeles", "Europe/Lisbon", "Pacific/Kiritimati", "America/New_York")


@st.composite
def trips(draw: st.DrawFn, first_monday: date) -> str:
    """At most two, of which the second may follow on the first; as reference.trips_of() reads them."""
    text, day = "", first_monday + timedelta(days=draw(st.integers(-3, 6)))
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        last = day + timedelta(days=draw(st.integers(1, 5)))
        text += f" {day} {last} {draw(st.sampled_from(THERE))}"
        day = last + timedelta(days=draw(st.integers(1, 3)))
    return text


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, mondays = draw(st.sampled_from(PLACES))
    first_monday = draw(st.sampled_from(mondays))
    horizon = draw(st.sampled_from((1, 1, 1, 2, 2, 2, 3)))
    zone += draw(trips(first_monday))
    most_sessions = {1: 3, 2: 3, 3: 2}[horizon]
    of_weeks = [draw(templates(most_sessions)) for _ in range(draw(st.integers(1, 2)))]
    some = ranges(most=2, longest=120, nights=True)
    days = st.one_of(st.just(()), some, some)
    midnight = instant(zone, first_monday, 0)
    listed = tuple(of_weeks[week % len(of_weeks)] for week in range(horizon + 1))
    case = Case(
        zone=zone,
        now=midnight,
        first_monday=first_monday,
        templates=listed,
        listed=listed,
        usual=tuple(
            draw(st.one_of(times, ranges(most=1, longest=240, nights=True).map(_or_else_at_noon)))
            for _ in range(7)
        ),
        availability=tuple(draw(days) for _ in range(7)),
        prefer_times=draw(st.one_of(st.just(()), ranges(most=2, longest=180, nights=True))),
        buffer_minutes=draw(st.sampled_from((0, 5, 10, 15, 30))),
        notice_hours=draw(st.sampled_from((0, 2, 12, 24, 24, 48, 48))),
        after_run_minutes=draw(st.sampled_from((0, 15, 15, 20, 60, 300))),
        hours_apart=draw(st.integers(2, 5)),
        fresh_legs=draw(st.sampled_from(((6, 24, 48), (6, 24, 48), (12, 36, 60), (6, 30, 72)))),
        listed_days_apart=draw(st.sampled_from((2, 2, 2, 3, 4))),
    )
    case = replace(case, races=draw(races(case)), checkins=draw(checkins(case)))
    case = progressed(case)
    case = replace(case, availability=draw(hinged(case)))
    case = replace(case, busy=draw(busy_spans(case)), pauses=draw(pauses(case)), booked=draw(booked(case)))
    case = replace(case, busy=(*case.busy, *((start, end) for start, end, _ in case.booked)))
    case = small_enough(progressed(case))
    if draw(st.sampled_from((True, True, True, True, False))):
        # What was planned a while ago, with what was busy and wanted then.
        more = (Session("light", 30, 15),) if draw(st.booleans()) else ()
        earlier = replace(
            case,
            now=midnight - timedelta(days=10),
            busy=case.busy if draw(st.booleans()) else case.busy[1:],
            races=draw(st.sampled_from((case.races, case.races, ()))),
            checkins=case.checkins if draw(st.booleans()) else (),
            listed=tuple(
                replace(template, sessions=template.sessions + more)
                if len(template.sessions) < 3
                else template
                for template in case.listed
            ),
        )
        if len(earlier.races) == 1 and draw(st.integers(0, 3)) == 0:
            # The race was on another date then.
            other = earlier.races[0].day + timedelta(days=draw(st.sampled_from((-7, -1, 1, 2))))
            earlier = replace(earlier, races=(replace(earlier.races[0], day=other),))
        earlier = progressed(earlier)
        earlier = small_enough(earlier)
        case = replace(
            case,
            published=(
                *draw(published_runs(earlier)),
                *draw(moved_cross(case)),
                *draw(published_strength(earlier)),
            ),
        )
    case = replace(case, now=draw(nows(case)))
    keys = [key for key, _, _ in (*run_keys(case), *cross_keys(case))] + [
        f"{week_name(monday_of(case, week))}/strength/{slot}"
        for week in range(horizon)
        for slot in by_slot(case, week)
    ]
    keys += 2 * [entry.key for entry in case.published]
    if keys and draw(st.integers(0, 2)) == 0:
        case = replace(case, skipped=frozenset(draw(st.sets(st.sampled_from(keys), max_size=3))))
    begun = [one.key for one in case.published if one.load is not None and one.start <= case.now]
    if begun and draw(st.booleans()):
        case = replace(case, missed=frozenset(draw(st.sets(st.sampled_from(begun), max_size=2))))
    if case.published and draw(st.integers(0, 3)) == 0:
        one = draw(st.sampled_from(case.published))
        done = tuple(replace(entry, done=entry is one and one.load is not None) for entry in case.published)
        case = replace(case, published=done, missed=case.missed - {one.key})
    assert case.now.tzinfo is UTC
    return small_enough(case)
