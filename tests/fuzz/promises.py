"""What holds of the reading of every body, whatever is in it.

It raises our own errors alone. An answer is in order, within what was asked for, and bounded. It is the same
when the body is read again, or has other line ends or folds; and of a part of the window it is that part.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calsync.errors import CalsyncError
from calsync.feeds import MOST_WARNINGS, BusyTime, Reading
from calsync.feeds.busy import read_busy
from calsync.feeds.workouts import PlatformFeed, read_workouts
from calsync.timespan import Timespan, merge

LONGEST_LINE = 300
"""Characters of a warning: a name of 80, another in what is said of it, and the words around them."""

Run = Callable[[str, Callable[[], Any]], Any]
"""Calls a function and returns its result; is told what it does."""


class BrokenPromise(Exception):
    pass


@dataclass(frozen=True)
class Question:
    """What is asked of a body."""

    window: Timespan
    zone: ZoneInfo
    reading: Reading

    @property
    def part(self) -> Timespan:
        """A stretch in the middle of the window, with days around it that an answer could come from."""
        return Timespan(self.window.start + timedelta(days=9), self.window.end - timedelta(days=10, hours=7))

    @property
    def first(self) -> date:
        return self.window.start.astimezone(self.zone).date()

    @property
    def last(self) -> date:
        return self.window.end.astimezone(self.zone).date()


_STARTS = (
    datetime(2026, 11, 23, tzinfo=UTC),
    datetime(2026, 10, 11, 23, tzinfo=UTC),
    datetime(2027, 3, 1, tzinfo=UTC),
)
_ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC")
_READINGS = (
    Reading(),
    Reading(all_day_busy=False, tentative_busy=False),
    Reading(email="me@example.org", ignore=("*lunch*", "[!a-z]*")),
)


def question(body: bytes) -> Question:
    """Another one for each body, and always the same for the same."""
    number = zlib.crc32(body)
    number, start = divmod(number, len(_STARTS))
    number, zone = divmod(number, len(_ZONES))
    number, reading = divmod(number, len(_READINGS))
    window = Timespan(_STARTS[start], _STARTS[start] + timedelta(days=28))
    return Question(window, ZoneInfo(_ZONES[zone]), _READINGS[reading])


def call(what: str, function: Callable[[], Any]) -> Any:
    return function()


def check(body: bytes, run: Run = call, ways: int = 5, asked: Question | None = None) -> set[str]:
    """Reads the body, and in so many of the other ways that must give the same answer.

    Says what was met, but for names and numbers.

    Raises BrokenPromise, and what the reading raises beside our own errors.
    """
    asked = asked or question(body)
    busy = _answer(run, "busy", lambda: read_busy(body, asked.window, asked.zone, asked.reading))
    if isinstance(busy, BusyTime):
        _check_busy(busy, asked.window)
    feed = _answer(run, "workouts", lambda: read_workouts(body, asked.first, asked.last, asked.zone))
    if isinstance(feed, PlatformFeed):
        _check_workouts(feed, asked.first, asked.last)
    others = (_again, _with_other_lines, _of_a_part, _of_some_days, _with_another)
    for way in range(ways):
        others[(zlib.crc32(body) + way) % len(others)](body, run, asked, busy, feed)
    return _met(busy, feed)


def _again(body: bytes, run: Run, asked: Question, busy: Any, feed: Any) -> None:
    again = _answer(run, "busy again", lambda: read_busy(body, asked.window, asked.zone, asked.reading))
    _expect("reads the same body", again, busy)


def _with_other_lines(body: bytes, run: Run, asked: Question, busy: Any, feed: Any) -> None:
    for what, other in written_otherwise(body):
        read = _answer(
            run, what, lambda other=other: read_busy(other, asked.window, asked.zone, asked.reading)
        )
        if isinstance(read, BusyTime) and isinstance(busy, BusyTime):
            # What is surely outside the window is not read, and nothing is said of it; a fold may hide that.
            _expect(what, (read.spans, read.events), (busy.spans, busy.events))
        elif isinstance(read, BusyTime) or isinstance(busy, BusyTime):
            _expect(what, read, busy)


def _of_a_part(body: bytes, run: Run, asked: Question, busy: Any, feed: Any) -> None:
    if isinstance(busy, BusyTime) and not _exceeds(busy.warnings):
        part = _answer(run, "a part", lambda: read_busy(body, asked.part, asked.zone, asked.reading))
        clipped = merge(span for whole in busy.spans if (span := whole.clipped(asked.part)))
        if isinstance(part, BusyTime) and not _exceeds(part.warnings):
            _expect("reads a part of the window", part.spans, clipped)


def _of_some_days(body: bytes, run: Run, asked: Question, busy: Any, feed: Any) -> None:
    if isinstance(feed, PlatformFeed):
        first, last = asked.first + timedelta(days=9), asked.last - timedelta(days=10)
        part = _answer(run, "some days", lambda: read_workouts(body, first, last, asked.zone))
        if isinstance(part, PlatformFeed) and not _exceeds((*feed.warnings, *part.warnings)):
            within = tuple(workout for workout in feed.workouts if first <= workout.day <= last)
            _expect("reads some of the days", part.workouts, within)


_ANOTHER = (
    b"BEGIN:VCALENDAR\nX-WR-TIMEZONE:UTC\nBEGIN:VEVENT\nUID:another\nDTSTART:20200101T100000\nDURATION:PT1H\n"
    b"RRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n"
)


def _with_another(body: bytes, run: Run, asked: Question, busy: Any, feed: Any) -> None:
    """What stands behind a calendar in the same body is read as if it were alone."""
    if (
        not body.rstrip().upper().endswith(b"\nEND:VCALENDAR")
        or b"\0" in body
        or not isinstance(busy, BusyTime)
    ):
        return
    both = body.rstrip() + b"\n" + _ANOTHER
    read = _answer(run, "another behind", lambda: read_busy(both, asked.window, asked.zone, asked.reading))
    if isinstance(read, BusyTime) and _exceeds((*busy.warnings, *read.warnings)):
        return
    other = read_busy(_ANOTHER, asked.window, asked.zone, asked.reading)
    _expect(
        "reads it with another behind",
        (read.spans, read.events) if isinstance(read, BusyTime) else read,
        (merge((*busy.spans, *other.spans)), busy.events + 1),
    )


def _answer(run: Run, what: str, function: Callable[[], Any]) -> Any:
    """An error of ours is an answer, too."""
    try:
        return run(what, function)
    except CalsyncError as error:
        return f"{type(error).__name__}: {error}"


def _expect(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise BrokenPromise(f"{what}, and answers\n  {found}\ninstead of\n  {expected}")


def _promise(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenPromise(what)


def _check_busy(busy: BusyTime, window: Timespan) -> None:
    _promise(busy.spans == merge(busy.spans), f"spans that are not merged or not in order: {busy.spans}")
    for span in busy.spans:
        _promise(window.start <= span.start and span.end <= window.end, f"outside the window: {span}")
    _check_lines(busy.warnings)
    _check_lines(busy.guesses)


def _check_workouts(feed: PlatformFeed, first: date, last: date) -> None:
    days = [workout.day for workout in feed.workouts]
    _promise(days == sorted(days), "workouts that are not in order")
    _promise(all(first <= day <= last for day in days), "workouts on other days")
    for workout in feed.workouts:
        # A runner may be two characters and what joins them, which is not printable.
        is_line = not any(unicodedata.category(character) == "Cc" for character in workout.title)
        _promise(0 < len(workout.title) <= 2000 and is_line, f"title: {workout.title[:3000]!r}")
        _promise(
            workout.minutes is None or 0 < workout.minutes <= 48 * 60, f"lasts {workout.minutes} minutes"
        )
        _promise(workout.start is None or 0 <= workout.start < 24 * 60, f"starts at minute {workout.start}")
    _check_lines(feed.warnings)


def _check_lines(lines: tuple[str, ...]) -> None:
    _promise(len(lines) <= MOST_WARNINGS + 1, f"{len(lines)} warnings or guesses")
    for line in lines:
        _promise(0 < len(line) <= LONGEST_LINE, f"{len(line)} characters: {line[:1000]}")
        _promise(line.isprintable(), f"control characters: {line!r}")


_LIMITS = re.compile(r"busy from its start|more often than|too many|takes? nothing out|taken once only|limit")


def _exceeds(warnings: tuple[str, ...]) -> bool:
    """True if something was given up: how much depends on the window."""
    return any(_LIMITS.search(warning) for warning in warnings)


def written_otherwise(body: bytes) -> list[tuple[str, bytes]]:
    """The same calendar with other line ends, and folded more often."""
    if b"\r" in body or b"\0" in body or body[:1] in b"\xff\xfe":
        return []
    # A byte order mark is one at the beginning of a line only.
    folded = b"\n".join(
        line if len(line) < 4 or line[0] == 0xEF else line[: len(line) // 2] + b"\n " + line[len(line) // 2 :]
        for line in body.split(b"\n")
    )
    return [("reads CRLF for LF", body.replace(b"\n", b"\r\n")), ("reads it with more folds", folded)]


_NAMES = re.compile(r'"[^"]*"|^event .*? (?=is|has|ends|repeats|replaces|without|lasts|in )|\d+|[A-Z]+=\S+')


def _met(busy: Any, feed: Any) -> set[str]:
    """What was said, and roughly how much was found, for telling whether a body is of a new kind."""
    met = set()
    for answer in (busy, feed):
        if isinstance(answer, str):
            met.add(answer)
            continue
        for line in (*answer.warnings, *getattr(answer, "guesses", ())):
            met.add(_NAMES.sub("#", line))
    if isinstance(busy, BusyTime):
        met.add(f"{min(len(busy.spans), 8)} spans")
    if isinstance(feed, PlatformFeed):
        met |= {f"{workout.sort} {workout.kind} {workout.minutes is None}" for workout in feed.workouts[:20]}
    return met
