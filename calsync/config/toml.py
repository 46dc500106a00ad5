"""TOML files that people write, into typed structs, with errors that a person can act on.

An error names file, line and key path, and says what was found, what is allowed and which name is near.
msgspec does the typing; what it can't do is done here: it knows no lines, reports an unknown key at its table
only, and reads none of the texts of calsync/written.py.
"""

import re
import tomllib
import types
from calendar import month_name, monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from calsync.addresses import hidden, hidden_path
from calsync.errors import ConfigError
from calsync.files import LARGEST_TEXT, read_file, real_path
from calsync.words import Keys, did_you_mean, dotted, needs, place_in_file, word_meant
from calsync.written import Read, Said, duration_text

# --- lines ------------------------------------------------------------------------------------------------

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
        line, keys = self._line, table
        for name in self._names("="):
            keys = (*keys, name)
            self.lines.setdefault(keys, line)
        self._at += 1
        self._value(keys, *ends)

    def _value(self, keys: Keys, *ends: str) -> None:
        if self._is("["):
            for number, _ in enumerate(self._inside("]")):
                self._note((*keys, number))
                self._value((*keys, number), ",", "]")
        elif self._is("{"):
            for _ in self._inside("}"):
                self._pair(keys, ",", "}")
        while self._at < len(self._tokens) and not self._is(*ends):
            self._at += 1

    def _inside(self, end: str) -> Iterator[None]:
        """Stops at each item between brackets, which the caller reads, and goes on behind the end."""
        self._at += 1
        while self._at < len(self._tokens) and not self._is(end):
            if self._is("\n", ","):
                self._at += 1
            else:
                yield
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
        # A key, too, may be an address: one that was pasted without a key of its own.
        shown = tuple(hidden(key) if isinstance(key, str) else key for key in keys)
        return self.error(f"{where}: {place_in_file(shown)}: {message}" if keys else f"{where}: {message}")

    def lacks(self, keys: Keys, what_for: str = "") -> ConfigError:
        """An error about a key that the file doesn't have."""
        table, more = keys[:-1], f": {what_for}" if what_for else ""
        if table and isinstance(table[-1], int):
            return self.error(f"{self.where(keys)}: {needs(keys)}{more}")
        return self.fail(keys, f"is missing{more or (f' (in [{dotted(table)}])' if table else '')}")

    def where(self, keys: Keys) -> str:
        """The path and the line of a key, or of the nearest that there is around it: "week.toml:12"."""
        lines = lines_of(self.text)
        there = (lines[keys[:length]] for length in range(len(keys), 0, -1) if keys[:length] in lines)
        line = next(there, None)
        return f"{self.path}:{line}" if line else str(self.path)

    def value(self, keys: Keys) -> object:
        """What the file says at a key path."""
        return _at(tomllib.loads(self.text), keys)

    def parse(self, keys: Keys, parser: Callable[[str], T], value: str) -> T:
        """`parser(value)`; its ValueError says what is allowed, and comes back as an error at `keys`."""
        try:
            return parser(value)
        except Said as problem:
            raise self.fail(keys, str(problem).replace("{found}", _shown(value))) from problem
        except ValueError as problem:
            raise self.fail(keys, f"{problem}, found {_shown(value)}") from problem


def read(path: Path, kind: type[S], error: type[ConfigError] = ConfigError) -> tuple[S, Document]:
    """The file at `path` as a `kind`. Raises `error`."""
    try:
        text = read_file(path, LARGEST_TEXT).decode("utf-8-sig")
    except FileNotFoundError as problem:
        raise error(f"{hidden_path(path)}: no such file") from problem
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
        raise error(f"{path}{hidden(_said_of_syntax(text, str(problem)))} (not valid TOML)") from problem
    meaning = _Meaning(document)
    meant = meaning.of(data, kind)
    try:
        return msgspec.convert(meant, kind), document
    except msgspec.ValidationError as problem:
        raise _explained(document, data, str(problem), meaning) from problem


_DATE = re.compile(r"(?<![\w-])(\d{4})-(\d\d?)-(\d\d?)(?![\w-])")
_PLACED = re.compile(r"(.*?) \(at line (\d+), column (\d+)\)", re.DOTALL)
_BARE = re.compile(r"""\s*([\w.-]+)\s*=\s*([^\s"'\[{#][^"'#]*?)\s*(?:#.*)?""")


