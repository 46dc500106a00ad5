"""Under which names the server answers, whom it believes behind a proxy, and what monitors see."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.box import Box
from tests.web.asking import Answer, ask, connected, read_to_end
from tests.web.running import Server, running

NAME = "training.example.org"
LOOPBACK = '[serve]\nallowed_hosts = ["Training.example.org"]\n'
# Nobody is a proxy here.
ELSEWHERE = LOOPBACK + 'proxies = ["192.0.2.0/24", "2001:db8::1"]\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    box = Box(tmp_path_factory.mktemp("names"))
    box.config(more=LOOPBACK)
    with running(box) as site:
        yield site


@pytest.fixture(scope="module")
def without_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    box = Box(tmp_path_factory.mktemp("direct"))
    box.config(more=ELSEWHERE)
    with running(box) as site:
        yield site


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    box = Box(tmp_path_factory.mktemp("everywhere"))
    box.config()
    with running(box, "--host", "0.0.0.0", "--url", f"https://{NAME}/calsync") as site:
        site.url = f"http://127.0.0.1:{site.url.rpartition(':')[2]}"
        yield site


def linked(answer: Answer, address: str) -> bool:
    return f'"{address}/'.encode() in answer.body


def link(site: Server, base: str) -> str:
    """What the page says is the feed's address, if its links begin with `base`."""
    return f"{base}/{site.secret}/training.ics"


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.9:1", "[::1]:8642", NAME, f"{NAME}:8443", f"{NAME}."],
)
def test_it_answers_under_its_own_names(site: Server, host: str) -> None:
    answer = ask(site.page, host=host)
    assert answer.status == 200
    assert link(site, f"http://{host}") in answer.body.decode()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.{NAME}",
        f"{NAME}.evil.example",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "localhost@evil.example",
        "localhost:80:80",
        'localhost"><script>',
        "[::1",
        "",
    ],
)
def test_it_answers_under_no_other(site: Server, host: str) -> None:
    """A page of somebody else's whose name leads here would be allowed to read what comes."""
    for address in (site.page, site.feed(), f"{site.url}/healthz"):
        answer = ask(address, host=host)
        assert answer.status in (400, 421)
        assert b"training" not in answer.body


def test_a_network_at_home_asks_by_address(everywhere: Server) -> None:
    for host in ("192.168.1.20:8642", "[fd00::1]", "localhost", NAME):
        assert ask(everywhere.feed(), host=host).status == 200
    for host in ("evil.example", "192.168.1.20.evil.example"):
        assert ask(everywhere.feed(), host=host).status == 421


def test_who_names_no_host_is_answered(site: Server) -> None:
    path = site.page.removeprefix(site.url)
    with connected(site.url) as client, client.makefile("rb") as stream:
        client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = read_to_end(stream)
    assert link(site, "http://localhost") in answer.body.decode()


# --- proxies ----------------------------------------------------------------------------------------------


FORWARDED = {"x_forwarded_proto": "https", "x_forwarded_host": NAME, "x_forwarded_prefix": "/my/training/"}


def test_links_behind_a_proxy_are_those_of_the_proxy(site: Server) -> None:
    """As Caddy, nginx and Traefik say it in docs/security.md."""
    shown = ask(site.page, host="127.0.0.1:8642", **FORWARDED).body.decode()
    assert link(site, f"https://{NAME}/my/training") in shown
    assert f"webcal://{NAME}/my/training/{site.secret}/training.ics" in shown
    shown = ask(site.page, host=NAME, x_forwarded_proto="https").body.decode()
    assert link(site, f"https://{NAME}") in shown


def test_of_several_proxies_the_first_counts(site: Server) -> None:
    shown = ask(site.page, host=NAME, x_forwarded_proto="https, http", x_forwarded_host=f"{NAME}, localhost")
    assert link(site, f"https://{NAME}") in shown.body.decode()


