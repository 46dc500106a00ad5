"""The words of coaches and platforms, one file for each language in `words`, and what each can mean.

Words are in small letters without accents. `(s)` may be left out, `*` is for any letters, and words
with blanks between them may as well be written with hyphens or as one. What a word means beside others is a
question of structure.py and meaning.py.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path
from unicodedata import combining, normalize

from calsync.training import Kind, Sport


class Role:
    """What a word can mean: a bit for each, as every word of every title is looked at for many of them."""

    # Kinds of run.
    INTERVALS = 1 << 0
    TEMPO = 1 << 1
    THRESHOLD = 1 << 2
    HILLS = 1 << 3
    FARTLEK = 1 << 4
    TRIAL = 1 << 5
    RACE = 1 << 6
    LONG_RUN = 1 << 7
    """Says all: "long run"."""
    LONG = 1 << 8
    """Says little: "long intervals" are none."""
    EASY = 1 << 9
    RECOVERY = 1 << 10
    HARD = 1 << 11
    """Quality, if nothing says which."""
    WALK_RUN = 1 << 12
    """Easy whatever else is said: beginners' runs, shakeouts."""
    STRIDES = 1 << 13
    DISTANCE = 1 << 14
    """The name of a race's distance: "marathon". A race, if it is the whole of it."""
    EVENT = 1 << 15
    """A race in which one runs, whatever else one does: "triathlon"."""
    RUN = 1 << 16
    COURSE = 1 << 17
    """Running or a race, in French and Spanish: "course", "carrera"."""
    # What is no run.
    WALK = 1 << 18
    RIDE = 1 << 19
    SWIM = 1 << 20
    SKI = 1 << 21
    ROW = 1 << 22
    PADDLE = 1 << 23
    SKATE = 1 << 24
    HIKE = 1 << 25
    SPORT = 1 << 26
    ALONE = 1 << 27
    """With one of these: only if nothing but numbers is beside it."""
    STRENGTH = 1 << 28
    LIGHT = 1 << 29
    """Strength that is light on the legs: mobility, yoga."""
    HEAVY = 1 << 30
    GENTLE = 1 << 31
    BODY = 1 << 32
    """Parts of the body and of gyms: strength, if nothing speaks of a run."""
    REST = 1 << 33
    AWAY = 1 << 34
    """No training, if nothing speaks of a run: holidays, illness."""
    OTHER = 1 << 35
    # Parts of a workout.
    WARM = 1 << 36
    COOL = 1 << 37
    MAIN = 1 << 55
    """The heading of a workout's main part."""
    PAUSE = 1 << 38
    PART = 1 << 39
    TOTAL = 1 << 40
    TIMES = 1 << 41
    WITH = 1 << 42
    OR = 1 << 43
    # What is set aside, and for what.
    NOT = 1 << 44
    AROUND = 1 << 45
    """Before, after, for: what follows is another day's."""
    FILLER = 1 << 46
    PERIOD = 1 << 47
    """What comes before it is a time of the season: "hill phase"."""
    EASING = 1 << 48
    """A week in which to recover, or a taper."""
    ABOUT = 1 << 49
    """A race before it is not run today: "marathon shoes"."""
    LABEL = 1 << 50
    """What follows its colon is no workout: "Goal: …"."""
    HEADER = 1 << 51
    """Speaks of a whole week."""
    PACE = 1 << 52
    TERRAIN = 1 << 54
    """Hills before it are no repetitions: "hilly route"."""
    PACE_OF = 1 << 53


class Unit(Enum):
    NONE = auto()
    MINUTES = auto()
    KM = auto()
    METRES = auto()
    """Or minutes: people write "m" for both."""


# Letters that are no others with an accent; and all dashes, quotes and crosses are alike.
_SAME = str.maketrans("øØłŁđĐ’‘′“”″–—−‐×✕✖", "oOlLdD'''\"\"\"----xxx", "\u200d\ufe0f") | {
    ord("æ"): "ae",
    ord("Æ"): "AE",
}


def without_accents(text: str) -> str:
    """`text` without accents, which people leave out as often as not; dashes and quotes are all alike."""
    if text.isascii():
        return text
    decomposed = normalize("NFKD", text.translate(_SAME)).translate(_SAME)
    return "".join(letter for letter in decomposed if not combining(letter))


