"""Which addresses feeds and servers may have, what webcal means, and how an address is shown.

Nothing private travels in the clear: https everywhere, plain http on this machine only. Of an address only
scheme and host are ever shown: the rest is often the key to a private calendar. That holds for addresses in
places where they don't belong, too.
"""

import os
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

# A name, or an address of IPv4 or, in brackets, of IPv6.
HOST = r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]"


def web_address(url: str) -> str:
    """The http or https address of a feed's URL.

    Raises ValueError with the second half of a sentence that begins with what holds the URL.
    """
    parts = _split(url)
    scheme = parts.scheme.lower()
    if scheme in ("webcal", "webcals"):
        scheme = "http" if scheme == "webcal" and is_loopback(parts.hostname or "") else "https"
        parts = parts._replace(scheme=scheme)
    if scheme not in ("http", "https"):
        raise ValueError("must begin with https:// or webcal://")
    if not parts.hostname:
        raise ValueError("has no host")
    if scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("is plain http, which anybody on the way can read; write https://")
    return parts.geturl()


def secure_address(url: str) -> str:
    """An https address, or one of this machine's own servers. Raises ValueError as web_address() does."""
    if _split(url).scheme.lower() not in ("http", "https"):
        raise ValueError("expected an address that begins with https://")
    return web_address(url)


def server_address(url: str) -> bool:
    """Whether it can be what links to a server begin with."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise ValueError("can't be read as an address") from None
    return parts


def is_loopback(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# IPv6 addresses that end with the IPv4 address they mean: compatible, mapped (RFC 4291, 2.5.5), translated
# (RFC 7915) and NAT64 (RFC 6052).
_WITH_IPV4 = ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")


def is_private(host: str) -> bool:
    """Whether a host is this machine or in a network of its own, also by what its name resolves to."""
    import ipaddress
    import socket

    if is_loopback(host):
        return True
    try:
        # A zone, as in fe80::1%25eth0, says which of the machine's networks it is in.
        found = socket.getaddrinfo(host.strip("[]").partition("%")[0], None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # it can't be asked, either
    for *_, (name, *_) in found:
        address = ipaddress.ip_address(str(name).partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address):
            if address.is_site_local:
                return True
            if any(address in ipaddress.ip_network(one) for one in _WITH_IPV4):
                address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
            address = getattr(address, "sixtofour", None) or address
        # What is on no list is nobody's public server.
        if not address.is_global or address.is_multicast:
            return True
    return False


_PORTS = {"http": 80, "https": 443}


def host_of(parts: SplitResult) -> str:
    """The host of an address, in the one form that all ways to write it have in common: names in ASCII."""
    host = (parts.hostname or "").rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454, 4): who is asked. Raises ValueError for what is no address."""
    parts = urlsplit(url)
    return parts.scheme, host_of(parts), parts.port or _PORTS.get(parts.scheme)


def place_of(url: str) -> str:
    """The same for all ways to write one address: with or without a port that goes without saying, with
    other escapes, or without a slash at its end. Raises ValueError for what is no address."""
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}{unquote(urlsplit(url).path).rstrip('/')}"


def shown(url: str) -> str:
    """As much of an address as may be printed."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


# "https://host/secret", "webcal:/host/secret", and "calendar.example/secret" without a scheme; but 10.0.0.0/8
# is a network.
_ANY_ADDRESS = re.compile(
    r"""(?P<scheme>[a-z][a-z0-9+.-]+:/+)(?:[^/@\s"']*@)?(?P<host>[^/?\#\s"']*).*
      | (?<![\w./@-])(?:[^/@\s"']+@)?(?P<name>(?:(?:[\w-]+\.)+(?:[a-z]{2,}|xn--[\w-]+)
        |localhost|\d+(?:\.\d+){3}(?!/\d+(?![\w/]))|\[[0-9a-f:.]+\])(?::\d+)?)[/?\#].+""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
# Whose hosts are machines. Where other programs have a host, it may be a key: Apprise's tgram://TOKEN/CHAT.
_WITH_HOST = ("http:", "https:", "webcal:", "webcals:", "ftp:", "ftps:", "sftp:", "file:")
_OF_FEEDS = ("http:", "https:", "webcal:", "webcals:")
_RUN = re.compile(r"[\w-]{16,}")
# A word, a number, or a part of a date, also "w49"; several of them in a row are a name, such as
# "half-marathon-build" or "w49-tue-strength".
_PLAIN_PART = re.compile(r"[^\W\d_]?[^\W\d_A-Z]{0,14}|[Ww]?\d{1,4}")
_VARIABLE = re.compile(r"[A-Z]{1,12}(?:_(?:[A-Z]{1,12}|\d{1,3}))+")


def hidden(text: str) -> str:
    """A text that somebody wrote, as it may be printed: without what may be the key to a calendar.

    Of an address there remain scheme and host (of one that is no web address the scheme alone), and nothing
    of what follows it; of what is as long as a key, and no words, nothing.
    """
    return _RUN.sub(_without_token, _ANY_ADDRESS.sub(_without_path, text))


def has_address(text: str) -> bool:
    """Whether there is the address of a feed in it, with or without a scheme."""
    found = _ANY_ADDRESS.search(text)
    return found is not None and (found["scheme"] or "https:").lower().rstrip("/") in _OF_FEEDS


def _without_path(found: re.Match[str]) -> str:
    scheme = found["scheme"]
    if scheme and scheme.lower().rstrip("/") not in _WITH_HOST:
        return f"{scheme}…"
    return f"{scheme}{found['host']}/…" if scheme else f"{found['name']}/…"


def _without_token(found: re.Match[str]) -> str:
    is_name = _VARIABLE.fullmatch(found[0]) or all(
        _PLAIN_PART.fullmatch(part) for part in re.split("[-_]", found[0])
    )
    return found[0] if is_name else "…"


def hidden_path(path: Path) -> str:
    """The path as it may be printed: what is not there may be an address that was taken for a path."""
    there = path
    # Path.exists() has no answer for a name that is too long.
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    missing = str(path.relative_to(there)) if there != path else ""
    return str(there / hidden(missing)) if missing else str(path)
