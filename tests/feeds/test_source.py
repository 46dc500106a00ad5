"""Sources: files, folders, and URLs on a real server on loopback."""

import gzip
import json
import select
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calsync.cache import Cache
from calsync.errors import ConfigError, SourceUnavailable
from calsync.feeds import DEFAULT_READING, BusyTime, Reading
from calsync.feeds.busy import read_busy
from calsync.feeds.download import Limits, redirected
from calsync.feeds.place import Place, busy_time
from calsync.files import Folder
from calsync.timespan import Timespan
from calsync.words import Show
from tests.loopback import Handler, serving

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
WINDOW = Timespan(NOW, NOW + timedelta(days=28))
SECRET = "/calendar/private-0123456789abcdef/basic.ics?token=geheim"


def feed(*hours: int) -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{hour}\r\nDTSTART:20261124T{hour:02}0000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
        for hour in hours
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n".encode()


def hours(busy: BusyTime) -> list[int]:
    return [span.start.hour for span in busy.spans]


Respond = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Answers every request with the next of `answers`, the last one again and again."""

    url: str
    answers: list[Respond] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Answers(Handler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802
            state.requests.append((self.path, dict(self.headers)))
            answer = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            self.close_connection = True
            try:
                answer(self)
            except OSError:
                return  # the client has had enough

    state = Server("")
    with serving(Answers) as state.url:
        yield state


def answer(body: bytes = b"", status: int = 200, length: int | None = None, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if length != -1:
            handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return respond


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"BEGIN:VEVENT\r\n" * 5000)


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # until the client goes away


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not select.select([handler.connection], [], [], 0.02)[0]:  # until the client goes away
        handler.wfile.write(b"x")


@dataclass(frozen=True)
class Source:
    """A busy calendar, asked as the application does it: what is wrong comes before the other warnings."""

    place: Place
    reading: Reading

    def busy(
        self,
        window: Timespan,
        zone: ZoneInfo,
        now: datetime,
        cache: Cache | None,
        show: Show | None = None,
        remember: bool = True,
    ) -> BusyTime:
        answer = busy_time(self.place, self.reading, window, zone, now, cache, show, remember=remember)
        return answer.result._replace(warnings=(*answer.trouble, *answer.result.warnings))


def work(*, reading: Reading = DEFAULT_READING, **place: Any) -> Source:
    return Source(Place('busy source "work"', **place), reading)


def source(server: Server, path: str = SECRET, **more: Any) -> Source:
    limits = Limits(connect=5, read=5, deadline=10, max_bytes=200_000, attempts=3, pause=0.0)
    return work(**{"url": server.url + path, "limits": limits, **more})


def ask(of: Source, folder: Path | None = None, now: datetime = NOW) -> BusyTime:
    return of.busy(WINDOW, LONDON, now, Cache(Folder(folder)) if folder else None)


# --- Files and folders ---------------------------------------------------------------------------


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "work.ics").write_bytes(feed(10))
    busy = work(path=tmp_path / "work.ics").busy(WINDOW, LONDON, NOW, None)
    assert busy == read_busy(feed(10), WINDOW, LONDON)


def test_a_folder_with_subfolders(tmp_path: Path) -> None:
    for name, body in {
        "b.ics": feed(10),
        "a/c.ICS": feed(12, 14),
        ".half.ics": b"BEG",
        "notes.txt": b"no",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    busy = work(path=tmp_path).busy(WINDOW, LONDON, NOW, None)
    assert hours(busy) == [10, 12, 14]
    assert busy.events == 3


def test_warnings_of_a_folder_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(feed(10))
    (tmp_path / "b.ics").write_bytes(feed(12).replace(b"DTSTART", b"START"))
    (warning,) = work(path=tmp_path).busy(WINDOW, LONDON, NOW, None).warnings
    assert warning.startswith("b.ics: ")


@pytest.mark.parametrize("name", ["missing.ics", "empty", "html.ics"])
def test_a_path_without_a_calendar_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "html.ics").write_bytes(b"<html>")
    with pytest.raises(SourceUnavailable, match=name) as caught:
        work(path=tmp_path / name).busy(WINDOW, LONDON, NOW, None)
    assert '"work"' in str(caught.value)


def test_warnings_of_a_folder_are_as_many_as_a_person_may_read(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.ics").write_bytes(feed(12).replace(b"DTSTART", b"START"))
    warnings = work(path=tmp_path).busy(WINDOW, LONDON, NOW, None).warnings
    assert warnings[0].startswith("00.ics: ")
    assert len(warnings) == 31
    assert warnings[-1] == "and 10 more problems"


def test_one_bad_file_makes_the_folder_bad(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_bytes(feed(10))
    (tmp_path / "b.ics").write_bytes(feed(10)[:-5])
    with pytest.raises(SourceUnavailable, match=r"b\.ics"):
        work(path=tmp_path).busy(WINDOW, LONDON, NOW, None)


# --- Addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a.ics",
        "ftp://example.org/a.ics",
        "file:///etc/passwd",
        "https://",
        "example.org/a.ics",
        "http://[x/",
    ],
)
def test_urls_that_may_not_be_used(url: str) -> None:
    with pytest.raises(ConfigError, match="work"):
        work(url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.ics",
        "webcal://example.org/a.ics",
        "http://localhost:1/a.ics",
        "webcal://[::1]/a.ics",
    ],
)
def test_urls_that_may_be_used(url: str) -> None:
    work(url=url)


def test_a_source_is_a_path_or_a_url() -> None:
    with pytest.raises(ConfigError):
        work()
    with pytest.raises(ConfigError):
        work(url="https://example.org", path=Path("a"))


# --- Fetching ------------------------------------------------------------------------------------


def test_a_feed(server: Server) -> None:
    server.answers = [answer(feed(10))]
    said: list[str] = []
    busy = source(server).busy(WINDOW, LONDON, NOW, None, said.append)
    assert hours(busy) == [10]
    assert server.requests[0][0] == SECRET
    assert "If-None-Match" not in server.requests[0][1]
    assert said
    assert "private" not in "".join(said)


def test_webcal_on_loopback_and_credentials(server: Server) -> None:
    server.answers = [answer(feed(10))]
    url = server.url.replace("http://", "webcal://us%40er:pass@") + "/a.ics"
    assert hours(ask(work(url=url))) == [10]
    assert server.requests[0][1]["Authorization"] == "Basic dXNAZXI6cGFzcw=="


def test_compressed(server: Server) -> None:
    server.answers = [answer(gzip.compress(feed(10)), Content_Encoding="gzip")]
    assert hours(ask(source(server))) == [10]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (feed(10), "none"),
        (feed(10), "identity"),
        (feed(10), "UTF-8"),
        (feed(10), "Identity, utf-8"),
        (feed(10), "iso-8859-1"),
        (feed(10), '"UTF-8"'),
        (feed(10), "charset=utf-8"),
        (feed(10), "None"),
        (feed(10), ""),
        (gzip.compress(feed(10)), "gzip, identity"),
        (gzip.compress(feed(10)), "none,gzip"),
        (gzip.compress(feed(10)) + b"garbage", "gzip"),
        (gzip.compress(feed(10)), "GZIP, utf-8"),
        (
            gzip.compress(feed(10)[:40]) + gzip.compress(feed(10)[40:90]) + gzip.compress(feed(10)[90:]),
            "gzip",
        ),
        (gzip.compress(b"") + gzip.compress(feed(10)) + bytes(20), "x-gzip"),
        (zlib.compress(feed(10)), "deflate"),
    ],
)
def test_what_servers_call_the_form_of_a_body(server: Server, body: bytes, encoding: str) -> None:
    server.answers = [answer(body, Content_Encoding=encoding)]
    assert hours(ask(source(server))) == [10]


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "BR, utf-8"])
def test_a_compression_that_was_not_asked_for(server: Server, encoding: str) -> None:
    server.answers = [answer(feed(10), Content_Encoding=encoding)]
    with pytest.raises(SourceUnavailable, match="unknown way"):
        ask(source(server))


def test_half_of_several_parts_is_half_a_feed(server: Server) -> None:
    half = gzip.compress(feed(10)[:40]) + gzip.compress(feed(10)[40:])[:-10]
    server.answers = [answer(half, Content_Encoding="gzip")]
    with pytest.raises(SourceUnavailable, match="broke off"):
        ask(source(server))


def test_an_answer_that_a_proxy_has_changed_is_one(server: Server) -> None:
    server.answers = [answer(feed(10), status=203)]
    assert hours(ask(source(server))) == [10]


@pytest.mark.parametrize("etag", ['"caf\xe9"', '"\t"', "x" * 5000])
def test_a_validator_that_can_not_be_sent_is_forgotten(server: Server, tmp_path: Path, etag: str) -> None:
    server.answers = [answer(feed(10), ETag=etag, Last_Modified=etag), answer(feed(12))]
    of = source(server)
    assert hours(ask(of, tmp_path)) == [10]
    assert hours(ask(of, tmp_path)) == [12]
    assert "If-None-Match" not in server.requests[1][1]
    # One that is kept from earlier is not sent, either.
    cache = Cache(Folder(tmp_path))
    of.place.kept_in(cache).keep(feed(10), NOW, etag, etag)
    assert hours(of.busy(WINDOW, LONDON, NOW, cache)) == [12]


def test_an_unchanged_feed_is_asked_for_and_not_sent_again(server: Server, tmp_path: Path) -> None:
    server.answers = [
        answer(feed(10), ETag='"one"', Last_Modified="Mon, 23 Nov 2026 05:00:00 GMT"),
        answer(status=304),
        answer(feed(12), ETag='"two"'),
    ]
    of = source(server)
    assert hours(ask(of, tmp_path)) == [10]
    assert hours(ask(of, tmp_path)) == [10]
    assert server.requests[1][1]["If-None-Match"] == '"one"'
    assert server.requests[1][1]["If-Modified-Since"] == "Mon, 23 Nov 2026 05:00:00 GMT"
    assert hours(ask(of, tmp_path)) == [12]
    shorter = Timespan(NOW, NOW + timedelta(hours=30, minutes=30))
    assert hours(of.busy(shorter, LONDON, NOW, Cache(Folder(tmp_path)))) == [12]


def test_who_only_looks_gets_the_same_answers_and_leaves_no_trace(server: Server, tmp_path: Path) -> None:
    cache = Cache(Folder(tmp_path))
    server.answers = [answer(feed(10), ETag='"one"'), answer(feed(12), ETag='"two"'), answer(status=500)]
    of = source(server)
    ask(of, tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    later = NOW + timedelta(hours=3)
    assert hours(of.busy(WINDOW, LONDON, later, cache, remember=False)) == [12]
    old = of.busy(WINDOW, LONDON, later, cache, remember=False)
    assert hours(old) == [10]
    assert "its copy of 3 hours ago is used" in old.warnings[0]
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_copies_are_for_the_owner_only(server: Server, tmp_path: Path) -> None:
    server.answers = [answer(feed(10))]
    ask(source(server), tmp_path)
    files = list(tmp_path.iterdir())
    assert len(files) == 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "private" not in file.name


FAILURES = {
    "404": (answer(status=404), "404"),
    "401": (answer(status=401), "401"),
    "500": (answer(status=500), "500"),
    "429": (answer(status=429, Retry_After="86400"), "429"),
    "204": (answer(status=204), "204"),
    "html": (answer(b"<!DOCTYPE html><title>Sign in</title>"), "web page"),
    "empty": (answer(b""), "empty"),
    "json": (answer(b"{}"), "JSON"),
    "half": (answer(feed(10)[:-30]), "cut off"),
    "short": (answer(feed(10), length=5000), "broke off"),
    "half a gzip": (answer(gzip.compress(feed(10))[:-20], Content_Encoding="gzip"), "broke off"),
    "no gzip": (answer(feed(10), Content_Encoding="gzip"), "compresses"),
    "unknown compression": (answer(feed(10), Content_Encoding="br"), "compresses"),
    "gzip bomb": (answer(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip"), "more than 0.2 MB"),
    "endless": (endless, "more than 0.2 MB"),
    "loop": (answer(status=302, Location=SECRET), "redirects more than 5 times"),
    "no location": (answer(status=302), "redirects to an address"),
    "file": (answer(status=302, Location="file:///etc/passwd"), "redirects to an address"),
    "plain http elsewhere": (answer(status=302, Location="http://example.org/geheim"), "http://example.org"),
    "no http": (lambda handler: handler.wfile.write(b"220 ftp ready\r\n\r\n"), "broke off"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_errors_and_the_last_good_copy_stands_in(
    server: Server, tmp_path: Path, name: str
) -> None:
    failure, reason = FAILURES[name]
    server.answers = [failure]
    with pytest.raises(SourceUnavailable, match=reason) as caught:
        ask(source(server), tmp_path)
    assert '"work"' in str(caught.value)
    for secret in ("0123456789abcdef", "geheim", "token"):
        assert secret not in str(caught.value)

    server.answers = [answer(feed(10), ETag='"one"'), failure]
    of = source(server)
    ask(of, tmp_path)
    later = NOW + timedelta(days=3)
    busy = ask(of, tmp_path, later)
    assert hours(busy) == [10]
    (warning,) = busy.warnings
    assert "3 days ago" in warning
    assert hours(ask(of, tmp_path, later)) == [10]  # the failure has not replaced the copy
    with pytest.raises(SourceUnavailable, match=reason):
        ask(of, tmp_path, NOW + timedelta(days=8))
    with pytest.raises(SourceUnavailable, match=reason):
        ask(source(server, use_cache_on_error=False), tmp_path, later)


def test_a_copy_of_a_time_that_is_still_to_come_is_too_old(server: Server, tmp_path: Path) -> None:
    """The clock was wrong when it came, so how old it is, nobody knows; today it would be new for a year."""
    server.answers = [answer(feed(10), ETag='"a"')]
    ask(source(server), tmp_path, NOW + timedelta(days=365))
    server.answers = [answer(status=503)]
    with pytest.raises(SourceUnavailable, match="copy is of 2027-11-23, when the clock was wrong"):
        ask(source(server), tmp_path)
    # That its server says it is the same is enough.
    server.answers = [answer(status=304)]
    assert hours(ask(source(server), tmp_path)) == [10]
    server.answers = [answer(status=503)]
    assert hours(ask(source(server), tmp_path, NOW + timedelta(hours=5))) == [10]


@pytest.mark.parametrize("slow", [silent, dripping])
def test_a_server_that_takes_too_long(server: Server, slow: Respond) -> None:
    server.answers = [slow]
    limits = Limits(connect=1, read=0.3, deadline=0.5, attempts=1)
    with pytest.raises(SourceUnavailable, match="did not answer"):
        ask(source(server, limits=limits))


def test_a_server_that_hangs_is_not_waited_for_as_long_where_there_is_a_copy(
    server: Server, tmp_path: Path
) -> None:
    limits = Limits(connect=5, read=600, deadline=600, deadline_with_copy=0.3, attempts=1)
    of = source(server, limits=limits)
    server.answers = [answer(feed(10))]
    ask(of, tmp_path)
    server.answers = [silent]
    busy = ask(of, tmp_path, NOW + timedelta(hours=1))
    assert hours(busy) == [10]
    assert "within 0.3 seconds; its copy of 1 hour ago is used" in busy.warnings[0]


def test_a_copy_that_must_not_be_used_is_no_reason_to_give_up_early(server: Server, tmp_path: Path) -> None:
    limits = Limits(connect=5, read=600, deadline=0.4, deadline_with_copy=0.3, attempts=1)
    server.answers = [answer(feed(10))]
    ask(source(server), tmp_path)
    server.answers = [silent]
    for of, now in (
        (source(server, limits=limits, use_cache_on_error=False), NOW),
        (source(server, limits=limits), NOW + timedelta(days=8)),
    ):
        with pytest.raises(SourceUnavailable, match=r"within 0\.4 seconds"):
            ask(of, tmp_path, now)


def test_nobody_there(server: Server, tmp_path: Path) -> None:
    of = work(url="http://127.0.0.1:9/a.ics", limits=Limits(connect=1, attempts=2, pause=0.0))
    with pytest.raises(SourceUnavailable, match="can't be reached"):
        ask(of)


def test_what_may_pass_is_tried_again(server: Server) -> None:
    server.answers = [answer(status=503), answer(status=429, Retry_After="0"), answer(feed(10))]
    assert hours(ask(source(server))) == [10]
    assert len(server.requests) == 3


def test_what_will_not_pass_is_not(server: Server) -> None:
    server.answers = [answer(status=404)]
    with pytest.raises(SourceUnavailable):
        ask(source(server))
    assert len(server.requests) == 1


def test_redirects(server: Server) -> None:
    moved = [answer(status=302, Location=f"/{n}") for n in range(5)]
    server.answers = [*moved, answer(feed(10))]
    assert hours(ask(source(server))) == [10]
    assert [path for path, _ in server.requests] == [SECRET, "/0", "/1", "/2", "/3", "/4"]


# --- What is remembered --------------------------------------------------------------------------


def test_a_result_is_used_again_only_for_the_same_question(tmp_path: Path) -> None:
    file, folder = tmp_path / "work.ics", tmp_path / "cache"
    cache = Cache(Folder(folder))
    file.write_bytes(feed(10, 12))
    of = work(path=file)
    first = of.busy(WINDOW, LONDON, NOW, cache)
    (results,) = folder.iterdir()
    # A mark in the remembered result shows whether it is used.
    marked = json.loads(results.read_bytes())
    marked[0]["warnings"] = ["remembered"]
    results.write_text(json.dumps(marked))
    again = of.busy(WINDOW, LONDON, NOW, cache)
    assert again.spans == first.spans
    assert again.warnings == ("remembered",)
    shorter = Timespan(NOW, NOW + timedelta(hours=29))
    assert not of.busy(shorter, LONDON, NOW, cache).warnings
    assert not of.busy(WINDOW, ZoneInfo("Asia/Tokyo"), NOW, cache).warnings
    other = work(path=file, reading=Reading(tentative_busy=False))
    assert not other.busy(WINDOW, LONDON, NOW, cache).warnings
    file.write_bytes(feed(10))
    assert not of.busy(WINDOW, LONDON, NOW, cache).warnings


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b"\xff\xfe", b'[{"key": 1}]'])
def test_damaged_caches_are_ignored_and_written_again(server: Server, tmp_path: Path, damage: bytes) -> None:
    server.answers = [answer(feed(10), ETag='"one"')]
    of = source(server)
    ask(of, tmp_path)
    good = {file: file.read_bytes() for file in tmp_path.iterdir()}
    for file in good:
        for other, content in good.items():
            other.write_bytes(content)
        file.write_bytes(damage)
        assert hours(ask(of, tmp_path)) == [10]
        assert {file: file.read_bytes() for file in tmp_path.iterdir()} == good


def test_a_copy_that_was_changed_is_no_copy(server: Server, tmp_path: Path) -> None:
    server.answers = [answer(feed(10)), answer(status=500)]
    of = source(server)
    ask(of, tmp_path)
    (body,) = (file for file in tmp_path.iterdir() if file.suffix == ".feed")
    body.write_bytes(feed(12))
    (results,) = (file for file in tmp_path.iterdir() if not file.name.endswith((".feed", ".feed.json")))
    results.unlink()
    with pytest.raises(SourceUnavailable):
        ask(of, tmp_path)


def test_an_unchanged_feed_whose_copy_is_damaged_is_fetched(server: Server, tmp_path: Path) -> None:
    server.answers = [answer(feed(10), ETag='"one"'), answer(status=304), answer(feed(10))]
    of = source(server)
    ask(of, tmp_path)
    for file in tmp_path.iterdir():
        if file.suffix == ".feed":
            file.write_bytes(feed(12))
        elif not file.name.endswith(".feed.json"):
            file.unlink()
    assert hours(ask(of, tmp_path)) == [10]


def test_a_cache_that_can_not_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    server.answers = [answer(feed(10))]
    assert hours(ask(source(server), tmp_path / "cache")) == [10]
    assert [file.name for file in tmp_path.iterdir()] == ["cache"]


# --- redirects into one's own network ---------------------------------------------------------------------

PUBLIC = "https://93.184.215.14/calendar.ics"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "[::1]", "localhost", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254",
        "0.0.0.0", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[::ffff:192.168.1.1]", "2130706433", "127.1",
        "0x7f000001", "0177.0.0.1", "[::]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::192.168.1.1]",
        "[2002:c0a8:101::1]", "[fec0::1]", "[fe80::1%25eth0]",
    ],
)  # fmt: skip
def test_a_server_on_the_net_can_not_send_calsync_into_its_own_network(host: str) -> None:
    with pytest.raises(SourceUnavailable, match="inside your own network") as found:
        redirected(PUBLIC, PUBLIC, f"https://{host}/reboot?now")
    assert "reboot" not in str(found.value)


def test_it_can_not_do_so_in_two_steps_either() -> None:
    with pytest.raises(SourceUnavailable, match="inside your own network"):
        redirected(PUBLIC, "https://93.184.215.15/", "//192.168.1.1/")


def test_who_names_a_server_of_their_own_network_may_be_sent_within_it() -> None:
    own = "https://192.168.1.1/a"
    assert redirected(own, own, "https://10.0.0.2/b") == "https://10.0.0.2/b"
    for public in (
        "https://93.184.215.15/b",
        "https://[64:ff9b::93.184.215.15]/b",
        "https://[2606:4700::1]/",
    ):
        assert redirected(PUBLIC, PUBLIC, public) == public
