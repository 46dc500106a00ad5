"""Where the bodies come from: the grammar, mutations of all calendars in the tests, and growth."""

import ast
import heapq
import math
import re
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.feeds.broken import (
    FREQUENCIES,
    LINE_ENDS,
    ODD_DATES,
    ODD_LENGTHS,
    ODD_NUMBERS,
    TEXTS,
    ZONES,
    bodies,
)

TESTS = Path(__file__).parents[1]
LARGEST = 10_000_000
_MOST_TO_KEEP = 100_000
"""Bytes of a body that others are made from."""
_TOKENS = [
    word.encode()
    for word in (
        *ODD_NUMBERS,
        *ODD_DATES,
        *ODD_LENGTHS,
        *TEXTS,
        *ZONES,
        *FREQUENCIES,
        *LINE_ENDS,
        "\n ",
        "\ufeff",
    )
]


_TEXT = re.compile(rb"^((?:SUMMARY|DESCRIPTION)[;:])([^\r\n]*)", re.MULTILINE)


class Input(NamedTuple):
    kind: str
    body: bytes


@cache
def calendars_of_the_tests() -> tuple[bytes, ...]:
    found = [file.read_bytes() for file in sorted(TESTS.rglob("*.ics")) if "node_modules" not in file.parts]
    found = [body for body in found if len(body) <= _MOST_TO_KEEP]
    for event in sorted(set(_written_in_tests())):
        if "DTSTART" in event:
            text = event if "BEGIN:VEVENT" in event else f"BEGIN:VEVENT\n{event}\nEND:VEVENT"
            found.append(f"BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR\n".encode("utf-8", "replace"))
    return tuple(found)


@cache
def lines_of_the_tests() -> tuple[bytes, ...]:
    lines = {line for text in _written_in_tests() for line in text.splitlines()}
    return tuple(
        sorted(line.encode("utf-8", "replace") for line in lines if re.match(r"[A-Z-]{3,}[;:]", line))
    )


def _written_in_tests() -> Iterator[str]:
    for file in sorted((TESTS / "feeds").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def of_the_grammar(number: int, how_many: int) -> list[bytes]:
    """What Hypothesis draws first with this seed."""
    found: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=how_many,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies())
    def draw(body: bytes) -> None:
        found.append(body)

    draw()
    return found


