"""What an entry of a training feed is and how long it takes, by its title and its description.

A kind of run is read only from words that are understood; nothing is guessed to be hard. docs/platforms.md
has the order in which the parts of an entry are asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from math import ceil

from calsync.feeds import vocabulary
from calsync.feeds.ics import duration
from calsync.feeds.vocabulary import plain
from calsync.training import Effort, Kind, Load, Meant, Sort, Sport

# --- names ------------------------------------------------------------------------------------------------


# Nobody's title is longer, and patterns take their time with what is no title.
LONGEST_NAME = 400
BULLET = re.compile(r"\s*[•·|]\s*")
_PREFIX = re.compile(r"\s*([^:\d]{2,20}?)\s*:\s*(.*)", re.DOTALL)
# "Race: City 10 km" is a run, and the word says which kind.
_SAYS_MORE = ("race", "track", "walk/run", "jog")


@dataclass(frozen=True, slots=True)
class Name:
    """A title taken apart: `text` is without emoji and without the sport before a colon."""

    whole: str
    text: str
    sort: Sort | None = None
    emoji: Sort | None = None


def take_apart(title: str) -> Name:
    """What a title says, and what comes before it."""
    stripped = title.lstrip()
    emoji = next((sort for sign, sort in vocabulary.EMOJI.items() if stripped.startswith(sign)), None)
    # Emoji and their joiners; letters of any language, digits and opening brackets begin the title itself.
    text = re.sub(r"^[^\w(\[\"'+]+", "", stripped) or stripped
    match = _PREFIX.fullmatch(text)
    sort = vocabulary.PREFIXES.get(plain(match[1])) if match else None
    if match and sort is not None and plain(match[1]) not in _SAYS_MORE:
        text = match[2].strip() or match[1]
    return Name(title, text, sort, emoji)


def matches(pattern: str, name: Name) -> bool:
    """Whether a pattern of the config fits a title: whole words of it, or with * and ? the whole of it."""
    wanted = pattern.casefold().strip()
    texts = [text.casefold().strip() for text in (name.whole, name.text, BULLET.split(name.text)[0])]
    if any(sign in wanted for sign in "*?"):
        pattern = wanted.replace("[", "[[]")  # brackets are part of the title
        return any(fnmatchcase(text, pattern) for text in texts)
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", texts[0]) is not None


# --- kinds ------------------------------------------------------------------------------------------------


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
    """What an entry is; the fields are those of a Workout."""

    sort: Sort
    kind: Kind | None = None
    load: Load | None = None
    sport: Sport | None = None
    effort: Effort | None = None
    because: str = ""
    eases_off: bool = False


def what_is(name: Name, uid: str, description: str, patterns: Sequence[tuple[str, Meant]] = ()) -> What:
    """What the entry `name` is; see docs/platforms.md for the order.

    `patterns` are of titles: a kind, a sort, or None for what is to be left out.
    """
    eases_off = vocabulary.EASES_OFF.search(plain(f"{name.whole[:LONGEST_NAME]}\n{description}")) is not None
    for pattern, meant in patterns:
        if matches(pattern, name):
            return replace(_meant(meant, name, f'your own pattern "{pattern}"'), eases_off=eases_off)
    token = _RUNNA_TOKEN.search(uid)
    said = token[1].replace("_", " ").lower() if token else ""
    first_line = description.strip().partition("\n")[0][:LONGEST_NAME]
    sort = _sort(name, said, first_line, description)
    if sort is Sort.OTHER and (sport := _sport(f"{name.whole} {first_line}")):
        return What(
            Sort.CROSS,
            sport=sport,
            effort=_effort(kind_of(name.text)),
            because="the sport in the title",
            eases_off=eases_off,
        )
    if sort is not Sort.RUN:
        load = _load(f"{said} {name.text}") if sort is Sort.STRENGTH else None
        return What(sort, load=load, because=f'"{name.text}"', eases_off=eases_off)
    texts = (("Runna's own name for it", said), ("description", _short(first_line)), ("title", name.text))
    kinds = ((kind, f"words in the {where}") for where, text in texts if (kind := kind_of(text)))
    kind, because = next(kinds, (None, ""))
    return What(Sort.RUN, kind, because=because, eases_off=eases_off)


def _meant(meant: Meant, name: Name, because: str) -> What:
    if isinstance(meant, Kind):
        return What(Sort.RUN, meant, because=because)
    if isinstance(meant, Effort):
        return What(Sort.CROSS, sport=_sport(name.whole) or Sport.OTHER, effort=meant, because=because)
    load = _load(name.text) if meant is Sort.STRENGTH else None
    return What(meant or Sort.OTHER, load=load, because=because)


def _sport(text: str) -> Sport | None:
    said = plain(text)
    return next((sport for sport, words in vocabulary.SPORTS if words.search(said)), None)


def _effort(kind: Kind | None) -> Effort:
    """A race on a bike is hard; the day of a race that the plan knows is a run's."""
    effort = kind.effort if kind else Effort.EASY
    return Effort.HARD if effort is Effort.RACE else effort


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


