"""The steps of the reader of titles, each by itself: words and numbers, parts, what they mean."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calsync.feeds.titles import lexer
from calsync.feeds.titles.lexer import Amount, Ladder, Pace, Pair, Times, Word, tokens
from calsync.feeds.titles.meaning import meaning
from calsync.feeds.titles.reading import Entry, Reading, read
from calsync.feeds.titles.structure import Is, structure
from calsync.feeds.titles.tables import ANY_KIND, LANGUAGES, PHRASES, Role, Unit, table
from calsync.training import Effort, Kind, Sort, Sport

# --- words and numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("45 min", 45, 45, Unit.MINUTES),
        ("45min", 45, 45, Unit.MINUTES),
        ("45'", 45, 45, Unit.MINUTES),
        ("45′", 45, 45, Unit.MINUTES),
        ("90''", 1.5, 1.5, Unit.MINUTES),
        ('90"', 1.5, 1.5, Unit.MINUTES),
        ("90 sec", 1.5, 1.5, Unit.MINUTES),
        ("30-minute", 30, 30, Unit.MINUTES),
        ("40-45 min", 40, 45, Unit.MINUTES),
        ("40 – 45 min", 40, 45, Unit.MINUTES),
        ("40 bis 45 Minuten", 40, 45, Unit.MINUTES),
        ("40 to 45 minutes", 40, 45, Unit.MINUTES),
        ("1h05", 65, 65, Unit.MINUTES),
        ("1h5m", 65, 65, Unit.MINUTES),
        ("1 h 30 min", 90, 90, Unit.MINUTES),
        ("1h-1h15", 60, 75, Unit.MINUTES),
        ("1h45-2h", 105, 120, Unit.MINUTES),
        ("1-1.5 h", 60, 90, Unit.MINUTES),
        ("3u30", 210, 210, Unit.MINUTES),
        ("1t30", 90, 90, Unit.MINUTES),
        ("2 timer", 120, 120, Unit.MINUTES),
        ("2 godziny", 120, 120, Unit.MINUTES),
        ("1:10:00", 70, 70, Unit.MINUTES),
        ("10 km", 10, 10, Unit.KM),
        ("10K", 10, 10, Unit.KM),
        ("18,5 km", 18.5, 18.5, Unit.KM),
        ("20-22 km", 20, 22, Unit.KM),
        ("1 mile", 1.609344, 1.609344, Unit.KM),
        ("15 mi-18 mi", 15 * 1.609344, 18 * 1.609344, Unit.KM),
        ("400 m", 400, 400, Unit.METRES),
        ("170m", 170, 170, Unit.METRES),
        ("10.000 m", 10_000, 10_000, Unit.METRES),
    ],
)
def test_an_amount(text: str, low: float, high: float, unit: Unit) -> None:
    (token,) = tokens(text)
    assert isinstance(token, Amount)
    assert token.unit is unit
    assert [token.low, token.high] == pytest.approx([low, high])


@pytest.mark.parametrize(
    "text", ["8x", "8 x", "8×", "8 X", "8 times", "8 mal", "8 fois", "8 veces", "x 8", "x8"]
)
def test_times(text: str) -> None:
    (token,) = tokens(text)
    assert isinstance(token, Times)
    assert token.number == 8


@pytest.mark.parametrize(
    "text", ["5:30/km", "8:05 /mi", "4:30-4:40/km", "12 km/h", "5:30 min/km", "6:00 per km"]
)
def test_a_pace_is_no_length(text: str) -> None:
    (token,) = tokens(text)
    assert isinstance(token, Pace)
    assert read(Entry(f"Easy run @ {text}"), (), 360).minutes is None


def test_pairs_and_ladders() -> None:
    (pair,) = tokens("30/30s")
    assert isinstance(pair, Pair)
    assert (pair.work.high, pair.rest.high) == (0.5, 0.5)
    (pair,) = tokens("30-30")
    assert isinstance(pair, Pair)
    assert (pair.work.high, pair.rest.high) == (0.5, 0.5)
    (pair,) = tokens("3 min/2 min")
    assert isinstance(pair, Pair)
    assert (pair.work.high, pair.rest.high) == (3, 2)
    (ladder,) = tokens("1-2-3-2-1 min")
    assert isinstance(ladder, Ladder)
    assert ladder.whole.high == 9
    (ladder,) = tokens("400-800-1200-800-400")
    assert isinstance(ladder, Ladder)
    assert (ladder.whole.high, ladder.whole.unit) == (3600, Unit.METRES)
    assert tokens("400/800/1200/800/400") == (
        ladder._replace(
            whole=ladder.whole._replace(written="400/800/1200/800/400"), written="400/800/1200/800/400"
        ),
    )


@pytest.mark.parametrize("date", ["2026-11-24", "24.11.2026", "W48", "#7", "1.2.3.4"])
def test_a_date_is_no_length(date: str) -> None:
    assert read(Entry(f"Easy run {date}"), (), 360).minutes is None


def test_the_longest_words_of_a_table_count() -> None:
    (word,) = tokens("Long run")
    assert isinstance(word, Word)
    assert word.roles == Role.LONG_RUN


@pytest.mark.parametrize(
    "before", ["Day 12 - ", "Week 3 Day 2: ", "S1 - ", "W4 ", "KW 12: ", "Tue - ", "#7 "]
)
@pytest.mark.parametrize("behind", ["", " @ 7am", " 18:30", " (optional)", " w/ Anna", "!"])
@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("30-40 min easy", Kind.EASY),
        ("6 x 800 m", Kind.INTERVALS),
        ("400 m x 8", Kind.INTERVALS),
        ("8 x (1 min run / 1 min walk)", Kind.EASY),
        ("Easy run, hills optional", Kind.EASY),
        ("6 mi @ marathon effort", Kind.TEMPO),
        ("Time trial 5k", Kind.TIME_TRIAL),
        ("Long run 18-20 km", Kind.LONG),
    ],
)
def test_neither_its_day_nor_its_hour_changes_what_a_run_is(
    before: str, title: str, behind: str, kind: Kind
) -> None:
    assert read(Entry(before + title + behind), (), 360).kind is kind


@pytest.mark.parametrize(
    "title", ["Tue - 🚴 60 min Z2", "W4 🚴 Intervals 4x8", "Tuesday: SWIM: 3k endurance"]
)
def test_a_sport_counts_behind_a_day_too(title: str) -> None:
    assert read(Entry(title), (), 360).sort is Sort.CROSS


# --- every word of the tables --------------------------------------------------------------------

WORDS = sorted(phrase.replace("*", "") for phrase in PHRASES)


def kept(reading: Reading) -> tuple[object, ...]:
    return reading.sort, reading.kind, reading.load, reading.sport, reading.effort, reading.eases_off


@given(
    st.sampled_from(WORDS),
    st.sampled_from([str.upper, str.title, str.lower, str.capitalize]),
    st.sampled_from(["", " ", "  ", "\t", "\u00a0"]),
    st.sampled_from(["", "🔥", "✨ ", "☀️", "✅ "]),
    st.sampled_from([("", ""), ("(", ")"), ("[", "]"), ("*", "*"), ('"', '"')]),
)
def test_blanks_case_emoji_and_brackets_change_no_word(
    word: str, case: "type[str]", blanks: str, emoji: str, brackets: tuple[str, str]
) -> None:
    first, last = brackets
    written = f"{blanks}{emoji}{first}{case(word).replace(' ', blanks or ' ')}{last}{blanks}"
    # Daniels' letters are capitals, and "5K" is a race where "5 k" is how far.
    assert kept(read(Entry(written), (), 360)) == kept(read(Entry(word), (), 360)), written


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_for_all_that_matters(language: str) -> None:
    words = table(language)
    wanted = (
        *(Role.INTERVALS, Role.TEMPO, Role.THRESHOLD, Role.HILLS, Role.FARTLEK, Role.RACE, Role.LONG_RUN),
        *(Role.EASY, Role.RECOVERY, Role.RUN, Role.WALK, Role.RIDE, Role.SWIM, Role.SKI, Role.ROW, Role.HIKE),
        *(Role.STRENGTH, Role.LIGHT, Role.REST, Role.OTHER, Role.WARM, Role.COOL, Role.NOT, Role.EASING),
    )
    assert all(words.get(role) for role in wanted)


def test_a_word_of_a_table_is_written_once() -> None:
    for language in LANGUAGES:
        for phrases in table(language).values():
            assert len(set(phrases)) == len(phrases), language


# --- parts ---------------------------------------------------------------------------------------


def parts(text: str) -> list[tuple[Is, int, list[float], list[float] | None]]:
    return [
        (p.sort, p.times, [a.high for a in p.work], None if p.rest is None else [a.high for a in p.rest])
        for p in structure(text).parts
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8 x 400 m", [(Is.SET, 8, [400], None)]),
        ("8x400m (90 sec walk recovery)", [(Is.SET, 8, [400], [1.5])]),
        ("4 x 1600m @ 10k pace, walk 2 min", [(Is.SET, 4, [1600], [2])]),
        ("10 x 30/30", [(Is.SET, 10, [0.5], [0.5])]),
        ("4 x (400-300-200)", [(Is.SET, 4, [900], None)]),
        (
            "1.5 mi WU/CD, 4 x 800 m",
            [
                (Is.WARM, 1, [1.5 * 1.609344], None),
                (Is.COOL, 1, [1.5 * 1.609344], None),
                (Is.SET, 4, [800], None),
            ],
        ),
        ("2 sets of 5 x 200m", [(Is.SET, 10, [200], None)]),
        ("8 x (1 min run / 1 min walk)", [(Is.SET, 8, [1, 1], [])]),
        ("Run 90 s, walk 90 s x 6", [(Is.SET, 6, [1.5, 1.5], [])]),
        ("Run 30 seconds, walk 30 seconds. Repeat 15 times", [(Is.SET, 15, [0.5, 0.5], [])]),
        ("8 km easy + 6 x 100 m strides", [(Is.STEADY, 1, [8], None), (Is.STRIDES, 6, [100], None)]),
        ("20 km, last 5 km fast", [(Is.STEADY, 1, [20], None), (Is.WITHIN, 1, [5], None)]),
        (
            "10 min warm up, 4x5 min (1 min jog), 10 min cd",
            [(Is.WARM, 1, [10], None), (Is.SET, 4, [5], [1]), (Is.COOL, 1, [10], None)],
        ),
        ("Total 50 min: 5 x 3 min", [(Is.TOTAL, 1, [50], None), (Is.SET, 5, [3], None)]),
        ("Base run 45-60 min", [(Is.STEADY, 1, [60], None)]),
    ],
)
def test_the_parts_of_a_workout(
    text: str, expected: list[tuple[Is, int, list[float], list[float] | None]]
) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Easy after yesterday's tempo run", ["easy"]),
        ("Not a race", []),
        ("Not a 10k race: easy", ["easy"]),
        ("Post-parkrun recovery", ["recovery"]),
        ("Goal: Berlin Marathon", []),
        ("Hill phase", []),
        ("Hill week", []),
        ("Tempo race week", ["tempo"]),
        ("Tempo week 3", ["tempo"]),
        ("Marathon week 3, easy", ["easy"]),
        ("Marathon shoes", []),
        ("Intervals for speed", ["intervals"]),
        ("No intervals, tempo", ["tempo"]),
    ],
)
def test_what_is_not_about_this_workout_is_set_aside(text: str, words: Sequence[str]) -> None:
    found = (word for clause in structure(text).clauses for word in clause.words)
    assert [word.text for word in found if word.roles & (ANY_KIND | Role.DISTANCE)] == list(words)


def test_a_pace_is_neither_a_race_nor_how_far() -> None:
    for text in ("8 km @ 10k race pace", "8 km at half marathon pace", "8 km allure semi"):
        assert meaning(text).kind is Kind.TEMPO
        assert read(Entry(text), (), 360).minutes == 48


# --- what it means -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "because"),
    [
        ("8x400m", "8x 400m in the title"),
        ("Tempo 8 km", '"Tempo" in the title'),
        ("Easy/tempo", '"Easy" or "tempo": one of them'),
        ("Bike: easy", '"Bike" and "easy" before the colon'),
        ("Yoga", '"Yoga" in the title'),
        ("🚴 Easy", 'the emoji and "Easy" in the title'),
        ("🧘", "the emoji in the title"),
        ("Run 5 min, walk 1 min, x 5", '"Run" and "walk" by turns in the title'),
    ],
)
def test_it_says_by_which_words(title: str, because: str) -> None:
    assert read(Entry(title), (), 360).because == because


@pytest.mark.parametrize("title", ["W5D3", "Week 5 D3", "Wk 5 D3: easy", "D3 easy"])
def test_the_day_of_a_week_is_no_zone(title: str) -> None:
    assert read(Entry(title), (), 360).kind in (None, Kind.EASY)


@pytest.mark.parametrize(
    "title", ["Base phase", "Week 7 of 16", "Total: 52 km", "Week 6: 58 km total", "KW 45 Umfang 60 km"]
)
def test_what_speaks_of_weeks_is_a_note(title: str) -> None:
    assert read(Entry(title), (), 360).sort is Sort.OTHER


@pytest.mark.parametrize("title", ["Week 7", "Week 7: 22 km", "22 km"])
def test_a_week_may_be_the_name_of_a_run(title: str) -> None:
    assert read(Entry(title), (), 360).sort is Sort.RUN


@pytest.mark.parametrize(
    "title", ["Intervals: run 60s, walk 90s", "Run/walk intervals: run 2 min, walk 1 min"]
)
def test_walking_and_running_by_turns_is_easy_whatever_it_is_called(title: str) -> None:
    assert read(Entry(title), (), 360).kind is Kind.EASY


@pytest.mark.parametrize("title", ["Intervals 6 x 3 min, walk 2 min", "Run intervals 5 x 3 min, walk 2 min"])
def test_walking_between_repetitions_is_a_rest(title: str) -> None:
    assert read(Entry(title), (), 360).kind is Kind.INTERVALS


@pytest.mark.parametrize("title", ["Rest or easy run", "No run", "Skip run", "Pas de course"])
def test_no_run_is_a_rest(title: str) -> None:
    assert read(Entry(title), (), 360).sort is Sort.REST


@pytest.mark.parametrize(
    "title", ["Easy/tempo", "Easy or tempo", "Intervals or easy run", "Locker oder Tempo"]
)
def test_two_readings_that_contradict_each_other_are_none(title: str) -> None:
    found = read(Entry(title, "Tempo"), (), 360)
    assert (found.sort, found.kind) == (Sort.RUN, None)


@pytest.mark.parametrize("title", ["Легкий бег", "ריצה קלה", "轻松跑", "ジョグ", "Εύκολο τρέξιμο", "休養"])
def test_other_scripts_are_not_understood(title: str) -> None:
    found = read(Entry(title), (), 360)
    assert (found.sort, found.kind) == (Sort.RUN, None)


@pytest.mark.parametrize(
    ("title", "sport", "effort"),
    [
        ("Bike 60 min", Sport.RIDE, Effort.EASY),
        ("Bike intervals", Sport.RIDE, Effort.HARD),
        ("Zwift race", Sport.RIDE, Effort.HARD),
        ("Long ride", Sport.RIDE, Effort.LONG),
        ("Ride 3h", Sport.RIDE, Effort.LONG),
        ("Rennrad 4 x 8 min", Sport.RIDE, Effort.HARD),
        ("Swim 10x100", Sport.SWIM, Effort.HARD),
        ("Simning", Sport.SWIM, Effort.EASY),
        ("Svømning", Sport.SWIM, Effort.EASY),
        ("Langrenn", Sport.SKI, Effort.EASY),
        ("Skitour 4h", Sport.SKI, Effort.LONG),
        ("Rowing intervals", Sport.ROW, Effort.HARD),
        ("Row 30 min easy", Sport.ROW, Effort.EASY),
        ("Threshold test (bike)", Sport.RIDE, Effort.HARD),
        ("Kajak", Sport.PADDLE, Effort.EASY),
        ("Rollerblading", Sport.SKATE, Effort.EASY),
        ("Wandern 4 h", Sport.HIKE, Effort.LONG),
        ("Elliptical 40 min", Sport.OTHER, Effort.EASY),
        ("🚴 Easy", Sport.RIDE, Effort.EASY),
    ],
)
def test_other_sports_have_an_effort(title: str, sport: Sport, effort: Effort) -> None:
    found = read(Entry(title), (), 360)
    assert (found.sort, found.sport, found.effort) == (Sort.CROSS, sport, effort)


@pytest.mark.parametrize(
    "title", ["Sprint Triathlon", "Race: Triathlon", "Ironman 70.3", "Duathlon", "Hyrox Berlin"]
)
def test_a_triathlon_is_a_race(title: str) -> None:
    found = read(Entry(title), (), 360)
    assert (found.sort, found.kind) == (Sort.RUN, Kind.RACE)


# --- descriptions --------------------------------------------------------------------------------

INTERVALS_ICU = "Warmup\n- 15m Z2\n\nMain set 5x\n- 3m Z5\n- 2m Z1\n\nCooldown\n- 10m Z1"
RUNNA = (
    "1.5km warm up, 90s walking rest\n\nRepeat the following 10x:\n----------\n"
    "400m at 4:30/km, 60s walking rest\n----------\n\n1.5km cool down"
)


@pytest.mark.parametrize(
    ("title", "description", "kind", "minutes"),
    [
        ("Tuesday", INTERVALS_ICU, Kind.INTERVALS, 50),
        ("Tuesday", "- 10m warmup Z1\n- 3x\n- 8m Z4\n- 2m Z1\n- 10m cooldown", Kind.INTERVALS, 50),
        ("Tuesday", RUNNA, Kind.INTERVALS, 54),
        ("Tuesday", "10 min easy\n20 min tempo\n10 min easy", Kind.TEMPO, 40),
        ("Tuesday", "- 15 min easy\n- 5x 3 min hard / 2 min easy\n- 10 min easy", Kind.INTERVALS, 50),
        ("Tuesday", "Main set: 5x3 min hard, 2 min jog", Kind.INTERVALS, 50),
        ("Tuesday", "Easy\n6 x 800 m, 2 min jog", Kind.INTERVALS, 66),
        ("Speed", "2 sets of 5 x 200m", Kind.INTERVALS, 47),
        ("Easy Run", "Stay relaxed and chatty, please\n30-45 minutes\nNo hills", Kind.EASY, 45),
        ("Recovery + speed 6 mi", "6 x 100 m strides", Kind.INTERVALS, 58),
        ("Recovery + speed 6 mi with 6 x 100 m strides", "", Kind.RECOVERY, 58),
        ("Easy Run", "Goal: Berlin Marathon", Kind.EASY, None),
        ("Thursday", "Hill repeats 8 x 60 s", Kind.HILLS, 41),
        ("Sunday", "Long run 25 km easy", Kind.LONG, 150),
        ("Easy Run", "6 x 800 m", Kind.EASY, None),
        ("Houffa Trail 63 km", "RACE DAY", Kind.RACE, 378),
        ("Houffa Trail 63 km", "Nice views\nRace day!", Kind.RACE, 378),
        ("Half marathon", "Training run, easy", Kind.EASY, None),
        ("Half marathon", "Bring gels", Kind.RACE, None),
        ("Marathon", "Steady first half", Kind.RACE, None),
        ("Berlin Marathon", "Relaxed", Kind.RACE, None),
        ("Half marathon", "Relaxed", Kind.EASY, None),
    ],
)
def test_the_title_then_steps_then_the_first_line(
    title: str, description: str, kind: Kind, minutes: int | None
) -> None:
    found = read(Entry(title, description), (), 360)
    assert (found.sort, found.kind) == (Sort.RUN, kind)
    if minutes is not None:
        assert found.minutes is not None
        assert abs(found.minutes - minutes) <= 5


def test_lifts_take_no_minutes() -> None:
    assert read(Entry("Strength", "3x10 squats\n3x8 lunges"), (), 360).minutes is None
    assert read(Entry("Squats 5x5"), (), 360).minutes is None
    assert read(Entry("Gym 45 min: squats 5x5"), (), 360).minutes == 45


# --- as long as the text and no longer -----------------------------------------------------------


class Counted(Sequence[object]):
    """Pieces that count how often somebody looks at one."""

    def __init__(self, items: Sequence[object]) -> None:
        self.items = items
        self.looks = 0

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        self.looks += 1
        return self.items[at]

    def __iter__(self) -> Iterator[object]:
        return iter(self.items)


@pytest.mark.parametrize(
    "text",
    [
        "-\n",
        "easy ",
        "5x",
        "5 x (",
        "1-",
        "1/",
        "1:",
        "10 min warm up ",
        "5x5 min on 1 min ",
        "half marathon ",
        "race pace ",
        "no race ",
        "hill phase ",
        "long ",
        "x",
        "30/30 ",
        "8 times ",
        "(9 mi) ",
        "walk run ",
        "goal: ",
    ],
)
def test_twice_the_text_takes_twice_the_looks(text: str) -> None:
    def looks(times: int) -> int:
        reader = lexer.Lexer(lexer.pieces_of(text * times))
        counted = Counted(reader.pieces)
        reader.pieces = counted  # type: ignore[assignment]
        reader.all()
        return counted.looks

    assert looks(400) <= 2 * looks(200) + 20
