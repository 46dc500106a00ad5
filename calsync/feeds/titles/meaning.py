"""What a structure means: which sort of training it is, which kind of run, and by which words.

A kind is read only from words that are understood, and nothing is guessed to be hard.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from calsync.feeds.titles.lexer import Amount, Sign, Token, Word
from calsync.feeds.titles.structure import Clause, Is, Part, Structure, is_hour, structure
from calsync.feeds.titles.tables import ANY_KIND, ANY_SPORT, KINDS, SPORTS, Role, Unit
from calsync.training import Effort, Kind, Load, Sort, Sport

_STRENGTH = Role.STRENGTH | Role.LIGHT
_RUNNING = Role.RUN | Role.COURSE
_QUALITY = (Role.HILLS, Role.FARTLEK, Role.TRIAL, Role.THRESHOLD, Role.TEMPO, Role.INTERVALS)
"""In the order in which a title that names two is read: "tempo intervals" are a tempo run."""
_FAST = Role.HARD | Role.HILLS | Role.FARTLEK | Role.TRIAL | Role.THRESHOLD | Role.TEMPO | Role.INTERVALS
_HEADS = Role.EASY | Role.RECOVERY
_SAYS_KIND = ANY_KIND | Role.DISTANCE
_RACES = Role.RACE | Role.DISTANCE | Role.EVENT
_EXACT_KM = (21.1, 42.2, 21.0975, 42.195)
_RACE_KM = (5, 10, 15, 20, 21, 21.1, 42, 42.2)
# A run as long as that is a race, if nothing else is said.
_ULTRA_KM = 42.0
_SESSION = frozenset(
    ("day", "session", "workout", "training", "routine", "class", "block", "exercises", "tag")
)
_DAYS = frozenset(("d1", "d2", "d3"))
_TWICE = frozenset(("am", "pm"))
_PLACES = frozenset(("off", "path"))
_EMOJI = "the emoji"
_OF = frozenset(("de", "di", "of", "von", "van", "do", "da"))


class Said(NamedTuple):
    """What a text says an entry is. `because` has the words, for people.

    Without `sort` it says nothing; a run without `kind` says no kind.
    """

    sort: Sort | None = None
    kind: Kind | None = None
    sport: Sport | None = None
    because: str = ""
    is_field: bool = False
    """The sort is a field of its own: "Run: …"."""
    clashes: bool = False
    """It says two things that contradict each other."""
    is_guess: bool = False
    """A race, as nothing but the name of its distance is there."""
    apart: frozenset[int] = frozenset()
    """The clauses that are about another sort of training."""


@lru_cache(maxsize=64)
def meaning(text: str) -> Said:
    """What a text means; see docs/platforms.md."""
    return _Meaning(structure(text)).said() if text else Said()


def effort_of(kind: Kind | None, minutes: int | None, long_from: int) -> Effort:
    """The effort of cross training. A race on a bike is a hard ride."""
    effort = kind.effort if kind else Effort.EASY
    if effort is Effort.RACE:
        return Effort.HARD
    return Effort.LONG if effort is Effort.EASY and (minutes or 0) >= long_from else effort


def load_of(*texts: Structure) -> Load:
    """How much a strength workout asks of the legs."""
    roles = 0
    strength: list[int] = []
    for text in texts:
        roles |= text.roles
        words = (word.roles for clause in text.clauses for word in clause.words)
        strength += [found for found in words if found & (_STRENGTH | Role.BODY)]
    if roles & Role.HEAVY:
        return Load.HEAVY
    if strength and all(found & Role.LIGHT for found in strength):
        return Load.LIGHT
    return Load.LIGHT if roles & Role.GENTLE else Load.MODERATE


def eases_off(found: Structure) -> bool:
    """True for what calls its week one to recover in, or a taper."""
    return bool(found.roles & Role.EASING)


def _quoted(word: Word | None) -> str:
    return f'"{word.written}"' if word else ""


def _first(words: Iterable[Word], roles: int) -> Word | None:
    for word in words:
        if word.roles & roles:
            return word
    return None


class _Sorted(NamedTuple):
    """The sort of a clause or a text, the sport if it is another than running, and the word that says so."""

    sort: Sort | None = None
    sport: Sport | None = None
    word: Word | None = None


class _Meaning:
    def __init__(self, found: Structure) -> None:
        self.found = found
        self.roles = found.roles
        self.clauses = found.clauses
        self.has_set = any(part.sort is Is.SET for part in found.parts)
        # "AM easy, PM track": two sessions, of which the harder counts.
        self.is_double = {
            token.text for clause in found.clauses for token in clause.tokens if isinstance(token, Word)
        } >= _TWICE
        self.repeated = {part.clause for part in found.parts if _is_repeated(part)}

    def said(self) -> Said:
        # "Intervals: run 60 s, walk 90 s" are a beginner's.
        fast = self.roles & (_FAST & ~Role.INTERVALS if _runs_for_a_time(self.clauses) else _FAST)
        if not fast and self.roles & Role.WALK and (turns := self._by_turns()):
            return Said(Sort.RUN, Kind.EASY, None, turns)
        # What each clause is about, whatever the others are about.
        self.sorted = [self._sort_of(clause) for clause in self.clauses]
        (sort, sport, word), is_field = self._sort()
        if sort is Sort.STRENGTH and self._is_of_miles():
            return Said(because=_quoted(word), clashes=True)
        if sort is None and self.found.no_run:
            return Said(Sort.REST, because='"no run"')
        if sort is not None and sort not in (Sort.RUN, Sort.CROSS):
            return Said(sort, because=_quoted(word) or _EMOJI, is_field=is_field)
        kind, because, clashes = self._kind(sort, whole=is_field)
        others = {n for n, found in enumerate(self.sorted) if found.sort not in (None, sort)}
        apart = frozenset() if is_field else frozenset(others)
        if sort is Sort.CROSS:
            both = " and ".join(filter(None, (_quoted(word) or _EMOJI, because)))
            return Said(sort, kind, sport, both, is_field, apart=apart)
        if sort is None and kind is None:
            return Said(clashes=clashes, because=because)
        is_named = bool(self.roles & (Role.RACE | Role.EVENT)) or _has_name(self.clauses)
        is_guess = kind is Kind.RACE and not is_named
        return Said(sort or Sort.RUN, kind, None, because, is_field, clashes, is_guess, apart)

    # --- which sort ---

    def _sort(self) -> tuple[_Sorted, bool]:
        """The sort of the whole text, and whether it is a field of its own."""
        first = next((n for n, found in enumerate(self.sorted) if found.sort is not None), None)
        if first is None:
            return self._by_emoji(), False
        found, clause = self.sorted[first], self.clauses[first]
        if clause.closer == ":" and _is_field(clause):
            return found, True
        if found.sort is Sort.RUN:
            return self._explained(clause) or found, False
        if found.sort is not Sort.REST:
            # A run is one whatever comes before it: "gym, then easy run".
            for other, later in zip(self.clauses[first + 1 :], self.sorted[first + 1 :], strict=True):
                is_walk = found.word is not None and found.word.roles & Role.WALK
                # "5 min walk, 30 min easy"
                leads_to = is_walk and other.roles & _SAYS_KIND and other.has_amount
                is_run = self.is_double or (other.opener != "(" and (leads_to or _is_a_run(other)))
                if later.sort is Sort.RUN and is_run:
                    return later, False
        return found, False

    def _is_of_miles(self) -> bool:
        """ "Strength: 6 x 1 mile": some coaches call a run so."""
        sets = [part.work[0] for part in self.found.parts if part.sort is Is.SET and part.work]
        return any(amount.unit is Unit.KM and amount.high >= 1 for amount in sets)

    def _explained(self, clause: Clause) -> _Sorted | None:
        """What the words behind a mere effort say that it is: "Recovery: foam roll", "Easy (bike)"."""
        if self.found.emoji and not self.roles & _RUNNING:
            by_emoji = self._by_emoji()
            if by_emoji.sort is not Sort.RUN:
                return by_emoji
        following = clause.number + 1
        if following == len(self.clauses) or clause.closer not in (":", "(", "-"):
            return None
        said, explaining = self.sorted[following], self.clauses[following]
        if (clause.roles | explaining.roles) & _RUNNING:
            return None
        if said.sort not in (Sort.CROSS, Sort.STRENGTH, Sort.REST):
            return None
        # "FTP test (bike)": nothing but a sport in brackets is where all of it is done.
        is_all = explaining.opener == "(" and explaining.is_bare and said.sort is Sort.CROSS
        is_vague = not clause.roles & _FAST and not clause.has_amount
        return said if is_all or is_vague else None

    def _by_emoji(self) -> _Sorted:
        role = self.found.emoji
        if not role:
            return _Sorted()
        if role in SPORTS:
            return _Sorted(Sort.CROSS, SPORTS[role])
        if role & _STRENGTH:
            return _Sorted(Sort.STRENGTH)
        return _Sorted({Role.RUN: Sort.RUN, Role.REST: Sort.REST}.get(role, Sort.OTHER))

    def _sort_of(self, clause: Clause) -> _Sorted:
        roles, words = clause.roles, clause.words
        if not roles:
            return _Sorted(Sort.RUN) if clause.number in self.repeated else _Sorted()
        kinds = roles & _SAYS_KIND
        if roles & Role.EVENT and not roles & (Role.OTHER | Role.ABOUT):
            return _Sorted(Sort.RUN, None, _first(words, Role.EVENT))
        if not roles & _RUNNING and (found := self._no_run(clause, kinds)):
            return found
        if words[0].roles & Role.REST and words[0].roles & Role.OR:
            return _Sorted(Sort.REST, None, words[0])  # "rest or easy run"
        if roles & _STRENGTH:
            strength, run = _first(words, _STRENGTH), _first(words, _RUNNING)
            assert strength is not None
            if run is None or words.index(run) < words.index(strength):
                return _Sorted(Sort.STRENGTH, None, strength)
        if found := self._other_sport(clause):
            return found
        if roles & (_RUNNING | _SAYS_KIND):
            return _Sorted(Sort.RUN, None, _first(words, _RUNNING | _SAYS_KIND))
        if clause.number in self.repeated:
            return _Sorted(Sort.RUN)
        return self._weak(clause)

    def _no_run(self, clause: Clause, kinds: int) -> _Sorted | None:
        """A rest, or a note."""
        if resting := _first(clause.words, Role.REST):
            # Among repetitions it is the rest between them.
            is_pause = resting.roles & Role.PAUSE and self.has_set
            if not is_pause and not kinds & ~_HEADS:
                return _Sorted(Sort.REST, None, resting)
        if other := _first(clause.words, Role.OTHER):
            leads = clause.words[0] is other or not kinds & ~_RACES
            if leads and (not other.roles & Role.ALONE or _is_alone(clause)):
                return _Sorted(Sort.OTHER, None, other)
        return None

    def _other_sport(self, clause: Clause) -> _Sorted | None:
        roles, words = clause.roles, clause.words
        if roles & _RUNNING:
            return None
        sport = _first(words, ANY_SPORT)
        fits = sport and (not sport.roles & Role.ALONE or _is_alone(clause) or _is_kind_of(clause, sport))
        if sport and fits and not _is_only_place(clause, sport):
            role = next(role for role in SPORTS if role & sport.roles)
            return _Sorted(Sort.CROSS, SPORTS[role], sport)
        walk = _first(words, Role.WALK)
        # "Hill walk", but not "tempo 20 min walk 2 min".
        is_walk = walk and (walk in (words[0], words[-1]) or not roles & _FAST)
        if is_walk and not self.has_set and not roles & (Role.WARM | Role.COOL):
            return _Sorted(Sort.OTHER, None, walk)
        return None

    def _weak(self, clause: Clause) -> _Sorted:
        """What words mean if nothing in the text speaks of a run: "Legs", "Sick", "Training week 3"."""
        if self.roles & (_RUNNING | _FAST | Role.LONG_RUN | Role.RACE):
            return _Sorted()
        roles, words = clause.roles, clause.words
        if roles & Role.BODY and _is_all_body(clause):
            return _Sorted(Sort.STRENGTH, None, _first(words, Role.BODY))
        away = _first(words, Role.AWAY)
        # "1 km on 1 km off"
        is_turn = away and away.roles & Role.PAUSE and clause.has_amount
        if away and not is_turn and (not away.roles & Role.ALONE or _is_alone(clause)):
            return _Sorted(Sort.REST, None, away)
        if self.roles & _SAYS_KIND or self.has_set:
            return _Sorted()
        if header := _first(words, Role.HEADER | Role.EASING):
            return _Sorted(Sort.OTHER, None, header)
        if roles & Role.PERIOD and roles & Role.TOTAL:
            return _Sorted(Sort.OTHER, None, _first(words, Role.PERIOD))
        if _is_of_a_season(clause) or _is_total(self.clauses):
            return _Sorted(Sort.OTHER, None, words[0])
        return _Sorted()

    def _by_turns(self) -> str:
        """Walking and running by turns, as beginners do: "walk/run", "run 5 min, walk 1 min"."""
        start = self.found.parts[0].clause if self.has_set else len(self.clauses)
        for first, second in pairwise(self.clauses):
            # "3 x 5 min, 3 min walk/jog": a rest.
            if first.number > start:
                break
            if second.opener in ("/", "+", "&", "with", "-", ":") and _is_walk_and_run(first, second):
                return f'"{first.words[0].written}" and "{second.words[0].written}"'
        in_parts = {part.clause for part in self.found.parts}
        timed = [c for c in self.clauses if c.number in in_parts or c.has_amount]
        turns = _RUNNING | Role.WALK | Role.WARM | Role.COOL
        if any(_has_time(clause) and not clause.roles & turns for clause in timed):
            return ""
        words = [word for clause in timed for word in clause.words]
        walk, run = _first(words, Role.WALK), _first(words, _RUNNING)
        sets = [amount for part in self.found.parts if part.sort is Is.SET for amount in part.work]
        is_far = any(amount.unit in (Unit.KM, Unit.METRES) for amount in sets)
        lengths = sum(len(part.work) + len(part.rest or ()) for part in self.found.parts)
        if walk and run and lengths >= 2 and not is_far:
            return f"{_quoted(run)} and {_quoted(walk)} by turns"
        return ""

    # --- which kind of run ---

    def _kind(self, sort: Sort | None, *, whole: bool) -> tuple[Kind | None, str, bool]:
        """The kind of run that a text names, the words for it, and whether it contradicts itself.

        Clauses about other sorts of training say nothing of it, unless the `whole` is of one sort.
        """
        whole = whole or sort is Sort.CROSS
        about = zip(self.clauses, self.sorted, strict=True)
        clauses = [clause for clause, found in about if whole or found.sort in (Sort.RUN, None)]
        words = [word for clause in clauses for word in clause.words]
        roles = 0
        for clause in clauses:
            roles |= clause.roles
        reps = next((part for part in self.found.parts if _is_rep(part)), None)
        # The speed of "Recovery + speed 7 mi w/ 6 x 100 m strides" is that of strides.
        has_strides = any(part.sort is Is.STRIDES for part in self.found.parts)
        fast = _FAST & ~Role.INTERVALS if has_strides else _FAST
        if roles & ANY_KIND and (either := _either(clauses)):
            return None, either, True
        if roles & Role.WALK_RUN and not (reps and roles & _FAST):
            return Kind.EASY, _quoted(_first(words, Role.WALK_RUN)), False
        if reps is None and roles & _HEADS and not self.is_double and (head := _head(clauses, fast)):
            return Kind.EASY if head.roles & Role.EASY else Kind.RECOVERY, _quoted(head), False
        if roles & Role.LONG_RUN:
            return Kind.LONG, _quoted(_first(words, Role.LONG_RUN)), False
        if roles & Role.LONG and (long := _long_head(clauses, has_reps=reps is not None)):
            return Kind.LONG, _quoted(long), False
        if reps is None and roles & _RACES and (word := _race(words)):
            return Kind.TIME_TRIAL if roles & Role.TRIAL else Kind.RACE, _quoted(word), False
        for role in _QUALITY:
            if roles & role:
                if role == Role.TRIAL and (easy := _first(words, Role.EASY)):
                    return Kind.EASY, _quoted(easy), False
                return KINDS[role], _quoted(_first(words, role)), False
        if reps is not None:
            return Kind.INTERVALS, reps.written, False
        for role in (Role.HARD, Role.LONG, Role.RECOVERY, Role.EASY, Role.STRIDES):
            if word := _first(words, role):
                both = word.roles & Role.RECOVERY and word.roles & Role.EASY
                return Kind.EASY if both else KINDS[role], _quoted(word), False
        if sort is not Sort.CROSS and (bare := _bare_race(self.found)):
            return Kind.RACE, _quoted(bare), False
        return None, "", False


# --- of a clause ------------------------------------------------------------------------------------------


def _has_name(clauses: Sequence[Clause]) -> bool:
    """ "Berlin Marathon": a word that no table has, with a capital."""
    words = [token for clause in clauses for token in clause.tokens if isinstance(token, Word)]
    return any(not word.roles and word.written[:1].isupper() and len(word.text) > 2 for word in words)


def _is_field(clause: Clause) -> bool:
    """True for "Run:" and "Day Off:", as platforms write them before a title."""
    if not clause.is_bare or len(clause.words) > 2:
        return False
    if all(word.roles & _RUNNING for word in clause.words):
        return True
    return bool(clause.roles & (Role.REST | _STRENGTH | ANY_SPORT | Role.OTHER | Role.WALK))


def _is_a_run(clause: Clause) -> bool:
    """True if more than a word about running is in a clause: "easy run", "run 20 min", "5k easy"."""
    is_kind = bool(clause.roles & _SAYS_KIND)
    is_far = any(isinstance(token, Amount) and token.unit is Unit.KM for token in clause.tokens)
    if clause.roles & _RUNNING:
        return is_kind or clause.has_amount
    return is_kind and is_far


def _is_only_place(clause: Clause, sport: Word) -> bool:
    """True for "off the bike": the sport is over."""
    at = clause.tokens.index(sport) if sport in clause.tokens else 0
    before = clause.tokens[max(0, at - 2) : at]
    return any(isinstance(token, Word) and token.text in _PLACES for token in before)


def _is_alone(clause: Clause) -> bool:
    """True if beside one word there are only numbers."""
    return sum(isinstance(token, Word) and not token.text.isdigit() for token in clause.tokens) == 1


def _is_of_a_season(clause: Clause) -> bool:
    """ "Base phase", "Hill week", "Week 7 of 16"; but "Week 7" may be that week's workout."""
    words = [token for token in clause.tokens if isinstance(token, Word)]
    period = _first(clause.words, Role.PERIOD)
    if period is None or any(word.roles & ~Role.FILLER for word in clause.words if word is not period):
        return False
    if words[0] is period:
        return len(clause.tokens) == 4 and words[-1].text == "of"
    return words[-1] is period and all(word.roles & ANY_KIND for word in words[:-1])


