"""What is special about calendars on CalDAV servers: few requests, copies, and who deleted what."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from icalendar import Event as VEvent

from calsync.calendars.caldav import resource
from calsync.calendars.caldav.calendar import CalendarGone
from calsync.calendars.caldav.client import AT_ONCE, AT_ONCE_WHEN_ASKED, Request
from calsync.event import Applied, Contents, Event, run_key
from calsync.files import Folder
from calsync.records import CaldavCopy
from calsync.state import State
from calsync.sync import diff
from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind, Week
from tests.calendars.caldav.box import LONDON, PLAN, Caldav
from tests.calendars.caldav.servers import Server

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def answer_of(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> httpx.Response:
    kept = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
    return httpx.Response(status, headers=kept, stream=httpx.ByteStream(body))


class Traffic(httpx.BaseTransport):
    """What goes over the wire: the methods in their order, and how many requests ran beside each.

    `answer` may answer in place of the server, `change` changes what it said, `send` what it is sent.
    """

    def __init__(self) -> None:
        self._wire = httpx.HTTPTransport()
        self._lock = threading.Lock()
        self._active = 0
        self.methods: list[str] = []
        self.beside: list[int] = []
        self.answer: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.change: Callable[[bytes], bytes] = lambda body: body
        self.send: Callable[[bytes], bytes] = lambda body: body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self._active += 1
            self.methods.append(request.method)
            self.beside.append(self._active)
            instead = self.answer(request)
        try:
            if instead is not None:
                return instead
            if request.method == "PUT":
                headers = {name: value for name, value in request.headers.items() if name != "content-length"}
                body = self.send(request.read())
                request = httpx.Request(request.method, request.url, headers=headers, content=body)
            response = self._wire.handle_request(request)
            try:
                body = self.change(response.read())
            finally:
                response.close()
            return answer_of(response.status_code, body, response.headers)
        finally:
            with self._lock:
                self._active -= 1

    def close(self) -> None:
        self._wire.close()

    def take(self) -> Counter[str]:
        """How many of each there were since the last time."""
        found, self.methods, self.beside = Counter(self.methods), [], []
        return found


@pytest.fixture
def traffic() -> Traffic:
    return Traffic()


@pytest.fixture
def dav(server: Server, traffic: Traffic, tmp_path: Path) -> Iterator[Caldav]:
    dav = Caldav(server, tmp_path / "state", server.client(transport=traffic))
    traffic.take()
    yield dav
    dav.close()


def event(number: int, **more: object) -> Event:
    start = datetime(2026, 11, 24, 7, tzinfo=UTC) + timedelta(days=number)
    key = run_key(Week.of(start.date()), WEEKDAYS[start.weekday()], 1)
    return replace(Event(key, Timespan(start, start + timedelta(hours=1)), "Run"), **more)  # type: ignore[arg-type]


def push(dav: Caldav, *wanted: Event, is_neutral: bool = False) -> Applied:
    loaded = dav.calendar(is_neutral=is_neutral).load()
    contents = loaded.contents
    return loaded.apply(diff(wanted, contents.events, now=NOW, skipped=contents.deleted), NOW)


def contents(dav: Caldav) -> Contents:
    return dav.calendar().load().contents


# --- few requests -----------------------------------------------------------------------------------------


def test_a_hundred_events_take_a_hundred_puts_and_then_one_question(
    dav: Caldav, server: Server, traffic: Traffic
) -> None:
    # For Xandikos each is a commit.
    many = 100 if server.kind == "radicale" else 12
    wanted = [event(number) for number in range(many)]
    assert push(dav, *wanted).failures == ()
    assert max(traffic.beside) <= AT_ONCE
    # Looking at the calendar, at what is in it, and at what has become of that.
    assert traffic.take() == {"PROPFIND": 1, "REPORT": 3, "PUT": many}
    assert [stored.event for stored in contents(dav).events] == wanted
    traffic.take()
    for _ in range(2):
        push(dav, *wanted)
        assert traffic.take() == {"REPORT": 1}


def test_a_change_of_somebody_else_takes_two(dav: Caldav, traffic: Traffic) -> None:
    push(dav, event(0), event(1))
    dav.edit(event(1).key, lambda found: found.update({"SUMMARY": "Mine"}))
    traffic.take()
    push(dav, event(0), event(1))
    assert traffic.take() == {"REPORT": 2}
    push(dav, event(0), event(1))
    assert traffic.take() == {"REPORT": 1}


def test_without_a_list_of_changes_the_calendars_tag_tells_that_there_are_none(
    dav: Caldav, traffic: Traffic
) -> None:
    traffic.change = lambda body: body.replace(b"sync-collection", b"other-report")
    push(dav, event(0), event(1))
    for _ in range(2):
        traffic.take()
        push(dav, event(0), event(1))
        assert traffic.take() == {"PROPFIND": 1}
    dav.edit(event(1).key, lambda found: found.update({"SUMMARY": "Mine"}))
    traffic.take()
    assert [stored.event.summary for stored in contents(dav).events] == ["Run", "Mine"]
    assert traffic.take() == {"PROPFIND": 2, "REPORT": 1}


def test_a_token_that_the_server_no_longer_knows_costs_a_whole_list(dav: Caldav) -> None:
    push(dav, event(0))
    state = State(Folder(dav.folder))
    copy = state.caldav_copy(dav.url)
    assert copy is not None
    state.save_caldav_copy(dav.url, CaldavCopy(f"{copy.token}0", True, {}))
    assert [stored.event for stored in contents(dav).events] == [event(0)]


def test_a_server_that_is_asked_too_often_gets_fewer_requests_at_a_time(
    radicale: Server, traffic: Traffic, tmp_path: Path
) -> None:
    dav = Caldav(radicale, tmp_path / "state", radicale.client(transport=traffic))
    traffic.take()
    told = iter([answer_of(429, headers={"Retry-After": "0"})])
    traffic.answer = lambda request: next(told, None) if request.method == "PUT" else None
    assert push(dav, *(event(number) for number in range(30))).failures == ()
    dav.close()
    puts = [beside for method, beside in zip(traffic.methods, traffic.beside, strict=True) if method == "PUT"]
    assert len(puts) == 31
    assert max(puts[2 * AT_ONCE :]) <= AT_ONCE_WHEN_ASKED


# --- whose it is ------------------------------------------------------------------------------------------


def test_copies_are_left_alone(dav: Caldav) -> None:
    push(dav, event(0), event(1))
    original = dav.objects()[dav.where(event(0).key)]
    uid = resource.uid_of(original)
    dav.put(f"{dav.url}copy.ics", original.replace(uid, "6c9b1c1e@phone").encode())
    for wanted in ([event(0, summary="Other"), event(1)], [event(1)], []):
        push(dav, *wanted)
        assert [stored.event for stored in contents(dav).events] == wanted
    (left,) = dav.objects().values()
    assert resource.uid_of(left) == "6c9b1c1e@phone"


def test_what_was_withdrawn_and_is_brought_back_stays(dav: Caldav) -> None:
    push(dav, event(0), event(1))
    href, text = dav.where(event(0).key), dav.objects()[dav.where(event(0).key)]
    push(dav, event(1))
    dav.put(href, text.encode())
    for times in range(3):
        found = contents(dav)
        assert [one.is_restored for one in found.events] == [True, False]
        # It is told once, so that a skip that was made before ends.
        assert found.restored == (set() if times else {event(0).key})
        push(dav, event(1))
    dav.delete(event(0).key)
    assert contents(dav).deleted == {event(0).key}


def test_what_a_list_lacks_is_not_taken_for_deleted_while_it_is_in_its_place(dav: Caldav) -> None:
    """Some servers list from an index that is minutes behind."""
    push(dav, event(0), event(1))
    state = State(Folder(dav.folder))
    copy = state.caldav_copy(dav.url)
    assert copy is not None
    (path,) = [path for path, one in copy.objects.items() if event(0).key.replace("/", "-") in one.text]
    del copy.objects[path]
    state.save_caldav_copy(dav.url, copy)
    found = contents(dav)
    assert (found.deleted, len(found.events)) == (set(), 2)
    dav.delete(event(0).key)
    assert contents(dav).vanished == {event(0).key}
    push(dav, event(0), event(1))
    found = contents(dav)
    assert (found.deleted, found.vanished) == ({event(0).key}, set())
    assert found.deleted_at == {event(0).key: event(0).span}


def test_without_the_state_folder_all_is_known_but_what_was_deleted(dav: Caldav) -> None:
    push(dav, event(0), event(1), event(2))
    dav.edit(event(0).key, move)
    dav.edit(event(1).key, lambda found: found.update({"SUMMARY": "Mine"}))
    dav.delete(event(2).key)
    dav.folder = dav.folder.parent / "another"
    moved, edited = contents(dav).events
    assert (moved.span.start, moved.was_moved) == (NOW + timedelta(hours=9), True)
    assert edited.edited == {"summary"}
    assert contents(dav).deleted == set()


def without_own(body: bytes) -> bytes:
    return re.sub(rb"X-CALSYNC.*\r\n(?:[ \t].*\r\n)*", b"", body)


def move(found: VEvent) -> None:
    for name, instant in (("DTSTART", NOW + timedelta(hours=9)), ("DTEND", NOW + timedelta(hours=10))):
        found.pop(name)
        found.add(name, instant)


def test_a_server_that_drops_what_it_does_not_know_is_nothing_special(dav: Caldav, traffic: Traffic) -> None:
    traffic.send = without_own
    first = [event(number, kind=Kind.EASY, alarm=timedelta(minutes=5)) for number in range(4)]
    then = [replace(one, summary="Longer", kind=Kind.LONG, done=True) for one in first]
    for wanted in (first, then):
        push(dav, *wanted)
        assert [stored.event for stored in contents(dav).events] == wanted
        traffic.take()
        push(dav, *wanted)
        assert traffic.take() == {"REPORT": 1}
    assert all("X-CALSYNC" not in text for text in dav.objects().values())
    dav.edit(event(0).key, move)
    dav.edit(event(1).key, lambda found: found.update({"SUMMARY": "Mine"}))
    dav.delete(event(2).key)
    moved, edited, same = contents(dav).events
    assert (moved.was_moved, moved.edited, moved.is_held) == (True, frozenset(), False)
    assert (edited.was_moved, edited.edited) == (False, {"summary"})
    assert same.event == then[3]
    assert contents(dav).deleted == {event(2).key}


class Killed(BaseException):
    pass


@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_push_that_is_killed_is_finished_by_the_next(
    dav: Caldav, traffic: Traffic, drops: bool, after: int
) -> None:
    if drops:
        traffic.send = without_own
    kept, moved = [event(0), event(1), event(2)], event(1, summary="Longer", span=event(5).span)
    stages = [kept, [moved, event(2), event(3)], [event(4)]]
    for wanted in stages:
        left = after

        def kill(request: httpx.Request) -> None:
            nonlocal left
            if request.method in ("PUT", "DELETE"):
                left -= 1
                if left < 0:
                    raise Killed

        traffic.answer = kill
        with suppress(Killed):
            push(dav, *wanted)
        traffic.answer = lambda request: None
        push(dav, *wanted)
        found = contents(dav)
        assert [stored.event for stored in found.events] == sorted(wanted, key=lambda one: one.span)
        assert not any(stored.is_pinned or stored.edited for stored in found.events)
        assert (found.deleted, found.restored) == (set(), set())


def test_what_a_server_rewrites_is_no_edit(dav: Caldav, traffic: Traffic) -> None:
    traffic.send = lambda body: body.replace(b"SUMMARY:Run", b"SUMMARY:RUN").replace(b"URL:", b"X-URL:")
    wanted = [event(0, url="https://example.org/a"), event(1)]
    push(dav, *wanted)
    assert [stored.event for stored in contents(dav).events] == wanted
    traffic.take()
    push(dav, *wanted)
    assert traffic.take() == {"REPORT": 1}
    dav.edit(event(0).key, lambda found: found.update({"SUMMARY": "Mine"}))
    assert [stored.edited for stored in contents(dav).events] == [{"summary"}, set()]


@pytest.mark.parametrize("can_sync", [True, False])
def test_a_calendar_that_is_gone_is_said(dav: Caldav, traffic: Traffic, can_sync: bool) -> None:
    if not can_sync:
        traffic.change = lambda body: body.replace(b"sync-collection", b"other-report")
    push(dav, event(0))
    dav.client.call(Request("DELETE", dav.url))
    with pytest.raises(CalendarGone, match="not at its address any more"):
        dav.calendar().load()


def test_another_detail_makes_other_uids(dav: Caldav) -> None:
    push(dav, event(0), event(1))
    for is_neutral in (True, False):
        wanted = [event(number, summary=f"Busy {is_neutral}") for number in range(2)]
        assert push(dav, *wanted, is_neutral=is_neutral).failures == ()
        found = dav.calendar(is_neutral=is_neutral).load().contents
        assert [stored.event for stored in found.events] == wanted
        texts = dav.objects().values()
        assert len(texts) == 2
        assert all((event(0).key[:8] not in text) == is_neutral for text in texts)
        assert all((PLAN not in text) == is_neutral for text in texts)


def test_a_plan_with_another_name_takes_its_events_over(dav: Caldav) -> None:
    push(dav, event(0), event(1))
    dav.edit(event(1).key, lambda found: found.update({"SUMMARY": "Mine", "X-OTHER": "kept"}))
    dav.folder = dav.folder.parent / "marathon"
    for _ in range(2):
        loaded = replace(dav.calendar(LONDON), plan="marathon").load()
        if not loaded.contents.events:
            assert loaded.contents.others == ((PLAN, 2),)
            assert (loaded.of_plan(PLAN), loaded.adopt(PLAN, NOW)) == (2, 2)
    assert [one.edited for one in loaded.contents.events] == [set(), {"summary"}]
    assert sum("X-OTHER:kept" in text for text in dav.objects().values()) == 1
    assert len(dav.objects()) == 2


def test_the_state_folder_has_no_text_of_other_peoples_events(dav: Caldav) -> None:
    text = resource.new_object(event(0), PLAN, LONDON, NOW).replace(".calsync", ".example.org")
    dav.put(f"{dav.url}theirs.ics", text.encode())
    push(dav, event(1))
    copy = State(Folder(dav.folder)).caldav_copy(dav.url)
    assert copy is not None
    assert len(copy.objects) == 2
    assert b"example.org" not in msgspec.json.encode(copy)
