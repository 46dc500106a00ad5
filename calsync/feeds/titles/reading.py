"""What one entry of a training feed is and how long it takes, from all that is written in it.

docs/platforms.md has the order in which the parts of an entry count.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

from calsync.feeds.titles import lengths
from calsync.feeds.titles.lexer import Sign, Word, first_token
from calsync.feeds.titles.meaning import Said, eases_off, effort_of, load_of, meaning
from calsync.feeds.titles.structure import structure
from calsync.feeds.titles.tables import ANY_KIND, Role
from calsync.training import Effort, Kind, Load, Meant, Sort, Sport

# Nobody's title is longer.
LONGEST_NAME = 400
# An easy ride or swim of this many minutes is a long one, as it is with runs.
LONG_FROM = 90
# How long a kilometre of another sport takes, in seconds: 24 km/h on a bike, 2:30 for 100 m in the water.
_SECONDS_PER_KM = {
    Sport.RIDE: 150,
    Sport.SWIM: 1500,
    Sport.SKI: 300,
    Sport.ROW: 300,
    Sport.PADDLE: 480,
    Sport.SKATE: 210,
    Sport.HIKE: 900,
}
_RUNNA_TOKEN = re.compile(r"_plan_week_\d+_([A-Z][A-Z_]*?)(?:_\d+)?$")
_SETS = re.compile(r"\s*\d+ sets? of(?! \d+ ?[x×])")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written in an entry. `field` is X-WORKOUT-ESTIMATED-DURATION, `length` to its own end."""

    title: str
    description: str = ""
    uid: str = ""
    field: str = ""
    length: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What an entry is; the fields are those of a Workout."""

    sort: Sort
    title: str
    kind: Kind | None = None
    load: Load | None = None
    minutes: int | None = None
    sport: Sport | None = None
    effort: Effort | None = None
    because: str = ""
    eases_off: bool = False


# --- names ------------------------------------------------------------------------------------------------


class Name(NamedTuple):
    """A title: `text` is without emoji and without the sport before a colon."""

    whole: str
    text: str
    said: Said
    """What `whole` says; of a field before a colon, "Run: …", too."""


def take_apart(title: str) -> Name:
    stripped = title.lstrip()
    start = next((n for n, c in enumerate(stripped) if c.isalnum() or c in "([\"'+_"), 0)
    text = stripped[start:]
    said = meaning(title)
    before, _, behind = text.partition(":")
    if said.is_field and len(before.strip()) <= 20:
        text = behind.strip() or before.strip()
    return Name(title, text, said)


def matches(pattern: str, name: Name) -> bool:
    """Whether a pattern of the config fits a title: whole words of it, or with * and ? the whole of it."""
    wanted = pattern.casefold().strip()
    head = re.split("[•·|]", name.text)[0]
    texts = [text.casefold().strip() for text in (name.whole, name.text, head)]
    if any(sign in wanted for sign in "*?"):
        pattern = wanted.replace("[", "[[]")  # brackets are part of the title
        return any(fnmatchcase(text, pattern) for text in texts)
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", texts[0]) is not None


# --- descriptions -----------------------------------------------------------------------------------------


def _name_in(first_line: str) -> str:
    """The name that a first line of a description is: up to four words, not the first step of the workout.

    Numbers and units are no words: "Hill repeats 8 x 60 s".
    """
    head = _before_bullet(first_line)
    if not head or len(head) > 60:
        return ""
    found = structure(head)
    words = [t for clause in found.clauses for t in clause.tokens if isinstance(t, Word)]
    is_long = min(len(words), len(head.split())) > 4
    return "" if is_long or found.roles & (Role.WARM | Role.COOL) else head


def _before_bullet(line: str) -> str:
    """ "Intervals" of "Intervals • 8km • 45m - 50m"."""
    return line.replace("·", "•").replace("|", "•").partition("•")[0].strip()


def _steps_in(lines: Sequence[str]) -> str:
    """The lines of a description that are steps: they begin with a length, a number of times or a part.

    Lines below "5x" or "Repeat the following 5x:" are repeated, up to an empty line, a cool-down or a second
    rule of dashes.
    """
    steps: list[str] = []
    block: list[str] = []
    times, dashes = "", 0
    for number, line in enumerate(lines):
        text = line.strip(" -*•·>\t")
        dashes += bool(times and not text and line.strip())
        is_over = not text and (not line.strip() or dashes > 1)
        if times and block and (is_over or _REPEATS.search(text) or _is_end(text)):
            steps.append(f"{times} x ({', '.join(block)})")
            times, block = "", []
        if len(text) <= _LONGEST_HEADING and (repeats := _REPEATS.search(text)):
            times, dashes = repeats[1], 0
        elif text and (_is_step(text) or (number == 0 and _REPS.search(text[:_LONGEST_STEP]))):
            (block if times else steps).append(text)
    if times and block:
        steps.append(f"{times} x ({', '.join(block)})")
    return "\n".join(steps)


_LONGEST_HEADING, _LONGEST_STEP = 60, 200
_REPEATS = re.compile(
    r"(?<![0-9])([0-9]{1,2}) ?(?:[x×]|times|mal|fois|veces|volte|keer|ganger):?$", re.IGNORECASE
)
_REPS = re.compile(r"(?<![0-9])[0-9]{1,2} ?[x×] ?[0-9]")


def _is_end(text: str) -> bool:
    has_word = text.isalpha() or len(text.split()) > 1
    return has_word and bool(structure(text[:_LONGEST_HEADING]).roles & Role.COOL)


def _is_step(text: str) -> bool:
    if len(text) > _LONGEST_STEP:
        return False
    first = first_token(text[:40])
    if isinstance(first, Word):
        is_part = first.roles & (Role.WARM | Role.COOL | Role.MAIN)
        return bool(is_part) and any(c.isdigit() for c in text)
    return first is not None and not isinstance(first, Sign)


# --- what an entry is -------------------------------------------------------------------------------------


def read(entry: Entry, patterns: Sequence[tuple[str, Meant]], seconds_per_km: int) -> Reading:
    """What an entry is. `patterns` are of titles, with what the runner says that they are."""
    text = _Texts(entry)
    name = text.name
    said = _by_pattern(name, patterns) or _said(text)
    title = name.whole if said.sort in (Sort.OTHER, Sort.CROSS) else name.text
    reading = Reading(
        said.sort,
        title.strip() or name.whole.strip() or "Workout",
        said.kind if said.sort is Sort.RUN else None,
        because=said.because,
        eases_off=eases_off(structure(name.whole)) or eases_off(structure(text.first_line)),
    )
    if reading.sort in (Sort.REST, Sort.OTHER):
        return reading
    sport = said.sport if reading.sort is Sort.CROSS else None
    minutes = _minutes(text, said, _SECONDS_PER_KM.get(sport, seconds_per_km) if sport else seconds_per_km)
    reading = replace(reading, minutes=minutes)
    if reading.sort is Sort.STRENGTH:
        return replace(reading, load=load_of(structure(name.text), structure(text.token)))
    if reading.sort is Sort.CROSS:
        effort = said.effort or effort_of(said.kind, minutes, LONG_FROM)
        return replace(reading, sport=said.sport or Sport.OTHER, effort=effort)
    return reading


class _Texts:
    """The parts of an entry. What takes time to read is read when somebody asks."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.name = take_apart(entry.title)
        self.lines = entry.description.split("\n")
        self.first_line = next((line for line in self.lines if line.strip()), "")[:LONGEST_NAME]
        found = _RUNNA_TOKEN.search(entry.uid)
        self.token = found[1].replace("_", " ").lower() if found else ""
        # What Runna writes before its bullets: "Intervals • 8km • 45m - 50m".
        head = _before_bullet(self.first_line) if _has_bullet(self.first_line) else ""
        self.header = meaning(head) if head and len(head.split()) <= 4 else Said()

    @cached_property
    def first_name(self) -> str:
        return _name_in(self.first_line)

    @cached_property
    def steps(self) -> str:
        return _steps_in(self.lines)


