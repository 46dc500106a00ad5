"""How numbers, ages, dates and other people's words are put into sentences."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from unicodedata import category, normalize
from zoneinfo import ZoneInfo

from calsync.timespan import Timespan
from calsync.training import Cross, Effort, Kind, Sport, Week, Weekday
from calsync.travel import Trip

Show = Callable[[str], None]
"""Shows people who wait what is being done; each text takes the place of the one before."""


def counted(number: int, one: str, many: str = "", *, zero: str = "0") -> str:
    """ "1 event", "2 events"; "no events" if `zero` is "no"."""
    return f"{number or zero} {one if number == 1 else many or one + 's'}"


def elapsed(length: timedelta | int) -> str:
    """ "5 h 30 min", "45 min", "3 h"; an int means seconds."""
    seconds = int(length.total_seconds()) if isinstance(length, timedelta) else length
    hours, minutes = divmod(max(seconds, 0) // 60, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours))


def in_days(seconds: int) -> str:
    """As elapsed(), but from a day on "more than a day", "2 days"."""
    days = seconds // 86400
    return elapsed(seconds) if days < 1 else "more than a day" if days == 1 else f"{days} days"


def ago(age: timedelta) -> str:
    """ "just now", "1 minute ago", "5 hours ago", "3 days ago": as much of it as matters."""
    if age < timedelta(hours=-1):
        return "in the future"  # a clock was put back
    minutes = age // timedelta(minutes=1)
    for least, unit, size in ((48 * 60, "day", 24 * 60), (60, "hour", 60), (1, "minute", 1)):
        if minutes >= least:
            return f"{counted(minutes // size, unit)} ago"
    return "just now"


def listed(entries: Sequence[str], longest: int = 150) -> str:
    """As many of the entries as have room in so many letters, and how many more there are."""
    told = len(entries)
    while told > 1 and len(", ".join(entries[:told])) > longest:
        told -= 1
    more = [f"and {len(entries) - told} more"] if told < len(entries) else []
    return ", ".join([*entries[:told], *more])


def day_name(day: date) -> str:
    """ "Sunday"."""
    return Weekday.of(day).long_name


def week_name(week: Week) -> str:
    """ "week 48"."""
    return f"week {week.number}"


def date_name(day: date) -> str:
    """ "Sun 29 Nov"."""
    return f"{day:%a} {day.day} {day:%b}"


def day(instant: datetime, zone: ZoneInfo) -> str:
    """ "Mon 30 Nov", of the date that it is then in `zone`."""
    return date_name(instant.astimezone(zone).date())


def moment(span: Timespan, zone: ZoneInfo) -> str:
    """ "Tue 24 Nov 12:15", when a stretch begins."""
    return f"{day(span.start, zone)} {span.start.astimezone(zone):%H:%M}"


def on_trip(trip: Trip) -> str:
    """ "Tue 1 Dec to Fri 4 Dec: times of Asia/Tokyo"."""
    days = date_name(trip.first)
    if trip.last != trip.first:
        days += f" to {date_name(trip.last)}"
    return f"{days}: times of {trip.zone.key}"


def clock_was_wrong(then: datetime, zone: ZoneInfo) -> str:
    """What there is to say of a push at a time that is still to come."""
    local = then.astimezone(zone)
    when = f"{date_name(local.date())} {local:%Y %H:%M}"
    return f"the last push was on {when}, which is in the future: the clock was wrong then, or is wrong now"


def next_of(spans: Sequence[Timespan], now: datetime) -> Timespan | None:
    """The stretch that lasts at `now`, or the first after it."""
    return next((span for span in spans if span.end > now), None)


def busy_next(spans: Sequence[Timespan], now: datetime, zone: ZoneInfo) -> str:
    """ "next Tue 24 Nov 09:00", or that there is nothing to come."""
    found = next_of(spans, now)
    if found is None:
        return "none of them still to come" if spans else "nothing to come"
    if found.start <= now:
        return f"busy now, until {day(found.end, zone)} {found.end.astimezone(zone):%H:%M}"
    return f"next {moment(found, zone)}"


_SPORTS = {
    Sport.RIDE: "ride",
    Sport.SWIM: "swim",
    Sport.SKI: "ski tour",
    Sport.ROW: "row",
    Sport.PADDLE: "paddle",
    Sport.SKATE: "skate",
    Sport.HIKE: "hike",
    Sport.OTHER: "cross training",
}


def noun(kind: Kind | Cross) -> str:
    """ "run", "ride"."""
    return _SPORTS[kind.sport] if isinstance(kind, Cross) else "run"


def kind_name(kind: Kind | Cross) -> str:
    """ "intervals", "long run", "hard ride"."""
    match kind:
        case Cross(effort=Effort.RACE):
            return "race"
        case Cross():
            return f"{kind.effort} {_SPORTS[kind.sport]}"
        case Kind.LONG | Kind.EASY | Kind.RECOVERY | Kind.TEMPO | Kind.THRESHOLD | Kind.FARTLEK:
            return f"{kind} run"
        case Kind.TIME_TRIAL:
            return "time trial"
        case _:
            return kind.value


# Where something is in a TOML file: keys, and numbers of list entries from 0.
Keys = tuple[str | int, ...]


def dotted(keys: Keys) -> str:
    """("busy", 0, "type") as people write it: "busy[0].type"."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


