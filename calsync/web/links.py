"""The addresses to subscribe to, and their QR codes.

Decides how an address is put together. Knows nothing of what is behind it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self
from urllib.parse import quote

import click
import segno


@dataclass(frozen=True, slots=True)
class Addresses:
    """One feed's. `webcal` opens a calendar app where there is one; `https` is for all that ask for a URL."""

    https: str
    webcal: str

    @classmethod
    def of(cls, base: str, secret: str, file_name: str) -> Self:
        """`base` is the server's address, with http or https."""
        https = f"{base.rstrip('/')}/{secret}/{quote(file_name, safe='')}"
        return cls(https, "webcal://" + https.partition("://")[2])


@lru_cache(64)  # a browser names the host as it likes
def qr_svg(text: str) -> str:
    """An SVG element, dark on light in any colour scheme."""
    # To try all masks takes three times as long, while nobody else is answered.
    code = segno.make_qr(text, error="m", mask=4)
    return str(code.svg_inline(border=2, light="#ffffff", dark="#000000", omitsize=True))


def qr_terminal(text: str) -> str:
    """Lines of half blocks for a terminal."""
    import io

    out = io.StringIO()
    segno.make(text, error="l").terminal(out, compact=True)
    # In colours of its own: the blocks are drawn for dark terminals, and on a light one would be inverted.
    lines = out.getvalue().splitlines()
    return "\n".join(click.style(line, fg="bright_white", bg="black") for line in lines)
