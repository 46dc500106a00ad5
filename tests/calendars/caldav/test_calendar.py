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
from calsync.calendars.caldav.calendar import CaldavCalendar, CalendarGone
from calsync.calendars.caldav.client import AT_ONCE, AT_ONCE_WHEN_ASKED, Request
from calsync.calendars.caldav.lines import uid_of
from calsync.calendars.caldav.messages import document
from calsync.calendars.caldav.remembered import Records
from calsync.errors import TargetUnavailable
from calsync.event import Applied, Contents, Event, run_key
from calsync.files import Folder
from calsync.records import CaldavCopy, CaldavEvent
from calsync.state import State
from calsync.sync import diff
from calsync.timespan import Timespan
from calsync.training import WEEKDAYS, Kind, Week
from tests.calendars.caldav.box import LONDON, PLAN, Caldav
from tests.calendars.caldav.scripted import said, scripted
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


@pytest.mark.parametrize("status", [403, 500])
def test_a_token_with_which_the_server_has_trouble_costs_a_whole_list(
    dav: Caldav, traffic: Traffic, status: int
) -> None:
    push(dav, event(0))
    traffic.answer = lambda request: answer_of(status) if b"sync-collection" in request.read() else None
    assert [stored.event for stored in contents(dav).events] == [event(0)]


def test_what_a_list_or_an_answer_leaves_out_is_asked_for_by_itself(dav: Caldav, traffic: Traffic) -> None:
    push(dav, event(0), event(1))
    (dav.folder / "caldav.json").unlink()
    for copy in (dav.folder / "cache").glob("caldav-*"):
        copy.unlink()
    path = httpx.URL(dav.url).path

    def answer(request: httpx.Request) -> httpx.Response | None:
        body = request.read()
        if b"calendar-query" in body:
            # RFC 4791, 7.8; RFC 6578, 3.6: there are more than it sends.
            part = f"<D:href>{path}</D:href><D:status>HTTP/1.1 507 Insufficient Storage</D:status>"
            return answer_of(207, document("D:multistatus", f"<D:response>{part}</D:response>"))
        if b"calendar-multiget" in body:
            assert b"://" not in body.partition(b"<D:href>")[2]
            return answer_of(207, b'<multistatus xmlns="DAV:"/>')
        return None

    traffic.answer = answer
    assert [stored.event for stored in contents(dav).events] == [event(0), event(1)]


def test_a_calendar_that_a_list_of_changes_names_under_another_address_is_no_event(
    dav: Caldav, traffic: Traffic
) -> None:
    push(dav, event(0))
    alias = (
        b'<D:response xmlns:D="DAV:"><D:href>/alias/</D:href><D:propstat><D:prop><D:getetag>"0"</D:getetag>'
        b"<D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status>"
        b"</D:propstat></D:response>"
    )

    def change(body: bytes) -> bytes:
        end = body.rfind(b"</")
        return body[:end] + alias + body[end:] if b"sync-token>" in body else body

    traffic.change = change
    traffic.take()
    dav.edit(event(0).key, lambda found: found.update({"SUMMARY": "Mine"}))
    assert [stored.event.summary for stored in contents(dav).events] == ["Mine"]


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
    uid = uid_of(original)
    dav.put(f"{dav.url}copy.ics", original.replace(uid, "6c9b1c1e@phone").encode())
    for wanted in ([event(0, summary="Other"), event(1)], [event(1)], []):
        push(dav, *wanted)
        assert [stored.event for stored in contents(dav).events] == wanted
    (left,) = dav.objects().values()
    assert uid_of(left) == "6c9b1c1e@phone"


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


def test_what_is_no_event_says_nothing_of_whether_one_was_deleted(dav: Caldav, traffic: Traffic) -> None:
    push(dav, event(0), event(1))
    dav.delete(event(1).key)
    traffic.answer = lambda request: answer_of(200, b"<html>Sign in") if request.method == "GET" else None
    with pytest.raises(TargetUnavailable, match="something else than an event"):
        contents(dav)


def test_an_event_that_cannot_be_read_is_named(dav: Caldav, traffic: Traffic) -> None:
    push(dav, event(0), event(1))
    dav.edit(event(1).key, lambda found: found.update({"SUMMARY": "Mine"}))
    traffic.change = lambda body: body.replace(b"DTSTART;TZID=Europe/London:20261125", b"X-START:20261125")
    with pytest.raises(TargetUnavailable, match=r"dav: the run of Wed 25 Nov can't be read: .* Delete it in"):
        contents(dav)


def test_events_are_on_the_host_of_their_calendar(tmp_path: Path) -> None:
    """Apple's home is on another host than the one that people sign in to, and names paths alone."""
    asked = []
    text = resource.new_object(event(0), PLAN, LONDON, NOW)
    path = "/1/calendars/x/"
    whole = f'<C:calendar-data>{text}</C:calendar-data><D:getetag>"1"</D:getetag>'

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.host}{request.url.path}")
        href, props = path, "<D:resourcetype><C:calendar/></D:resourcetype>"
        if request.method == "REPORT":
            href, props = f"{path}SRV-1.ics", whole
        part = f"<D:propstat><D:prop>{props}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
        body = document("D:multistatus", f"<D:response><D:href>{href}</D:href>{part}</D:response>")
        return said(207, {}, body) if request.method != "PUT" else said(204, {"ETag": '"2"'})

    client = scripted("https://caldav.icloud.com/", answer, also=".icloud.com")
    records = Records(State(Folder(tmp_path)))
    url = f"https://p34-caldav.icloud.com:443{path}"
    loaded = CaldavCalendar("dav", client, url, PLAN, LONDON, records).load()
    loaded.apply(diff([event(0, summary="Other")], loaded.contents.events, now=NOW), NOW)
    client.close()
    assert "PUT p34-caldav.icloud.com/1/calendars/x/SRV-1.ics" in asked
    assert {one.split()[1].partition("/")[0] for one in asked} == {"p34-caldav.icloud.com"}


