"""The content lines of a calendar object (RFC 5545, 3.1), which are kept whatever is in them. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence

_UID = re.compile(r"^UID(?:;[^:\n]*)?:(.*(?:\n[ \t].*)*)$", re.MULTILINE | re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_NAME = re.compile(r"[^:;]*")


def uid_of(text: str) -> str:
    """The UID of a calendar object; empty if it has none. All its events have the same (RFC 4791, 4.1)."""
    text = text.replace("\r\n", "\n")
    # Not that of the whole calendar (RFC 7986, 5.3).
    found = _UID.search(text, max(text.find("BEGIN:VEVENT"), 0))
    return _FOLD.sub("", found[1]).strip() if found else ""


def content_lines(text: str) -> list[str]:
    """RFC 5545, 3.1: without their folds."""
    return [line for line in _FOLD.sub("", text).replace("\r\n", "\n").split("\n") if line]


def property_name(line: str) -> str:
    """In upper case."""
    found = _NAME.match(line)
    return found[0].upper().strip() if found else ""


def number_in(line: str) -> int:
    """What a property says that is a number; 0 if it is none."""
    value = line.rpartition(":")[2].strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 11 else 0


def joined(lines: Iterable[str]) -> str:
    """The object that these lines are, folded again."""
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _folded(line: str) -> Iterator[str]:
    """At 75 octets, and in no character (RFC 5545, 3.1)."""
    if len(line) * 4 <= 75 or len(line.encode()) <= 75:
        yield line
        return
    part, size = "", 0
    for character in line:
        size += len(character.encode())
        if size > 75:
            yield part
            part, size = " ", 1 + len(character.encode())
        part += character
    yield part


def master(lines: Sequence[str]) -> tuple[int, int]:
    """Where the event is that is no changed occurrence of another; both ends' lines included."""
    found = []
    start = 0
    for place, line in enumerate(lines):
        edge = line.upper().strip()
        if edge == "BEGIN:VEVENT":
            start = place
        elif edge == "END:VEVENT":
            found.append((start, place + 1))
    for begin, end in found:
        if not any(property_name(line) == "RECURRENCE-ID" for line in lines[begin:end]):
            return begin, end
    return found[0]


def with_depth(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each line with the number of components that it is in; BEGIN and END count as inside."""
    depth = 0
    for line in lines:
        name = property_name(line)
        depth += name == "BEGIN"
        yield line, depth
        depth -= name == "END"


def is_edge(line: str) -> bool:
    return property_name(line) in ("BEGIN", "END")


def alarm_blocks(event: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the alarms of an event are."""
    start = None
    for place, (line, depth) in enumerate(with_depth(event)):
        if depth == 2 and line.upper().strip() == "BEGIN:VALARM":
            start = place
        elif depth == 2 and start is not None and line.upper().strip() == "END:VALARM":
            yield start, place + 1
            start = None
