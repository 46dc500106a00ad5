"""The state folder: documents that last, a lock that is one plan's."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.errors import AuthorisationNeeded, Locked, Unavailable
from calsync.event import Published, Wishes
from calsync.files import Folder, Held, Store
from calsync.records import TokenFile
from calsync.state import State, state_folder, state_of
from calsync.timespan import Timespan
from calsync.training import CheckIn, Kind, Load, Sign
from tests.soak import usually

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
published = st.builds(
    Published,
    span=st.builds(
        lambda start, minutes: Timespan(start, start + timedelta(minutes=minutes)),
        st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
        st.integers(1, 600),
    ),
    pinned=st.just(True),
    title=texts,
    description=texts,
    kind=st.none() | st.sampled_from(Kind),
    load=st.none() | st.sampled_from(Load),
    routine=st.none() | texts,
)
keys = st.sampled_from([f"2026-W48/run/{day}-1" for day in ("mon", "tue", "wed")] + ["2027-W01/strength/1"])


@settings(max_examples=usually(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.dictionaries(keys, published), skips=st.frozensets(keys))
def test_wishes_come_back_as_they_were(
    tmp_path: Path, moves: dict[str, Published], skips: frozenset[str]
) -> None:
    state = State(Folder(tmp_path / "x"))
    state.save_wishes(Wishes(moves, skips), NOW)
    assert state.wishes() == Wishes(moves, skips)


def test_without_a_file_there_are_no_wishes_and_looking_creates_nothing(tmp_path: Path) -> None:
    state = State(Folder(tmp_path / "x"))
    assert state.wishes() == Wishes()
    assert not state.folder.exists()


def test_only_weeks_long_past_are_forgotten(tmp_path: Path) -> None:
    state = State(Folder(tmp_path))
    skips = frozenset(
        {"2026-W39/run/tue-1", "2026-W40/run/tue-1", "2026-W48/run/tue-1", "2027-W20/run/tue-1"}
    )
    state.save_wishes(Wishes({}, skips), NOW)
    assert state.wishes().skips == skips - {"2026-W39/run/tue-1"}


def test_one_plans_lock_at_a_time(tmp_path: Path) -> None:
    state = State(Folder(tmp_path / "x"))
    with state.lock():
        with pytest.raises(Locked, match="another push"), State(Folder(tmp_path / "x")).lock():
            pass
        with State(Folder(tmp_path / "y")).lock():
            pass
    with state.lock():
        pass


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    state = State(Folder(tmp_path))
    with pytest.raises(ZeroDivisionError), state.lock():
        raise ZeroDivisionError
    with state.lock():
        pass


def test_a_lock_that_can_not_be_had_is_no_lock_that_is_held() -> None:
    with pytest.raises(Unavailable, match="can't be locked") as found, State(Folder(Path("/proc/x"))).lock():
        pass
    assert not isinstance(found.value, Locked)


def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_folder({"CALSYNC_STATE": str(tmp_path)}) == tmp_path
    assert state_folder({"CALSYNC_STATE": "~/state"}) == Path.home() / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder({}) == tmp_path / "calsync"
    assert state_folder({"CALSYNC_STATE": ""}) == tmp_path / "calsync"
    assert state_of("training", {}).folder == tmp_path / "calsync" / "training"


def test_folder_and_wishes_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        state = State(Folder(tmp_path / "x"))
        with state.lock():
            state.save_wishes(Wishes(), NOW)
    finally:
        os.umask(before)
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert (state.folder / "wishes.json").stat().st_mode & 0o777 == 0o600


# --- what lies in the folder ------------------------------------------------------------------------------

# As earlier versions wrote them: people have state folders.
DOCUMENTS = {
    "wishes.json": b"""{
  "moves": {
    "2026-W48/strength/1": {
      "start": "2026-11-27T18:00:00Z",
      "end": "2026-11-27T18:30:00Z",
      "title": "Strength",
      "load": "moderate",
      "routine": "lower-body",
      "stood": [
        "2026-11-24T12:15:00Z",
        "2026-11-24T12:45:00Z"
      ]
    }
  },
  "skips": [
    "2026-W48/strength/2"
  ]
}
""",
    "checkins.json": b"""[
  {
    "day": "2026-11-23",
    "signs": [
      "heavy-legs"
    ]
  },
  {
    "day": "2026-11-30",
    "signs": []
  }
]
""",
    "google.json": b"""{
  "calendars": {
    "google": "x@group.calendar.google.com"
  },
  "creating": {
    "other": {
      "since": "2026-11-23T06:00:00Z",
      "told": true
    }
  },
  "tombstones": {
    "x@group.calendar.google.com": {
      "cancelled": {
        "2026-W48/strength/1": 0
      },
      "deleted": {
        "2026-W48/run/tue-1": 1
      }
    }
  }
}
""",
    "google-token.json": b'{"client_id":"me","refresh_token":"r","scopes":["a","b"],"token":"t",'
    b'"expiry":"2026-11-23T07:00:00Z","granted":null}',
    "lost.json": b'["2026-W48/strength/1"]',
    "last-push": b"2026-11-23T06:00:00+00:00 Europe/London",
}


def fill(state: State) -> None:
    """Write into one state all that another one has read."""
    folder = Folder(state.folder.with_name("old"))
    for name, content in DOCUMENTS.items():
        folder.replace(name, content)
    old = State(folder)
    state.save_wishes(old.wishes(), NOW)
    state.save_checkins(old.checkins())
    state.save_google(old.google())
    token = old.token_file().load()
    assert token is not None
    state.token_file().save(token)
    state.remember_lost(old.lost_sessions(), NOW)
    moment = old.last_push()
    assert moment is not None
    state.remember_push(moment, ZoneInfo(old.last_zone()))


def test_what_earlier_versions_wrote_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    state = State(Folder(tmp_path / "new"))
    fill(state)
    assert {file.name: file.read_bytes() for file in state.files()} == DOCUMENTS
    assert {file.stat().st_mode & 0o777 for file in state.files()} == {0o600}
    wishes = state.wishes()
    assert wishes.moved_from["2026-W48/strength/1"].start == datetime(2026, 11, 24, 12, 15, tzinfo=UTC)
    assert state.checkins()[0] == CheckIn(date(2026, 11, 23), frozenset({Sign.HEAVY_LEGS}))
    assert state.google().tombstones["x@group.calendar.google.com"].deleted == {"2026-W48/run/tue-1": 1}


# What stops a command when it is damaged: to go on without it would forget what somebody said, or harm.
VITAL: dict[str, Callable[[State], object]] = {
    "wishes.json": State.wishes,
    "checkins.json": State.checkins,
    "google.json": State.google,
}


@pytest.mark.parametrize("name", VITAL)
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b'{"skips": ["x"], "tombstones": {"x": 1}}'])
def test_a_damaged_document_is_not_taken_for_an_empty_one(tmp_path: Path, name: str, content: bytes) -> None:
    state = State(Folder(tmp_path))
    state.store.replace(name, content)
    with pytest.raises(Unavailable, match=f"{name}: can't be read .*; restore it, or delete it"):
        VITAL[name](state)
    assert state.store.read(name) == content


def test_what_only_saves_time_may_be_damaged(tmp_path: Path) -> None:
    state = State(Folder(tmp_path))
    for name in ("lost.json", "feeds.json", "last-push", "cache/workouts.json"):
        state.store.replace(name, b"\xff{")
    assert state.lost_sessions() == frozenset()
    assert not state.is_own_feed(tmp_path / "x.ics")
    assert (state.last_push(), state.last_zone()) == (None, "")
    assert state.workouts() == ()
    state.add_feed(tmp_path / "x.ics")
    assert state.is_own_feed(tmp_path / "x.ics")


def test_a_damaged_token_needs_another_consent(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    assert TokenFile(file).load() is None
    file.write_bytes(b'{"client_id": 1}')
    with pytest.raises(AuthorisationNeeded, match="is damaged"):
        TokenFile(file).load()
    assert TokenFile(file).granted() is None


class InMemory:
    """A store that is no folder, as a database would be none."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.held: set[str] = set()

    def read(self, name: str) -> bytes:
        try:
            return self.documents[name]
        except KeyError:
            raise FileNotFoundError(2, "No such document", name) from None

    def size(self, name: str) -> int | None:
        return len(self.documents[name]) if name in self.documents else None

    def replace(self, name: str, content: bytes, *, lasting: bool = True) -> None:
        self.documents[name] = content

    def create(self, name: str, content: bytes) -> None:
        self.documents.setdefault(name, content)

    def acquire(self, name: str, wait: float) -> AbstractContextManager[object]:
        if name in self.held:
            raise Held
        self.documents[name] = b""
        self.held.add(name)

        @contextmanager
        def holding() -> Iterator[None]:
            yield
            self.held.remove(name)

        return holding()

    def sweep(self) -> None:
        pass

    def where(self, name: str = "") -> Path:
        return Path("/nowhere") / name

    def files(self) -> Iterable[Path]:
        return [self.where(name) for name in self.documents]


def test_another_store_can_take_the_place_of_the_folder() -> None:
    store: Store = InMemory()
    state = State(store)
    assert not state.is_locked()
    with state.lock():
        assert state.is_locked()
        with pytest.raises(Locked, match="/nowhere/lock"), state.lock():
            pass
    assert not state.is_locked()
    state.save_wishes(Wishes({}, frozenset({"2026-W48/run/tue-1"})), NOW)
    assert state.wishes().skips == {"2026-W48/run/tue-1"}
    assert not state.has_secret()
    for secret in ("first", "second"):
        state.save_secret(secret, anew=False)
    assert state.secret() == "first\n"
    kept = state.cache.of("url https://example.org/x.ics")
    kept.keep(b"BEGIN:VCALENDAR", NOW, etag='"1"')
    copy = kept.copy()
    assert copy is not None
    assert (copy.body(), copy.origin.etag) == (b"BEGIN:VCALENDAR", '"1"')
