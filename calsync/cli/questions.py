"""The questions of `calsync init`, and what may be answered.

Each answer is followed by what was understood.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from textwrap import fill
from zoneinfo import ZoneInfo

import click

from calsync.app import Listener
from calsync.app.new_config import (
    USUAL_RUNS,
    Answers,
    Look,
    NewRace,
    PlaceText,
    Seen,
    look_at_busy,
    look_at_runs,
    place,
    race_day,
)
from calsync.cli.asking import Asking, Back, Question, say
from calsync.cli.templates import terminal_width, week_header, week_picture
from calsync.config.templates import Library, is_path
from calsync.program import USUAL_TIMES, Availability, UsualStart
from calsync.spoken import hours_meant, time_meant
from calsync.training import Experience, TimeRange, Week, clock
from calsync.words import counted, did_you_mean, on_one_line
from calsync.written import distance, time_range

_DEFAULT_WEEK = "balanced"
# Ordinary weeks first, the shortest way to a choice; then those for single weeks.
_ORDER = (
    _DEFAULT_WEEK,
    "short-on-time",
    "first-5k",
    "ten-k-build",
    "half-marathon-build",
    "marathon-build",
    "experienced-three",
    "recovery",
    "taper",
    "race-week",
)


_Running = int | tuple[TimeRange, ...]


@dataclass(slots=True)
class _Given:
    """The answers so far."""

    look: Look
    machine_zone: str | None
    """What this computer says, if it does."""
    weeks: tuple[str, ...] = ()
    feed: PlaceText | None = None
    strength_entries: int = 0
    """How many the training calendar has."""
    takes_strength: bool | None = None
    """None if nobody was asked."""
    races: tuple[NewRace, ...] = ()
    """Those of the training calendar, the longest first."""
    race: NewRace | None = None
    race_day: date | None = None
    distance: str = ""
    days: _Running = 0
    weekend: _Running = 0
    busy: PlaceText | None = None
    times: Availability = USUAL_TIMES
    experience: Experience = Experience.REGULAR

    @property
    def builds_up(self) -> bool:
        return any(name.endswith("-build") or name == "first-5k" for name in self.weeks)


def ask_all(
    asking: Asking, zone: ZoneInfo | None, folder: Path, now: datetime, listener: Listener
) -> Answers:
    """`zone` is the machine's, `folder` the one of the config. Raises UsageError or Abort."""
    if zone is None and not asking.asks:
        message = "this computer doesn't say its time zone; name it, as in TZ=Europe/London calsync init"
        raise click.UsageError(f"{message} --defaults")
    given = _Given(Look(folder, zone or ZoneInfo("UTC"), now, listener), zone.key if zone else None)
    steps: list[Callable[[Asking, _Given], object]] = [
        *([_ask_zone] if zone is None or is_utc(zone) else []),
        _ask_weeks,
        _ask_race,
        _ask_distance,
        _ask_days,
        _ask_weekend,
        _ask_strength_entries,
        _ask_busy,
        _ask_times,
        _ask_experience,
        _ask_race_of_feed,
    ]
    answered: list[int] = []
    number = 0
    while number < len(steps):
        before = asking.asked
        try:
            steps[number](asking, given)
        except Back:
            if answered:
                number = answered.pop()
                asking.asked -= 1
            else:
                say("This is the first question.", "yellow")
            continue
        if asking.asked > before:
            answered.append(number)
        number += 1
    # A beginner's first days count as week 1 only if there are enough of them (rule `ease-in`).
    today, zone = now.astimezone(given.look.zone).date(), given.look.zone
    start = today if given.experience is Experience.NEW else Week.of(today).monday
    return Answers(
        zone=zone.key,
        start=start,
        weeks=given.weeks,
        times=given.times,
        experience=given.experience,
        running=_usual_start(given.days, given.weekend),
        feed=given.feed,
        takes_strength=given.takes_strength,
        race=NewRace(given.race_day, given.distance) if given.race_day else given.race,
        busy=given.busy,
    )


def summary(answers: Answers) -> Iterator[tuple[str, str]]:
    """What was understood, all together: (what, text)."""
    if answers.feed is None:
        yield "Weeks", ", ".join(answers.weeks)
    else:
        entries = "from there, too" if answers.takes_strength else f'from the "{answers.weeks[0]}" week'
        yield "Runs", f"from your training calendar; strength comes {entries}"
    if answers.race:
        yield "Race", f"{answers.race.title} on {_date(answers.race.day)}"
    yield "You run", _said_of_runs(answers.running)
    # An address is a secret.
    yield "Busy", "none yet" if answers.busy is None else answers.busy.shown
    yield "Strength", _said_of_times(answers.times)
    yield "Experience", answers.experience.value
    yield "Time zone", answers.zone