LANGUAGES = (
    *("english", "german", "french", "spanish", "italian", "dutch", "swedish", "norwegian", "danish"),
    *("polish", "portuguese"),
)


def table(language: str) -> dict[int, tuple[str, ...]]:
    """The words of a language, as its file in `words` has them."""
    found: dict[int, tuple[str, ...]] = {}
    text = (Path(__file__).parent / "words" / f"{language}.txt").read_text(encoding="utf-8")
    # What goes on in the next line is indented.
    for line in text.replace("\n  ", " ").splitlines():
        name, _, phrases = line.partition(": ")
        found[getattr(Role, name.upper().replace("-", "_"))] = tuple(phrases.split(", "))
    return found


def _expanded(phrase: str) -> list[str]:
    """ "run(s)" is "run" and "runs"."""
    match = re.search(r"\((\w+)\)", phrase)
    if match is None:
        return [phrase]
    return [phrase.replace(match[0], ""), phrase.replace(match[0], match[1])]


def _all_phrases() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for role, phrases in table(language).items():
            for phrase in phrases:
                for spelling in _expanded(phrase):
                    found[spelling] = found.get(spelling, 0) | role
    # A word is its own stem.
    for stem in [phrase for phrase in found if phrase.endswith("*")]:
        if (word := stem[:-1]) in found:
            found[word] |= found[stem]
    return found


PHRASES: Mapping[str, int] = _all_phrases()

# Daniels' letters behind a length.
LETTERS: Mapping[str, int] = {
    "E": Role.EASY,
    "M": Role.TEMPO,
    "T": Role.THRESHOLD,
    "I": Role.INTERVALS,
    "R": Role.INTERVALS,
    "L": Role.LONG_RUN,
}


def _units() -> dict[str, tuple[Unit, float]]:
    tables: tuple[tuple[Unit, float, str], ...] = (
        (
            Unit.MINUTES,
            60,
            "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur uren u",
        ),
        (Unit.MINUTES, 60, "timme timmar tim time timer t godz godzina godziny godzin"),
        (
            Unit.MINUTES,
            1,
            "min mins minute minutes minuten minutos minuto minuti minuto minuter minut minuty",
        ),
        (Unit.MINUTES, 1, "minutters minutter mn minuut minuta minn"),
        (
            Unit.MINUTES,
            1 / 60,
            "s sec secs second seconds sek sekunde sekunden seconde secondes seg segs segundos",
        ),
        (Unit.MINUTES, 1 / 60, "secondi sekunder sekund sekundy seconden sn"),
        (Unit.KM, 1, "k km kms kilometer kilometers kilometre kilometres kilometern kilometros quilometros"),
        (Unit.KM, 1, "chilometri kilometrow kilometry kilometrar"),
        (Unit.KM, 1.609344, "mi mile miles miler meile meilen milla millas miglia mijl milhas mls"),
        (Unit.KM, 0.0009144, "yd yds yards yard"),
        (Unit.METRES, 1, "m mt mtr mts meter meters metre metres metern metros metri metrow"),
    )
    return {word: (unit, factor) for unit, factor, text in tables for word in text.split()}


UNITS: Mapping[str, tuple[Unit, float]] = _units()

EMOJI: Mapping[str, int] = {
    **dict.fromkeys("🏃", Role.RUN),
    **dict.fromkeys("🏋💪🤸", Role.STRENGTH),
    **dict.fromkeys("🧘", Role.LIGHT),
    **dict.fromkeys("🚴🚲🚵", Role.RIDE),
    **dict.fromkeys("🏊", Role.SWIM),
    **dict.fromkeys("🚣", Role.ROW),
    **dict.fromkeys("🛶", Role.PADDLE),
    **dict.fromkeys("🎿⛷", Role.SKI),
    **dict.fromkeys("⛸🛼", Role.SKATE),
    **dict.fromkeys("🥾", Role.HIKE),
    **dict.fromkeys("🚶", Role.WALK),
    **dict.fromkeys("📝", Role.OTHER),
    **dict.fromkeys("🛌😴💤", Role.REST),
}

