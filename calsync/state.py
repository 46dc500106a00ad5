"""The state folder: what can't travel with a calendar.

Every document in it has its name and its form here and nowhere else, but for what is kept of the calendars
that are read (cache.py) and written (records.py), of notifications (notices.py) and of weeks
(app/history.py); callers get typed values. Documents are read from and written to a `Store`: a folder
today, and a database could take its place.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from calsync.addresses import place_of
from calsync.cache import Cache
from calsync.errors import Locked, Unavailable
from calsync.event import Acts, Answered, Asked, Mark, Published, Wishes, week_of_key
from calsync.files import (
    Folder,
    Held,
    Json,
    Store,
    content_hash,
    real_path,
    unavailable_if_not,
)
from calsync.records import (
    CaldavCopy,
    CaldavRecords,
    GoogleRecords,
    TokenFile,
    parse_caldav,
    parse_google,
)
from calsync.timespan import Timespan
from calsync.training import FIRST_YEAR, LAST_YEAR, CheckIn, Kind, Load, Sign, Week, Workout
from calsync.waits import NOTIFY, NOTIFY_LOCK

if TYPE_CHECKING:
    from calsync.notices import Notifications

# What was skipped, moved or deleted longer ago than this can't matter any more.
WEEKS_KEPT = 8
# For so long it is remembered what weeks had, and what was done.
WEEKS_OF_MARKS = 60
# So many answers to what was asked on pages are remembered, so that a form that is sent twice acts once; and
# so much may wait.
ANSWERS_KEPT, ACTS_WAITING = 300, 50
# Seconds; the file of what was asked is held for an instant.
_A_MOMENT = 3.0
# What was written so much later than it is now was written by another clock.
CLOCK_SLACK = timedelta(hours=1)


def state_folder(environment: Mapping[str, str]) -> Path:
    """$CALSYNC_STATE, or the user's state folder as the platform has it. Each plan has a folder in it."""
    if given := environment.get("CALSYNC_STATE"):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("calsync", appauthor=False))


# --- what the runner said ---------------------------------------------------------------------------------


class _Move(msgspec.Struct, omit_defaults=True):
    start: datetime
    end: datetime
    title: str = ""
    description: str = ""
    kind: Kind | None = None
    load: Load | None = None
    routine: str | None = None
    moved_from: tuple[datetime, datetime] | None = msgspec.field(default=None, name="stood")
    location: str = ""


class _Wishes(msgspec.Struct):
    moves: dict[str, _Move] = {}
    skips: list[str] = []
    carried_out: list[str] | msgspec.UnsetType = msgspec.UNSET
    released: list[str] | msgspec.UnsetType = msgspec.UNSET
    missed: dict[str, tuple[datetime, datetime]] | msgspec.UnsetType = msgspec.UNSET
    put_back: dict[str, tuple[datetime, datetime]] | msgspec.UnsetType = msgspec.UNSET


class _CheckIn(msgspec.Struct):
    day: date
    signs: list[Sign]


def _parse_wishes(found: _Wishes) -> Wishes:
    """Raises ValueError."""
    missed, put_back = found.missed or {}, found.put_back or {}
    for key in (*found.moves, *found.skips, *(found.released or ()), *missed, *put_back):
        week_of_key(key)
    moves = {
        key: Published(Timespan(move.start, move.end), True, *_what(move), move.location)
        for key, move in found.moves.items()
    }
    moved_from = {key: Timespan(*move.moved_from) for key, move in found.moves.items() if move.moved_from}
    carried_out, released = (frozenset(keys or ()) for keys in (found.carried_out, found.released))
    spans = ({key: Timespan(*span) for key, span in some.items()} for some in (missed, put_back))
    return Wishes(moves, frozenset(found.skips), moved_from, carried_out, released, *spans)


def _move(place: Published, moved_from: Timespan | None) -> _Move:
    before = (moved_from.start, moved_from.end) if moved_from else None
    return _Move(place.span.start, place.span.end, *_what(place), before, place.location)


def _what(moved: _Move | Published) -> tuple[str, str, Kind | None, Load | None, str | None]:
    return moved.title, moved.description, moved.kind, moved.load, moved.routine


def _parse_marks(found: dict[str, Mark]) -> dict[str, Mark]:
    """Raises ValueError."""
    for key in found:
        week_of_key(key)
    return found


