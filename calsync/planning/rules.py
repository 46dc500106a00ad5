"""The ids of the training rules, as reasons, warnings and lint cite them.

Decides how a rule is called; docs/rules.md says what it asks. Knows nothing of how it is enforced.
The pseudo-rules at the end name what is no matter of training: a full calendar, no availability.
"""

from enum import StrEnum


class Rule(StrEnum):
    TWICE_A_WEEK = "twice-a-week"
    SHORT_AND_REGULAR = "short-and-regular"
    HARD_DAYS_HARD = "hard-days-hard"
    RUN_FIRST = "run-first"
    HOURS_APART = "hours-apart"
    CONTROLLED = "controlled"
    EASY_DAYS_EASY = "easy-days-easy"
    LONG_RUN_DAY = "long-run-day"
    RACE_DAY = "race-day"
    REST_DAY = "rest-day"
    FRESH_LEGS = "fresh-legs"
    NO_BACK_TO_BACK = "no-back-to-back"
    WHAT_TO_TRAIN = "what-to-train"
    EASE_IN = "ease-in"
    SUPPORT_NOT_COMPETE = "support-not-compete"
    OUT_OF_BALANCE = "out-of-balance"
    TAPER = "taper"
    EASE_OFF = "ease-off"
    # Not rules of training, but also reasons why a day has no place.
    AVAILABILITY = "availability"
    BUSY = "busy"
    RUN = "run"
    NOTICE = "notice"
    PAIR = "pair"
    PAUSE = "pause"


# Rule `fresh-legs`: hours between the end of a lift and the next hard run, long run or race.
FRESH_LEGS_HOURS = {"light": 6, "moderate": 24, "heavy": 48}
