"""What coaches and platforms write in a title, and what is meant by it.

Every expectation is a coach's, from the words alone; titles that coaches would argue about are left out, or
stand among those of which only the effort is certain.
"""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from calsync.feeds.workouts import read_workouts
from calsync.program import FeedSettings
from calsync.training import Effort, Kind, Load, Sort, Workout

DAY = date(2026, 11, 24)
BERLIN = ZoneInfo("Europe/Berlin")


def event(title: str | None, description: str | None = None, *lines: str, uid: str = "4711") -> bytes:
    """A feed of one event, all day unless `lines` say otherwise."""

    def text(value: str) -> str:
        for character in "\\;,":
            value = value.replace(character, "\\" + character)
        return value.replace("\n", "\\n")

    if not any(line.startswith("DTSTART") for line in lines):
        lines = ("DTSTART;VALUE=DATE:20261124", *lines)
    body = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", f"UID:{uid}", *lines]
    if title is not None:
        body.append(f"SUMMARY:{text(title)}")
    if description is not None:
        body.append(f"DESCRIPTION:{text(description)}")
    return "\r\n".join([*body, "END:VEVENT", "END:VCALENDAR", ""]).encode()


def read(body: bytes, reading: FeedSettings | None = None) -> Workout:
    feed = read_workouts(body, DAY, DAY, BERLIN, reading or FeedSettings())
    assert feed.warnings == ()
    (workout,) = feed.workouts
    return workout


