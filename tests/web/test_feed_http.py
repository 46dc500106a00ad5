"""The feeds over HTTP, asked by a client that takes nothing for granted (RFC 9110, RFC 9112)."""

import contextlib
import gzip
import hashlib
import os
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from itertools import count, pairwise
from pathlib import Path

import pytest

from calsync.web.feed_file import FeedFile
from tests.cli.box import Box, target
from tests.web.asking import Answer, ask, connected, read_one, read_to_end
from tests.web.running import Server, running

# Several whose files have the same name, so that all but the first are called as their targets: one of them
# is for others, the name of one needs quoting; one that each test may change; one that is gone before anybody
# asks.
TARGETS = (
    target("first", "first/training.ics")
    + target("mine", "mine/training.ics")
    + target("strength", "strength/training.ics", 'include = ["strength"]')
    + target("partner", "partner/training.ics", 'detail = "busy"')
    + target("März & Läufe 100%", "odd/training.ics")
    + target("changing", "public/changing.ics")
    + target("late", "public/late.ics")
)
DEFENCES = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
}
LONG_AGO = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    box = Box(tmp_path_factory.mktemp("http"))
    box.config(targets=TARGETS)
    with running(box) as site:
        (box.folder / "public" / "late.ics").unlink()
        yield site


@pytest.fixture
def feed(site: Server) -> str:
    return site.feed("changing")


_numbers = count(1)


def change(site: Server, modified: datetime | None = None) -> bytes:
    """Replace the feed `changing` by another of the same length, as a push does; what it holds then."""
    path = site.box.folder / "public" / "changing.ics"
    content = f"BEGIN:VCALENDAR\r\nX-NUMBER:{next(_numbers):06}\r\nEND:VCALENDAR\r\n".encode() * 20
    replace(path, content, modified)
    return content


def replace(path: Path, content: bytes, modified: datetime | None = None) -> None:
    new = path.with_name("new")
    new.write_bytes(content)
    if modified:
        os.utime(new, (modified.timestamp(), modified.timestamp()))
    new.replace(path)


def modified(answer: Answer) -> datetime:
    return parsedate_to_datetime(answer["Last-Modified"])


# --- what is sent -----------------------------------------------------------------------------------------


def test_a_feed_comes_as_a_calendar_to_be_shown_in_place(site: Server) -> None:
    answer = ask(site.feed("mine"))
    assert answer.status == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == "inline; filename*=UTF-8''mine.ics"
    assert answer["Content-Length"] == str(len(answer.body))
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Vary"] == "Accept-Encoding"
    assert answer.body == (site.box.folder / "mine" / "training.ics").read_bytes()
    assert answer.body.startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_head_is_the_answer_to_a_get_without_its_body(site: Server) -> None:
    for path in (site.feed("mine"), site.page, f"{site.url}/healthz", f"{site.url}/nothing"):
        for headers in ({}, {"accept_encoding": "gzip"}):
            got, head = ask(path, **headers), ask(path, "HEAD", **headers)
            assert (head.status, head.body) == (got.status, b"")
            assert head.names == got.names
    known = ask(site.feed("mine"))["ETag"]
    assert ask(site.feed("mine"), "HEAD", if_none_match=known).status == 304


@pytest.mark.parametrize(
    "accepts",
    ["gzip", "GZIP", "x-gzip", "*", "br, gzip;q=0.5", "gzip ; q=0.001", "deflate,gzip", "*;q=0, gzip"],
)
def test_it_is_packed_for_who_takes_that(site: Server, accepts: str) -> None:
    packed, plain = ask(site.feed("mine"), accept_encoding=accepts), ask(site.feed("mine"))
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert packed["Content-Length"] == str(len(packed.body))
    assert packed["Vary"] == "Accept-Encoding"
    assert packed["ETag"] != plain["ETag"]
    assert packed["Last-Modified"] == plain["Last-Modified"]


@pytest.mark.parametrize(
    "accepts", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *"]
)
def test_it_is_not_packed_for_others(site: Server, accepts: str) -> None:
    answer = ask(site.feed("mine"), accept_encoding=accepts)
    assert "content-encoding" not in answer.names
    assert answer["Vary"] == "Accept-Encoding"
    assert answer.body.startswith(b"BEGIN:VCALENDAR")


# --- validators -------------------------------------------------------------------------------------------


