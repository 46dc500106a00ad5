"""The words and numbers of a title, one after another, each with what it can mean.

A title is cut into pieces (a number, a word, a sign), and pieces that belong together become one token:
`8 x` a Times, `40-45 min` an Amount, `5:30/km` a Pace, `long run` a Word. Each piece is looked at a bounded
number of times, so the time taken grows with the length of the text and no faster.
"""

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from calsync.feeds.titles.tables import (
    EMOJI,
    LETTERS,
    UNITS,
    Role,
    Unit,
    beginnings,
    by_ending,
    without_accents,
)

# --- tokens -----------------------------------------------------------------------------------------------


class Amount(NamedTuple):
    """How long or how far: the lower and the upper end, which are mostly the same.

    `unit` is MINUTES, KM, METRES (or minutes: people write "m" for both) or NONE.
    """

    low: float
    high: float
    unit: Unit
    written: str
    is_clock: bool = False
    """"1:30" may be hours and minutes, or minutes and seconds; then `high` is in minutes if it is hours."""


class Times(NamedTuple):
    """ "8 x", "x 8", "8 times"."""

    number: int
    written: str


class Pair(NamedTuple):
    """ "30/30": work and rest, by turns."""

    work: Amount
    rest: Amount
    written: str


class Ladder(NamedTuple):
    """ "1-2-3-2-1 min": a pyramid; `whole` is all of it."""

    whole: Amount
    written: str


class Pace(NamedTuple):
    """ "5:30/km", "12 km/h": says how fast, and neither how long nor how far."""

    written: str


class Word(NamedTuple):
    """A word, or words that have a meaning together. Without `roles` it is not in the tables."""

    text: str
    written: str
    roles: int = 0


class Sign(NamedTuple):
    """A punctuation mark, or a line break. `spaced` if there are blanks before and behind it."""

    text: str
    spaced: bool = False


class Emoji(NamedTuple):
    role: int | None


Token = Amount | Times | Pair | Ladder | Pace | Word | Sign | Emoji


# --- pieces -----------------------------------------------------------------------------------------------


class _Is(Enum):
    NUMBER = 1
    WORD = 2
    SIGN = 3


class _Piece(NamedTuple):
    sort: _Is
    text: str
    """In small letters."""
    written: str
    glued: bool
    """Nothing between it and the piece before."""


# Each alternative begins with another character, and none can fail once it has begun: no way back.
_PIECES = re.compile(r"[0-9]+(?:[.,:][0-9]+)*|[^\W\d_]+|\n|[^\S\n]+|.", re.DOTALL)


