"""The colours of the week, on a page in light and in dark and in a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from calsync.web.week import Look


@dataclass(frozen=True, slots=True)
class Paint:
    """The colours of one kind of block; sRGB in hexadecimal, as in CSS."""

    fill: str
    ink: str
    edge: str


@dataclass(frozen=True, slots=True)
class Scheme:
    page: str
    ink: str
    muted: str
    line: str
    free: str
    hatch: str
    now: str
    accent: str
    looks: Mapping[Look, Paint]

    def variables(self) -> Iterator[tuple[str, str]]:
        """The names and values of CSS custom properties."""
        for name in ("page", "ink", "muted", "line", "free", "hatch", "now", "accent"):
            yield f"--{name}", getattr(self, name)
        for look, paint in self.looks.items():
            yield f"--{look}-fill", paint.fill
            yield f"--{look}-ink", paint.ink
            yield f"--{look}-edge", paint.edge


LIGHT = Scheme(
    page="#ffffff",
    ink="#1b2430",
    muted="#56616f",
    line="#dde2e8",
    free="#eef8f2",
    hatch="#c2cad4",
    now="#d0021b",
    accent="#0b5fbd",
    looks={
        Look.RACE: Paint("#f3dff8", "#56136a", "#8e2bab"),
        Look.HARD: Paint("#fde1dc", "#7a1308", "#cb3a26"),
        Look.LONG: Paint("#dde8fd", "#12346d", "#2d66c9"),
        Look.EASY: Paint("#def2e0", "#164d1e", "#348f41"),
        Look.CROSS: Paint("#fbeed2", "#5a3a02", "#a86e0b"),
        Look.STRENGTH: Paint("#0f666b", "#ffffff", "#083f42"),
    },
)
DARK = Scheme(
    page="#12171d",
    ink="#e9edf2",
    muted="#a7b1be",
    line="#2c353f",
    free="#17261f",
    hatch="#46525f",
    now="#ff6b6b",
    accent="#8cbcff",
    looks={
        Look.RACE: Paint("#40204b", "#f5d9fc", "#c274d9"),
        Look.HARD: Paint("#4d1f19", "#ffd9d3", "#e96a57"),
        Look.LONG: Paint("#182f57", "#d6e4ff", "#6596ea"),
        Look.EASY: Paint("#183b1f", "#d0f2d5", "#5cba6a"),
        Look.CROSS: Paint("#43310f", "#fbe6bd", "#d9a441"),
        Look.STRENGTH: Paint("#84d9dc", "#06292b", "#c5f3f4"),
    },
)
# The colours of a page, which its style sheet takes from one of these two.
SCREEN = Scheme(
    page="var(--page)",
    ink="var(--ink)",
    muted="var(--muted)",
    line="var(--line)",
    free="var(--free)",
    hatch="var(--hatch)",
    now="var(--now)",
    accent="var(--accent)",
    looks={look: Paint(*(f"var(--{look}-{part})" for part in ("fill", "ink", "edge"))) for look in Look},
)
