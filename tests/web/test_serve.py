"""`calsync serve` as a command: links, secrets, what goes wrong before and while it runs, and how it ends."""

import base64
import contextlib
import signal
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import loopback
from tests.cli.box import FEED, ROOT, Box, by_key, target, without
from tests.cli.doctor import without_schedule
from tests.clients.conftest import need_module
from tests.web.asking import PATIENCE, ask, connected
from tests.web.running import Server, running

SESSION = "2026-W48/strength/1"
BUSY = '[[busy]]\nname = "work"\ntype = "ics"\n{} = "{}"\n'


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.config()
    return box


def secret_file(box: Box) -> Path:
    return box.state / "training" / "serve-secret"


# --- links ------------------------------------------------------------------------------------------------


def test_the_links_that_it_shows_work(box: Box) -> None:
    box.config(targets=FEED + target("partner", "public/partner.ics", 'detail = "busy"'))
    with running(box) as site:
        port = site.url.rpartition(":")[2]
        shown = box.process("serve", "--show-links", "--port", port)
        assert shown.code == 0
        assert "\x1b" not in shown.out
        assert not set("█▀▄") & set(shown.out)
        links = [line.strip() for line in shown.out.splitlines() if "://" in line]
        assert len(links) == 5
        calendars, page = [link for link in links if link.endswith(".ics")], links[-1]
        assert [link.split("://")[0] for link in calendars] == ["webcal", "http"] * 2
        for webcal, https in zip(calendars[::2], calendars[1::2], strict=True):
            assert webcal == https.replace("http://", "webcal://")
            assert ask(https).body.startswith(b"BEGIN:VCALENDAR")
        assert b"<!DOCTYPE html>" in ask(page).body
        assert "this machine only" in shown.err


@pytest.mark.parametrize(
    ("args", "base"),
    [
        (("--url", "https://training.example.org"), "https://training.example.org"),
        (("--url", "https://example.org:8443/calsync/"), "https://example.org:8443/calsync"),
        (("--host", "192.0.2.7"), "http://192.0.2.7:8642"),
        (("--host", "::1", "--port", "80"), "http://[::1]:80"),
        (("--host", "[::1]", "--port", "80"), "http://[::1]:80"),
    ],
)
def test_links_begin_as_the_server_is_reached(box: Box, args: tuple[str, ...], base: str) -> None:
    links = [
        line.strip() for line in box.ok("serve", "--show-links", *args).out.splitlines() if "://" in line
    ]
    secret = secret_file(box).read_text().strip()
    assert links[1:] == [f"{base}/{secret}/training.ics", f"{base}/{secret}/"]
    assert links[0].partition("://")[2] == links[1].partition("://")[2]


SERVE = '[serve]\nhost = "192.0.2.7"\nport = 80\nurl = "{}"\n'


@pytest.mark.parametrize(
    ("url", "args", "base"),
    [
        ("https://training.example.org/", (), "https://training.example.org"),
        ("https://training.example.org", ("--url", "https://other.example"), "https://other.example"),
        ("https://training.example.org", ("--url", ""), "http://192.0.2.7:80"),
        (
            "https://training.example.org",
            ("--url", "", "--host", "localhost", "--port", "81"),
            "http://localhost:81",
        ),
    ],
)
def test_the_config_says_where_the_server_is_and_options_come_first(
    box: Box, url: str, args: tuple[str, ...], base: str
) -> None:
    box.config(more=SERVE.format(url))
    assert f"\n  {base}/" in box.ok("serve", "--show-links", *args).out


def test_the_config_says_where_it_listens(box: Box) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        box.config(more=f"[serve]\nport = {port}\n")
        assert f"can't listen on 127.0.0.1, port {port}" in box.run("serve").error


def test_who_asks_for_links_hears_that_no_server_runs(box: Box) -> None:
    with running(box) as site:
        port = site.url.rpartition(":")[2]
        assert "No server runs" not in box.ok("serve", "--show-links", "--port", port).err
    err = box.ok("serve", "--show-links", "--port", port).err
    assert f"No server runs there yet (127.0.0.1, port {port}): start it with `calsync serve`." in err


