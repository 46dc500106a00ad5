"""The ICS feed as a file: what RFC 5545 and RFC 7986 want, and what subscribers rely on."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.tz import tzical
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calsync.calendars.ics import IcsCalendar, vtimezone
from calsync.errors import RefusedToProtectData, TargetUnavailable
from calsync.event import Event
from calsync.sync import diff
from calsync.timespan import Timespan
from calsync.training import Kind, Load
from tests.soak import usually

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def event(day: int, summary: str = "Run", **more: object) -> Event:
    start = datetime(2026, 11, day, 7, tzinfo=UTC)
    found = Event(f"2026-W48/run/tue-{day}", Timespan(start, start + timedelta(hours=1)), summary)
    return replace(found, **more)  # type: ignore[arg-type]


def push(
    path: Path, *wanted: Event, now: datetime = NOW, plan: str = "training", zone: str = "Europe/London"
) -> bytes:
    loaded = IcsCalendar("feed", path, plan, ZoneInfo(zone)).load()
    loaded.apply(diff(wanted, loaded.contents.events, now=now), now)
    return path.read_bytes() if path.exists() else b""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.ics"


def lines(content: bytes) -> list[bytes]:
    return content.replace(b"\r\n ", b"").split(b"\r\n")


# --- the form ---------------------------------------------------------------------------------------------


def test_a_whole_feed_byte_for_byte(path: Path) -> None:
    """What is pinned here, subscribers see: a change of any byte is a change of every feed there is."""
    wanted = event(
        24, "Äpfel, Birnen", description="One\nTwo; three", categories=("Running", "Easy"), kind=Kind.EASY
    )
    found = push(path, wanted)
    head, _, rest = found.partition(b"BEGIN:VTIMEZONE\r\n")
    assert lines(head)[:-1] == [line for line in lines(head)[:-1] if line]
    assert {
        b"BEGIN:VCALENDAR",
        b"VERSION:2.0",
        b"PRODID:-//calsync//calsync//EN",
        b"NAME:training",
        b"X-WR-CALNAME:training",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        b"X-PUBLISHED-TTL:PT1H",
    } <= set(lines(head))
    body = rest.partition(b"END:VTIMEZONE\r\n")[2]
    assert sorted(lines(body)) == sorted(
        [
            b"BEGIN:VEVENT",
            b"UID:2026-W48-run-tue-24@training.calsync",
            b"DTSTAMP:20261123T060000Z",
            b"LAST-MODIFIED:20261123T060000Z",
            b"SEQUENCE:217576800",
            b"DTSTART;TZID=Europe/London:20261124T070000",
            b"DTEND;TZID=Europe/London:20261124T080000",
            "SUMMARY:Äpfel\\, Birnen".encode(),
            b"DESCRIPTION:One\\nTwo\\; three",
            b"CATEGORIES:Running,Easy",
            b"TRANSP:OPAQUE",
            b"X-CALSYNC-KIND:easy",
            b"END:VEVENT",
            b"END:VCALENDAR",
            b"",
        ]
    )


@settings(max_examples=usually(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300))
def test_lines_are_folded_at_75_octets_and_split_no_character(path: Path, text: str) -> None:
    content = push(path, event(24, text, description=text, alarm=timedelta(0)), event(25, "é" * 200))
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
        assert line.strip() or not line
    for line in lines(content)[:-1]:
        assert re.match(rb"[A-Z-]+[;:]", line)
    path.unlink()


def test_every_zone_that_is_named_is_defined_once(path: Path) -> None:
    content = push(path, event(24), event(25))
    used = set(re.findall(rb"TZID=([^:;]+)", content))
    defined = re.findall(rb"^TZID:(.+)\r$", content, re.MULTILINE)
    assert used == set(defined)
    assert len(defined) == 1
    assert b"TZID" not in push(path.with_name("utc.ics"), event(24), zone="UTC").partition(b"BEGIN:VEVENT")[2]


SOME_ZONES = """
    Europe/London Europe/Berlin Europe/Dublin America/New_York America/Santiago America/St_Johns America/Nuuk
    Africa/Casablanca Africa/Cairo Asia/Kathmandu Asia/Tehran Asia/Gaza Australia/Lord_Howe Australia/Adelaide
    Antarctica/Troll Pacific/Chatham Pacific/Apia Etc/GMT-14
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", SOME_ZONES)
@pytest.mark.parametrize("year", [2026, 2030])
def test_the_vtimezone_says_what_the_zone_says(name: str, year: int) -> None:
    """Read by dateutil, which knows the zone from the VTIMEZONE alone."""
    assert name in available_timezones()
    zone = ZoneInfo(name)
    text = vtimezone(zone, year).to_ical().decode()
    (read,) = (tzical(io.StringIO(text)).get(known) for known in tzical(io.StringIO(text)).keys())  # noqa: SIM118
    at = datetime(year, 1, 1)
    while at < datetime(year + 4, 1, 1):
        here = at.replace(tzinfo=zone)
        # Wall times that are skipped, or occur twice, readers take differently: those are written in UTC.
        is_shown_once = here.utcoffset() == here.replace(fold=1).utcoffset()
        if is_shown_once and here.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at:
            assert at.replace(tzinfo=read).utcoffset() == here.utcoffset(), at
        at += timedelta(hours=7)


