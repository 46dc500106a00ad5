"""The ids of the training rules, and the numbers that planning uses in more than one place.

What each rule asks and why is on docs/rules.md.
"""

from enum import StrEnum

from calsync.training import Priority


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
    # No rules of training, but also reasons why a session can't be somewhere: a full calendar, a pause.
    AVAILABILITY = "availability"
    BUSY = "busy"
    RUN = "run"
    AFTER_RUN = "after-run"
    NOTICE = "notice"
    PAIR = "pair"
    PAUSE = "pause"


# Rule `short-and-regular`: minutes that a session never has silently.
LONGEST_SESSION = 45
# Nobody is asked to train before 05:30 or after 22:00, in minutes of the day.
EARLIEST, LATEST = 5 * 60 + 30, 22 * 60
# Rule `no-back-to-back`: the least that `min_days_apart` can be.
LEAST_DAYS_APART = 2
# Rules `taper` and `race-day`, by the priority of a race of the plan: days before it without strength, and
# days after it with light work only.
REST_BEFORE_RACE = {Priority.A: 4, Priority.B: 2, Priority.C: 1}
LIGHT_AFTER_RACE = {Priority.A: 7, Priority.B: 1, Priority.C: 0}
