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
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from calsync.errors import ConfigError
from calsync.training import TimeRange

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file's path and text, for errors that point into it. `error` is the class to raise."""

    path: Path
    text: str
    error: type[ConfigError] = ConfigError

    def fail(self, keys: Keys, message: str) -> ConfigError:
        """An error at a key path such as ("busy", 0, "type")."""
        line = _line_of(self.text, keys)
        where = f"{self.path}:{line}" if line else str(self.path)
        return self.error(f"{where}: {dotted(keys)}: {message}" if keys else f"{where}: {message}")

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
        found = re.search(r"^(.*?) \(at line (\d+), column (\d+)\)$", str(problem))
        where = f"{path}:{found[2]}:{found[3]}: {found[1]}" if found else f"{path}: {problem}"
        raise error(f"{where} (this is no valid TOML)") from problem
    _refuse_unknown_keys(document, data, kind, ())
    try:
        return msgspec.convert(data, kind), document
    except msgspec.ValidationError as problem:
        raise _explained(document, data, kind, str(problem)) from problem


def dotted(keys: Keys) -> str:
    """("busy", 0, "type") as people write it: "busy[0].type"."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


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

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?")
_DAYS = re.compile(r"(\d+)d")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def duration(text: str) -> timedelta:
    """ "90m", "3h", "1h30m" or "7d"."""
    if days := _DAYS.fullmatch(text):
        return timedelta(days=min(int(days[1]), 100_000))
    match = _DURATION.fullmatch(text)
    if not match or not text:
        raise ValueError('expected a duration such as "90m", "3h" or "1h30m"')
    return timedelta(hours=min(int(match[1] or 0), 100_000), minutes=min(int(match[2] or 0), 100_000))


def clock_time(text: str) -> int:
    """A minute of the day from "06:30"."""
    match = _CLOCK.fullmatch(text)
    if not match or (minute := int(match[1]) * 60 + int(match[2])) >= 24 * 60:
        raise ValueError('expected a time of day such as "06:30"')
    return minute


def time_range(text: str) -> TimeRange:
    """Wall-clock minutes from "06:00-08:30"; the end may be "24:00"."""
    start, _, end = (part.strip() for part in text.partition("-"))
    matches = [_CLOCK.fullmatch(part) for part in (start, end)]
    minutes = [int(match[1]) * 60 + int(match[2]) for match in matches if match]
    if len(minutes) != 2 or minutes[1] > 24 * 60:
        raise ValueError('expected a range of times such as "06:00-08:30"')
    if minutes[0] >= minutes[1]:
        raise ValueError('expected a range that ends after it starts, at most at "24:00"')
    return TimeRange(*minutes)


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
    allowed = _allowed_words(kind, keys)
    if allowed and isinstance(value, str):
        choice = ", ".join(allowed)
        hint = did_you_mean(value, allowed)
        return document.fail(keys, f"expected one of {choice}, found {_shown(value)}{hint}")
    expected = re.sub(r"`(\w+)( \| null)?`", lambda match: _NAMES.get(match[1], match[1]), what)
    expected = re.sub(r"`([^`]*)`", r"\1", expected)
    expected = re.sub(
        r", got .*", "", expected.replace(" >= ", " of at least ").replace(" <= ", " of at most ")
    )
    hint = f"; write [[{dotted(keys)}]]" if "a list" in expected and isinstance(value, dict) else ""
    return document.fail(keys, f"{expected[:1].lower()}{expected[1:]}, found {_shown(value)}{hint}")


def _table_hint(keys: Keys) -> str:
    return f" (in [{dotted(keys)}])" if keys and isinstance(keys[-1], str) else ""


def _keys_of(path: str, data: object) -> Iterator[str | int]:
    """The key path in "$.busy[0].type"; msgspec writes "[...]" for a key of a dict it can't name."""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        if name:
            yield name
        elif index.isdigit():
            yield int(index)


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


# --- lines ------------------------------------------------------------------------------------------------

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)


def _line_of(text: str, keys: Keys) -> int | None:
    """The line (from 1) of a key, or of the nearest table around it; None if neither is found.

    A light reading of TOML, good enough to point at a line: it may err inside multi-line strings.
    """
    table: list[str | int] = []
    arrays: dict[tuple[str | int, ...], int] = {}
    best, best_length = None, 0
    for number, line in enumerate(text.splitlines(), start=1):
        here: list[str | int]
        if header := _HEADER.fullmatch(line):
            table = _table(_parts(header[2]), header[1] == "[[", arrays)
            here = table
        elif key := _KEY.match(line):
            here = [*table, *_parts(key[1])]
        else:
            continue
        length = min(len(here), len(keys))
        if length > best_length and keys[:length] == tuple(here[:length]):
            best, best_length = number, length
    return best


def _parts(text: str) -> list[str | int]:
    return [part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.\s]+", text)]


def _table(
    names: list[str | int], is_array: bool, arrays: dict[tuple[str | int, ...], int]
) -> list[str | int]:
    path: list[str | int] = []
    for name in names[:-1]:
        path.append(name)
        if tuple(path) in arrays:
            path.append(arrays[tuple(path)])
    path.append(names[-1])
    if is_array:
        arrays[tuple(path)] = arrays.get(tuple(path), -1) + 1
        path.append(arrays[tuple(path)])
    return path