def test_an_hour_that_occurs_twice_is_said_so_that_nobody_can_err(path: Path) -> None:
    nights = [
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),  # 01:30 in London, for the first time
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),  # and for the second
    ]
    wanted = [
        Event(f"2027-W43/run/sun-{n}", Timespan(start, start + timedelta(minutes=20)), "Run")
        for n, start in enumerate(nights, start=1)
    ]
    content = push(path, *wanted)
    assert b"DTSTART:20271031T003000Z" in content
    assert b"DTSTART:20271031T013000Z" in content


# --- what subscribers remember ----------------------------------------------------------------------------


def blocks(content: bytes) -> dict[bytes, bytes]:
    found = re.findall(rb"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", content, re.DOTALL)
    return {re.search(rb"UID:(.*)\r", block)[1]: block for block in found}  # type: ignore[index]


def sequence(block: bytes) -> int:
    found = re.search(rb"SEQUENCE:(\d+)", block)
    assert found
    return int(found[1])


def test_only_what_changed_changes(path: Path) -> None:
    before = blocks(push(path, event(24), event(25), event(26)))
    later = NOW + timedelta(minutes=5)
    after = blocks(push(path, event(24), event(25, "Other"), event(26), now=later))
    changed = b"2026-W48-run-tue-25@training.calsync"
    assert [uid for uid in before if before[uid] != after[uid]] == [changed]
    assert sequence(after[changed]) > sequence(before[changed])
    assert b"DTSTAMP:20261123T060500Z" in after[changed]


@settings(max_examples=usually(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(-3, 3), st.sampled_from("abc")), max_size=8))
def test_the_sequence_rises_with_every_change_even_if_the_clock_does_not(
    path: Path, steps: list[tuple[int, str]]
) -> None:
    path.unlink(missing_ok=True)
    now, known = NOW, blocks(push(path, event(24, "start")))
    for seconds, summary in steps:
        now += timedelta(seconds=seconds)
        new = blocks(push(path, event(24, summary), now=now))
        for uid, block in new.items():
            assert (sequence(block) > sequence(known[uid])) == (block != known[uid])
        known = new


def test_past_events_stay_for_eight_weeks(path: Path) -> None:
    push(path, event(24), event(26))
    end = datetime(2026, 11, 24, 8, tzinfo=UTC) + timedelta(weeks=8)
    assert len(blocks(push(path, now=end - timedelta(seconds=1)))) == 2
    assert list(blocks(push(path, now=end))) == [b"2026-W48-run-tue-26@training.calsync"]


def test_another_day_alone_rewrites_nothing(path: Path) -> None:
    push(path, event(24), event(26))
    inode = path.stat().st_ino
    for days in (1, 2, 3, 30, 50):
        push(path, event(24), event(26), now=NOW + timedelta(days=days))
    assert path.stat().st_ino == inode


