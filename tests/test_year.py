"""A month of random runners; `python -m tests.year` is the same for a year, and for many more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.forks import Zygote
from tests.year.crowd import live
from tests.year.life import Tally
from tests.year.speed import remembering

RUNNERS, DAYS, SEED = 20, 30, 1
TOGETHER = 5


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as zygote, remembering():
        yield zygote


@pytest.mark.parametrize("first", range(0, RUNNERS, TOGETHER))
def test_a_month_in_which_much_goes_wrong(first: int, zygote: Zygote, tmp_path: Path) -> None:
    total = Tally()
    for number in range(first, first + TOGETHER):
        *_, tally = live(SEED, number, DAYS, zygote, tmp_path)
        total.add(tally)
    assert not total.problems
    assert total.days == TOGETHER * DAYS
    assert total.sessions > TOGETHER  # they do train