# --- lengths ----------------------------------------------------------------------------------------------


LONGEST_MINUTES = 24 * 60
_KM_PER_MILE = 1.609344

_ONE = r"(?:(\d{1,2})\s*(?:h|hr|hrs|hours?|std)\s*)?(?:(\d{1,3})\s*(?:m|min|mins|minutes|'))?"
_SEGMENT = re.compile(rf"\s*{_ONE}(?:\s*-\s*{_ONE})?\s*")
_CLOCK = r"(\d{1,2}):(\d\d)(?::(\d\d))?"
_PLANNED = re.compile(rf"^\W*planned (?:time|duration):\s*{_CLOCK}", re.IGNORECASE | re.MULTILINE)
_ACTUAL = re.compile(rf"^\W*actual (?:time|duration):\s*{_CLOCK}", re.IGNORECASE | re.MULTILINE)
# Runna's summary of a completed run; two numbers are minutes and seconds.
_SUMMARY = re.compile(rf"^\W*time:\s*{_CLOCK}\s*$", re.IGNORECASE | re.MULTILINE)

# A part of the run that its whole length holds already.
_PART = (
    r"(?:last|final|first|middle|of which|incl\w*|including|letzte\w*|dernier\w*|ultim\w*|siste)"
    r"\s+(?:the\s+)?"
)
_IN_TITLE = re.compile(
    rf"(?P<part>{_PART})?"
    r"(?:(?P<times>\d{1,2})\s*[x*×]\s*\(?\s*)?"
    r"(?:\d{1,3}\s*(?:min\w*|'|h(?:\s*[0-5]\d)?)?\s*(?:-|to)\s*)?"
    r"(?P<length>\d{1,3}(?:[.,]\d)?)\s*-?\s*"
    r"(?:(?P<hours>hours?|hrs?|h|stunden|stunde|std)(?:\s*(?P<more>[0-5]\d)(?!\d)\s*(?:min\w*|m|')?)?"
    r"|(?P<minutes>minutes?|mins?|minuten|minutos|minuti|'(?!'))|(?P<seconds>seconds?|secs?|s|\"|''))"
    r"(?![a-z0-9]|\s*/)"
)
_RECOVERY = re.compile(
    r"[^,;0-9]{0,24}?(?:\b(?:on|off|with|w/|rest|recovery|r|p|jog|float|easy)\b|/|\+|\()\s*(?P<length>\d{1,3}(?:[.,]\d)?)\s*"
    r"(?:minutes?|mins?|'(?!')|(?P<seconds>seconds?|secs?|s|\"|''))(?![a-z0-9]|\s*/)"
)
_DISTANCE = re.compile(
    rf"(?P<part>{_PART})?(?P<times>\d\s*[x*×]\s*\(?\s*)?(?<![\d.,:])(?P<far>\d{{1,3}}(?:[.,]\d{{1,3}})?)\s*"
    r"(?P<unit>kilomet(?:er|re)s?|kms?|k|miles?|mi)(?![a-z0-9/]|\s*/)"
    r"(?!\s*(?:pace|effort|speed|rp|gp|race pace|test pace))"
)
_REPEATED = re.compile(
    r"(?<![\d.,])(?P<times>\d{1,2})\s*[x*×]\s*\(?\s*(?P<far>\d{1,4}(?:[.,]\d{1,3})?)\s*(?P<unit>km|k|miles?|mi|m)(?![a-z0-9/])"
)