def test_doctor_knows_whether_a_server_runs(box: Box) -> None:
    without_schedule(box)

    def lines(port: str) -> tuple[str, str]:
        box.config(more=f"[serve]\nport = {port}\n")
        said = box.run("doctor").out.splitlines()
        return tuple(next(line for line in said if f"  {name} " in line) for name in ("schedule", "serve"))

    with running(box) as site:
        port = site.url.rpartition(":")[2]
        schedule, serve = lines(port)
        assert serve.startswith("ok ")
        assert schedule.startswith("ok "), "it plans again by itself"
    schedule, serve = lines(port)
    assert f"no server runs at 127.0.0.1, port {port}" in serve
    assert "nothing runs this plan by itself" in schedule


def test_no_two_feeds_have_one_address(box: Box) -> None:
    box.config(targets=target("a", "x/training.ics") + target("b", "y/training.ics") + target("c", "z/b.ics"))
    links = {line for line in box.ok("serve", "--show-links").out.splitlines() if line.endswith(".ics")}
    assert len(links) == 6


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
def test_a_phone_reads_the_codes_on_a_terminal(box: Box) -> None:
    need_module("zxingcpp")
    import zxingcpp

    from tests.cli.terminal import Terminal

    terminal = Terminal.of(box, "serve", "--show-links", "--url", "https://training.example.org")
    assert terminal.finish() == 0
    # Two rows of the code in each line: a block is light, as terminals are dark.
    lines = [line for line in terminal.plain.splitlines() if set(line) & set("█▀▄")]
    width = max(map(len, lines))
    rows = [
        bytes(255 * (cell in light) for cell in line.ljust(width) for _ in range(4))
        for line in lines
        for light in ("█▀", "█▄")
        for _ in range(4)
    ]
    picture = memoryview(b"".join(rows)).cast("B", shape=(len(rows), width * 4))
    secret = secret_file(box).read_text().strip()
    assert {code.text for code in zxingcpp.read_barcodes(picture)} == {
        f"webcal://training.example.org/{secret}/training.ics",
        f"https://training.example.org/{secret}/",
    }


# --- the secret -------------------------------------------------------------------------------------------


def test_the_secret_is_long_and_for_its_owner_alone(box: Box, tmp_path: Path) -> None:
    box.ok("serve", "--show-links")
    file = secret_file(box)
    assert len(base64.urlsafe_b64decode(file.read_text().strip() + "=")) * 8 >= 256
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    first = file.read_text()
    box.ok("serve", "--show-links")
    assert file.read_text() == first
    file.unlink()
    box.ok("serve", "--show-links")
    assert file.read_text() != first


def test_a_new_secret_counts_at_once(box: Box) -> None:
    box.config(targets=FEED + target("partner", "public/partner.ics", 'detail = "busy"'))
    with running(box) as site:
        names = ("feed", "partner")
        before = [site.page, *map(site.feed, names)]
        result = box.ok("serve", "--rotate-secret", "--url", site.url)
        after = [site.page, *map(site.feed, names)]
        assert not set(before) & set(after)
        assert [ask(address).status for address in before] == [404, 404, 404]
        assert [ask(address).status for address in after] == [200, 200, 200]
        assert all(address in result.out for address in after)
        assert not any(address in result.out for address in before)
        assert before[0].split("/")[-2] not in site.log
        if sys.platform != "win32":
            assert stat.S_IMODE(secret_file(box).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"short\n", b"a" * 42, b"\xff" * 43, b"../" * 20, b"a" * 43 + b"\nb"]
)
def test_a_damaged_secret_is_no_secret(box: Box, content: bytes) -> None:
    box.write("state/training/serve-secret", content)
    for args in (("serve", "--show-links"), ("serve", "--port", "0")):
        result = box.run(*args)
        assert result.code == 5
        assert str(secret_file(box)) in result.error
        assert "--rotate-secret" in result.error
    assert box.run("serve", "--rotate-secret").code == 0
    assert box.run("serve", "--show-links").code == 0