def pieces_of(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    glued = False
    for written in _PIECES.findall(text):
        first = written[0]
        if first != "\n" and first.isspace():
            glued = False
            continue
        sort = _Is.NUMBER if first in "0123456789" else _Is.WORD if first.isalpha() else _Is.SIGN
        pieces.append(_Piece(sort, written.casefold(), written, glued))
        glued = True
    return pieces


# --- the lexer --------------------------------------------------------------------------------------------


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text in any language, in their order."""
    return Lexer(pieces_of(without_accents(text))).all()


_END = _Piece(_Is.SIGN, "", "", glued=False)


def first_token(text: str) -> Token | None:
    pieces = pieces_of(without_accents(text))
    return Lexer(pieces).one(0, None)[0] if pieces else None


class Lexer:
    """Reads pieces from left to right."""

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        # Nothing looks further ahead than this.
        self.pieces = [*pieces, _END, _END, _END, _END]
        self.count = len(pieces)
        self.shouts = any(len(piece.written) > 3 and piece.written.isupper() for piece in pieces)

    def all(self) -> tuple[Token, ...]:
        found: list[Token] = []
        at = 0
        while at < self.count:
            token, end = self.one(at, found[-1] if found else None)
            assert end > at
            found.append(token)
            at = end
        return tuple(found)

    def _is(self, at: int, *texts: str) -> bool:
        return self.pieces[at].text in texts

    def _written(self, start: int, end: int) -> str:
        if end == start + 1:
            return self.pieces[start].written
        following = [p.written if p.glued else f" {p.written}" for p in self.pieces[start + 1 : end]]
        return "".join([self.pieces[start].written, *following])

    def one(self, at: int, before: Token | None) -> tuple[Token, int]:
        piece = self.pieces[at]
        if piece.sort is _Is.SIGN:
            return self._sign(at)
        if letter := self._letter(at, before):
            return letter
        if isinstance(before, Times) and UNITS.get(piece.text, (Unit.NONE, 0))[0] is Unit.KM:
            far = UNITS[piece.text][1]  # "4 x mile"
            return Amount(far, far, Unit.KM, piece.written), at + 1
        if phrase := self._phrase(at):
            return phrase
        if piece.sort is _Is.NUMBER:
            return self._number(at)
        # "x 8" behind what is to be repeated.
        if piece.text == "x" and (count := self._count(at + 1)) and self.pieces[at + 2].text not in UNITS:
            return Times(count, self._written(at, at + 2)), at + 2
        return Word(piece.text, piece.written, by_ending(piece.text)), at + 1

    def _sign(self, at: int) -> tuple[Token, int]:
        piece = self.pieces[at]
        if piece.text.isascii():
            if piece.text == "|":
                return Sign("•", spaced=True), at + 1
            return Sign(piece.text, not piece.glued and not self.pieces[at + 1].glued), at + 1
        if piece.text in "•·":
            return Sign("•", spaced=True), at + 1
        return Emoji(EMOJI.get(piece.text, 0)), at + 1

    def _phrase(self, at: int) -> tuple[Word, int] | None:
        """The longest words of the tables that begin here; hyphens between them make no difference."""
        found = beginnings(self.pieces[at].text)
        if not found:
            return None
        best_end, best_roles = 0, 0
        if self._is_day(at):
            return None
        open_ = [(node, at + 1) for node in found]
        while open_:
            node, end = open_.pop()
            if node.roles and end > best_end:
                best_end, best_roles = end, node.roles
            if not (node.words or node.stems):
                continue
            piece = self.pieces[end]
            if piece.glued and piece.text in ("-", "'"):
                end += 1
                piece = self.pieces[end]
            if piece.text and piece.text != "\n":
                # What is written with most letters of its own comes last, and so first from the stack.
                open_ += [(after, end + 1) for after in reversed(node.after(piece.text))]
        if not best_roles:
            return None
        written = self._written(at, best_end)
        return Word(written.casefold(), written, best_roles), best_end

    def _is_day(self, at: int) -> bool:
        """ "W5D3", "Week 5 D3": a day, and no zone."""
        before = self.pieces[max(0, at - 2) : at]
        is_day = self.pieces[at].text == "d" and self.pieces[at + 1].glued and len(before) == 2
        return is_day and before[0].text in _WEEKS and before[1].sort is _Is.NUMBER

    def _letter(self, at: int, before: Token | None) -> tuple[Word, int] | None:
        """Daniels' letters behind a length: "45 min E", "3 x 1 mile @ T", and "T pace". Capitals only."""
        piece = self.pieces[at]
        role = LETTERS.get(piece.written)
        if role is None or self._is(at + 1, ".", "'"):
            return None
        behind = isinstance(before, Amount | Ladder) or (isinstance(before, Sign) and before.text == "@")
        return (Word(piece.text, piece.written, role), at + 1) if behind else None

    # --- numbers ---

    def _count(self, at: int) -> int | None:
        piece = self.pieces[at]
        if piece.sort is not _Is.NUMBER or not piece.text.isdigit() or len(piece.text) > 2:
            return None
        return int(piece.text) or None

    def _number(self, at: int) -> tuple[Token, int]:
        # "400s" are repetitions of 400 m.
        if self.pieces[at].text in _TRACK and self._is(at + 1, "s", "er") and self.pieces[at + 1].glued:
            written = self._written(at, at + 2)
            return Word(written.casefold(), written, Role.INTERVALS), at + 2
        first, end = self._amount(at)
        if first is None:
            return Word(self.pieces[at].text, self.pieces[at].written), end
        if at and self.pieces[at - 1].text in _NUMBERED:
            # "Day 12 - 6 x 800 m", "W4 time trial"
            is_of_it = self.pieces[at].glued and not self.pieces[at + 1].glued
            if first.unit is Unit.NONE or is_of_it:
                return Pace(self._written(at, at + 1)), at + 1
        if (first.is_clock or first.high <= 12) and self._is(end, "am", "pm", "uhr"):
            return Pace(self._written(at, end + 1)), end + 1  # "7 am" says when
        if self._slash_unit(end):
            return self._pace(at, end)
        ends = [first]
        stop = end
        while (then := self._range_to(stop)) is not None:
            # "5 - 30-45 min": the first dash is another than the second.
            if len(ends) > 1 and self.pieces[end].glued != self.pieces[stop].glued:
                return first, end
            amount, after = self._amount(then)
            # "20-22 km 5-6" is two ranges; "1-2-3-2-1 min" is a ladder.
            if amount is None or not self._can_end(first, amount, after):
                break
            # "10 x 400 a 95 %"
            if self.pieces[at - 1].text == "x" and self.pieces[stop].text != "-" and self._is(after, "%"):
                break
            ends.append(amount)
            stop = after
        if self._slash_unit(stop):
            return self._pace(at, stop)
        if self._is_measured(at, stop, ends[-1].unit):
            return Pace(self._written(at, stop)), stop
        if len(ends) == 1 and (several := self._slashes(at) or self._pair(at, first, end)):
            return several
        if len(ends) == 2 and ends[0].unit is ends[1].unit is Unit.NONE and _are_turns(*ends):
            half = Amount(first.high / 60, first.high / 60, Unit.MINUTES, first.written)
            return Pair(half, half, self._written(at, stop)), stop  # "30-30"
        amount = ends[0] if len(ends) == 1 else _range_of(ends, self._written(at, stop))
        if times := self._times(at, stop, amount):
            return times
        if len(ends) > 2:
            unit = ends[-1].unit
            whole = sum(_in(unit, one) for one in ends)
            written = self._written(at, stop)
            if all(one.written in _TRACK for one in ends):
                unit = Unit.METRES  # "200-400-800-400-200"
            if unit is Unit.NONE and len(ends[0].written) == 4 and len(ends) == 3:
                return Word(written, written), stop  # a date
            return Ladder(Amount(whole, whole, unit, written), written), stop
        return amount, stop

    def _can_end(self, first: Amount, last: Amount, after: int) -> bool:
        """Whether an amount can be the end of a range: "6x1000 a 4:00" and "4' à 90%" are none."""
        if first.is_clock != last.is_clock and first.unit is Unit.NONE:
            return False
        return first.unit is Unit.NONE or self.pieces[after].text != "%"

    def _is_measured(self, at: int, stop: int, unit: Unit) -> bool:
        """ "90-92%", "95% 5k", "140-150 bpm", "RPE 7-8": how hard it is, and not how long."""
        before = self.pieces[at - 1].text if at else ""
        if unit is Unit.KM:
            return before == "%"
        return unit is Unit.NONE and (self.pieces[stop].text in _MEASURES or before in _MEASURED)

    def _is_range(self, at: int) -> bool:
        return self._is(at, "-") and self.pieces[at + 1].sort is _Is.NUMBER

    def _range_to(self, at: int) -> int | None:
        """Where the second number of "40-45", "40 to 45" is."""
        if not self._is(at, "-", "to", "bis", "a", "till", "til", "tot", "do", "ate", "hasta", "al"):
            return None
        return at + 1 if self.pieces[at + 1].sort is _Is.NUMBER else None

    def _times(self, at: int, end: int, amount: Amount) -> tuple[Times, int] | None:
        if amount.unit is not Unit.NONE or amount.is_clock or not amount.high.is_integer():
            return None
        if not 1 <= amount.high <= 99:
            return None
        count = int(amount.high)
        if self._is(end, "x") or (self._is(end, "*") and end + 1 < self.count):
            return Times(count, self._written(at, end + 1)), end + 1
        after = end + 1 if self.pieces[end].text == "-" else end  # "3-mal"
        phrase = self._phrase(after) if self.pieces[after].sort is _Is.WORD else None
        if phrase and phrase[0].roles & Role.TIMES:
            return Times(count, self._written(at, phrase[1])), phrase[1]
        return None

    def _slashes(self, at: int) -> tuple[Token, int] | None:
        """ "400/800/1200/800/400": a ladder as well."""
        end = at
        while self.pieces[end].text in _TRACK:
            if not (self._is(end + 1, "/") and self.pieces[end + 2].text in _TRACK):
                end += 1
                break
            end += 2
        if end - at < 5:
            return None
        whole = sum(float(piece.text) for piece in self.pieces[at:end:2])
        written = self._written(at, end)
        return Ladder(Amount(whole, whole, Unit.METRES, written), written), end

    def _pair(self, at: int, work: Amount, end: int) -> tuple[Token, int] | None:
        if not self._is(end, "/"):
            return None
        if self.pieces[end + 1].sort is not _Is.NUMBER:
            return None
        rest, stop = self._amount(end + 1)
        if rest is None or self._is(stop, "/"):
            return None
        bare = work.unit is Unit.NONE and rest.unit is Unit.NONE
        if bare and not ({work.high, rest.high} <= _BY_TURNS):
            return None
        if work.unit is Unit.NONE and rest.unit in (Unit.KM, Unit.METRES):
            return None
        # "8 km/5 mi" is one distance in two units.
        if work.unit is rest.unit is Unit.KM and abs(work.high - rest.high) < 0.1 * work.high:
            return None
        written = self._written(at, stop)
        if work.unit is Unit.NONE and rest.unit is Unit.MINUTES and rest.high >= _NO_TURN:
            return _range_of((work, rest), written), stop  # "40/45 min" is how long
        seconds = bare or (work.unit is Unit.NONE and rest.high < 2)
        if work.unit is Unit.NONE:
            work = Amount(*_seconds_or_same(work, rest, seconds=seconds), work.written)
        if rest.unit is Unit.NONE:
            rest = Amount(rest.low / 60, rest.high / 60, Unit.MINUTES, rest.written)
        return Pair(work, rest, written), stop

    def _slash_unit(self, at: int) -> bool:
        """ "/km", "/ mi", "per km": what comes before is a pace. "min/km" as well."""
        if not self._is(at, "/", "per", "pro"):
            return False
        following = self.pieces[at + 1].text
        return following in ("h", "hr") or UNITS.get(following, (Unit.NONE, 0))[0] is Unit.KM

    def _pace(self, at: int, end: int) -> tuple[Token, int]:
        return Pace(self._written(at, end + 2)), end + 2

    def _amount(self, at: int) -> tuple[Amount | None, int]:
        """A number with its unit: "45", "45 min", "1 h 30", "1:10:00", "3u30", "90'"."""
        piece = self.pieces[at]
        value = _value(piece.text)
        end = at + 1
        if value is None:
            return self._clock(at)
        unit, factor, end = self._unit(end)
        if unit is None:
            return Amount(value, value, Unit.NONE, piece.written), at + 1
        if unit is Unit.METRES and self._are_miles(at, value):
            return Amount(value * _MILE, value * _MILE, Unit.KM, self._written(at, end)), end
        if unit is Unit.METRES and _is_thousands(piece.text):
            value *= 1000
        value *= factor
        if unit is Unit.MINUTES and factor == 60:
            value, end = self._and_minutes(value, end)
        return Amount(value, value, unit, self._written(at, end)), end

    def _are_miles(self, at: int, value: float) -> bool:
        """ "6M easy", "20M long": what is as short as that is no minutes, if only the M is a capital."""
        is_capital = self.pieces[at + 1].written == "M" and self.pieces[at + 1].glued
        repeated = at > 0 and self.pieces[at - 1].text == "x"
        return is_capital and not self.shouts and value <= (2 if repeated else _LONGEST_MILES)

    def _clock(self, at: int) -> tuple[Amount | None, int]:
        """ "1:10:00", "1:10", "1:10 h", "45:00 min"."""
        text = self.pieces[at].text
        minutes = _clock(text)
        if minutes is None:
            return None, at + 1
        if text.count(":") == 2:
            return Amount(minutes, minutes, Unit.MINUTES, text), at + 1
        unit, factor, end = self._unit(at + 1)
        if unit is not Unit.MINUTES or factor < 1:
            return Amount(minutes, minutes, Unit.MINUTES, text, is_clock=True), at + 1
        # "1:10 h" has hours, "45:00 min" minutes.
        minutes = minutes if factor == 60 else minutes / 60
        return Amount(minutes, minutes, Unit.MINUTES, self._written(at, end)), end

    def _unit(self, at: int) -> tuple[Unit | None, float, int]:
        piece = self.pieces[at]
        if piece.text == "-" and piece.glued:  # "30-minute jog"
            following = self.pieces[at + 1]
            if following.glued and following.text in UNITS and len(following.text) > 2:
                return (*UNITS[following.text], at + 2)
            return None, 1, at
        if piece.glued and piece.text == "'":
            if self._is(at + 1, "'") and self.pieces[at + 1].glued:
                return Unit.MINUTES, 1 / 60, at + 2
            return Unit.MINUTES, 1, at + 1
        if piece.glued and piece.text == '"':
            return Unit.MINUTES, 1 / 60, at + 1
        if piece.text not in UNITS:
            return None, 1, at
        # "12 x 400 R", "30 M", "1T": letters of their own are Daniels'.
        is_letter = piece.written in LETTERS and (not piece.glued or piece.written == "T")
        if is_letter and not (piece.written == "M" and self.shouts):
            return None, 1, at
        return (*UNITS[piece.text], at + 1)

    def _and_minutes(self, hours: float, at: int) -> tuple[float, int]:
        """The minutes behind hours: "1 h 30 min", "1h05", "1h5m"."""
        piece = self.pieces[at]
        if piece.sort is not _Is.NUMBER or not piece.text.isdigit() or len(piece.text) > 2:
            return hours, at
        unit, factor, end = self._unit(at + 1)
        is_minutes = unit in (Unit.MINUTES, Unit.METRES) and factor == 1
        if is_minutes or (unit is None and len(piece.text) == 2 and int(piece.text) < 60):
            if unit is None and (self._is(at + 1, "x") or (self._is_range(at + 1) and not piece.glued)):
                return hours, at
            return hours + int(piece.text), end if is_minutes else at + 1
        return hours, at


_MEASURES = frozenset(("%", "bpm", "watt", "watts", "spm", "rpm", "hf", "hr", "fc", "puls", "kcal"))
_MEASURED = frozenset(
    ("hr", "hf", "fc", "fcm", "rpe", "puls", "pulse", "bpm", "ftp", "tss", "week", "day", "#")
)
# What has a number of its own, and no length: "Week 3", "S1".
_NUMBERED = frozenset(
    ("day", "week", "wk", "w", "s", "session", "kw", "#", "no", "nr", "tag", "woche", "jour")
)
_WEEKS = frozenset(("w", "wk", "week"))
_MILE = UNITS["mile"][1]
_LONGEST_MILES = 26.2
_TRACK = frozenset(map(str, range(200, 2001, 100)))
# Minutes; nobody works and rests so long by turns.
_NO_TURN = 10
_BY_TURNS = {10.0, 15.0, 20.0, 30.0, 40.0, 45.0, 50.0, 60.0, 90.0}


def _are_turns(first: Amount, second: Amount) -> bool:
    return first.high == second.high and first.high in _BY_TURNS and not first.is_clock


def _seconds_or_same(work: Amount, rest: Amount, *, seconds: bool) -> tuple[float, float, Unit]:
    factor = 60 if seconds else 1
    return work.low / factor, work.high / factor, Unit.MINUTES if seconds else rest.unit


def _range_of(ends: Sequence[Amount], written: str) -> Amount:
    """From the first to the last, of which one may have no unit of its own: "45-60 min", "1h-1h15"."""
    first, last = ends[0], ends[-1]
    unit = last.unit if last.unit is not Unit.NONE else first.unit
    low, high = _in(unit, first), _in(unit, last)
    if first.unit is Unit.NONE and last.unit is Unit.MINUTES:
        # "1-1.5 h": what has no unit is meant like what has one.
        factor = last.high / (_value(re.sub(r"[^0-9.,].*", "", last.written)) or last.high)
        low = first.low * factor if factor in (60, 1, 1 / 60) else first.low
    if last.unit is Unit.NONE and first.unit is Unit.KM:
        high = last.high
    return Amount(min(low, high), max(low, high), unit, written, first.is_clock and last.is_clock)


def _in(unit: Unit, amount: Amount) -> float:
    if amount.unit is Unit.METRES and unit is Unit.KM:
        return amount.high / 1000
    return amount.high


def _value(text: str) -> float | None:
    whole, _, part = text.replace(",", ".").partition(".")
    if len(whole) > 6 or len(part) > 3 or not whole.isdigit() or (part and not part.isdigit()):
        return None
    return float(f"{whole}.{part or 0}")


def _is_thousands(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,2}[.,][0-9]{3}", text) is not None


def _clock(text: str) -> float | None:
    """Minutes of "1:10:00"; of "1:30" as if it were hours and minutes."""
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdigit() and len(part) <= 3 for part in parts):
        return None
    hours, minutes, *seconds = map(int, parts)
    if len(parts[1]) != 2 or minutes > 59 or any(second > 59 for second in seconds):
        return None
    return hours * 60 + minutes + sum(seconds) / 60
