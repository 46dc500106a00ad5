"""The page as an app: what a browser is told of it, its icons, and where none of that is."""

import json
import struct
import zlib
from collections.abc import Iterator
from urllib.parse import urljoin

import pytest

from calsync.web.colours import DARK, LIGHT
from docs.icons import ICONS, Icon, drawn
from tests.cli.box import Box
from tests.web import weeks
from tests.web.asking import ask
from tests.web.running import Server, running

TITLE = 'Läufe & "Kraft"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    box = Box(tmp_path_factory.mktemp("app"))
    weeks.usual(box)
    config = box.folder / "config.toml"
    config.write_text(f"title = '{TITLE}'\n{config.read_text('utf-8')}", "utf-8")
    with running(box, now=weeks.WEDNESDAY) as site:
        yield site


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height, and a byte each for red, green, blue and alpha; rows are not filtered."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + data),)
        parts[name] = data
        at += 12 + length
    width, height, *form = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert form == [8, 6, 0, 0, 0]
    rows, row = zlib.decompress(parts[b"IDAT"]), 4 * width + 1
    assert len(rows) == row * height
    assert not any(rows[::row])
    return width, height, b"".join(rows[start + 1 : start + row] for start in range(0, len(rows), row))


# --- manifest ---------------------------------------------------------------------------------------------


def test_the_manifest_makes_an_app_of_what_is_below_the_secret(site: Server) -> None:
    address = f"{site.page}manifest.webmanifest"
    answer = ask(address)
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = json.loads(answer.body)
    assert manifest["name"] == manifest["short_name"] == TITLE
    assert manifest["display"] == "standalone"
    assert (manifest["theme_color"], manifest["background_color"]) == (LIGHT.page, LIGHT.page)
    assert urljoin(address, manifest["start_url"]) == site.page
    assert urljoin(address, manifest["scope"]) == site.page
    # Behind a proxy that serves calsync in a folder, too: nothing begins at the root, and no secret is in it.
    assert site.secret not in answer.body.decode()
    for icon in manifest["icons"]:
        found = ask(urljoin(address, icon["src"]))
        assert found["Content-Type"] == icon["type"] == "image/png"
        width, height, _ = pixels(found.body)
        assert f"{width}x{height}" == icon["sizes"]
    there = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
    assert there >= {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


def test_pages_of_the_owner_name_it_and_no_others_do(site: Server) -> None:
    for page, home in ((site.page, "./"), (site.week("2026-W49"), "../")):
        answer = ask(page)
        html = answer.body.decode()
        for name in ("manifest.webmanifest", "icon-192.png", "icon-apple-180.png"):
            assert f'href="{home}{name}"' in html
            assert ask(urljoin(page, home + name)).status == 200
        assert all(f'content="{scheme.page}"' in html for scheme in (LIGHT, DARK))
        rules = set(answer["Content-Security-Policy"].split("; "))
        assert rules >= {"default-src 'none'", "manifest-src 'self'", "worker-src 'self'"}
        assert not any("unsafe" in rule or "*" in rule for rule in rules)
        share = html.split("/w/")[1].split('"')[0]
    shared = ask(f"{site.url}/w/{share}")
    assert shared.status == 200
    assert b"manifest" not in shared.body
    assert b"serviceWorker" not in shared.body
    assert "worker-src" not in shared["Content-Security-Policy"]
    token = share.rstrip("/")
    for name in ("manifest.webmanifest", "offline.js", "icon-192.png"):
        for address in (f"{site.url}/w/{token}/{name}", f"{site.url}/s/{name}", f"{site.url}/{name}"):
            assert ask(address).status == 404
        assert ask(f"{site.page}{name}", "POST").status == 405


def test_the_worker_may_ask_this_server_and_nobody_else(site: Server) -> None:
    answer = ask(f"{site.page}offline.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    # Looked at anew each time: one with a mistake must not live on for a day.
    assert answer["Cache-Control"] == "private, no-cache"
    assert set(answer["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    }
    assert "service-worker-allowed" not in answer.names, "it sees no more than its own folder"
    assert site.secret.encode() not in answer.body


# --- icons ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("icon", ICONS, ids=lambda icon: icon.name)
def test_icons_are_whole_to_their_edges_unless_their_corners_are_round(site: Server, icon: Icon) -> None:
    width, height, found = pixels(ask(f"{site.page}{icon.name}").body)
    assert (width, height) == (icon.size, icon.size)
    alphas = set(found[3::4])
    if icon.corner:
        assert found[3] == found[-1] == 0
    else:
        assert alphas == {255}
    # What a system cuts off at most: all but a circle over four fifths of the side.
    if "maskable" in icon.name:
        for number in range(width * height):
            x, y = number % width - width / 2 + 0.5, number // width - height / 2 + 0.5
            if x * x + y * y > (0.4 * width) ** 2:
                assert found[4 * number : 4 * number + 4] == found[:4]


@pytest.mark.parametrize("icon", [icon for icon in ICONS if icon.size < 500], ids=lambda icon: icon.name)
def test_icons_are_as_the_script_draws_them(site: Server, icon: Icon) -> None:
    """If not: python -m docs.icons"""
    assert pixels(ask(f"{site.page}{icon.name}").body) == (icon.size, icon.size, drawn(icon))