def test_a_secret_that_is_damaged_later_shows_nothing_until_it_is_repaired(box: Box) -> None:
    with running(box) as site:
        page, feed, good = site.page, site.feed(), secret_file(box).read_bytes()
        secret_file(box).write_bytes(b"")
        for address in (page, feed, f"{site.url}//", f"{site.url}/x/", f"{site.url}/%20/"):
            answer = ask(address)
            assert answer.status in (404, 503)
            assert answer.names["x-content-type-options"] == "nosniff"
            assert str(box.folder).encode() not in answer.body
        secret_file(box).write_bytes(good)
        assert (ask(page).status, ask(feed).status) == (200, 200)


# --- what goes wrong before it runs -----------------------------------------------------------------------


def test_a_port_that_is_taken_is_said(box: Box) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = box.run("serve", "--port", str(port))
    assert result.code == 5
    assert f"can't listen on 127.0.0.1, port {port}: Address already in use" in result.error


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a..b"])
def test_a_host_that_is_not_this_machine_is_said(box: Box, host: str) -> None:
    result = box.run("serve", "--host", host, "--port", "0")
    assert result.code == 5
    assert f"can't listen on {host}" in result.error


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--every", value) for value in ("0m", "59s", "30s", "25h", "2d", "-5m", "often", "")),
        *(("--port", value) for value in ("-1", "65536", "http", "")),
        ("--url", "training.example.org"),
        ("--url", "ftp://example.org"),
        ("--url", "https://"),
        ("--url", "https://example.org/?a=b"),
        ("--url", "https://example.org/#a"),
        ("--url", "http://[::1"),
        ("--url", "http://example.org:http"),
        ("--url", "http://example.org:99999"),
        ("--now", "today"),
    ],
)
def test_wrong_usage_is_said_at_once(box: Box, option: str, value: str) -> None:
    result = box.run("serve", "--show-links", option, value)
    assert result.code == 2
    assert option in result.error
    assert not secret_file(box).exists()


# What is asked for is not there, as if it had never been installed.
@pytest.mark.parametrize("module", ["starlette", "uvicorn", "segno"])
def test_without_the_extra_it_says_what_to_install(box: Box, module: str) -> None:
    program = without(module)
    for args in (("serve", "--show-links"), ("serve", "--port", "0", "--host", "nowhere.invalid")):
        result = box.process(*args, program=program)
        assert result.code == 2
        assert f"needs {module}" in result.error
        assert "pip install '.[serve]'" in result.error
    assert box.process("plan", program=program).code == 0
    assert box.process("serve", "--help", program=program).code == 0


@pytest.mark.parametrize("text", ["name = [", 'name = "training"\n', None])
def test_a_broken_config_is_said_at_the_start(box: Box, text: str | None) -> None:
    if text is None:
        (box.folder / "config.toml").unlink()
    else:
        box.write("config.toml", text)
    result = box.run("serve", "--port", "0")
    assert result.code == 3
    assert "config" in result.error


# --- what goes wrong while it runs ------------------------------------------------------------------------


def assert_it_lives_with(site: Server, problem: str, feed: str) -> None:
    """The plan can't be made any more: the last one stays, and the page says what is wrong."""
    before = ask(feed)
    site.replan(lambda: problem in site.shown())
    page, after = ask(site.page), ask(feed)
    assert page.status == 200
    assert b"Lower body" in page.body
    assert (after.status, after.body, after["ETag"]) == (200, before.body, before["ETag"])
    assert problem in site.log


def assert_it_recovers(site: Server, problem: str) -> None:
    site.replan(lambda: problem not in site.shown())


def test_a_config_that_is_broken_later(box: Box) -> None:
    with running(box) as site:
        address = site.feed()
        box.write("config.toml", "name = [")
        assert_it_lives_with(site, "not valid TOML", address)
        box.config(horizon=3)
        assert_it_recovers(site, "not valid TOML")
        site.until(lambda: any("2026-W50" in key for key in by_key(ask(address).body)))
        assert "works again" in site.log


