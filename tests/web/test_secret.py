import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calsync.errors import Unavailable
from calsync.files import Folder
from calsync.state import State
from calsync.web.secret import Secret, is_same


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(Folder(tmp_path / "state" / "training"))


def file(state: State) -> Path:
    return state.folder / "serve-secret"


def test_it_is_long_and_for_its_owner_alone(state: State) -> None:
    assert len(Secret(state).ensure()) == 43  # 256 bits in base64
    assert stat.S_IMODE(file(state).stat().st_mode) == 0o600
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700


def test_it_stays_and_no_two_are_alike(state: State, tmp_path: Path) -> None:
    assert Secret(state).ensure() == Secret(state).ensure() == Secret(state).value()
    assert Secret(state).ensure() != Secret(State(Folder(tmp_path / "other"))).ensure()


def test_two_that_start_together_use_the_same(state: State) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: Secret(state).ensure(), range(8)))
    assert len(found) == 1


def test_a_new_one_counts_in_a_running_server(state: State) -> None:
    running = Secret(state)
    before = running.ensure()
    after = Secret(state).rotate()
    assert running.value() == after != before
    assert stat.S_IMODE(file(state).stat().st_mode) == 0o600


def test_only_who_is_asked_to_makes_one(state: State) -> None:
    """A request must not: after a disk that was away for a moment, every subscription would be dead."""
    with pytest.raises(Unavailable):
        Secret(state).value()
    assert not state.folder.exists()
    running = Secret(state)
    value = running.ensure()
    away = state.folder.rename(state.folder.with_name("away"))
    assert running.value() == value
    assert not state.folder.exists()
    away.rename(state.folder)
    assert running.value() == value


def test_what_is_passed_on_opens_nothing_else(state: State) -> None:
    secret = Secret(state)
    own = secret.ensure()
    family = secret.of_feed("family", is_for_others=True)
    club = secret.of_feed("club", is_for_others=True)
    assert len({own, family, club}) == 3
    assert secret.of_feed("feed", is_for_others=False) == own
    assert Secret(state).of_feed("family", is_for_others=True) == family
    secret.rotate()
    assert secret.of_feed("family", is_for_others=True) != family


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 43, b"a" * 42 + b"/", b"a" * 44])
def test_a_damaged_one_is_not_replaced_silently(state: State, content: bytes) -> None:
    Secret(state).ensure()
    file(state).write_bytes(content)
    with pytest.raises(Unavailable, match="--rotate-secret"):
        Secret(state).value()
    assert len(Secret(state).rotate()) == 43


def test_what_is_no_text_is_not_the_same() -> None:
    assert is_same("abc", "abc")
    for given in ("", "ab", "abcd", "äbc", "\udcff"):
        assert not is_same(given, "abc")
