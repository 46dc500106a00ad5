"""Whatever a feed holds: every entry is read or warned about, once, and nothing is guessed to be hard."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.errors import NotACalendar
from calsync.feeds.workouts import read_workouts
from calsync.program import FeedSettings
from calsync.training import Kind, Load, Sort, Workout
from tests.feeds.calendars import bodies, folded

FILES = sorted((Path(__file__).parent / "files").glob("*.ics"))
BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 11, 23), date(2027, 1, 31)
whole = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def escaped(text: str) -> str:
    """As a TEXT value. A bare carriage return has no place in one."""
    for character in "\\;,":
        text = text.replace(character, "\\" + character)
    return text.replace("\r", " ").replace("\n", "\\n")


@dataclass(frozen=True)
class Entry:
    """One VEVENT: what tells it from others, and its lines."""

    uid: str | None
    day: date | None
    """None if it can't be read."""
    lines: tuple[str, ...]

    @property
    def is_within(self) -> bool:
        return self.day is not None and FIRST <= self.day <= LAST


def feed(entries: Sequence[Entry], line_end: bytes = b"\r\n", width: int = 75) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for entry in entries:
        lines += ["BEGIN:VEVENT", *entry.lines, "END:VEVENT"]
    return b"".join(folded(line.encode(), width, line_end) for line in [*lines, "END:VCALENDAR"])


# --- Feeds of all sorts --------------------------------------------------------------------------

WORDS = (
    "Easy Run",
    "Long Run",
    "Tempo",
    "Race",
    "Rest",
    "Strength:",
    "Bike:",
    "Note:",
    "Day Off:",
    "🏃",
    "🏋️",
    "•",
    "8 km",
    "5x1 km",
    "45m - 50m",
    "1h10m",
    "30 min E",
    "5x5 min @ tempo on 1 min",
    "6:10/mi",
    "9" * 30 + " km",
    "9" * 30 + " min",
    "99999h",
    "Intervalle",
    "Dauerlauf locker",
)
titles = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    # What str.splitlines() takes for line breaks, and RFC 5545 doesn't.
    st.lists(st.sampled_from(["Easy", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "Race"]), max_size=6).map(
        "".join
    ),
)
numbers = st.one_of(st.integers(-10, 10**12).map(str), st.sampled_from(["", "many", "1e9", "0.5", "٣", "²"]))
days = st.one_of(
    st.integers(-3, 75).map(lambda n: FIRST + timedelta(n)),
    st.sampled_from([FIRST, LAST, LAST + timedelta(1)]),
)
odd_uids = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(
        lambda text: f"~{text}~"
    ),
    st.sampled_from(
        [
            "UPCOMING_PLAN_WORKOUT-5b0c2f6e_plan_week_1_EASY_RUN_0",
            "UPCOMING_PLAN_WORKOUT-5b0c2f6e_plan_week_1_LEGS_AND_CORE_1",
            "UPCOMING_PLAN_WORKOUT-_plan_week__",
            "UPCOMING_PLAN_WORKOUT-",
            "COMPLETED_PLAN_WORKOUT-b3BhcXVl",
            "{8E1F0A52-93BD}",
            "880017001",
        ]
    ),
)
CAN_T_BE_READ = ("DTSTART:tomorrow", "DTSTART:20261399", "DTSTART:", "DTSTART;VALUE=DATE:20260230", "")


@st.composite
def details(draw: st.DrawFn) -> list[str]:
    """All that an event may say besides when and which it is."""
    lines = []
    if draw(st.integers(0, 9)):
        lines.append(f"SUMMARY:{escaped(draw(titles))}")
    if draw(st.booleans()):
        text = "\n".join(draw(st.lists(titles, max_size=3)))
        lines.append(f"DESCRIPTION:{escaped(text)}")
    if draw(st.integers(0, 3)) == 0:
        lines.append(f"X-WORKOUT-ESTIMATED-DURATION:{draw(numbers)}")
    if draw(st.integers(0, 5)) == 0:
        lines.append(f"STATUS:{draw(st.sampled_from(['CONFIRMED', 'CANCELLED', 'TENTATIVE', '']))}")
    return lines