KINDS: dict[Kind, tuple[str, ...]] = {
    Kind.EASY: (
        "Easy Run",
        "easy run",
        "EASY RUN",
        "🏃 Easy Run • 5km",
        "🏃‍♀️ Easy run",
        "Run: Easy",
        "Run: 45 min E",
        "45 min E",
        "Easy 8 km",
        "8 km easy",
        "30' easy",
        "Easy",
        "Base",
        "Base Run",
        "Aerobic",
        "Aerobic run 50 min",
        "Run: Aerobic endurance",
        "Zone 2",
        "Zone 2 run, 50 min",
        "Z2 60 min",
        "60 min in Z2",
        "Walk Run",
        "Walk/run",
        "Run/Walk 25 min",
        "Couch to 5k: walk run",
        "🏃 Walk Run • 2.3km",
        "Jog",
        "30 min jog",
        "Jogging with the dog",
        "Gentle jog",
        "Slow run",
        "Shakeout",
        "Shakeout run",
        "Pre-race shakeout",
        "Shake-out run before the race",
        # Strides and hills within, and what is not to be done, leave an easy run easy.
        "Easy run + 6 strides",
        "Easy 8 km + 6 x 100 m strides",
        "8 km easy with 6x20s strides",
        "40 min E + 6 strides",
        "Easy run, hilly route",
        "Easy run, no intervals today",
        "Easy run (not a tempo run!)",
        "Easy run - heavy legs are fine",
        "Easy after yesterday's tempo",
        "Easy instead of intervals",
        "No tempo today, just easy",
        "Long weekend easy run",
        "Half marathon training: easy run",
        "Easy run - rest of the week is hard",
        "Easy run, day after the long run",
        "Easy run the day before the race",
        "Race week: easy run",
        "Race week easy run",
        "Rest week: easy 30 min",
        "Forest easy run",
        "Easy parkrun",
        "parkrun - easy",
        "Easy parkrun with the kids",
        "Run: off the bike, 20 min easy",
        "Run: Easy along the bike path",
        # German
        "Dauerlauf locker",
        "Lockerer Dauerlauf",
        "Ruhiger Dauerlauf",
        "Langsamer Dauerlauf",
        "Run: Lockerer Dauerlauf 50 Min",
        "Dauerlauf locker + Steigerungen",
        "GA1 60 min",
        # French
        "Footing",
        "Footing lent 45'",
        "Endurance fondamentale",
        "Footing + lignes droites",
        # Spanish
        "Rodaje suave",
        "Carrera suave",
        "Trote suave 40 min",
        # Italian
        "Corsa lenta",
        "Fondo lento",
        # Dutch
        "Duurloop",
        "Rustige duurloop",
        # Portuguese
        "Corrida leve",
        "Trote leve",
        # Swedish, Norwegian
        "Lugn jogg",
        "Rolig løpetur",
        "Rolig jogg",
    ),
    Kind.RECOVERY: (
        "Recovery",
        "Recovery Run",
        "Run: Recovery",
        "Recovery run after the race",
        "Recovery run after Sunday's long run",
        "Post-race recovery run",
        "Recovery run + 4 strides",
        "Regenerationslauf",
        "Regenerativer Dauerlauf",
        "Footing de récupération",
        "Rodaje regenerativo",
        "Corsa rigenerante",
        "Herstelloop",
        "Corrida regenerativa",
        "Återhämtningsjogg",
    ),
    Kind.LONG: (
        "Long Run",
        "Long run",
        "Run: Long Run",
        "Long Run, 22 km",
        "Long Run — 12.0 mi",
        "🏃 Long Run • 16km",
        "Sunday long run",
        "LSD run",
        "Long slow distance",
        "Long easy run",
        "Easy long run",
        "Medium-long run",
        "120 min L",
        "Long run with tempo finish",
        "Long run, last 5 km at marathon pace",
        "Long run with 10 km at race pace",
        "Long run with 6 x 1 min pickups",
        "Long run, hills in the second half",
        "Hilly long run",
        "Strong finish long run",
        "Marathon long run",
        "Progressive long run",
        "Easy week: long run",
        "Recovery week long run",
        "Race week minus 3: long run",
        "Langer Lauf",
        "Langer Dauerlauf",
        "Langer Lauf mit Endbeschleunigung",
        "Sortie longue",
        "Sortie longue avec allure marathon",
        "Tirada larga",
        "Lungo lento",
        "Lungo 24 km",
        "Lange duurloop",
        "Lange duurloop 18,5 km",
        "Longão",
        "Långpass",
        "Rolig langtur",
        "Langkjøring",
    ),
    Kind.TEMPO: (
        "Tempo",
        "Tempo Run",
        "Run: Tempo",
        "🏃 Tempo • 8km",
        "Tempo 20 min",
        "Tempo run at half marathon pace",
        "Long tempo",
        "Marathon pace",
        "Marathon pace run 14 km",
        "12 km at marathon pace",
        "30 min E 30 min M 30 min E",
        "2 km easy, 6 km tempo, 2 km easy",
        "10 min easy + 20 min tempo + 10 min easy",
        "Easy week: tempo 20 min",
        "Tempo (easy week)",
        "Recovery week: tempo 4 km",
        "Tempo after a rest day",
        "2 miles easy, 4 miles tempo, 2 miles easy",
        "Tempodauerlauf",
        "TDL 8 km",
        "Marathontempo 15 km",
        "Tempolauf 6 km",
        "Allure marathon 12 km",
        "Ritmo maratón",
        "Tempoduurloop",
        "Tempopass",
    ),
    Kind.THRESHOLD: (
        "Threshold",
        "Threshold run",
        "Run: Threshold",
        "Lactate threshold run",
        "10 min E 20 min T 10 min E",
        "Schwellenlauf",
        "Seuil",
        "Umbral",
        "Soglia",
        "Limiar",
        "Tröskelpass",
        "Terskel",
    ),
    Kind.INTERVALS: (
        "Intervals",
        "Interval run",
        "Run: Intervals",
        "VO2 Max",
        "VO2max",
        "Anaerobic",
        "Sprint",
        "Sprints",
        "400m Repeats",
        "🏃 400m Repeats",
        "8x400m",
        "8 x 400 m",
        "8×400m",
        "5 x 1 km",
        "5x1km @ 3:50/km",
        "12 x 200m w/ 200m jog",
        "Pyramid: 1-2-3-2-1 min",
        "Track session",
        "Speed work",
        "6 x 800m, 2 min easy jog",
        "6x1000m with 90s jog recovery",
        "Warm up 15 min easy, 6 x 400m, 10 min easy cool down",
        "30/30",
        "Ladder: 200-400-600-400-200",
        "Long intervals",
        "Intervals with long recoveries",
        "Intervals, full rest between reps",
        "10 x 400m, 1 min rest",
        "8 x 1 min hard, 1 min rest",
        "4 x 5 min hard, 2 min easy",
        "No rest for the wicked: 10 x 400m",
        "Easy week: 6 x 800m",
        "Deload week intervals",
        "Intervalle",
        "Intervalle 6x800",
        "Intervalltraining",
        "Fractionné",
        "Fractionné 10x400",
        "VMA 12x300",
        "Series 8x400",
        "Ripetute",
        "Ripetute 6x1000",
        "Interval 8x400",
        "Intervalado",
        "Tiros 10x400",
        "Intervaller",
        "Korta intervaller",
    ),
    Kind.HILLS: (
        "Hills",
        "Hill repeats",
        "Hill Repeats 8 x 60s",
        "Run: Hill sprints",
        "8 x 90 s hills",
        "Long hill repeats",
        "Bergsprints",
        "Côtes",
        "Côtes 10 x 45 s",
        "Cuestas",
        "Cuestas 10x100",
        "Salite",
        "Heuveltraining",
        "Subidas",
        "Backintervaller",
        "Bakkeintervaller",
        "Bakkeløp",
    ),
    Kind.FARTLEK: (
        "Fartlek",
        "Run: Fartlek 40 min",
        "Mona Fartlek",
        "Fahrtspiel",
        "Fartlek en nature",
    ),
    Kind.TIME_TRIAL: (
        "Time trial",
        "5k time trial",
        "Time Trial 3 km",
        "3k TT",
        "parkrun",
        "Parkrun",
        "Saturday parkrun",
        "Bushy parkrun",
    ),
    Kind.RACE: (
        "Race",
        "Race day",
        "RACE DAY!!!",
        "Goal race: half marathon",
        "🏁 Race • 21km",
        "Run: Race 10 km",
        "Winter league race 3",
        "Wettkampf",
        "10 km Wettkampf",
        "Compétition",
        "Competición 10K",
        "Gara 10 km",
        "Wedstrijd",
        "Tävling",
        "Konkurranse",
    ),
}


