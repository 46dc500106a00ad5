"""Whatever the calendar: our reading, the oracle and the libraries by themselves give the same answer."""

import warnings
from datetime import UTC, date, datetime, timedelta

import icalendar
import recurring_ical_events
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from calsync.errors import NotACalendar
from calsync.feeds import BusyTime, Reading
from calsync.feeds.busy import read_busy
from calsync.timespan import Timespan, merge
from tests.feeds import oracle
from tests.feeds.calendars import PLAN_ZONE, WINDOW, bodies

readings = st.builds(Reading, all_day_busy=st.booleans(), tentative_busy=st.booleans())
whole = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def plain_libraries(body: bytes, reading: Reading) -> tuple[Timespan, ...]:
    """Busy time as the libraries alone see it, with the rules of busy and free written again."""
    calendar = icalendar.Calendar.from_ical(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = recurring_ical_events.of(calendar).between(
            WINDOW.start - timedelta(days=2), WINDOW.end + timedelta(days=2)
        )

    def instant(moment: date) -> datetime:
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day)
        return (moment if moment.tzinfo else moment.replace(tzinfo=PLAN_ZONE)).astimezone(UTC)

    spans = []
    for item in found:
        status, transparency, microsoft = (
            str(item.get(name, "")) for name in ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")
        )
        tentative = "TENTATIVE" in (status, microsoft)
        all_day = not isinstance(item["DTSTART"].dt, datetime)
        if transparency:
            free = transparency == "TRANSPARENT"
        elif microsoft:
            free = microsoft in ("FREE", "WORKINGELSEWHERE")
        else:
            free = all_day and not reading.all_day_busy
        if free or status == "CANCELLED" or (tentative and not reading.tentative_busy):
            continue
        begin, finish = instant(item["DTSTART"].dt), instant(item["DTEND"].dt)
        if "X-EXACT" in item:  # RFC 5545, 3.3.6: minutes are exact, whatever clocks do meanwhile
            finish = begin + timedelta(minutes=int(item["X-EXACT"]))
        start, end = max(begin, WINDOW.start), min(finish, WINDOW.end)
        if start < end:
            spans.append(Timespan(start, end))
    return merge(spans)


@whole
@given(bodies(), readings)
def test_three_readings_agree(body: bytes, reading: Reading) -> None:
    ours = read_busy(body, WINDOW, PLAN_ZONE, reading)
    assert ours == oracle.read_busy(body, WINDOW, PLAN_ZONE, reading)
    assert ours.spans == plain_libraries(body, reading)
    assert ours.events == body.count(b"BEGIN:VEVENT")


GARBAGE = st.sampled_from(
    [
        b"garbage without a colon",
        b"",
        b"DTSTART:tomorrow",
        b"DTEND;TZID=Nowhere/Land:20261020T100000",
        b"RRULE:FREQ=SECONDLY",
        b"RRULE:FREQ=MINUTELY;COUNT=1000000000",
        b"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        b"RRULE:FREQ=DAILY;INTERVAL=0",
        b"RRULE:FREQ=FORTNIGHTLY",
        b"rrule:FREQ=DAILY",
        b"EXDATE:20269999T000000",
        b"EXDATE;VALUE=DATE:20261020",
        b"RDATE;VALUE=PERIOD:20261020T100000Z/PT2H,20261021T100000Z/20261021T090000Z",
        b"RECURRENCE-ID:never",
        b"SEQUENCE:many",
        b"DURATION:PT",
        b"BEGIN:VALARM",
        b"END:VALARM",
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b"X-WR-TIMEZONE:America/New_York",
        b"UID:1@google.com",
        b"DTSTART:00010101T000000Z",
        b"DTEND:99991231T235959Z",
    ]
)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    body = draw(bodies())
    line_end = b"\r\n" if b"\r\n" in body else b"\n"
    lines = body.split(line_end)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 6)):
            case 0:
                del lines[place]
                lines = lines or [b""]
            case 1:
                lines.insert(place, lines[draw(st.integers(0, len(lines) - 1))])
            case 2:
                lines.insert(place, draw(GARBAGE))
            case 3:
                lines[place] = draw(GARBAGE)
            case 4:
                line = lines[place]
                cut = draw(st.integers(0, len(line)))
                lines[place] = (
                    line[:cut] + draw(st.binary(max_size=3)) + line[cut + draw(st.integers(0, 2)) :]
                )
            case 5:
                lines[place] = lines[place].swapcase()
            case _:
                lines = lines[: max(1, len(lines) - draw(st.integers(0, 3)))]
    return line_end.join(lines)


@whole
@given(broken(), readings)
def test_broken_calendars_are_read_alike(body: bytes, reading: Reading) -> None:
    answers: list[BusyTime | str] = []
    for read in (read_busy, oracle.read_busy):
        try:
            answers.append(read(body, WINDOW, PLAN_ZONE, reading))
        except NotACalendar as error:
            answers.append(str(error))
        except oracle.NoOracle as reason:
            event(str(reason).partition(":")[0])
            assume(False)
    assert answers[0] == answers[1]


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(junk: bytes) -> None:
    for body in (junk, b"BEGIN:VCALENDAR\r\n" + junk + b"\r\nEND:VCALENDAR\r\n"):
        try:
            read_busy(body, WINDOW, PLAN_ZONE)
        except NotACalendar:
            continue
