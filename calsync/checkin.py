"""A runner's check-ins: the signs of the last seven days that training is out of balance.

Decides what a sign is and which week a check-in acts on. What it changes there is planning's to say; where it
is kept, the state folder's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from calsync.training import Week

# Rule `out-of-balance`: a check-in acts on the week of the date this many days after it. So what is said up
# to Wednesday still changes the week it is said in, and later the next one.
_LOOKS_AHEAD = timedelta(days=4)


class Sign(StrEnum):
    """Signs that training is out of balance (rule `out-of-balance`)."""

    HEAVY_LEGS = "heavy-legs"
    SORE = "sore"
    EASY_FEELS_HARD = "easy-feels-hard"
    LOW_MOTIVATION = "low-motivation"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What a runner said on a date; no signs say that all is well."""

    day: date
    signs: frozenset[Sign] = frozenset()

    @property
    def week(self) -> Week:
        """The week that it acts on."""
        return Week.of(self.day + _LOOKS_AHEAD)


def acting_on(week: Week, checkins: Iterable[CheckIn]) -> CheckIn | None:
    """The latest check-in that points at `week`; None if none does."""
    pointing = [checkin for checkin in checkins if checkin.week == week]
    return max(pointing, key=lambda checkin: checkin.day, default=None)
