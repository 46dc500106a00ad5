"""What belongs together in a text: its clauses, and the parts of the workout with their repetitions.

What is said of another day, of what the workout is not, of a pace or of the season is set aside here, so that
the words that remain are about the workout itself.
"""

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from calsync.feeds.titles.lexer import Amount, Emoji, Ladder, Pace, Pair, Sign, Times, Token, Word, tokens
from calsync.feeds.titles.tables import ANY_KIND, ANY_SPORT, Role, Unit

_SEPARATORS = frozenset(",;:+&()[]{}•/\n!?>.")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SORTS = Role.RUN | Role.COURSE | Role.WALK | Role.STRENGTH | Role.LIGHT | Role.BODY | Role.REST | Role.OTHER
_NAMES = ANY_KIND | ANY_SPORT | _SORTS | Role.DISTANCE
"""Words that say what a workout is."""
_RACES = Role.RACE | Role.DISTANCE | Role.EVENT
_LAST_OF_A_NAME = ANY_SPORT | _SORTS | _RACES | Role.TRIAL | Role.LONG_RUN
_SETS_ASIDE = Role.NOT | Role.AROUND | Role.PACE | Role.PACE_OF | Role.PERIOD | Role.ABOUT | Role.TERRAIN
# A pace is named after one of these; "5 mi pace" are five miles.
_PACE_KM = (1, 1.5, 1.609344, 3, 5, 10, 15, 21, 21.1, 42, 42.2)
# Days; "Race - 26.2" is how far it is.
_LONGEST_COUNTDOWN = 14
# Nobody names anything in more words; and each is looked at so often at most.
_LONGEST_NAME = 8
_SHORTENED = Role.PART | Role.WITH | Role.WARM | Role.COOL | Role.TOTAL
"""What people shorten with a full stop."""


class Is(Enum):
    """What a part of a workout is."""

    STEADY = auto()
    SET = auto()
    STRIDES = auto()
    WARM = auto()
    COOL = auto()
    TOTAL = auto()
    WITHIN = auto()
    """Of another part: "last 5 km"."""


class Part(NamedTuple):
    """A part of a workout: `times` the `work`, with a `rest` after each (None if none is named)."""

    sort: Is
    work: tuple[Amount, ...]
    written: str
    clause: int
    times: int = 1
    rest: tuple[Amount, ...] | None = None
    or_else: bool = False
    """Another way to do the part before it: "4 or 6 miles"."""
    is_within: bool = False
    """Repetitions of another part: "1 h 45 including 3 x 10 min"."""


class Clause(NamedTuple):
    """Words and numbers between two separators, `opener` and `closer`, which are "" at the ends of a text."""

    number: int
    opener: str
    closer: str
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    """Those with a meaning, without what is set aside."""
    roles: int
    """Of all `words`."""

    @property
    def is_bare(self) -> bool:
        """True if every word of it is known, and nothing but words is in it."""
        return all(isinstance(token, Word) and token.roles for token in self.tokens)

    @property
    def has_amount(self) -> bool:
        return any(isinstance(token, Amount) and not is_hour(token) for token in self.tokens)


class Structure(NamedTuple):
    clauses: tuple[Clause, ...]
    parts: tuple[Part, ...]
    roles: int
    """Of all words."""
    no_run: bool
    """ "No run today"."""
    emoji: int
    """The role of an emoji that the text begins with; 0 without one."""


@lru_cache(maxsize=64)
def structure(text: str) -> Structure:
    """The structure of a title, or of lines of a description."""
    found = tokens(text)
    builder = _Builder(found)
    builder.set_aside()
    clauses = builder.clauses()
    roles = 0
    for clause in clauses:
        roles |= clause.roles
    return Structure(clauses, tuple(_Parts(builder).all()), roles, builder.no_run, _first_emoji(found))


def _first_emoji(found: Sequence[Token]) -> int:
    for token in found:
        if isinstance(token, Emoji):
            if token.role:
                return token.role
        elif isinstance(token, Word) and token.roles & ~(Role.FILLER | Role.PERIOD | Role.WITH):
            return 0
    return 0


