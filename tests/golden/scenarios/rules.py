"""Recurring events of all sorts in busy calendars: when they are, and what is said of wrong ones."""

from tests.golden.recorder import Recorder, scenario

RULES = (
    "FREQ=DAILY;COUNT=10",
    "FREQ=DAILY;INTERVAL=3;UNTIL=20261215",
    "FREQ=DAILY;UNTIL=20261205T090000Z",
    "FREQ=DAILY;BYMONTH=12;BYDAY=SA,SU",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;WKST=SU;INTERVAL=2",
    "FREQ=WEEKLY;COUNT=4",
    "FREQ=WEEKLY;COUNT=2000;BYDAY=TU",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=5SU",
    "FREQ=MONTHLY;BYDAY=MO,1FR",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=11,12;BYMONTHDAY=1,24",
    "FREQ=YEARLY;BYWEEKNO=49;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=-1,335",
    "FREQ=YEARLY;BYDAY=-2FR",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;INTERVAL=5;COUNT=12",
    "FREQ=HOURLY;BYHOUR=9,15;BYMINUTE=15",
    "FREQ=MINUTELY;INTERVAL=90;COUNT=20",
    "FREQ=SECONDLY;COUNT=5",
    "FREQ=DAILY;BYHOUR=7,19;BYMINUTE=0,30",
    "FREQ=WEEKLY;RSCALE=GREGORIAN;SKIP=OMIT",
    "FREQ=WEEKLY;RSCALE=HEBREW",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=WEEKLY;COUNT=-1",
    "FREQ=WEEKLY;COUNT=many",
    "FREQ=WEEKLY;INTERVAL=0",
    "FREQ=WEEKLY;WKST=XX",
    "FREQ=WEEKLY;FREQ=DAILY",
    "FREQ=WEEKLY;BYEASTER=1",
    "FREQ=MONTHLY;BYMONTHDAY=32",
    "FREQ=WEEKLY;UNTIL=never",
    "FREQ=WEEKLY;X-OWN=1;BYDAY=TH",
    "INTERVAL=2",
)
_WEEKLY = (
    "DTSTART;TZID=Europe/London:20261102T100000\nDTEND;TZID=Europe/London:20261102T110000\nRRULE:FREQ=WEEKLY"
)
_DATES = "DTSTART;VALUE=DATE:20261102\nDTEND;VALUE=DATE:20261103\nRRULE:FREQ=WEEKLY"
SERIES = {
    "exceptions of all kinds": (
        f"{_WEEKLY}\nEXDATE;TZID=Europe/London:20261116T100000\nEXDATE:20261123T100000Z\n"
        "EXDATE;VALUE=DATE:20261130\nEXDATE:sometime",
    ),
    "more dates": (f"{_WEEKLY}\nRDATE;TZID=Europe/London:20261124T100000,20261125T150000\nRDATE:never",),
    "periods": (f"{_WEEKLY}\nRDATE;VALUE=PERIOD:20261126T100000Z/PT90M,20261127T100000Z/20261127T120000Z",),
    "two rules": (f"{_WEEKLY}\nRRULE:FREQ=MONTHLY;BYMONTHDAY=26",),
    "moved and cancelled": (
        _WEEKLY,
        "RECURRENCE-ID;TZID=Europe/London:20261123T100000\nDTSTART;TZID=Europe/London:20261124T160000\n"
        "DTEND;TZID=Europe/London:20261124T163000",
        "RECURRENCE-ID:20261130T100000Z\nDTSTART:20261130T100000Z\nSTATUS:CANCELLED",
        "RECURRENCE-ID:whenever\nDTSTART:20261201T100000Z\nDTEND:20261201T103000Z",
    ),
    "outdated overrides": (
        f"SEQUENCE:3\n{_WEEKLY}",
        "SEQUENCE:1\nRECURRENCE-ID;TZID=Europe/London:20261123T100000\nDTSTART:20261124T160000Z\n"
        "DTEND:20261124T163000Z",
        "SEQUENCE:4\nRECURRENCE-ID;TZID=Europe/London:20261130T100000\nDTSTART:20261201T160000Z\n"
        "DTEND:20261201T163000Z",
    ),
    "this and future, later": (
        _WEEKLY,
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261123T100000\n"
        "DTSTART;TZID=Europe/London:20261124T130000\nDTEND;TZID=Europe/London:20261124T150000",
    ),
    "this and future, twice": (
        _WEEKLY,
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261116T100000\n"
        "DTSTART;TZID=Europe/London:20261116T120000\nDTEND;TZID=Europe/London:20261116T130000",
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261130T100000\n"
        "DTSTART;TZID=Europe/London:20261130T080000\nDTEND;TZID=Europe/London:20261130T083000",
        "RECURRENCE-ID;TZID=Europe/London:20261207T100000\nDTSTART:20261208T200000Z\nDTEND:20261208T210000Z",
    ),
    "this and future, cancelled": (
        _WEEKLY,
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261130T100000\n"
        "DTSTART;TZID=Europe/London:20261130T100000\nSTATUS:CANCELLED",
    ),
    "this and future, on dates": (
        _DATES,
        "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261123\nDTSTART;VALUE=DATE:20261124\n"
        "DTEND;VALUE=DATE:20261126",
    ),
    "overrides without a series": (
        "RECURRENCE-ID:20261124T100000Z\nDTSTART:20261124T110000Z\nDTEND:20261124T120000Z",
    ),
    "two series of one name": (
        _WEEKLY,
        _WEEKLY.replace("T1", "T2").replace("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=5"),
    ),
    "over midnight and for days": ("DTSTART:20261124T220000Z\nDTEND:20261126T030000Z\nRRULE:FREQ=WEEKLY",),
    "over the change of clocks": (
        "DTSTART;TZID=Europe/London:20261001T013000\nDTEND;TZID=Europe/London:20261001T023000\nRRULE:FREQ=DAILY",
    ),
    "date and time mixed": ("DTSTART;VALUE=DATE:20261124\nDTEND:20261124T120000Z",),
    "time and date mixed": ("DTSTART:20261124T120000Z\nDTEND;VALUE=DATE:20261125",),
    "broken end": ("DTSTART:20261124T120000Z\nDTEND:noon",),
    "broken length": ("DTSTART:20261124T120000Z\nDURATION:an hour",),
    "length of hours on a date": ("DTSTART;VALUE=DATE:20261124\nDURATION:PT36H",),
    "years long": ("DTSTART:20001124T120000Z\nDTEND:20991124T120000Z",),
    "broken sequence": ("SEQUENCE:first\nDTSTART:20261124T120000Z\nDTEND:20261124T130000Z",),
    "before the calendar": ("DTSTART:15001124T120000Z\nDTEND:15001124T130000Z",),
}
ZONES = {
    "without observances": "TZID:Here",
    "broken": "TZID:Here\nBEGIN:STANDARD\nDTSTART:soon\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD",
    "by dates": "TZID:Here\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\n"
    "RDATE:20261101T000000,20270101T000000\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:20261125T000000\n"
    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0300\nEND:DAYLIGHT",
    "with an end": "TZID:Here\nBEGIN:DAYLIGHT\nDTSTART:20000101T000000\nTZOFFSETFROM:-0330\n"
    "TZOFFSETTO:-023015\nRRULE:FREQ=YEARLY;BYMONTH=1;UNTIL=20201231T000000Z\nEND:DAYLIGHT\nBEGIN:STANDARD\n"
    "DTSTART:20000601T000000\nTZOFFSETFROM:-0230\nTZOFFSETTO:-0330\nRRULE:FREQ=YEARLY;BYMONTH=6\nEND:STANDARD",
    "with a place": "TZID:Here\nX-LIC-LOCATION:Asia/Tokyo\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
    "TZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD",
}
NAMES = (
    "Europe/Berlin",
    "europe/berlin",
    "W. Europe Standard Time",
    "Eastern Standard Time",
    "(UTC-05:00) Eastern Time (US & Canada)",
    "(GMT+09:00) Osaka, Sapporo, Tokyo",
    "/mozilla.org/20070129_1/Europe/Vienna",
    "UTC",
    "GMT",
    "Z",
    "GMT+0200",
    "UTC+3",
    "EST5EDT",
    "Customized Time Zone",
    "tzone://Microsoft/Utc",
    "Berlin",
    "",
)


