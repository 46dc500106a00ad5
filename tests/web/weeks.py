"""The plans whose pages are opened in a browser: a usual one, and one of all that is seldom."""

from datetime import UTC, datetime, timedelta

from tests.cli.box import Box

WEDNESDAY = "2026-11-25T14:20:00+00:00"  # in 2026-W48
BUSY_TITLES = ("Board meeting", "Dentist")
LONG = "Ten kilometres over the hills behind the reservoir, the last three of them quick"
RIGHT_TO_LEFT = "ריצת אינטרוולים"
EMOJI = "🏃‍♀️ Fartlek 💨"
SCRIPT = '"><script>document.title = "taken over"</script>'


def usual(box: Box, more: str = "") -> None:
    """Three weeks with an office calendar; some of the first one is over."""
    office = [
        event(f"2026-11-{day} 09:00", 3 * 60, "Board meeting") + event(f"2026-11-{day} 13:00", 240, "Office")
        for day in range(23, 28)
    ]
    box.write("work.ics", calendar(*office, event("2026-11-27 18:00", 60, "Dentist")))
    box.config(horizon=3, more=_BUSY + more, availability='prefer_times = ["17:00-19:00"]')
    box.push(now="2026-11-23T06:00:00+00:00")


def seldom(box: Box) -> None:
    """Odd titles and times in 2026-W48, a pause in 2026-W49, nothing in 2026-W50."""
    runs = (
        event("2026-11-23 07:00", 60, LONG),
        event("2026-11-24 07:00", 60, "8 x 400 m intervals"),
        event("2026-11-24 07:30", 90, RIGHT_TO_LEFT),
        event("2026-11-25 22:30", 180, "Night run " + EMOJI),
        event("2026-11-27 06:00", 20, SCRIPT),
        event("2026-11-27 17:00", 75, "Bike: Threshold intervals on the turbo trainer"),
        event("2026-11-28 08:00", 30, "Easy run"),
        event("2026-11-29 07:00", 150, "Long run"),
        event("2026-11-29 22:00", 110, "Easy run " + LONG),
    )
    box.write("runs.ics", calendar(*runs))
    busy = (event("2026-11-24 07:15", 120, "Board meeting"), event("2026-11-26 06:00", 16 * 60, "Dentist"))
    box.write("work.ics", calendar(*busy))
    box.write("none.toml", 'title = "Nothing at all"\n')
    box.config(
        horizon=4,
        weeks='["experienced-three", "balanced", "./none.toml"]',
        plan='experience = "new"\n[plan.feed]\npath = "runs.ics"',
        availability='default = ["12:00-12:45"]\nfri = []\nsat = []\nsun = []',
        more=f"[[pause]]\nfrom = 2026-12-03\nto = 2026-12-06\n{_BUSY}",
    )


_BUSY = '[[busy]]\nname = "work"\ntype = "ics"\npath = "work.ics"\n'


def calendar(*events: str) -> str:
    return "".join(("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n", *events, "END:VCALENDAR\n"))


def event(start: str, minutes: int, title: str) -> str:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    end = begin + timedelta(minutes=minutes)
    return (
        f"BEGIN:VEVENT\nUID:{begin:%Y%m%d%H%M}\nDTSTART:{begin:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\n"
        f"SUMMARY:{title.replace(',', chr(92) + ',')}\nEND:VEVENT\n"
    )