@pytest.mark.parametrize(
    ("title", "kind"), [(title, kind) for kind, titles in KINDS.items() for title in titles]
)
def test_the_kind_of_a_run(title: str, kind: Kind) -> None:
    workout = read(event(title))
    assert (workout.sort, workout.kind) == (Sort.RUN, kind)


@pytest.mark.parametrize(
    "title",
    [
        "Threshold Intervals • 8km",
        "Tempo intervals",
        "Cruise intervals",
        "Run: Tempo into VO2max spikes",
        "Race pace intervals",
        "3 x 3 km at race pace",
        "4 x 2 km @ 10k race pace",
        "5 x 5 min @ tempo",
        "20 min warm up 5x5 min @ tempo on 1 min easy jog recovery 20 min warm down",
        "3 x 10 min @ threshold, 2 min rest",
        "Threshold 4x8 min",
        "2 miles easy, 4 miles at threshold, 2 miles easy",
        "10 min wu, 4x5 min @ T (1 min jog), 10 min cd",
        "Race pace 8 km",
        "Seuil 3 x 10 min",
        "Terskel 4x8 min",
        "20 min E 6x2 min I on 2 min jog 15 min E",
        "Ritmo gara 3 x 2 km",
        "Hill tempo",
    ],
)
def test_quality_is_quality_whatever_it_is_called(title: str) -> None:
    workout = read(event(title))
    assert workout.sort is Sort.RUN
    assert workout.kind is not None
    assert workout.kind.effort is Effort.HARD


@pytest.mark.parametrize(
    "title",
    [
        "Run",
        "Run: Run",
        "Morning Run",
        "🏃 Morning Run",
        "Run with Emma",
        "Run: With the M. sisters",
        "Club night",
        "Lunchtime 10",
        "Week 3 Day 2",
        "Unterwegs mit Lena",
        "Laufen",
        "Course à pied",  # running, not a race
        "Treadmill run",
        # Words that only contain others.
        "Trace the river",
        "Terrace loop",
        "Embrace the cold",
        "Forest loop",
        "Everest streets",
        "Crest Road",
        "Restart",
        "Longmeadow loop",
        "Belong together",
        "Chilly morning",
        "Hillary's birthday run",
        "Contemporary art trail",
        "Pride run",
        "Rowntree Park loop",
        "Skipton canal",
        "Motorbike museum loop",
        "Gymkhana field loop",
        "Databases and rivers",
        "Breakfast run",
        "Nightingale valley",
        "Ridge and bridge",
        "Run: Row house loop",
        "???",
        "🏃",
        "42",
    ],
)
def test_what_says_nothing_is_a_run_of_no_kind(title: str) -> None:
    workout = read(event(title))
    assert (workout.sort, workout.kind) == (Sort.RUN, None)


def test_no_title_at_all_is_a_run_of_no_kind() -> None:
    for body in (event(None), event("")):
        workout = read(body)
        assert (workout.sort, workout.kind, workout.minutes) == (Sort.RUN, None, None)


