"""Titles taken apart: the sport before a colon or as an emoji, and what is left.

Decides what of a title is its text, and whether a pattern of the config fits it. Knows nothing of what the
words mean, but for the names of sports.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from calsync.feeds.platform import vocabulary
from calsync.feeds.platform.vocabulary import plain
from calsync.workout import Sort

# Nobody's title is longer, and patterns take their time with what is no title.
LONGEST = 400
BULLET = re.compile(r"\s*[•·|]\s*")
_PREFIX = re.compile(r"\s*([^:\d]{2,20}?)\s*:\s*(.*)", re.DOTALL)
# "Race: City 10 km" is a run, and the word says which kind.
_SAYS_MORE = ("race", "track", "walk/run", "jog")


@dataclass(frozen=True, slots=True)
class Name:
    """A title taken apart: `text` is without emoji and without the sport that stands before a colon."""

    whole: str
    text: str
    sort: Sort | None = None
    emoji: Sort | None = None


def take_apart(title: str) -> Name:
    """What a title says, and what stands in front of that."""
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