@st.composite
def feeds(draw: st.DrawFn) -> list[Entry]:
    """Events of a few UIDs, each UID with one way of writing times, for equal starts to be written alike."""
    entries = []
    uids = draw(st.lists(odd_uids, min_size=1, max_size=3, unique=True))
    ways = {uid: draw(st.integers(0, 4)) for uid in uids}
    for number in range(draw(st.integers(0, 8))):
        uid = draw(st.sampled_from([*uids, None]))
        lines = draw(details())
        if draw(st.integers(0, 7)) == 0:
            # Of its own UID, as warnings name each UID once.
            uid = f"unreadable-{number}"
            start = draw(st.sampled_from(CAN_T_BE_READ))
            entries.append(Entry(uid, None, (f"UID:{uid}", *([start] if start else []), *lines)))
            continue
        day = draw(days)
        digits = f"{day:%Y%m%d}"
        way = ways[uid] if uid else draw(st.integers(0, 4))
        # The hour is the same for all, so that two events of a UID on one day are one.
        start, end = (
            (f"DTSTART;VALUE=DATE:{digits}", f"DTEND;VALUE=DATE:{day + timedelta(1):%Y%m%d}"),
            (f"DTSTART:{digits}", f"DTEND:{digits}T010100"),
            (f"DTSTART:{digits}T063000", "DURATION:PT50M"),
            (f"DTSTART:{digits}T063000Z", f"DTEND:{digits}T063000Z"),
            (f"DTSTART;TZID=Europe/London:{digits}T063000", f"DTEND;TZID=Europe/London:{digits}T073000"),
        )[way]
        ends = [end] if draw(st.booleans()) else []
        named = [f"UID:{uid}"] if uid else draw(st.sampled_from([[], ["UID:"]]))
        if draw(st.integers(0, 3)) == 0:
            lines.append(f"SEQUENCE:{draw(st.integers(0, 3))}")
        entries.append(Entry(uid, day, (*draw(st.permutations([*named, start, *ends, *lines])),)))
    return entries


def expected(entries: Sequence[Entry]) -> list[date]:
    """The days of the workouts: revisions of one UID on one day count once, events without UID each."""
    named = {(entry.uid, entry.day) for entry in entries if entry.uid and entry.is_within}
    nameless = [entry.day for entry in entries if not entry.uid and entry.is_within]
    return sorted(day for day in [*(day for _, day in named), *nameless] if day)


def warned(warnings: Sequence[str]) -> int:
    """Of how many events: one a line, and those that a line has gathered."""
    return sum(1 + sum(map(int, re.findall(r"and (\d+) more", line))) for line in warnings)


def check(workouts: Sequence[Workout]) -> None:
    """What is true of every answer."""
    assert [workout.day for workout in workouts] == sorted(workout.day for workout in workouts)
    for workout in workouts:
        assert FIRST <= workout.day <= LAST
        assert isinstance(workout.sort, Sort)
        assert workout.kind is None or (workout.sort is Sort.RUN and isinstance(workout.kind, Kind))
        assert (workout.load is None) is (workout.sort is not Sort.STRENGTH)
        assert workout.load is None or isinstance(workout.load, Load)
        assert workout.minutes is None or workout.minutes > 0
        assert workout.start is None or 0 <= workout.start < 24 * 60


@whole
@given(feeds(), st.sampled_from([b"\r\n", b"\n"]), st.sampled_from([75, 20]))
def test_every_event_is_a_workout_or_a_warning(entries: list[Entry], line_end: bytes, width: int) -> None:
    found = read_workouts(feed(entries, line_end, width), FIRST, LAST, BERLIN)
    assert [workout.day for workout in found.workouts] == expected(entries)
    assert warned(found.warnings) == sum(entry.day is None for entry in entries)
    check(found.workouts)


def unordered(workouts: Sequence[Workout]) -> list[str]:
    return sorted(map(repr, workouts))


@whole
@given(feeds(), st.randoms(use_true_random=False))
def test_neither_layout_nor_order_changes_the_answer(entries: list[Entry], random: Random) -> None:
    # Revisions of an event are told apart by their order, too; so only one of each.
    unique = {(entry.uid or number, entry.day): entry for number, entry in enumerate(entries)}
    one = list(unique.values())
    other = [*one]
    random.shuffle(other)
    plain = read_workouts(feed(one), FIRST, LAST, BERLIN)
    changed = read_workouts(feed(other, b"\n", 20), FIRST, LAST, BERLIN)
    assert unordered(plain.workouts) == unordered(changed.workouts)
    assert warned(plain.warnings) == warned(changed.warnings)