def _is_total(clauses: Sequence[Clause]) -> bool:
    """ "Total: 52 km": nothing but a sum."""
    words = [token for clause in clauses for token in clause.tokens if isinstance(token, Word)]
    is_sum = any(clause.has_amount for clause in clauses) and any(word.roles & Role.TOTAL for word in words)
    return is_sum and all(word.roles & (Role.TOTAL | Role.FILLER | Role.PERIOD) for word in words)


def _is_kind_of(clause: Clause, sport: Word) -> bool:
    """True if a clause begins or ends with a sport, and only how hard it is stands beside it: "Easy row"."""
    words = [token for token in clause.tokens if isinstance(token, Word)]
    beside = [word for word in words if word is not sport]
    return sport in (words[0], words[-1]) and all(word.roles & ANY_KIND for word in beside)


def _is_all_body(clause: Clause) -> bool:
    """True if every longer word of a clause is about the body: "Upper A", "Heavy legs"."""
    words = [token for token in clause.tokens if isinstance(token, Word) and len(token.text) > 1]
    fitting = Role.BODY | Role.HEAVY | Role.GENTLE | Role.FILLER | Role.HARD | Role.EASY | _STRENGTH
    return all(word.roles & fitting or word.text in _SESSION or word.text.isdigit() for word in words)


