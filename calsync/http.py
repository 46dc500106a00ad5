"""httpx without its command line, for which it would import click, rich and pygments: 0.14 of its 0.22 s."""

import ssl
import sys

# An import that fails: httpx is ready for that, as these three are extras of its own.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx as httpx  # noqa: E402


def trusted(url: str) -> ssl.SSLContext | bool:
    """Whose certificates count on the way to `url` and to nothing else, as httpx's `verify`.

    Where nothing is encrypted nobody's do: to read those that do takes 0.03 s for each client.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.startswith("http://") else True