class Inputs:
    """Bodies without end. What was new or slow is told, and then others are made from it."""

    def __init__(self, random: Random, largest: int = LARGEST) -> None:
        self.random = random
        self.largest = largest
        self.seeds = list(calendars_of_the_tests())
        self.lines = lines_of_the_tests()
        self._met: set[str] = set()
        self._slow: list[tuple[float, int, bytes]] = []
        self._drawn: list[bytes] = []
        self._used: deque[bytes] = deque(maxlen=500)

    def next(self) -> Input:
        match self.random.choices(("grammar", "mutated", "grown"), (25, 45, 30))[0]:
            case "grammar":
                return Input("grammar", self._of_the_grammar())
            case "mutated":
                body = self._one()
                for _ in range(self.random.choice((1, 1, 2, 3, 8))):
                    body = self.mutated(body)
                return Input("mutated", body[: self.largest])
            case _:
                body = self._one()
                if self.random.random() < 0.5:
                    body = self.mutated(body)
                # As many between 1 and 10 KB as between 1 and 10 MB.
                return self.grown(body, int(10 ** self.random.uniform(3, math.log10(self.largest))))

    def tell(self, body: bytes, met: list[str], seconds: float) -> None:
        """What came of a body."""
        if len(body) > _MOST_TO_KEEP:
            return
        if not self._met.issuperset(met):
            self._met.update(met)
            self.seeds.append(body)
        slowness = seconds / (1 + len(body) / 1000)
        heapq.heappush(self._slow, (slowness, self.random.randrange(1 << 30), body))
        if len(self._slow) > 40:
            heapq.heappop(self._slow)

    def _one(self) -> bytes:
        chosen = self.random.random()
        if chosen < 0.15 and self._slow:
            return self.random.choice(self._slow)[2]
        # Drawing one takes longer than reading it.
        return self.random.choice(self._used if chosen < 0.4 and self._used else self.seeds)

    def _of_the_grammar(self) -> bytes:
        if not self._drawn:
            self._drawn = of_the_grammar(self.random.randrange(1 << 30), 100)
        self._used.append(self._drawn.pop())
        return self._used[-1]

    # --- mutation ------------------------------------------------------------------------------------------

    def mutated(self, body: bytes) -> bytes:
        random = self.random
        if random.random() < 0.35 or not body:
            return self._with_other_bytes(body)
        end = b"\r\n" if b"\r\n" in body else b"\n"
        lines = body.split(end)
        place, other = random.randrange(len(lines)), random.randrange(len(lines))
        match random.randrange(14):
            case 0:
                del lines[place]
            case 1:
                lines.insert(place, lines[other])
            case 2:
                lines[place], lines[other] = lines[other], lines[place]
            case 3 | 4 | 5:
                lines.insert(place, random.choice(self.lines))
            case 6:
                lines[place] = random.choice(self.lines)
            case 7:
                name = re.match(rb"[A-Z-]*", lines[place])
                assert name
                same = [line for line in self.lines if line.startswith(name[0] + b":")]
                lines[place] = random.choice(same or self.lines)
            case 8:
                block, at = self._block(lines)
                lines[at:at] = block
            case 9:
                block, _ = self._block(random.choice(self.seeds).replace(b"\r\n", b"\n").split(b"\n"))
                lines[place:place] = block
            case 10:
                ends = [random.choice(LINE_ENDS).encode() for _ in range(random.choice((1, 2)))]
                return b"".join(line + random.choice(ends) for line in lines)
            case 11:
                cut = random.randrange(len(lines[place]) + 1)
                lines[place] = lines[place][:cut] + end + b" " + lines[place][cut:]
            case 12:
                uid = random.choice((b"UID:1", b"", b"UID:"))
                lines = [uid if line.startswith(b"UID") else line for line in lines]
            case 13:
                lines = [line for line in lines if random.random() > 0.1]
        return end.join(lines)

    def _with_other_bytes(self, body: bytes) -> bytes:
        random = self.random
        place = random.randrange(len(body) + 1)
        length = random.choice((1, 1, 2, 4, 10, 100))
        match random.randrange(9):
            case 0:
                return body[:place] + random.randbytes(1) + body[place + 1 :]
            case 1:
                return body[:place] + body[place + length :]
            case 2:
                return body[:place] + body[place : place + length] * random.choice((2, 3, 50)) + body[place:]
            case 3 | 4:
                return body[:place] + random.choice(_TOKENS) + body[place + random.choice((0, length)) :]
            case 5 | 6:
                numbers = list(re.finditer(rb"\d+", body))
                if not numbers:
                    return body + b"1"
                number = random.choice(numbers)
                new = random.choice((self._near(number[0]), random.choice(ODD_NUMBERS).encode()))
                return body[: number.start()] + new + body[number.end() :]
            case 7:
                return body[:place]
            case _:
                other = random.choice(self.seeds)
                return body[:place] + other[random.randrange(len(other) + 1) :]

    def _near(self, digits: bytes) -> bytes:
        number = int(digits[:18]) + self.random.choice((-1, 1, -7, 7, -100, 100, 10_000, -10_000))
        return str(abs(number)).zfill(len(digits)).encode()

    def _block(self, lines: list[bytes]) -> tuple[list[bytes], int]:
        """A component of some calendar, from its BEGIN to its END, and where it begins."""
        begins = [place for place, line in enumerate(lines) if line.upper().startswith(b"BEGIN:V")]
        if not begins:
            return lines, 0
        place = self.random.choice(begins)
        last = b"END" + lines[place][5:]
        end = next((at for at in range(place, len(lines)) if lines[at] == last), place)
        return lines[place : end + 1], place

    # --- growth --------------------------------------------------------------------------------------------

    def grown(self, body: bytes, size: int, times: int = 1) -> Input:
        """With one piece of it repeated, until it has this size; numbers in the piece may count up.

        All that is repeated is there so many `times`.
        """
        random = self.random
        end = b"\r\n" if b"\r\n" in body else b"\n"
        lines = body.split(end)
        kind = random.choice(
            ("line", "line", "block", "block", "block", "item", "item", "bytes", "folds", "all")
        )
        start, stop = 0, len(body)
        if kind == "line":
            number = random.randrange(len(lines))
            start = sum(len(line) + len(end) for line in lines[:number])
            stop = start + len(lines[number]) + len(end)
        elif kind == "block":
            block, number = self._block(lines)
            start = sum(len(line) + len(end) for line in lines[:number])
            stop = start + sum(len(line) + len(end) for line in block)
        elif kind == "item":
            items = list(re.finditer(rb"[,;:][^,;:\r\n]+", body))
            if items:
                start, stop = random.choice(items).span()
        elif kind == "bytes":
            start = random.randrange(len(body) + 1)
            stop = start + random.choice((1, 1, 2, 3, 8, 30))
        elif kind == "folds":
            start = stop = random.randrange(len(body) + 1)
        piece = body[start:stop] or end + random.choice((b" ", b"\t", b"  ", b"", b" x"))
        copies = max(1, (size - len(body)) // len(piece))
        large = body[:stop] + self._copies(piece, copies) * times + body[stop:]
        return Input(f"grown by {kind}", large[: self.largest])

    def _shuffled(self, text: re.Match[bytes]) -> bytes:
        """Another text of the same words: what was read once may be known the next time."""
        words = text[2].split(b" ")
        self.random.shuffle(words)
        return text[1] + b" ".join(words)

    def _copies(self, piece: bytes, copies: int) -> bytes:
        if self.random.random() < 0.3 and _TEXT.search(piece):
            return b"".join(_TEXT.sub(self._shuffled, piece) for _ in range(copies))
        numbers = list(re.finditer(rb"\d+", piece)) if self.random.random() < 0.6 else []
        uids = [match for match in numbers if piece[: match.start()].rpartition(b"\n")[2].startswith(b"UID")]
        if not numbers:
            return piece * copies
        places = {self.random.choice(numbers).span(), *(match.span() for match in uids)}
        if len(places) > 1 and self.random.random() < 0.3:
            places.pop()
        pieces: list[bytes] = []
        widths: list[tuple[int, int]] = []
        at = 0
        for start, stop in sorted(places):
            pieces.append(piece[at:start])
            widths.append((int(piece[start:stop][:15]), stop - start))
            at = stop
        rest = piece[at:]
        first = self.random.choice((0, 1))
        return b"".join(
            b"".join(
                text + str(start * first + number)[-width:].zfill(width).encode()
                for text, (start, width) in zip(pieces, widths, strict=True)
            )
            + rest
            for number in range(copies)
        )