def _parse_checkins(found: list[_CheckIn]) -> tuple[CheckIn, ...]:
    """Raises ValueError."""
    for entry in found:
        if not FIRST_YEAR <= entry.day.year <= LAST_YEAR:
            raise ValueError(f"{entry.day} is not between {FIRST_YEAR} and {LAST_YEAR}")
    checkins = [CheckIn(entry.day, frozenset(entry.signs)) for entry in found]
    return tuple(sorted(checkins, key=lambda checkin: checkin.day))


# --- the last push ---------------------------------------------------------------------------------------


class FailedPush(msgspec.Struct, frozen=True):
    """When a push failed that none has followed since that went well, with its message and exit code."""

    at: datetime
    text: str
    exit_code: int


class Written(msgspec.Struct, frozen=True):
    """Which config the last push that went well was made for, and where it wrote, by the targets' names."""

    config: str
    """The whole path of its file."""
    files: dict[str, str] = {}
    """Whole paths."""
    calendars: dict[str, str] = {}
    """The titles of Google's calendars."""
    caldav: dict[str, str] = {}
    """Those of CalDAV's."""


# --- one plan's documents ---------------------------------------------------------------------------------

_WISHES = Json("wishes.json", _Wishes, on_lines=True)
_CHECKINS = Json("checkins.json", list[_CheckIn], on_lines=True)
_MARKS = Json("marks.json", dict[str, Mark], on_lines=True)
_ACTS = Json("acts.json", Acts, on_lines=True)
_GOOGLE = Json("google.json", GoogleRecords, on_lines=True)
_CALDAV = Json("caldav.json", CaldavRecords, on_lines=True)
_WORKOUTS = Json("cache/workouts.json", tuple[Workout, ...])
_FEEDS = Json("feeds.json", list[str])
_LOST = Json("lost.json", list[str])
_WRITTEN = Json("written.json", Written)
_FAILED = Json("failed-push.json", tuple[FailedPush, ...])  # one, or none
_NOTIFY = "notify.json"
# Locks of what is told: held while the document is changed, and while it is sent.
_NOTIFY_LOCKS = ("notify-lock", "notify-sending")


def _caldav_copy(url: str) -> Json[CaldavCopy]:
    return Json(f"cache/caldav-{content_hash(place_of(url).encode())}.json", CaldavCopy)


_ACTS_LOCK = "acts-lock"

