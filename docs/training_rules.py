"""The texts of docs/rules.md: what each training rule asks, why, and what is known about it.

`python -m docs.generate` writes the page from them. The program itself needs no more than the ids.
"""

from dataclasses import dataclass
from enum import StrEnum

from calsync.planning.rules import Rule


class Certainty(StrEnum):
    """How far the evidence carries a rule, for a runner who lifts to run better."""

    GOOD = "good"  # reviews of many studies say so
    FAIR = "fair"  # reviews or several studies, of people or outcomes that are a step away
    WEAK = "weak"  # a small study, or other athletes
    PRACTICE = "practice"  # what coaches do; no study that we know of tells it from another way


@dataclass(frozen=True, slots=True)
class Source:
    """A publication, and what of it counts here."""

    name: str
    where: str
    finding: str


SCHUMANN = Source(
    "Schumann et al. 2022",
    "Sports Med",
    "A meta-analysis of 43 studies: training strength and endurance side by side costs explosive strength"
    " when both are in one session; with 3 h or more between them that loss is gone.",
)
PETRE = Source(
    "Petré et al. 2021",
    "Sports Med",
    "A meta-analysis: in trained people, endurance training in the same session interferes with strength.",
)
DOMA_2013 = Source(
    "Doma & Deakin 2013",
    "Appl Physiol Nutr Metab",
    "14 people: running first and lifting six hours later costs the next day's running less than the "
    "reverse.",
)
DOMA_2019 = Source(
    "Doma et al. 2019",
    "Sports Med Open 5:21",
    "In people who are not used to lifting, a given pace costs more for up to 48 h after a session.",
)
BLAGROVE = Source(
    "Blagrove et al. 2018",
    "Sports Med 48:1117",
    "Two to three sessions a week over 6 to 20 weeks improve running economy.",
)
RONNESTAD = Source(
    "Rønnestad et al. 2010",
    "a study of cyclists",
    "One session a week keeps what twice a week has built.",
)
BOSQUET = Source(
    "Bosquet et al. 2007",
    "Med Sci Sports Exerc 39:1358",
    "A meta-analysis of tapers: two weeks, with the volume of training down by 41 to 60 %, gain most.",
)
SOURCES = (SCHUMANN, PETRE, DOMA_2013, DOMA_2019, BLAGROVE, RONNESTAD, BOSQUET)


@dataclass(frozen=True, slots=True)
class TrainingRule:
    """What a rule asks and why; `known` is what its sources carry, and what they don't."""

    id: Rule
    text: str
    reason: str
    certainty: Certainty
    known: str
    sources: tuple[Source, ...] = ()


