"""Titles of many feeds, labelled by hand, and how many of them are read as a coach would.

The files have, for each: title, description, the kinds (or sorts) that are right, and its minutes. What a
reader can't know is its right to say so; what it claims has to be right. Those in `fresh_titles.json` were
written and labelled by somebody who had not seen the reader's tables. `python -m pytest … -s` prints what is
read otherwise.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from calsync.feeds.titles.reading import Entry, Reading, read
from calsync.training import Effort, Kind, Sort

PACE = 360
FILES = ("titles.json", "more_titles.json", "fresh_titles.json")
each_file = pytest.mark.parametrize("name", FILES)


@dataclass(frozen=True)
class Probe:
    title: str
    description: str
    kinds: tuple[str, ...]
    minutes: int | None

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Probe":
        kinds = tuple(fields["expected_kind"].split("|"))
        return cls(fields["title"], fields.get("description") or "", kinds, fields.get("expected_minutes"))

    @property
    def reading(self) -> Reading:
        return read(Entry(self.title, self.description), (), PACE)

    @property
    def efforts(self) -> set[str]:
        """What is right: an effort of a run, or a sort."""
        return {Kind(kind).effort if kind in set(Kind) else kind for kind in self.kinds}

    @property
    def has_right_effort(self) -> bool:
        return effort_of(self.reading) in self.efforts

    @property
    def is_said(self) -> bool:
        """Whether the reader says that it did not understand."""
        return self.reading.sort is Sort.RUN and self.reading.kind is None

    @property
    def has_right_length(self) -> bool:
        """Within a quarter, or 8 minutes."""
        if self.minutes is None:
            return True
        found = self.reading.minutes
        return found is not None and abs(found - self.minutes) <= max(8, self.minutes / 4)

    def __str__(self) -> str:
        found = self.reading
        got = f"{found.sort} {found.kind or ''} {found.minutes} min ({found.because})"
        return f"{self.title!r} {self.description!r}: {got}; right: {'|'.join(self.kinds)} {self.minutes}"


def effort_of(reading: Reading) -> str:
    """The effort of a run, of which none that was not understood counts as easy; else the sort."""
    if reading.sort is Sort.RUN:
        return (reading.kind or Kind.EASY).effort
    # Those who labelled knew of no other sports.
    return "other" if reading.sort is Sort.CROSS else reading.sort.value


def probes(*names: str) -> list[Probe]:
    folder = Path(__file__).parent
    return [Probe.of(fields) for name in names for fields in json.loads((folder / name).read_text("utf-8"))]


def shown(found: list[Probe]) -> str:
    return "\n".join(map(str, found))


@each_file
def test_the_effort_is_right(name: str) -> None:
    every = probes(name)
    wrong = [probe for probe in every if not probe.has_right_effort]
    sys.stdout.write(f"{len(wrong)} of {len(every)} have another effort:\n{shown(wrong)}\n")
    assert len(wrong) <= 0.03 * len(every)


@each_file
def test_hardly_anything_is_wrong_without_a_word(name: str) -> None:
    every = probes(name)
    silent = [probe for probe in every if not probe.has_right_effort and not probe.is_said]
    assert len(silent) <= 0.01 * len(every), shown(silent)


@each_file
def test_lengths_are_a_coachs(name: str) -> None:
    timed = [probe for probe in probes(name) if probe.minutes is not None]
    wrong = [probe for probe in timed if not probe.has_right_length]
    sys.stdout.write(f"{len(wrong)} of {len(timed)} have another length:\n{shown(wrong)}\n")
    assert len(wrong) <= 0.05 * len(timed)


def test_every_run_says_by_which_words_it_was_read() -> None:
    for probe in probes(*FILES):
        found = probe.reading
        if found.kind is not None or (found.sort is not Sort.RUN and found.sort is not Sort.CROSS):
            assert found.because, str(probe)


def test_cross_training_has_a_sport_and_an_effort() -> None:
    found = [probe.reading for probe in probes(*FILES) if probe.reading.sort is Sort.CROSS]
    assert found
    for reading in found:
        assert reading.sport is not None
        assert reading.effort in (Effort.EASY, Effort.LONG, Effort.HARD)
