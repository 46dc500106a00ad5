"""How two recordings differ, for people: line by line, and documents for programs are broken into lines."""

import difflib
import json
from collections.abc import Iterator, Mapping

_CONTEXT = 2
_MOST_LINES = 120


def differences(recorded: Mapping[str, bytes], found: Mapping[str, bytes]) -> str:
    """Empty if there are none."""
    return "\n".join(
        line
        for name in sorted(recorded.keys() | found.keys())
        for line in _of_file(name, recorded.get(name), found.get(name))
    )


def _of_file(name: str, recorded: bytes | None, found: bytes | None) -> Iterator[str]:
    if recorded == found:
        return
    if recorded is None:
        yield f"{name} was not recorded"
    elif found is None:
        yield f"{name} was recorded, and is no longer put out"
    else:
        lines = list(_diff(name, _readable(name, recorded), _readable(name, found)))
        lines = lines or list(_diff(name, _raw(recorded), _raw(found)))
        yield from lines[:_MOST_LINES]
        if len(lines) > _MOST_LINES:
            yield f"... and {len(lines) - _MOST_LINES} lines more of {name}"


def _diff(name: str, recorded: list[str], found: list[str]) -> Iterator[str]:
    return difflib.unified_diff(recorded, found, f"recorded/{name}", f"found/{name}", n=_CONTEXT, lineterm="")


def _readable(name: str, content: bytes) -> list[str]:
    text = content.decode("utf-8", "backslashreplace")
    if name.endswith(".json"):
        try:
            return json.dumps(json.loads(text), indent=1, ensure_ascii=False).split("\n")
        except ValueError:
            return text.split("\n")
    if name.endswith((".svg", ".html")):
        text = text.replace("><", ">\n<")
    return text.split("\n")


def _raw(content: bytes) -> list[str]:
    """With line ends and all that is not to be seen."""
    return [repr(line) for line in content.splitlines(keepends=True)]