def _said_of_syntax(text: str, problem: str) -> str:
    """tomllib's words; for the slips that people make, also what to write."""
    found = _PLACED.fullmatch(problem)
    if not found:
        said = _not_closed(text) if problem.startswith(("Unterminated", 'Expected "')) else ""
        return said or f": {problem}"
    line = text.split("\n")[int(found[2]) - 1]
    if slip := _slip(line, int(found[3]), found[1]):
        return f":{found[2]}: {slip}"
    if bare := _BARE.fullmatch(line.rstrip("\r")):
        value = f'"{bare[2]}"' if re.fullmatch(r"[\w:.-]+", bare[2]) else "the text in quotes"
        return f":{found[2]}:{found[3]}: {bare[1]}: {found[1]}; write {value}"
    return f":{found[2]}:{found[3]}: {found[1]}"


_CURLY = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"


def _slip(line: str, column: int, problem: str) -> str:
    """What is wrong with a line that tomllib stumbled over at `column`; empty if that is no common slip."""
    for at in (line[column - 1 : column], line.rstrip()[-1:]):
        if at and at in _CURLY:
            return f'{at} is a curly quote; use straight quotes, as in "text"'
    if problem.startswith("Illegal character"):
        return f"this text is not closed; put a {_opened(line)} at its end"
    if problem.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate")):
        return _twice(line)
    if date := _DATE.search(line):
        year, month, day = map(int, date.groups())
        if not 1 <= month <= 12:
            return f"there is no month {month}"
        days = monthrange(year, month)[1] if 1 <= year <= 9999 else 31
        if not 1 <= day <= days:
            return f"{month_name[month]} has {days} days"
        if len(date[0]) < 10:
            return f"a date is written {year}-{month:02}-{day:02}"
    return ""


def _twice(line: str) -> str:
    """Of a table or a key that is there already."""
    if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
        name = header[2]
        if header[1] == "[[":
            return f"{name} is there already, and not as a list: write [[{name}]] above each of them"
        several = f"; for several of them write [[{name}]] above each" if name in _LISTS else ""
        return f"[{name}] is there already: put its settings below the first one{several}"
    return f"{line.partition('=')[0].strip()} is there already: it can have one value only"


# What there may be one of, or several.
_LISTS = ("plan.race", "pause", "travel", "busy", "targets", "notify")


def _opened(line: str) -> str:
    """The quote that a text on the line begins with."""
    return next((character for character in line if character in "\"'"), '"')


def _not_closed(text: str) -> str:
    """Of a text that goes on to the end of the file: where it begins."""
    for number, line in reversed(list(enumerate(text.split("\n"), 1))):
        for quote in ('"', "'"):
            if line.partition("#")[0].count(quote) % 2:
                return f":{number}: this text is not closed; put a {quote} at its end"
    return ""


# --- what the values mean --------------------------------------------------------------------------------

Fields = dict[str, msgspec.structs.FieldInfo]
"""The fields of a struct by the keys of the table."""


