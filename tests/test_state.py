"""The state folder: wishes that last, a lock that is one plan's."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.errors import Locked, Unavailable
from calsync.event import Published, Wishes
from calsync.files import Folder
from calsync.state import State, state_folder, state_of
from calsync.timespan import Timespan
from calsync.training import Kind, Load
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