RULES = (
    TrainingRule(
        Rule.TWICE_A_WEEK,
        'Two strength sessions a week. Three only for `experience = "experienced"`; four or more are '
        "refused.",
        "Two are enough to get stronger and leave the days between for running. A fourth has no day of "
        "its own.",
        Certainty.GOOD,
        "Studies that found better running economy had two to three sessions a week. That one keeps the "
        "gains is known of cyclists. Who may have three is our own line.",
        (
            BLAGROVE,
            RONNESTAD,
        ),
    ),
    TrainingRule(
        Rule.SHORT_AND_REGULAR,
        "A session takes 20 to 30 minutes (*default* 30, never silently above 45). A shorter one beats a "
        "skipped one.",
        "What fits into a lunch break is done every week; a long session now and then is not.",
        Certainty.PRACTICE,
        "We know of no study that compares lengths at the same work. Gains come with weeks of regular "
        "sessions.",
        (BLAGROVE,),
    ),
    TrainingRule(
        Rule.HARD_DAYS_HARD,
        "Strength goes on the days that are hard already.",
        "So that easy days stay easy, and the body rests on them.",
        Certainty.PRACTICE,
        "Expert opinion.",
    ),
    TrainingRule(
        Rule.RUN_FIRST,
        "On a day with a hard or long run: run first, lift later.",
        "The run is what the training is for, so it gets the fresher legs.",
        Certainty.WEAK,
        "One study with few runners points this way.",
        (DOMA_2013,),
    ),
    TrainingRule(
        Rule.HOURS_APART,
        "At least 3 h (*default*) between the end of a hard or long run and the lift; 4 to 8 h are ideal.",
        "Time to eat and to recover, so that both sessions are good ones.",
        Certainty.GOOD,
        "Three hours are where the loss of explosive strength ends. That 4 to 8 h are better still is "
        "practice, with six hours in one small study of the order.",
        (
            SCHUMANN,
            PETRE,
            DOMA_2013,
        ),
    ),
    TrainingRule(
        Rule.CONTROLLED,
        "A lift on a hard-run day is `moderate` or `light`, never `heavy`.",
        "Maximal lifts on tired legs are bad lifts, and a way to get hurt.",
        Certainty.PRACTICE,
        "Expert opinion.",
    ),
    TrainingRule(
        Rule.EASY_DAYS_EASY,
        "An easy day carries strength only when the template says so or nothing better is free; then the "
        "easy run comes first. A `light` session is welcome on any easy day.",
        "An easy day that ends with squats is not easy.",
        Certainty.PRACTICE,
        "Expert opinion; the other side of `hard-days-hard`.",
    ),
    TrainingRule(
        Rule.LONG_RUN_DAY,
        "Nothing `heavy` or `moderate` on the day of the long run, and better not within 24 h after it, or "
        "after a race.",
        "The long run is load enough, and the days after it are for recovery.",
        Certainty.PRACTICE,
        "Expert opinion.",
    ),
    TrainingRule(
        Rule.RACE_DAY,
        "Nothing on the day of a race or the day before it; only `light` sessions in the seven days after the"
        " plan's A race, and on the day after a B race.",
        "A race deserves fresh legs, and the week after it belongs to recovery.",
        Certainty.FAIR,
        "That a lift can be felt for up to 48 h is known. How long to wait after a race is expert opinion.",
        (DOMA_2019,),
    ),
    TrainingRule(
        Rule.REST_DAY,
        "A rest day stays free: no run, and `light` work only when the template allows it.",
        "Training works while you rest from it.",
        Certainty.PRACTICE,
        "Expert opinion.",
    ),
    TrainingRule(
        Rule.FRESH_LEGS,
        "A lift ends 6 h (`light`), 24 h (`moderate`) or 48 h (`heavy`) before the next hard run, long "
        "run or race (*default*; `fresh_legs` makes it more).",
        "A quality run on tired legs is neither.",
        Certainty.FAIR,
        "48 h are measured in people who are not used to lifting; with practice it is less, how much is "
        "not settled. The steps by load are ours.",
        (DOMA_2019,),
    ),
    TrainingRule(
        Rule.NO_BACK_TO_BACK,
        "No hard, long or race days side by side, and no `heavy` or `moderate` lift on the day before or "
        "after another one. calsync keeps two days between any two sessions.",
        "Legs need the day between.",
        Certainty.FAIR,
        "That legs are tired for up to 48 h after unaccustomed lifting is known; the rest is expert opinion.",
        (DOMA_2019,),
    ),
    TrainingRule(
        Rule.WHAT_TO_TRAIN,
        "Over a week: lower body, hips and glutes, core, and single-leg control.",
        "Squats, lunges, deadlifts, step-ups, calf raises and core work are what running asks of the body.",
        Certainty.PRACTICE,
        "Which exercises a runner needs is expert opinion.",
    ),
    TrainingRule(
        Rule.EASE_IN,
        "Someone new to strength starts small and builds up over eight weeks.",
        "The first sessions make the sorest legs.",
        Certainty.FAIR,
        "That beginners pay most, for up to 48 h, is known; the eight weeks and their steps are ours.",
        (DOMA_2019,),
    ),
    TrainingRule(
        Rule.SUPPORT_NOT_COMPETE,
        "Runs choose their time first; strength takes what is left. When time is tight the strength "
        "shrinks, never the run.",
        "You lift to run, not the other way round.",
        Certainty.PRACTICE,
        "A matter of what the training is for.",
    ),
    TrainingRule(
        Rule.OUT_OF_BALANCE,
        "Runs that feel heavy or flat, soreness that lasts, easy runs that don't feel easy, motivation "
        "that drops: better spacing, lighter sessions or fewer hard days, not more training.",
        "They are what too much training feels like.",
        Certainty.PRACTICE,
        "Expert opinion: coaches watch these signs. What each number of them changes is our own table.",
    ),
    TrainingRule(
        Rule.TAPER,
        "In the two weeks before the plan's A race strength shrinks, and stops 4 days before it; before a B"
        " race it stops 2 days before it.",
        "Less work in the last weeks makes for fresh legs on the day.",
        Certainty.FAIR,
        "Studied for training as a whole; that strength is best cut in the same way is our conclusion.",
        (BOSQUET,),
    ),
    TrainingRule(
        Rule.EASE_OFF,
        "A recovery week has one strength session fewer and nothing `heavy`.",
        "A week with less every now and then lets the body catch up.",
        Certainty.PRACTICE,
        "Expert opinion: we know of no study of such weeks that settles it. One session keeps the gains "
        "meanwhile (in cyclists).",
        (RONNESTAD,),
    ),
)
