"""Calendars that are broken, or made to do harm: Hypothesis strategies of whole bodies.

`calendars` has what people export; here is what must not confuse or stop us. Most lines are such as somebody
might write, as only calendars that are read at all reach what lies behind the first check.
"""

from datetime import datetime, timedelta

from hypothesis import strategies as st

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
OWN_ZONES = ("Own", "GMT", "EST", "Romance Standard Time", "Europe/Berlin", "a" * 90)
ZONES = (
    *OWN_ZONES,
    *("UTC", "Europe/London", "europe/london", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome"),
    *("GMT+0200", "UTC-25:00", "+05:45", "/vendor.org/2024a/Europe/Paris", "tzone://Microsoft/Utc"),
    *("", " ", '"', "../../etc/passwd", "Etc/GMT+5", "Nowhere/Land", "\x00", "ü", "x" * 300),
)
# Dates near the window of the tests, some years around it, and those that calculations fail at.
ODD_DATES = (
    *(
        "20261025T013000",
        "20261025T003000Z",
        "20260329T013000",
        "20261101T013000",
        "20240229",
        "20261231T235959",
    ),
    *("00010101T000000Z", "16000101", "15991231T235959", "19700101T000000", "20380119T031408Z", "80000101"),
    *("79991231T235959Z", "99991231T235959Z", "99991231", "00000000", "20260230", "20261199T250000"),
    *("20261124T240000", "20261124T235960Z", "2026-11-24", "2026-11-24T10:00:00+25:00", "20261124T1000Z"),
    *(
        "2026-11-24T10:00:00.5+01:00",
        "20261124 100000",
        " 20261124T100000",
        "20261124T100000ZZ",
        "tomorrow",
        "",
    ),
    *("٢٠٢٦١١٢٤", "20261124T", "T100000", "20261124T1", "-20261124", "20261124T100000/PT1H", "1", "9" * 40),
)
ODD_NUMBERS = (
    *(
        "0",
        "-1",
        "1",
        "2",
        "5",
        "31",
        "53",
        "-53",
        "366",
        "-366",
        "367",
        "60",
        "999999",
        "999999999999",
        "1" * 30,
    ),
    *("", " ", "+1", "1.5", "1e3", "-", "x", "\u0663", "0x1", "1,,2", "_1", "1_0"),
)
ODD_LENGTHS = (
    *("PT0S", "P0D", "PT1H", "-PT1H", "P1D", "P1W", "P52W", "PT25H", "P1DT2H3M4S", "P366000D", "P999999D"),
    *(
        "PT99999999H",
        "P",
        "PT",
        "-P",
        "P1",
        "1H",
        "P1Y",
        "P1.5D",
        "PT1H30",
        "+P1D",
        "p1d",
        " PT1H",
        "",
        "P-1D",
    ),
)
TEXTS = (
    *(
        "Status: cancelled",
        "Begin: 18.00",
        "End: 19.00",
        "Duration: 90 min",
        "garbage without a colon",
        ":",
        ";",
    ),
    *(
        "",
        " ",
        "\t",
        "<!-- comment -->",
        "<html>",
        "DTSTART",
        "RRULE",
        "UID",
        "BEGIN",
        "END",
        "BEGIN:",
        "END:",
    ),
    *(
        "STATUS:cancelled",
        "STATUS: CANCELLED",
        "STATUS:MAYBE",
        "TRANSP:TRANSPARENT",
        "TRANSP:",
        "SUMMARY:Grüße 🙂",
    ),
    *(
        "DESCRIPTION:DTSTART:20261124T100000Z\\nEND:VEVENT",
        'X-A;B="c',
        'ATTENDEE;CN="a:b;c":mailto:x',
        "\x00",
    ),
    *("X-MICROSOFT-CDO-BUSYSTATUS:FREE", "ATTENDEE;PARTSTAT=DECLINED:mailto:me@example.org", "CLASS:PRIVATE"),
    *("X-WORKOUT-ESTIMATED-DURATION:3600", "SUMMARY:Tempo 3x10' @ 4:30 - 45 min", "SUMMARY:" + "9" * 500),
    *("DTSTAMP:20261101T000000Z", "DTSTAMP:never", "LAST-MODIFIED:20261102T000000Z", "METHOD:CANCEL"),
    *("X-WR-TIMEZONE:America/New_York", "X-WR-TIMEZONE:Own", "X-WR-TIMEZONE:" + "n" * 200, "FBTYPE:FREE"),
)
BLOCKS = (
    *(
        "VCALENDAR",
        "VEVENT",
        "VTODO",
        "VALARM",
        "VFREEBUSY",
        "VTIMEZONE",
        "STANDARD",
        "DAYLIGHT",
        "X-A",
        "VJOURNAL",
    ),
)

near = st.builds(
    lambda days, minutes: datetime(2026, 11, 24) + timedelta(days, minutes=minutes),
    st.one_of(st.integers(-40, 40), st.integers(-4000, 800)),
    st.one_of(st.sampled_from([0, 60, 90, 600, 1380]), st.integers(0, 1439)),
)
odd_numbers = st.sampled_from(ODD_NUMBERS)


def mostly(
    usual: st.SearchStrategy[str], odd: st.SearchStrategy[str], once_in: int = 6
) -> st.SearchStrategy[str]:
    return st.integers(1, once_in).flatmap(lambda number: odd if number == 1 else usual)


dates = mostly(
    st.builds(
        lambda moment, form: f"{moment:{form}}",
        near,
        st.sampled_from(["%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%SZ", "%Y%m%d", "%Y-%m-%dT%H:%M:%S"]),
    ),
    st.sampled_from(ODD_DATES),
)
spans = mostly(st.integers(0, 3000).map(lambda minutes: f"PT{minutes}M"), st.sampled_from(ODD_LENGTHS), 3)
periods = st.tuples(dates, st.just("/"), st.one_of(dates, spans)).map("".join)
zones = mostly(st.sampled_from(ZONES[:12]), st.sampled_from(ZONES), 3)
parameters = mostly(
    mostly(zones.map(lambda zone: f";TZID={zone}"), st.just(""), 2),
    st.one_of(
        zones.map(lambda zone: f';TZID="{zone}"'),
        zones.map(lambda zone: f"; tzid = {zone}"),
        st.sampled_from(
            [
                *(";VALUE=DATE", ";VALUE=DATE-TIME", ";VALUE=PERIOD", ";VALUE=date", ";VALUE", ";", ";;"),
                *(
                    ";RANGE=THISANDFUTURE",
                    ";RANGE=THISANDPRIOR",
                    ';X-A="b;c:d,e"',
                    ';X-A="',
                    ";X-A=" + " " * 50,
                ),
                *(
                    ";TZID=Own;TZID=UTC",
                    ";TZID=Europe/London;VALUE=DATE",
                    ";FBTYPE=FREE",
                    ";FBTYPE=BUSY-TENTATIVE",
                ),
            ]
        ),
        st.lists(st.sampled_from([";", "=", '"', ":", "TZID", "a", " ", "\\", ","]), max_size=8).map("".join),
    ),
    4,
)


def listed(values: st.SearchStrategy[str], most: int = 4) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most).map(",".join)


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    """A list of numbers, now and then all of them."""
    usual = st.one_of(st.integers(low, high), st.integers(max(low, 0), min(high, 4))).map(str)
    every = st.just(",".join(map(str, range(max(low, 0), high + 1))))
    return st.one_of(listed(mostly(usual, odd_numbers, 12)), listed(usual), listed(usual), every)