def test_a_template_that_is_broken_later(box: Box) -> None:
    shipped = (ROOT / "templates" / "balanced.toml").read_text()
    box.write("templates/mine.toml", shipped)
    box.config(weeks='["mine"]', plan='templates = "templates"')
    with running(box) as site:
        address = site.feed()
        box.write("templates/mine.toml", "what = 1\n" + shipped)
        assert_it_lives_with(site, "mine.toml:", address)
        box.write("templates/mine.toml", shipped)
        assert_it_recovers(site, "mine.toml:")


def test_a_busy_file_that_is_gone_later(box: Box) -> None:
    busy = (ROOT / "examples" / "busy.ics").read_bytes()
    box.write("busy.ics", busy)
    box.config(more=BUSY.format("path", "busy.ics"))
    with running(box) as site:
        (box.folder / "busy.ics").unlink()
        assert_it_lives_with(site, "busy.ics", site.feed())
        box.write("busy.ics", busy)
        assert_it_recovers(site, "busy.ics")


@contextlib.contextmanager
def busy_feed() -> Iterator[str]:
    with loopback.feed((ROOT / "examples" / "busy.ics").read_bytes()) as feed:
        yield f"{feed.url}/token-in-the-address/busy.ics"


def test_a_busy_calendar_that_is_down(box: Box) -> None:
    """Its copy stands in; when it never could be read, there is no plan, and what is served says so."""
    with busy_feed() as address:
        box.config(more=BUSY.format("url", address))
        with running(box) as site:
            assert "work:" not in site.shown()
            before = ask(site.feed())
    # The calendar is gone now.
    with running(box) as site:
        assert "work:" in site.shown()
        assert ask(site.feed()).body == before.body
        assert "token-in-the-address" not in site.shown() + site.log
    other = Box(box.folder / "other")
    other.config(more=BUSY.format("url", address))
    with running(other, waits=False) as site:
        site.until(lambda: "There is no plan yet" in site.shown())
        assert ask(site.page).status == 503
        assert ask(site.feed()).status == 503
        assert "token-in-the-address" not in site.shown() + site.log


def test_what_is_moved_and_skipped_is_in_the_feed_after_the_next_plan(box: Box) -> None:
    with running(box) as site:
        before = by_key(ask(site.feed()).body)
        box.ok("move", SESSION, "2026-11-25T12:15")
        site.replan(lambda: by_key(ask(site.feed()).body)[SESSION]["DTSTART"] == "20261125T121500")
        after = by_key(ask(site.feed()).body)
        assert int(after[SESSION]["SEQUENCE"]) > int(before[SESSION]["SEQUENCE"])
        assert "12:15" in site.shown()
        box.ok("skip", SESSION)
        site.replan(lambda: by_key(ask(site.feed()).body).get(SESSION, {}).get("STATUS") != "CONFIRMED")


def test_a_push_beside_it_is_served_at_once(box: Box) -> None:
    with running(box) as site:
        address, before = site.feed(), ask(site.feed())
        box.config(horizon=3)
        box.push()
        after = ask(address, if_none_match=before["ETag"])
        assert after.status == 200
        assert after.body == box.feed.read_bytes() != before.body


def test_a_feed_that_is_deleted_stays_and_is_written_again(box: Box) -> None:
    with running(box) as site:
        address, before = site.feed(), ask(site.feed())
        box.feed.unlink()
        assert ask(address).body == before.body
        assert ask(address, if_none_match=before["ETag"]).status == 304
        site.replan(box.feed.exists)
        site.until(lambda: by_key(ask(address).body).keys() == by_key(before.body).keys())