@pytest.mark.parametrize(
    ("title", "load"),
    [
        ("Strength: Lower body A", Load.MODERATE),
        ("Strength: Core before tempo run", Load.MODERATE),
        ("Strength: Easy full body", None),
        ("Strength", Load.MODERATE),
        ("Strength training", Load.MODERATE),
        ("Strength for runners", Load.MODERATE),
        ("🏋️ Lower Body Endurance Session • 55m - 65m", Load.MODERATE),
        ("🏋️‍♀️ Session 3", Load.MODERATE),
        ("Legs & Core Strength", Load.MODERATE),
        ("Gym", Load.MODERATE),
        ("Gym session", Load.MODERATE),
        ("Weights", Load.MODERATE),
        # Lifts have sets, too; those are no intervals.
        ("Squats 3x8", Load.MODERATE),
        ("Deadlift 5x5", None),
        ("Core 3x10", None),
        ("Push-ups 3x20", None),
        ("Leg day", Load.MODERATE),
        ("Gimnasio", Load.MODERATE),
        ("Palestra", Load.MODERATE),
        ("Max strength", Load.HEAVY),
        ("Strength: Heavy squats", Load.HEAVY),
        ("Heavy strength", Load.HEAVY),
        ("Gym: heavy lifting", Load.HEAVY),
        ("Mobility", Load.LIGHT),
        ("Hip mobility 15 min", Load.LIGHT),
        ("Yoga", Load.LIGHT),
        ("Yoga for runners", Load.LIGHT),
        ("Strength: Yoga flow", Load.LIGHT),
        ("Pilates", Load.LIGHT),
        ("Stretching", Load.LIGHT),
        ("Krafttraining", Load.MODERATE),
        ("Renforcement musculaire", Load.MODERATE),
        ("Fuerza", Load.MODERATE),
        ("Krachttraining", Load.MODERATE),
        ("Musculação", Load.MODERATE),
        ("Styrketräning", Load.MODERATE),
    ],
)
def test_strength(title: str, load: Load | None) -> None:
    """`None` is a load that the title leaves open."""
    workout = read(event(title))
    assert (workout.sort, workout.kind) == (Sort.STRENGTH, None)
    assert workout.load is not None
    assert load in (None, workout.load)


@pytest.mark.parametrize(
    "title",
    [
        "Rest",
        "REST",
        "Rest day",
        "Rest Day 😴",
        "Day Off: Day Off",
        "Day Off: Rest",
        "Day Off: easy walk if you like",
        "Day Off: no running before the race",
        "Ruhetag",
        "Repos",
        "Jour de repos",
        "Descanso",
        "Riposo",
        "Rustdag",
        "Vilodag",
        "Hviledag",
    ],
)
def test_rest(title: str) -> None:
    workout = read(event(title))
    assert (workout.sort, workout.kind, workout.load) == (Sort.REST, None, None)


@pytest.mark.parametrize(
    "title",
    [
        "Bike: Endurance",
        "Bike: Tempo intervals",
        "Bike: Recovery after the long run",
        "BIKE: easy",
        "Swim: 10x100 threshold",
        "MTB: Long one",
        "X-Train: Elliptical",
        "Brick: bike and run",
        "Walk: 30 min easy",
        "Rowing: 5x500",
        "Other: Physio",
        "Custom: Sauna",
        "Note: Race week!",
        "Note: Long run tomorrow",
        "Easy ride",
        "Long ride",
        "Recovery ride",
        "Cycling",
        "Bike intervals",
        "Swim 2 km",
        "Swimming, easy",
        "🏊 Swim",
        "🚴 Easy spin",
        "Hike",
        "Elliptical 40 min",
        "Rowing intervals",
        "Schwimmen",
        "Radfahren locker",
        "Natation",
        "Vélo",
        "Natación",
        "Ciclismo",
        "Fietsen",
        "Zwemmen",
    ],
)
def test_other_sports_and_notes(title: str) -> None:
    workout = read(event(title))
    assert workout.sort in (Sort.OTHER, Sort.CROSS)
    assert (workout.kind, workout.load) == (None, None)


@pytest.mark.parametrize("status", ["CANCELLED", "CANCELED", "cancelled"])
@pytest.mark.parametrize("title", ["Easy Run", "Strength: Lower body A", "Rest day", "Swim", "Race"])
def test_what_is_cancelled_is_nothing_to_mind(title: str, status: str) -> None:
    workout = read(event(title, None, f"STATUS:{status}"))
    assert (workout.sort, workout.kind, workout.load) == (Sort.OTHER, None, None)


# --- Which of them counts ------------------------------------------------------------------------

PLAN = "UPCOMING_PLAN_WORKOUT-5b0c2f6e-7a41-4f3e-9d55-0c1a8e7f2b90_plan_week_4"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("EASY_RUN", Kind.EASY),
        ("WALK_RUN", Kind.EASY),
        ("LONG_RUN", Kind.LONG),
        ("TEMPO", Kind.TEMPO),
        ("INTERVALS", Kind.INTERVALS),
        ("FARTLEK", Kind.FARTLEK),
        ("RACE", Kind.RACE),
    ],
)
def test_the_token_in_the_uid_comes_before_all_that_is_written(token: str, kind: Kind) -> None:
    for title, line in (("🏃 Lamp Posts • 8km", ""), ("🏃 Hills • 8km", "Threshold • 8km • 45m - 50m")):
        assert read(event(title, line, uid=f"{PLAN}_{token}_1")).kind is kind


