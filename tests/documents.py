"""TOML files of each kind as tables: one with every key, and any number that are nearly so."""

import copy
import json
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from calsync.config.load import load_config
from calsync.config.templates import Library, load_routine
from calsync.config.toml import SchemaKind

ENVIRONMENT = {
    "HOME_ICS": "https://calendar.example/home.ics",
    "PRIVATE_ICS": "https://calendar.example/x.ics",
}


def load(kind: SchemaKind, path: Path) -> None:
    """Raises ConfigError."""
    match kind:
        case "config":
            load_config(path, ENVIRONMENT)
        case "week":
            Library(path.parent).template(str(path))
        case "routine":
            load_routine(path)


FULL: dict[SchemaKind, dict[str, Any]] = {
    "config": {
        "name": "training",
        "timezone": "Europe/London",
        "plan": {
            "start": date(2026, 11, 23),
            "weeks": ["balanced", "x/own.toml"],
            "horizon": 4,
            "experience": "regular",
            "templates": "my",
            "usual_start": {"default": "07:00", "sat": "8:00 - 11:00"},
            "override": {"2026-W52": "recovery"},
            "race": {
                "date": date(2027, 4, 18),
                "title": "Race",
                "start": "09:30",
                "duration": "4h",
                "distance": "marathon",
                "priority": "B",
                "weeks": ["taper"],
            },
            "pace": "5:30/km",
            "feed": {
                "url_env": "HOME_ICS",
                "kind": {"Club*": "intervals", "Call": "ignore"},
                "strength": "feed",
                "cross": "ignore",
                "pace": "6:00/km",
                "on_error": "fail",
                "max_age": "7d",
            },
        },
        "availability": {
            "default": ["06:00-24:00"],
            "sun": [],
            "prefer_times": [],
            "buffer": "0m",
            "after_run": "20m",
        },
        "strength": {
            "hours_apart": "3h",
            "min_days_apart": 2,
            "short_on_time": True,
            "fresh_legs": {"heavy": "60h"},
        },
        "pause": [{"from": date(2026, 12, 24), "to": date(2026, 12, 27)}],
        "travel": [{"from": date(2026, 12, 7), "to": date(2026, 12, 9), "timezone": "Asia/Tokyo"}],
        "busy": [
            {"name": "work", "type": "ics", "path": "busy.ics", "ignore": ["Lunch*"], "strength": ["Pump"]},
            {
                "name": "home",
                "type": "ics",
                "url": "webcal://calendar.example/a.ics",
                "email": "me@x.example",
                "away": ["Holiday*"],
                "all_day": "free",
                "strength": {"Yoga*": "light"},
            },
            {"name": "own", "type": "google", "calendars": ["primary"]},
            {
                "name": "cloud",
                "type": "caldav",
                "provider": "nextcloud",
                "host": "cloud.example.org",
                "username": "ann",
                "password_env": "CLOUD_PASSWORD",
                "calendars": ["Personal"],
                "tentative": "free",
            },
            {
                "name": "club",
                "type": "caldav",
                "url": "https://dav.example.org/ann/",
                "username": "ann",
                "password_command": ["pass", "show", "dav"],
                "away": ["Holiday*"],
            },
        ],
        "targets": [
            {"name": "feed", "type": "ics", "path": "a.ics", "include": ["runs"], "reminder": "45m"},
            {
                "name": "phone",
                "type": "google",
                "calendar": "Training",
                "reminder": "1h30m",
                "detail": "busy",
            },
            {
                "name": "cloud",
                "type": "caldav",
                "url": "https://dav.example.org/dav/",
                "username": "ann@example.org",
                "password_env": "HOME_ICS",
                "calendar": "Training",
                "on_delete": "another-time",
            },
            {
                "name": "family",
                "type": "caldav",
                "provider": "nextcloud",
                "host": "cloud.example.org",
                "username": "ann",
                "password_command": ["pass", "show", "calendar"],
                "calendar_url": "https://cloud.example.org/remote.php/dav/calendars/ann/family/",
            },
        ],
        "google": {"credentials": "client.json", "token": "token.json"},
        "title": "Ada's training",
        "serve": {"host": "0.0.0.0", "port": 80, "url": "https://training.example.org", "every": "1h"},
        "notify": [
            {"type": "ntfy", "url": "https://ntfy.sh/topic", "token_env": "TOKEN", "on": ["week", "changes"]},
            {"type": "webhook", "name": "home", "url_env": "HOOK", "week_at": "19:30"},
            {"type": "apprise", "url": "tgram://token/chat"},
        ],
    },
    "week": {
        "title": "Week",
        "about": "",
        "recovery": False,
        "rest": ["mon"],
        "strength_days": ["tue"],
        "runs": [
            {"day": "tue", "kind": "intervals", "duration": "60m", "start": "06:30", "title": "Six"},
            {"day": "thu", "kind": "time-trial", "duration": "1h", "between": ["06:30-08:30", "17:00-20:00"]},
            {"day": "sat", "kind": "long", "duration": "1h30m", "notes": "Slow.", "between": []},
        ],
        "cross": [
            {"day": "mon", "sport": "swim", "effort": "hard", "duration": "45m", "title": "Squad"},
            {"day": "wed", "sport": "ride", "effort": "easy", "duration": "1h", "start": "18:00"},
            {"day": "sun", "sport": "hike", "effort": "long", "duration": "5h", "between": ["08:00-15:00"]},
        ],
        "strength": [
            {"routine": "lower-body", "load": "moderate", "duration": "30m", "shortest": "20m"},
            {
                "routine": "mobility",
                "load": "light",
                "days": ["mon"],
                "between": ["17:00-20:00"],
                "travel": "20m",
            },
            {
                "title": "Pump",
                "load": "light",
                "day": "wed",
                "start": "18:00",
                "duration": "1h",
                "place": "Gym",
            },
        ],
    },
    "routine": {
        "title": "Routine",
        "about": "All of it.",
        "exercises": [
            {"name": "A", "minutes": 5, "trains": ["core"], "sets": 3, "reps": "30s", "heavy": {"reps": 5}},
            {"name": "B", "minutes": 5, "trains": ["core", "hips-glutes"], "light": {"sets": 1, "reps": 9}},
            {"name": "C", "minutes": 120, "trains": ["single-leg"], "cue": "Slow.", "light": {}},
        ],
    },
}
# All that may stand anywhere: each is wrong somewhere, and right somewhere.
VALUES: tuple[Any, ...] = (
    *(
        "",
        " ",
        "x",
        "ics",
        "google",
        "feed",
        "busy",
        "runs",
        "mon",
        "easy",
        "light",
        "core",
        "new",
        "7d",
        "90m",
    ),
    *("1h30m", "1h 30m", "90", "h", "07:00", "7:00", "24:00", "06:00-08:30", "06:00-25:00", "6:00/km", "30s"),
    *(
        "0s",
        "2026-W50",
        "2026-W60",
        "Europe/London",
        "https://x.example/a.ics",
        "x.example",
        "http://x.example",
    ),
    *(True, False, 0, 1, 2, 7, 100, 1000, -1, 1.5, 4.0, date(2026, 12, 1), date(1900, 1, 1)),
    *([], ["mon"], ["runs"], ["06:00-08:30"], [""], [1], [[]], {}, {"x": "y"}, [{}], [{"x": 1}]),
)
KEYS = ("x", "title", "name", "type", "path", "url", "start", "sets", "reps", "between", "calendars", "mon")


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to each table, list and value."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*at, key))