def is_utc(zone: ZoneInfo) -> bool:
    """Servers say so, and few of those who use them live there."""
    return zone.key.rpartition("/")[2] in ("UTC", "UCT", "GMT", "Universal", "Zulu")


def machine_zone() -> ZoneInfo | None:
    """None where the machine doesn't say it, or says what is no zone."""
    import os

    from tzlocal import get_localzone_name

    try:
        name = get_localzone_name()
        zone = ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # also: two files that say different things
        return None
    # TZ=NST3:30NDT names rules, not a zone. tzlocal then answers with the zone of the files, which TZ denies.
    variable = os.environ.get("TZ", "")
    return zone if not variable or (name and variable.endswith(name)) else None


def _zone(text: str) -> ZoneInfo:
    from zoneinfo import available_timezones

    known = {name.lower(): name for name in available_timezones()}
    wanted = text.lower().replace(" ", "_")
    cities = sorted(name for lower, name in known.items() if lower.rpartition("/")[2] == wanted)
    if name := known.get(wanted) or (cities[0] if len(cities) == 1 else None):
        return ZoneInfo(name)
    if cities:
        raise ValueError(f"there are several: {', '.join(cities)}")
    by_city = {name.lower().rpartition("/")[2]: name for name in known.values()}
    hint = did_you_mean(wanted, known) or did_you_mean(wanted, by_city)
    raise ValueError(f'no time zone is called "{text}"{hint}')


def _ask_zone(asking: Asking, given: _Given) -> None:
    zone = asking.ask(
        _ZONE, _zone, given.machine_zone, lambda zone: f"{zone.key}, {_now_there(zone, given)}."
    )
    given.look = replace(given.look, zone=zone)


_ZONE = Question(
    "What is your time zone?",
    """\
   A name such as Europe/London, or a city.""",
    """\
   All times of the plan are in this zone, also where clocks change. A server often
   says UTC, which is hardly yours; calsync looks the name up in the IANA database.""",
)


def _now_there(zone: ZoneInfo, given: _Given) -> str:
    return f"where it is {given.look.now.astimezone(zone):%H:%M} now"


def _ask_weeks(asking: Asking, given: _Given) -> None:
    look = given.look
    library = Library(look.folder)
    names = sorted(library.template_names(), key=lambda name: (*_ORDER, name).index(name))

    def parse(text: str) -> tuple[tuple[str, ...], PlaceText | None, Seen | None]:
        if is_path(text) or ":" in text or text.lower().endswith(".ics"):
            feed = place(text, look)
            seen = look_at_runs(feed, look)
            said = f'{seen.text}. Until you say otherwise, strength comes from the "{_DEFAULT_WEEK}" week'
            say(f"{said}.", "green")
            return (_DEFAULT_WEEK,), feed, seen
        return tuple(_week(part, names) for part in _parts(text)), None, None

    def understood(found: tuple[tuple[str, ...], PlaceText | None, Seen | None]) -> str:
        weeks, feed, _ = found
        if feed:
            return ""
        return f'Every week is "{weeks[0]}".' if len(weeks) == 1 else f"In turn: {', '.join(weeks)}."

    question = Question("Which week is most like yours?", _pictures(library, names), _WEEKS_MORE)
    given.weeks, given.feed, seen = asking.ask(question, parse, _DEFAULT_WEEK, understood)
    given.strength_entries, given.races = (seen.strength, seen.races) if seen else (0, ())


_WEEKS_MORE = """\
   A picture shows what each day has: the kind of run and how long it is. Below the
   week's name is its strength: "2 moderate" is two sessions that are neither heavy
   nor light. Times are asked for next. Later `calsync templates copy` makes a week
   your own, with other days and runs, or a class at the gym (docs/cookbook.md).
   Weeks separated by commas repeat in that order: 1,1,1,8 is three weeks of work
   and one to recover."""


def _ask_race(asking: Asking, given: _Given) -> None:
    given.race_day = given.race_day if given.builds_up else None
    if not given.builds_up:
        return
    today = given.look.now.astimezone(given.look.zone).date()
    given.race_day = asking.ask(
        _RACE,
        lambda text: None if text.lower() in ("none", "no") else race_day(text, today),
        "none",
        lambda day: f"{_date(day)}, {_weeks_until(day, today)}." if day else "No race yet.",
    )