def test_a_strength_token_needs_no_title() -> None:
    workout = read(event("Session 3", "3 sets", uid=f"{PLAN}_LEGS_AND_CORE_3"))
    assert (workout.sort, workout.load) == (Sort.STRENGTH, Load.MODERATE)


@pytest.mark.parametrize(
    "uid",
    [
        "race-2026-0815@harriers.example",
        "intervals.club.example-77",
        "4a1e0f52-93bd-4c0e-b7a6-2d4c5f60e7b1",
        "COMPLETED_ACTIVITY-b3BhcXVlLTAwMg",
        f"{PLAN}_SOMETHING_NEW_2",
    ],
)
def test_no_other_uid_says_what_a_run_is(uid: str) -> None:
    workout = read(event("Morning loop", uid=uid))
    assert (workout.sort, workout.kind) == (Sort.RUN, None)


def test_the_first_line_of_the_description_comes_before_the_title() -> None:
    assert read(event("🏃 Rolling 400s • 12.9km", "Tempo • 12.9km • 1h10m")).kind is Kind.TEMPO
    assert read(event("Lamp Posts", "Fartlek • 7km • 40m")).kind is Kind.FARTLEK


@pytest.mark.parametrize(
    "first",
    ["Workout type: Run", "📊 Summary:", "Meet at the gate"],
)
@pytest.mark.parametrize(
    "later",
    ["Intervals, 6 x 800 m", "This is not a race", "Long run tomorrow", "Tempo!", "Rest 90 s", "Swim after"],
)
def test_what_follows_in_the_description_decides_nothing(first: str, later: str) -> None:
    assert read(event("Easy Run", f"{first}\n{later}")).kind is Kind.EASY
    workout = read(event("Morning loop", f"{first}\n{later}"))
    assert (workout.sort, workout.kind) == (Sort.RUN, None)


# --- The config's patterns -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "title", "matches"),
    [
        ("Club night", "Club night", True),
        ("club night", "Club Night with the juniors", True),
        ("CLUB NIGHT", "Run: club night", True),
        ("Pace", "Space walkers", False),
        ("club", "Clubhouse loop", False),
        ("Rolling 400s", "🏃 Rolling 400s • 12.9km", True),
        ("Rolling*", "🏃 Rolling 400s • 12.9km", True),
        ("rolling 400?", "🏃 Rolling 400s • 12.9km", True),
        ("Tuesday*", "Run: Tuesday thing", True),
        ("Run: Tuesday*", "Run: Tuesday thing", True),
        ("*thing", "Run: Tuesday thing", True),
        ("Tuesday*", "Every Tuesday thing", False),
        ("T?", "Tuesday thing", False),
        ("Côte*", "côtelette loop", True),
    ],
)
def test_a_pattern_of_the_config(pattern: str, title: str, matches: bool) -> None:
    reading = FeedSettings(kind={pattern: "hills"})
    assert (read(event(title), reading).kind is Kind.HILLS) is matches


def test_a_pattern_comes_before_everything_else() -> None:
    reading = FeedSettings(kind={"Rolling 400s": "fartlek"})
    body = event("🏃 Rolling 400s • 12.9km", "Tempo • 12.9km • 1h10m", uid=f"{PLAN}_INTERVALS_1")
    assert read(body, reading).kind is Kind.FARTLEK


def test_a_pattern_without_a_kind_takes_the_entry_out_of_the_runs() -> None:
    reading = FeedSettings(kind={"Book club": "ignore", "*tempo*": "ignore"})
    for title in ("Book club", "Run: Book club", "A tempo of the old school"):
        workout = read(event(title), reading)
        assert (workout.sort, workout.kind) == (Sort.OTHER, None)
    assert read(event("Booking the club"), reading).sort is Sort.RUN