def _has_time(clause: Clause) -> bool:
    amounts = [token for token in clause.tokens if isinstance(token, Amount)]
    return any(amount.unit is Unit.MINUTES and not is_hour(amount) for amount in amounts)


def _runs_for_a_time(clauses: Sequence[Clause]) -> bool:
    """ "Run 60 s": the word and the time beside each other."""
    for clause in clauses:
        for first, second in pairwise(clause.tokens):
            if isinstance(first, Word) and isinstance(second, Amount):
                is_run = first.roles & _RUNNING and not first.roles & ANY_KIND & ~Role.EASY
                if is_run and second.unit is Unit.MINUTES and second.high <= 10:
                    return True
    return False


def _is_walk_and_run(first: Clause, second: Clause) -> bool:
    if len(first.words) != 1 or len(second.words) != 1:
        return False
    walks = [bool(clause.roles & Role.WALK) for clause in (first, second)]
    runs = [bool(clause.roles & _RUNNING) for clause in (first, second)]
    return walks[0] != walks[1] and runs[0] != runs[1]


def _is_repeated(part: Part) -> bool:
    """True for repetitions of a run: a set of lifts has none of metres or minutes."""
    if part.sort is not Is.SET or not part.work:
        return False
    work = part.work[0]
    return work.unit is not Unit.NONE or work.high >= 100 or part.rest is not None