class _Meaning:
    """Reads the texts of a document that mean something else, such as "1h30m"; types are left to msgspec.

    Raises for what msgspec would not see: a text that can't be read, a key that no struct has or that belongs
    to a table of another `type`. For what it sees, `words` and `missing` have what it can't say.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.words: dict[Keys, tuple[str, ...]] = {}
        """The words that are allowed where there is another value."""
        self.missing: dict[Keys, str] = {}
        """What there is to say of keys that can't be left out and are not there."""

    def of(self, value: Any, kind: Any, keys: Keys = ()) -> Any:
        """What the value at a key path means, where a `kind` is expected."""
        if isinstance(value, dict) and _annotation(kind, "one-or-more"):
            # Its key path stays that of a table, so that errors name what the file has.
            return [self.of(value, get_args(_unwrapped(kind)[0])[0], keys)]
        kind, read, read_each = _unwrapped(kind)
        if read is not None:
            if isinstance(value, list) and read_each:
                item = Annotated[str, Meta(extra={"read": read_each})]
                return tuple(self.of(one, item, (*keys, number)) for number, one in enumerate(value))
            if not isinstance(value, str):
                raise self._document.fail(keys, _wrong("expected a string", value, keys, read))
            meant = self._document.parse(keys, read, value)
            return real_path(self._document.path).parent / meant if isinstance(meant, Path) else meant
        if (words := _words(kind)) and value not in words:
            self.words[keys] = words
        origin, inside = get_origin(kind), get_args(kind)
        if isinstance(value, list) and origin is tuple:
            return [self.of(item, inside[0], (*keys, number)) for number, item in enumerate(value)]
        if isinstance(value, dict) and origin is dict:
            return {key: self.of(item, inside[1], (*keys, key)) for key, item in value.items()}
        if isinstance(value, dict) and (structs := _structs(kind)):
            return self._of_table(value, structs, keys)
        return value

    def _of_table(
        self, table: dict[str, Any], structs: Sequence[type[msgspec.Struct]], keys: Keys
    ) -> dict[str, Any]:
        known = keys_of(structs)
        own, others = _fields(structs[0]), {}
        if len(structs) > 1:
            own, others = {}, {str(struct.__struct_config__.tag): _fields(struct) for struct in structs}
            self.words[*keys, "type"] = tuple(others)
            if (kind := table.get("type")) in list(others):
                own = others.pop(kind)
        aliases: Mapping[str, str] = getattr(structs[0], "aliases", {})
        ready = {}
        for key, value in table.items():
            meant = aliases.get(key, key)
            if meant != key and meant in table:
                raise self._document.fail((*keys, key), f"is another word for {meant}; leave one of them out")
            if meant in own:
                ready[meant] = self.of(value, own[meant].type, (*keys, key))
            elif meant not in known:
                words = {**{one: one for one in known}, **aliases}
                near = _begins_alike(key, words) or did_you_mean(key, words)
                near = near or f"; known here: {', '.join(known)}"
                raise self._document.fail((*keys, key), f"unknown key{near}")
            elif key == "type":
                ready[key] = value
            elif own:
                self._refuse_foreign(key, value, others, own, keys)
        for key, field in own.items():
            if key not in table and (text := _annotation(field.type, "missing")):
                self.missing[*keys, key] = text
        return ready

    def _refuse_foreign(
        self, key: str, value: object, others: Mapping[str, Fields], own: Fields, keys: Keys
    ) -> None:
        """Raises for a key of a table of another type, unless it says what would be so without it."""
        kinds = [kind for kind, fields in others.items() if key in fields]
        if value not in [_as_in_file(others[kind][key].default) for kind in kinds]:
            name = others[kinds[0]][key].name
            here = next((field.encode_name for field in own.values() if field.name == name), None)
            called = f"; use `{here}`" if here else ""
            named = " or ".join(f'"{kind}"' for kind in kinds)
            raise self._document.fail((*keys, key), f"belongs to type = {named}{called}")


def _as_in_file(default: object) -> object:
    if isinstance(default, timedelta):
        return duration_text(default)
    return list(default) if isinstance(default, tuple) else default


def _unwrapped(kind: Any) -> tuple[Any, Read | None, Read | None]:
    """A type without its annotations and without None, and the functions that read its texts and a list's."""
    read = read_each = None
    while True:
        if get_origin(kind) is Annotated:
            read = _annotation(kind, "read") or read
            read_each = _annotation(kind, "read-each") or read_each
            kind = kind.__origin__
        elif get_origin(kind) in (Union, types.UnionType):
            kinds = [one for one in get_args(kind) if one is not type(None)]
            if len(kinds) != 1:
                return kind, read, read_each
            kind = kinds[0]
        else:
            return kind, read, read_each


def _annotation(kind: Any, name: str) -> Any:
    extras = [meta.extra or {} for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, Meta)]
    return next((extra[name] for extra in extras if name in extra), None)


def _words(kind: Any) -> tuple[str, ...]:
    """The words that a Literal or an enum allows."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()


def _structs(kind: Any) -> tuple[type[msgspec.Struct], ...]:
    """One struct, or those between which `type = "…"` chooses."""
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return tuple(one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct))


def _fields(struct: type[msgspec.Struct]) -> Fields:
    return {field.encode_name: field for field in msgspec.structs.fields(struct)}


def keys_of(structs: Sequence[type[msgspec.Struct]]) -> tuple[str, ...]:
    """The keys of a table in the order of its documentation, whatever its type."""
    first = structs[0].first_keys if len(structs) > 1 else ()  # type: ignore[attr-defined]
    return tuple(dict.fromkeys([*first, *(key for struct in structs for key in _fields(struct))]))


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


def _explained(document: Document, data: object, message: str, meaning: _Meaning) -> ConfigError:
    """msgspec's "Expected `int`, got `str` - at `$.plan.horizon`" in the words of whoever wrote the file."""
    what, _, where = message.partition(" - at ")
    keys = tuple(_keys_of(where.strip("`"), data))
    if found := re.search(r"missing required field `(\w+)`", what):
        return document.lacks((*keys, found[1]), meaning.missing.get((*keys, found[1]), ""))
    value = _at(data, keys)
    if words := meaning.words.get(keys):
        hint = word_meant(value, words) if isinstance(value, str) else ""
        return document.fail(keys, f"expected one of {', '.join(words)}, found {_shown(value)}{hint}")
    if what.startswith("Invalid RFC3339 encoded date"):
        return document.fail(keys, _wrong(f"expected {_NAMES['date']}", value, keys))
    said = re.sub(r"`([^`]*)`", lambda match: _named(match[1]), what)
    said = re.sub(
        r", got .*",
        "",
        said.replace(" of length >= 1", " with something in it")
        .replace(" >= ", " of at least ")
        .replace(" <= ", " of at most "),
    )
    return document.fail(keys, _wrong(f"{said[:1].lower()}{said[1:]}", value, keys))


