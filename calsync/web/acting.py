"""How the runner acts on a page: the forms that it has, and what becomes of one that is sent.

To show a page changes nothing, so whoever follows links (scanners, previews) does no harm. Each form says
what the page showed, and has a token that only our pages can make. Its id is remembered: it acts once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from calsync.event import Act, Acts, Answered, Asked, Do, seen_check_in
from calsync.training import CheckIn, Sign
from calsync.web.entries import Entry
from calsync.web.secret import Secret, is_same
from calsync.words import date_name

# Older ones are out of date anyway, and their ids may be forgotten by now.
_LONGEST = timedelta(hours=24)
_TIME, _SIGNS = "time", "signs"
# For so long a run or session is one of those that a check-in asks about.
_CHECKED_IN_AFTER = timedelta(days=6)


class Kept(Protocol):
    """Where what is asked for waits, and its answers are."""

    def acts(self) -> Acts: ...

    def ask(self, asked: Asked) -> None: ...


@dataclass(frozen=True, slots=True)
class Form:
    """A button, and the fields that are sent with it. `asks` is what the runner fills in: "time", "signs"
    or nothing; `start` is the time that is filled in already.
    """

    label: str
    fields: tuple[tuple[str, str], ...]
    asks: str = ""
    start: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckInForm:
    """The form of a check-in of `day`. Of each sign: itself, its words, and whether it was given already."""

    form: Form
    day: str
    signs: tuple[tuple[str, str, bool], ...]
    is_there: bool


QUESTIONS = {
    Sign.HEAVY_LEGS: "Runs felt heavy or flat",
    Sign.SORE: "Sore for more than two days",
    Sign.EASY_FEELS_HARD: "Easy runs felt hard",
    Sign.LOW_MOTIVATION: "Had to drag myself out",
}


class Refused(Exception):
    """Nothing is done for this form: `status` is 403 if it isn't ours, 409 if it is too old."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Acting:
    """What a server needs so that the runner can act. `act` does what was asked for, and waits for that."""

    plan: str
    secret: Secret
    kept: Kept
    act: Callable[[], None]

    # --- forms of a page --------------------------------------------------------------------------------

    def of_entry(self, entry: Entry, now: datetime, turn: int) -> Iterator[Form]:
        """What can be done with a run or session now. `now` in the plan's zone, `turn` the plan's."""
        key, begun = entry.key, entry.has_begun(now)

        def form(label: str, do: Do, to: str = "", asks: str = "", note: str = "") -> Form:
            return self._form(label, Act(do, key, to), entry.seen, now, turn, asks, _start(entry, now), note)

        if entry.is_skipped:
            yield form("Put it back", Do.RELEASE)
            return
        if entry.block and entry.block.done:
            yield form("Not done after all", Do.NOT_DONE)
            return
        if entry.day and entry.day <= now.date():
            yield form("Done", Do.DONE)
        if (entry.block and entry.block.missed) or (entry.is_moved and not begun):
            yield form("Put it back", Do.RELEASE)
        elif begun and entry.may_be_missed(now):
            yield form("Missed it", Do.MISSED)
        if entry.block and not begun:
            yield form("Skip it", Do.SKIP)
            for to, text in entry.block.choices:
                where, _, why = text.partition(", ")
                yield form(f"Move to {where}", Do.MOVE, to, note=why)
        yield form("Move", Do.MOVE, asks=_TIME)

    def undo(
        self,
        answered: Answered,
        entry: Entry | None,
        checkins: Sequence[CheckIn],
        now: datetime,
        turn: int,
    ) -> Form | None:
        """The form that takes back what was done, if that can be."""
        act = answered.undo
        if act is None:
            return None
        if act.day:
            return self._form("Undo", act, seen_check_in(checkins, act.day), now, turn)
        return self._form("Undo", act, entry.seen if entry else "", now, turn)

    def check_in(self, checkins: Sequence[CheckIn], now: datetime, turn: int) -> CheckInForm:
        """How the last seven days felt, as of today."""
        today = now.date()
        there = next((one for one in checkins if one.day == today), None)
        act = Act(Do.CHECK_IN, day=today)
        form = self._form("Save", act, seen_check_in(checkins, today), now, turn, _SIGNS)
        signs = tuple(
            (str(sign), text, bool(there and sign in there.signs)) for sign, text in QUESTIONS.items()
        )
        return CheckInForm(form, date_name(today), signs, there is not None)

    def check_in_of(
        self, entry: Entry, checkins: Sequence[CheckIn], now: datetime, turn: int
    ) -> CheckInForm | None:
        """The same for the page of a run or session, from its day on and for a week.

        None if there is a check-in of today: what was said in it is nothing that this page may tell.
        """
        if entry.day is None or not timedelta() <= now.date() - entry.day <= _CHECKED_IN_AFTER:
            return None
        form = self.check_in(checkins, now, turn)
        return None if form.is_there else form

    def _form(
        self,
        label: str,
        act: Act,
        shown: str,
        now: datetime,
        turn: int,
        asks: str = "",
        start: str = "",
        note: str = "",
    ) -> Form:
        fields = {
            "act": str(act.do),
            "key": act.key,
            "to": act.to,
            "day": act.day.isoformat() if act.day else "",
            "signs": " ".join(act.signs),
            "asks": asks,
            "seen": shown,
        }
        # Within a minute and one plan it is the same form, however often the page is shown.
        minute = f"{int(now.timestamp()) // 60 * 60:x}"
        fields["id"] = f"{minute}-{self.secret.of_form('id', minute, str(turn), *fields.values())[:16]}"
        fields["shown"] = self.secret.of_form(*fields.values())
        there = tuple((name, value) for name, value in fields.items() if value)
        return Form(label, there, asks, start if asks == _TIME else "", note)

    # --- a form that was sent ---------------------------------------------------------------------------

    def read(self, body: bytes, now: datetime, only: str = "") -> Asked:
        """What a form asks for; with `only` for that key alone, or of a check-in. Raises Refused."""
        sent = _fields(body)
        fields = [sent.get(name, [""])[0] for name in _SIGNED]
        if not is_same(sent.get("shown", [""])[0], self.secret.of_form(*fields)):
            raise Refused(403, "This form is not from this page. Open the page again and try once more.")
        do, key, to, day, signs, asks, shown, form = fields
        made = datetime.fromtimestamp(int(form.partition("-")[0], 16), now.tzinfo)
        if now - made > _LONGEST:
            raise Refused(409, "This page was too old, so nothing was done. Here is what is true now.")
        if only and key != only and do not in (Do.CHECK_IN, Do.FORGET_CHECK_IN):
            raise Refused(403, "This form is of another page.")
        if asks == _TIME:
            to = " ".join(sent.get("start", [""])[0].split())
        said = sent.get("sign", []) if asks == _SIGNS else signs.split()
        if asks:
            # Filled in otherwise it is another form: somebody was refused, went back, and tries again.
            form = f"{form}-{self.secret.of_form('filled in', to, *said)[:8]}"
        act = Act(
            Do(do),
            key,
            to,
            date.fromisoformat(day) if day else None,
            tuple(sign for sign in Sign if sign in said),
        )
        return Asked(form, act, now, shown)

    def take(self, asked: Asked) -> Answered | None:
        """Have it done, once; None if it is kept and will be done. Raises Unavailable if it can't be kept."""
        if (answer := self.kept.acts().answer_to(asked.id)) is None:
            self.kept.ask(asked)
            self.act()
            answer = self.kept.acts().answer_to(asked.id)
        return answer


_SIGNED = ("act", "key", "to", "day", "signs", "asks", "seen", "id")


def _fields(body: bytes) -> Mapping[str, list[str]]:
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=40)
    except ValueError:  # more fields than any form has
        return {}


def _start(entry: Entry, now: datetime) -> str:
    """What the field for another time begins with: as datetime-local has it."""
    if entry.day and entry.block and not entry.has_begun(now):
        start = entry.block.span.start
        return f"{entry.day}T{start // 60:02}:{start % 60:02}"
    return f"{now.date()}T{min(now.hour + 1, 23):02}:00"


def is_from_here(headers: Mapping[str, str], bases: Sequence[str]) -> bool:
    """Whether a form was sent from a page of this server, as the browser says.

    By its Origin, which is "null" where a page sends no Referer, as ours; by Sec-Fetch-Site then.
    """
    if (origin := headers.get("origin", "null")) != "null":
        return origin in {_origin(base) for base in bases if base}
    return headers.get("sec-fetch-site") == "same-origin"


def _origin(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}".lower()
