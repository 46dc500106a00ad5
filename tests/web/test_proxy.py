"""nginx with the words of docs/security.md in front of a server: the links, the folder, and what it logs."""

import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.cli.box import ROOT, Box
from tests.programs import need_program
from tests.web.asking import PATIENCE, Answer, read_to_end
from tests.web.running import Server, running

HOSTS = '[serve]\nallowed_hosts = ["training.example.org", "example.org"]\n'
OWN, FOLDER = "https://training.example.org", "https://example.org/training"
# What nginx needs around the two parts of the page; where it would write into folders of the system.
MAIN = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log /dev/stderr;
    {own}
    server {{
        listen unix:{folder}/https ssl;
        server_name example.org;
        ssl_certificate {folder}/fullchain.pem;
        ssl_certificate_key {folder}/privkey.pem;
        {folder_of_another}
    }}
}}
"""


def config(folder: Path, site: Server) -> str:
    """The configuration of the page, with this server's address, a socket for a port, and other files."""
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    (text,) = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    for before, after in (
        ("listen 443 ssl", f"listen unix:{folder}/https ssl"),
        ("/etc/letsencrypt/live/training.example.org", str(folder)),
        ("127.0.0.1:8642", site.url.removeprefix("http://")),
    ):
        assert before in text
        text = text.replace(before, after)
    own, _, of_another = text.partition("# In a folder")
    return MAIN.format(folder=folder, own=own, folder_of_another=f"# In a folder{of_another}")


Ask = Callable[..., Answer]


@contextmanager
def nginx(folder: Path, site: Server) -> Iterator[Ask]:
    """What asks for an address behind nginx. It must have logged nothing of the secret in the end."""
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    openssl = [need_program("openssl", "install Debian's package openssl"), "req", "-x509", "-nodes"]
    openssl += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=example.org"]
    subprocess.run([*openssl, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    (folder / "nginx.conf").write_text(config(folder, site))
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def ask(url: str, **headers: str) -> Answer:
        host, _, path = url.removeprefix("https://").partition("/")
        head = [f"GET /{path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(str(folder / "https"))
            with context.wrap_socket(link, server_hostname=host) as tls, tls.makefile("rb") as stream:
                tls.sendall("\r\n".join([*head, "", ""]).encode())
                return read_to_end(stream)

    try:
        site.until(lambda: (folder / "https").exists() or process.poll() is not None)
        yield ask
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=PATIENCE)
    assert site.secret.encode() not in said


@pytest.mark.skipif(sys.platform == "win32", reason="nginx listens on a socket that is a file")
def test_nginx_as_the_page_has_it(tmp_path: Path) -> None:
    need_program("nginx", "install Debian's package nginx-light")
    box = Box(tmp_path)
    box.config(more=HOSTS)
    folder = tmp_path / "nginx"
    folder.mkdir()
    with running(box) as site, nginx(folder, site) as ask:
        for base in (OWN, FOLDER):
            page = ask(f"{base}/{site.secret}/")
            assert page.status == 200
            shown = page.body.decode()
            feed = f"{base}/{site.secret}/training.ics"
            assert f'"{feed}"' in shown
            assert f'"webcal://{feed.removeprefix("https://")}"' in shown
            found = ask(feed)
            assert (found.status, found.body) == (200, box.feed.read_bytes())
            assert ask(feed, if_none_match=found["ETag"]).status == 304
            week = re.search('href="(week/[^"]+)"', shown)
            assert week
            assert ask(f"{base}/{site.secret}/{week[1]}").status == 200
            # The browser stays in the folder.
            without_slash = f"{base}/{site.secret}"
            assert urljoin(without_slash, ask(without_slash)["Location"]) == f"{without_slash}/"
            assert ask(f"{base}/healthz").status == 200
        # That is an error, which nginx logs with the address unless it is told not to.
        secret = site.secret
        site.stop()
        assert ask(f"{OWN}/{secret}/").status == 502
        assert ask(f"{FOLDER}/{secret}/").status == 502
