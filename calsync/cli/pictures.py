"""A week template as a small drawing for the terminal: days across, what is run and for how long.

Decides what a week looks like at a glance, and how it gets into the width there is. Colour is added as click
does it, so a pipe gets none; the words say all that the colours say. Knows nothing of dates or of where
strength will be placed: of strength it says how much there is, by load.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click

from calsync.training import WEEKDAYS, Effort, Kind, Load, Run, WeekTemplate

_EFFORTS: dict[Effort, dict[str, Any]] = {
    Effort.RACE: {"fg": "magenta", "bold": True},
    Effort.HARD: {"fg": "red", "bold": True},
    Effort.LONG: {"fg": "blue", "bold": True},
    Effort.EASY: {"fg": "green"},
}
_LOADS: dict[Load, dict[str, Any]] = {
    Load.HEAVY: {"fg": "cyan", "bold": True},
    Load.MODERATE: {"fg": "cyan"},
    Load.LIGHT: {"fg": "cyan", "dim": True},
}
_DIM: dict[str, Any] = {"dim": True}
_SHORT = {
    Kind.INTERVALS: "interv.",
    Kind.THRESHOLD: "thresh.",
    Kind.TIME_TRIAL: "t.trial",
    Kind.RECOVERY: "recov.",
}
# The column of names, and of days with one blank each: 24 + 7 x 8 are the 80 of a usual terminal.
_NAMES = 24
_DAY, _WIDE_DAY = 8, len("time-trial") + 1
_INDENT = 2

_Piece = tuple[str, dict[str, Any]]


def terminal_width() -> int:
    """Of the terminal, or of $COLUMNS; 80 where there is none."""
    return shutil.get_terminal_size().columns


def week_header(width: int) -> str:
    """The names of the days, as the pictures below it have them."""
    day = _day_width(width)
    cells = [(weekday.long_name[: min(3, day - 1)], {"bold": True}) for weekday in WEEKDAYS]
    return _line([("", {})] if _has_names_beside(width) else None, cells, day)


def week_picture(week: WeekTemplate, label: str, width: int) -> Iterator[str]:
    """Lines of at most `width` characters; `label` names the week. Below 30 there is no room for a week."""
    day = _day_width(width)
    name: list[_Piece] = [(label, {"bold": True})]
    # Under the name, not under the number that may stand before it.
    strength = [(" " * (len(label) - len(label.lstrip(" 0123456789"))), {}), *_strength(week)]
    beside = [name, strength] if _has_names_beside(width) else None
    if beside is None:
        yield _cut([*name, ("  ", {}), *_strength(week)], width)
    for number, cells in enumerate(_rows(week, day - 1)):
        left = None if beside is None else beside[number] if number < len(beside) else [("", {})]
        yield _line(left, cells, day)


def _rows(week: WeekTemplate, room: int) -> Iterator[list[_Piece]]:
    """For each run of the fullest day two rows: what it is, how long it is."""
    days = [[run for run in week.runs if run.day is day] for day in WEEKDAYS]
    for number in range(max(1, *map(len, days))):
        runs = [day[number] if number < len(day) else None for day in days]
        yield [
            (_kind(run, room), _EFFORTS[run.kind.effort]) if run else _without(week, place, number)
            for place, run in enumerate(runs)
        ]
        yield [(_minutes(run, room) if run else "", _DIM) for run in runs]


def _without(week: WeekTemplate, place: int, number: int) -> _Piece:
    if number:
        return ("", _DIM)
    return ("rest" if WEEKDAYS[place] in week.rest else "-", _DIM)


def _kind(run: Run, room: int) -> str:
    return run.kind.value if len(run.kind) <= room else _SHORT.get(run.kind, run.kind.value)


def _minutes(run: Run, room: int) -> str:
    text = f"{run.minutes} min"
    return text if len(text) <= room else str(run.minutes)


def _strength(week: WeekTemplate) -> list[_Piece]:
    """ "light heavy", "2 moderate"; loads in the order of the template."""
    counts = Counter(session.load for session in week.strength)
    if not counts:
        return [("no strength", _DIM)]
    pieces: list[_Piece] = []
    for load, count in counts.items():
        pieces += [(" ", {})] * bool(pieces)
        pieces.append((f"{count} {load}" if count > 1 else load.value, _LOADS[load]))
    return pieces


# --- layout -----------------------------------------------------------------------------------------------


def _has_names_beside(width: int) -> bool:
    return width >= _NAMES + 7 * _DAY - 1


def _day_width(width: int) -> int:
    if not _has_names_beside(width):
        return max(2, min(_WIDE_DAY, (width - _INDENT + 1) // 7))
    return _WIDE_DAY if width >= _NAMES + 7 * _WIDE_DAY - 1 else _DAY


def _line(left: Sequence[_Piece] | None, cells: Sequence[_Piece], day: int) -> str:
    start = " " * _INDENT if left is None else _cut(left, _NAMES - 1, fill=True) + " "
    return (start + " ".join(_cut([cell], day - 1, fill=True) for cell in cells)).rstrip()


def _cut(pieces: Sequence[_Piece], room: int, *, fill: bool = False) -> str:
    """The pieces in `room` characters. Cut before they are styled: styles take no room."""
    styled = ""
    for text, style in pieces:
        shown = text[: max(0, room)]
        styled += click.style(shown, **style) if shown.strip() else shown
        room -= len(shown)
    return styled + " " * (room if fill else 0)
