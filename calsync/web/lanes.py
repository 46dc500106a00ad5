"""Blocks that share time, side by side.

Decides how many lanes they need. Knows nothing of what they are.
"""

from collections.abc import Sequence


def lanes(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span its lane, and how many lanes there are where it stands; touching ones share nothing.

    Each takes the first lane that is free. All that hang together by overlaps are as wide as one another.
    """
    found = [(0, 1)] * len(spans)
    group: list[int] = []
    ends: list[int] = []  # of each lane

    def close() -> None:
        for number in group:
            found[number] = (found[number][0], len(ends))

    for number in sorted(range(len(spans)), key=lambda number: spans[number]):
        start, end = spans[number]
        if all(start >= last for last in ends):
            close()
            group, ends = [], []
        lane = next((lane for lane, last in enumerate(ends) if start >= last), len(ends))
        ends[lane : lane + 1] = [end]
        found[number] = (lane, 1)
        group.append(number)
    close()
    return found
