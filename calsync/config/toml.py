"""TOML files that people write, into typed structs, with errors that a person can act on.

Decides how a mistake is reported: file, line, key path, what was found, what is allowed, the nearest name.
Knows nothing of what the keys mean. msgspec does the typing; what it can't do is done here: it reports an
unknown key at its table only, and knows no lines.
"""

import re
import tomllib
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from calsync.errors import ConfigError
from calsync.training import TimeRange
from calsync.words import Keys, did_you_mean, dotted

# --- written ----------------------------------------------------------------------------------------------


DURATION = r"[0-9]{1,9}d|[0-9]{1,9}h(?:[0-9]{1,9}m)?|[0-9]{1,9}m"
CLOCK_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
TIME_RANGE = rf"\s*{CLOCK_TIME}\s*-\s*(?:{CLOCK_TIME}|24:00)\s*"
HOLD = r"[1-9][0-9]*s"
PACE = r"\s*[0-9]{1,2}:[0-5][0-9]\s*/\s*(?:km|mi)\s*"
ISO_WEEK = r"[0-9]{4}-W[0-5][0-9]"
# A plan's name is part of every UID, so it must be safe there and in file names.
PLAN_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
# Plain http is for this machine only. Nearly: addresses.py reads them exactly.
_HTTPS = r"(?:[Hh][Tt][Tt][Pp][Ss]|[Ww][Ee][Bb][Cc][Aa][Ll][Ss]?)://[^/?#\s]"
_HTTP = r"[Hh][Tt][Tt][Pp]://(?:127\.|\[|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt])"
ADDRESS = rf"\s*(?:{_HTTPS}|{_HTTP}).*"


def _text(pattern: str, *examples: str, **more: Any) -> Meta:
    """For schemas only: msgspec itself would say "matching regex" where the loader says what to write."""
    shown = {"examples": list(examples)} if examples else {}
    return Meta(extra_json_schema={"pattern": f"^(?:{pattern})$", **shown, **more})


Duration = Annotated[str, _text(DURATION, "30m", "1h30m", "7d")]
ClockTime = Annotated[str, _text(CLOCK_TIME, "06:30")]
RangeOfTimes = Annotated[str, _text(TIME_RANGE, "06:00-08:30")]
TimeOrRange = Annotated[str, _text(f"{CLOCK_TIME}|{TIME_RANGE}", "07:00", "08:00-11:00")]
Hold = Annotated[str, _text(HOLD, "30s")]
Pace = Annotated[str, _text(PACE, "6:00/km", "9:40/mi")]
IsoWeek = Annotated[str, _text(ISO_WEEK, "2026-W52")]
PlanName = Annotated[str, _text(PLAN_NAME)]
Variable = Annotated[str, _text(VARIABLE, "HOME_ICS")]
Address = Annotated[str, _text(ADDRESS, "https://calendar.example/secret.ics")]
# The years of training.py; FIRST_YEAR to LAST_YEAR.
PlanDate = Annotated[date, Meta(extra_json_schema={"pattern": "^(?:197[1-9]|19[89].|20[0-7].|208[0-5])-"})]
NotEmpty = Annotated[str, Meta(extra_json_schema={"minLength": 1})]
NotBlank = Annotated[str, Meta(extra_json_schema={"pattern": r"\S"})]
# The character U+0000 ends a file's name for an operating system, whatever follows.
PathText = Annotated[str, Meta(extra_json_schema={"minLength": 1, "not": {"pattern": r"://|\u0000"}})]


# --- toml lines -------------------------------------------------------------------------------------------