# --- How long ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "minutes"),
    [
        # A range or a length between bullets.
        ("🏃 Easy Run • 45m - 50m", 50),
        ("Tempo • 12.9km • 1h10m", 70),
        ("Easy Run • 5mi • 40m - 45m", 45),
        ("Long Run • 21km • 1h55m - 2h10m", 130),
        ("Intervals • 8km • 55m - 1h5m", 65),
        ("🏋️ Lower Body Endurance Session • 55m - 65m", 65),
        ("Easy 40-50 min", 50),
        ("Easy 40–50 min", 50),
        ("45 to 50 min easy", 50),
        ("1h-1h15 easy", 75),
        ("Long run 20-22 km", 132),
        # Written out.
        ("45 min E", 45),
        ("Run: 45 min E", 45),
        ("Easy run 45min", 45),
        ("20 mins easy", 20),
        ("30 minutes jog", 30),
        ("30-minute jog", 30),
        ("Footing 45'", 45),
        ("Dauerlauf locker 50 Minuten", 50),
        ("1 hour easy", 60),
        ("Long run 2h", 120),
        ("2 h L", 120),
        ("Long run 1 h 45 min", 105),
        ("Sortie longue 1h30", 90),
        ("Sortie longue 1h45min", 105),
        ("1h30min easy", 90),
        ("1.5 h easy", 90),
        # Sums and repeats.
        ("30 min E 30 min M 30 min E", 90),
        ("10 min E 20 min T 10 min E", 40),
        ("20 min warm up 5x5 min @ tempo on 1 min easy jog recovery 20 min warm down", 70),
        ("20 min E 6x2 min I on 2 min jog 15 min E", 59),
        ("10 min easy + 20 min tempo + 10 min easy", 40),
        ("10 min wu, 4x5 min @ T (1 min jog), 10 min cd", 44),
        # Distances, at six minutes a kilometre, rounded up.
        ("Long Run, 22 km", 132),
        ("10 km easy", 60),
        ("🏃 Walk Run • 2.3km", 14),
        ("Rolling 400s • 12.9km", 78),
        ("Lange duurloop 18,5 km", 111),
        ("Long Run — 12.0 mi", 116),
        ("Easy 5 miles", 49),
        ("🏃 Long Run • 10mi", 97),
        ("10 km @ 5:30/km", 60),
        ("Long run, 20 km, last 5 km at marathon pace", 120),
        ("60 min incl. 20 min tempo", 60),
        ("8km/5mi easy", 49),
        ("6M easy", 58),
        ("Long run 20M", 194),
        ("EASY 20M", 20),
        ("18 miler easy", 174),
        ("5 x 1000 m • 10km", 60),
        ("20 min easy + 3 x 10 min + 10 min easy", 69),
        ("20 min easy + 3 x 10 min + 2 min rest", 66),
        ("Tempo 30 min + WU/CD", 55),
        ("20 min easy / 20 min tempo / 10 min easy", 50),
        ("5 miles / 8 km easy", 49),
        ("15 min wu, 10 x 400 à 95% VMA, 15 min cd", 66),
        ("40 min easy / 4 x ca. 100 m strides", 40),
        ("1 km easy, 4 x 3 min tempo", 40),
        ("6 m run", 58),
        ("25m easy", 25),
        ("3 x 1 mile, 1.5 mi WU/CD", 67),
        ("10 km tempo in 4:30", 60),
        ("30 km long run 2:45", 165),
        # Neither paces nor other numbers are a length.
        ("Easy run @ 6:10/mi", None),
        ("Run at 8:05 /km", None),
        ("Tempo @ 4:30-4:40/km", None),
        ("400m Repeats", None),
        ("Easy run + 6 strides", None),
        ("Zone 2", None),
        ("Week 3 Day 2", None),
        ("Marathon in 12 weeks", None),
        ("Easy", None),
        ("Club night 2026", None),
        ("0 km easy", None),
        ("0 min easy", None),
    ],
)
def test_minutes_of_a_title(title: str, minutes: int | None) -> None:
    assert read(event(title)).minutes == minutes


@pytest.mark.parametrize(
    ("distance", "seconds_per_km", "minutes"),
    [
        ("10 km", 300, 50),
        ("2.2 km", 300, 11),  # 660 s, which floats make a little more of
        ("12.9 km", 300, 65),
        ("12.1 km", 300, 61),
        ("5 mi", 300, 41),
        ("26.2 mi", 330, 232),
    ],
)
def test_a_distance_takes_as_long_as_the_config_says(
    distance: str, seconds_per_km: int, minutes: int
) -> None:
    reading = FeedSettings(seconds_per_km=seconds_per_km)
    assert read(event(f"Easy Run, {distance}"), reading).minutes == minutes


ALL_DAY = "DTSTART;VALUE=DATE:20261124"
TIMED = "DTSTART:20261124T180000"


