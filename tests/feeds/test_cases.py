"""Calendars as people have them: some program read each file of cases/ wrong, and busy.json is right."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calsync.feeds.busy import read_busy
from calsync.timespan import Timespan, merge

CASES = Path(__file__).parent / "cases"
ALL = json.loads((CASES / "busy.json").read_text())


def test_each_file_is_a_case() -> None:
    assert sorted(file.stem for file in CASES.glob("*.ics")) == sorted(case["id"] for case in ALL)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in ALL])
def test_the_case_is_read_right(case: dict[str, Any]) -> None:
    zone = ZoneInfo(case["tz"])
    start = datetime.fromisoformat(case["from"]).replace(tzinfo=zone)
    window = Timespan(start.astimezone(UTC), (start + timedelta(days=case["days"])).astimezone(UTC))
    expected = merge(Timespan(*map(datetime.fromisoformat, span)) for span in case["expected"])
    body = (CASES / f"{case['id']}.ics").read_bytes()
    assert read_busy(body, window, zone).spans == expected, case["shape"]