_RACE = Question(
    "When is your race?",
    """\
   Such as 2027-04-18 or 18 Apr 2027; none if there is none yet.""",
    """\
   The last week or two before a race have templates of their own, strength shrinks
   in the two weeks before it, and stays light for a week after it.""",
)


def _date(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


def _weeks_until(day: date, today: date) -> str:
    weeks = Week.of(today).until(Week.of(day))
    return "this week" if weeks == 0 else "next week" if weeks == 1 else f"in {weeks} weeks"


def _ask_distance(asking: Asking, given: _Given) -> None:
    if given.race_day is None:
        return
    usual = next((far for name, far in _DISTANCE_OF.items() if name in given.weeks), None)
    question = Question("How far is it?", "   marathon, half, 10k, 5k, or such as 15 km.")
    given.distance = asking.ask(question, _distance, usual, lambda far: f"{NewRace(date.max, far).title}.")


_DISTANCE_OF = {
    "marathon-build": "marathon",
    "half-marathon-build": "half",
    "ten-k-build": "10k",
    "first-5k": "5k",
}


def _distance(text: str) -> str:
    """The words of the config for it."""
    words = {"half marathon": "half", "10": "10k", "5": "5k", "21": "half", "42": "marathon"}
    found = words.get(text.lower(), text.lower())
    distance(found)
    return found


def _ask_race_of_feed(asking: Asking, given: _Given) -> None:
    """Of the longest race in the training calendar: without [plan.race] it gets no taper."""
    given.race = None
    if not given.races:
        return
    race = given.races[0]
    said = on_one_line(f"Your training calendar has {race.title} on {_date(race.day)}.")
    question = Question(
        "Is this the race that you train for?",
        fill(said, 77, initial_indent="   ", subsequent_indent="   "),
        _FEED_RACE_MORE,
    )
    given.race = asking.ask(
        question,
        lambda text: race if _yes(text) else None,
        "yes",
        lambda found: "Strength makes way for it." if found else "No race yet.",
    )


_FEED_RACE_MORE = f"""\
{_RACE.more} With no,
   it keeps its day and the day before free of strength, and nothing more."""


def _yes(text: str) -> bool:
    word = text.lower()
    if word in ("y", "yes", "n", "no", "none"):
        return word.startswith("y")
    raise ValueError(f'expected yes or no, found "{text}"')


def _ask_days(asking: Asking, given: _Given) -> None:
    given.days = asking.ask(
        _RUNS,
        partial(_run_time, presets=_RUN_TIMES),
        "1",
        lambda found: f"Your runs start {_starting(found)}.",
    )


def _ask_weekend(asking: Asking, given: _Given) -> None:
    usual = USUAL_RUNS.sat
    presets = {**_RUN_TIMES, "same": given.days} | ({"morning": usual, "mornings": usual} if usual else {})
    given.weekend = asking.ask(
        Question("And at weekends?", "   A number, a name, a time or hours, as above; or same.", _RUNS.more),
        partial(_run_time, presets=presets),
        "same" if isinstance(given.days, tuple) and len(given.days) > 1 else _clock(usual),
        lambda found: f"At weekends they start {_starting(found)}.",
    )


def _starting(found: _Running) -> str:
    return f"{'at' if isinstance(found, int) else 'at the first free time within'} {_clock(found)}"


_RUNS = Question(
    "When do you usually run?",
    """\
   1  early     06:30-08:30
   2  lunch     11:30-14:00
   3  evening   17:30-21:00
   Or your own: a time such as 18:30, or hours such as 6-9pm. On shifts give
   several, the best first: 3-8pm, 9-12.""",
    """\
   The shipped weeks, and most platforms, say on which days you run, not when. With a
   time runs start then, whatever is on; with hours, at the first time in them when you
   are free for the whole run; the next hours count where the first have no room.
   Strength goes 4 to 8 hours after a hard run. Runs that name a time (a race, a workout
   of your platform) keep it.""",
)
_HOURS = {"1": "06:30-08:30", "2": "11:30-14:00", "3": "17:30-21:00"}
_RUN_TIMES: dict[str, _Running] = {number: (time_range(hours),) for number, hours in _HOURS.items()}
_RUN_NAMES = {"early": "1", "morning": "1", "mornings": "1", "lunch": "2", "evening": "3", "evenings": "3"}


def _run_time(text: str, presets: dict[str, _Running]) -> _Running:
    word = text.strip().lower()
    for key in (word, _RUN_NAMES.get(word, word)):
        if key in presets:
            return presets[key]
    if re.fullmatch(r"\d", word):
        raise ValueError(f"the numbers are 1 to 3; a time is written as {word}:00 or {word}pm")
    parts, has_hours = _parts(text), re.search(r"\d\D*(?:[-–]|to|until)", text)
    return tuple(map(hours_meant, parts)) if has_hours else time_meant(text)


def _clock(usual: _Running | None) -> str:
    return clock(usual) if isinstance(usual, int) else ", ".join(map(str, usual or ()))


def _usual_start(days: _Running, weekend: _Running) -> UsualStart:
    return UsualStart(days) if days == weekend else UsualStart(days, sat=weekend, sun=weekend)


def _said_of_runs(usual: UsualStart) -> str:
    weekend = "" if usual.sat is None else f", at weekends {_clock(usual.sat)}"
    return f"{_clock(usual.default)}{weekend}"


def _ask_strength_entries(asking: Asking, given: _Given) -> None:
    given.takes_strength = None
    if not given.strength_entries:
        return
    entries = counted(given.strength_entries, "strength workout")
    explained = f"   Your training calendar has {entries} in the coming weeks."
    given.takes_strength = asking.ask(
        Question(
            "Whose strength sessions do you want: the calendar's own, or calsync's?", explained, _ENTRIES_MORE
        ),
        _whose,
        "calsync's",
        lambda takes: (
            "Your platform's workouts are planned." if takes else "calsync's own sessions are planned."
        ),
    )


_ENTRIES_MORE = """\
   own: calsync finds the best time for each workout of your platform in its week,
   with what your platform writes in it. calsync's: two short sessions a week for
   runners, with exercises; your platform's are left out."""


def _whose(text: str) -> bool:
    word = text.lower().replace("’", "'")
    if word in ("own", "its own", "the calendar's own", "calendar", "theirs", "1"):
        return True
    if word in ("calsync's", "calsync", "2"):
        return False
    raise ValueError(f'expected own or calsync\'s, found "{text}"')


def _pictures(library: Library, names: list[str]) -> str:
    width = terminal_width()
    lines = [week_header(width)]
    for number, name in enumerate(names, start=1):
        lines += week_picture(library.template(name), f"{number:2} {name}", width)
    return "\n".join([*lines, _WEEKS_EXPLAINED])


_WEEKS_EXPLAINED = """\
   Its number or name; several take turns, such as 1,1,1,8. Or, if your runs are
   planned elsewhere (Runna, TrainingPeaks, Final Surge, Garmin): the address or
   the file of that calendar."""


def _week(text: str, names: list[str]) -> str:
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return names[int(text) - 1]
    if text.lower() in names:
        return text.lower()
    if text.isdecimal():
        raise ValueError(f"the numbers are 1 to {len(names)}")
    raise ValueError(f'no week is called "{text}"{did_you_mean(text, names)}')


_BUSY_EXPLAINED = """\
   A file, a folder of .ics files, or an address (https:// or webcal://). Google
   shows it in a calendar's settings, as "Secret address in iCal format". More
   calendars can be added later."""


def _ask_busy(asking: Asking, given: _Given) -> None:
    def parse(text: str) -> PlaceText | None:
        if text.lower() in ("none", "no"):
            return None
        busy = place(text, given.look)
        if busy == given.feed:
            raise ValueError("these are your runs, which must not keep you busy")
        say(f"{look_at_busy(busy, given.look)}.", "green")
        return busy

    question = Question("Where is the calendar that says when you are busy?", _BUSY_EXPLAINED, _BUSY_MORE)
    given.busy = asking.ask(question, parse, "none", lambda found: "" if found else _FREE_ALL_DAY)


_FREE_ALL_DAY = "None yet: you count as free all day, so leave working hours out of the next answer."
_BUSY_MORE = """\
   Strength keeps clear of what is in it, with 15 minutes before and after. Runs look
   for a free time in their hours. calsync only reads it. Outlook shows such an address
   under "Publish a calendar", Apple under "Public calendar"; docs/busy.md says more.
   For calendars in Google without an address see docs/google.md."""


def _ask_times(asking: Asking, given: _Given) -> None:
    question = Question("When can you do strength training?", _TIMES_EXPLAINED, _TIMES_MORE)
    given.times = asking.ask(question, _times, "4", lambda times: f"Strength {_said_of_times(times)}.")


_TIMES_MORE = """\
   The hours in which you can lift, not counting what your calendar has: calsync looks
   for the best free time in them. More hours give it more to choose from. Single days
   can have hours of their own in the config: sun = ["16:00-18:00"]."""


def _said_of_times(times: Availability) -> str:
    def said(ranges: tuple[TimeRange, ...] | None) -> str:
        return ", ".join(map(str, ranges or ())) or "never"

    if times.sat is None and times.sun is None:
        return f"{said(times.default)} every day"
    return f"{said(times.default)}; Sat {said(times.sat)}; Sun {said(times.sun)}"


def _ask_experience(asking: Asking, given: _Given) -> None:
    question = Question("How much strength training have you done?", _EXPERIENCE_EXPLAINED, _EXPERIENCE_MORE)
    given.experience = asking.ask(
        question, _experience, "regular", lambda experience: f"{_SAID_OF_EXPERIENCE[experience]}."
    )


_EXPERIENCE_MORE = """\
   With lifting, not with running. "new" begins with one light session of 20 minutes
   a week, as the first sessions make the sorest legs."""
_SAID_OF_EXPERIENCE = {
    Experience.NEW: "It builds up over eight weeks, from one light session a week",
    Experience.REGULAR: "Two sessions a week",
    Experience.EXPERIENCED: "Up to three sessions a week, heavy ones too",
}


_TIMES_EXPLAINED = """\
   1  early bird    06:00-08:30, at weekends 08:00-12:00
   2  lunch         12:00-14:00, Saturday 11:00-15:00
   3  evenings      17:00-21:00, Saturday 16:00-20:00
   4  any of those  Saturday 08:00-20:00, Sunday never
   A number, several as in 1,3, or your own times for every day, as in
   06:30-08:00, 18:00-21:00."""


def _preset(default: str, sat: str, sun: str) -> Availability:
    of_days, of_sat, of_sun = (tuple(map(time_range, texts.split())) for texts in (default, sat, sun))
    return Availability(of_days, sat=of_sat, sun=of_sun)


_PRESETS = {
    # With mornings alone the usual week finds room for its second session on Sunday only.
    "1": _preset("06:00-08:30", "08:00-12:00", "08:00-12:00"),
    "2": _preset("12:00-14:00", "11:00-15:00", ""),
    "3": _preset("17:00-21:00", "16:00-20:00", ""),
    "4": USUAL_TIMES,
}
_PRESET_NAMES = {"early bird": "1", "early": "1", "lunch": "2", "evenings": "3", "evening": "3", "any": "4"}


def _joined(ranges: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """Those that overlap or touch as one."""
    joined: list[TimeRange] = []
    for one in sorted(ranges):
        if joined and one.start <= joined[-1].end:
            joined[-1] = TimeRange(joined[-1].start, max(joined[-1].end, one.end))
        else:
            joined.append(one)
    return tuple(joined)


def _times(text: str) -> Availability:
    parts = [part.lower() for part in _parts(text)]
    presets = [_PRESETS[key] for part in parts if (key := _PRESET_NAMES.get(part, part)) in _PRESETS]
    own = [hours_meant(part) for part in parts if _PRESET_NAMES.get(part, part) not in _PRESETS]

    def on(key: str) -> tuple[TimeRange, ...]:
        # Own times are those of every day, also where the presets have others.
        return _joined([*own, *(times for preset in presets for times in getattr(preset, key) or ())])

    if not presets:
        return Availability(on("default"))
    return Availability(on("default"), sat=on("sat"), sun=on("sun"))


_EXPERIENCE_EXPLAINED = """\
   1  new           none for months: builds up over eight weeks
   2  regular       two sessions a week
   3  experienced   years of it: up to three sessions, heavy ones too"""


def _experience(text: str) -> Experience:
    words = tuple(Experience)
    if text in ("1", "2", "3"):
        return words[int(text) - 1]
    if text.lower() in words:
        return Experience(text.lower())
    raise ValueError(f'expected 1, 2, 3 or one of {", ".join(words)}, found "{text}"')


def _parts(text: str) -> list[str]:
    """What commas part. Raises ValueError if there is nothing else."""
    if parts := [part.strip() for part in re.split(r"[,;]", text) if part.strip()]:
        return parts
    raise ValueError("that is nothing but commas")