def _is_rep(part: Part) -> bool:
    return part.sort is Is.SET and bool(part.work) and (part.times >= 2 or part.rest is not None)


def _either(clauses: Sequence[Clause]) -> str:
    """ "Easy or tempo", "easy/tempo": who knows which."""
    for first, second in pairwise(clauses):
        by_turns = second.opener == "/" and first.has_amount and second.has_amount
        if second.opener not in ("or", "/") or by_turns:  # "3 min hard / 2 min easy"
            continue
        one, other = _efforts(first.roles), _efforts(second.roles)
        if one and other and not one & other:
            words = [_first(clause.words, ANY_KIND) for clause in (first, second)]
            return " or ".join(map(_quoted, words))
    return ""


def _efforts(roles: int) -> set[Effort]:
    return {kind.effort for role, kind in KINDS.items() if role & roles}


def _head(clauses: Sequence[Clause], fast: int) -> Word | None:
    """The word of a title that names an easy run first, whatever comes behind it.

    "Easy tempo" and "easy long run" are no easy runs, and of "2 km easy, 6 km tempo" the first is a warm-up;
    "easy run with a tempo finish" is one.
    """
    measured = False
    for number, clause in enumerate(clauses):
        # "D3 easy" is a third day; a zone of the Dutch stands alone.
        word = _first([word for word in clause.words if word.text not in _DAYS], _SAYS_KIND)
        if word is None:
            measured = measured or clause.has_amount
            continue
        if not word.roles & _HEADS or word.roles & Role.INTERVALS or word not in clause.tokens:
            return None
        at = clause.tokens.index(word)
        following = _next_word(clause.tokens, at)
        if following is not None and following.roles & _SAYS_KIND & ~(_HEADS | Role.STRIDES):
            return None
        measured = measured or any(isinstance(token, Amount) for token in clause.tokens[:at])
        if measured and (clause.closer not in ("with", "(", "") or clause.roles & _FAST):
            return None
        # "Easy 2 km, tempo 6 km": parts of one run.
        parts = (c for c in clauses[number + 1 :] if c.opener not in ("with", "("))
        return None if any(_is_quality_part(part, fast) for part in parts) else word
    return None


