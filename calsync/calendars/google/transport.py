"""The connection to Google: httplib2, without its habit of sending a request again.

httplib2 repeats a request by itself, a POST as well, when a server closes the connection without an answer.
For the creation of a calendar that can mean two calendars, and for all else it would be a second place where
things are tried again.
"""

import http.client
from typing import Any

import httplib2


class _Once:
    def getresponse(self: Any) -> http.client.HTTPResponse:
        try:
            return super().getresponse()  # type: ignore[misc,no-any-return]
        except http.client.BadStatusLine as problem:
            # httplib2 repeats after a BadStatusLine, which RemoteDisconnected is one of, and after no other.
            raise ConnectionResetError("the connection was closed without an answer") from problem


class _Plain(_Once, httplib2.HTTPConnectionWithTimeout):  # type: ignore[misc]
    pass


class _Secure(_Once, httplib2.HTTPSConnectionWithTimeout):  # type: ignore[misc]
    pass


class Http(httplib2.Http):  # type: ignore[misc]
    """An httplib2.Http whose requests go out once. Follows no redirects: they would take the token along."""

    def __init__(self, *, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self.follow_redirects = False

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Any = None,
        redirections: int = 0,
        connection_type: Any = None,
    ) -> Any:
        kind = _Secure if uri.startswith("https:") else _Plain
        return super().request(uri, method, body, headers, redirections, kind)
