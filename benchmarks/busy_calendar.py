"""The calendar that reading busy time is measured on: ten years of somebody's working life.

Decides what such an export looks like: 20,000 events in 20 MB, a quarter of them recurring (some ended long
ago, some counted, some without end), with moved and cancelled occurrences, exceptions, invitations, alarms
and the long folded descriptions that make up most of the bytes. The same seed gives the same bytes.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from calsync.timespan import Timespan

EVENTS = 20_000
FIRST_DAY = date(2017, 1, 2)
DAYS = 3652
ZONE = ZoneInfo("Europe/Berlin")
WINDOW = Timespan(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 12, 20, 23, tzinfo=UTC))
"""The 28 days that are asked for, near the end of the ten years."""

_ZONES = ["Europe/Berlin"] * 8 + ["Europe/London", "America/New_York", "Asia/Tokyo"]
_TEXT = """agenda budget café planning review customer Größe release schedule notes please join meeting link
phone room floor follow-up quarterly Überblick team roadmap 🙂 invoice travel summary minutes action items"""
_WORDS = _TEXT.split()
_VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
X-LIC-LOCATION:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


def export(events: int = EVENTS, seed: int = 20261122) -> bytes:
    """The export, as an ICS file with CRLF line ends."""
    rng = random.Random(seed)
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Google Inc//Google Calendar 70.9054//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Work",
        *_VTIMEZONE.splitlines(),
    ]
    written = 0
    while written < events:
        recurring = rng.random() < 0.25
        group = list(_recurring(rng, written) if recurring else _single(rng, written))
        for event in group[: events - written]:
            lines += ["BEGIN:VEVENT", *event, *_rest(rng), "END:VEVENT"]
            written += 1
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _single(rng: random.Random, number: int) -> Iterator[list[str]]:
    start = _start(rng)
    head = [f"UID:{number:06d}-{rng.getrandbits(64):016x}@google.com"]
    kind = rng.random()
    if kind < 0.08:
        end = start.date() + timedelta(days=rng.choice([1, 1, 1, 2, 5]))
        yield [
            *head,
            f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
            f"DTEND;VALUE=DATE:{end:%Y%m%d}",
            f"TRANSP:{rng.choice(['OPAQUE', 'TRANSPARENT', 'TRANSPARENT'])}",
        ]
    elif kind < 0.6:  # what Google writes for an event that does not repeat
        begin = start.astimezone(UTC)
        yield [*head, f"DTSTART:{begin:%Y%m%dT%H%M%SZ}", f"DTEND:{begin + _length(rng):%Y%m%dT%H%M%SZ}"]
    elif kind < 0.7:
        zone = rng.choice(_ZONES)
        yield [
            *head,
            f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
            f"DURATION:PT{_length(rng) // timedelta(minutes=1)}M",
        ]
    else:
        zone = rng.choice(_ZONES)
        yield [
            *head,
            f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
            f"DTEND;TZID={zone}:{start + _length(rng):%Y%m%dT%H%M%S}",
        ]


def _recurring(rng: random.Random, number: int) -> Iterator[list[str]]:
    start, length = _start(rng), _length(rng)
    uid = f"UID:{number:06d}-{rng.getrandbits(64):016x}@google.com"
    all_day = rng.random() < 0.05
    zone = rng.choice(_ZONES)
    rule, step = _rule(rng, start, all_day)
    occurrences = [start + step * rng.randrange(1, 30) for _ in range(rng.choice([0, 0, 1, 2]))]
    if all_day:
        master = [
            uid,
            f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
            f"DTEND;VALUE=DATE:{start.date() + timedelta(days=1):%Y%m%d}",
            f"TRANSP:{rng.choice(['OPAQUE', 'TRANSPARENT', 'TRANSPARENT', 'TRANSPARENT'])}",
        ]
    else:
        master = [
            uid,
            f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
            f"DTEND;TZID={zone}:{start + length:%Y%m%dT%H%M%S}",
        ]
    master.append(f"RRULE:{rule}")
    for occurrence in occurrences:
        if all_day:
            master.append(f"EXDATE;VALUE=DATE:{occurrence:%Y%m%d}")
        else:
            master.append(f"EXDATE;TZID={zone}:{occurrence:%Y%m%dT%H%M%S}")
    yield master
    if all_day or rng.random() < 0.6:
        return
    for place in rng.sample(range(30, 90), k=rng.choice([1, 1, 2, 3])):
        original = start + step * place
        moved = original + timedelta(days=rng.choice([0, 0, 0, 1, 2]), hours=rng.choice([0, 1, -1]))
        yield [
            uid,
            f"RECURRENCE-ID;TZID={zone}:{original:%Y%m%dT%H%M%S}",
            f"DTSTART;TZID={zone}:{moved:%Y%m%dT%H%M%S}",
            f"DTEND;TZID={zone}:{moved + length:%Y%m%dT%H%M%S}",
            f"STATUS:{rng.choice(['CONFIRMED', 'CONFIRMED', 'CANCELLED', 'TENTATIVE'])}",
        ]


def _rule(rng: random.Random, start: datetime, all_day: bool) -> tuple[str, timedelta]:
    """A rule, and a step of which some multiples are its occurrences."""
    day = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][start.weekday()]
    rule, step = rng.choice(
        [
            (f"FREQ=WEEKLY;BYDAY={day}", timedelta(weeks=1)),
            (f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}", timedelta(weeks=2)),
            ("FREQ=WEEKLY;WKST=SU;BYDAY=MO,WE,FR", timedelta(weeks=1)),
            ("FREQ=DAILY", timedelta(days=1)),
            (f"FREQ=MONTHLY;BYDAY={(start.day - 1) // 7 + 1}{day}", timedelta(weeks=4)),
            (f"FREQ=MONTHLY;BYMONTHDAY={start.day}", timedelta(days=30)),
            ("FREQ=YEARLY", timedelta(days=365)),
        ]
    )
    ending = rng.random()
    most = {"Y": 6, "M": 30}.get(rule[5], 60)
    if ending < 0.69:
        until = start.astimezone(UTC) + step * rng.randrange(2, most)
        rule += f";UNTIL={until:%Y%m%d}" if all_day else f";UNTIL={until:%Y%m%dT%H%M%SZ}"
    elif ending < 0.99:
        rule += f";COUNT={rng.randrange(2, most)}"
    return rule, step


def _start(rng: random.Random) -> datetime:
    day = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
    return datetime(
        day.year, day.month, day.day, rng.randrange(7, 20), rng.choice([0, 0, 15, 30, 45]), tzinfo=ZONE
    )


def _length(rng: random.Random) -> timedelta:
    return timedelta(minutes=rng.choice([15, 30, 30, 45, 60, 60, 60, 90, 120, 240]))


def _rest(rng: random.Random) -> Iterator[str]:
    """What every event carries and nobody's busy time depends on, for the most part."""
    stamp = f"{_start(rng):%Y%m%dT%H%M%SZ}"
    yield f"DTSTAMP:{stamp}"
    yield f"CREATED:{stamp}"
    yield f"LAST-MODIFIED:{stamp}"
    yield "ORGANIZER;CN=Somebody:mailto:somebody@example.com"
    for guest in range(rng.randrange(3)):
        answer = rng.choice(["ACCEPTED", "DECLINED", "NEEDS-ACTION"])
        yield (
            f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};CN=guest{guest}@example.com;"
            f"X-NUM-GUESTS=0:mailto:guest{guest}@example.com"
        )
    yield f"SUMMARY:{' '.join(rng.choices(_WORDS, k=4))}"
    paragraphs = [" ".join(rng.choices(_WORDS, k=9)) for _ in range(rng.randrange(2, 15))]
    yield "DESCRIPTION:" + r"\n".join(paragraphs)
    yield f"LOCATION:{' '.join(rng.choices(_WORDS, k=3))}"
    if rng.random() < 0.3:
        yield from (
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:This is an event reminder",
            "TRIGGER:-P0DT0H10M0S",
            "END:VALARM",
        )


def _folded(line: str) -> bytes:
    """RFC 5545, 3.1: at most 75 octets a line; like many producers without regard to characters."""
    rest = line.encode()
    pieces = [rest[:75], *(b" " + rest[place : place + 74] for place in range(75, len(rest), 74))]
    return b"\r\n".join(pieces) + b"\r\n"
