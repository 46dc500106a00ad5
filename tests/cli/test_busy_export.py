"""`calsync busy` and `calsync export`."""

import shutil
from datetime import datetime

import pytest

from tests.cli.box import ROOT, Box, blocks, by_key

SOURCES = """
[[busy]]
name = "work"
type = "ics"
path = "busy.ics"
[[busy]]
name = "home"
type = "ics"
path = "home.ics"
"""
HOME = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
    "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20261124T200000Z\r\nDTEND:20261124T210000Z\r\n"
    "SUMMARY:A private matter\r\nEND:VEVENT\r\n"
    "BEGIN:VEVENT\r\nUID:b\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20261124T203000Z\r\nDTEND:20261124T220000Z\r\n"
    "SUMMARY:Another\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def busy(box: Box) -> Box:
    shutil.copy(ROOT / "examples" / "busy.ics", box.folder / "busy.ics")
    box.write("home.ics", HOME)
    box.config(more=SOURCES)
    return box


def test_json_is_the_contract(busy: Box) -> None:
    found = busy.ok("busy", "--format", "json").json
    assert isinstance(found, list)
    for entry in found:
        assert set(entry) >= {"source", "start", "end"}
        start, end = (datetime.fromisoformat(entry[name]) for name in ("start", "end"))
        assert start.utcoffset() is not None
        assert start < end
    assert {entry["source"] for entry in found} == {"work", "home"}
    # Merged for each source, and not across them.
    assert [entry for entry in found if entry["source"] == "home"] == [
        {"source": "home", "start": "2026-11-24T20:00:00+00:00", "end": "2026-11-24T22:00:00+00:00"}
    ]
    work = [entry for entry in found if entry["source"] == "work"]
    assert work[0]["start"] == "2026-11-23T09:00:00+00:00"
    assert work[0]["end"] == "2026-11-23T12:45:00+00:00"


def test_one_source_some_days(busy: Box) -> None:
    found = busy.ok(
        "busy", "--format", "json", "--source", "work", "--from", "2026-12-10", "--days", "1"
    ).json
    assert [(entry["start"], entry["end"]) for entry in found] == [
        ("2026-12-10T09:00:00+00:00", "2026-12-10T17:30:00+00:00")
    ]
    assert busy.ok("busy", "--format", "json", "--from", "2026-11-29", "--days", "1").json == []


@pytest.mark.parametrize("said", ["tomorrow", "tue", "Tuesday", "24 Nov", "24.11."])
def test_the_first_day_is_named_as_people_say_it(busy: Box, said: str) -> None:
    args = ("busy", "--format", "json", "--source", "home", "--days", "1")
    assert busy.ok(*args, "--from", said).json == busy.ok(*args, "--from", "2026-11-24").json != []


def test_days_are_those_of_the_plans_zone(busy: Box) -> None:
    busy.config(more=SOURCES, zone="Asia/Tokyo")
    args = ("busy", "--format", "json", "--source", "home", "--days", "1")
    assert busy.ok(*args, "--from", "2026-11-24").json == []
    assert busy.ok(*args, "--from", "2026-11-25").json == [
        {"source": "home", "start": "2026-11-25T05:00:00+09:00", "end": "2026-11-25T07:00:00+09:00"}
    ]


def test_the_table_has_each_source_and_no_titles(busy: Box) -> None:
    out = busy.ok("busy").out
    assert "work" in out
    assert "home" in out
    assert "Tue 24 Nov 2026-W48" in out
    assert "20:00-22:00" in out
    assert "2 h" in out
    assert "private" not in out
    assert "Choir" not in out


def test_without_sources_people_are_told_and_programs_get_an_empty_list(box: Box) -> None:
    assert box.ok("busy", "--format", "json").json == []
    result = box.ok("busy")
    assert result.out == ""
    assert "[[busy]]" in result.err


def test_a_source_that_fails_is_named(busy: Box) -> None:
    (busy.folder / "home.ics").unlink()
    result = busy.run("busy")
    assert (result.code, result.out) == (5, "")
    assert "home" in result.error
    assert busy.run("busy", "--source", "work").code == 0


# --- export -----------------------------------------------------------------------------------------------


def test_export_prints_a_calendar_and_nothing_else(box: Box) -> None:
    result = box.process("export")
    assert result.code == 0
    assert result.err == ""
    content = result.stdout
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert len(blocks(content)) == 14
    assert not box.feed.exists()


def test_export_is_what_push_would_write(box: Box) -> None:
    exported = box.ok("export").stdout
    box.push()
    assert box.feed.read_bytes() == exported


def test_export_into_a_file(box: Box) -> None:
    result = box.ok("export", "new/folder/plan.ics")
    assert result.out == ""
    assert "14 events" in result.err
    assert (box.folder / "new" / "folder" / "plan.ics").read_bytes() == box.ok("export").stdout


def test_export_respects_what_is_published_and_touches_no_target(box: Box) -> None:
    box.push()
    before = box.feed.read_bytes()
    box.ok("move", "2026-W48/strength/1", "2026-11-25T18:00")
    box.ok("skip", "2026-W48/run/tue-1")
    exported = by_key(box.ok("export").stdout)
    assert exported["2026-W48/strength/1"]["DTSTART"] == "20261125T180000"
    assert "2026-W48/run/tue-1" not in exported
    assert box.feed.read_bytes() == before


def test_an_export_that_can_not_be_written_says_why(box: Box) -> None:
    for path in ("/proc/plan.ics", "config.toml/plan.ics"):
        result = box.run("export", path)
        assert (result.code, result.out) == (5, "")
        assert path in result.error
    assert box.run("export", ".").code == 2


def test_an_empty_plan_is_a_valid_calendar(box: Box) -> None:
    box.config(more="[[pause]]\nfrom = 2026-11-01\nto = 2027-12-01\n")
    content = box.ok("export").stdout
    assert blocks(content) == {}
    assert content.endswith(b"END:VTIMEZONE\r\nEND:VCALENDAR\r\n")