def _calendar(*events: str, zones: str = "", uid: str = "one") -> str:
    body = "".join(f"BEGIN:VEVENT\nUID:{uid}\n{lines}\nEND:VEVENT\n" for lines in events)
    zone = f"BEGIN:VTIMEZONE\n{zones}\nEND:VTIMEZONE\n" if zones else ""
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{zone}{body}END:VCALENDAR\n"


def _busy(recorder: Recorder, calendars: dict[str, str], *args: str) -> None:
    """All of them at once, each as a source of its own."""
    sources = ""
    for number, (name, text) in enumerate(calendars.items()):
        recorder.write(f"calendars/{number}.ics", text)
        sources += f'[[busy]]\nname = \'{name}\'\ntype = "ics"\npath = "calendars/{number}.ics"\n'
    recorder.box.config(more=sources)
    recorder.run("busy", *args)


@scenario
def busy_rules(recorder: Recorder) -> None:
    start = "DTSTART:20261103T090000Z\nDTEND:20261103T093000Z\nRRULE:"
    calendars = {rule: _calendar(start + rule) for rule in RULES}
    old = _calendar(start.replace("2026", "2016") + "FREQ=WEEKLY")
    _busy(recorder, {**calendars, "ten years ago": old}, "--days", "42")


@scenario
def busy_series(recorder: Recorder) -> None:
    _busy(recorder, {name: _calendar(*events) for name, events in SERIES.items()}, "--days", "21")
    _busy(
        recorder,
        {name: _calendar(*events) for name, events in SERIES.items()},
        *("--from", "2026-10-22", "--days", "7", "--format", "json"),
    )


@scenario
def busy_zones(recorder: Recorder) -> None:
    event = "DTSTART;TZID={0}:20261124T120000\nDTEND;TZID={0}:20261124T130000"
    named = {
        name or "no name": _calendar(event.format(f'"{name}"' if set(name) & set(",:;") else name))
        for name in NAMES
    }
    own = {name: _calendar(event.format("Here"), zones=zone) for name, zone in ZONES.items()}
    floating = "DTSTART:20261124T120000\nDTEND:20261124T130000"
    whole = {
        f"calendar in {name}": _calendar(floating).replace("PRODID", f"X-WR-TIMEZONE:{name}\nPRODID")
        for name in ("Asia/Tokyo", "W. Europe Standard Time", "Nowhere")
    }
    _busy(recorder, {**named, **own, **whole}, "--days", "7")