def _long_head(clauses: Sequence[Clause], *, has_reps: bool) -> Word | None:
    """ "16 km long, last 4 km fast", "long 2 h with 3 x 15 min": a long run; "long tempo" is none."""
    for clause in clauses:
        if word := _first(clause.words, _SAYS_KIND):
            holds = not has_reps or (clause.closer == "with" and clause.has_amount)
            return word if word.roles & Role.LONG and word is clause.words[-1] and holds else None
    return None


def _is_quality_part(clause: Clause, fast: int) -> bool:
    return bool(clause.roles & fast) and not clause.roles & Role.PART and clause.has_amount


def _next_word(tokens: Sequence[Token], at: int) -> Word | None:
    for token in tokens[at + 1 :]:
        if isinstance(token, Word):
            if not token.roles & Role.FILLER:
                return token
        elif not (isinstance(token, Sign) and token.text == "-"):
            return None
    return None


def _race(words: Sequence[Word]) -> Word | None:
    if word := _first(words, Role.EVENT | Role.RACE):
        return word
    named = _first(words, Role.DISTANCE)
    kinds = ANY_KIND & ~Role.TRIAL
    others = kinds | Role.PERIOD | Role.HEADER | Role.ABOUT | Role.EASING | _RUNNING
    return None if named and any(word.roles & others for word in words if word is not named) else named


