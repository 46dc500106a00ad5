"""Whole feeds as the platforms write them, and what a coach makes of every entry, worked out by hand.

The files have the shapes of real feeds (bare line feeds, dates without VALUE=DATE, folded lines, escapes,
emoji) and contents that nobody ever ran. All is read for a runner in Berlin.
"""

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from calsync.feeds.workouts import read_workouts
from calsync.program import FeedSettings
from calsync.training import Effort, Kind, Load, Sort, Workout

FILES = Path(__file__).parent / "files"
BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 11, 23), date(2027, 1, 31)

RUN, STRENGTH, REST, OTHER, CROSS = Sort.RUN, Sort.STRENGTH, Sort.REST, Sort.OTHER, Sort.CROSS
HARD = Effort.HARD  # where coaches would argue about the kind, but not about the effort
# How long a swim or a day off is matters to nobody.
WHATEVER = -1

Row = tuple[str, str, Sort, Kind | Effort | Load | None, int | None, str | None]
"""Day, a part of the title, sort, kind of a run (or load, or effort of another sport), minutes, start."""

RUNNA_KM: tuple[Row, ...] = (
    # Completed: the time it took; 34:36 is 34 min 36 s, 1:02:40 more than an hour.
    ("11-23", "400m Repeats", RUN, Kind.INTERVALS, 35, None),
    ("11-24", "Morning Run", RUN, None, 63, None),
    # X-WORKOUT-ESTIMATED-DURATION is 1980 s; the steps name tempo and race, and don't count.
    ("11-25", "Easy Run", RUN, Kind.EASY, 33, None),
    ("11-25", "Legs & Core Strength", STRENGTH, Load.MODERATE, 35, None),
    # The UID says TEMPO, the title sounds like intervals; the runner set a time.
    ("11-26", "Rolling 400s", RUN, Kind.TEMPO, 70, "06:30"),
    ("11-27", "Walk Run", RUN, Kind.EASY, 30, None),
    # A bare GUID as UID; the title alone tells what it is.
    ("11-28", "Lower Body Endurance Session", STRENGTH, Load.MODERATE, 65, None),
    ("11-29", "Long Run", RUN, Kind.LONG, 105, None),
    ("12-01", "Lamp Posts", RUN, Kind.FARTLEK, 45, None),
    ("12-03", "Threshold Intervals", RUN, Kind.INTERVALS, 50, None),
    # 10 km at 6:00/km, as nothing else is said.
    ("12-06", "Riverside 10K", RUN, Kind.RACE, 60, None),
)

RUNNA_MILES: tuple[Row, ...] = (
    ("11-30", "Easy Run", RUN, Kind.EASY, 45, None),
    # In UTC, with an end; 55 minutes by the event, "50m - 1h" by the text.
    ("12-01", "Pyramid", RUN, Kind.INTERVALS, 55, "12:00"),
    ("12-03", "Tempo 1-2-3s", RUN, Kind.TEMPO, 55, None),
    ("12-04", "Mobility", STRENGTH, Load.LIGHT, 20, None),
    # 16.09344 km are 96.6 minutes.
    ("12-06", "Long Run", RUN, Kind.LONG, 97, None),
    # 4.828032 km are 28.97 minutes.
    ("12-08", "Easy Run", RUN, Kind.EASY, 29, None),
    ("12-13", "Harbour Half", RUN, Kind.RACE, 105, None),
)

TRAININGPEAKS: tuple[Row, ...] = (
    # Completed: a local time without a zone; the actual time, not the planned 45 minutes that its end says.
    ("11-23", "Recovery", RUN, Kind.RECOVERY, 42, "07:15"),
    # A date as start, midnight plus the planned time as end: still all day.
    ("11-24", "Tempo into VO2max spikes", RUN, HARD, 61, None),
    ("11-25", "Tempo intervals 3x12", CROSS, HARD, 90, None),
    ("11-25", "Lower body A", STRENGTH, Load.MODERATE, 40, None),
    ("11-26", "Lockerer Dauerlauf", RUN, Kind.EASY, 50, None),
    ("11-27", "Day Off", REST, None, WHATEVER, None),
    ("11-27", "Race week starts on Monday", OTHER, None, WHATEVER, None),
    ("11-28", "CSS 10x100", CROSS, HARD, 45, None),
    # No planned time; the end, 02:15, is all there is.
    ("11-29", "Sortie longue", RUN, Kind.LONG, 135, None),
    ("11-30", "Hills with the group", CROSS, HARD, 120, None),
    ("12-01", "Elliptical intervals", CROSS, HARD, 40, None),
    ("12-02", "60 min bike, 15 min tempo", CROSS, HARD, 75, None),
    ("12-03", "Easy 30 min", OTHER, None, WHATEVER, None),
    ("12-04", "5 x 500 m", CROSS, HARD, 35, None),
    ("12-05", "Sauna", OTHER, None, WHATEVER, None),
    ("12-05", "Physio", OTHER, None, WHATEVER, None),
    ("12-06", "Rodaje suave", RUN, Kind.EASY, 48, None),
    ("12-08", "Côtes", RUN, Kind.HILLS, 55, None),
    ("12-09", "Unterwegs mit Lena", RUN, None, 45, None),
    ("12-10", "Ripetute", RUN, Kind.INTERVALS, 65, None),
    ("12-12", "Lungo lento", RUN, Kind.LONG, 110, None),
    ("12-14", "Rustige duurloop", RUN, Kind.EASY, 55, None),
    # Cancelled.
    ("12-15", "Threshold 3 x 10 min", OTHER, None, WHATEVER, None),
    ("12-16", "Rolig langtur", RUN, Kind.LONG, 95, None),
)