# What a plan keeps when it gets another name. Copies of calendars come back by themselves.
_TAKEN_OVER = (
    *(one.name for one in (_WISHES, _CHECKINS, _MARKS, _ACTS, _GOOGLE, _CALDAV, _FEEDS, _LOST)),
    _NOTIFY,
    "weeks.json",
    "google-token.json",
    "serve-secret",
)


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept of one plan."""

    store: Store

    @property
    def folder(self) -> Path:
        """Where people find it."""
        return self.store.where()

    def files(self) -> list[Path]:
        """What is kept, but for the locks, which hold nothing, and the secret, for people to look at."""
        others = (self.lock_file, self.secret_file, *map(self.store.where, (*_NOTIFY_LOCKS, _ACTS_LOCK)))
        return [file for file in self.store.files() if file not in others]

    @property
    def cache(self) -> Cache:
        return Cache(self.store, "cache/")

    def wishes(self) -> Wishes:
        """Raises Unavailable if it can't be read or is damaged: to forget a skip would be worse."""
        return _WISHES.read(self.store, _parse_wishes, "to forget all moves and skips") or Wishes()

    def save_wishes(self, wishes: Wishes, now: datetime) -> None:
        """Keep `wishes`, except those for weeks long past. Raises Unavailable."""
        oldest = self.oldest_week(now)
        moves = {
            key: _move(p, wishes.moved_from.get(key))
            for key, p in sorted(wishes.moves.items())
            if max(week_of_key(key), Week.of(p.span.end.date())) >= oldest
        }
        skips = [key for key in sorted(wishes.skips) if week_of_key(key) >= oldest]
        carried_out = [key for key in skips if key in wishes.carried_out]
        released = [key for key in sorted(wishes.released) if week_of_key(key) >= oldest]
        missed, put_back = (
            {key: (span.start, span.end) for key, span in sorted(some.items()) if week_of_key(key) >= oldest}
            for some in (wishes.missed, wishes.put_back)
        )
        said = _Wishes(moves, skips)
        said.carried_out, said.released = carried_out or said.carried_out, released or said.released
        said.missed, said.put_back = missed or said.missed, put_back or said.put_back
        _WISHES.write(self.store, said)

    def oldest_week(self, now: datetime) -> Week:
        """Moves and skips of weeks before it are forgotten."""
        # A clock that runs ahead must not make what still counts look long past.
        return Week.of(min(now, self.last_push() or now).date()).plus(-WEEKS_KEPT)

    def checkins(self) -> tuple[CheckIn, ...]:
        """All check-ins, by date. Raises Unavailable if they can't be read or are damaged."""
        return _CHECKINS.read(self.store, _parse_checkins, "to forget all check-ins") or ()

    def save_checkins(self, checkins: Iterable[CheckIn]) -> None:
        """Keep `checkins` and no others. Raises Unavailable."""
        in_order = sorted(checkins, key=lambda checkin: checkin.day)
        said = [_CheckIn(one.day, [sign for sign in Sign if sign in one.signs]) for one in in_order]
        _CHECKINS.write(self.store, said)

    def marks(self) -> dict[str, Mark]:
        """What the runner said is done, or isn't after all, by key. Raises Unavailable, as wishes() does."""
        return _MARKS.read(self.store, _parse_marks, "to forget what is marked as done") or {}

    def save_marks(self, marks: Mapping[str, Mark], now: datetime) -> None:
        """Keep `marks`, except those of weeks long past. Raises Unavailable."""
        oldest = Week.of(min(now, self.last_push() or now).date()).plus(-WEEKS_OF_MARKS)
        _MARKS.write(self.store, {key: marks[key] for key in sorted(marks) if week_of_key(key) >= oldest})

    def acts(self) -> Acts:
        """What was asked for on pages. Raises Unavailable if it can't be read or is damaged."""
        return _ACTS.read(self.store, lambda found: found, "to forget what was asked on the page") or Acts()

    def ask(self, asked: Asked) -> None:
        """Keep it until it is answered; what is known by its id already is not kept again.

        Raises Unavailable: then nothing was kept.
        """
        with self._acts_held():
            acts = self.acts()
            if acts.answer_to(asked.id) or any(one.id == asked.id for one in acts.asked):
                return
            if len(acts.asked) >= ACTS_WAITING:
                raise Unavailable("too much is waiting to be done already; try again later")
            # Owed from the start: a process that is killed after it did it would not get to say so.
            owed = (*acts.owed, asked.id)[-ACTS_WAITING:]
            _ACTS.write(self.store, Acts((*acts.asked, asked), acts.answered, owed))

    def answer(self, answered: Answered) -> None:
        """It was done, or refused. Raises Unavailable."""
        with self._acts_held():
            acts = self.acts()
            asked = tuple(one for one in acts.asked if one.id != answered.id)
            others = (one for one in acts.answered if one.id != answered.id)
            _ACTS.write(self.store, Acts(asked, (*others, answered)[-ANSWERS_KEPT:], acts.owed))

    def forget_owed(self, forms: Collection[str]) -> None:
        """Every calendar has what was done for these forms, by their ids. Raises Unavailable."""
        if forms:
            with self._acts_held():
                acts = self.acts()
                owed = tuple(one for one in acts.owed if one not in forms)
                _ACTS.write(self.store, Acts(acts.asked, acts.answered, owed))

    @contextmanager
    def _acts_held(self) -> Iterator[None]:
        # A lock of its own: the plan's is held for as long as calendars are written.
        try:
            with unavailable_if_not(self.store.where(_ACTS_LOCK), "locked"):
                held = self.store.acquire(_ACTS_LOCK, _A_MOMENT)
        except Held as problem:
            raise Locked("what was asked on the page is being done just now; try again") from problem
        with held:
            yield

    def google(self) -> GoogleRecords:
        """Raises Unavailable: without them, what you deleted could come back, or a calendar be made twice."""
        advice = "and name the calendar in the config with calendar_id"
        return _GOOGLE.read(self.store, parse_google, advice) or GoogleRecords()

    def save_google(self, records: GoogleRecords) -> None:
        """Raises Unavailable."""
        _GOOGLE.write(self.store, records)

    def caldav(self) -> CaldavRecords:
        """Raises Unavailable: without them, what you deleted would come back."""
        advice = "if what you deleted in your calendars may come back"
        return _CALDAV.read(self.store, parse_caldav, advice) or CaldavRecords()

    def save_caldav(self, records: CaldavRecords) -> None:
        """Raises Unavailable."""
        _CALDAV.write(self.store, records)

    def caldav_copy(self, url: str) -> CaldavCopy | None:
        """What the calendar at this address held; None if that can't be told."""
        return _caldav_copy(url).recall(self.store)

    def save_caldav_copy(self, url: str, copy: CaldavCopy) -> None:
        """Costs nothing if it can't be written."""
        _caldav_copy(url).remember(self.store, copy)

    def token_file(self) -> TokenFile:
        """Where the token is, unless the config says otherwise."""
        return TokenFile(self.store.where("google-token.json"))

    def workouts(self) -> tuple[Workout, ...]:
        """What the training platform's feed said the last time; nothing if that can't be told."""
        return _WORKOUTS.recall(self.store) or ()

    def save_workouts(self, workouts: Iterable[Workout]) -> None:
        """Remember them. Costs nothing if they are known, or can't be written."""
        if (new := tuple(workouts)) != self.workouts():
            _WORKOUTS.remember(self.store, new)

    def is_own_feed(self, path: Path) -> bool:
        """Whether calsync is known to have written a feed at `path`."""
        return str(real_path(path)) in (_FEEDS.recall(self.store) or ())

    def add_feed(self, path: Path) -> None:
        """Remember that the file at `path` is ours. Costs nothing if that is known, or can't be written."""
        known = _FEEDS.recall(self.store) or []
        if (name := str(real_path(path))) not in known:
            _FEEDS.remember(self.store, sorted({*known, name}))

    def written(self) -> Written | None:
        """None if there was no push yet, or that can't be told."""
        return _WRITTEN.recall(self.store)

    def remember_written(self, written: Written) -> None:
        """Costs nothing if it is known, or can't be written."""
        if written != self.written():
            _WRITTEN.remember(self.store, written)

    def forget_written(self) -> None:
        """The plan's calendars are another one's now."""
        self.remember_written(Written(""))

    def take_over(self, former: "State") -> None:
        """What the plan had under its former name, but for what it has already. Raises Unavailable."""
        for name in _TAKEN_OVER:
            where = self.store.where(name)
            with unavailable_if_not(where, "written"):
                if self.store.size(name) is None and former.store.size(name) is not None:
                    self.store.replace(name, former.store.read(name))

    def lost_sessions(self) -> frozenset[str]:
        """The keys of sessions that were on a calendar and lost their place; nothing if unknown."""
        return frozenset(_LOST.recall(self.store) or ())

    def remember_lost(self, keys: Iterable[str], now: datetime) -> None:
        """Add to lost_sessions(), and drop weeks that are over. Costs nothing if nothing is new."""
        if (keys := frozenset(keys)) and not keys <= (known := self.lost_sessions()):
            oldest = str(Week.of(now.date()).plus(-1))
            _LOST.remember(self.store, sorted(key for key in known | keys if key >= oldest))

    def last_push(self) -> datetime | None:
        """When a push last reached all that it should; None if there was none, or that can't be told."""
        try:
            return datetime.fromisoformat(self._last_push()[0]).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def last_zone(self) -> str:
        """The zone of that push's plan; empty if that can't be told."""
        return self._last_push()[1]

    def _last_push(self) -> tuple[str, str]:
        try:
            moment, _, zone = self.store.read("last-push").decode("ascii").partition(" ")
        except (OSError, ValueError):
            return "", ""
        return moment, zone

    def remember_push(self, now: datetime, zone: ZoneInfo) -> None:
        """Keep when a push succeeded, and the plan's zone. Costs nothing if that can't be written."""
        # Every push does this, with the lock held, and need not wait for the disk: a power cut may lose it.
        content = f"{now.astimezone(UTC).isoformat()} {zone.key}".encode("ascii")
        with suppress(OSError):
            self.store.replace("last-push", content, lasting=False)
        if self.failed_push() is not None:
            _FAILED.remember(self.store, ())

    def failed_push(self) -> FailedPush | None:
        """None if the last push went well, or that can't be told."""
        return next((one for one in _FAILED.recall(self.store) or () if one.at.tzinfo), None)

    def remember_failed_push(self, failed: FailedPush) -> None:
        """Costs nothing if it can't be written."""
        _FAILED.remember(self.store, (failed,))

    def notifications(self) -> "Notifications":
        """What is known of them; nothing if that can't be told."""
        # Here, as most pushes have nobody to tell.
        from calsync.notices import Notifications

        return Json(_NOTIFY, Notifications).recall(self.store) or Notifications()

    @contextmanager
    def notifying(self) -> "Iterator[Notifications]":
        """What is known of notifications, to be changed; kept at the end. Raises Unavailable."""
        place = self.store.where(_NOTIFY)
        try:
            with unavailable_if_not(place, "written"):
                held = self.store.acquire(_NOTIFY_LOCKS[0], NOTIFY_LOCK)
        except Held as problem:
            raise Locked(f"{place}: another process keeps it") from problem
        with held:
            before = self.notifications()
            now = self.notifications()
            yield now
            if now != before:
                Json(_NOTIFY, type(now), on_lines=True).write(self.store, now)

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Whether this process may send notifications: one at a time, so that none is sent twice."""
        try:
            with unavailable_if_not(self.folder, "locked"):
                held = self.store.acquire(_NOTIFY_LOCKS[1], NOTIFY)
        except (Held, Unavailable):
            yield False
            return
        with held:
            yield True

    def written_ahead(self, now: datetime) -> datetime | None:
        """The time of a push that is still to come: the clock was wrong then, or it is now."""
        failed = self.failed_push()
        times = [time for time in (self.last_push(), failed.at if failed else None) if time]
        latest = max(times, default=now)
        return latest if latest > now + CLOCK_SLACK else None

    @property
    def secret_file(self) -> Path:
        return self.store.where("serve-secret")

    def has_secret(self) -> bool:
        """Raises Unavailable if that can't be told."""
        with unavailable_if_not(self.secret_file, "read"):
            return self.store.size("serve-secret") is not None

    def secret(self) -> str:
        """Raises Unavailable if it can't be read, or there is none."""
        with unavailable_if_not(self.secret_file, "read"):
            secret = self.store.read("serve-secret")
        return secret.decode("ascii", "replace")

    def save_secret(self, secret: str, *, anew: bool) -> None:
        """`anew`: also where there is one. Raises Unavailable."""
        write = self.store.replace if anew else self.store.create
        with unavailable_if_not(self.secret_file, "written"):
            write("serve-secret", f"{secret}\n".encode())

    @property
    def lock_file(self) -> Path:
        return self.store.where("lock")

    @contextmanager
    def lock(self, wait: float = 0) -> Iterator[None]:
        """Hold the plan's lock. Raises Locked if another process has it, for `wait` seconds and more."""
        try:
            with unavailable_if_not(self.lock_file, "locked"):
                held = self.store.acquire("lock", wait)
        except Held as problem:
            raise Locked(
                f"another push still runs (it holds {self.lock_file}); try again when it is done"
            ) from problem
        with held:
            # They hold what is private: calendars, addresses, drafts of a secret.
            self.store.sweep()
            yield

    def is_locked(self) -> bool:
        """Whether somebody holds the plan's lock now. Creates nothing. Raises Unavailable."""
        try:
            with unavailable_if_not(self.lock_file, "tried"):
                if self.store.size("lock") is not None:
                    with self.store.acquire("lock", 0):
                        pass
        except Held:
            return True
        return False


def former_names(config: Path, name: str) -> tuple[str, ...]:
    """What the plan of the config at this path was called before: the other plans that it has pushed."""
    try:
        folders = sorted(state_folder(os.environ).iterdir())
    except OSError:
        return ()
    path, others = str(real_path(config)), (folder.name for folder in folders if folder.name != name)
    return tuple(one for one in others if (kept := state_of(one).written()) and kept.config == path)


def state_of(name: str, environment: Mapping[str, str] | None = None) -> State:
    """The state of the plan `name`."""
    return State(Folder(state_folder(os.environ if environment is None else environment) / name))
