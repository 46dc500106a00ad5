"""The settings that are in force, as TOML: what the config says, and what counts where it says nothing."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from calsync.addresses import hidden
from calsync.config.load import Config
from calsync.config.settings import ConfigFile
from calsync.config.toml import read
from calsync.program import USUAL_TIMES, Availability, FeedSettings, UsualStart
from calsync.training import clock
from calsync.written import duration_text, quoted

_DEFAULT = "  # default"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# What counts where a table names none, but is no default of one of its keys.
_USUAL: Mapping[type[msgspec.Struct], Mapping[str, object]] = {
    Availability: {day: getattr(USUAL_TIMES, day) for day in ("default", "sat", "sun")},
    UsualStart: {"default": UsualStart().on(date.min)},
    FeedSettings: {"strength": "ignore"},
}


def settings_in_force(config: Config) -> str:
    """All settings, with defaults marked, and without the addresses by which calendars can be read.

    Optional keys and tables that are not there have no effect, and are left out.
    """
    table, _ = read(config.path, ConfigFile)
    said = tomllib.loads(config.document.text)
    lines = list(_lines(table, said, ""))
    if table.timezone is None:
        at = next((number for number, line in enumerate(lines) if not line), len(lines))
        lines.insert(at, f"timezone = {quoted(config.zone.key)}  # this computer's")
    return "\n".join(lines).strip() + "\n"


def _lines(table: msgspec.Struct, said: Mapping[str, Any], name: str) -> Iterator[str]:
    """The keys of a table, then the tables in it; `said` is what the file has of it, `name` its header."""
    inside: list[tuple[str, msgspec.Struct, Mapping[str, Any]]] = []
    aliases: Mapping[str, str] = getattr(table, "aliases", {})
    said = {aliases.get(key, key): value for key, value in said.items()}
    usual = _usual(table)
    first: Sequence[str] = getattr(table, "first_keys", ())
    fields = {field.encode_name: field for field in msgspec.structs.fields(table)}
    for key, field in sorted(fields.items(), key=lambda item: (*first, item[0]).index(item[0])):
        value = getattr(table, field.name)
        header = f"{name}.{key}" if name else key
        if isinstance(value, msgspec.Struct):
            inside.append((f"[{header}]", value, said.get(key, {})))
        elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            of_each = said[key] if isinstance(said[key], list) else [said[key]]
            inside += zip([f"[[{header}]]"] * len(value), value, of_each, strict=True)
        elif key in said:
            yield f"{key} = {_text(said[key])}"
        elif key in usual or value not in (None, (), {}):
            yield f"{key} = {_text(_as_written(key, usual.get(key, value)))}{_DEFAULT}"
        if key == "name" and "type" in said:
            yield f"type = {_text(said['type'])}"
    for header, one, of_it in inside:
        yield ""
        yield header
        yield from _lines(one, of_it, header.strip("[]"))


def _usual(table: msgspec.Struct) -> Mapping[str, object]:
    """Times count as a whole: a config that names some of them has no need of these."""
    usual = _USUAL.get(type(table), {})
    named = isinstance(table, Availability) and table.default is not None
    return {} if named else usual


def _as_written(key: str, value: object) -> object:
    """A default as a file would say it."""
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, int) and key == "duration":
        return duration_text(timedelta(minutes=value))
    if isinstance(value, int) and key == "pace":
        return f"{value // 60}:{value % 60:02}/km"
    if isinstance(value, int) and not isinstance(value, bool) and key in ("default", "week_at"):
        return clock(value)
    if isinstance(value, tuple):
        return [_as_written(key, one) for one in value]
    if isinstance(value, bool | int | date | dict):
        return value
    return str(value)


def _text(value: object) -> str:
    """A value in TOML, on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str() | Path():
            return quoted(hidden(str(value)))
        case list():
            return f"[{', '.join(map(_text, value))}]"
        case dict():
            pairs = (f"{_key(key)} = {_text(one)}" for key, one in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return str(value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else quoted(hidden(key))