def test_targets_that_change_while_it_runs(box: Box) -> None:
    """Another path, another name, and a feed for others that becomes one with titles."""
    partner = target("partner", "public/partner.ics", 'detail = "busy"')
    box.config(targets=FEED + partner)
    with running(box) as site:
        passed_on = site.feed("partner")
        assert b"SUMMARY:Busy" in ask(passed_on).body
        box.config(targets=FEED.replace("training", "moved") + partner.replace("busy", "full"))
        site.replan(lambda: ask(site.feed()).status == 200)
        assert site.feed().endswith("/moved.ics")
        site.until(lambda: b"Lower body" in ask(site.feed("partner")).body)
        # Whoever has the old address sees less than before, not more.
        assert ask(passed_on).status == 404


def test_a_feed_that_refuses_keeps_the_others_from_nothing(box: Box) -> None:
    """Most of what one of two feeds holds would be removed: it stays as it is, and the page says so."""
    targets = FEED + target("runs", "runs.ics", 'include = ["runs"]')
    box.config(weeks='["balanced"]', horizon=3, targets=targets)
    box.push()
    box.config(weeks='["balanced"]', horizon=1, targets=targets)
    (box.folder / "runs.ics").unlink()
    before = box.feed.read_bytes()
    with running(box) as site:
        assert ask(site.feed()).body == before
        assert {key[:8] for key in by_key(ask(site.feed("runs")).body)} == {"2026-W48"}
        assert "would be removed" in site.shown()
        assert "would be removed" in site.log


def test_weeks_that_are_over_can_be_looked_at(box: Box) -> None:
    """As they stand on the calendar, also those that no template wants any more, back to the first."""
    box.config(horizon=1)
    box.push(now="2026-11-23T06:00:00+00:00")
    box.push(now="2026-12-07T06:00:00+00:00")
    with running(box, now="2026-12-09T06:00:00+00:00") as site:
        present = site.shown()
        assert 'rel="prev" href="week/2026-W49"' in present
        over = ask(site.week("2026-W48")).body.decode()
        assert "6 x 800 m" in over
        assert "Lower body (moderate)" in over
        assert "Goblet squat" in over
        assert 'rel="prev"' not in over
        assert 'rel="next" href="2026-W49"' in over
        assert 'class="entry' not in ask(site.week("2026-W49")).body.decode()