def _bare_race(found: Structure) -> Word | None:
    """ "5K", "Course 10 km", "100 miles": nothing but a race's distance. "5 km" may be how far to jog."""
    tokens = [t for clause in found.clauses for t in clause.tokens if not isinstance(t, Sign)]
    far = [t for t in tokens if isinstance(t, Amount)]
    if len(far) != 1 or far[0].unit is not Unit.KM or far[0].low != far[0].high:
        return None
    distance = far[0]
    is_official = any(abs(distance.high - km) < 0.05 for km in _RACE_KM)
    written = Word(distance.written, distance.written)
    course = next((t for t in tokens if isinstance(t, Word) and t.roles & Role.COURSE), None)
    match tokens:
        case [_]:
            is_exact = any(abs(distance.high - km) < 0.01 for km in _EXACT_KM)
            is_named = (is_official and distance.written.endswith("K")) or is_exact
            return written if is_named or distance.high >= _ULTRA_KM else None
        case [Word() as first, _, Word() as place] if first is course and is_official:
            return course if not place.roles and place.written.istitle() else None  # "Carrera 10K Madrid"
        case [_, _] | [_, Word(roles=Role.FILLER), _] if course and is_official:
            return course
        case [_, Word() as of, Word() as place] if is_official and tokens[0] is distance and of.text in _OF:
            # "10 km de Paris"
            return written if not place.roles and place.written.istitle() else None
    in_brackets = any(c.opener == "(" and c.is_bare and c.roles & Role.COURSE for c in found.clauses)
    return course if in_brackets else None
