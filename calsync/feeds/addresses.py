"""Which addresses feeds may have.

Decides what webcal means and that nothing private travels in the clear: https everywhere, plain http on this
machine only. Of an address only scheme and host are ever shown: the rest is often the key to a private
calendar.
"""

import ipaddress
from urllib.parse import SplitResult, urlsplit


def web_address(url: str) -> str:
    """The http or https address of a feed's URL.

    Raises ValueError, saying what to write instead.
    """
    parts = _split(url)
    scheme = parts.scheme.lower()
    if scheme in ("webcal", "webcals"):
        scheme = "http" if scheme == "webcal" and is_loopback(parts.hostname or "") else "https"
        parts = parts._replace(scheme=scheme)
    if scheme not in ("http", "https"):
        raise ValueError("its url must begin with https:// or webcal://")
    if not parts.hostname:
        raise ValueError("its url has no host")
    if scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("its url is plain http, which anybody on the way can read; write https://")
    return parts.geturl()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise ValueError("its url can't be read") from None
    return parts


def is_loopback(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(url: str) -> str:
    """As much of an address as may be printed."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
