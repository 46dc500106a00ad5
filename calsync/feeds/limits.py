"""How long and how much is enough when a feed is fetched.

Decides the defaults; a place of its own so that reading a file doesn't import what fetching needs.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    connect: float = 10.0
    """Seconds to reach the server."""
    read: float = 30.0
    """Seconds between two pieces of an answer."""
    deadline: float = 120.0
    """Seconds for all of it, with redirects and repetitions."""
    max_bytes: int = 50_000_000
    """Of the body, decompressed."""
    redirects: int = 5
    attempts: int = 3
    pause: float = 1.0
    """Seconds that the first wait between attempts is at most; then twice that, and so on."""
    longest_pause: float = 10.0
    """A server that asks for a longer one is not waited for."""


DEFAULT_LIMITS = Limits()
