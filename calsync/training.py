"""The runner's words, as docs/rules.md has them: efforts, kinds of run, loads, weeks, check-ins, workouts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# Dates are taken from these years only, so that no arithmetic has to think of year 1 or 9999, and SEQUENCE,
# which counts seconds, fits its 32 bits.
FIRST_YEAR, LAST_YEAR = 1971, 2085


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> "Weekday":
        return WEEKDAYS[day.weekday()]

    @property
    def number(self) -> int:
        """0 for Monday to 6 for Sunday, as in date.weekday()."""
        return WEEKDAYS.index(self)

    @property
    def long_name(self) -> str:
        return _LONG_NAMES[self.number]


WEEKDAYS = tuple(Weekday)
_LONG_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Effort(StrEnum):
    """How hard a run, or the hardest run of a day, is."""

    NONE = "none"
    EASY = "easy"
    LONG = "long"
    HARD = "hard"
    RACE = "race"

    @property
    def rank(self) -> int:
        """Order in which a day takes the effort of its hardest run: race > hard > long > easy > none."""
        return _EFFORTS.index(self)

    @property
    def wants_fresh_legs(self) -> bool:
        """True for the runs that the rule `fresh-legs` protects."""
        return self.rank >= Effort.LONG.rank


_EFFORTS = tuple(Effort)


class Kind(StrEnum):
    """Kinds of run, as coaches name them."""

    INTERVALS = "intervals"
    TEMPO = "tempo"
    THRESHOLD = "threshold"
    HILLS = "hills"
    FARTLEK = "fartlek"
    TIME_TRIAL = "time-trial"
    RACE = "race"
    LONG = "long"
    EASY = "easy"
    RECOVERY = "recovery"

    @property
    def effort(self) -> Effort:
        match self:
            case Kind.RACE:
                return Effort.RACE
            case Kind.LONG:
                return Effort.LONG
            case Kind.EASY | Kind.RECOVERY:
                return Effort.EASY
            case _:
                return Effort.HARD

    @property
    def on_legs(self) -> Effort:
        """What the training rules go by."""
        return self.effort


class Sport(StrEnum):
    """Sports other than running that a runner trains for endurance."""

    RIDE = "ride"
    SWIM = "swim"
    SKI = "ski"
    ROW = "row"
    PADDLE = "paddle"
    SKATE = "skate"
    HIKE = "hike"
    OTHER = "other"

    @property
    def uses_legs(self) -> bool:
        """True if hard legs from it are hard legs for a run."""
        return self not in (Sport.SWIM, Sport.PADDLE)


@dataclass(frozen=True, slots=True)
class Cross:
    """What cross training is, as a Kind says it of a run."""

    sport: Sport
    effort: Effort

    @property
    def on_legs(self) -> Effort:
        """What the training rules go by: a hard swim asks nothing of the legs."""
        return self.effort if self.sport.uses_legs else Effort.NONE


class Load(StrEnum):
    """How much a strength session asks of the legs."""

    LIGHT = "light"
    MODERATE = "moderate"
    HEAVY = "heavy"

    @property
    def rank(self) -> int:
        return _LOADS.index(self)

    @property
    def and_lighter(self) -> "tuple[Load, ...]":
        """This load, then each lighter one."""
        return _LOADS[self.rank :: -1]


_LOADS = tuple(Load)


class Priority(StrEnum):
    """How much a race matters, and so how much training makes way for it."""

    A = "A"
    B = "B"
    C = "C"


class Region(StrEnum):
    """What an exercise trains (rule `what-to-train`)."""

    LOWER_BODY = "lower-body"
    HIPS_GLUTES = "hips-glutes"
    CORE = "core"
    SINGLE_LEG = "single-leg"


class Experience(StrEnum):
    """With strength training, not with running."""

    NEW = "new"
    REGULAR = "regular"
    EXPERIENCED = "experienced"


_DAY = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """Wall-clock minutes from `start` (0 to 1439) to `end` (excluded), which is less than a day later.

    With an `end` beyond 1440 it goes on after midnight: "22:00-02:00" ends at 1560.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.start < _DAY and self.start < self.end <= max(_DAY, self.start + _DAY - 1)):
            raise ValueError(f"not a range of times: {self}")

    @property
    def on_its_day(self) -> "TimeRange":
        """Up to midnight at most."""
        return TimeRange(self.start, min(self.end, _DAY))

    @property
    def on_the_next(self) -> "TimeRange | None":
        """What is left of it after midnight."""
        return TimeRange(0, self.end - _DAY) if self.end > _DAY else None

    @property
    def parts(self) -> "tuple[TimeRange, ...]":
        """One for each day on which it is."""
        rest = self.on_the_next
        return (self.on_its_day, rest) if rest else (self,)

    def __str__(self) -> str:
        return f"{clock(self.start)}-{clock(self.end if self.end <= _DAY else self.end - _DAY)}"


def clock(minute: int) -> str:
    """A minute of the day as people write it: 390 is "06:30", 1440 is "24:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week: `str()` gives "2026-W48"."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Week":
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Raises ValueError unless `text` is like "2026-W48" and that week exists."""
        year, separator, number = text.partition("-W")
        if not (separator and len(number) == 2 and (year + number).isascii() and (year + number).isdigit()):
            raise ValueError(f"not an ISO week like 2026-W48: {text!r}")
        week = cls(int(year), int(number))
        date.fromisocalendar(week.year, week.number, 1)
        return week

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.monday + timedelta(days=n) for n in range(7))

    def plus(self, weeks: int) -> "Week":
        return Week.of(self.monday + timedelta(weeks=weeks))

    def until(self, other: "Week") -> int:
        """Weeks from this one to the other; negative if the other is earlier."""
        return (other.monday - self.monday).days // 7

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"


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


class Sort(StrEnum):
    """What an entry of a feed is."""

    RUN = "run"
    CROSS = "cross"  # another endurance sport: no run, but its legs count
    STRENGTH = "strength"
    REST = "rest"
    OTHER = "other"  # a note, a meal, a game of chess: nothing that a run or a lift has to mind


# What the runner says that a title is: a kind of run, the effort of cross training, another sort, or None for
# what is to be left out.
Meant = Kind | Effort | Sort | None


@dataclass(frozen=True, slots=True)
class Workout:
    """An entry of a feed on its date, in the plan's zone.

    `kind` is of a run, None if it was not understood; `load` of a strength workout; `sport` and `effort` of
    cross training. `minutes` is its length, None if the feed doesn't say; `start` a minute of the day, None
    if the feed names no time. `because` has the words that it was read by, for people. `eases_off` is true
    for what calls its whole week one to recover in, or a taper, `done` for what the platform says was done.
    """

    day: date
    sort: Sort
    title: str
    kind: Kind | None = None
    load: Load | None = None
    minutes: int | None = None
    start: int | None = None
    notes: str = ""
    sport: Sport | None = None
    effort: Effort | None = None
    because: str = ""
    eases_off: bool = False
    done: bool = False

    @property
    def is_race(self) -> bool:
        """A run, or in another sport."""
        return self.kind is Kind.RACE or self.effort is Effort.RACE

    @property
    def order(self) -> tuple[date, int, str]:
        """By day and time; without a time first, as nothing else says when."""
        return self.day, -1 if self.start is None else self.start, self.title