class _Builder:
    """Tokens, what of them is set aside, and the words that take the place of others."""

    def __init__(self, found: Sequence[Token]) -> None:
        self.tokens = found
        self.roles = [token.roles if isinstance(token, Word) else 0 for token in found]
        self.aside: set[int] = set()
        self.instead: dict[int, Word] = {}
        self.no_run = False
        self.spans: list[tuple[int, int]] = []
        """From where to where each clause goes."""
        self.of: list[int] = []
        """The clause that each token is in."""
        start = 0
        for at, token in enumerate(found):
            self.of.append(len(self.spans))
            if self._separates(at, token):
                self.spans.append((start, at))
                start = at + 1
        self.spans.append((start, len(found)))

    def _separates(self, at: int, token: Token) -> bool:
        if isinstance(token, Sign):
            if token.text == ".":
                # "45 min. easy", "60 min incl. 20 min tempo"
                is_short = at and (isinstance(self.tokens[at - 1], Amount) or self.roles[at - 1] & _SHORTENED)
                return not is_short
            return token.text in _SEPARATORS or (token.text == "-" and token.spaced)
        if self.roles[at] & Role.FILLER and at and self.roles[at - 1] & (Role.NOT | Role.AROUND):
            return False  # "after a race": the article, and no Spanish "a"
        return bool(self.roles[at] & (Role.WITH | Role.OR)) and not self.roles[at] & _NAMES

    # --- set aside ---

    def set_aside(self) -> None:
        for at, token in enumerate(self.tokens):
            # "@ 15K to half marathon pace": how fast.
            if at and _is_far(token) and self.is_sign(at - 1, "@"):
                self.aside.add(at)
            # "Race -2": two days before it.
            if self.roles[at] & _RACES and at + 2 < len(self.tokens) and self.is_sign(at + 1, "-"):
                days = self.tokens[at + 2]
                if isinstance(days, Amount) and days.unit is Unit.NONE and days.high <= _LONGEST_COUNTDOWN:
                    self.aside.add(at)
        for number, (start, end) in enumerate(self.spans):
            if end < len(self.tokens) and self._is_label(start, end) and self.is_sign(end, ":"):
                self.aside.update(range(*self.spans[number + 1]))
            for at in range(start, end):
                roles = self.roles[at]
                if roles & (_SETS_ASIDE | Role.TIMES) and at not in self.aside:
                    self._look_at(at, roles, start, end)

    def _look_at(self, at: int, roles: int, start: int, end: int) -> None:
        if roles & Role.NOT:
            named = list(self._named_after(at, end))
            self.no_run = self.no_run or any(self.roles[n] & (Role.RUN | Role.COURSE) for n in named)
            self.aside.update(named)
            if named:
                self.aside.add(at)  # "skip" may be a drill as well
        elif roles & Role.AROUND:
            self.aside.update(self._named_after(at, end))
        elif roles & Role.PACE_OF and (ahead := self._race_after(at, end)):
            self.aside.update(ahead)
            self._put(at, Role.TEMPO, at, ahead[-1])
        elif roles & Role.PACE:
            self._pace(at, start)
        elif roles & Role.TIMES:
            if roles & Role.INTERVALS and self._times_follow(at):
                self.aside.add(at)  # "repeat 15 times" is no name of a workout
        elif roles & Role.PERIOD:
            # "Hill phase"; but of "Tempo week 3" and "Marathon week 3" only the race is not that day's.
            is_named = self._has_number(at) or self._has_blank(at)  # "Yoga race week"
            named_so = _RACES if is_named else _NAMES & ~(Role.RUN | Role.OTHER)
            self.aside.update(self._back(at, start, named_so))
        elif roles & Role.ABOUT:
            self.aside.update(self._back(at, start, _RACES))
        elif roles & Role.TERRAIN:
            self.aside.update(self._back(at, start, _RACES | Role.HILLS | Role.LONG))

    def is_sign(self, at: int, text: str) -> bool:
        token = self.tokens[at]
        return isinstance(token, Sign) and token.text == text

    def _has_blank(self, at: int) -> bool:
        token = self.tokens[at]
        return isinstance(token, Word) and " " in token.text

    def _has_number(self, at: int) -> bool:
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        is_bare = isinstance(following, Amount) and following.unit is Unit.NONE
        return is_bare or isinstance(following, Pace)

    def _times_follow(self, at: int) -> bool:
        return any(isinstance(token, Times) for token in self.tokens[at + 1 : at + 4])

    def _is_label(self, start: int, end: int) -> bool:
        """ "Goal:", "The goal:"."""
        if not start < end <= start + 3:
            return False
        words = [roles for roles in self.roles[start:end] if roles != Role.FILLER]
        return bool(words) and bool(words[0] & Role.LABEL) and len(words) < 3 and not words[-1] & ANY_KIND

    def _named_after(self, at: int, end: int) -> Iterator[int]:
        """What follows, up to the end of what it names: "after | yesterday's | easy run"."""
        for n in range(at + 1, min(end, at + _LONGEST_NAME)):
            roles = self.roles[n]
            if roles & _NAMES:
                yield n
                following = self.roles[n + 1] if n + 1 < end else 0
                goes_on = following & Role.RUN and not roles & Role.RUN
                if roles & _LAST_OF_A_NAME and not goes_on:
                    return
            elif _is_far(self.tokens[n]) and n + 1 < end and self.roles[n + 1] & _RACES:
                continue  # "after a 10k race"
            elif not (roles & Role.FILLER or self.is_sign(n, "-") or self.is_sign(n, "'")):
                return

    def _race_after(self, at: int, end: int) -> list[int]:
        found = []
        for n in range(at + 1, min(end, at + _LONGEST_NAME)):
            if self.roles[n] & (_RACES | Role.COURSE) or _is_far(self.tokens[n]):
                found.append(n)
            elif not self.roles[n] & Role.FILLER:
                break
        return found

    def _back(self, at: int, start: int, roles: int) -> Iterator[int]:
        for n in range(at - 1, max(start, at - _LONGEST_NAME) - 1, -1):
            if self.roles[n] & roles:
                yield n
            elif not isinstance(self.tokens[n], Sign):
                return

    def _pace(self, at: int, start: int) -> None:
        """ "half marathon race pace", "10k pace": a pace, neither a race nor how far."""
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        is_clock = isinstance(following, Amount) and following.is_clock and not is_hour(following)
        if isinstance(following, Pace) or is_clock:
            return
        wanted = _RACES | Role.LABEL | Role.LONG_RUN | Role.LONG | Role.COURSE
        found: list[int] = []
        for n in range(at - 1, max(start, at - _LONGEST_NAME) - 1, -1):
            if self.roles[n] & wanted:
                found.append(n)
            elif _is_far(self.tokens[n]) and self._is_of_a_pace(n, start, self.roles[at]):
                found.append(n)
                break
            elif _is_far(self.tokens[n]) and not self.roles[at] & Role.TEMPO:
                self._put(at, Role.TEMPO, at, at)  # "5 mi pace"
                break
            elif not isinstance(self.tokens[n], Sign):
                break
        if found:
            slow = any(self.roles[n] & (Role.LONG_RUN | Role.LONG) for n in found)
            self.aside.update(found)
            self._put(at, Role.EASY if slow else Role.TEMPO, found[-1], at)

    def _is_of_a_pace(self, at: int, start: int, roles: int) -> bool:
        """Whether a distance says which pace: "@ 10k race pace", but not "8 km race pace"."""
        before, distance = self.tokens[at - 1] if at else None, self.tokens[at]
        assert isinstance(distance, Amount)
        is_named = any(abs(distance.high - km) < 0.02 for km in _PACE_KM)
        if isinstance(before, Times) or not is_named:
            return False
        is_told = (at == start and at > 0) or (isinstance(before, Sign) and before.text == "@")
        return is_told or not roles & Role.TEMPO

    def _put(self, at: int, role: int, first: int, last: int) -> None:
        parts = [t.written for t in self.tokens[first : last + 1] if isinstance(t, Word | Amount)]
        self.instead[at] = Word(" ".join(parts).casefold(), " ".join(parts), role)

    # --- clauses ---

    def clauses(self) -> tuple[Clause, ...]:
        return tuple(self._clause(number, *span) for number, span in enumerate(self.spans))

    def _clause(self, number: int, start: int, end: int) -> Clause:
        words: list[Word] = []
        every = 0
        for at in range(start, end):
            token = self.instead.get(at) or self.tokens[at]
            if isinstance(token, Word) and token.roles and at not in self.aside:
                words.append(token)
                every |= token.roles
        inner = tuple([token for token in self.tokens[start:end] if not isinstance(token, Emoji)])
        return Clause(number, self._opener(start - 1), self._opener(end), inner, tuple(words), every)

    def _opener(self, at: int) -> str:
        if not 0 <= at < len(self.tokens):
            return ""
        token = self.tokens[at]
        if isinstance(token, Sign):
            return token.text
        return "or" if self.roles[at] & Role.OR else "with"


