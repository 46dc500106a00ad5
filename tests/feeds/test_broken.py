"""What holds of the reading of every body (tests/fuzz/promises.py), for some of each kind.

python -m tests.fuzz goes on for longer, with larger bodies, and looks at time and memory.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.feeds.broken import bodies
from tests.fuzz.__main__ import Report, read_again
from tests.fuzz.inputs import Input, Inputs
from tests.fuzz.promises import check, question
from tests.fuzz.worker import MEGABYTES, OutOfTime, Verdict, Worker, at_most
from tests.soak import usually

some = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=usually(60))
GOOD = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261126\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n"


@some
@given(bodies())
def test_what_is_promised_holds_for_broken_calendars(body: bytes) -> None:
    check(body)


@settings(some, max_examples=usually(20))
@given(st.integers(0, 2**30))
def test_what_is_promised_holds_for_mutations(seed: int) -> None:
    made = Inputs(Random(seed), largest=20_000)
    for _ in range(3):
        check(made.mutated(made.random.choice(made.seeds)))
    check(made.grown(made.random.choice(made.seeds), 10_000).body)


def steps(function: Callable[[], Any]) -> int:
    """How many functions are called: time that is the same on every machine."""
    number = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal number
        number += 1

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return number


@settings(some, max_examples=usually(20))
@given(st.integers(0, 2**30))
def test_twice_the_calendar_takes_at_most_twice_the_steps(seed: int) -> None:
    def grown(times: int) -> bytes:
        made = Inputs(Random(seed))
        return made.grown(made.random.choice(made.seeds), 10_000, times).body

    asked = question(b"")
    small, large = (steps(partial(check, grown(times), ways=0, asked=asked)) for times in (2, 4))
    assert large <= 2.2 * small + 20_000


EVENT = "BEGIN:VEVENT\nUID:{0}\nDTSTART:20261124T100000Z\nRRULE:FREQ=DAILY\n{1}END:VEVENT\n"
ZONE = (
    "BEGIN:VTIMEZONE\nTZID:{0}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY\n"
    "END:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID={0}:20261124T100000\nEND:VEVENT\n"
)
CALENDAR = "BEGIN:VCALENDAR\n{0}END:VCALENDAR\n"
WORST: dict[str, Callable[[], str]] = {
    "folds": lambda: EVENT.format(1, "DESCRIPTION:" + "\n " * 5_000_000 + "\n"),
    "lines": lambda: EVENT.format(1, "UID:\n" * 2_000_000),
    "starts": lambda: EVENT.format(1, "DTSTART:1\n" * 1_000_000),
    "days of a rule": lambda: EVENT.format(1, f"RRULE:FREQ=YEARLY;BYDAY=1MO{',0MO' * 2_500_000}\n"),
    "exceptions in a rule": lambda: EVENT.format(1, f"RRULE:FREQ=DAILY;EXDATE={'1,' * 5_000_000}\n"),
    "parameters": lambda: EVENT.format(1, "DTSTART;" + 'A="b";' * 1_600_000 + "TZID=UTC:20261124T100000\n"),
    "escapes": lambda: EVENT.format(1, "SUMMARY:\U0001f600" + "\\," * 5_000_000 + "\n"),
    "events": lambda: "".join(EVENT.format(number, "") for number in range(120_000)),
    "zones": lambda: "".join(ZONE.format(number) for number in range(50_000)),
    "calendars": lambda: ("END:VCALENDAR\nBEGIN:VCALENDAR\n" + EVENT.format(1, "")) * 80_000,
}


@pytest.mark.parametrize("kind", WORST)
def test_ten_megabytes_take_no_more_than_300_of_memory(kind: str) -> None:
    """In all, with Python itself. The fuzzer found that these took more, or came near."""
    worker = Worker()
    verdict = worker.judge(CALENDAR.format(WORST[kind]()).encode())
    worker.stop()
    assert verdict.finding in ("", "time"), verdict.details  # how fast this machine is is no question here
    assert verdict.megabytes < MEGABYTES


# --- the fuzzer itself -------------------------------------------------------------------------------------


def test_a_body_is_judged_in_a_process_of_its_own() -> None:
    worker = Worker()
    verdicts = [worker.judge(GOOD), worker.judge(b"<html>"), worker.judge_surely(GOOD)]
    worker.stop()
    assert [verdict.finding for verdict in verdicts] == ["", "", ""]
    assert "1 spans" in verdicts[0].met
    assert any(line.startswith("NotACalendar") for line in verdicts[1].met)
    assert all(0 <= verdict.seconds < 5 and 10 < verdict.megabytes < 300 for verdict in verdicts)


def test_what_takes_for_ever_is_stopped() -> None:
    def for_ever() -> None:
        while True:
            pass

    with pytest.raises(OutOfTime), at_most(0.05):
        for_ever()


def test_a_finding_is_kept_once_with_all_that_is_needed_to_mend_it(tmp_path: Path) -> None:
    report = Report(tmp_path / "findings")
    trace = 'File "x/calsync/feeds/ics.py", line {}, in moment\nValueError: {}'
    for number in (1, 2):
        report.keep(
            Input("mutated", GOOD), Verdict(finding="ValueError", details=trace.format(number, number))
        )
    assert sum(report.findings.values()) == 2
    (body,) = report.folder.glob("*.ics")
    (text,) = report.folder.glob("*.txt")
    assert body.read_bytes() == GOOD
    assert "ValueError: 1" in text.read_text()
    assert str(question(GOOD).window.start.year) in text.read_text()
    assert "finding, 2 times: ValueError in calsync/feeds/ics.py, moment" in report.text()
    assert read_again([body]) == 0