RULE_PARTS = {
    "INTERVAL": mostly(st.integers(0, 10).map(str), odd_numbers),
    "COUNT": mostly(st.integers(0, 3000).map(str), odd_numbers),
    "UNTIL": dates,
    "WKST": mostly(st.sampled_from(DAYS), odd_numbers),
    "BYMONTH": numbers(1, 12),
    "BYWEEKNO": numbers(-53, 53),
    "BYYEARDAY": numbers(-366, 366),
    "BYMONTHDAY": numbers(-31, 31),
    "BYDAY": listed(
        st.tuples(mostly(st.just(""), st.integers(-54, 54).map(str), 3), st.sampled_from(DAYS)).map("".join)
    ),
    "BYHOUR": numbers(0, 23),
    "BYMINUTE": numbers(0, 59),
    "BYSECOND": numbers(0, 60),
    "BYSETPOS": numbers(-366, 366),
    "EXDATE": listed(dates),
    "RSCALE": st.sampled_from(["GREGORIAN", "HEBREW"]),
    "SKIP": st.sampled_from(["OMIT", "FORWARD"]),
    "X-A": odd_numbers,
    "": odd_numbers,
}


@st.composite
def rules(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(list(RULE_PARTS)), max_size=draw(st.sampled_from([1, 2, 4, 8]))))
    if draw(st.integers(0, 9)):
        names = list(dict.fromkeys(names))
    freq = draw(st.one_of(st.sampled_from(FREQUENCIES[:4]), st.sampled_from(FREQUENCIES)))
    parts = [f"FREQ={freq}", *(f"{name}={draw(RULE_PARTS[name])}" for name in names)]
    match draw(st.integers(0, 24)):
        case 0:
            parts = parts[1:]
        case 1:
            parts = draw(st.permutations(parts))
        case 2:
            parts = [part.replace("=", '="', 1) + '"' for part in parts]
        case 3:
            parts = [part.replace("=", "", 1) for part in parts]
    return draw(st.sampled_from([";"] * 20 + [" ; ", ";;", "\n ;", ","])).join(parts)


