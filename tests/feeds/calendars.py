"""Calendars as people export them, for property tests: Hypothesis strategies of whole ICS texts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from calsync.timespan import Timespan

PLAN_ZONE = ZoneInfo("Europe/London")
# A change of clocks lies within it, in Europe and (a week later) in America.
WINDOW = Timespan(datetime(2026, 10, 11, 23, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC))

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "W. Europe Standard Time",
    "UTC",
)
IANA = {"W. Europe Standard Time": "Europe/Berlin"}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

times = st.builds(
    lambda day, minute: datetime(2026, 10, 24, tzinfo=UTC).replace(tzinfo=None) + timedelta(day, minute * 60),
    st.one_of(st.integers(-20, 20), st.integers(-400, 60), st.integers(-2500, 400)),
    st.one_of(
        st.sampled_from([0, 60, 90, 120, 150, 540, 600, 1080, 1380]), st.integers(0, 287).map(lambda n: n * 5)
    ),
)
lengths = st.one_of(
    st.sampled_from([0, 15, 30, 45, 60, 60, 90, 120, 240, 480, 1440]), st.integers(1, 4000)
).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def rules(draw: st.DrawFn, start: datetime, all_day: bool) -> str:
    """A rule that some producer would write for an event with this start."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}"]
    if draw(st.integers(0, 2)) == 0:
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    some_days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True)
    kind = draw(st.integers(0, 4))
    if freq == "WEEKLY" and kind:
        parts.append(f"BYDAY={','.join(draw(some_days))}")
    elif freq == "DAILY" and kind == 1:
        parts.append("BYDAY=MO,TU,WE,TH,FR")
    elif freq in ("MONTHLY", "YEARLY"):
        if kind == 1:
            number = draw(st.sampled_from([1, 2, 3, 4, 5, -1, -2]))
            parts.append(f"BYDAY={number}{draw(st.sampled_from(DAYS))}")
        elif kind == 2:
            parts.append(f"BYMONTHDAY={draw(st.sampled_from([1, 13, 24, 29, 30, 31, -1, -3]))}")
        elif kind == 3:
            parts.append("BYDAY=MO,TU,WE,TH,FR")
            parts.append(f"BYSETPOS={draw(st.sampled_from([1, -1, 2]))}")
        if freq == "YEARLY" and (kind or draw(st.booleans())):
            months = st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True)
            parts.append(f"BYMONTH={','.join(map(str, draw(months)))}")
        if freq == "YEARLY" and draw(st.integers(0, 9)) == 0:
            parts = ["FREQ=YEARLY", f"BYWEEKNO={draw(st.integers(1, 52))}", "BYDAY=MO,FR"]
    ending = draw(st.integers(0, 3))
    if ending == 0:
        parts.append(f"COUNT={draw(st.one_of(st.integers(1, 20), st.integers(1, 2000)))}")
    elif ending == 1:
        until = start + draw(st.one_of(st.integers(0, 60), st.integers(0, 2000)).map(timedelta))
        parts.append(f"UNTIL={until:%Y%m%d}" if all_day else f"UNTIL={until:%Y%m%dT%H%M%S}Z")
    return ";".join(parts)


def _of_date(moment: datetime) -> str:
    return f";VALUE=DATE:{moment:%Y%m%d}"


def _of_time(moment: datetime, zone: str) -> str:
    if zone == "UTC":
        return f":{moment:%Y%m%dT%H%M%S}Z"
    return f";TZID={zone}:{moment:%Y%m%dT%H%M%S}" if zone else f":{moment:%Y%m%dT%H%M%S}"


def in_zone(wall: datetime, zone: str, other: str) -> datetime:
    """The clock time in `other` when it is `wall` in `zone`."""
    here, there = (UTC if name == "UTC" else ZoneInfo(IANA.get(name, name)) for name in (zone, other))
    return wall.replace(tzinfo=here).astimezone(there).replace(tzinfo=None)


@st.composite
def series(draw: st.DrawFn, number: int, zones: tuple[str, ...], further: bool = True) -> list[list[str]]:
    """The events of one UID, each as its lines between BEGIN and END."""
    uid = f"UID:{number}@{draw(st.sampled_from(['google.com', 'example.org', 'AAMkAGI2']))}"
    all_day = draw(st.integers(0, 4)) == 0
    zone = draw(st.sampled_from(zones))
    start = draw(times)
    if all_day:
        start = datetime.combine(start.date(), datetime.min.time())
        length = timedelta(days=draw(st.sampled_from([1, 1, 1, 2, 7])))
    else:
        length = draw(lengths)

    def written(moment: datetime) -> str:
        return _of_date(moment) if all_day else _of_time(moment, zone)

    def end(begin: datetime) -> list[str]:
        kind = draw(st.integers(0, 7))
        if kind == 0 and (all_day or length):
            if all_day:
                return [f"DURATION:P{length.days}D"]
            # What the libraries take by the clock: the test does better by the second line.
            minutes = length // timedelta(minutes=1)
            return [f"DURATION:PT{minutes}M", f"X-EXACT:{minutes}"]
        if kind == 1:
            return []
        return [f"DTEND{written(begin + length)}"]

    master = [uid, f"DTSTART{written(start)}", *end(start), *draw(manners)]
    if draw(st.integers(0, 2)) == 0:
        return [master]
    rule = draw(rules(start, all_day))
    master.append(f"RRULE:{rule}")
    step = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 364}[
        rule.partition(";")[0].removeprefix("FREQ=")
    ]
    occurrences = st.one_of(
        st.integers(0, 40).map(lambda n: start + timedelta(n * step)),
        st.integers(-15, 15).map(lambda n: datetime.combine(date(2026, 10, 24) + timedelta(n), start.time())),
    )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        gone = draw(occurrences)
        if all_day:
            master.append(f"EXDATE{written(gone)}")
        else:
            other = draw(st.sampled_from([zone, zone, "UTC"])) if zone else zone
            value = in_zone(gone, zone, other) if zone and other != zone else gone
            master.append("EXDATE" + _of_time(value, other if value is not gone else zone))
    extra = draw(
        st.lists(st.tuples(occurrences, st.integers(0, 3)), max_size=draw(st.sampled_from([0, 0, 0, 2])))
    )
    master += [f"RDATE{written(moment + timedelta(days=later))}" for moment, later in extra]
    events = [master]
    if further:
        events += draw(overrides(uid, rule, occurrences, zone, all_day, length))
    if len(events) > 1 and draw(st.integers(0, 3)) == 0:
        for event, sequence in zip(events, draw(st.permutations([3, 1, 2, 4])), strict=False):
            event.append(f"SEQUENCE:{sequence}")
    return events