KINDS: Mapping[int, Kind] = {
    Role.INTERVALS: Kind.INTERVALS,
    Role.TEMPO: Kind.TEMPO,
    Role.THRESHOLD: Kind.THRESHOLD,
    Role.HILLS: Kind.HILLS,
    Role.FARTLEK: Kind.FARTLEK,
    Role.TRIAL: Kind.TIME_TRIAL,
    Role.RACE: Kind.RACE,
    Role.EVENT: Kind.RACE,
    Role.LONG_RUN: Kind.LONG,
    Role.LONG: Kind.LONG,
    Role.EASY: Kind.EASY,
    Role.WALK_RUN: Kind.EASY,
    Role.STRIDES: Kind.EASY,
    Role.RECOVERY: Kind.RECOVERY,
    Role.HARD: Kind.TEMPO,
}
SPORTS: Mapping[int, Sport] = {
    Role.RIDE: Sport.RIDE,
    Role.SWIM: Sport.SWIM,
    Role.SKI: Sport.SKI,
    Role.ROW: Sport.ROW,
    Role.PADDLE: Sport.PADDLE,
    Role.SKATE: Sport.SKATE,
    Role.HIKE: Sport.HIKE,
    Role.SPORT: Sport.OTHER,
}
# All roles of each sort, as one set of bits.
ANY_KIND = reduce(or_, KINDS)
ANY_SPORT = reduce(or_, SPORTS)


# --- the words of a phrase, one after another ---------------------------------------------------------------

# As the lexer cuts texts.
_PIECES = re.compile(r"[0-9]+(?:[.,:][0-9]+)*|[^\W\d_]+|\S")

_LONGEST_WORD = 40
_SHORTEST_STEM = 3


class Node:
    """What may follow in a phrase: whole words, and stems that any letters may follow."""

    __slots__ = ("roles", "stems", "words")

    def __init__(self) -> None:
        self.words: dict[str, Node] = {}
        self.stems: dict[str, Node] = {}
        self.roles = 0

    def after(self, word: str) -> list["Node"]:
        """The nodes that a word leads to, those of the longest spelling first."""
        found = [self.words[word]] if word in self.words else []
        if self.stems:
            longest = min(len(word), _LONGEST_WORD)
            found += [
                self.stems[word[:n]] for n in range(longest, _SHORTEST_STEM - 1, -1) if word[:n] in self.stems
            ]
        return found


def _grown(phrases: Mapping[str, int]) -> Node:
    root = Node()
    for phrase, roles in phrases.items():
        if phrase.startswith("*"):
            continue
        for words in _spellings(phrase):
            node = root
            for word in words:
                stem = word.endswith("*")
                node = (node.stems if stem else node.words).setdefault(word.removesuffix("*"), Node())
            node.roles |= roles
    return root


def _spellings(phrase: str) -> list[list[str]]:
    """The words of a phrase; words may as well be written as one: "warm up", "warm-up", "warmup"."""
    if phrase.isalpha() and phrase.isascii():
        return [[phrase]]
    words: list[str] = []
    for piece in _PIECES.findall(without_accents(phrase)):
        if piece == "*":
            words[-1] += "*"
        elif piece != "-":
            words.append(piece)
    joined = "".join(words)
    can_join = len(words) > 1 and len(joined) > 5 and joined.removesuffix("*").isalpha()
    return [words, [joined]] if can_join else [words]


@lru_cache(maxsize=1)
def _root() -> Node:
    return _grown(PHRASES)


_ENDINGS = {phrase[1:]: roles for phrase, roles in PHRASES.items() if phrase.startswith("*")}
_LONGEST_ENDING = max(map(len, _ENDINGS))


def by_ending(word: str) -> int:
    """The roles of a word that is made of several: "Pyramidenintervalle", "Jungfraumarathon"."""
    for start in range(max(len(word) - _LONGEST_ENDING, 2), len(word) - 3):
        if word[start:] in _ENDINGS:
            return _ENDINGS[word[start:]]
    return 0


@lru_cache(maxsize=2048)
def beginnings(word: str) -> tuple[Node, ...]:
    """The nodes that a first word leads to, those of the longest spelling last."""
    return tuple(reversed(_root().after(word)))
