"""Draws the icons of the page on a home screen, calsync/web/assets/icon-*.png: python -m docs.icons

A week on a card, in the page's palette. Only the standard library, so that they can be drawn anywhere.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calsync.web.colours import LIGHT
from calsync.web.week import Look

FOLDER = Path(__file__).parent.parent / "calsync" / "web" / "assets"


@dataclass(frozen=True)
class Icon:
    """A square of `size` pixels; of its side, `card` is the card's, and `corner` the radius of its corners.

    What is beyond the corners is transparent. Of a maskable icon systems cut off what they like, but for a
    circle over four fifths of the side (W3C, Web Application Manifest, "maskable"): the card is within that.
    """

    name: str
    size: int
    card: float
    corner: float = 0.0


ICONS = (
    Icon("icon-192.png", 192, 0.72, 0.2),
    Icon("icon-512.png", 512, 0.72, 0.2),
    Icon("icon-maskable-512.png", 512, 0.56),
    # Without transparency, which iOS shows as black.
    Icon("icon-apple-180.png", 180, 0.68),
)

# Left, top, width, height on the card, whose side is 1.
_BLOCKS = (
    (0.12, 0.30, 0.22, 0.22, LIGHT.looks[Look.HARD].edge),
    (0.12, 0.64, 0.22, 0.22, LIGHT.looks[Look.STRENGTH].fill),
    (0.39, 0.42, 0.22, 0.22, LIGHT.looks[Look.EASY].edge),
    (0.66, 0.30, 0.22, 0.42, LIGHT.looks[Look.LONG].edge),
)
_BAR = (0.12, 0.12, 0.76, 0.09, LIGHT.hatch)


def main() -> None:
    for icon in ICONS:
        (FOLDER / icon.name).write_bytes(as_png(icon.size, drawn(icon)))


def drawn(icon: Icon) -> bytes:
    """Its pixels, row by row: red, green, blue and alpha, a byte each."""
    canvas = _Canvas(icon.size)
    background = LIGHT.looks[Look.STRENGTH].fill
    canvas.box(0, 0, icon.size, icon.size, icon.corner * icon.size, background)
    side = icon.card * icon.size
    left = (icon.size - side) / 2
    canvas.box(left, left, side, side, 0.1 * side, LIGHT.page)
    for x, y, width, height, colour in (_BAR, *_BLOCKS):
        canvas.box(left + x * side, left + y * side, width * side, height * side, 0.035 * side, colour)
    return bytes(canvas.pixels)


class _Canvas:
    """Transparent at first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.pixels = bytearray(4 * size * size)

    def box(self, left: float, top: float, width: float, height: float, radius: float, colour: str) -> None:
        """A box with round corners and smooth edges, in a colour such as #1b2430."""
        new = (*bytes.fromhex(colour[1:]), 255)
        for y in self._touched(top, height):
            for x in self._touched(left, width):
                # How far the middle of the pixel is from the edge; half a pixel on either side is mixed.
                across = abs(x + 0.5 - left - width / 2) - width / 2 + radius
                down = abs(y + 0.5 - top - height / 2) - height / 2 + radius
                outside = (max(across, 0) ** 2 + max(down, 0) ** 2) ** 0.5 + min(max(across, down), 0)
                cover = min(max(radius - outside + 0.5, 0), 1)
                at = 4 * (y * self._size + x)
                old = self.pixels[at : at + 4]
                # Below what is transparent there is no colour to mix with.
                below = old if old[3] else (*new[:3], 0)
                self.pixels[at : at + 4] = bytes(
                    round(mine * cover + under * (1 - cover)) for mine, under in zip(new, below, strict=True)
                )

    def _touched(self, start: float, length: float) -> range:
        return range(max(int(start) - 1, 0), min(int(start + length) + 2, self._size))


def as_png(size: int, pixels: bytes) -> bytes:
    """A PNG of `size` by `size` (W3C, Portable Network Graphics, 3rd edition)."""
    width = 4 * size
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunks(chunks))


def _chunks(chunks: tuple[tuple[bytes, bytes], ...]) -> Iterator[bytes]:
    for name, data in chunks:
        yield struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


if __name__ == "__main__":
    main()