_TOKEN = re.compile(
    r"""
      (?P<string> \"{3}(?:[^"\\]|\\.|"(?!""))*\"{3,5} | '{3}(?:[^']|'(?!''))*'{3,5}
                | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<skip> \#[^\n]* | [ \t\r]+ )
    | (?P<mark> [\[\]{},=\n] )
    | (?P<bare> [^\s\[\]{},=\#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[Keys, int]:
    """The line (from 1) of each key path in a TOML text."""
    return _Reader(text).lines


class _Reader:
    """Walks once over the tokens and notes where each key path begins."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Keys, int] = {}
        self._arrays: dict[Keys, int] = {}
        self._tokens = list(_tokens(text))
        self._at = 0
        table: Keys = ()
        while self._at < len(self._tokens):
            if self._is("\n"):
                self._at += 1
            elif self._is("["):
                table = self._header()
            else:
                self._pair(table, "\n")

    def _is(self, *marks: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][0] in marks

    @property
    def _line(self) -> int:
        return self._tokens[min(self._at, len(self._tokens) - 1)][1]

    def _note(self, keys: Keys) -> None:
        self.lines.setdefault(keys, self._line)

    def _header(self) -> Keys:
        self._at += 1
        if is_array := self._is("["):
            self._at += 1
        keys: Keys = ()
        names = self._names("]")
        for number, name in enumerate(names, start=1):
            keys = (*keys, name)
            self._note(keys)
            if is_array and number == len(names):
                self._arrays[keys] = self._arrays.get(keys, -1) + 1
            if keys in self._arrays:
                keys = (*keys, self._arrays[keys])
                self._note(keys)
        while self._is("]"):
            self._at += 1
        return keys

    def _names(self, end: str) -> list[str]:
        """The parts of a dotted key, up to the mark that ends it."""
        names: list[str] = []
        while self._at < len(self._tokens) and not self._is(end, "\n"):
            token = self._tokens[self._at][0]
            names += [_unquoted(token)] if token[0] in "\"'" else [part for part in token.split(".") if part]
            self._at += 1
        return names

    def _pair(self, table: Keys, *ends: str) -> None:
        line = self._line
        keys = table
        for name in self._names("="):
            keys = (*keys, name)
            self.lines.setdefault(keys, line)
        self._at += 1
        self._value(keys, *ends)

    def _value(self, keys: Keys, *ends: str) -> None:
        if self._is("["):
            self._items(keys)
        elif self._is("{"):
            self._inline(keys)
        while self._at < len(self._tokens) and not self._is(*ends):
            self._at += 1

    def _items(self, keys: Keys) -> None:
        self._at += 1
        number = 0
        while self._at < len(self._tokens) and not self._is("]"):
            if self._is("\n", ","):
                self._at += 1
                continue
            self._note((*keys, number))
            self._value((*keys, number), ",", "]")
            number += 1
        self._at += 1

    def _inline(self, keys: Keys) -> None:
        self._at += 1
        while self._at < len(self._tokens) and not self._is("}"):
            if self._is("\n", ","):
                self._at += 1
            else:
                self._pair(keys, ",", "}")
        self._at += 1


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Each token but blanks and comments, with its line."""
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup != "skip":
            yield token, line
        line += token.count("\n")


def _unquoted(token: str) -> str:
    if token[0] == "'":
        return token[1:-1]
    return re.sub(
        r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)",
        lambda found: chr(int(found[1][1:], 16)) if len(found[1]) > 1 else _ESCAPES.get(found[1], found[1]),
        token[1:-1],
    )


# --- toml -------------------------------------------------------------------------------------------------


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
    import json

    text = _ADDRESS.sub(r"\1\2/…", json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= 80 else text[:77] + "..."


# --- editors ----------------------------------------------------------------------------------------------


SchemaKind = Literal["config", "week", "routine"]
_DIRECTIVE = "#:schema "


def schema_folder() -> Path:
    """The schemas that come with calsync: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def schema_line(kind: SchemaKind) -> str:
    """The first line of a TOML file, with its line break: by it taplo and Even Better TOML know the schema.

    It works from any folder on this machine. A file:// URL, as taplo's language server takes an absolute path
    for "a relative URL without a base" (https://github.com/tamasfe/taplo/issues/293).
    """
    return f"{_DIRECTIVE}{(schema_folder() / f'{kind}.schema.json').resolve().as_uri()}\n"


def with_schema_line(content: bytes, kind: SchemaKind) -> bytes:
    """A file's content with such a first line, in the place of the one that it may have."""
    first, _, rest = content.partition(b"\n")
    return schema_line(kind).encode() + (rest if first.startswith(_DIRECTIVE.encode()) else content)