def test_a_calendar_is_the_same_however_its_address_is_written(tmp_path: Path) -> None:
    records = Records(State(Folder(tmp_path)))
    url = "https://dav.example.org/a%40b/c/"
    records.events(url)[event(0).key] = CaldavEvent((NOW, NOW), state="deleted")
    records.state.save_caldav_copy(url, CaldavCopy("t", True))
    url = "https://DAV.example.org:443/a@b/c"
    assert records.events(url).keys() == {event(0).key}
    assert records.state.caldav_copy(url) == CaldavCopy("t", True)
    # A new one there may have the tokens of that of before, and none of its events.
    records.known.calendars["dav"] = url
    records.set_new_calendar("dav", url)
    assert records.state.caldav_copy(url) == CaldavCopy("", False)
    assert records.events(url).keys() == {event(0).key}


class Killed(BaseException):
    pass


def nothing_has_changed(request: httpx.Request) -> httpx.Response | None:
    """What a server says whose index is behind."""
    token = re.search(rb"<D:sync-token>.*</D:sync-token>", request.read())
    if request.method != "REPORT" or token is None:
        return None
    return answer_of(207, b'<D:multistatus xmlns:D="DAV:">' + token[0] + b"</D:multistatus>")


def test_what_a_killed_push_created_is_found_though_the_list_lacks_it(dav: Caldav, traffic: Traffic) -> None:
    push(dav)

    def kill(request: httpx.Request) -> None:
        if request.method == "REPORT" and "PUT" in traffic.methods:
            raise Killed

    traffic.answer = kill
    with suppress(Killed):
        push(dav, event(0))
    traffic.answer = nothing_has_changed
    dav.edit(event(0).key, move)
    (found,) = contents(dav).events
    assert found.was_moved


def test_what_the_runner_deletes_right_before_it_is_withdrawn_stays_away(dav: Caldav) -> None:
    push(dav, event(0), event(1))
    loaded = dav.calendar().load()
    dav.delete(event(0).key)
    assert loaded.apply(diff([event(1)], loaded.contents.events, now=NOW), NOW).look_again
    assert contents(dav).deleted == {event(0).key}


def test_what_the_runner_brings_back_right_before_it_is_written_again_is_theirs(dav: Caldav) -> None:
    push(dav, event(0), event(1))
    href = dav.where(event(0).key)
    text = dav.objects()[href]
    push(dav, event(1))
    loaded = dav.calendar().load()
    dav.put(href, text.encode())
    assert loaded.apply(diff([event(0), event(1)], loaded.contents.events, now=NOW), NOW).look_again
    assert contents(dav).restored == {event(0).key}


def test_a_withdrawal_whose_answer_got_lost_is_no_deletion_of_the_runner(
    dav: Caldav, traffic: Traffic
) -> None:
    push(dav, event(0), event(1))
    lost = iter([True])

    def lose(body: bytes) -> bytes:
        if traffic.methods[-1] == "DELETE" and next(lost, False):
            raise httpx.ReadError("lost")
        return body

    traffic.change = lose
    assert not push(dav, event(1)).look_again
    assert traffic.methods.count("DELETE") == 2
    assert contents(dav).deleted == set()
    push(dav, event(0), event(1))
    assert [stored.event for stored in contents(dav).events] == [event(0), event(1)]


@pytest.mark.parametrize("by_runner", [False, True], ids=["withdrawn", "deleted"])
def test_what_is_brought_back_is_known_also_where_unknown_properties_are_dropped(
    dav: Caldav, traffic: Traffic, by_runner: bool
) -> None:
    traffic.send = without_own
    push(dav, event(0), event(1))
    href, text = dav.where(event(0).key), dav.objects()[dav.where(event(0).key)]
    if by_runner:
        dav.delete(event(0).key)
    push(dav, event(1))
    push(dav, event(1))
    dav.put(href, text.encode())
    found = contents(dav).events[0]
    assert (found.event, found.edited, found.is_held) == (event(0), frozenset(), False)
    dav.edit(event(0).key, move)
    assert [one.was_moved for one in contents(dav).events] == [True, False]


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


def test_a_takeover_that_was_cut_off_is_finished_without_more_events(dav: Caldav, traffic: Traffic) -> None:
    push(dav, event(0), event(1))
    dav.folder = dav.folder.parent / "marathon"
    marathon = replace(dav.calendar(LONDON), plan="marathon")

    def kill(request: httpx.Request) -> None:
        if request.method == "DELETE":
            raise Killed

    traffic.answer = kill
    with suppress(Killed):
        marathon.load().adopt(PLAN, NOW)
    traffic.answer = lambda request: None
    traffic.take()
    assert marathon.load().adopt(PLAN, NOW) == 2
    assert (traffic.methods.count("PUT"), traffic.methods.count("DELETE")) == (0, 2)
    assert len(dav.objects()) == 2


def test_the_state_folder_has_no_text_of_other_peoples_events(dav: Caldav) -> None:
    text = resource.new_object(event(0), PLAN, LONDON, NOW).replace(".calsync", ".example.org")
    dav.put(f"{dav.url}theirs.ics", text.encode())
    push(dav, event(1))
    copy = State(Folder(dav.folder)).caldav_copy(dav.url)
    assert copy is not None
    assert len(copy.objects) == 2
    assert b"example.org" not in msgspec.json.encode(copy)
