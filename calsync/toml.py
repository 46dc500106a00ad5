"""TOML files that people write, into typed structs, with errors that a person can act on.

Decides how a mistake is reported: file, line, key path, what was found, what is allowed, the nearest name.
Knows nothing of what the keys mean. msgspec does the typing; what it can't do is done here: it reports an
unknown key at its table only, and knows no lines.
"""

import re
import tomllib
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from calsync.errors import ConfigError
from calsync.toml_lines import Keys, dotted, lines_of
from calsync.training import TimeRange
from calsync.written import CLOCK_TIME, DURATION, TIME_RANGE

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file's path and text, for errors that point into it. `error` is the class to raise."""

    path: Path
    text: str
    error: type[ConfigError] = ConfigError

    def fail(self, keys: Keys, message: str) -> ConfigError:
        """An error at a key path such as ("busy", 0, "type")."""
        where = self.where(keys)
        return self.error(f"{where}: {dotted(keys)}: {message}" if keys else f"{where}: {message}")

    def where(self, keys: Keys) -> str:
        """The path and the line of a key, or of the nearest that there is around it: "week.toml:12"."""
        lines = lines_of(self.text)
        there = (lines[keys[:length]] for length in range(len(keys), 0, -1) if keys[:length] in lines)
        line = next(there, None)
        return f"{self.path}:{line}" if line else str(self.path)

    def parse(self, keys: Keys, parser: Callable[[str], T], value: str) -> T:
        """`parser(value)`; its ValueError says what is allowed, and comes back as an error at `keys`."""
        try:
            return parser(value)
        except ValueError as problem:
            raise self.fail(keys, f"{problem}, found {_shown(value)}") from problem