@pytest.mark.parametrize(
    ("title", "description", "lines", "minutes"),
    [
        # The platform's own field, in seconds, before all else.
        (
            "45 min E",
            "Planned Time: 1:01",
            ("X-WORKOUT-ESTIMATED-DURATION:1800", TIMED, "DTEND:20261124T190000"),
            30,
        ),
        ("Easy Run • 5km • 30m - 35m", None, ("X-WORKOUT-ESTIMATED-DURATION:1980",), 33),
        # Of no use: as if it were not there.
        ("45 min E", None, ("X-WORKOUT-ESTIMATED-DURATION:0",), 45),
        ("45 min E", None, ("X-WORKOUT-ESTIMATED-DURATION:soon",), 45),
        ("45 min E", None, ("X-WORKOUT-ESTIMATED-DURATION:-1800",), 45),
        # What it took, then what was planned.
        (
            "Tempo",
            "Workout type: Run\nPlanned Time: 1:01\nActual Time: 0:58",
            (TIMED, "DTEND:20261124T190100"),
            58,
        ),
        ("400m Repeats", "📊 Summary:\nDistance: 4.27km\nTime: 34:36\nAvg Pace: 8:05 /km", (ALL_DAY,), 35),
        ("Long Run", "📊 Summary:\nDistance: 16km\nTime: 1:44:50\nAvg Pace: 6:33 /km", (ALL_DAY,), 105),
        ("45 min E", "Workout type: Run\nPlanned Time: 1:01", (ALL_DAY,), 61),
        ("Easy 10 km", "Workout type: Run\nPlanned Time: 0:50", (ALL_DAY,), 50),
        ("Easy", "Workout type: Run\nPlanned Time: 1:01", (TIMED, "DTEND:20261124T200000"), 61),
        # The event's own end, if it says something.
        ("45 min E", None, (TIMED, "DTEND:20261124T185000"), 50),
        ("45 min E", None, (TIMED, "DURATION:PT50M"), 50),
        ("Easy Run", "Easy Run • 5km • 30m - 35m", (TIMED, "DTEND:20261124T184000"), 40),
        ("Night run", None, ("DTSTART:20261124T233000", "DTEND:20261125T003000"), 60),
        ("10 km easy", None, (ALL_DAY, "DTEND:20261124T010100"), 61),
        ("45 min E", None, (TIMED, "DTEND:20261124T180000"), 45),
        ("45 min E", None, (TIMED,), 45),
        ("45 min E", None, (ALL_DAY, "DTEND;VALUE=DATE:20261125"), 45),
        ("45 min E", None, (ALL_DAY, "DTEND:20261124T000000"), 45),
        ("Easy", None, (ALL_DAY, "DTEND;VALUE=DATE:20261125"), None),
        # The description's first line, before the title.
        ("Rolling 400s • 12.9km", "Tempo • 12.9km • 1h10m", (ALL_DAY,), 70),
        ("Lamp Posts", "Fartlek • 7km • 40m - 45m", (ALL_DAY,), 45),
        ("Harbour Half", "Race • 21km", (ALL_DAY,), 126),
        # Its other lines are steps.
        ("Easy Run", "Meet at the gate\n20 min warm up", (ALL_DAY,), None),
        ("Easy Run", "Meet at the gate\n1.5 km warm up", (ALL_DAY,), None),
        ("Easy Run • 5km", "Meet at the gate\n1.5 km warm up", (ALL_DAY,), 30),
    ],
)
def test_which_length_counts(
    title: str, description: str | None, lines: tuple[str, ...], minutes: int | None
) -> None:
    assert read(event(title, description, *lines)).minutes == minutes


# --- When ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "start"),
    [
        (("DTSTART;VALUE=DATE:20261124",), None),
        (("DTSTART:20261124",), None),
        (("DTSTART;VALUE=DATE:20261124", "DTEND:20261124T010100"), None),
        (("DTSTART:20261124T063000",), 6 * 60 + 30),
        (("DTSTART:20261124T000000",), 0),
        (("DTSTART:20261124T063000Z",), 7 * 60 + 30),
        (("DTSTART:20261123T233000Z",), 30),
        (("DTSTART;TZID=Europe/London:20261124T063000",), 7 * 60 + 30),
        (("DTSTART;TZID=America/New_York:20261123T200000",), 2 * 60),
        (("DTSTART;TZID=Asia/Tokyo:20261125T013000",), 17 * 60 + 30),
    ],
)
def test_the_start_is_in_the_runners_zone(lines: tuple[str, ...], start: int | None) -> None:
    workout = read(event("Easy Run", None, *lines))
    assert (workout.day, workout.start) == (DAY, start)