FINAL_SURGE: tuple[Row, ...] = (
    ("11-23", "45 min E", RUN, Kind.EASY, 45, None),
    # 20 + 5 x (5 + 1) + 20; the easy jog is what lies between.
    ("11-24", "5x5 min @ tempo", RUN, HARD, 70, None),
    ("11-25", "Rest Day", REST, None, WHATEVER, None),
    ("11-26", "20 min T", RUN, Kind.THRESHOLD, 40, "06:30"),
    # Ends when it begins, which says nothing; M is marathon pace.
    ("11-28", "30 min M", RUN, Kind.TEMPO, 90, "09:00"),
    ("11-29", "120 min L", RUN, Kind.LONG, 120, None),
    ("11-30", "60 min E", CROSS, Effort.EASY, 60, None),
    # 23:30 on the first in UTC is half past midnight on the second in Berlin.
    ("12-02", "Night relay leg", RUN, Kind.RACE, 45, "00:30"),
    # 20 + 6 x (2 + 2) + 15
    ("12-03", "6x2 min I", RUN, HARD, 59, None),
    ("12-04", "max strength", STRENGTH, Load.HEAVY, None, None),
    ("12-05", "6 strides", RUN, Kind.EASY, 40, None),
)

GARMIN: tuple[Row, ...] = (
    ("11-23", "Base", RUN, Kind.EASY, None, None),
    ("11-24", "Sprint", RUN, Kind.INTERVALS, None, None),
    ("11-25", "Rest", REST, None, WHATEVER, None),
    ("11-26", "Threshold", RUN, Kind.THRESHOLD, None, None),
    ("11-27", "Recovery", RUN, Kind.RECOVERY, None, None),
    ("11-29", "Long Run", RUN, Kind.LONG, None, None),
    ("12-01", "VO2 Max", RUN, Kind.INTERVALS, None, None),
    ("12-03", "Tempo", RUN, Kind.TEMPO, None, None),
    ("12-04", "Base", RUN, Kind.EASY, None, None),
    ("12-05", "Anaerobic", RUN, Kind.INTERVALS, None, None),
    ("12-06", "Long Run", RUN, Kind.LONG, None, None),
)

CLUB: tuple[Row, ...] = (
    # Tuesdays at 19:00 in London from September to 22 December, without the 8th; the 15th is moved to the
    # Wednesday, earlier, and says there what it is.
    ("11-24", "Club night", RUN, None, 75, "20:00"),
    ("12-01", "Club night", RUN, None, 75, "20:00"),
    ("12-16", "Club night: 10 x 400m", RUN, Kind.INTERVALS, 75, "19:30"),
    ("12-22", "Club night", RUN, None, 75, "20:00"),
    # Three Sundays.
    ("11-29", "Long Run", RUN, Kind.LONG, 132, None),
    ("12-06", "Long Run", RUN, Kind.LONG, 132, None),
    ("12-13", "Long Run", RUN, Kind.LONG, 132, None),
    ("12-05", "parkrun", RUN, Kind.TIME_TRIAL, 45, "10:00"),
    ("12-18", "Christmas dinner", OTHER, None, WHATEVER, "20:30"),
    # 19.312128 km are 115.9 minutes.
    ("12-26", "Long Run", RUN, Kind.LONG, 116, None),
)

TABLES: dict[str, tuple[Row, ...]] = {
    "runna-km.ics": RUNNA_KM,
    "runna-miles.ics": RUNNA_MILES,
    "trainingpeaks.ics": TRAININGPEAKS,
    "final-surge.ics": FINAL_SURGE,
    "garmin.ics": GARMIN,
    "club.ics": CLUB,
}


