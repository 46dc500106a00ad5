"""What somebody does with a page in a browser: read its forms, fill them in, send them."""

import socket
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from tests.web.asking import PATIENCE, Answer, ask, read_to_end
from tests.web.running import Server


@dataclass
class Form:
    """`fields` in the order of the page; `button` is what it says."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    button: str = ""
    around: str = ""

    def value(self, name: str) -> str:
        return dict(self.fields).get(name, "")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: Form | None = None
        self._in_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert has["method"] == "post"
            self._open = Form(has.get("action", ""))
            self.forms.append(self._open)
        elif tag == "input" and self._open and (has.get("type") != "checkbox" or "checked" in has):
            self._open.fields.append((has["name"], has.get("value", "")))
        self._in_button = tag == "button"
        self.links += [has[name] for name in ("href", "src") if name in has]

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open.around += data
            if self._in_button:
                self._open.button += data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._in_button = False
        if tag == "form":
            self._open = None


def _read(page: str) -> _Forms:
    parser = _Forms()
    parser.feed(page)
    return parser


def forms(page: str, key: str | None = None) -> dict[str, Form]:
    """By what their buttons say, the forms of a page; with `key` those for that alone."""
    found = _read(page).forms
    return {form.button: form for form in found if key is None or form.value("key") == key}


def links(page: str) -> list[str]:
    return _read(page).links


def send(address: str, form: Form, filled: dict[str, str] | None = None, **headers: str) -> Answer:
    """As a browser sends a form of the page at that address."""
    place = urlsplit(urljoin(address, form.action or address))
    fields = [(name, value) for name, value in form.fields if name not in (filled or {})]
    body = urlencode([*fields, *(filled or {}).items()]).encode()
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin", **headers}
    head = [
        f"POST {place.path}{'?' + place.query if place.query else ''} HTTP/1.1",
        f"Host: {place.netloc}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value),
        "Connection: close",
    ]
    with (
        socket.create_connection((place.hostname or "", place.port or 80), timeout=PATIENCE) as link,
        link.makefile("rb") as stream,
    ):
        link.sendall("\r\n".join([*head, "", ""]).encode() + body)
        return read_to_end(stream)


def follow(site: Server, address: str, form: Form, filled: dict[str, str] | None = None) -> str:
    """The page that is shown once what a form asks for was done, or refused."""
    answer = send(address, form, filled)
    if answer.status != 303:
        return answer.body.decode()
    place = urljoin(urljoin(address, form.action or address), answer["Location"])
    shown: list[str] = []

    def is_done() -> bool:
        # On a busy machine the server says first that it will be done, and such a page asks again by itself.
        answer = ask(place)
        shown[:] = [answer.body.decode()]
        return "Refresh" not in answer.headers

    site.until(is_done)
    return shown[0]