def from_field(value: str) -> int | None:
    """X-WORKOUT-ESTIMATED-DURATION: seconds, or a duration such as PT1H."""
    text = value.strip()
    if re.fullmatch(r"\d{1,6}(?:\.\d+)?", text):
        return _within(float(text) / 60)
    try:
        return _of(duration(text).total)
    except ValueError:
        return None


def from_description(text: str) -> int | None:
    """What a platform says of the time in a line of its own: actual before planned, h:mm or h:mm:ss."""
    for pattern in (_ACTUAL, _PLANNED):
        if match := pattern.search(text):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return _within(hours * 60 + minutes + seconds / 60)
    if match := _SUMMARY.search(text):
        first, second, third = match.groups()
        return _within(
            int(first) * 60 + int(second) + int(third) / 60 if third else int(first) + int(second) / 60
        )
    return None


def from_span(length: timedelta) -> int | None:
    """An event's own end, if it says anything; a day or more is no workout's."""
    return _of(length) if length < timedelta(days=1) else None


def from_segments(text: str) -> int | None:
    """The upper end of "45m - 50m" between bullets."""
    for segment in re.split(r"[•·|]", plain(text))[1:]:
        if segment.strip() and (match := _SEGMENT.fullmatch(segment)):
            hours, minutes, most_hours, most_minutes = (int(part or 0) for part in match.groups())
            if found := _within(max(hours * 60 + minutes, most_hours * 60 + most_minutes)):
                return found
    return None


def from_title(text: str, seconds_per_km: int) -> int | None:
    """The minutes that a title adds up to: "20 min warm up 5x5 min on 1 min jog" is 50.

    Repetitions over a distance count at a pace beside parts in minutes; alone they say too little.
    """
    said, total, at = plain(text), 0.0, 0
    while match := _IN_TITLE.search(said, at):
        at = match.end()
        # "Rolling 400s" are metres, and a single stretch of seconds is no run.
        if match["part"] or (match["seconds"] and not match["times"]):
            continue
        length = float(match["length"].replace(",", "."))
        if match["hours"]:
            length = length * 60 + int(match["more"] or 0)
        elif match["seconds"]:
            length /= 60
        if match["times"] and (recovery := _RECOVERY.match(said, at)):
            rest = float(recovery["length"].replace(",", "."))
            length += rest / 60 if recovery["seconds"] else rest
            at = recovery.end()
        total += int(match["times"] or 1) * length
    # Less is strides, not a run.
    if total < 5:
        return None
    far = sum(int(match["times"]) * _km(match) for match in _REPEATED.finditer(said))
    return _within(total + far * seconds_per_km / 60)


def from_distance(text: str, seconds_per_km: int) -> int | None:
    """A distance in a text, at a pace: of several the first, if the others are its parts, else all."""
    found = _DISTANCE.finditer(plain(text))
    matches = [match for match in found if not match["part"] and not match["times"]]
    if not matches:
        return None
    first, *rest = map(_km, matches)
    is_whole = first >= max(rest, default=0) and first >= sum(rest)
    return _within((first if is_whole else first + sum(rest)) * seconds_per_km / 60)


def _km(match: re.Match[str]) -> float:
    far = float(match["far"].replace(",", "."))
    if match["unit"].startswith("mi"):
        return far * _KM_PER_MILE
    return far / 1000 if match["unit"] == "m" else far


def _of(length: timedelta) -> int | None:
    return _within(length / timedelta(minutes=1))


def _within(minutes: float) -> int | None:
    """Whole minutes, if that is a length that a workout can have."""
    # Less than a hundredth of a minute more is what floats make of a mile.
    rounded = ceil(round(minutes, 2))
    return rounded if 0 < rounded <= LONGEST_MINUTES else None