def test_the_tag_is_strong_and_changes_just_when_the_body_does(site: Server, feed: str) -> None:
    seen: dict[str, bytes] = {}
    path = site.box.folder / "public" / "changing.ics"
    for _ in range(5):
        change(site)
        # The same bytes in another file, and at another time, are the same version.
        for content in (path.read_bytes(), path.read_bytes()):
            replace(path, content, parsedate_to_datetime(LONG_AGO))
            for encoding in ("identity", "gzip"):
                answer = ask(feed, accept_encoding=encoding)
                tag = answer["ETag"]
                assert tag.startswith('"')
                assert tag.endswith('"')
                assert seen.setdefault(tag, answer.body) == answer.body
    assert len(seen) == 10
    assert len(set(seen.values())) == 10


def test_a_change_of_the_last_byte_is_a_change(site: Server, feed: str) -> None:
    content = change(site)
    before = ask(feed)
    replace(site.box.folder / "public" / "changing.ics", content[:-1] + b" ")
    after = ask(feed, if_none_match=before["ETag"])
    assert after.status == 200
    assert after["ETag"] != before["ETag"]


def test_last_modified_goes_on_with_each_change(site: Server, feed: str) -> None:
    """Also for changes within one second, and where an older file is put back."""
    change(site)
    moment = modified(ask(feed)) + timedelta(hours=1)
    answers = []
    for at in (moment, moment, moment + timedelta(seconds=0.3), moment - timedelta(days=3), moment):
        change(site, at)
        answers.append(ask(feed))
    assert all(earlier < later for earlier, later in pairwise(map(modified, answers)))
    for earlier, later in pairwise(answers):
        assert ask(feed, if_modified_since=earlier["Last-Modified"]).body == answers[-1].body
        assert earlier["ETag"] != later["ETag"]
    assert ask(feed, if_modified_since=answers[-1]["Last-Modified"]).status == 304


# --- a file that is none any more -------------------------------------------------------------------------


