"""Feeds to show to other programs, each with what calsync wants these to see.

Decides which events are hard to read. Knows nothing of who reads them.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from calsync.app.gather import gather_plan
from calsync.app.setup import load_setup
from calsync.calendars.ics import IcsCalendar
from calsync.event import BUSY, Event, neutral_uid, uid
from calsync.sync import diff
from calsync.timespan import Timespan
from calsync.words import one_line, plain_lines

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
# Every event of every feed lies within it.
FIRST, LAST = datetime(2025, 12, 31, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC)

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour, in the southern summer
    "Europe/Dublin",  # its summer time is the standard one
    "Africa/Casablanca",  # follows the moon: no yearly rule
    "Asia/Kathmandu",  # a quarter of an hour, no changes
    "UTC",
)
# Where clocks show an hour (or half of one) twice.
DOUBLING_ZONES = ZONES[:4]


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """What a reader says about one event."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    description: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A file and what is to be seen in it. `title` is the calendar's."""

    name: str
    path: Path
    zone: str
    events: tuple[Event, ...]
    plan: str
    title: str

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @property
    def wanted(self) -> set[Seen]:
        uid_of = neutral_uid if self.title == BUSY else uid
        return {
            Seen(uid_of(e.key, self.plan), e.span.start, e.span.end, e.summary, e.description)
            for e in self.events
        }


# --- feeds as `calsync push` writes them ------------------------------------------------------------------

MORE_TARGETS = """
[[targets]]
name = "reminders"
type = "ics"
path = "public/reminders.ics"
alarm = "30m"

[[targets]]
name = "family"
type = "ics"
path = "public/family.ics"
detail = "busy"
"""


def pushed_feeds(folder: Path) -> Iterator[Feed]:
    """The example config's feed, the same with reminders, and one with busy time only."""
    (folder / "examples").mkdir()
    (folder / "examples" / "busy.ics").write_bytes((ROOT / "examples" / "busy.ics").read_bytes())
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    (folder / "config.toml").write_text(example + MORE_TARGETS, encoding="utf-8")
    variables = {
        "CALSYNC_STATE": str(folder / "state"),
        "CALSYNC_CONFIG": str(folder / "config.toml"),
        "PYTHONPATH": str(ROOT),
    }
    with patch.dict(os.environ, variables):
        # Before the push, while nothing is there that a plan could keep.
        gathered = gather_plan(load_setup(folder / "config.toml"), NOW)
        command = [sys.executable, "-m", "calsync", "push", "--now", NOW.isoformat()]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for target in gathered.targets:
        events = tuple(e for e in target.wanted(gathered.events) if e.span.start > NOW)
        path = folder / f"push-{target.settings.name}.ics"
        path.write_bytes(target.settings.path.read_bytes())
        title = BUSY if target.settings.name == "family" else "Strength & runs"
        yield Feed(path.stem, path, "Europe/London", events, "training", title)


# --- feeds of hard events ---------------------------------------------------------------------------------


def written_feed(folder: Path, name: str, zone: str, events: Sequence[Event], now: datetime = FIRST) -> Feed:
    """`events` in a feed of the plan `name`; what is there already is updated."""
    path = folder / f"{name}.ics"
    loaded = IcsCalendar(name, path, name, ZoneInfo(zone)).load()
    loaded.apply(diff(events, loaded.contents.events, now=now), now)
    return Feed(name, path, zone, tuple(events), name, name)


def event(number: int, start: datetime, end: datetime, summary: str, description: str = "") -> Event:
    year, week, _ = start.isocalendar()
    key = f"{year}-W{week:02}/strength/{number}"
    return Event(key, Timespan(start, end), summary, description, ("Strength", "Moderate"))