def _begins_alike(key: str, known: Mapping[str, str]) -> str:
    """`; did you mean "rest"?` of rest_days: a known key with something behind it."""
    alike = [one for one in known if key.lower().startswith(f"{one}_")]
    return f'; did you mean "{known[max(alike, key=len)]}"?' if alike else ""


def _wrong(what: str, value: object, keys: Keys, read: Read | None = None) -> str:
    hint = ""
    if read and isinstance(value, int | float) and not isinstance(value, bool):
        # A duration, or a distance; what else is no text is none with either behind it.
        for meant in (f"{value}m", f"{value} km"):
            with suppress(ValueError):
                read(meant)
                hint = f'; write "{meant}"'
    if "a list" in what and isinstance(value, dict):
        hint = f"; write [[{dotted(keys)}]]"
    elif "a list" in what and isinstance(value, str):
        hint = f"; write {_shown(value.split() if str(keys[-1]).endswith('_command') else [value])}"
    elif what == "expected a table" and isinstance(value, str):
        # For the whole week alike.
        alike = {"usual_start": value, "availability": [value]}.get(str(keys[-1]))
        hint = f"; write {{ default = {_shown(alike)} }}" if alike else ""
    elif "a string" in what and isinstance(value, date | time):
        hint = f'; write "{value:%H:%M}"' if isinstance(value, time) else f'; write "{value}"'
    return f"{what}, found {_shown(value)}{hint}"


def _named(kinds: str) -> str:
    """msgspec's "int | str | null" in words."""
    return " or ".join(_NAMES.get(kind, kind) for kind in kinds.split(" | ") if kind != "null")


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
            if index and isinstance(at, dict):
                continue  # a single table where there may be several
        yield key
        at = _at(at, (key,))


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _shown(value: object) -> str:
    import json

    text = json.dumps(_hidden(value), ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def _hidden(value: object) -> object:
    """A value without the keys to calendars that it may hold in any of its texts."""
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    if isinstance(value, dict):
        return {hidden(key): _hidden(one) for key, one in value.items()}
    return value


# --- editors ----------------------------------------------------------------------------------------------


def texts_of(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What each field of a struct is for: the text below it in the source."""
    import ast
    import inspect

    (found,) = ast.parse(inspect.getsource(struct)).body
    assert isinstance(found, ast.ClassDef)
    texts = {}
    for field, text in pairwise(found.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                texts[name] = " ".join(said.split())
    return texts


SchemaKind = Literal["config", "week", "routine"]
_DIRECTIVE = "#:schema "


def shipped_folder(name: Literal["schemas", "templates"]) -> Path:
    """What comes with calsync: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "data" / name
    return installed if installed.is_dir() else package.parent / name


def schema_line(kind: SchemaKind) -> str:
    """The first line of a TOML file, with its line break: by it taplo and Even Better TOML know the schema.

    It works from any folder on this machine. A file:// URL, as taplo's language server takes an absolute path
    for "a relative URL without a base" (https://github.com/tamasfe/taplo/issues/293).
    """
    return f"{_DIRECTIVE}{(shipped_folder('schemas') / f'{kind}.schema.json').resolve().as_uri()}\n"


def with_schema_line(content: bytes, kind: SchemaKind) -> bytes:
    """A file's content with such a first line, in the place of the one that it may have."""
    first, _, rest = content.partition(b"\n")
    return schema_line(kind).encode() + (rest if first.startswith(_DIRECTIVE.encode()) else content)
