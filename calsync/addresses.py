"""Which addresses feeds and servers may have, what webcal means, and how an address is shown.

Nothing private travels in the clear: https everywhere, plain http on this machine only. Of an address only
scheme and host are ever shown: the rest is often the key to a private calendar.
"""

from urllib.parse import SplitResult, urlsplit

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


def shown(url: str) -> str:
    """As much of an address as may be printed."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
