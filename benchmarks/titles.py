"""How long it takes to read what the entries of training feeds are."""

import statistics
import time
from pathlib import Path

from calsync.feeds.titles import meaning, structure
from calsync.feeds.titles.reading import Entry, read

FILES = Path(__file__).parent.parent / "tests" / "feeds" / "platform" / "files"
PACE = 360


def entries() -> list[Entry]:
    """Titles with their descriptions, as in the tests' feeds, unfolded."""
    found: list[Entry] = []
    for path in sorted(FILES.glob("*.ics")):
        title = ""
        for line in path.read_text("utf-8").replace("\r", "").replace("\n ", "").split("\n"):
            name, _, value = line.partition(":")
            if name == "SUMMARY":
                title = value.replace("\\", "")
                found.append(Entry(title))
            elif name == "DESCRIPTION" and title:
                found[-1] = Entry(title, value.replace("\\n", "\n").replace("\\", ""))
    return found


def microseconds_a_character(rounds: int = 15) -> float:
    """Median of this process' own time for a character of title and description, nothing remembered."""
    every = entries()
    characters = sum(len(entry.title) + len(entry.description) for entry in every)
    times = []
    for _ in range(rounds + 1):
        structure.structure.cache_clear()
        meaning.meaning.cache_clear()
        start = time.process_time()
        for entry in every:
            read(entry, (), PACE)
        times.append(time.process_time() - start)
    return statistics.median(times[1:]) / characters * 1e6
