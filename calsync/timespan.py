"""Stretches of absolute time: when two of them overlap, and how they are merged.

Zones and days come in where a template becomes dates, and where a person reads.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter


@dataclass(frozen=True, slots=True, order=True)
class Timespan:
    """The instants from `start` (included) to `end` (excluded), both in UTC.

    Any aware datetime is accepted and converted.

    Raises ValueError for a naive datetime, or when `end` is not after `start`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value: datetime = getattr(self, name)
            if value.tzinfo is not UTC:
                if value.utcoffset() is None:
                    raise ValueError(f"{name} has no UTC offset: {value!r}")
                object.__setattr__(self, name, value.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError(f"ends at {self.end.isoformat()}, not after its start {self.start.isoformat()}")

    @property
    def duration(self) -> timedelta:
        """Elapsed time, also across a change of clocks."""
        return self.end - self.start

    @property
    def minutes(self) -> int:
        """Elapsed minutes, rounded."""
        return round(self.duration / timedelta(minutes=1))

    def overlaps(self, other: "Timespan") -> bool:
        """True if they share an instant; touching is not overlapping."""
        return self.start < other.end and other.start < self.end

    def padded(self, margin: timedelta) -> "Timespan":
        """This stretch with `margin` more on both sides."""
        return Timespan(self.start - margin, self.end + margin)

    def clipped(self, window: "Timespan") -> "Timespan | None":
        """The part inside `window`; None if there is none."""
        start, end = max(self.start, window.start), min(self.end, window.end)
        return Timespan(start, end) if start < end else None


def overlapping(spans: Sequence[Timespan], other: Timespan) -> Sequence[Timespan]:
    """Those that overlap `other`, of `spans` that are merged."""
    first = bisect_right(spans, other.start, key=attrgetter("end"))
    return spans[first : bisect_left(spans, other.end, key=attrgetter("start"))]


def merge(spans: Iterable[Timespan]) -> tuple[Timespan, ...]:
    """The same instants as few, ordered, disjoint stretches; touching ones are joined."""
    merged: list[Timespan] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Timespan(merged[-1].start, span.end)
        else:
            merged.append(span)
    return tuple(merged)