@pytest.mark.parametrize(
    "line", ["DTSTART:20261124T233000Z", "DTSTART;TZID=Asia/Tokyo:20261124T013000", "DTSTART:20261125"]
)
def test_the_day_is_in_the_runners_zone(line: str) -> None:
    assert read_workouts(event("Easy Run", None, line), DAY, DAY, BERLIN).workouts == ()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Berlin", "UTC", "America/Los_Angeles"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DTSTART:20261124T000000Z", "DTEND:20261125T000000Z"),
        ("DTSTART;TZID=America/New_York:20261124T000000", "DTEND;TZID=America/New_York:20261125T000000"),
        ("DTSTART:20261124T000000", "DURATION:PT24H"),
    ],
)
def test_from_midnight_to_midnight_is_that_day_in_every_zone(start: str, end: str, zone: str) -> None:
    (workout,) = read_workouts(event("Easy Run", None, start, end), DAY, DAY, ZoneInfo(zone)).workouts
    assert (workout.day, workout.start, workout.minutes) == (DAY, None, None)


# --- Several days --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261130"),
        ("DTSTART:20261123T000000Z", "DTEND:20261130T000000Z"),
        ("DTSTART:20261123T080000", "DTEND:20261125T170000"),
        ("DTSTART;VALUE=DATE:20261123", "DURATION:P1W"),
    ],
)
@pytest.mark.parametrize("title", ["Training Week 1, Distance: 33 mi", "Long run 33 mi", "Rest", "Gym"])
def test_an_entry_of_several_days_is_a_note(title: str, lines: tuple[str, str]) -> None:
    monday = date(2026, 11, 23)
    (workout,) = read_workouts(event(title, None, *lines), monday, date(2026, 11, 30), BERLIN).workouts
    assert (workout.day, workout.sort, workout.kind) == (monday, Sort.OTHER, None)
    assert workout.minutes is None
    assert "days" in workout.because


def test_a_race_of_two_days_is_one() -> None:
    workout = read(event("UTMB race", None, "DTSTART:20261124T180000", "DTEND:20261126T120000"))
    assert (workout.sort, workout.kind) == (Sort.RUN, Kind.RACE)


@pytest.mark.parametrize(
    ("title", "eases_off"),
    [
        ("Deload week", True),
        ("Recovery week: easy 30 min", True),
        ("Entlastungswoche", True),
        ("Semaine de récupération", True),
        ("Semana de descarga", True),
        ("Settimana di scarico", True),
        ("Herstelweek", True),
        ("Vilovecka", True),
        ("Restitusjonsuke", True),
        ("Restitutionsuge", True),
        ("Tydzień regeneracyjny", True),
        ("Semana regenerativa", True),
        ("Taper", True),
        ("Week 12 (taper)", True),
        ("Recovery run", False),
        ("Rest", False),
        ("Race week", False),
        ("Training week 4", False),
    ],
)
def test_a_week_to_ease_off_says_so(title: str, eases_off: bool) -> None:
    assert read(event(title)).eases_off is eases_off


# --- Series that change --------------------------------------------------------------------------


def series(*overrides: str) -> bytes:
    """Tuesdays in December at 18:00, and what changes them."""
    lines = [
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\nBEGIN:VEVENT\nUID:1",
        "DTSTART:20261201T180000\nRRULE:FREQ=WEEKLY;COUNT=5\nSUMMARY:Easy run\nEND:VEVENT",
        *(f"BEGIN:VEVENT\nUID:1\nSEQUENCE:1\n{override}\nEND:VEVENT" for override in overrides),
        "END:VCALENDAR\n",
    ]
    return "\n".join(lines).encode()


def days_of(body: bytes) -> list[tuple[int, int | None, Kind | None]]:
    found = read_workouts(body, date(2026, 12, 1), date(2026, 12, 31), BERLIN)
    assert found.warnings == ()
    return [(workout.day.day, workout.start, workout.kind) for workout in found.workouts]


def test_a_change_of_this_and_the_future_moves_what_follows() -> None:
    change = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261215T180000\nDTSTART:20261216T070000\nSUMMARY:Tempo"
    assert days_of(series(change)) == [
        (1, 1080, Kind.EASY),
        (8, 1080, Kind.EASY),
        (16, 420, Kind.TEMPO),
        (23, 420, Kind.TEMPO),
        (30, 420, Kind.TEMPO),
    ]


def test_a_later_change_ends_what_an_earlier_one_said() -> None:
    first = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261208T180000\nDTSTART:20261209T180000\nSUMMARY:Tempo"
    second = "RECURRENCE-ID;RANGE=THISANDFUTURE:20261222T180000\nDTSTART:20261222T190000\nSUMMARY:Hills"
    single = "RECURRENCE-ID:20261229T180000\nDTSTART:20261229T180000\nSUMMARY:Fartlek"
    assert days_of(series(first, second, single)) == [
        (1, 1080, Kind.EASY),
        (9, 1080, Kind.TEMPO),
        (16, 1080, Kind.TEMPO),
        (22, 1140, Kind.HILLS),
        (29, 1080, Kind.FARTLEK),
    ]