def test_what_others_say_of_themselves_counts_for_nothing(without_proxy: Server) -> None:
    shown = ask(without_proxy.page, **FORWARDED).body.decode()
    assert link(without_proxy, without_proxy.url) in shown
    assert ask(without_proxy.page, host="evil.example", x_forwarded_host=NAME).status == 421


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.1"])
def test_a_proxy_can_ask_under_no_other_name_either(site: Server, host: str) -> None:
    """What it passes on is what a browser was made to ask for."""
    assert ask(site.page, x_forwarded_host=host).status == 421
    assert ask(site.page, host=host, x_forwarded_host="localhost").status == 421


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x_forwarded_proto", "javascript"),
        ("x_forwarded_proto", "https://evil.example/?"),
        ("x_forwarded_prefix", "//evil.example"),
        ("x_forwarded_prefix", '/"><script>'),
        ("x_forwarded_prefix", "training"),
        ("x_forwarded_prefix", "/training/../other"),
        ("x_forwarded_prefix", "/.."),
        ("x_forwarded_host", 'x"><script>'),
    ],
)
def test_what_is_no_answer_is_none(site: Server, header: str, value: str) -> None:
    shown = ask(site.page, **{header: value}).body.decode()
    assert link(site, site.url) in shown


def test_its_own_url_goes_before_all_that(everywhere: Server) -> None:
    shown = ask(everywhere.page, x_forwarded_host="localhost", x_forwarded_prefix="/other").body.decode()
    assert link(everywhere, f"https://{NAME}/calsync") in shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('allowed_hosts = ["https://example.org"]', "https://example.org"),
        ('allowed_hosts = ["example.org:8642"]', "example.org:8642"),
        ('allowed_hosts = [""]', "without a port"),
        ('proxies = ["traefik"]', "traefik"),
        ('proxies = ["10.0.0.0/33"]', "10.0.0.0/33"),
        ("hosts = []", "hosts"),
    ],
)
def test_what_is_no_name_is_said_at_the_start(tmp_path: Path, text: str, found: str) -> None:
    box = Box(tmp_path)
    box.config(more=f"[serve]\n{text}\n")
    result = box.run("plan")
    assert result.code == 3
    assert found in result.error


# --- what is not there, and monitors ----------------------------------------------------------------------


def test_the_root_does_not_say_what_runs_here(site: Server) -> None:
    root, nothing = ask(site.url), ask(f"{site.url}/nothing")
    assert (root.status, root.names, root.body) == (404, nothing.names, nothing.body)


def test_too_much_is_refused_before_it_comes(site: Server) -> None:
    with connected(site.url) as client, client.makefile("rb") as stream:
        client.sendall(b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16385\r\n\r\n")
        assert read_to_end(stream).status == 413


def test_monitors_see_whether_plans_succeed_and_no_more(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config()
    with running(box) as site:
        health = f"{site.url}/healthz"
        assert (ask(health).status, ask(health).body) == (200, b"ok\n")
        box.write("config.toml", "name = [")
        site.replan(lambda: ask(health).status == 503)
        assert ask(health).body == b"the last plan was made just now\n"
        box.config()
        site.replan(lambda: ask(health).status == 200)


def test_monitors_see_that_a_plan_did_not_reach_a_feed(tmp_path: Path) -> None:
    """Its page may be new; what people have subscribed to is not."""
    box = Box(tmp_path)
    box.config()
    with running(box) as site:
        feed = site.feed()
        assert ask(feed).status == 200
        box.feed.unlink()
        box.feed.mkdir()
        site.replan(lambda: ask(f"{site.url}/healthz").status == 503)
        assert ask(f"{site.url}/healthz").body == b"the last plan was made just now\n"
        assert (ask(feed).status, ask(site.page).status) == (200, 200)
        box.feed.rmdir()
        site.replan(lambda: ask(f"{site.url}/healthz").status == 200)


def test_monitors_see_that_there_never_was_a_plan(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.config(more='[[busy]]\nname = "work"\ntype = "ics"\npath = "missing.ics"\n')
    with running(box, waits=False) as site:
        site.until(lambda: "missing.ics" in site.log)
        assert (ask(f"{site.url}/healthz").status, ask(f"{site.url}/healthz").body) == (503, b"no plan yet\n")