def _has_bullet(line: str) -> bool:
    return any(sign in line for sign in "•·|")


class _Verdict(NamedTuple):
    """What an entry is in the end. `effort` is of cross training, if the runner names it."""

    sort: Sort
    kind: Kind | None = None
    sport: Sport | None = None
    because: str = ""
    effort: Effort | None = None


def _by_pattern(name: Name, patterns: Sequence[tuple[str, Meant]]) -> _Verdict | None:
    for pattern, meant in patterns:
        if not matches(pattern, name):
            continue
        because = f'your own pattern "{pattern}"'
        if isinstance(meant, Kind):
            return _Verdict(Sort.RUN, meant, None, because)
        if isinstance(meant, Effort):
            return _Verdict(Sort.CROSS, None, name.said.sport, because, meant)
        if meant is Sort.CROSS:
            return _Verdict(meant, name.said.kind, name.said.sport, because)
        return _Verdict(meant or Sort.OTHER, None, None, because)
    return None


def _said(text: _Texts) -> _Verdict:
    """What the parts of an entry say, the one that counts most first."""
    title = text.name.said
    if text.token:
        token = meaning(text.token)
        because = f"Runna's own name, {text.token}"
        if token.sort is Sort.STRENGTH:
            return _Verdict(Sort.STRENGTH, None, None, because)
        return _Verdict(Sort.RUN, token.kind, None, because) if token.kind else _run(text)
    found = _by_field(text) or _by_header(text)
    if found is None and title.sort is not None:
        found = _Verdict(title.sort, title.kind, title.sport, f"{title.because} in the title")
    if found is None and not title.clashes:
        found = _by_description(text)
    if found is None or found.sort is Sort.RUN:
        return _run(text)
    if found.sort is Sort.CROSS:
        kind = title.kind or text.header.kind or meaning(text.steps).kind or meaning(text.first_name).kind
        return found._replace(kind=kind)
    return found


