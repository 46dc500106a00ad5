"""Key paths of a TOML file: how people write them, and the line of each key, table and item of a list.

Decides nothing but lines. It reads only what tomllib has read before, so what is no TOML needs no error here.
"""

import re
from collections.abc import Iterator

Keys = tuple[str | int, ...]

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


def dotted(keys: Keys) -> str:
    """("busy", 0, "type") as people write it: "busy[0].type"."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


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
