"""What befalls a push on its way to a server, and that the next one makes it right."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from calsync.calendars.caldav.client import AT_ONCE, Patience, Request
from calsync.calendars.caldav.discovery import create_calendar
from calsync.errors import CalsyncError
from calsync.event import Event
from calsync.sync import diff
from tests.calendars.caldav.box import Caldav
from tests.calendars.caldav.servers import QUICK, SERVERS, Server, running
from tests.calendars.caldav.test_calendar import NOW, contents, event, push
from tests.davproxy.faults import Fault, slow_down
from tests.davproxy.proxy import Asked, Proxy, Said
from tests.davproxy.quirks import Quirks
from tests.soak import SOAK

BEFORE = [event(0), event(1), event(2)]
AFTER = [event(0, summary="Longer"), event(2), event(3)]
FAULTS = {
    "503 before": Fault(times=9),
    "503 after": Fault(commits=True),
    "503 after, each time": Fault(commits=True, times=9),
    "429": slow_down(),
    "429 for good": replace(slow_down(), times=None),
    "507": Fault(status=507, times=9),
    "403": Fault(status=403),
    "lost request": Fault("drop"),
    "lost answer": Fault("drop", commits=True),
    "lost for good": Fault("drop", commits=True, times=None),
    "cut off": Fault("cut off", commits=True),
    "slow": Fault("hold", commits=True),
    "a part failed": Fault("part", status=403),
    "a part has trouble": Fault("part", status=500),
}
# So that nobody waits long for what never comes.
HASTY = replace(QUICK, read=2)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server) as proxy:
        yield proxy


@contextmanager
def behind(proxy: Proxy, folder: Path, patience: Patience = QUICK) -> Iterator[Caldav]:
    client = proxy.as_server.client(patience=patience)
    dav = Caldav(proxy.as_server, folder, client, real=proxy.upstream)
    try:
        yield dav
    finally:
        dav.close()


def held(dav: Caldav) -> list[Event]:
    return [stored.event for stored in contents(dav).events]


# One server each, the other in a long run.
CASES = [
    pytest.param(server, name, method, id=f"{name}, {method}, {server}")
    for number, name in enumerate(FAULTS)
    for place, method in enumerate(("PUT", "DELETE", "REPORT"))
    for turn, server in enumerate(SERVERS)
    if SOAK > 1 or (number + place + turn) % 2
]


@pytest.mark.parametrize(("kind", "name", "method"), CASES)
def test_whatever_goes_wrong_the_next_push_makes_it_right(
    tmp_path: Path, kind: str, name: str, method: str
) -> None:
    with Proxy(running(kind)) as proxy:
        _go_wrong(proxy, tmp_path, name, method, skip=len(name) % 2 if method != "DELETE" else 0)


def _go_wrong(proxy: Proxy, tmp_path: Path, name: str, method: str, *, skip: int) -> None:
    with behind(proxy, tmp_path / "state", HASTY if name == "slow" else QUICK) as dav:
        push(dav, *BEFORE)
        proxy.faults.add(replace(FAULTS[name], methods=(method,), skip=skip))
        with suppress(CalsyncError):
            push(dav, *AFTER)
        # Nothing was taken for the runner's doing, whatever came of it.
        proxy.faults.clear()
        found = contents(dav)
        assert (found.deleted, found.restored) == (set(), set())
        assert not any(stored.was_moved or stored.edited for stored in found.events)
        for _ in range(2):
            push(dav, *AFTER)
        assert held(dav) == AFTER
        assert len(dav.objects()) == len(AFTER)


def test_without_room_the_rest_is_not_tried(proxy: Proxy, tmp_path: Path) -> None:
    with behind(proxy, tmp_path / "state") as dav:
        push(dav, BEFORE[0])
        proxy.faults.add(Fault(status=507, methods=("PUT",), times=None))
        proxy.asked.clear()
        (failure,) = push(dav, *(event(number) for number in range(40))).failures
        assert "has no room left (507)" in str(failure)
        assert sum(one.method == "PUT" for one in proxy.asked) <= AT_ONCE
        # Then there is room again; all of it went over connections that were kept.
        proxy.faults.clear()
        assert push(dav, *(event(number) for number in range(12))).failures == ()
        assert proxy.connections <= AT_ONCE < sum(one.method == "PUT" for one in proxy.asked)


def test_a_list_that_is_behind_is_nobodys_doing(proxy: Proxy, tmp_path: Path) -> None:
    """What was just written is missing in it, and what was just withdrawn is there."""
    with behind(proxy, tmp_path / "state") as dav:
        push(dav, *BEFORE)
        proxy.freeze(dav.url)
        for wanted in ([*BEFORE, event(3)], [event(0), event(2), event(3)], AFTER):
            with suppress(CalsyncError):
                push(dav, *wanted)
            found = contents(dav)
            assert (found.deleted, found.vanished, found.restored) == (set(), set(), set())
        proxy.thaw()
        found = contents(dav)
        assert (found.deleted, found.restored) == (set(), set())
        push(dav, *AFTER)
        assert held(dav) == AFTER


@pytest.mark.parametrize("sync", ["yes", "no"])
def test_what_the_runner_does_meanwhile_is_theirs_also_behind_such_a_list(
    server: Server, tmp_path: Path, sync: str
) -> None:
    with (
        Proxy(server, Quirks(sync=sync)) as proxy,  # type: ignore[arg-type]
        behind(proxy, tmp_path / "state") as dav,
    ):
        push(dav, *BEFORE)
        proxy.freeze(dav.url)
        dav.edit(BEFORE[0].key, lambda found: found.update({"SUMMARY": "Mine"}))
        dav.delete(BEFORE[1].key)
        for _ in range(2):
            push(dav, event(0, summary="Other"), event(1), event(2))
        proxy.thaw()
        push(dav, event(0, summary="Other"), event(1), event(2))
        assert held(dav) == [event(0, summary="Mine"), event(2)]
        assert contents(dav).deleted == {BEFORE[1].key}


def test_what_a_list_says_that_is_behind_is_not_what_the_server_made_of_it(
    server: Server, tmp_path: Path
) -> None:
    """Else the next push takes the old title for the new one, and leaves it."""
    with (
        Proxy(server, Quirks(etags="none", stars="never", sync="no", ctag=False)) as proxy,
        behind(proxy, tmp_path / "state") as dav,
    ):
        push(dav, event(0, summary="Old"))
        proxy.freeze(dav.url)
        push(dav, event(0, summary="New"))
        proxy.thaw()
        for title in ("Old", "New"):
            push(dav, event(0, summary=title))
            (text,) = dav.objects().values()
            assert f"SUMMARY:{title}" in text


def test_what_is_deleted_as_soon_as_it_was_written_was_deleted(proxy: Proxy, tmp_path: Path) -> None:
    with behind(proxy, tmp_path / "state") as dav:
        push(dav, event(0))

        def delete_at_once(asked: Asked, phase: str, said: Said | None) -> None:
            if (asked.method, phase) == ("PUT", "after"):
                dav.delete(event(1).key)

        proxy.hook = delete_at_once
        push(dav, event(0), event(1))
        proxy.hook = None
        assert contents(dav).deleted == {event(1).key}
        push(dav, event(0), event(1))
        assert held(dav) == [event(0)]


def test_what_was_written_behind_a_list_and_is_deleted_is_missed_by_no_later_one(
    proxy: Proxy, tmp_path: Path
) -> None:
    """The calendar is then as it was before, and so is its token."""
    with behind(proxy, tmp_path / "state") as dav:
        push(dav, event(0))
        proxy.freeze(dav.url)
        push(dav, event(0), event(1))
        assert len(contents(dav).events) == 2
        dav.delete(event(1).key)
        proxy.thaw()
        assert contents(dav).deleted == {event(1).key}


# --- what servers do otherwise ----------------------------------------------------------------------------


@pytest.mark.parametrize("stars", ["hold", "ignored", "never", "backwards"])
def test_without_etags_what_the_runner_wrote_meanwhile_is_kept(
    server: Server, tmp_path: Path, stars: str
) -> None:
    with (
        Proxy(server, Quirks(etags="none", stars=stars)) as proxy,  # type: ignore[arg-type]
        behind(proxy, tmp_path / "state") as dav,
    ):
        push(dav, *BEFORE)
        loaded = dav.calendar().load()
        dav.edit(BEFORE[0].key, lambda found: found.update({"SUMMARY": "Mine"}))
        wanted = [event(0, summary="Other"), event(2)]
        applied = loaded.apply(diff(wanted, loaded.contents.events, now=NOW), NOW)
        assert applied.look_again
        push(dav, *wanted)
        assert held(dav) == [event(0, summary="Mine"), event(2)]


@pytest.mark.parametrize("gone", ["404", "412"])
def test_a_withdrawal_whose_answer_was_lost_is_not_taken_for_the_runners(
    server: Server, tmp_path: Path, gone: str
) -> None:
    """sabre/dav says 412 of what is not there, so of what its own first try has deleted."""
    with (
        Proxy(server, Quirks(gone=gone)) as proxy,  # type: ignore[arg-type]
        behind(proxy, tmp_path / "state") as dav,
    ):
        push(dav, *BEFORE)
        proxy.faults.add(Fault(commits=True, methods=("DELETE",)))
        push(dav, *AFTER)
        found = contents(dav)
        assert (found.deleted, found.restored) == (set(), set())
        # What the runner deletes a moment before calsync does is theirs.
        loaded = dav.calendar().load()
        dav.delete(event(3).key)
        changes = diff(AFTER[:2], loaded.contents.events, now=NOW, skipped=loaded.contents.deleted)
        loaded.apply(changes, NOW)
        push(dav, *BEFORE)
        assert held(dav) == BEFORE


def test_an_event_that_another_calendar_has_is_said_with_what_to_do(server: Server, tmp_path: Path) -> None:
    with (
        Proxy(server, Quirks(uids="account")) as proxy,
        behind(proxy, tmp_path / "one") as one,
        behind(proxy, tmp_path / "other") as other,
    ):
        push(one, event(0))
        applied = push(other, event(0), event(1))
        (failure,) = applied.failures
        title = f"Training {urlsplit(one.url).path.split('/')[-2]}"
        assert (
            f'the run of Tue 24 Nov could not be written: the same is in your calendar "{title}" already'
            in str(failure)
        )
        # Nothing is to be seen of it here, so nobody has to look again.
        assert not applied.look_again
        assert held(other) == [event(1)]


def test_an_event_that_the_server_has_somewhere_is_looked_for_first(proxy: Proxy, tmp_path: Path) -> None:
    with behind(proxy, tmp_path / "state") as dav:
        body = b'<d:error xmlns:d="DAV:"><no-uid-conflict xmlns="c"/></d:error>'
        proxy.faults.add(Fault(status=403, body=body, methods=("PUT",)))
        applied = push(dav, event(0))
        assert "the same is in another calendar of the account, or in its bin" in str(applied.failures[0])
        assert applied.look_again


@pytest.mark.parametrize("mkcalendar", ["bare", "moves", "bin"])
def test_a_calendar_can_be_made_and_is_known_by_its_address(
    server: Server, tmp_path: Path, mkcalendar: str
) -> None:
    with (
        Proxy(server, Quirks(mkcalendar=mkcalendar)) as proxy,  # type: ignore[arg-type]
        behind(proxy, tmp_path / "state") as dav,
    ):
        push(dav, *BEFORE)
        assert held(dav) == BEFORE
        if mkcalendar == "bin":
            # In the bin it keeps its address.
            dav.client.call(Request("DELETE", dav.url))
            home, path = dav.client.address(server.home), dav.url.rstrip("/").rpartition("/")[2]
            again = create_calendar(dav.client, home, path, "Again", "", "")
            assert again == f"{dav.url.rstrip('/')}-1/"


def test_a_token_that_is_forgotten_without_a_word_hides_no_change(server: Server, tmp_path: Path) -> None:
    with Proxy(server, Quirks(sync="forgets")) as proxy, behind(proxy, tmp_path / "state") as dav:
        push(dav, *BEFORE)
        state = dav.calendar().records.state
        copy = state.caldav_copy(dav.url)
        assert copy is not None
        copy.token = f"{copy.token[:-8]}00000000"
        state.save_caldav_copy(dav.url, copy)
        dav.delete(BEFORE[1].key)
        assert contents(dav).deleted == {BEFORE[1].key}