MANNERS = {
    "TRANSP": ["OPAQUE", "OPAQUE", "TRANSPARENT"],
    "STATUS": ["CONFIRMED", "TENTATIVE", "CANCELLED"],
    "X-MICROSOFT-CDO-BUSYSTATUS": ["BUSY", "FREE", "TENTATIVE", "OOF", "WORKINGELSEWHERE"],
}
# Other properties of an event, some of the time.
manners = st.tuples(
    *(
        st.sampled_from([*([""] * 4 * len(values)), *(f"{name}:{value}" for value in values)])
        for name, values in MANNERS.items()
    )
).map(lambda lines: [line for line in lines if line])

# The last two move what is far away into the window, with RANGE=THISANDFUTURE.
SHIFTS = [timedelta(0), timedelta(hours=1), timedelta(3), timedelta(-40), timedelta(100), timedelta(-75)]


@st.composite
def overrides(
    draw: st.DrawFn,
    uid: str,
    rule: str,
    occurrences: st.SearchStrategy[datetime],
    zone: str,
    all_day: bool,
    length: timedelta,
) -> list[list[str]]:
    """Events that replace occurrences of a series; the oracle says which combinations it is no judge of."""

    def written(moment: datetime) -> str:
        return _of_date(moment) if all_day else _of_time(moment, zone)

    number = draw(st.sampled_from([0, 0, 1, 3]))
    reaching = draw(st.integers(0, 2)) == 0
    originals = draw(st.lists(occurrences, min_size=number, max_size=number, unique=reaching))
    events = []
    for original in originals:
        moved = original + draw(st.sampled_from(SHIFTS))
        other_length = draw(st.sampled_from([length, length, length + timedelta(days=1)]))
        reach = ";RANGE=THISANDFUTURE" if reaching and draw(st.booleans()) else ""
        event = [
            uid,
            f"RECURRENCE-ID{reach}{written(original)}",
            f"DTSTART{written(moved)}",
            f"DTEND{written(moved + other_length)}",
            *draw(manners),
        ]
        if not reaching and (all_day or zone == "UTC") and draw(st.integers(0, 2)) == 0:
            # As some producers do: by this an override of an older version is recognised.
            event.append(draw(st.sampled_from([f"RRULE:{rule}", f"EXDATE{written(original)}"])))
        events.append(event)
    return events


ALARM = [
    "BEGIN:VALARM",
    "UID:alarm",
    "ACTION:DISPLAY",
    "TRIGGER:-PT15M",
    "DURATION:PT5M",
    "REPEAT:2",
    "END:VALARM",
]
DESCRIPTION = "DESCRIPTION:" + "Größe 🙂 DTSTART:20261020T100000Z\\n END:VEVENT " * 3


@st.composite
def bodies(draw: st.DrawFn, zones: tuple[str, ...] = ZONES) -> bytes:
    """A whole calendar that follows the standards, in one of the layouts in use."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    groups = draw(st.lists(st.integers(0, 8), min_size=1, max_size=6, unique=True))
    events = [event for number in groups for event in draw(series(number, zones))]
    for event in draw(st.permutations(events)):
        body = draw(st.permutations(event))
        if draw(st.integers(0, 2)) == 0:
            place = draw(st.integers(0, len(body)))
            body = [*body[:place], *ALARM, *body[place:]]
        if draw(st.integers(0, 2)) == 0:
            body = [DESCRIPTION, *body]
        lines += ["BEGIN:VEVENT", *body, "END:VEVENT"]
    lines.append("END:VCALENDAR")
    width = draw(st.sampled_from([75, 75, 20]))
    line_end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\n"]))
    return b"".join(folded(line.encode(), width, line_end) for line in lines)


def folded(line: bytes, width: int = 75, line_end: bytes = b"\r\n") -> bytes:
    """In octets, whatever characters are there."""
    pieces = [line[:width]] + [
        b" " + line[place : place + width - 1] for place in range(width, len(line), width - 1)
    ]
    return line_end.join(pieces) + line_end