def transitions(zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    """The first instant of each new offset, found minute by minute within the days that have two."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    found = []
    day = begin
    while day < end:
        if offset(day) != offset(day + timedelta(days=1)):
            minutes = (day + timedelta(minutes=m) for m in range(1, 24 * 60 + 1))
            found += [at for at in minutes if offset(at) != offset(at - timedelta(minutes=1))]
        day += timedelta(days=1)
    return found


def zone_events(name: str) -> tuple[Event, ...]:
    """Around every change of clocks of two years: before, across, at and after it; and days far from any."""
    zone = ZoneInfo(name)
    times = []
    for change in _changes_of_two_years(zone):
        for start, end in ((-180, -120), (-150, 150), (-61, 61), (0, 90), (61, 90), (90, 180), (120, 200)):
            times.append((change + timedelta(minutes=start), change + timedelta(minutes=end)))
    day = datetime(2026, 1, 1, tzinfo=UTC)
    while day < datetime(2028, 1, 1, tzinfo=UTC):
        times += [(day + timedelta(minutes=m), day + timedelta(minutes=m + 40)) for m in (2, 725)]
        day += timedelta(days=27)
    clear = [time for time in times if not any(_shown_twice(at, zone) for at in time)]
    return tuple(event(number, *time, f"Session {number}") for number, time in enumerate(clear))


def doubled_events(name: str) -> tuple[Event, ...]:
    """Starts and ends at wall times that occur twice: titled "first" if one is a first occurrence."""
    zone = ZoneInfo(name)
    found: list[Event] = []
    for change in _changes_of_two_years(zone):
        for start, end in itertools.combinations((-90, -60, -45, -25, -5, 0, 10, 25, 45, 60, 120), 2):
            time = (change + timedelta(minutes=start), change + timedelta(minutes=end))
            if any(_shown_twice(at, zone) for at in time):
                first = any(_shown_twice(at, zone) and not at.astimezone(zone).fold for at in time)
                found.append(event(len(found), *time, f"{'first' if first else 'second'} {len(found)}"))
    return tuple(found)


def _changes_of_two_years(zone: ZoneInfo) -> list[datetime]:
    return transitions(zone, datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


def _shown_twice(at: datetime, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    first, second = (local.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return first > second


# U+1F3C3 and its like are four octets, é written in two characters is three, ü two.
LONG = (
    "🏃 Größenwahn für Läuferinnen — 強化トレーニング, 가벼운 근력 운동; تمرين القوة, cafe\u0301 crème 🏋️💪🏽 "
)
TITLES = (
    "Comma, semicolon; colon: and \"quotes\" and 'single ones'",
    "100 % {braces} [brackets] <tags> & ampersands = equals + plus | pipe ^ caret ^n ~ ` @ # $",
    "Backslash \\ alone, at the end \\",
    "BEGIN:VEVENT END:VEVENT DTSTART:20260101T000000Z",
    "🏃🏿💪🏽 🇬🇧 🏋️ é ü ß 日本 ☕ 🏃\u200d♀️ " + "👩🏽\u200d🦽" * 12,
    LONG * 6,
    "x" * 400,
    "🏃" * 150,
    "word " * 60 + "end",
)
DESCRIPTIONS = (
    "",
    "One line",
    "Two\nlines",
    "A blank line\n\n  and an indented one\n\n\nthree; four, five: six \\ seven",
    "END:VEVENT\nBEGIN:VEVENT\nSUMMARY:No\nEND:VCALENDAR",
    "\n".join(LONG * n for n in range(1, 6)),
    "é" * 1000,
    "日" * 700 + "\n" + "a日" * 300,
    "\n".join("🏋️" * n for n in range(40)),
    "https://example.org/?q=a,b;c&d=%20#e\n- Goblet squat, 3 x 10\n  Sit down; stand up.",
)
# Told apart from escaped characters only by those who read from left to right.
BACKSLASHES = ("C:\\new\\table", "a\\,b\\;c", "\\\\n \\\\\\n \\\\, \\; \\n", '"quoted"', '"two", "words"')


def text_events(titles: Sequence[str], descriptions: Sequence[str]) -> tuple[Event, ...]:
    """Titles and descriptions as calsync lets them be, with every place a fold can come to."""
    begin = datetime(2026, 12, 1, 12, tzinfo=UTC)
    texts = [(title, description) for title in titles for description in descriptions]
    found = []
    for number, (title, description) in enumerate(texts):
        start = begin + timedelta(hours=number)
        found.append(
            event(number, start, start + timedelta(minutes=30), one_line(title), plain_lines(description))
        )
    return tuple(found)


def sliding_texts() -> tuple[Event, ...]:
    """Text that is shifted by one octet from event to event, past every place where a line may be folded."""
    begin = datetime(2027, 3, 1, 12, tzinfo=UTC)
    found = []
    for number in range(80):
        start = begin + timedelta(hours=number)
        text = "x" * number + "🏃é日, ;" * 12 + "."
        found.append(event(number, start, start + timedelta(minutes=30), text, f"{text}\n{text}"))
    return tuple(found)


# --- a zone that nobody knows -----------------------------------------------------------------------------


def under_another_name(feed: Feed) -> Feed:
    """The same feed with a zone name of its own: a reader has the feed's VTIMEZONE and nothing else."""
    name = f"{feed.name}-own-zone"
    path = feed.path.with_name(f"{name}.ics")
    own = b"Zone-Of-This-Feed-" + feed.zone.rpartition("/")[2].encode()
    content = feed.content.replace(b"TZID=" + feed.zone.encode() + b":", b"TZID=" + own + b":")
    content = content.replace(b"TZID:" + feed.zone.encode() + b"\r\n", b"TZID:" + own + b"\r\n")
    path.write_bytes(content)
    return replace(feed, name=name, path=path)


# --- all of them ------------------------------------------------------------------------------------------


def _slug(zone: str) -> str:
    return zone.replace("/", "-").replace("_", "-").lower()


PUSHED = ("push-feed", "push-reminders", "push-family")
IN_ZONES = tuple(f"zone-{_slug(zone)}" for zone in ZONES)
IN_OWN_ZONES = tuple(f"{name}-own-zone" for name in IN_ZONES if name != "zone-utc")
DOUBLED = tuple(f"doubled-{_slug(zone)}" for zone in DOUBLING_ZONES)
TEXTS = ("texts", "sliding-texts")
ALL = (*PUSHED, *IN_ZONES, *IN_OWN_ZONES, *DOUBLED, *TEXTS, "backslashes")


def all_feeds(folder: Path) -> dict[str, Feed]:
    """Each by its name, in files that are named like it."""
    found = list(pushed_feeds(folder))
    found += [written_feed(folder, f"zone-{_slug(zone)}", zone, zone_events(zone)) for zone in ZONES]
    found += [under_another_name(feed) for feed in found if feed.name in IN_ZONES and feed.zone != "UTC"]
    for zone in DOUBLING_ZONES:
        found.append(written_feed(folder, f"doubled-{_slug(zone)}", zone, doubled_events(zone)))
    london = partial(written_feed, folder, zone="Europe/London")
    found.append(london("texts", events=text_events(TITLES, DESCRIPTIONS)))
    found.append(london("sliding-texts", events=sliding_texts()))
    found.append(london("backslashes", events=text_events(BACKSLASHES, BACKSLASHES)))
    assert {feed.name for feed in found} == set(ALL)
    return {feed.name: feed for feed in found}