@whole
@given(bodies())
def test_calendars_of_any_kind_are_read(body: bytes) -> None:
    check(read_workouts(body, FIRST, LAST, BERLIN).workouts)


ODD_ENDS = ("DTEND:whenever", "DTEND:", "DURATION:P", "DTEND:20261123T053000")


@pytest.mark.parametrize("end", ODD_ENDS)
def test_an_odd_end_is_as_good_as_none(end: str) -> None:
    """A run starts when the feed says it starts, and is as long as its title says."""
    odd = Entry("1", FIRST, ("UID:1", "DTSTART:20261123T063000", end, "SUMMARY:45 min E"))
    (workout,) = read_workouts(feed([odd]), FIRST, LAST, BERLIN).workouts
    assert (workout.day, workout.start, workout.minutes) == (FIRST, 6 * 60 + 30, 45)


@pytest.mark.parametrize("end", ODD_ENDS)
def test_what_is_read_is_not_worth_a_warning(end: str) -> None:
    odd = Entry("1", FIRST, ("UID:1", "DTSTART:20261123T063000", end, "SUMMARY:45 min E"))
    assert read_workouts(feed([odd]), FIRST, LAST, BERLIN).warnings == ()


# --- Revisions -----------------------------------------------------------------------------------


def entry(uid: str, day: date, title: str, *lines: str) -> Entry:
    return Entry(uid, day, (f"UID:{uid}", f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"SUMMARY:{title}", *lines))


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_revisions_the_one_with_the_higher_sequence_counts(turned: bool) -> None:
    entries = [entry("1", FIRST, "Easy Run", "SEQUENCE:9"), entry("1", FIRST, "Tempo", "SEQUENCE:10")]
    (workout,) = read_workouts(feed(entries[::-1] if turned else entries), FIRST, LAST, BERLIN).workouts
    assert workout.kind is Kind.TEMPO


def test_of_two_revisions_with_one_sequence_the_later_counts() -> None:
    entries = [
        entry("1", FIRST, "Easy Run", "DTSTAMP:20261101T000000Z"),
        entry("1", FIRST, "Tempo", "DTSTAMP:20261102T000000Z"),
    ]
    (workout,) = read_workouts(feed(entries), FIRST, LAST, BERLIN).workouts
    assert workout.kind is Kind.TEMPO


def test_one_uid_on_two_days_is_two_workouts() -> None:
    entries = [entry("1", FIRST + timedelta(n), title) for n, title in enumerate(("Easy Run", "Tempo"))]
    found = read_workouts(feed(entries), FIRST, LAST, BERLIN).workouts
    assert [workout.kind for workout in found] == [Kind.EASY, Kind.TEMPO]


def test_two_runs_on_a_day_are_two() -> None:
    entries = [entry("1", FIRST, "Easy Run"), entry("2", FIRST, "Easy Run")]
    assert len(read_workouts(feed(entries), FIRST, LAST, BERLIN).workouts) == 2


# --- Series --------------------------------------------------------------------------------------


@whole
@given(
    st.sampled_from(
        [";VALUE=DATE:{0}", ":{0}", ":{0}T063000", ":{0}T063000Z", ";TZID=Europe/London:{0}T063000"]
    ),
    st.integers(-60, 60),
    st.integers(1, 40),
    st.sampled_from([("DAILY", 1), ("DAILY;INTERVAL=3", 3), ("WEEKLY", 7), ("WEEKLY;INTERVAL=2", 14)]),
    st.sets(st.integers(0, 39), max_size=3),
    st.sets(st.integers(0, 39), max_size=2),
)
def test_each_occurrence_of_a_series_is_one_workout(
    form: str, away: int, count: int, rule: tuple[str, int], gone: set[int], renamed: set[int]
) -> None:
    """Without those that are taken out; those that are changed say what they are in their own words."""
    frequency, step = rule
    series = [FIRST + timedelta(away + n * step) for n in range(count)]
    gone = {n for n in gone if n < count}
    renamed = {n for n in renamed if n < count} - gone

    def at(day: date) -> str:
        return form.format(f"{day:%Y%m%d}")

    lines = ["UID:1", f"DTSTART{at(series[0])}", f"RRULE:FREQ={frequency};COUNT={count}", "SUMMARY:Easy Run"]
    entries = [Entry("1", None, (*lines, *(f"EXDATE{at(series[n])}" for n in sorted(gone))))]
    for n in sorted(renamed):
        own = (
            "UID:1",
            f"RECURRENCE-ID{at(series[n])}",
            f"DTSTART{at(series[n])}",
            "SUMMARY:Tempo",
            "SEQUENCE:1",
        )
        entries.append(Entry("1", None, own))
    found = read_workouts(feed(entries), FIRST, LAST, BERLIN)
    assert [(workout.day, workout.kind) for workout in found.workouts] == [
        (day, Kind.TEMPO if n in renamed else Kind.EASY)
        for n, day in enumerate(series)
        if n not in gone and FIRST <= day <= LAST
    ]
    assert found.warnings == ()


