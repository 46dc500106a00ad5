import pytest

from calsync.web.colours import DARK, LIGHT, Scheme
from calsync.web.week import Look


def luminance(colour: str) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_all_words_can_be_read(scheme: Scheme) -> None:
    for ink in (scheme.ink, scheme.muted, scheme.accent):
        assert contrast(ink, scheme.page) >= 4.5
    assert set(scheme.looks) == set(Look)
    for paint in scheme.looks.values():
        assert contrast(paint.ink, paint.fill) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_blocks_stand_out_from_what_is_behind_them(scheme: Scheme) -> None:
    """WCAG 1.4.11: the edge of a block, and the line of now, against the page and where strength may be."""
    for ground in (scheme.page, scheme.free):
        assert contrast(scheme.now, ground) >= 3
        for paint in scheme.looks.values():
            assert contrast(paint.edge, ground) >= 3