def at(document: Any, place: tuple[str | int, ...]) -> Any:
    for key in place:
        document = document[key]
    return document


@st.composite
def documents(draw: st.DrawFn, kind: SchemaKind) -> dict[str, Any]:
    """A whole file with up to three changes: something left out, replaced, added or doubled."""
    document = copy.deepcopy(FULL[kind])
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(list(places(document))))
        inside = at(document, place)
        ways = [] if not place else ["leave out", "replace"]
        ways += (
            ["add"] if isinstance(inside, dict) else ["double"] if inside and isinstance(inside, list) else []
        )
        if not ways:
            continue
        match draw(st.sampled_from(ways)):
            case "leave out":
                del at(document, place[:-1])[place[-1]]
            case "replace":
                at(document, place[:-1])[place[-1]] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            case "add":
                inside[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            case _:
                inside.append(copy.deepcopy(inside[0]))
    return document


def toml(value: Any) -> str:
    """As inline TOML, but for the outermost table."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, date | time) else json.dumps(value)


def whole(document: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in document.items())


def in_tables(document: dict[str, Any]) -> tuple[str, dict[tuple[str | int, ...], int]]:
    """The same as people write it, with the line of each key, table and item."""
    lines: list[str] = ["# A file.", ""]
    where: dict[tuple[str | int, ...], int] = {}

    def note(keys: tuple[str | int, ...], value: Any = None) -> None:
        where.setdefault(keys, len(lines))
        if value is not None:
            for place in places(value):
                where.setdefault((*keys, *place), len(lines))

    def write(table: dict[str, Any], keys: tuple[str | int, ...], header: str) -> None:
        plain = {key: value for key, value in table.items() if not is_table(value)}
        for key, value in plain.items():
            lines.append(f"{json.dumps(key)} = {toml(value)} # {key} = 1")
            note((*keys, key), value)
        for key, value in table.items():
            if key in plain:
                continue
            name = f"{header}.{key}" if header else key
            if isinstance(value, dict):
                lines.append(f"[{name}]")
                note((*keys, key))
                write(value, (*keys, key), name)
            else:
                for number, item in enumerate(value):
                    lines.append(f"[[{name}]]")
                    note((*keys, key))
                    note((*keys, key, number))
                    write(item, (*keys, key, number), name)

    write(document, (), "")
    return "\n".join(lines) + "\n", where


def is_table(value: Any) -> bool:
    """Whether it has headers of its own; keys that need quotes are left to inline tables."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, dict) for item in value)
    return isinstance(value, dict) and all(key.replace("-", "_").isidentifier() for key in value)