# --- Nothing is guessed to be hard ---------------------------------------------------------------

# Of no meaning to a runner in any of the languages; many hold a word that has one.
MEANINGLESS = (
    *("river", "blue", "Tuesday", "morning", "Anna", "Emma", "and", "the", "canal", "old", "bakery", "um"),
    *("trace", "embrace", "terrace", "brace", "Horace", "tracey", "gracious", "temporary", "contemporary"),
    *("belong", "furlong", "oblong", "longitude", "chilly", "Phillip", "Hillary", "shilling", "breakfast"),
    *("steadfast", "interview", "forest", "crest", "Everest", "Préston", "restart", "striding", "pride"),
    *(
        "Threshing",
        "sprinter's",
        "database",
        "easel",
        "coverlet",
        "temporal",
        "Bergamo",
        "Costa",
        "Gymnasium",
    ),
    *(
        "Zoë",
        "Ærø",
        "München",
        "Łódź",
        "東京",
        "Ελλάδα",
        "мост",
        "🌧️",
        "🌅",
        "—",
        "&",
        "#7",
        "2026",
        "12",
        "(3)",
    ),
)
names = st.lists(st.sampled_from(MEANINGLESS), min_size=1, max_size=7).map(" ".join)


@given(
    names,
    st.sampled_from(["", "Run: ", "🏃 ", "🏃 Run: "]),
    st.sampled_from([str.strip, str.upper, str.lower]),
)
def test_meaningless_words_are_a_run_of_no_kind(
    name: str, prefix: str, letters: Callable[[str], str]
) -> None:
    body = feed([entry("4a1e0f52-93bd-4c0e-b7a6-2d4c5f60e7b1", FIRST, escaped(prefix + letters(name)))])
    (workout,) = read_workouts(body, FIRST, LAST, BERLIN).workouts
    assert (workout.sort, workout.kind) == (Sort.RUN, None)


@given(names, names)
def test_a_story_in_the_description_makes_no_run_hard(name: str, story: str) -> None:
    """Not even a story that is full of hard words, once its first line is over."""
    text = escaped(f"{story}\nIntervals! Tempo! Long run! Race! 10 x 400 m")
    body = feed([entry("1", FIRST, escaped(name), f"DESCRIPTION:{text}")])
    (workout,) = read_workouts(body, FIRST, LAST, BERLIN).workouts
    assert (workout.sort, workout.kind) == (Sort.RUN, None)


EASY = ("Easy Run", "Recovery Run", "Dauerlauf locker", "Footing", "Rodaje suave", "Walk Run", "Zone 2")


@given(st.sampled_from(EASY), names)
def test_meaningless_words_keep_an_easy_run_easy(easy: str, name: str) -> None:
    body = feed([entry("1", FIRST, escaped(f"{easy}, {name}"))])
    (workout,) = read_workouts(body, FIRST, LAST, BERLIN).workouts
    assert workout.kind in (Kind.EASY, Kind.RECOVERY)


# --- Bodies that are no calendar, or hardly one --------------------------------------------------


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(junk: bytes) -> None:
    for body in (
        junk,
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + junk + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261124\nSUMMARY:"
        + junk.replace(b"\n", b" ")
        + b"\nEND:VEVENT\nEND:VCALENDAR\n",
    ):
        try:
            check(read_workouts(body, FIRST, LAST, BERLIN).workouts)
        except NotACalendar:
            continue


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(st.data())
def test_a_part_of_a_feed_is_no_calendar(path: Path, data: st.DataObject) -> None:
    body = path.read_bytes()
    cut = data.draw(st.integers(0, len(body.rstrip()) - 1))
    with pytest.raises(NotACalendar):
        read_workouts(body[:cut], FIRST, LAST, BERLIN)