def read(path: Path, kind: type[S], error: type[ConfigError] = ConfigError) -> tuple[S, Document]:
    """The file at `path` as a `kind`. Raises `error`."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as problem:
        raise error(f"{path}: no such file") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{path}: not UTF-8 text (byte {problem.start})") from problem
    except OSError as problem:
        raise error(f"{path}: can't be read: {problem.strerror}") from problem
    document = Document(path, text, error)
    try:
        data = tomllib.loads(text)
    except RecursionError as problem:
        raise error(f"{path}: too many tables or lists in one another") from problem
    except ValueError as problem:  # TOMLDecodeError, and what Python says of a number with 5000 digits
        raise error(f"{path}{_said_of_syntax(text, str(problem))} (this is no valid TOML)") from problem
    _refuse_unknown_keys(document, data, kind, ())
    try:
        return msgspec.convert(data, kind), document
    except msgspec.ValidationError as problem:
        raise _explained(document, data, kind, str(problem)) from problem


_PLACED = re.compile(r"(.*?) \(at line (\d+), column (\d+)\)", re.DOTALL)
_BARE = re.compile(r"""\s*([\w.-]+)\s*=\s*([^\s"'\[{#][^"'#]*?)\s*(?:#.*)?""")


def _said_of_syntax(text: str, problem: str) -> str:
    """tomllib's words; for a text without quotes, a common slip, also the key and what to write."""
    found = _PLACED.fullmatch(problem)
    if not found:
        return f": {problem}"
    line = text.split("\n")[int(found[2]) - 1]
    if bare := _BARE.fullmatch(line.rstrip("\r")):
        value = f'"{bare[2]}"' if re.fullmatch(r"[\w:.-]+", bare[2]) else "the text in quotes"
        return f":{found[2]}:{found[3]}: {bare[1]}: {found[1]}; write {value}"
    return f":{found[2]}:{found[3]}: {found[1]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?` if a known word is near, else nothing."""
    import difflib  # only for mistakes

    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def path(document: Document, keys: Keys, text: str, base: Path) -> Path:
    """The path `text`, from the folder `base` if it is relative; `~` is a home folder."""
    if not text or "\0" in text:
        raise document.fail(keys, f"expected a path, found {_shown(text)}")
    if "://" in text:
        raise document.fail(keys, f"expected a path, found the address {_shown(text)}; write url")
    try:
        return base / Path(text).expanduser()
    except RuntimeError as problem:
        raise document.fail(keys, f"there is no such home folder: {_shown(text)}") from problem


# --- values that TOML has no type for ---------------------------------------------------------------------


def duration(text: str) -> timedelta:
    """ "90m", "3h", "1h30m" or "7d"."""
    if not re.fullmatch(DURATION, text):
        raise ValueError('expected a duration such as "90m", "3h" or "1h30m"')
    # At most what a timedelta can add up.
    amount = {unit: min(int(digits), 100_000) for digits, unit in re.findall(r"([0-9]+)([dhm])", text)}
    return timedelta(days=amount.get("d", 0), hours=amount.get("h", 0), minutes=amount.get("m", 0))


def clock_time(text: str) -> int:
    """A minute of the day from "06:30"."""
    if not re.fullmatch(CLOCK_TIME, text):
        raise ValueError('expected a time of day such as "06:30"')
    return _minute(text)


def time_range(text: str) -> TimeRange:
    """Wall-clock minutes from "06:00-08:30"; the end may be "24:00"."""
    if not re.fullmatch(TIME_RANGE, text):
        raise ValueError('expected a range of times such as "06:00-08:30", until "24:00" at most')
    start, end = map(_minute, text.split("-"))
    if start >= end:
        raise ValueError("expected a range that ends after it starts")
    return TimeRange(start, end)


def _minute(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    return hours * 60 + minutes


# --- unknown keys -----------------------------------------------------------------------------------------


def _refuse_unknown_keys(document: Document, data: object, kind: Any, keys: Keys) -> None:
    """Raises at the first key that no struct on the way has. Wrong types are left to msgspec."""
    kind = _without_none(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if isinstance(data, dict):
            hints = get_type_hints(kind)
            fields = {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}
            for key, value in data.items():
                if key not in fields:
                    near = did_you_mean(key, fields) or f"; known here: {', '.join(fields)}"
                    raise document.fail((*keys, key), f"unknown key{near}")
                _refuse_unknown_keys(document, value, fields[key], (*keys, key))
    elif get_origin(kind) in (list, tuple) and isinstance(data, list):
        for number, value in enumerate(data):
            _refuse_unknown_keys(document, value, get_args(kind)[0], (*keys, number))
    elif get_origin(kind) is dict and isinstance(data, dict):
        for key, value in data.items():
            _refuse_unknown_keys(document, value, get_args(kind)[1], (*keys, key))


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kinds = [k for k in get_args(kind) if k not in (type(None), msgspec.UnsetType)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


# --- wrong values -----------------------------------------------------------------------------------------

_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a string",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
    "date": "a date such as 2026-11-23",
    "datetime": "a date and time",
    "null": "nothing",
}


def _explained(document: Document, data: object, kind: Any, message: str) -> ConfigError:
    """msgspec's "Expected `int`, got `str` - at `$.plan.horizon`" in the words of whoever wrote the file."""
    what, _, where = message.partition(" - at ")
    keys = tuple(_keys_of(where.strip("`"), data))
    if what.startswith("Invalid RFC3339 encoded date"):
        return document.fail(keys, f"expected {_NAMES['date']}, found {_shown(_at(data, keys))}")
    if missing := re.search(r"missing required field `(\w+)`", what):
        return document.fail((*keys, missing[1]), "is missing" + _table_hint(keys))
    value = _at(data, keys)
    if allowed := _allowed_words(kind, keys):
        choice = ", ".join(allowed)
        hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
        return document.fail(keys, f"expected one of {choice}, found {_shown(value)}{hint}")
    expected = re.sub(r"`([^`]*)`", lambda match: _named(match[1]), what)
    expected = re.sub(
        r", got .*", "", expected.replace(" >= ", " of at least ").replace(" <= ", " of at most ")
    )
    hint = ""
    if "a list" in expected and isinstance(value, dict):
        hint = f"; write [[{dotted(keys)}]]"
    elif "a string" in expected and isinstance(value, date | time):
        hint = f'; write "{value:%H:%M}"' if isinstance(value, time) else f'; write "{value}"'
    return document.fail(keys, f"{expected[:1].lower()}{expected[1:]}, found {_shown(value)}{hint}")


def _named(kinds: str) -> str:
    """msgspec's "int | str | null" in words."""
    return " or ".join(_NAMES.get(kind, kind) for kind in kinds.split(" | ") if kind != "null")


def _table_hint(keys: Keys) -> str:
    return f" (in [{dotted(keys)}])" if keys and isinstance(keys[-1], str) else ""


def _keys_of(path: str, data: Any) -> Iterator[str | int]:
    """The key path in "$.busy[0].type"; msgspec writes "[...]" for a key of a dict that is not a struct's."""
    at = data
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        if index == "...":
            # All of them hold texts, so the first that is none is the one.
            key: str | int | None = next((k for k, v in at.items() if not isinstance(v, str)), None)
            if key is None:
                return
        else:
            key = name or int(index)
        yield key
        at = _at(at, (key,))


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _allowed_words(kind: Any, keys: Keys) -> tuple[str, ...]:
    """The words that a Literal or an enum at this place allows."""
    for key in keys:
        kind = _without_none(kind)
        if isinstance(key, int) or get_origin(kind) is dict:
            arguments = get_args(kind)
            kind = arguments[-1 if get_origin(kind) is dict else 0] if arguments else None
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            hints = get_type_hints(kind)
            names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
            kind = hints.get(names.get(str(key), ""))
    kind = _without_none(kind)
    if get_origin(kind) is Literal:
        return tuple(str(word) for word in get_args(kind))
    if isinstance(kind, type) and hasattr(kind, "__members__"):
        return tuple(str(word) for word in kind)  # type: ignore[attr-defined]
    return ()


# The address of a feed is a secret: who has it can read the calendar. Its host may be shown.
_ADDRESS = re.compile(r"""(\w+://)(?:[^/@"\s]*@)?([^/?#"\s]*)[^"\s]*""")


def _shown(value: object) -> str:
    import json  # only for mistakes

    text = _ADDRESS.sub(r"\1\2/…", json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= 80 else text[:77] + "..."
