"""A server in front of a real one, which changes what passes: requests, or answers."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.loopback import Handler, serving


@dataclass
class Between:
    """`ask` gets a method and a body and gives another body; `answer` a method, a path, a status and a body,
    and gives another status and body. `log` has the methods that came.
    """

    url: str = ""
    ask: Callable[[str, bytes], bytes] = lambda method, body: body
    answer: Callable[[str, str, int, bytes], tuple[int, bytes]] = lambda method, path, status, body: (
        status,
        body,
    )
    log: list[str] = field(default_factory=list)


_KEPT = ("content-type", "etag", "location", "www-authenticate", "retry-after")


@contextmanager
def between(real: str) -> Iterator[Between]:
    it = Between()
    host = urlsplit(real).netloc

    class Passes(Handler):
        def _pass(self) -> None:
            it.log.append(self.command)
            body = it.ask(self.command, self.rfile.read(int(self.headers.get("Content-Length", 0))))
            connection = http.client.HTTPConnection(host, timeout=60)
            headers = {key: value for key, value in self.headers.items() if key.lower() != "content-length"}
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            status, content = it.answer(self.command, self.path, response.status, response.read())
            self.send_response(status)
            for key, value in response.getheaders():
                if key.lower() in _KEPT:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_PUT = do_DELETE = do_PROPFIND = do_REPORT = do_MKCALENDAR = _pass  # noqa: N815

    with serving(Passes) as it.url:
        yield it
