"""What an entry of a feed is, by what it is called.

Decides between the words of a title: which of two counts, and which are none. A kind is read only from words
that are understood; nothing is guessed to be hard. Knows nothing of dates and lengths.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calsync.feeds.platform import vocabulary
from calsync.feeds.platform.names import BULLET, LONGEST, Name, matches
from calsync.feeds.platform.vocabulary import plain
from calsync.training import Kind, Load
from calsync.workout import Meant, Sort

# Daniels' letters behind a length: "45 min E", "3 x 1 mile T". Capitals only.
_LETTER = re.compile(r"\d\s*(?:minutes?|mins?|mi|miles?|km|k|m|')?\s*@?\s*\b([EMTIRL])\b(?!['’.])")
_DANIELS = {
    "M": Kind.TEMPO,
    "T": Kind.THRESHOLD,
    "I": Kind.INTERVALS,
    "R": Kind.INTERVALS,
    "L": Kind.LONG,
    "E": Kind.EASY,
}
_REPS = re.compile(
    r"(?<![\d.,])([2-9]|[1-5]\d)\s*[x×*]\s*\(?\s*\d+(?:[.,:]\d+)?\s*(?:k|km|m|mi|miles?|min\w*|s|sec\w*|'|\"|h|$|(?=\W))"
)
_STRIDES_REPS = re.compile(
    r"\d+\s*[x×*]\s*\d+\s*(?:m|s|sec\w*|\")?\s*(?:relaxed |easy |fast )?(?:hill )?str(?:ides?|iders?)"
)
# What a run is not: "no tempo today", "easy after yesterday's intervals".
_ASIDE = re.compile(
    r"\b(?:no|not(?: too| so)?|without|instead of|after|nach|apres|statt)\s+"
    r"(?:the |a |my )?(?:(?:yesterday|last)\S*\s+)?(?!race)\w+"
)
_RUNNA_TOKEN = re.compile(r"_plan_week_\d+_([A-Z][A-Z_]*?)(?:_\d+)?$")
_WARM = re.compile(r"warm(?:ing)?[ -]?up|cool(?:ing)?[ -]?down|einlaufen|auslaufen|echauffement")
_WORKOUT_TYPE = re.compile(r"workout type:\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class What:
    """What an entry is. `kind` is of a run, None if it was not understood; `load` of strength."""

    sort: Sort
    kind: Kind | None = None
    load: Load | None = None


def what_is(name: Name, uid: str, description: str, patterns: Sequence[tuple[str, Meant]] = ()) -> What:
    """What the entry `name` is; see docs/platforms.md for the order.

    `patterns` are of titles: a kind, a sort, or None for what is to be left out.
    """
    for pattern, meant in patterns:
        if matches(pattern, name):
            return _meant(meant, name)
    token = _RUNNA_TOKEN.search(uid)
    said = token[1].replace("_", " ").lower() if token else ""
    first_line = description.strip().partition("\n")[0][:LONGEST]
    if (sort := _sort(name, said, first_line, description)) is not Sort.RUN:
        load = _load(f"{said} {name.text}") if sort is Sort.STRENGTH else None
        return What(sort, load=load)
    kinds = (kind_of(text) for text in (said, _short(first_line), name.text))
    return What(Sort.RUN, next((kind for kind in kinds if kind), None))


def _meant(meant: Meant, name: Name) -> What:
    if isinstance(meant, Kind):
        return What(Sort.RUN, meant)
    return What(meant or Sort.OTHER, load=_load(name.text) if meant is Sort.STRENGTH else None)


# --- which sort -------------------------------------------------------------------------------------------


def _sort(name: Name, token: str, first_line: str, description: str) -> Sort:
    if token:
        return Sort.STRENGTH if vocabulary.STRENGTH.search(token) else Sort.RUN
    if name.sort is not None:
        return name.sort
    if (typed := _WORKOUT_TYPE.match(first_line)) and (
        sort := vocabulary.PREFIXES.get(plain(typed[1]).strip())
    ):
        return sort
    text = plain(name.text)
    if name.emoji is not None:
        return name.emoji
    # Repetitions are no sign of a run: "squats 3x8".
    is_run = bool(vocabulary.RUNNING.search(text)) or kind_of(_REPS.sub(" ", text)) is not None
    if vocabulary.REST.match(text) and not is_run:
        return Sort.REST
    if vocabulary.STRENGTH.search(text) and not is_run:
        return Sort.STRENGTH
    if vocabulary.OTHER.search(text) and not vocabulary.RUNNING.search(text):
        return Sort.OTHER
    # Runna's strength workouts may have a bare UID and any title.
    if re.match(r"\s*\d+ sets? of", description):
        return Sort.STRENGTH
    return Sort.RUN


def _load(text: str) -> Load:
    said = plain(text)
    if vocabulary.HEAVY.search(said):
        return Load.HEAVY
    if vocabulary.LIGHT.search(said) and not vocabulary.NOT_LIGHT.search(said):
        return Load.LIGHT
    return Load.MODERATE


# --- which kind of run ------------------------------------------------------------------------------------


def _short(first_line: str) -> str:
    """The kind that a first line of a description names: a word or two, not the first step of the workout."""
    head = BULLET.split(first_line.strip())[0]
    return head if len(head.split()) <= 4 and not _WARM.search(plain(head)) else ""


def kind_of(title: str) -> Kind | None:
    """The kind of run that words say; None if they say none."""
    text = _ASIDE.sub(" ", plain(title))
    if not text.strip():
        return None
    if vocabulary.WALK_RUN.search(text) or vocabulary.SHAKEOUT.search(text):
        return Kind.EASY
    is_race = vocabulary.RACE.search(vocabulary.NOT_A_RACE.sub(" ", text)) is not None
    reps = _REPS.search(_STRIDES_REPS.sub(" ", text))
    if (head := _head(text)) and not reps:
        return head
    if vocabulary.LONG.search(text):
        return Kind.LONG
    if is_race and not reps:
        return Kind.TIME_TRIAL if vocabulary.words("time[ -]?trial").search(text) else Kind.RACE
    for kind, pattern in vocabulary.QUALITY:
        if pattern.search(text):
            if kind is Kind.TIME_TRIAL and vocabulary.EASY.search(text):
                return Kind.EASY
            return kind
    letters = [_DANIELS[letter] for letter in _LETTER.findall(title)]
    if letters:
        return max(letters, key=lambda kind: kind.effort.rank)
    if reps:
        return Kind.INTERVALS
    if vocabulary.HARD.search(text):
        return Kind.TEMPO
    if vocabulary.LONG_ALONE.search(text):
        return Kind.LONG
    if vocabulary.RECOVERY.search(text):
        return Kind.RECOVERY
    return Kind.EASY if vocabulary.EASY.search(text) else None


def _head(text: str) -> Kind | None:
    """The kind of a title that begins with an easy run, whatever comes behind it."""
    length = re.match(r"\W*(\d+(?:[.,]\d+)?\s*\w*\s+)?", text)
    assert length
    rest = text[length.end() :]
    if (match := vocabulary.RECOVERY.match(rest)) and not length[1]:
        return None if re.match(r"\s*(?:week|woche|semaine)", rest[match.end() :]) else Kind.RECOVERY
    match = vocabulary.EASY.match(rest)
    if not match or match[0].startswith(("strid", "base", "endurance", "aerob")):
        return None
    following = rest[match.end() :].lstrip()
    # "Easy tempo" and "easy long run" are no easy runs; "easy run with a tempo finish" is one, and of
    # "2 km easy, 6 km tempo" the first is a warm-up.
    ends = r"(?:runs?\s*|jog\w*\s*)?(?:with|w/|\(|$)"
    goes_on = r"(?:runs?|running|jog\w*|lauf|km|miles?|\d|[+,(-]|with|w/|$)"
    return Kind.EASY if re.match(ends if length[1] else goes_on, following) else None