def test_a_feed_that_is_added_renames_none_of_those_before(box: Box) -> None:
    with running(box) as site:
        address = site.feed()
        box.config(targets=FEED + target("second", "second/training.ics"))
        site.replan(lambda: ask(site.feed("second")).status == 200)
        assert site.feed() == address
        assert ask(address).body == box.feed.read_bytes()


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_nobody_listens_to_what_it_says_and_it_goes_on(box: Box, closed: str) -> None:
    """A terminal that is gone, a log that nobody reads any more: feeds are not made for those."""
    process = box.start("serve", "--port", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        try:
            first = process.stderr.readline().decode()
            getattr(process, closed).close()
            site = Server(box, process, box.write("unused.log", ""), first.split()[2].removesuffix(","))
            site.until(lambda: ask(site.page).status == 200)
            for horizon in (3, 4, 5):
                box.config(horizon=horizon)
                weeks = {f"2026-W{48 + number}" for number in range(horizon)}
                site.replan(lambda weeks=weeks: weeks == {key[:8] for key in by_key(ask(site.feed()).body)})
            address = site.feed()
            box.config(horizon=0)
            site.replan(lambda: "horizon" in site.shown())
            box.config(horizon=4)
            site.replan(lambda: "horizon" not in site.shown())
            assert "2026-W52" not in {key[:8] for key in by_key(ask(address).body)}
            assert "a bug in calsync" not in site.shown()
        finally:
            process.kill()


# --- how it ends ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def silent_feed() -> Iterator[tuple[str, threading.Event]]:
    """A calendar that never answers, and whether it has been asked."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def wait() -> None:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                with client:
                    client.recv(1000)
                    asked.set()
                    while client.recv(1000):
                        pass

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/busy.ics", asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_plan_that_hangs_does_not_keep_it_from_ending(box: Box, number: signal.Signals, code: int) -> None:
    box.ok("push")
    before = box.feed.read_bytes()
    with silent_feed() as (address, asked):
        box.config(more=BUSY.format("url", address))
        with running(box, waits=False) as site:
            assert asked.wait(PATIENCE)
            # The feed of the last push is served from the first moment, whatever the plan is waiting for.
            assert ask(site.feed()).body == before
            assert site.stop(number) == code
    assert box.feed.read_bytes() == before
    assert [path.name for path in box.feed.parent.iterdir()] == [box.feed.name]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_ends_at_once_when_it_has_only_just_begun(box: Box, number: signal.Signals, code: int) -> None:
    with running(box, waits=False) as site:
        assert site.stop(number) == code
    box.ok("push")


def test_open_connections_do_not_keep_it_from_ending(box: Box) -> None:
    with running(box) as site, connected(site.url) as idle, connected(site.url) as half:
        half.sendall(b"GET /")
        assert site.stop() == 0
        with contextlib.suppress(ConnectionResetError):
            assert idle.recv(1) == b""


def test_two_servers_share_a_plan(box: Box) -> None:
    with running(box) as first, running(box) as second:
        assert first.url != second.url
        assert ask(first.feed()).body == ask(second.feed()).body


# --- systemd ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="there is no systemd elsewhere")
@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_hears_that_it_is_ready_and_lives_and_ends(box: Box, is_abstract: bool) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(PATIENCE)
        name = f"calsync-{box.folder.name}"
        systemd.bind(f"\0{name}" if is_abstract else str(box.folder / "notify"))
        box.environment["NOTIFY_SOCKET"] = f"@{name}" if is_abstract else str(box.folder / "notify")
        box.environment["WATCHDOG_USEC"] = "400000"
        with running(box, waits=False) as site:
            assert b"READY=1" in systemd.recv(1000).split(b"\n")
            assert ask(site.url).status == 404
            for _ in range(3):
                assert systemd.recv(1000) == b"WATCHDOG=1"
            site.stop()
            said = b"WATCHDOG=1"
            while said == b"WATCHDOG=1":
                said = systemd.recv(1000)
            assert said == b"STOPPING=1"


@pytest.mark.skipif(sys.platform != "linux", reason="there is no systemd elsewhere")
def test_who_starts_it_may_be_whom_systemd_asks(box: Box) -> None:
    """The watchdog of another process isn't for it to feed, nor for those that it starts."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.settimeout(PATIENCE)
        systemd.bind(str(box.folder / "notify"))
        more = {"NOTIFY_SOCKET": str(box.folder / "notify"), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
        box.environment.update(more)
        with running(box) as site:
            assert b"READY=1" in systemd.recv(1000).split(b"\n")
            site.stop()
            assert systemd.recv(1000) == b"STOPPING=1"


# --- clients that mean no good ----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_connections_without_end_use_up_no_files(box: Box) -> None:
    """Of a machine that allows few: everybody else is answered, and what is said of it stays short."""
    few = [sys.executable, "-c", _FEW_FILES]
    with running(box, program=few) as site, contextlib.ExitStack() as stack:
        for _ in range(300):
            link = stack.enter_context(connected(site.url))
            with contextlib.suppress(OSError):
                link.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx")
        for _ in range(20):
            assert ask(site.feed()).status == 200
            assert ask(site.page).status == 200
        site.replan()
        assert len(site.log) < 2000


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the queue of a socket has another length")
def test_many_that_come_at_once_use_up_no_files(box: Box) -> None:
    """They are in the queue before the server looks at the first of them."""
    with running(box, program=[sys.executable, "-c", _FEW_FILES]) as site, contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(site.url))
        site.process.send_signal(signal.SIGSTOP)
        for _ in range(200):
            link = stack.enter_context(socket.socket())
            link.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                link.connect(("127.0.0.1", urlsplit(site.url).port))
        site.process.send_signal(signal.SIGCONT)
        assert ask(site.feed()).status == 200
        site.until(lambda: "closed to make room" in site.log)
        assert "bug" not in site.log


_FEW_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
from calsync import waits
waits.REPORT = 1.0
from calsync.__main__ import main
main()
"""