def _property(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda given, value: f"{name}{given}:{value}", parameters, values)


text_lines = st.sampled_from(TEXTS)
more_lines = st.one_of(
    rules().map(lambda rule: f"RRULE:{rule}"),
    rules().map(lambda rule: f"RRULE:{rule}"),
    rules().map(lambda rule: f"EXRULE:{rule}"),
    _property("RDATE", listed(st.one_of(dates, periods))),
    _property("EXDATE", listed(dates)),
    _property("RECURRENCE-ID", dates),
    _property("RECURRENCE-ID;RANGE=THISANDFUTURE", dates),
    odd_numbers.map(lambda number: f"SEQUENCE:{number}"),
    spans.map(lambda span: f"DURATION:{span}"),
    _property("DTSTART", dates),
    _property("DTEND", dates),
    text_lines,
)
uids = st.sampled_from(
    ["1", "1", "1", "2", "2", "", " ", "none", "2026-W48/strength/1@x.calsync", "u" * 300, "\x00"]
)


@st.composite
def events(draw: st.DrawFn, name: str = "VEVENT") -> list[str]:
    lines = [draw(_property("DTSTART", dates))]
    lines += draw(
        st.one_of(spans.map(lambda span: [f"DURATION:{span}"]), _property("DTEND", dates).map(lambda x: [x]))
    )
    lines += [f"UID:{draw(uids)}", *draw(st.lists(more_lines, max_size=4))]
    if draw(st.integers(0, 9)) == 0:
        lines += ["BEGIN:VALARM", "TRIGGER:-PT15M", *draw(st.lists(more_lines, max_size=2)), "END:VALARM"]
    if draw(st.integers(0, 3)) == 0:
        lines = draw(st.permutations(lines))
    return [f"BEGIN:{name}", *lines, f"END:{name}"]


@st.composite
def free_busy(draw: st.DrawFn) -> list[str]:
    kinds = st.one_of(_property("FREEBUSY", listed(periods)), more_lines)
    return ["BEGIN:VFREEBUSY", *draw(st.lists(kinds, max_size=5)), "END:VFREEBUSY"]


offsets = mostly(
    st.sampled_from(["+0000", "+0100", "+0200", "-0500", "+0545", "+1400", "-1200"]),
    st.sampled_from(["+2359", "-2359", "+2400", "0100", "+01:00", "+010001", "-235959", "", "UTC", "+1"]),
)


@st.composite
def timezones(draw: st.DrawFn) -> list[str]:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{draw(st.sampled_from(OWN_ZONES))}"]
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["STANDARD", "DAYLIGHT"]))
        usual = st.builds(
            lambda year, month: f"{year}{month:02}01T020000", st.integers(1900, 2030), st.integers(1, 12)
        )
        lines += [
            f"BEGIN:{kind}",
            f"DTSTART:{draw(mostly(usual, dates))}",
            f"TZOFFSETFROM:{draw(offsets)}",
            f"TZOFFSETTO:{draw(offsets)}",
        ]
        if draw(st.booleans()):
            usual = st.builds(
                lambda month, day: f"FREQ=YEARLY;BYMONTH={month};BYDAY={day}SU",
                st.integers(1, 12),
                st.sampled_from([1, 2, -1]),
            )
            lines.append(f"RRULE:{draw(mostly(usual, rules(), 2))}")
        if draw(st.integers(0, 4)) == 0:
            lines.append(f"RDATE:{draw(listed(dates, 8))}")
        lines += draw(st.lists(text_lines, max_size=draw(st.sampled_from([0, 0, 1]))))
        lines.append(f"END:{kind}")
    return [*lines, "END:VTIMEZONE"]