# --- whose events they are --------------------------------------------------------------------------------

FOREIGN = (
    b"BEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20261124T090000Z\r\n"
    b'DTEND:20261124T100000Z\r\nSUMMARY:Dinner\\, with X\r\nX-ODD;A="b;c":1\r\nEND:VEVENT\r\n'
)


@pytest.mark.parametrize(
    "uid",
    [
        b"abc@example.com",
        b"2026-W48-run-tue-24@other.calsync",
        b"2026-W48-run-tue-24@training.calsync.example",
        b"2026-W48-run-tue-24@x.training.calsync",
        b"2026-W48-run-tue-24@TRAINING.calsync",
    ],
)
def test_events_of_others_are_not_seen_and_not_touched(path: Path, uid: bytes) -> None:
    foreign = FOREIGN % uid
    push(path, event(24))
    path.write_bytes(path.read_bytes().replace(b"END:VCALENDAR", foreign + b"END:VCALENDAR"))
    calendar = IcsCalendar("feed", path, "training", LONDON)
    assert [stored.key for stored in calendar.load().contents.events] == [event(24).key]
    for wanted in ([event(24), event(25)], [event(25, "New")], []):
        content = push(path, *wanted)
        assert foreign in content
        assert len(blocks(content)) == len(wanted) + 1


def test_a_feed_with_nothing_of_ours_is_somebody_elses(path: Path) -> None:
    path.write_bytes(
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n" + FOREIGN % b"a" + b"END:VCALENDAR\r\n"
    )
    before = path.read_bytes()
    with pytest.raises(RefusedToProtectData, match=re.escape(str(path))):
        push(path, event(24))
    assert path.read_bytes() == before


def test_a_file_that_appears_after_the_look_is_not_replaced(path: Path) -> None:
    """Another program's, or the same feed as another plan has just written it."""
    loaded = IcsCalendar("feed", path, "training", LONDON).load()
    changes = diff([event(24)], (), now=NOW)
    path.write_bytes(b"somebody else's")
    applied = loaded.apply(changes, NOW)
    assert (applied.look_again, applied.changes) == (True, ())
    assert path.read_bytes() == b"somebody else's"
    with pytest.raises(RefusedToProtectData, match="did not write"):
        push(path, event(24))


def test_two_plans_may_write_the_same_file_at_the_same_time(path: Path) -> None:
    loaded = IcsCalendar("feed", path, "training", LONDON).load()
    push(path, event(25), plan="other")
    assert loaded.apply(diff([event(24)], (), now=NOW), NOW).look_again
    assert len(blocks(push(path, event(24)))) == 2


def test_a_path_that_can_not_be_read_is_no_empty_feed(tmp_path: Path) -> None:
    with pytest.raises(TargetUnavailable, match="can't be read"):
        IcsCalendar("feed", tmp_path, "training", LONDON).load()


# --- damage -----------------------------------------------------------------------------------------------

WANTED = [
    event(24, "Äpfel, Birnen", description="One\nTwo", kind=Kind.EASY, alarm=timedelta(minutes=30)),
    event(25, categories=("Running",)),
    event(26, load=Load.LIGHT, routine="x"),
]


@settings(max_examples=usually(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 1), zeros=st.sampled_from([0, 1, 512]))
def test_a_feed_that_ends_too_early_is_completed(path: Path, part: float, zeros: int) -> None:
    """A disk that was full, or a power cut. The head stays: a file without it might be anybody's."""
    path.unlink(missing_ok=True)
    whole = push(path, *WANTED)
    head = whole.index(b"BEGIN:VTIMEZONE")
    cut = head + round(part * (len(whole) - head))
    path.write_bytes(whole[:cut] + b"\0" * zeros)
    content = push(path, *WANTED)
    calendar = IcsCalendar("feed", path, "training", LONDON)
    assert [stored.event for stored in calendar.load().contents.events] == WANTED
    assert content == whole