def _by_field(text: _Texts) -> _Verdict | None:
    """The sport that a platform names: TrainingPeaks' "Workout type: Swim", or before the title's colon."""
    label, colon, value = text.first_line.partition(":")
    title = text.name.said
    if colon and label.strip().casefold() == "workout type":
        typed = meaning(value)
        if typed.sort is not None:
            return _Verdict(typed.sort, None, typed.sport, f"Workout type: {value.strip()}")
    if title.is_field and title.sort is not None:
        return _Verdict(title.sort, None, title.sport, f"{title.because} before the colon")
    return None


def _by_header(text: _Texts) -> _Verdict | None:
    header, title = text.header, text.name.said
    if header.sort is None or title.sort not in (None, Sort.RUN):
        return None
    return _Verdict(header.sort, None, header.sport, f"{header.because} in the description")


def _by_description(text: _Texts) -> _Verdict | None:
    if _SETS.match(text.entry.description):
        return _Verdict(Sort.STRENGTH, because="the sets in the description")
    said = meaning(text.first_name)
    # "Summary:" is a heading, and makes no note of a run; "deload week" does.
    if said.sort is None or (said.sort is Sort.OTHER and not eases_off(structure(text.first_name))):
        return None
    return _Verdict(said.sort, None, said.sport, f"{said.because} in the description")


def _run(text: _Texts) -> _Verdict:
    """A run of the kind that the title says, or else the description."""
    title = text.name.said
    if text.header.kind:
        return _Verdict(Sort.RUN, text.header.kind, None, f"{text.header.because} in the description")
    if title.clashes:
        return _Verdict(Sort.RUN, because=f"{title.because}: one of them")
    by_title = _Verdict(Sort.RUN, title.kind, None, f"{title.because} in the title" if title.kind else "")
    if title.kind and not title.is_guess:
        return by_title
    if race := _race_day(text.lines):
        return _Verdict(Sort.RUN, Kind.RACE, None, f'"{race}" in the description')
    # "Marathon" with "steady first half" is a race.
    names_a_part = title.is_guess and structure(text.first_name).roles & Role.PART
    for said in (meaning(text.steps), Said() if names_a_part else meaning(text.first_name)):
        if said.kind and said.sort is Sort.RUN:
            return _Verdict(Sort.RUN, said.kind, None, f"{said.because} in the description")
    return by_title


def _race_day(lines: Sequence[str]) -> str:
    """A line of a description that says nothing but "race day"."""
    for line in lines:
        words = line.strip(" !*-:.\t")
        if 4 <= len(words) <= 24:
            found = structure(words)
            clause = found.clauses[0]
            if len(found.clauses) == 1 and clause.is_bare and clause.roles & ANY_KIND == Role.RACE:
                return words
    return ""


# --- how long it takes ------------------------------------------------------------------------------------


def _minutes(text: _Texts, said: _Verdict, pace: int) -> int | None:
    entry, kind = text.entry, said.kind if said.sort is not Sort.STRENGTH else None
    first_line = text.first_line
    lifts = said.sort is Sort.STRENGTH
    return (
        lengths.from_field(entry.field)
        or lengths.from_description(text.lines)
        or (lengths.from_span(entry.length) if entry.length else None)
        or lengths.from_segments(first_line)
        or lengths.from_segments(text.name.whole)
        or lengths.from_parts(text.name.text, kind, pace, lifts=lifts)
        or (lengths.from_parts(first_line, kind, pace, lifts=lifts) if _is_a_name(text) else None)
        or (None if lifts else lengths.from_steps(text.steps, kind, pace))
    )


def _is_a_name(text: _Texts) -> bool:
    if _has_bullet(text.first_line):
        return True
    # "- 15 min easy" is the first of several steps.
    first, _, later = text.steps.partition("\n")
    return bool(text.first_name) and not (later and first in text.first_line)