def is_hour(amount: Amount) -> bool:
    """ "18:30" says when; as minutes and seconds it would be an odd length."""
    return amount.is_clock and 10 * 60 <= amount.high < 24 * 60


def _is_far(token: Token) -> bool:
    return isinstance(token, Amount) and token.unit is Unit.KM


# --- parts ------------------------------------------------------------------------------------------------

_SHORT_REST = 5.0
"""Minutes; what is longer behind a set is another part."""
_SHORT_WAY = 0.6
"""Kilometres, likewise."""
# Between a set and its rest: "8 x 400 m hard with 90 s of easy walking".
_FURTHEST_REST = 10


class _Parts:
    """Reads the parts of a workout from left to right."""

    def __init__(self, builder: _Builder) -> None:
        self.builder = builder
        self.tokens = builder.tokens
        self.roles = builder.roles
        self.at = 0

    def all(self) -> list[Part]:
        found: list[Part] = []
        while self.at < len(self.tokens):
            at, token = self.at, self.tokens[self.at]
            self.at += 1
            if isinstance(token, Word | Sign) or at in self.builder.aside:
                continue
            if isinstance(token, Times):
                self._times(at, token, found)
            elif isinstance(token, Pair):
                found.append(self._part(at, Is.SET, (token.work,), token.written, 1, (token.rest,)))
            elif isinstance(token, Ladder):
                if token.whole.unit is not Unit.NONE:
                    found.append(self._part(at, Is.SET, (token.whole,), token.written, 1, ()))
            elif isinstance(token, Amount):
                found.append(self._part(at, self._sort_of(at), (token,), token.written))
                if found[-1].sort is Is.WARM and self._is_cool_as_well(at):
                    found.append(found[-1]._replace(sort=Is.COOL))
        return found

    def _part(
        self,
        at: int,
        sort: Is,
        work: tuple[Amount, ...],
        written: str,
        times: int = 1,
        rest: tuple[Amount, ...] | None = None,
    ) -> Part:
        or_else = at > 0 and (self._is_other_way(at - 1) or bool(self.roles[at - 1] & Role.OR))
        is_within = sort is Is.WITHIN or self._follows_a_part_word(at)
        return Part(sort, work, written, self.builder.of[at], times, rest, or_else, is_within)

    def _is_other_way(self, at: int) -> bool:
        """ "5/6 miles easy"; but "20 min easy / 20 min tempo" is one after the other."""
        token = self.tokens[at]
        if not isinstance(token, Sign) or token.text != "/":
            return False
        spans = [self.builder.spans[self.builder.of[at]], self.builder.spans[self.builder.of[at] + 1]]
        return not (token.spaced and all(any(self.roles[start:end]) for start, end in spans))

    def _is_cool_as_well(self, at: int) -> bool:
        """ "2 km warm-up/cool-down", "1.5 mi WU & CD": one length for both."""
        number = self.builder.of[at] + 1
        start, end = self.builder.spans[number] if number < len(self.builder.spans) else (0, 0)
        has_word = any(self.roles[n] & Role.COOL for n in range(start, end))
        is_joined = start > 0 and any(self.builder.is_sign(start - 1, sign) for sign in "/&+")
        return has_word and is_joined and all(isinstance(t, Word) for t in self.tokens[start:end])

    def _follows_a_part_word(self, at: int) -> bool:
        for n in range(at - 1, max(at - 4, -1), -1):
            if self.roles[n] & Role.PART:
                return True
            # "incl. 5 x 1 km": the point ends nothing.
            if not (isinstance(self.tokens[n], Word) or self.builder.is_sign(n, ".")):
                return False
        return False

    def _sort_of(self, at: int) -> Is:
        start, end = self.builder.spans[self.builder.of[at]]
        if self._follows_a_part_word(at):
            return Is.WITHIN
        roles = self._beside(at, start, end)
        if roles & Role.TOTAL:
            return Is.TOTAL
        if roles & Role.WARM:
            return Is.WARM
        if roles & Role.COOL:
            return Is.COOL
        return Is.STRIDES if roles & Role.STRIDES and self._is_small(at) else Is.STEADY

    def _beside(self, at: int, start: int, end: int) -> int:
        """What is said of an amount: behind it, "20 min warm up", or else before it, "warm-up: 20 min"."""
        before = self._until_a_number(range(at - 1, start - 1, -1))
        if self.roles[start] & (Role.WARM | Role.COOL):
            return before
        return self._until_a_number(range(at + 1, end)) or before

    def _until_a_number(self, places: range) -> int:
        found = 0
        for n in places:
            if not isinstance(self.tokens[n], Word | Sign):
                break
            found |= self.roles[n]
        return found

    def _is_small(self, at: int) -> bool:
        token = self.tokens[at]
        return isinstance(token, Amount) and (token.unit is Unit.METRES or token.high < 2)

    # --- sets ---

    def _times(self, at: int, first: Times, found: list[Part]) -> None:
        """ "8 x 400 m", "3 x (4 x 1 min, 1 min)", and "x 8" behind what is repeated."""
        times, written = first.number, [first.written]
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if isinstance(token, Times):
                times = min(times * token.number, 99)
                written.append(token.written)
            elif not self.builder.is_sign(self.at, "-"):
                break
            self.at += 1
        work, rest, is_group = self._work(written)
        if not work:
            # "4 x strides" is told of what comes, "x 4" and "4 times" of what came.
            names = self.at < len(self.tokens) and self.roles[self.at] & _NAMES
            # "400 m x 8 (optional)" is told of 400 m
            is_ahead = written[0].endswith(("x", "X", "*")) and (is_group or not self._ends_a_clause(self.at))
            if is_ahead or names or not self._multiply(found, times):
                found.append(self._part(at, Is.SET, (), " ".join(written), times, ()))
            return
        if rest is None:
            # In a bracket, what is not work is rest.
            rest = () if is_group and len(work) > 1 else self._rest(work[-1])
        # "Strides (5 x 100 m)"
        before = at - 2 if at > 1 and self.builder.is_sign(at - 1, "(") else at
        sort = Is.STRIDES if any(map(self._are_strides, (at, self.at - 1, before))) else Is.SET
        found.append(self._part(at, sort, work, " ".join(written), times, rest))

    def _ends_a_clause(self, at: int) -> bool:
        return at >= len(self.tokens) or not isinstance(self.tokens[at], Word)

    def _are_strides(self, at: int) -> bool:
        """Whether a clause of at most a few words speaks of strides."""
        start, end = self.builder.spans[self.builder.of[at]]
        near = range(max(start, at - _LONGEST_NAME), min(end, at + _LONGEST_NAME))
        return any(self.roles[n] & Role.STRIDES for n in near)

    def _work(self, written: list[str]) -> tuple[tuple[Amount, ...], tuple[Amount, ...] | None, bool]:
        """What is repeated: one amount, or all that is in a bracket. And its rest, if that is told."""
        for n in range(self.at, min(self.at + 4, len(self.tokens))):
            token = self.tokens[n]
            if isinstance(token, Amount | Ladder | Pair) and n not in self.builder.aside:
                self.at = n + 1
                written.append(token.written)
                if isinstance(token, Pair):
                    return (token.work,), (token.rest,), False
                return (token.whole if isinstance(token, Ladder) else token,), None, False
            if isinstance(token, Sign) and token.text in _OPENING:
                return (*self._group(n + 1, written), True)
            is_short = isinstance(token, Sign) and token.text in ".~"  # "2 x ca. 100 m"
            if not (is_short or isinstance(token, Word)) or self.roles[n] & (Role.WITH | Role.OR):
                break
        return (), None, False

    def _group(self, at: int, written: list[str]) -> tuple[tuple[Amount, ...], tuple[Amount, ...] | None]:
        """All amounts up to the closing bracket."""
        work: list[Amount] = []
        rest: list[Amount] = []
        times, depth = 1, 1
        while at < len(self.tokens) and depth:
            token = self.tokens[at]
            if isinstance(token, Sign):
                depth += (token.text in _OPENING) - (token.text in _CLOSING)
                times = 1 if token.text in _CLOSING else times
            elif isinstance(token, Times):
                times = min(times * token.number, 99)
            elif isinstance(token, Amount) and at not in self.builder.aside:
                work.append(_scaled(token, times))
                written.append(token.written)
                times = 1
            elif isinstance(token, Ladder) and token.whole.unit is not Unit.NONE:
                work.append(_scaled(token.whole, times))
                written.append(token.written)
                times = 1
            elif isinstance(token, Pair):
                work.append(_scaled(token.work, times))
                rest.append(_scaled(token.rest, times))
                written.append(token.written)
                times = 1
            at += 1
        self.at = at
        return tuple(work), tuple(rest) or None

    def _rest(self, work: Amount) -> tuple[Amount, ...] | None:
        """The rest that is named behind a set, if that is what comes next."""
        for n in range(self.at, min(self.at + _FURTHEST_REST, len(self.tokens))):
            token = self.tokens[n]
            if isinstance(token, Amount) and n not in self.builder.aside:
                if not _can_be_rest(token, work) or self._sort_of(n) not in (Is.STEADY, Is.STRIDES):
                    return None
                if self._is_added(n):
                    return None
                self.at = n + 1
                return (token,)
            if isinstance(token, Times | Pair | Ladder) or (isinstance(token, Sign) and token.text in "\n•"):
                return None
        return None

    def _is_added(self, at: int) -> bool:
        """ "3 x 10 min + 10 min easy": the next part, unless it is called a rest."""
        start, end = self.builder.spans[self.builder.of[at]]
        is_rest = any(self.roles[n] & (Role.PAUSE | Role.WALK | Role.REST) for n in range(start, end))
        return start > 0 and self.builder.is_sign(start - 1, "+") and not is_rest

    def _multiply(self, found: list[Part], times: int) -> bool:
        """Repeats the parts just read: "run 90 s, walk 90 s x 6"."""
        group: list[Part] = []
        while found and found[-1].sort is Is.STEADY:
            group.append(found.pop())
        if not group:
            return False
        group.reverse()
        work = tuple([amount for part in group for amount in part.work])
        written = f"{times} x {' + '.join(part.written for part in group)}"
        found.append(Part(Is.SET, work, written, group[0].clause, times, () if len(work) > 1 else None))
        return True


def _scaled(amount: Amount, times: int) -> Amount:
    return amount._replace(low=amount.low * times, high=amount.high * times) if times > 1 else amount


def _can_be_rest(token: Amount, work: Amount) -> bool:
    if token.unit is Unit.KM:
        return token.high <= _SHORT_WAY
    if token.unit is Unit.METRES:
        return token.high <= _SHORT_WAY * 1000
    if token.is_clock:
        return token.high / 60 <= _SHORT_REST
    if token.unit is Unit.NONE:
        return 30 <= token.high <= 240 and token.low == token.high
    is_time = work.unit is Unit.MINUTES and not work.is_clock
    return token.high <= (max(_SHORT_REST, work.high) if is_time and work.high <= 10 else _SHORT_REST)