@pytest.mark.parametrize("body", [b"", b"<!doctype html><title>Log in</title>", b'{"error": "gone"}'])
def test_what_servers_say_instead_is_no_calendar(body: bytes) -> None:
    with pytest.raises(NotACalendar):
        read_workouts(body, FIRST, LAST, BERLIN)


def test_an_empty_calendar_has_nothing_to_say() -> None:
    found = read_workouts(feed([]), FIRST, LAST, BERLIN)
    assert (found.workouts, found.warnings) == ((), ())


@whole
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(st.data())
def test_a_damaged_feed_raises_nothing_else(path: Path, data: st.DataObject) -> None:
    lines = path.read_bytes().split(b"\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.integers(0, 4)):
            case 0:
                lines = [*lines[:place], *lines[place + 1 :]] or [b""]
            case 1:
                lines.insert(place, lines[data.draw(st.integers(0, len(lines) - 1))])
            case 2:
                lines[place] = lines[place].swapcase()
            case 3:
                cut = data.draw(st.integers(0, len(lines[place])))
                lines[place] = lines[place][:cut] + data.draw(st.binary(max_size=3)) + lines[place][cut + 1 :]
            case _:
                garbage = [
                    b"RRULE:FREQ=SECONDLY",
                    b"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
                    b"DTSTART:never",
                ]
                lines.insert(place, data.draw(st.sampled_from([*garbage, b"END:VEVENT", b"BEGIN:VALARM"])))
    try:
        check(read_workouts(b"\n".join(lines), FIRST, LAST, BERLIN).workouts)
    except NotACalendar:
        return


# --- Nothing takes forever -----------------------------------------------------------------------

# Backtracking would take hours for these, reading takes no time that anybody notices.
MANY = 20_000
LENGTHY = {
    "letters": "x" * MANY,
    "digits": "1" * MANY,
    "spaces": "Easy" + " " * MANY + "Run",
    "times": "1x" * MANY,
    "spaced times": "1 x " * MANY,
    "ranges": "45m - " * MANY,
    "colons": "1:" * MANY,
    "hours": "1h" * MANY,
    "minutes": "5 min " * MANY,
    "repeats": "5x5 min on 1 min " * (MANY // 4),
    "open repeats": "5x(" * MANY,
    "brackets": "(" * MANY + ")" * MANY,
    "bullets": "• " * MANY,
    "emoji": "🏃" * MANY,
    "joined emoji": "🏃\u200d" * MANY,
    "marks": "e\u0301" * MANY,
    "prefixes": "Run: " * MANY,
    "points": "1." * MANY + "km",
    "commas": "1," * MANY + "km",
    "easy": "easy " * MANY,
    "lines": "\n" * MANY + "Intervals",
}


@pytest.mark.parametrize("text", LENGTHY.values(), ids=LENGTHY)
def test_long_texts_come_to_an_end(text: str) -> None:
    patterns = FeedSettings(kind={"*a*b*c*d*e*f*": "race", "1*1*1*1*1*2": "race", "x y": "ignore"})
    for reading in (FeedSettings(), patterns):
        for entries in (
            [entry("1", FIRST, escaped(text))],
            [entry("1", FIRST, "Club night", f"DESCRIPTION:{escaped(text)}")],
            [Entry("1", FIRST, (f"UID:{escaped(text)}", "DTSTART:20261123", "SUMMARY:Club night"))],
        ):
            found = read_workouts(feed(entries), FIRST, LAST, BERLIN, reading)
            assert len(found.workouts) == 1
            check(found.workouts)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=1000000000",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSECOND=0,1,2,3,4,5",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=99999999999999999999",
        "FREQ=FORTNIGHTLY",
    ],
)
def test_absurd_rules_come_to_an_end_and_are_not_passed_over(rule: str) -> None:
    lines = ("UID:1", "DTSTART:20261124T063000", f"RRULE:{rule}", "SUMMARY:Easy Run")
    found = read_workouts(feed([Entry("1", FIRST, lines)]), FIRST, LAST, BERLIN)
    assert found.workouts or found.warnings
    check(found.workouts)


def test_a_feed_of_years_is_read_whole() -> None:
    entries = [entry(f"{n}", FIRST + timedelta(n % 3000 - 1000), "🏃 Easy Run • 5km") for n in range(9000)]
    found = read_workouts(feed(entries), FIRST, LAST, BERLIN)
    assert [workout.day for workout in found.workouts] == expected(entries)
