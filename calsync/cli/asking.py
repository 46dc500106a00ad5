"""The questions of `calsync init`, and what may be answered.

Five at most: four, and the time zone where the machine doesn't say it.
"""

import contextlib
import itertools
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from calsync.app import Listener
from calsync.app.new_config import Answers, Look, PlaceText, look_at_busy, look_at_runs, place
from calsync.cli.templates import terminal_width, week_header, week_picture
from calsync.config.templates import Library, is_path
from calsync.program import USUAL_TIMES, Availability
from calsync.training import Experience, TimeRange, Week
from calsync.words import did_you_mean
from calsync.written import time_range

T = TypeVar("T")
# Something that answers without reading (`yes | calsync init`) would be asked for ever.
_PATIENCE = 10


@dataclass(slots=True)
class Asking:
    """A round of questions. `asks` is False where defaults are wanted and nothing is asked."""

    count: int
    """How many questions there will be."""
    asks: bool = True
    asked: int = 0

    def ask(self, title: str, parse: Callable[[str], T], default: str | None, explained: str = "") -> T:
        """What `parse` makes of the answer; its ValueError says what is wrong, and the question comes again.

        `default` is what an empty answer means; None if there must be one. Raises UsageError or Abort.
        """
        if not self.asks:
            return parse(_needed(title, default))
        self.asked += 1
        click.echo()
        click.echo(click.style(f"{self.asked}/{self.count}  {title}", bold=True))
        if explained:
            click.echo(explained)
        wrong = ""
        for _ in itertools.count() if _is_terminal() else range(_PATIENCE):
            answer = _line(f"> [{default}] " if default is not None else "> ")
            if answer is None:
                if wrong:
                    raise click.UsageError(f"{title} {wrong}, and no other answer came; nothing was written")
                return parse(_needed(title, default))
            try:
                if not answer.isprintable():
                    raise ValueError("that has characters that can't be printed")
                return parse(_needed(title, answer or default))
            except ValueError as problem:
                wrong = str(problem)
            except click.UsageError:
                wrong = "an answer is needed here"
            end = "" if wrong.endswith("?") else "."
            say(wrong + end, "red")
        raise click.UsageError(f"{title} {wrong}; nothing was written")


def say(text: str, colour: str) -> None:
    """What is said about an answer, below it; in a pipe on one line."""
    from calsync.words import on_one_line

    sentence = on_one_line(f"{text[:1].upper()}{text[1:]}")
    if sys.stdout.isatty():
        room = terminal_width() - 3
        lines = textwrap.wrap(sentence, room, break_long_words=False, break_on_hyphens=False)
    else:
        lines = [sentence]
    for line in lines:
        click.echo("   " + click.style(line, fg=colour))


def _line(prompt: str) -> str | None:
    """The next answer; None where there are no more. Raises Abort if a person wants to stop."""
    if _is_terminal():
        _edit_lines()
    try:
        answer = input(prompt).strip()
    except UnicodeDecodeError:
        return "\ufffe"  # what can't be read can't be printed
    except EOFError:
        click.echo()
        if _is_terminal():
            raise click.Abort from None
        return None
    except KeyboardInterrupt:
        click.echo()
        raise
    if not _is_terminal():
        # So that a log can be read; the secret in an address is none of its business.
        from calsync.addresses import has_address

        click.echo(answer if answer.isprintable() and "://" not in answer and not has_address(answer) else "")
    return answer


def _edit_lines() -> None:
    """Arrow keys, and Tab for names of files, where Python has readline."""
    with contextlib.suppress(ImportError):
        import readline

        readline.set_completer_delims("\n")  # a path is one word, with all that is in it
        readline.parse_and_bind("tab: complete")


def _needed(title: str, answer: str | None) -> str:
    if answer is None:
        raise click.UsageError(f"{title} An answer is needed; nothing was written")
    return answer


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


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


def ask_all(
    asking: Asking, zone: ZoneInfo | None, folder: Path, now: datetime, listener: Listener
) -> Answers:
    """`zone` is the machine's, `folder` the one of the config. Raises UsageError or Abort."""
    if zone is None:
        if not asking.asks:
            message = "this computer doesn't say its time zone; name it, as in TZ=Europe/London calsync init"
            raise click.UsageError(f"{message} --defaults")
        explained = "   This computer doesn't say it. A name such as Europe/London, or a city."
        zone = asking.ask("What is your time zone?", _zone, None, explained)
    look = Look(folder, zone, now, listener)
    weeks, feed = _ask_weeks(asking, look)
    busy = _ask_busy(asking, look, feed)
    times = asking.ask("When may strength training be placed?", _times, "4", _TIMES_EXPLAINED)
    experience = asking.ask(
        "How much strength training have you done?", _experience, "regular", _EXPERIENCE_EXPLAINED
    )
    # A beginner's first days count as week 1 only if there are enough of them (rule `ease-in`).
    today = now.astimezone(zone).date()
    start = today if experience is Experience.NEW else Week.of(today).monday
    return Answers(zone.key, start, weeks, times, experience, feed, busy)


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


def _ask_weeks(asking: Asking, look: Look) -> tuple[tuple[str, ...], PlaceText | None]:
    library = Library(look.folder)
    names = sorted(library.template_names(), key=lambda name: (*_ORDER, name).index(name))

    def parse(text: str) -> tuple[tuple[str, ...], PlaceText | None]:
        if is_path(text) or ":" in text or text.lower().endswith(".ics"):
            feed = place(text, look)
            say(f"{look_at_runs(feed, look)}. Strength is that of {_DEFAULT_WEEK}.", "green")
            return (_DEFAULT_WEEK,), feed
        return tuple(_week(part, names) for part in _parts(text)), None

    return asking.ask("Which week is most like yours?", parse, _DEFAULT_WEEK, _pictures(library, names))


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


def _ask_busy(asking: Asking, look: Look, feed: PlaceText | None) -> PlaceText | None:
    def parse(text: str) -> PlaceText | None:
        if text.lower() in ("none", "no"):
            return None
        busy = place(text, look)
        if busy == feed:
            raise ValueError("these are your runs, which must not keep you busy")
        say(f"{look_at_busy(busy, look)}.", "green")
        return busy

    return asking.ask("Where is the calendar that says when you are busy?", parse, "none", _BUSY_EXPLAINED)


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


def _times(text: str) -> Availability:
    parts = [part.lower() for part in _parts(text)]
    presets = [_PRESETS[key] for part in parts if (key := _PRESET_NAMES.get(part, part)) in _PRESETS]
    own = [_range(part) for part in parts if _PRESET_NAMES.get(part, part) not in _PRESETS]

    def on(key: str) -> tuple[TimeRange, ...]:
        # Own times are those of every day, also where the presets have others.
        return tuple(sorted({*own, *(times for preset in presets for times in getattr(preset, key) or ())}))

    if not presets:
        return Availability(on("default"))
    return Availability(on("default"), sat=on("sat"), sun=on("sun"))


def _range(text: str) -> TimeRange:
    if text.isdecimal():
        raise ValueError("the numbers are 1 to 4")
    # 6.30-8 is 6:30-8:00 to most of the world.
    colons = re.sub(r"\b(\d+)\b(?!:)(?<!:\d\d)", r"\1:00", text.replace("–", "-").replace(".", ":"))
    try:
        return time_range(colons)
    except ValueError as problem:
        raise ValueError(f'{problem}, found "{text}"') from problem


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