def as_row(workout: Workout, like: Row) -> Row:
    """`workout`, as far as `like` has something to say of it."""
    _, title, _, what, minutes, _ = like
    found: Kind | Effort | Load | None = workout.kind or workout.load or workout.effort
    if isinstance(what, Effort) and workout.kind:
        found = workout.kind.effort
    start = None if workout.start is None else f"{workout.start // 60:02}:{workout.start % 60:02}"
    length = WHATEVER if minutes == WHATEVER else workout.minutes
    return (
        f"{workout.day:%m-%d}",
        title if title in workout.title else workout.title,
        workout.sort,
        found,
        length,
        start,
    )


def ordered(rows: tuple[Row, ...]) -> list[Row]:
    return sorted(rows, key=lambda row: (row[0], row[1]))


@pytest.mark.parametrize("name", TABLES)
def test_every_entry_of_a_feed_is_what_a_coach_takes_it_for(name: str) -> None:
    feed = read_workouts((FILES / name).read_bytes(), FIRST, LAST, BERLIN)
    assert feed.warnings == ()
    rows = ordered(TABLES[name])
    assert len(feed.workouts) == len(rows), [f"{workout.day} {workout.title}" for workout in feed.workouts]
    rest = list(feed.workouts)
    found = []
    for row in rows:
        # By day and title; a row without a match is compared with whatever is there on that day.
        that_day = [workout for workout in rest if f"{workout.day:%m-%d}" == row[0]]
        same = [workout for workout in that_day if row[1] in workout.title]
        workout = (same or that_day or rest)[0]
        rest.remove(workout)
        found.append(as_row(workout, row))
    assert found == rows


@pytest.mark.parametrize("name", TABLES)
def test_workouts_come_by_day(name: str) -> None:
    days = [
        workout.day for workout in read_workouts((FILES / name).read_bytes(), FIRST, LAST, BERLIN).workouts
    ]
    assert days == sorted(days)


@pytest.mark.parametrize("name", TABLES)
def test_the_files_are_as_odd_as_the_feeds(name: str) -> None:
    """Editors like to tidy line ends and folds away, and with them half of what is tested here."""
    body = (FILES / name).read_bytes()
    breaks = body.count(b"\n")
    assert body.count(b"\r\n") == (0 if name.startswith("runna") else breaks)
    assert b"\n " in body or name == "garmin.ics"
    assert all(len(line) <= 76 for line in body.split(b"\n"))


def test_the_config_names_what_the_club_does_not() -> None:
    reading = FeedSettings(kind={"club night": "threshold", "parkrun": "ignore"}, seconds_per_km=300)
    feed = read_workouts((FILES / "club.ics").read_bytes(), FIRST, LAST, BERLIN, reading)
    club = [workout for workout in feed.workouts if "Club night" in workout.title]
    assert [workout.kind for workout in club] == [Kind.THRESHOLD] * 4
    (saturday,) = (workout for workout in feed.workouts if "parkrun" in workout.title)
    assert (saturday.sort, saturday.kind) == (Sort.OTHER, None)
    sundays = [workout.minutes for workout in feed.workouts if "22 km" in workout.title]
    assert sundays == [110] * 3


@pytest.mark.parametrize("name", TABLES)
def test_a_smaller_window_shows_a_part_of_the_larger(name: str) -> None:
    body = (FILES / name).read_bytes()
    whole = read_workouts(body, FIRST, LAST, BERLIN).workouts
    for first, last in (
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 12, 1), date(2026, 12, 6)),
        (date(2026, 12, 16), date(2026, 12, 16)),
        (date(2027, 1, 1), date(2027, 1, 31)),
    ):
        part = read_workouts(body, first, last, BERLIN)
        assert part.workouts == tuple(workout for workout in whole if first <= workout.day <= last)
        assert part.warnings == ()


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("runna-km", {"400m Repeats", "Morning Run"}),
        ("runna-miles", set()),
        ("trainingpeaks", {"Recovery"}),
        ("final-surge", set()),
        ("garmin", set()),
        ("club", set()),
    ],
)
def test_what_a_platform_says_was_done(name: str, done: set[str]) -> None:
    """By what it writes alone: that a day is over says nothing."""
    feed = read_workouts((FILES / f"{name}.ics").read_bytes(), FIRST, LAST, BERLIN)
    assert {re.sub(r"^\W+", "", workout.title) for workout in feed.workouts if workout.done} == done