heads = st.one_of(
    zones.map(lambda zone: f"X-WR-TIMEZONE:{zone}"),
    st.sampled_from(["METHOD:CANCEL", "METHOD:PUBLISH", "VERSION:2.0", "X-WR-CALNAME:a"]),
    text_lines,
)
blocks = st.one_of(
    events(),
    events(),
    events(),
    events(),
    timezones(),
    free_busy(),
    st.sampled_from(["VTODO", "VJOURNAL", "VALARM"]).flatmap(events),
)


@st.composite
def calendars(draw: st.DrawFn) -> list[str]:
    """The lines of one VCALENDAR."""
    lines = [*draw(st.lists(heads, max_size=2))]
    if draw(st.booleans()):
        lines += draw(timezones())
    for block in draw(st.lists(blocks, min_size=1, max_size=6)):
        lines += block * draw(st.sampled_from([1] * 20 + [2, 50]))
    return ["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]


@st.composite
def disturbed(draw: st.DrawFn, lines: list[str]) -> list[str]:
    """With some lines that are gone, twice or elsewhere."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 5)):
            case 0:
                lines = lines[:place] + lines[place + 1 :] or [""]
            case 1:
                lines = [*lines[:place], draw(more_lines), *lines[place:]]
            case 2:
                kind = draw(st.sampled_from(["BEGIN", "END", "begin", "End"]))
                lines = [*lines[:place], f"{kind}:{draw(st.sampled_from(BLOCKS))}", *lines[place:]]
            case 3:
                lines = lines[: place + 1]
            case 4:
                lines = [*lines[:place], lines[place].swapcase(), *lines[place + 1 :]]
            case 5:
                other = draw(st.integers(0, len(lines) - 1))
                lines = [*lines[:place], lines[other], *lines[place:]]
    return lines


LINE_ENDS = ("\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", " \r\n", "\x0b\n", "\x85", "\u2028")


@st.composite
def laid_out(draw: st.DrawFn, lines: list[str]) -> bytes:
    """As bytes: folded anywhere, with all kinds of line ends and marks."""
    ends = [draw(st.sampled_from(["\r\n", "\n"]))]
    if draw(st.integers(0, 5)) == 0:
        ends = draw(st.lists(st.sampled_from(LINE_ENDS), min_size=1, max_size=3))
    folds = draw(st.sampled_from([0, 0, 0, 75, 20, 5]))
    pieces: list[bytes] = []
    for number, line in enumerate(lines):
        end = ends[number % len(ends)].encode()
        text = line.encode("utf-8", "surrogatepass")
        width = folds or len(text) or 1
        pieces.append(
            (end + b" ").join(text[at : at + width] for at in range(0, len(text) or 1, width)) + end
        )
    body = b"".join(pieces)
    match draw(st.integers(0, 19)):
        case 0:
            body = b"\xef\xbb\xbf" * draw(st.integers(1, 3)) + body
        case 1:
            body = body.decode("utf-8", "replace").encode(
                draw(st.sampled_from(["utf-16", "utf-16-le", "utf-16-be"]))
            )
        case 2:
            body += draw(
                st.sampled_from([b"  \n", b"<!-- x -->", b"\x00\x1a", b"\n\n\n", b"END:VCALENDAR", b"\xff"])
            )
        case 3:
            body = draw(st.sampled_from([b"\n\n", b" ", b"\x00", b"<x>", b"\xff\xfe", b"a\n"])) + body
        case 4:
            body = body[: draw(st.integers(0, len(body)))]
        case 5:
            for place in draw(st.lists(st.integers(0, len(body) - 1), max_size=4)) if body else ():
                body = body[:place] + draw(st.binary(max_size=3)) + body[place + draw(st.integers(0, 2)) :]
    return body


def bodies() -> st.SearchStrategy[bytes]:
    """Whole bodies: mostly of one calendar, some of two or three."""
    lines = st.lists(calendars(), min_size=1, max_size=3).map(
        lambda parts: [line for part in parts for line in part]
    )
    one = st.one_of(calendars(), calendars(), lines)
    return st.one_of(one, one.flatmap(disturbed)).flatmap(laid_out)