def _none(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _huge(path: Path) -> None:
    os.truncate(path, 1 << 40)


@pytest.mark.parametrize("becomes", [_none, _folder, _pipe, _loop, _huge])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_that_becomes_something_else(
    tmp_path: Path, becomes: Callable[[Path], None], is_known: bool
) -> None:
    """What was served last is served on; and where there is nothing, that is an answer, too."""
    path = tmp_path / "training.ics"
    path.write_bytes(b"BEGIN:VCALENDAR\r\n")
    file = FeedFile(path)
    if is_known:
        assert file.version()
    becomes(path)
    for _ in range(2):
        version = file.version()
        assert version.body == b"BEGIN:VCALENDAR\r\n" if is_known and version else version is None


def test_a_file_that_grows_while_it_is_served(site: Server, feed: str) -> None:
    """By a program that doesn't replace it as a whole: each answer is one that it was."""
    path, content = site.box.folder / "public" / "changing.ics", change(site)
    with path.open("ab", buffering=0) as file:
        for number in range(200):
            answer = ask(feed)
            assert answer.status == 200
            assert len(answer.body) == int(answer["Content-Length"])
            assert answer.body.startswith(content)
            file.write(b"%d\r\n" % number)


def test_a_feed_that_becomes_a_folder_is_served_on(site: Server, feed: str) -> None:
    content, path = change(site), site.box.folder / "public" / "changing.ics"
    assert ask(feed).body == content
    for becomes in (_folder, _pipe, _loop):
        becomes(path)
        assert (ask(feed).status, ask(feed).body) == (200, content)
        path.rmdir() if path.is_dir() else path.unlink()
        path.write_bytes(content)


# --- conditions -------------------------------------------------------------------------------------------


def assert_not_modified(answer: Answer, full: Answer) -> None:
    """RFC 9110, 15.4.5: no body, and what a 200 would have said for caches."""
    assert (answer.status, answer.body) == (304, b"")
    for header in ("ETag", "Cache-Control", "Vary", "Last-Modified"):
        assert answer[header] == full[header]
    assert "content-encoding" not in answer.names
    assert answer.names.get("content-length", full["Content-Length"]) == full["Content-Length"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '{}, "other"', '"a",W/"b" , W/{} ', "*"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_names_the_tag_gets_304(site: Server, form: str, encoding: str) -> None:
    full = ask(site.feed("mine"), accept_encoding=encoding)
    condition = form.format(full["ETag"])
    answer = ask(site.feed("mine"), accept_encoding=encoding, if_none_match=condition)
    assert_not_modified(answer, full)


def test_the_tag_of_the_packed_body_counts_for_the_plain_one_too(site: Server) -> None:
    """Proxies that unpack keep the tag; the weak comparison that the RFC asks for allows it."""
    packed = ask(site.feed("mine"), accept_encoding="gzip")
    assert_not_modified(ask(site.feed("mine"), if_none_match=packed["ETag"]), ask(site.feed("mine")))


@pytest.mark.parametrize(
    "tag", ['"other"', 'W/"other"', '""', "nonsense", ",", "", '"*"', "{bare}", '"{bare}']
)
def test_who_names_another_tag_gets_it_all(site: Server, tag: str) -> None:
    full = ask(site.feed("mine"))
    condition = tag.format(bare=full["ETag"].strip('"'))
    # Where there are tags the date doesn't count (13.1.3), so the right one here changes nothing.
    answer = ask(site.feed("mine"), if_none_match=condition, if_modified_since=full["Last-Modified"])
    assert (answer.status, answer.body) == (200, full.body)


def test_tags_on_several_lines_are_one_list(site: Server) -> None:
    tag = ask(site.feed("mine"))["ETag"]
    answer = ask(site.feed("mine"), if_none_match=f'"other"\r\nIf-None-Match: {tag}')
    assert answer.status == 304


def test_who_has_the_newest_gets_304_by_its_date(site: Server) -> None:
    full = ask(site.feed("mine"))
    at = modified(full)
    for since in (full["Last-Modified"], format_datetime(at + timedelta(days=1), usegmt=True)):
        assert_not_modified(ask(site.feed("mine"), if_modified_since=since), full)
    packed = ask(site.feed("mine"), accept_encoding="gzip")
    answer = ask(site.feed("mine"), accept_encoding="gzip", if_modified_since=full["Last-Modified"])
    assert_not_modified(answer, packed)
    # The two older forms of a date, which a recipient must take (5.6.7).
    tomorrow = at + timedelta(days=1)
    for form in ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"):
        assert ask(site.feed("mine"), if_modified_since=f"{tomorrow:{form}}").status == 304


@pytest.mark.parametrize(
    "date",
    [
        LONG_AGO,
        "",
        "yesterday",
        "0",
        "-1",
        "2026-11-23T06:00:00Z",
        "Mon, 99 Nov 2026 06:00:00 GMT",
        "Mon, 23 Nov 2026 25:61:61 GMT",
        "Mon, 23 Nov 99999 06:00:00 GMT",
        "Mon, 23 Nov 999999999999999999999 06:00:00 GMT",
        "Mon, 23 Nov 2026 06:00:00 +99999999",
        "Fri, 31 Dec 9999 23:59:59 -9999",
        "März",
        "x" * 5000,
    ],
)
def test_an_old_date_and_one_that_is_none_get_it_all(site: Server, date: str) -> None:
    assert ask(site.feed("mine"), if_modified_since=date).status == 200


def test_the_page_takes_conditions_for_none(site: Server) -> None:
    """It has a "now" line, so it is never the same again."""
    assert ask(site.page, if_none_match="*", if_modified_since="Fri, 31 Dec 2060 23:59:59 GMT").status == 200


# --- headers of everything --------------------------------------------------------------------------------


def test_every_answer_is_defended_and_says_nothing_of_the_server(site: Server) -> None:
    tag = ask(site.feed("mine"))["ETag"]
    answers = {
        HTTPStatus.OK: [ask(site.feed("mine")), ask(site.page), ask(f"{site.url}/healthz")],
        HTTPStatus.NOT_MODIFIED: [ask(site.feed("mine"), if_none_match=tag)],
        HTTPStatus.PERMANENT_REDIRECT: [ask(site.page.rstrip("/"))],
        HTTPStatus.NOT_FOUND: [ask(f"{site.url}/robots.txt"), ask(f"{site.page}week/none"), ask(site.url)],
        HTTPStatus.METHOD_NOT_ALLOWED: [ask(site.feed("mine"), "POST"), ask(f"{site.url}/healthz", "DELETE")],
        HTTPStatus.MISDIRECTED_REQUEST: [ask(site.feed("mine"), host="other.example")],
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: [ask(site.feed("mine"), "POST", content_length="16385")],
        HTTPStatus.SERVICE_UNAVAILABLE: [ask(site.feed("late"))],
    }
    for status, all_of_it in answers.items():
        for answer in all_of_it:
            assert answer.status == status
            assert answer.names.keys() >= DEFENCES
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Referrer-Policy"] == "no-referrer"
            assert "default-src 'none'" in answer["Content-Security-Policy"]
            assert answer["X-Robots-Tag"] == "noindex"
            shown = status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED) and answer.body != b"ok\n"
            assert answer["Cache-Control"] == ("private, no-cache" if shown else "no-store")
            assert not {"server", "x-powered-by", "set-cookie", "via"} & answer.names.keys()


def test_the_address_without_its_last_slash_leads_to_the_page(site: Server) -> None:
    answer = ask(site.page.rstrip("/"))
    assert answer.status == 308
    # Relative, so that it is also right behind a proxy that serves calsync in a folder.
    assert answer["Location"] == f"{site.secret}/"


def test_a_feed_that_is_not_there_yet_is_worth_another_try(site: Server) -> None:
    answer = ask(site.feed("late"))
    assert answer.status == 503
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"])
def test_nothing_can_be_written_and_who_tries_learns_nothing(site: Server, method: str) -> None:
    right, wrong = ask(site.feed("mine"), method), ask(f"{site.url}/{'x' * 43}/mine.ics", method)
    assert right.status == 405
    assert set(right["Allow"].replace(" ", "").split(",")) == {"GET", "HEAD"}
    assert (wrong.status, wrong.names, wrong.body) == (right.status, right.names, right.body)


# --- who doesn't know the secret --------------------------------------------------------------------------


def test_nothing_keeps_robots_of_calendar_services_away(site: Server) -> None:
    """Google fetches no feed that a robots.txt forbids."""
    assert ask(f"{site.url}/robots.txt").status == 404
    assert ask(f"{site.page}robots.txt").status == 404


def test_what_is_not_there_and_what_is_secret_look_the_same(site: Server) -> None:
    """Byte for byte, so that nobody learns which half of a guess was right."""
    secret, other = site.secret, site.feed("partner").split("/")[-2]
    almost = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    paths = (
        "/nothing",
        "/",
        "/favicon.ico",
        f"/{almost}",
        f"/{almost}/",
        f"/{almost}/mine.ics",
        f"/{almost}/week/2026-W48",
        f"/{secret[:-1]}/mine.ics",
        f"/{secret}x/mine.ics",
        f"/{secret.swapcase()}/mine.ics",
        f"/{secret}/none.ics",
        f"/{secret}/MINE.ics",
        f"/{secret}/mine.ics/",
        f"/{secret}/week/2026-W01",
        f"/{secret}/week/",
        f"/{secret}/serve-secret",
        f"/{other}/",
        f"/{hashlib.sha256(secret.encode()).hexdigest()}/mine.ics",
    )
    first, *others = (ask(f"{site.url}{path}") for path in paths)
    assert first.status == 404
    for path, answer in zip(paths[1:], others, strict=True):
        assert (answer.status, answer.names, answer.body) == (404, first.names, first.body), path


@pytest.mark.parametrize(
    "path",
    [
        b"/SECRET/../SECRET/none",
        b"/SECRET/../../../../etc/passwd",
        b"/SECRET/%2e%2e/%2e%2e/config.toml",
        b"/SECRET/..%2f..%2fconfig.toml",
        b"/SECRET/week/%2e%2e/%2e%2e/config.toml",
        b"/SECRET/week/../../state/training/serve-secret",
        b"//SECRET/mine.ics",
        b"/SECRET//mine.ics",
        b"/SECRET/./mine.ics",
        b"/SECRET/mine.ics%00",
        b"/SECRET/mine.ics%00.html",
        b"/SECRET%00/mine.ics",
        b"/%00",
        b"/SECRET/%ff%fe",
        b"/%c3%28/mine.ics",
        b"/%ed%a0%80/mine.ics",
        b"/SECRET/%",
        b"/SECRET/%zz",
        b"/SECRET/mine.ics;x",
        b"/SECRET\\mine.ics",
        b"/" + b"a" * 30000,
        b"/SECRET/" + b"../" * 9000,
        b"/SECRET/mine/training.ics",
        b"/SECRET/public/changing.ics",
    ],
)
def test_tricks_with_paths_lead_nowhere(site: Server, path: bytes) -> None:
    answer = ask(site.url.encode() + path.replace(b"SECRET", site.secret.encode()))
    assert (answer.status, answer.body) == (404, b"Not found\n")
    assert answer.names.keys() >= DEFENCES


def test_a_query_changes_nothing(site: Server) -> None:
    """Some services add one to get around caches."""
    assert ask(f"{site.feed('mine')}?nocache=1").body == ask(site.feed("mine")).body


# --- several feeds ----------------------------------------------------------------------------------------


def test_feeds_whose_files_are_called_the_same_have_addresses_of_their_own(site: Server) -> None:
    mine, strength = ask(site.feed("mine")), ask(site.feed("strength"))
    assert site.feed("mine") != site.feed("strength")
    # The first keeps the name that people have subscribed to.
    assert ask(f"{site.page}training.ics").body == (site.box.folder / "first" / "training.ics").read_bytes()
    assert mine.body == (site.box.folder / "mine" / "training.ics").read_bytes()
    assert strength.body == (site.box.folder / "strength" / "training.ics").read_bytes()
    assert mine["ETag"] != strength["ETag"]


def test_a_feed_for_others_opens_nothing_else_and_nothing_else_opens_it(site: Server) -> None:
    partner = site.feed("partner")
    answer = ask(partner)
    assert answer.status == 200
    assert b"SUMMARY:Busy" in answer.body
    assert b"Strength" not in answer.body
    address, _, _ = partner.rpartition("/")
    assert site.secret not in partner
    for path in ("", "/", "/mine.ics", "/strength.ics", "/changing.ics", "/training.ics", "/week/2026-W48"):
        assert ask(f"{address}{path}").status == 404
    assert ask(f"{site.page}partner.ics").status == 404


def test_a_name_that_needs_quoting_works_and_comes_back_whole(site: Server) -> None:
    answer = ask(site.feed("März & Läufe 100%"))
    assert answer.status == 200
    quoted = "M%C3%A4rz%20%26%20L%C3%A4ufe%20100%25.ics"
    assert answer["Content-Disposition"] == f"inline; filename*=UTF-8''{quoted}"


# --- connections ------------------------------------------------------------------------------------------


def request(url: str, *lines: str, version: str = "1.1") -> bytes:
    path = url.split("/", 3)[3]
    return "\r\n".join([f"GET /{path} HTTP/{version}", "Host: localhost", *lines, "", ""]).encode()


def test_http_1_0_gets_an_answer_and_the_end_of_the_connection(site: Server) -> None:
    path = site.feed("mine").split("/", 3)[3]
    with connected(site.url) as link, link.makefile("rb") as stream:
        link.sendall(f"GET /{path} HTTP/1.0\r\n\r\n".encode())
        answer = read_to_end(stream)
    assert answer.status == 200
    assert len(answer.body) == int(answer["Content-Length"])


def test_a_connection_serves_many_requests_also_before_they_are_answered(site: Server) -> None:
    full = ask(site.feed("mine"))
    one, known = (
        request(site.feed("mine")),
        request(site.feed("mine"), f"If-None-Match: {full['ETag']}"),
    )
    with connected(site.url) as link, link.makefile("rb") as stream:
        for asked, status in ((one, 200), (known, 304), (one, 200)):
            link.sendall(asked)
            assert read_one(stream).status == status
        link.sendall((one + known) * 10)
        answers = [read_one(stream) for _ in range(20)]
    assert [answer.status for answer in answers] == [200, 304] * 10
    assert {answer.body for answer in answers} == {full.body, b""}


def test_a_client_that_stalls_keeps_nobody_waiting(site: Server) -> None:
    """Half a request line, half a head, a head without its body, and an answer that nobody takes."""
    begun = request(site.feed("mine"))
    beginnings = (b"", b"GE", begun[:-2], b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    links = [connected(site.url) for _ in range(80)]
    try:
        for number, link in enumerate(links):
            link.sendall((*beginnings, begun * 50)[number % 5])
        for _ in range(20):
            assert ask(site.feed("mine")).status == 200
        # What stalled is served when it goes on.
        with links[2].makefile("rb") as stream:
            links[2].sendall(b"\r\n")
            assert read_one(stream).status == 200
    finally:
        for link in links:
            link.close()
    assert ask(site.feed("mine")).status == 200


def test_who_hangs_up_in_the_middle_does_no_harm(site: Server) -> None:
    for _ in range(20):
        with connected(site.url) as link:
            link.sendall(request(site.feed("mine")) * 20)
    assert ask(site.feed("mine")).status == 200


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET  HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_next_one_served(site: Server, nonsense: bytes) -> None:
    said = b""
    # It may hang up while it is being talked to.
    with connected(site.url) as link, link.makefile("rb") as stream, contextlib.suppress(OSError):
        link.sendall(nonsense)
        link.shutdown(socket.SHUT_WR)
        said = stream.read()
    assert not said or said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))
    assert ask(site.feed("mine")).status == 200


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_no_other_protocol_is_spoken(site: Server, upgrade: str) -> None:
    answer = ask(site.feed("mine"), upgrade=upgrade, sec_websocket_version="13", sec_websocket_key="eHg=")
    assert answer.status == 200
    assert answer.names.keys() >= DEFENCES