_ENTRIES = {
    "busy": "busy calendar",
    "cross": "cross training",
    "exercises": "exercise",
    "notify": "notify table",
    "pause": "pause",
    "race": "race",
    "runs": "run",
    "strength": "strength session",
    "targets": "target",
    "travel": "trip",
}


def place_in_file(keys: Keys) -> str:
    """("runs", 1, "duration") as people say it: "the 2nd run: duration"."""
    parts: list[str] = []
    names: list[str] = []
    for key in keys:
        if isinstance(key, str):
            names.append(key)
            continue
        entry = _ENTRIES.get(names[-1]) if names else "entry"
        parts.append(f"the {ordinal(key + 1)} {entry or 'of ' + '.'.join(names)}")
        names = []
    return ": ".join([*parts, *([".".join(names)] if names else [])])


def needs(keys: Keys) -> str:
    """("runs", 1, "kind") as people say that it is missing: "the 2nd run needs a kind"."""
    key = str(keys[-1])
    # The u of a username and of a url is spoken as that of "you".
    article = "an" if key[0] in "aeio" else "a"
    is_noun = key not in ("from", "to") and not key.endswith("s")
    what = f"{article} {key}" if is_noun else f'"{key}"'
    return f"{place_in_file(keys[:-1])} needs {what}"


def ordinal(number: int) -> str:
    """ "1st", "2nd", "11th"."""
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def shown_path(path: Path) -> str:
    """As short as the shell takes it here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def did_you_mean(word: str, known: Iterable[str] | Mapping[str, str]) -> str:
    """`; did you mean "…"?` if a known word is near, else nothing. A mapping has how each is written."""
    # Only for a message about a mistake, so that nothing else waits for the import.
    import difflib

    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    if not near:
        return ""
    return f'; did you mean "{known[near[0]] if isinstance(known, Mapping) else near[0]}"?'


# What people write for a word of ours.
_SYNONYMS = {
    **dict.fromkeys(("medium", "middle", "normal"), "moderate"),
    **dict.fromkeys(("hard", "high"), "heavy"),
    **dict.fromkeys(("easy", "low"), "light"),
    "beginner": "new",
    "intermediate": "regular",
    "advanced": "experienced",
}


def word_meant(value: str, words: Sequence[str]) -> str:
    """`; did you mean "…"?`, also of "thursday" and "medium"."""
    lower = value.lower()
    for meant in (_SYNONYMS.get(lower, ""), lower[:3]):
        if meant in words:
            return f'; did you mean "{meant}"?'
    return did_you_mean(value, words)


def one_line(text: str) -> str:
    """`text` on one line, without control characters: what a title may be."""
    return " ".join(_printable(text).split())


def plain_lines(text: str) -> str:
    """`text` with plain line ends, no control characters and no blank edges: what a description may be."""
    return "\n".join(_printable(line).rstrip() for line in text.splitlines()).strip()


# They turn the order of all that follows, so that a text can look like another. No title needs them, as
# readers know the direction of letters (Unicode Standard Annex 9).
_TURNS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def is_plain(text: str) -> bool:
    """Whether `text` is one line, without control characters."""
    return not any(ord(c) in _TURNS or category(c) in ("Cc", "Zl", "Zp") for c in text)


def printable_lines(text: str) -> str:
    """`text` as it is, but for control characters and the kinds of line ends: what a template may say."""
    return "\n".join(map(_printable, text.splitlines()))


LONGEST_WARNING = 300


def warning_line(text: str) -> str:
    """A warning that quotes other people's texts, as it may be shown: one line, and not too long a one."""
    text = one_line(text)
    return text if len(text) <= LONGEST_WARNING else f"{text[: LONGEST_WARNING - 2].rstrip()} …"


def _printable(line: str) -> str:
    line = line.translate(_TURNS)
    # Format characters (Cf) are invisible, too, but they hold emoji and Persian or Hindi letters together.
    shown = "".join(c if c.isprintable() or category(c) == "Cf" else " " for c in normalize("NFC", line))
    # iCalendar writes a line break as \n or \N, and icalendar takes the second even where the backslash is
    # escaped, so a text with it would not come back as it went, and be written again by every push.
    return shown.replace("\\N", "\\n")


def on_one_line(message: str) -> str:
    """`message` with the escape of each line break and control character, which a quoted text may have."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
